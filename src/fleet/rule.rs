//! What is production: the configured filter, or the usual tags where none is configured.

use super::{BadFilter, Filter, Node};
use crate::config::Production;

#[derive(Clone, Debug, Default)]
pub struct Rule(Option<Filter>);

impl Rule {
    /// The rule that the configuration asks for.
    pub fn of(production: &Production) -> Result<Rule, BadFilter> {
        Ok(Rule(production.filter.as_deref().map(Filter::parse).transpose()?))
    }

    pub fn is_production(&self, node: &Node) -> bool {
        match &self.0 {
            Some(filter) => filter.matches(node),
            None => Production::default_rule(|tag| node.tags.get(tag).map(String::as_str)),
        }
    }
}
