//! What the configuration file can say, with the values that hold where it says nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::keys::Binding;
use super::notify::{Notify, Risky};
use super::{Approver, Duty, Redact, Redaction};

#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// AWS profiles to show; empty: the usual credential chain.
    pub profiles: Vec<String>,
    /// Regions to show where neither flags nor the profile say one.
    pub regions: Vec<String>,
    pub endpoint_url: Option<String>,
    pub endpoints: Endpoints,
    pub network: Network,
    /// The name of a built-in or user theme.
    pub theme: String,
    /// Whether the console takes mouse events.
    pub mouse: bool,
    pub production: Production,
    pub recording: Recording,
    /// `None`: recordings stay on this machine.
    pub store: Option<Store>,
    pub watch: Watch,
    pub audit: Audit,
    /// Rules for secrets besides those built in.
    pub redaction: Vec<Redaction>,
    pub session: Session,
    pub run: Run,
    pub runbooks: Runbooks,
    pub incident: Incident,
    /// Whom a runbook's `audience` means.
    pub roles: Vec<Duty>,
    pub costs: Costs,
    /// Tunnels that have a name.
    pub forwards: Vec<Forward>,
    /// Who is told of events.
    pub notify: Vec<Notify>,
    /// Commands to be told of, besides the built-in ones.
    pub risky: Vec<Risky>,
    /// Key strokes to command lines, free of conflicts among themselves.
    pub keys: Vec<Binding>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            profiles: Vec::new(),
            regions: Vec::new(),
            endpoint_url: None,
            endpoints: Endpoints::default(),
            network: Network::default(),
            theme: super::theme::DEFAULT.into(),
            mouse: true,
            production: Production::default(),
            recording: Recording::default(),
            store: None,
            watch: Watch::default(),
            audit: Audit::default(),
            redaction: Vec::new(),
            session: Session::default(),
            run: Run::default(),
            runbooks: Runbooks::default(),
            incident: Incident::default(),
            roles: Vec::new(),
            costs: Costs::default(),
            forwards: Vec::new(),
            notify: Vec::new(),
            risky: Vec::new(),
            keys: Vec::new(),
        }
    }
}

/// Addresses of single services, such as VPC endpoints.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoints {
    pub ssm: Option<Endpoint>,
    /// Of the data channel.
    pub ssmmessages: Option<Endpoint>,
}

/// What stands in for the address of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Everywhere; `{region}` in it is the region.
    All(String),
    /// In these regions, by their names; AWS's own elsewhere.
    Each(BTreeMap<String, String>),
}

impl Endpoint {
    pub fn at(&self, region: &str) -> Option<String> {
        match self {
            Endpoint::All(url) => Some(url.replace("{region}", region)),
            Endpoint::Each(urls) => urls.get(region).cloned(),
        }
    }
}

/// How connections leave this machine; what is absent comes from the usual variables.
#[derive(Clone, Default, PartialEq)]
pub struct Network {
    /// `http://`, `https://`, `socks5://` or `socks5h://`, with user and password where needed.
    pub proxy: Option<String>,
    /// Hosts, domains and networks that are reached without it.
    pub no_proxy: Vec<String>,
    /// Whether even this machine's own addresses are asked for through the proxy.
    pub proxy_loopback: bool,
    /// PEM certificates to trust besides the system's; `~/` expanded, relative to the configuration file.
    pub ca_bundle: Option<PathBuf>,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The proxy may hold a password.
        f.debug_struct("Network")
            .field("proxy", &self.proxy.as_ref().map(|_| "…"))
            .field("no_proxy", &self.no_proxy)
            .field("proxy_loopback", &self.proxy_loopback)
            .field("ca_bundle", &self.ca_bundle)
            .finish()
    }
}

/// Which instances are production.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Production {
    /// In the fleet's filter language (key `match`); `None`: the tag rule of [`Production::default_rule`].
    pub filter: Option<String>,
}

impl Production {
    /// The rule where no filter is configured: tag `env` or `Environment` is `prod` or `production`.
    pub fn default_rule<'a>(tag: impl Fn(&str) -> Option<&'a str>) -> bool {
        ["env", "Environment"]
            .into_iter()
            .filter_map(tag)
            .any(|value| matches!(value, "prod" | "production"))
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// `None`: strict for production, best effort otherwise.
    pub mode: Option<Mode>,
    /// What holds on some nodes, before `mode`; the first that matches decides.
    pub rules: Vec<RecordingRule>,
    /// Whether echoed input is recorded as such.
    pub input: bool,
    /// Whom recordings are encrypted to.
    pub recipients: Vec<Recipient>,
    /// Where they must be; `None`: wherever there are recipients.
    pub encrypt: Option<Encrypt>,
    /// Files of age identities that open encrypted recordings; `--identity` and `QD_IDENTITY` come first in it.
    pub identities: Vec<PathBuf>,
    /// Where the key is that answers for this device's recordings.
    pub device_key: DeviceKey,
    /// Which key of the ssh-agent: its comment or fingerprint; `None` where it has one Ed25519 key only.
    pub agent_key: Option<String>,
    /// When secrets in output are covered.
    pub redact: Redact,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceKey {
    #[default]
    File,
    SshAgent,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audit {
    /// Verifier keys (`name+id+base64`) of those whose cosignatures count.
    pub witnesses: Vec<String>,
}

/// An entry of `recipients`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// An age X25519 public key, `age1…`.
    Key(String),
    /// A file that lists such keys, one a line; `~/` expanded, relative to the configuration file.
    File(PathBuf),
}

/// Which targets no session is opened on unless its recording is encrypted. The others' are in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encrypt {
    Always,
    Production,
}

