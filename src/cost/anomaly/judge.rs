//! Everything about the anomalies of a time at once: found, explained by what moved inside them and by who was there,
//! with the days that they stood out from.

use jiff::civil::Date;

use super::{Anomaly, Cause, Deed, Foreign, Series, Survey, Watched, causes, deeds_before, find};
use crate::cost::band::{Band, Setting, read};
use crate::cost::{BadDimension, Cube, Dimension, Period};

/// Days before and with the last one that the picture of an anomaly shows.
const PICTURED_DAYS: usize = 70;

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
    /// One line.
    pub fn says(&self) -> String {
        self.anomaly.explain(&self.currency, &self.causes, &self.deeds)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// The latest first.
    pub told: Vec<Told>,
    /// Days known of the total, in each currency.
    pub known_days: Vec<(String, usize)>,
}

/// The cubes of a survey; from files one serves for all.
#[derive(Clone, Copy)]
pub struct Cubes<'a> {
    /// Service by charge category.
    pub services: &'a Cube,
    /// Service by account, by region and by usage type.
    pub accounts: &'a Cube,
    pub regions: &'a Cube,
    pub usage_types: &'a Cube,
}

/// Judges the material anomalies that began in a period; `deeds` are of the same time.
pub fn judge(
    survey: &Survey,
    cubes: Cubes<'_>,
    setting: &Setting,
    shown: Period,
    deeds: &[Deed],
) -> Result<Judged, BadDimension> {
    let mut judged = Judged::default();
    for Watched { currency, series } in survey.watched(cubes.services, cubes.accounts)? {
        let known = series.first().map_or(0, |total| total.days.len());
        judged.known_days.push((currency.clone(), known));
        let found = find(&series, setting);
        let wanted = |anomaly: &Anomaly| anomaly.material && shown.contains(anomaly.since);
        for anomaly in found.into_iter().filter(wanted) {
            let causes = explain(survey, cubes, &anomaly, &currency)?;
            let region = causes.iter().find(|cause| cause.dimension == "region");
            let deeds = deeds_before(&anomaly, region.map(|cause| cause.value.as_str()), deeds);
            let of = series.iter().find(|series| series.key == anomaly.key);
            judged.told.push(Told {
                days: of.map_or(Vec::new(), |series| pictured(series, setting)),
                anomaly,
                currency: currency.clone(),
                causes,
                deeds,
                aws: None,
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

fn explain(
    survey: &Survey,
    cubes: Cubes<'_>,
    anomaly: &Anomaly,
    currency: &str,
) -> Result<Vec<Cause>, BadDimension> {
    if let [service, account] = &anomaly.key[..] {
        // Cost Explorer tells no third dimension: what moved in the whole service may be another account.
        let types = cubes.usage_types;
        let parts = survey.parts_of_account(types, types, [service, account], currency);
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
