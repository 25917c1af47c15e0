//! Counting once, prices, decisions and what they saved.

use super::*;
use crate::cost::advice::fall::Fall;
use crate::cost::advice::{shift, stop};

#[test]
fn what_the_user_paid_goes_before_the_list() {
    let mut rates = rates();
    rates.learn("111122223333", "EBS:VolumeUsage.gp2", 160.0, 2_000.0);
    golden(
        stop::unattached_volume(&volume(VolumeKind::Gp2, 200.0), &rates),
        Rule::UnattachedVolume,
        "6.00",
        "16.00",
        Effective,
        A,
    );
    let elsewhere = Place {
        region: "eu-central-1".into(),
        ..place()
    };
    assert_eq!(rates.of(&elsewhere, Sku::VolumeGib(VolumeKind::Gp2)).source, List);
    rates.learn("", "EUC1-BoxUsage:m5.large", 11.5, 100.0);
    assert_eq!(
        rates.of_instance(&elsewhere, "m5.large", false),
        Some(Rate {
            usd: 0.115,
            source: Effective
        })
    );
    assert_eq!(rates.of_instance(&place(), "m5.large", false), None);
}

#[test]
fn stop_before_rightsize_before_shift_and_nothing_twice() {
    let idle = Instance {
        cpu_max: Some(3.0),
        cpu_p95: Some(1.0),
        network_max: Some(200.0),
        visited_before_days: None,
        ..instance()
    };
    let all = findings(
        &Inventory {
            instances: vec![idle.clone()],
            ..Inventory::default()
        },
        &rates(),
        &Taste::default(),
    );
    assert!(all.len() >= 5, "{all:?}");
    assert_eq!(count(all).high.rounded(2), "73.00");
    // Not idle: half remains after the size, and Graviton takes a tenth of that; the machine goes to one family.
    let busy = Instance {
        cpu_max: Some(60.0),
        cpu_p95: Some(20.0),
        production: true,
        ..idle
    };
    let all = findings(
        &Inventory {
            instances: vec![busy],
            ..Inventory::default()
        },
        &rates(),
        &Taste::default(),
    );
    let board = count(all);
    assert_eq!(board.high.rounded(2), "40.15", "36.50 + 3.65");
    assert_eq!(board.of(Move::Shift).1.rounded(2), "3.65");
}

#[test]
fn every_rule_has_a_name_of_its_own_and_an_id_that_stays() {
    let mut names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Rule::ALL.len());
    assert!(Rule::ALL.len() >= 14);
    let finding = shift::graviton(&instance()).unwrap();
    assert_eq!(finding.id(), shift::graviton(&instance()).unwrap().id());
    assert_ne!(finding.id(), shift::current_generation(&instance()).unwrap().id());
}

/// A machine of 73.00 that AWS and our own rule would make smaller, and that could run on Graviton.
fn advised(to: &str) -> Vec<Finding> {
    let busy = Instance {
        cpu_max: Some(60.0),
        cpu_p95: Some(20.0),
        production: true,
        ..instance()
    };
    let advice = Recommendation {
        place: place(),
        id: busy.id.clone(),
        name: None,
        team: None,
        from: busy.instance_type.clone(),
        to: Some(to.into()),
        monthly: 73.0,
        saving: 30.0,
        memory_known: true,
        by: "Compute Optimizer",
    };
    let inventory = Inventory {
        instances: vec![busy],
        recommendations: vec![advice],
        ..Inventory::default()
    };
    findings(&inventory, &rates(), &Taste::default())
}

fn counted(board: &Board) -> Vec<(&'static str, String)> {
    let row = |row: &Counted| (row.finding.rule.name(), row.high.rounded(2));
    board.rows.iter().map(row).collect()
}

#[test]
fn a_machine_gets_one_size_whoever_advises_it() {
    // The same size from both, as AWS would have it, once; another size counts for nothing beside it.
    let rightsize = |to: &str| {
        let board = count(advised(to));
        let mut rows = counted(&board);
        rows.retain(|(rule, _)| ["recommended-size", "one-size-down"].contains(rule));
        (rows, board.of(Move::Rightsize).1.rounded(2))
    };
    let (rows, sum) = rightsize("c5n.large");
    assert_eq!(
        (rows, sum),
        (vec![("recommended-size", "30.00".into())], "30.00".into())
    );
    let (rows, sum) = rightsize("c6i.large");
    assert_eq!(
        (rows, sum),
        (
            vec![
                ("recommended-size", "30.00".into()),
                ("one-size-down", "0.00".into())
            ],
            "30.00".into()
        )
    );
}

