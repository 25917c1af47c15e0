//! A run where no person is: everything that would be asked is refused before anything runs, with what would answer it.

use std::collections::BTreeMap;

use super::approvers;
use crate::audit::Actor;
use crate::cli::{Context, Error, quote};
use crate::recording::DeviceKey;
use crate::runbook::Level;
use crate::runbook::placeholder::name;
use crate::runbook::plan::{Plan, Step};
use crate::runbook::run::{Approval, Asked, Own, Preview, State, declared, unmet};

/// What is known before a run of which nobody will be asked anything.
pub(super) struct Alone<'a> {
    pub plan: &'a Plan,
    /// The run to go on with.
    pub before: Option<&'a State>,
    pub assumes_yes: bool,
    /// It is said how steps stand that were under way.
    pub is_decided: bool,
    /// The one step that was asked for, where only that is wanted.
    pub only: Option<&'a str>,
    pub approvals: &'a [Approval],
    pub context: &'a Context,
}

/// What undoes a step with what that step captures has nothing to undo where no run is named that did it.
pub(super) fn must_have_run(
    plan: &Plan,
    before: Option<&State>,
    only: Option<&str>,
    previews: &[Preview],
) -> Result<(), Error> {
    let rollback = only.and_then(|only| plan.rollbacks.iter().find(|step| step.id == only));
    let Some(rollback) = rollback.filter(|_| before.is_none()) else {
        return Ok(());
    };
    let missing: Vec<String> = previews
        .iter()
        .flat_map(|preview| &preview.targets)
        .flat_map(|target| target.missing.iter().map(|missing| name(missing)))
        .collect();
    let captures = |step: &&Step| {
        let captured = step.attributes.capture.as_ref();
        captured.is_some_and(|capture| missing.contains(&name(&capture.name)))
    };
    let Some((step, capture)) = plan
        .steps
        .iter()
        .find(captures)
        .and_then(|step| Some((step, step.attributes.capture.as_ref()?)))
    else {
        return Ok(());
    };
    let (id, variable) = (quote(&rollback.id), quote(&capture.name));
    let says = format!(
        "there is nothing to undo: step {id} wants {variable}, which step {} captures, and no run is named that has done it",
        quote(&step.id)
    );
    Err(Error::usage(says).hint(format!(
        "--resume RUN --only {id} undoes it in a run; --set {variable}=VALUE runs it alone"
    )))
}

