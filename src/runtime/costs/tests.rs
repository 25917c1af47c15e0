//! The books as hours go by and money runs out: a clock that is set by hand, on the embedded Cost Explorer.

use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use tokio::sync::watch;

use super::books::{Books, Held, Stop};
use super::moves::bill;
use super::price;
use crate::app::Effect;
use crate::aws::{Cloud, Settings, StaticAccount};
use crate::config::{Config, Paths};
use crate::cost::{self, Cells, Origin, Period, Plan, Refresh, Source};
use crate::sim::{FleetSpec, Options, Sim};

struct Bench {
    books: Arc<Books>,
    source: Source,
    _sim: Sim,
    _home: tempfile::TempDir,
}

/// One account that pays, and what may be asked of it in a day, in cents.
fn bench(cap_cents: u32) -> Bench {
    let mut fleet = FleetSpec::demo();
    fleet.accounts.truncate(1);
    fleet.accounts[0].payer = true;
    let sim = Sim::start(Options {
        fleet,
        ..Options::default()
    })
    .unwrap();
    let accounts = sim.accounts().into_iter().map(|account| StaticAccount {
        name: account.name,
        id: account.id,
        access_key_id: account.access_key_id,
        secret_access_key: account.secret_access_key,
        session_token: account.session_token,
        regions: account.regions,
    });
    let accounts: Vec<StaticAccount> = accounts.collect();
    let source = Source::CostExplorer(accounts[0].name.clone());
    let cloud = Cloud::connect(Settings {
        endpoint_url: Some(sim.endpoint_url()),
        accounts,
        ..Settings::default()
    });
    let home = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.costs.cap_per_day_cents = cap_cents;
    let (_, cloud) = watch::channel(Some(cloud));
    Bench {
        books: Arc::new(Books::new(cloud, config, Paths::below(home.path()))),
        source,
        _sim: sim,
        _home: home,
    }
}

