//! A price that is told is the one that is paid; what the cap cannot pay for is refused before any of it is, and what was paid
//! is kept.

use super::*;

/// What a forecast asks for: this month and the twelve before it.
fn year() -> Question {
    let today = cost::today(Timestamp::now());
    cost::Outlook::question(today, Lens::Unblended, Filter::default())
}

fn plan(desk: &Desk, question: &Question) -> cost::Plan {
    let (now, slice) = (
        Timestamp::now(),
        question.slice(question.period.last_day()).unwrap(),
    );
    desk.plan(&slice, question.period, Refresh::Auto, now)
}

/// Reads the two months before this one, which tell how long others are.
async fn look(desk: &Desk) {
    ask(desk, &question(two_months(), &["service"], ""), Refresh::Auto)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_year_is_not_said_to_fit_on_the_page_that_two_months_did() {
    let bench = bench("ce.page=3000");
    let desk = bench.desk(1_000).await;
    look(&desk).await;
    assert_eq!(bench.sim.paid_requests(), 1, "two months are one page");
    let told = plan(&desk, &year());
    let taken = ask(&desk, &year(), Refresh::Auto).await.unwrap().requests;
    assert!(taken > 2, "{taken}");
    assert!(
        told.unknown == 1 && told.price().contains("an unknown number of pages"),
        "{} was said, {taken} were taken",
        told.price()
    );
    assert!(taken <= told.most());
}

#[tokio::test]
async fn what_cannot_suffice_is_refused_at_once_and_the_cap_that_is_advised_suffices() {
    let bench = bench("ce.page=500");
    look(&bench.desk(1_000).await).await;
    let paid = bench.sim.paid_requests();
    let poor = bench.desk(paid + 4).await;
    let told = plan(&poor, &year());
    assert!(told.unknown == 0 && told.requests > 4, "{told:?}");
    let why = ask(&poor, &year(), Refresh::Auto).await.unwrap_err();
    assert!(
        matches!(&why, Trouble::Dear { requests, .. } if *requests == told.requests),
        "{why}"
    );
    assert_eq!(bench.sim.paid_requests(), paid, "{why}");
    let hint = why.hint();
    let (_, cap) = hint.split_once("cap_per_day = ").unwrap();
    let (cap, _) = cap.split_once(' ').unwrap();
    let cap: u32 = cap.replace('.', "").parse().unwrap();
    let answer = ask(&bench.desk(cap).await, &year(), Refresh::Auto).await;
    assert_eq!(answer.unwrap().stale_because, None, "{hint}");
}

#[tokio::test]
async fn a_year_beyond_one_go_is_read_in_several_and_no_month_twice() {
    let bench = bench("ce.page=60");
    let desk = bench.desk(1_000).await;
    let (mut goes, mut paid) = (0, 0);
    let answer = loop {
        goes += 1;
        match ask(&desk, &year(), Refresh::Auto).await {
            Ok(answer) => break answer,
            Err(why) => {
                assert!(matches!(why, Trouble::Unfinished { .. }), "{why}");
                assert!(why.hint().contains("is kept"), "{}", why.hint());
            }
        }
        let now = bench.sim.paid_requests();
        assert!(now > paid && now - paid <= cost::MOST_PAGES, "{paid} {now}");
        paid = now;
        assert!(goes < 6);
    };
    assert!(goes > 1, "{goes}");
    assert_eq!(
        desk.spent(Timestamp::now()).unwrap().today,
        bench.sim.paid_requests()
    );
    let whole = Period::new(
        year().period.from,
        cost::today(Timestamp::now()).tomorrow().unwrap(),
    )
    .unwrap();
    let truth = ungrouped(&bench.cloud(bench.sim.endpoint_url()), &bench.payer, whole).await;
    let all = question(whole, &[], "");
    let total = ask(&desk, &all, Refresh::Never).await.unwrap().breakdowns[0].total;
    assert!(close(total, truth), "{total} is not {truth}");
    let rows = answer.cube.cells() as u32;
    // A page more for each of its months at the most.
    assert!(bench.sim.paid_requests() <= rows / 60 + 14, "{rows}");
}

#[tokio::test]
async fn a_long_list_that_the_cap_breaks_off_keeps_its_newest_month() {
    let bench = bench("ce.page=20");
    let desk = bench.desk(80).await;
    let why = ask(&desk, &year(), Refresh::Auto).await.unwrap_err();
    assert!(matches!(why, Trouble::Dear { .. }), "{why}");
    let paid = bench.sim.paid_requests();
    assert!(paid < 80, "{paid} were paid though more are known to be needed");
    let month = Period::month_of(cost::today(Timestamp::now()));
    let kept = ask(&desk, &question(month, &["service"], ""), Refresh::Never).await;
    assert!(
        kept.unwrap().breakdowns[0].total > Amount::ZERO,
        "this month is kept"
    );
}
