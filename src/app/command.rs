//! What a user can ask for: every verb is declared once, here. Key bindings, palette, `:` prompt, help and the
//! manual are printed from this table, and the guard judges a command by the risk written beside it.

use crate::config;

/// How far a command reaches. The guard decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Looks only.
    Reads,
    /// Costs money at AWS.
    Spends,
    /// Opens a session or types into one.
    Opens,
    /// Ends or changes something.
    Changes,
}

/// Where a command makes sense; the same key may mean different things in different places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    Anywhere,
    Home,
    Fleet,
    /// A focused terminal pane: keys go to the remote, only bindings after the prefix are ours.
    Pane,
    Recordings,
    Player,
    Costs,
    Runbooks,
    Audit,
    Runs,
    Forwards,
    Carry,
    Documents,
    Incident,
}

impl Place {
    pub const ALL: [Place; 14] = [
        Place::Anywhere,
        Place::Home,
        Place::Fleet,
        Place::Pane,
        Place::Recordings,
        Place::Player,
        Place::Costs,
        Place::Runbooks,
        Place::Audit,
        Place::Runs,
        Place::Forwards,
        Place::Carry,
        Place::Documents,
        Place::Incident,
    ];

    /// Heading of the place in the help.
    pub fn title(self) -> &'static str {
        match self {
            Place::Anywhere => "Anywhere",
            Place::Home => "Home and alarms",
            Place::Fleet => "Fleet",
            Place::Pane => "Session",
            Place::Recordings => "Recordings",
            Place::Player => "Player",
            Place::Costs => "Costs",
            Place::Runbooks => "Runbooks",
            Place::Audit => "Audit",
            Place::Runs => "Runs",
            Place::Forwards => "Forwards",
            Place::Carry => "Runbook that runs",
            Place::Documents => "Documents",
            Place::Incident => "Incident",
        }
    }
}

/// One verb: its name as typed at the prompt, what it does, where, how far it reaches, its default keys.
#[derive(Debug)]
pub struct Spec {
    pub verb: Verb,
    pub name: &'static str,
    pub help: &'static str,
    pub place: Place,
    pub risk: Risk,
    /// Default keys, separated by commas; `space` and `,` are written out.
    pub keys: &'static str,
    /// What the argument means, empty where there is none.
    pub takes: &'static str,
}

/// A verb and its argument, as a key binding or the prompt spells it: `noun.verb argument`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub verb: Verb,
    pub argument: String,
}

/// Why a command line could not be understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadCommand {
    #[error("no command is named {name}{}", .near.map(|near| format!(", did you mean {near}")).unwrap_or_default())]
    Unknown {
        name: String,
        near: Option<&'static str>,
    },
    #[error("{name} needs an argument: {takes}")]
    Argument { name: &'static str, takes: &'static str },
}

impl Command {
    pub fn parse(line: &str) -> Result<Self, BadCommand> {
        let line = line.trim();
        let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let spec = TABLE
            .iter()
            .find(|spec| spec.name == name)
            .ok_or_else(|| BadCommand::Unknown {
                name: name.to_owned(),
                near: nearest(name),
            })?;
        let argument = argument.trim().to_owned();
        if argument.is_empty() && spec.takes.starts_with('<') {
            return Err(BadCommand::Argument {
                name: spec.name,
                takes: spec.takes,
            });
        }
        Ok(Self {
            verb: spec.verb,
            argument,
        })
    }

    pub fn spec(&self) -> &'static Spec {
        self.verb.spec()
    }
}

impl From<Verb> for Command {
    fn from(verb: Verb) -> Self {
        Self {
            verb,
            argument: String::new(),
        }
    }
}

/// The name of the table that a mistyped one is nearest to, by its letters, else by one of its two words.
fn nearest(name: &str) -> Option<&'static str> {
    let names: Vec<&'static str> = TABLE.iter().map(|spec| spec.name).collect();
    let same_word = |spec: &&Spec| {
        spec.name
            .split('.')
            .any(|part| name.split('.').any(|word| word == part))
    };
    config::nearest::nearest(name, &names).or_else(|| TABLE.iter().find(same_word).map(|spec| spec.name))
}

