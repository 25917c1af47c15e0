//! What Cost Explorer can be told to do wrong: small pages, refusals in the middle of a list, a token that comes
//! twice, members without billing access. A refused call is never counted as answered.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;

use crate::sim::refusal::Refusal;
use crate::sim::refused::which;

/// The settings after `ce.`, as `qd sim --help` lists them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trouble {
    page: Option<usize>,
    pub least_pages: usize,
    /// The moment at which the bill stands; the simulator's clock where absent.
    pub now: Option<Timestamp>,
    /// Thirty-eight months of monthly history instead of thirteen.
    long_history: bool,
    /// Costs by resource are turned on.
    pub granular: bool,
    /// Only a payer may look.
    pub members_denied: bool,
    /// Accounts that are billed in another currency than US dollars.
    pub currencies: BTreeMap<String, String>,
    refusals: Vec<(Why, RangeInclusive<u32>)>,
    repeat: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Why {
    Throttled,
    Changed,
    Token,
    Expired,
    NoData,
    Denied,
}

/// Calls of this run, and those that were answered with 200: what AWS would put on the bill.
#[derive(Debug, Default)]
pub struct Tally {
    called: AtomicU32,
    answered: AtomicU32,
}

impl Tally {
    /// The number of this call, from 1.
    pub fn call(&self) -> u32 {
        self.called.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub fn answer(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    pub fn answered(&self) -> u32 {
        self.answered.load(Ordering::Relaxed)
    }
}

impl Trouble {
    /// Takes the setting `ce.NAME=value`, or `ce.NAME.OF=value`.
    pub fn set(&mut self, name: &str, of: Option<&str>, value: &str) -> Result<(), String> {
        let on = || match value {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err("expected on or off".to_owned()),
        };
        match (name, of) {
            ("page", None) => {
                let rows = value.parse().ok().filter(|rows| *rows > 0);
                self.page = Some(rows.ok_or("expected a number of rows above 0")?);
            }
            ("pages", None) => self.least_pages = value.parse().map_err(|_| "expected a number of pages")?,
            ("now", None) => {
                let now = value
                    .parse()
                    .map_err(|_| "expected a time like 2026-03-31T12:00:00Z")?;
                self.now = Some(now);
            }
            ("history", None) => {
                self.long_history = match value {
                    "13" => false,
                    "38" => true,
                    _ => return Err("expected 13 or 38 months".to_owned()),
                }
            }
            ("granular", None) => self.granular = on()?,
            ("members", None) => self.members_denied = !on()?,
            ("repeat", None) => {
                self.repeat = Some(value.parse().map_err(|_| "expected the number of a call")?);
            }
            ("currency", Some(account)) => {
                self.currencies.insert(account.to_owned(), value.to_owned());
            }
            ("refuse", None) => self.refusals.push(parse_refusal(value)?),
            _ => return Err("no such setting; see `qd sim --help`".to_owned()),
        }
        Ok(())
    }

    /// Months before the current one that are kept by month; by day it is always thirteen.
    pub fn history_months(&self) -> i32 {
        if self.long_history { 38 } else { 13 }
    }

    /// Rows on a page of a list that has so many.
    pub fn page_rows(&self, rows: usize) -> usize {
        let page = self.page.unwrap_or(1000);
        if self.least_pages > 1 {
            page.min(rows.div_ceil(self.least_pages).max(1))
        } else {
            page
        }
    }

    /// Whether this call's token is to be the one that it came with.
    pub fn repeats(&self, call: u32) -> bool {
        self.repeat == Some(call)
    }

    /// Why this call is refused.
    pub fn refusal(&self, call: u32, operation: &str) -> Option<Refusal> {
        let (why, _) = self.refusals.iter().find(|(_, calls)| calls.contains(&call))?;
        let (code, says) = match why {
            Why::Throttled => ("LimitExceededException", "Rate limit exceeded"),
            Why::Changed => (
                "RequestChangedException",
                "Your request parameters changed between pages. Try again with the old parameters or without a \
                 pagination token.",
            ),
            Why::Token => (
                "InvalidNextTokenException",
                "The pagination token is invalid. Try again without a pagination token.",
            ),
            Why::Expired => (
                "BillExpirationException",
                "The requested report expired. Update the date interval and try again.",
            ),
            Why::NoData => ("DataUnavailableException", "The requested data is unavailable."),
            Why::Denied => {
                let says = format!("User is not authorized to perform: ce:{operation} on resource: *");
                return Some(Refusal::new("AccessDeniedException", says));
            }
        };
        Some(Refusal::new(code, says))
    }
}

/// `WHY`, `WHY@CALL` or `WHY@FIRST-LAST`.
fn parse_refusal(value: &str) -> Result<(Why, RangeInclusive<u32>), String> {
    let (why, calls) = which(value)?;
    let why = match why {
        "throttled" => Why::Throttled,
        "changed" => Why::Changed,
        "token" => Why::Token,
        "expired" => Why::Expired,
        "nodata" => Why::NoData,
        "denied" => Why::Denied,
        _ => return Err("expected throttled, changed, token, expired, nodata or denied".to_owned()),
    };
    Ok((why, calls))
}
