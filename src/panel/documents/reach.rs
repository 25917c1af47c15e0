//! How far a document reaches: its targets, how many at once, how many may fail, in which accounts and regions. All of it
//! is optional for an automation; a Command document needs machines, typed here or marked in the fleet.

use crate::app::Model;
use crate::aws::{Location, Place, StartAutomation};
use crate::document::{Aim, Document, Kind, parse_target, target_parameter};
use crate::fanout::{parse_amount, parse_concurrency};
use crate::fleet::{Filter, Node};

/// Values of one target that AWS takes.
const VALUES: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    Targets,
    AtOnce,
    Errors,
    Places,
}

impl Row {
    /// The rows that a kind of document has.
    pub fn of(kind: Kind) -> &'static [Row] {
        match kind {
            Kind::Automation => &[Row::Targets, Row::AtOnce, Row::Errors, Row::Places],
            // How many at once is asked where the command is shown before it is sent.
            Kind::Command => &[Row::Targets],
            _ => &[],
        }
    }

    /// No parameter of AWS's is called so.
    pub fn id(self) -> &'static str {
        match self {
            Row::Targets => "@ targets",
            Row::AtOnce => "@ at once",
            Row::Errors => "@ may fail",
            Row::Places => "@ places",
        }
    }

    pub fn by_id(id: &str) -> Option<Row> {
        let all = [Row::Targets, Row::AtOnce, Row::Errors, Row::Places];
        all.into_iter().find(|row| row.id() == id)
    }

    pub fn name(self) -> &'static str {
        self.id().trim_start_matches("@ ")
    }

    /// What it takes.
    pub fn takes(self) -> &'static str {
        match self {
            Row::Targets => "a filter of the fleet, or tag=value",
            Row::AtOnce | Row::Errors => "a number or N%",
            Row::Places => "accounts, regions",
        }
    }

    /// What holds where nothing is said.
    pub fn usual(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Row::Targets, Kind::Command) => "those marked in the fleet",
            (Row::Targets, _) => "none: what the parameters say",
            (Row::AtOnce | Row::Errors, _) => "as AWS does",
            (Row::Places, _) => "here",
        }
    }
}

/// What was typed, row by row.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    targets: String,
    at_once: String,
    errors: String,
    places: String,
}

impl Reach {
    pub fn text(&self, row: Row) -> &str {
        match row {
            Row::Targets => &self.targets,
            Row::AtOnce => &self.at_once,
            Row::Errors => &self.errors,
            Row::Places => &self.places,
        }
    }

    /// Takes what was typed, or says what is wrong with it.
    pub fn set(&mut self, row: Row, typed: &str) -> Result<(), String> {
        let typed = typed.trim();
        if !typed.is_empty() {
            match row {
                Row::Targets => drop(aim_of(typed)?),
                Row::AtOnce => drop(parse_concurrency(typed).map_err(|bad| bad.to_string())?),
                Row::Errors => drop(parse_amount(typed).map_err(|bad| bad.to_string())?),
                Row::Places => drop(location(typed)?),
            }
        }
        let field = match row {
            Row::Targets => &mut self.targets,
            Row::AtOnce => &mut self.at_once,
            Row::Errors => &mut self.errors,
            Row::Places => &mut self.places,
        };
        *field = typed.to_owned();
        Ok(())
    }

    /// The parameter that the targets fill; none without targets.
    pub fn filled(&self, document: &Document) -> Result<Option<String>, String> {
        match self.targets.is_empty() {
            true => Ok(None),
            false => target_parameter(document, None)
                .map(Some)
                .map_err(|bad| bad.to_string()),
        }
    }

    /// Puts targets and limits into a start; the machines among them that the fleet knows.
    pub fn apply(
        &self,
        model: &Model,
        place: &Place,
        filled: Option<String>,
        start: &mut StartAutomation,
    ) -> Result<Vec<Node>, String> {
        let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        (start.concurrency, start.errors) = (said(&self.at_once), said(&self.errors));
        start.locations = match self.places.is_empty() {
            true => Vec::new(),
            false => vec![self.location(model, place)?],
        };
        if self.targets.is_empty() {
            return Ok(Vec::new());
        }
        let aim = aim_of(&self.targets)?;
        let nodes = chosen(model, place, &aim)?;
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
        start.target_parameter = filled;
        Ok(nodes)
    }

    /// Machines for a Command document: those that are typed, else those that are marked.
    pub fn machines(&self, model: &Model, place: &Place) -> Result<Vec<Node>, String> {
        if !self.targets.is_empty() {
            return chosen(model, place, &aim_of(&self.targets)?);
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

fn aim_of(text: &str) -> Result<Aim, String> {
    let aim = parse_target(text).map_err(|bad| bad.to_string())?;
    if let Aim::Filter(text) = &aim {
        Filter::parse(text).map_err(|bad| bad.to_string())?;
    }
    Ok(aim)
}

/// Machines of the document's own place that are meant.
fn chosen(model: &Model, place: &Place, aim: &Aim) -> Result<Vec<Node>, String> {
    let here = model
        .fleet
        .nodes
        .iter()
        .filter(|node| is_at(node, place) && !node.is_terminated());
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

/// Twelve digits are an account; everything else has to look like a region.
fn location(text: &str) -> Result<Location, String> {
    let mut location = Location::default();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let is_digits = word.bytes().all(|byte| byte.is_ascii_digit());
        let is_region = word.split('-').count() >= 3 && word.ends_with(|c: char| c.is_ascii_digit());
        match (is_digits, is_region) {
            (true, _) if word.len() == 12 => location.accounts.push(word.to_owned()),
            (false, true) => location.regions.push(word.to_owned()),
            _ => {
                return Err(format!(
                    "{word} is neither an account's twelve digits nor a region"
                ));
            }
        }
    }
    Ok(location)
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
    }

    #[test]
    fn accounts_are_told_from_regions() {
        let found = location("613489207754, us-east-1 eu-west-1").unwrap();
        assert_eq!(found.accounts, ["613489207754"]);
        assert_eq!(found.regions, ["us-east-1", "eu-west-1"]);
    }
}
