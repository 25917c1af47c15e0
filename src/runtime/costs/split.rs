//! What changed, split into usage and rate: that takes usage types, which on Cost Explorer are a pair of their own.

use std::sync::Arc;

use jiff::Timestamp;

use super::books::{Books, Held, Stop, spelled};
use super::{price, tell};
use crate::app::{Effect, Msg};
use crate::cost::driver::{Drivers, drivers, told_by_kind};
use crate::cost::{self, Comparison, Desk, Dimension, Period, Query, Question, Refresh, Slice, Source};
use crate::runtime::inbox::Outbox;

/// What is split.
#[derive(Clone)]
pub struct Asked {
    pub source: Source,
    pub query: Query,
    /// The periods that the report shows, whatever was read since.
    pub compared: Comparison,
}

impl Asked {
    /// The effect that pays for it.
    fn paid(&self, refresh: Refresh) -> Box<Effect> {
        Box::new(Effect::SplitCosts {
            source: self.source.clone(),
            query: self.query.clone(),
            compared: self.compared,
            refresh,
        })
    }

    /// Whether something was read before the days that are shown were over.
    fn is_older(&self, held: &Held) -> bool {
        held.today() < self.compared.current.to
    }
}

pub async fn split(books: Arc<Books>, asked: Asked, refresh: Refresh, out: Outbox) {
    let compared = of(&books, &asked, refresh).await;
    if refresh != Refresh::Never {
        books.tell_spent(&asked.source, &out).await;
    }
    match compared {
        Ok((currency, drivers)) => out.send(Msg::CostsSplit {
            currency,
            compared: asked.compared,
            drivers: Box::new(drivers),
        }),
        Err(stop) => tell(stop, &out),
    }
}

async fn of(books: &Books, asked: &Asked, refresh: Refresh) -> Result<(String, Drivers), Stop> {
    let now = Timestamp::now();
    let Asked {
        source,
        query,
        compared,
    } = asked.clone();
    let mut by = vec![query.by.clone(), Dimension::UsageType];
    by.dedup();
    // A refund that bears a usage type is no rate: the kind of charge tells, where the source has room for it.
    if !matches!(source, Source::CostExplorer(_)) && !by.contains(&Dimension::Category) {
        by.push(Dimension::Category);
    }
    let held = match &source {
        Source::CostExplorer(profile) => {
            let desk = books.desk(profile).await?;
            let period = query.window(cost::today(now), false);
            let slice = apart(&desk, &query, &by, period, now)?;
            let slice = spelled(&desk, slice, &query, period, now)?;
            let paid = || asked.paid(Refresh::Auto);
            let held = books.slice(&desk, &slice, period, refresh, paid, now).await?;
            if refresh == Refresh::Never && asked.is_older(&held) {
                let plan = desk.plan(&slice, period, Refresh::Force, now);
                return Err(price::of(&desk, &plan, period, asked.paid(Refresh::Force), now));
            }
            held
        }
        Source::Files(_) => {
            let ask = super::Ask {
                source: Some(source.clone()),
                query: query.clone(),
                refresh,
                year: false,
            };
            books.open(&source, &ask, now).await?
        }
        Source::Athena => {
            let period = query.window(cost::today(now), false);
            let question = query.question(period, by.clone(), true);
            let question = question.map_err(|bad| Stop::failed(&bad, "change the filter with /"))?;
            let wanted = |_| Ok(vec![question.clone()]);
            let cubes = books.athena_cubes(wanted, &source, refresh, asked.paid(Refresh::Auto), now);
            let (mut held, _) = cubes.await?;
            held.pop()
                .ok_or_else(|| Stop::failed(&"there is nothing to compare", "ask for another period"))?
        }
    };
    if asked.is_older(&held) {
        return Err(Stop::failed(
            &"usage and rate of these days are not known: they were read before the last of them was over",
            "ask again with r",
        ));
    }
    let work = move || compare(&held, &query, compared, by);
    let compared = tokio::task::spawn_blocking(work).await;
    compared.map_err(|cause| Stop::failed(&cause, "see the log"))?
}

/// Where the pair leaves no group for what is filtered, the request is limited by it instead: the lists behind the report
/// know its values.
fn apart(
    desk: &Desk,
    query: &Query,
    by: &[Dimension],
    period: Period,
    now: Timestamp,
) -> Result<Slice, Stop> {
    let rows = std::slice::from_ref(&query.by);
    let shown = desk.slice_of(query, rows, &[], period, now);
    let shown: Vec<Slice> = shown.into_iter().collect();
    desk.slice_of(query, by, &shown, period, now).map_err(|_| {
        Stop::failed(
            &"usage and rate cannot be told apart with this filter: Cost Explorer answers two dimensions at a time",
            "take a part of it away with / or i, or ask files or Athena with p: they tell any",
        )
    })
}

