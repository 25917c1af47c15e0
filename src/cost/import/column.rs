//! What the columns are called: in FOCUS by its specification, in Cost and Usage Reports as version 2.0 writes them and,
//! after [`plain`], the legacy one too. Beside each text stands what is lost without it; nothing where it can be spared.

use super::field::{Money, Text};

pub const FOCUS_TEXT: [(Text, &[&str], &str); 11] = [
    (Text::Service, &["ServiceName"], "no breakdown by service"),
    (Text::Account, &["SubAccountId"], "no breakdown by account"),
    (Text::Region, &["RegionId"], "no breakdown by region"),
    (Text::Category, &["ChargeCategory"], "no breakdown by category"),
    (
        Text::UsageType,
        &["x_UsageType", "SkuMeter"],
        "no breakdown by usage_type",
    ),
    (Text::Pricing, &["PricingCategory"], "no breakdown by pricing"),
    (
        Text::Commitment,
        &["CommitmentDiscountStatus"],
        "no breakdown by commitment",
    ),
    (Text::Class, &["ChargeClass"], "no breakdown by class"),
    (Text::Resource, &["ResourceId"], "no breakdown by resource"),
    (
        Text::Currency,
        &["BillingCurrency"],
        "the currency is unknown and shown as XXX",
    ),
    (Text::AccountName, &["SubAccountName"], "accounts have no names"),
];

pub const FOCUS_MONEY: [(Money, &str); 4] = [
    (Money::Billed, "BilledCost"),
    (Money::Effective, "EffectiveCost"),
    (Money::List, "ListCost"),
    (Money::Quantity, "ConsumedQuantity"),
];

pub const CUR_TEXT: [(Text, &[&str], &str); 12] = [
    (Text::Service, &["product_product_name"], ""),
    (
        Text::ServiceCode,
        &["line_item_product_code"],
        "no breakdown by service",
    ),
    (
        Text::Account,
        &["line_item_usage_account_id"],
        "no breakdown by account",
    ),
    (
        Text::Region,
        &["product_region_code", "product_region"],
        "no breakdown by region",
    ),
    (
        Text::Category,
        &["line_item_line_item_type"],
        "no breakdown by category",
    ),
    (
        Text::UsageType,
        &["line_item_usage_type"],
        "no breakdown by usage_type",
    ),
    (Text::Pricing, &["pricing_term"], "no breakdown by pricing"),
    (
        Text::Resource,
        &["line_item_resource_id"],
        "no breakdown by resource",
    ),
    (
        Text::Currency,
        &["line_item_currency_code"],
        "the currency is unknown and shown as XXX",
    ),
    (Text::AccountName, &["line_item_usage_account_name"], ""),
    (
        Text::Operation,
        &["line_item_operation"],
        "split-cost rows of containers cannot be told apart",
    ),
    (
        Text::Reservation,
        &["reservation_reservation_a_r_n", "reservation_reservation_arn"],
        "",
    ),
];

pub const CUR_MONEY: [(Money, &str); 14] = [
    (Money::Billed, "line_item_unblended_cost"),
    (Money::Net, "line_item_net_unblended_cost"),
    (Money::List, "pricing_public_on_demand_cost"),
    (Money::Quantity, "line_item_usage_amount"),
    (Money::PlanEffective, "savings_plan_savings_plan_effective_cost"),
    (
        Money::PlanNetEffective,
        "savings_plan_net_savings_plan_effective_cost",
    ),
    (Money::PlanCommitment, "savings_plan_total_commitment_to_date"),
    (Money::PlanUsed, "savings_plan_used_commitment"),
    (Money::ReservedEffective, "reservation_effective_cost"),
    (Money::ReservedNetEffective, "reservation_net_effective_cost"),
    (
        Money::UnusedUpfront,
        "reservation_unused_amortized_upfront_fee_for_billing_period",
    ),
    (Money::UnusedRecurring, "reservation_unused_recurring_fee"),
    (
        Money::NetUnusedUpfront,
        "reservation_net_unused_amortized_upfront_fee_for_billing_period",
    ),
    (Money::NetUnusedRecurring, "reservation_net_unused_recurring_fee"),
];

/// Lower case, and the names of a legacy report as the newer one writes them: `lineItem/UsageType` is
/// `line_item_usage_type`.
pub fn plain(header: &str) -> String {
    let header = header.trim_start_matches('\u{feff}').trim();
    let Some((section, column)) = header.split_once('/') else {
        return header.to_ascii_lowercase();
    };
    let snake = |text: &str| {
        let mut snake = String::new();
        for letter in text.chars() {
            if letter.is_ascii_uppercase() && !snake.is_empty() {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        }
        snake
    };
    format!("{}_{}", snake(section), snake(column))
}
