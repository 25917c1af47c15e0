//! How far a document reaches: its targets, how many at once, how many may fail, in which accounts and regions, which alarm
//! stops it. All of it is optional for an automation; a Command document needs machines, typed here or marked in the fleet.

mod place;

use crate::app::Model;
use crate::aws::{Location, Place, StartAutomation};
use crate::document::{
    Aim, Document, Kind, Values, lies_in, mapped, parse_map, parse_target, target_parameter,
};
use crate::fanout::{parse_amount, parse_concurrency};
use crate::fleet::{Filter, Node};

use place::location;

/// Values of one target that AWS takes.
const VALUES: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    Targets,
    Maps,
    AtOnce,
    Errors,
    Places,
    Alarm,
}

/// As they stand in the form.
const ROWS: [Row; 6] = [
    Row::Targets,
    Row::Maps,
    Row::AtOnce,
    Row::Errors,
    Row::Places,
    Row::Alarm,
];

impl Row {
    /// The rows that a kind of document has.
    pub fn of(kind: Kind) -> &'static [Row] {
        match kind {
            Kind::Automation => &ROWS,
            // How many at once is asked where the command is shown before it is sent.
            Kind::Command => &[Row::Targets],
            _ => &[],
        }
    }

    /// No parameter of AWS's is called so.
    pub fn id(self) -> &'static str {
        match self {
            Row::Targets => "@ targets",
            Row::Maps => "@ maps",
            Row::AtOnce => "@ at once",
            Row::Errors => "@ may fail",
            Row::Places => "@ places",
            Row::Alarm => "@ stop on",
        }
    }

    pub fn by_id(id: &str) -> Option<Row> {
        ROWS.into_iter().find(|row| row.id() == id)
    }

    pub fn name(self) -> &'static str {
        self.id().trim_start_matches("@ ")
    }

    /// What it takes.
    pub fn takes(self) -> &'static str {
        match self {
            Row::Targets => "a filter of the fleet, or tag=value",
            Row::AtOnce | Row::Errors => "a number or N%",
            Row::Maps => "NAME=VALUE,NAME=VALUE; a start for each",
            Row::Places => "accounts, regions, role=Ops, may-fail=1…",
            Row::Alarm => "an alarm's name, `or unknown` behind it",
        }
    }

    /// What holds where nothing is said.
    pub fn usual(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Row::Targets, Kind::Command) => "those marked in the fleet",
            (Row::Targets, _) => "none: what the parameters say",
            (Row::Maps, _) => "none: one start",
            (Row::AtOnce | Row::Errors, _) => "as AWS does",
            (Row::Places, _) => "here",
            (Row::Alarm, _) => "no alarm",
        }
    }
}

/// What was typed, row by row.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    targets: String,
    maps: String,
    at_once: String,
    errors: String,
    places: String,
    alarm: String,
}

impl Reach {
    pub fn text(&self, row: Row) -> &str {
        match row {
            Row::Targets => &self.targets,
            Row::Maps => &self.maps,
            Row::AtOnce => &self.at_once,
            Row::Errors => &self.errors,
            Row::Places => &self.places,
            Row::Alarm => &self.alarm,
        }
    }

    /// Takes what was typed, or says what is wrong with it.
    pub fn set(&mut self, row: Row, typed: &str) -> Result<(), String> {
        let typed = typed.trim();
        if !typed.is_empty() {
            match row {
                Row::Targets => drop(aim_of(typed)?),
                Row::Maps => drop(maps_of(typed)?),
                Row::AtOnce => drop(parse_concurrency(typed).map_err(|bad| bad.to_string())?),
                Row::Errors => drop(parse_amount(typed).map_err(|bad| bad.to_string())?),
                Row::Places => drop(location(typed)?),
                Row::Alarm => {}
            }
        }
        let field = match row {
            Row::Targets => &mut self.targets,
            Row::Maps => &mut self.maps,
            Row::AtOnce => &mut self.at_once,
            Row::Errors => &mut self.errors,
            Row::Places => &mut self.places,
            Row::Alarm => &mut self.alarm,
        };
        *field = typed.to_owned();
        Ok(())
    }

    /// Where it is said what the document is started for.
    pub fn row_of_targets(&self) -> Row {
        match self.maps.is_empty() {
            true => Row::Targets,
            false => Row::Maps,
        }
    }

    /// The parameter that the targets fill, or those of the maps; none without either.
    pub fn filled(&self, document: &Document) -> Result<Vec<String>, String> {
        match (self.targets.is_empty(), self.maps.is_empty()) {
            (true, true) => Ok(Vec::new()),
            (true, false) => mapped(document, &maps_of(&self.maps)?),
            (false, true) => {
                let found = target_parameter(document, None);
                found.map(|name| vec![name]).map_err(|bad| bad.to_string())
            }
            (false, false) => Err("it takes targets or maps, and both are given".into()),
        }
    }

