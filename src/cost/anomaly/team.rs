//! Series of each team, where costs are told apart by two dimensions at most: beside the team and the service nothing says
//! what kind of charge it is, so that only services which are nothing but usage are watched there, and the others named.

use std::collections::{BTreeMap, BTreeSet};

use super::survey::series_of;
use super::{Anomaly, Part, Series, Survey};
use crate::cost::{BadDimension, Cube, Dimension, Row};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Teams {
    pub watched: Vec<Team>,
    /// Services with fees, credits or taxes, of which a team's share of the usage is not known.
    pub mixed: BTreeSet<String>,
}

/// What is watched of one team in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    pub name: String,
    pub currency: String,
    /// All of it first, then each service.
    pub series: Vec<Series>,
}

impl Survey {
    /// Tells teams apart in cells of services by the dimension that names them.
    pub fn teams(&self, services: &Cube, cells: &Cube, by: &Dimension) -> Result<Teams, BadDimension> {
        let days = self.days(services)?;
        let plain = self.plain_services(services)?;
        let answers = services.answer(&self.services())?.into_iter();
        let used = answers
            .flat_map(|of| of.rows)
            .filter_map(|row| row.key.into_iter().next());
        let mut teams = Teams {
            mixed: used.filter(|service| !plain.contains(service)).collect(),
            ..Teams::default()
        };
        for (currency, rows) in self.inside(cells, by.clone(), &plain)? {
            let mut of: BTreeMap<String, Vec<Row>> = BTreeMap::new();
            for mut row in rows {
                if row.key.len() == 3 {
                    of.entry(row.key.remove(1)).or_default().push(row);
                }
            }
            for (name, rows) in of {
                let mut series = series_of(&rows, &days);
                let whole = days.iter().enumerate().map(|(at, day)| {
                    let costs = series.iter().filter_map(|series| series.days[at].1);
                    (*day, Some(costs.sum()))
                });
                let whole = Series {
                    key: Vec::new(),
                    days: whole.collect(),
                };
                series.insert(0, whole);
                teams.watched.push(Team {
                    name,
                    currency: currency.clone(),
                    series,
                });
            }
        }
        Ok(teams)
    }
}

impl Team {
    /// Which services an anomaly of the whole team is made of; nothing where it is of one service.
    pub fn parts(&self, anomaly: &Anomaly) -> Vec<Part> {
        let services = self.series.iter().filter(|_| anomaly.key.is_empty());
        let of = |series: &Series| {
            let service = series.key.first().cloned();
            let days = series.days.clone().into_iter();
            let parts = days.filter_map(move |(day, cost)| {
                Some(Part {
                    day,
                    value: service.clone()?,
                    cost: cost?,
                })
            });
            parts.collect::<Vec<_>>()
        };
        services.flat_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Breakdown, Filter, Lens, Period, Question, Row as Of};
    use jiff::civil::date;

    fn cube(by: &[Dimension], rows: &[(&str, &str, &str, i64)]) -> Cube {
        let period = Period::new(date(2026, 3, 1), date(2026, 3, 3)).unwrap();
        let row = |(service, second, day, cost): &(&str, &str, &str, i64)| Of {
            key: [*service, *second, *day].map(str::to_owned).to_vec(),
            cost: crate::cost::Amount::whole(*cost),
            quantity: None,
        };
        let question = Question {
            period,
            by: by.to_vec(),
            lens: Lens::Amortized,
            filter: Filter::default(),
        };
        let rows = rows.iter().map(row).collect();
        let breakdown = Breakdown::of("USD".into(), &question, true, rows);
        let days = [(date(2026, 3, 1), false), (date(2026, 3, 2), false)];
        Cube::of_rows(by, Lens::Amortized, &[breakdown], days.into()).unwrap()
    }

    #[test]
    fn a_team_is_watched_in_services_of_usage_alone_and_the_others_are_named() {
        let services = cube(
            &[Dimension::Service, Dimension::Category],
            &[
                ("EC2", "Usage", "2026-03-01", 9),
                ("S3", "Usage", "2026-03-02", 5),
                ("RDS", "Usage", "2026-03-01", 2),
                ("RDS", "Credit", "2026-03-01", -1),
            ],
        );
        let team = Dimension::Tag("team".into());
        let cells = cube(
            &[Dimension::Service, team.clone()],
            &[
                ("EC2", "pay", "2026-03-01", 6),
                ("EC2", "", "2026-03-01", 3),
                ("S3", "pay", "2026-03-02", 5),
                ("RDS", "pay", "2026-03-01", 1),
            ],
        );
        let period = Period::new(date(2026, 3, 1), date(2026, 3, 3)).unwrap();
        let survey = Survey::new(period, "").unwrap();
        let teams = survey.teams(&services, &cells, &team).unwrap();
        assert_eq!(teams.mixed, BTreeSet::from(["RDS".to_owned()]));
        let costs = |series: &Series| {
            series
                .days
                .iter()
                .map(|(_, cost)| cost.unwrap())
                .collect::<Vec<_>>()
        };
        let shown: Vec<(&str, Vec<Vec<f64>>)> = teams
            .watched
            .iter()
            .map(|team| (team.name.as_str(), team.series.iter().map(costs).collect()))
            .collect();
        let wanted = [
            ("", vec![vec![3.0, 0.0], vec![3.0, 0.0]]),
            ("pay", vec![vec![6.0, 5.0], vec![6.0, 0.0], vec![0.0, 5.0]]),
        ];
        assert_eq!(shown, wanted);
    }
}
