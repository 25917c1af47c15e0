//! Tax and support, which are laid on regions as on the whole, and come at times of their own.

use super::*;

/// From June to the day before Nov 22: machines in two regions with a tax on the first that is a part of itself in November,
/// and support on the 28th.
fn report(by: Dimension) -> (Report, f64) {
    let (mut rows, mut days) = (Vec::new(), BTreeMap::new());
    let until = day("2026-11-22");
    let all = day("2026-06-01").series(jiff::Span::new().days(1));
    for at in all.take_while(|at| *at < until) {
        let tax = if at < day("2026-11-01") { 3000 } else { 2000 };
        let more = match at.day() {
            1 => vec![("Tax", "", tax), ("Tax", "eu-west-1", tax / 2)],
            28 => vec![("AWS Support (Business)", "", 400)],
            _ => Vec::new(),
        };
        let used = [("EC2", "us-east-1", 300), ("EC2", "eu-west-1", 150)];
        for (service, region, cost) in more.into_iter().chain(used) {
            rows.push(Row {
                key: vec![service.into(), region.into(), at.to_string()],
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
    let axes = [Dimension::Service, Dimension::Region];
    let cube = Cube::of_rows(&axes, Lens::Unblended, &[bill], days).unwrap();
    let query = Query {
        by,
        ..Query::default()
    };
    let question = query.question(query.window(until, true), vec![query.by.clone()], true);
    let question = question.unwrap();
    let cells = Cells::of(&cube, &question).unwrap();
    let mut report = Report::of(&cells, query, origin(), until);
    report.tell_named(&cube, &question);
    // 30 days of 450, tax of 4,500 and support of 400.
    (report, 18_400.0)
}

#[test]
fn regions_with_tax_that_grows_come_to_what_the_bill_comes_to() {
    let (report, whole) = report(Dimension::Region);
    let prospect = Prospect::of(&report, &Setting::default());
    let end = |name: &str| prospect.rows[name].end.unwrap();
    assert!((end("") - 3400.0).abs() < 1.0, "tax and support: {}", end(""));
    assert!((end("eu-west-1") - 6000.0).abs() < 1.0, "{}", end("eu-west-1"));
    let sum: f64 = prospect.rows.values().filter_map(|row| row.end).sum();
    let told = prospect.end.unwrap().end();
    assert!(
        (sum - told).abs() < 1.0 && (told - whole).abs() < 1.0,
        "{sum} {told}"
    );
    let bands = prospect.rows["eu-west-1"].bands.iter().flatten();
    let off = bands
        .map(|band| (band.expected - 150.0).abs())
        .fold(0.0, f64::max);
    assert!(off < 1.0, "tax is no use: {off}");
}

#[test]
fn support_that_is_not_booked_yet_has_a_row_once_it_is_foreseen() {
    let (mut report, whole) = report(Dimension::Service);
    let name = "AWS Support (Business)";
    assert!(report.row(name).is_none(), "it came after both periods' days");
    let prospect = Prospect::of(&report, &Setting::default());
    let coloured = |report: &Report| -> Vec<String> {
        let rows = report.series.iter().map(|at| report.rows[*at].name.clone());
        rows.collect()
    };
    let before = coloured(&report);
    report.expect(&prospect);
    let row = report.row(name).unwrap();
    assert!(row.is_expected && row.cost == Amount::ZERO, "{row:?}");
    assert!((prospect.rows[name].end.unwrap() - 400.0).abs() < 1.0);
    let ends = report
        .rows
        .iter()
        .map(|row| prospect.rows[&row.name].end.unwrap());
    let sum: f64 = ends.sum();
    assert!((sum - whole).abs() < 1.0, "{sum}");
    report.sort_by_cost();
    assert_eq!(coloured(&report), before, "the days have no colour for it");
}

#[test]
fn what_nobody_foresees_has_no_row() {
    let (mut report, _) = report(Dimension::Service);
    let mut prospect = Prospect::of(&report, &Setting::default());
    prospect.rows.get_mut("AWS Support (Business)").unwrap().end = Some(0.0);
    let rows = report.rows.len();
    report.expect(&prospect);
    assert_eq!(report.rows.len(), rows);
}
