//! `qd config`: where the configuration is, whether it is right, and a first one to start from. Works when
//! the file is broken: that is when it is needed.

use clap::{Args as ClapArgs, Subcommand};

use super::{Error, Exit, Globals, Outcome, context};
use crate::config::{Config, Theme};
use crate::store;

/// What `init` writes: every key with its default, commented out.
const FIRST: &str = include_str!("first_config.toml");

#[derive(ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Write a configuration with every key explained; an existing one is kept
    Init,
    /// Read the configuration and the theme it names; exit 2 names file, line and what is allowed
    Check,
    /// Print where the configuration file is
    Path,
}

pub fn run(args: Args, globals: &Globals) -> Outcome {
    let paths = globals.paths()?;
    let file = &paths.config_file;
    match args.verb {
        Verb::Path => context::print(&format!("{}\n", file.display()))?,
        Verb::Init => {
            if file.exists() {
                return Err(Error::failed(format!("{} exists already", file.display()))
                    .hint("`qd config check` reads it; move it away to start anew"));
            }
            store::save(file, FIRST.as_bytes())?;
            context::print(&format!("{}\n", file.display()))?;
        }
        Verb::Check => {
            let exists = file.exists() || globals.config.is_some();
            let config = if exists {
                Config::load(file)?
            } else {
                Config::default()
            };
            Theme::load(&config.theme, &paths.themes_dir())?;
            let says = if exists {
                "is right"
            } else {
                "does not exist; the defaults hold"
            };
            context::print(&format!("{} {says}\n", file.display()))?;
        }
    }
    Ok(Exit::Done)
}
