//! Reads a run of months from Cost Explorer to its last page, and only then keeps it: a refusal in the middle, a token
//! that comes twice or a run without end leaves what was known before, never a part.

use jiff::Timestamp;
use jiff::civil::Date;

use super::cube::Cube;
use super::desk::{Desk, disk, today};
use super::period::Period;
use super::shelf::Month;
use super::slice::Slice;
use super::trouble::Trouble;
use crate::aws::{CostQuery, CostRow, Why};

/// A list that was read to its end.
#[derive(Default)]
struct Pages {
    rows: Vec<CostRow>,
    account_names: Vec<(String, String)>,
    raw: Vec<Vec<u8>>,
    /// Rows of the largest page that was not the last.
    page_rows: Option<u32>,
}

/// A slice that is being read, with what that took so far.
pub(super) struct Fetch<'a, F> {
    pub(super) desk: &'a Desk,
    pub(super) slice: &'a Slice,
    pub(super) now: Timestamp,
    /// Paid requests for the same answer, those for other slices before it too.
    pub(super) requests: &'a mut u32,
    /// Hears their number after each page.
    pub(super) on_page: &'a mut F,
}

impl<F: FnMut(u32) + Send> Fetch<'_, F> {
    /// Reads a run, the newest months first where it is more than one list: those that were read are kept, whatever becomes
    /// of the rest.
    pub(super) async fn run(&mut self, run: Period) -> Result<(), Trouble> {
        let mut rest = Some(run);
        while let Some(left) = rest {
            let list = self.desk.next_list(self.slice, left, self.now, *self.requests)?;
            self.list(list).await?;
            rest = Period::new(left.from, list.from);
        }
        Ok(())
    }

    /// Reads a run as one list.
    pub(super) async fn list(&mut self, run: Period) -> Result<(), Trouble> {
        let pages = match self.read(run).await {
            // The list moved under the reader: once more from its first page, then it is an error.
            Err(Trouble::Failure(failure)) if failure.why == Why::List => self.read(run).await?,
            other => other?,
        };
        let (desk, slice, now) = (self.desk, self.slice, self.now);
        // Rows that cannot be read must not be kept: the shelf would repeat the error for eight hours.
        Cube::new(slice.dataset.clone())
            .extend(&pages.rows)
            .map_err(Trouble::Amount)?;
        desk.shelf.keep_pages(slice, run, &pages.raw).map_err(disk)?;
        for month in slice.parts(run, today(now)) {
            let within = |row: &&CostRow| month.contains(row.from);
            let kept = Month {
                fetched_at: now,
                page_rows: pages.page_rows,
                list_rows: u32::try_from(pages.rows.len()).unwrap_or(u32::MAX),
                rows: pages.rows.iter().filter(within).cloned().collect(),
                account_names: pages.account_names.clone(),
            };
            desk.shelf.keep_month(slice, month, &kept).map_err(disk)?;
        }
        Ok(())
    }

    async fn read(&mut self, run: Period) -> Result<Pages, Trouble> {
        let (desk, slice, now) = (self.desk, self.slice, self.now);
        let mut query = CostQuery {
            from: run.from,
            to: run.to.min(today(now).tomorrow().unwrap_or(Date::MAX)),
            daily: true,
            group_by: slice.dataset.groups(),
            restrict: slice.restrictions(),
            page_token: None,
        };
        let (mut pages, mut tokens) = (Pages::default(), Vec::new());
        let before = *self.requests;
        let left = desk.page_budget.saturating_sub(before);
        let too_long = || Trouble::TooLong {
            period: run,
            pages: desk.page_budget,
        };
        // A part is no answer and is not kept: what was paid for once without one is not paid for again.
        if desk.shelf.too_long(slice, run, now) >= Some(left) {
            return Err(too_long());
        }
        if let Some(pages) = desk.shelf.too_long(slice, run, now) {
            let spent = desk.spent(now)?;
            if (1..=pages).contains(&spent.left()) {
                return Err(Trouble::Capped {
                    period: run,
                    pages,
                    spent,
                });
            }
        }
        loop {
            if *self.requests >= desk.page_budget {
                let kept = desk.shelf.keep_too_long(slice, run, *self.requests - before, now);
                kept.map_err(disk)?;
                return Err(too_long());
            }
            let page = desk
                .paid(now, desk.cloud.fetch_cost_page(&desk.profile, &query))
                .await;
            let page = match page {
                // What is allowed in a day is never enough for it: no other day pays for as many pages in vain.
                Err(Trouble::Cap(spent)) if *self.requests > before => {
                    let pages = *self.requests - before;
                    let kept = desk.shelf.keep_too_long(slice, run, pages, now);
                    kept.map_err(disk)?;
                    return Err(Trouble::Capped {
                        period: run,
                        pages,
                        spent,
                    });
                }
                page => page?,
            };
            *self.requests += 1;
            (self.on_page)(*self.requests);
            let rows = u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
            pages.rows.extend(page.rows);
            pages.account_names.extend(page.account_names);
            pages.raw.push(page.raw);
            query.page_token = page.next_token.filter(|token| !token.is_empty());
            let Some(token) = &query.page_token else {
                return Ok(pages);
            };
            pages.page_rows = pages.page_rows.max(Some(rows));
            if tokens.contains(token) {
                let looping = desk.cloud.cost_pages_loop(&desk.profile, query.operation());
                return Err(Trouble::Failure(looping.await));
            }
            tokens.push(token.clone());
        }
    }
}
