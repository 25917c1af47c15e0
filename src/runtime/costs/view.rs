//! Saved views: read at the start, written when one is named.

use std::path::Path;

use crate::app::{Msg, Notice, Weight};
use crate::cost::{BadViews, Saved};
use crate::runtime::inbox::Outbox;

pub fn load(data_dir: &Path, out: &Outbox) {
    tell(Saved::load(data_dir), out);
}

pub fn save(data_dir: &Path, view: Saved, out: &Outbox) {
    tell(view.save(data_dir), out);
}

pub fn forget(data_dir: &Path, name: &str, out: &Outbox) {
    tell(Saved::forget(name, data_dir), out);
}

fn tell(views: Result<Vec<Saved>, BadViews>, out: &Outbox) {
    out.send(match views {
        Ok(views) => Msg::CostViewsRead(views),
        Err(cause) => Msg::Noticed(
            Notice::new(Weight::Warn, cause.to_string())
                .hint("move costs/views.json of the data directory away"),
        ),
    });
}
