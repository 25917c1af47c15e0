//! What a cost can be broken down by, and which pair of dimensions is asked for and kept: Cost Explorer
//! groups by two at most, so that a pair answers every question about either of its two.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::aws::Group;

/// A dimension of costs, as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    Service,
    Account,
    Region,
    /// The kind of charge: usage, credit, tax and so on.
    Category,
    UsageType,
    Resource,
    Day,
    /// The month that bills it.
    Month,
    Tag(String),
    CostCategory(String),
    /// How it is priced: on demand, committed, spot.
    Pricing,
    /// Whether a commitment was used or went unused; files only.
    Commitment,
    /// Whether it corrects an earlier bill; files only.
    Class,
    /// What was done, such as `RunInstances`; this and what follows are not of files.
    Operation,
    InstanceType,
    Zone,
    Platform,
    Tenancy,
    /// Who writes the invoice.
    Invoicer,
    /// Who sells it.
    Seller,
}

/// Which money is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lens {
    /// What each account is charged that day.
    #[default]
    Unblended,
    /// Commitments spread over the usage that they cover.
    Amortized,
    /// Amortized after private discounts.
    Net,
    /// Public prices, before any discount; files only.
    List,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{says}")]
pub struct BadDimension {
    pub says: String,
    pub hint: String,
}

impl Dimension {
    pub fn parse(text: &str) -> Result<Dimension, BadDimension> {
        Ok(match text {
            "service" => Dimension::Service,
            "account" => Dimension::Account,
            "region" => Dimension::Region,
            "category" => Dimension::Category,
            "usage_type" => Dimension::UsageType,
            "resource" => Dimension::Resource,
            "day" => Dimension::Day,
            "month" => Dimension::Month,
            "pricing" => Dimension::Pricing,
            "commitment" => Dimension::Commitment,
            "class" => Dimension::Class,
            "operation" => Dimension::Operation,
            "instance_type" => Dimension::InstanceType,
            "zone" => Dimension::Zone,
            "platform" => Dimension::Platform,
            "tenancy" => Dimension::Tenancy,
            "invoicer" => Dimension::Invoicer,
            "seller" => Dimension::Seller,
            _ => match text.split_once(':').filter(|(_, key)| !key.is_empty()) {
                Some(("tag", key)) => Dimension::Tag(key.to_owned()),
                Some(("costcat", name)) => Dimension::CostCategory(name.to_owned()),
                _ => {
                    return Err(BadDimension {
                        says: format!("costs cannot be broken down by {text:?}"),
                        hint: "use service, account, region, category, usage_type, resource, pricing, day, month, tag:KEY \
                               or costcat:NAME, with files commitment or class, with Cost Explorer operation, instance_type, zone, \
                               platform, tenancy, invoicer or seller"
                            .into(),
                    });
                }
            },
        })
    }

    pub fn is_time(&self) -> bool {
        matches!(self, Dimension::Day | Dimension::Month)
    }

    /// Cost Explorer's word for charges that have no value of it.
    pub(super) fn nothing(&self) -> Option<&'static str> {
        Some(match self {
            Dimension::Region => "NoRegion",
            Dimension::Resource => "NoResourceId",
            Dimension::Operation => "NoOperation",
            Dimension::InstanceType => "NoInstanceType",
            Dimension::Zone => "NoAZ",
            Dimension::Platform => "NoOperatingSystem",
            Dimension::Tenancy => "NoTenancy",
            Dimension::Pricing => "NoPurchaseType",
            _ => return None,
        })
    }

    pub(super) fn group(&self) -> Option<Group> {
        Some(match self {
            Dimension::Service => Group::Dimension("SERVICE"),
            Dimension::Account => Group::Dimension("LINKED_ACCOUNT"),
            Dimension::Region => Group::Dimension("REGION"),
            Dimension::Category => Group::Dimension("RECORD_TYPE"),
            Dimension::UsageType => Group::Dimension("USAGE_TYPE"),
            Dimension::Pricing => Group::Dimension("PURCHASE_TYPE"),
            Dimension::Resource => Group::RESOURCE,
            Dimension::Tag(key) => Group::Tag(key.clone()),
            Dimension::CostCategory(name) => Group::CostCategory(name.clone()),
            Dimension::Operation => Group::Dimension("OPERATION"),
            Dimension::InstanceType => Group::Dimension("INSTANCE_TYPE"),
            Dimension::Zone => Group::Dimension("AZ"),
            Dimension::Platform => Group::Dimension("PLATFORM"),
            Dimension::Tenancy => Group::Dimension("TENANCY"),
            Dimension::Invoicer => Group::Dimension("INVOICING_ENTITY"),
            Dimension::Seller => Group::Dimension("LEGAL_ENTITY_NAME"),
            Dimension::Commitment | Dimension::Class | Dimension::Day | Dimension::Month => return None,
        })
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dimension::Service => "service",
            Dimension::Account => "account",
            Dimension::Region => "region",
            Dimension::Category => "category",
            Dimension::UsageType => "usage_type",
            Dimension::Resource => "resource",
            Dimension::Day => "day",
            Dimension::Month => "month",
            Dimension::Tag(key) => return write!(f, "tag:{key}"),
            Dimension::CostCategory(name) => return write!(f, "costcat:{name}"),
            Dimension::Pricing => "pricing",
            Dimension::Commitment => "commitment",
            Dimension::Class => "class",
            Dimension::Operation => "operation",
            Dimension::InstanceType => "instance_type",
            Dimension::Zone => "zone",
            Dimension::Platform => "platform",
            Dimension::Tenancy => "tenancy",
            Dimension::Invoicer => "invoicer",
            Dimension::Seller => "seller",
        })
    }
}

