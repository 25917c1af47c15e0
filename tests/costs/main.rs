//! Costs from the embedded Cost Explorer: sums that agree however they are asked for, pages that are all
//! read and all counted, a cap that holds, and errors that stay errors.

#![allow(clippy::unwrap_used, clippy::panic)]

mod athena;
mod clock;
mod evening;
mod list;
mod offline;
mod promise;
mod purse;
mod thrift;

use std::path::Path;
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use quarterdeck::aws::{Cloud, CostQuery, Settings, StaticAccount, Why};
use quarterdeck::cost::{
    self, Amount, Desk, Dimension, Filter, Lens, Period, Question, Refresh, Summary, Trouble,
};
use quarterdeck::sim::{Faults, FleetSpec, Options, Sim};

struct Bench {
    sim: Sim,
    payer: String,
    cache: tempfile::TempDir,
}

fn bench(faults: &str) -> Bench {
    bench_of(FleetSpec::demo(), faults)
}

/// One account, whose thirteen months are soon read.
fn small_bench(faults: &str) -> Bench {
    let mut fleet = FleetSpec::demo();
    fleet.accounts.truncate(1);
    bench_of(fleet, faults)
}

fn bench_of(mut fleet: FleetSpec, faults: &str) -> Bench {
    fleet.accounts[0].payer = true;
    let faults = Faults::parse(faults).unwrap();
    let sim = Sim::start(Options {
        fleet,
        faults,
        ..Options::default()
    })
    .unwrap();
    let payer = sim
        .accounts()
        .into_iter()
        .find(|account| account.payer)
        .unwrap()
        .name;
    Bench {
        sim,
        payer,
        cache: tempfile::tempdir().unwrap(),
    }
}

impl Bench {
    fn cloud(&self, endpoint_url: String) -> Cloud {
        let accounts = self.sim.accounts().into_iter().map(|account| StaticAccount {
            name: account.name,
            id: account.id,
            access_key_id: account.access_key_id,
            secret_access_key: account.secret_access_key,
            session_token: account.session_token,
            regions: account.regions,
        });
        let endpoint_url = Some(endpoint_url);
        Cloud::connect(Settings {
            accounts: accounts.collect(),
            endpoint_url,
            ..Settings::default()
        })
    }

    async fn desk(&self, cap_cents: u32) -> Desk {
        let cloud = self.cloud(self.sim.endpoint_url());
        Desk::open(&cloud, &self.payer, self.cache.path(), cap_cents)
            .await
            .unwrap()
    }
}

/// The two whole months before this one.
fn two_months() -> Period {
    let this = cost::today(Timestamp::now()).first_of_month();
    Period::new(this.saturating_sub(2.months()), this).unwrap()
}

fn question(period: Period, by: &[&str], filter: &str) -> Question {
    Question {
        period,
        by: by.iter().map(|dim| Dimension::parse(dim).unwrap()).collect(),
        lens: Lens::Unblended,
        filter: Filter::parse(filter).unwrap(),
    }
}

async fn ask(desk: &Desk, question: &Question, refresh: Refresh) -> Result<cost::Answer, Trouble> {
    desk.answer(question, refresh, Timestamp::now(), |_| ()).await
}

/// What Cost Explorer says without any grouping: the oracle for every grouped answer.
async fn ungrouped(cloud: &Cloud, payer: &str, period: Period) -> Amount {
    let query = CostQuery {
        from: period.from,
        to: period.to,
        daily: false,
        group_by: Vec::new(),
        restrict: Vec::new(),
        page_token: None,
    };
    let page = cloud.fetch_cost_page(payer, &query).await.unwrap();
    assert_eq!(page.next_token, None);
    page.rows
        .iter()
        .map(|row| Amount::parse(row.unblended.as_deref().unwrap()).unwrap().amount)
        .sum()
}

fn close(a: Amount, b: Amount) -> bool {
    (a - b).approximate().abs() <= 1e-6 * a.approximate().abs()
}

