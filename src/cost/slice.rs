//! What one list of pages is about: a pair of dimensions, and the values of others that it is limited to. Each slice has
//! a folder of its own on the shelf, with a file for each month; of single resources, which Cost Explorer tells for
//! fourteen days, with one file for those.

use jiff::ToSpan;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::breakdown::Question;
use super::dataset::{BadDimension, Dataset, Dimension};
use super::filter::Filter;
use super::period::{Period, months};
use crate::aws::Restriction;

/// Days before today of which costs by resource are told.
/// <https://docs.aws.amazon.com/cost-management/latest/userguide/ce-resource-daily.html>
const RESOURCE_DAYS: i32 = 14;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    pub dataset: Dataset,
    /// One value of each of these; `""` where the charge has none.
    pub inside: Vec<(Dimension, String)>,
    /// Of dimensions that no group is left for: what a filter wants of them, as values.
    pub among: Vec<Among>,
}

/// Several values that a list is limited to, or that are left out of it. Without any, nothing has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Among {
    pub dimension: Dimension,
    pub values: Vec<String>,
    pub left_out: bool,
}

impl Among {
    /// What a filter wants of a dimension with these values; `None` where it wants none of them.
    pub(super) fn of(dimension: &Dimension, filter: &Filter, values: Vec<String>) -> Option<Among> {
        let mut about = filter.terms().filter(|(of, ..)| *of == dimension);
        // Values that nobody has seen yet pass where something is left out, as they would pass the filter.
        let left_out = about.all(|(_, negated, _)| negated);
        let mut values = values;
        values.retain(|value| filter.wants(dimension, value) != left_out);
        (left_out || !values.is_empty()).then(|| Among {
            dimension: dimension.clone(),
            values,
            left_out,
        })
    }
}

impl From<Dataset> for Slice {
    fn from(dataset: Dataset) -> Slice {
        Slice {
            dataset,
            inside: Vec::new(),
            among: Vec::new(),
        }
    }
}

/// The days of which Cost Explorer tells single resources, today with them.
pub fn resource_days(today: Date) -> Period {
    Period {
        from: today.saturating_sub(RESOURCE_DAYS.days()),
        to: today.saturating_add(1.day()),
    }
}

pub(super) fn no_service() -> BadDimension {
    BadDimension {
        says: "Cost Explorer tells resources of one service at a time".into(),
        hint: "go into one, or name it: --filter 'service:\"NAME\"'; an imported export tells all of them at once".into(),
    }
}

impl Question {
    /// The list that answers it: a pair, inside of what the filter fixes to one value where that takes more than two
    /// dimensions; of single resources only inside of a service, and for fourteen days.
    pub fn slice(&self, today: Date) -> Result<Slice, BadDimension> {
        let mut wanted: Vec<&Dimension> = self.by.iter().chain(self.filter.dimensions()).collect();
        wanted.retain(|dimension| !dimension.is_time());
        wanted.sort();
        wanted.dedup();
        let mut inside = Vec::new();
        if wanted.contains(&&Dimension::Resource) {
            self.check_told(today)?;
            let service = self.filter.only(&Dimension::Service).ok_or_else(no_service)?;
            inside.push((Dimension::Service, service.to_owned()));
            wanted.retain(|dimension| **dimension != Dimension::Service || self.by.contains(dimension));
        }
        for dimension in wanted.clone() {
            if wanted.len() > 2
                && !self.by.contains(dimension)
                && let Some(value) = self.filter.only(dimension)
            {
                inside.push((dimension.clone(), value.to_owned()));
                wanted.retain(|of| *of != dimension);
            }
        }
        let dataset = Dataset::for_dimensions(wanted)?;
        Ok(Slice {
            inside,
            ..Slice::from(dataset)
        })
    }

    fn check_told(&self, today: Date) -> Result<(), BadDimension> {
        let told = resource_days(today);
        if self.period.from >= told.from {
            return Ok(());
        }
        Err(BadDimension {
            says: format!(
                "Cost Explorer tells resources of the last {RESOURCE_DAYS} days alone, not from {} on",
                self.period.from
            ),
            hint: format!("ask with --from {}, or import a FOCUS or CUR export", told.from),
        })
    }
}

impl Slice {
    pub fn tells_resources(&self) -> bool {
        [&self.dataset.first, &self.dataset.second].contains(&&Dimension::Resource)
    }

    /// Why an answer without any charge is not believed.
    pub(super) fn no_charge(&self, period: Period) -> BadDimension {
        let limits: Vec<String> = self
            .inside
            .iter()
            .map(|(of, value)| format!("{of} {value:?}"))
            .collect();
        let names: Vec<String> = self.limits().iter().map(Dimension::to_string).collect();
        BadDimension {
            says: format!(
                "Cost Explorer knows no charge of {} in {period}",
                limits.join(", ")
            ),
            hint: format!(
                "it tells A from a: `qd costs breakdown --by {}` lists what there is",
                names.join(",")
            ),
        }
    }

    /// The dimensions that every cell has a wanted value of.
    pub fn limits(&self) -> Vec<Dimension> {
        let limits = self.inside.iter().map(|(dimension, _)| dimension);
        let among = self.among.iter().map(|among| &among.dimension);
        limits.chain(among).cloned().collect()
    }

