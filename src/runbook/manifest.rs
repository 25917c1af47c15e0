//! The front matter as a run needs it: variables, targets, defaults. All of it is optional, keys of other tools are
//! passed over, and what is wrong is named with its line and with what is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, Error as _, Visitor};
use serde::{Deserialize, de};

use super::duration::parse_duration;
use super::fence::is_variable;
use super::fill::Values;
use super::front;
use super::level::Level;
use super::placeholder::name;
use super::variable::Variable;

/// What runbooks read of a front matter, here and where pages are listed, and what each key has to be.
pub(super) const KEYS: [(&str, Shape); 11] = [
    ("title", Shape::Text),
    ("owner", Shape::Text),
    ("alarms", Shape::Texts),
    ("alerts", Shape::Texts),
    ("tags", Shape::Texts),
    ("last_reviewed", Shape::Date),
    ("review_in", Shape::Days),
    ("audience", Shape::Texts),
    ("targets", Shape::Map),
    ("vars", Shape::Map),
    ("defaults", Shape::Map),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Texts,
    Date,
    Days,
    Map,
}

/// What a page says of how it is run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    pub owner: Option<String>,
    pub alarms: Vec<String>,
    /// Who may run it.
    pub audience: Vec<String>,
    pub targets: BTreeMap<String, Target>,
    pub variables: BTreeMap<String, Variable>,
    pub timeout: Option<Duration>,
    /// `None` is `auto`.
    pub confirm: Option<Level>,
}

/// How a block marked `on=NAME` finds its machines. Every condition holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    #[serde(default)]
    pub tag: BTreeMap<String, Scalar>,
    /// In the language of `fleet ls --filter`.
    pub filter: Option<String>,
    pub state: Option<String>,
    pub ping: Option<String>,
    /// More machines than this are refused.
    pub max: Option<usize>,
}

/// Front matter that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{says}")]
pub struct BadManifest {
    /// Line of the page, from 1.
    pub line: usize,
    pub says: String,
}

/// A string, number or truth of YAML, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scalar(pub String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Scalar, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text, a number or a truth")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// The front matter as it is written.
#[derive(Deserialize)]
struct Written {
    owner: Option<Scalar>,
    #[serde(default, deserialize_with = "one_or_many")]
    alarms: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    audience: Vec<String>,
    #[serde(default)]
    targets: BTreeMap<String, Target>,
    #[serde(default)]
    vars: BTreeMap<String, Variable>,
    #[serde(default)]
    defaults: Defaults,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Defaults {
    timeout: Option<Scalar>,
    shell: Option<String>,
    confirm: Option<String>,
}

pub(super) fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        One(Scalar),
        Many(Vec<Scalar>),
    }
    let either = Option::<Either>::deserialize(deserializer).map_err(D::Error::custom)?;
    Ok(match either {
        None => Vec::new(),
        Some(Either::One(one)) => vec![one.0],
        Some(Either::Many(many)) => many.into_iter().map(|one| one.0).collect(),
    })
}

impl Manifest {
    /// Values that hold where none is given, by the one name of all spellings.
    pub fn defaults(&self) -> Values {
        let default = |(key, variable): (&String, &Variable)| {
            let value = variable.default.clone().filter(|_| variable.stored().is_none());
            Some((name(key), value?))
        };
        self.variables.iter().filter_map(default).collect()
    }

    /// Variables that are secret, as they are declared.
    pub fn secrets(&self) -> BTreeSet<String> {
        let all = self.variables.iter();
        let secrets = all.filter(|(_, variable)| variable.is_secret());
        secrets.map(|(name, _)| name.clone()).collect()
    }

    /// Reads the front matter of a page with LF line ends; a page without any gives the default.
    pub fn parse(text: &str) -> Result<Manifest, BadManifest> {
        if front::is_open(text) {
            return Err(BadManifest {
                line: 1,
                says: "the front matter has no end: close it with a line of --- of its own".into(),
            });
        }
        let (matter, _) = front::split(text);
        if matter.trim().is_empty() {
            return Ok(Manifest::default());
        }
        let written: Option<Written> = serde_saphyr::from_str(matter).map_err(|cause| {
            let line = cause.location().map_or(1, |at| at.line().max(1) as usize);
            let says = cause.without_snippet().to_string();
            let says = says.lines().next().unwrap_or("it is no YAML");
            // The line is told already, counted from the page's first; advice on types is for programmers.
            let says = says.split(" at line ").next().unwrap_or(says);
            let says = says.split("; use ").next().unwrap_or(says);
            BadManifest {
                line: line + 1,
                says: format!("the front matter cannot be read: {says}"),
            }
        })?;
        let Some(written) = written else {
            return Ok(Manifest::default());
        };
        let at = |key: &str, says: String| BadManifest {
            line: line_of(matter, key),
            says,
        };
        for (name, variable) in &written.vars {
            if !is_variable(name) {
                return Err(at(
                    name,
                    format!("{name:?} under `vars` is no name of a variable: letters, digits and _"),
                ));
            }
            variable
                .check()
                .map_err(|cause| at(name, format!("`vars.{name}`: {cause}")))?;
        }
        for (name, target) in &written.targets {
            if let Some(filter) = &target.filter {
                crate::fleet::Filter::parse(filter)
                    .map_err(|cause| at(name, format!("`targets.{name}.filter`: {cause}")))?;
            }
            if target.tag.is_empty() && target.filter.is_none() {
                let says = format!("`targets.{name}` would be every machine: give `tag` or `filter`");
                return Err(at(name, says));
            }
        }
        let timeout = written.defaults.timeout.map(|said| {
            parse_duration(&said.0).map_err(|cause| at("timeout", format!("`defaults.timeout`: {cause}")))
        });
        if let Some(shell) = &written.defaults.shell
            && !matches!(super::shell::bare_name(shell), "sh" | "bash")
        {
            let says =
                format!("`defaults.shell` is {shell:?}: runs are made in bash, or in sh where there is none");
            return Err(at("shell", says));
        }
        let confirm = match written.defaults.confirm.as_deref() {
            None | Some("auto") => None,
            Some(said) => Some(said.parse().map_err(|()| {
                at(
                    "confirm",
                    format!("`defaults.confirm` is {said:?}: {}", Level::ALLOWED),
                )
            })?),
        };
        Ok(Manifest {
            owner: written.owner.map(|owner| owner.0),
            alarms: written.alarms,
            audience: written.audience,
            targets: written.targets,
            variables: written.vars,
            timeout: timeout.transpose()?,
            confirm,
        })
    }
}

