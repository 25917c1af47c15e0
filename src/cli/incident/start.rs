//! `qd incident start`: by hand, or from an alarm as CloudWatch has it now. An alarm that cannot be read is kept by its name:
//! an incident never waits for AWS for long.

use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;

use super::{Context, Error, Exit, Outcome, notice, opsitem, quote, tell};
use crate::alarm::{self, Tags, Wanted};
use crate::cli::cloud;
use crate::incident::{self, Alarm, LONGEST_TITLE, Opened, Severity, Who, journal};

/// How long CloudWatch may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
pub struct Args {
    /// What is wrong, in a few words; default: the alarm's name
    #[arg(required_unless_present = "alarm", num_args = 0..)]
    title: Vec<String>,
    /// The alarm that tells it, by its name
    #[arg(long, value_name = "NAME")]
    alarm: Option<String>,
    /// sev1 (worst) to sev4; default: the alarm's own, else sev3
    #[arg(long, value_name = "SEVERITY")]
    severity: Option<Severity>,
    /// When it went wrong: -20m, 14:05 (UTC) or 2026-03-01T14:00:00Z; default: when the alarm went off, else now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<String>,
    /// Create an OpsItem for it at AWS; with `[incident] opsitems = true` this is the default
    #[arg(long)]
    opsitem: bool,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    if args.opsitem {
        context.require_write("create an OpsItem")?;
    }
    let now = Timestamp::now();
    let said = args
        .since
        .as_deref()
        .map(|text| super::instant("--since", text, now));
    let said = said.transpose()?;
    let found = match &args.alarm {
        Some(name) => Some(ask(name, context)?),
        None => None,
    };
    let since = said.or_else(|| found.as_ref().and_then(|found| found.began_at));
    if since.is_some_and(|since| since > now) {
        return Err(Error::usage("--since lies in the future"));
    }
    let severity = args
        .severity
        .or_else(|| found.as_ref().and_then(|found| found.severity))
        .unwrap_or_default();
    let title = match args.title.join(" ").trim() {
        "" => {
            let name = args.alarm.iter().flat_map(|name| name.chars());
            name.take(LONGEST_TITLE).collect()
        }
        title => title.to_owned(),
    };
    if title.chars().count() > LONGEST_TITLE {
        let says = format!("a title has at most {LONGEST_TITLE} characters");
        return Err(Error::usage(says).hint("the rest belongs into a note"));
    }
    let data_dir = &context.paths.data_dir;
    let before = incident::current(data_dir)?;
    let opened = |id: &str| Opened {
        incident: id.to_owned(),
        title,
        severity,
        started_at: since.unwrap_or_else(Timestamp::now),
        alarm: found.map(|found| found.alarm),
        tool: format!("qd {}", env!("CARGO_PKG_VERSION")),
    };
    let id = journal::start(data_dir, opened, Who::here())?;
    incident::switch(data_dir, &id)?;
    if let Some(before) = before {
        notice(format!(
            "{before} goes on; `qd incident switch {before}` takes it up again"
        ));
    }
    opsitem::after(&id, args.opsitem, context)?;
    if context.json {
        return tell(&id, context);
    }
    crate::cli::context::print(&format!("{id}\n"))?;
    Ok(Exit::Done)
}

#[derive(Default)]
struct Found {
    alarm: Alarm,
    /// By its own words.
    severity: Option<Severity>,
    began_at: Option<Timestamp>,
}

/// The alarm of that name; exit 2 when several places have one.
fn ask(name: &str, context: &Context) -> Result<Found, Error> {
    let bare = || Found {
        alarm: Alarm {
            name: name.to_owned(),
            ..Alarm::default()
        },
        ..Found::default()
    };
    if let Err(cause) = context.require_network() {
        notice(format!("qd: the alarm was not read: {cause}"));
        return Ok(bare());
    }
    let (mut roster, mut began_at) = (alarm::Roster::default(), None);
    let reading = async {
        let clouds = cloud::connect(context);
        let mut batches = alarm::fetch(&clouds, Wanted::Named(vec![name.to_owned()]), &Tags::once());
        while let Some(batch) = batches.next().await {
            roster.apply(batch);
        }
        if let [alarm] = &roster.alarms[..] {
            began_at = alarm::began_at(&clouds, alarm, Timestamp::now()).await;
        }
    };
    let mut late = false;
    crate::cli::wait(async {
        late = tokio::time::timeout(PATIENCE, reading).await.is_err();
        Ok(Exit::Done)
    })?;
    roster.failures.iter().for_each(cloud::tell);
    match &roster.alarms[..] {
        [alarm] => Ok(Found {
            alarm: alarm.into(),
            severity: alarm.severity().map(Into::into),
            began_at,
        }),
        [] if late || !roster.failures.is_empty() => {
            notice("qd: the alarm was not read; the incident has its name alone");
            Ok(bare())
        }
        [] => Err(Error::unreachable(format!("no alarm is called {}", quote(name)))
            .hint("`qd alarms` lists them; leave --alarm out to begin by hand")),
        several => {
            let places: Vec<String> = several
                .iter()
                .map(|alarm| format!("{} {}", alarm.account, alarm.region))
                .collect();
            Err(Error::usage(format!(
                "{} is the name of {} alarms: {}",
                quote(name),
                several.len(),
                quote(&places.join(", "))
            ))
            .hint("name one place with --profile and --region"))
        }
    }
}
