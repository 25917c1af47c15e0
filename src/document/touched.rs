//! Which machines an automation has touched, each in the account and the region where it is: one that was sent elsewhere
//! touches none where it began, and a target whose child never began was not touched.

use std::collections::{BTreeMap, BTreeSet};

use super::Seen;
use crate::audit::Target;
use crate::aws::StepRun;

/// An account and a region.
type Place = (String, String);

pub(super) fn is_machine(id: &str) -> bool {
    id.starts_with("i-") || id.starts_with("mi-")
}

/// What a step of one that was sent is a child for.
pub(super) fn values(step: &StepRun) -> impl Iterator<Item = &String> {
    step.targets.iter().flat_map(|(_, values)| values)
}

fn place(step: &StepRun) -> Option<Place> {
    Some((step.account.clone()?, step.region.clone()?))
}

impl Seen {
    /// Machines that it went to, with account and region where AWS tells them; without both it is where it began, or, of
    /// one that was sent to several places, not known.
    pub fn touched(&self) -> Vec<Target> {
        let spared: BTreeSet<String> = self.spared().into_iter().collect();
        let places = self.places();
        let machines = self.machines().into_iter().filter(|id| !spared.contains(id));
        let target = |id: String| {
            let place = places.get(&id).cloned().flatten();
            let (account, region) = place.unzip();
            Target {
                account,
                region,
                id: Some(id),
                ..Target::default()
            }
        };
        machines.map(target).collect()
    }

    /// Machines that it was sent to and of which no child has begun.
    pub fn spared(&self) -> Vec<String> {
        let execution = &self.execution;
        if !execution.is_sent() {
            return Vec::new();
        }
        let begun: Vec<&StepRun> = self.begun_steps().collect();
        // Where AWS does not say of a child what it is for, any of them may have begun.
        let is_told = |step: &&StepRun| values(step).next().is_some() || self.child_of(step).is_some();
        if !begun.iter().all(is_told) {
            return Vec::new();
        }
        let given: BTreeSet<&String> = execution.parameters.values().flatten().collect();
        let reached: BTreeSet<&str> = begun
            .iter()
            .flat_map(|step| values(step).map(String::as_str))
            .chain(
                self.children
                    .iter()
                    .flat_map(|child| parts(child.target.as_deref())),
            )
            .collect();
        let is_spared =
            |id: &String| !reached.contains(id.as_str()) && (begun.is_empty() || !given.contains(id));
        self.machines().into_iter().filter(is_spared).collect()
    }

    fn begun_steps(&self) -> impl Iterator<Item = &StepRun> {
        let steps = self.execution.steps.iter();
        steps.filter(|step| step.started_at.is_some())
    }

    fn child_of(&self, step: &StepRun) -> Option<&str> {
        let mut children = self.children.iter();
        let child = children.find(|child| step.began() == Some(child.id.as_str()))?;
        child.target.as_deref()
    }

    /// Where each machine is, as far as its children tell; `None` for one that several places were given.
    fn places(&self) -> BTreeMap<String, Option<Place>> {
        let mut places: BTreeMap<String, BTreeSet<Place>> = BTreeMap::new();
        let all: BTreeSet<Place> = self.begun_steps().filter_map(place).collect();
        for step in self.begun_steps() {
            let Some(place) = place(step) else { continue };
            let named = values(step).map(String::as_str).chain(parts(self.child_of(step)));
            for id in named.filter(|id| is_machine(id)) {
                places.entry(id.to_owned()).or_default().insert(place.clone());
            }
        }
        // What every place was given is in one of them.
        let given = self.execution.parameters.values().flatten();
        for id in given.filter(|id| is_machine(id)) {
            places.entry(id.clone()).or_default().extend(all.clone());
        }
        let one = |places: BTreeSet<Place>| match places.len() {
            1 => places.into_iter().next(),
            _ => None,
        };
        let places = places.into_iter();
        places.map(|(id, places)| (id, one(places))).collect()
    }
}

/// The values of a child's target.
fn parts(target: Option<&str>) -> impl Iterator<Item = &str> {
    target.into_iter().flat_map(|target| target.split(','))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Execution;

    const WEB: &str = "i-0aaaaaaaaaaaaaaaa";
    const API: &str = "i-0bbbbbbbbbbbbbbbb";

    fn step(machine: &str, place: [&str; 2], begun: bool) -> StepRun {
        StepRun {
            account: Some(place[0].into()),
            region: Some(place[1].into()),
            targets: vec![("ParameterValues".into(), vec![machine.into()])],
            started_at: begun.then_some(jiff::Timestamp::UNIX_EPOCH),
            ..StepRun::default()
        }
    }

    fn sent(steps: Vec<StepRun>) -> Seen {
        let all = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        Seen {
            execution: Execution {
                targets: vec![("tag:tier".into(), all(&["web"]))],
                locations: vec![(
                    all(&["111122223333", "444455556666"]),
                    all(&["us-east-1", "eu-west-1"]),
                )],
                resolved: all(&[WEB, API]),
                steps,
                ..Execution::default()
            },
            ..Seen::default()
        }
    }

    fn told(seen: &Seen) -> Vec<[Option<String>; 3]> {
        let touched = seen.touched().into_iter();
        touched
            .map(|target| [target.id, target.account, target.region])
            .collect()
    }

    fn row(id: &str, account: Option<&str>, region: Option<&str>) -> [Option<String>; 3] {
        [Some(id), account, region].map(|text| text.map(str::to_owned))
    }

    #[test]
    fn every_machine_is_in_the_account_and_the_region_of_its_child() {
        let seen = sent(vec![
            step(WEB, ["111122223333", "us-east-1"], true),
            step(API, ["444455556666", "eu-west-1"], true),
        ]);
        let wanted = [
            row(WEB, Some("111122223333"), Some("us-east-1")),
            row(API, Some("444455556666"), Some("eu-west-1")),
        ];
        assert_eq!(told(&seen), wanted);
        assert!(seen.spared().is_empty());
    }

    #[test]
    fn a_target_whose_child_never_began_was_not_touched() {
        let seen = sent(vec![
            step(WEB, ["111122223333", "us-east-1"], true),
            step(API, ["444455556666", "eu-west-1"], false),
        ]);
        assert_eq!(told(&seen), [row(WEB, Some("111122223333"), Some("us-east-1"))]);
        assert_eq!(seen.spared(), [API]);
        let mut unclear = seen.clone();
        unclear.execution.steps[0].targets.clear();
        assert!(unclear.spared().is_empty(), "nobody says which child that is");
        let none = sent(vec![step(WEB, ["111122223333", "us-east-1"], false)]);
        assert_eq!((told(&none), none.spared().len()), (Vec::new(), 2));
    }

    #[test]
    fn a_machine_that_every_place_was_given_is_in_none_of_them_for_certain() {
        let mut seen = sent(vec![
            step("x", ["111122223333", "us-east-1"], true),
            step("x", ["444455556666", "us-east-1"], true),
        ]);
        seen.execution.resolved.clear();
        seen.execution.parameters = [("InstanceId".to_owned(), vec![WEB.to_owned()])].into();
        assert_eq!(told(&seen), [row(WEB, None, None)]);
        seen.execution.steps.pop();
        assert_eq!(told(&seen), [row(WEB, Some("111122223333"), Some("us-east-1"))]);
    }
}
