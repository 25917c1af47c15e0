//! `qd documents output`: what the steps left behind, whole where it can be had and marked where not; of one that was sent
//! to several targets, each of theirs under its name.

use std::collections::{BTreeSet, HashMap};
use std::io::IsTerminal;
use std::time::Duration;

use serde_json::json;

use crate::aws::{Cloud, Execution, Place, StepRun};
use crate::cli::context::print;
use crate::cli::{Context, Error, Exit, Outcome, cloud, notice, quote};
use crate::document::{Output, Seen, outputs};

/// How long a profile may take to say whose it is.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(clap::Args)]
pub struct Args {
    /// The automation's id
    #[arg(value_name = "ID")]
    id: String,
    /// Of this step only
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
}

/// One automation whose outputs are printed.
struct Left {
    place: Place,
    execution: Execution,
    /// What tells a child from the others.
    called: Option<String>,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let clients = super::connect(context);
    let (place, seen) = super::execution(context, &clients, &args.id).await?;
    let (all, is_whole) = match seen.execution.is_sent() {
        true => children(context, &clients, &place, &seen).await,
        false => (Vec::new(), true),
    };
    let own = Left {
        place,
        execution: seen.execution,
        called: None,
    };
    // The steps of one that was sent are its children: what they left is theirs.
    let all = if all.is_empty() { vec![own] } else { all };
    if let Some(name) = &args.step {
        must_have(&all, name)?;
    }
    for left in &all {
        if let (Some(called), false) = (&left.called, context.json) {
            print(&format!("=== {} {}\n", quote(called), quote(&left.execution.id)))?;
        }
        let is_meant = |step: &&StepRun| args.step.as_ref().is_none_or(|name| *name == step.name);
        for step in left.execution.steps.iter().filter(is_meant) {
            for output in outputs(&clients, &left.place, step).await {
                tell(context, left, step, output)?;
            }
        }
    }
    Ok(if is_whole { Exit::Done } else { Exit::Failed })
}

/// Its children, as far as they can be asked for; those that cannot are named.
async fn children(context: &Context, clients: &Cloud, place: &Place, seen: &Seen) -> (Vec<Left>, bool) {
    let (mut all, mut is_whole) = (Vec::new(), seen.unlisted.is_none());
    if let Some(failure) = &seen.unlisted {
        super::tell_unlisted(failure);
    }
    let names = super::names(context);
    for child in begun(&names, seen) {
        let left = match at(clients, place, &child).await {
            Ok(place) => {
                let asked = clients.fetch_execution(&place, &child.id).await;
                asked.map(|execution| (place, execution)).map_err(Some)
            }
            Err(account) => {
                let says = format!("{} {}", child.called, child.id);
                notice(format!(
                    "qd: what {} left cannot be had: {} is the account of no profile here",
                    quote(&says),
                    quote(&account)
                ));
                Err(None)
            }
        };
        match left {
            Ok((place, execution)) => all.push(Left {
                place,
                execution,
                called: Some(child.called),
            }),
            Err(None) => is_whole = false,
            Err(Some(failure)) => {
                is_whole = false;
                let says = format!("{} {}", child.called, child.id);
                notice(format!("qd: what {} left cannot be had:", quote(&says)));
                cloud::tell(&failure);
            }
        }
    }
    (all, is_whole)
}

/// A child, and where it runs; `None`: where its parent does.
struct Begun {
    id: String,
    called: String,
    account: Option<String>,
    region: Option<String>,
}

/// Those that AWS lists where the parent is, and those elsewhere, which its steps alone tell of.
fn begun(names: &HashMap<String, String>, seen: &Seen) -> Vec<Begun> {
    let listed = seen.children.iter().map(|child| {
        let step = seen.step_of(child);
        Begun {
            id: child.id.clone(),
            called: super::called(names, seen, child).unwrap_or_else(|| child.document.clone()),
            account: step.and_then(|step| step.account.clone()),
            region: step.and_then(|step| step.region.clone()),
        }
    });
    let mut all: Vec<Begun> = listed.collect();
    let mut known: BTreeSet<&str> = seen.children.iter().map(|child| child.id.as_str()).collect();
    for step in &seen.execution.steps {
        if let Some(id) = step.began().filter(|id| known.insert(id)) {
            all.push(Begun {
                id: id.to_owned(),
                called: super::step_called(names, seen, step),
                account: step.account.clone(),
                region: step.region.clone(),
            });
        }
    }
    all
}

/// Where a child can be asked for: with the profile of its account. Fails with an account that no profile is of.
async fn at(clients: &Cloud, place: &Place, child: &Begun) -> Result<Place, String> {
    let mut there = place.clone();
    if let Some(region) = &child.region {
        there.region.clone_from(region);
    }
    let Some(account) = &child.account else {
        return Ok(there);
    };
    let own = clients.identity_at(place).await;
    // Nobody knows whose the profile is: it may be this one's.
    if own.is_err() || own.is_ok_and(|own| own.account == *account) {
        return Ok(there);
    }
    for profile in clients.profiles() {
        let identity = clients.identity_within(&profile, PATIENCE).await;
        if identity.is_ok_and(|identity| identity.account == *account) {
            there.profile = profile;
            return Ok(there);
        }
    }
    Err(account.clone())
}

fn must_have(all: &[Left], name: &str) -> Result<(), Error> {
    let mut known: Vec<&str> = all
        .iter()
        .flat_map(|left| left.execution.steps.iter().map(|step| step.name.as_str()))
        .collect();
    if known.contains(&name) {
        return Ok(());
    }
    let mut listed = BTreeSet::new();
    known.retain(|name| listed.insert(*name));
    Err(
        Error::usage(format!("no step that has begun is called {}", quote(name)))
            .hint(format!("its steps are {}", quote(&known.join(", ")))),
    )
}

fn tell(context: &Context, left: &Left, step: &StepRun, output: Output) -> Result<(), Error> {
    if context.json {
        return context.print_json_line(&json!({
            "execution_id": left.execution.id, "target": left.execution.target,
            "step": step.name, "name": output.name, "text": output.text, "cut": output.is_cut,
            "says": output.says,
        }));
    }
    let is_terminal = std::io::stdout().is_terminal();
    print(&format!("--- {} {}\n", quote(&step.name), quote(&output.name)))?;
    for line in output.text.lines() {
        // A target's text never reaches a terminal raw; a file gets it as it came.
        let line = if is_terminal { quote(line) } else { line.to_owned() };
        print(&format!("{line}\n"))?;
    }
    if output.is_cut {
        let says = output
            .says
            .unwrap_or_else(|| "AWS cut it, and nobody keeps the rest".into());
        notice(format!(
            "qd: {} {} is not whole: {}",
            quote(&step.name),
            quote(&output.name),
            quote(&says)
        ));
    }
    Ok(())
}
