//! What to do about costs, for the board: the same rules on the same inputs as `qd costs moves`, less what was put off or
//! taken on. What must be paid for waits to be asked for; prices are those of the list until then.

use std::sync::Arc;

use jiff::Timestamp;

use super::books::{Books, Held, Stop};
use super::{athena, price, tell};
use crate::app::{Effect, Msg, Notice, Weight};
use crate::cost::advice::{self, Bill, Book, Decision, Questions, Taste, findings};
use crate::cost::{self, Desk, Dimension, Plan, Price, Question, Refresh, Slice, Source};
use crate::fleet::Policy;
use crate::runtime::inbox::Outbox;

pub async fn moves(books: Arc<Books>, source: Source, refresh: Refresh, out: Outbox) {
    let found = board(&books, &source, refresh, &out).await;
    if refresh != Refresh::Never {
        books.tell_spent(&source, &out).await;
    }
    match found {
        Ok((board, price, question)) => {
            out.send(Msg::MovesFound {
                source,
                board: Box::new(board),
                price,
            });
            // Whatever is said to it, what is found without the bill is there.
            question.into_iter().for_each(|question| tell(question, &out));
        }
        Err(stop) => tell(stop, &out),
    }
}

/// The board, what asking for all of it anew takes, and where the bill is lacking the question about its price.
async fn board(
    books: &Arc<Books>,
    source: &Source,
    refresh: Refresh,
    out: &Outbox,
) -> Result<(advice::Board, Option<Price>, Option<Stop>), Stop> {
    let now = Timestamp::now();
    let policy = Policy::of(&books.config)
        .map_err(|bad| Stop::failed(&bad, "mend [production] in the configuration"))?;
    // What is lacking of the bill has a price, and so has what else would be asked for then.
    let mut is_lost = false;
    let (bill, lacking) = match bill(books, source, refresh, now).await {
        Ok(bill) => (bill, None),
        Err(Stop::Price { price, paid }) => (Bill::default(), Some((price, paid))),
        Err(Stop::Failed { says, hint }) => {
            without(says, hint, out);
            is_lost = true;
            (Bill::default(), None)
        }
    };
    let cloud = books.cloud().await?;
    let ask = advice::Ask {
        cloud: &cloud,
        policy: &policy,
        data_dir: &books.paths.data_dir,
        cache_dir: &books.paths.cache_dir,
        cap_cents: books.config.costs.cap_per_day_cents,
        refresh,
        paid_advice: matches!(source, Source::CostExplorer(_)),
        now,
    };
    let accounts = bill.account_names.clone();
    let seen = advice::gather(&ask, bill).await;
    let (mut question, mut without_bill) = (None, is_lost);
    if let Some((bill, paid)) = lacking {
        without_bill = true;
        let price = seen.toll.beside(Some(bill.clone()), false).unwrap_or(bill);
        let asked = match source {
            Source::CostExplorer(profile) => {
                let desk = books.desk(profile).await?;
                price::ask(&desk, "looking for what can be saved", price, paid, now)
            }
            Source::Files(_) | Source::Athena => Ok(Stop::Price { price, paid }),
        };
        match asked {
            Ok(price) => question = Some(price),
            // What cannot be paid for today takes nothing from what is found without it.
            Err(trouble) => without(trouble.to_string(), trouble.hint(), out),
        }
    }
    // A bill that cannot be had has no price either.
    let anew = price_of_bill(books, source, now).await.unwrap_or_default();
    let price = seen.toll.beside(anew, true);
    for failure in &seen.failures {
        let notice = Notice::new(Weight::Warn, failure.to_string()).hint(failure.hint.clone());
        out.send(Msg::Noticed(notice));
    }
    for note in &seen.notes {
        out.send(Msg::Noticed(Notice::new(Weight::Info, note.clone())));
    }
    if refresh == Refresh::Never
        && question.is_none()
        && let Some(lacking) = seen.toll.beside(None, false)
    {
        let hint = way_to(books, source, &lacking, now).await;
        let lacking = lacking.says;
        let says = format!("rules that need more than is on this machine found nothing: it takes {lacking}");
        out.send(Msg::Noticed(Notice::new(Weight::Info, says).hint(hint)));
    }
    let all = findings(&seen.inventory, &seen.rates, &Taste::default());
    let book = Book::load(&books.paths.data_dir);
    let book = book.map_err(|cause| Stop::failed(&cause, &cause.hint()))?;
    let board = advice::Board {
        accounts,
        without_bill,
        unanswered: seen.failures.iter().map(ToString::to_string).collect(),
        ..book.board(all, cost::today(now))
    };
    match question {
        // Nothing to do would be no answer: nobody has looked at the bill.
        Some(question) if board.rows.is_empty() => Err(question),
        question => Ok((board, price, question)),
    }
}

/// How what the rules lack is had: by asking, where today's cap leaves that much, else by what makes room for it.
pub(super) async fn way_to(books: &Books, source: &Source, lacking: &Price, now: Timestamp) -> String {
    let refused = match source {
        Source::CostExplorer(profile) => match books.desk(profile).await {
            Ok(desk) => desk.afford("asking for it", lacking.requests, now).err(),
            // Asking says what is wrong with it.
            Err(_) => None,
        },
        Source::Files(_) | Source::Athena => None,
    };
    refused.map_or_else(|| "R asks for it".to_owned(), |trouble| trouble.hint())
}

/// Says that there is no bill, and what that leaves.
fn without(says: String, hint: String, out: &Outbox) {
    let says = format!(
        "the bill is not known, so that prices are those of the list and rules that need it find nothing: {says}"
    );
    out.send(Msg::Noticed(Notice::new(Weight::Warn, says).hint(hint)));
}

