//! What a run would say of a page before it begins: what is passed here is not refused there. And what a run would carry
//! out unasked though it may change something.

use super::super::block::front_matter;
use super::super::fence::Kind;
use super::super::level::Level;
use super::super::plan::Plan;
use super::{Found, Rule, Severity};

pub(super) fn check(found: &mut Found<'_>) {
    let page = found.page;
    let plan = match Plan::parse(&page.path, &page.name, &page.text) {
        Ok(plan) => plan,
        Err(bad) => {
            // Another rule has said more of it.
            let is_said = found.findings.iter().any(|finding| {
                finding.path == page.path
                    && finding.severity == Severity::Error
                    && finding.line == Some(bad.line)
            });
            if !is_said {
                let matter = page.text[..front_matter(&page.text)].lines().count();
                let rule = if bad.line <= matter {
                    Rule::FrontMatter
                } else {
                    Rule::Fence
                };
                let hint = "`qd runbooks run` refuses the page until it is put right";
                found.add(rule, Severity::Error, Some(bad.line), bad.says, hint);
            }
            return;
        }
    };
    for step in plan
        .steps
        .iter()
        .chain(&plan.rollbacks)
        .filter(|step| !step.is_task())
    {
        let line = Some(step.lines.0);
        // An open fence is a finding of its own, and a terminal is meant.
        let is_told = step.attributes.tty || step.block().is_some_and(|block| !block.is_closed);
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
