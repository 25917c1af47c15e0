//! Filter expressions: `And`, `Or`, `Not`, `Dimensions`, `Tags`, `CostCategories`. A value that occurs nowhere
//! is no error and matches nothing, as at AWS.

use serde::Deserialize;

use super::{dimension, invalid};
use crate::sim::account::Account;
use crate::sim::billing::Line;
use crate::sim::refusal::Refusal;

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub struct Expression {
    and: Option<Vec<Expression>>,
    or: Option<Vec<Expression>>,
    not: Option<Box<Expression>>,
    dimensions: Option<Values>,
    tags: Option<Values>,
    cost_categories: Option<Values>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Values {
    key: Option<String>,
    values: Vec<String>,
    match_options: Vec<String>,
}

impl Expression {
    /// What AWS refuses before it looks at any cost.
    pub fn check(&self) -> Result<(), Refusal> {
        let members = [
            self.and.is_some(),
            self.or.is_some(),
            self.not.is_some(),
            self.dimensions.is_some(),
            self.tags.is_some(),
            self.cost_categories.is_some(),
        ];
        if members.iter().filter(|there| **there).count() != 1 {
            return Err(invalid("Expression must have exactly one root operator"));
        }
        for several in [&self.and, &self.or].into_iter().flatten() {
            if several.len() < 2 {
                return Err(invalid("And and Or need at least two operands"));
            }
            several.iter().try_for_each(Expression::check)?;
        }
        if let Some(one) = &self.not {
            one.check()?;
        }
        if let Some(values) = &self.dimensions {
            let key = values.key.as_deref().unwrap_or("null");
            if !dimension::KNOWN.contains(&key) {
                return Err(invalid(format!(
                    "Dimension {key} is not supported for this operation"
                )));
            }
            values.check(false)?;
        }
        for values in [&self.tags, &self.cost_categories].into_iter().flatten() {
            values.check(true)?;
        }
        Ok(())
    }

    pub fn admits(&self, accounts: &[Account], line: &Line) -> bool {
        if let Some(all) = &self.and {
            all.iter().all(|one| one.admits(accounts, line))
        } else if let Some(any) = &self.or {
            any.iter().any(|one| one.admits(accounts, line))
        } else if let Some(one) = &self.not {
            !one.admits(accounts, line)
        } else if let Some(values) = &self.dimensions {
            values.admit(&dimension::value(
                accounts,
                line,
                values.key.as_deref().unwrap_or_default(),
            ))
        } else if let Some(values) = &self.tags {
            let tag = values.key.as_ref().and_then(|key| line.tags.get(key));
            values.admit(tag.map_or("", String::as_str))
        } else if let Some(values) = &self.cost_categories {
            let ours = values.key.as_deref() == Some(dimension::CATEGORY);
            values.admit(if ours { dimension::category(line) } else { "" })
        } else {
            false
        }
    }
}

impl Values {
    fn check(&self, may_be_absent: bool) -> Result<(), Refusal> {
        let known = |option: &str| {
            matches!(option, "EQUALS" | "CASE_SENSITIVE") || (may_be_absent && option == "ABSENT")
        };
        if let Some(other) = self.match_options.iter().find(|option| !known(option)) {
            return Err(invalid(format!(
                "Match option {other} is not supported for this operation"
            )));
        }
        if self.values.is_empty() && !self.is_absent() {
            return Err(invalid("Values must not be empty"));
        }
        Ok(())
    }

    fn is_absent(&self) -> bool {
        self.match_options.iter().any(|option| option == "ABSENT")
    }

    /// Whether a fact is one of the values; an empty fact is an absent one.
    fn admit(&self, fact: &str) -> bool {
        (self.is_absent() && fact.is_empty()) || self.values.iter().any(|value| value == fact)
    }
}
