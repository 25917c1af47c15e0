//! What was read in the evening and is told after midnight: the day on which it was read is no whole one, however old the
//! answer is, and is left out until it is asked for again.

use quarterdeck::cost::MonthEnd;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn day(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}

/// A bench whose bill stands on the evening of the 22nd.
fn evening() -> (Bench, Timestamp) {
    let (bench, evening) = (small_bench(""), at("2026-11-22T21:01:00Z"));
    bench.sim.set_bill_clock(evening);
    (bench, evening)
}

/// The whole bill of this month and of the one before.
fn whole(now: Timestamp, by: &[&str]) -> Question {
    question(Summary::period(cost::today(now), 1), by, "")
}

#[tokio::test]
async fn the_day_that_was_read_in_the_evening_is_left_out_before_and_after_its_answer_is_eight_hours_old() {
    let (bench, evening) = evening();
    let desk = bench.desk(1_000).await;
    let answer = desk
        .answer(&whole(evening, &[]), Refresh::Auto, evening, |_| ())
        .await;
    assert_eq!(answer.unwrap().open_day, day("2026-11-22"));
    for now in [
        "2026-11-23T05:00:00Z",
        "2026-11-23T05:02:00Z",
        "2026-11-25T10:00:00Z",
    ] {
        let now = at(now);
        bench.sim.set_bill_clock(now);
        let asked = whole(now, &[]);
        let kept = desk.answer(&asked, Refresh::Never, now, |_| ()).await.unwrap();
        assert_eq!(kept.open_day, day("2026-11-22"), "{now}");
        let of = std::slice::from_ref(&asked);
        assert_eq!(desk.open_day(of, Refresh::Never, now), day("2026-11-22"), "{now}");
        assert_eq!(desk.open_day(of, Refresh::Force, now), cost::today(now), "{now}");
    }
    // What is asked for again has the day whole, and what was read for something else says nothing of it.
    let (night, morning) = (at("2026-11-23T02:00:00Z"), at("2026-11-23T05:02:00Z"));
    let open = |by: &[&str], now| desk.open_day(&[whole(now, by)], Refresh::Auto, now);
    assert_eq!(open(&[], night), day("2026-11-22"));
    assert_eq!(open(&[], morning), day("2026-11-23"));
    assert_eq!(open(&["region"], night), day("2026-11-23"));
    let answer = desk
        .answer(&whole(morning, &[]), Refresh::Auto, morning, |_| ())
        .await;
    assert_eq!(answer.unwrap().open_day, day("2026-11-23"));
}

#[tokio::test]
async fn the_forecast_of_aws_is_added_to_days_that_were_over_and_its_price_says_so() {
    let (bench, evening) = evening();
    let desk = bench.desk(1_000).await;
    let month = MonthEnd::question(Lens::Unblended, day("2026-11-22")).unwrap();
    desk.answer(&month, Refresh::Auto, evening, |_| ()).await.unwrap();
    let night = at("2026-11-23T02:04:00Z");
    bench.sim.set_bill_clock(night);
    let price = desk
        .price_of_month_end(Lens::Unblended, night)
        .unwrap()
        .unwrap()
        .says;
    let before = bench.sim.paid_requests();
    let end = desk
        .month_end(Lens::Unblended, Refresh::Auto, night, |_| ())
        .await
        .unwrap();
    let paid = bench.sim.paid_requests() - before;
    assert!(
        paid >= 2 && price.contains(&format!("{paid} requests")),
        "{price}, {paid} paid"
    );
    let cloud = bench.cloud(bench.sim.endpoint_url());
    let over = Period::new(day("2026-11-01"), day("2026-11-23")).unwrap();
    assert!(close(end.so_far, ungrouped(&cloud, &bench.payer, over).await));
}

#[tokio::test]
async fn days_of_athena_end_before_the_one_on_which_it_was_asked() {
    let (bench, evening) = evening();
    let export = bench.export(bench.cache.path()).await;
    let never = std::future::pending::<()>;
    let known = async |refresh, now| export.known(refresh, now, never()).await.unwrap().0;
    let then = known(Refresh::Auto, evening).await;
    assert_eq!(then.keys().next_back(), Some(&day("2026-11-22")), "it is today");
    for (refresh, now) in [
        (Refresh::Auto, "2026-11-23T02:00:00Z"),
        (Refresh::Never, "2026-11-24T10:00:00Z"),
    ] {
        let known = known(refresh, at(now)).await;
        assert_eq!(known.keys().next_back(), Some(&day("2026-11-21")), "{now}");
    }
}
