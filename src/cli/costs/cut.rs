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
    #[arg(long, value_name = "DAY")]
    pub from: Option<Date>,
    /// Day after the last one (UTC); default: tomorrow, of imported files all that was imported
    #[arg(long, value_name = "DAY")]
    pub to: Option<Date>,
    /// Split each row by day or month as well
    #[arg(long)]
    pub granularity: Option<Granularity>,
}

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
        Ok(by)
    }

    /// The days asked for, those of `whole` where nothing was said.
    pub fn within(&self, whole: Period) -> Result<Period, Error> {
        let (from, to) = (self.from.unwrap_or(whole.from), self.to.unwrap_or(whole.to));
        Period::new(from, to).ok_or_else(|| {
            Error::usage(format!("--from {from} is not before --to {to}"))
                .hint("--to is the day after the last")
        })
    }

    /// The days asked for, of a source that bills until today.
    pub fn period(&self, today: Date) -> Result<Period, Error> {
        self.within(Period {
            from: today.first_of_month(),
            to: today.tomorrow().unwrap_or(today),
        })
    }

    /// The days asked for, of Cost Explorer: of single resources all that it tells.
    pub fn told(&self, today: Date, of_resources: bool) -> Result<Period, Error> {
        match of_resources {
            true => self.within(cost::resource_days(today)),
            false => self.period(today),
        }
    }
}
