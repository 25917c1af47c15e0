//! What a report foresees: rows beside the total, credits and fees, and the command line beside the console.

use super::*;

/// Four months of many rows: two month ends of the total, and two of each row.
#[test]
fn months_of_rows_are_no_months_of_the_total() {
    let (mut rows, mut days) = (Vec::new(), BTreeMap::new());
    let mut at = day("2026-08-01");
    let names = ["EC2", "S3", "RDS", "SQS"];
    while at < day("2026-11-21") {
        rows.extend((0..).zip(names).map(|(nth, name)| {
            let cost = 100 + (i32::from(at.day_of_year()) * (nth + 3)) % 7;
            (name, at.to_string(), cost.to_string())
        }));
        days.insert(at, false);
        at = at.tomorrow().unwrap();
    }
    let rows: Vec<(&str, &str, &str)> = rows
        .iter()
        .map(|(name, day, cost)| (*name, day.as_str(), cost.as_str()))
        .collect();
    let cells = Cells::read(&[breakdown("USD", &rows)], days);
    let report = Report::of(&cells, Query::default(), origin(), day("2026-11-21"));
    let end = Prospect::of(&report, &Setting::default()).end.unwrap();
    assert!(end.months < 4 && end.interval.is_none(), "{end:?}");
}

#[test]
fn a_steady_row_has_a_band_and_a_month_end_and_a_jump_leaves_it() {
    let mut rows = Vec::new();
    let mut days = BTreeMap::new();
    let mut at = day("2026-08-01");
    while at < day("2026-11-22") {
        let cost = if at == day("2026-11-20") { "400" } else { "100" };
        rows.push(("EC2", at.to_string(), cost));
        days.insert(at, false);
        at = at.tomorrow().unwrap();
    }
    let rows: Vec<(&str, &str, &str)> = rows
        .iter()
        .map(|(name, day, cost)| (*name, day.as_str(), *cost))
        .collect();
    let cells = Cells::read(&[breakdown("USD", &rows)], days);
    let report = Report::of(&cells, Query::default(), origin(), day("2026-11-22"));
    let prospect = Prospect::of(&report, &Setting::default());
    let row = &prospect.rows["EC2"];
    assert_eq!(row.breach, Some(crate::cost::band::Side::High));
    let day_before = Report::of(&cells, Query::default(), origin(), day("2026-11-21"));
    let unfinished = Prospect::of(&day_before, &Setting::default());
    assert_eq!(
        unfinished.rows["EC2"].breach, None,
        "the day that jumped is still written"
    );
    assert_eq!(row.bands.len(), report.days.len());
    let end = prospect.end.unwrap();
    assert!((end.end() - 3300.0).abs() < 100.0, "{end:?}");
    let few = Report::of(&self::cells(), Query::default(), origin(), day("2026-11-03"));
    let none = Prospect::of(&few, &Setting::default());
    assert!(none.end.is_none() && none.no_end.contains("learning"), "{none:?}");
}

/// S3 for 7.36 a day, give or take a cent, from August to the day before Nov 22; on the third a credit, and on the 25th a
/// fee.
fn charged(is_usage: bool, fee: i32) -> Cells {
    let (mut rows, mut days) = (Vec::new(), BTreeMap::new());
    let mut at = day("2026-08-01");
    while at < day("2026-11-22") {
        rows.push(("S3", at.to_string(), format!("7.3{}", 5 + at.day() % 3)));
        if !is_usage && at.day() == 3 {
            rows.push(("S3", at.to_string(), "-12.50".into()));
        }
        if !is_usage && at.day() == 25 && fee > 0 {
            rows.push(("S3", at.to_string(), fee.to_string()));
        }
        days.insert(at, false);
        at = at.tomorrow().unwrap();
    }
    let rows: Vec<(&str, &str, &str)> = rows
        .iter()
        .map(|(name, day, cost)| (*name, day.as_str(), cost.as_str()))
        .collect();
    Cells::read(&[breakdown("USD", &rows)], days)
}

fn of_s3(fee: i32, is_told: bool) -> RowProspect {
    let files = of_source(Source::Files(None));
    let mut report = Report::of(&charged(false, fee), Query::default(), files, day("2026-11-22"));
    if is_told {
        report.tell_usage(&charged(true, fee));
    }
    Prospect::of(&report, &Setting::default()).rows["S3"].clone()
}