/// An hour of a day, UTC.
fn at(day: Date, hour: i8) -> Timestamp {
    day.at(hour, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

#[tokio::test]
async fn moves_take_the_day_on_which_the_bill_was_read_for_an_open_one_after_midnight() {
    let bench = bench(300);
    let day = cost::today(Timestamp::now());
    let next = day.tomorrow().unwrap();
    // Days from the last one of the bill to the next day: yesterday's bill is still being written.
    let behind = async |refresh, now| {
        let bill = bill(&bench.books, &bench.source, refresh, now).await;
        bill.unwrap().behind(next)
    };
    assert_eq!(behind(Refresh::Auto, at(day, 23)).await, 2);
    assert_eq!(
        behind(Refresh::Never, at(next, 1)).await,
        2,
        "its last day was not over"
    );
    assert_eq!(
        behind(Refresh::Never, at(next, 8)).await,
        2,
        "however old the answer is"
    );
}

#[test]
fn what_was_answered_on_one_day_is_not_recalled_on_another() {
    let home = tempfile::tempdir().unwrap();
    let (_, cloud) = watch::channel(None);
    let books = Books::new(cloud, Config::default(), Paths::below(home.path()));
    let day = jiff::civil::date(2026, 11, 22);
    let next = day + 1.day();
    let held = Held::Cells {
        cells: Arc::new(Cells::default()),
        origin: Origin {
            source: Source::Athena,
            account: "costs.export".into(),
            read_at: at(day, 20),
            spent: None,
            requests: 0,
            price: None,
            stale_because: None,
            doubts: None,
            without: None,
            budget: Ok(None),
        },
        today: day,
    };
    books.keep("a statement".into(), held, at(day, 20));
    let is_there = |now| books.recall("a statement", now).is_some();
    assert!(is_there(at(day, 23)));
    assert!(
        !is_there(at(next, 0)),
        "its day is over, and its months may be others"
    );
}

#[tokio::test]
async fn what_todays_cap_does_not_allow_is_refused_at_once_and_never_asked_about() {
    let now = Timestamp::now();
    let stop = async |cap_cents| {
        let bench = bench(cap_cents);
        bill(&bench.books, &bench.source, Refresh::Never, now)
            .await
            .unwrap_err()
    };
    for (cap_cents, wanted) in [
        (0, "today's cap of $0.00 is used up"),
        (
            1,
            "takes about 2 requests ($0.02), and today's cap of $0.01 has $0.01 left",
        ),
    ] {
        let Stop::Failed { says, hint } = stop(cap_cents).await else {
            panic!("{cap_cents} is asked about");
        };
        assert!(
            says.contains(wanted) && hint.contains("cap_per_day"),
            "{says}: {hint}"
        );
    }
    let Stop::Price { price, .. } = stop(2).await else {
        panic!("two are allowed");
    };
    assert!(price.says.contains("2 requests ($0.02)"), "{price:?}");
}

#[tokio::test]
async fn months_that_cost_explorer_no_longer_tells_are_refused_before_anybody_is_asked_to_pay_for_them() {
    let bench = bench(300);
    let Source::CostExplorer(profile) = &bench.source else {
        panic!("{:?}", bench.source);
    };
    let desk = bench.books.desk(profile).await.unwrap();
    let stop = |month: &str| {
        let run = Period::month_of(month.parse().unwrap());
        let plan = Plan {
            runs: vec![run],
            requests: 1,
            ..Plan::default()
        };
        price::of(
            &desk,
            &plan,
            run,
            Box::new(Effect::ListCostSources),
            Timestamp::now(),
        )
    };
    let Stop::Failed { says, hint } = stop("2024-01-01") else {
        panic!("they are asked about");
    };
    assert!(
        says.contains("beyond the thirteen months") && hint.contains("import an export"),
        "{says}: {hint}"
    );
    let this = cost::today(Timestamp::now()).first_of_month().to_string();
    assert!(matches!(stop(&this), Stop::Price { .. }));
}

/// Months of one dollar a day in an account.
fn import(home: &Path, account: &str, months: &[i8]) {
    let mut text = String::from(
        "ChargePeriodStart,BillingPeriodStart,BilledCost,EffectiveCost,SubAccountId,ServiceName\n",
    );
    for month in months {
        let first = jiff::civil::date(2026, *month, 1);
        let days = first.series(1.day()).take_while(|day| day.month() == *month);
        for day in days {
            text += &format!("{day},{first},1,1,{account},Compute\n");
        }
    }
    let path = home.join(format!("{account}.csv"));
    std::fs::write(&path, text).unwrap();
    let exports = cost::import::find(&path).unwrap();
    let data_dir = Paths::below(home).data_dir;
    cost::import::import(&exports, &data_dir, Timestamp::UNIX_EPOCH, &mut |_| ()).unwrap();
}

#[tokio::test]
async fn what_is_known_in_part_comes_with_what_makes_it_whole() {
    let home = tempfile::tempdir().unwrap();
    import(home.path(), "one", &[9, 10]);
    import(home.path(), "two", &[9]);
    let (_, cloud) = watch::channel(None);
    let books = Arc::new(Books::new(cloud, Config::default(), Paths::below(home.path())));
    let remedy = async |name: Option<&str>| {
        let ask = super::Ask {
            source: Some(Source::Files(name.map(str::to_owned))),
            query: cost::Query::default(),
            refresh: Refresh::Never,
            year: false,
        };
        super::report(&books, ask).await.unwrap().remedy
    };
    let wanted = "import what is missing, or choose what is whole, such as one";
    assert_eq!(remedy(None).await.as_deref(), Some(wanted));
    assert_eq!(remedy(Some("one")).await, None);
    // Of what was never there no export is whole.
    import(home.path(), "three", &[10]);
    assert_eq!(
        remedy(Some("three")).await.as_deref(),
        Some("import what is missing")
    );
}

#[tokio::test]
async fn a_day_of_resources_is_judged_by_the_days_around_it() {
    let home = tempfile::tempdir().unwrap();
    let mut text = String::from(
        "ChargePeriodStart,BillingPeriodStart,BilledCost,EffectiveCost,SubAccountId,ServiceName,ResourceId\n",
    );
    let first = jiff::civil::date(2026, 9, 1);
    for day in first.series(1.day()).take_while(|day| day.month() < 11) {
        let cost = 10 + day.day() % 3;
        text += &format!("{day},{},{cost},{cost},1,Compute,i-1\n", day.first_of_month());
    }
    let path = home.path().join("bill.csv");
    std::fs::write(&path, text).unwrap();
    let exports = cost::import::find(&path).unwrap();
    let data_dir = Paths::below(home.path()).data_dir;
    cost::import::import(&exports, &data_dir, Timestamp::UNIX_EPOCH, &mut |_| ()).unwrap();
    let (_, cloud) = watch::channel(None);
    let books = Arc::new(Books::new(cloud, Config::default(), Paths::below(home.path())));
    let ask = super::Ask {
        source: Some(Source::Files(None)),
        query: cost::Query {
            by: cost::Dimension::Resource,
            span: cost::Span::parse("2026-10-31..2026-11-01 vs 2026-10-24..2026-10-25").unwrap(),
            ..cost::Query::default()
        },
        refresh: Refresh::Never,
        year: false,
    };
    let report = super::report(&books, ask).await.unwrap();
    assert_eq!(report.total(), cost::Amount::whole(11), "of one day alone");
    let prospect = cost::Prospect::of(&report, &super::Setting::default());
    assert!(!prospect.no_end.contains("learning"), "{}", prospect.no_end);
    let bands = &prospect.rows["i-1"].bands;
    let at = report
        .days
        .iter()
        .position(|day| day.day == jiff::civil::date(2026, 10, 31));
    assert!(bands[at.unwrap()].is_some(), "{bands:?}");
}

#[tokio::test]
async fn where_the_cap_is_used_up_no_key_is_named_that_cannot_ask() {
    let lacking = cost::Price::new("4 metrics ($0.01)", 1);
    let way = async |cap_cents| {
        let bench = bench(cap_cents);
        super::moves::way_to(&bench.books, &bench.source, &lacking, Timestamp::now()).await
    };
    assert_eq!(way(100).await, "R asks for it");
    let none = way(0).await;
    assert!(none.contains("cap_per_day") && !none.contains("R asks"), "{none}");
}
