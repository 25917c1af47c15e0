//! A page carried out for the panel: started, followed, its questions held until the panel answers them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::alarm;
use crate::app::Msg;
use crate::aws::Cloud;
use crate::config::{self, Config};
use crate::fleet::{Node, Policy};
use crate::panel::alarms::Led;
use crate::panel::carry::{Choice, Part};
use crate::recording::{Mode, Recipients};
use crate::runbook::plan::Plan;
use crate::runbook::run::{self, Answer, Approver, Event, Far, Fleet, Request, Run, Target, Terms};
use crate::runbook::{Again, Page};

use super::inbox::Outbox;
use super::{connected, runbooks};

/// How long a stopped run is followed after the user has left.
const FAREWELL: Duration = Duration::from_secs(10);

pub struct Order {
    pub plan: Plan,
    /// Where; none is here.
    pub nodes: Vec<Node>,
    /// Machines of the page's own targets.
    pub named: BTreeMap<String, Vec<Node>>,
    /// Which of its steps, and with which values.
    pub choice: Choice,
    /// The run to go on with, and why it was begun.
    pub resume: Option<(String, String)>,
    /// The alarm that led to it.
    pub led: Option<Led>,
    /// Ids of machines that are known to be production.
    pub production: BTreeSet<String>,
    /// Machines as they are known, where the page chooses some for a document.
    pub fleet: Fleet,
    /// What the plan was made of.
    pub page: Option<Arc<Page>>,
    pub cloud: watch::Receiver<Option<Cloud>>,
    pub config: Config,
    pub data_dir: PathBuf,
}

/// What the panel reaches of a run that goes on.
#[derive(Default)]
struct Held {
    run: Option<Run>,
    answer: Option<oneshot::Sender<Answer>>,
    is_left: bool,
}

pub struct Carrying {
    held: Arc<Mutex<Held>>,
    task: JoinHandle<()>,
}

impl Carrying {
    pub fn start(order: Order, out: Outbox) -> Carrying {
        let held: Arc<Mutex<Held>> = Arc::default();
        let task = tokio::spawn(follow(order, held.clone(), out));
        Carrying { held, task }
    }

    pub fn answer(&self, said: Answer) {
        let waits = self
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .answer
            .take();
        if let Some(waits) = waits {
            // A run that has gone needs no answer.
            let _ = waits.send(said);
        }
    }

    pub fn stop(&self) {
        if let Some(run) = &self.held.lock().unwrap_or_else(PoisonError::into_inner).run {
            run.stop();
        }
    }

    /// Stops it, leaves its questions to nobody, and waits for its journal, but not for ever.
    pub async fn ended(self) {
        {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.is_left = true;
            held.answer = None;
        }
        self.stop();
        if tokio::time::timeout(FAREWELL, self.task).await.is_err() {
            tracing::warn!("a stopped run of a page was left before it was over");
        }
    }
}

/// How the page's file stands, or its object, where it does not say what is to run; why that cannot be told.
async fn stale(order: &Order) -> Result<Option<(Arc<Page>, Again)>, String> {
    let Some(page) = order.page.clone() else {
        return Ok(None);
    };
    let looked = page.clone();
    let now = match page.is_of_bucket() {
        true => runbooks::object(&page, order.cloud.clone()).await?,
        false => tokio::task::spawn_blocking(move || looked.again_closely())
            .await
            .map_err(|cause| cause.to_string())?,
    };
    Ok(Some((page, now)).filter(|(_, now)| *now != Again::Same))
}

async fn follow(order: Order, held: Arc<Mutex<Held>>, out: Outbox) {
    let refuse = |says: String, hint: String| out.send(Msg::CarryRefused { says, hint });
    // What goes on runs as its run has kept it.
    let may_be_old = order.choice.as_read || order.resume.is_some();
    match stale(&order).await {
        Ok(Some((page, now))) => return out.send(Msg::CarryStale(page, now)),
        Ok(None) => {}
        Err(_) if may_be_old => {}
        Err(cause) => {
            let says = format!("nothing was run: the page may have changed: {cause}");
            return refuse(says, "R says how old it is, and runs it as it was read".into());
        }
    }
    let request = match request(order).await {
        Ok(request) => request,
        Err((says, hint)) => return refuse(says, hint),
    };
    let (run, mut events) = match run::start(request).await {
        Ok(started) => started,
        Err(refused) => return refuse(refused.says, refused.hint),
    };
    held.lock().unwrap_or_else(PoisonError::into_inner).run = Some(run);
    while let Some(event) = events.recv().await {
        match event {
            Event::Asked(question, answer) => {
                let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
                if !held.is_left {
                    held.answer = Some(answer);
                    out.send(Msg::CarryAsked(question));
                }
            }
            event => out.send(Msg::CarryTold(event)),
        }
    }
}

