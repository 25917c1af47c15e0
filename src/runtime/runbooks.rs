//! Reading runbooks off the loop: all of them, those whose files have changed, or one page.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::app::Msg;
use crate::aws::Cloud;
use crate::runbook::{Again, Library, Page, bucket_again, builtin};

use super::connected;
use super::inbox::Outbox;

/// Reads the folders again. `kept` is what was read last: pages whose files are as they were are taken from there. Unless it
/// is `is_whole`, nothing is told where nothing has changed.
pub(super) fn scan(folders: &[PathBuf], kept: &Mutex<Library>, is_whole: bool, out: &Outbox) {
    let before = kept.lock().map(|kept| kept.clone()).unwrap_or_default();
    let mut library = before.scan_again(folders);
    builtin::add_to(&mut library);
    if let Ok(mut kept) = kept.lock() {
        *kept = library.clone();
    }
    let told = Box::new(library.clone());
    match is_whole {
        true => out.send(Msg::RunbooksScanned(told)),
        false if library.is_as(&before) => return,
        false => out.send(Msg::RunbooksReread(told)),
    }
    library.prepare();
}

pub(super) fn look(page: Arc<Page>, out: &Outbox) {
    match page.again() {
        Again::Same => {}
        now => out.send(Msg::PageLooked(page, now)),
    }
}

/// The same of a page of a bucket.
pub(super) async fn ask(page: Arc<Page>, cloud: watch::Receiver<Option<Cloud>>, out: Outbox) {
    match object(&page, cloud).await {
        Ok(Again::Same) => {}
        Ok(now) => out.send(Msg::PageLooked(page, now)),
        Err(cause) => out.send(Msg::PageUnasked(page, cause)),
    }
}

/// How the object of a page stands, or why that cannot be told.
pub(super) async fn object(page: &Page, cloud: watch::Receiver<Option<Cloud>>) -> Result<Again, String> {
    let asked = async {
        match connected(cloud).await {
            Some(cloud) => bucket_again::look(&cloud, page)
                .await
                .map_err(|failure| failure.cause),
            None => Err("there is no connection to AWS".to_owned()),
        }
    };
    let late = |_| {
        let seconds = bucket_again::WAIT.as_secs();
        Err(format!("its bucket did not answer in {seconds} seconds"))
    };
    tokio::time::timeout(bucket_again::WAIT, asked)
        .await
        .unwrap_or_else(late)
}
