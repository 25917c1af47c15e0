//! Reading runbooks off the loop: all of them, those whose files have changed, or one page.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::app::Msg;
use crate::runbook::{Again, Library, Page, builtin};

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
