//! A report out of cells, in one walk over them. The total is exactly the sum of the rows, in each currency alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Day, Line, Origin, Report, SERIES, SERIES_KEPT};
use crate::cost::amount::Amount;
use crate::cost::cells::{Cell, Cells};
use crate::cost::dataset::Dimension;
use crate::cost::lacking::{Days, is_final, known};
use crate::cost::origin::Source;
use crate::cost::period::{Comparison, Period};
use crate::cost::query::Query;
use crate::cost::span::Span;
use crate::cost::summary::{Summary, is_whole};

/// Months before this one in which what may come again was charged.
const RECENT_MONTHS: i32 = 2;

/// A name in the two periods, and where its days are.
#[derive(Clone, Copy, Default)]
struct Sum {
    cost: Amount,
    before: Amount,
}

impl Report {
    /// A report on a day that is still being billed. The rows come by how much they changed.
    pub fn of(cells: &Cells, query: Query, origin: Origin, today: Date) -> Report {
        let comparison = query.span.on(today);
        let currencies = cells.currencies.len().max(1);
        let mut totals = vec![Sum::default(); currencies];
        for cell in &cells.rows {
            if let Some(total) = totals.get_mut(cell.currency) {
                total.add(cell, comparison);
            }
        }
        let is_wanted =
            |nth: &usize| query.currency.is_some() && cells.currencies.get(*nth) == query.currency.as_ref();
        let spent = |nth: &usize| (is_wanted(nth), totals[*nth].cost, totals[*nth].before);
        let main = (0..currencies).max_by_key(spent).unwrap_or(0);
        let summary = |nth: usize| {
            let currency = cells.currencies.get(nth).cloned().unwrap_or_else(|| "USD".into());
            let days = cells.days_in(&currency);
            let [known, known_before] =
                [comparison.current, comparison.previous].map(|period| known(&days, period));
            let Sum { cost, before } = totals[nth];
            let begun = cells.lacking.begun(comparison, &currency);
            Summary {
                currency,
                comparison,
                current: cost,
                previous: before,
                change_percent: cost
                    .change_percent(before)
                    .filter(|_| is_whole(comparison, [known, known_before])),
                begun,
                complete: [comparison.current, comparison.previous]
                    .iter()
                    .all(|period| is_final(&days, *period)),
                known,
                known_before,
                tax: None,
            }
        };
        let others = (0..currencies).filter(|nth| *nth != main).map(summary).collect();
        let headline = summary(main);
        let answered = cells.days_in(&headline.currency);
        let mine: Vec<&Cell> = cells.rows.iter().filter(|cell| cell.currency == main).collect();
        let mut rows = match query.by {
            Dimension::Day => by_day(&mine, &answered, comparison),
            _ => by_name(&mine, cells, &headline),
        };
        let days = days(cells, comparison, today);
        let partly = partly(&days, &mine, &answered);
        let series = fill(&mut rows, &days, &mine, (cells, &answered, &partly), &query.by);
        let mut silent = match query.span {
            Span::Month if !query.by.is_time() => silent(&mine, cells, &headline, today),
            _ => Vec::new(),
        };
        fill(&mut silent, &days, &mine, (cells, &answered, &partly), &query.by);
        // A file says by its own age which of its days it may not know whole; of yesterday's bill more is to come.
        let written = match origin.source {
            Source::Files(_) => None,
            _ => Some(today.yesterday().unwrap_or(today)),
        };
        let days = stacked(days, &rows, &series, &mine, (&answered, &partly), written);
        let mut report = Report {
            query,
            origin,
            today,
            comparison,
            summary: headline,
            remedy: None,
            others,
            rows,
            silent,
            accounts: BTreeMap::new(),
            days,
            series: Vec::new(),
            usage: None,
            named: HashMap::new(),
            usage_of_all: None,
            fees: HashMap::new(),
            fees_of_all: Vec::new(),
            uses_of_all: Vec::new(),
        };
        report.sort_by_change();
        report
    }

    /// The largest change first, either way; where no change is known the largest cost.
    pub fn sort_by_change(&mut self) {
        self.sort(|row| row.change().map_or(row.cost, Amount::magnitude));
    }

    pub fn sort_by_cost(&mut self) {
        self.sort(|row| row.cost);
    }

    fn sort(&mut self, key: impl Fn(&Line) -> Amount) {
        if self.query.by == Dimension::Day {
            self.rows.sort_by(|a, b| a.name.cmp(&b.name));
        } else {
            self.rows
                .sort_by(|a, b| key(b).cmp(&key(a)).then_with(|| a.name.cmp(&b.name)));
        }
        // The days know no colour of what was not charged.
        let mut series: Vec<usize> = (0..self.rows.len())
            .filter(|at| !self.rows[*at].is_expected)
            .collect();
        series.sort_by_key(|at| rank(&self.rows[*at]));
        series.truncate(SERIES);
        self.series = series;
    }
}

