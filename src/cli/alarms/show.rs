//! `qd alarms show`: one alarm with everything that helps: CloudWatch's reason, runbooks with their variables filled, how
//! often it burned in 30 days, and what was done before.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::find::{Found, find};
use super::row::{Row, remarks};
use crate::alarm::past::{Past, Recalled, look_closer};
use crate::alarm::{Answer, History, Known, Severity, answers, facts, known, reason, unlinked};
use crate::aws::Failure;
use crate::cli::context::print;
use crate::cli::{Context, Error, Exit, Outcome, cloud, notice, quote, runbooks};
use crate::panel::age;
use crate::recording::{Catalogue, Keyring, Library};
use crate::runbook::Answers;
use crate::runbook::variable::Source;

/// Runbooks beyond these are no help.
const RUNBOOKS: usize = 5;
const PAST: usize = 8;

#[derive(clap::Args)]
pub struct Args {
    /// The alarm, by its name or its ARN
    name: String,
}

struct Told {
    found: Found,
    history: Option<History>,
    runbooks: Vec<(Answer, Vec<Known>)>,
    /// The runbook that its description links to, which is not in the library.
    unlinked: Option<String>,
    /// Since it went off this time.
    since: Vec<Recalled>,
    past: Vec<Recalled>,
    failures: Vec<Failure>,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let clients = cloud::connect(context);
    let mut found = find(&clients, &args.name).await?;
    let mut failures = std::mem::take(&mut found.failures);
    let history = match History::fetch(&clients, &found.alarm).await {
        Ok(history) => Some(history),
        Err(failure) => {
            crate::fleet::gather(&mut failures, failure);
            None
        }
    };
    let library = runbooks::library(context).await?;
    let facts = facts(&found.alarm, found.node.as_ref());
    let today = Timestamp::now().to_zoned(TimeZone::system()).date();
    let answers = answers(&Answers::of(&library), &library, &found.alarm, today);
    let unlinked = unlinked(&found.alarm, &answers).map(str::to_owned);
    let with_values = |answer: Answer| {
        let page = library.pages.iter().find(|page| page.path == answer.path)?;
        Some((answer, known(page, &facts)))
    };
    let runbooks = answers
        .into_iter()
        .take(RUNBOOKS)
        .filter_map(with_values)
        .collect();
    let quiet_at = history.as_ref().map(|history| history.quiet_at.as_slice());
    let (since, past) = done(&found, quiet_at, context)?;
    let told = Told {
        found,
        history,
        runbooks,
        unlinked,
        since,
        past,
        failures,
    };
    if context.json {
        context.print_json(&told.json())?;
    } else {
        print(&told.text())?;
        told.failures.iter().for_each(cloud::tell);
        if let Some(says) = super::unmuted(&told.found.unmuted) {
            notice(says);
        }
    }
    Ok(Exit::Done)
}

/// What was done since it went off, and the last times.
fn done(
    found: &Found,
    quiet_at: Option<&[Timestamp]>,
    context: &Context,
) -> Result<(Vec<Recalled>, Vec<Recalled>), Error> {
    let data_dir = &context.paths.data_dir;
    let (rows, failed) = Library::open(data_dir)
        .list()
        .map_err(|cause| Error::failed(cause.to_string()))?;
    let (past, unread) = Past::load(data_dir, &rows);
    for cause in failed.iter().map(ToString::to_string).chain(unread) {
        notice(format!("qd: {}", quote(&cause)));
    }
    let name = found
        .node
        .as_ref()
        .map(|node| node.name.as_str())
        .filter(|name| !name.is_empty());
    let mut recalled = past.recall(&found.alarm, name, PAST);
    let catalogue = Catalogue::open(data_dir, Keyring::of(&context.config.recording));
    look_closer(&mut recalled, &catalogue, quiet_at);
    Ok((past.since(&found.alarm, name, PAST), recalled))
}

impl Told {
    fn json(&self) -> Value {
        let variable = |known: &Known| json!({ "name": known.name, "value": known.value, "source": known.source.map(Source::name) });
        let as_json = |(answer, variables): &(Answer, Vec<Known>)| {
            json!({
                "path": answer.path, "name": answer.name, "title": answer.title, "why": reason(answer.why),
                "overdue": answer.is_overdue, "variables": variables.iter().map(variable).collect::<Vec<_>>(),
            })
        };
        let history = self.history.as_ref().map(|history| {
            json!({
                "burned_at": history.burned_at, "quiet_at": history.quiet_at,
                "typical_ms": history.typical_for.map(|typical| typical.as_millis() as u64),
            })
        });
        let runbook = self.runbooks.first().map(|(answer, _)| answer.name.as_str());
        json!({
            "alarm": Row::of(&self.found.alarm, runbook),
            "target": self.found.node.as_ref().map(|node| json!({ "id": node.id, "name": node.name, "ping": node.ping })),
            "history": history,
            "runbooks": self.runbooks.iter().map(as_json).collect::<Vec<_>>(), "unlinked": self.unlinked,
            "since": self.since.iter().map(recalled).collect::<Vec<_>>(),
            "past": self.past.iter().map(recalled).collect::<Vec<_>>(),
            "failures": self.failures,
            "mutes_known": self.found.unmuted.is_empty(),
        })
    }

