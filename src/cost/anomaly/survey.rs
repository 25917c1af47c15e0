//! Which series are watched: the total, every service, and the largest services of each account; usage alone,
//! amortized. Fees, tax and credits come when they come, and would drown what people can act on.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Part, Series};
use crate::cost::{BadDimension, BadFilter, Cube, Dimension, Filter, Lens, Period, Question, Row};

/// Charge categories that follow use: as Cost Explorer and older reports spell them; FOCUS has the first.
pub const USAGE: [&str; 3] = ["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"];
/// Commitments that nobody used are charged under services of this name.
const COMMITMENT: &str = "Savings Plans for *";
/// Services of accounts that are watched one by one.
const TOP_CELLS: usize = 50;

/// Everything watched in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    pub currency: String,
    pub series: Vec<Series>,
}

/// What is asked of costs, and of which cubes: from files one cube serves for all of them.
#[derive(Clone, Debug)]
pub struct Survey {
    period: Period,
    lens: Lens,
    usage: Filter,
    all: Filter,
}

impl Survey {
    /// A survey of a period inside a user's filter.
    pub fn new(period: Period, filter: &str) -> Result<Survey, BadFilter> {
        let all = format!("{filter} -service:\"{COMMITMENT}\"");
        Ok(Survey {
            period,
            lens: Lens::Amortized,
            usage: Filter::parse(&format!("{all} category:{}", USAGE.join(",")))?,
            all: Filter::parse(&all)?,
        })
    }

    /// The same through another lens, where a bill has no amortized costs.
    #[must_use]
    pub fn through(self, lens: Lens) -> Survey {
        Survey { lens, ..self }
    }

    /// That it is not told by amortized costs; `None` where it is.
    pub fn says_lens(&self) -> Option<String> {
        let lens = self.lens.file_name();
        (self.lens != Lens::Amortized)
            .then(|| format!("the bill has no effective costs: what is unusual is told by its {lens} ones"))
    }

    /// Asks for services by charge category.
    pub fn services(&self) -> Question {
        self.question(vec![Dimension::Service, Dimension::Day], &self.usage)
    }

    /// Asks for a second dimension inside services. Cost Explorer cannot tell the charge category beside
    /// it, so that only services which are nothing but usage can be told apart there.
    pub fn cells(&self, second: Dimension) -> Question {
        self.question(vec![Dimension::Service, second, Dimension::Day], &self.all)
    }

    /// Asks for usage of one kind by a second dimension inside services: Cost Explorer tells that one list for each.
    pub fn cells_of_kind(&self, second: Dimension, kind: &str) -> Question {
        let by = vec![Dimension::Service, second, Dimension::Day];
        self.question(by, &self.all.clone().and(Dimension::Category, kind))
    }

    fn question(&self, by: Vec<Dimension>, filter: &Filter) -> Question {
        Question {
            period: self.period,
            by,
            lens: self.lens,
            filter: filter.clone(),
        }
    }

    /// The series of each currency, the total first.
    pub fn watched(&self, services: &Cube, accounts: &Cube) -> Result<Vec<Watched>, BadDimension> {
        let plain = self.plain_services(services)?;
        let by_account = self.inside(accounts, Dimension::Account, &plain)?;
        let mut watched = Vec::new();
        for breakdown in services.answer(&self.services())? {
            let currency = &breakdown.currency;
            // What an export lacks is known of all that it never bills.
            let days_of = |key: &[String]| services.answered_of_series(currency, &self.services(), key);
            let mut series = series_on(&breakdown.rows, days_of);
            let mut sums: BTreeMap<Date, f64> = BTreeMap::new();
            for (day, cost) in series.iter().flat_map(|series| &series.days) {
                *sums.entry(*day).or_default() += cost.unwrap_or_default();
            }
            let cost = |day: &Date| sums.get(day).copied().unwrap_or_default();
            let days = self.days(services, currency).into_iter();
            let total = Series {
                key: Vec::new(),
                days: days.map(|day| (day, Some(cost(&day)))).collect(),
            };
            if let Some((_, rows)) = by_account
                .iter()
                .find(|(currency, _)| *currency == breakdown.currency)
            {
                let mut cells = series_on(rows, days_of);
                cells.sort_by(|a, b| b.sum().total_cmp(&a.sum()));
                cells.truncate(TOP_CELLS);
                series.extend(cells);
            }
            series.insert(0, total);
            watched.push(Watched {
                currency: breakdown.currency,
                series,
            });
        }
        Ok(watched)
    }

