//! What Athena read, and about what it charges for that.

use std::fmt;
use std::ops::AddAssign;

/// What a terabyte that is read costs, in US dollars, and the least that a query is charged for.
/// <https://aws.amazon.com/athena/pricing/>
const DOLLARS_PER_TERABYTE: f64 = 5.0;
const TERABYTE: f64 = (1_u64 << 40) as f64;
const MEGABYTE: f64 = (1_u64 << 20) as f64;
const LEAST_BYTES: u64 = 10 << 20;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    queries: u32,
    bytes: u64,
    charged_bytes: u64,
}

impl Scan {
    /// One query.
    pub fn of(bytes: u64) -> Scan {
        Scan {
            queries: 1,
            bytes,
            charged_bytes: bytes.max(LEAST_BYTES),
        }
    }

    pub fn bytes(self) -> u64 {
        self.bytes
    }

    pub fn is_empty(self) -> bool {
        self.queries == 0
    }
}

impl AddAssign for Scan {
    fn add_assign(&mut self, other: Scan) {
        self.queries += other.queries;
        self.bytes += other.bytes;
        self.charged_bytes += other.charged_bytes;
    }
}

impl fmt::Display for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Athena read {:.1} MB", self.bytes as f64 / MEGABYTE)?;
        if self.queries > 1 {
            write!(f, " in {} queries", self.queries)?;
        }
        let dollars = self.charged_bytes as f64 / TERABYTE * DOLLARS_PER_TERABYTE;
        match dollars < 0.01 {
            true => f.write_str(": less than a cent"),
            false => write!(f, ": about ${dollars:.2}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_told_with_its_price_and_each_query_has_a_least_one() {
        let mut scan = Scan::of(1 << 20);
        assert_eq!(scan.to_string(), "Athena read 1.0 MB: less than a cent");
        scan += Scan::of(1 << 40);
        assert_eq!(
            scan.to_string(),
            "Athena read 1048577.0 MB in 2 queries: about $5.00"
        );
        assert!(Scan::default().is_empty() && !scan.is_empty());
    }
}
