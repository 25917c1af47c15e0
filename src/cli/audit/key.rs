//! `qd audit key`: the verifier keys that other people put into their configuration.

use serde::Serialize;

use super::{Context, Exit, Outcome, log, witness};
use crate::recording::DeviceKey;

#[derive(clap::Args)]
pub struct Args {
    /// The name to witness under, at the first use; later the first one stays
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

#[derive(Serialize)]
struct Document {
    log: String,
    witness: String,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let device = DeviceKey::load_or_create(&context.paths.data_dir)?;
    let document = Document {
        log: log(context)?.key(&device)?.to_string(),
        witness: witness::own_key(context, &device, args.name)?.to_string(),
    };
    if context.json {
        context.print_json(&document)?;
    } else {
        let rows = [["log".into(), document.log], ["witness".into(), document.witness]];
        context.print_table(&["SIGNS AS", "VERIFIER KEY"], &rows)?;
    }
    Ok(Exit::Done)
}
