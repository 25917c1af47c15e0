//! `qd runbooks`: one file a verb. What is in the library, where something is said, a page as the panel shows it, its
//! code blocks, what is wrong with it. Nothing here runs a command of a page.

mod approve;
mod blocks;
mod catalogue;
mod check;
mod ls;
mod new;
mod run;
mod runs;
mod search;
mod show;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use serde_json::json;

use super::{Context, Error, Exit, Outcome, cloud, notice};
use crate::runbook::{self, Failure, Library, Page};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List the runbooks of the library
    Ls(ls::Args),
    /// Find the runbooks that hold every word, best first
    Search(search::Args),
    /// Print a page as the panel shows it, nothing cut
    Show(show::Args),
    /// List the code blocks of a page: which can run, their commands, what is to be filled in
    Blocks(blocks::Args),
    /// Find broken links, unset variables, late reviews, unguarded dangers, secrets in clear; exit 1 when there are errors
    Check(check::Args),
    /// Write a new runbook from a template, or from the commands of a recording
    New(new::Args),
    /// List what you may run, and what has to be given for it
    Catalogue(catalogue::Args),
    /// Carry a page out, step by step, confirmed and on record
    Run(Box<run::Args>),
    /// Approve a step of a page for somebody else's run; prints the file for their --approval
    Approve(approve::Args),
    /// What was run: list, show, verify
    Runs(runs::Args),
}

pub fn run(args: Args, context: &Context) -> Outcome {
    match args.verb {
        Verb::Ls(args) => ls::run(args, context),
        Verb::Search(args) => search::run(args, context),
        Verb::Show(args) => show::run(args, context),
        Verb::Blocks(args) => blocks::run(args, context),
        Verb::Check(args) => check::run(args, context),
        Verb::New(args) => new::run(args, context),
        Verb::Runs(args) => runs::run(args, context),
        Verb::Approve(args) => super::wait(approve::run(args, context)),
        Verb::Catalogue(args) => super::wait(catalogue::run(args, context)),
        Verb::Run(_) => Err(Error::failed("a run was not begun in a runtime")),
    }
}

impl Args {
    /// Whether it opens sessions, and so needs a runtime and the team store beside it.
    pub fn runs(&self) -> bool {
        matches!(self.verb, Verb::Run(_))
    }
}

/// The verb that opens sessions; the others need no runtime.
pub async fn carry_out(args: Args, context: Context) -> Outcome {
    match args.verb {
        Verb::Run(args) => run::run(*args, context).await,
        _ => run(args, &context),
    }
}

/// A file that is named is read up to here.
const LARGEST_BYTES: u64 = 64 << 20;

#[derive(clap::Args)]
struct Paths {
    /// Folder, file, s3://BUCKET/PREFIX or ssm: (the documents of each account) instead of `paths` under [runbooks], repeatable
    #[arg(long = "path", value_name = "DIR")]
    paths: Vec<PathBuf>,
}

impl Paths {
    /// Whether it is the library that the configuration names.
    fn is_configured(&self) -> bool {
        self.paths.is_empty()
    }

    /// The library, with what could not be read told on standard error.
    fn scan(&self, context: &Context) -> Result<Library, Error> {
        let library = scan(&self.paths, context)?;
        tell(&library);
        Ok(library)
    }

    /// The same, for a verb that waits for AWS itself: one runtime inside another is a panic.
    async fn gather(&self, context: &Context) -> Result<Library, Error> {
        let mut library = near(&self.paths, context);
        take_far(&mut library, context).await?;
        tell(&library);
        Ok(library)
    }
}

fn tell(library: &Library) {
    for failure in &library.failures {
        let says = format!(
            "cannot read {}: {}; {}",
            failure.path.display(),
            failure.cause,
            failure.hint
        );
        notice(super::quote(&says));
    }
    for warning in library.sources.iter().filter_map(|source| source.warning()) {
        notice(super::quote(&format!(
            "{warning}; its pages may not be what anyone meant"
        )));
    }
}

/// The pages of these paths, else of the configured ones and those that are built in.
fn scan(paths: &[PathBuf], context: &Context) -> Result<Library, Error> {
    let mut library = near(paths, context);
    if !library.remote.is_empty() {
        super::wait(async { take_far(&mut library, context).await.map(|()| Exit::Done) })?;
    }
    Ok(library)
}

