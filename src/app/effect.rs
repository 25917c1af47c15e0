//! What the core asks of the world. Imperative; an effect with a key replaces the running one of the same key, and
//! what a replaced one still answers is dropped by the runtime.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::alarm::Wanted;
use crate::cost::advice::Decision;
use crate::cost::{Comparison, Lens, Machine, Query, Refresh, Saved, Source};
use crate::fanout::Limits;
use crate::fleet;
use crate::forward;
use crate::incident;
use crate::panel::alarms::{Led, Study};
use crate::panel::carry::Choice;
use crate::panel::forwards::RowId;
use crate::runbook;
use crate::term::Size;

use super::document::DocumentEffect;
use super::msg::{PaneId, RunId, TunnelId};

/// Names a piece of work, so that a newer one takes its place and progress can be shown for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Fleet,
    Recordings,
    Search,
    Verify(String),
    Export(String),
    Costs,
    CostSplit,
    Anomalies,
    Moves,
    Foreign,
    Forecast,
    Commitments,
    Ledger,
    Dimensions,
    NodeCosts,
    Runbooks,
    /// The same, as far as files have changed.
    RunbooksAgain,
    Documents,
    Audit,
    Reconcile,
    Alarms,
    /// What is known about alarms on this machine.
    Lessons,
    LookBack,
    Open(String),
    Incident,
    Report,
}

impl Key {
    /// What is going on, as the status line says it.
    pub fn label(&self) -> String {
        match self {
            Key::Fleet => "asking every region".into(),
            Key::Recordings => "listing recordings".into(),
            Key::Search => "searching recordings".into(),
            Key::Verify(id) => format!("verifying {id}"),
            Key::Export(id) => format!("exporting {id}"),
            Key::Costs => "reading costs".into(),
            Key::CostSplit => "telling usage and rate apart".into(),
            Key::Anomalies => "looking for anomalies".into(),
            Key::Moves => "looking for savings".into(),
            Key::Foreign => "asking AWS for its anomalies".into(),
            Key::Forecast => "asking Cost Explorer for its forecast".into(),
            Key::Commitments => "asking for commitments".into(),
            Key::Ledger => "booking what was saved".into(),
            Key::Dimensions => "looking what costs are split by".into(),
            Key::NodeCosts => "pricing instances".into(),
            Key::Runbooks | Key::RunbooksAgain => "reading runbooks".into(),
            Key::Documents => "reading documents".into(),
            Key::Audit => "reading the audit log".into(),
            Key::Reconcile => "asking AWS for its history".into(),
            Key::Alarms => "asking for alarms".into(),
            Key::Lessons => "looking up runbooks".into(),
            Key::LookBack => "looking back".into(),
            Key::Open(target) => format!("opening {target}"),
            Key::Incident => "watching the incident".into(),
            Key::Report => "checking recordings for the report".into(),
        }
    }
}

/// What a live session is told.
#[derive(Debug, Clone, PartialEq)]
pub enum ToSession {
    Key(KeyEvent),
    Paste(String),
    /// Relative to the pane.
    Mouse(MouseEvent),
    /// Commands of a runbook, confirmed by the user.
    Run(Vec<String>),
    Resize(Size),
    /// Lines back (positive) or on (negative).
    Scroll(i32),
    ScrollToEnd,
    /// A runbook block was sent: marked in the recording and the audit log.
    Mark {
        runbook: String,
        lines: (usize, usize),
        sha256: String,
        text: String,
    },
    End,
}

/// What a player is told.
#[derive(Debug, Clone, PartialEq)]
pub enum ToPlayer {
    Pause,
    Faster,
    Slower,
    SeekBy(i64),
    SeekTo(i64),
    SeekPercent(f64),
    Step(i32),
    Idle,
    /// The other view: secrets covered, or as recorded.
    Cover,
    Search(String),
    /// From a place that was found: what was found is marked on the screen.
    Show(i64),
    /// A cell of its screen.
    SelectFrom(u16, u16),
    SelectTo(u16, u16),
    Unselect,
    CopyText,
    Close,
}