#[test]
fn what_is_taken_on_leaves_less_to_others_and_can_be_taken_back() {
    let (all, today, now) = (
        advised("c6i.large"),
        date(2026, 6, 1),
        jiff::Timestamp::UNIX_EPOCH,
    );
    let id = |rule: &str| all.iter().find(|one| one.rule.name() == rule).unwrap().id();
    let mut book = Book::default();
    let open = book.open(&all, &id("one-size-down"), today).unwrap();
    // Alone it would save 36.50: it counts for nothing beside what AWS advises, until that is put off.
    assert_eq!(open.high.rounded(2), "0.00");
    let shift = |book: &Book| book.board(all.clone(), today).of(Move::Shift).1.rounded(2);
    let before = shift(&book);
    let open = book.open(&all, &id("recommended-size"), today).unwrap();
    let accepted = Accepted::of(&open, now);
    assert_eq!(
        (accepted.promised.as_str(), accepted.at_least.as_deref()),
        ("30", Some("30"))
    );
    book.decisions
        .insert(open.finding.id(), Decision::Accepted(accepted));
    let board = book.board(all.clone(), today);
    assert_eq!(board.of(Move::Rightsize).1.rounded(2), "0.00");
    assert!(
        board
            .rows
            .iter()
            .all(|row| row.finding.rule.step() != Move::Rightsize),
        "{board:?}"
    );
    assert_eq!(shift(&book), before, "what was taken on still comes first");
    let second = book.open(&all, &id("one-size-down"), today).unwrap_err();
    assert_eq!(second.id, open.finding.id());
    assert!(
        second.to_string().starts_with("recommended-size of i-1 ("),
        "{second}"
    );
    assert!(!book.withdraw("no such", now, "x".into()));
    assert!(book.withdraw(&open.finding.id(), now, "not this quarter".into()));
    assert_eq!(
        (book.accepted().count(), book.withdrawn[0].reason.as_str()),
        (0, "not this quarter")
    );
    assert!(book.open(&all, &id("one-size-down"), today).is_ok());
}

#[test]
fn a_disk_is_deleted_or_made_cheaper_and_never_both() {
    let inventory = Inventory {
        volumes: vec![volume(VolumeKind::Gp2, 200.0)],
        ..Inventory::default()
    };
    let all = findings(&inventory, &rates(), &Taste::default());
    let (today, now) = (date(2026, 6, 1), jiff::Timestamp::UNIX_EPOCH);
    let id = |rule: Rule| all.iter().find(|one| one.rule == rule).unwrap().id();
    let [delete, cheaper] = [Rule::UnattachedVolume, Rule::NewerVolume].map(id);
    for (first, second) in [(&delete, &cheaper), (&cheaper, &delete)] {
        let mut book = Book::default();
        let open = |book: &Book, id: &String| book.open(&all, id, today).map(|of| Accepted::of(&of, now));
        let [one, other] = [first, second].map(|id| open(&book, id).unwrap());
        book.decisions
            .insert(first.clone(), Decision::Accepted(one.clone()));
        assert_eq!(book.board(all.clone(), today).rows, []);
        let says = open(&book, second).unwrap_err().to_string();
        let wanted = format!(
            "{} of vol-1 ({first}) is taken on already, and both cannot be done",
            one.rule
        );
        assert_eq!(says, wanted);
        let again = open(&book, first).unwrap_err().to_string();
        assert_eq!(again, format!("{first} is taken on already"));
        // Another console has looked before that: what it takes on is held against the book on disk.
        let home = tempfile::tempdir().unwrap();
        let accept = |id: &String, of: &Accepted| {
            let kept = Book::accept(home.path(), id, of.clone());
            kept.map_err(|why| why.to_string())
        };
        assert_eq!(accept(first, &one), Ok(()));
        assert_eq!(accept(second, &other), Err(wanted));
        assert_eq!(accept(first, &one), Err(again.clone()));
        // What is put off in its place would be forgotten by the ledger.
        let finding = all.iter().find(|finding| finding.id() == *first).unwrap();
        let snoozed = Snoozed::of(finding, today, "later".into(), now);
        let put_off = Book::put_off(home.path(), first, snoozed);
        assert_eq!(put_off.unwrap_err().to_string(), again);
        let kept = Book::load(home.path()).unwrap();
        assert_eq!(kept.accepted().map(|(id, _)| id).collect::<Vec<_>>(), [first]);
    }
    // A machine that was made smaller may be found idle later; one that is stopped becomes nothing else.
    assert!(!Rule::OneSizeDown.shuts_out(Rule::IdleInstance));
    assert!(Rule::IdleInstance.shuts_out(Rule::Graviton));
}

