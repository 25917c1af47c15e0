//! The sources that costs come from, opened once and kept: desks by profile, imports, cubes of slices and answers of
//! Athena. What was read for one view answers the next without a request or a disk.

use std::collections::{HashMap, VecDeque};
use std::fmt::Display;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::watch;

use crate::app::{Effect, Msg};
use crate::aws::Cloud;
use crate::config::{Config, Paths};
use crate::cost::athena::Days;
use crate::cost::{
    self, Breakdown, Budget, Cells, Cube, Desk, Dimension, Files, NodeCosts, Origin, Period, Price, Query,
    Refresh, Slice, Source, Trouble,
};

use super::{Ask, paid, price};
use crate::runtime::connected;
use crate::runtime::inbox::Outbox;

/// Slices and answers that are kept in memory.
const KEPT: usize = 12;

/// Why there is no answer now.
#[derive(Debug)]
pub enum Stop {
    /// It costs something: what, and what asks for it.
    Price {
        price: Price,
        paid: Box<Effect>,
    },
    Failed {
        says: String,
        hint: String,
    },
}

impl Stop {
    pub fn failed(says: &impl Display, hint: &str) -> Stop {
        Stop::Failed {
            says: says.to_string(),
            hint: hint.to_owned(),
        }
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Stop {
        Stop::failed(&trouble, &trouble.hint())
    }
}

impl From<cost::NoAnswer> for Stop {
    fn from(why: cost::NoAnswer) -> Stop {
        Stop::failed(&why, &why.hint())
    }
}

impl From<cost::BadDimension> for Stop {
    fn from(bad: cost::BadDimension) -> Stop {
        Stop::failed(&bad, &bad.hint)
    }
}

/// What answers a query.
#[derive(Clone)]
pub enum Held {
    Cube {
        cube: Kept,
        /// Values that every cell has, where the cube is of a slice; `None`: it has all axes.
        limits: Option<Vec<Dimension>>,
        period: Period,
        origin: Origin,
        today: Date,
    },
    Cells {
        cells: Arc<Cells>,
        origin: Origin,
        today: Date,
    },
}

/// A cube of a slice, or that of imports: too large to be copied.
#[derive(Clone)]
pub enum Kept {
    Slice(Arc<Cube>),
    Files(Arc<Files>),
}

impl Deref for Kept {
    type Target = Cube;

    fn deref(&self) -> &Cube {
        match self {
            Kept::Slice(cube) => cube,
            Kept::Files(files) => &files.cube,
        }
    }
}

impl Held {
    pub fn origin(&self) -> &Origin {
        match self {
            Held::Cube { origin, .. } | Held::Cells { origin, .. } => origin,
        }
    }

    pub fn today(&self) -> Date {
        match self {
            Held::Cube { today, .. } | Held::Cells { today, .. } => *today,
        }
    }