/// A tunnel to open, once its target is known and its reason given.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub node: fleet::Node,
    pub spec: forward::Spec,
    /// Addresses to listen on where the specification names none; empty: both of loopback.
    pub bind: Vec<String>,
    pub sessions: usize,
    pub lazy: bool,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    LoadFleet,
    FetchFleet,
    Open {
        node: Box<fleet::Node>,
        reason: String,
        size: Size,
    },
    Session(PaneId, ToSession),
    /// Lets go of a session that has ended.
    Forget(PaneId),
    ListRecordings,
    Verify {
        id: String,
        path: PathBuf,
    },
    Export {
        id: String,
        path: PathBuf,
        format: String,
    },
    Play {
        path: PathBuf,
        title: String,
        /// Where to begin, and what was sought there.
        found: Option<(u64, String)>,
        /// The one to play at its side.
        beside: Option<(PathBuf, String)>,
    },
    /// Search all recordings; `logged` says that the audit log is told of it.
    Search {
        query: String,
        logged: bool,
    },
    Player(PaneId, ToPlayer),
    /// A report; for nothing with [`Refresh::Never`], and what that lacks comes back as a price.
    FetchCosts {
        /// `None`: whatever is asked first.
        source: Option<Source>,
        query: Query,
        refresh: Refresh,
        /// All months that Cost Explorer keeps.
        year: bool,
    },
    /// What changed, in usage and rate.
    SplitCosts {
        source: Source,
        query: Query,
        /// The periods that are shown.
        compared: Comparison,
        refresh: Refresh,
    },
    FindAnomalies {
        source: Source,
        refresh: Refresh,
    },
    /// What AWS's own detection found, to stand beside ours.
    AskAnomalies {
        source: Source,
        refresh: Refresh,
    },
    /// Where the month will end by Cost Explorer's reckoning.
    AskForecast {
        source: Source,
        lens: Lens,
        refresh: Refresh,
    },
    /// How much of Savings Plans and reservations is used, and how much they cover.
    AskCommitments {
        source: Source,
        refresh: Refresh,
    },
    /// What accepted moves really saved.
    ReadLedger {
        source: Source,
        refresh: Refresh,
    },
    /// What the rows of a query could be split by; its names are asked for unless with [`Refresh::Never`].
    ListDimensions {
        source: Source,
        query: Query,
        refresh: Refresh,
    },
    ListCostSources,
    /// Says so whenever exports were imported by another process.
    WatchExports,
    LoadCostViews,
    SaveCostView(Box<Saved>),
    ForgetCostView(String),
    /// What to do about costs, of these instances and of the bill on this machine.
    FindMoves {
        source: Source,
        refresh: Refresh,
    },
    /// Puts a move off, or takes it on.
    DecideMove {
        id: String,
        decision: Box<Decision>,
    },
    /// Takes back what was taken on, for a reason, or wakes what was put off.
    WithdrawMove {
        id: String,
        reason: String,
    },
    /// What each instance costs a day, from this machine alone.
    PriceNodes(Vec<Machine>),
    ScanRunbooks,
    /// Reads those whose files have changed; answered only where one has.
    RereadRunbooks,
    /// Looks whether a page's file, or its object, says what was read; answered only where it does not.
    LookAgain(Arc<runbook::Page>),
    /// The last commits of pages: each checkout with its pages.
    DateRunbooks(Vec<(PathBuf, Vec<PathBuf>)>),
    /// Sources that are not on this machine.
    FetchRunbooks(Vec<Arc<runbook::Source>>),
    /// Writes a page that was changed, if its file still says what was read.
    SaveRunbook {
        path: PathBuf,
        before: Arc<str>,
        text: String,
    },
    /// The user's editor on a file, at a line from 1.
    EditFile {
        path: PathBuf,
        line: usize,
    },
    /// The code of a page in its colours.
    ColourPage(Arc<str>),
    ReadAudit {
        verify: bool,
    },
    /// What was not allowed goes into the audit log.
    LogRefusal(String),
    /// AWS's history against the recordings; what differs goes into the audit log, which is read again.
    Reconcile,
    /// One command on many instances.
    Run {
        run: RunId,
        nodes: Vec<fleet::Node>,
        text: String,
        reason: String,
        limits: Limits,
        /// A Command document in the place of the command.
        given: Option<Box<crate::fanout::Given>>,
    },
    CancelRun(RunId),
    /// A page, step by step, on a machine or here.
    CarryOut {
        plan: Box<runbook::plan::Plan>,
        /// Where; none is here.
        nodes: Vec<fleet::Node>,
        /// Machines of the page's own targets.
        named: BTreeMap<String, Vec<fleet::Node>>,
        /// Which of its steps, and with which values.
        choice: Box<Choice>,
        /// The run to go on with, and why it was begun.
        resume: Option<(String, String)>,
        /// The alarm that led to it.
        led: Option<Box<Led>>,
        /// Ids of machines that are known to be production.
        production: BTreeSet<String>,
        /// Machines as they are known, where the page chooses some for a document.
        fleet: runbook::run::Fleet,
        /// The page of the library that the plan was made of: nothing is run of one whose file says something else by now.
        page: Option<Arc<runbook::Page>>,
    },
    /// Looks how a run stands that an earlier process began.
    FindCarry {
        /// Its id, the beginning of it, or `last`.
        wanted: String,
        /// To undo what it did.
        undoes: bool,
    },
    /// What a person says to the question of the page that runs.
    AnswerStep(runbook::run::Answer),
    StopCarry,
    Document(DocumentEffect),
    LoadAlarms,
    FetchAlarms(Wanted),
    /// Runbooks and last times of alarms.
    StudyAlarms(Box<Study>),
    /// What was done before for an alarm, with the commands of its sessions and its own history.
    LookBack(Box<Study>),
    /// Asks AWS who the caller is, for roles that an ARN tells.
    KnowCaller,
    /// The container that a tunnel is to lead to: it is no row of the fleet.
    FindContainer(RowId, String),
    OpenTunnel(TunnelId, Box<Plan>),
    StopTunnel(TunnelId),
    /// How the current incident stands.
    LoadIncident,
    StartIncident {
        title: String,
        alarm: Option<Box<crate::alarm::Alarm>>,
        /// Its OpsItem follows, where it has one or shall have one.
        tells_aws: bool,
    },
    TellIncident {
        id: String,
        record: incident::Record,
        /// It was said of the current one, which another process may have changed meanwhile.
        is_current: bool,
        tells_aws: bool,
    },
    SwitchIncident(String),
    /// Every incident, for the list.
    ListIncidents,
    /// What was typed is found, and belongs to it.
    LinkIncident {
        id: String,
        what: String,
        is_current: bool,
        tells_aws: bool,
    },
    FollowOpsItem(String),
    /// Its timeline now, and whenever something was done.
    WatchIncident(String),
    /// Into the working directory.
    WriteReport(String),
    Copy(String),
    /// Writes what is shown, once it is drawn, to a file of the working directory.
    Picture(String),
    SetTheme(String),
    Redraw,
    Quit,
}

