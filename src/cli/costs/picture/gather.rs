//! The figures of a picture: of one currency, the one in which most is spent; the others are named, never added.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::super::books::Books;
use super::super::drivers;
use super::super::{Asked, files, show};
use super::tiles::{self, Tile};
use super::{Args, View};
use crate::cli::{Context, Error, notice};
use crate::cost::driver::Drivers;
use crate::cost::{self, Amount, Breakdown, Comparison, Dimension, Period, Question, SERIES, partly_known};
use crate::ui::chart;

/// Values that have a colour of their own; the others share one.
pub const COLOURED: usize = SERIES;

pub struct Scene {
    /// What the costs are of: `unblended, by service`.
    pub about: String,
    pub period: Period,
    pub currency: String,
    pub total: Amount,
    /// Every day is there and none is an estimate.
    pub complete: bool,
    /// That not every day is known in full, and how many are.
    pub partly: Option<String>,
    /// Why no colour of a treemap says a change.
    pub colourless: Option<String>,
    /// What the totals may have twice or lack, in words and as documents have it.
    pub cautions: Vec<String>,
    pub beside: Map<String, Value>,
    pub figures: Figures,
}

pub enum Figures {
    /// Names of the series, largest first, then each day: its cost by series, and whether it is final.
    Bars(Vec<String>, Vec<Day>),
    /// Rows, largest first, and the periods that their colours compare.
    Tiles(Vec<Tile>, Comparison),
    Days(Vec<(Date, Option<Amount>)>),
    Changes(Comparison, Drivers),
    /// Without a cost: a day that nobody knows.
    Rows(Vec<String>, Vec<(Vec<String>, Option<Amount>)>),
}

pub struct Day {
    pub day: Date,
    /// `None`: there is no answer.
    pub parts: Option<Vec<Amount>>,
    /// Not over: what is known of it is a part.
    pub unfinished: bool,
}

impl Scene {
    pub fn headline(&self) -> String {
        let Period { from, .. } = self.period;
        let last = self.period.last_day();
        let mut text = format!(
            "{} {} from {from} to {last}, {}",
            self.total.grouped(2),
            self.currency,
            self.about
        );
        if let Some(Comparison { previous, .. }) = self.compared() {
            let cost = match &self.figures {
                Figures::Changes(_, all) => format!("{} from ", all.before.grouped(2)),
                _ => String::new(),
            };
            text += &format!("; against {cost}{} to {}", previous.from, previous.last_day());
        }
        text
    }

    /// The two periods of a picture that compares, where there is something to compare with.
    fn compared(&self) -> Option<&Comparison> {
        match &self.figures {
            Figures::Changes(comparison, _) => Some(comparison),
            Figures::Tiles(tiles, comparison) => {
                let is_known = tiles.iter().any(|tile| tile.before.is_some());
                is_known.then_some(comparison)
            }
            _ => None,
        }
    }

