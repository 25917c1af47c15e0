//! Why a question about costs has no answer, or none that is fresh: each with its sentence and what to do.

use jiff::civil::Date;

use super::amount::{Amount, BadAmount};
use super::dataset::BadDimension;
use super::desk::{MOST_PAGES, dollars, priced};
use super::meter::{CENTS_PER_REQUEST, Spent};
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
    /// One go takes no more pages; what was read until then is kept.
    #[error("{period} takes about {} more, and one go takes no more than {}", priced(*.requests), count(*.pages))]
    Unfinished {
        period: Period,
        requests: u32,
        pages: u32,
    },
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
    /// The meter does not say what was spent.
    #[error("cannot count requests: {0}")]
    Torn(String),
    #[error("cannot keep costs or count requests: {0}")]
    Disk(String),
}

/// Of so many requests one more or less is needed than was reckoned.
const ROUGHLY: u32 = 10;

fn count(pages: u32) -> String {
    match pages {
        1 => "1 page".into(),
        _ => format!("{pages} pages"),
    }
}

/// What makes room for so many requests, which are counted but roughly, and the next day where that is enough. No cap is
/// promised to suffice: lists of unknown length count as one page, and an answer of several parts may ask for more after it.
fn takes(requests: u32, spent: &Spent) -> String {
    let cents = (requests + requests / ROUGHLY + 1) * CENTS_PER_REQUEST;
    let frees = match cents <= spent.cap * CENTS_PER_REQUEST {
        true => "it frees at 00:00 UTC; ",
        false => "",
    };
    let cap = dollars(spent.cents_today() + cents);
    format!(
        "{frees}it takes cap_per_day = {} or more under [costs] today",
        cap.trim_start_matches('$')
    )
}

impl Trouble {
    pub fn hint(&self) -> String {
        match self {
            Trouble::Failure(failure) => failure.hint.clone(),
            Trouble::Cap(spent) => spent.remedy().into(),
            Trouble::Capped { pages, .. } => format!(
                "raise cap_per_day under [costs] by more than {} over what else is asked in a day: nobody knows by how much, but \
                 {} more than what is spent always suffices; or import an export: files have no pages",
                dollars(pages * CENTS_PER_REQUEST),
                dollars(MOST_PAGES * CENTS_PER_REQUEST)
            ),
            Trouble::Dear { requests, spent, .. } => {
                format!(
                    "{}; or import an export: files have no pages; or ask for fewer days, where those are yours to choose",
                    takes(*requests, spent)
                )
            }
            Trouble::Beyond { requests, spent, .. } => {
                format!("{}; an imported export answers for nothing", takes(*requests, spent))
            }
            Trouble::Unfinished { .. } => {
                "what was read is kept: ask again for the rest; or import an export: files have no pages".into()
            }
            Trouble::NotKept(_) => "ask again with requests allowed".into(),
            Trouble::TooOld { first, .. } => format!("ask from {first} on, or import an export of that time"),
            Trouble::TooLong { .. } => {
                "import an export: files have no pages; or ask for fewer dimensions or a shorter period, where those are yours to choose"
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
            Trouble::Torn(_) => {
                "nobody knows what was spent today: put it back from a copy, or move it away, and today's cap begins anew"
                    .into()
            }
            Trouble::Disk(_) => "check space and permissions of the cache directory".into(),
        }
    }
}
