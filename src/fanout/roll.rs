//! What the audit log has of the machines of a run: who they are where it begins, and how each ended where it is over. A log
//! is read where the recording is not, so it names as many as one of its lines may hold.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Count, Outcome};
use crate::audit::{Entry, Event, MAX_LINE_BYTES, Target};
use crate::fleet::Node;

/// Of a line, what its sequence, its chain and the names of the fields take.
const SPARE: usize = 1 << 10;

/// Machines that ended alike in one place, as a line of the audit log has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// As that of an outcome.
    pub status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Their ids.
    pub machines: Vec<String>,
}

/// Whether nothing was done there, so that where something was comes first; status, exit code, account, region.
type Alike = (bool, String, Option<i32>, String, String);

/// How every machine ended that is over.
#[derive(Default)]
pub struct Roll(Mutex<BTreeMap<Alike, Vec<String>>>);

impl Roll {
    pub fn note(&self, outcome: &Outcome) {
        let alike = (
            Count::of(&outcome.status).is_untouched(),
            outcome.status.clone(),
            outcome.exit_code,
            outcome.account.clone(),
            outcome.region.clone(),
        );
        let mut roll = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        roll.entry(alike).or_default().push(outcome.id.clone());
    }

    /// The line with every machine under `results`, and under `more` how many have no room in it.
    pub fn fill(&self, event: Event) -> Event {
        let (mut room, mut results, mut more) = (room(&event), Vec::new(), 0_u64);
        let roll = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((_, status, exit_code, account, region), ids) in roll.iter() {
            let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
            let mut ending = Ending {
                status: status.clone(),
                exit_code: *exit_code,
                account: some(account),
                region: some(region),
                machines: Vec::new(),
            };
            let mut left = room.checked_sub(bytes(&ending));
            for id in ids {
                match left.and_then(|left| left.checked_sub(bytes(id))) {
                    None => more += 1,
                    fits => {
                        left = fits;
                        ending.machines.push(id.clone());
                    }
                }
            }
            if let Some(left) = left.filter(|_| !ending.machines.is_empty()) {
                room = left;
                results.push(ending);
            }
        }
        let event = event.with("results", json!(results));
        match more {
            0 => event,
            more => event.with("more", more),
        }
    }
}

/// The line with the machines that a run is begun on, as the fleet knows them, as many as have room in it.
pub fn touching(nodes: &[Node], event: Event) -> Event {
    let mut left = room(&event);
    let fits = |target: &Target| {
        let rest = left.checked_sub(bytes(target));
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    let known: Vec<Target> = nodes.iter().map(Target::from).take_while(fits).collect();
    event.with("touches", json!(known))
}

fn room(event: &Event) -> usize {
    MAX_LINE_BYTES.saturating_sub(bytes(&Entry::sample(event.clone())) + SPARE)
}

/// As it stands in a list, with the comma behind it. What cannot be written has room nowhere.
fn bytes(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(MAX_LINE_BYTES, |json| json.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, Kind, Log};
    use crate::fleet::Id;

    fn id(nth: usize) -> String {
        format!("i-{nth:017x}")
    }

    /// The line of the end of a run on so many machines, of which the first alone has failed.
    fn ended(many: usize) -> Event {
        let roll = Roll::default();
        for nth in (0..many).rev() {
            roll.note(&Outcome {
                id: id(nth),
                account: "111122223333".into(),
                region: "us-east-1".into(),
                status: if nth == 0 { "Failed" } else { "Terminated" }.into(),
                exit_code: (nth == 0).then_some(4),
                ..Outcome::default()
            });
        }
        roll.fill(Event::new(Kind::Exec, Actor::local()).with("phase", "end"))
    }

    fn named(event: &Event) -> Vec<Ending> {
        serde_json::from_value(event.body["results"].clone()).unwrap()
    }

    #[test]
    fn two_thousand_machines_are_named_in_one_line_each_with_how_it_ended() {
        let event = ended(2_000);
        let results = named(&event);
        assert_eq!((&*results[0].status, results[0].exit_code), ("Failed", Some(4)));
        assert_eq!(results[0].account.as_deref(), Some("111122223333"));
        assert_eq!(
            (&results[0].machines, results[1].machines.len()),
            (&vec![id(0)], 1_999)
        );
        assert!(!event.body.contains_key("more"));
        let dir = tempfile::tempdir().unwrap();
        Log::open(dir.path()).unwrap().append(event).unwrap();
    }

    #[test]
    fn what_has_no_room_is_counted_and_where_it_ran_comes_first() {
        let event = ended(5_000);
        let results = named(&event);
        assert_eq!(results[0].machines, [id(0)]);
        let told: usize = results.iter().map(|ending| ending.machines.len()).sum();
        assert_eq!(event.body["more"], 5_000 - told);
        assert!(told > 2_000, "{told}");
        let dir = tempfile::tempdir().unwrap();
        Log::open(dir.path()).unwrap().append(event).unwrap();
    }

    #[test]
    fn a_run_on_more_machines_than_a_line_holds_begins_with_those_that_it_does() {
        let node = |nth| {
            let mut node = Node::default();
            (node.id, node.name) = (Id(id(nth)), format!("web-{nth}"));
            node.tags.insert("team".into(), "front".into());
            node
        };
        let nodes: Vec<Node> = (0..2_000).map(node).collect();
        let event = touching(&nodes, Event::new(Kind::Exec, Actor::local()));
        let known: Vec<Target> = serde_json::from_value(event.body["touches"].clone()).unwrap();
        assert!((100..2_000).contains(&known.len()), "{}", known.len());
        assert_eq!(
            (&known[0].name, &known[0].tags["team"]),
            (&Some("web-0".into()), &json!("front"))
        );
        let dir = tempfile::tempdir().unwrap();
        Log::open(dir.path()).unwrap().append(event).unwrap();
    }
}