#[test]
fn a_credit_of_every_month_is_no_anomaly_and_is_taken_off_the_month_once() {
    // Thirty days of 7.36 less 12.50; a source that does not tell credits shows them by a day below nothing.
    for is_told in [true, false] {
        let row = of_s3(0, is_told);
        assert_eq!(row.breach, None, "{row:?}");
        let end = row.end.unwrap();
        assert!((end - 208.3).abs() < 0.5, "{end}");
        let off = row
            .bands
            .iter()
            .flatten()
            .map(|band| (band.expected - 7.36).abs());
        assert!(off.fold(0.0, f64::max) < 0.1, "{:?}", row.bands);
    }
}

#[test]
fn a_fee_that_came_twice_on_a_day_is_expected_on_it_again() {
    let row = of_s3(40, true);
    assert_eq!(row.breach, None);
    let end = row.end.unwrap();
    assert!((end - 248.3).abs() < 0.5, "{end}");
}

#[test]
fn charges_of_every_day_are_part_of_what_is_learnt() {
    let files = of_source(Source::Files(None));
    let mut report = Report::of(&charged(false, 0), Query::default(), files, day("2026-11-22"));
    // Nothing of it is use: a fee by the day.
    let none = Cells {
        currencies: vec!["USD".into()],
        ..Cells::default()
    };
    report.tell_usage(&none);
    let row = &Prospect::of(&report, &Setting::default()).rows["S3"];
    assert!(
        row.bands.last().unwrap().is_some_and(|band| band.expected > 7.0),
        "{row:?}"
    );
}

