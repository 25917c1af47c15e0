//! Lists of pages that go wrong in the middle: the exact total or an error, never a part; and the meter always has
//! what the service answered.

use super::*;

/// What the whole is worth, from a desk without any trouble.
async fn truth() -> Amount {
    let bench = bench("");
    ungrouped(&bench.cloud(bench.sim.endpoint_url()), &bench.payer, two_months()).await
}

fn counted(desk: &Desk) -> u32 {
    desk.spent(Timestamp::now()).unwrap().today
}

#[tokio::test]
async fn seven_pages_and_a_stumble_give_the_exact_total() {
    let truth = truth().await;
    for trouble in [
        "",
        "ce.refuse=throttled@3-4",
        "ce.refuse=changed@3",
        "ce.refuse=token@5",
    ] {
        let bench = bench(&format!("ce.pages=7,{trouble}"));
        let desk = bench.desk(1_000).await;
        let wanted = question(two_months(), &["service"], "");
        let answer = ask(&desk, &wanted, Refresh::Auto).await.unwrap();
        assert!(answer.requests >= 7, "{trouble}: {}", answer.requests);
        assert!(close(answer.breakdowns[0].total, truth), "{trouble}");
        assert_eq!(counted(&desk), bench.sim.paid_requests(), "{trouble}");
        assert_eq!(answer.stale_because, None);
    }
}

#[tokio::test]
async fn a_token_that_repeats_a_list_that_keeps_changing_and_a_refusal_are_errors_and_nothing_is_kept() {
    for (trouble, says) in [
        ("ce.repeat=3", "same page"),
        ("ce.refuse=changed@3-99", "changed while it was read"),
        ("ce.refuse=throttled@3-99", "called too often"),
        ("ce.refuse=nodata@3-99", "no data"),
        ("ce.refuse=expired@3-99", "no longer kept"),
        ("ce.refuse=denied@3-99", "is not allowed"),
        ("ce.refuse=denied", "is not allowed"),
    ] {
        let bench = bench(&format!("ce.pages=7,{trouble}"));
        let desk = bench.desk(1_000).await;
        let wanted = question(two_months(), &["service"], "");
        let why = ask(&desk, &wanted, Refresh::Auto).await.unwrap_err();
        assert!(why.to_string().contains(says), "{trouble}: {why}");
        assert!(!why.hint().is_empty());
        assert_eq!(counted(&desk), bench.sim.paid_requests(), "{trouble}");
        let kept = ask(&desk, &wanted, Refresh::Never).await.unwrap_err();
        assert!(matches!(kept, Trouble::NotKept(_)), "{trouble}: {kept}");
    }
}

#[tokio::test]
async fn a_member_that_may_not_look_is_told_who_can_change_that() {
    let bench = bench("ce.members=off");
    let member = bench
        .sim
        .accounts()
        .into_iter()
        .find(|account| !account.payer)
        .unwrap();
    let cloud = bench.cloud(bench.sim.endpoint_url());
    let desk = Desk::open(&cloud, &member.name, bench.cache.path(), 1_000)
        .await
        .unwrap();
    let why = ask(&desk, &question(two_months(), &[], ""), Refresh::Auto)
        .await
        .unwrap_err();
    assert!(why.hint().contains("management account"), "{}", why.hint());
    assert!(
        ask(
            &bench.desk(1_000).await,
            &question(two_months(), &[], ""),
            Refresh::Auto
        )
        .await
        .is_ok()
    );
}

#[tokio::test]
async fn two_currencies_are_two_answers_and_never_one_sum() {
    let account = FleetSpec::demo().accounts[1].id.clone();
    let bench = bench(&format!("ce.currency.{account}=EUR"));
    let desk = bench.desk(1_000).await;
    let answer = ask(&desk, &question(two_months(), &["account"], ""), Refresh::Auto)
        .await
        .unwrap();
    let mut currencies: Vec<(&str, usize)> = answer
        .breakdowns
        .iter()
        .map(|breakdown| (breakdown.currency.as_str(), breakdown.rows.len()))
        .collect();
    currencies.sort();
    assert_eq!(currencies, [("EUR", 1), ("USD", 1)]);
    let now = Timestamp::now();
    let query = cost::Query::default();
    let report = report(&looked(&desk, &query, now).await, &query, now);
    assert_eq!((report.currency(), &*report.others[0].currency), ("USD", "EUR"));
}

