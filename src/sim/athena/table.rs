//! The bill as the rows of a FOCUS 1.0 export: one row a line and day, partitioned by billing period.

use jiff::civil::Date;

use super::expression::Row;
use crate::sim::billing::{Amount, Cell, Ledger, Line, Record};
use crate::sim::ce::{CATEGORY as PRODUCT, category as product};
use crate::sim::world::World;

pub struct Table<'a> {
    pub world: &'a World,
    pub ledger: &'a Ledger,
    /// The account whose export it is; a payer's holds every account.
    pub own: usize,
    /// Its columns are those of [`REPORT`].
    pub is_report: bool,
}

pub const FOCUS: &[&str] = &[
    "servicename",
    "subaccountid",
    "regionid",
    "chargecategory",
    "chargeclass",
    "commitmentdiscountstatus",
    "pricingcategory",
    "x_usagetype",
    "resourceid",
    "chargeperiodstart",
    "billing_period",
    "billingcurrency",
    "billedcost",
    "effectivecost",
    "listcost",
    "consumedquantity",
    "tags",
    "x_costcategories",
];

pub const REPORT: &[&str] = &[
    "line_item_product_code",
    "line_item_usage_account_id",
    "line_item_line_item_type",
    "line_item_operation",
    "line_item_usage_type",
    "line_item_usage_start_date",
    "line_item_currency_code",
    "line_item_unblended_cost",
    "line_item_usage_amount",
    "billing_period",
];

/// One row of the export.
pub struct Charge<'a> {
    table: &'a Table<'a>,
    line: &'a Line,
    cell: &'a Cell,
    date: Date,
}

impl<'a> Table<'a> {
    pub fn rows(&'a self) -> impl Iterator<Item = Charge<'a>> {
        let payer = self
            .world
            .accounts
            .get(self.own)
            .is_some_and(|account| account.payer);
        self.ledger.cells.iter().filter_map(move |cell| {
            let line = &self.ledger.lines[cell.line as usize];
            (payer || line.account == self.own).then(|| Charge {
                table: self,
                line,
                cell,
                date: self.ledger.date(cell.day),
            })
        })
    }
}

impl Charge<'_> {
    /// `None` when there is no such column of numbers.
    pub fn number(&self, name: &str) -> Option<Option<Amount>> {
        match name {
            "line_item_unblended_cost" if self.table.is_report => Some(Some(self.cell.unblended)),
            "line_item_usage_amount" if self.table.is_report => {
                Some(self.line.record.is_usage().then_some(self.cell.quantity))
            }
            _ if self.table.is_report => None,
            "billedcost" => Some(Some(self.cell.unblended)),
            "effectivecost" => Some(Some(self.cell.amortized.per_mille(self.line.net_per_mille))),
            // What a reserved hour would cost without the reservation is not in the ledger.
            "listcost" => {
                let known = matches!(self.line.record, Record::Usage | Record::Covered);
                Some(known.then_some(self.cell.unblended))
            }
            "consumedquantity" => Some(self.line.record.is_usage().then_some(self.cell.quantity)),
            _ => None,
        }
    }
}

impl Row for Charge<'_> {
    fn column(&self, name: &str) -> Option<Option<String>> {
        if self.table.is_report {
            let name = match name {
                "line_item_product_code" => return Some(Some(self.line.service.replace(' ', ""))),
                "line_item_line_item_type" => return Some(Some(self.line.record.name().to_owned())),
                "line_item_operation" => return Some(Some(self.line.operation.to_owned())),
                "line_item_usage_account_id" => "subaccountid",
                "line_item_usage_type" => "x_usagetype",
                "line_item_usage_start_date" => "chargeperiodstart",
                "line_item_currency_code" => "billingcurrency",
                "billing_period" => "billing_period",
                _ => return None,
            };
            return self.focus(name);
        }
        self.focus(name)
    }

    fn element(&self, map: &str, key: &str) -> Option<Option<String>> {
        match map {
            _ if self.table.is_report => None,
            "tags" => Some(self.line.tags.get(key).cloned()),
            "x_costcategories" => {
                let product = (key == PRODUCT).then(|| product(self.line));
                Some(product.filter(|name| !name.is_empty()).map(str::to_owned))
            }
            _ => None,
        }
    }
}

impl Charge<'_> {
    fn focus(&self, name: &str) -> Option<Option<String>> {
        let account = self.table.world.accounts.get(self.line.account);
        Some(match name {
            "servicename" => Some(self.line.service.to_owned()),
            "subaccountid" => account.map(|account| account.id.clone()),
            "regionid" => self.line.region.clone(),
            "chargecategory" => Some(category(self.line.record).to_owned()),
            "chargeclass" => (self.line.record == Record::Refund).then(|| "Correction".to_owned()),
            "commitmentdiscountstatus" => {
                let used = matches!(self.line.record, Record::Discounted | Record::Covered);
                used.then(|| "Used".to_owned())
            }
            "pricingcategory" => pricing(self.line.record).map(str::to_owned),
            "x_usagetype" => Some(self.line.usage_type.clone()),
            "resourceid" => self.line.resources.first().cloned(),
            "chargeperiodstart" => Some(format!("{} 00:00:00", self.date)),
            "billing_period" => Some(self.date.strftime("%Y-%m").to_string()),
            "billingcurrency" => {
                let currencies = &self.table.world.faults.ce.currencies;
                let own = account.and_then(|account| currencies.get(&account.id));
                Some(own.map_or("USD", String::as_str).to_owned())
            }
            _ => return None,
        })
    }
}

/// FOCUS's word for how usage is priced; no other charge has one.
fn pricing(record: Record) -> Option<&'static str> {
    match record {
        Record::Usage => Some("Standard"),
        Record::Discounted | Record::Covered => Some("Committed"),
        _ => None,
    }
}

/// FOCUS's word for a kind of charge.
fn category(record: Record) -> &'static str {
    match record {
        Record::Usage | Record::Discounted | Record::Covered => "Usage",
        Record::PlanFee | Record::ReservationFee | Record::Support => "Purchase",
        Record::Tax => "Tax",
        Record::Credit => "Credit",
        Record::Negation | Record::Refund => "Adjustment",
    }
}
