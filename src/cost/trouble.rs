//! Why a question about costs has no answer, or none that is fresh: each with its sentence and what to do.

use jiff::civil::Date;

use super::amount::{Amount, BadAmount};
use super::dataset::BadDimension;
use super::desk::{dollars, priced};
use super::meter::{CENTS_PER_REQUEST, RAISE, Spent};
use super::period::Period;
use crate::aws::Failure;

/// Why there is no answer, or none that is fresh.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("{0}")]
    Failure(Failure),
    #[error("{}", .0.says())]
    Cap(Spent),
    /// A list has more pages than are allowed today.
    #[error("{period} takes more than {}, and {}", count(*.pages), .spent.says())]
    Capped {
        period: Period,
        pages: u32,
        spent: Spent,
    },
    /// As many requests as it is known to take are not allowed today.
    #[error("{period} takes about {}, and {}", priced(*.requests), .spent.says())]
    Dear {
        period: Period,
        requests: u32,
        spent: Spent,
    },
    /// The same of what has no period of its own.
    #[error("{asked} takes about {}, and {}", priced(*.requests), .spent.says())]
    Beyond {
        /// What it is, as the sentence begins.
        asked: String,
        requests: u32,
        spent: Spent,
    },
    #[error("the costs of {0} are not on this machine")]
    NotKept(Period),
    #[error("the costs of {month} are beyond the thirteen months that Cost Explorer keeps by day")]
    TooOld { month: Period, first: Date },
    #[error("{period} takes more than {}", count(*.pages))]
    TooLong { period: Period, pages: u32 },
    #[error(
        "the parts add up to {parts} {currency}, the whole is {whole}: the bill moved between the requests"
    )]
    Moved {
        parts: Amount,
        whole: Amount,
        currency: String,
    },
    #[error("{asked} takes {} or more", priced(*.requests))]
    Price {
        asked: &'static str,
        requests: u32,
        /// So many suffice for what is left of it.
        most: u32,
    },
    #[error("Cost Explorer's forecast is in {forecast}, and the bill in {bill}")]
    Currency { forecast: String, bill: String },
    #[error("Athena: {says}")]
    Query { says: String, hint: String },
    /// The configuration lacks something, or cannot be used.
    #[error("{says}")]
    Setting { says: String, hint: String },
    #[error("the query was stopped")]
    Stopped,
    #[error("no charge of {0} matches in this export")]
    NoCharge(Period),
    #[error("{0} has not begun yet")]
    Future(Period),
    #[error("{0}")]
    Dimension(BadDimension),
    #[error("Cost Explorer's answer cannot be used: {0}")]
    Amount(BadAmount),
    #[error("cannot keep costs or count requests: {0}")]
    Disk(String),
}

fn count(pages: u32) -> String {
    match pages {
        1 => "1 page".into(),
        _ => format!("{pages} pages"),
    }
}

impl Trouble {
    pub fn hint(&self) -> String {
        match self {
            Trouble::Failure(failure) => failure.hint.clone(),
            Trouble::Cap(_) => RAISE.into(),
            Trouble::Capped { pages, .. } | Trouble::Dear { requests: pages, .. } => format!(
                "raise cap_per_day under [costs] by more than {} over what else is asked in a day; or ask for a shorter period, \
                 or import an export: files have no pages",
                dollars(pages * CENTS_PER_REQUEST)
            ),
            Trouble::Beyond { .. } => format!("{RAISE}; an imported export answers for nothing"),
            Trouble::NotKept(_) => "ask again with requests allowed".into(),
            Trouble::TooOld { first, .. } => format!("ask from {first} on, or import an export of that time"),
            Trouble::TooLong { .. } => {
                "ask for a shorter period or fewer dimensions, or import an export: files have no pages"
                    .into()
            }
            Trouble::Moved { .. } => "ask again with --refresh".into(),
            Trouble::Price { most, .. } => format!(
                "--fan-out {} suffices, and only what is asked for is paid; or import an export, which answers for nothing",
                dollars(most * CENTS_PER_REQUEST).trim_start_matches('$')
            ),
            Trouble::Currency { .. } => {
                "leave out --aws: our own forecast is of each currency by itself".into()
            }
            Trouble::Query { hint, .. } | Trouble::Setting { hint, .. } => hint.clone(),
            Trouble::Stopped => "what it had read until then is charged".into(),
            Trouble::NoCharge(_) => {
                "check the period and --filter, and that the export holds that time".into()
            }
            Trouble::Future(_) => "choose a period that begins today (UTC) or before".into(),
            Trouble::Dimension(bad) => bad.hint.clone(),
            Trouble::Amount(_) => "report what the endpoint sent; nothing was kept of it".into(),
            Trouble::Disk(_) => "check space and permissions of the cache directory".into(),
        }
    }
}
