//! The SQL of a question over an export in Athena: any grouping, tags, filters and lenses; days as timestamps, whole
//! billing periods read only where they are needed. Texts are quoted, so that no value can be more than a value; the same
//! statement runs in Trino and in DuckDB, over a table or over the Parquet files themselves.

use std::collections::BTreeSet;
use std::fmt::Write;

use jiff::ToSpan;
use jiff::civil::Date;

use super::breakdown::Question;
use super::dataset::{BadDimension, Dimension, Lens};
pub use crate::config::ExportKind as Kind;

/// A table that an export is registered as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub database: String,
    pub table: String,
    pub kind: Kind,
    /// Its columns in lower case; `None`: nobody has looked, and it is taken to have all.
    pub columns: Option<BTreeSet<String>>,
    /// Parquet files that DuckDB reads in place of the table, as a path or a pattern of them.
    pub files: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{says}")]
pub struct BadTable {
    pub says: String,
    pub hint: String,
}

/// A statement, and how many of its columns are keys; the currency, the cost and the quantity follow them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub text: String,
    pub keys: usize,
    /// What it does without because the export lacks a column.
    pub without: Option<&'static str>,
}

/// The names of services are in a column that an export of CUR 2.0 may be made without.
const PRODUCT: &str = "product";
const NO_PRODUCT: &str = "the export has no column product: services stand under their short codes, such as AmazonEC2; \
                          an export with product has their names";
/// Why nothing is left out at the other end: whoever pays for what is read may add a bound.
const LATE: &str = "-- no upper bound: later bills correct these days";
/// Kinds of use have units of their own, and hours and gigabytes have no sum.
const UNITS: &str = "-- units differ: --by usage_type has quantities";
/// A report of an account without discounts of its own has none of the columns that net costs are made of.
const NET: &str =
    "-- a report without private discounts lacks the net columns: there --metric amortized is the same";
/// A statement that names the columns of a table; Athena charges nothing for it.
const SHOW_COLUMNS: &str = "SHOW COLUMNS IN";

/// Where the day of a charge is, where its currency, and where its quantity.
struct Columns {
    start: &'static str,
    currency: &'static str,
    quantity: &'static str,
}

impl Kind {
    fn columns(self) -> Columns {
        match self {
            Kind::Focus | Kind::Focus12 => Columns {
                start: "ChargePeriodStart",
                currency: "BillingCurrency",
                quantity: "ConsumedQuantity",
            },
            Kind::Cur2 => Columns {
                start: "line_item_usage_start_date",
                currency: "line_item_currency_code",
                quantity: "line_item_usage_amount",
            },
        }
    }