/// What reading all of the bill anew takes; `None` for files.
async fn price_of_bill(books: &Books, source: &Source, now: Timestamp) -> Result<Option<Price>, Stop> {
    match source {
        Source::CostExplorer(profile) => {
            let (desk, today) = (books.desk(profile).await?, cost::today(now));
            let whole = plan_anew(&desk, &Questions::new(today, false), now)?;
            Ok(whole.told(desk.spent(now)?.left()))
        }
        Source::Files(_) => Ok(None),
        Source::Athena => Ok(Some(Price::new(athena::PRICE, 0))),
    }
}

/// All of the bill anew, as one plan.
fn plan_anew(desk: &Desk, questions: &Questions, now: Timestamp) -> Result<Plan, Stop> {
    let mut whole = Plan::default();
    for question in [&questions.usage, &questions.commitment] {
        let slice = slice(question, cost::today(now))?;
        whole = whole.and(desk.plan(&slice, question.period, Refresh::Force, now));
    }
    Ok(whole)
}

/// What the bill says of the last days.
pub(super) async fn bill(
    books: &Arc<Books>,
    source: &Source,
    refresh: Refresh,
    now: Timestamp,
) -> Result<Bill, Stop> {
    let today = cost::today(now);
    match source {
        Source::CostExplorer(profile) => {
            let desk = books.desk(profile).await?;
            let questions = Questions::new(today, false);
            let slices = [
                slice(&questions.usage, today)?,
                slice(&questions.commitment, today)?,
            ];
            if refresh == Refresh::Never
                && let Some(plan) = slices
                    .iter()
                    .filter_map(|slice| desk.lacks(slice, questions.usage.period, now))
                    .reduce(Plan::and)
            {
                let paid = Box::new(Effect::FindMoves {
                    source: source.clone(),
                    refresh: Refresh::Auto,
                });
                return Err(price::of(&desk, &plan, questions.usage.period, paid, now));
            }
            if refresh == Refresh::Force {
                let whole = plan_anew(&desk, &questions, now)?;
                desk.afford("reading the bill again", whole.requests, now)?;
            }
            let period = questions.usage.period;
            let [usage, commitment] = &slices;
            let usage = desk.read_slice(usage, period, refresh, now, |_| ()).await?;
            let commitment = desk.read_slice(commitment, period, refresh, now, |_| ()).await?;
            let today = usage.open_day.min(commitment.open_day);
            let questions = Questions::new(today, false);
            Ok(Bill::read(&usage.cube, &commitment.cube, &questions, today)?)
        }
        Source::Files(name) => {
            let files = books.files(name.as_deref()).await?;
            let today = files.today(now).ok_or(cost::NoAnswer::Nothing)?;
            let questions = Questions::new(today, true);
            let read = move || -> Result<Bill, Stop> {
                let mut bill = Bill::read(&files.cube, &files.cube, &questions, today)?;
                if files.lost(&Dimension::Resource).is_none() {
                    let resources = questions.resources_of(&files.cube);
                    for question in bill.window.each(&resources) {
                        bill.take_resources(files.answer(&question, &mut |_| ())?);
                    }
                }
                Ok(bill)
            };
            let bill = tokio::task::spawn_blocking(read).await;
            bill.map_err(|cause| Stop::failed(&cause, "import the export again"))?
        }
        Source::Athena => {
            let paid = Box::new(Effect::FindMoves {
                source: source.clone(),
                refresh: Refresh::Auto,
            });
            let wanted = |today| {
                let questions = Questions::new(today, true);
                Ok(vec![questions.usage, questions.commitment])
            };
            let asked = books.athena_cubes(wanted, source, refresh, paid.clone(), now);
            let (held, today) = asked.await?;
            let [
                Held::Cube { cube: usage, .. },
                Held::Cube { cube: commitment, .. },
            ] = &held[..]
            else {
                return Err(Stop::failed(&"there is nothing to judge", "ask again"));
            };
            let questions = Questions::new(today, true);
            let mut bill = Bill::read(usage, commitment, &questions, today)?;
            let resources = books.athena_resources(questions.resources, refresh, paid, now);
            bill.take_resources(resources.await?);
            Ok(bill)
        }
    }
}

fn slice(question: &Question, today: jiff::civil::Date) -> Result<Slice, Stop> {
    Ok(question.slice(today)?)
}

pub fn decide(data_dir: &std::path::Path, id: String, decision: Decision, out: &Outbox) {
    let (kept, says) = match decision {
        Decision::Accepted(accepted) => (
            Book::accept(data_dir, &id, accepted),
            format!("taken on: {id}; `qd costs moves ledger` books what it saves"),
        ),
        Decision::Snoozed(snoozed) => {
            let says = format!("put off: {}", snoozed.says(&id));
            (Book::put_off(data_dir, &id, snoozed), says)
        }
    };
    told(kept, says, out);
}

pub fn withdraw(data_dir: &std::path::Path, id: &str, reason: String, out: &Outbox) {
    let mut what = "taken back";
    let kept = Book::change(data_dir, |book| {
        if book.snoozed().any(|(known, _)| known == id) {
            what = "woken";
        }
        book.withdraw(id, Timestamp::now(), reason);
    });
    told(kept, format!("{what}: {id}; its finding is open again"), out);
}

fn told(kept: Result<(), advice::Trouble>, says: String, out: &Outbox) {
    out.send(Msg::Noticed(match kept {
        Ok(()) => Notice::new(Weight::Good, says),
        Err(cause) => Notice::new(Weight::Bad, cause.to_string()).hint(cause.hint()),
    }));
}
