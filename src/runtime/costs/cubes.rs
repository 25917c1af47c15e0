//! Cubes for several questions at once, out of any source: what is lacking of them is priced together, and asked for only
//! when that was allowed.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::books::{Books, Held, Stop};
use super::price;
use crate::app::Effect;
use crate::cost::{self, Period, Plan, Query, Question, Refresh, Source};

impl Books {
    /// A cube for each question, in their order, and the day that is still being billed.
    pub(super) async fn cubes(
        &self,
        source: &Source,
        questions: impl Fn(Date) -> Result<Vec<Question>, Stop>,
        refresh: Refresh,
        paid: Box<Effect>,
        now: Timestamp,
    ) -> Result<(Vec<Held>, Date), Stop> {
        match source {
            Source::CostExplorer(profile) => {
                let today = cost::today(now);
                let questions = questions(today)?;
                let held = self.pairs(profile, &questions, refresh, paid, now).await?;
                let read = held.iter().map(Held::today).min();
                Ok((held, read.unwrap_or(today)))
            }
            Source::Files(_) => {
                let ask = super::Ask {
                    source: Some(source.clone()),
                    query: Query::default(),
                    refresh: Refresh::Never,
                    year: false,
                };
                // One cube has all axes.
                let held = self.open(source, &ask, now).await?;
                let today = held.today();
                Ok((vec![held; questions(today)?.len()], today))
            }
            Source::Athena => self.athena_cubes(questions, source, refresh, paid, now).await,
        }
    }

    async fn pairs(
        &self,
        profile: &str,
        questions: &[Question],
        refresh: Refresh,
        paid: Box<Effect>,
        now: Timestamp,
    ) -> Result<Vec<Held>, Stop> {
        let desk = self.desk(profile).await?;
        let today = cost::today(now);
        let mut wanted = Vec::new();
        for question in questions {
            let period = Period {
                from: question.period.from,
                to: today.saturating_add(1.day()),
            };
            wanted.push((question.slice(today)?, period));
        }
        if refresh == Refresh::Never {
            let lacking = wanted
                .iter()
                .filter_map(|(slice, period)| desk.lacks(slice, *period, now));
            let whole = lacking.reduce(Plan::and);
            if let Some(plan) = whole {
                let periods = wanted.iter().map(|(_, period)| *period);
                let whole = periods.reduce(|one, other| Period {
                    from: one.from.min(other.from),
                    to: one.to.max(other.to),
                });
                let whole = whole.unwrap_or(Period::month_of(today));
                return Err(price::of(&desk, &plan, whole, paid, now));
            }
        }
        let mut held = Vec::new();
        for (slice, period) in &wanted {
            let lacks = || paid.clone();
            held.push(self.slice(&desk, slice, *period, refresh, lacks, now).await?);
        }
        Ok(held)
    }
}