    /// What must be known beside the figures.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::from_iter(self.partly.clone());
        if !self.complete {
            notes.push("some of its days are estimates, to come or not known".to_owned());
        }
        if let Some(compared) = self.compared().filter(|compared| !compared.is_even()) {
            let (now, then) = (compared.current.days(), compared.previous.days());
            notes.push(format!("{now} days are compared with {then}"));
        }
        notes.extend(self.colourless.clone());
        notes.extend(self.cautions.iter().cloned());
        if let Figures::Tiles(tiles, _) = &self.figures {
            let credits: Amount = tiles
                .iter()
                .map(|tile| tile.cost)
                .filter(|cost| cost.is_negative())
                .sum();
            if credits.is_negative() {
                notes.push(chart::credits_say(tiles::are_credits(tiles), &credits.grouped(2)));
            }
        }
        notes
    }

    /// What is drawn, exactly.
    pub fn document(&self) -> Map<String, Value> {
        let money = |amount: &Amount| amount.to_string();
        let figures = match &self.figures {
            Figures::Bars(series, days) => {
                let days = days.iter().map(|day| {
                    let parts = day
                        .parts
                        .as_ref()
                        .map(|parts| parts.iter().map(money).collect::<Vec<_>>());
                    json!({ "day": day.day, "costs": parts, "unfinished": day.unfinished })
                });
                json!({ "series": series, "days": days.collect::<Vec<_>>() })
            }
            Figures::Tiles(tiles, _) => {
                json!(
                    tiles
                        .iter()
                        .map(|tile| json!({
                            "key": tile.name,
                            "cost": money(&tile.cost),
                            "before": tile.before.as_ref().map(money),
                        }))
                        .collect::<Vec<_>>()
                )
            }
            Figures::Days(days) => {
                let days = days
                    .iter()
                    .map(|(day, cost)| json!({ "day": day, "cost": cost.as_ref().map(money) }));
                json!(days.collect::<Vec<_>>())
            }
            Figures::Changes(_, all) => {
                let rows = all
                    .rows
                    .iter()
                    .map(|of| json!({ "key": of.key, "change": of.change().as_ref().map(money) }));
                json!({ "before": money(&all.before), "rows": rows.collect::<Vec<_>>() })
            }
            Figures::Rows(_, rows) => {
                json!(
                    rows.iter()
                        .map(|(key, cost)| json!({ "key": key, "cost": cost.as_ref().map(money) }))
                        .collect::<Vec<_>>()
                )
            }
        };
        let against = self.compared().map(|compared| compared.previous);
        let document = json!({
            "currency": self.currency,
            "from": self.period.from,
            "to": self.period.to,
            "against": against.map(|against| json!({ "from": against.from, "to": against.to })),
            "complete": self.complete,
            "total": money(&self.total),
            "figures": figures,
        });
        match document {
            Value::Object(mut document) => {
                document.extend(self.beside.clone());
                document
            }
            _ => Map::new(),
        }
    }
}