#[tokio::test]
async fn every_breakdown_adds_up_to_the_same_total() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let truth = ungrouped(&bench.cloud(bench.sim.endpoint_url()), &bench.payer, two_months()).await;
    assert!(truth > Amount::whole(100), "{truth}");
    for by in [
        &["service"][..],
        &["account"],
        &["region"],
        &["category"],
        &["usage_type"],
        &["tag:team"],
        &["operation"],
        &["instance_type"],
        &["platform"],
        &["pricing"],
        &["month", "service"],
        &["day"],
    ] {
        let answer = ask(&desk, &question(two_months(), by, ""), Refresh::Auto)
            .await
            .unwrap();
        let [breakdown] = answer.breakdowns.as_slice() else {
            panic!("{by:?}")
        };
        assert!(
            close(breakdown.total, truth),
            "{by:?}: {} is not {truth}",
            breakdown.total
        );
        assert!(breakdown.rows.len() > 1 || by == ["month"], "{by:?}");
    }
}

#[tokio::test]
async fn many_small_pages_bring_the_same_as_one_and_each_is_counted() {
    let (whole, small) = (bench(""), bench("ce.page=100"));
    let wanted = question(two_months(), &["service"], "");
    let desk = small.desk(1_000).await;
    let paged = ask(&desk, &wanted, Refresh::Auto).await.unwrap();
    let once = ask(&whole.desk(1_000).await, &wanted, Refresh::Auto)
        .await
        .unwrap();
    assert_eq!(paged.breakdowns, once.breakdowns);
    assert!(paged.requests > 3, "{}", paged.requests);
    assert_eq!(paged.requests, small.sim.paid_requests());
    assert_eq!(
        desk.spent(Timestamp::now()).unwrap().today,
        small.sim.paid_requests()
    );
}

#[tokio::test]
async fn a_second_look_costs_nothing_and_a_forced_one_only_what_may_change() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let period = Period::month_of(cost::today(Timestamp::now()));
    let wanted = question(period, &["service"], "");
    let first = ask(&desk, &wanted, Refresh::Auto).await.unwrap();
    assert!(first.requests > 0);
    let slice = wanted.slice(cost::today(Timestamp::now())).unwrap();
    let plan = desk.plan(&slice, period, Refresh::Force, Timestamp::now());
    assert_eq!((plan.runs, plan.requests), (vec![period], first.requests));
    // Its price is told at the very moment at which it was read.
    let price = desk.price_of_refresh(&slice, period, first.fetched_at);
    let price = price.unwrap().says;
    assert!(price.contains(&cost::priced(first.requests)), "{price}");
    let cloud = bench.cloud(bench.sim.endpoint_url());
    for _ in 0..20 {
        let desk = Desk::open(&cloud, &bench.payer, bench.cache.path(), 1_000)
            .await
            .unwrap();
        assert_eq!(ask(&desk, &wanted, Refresh::Auto).await.unwrap().requests, 0);
    }
    assert_eq!(
        ask(&desk, &wanted, Refresh::Never).await.unwrap().breakdowns,
        first.breakdowns
    );
    assert!(ask(&desk, &wanted, Refresh::Force).await.unwrap().requests > 0);
    let closed = Period::month_of(period.from.saturating_sub(3.months()));
    ask(&desk, &question(closed, &["service"], ""), Refresh::Auto)
        .await
        .unwrap();
    assert_eq!(
        desk.plan(&slice, closed, Refresh::Force, Timestamp::now())
            .requests,
        0
    );
}

#[tokio::test]
async fn the_cap_stops_in_the_middle_and_keeps_no_half() {
    let bench = bench("ce.page=100");
    let wanted = question(two_months(), &["service"], "");
    let capped = bench.desk(2).await;
    let trouble = ask(&capped, &wanted, Refresh::Auto).await.unwrap_err();
    assert!(
        matches!(&trouble, Trouble::Capped { pages: 2, spent, .. } if spent.today == 2),
        "{trouble}"
    );
    assert!(matches!(
        ask(&capped, &wanted, Refresh::Never).await.unwrap_err(),
        Trouble::NotKept(_)
    ));
    let more = ask(&bench.desk(1_000).await, &wanted, Refresh::Auto)
        .await
        .unwrap();
    assert!(more.breakdowns[0].total > Amount::ZERO);
    // With the allowance used up again, what is kept is shown, and why it is not newer.
    let this_month = question(Period::month_of(cost::today(Timestamp::now())), &["service"], "");
    let fresh = ask(&bench.desk(1_000).await, &this_month, Refresh::Auto)
        .await
        .unwrap();
    let kept = ask(&capped, &this_month, Refresh::Force).await.unwrap();
    assert!(matches!(kept.stale_because, Some(Trouble::Cap(_))));
    assert_eq!(kept.breakdowns, fresh.breakdowns);
}

