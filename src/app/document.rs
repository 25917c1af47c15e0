//! What the core asks of documents and automations, and what it is told of them.

use crate::audit;
use crate::aws::{ExecutionRow, Failure, Place, Signal, StartAutomation, StepRun};
use crate::document::{Document, Index, Output, Preview, Sight};
use crate::runbook::Level;

#[derive(Debug, Clone, PartialEq)]
pub enum DocumentEffect {
    /// Every document of the account's own, with its text.
    List,
    /// Automations of every place, newest first.
    Executions,
    /// Parameters of Parameter Store that a form's defaults name.
    Stored {
        place: Place,
        names: Vec<String>,
    },
    /// What a start would do.
    Preview {
        place: Place,
        start: Box<StartAutomation>,
        document: Box<Document>,
    },
    /// Begins what was previewed and confirmed.
    Start {
        place: Place,
        start: Box<StartAutomation>,
        preview: Box<Preview>,
        level: Level,
        /// What the audit log cannot be told is not begun.
        is_strict: bool,
        /// Machines that it goes to as they are known now.
        touches: Vec<audit::Target>,
    },
    Watch {
        place: Place,
        id: String,
    },
    Signal {
        place: Place,
        id: String,
        document: String,
        signal: Signal,
        is_strict: bool,
        touches: Vec<audit::Target>,
    },
    Stop {
        place: Place,
        id: String,
        document: String,
        completes: bool,
    },
    /// What a step left behind, whole where it can be had.
    Outputs {
        place: Place,
        id: String,
        step: Box<StepRun>,
    },
}

#[derive(Debug)]
pub enum DocumentMsg {
    Listed(Index),
    Executions {
        rows: Vec<(Place, ExecutionRow)>,
        failures: Vec<Failure>,
    },
    Stored {
        place: Place,
        name: String,
        /// `None`: it is secret, and was not read in clear.
        value: Result<Option<String>, Failure>,
    },
    Previewed {
        /// The start that it belongs to, by its token.
        token: String,
        preview: Preview,
    },
    Began {
        place: Place,
        id: String,
        document: String,
    },
    Seen {
        id: String,
        sight: Sight,
    },
    /// AWS took what it was told.
    Told {
        id: String,
        signal: Signal,
    },
    /// AWS took the word to stop it.
    Stopped {
        id: String,
        completes: bool,
    },
    Outputs {
        id: String,
        step: String,
        outputs: Vec<Output>,
    },
}