    /// As much of a period as is told.
    pub fn clip(&self, period: Period, today: Date) -> Period {
        match self.tells_resources() {
            true => resource_days(today),
            false => period,
        }
    }

    /// What is asked for and kept as one: whole months until now, or all days of which resources are told.
    pub fn parts(&self, period: Period, today: Date) -> Vec<Period> {
        if self.tells_resources() {
            return vec![resource_days(today)];
        }
        let months = months(period).into_iter();
        months.filter(|month| month.from <= today).collect()
    }

    /// The name of a part's file.
    pub(super) fn part_name(&self, part: Period) -> String {
        match self.tells_resources() {
            true => "recent".to_owned(),
            false => part.from.strftime("%Y-%m").to_string(),
        }
    }

    pub fn restrictions(&self) -> Vec<Restriction> {
        let spelled = |dimension: &Dimension, value: &String| match dimension.nothing() {
            Some(nothing) if value.is_empty() => nothing.to_owned(),
            _ => value.clone(),
        };
        let inside = self.inside.iter().filter_map(|(dimension, value)| {
            Some(Restriction {
                group: dimension.group()?,
                values: vec![spelled(dimension, value)],
                left_out: false,
            })
        });
        let among = self.among.iter().filter(|among| !among.values.is_empty());
        let among = among.filter_map(|among| {
            let values = among.values.iter();
            Some(Restriction {
                group: among.dimension.group()?,
                values: values.map(|value| spelled(&among.dimension, value)).collect(),
                left_out: among.left_out,
            })
        });
        inside.chain(among).collect()
    }

    /// Values may hold anything, so they are written in hexadecimal; many of them by their hash.
    pub fn folder(&self) -> String {
        let name = |dimension: &Dimension| match dimension {
            Dimension::Tag(key) => format!("tag-{}", hex::encode(key)),
            Dimension::CostCategory(key) => format!("costcat-{}", hex::encode(key)),
            dimension => dimension.to_string(),
        };
        let inside = self.inside.iter().map(|(dimension, value)| {
            let value = if value.is_empty() {
                "none".to_owned()
            } else {
                format!("x{}", hex::encode(value))
            };
            format!("@{}={value}", name(dimension))
        });
        let among = self.among.iter().filter(|among| !among.values.is_empty());
        let among = among.map(|among| {
            let mut hash = Sha256::new();
            for value in &among.values {
                hash.update(value);
                hash.update([0]);
            }
            let sign = if among.left_out { "-" } else { "+" };
            let values = hex::encode(&hash.finalize()[..12]);
            format!("@{}{sign}{values}", name(&among.dimension))
        });
        self.dataset.folder() + &inside.chain(among).collect::<String>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::dataset::Lens;
    use super::super::filter::Filter;
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn asked(by: &[Dimension], filter: &str, from: &str) -> Result<Slice, BadDimension> {
        let question = Question {
            period: Period {
                from: day(from),
                to: day("2026-11-22"),
            },
            by: by.to_vec(),
            lens: Lens::Unblended,
            filter: Filter::parse(filter).unwrap(),
        };
        question.slice(day("2026-11-22"))
    }

    #[test]
    fn resources_are_asked_inside_of_the_one_service_that_the_filter_names() {
        let of = |by: &[Dimension], filter: &str| asked(by, filter, "2026-11-08").map(|slice| slice.folder());
        let ec2 = "usage_type+resource@service=x454332";
        assert_eq!(of(&[Dimension::Resource], "service:EC2").unwrap(), ec2);
        assert_eq!(of(&[Dimension::Day], "service:EC2 resource:i-*").unwrap(), ec2);
        let by_region = of(&[Dimension::Region, Dimension::Resource], "service:EC2").unwrap();
        assert_eq!(by_region, "region+resource@service=x454332");
        for filter in [
            "",
            "service:*EC2*",
            "service:EC2,S3",
            "-service:EC2",
            "service:EC2 service:S3",
        ] {
            let bad = of(&[Dimension::Resource], filter).unwrap_err();
            assert!(bad.hint.contains("--filter"), "{filter}: {bad:?}");
        }
        let many = [Dimension::Region, Dimension::UsageType, Dimension::Resource];
        assert!(of(&many, "service:EC2").is_err());
    }

    #[test]
    fn a_third_dimension_that_the_filter_fixes_is_a_limit() {
        let pair = [Dimension::Service, Dimension::Region];
        let of = |filter: &str| asked(&pair, filter, "2026-10-01").map(|slice| slice.folder());
        assert_eq!(
            of("category:Usage").unwrap(),
            "service+region@category=x5573616765"
        );
        assert_eq!(of("service:EC2").unwrap(), "service+region");
        assert!(of("category:Usage,Credit").is_err() && of("-category:Usage").is_err());
    }

    #[test]
    fn resources_of_more_than_fourteen_days_are_refused_with_the_first_day_that_is_told() {
        let bad = asked(&[Dimension::Resource], "service:EC2", "2026-11-07").unwrap_err();
        assert!(bad.hint.contains("--from 2026-11-08"), "{bad:?}");
    }
}