impl Alone<'_> {
    /// Refuses the first thing that a person would have to say, of the steps that are still to come.
    pub(super) fn must_need_nobody(&self, previews: &[Preview]) -> Result<(), Error> {
        let mut undecided = self.before.map(State::undecided).unwrap_or_default();
        let half =
            |step: &str, target: &str| self.before.and_then(|before| before.half_undone_by(step, target));
        if self.only_undoes() {
            undecided.retain(|(step, target)| half(step, target).is_none());
        }
        if let Some((step, target)) = undecided.first().filter(|_| !self.is_decided) {
            return Err(Error::usage(match half(step, target) {
                None => format!("step {step} was under way on {target}, and nobody saw its end"),
                Some(rollback) => format!(
                    "step {step} was done on {target}, and its rollback {rollback} did not go through there"
                ),
            })
            .hint("look how it stands, then give --unknown done or --unknown again"));
        }
        let mut coming = previews
            .iter()
            .filter(|preview| preview.left_out.is_none() && !self.is_over(preview));
        coming.try_for_each(|preview| self.must_be_answered(preview))
    }

    /// Whether nothing is asked for but to undo one thing: how that stands is what the rollback is for.
    fn only_undoes(&self) -> bool {
        let is_rollback = |only: &str| self.plan.rollbacks.iter().any(|step| step.id == only);
        self.only.is_some_and(is_rollback)
    }

    fn is_over(&self, preview: &Preview) -> bool {
        self.before.is_some_and(|before| preview.is_over(before))
    }

    fn must_be_answered(&self, preview: &Preview) -> Result<(), Error> {
        let step = quote(&preview.step);
        if !preview.tabs.is_empty() {
            let tabs = quote(&preview.tabs.join(", "));
            let says =
                format!("step {step} stands in one of several tabs ({tabs}), and nobody is here to choose");
            let first = preview.tabs.first().map_or("", String::as_str);
            let first = crate::runbook::shell::quote(first);
            let hint = format!("--tab says which, as in --tab {}; repeatable", quote(&first));
            return Err(Error::refused(says).hint(hint));
        }
        let mut missing = preview.targets.iter().flat_map(|target| &target.missing);
        if let Some(missing) = missing.next() {
            let block = self.plan.step(&preview.step).and_then(Step::block);
            let without = match block.is_some_and(|block| block.is_optional(missing)) {
                true => format!(", or --set {missing}= to leave its part out"),
                false => ", which may not be empty".to_owned(),
            };
            let declared = declared(&self.plan.manifest, missing);
            let (what, hint) = match declared.filter(|(_, variable)| variable.is_secret()) {
                Some((known, _)) => (
                    "the secret ",
                    format!(
                        "run it on a terminal, or declare it as `{known}: {{secret: \"ssm:/PARAMETER\"}}`, which is fetched"
                    ),
                ),
                None => (
                    "a value for ",
                    format!("give --set {missing}=VALUE{without}, or run it on a terminal"),
                ),
            };
            let again = match self.before.is_some_and(|state| state.is_covered(missing)) {
                true => " again: the journal may not hold it",
                false => "",
            };
            let says = format!("step {step} needs {what}{}{again}", quote(missing));
            return Err(Error::usage(says).hint(hint));
        }
        if let Some(why) = &preview.blocked {
            let hint = match self.plan.steps.len() {
                _ if self.only.is_some() => "it is the only step that was asked for",
                0 | 1 => "it is the only step of the page",
                _ => "begin behind it with --from, or run one step with --only",
            };
            return Err(Error::usage(format!("step {step} cannot run: {}", quote(why))).hint(hint));
        }
        if preview.kind == "task" {
            let hint = match self.only {
                Some(_) => "run it on a terminal",
                None => "run it on a terminal, or choose steps with --only or --from",
            };
            let says = format!("step {step} is a person's: {}", quote(&preview.title));
            return Err(Error::refused(says).hint(hint));
        }
        let by_yes = preview.level.is_answered_by_yes();
        if preview.level == Level::None || (self.assumes_yes && by_yes) {
            return Ok(());
        }
        let hint = match by_yes {
            true => "give --yes, or run it on a terminal",
            false => "only a person at a terminal can confirm it",
        };
        let second = match preview.level {
            Level::Two => self.second(preview)?,
            _ => String::new(),
        };
        Err(Error::refused(format!(
            "step {step} wants confirmation ({}), and nobody is here{second}",
            preview.confirm
        ))
        .hint(hint))
    }

    /// How the step stands with the second person that it wants, whose word does not stand for the first one's.
    fn second(&self, preview: &Preview) -> Result<String, Error> {
        let Some(step) = self.plan.step(&preview.step) else {
            return Ok(String::new());
        };
        let mut said = Vec::new();
        if !self.approvals.is_empty() {
            let key = DeviceKey::load_or_create(&self.context.paths.data_dir)
                .map_err(|cause| Error::failed(cause.to_string()).hint(cause.hint().unwrap_or_default()))?;
            let placed = preview.targets.iter();
            let on: BTreeMap<String, String> = placed
                .map(|target| (target.id.clone(), target.sha256()))
                .collect();
            let asked = Asked {
                step,
                page: &self.plan.sha256,
                on: &on,
            };
            let user = Actor::local().user.unwrap_or_default();
            let own = Own {
                key: &key.public(),
                user: &user,
            };
            let (approvers, now) = (approvers(&self.context.config), jiff::Timestamp::now());
            let approvals = self.approvals.iter();
            said.extend(approvals.map(|approval| approval.check(&asked, &own, &approvers, now)));
        }
        Ok(match unmet(&step.id, said) {
            Some(says) => format!("; {}", quote(&says)),
            None => "; the second person's approval counts".into(),
        })
    }
}