macro_rules! commands {
    ($($verb:ident, $name:literal, $takes:literal, $place:ident, $risk:ident, $keys:literal, $help:literal;)*) => {
        /// Every verb of the console.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Verb { $($verb),* }

        /// The command table.
        pub const TABLE: &[Spec] = &[$(Spec {
            verb: Verb::$verb, name: $name, help: $help, place: Place::$place, risk: Risk::$risk,
            keys: $keys, takes: $takes,
        }),*];

        impl Verb {
            pub fn spec(self) -> &'static Spec { &TABLE[self as usize] }
        }
    };
}

commands! {
    Quit,            "app.quit",            "",              Anywhere,   Changes, "q, C-q",           "leave; what still goes on is asked about";
    Back,            "app.back",            "",              Anywhere,   Reads,   "esc",              "close what is on top, or go back to the panel before";
    Help,            "app.help",            "",              Anywhere,   Reads,   "?, f1",            "every key and command of this place";
    Palette,         "app.palette",         "",              Anywhere,   Reads,   "C-p, C-k",         "find a command by name";
    Prompt,          "app.prompt",          "",              Anywhere,   Reads,   ":",                "type a command";
    Theme,           "app.theme",           "<name>",        Anywhere,   Reads,   "",                 "change the colours";
    NextTheme,       "app.next-theme",      "",              Anywhere,   Reads,   "f9",               "the next theme";
    Redraw,          "app.redraw",          "",              Anywhere,   Reads,   "C-l",              "draw the whole screen anew";
    Picture,         "screen.picture",      "[file]",        Anywhere,   Reads,   "P, f12",           "write what is shown as FILE.png or FILE.svg";
    Notices,         "app.notices",         "",              Anywhere,   Reads,   "!",                "what was said, newest last";
    GoHome,          "go.home",             "",              Anywhere,   Reads,   "1, g h",           "home: what needs an eye now";
    GoFleet,         "go.fleet",            "",              Anywhere,   Reads,   "2, g f",           "instances and managed nodes of every account";
    GoSessions,      "go.sessions",         "",              Anywhere,   Reads,   "3, g s",           "open sessions";
    GoRecordings,    "go.recordings",       "",              Anywhere,   Reads,   "4, g r",           "what was recorded";
    GoCosts,         "go.costs",            "",              Anywhere,   Reads,   "5, g c",           "what it costs";
    GoRunbooks,      "go.runbooks",         "",              Anywhere,   Reads,   "6, g b",           "runbooks";
    GoAudit,         "go.audit",            "",              Anywhere,   Reads,   "7, g a",           "the audit log";
    GoRuns,          "go.runs",             "",              Anywhere,   Reads,   "8, g x",           "commands run on many instances";
    GoForwards,      "go.forwards",         "",              Anywhere,   Reads,   "9, g t",           "forwarded ports";
    GoIncident,      "go.incident",         "",              Anywhere,   Reads,   "0, g i",           "the incident you work on, and its timeline";
    IncidentStart,   "incident.start",      "[title]",       Anywhere,   Changes, "",                 "begin an incident";
    IncidentNote,    "incident.note",       "[text]",        Anywhere,   Changes, "N, ;",             "write a line into the incident";
    IncidentAck,     "incident.ack",        "[time] [word]", Anywhere,   Changes, "",                 "say that somebody works on it; since -10m, 14:05";
    IncidentMitigate, "incident.mitigate",  "[time] [word]", Anywhere,   Changes, "",                 "say that it hurts no longer";
    IncidentRecover, "incident.recover",    "[time] [word]", Anywhere,   Changes, "",                 "say that it is over";
    IncidentClose,   "incident.close",      "[word]",        Anywhere,   Changes, "",                 "close the incident";
    IncidentReopen,  "incident.reopen",     "[word]",        Anywhere,   Changes, "",                 "go on with a closed one: undoes the close";
    IncidentRole,    "incident.role",       "[ROLE PERSON]", Anywhere,   Changes, "",                 "say who has which role: commander mara";
    IncidentLink,    "incident.link",       "[what]",        Anywhere,   Changes, "",                 "link a recording, a run, ticket=OPS-12 or alarm=NAME";
    IncidentSwitch,  "incident.switch",     "[id or none]",  Anywhere,   Changes, "",                 "make another one your current incident";
    IncidentList,    "incident.list",       "",              Anywhere,   Reads,   "",                 "every incident, and back to yours";
    IncidentOpsItem, "incident.opsitem",    "",              Anywhere,   Changes, "",                 "create or update its OpsItem at AWS";
    Down,            "list.down",           "",              Anywhere,   Reads,   "j, down",          "next row";
    Up,              "list.up",             "",              Anywhere,   Reads,   "k, up",            "previous row";
    PageDown,        "list.page-down",      "",              Anywhere,   Reads,   "C-d, pagedown",    "a page down";
    PageUp,          "list.page-up",        "",              Anywhere,   Reads,   "C-u, pageup",      "a page up";
    Top,             "list.top",            "",              Anywhere,   Reads,   "g g, home",        "first row";
    Bottom,          "list.bottom",         "",              Anywhere,   Reads,   "G, end",           "last row";
    Filter,          "list.filter",         "",              Anywhere,   Reads,   "/",                "filter or search this panel as you type";
    ClearFilter,     "list.clear-filter",   "",              Anywhere,   Reads,   "C-x",              "show everything again";
    Sort,            "list.sort",           "",              Anywhere,   Reads,   "o",                "sort by the next column";
    SortReverse,     "list.reverse",        "",              Anywhere,   Reads,   "O",                "turn the order round";
    Refresh,         "list.refresh",        "",              Anywhere,   Reads,   "r",                "ask again";
    Copy,            "list.copy",           "",              Anywhere,   Reads,   "y",                "copy the id or the selected text";
    AlarmRunbook,    "alarm.runbook",       "",              Home,       Reads,   "enter",            "open the runbook that answers the alarm, filled in";
    AlarmShell,      "alarm.shell",         "",              Home,       Opens,   "s",                "open a recorded shell on the alarm's instance";
    AlarmPast,       "alarm.past",          "",              Home,       Reads,   "h",                "what was done the last times";
    AllAlarms,       "alarm.all",           "",              Home,       Reads,   "a",                "all alarms, and back to those that burn";
    AlarmIncident,   "alarm.incident",      "",              Home,       Changes, "i",                "begin an incident from the alarm";
    IncidentOpen,    "incident.open",       "",              Incident,   Reads,   "enter",            "play this second; in the list, look inside";
    IncidentReport,  "incident.report",     "",              Incident,   Reads,   "E",                "write the report as Markdown";
    Connect,         "session.open",        "",              Fleet,      Opens,   "enter",            "open a recorded shell on the instance";
    Detail,          "fleet.detail",        "",              Fleet,      Reads,   "space, d",         "show or hide the detail pane";
    Mark,            "fleet.mark",          "",              Fleet,      Reads,   "m",                "mark the instance, or take the mark away";
    MarkAll,         "fleet.mark-all",      "",              Fleet,      Reads,   "M",                "mark every instance that is shown";
    Unmark,          "fleet.unmark",        "",              Fleet,      Reads,   "u",                "take every mark away";
    FanOut,          "fanout.open",         "",              Fleet,      Opens,   "c",                "run a command on the marked, else on all shown";
    ForwardPort,     "fleet.forward",       "",              Fleet,      Opens,   "p",                "forward a port of the instance";
    LeavePane,       "session.leave",       "",              Pane,       Reads,   "C-g",              "take the keys back from the remote";
    EndSession,      "session.end",         "",              Pane,       Changes, "x",                "end this session";
    NextTab,         "session.next",        "",              Pane,       Reads,   "tab, n, l, right", "next session";
    PreviousTab,     "session.previous",    "",              Pane,       Reads,   "S-tab, p, h, left", "previous session";
    FocusPane,       "session.focus",       "",              Pane,       Opens,   "enter, i",         "give the keys to the remote";
    FullScreen,      "session.full-screen", "",              Pane,       Reads,   "z, f11",           "the pane alone on the screen, and back";
    ScrollUp,        "session.scroll-up",   "",              Pane,       Reads,   "k, up",            "a line back";
    ScrollDown,      "session.scroll-down", "",              Pane,       Reads,   "j, down",          "a line on";
    ScrollPageUp,    "session.page-up",     "",              Pane,       Reads,   "C-u, pageup",      "a page back";
    ScrollPageDown,  "session.page-down",   "",              Pane,       Reads,   "C-d, pagedown",    "a page on";
    ScrollEnd,       "session.bottom",      "",              Pane,       Reads,   "G, end",           "to the live end";
    Play,            "recording.play",      "",              Recordings, Reads,   "enter",            "play the recording";
    FindText,        "recording.search",    "[query]",       Recordings, Reads,   "s",                "find what was shown or run in every recording";
    MarkRecording,   "recording.mark",      "",              Recordings, Reads,   "m",                "mark the recording, or take the mark away";
    Beside,          "recording.beside",    "",              Recordings, Reads,   "b",                "play the two marked side by side";
    Verify,          "recording.verify",    "",              Recordings, Reads,   "v",                "check every byte of the recording";
    Export,          "recording.export",    "<format>",      Recordings, Reads,   "",                 "write it: asciicast-v2, -v3, text, html, svg, raw";
    PlayPause,       "player.pause",        "",              Player,     Reads,   "space",            "pause, and go on";
    Faster,          "player.faster",       "",              Player,     Reads,   "+, =, ]",          "double the speed, 32 at most";
    Slower,          "player.slower",       "",              Player,     Reads,   "-, [",             "half the speed, 0.25 at least";
    Forward,         "player.forward",      "",              Player,     Reads,   "l, right",         "5 seconds on";
    Backward,        "player.backward",     "",              Player,     Reads,   "h, left",          "5 seconds back";
    FarForward,      "player.far-forward",  "",              Player,     Reads,   "L, S-right",       "a minute on";
    FarBackward,     "player.far-backward", "",              Player,     Reads,   "H, S-left",        "a minute back";
    SeekPercent,     "player.percent",      "<0 to 100>",    Player,     Reads,   "",                 "go to a place by percent";
    SeekTime,        "player.seek",         "<1:02:03>",     Player,     Reads,   "",                 "go to a time";
    Step,            "player.step",         "",              Player,     Reads,   ".",                "one event on";
    StepBack,        "player.step-back",    "",              Player,     Reads,   ",",            "one event back";
    Idle,            "player.idle",         "",              Player,     Reads,   "i",                "shorten idle time, or keep it";
    Cover,           "player.cover",        "",              Player,     Reads,   "s",                "cover secrets, or show it as it was recorded";
    NextHit,         "player.next",         "",              Player,     Reads,   "n",                "next place where the text was found";
    PreviousHit,     "player.previous",     "",              Player,     Reads,   "N",                "previous place where the text was found";
    NextCommand,     "player.next-command", "",              Player,     Reads,   "j, down",          "next command";
    PreviousCommand, "player.previous-command", "",          Player,     Reads,   "k, up",            "previous command";
    Commands,        "player.commands",     "",              Player,     Reads,   "c",                "every command: when, how long, how it ended";
    CopyCommand,     "player.copy-command", "",              Player,     Reads,   "Y",                "copy the command of this moment";
    NextMoment,      "player.next-marker",  "",              Player,     Reads,   "m",                "next marker, join or gap";
    PreviousMoment,  "player.previous-marker", "",           Player,     Reads,   "M",                "previous marker, join or gap";
    SelectText,      "player.select",       "",              Player,     Reads,   "v",                "select text with the keys, as a drag does";
    Group,           "costs.group",         "",              Costs,      Reads,   "tab",              "group by service, account, region or tag";
    GroupBy,         "costs.group-by",      "[dimension]",   Costs,      Reads,   "s",                "split by any dimension, tag or cost category";
    SplitRow,        "costs.split-row",     "[dimension]",   Costs,      Reads,   "S",                "look inside this row by any of them";
    DrillIn,         "costs.open",          "",              Costs,      Reads,   "enter",            "look inside this row";
    DrillOut,        "costs.close",         "",              Costs,      Reads,   "backspace",        "back out";
    CostRight,       "costs.right",         "",              Costs,      Reads,   "l, right",         "look inside; board and calendar: the next column";
    CostLeft,        "costs.left",          "",              Costs,      Reads,   "h, left",          "back out; board and calendar: the column before";
    Lens,            "costs.lens",          "",              Costs,      Reads,   "m",                "unblended, amortized or net";
    NextSource,      "costs.next-source",   "",              Costs,      Reads,   "p",                "the next payer, files or Athena";
    FromSource,      "costs.source",        "<ce:PROFILE, files or athena>", Costs, Reads, "",           "where costs come from";
    CostTable,       "costs.table",         "",              Costs,      Reads,   "t",                "rows with their change, trend and forecast";
    CostDays,        "costs.days",          "",              Costs,      Reads,   "d",                "the days as bars";
    CostTreemap,     "costs.treemap",       "",              Costs,      Reads,   "e",                "areas as large as what they cost";
    CostCalendar,    "costs.calendar",      "",              Costs,      Reads,   "c",                "weeks and weekdays by heat";
    CostChanges,     "costs.changes",       "",              Costs,      Reads,   "w",                "what changed, in usage and in rate";
    CostAnomalies,   "costs.anomalies",     "",              Costs,      Reads,   "n",                "days outside their band, explained";
    CostMoves,       "costs.moves",         "",              Costs,      Reads,   "b",                "what to stop, reduce, rightsize and shift";
    CostLedger,      "costs.ledger",        "",              Costs,      Reads,   "a",                "moves that were taken on, and what they really saved";
    CostCommitments, "costs.commitments",   "",              Costs,      Reads,   "u",                "Savings Plans, reservations: used and unused";
    AwsAnomalies,    "costs.aws-anomalies", "",              Costs,      Reads,   "A",                "AWS's own anomalies beside ours, at a price";
    AwsForecast,     "costs.aws-forecast",  "",              Costs,      Reads,   "F",                "AWS's own forecast beside ours, at a price";
    NextCurrency,    "costs.next-currency", "",              Costs,      Reads,   "$",                "the next currency of the bill";
    Tax,             "costs.tax",           "",              Costs,      Reads,   "i t",              "tax in or out";
    Credit,          "costs.credit",        "",              Costs,      Reads,   "i c",              "credits in or out";
    Refund,          "costs.refund",        "",              Costs,      Reads,   "i r",              "refunds in or out";
    Support,         "costs.support",       "",              Costs,      Reads,   "i s",              "support in or out";
    Compare,         "costs.compare",       "[period]",      Costs,      Reads,   "C",                "compare any two periods; A..B ends the day before B";
    NextSpan,        "costs.next-period",   "",              Costs,      Reads,   "]",                "same days, whole months, last 7, last 30";
    Year,            "costs.year",          "",              Costs,      Reads,   "H",                "all thirteen months that are kept";
    SaveView,        "costs.save",          "[name]",        Costs,      Reads,   "V",                "keep this view under a name";
    OpenView,        "costs.view",          "<name>",        Costs,      Reads,   "",                 "a view that was kept";
    ForgetView,      "costs.forget",        "<name>",        Costs,      Changes, "",                 "take a kept view away";
    AcceptMove,      "costs.accept",        "",              Costs,      Changes, "x",                "take the move on: opens its runbook";
    SnoozeMove,      "costs.snooze",        "[DAY reason]",  Costs,      Changes, "z",                "put the move off until a day, for a reason";
    WithdrawMove,    "costs.withdraw",      "[reason]",      Costs,      Changes, "X",                "take back a move that was taken on, or put off";
    Pay,             "costs.pay",           "",              Costs,      Spends,  "",                 "ask for what was just priced";
    Spend,           "costs.refresh",       "",              Costs,      Spends,  "R",                "ask Cost Explorer now; says the price first";
    OpenPage,        "runbook.open",        "",              Runbooks,   Reads,   "enter, l, right",  "read the runbook, or follow the link";
    ClosePage,       "runbook.close",       "",              Runbooks,   Reads,   "h, left, backspace", "back to the list";
    NextBlock,       "runbook.next-block",  "",              Runbooks,   Reads,   "tab",              "next command or link of the page";
    PreviousBlock,   "runbook.previous-block", "",           Runbooks,   Reads,   "S-tab",            "previous command or link";
    NextInPage,      "runbook.next",        "",              Runbooks,   Reads,   "n",                "next place of what / sought on the page";
    PreviousInPage,  "runbook.previous",    "",              Runbooks,   Reads,   "N",                "previous place of it";
    NextSection,     "runbook.next-section", "",             Runbooks,   Reads,   "]",                "next section: diagnosis, mitigation";
    PreviousSection, "runbook.previous-section", "",         Runbooks,   Reads,   "[",                "previous section";
    Outline,         "runbook.outline",     "",              Runbooks,   Reads,   "o",                "headings of the page";
    BackLinks,       "runbook.back-links",  "",              Runbooks,   Reads,   "b",                "pages that link here";
    WidePage,        "runbook.wide",        "",              Runbooks,   Reads,   "z",                "the page alone, for wide tables, and back";
    EditPage,        "runbook.edit",        "",              Runbooks,   Reads,   "e",                "change the page, with a preview";
    EditOutside,     "runbook.editor",      "",              Runbooks,   Reads,   "E",                "open the page in $EDITOR at this line";
    SendBlock,       "runbook.send",        "",              Runbooks,   Opens,   "s",                "send the command to the focused session, after a preview";
    ResumePage,      "runbook.resume",      "[RUN]",         Runbooks,   Opens,   "",                 "go on with a run by its id; the newest without one";
    RunPage,         "runbook.run",         "",              Runbooks,   Opens,   "R",                "carry the page out: all of it, from a step, checks only";
    GoDocuments,     "go.documents",        "",              Anywhere,   Reads,   "g d",              "Systems Manager documents and automations";
    GoWaiting,       "go.waiting",          "",              Anywhere,   Reads,   "g w",              "the automation that waits for a person, then the next";
    BookDocuments,   "runbook.documents",   "",              Runbooks,   Reads,   "D",                "Systems Manager documents and automations";
    OpenDocument,    "document.open",       "",              Documents,  Reads,   "enter, l, right",  "look inside; in the form, fill the field";
    CloseDocument,   "document.close",      "",              Documents,  Reads,   "h, left, backspace", "back out";
    TurnField,       "document.turn",       "",              Documents,  Reads,   "space",            "the next choice of the field";
    StartDocument,   "document.start",      "",              Documents,  Opens,   "s",                "look ahead, ask, and start the document";
    StartByStep,     "document.start-by-step", "",           Documents,  Opens,   "S",                "the same, waiting for a word before each step";
    Automations,     "document.automations", "",             Documents,  Reads,   "tab",              "automations, and back to the documents";
    OutputDown,      "automation.output-down", "",           Documents,  Reads,   "]",                "the step's output a page on";
    OutputUp,        "automation.output-up", "",             Documents,  Reads,   "[",                "the step's output a page back";
    ApproveStep,     "automation.approve",  "",              Documents,  Opens,   "a",                "approve the step that waits";
    RejectStep,      "automation.reject",   "",              Documents,  Opens,   "X",                "reject the step that waits";
    RevokeStep,      "automation.revoke",   "",              Documents,  Opens,   "R",                "take back your approval of the step that waits";
    GoOnStep,        "automation.go-on",    "",              Documents,  Opens,   "n",                "resume the pause, or begin the next step";
    StopStep,        "automation.stop-step", "[NAME]",       Documents,  Changes, "t",                "stop the step under the cursor";
    StopAutomation,  "automation.stop",     "[complete]",    Documents,  Changes, "x",                "cancel it; complete: behind the steps that run";
    UndoPage,        "runbook.undo",        "[RUN]",         Carry,      Opens,   "u",                "undo what a run did, the last step first";
    StepYes,         "step.yes",            "",              Carry,      Opens,   "y",                "run the step, or say that it is done";
    StepEnter,       "step.enter",          "",              Carry,      Opens,   "enter",            "the same where one key is enough; type what is wanted";
    StepSkip,        "step.skip",           "",              Carry,      Reads,   "s",                "leave the step out";
    StepRetry,       "step.retry",          "",              Carry,      Opens,   "r",                "run the step again";
    StepAbort,       "step.abort",          "",              Carry,      Changes, "x",                "end the run; what can be undone is offered";
    ChainVerify,     "audit.verify",        "",              Audit,      Reads,   "v",                "check the chain from its first line";
    Reconcile,       "audit.reconcile",     "",              Audit,      Reads,   "R",                "compare AWS's history of sessions with the recordings";
    OpenRun,         "run.open",            "",              Runs,       Reads,   "enter, l, right",  "look inside: its instances, then an output";
    CloseRun,        "run.close",           "",              Runs,       Reads,   "h, backspace",     "back out";
    CancelRun,       "run.cancel",          "",              Runs,       Changes, "x",                "cancel it wherever it has not ended";
    RunAgain,        "run.again",           "",              Runs,       Opens,   "R",                "run it again where it did not succeed";
    RunShell,        "run.shell",           "",              Runs,       Opens,   "s",                "open a recorded shell on the instance";
    NextFound,       "run.next",            "",              Runs,       Reads,   "n",                "next place where the text was found";
    PreviousFound,   "run.previous",        "",              Runs,       Reads,   "N",                "previous place where the text was found";
    ToggleForward,   "forward.toggle",      "",              Forwards,   Opens,   "enter, space",     "start the tunnel, or stop it";
    StartForwards,   "forward.start-all",   "",              Forwards,   Opens,   "A",                "start every tunnel that the configuration names";
    AddForward,      "forward.add",         "[SPEC on TARGET]", Forwards, Opens,  "a",                "forward another port: 15432:db.internal:5432 on web-01";
    RemoveForward,   "forward.remove",      "",              Forwards,   Changes, "x",                "take a stopped tunnel off the list";
    ForwardDetail,   "forward.detail",      "",              Forwards,   Reads,   "d",                "show or hide its connections and sessions";
}