    /// As the configuration calls it.
    fn word(self) -> &'static str {
        match self {
            Kind::Focus => "focus",
            Kind::Focus12 => "focus-1.2",
            Kind::Cur2 => "cur2",
        }
    }

    /// A column that no other kind has, in lower case.
    fn mark(self) -> &'static str {
        match self {
            Kind::Focus => "x_usagetype",
            Kind::Focus12 => "skumeter",
            Kind::Cur2 => "line_item_usage_start_date",
        }
    }

    fn value(self, dimension: &Dimension) -> Result<String, BadDimension> {
        let focus = self != Kind::Cur2;
        let name = match dimension {
            Dimension::Service if focus => "ServiceName",
            Dimension::Account if focus => "SubAccountId",
            Dimension::Region if focus => "RegionId",
            Dimension::Category if focus => "ChargeCategory",
            Dimension::UsageType if self == Kind::Focus => "x_UsageType",
            Dimension::UsageType if focus => "SkuMeter",
            Dimension::Resource if focus => "ResourceId",
            // The short name only where there is no long one: that is what an import reads as well.
            Dimension::Service => {
                let long = format!("NULLIF({}, '')", entry(PRODUCT, "product_name"));
                return Ok(format!("COALESCE({long}, line_item_product_code, '')"));
            }
            Dimension::Account => "line_item_usage_account_id",
            Dimension::Region => "product_region_code",
            Dimension::Category => "line_item_line_item_type",
            Dimension::UsageType => "line_item_usage_type",
            Dimension::Resource => "line_item_resource_id",
            Dimension::Tag(key) if focus => {
                return Ok(element("Tags", key));
            }
            // The report writes a user's own tags with a prefix, and those of AWS as they are.
            Dimension::Tag(key) => {
                let own = entry("resource_tags", &format!("user_{key}"));
                let plain = entry("resource_tags", key);
                return Ok(format!("COALESCE({own}, {plain}, '')"));
            }
            Dimension::CostCategory(key) => {
                let column = if focus {
                    "x_CostCategories"
                } else {
                    "cost_category"
                };
                return Ok(element(column, key));
            }
            Dimension::Pricing if focus => "PricingCategory",
            Dimension::Pricing => "pricing_term",
            Dimension::Operation if self == Kind::Focus => "x_Operation",
            Dimension::Zone if focus => "AvailabilityZone",
            Dimension::Invoicer if focus => "InvoiceIssuerName",
            Dimension::Seller if focus => "PublisherName",
            Dimension::Operation | Dimension::InstanceType | Dimension::Platform | Dimension::Tenancy
                if focus =>
            {
                return Err(BadDimension {
                    says: format!("this export is not split by {dimension}"),
                    hint: "leave it out of --by and --filter, or ask Cost Explorer or a report of CUR 2.0"
                        .into(),
                });
            }
            Dimension::Operation => "line_item_operation",
            Dimension::InstanceType => "product_instance_type",
            Dimension::Zone => "line_item_availability_zone",
            Dimension::Platform => return Ok(element(PRODUCT, "operating_system")),
            Dimension::Tenancy => return Ok(element(PRODUCT, "tenancy")),
            Dimension::Invoicer => "bill_invoicing_entity",
            Dimension::Seller => "line_item_legal_entity",
            Dimension::Commitment if focus => "CommitmentDiscountStatus",
            Dimension::Class if focus => "ChargeClass",
            Dimension::Commitment | Dimension::Class => {
                return Err(BadDimension {
                    says: format!("a Cost and Usage Report is not split by {dimension}"),
                    hint: "leave it out of --by and --filter, or ask a FOCUS export".into(),
                });
            }
            Dimension::Day => return Ok(self.day()),
            // The partition is the month that bills the charge.
            Dimension::Month => "billing_period",
        };
        Ok(format!("COALESCE({name}, '')"))
    }

    /// The month of the bill where no partition tells it.
    fn month(self) -> String {
        let start = match self {
            Kind::Focus | Kind::Focus12 => "BillingPeriodStart",
            Kind::Cur2 => "bill_billing_period_start_date",
        };
        format!("COALESCE(SUBSTR(CAST(CAST({start} AS DATE) AS VARCHAR), 1, 7), '')")
    }

    fn day(self) -> String {
        format!(
            "SUBSTR(CAST(CAST({} AS DATE) AS VARCHAR), 1, 10)",
            self.columns().start
        )
    }

    fn cost(self, lens: Lens) -> String {
        match (self, lens) {
            (Kind::Cur2, Lens::Unblended) => "line_item_unblended_cost".into(),
            (Kind::Cur2, Lens::Amortized) => amortized("", "line_item_unblended_cost"),
            (Kind::Cur2, Lens::Net) => amortized("net_", "line_item_net_unblended_cost"),
            (Kind::Cur2, Lens::List) => "pricing_public_on_demand_cost".into(),
            (_, Lens::Unblended) => "BilledCost".into(),
            // FOCUS has the private discounts in it already.
            (_, Lens::Amortized | Lens::Net) => "EffectiveCost".into(),
            (_, Lens::List) => "ListCost".into(),
        }
    }
}

fn element(map: &str, key: &str) -> String {
    format!("COALESCE({}, '')", entry(map, key))
}

/// Trino fails where a key is not there, and `TRY` makes NULL of that; in DuckDB it is NULL as it is. What both call
/// `element_at` is two things: DuckDB's answers with a list.
fn entry(map: &str, key: &str) -> String {
    format!("TRY({map}[{}])", quote(key))
}

/// The columns that an expression of a report names: words outside of texts with a `_`, and the map of products.
fn columns_of(expression: &str) -> impl Iterator<Item = &str> {
    let outside = expression.split('\'').step_by(2);
    let words = outside.flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    words.filter(|word| *word == PRODUCT || word.contains('_'))
}