pub async fn gather(args: &Args, context: &Context, now: Timestamp) -> Result<Scene, Error> {
    let asked = Asked::read(&args.common)?;
    let mut by = args.cut.dimensions()?;
    match args.view {
        View::Bars => {
            by.retain(|dimension| !dimension.is_time());
            by.push(Dimension::Day);
        }
        View::Calendar => by = vec![Dimension::Day],
        View::Treemap | View::Waterfall => by.retain(|dimension| !dimension.is_time()),
        View::Table => {}
    }
    let about = format!("{}, by {}", asked.lens, names(&by).join(", "));
    let name = args.common.named(&context.paths.data_dir);
    let compared = |today| drivers::periods((args.cut.from, args.cut.to), args.against, today, &name);
    let sample = |today| {
        let period = match args.view {
            View::Treemap | View::Waterfall => compared(today).map(|compared| compared.current),
            _ => args.cut.period(today),
        };
        period.map(|period| asked.question(period, by.clone()))
    };
    let books = Books::open(
        context,
        &args.common,
        &asked,
        |today| sample(today).into_iter().collect(),
        now,
    )
    .await?;
    let compared = match args.view {
        View::Treemap | View::Waterfall => Some(books.finished(&asked, now, compared)?),
        _ => None,
    };
    if let (View::Waterfall, Some(compared)) = (args.view, compared) {
        return changes(compared, &books, &asked, by, now).await;
    }
    let period = match (compared, &books) {
        (Some(compared), Books::Files(files)) => {
            files::charged(files, compared.current)?;
            compared.current
        }
        (Some(compared), _) => compared.current,
        (_, Books::Files(files)) => files::period(files, &args.cut, Some(&name))?,
        (_, Books::CostExplorer(_)) => args.cut.period(cost::today(now))?,
        (_, Books::Athena { .. }) => args.cut.until(books.today(now)?, &name)?,
    };
    let question = asked.question(period, by);
    if let Books::Files(files) = &books {
        files::tell_lost(files, &question);
    }
    let answers = books.answer(&asked, &question, now).await?;
    let answer = largest(&books, &question, answers, now)?;
    show::refuse_nothing(&question, std::slice::from_ref(&answer))?;
    let answer = answer.until(cost::today(now));
    let of_answer = std::slice::from_ref(&answer);
    let known = books.known_days(&question, of_answer, &answer.currency, now)?;
    let is_known = match compared {
        Some(_) => known == period.days(),
        None => known > 0,
    };
    let mut colourless = None;
    let figures = match (args.view, compared) {
        (View::Table, _) => Figures::Rows(
            names(&question.by),
            answer
                .told()
                .into_iter()
                .map(|(key, row)| (key, row.map(|row| row.cost)))
                .collect(),
        ),
        (_, Some(compared)) => {
            let before = Question {
                period: compared.previous,
                ..question
            };
            let known = match is_known {
                true => tiles::answer_before(&books, &asked, &before, &answer.currency, now).await,
                false => Err(tiles::not_whole(&books, period)),
            };
            if let Err(why) = &known
                && !answer.rows.is_empty()
            {
                let says = format!("no colour says a change: {}", why.says);
                notice(format_args!(
                    "{says}\nhint: {}",
                    why.hint.as_deref().unwrap_or("see the log")
                ));
                colourless = Some(says);
            }
            let known = known.ok();
            Figures::Tiles(tiles::tiles(&answer, known.as_deref()), compared)
        }
        _ => {
            let cube = books
                .cube(&asked, &asked.question(period, Vec::new()), now)
                .await?;
            let known: BTreeMap<Date, bool> = cube
                .days_about(&answer.currency, question.filter.dimensions())
                .range(period.from..period.to)
                .map(|(day, open)| (*day, *open))
                .collect();
            days(args.view, &answer, &question, &known, books.today(now)?)
        }
    };
    Ok(Scene {
        about,
        period,
        currency: answer.currency,
        total: answer.total,
        complete: answer.complete,
        partly: partly_known(period, known, cost::today(now)),
        colourless,
        cautions: books.cautions(asked.lens),
        beside: books.beside(asked.lens),
        figures,
    })
}

fn names(by: &[Dimension]) -> Vec<String> {
    by.iter().map(Dimension::to_string).collect()
}

pub fn joined(key: &[String]) -> String {
    let part = |part: &String| {
        if part.is_empty() {
            "none".to_owned()
        } else {
            part.clone()
        }
    };
    key.iter().map(part).collect::<Vec<_>>().join(" / ")
}

/// The currency in which most is spent; one of which no day is known is left out, and is no bill of nothing.
fn largest(
    books: &Books,
    question: &Question,
    answers: Vec<Breakdown>,
    now: Timestamp,
) -> Result<Breakdown, Error> {
    let (mut known, mut refused) = (Vec::new(), Vec::new());
    for of in &answers {
        let days = books.known_days(question, &answers, &of.currency, now)?;
        match of.rows.is_empty() && days == 0 {
            true => refused.push((&of.currency, books.unknown(question, &of.currency))),
            false => known.push(of.clone()),
        }
    }
    if known.is_empty() && !refused.is_empty() {
        return Err(refused.swap_remove(0).1);
    }
    known.sort_by_key(|of| std::cmp::Reverse(of.total));
    let mut known = known.into_iter();
    let first = known
        .next()
        .ok_or_else(|| Error::failed("there is nothing to draw"))?;
    for (currency, why) in refused {
        notice(format_args!("{currency} is left out: {}", why.says));
    }
    for other in known {
        notice(format_args!(
            "not in the picture: {} {}",
            other.total.grouped(2),
            other.currency
        ));
    }
    Ok(first)
}

