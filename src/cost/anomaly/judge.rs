//! Everything about the anomalies of a time at once: found, explained by what moved inside them and by who was there,
//! with the days that they stood out from.

use jiff::ToSpan;
use jiff::civil::Date;

use super::deed::deeds_before;
use super::explain::explain;
use super::picture::pictured;
use super::unjudged::Seen;
use super::{Anomaly, Cause, Deed, Deeds, Foreign, Series, Survey, Watched, find};
use crate::cost::band::{Band, Setting, read};
use crate::cost::{BadDimension, Cube, Period};

/// An account with this share of a service is not told apart from it.
const ALONE: f64 = 0.99;

/// Days that are shown, and how many of the last ones are not finished: yesterday's bill still grows.
const SHOWN_DAYS: i64 = 30;
const UNFINISHED_DAYS: i64 = 1;

/// The finished days that are judged on a day that is still being billed.
pub fn last_days(today: Date) -> Period {
    let to = today.saturating_sub(UNFINISHED_DAYS.days());
    Period {
        from: to.saturating_sub(SHOWN_DAYS.days()),
        to,
    }
}

/// An anomaly with what explains it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub anomaly: Anomaly,
    pub currency: String,
    pub causes: Vec<Cause>,
    pub deeds: Vec<Deed>,
    /// AWS found it too; `None`: it was not asked, or did not.
    pub aws: Option<Foreign>,
    /// Its series, each day with the band that it was expected in.
    pub days: Vec<(Date, Option<f64>, Option<Band>)>,
}

impl Told {
    /// Without anything that explains it.
    pub fn bare(anomaly: Anomaly, currency: String) -> Told {
        Told {
            anomaly,
            currency,
            causes: Vec::new(),
            deeds: Vec::new(),
            aws: None,
            days: Vec::new(),
        }
    }

    /// One line.
    pub fn says(&self) -> String {
        self.anomaly.explain(&self.currency, &self.causes, &self.deeds)
    }

    /// What it is of, and that line.
    pub fn line(&self) -> String {
        let of = match self.anomaly.key.is_empty() {
            true => "the total".to_owned(),
            false => self.anomaly.key.join(" / "),
        };
        format!("{of} {}", self.says())
    }

    /// Puts to it what people did just before.
    pub fn accuse(&mut self, deeds: &Deeds) {
        let region = self.causes.iter().find(|cause| cause.dimension == "region");
        let region = region.map(|cause| cause.value.as_str());
        self.deeds = deeds_before(&self.anomaly, region, &deeds.all);
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// The latest first.
    pub told: Vec<Told>,
    /// Days known of the total, in each currency.
    pub known_days: Vec<(String, usize)>,
    /// That it is told by other costs than amortized ones.
    pub says_lens: Option<String>,
    /// Which days were judged, in each currency.
    pub seen: Vec<Seen>,
    /// From the first of the days that are shown to the last that were judged; `None`: all of them, or none.
    pub span: Option<Period>,
    /// Which of the days that are shown were not judged, and why, a sentence each.
    pub unjudged: Vec<String>,
}

/// What explains anomalies beside the bill of services by account: each a cube, from files one serves for all.
#[derive(Clone, Copy)]
pub struct Causes<'a> {
    /// Service by charge category, by account, by region and by usage type.
    pub services: &'a Cube,
    pub accounts: &'a Cube,
    pub regions: &'a Cube,
    pub usage_types: &'a Cube,
    /// Account by usage type, where that is here.
    pub account_types: Option<&'a Cube>,
}

/// Finds the wanted anomalies; nothing explains them yet, so that what explains is asked for only where there are some.
pub fn found(
    survey: &Survey,
    services: &Cube,
    accounts: &Cube,
    setting: &Setting,
    wanted: impl Fn(&Anomaly) -> bool,
) -> Result<Judged, BadDimension> {
    let mut judged = Judged {
        says_lens: survey.says_lens(),
        ..Judged::default()
    };
    for Watched { currency, series } in survey.watched(services, accounts)? {
        let known = series.first().map_or(0, |total| read(&total.days, setting).len());
        judged.known_days.push((currency.clone(), known));
        let lags = services.lags(&currency).cloned().collect();
        judged.seen.push(Seen::of(&currency, &series, lags, setting));
        let told_apart: Vec<Series> = series
            .iter()
            .filter(|one| !is_alone(one, &series))
            .cloned()
            .collect();
        for anomaly in find(&told_apart, setting).into_iter().filter(&wanted) {
            let of = series.iter().find(|series| series.key == anomaly.key);
            let days = of.map_or(Vec::new(), |series| pictured(series, setting));
            judged.told.push(Told {
                days,
                ..Told::bare(anomaly, currency.clone())
            });
        }
    }
    judged.told.sort_by(|a, b| {
        let (a, b) = (&a.anomaly, &b.anomaly);
        let size = b.impact.abs().total_cmp(&a.impact.abs());
        b.since.cmp(&a.since).then(size).then_with(|| a.key.cmp(&b.key))
    });
    Ok(judged)
}

