//! Money and quantities, exact: whole units of 1e-12 in an `i128`, read from decimal text and written
//! as decimal text. Floating point never holds a sum.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

/// Decimal places that are kept.
const PLACES: i32 = 12;
const ONE: i128 = 1_000_000_000_000;
/// Leaves room for 1e11 summands of the largest size.
const LIMIT: i128 = 1_000_000_000_000_000 * ONE;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i128);

/// An amount and whether digits beyond the twelfth place were rounded away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed {
    pub amount: Amount,
    pub rounded: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no amount of money")]
pub struct BadAmount(pub String);

impl Amount {
    pub const ZERO: Amount = Amount(0);

    /// Whole units, such as dollars.
    pub fn whole(units: i64) -> Amount {
        Amount(i128::from(units) * ONE)
    }

    /// Reads `12.5`, `-0.000001`, `6.123E-7`; beyond twelve places the nearest is taken.
    pub fn parse(text: &str) -> Result<Parsed, BadAmount> {
        read(text.trim()).ok_or_else(|| BadAmount(text.chars().take(40).collect()))
    }

    /// Reads a double as the nearest multiple of 1e-12. `None` for what is no number or beyond 1e15. A double holds
    /// some sixteen digits, of which those beyond the twelfth place are noise more often than money: only one
    /// smaller than 1e-12 as a whole counts as rounded.
    pub fn from_double(value: f64) -> Option<Parsed> {
        if !value.is_finite() || value.abs() > 1e15 {
            return None;
        }
        let bits = value.to_bits();
        let exponent = i32::try_from(bits >> 52 & 0x7ff).ok()?;
        let fraction = i128::from(bits & ((1 << 52) - 1));
        let mantissa = if exponent == 0 {
            fraction
        } else {
            fraction | 1 << 52
        };
        // 53 bits times the 40 of 1e12 stay below 93; what is below 1e15 always has digits to shift out.
        let shift = u32::try_from(1075 - exponent.max(1)).ok()?;
        let units = match shift {
            0 => mantissa * ONE,
            1..=120 => (mantissa * ONE + (1 << (shift - 1))) >> shift,
            _ => 0,
        };
        Some(Parsed {
            amount: Amount(if value < 0.0 { -units } else { units }),
            rounded: mantissa != 0 && value.abs() < 1e-12,
        })
    }

    /// Multiples of 1e-12.
    pub(super) fn units(self) -> i128 {
        self.0
    }

    pub(super) fn from_units(units: i128) -> Amount {
        Amount(units)
    }

    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The same without its sign.
    pub fn magnitude(self) -> Amount {
        Amount(self.0.saturating_abs())
    }

    /// For charts and percentages only; sums stay exact.
    pub fn approximate(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// Rounded half away from zero to `places` decimals, thousands not grouped.
    pub fn rounded(self, places: u32) -> String {
        let unit = 10_i128.pow(12 - places.min(12));
        let half = if self.0 < 0 { -unit / 2 } else { unit / 2 };
        let kept = (self.0 + half) / unit * unit;
        let (whole, part) = (
            kept.unsigned_abs() / ONE.unsigned_abs(),
            kept.unsigned_abs() % ONE.unsigned_abs(),
        );
        let sign = if kept < 0 { "-" } else { "" };
        let digits = format!("{part:012}");
        match places.min(12) {
            0 => format!("{sign}{whole}"),
            places => format!("{sign}{whole}.{}", &digits[..places as usize]),
        }
    }

    /// The same for reading: `12,345.67`.
    pub fn grouped(self, places: u32) -> String {
        let text = self.rounded(places);
        let (whole, part) = match text.find('.') {
            Some(at) => text.split_at(at),
            None => (text.as_str(), ""),
        };
        let (sign, digits) = match whole.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", whole),
        };
        let mut grouped = sign.to_owned();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped + part
    }

    /// The change from `before` in percent, unless there was nothing before.
    pub fn change_percent(self, before: Amount) -> Option<f64> {
        (before.0 != 0).then(|| (self.0 - before.0) as f64 / before.0.unsigned_abs() as f64 * 100.0)
    }

    /// A share of the amount: `days` of `of` days, say.
    pub fn per(self, count: u32) -> Amount {
        Amount(self.0 / i128::from(count.max(1)))
    }
}

