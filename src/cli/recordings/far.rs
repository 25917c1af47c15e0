//! A recording that is read straight from the team store, in places: header and index, then what is shown.

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Runtime;

use super::super::{Context, Error, notice, quote, store};
use crate::recording::Reader;
use crate::recording::remote::{Ranged, locate};

pub(super) fn runtime() -> Result<Runtime, Error> {
    Runtime::new().map_err(|cause| Error::failed(format!("cannot start worker threads: {cause}")))
}

/// `wanted` is an id in the configured store, or an address: one of another bucket is read with what the configuration
/// says of profile, region and endpoint.
pub(super) fn open(context: &Context, runtime: &Runtime, wanted: &str) -> Result<Reader, Error> {
    context.require_network()?;
    let (bucket, listed) = runtime.block_on(async {
        let bucket = match parse_address(wanted) {
            Some((name, prefix)) => store::open_named(context, name, &prefix).await?,
            None => store::open(context).await?,
        };
        let listed = locate(&bucket, wanted).await?;
        Ok::<_, Error>((bucket, listed))
    })?;
    let Some(manifest) = listed.manifest else {
        return Err(Error::unreachable("that recording is not finished in the store")
            .hint("`qd watch` follows it while it runs; `qd recordings pull` takes what is there"));
    };
    let address = bucket.address(&listed.folder);
    if !listed.replaced.is_empty() {
        let names = listed.replaced.join(", ");
        let says = format!("qd: objects of {address} were replaced or deleted since: {names}");
        notice(quote(&says));
    }
    let ranged = Ranged::new(bucket, &listed.folder, manifest, runtime.handle().clone());
    Ok(Reader::open_far(Path::new(&address), Arc::new(ranged))?)
}

/// Bucket and prefix of `s3://BUCKET/PREFIX/ID` or of `s3://BUCKET/PREFIX/rec/DAY/ID/`, as `push` prints it.
fn parse_address(text: &str) -> Option<(&str, String)> {
    let (name, key) = text.strip_prefix("s3://")?.split_once('/')?;
    let mut parts: Vec<&str> = key.trim_end_matches('/').split('/').collect();
    parts.pop();
    if let [.., "rec", _] = parts[..] {
        parts.truncate(parts.len() - 2);
    }
    let prefix = parts.iter().map(|part| format!("{part}/")).collect();
    Some((name, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_bucket_prefix_and_id_with_or_without_the_day() {
        let address = parse_address;
        let team = Some(("acme", "team/a/".to_owned()));
        assert_eq!(address("s3://acme/team/a/01a2"), team);
        assert_eq!(address("s3://acme/team/a/rec/2026-11-22/01a2/"), team);
        assert_eq!(
            address("s3://acme/rec/2026-11-22/01a2"),
            Some(("acme", String::new()))
        );
        assert_eq!(address("s3://acme/01a2"), Some(("acme", String::new())));
        assert_eq!(address("s3://acme"), None);
        assert_eq!(address("01a2"), None);
    }
}
