//! `qd costs prefetch`: thirteen months of costs onto this machine, at a price that is said first. Ctrl-C stops it; what came
//! until then is kept.

use jiff::Timestamp;
use serde_json::json;

use super::commitments::Args;
use super::{open, tell_spent};
use crate::cli::stop::watch_signals;
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::{self, Refresh};

/// Between two words about how far it is.
const PAGES_A_NOTICE: u32 = 10;

pub async fn run(context: &Context, args: &Args, now: Timestamp) -> Outcome {
    let desk = open(context, args.refresh()).await?;
    let refresh = match args.refresh() {
        // What would be asked for, if that were allowed.
        Refresh::Never => Refresh::Auto,
        refresh => refresh,
    };
    let plan = desk.plan_history(refresh, now);
    if plan.runs.is_empty() {
        notice("thirteen months of costs are on this machine already");
        return tell(context, 0, true);
    }
    if args.refresh() == Refresh::Never {
        return Err(Error::failed("thirteen months of costs are not on this machine")
            .hint(format!("leave out --no-spend: {}", plan.price())));
    }
    notice(format_args!(
        "asking Cost Explorer: {} or more, at most {} in one go",
        cost::priced(plan.requests),
        cost::most_history()
    ));
    let mut stopped = watch_signals()?;
    let mut pages = 0;
    let fetched = tokio::select! {
        fetched = desk.fetch_history(refresh, now, |so_far| {
            pages = so_far;
            if so_far.is_multiple_of(PAGES_A_NOTICE) {
                notice(format_args!("{} so far", cost::priced(so_far)));
            }
        }) => Some(fetched),
        // Without its sender nothing can stop any more.
        Ok(_) = stopped.wait_for(|stopped| *stopped) => None,
    };
    let Some(fetched) = fetched else {
        tell_spent(&desk, pages, now);
        return Err(Error::failed("stopped").hint("what came until now is kept; ask again for the rest"));
    };
    tell_spent(&desk, fetched.requests, now);
    notice(fetched.says());
    match fetched.stopped {
        None | Some(cost::Trouble::TooLong { .. }) => {
            tell(context, fetched.requests, fetched.stopped.is_none())
        }
        Some(why) => Err(super::trouble(why)),
    }
}

fn tell(context: &Context, requests: u32, complete: bool) -> Outcome {
    if context.json {
        context.print_json(&json!({ "requests": requests, "complete": complete }))?;
    }
    Ok(Exit::Done)
}
