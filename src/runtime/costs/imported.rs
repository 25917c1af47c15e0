//! Imported files as a source: their cells as they are, and the files themselves where those do not tell resources apart.

use std::sync::Arc;

use jiff::Timestamp;

use super::books::{Books, Held, Kept, Stop};
use super::{Ask, is_resource};
use crate::cost::{self, Cells, Dimension, Files, Origin, Period, Source};

impl Books {
    pub(super) async fn imported(
        &self,
        files: Arc<Files>,
        name: Option<&str>,
        ask: &Ask,
        now: Timestamp,
    ) -> Result<Held, Stop> {
        let whole = files.span().ok_or(cost::NoAnswer::Nothing)?;
        let today = files.today(now).ok_or(cost::NoAnswer::Nothing)?;
        let origin = Origin {
            source: Source::Files(name.map(str::to_owned)),
            account: name.map_or_else(|| names_of(&files), str::to_owned),
            read_at: files
                .months
                .iter()
                .map(|facts| facts.imported_at)
                .max()
                .unwrap_or(now),
            spent: None,
            requests: 0,
            price: None,
            stale_because: None,
            doubts: files.doubts(ask.query.lens),
            without: files.without(ask.query.lens),
            budget: Ok(None),
        };
        if !is_resource(&ask.query) {
            return Ok(Held::Cube {
                cube: Kept::Files(files),
                limits: None,
                period: whole,
                origin,
                today,
            });
        }
        // Resources are not in the cells: the files themselves are read, of the two periods alone.
        let compared = ask.query.span.on(today);
        let period = Period {
            from: compared.previous.from.min(compared.current.from),
            to: compared.current.to.max(compared.previous.to),
        };
        let by = vec![ask.query.by.clone(), Dimension::Day];
        let question = ask.query.question(period, by, true);
        let question = question.map_err(|bad| Stop::failed(&bad, "change the filter with /"))?;
        let read = move || {
            let answer = files.answer(&question, &mut |_| ())?;
            let days = files.cube.days.range(period.from..period.to);
            let days = days.map(|(day, moves)| (*day, *moves)).collect();
            Ok::<_, cost::NoAnswer>(Cells::read(&answer, days).lacking_as(&files.cube))
        };
        let cells = tokio::task::spawn_blocking(read).await;
        let cells = cells.map_err(|cause| Stop::failed(&cause, "fetch and import the export again"))??;
        Ok(Held::Cells {
            cells: Arc::new(cells),
            origin,
            today,
        })
    }
}

/// The exports of a bill by their names.
fn names_of(files: &Files) -> String {
    let mut names: Vec<&str> = files.months.iter().map(|facts| facts.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}
