//! What an anomaly is made of, dimension by dimension, so that all that its line names is together on the bill: each value is
//! sought within those that were named before it. Where the cubes do not tell dimensions together a value is named that has to
//! be in what was named for the most part, or none.

use super::cause::{cause, cause_of, changes, moved, sign};
use super::common::{Common, least};
use super::judge::Causes;
use super::{Anomaly, Cause, Part, Survey};
use crate::cost::{BadDimension, Cube, Dimension};

/// A value is together with what was named from this share of it on.
const TOGETHER_SHARE: f64 = 0.5;

pub(super) fn explain(
    survey: &Survey,
    cubes: Causes<'_>,
    anomaly: &Anomaly,
    currency: &str,
) -> Result<Vec<Cause>, BadDimension> {
    let bill = Bill {
        survey,
        cubes,
        anomaly,
        currency,
    };
    match &anomaly.key[..] {
        [service, account] => bill.of_account([service, account]),
        _ => bill.of_service(),
    }
}

#[derive(Clone, Copy)]
struct Bill<'a> {
    survey: &'a Survey,
    cubes: Causes<'a>,
    anomaly: &'a Anomaly,
    currency: &'a str,
}

/// What was named so far.
#[derive(Default)]
struct Named {
    place: Vec<(Dimension, String)>,
    /// What all values of the first dimension moved a day.
    whole: f64,
    causes: Vec<Cause>,
}

impl Named {
    fn push(&mut self, dimension: Dimension, cause: Cause) {
        self.place.push((dimension, cause.value.clone()));
        self.causes.push(cause);
    }
}

impl<'a> Bill<'a> {
    fn dimension(&self, of: &Dimension) -> (&'static str, &'a Cube) {
        match of {
            Dimension::UsageType => ("usage type", self.cubes.usage_types),
            Dimension::Region => ("region", self.cubes.regions),
            _ => ("account", self.cubes.accounts),
        }
    }

    /// What the values of a dimension cost in a service, or in everything.
    fn parts(&self, dimension: &Dimension, service: &[String]) -> Result<Vec<Part>, BadDimension> {
        let (_, cube) = self.dimension(dimension);
        let services = self.cubes.services;
        self.survey
            .parts(services, cube, dimension.clone(), service, self.currency)
    }

    /// The same where these values are, and `None` where the cubes do not tell.
    fn parts_at(&self, dimension: &Dimension, place: &[(Dimension, String)]) -> Option<Vec<Part>> {
        let (_, cube) = self.dimension(dimension);
        self.survey
            .parts_at(cube, dimension.clone(), place, self.currency)
            .ok()
    }

    /// What moved in the service of an anomaly, or in everything, on its days.
    fn of_service(&self) -> Result<Vec<Cause>, BadDimension> {
        let key = &self.anomaly.key[..self.anomaly.key.len().min(1)];
        let mut named = Named::default();
        for dimension in [Dimension::UsageType, Dimension::Region, Dimension::Account] {
            let parts = self.parts(&dimension, key)?;
            let found = match named.causes.is_empty() {
                true => {
                    named.whole = moved(self.anomaly, &parts);
                    named.place = key.iter().map(|of| (Dimension::Service, of.clone())).collect();
                    cause(self.anomaly, self.dimension(&dimension).0, &parts)
                }
                false => self.next(&dimension, &parts, &named)?,
            };
            if let Some(found) = found {
                named.push(dimension, found);
            }
        }
        Ok(named.causes)
    }

    /// The value of a further dimension that is together with those named: of all values the one that moved most, where it is,
    /// else the one that moved most there.
    fn next(
        &self,
        dimension: &Dimension,
        parts: &[Part],
        named: &Named,
    ) -> Result<Option<Cause>, BadDimension> {
        let (name, _) = self.dimension(dimension);
        let most = cause(self.anomaly, name, parts);
        let there = match self.parts_at(dimension, &named.place) {
            Some(there) => {
                cause_of(self.anomaly, named.whole, name, &there).filter(|of| self.has_most(of, &there))
            }
            None => self.likely(dimension, named)?,
        };
        let Some(there) = there else { return Ok(None) };
        let most = most.filter(|most| most.value == there.value);
        Ok(Some(match most {
            Some(most) => Cause {
                certain: there.certain,
                ..most
            },
            None => there,
        }))
    }

