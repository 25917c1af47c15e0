//! Target maps: parameters written out, a map for each child, where no key chooses the targets. And how far a start
//! reaches, in lines for whoever confirms it.

use super::{Document, Parameter, Values};
use crate::aws::{Location, StartAutomation, StopAlarm};

/// What StartAutomationExecution takes.
const MAPS: usize = 300;
/// Maps that a question names.
const NAMED: usize = 3;

/// `NAME=VALUE,NAME=VALUE`, where a word without an equals sign is one more value of the name before it; or a JSON object.
pub fn parse_map(text: &str) -> Result<Values, String> {
    let text = text.trim();
    let map = match text.starts_with('{') {
        true => json(text)?,
        false => words(text)?,
    };
    match map.is_empty() {
        true => Err("a map has at least one NAME=VALUE".into()),
        false => Ok(map),
    }
}

fn json(text: &str) -> Result<Values, String> {
    let read: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|bad| format!("{text} is no JSON object: {bad}"))?;
    let plain = |value: &serde_json::Value| value.as_str().map_or(value.to_string(), str::to_owned);
    let values = |value: serde_json::Value| match value {
        serde_json::Value::Array(many) => many.iter().map(plain).collect(),
        one => vec![plain(&one)],
    };
    Ok(read
        .into_iter()
        .map(|(name, value)| (name, values(value)))
        .collect())
}

fn words(text: &str) -> Result<Values, String> {
    let mut map = Values::new();
    let mut last: Option<&str> = None;
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let (name, value) = match (word.split_once('='), last) {
            (Some((name, value)), _) if !name.is_empty() => (name, value),
            (None, Some(name)) => (name, word),
            _ => return Err(format!("{word} is no NAME=VALUE")),
        };
        map.entry(name.to_owned()).or_default().push(value.to_owned());
        last = Some(name);
    }
    Ok(map)
}

/// The parameters that maps fill, each value checked as the form checks it.
pub fn mapped(document: &Document, maps: &[Values]) -> Result<Vec<String>, String> {
    if maps.len() > MAPS {
        return Err(format!("{} maps are given, and AWS takes {MAPS}", maps.len()));
    }
    let mut names: Vec<String> = maps.iter().flat_map(|map| map.keys().cloned()).collect();
    names.sort();
    names.dedup();
    for name in &names {
        let unknown = || format!("the document has no parameter {name}");
        let parameter = document.parameter(name).ok_or_else(unknown)?;
        for (nth, map) in (1..).zip(maps) {
            let given = map.get(name).map(Vec::as_slice).unwrap_or_default();
            fits(parameter, given).map_err(|says| format!("map {nth}: {name}: {says}"))?;
        }
    }
    Ok(names)
}

fn fits(parameter: &Parameter, given: &[String]) -> Result<(), String> {
    match parameter.accept(given)? {
        None if parameter.is_required() => Err("it is required".into()),
        _ => Ok(()),
    }
}

/// What goes beyond one run here, targets apart: maps, limits, accounts and regions, alarms.
pub fn reach(start: &StartAutomation) -> Vec<String> {
    let mut says = Vec::new();
    if !start.maps.is_empty() {
        let map = |map: &Values| {
            let pair = |(name, values): (&String, &Vec<String>)| {
                format!("{name}={}", super::start::shown(name, values).join(","))
            };
            map.iter().map(pair).collect::<Vec<_>>().join(" ")
        };
        let mut named: Vec<String> = start.maps.iter().take(NAMED).map(map).collect();
        let more = start.maps.len().saturating_sub(NAMED);
        if more > 0 {
            named.push(format!("and {more} more"));
        }
        says.push(format!("once for each of: {}", named.join("; ")));
    }
    says.extend(limits(&start.concurrency, &start.errors, ""));
    for at in &start.locations {
        says.push(place(at));
        says.extend(limits(&at.concurrency, &at.errors, " place"));
        says.extend(at.alarm.as_ref().map(|alarm| heeded(alarm, " there")));
    }
    says.extend(start.alarm.as_ref().map(|alarm| heeded(alarm, "")));
    says
}

fn place(at: &Location) -> String {
    let mut says = format!("in {} of {}", at.regions.join(", "), at.accounts.join(", "));
    if at.includes_children {
        says.push_str(" and the units inside");
    }
    if !at.excluded.is_empty() {
        says.push_str(&format!(", without {}", at.excluded.join(", ")));
    }
    if let Some(role) = &at.role {
        says.push_str(&format!(", as {role}"));
    }
    says
}

