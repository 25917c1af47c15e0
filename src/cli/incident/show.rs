//! `qd incident show`: how it stands, and what was done so far, quickly: recordings are not checked here, a report does that.

use super::{Context, Exit, Outcome, quote};
use crate::cli::report;
use crate::incident::journal;

#[derive(clap::Args)]
pub struct Args {
    /// An incident by its id, or the beginning or end of one; `last` is the newest; default: your current one
    #[arg(value_name = "ID", default_value = "current", hide_default_value = true)]
    id: String,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let id = journal::find(&context.paths.data_dir, &args.id)?;
    let report = report::gather(context, &id, &[], false)?;
    if context.json {
        context.print_json(&report)?;
        return Ok(Exit::Done);
    }
    let head = format!(
        "{}  {}  {}  {}\nbegan {}; acknowledged: {}; recovered: {}\n\n",
        report.id,
        report.severity,
        report.status.as_str(),
        quote(&report.title),
        report.started_at.as_deref().unwrap_or("—"),
        report.to_acknowledge.says,
        report.to_recover.says,
    );
    crate::cli::context::print(&head)?;
    let rows: Vec<Vec<String>> = report
        .timeline
        .iter()
        .map(|item| {
            let at = item.at.strftime("%Y-%m-%d %H:%M:%S").to_string();
            let target = item.target.as_ref().map_or("", |target| target.label());
            let exit = item.exit.map(|code| format!("exit {code}"));
            let known = item.known.filter(|known| *known == "inferred").map(str::to_owned);
            let failed = item.failed.then(|| "failed".to_owned());
            let says = [Some(item.says.clone()), exit.or(failed), known];
            let says: Vec<String> = says.into_iter().flatten().collect();
            vec![
                at,
                item.kind.as_str().into(),
                item.person().unwrap_or_default(),
                target.to_owned(),
                says.join("  "),
            ]
        })
        .collect();
    context.print_table(&["TIME (UTC)", "KIND", "WHO", "ON", "WHAT"], &rows)?;
    for warning in report.warnings.iter().chain(&report.journal.faults) {
        super::notice(format!("qd: {}", quote(warning)));
    }
    Ok(Exit::Done)
}
