//! Values that are given ahead, on a command line or in the console's form: whether the page takes them.

use super::Plan;
use crate::runbook::fence::is_variable;
use crate::runbook::placeholder::name;
use crate::runbook::variable::BadVariable;

/// Why a value is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadGiven {
    #[error("{0:?} is no name")]
    NoName(String),
    #[error("{0} is a secret: it is asked for without being shown, or fetched from Parameter Store")]
    Secret(String),
    #[error("{0}: {1}")]
    Form(String, BadVariable),
}

impl Plan {
    /// Whether this may be given for a variable or a placeholder, in whatever spelling.
    pub fn accepts(&self, variable: &str, value: &str) -> Result<(), BadGiven> {
        let key = name(variable);
        if key.is_empty() {
            return Err(BadGiven::NoName(variable.to_owned()));
        }
        let mut declared = self.manifest.variables.iter();
        let Some((known, declared)) = declared.find(|(known, _)| is_variable(known) && name(known) == key)
        else {
            return Ok(());
        };
        match declared.is_secret() {
            true => Err(BadGiven::Secret(known.clone())),
            false => declared
                .accept(value)
                .map_err(|bad| BadGiven::Form(known.clone(), bad)),
        }
    }
}
