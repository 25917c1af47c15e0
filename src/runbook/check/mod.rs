//! The linter: what is wrong with a library, each finding with its file and line, what is the matter and what to do.
//! It reads files and looks whether others exist; it runs nothing and fetches nothing.

mod block;
mod link;
mod matter;
mod plan;
mod review;
mod secret;
mod table;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde::Serialize;

use super::library::Library;
use super::page::Page;
use super::plan::Plan;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Warning,
    Error,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A file that cannot be read as a runbook.
    Unreadable,
    /// A merge that is not finished.
    Conflict,
    FrontMatter,
    /// Two runbooks that cannot be told apart by their titles.
    Name,
    /// A relative link to a file that is not there.
    Link,
    /// A link to a heading that is not there.
    Anchor,
    Fence,
    /// A row with more cells than its table has columns.
    Table,
    /// A variable that nothing sets.
    Variable,
    Review,
    /// A block that destroys something, and no look at the state before it.
    Danger,
    /// What looks like a secret and stands in clear.
    Secret,
}

impl Rule {
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::Unreadable => "unreadable",
            Rule::Conflict => "conflict",
            Rule::FrontMatter => "front-matter",
            Rule::Name => "name",
            Rule::Link => "link",
            Rule::Anchor => "anchor",
            Rule::Fence => "fence",
            Rule::Table => "table",
            Rule::Variable => "variable",
            Rule::Review => "review",
            Rule::Danger => "danger",
            Rule::Secret => "secret",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub path: PathBuf,
    /// From 1; `None` for the file as a whole.
    pub line: Option<usize>,
    pub rule: Rule,
    pub severity: Severity,
    pub says: String,
    pub hint: String,
}

/// What was looked at and found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub pages: usize,
    /// Links and images that lead to files.
    pub relative_links: usize,
    pub broken_links: usize,
    /// By file and line.
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn count(&self, severity: Severity) -> usize {
        let of = |finding: &&Finding| finding.severity == severity;
        self.findings.iter().filter(of).count()
    }
}

/// Collects findings of one page.
struct Found<'a> {
    page: &'a Page,
    findings: &'a mut Vec<Finding>,
}

impl Found<'_> {
    fn add(
        &mut self,
        rule: Rule,
        severity: Severity,
        line: Option<usize>,
        says: String,
        hint: impl Into<String>,
    ) {
        self.findings.push(Finding {
            path: self.page.path.clone(),
            line,
            rule,
            severity,
            says,
            hint: hint.into(),
        });
    }
}

pub fn check(library: &Library) -> Report {
    let mut report = Report {
        pages: library.pages.len(),
        ..Report::default()
    };
    for failure in &library.failures {
        report.findings.push(Finding {
            path: failure.path.clone(),
            line: None,
            rule: Rule::Unreadable,
            severity: Severity::Error,
            says: failure.cause.clone(),
            hint: failure.hint.clone(),
        });
    }
    let mut files = link::Files::default();
    let dangers = block::Dangers::default();
    let secrets = secret::Secrets::default();
    let titles = review::titles(library);
    for page in &library.pages {
        let mut found = Found {
            page,
            findings: &mut report.findings,
        };
        matter::check(&mut found);
        review::check(&mut found, library);
        review::conflict(&mut found);
        review::names(&mut found, &titles);
        let plan = Plan::parse(&page.path, &page.name, &page.text);
        block::check(&mut found, &dangers, plan.as_ref().ok());
        secret::check(&mut found, &secrets);
        table::check(&mut found);
        let (all, broken) = link::check(&mut found, library, &mut files);
        plan::check(&mut found, plan);
        report.relative_links += all;
        report.broken_links += broken;
    }
    report
        .findings
        .sort_by(|a, b| (&a.path, a.line, a.rule).cmp(&(&b.path, b.line, b.rule)));
    report
}
