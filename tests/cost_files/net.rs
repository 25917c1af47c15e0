//! Net costs of reports in months without a private discount, whose columns are blank.

use quarterdeck::cost::Lens;

use crate::{Desk, pairs};

const HEADER: &str = "bill_billing_period_start_date,line_item_usage_start_date,line_item_line_item_type,line_item_unblended_cost,\
    line_item_net_unblended_cost,savings_plan_savings_plan_effective_cost,savings_plan_net_savings_plan_effective_cost,\
    line_item_resource_id\n";

/// Two charges of a month, one under a plan.
fn month(month: &str, [usage, plan]: [&str; 2]) -> String {
    let row = |kind: &str, rest: &str| format!("2026-{month}-01,2026-{month}-02,{kind},5,{rest},i-1\n");
    row("Usage", &format!("{usage},,")) + &row("SavingsPlanCoveredUsage", &format!("{plan},3,{plan}"))
}

#[test]
fn a_month_without_any_net_cost_has_no_discount_and_costs_net_what_it_costs_amortized() {
    let desk = Desk::new();
    let text = HEADER.to_owned() + &month("09", ["", ""]) + &month("10", ["4", "2"]);
    let imported = desk.import("bill.csv", text).unwrap();
    let told = imported
        .months
        .iter()
        .map(|facts| (facts.net_is_amortized, facts.blank_net));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(Some(true), Some(0)), (Some(false), Some(0))]
    );
    let both = pairs(&[("2026-09", "8"), ("2026-10", "6")]);
    assert_eq!(desk.ask("month", Lens::Net, ""), both);
    // From the file itself, too.
    assert_eq!(desk.ask("resource", Lens::Net, ""), pairs(&[("i-1", "14")]));
    let files = desk.files();
    assert_eq!(files.doubts(Lens::Net), None);
    assert!(files.without(Lens::Net).unwrap().contains("without a discount"));
    assert_eq!(files.without(Lens::Amortized), None);
}

#[test]
fn a_month_of_which_some_rows_have_a_net_cost_lacks_that_of_the_others() {
    let desk = Desk::new();
    let facts = desk
        .import("bill.csv", HEADER.to_owned() + &month("09", ["4", ""]))
        .unwrap()
        .months;
    assert_eq!(
        (facts[0].net_is_amortized, facts[0].blank_net),
        (Some(false), Some(1))
    );
    assert_eq!(desk.ask("", Lens::Net, ""), pairs(&[("", "4")]));
    assert!(
        desk.files()
            .doubts(Lens::Net)
            .unwrap()
            .0
            .contains("1 row has no net cost")
    );
}
