//! `qd costs digest`: a week of costs by team, as Markdown to mail or post. From Cost Explorer its price is said before
//! anything is asked; what could not be had is named in the digest itself.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::books::Books;
use super::show::print_currencies;
use super::{Asked, Common, anomalies, bad_dimension, moves};
use crate::cli::context::print;
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::cost::advice::{Board, Counted};
use crate::cost::digest::{Digest, Step, Team, Week};
use crate::cost::{self, Amount, Desk, Dimension, Filter, Plan, Question, Refresh};

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
    let rough = |today| week(&args, today).map(|week| questions(&week, &by, &asked, true));
    let books = Books::open(
        context,
        &args.common,
        &asked,
        |today| rough(today).map_or(Vec::new(), Vec::from),
        now,
    )
    .await?;
    let week = week(&args, books.today(now)?)?;
    let is_files = matches!(books, Books::Files(_));
    let [current, previous] = questions(&week, &by, &asked, !is_files);
    say_price(&books, &asked, &args.common.filter, &week, &current, now)?;
    let after = books.answer(&asked, &current, now).await?;
    let before = books.answer(&asked, &previous, now).await?;
    let both = Question {
        period: cost::Period {
            from: previous.period.from,
            to: current.period.to,
        },
        ..current.clone()
    };
    let days = books.cube(&asked, &both, now).await?.days.clone();
    let source = args
        .common
        .source
        .as_deref()
        .unwrap_or(if is_files { "files" } else { "Cost Explorer" });
    let about = format!("{}, from {source}", asked.lens);
    let mut digests = Vec::new();
    for after in &after {
        let Some(before) = before.iter().find(|of| of.currency == after.currency) else {
            continue;
        };
        digests.push(Digest::new(
            week.clone(),
            args.by.clone(),
            about.clone(),
            [after, before],
            &days,
        ));
    }
    judge(
        &mut digests,
        context,
        &books,
        &asked,
        (&args.common.filter, &by),
        now,
    )
    .await?;
    advise(&mut digests, context, &books, &asked, (&args, &by), now).await;
    tell(context, &args.output, &digests)
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

/// All of it at once, before the first request.
fn say_price(
    books: &Books,
    asked: &Asked,
    filter: &str,
    week: &Week,
    current: &Question,
    now: Timestamp,
) -> Result<(), Error> {
    let Books::CostExplorer(desk) = books else {
        return Ok(());
    };
    let of = week.comparison;
    let mut all = anomalies::questions(filter, of.current)?;
    all.push(Question {
        period: cost::Period {
            from: of.previous.from,
            to: of.current.to,
        },
        ..current.clone()
    });
    let mut whole = Plan::default();
    for question in all {
        let dataset = question.dataset().map_err(bad_dimension)?;
        let plan = desk.plan(&dataset, question.period, asked.refresh, now);
        whole.requests += plan.requests;
        whole.unknown += plan.unknown;
    }
    if whole.requests > 0 {
        notice(format_args!("the digest asks Cost Explorer: {}", whole.price()));
    }
    Ok(())
}

/// What was unusual: of each team where the source can tell, else of the whole bill.
async fn judge(
    digests: &mut [Digest],
    context: &Context,
    books: &Books,
    asked: &Asked,
    (filter, by): (&str, &Dimension),
    now: Timestamp,
) -> Result<(), Error> {
    let Some(shown) = digests.first().map(|digest| digest.week.comparison.current) else {
        return Ok(());
    };
    if let Books::CostExplorer(_) = books {
        let found = match anomalies::lines(context, books, asked, shown, filter, now).await {
            Ok(found) => found,
            Err(why) if asked.refresh == Refresh::Never => {
                lack(digests, &format!("anomalies, {why}"));
                return Ok(());
            }
            Err(why) => return Err(why),
        };
        lack(
            digests,
            "anomalies by team, which Cost Explorer does not tell apart; those of the whole bill are below",
        );
        for digest in digests {
            let ours = found.iter().filter(|(currency, _)| *currency == digest.currency);
            digest.others = ours.map(|(_, line)| line.clone()).collect();
        }
        return Ok(());
    }
    for digest in digests {
        for team in &mut digest.teams {
            let inside = format!("{filter} {}", term(by, &team.name));
            if Filter::parse(&inside).is_err() {
                let says = format!("anomalies of {:?}, whose name no filter can hold", team.name);
                digest.lacks.push(says);
                continue;
            }
            let found = anomalies::lines(context, books, asked, shown, &inside, now).await?;
            let ours = found
                .into_iter()
                .filter(|(currency, _)| *currency == digest.currency);
            team.anomalies = ours.map(|(_, line)| line).collect();
        }
    }
    Ok(())
}

/// The filter's term for one value.
fn term(by: &Dimension, value: &str) -> String {
    let name = by.to_string().replacen(':', ".", 1);
    format!("{name}:\"{value}\"")
}