#[tokio::test]
async fn what_a_refresh_is_said_to_cost_is_what_it_costs() {
    let bench = bench("ce.page=100");
    let desk = bench.desk(1_000).await;
    let period = Period::new(
        two_months().from,
        cost::today(Timestamp::now()).tomorrow().unwrap(),
    )
    .unwrap();
    let wanted = question(period, &["service"], "");
    let slice = wanted.slice(cost::today(Timestamp::now())).unwrap();
    let cold = desk.plan(&slice, period, Refresh::Auto, Timestamp::now());
    assert!(
        cold.unknown == 1 && cold.price().contains("an unknown number of pages, at most 100"),
        "{}",
        cold.price()
    );
    ask(&desk, &wanted, Refresh::Auto).await.unwrap();
    let plan = desk.plan(&slice, period, Refresh::Force, Timestamp::now());
    let taken = ask(&desk, &wanted, Refresh::Force).await.unwrap().requests;
    assert_eq!(plan.unknown, 0);
    assert!(
        plan.requests.abs_diff(taken) <= 1,
        "{} was said, {taken} were taken",
        plan.requests
    );
}

#[tokio::test]
async fn a_list_beyond_the_page_budget_is_an_error_that_says_how_to_ask_less() {
    let bench = bench("ce.page=10");
    let desk = bench.desk(10_000).await;
    let why = ask(&desk, &question(two_months(), &["usage_type"], ""), Refresh::Auto)
        .await
        .unwrap_err();
    assert!(
        matches!(&why, Trouble::TooLong { pages, .. } if *pages == cost::MOST_PAGES),
        "{why}"
    );
    assert_eq!(bench.sim.paid_requests(), cost::MOST_PAGES);
}

#[tokio::test]
async fn a_list_that_a_days_cap_is_too_small_for_is_paid_for_on_one_day_alone() {
    let bench = bench("ce.page=100");
    let desk = bench.desk(2).await;
    let wanted = question(two_months(), &["service"], "");
    let at = |days: i64| Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    for day in 0..4 {
        let why = desk
            .answer(&wanted, Refresh::Auto, at(day), |_| ())
            .await
            .unwrap_err();
        assert!(matches!(why, Trouble::Capped { pages: 2, .. }), "{why}");
        assert!(
            why.hint().contains("raise cap_per_day") && why.hint().contains("$0.02"),
            "{}",
            why.hint()
        );
        assert_eq!(bench.sim.paid_requests(), 2, "on day {day}");
    }
    let raised = bench
        .desk(1_000)
        .await
        .answer(&wanted, Refresh::Auto, at(4), |_| ())
        .await;
    assert!(raised.unwrap().breakdowns[0].total > Amount::ZERO);
}

#[tokio::test]
async fn older_months_than_are_kept_cost_nothing_to_ask_for() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let from = two_months().from.saturating_sub(20.months());
    let why = ask(&desk, &question(Period::month_of(from), &[], ""), Refresh::Auto)
        .await
        .unwrap_err();
    assert!(
        matches!(&why, Trouble::TooOld { .. }) && why.hint().contains("import"),
        "{why}"
    );
    assert_eq!(bench.sim.paid_requests(), 0);
}

#[tokio::test]
async fn the_pages_are_kept_as_they_came() {
    let bench = bench("ce.pages=3");
    let desk = bench.desk(1_000).await;
    let answer = ask(&desk, &question(two_months(), &["service"], ""), Refresh::Auto)
        .await
        .unwrap();
    let month = two_months().from.strftime("%Y-%m").to_string();
    let folder = bench
        .cache
        .path()
        .join("costs")
        .join(desk.account())
        .join("service+account/pages")
        .join(month);
    let mut pages = 0;
    for page in std::fs::read_dir(folder).unwrap() {
        let text = zstd::decode_all(std::fs::File::open(page.unwrap().path()).unwrap()).unwrap();
        let page: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert!(page["ResultsByTime"].is_array());
        pages += 1;
    }
    assert_eq!(pages, answer.requests);
}

