//! Money as a person reads it at a glance: a sign for dollars, cents only where they matter, more and less told apart
//! without colour.

use crate::cost::{Amount, Line};
use crate::ui::Role;

/// `$12,431`, `12,431 EUR`; below a hundred with its cents.
pub fn money(amount: Amount, currency: &str) -> String {
    let places = if amount.approximate().abs() < 99.5 { 2 } else { 0 };
    let text = amount.grouped(places);
    match (currency, text.strip_prefix('-')) {
        ("USD", Some(digits)) => format!("-${digits}"),
        ("USD", None) => format!("${text}"),
        _ => format!("{text} {currency}"),
    }
}

/// The same of an estimate.
pub fn about(value: f64, currency: &str) -> String {
    Amount::from_double(value).map_or_else(|| "–".into(), |parsed| money(parsed.amount, currency))
}

/// Thousands as `18.9k`, for pairs that stand close.
pub fn short(value: f64) -> String {
    match value.abs() {
        huge if huge >= 1e6 => format!("{:.1}M", value / 1e6),
        large if large >= 10_000.0 => format!("{:.1}k", value / 1e3),
        small if small < 100.0 => format!("{value:.2}"),
        _ => format!("{value:.0}"),
    }
}

/// `10.0k–10.1k`: both ends in one form, with as many digits as tell them apart; one figure where none do.
pub fn between(lower: f64, upper: f64) -> String {
    let (unit, sign, least) = match lower.abs().max(upper.abs()) {
        huge if huge >= 1e6 => (1e6, "M", 1),
        large if large >= 10_000.0 => (1e3, "k", 1),
        small if small < 100.0 => (1.0, "", 2),
        _ => (1.0, "", 0),
    };
    let text = |value: f64, places: usize| format!("{:.places$}{sign}", value / unit);
    let places = (least..least + 3).find(|places| text(lower, *places) != text(upper, *places));
    match places {
        Some(places) => format!("{}–{}", text(lower, places), text(upper, places)),
        None => text(lower, least),
    }
}

/// `▲ 1,204.10`, `▼ 3.00`; nothing where nothing moved.
pub fn change(amount: Amount) -> String {
    match amount.approximate() {
        none if none.abs() < 0.005 => "=".into(),
        _ if amount.is_negative() => format!("▼ {}", (-amount).grouped(2)),
        _ => format!("▲ {}", amount.grouped(2)),
    }
}

/// `+8.4 %`, or what a percentage cannot say.
pub fn percent(change: Option<f64>) -> String {
    match change {
        Some(percent) if percent.abs() >= 1000.0 => format!("{:+.0}×", percent / 100.0),
        Some(percent) => format!("{percent:+.1} %"),
        None => "new".into(),
    }
}

/// What a day of something costs, `–` where that is not known.
pub fn of_day(cost: Option<f64>, currency: &str) -> String {
    match cost {
        None => "–".into(),
        Some(cost) if currency == "USD" => format!("${cost:.2}"),
        Some(cost) => format!("{cost:.2} {currency}"),
    }
}

/// What a row changed by and by how many percent; a dash each where not every day of both periods is known.
pub fn moved(row: &Line) -> [String; 2] {
    match row.change() {
        Some(changed) => [change(changed), percent(row.change_percent())],
        None => ["–", "–"].map(str::to_owned),
    }
}

/// A tenth more or less, and enough money to be worth a look.
pub fn role(row: &Line) -> Role {
    let tenth = row.before.approximate().abs() / 10.0;
    match row.change().map(Amount::approximate) {
        Some(more) if more > tenth.max(20.0) => Role::Warn,
        Some(less) if less < -tenth.max(20.0) => Role::Good,
        _ => Role::Dim,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        Amount::parse(text).unwrap().amount
    }

    #[test]
    fn a_sign_stands_before_dollars_and_others_are_named() {
        assert_eq!(money(amount("12430.6"), "USD"), "$12,431");
        assert_eq!(money(amount("-4.5"), "USD"), "-$4.50");
        assert_eq!(money(amount("99.499"), "EUR"), "99.50 EUR");
    }

    #[test]
    fn both_ends_of_an_interval_have_one_form_and_differ() {
        assert_eq!(between(9_998.0, 10_100.0), "10.0k–10.1k");
        assert_eq!(between(32_203.0, 38_722.0), "32.2k–38.7k");
        assert_eq!(between(9_990.0, 10_030.0), "9.99k–10.03k");
        assert_eq!(between(1_634.9, 1_635.3), "1634.9–1635.3");
        assert_eq!(between(1_635.0, 1_635.0), "1635");
        assert_eq!(between(99.0, 101.0), "99–101");
        assert_eq!(between(-1.5, 3.0), "-1.50–3.00");
        assert_eq!(between(999_000.0, 1_200_000.0), "1.0M–1.2M");
    }

    #[test]
    fn what_is_not_known_is_a_dash_and_no_change_is_neither_more_nor_less() {
        assert_eq!(of_day(None, "USD"), "–");
        assert_eq!(change(amount("0.001")), "=");
        assert_eq!(change(amount("-1204.1")), "▼ 1,204.10");
        assert_eq!(percent(None), "new");
    }
}
