//! `qd costs moves`: what to stop, reduce, rightsize and shift, each with its evidence and what it saves after
//! discounts; decisions about them, and what those really saved.

mod accept;
mod gather;
mod ledger;
mod show;
mod withdraw;

pub use show::step;

use clap::Subcommand;
use jiff::Timestamp;
use jiff::civil::Date;

use super::cut::parse_day;
use super::{Asked, Common};
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost;
use crate::cost::Question;
use crate::cost::advice::{self, Board, Book, Finding, Questions, Snoozed};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    spend: Spend,
    /// Rows as CSV
    #[arg(long, global = true, conflicts_with = "json")]
    csv: bool,
}

#[derive(clap::Args)]
pub struct Spend {
    /// Where prices and use come from: ce (Cost Explorer), files (all that was imported), the name of one import, or athena;
    /// default: files if anything was imported, else ce
    #[arg(long, value_name = "ce|files|athena|NAME", global = true)]
    source: Option<String>,
    /// Ask again for everything that can still change (each page is a paid request of $0.01, a thousand metrics as well)
    #[arg(long, conflicts_with = "no_spend", global = true)]
    refresh: bool,
    /// Make no paid request: only what is on this machine
    #[arg(long, global = true)]
    no_spend: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// Hide a finding until a day, for a reason
    Snooze {
        /// As listed, or the beginning of it
        id: String,
        /// It comes back on this day
        #[arg(long, value_name = "DAY", value_parser = parse_day)]
        until: Date,
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Take a finding on: prints its runbook, filled in, and books what it saves
    Accept {
        /// As listed, or the beginning of it
        id: String,
    },
    /// Take back a decision: the finding is open again. The ledger keeps that it was taken on once; what was put off is woken
    Withdraw {
        /// As the ledger lists it, or the beginning of it
        id: String,
        /// Wanted for what was taken on: others will read it
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// What accepted findings really saved, by team, and what is put off
    Ledger,
}

impl Spend {
    fn common(&self) -> Common {
        Common {
            metric: "amortized".into(),
            filter: String::new(),
            source: self.source.clone(),
            refresh: self.refresh,
            no_spend: self.no_spend,
        }
    }
}

pub async fn run(args: Args, context: &Context, now: Timestamp) -> Outcome {
    let common = args.spend.common();
    let asked = Asked::read(&common)?;
    if let Some(Verb::Ledger) = args.verb {
        return ledger::run(context, &common, &asked, args.csv, now).await;
    }
    if let Some(Verb::Withdraw { id, reason }) = args.verb {
        return withdraw::run(context, &id, reason, now);
    }
    if let Some(Verb::Snooze { reason, .. }) = &args.verb
        && reason.trim().is_empty()
    {
        return Err(withdraw::no_reason());
    }
    let (all, lacks) = gather::findings(context, &common, &asked, now).await?;
    match args.verb {
        Some(Verb::Snooze { id, until, reason }) => {
            let today = cost::today(now);
            if until <= today {
                return Err(Error::usage(format!("{until} is not after today, {today}")));
            }
            let finding = find(&all, &id)?;
            let snoozed = Snoozed::of(finding, until, reason, now);
            let kept = Book::put_off(&context.paths.data_dir, &finding.id(), snoozed);
            kept.map_err(trouble)?;
            notice(format_args!("{} comes back on {until}", finding.id()));
            Ok(Exit::Done)
        }
        Some(Verb::Accept { id }) => accept::run(context, &all, &id, now).await,
        _ => {
            let book = Book::load(&context.paths.data_dir).map_err(trouble)?;
            let board = book.board(all, cost::today(now));
            show::print(context, &board, &book, &lacks, args.csv)?;
            ledger::summary(context, &common, &asked, &book, now).await
        }
    }
}

/// What Cost Explorer is asked about the bill for that, for those who tell the price of all at once.
pub fn bill_questions(today: Date) -> [Question; 2] {
    let Questions {
        usage, commitment, ..
    } = Questions::new(today, false);
    [usage, commitment]
}

/// What is open today, for others that tell of it, and why there may be more.
pub async fn board(
    context: &Context,
    common: &Common,
    asked: &Asked,
    now: Timestamp,
) -> Result<(Board, Vec<String>), Error> {
    let (all, lacks) = gather::findings(context, common, asked, now).await?;
    let book = Book::load(&context.paths.data_dir).map_err(trouble)?;
    Ok((book.board(all, cost::today(now)), lacks.says()))
}

fn trouble(trouble: advice::Trouble) -> Error {
    Error::failed(trouble.to_string()).hint(trouble.hint())
}

fn find<'a>(all: &'a [Finding], id: &str) -> Result<&'a Finding, Error> {
    let mut found = all
        .iter()
        .filter(|finding| !id.is_empty() && finding.id().starts_with(id));
    match (found.next(), found.next()) {
        (Some(finding), None) => Ok(finding),
        (None, _) => {
            Err(Error::usage(format!("no finding is called {id:?}")).hint("`qd costs moves` lists them"))
        }
        (Some(_), Some(_)) => {
            Err(Error::usage(format!("{id:?} begins several findings")).hint("write more of it"))
        }
    }
}
