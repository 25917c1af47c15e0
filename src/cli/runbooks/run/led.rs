//! The alarm that a run is led by, and the machine that it is about: that is where its page looks, and not the machine of
//! whoever reads it.

use super::Args;
use crate::alarm::Alarm;
use crate::cli::{Context, Error, alarms, cloud, notice, quote};
use crate::fleet::Node;
use crate::runbook::fence::On;
use crate::runbook::plan::{Plan, Step};
use crate::runbook::run::journal;
use crate::runbook::run::record::Record;

/// An alarm, and what it is about where that is known.
pub(super) type Led = (Alarm, Option<Node>);

/// Where what does not say where runs, when nobody says it either; that is told.
pub(super) fn about<'l>(
    args: &Args,
    led: Option<&'l Led>,
    is_resumed: bool,
    plan: &Plan,
) -> Option<&'l Node> {
    let (_, node) = led?;
    let node = node.as_ref()?;
    if args.on.is_some() || is_resumed || !plan.steps.iter().any(roams) {
        return None;
    }
    let name = match node.name.as_str() {
        "" => &node.id.0,
        name => name,
    };
    let says =
        format!("qd: the alarm is about {name}: what does not say where runs there; --on local runs it here");
    notice(quote(&says));
    Some(node)
}

/// Whether a step runs in a shell and does not say where.
fn roams(step: &Step) -> bool {
    step.block().is_some() && matches!(step.attributes.on, On::Untold | On::Each)
}

/// The alarm that led here: the one that is named, or that of the run to go on with.
pub(super) async fn led(args: &Args, resumed: Option<&str>, context: &Context) -> Result<Option<Led>, Error> {
    if let Some(name) = &args.alarm {
        context.require_network()?;
        let found = alarms::find(&cloud::connect(context), name).await?;
        return Ok(Some((found.alarm, found.node)));
    }
    let Some(run) = resumed else { return Ok(None) };
    let lines = journal::load(&context.paths.data_dir, run)?;
    let alarm = lines.into_iter().find_map(|line| match line.record {
        Record::Opened { alarm, .. } => alarm,
        _ => None,
    });
    Ok(alarm
        .and_then(|alarm| serde_json::from_value(alarm).ok())
        .map(|alarm| (alarm, None)))
}