/// The order in which rows get a colour: a large credit before a small cost.
fn rank(row: &Line) -> (std::cmp::Reverse<Amount>, String) {
    (std::cmp::Reverse(row.cost.magnitude()), row.name.clone())
}

impl Sum {
    fn add(&mut self, cell: &Cell, comparison: Comparison) {
        if comparison.current.contains(cell.day) {
            self.cost += cell.cost;
        }
        if comparison.previous.contains(cell.day) {
            self.before += cell.cost;
        }
    }
}

/// Names with a cost in either period; one that is gone still counts.
fn by_name(mine: &[&Cell], cells: &Cells, headline: &Summary) -> Vec<Line> {
    let comparison = headline.comparison;
    let mut sums: Vec<Option<Sum>> = vec![None; cells.names.len()];
    for cell in mine {
        if comparison.current.contains(cell.day) || comparison.previous.contains(cell.day) {
            sums[cell.name].get_or_insert_default().add(cell, comparison);
        }
    }
    let named = cells.names.iter().zip(sums);
    named
        .filter_map(|(name, sum)| Some(line(cells, headline, name, sum?)))
        .collect()
}

fn line(cells: &Cells, headline: &Summary, name: &str, sum: Sum) -> Line {
    Line {
        label: cells.labels.get(name).cloned(),
        name: name.to_owned(),
        cost: sum.cost,
        before: sum.before,
        is_known: headline.known > 0 || sum.cost != Amount::ZERO,
        is_compared: headline.is_compared(),
        is_whole: headline.is_whole(),
        is_expected: false,
        days: Vec::new(),
        charged: Vec::new(),
    }
}

/// What has no row, and was charged in the last months: support is written at the end of one.
fn silent(mine: &[&Cell], cells: &Cells, headline: &Summary, today: Date) -> Vec<Line> {
    let Comparison { current, previous } = headline.comparison;
    let since = today.first_of_month().saturating_sub(RECENT_MONTHS.months());
    let mut recent: Vec<Option<bool>> = vec![None; cells.names.len()];
    for cell in mine.iter().filter(|cell| cell.day >= since && cell.day < today) {
        let is_shown = current.contains(cell.day) || previous.contains(cell.day);
        let is_silent = recent[cell.name].get_or_insert(true);
        *is_silent &= !is_shown;
    }
    let named = cells.names.iter().zip(recent);
    let silent = named.filter(|(_, is_silent)| *is_silent == Some(true));
    silent
        .map(|(name, _)| Line {
            is_expected: true,
            ..line(cells, headline, name, Sum::default())
        })
        .collect()
}

/// Each day of the current period against the day at the same place of the other. One that nobody answered for cost what
/// is charged on it elsewhere, or nobody knows what.
fn by_day(mine: &[&Cell], answered: &Days, comparison: Comparison) -> Vec<Line> {
    let mut costs: BTreeMap<Date, Amount> = BTreeMap::new();
    for cell in mine {
        *costs.entry(cell.day).or_default() += cell.cost;
    }
    let cost = |day: Date| costs.get(&day).copied().unwrap_or_default();
    let line = |nth: u32| {
        let at = |from: Date| from.saturating_add(i64::from(nth).days());
        let (day, before) = (at(comparison.current.from), at(comparison.previous.from));
        let is_before = comparison.previous.contains(before);
        let is_compared = answered.contains_key(&day) && is_before && answered.contains_key(&before);
        Line {
            name: day.to_string(),
            label: Some(day.strftime("%a %b %-d").to_string()),
            cost: cost(day),
            before: if is_before { cost(before) } else { Amount::ZERO },
            is_known: answered.contains_key(&day) || cost(day) != Amount::ZERO,
            is_compared,
            is_whole: is_compared,
            is_expected: false,
            days: Vec::new(),
            charged: Vec::new(),
        }
    };
    (0..comparison.current.days()).map(line).collect()
}

/// So many days without an answer, and what lies before them is no part of the picture: two bills that
/// are years apart have no days in common.
const APART_DAYS: i32 = 92;