/// A `[[recording.rules]]` of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingRule {
    /// In the fleet's filter language (key `match`).
    pub filter: String,
    pub mode: Mode,
}

/// The team's bucket, to which recordings and audit events go while they are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Store {
    pub bucket: String,
    /// Before every key; ends with a slash unless it is empty.
    pub prefix: String,
    /// `None`: the first profile that is shown.
    pub profile: Option<String>,
    /// `None`: the profile's own.
    pub region: Option<String>,
    /// `None`: the one of all services, where there is one.
    pub endpoint_url: Option<String>,
    pub lock: Lock,
    /// Whether a session is refused while the store cannot be written.
    pub required: bool,
    /// What holds where no class matches.
    pub keep: Keep,
    /// The first whose filter matches the target holds.
    pub classes: Vec<Class>,
}

/// Object Lock of what is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lock {
    #[default]
    None,
    Governance,
    Compliance,
}

/// For how many days a recording is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Under Object Lock, from its upload on.
    pub lock_days: u32,
    /// On this machine, from its start on; `None`: until somebody deletes it.
    pub local_days: Option<u32>,
}

impl Default for Keep {
    fn default() -> Keep {
        Keep {
            lock_days: 365,
            local_days: None,
        }
    }
}

/// A `[[store.class]]`: targets whose recordings are kept for another time.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    pub name: String,
    /// In the fleet's filter language (key `match`).
    pub filter: String,
    pub keep: Keep,
}

/// What a watcher may do besides watching.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watch {
    pub may_end: bool,
}

/// What happens to a session that cannot be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It ends within a second.
    Strict,
    /// It goes on, with a marked gap.
    BestEffort,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    pub reason: Reason,
    /// Session document of shells where none is named; `None`: the account's own preferences.
    pub document: Option<String>,
    /// Whether a remote program may set the clipboard (OSC 52).
    pub clipboard: bool,
    /// The account's idle limit, where its preferences may not be read.
    pub idle_limit: Option<Duration>,
}

/// When a session needs a stated reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reason {
    Never,
    #[default]
    Production,
    Always,
}

impl Reason {
    pub fn is_required(self, production: bool) -> bool {
        match self {
            Reason::Never => false,
            Reason::Production => production,
            Reason::Always => true,
        }
    }
}

/// Commands on many machines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// `BUCKET` or `BUCKET/PREFIX`, to which AWS writes output in full.
    pub bucket: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runbooks {
    /// Folders of Markdown: `~/` expanded, others relative to the configuration file; `s3://BUCKET/PREFIX` and `ssm:` as they are.
    pub paths: Vec<PathBuf>,
    /// Whether everybody runs from the catalogue only: pages for them, with values of a stated form and no free text.
    pub catalogue: bool,
    /// Roles that do so where not everybody does.
    pub catalogue_for: Vec<String>,
    /// Second persons whose approval of a step counts; empty: that of any other device.
    pub approvers: Vec<Approver>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incident {
    /// Whether every incident has an OpsItem at AWS.
    pub opsitems: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// US cents that paid Cost Explorer requests may cost in a day (key `cap_per_day`, in dollars); one
    /// request costs one cent.
    pub cap_per_day_cents: u32,
    /// Days on which costs may be low without an alarm.
    pub holidays: Vec<super::Holiday>,
    /// Where Athena reads an export of the bill; `None`: it is not asked.
    pub athena: Option<Athena>,
    /// What costs are divided by.
    pub units: Vec<super::Unit>,
}

/// An export of the bill that is registered as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Athena {
    pub database: String,
    pub table: String,
    pub kind: ExportKind,
    /// `primary` where absent.
    pub workgroup: Option<String>,
    /// The `s3://` address of results; the workgroup's own where absent.
    pub output: Option<String>,
    /// Whose credentials; the first profile's where absent.
    pub profile: Option<String>,
    /// Where the table is; the profile's region where absent.
    pub region: Option<String>,
}

/// What an export's columns are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportKind {
    /// FOCUS 1.0, whose usage type is in `x_UsageType`.
    #[default]
    Focus,
    /// FOCUS 1.2, whose usage type is in `SkuMeter`.
    Focus12,
    /// AWS's own Cost and Usage Report, version 2.
    Cur2,
}

impl Default for Costs {
    fn default() -> Costs {
        Costs {
            cap_per_day_cents: 300,
            holidays: Vec::new(),
            athena: None,
            units: Vec::new(),
        }
    }
}

/// Sessions that one tunnel may spread its connections over.
pub const MOST_SESSIONS: usize = 32;

/// A `[[forwards]]` of the file: what `qd forward NAME` opens.
#[derive(Clone, Debug, PartialEq)]
pub struct Forward {
    pub name: String,
    /// As on the command line: an id, a Name tag, `key=value` tags.
    pub target: String,
    /// As on the command line; read by whoever opens them.
    pub specs: Vec<String>,
    /// Addresses to listen on; empty: both of loopback.
    pub bind: Vec<String>,
    pub sessions: usize,
    pub reason: String,
    /// Opened by the first connection.
    pub lazy: bool,
}
