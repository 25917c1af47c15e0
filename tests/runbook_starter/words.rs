//! The words of an `aws` command, as far as the starter pages write them, and the request that they make.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// `ec2 describe-volumes --volume-ids vol-1`: service, operation, options with their values.
pub struct Said {
    pub service: String,
    pub operation: String,
    pub options: BTreeMap<String, Vec<String>>,
}

impl Said {
    /// None where it is not filled in, or says nothing.
    pub fn read(words: &[String]) -> Option<Said> {
        let bad = |word: &String| word.is_empty() || word.contains("{{") || word.contains('<');
        if words.iter().any(bad) {
            return None;
        }
        let [service, rest @ ..] = words else { return None };
        let first = rest
            .iter()
            .position(|word| word.starts_with("--"))
            .unwrap_or(rest.len());
        let mut options: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut name = String::new();
        for word in &rest[first..] {
            match word.strip_prefix("--") {
                Some(option) => {
                    name = option.to_owned();
                    options.entry(name.clone()).or_default();
                }
                None => options.get_mut(&name)?.push(word.clone()),
            }
        }
        Some(Said {
            service: service.clone(),
            operation: rest[..first].join(" "),
            options,
        })
    }

    pub fn one(&self, option: &str) -> Option<&str> {
        self.options.get(option)?.first().map(String::as_str)
    }

    /// Options that are the request's, not the client's.
    fn own(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        let client = ["region", "query", "output", "max-items"];
        self.options
            .iter()
            .filter(move |(name, _)| !client.contains(&name.as_str()))
    }

    /// The parameters of the query protocols; `member` stands between a list's name and its number, where the service wants it.
    pub fn form(&self, action: &str, version: &str, member: bool) -> Vec<(String, String)> {
        let mut form = vec![
            ("Action".to_owned(), action.to_owned()),
            ("Version".to_owned(), version.to_owned()),
        ];
        for (option, values) in self.own() {
            let name = list_name(option, member);
            match (&name, values.as_slice()) {
                (None, []) => {
                    let (name, value) = match option.strip_prefix("no-") {
                        Some(name) => (name, "false"),
                        None => (option.as_str(), "true"),
                    };
                    form.push((pascal(name), value.into()));
                }
                (None, [value]) if value.starts_with('{') => {
                    let value: Value = serde_json::from_str(value).unwrap();
                    flatten(&mut form, pascal(option), &value);
                }
                (None, [value]) if value.contains('=') => {
                    let fields = fields(value);
                    form.extend(
                        fields
                            .into_iter()
                            .map(|(key, values)| (format!("{}.{key}", pascal(option)), values[0].clone())),
                    );
                }
                (None, values) => form.push((pascal(option), values.join(" "))),
                (Some(name), values) => {
                    for (nth, value) in (1..).zip(values) {
                        list_item(&mut form, &format!("{name}.{nth}"), value);
                    }
                }
            }
        }
        if self.operation == "run-instances" {
            form.extend(["MinCount", "MaxCount"].map(|name| (name.to_owned(), "1".to_owned())));
        }
        form
    }

    /// The members of the JSON protocols; some services begin them with a small letter.
    pub fn members(&self, is_camel: bool) -> Value {
        let mut members = Map::new();
        for (option, values) in self.own() {
            let value = match (option.as_str(), values.as_slice()) {
                ("filters" | "lookup-attributes" | "dimensions", values) => {
                    values.iter().map(|value| structure(value)).collect()
                }
                ("instance-ids" | "statistics" | "plan-types" | "payment-options", values) => json!(values),
                ("durations", values) => values
                    .iter()
                    .map(|text| json!(text.parse::<i64>().unwrap()))
                    .collect(),
                ("max-results" | "period" | "from" | "to" | "retention-in-days", [number]) => {
                    json!(number.parse::<i64>().unwrap())
                }
                ("flexible-time-window", [value]) => structure(value),
                ("target", [value]) => serde_json::from_str(value).unwrap(),
                ("start-time" | "end-time", [at]) => {
                    json!(at.parse::<jiff::Timestamp>().unwrap().as_second())
                }
                (_, values) => json!(values.join(" ")),
            };
            let name = pascal(option);
            let name = if is_camel {
                name[..1].to_lowercase() + &name[1..]
            } else {
                name
            };
            members.insert(name, value);
        }
        Value::Object(members)
    }
}

/// `describe-db-instances` as `DescribeDBInstances`.
pub fn pascal(kebab: &str) -> String {
    let part = |part: &str| match part {
        "db" => "DB".to_owned(),
        _ => part[..1].to_uppercase() + &part[1..],
    };
    kebab.split('-').map(part).collect()
}

/// How the query protocols call a list; none for what is no list.
fn list_name(option: &str, member: bool) -> Option<String> {
    const LISTS: [&str; 21] = [
        "allocation-ids",
        "attributes",
        "filters",
        "flow-log-ids",
        "image-ids",
        "instance-credit-specification",
        "instance-ids",
        "instance-types",
        "ip-permissions",
        "load-balancer-arns",
        "owner-ids",
        "owners",
        "product-descriptions",
        "region-names",
        "resource-ids",
        "route-table-ids",
        "snapshot-ids",
        "target-group-arns",
        "targets",
        "volume-ids",
        "vpc-endpoint-ids",
    ];
    if !LISTS.contains(&option) {
        return None;
    }
    if member {
        return Some(format!("{}.member", pascal(option)));
    }
    Some(match option {
        "ip-permissions" => "IpPermissions".into(),
        "owner-ids" => "Owner".into(),
        other => pascal(other.strip_suffix('s').unwrap_or(other)),
    })
}

/// Members of members by their path.
fn flatten(form: &mut Vec<(String, String)>, path: String, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                flatten(form, format!("{path}.{name}"), value);
            }
        }
        Value::String(text) => form.push((path, text.clone())),
        other => form.push((path, other.to_string())),
    }
}

fn list_item(form: &mut Vec<(String, String)>, name: &str, value: &str) {
    if !value.contains('=') {
        form.push((name.to_owned(), value.to_owned()));
        return;
    }
    for (key, values) in fields(value) {
        match key.as_str() {
            "Values" => form.extend(
                (1..)
                    .zip(values)
                    .map(|(nth, value)| (format!("{name}.Value.{nth}"), value)),
            ),
            _ => form.push((format!("{name}.{key}"), values[0].clone())),
        }
    }
}

/// `Name=a,Values=b,c` as names and values; a list of one structure is told by its number.
fn fields(text: &str) -> Vec<(String, Vec<String>)> {
    let flat = text.replace("IpRanges=[{", "IpRanges.1.").replace("}]", "");
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    for part in flat.split(',') {
        match part.split_once('=') {
            Some((key, value)) => fields.push((key.to_owned(), vec![value.to_owned()])),
            None => fields.last_mut().unwrap().1.push(part.to_owned()),
        }
    }
    fields
}

fn structure(text: &str) -> Value {
    let member = |(key, values): (String, Vec<String>)| {
        let value = if key == "Values" {
            json!(values)
        } else {
            json!(values[0])
        };
        (key, value)
    };
    Value::Object(fields(text).into_iter().map(member).collect())
}
