//! One thing to do: what, where, why, and what it brings.

use sha2::{Digest, Sha256};

use super::due::Due;
use super::inventory::Place;
use super::rate::PriceSource;
use crate::cost::Amount;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Move {
    Stop,
    Reduce,
    Rightsize,
    Shift,
}

macro_rules! rules {
    ($($rule:ident = $name:literal $step:ident,)*) => {
        /// What was looked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($rule,)*
        }

        impl Rule {
            pub const ALL: &'static [Rule] = &[$(Rule::$rule,)*];

            /// As people and the book of decisions name it.
            pub fn name(self) -> &'static str {
                match self { $(Rule::$rule => $name,)* }
            }

            /// The runbook that does it, in the library that comes with the program.
            pub fn runbook(self) -> &'static str {
                match self { $(Rule::$rule => concat!("costs/", $name),)* }
            }

            pub fn step(self) -> Move {
                match self { $(Rule::$rule => Move::$step,)* }
            }
        }
    };
}

rules! {
    UnattachedVolume = "unattached-volume" Stop,
    StoppedInstance = "stopped-instance" Stop,
    UnusedAddress = "unused-address" Stop,
    OrphanSnapshot = "orphan-snapshot" Stop,
    IdleInstance = "idle-instance" Stop,
    UnvisitedInstance = "unvisited-instance" Stop,
    IdleGateway = "idle-gateway" Stop,
    OffHours = "off-hours" Reduce,
    EndlessLogs = "endless-logs" Reduce,
    NatHotSpot = "nat-hot-spot" Reduce,
    TransferHotSpot = "transfer-hot-spot" Reduce,
    PublicAddress = "public-address" Reduce,
    Recommended = "recommended-size" Rightsize,
    OneSizeDown = "one-size-down" Rightsize,
    NewerVolume = "gp2-to-gp3" Shift,
    CurrentGeneration = "current-generation" Shift,
    Graviton = "graviton" Shift,
    SavingsPlan = "savings-plan" Shift,
    Spot = "spot" Shift,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    A,
    B,
    C,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    Minutes,
    Hours,
    Days,
}

impl Effort {
    /// What doing it takes, as people and scripts read it.
    pub fn name(self) -> &'static str {
        match self {
            Effort::Minutes => "minutes",
            Effort::Hours => "hours",
            Effort::Days => "days",
        }
    }
}

/// A month, between a low and a high guess; both are the same where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saving {
    pub low: Amount,
    pub high: Amount,
}

impl Saving {
    /// To the cent.
    pub fn exactly(usd: f64) -> Saving {
        Saving {
            low: cents(usd),
            high: cents(usd),
        }
    }

    pub fn between(low: f64, high: f64) -> Saving {
        Saving {
            low: cents(low),
            high: cents(high),
        }
    }
}

/// The nearest cent; what is no number saves nothing.
pub(super) fn cents(usd: f64) -> Amount {
    Amount::parse(&format!("{usd:.2}"))
        .map(|parsed| parsed.amount)
        .unwrap_or_default()
}

/// The runbook that does it, and what to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its name in the library, without the ending.
    pub runbook: &'static str,
    /// By the names that its placeholders have.
    pub parameters: Vec<(&'static str, String)>,
}

impl Action {
    /// The runbook of a rule for one resource.
    pub(super) fn of(rule: Rule, place: &Place, resource: &str) -> Action {
        let mut parameters = Vec::new();
        // What is of every account at once has none.
        if !place.account.is_empty() {
            parameters.push(("account", place.account.clone()));
        }
        if !place.region.is_empty() {
            parameters.push(("region", place.region.clone()));
        }
        parameters.push((rule.subject(), resource.to_owned()));
        Action {
            runbook: rule.runbook(),
            parameters,
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Action {
        self.parameters.push((name, value.into()));
        self
    }
}

impl Rule {
    /// The inverse of its name; `None` of a rule that this program does not know.
    pub fn parse(name: &str) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|rule| rule.name() == name)
    }

    /// Whether on one resource nothing is left for another rule once this one is taken on: what is stopped can be made no
    /// cheaper, one move is made once, and a disk that gets another kind is not deleted as well.
    pub(super) fn shuts_out(self, other: Rule) -> bool {
        let ends = |rule: Rule| rule.step() == Move::Stop;
        self.step() == other.step() || ends(self) || (self == Rule::NewerVolume && ends(other))
    }

    /// What its runbook calls the thing that it is about.
    fn subject(self) -> &'static str {
        match self {
            Rule::UnattachedVolume | Rule::NewerVolume => "volume_id",
            Rule::UnusedAddress => "allocation_id",
            Rule::OrphanSnapshot => "snapshot_id",
            Rule::IdleGateway => "gateway",
            Rule::EndlessLogs => "log_group",
            Rule::NatHotSpot | Rule::TransferHotSpot => "usage_type",
            Rule::SavingsPlan => "what",
            _ => "instance_id",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub rule: Rule,
    pub place: Place,
    pub resource: String,
    pub name: Option<String>,
    pub team: Option<String>,
    /// What was seen, one sentence.
    pub evidence: String,
    pub saving: Saving,
    /// What the resource costs a month, of which the saving is a part.
    pub cost: Amount,
    /// Other resources that go with it: volumes and addresses of an instance.
    pub covers: Vec<String>,
    pub price: PriceSource,
    pub confidence: Confidence,
    pub effort: Effort,
    /// The usage type that it shows under in the bill, where one can be named.
    pub billed_as: Option<String>,
    /// What it can take off the bill at most; `None` where no bill tells.
    pub due: Option<Due>,
    pub reversible: bool,
    pub action: Action,
}

/// A resource and what is done to it: only one finding can be carried out there.
pub type Turn = (Place, String, Move);

impl Finding {
    pub fn turn(&self) -> Turn {
        (self.place.clone(), self.resource.clone(), self.rule.step())
    }

    /// Whether the other cannot be done beside this one, itself included.
    pub fn shuts_out(&self, other: &Finding) -> bool {
        let is_same = self.resource == other.resource && self.rule.shuts_out(other.rule);
        let goes_along = self.rule.step() == Move::Stop && self.covers.contains(&other.resource);
        self.place == other.place && (is_same || goes_along)
    }

    /// What a machine becomes.
    pub fn new_type(&self) -> Option<&str> {
        let mut parameters = self.action.parameters.iter();
        let found = parameters.find(|(name, _)| *name == "new_type");
        found.map(|(_, value)| value.as_str())
    }

    /// The same every day, so that a decision about it is found again: twelve hexadecimal digits.
    pub fn id(&self) -> String {
        let Place { account, region } = &self.place;
        let text = [self.rule.name(), account, region, &self.resource].join("\0");
        hex::encode(Sha256::digest(text))[..12].to_owned()
    }
}
