//! `qd audit witness`: the second person's side. What was seen of a log is kept; a fork or a rollback of it is refused.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use super::super::context::print;
use super::{Context, Error, Exit, Outcome, Trusted, log, notice, parse_key, read_note, trusted};
use crate::audit::checkpoint::Checkpoint;
use crate::audit::note::Key;
use crate::audit::witness::{Refused, Witness};
use crate::audit::{Actor, Event, Kind, Signer};
use crate::recording::DeviceKey;

#[derive(clap::Args)]
pub struct Args {
    /// The checkpoint that somebody's `qd audit checkpoint` wrote; - is standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// The log's key, where it is not the one in the checkpoint's first line, repeatable
    #[arg(long = "key", value_name = "KEY", value_parser = parse_key)]
    keys: Vec<Trusted>,
    /// The name to witness under, at the first use; later the first one stays
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

#[derive(Serialize)]
struct Document {
    origin: String,
    size: u64,
    root: String,
    witness: String,
    note: String,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let note = read_note(&args.file)?;
    let device = DeviceKey::load_or_create(&context.paths.data_dir)?;
    let key = own_key(context, &device, args.name.clone())?;
    if let Some(wanted) = args.name.filter(|wanted| *wanted != key.name) {
        notice(format!(
            "qd: this witness stays {}: it is not {wanted}",
            super::super::quote(&key.name)
        ));
    }
    let witness = Witness::open(&context.paths.data_dir);
    let at = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
    let origin = note.text.lines().next().unwrap_or_default().to_owned();
    let cosigned = match witness.cosign(&note, &device, &key, &trusted(&args.keys), at) {
        Ok(cosigned) => cosigned,
        Err(refused) => return Err(tell(refused, &origin, context)),
    };
    let checkpoint = Checkpoint::parse(&cosigned.text).map_err(Error::tampering)?;
    let event = Event::new(Kind::Witnessed, Actor::local())
        .with("origin", checkpoint.origin.clone())
        .with("size", checkpoint.size)
        .with("root", hex::encode(checkpoint.root));
    log(context)?.append(event)?;
    if context.json {
        context.print_json(&Document {
            origin: checkpoint.origin,
            size: checkpoint.size,
            root: hex::encode(checkpoint.root),
            witness: key.to_string(),
            note: cosigned.to_string(),
        })?;
    } else {
        notice(format!("cosigned {} leaves as {}", checkpoint.size, key.name));
        print(&cosigned.to_string())?;
    }
    Ok(Exit::Done)
}

/// The key that this data directory witnesses with.
pub(super) fn own_key(context: &Context, signer: &dyn Signer, name: Option<String>) -> Result<Key, Error> {
    let usual = || {
        let user = Actor::local().user.unwrap_or_else(|| "someone".into());
        let host = nix::unistd::gethostname()
            .ok()
            .and_then(|host| host.into_string().ok());
        format!("{user}@{}", host.unwrap_or_else(|| "somewhere".into()))
    };
    let name = name.unwrap_or_else(usual);
    Ok(Witness::open(&context.paths.data_dir).key(signer, &name)?)
}

fn tell(refused: Refused, origin: &str, context: &Context) -> Error {
    match refused {
        Refused::Failed(error) => error.into(),
        Refused::Forged(says) => Error::tampering(says).hint(
            "nothing was cosigned; --key takes the key of a log that has changed its key, as `qd audit key` prints it there",
        ),
        Refused::Forked(says) => {
            let event = Event::new(Kind::Tamper, Actor::local()).failed(says.clone()).with("origin", origin);
            if let Err(cause) = log(context).and_then(|log| Ok(log.append(event)?)) {
                notice(format!("qd: {cause}"));
            }
            Error::tampering(says).hint("nothing was cosigned; keep the checkpoint and ask whose log it is")
        }
        Refused::Unproven { seen } => Error::failed(refused_says(seen))
            .hint(format!("ask for the output of `qd audit checkpoint --since {seen}`")),
    }
}

fn refused_says(seen: u64) -> String {
    Refused::Unproven { seen }.to_string()
}
