//! The Session Manager preferences of an account and region: what every session there is held to.
//! Outside facts: the schema of the document `SSM-SessionManagerRunShell`.

use std::time::Duration;

use serde_json::Value;

use super::{Cloud, Failure, Place};

const DOCUMENT: &str = "SSM-SessionManagerRunShell";
/// Where the preferences name none, or there are none: the service's own default.
const IDLE: Duration = Duration::from_secs(20 * 60);

/// What the preferences say; the default is what holds where nobody wrote any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// Sessions are encrypted with this key besides TLS.
    pub kms_key: Option<String>,
    pub idle_for: Option<Duration>,
    pub longest: Option<Duration>,
    /// The user that shells run as, where it is not `ssm-user`.
    pub run_as: Option<String>,
}

impl Cloud {
    /// After how long without data AWS ends a session of this account and region.
    pub async fn fetch_idle_limit(&self, place: &Place) -> Result<Duration, Failure> {
        let preferences = self.fetch_preferences(place).await?;
        let limit = preferences.and_then(|preferences| preferences.idle_for);
        Ok(limit
            .filter(|limit| (60..=3600).contains(&limit.as_secs()))
            .unwrap_or(IDLE))
    }

    /// `None` where nobody ever wrote preferences.
    pub async fn fetch_preferences(&self, place: &Place) -> Result<Option<Preferences>, Failure> {
        let at = self.at(place, "ssm", "GetDocument").await;
        let call = self.clients(place).await.ssm.get_document().name(DOCUMENT).send();
        match self.call(&at, call).await {
            Ok(answer) => parse(answer.content.as_deref().unwrap_or_default())
                .map(Some)
                .ok_or_else(|| Failure::faulty(&at, "preferences that are no JSON")),
            Err(failure) if failure.cause.contains("InvalidDocument") => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

fn parse(text: &str) -> Option<Preferences> {
    let document: Value = serde_json::from_str(text).ok()?;
    let inputs = document.get("inputs").unwrap_or(&Value::Null);
    let said = |key: &str| {
        let value = inputs.get(key)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (!text.is_empty() && text != "null").then_some(text)
    };
    let minutes = |key: &str| {
        Some(Duration::from_secs(
            said(key)?.trim().parse::<u64>().ok()?.checked_mul(60)?,
        ))
    };
    let run_as = said("runAsEnabled").is_some_and(|enabled| enabled == "true");
    Some(Preferences {
        kms_key: said("kmsKeyId"),
        idle_for: minutes("idleSessionTimeout"),
        longest: minutes("maxSessionDuration"),
        run_as: said("runAsDefaultUser").filter(|_| run_as),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_values_say_nothing_and_numbers_may_be_text() {
        let text = r#"{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{"kmsKeyId":"alias/ssm",
            "idleSessionTimeout":"30","maxSessionDuration":"","runAsEnabled":true,"runAsDefaultUser":"ops"}}"#;
        let wanted = Preferences {
            kms_key: Some("alias/ssm".into()),
            idle_for: Some(Duration::from_secs(1800)),
            longest: None,
            run_as: Some("ops".into()),
        };
        assert_eq!(parse(text), Some(wanted));
        assert_eq!(parse("{}"), Some(Preferences::default()));
        assert_eq!(parse("<html>"), None);
    }
}
