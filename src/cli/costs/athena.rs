//! Athena as the source of a verb: a signal stops the query at AWS, the same cells are read once, and what reading cost is
//! told on standard error when the verb is done, also when it failed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::watch;

use super::{Asked, trouble};
use crate::cli::stop::watch_signals;
use crate::cli::{Context, Error, cloud, notice};
use crate::cost::athena::{Days, Export, Found, Scan, reach};
use crate::cost::{self, Cube, Question, Refresh, Trouble};

pub struct Athena {
    export: Export,
    refresh: Refresh,
    stopped: watch::Receiver<bool>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    scan: Scan,
    without: Option<&'static str>,
    /// By the statement that they answer.
    cubes: HashMap<String, Cube>,
}

impl Memory {
    fn take(&mut self, paid: Scan, without: Option<&'static str>) {
        self.scan += paid;
        self.without = self.without.or(without);
    }
}

impl Athena {
    /// Asks for nothing yet.
    pub async fn open(context: &Context, asked: &Asked) -> Result<Athena, Error> {
        let config = context.config.costs.athena.as_ref();
        crate::cost::athena::table(config).map_err(trouble)?;
        let export = Export::open(cloud::connect(context), config, &context.paths.cache_dir).await;
        Ok(Athena {
            export: export.map_err(trouble)?,
            refresh: asked.refresh,
            stopped: watch_signals()?,
            memory: Mutex::default(),
        })
    }

    /// Without its sender nothing can stop any more: then only the answer ends it.
    async fn stop(&self) {
        let mut stopped = self.stopped.clone();
        if stopped.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub async fn answer(&self, question: &Question, now: Timestamp) -> Result<Found, Error> {
        let found = self.export.answer(question, self.refresh, now, self.stop()).await;
        let found = found.map_err(trouble)?;
        self.memory().take(found.paid, found.statement.without);
        Ok(found)
    }

    /// Cells that answer a question, and more.
    pub async fn cube(&self, question: &Question, now: Timestamp) -> Result<Cube, Error> {
        let statement = self.export.statement(question).map_err(trouble)?.text;
        if let Some(cube) = self.memory().cubes.get(&statement) {
            return Ok(cube.clone());
        }
        let cells = self.export.cells(question, self.refresh, now, self.stop()).await;
        let cells = cells.map_err(trouble)?;
        let mut memory = self.memory();
        memory.take(cells.paid, self.export.without(question));
        memory.cubes.insert(statement, cells.cube.clone());
        Ok(cells.cube)
    }

    /// The days of the whole bill that are known, and the last that was charged.
    pub async fn known(&self, now: Timestamp) -> Result<(Days, Date), Error> {
        let known = self.export.known(self.refresh, now, self.stop()).await;
        let (known, scan) = known.map_err(trouble)?;
        self.memory().take(scan, None);
        match known.keys().next_back().copied() {
            Some(last) => Ok((known, last)),
            None => Err(trouble(Trouble::NoCharge(reach(cost::today(now))))),
        }
    }

    /// The first day that the answers will not have whole.
    pub fn open_day(&self, questions: &[Question], now: Timestamp) -> Date {
        let of = |question: &Question| self.export.open_day(question, self.refresh, now);
        questions.iter().map(of).min().unwrap_or(cost::today(now))
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Athena {
    fn drop(&mut self) {
        let (scan, without) = {
            let memory = self.memory();
            (memory.scan, memory.without)
        };
        if let Some(without) = without {
            notice(without);
        }
        if !scan.is_empty() {
            notice(scan);
        }
    }
}