fn lack(digests: &mut [Digest], says: &str) {
    for digest in digests {
        digest.lacks.push(says.to_owned());
    }
}

/// What could be saved, to the team that each finding names.
async fn advise(
    digests: &mut [Digest],
    context: &Context,
    books: &Books,
    asked: &Asked,
    (args, by): (&Args, &Dimension),
    now: Timestamp,
) {
    let desk = match books {
        _ if args.no_moves => return lack(digests, "what could be saved: --no-moves was given"),
        Books::Files(_) => {
            return lack(
                digests,
                "what could be saved, which a bill in files does not tell; qd costs moves does",
            );
        }
        Books::CostExplorer(desk) => desk,
    };
    // The week stands without it: what failed is told where the savings would be.
    match board(context, desk, asked, now).await {
        Ok(board) => spread(digests, &board, *by == Dimension::Tag("team".into())),
        Err(why) => lack(digests, &format!("what could be saved: {why}")),
    }
}

async fn board(context: &Context, desk: &Desk, asked: &Asked, now: Timestamp) -> Result<Board, Error> {
    let amortized = Asked {
        lens: cost::Lens::Amortized,
        filter: Filter::default(),
        refresh: asked.refresh,
    };
    moves::board(context, desk, &amortized, now).await
}

/// Findings are in dollars and know the tag `team` alone.
fn spread(digests: &mut [Digest], board: &Board, by_team: bool) {
    let Some(digest) = digests.iter_mut().find(|digest| digest.currency == "USD") else {
        return;
    };
    for row in &board.rows {
        let step = of_row(row);
        let name = row.finding.team.clone().unwrap_or_default();
        let team = digest.teams.iter_mut().find(|team| by_team && team.name == name);
        match team {
            Some(team) => team.moves.push(step),
            None if by_team => digest.teams.push(Team {
                name,
                moves: vec![step],
                ..Team::default()
            }),
            None => digest.others.push(format!(
                "{}: {} to {} USD a month",
                step.says,
                step.low.grouped(2),
                step.high.grouped(2)
            )),
        }
    }
}

fn of_row(row: &Counted) -> Step {
    let finding = &row.finding;
    let name = finding.name.as_ref().unwrap_or(&finding.resource);
    Step {
        says: format!(
            "{} {} ({}, {}), {}",
            moves::step(finding.rule.step()),
            quote(name),
            finding.place.account,
            finding.place.region,
            quote(&finding.evidence)
        ),
        low: row.low,
        high: row.high,
    }
}

fn tell(context: &Context, output: &Path, digests: &[Digest]) -> Outcome {
    if digests.is_empty() {
        return Err(Error::failed("there are no costs in that week").hint("name another with --week"));
    }
    for digest in digests {
        for doubt in digest.doubts() {
            notice(format_args!("not final: {doubt}"));
        }
    }
    if context.json {
        print_currencies(context, digests.iter().map(document).collect())?;
        return Ok(Exit::Done);
    }
    let pages: Vec<String> = digests.iter().map(Digest::markdown).collect();
    let text = pages.join("\n");
    if output == Path::new("-") {
        print(&text)?;
    } else {
        std::fs::write(output, text).map_err(|cause| {
            Error::failed(format!("cannot write {}: {cause}", output.display()))
                .hint("name a file in a directory that is there and writable")
        })?;
        notice(format_args!("written to {}", output.display()));
    }
    Ok(Exit::Done)
}

fn document(digest: &Digest) -> Value {
    let money = |amount: Amount| amount.to_string();
    let of = digest.week.comparison;
    let team = |team: &Team| {
        let drivers = team.drivers.rows.iter().map(|of| {
            json!({
                "key": of.key,
                "change": money(of.change()),
                "usage": money(of.usage),
                "rate": money(of.rate),
                "other": money(of.fee),
            })
        });
        let moves = team
            .moves
            .iter()
            .map(|of| json!({ "says": of.says, "low": money(of.low), "high": money(of.high) }));
        json!({
            "name": team.name,
            "cost": money(team.current),
            "before": money(team.previous),
            "change": money(team.current - team.previous),
            "drivers": drivers.collect::<Vec<_>>(),
            "anomalies": team.anomalies,
            "moves": moves.collect::<Vec<_>>(),
        })
    };
    json!({
        "week": digest.week.to_string(),
        "by": digest.by,
        "currency": digest.currency,
        "from": of.current.from,
        "to": of.current.to,
        "against_from": of.previous.from,
        "against_to": of.previous.to,
        "cost": money(digest.current),
        "before": money(digest.previous),
        "says": digest.says(),
        "complete": digest.is_complete(),
        "not_final": digest.doubts(),
        "untagged_percent": digest.untagged_percent(),
        "teams": digest.teams.iter().map(team).collect::<Vec<_>>(),
        "others": digest.others,
        "lacks": digest.lacks,
    })
}
