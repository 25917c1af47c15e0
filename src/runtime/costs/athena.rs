//! Athena as a source: one statement a question, asked only after its price was told, stopped at AWS when nobody waits
//! for it any more.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use tokio::sync::oneshot;

use super::books::{Books, Held, Stop};
use super::{Ask, paid};
use crate::aws;
use crate::cost::{self, Cells, Dimension, Origin, Refresh, Source, Table, athena};

impl Books {
    /// Athena charges for what it reads: asked before, unless the same was read already.
    pub(super) async fn athena(&self, ask: &Ask, source: &Source, now: Timestamp) -> Result<Held, Stop> {
        let Some(config) = &self.config.costs.athena else {
            return Err(Stop::failed(
                &"no export in Athena is configured",
                "set database and table under [costs.athena]",
            ));
        };
        let today = cost::today(now);
        let period = ask.query.window(today, ask.year);
        let by = vec![ask.query.by.clone(), Dimension::Day];
        let mut by = by;
        by.dedup();
        let question = ask.query.question(period, by, true);
        let question = question.map_err(|bad| Stop::failed(&bad, "change the filter with /"))?;
        let table = Table {
            database: config.database.clone(),
            table: config.table.clone(),
            kind: config.kind,
        };
        table.check().map_err(|bad| Stop::failed(&bad, &bad.hint))?;
        let statement = table.statement(&question)?;
        let key = format!("athena {}", statement.text);
        if ask.refresh != Refresh::Force
            && let Some(held) = self.recall(&key)
        {
            return Ok(held);
        }
        if ask.refresh == Refresh::Never {
            return Err(Stop::Price {
                says: "$5 for a terabyte that Athena reads, a few cents at most for one export".into(),
                paid: paid(ask, source),
            });
        }
        let cloud = self.cloud().await?;
        let profile = config
            .profile
            .clone()
            .or_else(|| cloud.profiles().into_iter().next());
        let profile = profile.unwrap_or_default();
        let region = match &config.region {
            Some(region) => Some(region.clone()),
            None => {
                let places = cloud.places().await.found.into_iter();
                places
                    .filter(|place| place.profile == profile)
                    .map(|place| place.region)
                    .next()
            }
        };
        let region = region.ok_or_else(|| {
            Stop::failed(
                &format!("no region is known for profile {profile}"),
                "set region under [costs.athena]",
            )
        })?;
        let athena = aws::Athena {
            place: aws::Place { profile, region },
            database: config.database.clone(),
            workgroup: config.workgroup.clone(),
            output: config.output.clone(),
        };
        // Dropped with this future when a newer question comes; the query is stopped at AWS then.
        let (alive, gone) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            let stop = async {
                let _ = gone.await;
            };
            athena::answer(&cloud, &athena, &table, &question, now, stop).await
        });
        let found = running.await.map_err(|cause| Stop::failed(&cause, "ask again"))?;
        drop(alive);
        let found = found?;
        let rows = found.breakdowns.iter().flat_map(|breakdown| &breakdown.rows);
        let last = rows.filter_map(|row| row.key.last()?.parse::<Date>().ok()).max();
        let days = (0..period.days())
            .map(|nth| period.from.saturating_add(i64::from(nth).days()))
            .filter(|day| last.is_some_and(|last| *day <= last))
            .map(|day| (day, false));
        let held = Held::Cells {
            cells: Arc::new(Cells::read(&found.breakdowns, days.collect())),
            origin: Origin {
                source: source.clone(),
                account: format!("{}.{}", config.database, config.table),
                read_at: now,
                spent: None,
                requests: 0,
                price: Some(found.price()),
                stale_because: None,
                budget: Ok(None),
            },
            today,
        };
        self.keep(key, held.clone());
        Ok(held)
    }
}
