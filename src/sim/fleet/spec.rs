//! What a fleet should be: accounts, and groups of machines that look alike. The demo, a fleet of any size
//! and a user's file all end as one [`Spec`].

use std::collections::BTreeMap;
use std::path::Path;

use super::{BadFile, Platform, REGIONS, Size, file};

/// A fleet as it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    pub accounts: Vec<AccountSpec>,
    pub groups: Vec<Group>,
    pub tasks: Vec<TaskSpec>,
}

/// Tasks of one service that differ only in their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSpec {
    pub cluster: String,
    pub service: String,
    /// Index into the accounts.
    pub account: usize,
    pub region: String,
    pub count: usize,
    pub containers: Vec<String>,
    pub exec: bool,
    pub stopped: bool,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSpec {
    pub id: String,
    pub name: String,
    pub regions: Vec<String>,
    /// Cost Explorer shows a payer the costs of every account; the others see their own.
    pub payer: bool,
}

/// Machines that differ only in number and place.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The `Name` tag; with more than one machine a number is added.
    pub name: String,
    /// Index into the accounts.
    pub account: usize,
    /// The machines go round these in turn.
    pub regions: Vec<String>,
    pub count: usize,
    /// Types the machines go round; empty for hybrid nodes.
    pub sizes: Vec<Size>,
    pub platform: Platform,
    pub health: Health,
    /// `running`, `stopped` or `terminated`.
    pub state: &'static str,
    pub public: bool,
    /// A node outside EC2, with an `mi-` id.
    pub hybrid: bool,
    pub tags: BTreeMap<String, String>,
}

/// How the agents of a group are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Mostly online, some lost, some old, some missing.
    Mixed,
    Online,
    Lost,
    Old,
    Missing,
}

impl Health {
    pub const WORDS: &[(&str, Health)] = &[
        ("mixed", Health::Mixed),
        ("online", Health::Online),
        ("lost", Health::Lost),
        ("old", Health::Old),
        ("missing", Health::Missing),
    ];
}

const DEMO: &str = include_str!("../../../assets/demo/fleet.toml");

impl Spec {
    /// Two accounts, four regions, about 120 machines: `assets/demo/fleet.toml`. A test shows that the file,
    /// which is compiled in, can be read; otherwise there would be no machine at all.
    pub fn demo() -> Spec {
        let nothing = Spec {
            accounts: Vec::new(),
            groups: Vec::new(),
            tasks: Vec::new(),
        };
        Spec::parse(DEMO, "assets/demo/fleet.toml").unwrap_or(nothing)
    }

    /// `instances` machines spread evenly over the first `regions` regions of AWS, in one account.
    pub fn scale(instances: usize, regions: usize) -> Spec {
        let regions: Vec<String> = REGIONS
            .iter()
            .take(regions.max(1))
            .map(|(name, ..)| (*name).to_owned())
            .collect();
        let teams = [
            "pay", "search", "platform", "data", "ml", "web", "security", "mobile",
        ];
        let roles = [
            "api", "worker", "cache", "db", "queue", "gateway", "indexer", "batch",
        ];
        let sizes = [
            "m7g.large",
            "c7g.xlarge",
            "r6i.2xlarge",
            "t3.medium",
            "m6i.xlarge",
        ];
        let groups = teams
            .iter()
            .flat_map(|team| roles.iter().map(move |role| (*team, *role)))
            .enumerate();
        let all = teams.len() * roles.len();
        let groups = groups.map(|(index, (team, role))| Group {
            name: format!("{team}-{role}"),
            account: 0,
            regions: rotated(&regions, index),
            count: instances / all + usize::from(index < instances % all),
            sizes: sizes.iter().filter_map(|size| Size::parse(size)).collect(),
            platform: if index % 7 == 3 {
                Platform::Ubuntu2404
            } else {
                Platform::AmazonLinux2023
            },
            health: Health::Mixed,
            state: "running",
            public: false,
            hybrid: false,
            tags: [
                ("team", team),
                ("service", role),
                ("env", if index % 3 == 0 { "staging" } else { "prod" }),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        });
        let groups = groups.filter(|group| group.count > 0).collect();
        let account = AccountSpec {
            id: "730182945516".into(),
            name: "scale".into(),
            regions,
            payer: false,
        };
        Spec {
            accounts: vec![account],
            groups,
            tasks: Vec::new(),
        }
    }

    /// A fleet file; `name` is only for messages.
    pub fn parse(text: &str, name: &str) -> Result<Spec, BadFile> {
        file::parse(text, name)
    }

    pub fn load(path: &Path) -> Result<Spec, BadFile> {
        file::load(path)
    }
}

/// Each group starts elsewhere, so that small groups do not all meet in the first region.
fn rotated(regions: &[String], by: usize) -> Vec<String> {
    let (front, back) = regions.split_at(by % regions.len());
    [back, front].concat()
}

impl Default for Spec {
    fn default() -> Spec {
        Spec::demo()
    }
}
