//! `qd runbooks ls`: every page of the library, who owns it, when it was last looked at and changed.

use serde_json::json;

use super::super::{Context, Outcome, notice, quote};
use super::{Paths, done, failure};
use crate::runbook::{Kind, Library, Page, Source};

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    library: Paths,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let mut library = args.library.scan(context)?;
    library.date();
    if context.json {
        let failures: Vec<_> = library.failures.iter().map(failure).collect();
        let pages: Vec<_> = library.pages.iter().map(|page| listed(&library, page)).collect();
        context.print_json(&json!({ "runbooks": pages, "failures": failures }))?;
    } else {
        let row = |page: &Page| {
            vec![
                page.name.clone(),
                page.title.clone(),
                page.source.label.clone(),
                page.tags.join(","),
                page.owner.clone().unwrap_or_default(),
                reviewed(&library, page),
                library
                    .commit(page)
                    .map(|commit| commit.at.strftime("%Y-%m-%d").to_string())
                    .unwrap_or_default(),
            ]
        };
        let rows: Vec<Vec<String>> = library.pages.iter().map(|page| row(page)).collect();
        let heads = ["NAME", "TITLE", "SOURCE", "TAGS", "OWNER", "REVIEWED", "CHANGED"];
        context.print_table(&heads, &rows)?;
    }
    bare(&library).for_each(|source| {
        let label = quote(&source.label);
        notice(format!(
            "qd: {label} has no page: nothing in it is called .md or .cheat"
        ));
    });
    done(&library)
}

/// Sources of which there is nothing to list, though nothing of them failed.
fn bare(library: &Library) -> impl Iterator<Item = &Source> {
    let has_pages = |source: &Source| library.pages.iter().any(|page| page.source.label == source.label);
    let all = library.sources.iter().map(|source| &**source);
    all.filter(move |source| library.failures.is_empty() && !has_pages(source))
}

fn reviewed(library: &Library, page: &Page) -> String {
    let date = page.reviewed_on.map(|date| date.to_string()).unwrap_or_default();
    match library.is_overdue(page) {
        true => format!("{date} overdue"),
        false => date,
    }
}

fn listed(library: &Library, page: &Page) -> serde_json::Value {
    let checkout = match &page.source.kind {
        Kind::Git { checkout, .. } => Some(checkout),
        _ => None,
    };
    let commit = library.commit(page);
    json!({
        "name": page.name,
        "path": page.path,
        "title": page.title,
        "keys": page.keys,
        "tags": page.tags,
        "owner": page.owner,
        "reviewed_on": page.reviewed_on.map(|date| date.to_string()),
        "due_on": page.due_on().map(|date| date.to_string()),
        "overdue": library.is_overdue(page),
        "source": page.source.label,
        "branch": checkout.and_then(|checkout| checkout.branch.as_deref()),
        "commit": commit.map(|commit| commit.id.as_str()),
        "changed_at": commit.map(|commit| commit.at.to_string()),
        "changed_by": commit.map(|commit| commit.author.as_str()),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_source_without_a_page_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "# A\n").unwrap();
        let mut library = Library::scan(&[folder.path().into()]);
        let prefix = Source::remote(std::path::Path::new("s3://ops/none")).unwrap();
        library.add(Arc::new(prefix), Vec::new());
        let labels = |library: &Library| {
            bare(library)
                .map(|source| source.label.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(labels(&library).len(), 2, "{:?}", labels(&library));
        let books = Source::remote(std::path::Path::new("s3://ops/books")).unwrap();
        library.add(Arc::new(books), [("a.md".to_owned(), b"# A\n".to_vec())]);
        assert!(labels(&library).contains(&"s3://ops/none".to_owned()));
        assert!(!labels(&library).contains(&"s3://ops/books".to_owned()));
    }
}
