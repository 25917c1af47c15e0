//! What the console asks of costs: one dimension inside the values of others, through a lens, some charges left out, of
//! two periods. Where it comes from is another matter: any source answers it.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use super::anomaly::USAGE;
use super::breakdown::Question;
use super::dataset::{BadDimension, Dataset, Dimension, Lens};
use super::filter::{BadFilter, Filter};
use super::period::Period;
use super::slice::{self, Among, Slice};
use super::span::Span;

/// Whole months before this one that a first look asks for.
const MONTHS_BEFORE: i32 = 4;
/// Those that Cost Explorer keeps by day.
const MOST_MONTHS_BEFORE: i32 = 12;

/// A kind of charge that people leave out: with others in or out they see other totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Charge {
    Tax,
    Credit,
    Refund,
    Support,
}

impl Charge {
    pub const ALL: [Charge; 4] = [Charge::Tax, Charge::Credit, Charge::Refund, Charge::Support];

    pub fn name(self) -> &'static str {
        match self {
            Charge::Tax => "tax",
            Charge::Credit => "credit",
            Charge::Refund => "refund",
            Charge::Support => "support",
        }
    }

    pub fn parse(text: &str) -> Option<Charge> {
        Charge::ALL.into_iter().find(|charge| charge.name() == text)
    }

    /// The term that leaves it out. Cost Explorer and older reports say support by the charge's kind, FOCUS by the name
    /// of the service alone.
    fn left_out(self, services_known: bool) -> &'static str {
        match self {
            Charge::Tax => "-category:Tax",
            Charge::Credit => "-category:Credit",
            Charge::Refund => "-category:Refund,Adjustment",
            Charge::Support if services_known => "-category:*Support* -service:\"AWS *Support*\"",
            Charge::Support => "-category:*Support*",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub by: Dimension,
    pub inside: Vec<(Dimension, String)>,
    pub lens: Lens,
    pub without: BTreeSet<Charge>,
    /// As `--filter` of `qd costs` takes it.
    pub filter: String,
    pub span: Span,
    /// The one that is shown; `None`, or one that the answer lacks: that in which most is spent.
    pub currency: Option<String>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            by: Dimension::Service,
            inside: Vec::new(),
            lens: Lens::Unblended,
            without: BTreeSet::new(),
            filter: String::new(),
            span: Span::Month,
            currency: None,
        }
    }
}

/// From the whole to the smallest part.
const PATH: [Dimension; 5] = [
    Dimension::Account,
    Dimension::Service,
    Dimension::UsageType,
    Dimension::Resource,
    Dimension::Day,
];

impl Query {
    /// What a row of this query is broken down by, one step further in; `None` where nothing is smaller.
    pub fn next_inward(&self) -> Option<Dimension> {
        let from = PATH
            .iter()
            .position(|step| *step == self.by)
            .map_or(0, |at| at + 1);
        let known = |dimension: &Dimension| self.inside.iter().any(|(inside, _)| inside == dimension);
        let is_open = |step: &&Dimension| **step != self.by && !known(step);
        // From outside the path, such as a region, it begins with the services.
        let from = if PATH.contains(&self.by) { from } else { 1 };
        PATH[from..].iter().find(is_open).cloned()
    }

    /// Everything that must hold. `all_axes`: the source knows every dimension, not only a pair.
    ///
    /// # Errors
    /// The typed filter does not parse.
    pub fn wanted(&self, all_axes: bool) -> Result<Filter, BadFilter> {
        let services_known = all_axes || self.names(&Dimension::Service);
        let mut text = self.filter.clone();
        for charge in &self.without {
            text.push(' ');
            text.push_str(charge.left_out(services_known));
        }
        let filter = Filter::parse(&text)?;
        Ok(self.inside.iter().fold(filter, |filter, (dimension, value)| {
            filter.and(dimension.clone(), value)
        }))
    }