/// Commitments spread over what they cover, as AWS's own views over the report do it.
fn amortized(net: &str, plain: &str) -> String {
    format!(
        "CASE line_item_line_item_type \
         WHEN 'SavingsPlanCoveredUsage' THEN savings_plan_{net}savings_plan_effective_cost \
         WHEN 'SavingsPlanRecurringFee' THEN savings_plan_total_commitment_to_date - savings_plan_used_commitment \
         WHEN 'SavingsPlanNegation' THEN 0 \
         WHEN 'SavingsPlanUpfrontFee' THEN 0 \
         WHEN 'DiscountedUsage' THEN reservation_{net}effective_cost \
         WHEN 'RIFee' THEN reservation_{net}unused_amortized_upfront_fee_for_billing_period \
         + reservation_{net}unused_recurring_fee \
         WHEN 'Fee' THEN CASE WHEN COALESCE(reservation_reservation_a_r_n, '') <> '' THEN 0 ELSE {plain} END \
         ELSE {plain} END"
    )
}

impl Table {
    /// Names that may stand in a statement: letters, digits and `_`.
    pub fn check(&self) -> Result<(), BadTable> {
        for (what, name) in [("database", &self.database), ("table", &self.table)] {
            let good = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !good {
                return Err(BadTable {
                    says: format!("{name:?} is no name of a {what} in Athena"),
                    hint: format!("set {what} under [costs.athena]: letters, digits and _"),
                });
            }
        }
        Ok(())
    }

    /// The statement that asks for its columns.
    pub fn ask_columns(&self) -> String {
        // Without quotes: statements about tables are not of the language that has them.
        format!("{SHOW_COLUMNS} {}.{}", self.database, self.table)
    }

    /// What it is by its columns, where it is surely not what it is said to be.
    fn mistaken(&self) -> Result<(), BadDimension> {
        let has = |kind: &Kind| {
            self.columns
                .as_ref()
                .is_some_and(|known| known.contains(kind.mark()))
        };
        let is = [Kind::Focus, Kind::Focus12, Kind::Cur2].into_iter().find(has);
        match is.filter(|_| !has(&self.kind)) {
            None => Ok(()),
            Some(is) => Err(BadDimension {
                says: format!(
                    "the export has no column {}, which {} has: its columns are those of {}",
                    self.kind.mark(),
                    self.kind.word(),
                    is.word()
                ),
                hint: format!("set kind = \"{}\" under [costs.athena]", is.word()),
            }),
        }
    }

    /// Whether its statements depend on which columns it has.
    pub fn may_lack(&self) -> bool {
        self.kind == Kind::Cur2
    }

    /// A dimension's value, by the columns that there are.
    fn value(&self, dimension: &Dimension) -> Result<String, BadDimension> {
        if self.is_short(dimension) {
            return Ok("COALESCE(line_item_product_code, '')".into());
        }
        let value = match dimension {
            Dimension::Month if self.files.is_some() => self.kind.month(),
            _ => self.kind.value(dimension)?,
        };
        self.check_columns(&value, format_args!("{dimension}"))?;
        Ok(value)
    }

    /// Services are told apart without their names.
    fn is_short(&self, dimension: &Dimension) -> bool {
        *dimension == Dimension::Service && self.may_lack() && self.lacks(PRODUCT)
    }

    fn lacks(&self, column: &str) -> bool {
        let known = self.columns.as_ref();
        known.is_some_and(|known| !known.contains(&column.to_lowercase()))
    }

    fn check_columns(&self, expression: &str, what: std::fmt::Arguments<'_>) -> Result<(), BadDimension> {
        let lacking = |column: &&str| self.may_lack() && self.lacks(column);
        match columns_of(expression).find(lacking) {
            None => Ok(()),
            Some(column) => Err(BadDimension {
                says: format!("the export has no column {column}, which {what} takes"),
                hint: match column.contains("_net_") {
                    true => {
                        "without private discounts there are none, and --metric amortized is the same".into()
                    }
                    false => "leave it out, or make the export with that column".into(),
                },
            }),
        }
    }

    /// The statement that answers a question.
    pub fn statement(&self, question: &Question) -> Result<Statement, BadDimension> {
        let period = question.period;
        self.statement_within(question, [Some(period.from), Some(period.to)])
    }

