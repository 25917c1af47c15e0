//! Costs for the panel. What is on this machine is shown at once and for nothing; what must be paid for goes out only
//! when it was allowed, else its price comes back as a question. Heavy work is off the loop, and dropped when replaced.

mod anomalies;
mod athena;
mod books;
mod cubes;
mod imported;
mod ledger;
mod moves;
mod node;
mod offer;
mod perform;
mod price;
mod promise;
mod split;
#[cfg(test)]
mod tests;
mod view;
mod watch;

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::{Effect, Msg};
use crate::config::Config;
use crate::cost::band::Setting;
use crate::cost::{BadFilter, Cells, Comparison, Dimension, Prospect, Query, Refresh, Report, Source};

use super::inbox::Outbox;

pub use books::Books;
use books::{Held, Stop};

/// What a report is asked of.
pub struct Ask {
    pub source: Option<Source>,
    pub query: Query,
    pub refresh: Refresh,
    /// All months that Cost Explorer has, not only what is shown and what is on the shelf.
    pub year: bool,
}

pub async fn fetch(books: Arc<Books>, ask: Ask, out: Outbox) {
    match report(&books, ask).await {
        Ok(report) => {
            let setting = setting(&books.config);
            let shown = Arc::new(report);
            out.send(Msg::CostsArrived(Box::new((*shown).clone())));
            let foreseen = tokio::task::spawn_blocking(move || Prospect::of(&shown, &setting)).await;
            match foreseen {
                Ok(prospect) => out.send(Msg::CostsForeseen(Box::new(prospect))),
                Err(cause) => tracing::error!(%cause, "costs were not foreseen"),
            }
        }
        Err(stop) => tell(stop, &out),
    }
}

/// Why nothing came, to the panel: a price is a question, all else is said.
fn tell(stop: Stop, out: &Outbox) {
    out.send(match stop {
        Stop::Price { price, paid } => Msg::CostsPriced {
            says: price.says,
            effect: paid,
        },
        Stop::Failed { says, hint } => Msg::CostsFailed {
            of: out.key().cloned(),
            says,
            hint,
        },
    });
}

fn setting(config: &Config) -> Setting {
    Setting {
        holidays: config.costs.holidays.clone(),
        ..Setting::default()
    }
}

async fn report(books: &Arc<Books>, ask: Ask) -> Result<Report, Stop> {
    let now = Timestamp::now();
    let source = books.source(ask.source.clone()).await?;
    let held = books.open(&source, &ask, now).await?;
    let query = ask.query;
    let made = tokio::task::spawn_blocking(move || make(&held, query));
    made.await.map_err(|cause| Stop::failed(&cause, "see the log"))?
}

fn make(held: &Held, query: Query) -> Result<Report, Stop> {
    let by = vec![query.by.clone()];
    let (mut usage, mut fees_of) = (None, None);
    let cells = match held {
        Held::Cells { cells, .. } => cells.clone(),
        Held::Cube {
            cube, limits, period, ..
        } => {
            let asked = |query: &Query| {
                let question = query.question(*period, by.clone(), limits.is_none())?;
                Ok::<_, BadFilter>(match limits {
                    Some(limits) => question.inside_of(limits),
                    None => question,
                })
            };
            let question = asked(&query).map_err(|bad| Stop::failed(&bad, "change the filter with /"))?;
            // Not every cube tells use from other charges; one that is limited to kinds of them does not.
            let is_apart = limits
                .as_ref()
                .is_none_or(|limits| !limits.contains(&Dimension::Category));
            usage = asked(&query.of_usage())
                .ok()
                .filter(|_| is_apart)
                .and_then(|question| Cells::of(cube, &question).ok());
            fees_of = Some((cube.clone(), question.clone()));
            Arc::new(Cells::of(cube, &question).map_err(|bad| Stop::failed(&bad, &bad.hint))?)
        }
    };
    let mut report = Report::of(&cells, query, held.origin().clone(), held.today());
    if let Some(usage) = &usage {
        report.tell_usage(usage);
    }
    match (usage, fees_of) {
        (Some(_), Some((cube, question))) => report.tell_fees(&cube, &question),
        (None, Some((cube, question))) => report.tell_named(&cube, &question),
        (_, None) => {}
    }
    if let Held::Cube { cube, .. } = held {
        report.accounts.clone_from(&cube.account_names);
    }
    report.remedy = (!report.summary.is_whole()).then(|| remedy(held, &report));
    Ok(report)
}

/// What makes known what a report lacks of the days that it compares.
fn remedy(held: &Held, report: &Report) -> String {
    let files = match held {
        Held::Cube {
            cube: books::Kept::Files(files),
            ..
        } => Some(files),
        _ => None,
    };
    let Comparison { current, previous } = report.comparison;
    let gap = |period| files?.gap_in(period, report.currency());
    match (gap(current).or_else(|| gap(previous)), &held.origin().source) {
        (Some(gap), _) => gap.choice(),
        (None, Source::Files(_)) => "import what is missing".to_owned(),
        (None, Source::Athena) => "add the days that it lacks to the table".to_owned(),
        (None, Source::CostExplorer(_)) => "R asks Cost Explorer for them".to_owned(),
    }
}

/// The effect that pays for what another one lacked.
fn paid(ask: &Ask, source: &Source) -> Box<Effect> {
    Box::new(Effect::FetchCosts {
        source: Some(source.clone()),
        query: ask.query.clone(),
        refresh: Refresh::Auto,
        year: ask.year,
    })
}

/// Whether files must be read for it: their cells do not tell resources apart.
fn is_resource(query: &Query) -> bool {
    let resource = |dimension: &Dimension| *dimension == Dimension::Resource;
    resource(&query.by) || query.inside.iter().any(|(dimension, _)| resource(dimension))
}
