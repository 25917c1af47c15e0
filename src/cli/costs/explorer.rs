//! Cost Explorer as the source of a verb: which of its days are finished is fixed before anything is asked, what was
//! answered is remembered, and how old that is is told once.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;

use super::asked::{self, Asked, bad_dimension};
use crate::cli::Error;
use crate::cost::athena::Days;
use crate::cost::{self, Answer, Desk, Period, Question};

pub struct Explorer {
    desk: Desk,
    /// The first day that the answers will not have whole.
    open_day: Date,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// Days that were answered, by the list that they are from.
    known: HashMap<String, Days>,
    /// The oldest age that was told.
    told: Option<Timestamp>,
}

impl Deref for Explorer {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl Explorer {
    /// For what will be asked: of other lists that are kept it does not depend.
    pub fn new(desk: Desk, asked: &Asked, questions: &[Question], now: Timestamp) -> Explorer {
        Explorer {
            open_day: desk.open_day(questions, asked.refresh, now),
            desk,
            memory: Mutex::default(),
        }
    }

    pub fn open_day(&self) -> Date {
        self.open_day
    }

    pub async fn ask(&self, asked: &Asked, question: &Question, now: Timestamp) -> Result<Answer, Error> {
        let answer = asked::fetch(&self.desk, asked, question, now).await?;
        let mut memory = self.memory();
        let is_news = memory.told.is_none_or(|told| answer.fetched_at < told);
        if answer.stale_because.is_none() && answer.is_old(now) && is_news {
            memory.told = Some(answer.fetched_at);
            asked::tell_age(answer.fetched_at);
        }
        // A day that was not over when it was read is known whole only as long as it is still today.
        let today = cost::today(now);
        let whole = |day: &Date| *day < answer.open_day || answer.open_day == today;
        let days = answer.cube.days.iter().filter(|(day, _)| whole(day));
        let known = memory.known.entry(list(question, now)?).or_default();
        known.extend(days.map(|(day, open)| (*day, *open)));
        Ok(answer)
    }

    /// Days of a period that the answers to a question had.
    pub fn known_days(&self, question: &Question, now: Timestamp) -> Result<u32, Error> {
        let list = list(question, now)?;
        let memory = self.memory();
        let Period { from, to } = question.period;
        let known = memory.known.get(&list);
        let count = known.map_or(0, |known| known.range(from..to).count());
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The list that answers a question, whatever its days.
fn list(question: &Question, now: Timestamp) -> Result<String, Error> {
    let slice = question.slice(cost::today(now)).map_err(bad_dimension)?;
    Ok(slice.folder())
}
