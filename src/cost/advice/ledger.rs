//! What accepted advice really saved: the band as it stood on the day of the decision, against what came, in the narrowest
//! part of the bill that the finding was about.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::book::{Accepted, Book};
use super::finding::{Finding, Rule};
use super::inventory::{GatewayKind, Inventory, Place, Purchase};
use super::rate::{self, MONTH_HOURS, Sku, usage_type};
use crate::cost::anomaly::Series;
use crate::cost::band::{LEARNING_DAYS, Setting, Tracker};
use crate::cost::today as day_of;

/// Days after a decision on which it is booked.
pub const BOOKED_AFTER_DAYS: [i64; 3] = [7, 14, 28];
/// As many as the hours that a monthly promise is made of.
const MONTH_DAYS: f64 = MONTH_HOURS / 24.0;
/// Days before a decision that its expectation is learnt from.
pub const LEARNT_DAYS: i64 = 90;

/// Where a saving shows: a usage type of an account where one can be named, else a service of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    UsageType { name: String, account: String },
    Service { name: String, account: String },
}

impl Cell {
    pub fn of(finding: &Finding) -> Cell {
        let account = finding.place.account.clone();
        match finding.billed_as.clone() {
            Some(name) => Cell::UsageType { name, account },
            None => Cell::Service {
                name: service_of(finding.rule).to_owned(),
                account,
            },
        }
    }

    /// As the book keeps it; a cell that was kept as two words is a service.
    pub fn key(&self) -> Vec<String> {
        match self {
            Cell::UsageType { name, account } => vec!["usage_type".into(), name.clone(), account.clone()],
            Cell::Service { name, account } => vec![name.clone(), account.clone()],
        }
    }

    pub fn parse(key: &[String]) -> Option<Cell> {
        match key {
            [kind, name, account] if kind == "usage_type" => Some(Cell::UsageType {
                name: name.clone(),
                account: account.clone(),
            }),
            [name, account] => Some(Cell::Service {
                name: name.clone(),
                account: account.clone(),
            }),
            _ => None,
        }
    }
}

/// The usage type under which the resource of a finding is billed.
pub(super) fn billed_as(finding: &Finding, inventory: &Inventory) -> Option<String> {
    let Finding {
        rule,
        place,
        resource,
        ..
    } = finding;
    let of = |sku: Sku| usage_type(place, sku.usage_type()?);
    let volume = |is: &dyn Fn(&super::Volume) -> bool| {
        let found = inventory
            .volumes
            .iter()
            .find(|volume| volume.place == *place && is(volume));
        found.and_then(|volume| of(Sku::VolumeGib(volume.kind)))
    };
    match rule {
        Rule::UnattachedVolume | Rule::NewerVolume => volume(&|volume| volume.id == *resource),
        Rule::StoppedInstance => volume(&|volume| volume.instance.as_ref() == Some(resource)),
        Rule::OrphanSnapshot => of(Sku::SnapshotGib),
        Rule::UnusedAddress => usage_type(place, "PublicIPv4:IdleAddress"),
        Rule::PublicAddress => of(Sku::PublicAddress),
        Rule::NatHotSpot | Rule::TransferHotSpot => Some(resource.clone()),
        Rule::IdleGateway => {
            let gateway = inventory
                .gateways
                .iter()
                .find(|gateway| gateway.id == *resource)?;
            of(match gateway.kind {
                GatewayKind::Nat => Sku::Nat,
                GatewayKind::LoadBalancer => Sku::LoadBalancer,
                GatewayKind::Endpoint => Sku::Endpoint,
            })
        }
        Rule::EndlessLogs | Rule::SavingsPlan => None,
        _ => machine(place, resource, inventory),
    }
}

fn machine(place: &Place, id: &str, inventory: &Inventory) -> Option<String> {
    let found = inventory
        .instances
        .iter()
        .find(|one| one.id == id && one.place == *place)?;
    let kind = rate::machine(found.purchase == Purchase::Spot);
    usage_type(place, &format!("{kind}{}", found.instance_type))
}