/// From June to the day before Nov 22, 71 dollars of storage a day, give or take one, and 300 of machines, with what else
/// is charged for storage on a day.
fn fleet<Others>(others: impl Fn(Date) -> Others) -> (Cube, Date)
where
    Others: IntoIterator<Item = (&'static str, i64)>,
{
    let (mut rows, mut days) = (Vec::new(), BTreeMap::new());
    let (mut at, until) = (day("2026-06-01"), day("2026-11-22"));
    while at < until {
        let mut row = |service: &str, kind: &str, cost: i64| {
            rows.push(Row {
                key: vec![service.into(), kind.into(), at.to_string()],
                cost: Amount::whole(cost),
                quantity: None,
            });
        };
        row("S3", "Usage", 70 + i64::from(at.day() % 3));
        row("EC2", "Usage", 300);
        for (kind, cost) in others(at) {
            row("S3", kind, cost);
        }
        days.insert(at, false);
        at = at.tomorrow().unwrap();
    }
    let bill = Breakdown {
        rows,
        ..breakdown("USD", &[])
    };
    let axes = [Dimension::Service, Dimension::Category];
    let cube = Cube::of_rows(&axes, Lens::Unblended, &[bill], days).unwrap();
    (cube, until)
}

/// What the console shows of it.
fn told(cube: &Cube, query: &Query, until: Date) -> Report {
    let cells = |query: &Query| {
        let question = query.question(query.window(until, true), vec![Dimension::Service], true);
        Cells::of(cube, &question.unwrap()).unwrap()
    };
    let files = of_source(Source::Files(None));
    let mut report = Report::of(&cells(query), query.clone(), files, until);
    report.tell_usage(&cells(&query.of_usage()));
    let question = query.question(query.window(until, true), vec![Dimension::Service], true);
    report.tell_fees(cube, &question.unwrap());
    report
}

/// What the console foresees of it.
fn foreseen(cube: &Cube, query: &Query, until: Date) -> Prospect {
    Prospect::of(&told(cube, query, until), &Setting::default())
}

#[test]
fn tax_that_is_not_final_is_told_where_the_change_is_another_without_it() {
    let taxed = |tax: i64| {
        let (cube, until) = fleet(|at| {
            let cost = if at < day("2026-11-01") { 3000 } else { tax };
            (at.day() == 1).then_some(("Tax", cost))
        });
        let shown = told(&cube, &Query::default(), until).summary;
        let filter = crate::cost::Filter::default();
        let said = crate::cost::summary(&cube, until, 1, Lens::Unblended, &filter)
            .unwrap()
            .remove(0);
        assert_eq!((shown.tax, shown.doubt(until)), (said.tax, said.doubt(until)));
        said
    };
    let said = taxed(2000);
    let tax = said.tax.unwrap();
    assert!(
        said.change_percent.unwrap() < -8.0 && tax.change_percent.unwrap().abs() < 1.0,
        "{said:?}"
    );
    assert!(
        said.says(day("2026-11-22"))
            .contains("tax grows until the month ends, 2,000.00 so far and 3,000.00 in Oct 1–")
    );
    assert_eq!(taxed(2900).tax, None, "much the same without it");
    assert_eq!(taxed(3500).tax, None, "it grew already");
}

#[test]
fn a_bill_of_tax_alone_says_that_it_grows_and_names_no_change_of_anything_else() {
    let (cube, until) = fleet(|at| {
        let cost = if at < day("2026-11-01") { 3000 } else { 2000 };
        (at.day() == 1).then_some(("Tax", cost))
    });
    let filter = crate::cost::Filter::parse("category:Tax").unwrap();
    let said = crate::cost::summary(&cube, until, 1, Lens::Unblended, &filter).unwrap();
    let says = said[0].says(day("2026-11-22"));
    assert!(
        says.contains("tax grows until the month ends, 2,000.00 so far and 3,000.00 in Oct 1–"),
        "{says}"
    );
    assert!(!says.contains("without it"), "{says}");
}

#[test]
fn a_bill_holds_what_its_rows_come_to() {
    let (cube, until) = fleet(|at| (at >= day("2026-11-17")).then_some(("Usage", 20)));
    let prospect = foreseen(&cube, &Query::default(), until);
    let sum: f64 = prospect.rows.values().filter_map(|row| row.end).sum();
    let (lower, upper) = prospect.end.unwrap().interval.unwrap();
    assert!(lower <= sum && sum <= upper, "{lower} {upper} for {sum}");
    let question = Outlook::question(until, Lens::Unblended, crate::cost::Filter::default());
    let told = Outlook::of(&cube, until, &question, &Setting::default()).unwrap();
    let told = told[0].end.unwrap().interval.unwrap();
    assert!((told.0.approximate() - lower).abs() < 0.01 && (told.1.approximate() - upper).abs() < 0.01);
}

#[test]
fn a_part_of_a_bill_ends_on_the_command_line_where_it_ends_in_the_console() {
    let (cube, until) = fleet(|at| match at {
        _ if at.day() == 3 => Some(("Credit", -125)),
        _ if [day("2026-09-14"), day("2026-11-17")].contains(&at) => Some(("Refund", -900)),
        _ => None,
    });
    let query = Query {
        filter: "service:S3".into(),
        ..Query::default()
    };
    let prospect = foreseen(&cube, &query, until);
    let (row, head) = (prospect.rows["S3"].end.unwrap(), prospect.end.unwrap().end());
    let question = Outlook::question(until, Lens::Unblended, query.wanted(true).unwrap());
    let told = Outlook::of(&cube, until, &question, &Setting::default()).unwrap();
    let told = told[0].end.unwrap().mean.approximate();
    assert!(
        (told - 1105.0).abs() < 5.0,
        "30 days of 71 less 125 and 900: {told}"
    );
    assert!(
        (told - head).abs() < 0.01 && (told - row).abs() < 0.01,
        "{told} {head} {row}"
    );
}

#[test]
fn services_with_a_credit_that_began_this_month_end_where_the_bill_ends() {
    let (cube, until) = fleet(|at| (at >= day("2026-11-05")).then_some(("Credit", -40)));
    let prospect = foreseen(&cube, &Query::default(), until);
    let parts: f64 = prospect.rows.values().filter_map(|row| row.end).sum();
    let whole = prospect.end.unwrap().end();
    // 30 days of 371 less 26 of 40.
    assert!((parts - 10_090.0).abs() < 15.0, "{parts}");
    assert!((parts - whole).abs() < whole / 500.0, "{parts} {whole}");
    let row = &prospect.rows["S3"];
    assert!(row.breach.is_none() && row.bands.iter().flatten().all(|band| band.expected > 60.0));
}

#[test]
fn a_small_credit_that_has_just_begun_is_taken_off_the_whole_as_off_its_parts() {
    for (first, cost) in [("2026-11-12", -15), ("2026-11-17", -30), ("2026-10-28", -15)] {
        let (cube, until) = fleet(|at| (at >= day(first)).then_some(("Credit", cost)));
        let prospect = foreseen(&cube, &Query::default(), until);
        let parts: f64 = prospect.rows.values().filter_map(|row| row.end).sum();
        let whole = prospect.end.unwrap().end();
        assert!((parts - whole).abs() < whole / 500.0, "{first}: {parts} {whole}");
        let question = Outlook::question(until, Lens::Unblended, crate::cost::Filter::default());
        let told = Outlook::of(&cube, until, &question, &Setting::default()).unwrap();
        let told = told[0].end.unwrap().mean.approximate();
        assert!((told - whole).abs() < 0.01, "{first}: {told} {whole}");
    }
}

#[test]
fn charges_of_the_first_are_the_same_in_the_whole_and_in_its_kinds_before_a_day_is_known() {
    let (cube, _) = fleet(|at| {
        let month = i64::from(at.month());
        let all = [
            ("Tax", 3000 + 50 * month),
            ("Purchase", 4400 - 10 * month),
            ("Credit", if month % 2 == 0 { -950 } else { 0 }),
        ];
        all.into_iter()
            .filter(move |(_, cost)| at.day() == 1 && *cost != 0)
    });
    let until = day("2026-11-01");
    let told = |filter: &str| {
        let query = Query {
            filter: filter.into(),
            ..Query::default()
        };
        let question = Outlook::question(until, Lens::Unblended, query.wanted(true).unwrap());
        let told = Outlook::of(&cube, until, &question, &Setting::default()).unwrap();
        let told = told[0].end.unwrap().mean.approximate();
        let console = foreseen(&cube, &query, until).end.unwrap().end();
        assert!((told - console).abs() < 0.01, "{filter}: {told} and {console}");
        told
    };
    let kinds = ["Usage", "Tax", "Purchase", "Credit"].map(|kind| told(&format!("category:{kind}")));
    let (whole, sum) = (told(""), kinds.iter().sum::<f64>());
    assert!((whole - sum).abs() < 0.01, "{whole} is not {sum}: {kinds:?}");
    let two = told("category:Tax,Credit");
    assert!((two - kinds[1] - kinds[3]).abs() < 0.01, "{two}: {kinds:?}");
}

#[test]
fn tax_is_told_from_use_by_its_name_where_kinds_of_charges_are_not() {
    let (mut rows, mut days) = (Vec::new(), BTreeMap::new());
    let until = day("2026-11-22");
    for at in day("2026-06-01")
        .series(jiff::Span::new().days(1))
        .take_while(|at| *at < until)
    {
        let tax = match at.day() {
            1 if at < day("2026-11-01") => Some(("Tax", 3000)),
            1 => Some(("Tax", 2000)),
            _ => None,
        };
        for (service, cost) in tax.into_iter().chain([("EC2", 300)]) {
            rows.push(Row {
                key: vec![service.into(), "111122223333".into(), at.to_string()],
                cost: Amount::whole(cost),
                quantity: None,
            });
        }
        days.insert(at, false);
    }
    let bill = Breakdown {
        rows,
        ..breakdown("USD", &[])
    };
    let cube = Cube::of_rows(
        &[Dimension::Service, Dimension::Account],
        Lens::Unblended,
        &[bill],
        days,
    )
    .unwrap();
    let question = Outlook::question(until, Lens::Unblended, crate::cost::Filter::default());
    let end = Outlook::of(&cube, until, &question, &Setting::default()).unwrap()[0]
        .end
        .unwrap();
    assert!((end.mean.approximate() - 12_000.0).abs() < 1.0, "{end:?}");
    let (lower, upper) = end.interval.unwrap();
    assert!(
        lower.approximate() <= 11_000.0 && upper.approximate() >= 12_000.0,
        "{end:?}"
    );
    let query = Query::default();
    let question = query
        .question(query.window(until, true), vec![Dimension::Service], true)
        .unwrap();
    let cells = Cells::of(&cube, &question).unwrap();
    let mut report = Report::of(&cells, query, origin(), until);
    report.tell_named(&cube, &question);
    assert!(report.summary.tax.is_some(), "{:?}", report.summary);
    let prospect = Prospect::of(&report, &Setting::default());
    let shown = prospect.end.unwrap();
    assert!((shown.end() - end.mean.approximate()).abs() < 0.01, "{shown:?}");
    assert!((prospect.rows["Tax"].end.unwrap() - 3000.0).abs() < 0.01);
}
