//! The one place where SDK types are known: credentials, clients, paging, retries, and the plain words
//! for what went wrong. Everything that leaves this room is a type of our own; no secret ever does,
//! except a session ticket on its way to the data channel.

mod account;
mod alarm;
mod anomaly;
mod athena;
mod automation;
mod bill;
mod budget;
mod cloud;
mod command;
mod commitment;
mod disk;
mod document;
mod ecs;
mod endpoint;
mod estate;
mod everywhere;
mod failure;
mod history;
mod http;
mod instance_connect;
mod kms;
mod label;
mod log_stream;
mod machine;
mod object;
pub mod opsitem;
mod paging;
mod parameter;
mod preference;
mod renewal;
mod session;
mod version;

pub use alarm::{AlarmQuery, AlarmRow, Mute, Transition};
pub use anomaly::AnomalyRow;
pub use athena::{Athena, Progress, QueryRow};
pub use automation::{
    Execution, ExecutionRow, Foreseen, Location, Mode, Named, PreviewState, Signal, StartAutomation, Status,
    StepRun, StopAlarm,
};
pub use bill::{
    CostPage, CostQuery, CostRow, Forecast, ForecastQuery, ForecastSpan, Group, Restriction, Unanswered,
};
pub use budget::BudgetRow;
pub use cloud::{Cloud, Places};
pub use command::{Invocation, InvocationRow, PluginRow, SendCommand, Sendees};
pub use commitment::{PlanCoverage, PlanUse, ReservationCoverage, ReservationUse};
pub use disk::Disk;
pub use document::{DocumentQuery, DocumentRow, DocumentText};
pub use ecs::{ExecuteCommand, Task, TaskContainer};
pub use endpoint::{Address, Endpoints};
pub use estate::{
    Balancer, ElasticIp, Enrolled, HubTotal, LogGroup, MetricQuery, MetricSeries, NatGateway, SizeAdvice,
    Snapshot, VpcEndpoint,
};
pub use everywhere::everywhere;
pub use failure::{Failure, Why};
pub use history::TrailRow;
pub use instance_connect::{Endpoint, PushKey};
pub use machine::{Instance, ManagedNode};
pub use object::{ObjectFacts, ObjectRow, Put, PutObject, Retain};
pub use opsitem::{Created, OpsChange, OpsFound, OpsItem, OpsStatus};
pub use preference::Preferences;
pub use session::{SessionQuery, SessionRow, StartSession};
pub use version::ObjectVersion;

/// Whom to ask, and where.
#[derive(Clone, Default)]
pub struct Settings {
    /// Profiles by name; empty: the usual credential chain under the name in `AWS_PROFILE`, or `default`.
    pub profiles: Vec<String>,
    /// Only these regions, whatever the profiles say.
    pub regions: Vec<String>,
    /// Regions besides each profile's own; unused when `regions` is given.
    pub default_regions: Vec<String>,
    /// One endpoint for every service; `AWS_ENDPOINT_URL` is read when absent.
    pub endpoint_url: Option<String>,
    /// Addresses for single services.
    pub endpoints: Endpoints,
    /// How connections leave this machine.
    pub network: crate::net::Network,
    /// Accounts with fixed keys (the embedded simulator's); when any is given, profiles are not read at all.
    pub accounts: Vec<StaticAccount>,
}

/// An account with fixed keys.
#[derive(Clone)]
pub struct StaticAccount {
    /// Shown where a profile's name would be.
    pub name: String,
    pub id: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
    pub regions: Vec<String>,
}

/// A region of an account, as reached through a profile.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub profile: String,
    pub region: String,
}

/// Who the credentials of a profile are, by STS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub account: String,
    pub arn: String,
    pub user_id: String,
}
