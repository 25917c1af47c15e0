//! Tabs are choices: of those that stand beside each other a run takes the steps of one. Which one is asked, unless a step
//! of it was named or is begun.

use std::ops::ControlFlow::{self, Break, Continue};

use super::begin::ask;
use super::event::{Answer, Question};
use super::record::Outcome;
use super::sequence::{End, Sequence};
use super::state::{Standing, State};
use crate::runbook::note::Tab;
use crate::runbook::plan::{Plan, Step};

/// What leaves all of them out.
const NONE: &str = "none of them";

/// The tab of a set that an earlier process went into.
pub(super) fn begun(plan: &Plan, state: &State, set: usize) -> Option<String> {
    let of_set = |step: &Step| step.tabs.iter().find(|tab| tab.set == set).cloned();
    let is_begun = |step: &&Step| {
        let mut own = state.standings.iter().filter(|((id, _), _)| *id == step.id);
        own.any(|(_, standing)| *standing != Standing::Skipped)
    };
    let mut begun = plan.steps.iter().filter(is_begun).filter_map(of_set);
    begun.next().map(|tab| tab.title)
}

/// Why a step is left out of a run that takes this tab.
pub(super) fn beside(taken: &str) -> String {
    match taken {
        NONE => "none of its tabs was chosen".into(),
        taken => format!("the tab {taken:?} was chosen"),
    }
}

impl Sequence {
    /// Whether a step stands in the tabs that are meant; else why it is left out. One that is named stands for its tabs.
    /// `Break` ends the run.
    pub(super) async fn chosen(&mut self, step: &Step, is_named: bool) -> ControlFlow<End, Option<String>> {
        if self.terms.looks_only || self.state.standing(&step.id, "") == Some(Standing::Skipped) {
            return Continue(None);
        }
        for tab in &step.tabs {
            let known = match (is_named, self.tabs.get(&tab.set)) {
                (true, _) => Some(tab.title.clone()),
                (false, Some(known)) => Some(known.clone()),
                (false, None) => begun(&self.plan, &self.state, tab.set),
            };
            let taken = match known {
                Some(taken) => taken,
                None => match self.ask_tab(tab).await {
                    Some(taken) => taken,
                    None => {
                        let says = format!("nobody said which of the tabs on line {} is meant", tab.set);
                        return Break((Outcome::Stopped, says));
                    }
                },
            };
            self.tabs.insert(tab.set, taken.clone());
            if taken != tab.title {
                return Continue(Some(beside(&taken)));
            }
        }
        Continue(None)
    }

    async fn ask_tab(&self, tab: &Tab) -> Option<String> {
        let choices: Vec<String> = tab.among.iter().cloned().chain([NONE.to_owned()]).collect();
        let mut refused = None;
        loop {
            let question = Question::Value {
                name: "tab".into(),
                prompt: format!("which of the tabs on line {} is meant", tab.set),
                choices: choices.clone(),
                default: None,
                is_secret: false,
                refused: refused.take(),
            };
            let said = match ask(&self.events, question).await {
                Answer::Text(said) => said,
                Answer::Skip => return Some(NONE.to_owned()),
                _ => return None,
            };
            let said = said.trim();
            let typed = choices.iter().find(|choice| choice.eq_ignore_ascii_case(said));
            let number = || said.parse::<usize>().ok()?.checked_sub(1);
            match typed.or_else(|| choices.get(number()?)) {
                Some(chosen) => return Some(chosen.clone()),
                None => refused = Some("it is none of the tabs".to_owned()),
            }
        }
    }
}
