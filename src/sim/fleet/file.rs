//! Reading a fleet file. Every complaint names the file, the line and what is allowed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{AccountSpec, Group, Health, Platform, Size, Spec, TaskSpec, region};

/// What `qd sim --help` says about the file.
pub const HELP: &str = r#"[[accounts]]
id = "613489207754"              # twelve digits
name = "shop-prod"
regions = ["us-east-1", "eu-west-1"]
payer = true                     # optional: Cost Explorer shows it every account's costs

[[instances]]                    # one machine, or `count` machines of this template
name = "checkout-api"            # with a count: checkout-api-01, -02, …
account = "shop-prod"            # name or id; optional when there is one account
regions = ["us-east-1"]          # optional: all of the account's, in turn
count = 12                       # optional: 1
types = ["m7g.large"]            # optional: t3.micro
platform = "ubuntu-24.04"        # optional: amazon-linux-2023
agent = "mixed"                  # optional: online, lost, old, missing
state = "running"                # optional: stopped, terminated
public = false                   # optional: has a public address
hybrid = false                   # optional: a node outside EC2 (mi-…)
tags = { team = "pay", env = "prod" }

[[tasks]]                        # tasks of a service on Amazon ECS
cluster = "shop"
service = "cart"
account = "shop-prod"            # as above
region = "us-east-1"             # optional: the account's first
count = 2                        # optional: 1
containers = ["app", "envoy"]
exec = true                      # optional: ECS Exec is enabled
stopped = false                  # optional
tags = { env = "prod" }"#;

/// A fleet file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {says}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct BadFile {
    pub file: String,
    /// From 1; none when the file itself could not be read.
    pub line: Option<usize>,
    pub says: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    accounts: Vec<RawAccount>,
    #[serde(default)]
    instances: Vec<RawGroup>,
    #[serde(default)]
    tasks: Vec<RawTask>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTask {
    cluster: Spanned<String>,
    service: String,
    account: Option<Spanned<String>>,
    region: Option<Spanned<String>>,
    #[serde(default = "one")]
    count: usize,
    containers: Vec<String>,
    #[serde(default = "yes")]
    exec: bool,
    #[serde(default)]
    stopped: bool,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAccount {
    id: Spanned<String>,
    name: String,
    regions: Vec<Spanned<String>>,
    #[serde(default)]
    payer: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    name: Spanned<String>,
    account: Option<Spanned<String>>,
    regions: Option<Vec<Spanned<String>>>,
    #[serde(default = "one")]
    count: usize,
    #[serde(default)]
    types: Vec<Spanned<String>>,
    platform: Option<Spanned<String>>,
    agent: Option<Spanned<String>>,
    state: Option<Spanned<String>>,
    #[serde(default)]
    public: bool,
    #[serde(default)]
    hybrid: bool,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

fn one() -> usize {
    1
}

fn yes() -> bool {
    true
}

type Complaint = (Range<usize>, String);

pub fn load(path: &Path) -> Result<Spec, BadFile> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| BadFile {
        file: name.clone(),
        line: None,
        says: format!("cannot be read: {error}"),
    })?;
    parse(&text, &name)
}

pub fn parse(text: &str, name: &str) -> Result<Spec, BadFile> {
    let raw: Result<Raw, _> = toml::from_str(text);
    let spec = raw
        .map_err(|error| (error.span().unwrap_or(0..0), error.message().to_owned()))
        .and_then(|raw| check(&raw));
    spec.map_err(|(span, says)| {
        let line = 1 + text
            .as_bytes()
            .iter()
            .take(span.start)
            .filter(|byte| **byte == b'\n')
            .count();
        BadFile {
            file: name.to_owned(),
            line: Some(line),
            says,
        }
    })
}

fn check(raw: &Raw) -> Result<Spec, Complaint> {
    let accounts = raw
        .accounts
        .iter()
        .map(check_account)
        .collect::<Result<Vec<_>, _>>()?;
    if accounts.is_empty() {
        return Err((0..0, "expected at least one [[accounts]]".to_owned()));
    }
    let groups = raw
        .instances
        .iter()
        .map(|group| check_group(group, &accounts))
        .collect::<Result<_, _>>()?;
    let tasks = raw
        .tasks
        .iter()
        .map(|task| check_task(task, &accounts))
        .collect::<Result<_, _>>()?;
    Ok(Spec {
        accounts,
        groups,
        tasks,
    })
}

fn check_account(raw: &RawAccount) -> Result<AccountSpec, Complaint> {
    let id = raw.id.get_ref();
    if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err((raw.id.span(), format!("account id `{id}` is not twelve digits")));
    }
    for name in &raw.regions {
        if !region::exists(name.get_ref()) {
            return Err((name.span(), format!("`{}` is no AWS region", name.get_ref())));
        }
    }
    let regions = raw.regions.iter().map(|name| name.get_ref().clone()).collect();
    Ok(AccountSpec {
        id: id.clone(),
        name: raw.name.clone(),
        regions,
        payer: raw.payer,
    })
}