    /// Whether a value has a good part of what moved where it is.
    fn has_most(&self, cause: &Cause, there: &[Part]) -> bool {
        cause.change.abs() >= TOGETHER_SHARE * changes(self.anomaly, there).values().sum::<f64>().abs()
    }

    /// The value that moved most in the service that what was named moved most in, where for the most part it has to be together
    /// with each value that was named.
    fn likely(&self, dimension: &Dimension, named: &Named) -> Result<Option<Cause>, BadDimension> {
        let Some(service) = self.service_of(named)? else {
            return Ok(None);
        };
        let service = [service];
        let values = self.parts(dimension, &service)?;
        let (name, _) = self.dimension(dimension);
        let Some(mut found) = cause_of(self.anomaly, named.whole, name, &values) else {
            return Ok(None);
        };
        for (of, value) in named.place.iter().filter(|(of, _)| *of != Dimension::Service) {
            let others = self.parts(of, &service)?;
            let common = Common::of(self.anomaly, value, &others, &values);
            let Some(common) = common.filter(|common| common.value == found.value && common.is_most()) else {
                return Ok(None);
            };
            found.certain &= common.is_certain();
        }
        Ok(Some(found))
    }

    /// The service of the anomaly, or the one that the first value that was named moved most in.
    fn service_of(&self, named: &Named) -> Result<Option<String>, BadDimension> {
        let Some((of, value)) = named.place.first() else {
            return Ok(None);
        };
        if *of == Dimension::Service {
            return Ok(Some(value.clone()));
        }
        let (_, cube) = self.dimension(of);
        let services = self.cubes.services;
        let parts = self
            .survey
            .services_of(services, cube, (of.clone(), value), self.currency)?;
        let sign = sign(self.anomaly.side);
        let changes = changes(self.anomaly, &parts).into_iter();
        let most = changes.max_by(|a, b| (a.1 * sign).total_cmp(&(b.1 * sign)));
        Ok(most.map(|(service, _)| service.to_owned()))
    }

    /// What moved in one account's part of a service: exactly where the cubes tell all three together. Where they do not, the
    /// usage types that are the service's alone, and what is likely to be in it of what moved in the whole service.
    fn of_account(&self, [service, account]: [&str; 2]) -> Result<Vec<Cause>, BadDimension> {
        let place = [(Dimension::Service, service), (Dimension::Account, account)];
        let mut named = Named {
            place: place.map(|(of, value)| (of, value.to_owned())).to_vec(),
            ..Named::default()
        };
        let cell = named.place.clone();
        for dimension in [Dimension::UsageType, Dimension::Region] {
            let found = match self.parts_at(&dimension, &cell) {
                Some(parts) if named.causes.is_empty() => {
                    named.whole = moved(self.anomaly, &parts);
                    cause(self.anomaly, self.dimension(&dimension).0, &parts)
                }
                Some(parts) => self.next(&dimension, &parts, &named)?,
                None => self
                    .in_account(&dimension, [service, account])?
                    .filter(|found| overlaps(&named.causes, found)),
            };
            if let Some(found) = found {
                named.push(dimension, found);
            }
        }
        Ok(named.causes)
    }

    /// What is likely to have moved in an account where it is not told together with services.
    fn in_account(&self, dimension: &Dimension, cell: [&str; 2]) -> Result<Option<Cause>, BadDimension> {
        let [service, account] = cell;
        if *dimension == Dimension::UsageType
            && let Some(own) = self.own_type(cell)
        {
            return Ok(Some(own));
        }
        let service = [service.to_owned()];
        let accounts = self.parts(&Dimension::Account, &service)?;
        let values = self.parts(dimension, &service)?;
        let (name, _) = self.dimension(dimension);
        Ok(least(self.anomaly, account, &accounts, (name, &values)))
    }

    fn own_type(&self, cell: [&str; 2]) -> Option<Cause> {
        let Causes {
            services,
            accounts,
            usage_types,
            account_types,
            ..
        } = self.cubes;
        let types = [usage_types, account_types?];
        let parts = self
            .survey
            .own_parts_of_account([services, accounts], types, cell, self.currency);
        cause(self.anomaly, "usage type", &parts.ok()?)
    }
}

/// Whether two shares of one thing have to have a good part of the first in common.
fn overlaps(named: &[Cause], found: &Cause) -> bool {
    let common = |of: &Cause| of.share + found.share - 1.0 >= TOGETHER_SHARE * of.share;
    named.iter().all(common)
}

#[cfg(test)]
mod tests;
