//! `qd costs moves withdraw`: an acceptance taken back. Nothing is asked of AWS, and nothing is changed there: what a
//! runbook has done stays done.

use jiff::Timestamp;
use serde_json::json;

use super::trouble;
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::advice::Book;

pub fn run(context: &Context, id: &str, reason: String, now: Timestamp) -> Outcome {
    let data_dir = &context.paths.data_dir;
    if reason.trim().is_empty() {
        return Err(Error::usage("a reason is wanted: others will read it"));
    }
    let book = Book::load(data_dir).map_err(trouble)?;
    let mut found = book
        .accepted()
        .filter(|(known, _)| !id.is_empty() && known.starts_with(id));
    let (id, accepted) = match (found.next(), found.next()) {
        (Some(only), None) => only,
        (None, _) => {
            let says = format!("nothing called {id:?} is taken on");
            return Err(Error::usage(says).hint("`qd costs moves ledger` lists what is"));
        }
        (Some(_), Some(_)) => {
            let says = format!("{id:?} begins several findings that are taken on");
            return Err(Error::usage(says).hint("write more of it"));
        }
    };
    let change = |book: &mut Book| {
        book.withdraw(id, now, reason.trim().to_owned());
    };
    Book::change(data_dir, change).map_err(trouble)?;
    if context.json {
        context.print_json(&json!({
            "id": id,
            "rule": accepted.rule,
            "resource": accepted.resource,
            "withdrawn_at": now,
        }))?;
        return Ok(Exit::Done);
    }
    notice(format_args!(
        "withdrawn: {id} promises nothing any longer, and its finding is open again"
    ));
    Ok(Exit::Done)
}
