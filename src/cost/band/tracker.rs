//! One series followed day by day. What it says about a day rests on the days observed before it, so that
//! it never changes with later ones.

use jiff::ToSpan;
use jiff::civil::Date;

use super::drift::drift;
use super::history::{History, LEARNING_DAYS, Past};
use super::learning::{Odd, is_weekend, odd};
use super::level::Level;
use super::median::median;
use super::memory::{Memory, coming, expected, least};
use super::{Band, Reading, Setting, Side, naive};

/// Breaches in a row on one side that make a new normal.
pub const NEW_NORMAL: usize = 4;
/// Days that hold every weekday once.
const WEEK: usize = 7;
/// How far towards its breach a day outside the band pulls the next ones, in spreads.
const PULL: f64 = 2.0;
/// Days that say what one of a wild series costs: four weeks.
const WILD_DAYS: usize = 28;
/// Days that hold two new normals of one ramp.
const RAMP_DAYS: i64 = 21;
/// Days after a new normal in which a step is in the two weeks that a slope is taken from.
const STEP_DAYS: usize = 10;
/// Days in a row that make a charge that never came before one that goes on.
const NEW_DAYS: usize = 3;
/// Of the dearest of those days: what is less was a trial.
const LEAST_LIVE: f64 = 0.01;
/// Days that a mostly empty series must have been quiet for a charge to be news.
const QUIET_DAYS: usize = 14;

#[derive(Clone, Debug)]
pub struct Tracker {
    setting: Setting,
    history: History,
    memory: Memory,
    /// Breaches in a row.
    run: Option<(Side, usize)>,
    /// The last two new normals.
    moves: [Option<(Date, Side)>; 2],
}

/// What is foreseen for a day, before its bounds.
struct Outlook {
    usual: f64,
    band: Band,
    spread: f64,
    holiday: bool,
    sparse: bool,
}

impl Tracker {
    pub fn new(setting: Setting) -> Tracker {
        Tracker {
            setting,
            history: History::default(),
            memory: Memory::default(),
            run: None,
            moves: [None; 2],
        }
    }

    /// Takes the next finished day. Days come in order; one that is missing is left out.
    pub fn observe(&mut self, day: Date, cost: f64) -> Reading {
        let learnt_days = self.history.len().min(LEARNING_DAYS) as u8;
        let mut reading = Reading {
            day,
            actual: cost,
            band: None,
            learnt_days,
            breach: None,
            seconded: false,
            new_normal: None,
        };
        let Some(outlook) = self.outlook(day) else {
            self.keep(day, cost, cost, None, None);
            self.settle();
            return reading;
        };
        let Band { lower, upper, .. } = outlook.band;
        reading.band = Some(outlook.band);
        reading.breach = if cost > upper {
            Some(Side::High)
        } else if cost < lower {
            Some(Side::Low)
        } else {
            None
        };
        if outlook.sparse {
            self.observe_sparse(&mut reading);
        } else {
            reading.seconded = reading.breach.is_some() && naive::seconds(&self.history, day, cost);
            self.learn(&mut reading, &outlook);
        }
        reading
    }

    /// Cleans the learning days when the last of them is there, as every day after them is when it comes.
    fn settle(&mut self) {
        if self.history.len() != LEARNING_DAYS {
            return;
        }
        for Odd { at, clean } in odd(&self.history, self.setting.width) {
            if let Some(Past { day, actual, .. }) = self.history.days().get(at).copied() {
                self.memory.keep(day, actual - clean);
                self.history.clean(at, clean);
            }
        }
    }

    fn observe_sparse(&mut self, reading: &mut Reading) {
        let Reading { day, actual, .. } = *reading;
        if actual > self.setting.floor {
            self.memory.keep(day, actual);
        }
        let recent = self.history.recent();
        let last = &recent[recent.len().saturating_sub(QUIET_DAYS)..];
        if last.iter().any(|past| past.actual > self.setting.floor) {
            reading.breach = None;
        }
        self.run = None;
        self.keep(day, actual, actual, None, None);
    }

