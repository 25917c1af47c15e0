//! One variable of a page: where its value may come from and which values it takes. Secrets are never a default, never a
//! suggestion and never on a command line.

use serde::Deserialize;

use super::fill::Values;
use super::manifest::{Scalar, one_or_many};
use super::placeholder::name;

/// As declared under `vars`; everything is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
pub struct Variable {
    /// Facts such as `target.instance_id` or `alarm.dimensions.LoadBalancer`; the first that is known holds.
    pub from: Vec<String>,
    /// `ssm:/path` of a SecureString, or `ask`.
    pub secret: Option<String>,
    pub choose: Vec<String>,
    /// A command that prints values, one a word; it may only look.
    pub suggest: Option<String>,
    /// A regular expression.
    pub matches: Option<String>,
    pub default: Option<String>,
    pub prompt: Option<String>,
    /// What nobody knows, that the error may name it.
    unknown: Option<String>,
}

#[derive(Deserialize)]
struct Written {
    #[serde(default, deserialize_with = "one_or_many")]
    from: Vec<String>,
    secret: Option<String>,
    #[serde(default)]
    choose: Vec<Scalar>,
    suggest: Option<String>,
    #[serde(rename = "match")]
    matches: Option<String>,
    default: Option<Scalar>,
    prompt: Option<String>,
    #[serde(flatten)]
    others: std::collections::BTreeMap<String, serde::de::IgnoredAny>,
}

impl From<Written> for Variable {
    fn from(written: Written) -> Variable {
        Variable {
            from: written.from,
            secret: written.secret,
            choose: written.choose.into_iter().map(|choice| choice.0).collect(),
            suggest: written.suggest,
            matches: written.matches,
            default: written.default.map(|value| value.0),
            prompt: written.prompt,
            unknown: written.others.into_keys().next(),
        }
    }
}

/// Why a declaration or a value is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVariable {
    #[error("{0} is not known; allowed are from, secret, choose, suggest, match, default, prompt")]
    Unknown(String),
    #[error("{0:?} under `match` is no regular expression")]
    Pattern(String),
    #[error("a secret is `ssm:/path` or `ask`, and has no default, choices or suggestions")]
    Secret,
    #[error("{0:?} under `suggest` is not known to only look")]
    Suggestion(String),
    #[error("the default: {0}")]
    Default(Box<BadVariable>),
    #[error("{0:?} is none of {1}")]
    NoChoice(String, String),
    #[error("{0:?} does not match {1}")]
    NoMatch(String, String),
    #[error("a value cannot hold a NUL character")]
    Nul,
}

/// Where a value came from, for the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Given,
    Fact,
    Default,
    Parameter,
    Asked,
    Secret,
    Captured,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Source::Given => "given",
            Source::Fact => "target or alarm",
            Source::Default => "default",
            Source::Parameter => "parameter store",
            Source::Asked => "asked",
            Source::Secret => "secret",
            Source::Captured => "captured",
        }
    }
}

impl Variable {
    pub fn is_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// The parameter that holds the secret.
    pub fn parameter(&self) -> Option<&str> {
        self.secret.as_deref()?.strip_prefix("ssm:")
    }

    /// The parameter of Parameter Store that a default of `{{ssm:NAME}}` names, as documents of Systems Manager do.
    pub fn stored(&self) -> Option<&str> {
        let inner = self.default.as_deref()?.trim().strip_prefix("{{")?;
        let name = inner.strip_suffix("}}")?.trim().strip_prefix("ssm:")?.trim();
        (!name.is_empty()).then_some(name)
    }

    /// Whether the declaration can be used at all.
    pub fn check(&self) -> Result<(), BadVariable> {
        if let Some(unknown) = &self.unknown {
            return Err(BadVariable::Unknown(unknown.clone()));
        }
        if let Some(pattern) = &self.matches {
            regex::Regex::new(pattern).map_err(|_| BadVariable::Pattern(pattern.clone()))?;
        }
        if let Some(secret) = &self.secret {
            let is_known = secret == "ask" || secret.starts_with("ssm:/");
            let is_alone = self.default.is_none() && self.choose.is_empty() && self.suggest.is_none();
            if !is_known || !is_alone {
                return Err(BadVariable::Secret);
            }
        }
        if let Some(command) = &self.suggest
            && !super::verb::reads(command)
        {
            return Err(BadVariable::Suggestion(command.clone()));
        }
        match &self.default {
            // What it holds is checked when it is fetched.
            Some(_) if self.stored().is_some() => Ok(()),
            Some(value) => self
                .accept(value)
                .map_err(|cause| BadVariable::Default(Box::new(cause))),
            None => Ok(()),
        }
    }

