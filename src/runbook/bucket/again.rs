//! Looking again at a page that came from a bucket: whether its object says what was read. The object is fetched whole, as
//! it was the first time: that needs no permission more, and tells a text that is the same from one that was written anew.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::of_library;
use crate::aws::{Cloud, Failure, Why};
use crate::runbook::source::Kind;
use crate::runbook::{Again, Page};

/// How long a bucket is waited for: somebody sits before a question.
pub const WAIT: Duration = Duration::from_secs(10);

impl Page {
    /// Whether it was fetched from a bucket, where others may change it.
    pub fn is_of_bucket(&self) -> bool {
        matches!(self.source.kind, Kind::Bucket { .. })
    }

    /// How the page stands against what its object says at `at`.
    fn against(&self, bytes: Vec<u8>, at: Timestamp) -> Again {
        match Page::read(&self.path, &self.name, bytes) {
            Ok(page) if page.text == self.text => Again::Same,
            Ok(mut page) => {
                page.source = Arc::clone(&self.source);
                page.fetched_at = Some(at);
                Again::Changed(Arc::new(page))
            }
            Err(failure) => Again::Unreadable(failure),
        }
    }
}

/// How the object of a page stands; why it could not be asked. Needs s3:GetObject, and s3:ListBucket to tell one that is
/// gone from one that may not be read.
pub async fn look(cloud: &Cloud, page: &Page) -> Result<Again, Failure> {
    let Kind::Bucket { bucket, prefix } = &page.source.kind else {
        return Ok(Again::Same);
    };
    let mut places = cloud.places().await;
    let Some(place) = places.found.into_iter().next() else {
        return Err(places.failed.remove(0));
    };
    for key in keys(prefix, &page.name) {
        match cloud.fetch_object(&place, bucket, &key).await {
            Ok(bytes) => return Ok(page.against(bytes, Timestamp::now())),
            Err(failure) if is_no_object(&failure) => {}
            Err(failure) => return Err(of_library(failure, bucket)),
        }
    }
    Ok(Again::Gone)
}

fn is_no_object(failure: &Failure) -> bool {
    failure.why == Why::Refused && failure.cause.contains("(NoSuchKey)")
}

/// What the object of that name may be called: a prefix need not end where a folder does.
fn keys(prefix: &str, name: &str) -> Vec<String> {
    let glued = format!("{prefix}{name}");
    match prefix.is_empty() || prefix.ends_with('/') || name.is_empty() {
        true => vec![glued],
        false => vec![format!("{prefix}/{name}"), glued],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::{Library, Source};

    #[test]
    fn the_key_is_found_whether_or_not_the_prefix_is_a_folder() {
        assert_eq!(keys("", "a.md"), ["a.md"]);
        assert_eq!(keys("ops/", "x/a.md"), ["ops/x/a.md"]);
        assert_eq!(keys("ops", "a.md"), ["ops/a.md", "opsa.md"]);
        assert_eq!(keys("ops/a.md", ""), ["ops/a.md"]);
    }

    #[test]
    fn a_page_of_a_bucket_is_as_its_object_is() {
        let source = Arc::new(Source::remote(std::path::Path::new("s3://ops/books/")).unwrap());
        let mut library = Library::default();
        let read_at: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let pages = vec![Ok(("x.md".to_owned(), b"# X\n".to_vec()))];
        library.take(source, Ok(pages), read_at);
        let page = &library.pages[0];
        assert!(page.is_of_bucket() && page.fetched_at == Some(read_at));
        let at: Timestamp = "2026-11-23T10:05:00Z".parse().unwrap();
        assert_eq!(page.against(b"# X\r\n".to_vec(), at), Again::Same);
        let Again::Changed(now) = page.against(b"# Y\n".to_vec(), at) else {
            panic!("nothing has changed");
        };
        assert_eq!(
            (&*now.title, now.fetched_at, &now.path, now.is_of_bucket()),
            ("Y", Some(at), &page.path, true)
        );
        assert!(matches!(page.against(vec![0], at), Again::Unreadable(_)));
    }
}