    /// What the values of a dimension cost inside one series, a day, in one currency.
    pub fn parts(
        &self,
        services: &Cube,
        cube: &Cube,
        dimension: Dimension,
        key: &[String],
        currency: &str,
    ) -> Result<Vec<Part>, BadDimension> {
        let plain = self.plain_services(services)?;
        let rows = self.inside(cube, dimension, &plain)?;
        let rows = rows
            .into_iter()
            .filter(|(of, _)| of == currency)
            .flat_map(|(_, rows)| rows);
        let wanted = rows.filter(|row| key.first().is_none_or(|service| row.key.first() == Some(service)));
        let part = |row: Row| {
            let [_, value, day] = <[String; 3]>::try_from(row.key).ok()?;
            Some(Part {
                day: day.parse().ok()?,
                value,
                cost: row.cost.approximate(),
            })
        };
        Ok(wanted.filter_map(part).collect())
    }

    /// What one value of a dimension cost inside each service, a day: the values of these parts are services.
    pub fn services_of(
        &self,
        services: &Cube,
        cube: &Cube,
        (dimension, value): (Dimension, &str),
        currency: &str,
    ) -> Result<Vec<Part>, BadDimension> {
        let plain = self.plain_services(services)?;
        let rows = self.inside(cube, dimension, &plain)?.into_iter();
        let rows = rows.filter(|(of, _)| of == currency).flat_map(|(_, rows)| rows);
        let part = |row: Row| {
            let [service, of, day] = <[String; 3]>::try_from(row.key).ok()?;
            Some(Part {
                day: day.parse().ok().filter(|_| of == value)?,
                value: service,
                cost: row.cost.approximate(),
            })
        };
        Ok(rows.filter_map(part).collect())
    }

    /// What the values of a dimension cost where others have these values, a day: where a cube has all of them together, as
    /// files do.
    pub fn parts_at(
        &self,
        cube: &Cube,
        dimension: Dimension,
        place: &[(Dimension, String)],
        currency: &str,
    ) -> Result<Vec<Part>, BadDimension> {
        let within = |filter: Filter, (of, value): &(Dimension, String)| filter.and(of.clone(), value);
        let question = Question {
            by: vec![dimension, Dimension::Day],
            filter: place.iter().fold(self.usage.clone(), within),
            ..self.services()
        };
        parts_of(cube, &question, currency)
    }

    /// Usage types of one service in one account where they are told by account without their services, as Cost Explorer
    /// does: those that `types` knows of this service and of no other. What else the service cost there, by `services` and
    /// `accounts`, is of no type.
    pub fn own_parts_of_account(
        &self,
        [services, accounts]: [&Cube; 2],
        [types, account_types]: [&Cube; 2],
        [service, account]: [&str; 2],
        currency: &str,
    ) -> Result<Vec<Part>, BadDimension> {
        let question = Question {
            by: vec![Dimension::UsageType, Dimension::Day],
            filter: Filter::default().and(Dimension::Account, account),
            ..self.services()
        };
        let own = self.own_types(types, service)?;
        let mut parts = parts_of(account_types, &question, currency)?;
        parts.retain(|part| own.contains(&part.value));
        let no_type = |day, cost| Part {
            day,
            value: String::new(),
            cost,
        };
        let told: Vec<Part> = parts.iter().map(|part| no_type(part.day, -part.cost)).collect();
        let key = [service.to_owned()];
        let whole = self.parts(services, accounts, Dimension::Account, &key, currency)?;
        let whole = whole.into_iter().filter(|part| part.value == account);
        parts.extend(whole.map(|part| no_type(part.day, part.cost)).chain(told));
        Ok(parts)
    }

    /// Asks for usage types inside accounts.
    pub fn account_types(&self) -> Question {
        Question {
            by: vec![Dimension::Account, Dimension::UsageType, Dimension::Day],
            filter: Filter::default(),
            ..self.services()
        }
    }

    /// Usage types that one service has alone.
    fn own_types(&self, types: &Cube, service: &str) -> Result<BTreeSet<String>, BadDimension> {
        let question = self.question(vec![Dimension::Service, Dimension::UsageType], &Filter::default());
        let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
        for row in types.answer(&question)?.into_iter().flat_map(|of| of.rows) {
            if let Ok([name, usage_type]) = <[String; 2]>::try_from(row.key) {
                if name == service { &mut own } else { &mut others }.insert(usage_type);
            }
        }
        Ok(own.difference(&others).cloned().collect())
    }

