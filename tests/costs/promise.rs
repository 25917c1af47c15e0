//! Commitments and budgets against the bill that they are about.

use super::*;

#[tokio::test]
async fn commitments_agree_with_the_bill() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let now = Timestamp::now();
    let found = desk.commitments(Refresh::Auto, now).await.unwrap();
    let names: Vec<&str> = found.rows.iter().map(|row| row.what.as_str()).collect();
    assert_eq!(names, ["Savings Plans", "Amazon ElastiCache"]);
    for row in &found.rows {
        assert!(close(row.used + row.unused, row.committed), "{row:?}");
        assert!(row.utilization_percent().unwrap() <= 100.0 && row.coverage_percent().unwrap() < 100.0);
    }
    // What a plan covers is worth more on demand than the plan: coverage is of that.
    let plan = &found.rows[0];
    assert!(plan.covered > plan.used, "{plan:?}");
    let whole = (plan.covered + plan.on_demand).approximate();
    let share = 100.0 * plan.covered.approximate() / whole;
    assert!((plan.coverage_percent().unwrap() - share).abs() < 1e-9);
    assert!(plan.net_savings < plan.covered && close(plan.covered - plan.net_savings, plan.committed));
    let fee = question(found.period, &["category"], "category:SavingsPlanRecurringFee");
    let fee = ask(&desk, &fee, Refresh::Never).await.unwrap();
    assert!(close(found.rows[0].committed, fee.breakdowns[0].total));
    assert!(
        found.rows[1].unused > Amount::ZERO,
        "a node is not used on Sundays"
    );
    let paid = bench.sim.paid_requests();
    assert_eq!(desk.spent(now).unwrap().today, paid);
    assert_eq!(desk.commitments(Refresh::Auto, now).await.unwrap(), found);
    assert_eq!(bench.sim.paid_requests(), paid);
}

#[tokio::test]
async fn an_account_without_commitments_has_none_and_pays_nothing_to_hear_it() {
    let bench = bench("");
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
    let now = Timestamp::now();
    let found = desk.commitments(Refresh::Auto, now).await.unwrap();
    assert_eq!(found.rows, []);
    let wanted = question(found.period, &["service", "category"], "");
    let bill = ask(&desk, &wanted, Refresh::Never).await.unwrap();
    assert_eq!(bill.requests, 0);
    assert_eq!(
        desk.plan(
            &wanted.slice(cost::today(now)).unwrap(),
            found.period,
            Refresh::Auto,
            now
        )
        .requests,
        0
    );
}

#[tokio::test]
async fn budgets_are_read_for_nothing_and_the_tightest_of_the_whole_is_named() {
    let bench = bench("");
    let desk = bench.desk(0).await;
    let now = Timestamp::now();
    let budgets = desk.budgets(Refresh::Auto, now).await.unwrap();
    assert_eq!(budgets.len(), 2);
    assert_eq!(bench.sim.paid_requests(), 0);
    let whole = cost::Budget::of_month(&budgets, "USD").unwrap();
    assert!(
        whole.says().starts_with("budget everything ") && whole.says().contains("% spent"),
        "{}",
        whole.says()
    );
    assert_eq!(cost::Budget::of_month(&budgets, "EUR"), None);
    let cloud = bench.cloud(bench.sim.endpoint_url());
    let month = Period::new(
        cost::today(now).first_of_month(),
        cost::today(now).tomorrow().unwrap(),
    )
    .unwrap();
    assert!(close(
        whole.actual.unwrap(),
        ungrouped(&cloud, &bench.payer, month).await
    ));
}
