//! Output that AWS cut, fetched in full from where it was also written to: a bucket, or a group of CloudWatch's logs.

use std::fmt;
use std::time::Duration;

use super::Outcome;
use crate::aws::{Cloud, Failure, Place, Why};

/// What GetCommandInvocation shows of standard output, in characters; of standard error it is less.
const SHOWN: usize = 24_000;
const SHOWN_OF_ERRORS: usize = 8_000;
/// Agents write to the bucket while they report; it may come a moment later.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(700);
/// The most that an agent puts into one event of a log, in bytes.
const EVENT: usize = 200_000;

/// Whether AWS shows less than there is of standard output.
pub fn is_cut(text: &str) -> bool {
    text.chars().count() >= SHOWN || says_cut(text)
}

/// The same of standard error.
pub fn is_error_cut(text: &str) -> bool {
    text.chars().count() >= SHOWN_OF_ERRORS || says_cut(text)
}

/// Agents end a cut text so, and may keep less than the most.
fn says_cut(text: &str) -> bool {
    let said = text.trim_end_matches('-');
    said.len() + 2 <= text.len()
        && ["--Output truncated", "--output truncated", "--Error truncated"]
            .iter()
            .any(|mark| said.ends_with(mark))
}

/// Where a command's whole output is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept<'a> {
    Bucket { name: &'a str, prefix: &'a str },
    Group(&'a str),
}

impl fmt::Display for Kept<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kept::Bucket { name, .. } => write!(f, "bucket {name}"),
            Kept::Group(name) => write!(f, "log group {name}"),
        }
    }
}

impl Kept<'_> {
    /// What there is below a command's id and a node's.
    async fn names(
        &self,
        cloud: &Cloud,
        place: &Place,
        command: &str,
        node: &str,
    ) -> Result<Vec<String>, Failure> {
        match *self {
            Kept::Bucket { name, prefix } => {
                let prefix = prefix.trim_matches('/');
                let slash = if prefix.is_empty() { "" } else { "/" };
                let below = format!("{prefix}{slash}{command}/{node}/");
                cloud.fetch_keys(place, name, &below).await
            }
            Kept::Group(group) => {
                let below = format!("{command}/{node}/");
                cloud.fetch_log_streams(place, group, &below).await
            }
        }
    }

    /// One of them, if it is not shorter than what is known of it.
    async fn fetch(
        &self,
        cloud: &Cloud,
        place: &Place,
        name: &str,
        known: &[u8],
    ) -> Result<Option<Vec<u8>>, Failure> {
        match *self {
            Kept::Bucket { name: bucket, .. } => cloud.fetch_object(place, bucket, name).await.map(Some),
            Kept::Group(group) => {
                let text = joined(&cloud.fetch_log_messages(place, group, name).await?);
                let size = |bytes: &[u8]| bytes.iter().filter(|byte| **byte != b'\r').count();
                Ok(Some(text.into_bytes()).filter(|bytes| size(bytes) + MARK >= size(known)))
            }
        }
    }
}

/// No mark of a cut is longer.
const MARK: usize = 25;

/// The events of a log as the text that they were. Agents take the last line end off each, which is given back here: whether
/// the whole text ended in one nobody keeps. A line too long for an event goes on in the next.
fn joined(messages: &[String]) -> String {
    let mut text = String::new();
    for message in messages {
        text += message;
        if !message.ends_with('\n') && message.len() != EVENT {
            text.push('\n');
        }
    }
    text
}

/// Replaces what was cut. What is not kept there, or not yet, stays cut.
pub async fn complete(
    cloud: &Cloud,
    place: &Place,
    kept: Kept<'_>,
    command: &str,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut missing = [
        ("stdout", is_cut(&text(&outcome.stdout))),
        ("stderr", is_error_cut(&text(&outcome.stderr))),
    ];
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        let names = match kept.names(cloud, place, command, &outcome.id).await {
            // The first agent that writes to a log group makes it.
            Err(failure) if failure.why == Why::Absent && attempt + 1 < TRIES => continue,
            told => told?,
        };
        for (stream, missing) in missing.iter_mut().filter(|(_, missing)| *missing) {
            let known = match *stream {
                "stdout" => &mut outcome.stdout,
                _ => &mut outcome.stderr,
            };
            let Some(name) = names.iter().find(|name| name.rsplit('/').next() == Some(stream)) else {
                continue;
            };
            if let Some(whole) = kept.fetch(cloud, place, name, known).await? {
                *known = whole;
                *missing = false;
            }
        }
        outcome.is_cut = missing.iter().any(|(_, missing)| *missing);
        if !outcome.is_cut {
            break;
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
        assert!(is_cut("abc--output truncated--") && !is_cut("---Output truncated") && !is_cut("--"));
        // AWS shows 8,000 characters of standard error.
        assert!(is_error_cut(&"x".repeat(8_000)) && is_error_cut("abc\n---Error truncated----"));
        assert!(!is_error_cut(&"é".repeat(7_999)));
    }

    #[test]
    fn the_events_of_a_log_are_the_text_that_they_were() {
        let told =
            |messages: &[&str]| joined(&messages.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(told(&["a\nb", "c"]), "a\nb\nc\n");
        assert_eq!(told(&["a\nb\n", "c\n"]), "a\nb\nc\n");
        assert_eq!(told(&[]), "");
        let long = "x".repeat(EVENT);
        assert_eq!(told(&[&long, "y"]), format!("{long}y\n"));
    }
}
