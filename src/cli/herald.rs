//! Notifications beside a verb: started before it where the configuration names a receiver, and given a moment when it
//! has ended. What they need of the configuration is put together here.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Context, Error};
use crate::audit::Entry;
use crate::audit::notify::{Dispatcher, Herald, Rules};
use crate::fleet::{self, Policy};
use crate::session::watch_for;

/// The dispatcher of this data directory and configuration.
pub fn dispatcher(context: &Context) -> Result<Dispatcher, Error> {
    let rules = Rules::new(&context.config.risky).map_err(|bad| Error::usage(bad.to_string()))?;
    let policy = Policy::of(&context.config)?;
    // By the console's last look at the fleet; of others nothing is known.
    let saved = fleet::load(&context.paths.cache_dir).ok().flatten();
    let known: HashMap<String, bool> = saved
        .into_iter()
        .flat_map(|saved| saved.nodes)
        .map(|node| (node.id.to_string(), policy.is_production(&node)))
        .collect();
    let is_production = move |entry: &Entry| {
        let target = entry.target.as_ref()?;
        known.get(target.id.as_ref()?).copied()
    };
    Ok(Dispatcher::new(
        &context.paths.data_dir,
        context.config.notify.clone(),
        rules,
        Arc::new(is_production),
        context.network.clone(),
    ))
}

/// Runs beside a verb; `None` where nobody wants to be told anything.
pub fn start(context: &Context) -> Option<Herald> {
    if context.config.notify.is_empty() && context.config.risky.is_empty() {
        return None;
    }
    if let Ok(rules) = Rules::new(&context.config.risky) {
        watch_for(rules);
    }
    match dispatcher(context) {
        Ok(dispatcher) => Some(Herald::start(dispatcher)),
        Err(error) => {
            tracing::warn!(%error, "nobody is told of anything");
            None
        }
    }
}