#[test]
fn what_is_taken_on_is_not_put_off_and_keeps_its_promise() {
    let home = tempfile::tempdir().unwrap();
    let finding = shift::graviton(&instance()).unwrap();
    let (id, at) = (finding.id(), jiff::Timestamp::UNIX_EPOCH);
    let put_off = || {
        let snoozed = Snoozed::of(&finding, date(2026, 6, 1), "not now".into(), at);
        Book::put_off(home.path(), &id, snoozed)
    };
    put_off().unwrap();
    let open = Book::default().open(std::slice::from_ref(&finding), &id, date(2026, 5, 1));
    let accepted = Accepted::of(&open.unwrap(), at);
    Book::accept(home.path(), &id, accepted.clone()).unwrap();
    let refused = put_off().unwrap_err();
    assert_eq!(refused.to_string(), format!("{id} is taken on already"));
    assert!(
        refused.hint().contains(&format!("moves withdraw {id}")),
        "{}",
        refused.hint()
    );
    let kept = Book::load(home.path()).unwrap();
    assert_eq!(kept.accepted().collect::<Vec<_>>(), [(&id, &accepted)]);
    std::fs::write(home.path().join("costs/decisions.json"), "{\"version\":1,").unwrap();
    let torn = Book::load(home.path()).unwrap_err();
    assert!(torn.hint().contains("move it away"), "{}", torn.hint());
}

#[test]
fn what_is_put_off_comes_back_and_what_is_accepted_does_not() {
    let finding = shift::graviton(&instance()).unwrap();
    let mut book = Book::default();
    let decision = |until| {
        let at = jiff::Timestamp::UNIX_EPOCH;
        Decision::Snoozed(Snoozed::of(&finding, until, "migration".into(), at))
    };
    book.decisions.insert(finding.id(), decision(date(2026, 6, 1)));
    let rows = |book: &Book, day| book.board(vec![finding.clone()], day).rows.len();
    assert_eq!(
        (rows(&book, date(2026, 5, 31)), rows(&book, date(2026, 6, 1))),
        (0, 1)
    );
    let mut woken = book.clone();
    assert!(woken.withdraw(&finding.id(), jiff::Timestamp::UNIX_EPOCH, String::new()));
    assert_eq!((rows(&woken, date(2026, 5, 31)), woken.withdrawn.len()), (1, 0));
    let accepted = Accepted {
        at: jiff::Timestamp::UNIX_EPOCH,
        rule: finding.rule.name().into(),
        resource: finding.resource.clone(),
        team: finding.team.clone(),
        key: Vec::new(),
        promised: "7.30".into(),
        at_least: None,
        run: None,
    };
    book.decisions.insert(finding.id(), Decision::Accepted(accepted));
    assert_eq!((rows(&book, date(2027, 1, 1)), book.accepted().count()), (0, 1));
}

#[test]
fn what_is_of_every_account_names_none() {
    let steady = Steady {
        account: String::new(),
        least_a_day: 100.0,
    };
    let finding = crate::cost::advice::hotspot::savings_plan(&steady).unwrap();
    let names: Vec<&str> = finding.action.parameters.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["what", "hourly_commitment"]);
}

#[test]
fn a_spot_machine_costs_what_spot_was_billed_at_or_nothing_is_known() {
    let mut bill = Bill::default();
    bill.rates.learn("", "BoxUsage:m5.large", 96.0, 1_000.0);
    let hourly = |bill: &Bill, spot| {
        bill.hourly(&place(), "i-1", "m5.large", spot)
            .map(|rate| rate.usd)
    };
    assert_eq!(hourly(&bill, false), Some(0.096));
    assert_eq!(
        hourly(&bill, true),
        None,
        "neither the price on demand nor the list"
    );
    bill.rates.learn("", "SpotUsage:m5.large", 30.0, 1_000.0);
    assert_eq!(hourly(&bill, true), Some(0.03));
}

