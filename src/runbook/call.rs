//! ` ```ssm ` blocks: a Systems Manager document that a page has started, as YAML with `document`, `version`, `parameters`,
//! `targets` and `mode`. Values are put into it once it is taken apart, so that none can become anything but a value.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::fill::{Refused, Values};
use super::manifest::{Scalar, one_or_many};
use super::placeholder::{self, name};

/// What is to be started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    pub document: String,
    pub version: Option<String>,
    pub parameters: BTreeMap<String, Vec<String>>,
    pub on: On,
    /// An Automation waits before each of its steps.
    pub interactive: bool,
    /// Of the block's text.
    pub sha256: String,
    /// No fence ends its block.
    pub is_open: bool,
}

/// Where it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum On {
    /// The machines of the run.
    #[default]
    Run,
    Machines(Vec<String>),
    /// All must hold.
    Tags(BTreeMap<String, Vec<String>>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    document: String,
    version: Option<Scalar>,
    #[serde(default)]
    parameters: BTreeMap<String, Texts>,
    targets: Option<Targets>,
    mode: Option<String>,
}

#[derive(Deserialize)]
struct Texts(#[serde(deserialize_with = "one_or_many")] Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Targets {
    Machines(Vec<Scalar>),
    Tags { tag: BTreeMap<String, Texts> },
}

impl Call {
    /// Reads a block; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Call, String> {
        let written: Written = serde_saphyr::from_str(text).map_err(|cause| {
            if let Some(says) = misaimed(text) {
                return says.to_owned();
            }
            let says = cause.without_snippet().to_string();
            let says = says.lines().next().unwrap_or("it is no YAML").to_owned();
            format!("the ssm block cannot be read: {says}; allowed are document, version, parameters, targets, mode")
        })?;
        if matches!(&written.targets, Some(Targets::Machines(ids)) if ids.is_empty()) {
            return Err("targets: [] names no machine; leave targets out for the machines of the run".into());
        }
        let interactive = match written.mode.as_deref() {
            None | Some("Auto") => false,
            Some("Interactive") => true,
            Some(other) => return Err(format!("mode: {other:?}: allowed are Auto and Interactive")),
        };
        let texts = |all: BTreeMap<String, Texts>| all.into_iter().map(|(key, Texts(values))| (key, values));
        Ok(Call {
            document: written.document,
            version: written.version.map(|version| version.0),
            parameters: texts(written.parameters).collect(),
            on: match written.targets {
                None => On::Run,
                Some(Targets::Machines(ids)) => On::Machines(ids.into_iter().map(|id| id.0).collect()),
                Some(Targets::Tags { tag }) => On::Tags(texts(tag).collect()),
            },
            interactive,
            sha256: hex::encode(Sha256::digest(text.as_bytes())),
            is_open: false,
        })
    }

    /// The same with every placeholder's value. Secrets are refused: AWS keeps parameters in clear.
    pub fn fill(&self, values: &Values, secrets: &BTreeSet<String>) -> Result<Call, Refused> {
        let mut missing = Vec::new();
        let mut filled = self.clone();
        for text in filled.texts() {
            for found in placeholder::written(text).into_iter().rev() {
                let is_secret = secrets.iter().any(|secret| name(secret) == found.name);
                if is_secret {
                    return Err(Refused::Secret {
                        placeholder: found.text,
                    });
                }
                match values.get(&found.name).filter(|value| !value.is_empty()) {
                    Some(value) => text.replace_range(found.at, value),
                    None => missing.push(found.name),
                }
            }
        }
        missing.sort();
        missing.dedup();
        match missing.is_empty() {
            true => Ok(filled),
            false => Err(Refused::Missing(missing)),
        }
    }

    /// Names of its placeholders.
    pub fn placeholders(&self) -> BTreeSet<String> {
        let mut all = self.clone();
        let found = all
            .texts()
            .into_iter()
            .flat_map(|text| placeholder::written(text));
        found.map(|found| found.name).collect()
    }

    fn texts(&mut self) -> Vec<&mut String> {
        let on: Vec<&mut String> = match &mut self.on {
            On::Run => Vec::new(),
            On::Machines(ids) => ids.iter_mut().collect(),
            On::Tags(tags) => tags.values_mut().flatten().collect(),
        };
        let parameters = self.parameters.values_mut().flatten();
        let version = self.version.iter_mut();
        [&mut self.document]
            .into_iter()
            .chain(version)
            .chain(parameters)
            .chain(on)
            .collect()
    }

    /// As it is shown before it is started, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![match &self.version {
            None => format!("document: {}", self.document),
            Some(version) => format!("document: {}, version {version}", self.document),
        }];
        for (key, values) in &self.parameters {
            lines.push(format!("{key}: {}", values.join(", ")));
        }
        match &self.on {
            On::Run => {}
            On::Machines(ids) => lines.push(format!("on {}", ids.join(", "))),
            On::Tags(tags) => {
                let tag = |(key, values): (&String, &Vec<String>)| format!("{key}={}", values.join("|"));
                let tags: Vec<String> = tags.iter().map(tag).collect();
                lines.push(format!("on every machine with {}", tags.join(" and ")));
            }
        }
        if self.interactive {
            lines.push("waits before each step".into());
        }
        lines
    }
}