fn limits(concurrency: &Option<String>, errors: &Option<String>, what: &str) -> Option<String> {
    let said = [(concurrency, "at once"), (errors, "may fail")];
    let said: Vec<String> = said
        .iter()
        .filter_map(|(amount, how)| Some(format!("{} {how}", counted(amount.as_deref()?, what))))
        .collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// `25% places`, `1 place`; of targets the amount alone.
fn counted(amount: &str, what: &str) -> String {
    let many = if what.is_empty() || amount == "1" { "" } else { "s" };
    format!("{amount}{what}{many}")
}

fn heeded(alarm: &StopAlarm, place: &str) -> String {
    let unless = match alarm.ignores_failures {
        true => ", and goes on where CloudWatch cannot be asked",
        false => "",
    };
    format!("the alarm {}{place} stops it{unless}", alarm.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let text = "schemaVersion: '0.3'\nparameters:\n  InstanceId: {type: 'AWS::EC2::Instance::Id'}\n  \
            Mode: {type: String, allowedValues: [soft, hard], default: soft}\n  Names: {type: StringList, default: []}\n\
            mainSteps:\n- {name: x, action: 'aws:sleep'}\n";
        Document::parse(text).unwrap()
    }

    fn says(maps: &[&str]) -> Result<String, String> {
        let maps: Result<Vec<Values>, String> = maps.iter().map(|text| parse_map(text)).collect();
        mapped(&document(), &maps?).map(|names| names.join(" "))
    }

    #[test]
    fn a_map_is_read_as_aws_writes_it_or_as_json() {
        let map = parse_map("Names=a,b, Mode=hard").unwrap();
        assert_eq!(
            (&map["Names"][..], &map["Mode"][..]),
            (&["a".into(), "b".into()][..], &["hard".into()][..])
        );
        assert_eq!(parse_map(r#"{"Names": ["a", "b"], "Mode": "hard"}"#), Ok(map));
        for bad in ["", "web-01", "=x", "{", "[]"] {
            assert!(parse_map(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_map_is_checked_before_anything_is_asked() {
        let id = "InstanceId=i-0123456789abcdef0";
        assert_eq!(
            says(&[id, &format!("{id},Mode=hard")]).as_deref(),
            Ok("InstanceId Mode")
        );
        assert!(says(&["Colour=red"]).unwrap_err().contains("no parameter Colour"));
        let bad = says(&[id, &format!("{id},Mode=fast")]).unwrap_err();
        assert!(bad.starts_with("map 2: Mode: fast is none of"), "{bad}");
        let bad = says(&[id, "Mode=hard"]).unwrap_err();
        assert_eq!(bad, "map 2: InstanceId: it is required");
        assert!(says(&vec![id; 301]).unwrap_err().contains("AWS takes 300"));
    }

    #[test]
    fn what_is_asked_about_names_every_place_limit_and_alarm() {
        let alarm = |name: &str, ignores_failures| StopAlarm {
            name: name.into(),
            ignores_failures,
        };
        let start = StartAutomation {
            maps: vec![
                parse_map("A=1").unwrap(),
                parse_map("DbPassword=hunter2").unwrap(),
            ],
            concurrency: Some("25%".into()),
            locations: vec![Location {
                accounts: vec!["ou-ab12-cdefgh".into()],
                regions: vec!["eu-west-1".into()],
                excluded: vec!["111122223333".into()],
                includes_children: true,
                role: Some("Ops".into()),
                concurrency: Some("2".into()),
                errors: Some("1".into()),
                alarm: Some(alarm("cart-5xx", true)),
            }],
            alarm: Some(alarm("shop-5xx", false)),
            ..StartAutomation::default()
        };
        assert_eq!(
            reach(&start),
            [
                "once for each of: A=1; DbPassword=[redacted]",
                "25% at once",
                "in eu-west-1 of ou-ab12-cdefgh and the units inside, without 111122223333, as Ops",
                "2 places at once, 1 place may fail",
                "the alarm cart-5xx there stops it, and goes on where CloudWatch cannot be asked",
                "the alarm shop-5xx stops it",
            ]
        );
    }
}
