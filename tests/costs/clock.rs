//! Days, months and time zones: what is asked for on any day of any zone, and what a day of looking costs.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use quarterdeck::cost::{Comparison, Query};

use super::*;

/// A hundred looks at the panel through one day, the bill standing where the looker is.
#[tokio::test]
async fn a_hundred_looks_in_a_day_cost_at_most_fifteen_requests() {
    // The month before is not final yet: no day of a month costs more.
    let day = "2026-11-03";
    let bench = bench("");
    let start: Timestamp = format!("{day}T00:00:00Z").parse().unwrap();
    let desk = bench.desk(10_000).await;
    // The cold start is another thing, with its own page budget.
    let evening = start - 9.hours();
    bench.sim.set_bill_clock(evening);
    let cold = looked(&desk, &Query::default(), evening).await;
    assert!(cold.requests < cost::MOST_PAGES);
    let before = bench.sim.paid_requests();
    let mut free = 0;
    for look in 0..100 {
        let now = start + (i64::from(look) * 14).minutes();
        bench.sim.set_bill_clock(now);
        let paid = bench.sim.paid_requests();
        let answer = looked(&desk, &Query::default(), now).await;
        assert!(answer.stale_because.is_none());
        let report = report(&answer, &Query::default(), now);
        assert_eq!(report.today, cost::today(now));
        free += usize::from(bench.sim.paid_requests() == paid);
    }
    let paid = bench.sim.paid_requests() - before;
    println!(
        "{day}: {paid} paid requests for 100 looks, {} for the cold start",
        cold.requests
    );
    assert!(paid <= 15, "{day}: {paid}");
    assert!(free >= 97, "{day}: {free}");
    let spent = desk.spent(start).unwrap();
    assert_eq!(spent.today, paid, "{day}");
}

/// 400 days, each seen from zones ahead of, behind and at UTC at the first and last moment of the local day: the UTC day
/// decides, by arithmetic on seconds and not by any calendar.
#[tokio::test]
async fn four_hundred_days_in_every_zone_ask_for_the_right_months() {
    let bench = bench("");
    let desk = bench.desk(0).await;
    let zones = [
        "UTC",
        "Pacific/Kiritimati",
        "Pacific/Niue",
        "Asia/Kathmandu",
        "America/St_Johns",
        "Europe/Zurich",
    ];
    let mut checked = 0;
    let mut day = date(2027, 12, 25);
    for _ in 0..400 {
        for zone in zones {
            let zone = TimeZone::get(zone).unwrap();
            let midnight = day.to_zoned(zone.clone()).unwrap().timestamp();
            for moment in [midnight, midnight + 1.seconds(), midnight - 1.seconds()] {
                check(&desk, moment);
                checked += 1;
            }
        }
        day = day.tomorrow().unwrap();
    }
    assert_eq!(checked, 400 * 6 * 3);
    assert_eq!(bench.sim.paid_requests(), 0);
}

fn check(desk: &Desk, now: Timestamp) {
    let today = cost::today(now);
    let days = now.as_second().div_euclid(86_400);
    assert_eq!(today, date(1970, 1, 1).saturating_add(days.days()), "{now}");
    let Comparison { current, previous } = Comparison::same_days(today, 1);
    let finished = today.yesterday().unwrap();
    assert_eq!(
        (current.last_day(), current.from),
        (finished, finished.first_of_month())
    );
    assert_eq!(previous.to.min(current.from), previous.to);
    let wanted = Summary::period(today, 1);
    assert_eq!(
        (wanted.from, wanted.to),
        (previous.from, today.tomorrow().unwrap())
    );
    // One run of whole months, which neither repeats one nor leaves one out.
    let slice = question(wanted, &[], "").slice(cost::today(now)).unwrap();
    let plan = desk.plan(&slice, wanted, Refresh::Auto, now);
    let [run] = plan.runs[..] else {
        panic!("{now}: {:?}", plan.runs)
    };
    assert_eq!((run.from, run.to), (previous.from, first_after(today)), "{now}");
}

fn first_after(day: Date) -> Date {
    let (year, month) = (day.year(), day.month());
    if month == 12 {
        date(year + 1, 1, 1)
    } else {
        date(year, month + 1, 1)
    }
}

/// The first and last days of months of every length, the leap day, and the turn of a year, against the simulator.
#[tokio::test]
async fn the_edges_of_months_are_answered_whole() {
    for day in [
        "2027-03-01",
        "2027-03-31",
        "2028-02-29",
        "2028-03-01",
        "2027-12-31",
        "2028-01-01",
        "2027-05-31",
    ] {
        let now: Timestamp = format!("{day}T23:59:59Z").parse().unwrap();
        let bench = bench(&format!("ce.now={now}"));
        let desk = bench.desk(1_000).await;
        let today = cost::today(now);
        let wanted = question(Summary::period(today, 1), &["day"], "");
        let answer = desk.answer(&wanted, Refresh::Auto, now, |_| ()).await.unwrap();
        assert_eq!(
            answer.breakdowns[0].rows.len(),
            wanted.period.days() as usize,
            "{day}"
        );
        let summaries = cost::summary(&answer.cube, today, 1, Lens::Unblended, &Filter::default()).unwrap();
        let Comparison { current, previous } = summaries[0].comparison;
        let cloud = bench.cloud(bench.sim.endpoint_url());
        assert!(
            close(
                summaries[0].current,
                ungrouped(&cloud, &bench.payer, current).await
            ),
            "{day}"
        );
        assert!(
            close(
                summaries[0].previous,
                ungrouped(&cloud, &bench.payer, previous).await
            ),
            "{day}"
        );
    }
}
