//! What one accepted finding may book of its part of the bill, where others may have been accepted too. What a part saves is
//! theirs together, by what each promised, and nobody books more than that; where one part is within another, the narrower
//! books first, and the wider the rest.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::book::{Accepted, Book, Taken};
use super::booking::Booked;
use super::cell::{COMPUTE, Cell};
use super::fall::Fall;
use super::finding::Rule;
use super::ledger::BOOKED_AFTER_DAYS;
use super::rate::MONTH_HOURS;
use crate::cost::anomaly::Series;
use crate::cost::band::Setting;
use crate::cost::service::plain;
use crate::cost::today as day_of;

/// As many as the hours that a monthly promise is made of.
const MONTH_DAYS: f64 = MONTH_HOURS / 24.0;
/// Said where something else has made the cell cheaper, too.
const BEYOND: &str = "its part of the bill fell by more than this move can save, so that the least that was promised is booked";
/// Said where the bill has more in it than a move on a part of it brought.
const WITHIN: &str = "what its part of the bill fell by is booked by moves on narrower parts of it, and the rest is no more than noise";

pub(super) struct Claim<'a> {
    pub id: &'a str,
    pub accepted: &'a Accepted,
    pub on: Date,
    rule: Option<Rule>,
    cell: Option<Cell>,
    /// At most and at least, a month.
    promised: f64,
    at_least: f64,
    /// What leaves nothing for it.
    pub taken: Option<Taken>,
    pub series: Option<&'a Series>,
    fall: Option<Fall>,
    booked: &'a Booked,
}

/// What came of it over the first days after the decision, in dollars.
pub(super) struct Span {
    /// Those of them on which it can have saved something.
    counted: usize,
    /// How much less the whole cell cost on those, and without what narrower cells have booked of it.
    fell: f64,
    rest: f64,
    noise: f64,
    /// Its share of that, of each day.
    mine: Vec<(Date, f64)>,
    net: f64,
    pub saved: f64,
}

/// What a narrower cell has booked, for the wider ones.
pub(super) struct Done {
    rule: Option<Rule>,
    cell: Cell,
    daily: BTreeMap<Date, f64>,
}