    /// Which day imports end with, in words; `None` of what can be asked for anew.
    pub fn ends(&self) -> Option<String> {
        match self {
            Held::Cube {
                cube: Kept::Files(files),
                ..
            } => files.ends(),
            _ => None,
        }
    }
}

/// What was typed, spelled as the bill spells it; what was gone into is already.
pub(super) fn spelled(
    desk: &Desk,
    slice: Slice,
    query: &Query,
    period: Period,
    now: Timestamp,
) -> Result<Slice, Stop> {
    if slice.inside.iter().all(|limit| query.inside.contains(limit)) {
        return Ok(slice);
    }
    let period = slice.clip(period, cost::today(now));
    Ok(desk.spelled(slice, period, now)?.0)
}

pub struct Books {
    pub cloud: watch::Receiver<Option<Cloud>>,
    pub config: Config,
    pub paths: Paths,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    desks: HashMap<String, Desk>,
    files: HashMap<Option<String>, Arc<Files>>,
    /// What instances cost by these files: reading them for it takes seconds.
    nodes: Option<NodeCosts>,
    /// When Athena was asked for the days of its bill, and those.
    known_days: Option<(Date, Arc<Days>)>,
    /// Resources by the statement that Athena told them for.
    resources: Option<(String, Vec<Breakdown>)>,
    /// Each with the day that was open when it was kept; the newest last.
    answers: VecDeque<(String, Date, Held)>,
}

impl Books {
    pub fn new(cloud: watch::Receiver<Option<Cloud>>, config: Config, paths: Paths) -> Books {
        Books {
            cloud,
            config,
            paths,
            memory: Mutex::default(),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the connection.
    pub async fn cloud(&self) -> Result<Cloud, Stop> {
        let cloud = connected(self.cloud.clone()).await;
        cloud.ok_or_else(|| Stop::failed(&"there is no connection to AWS", "the notices (!) say why"))
    }

    /// The one that was asked for; else what was imported, else what the first profile sees.
    pub async fn source(&self, asked: Option<Source>) -> Result<Source, Stop> {
        match asked {
            Some(source) => Ok(source),
            None if cost::is_imported(&self.paths.data_dir) => Ok(Source::Files(None)),
            None => {
                let profile = self.cloud().await?.profiles().into_iter().next();
                profile
                    .map(Source::CostExplorer)
                    .ok_or_else(|| Stop::failed(&"no profile is configured", "name one under profiles"))
            }
        }
    }

    /// Every source there is: imports, each payer that a profile sees once, Athena. A profile that does not answer is
    /// listed, and says why when it is asked.
    pub async fn sources(&self) -> Vec<Source> {
        let mut sources = Vec::new();
        if cost::is_imported(&self.paths.data_dir) {
            sources.push(Source::Files(None));
            if let Ok(files) = self.files(None).await {
                let mut names: Vec<&String> = files.months.iter().map(|facts| &facts.name).collect();
                names.sort();
                names.dedup();
                if names.len() > 1 {
                    sources.extend(names.into_iter().map(|name| Source::Files(Some(name.clone()))));
                }
            }
        }
        if let Ok(cloud) = self.cloud().await {
            let desks = cloud.profiles().into_iter().map(|profile| async {
                let account = self
                    .desk(&profile)
                    .await
                    .ok()
                    .map(|desk| desk.account().to_owned());
                (profile, account)
            });
            let mut known = Vec::new();
            for (profile, account) in futures_util::future::join_all(desks).await {
                if account.is_none() || !known.contains(&account) {
                    sources.push(Source::CostExplorer(profile));
                    known.push(account);
                }
            }
        }
        if self.config.costs.athena.is_some() {
            sources.push(Source::Athena);
        }
        sources
    }

    pub async fn desk(&self, profile: &str) -> Result<Desk, Stop> {
        if let Some(desk) = self.memory().desks.get(profile) {
            return Ok(desk.clone());
        }
        let cloud = self.cloud().await?;
        let cap = self.config.costs.cap_per_day_cents;
        let desk = Desk::open(&cloud, profile, &self.paths.cache_dir, cap).await;
        let desk = desk.map_err(|failure| Stop::failed(&failure, &failure.hint))?;
        // Without a network it is opened anew each time, until STS says whose costs these are.
        if desk.is_sure() {
            self.memory().desks.insert(profile.to_owned(), desk.clone());
        }
        Ok(desk)
    }

    /// The desk of a source that AWS itself tells something of.
    pub(super) async fn payer(&self, source: &Source, what: &str) -> Result<Desk, Stop> {
        match source {
            Source::CostExplorer(profile) => self.desk(profile).await,
            _ => Err(Stop::failed(
                &format!("exports hold no {what} of AWS's"),
                "p goes on to Cost Explorer",
            )),
        }
    }

    /// What was read of imports is of others than are here now.
    pub(super) fn forget_files(&self) {
        let mut memory = self.memory();
        memory.files.clear();
        memory.nodes = None;
    }

    pub fn nodes(&self) -> Option<NodeCosts> {
        self.memory().nodes.clone()
    }

    pub(super) fn days_known_on(&self, today: Date) -> Option<Arc<Days>> {
        let memory = self.memory();
        let known = memory
            .known_days
            .as_ref()
            .filter(|(read_on, _)| *read_on == today)?;
        Some(known.1.clone())
    }

    pub(super) fn recall_resources(&self, statement: &str) -> Option<Vec<Breakdown>> {
        let memory = self.memory();
        let known = memory.resources.as_ref().filter(|(of, _)| of == statement)?;
        Some(known.1.clone())
    }

    pub(super) fn keep_resources(&self, statement: String, rows: Vec<Breakdown>) {
        self.memory().resources = Some((statement, rows));
    }

    pub(super) fn keep_known_days(&self, today: Date, known: Arc<Days>) {
        self.memory().known_days = Some((today, known));
    }

    pub fn keep_nodes(&self, nodes: NodeCosts) {
        self.memory().nodes = Some(nodes);
    }

    /// Imports, read once; a refresh reads them again.
    pub async fn files(&self, name: Option<&str>) -> Result<Arc<Files>, Stop> {
        let name = name.map(str::to_owned);
        if let Some(files) = self.memory().files.get(&name) {
            return Ok(files.clone());
        }
        let (data_dir, wanted) = (self.paths.data_dir.clone(), name.clone());
        let read = move || Files::load(&data_dir, wanted.as_deref());
        let files = tokio::task::spawn_blocking(read).await;
        let files = Arc::new(files.map_err(|cause| Stop::failed(&cause, "import the export again"))??);
        self.memory().files.insert(name, files.clone());
        Ok(files)
    }

    /// What was answered today: what an earlier day made of it is made anew, of what is kept on the disk.
    pub(super) fn recall(&self, key: &str, now: Timestamp) -> Option<Held> {
        let mut memory = self.memory();
        let of_today = |(known, day, _): &(String, Date, Held)| known == key && *day == cost::today(now);
        let at = memory.answers.iter().position(of_today)?;
        let found = memory.answers.remove(at)?;
        memory.answers.push_back(found.clone());
        Some(found.2)
    }

    pub(super) fn keep(&self, key: String, held: Held, now: Timestamp) {
        let day = cost::today(now);
        let mut memory = self.memory();
        memory.answers.retain(|(known, ..)| *known != key);
        memory.answers.push_back((key, day, held));
        while memory.answers.len() > KEPT {
            memory.answers.pop_front();
        }
    }

    /// What answers a query: for nothing if it is here, for money only where that was allowed.
    pub async fn open(&self, source: &Source, ask: &Ask, now: Timestamp) -> Result<Held, Stop> {
        match source {
            Source::CostExplorer(profile) => {
                let desk = self.desk(profile).await?;
                let period = ask.query.window(cost::today(now), ask.year);
                let by = std::slice::from_ref(&ask.query.by);
                let slice = desk.slice_of(&ask.query, by, &[], period, now)?;
                let slice = spelled(&desk, slice, &ask.query, period, now)?;
                let lacks = || paid(ask, source);
                let held = self.slice(&desk, &slice, period, ask.refresh, lacks, now).await?;
                Ok(self.with_budget(held, &desk, ask.refresh, now).await)
            }
            Source::Files(name) => {
                if ask.refresh != Refresh::Never {
                    self.forget_files();
                }
                let files = self.files(name.as_deref()).await?;
                self.imported(files, name.as_deref(), ask, now).await
            }
            Source::Athena => self.athena(ask, source, now).await,
        }
    }

    /// A slice of Cost Explorer's answers as a cube.
    pub async fn slice(
        &self,
        desk: &Desk,
        slice: &Slice,
        period: Period,
        refresh: Refresh,
        lacks: impl FnOnce() -> Box<Effect>,
        now: Timestamp,
    ) -> Result<Held, Stop> {
        let period = slice.clip(period, cost::today(now));
        let period = Period {
            from: desk.reach(slice, period.from, now),
            ..period
        };
        // What was held before a month began is not asked for that month.
        let until = slice.parts(period, cost::today(now)).last().map(|part| part.to);
        let until = until.unwrap_or(period.to);
        let key = format!("{} {} {} {until}", desk.account(), slice.folder(), period.from);
        if refresh == Refresh::Never
            && let Some(held) = self.recall(&key, now)
        {
            return Ok(held);
        }
        if refresh == Refresh::Never
            && let Some(plan) = desk.lacks(slice, period, now)
        {
            return Err(price::of(desk, &plan, period, lacks(), now));
        }
        if refresh == Refresh::Force {
            let plan = desk.plan(slice, period, refresh, now);
            desk.afford("asking again", plan.requests, now)?;
        }
        let answer = desk.read_slice(slice, period, refresh, now, |_| ()).await?;
        let held = Held::Cube {
            limits: Some(slice.limits()),
            period,
            origin: Origin {
                source: Source::CostExplorer(desk.profile().to_owned()),
                account: desk.account().to_owned(),
                read_at: answer.fetched_at,
                spent: Some(desk.spent(now)?),
                requests: answer.requests,
                price: desk.price_of_refresh(slice, period, now),
                stale_because: answer.stale_because,
                doubts: None,
                without: None,
                budget: Ok(None),
            },
            cube: Kept::Slice(Arc::new(answer.cube)),
            today: answer.open_day,
        };
        self.keep(key, held.clone(), now);
        Ok(held)
    }

    /// Tells what was paid for by now, where the source is paid.
    pub async fn tell_spent(&self, source: &Source, out: &Outbox) {
        let Source::CostExplorer(profile) = source else {
            return;
        };
        let Ok(desk) = self.desk(profile).await else {
            return;
        };
        match desk.spent(Timestamp::now()) {
            Ok(spent) => out.send(Msg::CostsMetered(spent)),
            Err(trouble) => tracing::warn!("the meter cannot be read: {trouble}"),
        }
    }

    /// Budgets cost nothing to ask; the headline stands without them.
    async fn with_budget(&self, mut held: Held, desk: &Desk, refresh: Refresh, now: Timestamp) -> Held {
        let refresh = if refresh == Refresh::Never {
            Refresh::Auto
        } else {
            refresh
        };
        let budgets = desk.budgets(refresh, now).await;
        if let Held::Cube { origin, cube, .. } = &mut held {
            // Kept cells know what had been paid when they came.
            origin.spent = desk.spent(now).ok().or(origin.spent);
            origin.budget = match budgets {
                Ok(budgets) => {
                    let of = |currency: &String| Budget::of_month(&budgets, currency).cloned();
                    Ok(cube.currencies.iter().find_map(of))
                }
                Err(trouble) => Err(trouble.to_string()),
            };
        }
        held
    }
}
