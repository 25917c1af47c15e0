//! Tabs are choices: of those that stand beside each other a run takes the steps of one. Which one is asked, unless it was
//! said ahead, a step of it was named or is begun, or another set was given the same title: one answer serves all.

use std::collections::BTreeMap;
use std::ops::ControlFlow::{self, Break, Continue};

use super::begin::{Refused, ask};
use super::event::{Answer, Question};
use super::record::Outcome;
use super::sequence::{End, Sequence};
use super::state::{Standing, State};
use crate::runbook::note::Tab;
use crate::runbook::plan::{Plan, Step};

/// What leaves all of them out.
const NONE: &str = "none of them";

/// The tabs that are meant, as far as anybody knows: a title by the line of the first of each set.
#[derive(Clone, Debug, Default)]
pub(super) struct Tabs(BTreeMap<usize, String>);

/// How a step stands to the tabs that are meant.
pub(super) enum Place {
    In,
    /// Why it is left out.
    Beside(String),
    /// Nobody has said which one of these is meant.
    Open(Tab),
}

impl Tabs {
    /// Where an earlier process has gone, and what was said ahead.
    pub fn of(plan: &Plan, before: Option<&State>, said: &[String]) -> Tabs {
        let begun = sets(plan)
            .into_keys()
            .filter_map(|set| Some((set, begun(plan, before?, set)?)));
        Tabs(begun.chain(told(plan, said)).collect())
    }

    pub fn take(&mut self, set: usize, title: String) {
        self.0.insert(set, title);
    }

    /// The one that is meant of its set: what was said of that, else of others that have the same title.
    fn meant<'a>(&'a self, tab: &'a Tab) -> Option<&'a String> {
        let mut same = tab
            .among
            .iter()
            .filter(|title| self.0.values().any(|taken| taken == *title));
        self.0.get(&tab.set).or_else(|| match (same.next(), same.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        })
    }

    /// One that `is_named` stands for its tabs. What `looks` is left out of none before somebody has chosen.
    pub fn place(&mut self, step: &Step, is_named: bool, looks: bool) -> Place {
        for tab in &step.tabs {
            if is_named {
                self.take(tab.set, tab.title.clone());
            }
            match self.meant(tab) {
                Some(taken) if *taken != tab.title => return Place::Beside(beside(taken)),
                None if !looks => return Place::Open(tab.clone()),
                _ => {}
            }
        }
        Place::In
    }
}

/// The titles of each set that a run chooses from.
fn sets(plan: &Plan) -> BTreeMap<usize, &[String]> {
    let tabs = plan.steps.iter().flat_map(|step| &step.tabs);
    tabs.map(|tab| (tab.set, &*tab.among)).collect()
}

/// Of each set the first of the titles that it has.
fn told(plan: &Plan, said: &[String]) -> BTreeMap<usize, String> {
    let of = |among: &[String]| {
        let mut said = said
            .iter()
            .filter_map(|said| among.iter().find(|title| is(title, said)));
        said.next().cloned()
    };
    let sets = sets(plan).into_iter();
    sets.filter_map(|(set, among)| Some((set, of(among)?))).collect()
}

fn is(title: &str, said: &str) -> bool {
    title.to_lowercase() == said.trim().to_lowercase()
}

/// Whether titles that are said ahead can be taken: each by a set of the page, and by none that has gone another way.
pub fn may_take(plan: &Plan, before: Option<&State>, said: &[String]) -> Result<(), Refused> {
    let (sets, told) = (sets(plan), told(plan, said));
    let refuse = |says: String, hint: String| Err(Refused { says, hint });
    for one in said {
        if told.values().any(|title| is(title, one)) {
            continue;
        }
        let beside = sets
            .iter()
            .find(|(_, among)| among.iter().any(|title| is(title, one)));
        if let Some((set, _)) = beside {
            let taken = told.get(set).map_or("", String::as_str);
            let says = format!("the tab {one:?} stands beside {taken:?}, which is given too");
            return refuse(says, "a run takes one of them: give that alone".into());
        }
        let mut known: Vec<&str> = sets
            .values()
            .flat_map(|among| among.iter())
            .map(String::as_str)
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        known.retain(|title| seen.insert(*title));
        return refuse(
            format!("no tab that a run chooses is called {one:?}"),
            match known.as_slice() {
                [] => format!("{} has none", plan.name),
                known => format!("{} has {}", plan.name, known.join(", ")),
            },
        );
    }
    for (set, title) in told {
        let Some(before) = before else { break };
        if let Some(gone) = begun(plan, before, set).filter(|gone| *gone != title) {
            let says = format!("the run has gone into the tab {gone:?}, which stands beside {title:?}");
            return refuse(says, "begin a new run, or run one step with --only".into());
        }
        let of_it = |step: &&Step| step.tabs.iter().any(|tab| tab.set == set && tab.title == title);
        let mut own = plan.steps.iter().filter(of_it);
        let is_left = |step: &Step| before.standing(&step.id, "") == Some(Standing::Skipped);
        if own.all(is_left) {
            let says = format!("the tab {title:?} was left out of the run before");
            return refuse(says, "begin a new run, or run one step with --only".into());
        }
    }
    Ok(())
}

