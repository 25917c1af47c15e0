//! Which columns of a file are read: for an import all that a cell has, for a question only those that it looks at.

use super::field::{ALL_TEXTS, MONEYS, Money, Text};
use super::layout::{Dialect, Labelled, Layout};
use super::ledger::{Ledger, Wanted};
use crate::cost::dataset::Lens;

/// Forgets the columns that nobody asks for.
pub fn trim(layout: &mut Layout, ledger: &Ledger) {
    let wanted = ledger.wanted.as_ref();
    let dialect = layout.dialect;
    for (text, place) in ALL_TEXTS.into_iter().zip(&mut layout.text) {
        if !is_read(text, dialect, ledger) {
            *place = None;
        }
    }
    let Some(wanted) = wanted else { return };
    for at in 0..MONEYS {
        if !is_added(at, dialect, wanted) {
            layout.money[at] = None;
        }
    }
    if !wanted.by_month && ledger.without_net.is_empty() {
        layout.period = None;
    }
    layout.labels.retain(|label| match label {
        Labelled::Map(_, kind) => wanted.labels.iter().any(|(of, _)| of == kind),
        Labelled::Value(_, kind, name) => wanted.labels.iter().any(|of| (&of.0, &of.1) == (kind, name)),
    });
}

/// Axes that are asked for; and what tells a row's currency, and what a line of a Cost and Usage Report costs.
fn is_read(text: Text, dialect: Dialect, ledger: &Ledger) -> bool {
    let axis = |text: Text| ledger.read.get(text as usize).copied();
    let is_question = ledger.wanted.is_some();
    match text {
        Text::Currency => true,
        Text::Category | Text::Operation | Text::Reservation if dialect == Dialect::Cur => true,
        Text::ServiceCode if is_question => axis(Text::Service).unwrap_or(true),
        Text::AccountName | Text::Operation | Text::Reservation => !is_question,
        text => axis(text).unwrap_or(true),
    }
}

/// What the lens looks at. Amortization takes nearly every amount of a Cost and Usage Report.
fn is_added(money: usize, dialect: Dialect, wanted: &Wanted) -> bool {
    let is = |of: Money| money == of as usize;
    let is_unit = is(Money::Quantity) && wanted.by_unit;
    is_unit
        || match (wanted.lens, dialect) {
            (Lens::Unblended, _) => is(Money::Billed),
            (Lens::List, _) => is(Money::List),
            (_, Dialect::Focus) => is(Money::Effective),
            (_, Dialect::Cur) => !is(Money::List) && !is(Money::Quantity),
        }
}

#[cfg(test)]
mod tests {
    use super::super::ledger::Scan;
    use super::*;
    use crate::cost::dataset::Dimension;
    use crate::cost::filter::Filter;
    use crate::cost::period::Period;

    const FOCUS: &str = "BilledCost,EffectiveCost,ListCost,ConsumedQuantity,ChargePeriodStart,BillingPeriodStart,\
         BillingCurrency,ServiceName,SubAccountId,SubAccountName,RegionId,ChargeCategory,x_UsageType,ResourceId,Tags";
    const CUR: &str = "line_item_unblended_cost,pricing_public_on_demand_cost,line_item_usage_amount,\
         reservation_effective_cost,line_item_usage_start_date,line_item_line_item_type,line_item_product_code,\
         line_item_operation,line_item_resource_id,resourceTags/user:team,resourceTags/user:env";

    /// The columns of a file that are read, by their names.
    fn read(header: &str, ledger: &Ledger) -> Vec<String> {
        let headers: Vec<String> = header.split(',').map(str::to_owned).collect();
        let mut layout = Layout::read(&headers).unwrap();
        trim(&mut layout, ledger);
        layout
            .columns()
            .into_iter()
            .map(|at| headers[at].clone())
            .collect()
    }

    fn asking(by: &[Dimension], filter: &str, lens: Lens) -> Ledger {
        let scan = Scan {
            by: by.to_vec(),
            period: Period::new("2026-08-01".parse().unwrap(), "2026-09-01".parse().unwrap()).unwrap(),
            filter: Filter::parse(filter).unwrap(),
            lens,
        };
        Ledger::scanning(&scan, None)
    }

    #[test]
    fn a_question_reads_what_it_looks_at_and_an_import_all_but_resources() {
        let by_resource = asking(&[Dimension::Resource], "", Lens::Unblended);
        assert_eq!(
            read(FOCUS, &by_resource),
            ["BilledCost", "ChargePeriodStart", "BillingCurrency", "ResourceId"]
        );
        let more = asking(
            &[Dimension::Month, Dimension::UsageType],
            "tag.team:pay resource:i-*",
            Lens::Amortized,
        );
        assert_eq!(
            read(FOCUS, &more),
            [
                "EffectiveCost",
                "ConsumedQuantity",
                "ChargePeriodStart",
                "BillingPeriodStart",
                "BillingCurrency",
                "x_UsageType",
                "ResourceId",
                "Tags"
            ]
        );
        let all = read(FOCUS, &Ledger::new());
        let wanted: Vec<&str> = FOCUS.split(',').filter(|of| *of != "ResourceId").collect();
        assert_eq!(all, wanted);
    }

    #[test]
    fn a_report_is_read_with_what_its_lines_cost_and_one_tag_alone() {
        let by_resource = asking(&[Dimension::Resource], "tag.team:pay", Lens::Amortized);
        assert_eq!(
            read(CUR, &by_resource),
            [
                "line_item_unblended_cost",
                "reservation_effective_cost",
                "line_item_usage_start_date",
                "line_item_line_item_type",
                "line_item_operation",
                "line_item_resource_id",
                "resourceTags/user:team"
            ]
        );
        let services = asking(&[Dimension::Resource], "service:AmazonEC2", Lens::List);
        assert!(read(CUR, &services).contains(&"line_item_product_code".to_owned()));
        assert!(!read(CUR, &services).contains(&"line_item_unblended_cost".to_owned()));
    }
}
