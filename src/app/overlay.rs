//! What lies on top of a panel and takes the keys: one at a time, closed by escape.

use tui_textarea::TextArea;

use crate::fanout::Limit;
use crate::fleet::Node;
use crate::panel::alarms::Over;
use crate::panel::carry::Start;
use crate::panel::forwards::RowId;
use crate::panel::incident;
use crate::panel::runbooks::{Draft, Places};
use crate::ui::Cursor;
use crate::ui::prompt::Prompt;

use super::command::{Command, Verb};
use super::effect::{Effect, Key};

/// What an input line is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// A command line.
    Command,
    /// What to find in every recording, sought as it is typed.
    Find,
    /// Filter or search of the panel, applied as it is typed; the text before is restored by escape.
    Filter { before: String },
    /// Why a session is opened; goes to AWS and into the recording.
    Reason { node: Box<Node> },
    /// What to run on the instances of the draft.
    Run,
    /// Why it is run there.
    RunReason,
    /// How far it may go: one of the draft's limits.
    RunLimit(Limit),
    /// The word without which a document is not run on production.
    RunPhrase,
    /// What to forward: the port of a node, or `SPEC on TARGET`.
    Forward { node: Option<Box<Node>> },
    /// Why tunnels are opened; one reason for all that were asked for.
    ForwardReason { rows: Vec<RowId> },
    /// What the page that runs wants typed.
    Step,
    /// A value for the page that is about to run.
    Given,
    /// A parameter of a document.
    Parameter { name: String },
    /// The word that starts a document in production.
    DocumentPhrase,
    /// What is said with an approval, a rejection, or an approval that is taken back.
    Approval { verb: Verb },
    /// A value of a runbook block.
    Variable { name: String },
    /// The name to type before a block of a page goes to a session.
    SendPhrase,
    /// Which two periods of costs are held against each other.
    Compare,
    /// What a view of costs is to be called.
    ViewName,
    /// Until when a move is put off, and why.
    Snooze,
    /// Why a move that was taken on is taken back.
    Withdraw,
    /// A line of an incident.
    Incident(incident::Ask),
}

#[derive(Debug)]
pub enum Overlay {
    Prompt {
        ask: Ask,
        prompt: Prompt,
    },
    Palette {
        prompt: Prompt,
        cursor: Cursor<String>,
    },
    /// What costs are to be split by; inside of a row where one is named.
    Dimensions {
        inside: Option<String>,
        prompt: Prompt,
        cursor: Cursor<String>,
    },
    Help {
        offset: usize,
    },
    /// The commands of the recording that is played.
    Commands {
        cursor: Cursor<usize>,
    },
    Notices {
        offset: usize,
    },
    /// A question before a command happens; a grave one is not answered by enter.
    Confirm {
        question: Vec<String>,
        then: Command,
        grave: bool,
    },
    /// A paste into production is shown before it is sent.
    Paste {
        text: String,
    },
    /// What a runbook block will type into a session.
    Preview {
        title: String,
        text: String,
        yes: Vec<Effect>,
        /// Enter alone is no yes.
        grave: bool,
    },
    /// The same while the user changes it; `before` comes back with escape.
    Edit {
        title: String,
        area: Box<TextArea<'static>>,
        before: String,
        yes: Vec<Effect>,
        grave: bool,
    },
    /// What is about to run on the instances of the draft.
    Run,
    /// What of a page is about to run, and with what.
    Start(Box<Start>),
    /// Headings of a runbook, or the pages that link to it.
    Places(Places),
    /// A runbook that is being changed.
    EditPage(Draft),
    /// A choice between runbooks, or last times, of an alarm.
    Alarm(Box<Over>),
}

impl Overlay {
    /// Whether its keys are letters of a text.
    pub fn takes_text(&self) -> bool {
        matches!(
            self,
            Overlay::Prompt { .. }
                | Overlay::Palette { .. }
                | Overlay::Dimensions { .. }
                | Overlay::Edit { .. }
                | Overlay::EditPage(_)
        )
    }
}

/// Work that is going on, for the status line.
#[derive(Debug, Clone)]
pub struct Busy {
    pub key: Key,
    pub ticks: u32,
}
