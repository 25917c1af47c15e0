//! An automation followed until it is over. Questions come less often while nothing changes and while AWS is busy; what
//! was last seen stays, with its age, and nothing is ever given up without a word.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::touched::{is_machine, values};
use super::{Deep, with_children};
use crate::aws::{Cloud, Execution, ExecutionRow, Failure, Place, StepRun, Why};

/// The pauses between two questions: first, longest while nothing changes, longest while AWS refuses to answer.
const PAUSE: [Duration; 3] = [
    Duration::from_millis(400),
    Duration::from_secs(4),
    Duration::from_secs(30),
];
/// An automation that has just begun may not be known everywhere yet.
const UNKNOWN_FOR: Duration = Duration::from_secs(20);

/// What is seen of it.
#[derive(Clone, Debug)]
pub enum Sight {
    /// It stands differently than before.
    Seen(Arc<Seen>),
    /// It could not be asked for; what was seen last still counts. Told once for each failure, then again when the
    /// cause is another one.
    Old(Failure),
    /// It can be asked for again, and nothing has changed.
    Again,
    /// AWS does not know it: nothing more is told.
    Gone(Failure),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub execution: Execution,
    /// One for each target, account or region that it was sent to.
    pub children: Vec<ExecutionRow>,
    /// What its steps have begun and what is not over.
    pub begun: Vec<ExecutionRow>,
    /// What those have begun in turn and what is not over.
    pub deeper: Vec<Deep>,
    /// Why what it has begun could not be listed: of that nothing is known, of the rest everything.
    pub unlisted: Option<Failure>,
}

impl Seen {
    pub fn is_over(&self) -> bool {
        self.execution.status.is_over()
    }

    /// What waits for a person below it, at any depth: it is answered there and not here.
    pub fn waiting(&self) -> impl Iterator<Item = &ExecutionRow> {
        let all = self.children.iter().chain(&self.begun);
        let all = all.chain(self.deeper.iter().map(|deep| &deep.row));
        all.filter(|child| child.status.wants_somebody())
    }

    /// How one is known that is further down than a child.
    pub fn deep(&self, row: &ExecutionRow) -> Option<&Deep> {
        self.deeper.iter().find(|deep| deep.row.id == row.id)
    }

    /// The child that leads to one: itself, where it is a child.
    pub fn under<'a>(&'a self, row: &'a ExecutionRow) -> &'a str {
        self.deep(row).map_or(&row.id, |deep| &deep.under)
    }

    /// The step that began a child.
    pub fn step_of(&self, child: &ExecutionRow) -> Option<&StepRun> {
        let mut steps = self.execution.steps.iter();
        steps.find(|step| step.began() == Some(child.id.as_str()))
    }

    /// Where its children cannot be listed now, those that were seen last still count.
    fn keep(&mut self, last: &Seen) {
        if self.unlisted.is_none() {
            return;
        }
        let is_open = |deep: &&Deep| {
            let mut direct = self.children.iter().chain(&self.begun);
            direct.any(|child| child.id == deep.under && !child.status.is_over())
        };
        // Its own are known: it is one of those that could not be asked.
        if !self.children.is_empty() || !self.begun.is_empty() {
            let known: Vec<Deep> = last.deeper.iter().filter(is_open).cloned().collect();
            self.deeper = known;
            return;
        }
        self.children.clone_from(&last.children);
        self.begun.clone_from(&last.begun);
        self.deeper.clone_from(&last.deeper);
        for step in &mut self.execution.steps {
            let same = |known: &&StepRun| known.id == step.id && known.name == step.name;
            let known = last.execution.steps.iter().find(same);
            step.child = known.and_then(|known| known.child.clone());
        }
    }

    /// How many of its targets or places were never begun, and of how many; `None` before it is over, and where all were.
    pub fn unbegun(&self) -> Option<(usize, usize)> {
        let execution = &self.execution;
        if !execution.is_sent() || !self.is_over() {
            return None;
        }
        let steps = execution.steps.iter();
        let listed = steps.filter(|step| step.started_at.is_none()).count();
        let (left, all) = match execution.progress {
            Some(count) if count.total > 0 => {
                let ended = count.succeeded + count.failed + count.cancelled + count.timed_out;
                let left = usize::try_from(count.total - ended).unwrap_or_default();
                (left.max(listed), usize::try_from(count.total).unwrap_or_default())
            }
            _ => (listed, execution.steps.len()),
        };
        (left > 0).then_some((left, all))
    }

    /// Ids of the machines that it was given or went to, as far as AWS tells.
    pub fn machines(&self) -> Vec<String> {
        let execution = &self.execution;
        let named = execution.maps.iter().chain([&execution.parameters]);
        let given = named.flat_map(|named| named.values().flatten());
        let targets = execution.targets.iter().flat_map(|(_, values)| values);
        let children = self.children.iter().filter_map(|child| child.target.as_ref());
        let all = given.chain(targets).chain(&execution.resolved);
        let all = all.chain(&execution.target).chain(children);
        // Children elsewhere are not listed here, and their steps are.
        let all = all.chain(
            execution
                .steps
                .iter()
                .filter(|_| execution.is_sent())
                .flat_map(values),
        );
        let machines: BTreeSet<&String> = all.filter(|id| is_machine(id)).collect();
        machines.into_iter().cloned().collect()
    }
}

/// Follows an automation until it is over, or nobody listens.
pub fn watch(cloud: Cloud, place: Place, id: String) -> mpsc::Receiver<Sight> {
    let (told, sights) = mpsc::channel(16);
    tokio::spawn(async move {
        tokio::select! {
            () = follow(&cloud, &place, &id, &told) => {}
            () = told.closed() => {}
        }
    });
    sights
}