/// Whether an account has as good as all of its service: that says the same already, with the account for a cause.
fn is_alone(series: &Series, all: &[Series]) -> bool {
    let [service, _] = &series.key[..] else {
        return false;
    };
    let whole = all.iter().find(|of| of.key[..] == [service.clone()]);
    // Of days that are known of the account alone the service tells nothing.
    whole.is_some_and(|whole| whole.days.len() == series.days.len() && series.sum() >= ALONE * whole.sum())
}

impl Judged {
    /// Names what moved inside of each.
    pub fn explain(&mut self, survey: &Survey, causes: Causes<'_>) -> Result<(), BadDimension> {
        for told in &mut self.told {
            told.causes = explain(survey, causes, &told.anomaly, &told.currency)?;
        }
        Ok(())
    }

    /// The first day of any.
    pub fn since(&self) -> Option<Date> {
        self.told.iter().map(|told| told.anomaly.since).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::CostRow;
    use crate::cost::{Dataset, Dimension};
    use jiff::civil::date;

    const FIRST: Date = date(2026, 1, 5);
    const LEAP: i64 = 80;

    /// A hundred days of services by a second dimension: what each costs a day, and from the leap on.
    fn cube(second: Dimension, rows: &[(&str, &str, f64, f64)]) -> Cube {
        let mut cube = Cube::new(Dataset::for_dimensions(&[Dimension::Service, second]).unwrap());
        let swap = cube.dataset.first != Dimension::Service;
        let mut all = Vec::new();
        for nth in 0..100 {
            for (service, value, before, after) in rows {
                let cost = if nth >= LEAP { after } else { before };
                // A little noise.
                let cost = cost * (1.0 + (nth * 37 % 11) as f64 / 500.0);
                let mut keys = vec![(*service).to_owned(), (*value).to_owned()];
                if swap {
                    keys.reverse();
                }
                all.push(CostRow {
                    from: FIRST + nth.days(),
                    estimated: false,
                    keys,
                    unblended: None,
                    amortized: Some(format!("{cost:.4}")),
                    net_amortized: None,
                    quantity: None,
                    currency: Some("USD".into()),
                });
            }
        }
        cube.extend(&all).unwrap();
        cube
    }

    /// Keys of what is found, and what each is made of, where accounts and usage types are told by two lists.
    fn judged(accounts: &[(&str, &str, f64, f64)]) -> Vec<(String, Vec<String>)> {
        let sum = |at: fn(&(&str, &str, f64, f64)) -> f64| accounts.iter().map(at).sum::<f64>();
        judged_in(accounts, &[("EC2", "eu", sum(|row| row.2), sum(|row| row.3))])
    }

    /// The same with regions of their own, which come to as much.
    fn judged_in(
        accounts: &[(&str, &str, f64, f64)],
        regions: &[(&str, &str, f64, f64)],
    ) -> Vec<(String, Vec<String>)> {
        let sum = |at: fn(&(&str, &str, f64, f64)) -> f64| accounts.iter().map(at).sum::<f64>();
        let (before, after) = (sum(|row| row.2), sum(|row| row.3));
        let services = cube(Dimension::Category, &[("EC2", "Usage", before, after)]);
        let bytes = before * 0.1 + (after - before);
        let types = [
            ("EC2", "NatGateway-Bytes", before * 0.1, bytes),
            ("EC2", "BoxUsage", before * 0.9, before * 0.9),
        ];
        let types = cube(Dimension::UsageType, &types);
        let regions = cube(Dimension::Region, regions);
        let accounts = cube(Dimension::Account, accounts);
        told(Causes {
            services: &services,
            accounts: &accounts,
            regions: &regions,
            usage_types: &types,
            account_types: None,
        })
    }

    fn told(causes: Causes<'_>) -> Vec<(String, Vec<String>)> {
        let period = Period::new(FIRST, FIRST + 100.days()).unwrap();
        let survey = Survey::new(period, "").unwrap();
        let all = |_: &Anomaly| true;
        let mut judged = found(
            &survey,
            causes.services,
            causes.accounts,
            &Setting::default(),
            all,
        )
        .unwrap();
        judged.explain(&survey, causes).unwrap();
        let told = judged.told.iter().map(|told| {
            let causes = told
                .causes
                .iter()
                .map(|cause| format!("{} {} {}", cause.dimension, cause.value, cause.says_share()));
            (told.anomaly.key.join("/"), causes.collect())
        });
        let mut told: Vec<_> = told.collect();
        told.sort();
        told.dedup();
        told
    }

    #[test]
    fn an_account_that_has_a_service_to_itself_is_told_once() {
        let told = judged(&[("EC2", "111", 100.0, 400.0), ("EC2", "222", 0.1, 0.1)]);
        let keys: Vec<&str> = told.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["", "EC2"], "{told:?}");
        assert!(told[1].1.contains(&"account 111 100 %".to_owned()), "{told:?}");
    }

