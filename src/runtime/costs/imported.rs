//! Imported files as a source: their cells as they are, and the files themselves where those do not tell resources apart.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::books::{Books, Held, Kept, Stop};
use super::{Ask, is_resource};
use crate::cost::{self, Breakdown, Cells, Dimension, Files, NoAnswer, Origin, Period, Question, Source};

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
        let mut origin = Origin {
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
            doubts: doubts(&files, ask, today)?,
            without: files.without(ask.query.lens).or(files.one_name()),
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
        // Resources are not in the cells: the files themselves are read, of the two periods and the days around them.
        let compared = ask.query.span.on(today);
        let by = vec![ask.query.by.clone(), Dimension::Day];
        let question = ask.query.question(compared.span(), by, true);
        let question = question.map_err(|bad| Stop::failed(&bad, "change the filter with /"))?;
        let current = compared.current;
        let read = move || match around(&files, &question, today) {
            Some(cells) => Ok((cells, None)),
            None => resources(&files, question, current),
        };
        let read = tokio::task::spawn_blocking(read).await;
        let (cells, doubt) =
            read.map_err(|cause| Stop::failed(&cause, "fetch and import the export again"))??;
        origin.doubts = doubt.or(origin.doubts);
        Ok(Held::Cells {
            cells: Arc::new(cells),
            origin,
            today,
        })
    }
}

/// Days that are read with those compared, as a look at a month reads: a day is judged by the series that it belongs to, of
/// which a week says nothing.
const AROUND_DAYS: i64 = 61;

/// Cells of the days compared and of those around them, where the files have them; what is beside the question is worth no
/// refusal.
fn around(files: &Files, question: &Question, today: Date) -> Option<Cells> {
    let Period { from, to } = question.period;
    let whole = files.span()?;
    let earlier = to.saturating_sub(AROUND_DAYS.days()).max(whole.from);
    let is_near = today.saturating_sub(AROUND_DAYS.days()) <= to;
    let later = today.min(whole.to);
    let wide = Question {
        period: Period {
            from: from.min(earlier),
            to: if is_near { to.max(later) } else { to },
        },
        ..question.clone()
    };
    let answer = files.answer(&wide, &mut |_| ()).ok()?;
    Some(told(files, &wide, &answer))
}

/// What files answered, as far as their days are known.
fn told(files: &Files, question: &Question, answer: &[Breakdown]) -> Cells {
    let Period { from, to } = question.period;
    let days = files.cube.days.range(from..to);
    let days = days.map(|(day, moves)| (*day, *moves)).collect();
    Cells::read(answer, days).lacking_as(&files.cube, question)
}

const KEEP: &str = "keep the files that were imported where they are, or choose another source";

/// Cells out of the files themselves. Where those of the time before cannot be read, such as one that is written over each
/// month, this time is told alone, with the reason.
fn resources(
    files: &Files,
    question: Question,
    current: Period,
) -> Result<(Cells, Option<(String, String)>), NoAnswer> {
    let whole = question.period;
    let (answer, period, doubt) = match files.answer(&question, &mut |_| ()) {
        Err(why @ NoAnswer::Import(_)) if current != whole => {
            let alone = Question {
                period: current,
                ..question.clone()
            };
            let answer = files.answer(&alone, &mut |_| ())?;
            let says = format!("resources are told of {} alone: {why}", current.in_full());
            (answer, current, Some((says, KEEP.to_owned())))
        }
        answer => (answer?, whole, None),
    };
    let told_of = Question { period, ..question };
    Ok((told(files, &told_of, &answer), doubt))
}

/// What totals may lack or have twice, and what of the days that are compared is not known by what was asked.
fn doubts(files: &Files, ask: &Ask, today: Date) -> Result<Option<(String, String)>, Stop> {
    let compared = ask.query.span.on(today).span();
    let question = ask.query.question(compared, vec![ask.query.by.clone()], true);
    let question = question.map_err(|bad| Stop::failed(&bad, "change the filter with /"))?;
    let untold = files.untold(&question);
    Ok(match (files.doubts(ask.query.lens), untold) {
        (Some((says, hint)), Some((untold, _))) => Some((format!("{says}; {untold}"), hint)),
        (doubts, untold) => doubts.or(untold),
    })
}

/// The exports of a bill by their names.
fn names_of(files: &Files) -> String {
    let mut names: Vec<&str> = files.months.iter().map(|facts| facts.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Lens, import};

    #[test]
    fn of_a_file_that_is_written_over_the_time_that_it_has_is_told_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bill.csv");
        for month in ["2026-09", "2026-10"] {
            let days = (1..=30).map(|day| format!("{month}-{day:02},2,i-1\n"));
            let text = "ChargePeriodStart,BilledCost,ResourceId\n".to_owned() + &days.collect::<String>();
            std::fs::write(&path, text).unwrap();
            let found = import::find(&path).unwrap();
            import::import(&found, dir.path(), Timestamp::now(), &mut |_| ()).unwrap();
        }
        let files = Files::load(dir.path(), None).unwrap();
        let month = |text: &str| Period::month_of(text.parse().unwrap());
        let (september, october) = (month("2026-09-01"), month("2026-10-01"));
        let question = |from: Period, to: Period| Question {
            period: Period {
                from: from.from,
                to: to.to,
            },
            by: vec![Dimension::Resource, Dimension::Day],
            lens: Lens::Unblended,
            filter: cost::Filter::default(),
        };
        let (cells, doubt) = resources(&files, question(september, october), october).unwrap();
        assert_eq!(
            (cells.rows.len(), cells.days.len()),
            (30, 30),
            "not a day of September"
        );
        let (says, _) = doubt.unwrap();
        assert!(
            says.contains("Oct 2026 alone") && says.contains("bill of Sep 2026"),
            "{says}"
        );
        assert!(resources(&files, question(september, september), september).is_err());
        let (_, doubt) = resources(&files, question(october, october), october).unwrap();
        assert_eq!(doubt, None);
    }
}
