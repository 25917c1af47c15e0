//! The dynamic band: what a day should cost, between which bounds, learnt from the days before it alone.
//! It follows weekday and trend; a spike does not widen it, a fourth breach on one side becomes the new
//! normal, and what comes on the same day of each month is expected after the second time.

mod drift;
mod history;
mod learning;
mod level;
mod median;
mod memory;
mod naive;
mod tracker;

use jiff::civil::Date;

use crate::config::Holiday;

pub use history::LEARNING_DAYS;
pub use median::{median, quantile};
pub use memory::{expected, least};
pub use tracker::{NEW_NORMAL, Tracker};

/// How wide the band is, and which days are never too cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Half the width of the band in spreads.
    pub width: f64,
    /// What a series that is mostly zero must exceed to be noticed, in its currency a day.
    pub floor: f64,
    pub holidays: Vec<Holiday>,
}

/// For one service, or one service of one account.
pub const WIDTH: f64 = 4.0;
/// For the total, in which noise of the parts cancels out.
pub const TOTAL_WIDTH: f64 = 3.5;

impl Default for Setting {
    fn default() -> Setting {
        Setting {
            width: WIDTH,
            floor: 5.0,
            holidays: Vec::new(),
        }
    }
}

/// Bounds of one day, in the currency of its series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    pub expected: f64,
    pub lower: f64,
    pub upper: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Low,
    High,
}

/// A finished day against its band.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    pub day: Date,
    pub actual: f64,
    /// `None` while there are fewer than [`LEARNING_DAYS`] days.
    pub band: Option<Band>,
    /// Days known before this one, up to [`LEARNING_DAYS`].
    pub learnt_days: u8,
    pub breach: Option<Side>,
    /// The same weekday of last week, as a second opinion, finds it unusual too.
    pub seconded: bool,
    /// This breach made the level of the last days the normal one: by which factor.
    pub new_normal: Option<f64>,
}

/// Reads a series in the order of its days; a day without an answer has no reading.
pub fn read(series: &[(Date, Option<f64>)], setting: &Setting) -> Vec<Reading> {
    let mut tracker = Tracker::new(setting.clone());
    let answered = series.iter().filter_map(|(day, cost)| Some((*day, (*cost)?)));
    answered.map(|(day, cost)| tracker.observe(day, cost)).collect()
}

#[cfg(test)]
mod tests;
