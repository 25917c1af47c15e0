//! Which days were judged, and why others were not: that nothing is unusual on days that nobody looked at is no news.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::find::readings;
use super::{Judged, Series};
use crate::cost::band::{LEARNING_DAYS, Setting};
use crate::cost::{Lag, Period};

/// What was looked at in one currency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub currency: String,
    /// Whether anything that follows use was charged at all.
    pub is_charged: bool,
    /// Days that are known of everything together, and those of them that were held against a band.
    known: BTreeSet<Date>,
    judged: BTreeSet<Date>,
    /// The same of single services or accounts.
    partly: BTreeSet<Date>,
    /// What single exports lack.
    lags: Vec<Lag>,
}

/// Why a day was not judged.
#[derive(Clone, Copy, PartialEq)]
enum Why {
    /// An export lacks it, by its place.
    Lags(usize),
    /// After the last that is here whole.
    Late,
    /// It is what later ones are judged by.
    Learnt,
    Unknown,
}

impl Seen {
    /// Of series, the total first.
    pub(super) fn of(currency: &str, series: &[Series], lags: Vec<Lag>, setting: &Setting) -> Seen {
        let judged = |series: &Series| -> BTreeSet<Date> {
            let readings = readings(series, setting).into_iter();
            let judged = readings.filter(|reading| reading.band.is_some());
            judged.map(|reading| reading.day).collect()
        };
        let (total, parts) = match series.split_first() {
            Some((total, parts)) => (Some(total), parts),
            None => (None, series),
        };
        let known: BTreeSet<Date> = total.into_iter().flat_map(Series::known).collect();
        // As many days as everything has tell nothing more.
        let longer = parts.iter().filter(|of| of.days.len() > known.len());
        Seen {
            currency: currency.to_owned(),
            is_charged: !parts.is_empty(),
            judged: total.map(judged).unwrap_or_default(),
            partly: longer.flat_map(judged).collect(),
            known,
            lags,
        }
    }

    fn is_young(&self) -> bool {
        self.known.len() <= LEARNING_DAYS
    }

    /// Why a day of everything was not judged; `None`: it was, or the first days are still to come.
    fn why_not(&self, day: Date, shown: Period) -> Option<Why> {
        if self.judged.contains(&day) && day < shown.to {
            return None;
        }
        let lags = self.lags.iter().position(|lag| lag.days.contains(day));
        match lags {
            _ if day >= shown.to => Some(Why::Late),
            Some(nth) => Some(Why::Lags(nth)),
            // That is said once, with how many there are.
            None if self.is_young() => None,
            None if self.known.contains(&day) => Some(Why::Learnt),
            None => Some(Why::Unknown),
        }
    }

    /// Days that follow each other and were not judged for one reason.
    fn runs(&self, shown: Period, until: Date) -> Vec<(Why, Period)> {
        let whole = Period {
            from: shown.from,
            to: shown.to.max(until),
        };
        let mut runs: Vec<(Why, Period)> = Vec::new();
        for day in whole.each() {
            let Some(why) = self.why_not(day, shown) else {
                continue;
            };
            let next = day.tomorrow().unwrap_or(day);
            match runs.last_mut() {
                Some((of, run)) if *of == why && run.to == day => run.to = next,
                _ => runs.extend(Period::new(day, next).map(|run| (why, run))),
            }
        }
        runs
    }

    fn says(&self, why: Why, run: Period, ends: Option<&str>) -> String {
        let days = run.in_full();
        match (why, ends) {
            (Why::Lags(nth), _) => {
                let says = self.lags.get(nth).map_or("", |lag| &lag.says);
                let export = self.lags.get(nth).map_or("", |lag| &lag.export);
                match run.each().any(|day| self.partly.contains(&day)) {
                    true => format!("{says}; of {days} only what {export} never billed is judged"),
                    false => format!("{says}; {days} is not judged"),
                }
            }
            (Why::Late, Some(ends)) => format!("{days} is not judged: {ends}"),
            (Why::Late | Why::Unknown, _) => format!("{days} is not judged: nothing is known of it"),
            (Why::Learnt, _) => format!("{days} is not judged: it is what later days are judged by"),
        }
    }
}

