//! `qd recordings keygen`: an age identity for whoever may read encrypted recordings. The private key goes into a file
//! that only its owner can read, the public key to standard output; neither is kept anywhere else.

use super::super::{Context, Outcome, notice};
use super::Exit;
use crate::recording::create_identity;
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    /// Where the private key goes; the file must not exist
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Serialize)]
struct Document {
    recipient: String,
    path: String,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let document = Document {
        recipient: create_identity(&args.file)?,
        path: args.file.display().to_string(),
    };
    if context.json {
        context.print_json(&document)?;
    } else {
        super::super::context::print(&format!("{}\n", document.recipient))?;
    }
    notice(
        "qd: put the public key into [recording] recipients; keep the file off the machines that record, \
         and a copy of it where it outlives this one",
    );
    Ok(Exit::Done)
}