/// What is on this machine; what is elsewhere is named in `remote`.
fn near(paths: &[PathBuf], context: &Context) -> Library {
    if !paths.is_empty() {
        return Library::scan(paths);
    }
    let mut library = Library::scan(&context.config.runbooks.paths);
    runbook::builtin::add_to(&mut library);
    library
}

async fn take_far(library: &mut Library, context: &Context) -> Result<(), Error> {
    let remote = std::mem::take(&mut library.remote);
    if remote.is_empty() {
        return Ok(());
    }
    context.require_network()?;
    let clients = cloud::connect(context);
    for source in remote {
        let fetched = runbook::fetch(&clients, &source).await;
        library.take(Arc::clone(&source), fetched, jiff::Timestamp::now());
    }
    Ok(())
}

/// The pages of the configured paths and those that are built in, for a verb that waits for AWS itself.
pub(super) async fn library(context: &Context) -> Result<Library, Error> {
    Paths { paths: Vec::new() }.gather(context).await
}

/// A page that could not be read fails the run only if nothing else could be.
fn done(library: &Library) -> Outcome {
    match library.pages.is_empty() && !library.failures.is_empty() {
        true => Err(Error::failed("no runbook could be read")),
        false => Ok(Exit::Done),
    }
}

fn failure(failure: &Failure) -> serde_json::Value {
    json!({ "path": failure.path, "cause": failure.cause, "hint": failure.hint })
}

/// The text of a file, of standard input, or of a page of the library.
fn load(file: &str, library: Paths, context: &Context) -> Result<String, Error> {
    if file == "-" {
        let unreadable = |cause| Error::failed(format!("cannot read standard input: {cause}"));
        let bytes = whole(std::io::stdin()).map_err(unreadable)?;
        return text_of(file, bytes);
    }
    Ok(locate(file, &library, context)?.1)
}

/// The path and the text of a file, or of a page of the library.
fn locate(file: &str, library: &Paths, context: &Context) -> Result<(PathBuf, String), Error> {
    match on_disk(file)? {
        Some(found) => Ok(found),
        None => page_of(&library.scan(context)?, file),
    }
}

/// The same, for a verb that waits for AWS itself.
async fn seek(file: &str, library: &Paths, context: &Context) -> Result<(PathBuf, String), Error> {
    match on_disk(file)? {
        Some(found) => Ok(found),
        None => page_of(&library.gather(context).await?, file),
    }
}

fn page_of(library: &Library, wanted: &str) -> Result<(PathBuf, String), Error> {
    named(library, wanted).map(|page| (page.path.clone(), page.text.to_string()))
}

/// None when the library is to be asked.
fn on_disk(file: &str) -> Result<Option<(PathBuf, String)>, Error> {
    match std::fs::File::open(file).and_then(whole) {
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound && !Path::new(file).is_absolute() => {
            Ok(None)
        }
        Err(cause) => Err(Error::failed(format!("cannot read {file}: {cause}"))),
        Ok(bytes) => Ok(Some((PathBuf::from(file), text_of(file, bytes)?))),
    }
}

/// All bytes of what has an end: a device may have none.
fn whole(file: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LARGEST_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LARGEST_BYTES {
        true => Err(std::io::Error::other(
            "it has more than 64 MiB, as no runbook has",
        )),
        false => Ok(bytes),
    }
}

fn text_of(file: &str, bytes: Vec<u8>) -> Result<String, Error> {
    let page = Page::read(Path::new(file), file, bytes).map_err(|failure| {
        Error::failed(format!("cannot read {file}: {}", failure.cause)).hint(failure.hint)
    })?;
    Ok(page.text.to_string())
}

/// The one page of that name; exit 2 when several are called so, 5 when none is.
fn named<'a>(library: &'a Library, wanted: &str) -> Result<&'a Page, Error> {
    let found = library.matching(wanted);
    match found[..] {
        [page] => Ok(page),
        [] => Err(
            Error::unreachable(format!("no file and no runbook is called {wanted}"))
                .hint("`qd runbooks ls` lists them"),
        ),
        _ => {
            let paths: Vec<String> = found.iter().map(|page| page.path.display().to_string()).collect();
            let says = format!(
                "{} runbooks are called {wanted}: {}",
                found.len(),
                paths.join(", ")
            );
            Err(Error::usage(says).hint("name the one that is meant by its path"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_refused() {
        let cause = whole(std::io::repeat(b'x')).unwrap_err();
        assert!(cause.to_string().contains("64 MiB"), "{cause}");
        assert_eq!(whole(&b"# A\n"[..]).unwrap(), b"# A\n");
    }
}
