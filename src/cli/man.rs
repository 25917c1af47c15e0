//! `qd man`: one manual page for the whole command tree, printed from that tree.

use clap_mangen::Man;

use super::{Error, Exit, Outcome, context};

#[derive(clap::Args)]
pub struct Args {}

pub fn run(_: Args) -> Outcome {
    let page = page(super::command()).map_err(Error::output)?;
    context::print(&page)?;
    Ok(Exit::Done)
}

fn page(mut root: clap::Command) -> std::io::Result<String> {
    root.build();
    let mut page = Vec::new();
    Man::new(root.clone()).render(&mut page)?;
    append(&root, &mut page)?;
    String::from_utf8(page).map_err(std::io::Error::other)
}

/// The synopsis, description and options of every visible verb below `command`, depth first.
fn append(command: &clap::Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let name = verb.get_bin_name().unwrap_or(verb.get_name()).to_uppercase();
        page.extend(format!(".SH \"{name}\"\n").into_bytes());
        // The global options are in the first section; once is enough.
        let man = Man::new(verb.clone().mut_args(|arg| {
            let is_global = arg.is_global_set();
            if is_global { arg.hide(true) } else { arg }
        }));
        let mut section = Vec::new();
        man.render_synopsis_section(&mut section)?;
        man.render_description_section(&mut section)?;
        man.render_options_section(&mut section)?;
        page.extend(demoted(&section));
        append(verb, page)?;
    }
    Ok(())
}

/// Section headings one level down, since the verb's own name is the section, and without the preamble that
/// the page has already.
fn demoted(section: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(section).replace(".SH ", ".SS ");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el "));
    lines
        .flat_map(|line| [line, "\n"])
        .collect::<String>()
        .into_bytes()
}
