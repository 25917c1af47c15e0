//! `qd incident opsitem`, and what follows every other word: the OpsItem is brought to where the journal is. A refusal is
//! told and written down; what was said before it stands.

use super::{Context, Error, Outcome, Which, notice, quote, tell};
use crate::cli::cloud;
use crate::incident::{State, journal, opsitem, report};

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    context.require_write("write an OpsItem")?;
    context.require_network()?;
    let id = args.which.find(context)?;
    let done = follow(&id, context)?;
    notice(quote(&done.says()));
    tell(&id, context)
}

/// After a word was written: where there is an OpsItem, or shall be one.
pub fn after(id: &str, wanted: bool, context: &Context) -> Result<(), Error> {
    let lines = journal::Journal::load(&context.paths.data_dir, id)?.lines;
    let has_one = State::of(id, &lines).opsitem.is_some();
    if !wanted && !has_one && !context.config.incident.opsitems {
        return Ok(());
    }
    if context.read_only {
        notice("qd: read-only mode: the OpsItem is left as it is, the incident is written down");
        return Ok(());
    }
    match context.require_network().and_then(|()| follow(id, context)) {
        Ok(done) => notice(quote(&done.says())),
        Err(cause) => {
            notice(format!("qd: {cause}; the incident is written down all the same"));
            if let Some(hint) = cause.hint {
                notice(format!("hint: {hint}"));
            }
        }
    }
    Ok(())
}

fn follow(id: &str, context: &Context) -> Result<opsitem::Done, Error> {
    let rules = crate::recording::redaction::Rules::new(&context.config.redaction).map_err(Error::usage)?;
    let ground = crate::cli::report::ground(context, &[], false);
    let mut cover = report::covering(&ground, id, rules.into());
    let mut done = None;
    crate::cli::wait(async {
        let clouds = cloud::connect(context);
        let outcome = opsitem::follow(&clouds, &context.paths.data_dir, id, &mut cover).await;
        done =
            Some(outcome.map_err(|trouble| Error::failed(quote(&trouble.to_string())).hint(trouble.hint()))?);
        Ok(super::Exit::Done)
    })?;
    done.ok_or_else(|| Error::failed("the OpsItem was not written"))
}