async fn request(order: Order) -> Result<Request, (String, String)> {
    let led = order.led.as_ref();
    let asked = match led {
        // A name may have 255 letters, a reason 200 with the mark behind it.
        Some(led) => {
            let name: String = led
                .alarm
                .name
                .chars()
                .filter(|c| !c.is_control())
                .take(80)
                .collect();
            format!("{name}: runbook {}", order.plan.title)
        }
        None => format!("runbook {}", order.plan.title),
    };
    let is_far = !order.nodes.is_empty() || !order.named.is_empty();
    let cloud = match is_far || order.plan.wants_aws() {
        true => connected(order.cloud.clone()).await,
        false => None,
    };
    if is_far && cloud.is_none() {
        return Err(("there is no connection to AWS".into(), "nothing was run".into()));
    }
    let target = |node: &Node| far(node, cloud.as_ref(), &order.config);
    let mut targets = order.nodes.iter().map(target).collect::<Result<Vec<_>, _>>()?;
    if targets.is_empty() {
        targets.push(Target::local());
    }
    let mut named = BTreeMap::new();
    for (name, nodes) in &order.named {
        named.insert(name.clone(), nodes.iter().map(target).collect::<Result<_, _>>()?);
    }
    let home = match &cloud {
        Some(cloud) => cloud
            .places()
            .await
            .found
            .into_iter()
            .next()
            .map(|place| (cloud.clone(), place)),
        None => None,
    };
    let first = order.nodes.iter().chain(order.named.values().flatten()).next();
    let profile = first.map(|node| node.profile.clone());
    let profile = profile.or_else(|| home.as_ref().map(|(_, place)| place.profile.clone()));
    let arn = match (&cloud, profile) {
        (Some(cloud), Some(profile)) => cloud.identity(&profile).await.ok().map(|caller| caller.arn),
        _ => None,
    };
    let approver = |approver: &config::Approver| Approver {
        name: approver.name.clone(),
        key: approver.key,
    };
    let folder = order.plan.path.parent();
    let folder = folder.filter(|folder| folder.is_absolute() || folder.is_dir());
    let (resume, reason) = order.resume.unzip();
    let (from, only) = match order.choice.part {
        Part::Whole => (None, None),
        Part::From(step) => (Some(step), None),
        Part::Only(step) => (None, Some(step)),
    };
    Ok(Request {
        folder: folder.map_or_else(|| PathBuf::from("."), PathBuf::from),
        reason: reason.unwrap_or(asked),
        plan: order.plan,
        targets,
        named,
        values: order.choice.values,
        facts: led
            .map(|led| alarm::facts(&led.alarm, led.node.as_ref()))
            .unwrap_or_default(),
        alarm: led.and_then(|led| serde_json::to_value(&led.alarm).ok()),
        only,
        from,
        assumes_yes: false,
        approvals: Vec::new(),
        unknown_are_done: None,
        arn,
        resume,
        data_dir: order.data_dir,
        terms: Terms {
            looks_only: order.choice.looks_only,
            undoes: order.choice.undoes,
            tabs: Vec::new(),
            profile: order.cloud.borrow().as_ref().and_then(Cloud::only_profile),
            production: order.production,
            fleet: order.fleet,
            home,
            approvers: order.config.runbooks.approvers.iter().map(approver).collect(),
            mode: order.config.recording.mode.map(Mode::from).unwrap_or_default(),
            recipients: Recipients::of(&order.config.recording, false)
                .map_err(|cause| (cause.to_string(), cause.hint().unwrap_or_default().to_owned()))?,
        },
    })
}

/// A machine with what policy demands of a session there.
fn far(node: &Node, cloud: Option<&Cloud>, config: &Config) -> Result<Target, (String, String)> {
    let cloud = cloud.ok_or_else(|| {
        (
            "there is no connection to AWS".to_owned(),
            "nothing was run".to_owned(),
        )
    })?;
    // A rule that is no filter was refused at the start.
    let terms = Policy::of(config).unwrap_or_default().on(node);
    let recipients = Recipients::of(&config.recording, terms.is_production)
        .map_err(|cause| (cause.to_string(), cause.hint().unwrap_or_default().to_owned()))?;
    let far = Far {
        cloud: cloud.clone(),
        recipients,
        mode: terms.mode.into(),
        document: config.session.document.clone(),
        node: node.clone(),
    };
    Ok(Target::far(far, terms.is_production))
}

/// How a run stands that an earlier process began.
pub fn find(data_dir: &Path, wanted: &str, undoes: bool) -> Msg {
    match run::found(data_dir, wanted) {
        Ok(found) => Msg::CarryFound { found, undoes },
        Err(refused) => Msg::CarryRefused {
            says: refused.says,
            hint: refused.hint,
        },
    }
}

/// Asks AWS who the caller is. Without an answer the roles of this machine's user hold, which are fewer.
pub async fn know_caller(cloud: watch::Receiver<Option<Cloud>>, out: Outbox) {
    let Some(cloud) = connected(cloud).await else {
        return;
    };
    let Some(profile) = cloud.profiles().into_iter().next() else {
        return;
    };
    if let Ok(identity) = cloud.identity(&profile).await {
        out.send(Msg::CallerKnown(identity.arn));
    }
}