    /// Rows of services by a second dimension and day, in each currency: usage where the cube has the charge
    /// category too, else those services that have nothing but usage.
    pub(super) fn inside(
        &self,
        cube: &Cube,
        second: Dimension,
        plain: &BTreeSet<String>,
    ) -> Result<Vec<(String, Vec<Row>)>, BadDimension> {
        let all = self.cells(second);
        let usage = Question {
            filter: self.usage.clone(),
            ..all.clone()
        };
        if let Ok(exact) = cube.answer(&usage) {
            return Ok(exact.into_iter().map(|of| (of.currency, of.rows)).collect());
        }
        let rows = |rows: Vec<Row>| {
            rows.into_iter()
                .filter(|row| row.key.first().is_some_and(|name| plain.contains(name)))
                .collect()
        };
        Ok(cube
            .answer(&all)?
            .into_iter()
            .map(|of| (of.currency, rows(of.rows)))
            .collect())
    }

    /// Services without any charge that is not usage.
    pub(super) fn plain_services(&self, services: &Cube) -> Result<BTreeSet<String>, BadDimension> {
        let question = self.question(vec![Dimension::Service, Dimension::Category], &self.all);
        let mut plain: BTreeMap<String, bool> = BTreeMap::new();
        for row in services
            .answer(&question)?
            .into_iter()
            .flat_map(|breakdown| breakdown.rows)
        {
            if let [service, category] = &row.key[..] {
                *plain.entry(service.clone()).or_insert(true) &= USAGE.contains(&category.as_str());
            }
        }
        Ok(plain
            .into_iter()
            .filter(|(_, plain)| *plain)
            .map(|(service, _)| service)
            .collect())
    }

    /// The days that were answered in a currency.
    pub(super) fn days(&self, services: &Cube, currency: &str) -> Vec<Date> {
        services.answered_of(currency, &self.question(Vec::new(), &self.all))
    }
}

/// Rows of a dimension and a day, in one currency.
fn parts_of(cube: &Cube, question: &Question, currency: &str) -> Result<Vec<Part>, BadDimension> {
    let answer = cube.answer(question)?.into_iter();
    let rows = answer.filter(|of| of.currency == currency).flat_map(|of| of.rows);
    let part = |row: Row| {
        let [value, day] = <[String; 2]>::try_from(row.key).ok()?;
        Some(Part {
            day: day.parse().ok()?,
            value,
            cost: row.cost.approximate(),
        })
    };
    Ok(rows.filter_map(part).collect())
}

impl Series {
    pub(super) fn sum(&self) -> f64 {
        self.days.iter().filter_map(|(_, cost)| *cost).sum()
    }
}

/// Daily costs in dollars by the other dimensions of a question whose last one is the day.
pub fn cells(cube: &Cube, question: &Question) -> Result<Vec<Series>, BadDimension> {
    let days = cube.answered_of("USD", question);
    let answer = cube.answer(question)?;
    let dollars = answer.into_iter().find(|breakdown| breakdown.currency == "USD");
    Ok(dollars
        .map(|breakdown| series_of(&breakdown.rows, &days))
        .unwrap_or_default())
}

/// Rows whose last key is a day, as series over the days that were answered: no row means no cost.
pub(in crate::cost) fn series_of(rows: &[Row], days: &[Date]) -> Vec<Series> {
    series_on(rows, |_| days.to_vec())
}

