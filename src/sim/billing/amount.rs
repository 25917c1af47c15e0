//! Money and quantities in whole units of 1e-10, written the way Cost Explorer writes decimals: plain, or with
//! an exponent when they are very small.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i128);

const ONE: i128 = 10_000_000_000;

impl Amount {
    pub const ZERO: Amount = Amount(0);

    pub fn from_dollars(dollars: f64) -> Amount {
        Amount((dollars * ONE as f64).round() as i128)
    }

    pub fn to_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// This many thousandths of it, rounded towards zero.
    pub fn per_mille(self, thousandths: i64) -> Amount {
        Amount(self.0 * i128::from(thousandths) / 1000)
    }

    /// The share of one of `parts` equal parts; the last has what does not divide.
    pub fn share(self, part: usize, parts: usize) -> Amount {
        let parts = parts.max(1) as i128;
        let each = self.0 / parts;
        Amount(if part as i128 + 1 == parts {
            self.0 - each * (parts - 1)
        } else {
            each
        })
    }

    pub fn times(self, factor: i64) -> Amount {
        Amount(self.0 * i128::from(factor))
    }
}

impl Add for Amount {
    type Output = Amount;
    fn add(self, other: Amount) -> Amount {
        Amount(self.0 + other.0)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        self.0 += other.0;
    }
}

impl Sub for Amount {
    type Output = Amount;
    fn sub(self, other: Amount) -> Amount {
        Amount(self.0 - other.0)
    }
}

impl Neg for Amount {
    type Output = Amount;
    fn neg(self) -> Amount {
        Amount(-self.0)
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(amounts: I) -> Amount {
        amounts.fold(Amount::ZERO, Add::add)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        let one = ONE.unsigned_abs();
        if units != 0 && units < 10_000 {
            // Below 1e-6: the first digit, then the others, then the exponent.
            let digits = units.to_string();
            let exponent = digits.len() as i32 - 11;
            let (first, rest) = digits.split_at(1);
            let rest = rest.trim_end_matches('0');
            let point = if rest.is_empty() { "" } else { "." };
            return write!(f, "{sign}{first}{point}{rest}E{exponent}");
        }
        let fraction = format!("{:010}", units % one);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{}{point}{fraction}", units / one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_like_cost_explorer_writes_them() {
        for (units, text) in [
            (0, "0"),
            (ONE, "1"),
            (-ONE * 12 - ONE / 2, "-12.5"),
            (10_000, "0.000001"),
            (1_234, "1.234E-7"),
            (-4_200, "-4.2E-7"),
            (5, "5E-10"),
            (1, "1E-10"),
            (123_456_789_012, "12.3456789012"),
        ] {
            assert_eq!(Amount(units).to_string(), text);
            assert_eq!(Amount::from_dollars(text.parse().unwrap()), Amount(units));
        }
    }
}
