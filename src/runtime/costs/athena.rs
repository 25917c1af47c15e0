//! Athena as a source: asked only after its price was told, stopped at AWS when nobody waits for it any more. What was
//! read once answers again.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use tokio::sync::oneshot;

use super::books::{Books, Held, Kept, Stop};
use super::{Ask, paid};
use crate::app::Effect;
use crate::cost::athena::{self, Days, Export, Found};
use crate::cost::{self, Breakdown, Cells, Dimension, Origin, Price, Question, Refresh, Source, Trouble};

impl Books {
    /// The answer to a query, as cells of its dimension.
    pub(super) async fn athena(&self, ask: &Ask, source: &Source, now: Timestamp) -> Result<Held, Stop> {
        let today = cost::today(now);
        let period = ask.query.window(today, ask.year);
        let mut by = vec![ask.query.by.clone(), Dimension::Day];
        by.dedup();
        let question = ask.query.question(period, by, true);
        let question = question.map_err(|bad| Stop::failed(&bad, "change the filter with /"))?;
        let table = athena::table(self.config.costs.athena.as_ref())?;
        let key = format!("athena {}", table.statement(&question)?.text);
        if ask.refresh != Refresh::Force
            && let Some(held) = self.recall(&key, now)
        {
            return Ok(held);
        }
        let export = self.export().await?;
        if ask.refresh == Refresh::Never && !export.is_kept(&question, now) {
            return Err(price(paid(ask, source)));
        }
        let name = export.name();
        let is_filtered = question.filter.dimensions().next().is_some();
        // What a filter leaves of a bill does not tell its days.
        let mut known = match is_filtered {
            true => (*self.known(&export, ask.refresh, paid(ask, source), now).await?).clone(),
            false => Days::new(),
        };
        let found = answered(export.clone(), question, ask.refresh, now).await?;
        if !is_filtered {
            known = found.days(today);
            if !athena::reaches(&known, period, today) {
                match self.known(&export, ask.refresh, paid(ask, source), now).await {
                    Ok(whole) => known.extend(whole.iter().map(|(day, moves)| (*day, *moves))),
                    // Nobody may ask now: the days at the edges stay unknown.
                    Err(Stop::Price { .. }) => {}
                    Err(stop) => return Err(stop),
                }
            }
        }
        known.retain(|day, _| period.contains(*day));
        if found.open_day < today {
            known.retain(|day, _| *day < found.open_day);
        }
        let today = open_day(&known, found.open_day);
        let held = Held::Cells {
            cells: Arc::new(Cells::read(&found.breakdowns, known)),
            origin: Origin {
                without: found.statement.without,
                ..origin(source, name, anew(&found.scan()), found.read_at)
            },
            today,
        };
        self.keep(key, held.clone(), now);
        Ok(held)
    }

    /// Cells for each question, and the day that is still being billed; all of it asked for at one price.
    pub(super) async fn athena_cubes(
        &self,
        questions: impl Fn(Date) -> Result<Vec<Question>, Stop>,
        source: &Source,
        refresh: Refresh,
        paid: Box<Effect>,
        now: Timestamp,
    ) -> Result<(Vec<Held>, Date), Stop> {
        let export = self.export().await?;
        let today = cost::today(now);
        let known = self.known(&export, refresh, paid.clone(), now).await?;
        let last = known.keys().next_back().copied();
        let last = last.ok_or(Trouble::NoCharge(athena::reach(today)))?;
        let today = today.min(last.saturating_add(1.day()));
        let questions = questions(today)?;
        let mut keys = Vec::new();
        for question in &questions {
            keys.push(format!("athena cells {}", export.statement(question)?.text));
        }
        let mut held = Vec::new();
        let is_here = |(question, key): (&Question, &String)| {
            self.recall(key, now).is_some() || export.are_cells_kept(question, now)
        };
        if refresh == Refresh::Never && !questions.iter().zip(&keys).all(is_here) {
            return Err(price(paid));
        }
        for (question, key) in questions.into_iter().zip(keys) {
            let recalled = self.recall(&key, now).filter(|_| refresh != Refresh::Force);
            if let Some(known) = recalled {
                held.push(known);
                continue;
            }
            let (period, of) = (question.period, export.clone());
            let read = |stop| async move { of.cells(&question, refresh, now, stop).await };
            let cells = until_dropped(read).await??;
            let cube = Held::Cube {
                cube: Kept::Slice(Arc::new(cells.cube)),
                limits: None,
                period,
                origin: origin(source, export.name(), anew(&cells.scan), cells.read_at),
                today: open_day(&known, cells.open_day),
            };
            self.keep(key, cube.clone(), now);
            held.push(cube);
        }
        let open = held.iter().map(Held::today).min();
        Ok((held, open.unwrap_or(today)))
    }

