//! What is asked for is what was meant and no more: a name is spelled as the bill spells it before it is paid for, a forced
//! list is read once in a command, and finding out what to ask for keeps to what was allowed.

use super::*;

#[tokio::test]
async fn a_value_that_the_filter_fixes_is_asked_for_as_the_bill_spells_it() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let of = |filter: &str| question(two_months(), &["service", "region"], filter);
    let cold = ask(&desk, &of("category:usage"), Refresh::Auto).await;
    assert!(
        matches!(&cold, Err(Trouble::Dimension(bad)) if bad.says.contains("\"usage\"")),
        "{cold:?}"
    );
    ask(&desk, &question(two_months(), &["category"], ""), Refresh::Auto)
        .await
        .unwrap();
    let typed = ask(&desk, &of("category:usage"), Refresh::Auto).await.unwrap();
    assert!(typed.breakdowns[0].total > Amount::ZERO);
    let exact = ask(&desk, &of("category:Usage"), Refresh::Never).await.unwrap();
    assert_eq!(exact.breakdowns, typed.breakdowns);
    let paid = bench.sim.paid_requests();
    let none = ask(&desk, &of("category:usages"), Refresh::Auto)
        .await
        .unwrap_err();
    assert!(none.hint().contains("--by category"), "{none}: {}", none.hint());
    assert_eq!(bench.sim.paid_requests(), paid);
}

#[tokio::test]
async fn a_forced_list_is_paid_for_once_in_a_command() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let now = Timestamp::now();
    let month = Period::month_of(cost::today(now));
    let period = Period::new(two_months().from, month.to).unwrap();
    let wanted = question(period, &[], "");
    let force =
        async |now, wanted: &Question| desk.answer(wanted, Refresh::Force, now, |_| ()).await.unwrap();
    assert!(force(now, &wanted).await.requests > 0);
    assert_eq!(force(now, &wanted).await.requests, 0);
    assert_eq!(force(now, &question(month, &["service"], "")).await.requests, 0);
    let (mut heard, before) = (0, bench.sim.paid_requests());
    for _ in 0..2 {
        desk.month_end(Lens::Unblended, Refresh::Force, now, |paid| heard += paid)
            .await
            .unwrap();
    }
    assert_eq!((heard, bench.sim.paid_requests() - before), (1, 1));
    assert!(force(now + 1.seconds(), &wanted).await.requests > 0);
}

#[tokio::test]
async fn reading_ahead_may_be_forced() {
    let bench = small_bench("");
    let desk = bench.desk(1_000).await;
    let now = Timestamp::now();
    desk.fetch_history(Refresh::Auto, now, |_| ()).await;
    let later = now + 1.seconds();
    assert!(desk.plan_history(Refresh::Auto, later).runs.is_empty());
    assert!(!desk.plan_history(Refresh::Force, later).runs.is_empty());
    let again = desk.fetch_history(Refresh::Force, later, |_| ()).await;
    assert!(again.requests > 0 && again.stopped.is_none(), "{again:?}");
    assert!(desk.plan_history(Refresh::Force, later).runs.is_empty());
}

#[tokio::test]
async fn a_list_without_an_end_is_paid_for_once() {
    let bench = bench("ce.page=1");
    let desk = bench.desk(1_000).await;
    let wanted = question(two_months(), &["service", "usage_type"], "");
    let first = ask(&desk, &wanted, Refresh::Auto).await.unwrap_err();
    let paid = bench.sim.paid_requests();
    assert!(
        matches!(first, Trouble::TooLong { .. }) && paid == cost::MOST_PAGES,
        "{first} {paid}"
    );
    for refresh in [Refresh::Auto, Refresh::Force] {
        let again = ask(&desk, &wanted, refresh).await.unwrap_err();
        assert_eq!((&again, bench.sim.paid_requests()), (&first, paid));
    }
}

#[tokio::test]
async fn finding_the_values_keeps_to_what_was_allowed() {
    let bench = bench("ce.pages=7");
    let desk = bench.desk(1_000).await;
    let wanted = question(two_months(), &["service", "region", "account"], "");
    let mut heard = 0;
    let parts = desk
        .parts(&wanted, Refresh::Auto, Timestamp::now(), 10, |paid| heard = paid)
        .await;
    assert!(matches!(&parts.err(), Some(Trouble::Price { requests: 11, .. })));
    assert_eq!((heard, bench.sim.paid_requests()), (10, 10));
}