/// Keys that a verb of anywhere has in one place only.
pub const NEAR: &[(Place, Verb, &str)] = &[
    (Place::Incident, Verb::IncidentAck, "a"),
    (Place::Incident, Verb::IncidentMitigate, "m"),
    (Place::Incident, Verb::IncidentRecover, "v"),
    (Place::Incident, Verb::IncidentClose, "x"),
    (Place::Incident, Verb::IncidentReopen, "R"),
    (Place::Incident, Verb::IncidentRole, "p"),
    (Place::Incident, Verb::IncidentLink, "L"),
    (Place::Incident, Verb::IncidentSwitch, "t"),
    (Place::Incident, Verb::IncidentList, "tab"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_finds_its_own_row() {
        for spec in TABLE {
            assert_eq!(spec.verb.spec().name, spec.name);
        }
    }

    #[test]
    fn names_are_unique_and_have_a_noun_and_a_verb() {
        for (at, spec) in TABLE.iter().enumerate() {
            assert_eq!(spec.name.split('.').count(), 2, "{}", spec.name);
            assert!(
                TABLE[at + 1..].iter().all(|other| other.name != spec.name),
                "{}",
                spec.name
            );
        }
    }

    #[test]
    fn a_mistyped_command_is_answered_with_the_nearest() {
        let says = Command::parse("go.flee").unwrap_err().to_string();
        assert!(
            says.starts_with("no command is named go.flee, did you mean go.fleet"),
            "{says}"
        );
    }

    #[test]
    fn a_command_that_needs_an_argument_says_so() {
        assert!(
            Command::parse("app.theme")
                .unwrap_err()
                .to_string()
                .contains("<name>")
        );
        assert_eq!(Command::parse("app.theme  dusk ").unwrap().argument, "dusk");
    }
}