/// Where a saving shows, as Cost Explorer names services.
fn service_of(rule: Rule) -> &'static str {
    match rule {
        Rule::UnattachedVolume
        | Rule::StoppedInstance
        | Rule::OrphanSnapshot
        | Rule::NewerVolume
        | Rule::NatHotSpot
        | Rule::TransferHotSpot => "EC2 - Other",
        Rule::UnusedAddress | Rule::PublicAddress | Rule::IdleGateway => "Amazon Virtual Private Cloud",
        Rule::EndlessLogs => "AmazonCloudWatch",
        _ => "Amazon Elastic Compute Cloud - Compute",
    }
}

/// An accepted finding and what it brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub id: String,
    pub accepted: Accepted,
    pub on: Date,
    /// After each of the days that are booked; `None` while they have not passed or cannot be told.
    pub saved: [Option<f64>; BOOKED_AFTER_DAYS.len()],
    /// Why nothing is booked yet, or less than fell, as a sentence.
    pub why: Option<String>,
    /// What was taken on before leaves nothing for it: it counts for nothing.
    pub shut_out: bool,
}

impl Line {
    /// Dollars a month at most; none of what was taken on twice.
    pub fn promised(&self) -> f64 {
        let promised = self.accepted.promised.parse().ok();
        promised.filter(|_| !self.shut_out).unwrap_or_default()
    }

    /// Over the longest span that has passed.
    pub fn booked(&self) -> Option<f64> {
        self.saved.iter().rev().find_map(|saved| *saved)
    }
}

/// A line for everything accepted; the keys of `series` are those of cells. Today's bill and yesterday's still grow.
pub fn lines(book: &Book, series: &[Series], setting: &Setting, today: Date) -> Vec<Line> {
    let line = |(id, accepted): (&String, &Accepted)| {
        let (on, mine) = (day_of(accepted.at), Claim::of(accepted));
        let of = series
            .iter()
            .find(|series| is_booked_on(&series.key, &accepted.key));
        let taken = book.shut_out_by(id, accepted);
        let of = of.filter(|_| taken.is_none());
        let same = book
            .accepted()
            .filter(|(id, other)| other.key == accepted.key && book.shut_out_by(id, other).is_none());
        let claims: Vec<Claim> = same.map(|(_, other)| Claim::of(other)).collect();
        let measured = BOOKED_AFTER_DAYS.map(|days| {
            let each = realised(&of?.days, on, days, setting)?;
            let shares = each.iter().map(|(day, saved)| saved * mine.share(*day, &claims));
            Some((shares.sum::<f64>(), days))
        });
        let is_beyond = |(fell, days): &(f64, i64)| *fell > mine.promised * *days as f64 / MONTH_DAYS;
        let shut_out = taken.is_some();
        let why = match measured.iter().flatten().next_back() {
            _ if shut_out => taken.map(|taken| format!("{taken}: nothing is booked of this one")),
            None => Some(unbooked(accepted, of, series.is_empty(), today)),
            Some(last) => is_beyond(last).then(|| BEYOND.to_owned()),
        };
        Line {
            id: id.clone(),
            accepted: accepted.clone(),
            on,
            saved: measured.map(|measured| measured.map(|(fell, days)| mine.booked(fell, days))),
            why,
            shut_out,
        }
    };
    book.accepted().map(line).collect()
}

/// Whether a series is the cell of a move. What is of no account, as a commitment that all share, shows in the whole
/// service.
fn is_booked_on(series: &[String], cell: &[String]) -> bool {
    match Cell::parse(cell) {
        Some(Cell::Service { name, account }) if account.is_empty() => series == [name],
        _ => series == cell,
    }
}

/// Said where something else has made the cell cheaper, too.
const BEYOND: &str = "its part of the bill fell by more than this move can save, so that the least that was promised is booked";