    /// Puts targets and limits into a start; the machines among them that the fleet knows.
    pub fn apply(
        &self,
        model: &Model,
        place: &Place,
        filled: Vec<String>,
        start: &mut StartAutomation,
    ) -> Result<Vec<Node>, String> {
        let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        (start.concurrency, start.errors) = (said(&self.at_once), said(&self.errors));
        start.locations = match self.places.is_empty() {
            true => Vec::new(),
            false => vec![self.location(model, place)?],
        };
        start.alarm = said(&self.alarm).map(|text| place::alarm(&text));
        start.maps = maps_of(&self.maps)?;
        if self.targets.is_empty() {
            return Ok(Vec::new());
        }
        let aim = aim_of(&self.targets)?;
        let nodes = chosen(model, place, &aim, &start.locations)?;
        start.targets = Some(match aim {
            Aim::Key(key, values) => (key, values),
            Aim::Filter(_) if nodes.len() > VALUES => {
                let says = format!("{} instances match, and AWS takes {VALUES}", nodes.len());
                return Err(format!("{says}: choose by tag=value"));
            }
            Aim::Filter(_) => {
                let ids = nodes.iter().map(|node| node.id.to_string()).collect();
                ("ParameterValues".to_owned(), ids)
            }
        });
        start.target_parameter = filled.into_iter().next();
        Ok(nodes)
    }

    /// Machines for a Command document: those that are typed, else those that are marked.
    pub fn machines(&self, model: &Model, place: &Place) -> Result<Vec<Node>, String> {
        if !self.targets.is_empty() {
            return chosen(model, place, &aim_of(&self.targets)?, &[]);
        }
        let marked: Vec<Node> = match model.fleet.marks() {
            0 => Vec::new(),
            _ => model.fleet.chosen().into_iter().cloned().collect(),
        };
        match marked.iter().find(|node| !is_at(node, place)) {
            Some(node) => Err(format!(
                "{} is in {} {}, and the document is in {} {}",
                node.id, node.profile, node.region, place.profile, place.region
            )),
            None => Ok(marked),
        }
    }

    fn location(&self, model: &Model, place: &Place) -> Result<Location, String> {
        let mut location = location(&self.places)?;
        if location.regions.is_empty() {
            location.regions.push(place.region.clone());
        }
        if location.accounts.is_empty() {
            let mut nodes = model.fleet.nodes.iter();
            let own = nodes.find(|node| node.profile == place.profile && !node.account.is_empty());
            let own = own.ok_or("this account's number is not known yet: name it beside the regions")?;
            location.accounts.push(own.account.clone());
        }
        Ok(location)
    }
}

fn is_at(node: &Node, place: &Place) -> bool {
    node.region == place.region && node.profile == place.profile
}

/// Maps are parted by semicolons; a JSON object stands alone.
fn maps_of(text: &str) -> Result<Vec<Values>, String> {
    let all = text.split(';').map(str::trim).filter(|text| !text.is_empty());
    all.map(parse_map).collect()
}

fn aim_of(text: &str) -> Result<Aim, String> {
    let aim = parse_target(text).map_err(|bad| bad.to_string())?;
    if let Aim::Filter(text) = &aim {
        Filter::parse(text).map_err(|bad| bad.to_string())?;
    }
    Ok(aim)
}

/// Machines that are meant: a filter chooses those of the document's own place, a key those of all places that it goes to.
fn chosen(model: &Model, place: &Place, aim: &Aim, locations: &[Location]) -> Result<Vec<Node>, String> {
    let is_there = |node: &Node| match aim {
        Aim::Key(..) if !locations.is_empty() => lies_in(locations, node),
        _ => is_at(node, place),
    };
    let here = model
        .fleet
        .nodes
        .iter()
        .filter(|node| is_there(node) && !node.is_terminated());
    let nodes: Vec<Node> = match aim {
        Aim::Filter(text) => {
            let filter = Filter::parse(text).map_err(|bad| bad.to_string())?;
            here.filter(|node| filter.matches(node)).cloned().collect()
        }
        Aim::Key(key, wanted) => {
            let is_meant = |node: &&Node| match key.strip_prefix("tag:") {
                Some(tag) => node.tags.get(tag).is_some_and(|value| wanted.contains(value)),
                None => wanted.contains(&node.id.0),
            };
            here.filter(is_meant).cloned().collect()
        }
    };
    match (nodes.is_empty(), aim) {
        (true, Aim::Filter(text)) => Err(format!("no instance of {} matches {text}", place.region)),
        _ => Ok(nodes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_checked_row_by_row() {
        let mut reach = Reach::default();
        assert!(reach.set(Row::AtOnce, "0").is_err() && reach.set(Row::Errors, "many").is_err());
        assert!(reach.set(Row::Targets, "env=").is_err() && reach.set(Row::Targets, "/[/").is_err());
        assert!(
            reach
                .set(Row::Places, "12345 us-east-1")
                .unwrap_err()
                .contains("12345")
        );
        assert_eq!(reach.set(Row::AtOnce, " 25% "), Ok(()));
        assert_eq!((reach.text(Row::AtOnce), reach.text(Row::Errors)), ("25%", ""));
        assert_eq!(Row::by_id("@ may fail"), Some(Row::Errors));
        assert!(reach.set(Row::Maps, "web-01").is_err());
        assert_eq!(reach.set(Row::Maps, "InstanceId=i-1; InstanceId=i-2,"), Ok(()));
        assert_eq!(maps_of(reach.text(Row::Maps)).map(|maps| maps.len()), Ok(2));
    }
}
