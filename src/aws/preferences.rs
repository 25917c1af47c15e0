//! What an account's Session Manager preferences say, as far as its users may read them.

use std::time::Duration;

use serde_json::Value;

use super::{Cloud, Failure, Place};

const DOCUMENT: &str = "SSM-SessionManagerRunShell";
/// Where the preferences name none, or there are none: the service's own default.
const IDLE: Duration = Duration::from_secs(20 * 60);

impl Cloud {
    /// After how long without data AWS ends a session of this account and region.
    pub async fn fetch_idle_limit(&self, place: &Place) -> Result<Duration, Failure> {
        let at = self.at(place, "ssm", "GetDocument").await;
        let call = self.clients(place).await.ssm.get_document().name(DOCUMENT).send();
        match self.call(&at, call).await {
            Ok(answer) => Ok(parse_idle_limit(&answer.content.unwrap_or_default()).unwrap_or(IDLE)),
            Err(failure) if failure.cause.contains("InvalidDocument") => Ok(IDLE),
            Err(failure) => Err(failure),
        }
    }
}

/// `inputs.idleSessionTimeout`, minutes in a string.
fn parse_idle_limit(document: &str) -> Option<Duration> {
    let document: Value = serde_json::from_str(document).ok()?;
    let minutes: u64 = document["inputs"]["idleSessionTimeout"]
        .as_str()?
        .trim()
        .parse()
        .ok()?;
    (1..=60)
        .contains(&minutes)
        .then(|| Duration::from_secs(minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_read_in_minutes_and_nonsense_is_none() {
        let of = |value: &str| parse_idle_limit(&format!(r#"{{"inputs":{{"idleSessionTimeout":{value}}}}}"#));
        assert_eq!(of("\"45\""), Some(Duration::from_secs(2700)));
        for bad in ["\"\"", "\"0\"", "\"61\"", "\"-1\"", "20", "null"] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert_eq!(parse_idle_limit("schemaVersion: 1"), None);
    }
}