impl<'a> Claim<'a> {
    pub fn of(
        (id, accepted): (&'a String, &'a Accepted),
        book: &Book,
        booked: &'a Booked,
        setting: &Setting,
    ) -> Claim<'a> {
        let on = day_of(accepted.at);
        let promised = accepted.promised.parse().unwrap_or_default();
        let at_least = accepted.at_least.as_ref().and_then(|text| text.parse().ok());
        let all = &booked.series;
        let exact = all.iter().find(|series| is_booked_on(&series.key, &accepted.key));
        let series = exact.or_else(|| all.iter().find(|series| is_spelled(&series.key, &accepted.key)));
        let taken = book.shut_out_by(id, accepted);
        let series = series.filter(|_| taken.is_none());
        let longest = BOOKED_AFTER_DAYS.into_iter().max().unwrap_or_default();
        Claim {
            id,
            accepted,
            on,
            rule: Rule::parse(&accepted.rule),
            cell: Cell::parse(&accepted.key),
            promised,
            at_least: at_least.unwrap_or(promised),
            taken,
            series,
            fall: series.and_then(|series| Fall::of(&series.days, on, longest, setting)),
            booked,
        }
    }

    /// Narrower cells go first.
    pub fn breadth(&self) -> u8 {
        self.cell.as_ref().map_or(u8::MAX, Cell::breadth)
    }

    /// Whether a day's fall may be its own: a commitment saves nothing while nobody has bought it.
    fn may_save_on(&self, day: Date) -> bool {
        let longest = BOOKED_AFTER_DAYS.into_iter().max().unwrap_or_default();
        let is_late = day > self.on.saturating_add(longest.days());
        let is_bought = self.rule != Some(Rule::SavingsPlan) || self.booked.committed.is_more(self.on, day);
        self.taken.is_none() && self.on < day && !is_late && is_bought
    }

    /// The part of a day's saving, of 1.
    fn share(&self, day: Date, all: &[Claim]) -> f64 {
        let same = all.iter().filter(|claim| claim.accepted.key == self.accepted.key);
        let sum: f64 = same
            .filter(|claim| claim.may_save_on(day))
            .map(|claim| claim.promised)
            .sum();
        if sum > 0.0 { self.promised / sum } else { 0.0 }
    }

    /// `None` while days are missing or the band was still learning, and where nothing can have been saved on any of them.
    pub fn span(&self, days: i64, all: &[Claim], narrower: &[Done]) -> Option<Span> {
        let mut each = self.fall.as_ref()?.first(days)?;
        each.retain(|(day, _)| self.may_save_on(*day));
        let counted = each.len();
        let noise = self.fall.as_ref().filter(|_| counted > 0)?.noise(counted);
        let within = narrower.iter().filter(|done| done.is_within(self.cell.as_ref()));
        let within: Vec<&Done> = within.collect();
        let left = |(day, fell): &(Date, f64)| {
            let gone: f64 = within.iter().filter_map(|done| done.daily.get(day)).sum();
            (*day, fell - gone)
        };
        let left: Vec<(Date, f64)> = each.iter().map(left).collect();
        let rest = left.iter().map(|(_, fell)| fell).sum();
        let mine = left
            .iter()
            .map(|(day, fell)| (*day, fell * self.share(*day, all)));
        let mine: Vec<(Date, f64)> = mine.collect();
        // Days that cost more count as well: the good ones alone are what noise looks like.
        let net = mine.iter().map(|(_, fell)| fell).sum::<f64>().max(0.0);
        let net = if rest > noise { net } else { 0.0 };
        Some(Span {
            counted,
            fell: each.iter().map(|(_, fell)| fell).sum(),
            rest,
            noise,
            mine,
            net,
            saved: match self.is_beyond(net, counted) {
                true => self.promise_of(self.at_least, counted),
                false => net,
            },
        })
    }

    /// What a month's promise is in so many days.
    fn promise_of(&self, month: f64, days: usize) -> f64 {
        month * days as f64 / MONTH_DAYS
    }

    /// Whether that is more than the move can have saved: only the least that was promised is surely its own then.
    fn is_beyond(&self, net: f64, days: usize) -> bool {
        net > self.promise_of(self.promised, days)
    }

    /// Why less is booked than fell, or nothing.
    pub fn says(&self, span: &Span) -> Option<String> {
        let Span {
            counted, fell, noise, ..
        } = span;
        if span.rest > *noise {
            return self.is_beyond(span.net, span.counted).then(|| BEYOND.to_owned());
        }
        Some(match *fell {
            fell if fell > *noise => WITHIN.to_owned(),
            fell if fell.abs() < 0.005 => {
                format!(
                    "its part of the bill cost what was expected in {counted} days, so that nothing is booked"
                )
            }
            fell if fell <= 0.0 => format!(
                "its part of the bill cost {:.2} USD more than expected in {counted} days, so that nothing is booked",
                -fell
            ),
            fell => format!(
                "its part of the bill cost {fell:.2} USD less than expected in {counted} days, which is not told apart from noise: \
                 up to {noise:.2} is"
            ),
        })
    }

    /// Whether its days are known, and none of them can have saved anything since nobody bought it.
    pub fn is_unbought(&self) -> bool {
        let is_known = |fall: &Fall| fall.first(BOOKED_AFTER_DAYS[0]).is_some();
        self.rule == Some(Rule::SavingsPlan) && self.fall.as_ref().is_some_and(is_known)
    }

    /// What was booked over the longest span, for the wider cells.
    pub fn done(&self, span: &Span) -> Option<Done> {
        let part = if span.net > 0.0 {
            span.saved / span.net
        } else {
            0.0
        };
        Some(Done {
            rule: self.rule,
            cell: self.cell.clone()?,
            daily: span.mine.iter().map(|(day, fell)| (*day, fell * part)).collect(),
        })
    }
}

impl Done {
    fn is_within(&self, cell: Option<&Cell>) -> bool {
        cell.is_some_and(|cell| self.cell.is_within(self.rule, cell))
    }
}

/// The same in an export that calls the service otherwise and does not tell its parts apart, as FOCUS does.
fn is_spelled(series: &[String], cell: &[String]) -> bool {
    let (Some(Cell::Service { name, .. }), [service, account @ ..]) = (Cell::parse(cell), series) else {
        return false;
    };
    let is_same = name == COMPUTE && !service.contains(" - ") && plain(service) == plain(&name);
    is_same && is_booked_on(&[&[name][..], account].concat(), cell)
}

/// Whether a series is the cell of a move. What is of no account, as a commitment that all share, shows in the whole
/// service.
fn is_booked_on(series: &[String], cell: &[String]) -> bool {
    match Cell::parse(cell) {
        Some(Cell::Service { name, account }) if account.is_empty() => series == [name],
        _ => series == cell,
    }
}
