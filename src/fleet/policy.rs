//! What the configuration demands of a session on a node: how strictly it is recorded, whether a reason must be
//! stated, whether it is production at all. Everything that opens something asks here.

use super::{BadFilter, Filter, Node, Rule};
use crate::config::{Config, Mode, Reason};

/// The configured rules, read once.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    production: Rule,
    /// In the order of the file: the first that matches a node decides.
    rules: Vec<(Filter, String, Mode)>,
    mode: Option<Mode>,
    reason: Reason,
}

/// What holds on a node, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub is_production: bool,
    pub mode: Mode,
    /// What decided the mode, as the configuration writes it.
    pub because: String,
    pub wants_reason: bool,
}

/// A rule that is no filter.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {bad}")]
pub struct BadRule {
    place: &'static str,
    bad: BadFilter,
}

impl Policy {
    pub fn of(config: &Config) -> Result<Policy, BadRule> {
        let at = |place| move |bad| BadRule { place, bad };
        let rules = config.recording.rules.iter().map(|rule| {
            let filter = Filter::parse(&rule.filter).map_err(at("[[recording.rules]] match"))?;
            Ok((filter, rule.filter.clone(), rule.mode))
        });
        Ok(Policy {
            production: Rule::of(&config.production).map_err(at("[production] match"))?,
            rules: rules.collect::<Result<_, _>>()?,
            mode: config.recording.mode,
            reason: config.session.reason,
        })
    }

    pub fn is_production(&self, node: &Node) -> bool {
        self.production.is_production(node)
    }

    pub fn on(&self, node: &Node) -> Terms {
        let is_production = self.is_production(node);
        let (mode, because) = self.mode_on(node, is_production);
        Terms {
            is_production,
            mode,
            because,
            wants_reason: self.reason.is_required(is_production),
        }
    }

    /// What holds for one thing done on all of them: the strictest of each.
    pub fn on_all<'a>(&self, nodes: impl IntoIterator<Item = &'a Node>) -> Terms {
        let all = nodes.into_iter().map(|node| self.on(node));
        all.reduce(|mut all, terms| {
            if all.mode == Mode::BestEffort && terms.mode == Mode::Strict {
                (all.mode, all.because) = (terms.mode, terms.because);
            }
            all.is_production |= terms.is_production;
            all.wants_reason |= terms.wants_reason;
            all
        })
        .unwrap_or(Terms {
            is_production: false,
            mode: Mode::Strict,
            because: "nothing is known of where it runs".into(),
            wants_reason: self.reason == Reason::Always,
        })
    }

    /// How strictly what AWS itself runs is told: as the strictest of the machines that it touches; else as the account.
    pub fn of_automation<'a>(&self, nodes: impl IntoIterator<Item = &'a Node>, is_production: bool) -> Mode {
        let is_strict = nodes.into_iter().any(|node| self.on(node).mode == Mode::Strict);
        match (self.mode, is_strict || is_production) {
            _ if is_strict => Mode::Strict,
            (Some(mode), _) => mode,
            (None, true) => Mode::Strict,
            (None, false) => Mode::BestEffort,
        }
    }

    fn mode_on(&self, node: &Node, is_production: bool) -> (Mode, String) {
        if let Some((_, text, mode)) = self.rules.iter().find(|(filter, ..)| filter.matches(node)) {
            return (*mode, format!("[[recording.rules]] match = {text:?}"));
        }
        match self.mode {
            Some(mode) => (mode, "[recording] mode".into()),
            None if is_production => (Mode::Strict, "it is production".into()),
            None => (Mode::BestEffort, "it is not production".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{RecordingRule, Session};

    fn node(tags: &[(&str, &str)]) -> Node {
        let tags = tags
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()));
        Node {
            tags: tags.collect(),
            ..Node::default()
        }
    }

    fn policy(mode: Option<Mode>, rules: &[(&str, Mode)]) -> Policy {
        let mut config = Config::default();
        config.recording.mode = mode;
        let rules = rules.iter().map(|(filter, mode)| RecordingRule {
            filter: filter.to_string(),
            mode: *mode,
        });
        config.recording.rules = rules.collect();
        config.session = Session {
            reason: Reason::Production,
            ..Session::default()
        };
        Policy::of(&config).unwrap()
    }

    #[test]
    fn production_is_strict_and_wants_a_reason_unless_the_file_says_otherwise() {
        let policy = policy(None, &[]);
        let prod = policy.on(&node(&[("env", "prod")]));
        assert!(prod.is_production && prod.wants_reason);
        assert_eq!(prod.mode, Mode::Strict);
        let dev = policy.on(&node(&[("env", "dev")]));
        assert!(!dev.is_production && !dev.wants_reason);
        assert_eq!(dev.mode, Mode::BestEffort);
    }

    #[test]
    fn the_first_rule_that_matches_decides_before_the_mode_of_all() {
        let policy = policy(
            Some(Mode::BestEffort),
            &[
                ("tag.team:pay", Mode::Strict),
                ("tag.env:dev", Mode::BestEffort),
                ("tag.env", Mode::Strict),
            ],
        );
        let mode = |tags: &[(&str, &str)]| policy.on(&node(tags)).mode;
        assert_eq!(mode(&[("team", "pay"), ("env", "dev")]), Mode::Strict);
        assert_eq!(mode(&[("env", "dev")]), Mode::BestEffort);
        assert_eq!(mode(&[("team", "ops")]), Mode::BestEffort);
        let because = policy.on(&node(&[("team", "pay")])).because;
        assert_eq!(because, "[[recording.rules]] match = \"tag.team:pay\"");
    }

    #[test]
    fn what_runs_on_several_follows_the_strictest() {
        let policy = policy(None, &[]);
        let nodes = [node(&[("env", "dev")]), node(&[("env", "prod")])];
        let terms = policy.on_all(&nodes);
        assert!(terms.is_production && terms.wants_reason);
        assert_eq!(terms.mode, Mode::Strict);
        assert_eq!(policy.on_all(&[]).mode, Mode::Strict);
        let of = |policy: &Policy, is_production| policy.of_automation(&[], is_production);
        let plain = self::policy(None, &[]);
        assert_eq!(
            (of(&plain, true), of(&plain, false)),
            (Mode::Strict, Mode::BestEffort)
        );
        assert_eq!(
            of(&self::policy(Some(Mode::BestEffort), &[]), true),
            Mode::BestEffort
        );
    }

    #[test]
    fn a_rule_that_is_no_filter_is_named() {
        let mut config = Config::default();
        config.recording.rules.push(RecordingRule {
            filter: "/[/".into(),
            mode: Mode::Strict,
        });
        let bad = Policy::of(&config).unwrap_err().to_string();
        assert!(bad.starts_with("[[recording.rules]] match: "), "{bad}");
    }
}
