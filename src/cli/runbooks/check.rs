//! `qd runbooks check`: the linter for CI. Findings are results and go to standard output, one a line as
//! `file:line: severity: what`; errors make exit 1, warnings only with `--strict`.

use std::path::PathBuf;

use super::super::context::print;
use super::super::{Context, Error, Exit, Outcome, notice, quote};
use super::scan;
use crate::runbook::check::{Finding, Report, Severity, check};

#[derive(clap::Args)]
pub struct Args {
    /// Folders or files; default: `paths` under [runbooks]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Warnings fail as well
    #[arg(long)]
    strict: bool,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let report = check(&scan(&args.paths, context)?);
    if context.json {
        context.print_json(&report)?;
    } else {
        let lines: String = report.findings.iter().map(line).collect();
        print(&lines)?;
    }
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    match errors > 0 || (args.strict && warnings > 0) {
        true => Err(Error::failed(summary(&report))),
        false => {
            notice(summary(&report));
            Ok(Exit::Done)
        }
    }
}

fn line(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let at = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
    let says = format!(
        "{}{at}: {severity}: {} [{}]; {}",
        finding.path.display(),
        finding.says,
        finding.rule.as_str(),
        finding.hint
    );
    format!("{}\n", quote(&says))
}

fn summary(report: &Report) -> String {
    let plural = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    format!(
        "{} in {}, {} of {} broken",
        [
            plural(report.count(Severity::Error), "error"),
            plural(report.count(Severity::Warning), "warning")
        ]
        .join(" and "),
        plural(report.pages, "runbook"),
        report.broken_links,
        plural(report.relative_links, "relative link"),
    )
}
