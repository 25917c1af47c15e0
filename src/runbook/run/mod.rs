//! A page's steps carried out, one live shell per target, every step on record before it begins and after it ended.
//! Nothing runs that was not confirmed, nothing that is done runs again, and nothing is undone without being asked for.

mod again;
mod approval;
mod bare;
mod begin;
mod call;
mod captured;
mod confirm;
mod desk;
mod event;
mod exported;
mod fan;
mod folder;
mod follow;
mod foresee;
pub mod journal;
mod judge;
mod left;
mod lost;
mod meant;
mod output;
mod powershell;
mod preview;
mod production;
mod purse;
mod reached;
pub mod record;
mod rollback;
mod sequence;
mod shell;
mod state;
mod step;
mod tab;
pub mod target;
mod tidy;
mod unseen;
mod value;
mod when;
mod whereabouts;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};

pub use approval::{Approval, Approver, Asked, BadApproval, Own, unmet};
pub use begin::{Refused, start};
pub use captured::Captured;
pub use event::{Answer, Event, Question, value_lines};
pub use left::{Left, left};
pub use preview::{Out, Placed, Preview, Scene};
pub use purse::{Need, Purse, declared};
pub use reached::{Fleet, Reached};
pub use record::Outcome;
pub use shell::Stop;
pub use state::{Standing, State};
pub use tab::{may_name, may_take};
pub use target::{Far, Target};

use super::fill::Values;
use super::plan::Plan;
use crate::aws::{Cloud, Place};
use crate::recording::{Mode, Recipients};

/// What to run, and where.
pub struct Request {
    pub plan: Plan,
    /// Where steps run that do not say where; never empty.
    pub targets: Vec<Target>,
    /// Machines of the page's own targets.
    pub named: BTreeMap<String, Vec<Target>>,
    pub values: Values,
    /// What is known of the alarm that led here, under `alarm.…`.
    pub facts: Values,
    pub alarm: Option<serde_json::Value>,
    pub reason: String,
    /// Only this step.
    pub only: Option<String>,
    /// Nothing before this step.
    pub from: Option<String>,
    /// Confirmations that may be given ahead are given.
    pub assumes_yes: bool,
    /// Words of second persons.
    pub approvals: Vec<Approval>,
    /// What holds for steps of earlier processes whose end nobody saw: done or not; otherwise it is asked.
    pub unknown_are_done: Option<bool>,
    /// The caller as AWS knows it.
    pub arn: Option<String>,
    /// The run to go on with.
    pub resume: Option<String>,
    /// Where local commands begin.
    pub folder: PathBuf,
    pub data_dir: PathBuf,
    pub terms: Terms,
}

/// What binds a run besides its page.
#[derive(Clone, Default)]
pub struct Terms {
    /// Only steps that look; tasks are left out too.
    pub looks_only: bool,
    /// Nothing but what undoes the steps that are done.
    pub undoes: bool,
    /// Titles of tabs that are meant, said ahead.
    pub tabs: Vec<String>,
    /// Whose parameters and documents are meant where no machine of the run says it.
    pub home: Option<(Cloud, Place)>,
    /// The profile that alone is meant, whose account commands of this machine are to reach.
    pub profile: Option<String>,
    /// Ids of machines that are known to be production, whether the run goes there or not.
    pub production: BTreeSet<String>,
    /// Machines as they are known, where the page chooses some for a document.
    pub fleet: Fleet,
    /// Second persons whose word counts; empty: that of any other device.
    pub approvers: Vec<Approver>,
    /// What becomes of a step on this machine that cannot be recorded.
    pub mode: Mode,
    /// Whom the recording of a shell of this machine is encrypted to.
    pub recipients: Recipients,
}

/// A run of an earlier process, as far as going on with it needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub run: String,
    pub runbook: PathBuf,
    /// Ids of the machines where steps run that do not say where.
    pub targets: Vec<String>,
    pub reason: String,
    /// The page as the journal keeps it, where its file is gone.
    pub kept: Option<String>,
}

/// Whether a page was a file, and is none any more.
pub fn is_gone(runbook: &Path) -> bool {
    runbook.is_absolute() && runbook.try_exists().is_ok_and(|exists| !exists)
}

/// Looks for a run by its id, the beginning of it, or `last`; a journal that was changed is refused.
pub fn found(data_dir: &Path, wanted: &str) -> Result<Found, Refused> {
    let run = journal::find(data_dir, wanted)?;
    if journal::is_live(data_dir, &run) {
        return Err(journal::Error::Busy(run).into());
    }
    let lines = journal::load(data_dir, &run)?;
    if let Some(fault) = journal::verify(data_dir, &run)?.faults.first() {
        return Err(Refused {
            says: format!(
                "the journal of {run} cannot be trusted from line {}: {}",
                fault.line, fault.says
            ),
            hint: "look what happened there, and begin a new run".into(),
        });
    }
    let state = State::of(&lines);
    let runbook = whereabouts::whereabouts(Path::new(&state.runbook));
    let kept = match is_gone(&runbook) {
        true => Some(journal::load_page(data_dir, &run)?),
        false => None,
    };
    Ok(Found {
        run,
        runbook,
        kept,
        targets: state.targets,
        reason: state.reason,
    })
}

/// The handle of a run. Dropping it stops nothing.
#[derive(Clone)]
pub struct Run {
    pub id: String,
    stop: watch::Sender<Stop>,
}

impl Run {
    /// Ends what runs; the second time it is killed. Rollbacks are offered after the first.
    pub fn stop(&self) {
        self.stop.send_modify(|stop| {
            *stop = match *stop {
                Stop::No => Stop::Soon,
                _ => Stop::Now,
            }
        });
    }
}

/// Events on their way to whoever listens.
type Told = mpsc::Sender<Event>;

/// Eight digits of a hash, to tell names apart.
fn short_hash(text: &str) -> String {
    let mut digits = hex::encode(Sha256::digest(text.as_bytes()));
    digits.truncate(8);
    digits
}