#[tokio::test]
async fn an_error_is_never_a_zero_and_is_not_paid_for() {
    let bench = bench("fail.ce=denied");
    let desk = bench.desk(1_000).await;
    let trouble = ask(&desk, &question(two_months(), &["service"], ""), Refresh::Auto)
        .await
        .unwrap_err();
    let Trouble::Failure(failure) = &trouble else {
        panic!("{trouble}")
    };
    assert_eq!((failure.why, &*failure.region), (Why::Denied, "us-east-1"));
    assert!(failure.cause.contains("ce:GetCostAndUsage"));
    let forecast = desk
        .month_end(Lens::Unblended, Refresh::Auto, Timestamp::now(), |_| ())
        .await;
    assert!(matches!(forecast, Err(Trouble::Failure(_))));
    assert_eq!(desk.spent(Timestamp::now()).unwrap().today, 0);
}

#[tokio::test]
async fn the_headline_compares_finished_days_and_the_forecast_lies_beyond_them() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let now = Timestamp::now();
    let wanted = question(Summary::period(cost::today(now), 1), &[], "");
    let answer = ask(&desk, &wanted, Refresh::Auto).await.unwrap();
    let headline = cost::summary(
        &answer.cube,
        cost::today(now),
        1,
        Lens::Unblended,
        &Filter::default(),
    )
    .unwrap();
    let [headline] = headline.as_slice() else {
        panic!("one currency")
    };
    assert!(headline.previous > Amount::ZERO && headline.change_percent.is_some());
    assert!(headline.comparison.current.to <= cost::today(now));

    let end = desk
        .month_end(Lens::Unblended, Refresh::Auto, now, |_| ())
        .await
        .unwrap();
    assert!(end.mean > end.so_far && end.lower.unwrap() <= end.mean && end.mean <= end.upper.unwrap());
    let spent = desk.spent(now).unwrap();
    assert_eq!(
        desk.month_end(Lens::Unblended, Refresh::Auto, now, |_| ())
            .await
            .unwrap(),
        end
    );
    assert_eq!(desk.spent(now).unwrap(), spent);
}

#[tokio::test]
async fn what_is_kept_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let bench = bench("");
    ask(
        &bench.desk(1_000).await,
        &question(two_months(), &[], ""),
        Refresh::Auto,
    )
    .await
    .unwrap();
    let mut seen = 0;
    let mut folders = vec![bench.cache.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir::<&Path>(&folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                seen += 1;
                assert_eq!(
                    entry.metadata().unwrap().permissions().mode() & 0o777,
                    0o600,
                    "{:?}",
                    entry.path()
                );
            }
        }
    }
    assert!(seen >= 4, "two months, the pages that they came on and the meter");
}

/// What the panel asks for when it is opened.
async fn looked(desk: &Desk, query: &cost::Query, now: Timestamp) -> cost::Answer {
    let slice = query.slice(std::slice::from_ref(&query.by)).unwrap();
    let period = query.window(cost::today(now), false);
    let answer = desk.read_slice(&slice, period, Refresh::Auto, now, |_| ()).await;
    answer.unwrap()
}

/// What the panel makes of it.
fn report(answer: &cost::Answer, query: &cost::Query, now: Timestamp) -> cost::Report {
    let period = query.window(cost::today(now), false);
    let question = query.question(period, vec![query.by.clone()], false).unwrap();
    let cells = cost::Cells::of(&answer.cube, &question).unwrap();
    let origin = cost::Origin {
        source: cost::Source::Files(None),
        account: String::new(),
        read_at: answer.fetched_at,
        spent: None,
        requests: answer.requests,
        price: None,
        stale_because: None,
        doubts: None,
        without: None,
        budget: Ok(None),
    };
    cost::Report::of(&cells, query.clone(), origin, cost::today(now))
}
