//! The dimensions of a line, as Cost Explorer names them, and its words for a value that is missing.

use crate::sim::account::Account;
use crate::sim::billing::{Line, Record};

/// Dimensions that group and filter here.
pub const KNOWN: &[&str] = &[
    "AZ",
    "BILLING_ENTITY",
    "INSTANCE_TYPE",
    "INSTANCE_TYPE_FAMILY",
    "INVOICING_ENTITY",
    "LEGAL_ENTITY_NAME",
    "LINKED_ACCOUNT",
    "LINKED_ACCOUNT_NAME",
    "OPERATING_SYSTEM",
    "OPERATION",
    "PLATFORM",
    "PURCHASE_TYPE",
    "RECORD_TYPE",
    "REGION",
    "SERVICE",
    "TENANCY",
    "USAGE_TYPE",
];

/// A line's value in a known dimension.
pub fn value(accounts: &[Account], line: &Line, dimension: &str) -> String {
    let account = accounts.get(line.account);
    match dimension {
        "SERVICE" => line.service,
        "USAGE_TYPE" => &line.usage_type,
        "OPERATION" => line.operation,
        "RECORD_TYPE" => line.record.name(),
        "LINKED_ACCOUNT" => account.map_or("", |account| &account.id),
        "LINKED_ACCOUNT_NAME" => account.map_or("", |account| &account.name),
        "REGION" => line.region.as_deref().unwrap_or("NoRegion"),
        "AZ" => "NoAZ",
        "INSTANCE_TYPE" => line.instance_type.as_deref().unwrap_or("NoInstanceType"),
        "INSTANCE_TYPE_FAMILY" => {
            let family = line
                .instance_type
                .as_deref()
                .and_then(|name| name.rsplit_once('.'));
            family.map_or("NoInstanceTypeFamily", |(family, _)| family)
        }
        "PLATFORM" | "OPERATING_SYSTEM" => line.platform.unwrap_or("NoOperatingSystem"),
        "TENANCY" if line.platform.is_some() => "Shared",
        "TENANCY" => "NoTenancy",
        "PURCHASE_TYPE" => match (line.record, line.platform) {
            (Record::Covered | Record::Negation | Record::PlanFee, _) => "Savings Plans",
            (Record::Discounted | Record::ReservationFee, _) => "Reserved",
            (_, Some(_)) => "On Demand Instances",
            _ => "NoPurchaseType",
        },
        "BILLING_ENTITY" => "AWS",
        _ => "Amazon Web Services, Inc.",
    }
    .to_owned()
}

/// The one cost category of the simulated organisation.
pub const CATEGORY: &str = "Product";

/// The product that a line belongs to; empty when nobody's.
pub fn category(line: &Line) -> &'static str {
    match line.tags.get("team").map(String::as_str) {
        Some("pay") => "Checkout",
        Some("web" | "search" | "mobile") => "Storefront",
        Some("data" | "ml") => "Insight",
        Some(_) => "Shared",
        None => "",
    }
}