    /// Whether a value may be used.
    pub fn accept(&self, value: &str) -> Result<(), BadVariable> {
        if value.contains('\0') {
            return Err(BadVariable::Nul);
        }
        if !self.choose.is_empty() && !self.choose.iter().any(|choice| choice == value) {
            return Err(BadVariable::NoChoice(value.to_owned(), self.choose.join(", ")));
        }
        let matches =
            |pattern: &String| regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(value));
        match &self.matches {
            Some(pattern) if !matches(pattern) => {
                Err(BadVariable::NoMatch(value.to_owned(), pattern.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Whether its pattern decides about the whole value, so that nothing can hide beside what it wants.
    pub fn is_whole_form(&self) -> bool {
        let Some(inner) = self
            .matches
            .as_deref()
            .and_then(|pattern| pattern.strip_prefix('^'))
        else {
            return false;
        };
        let Some(inner) = inner.strip_suffix('$').filter(|inner| !inner.ends_with('\\')) else {
            return false;
        };
        // `^a|b$` is two patterns, each of which is open at one end.
        let (mut depth, mut in_class, mut is_escaped) = (0_usize, false, false);
        for c in inner.chars() {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '(' if !in_class => depth += 1,
                ')' if !in_class => depth = depth.saturating_sub(1),
                '|' if !in_class && depth == 0 => return false,
                _ => {}
            }
        }
        true
    }

    /// What is known without asking: facts before the default.
    pub fn known(&self, facts: &Values) -> Option<(String, Source)> {
        let fact = self.from.iter().find_map(|from| facts.get(&fact_name(from)));
        let fact = fact.map(|value| (value.clone(), Source::Fact));
        let default = || self.default.clone().filter(|_| self.stored().is_none());
        fact.or_else(|| default().map(|value| (value, Source::Default)))
    }
}

/// `target.instance_id` and `alarm.dimensions.LoadBalancer` under one spelling.
pub fn fact_name(from: &str) -> String {
    match from.split_once('.') {
        Some((of, what)) => format!("{of}.{}", name(what)),
        None => name(from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_before_defaults_and_values_are_checked() {
        let variable = Variable {
            from: vec!["target.balancer".into(), "alarm.dimensions.LoadBalancer".into()],
            default: Some("app/x".into()),
            matches: Some("^app/".into()),
            ..Variable::default()
        };
        variable.check().unwrap();
        let facts = [(fact_name("alarm.dimensions.load_balancer"), "app/y".to_owned())].into();
        assert_eq!(
            variable.known(&Values::new()),
            Some(("app/x".into(), Source::Default))
        );
        // `LoadBalancer` has no mark between its words.
        assert_eq!(variable.known(&facts), Some(("app/x".into(), Source::Default)));
        let facts = [(fact_name("alarm.dimensions.LoadBalancer"), "app/y".to_owned())].into();
        assert_eq!(variable.known(&facts), Some(("app/y".into(), Source::Fact)));
        assert!(variable.accept("net/x").is_err());
        assert_eq!(variable.accept("app/\0"), Err(BadVariable::Nul));
    }

    #[test]
    fn a_default_in_parameter_store_is_no_value_by_itself() {
        let variable = |default: &str| Variable {
            default: Some(default.into()),
            matches: Some("^[0-9]+$".into()),
            ..Variable::default()
        };
        let stored = variable("{{ ssm:/ops/threshold }}");
        assert_eq!(stored.stored(), Some("/ops/threshold"));
        assert_eq!((stored.check(), stored.known(&Values::new())), (Ok(()), None));
        assert_eq!(variable("{{ssm: }}").stored(), None);
        assert_eq!(variable("ssm:/ops").stored(), None);
    }

    #[test]
    fn a_form_is_whole_when_nothing_can_stand_beside_it() {
        let is_whole = |pattern: &str| {
            let variable = Variable {
                matches: Some(pattern.into()),
                ..Variable::default()
            };
            variable.is_whole_form()
        };
        assert!(is_whole("^i-[0-9a-f|]{8,17}$") && is_whole("^(a|b)$") && is_whole(r"^a\|b$"));
        assert!(!is_whole("^a|b$") && !is_whole("a$") && !is_whole("^a") && !is_whole(r"^a\$"));
        assert!(!Variable::default().is_whole_form());
    }

    #[test]
    fn a_suggestion_may_only_look_and_a_secret_stands_alone() {
        let suggest = |command: &str| {
            Variable {
                suggest: Some(command.into()),
                ..Variable::default()
            }
            .check()
        };
        assert!(suggest("aws ec2 describe-snapshots --owner-ids self").is_ok());
        assert!(suggest("rm -rf /").is_err());
        let secret = Variable {
            secret: Some("ssm:/a".into()),
            default: Some("x".into()),
            ..Variable::default()
        };
        assert_eq!(secret.check(), Err(BadVariable::Secret));
    }
}
