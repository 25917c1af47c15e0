//! Runbooks below a prefix of a bucket. Fetched whole, a few at a time; what is no Markdown, or larger than any runbook,
//! is left where it is. Needs s3:ListBucket and s3:GetObject.

pub mod again;

use std::path::Path;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use super::document;
use super::library::{Failure, Library};
use super::page::Page;
use super::source::{Kind, Source};
use crate::aws::{self, Cloud};

/// No runbook is as long; something else was named `.md`.
const LARGEST_BYTES: u64 = 4 << 20;

/// Objects that are asked for at once.
const AT_ONCE: usize = 8;

/// Names below the prefix with their bytes, each page or its failure.
pub type Fetched = Result<Vec<Result<(String, Vec<u8>), Failure>>, aws::Failure>;

/// The pages of a source that is not on this machine; a bucket through the first account and region that `cloud` shows.
pub async fn fetch(cloud: &Cloud, source: &Source) -> Fetched {
    let (bucket, prefix) = match &source.kind {
        Kind::Bucket { bucket, prefix } => (bucket, prefix),
        Kind::Documents => return document::fetch(cloud).await,
        _ => return Ok(Vec::new()),
    };
    let mut places = cloud.places().await;
    let Some(place) = places.found.into_iter().next() else {
        return Err(places.failed.remove(0));
    };
    let rows = cloud.fetch_objects(&place, bucket, prefix).await;
    let rows = rows.map_err(|failure| of_library(failure, bucket))?;
    let wanted = rows.into_iter().filter(|row| Page::is_one(Path::new(&row.key)));
    let place = &place;
    let pages = stream::iter(wanted).map(|row| async move {
        let name = row.key.strip_prefix(prefix.as_str()).unwrap_or(&row.key);
        let name = name.trim_start_matches('/').to_string();
        let failed = |cause: String, hint: String| Failure {
            path: format!("s3://{bucket}/{}", row.key).into(),
            cause,
            hint,
        };
        if row.size > LARGEST_BYTES {
            let cause = format!("it has {} bytes", row.size);
            return Err(failed(cause, "runbooks up to 4 MiB are read".into()));
        }
        match cloud.fetch_object(place, bucket, &row.key).await {
            Ok(bytes) => Ok((name, bytes)),
            Err(failure) => Err(failed(failure.cause, failure.hint)),
        }
    });
    Ok(pages.buffered(AT_ONCE).collect().await)
}

/// A bucket of recordings that is not there is created; one of runbooks was called by a wrong name.
fn of_library(mut failure: aws::Failure, bucket: &str) -> aws::Failure {
    if failure.cause.contains("(NoSuchBucket)") {
        failure.hint = format!("correct {bucket} in --path, or in [runbooks] paths");
    } else if failure.hint.contains("[store]") {
        failure.hint =
            format!("bucket {bucket} is in another region: name that one first in --region, or in regions");
    }
    failure
}

impl Library {
    /// Takes what was fetched of a source at `at`; a source that failed is listed as one that could not be read.
    pub fn take(&mut self, source: Arc<Source>, fetched: Fetched, at: Timestamp) {
        let (mut files, mut failures) = (Vec::new(), Vec::new());
        match fetched {
            Ok(pages) => pages.into_iter().for_each(|page| match page {
                Ok(file) => files.push(file),
                Err(failure) => failures.push(failure),
            }),
            Err(failure) => failures.push(Failure {
                path: source.label.clone().into(),
                cause: failure.cause,
                hint: failure.hint,
            }),
        }
        self.failures.append(&mut failures);
        self.put(source, files, Some(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Why;

    fn failure(cause: &str, hint: &str) -> aws::Failure {
        aws::Failure {
            account: "1".into(),
            region: "us-east-1".into(),
            service: "s3".into(),
            cause: cause.into(),
            hint: hint.into(),
            profile: String::new(),
            why: Why::Absent,
        }
    }

    #[test]
    fn a_bucket_of_runbooks_is_never_told_to_be_created_with_object_lock() {
        let gone = failure(
            "x (NoSuchBucket)",
            "create bucket b, or correct the name in [store]",
        );
        assert_eq!(
            of_library(gone, "b").hint,
            "correct b in --path, or in [runbooks] paths"
        );
        let far = failure(
            "x (PermanentRedirect)",
            "set region in [store] to the bucket's own",
        );
        assert!(of_library(far, "b").hint.contains("in another region"));
        let other = failure("x", "try again");
        assert_eq!(of_library(other, "b").hint, "try again");
    }
}
