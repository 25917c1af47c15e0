//! `qd runbooks approve`: this device's word on a step as it would run: its page, its machines, its values. What only the run
//! itself comes to know has to be given, or there is nothing yet to have an opinion on.

use std::collections::BTreeMap;

use super::Paths;
use super::run::{is_production, place};
use crate::alarm;
use crate::cli::{Context, Error, Exit, Outcome, alarms, cloud, notice, quote};
use crate::runbook::Values;
use crate::runbook::placeholder::name;
use crate::runbook::plan::Plan;
use crate::runbook::run::{Approval, Asked, Preview, Scene, value_lines};

#[derive(clap::Args)]
pub struct Args {
    /// A file, or a name or title from the library
    file: String,
    /// The step, by name or number
    step: String,
    /// Where it is to run, as `run --on` has it
    #[arg(long, value_name = "TARGET|EXPR")]
    on: Option<String>,
    /// A value that it is to run with, repeatable
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = super::run::pair)]
    values: Vec<(String, String)>,
    /// The alarm that led to it, as `run --alarm` has it
    #[arg(long, value_name = "NAME")]
    alarm: Option<String>,
    #[command(flatten)]
    library: Paths,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let (path, text) = super::seek(&args.file, &args.library, context).await?;
    let plan = Plan::parse(&path, &args.file, &text)?;
    let unknown = || Error::usage(format!("{} has no step {}", quote(&args.file), quote(&args.step)));
    let step = plan.step(&args.step).ok_or_else(unknown)?;
    let values = plan.named(args.values.iter().cloned().collect());
    super::run::check_values(&plan, &values)?;
    let wanted = place::Wanted {
        on: args.on.as_deref(),
        before: None,
        reason: "",
        only: None,
        is_dry: true,
    };
    let mut places = place::find(&wanted, &plan, &values, context).await?;
    let mut facts = Values::new();
    if let Some(alarm) = &args.alarm {
        context.require_network()?;
        let found = alarms::find(&cloud::connect(context), alarm).await?;
        let node = found.node.as_ref();
        let production = node.filter(|node| is_production(node, context));
        places.production.extend(production.map(|node| node.id.0.clone()));
        facts = alarm::facts(&found.alarm, node);
    }
    let profile = context.only_profile();
    let scene = Scene {
        plan: &plan,
        targets: &places.targets,
        named: &places.named,
        values,
        before: None,
        facts,
        production: &places.production,
        only: Some(&step.id),
        from: None,
        looks_only: false,
        tabs: &[],
        fleet: &places.fleet,
        home: places.home.as_ref().map(|(_, place)| place),
        profile: profile.as_deref(),
    };
    let preview = scene.preview().into_iter().next().ok_or_else(unknown)?;
    must_be_whole(&preview)?;
    let on: BTreeMap<String, String> = preview
        .targets
        .iter()
        .map(|placed| (placed.id.clone(), placed.sha256()))
        .collect();
    let key = crate::recording::DeviceKey::load_or_create(&context.paths.data_dir)
        .map_err(|cause| Error::failed(cause.to_string()).hint(cause.hint().unwrap_or_default()))?;
    let asked = Asked {
        step,
        page: &plan.sha256,
        on: &on,
    };
    let approval = Approval::sign(&asked, &key)?;
    for placed in &preview.targets {
        let label = if placed.name.is_empty() {
            &placed.id
        } else {
            &placed.name
        };
        notice(format!("qd: you approve on {}", quote(label)));
        let values = value_lines(&placed.variables);
        for line in values
            .iter()
            .chain(&placed.commands)
            .flat_map(|text| text.lines())
        {
            notice(format!("  $ {}", quote(line)));
        }
    }
    context.print_json_line(&approval)?;
    Ok(Exit::Done)
}

/// Every value is there, but for secrets, which nobody is shown.
fn must_be_whole(preview: &Preview) -> Result<(), Error> {
    let step = quote(&preview.step);
    if let Some(why) = &preview.blocked {
        return Err(Error::usage(format!("step {step} cannot run: {}", quote(why))));
    }
    for placed in &preview.targets {
        let is_secret = |wanted: &String| {
            let mut secrets = placed.variables.iter().filter(|(_, value)| value.is_none());
            secrets.any(|(secret, _)| name(secret) == name(wanted))
        };
        let mut wanted = placed.missing.iter().chain(placed.later.keys());
        if let Some(wanted) = wanted.find(|wanted| !is_secret(wanted)) {
            let says = format!("step {step} needs a value for {}", quote(wanted));
            return Err(Error::usage(says).hint(format!("give --set {wanted}=VALUE as the run has it")));
        }
    }
    Ok(())
}
