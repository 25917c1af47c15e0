//! AWS's own advice: Compute Optimizer where an account is opted in, else Cost Explorer's, a paid request a page and kept for a
//! day; and the Cost Optimization Hub's total as a cross-check. Not being opted in is said, and is no failure.

use futures_util::future::join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::inventory::{Place, Recommendation};
use super::{Ask, Seen, Site};
use crate::aws::{Enrolled, SizeAdvice, Unanswered};
use crate::cost::{Refresh, today};

const KEPT: &str = "rightsizing.json";
const FRESH_SECONDS: i64 = 86_400;
/// Pages of paid advice, a hundred rows each; more would be a list that never ends.
const MOST_PAGES: usize = 20;

#[derive(Serialize, Deserialize)]
struct Kept {
    fetched_at: Timestamp,
    rows: Vec<SizeAdvice>,
}

pub async fn fill(ask: &Ask<'_>, sites: &[Site], seen: &mut Seen) {
    let mut profiles: Vec<(&str, &str)> = Vec::new();
    for site in sites {
        let profile = (site.reached.profile.as_str(), site.place.account.as_str());
        if !profiles.contains(&profile) {
            profiles.push(profile);
        }
    }
    for (profile, account) in profiles {
        let mut enrolled = true;
        let of_profile = sites.iter().filter(|site| site.reached.profile == profile);
        let asked = of_profile.map(|site| ask.cloud.fetch_optimizer_advice(&site.reached));
        for answer in join_all(asked).await {
            match seen.keep(answer) {
                Some(Enrolled::Yes(rows)) => rows.into_iter().for_each(|row| take(row, seen)),
                Some(Enrolled::No) => enrolled = false,
                None => {}
            }
        }
        if !enrolled {
            seen.note(format!(
                "account {account} is not opted in to Compute Optimizer, which is free: \
                 aws compute-optimizer update-enrollment-status --status Active"
            ));
            let rows = paid(ask, profile, account, seen).await;
            rows.into_iter().for_each(|row| take(row, seen));
        }
        match seen.keep(ask.cloud.fetch_hub_total(profile).await) {
            Some(Enrolled::Yes(total)) => {
                seen.hub.insert(account.to_owned(), total);
            }
            Some(Enrolled::No) => seen.note(format!(
                "account {account} is not enrolled in the Cost Optimization Hub: there is no total to check against"
            )),
            None => {}
        }
    }
}

/// Of one machine the first advice counts: Compute Optimizer's comes first.
fn take(row: SizeAdvice, seen: &mut Seen) {
    let known = &seen.inventory.recommendations;
    if known
        .iter()
        .any(|one| one.id == row.id && one.place.account == row.account)
    {
        return;
    }
    let instance = seen.inventory.instances.iter().find(|one| one.id == row.id);
    let monthly = row.monthly.or_else(|| instance.and_then(|one| one.monthly()));
    let region = instance.map_or(row.region, |one| one.place.region.clone());
    seen.inventory.recommendations.push(Recommendation {
        place: Place {
            account: row.account,
            region,
        },
        name: instance.and_then(|one| one.name.clone()),
        team: instance.and_then(|one| one.team.clone()),
        id: row.id,
        from: row.from,
        to: row.to,
        // What is not known is no less than what is saved of it.
        monthly: monthly.unwrap_or(row.saving).max(row.saving),
        saving: row.saving,
        memory_known: row.memory_known,
        by: row.by,
    });
}

/// Cost Explorer's advice, from disk for a day.
async fn paid(ask: &Ask<'_>, profile: &str, account: &str, seen: &mut Seen) -> Vec<SizeAdvice> {
    let shelf = ask.shelf(account);
    let kept: Option<Kept> = shelf.load(KEPT);
    let fresh =
        |kept: &Kept| (0..FRESH_SECONDS).contains(&(ask.now.as_second() - kept.fetched_at.as_second()));
    if ask.paid_advice {
        seen.toll.advice += 1;
        seen.toll.lacking_advice += u32::from(!kept.as_ref().is_some_and(fresh));
    }
    let may_pay = ask.paid_advice && ask.refresh != Refresh::Never;
    match kept {
        Some(kept) if !may_pay || (fresh(&kept) && ask.refresh != Refresh::Force) => return kept.rows,
        None if !may_pay => return Vec::new(),
        _ => {}
    }
    let (meter, day) = (ask.meter(profile), today(ask.now));
    let (mut rows, mut token, mut tokens) = (Vec::new(), None, Vec::new());
    for _ in 0..MOST_PAGES {
        match meter.take(day) {
            Ok(true) => {}
            Ok(false) => {
                let says = meter.refusal(day);
                seen.note(format!("Cost Explorer's advice is not asked for: {says}"));
                return Vec::new();
            }
            Err(why) => {
                seen.note(format!(
                    "Cost Explorer's advice is not asked for, since it cannot be counted: {why}"
                ));
                return Vec::new();
            }
        }
        match ask.cloud.fetch_size_advice(profile, token.take()).await {
            Ok((page, next)) => {
                seen.requests += 1;
                rows.extend(page);
                token = next;
            }
            Err(Unanswered { failure, may_be_paid }) => {
                let booked = if may_be_paid {
                    meter.lose(day)
                } else {
                    meter.give_back(day)
                };
                if let Err(why) = booked {
                    seen.note(format!("a request that failed stays counted: {why}"));
                }
                seen.fail(failure);
                return Vec::new();
            }
        }
        let Some(next) = &token else { break };
        if tokens.contains(next) {
            let looping = ask.cloud.cost_pages_loop(profile, "GetRightsizingRecommendation");
            seen.fail(looping.await);
            return Vec::new();
        }
        tokens.push(next.clone());
    }
    if token.is_some() {
        seen.is_cut_off = true;
        seen.note(format!(
            "Cost Explorer's advice for account {account} goes on after {MOST_PAGES} pages: what comes then is not here, \
             and nothing of it is kept; Compute Optimizer is free and has all of it"
        ));
        return rows;
    }
    let kept = Kept {
        fetched_at: ask.now,
        rows,
    };
    if let Err(why) = shelf.save(KEPT, &kept) {
        seen.note(format!(
            "Cost Explorer's advice cannot be kept, and will be paid for again: {why}"
        ));
    }
    kept.rows
}