#[tokio::test]
async fn three_dimensions_are_asked_part_by_part_and_add_up() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let now = Timestamp::now();
    let wanted = question(
        two_months(),
        &["service", "region", "account", "month"],
        "-service:Tax",
    );
    assert!(wanted.is_wide() && wanted.slice(cost::today(Timestamp::now())).is_err());
    let parts = desk
        .parts(&wanted, Refresh::Auto, now, 100, |_| ())
        .await
        .unwrap();
    let before = bench.sim.paid_requests();
    let cheap = desk
        .answer_parts(&parts, &wanted, Refresh::Auto, now, 0, |_| ())
        .await;
    assert!(matches!(cheap.unwrap_err(), Trouble::Price { .. }));
    assert_eq!(bench.sim.paid_requests(), before);
    let answer = desk
        .answer_parts(&parts, &wanted, Refresh::Auto, now, 50, |_| ())
        .await
        .unwrap();
    let whole = ask(
        &desk,
        &question(two_months(), &["service"], "-service:Tax"),
        Refresh::Auto,
    )
    .await
    .unwrap();
    assert!(close(answer.breakdowns[0].total, whole.breakdowns[0].total));
    assert!(answer.breakdowns[0].rows.iter().all(|row| row.key.len() == 4));
    assert_eq!(counted(&desk), bench.sim.paid_requests());
    let again = desk
        .answer_parts(&parts, &wanted, Refresh::Auto, now, 0, |_| ())
        .await
        .unwrap();
    assert_eq!((again.requests, again.breakdowns), (0, answer.breakdowns));
}

#[tokio::test]
async fn parts_are_held_against_their_whole_whatever_the_filter_wants() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let now = Timestamp::now();
    for filter in [
        "account:*1",
        "-service:Tax",
        "region:eu-*",
        "account:*1 region:*-1 -service:Tax",
    ] {
        let wanted = question(two_months(), &["service", "region", "account"], filter);
        let parts = desk
            .parts(&wanted, Refresh::Auto, now, 100, |_| ())
            .await
            .unwrap();
        let answer = desk
            .answer_parts(&parts, &wanted, Refresh::Auto, now, 90, |_| ())
            .await;
        assert!(answer.is_ok(), "{filter}: {:?}", answer.err());
    }
    // A bill that moved between the requests: one part has a row more than the values were found with.
    let folder = bench.cache.path().join("costs").join(desk.account());
    let part = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().contains('@'))
        .unwrap();
    let month = part.join(format!("{}.json", two_months().from.strftime("%Y-%m")));
    let mut kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&month).unwrap()).unwrap();
    kept["rows"][0]["unblended"] = "1000.5".into();
    std::fs::write(&month, kept.to_string()).unwrap();
    let wanted = question(two_months(), &["service", "region", "account"], "-service:Tax");
    let parts = desk
        .parts(&wanted, Refresh::Auto, now, 100, |_| ())
        .await
        .unwrap();
    let moved = desk
        .answer_parts(&parts, &wanted, Refresh::Auto, now, 90, |_| ())
        .await;
    assert!(matches!(moved, Err(Trouble::Moved { .. })), "{moved:?}");
}

#[tokio::test]
async fn thirteen_months_are_read_once_and_final_ones_never_again() {
    let bench = small_bench("");
    let desk = bench.desk(1_000).await;
    let now = Timestamp::now();
    assert!(!desk.plan_history(Refresh::Auto, now).runs.is_empty());
    let mut heard = 0;
    let fetched = desk
        .fetch_history(Refresh::Auto, now, |pages| heard = pages)
        .await;
    assert!(fetched.stopped.is_none(), "{:?}", fetched.stopped);
    assert_eq!(
        (fetched.requests, heard),
        (bench.sim.paid_requests(), fetched.requests)
    );
    assert_eq!(counted(&desk), fetched.requests);
    assert!(desk.plan_history(Refresh::Auto, now).runs.is_empty());
    // Nine hours later only what can still change is asked for.
    let later = now + 9.hours();
    let this = cost::today(now).first_of_month();
    for run in desk.plan_history(Refresh::Auto, later).runs {
        assert!(run.to > this.saturating_sub(1.months()), "{run:?}");
    }
    let last = Period::month_of(this.saturating_sub(12.months()));
    for by in [&["service"][..], &["usage_type"], &["category"]] {
        let answer = ask(&desk, &question(last, by, ""), Refresh::Never).await.unwrap();
        assert_eq!(answer.requests, 0);
    }
}

