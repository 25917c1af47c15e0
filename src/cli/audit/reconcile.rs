//! `qd audit reconcile`: AWS's history of sessions, its trail or an exported one, against the recordings of this data
//! directory. What differs is an event and exit 4; a region that did not answer is said and proves nothing.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::super::{Context, Error, Exit, Outcome, cloud, notice, quote, wait};
use super::ls::parse_instant;
use crate::audit::reconcile::{
    Case, Claim, Cover, Found, Kept, Report, Source, Whose, fetch, join, judge, last_output_at, load_kept,
    load_trail, write,
};
use crate::aws::Failure;
use crate::recording::DeviceKey;

/// As far as DescribeSessions looks back.
const DAYS: i64 = 30;
/// With a file at hand, who we are is a help and not worth a wait.
const IDENTITY: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
pub struct Args {
    /// Sessions begun from this day or instant on; default: 30 days ago, or the whole file
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    from: Option<Timestamp>,
    /// Up to this day or instant, not included
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    to: Option<Timestamp>,
    /// An exported trail instead of asking AWS: a .json or .json.gz file, or a folder of them; repeatable
    #[arg(long, value_name = "FILE|DIR")]
    cloudtrail: Vec<PathBuf>,
    /// Sessions of other people count as well: for a data directory that holds the recordings of all
    #[arg(long)]
    all: bool,
}

#[derive(Serialize)]
struct Document<'r> {
    #[serde(flatten)]
    report: &'r Report,
    from: Option<String>,
    to: String,
    /// The ARNs whose sessions count; empty: everybody's.
    identities: &'r [String],
    /// Recordings that AWS's history now bears out, and did not before.
    correlated: usize,
    failures: &'r [Failure],
}

pub fn run(args: Args, context: &Context) -> Outcome {
    if args.cloudtrail.is_empty() {
        context.require_network()?;
    }
    wait(reconcile(args, context))
}

async fn reconcile(args: Args, context: &Context) -> Outcome {
    let now = Timestamp::now();
    let to = args.to.unwrap_or(now);
    let mut from = args.from;
    let found = if args.cloudtrail.is_empty() {
        let since = from.unwrap_or_else(|| to - SignedDuration::from_hours(24 * DAYS));
        from = Some(since);
        if since >= to {
            return Err(Error::usage("--from is not before --to"));
        }
        let both = Source {
            history: true,
            trail: true,
        };
        fetch(&cloud::connect(context), both, since, to).await
    } else {
        from_files(&args, context, to).await?
    };
    for failure in &found.failures {
        cloud::tell(failure);
    }
    let data_dir = &context.paths.data_dir;
    // After AWS was asked: a session that begins meanwhile has its recording before AWS knows it.
    let failed = |cause: crate::recording::Error| Error::failed(cause.to_string());
    let (kept, unreadable) = load_kept(data_dir).map_err(failed)?;
    for cause in &unreadable {
        notice(format!("qd: {cause}"));
    }
    let whose = whose(&args, &found, &kept);
    let report = judge(&Case {
        claims: &found.claims,
        kept: &kept,
        whose: whose.clone(),
        cover: &found.cover,
        now,
        last_output_at: &last_output_at,
    });
    let device = DeviceKey::load_or_create(data_dir)?;
    let written = write(data_dir, &device, &report, &kept)?;
    for cause in &written.failures {
        notice(format!("qd: {cause}"));
    }
    let identities = match &whose {
        Whose::Ours(arns) => arns.as_slice(),
        Whose::Everybody => &[],
    };
    if context.json {
        context.print_json(&Document {
            report: &report,
            from: from.map(|at| at.to_string()),
            to: to.to_string(),
            identities,
            correlated: written.proofs,
            failures: &found.failures,
        })?;
    } else {
        print(&report, context)?;
    }
    let nobody_answered = found.cover.places() == 0 && !found.failures.is_empty();
    match report.is_clean() {
        true if nobody_answered => {
            Err(Error::failed("no region answered: nothing is compared").hint("see the failures above"))
        }
        true => Ok(Exit::Done),
        false if context.json => Ok(Exit::Tampering),
        false => Err(Error::tampering(report.says()).hint(
            "recordings kept elsewhere must be pulled first; else ask whoever began these sessions how",
        )),
    }
}

