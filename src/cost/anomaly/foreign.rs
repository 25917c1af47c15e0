//! Asking AWS for its own anomalies: paid for by the page, kept for eight hours like everything that is paid for.

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::Foreign;
use crate::aws::AnomalyRow;
use crate::cost::desk::{Desk, Refresh, disk, today};
use crate::cost::period::Period;
use crate::cost::shelf::is_fresh;
use crate::cost::trouble::Trouble;

/// How far back AWS tells them.
const DAYS: i64 = 90;
/// What asking takes, in words.
pub const PRICE: &str = "1 request ($0.01) a page, mostly one";
const NAME: &str = "anomalies.json";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    fetched_at: Timestamp,
    rows: Vec<AnomalyRow>,
}

impl Desk {
    /// Whether they were asked for less than eight hours ago.
    pub fn has_foreign_anomalies(&self, now: Timestamp) -> bool {
        let kept = self.shelf.load::<Kept>(NAME);
        kept.is_some_and(|kept| is_fresh(kept.fetched_at, now))
    }

    /// Whether [`Desk::foreign_anomalies`] would pay for a page.
    pub fn asks_foreign_anomalies(&self, refresh: Refresh, now: Timestamp) -> bool {
        match refresh {
            Refresh::Never => false,
            Refresh::Auto => !self.has_foreign_anomalies(now),
            Refresh::Force => true,
        }
    }

    /// The anomalies of the last ninety days as AWS tells them, and when it did: a paid request a page, mostly one.
    /// `on_page` hears the number of paid pages after each.
    pub async fn foreign_anomalies(
        &self,
        refresh: Refresh,
        now: Timestamp,
        mut on_page: impl FnMut(u32) + Send,
    ) -> Result<(Vec<Foreign>, Timestamp), Trouble> {
        let day = today(now);
        let period = Period {
            from: day.saturating_sub(DAYS.days()),
            to: day.saturating_add(1.day()),
        };
        let kept = match self.shelf.load::<Kept>(NAME) {
            Some(kept) if refresh == Refresh::Never => kept,
            Some(kept) if refresh == Refresh::Auto && is_fresh(kept.fetched_at, now) => kept,
            _ if refresh == Refresh::Never => return Err(Trouble::NotKept(period)),
            _ => {
                let rows = self.fetch_all(period, now, &mut on_page).await?;
                let kept = Kept {
                    fetched_at: now,
                    rows,
                };
                self.shelf.save(NAME, &kept).map_err(disk)?;
                kept
            }
        };
        let foreign = |row: AnomalyRow| Foreign {
            id: row.id,
            service: row.service,
            account: row.account,
            from: row.from,
            last_day: row.last_day,
            impact: row.impact,
        };
        Ok((kept.rows.into_iter().map(foreign).collect(), kept.fetched_at))
    }

    async fn fetch_all(
        &self,
        period: Period,
        now: Timestamp,
        on_page: &mut (impl FnMut(u32) + Send),
    ) -> Result<Vec<AnomalyRow>, Trouble> {
        let mut pages = 0;
        let (mut rows, mut token, mut seen) = (Vec::new(), None, Vec::new());
        loop {
            let page =
                self.cloud
                    .fetch_anomalies(&self.profile, period.from, period.last_day(), token.clone());
            let (more, next) = self.paid(now, page).await?;
            pages += 1;
            on_page(pages);
            rows.extend(more);
            match next {
                None => return Ok(rows),
                Some(next) if seen.contains(&next) => {
                    let looping = self.cloud.cost_pages_loop(&self.profile, "GetAnomalies");
                    return Err(Trouble::Failure(looping.await));
                }
                Some(next) => {
                    seen.push(next.clone());
                    token = Some(next);
                }
            }
        }
    }
}