    fn learn(&mut self, reading: &mut Reading, outlook: &Outlook) {
        let Reading { day, actual, .. } = *reading;
        let Outlook { usual, spread, .. } = *outlook;
        let relative = (actual - usual) / usual;
        let limit = self.setting.width * spread;
        if relative.abs() > limit {
            self.memory.keep(day, actual - usual);
        }
        let Some(side) = reading.breach else {
            self.run = None;
            let (clean, residual) = match outlook.holiday {
                true => (usual, None),
                // A monthly job that the calendar explains.
                false if relative > limit => (usual * (1.0 + PULL * spread), None),
                false => (actual, Some(relative)),
            };
            return self.keep(day, actual, clean, Some(usual), residual);
        };
        let pull = match side {
            Side::High => PULL * spread,
            Side::Low => -PULL * spread,
        };
        self.keep(day, actual, usual * (1.0 + pull), Some(usual), Some(limit));
        let streak = match self.run {
            Some((before, streak)) if before == side => streak + 1,
            _ => 1,
        };
        self.run = Some((side, streak));
        if streak == NEW_NORMAL {
            reading.new_normal = self.history.adopt(NEW_NORMAL);
            self.run = None;
            self.moves = [self.moves[1], Some((day, side))];
        }
    }

    fn keep(&mut self, day: Date, actual: f64, clean: f64, expected: Option<f64>, residual: Option<f64>) {
        self.history.push(Past {
            day,
            clean,
            actual,
            expected,
            residual,
        });
    }

    fn outlook(&self, day: Date) -> Option<Outlook> {
        if self.history.len() < LEARNING_DAYS {
            return None;
        }
        let again = self.monthly(day, |then| self.memory.excess(then));
        let habit = self.memory.highest(day);
        let highest = habit.into_iter().chain(again).reduce(f64::max);
        let spread = self.history.spread();
        let slack = 1.0 + self.setting.width * spread / 2.0;
        if self.history.is_sparse() {
            let floor = self.setting.floor;
            return Some(Outlook {
                usual: 0.0,
                band: Band {
                    expected: 0.0,
                    lower: 0.0,
                    upper: highest.map_or(floor, |excess| excess * slack).max(floor),
                },
                spread,
                holiday: false,
                sparse: true,
            });
        }
        let level = Level::of(&self.history)?;
        let usual = level.expected(day, 0);
        if usual <= 0.0 {
            return None;
        }
        let reach = self.setting.width * spread;
        let upper = usual * (1.0 + reach);
        let raised = highest.map_or(upper, |excess| upper.max((usual + excess) * slack));
        let holiday = self.is_holiday(day);
        let band = match holiday {
            // Nobody is told that a holiday was cheap.
            true => Band {
                expected: level.expected_on_holiday(day, 0),
                lower: 0.0,
                upper: raised,
            },
            false => Band {
                expected: usual,
                lower: (usual * (1.0 - reach)).max(0.0),
                upper: raised,
            },
        };
        Some(Outlook {
            usual,
            band,
            spread,
            holiday,
            sparse: false,
        })
    }

    /// What each of some coming days should cost, monthly jobs and holidays included; `None` while
    /// learning.
    pub fn foresee(&self, days: &[Date]) -> Option<Vec<f64>> {
        if self.history.len() < LEARNING_DAYS {
            return None;
        }
        let sparse = self.history.is_sparse();
        if !sparse && self.is_wild() {
            let each = match self.has_ended() {
                true => 0.0,
                false => self.history.mean_of(WILD_DAYS),
            };
            return Some(vec![each; days.len()]);
        }
        let level = self.standing()?;
        let usual = match sparse {
            true => self.lately().map_or_else(|| self.mean(), |(each, _)| each),
            false => 0.0,
        };
        let foreseen = (0..).zip(days).map(|(ahead, day)| {
            let again = self.monthly(*day, |then| self.memory.excess(then));
            match again {
                Some(cost) if sparse => cost,
                None if sparse => self.monthly(*day, |then| self.alone(then)).unwrap_or(usual),
                Some(excess) => level.expected(*day, ahead) + excess,
                None if self.is_holiday(*day) => level.expected_on_holiday(*day, ahead),
                None => level.expected(*day, ahead),
            }
        });
        Some(foreseen.collect())
    }