/// In the currency that is wanted, else that of the larger bill: as the report shows it.
fn compare(
    held: &Held,
    query: &Query,
    comparison: Comparison,
    by: Vec<Dimension>,
) -> Result<(String, Drivers), Stop> {
    let Held::Cube { cube, limits, .. } = held else {
        return Err(Stop::failed(
            &"usage and rate cannot be told apart here",
            "go out to services or usage types, of Cost Explorer or of files",
        ));
    };
    let is_asked = query.by == Dimension::Category;
    let mut by = by;
    by.retain(|of| *of != Dimension::Category || is_asked || cube.has(of));
    let kind = by.iter().position(|of| *of == Dimension::Category);
    let whole = query.question(comparison.span(), by, limits.is_none());
    let mut whole = whole.map_err(|bad| Stop::failed(&bad, "change the filter with /"))?;
    if let Some(limits) = limits {
        whole = whole.inside_of(limits);
    }
    let of = |period| Question {
        period,
        ..whole.clone()
    };
    let ask = |period| -> Result<_, Stop> { Ok(cube.answer(&of(period))?) };
    let (before, after) = (ask(comparison.previous)?, ask(comparison.current)?);
    let pairs = before.into_iter().zip(after);
    let is_wanted = |of: &str| query.currency.as_deref() == Some(of);
    let main = pairs.max_by_key(|(before, after)| (is_wanted(&after.currency), after.total, before.total));
    let (before, after) =
        main.ok_or_else(|| Stop::failed(&"there is nothing to compare", "ask for another period"))?;
    let are_whole = [comparison.previous, comparison.current]
        .map(|period| cube.is_whole_of(&after.currency, &of(period)));
    let [then, now] = [before.rows, after.rows].map(|rows| match kind {
        Some(at) => told_by_kind(&rows, at, is_asked),
        None => rows,
    });
    let drivers = drivers(&then, &now).known_whole(are_whole);
    Ok((after.currency, drivers.joined(1)))
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::{Date, date};

    use super::*;
    use crate::aws::CostRow;
    use crate::cost::{Amount, Cube, Dataset, Origin};
    use crate::runtime::costs::books::Kept;

    /// A dollar a day up to the day on which it was read, that one with it.
    fn held(read_on: Date) -> Held {
        let by = [Dimension::Service, Dimension::UsageType];
        let mut cube = Cube::new(Dataset::for_dimensions(&by).unwrap());
        let days = date(2026, 10, 1).series(1.day());
        let row = |from: Date| CostRow {
            from,
            keys: vec!["EC2".into(), "BoxUsage".into()],
            unblended: Some("1".into()),
            amortized: None,
            net_amortized: None,
            quantity: Some("1".into()),
            currency: Some("USD".into()),
            estimated: false,
        };
        let rows: Vec<CostRow> = days.take_while(|day| *day <= read_on).map(row).collect();
        cube.extend(&rows).unwrap();
        Held::Cube {
            cube: Kept::Slice(Arc::new(cube)),
            limits: Some(Vec::new()),
            period: Period::new(date(2026, 10, 1), date(2026, 12, 1)).unwrap(),
            origin: Origin {
                source: Source::CostExplorer("payer".into()),
                account: String::new(),
                read_at: Timestamp::UNIX_EPOCH,
                spent: None,
                requests: 0,
                price: None,
                stale_because: None,
                doubts: None,
                without: None,
                budget: Ok(None),
            },
            today: read_on,
        }
    }

    fn split(read_on: Date, compared: Comparison) -> Drivers {
        let by = vec![Dimension::Service, Dimension::UsageType];
        compare(&held(read_on), &Query::default(), compared, by)
            .unwrap()
            .1
    }

    #[test]
    fn the_periods_that_are_shown_are_split_however_much_was_read_since() {
        // The report was read on the 22nd, the pair of usage types a day later.
        let shown = Comparison::same_days(date(2026, 11, 22), 1);
        let split = split(date(2026, 11, 23), shown);
        assert_eq!(
            (split.before, split.after),
            (Amount::whole(21), Amount::whole(21))
        );
    }

    #[test]
    fn what_was_read_before_the_shown_days_were_over_is_not_split() {
        let asked = Asked {
            source: Source::CostExplorer("payer".into()),
            query: Query::default(),
            compared: Comparison::same_days(date(2026, 11, 23), 1),
        };
        assert!(asked.is_older(&held(date(2026, 11, 22))));
        assert!(!asked.is_older(&held(date(2026, 11, 23))));
    }
}