impl Effect {
    /// The work it begins, where that is shown and can be replaced by a newer one.
    pub fn key(&self) -> Option<Key> {
        match self {
            Effect::FetchFleet => Some(Key::Fleet),
            Effect::ListRecordings => Some(Key::Recordings),
            Effect::Search { .. } => Some(Key::Search),
            Effect::Verify { id, .. } => Some(Key::Verify(id.clone())),
            Effect::Export { id, .. } => Some(Key::Export(id.clone())),
            Effect::FetchCosts { .. } => Some(Key::Costs),
            Effect::SplitCosts { .. } => Some(Key::CostSplit),
            Effect::FindAnomalies { .. } => Some(Key::Anomalies),
            Effect::FindMoves { .. } => Some(Key::Moves),
            Effect::AskAnomalies { .. } => Some(Key::Foreign),
            Effect::AskForecast { .. } => Some(Key::Forecast),
            Effect::AskCommitments { .. } => Some(Key::Commitments),
            Effect::ReadLedger { .. } => Some(Key::Ledger),
            Effect::ListDimensions { .. } => Some(Key::Dimensions),
            Effect::PriceNodes(_) => Some(Key::NodeCosts),
            Effect::ScanRunbooks => Some(Key::Runbooks),
            Effect::RereadRunbooks => Some(Key::RunbooksAgain),
            Effect::Document(DocumentEffect::List) => Some(Key::Documents),
            Effect::ReadAudit { .. } => Some(Key::Audit),
            Effect::Reconcile => Some(Key::Reconcile),
            Effect::FetchAlarms(_) => Some(Key::Alarms),
            Effect::StudyAlarms(_) => Some(Key::Lessons),
            Effect::LookBack(_) => Some(Key::LookBack),
            Effect::WatchIncident(_) => Some(Key::Incident),
            Effect::WriteReport(_) => Some(Key::Report),
            Effect::Open { node, .. } => Some(Key::Open(node.id.to_string())),
            _ => None,
        }
    }
}
