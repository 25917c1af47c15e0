//! `qd runbooks catalogue`: what whoever asks may run, and what has to be given for it.

use serde_json::json;

use super::super::{Context, Error, Outcome, notice, quote};
use super::{Paths, cloud, done};
use crate::audit::Actor;
use crate::runbook::catalogue::{Catalogue, Forbidden, undeclared, wants_arn};
use crate::runbook::plan::Plan;
use crate::runbook::{Page, Variable};

#[derive(clap::Args)]
pub struct Args {
    /// Which pages are left out, and why, in the place of those that you may run
    #[arg(long)]
    left_out: bool,
    #[command(flatten)]
    library: Paths,
}

impl From<Forbidden> for Error {
    fn from(why: Forbidden) -> Error {
        Error::refused(quote(&why.to_string())).hint(why.hint())
    }
}

/// Of the user of this process; AWS is asked who that is where a role is told by an ARN.
pub async fn catalogue(context: &Context) -> Catalogue {
    let arn = match wants_arn(&context.config) {
        true => arn(context).await,
        false => None,
    };
    Catalogue::of(&context.config, Actor::local().user.as_deref(), arn.as_deref())
}

async fn arn(context: &Context) -> Option<String> {
    if let Err(refused) = context.require_network() {
        notice(format!("qd: roles told by an ARN are unknown: {refused}"));
        return None;
    }
    let clients = cloud::connect(context);
    let profile = clients.profiles().into_iter().next()?;
    match clients.identity(&profile).await {
        Ok(identity) => Some(identity.arn),
        Err(failure) => {
            cloud::tell(&failure);
            None
        }
    }
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let catalogue = catalogue(context).await;
    let library = args.library.gather(context).await?;
    let mut listed = catalogue.list(library.pages.iter().map(AsRef::as_ref));
    // A run from a catalogue takes nothing from elsewhere, so none of that is listed.
    if catalogue.is_only && !args.library.is_configured() {
        let own = super::library(context).await?;
        let real = |page: &Page| page.path.canonicalize().ok();
        let is_own = |page: &Page| {
            let mut same = own.pages.iter().filter(|one| one.text == page.text);
            same.any(|one| one.path == page.path || real(one) == real(page))
        };
        for (page, plan) in listed.iter_mut().filter(|(page, _)| !is_own(page)) {
            let why = Forbidden::Stranger(page.path.display().to_string());
            *plan = Err(format!("{why}; {}", why.hint()));
        }
    }
    let left_out: Vec<(&str, &str)> = listed
        .iter()
        .filter_map(|(page, why)| Some((page.name.as_str(), why.as_ref().err()?.as_str())))
        .collect();
    let runnable = listed
        .iter()
        .filter_map(|(page, plan)| Some((page, plan.as_ref().ok()?)));
    if context.json {
        let rows: Vec<_> = runnable
            .map(|(page, plan)| {
                json!({
                    "name": page.name,
                    "title": page.title,
                    "owner": page.owner,
                    "audience": plan.manifest.audience,
                    "parameters": parameters(plan),
                    "steps": plan.steps.len(),
                    "changes": plan.steps.iter().filter(|step| !step.reads).count(),
                })
            })
            .collect();
        let left_out: Vec<_> = left_out
            .iter()
            .map(|(name, why)| json!({ "name": name, "why": why }))
            .collect();
        context.print_json(&json!({
            "catalogue_only": catalogue.is_only, "runbooks": rows, "left_out": left_out,
        }))?;
    } else if args.left_out {
        let rows = left_out.iter().map(|(name, why)| vec![quote(name), quote(why)]);
        context.print_table(&["NAME", "WHY"], &rows.collect::<Vec<_>>())?;
    } else {
        let rows: Vec<Vec<String>> = runnable
            .map(|(page, plan)| {
                let declared = plan.manifest.variables.keys().cloned();
                let names: Vec<String> = declared.chain(undeclared(plan)).collect();
                vec![
                    page.name.clone(),
                    page.title.clone(),
                    plan.manifest.audience.join(","),
                    names.join(","),
                ]
            })
            .collect();
        context.print_table(&["NAME", "TITLE", "AUDIENCE", "PARAMETERS"], &rows)?;
        let pages = match left_out.len() {
            0 => return done(&library),
            1 => "1 page is".to_owned(),
            many => format!("{many} pages are"),
        };
        notice(format!("qd: {pages} left out; --left-out tells which and why"));
    }
    done(&library)
}

/// Those that the page declares, and then what a run asks besides.
fn parameters(plan: &Plan) -> Vec<serde_json::Value> {
    let parameter = |name: &str, variable: &Variable, is_declared: bool| {
        json!({
            "name": name,
            "declared": is_declared,
            "prompt": variable.prompt,
            "choose": variable.choose,
            "match": variable.matches,
            "default": variable.default,
            "from": variable.from,
            "secret": variable.is_secret(),
        })
    };
    let declared = plan.manifest.variables.iter();
    let declared = declared.map(|(name, variable)| parameter(name, variable, true));
    let more = undeclared(plan).into_iter();
    let more = more.map(|name| parameter(&name, &Variable::default(), false));
    declared.chain(more).collect()
}
