//! Charts of the console: daily bars, sparklines, gauges, shares. All from borrowed numbers, none with a pie.
//! A value that is missing is a gap, never a zero.

mod banded;
mod bars;
mod calendar;
mod gauge;
mod heat;
mod share;
mod sparkline;
mod stack;
mod treemap;
mod waterfall;

pub use banded::{Banded, Point};
pub use bars::{Bar, Bars};
pub use calendar::{Calendar, Cell, IN_PART};
pub use gauge::Gauge;
pub use heat::{heat, legend};
pub use share::{Share, Shares};
pub use sparkline::Sparkline;
pub use stack::{Part, Stack};
pub use treemap::{Tile, Treemap, are_credits, credits_say};
pub use waterfall::{Kind, LEAST_BAR, Step, Waterfall};

/// Eighths of a cell, from below.
const UP: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Eighths of a cell, from the left.
const ACROSS: [&str; 9] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
/// Where a bar is cut.
const BREAK: &str = "≈";

/// How many eighths of a cell `value` takes where `most` takes `cells` cells; a positive value shows at least one.
fn eighths(value: f64, most: f64, cells: u16) -> usize {
    if !value.is_finite() || value <= 0.0 || most <= 0.0 {
        return 0;
    }
    let whole = f64::from(cells) * 8.0;
    ((value / most).min(1.0) * whole).round().max(1.0) as usize
}
