//! Filters of Parameter Store, and which name or value it refuses.

use serde::{Deserialize, Serialize};

use super::Parameter;
use crate::sim::refusal::Refusal;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Filter {
    pub key: String,
    pub option: Option<String>,
    #[serde(default)]
    pub values: Vec<String>,
}

/// The first filter that the operation refuses.
pub fn filters(filters: &[Filter], known: &[&str]) -> Result<(), Refusal> {
    for filter in filters {
        if !known.contains(&filter.key.as_str()) && !filter.key.starts_with("tag:") {
            let says = format!(
                "The following filter key is not valid: {}. Valid filter keys include: [{}].",
                filter.key,
                known.join(", ")
            );
            return Err(Refusal::new("InvalidFilterKey", says));
        }
        let option = filter.option.as_deref().unwrap_or("Equals");
        let allowed: &[&str] = match filter.key.as_str() {
            "Path" => &["Recursive", "OneLevel", "Equals"],
            "Name" => &["Equals", "BeginsWith", "Contains"],
            _ => &["Equals", "BeginsWith"],
        };
        if !allowed.contains(&option) {
            let says = format!(
                "The following filter option is not valid: {option}. Valid options include: {allowed:?}"
            );
            return Err(Refusal::new("InvalidFilterOption", says));
        }
        if filter.values.is_empty() && !filter.key.starts_with("tag:") {
            let says = format!("The filter {} has no values.", filter.key);
            return Err(Refusal::new("InvalidFilterValue", says));
        }
    }
    Ok(())
}

pub fn admits(filter: &Filter, name: &str, of: &Parameter) -> bool {
    let option = filter.option.as_deref().unwrap_or("Equals");
    let any = |fact: &str| {
        filter.values.iter().any(|value| match option {
            "BeginsWith" => fact.starts_with(value.as_str()),
            "Contains" => fact.contains(value.as_str()),
            _ => fact == value,
        })
    };
    match filter.key.as_str() {
        "Name" => any(name) || any(name.strip_prefix('/').unwrap_or(name)),
        "Type" => any(&of.kind),
        "KeyId" => of.key_id.as_deref().is_some_and(any),
        "Tier" => any(&of.tier),
        "DataType" => any(&of.data_type),
        "Path" => filter.values.iter().any(|path| {
            let rest = name.strip_prefix(&format!("{}/", path.trim_end_matches('/')));
            rest.is_some_and(|rest| option == "Recursive" || !rest.contains('/'))
        }),
        key => key
            .strip_prefix("tag:")
            .and_then(|key| of.tags.get(key))
            .is_some_and(|value| filter.values.is_empty() || any(value)),
    }
}

/// Letters, digits and `_.-`, in at most 15 levels; not under AWS's own names.
pub fn name(name: &str) -> Result<(), Refusal> {
    let invalid = |says: &str| Err(Refusal::new("ValidationException", says));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    let levels = name.split('/').filter(|level| !level.is_empty()).count();
    if name.is_empty() || name.len() > 1011 || !name.chars().all(is_plain) || name.ends_with('/') {
        return invalid(
            "Parameter name: can't be prefixed with \"ssm\" (case-insensitive), and holds only the symbols . - _ and /",
        );
    }
    if levels > 1 && !name.starts_with('/') {
        return invalid("Parameter name must be a fully qualified name.");
    }
    if levels > 15 {
        let says = "A hierarchy can have a maximum of 15 levels.";
        return Err(Refusal::new("HierarchyLevelLimitExceededException", says));
    }
    let first = name.trim_start_matches('/').to_lowercase();
    if first.starts_with("aws") || first.starts_with("ssm") {
        return Err(Refusal::new(
            "AccessDeniedException",
            format!("No access to reserved parameter name: {name}."),
        ));
    }
    Ok(())
}