    /// The level that coming days are foreseen by. What two weeks rose by in a step is no slope to go on with for a month.
    fn standing(&self) -> Option<Level> {
        let level = Level::of(&self.history)?;
        Some(match self.moved_within(STEP_DAYS) {
            Some(_) => level.settled(&self.history),
            None => level.seen(&self.history),
        })
    }

    /// How far so many coming days together may be from what is foreseen because the last ones were on their way elsewhere, in
    /// the currency of the series; what is wild has no way, nor has what is mostly empty, which may stop as it began.
    pub fn drift(&self, count: usize) -> f64 {
        if self.history.is_sparse() {
            let young = self.lately().filter(|(_, days)| *days <= STEP_DAYS);
            return young.map_or(0.0, |(each, _)| each.abs() * count as f64);
        }
        let Some(level) = self.standing().filter(|_| !self.is_wild()) else {
            return 0.0;
        };
        let drift = drift(&self.history, &level, count);
        let foreseen: f64 = (0..).take(count).map(|ahead| level.trend(ahead)).sum();
        // What is normal for a week at most may be over soon: as far off as the week before it.
        let began = self
            .moved_within(WEEK)
            .map(|last| last.saturating_sub((NEW_NORMAL as i64 - 1).days()));
        let before = began.and_then(|began| level.middle(self.history.before(began), WEEK));
        let back = before.map_or(0.0, |before| foreseen - before * count as f64);
        let drift = drift.max(back.abs());
        if !self.is_on_ramp() {
            return drift;
        }
        // Between two new normals days are inside of a band that was wide enough for them, and where in it is not told.
        let reach = self.setting.width * self.history.spread() / 2.0;
        drift.max(reach * foreseen.abs())
    }

    /// The day of the last new normal, where it is so many days ago at most.
    fn moved_within(&self, days: usize) -> Option<Date> {
        let ((last, _), today) = (self.moves[1]?, self.history.days().last()?.day);
        (today <= last.saturating_add((days as i64).days())).then_some(last)
    }

    /// Whether its band reaches down to nothing: days tell no level then, and new normals one upon another no way.
    fn is_wild(&self) -> bool {
        self.setting.width * self.history.spread() >= 1.0
    }

    /// Whether one new normal followed on another on the same side, the first of them not long ago.
    fn is_on_ramp(&self) -> bool {
        let ([Some((first, one)), Some((_, other))], Some(last)) = (self.moves, self.history.days().last())
        else {
            return false;
        };
        one == other && last.day <= first.saturating_add(RAMP_DAYS.days())
    }

    /// The usual relative distance of a day from its expectation.
    pub fn spread(&self) -> f64 {
        self.history.spread()
    }

    /// The middle of the days that something was charged on without a break until now, and how many they are: it began lately,
    /// and goes on. A week of them at least, but where nothing was ever charged before a few days are enough: of one or two
    /// nobody can tell whether they are a charge that comes once.
    fn lately(&self) -> Option<(f64, usize)> {
        let charged = |past: &&Past| past.actual != 0.0;
        let days = self.history.days();
        let run: Vec<f64> = days
            .iter()
            .rev()
            .take_while(charged)
            .map(|past| past.actual)
            .collect();
        let is_new = days.iter().filter(charged).count() == run.len();
        let fewest = if is_new { NEW_DAYS } else { WEEK };
        // What was next to nothing before is a trial, and no level of what it is now.
        let dearest = run.iter().copied().fold(0.0, f64::max);
        let is_live = |cost: &&f64| **cost >= dearest * LEAST_LIVE;
        let live = run.iter().take_while(is_live).count();
        let run = &run[..if live < fewest { run.len() } else { live }];
        Some((median(run.iter().copied())?, run.len())).filter(|_| run.len() >= fewest)
    }