    #[test]
    fn of_an_account_is_told_what_of_the_whole_service_has_to_be_in_it() {
        let told = judged(&[("EC2", "111", 100.0, 400.0), ("EC2", "222", 50.0, 75.0)]);
        let of = |key: &str| {
            let mut found = told.iter().filter(|(of, _)| of == key);
            found.next().map(|(_, causes)| causes.clone()).unwrap()
        };
        assert_eq!(
            of("EC2/111"),
            ["usage type NatGateway-Bytes probably 100 %", "region eu 100 %"],
            "{told:?}"
        );
        assert!(of("EC2").contains(&"account 111 92 %".to_owned()), "{told:?}");
        // What is a small part of it may be anything.
        assert_eq!(of("EC2/222"), Vec::<String>::new());
    }

    fn of<'a>(told: &'a [(String, Vec<String>)], key: &str) -> &'a [String] {
        &told.iter().find(|(of, _)| of == key).unwrap().1
    }

    /// Account A moves in its one region, B in two others, the one up and the other down.
    const MOVED: [(&str, &str, f64, f64); 3] = [
        ("A", "r1", 100.0, 200.0),
        ("B", "r2", 50.0, 450.0),
        ("B", "r3", 900.0, 100.0),
    ];

    #[test]
    fn what_moved_in_another_account_is_no_cause_where_something_moved_the_other_way() {
        let accounts = [("EC2", "A", 100.0, 200.0), ("EC2", "B", 950.0, 550.0)];
        let regions = MOVED.map(|(_, region, before, after)| ("EC2", region, before, after));
        let told = judged_in(&accounts, &regions);
        let causes = of(&told, "EC2/A");
        assert!(causes.iter().all(|cause| !cause.contains("region")), "{told:?}");
    }

    #[test]
    fn what_another_account_moved_from_one_region_to_the_other_is_nothing_certain() {
        // B moved to the region that A did not grow in, and the sums are those of A moving there.
        let accounts = [("EC2", "A", 100.0, 200.0), ("EC2", "B", 900.0, 900.0)];
        let regions = [("EC2", "r1", 900.0, 900.0), ("EC2", "r2", 100.0, 200.0)];
        let told = judged_in(&accounts, &regions);
        let of_region = |cause: &&String| cause.contains("region");
        let region = of(&told, "EC2/A").iter().find(of_region);
        assert!(
            region.is_none_or(|region| region.contains("probably")),
            "{told:?}"
        );
    }

    #[test]
    fn where_all_is_told_together_an_account_is_made_of_its_own_alone() {
        use crate::cost::{Amount, Filter, Lens, Question, Row};
        let axes = [
            Dimension::Service,
            Dimension::Account,
            Dimension::Region,
            Dimension::UsageType,
            Dimension::Category,
        ];
        let days = || (0..100).map(|nth| (nth, FIRST + nth.days()));
        let row = |(nth, day): (i64, Date)| {
            MOVED.map(|(account, region, before, after)| Row {
                key: ["EC2", account, region, "", "Usage", &day.to_string()]
                    .map(str::to_owned)
                    .to_vec(),
                cost: Amount::whole(if nth >= LEAP { after } else { before } as i64),
                quantity: None,
            })
        };
        let question = Question {
            period: Period::new(FIRST, FIRST + 100.days()).unwrap(),
            by: axes.iter().cloned().chain([Dimension::Day]).collect(),
            lens: Lens::Amortized,
            filter: Filter::default(),
        };
        let rows = days().flat_map(row).collect();
        let breakdown = crate::cost::Breakdown::of("USD".into(), &question, true, rows);
        let known = days().map(|(_, day)| (day, false)).collect();
        let cube = Cube::of_rows(&axes, Lens::Amortized, &[breakdown], known).unwrap();
        let told = told(Causes {
            services: &cube,
            accounts: &cube,
            regions: &cube,
            usage_types: &cube,
            account_types: None,
        });
        assert_eq!(of(&told, "EC2/A"), ["region r1 100 %"], "{told:?}");
        assert_eq!(of(&told, "EC2/B"), ["region r3 100 %"], "{told:?}");
    }
}