/// What is wrong with targets that are neither a list of machines nor tags; AWS's own way to write them is called so.
fn misaimed(text: &str) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct Block {
        targets: Option<serde_json::Value>,
    }
    let block: Block = serde_saphyr::from_str(text).ok()?;
    let targets = block.targets?;
    let is_aws = |target: &serde_json::Value| target.get("Key").or_else(|| target.get("key")).is_some();
    let is_list_of_ids =
        |all: &Vec<serde_json::Value>| all.iter().all(|id| !id.is_object() && !id.is_array());
    let is_tags = |tag: &serde_json::Value| tag.is_object();
    match &targets {
        serde_json::Value::Array(all) if all.iter().any(is_aws) => Some(
            "targets: Key and Values are how AWS writes them; here write targets: {tag: {NAME: [VALUE]}}, or targets: [i-…] for machines",
        ),
        serde_json::Value::Array(all) if is_list_of_ids(all) => None,
        serde_json::Value::Object(all) if all.get("tag").is_some_and(is_tags) => None,
        _ => Some(
            "targets is neither a list of machines nor tags; write targets: [i-…], or targets: {tag: {NAME: [VALUE]}}",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BLOCK: &str = "document: AWS-RunPatchBaseline\nparameters: {Operation: Install, RebootOption: '{{reboot}}'}\ntargets: ['{{instance_id}}']\n";

    #[test]
    fn a_block_is_read_and_its_values_stay_values() {
        let call = Call::parse(BLOCK).unwrap();
        assert_eq!(
            call.placeholders(),
            ["instance_id", "reboot"].map(String::from).into()
        );
        let none = BTreeSet::new();
        let missing = call.fill(&Values::new(), &none);
        assert_eq!(
            missing,
            Err(Refused::Missing(vec!["instance_id".into(), "reboot".into()]))
        );
        let evil = "i-1'], document: AWS-RunShellScript, x: ['";
        let values = Values::from([
            ("instance_id".to_owned(), evil.to_owned()),
            ("reboot".to_owned(), "NoReboot".to_owned()),
        ]);
        let filled = call.fill(&values, &none).unwrap();
        assert_eq!(filled.on, On::Machines(vec![evil.into()]));
        assert_eq!(filled.document, "AWS-RunPatchBaseline");
        assert_eq!(filled.parameters["RebootOption"], ["NoReboot"]);
        let secret = call.fill(&values, &["reboot".to_owned()].into());
        assert!(matches!(secret, Err(Refused::Secret { .. })));
    }

    #[test]
    fn what_is_wrong_with_a_block_is_said() {
        for (text, says) in [
            ("- a\n", "cannot be read"),
            ("document: X\nparams: {}\n", "allowed are document"),
            ("document: X\nmode: Fast\n", "Auto and Interactive"),
            (
                "document: X\ntargets: []\n",
                "names no machine; leave targets out",
            ),
            (
                "document: X\ntargets:\n- {Key: 'tag:Role', Values: [web]}\n",
                "here write targets: {tag: {NAME: [VALUE]}}",
            ),
            (
                "document: X\ntargets: web\n",
                "neither a list of machines nor tags",
            ),
            (
                "document: X\nparams: {}\ntargets: [i-1]\n",
                "allowed are document",
            ),
        ] {
            assert!(Call::parse(text).unwrap_err().contains(says), "{text}");
        }
        let tags = Call::parse("document: X\ntargets: {tag: {Role: [web, api], Env: test}}\n").unwrap();
        assert_eq!(tags.lines()[1], "on every machine with Env=test and Role=web|api");
    }

    proptest! {
        #[test]
        fn any_block_is_read_or_refused(text in "[a-z:{}\\[\\]\"'&*!|> \n#,-]{0,80}") {
            let _ = Call::parse(&text);
        }
    }

    #[test]
    fn a_fence_does_not_send_a_document_where_the_document_does_not_go() {
        let page = |on: &str| {
            format!("---\ntargets: {{web: {{filter: web}}}}\n---\n```ssm {{{on}}}\ndocument: A\n```\n")
        };
        let read =
            |on: &str| crate::runbook::plan::Plan::parse(std::path::Path::new("p.md"), "p.md", &page(on));
        let says = read("on=web").unwrap_err().to_string();
        assert!(says.contains("p.md:4: on=web: a document goes"), "{says}");
        assert!(read("confirm=yes").is_ok());
    }
}
