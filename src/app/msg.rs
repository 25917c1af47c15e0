//! What happened. Past participles; session bytes never travel here.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::alarm;
use crate::audit;
use crate::cost;
use crate::fanout;
use crate::fleet;
use crate::forward;
use crate::incident;
use crate::panel::alarms::{Burned, Lesson};
use crate::panel::forwards::RowId;
use crate::recording;
use crate::runbook;
use crate::session;

use super::document::DocumentMsg;
use super::effect::{Effect, Key};

/// A live session, a player: anything that owns a screen. Given by the hub, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PaneId(pub u64);

/// A command on many instances. Given by the core, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u64);

/// One opening of a tunnel. Given by the core, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TunnelId(pub u64);

#[derive(Debug)]
pub enum Msg {
    /// The screen is there; work may begin.
    Started,
    /// A signal asks the program to end.
    Ended,
    Pressed(KeyEvent),
    Pasted(String),
    Moused(MouseEvent),
    Resized {
        cols: u16,
        rows: u16,
    },
    /// Time went by; sent once a second while something on the screen shows time, never when idle.
    Ticked,
    /// Work that an effect began has ended, whatever its outcome.
    Finished(Key),
    /// Something to tell the user.
    Noticed(Notice),
    FleetCached {
        nodes: Vec<fleet::Node>,
        age: Duration,
    },
    FleetArrived(fleet::Batch),
    FleetEnded,
    SessionOpened {
        pane: PaneId,
        target: String,
        title: String,
        production: bool,
    },
    SessionChanged {
        pane: PaneId,
        status: session::Status,
    },
    SessionRefused {
        target: String,
        says: String,
        hint: String,
    },
    RecordingsListed(Vec<recording::Row>),
    RecordingVerified {
        id: String,
        verdict: recording::Verdict,
    },
    RecordingsFound {
        query: String,
        found: Vec<recording::Found>,
        progress: Progress,
    },
    PlayerOpened {
        pane: PaneId,
        title: String,
        /// The second of two that play side by side.
        beside: Option<(PaneId, String)>,
    },
    /// What the timeline shows; comes again when more is known.
    PlayerRead {
        pane: PaneId,
        overview: Box<recording::Overview>,
    },
    /// Text of a replay was asked for.
    Taken(String),
    PlayerMoved {
        pane: PaneId,
        status: PlayerStatus,
    },
    CostsArrived(Box<cost::Report>),
    /// What the report that came before it makes likely.
    CostsForeseen(Box<cost::Prospect>),
    /// It is not on this machine: its price in words, and the effect that asks for it.
    CostsPriced {
        says: String,
        effect: Box<Effect>,
    },
    /// What changed between the report's periods, in its currency.
    CostsSplit {
        currency: String,
        compared: cost::Comparison,
        drivers: Box<cost::driver::Drivers>,
    },
    /// What was paid for by now, where something was paid for beside the report.
    CostsMetered(cost::Spent),
    AnomaliesFound(Box<cost::anomaly::Judged>),
    MovesFound {
        source: cost::Source,
        board: Box<cost::advice::Board>,
        /// What asking for all of it anew takes; `None` where that is nothing.
        price: Option<cost::Price>,
    },
    /// What AWS's own detection found in the last ninety days.
    ForeignFound {
        source: cost::Source,
        foreign: Vec<cost::anomaly::Foreign>,
        /// When it was asked.
        read_at: jiff::Timestamp,
    },
    /// Where the month will end by Cost Explorer's reckoning.
    ForecastArrived {
        source: cost::Source,
        lens: cost::Lens,
        end: Box<cost::MonthEnd>,
    },
    CommitmentsFound {
        source: cost::Source,
        found: Box<cost::Commitments>,
        /// What asking for them anew takes.
        price: Option<cost::Price>,
    },
    LedgerRead {
        source: cost::Source,
        ledger: Box<cost::advice::Ledger>,
    },
    /// What costs can be split by.
    DimensionsListed {
        source: cost::Source,
        offers: Vec<cost::Offer>,
        /// What asking for every tag and cost category takes; `None` where they are all known.
        names: Option<cost::Price>,
    },
    CostSourcesListed(Vec<cost::Source>),
    /// Other exports are on this machine than a moment ago.
    ExportsChanged {
        /// Whether there are any.
        any: bool,
    },
    CostViewsRead(Vec<cost::Saved>),
    NodeCostsArrived(Box<cost::NodeCosts>),
    CostsFailed {
        /// The work that it is said of.
        of: Option<Key>,
        says: String,
        hint: String,
    },
    RunbooksScanned(Box<runbook::Library>),
    /// Files of them came, changed or went.
    RunbooksReread(Box<runbook::Library>),
    /// A page's file, or its object, does not say what was read: the page as it was read, and how that stands.
    PageLooked(Arc<runbook::Page>, runbook::Again),
    /// The bucket of a page could not be asked for it, and why.
    PageUnasked(Arc<runbook::Page>, String),
    RunbooksDated(HashMap<PathBuf, runbook::Commit>),
    RunbooksFetched(Arc<runbook::Source>, runbook::Fetched),
    RunbookSaved(PathBuf, Result<(), runbook::Failure>),
    AuditRead {
        entries: Vec<audit::Entry>,
        verdict: Option<audit::Verdict>,
    },
    /// What a run told since the last of these.
    RunHeard {
        run: RunId,
        events: Vec<fanout::Event>,
    },
    /// Nothing was run.
    RunRefused {
        run: RunId,
        says: String,
        hint: String,
    },
    /// Every instance is over, and the recording is sealed.
    RunEnded(RunId),
    /// A page that runs tells of a step.
    CarryTold(runbook::run::Event),
    CarryAsked(runbook::run::Question),
    /// A run that can be gone on with.
    CarryFound {
        found: runbook::run::Found,
        undoes: bool,
    },
    /// Runs that a crash has left in the middle.
    CarryLeft(Vec<runbook::run::Left>),
    /// Whom AWS takes the caller for.
    CallerKnown(String),
    /// Nothing was run: the page's file does not say any longer what was to run.
    CarryStale(Arc<runbook::Page>, runbook::Again),
    /// Nothing was run.
    CarryRefused {
        says: String,
        hint: String,
    },
    Document(DocumentMsg),
    AlarmsCached(alarm::Saved),
    AlarmsArrived(alarm::Batch),
    AlarmsEnded,
    /// Runbooks and last times, by the alarms' keys.
    AlarmsStudied(HashMap<String, Lesson>),
    AlarmLookedBack {
        key: String,
        burned: Burned,
        recalled: Vec<alarm::past::Recalled>,
    },
    /// It is time to ask again for what is in sight.
    Due,
    /// How the current incident stands, or that there is none.
    IncidentChanged(Option<Box<incident::State>>),
    /// How one of them stands now, current or not.
    IncidentSeen(Box<incident::State>),
    /// All of them, newest first.
    IncidentsListed(Vec<incident::State>),
    IncidentGathered(Box<incident::report::Report>),
    /// The container of a row of the tunnels, or why there is none and what to do.
    ContainerFound(RowId, Result<Box<fleet::Node>, (String, String)>),
    /// What has changed of the tunnels; at most twice a second.
    TunnelsMoved(Vec<TunnelMove>),
    /// Its local end could not be had; nothing was opened at AWS.
    TunnelRefused {
        tunnel: TunnelId,
        says: String,
        hint: String,
    },
}

