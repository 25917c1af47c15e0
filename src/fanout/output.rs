//! Output that AWS cut, fetched in full from the bucket it was also written to.

use std::time::Duration;

use super::Outcome;
use crate::aws::{Cloud, Failure, Place};

/// What GetCommandInvocation shows of a stream, in characters.
const SHOWN: usize = 24_000;
/// Agents write to the bucket while they report; it may come a moment later.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(700);

/// Whether AWS shows less than there is.
pub fn is_cut(text: &str) -> bool {
    // Some agents end a cut text so, and may keep less than the most.
    text.chars().count() >= SHOWN || text.ends_with("---Output truncated---")
}

/// Replaces what was cut. What the bucket does not have stays cut.
pub async fn complete(
    cloud: &Cloud,
    place: &Place,
    output: &(String, String),
    command: &str,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let (bucket, prefix) = output;
    let prefix = prefix.trim_matches('/');
    let slash = if prefix.is_empty() { "" } else { "/" };
    let below = format!("{prefix}{slash}{command}/{}/", outcome.id);
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        let keys = cloud.fetch_keys(place, bucket, &below).await?;
        let find = |name: &str| keys.iter().find(|key| key.rsplit('/').next() == Some(name));
        let mut missing = false;
        for (name, text) in [("stdout", &mut outcome.stdout), ("stderr", &mut outcome.stderr)] {
            if !is_cut(&String::from_utf8_lossy(text)) {
                continue;
            }
            match find(name) {
                Some(key) => *text = cloud.fetch_object(place, bucket, key).await?,
                None => missing = true,
            }
        }
        if !missing {
            outcome.is_cut = false;
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_limit_or_where_it_says_so() {
        assert!(is_cut(&"x".repeat(24_000)) && is_cut("abc\n---Output truncated---"));
        assert!(!is_cut(&"é".repeat(23_999)) && !is_cut(""));
    }
}
