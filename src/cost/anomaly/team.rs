//! Series of each team: what it used of each service, and all of that together. Fees, credits and taxes are left out by
//! their kind, which Cost Explorer tells by one list for each.

use std::collections::{BTreeMap, BTreeSet};

use super::survey::series_of;
use super::{Anomaly, Part, Series, Survey};
use crate::cost::{BadDimension, Breakdown, Cube, Dimension, Lens, Row};

/// What is watched of one team in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    pub name: String,
    pub currency: String,
    /// All of it first, then each service.
    pub series: Vec<Series>,
}

impl Survey {
    /// Tells teams apart in cells of services by the dimension that names them and by kind of charge.
    pub fn teams(&self, services: &Cube, cells: &Cube, by: &Dimension) -> Result<Vec<Team>, BadDimension> {
        let mut teams = Vec::new();
        for (currency, rows) in self.inside(cells, by.clone(), &BTreeSet::new())? {
            let days = self.days(services, &currency);
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
                teams.push(Team {
                    name,
                    currency: currency.clone(),
                    series,
                });
            }
        }
        Ok(teams)
    }
}

/// Cells of services by a second dimension, out of the answers for each kind of charge.
///
/// # Errors
/// A row without a day: it is told.
pub fn of_kinds(
    second: &Dimension,
    answers: Vec<(&str, Vec<Breakdown>)>,
    services: &Cube,
) -> Result<Cube, String> {
    let mut all = Vec::new();
    for (kind, breakdowns) in answers {
        for mut breakdown in breakdowns {
            for row in &mut breakdown.rows {
                let at = row.key.len().saturating_sub(1);
                row.key.insert(at, kind.to_owned());
            }
            all.push(breakdown);
        }
    }
    let axes = [Dimension::Service, second.clone(), Dimension::Category];
    let mut cube = Cube::of_rows(&axes, Lens::Amortized, &all, services.days.clone())?;
    cube.lacking.clone_from(&services.lacking);
    Ok(cube)
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
    use crate::cost::{Filter, Period, Question, Row as Of};
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
    fn a_team_is_watched_in_what_it_used_of_every_service() {
        let services = cube(
            &[Dimension::Service, Dimension::Category],
            &[
                ("EC2", "Usage", "2026-03-01", 9),
                ("RDS", "DiscountedUsage", "2026-03-02", 2),
                ("RDS", "Credit", "2026-03-01", -1),
            ],
        );
        let team = Dimension::Tag("team".into());
        let period = Period::new(date(2026, 3, 1), date(2026, 3, 3)).unwrap();
        let survey = Survey::new(period, "").unwrap();
        let of = |kind, rows: &[(&str, &str, &str, i64)]| {
            let question = survey.cells_of_kind(team.clone(), kind);
            let row = |(service, team, day, cost): &(&str, &str, &str, i64)| Of {
                key: [*service, *team, *day].map(str::to_owned).to_vec(),
                cost: crate::cost::Amount::whole(*cost),
                quantity: None,
            };
            let rows = rows.iter().map(row).collect();
            (kind, vec![Breakdown::of("USD".into(), &question, true, rows)])
        };
        let usage = of(
            "Usage",
            &[("EC2", "pay", "2026-03-01", 6), ("EC2", "", "2026-03-01", 3)],
        );
        let covered = of("DiscountedUsage", &[("RDS", "pay", "2026-03-02", 2)]);
        let credits = of("Credit", &[("RDS", "pay", "2026-03-01", -1)]);
        let cells = of_kinds(&team, vec![usage, covered, credits], &services).unwrap();
        let teams = survey.teams(&services, &cells, &team).unwrap();
        let costs = |series: &Series| {
            series
                .days
                .iter()
                .map(|(_, cost)| cost.unwrap())
                .collect::<Vec<_>>()
        };
        let shown: Vec<(&str, Vec<Vec<f64>>)> = teams
            .iter()
            .map(|team| (team.name.as_str(), team.series.iter().map(costs).collect()))
            .collect();
        let wanted = [
            ("", vec![vec![3.0, 0.0], vec![3.0, 0.0]]),
            ("pay", vec![vec![6.0, 2.0], vec![6.0, 0.0], vec![0.0, 2.0]]),
        ];
        assert_eq!(shown, wanted);
    }
}