async fn follow(cloud: &Cloud, place: &Place, id: &str, told: &mpsc::Sender<Sight>) {
    let (begun_at, mut pause) = (Instant::now(), PAUSE[0]);
    let (mut last, mut trouble): (Option<Arc<Seen>>, Option<Failure>) = (None, None);
    loop {
        let sight = match look(cloud, place, id).await {
            Ok(mut seen) => {
                if let Some(last) = &last {
                    seen.keep(last);
                }
                let is_same = last.as_deref() == Some(&seen);
                let seen = Arc::new(seen);
                last = Some(seen.clone());
                pause = match is_same {
                    true => pause.mul_f64(1.4).min(PAUSE[1]),
                    false => PAUSE[0],
                };
                match (is_same, trouble.take()) {
                    (true, None) => None,
                    (true, Some(_)) => Some(Sight::Again),
                    (false, _) => Some(Sight::Seen(seen)),
                }
            }
            Err(failure)
                if failure.why == Why::Absent && last.is_none() && begun_at.elapsed() < UNKNOWN_FOR =>
            {
                pause = PAUSE[0];
                None
            }
            Err(failure) if failure.why == Why::Absent => {
                let _ = told.send(Sight::Gone(failure)).await;
                return;
            }
            Err(failure) => {
                pause = (pause * 2).min(PAUSE[2]);
                let is_known = trouble.as_ref().is_some_and(|known| known.cause == failure.cause);
                trouble = Some(failure.clone());
                (!is_known).then_some(Sight::Old(failure))
            }
        };
        if let Some(sight) = sight
            && told.send(sight).await.is_err()
        {
            return;
        }
        if trouble.is_none() && last.as_ref().is_some_and(|seen| seen.is_over()) {
            return;
        }
        sleep(pause).await;
    }
}

/// How it stands now, with what it has begun.
pub async fn look(cloud: &Cloud, place: &Place, id: &str) -> Result<Seen, Failure> {
    let execution = cloud.fetch_execution(place, id).await?;
    Ok(with_children(cloud, place, execution).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Status;

    fn throttled() -> Failure {
        Failure {
            account: "613489207754".into(),
            region: "us-east-1".into(),
            service: "ssm".into(),
            cause: "it is called too often".into(),
            hint: "wait a moment".into(),
            profile: "shop".into(),
            why: Why::Throttled,
        }
    }

    #[test]
    fn what_was_never_begun_is_counted_once_it_is_over() {
        let of = |status: Status| {
            let step = |begun: bool| StepRun {
                started_at: begun.then_some(jiff::Timestamp::UNIX_EPOCH),
                ..StepRun::default()
            };
            let execution = Execution {
                status,
                targets: vec![("tag:env".into(), vec!["prod".into()])],
                steps: vec![step(true), step(false), step(false)],
                ..Execution::default()
            };
            let mut seen = Seen {
                execution,
                ..Seen::default()
            };
            let by_steps = seen.unbegun();
            let mut progress = seen.execution.progress.unwrap_or_default();
            (progress.total, progress.succeeded, progress.failed) = (8, 2, 1);
            seen.execution.progress = Some(progress);
            (by_steps, seen.unbegun())
        };
        assert_eq!(of(Status::Failed), (Some((2, 3)), Some((5, 8))));
        assert_eq!(of(Status::InProgress), (None, None));
    }

    #[test]
    fn children_that_cannot_be_listed_for_a_moment_stay_as_they_were_seen_last() {
        let step = |child: Option<&str>| StepRun {
            id: "s-1".into(),
            child: child.map(str::to_owned),
            ..StepRun::default()
        };
        let seen = |child, unlisted| Seen {
            execution: Execution {
                steps: vec![step(child)],
                ..Execution::default()
            },
            unlisted,
            ..Seen::default()
        };
        let mut last = seen(Some("c-1"), None);
        last.children.push(ExecutionRow::default());
        let mut now = seen(None, Some(throttled()));
        now.keep(&last);
        assert_eq!((&now.execution, &now.children), (&last.execution, &last.children));
        let mut listed = seen(None, None);
        listed.keep(&last);
        assert_eq!(listed, seen(None, None));
    }

    #[test]
    fn who_waits_further_down_stays_known_while_a_child_cannot_be_asked() {
        let row = |id: &str, status: Status| ExecutionRow {
            id: id.into(),
            status,
            ..ExecutionRow::default()
        };
        let leaf = Deep {
            row: row("leaf", Status::Waiting),
            under: "mid".into(),
            within: vec!["Mid".into()],
        };
        let seen = |mid: Status, deeper: Vec<Deep>, unlisted| Seen {
            begun: vec![row("mid", mid)],
            deeper,
            unlisted,
            ..Seen::default()
        };
        let last = seen(Status::InProgress, vec![leaf.clone()], None);
        assert_eq!(last.called(&leaf.row).as_deref(), Some("in Mid"));
        assert_eq!(
            last.waiting().map(|row| last.under(row)).collect::<Vec<_>>(),
            ["mid"]
        );
        let mut now = seen(Status::InProgress, Vec::new(), Some(throttled()));
        now.keep(&last);
        assert_eq!(now.deeper, [leaf]);
        let mut over = seen(Status::Success, Vec::new(), Some(throttled()));
        over.keep(&last);
        assert_eq!(over.deeper, []);
    }
}
