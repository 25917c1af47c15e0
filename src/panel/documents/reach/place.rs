//! The places of a document as they are typed in one line: accounts, units, regions, and what holds there.

use crate::aws::{Location, StopAlarm};
use crate::document::{is_account, is_unit};
use crate::fanout::{parse_amount, parse_concurrency};

/// What an alarm's name is followed by.
const IGNORES: &str = " or unknown";

/// Twelve digits are an account, `ou-…` a unit; with an equals sign it is what holds there; everything else has to look
/// like a region.
pub fn location(text: &str) -> Result<Location, String> {
    let mut location = Location::default();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        match word.split_once('=') {
            Some((name, value)) if !value.is_empty() => holds(&mut location, name, value)?,
            _ if is_account(word) || is_unit(word) => location.accounts.push(word.to_owned()),
            _ if word == "units-inside" => location.includes_children = true,
            _ if is_region(word) => location.regions.push(word.to_owned()),
            _ => {
                return Err(format!(
                    "{word} is neither an account's twelve digits, a unit nor a region"
                ));
            }
        }
    }
    Ok(location)
}

fn holds(location: &mut Location, name: &str, value: &str) -> Result<(), String> {
    let bad = |bad: crate::fanout::BadLimit| format!("{name}: {bad}");
    match name {
        "without" if is_account(value) => location.excluded.push(value.to_owned()),
        "without" => return Err(format!("{value} is no account's twelve digits")),
        "role" => location.role = Some(value.to_owned()),
        "at-once" => location.concurrency = Some(parse_concurrency(value).map_err(bad)?),
        "may-fail" => location.errors = Some(parse_amount(value).map_err(bad)?),
        "alarm" => location.alarm = Some(alarm(value)),
        _ => {
            return Err(format!(
                "{name} is none of without, role, at-once, may-fail, alarm"
            ));
        }
    }
    Ok(())
}

/// The alarm that stops it.
pub fn alarm(text: &str) -> StopAlarm {
    let (name, ignores_failures) = match text.strip_suffix(IGNORES) {
        Some(name) => (name, true),
        None => (text, false),
    };
    StopAlarm {
        name: name.to_owned(),
        ignores_failures,
    }
}

fn is_region(word: &str) -> bool {
    word.split('-').count() >= 3 && word.ends_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_told_from_regions() {
        let found = location("613489207754, us-east-1 eu-west-1").unwrap();
        assert_eq!(found.accounts, ["613489207754"]);
        assert_eq!(found.regions, ["us-east-1", "eu-west-1"]);
    }

    #[test]
    fn what_holds_there_stands_beside_the_places() {
        let found = location(
            "ou-ab12-cdefgh1 units-inside without=111122223333 role=Ops at-once=25% may-fail=0 alarm=x",
        )
        .unwrap();
        assert_eq!(found.accounts, ["ou-ab12-cdefgh1"]);
        assert_eq!(found.excluded, ["111122223333"]);
        assert!(found.includes_children && found.regions.is_empty());
        let said = (
            found.role.as_deref(),
            found.concurrency.as_deref(),
            found.errors.as_deref(),
        );
        assert_eq!(said, (Some("Ops"), Some("25%"), Some("0")));
        assert_eq!(found.alarm.map(|alarm| alarm.name).as_deref(), Some("x"));
        for bad in ["at-once=0", "colour=red", "without=me", "role=", "nowhere"] {
            assert!(location(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_alarm_may_be_one_that_nobody_can_ask_for() {
        assert!(!alarm("shop 5xx").ignores_failures);
        let asked = alarm("shop 5xx or unknown");
        assert_eq!((asked.name.as_str(), asked.ignores_failures), ("shop 5xx", true));
    }
}
