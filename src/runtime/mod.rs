//! Executes effects and owns the long-lived actors. Work with a key replaces the running one of the same key, and
//! what a replaced one still says is dropped on the way in.

mod alarm;
mod carry;
mod costs;
mod document;
mod export;
mod fanout;
mod find;
mod fleet;
mod forward;
mod hub;
mod inbox;
mod incident;
mod lull;
mod picture;
mod player;
mod reconcile;
mod recover;
mod runbooks;
mod session;
pub(crate) mod shed;
mod shot;
mod stamp;
mod theme;
mod view;
mod watching;

use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use ratatui::buffer::Buffer;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::AbortHandle;

use crate::app::{Effect, Key, Msg, Notice, Weight};
use crate::audit::{self, Log, Range};
use crate::aws::Cloud;
use crate::config::theme::Depth;
use crate::config::{Config, Paths, Redact, Theme};
use crate::recording::redaction::Rules;
use crate::recording::remote::Report;
use crate::recording::{Catalogue, Keyring, Library, verify};
use crate::runbook;
use crate::ui::markdown::highlight;

use forward::Tunnels;
pub use hub::Hub;
pub use inbox::Inbox;
use inbox::Outbox;
use lull::Lull;

/// What a connection brings: the clients, and whatever must live as long as they do.
pub type Connected = Result<(Cloud, Box<dyn Any + Send>), Notice>;

pub struct Runtime {
    config: Config,
    paths: Paths,
    hub: Arc<Hub>,
    outbox: Outbox,
    running: HashMap<Key, AbortHandle>,
    cloud: watch::Receiver<Option<Cloud>>,
    runbooks: Vec<PathBuf>,
    /// As it was last read: what has not changed is not read again.
    library: Arc<Mutex<runbook::Library>>,
    books: Arc<costs::Books>,
    /// As far as they were asked for: each refresh asks for some.
    alarm_tags: crate::alarm::Tags,
    /// Set to end the search that runs.
    searching: Arc<AtomicBool>,
    /// For work that nobody waits for.
    lull: Arc<Lull>,
}

