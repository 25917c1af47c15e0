//! A recording that is read straight from the team store, in places: header and index, then what is shown.

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Runtime;

use super::super::{Context, Error, store};
use crate::recording::Reader;
use crate::recording::remote::{Ranged, locate};

pub(super) fn runtime() -> Result<Runtime, Error> {
    Runtime::new().map_err(|cause| Error::failed(format!("cannot start worker threads: {cause}")))
}

/// `wanted` is an id, or an address of the configured bucket.
pub(super) fn open(context: &Context, runtime: &Runtime, wanted: &str) -> Result<Reader, Error> {
    context.require_network()?;
    let (bucket, listed) = runtime.block_on(async {
        let bucket = store::open(context).await?;
        if let Some(address) = wanted.strip_prefix("s3://")
            && address.split('/').next() != Some(bucket.name.as_str())
        {
            return Err(Error::usage(format!(
                "{wanted} is not in the configured bucket {}",
                bucket.name
            ))
            .hint("name that bucket in [store], or give another file with --config"));
        }
        let listed = locate(&bucket, wanted).await?;
        Ok((bucket, listed))
    })?;
    let Some(manifest) = listed.manifest else {
        return Err(Error::unreachable("that recording is not finished in the store")
            .hint("`qd watch` follows it while it runs; `qd recordings pull` takes what is there"));
    };
    let address = bucket.address(&listed.folder);
    let ranged = Ranged::new(bucket, &listed.folder, manifest, runtime.handle().clone());
    Ok(Reader::open_far(Path::new(&address), Arc::new(ranged))?)
}