/// Why nothing is booked of what was accepted, where `series` are of a bill that was read, unless there are none.
fn unbooked(accepted: &Accepted, of: Option<&Series>, is_unread: bool, today: Date) -> String {
    let on = day_of(accepted.at);
    let first = on.saturating_add(BOOKED_AFTER_DAYS[0].days());
    let named = match Cell::parse(&accepted.key) {
        Some(Cell::UsageType { name, account } | Cell::Service { name, account }) => match account.is_empty()
        {
            true => name,
            false => format!("{name} in account {account}"),
        },
        None => accepted.resource.clone(),
    };
    if today.saturating_sub(1.day()) <= first {
        return format!("the first week is booked when the bill of {first} is finished");
    }
    let Some(of) = of else {
        return match is_unread {
            true => format!("the bill of {named} was not read, so that nothing could be measured"),
            false => format!("nothing is charged for {named}, so that nothing could be measured"),
        };
    };
    let before = of
        .days
        .iter()
        .filter(|(day, cost)| *day <= on && cost.is_some())
        .count();
    match before < LEARNING_DAYS {
        true => format!(
            "only {before} days of {named} before it are known, and {LEARNING_DAYS} tell what is usual"
        ),
        false => format!("not every day of {named} from {on} to {first} is known"),
    }
}

/// What one accepted finding may book of its cell, where others may have been accepted too: what the cell saves is
/// theirs together, by what each promised, and nobody books more than that.
struct Claim {
    on: Date,
    /// At most, a month.
    promised: f64,
    /// At least, a month.
    at_least: f64,
}

impl Claim {
    fn of(accepted: &Accepted) -> Claim {
        let promised = accepted.promised.parse().unwrap_or_default();
        let at_least = accepted.at_least.as_ref().and_then(|text| text.parse().ok());
        Claim {
            on: day_of(accepted.at),
            promised,
            at_least: at_least.unwrap_or(promised),
        }
    }

    /// What is booked where the cell cost so much less after some days: what was measured, as far as the move can have saved
    /// it; of more, only the least that was promised is surely its own.
    fn booked(&self, fell: f64, days: i64) -> f64 {
        let of = |month: f64| month * days as f64 / MONTH_DAYS;
        if fell > of(self.promised) {
            of(self.at_least)
        } else {
            fell
        }
    }

    fn is_booked_on(&self, day: Date) -> bool {
        let longest = BOOKED_AFTER_DAYS.into_iter().max().unwrap_or_default();
        self.on < day && day <= self.on.saturating_add(longest.days())
    }

    /// The part of a day's saving, of 1.
    fn share(&self, day: Date, claims: &[Claim]) -> f64 {
        let all: f64 = claims
            .iter()
            .filter(|claim| claim.is_booked_on(day))
            .map(|claim| claim.promised)
            .sum();
        if all > 0.0 { self.promised / all } else { 0.0 }
    }
}

/// max(0, expected − actual) of each day after `accepted` for `days`, in the currency of the series. The
/// expectation knows nothing of later days, so that a lasting saving does not become the new normal. `None`
/// while days are missing or the band was still learning.
pub(super) fn realised(
    series: &[(Date, Option<f64>)],
    accepted: Date,
    days: i64,
    setting: &Setting,
) -> Option<Vec<(Date, f64)>> {
    let mut tracker = Tracker::new(setting.clone());
    for (day, cost) in series.iter().filter(|(day, _)| *day <= accepted) {
        if let Some(cost) = cost {
            tracker.observe(*day, *cost);
        }
    }
    let after: Vec<Date> = (1..=days)
        .map(|nth| accepted.saturating_add(nth.days()))
        .collect();
    let expected = tracker.foresee(&after)?;
    let costs: BTreeMap<Date, f64> = series
        .iter()
        .filter_map(|(day, cost)| Some((*day, (*cost)?)))
        .collect();
    let saved = after
        .iter()
        .zip(expected)
        .map(|(day, expected)| Some((*day, (expected - costs.get(day)?).max(0.0))));
    saved.collect()
}

/// What was booked for each team; `""` for what belongs to nobody.
pub fn by_team(lines: &[Line]) -> BTreeMap<&str, f64> {
    let mut teams = BTreeMap::new();
    for line in lines {
        if let Some(saved) = line.booked() {
            *teams
                .entry(line.accepted.team.as_deref().unwrap_or_default())
                .or_default() += saved;
        }
    }
    teams
}