    /// The days that a source is asked for on a day that is still billed: both periods, and before this month as much as a
    /// forecast learns from, or all that Cost Explorer keeps.
    pub fn window(&self, today: Date, all: bool) -> Period {
        let compared = self.span.on(today);
        let months = if all { MOST_MONTHS_BEFORE } else { MONTHS_BEFORE };
        let from = today.first_of_month().saturating_sub(months.months());
        Period {
            from: from.min(compared.previous.from).min(compared.current.from),
            to: today.saturating_add(1.day()),
        }
    }

    /// The whole bill: nothing is left out of it.
    pub fn is_whole(&self) -> bool {
        self.inside.is_empty() && self.filter.is_empty() && self.without.is_empty()
    }

    /// The same of what follows use alone.
    pub fn of_usage(&self) -> Query {
        Query {
            filter: format!("{} category:{}", self.filter, USAGE.join(",")),
            ..self.clone()
        }
    }

    fn names(&self, wanted: &Dimension) -> bool {
        self.by == *wanted || self.inside.iter().any(|(dimension, _)| dimension == wanted)
    }

    /// The question over a period, by these dimensions.
    ///
    /// # Errors
    /// The typed filter does not parse.
    pub fn question(
        &self,
        period: Period,
        by: Vec<Dimension>,
        all_axes: bool,
    ) -> Result<Question, BadFilter> {
        Ok(Question {
            period,
            by,
            lens: self.lens,
            filter: self.wanted(all_axes)?,
        })
    }

    /// What Cost Explorer is asked for so that these dimensions can be told apart: a pair, limited from the outermost
    /// value inwards until two are enough.
    ///
    /// # Errors
    /// More than two are left, or Cost Explorer does not know one.
    pub fn slice(&self, by: &[Dimension]) -> Result<Slice, BadDimension> {
        self.slice_among(by, |_| None)
    }

    /// The same, where what the filter wants of a dimension may limit the request as well: by the values that `known`
    /// has of it.
    ///
    /// # Errors
    /// As [`Query::slice`].
    pub fn slice_among(
        &self,
        by: &[Dimension],
        known: impl Fn(&Dimension) -> Option<Vec<String>>,
    ) -> Result<Slice, BadDimension> {
        let filter = self.wanted(false).map_err(|bad| BadDimension {
            says: bad.to_string(),
            hint: "change the filter".into(),
        })?;
        let typed: Vec<&Dimension> = filter.dimensions().collect();
        let mut outer = self.inside.clone();
        let (mut limits, mut among) = (Vec::new(), Vec::<Among>::new());
        if by
            .iter()
            .chain(typed.iter().copied())
            .any(|dimension| *dimension == Dimension::Resource)
        {
            // Of resources Cost Explorer answers only inside of a service.
            let named = filter.only(&Dimension::Service).map(str::to_owned);
            limits.push(match outer.iter().position(|(of, _)| *of == Dimension::Service) {
                Some(at) => outer.remove(at),
                None => (Dimension::Service, named.ok_or_else(slice::no_service)?),
            });
        }
        loop {
            let limited = |dimension: &Dimension| {
                let inside = |(of, _): &(Dimension, String)| of == dimension;
                limits.iter().any(inside) || among.iter().any(|among| among.dimension == *dimension)
            };
            let wanted = by
                .iter()
                .chain(typed.iter().copied())
                .filter(|dimension| !limited(dimension) || by.contains(dimension));
            match Dataset::for_dimensions(wanted) {
                Ok(dataset) => {
                    return Ok(Slice {
                        dataset,
                        inside: limits,
                        among,
                    });
                }
                Err(_) if !outer.is_empty() => limits.push(outer.remove(0)),
                Err(bad) => {
                    let open = typed.iter().filter(|of| !by.contains(of) && !limited(of));
                    let found = open.copied().find_map(|of| Among::of(of, &filter, known(of)?));
                    among.push(found.ok_or(bad)?);
                }
            }
        }
    }
}

