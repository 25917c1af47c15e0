//! Stopping an automation, or a command of Run Command. Nothing is asked before it is told: AWS may be too busy to say how
//! it stands and still stop it. Where nobody knows in which place it is, every place is told; its id is one of it alone.

use std::time::Duration;

use futures_util::future::join_all;

use super::start::{Desk, document_of};
use crate::audit::Kind;
use crate::aws::{Failure, Why};

/// What the audit log calls a command, whose document nobody was asked for.
const COMMAND: &str = "Run Command";

/// How long AWS may take to say which document was stopped, for the audit log.
const NAMED_WITHIN: Duration = Duration::from_secs(3);

impl Desk {
    /// Stops an automation: at once, or behind the steps that run.
    pub async fn stop(&self, id: &str, document: &str, completes: bool) -> Result<(), Failure> {
        let outcome = self.cloud.stop_automation(&self.place, id, completes).await;
        self.stopped(id, document, completes, &outcome).await;
        outcome
    }

    async fn stopped(&self, id: &str, document: &str, completes: bool, outcome: &Result<(), Failure>) {
        let how = if completes { "Complete" } else { "Cancel" };
        let event = self
            .event(Kind::RunbookStep, id, document)
            .await
            .with("signal", format!("Stop {how}"));
        self.write(event, outcome).await;
    }

    /// Its document: as it was started from here, else as AWS tells it, if it does so soon; else nothing.
    async fn document(&self, id: &str) -> String {
        let (data_dir, wanted) = (self.data_dir.clone(), id.to_owned());
        let logged = tokio::task::spawn_blocking(move || document_of(&data_dir, &wanted)).await;
        if let Some(document) = logged.ok().flatten() {
            return document;
        }
        let asked = self.cloud.fetch_execution(&self.place, id);
        let told = tokio::time::timeout(NAMED_WITHIN, asked).await;
        told.ok()
            .and_then(Result::ok)
            .map_or_else(String::new, |execution| execution.document)
    }
}

/// Stops an automation by its whole id, in whichever of the places it is. Fails where none took it: with what hinders
/// sooner than with a place that does not know it, and with nothing where there is no place.
pub async fn stop_anywhere(desks: &[Desk], id: &str, completes: bool) -> Result<(), Option<Failure>> {
    let told = desks
        .iter()
        .map(|desk| desk.cloud.stop_automation(&desk.place, id, completes));
    let (desk, outcome) = answered(desks, join_all(told).await)?;
    let document = desk.document(id).await;
    desk.stopped(id, &document, completes, &outcome).await;
    outcome.map_err(Some)
}

/// Cancels a command of Run Command by its id, wherever it has not ended, in whichever of the places it is. Fails as
/// [`stop_anywhere`] does.
pub async fn cancel_anywhere(desks: &[Desk], id: &str) -> Result<(), Option<Failure>> {
    let told = desks
        .iter()
        .map(|desk| desk.cloud.cancel_command(&desk.place, id));
    let (desk, outcome) = answered(desks, join_all(told).await)?;
    desk.stopped(id, COMMAND, false, &outcome).await;
    outcome.map_err(Some)
}

/// The place that took it, else one that knows it or cannot say; fails where no place knows it.
fn answered(
    desks: &[Desk],
    told: Vec<Result<(), Failure>>,
) -> Result<(&Desk, Result<(), Failure>), Option<Failure>> {
    let is_absent = |told: &Result<(), Failure>| matches!(told, Err(failure) if failure.why == Why::Absent);
    let taken = told.iter().position(Result::is_ok);
    let known = taken.or_else(|| told.iter().position(|told| !is_absent(told)));
    let mut both: Vec<_> = desks.iter().zip(told).collect();
    match known.filter(|known| *known < both.len()) {
        Some(known) => Ok(both.swap_remove(known)),
        None => Err(both.into_iter().find_map(|(_, told)| told.err())),
    }
}
