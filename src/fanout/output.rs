//! Output that AWS cut, fetched in full from where it was also written to: a bucket, or a group of CloudWatch's logs.

use std::fmt;
use std::time::Duration;

use super::Part;
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
    Bucket {
        name: &'a str,
        prefix: &'a str,
        /// Where the bucket is named, for who has to correct it.
        named_in: &'a str,
    },
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
            Kept::Bucket { name, prefix, .. } => {
                let prefix = prefix.trim_matches('/');
                let slash = if prefix.is_empty() { "" } else { "/" };
                let below = format!("{prefix}{slash}{command}/{node}/");
                let keys = cloud.fetch_keys(place, name, &below).await;
                keys.map_err(|failure| self.explained(failure, place))
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
            Kept::Bucket { name: bucket, .. } => {
                let object = cloud.fetch_object(place, bucket, name).await;
                object.map(Some).map_err(|failure| self.explained(failure, place))
            }
            Kept::Group(group) => {
                let text = joined(&cloud.fetch_log_messages(place, group, name).await?);
                let size = |bytes: &[u8]| bytes.iter().filter(|byte| **byte != b'\r').count();
                Ok(Some(text.into_bytes()).filter(|bytes| size(bytes) + MARK >= size(known)))
            }
        }
    }

    /// What to do about a bucket of outputs: it is no store of recordings, and is named elsewhere.
    fn explained(&self, mut failure: Failure, place: &Place) -> Failure {
        let Kept::Bucket { name, named_in, .. } = self else {
            return failure;
        };
        if failure.cause.contains("(NoSuchBucket)") {
            failure.hint = format!("create bucket {name} for outputs, or correct its name in {named_in}");
        } else if failure.hint.contains("[store]") {
            let region = &place.region;
            failure.hint = format!(
                "bucket {name} is in another region than {region}: name one of {region} in {named_in}, or read it there"
            );
        }
        failure
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

/// Which of the names is the stream of a step: below the step's own name, spelt as far as files are, or the only one there
/// is.
fn stream_of<'a>(names: &'a [String], step: &str, stream: &str) -> Option<&'a String> {
    let plain = |text: &str| -> String { text.chars().filter(char::is_ascii_alphanumeric).collect() };
    let folder = |name: &String| {
        let mut parts = name.rsplit('/');
        (parts.next() == Some(stream)).then(|| parts.next().unwrap_or_default().to_owned())
    };
    let all: Vec<(&String, String)> = names
        .iter()
        .filter_map(|name| Some((name, folder(name)?)))
        .collect();
    let exact = all.iter().find(|(_, folder)| folder == step);
    let near = || all.iter().find(|(_, folder)| plain(folder) == plain(step));
    match step {
        "" => all.first(),
        _ => exact.or_else(near),
    }
    .map(|(name, _)| *name)
}

/// Replaces what was cut of a part. What is not kept there, or not yet, stays cut.
pub async fn complete(
    cloud: &Cloud,
    place: &Place,
    kept: Kept<'_>,
    command: &str,
    node: &str,
    part: &mut Part,
) -> Result<(), Failure> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut missing = [
        ("stdout", is_cut(&text(&part.stdout))),
        ("stderr", is_error_cut(&text(&part.stderr))),
    ];
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        let names = match kept.names(cloud, place, command, node).await {
            // The first agent that writes to a log group makes it; a bucket that is not there nobody makes.
            Err(failure)
                if failure.why == Why::Absent && matches!(kept, Kept::Group(_)) && attempt + 1 < TRIES =>
            {
                continue;
            }
            told => told?,
        };
        for (stream, missing) in missing.iter_mut().filter(|(_, missing)| *missing) {
            let known = match *stream {
                "stdout" => &mut part.stdout,
                _ => &mut part.stderr,
            };
            let Some(name) = stream_of(&names, &part.step, stream) else {
                continue;
            };
            if let Some(whole) = kept.fetch(cloud, place, name, known).await? {
                *known = whole;
                *missing = false;
            }
        }
        part.is_cut = missing.iter().any(|(_, missing)| *missing);
        if !part.is_cut {
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
    fn the_stream_of_a_step_is_the_one_below_its_name() {
        let names = [
            "c/i/awsrunShellScript/one/stdout",
            "c/i/awsrunShellScript/two/stdout",
        ];
        let names = names.map(str::to_owned);
        let of = |names: &[String], step| stream_of(names, step, "stdout").cloned();
        assert_eq!(of(&names, "two").as_ref(), Some(&names[1]));
        assert_eq!(
            (of(&names, "").as_ref(), of(&names, "three")),
            (Some(&names[0]), None)
        );
        let logged = ["c/i/aws-runShellScript/stdout".to_owned()];
        assert_eq!(of(&logged, "aws:runShellScript").as_ref(), Some(&logged[0]));
    }

    #[test]
    fn a_bucket_of_outputs_is_never_told_to_be_one_of_recordings() {
        let failure = |cause: &str| Failure {
            account: "1".into(),
            region: "us-east-1".into(),
            service: "s3".into(),
            cause: cause.into(),
            hint: "create bucket b with Object Lock, or correct the name in [store]".into(),
            profile: String::new(),
            why: Why::Refused,
        };
        let kept = Kept::Bucket {
            name: "b",
            prefix: "",
            named_in: "OutputS3BucketName",
        };
        let place = Place {
            profile: "p".into(),
            region: "us-east-1".into(),
        };
        for (cause, wanted) in [
            (
                "x (NoSuchBucket)",
                "create bucket b for outputs, or correct its name in OutputS3BucketName",
            ),
            (
                "PermanentRedirect",
                "bucket b is in another region than us-east-1",
            ),
        ] {
            let hint = kept.explained(failure(cause), &place).hint;
            assert!(hint.starts_with(wanted) && !hint.contains("Lock"), "{hint}");
        }
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
