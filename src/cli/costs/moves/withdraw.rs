//! `qd costs moves withdraw`: a decision taken back: what was accepted, or put off. Nothing is asked of AWS, and nothing is
//! changed there: what a runbook has done stays done.

use jiff::Timestamp;
use serde_json::json;

use super::trouble;
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost;
use crate::cost::advice::Book;

pub fn run(context: &Context, id: &str, reason: Option<String>, now: Timestamp) -> Outcome {
    let data_dir = &context.paths.data_dir;
    let book = Book::load(data_dir).map_err(trouble)?;
    let accepted = book
        .accepted()
        .map(|(id, of)| (id, Some(of.rule.clone()), Some(of.resource.clone()), true));
    let asleep = book
        .asleep(cost::today(now))
        .map(|(id, of)| (id, of.rule.clone(), of.resource.clone(), false));
    let mut found = accepted
        .chain(asleep)
        .filter(|(known, ..)| !id.is_empty() && known.starts_with(id));
    let (id, rule, resource, was_accepted) = match (found.next(), found.next()) {
        (Some(only), None) => only,
        (None, _) => {
            let says = format!("nothing called {id:?} is taken on or put off");
            return Err(Error::usage(says).hint("`qd costs moves ledger` lists what is"));
        }
        (Some(_), Some(_)) => {
            let says = format!("{id:?} begins several findings that are taken on or put off");
            return Err(Error::usage(says).hint("write more of it"));
        }
    };
    let reason = reason.unwrap_or_default();
    if was_accepted && reason.trim().is_empty() {
        return Err(no_reason());
    }
    let change = |book: &mut Book| {
        book.withdraw(id, now, reason.trim().to_owned());
    };
    Book::change(data_dir, change).map_err(trouble)?;
    if context.json {
        context.print_json(&json!({
            "id": id,
            "rule": rule,
            "resource": resource,
            "withdrawn_at": now,
        }))?;
        return Ok(Exit::Done);
    }
    match was_accepted {
        true => notice(format_args!(
            "withdrawn: {id} promises nothing any longer, and its finding is open again"
        )),
        false => notice(format_args!("woken: the finding {id} is open again")),
    }
    Ok(Exit::Done)
}

/// A decision without a reason.
pub fn no_reason() -> Error {
    Error::usage("a reason is wanted: others will read it").hint("--reason TEXT")
}
