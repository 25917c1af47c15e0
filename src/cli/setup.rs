//! `qd setup`: what goes into other programs' configuration and into the account, printed for the user to put there.
//! Standard output is the text alone; where it belongs, and what it cannot do, is said on standard error.

mod iam;
mod preference;
mod terraform;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::context::print;
use super::{Exit, Globals, Outcome, notice};
use crate::ssh::stanza;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// OpenSSH's lines that send instance ids through `qd ssh-proxy`, with the flags given here
    SshConfig,
    /// The IAM policy that qd needs, or the one that narrows sessions to recorded ones as far as IAM can
    Iam(iam::Args),
    /// Session Manager's preferences (SSM-SessionManagerRunShell): where AWS logs, encryption, limits
    SessionDocument(preference::Args),
    /// Both as Terraform
    Terraform(terraform::Args),
}

pub fn run(args: Args, globals: &Globals) -> Outcome {
    match args.verb {
        Verb::Iam(args) => iam::run(&args),
        Verb::SessionDocument(args) => preference::run(&args),
        Verb::Terraform(args) => terraform::run(&args),
        Verb::SshConfig => {
            let mut program = vec!["qd".to_owned()];
            program.extend(words(globals));
            print(&stanza::write(&program))?;
            notice(
                "write this to ~/.ssh/quarterdeck.conf and put `Include quarterdeck.conf` at the top of ~/.ssh/config;\n\
                 then `ssh USER@i-…`, scp, sftp and rsync go through Session Manager with your own keys.\n\
                 Where policy wants a reason, set QD_REASON. To have a key pushed by EC2 Instance Connect, add\n\
                 `--push-key ~/.ssh/id_ed25519.pub --user %r` before %h.",
            );
            Ok(Exit::Done)
        }
    }
}

/// The global flags that say which accounts, regions and files: another `qd` given them sees the same.
pub fn words(globals: &Globals) -> Vec<String> {
    let mut words = Vec::new();
    let mut add = |flag: &str, value: &str| words.extend([flag.to_owned(), value.to_owned()]);
    let absolute = |path: &Path| {
        std::path::absolute(path)
            .unwrap_or_else(|_| path.to_owned())
            .display()
            .to_string()
    };
    if let Some(file) = &globals.config {
        add("--config", &absolute(file));
    }
    for profile in &globals.profiles {
        add("--profile", profile);
    }
    for region in &globals.regions {
        add("--region", region);
    }
    if let Some(url) = &globals.endpoint_url {
        add("--endpoint-url", url);
    }
    if let Some(dir) = &globals.data_dir {
        add("--data-dir", &absolute(dir));
    }
    if let Some(level) = &globals.log {
        add("--log", level);
    }
    words
}
