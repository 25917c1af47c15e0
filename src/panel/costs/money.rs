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

/// What a row changed by and by how many percent; a dash each where it is not known what it cost before.
pub fn moved(row: &Line) -> [String; 2] {
    match row.is_compared {
        true => [change(row.change()), percent(row.cost.change_percent(row.before))],
        false => ["–", "–"].map(str::to_owned),
    }
}

/// A tenth more or less, and enough money to be worth a look.
pub fn role(row: &Line) -> Role {
    if !row.is_compared {
        return Role::Dim;
    }
    let change = row.change().approximate();
    let tenth = row.before.approximate().abs() / 10.0;
    match change {
        more if more > tenth.max(20.0) => Role::Warn,
        less if less < -tenth.max(20.0) => Role::Good,
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
    fn what_is_not_known_is_a_dash_and_no_change_is_neither_more_nor_less() {
        assert_eq!(of_day(None, "USD"), "–");
        assert_eq!(change(amount("0.001")), "=");
        assert_eq!(change(amount("-1204.1")), "▼ 1,204.10");
        assert_eq!(percent(None), "new");
    }
}