    /// The days of the whole bill, asked for once a day.
    async fn known(
        &self,
        export: &Export,
        refresh: Refresh,
        paid: Box<Effect>,
        now: Timestamp,
    ) -> Result<Arc<Days>, Stop> {
        let today = cost::today(now);
        if refresh != Refresh::Force
            && let Some(known) = self.days_known_on(today)
        {
            return Ok(known);
        }
        let export = export.clone();
        let find = |stop| async move { export.known(refresh, now, stop).await };
        let known = match until_dropped(find).await? {
            Err(Trouble::NotKept(_)) => return Err(price(paid)),
            known => Arc::new(known?.0),
        };
        self.keep_known_days(today, known.clone());
        Ok(known)
    }

    /// Rows too many for cells by day: each resource once.
    pub(super) async fn athena_resources(
        &self,
        question: Question,
        refresh: Refresh,
        paid: Box<Effect>,
        now: Timestamp,
    ) -> Result<Vec<Breakdown>, Stop> {
        let table = athena::table(self.config.costs.athena.as_ref())?;
        let statement = table.statement(&question)?.text;
        let known = self.recall_resources(&statement);
        if let Some(known) = known.filter(|_| refresh != Refresh::Force) {
            return Ok(known);
        }
        let export = self.export().await?;
        if refresh == Refresh::Never && !export.is_kept(&question, now) {
            return Err(price(paid));
        }
        let found = answered(export, question, refresh, now).await?;
        self.keep_resources(statement, found.breakdowns.clone());
        Ok(found.breakdowns)
    }

    async fn export(&self) -> Result<Export, Stop> {
        let (config, cache_dir) = (self.config.costs.athena.as_ref(), &self.paths.cache_dir);
        Ok(Export::open(self.cloud().await?, config, cache_dir).await?)
    }
}

/// The day that is still being billed: the one after the last that is charged, or the first that was not over when it was
/// read.
fn open_day(known: &Days, open: Date) -> Date {
    let last = known.keys().next_back().copied();
    last.map_or(open, |last| open.min(last.saturating_add(1.day())))
}

/// Before Athena says how much it reads, nobody knows.
pub(super) const PRICE: &str = "$5 for a terabyte that Athena reads, a few cents at most for one export";

fn price(paid: Box<Effect>) -> Stop {
    Stop::Price {
        price: Price::new(PRICE, 0),
        paid,
    }
}

/// What a statement took is what it takes again; the cap is one of Cost Explorer's requests.
fn anew(scan: &impl std::fmt::Display) -> Price {
    Price::new(scan.to_string(), 0)
}

fn origin(source: &Source, account: String, price: Price, read_at: Timestamp) -> Origin {
    Origin {
        source: source.clone(),
        account,
        read_at,
        spent: None,
        requests: 0,
        price: Some(price),
        stale_because: None,
        doubts: None,
        without: None,
        budget: Ok(None),
    }
}

async fn answered(
    export: Export,
    question: Question,
    refresh: Refresh,
    now: Timestamp,
) -> Result<Found, Stop> {
    Ok(until_dropped(|stop| async move { export.answer(&question, refresh, now, stop).await }).await??)
}

/// Dropped when a newer question comes; the query is told to stop at AWS then.
async fn until_dropped<T, F>(
    ask: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) -> F,
) -> Result<Result<T, Trouble>, Stop>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Trouble>> + Send + 'static,
{
    let (alive, gone) = oneshot::channel::<()>();
    let running = tokio::spawn(ask(Box::pin(async {
        let _ = gone.await;
    })));
    let found = running.await.map_err(|cause| Stop::failed(&cause, "ask again"))?;
    drop(alive);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_open_day_is_the_one_after_the_last_charge_or_that_of_the_answer() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let until = |last: &str| -> Days { [(day("2026-11-01"), false), (day(last), true)].into() };
        for (last, open, wanted) in [
            ("2026-11-22", "2026-11-22", "2026-11-22"),
            ("2026-11-22", "2026-11-23", "2026-11-23"),
            ("2026-11-20", "2026-11-22", "2026-11-21"),
        ] {
            assert_eq!(open_day(&until(last), day(open)), day(wanted), "{last} {open}");
        }
    }
}