/// The same where each series has days of its own.
fn series_on(rows: &[Row], days_of: impl Fn(&[String]) -> Vec<Date>) -> Vec<Series> {
    let mut costs: BTreeMap<&[String], BTreeMap<Date, f64>> = BTreeMap::new();
    for row in rows {
        if let Some((day, key)) = row.key.split_last()
            && let Ok(day) = day.parse()
        {
            *costs.entry(key).or_default().entry(day).or_default() += row.cost.approximate();
        }
    }
    let series = costs.into_iter().map(|(key, costs)| Series {
        key: key.to_vec(),
        days: days_of(key)
            .into_iter()
            .map(|day| (day, Some(costs.get(&day).copied().unwrap_or_default())))
            .collect(),
    });
    series.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::CostRow;
    use crate::cost::Dataset;
    use jiff::civil::date;

    fn cube(by: &[Dimension], rows: &[(&str, &str, i8, &str)]) -> Cube {
        let mut cube = Cube::new(Dataset::for_dimensions(by).unwrap());
        let swap = cube.dataset.first != by[0];
        let rows: Vec<CostRow> = rows
            .iter()
            .map(|(service, second, day, cost)| {
                let mut keys = vec![(*service).to_owned(), (*second).to_owned()];
                if swap {
                    keys.reverse();
                }
                CostRow {
                    from: date(2026, 3, *day),
                    estimated: false,
                    keys,
                    unblended: Some((*cost).into()),
                    amortized: None,
                    net_amortized: None,
                    quantity: None,
                    currency: Some("USD".into()),
                }
            })
            .collect();
        cube.extend(&rows).unwrap();
        cube
    }

    #[test]
    fn usage_alone_is_watched_and_services_with_fees_are_not_split_by_account() {
        let by = [Dimension::Service, Dimension::Category];
        let categories = cube(
            &by,
            &[
                ("EC2", "Usage", 1, "10"),
                ("EC2", "Usage", 2, "20"),
                ("Support", "Usage", 1, "1"),
                ("Support", "Fee", 1, "500"),
                ("Savings Plans for AWS Compute usage", "Usage", 1, "9"),
            ],
        );
        let by = [Dimension::Service, Dimension::Account];
        let accounts = cube(
            &by,
            &[
                ("EC2", "111", 1, "10"),
                ("EC2", "222", 2, "20"),
                ("Support", "111", 1, "501"),
            ],
        );
        let period = Period::new(date(2026, 3, 1), date(2026, 3, 3)).unwrap();
        let survey = Survey::new(period, "").unwrap();
        let [watched] = &survey.watched(&categories, &accounts).unwrap()[..] else {
            panic!()
        };
        let shown: Vec<(String, Vec<f64>)> = watched
            .series
            .iter()
            .map(|series| {
                (
                    series.key.join("/"),
                    series.days.iter().map(|(_, cost)| cost.unwrap()).collect(),
                )
            })
            .collect();
        let wanted = [
            ("", [11.0, 20.0]),
            ("EC2", [10.0, 20.0]),
            ("Support", [1.0, 0.0]),
            ("EC2/222", [0.0, 20.0]),
            ("EC2/111", [10.0, 0.0]),
        ];
        assert_eq!(shown, wanted.map(|(key, costs)| (key.to_owned(), costs.to_vec())));
        let key = ["EC2".to_owned()];
        let parts = survey
            .parts(&categories, &accounts, Dimension::Account, &key, "USD")
            .unwrap();
        assert_eq!(parts.len(), 2);
    }

    #[test]
    fn inside_an_account_only_usage_types_of_the_service_alone_are_named_and_the_rest_is_of_none() {
        let by = [Dimension::Service, Dimension::Category];
        let services = cube(&by, &[("EC2", "Usage", 1, "6"), ("VPC", "Usage", 1, "2")]);
        let by = [Dimension::Service, Dimension::Account];
        let accounts = cube(
            &by,
            &[
                ("EC2", "111", 1, "4"),
                ("EC2", "222", 1, "2"),
                ("VPC", "111", 1, "2"),
            ],
        );
        let by = [Dimension::Service, Dimension::UsageType];
        let types = cube(
            &by,
            &[
                ("EC2", "Box", 1, "5"),
                ("EC2", "Bytes", 1, "1"),
                ("VPC", "Bytes", 1, "2"),
            ],
        );
        let by = [Dimension::Account, Dimension::UsageType];
        let account_types = cube(
            &by,
            &[
                ("111", "Box", 1, "3"),
                ("111", "Bytes", 1, "3"),
                ("222", "Box", 1, "2"),
            ],
        );
        let period = Period::new(date(2026, 3, 1), date(2026, 3, 3)).unwrap();
        let survey = Survey::new(period, "").unwrap();
        let cell = ["EC2", "111"];
        let parts = survey
            .own_parts_of_account([&services, &accounts], [&types, &account_types], cell, "USD")
            .unwrap();
        let shown: Vec<(&str, f64)> = parts
            .iter()
            .map(|part| (part.value.as_str(), part.cost))
            .collect();
        assert_eq!(shown, [("Box", 3.0), ("", 4.0), ("", -3.0)]);
        let place = [
            (Dimension::Service, cell[0].into()),
            (Dimension::Account, cell[1].into()),
        ];
        let exact = survey.parts_at(&types, Dimension::UsageType, &place, "USD");
        assert!(exact.is_err(), "Cost Explorer tells no three together");
    }
}
