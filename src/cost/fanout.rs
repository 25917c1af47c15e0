//! More dimensions than the two that Cost Explorer groups by: one list of pages for each value of the others, after its
//! price was allowed. The parts must add up to the whole, else the bill moved between the requests and there
//! is no answer.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::amount::Amount;
use super::breakdown::{Breakdown, Question, Row};
use super::cube::Cube;
use super::dataset::{Dataset, Dimension};
use super::desk::{Answer, Desk, MOST_PAGES, Plan, Refresh, today};
use super::filter::Filter;
use super::slice::Slice;
use super::trouble::Trouble;

/// How a question is taken apart.
pub struct Parts {
    /// What each part is grouped by.
    pair: Dataset,
    /// The dimensions whose values make the parts.
    others: Vec<Dimension>,
    /// One value of each of the others: a part.
    pub slices: Vec<Slice>,
}

/// More parts than this are no question but a bulk export.
const MOST_PARTS: usize = 500;

impl Question {
    /// The dimensions that need a grouping, each once, those of the rows first.
    fn wanted(&self) -> Vec<Dimension> {
        let mut wanted: Vec<Dimension> = Vec::new();
        for dimension in self.by.iter().chain(self.filter.dimensions()) {
            if !dimension.is_time() && !wanted.contains(dimension) {
                wanted.push(dimension.clone());
            }
        }
        wanted
    }

    /// Cost Explorer cannot answer it with one list.
    pub fn is_wide(&self) -> bool {
        let wanted = self.wanted();
        wanted.len() > 2 && !wanted.contains(&Dimension::Resource)
    }
}

impl Desk {
    /// What finding the values to ask for costs.
    pub fn price_of_values(
        &self,
        question: &Question,
        refresh: Refresh,
        now: Timestamp,
    ) -> Result<Plan, Trouble> {
        let mut whole = Plan::default();
        for dimension in question.wanted() {
            let dataset = Dataset::for_dimensions([&dimension]).map_err(Trouble::Dimension)?;
            let plan = self.plan(&Slice::from(dataset), question.period, refresh, now);
            whole.requests += plan.requests;
            whole.unknown += plan.unknown;
            whole.runs.extend(plan.runs);
        }
        Ok(whole)
    }

    /// The values take more than `most` requests; one list with them, at the least, is what all of it takes.
    fn dearer(&self, question: &Question, refresh: Refresh, now: Timestamp, most: u32) -> Trouble {
        let left = self.price_of_values(question, refresh, now);
        Trouble::Price {
            asked: "finding the values to ask for",
            requests: most.saturating_add(1),
            most: left.map_or(most, |left| left.most()).saturating_add(MOST_PAGES),
        }
    }

    /// Finds the values to ask for, from pairs that are kept or asked for now; an error when that takes more than `most`
    /// requests. `on_page` hears the number of paid pages after each.
    pub async fn parts(
        &self,
        question: &Question,
        refresh: Refresh,
        now: Timestamp,
        most: u32,
        mut on_page: impl FnMut(u32) + Send,
    ) -> Result<Parts, Trouble> {
        let mut sized = Vec::new();
        let mut requests = 0;
        for dimension in question.wanted() {
            let desk = Desk {
                page_budget: most.saturating_sub(requests).min(MOST_PAGES),
                ..self.clone()
            };
            let before = requests;
            let count = |pages| {
                requests = before + pages;
                on_page(requests);
            };
            let values = desk
                .values(&dimension, question, refresh, now, count)
                .await
                .map_err(|why| match why {
                    Trouble::TooLong { pages, .. } if pages < MOST_PAGES => {
                        self.dearer(question, refresh, now, most)
                    }
                    why => why,
                })?;
            sized.push((dimension, values));
        }
        // The two with the most values are grouped by, so that there are few parts.
        sized.sort_by_key(|(_, values)| std::cmp::Reverse(values.len()));
        let others = sized.split_off(2.min(sized.len()));
        let pair = Dataset::for_dimensions(sized.iter().map(|(dimension, _)| dimension))
            .map_err(Trouble::Dimension)?;
        let mut slices = vec![Slice::from(pair.clone())];
        for (dimension, values) in &others {
            slices = slices
                .iter()
                .flat_map(|slice| {
                    values.iter().map(move |value| {
                        let mut slice = slice.clone();
                        slice.inside.push((dimension.clone(), value.clone()));
                        slice
                    })
                })
                .collect();
            if slices.len() > MOST_PARTS {
                return Err(Trouble::TooLong {
                    period: question.period,
                    pages: MOST_PARTS as u32,
                });
            }
        }
        Ok(Parts {
            pair,
            others: others.into_iter().map(|(dimension, _)| dimension).collect(),
            slices,
        })
    }