/// Costs day by day; days that were not answered stay unknown.
fn days(
    view: View,
    answer: &Breakdown,
    question: &Question,
    known: &BTreeMap<Date, bool>,
    today: Date,
) -> Figures {
    let at = question
        .by
        .iter()
        .position(|by| *by == Dimension::Day)
        .unwrap_or_default();
    let mut totals: BTreeMap<String, Amount> = BTreeMap::new();
    let mut cells: BTreeMap<(Date, String), Amount> = BTreeMap::new();
    for row in &answer.rows {
        let mut key = row.key.clone();
        let Ok(day) = key.remove(at).parse::<Date>() else {
            continue;
        };
        let name = joined(&key);
        *totals.entry(name.clone()).or_default() += row.cost;
        *cells.entry((day, name)).or_default() += row.cost;
    }
    let mut series: Vec<(String, Amount)> = totals.into_iter().collect();
    series.sort_by(|a, b| b.1.magnitude().cmp(&a.1.magnitude()).then_with(|| a.0.cmp(&b.0)));
    let mut names: Vec<String> = series.into_iter().map(|(name, _)| name).collect();
    let others: BTreeSet<String> = names.split_off(COLOURED.min(names.len())).into_iter().collect();
    let mut day = question.period.from;
    let mut all = Vec::new();
    while day < question.period.to {
        let of = |name: &String| cells.get(&(day, name.clone())).copied().unwrap_or_default();
        let mut parts: Vec<Amount> = names.iter().map(of).collect();
        if !others.is_empty() {
            parts.push(others.iter().map(of).sum());
        }
        all.push(Day {
            day,
            parts: known.contains_key(&day).then_some(parts),
            unfinished: day >= today,
        });
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    if view == View::Calendar {
        let sum = |day: Day| (day.day, day.parts.map(|parts| parts.into_iter().sum()));
        return Figures::Days(all.into_iter().map(sum).collect());
    }
    if !others.is_empty() {
        names.push(crate::cost::driver::others(others.len()));
    }
    Figures::Bars(names, all)
}

/// In a picture of two totals alone.
const NO_STEPS: &str = "no step says what changed: not every day of both periods is known";

async fn changes(
    comparison: Comparison,
    books: &Books,
    asked: &Asked,
    by: Vec<Dimension>,
    now: Timestamp,
) -> Result<Scene, Error> {
    let about = format!("{}, by {}", asked.lens, names(&by).join(", "));
    let ask = |period| asked.question(period, by.clone());
    let whole = vec![ask(comparison.current), ask(comparison.previous)];
    books.tell_whole(asked, "comparing the two", whole, now)?;
    let after = books.answer(asked, &ask(comparison.current), now).await?;
    let before = books.answer(asked, &ask(comparison.previous), now).await?;
    let (current, previous) = (ask(comparison.current), ask(comparison.previous));
    let both = [(&current, after.as_slice()), (&previous, before.as_slice())];
    let mut all = drivers::told(books, &comparison, both, now)?;
    let whole = asked.question(comparison.span(), by.clone());
    show::refuse_nothing(&whole, &[after.as_slice(), before.as_slice()].concat())?;
    all.sort_by_key(|told| std::cmp::Reverse(told.drivers.after));
    let mut all = all.into_iter();
    let first = all
        .next()
        .ok_or_else(|| Error::failed("there is nothing to draw"))?;
    for other in all {
        notice(format_args!(
            "not in the picture: {} {}",
            other.drivers.after.grouped(2),
            other.currency
        ));
    }
    let [known, known_before] = first.known;
    let partly = [(comparison.current, known), (comparison.previous, known_before)].into_iter();
    let partly = partly.filter_map(|(period, known)| partly_known(period, known, cost::today(now)));
    Ok(Scene {
        about,
        period: comparison.current,
        currency: first.currency,
        total: first.drivers.after,
        complete: first.complete,
        partly: partly.reduce(|one, other| format!("{one}; {other}")),
        colourless: (!first.drivers.is_whole).then(|| NO_STEPS.to_owned()),
        cautions: books.cautions(asked.lens),
        beside: books.beside(asked.lens),
        figures: Figures::Changes(comparison, first.drivers),
    })
}