fn read(text: &str) -> Option<Parsed> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (
            number,
            exponent.parse::<i32>().ok().filter(|e| e.unsigned_abs() <= 400)?,
        ),
        None => (text, 0),
    };
    let (negative, number) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() + part.len() == 0 || !(whole.bytes().chain(part.bytes())).all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    // The place of a digit is its power of ten; places below -12 only decide about rounding.
    let top = i32::try_from(whole.len()).ok()? - 1 + exponent;
    let (mut units, mut rest, mut half_up) = (0_i128, false, false);
    for (nth, digit) in whole.bytes().chain(part.bytes()).enumerate() {
        let (digit, place) = (i128::from(digit - b'0'), top - i32::try_from(nth).ok()?);
        if place >= -PLACES {
            if digit != 0 {
                let power = u32::try_from(place + PLACES).ok().filter(|power| *power <= 27)?;
                units = units.checked_add(digit * 10_i128.pow(power))?;
            }
        } else {
            half_up |= place == -PLACES - 1 && digit >= 5;
            rest |= digit != 0;
        }
    }
    units += i128::from(half_up);
    (units <= LIMIT).then_some(Parsed {
        amount: Amount(if negative { -units } else { units }),
        rounded: rest,
    })
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.rounded(12);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl Add for Amount {
    type Output = Amount;
    fn add(self, other: Amount) -> Amount {
        Amount(self.0.saturating_add(other.0))
    }
}

impl Sub for Amount {
    type Output = Amount;
    fn sub(self, other: Amount) -> Amount {
        Amount(self.0.saturating_sub(other.0))
    }
}

impl Neg for Amount {
    type Output = Amount;
    fn neg(self) -> Amount {
        Amount(-self.0)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        *self = *self + other;
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(amounts: I) -> Amount {
        amounts.fold(Amount::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        Amount::parse(text).unwrap().amount.to_string()
    }

    #[test]
    fn amounts_are_grouped_by_thousands() {
        let grouped = |text, places| Amount::parse(text).unwrap().amount.grouped(places);
        assert_eq!(grouped("1234567.891", 2), "1,234,567.89");
        assert_eq!(grouped("-1234.5", 0), "-1,235");
        assert_eq!(grouped("-12.5", 2), "-12.50");
        assert_eq!(grouped("0", 2), "0.00");
    }

    #[test]
    fn decimal_text_of_every_shape_is_read_exactly() {
        for (text, wanted) in [
            ("0", "0"),
            ("12.50", "12.5"),
            ("-0.000000000001", "-0.000000000001"),
            ("6.123E-7", "0.0000006123"),
            ("1.5e3", "1500"),
            (".5", "0.5"),
            ("479068.565154544", "479068.565154544"),
            ("0000000000000000000000000000001", "1"),
            ("-0", "0"),
        ] {
            assert_eq!(shown(text), wanted, "{text}");
        }
    }

    #[test]
    fn digits_that_cannot_be_kept_are_rounded_and_told() {
        let parsed = Amount::parse("0.1234567890125").unwrap();
        assert_eq!(
            (parsed.amount.to_string(), parsed.rounded),
            ("0.123456789013".into(), true)
        );
        assert!(Amount::parse("1e-30").unwrap().rounded);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "1,5",
            "1e",
            "1e999",
            "NaN",
            "1.2.3",
            "9e30",
            "0x1",
            "1e2147483648",
        ] {
            assert!(Amount::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn display_rounds_half_away_from_zero() {
        let rounded = |text: &str| Amount::parse(text).unwrap().amount.rounded(2);
        assert_eq!(rounded("0.005"), "0.01");
        assert_eq!(rounded("-0.005"), "-0.01");
        assert_eq!(rounded("-0.001"), "0.00");
        assert_eq!(rounded("1234.5"), "1234.50");
    }

    #[test]
    fn doubles_are_read_to_the_nearest_unit_and_what_is_too_small_is_told() {
        let read =
            |value: f64| Amount::from_double(value).map(|parsed| (parsed.amount.to_string(), parsed.rounded));
        assert_eq!(read(0.1), Some(("0.1".into(), false)));
        // The double that is meant by -479068.565154544.
        assert_eq!(
            read(-479068.565154544),
            Some(("-479068.56515454402".into(), false))
        );
        assert_eq!(read(1e15), Some(("1000000000000000".into(), false)));
        assert_eq!(read(1e-300), Some(("0".into(), true)));
        assert_eq!(read(-0.0), Some(("0".into(), false)));
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.1e15] {
            assert_eq!(read(value), None);
        }
    }

    proptest! {
        #[test]
        fn a_double_reads_like_its_text(value in -1e9_f64..1e9) {
            let text = Amount::parse(&format!("{value:.30}")).unwrap().amount;
            prop_assert_eq!(Amount::from_double(value).unwrap().amount, text);
        }

        #[test]
        fn what_is_displayed_reads_back_the_same(units in -1_000_000_000_000_000_000_i128..1_000_000_000_000_000_000) {
            let amount = Amount(units);
            prop_assert_eq!(Amount::parse(&amount.to_string()), Ok(Parsed { amount, rounded: false }));
        }

        #[test]
        fn no_text_can_make_it_panic(text in "\\PC{0,40}|[-+0-9.eE]{0,40}") {
            let _ = Amount::parse(&text);
        }
    }
}