    /// The values of a dimension in the period that the filter wants.
    async fn values(
        &self,
        dimension: &Dimension,
        question: &Question,
        refresh: Refresh,
        now: Timestamp,
        on_page: impl FnMut(u32) + Send,
    ) -> Result<Vec<String>, Trouble> {
        let alone = Question {
            by: vec![dimension.clone()],
            filter: Filter::default(),
            ..question.clone()
        };
        let answer = self.answer(&alone, refresh, now, on_page).await?;
        fresh(&answer)?;
        let rows = answer.breakdowns.into_iter().flat_map(|breakdown| breakdown.rows);
        let mut values: Vec<String> = rows
            .filter_map(|row| row.key.into_iter().next())
            .filter(|value| question.filter.wants(dimension, value))
            .collect();
        values.sort();
        values.dedup();
        Ok(values)
    }

    /// What the parts would cost together.
    pub fn price_of(&self, parts: &Parts, question: &Question, refresh: Refresh, now: Timestamp) -> Plan {
        let mut whole = Plan::default();
        for slice in &parts.slices {
            let plan = self.plan(slice, question.period, refresh, now);
            whole.requests += plan.requests;
            whole.unknown += plan.unknown;
            whole.runs.extend(plan.runs);
        }
        whole
    }

    /// Asks for every part and puts them together; an error when that takes more than `most` requests;
    /// what was read until then is kept, so that asking again goes on from there.
    pub async fn answer_parts(
        &self,
        parts: &Parts,
        question: &Question,
        refresh: Refresh,
        now: Timestamp,
        most: u32,
        mut on_page: impl FnMut(u32) + Send,
    ) -> Result<Answer, Trouble> {
        let plan = self.price_of(parts, question, refresh, now);
        if plan.requests > most {
            return Err(Trouble::Price {
                asked: "this breakdown",
                requests: plan.requests,
                most: plan.most(),
            });
        }
        let mut merged: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        let (mut requests, mut fetched_at, mut complete) = (0_u32, now, true);
        let mut open_day = today(now);
        let (mut cube, mut totals) = (Cube::new(parts.pair.clone()), Vec::new());
        for slice in &parts.slices {
            let inner = Question {
                by: self.inner(parts, question),
                filter: question
                    .filter
                    .about(|dimension| !parts.others.contains(dimension)),
                ..question.clone()
            };
            let desk = Desk {
                page_budget: most.saturating_sub(requests).min(MOST_PAGES),
                ..self.clone()
            };
            let left = self.plan_rest(parts, slice, question, refresh, now);
            let dearer = |why: Trouble| match why {
                Trouble::TooLong { pages, .. } if pages < MOST_PAGES => Trouble::Price {
                    asked: "this breakdown",
                    requests: most.saturating_add(1 + left),
                    most: self.price_of(parts, question, refresh, now).most(),
                },
                why => why,
            };
            let answer = desk.answer_slice(slice, &inner, refresh, now, &mut on_page).await;
            let answer = answer.map_err(dearer)?;
            fresh(&answer).map_err(dearer)?;
            requests += answer.requests;
            fetched_at = fetched_at.min(answer.fetched_at);
            open_day = open_day.min(answer.open_day);
            let all = Question {
                by: Vec::new(),
                filter: Filter::default(),
                ..question.clone()
            };
            let all = answer.cube.answer(&all).map_err(Trouble::Dimension)?;
            totals.extend(all.into_iter().map(|of| Total {
                inside: slice.inside.clone(),
                currency: of.currency,
                cost: of.total,
            }));
            for breakdown in answer.breakdowns {
                complete &= breakdown.complete;
                let rows = breakdown
                    .rows
                    .into_iter()
                    .map(|row| widen(row, slice, parts, question));
                merged.entry(breakdown.currency).or_default().extend(rows);
            }
            cube = answer.cube;
        }
        let breakdowns: Vec<Breakdown> = merged
            .into_iter()
            .map(|(currency, rows)| put_together(currency, rows, question, complete))
            .collect();
        self.check_whole(parts, question, &totals, now).await?;
        Ok(Answer {
            breakdowns,
            cube,
            fetched_at,
            open_day,
            requests,
            stale_because: None,
        })
    }