/// How a tunnel stands.
#[derive(Debug, Clone)]
pub struct TunnelMove {
    pub tunnel: TunnelId,
    /// Where a client connects.
    pub listening: Vec<String>,
    pub status: forward::Status,
    pub now: forward::Snapshot,
    pub rate: forward::Rate,
}

/// How far a search is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    Going,
    Done,
    /// Why it cannot be made.
    Refused(String),
}

/// Where a player stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlayerStatus {
    /// A session of another process: it can be watched or left, nothing else; paused once it has ended.
    pub is_watched: bool,
    pub at_us: i64,
    pub duration_us: i64,
    pub speed: f64,
    pub paused: bool,
    pub idle_limited: bool,
    /// Secrets in it are covered.
    pub covered: bool,
    /// Times of the hits of the last search.
    pub hits: Vec<i64>,
    /// Columns and rows of its screen, and where the cursor stands on it.
    pub size: (u16, u16),
    pub cursor: (u16, u16),
    /// Something to tell, once.
    pub says: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Good,
    Info,
    Warn,
    Bad,
}

/// One line to the user, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub weight: Weight,
    pub says: String,
    pub hint: String,
}

impl Notice {
    pub fn new(weight: Weight, says: impl Into<String>) -> Self {
        Self {
            weight,
            says: says.into(),
            hint: String::new(),
        }
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: hint.into(),
            ..self
        }
    }
}