    fn text(&self) -> String {
        let (alarm, now) = (&self.found.alarm, Timestamp::now());
        let mut text = format!("{}\n", quote(&alarm.name));
        let mut line = |label: &str, said: &str| {
            if !said.is_empty() {
                // Descriptions are written in lines; here one follows the other.
                let said = said.lines().map(str::trim).collect::<Vec<_>>().join("  ");
                let _ = writeln!(text, "  {label:<12} {}", quote(&said));
            }
        };
        let since = alarm
            .since
            .map(|at| format!(" for {}, since {at:.0}", age::since(at, now)));
        line(
            "state",
            &format!("{}{}", alarm.state.as_str(), since.unwrap_or_default()),
        );
        line("why", &alarm.reason);
        line("remarks", &remarks(alarm));
        let untold = match alarm.tags {
            Some(_) => "not told",
            None => "not known: its tags were not read",
        };
        line("severity", alarm.severity().map_or(untold, Severity::as_str));
        line("about", alarm.description.as_deref().unwrap_or_default());
        let metric = [&alarm.namespace, &alarm.metric].into_iter().flatten();
        line(
            "metric",
            &metric.map(String::as_str).collect::<Vec<_>>().join(" "),
        );
        let dimensions = alarm
            .dimensions
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        line("of", &dimensions.collect::<Vec<_>>().join(" "));
        line("rule", alarm.rule.as_deref().unwrap_or_default());
        line("where", &format!("{} {}", alarm.account, alarm.region));
        if let Some(node) = &self.found.node {
            let ping = node.ping.as_deref().unwrap_or("no agent");
            line("instance", &format!("{} {} ({ping})", node.id, node.name));
        }
        if let Some(history) = &self.history {
            let typical = history
                .typical_for
                .map(|typical| format!(", for {} as a rule", age::short(typical)));
            let times = match history.burned_at.len() {
                1 => "once".to_owned(),
                times => format!("{times} times"),
            };
            let often = format!("{times} in 30 days{}", typical.unwrap_or_default());
            line("burned", &often);
        }
        self.runbooks_text(&mut text);
        self.past_text(&mut text, now);
        text
    }

    fn runbooks_text(&self, text: &mut String) {
        let _ = match self.runbooks.is_empty() {
            true => writeln!(text, "\nno runbook answers it; `qd runbooks new` writes one"),
            false => writeln!(text, "\nrunbooks"),
        };
        if let Some(link) = &self.unlinked {
            let says =
                "is linked in its description and not in your library; [runbooks] paths takes its folder";
            let _ = writeln!(text, "  {} {says}", quote(link));
        }
        for (answer, variables) in &self.runbooks {
            let overdue = if answer.is_overdue { ", review overdue" } else { "" };
            let (title, name) = (quote(&answer.title), quote(&answer.name));
            let _ = writeln!(text, "  {title}  {name}  ({}{overdue})", reason(answer.why));
            for known in variables {
                let value = match (&known.value, known.source) {
                    (Some(value), Some(source)) => format!("{} ({})", quote(value), source.name()),
                    _ => "asked for".into(),
                };
                let _ = writeln!(text, "    {} = {value}", quote(&known.name));
            }
        }
    }

    fn past_text(&self, text: &mut String, now: Timestamp) {
        if self.since.is_empty() && self.past.is_empty() {
            let _ = writeln!(
                text,
                "\nno run and no session here is known to have to do with it"
            );
        }
        for (title, group) in [("since it went off", &self.since), ("last time", &self.past)] {
            if !group.is_empty() {
                let _ = writeln!(text, "\n{title}");
            }
            for one in group {
                episode_text(one, text, now);
            }
        }
    }
}

fn episode_text(one: &Recalled, text: &mut String, now: Timestamp) {
    let episode = &one.episode;
    let lasted = episode.lasted_for.map_or("going on".into(), age::short);
    let _ = writeln!(
        text,
        "  {} ago  {} {}  {}, {lasted}, {}: {}  ({})",
        age::since(episode.started_at, now),
        episode.kind.as_str(),
        quote(&episode.id),
        quote(&episode.who),
        quote(&episode.outcome),
        quote(&episode.title),
        one.why.says(),
    );
    if let Some(fix) = &one.fix {
        let quiet = if fix.before_ok {
            "the alarm went quiet after it"
        } else {
            "the last change that went well"
        };
        let _ = writeln!(
            text,
            "    perhaps fixed by: {}  (a guess: {quiet})",
            quote(&fix.text)
        );
    }
}

fn recalled(one: &Recalled) -> Value {
    let episode = &one.episode;
    json!({
        "kind": episode.kind, "id": episode.id, "title": episode.title, "who": episode.who,
        "started_at": episode.started_at, "outcome": episode.outcome, "why": one.why,
        "duration_ms": episode.lasted_for.map(|lasted| lasted.as_millis() as u64),
        "fix": one.fix.as_ref().map(|fix| json!({ "text": fix.text, "guess": true, "before_ok": fix.before_ok })),
    })
}