    /// Requests that the parts after one take at least.
    fn plan_rest(
        &self,
        parts: &Parts,
        after: &Slice,
        question: &Question,
        refresh: Refresh,
        now: Timestamp,
    ) -> u32 {
        let rest = parts.slices.iter().skip_while(|slice| *slice != after).skip(1);
        rest.map(|slice| self.plan(slice, question.period, refresh, now).requests)
            .sum()
    }

    /// What one part is broken down by.
    fn inner(&self, parts: &Parts, question: &Question) -> Vec<Dimension> {
        let kept = question
            .by
            .iter()
            .filter(|dimension| !parts.others.contains(dimension));
        kept.cloned().collect()
    }

    /// Compares each value of one of the others with the same money by that one alone, which was asked for to find the
    /// values. A part is read whole whatever the filter wants inside it, so that a filter hides nothing here.
    async fn check_whole(
        &self,
        parts: &Parts,
        question: &Question,
        totals: &[Total],
        now: Timestamp,
    ) -> Result<(), Trouble> {
        let limited = |other: &Dimension| question.filter.dimensions().any(|dimension| dimension == other);
        // Where values of a second one were left out by the filter, those of the first are not whole.
        let checkable = parts.others.iter().find(|other| {
            parts
                .others
                .iter()
                .all(|beside| beside == *other || !limited(beside))
        });
        let Some(other) = checkable else {
            return Ok(());
        };
        let alone = Question {
            by: vec![other.clone()],
            filter: Filter::default(),
            ..question.clone()
        };
        let whole = self.answer(&alone, Refresh::Never, now, |_| ()).await?;
        for whole in whole.breakdowns {
            for row in &whole.rows {
                let value = row.key.first().map(String::as_str).unwrap_or_default();
                let of_value = |total: &&Total| total.currency == whole.currency && total.is_of(other, value);
                if !totals.iter().any(|total| total.is_of(other, value)) {
                    continue;
                }
                let parts: Amount = totals.iter().filter(of_value).map(|total| total.cost).sum();
                let allowed = 1e-6 * row.cost.approximate().abs().max(1e-3);
                if (parts - row.cost).approximate().abs() > allowed {
                    return Err(Trouble::Moved {
                        parts,
                        whole: row.cost,
                        currency: whole.currency,
                    });
                }
            }
        }
        Ok(())
    }
}

/// All that a part cost in one currency, whatever the filter wants of it.
struct Total {
    inside: Vec<(Dimension, String)>,
    currency: String,
    cost: Amount,
}

impl Total {
    fn is_of(&self, other: &Dimension, value: &str) -> bool {
        self.inside
            .iter()
            .any(|(dimension, of)| dimension == other && of == value)
    }
}

/// A part that is older than it should be would be added to newer ones.
fn fresh(answer: &Answer) -> Result<(), Trouble> {
    match &answer.stale_because {
        Some(trouble) => Err(trouble.clone()),
        None => Ok(()),
    }
}

/// The row of a part with the values of the part in their places.
fn widen(row: Row, slice: &Slice, parts: &Parts, question: &Question) -> Row {
    let mut inner = row.key.into_iter();
    let key = question.by.iter().map(|dimension| {
        let value = slice.inside.iter().find(|(other, _)| other == dimension);
        match value.filter(|_| parts.others.contains(dimension)) {
            Some((_, value)) => value.clone(),
            None => inner.next().unwrap_or_default(),
        }
    });
    Row {
        key: key.collect(),
        ..row
    }
}

fn put_together(currency: String, rows: Vec<Row>, question: &Question, complete: bool) -> Breakdown {
    let mut sums: BTreeMap<Vec<String>, (Amount, Option<Amount>)> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry(row.key).or_default();
        sum.0 += row.cost;
        sum.1 = match (sum.1, row.quantity) {
            (Some(sum), Some(more)) => Some(sum + more),
            (sum, more) => sum.or(more),
        };
    }
    let rows = sums
        .into_iter()
        .map(|(key, (cost, quantity))| Row { key, cost, quantity });
    Breakdown::of(currency, question, complete, rows.collect())
}
