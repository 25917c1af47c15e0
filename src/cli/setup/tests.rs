//! What is printed is read back: JSON as JSON, Terraform by a reader of the part of the language that is written.

use serde_json::{Map, Value};

use super::{iam, preference, terraform};

fn full() -> (iam::Grant, preference::Args) {
    let policy = iam::Grant {
        tag: Some(("env".into(), "prod".into())),
        documents: vec!["Ops-BashLogin".into()],
        kms_key: Some("arn:aws:kms:eu-west-1:111122223333:key/1".into()),
        run: true,
        opsitems: true,
        costs: true,
    };
    let preferences = preference::Args {
        s3_bucket: Some("logs".into()),
        s3_prefix: Some("ssm/".into()),
        log_group: Some("/ssm".into()),
        session_key: Some("alias/ssm".into()),
        idle_minutes: 15,
        max_minutes: Some(480),
        run_as: Some("ops".into()),
        shell_profile: Some("cd ~; PS1=\"${USER} %{x}\\n\"\nexec bash".into()),
    };
    (policy, preferences)
}

/// Reads what `terraform` writes; whatever else is in it is a failure.
struct Reader<'t>(&'t str);

impl Reader<'_> {
    fn space(&mut self) {
        loop {
            self.0 = self.0.trim_start();
            match self.0.strip_prefix('#') {
                Some(comment) => self.0 = comment.split_once('\n').map_or("", |(_, rest)| rest),
                None => return,
            }
        }
    }

    #[track_caller]
    fn take(&mut self, token: &str) {
        assert!(self.has(token), "{token:?} is not at {:.60}", self.0);
    }

    fn has(&mut self, token: &str) -> bool {
        self.space();
        match self.0.strip_prefix(token) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> String {
        self.space();
        let end = self
            .0
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap();
        assert!(end > 0, "no word at {:.60}", self.0);
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        word.to_owned()
    }

    fn string(&mut self) -> String {
        self.take("\"");
        let mut out = String::new();
        loop {
            let c = self.0.chars().next().unwrap();
            self.0 = &self.0[c.len_utf8()..];
            match c {
                '"' => return out,
                '\\' => {
                    let escaped = self.0.chars().next().unwrap();
                    self.0 = &self.0[1..];
                    out.push(match escaped {
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        other => other,
                    });
                }
                '$' | '%' => {
                    let doubled = format!("{c}{{");
                    if let Some(rest) = self.0.strip_prefix(&doubled) {
                        self.0 = rest;
                        out.push_str(&doubled);
                    } else {
                        assert!(!self.0.starts_with('{'), "a template");
                        out.push(c);
                    }
                }
                c => {
                    assert_ne!(c, '\n', "a string over two lines");
                    out.push(c);
                }
            }
        }
    }

    fn value(&mut self) -> Value {
        self.space();
        match self.0.chars().next().unwrap() {
            '"' => self.string().into(),
            '[' => {
                self.take("[");
                let mut items = Vec::new();
                while !self.has("]") {
                    items.push(self.value());
                    self.take(",");
                }
                items.into()
            }
            '{' => {
                self.take("{");
                let mut members = Map::new();
                while !self.has("}") {
                    let key = self.string();
                    self.take("=");
                    members.insert(key, self.value());
                }
                members.into()
            }
            _ => serde_json::from_str(&self.word()).unwrap(),
        }
    }

    /// Name and arguments of the next resource.
    fn resource(&mut self) -> Option<(String, Map<String, Value>)> {
        if !self.has("resource") {
            return None;
        }
        let name = format!("{}.{}", self.string(), self.string());
        self.take("{");
        let mut arguments = Map::new();
        while !self.has("}") {
            let key = self.word();
            self.take("=");
            let value = if self.has("jsonencode(") {
                let value = self.value();
                self.take(")");
                value
            } else {
                self.value()
            };
            arguments.insert(key, value);
        }
        Some((name, arguments))
    }
}

#[test]
fn terraform_says_the_same_as_the_policies_and_the_preferences() {
    let (policy, preferences) = full();
    let text = terraform::write(&policy, &preferences);
    let mut reader = Reader(&text);
    let mut found = Map::new();
    while let Some((name, arguments)) = reader.resource() {
        found.insert(name, arguments.into());
    }
    reader.space();
    assert_eq!(reader.0, "");
    assert_eq!(
        found["aws_iam_policy.quarterdeck"]["policy"],
        iam::policy(&policy)
    );
    assert_eq!(
        found["aws_iam_policy.quarterdeck_enforce"]["policy"],
        iam::denials(&policy)
    );
    let document = &found["aws_ssm_document.session_preferences"];
    assert_eq!(document["content"], preference::document(&preferences));
    assert_eq!(document["name"], "SSM-SessionManagerRunShell");
}

#[test]
fn policies_keep_to_the_rules_of_iam() {
    let (policy, _) = full();
    for document in [
        iam::policy(&policy),
        iam::denials(&policy),
        iam::policy(&iam::Grant::default()),
    ] {
        assert_eq!(document["Version"], "2012-10-17");
        let mut sids = std::collections::BTreeSet::new();
        for statement in document["Statement"].as_array().unwrap() {
            let members: Vec<&String> = statement.as_object().unwrap().keys().collect();
            assert!(
                matches!(statement["Effect"].as_str(), Some("Allow" | "Deny")),
                "{members:?}"
            );
            assert_ne!(
                statement["Resource"].is_null(),
                statement["NotResource"].is_null()
            );
            assert!(!statement["Action"].is_null());
            let sid = statement["Sid"].as_str().unwrap();
            assert!(sid.chars().all(|c| c.is_ascii_alphanumeric()) && sids.insert(sid.to_owned()));
        }
        assert!(document.to_string().len() < 6144, "a managed policy is no longer");
    }
}

#[test]
fn preferences_are_those_that_doctor_reads() {
    let (_, preferences) = full();
    let document = preference::document(&preferences);
    let inputs = &document["inputs"];
    assert_eq!(document["schemaVersion"], "1.0");
    assert_eq!(
        (
            inputs["idleSessionTimeout"].as_str(),
            inputs["maxSessionDuration"].as_str()
        ),
        (Some("15"), Some("480"))
    );
    assert_eq!(inputs["kmsKeyId"], "alias/ssm");
    assert_eq!(inputs["runAsEnabled"], true);
}
