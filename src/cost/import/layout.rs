//! Which column of a file holds what: FOCUS 1.0 and later, Cost and Usage Report 2.0 and the one before it, told apart by
//! their columns and read by name in any order. What is absent is named with what is lost by it.

use std::collections::{HashMap, HashSet};

use super::column::{CUR_MONEY, CUR_TEXT, FOCUS_MONEY, FOCUS_TEXT, plain};
use super::field::{COUNTED, MONEYS, Money, TEXTS, Text};
use super::trouble::Flaw;
use crate::cost::cube::Kind;
use crate::cost::dataset::Lens;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Focus,
    /// Cost and Usage Report.
    Cur,
}

/// Where a text is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Column(usize),
    /// The value under a key of a map.
    Entry(usize, &'static str),
}

/// Where labels are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Labelled {
    /// A map of all of them.
    Map(usize, Kind),
    /// The values of one.
    Value(usize, Kind, String),
}

impl Labelled {
    pub fn kind(&self) -> Kind {
        match self {
            Labelled::Map(_, kind) | Labelled::Value(_, kind, _) => *kind,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Layout {
    pub dialect: Dialect,
    /// As a person calls it: `FOCUS 1.2`, `CUR 2.0`, `legacy CUR`.
    pub format: String,
    pub text: [Option<Place>; TEXTS],
    pub money: [Option<usize>; MONEYS],
    pub day: usize,
    pub period: Option<usize>,
    pub labels: Vec<Labelled>,
    /// Absent columns and what is lost by them.
    pub missing: Vec<String>,
    pub without: Vec<(Lens, String)>,
}

impl Layout {
    pub fn read(headers: &[String]) -> Result<Layout, Flaw> {
        let mut columns: HashMap<String, usize> = HashMap::new();
        let mut twice = HashSet::new();
        for (at, header) in headers.iter().enumerate() {
            let name = plain(header);
            if columns.insert(name.clone(), at).is_some() {
                twice.insert(name);
            }
        }
        let find = |name: &str| -> Result<Option<usize>, Flaw> {
            let plain = name.to_ascii_lowercase();
            match twice.contains(&plain) {
                true => Err(Flaw::whole(
                    format!("the column {name} is there twice"),
                    "export it once",
                )),
                false => Ok(columns.get(&plain).copied()),
            }
        };
        if find("BilledCost")?.is_some() {
            focus(find, &columns)
        } else if find("line_item_unblended_cost")?.is_some() {
            cur(find, headers, &columns)
        } else {
            Err(Flaw::whole(
                "neither a FOCUS export nor a Cost and Usage Report: there is no column BilledCost and none \
                 line_item_unblended_cost",
                "export FOCUS 1.0 to 1.2, CUR 2.0 or a legacy CUR with its cost column",
            ))
        }
    }

    fn blank(dialect: Dialect, format: String, day: usize, period: Option<usize>) -> Layout {
        Layout {
            dialect,
            format,
            text: [None; TEXTS],
            money: [None; MONEYS],
            day,
            period,
            labels: Vec::new(),
            missing: Vec::new(),
            without: Vec::new(),
        }
    }

    fn lack(&mut self, column: &str, loss: &str) {
        self.missing.push(format!("{column}: {loss}"));
    }

    pub fn has(&self, money: Money) -> bool {
        self.money[money as usize].is_some()
    }

    /// The place among [`COUNTED`] of an amount that no row of this export should lack. Lines of a Cost and Usage Report have
    /// list prices for usage alone.
    pub fn counted(&self, money: usize) -> Option<usize> {
        let at = COUNTED.iter().position(|of| *of as usize == money)?;
        let is_list = money == Money::List as usize;
        (!is_list || self.dialect == Dialect::Focus).then_some(at)
    }

    /// Every column that is read.
    pub fn columns(&self) -> Vec<usize> {
        let text = self.text.iter().flatten().map(|place| match place {
            Place::Column(at) | Place::Entry(at, _) => *at,
        });
        let labels = self.labels.iter().map(|label| match label {
            Labelled::Map(at, _) | Labelled::Value(at, _, _) => *at,
        });
        let mut columns: Vec<usize> = text
            .chain(self.money.iter().flatten().copied())
            .chain(labels)
            .chain([self.day])
            .chain(self.period)
            .collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

fn focus(
    find: impl Fn(&str) -> Result<Option<usize>, Flaw>,
    columns: &HashMap<String, usize>,
) -> Result<Layout, Flaw> {
    let day = find("ChargePeriodStart")?.ok_or_else(|| no_day("ChargePeriodStart"))?;
    let version = match () {
        () if columns.contains_key("serviceprovidername") => "1.3",
        () if columns.contains_key("invoiceid") || columns.contains_key("billingaccounttype") => "1.2",
        () if columns.contains_key("skumeter") || columns.contains_key("servicesubcategory") => "1.1",
        () => "1.0",
    };
    let period = find("BillingPeriodStart")?;
    let mut layout = Layout::blank(Dialect::Focus, format!("FOCUS {version}"), day, period);
    texts(&mut layout, &find, &FOCUS_TEXT)?;
    for (money, column) in FOCUS_MONEY {
        layout.money[money as usize] = find(column)?;
    }
    if !layout.has(Money::Effective) {
        for lens in [Lens::Amortized, Lens::Net] {
            layout
                .without
                .push((lens, "the export has no column EffectiveCost".into()));
        }
        layout.lack("EffectiveCost", "no effective and no net costs");
    }
    if !layout.has(Money::List) {
        layout
            .without
            .push((Lens::List, "the export has no column ListCost".into()));
        layout.lack("ListCost", "no list costs");
    }
    for (column, kind) in [("Tags", Kind::Tag), ("x_CostCategories", Kind::CostCategory)] {
        match find(column)? {
            Some(at) => layout.labels.push(Labelled::Map(at, kind)),
            None if kind == Kind::Tag => layout.lack(column, "no breakdown by tag"),
            None => {}
        }
    }
    if layout.period.is_none() {
        layout.lack(
            "BillingPeriodStart",
            "the month of a charge is the one of its day",
        );
    }
    Ok(layout)
}

fn cur(
    find: impl Fn(&str) -> Result<Option<usize>, Flaw>,
    headers: &[String],
    columns: &HashMap<String, usize>,
) -> Result<Layout, Flaw> {
    let start = "line_item_usage_start_date";
    let day = find(start)?.ok_or_else(|| no_day(start))?;
    let is_two = ["resource_tags", "product", "cost_category"]
        .iter()
        .any(|map| columns.contains_key(*map));
    let format = if is_two { "CUR 2.0" } else { "legacy CUR" };
    let period = find("bill_billing_period_start_date")?;
    let mut layout = Layout::blank(Dialect::Cur, format.into(), day, period);
    texts(&mut layout, &find, &CUR_TEXT)?;
    if layout.text[Text::Service as usize].is_none() {
        let map = find("product")?.map(|at| Place::Entry(at, "product_name"));
        layout.text[Text::Service as usize] = map;
    }
    for (money, column) in CUR_MONEY {
        layout.money[money as usize] = find(column)?;
    }
    if !layout.has(Money::List) {
        layout.without.push((
            Lens::List,
            "the report has no column pricing_public_on_demand_cost".into(),
        ));
        layout.lack("pricing_public_on_demand_cost", "no list costs");
    }
    for (column, kind) in [
        ("resource_tags", Kind::Tag),
        ("cost_category", Kind::CostCategory),
    ] {
        layout
            .labels
            .extend(find(column)?.map(|at| Labelled::Map(at, kind)));
    }
    for (at, header) in headers.iter().enumerate() {
        let prefixes = [
            ("resourceTags/", Kind::Tag),
            ("costCategory/", Kind::CostCategory),
            ("resource_tags_", Kind::Tag),
            ("cost_category_", Kind::CostCategory),
        ];
        for (prefix, kind) in prefixes {
            if let Some(key) = header.trim().strip_prefix(prefix) {
                layout
                    .labels
                    .push(Labelled::Value(at, kind, Dialect::Cur.tag_key(key).to_owned()));
            }
        }
    }
    Ok(layout)
}

fn texts(
    layout: &mut Layout,
    find: impl Fn(&str) -> Result<Option<usize>, Flaw>,
    wanted: &[(Text, &[&str], &str)],
) -> Result<(), Flaw> {
    for (text, names, loss) in wanted {
        let mut place = None;
        for name in *names {
            place = place.or(find(name)?);
        }
        layout.text[*text as usize] = place.map(Place::Column);
        if place.is_none() && !loss.is_empty() {
            layout.lack(names[0], loss);
        }
    }
    Ok(())
}

fn no_day(column: &str) -> Flaw {
    Flaw::whole(
        format!("there is no column {column}, so that no charge has a day"),
        format!("export it with {column}"),
    )
}

impl Dialect {
    /// The key of a tag as a person gave it: reports put `user:` or, in maps and Parquet, `user_` before it.
    pub fn tag_key(self, key: &str) -> &str {
        let bare = key.strip_prefix("user:");
        match self {
            Dialect::Focus => bare,
            Dialect::Cur => bare.or_else(|| key.strip_prefix("user_")),
        }
        .unwrap_or(key)
    }
}
