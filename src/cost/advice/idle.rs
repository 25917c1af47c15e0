//! Machines that run for nobody: by their metrics, and by what only our own records tell.

use super::finding::{Action, Confidence, Effort, Finding, Rule, Saving, cents};
use super::inventory::{Instance, State};

const IDLE_CPU: f64 = 5.0;
/// Bytes a second.
const IDLE_NETWORK: f64 = 1_000.0;
const VISITED_DAYS: u32 = 14;
const FORGOTTEN_DAYS: u32 = 30;

/// Hardly any work for a fortnight, and no session or command of ours in that time.
pub(super) fn idle_instance(instance: &Instance) -> Option<Finding> {
    let (cpu, network) = (instance.cpu_max?, instance.network_max?);
    let recent = instance
        .visited_before_days
        .is_some_and(|days| days < VISITED_DAYS);
    if instance.state != State::Running || cpu >= IDLE_CPU || network >= IDLE_NETWORK || recent {
        return None;
    }
    let quiet = instance.quiet_days();
    let sure = if quiet >= FORGOTTEN_DAYS {
        Confidence::A
    } else {
        Confidence::B
    };
    let cost = instance.monthly()?;
    let absence = match (instance.visited_before_days, quiet) {
        (Some(days), _) => format!("last session or command {days} days ago"),
        (None, 0) => "no records of sessions yet".to_owned(),
        (None, days) => format!("no session or command in the {days} days of our records"),
    };
    let evidence = format!(
        "CPU at most {cpu:.1} % and network {network:.0} B/s for 14 days; {absence}{}",
        instance.bill_says()
    );
    // A commitment that is left over pays for something else, or for nothing.
    let saving = Saving::between(cost * instance.open(), cost);
    stop(instance, Rule::IdleInstance, evidence, saving, sure)
}

/// Running outside production, and nobody has opened a session or run a command there for thirty days.
/// It may serve others all the same: a question to ask, not a proof.
pub(super) fn unvisited_instance(instance: &Instance) -> Option<Finding> {
    let quiet = instance.quiet_days();
    let watched = instance.cpu_max.is_some_and(|cpu| cpu >= IDLE_CPU);
    if instance.state != State::Running || instance.production || quiet < FORGOTTEN_DAYS || watched {
        return None;
    }
    let evidence = format!(
        "nobody has opened a session there for {quiet} days{}",
        instance.bill_says()
    );
    let saving = Saving::between(0.0, instance.monthly()?);
    stop(instance, Rule::UnvisitedInstance, evidence, saving, Confidence::C)
}

fn stop(
    instance: &Instance,
    rule: Rule,
    evidence: String,
    saving: Saving,
    sure: Confidence,
) -> Option<Finding> {
    let cost = instance.monthly()?;
    Some(Finding {
        rule,
        place: instance.place.clone(),
        resource: instance.id.clone(),
        name: instance.name.clone(),
        team: instance.team.clone(),
        evidence,
        saving,
        cost: cents(cost),
        covers: Vec::new(),
        price: instance.hourly?.source,
        confidence: sure,
        effort: Effort::Minutes,
        billed_as: None,
        due: None,
        reversible: true,
        action: Action::of(rule, &instance.place, &instance.id),
    })
}
