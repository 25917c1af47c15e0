//! Figures: spans sorted into percentiles, each printed beside its bar with whether it holds.

use std::time::Duration;

/// Sorted spans.
pub struct Spans(Vec<Duration>);

impl Spans {
    pub fn new(mut spans: Vec<Duration>) -> Spans {
        spans.sort();
        Spans(spans)
    }

    /// The smallest span that `percent` of all do not exceed.
    pub fn at(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).clamp(1, self.0.len());
        self.0[rank - 1]
    }

    pub fn best(&self) -> Duration {
        self.0[0]
    }

    pub fn worst(&self) -> Duration {
        self.0[self.0.len() - 1]
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// p50, p99 and the worst, the p99 judged.
    pub fn print(&self, name: &str, bar: Duration) {
        let (half, most, worst) = (ms(self.at(50)), ms(self.at(99)), ms(self.worst()));
        let measured = format!(
            "p50 {half:.2} ms, p99 {most:.2} ms, worst {worst:.2} ms of {}",
            self.count()
        );
        judge(
            name,
            &measured,
            &format!("p99 {:.0} ms", ms(bar)),
            self.at(99) <= bar,
        );
    }
}

pub fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

pub fn judge(name: &str, measured: &str, bar: &str, holds: bool) {
    let verdict = if holds { "holds" } else { "MISSED" };
    println!("{name:44} {measured:60} bar {bar:16} {verdict}");
}

/// A figure without a bar, for the ones that have.
pub fn note(name: &str, measured: &str) {
    println!("{name:44} {measured}");
}
