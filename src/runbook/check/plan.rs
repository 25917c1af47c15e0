//! What a run would say of a page before it begins: what is passed here is not refused there. And what a run would carry
//! out unasked though it may change something.

use std::collections::{BTreeMap, BTreeSet};

use super::super::block::front_matter;
use super::super::fence::{Attributes, Kind};
use super::super::level::Level;
use super::super::plan::{BadPlan, Plan, Step, What};
use super::super::{Refused, Values, fill_apart};
use super::{Found, Rule, Severity};

/// Of one page so many are told.
const MOST: usize = 100;

pub(super) fn check(found: &mut Found<'_>, plan: Result<Plan, BadPlan>) {
    let plan = match plan {
        Ok(plan) => plan,
        Err(bad) => return refused(found, bad),
    };
    choices(found, &plan);
    let secrets = plan.manifest.secrets();
    for step in plan
        .steps
        .iter()
        .chain(&plan.rollbacks)
        .filter(|step| !step.is_task())
    {
        let line = Some(step.lines.0);
        // An open fence is a finding of its own, and a terminal is meant.
        let is_open = match &step.what {
            What::Commands(block) => !block.is_closed,
            What::Call(call) => call.is_open,
            What::Task(_) => false,
        };
        let is_told = step.attributes.tty || is_open;
        if let Some(why) = step.obstacle().filter(|_| !is_told) {
            let hint = "it stops a run there, unless a person leaves it out";
            found.add(
                Rule::Fence,
                Severity::Warning,
                line,
                format!("this block cannot be run: {why}"),
                hint,
            );
        }
        if let Some(refused) = kept(step, &secrets) {
            let says = format!("this block cannot be run: {refused}");
            found.add(Rule::Variable, Severity::Warning, line, says, refused.hint());
        }
        if step.reads {
            continue;
        }
        if step.attributes.kind == Kind::Check {
            let says = "this block is called a check, but not every command is known to only look";
            let hint = "take out what changes something, or call it kind=do";
            found.add(Rule::Danger, Severity::Warning, line, says.into(), hint);
        }
        let is_unasked = step.level(&plan.manifest, false) == Level::None;
        if is_unasked {
            let says = "confirm=none on commands that are not known to only look: they run unasked";
            found.add(
                Rule::Danger,
                Severity::Warning,
                line,
                says.into(),
                "let confirm=auto decide, or say confirm=enter",
            );
        }
    }
}

/// Tabs of which a run takes one.
fn choices(found: &mut Found<'_>, plan: &Plan) {
    let tabs = plan.steps.iter().flat_map(|step| &step.tabs);
    let sets: BTreeMap<usize, &[String]> = tabs.map(|tab| (tab.set, &*tab.among)).collect();
    for (line, among) in sets {
        let says = format!("a run takes the steps of one of these tabs: {}", among.join(", "));
        let hint = "it asks which one; where nobody is, --tab TITLE says it";
        found.add(Rule::Fence, Severity::Warning, Some(line), says, hint);
    }
}

/// Why a secret has no place where the step wants it.
fn kept(step: &Step, secrets: &BTreeSet<String>) -> Option<Refused> {
    let none = Values::new();
    let filled = match &step.what {
        What::Commands(block) => fill_apart(block, &none, secrets, &BTreeSet::new()).map(|_| ()),
        What::Call(call) => call.fill(&none, secrets).map(|_| ()),
        What::Task(_) => Ok(()),
    };
    filled
        .err()
        .filter(|refused| matches!(refused, Refused::Secret { .. }))
}

/// All that a run would refuse of the fences one after another, and not only the first.
fn refused(found: &mut Found<'_>, first: BadPlan) {
    let page = found.page;
    let matter = page.text[..front_matter(&page.text)].lines().count();
    // Another rule has said more of it.
    let is_said = |line: usize| {
        let mut of_page = found.findings.iter().filter(|finding| finding.path == page.path);
        of_page.any(|finding| finding.severity == Severity::Error && finding.line == Some(line))
    };
    let mut text = page.text.to_string();
    let mut next = Some(first);
    let mut told: Vec<(usize, String)> = Vec::new();
    while let Some(bad) = next.take().filter(|_| told.len() < MOST) {
        let mended = (bad.line > matter)
            .then(|| without_faults(&text, bad.line))
            .flatten();
        let Some((faults, mended)) = mended else {
            match Plan::read(&page.path, &page.name, &text) {
                Ok(plan) => told.extend(plan.faults()),
                Err(_) => told.push((bad.line, bad.says)),
            }
            break;
        };
        told.extend(faults.into_iter().map(|fault| (bad.line, fault)));
        text = mended;
        next = Plan::parse(&page.path, &page.name, &text).err();
    }
    told.retain(|(line, _)| !is_said(*line));
    for (line, says) in told {
        let rule = if line <= matter {
            Rule::FrontMatter
        } else {
            Rule::Fence
        };
        let hint = "`qd runbooks run` refuses the page until it is put right";
        found.add(rule, Severity::Error, Some(line), says, hint);
    }
}

/// What is wrong between the braces of a line, and the text without it; `None` where nothing there is.
fn without_faults(text: &str, line: usize) -> Option<(Vec<String>, String)> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let fence = *lines.get(line.checked_sub(1)?)?;
    let (from, to) = (fence.find('{')?, fence.rfind('}')? + 1);
    let (faults, sound) = Attributes::faults(fence.get(from..to)?);
    if faults.is_empty() {
        return None;
    }
    let mended = format!("{}{sound}{}", &fence[..from], &fence[to..]);
    lines[line - 1] = &mended;
    Some((faults.iter().map(ToString::to_string).collect(), lines.join("\n")))
}
