//! How costs are cut: by which dimensions and over which days. Every verb that breaks costs down takes the same
//! arguments and understands them alike.

use clap::ValueEnum;
use jiff::civil::Date;

use super::bad_dimension;
use crate::cli::Error;
use crate::cost::{self, BadDimension, Dimension, Period};

#[derive(clap::Args, Clone, Debug, Default)]
pub struct Cut {
    /// service, account, region, category, usage_type, pricing, day, month, tag:KEY or costcat:NAME; with Cost Explorer also
    /// operation, instance_type, zone, platform, tenancy, invoicer, seller and resource (of one service, of the last 14
    /// days); with files and Athena also commitment and class, resources without limits, and any number of dimensions (Cost
    /// Explorer: two beside a span of time)
    #[arg(long, value_name = "DIM,…", value_delimiter = ',', default_value = "service")]
    pub by: Vec<String>,
    /// First day (UTC); default: the first of this month, of Cost Explorer's resources 14 days ago, of imported files the
    /// first imported
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    pub from: Option<Date>,
    /// Day after the last one (UTC); default: tomorrow, of imported files all that was imported
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    pub to: Option<Date>,
    /// Split each row by day or month as well
    #[arg(long)]
    pub granularity: Option<Granularity>,
}

/// A day as it is written on the command line.
///
/// # Errors
/// The form that is wanted.
pub fn parse_day(text: &str) -> Result<Date, String> {
    text.parse()
        .map_err(|_| "write a day of the calendar as YEAR-MONTH-DAY, such as 2026-11-01".to_owned())
}

/// Whose finished days end today.
pub const BILL: &str = "the bill";
/// Whose days end with today itself.
const TODAY: &str = "the bill until now";

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Granularity {
    Day,
    Month,
}

impl Cut {
    /// The dimensions, a span of time first where one was asked for.
    pub fn dimensions(&self) -> Result<Vec<Dimension>, Error> {
        let by: Result<Vec<Dimension>, BadDimension> =
            self.by.iter().map(|dim| Dimension::parse(dim)).collect();
        let mut by = by.map_err(bad_dimension)?;
        let span = self.granularity.map(|granularity| match granularity {
            Granularity::Day => Dimension::Day,
            Granularity::Month => Dimension::Month,
        });
        if let Some(span) = span.filter(|span| !by.contains(span)) {
            by.insert(0, span);
        }
        each_once(&by)?;
        Ok(by)
    }

    /// The days asked for, those of `whole` where nothing was said; `name` is whose they are.
    pub fn within(&self, whole: Period, name: &str) -> Result<Period, Error> {
        chosen((self.from, self.to), (whole.from, whole.to), name)
    }

    /// The days asked for, of a source that bills until today.
    pub fn period(&self, today: Date) -> Result<Period, Error> {
        self.until(today, TODAY)
    }

    /// The days asked for up to one, that with them; `name` is whose last it is.
    pub fn until(&self, last: Date, name: &str) -> Result<Period, Error> {
        let whole = Period {
            from: last.first_of_month(),
            to: last.tomorrow().unwrap_or(last),
        };
        self.within(whole, name)
    }

    /// The days asked for, of Cost Explorer: of single resources all that it tells.
    pub fn told(&self, today: Date, of_resources: bool) -> Result<Period, Error> {
        match of_resources {
            true => self.within(cost::resource_days(today), TODAY),
            false => self.period(today),
        }
    }
}

/// The days from one to another, each where nothing was said the one that is there by default: if nobody gave that one, it
/// is what is told.
pub fn chosen(
    (from, to): (Option<Date>, Option<Date>),
    usual: (Date, Date),
    name: &str,
) -> Result<Period, Error> {
    let (first, end) = (from.unwrap_or(usual.0), to.unwrap_or(usual.1));
    Period::new(first, end).ok_or_else(|| match (from, to) {
        (Some(from), None) => {
            let last = end.yesterday().unwrap_or(end);
            let says = match name {
                BILL => {
                    format!("only days that are over are asked for here: --from {from} is later than {last}")
                }
                TODAY => format!("--from {from} is later than today, {last}"),
                _ => format!("{name} ends on {last}: nothing of it is as late as --from {from}"),
            };
            Error::usage(says).hint(format!("choose a --from up to {last}"))
        }
        (None, Some(to)) => Error::usage(format!(
            "without --from it is from {first} on, which is not before --to {to}"
        ))
        .hint("give --from as well; --to is the day after the last"),
        _ => Error::usage(format!("--from {first} is not before --to {end}"))
            .hint("--to is the day after the last"),
    })
}

/// Refuses to split by a dimension twice: the second column would say what the first does.
pub fn each_once(by: &[Dimension]) -> Result<(), Error> {
    let mut all = by.iter().enumerate();
    match all.find(|(nth, dimension)| by[..*nth].contains(dimension)) {
        None => Ok(()),
        Some((_, twice)) => {
            let says = format!("{twice} stands twice in --by");
            Err(Error::usage(says).hint("name each dimension once"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_to_come_is_refused_as_such_and_today_is_not() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let from = |text: &str| Cut {
            from: Some(day(text)),
            ..Cut::default()
        };
        let today = day("2026-11-23");
        assert_eq!(from("2026-11-23").period(today).unwrap().days(), 1);
        let why = from("2026-11-24").period(today).unwrap_err();
        assert_eq!(why.says, "--from 2026-11-24 is later than today, 2026-11-23");
        let why = from("2026-11-24").told(today, true).unwrap_err();
        assert_eq!(why.says, "--from 2026-11-24 is later than today, 2026-11-23");
        let over = chosen((Some(today), None), (day("2026-11-01"), today), BILL);
        assert!(over.unwrap_err().says.ends_with("is later than 2026-11-22"));
    }
}
