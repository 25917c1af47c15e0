//! What it costs: the headline first, then where the money goes, then the days. An error is shown as one.

mod update;
mod view;

use crate::app::Effect;
use crate::cost::{Dimension, Lens, Query, Report};
use crate::ui::Ids;
use crate::ui::table;

pub use update::{arrived, failed, perform, sort, step};
pub use view::{headline, view};

/// What the group key goes through.
const DIMENSIONS: [&str; 6] = [
    "service",
    "account",
    "region",
    "usage_type",
    "category",
    "tag:team",
];
const LENSES: [Lens; 3] = [Lens::Unblended, Lens::Amortized, Lens::Net];

#[derive(Debug, Default)]
pub struct Costs {
    query: Query,
    /// Whose costs are asked for, as an index into the profiles that the runtime knows.
    profile: usize,
    /// Whose costs are shown.
    answered: usize,
    pub report: Option<Report>,
    pub trouble: Option<(String, String)>,
    pub by_change: bool,
    pub table: table::State<String>,
    asked: bool,
}

impl Costs {
    pub fn query(&self) -> Query {
        self.query.clone()
    }

    pub fn fetch(&self, forced: bool) -> Effect {
        Effect::FetchCosts {
            profile: self.profile,
            query: self.query(),
            forced,
        }
    }

    /// The months before, of whose costs are shown.
    pub fn fetch_history(&self) -> Effect {
        Effect::FetchHistory {
            profile: self.answered,
        }
    }

    /// Nothing was asked yet.
    pub fn is_blank(&self) -> bool {
        !self.asked && self.report.is_none()
    }

    pub fn is_inside(&self) -> bool {
        !self.query.inside.is_empty()
    }

    /// What a forced refresh costs, in words.
    pub fn price(&self) -> String {
        match &self.report {
            Some(report) => report.price.clone(),
            None => "one request ($0.01) a page".into(),
        }
    }

    fn next_dimension(&self) -> Dimension {
        let at = DIMENSIONS
            .iter()
            .position(|name| Dimension::parse(name).as_ref() == Ok(&self.query.by));
        let next = (0..DIMENSIONS.len())
            .map(|step| DIMENSIONS[(at.unwrap_or(0) + 1 + step) % DIMENSIONS.len()])
            .filter_map(|name| Dimension::parse(name).ok())
            .find(|dimension| self.query.inside.iter().all(|(inside, _)| inside != dimension));
        next.unwrap_or(Dimension::Service)
    }

    fn rows(&self) -> &[crate::cost::Line] {
        self.report.as_ref().map_or(&[], |report| &report.rows)
    }
}

impl Ids for Costs {
    type Id = String;

    fn len(&self) -> usize {
        self.rows().len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.rows().get(index).map(|row| row.name.clone())
    }
}