impl Lens {
    /// The names of Cost Explorer, and of files for the same lens.
    pub fn parse(text: &str) -> Result<Lens, BadDimension> {
        match text {
            "unblended" | "billed" => Ok(Lens::Unblended),
            "amortized" | "effective" => Ok(Lens::Amortized),
            "net" => Ok(Lens::Net),
            "list" => Ok(Lens::List),
            _ => Err(BadDimension {
                says: format!("there is no metric {text:?}"),
                hint: "use unblended (billed), amortized (effective) or net, and with files list".into(),
            }),
        }
    }

    /// As the forecast spells it.
    pub fn forecast_name(self) -> &'static str {
        match self {
            // Cost Explorer knows no list prices; whoever asks it for them is refused before.
            Lens::Unblended | Lens::List => "UNBLENDED_COST",
            Lens::Amortized => "AMORTIZED_COST",
            Lens::Net => "NET_AMORTIZED_COST",
        }
    }

    /// As files call it.
    pub fn file_name(self) -> &'static str {
        match self {
            Lens::Unblended => "billed",
            Lens::Amortized => "effective",
            Lens::Net => "net",
            Lens::List => "list",
        }
    }
}

impl fmt::Display for Lens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lens::Unblended => "unblended",
            Lens::Amortized => "amortized",
            Lens::Net => "net",
            Lens::List => "list",
        })
    }
}

/// A pair of dimensions that is fetched and kept day by day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dataset {
    pub first: Dimension,
    pub second: Dimension,
}

impl Dataset {
    /// The pair that answers a question about these dimensions. A question about one is answered by the pair
    /// that others are likely to need too, so that it is paid for once.
    pub fn for_dimensions<'a>(
        wanted: impl IntoIterator<Item = &'a Dimension>,
    ) -> Result<Dataset, BadDimension> {
        let mut wanted: Vec<Dimension> = wanted.into_iter().filter(|dim| !dim.is_time()).cloned().collect();
        wanted.sort();
        wanted.dedup();
        if let Some(foreign) = wanted.iter().find(|dimension| dimension.group().is_none()) {
            return Err(BadDimension {
                says: format!("Cost Explorer does not split costs by {foreign}"),
                hint: "import a FOCUS or CUR export and ask that".into(),
            });
        }
        match wanted.len() {
            0 => wanted.extend([Dimension::Service, Dimension::Account]),
            1 if wanted[0] == Dimension::Service => wanted.push(Dimension::Account),
            // Quantities of one resource mean something by usage type alone.
            1 if wanted[0] == Dimension::Resource => wanted.insert(0, Dimension::UsageType),
            1 => wanted.insert(0, Dimension::Service),
            2 => {}
            _ => {
                return Err(BadDimension {
                    says: format!(
                        "Cost Explorer groups by two dimensions at most, not {}",
                        wanted.len()
                    ),
                    hint: "leave one out of --by and --filter, import a FOCUS or CUR export, or pay for each value with --fan-out".into(),
                });
            }
        }
        let second = wanted.pop().unwrap_or(Dimension::Account);
        let first = wanted.pop().unwrap_or(Dimension::Service);
        Ok(Dataset { first, second })
    }

    pub fn groups(&self) -> Vec<Group> {
        [&self.first, &self.second]
            .into_iter()
            .filter_map(Dimension::group)
            .collect()
    }

    /// The name of its folder; a tag's key may hold anything, so it is written in hexadecimal.
    pub fn folder(&self) -> String {
        let name = |dimension: &Dimension| match dimension {
            Dimension::Tag(key) => format!("tag-{}", hex::encode(key)),
            Dimension::CostCategory(name) => format!("costcat-{}", hex::encode(name)),
            dimension => dimension.to_string(),
        };
        format!("{}+{}", name(&self.first), name(&self.second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(by: &[&str]) -> String {
        let dims: Vec<Dimension> = by.iter().map(|name| Dimension::parse(name).unwrap()).collect();
        Dataset::for_dimensions(&dims).unwrap().folder()
    }

    #[test]
    fn one_dataset_answers_what_it_can_and_order_does_not_matter() {
        assert_eq!(folder(&[]), "service+account");
        assert_eq!(folder(&["account", "day"]), "service+account");
        assert_eq!(folder(&["region"]), "service+region");
        assert_eq!(folder(&["region", "account"]), folder(&["account", "region"]));
        assert_eq!(folder(&["resource", "day"]), "usage_type+resource");
        assert_eq!(folder(&["tag:a/b"]), "service+tag-612f62");
    }

    #[test]
    fn three_dimensions_and_what_only_files_know_are_refused_with_a_way_out() {
        for by in [
            vec![Dimension::Service, Dimension::Region, Dimension::Account],
            vec![Dimension::Class],
        ] {
            assert!(Dataset::for_dimensions(&by).unwrap_err().hint.contains("import"));
        }
        assert!(Dimension::parse("colour").is_err() && Dimension::parse("tag:").is_err());
    }
}