/// The index of the account that is meant.
fn account_of(
    said: Option<&Spanned<String>>,
    at: Range<usize>,
    accounts: &[AccountSpec],
) -> Result<usize, Complaint> {
    match said {
        Some(name) => {
            let wanted = name.get_ref();
            accounts
                .iter()
                .position(|account| account.name == *wanted || account.id == *wanted)
                .ok_or_else(|| {
                    let known: Vec<&str> = accounts.iter().map(|account| account.name.as_str()).collect();
                    (
                        name.span(),
                        format!("no account `{wanted}`; the file has {}", known.join(", ")),
                    )
                })
        }
        None if accounts.len() == 1 => Ok(0),
        None => Err((at, "says no account, and there are several".to_owned())),
    }
}

fn check_task(raw: &RawTask, accounts: &[AccountSpec]) -> Result<TaskSpec, Complaint> {
    let account = account_of(raw.account.as_ref(), raw.cluster.span(), accounts)?;
    let has = &accounts[account];
    let region = match &raw.region {
        Some(name) if has.regions.contains(name.get_ref()) => name.get_ref().clone(),
        Some(name) => {
            let says = format!("account {} has no region `{}`", has.name, name.get_ref());
            return Err((name.span(), says));
        }
        None => has.regions.first().cloned().unwrap_or_default(),
    };
    if raw.containers.is_empty() {
        return Err((raw.cluster.span(), "a task has at least one container".to_owned()));
    }
    Ok(TaskSpec {
        cluster: raw.cluster.get_ref().clone(),
        service: raw.service.clone(),
        account,
        region,
        count: raw.count,
        containers: raw.containers.clone(),
        exec: raw.exec,
        stopped: raw.stopped,
        tags: raw.tags.clone(),
    })
}

fn check_group(raw: &RawGroup, accounts: &[AccountSpec]) -> Result<Group, Complaint> {
    let account = account_of(raw.account.as_ref(), raw.name.span(), accounts)?;
    let has = &accounts[account];
    let regions = raw.regions.as_deref().unwrap_or_default();
    if let Some(other) = regions.iter().find(|name| !has.regions.contains(name.get_ref())) {
        let says = format!(
            "account {} has no region `{}`; it has {}",
            has.name,
            other.get_ref(),
            has.regions.join(", ")
        );
        return Err((other.span(), says));
    }
    let regions = match regions {
        [] => has.regions.clone(),
        some => some.iter().map(|name| name.get_ref().clone()).collect(),
    };
    if regions.is_empty() {
        return Err((raw.name.span(), format!("account {} has no regions", has.name)));
    }
    let mut sizes = Vec::new();
    for size in &raw.types {
        let says = || {
            (
                size.span(),
                format!(
                    "`{}` is no instance type that the simulator knows",
                    size.get_ref()
                ),
            )
        };
        sizes.push(Size::parse(size.get_ref()).ok_or_else(says)?);
    }
    if sizes.is_empty() {
        sizes.extend(Size::parse("t3.micro"));
    }
    Ok(Group {
        name: raw.name.get_ref().clone(),
        account,
        regions,
        count: raw.count,
        sizes,
        platform: word(raw.platform.as_ref(), Platform::WORDS, Platform::AmazonLinux2023)?,
        health: word(raw.agent.as_ref(), Health::WORDS, Health::Mixed)?,
        state: word(
            raw.state.as_ref(),
            &[
                ("running", "running"),
                ("stopped", "stopped"),
                ("terminated", "terminated"),
            ],
            "running",
        )?,
        public: raw.public,
        hybrid: raw.hybrid,
        tags: raw.tags.clone(),
    })
}

/// The value that a word stands for.
fn word<T: Copy>(said: Option<&Spanned<String>>, words: &[(&str, T)], default: T) -> Result<T, Complaint> {
    let Some(said) = said else { return Ok(default) };
    let found = words
        .iter()
        .find(|(word, _)| word == said.get_ref())
        .map(|(_, value)| *value);
    found.ok_or_else(|| {
        let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        (
            said.span(),
            format!("`{}` is not one of {}", said.get_ref(), allowed.join(", ")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_help_is_a_fleet() {
        let spec = parse(HELP, "help").unwrap();
        assert_eq!(spec.groups[0].count, 12);
        assert_eq!(spec.groups[0].regions, ["us-east-1"]);
        assert!(spec.accounts[0].payer);
    }

    #[test]
    fn a_complaint_names_the_line_and_what_is_allowed() {
        for (from, to, line, says) in [
            ("613489207754", "6134", 2, "twelve digits"),
            ("\"eu-west-1\"", "\"eu-west-9\"", 4, "no AWS region"),
            (
                "shop-prod\"            #",
                "shop-test\" #",
                9,
                "the file has shop-prod",
            ),
            ("m7g.large", "m7g.huge", 12, "no instance type"),
            ("ubuntu-24.04", "ubuntu", 13, "amazon-linux-2023"),
            ("\"mixed\"", "\"good\"", 14, "online"),
            ("count = 12", "count = \"x\"", 11, "expected"),
            ("hybrid = false", "hybird = false", 17, "unknown field"),
        ] {
            assert!(HELP.contains(from), "{from}");
            let bad = parse(&HELP.replace(from, to), "fleet.toml").unwrap_err();
            assert!(bad.line == Some(line) && bad.says.contains(says), "{to}: {bad}");
        }
    }

    #[test]
    fn the_demo_fleet_is_readable() {
        parse(include_str!("../../../assets/demo/fleet.toml"), "demo").unwrap();
    }
}
