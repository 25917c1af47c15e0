//! What the configuration file can say, with the values that hold where it says nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Bad;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// AWS profiles to show; empty: the usual credential chain.
    pub profiles: Vec<String>,
    /// Regions to show where neither flags nor the profile say one.
    pub regions: Vec<String>,
    pub endpoint_url: Option<String>,
    /// The name of a built-in or user theme.
    pub theme: String,
    /// Whether the console takes mouse events.
    pub mouse: bool,
    pub production: Production,
    pub recording: Recording,
    pub session: Session,
    pub runbooks: Runbooks,
    pub costs: Costs,
    /// Key strokes to command lines: `"C-x" = "session.close"`.
    pub keys: BTreeMap<String, String>,
}

/// Which instances are production.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Production {
    /// In the fleet's filter language; `None`: the tag rule of [`Production::default_rule`].
    #[serde(rename = "match")]
    pub filter: Option<String>,
}

impl Production {
    /// The rule where no filter is configured: tag `env` or `Environment` is `prod` or `production`.
    pub fn default_rule<'a>(tag: impl Fn(&str) -> Option<&'a str>) -> bool {
        ["env", "Environment"]
            .into_iter()
            .filter_map(tag)
            .any(|value| matches!(value, "prod" | "production"))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recording {
    /// `None`: strict for production, best effort otherwise.
    pub mode: Option<Mode>,
    /// Whether echoed input is recorded as such.
    pub input: bool,
    /// Public keys to encrypt recordings to; empty: not encrypted.
    pub recipients: Vec<String>,
}

impl Recording {
    /// The mode that holds on a target.
    pub fn mode_for(&self, production: bool) -> Mode {
        self.mode.unwrap_or(if production {
            Mode::Strict
        } else {
            Mode::BestEffort
        })
    }
}

/// What happens to a session that cannot be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It ends within a second.
    Strict,
    /// It goes on, with a marked gap.
    BestEffort,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Session {
    pub reason: Reason,
    /// Whether a remote program may set the clipboard (OSC 52).
    pub clipboard: bool,
}

/// When a session needs a stated reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Never,
    #[default]
    Production,
    Always,
}

impl Reason {
    pub fn is_required(self, production: bool) -> bool {
        match self {
            Reason::Never => false,
            Reason::Production => production,
            Reason::Always => true,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Runbooks {
    /// Folders of Markdown, `~/` expanded.
    pub paths: Vec<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Costs {
    /// US cents that paid Cost Explorer requests may cost in a day; one request costs one cent.
    #[serde(rename = "cap_per_day")]
    pub cap_per_day_cents: u32,
}

impl Default for Costs {
    fn default() -> Costs {
        Costs {
            cap_per_day_cents: 300,
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            profiles: Vec::new(),
            regions: Vec::new(),
            endpoint_url: None,
            theme: "quarterdeck".into(),
            mouse: true,
            production: Production::default(),
            recording: Recording::default(),
            session: Session::default(),
            runbooks: Runbooks::default(),
            costs: Costs::default(),
            keys: BTreeMap::new(),
        }
    }
}

impl Config {
    /// The file must exist.
    pub fn load(file: &Path) -> Result<Config, Bad> {
        let text = std::fs::read_to_string(file).map_err(|cause| Bad {
            file: file.to_path_buf(),
            line: None,
            says: format!("cannot read the configuration: {cause}"),
            allowed: None,
        })?;
        toml::from_str(&text).map_err(|fault| Bad {
            file: file.to_path_buf(),
            line: fault
                .span()
                .map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1),
            says: fault.message().to_string(),
            allowed: None,
        })
    }

    /// The defaults where there is no such file.
    pub fn load_if_present(file: &Path) -> Result<Config, Bad> {
        if file.try_exists().is_ok_and(|exists| !exists) {
            return Ok(Config::default());
        }
        Config::load(file)
    }
}
