//! `qd` and `qd demo`: the same console, once on the accounts of the usual credential chain, once on the embedded
//! simulator. The first frame is drawn before either is asked anything.

use std::any::Any;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::signal::unix::SignalKind;

use crate::app::{Bindings, Model, Notice, Weight};
use crate::aws::{Cloud, Settings, StaticAccount};
use crate::config::theme::Depth;
use crate::config::{Config, Paths, Theme};
use crate::fleet::Policy;
use crate::runtime::{Connected, Runtime};
use crate::sim::{Options, Sim, agent, runbook};
use crate::tui;

use super::store::Supply;
use super::terminal::is_interactive;
use super::{Context, Error, Exit, Outcome, cloud, signals};

/// A real agent waits a second before the first prompt; the demo need not.
const START_PAUSE: Duration = Duration::from_millis(50);

#[derive(clap::Args)]
pub struct DemoArgs {
    /// Everything but keys and dates follows from this number
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The console on real accounts.
pub async fn run(context: Context) -> Outcome {
    let clients = cloud::connect(&context);
    let runbooks = context.config.runbooks.paths.clone();
    let connect = async move {
        let guard: Box<dyn Any + Send> = Box::new(());
        Ok((clients, guard))
    };
    show(context, runbooks, false, connect).await
}

/// A folder that is gone when the demo ends.
pub fn scratch() -> Result<TempDir, Error> {
    tempfile::Builder::new()
        .prefix("quarterdeck-demo-")
        .tempdir()
        .map_err(|cause| Error::failed(format!("cannot make a scratch folder: {cause}")))
}

/// The console on the simulator, everything it writes below a scratch folder unless `--data-dir` is given.
pub async fn demo(args: DemoArgs, context: Context, scratch: TempDir, keeps_data: bool) -> Outcome {
    let below = Paths::below(scratch.path());
    let data_dir = if keeps_data {
        context.paths.data_dir.clone()
    } else {
        below.data_dir.clone()
    };
    let paths = Paths {
        data_dir,
        config_file: context.paths.config_file.clone(),
        ..below
    };
    let folder = scratch.path().join("runbooks");
    write_runbooks(&folder)
        .map_err(|cause| Error::failed(format!("cannot write the demo's runbooks: {cause}")))?;
    let agent = agent::Options {
        isolate: true,
        helper: std::env::current_exe().ok(),
        start_pause_for: START_PAUSE,
        ..agent::Options::default()
    };
    let options = Options {
        seed: args.seed,
        agent,
        ..Options::default()
    };
    let connect = async move {
        let sim = Sim::start(options).map_err(|cause| Notice::new(Weight::Bad, cause.to_string()))?;
        let cloud = Cloud::connect(settings(&sim));
        let guard: Box<dyn Any + Send> = Box::new(sim);
        Ok((cloud, guard))
    };
    let context = Context { paths, ..context };
    let outcome = show(context, vec![folder], true, connect).await;
    if let Err(cause) = scratch.close() {
        tracing::warn!(%cause, "the scratch folder stays");
    }
    outcome
}

fn write_runbooks(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    runbook::ALL
        .iter()
        .try_for_each(|(name, text)| std::fs::write(folder.join(name), text))
}

fn settings(sim: &Sim) -> Settings {
    let accounts = sim.accounts().into_iter().map(|account| StaticAccount {
        name: account.name,
        id: account.id,
        access_key_id: account.access_key_id,
        secret_access_key: account.secret_access_key,
        session_token: account.session_token,
        regions: account.regions,
    });
    Settings {
        accounts: accounts.collect(),
        endpoint_url: Some(sim.endpoint_url()),
        ..Settings::default()
    }
}

async fn show(
    context: Context,
    runbooks: Vec<PathBuf>,
    demo: bool,
    connect: impl Future<Output = Connected> + Send + 'static,
) -> Outcome {
    if !is_interactive() {
        return Err(
            Error::usage("the console needs a terminal").hint("`qd --help` lists what works without one")
        );
    }
    // What the console shows needs no store; what it opens does, where that is required.
    let (supply, refused) = match demo {
        true => (None, None),
        false => match Supply::begin(&context).await {
            Ok(supply) => (Some(supply), None),
            Err(error) => (None, Some(error)),
        },
    };
    let Context {
        config,
        paths,
        read_only,
        ..
    } = context;
    let theme = Theme::load(&config.theme, &paths.themes_dir())?.at(Depth::from_environment());
    let mut model = model(config.clone())?;
    model.read_only = read_only || refused.is_some();
    model.demo = demo;
    let (runtime, inbox) = Runtime::start(config, paths, runbooks, connect);
    if let Some(error) = refused {
        let says = format!("{}: read-only", error.says);
        runtime.say(Notice::new(Weight::Bad, says));
    }
    let supply = supply.map(|(supply, reports)| {
        runtime.hear_of_store(reports);
        supply
    });
    let shown = tui::run(model, runtime, inbox, theme);
    if let Some(supply) = supply {
        supply.settle().await;
    }
    let ended_by = shown.map_err(|cause| Error::failed(format!("the terminal failed: {cause}")))?;
    Ok(match ended_by {
        Some(signal) if signal == SignalKind::quit() => signals::QUIT,
        _ => Exit::Done,
    })
}

fn model(config: Config) -> Result<Model, Error> {
    let bindings = Bindings::new(&config.keys).map_err(|bad| Error::usage(bad.to_string()))?;
    let policy = Policy::of(&config)?;
    let mut model = Model::new(config, bindings, policy);
    model.know(crate::audit::Actor::local().user, None);
    Ok(model)
}