    /// What is to come on a day because it came the last times on such a day of the month: the least of it, as of a charge
    /// that is told from use, so that one has one forecast whether it is told or not.
    fn monthly(&self, day: Date, came: impl Fn(Date) -> Option<f64>) -> Option<f64> {
        expected(day, |then| self.at(then).is_some(), came, least)
    }

    fn at(&self, day: Date) -> Option<usize> {
        let days = self.history.days();
        days.binary_search_by_key(&day, |past| past.day).ok()
    }

    /// What came on a day with nothing beside it: where it did so in more months than one it is a fee by the month, however
    /// few months are known and however little it is.
    fn alone(&self, day: Date) -> Option<f64> {
        let (days, at) = (self.history.days(), self.at(day)?);
        let is_empty = |at: Option<usize>| {
            at.and_then(|at| days.get(at))
                .is_none_or(|past| past.actual == 0.0)
        };
        let cost = days.get(at)?.actual;
        (cost != 0.0 && is_empty(at.checked_sub(1)) && is_empty(at.checked_add(1))).then_some(cost)
    }

    /// The mean of the days that have no habit and no fee, which are foreseen by themselves; nothing where the charges have
    /// ended.
    fn mean(&self) -> f64 {
        if self.has_ended() {
            return 0.0;
        }
        let is_expected = |day: Date| {
            let habit = self.monthly(day, |then| self.memory.excess(then));
            let fee = || self.monthly(day, |then| self.alone(then));
            habit.or_else(fee).is_some()
        };
        let is_fee = |day: Date| coming(day).any(is_expected);
        let recent = self.history.recent();
        let since = match self.began() {
            // As many weekends as workdays come with: whole weeks, where there is one.
            Some(began) => {
                let count = recent.iter().filter(|past| past.day >= began).count();
                let whole = if count < WEEK { count } else { count - count % WEEK };
                &recent[recent.len() - whole..]
            }
            None => recent,
        };
        let costs: Vec<f64> = since
            .iter()
            .filter(|past| past.actual == 0.0 || !is_fee(past.day))
            .map(|past| past.actual)
            .collect();
        costs.iter().sum::<f64>() / costs.len().max(1) as f64
    }

    /// The first day of what never came before and comes on workdays alone, on enough of them to go on: the days before it say
    /// nothing of what it costs.
    fn began(&self) -> Option<Date> {
        let days = self.history.days();
        let first = days.iter().position(|past| past.actual != 0.0)?;
        let since = &days[first..];
        let charged = since.iter().filter(|past| past.actual != 0.0).count();
        let is_at_work = since
            .iter()
            .all(|past| (past.actual != 0.0) != is_weekend(past.day));
        Some(since.first()?.day).filter(|_| charged >= NEW_DAYS && is_at_work)
    }

    /// Whether nothing has come for longer than there ever was a pause, and for more than a week.
    fn has_ended(&self) -> bool {
        let days = self.history.days().iter();
        let charged: Vec<Date> = days
            .filter(|past| past.actual != 0.0)
            .map(|past| past.day)
            .collect();
        let (Some(last), Some(today)) = (charged.last(), self.history.days().last()) else {
            return true;
        };
        let between = |from: Date, to: Date| from.until(to).map_or(0, |span| span.get_days());
        let pauses = charged.windows(2).map(|pair| between(pair[0], pair[1]));
        between(*last, today.day) > pauses.max().unwrap_or_default().max(WEEK as i32)
    }

    fn is_holiday(&self, day: Date) -> bool {
        self.setting.holidays.iter().any(|holiday| holiday.is_on(day))
    }
}