#[tokio::test]
async fn what_changed_with_charges_left_out_is_asked_for_with_a_filter_and_adds_up() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let now = Timestamp::now();
    let mut query = cost::Query {
        by: Dimension::Service,
        inside: vec![(Dimension::Region, "eu-west-1".into())],
        ..cost::Query::default()
    };
    query
        .without
        .extend([cost::Charge::Tax, cost::Charge::Support, cost::Charge::Refund]);
    let (by, period) = ([Dimension::Service, Dimension::UsageType], two_months());
    // The report is by service and kind of charge: its list knows the kinds.
    let shown = query.slice(&by[..1]).unwrap();
    desk.read_slice(&shown, period, Refresh::Auto, now, |_| ())
        .await
        .unwrap();
    assert!(query.slice(&by).is_err(), "three dimensions are one too many");
    let refused = desk.slice_of(&query, &by, &[], period, now);
    assert!(refused.is_err(), "no other list knows the kinds");
    // A report is limited the same way, once a list knows the values.
    let mut narrow = cost::Query {
        filter: "region:eu-*".into(),
        ..cost::Query::default()
    };
    narrow.without.insert(cost::Charge::Tax);
    assert!(desk.slice_of(&narrow, &by[..1], &[], period, now).is_err());
    ask(&desk, &question(period, &["region"], ""), Refresh::Auto)
        .await
        .unwrap();
    let limited = desk.slice_of(&narrow, &by[..1], &[], period, now).unwrap();
    assert_eq!(limited.limits(), [Dimension::Region]);
    let known = std::slice::from_ref(&shown);
    let slice = desk.slice_of(&query, &by, known, period, now).unwrap();
    assert_eq!(slice.dataset.folder(), "service+usage_type");
    let apart = desk
        .read_slice(&slice, period, Refresh::Auto, now, |_| ())
        .await
        .unwrap();
    let inner = query.question(period, by.to_vec(), false).unwrap();
    let apart = apart.cube.answer(&inner.inside_of(&slice.limits())).unwrap();
    let whole = question(
        period,
        &["service"],
        "region:eu-west-1 -category:Tax,Refund,Adjustment,*Support* -service:\"AWS *Support*\"",
    );
    let whole = query
        .question(period, by[..1].to_vec(), false)
        .map(|of| Question {
            filter: whole.filter,
            ..of
        });
    let read = desk
        .read_slice(&shown, period, Refresh::Never, now, |_| ())
        .await
        .unwrap();
    let whole = read
        .cube
        .answer(&whole.unwrap().inside_of(&shown.limits()))
        .unwrap();
    assert!(whole[0].total > Amount::whole(100) && close(apart[0].total, whole[0].total));
    assert!(apart[0].rows.iter().any(|row| row.quantity.is_some()));
}

#[tokio::test]
async fn names_of_tags_and_categories_are_paid_for_once_and_kept() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let now = Timestamp::now();
    assert_eq!(desk.labels_kept(), []);
    assert_eq!(
        desk.price_of_labels(now).unwrap().says,
        "2 requests ($0.02) or more"
    );
    // What was grouped by once is known for nothing.
    ask(&desk, &question(two_months(), &["tag:team"], ""), Refresh::Auto)
        .await
        .unwrap();
    assert_eq!(desk.labels_kept(), [Dimension::Tag("team".into())]);
    let before = bench.sim.paid_requests();
    desk.fetch_labels(now).await.unwrap();
    assert_eq!(bench.sim.paid_requests() - before, 2);
    assert_eq!(desk.spent(now).unwrap().today, bench.sim.paid_requests());
    let known = desk.labels_kept();
    assert!(
        known.contains(&Dimension::CostCategory("Product".into())) && known.len() > 2,
        "{known:?}"
    );
    assert_eq!(desk.price_of_labels(now), None);
}

#[tokio::test]
async fn what_aws_tells_is_priced_before_it_is_asked_for_and_kept() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let now = Timestamp::now();
    assert!(!desk.has_foreign_anomalies(now));
    let unpaid = desk.foreign_anomalies(Refresh::Never, now, |_| ()).await;
    assert!(matches!(unpaid, Err(Trouble::NotKept(_))));
    let mut pages = 0;
    let (found, at) = desk
        .foreign_anomalies(Refresh::Auto, now, |paid| pages = paid)
        .await
        .unwrap();
    assert_eq!((pages, at), (bench.sim.paid_requests(), now));
    assert!(desk.has_foreign_anomalies(now));
    assert_eq!(
        desk.foreign_anomalies(Refresh::Never, now, |_| ())
            .await
            .unwrap()
            .0,
        found
    );

    let price = desk.price_of_month_end(Lens::Unblended, now).unwrap().unwrap();
    assert!(price.says.contains("request"), "{price:?}");
    desk.month_end(Lens::Unblended, Refresh::Auto, now, |_| ())
        .await
        .unwrap();
    assert_eq!(desk.price_of_month_end(Lens::Unblended, now).unwrap(), None);

    let unknown = desk
        .price_of_commitments(Refresh::Auto, now)
        .await
        .unwrap()
        .unwrap();
    assert!(unknown.says.contains("Savings Plans"), "{unknown:?}");
    let before = bench.sim.paid_requests();
    desk.commitments(Refresh::Auto, now).await.unwrap();
    assert!(bench.sim.paid_requests() > before);
    assert_eq!(desk.price_of_commitments(Refresh::Auto, now).await.unwrap(), None);
}

#[tokio::test]
async fn what_the_cap_leaves_too_little_for_is_refused_before_any_of_it_is_paid() {
    let bench = bench("");
    let (desk, now) = (bench.desk(1).await, Timestamp::now());
    let price = desk
        .price_of_commitments(Refresh::Auto, now)
        .await
        .unwrap()
        .unwrap();
    assert!(price.requests > 1, "{price:?}");
    for refresh in [Refresh::Auto, Refresh::Force] {
        let refused = desk.commitments(refresh, now).await.unwrap_err();
        assert!(matches!(refused, Trouble::Beyond { .. }), "{refused:?}");
        assert!(refused.to_string().contains("$0.01 left"), "{refused}");
    }
    let refused = desk.fetch_labels(now).await.unwrap_err();
    assert!(matches!(refused, Trouble::Beyond { .. }), "{refused:?}");
    assert_eq!(bench.sim.paid_requests(), 0);
    assert_eq!(desk.spent(now).unwrap().today, 0);
}