impl Runtime {
    /// Begins connecting at once; effects that need the cloud wait for it.
    pub fn start(
        config: Config,
        paths: Paths,
        runbooks: Vec<PathBuf>,
        connect: impl Future<Output = Connected> + Send + 'static,
    ) -> (Self, Inbox) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let hub = Arc::new(Hub::new(Depth::from_environment() == Depth::Plain));
        let outbox = Outbox::new(sender);
        let (told, cloud) = watch::channel(None);
        let noticed = outbox.clone();
        let kept = hub.clone();
        tokio::spawn(async move {
            match connect.await {
                Ok((cloud, guard)) => {
                    kept.keep(guard);
                    let _ = told.send(Some(cloud));
                }
                Err(notice) => noticed.send(Msg::Noticed(notice)),
            }
        });
        let tunnels = Tunnels::start(
            cloud.clone(),
            config.clone(),
            paths.data_dir.clone(),
            outbox.clone(),
        );
        hub.put_tunnels(tunnels);
        let books = costs::Books::new(cloud.clone(), config.clone(), paths.clone());
        let inbox = Inbox::new(receiver, hub.clone(), outbox.clone());
        (
            Self {
                config,
                paths,
                hub,
                outbox,
                running: HashMap::new(),
                cloud,
                runbooks,
                library: Arc::default(),
                books: Arc::new(books),
                alarm_tags: crate::alarm::Tags::refreshed(),
                searching: Arc::default(),
                lull: Arc::default(),
            },
            inbox,
        )
    }

    /// Screens, for painting.
    pub fn hub(&self) -> Arc<Hub> {
        self.hub.clone()
    }

    /// Told whenever a screen changed.
    pub fn changed(&self) -> Arc<Notify> {
        self.hub.changed.clone()
    }

    pub fn lull(&self) -> Arc<Lull> {
        self.lull.clone()
    }

    pub fn say(&self, notice: Notice) {
        self.outbox.send(Msg::Noticed(notice));
    }

    /// Passes on when the team store falls behind, and when it has caught up.
    pub fn hear_of_store(&self, mut reports: mpsc::UnboundedReceiver<Report>) {
        let out = self.outbox.clone();
        tokio::spawn(async move {
            while let Some(report) = reports.recv().await {
                out.send(Msg::Noticed(match report {
                    Report::Behind { cause, hint } => {
                        let says = format!("the team store is behind: {cause}; {hint}");
                        Notice::new(Weight::Warn, says)
                    }
                    Report::Again => Notice::new(Weight::Info, "the team store has caught up"),
                }));
            }
        });
    }

    pub fn load_theme(&self, name: &str) -> Result<Theme, Notice> {
        let theme = Theme::load(name, &self.paths.themes_dir()).map_err(|bad| theme::refused(&bad))?;
        Ok(theme.at(Depth::from_environment()))
    }

    /// Writes what was drawn; says where, or why not.
    pub fn write_picture(&self, cells: Buffer, theme: Theme, file: String) {
        let out = self.outbox.clone();
        tokio::task::spawn_blocking(move || out.send(Msg::Noticed(shot::write(&cells, &theme, &file))));
    }

    /// Ends every session, run and tunnel, and waits for their seals.
    pub async fn end(self) {
        self.searching.store(true, Ordering::Relaxed);
        self.lull.end();
        for (_, running) in self.running {
            running.abort();
        }
        self.hub.end().await;
    }

    pub fn perform(&mut self, effect: Effect) {
        let key = effect.key();
        let paths = self.paths.clone();
        match effect {
            Effect::LoadFleet => self.run(None, move |out| fleet::load(paths, out)),
            Effect::FetchFleet => {
                let cloud = self.cloud.clone();
                self.run(key, move |out| fleet::fetch(cloud, paths, out));
            }
            Effect::Open { node, reason, size } => {
                let open = session::Open {
                    node: *node,
                    reason,
                    size,
                    config: self.config.clone(),
                    data_dir: paths.data_dir,
                    changed: self.hub.changed.clone(),
                };
                let (cloud, pane) = (self.cloud.clone(), self.hub.next_pane());
                self.run(key, move |out| session::open(cloud, pane, open, out));
            }
            Effect::Session(pane, order) => self.hub.to_session(pane, order),
            Effect::Forget(pane) => self.hub.forget(pane),
            Effect::ListRecordings => {
                let lull = self.lull.clone();
                self.blocking(key, move |out| {
                    let library = Library::open(&paths.data_dir);
                    recover::recover(&library, &paths, &out);
                    out.send(Msg::CarryLeft(runbook::run::left(
                        &paths.data_dir,
                        jiff::Timestamp::now(),
                    )));
                    find::keep(paths.data_dir.clone(), lull);
                    match library.list() {
                        Ok((rows, failed)) => {
                            out.send(Msg::RecordingsListed(rows));
                            for cause in failed {
                                out.send(Msg::Noticed(Notice::new(Weight::Warn, cause.to_string())));
                            }
                        }
                        Err(cause) => out.send(Msg::Noticed(Notice::new(Weight::Bad, cause.to_string()))),
                    }
                });
            }
            Effect::Verify { id, path } => self.blocking(key, move |out| match verify(&path) {
                Ok(verdict) => out.send(Msg::RecordingVerified { id, verdict }),
                Err(cause) => out.send(Msg::Noticed(Notice::new(Weight::Bad, cause.to_string()))),
            }),
            Effect::Export { id, path, format } => {
                let config = self.config.clone();
                self.blocking(key, move |out| {
                    out.send(Msg::Noticed(export::export(&paths, &config, &id, &path, &format)))
                });
            }
            Effect::Play {
                path,
                title,
                found,
                beside,
            } => {
                let open = player::Open {
                    data_dir: paths.data_dir,
                    keyring: Keyring::of(&self.config.recording),
                    rules: Rules::new(&self.config.redaction).map(Arc::new),
                    covers: self.config.recording.redact != Redact::Off,
                    path,
                    title,
                    pane: self.hub.next_pane(),
                    beside: beside.map(|(path, title)| (path, self.hub.next_pane(), title)),
                    found,
                    changed: self.hub.changed.clone(),
                };
                self.blocking(None, move |out| player::open(open, out));
            }
            Effect::Search { query, logged } => {
                let stop = Arc::new(AtomicBool::new(false));
                std::mem::replace(&mut self.searching, stop.clone()).store(true, Ordering::Relaxed);
                let catalogue = Catalogue::open(&paths.data_dir, Keyring::of(&self.config.recording));
                self.blocking(key, move |out| {
                    find::find(paths.data_dir, catalogue, query, logged, &stop, &out)
                });
            }
            Effect::Player(pane, order) => self.hub.to_player(pane, order),
            Effect::FetchCosts { .. }
            | Effect::SplitCosts { .. }
            | Effect::FindAnomalies { .. }
            | Effect::FindMoves { .. }
            | Effect::AskAnomalies { .. }
            | Effect::AskForecast { .. }
            | Effect::AskCommitments { .. }
            | Effect::ReadLedger { .. }
            | Effect::ListDimensions { .. }
            | Effect::DecideMove { .. }
            | Effect::WithdrawMove { .. }
            | Effect::ListCostSources
            | Effect::WatchExports
            | Effect::LoadCostViews
            | Effect::SaveCostView(_)
            | Effect::ForgetCostView(_)
            | Effect::PriceNodes(_) => self.costs(effect),
            Effect::ScanRunbooks | Effect::RereadRunbooks => {
                let (folders, kept) = (self.runbooks.clone(), self.library.clone());
                let is_whole = effect == Effect::ScanRunbooks;
                self.blocking(key, move |out| runbooks::scan(&folders, &kept, is_whole, &out));
            }
            Effect::LookAgain(page) if page.is_of_bucket() => {
                let cloud = self.cloud.clone();
                self.run(None, move |out| runbooks::ask(page, cloud, out));
            }
            Effect::LookAgain(page) => self.blocking(None, move |out| runbooks::look(page, &out)),
            Effect::DateRunbooks(checkouts) => self.blocking(None, move |out| {
                out.send(Msg::RunbooksDated(runbook::commits(&checkouts)));
            }),
            Effect::FetchRunbooks(sources) => {
                let cloud = self.cloud.clone();
                self.run(None, move |out| async move {
                    let Some(cloud) = connected(cloud).await else {
                        return;
                    };
                    for source in sources {
                        let pages = runbook::fetch(&cloud, &source).await;
                        out.send(Msg::RunbooksFetched(source, pages));
                    }
                });
            }
            Effect::SaveRunbook { path, before, text } => self.blocking(None, move |out| {
                let outcome = runbook::save(&path, &before, &text);
                out.send(Msg::RunbookSaved(path, outcome));
            }),
            Effect::ColourPage(text) => {
                let changed = self.hub.changed.clone();
                self.blocking(None, move |_| {
                    highlight::colour(&text);
                    changed.notify_one();
                });
            }
            Effect::ReadAudit { verify } => self.blocking(key, move |out| match read_audit(&paths, verify) {
                Ok(msg) => out.send(msg),
                Err(cause) => out.send(Msg::Noticed(Notice::new(Weight::Bad, cause.to_string()))),
            }),
            Effect::LogRefusal(says) => self.blocking(key, move |_| {
                let refused = audit::Refusal {
                    says: &says,
                    ..audit::Refusal::default()
                };
                audit::log_refusal(&paths.data_dir, refused)
            }),
            Effect::Reconcile => {
                let cloud = self.cloud.clone();
                self.run(key, move |out| reconcile::run(cloud, paths.data_dir, out));
            }
            Effect::Run {
                run,
                nodes,
                text,
                reason,
                limits,
                given,
            } => {
                let order = fanout::Order {
                    run,
                    nodes,
                    text,
                    reason,
                    limits,
                    given: given.map(|given| *given),
                    cloud: self.cloud.clone(),
                    config: self.config.clone(),
                    data_dir: paths.data_dir,
                };
                self.hub
                    .put_run(run, fanout::Going::start(order, self.outbox.clone()));
            }
            Effect::LoadIncident
            | Effect::StartIncident { .. }
            | Effect::TellIncident { .. }
            | Effect::ListIncidents
            | Effect::LinkIncident { .. }
            | Effect::SwitchIncident(_)
            | Effect::FollowOpsItem(_)
            | Effect::WatchIncident(_)
            | Effect::WriteReport(_) => self.incident(effect),
            Effect::CancelRun(run) => self.hub.cancel_run(run),
            Effect::FindCarry { wanted, undoes } => self.blocking(None, move |out| {
                out.send(carry::find(&paths.data_dir, &wanted, undoes));
            }),
            Effect::CarryOut {
                plan,
                nodes,
                named,
                choice,
                resume,
                led,
                production,
                fleet,
                page,
            } => {
                let order = carry::Order {
                    plan: *plan,
                    nodes,
                    named,
                    choice: *choice,
                    resume,
                    led: led.map(|led| *led),
                    production,
                    fleet,
                    page,
                    cloud: self.cloud.clone(),
                    config: self.config.clone(),
                    data_dir: paths.data_dir,
                };
                self.hub
                    .put_carry(carry::Carrying::start(order, self.outbox.clone()));
            }
            Effect::AnswerStep(said) => self.hub.with_carry(|carrying| carrying.answer(said)),
            Effect::KnowCaller => {
                let cloud = self.cloud.clone();
                self.run(None, move |out| carry::know_caller(cloud, out));
            }
            Effect::StopCarry => self.hub.with_carry(carry::Carrying::stop),
            Effect::Document(effect) => {
                let cloud = self.cloud.clone();
                self.run(key, move |out| document::perform(effect, cloud, paths, out));
            }
            Effect::LoadAlarms => self.blocking(None, move |out| alarm::load(&paths, &out)),
            Effect::FetchAlarms(wanted) => {
                let (cloud, tags) = (self.cloud.clone(), self.alarm_tags.clone());
                self.run(key, move |out| alarm::fetch(cloud, paths, wanted, tags, out));
            }
            Effect::StudyAlarms(study) => {
                self.blocking(key, move |out| alarm::study(&paths.data_dir, *study, &out));
            }
            Effect::LookBack(study) => {
                let catalogue = Catalogue::open(&paths.data_dir, Keyring::of(&self.config.recording));
                let cloud = self.cloud.clone();
                self.run(key, move |out| {
                    alarm::look_back(cloud, *study, paths.data_dir, catalogue, out)
                });
            }
            Effect::FindContainer(row, target) => {
                let cloud = self.cloud.clone();
                self.run(None, move |out| forward::find_container(cloud, row, target, out));
            }
            Effect::OpenTunnel(tunnel, plan) => self.hub.with_tunnels(|all| all.open(tunnel, plan)),
            Effect::StopTunnel(tunnel) => self.hub.with_tunnels(|all| all.stop(tunnel)),
            // The loop's own: they touch the terminal.
            Effect::Copy(_)
            | Effect::Picture(_)
            | Effect::SetTheme(_)
            | Effect::EditFile { .. }
            | Effect::Redraw
            | Effect::Quit => {}
        }
    }

    /// Work that waits. One of the same key that still runs is dropped.
    fn run<F>(&mut self, key: Option<Key>, work: impl FnOnce(Outbox) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let out = self.outbox.of(key.as_ref());
        let finished = (out.clone(), key.clone());
        let work = work(out);
        let running = tokio::spawn(async move {
            work.await;
            if let (out, Some(key)) = finished {
                out.send(Msg::Finished(key));
            }
        });
        if let Some(key) = key
            && let Some(older) = self.running.insert(key, running.abort_handle())
        {
            older.abort();
        }
    }

    /// Work that keeps a thread busy.
    fn blocking(&mut self, key: Option<Key>, work: impl FnOnce(Outbox) + Send + 'static) {
        self.run(key, move |out| async move {
            if let Err(cause) = tokio::task::spawn_blocking(move || work(out)).await {
                tracing::error!(%cause, "work failed");
            }
        });
    }
}

fn read_audit(paths: &Paths, verify: bool) -> Result<Msg, crate::audit::Error> {
    let log = Log::open(&paths.data_dir)?;
    let entries = log.read(Range::default())?.collect::<Result<Vec<_>, _>>()?;
    let verdict = if verify { Some(log.verify()?) } else { None };
    Ok(Msg::AuditRead { entries, verdict })
}

/// Waits until the connection stands; `None` when it never will.
async fn connected(mut cloud: watch::Receiver<Option<Cloud>>) -> Option<Cloud> {
    cloud
        .wait_for(Option::is_some)
        .await
        .ok()
        .and_then(|cloud| cloud.clone())
}
