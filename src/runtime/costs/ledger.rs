//! What accepted moves really saved, for the panel: what is decided stands there at once, and what it brought as soon as
//! the bill of those weeks is here. Reading that may cost something; its price is asked first.

use std::sync::Arc;

use jiff::Timestamp;

use super::books::{Books, Held, Stop};
use super::{setting, tell};
use crate::app::{Effect, Msg, Notice, Weight};
use crate::cost::advice::{Book, Booked, Booking, Ledger};
use crate::cost::{self, Cube, Question, Refresh, Source};
use crate::runtime::inbox::Outbox;

pub async fn ledger(books: Arc<Books>, source: Source, refresh: Refresh, out: Outbox) {
    let booked = booked(&books, &source, refresh, &out).await;
    if refresh != Refresh::Never {
        books.tell_spent(&source, &out).await;
    }
    match booked {
        Ok(ledger) => out.send(Msg::LedgerRead {
            source,
            ledger: Box::new(ledger),
        }),
        Err(stop) => tell(stop, &out),
    }
}

async fn booked(books: &Arc<Books>, source: &Source, refresh: Refresh, out: &Outbox) -> Result<Ledger, Stop> {
    let now = Timestamp::now();
    let book = Book::load(&books.paths.data_dir);
    let book = book.map_err(|cause| Stop::failed(&cause, &cause.hint()))?;
    let setting = setting(&books.config);
    let plain = Ledger::of(&book, &Booked::default(), &setting, now);
    let Some(booking) = Booking::of(&book, cost::today(now)) else {
        return Ok(plain);
    };
    out.send(Msg::LedgerRead {
        source: source.clone(),
        ledger: Box::new(Ledger {
            is_open: true,
            ..plain
        }),
    });
    let paid = Box::new(Effect::ReadLedger {
        source: source.clone(),
        refresh: Refresh::Auto,
    });
    let of_export = !matches!(source, Source::CostExplorer(_));
    let wanted = |today| Ok(parts(&booking, today, of_export)?.0);
    let (held, today) = books.cubes(source, wanted, refresh, paid, now).await?;
    let (questions, survey) = parts(&booking, today, of_export)?;
    let files = match source {
        Source::Files(name) => Some(books.files(name.as_deref()).await?),
        Source::CostExplorer(_) | Source::Athena => None,
    };
    let work = move || -> Result<(Ledger, Option<String>), Stop> {
        let cubes: Vec<&Cube> = held.iter().filter_map(of).collect();
        let mut booked = Booked::default();
        let (types, services) = match survey {
            Some(_) => cubes.split_at(cubes.len().saturating_sub(2)),
            None => (&cubes[..], &[][..]),
        };
        if let (Some(cube), Some(question)) = (types.first(), questions.first()) {
            booked.take_types(cube, question)?;
        }
        if let (Some(survey), [services, accounts]) = (&survey, services) {
            booked.take_services(survey, services, accounts)?;
        }
        if let Some(files) = files {
            booked.leave_overlaps(&files);
        }
        Ok((Ledger::of(&book, &booked, &setting, now), booked.says()))
    };
    let done = tokio::task::spawn_blocking(work).await;
    let (ledger, says) = done.map_err(|cause| Stop::failed(&cause, "see the log"))??;
    if let Some(says) = says {
        out.send(Msg::Noticed(Notice::new(Weight::Info, says)));
    }
    Ok(ledger)
}

fn of(held: &Held) -> Option<&Cube> {
    match held {
        Held::Cube { cube, .. } => Some(cube),
        Held::Cells { .. } => None,
    }
}

/// The questions, usage types first; and the survey that the last two are of, where there are services.
fn parts(
    booking: &Booking,
    today: jiff::civil::Date,
    of_export: bool,
) -> Result<(Vec<Question>, Option<cost::anomaly::Survey>), Stop> {
    let mut questions: Vec<Question> = booking.types(today).into_iter().collect();
    let services = booking.services(today, of_export);
    let services = services.map_err(|bad| Stop::failed(&bad, "report this"))?;
    let survey = services.map(|(survey, of)| {
        questions.extend(of);
        survey
    });
    Ok((questions, survey))
}
