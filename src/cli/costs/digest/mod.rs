//! `qd costs digest`: a week of costs by team, as Markdown to mail or post. From Cost Explorer its price is said before
//! anything is asked; what could not be had is named in the digest itself.

mod beside;
mod teams;
mod told;

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;

use super::books::Books;
use super::show::{refuse_nothing, say_unlabelled};
use super::{Asked, Common, anomalies, bad_dimension, moves, tell_whole};
use crate::cli::{Context, Error, Outcome, notice};
use crate::cost::digest::{Digest, Week};
use crate::cost::{self, Amount, Breakdown, Dimension, Period, Question};

/// What teams are told apart by where nothing else is said.
const TEAM: &str = "tag:team";

#[derive(clap::Args)]
pub struct Args {
    /// What tells teams apart: tag:KEY, costcat:NAME, account or service
    #[arg(long, value_name = "DIM", default_value = TEAM)]
    by: String,
    /// A week as ISO counts them; default: the last one that is over
    #[arg(long, value_name = "YEAR-Wnn")]
    week: Option<String>,
    /// Where the Markdown goes; - is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Leave out what could be saved: nothing is asked of EC2
    #[arg(long)]
    no_moves: bool,
    #[command(flatten)]
    common: Common,
}

pub async fn run(args: Args, context: &Context, now: Timestamp) -> Outcome {
    let asked = Asked::read(&args.common)?;
    let by = Dimension::parse(&args.by).map_err(bad_dimension)?;
    if by.is_time() {
        return Err(
            Error::usage("a digest is of one week, and its teams are not days")
                .hint("use --by tag:team, costcat:NAME, account or service"),
        );
    }
    let rough = |today| {
        let week = week(&args, today)?;
        let [current, _] = questions(&week, &by, &asked, true);
        of_week(&args, &week, &current)
    };
    let books = Books::open(
        context,
        &args.common,
        &asked,
        |today| rough(today).unwrap_or_default(),
        now,
    )
    .await?;
    let week = books.finished(&asked, now, |today| week(&args, today))?;
    let [current, previous] = questions(&week, &by, &asked, !books.is_wide());
    say_price(&books, &asked, &args, &week, &current, now)?;
    let both = Question {
        period: Period {
            from: previous.period.from,
            to: current.period.to,
        },
        ..current.clone()
    };
    // Both weeks at once are one list of pages.
    let cube = books.cube(&asked, &both, now).await?;
    let after = books.answer(&asked, &current, now).await?;
    let before = books.answer(&asked, &previous, now).await?;
    let source = match &books {
        Books::Files(_) => args.common.source.as_deref().unwrap_or("files"),
        Books::Athena { .. } => "Athena",
        Books::CostExplorer(_) => "Cost Explorer",
    };
    let about = format!("{}, from {source}", books.metric(asked.lens));
    let mut currencies: Vec<&str> = Vec::new();
    for breakdown in after.iter().chain(&before) {
        if !currencies.contains(&breakdown.currency.as_str()) {
            currencies.push(&breakdown.currency);
        }
    }
    let untold = books.untold(&both);
    let (mut digests, mut unknown) = (Vec::new(), Vec::new());
    for currency in currencies {
        if books.known_days(&current, &after, currency, now)? == 0 {
            unknown.push((currency, books.unknown_week(&current, currency)));
            continue;
        }
        let both = [
            of_currency(&after, currency, &current),
            of_currency(&before, currency, &previous),
        ];
        let mut digest = Digest::new(
            week.clone(),
            args.by.clone(),
            about.clone(),
            [&both[0], &both[1]],
            &cube.days_about(currency, current.about()),
        );
        if let Books::Files(_) = books {
            digest.not_imported(cost::today(now));
            digest.answered(&cube.days_about(currency, asked.filter.dimensions()));
        }
        digest.cautions = books.cautions(asked.lens);
        let untold = untold.iter();
        digest
            .lacks
            .extend(untold.map(|(says, hint)| format!("{says}; {hint}")));
        digests.push(digest);
    }
    if digests.is_empty() && !unknown.is_empty() {
        return Err(unknown.swap_remove(0).1);
    }
    let all = [after.as_slice(), before.as_slice()].concat();
    refuse_nothing(&both, &all)?;
    say_unlabelled(&both, &all);
    for (currency, why) in unknown {
        notice(format_args!("{currency} is left out: {}", why.says));
    }
    beside::judge(
        &mut digests,
        context,
        &books,
        &asked,
        (&args.common.filter, &by),
        now,
    )
    .await?;
    beside::advise(&mut digests, context, &asked, (&args, &by), now).await;
    told::tell(context, &args.output, &digests, &books.beside(asked.lens))
}

/// A week in which nothing was charged in a currency cost nothing in it.
fn of_currency(all: &[Breakdown], currency: &str, question: &Question) -> Breakdown {
    let found = all.iter().find(|of| of.currency == currency).cloned();
    found.unwrap_or_else(|| Breakdown {
        currency: currency.to_owned(),
        period: question.period,
        complete: true,
        rows: Vec::new(),
        total: Amount::ZERO,
        unknown: Vec::new(),
    })
}

fn week(args: &Args, today: Date) -> Result<Week, Error> {
    let found = match &args.week {
        Some(name) => Week::parse(name, today),
        None => Week::before(today),
    };
    found.ok_or_else(|| {
        let name = args.week.as_deref().unwrap_or_default();
        Error::usage(format!("{name:?} is no week of which a day is over"))
            .hint("write year and week as ISO counts them, such as 2026-W46")
    })
}

/// Both weeks by team and what is inside it; Cost Explorer groups by two.
fn questions(week: &Week, by: &Dimension, asked: &Asked, two: bool) -> [Question; 2] {
    let mut inner = vec![Dimension::Service, Dimension::UsageType];
    inner.retain(|dimension| dimension != by);
    inner.truncate(if two { 1 } else { 2 });
    let by = [vec![by.clone()], inner].concat();
    let of = week.comparison;
    [of.current, of.previous].map(|period| asked.question(period, by.clone()))
}

/// All that is asked about a week itself: both weeks at once, and what is unusual in the later one.
fn of_week(args: &Args, week: &Week, current: &Question) -> Result<Vec<Question>, Error> {
    let (of, filter) = (week.comparison, &args.common.filter);
    let mut all = anomalies::questions(filter, of.current)?;
    let of_teams = teams::questions(filter, of.current, current.by.first())?;
    all.extend(of_teams.into_iter().map(|(_, question)| question));
    all.push(Question {
        period: Period {
            from: of.previous.from,
            to: of.current.to,
        },
        ..current.clone()
    });
    Ok(all)
}

/// All of it at once, before the first request.
fn say_price(
    books: &Books,
    asked: &Asked,
    args: &Args,
    week: &Week,
    current: &Question,
    now: Timestamp,
) -> Result<(), Error> {
    let Books::CostExplorer(desk) = books else {
        return Ok(());
    };
    let mut all = of_week(args, week, current)?;
    if !args.no_moves {
        all.extend(moves::bill_questions(books.today(now)?));
    }
    tell_whole(desk, asked, "the digest", all, now)
}