/// The line of the page on which a key stands.
fn line_of(matter: &str, key: &str) -> usize {
    let is_it = |line: &str| {
        line.split(['{', ','])
            .any(|part| part.trim().trim_matches(['"', '\'']).starts_with(key) && part.contains(':'))
    };
    matter.lines().position(is_it).map_or(2, |at| at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAGE: &str = r#"---
title: Drain a web node
owner: team-web
alarms: ["web-*-5xx", "AWS/ApplicationELB:HTTPCode_Target_5XX_Count"]
last_reviewed: 2026-10-01
review_in: 90d
audience: [oncall]
layout: {of: another tool}
targets:
  web: {tag: {Role: web, Env: "{{env}}"}, state: running, ping: Online, max: 20}
vars:
  env:   {choose: [prod, stage], default: stage}
  NODE:  {from: target.instance_id}
  TOKEN: {secret: "ssm:/oncall/token"}
  SNAP:  {suggest: "aws ec2 describe-snapshots --owner-ids self --query 'Snapshots[].SnapshotId' --output text"}
  COUNT: {match: '^[0-9]{1,3}$', prompt: "How many?", default: 3}
defaults: {timeout: 60s, shell: bash, confirm: auto}
---
# Drain
"#;

    #[test]
    fn the_front_matter_of_the_convention_is_read() {
        let manifest = Manifest::parse(PAGE).unwrap();
        assert_eq!(manifest.timeout, Some(Duration::from_secs(60)));
        assert_eq!(manifest.targets["web"].max, Some(20));
        assert_eq!(manifest.targets["web"].tag["Env"].0, "{{env}}");
        assert_eq!(manifest.variables["COUNT"].default.as_deref(), Some("3"));
        assert_eq!(manifest.variables["env"].choose, ["prod", "stage"]);
        assert_eq!(manifest.confirm, None);
    }

    #[test]
    fn every_key_that_is_read_is_known_to_the_linter_with_its_shape() {
        for (key, shape) in KEYS {
            let wrong = match shape {
                Shape::Map => "[a, b]",
                Shape::Text | Shape::Texts | Shape::Date | Shape::Days => "{a: b}",
            };
            let read_here = ["owner", "alarms", "audience", "targets", "vars", "defaults"];
            let refused = Manifest::parse(&format!("---\n{key}: {wrong}\n---\n")).is_err();
            assert_eq!(refused, read_here.contains(&key), "{key}");
        }
    }

    #[test]
    fn a_page_without_front_matter_says_nothing_and_that_is_fine() {
        assert_eq!(Manifest::parse("# T\n").unwrap(), Manifest::default());
        assert_eq!(Manifest::parse("---\n---\n# T\n").unwrap(), Manifest::default());
        assert_eq!(
            Manifest::parse("---\n# only a remark\n---\n# T\n").unwrap(),
            Manifest::default()
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (matter, line, says) in [
            ("title: x\nvars: [\n", 3, "cannot be read"),
            (": : [ not yaml\n\tx\n", 2, "cannot be read: "),
            ("title: x\nvars:\n  A: {frm: x}\n", 4, "frm"),
            ("vars:\n  A: {match: '('}\n", 3, "match"),
            ("vars:\n  ok: {default: 1}\n  1A: {default: x}\n", 4, "no name"),
            ("defaults: {confirm: never}\n", 2, "allowed are auto, none"),
            ("defaults: {timeout: soon}\n", 2, "expected a time"),
            (
                "defaults: {shell: zsh, timeout: 5s}\n",
                2,
                "runs are made in bash",
            ),
            ("targets:\n  web: {state: running}\n", 3, "every machine"),
            ("targets:\n  web: {filter: '/[/'}\n", 3, "filter"),
            ("vars:\n  A: {secret: 'file:/x'}\n", 3, "ssm:/"),
        ] {
            let bad = Manifest::parse(&format!("---\n{matter}---\n# T\n")).unwrap_err();
            assert!(bad.says.contains(says), "{matter}: {bad}");
            assert!(!bad.says.contains("Option<"), "{matter}: {bad}");
            assert_eq!(bad.line, line, "{matter}: {bad}");
        }
    }

    proptest! {
        #[test]
        fn any_front_matter_is_read_or_refused(matter in "[a-z:{}\\[\\]\"'&*!|> \n#,-]{0,80}") {
            let _ = Manifest::parse(&format!("---\n{matter}\n---\n# T\n"));
        }
    }
}