#[test]
fn a_bill_in_other_money_is_left_out_and_named() {
    use crate::cost::{Cube, Dataset, Dimension};
    let day = date(2026, 11, 10);
    let row = |currency: &str, keys: [&str; 2]| crate::aws::CostRow {
        from: day,
        keys: keys.map(str::to_owned).into(),
        unblended: Some("24".into()),
        amortized: None,
        net_amortized: None,
        quantity: Some("240".into()),
        currency: Some(currency.into()),
        estimated: false,
    };
    let cube = |by: [Dimension; 2], rows: &[crate::aws::CostRow]| {
        let mut cube = Cube::new(Dataset::for_dimensions(&by).unwrap());
        cube.extend(rows).unwrap();
        cube
    };
    let usage = cube(
        [Dimension::Account, Dimension::UsageType],
        &[
            row("EUR", ["1", "BoxUsage:m5.large"]),
            row("USD", ["2", "BoxUsage:c5.large"]),
        ],
    );
    let kinds = cube([Dimension::UsageType, Dimension::Category], &[]);
    let today = date(2026, 11, 20);
    let bill = Bill::read(&usage, &kinds, &Questions::new(today, false), today).unwrap();
    assert_eq!((bill.foreign, bill.usage.len()), (vec!["EUR".to_owned()], 1));
}

#[test]
fn the_ledger_books_what_the_band_of_that_day_expected_and_did_not_come() {
    let first = date(2026, 1, 5);
    let series: Vec<_> = (0..100)
        .map(|nth: i64| (first + nth.days(), Some(if nth > 70 { 60.0 } else { 100.0 })))
        .collect();
    let accepted = first + 70.days();
    let saved = |days| {
        let each = Fall::of(&series, accepted, 28, &Setting::default())?.first(days)?;
        Some(each.iter().map(|(_, saved)| saved).sum::<f64>())
    };
    assert!((saved(7).unwrap() - 280.0).abs() < 1e-6);
    assert!(
        (saved(28).unwrap() - 1_120.0).abs() < 1e-6,
        "the lower level does not become the expectation"
    );
    assert_eq!(saved(40), None, "days to come are not booked");
}

proptest! {
    #[test]
    fn what_is_counted_never_exceeds_the_sum_nor_the_cost(
        picks in prop::collection::vec((0..Rule::ALL.len(), 0..3_u8, 0.0..1.0_f64, 0.0..1.0_f64), 0..20),
    ) {
        let findings: Vec<Finding> = picks
            .iter()
            .map(|(rule, resource, low, share)| Finding {
                rule: Rule::ALL[*rule],
                resource: format!("i-{resource}"),
                saving: Saving::between(100.0 * share * low, 100.0 * share),
                cost: Amount::whole(100),
                ..shift::graviton(&instance()).unwrap()
            })
            .collect();
        let sum: Amount = findings.iter().map(|finding| finding.saving.high).sum();
        let cents = Amount::parse("0.30").unwrap().amount;
        let board = count(findings);
        prop_assert!(board.high <= sum && board.high <= Amount::whole(300) + cents);
        prop_assert!(board.low <= board.high + cents);
    }
}

#[test]
fn what_is_put_off_is_told_by_its_rule_and_resource() {
    let finding = shift::graviton(&instance()).unwrap();
    let at = jiff::Timestamp::UNIX_EPOCH;
    let snoozed = Snoozed::of(&finding, date(2026, 12, 24), "black friday".into(), at);
    assert_eq!(
        snoozed.says("cf045713fb48"),
        "cf045713fb48 graviton of i-1 until 2026-12-24 (black friday)"
    );
    // As earlier versions kept it.
    let old = r#"{"decision":"snoozed","until":"2026-12-24","reason":"freeze","at":"2026-11-20T00:00:00Z"}"#;
    let Decision::Snoozed(old) = serde_json::from_str(old).unwrap() else {
        panic!()
    };
    assert_eq!(old.says("cf045713fb48"), "cf045713fb48 until 2026-12-24 (freeze)");
    let kept = serde_json::to_string(&Decision::Snoozed(snoozed.clone())).unwrap();
    assert_eq!(
        serde_json::from_str::<Decision>(&kept).unwrap(),
        Decision::Snoozed(snoozed)
    );
}