/// Whether a step that is named, to run alone or to begin with, can be taken with the titles that are said: the step of
/// another tab would run in the place of what they mean.
pub fn may_name(plan: &Plan, wanted: &str, said: &[String]) -> Result<(), Refused> {
    let told = told(plan, said);
    let tabs = plan.step(wanted).map_or(&[][..], |step| &step.tabs);
    for tab in tabs {
        if let Some(title) = told.get(&tab.set).filter(|title| **title != tab.title) {
            return Err(Refused {
                says: format!(
                    "step {wanted} stands in the tab {:?}, and the tab {title:?} is given",
                    tab.title
                ),
                hint: format!("name a step of {title:?}, or leave the tab away"),
            });
        }
    }
    Ok(())
}

/// The tab of a set that an earlier process went into.
fn begun(plan: &Plan, state: &State, set: usize) -> Option<String> {
    let of_set = |step: &Step| step.tabs.iter().find(|tab| tab.set == set).cloned();
    let is_begun = |step: &&Step| {
        let mut own = state.standings.iter().filter(|((id, _), _)| *id == step.id);
        own.any(|(_, standing)| *standing != Standing::Skipped)
    };
    let mut begun = plan.steps.iter().filter(is_begun).filter_map(of_set);
    begun.next().map(|tab| tab.title)
}

/// Why a step is left out of a run that takes this tab.
fn beside(taken: &str) -> String {
    match taken {
        NONE => "none of its tabs was chosen".into(),
        taken => format!("the tab {taken:?} was chosen"),
    }
}

impl Sequence {
    /// Whether a step stands in the tabs that are meant; else why it is left out. `Break` ends the run.
    pub(super) async fn chosen(&mut self, step: &Step, is_named: bool) -> ControlFlow<End, Option<String>> {
        if self.state.standing(&step.id, "") == Some(Standing::Skipped) {
            return Continue(None);
        }
        loop {
            let tab = match self.tabs.place(step, is_named, self.terms.looks_only) {
                Place::In => return Continue(None),
                Place::Beside(why) => return Continue(Some(why)),
                Place::Open(tab) => tab,
            };
            match self.ask_tab(&tab).await {
                Some(taken) => self.tabs.take(tab.set, taken),
                None => {
                    let says = format!("nobody said which of the tabs on line {} is meant", tab.set);
                    return Break((Outcome::Stopped, says));
                }
            }
        }
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
            let typed = choices.iter().find(|choice| is(choice, said));
            let number = || said.parse::<usize>().ok()?.checked_sub(1);
            match typed.or_else(|| choices.get(number()?)) {
                Some(chosen) => return Some(chosen.clone()),
                None => refused = Some("it is none of the tabs".to_owned()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_another_tab_is_not_run_in_the_place_of_the_one_that_is_said() {
        let page = "# T\n\n=== \"Linux\"\n\n    ```sh {name=linux}\n    uname\n    ```\n\n=== \"Windows\"\n\n    ```sh {name=windows}\n    ver\n    ```\n";
        let plan = Plan::parse(std::path::Path::new("t.md"), "t.md", page).unwrap();
        let said = ["Linux".to_owned()];
        assert!(may_name(&plan, "linux", &said).is_ok());
        assert!(may_name(&plan, "windows", &[]).is_ok());
        for wanted in ["windows", "2"] {
            let refused = may_name(&plan, wanted, &said).unwrap_err();
            let says = "stands in the tab \"Windows\", and the tab \"Linux\" is given";
            assert!(refused.says.contains(says), "{}", refused.says);
        }
    }
}
