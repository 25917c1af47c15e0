//! What tells the children of an automation from one another: what each is for, and where.

use super::Seen;
use super::touched::values;
use crate::aws::{ExecutionRow, Named, StepRun};

impl Seen {
    /// What tells a child from the others: its target, with the account and region that it was sent to; of one further
    /// down, the documents that led to it.
    pub fn called(&self, child: &ExecutionRow) -> Option<String> {
        let by_step = || self.target_and_place(self.step_of(child)?);
        let within = || Some(format!("in {}", self.deep(child)?.within.join(" > ")));
        by_step().or_else(|| child.target.clone()).or_else(within)
    }

    /// The same of the step that stands for a child of one that was sent to several; `None` of any other step.
    pub fn step_called(&self, step: &StepRun) -> Option<String> {
        let is_child = self.execution.is_sent();
        is_child.then(|| self.target_and_place(step)).flatten()
    }

    /// Children that are told apart from the steps. Of an automation that runs in several places AWS lists the own place's
    /// children alone: beside the steps, which stand for all, those would look like the only targets.
    pub fn told_apart(&self) -> impl Iterator<Item = &ExecutionRow> {
        let is_far = !self.execution.locations.is_empty();
        let children = self.children.iter();
        children.filter(move |child| !is_far || self.step_of(child).is_none())
    }

    fn target_and_place(&self, step: &StepRun) -> Option<String> {
        let place = step.account.iter().chain(&step.region).cloned();
        let words: Vec<String> = self.target_of(step).into_iter().chain(place).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// A lone value as it is; of several each by its name, where it is one of the maps.
    fn target_of(&self, step: &StepRun) -> Option<String> {
        let told: Vec<&String> = values(step).collect();
        if let [one] = told[..] {
            return Some(one.clone());
        }
        let mut sorted = told.clone();
        sorted.sort_unstable();
        let is_of = |map: &&Named| {
            let mut all: Vec<&String> = map.values().flatten().collect();
            all.sort_unstable();
            !all.is_empty() && all == sorted
        };
        let by_name = self.execution.maps.iter().find(is_of).map(|map| {
            let pair = |(name, values): (&String, &Vec<String>)| {
                format!("{name}={}", super::shown(name, values).join(","))
            };
            map.iter().map(pair).collect::<Vec<_>>().join(" ")
        });
        let plain = || {
            told.iter()
                .map(|value| value.as_str())
                .collect::<Vec<_>>()
                .join(",")
        };
        by_name.or_else(|| (!told.is_empty()).then(plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Execution;

    fn step(values: &[&str], place: Option<[&str; 2]>) -> StepRun {
        StepRun {
            targets: values
                .iter()
                .map(|value| ("ParameterValues".to_owned(), vec![(*value).to_owned()]))
                .collect(),
            account: place.map(|place| place[0].to_owned()),
            region: place.map(|place| place[1].to_owned()),
            ..StepRun::default()
        }
    }

    #[test]
    fn a_child_is_called_by_what_it_is_for_and_where() {
        let map = |seconds: &str, machine: &str| -> Named {
            [("Delay", seconds), ("InstanceId", machine)]
                .map(|(name, value)| (name.to_owned(), vec![value.to_owned()]))
                .into()
        };
        let seen = Seen {
            execution: Execution {
                maps: vec![map("0", "i-0a"), map("4", "i-0b")],
                ..Execution::default()
            },
            ..Seen::default()
        };
        let of = |values: &[&str], place| seen.step_called(&step(values, place)).unwrap_or_default();
        assert_eq!(of(&["4", "i-0b"], None), "Delay=4 InstanceId=i-0b");
        let there = Some(["111122223333", "eu-west-1"]);
        assert_eq!(of(&["i-0a"], there), "i-0a 111122223333 eu-west-1");
        assert_eq!(of(&[], there), "111122223333 eu-west-1");
        let child = |id: &str| ExecutionRow {
            id: id.into(),
            ..ExecutionRow::default()
        };
        let stands = StepRun {
            action: crate::document::deep::NESTED.into(),
            child: Some("e-1".into()),
            ..step(&[], there)
        };
        let mut sent = Seen {
            children: vec![child("e-1"), child("e-2")],
            ..seen.clone()
        };
        sent.execution.steps = vec![stands];
        assert_eq!(sent.told_apart().count(), 2);
        sent.execution.locations = vec![(Vec::new(), vec!["eu-west-1".into()])];
        let apart: Vec<&str> = sent.told_apart().map(|child| child.id.as_str()).collect();
        assert_eq!(apart, ["e-2"], "the step of the other tells it");
        let alone = Seen::default();
        assert_eq!(alone.step_called(&step(&["i-0a"], None)), None);
    }
}
