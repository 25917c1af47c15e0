//! Anomalies for the panel: the same survey, bands and explanations as `qd costs anomalies`, with the sessions and runs
//! of this machine's audit log. On Cost Explorer that takes four pairs over half a year, on Athena four statements; their
//! price is asked first.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan};

use super::books::{Books, Held, Stop};
use super::{price, setting, tell};
use crate::app::{Effect, Msg};
use crate::audit::Log;
use crate::cost::anomaly::{Anomaly, Causes, Deeds, Foreign, Judged, Survey, found, last_days};
use crate::cost::{Dimension, FOREIGN_PRICE, Period, Price, Question, Refresh, Source, Trouble};
use crate::runtime::inbox::Outbox;

/// Days before the first one shown, to learn from: eight weeks, and a hundred days for monthly jobs.
const LEARNT_DAYS: i64 = 150;

pub async fn find(books: Arc<Books>, source: Source, refresh: Refresh, out: Outbox) {
    let found = judged(&books, &source, refresh).await;
    if refresh != Refresh::Never {
        books.tell_spent(&source, &out).await;
    }
    match found {
        Ok(judged) => out.send(Msg::AnomaliesFound(Box::new(judged))),
        Err(stop) => tell(stop, &out),
    }
}

/// What AWS's own detection found, beside which ours are shown.
pub async fn foreign(books: Arc<Books>, source: Source, refresh: Refresh, out: Outbox) {
    let found = asked_aws(&books, &source, refresh).await;
    if refresh != Refresh::Never {
        books.tell_spent(&source, &out).await;
    }
    match found {
        Ok((foreign, read_at)) => out.send(Msg::ForeignFound {
            source,
            foreign,
            read_at,
        }),
        Err(stop) => tell(stop, &out),
    }
}

async fn asked_aws(
    books: &Books,
    source: &Source,
    refresh: Refresh,
) -> Result<(Vec<Foreign>, Timestamp), Stop> {
    let now = Timestamp::now();
    let desk = books.payer(source, "anomalies").await?;
    match desk.foreign_anomalies(refresh, now, |_| ()).await {
        Err(Trouble::NotKept(_)) => {
            let paid = Box::new(Effect::AskAnomalies {
                source: source.clone(),
                refresh: Refresh::Auto,
            });
            let price = Price::new(FOREIGN_PRICE, 1);
            Err(price::ask(&desk, "AWS's list of anomalies", price, paid, now)?)
        }
        found => Ok(found?),
    }
}

async fn judged(books: &Arc<Books>, source: &Source, refresh: Refresh) -> Result<Judged, Stop> {
    let now = Timestamp::now();
    let paid = Box::new(Effect::FindAnomalies {
        source: source.clone(),
        refresh: Refresh::Auto,
    });
    let wanted = |today| Ok(questions(&survey(today)?.0));
    let (cubes, today) = books.cubes(source, wanted, refresh, paid, now).await?;
    let (survey, shown) = survey(today)?;
    let (setting, data_dir) = (setting(&books.config), books.paths.data_dir.clone());
    let until = match source {
        // Of a day that is asked for anew another question is asked.
        Source::CostExplorer(_) => shown.to,
        Source::Files(_) | Source::Athena => last_days(crate::cost::today(now)).to,
    };
    let ends = cubes.iter().find_map(Held::ends);
    let work = move || {
        let mut kept = cubes.iter().filter_map(|held| match held {
            Held::Cube { cube, .. } => Some(&**cube),
            Held::Cells { .. } => None,
        });
        let Some(services) = kept.next() else {
            return Err(Stop::failed(&"there is nothing to judge", "import an export"));
        };
        let accounts = kept.next().unwrap_or(services);
        let survey = survey.through(services.lens_of_use());
        let causes = Causes {
            services,
            accounts,
            regions: kept.next().unwrap_or(services),
            usage_types: kept.next().unwrap_or(services),
            account_types: None,
        };
        let wanted = |anomaly: &Anomaly| anomaly.material && shown.contains(anomaly.since);
        let mut judged = found(&survey, services, accounts, &setting, wanted)?;
        judged.explain(&survey, causes)?;
        judged.tell_days(shown, until, ends.as_deref());
        accuse(&mut judged, &data_dir)?;
        Ok(judged)
    };
    let judged = tokio::task::spawn_blocking(work).await;
    judged.map_err(|cause| Stop::failed(&cause, "see the log"))?
}

/// The days that are judged, and what is asked to judge them: finished days alone.
fn survey(today: jiff::civil::Date) -> Result<(Survey, Period), Stop> {
    let shown = last_days(today);
    let period = Period {
        from: shown.from.saturating_sub(LEARNT_DAYS.days()),
        to: shown.to,
    };
    let survey = Survey::new(period, "").map_err(|bad| Stop::failed(&bad, "report this"))?;
    Ok((survey, shown))
}

/// Services by category, account, region and usage type.
fn questions(survey: &Survey) -> Vec<Question> {
    let mut categories = survey.services();
    categories.by.push(Dimension::Category);
    let others = [Dimension::Account, Dimension::Region, Dimension::UsageType];
    let others = others.map(|second| survey.cells(second));
    [vec![categories], others.into()].concat()
}

/// Puts to them what people did just before. A line of the audit log that cannot be read is left out here; verifying the
/// log says what happened to it.
fn accuse(judged: &mut Judged, data_dir: &std::path::Path) -> Result<(), Stop> {
    let Some(since) = judged.since() else {
        return Ok(());
    };
    let unreadable =
        |cause: crate::audit::Error| Stop::failed(&cause, "`qd audit verify` tells what happened to it");
    let log = Log::open(data_dir).map_err(unreadable)?;
    let deeds = Deeds::since(since, &log).map_err(unreadable)?;
    judged.told.iter_mut().for_each(|told| told.accuse(&deeds));
    Ok(())
}