    /// The same between two days of which either may be missing: whoever has files has chosen the months already.
    ///
    /// # Errors
    /// The export has no column for what is asked, or the table's name or kind is mistaken.
    pub fn statement_within(
        &self,
        question: &Question,
        [from, to]: [Option<Date>; 2],
    ) -> Result<Statement, BadDimension> {
        self.mistaken()?;
        let kind = self.kind;
        let columns = kind.columns();
        let mut text = String::from("SELECT\n");
        for (nth, dimension) in question.by.iter().enumerate() {
            line(
                &mut text,
                format_args!("  {} AS key_{},", self.value(dimension)?, nth + 1),
            );
        }
        let sum = |column: &str| format!("CAST(SUM(CAST({column} AS DECIMAL(38, 12))) AS VARCHAR)");
        line(
            &mut text,
            format_args!("  COALESCE({}, '') AS currency,", columns.currency),
        );
        let cost = kind.cost(question.lens);
        self.check_columns(&cost, format_args!("{} costs", question.lens))?;
        let warned = kind == Kind::Cur2 && question.lens == Lens::Net && self.columns.is_none();
        let says = if warned { format!(" {NET}") } else { String::new() };
        line(&mut text, format_args!("  {} AS cost,{says}", sum(&cost)));
        match question.by.contains(&Dimension::UsageType) {
            true => line(&mut text, format_args!("  {} AS quantity", sum(columns.quantity))),
            false => line(
                &mut text,
                format_args!("  CAST(NULL AS VARCHAR) AS quantity {UNITS}"),
            ),
        }
        match &self.files {
            // Months of an export need not have the same columns.
            Some(files) => line(
                &mut text,
                format_args!("FROM read_parquet({}, union_by_name = true)", quote(files)),
            ),
            None => line(
                &mut text,
                format_args!("FROM \"{}\".\"{}\"", self.database, self.table),
            ),
        }
        // A correction is billed months after its day: what is left out are the bills before it alone, but for one month,
        // since bills do not begin at midnight everywhere.
        let first = question.period.from.first_of_month();
        let first = first.saturating_sub(1.month());
        let mut word = "WHERE";
        if self.files.is_none() {
            line(
                &mut text,
                format_args!("WHERE billing_period >= '{}' {LATE}", first.strftime("%Y-%m")),
            );
            word = "  AND";
        }
        for (sign, day) in [(">=", from), ("<", to)] {
            let Some(day) = day else { continue };
            line(
                &mut text,
                format_args!("{word} {} {sign} TIMESTAMP '{day} 00:00:00'", columns.start),
            );
            word = "  AND";
        }
        if kind == Kind::Cur2 {
            // The parts of containers repeat the cost of the machines that they ran on.
            line(
                &mut text,
                format_args!(
                    "{word} NOT (COALESCE(line_item_operation, '') = 'EKSPod-EC2' \
                     OR COALESCE(line_item_operation, '') = 'ECSTask-EC2')"
                ),
            );
            word = "  AND";
        }
        for (dimension, negated, values) in question.filter.terms() {
            let value = self.value(dimension)?;
            let any: Vec<String> = values.iter().map(|parts| condition(&value, parts)).collect();
            let not = if negated { "NOT " } else { "" };
            line(&mut text, format_args!("{word} {not}({})", any.join(" OR ")));
            word = "  AND";
        }
        let keys = question.by.len();
        let order: Vec<String> = (1..=keys + 1).map(|nth| nth.to_string()).collect();
        line(&mut text, format_args!("GROUP BY {}", order.join(", ")));
        line(&mut text, format_args!("ORDER BY {}", order.join(", ")));
        let mut named = question.by.iter().chain(question.filter.dimensions());
        let without = named
            .any(|dimension| self.is_short(dimension))
            .then_some(NO_PRODUCT);
        Ok(Statement { text, keys, without })
    }
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a text does not fail.
    let _ = writeln!(text, "{arguments}");
}

/// A value that equals, or is like, the parts of a wanted one; without regard to case, as everywhere.
fn condition(value: &str, parts: &[String]) -> String {
    let lower: Vec<String> = parts.iter().map(|part| part.to_lowercase()).collect();
    if let [only] = &lower[..] {
        return format!("LOWER({value}) = {}", quote(only));
    }
    let escaped: Vec<String> = lower
        .iter()
        .map(|part| part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
        .collect();
    format!("LOWER({value}) LIKE {} ESCAPE '\\'", quote(&escaped.join("%")))
}

/// A text in SQL: nothing but the quote means anything inside, and it is doubled.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "''"))
}

#[cfg(test)]
mod tests;
