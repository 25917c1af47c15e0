//! Machines larger than their work.

use super::PriceSource;
use super::finding::{Action, Confidence, Effort, Finding, Rule, Saving, cents};
use super::inventory::{Instance, Recommendation, State};

const BUSY_P95: f64 = 40.0;
const BUSY_MAX: f64 = 80.0;
/// The next size down has half of everything.
const HALF: f64 = 0.5;
const SIZES: [&str; 8] = [
    "nano", "micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge",
];

/// The next size down of an instance type; `None` for the smallest and for sizes that halve otherwise.
fn smaller(instance_type: &str) -> Option<String> {
    let (family, size) = instance_type.split_once('.')?;
    let next = match size
        .strip_suffix("xlarge")
        .and_then(|count| count.parse::<u32>().ok())
    {
        Some(count) if count > 2 && count % 2 == 0 => format!("{}xlarge", count / 2),
        _ => {
            let at = SIZES.iter().position(|known| *known == size)?;
            SIZES.get(at.checked_sub(1)?)?.to_string()
        }
    };
    // Only burstable families go below large, or medium on Graviton.
    let burstable = family.starts_with('t');
    (burstable
        || SIZES
            .iter()
            .position(|known| *known == next)
            .is_none_or(|at| at >= 4))
    .then(|| format!("{family}.{next}"))
}

/// Half the processors would have sufficed for a fortnight.
pub(super) fn one_size_down(instance: &Instance) -> Option<Finding> {
    let (p95, max) = (instance.cpu_p95?, instance.cpu_max?);
    if instance.state != State::Running || p95 >= BUSY_P95 || max >= BUSY_MAX {
        return None;
    }
    let target = smaller(&instance.instance_type)?;
    let cost = instance.monthly()?;
    Some(Finding {
        rule: Rule::OneSizeDown,
        place: instance.place.clone(),
        resource: instance.id.clone(),
        name: instance.name.clone(),
        team: instance.team.clone(),
        evidence: format!(
            "{}: CPU p95 {p95:.0} %, at most {max:.0} % in 14 days{}",
            instance.instance_type,
            instance.bill_says()
        ),
        // A commitment that is left over pays for something else, or for nothing.
        saving: Saving::between(cost * HALF * instance.open(), cost * HALF),
        cost: cents(cost),
        covers: Vec::new(),
        price: instance.hourly?.source,
        confidence: if instance.memory_known {
            Confidence::B
        } else {
            Confidence::C
        },
        effort: Effort::Hours,
        billed_as: None,
        due: None,
        reversible: true,
        action: Action::of(Rule::OneSizeDown, &instance.place, &instance.id).with("new_type", target),
    })
}

/// AWS's own advice, after discounts as AWS knows them.
pub(super) fn recommended(advice: &Recommendation) -> Finding {
    let action = Action::of(Rule::Recommended, &advice.place, &advice.id);
    let (evidence, action) = match &advice.to {
        Some(to) => (
            format!("{} advises {to} instead of {}", advice.by, advice.from),
            action.with("new_type", to.clone()),
        ),
        None => (format!("{} advises to stop it", advice.by), action),
    };
    Finding {
        rule: Rule::Recommended,
        place: advice.place.clone(),
        resource: advice.id.clone(),
        name: advice.name.clone(),
        team: advice.team.clone(),
        evidence,
        saving: Saving::exactly(advice.saving),
        cost: cents(advice.monthly),
        covers: Vec::new(),
        price: PriceSource::Advised,
        confidence: if advice.memory_known {
            Confidence::A
        } else {
            Confidence::B
        },
        effort: Effort::Hours,
        billed_as: None,
        due: None,
        reversible: true,
        action,
    }
}