impl Series {
    fn known(&self) -> impl Iterator<Item = Date> {
        let known = self.days.iter().filter(|(_, cost)| cost.is_some());
        known.map(|(day, _)| *day)
    }
}

impl Judged {
    /// Says which of the days that are shown, and of those up to the one that should be known by now, were not judged;
    /// `ends` is how exports end that have no more.
    pub fn tell_days(&mut self, shown: Period, until: Date, ends: Option<&str>) {
        let is_alone = self.seen.len() == 1;
        let unjudged = self.not_judged(shown, until, ends).into_iter();
        let unjudged: Vec<String> = unjudged
            .map(|(currency, says)| match is_alone {
                true => says,
                false => format!("{currency}: {says}"),
            })
            .collect();
        let charged = self.seen.iter().filter(|seen| seen.is_charged);
        let days = charged.flat_map(|seen| seen.judged.union(&seen.partly).copied());
        let days: BTreeSet<Date> = days.filter(|day| shown.contains(*day)).collect();
        self.span = days
            .first()
            .zip(days.last())
            .and_then(|(first, last)| Period::new(*first, last.tomorrow().ok()?));
        self.unjudged = unjudged;
    }

    /// The same, a currency and a sentence each.
    pub fn not_judged(&self, shown: Period, until: Date, ends: Option<&str>) -> Vec<(String, String)> {
        let says = |seen: &Seen| -> Vec<(String, String)> {
            let runs = seen.runs(shown, until).into_iter();
            let says = runs.map(|(why, run)| seen.says(why, run, ends));
            says.map(|says| (seen.currency.clone(), says)).collect()
        };
        let charged = self.seen.iter().filter(|seen| seen.is_charged);
        charged.flat_map(says).collect()
    }

    /// Whether anything that follows use was charged.
    pub fn is_charged(&self) -> bool {
        self.seen.iter().any(|seen| seen.is_charged)
    }

    /// That nothing that is worth acting on was found, of which days.
    pub fn says_nothing_found(&self) -> String {
        if !self.seen.is_empty() && !self.is_charged() {
            return "nothing was judged: of fees, taxes and credits alone no day is unusual".to_owned();
        }
        match (self.unjudged.is_empty(), self.span) {
            (true, _) => "no material anomaly in the last thirty days".to_owned(),
            (false, Some(span)) => format!("no material anomaly in {}", span.in_full()),
            (false, None) => "none of the last thirty days was judged".to_owned(),
        }
    }

    /// Why nothing can be judged yet, a sentence for each currency: how many days are known, and how many it takes. None
    /// where each has enough.
    pub fn learning(&self) -> Vec<String> {
        let first = LEARNING_DAYS + 1;
        if self.known_days.is_empty() {
            return vec![format!(
                "learning 0/{LEARNING_DAYS} days: no finished day with a charge of use is known; the {first}th of them is \
                 the first that can be judged"
            )];
        }
        let young = self.young().into_iter();
        young
            .map(|(currency, says)| format!("{currency}: {says}"))
            .collect()
    }

    /// The same, a currency and a sentence each.
    pub fn young(&self) -> Vec<(String, String)> {
        let first = LEARNING_DAYS + 1;
        let is_partly = |currency: &String| {
            let mut seen = self.seen.iter().filter(|seen| seen.currency == *currency);
            seen.any(|seen| !seen.partly.is_empty())
        };
        let young = self
            .known_days
            .iter()
            .filter(|(currency, known)| *known <= LEARNING_DAYS && !is_partly(currency));
        let says = |(currency, known): &(String, usize)| {
            let says = format!(
                "learning {known}/{LEARNING_DAYS} days; nothing can be judged yet: the {first}th finished day is the first"
            );
            (currency.clone(), says)
        };
        young.map(says).collect()
    }
}
