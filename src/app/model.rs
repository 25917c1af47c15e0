//! Everything the console knows. Long-lived things (sessions, players) are named by id here and live in the hub.

use std::time::Duration;

use jiff::Timestamp;

use crate::config::Config;
use crate::config::keys::Stroke;
use crate::fleet::{Node, Policy};
use crate::panel::{
    alarms, audit, carry, costs, documents, fanout, fleet, forwards, incident, recordings, runbooks, sessions,
};
use crate::runbook::catalogue::Catalogue;

use super::command::Place;
use super::keymap::Bindings;
use super::msg::Notice;
use super::overlay::{Busy, Overlay};

/// The panel that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Room {
    #[default]
    Home,
    Fleet,
    Sessions,
    Recordings,
    Player,
    Costs,
    Runbooks,
    Audit,
    Runs,
    Forwards,
    /// A page that is carried out.
    Carry,
    /// Systems Manager documents and automations.
    Documents,
    Incident,
    Alarms,
}

impl Room {
    /// Rooms of the tab bar, in the order of their keys.
    pub const TABS: [(Room, &str); 9] = [
        (Room::Home, "Home"),
        (Room::Fleet, "Fleet"),
        (Room::Sessions, "Sessions"),
        (Room::Recordings, "Recordings"),
        (Room::Costs, "Costs"),
        (Room::Runbooks, "Runbooks"),
        (Room::Audit, "Audit"),
        (Room::Runs, "Runs"),
        (Room::Forwards, "Forwards"),
    ];

    pub fn place(self) -> Place {
        match self {
            Room::Home | Room::Alarms => Place::Home,
            Room::Fleet => Place::Fleet,
            Room::Sessions => Place::Pane,
            Room::Recordings => Place::Recordings,
            Room::Player => Place::Player,
            Room::Costs => Place::Costs,
            Room::Runbooks => Place::Runbooks,
            Room::Audit => Place::Audit,
            Room::Runs => Place::Runs,
            Room::Forwards => Place::Forwards,
            Room::Carry => Place::Carry,
            Room::Documents => Place::Documents,
            Room::Incident => Place::Incident,
        }
    }
}

#[derive(Debug)]
pub struct Model {
    pub config: Config,
    pub bindings: Bindings,
    /// The configured rule for what production is; or the usual tags.
    pub policy: Policy,
    pub read_only: bool,
    /// Of this machine.
    pub user: Option<String>,
    /// What they may run; of nobody until `user` is known.
    pub catalogue: Catalogue,
    /// The embedded simulator answers; said on the screen, decided nowhere.
    pub demo: bool,
    pub cols: u16,
    pub rows: u16,
    pub room: Room,
    pub came_from: Vec<Room>,
    pub fleet: fleet::Fleet,
    pub sessions: sessions::Sessions,
    pub recordings: recordings::Recordings,
    pub costs: costs::Costs,
    pub runbooks: runbooks::Runbooks,
    pub audit: audit::Audit,
    pub fanout: fanout::Fanout,
    pub forwards: forwards::Forwards,
    pub carry: carry::Carry,
    /// The run that is about to begin, while a value is typed for it.
    pub carry_start: Option<Box<carry::Start>>,
    /// Runs of pages that a crash has left in the middle, newest first.
    pub carry_left: Vec<crate::runbook::run::Left>,
    pub documents: documents::Documents,
    pub incidents: incident::Incidents,
    pub alarms: alarms::Alarms,
    pub overlay: Option<Overlay>,
    pub notices: Vec<Notice>,
    /// Ticks that the newest notice stays in the status line.
    pub notice_for: u32,
    pub busy: Vec<Busy>,
    /// Strokes of a sequence that is not complete.
    pub typed: Vec<Stroke>,
    pub theme: String,
    pub ticks: u64,
    /// The last message changed nothing that is seen.
    pub unchanged: bool,
    /// Set by the runtime with every tick and batch; ages are counted from it.
    pub now: Timestamp,
}

/// Ticks a notice stays in sight: six seconds.
pub const NOTICE_TICKS: u32 = 24;

impl Model {
    /// Who sits here: the user of this machine, and once it is known the caller at AWS.
    pub fn know(&mut self, user: Option<String>, arn: Option<&str>) {
        self.catalogue = Catalogue::of(&self.config, user.as_deref(), arn);
        self.user = user;
    }

    pub fn new(config: Config, bindings: Bindings, policy: Policy) -> Self {
        let theme = config.theme.clone();
        let forwards = forwards::Forwards::of(&config.forwards);
        Self {
            config,
            bindings,
            theme,
            read_only: false,
            user: None,
            catalogue: Catalogue::default(),
            demo: false,
            cols: 80,
            rows: 24,
            room: Room::Home,
            came_from: Vec::new(),
            fleet: Default::default(),
            sessions: Default::default(),
            recordings: Default::default(),
            costs: Default::default(),
            runbooks: Default::default(),
            audit: Default::default(),
            fanout: Default::default(),
            forwards,
            carry: Default::default(),
            carry_start: Default::default(),
            carry_left: Default::default(),
            documents: Default::default(),
            incidents: Default::default(),
            alarms: Default::default(),
            unchanged: false,
            overlay: None,
            notices: Vec::new(),
            notice_for: 0,
            busy: Vec::new(),
            typed: Vec::new(),
            ticks: 0,
            now: Timestamp::UNIX_EPOCH,
            policy,
        }
    }

    /// Whether something on the screen moves with time: then, and only then, the loop ticks.
    pub fn shows_time(&self) -> bool {
        let runs = self.room == Room::Runs && self.fanout.going() > 0;
        let stalled = match self.room {
            Room::Forwards => self.forwards.any_stalled(),
            Room::Home => self.forwards.any_stalled() || self.sessions.any_stalled(),
            Room::Sessions => self.sessions.any_stalled(),
            _ => false,
        };
        let carries = match self.room {
            Room::Carry => self.carry.is_going(),
            Room::Documents => self.documents.going() > 0,
            _ => false,
        };
        !self.busy.is_empty() || self.notice_for > 0 || runs || stalled || carries
    }

    /// Until an idle limit in sight is counted down by one more, or the incident in the header or the costs in sight are older:
    /// a session that is idle wakes nobody else.
    pub fn counts_down_in(&self) -> Option<Duration> {
        let costs = (self.room == Room::Costs).then_some(&self.costs);
        self.sessions
            .counts_down_in()
            .filter(|_| self.room == Room::Sessions)
            .into_iter()
            .chain(self.incidents.ages_in(self.now))
            .chain(costs.and_then(|costs| costs.ages_in(self.now)))
            .min()
    }

    /// When alarms are to be asked for again, while they are in sight.
    pub fn alarms_due_at(&self) -> Option<Timestamp> {
        let in_sight = matches!(self.room, Room::Home | Room::Alarms);
        self.alarms.due_at().filter(|_| in_sight)
    }

    /// Whether policy calls a node production.
    pub fn is_production(&self, node: &Node) -> bool {
        self.policy.is_production(node)
    }

    pub fn notice(&mut self, notice: Notice) {
        const KEPT: usize = 200;
        self.notices.push(notice);
        if self.notices.len() > KEPT {
            self.notices.remove(0);
        }
        self.notice_for = NOTICE_TICKS;
    }

    pub fn go(&mut self, room: Room) {
        if room != self.room {
            self.came_from.push(self.room);
            self.room = room;
        }
    }

    /// Where keys are looked up now.
    pub fn place(&self) -> Place {
        self.room.place()
    }
}
