//! Athena as the source of a verb: what reading cost is told on standard error, a signal stops the query at AWS, and the
//! same cells are read once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::watch;

use super::{Asked, trouble};
use crate::cli::stop::watch_signals;
use crate::cli::{Context, Error, cloud, notice};
use crate::cost::athena::{Export, Found};
use crate::cost::{Cube, Question, Refresh};

pub struct Athena {
    export: Export,
    stopped: watch::Receiver<bool>,
    /// By the statement that they answer.
    kept: Mutex<HashMap<String, Cube>>,
}

impl Athena {
    /// Asks for nothing yet.
    pub async fn open(context: &Context, asked: &Asked) -> Result<Athena, Error> {
        let config = context.config.costs.athena.as_ref();
        crate::cost::athena::table(config).map_err(trouble)?;
        if asked.refresh == Refresh::Never {
            return Err(Error::usage("Athena charges for what it reads").hint("leave out --no-spend"));
        }
        let export = Export::open(cloud::connect(context), config).await;
        Ok(Athena {
            export: export.map_err(trouble)?,
            stopped: watch_signals()?,
            kept: Mutex::default(),
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
        let found = self.export.answer(question, now, self.stop()).await;
        let found = found.map_err(trouble)?;
        notice(found.price());
        Ok(found)
    }

    /// Cells that answer a question, and more.
    pub async fn cube(&self, question: &Question, now: Timestamp) -> Result<Cube, Error> {
        let statement = self.export.statement(question).map_err(trouble)?.text;
        let known = |kept: &Mutex<HashMap<String, Cube>>| {
            let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.get(&statement).cloned()
        };
        if let Some(cube) = known(&self.kept) {
            return Ok(cube);
        }
        let cells = self.export.cells(question, now, self.stop()).await;
        let cells = cells.map_err(trouble)?;
        notice(&cells.price);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(statement, cells.cube.clone());
        Ok(cells.cube)
    }

    /// The last day that was charged.
    pub async fn last_day(&self, now: Timestamp) -> Result<Date, Error> {
        let (day, price) = self.export.last_day(now, self.stop()).await.map_err(trouble)?;
        notice(price);
        Ok(day)
    }
}
