//! Everything about the anomalies of a time at once: found, explained by what moved inside them and by who was there,
//! with the days that they stood out from.

use jiff::ToSpan;
use jiff::civil::Date;

use super::deed::deeds_before;
use super::{Anomaly, Cause, Deed, Deeds, Foreign, Series, Survey, Watched, causes, find};
use crate::cost::band::{Band, Setting, read};
use crate::cost::{BadDimension, Cube, Dimension, Period};

/// Days before and with the last one that the picture of an anomaly shows.
const PICTURED_DAYS: usize = 70;

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
    let mut judged = Judged::default();
    for Watched { currency, series } in survey.watched(services, accounts)? {
        let known = series.first().map_or(0, |total| read(&total.days, setting).len());
        judged.known_days.push((currency.clone(), known));
        for anomaly in find(&series, setting).into_iter().filter(&wanted) {
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

fn explain(
    survey: &Survey,
    cubes: Causes<'_>,
    anomaly: &Anomaly,
    currency: &str,
) -> Result<Vec<Cause>, BadDimension> {
    if let [service, account] = &anomaly.key[..] {
        let types = cubes.usage_types;
        let accounts = cubes.account_types.unwrap_or(types);
        // What moved in the whole service may be another account: where nothing tells them apart, no cause is named.
        let parts = survey.parts_of_account(types, accounts, [service, account], currency);
        return Ok(parts.map_or(Vec::new(), |parts| causes(anomaly, &[("usage type", parts)])));
    }
    let parts =
        |cube: &Cube, dimension| survey.parts(cubes.services, cube, dimension, &anomaly.key, currency);
    let dimensions = [
        ("usage type", parts(cubes.usage_types, Dimension::UsageType)?),
        ("region", parts(cubes.regions, Dimension::Region)?),
        ("account", parts(cubes.accounts, Dimension::Account)?),
    ];
    Ok(causes(anomaly, &dimensions))
}

fn pictured(series: &Series, setting: &Setting) -> Vec<(Date, Option<f64>, Option<Band>)> {
    let bands: Vec<(Date, Option<Band>)> = read(&series.days, setting)
        .into_iter()
        .map(|reading| (reading.day, reading.band))
        .collect();
    let band = |day: Date| {
        bands
            .iter()
            .find(|(of, _)| *of == day)
            .and_then(|(_, band)| *band)
    };
    let skipped = series.days.len().saturating_sub(PICTURED_DAYS);
    let days = series.days[skipped..].iter();
    days.map(|(day, cost)| (*day, *cost, band(*day))).collect()
}