/// The days that are shown: all that were answered, those between them, and all that the headline is about.
fn days(cells: &Cells, comparison: Comparison, today: Date) -> Vec<Date> {
    let Comparison { current, previous } = comparison;
    let answered = || cells.days.keys().copied();
    let earliest = answered().next().unwrap_or(current.from);
    let mut told: BTreeSet<Date> = answered().collect();
    let compared = [previous.from, current.from].map(|day| day.max(earliest));
    told.extend(compared);
    let [previous, current_from] = compared;
    let compared = previous.min(current_from);
    let told: Vec<Date> = told.into_iter().collect();
    let is_apart = |pair: &&[Date]| {
        let days = pair[0].until(pair[1]).map_or(0, |span| span.get_days());
        days > APART_DAYS && pair[0] < compared
    };
    let first = told.windows(2).rfind(is_apart).map_or(earliest, |pair| pair[1]);
    let last = answered().next_back().unwrap_or(current.last_day());
    let last = last.max(current.last_day()).min(today);
    let count = Period::new(first, last).map_or(0, Period::days) + 1;
    (0..count)
        .map(|nth| first.saturating_add(i64::from(nth).days()))
        .collect()
}

/// Gives the largest rows their days; returns which rows have a colour.
fn fill(
    rows: &mut [Line],
    days: &[Date],
    mine: &[&Cell],
    (cells, answered, partly): (&Cells, &Days, &[bool]),
    by: &Dimension,
) -> Vec<usize> {
    if *by == Dimension::Day {
        return Vec::new();
    }
    let mut ranked: Vec<usize> = (0..rows.len()).collect();
    ranked.sort_by_key(|at| std::cmp::Reverse(rows[*at].cost.magnitude().max(rows[*at].before.magnitude())));
    ranked.truncate(SERIES_KEPT);
    let Some(first) = days.first() else {
        return Vec::new();
    };
    let known: Vec<Option<f64>> = days
        .iter()
        .map(|day| answered.contains_key(day).then_some(0.0))
        .collect();
    let names: BTreeMap<&str, usize> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| (row.name.as_str(), at))
        .collect();
    let places: Vec<Option<usize>> = cells
        .names
        .iter()
        .map(|name| names.get(name.as_str()).copied())
        .collect();
    for at in &ranked {
        rows[*at].days.clone_from(&known);
        if partly.contains(&true) {
            let shown = known.iter().zip(partly);
            rows[*at].charged = shown.map(|(known, part)| known.or(part.then_some(0.0))).collect();
        }
    }
    for cell in mine {
        let Some(row) = places[cell.name] else { continue };
        let nth = since(*first, cell.day);
        let Line { days, charged, .. } = &mut rows[row];
        for sum in [days, charged]
            .into_iter()
            .filter_map(|days| days.get_mut(nth)?.as_mut())
        {
            *sum += cell.cost.approximate();
        }
    }
    ranked.sort_by_key(|at| rank(&rows[*at]));
    ranked.truncate(SERIES);
    ranked
}

/// Whether something is charged on each day that nobody answered for.
fn partly(days: &[Date], mine: &[&Cell], answered: &Days) -> Vec<bool> {
    let mut partly = vec![false; days.len()];
    let is_whole = days.iter().all(|day| answered.contains_key(day));
    let Some(first) = days.first().filter(|_| !is_whole) else {
        return partly;
    };
    for cell in mine.iter().filter(|cell| !answered.contains_key(&cell.day)) {
        if let Some(part) = partly.get_mut(since(*first, cell.day)) {
            *part = true;
        }
    }
    partly
}

pub(super) fn since(first: Date, day: Date) -> usize {
    first.until(day).map_or(usize::MAX, |span| {
        usize::try_from(span.get_days()).unwrap_or(usize::MAX)
    })
}

/// Each day by the coloured rows, then all others together.
fn stacked(
    days: Vec<Date>,
    rows: &[Line],
    series: &[usize],
    mine: &[&Cell],
    (answered, partly): (&Days, &[bool]),
    written: Option<Date>,
) -> Vec<Day> {
    let mut totals = vec![0.0; days.len()];
    if let Some(first) = days.first() {
        for cell in mine {
            if let Some(total) = totals.get_mut(since(*first, cell.day)) {
                *total += cell.cost.approximate();
            }
        }
    }
    let day = |(at, day): (usize, Date)| {
        let estimated = answered.get(&day).copied();
        let parts = || {
            let of = |row: &usize| rows[*row].shown().get(at).copied().flatten().unwrap_or_default();
            let mut parts: Vec<f64> = series.iter().map(of).collect();
            let shown: f64 = parts.iter().sum();
            parts.push(totals[at] - shown);
            parts
        };
        Day {
            day,
            parts: estimated.map(|_| parts()),
            in_part: partly[at].then(parts),
            unfinished: match written {
                Some(from) => day >= from,
                None => estimated.unwrap_or(false),
            },
            estimated: estimated.unwrap_or(false),
        }
    };
    days.into_iter().enumerate().map(day).collect()
}