#[tokio::test]
async fn reading_ahead_keeps_to_its_pages_and_goes_on_where_it_stopped() {
    let bench = small_bench("ce.pages=9");
    let desk = bench.desk(1_000).await;
    let now = Timestamp::now();
    let first = desk.fetch_history(Refresh::Auto, now, |_| ()).await;
    assert!(
        matches!(first.stopped, Some(Trouble::TooLong { .. })),
        "{first:?}"
    );
    assert!(first.requests <= cost::MOST_PAGES, "{}", first.requests);
    let left = desk.plan_history(Refresh::Auto, now).runs.len();
    let second = desk.fetch_history(Refresh::Auto, now, |_| ()).await;
    assert!(
        second.stopped.is_none() && desk.plan_history(Refresh::Auto, now).runs.is_empty(),
        "{left} {second:?}"
    );
    assert_eq!(counted(&desk), bench.sim.paid_requests());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_programs_at_once_keep_to_one_cap() {
    let bench = bench("ce.page=50");
    let config = bench.cache.path().join("config.toml");
    std::fs::write(&config, "[costs]\ncap_per_day = 0.07\n").unwrap();
    let account = bench
        .sim
        .accounts()
        .into_iter()
        .find(|account| account.payer)
        .unwrap();
    let programs: Vec<_> = [
        "service",
        "region",
        "category",
        "usage_type",
        "account",
        "tag:team",
    ]
    .into_iter()
    .map(|by| {
        std::process::Command::new(env!("CARGO_BIN_EXE_qd"))
            .args(["costs", "breakdown", "--by", by, "--config"])
            .arg(&config)
            .env_clear()
            .env("HOME", bench.cache.path())
            .env("AWS_ENDPOINT_URL", bench.sim.endpoint_url())
            .env("AWS_ACCESS_KEY_ID", &account.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &account.secret_access_key)
            .env("AWS_REGION", "us-east-1")
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    })
    .collect();
    let mut capped = 0;
    for program in programs {
        let out = tokio::task::spawn_blocking(move || program.wait_with_output())
            .await
            .unwrap()
            .unwrap();
        let says = String::from_utf8_lossy(&out.stderr);
        let is_capped = says.contains("today's cap of $0.07 is used up by 7 paid requests");
        assert!(!is_capped || says.contains("cap_per_day under [costs]"), "{says}");
        capped += usize::from(is_capped);
    }
    assert_eq!(bench.sim.paid_requests(), 7);
    assert!(capped > 0);
}

#[tokio::test]
async fn a_kind_of_use_that_a_bill_lacks_is_no_misspelt_one_once_its_lists_are_kept() {
    let mut fleet = FleetSpec::demo();
    fleet.accounts.truncate(1);
    fleet.groups.clear();
    fleet.tasks.clear();
    let bench = bench_of(fleet, "");
    let desk = bench.desk(1_000).await;
    let (now, period) = (Timestamp::now(), two_months());
    let kinds = question(period, &["service", "category"], "");
    let listed = ask(&desk, &kinds, Refresh::Auto).await.unwrap();
    let has = |kind: &str| listed.breakdowns[0].rows.iter().any(|row| row.key[1] == kind);
    let lacking: Vec<&str> = cost::anomaly::USAGE
        .into_iter()
        .filter(|kind| !has(kind))
        .collect();
    assert_eq!(
        lacking,
        ["SavingsPlanCoveredUsage"],
        "nothing runs that a plan covers"
    );
    // As a digest asks for it: by service and account, of one kind.
    let of = |kind: &str| {
        let asked = question(period, &["service", "account"], &format!("category:{kind}"));
        let slice = asked.slice(cost::today(now)).unwrap();
        assert_eq!(slice.inside, [(Dimension::Category, kind.to_owned())]);
        desk.spelled(slice, period, now)
    };
    assert_eq!(
        of("SavingsPlanCoveredUsage").unwrap().0.inside[0].1,
        "SavingsPlanCoveredUsage"
    );
    let why = of("SavingsPlanCoveredUse").unwrap_err();
    assert!(why.says.contains("SavingsPlanCoveredUse"), "{why:?}");
}