/// The sessions of exported trails; AWS is asked only who we are.
async fn from_files(args: &Args, context: &Context, to: Timestamp) -> Result<Found, Error> {
    let mut claims = Vec::new();
    for path in &args.cloudtrail {
        let read = load_trail(path).map_err(|bad| {
            Error::failed(bad.to_string()).hint("give files as CloudTrail delivers them to its bucket")
        })?;
        claims.extend(read);
    }
    let mut claims = join(claims);
    let from = args.from.unwrap_or(Timestamp::MIN);
    claims.retain(|claim| claim.started_at.is_none_or(|at| (from..to).contains(&at)));
    let mut cover = Cover::default();
    for claim in &claims {
        if let Some(at) = claim.started_at {
            cover.add(&claim.account, &claim.region, at, at);
        }
    }
    Ok(Found {
        claims,
        cover,
        identities: identities(context).await,
        failures: Vec::new(),
    })
}

async fn identities(context: &Context) -> Vec<String> {
    let clients = cloud::connect(context);
    let mut arns = Vec::new();
    for profile in clients.profiles() {
        if let Ok(Ok(identity)) = tokio::time::timeout(IDENTITY, clients.identity(&profile)).await {
            arns.push(identity.arn);
        }
    }
    arns
}

/// By identity: the profiles' own, and whoever is named in recordings made here. Where neither is known, everybody.
fn whose(args: &Args, found: &Found, kept: &[Kept]) -> Whose {
    if args.all {
        return Whose::Everybody;
    }
    let mut arns: BTreeSet<String> = found.identities.iter().cloned().collect();
    if found.failures.is_empty() && arns.is_empty() {
        arns.extend(kept.iter().filter_map(|kept| kept.actor.clone()));
    }
    if arns.is_empty() {
        notice("qd: whose sessions are yours is not known here: everybody's count");
        return Whose::Everybody;
    }
    let others = |claim: &&Claim| !arns.contains(&claim.owner);
    let left_out = found.claims.iter().filter(others).count();
    if left_out > 0 {
        notice(format!(
            "qd: {left_out} sessions that others began are looked at only where there is a recording; --all counts them"
        ));
    }
    Whose::Ours(arns.into_iter().collect())
}

fn print(report: &Report, context: &Context) -> Result<(), Error> {
    let cell = |text: &Option<String>| text.clone().unwrap_or_default();
    let missing = report.missing.iter().map(|found| {
        let at = cell(&found.started_at);
        let says = "no recording".to_owned();
        [
            says,
            at,
            found.session_id.clone(),
            found.target.clone(),
            found.actor.clone(),
        ]
    });
    let unmatched = report.unmatched.iter().map(|found| {
        let says = "AWS knows no such session".to_owned();
        let at = found.started_at.clone();
        [
            says,
            at,
            cell(&found.session_id),
            cell(&found.target),
            cell(&found.actor),
        ]
    });
    let differing = report.disagreements.iter().map(|found| {
        let (session, target) = (found.session_id.clone(), found.target.clone());
        [
            found.says.clone(),
            String::new(),
            session,
            target,
            found.actor.clone(),
        ]
    });
    let rows: Vec<[String; 5]> = missing.chain(unmatched).chain(differing).collect();
    if !rows.is_empty() {
        context.print_table(&["FOUND", "STARTED", "SESSION", "TARGET", "WHO"], &rows)?;
    }
    if report.is_clean() {
        super::super::context::print(&format!("{}\n", quote(&report.says())))?;
    }
    Ok(())
}