impl Question {
    /// Without the terms about dimensions that every cell asked has the wanted value of.
    pub fn inside_of(self, limits: &[Dimension]) -> Question {
        Question {
            filter: self.filter.about(|dimension| !limits.contains(dimension)),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(path: &[(Dimension, &str)], by: Dimension) -> Query {
        Query {
            by,
            inside: path
                .iter()
                .map(|(of, value)| (of.clone(), (*value).into()))
                .collect(),
            ..Query::default()
        }
    }

    fn folder(query: &Query) -> String {
        query.slice(std::slice::from_ref(&query.by)).unwrap().folder()
    }

    #[test]
    fn the_way_in_goes_from_the_account_to_the_day() {
        let mut query = inside(&[], Dimension::Account);
        let mut steps = vec![query.by.to_string()];
        while let Some(next) = query.next_inward() {
            query.inside.push((query.by.clone(), "x".into()));
            query.by = next;
            steps.push(query.by.to_string());
        }
        assert_eq!(steps, ["account", "service", "usage_type", "resource", "day"]);
        assert_eq!(
            inside(&[], Dimension::Tag("team".into())).next_inward(),
            Some(Dimension::Service)
        );
        let of_service = inside(&[(Dimension::Service, "EC2")], Dimension::Region);
        assert_eq!(of_service.next_inward(), Some(Dimension::UsageType));
    }

    #[test]
    fn two_dimensions_share_the_pair_that_others_use() {
        assert_eq!(folder(&inside(&[], Dimension::Service)), "service+account");
        let services = inside(&[(Dimension::Account, "1")], Dimension::Service);
        assert_eq!(folder(&services), "service+account");
    }

    #[test]
    fn the_third_dimension_is_a_limit_from_outside_in() {
        let types = inside(
            &[(Dimension::Account, "1"), (Dimension::Service, "EC2")],
            Dimension::UsageType,
        );
        let slice = types.slice(std::slice::from_ref(&types.by)).unwrap();
        assert_eq!(slice.inside, [(Dimension::Account, "1".into())]);
        assert_eq!(slice.dataset.folder(), "service+usage_type");
        let mut taxless = types;
        taxless.without.insert(Charge::Tax);
        let slice = taxless.slice(std::slice::from_ref(&taxless.by)).unwrap();
        assert_eq!(slice.inside.len(), 2);
        assert_eq!(slice.dataset.folder(), "category+usage_type");
    }

    #[test]
    fn a_third_dimension_of_the_filter_is_a_limit_by_its_known_values() {
        let mut query = inside(&[(Dimension::Account, "1")], Dimension::Service);
        query.without.insert(Charge::Tax);
        let by = [Dimension::Service, Dimension::UsageType];
        assert!(query.slice(&by).is_err());
        let known = |of: &Dimension| {
            let values = ["Usage", "Tax", "Credit"].map(str::to_owned).to_vec();
            (*of == Dimension::Category).then_some(values)
        };
        let slice = query.slice_among(&by, known).unwrap();
        assert_eq!(slice.dataset.folder(), "service+usage_type");
        assert_eq!(slice.inside, [(Dimension::Account, "1".into())]);
        let left_out = Among {
            dimension: Dimension::Category,
            values: vec!["Tax".into()],
            left_out: true,
        };
        assert_eq!(slice.among, [left_out]);
        assert_eq!(slice.limits(), [Dimension::Account, Dimension::Category]);
        let restrictions = slice.restrictions();
        assert!(restrictions[1].left_out && restrictions[1].values == ["Tax"]);
        query.without.clear();
        query.filter = "category:Us*,Cred*".into();
        let wanted = query.slice_among(&by, known).unwrap();
        assert!(!wanted.among[0].left_out && wanted.among[0].values == ["Usage", "Credit"]);
        assert_ne!(wanted.folder(), slice.folder());
        query.filter = "category:Refund".into();
        assert!(query.slice_among(&by, known).is_err(), "nothing is known of it");
    }

    #[test]
    fn a_filter_on_too_much_is_refused_with_the_way_out() {
        let mut query = inside(&[], Dimension::Service);
        query.filter = "region:eu-* tag.team:pay".into();
        let bad = query.slice(std::slice::from_ref(&query.by)).unwrap_err();
        assert!(bad.hint.contains("import"), "{bad:?}");
        query.filter = "region".into();
        assert!(query.slice(std::slice::from_ref(&query.by)).is_err());
    }
}
