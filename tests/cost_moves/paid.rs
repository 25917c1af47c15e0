//! What Cost Explorer is paid for: the price before it, and lists that go on or in circles.

use quarterdeck::cost::advice::{Book, Decision};
use quarterdeck::sim::FleetSpec;

use super::{Bench, amount};

#[test]
fn the_price_of_all_that_a_verb_asks_is_told_before_the_first_request() {
    let bench = Bench::start();
    for (verb, what) in [
        ("drivers", "comparing"),
        ("anomalies", "finding"),
        ("moves", "pricing"),
    ] {
        let says = String::from_utf8(bench.qd(&[verb, "--refresh"]).stderr).unwrap();
        let told: Vec<&str> = says
            .lines()
            .filter(|line| line.contains("Cost Explorer: "))
            .collect();
        let is_of_all = |line: &&str| line.starts_with(what) && line.contains("asks Cost Explorer: ");
        assert!(told.first().is_some_and(is_of_all), "{verb} {says}");
    }
    // Months that are asked one after the other are two lists.
    let many = Bench::with("ce.pages=60");
    let says = String::from_utf8(many.qd(&["drivers"]).stderr).unwrap();
    assert!(says.contains("at most 200 requests ($2.00)"), "{says}");
    let bench = Bench::start();
    let wide = ["breakdown", "--by", "service,region,account", "--fan-out"];
    let output = bench.qd(&wide);
    let says = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), bench.sim.paid_requests()),
        (Some(2), 0),
        "{says}"
    );
    assert!(
        says.contains("a list for each of them at 1 request ($0.01) or more"),
        "{says}"
    );
    let says = String::from_utf8(bench.qd(&[&wide[..], &["1.50"]].concat()).stderr).unwrap();
    let first = says.lines().next().unwrap();
    assert!(
        first.starts_with("at most 150 requests ($1.50) in all: "),
        "{says}"
    );
}

#[test]
fn what_aws_makes_of_its_costs_is_in_the_price_that_is_told_first() {
    let bench = Bench::start();
    let told = |args: &[&str]| String::from_utf8(bench.qd(args).stderr).unwrap();
    for (verb, of) in [
        ("forecast", ", Cost Explorer's own forecast among them"),
        (
            "anomalies",
            ", AWS's own at 1 request ($0.01) a page, mostly one, among them",
        ),
    ] {
        let says = told(&[verb, "--aws"]);
        let first = says.lines().next().unwrap();
        assert!(
            first.contains(" asks Cost Explorer: 1 request ($0.01) and an unknown number")
                && first.ends_with(of),
            "{says}"
        );
        assert_eq!(told(&[verb, "--aws"]), "", "all of it is here");
        let says = told(&[verb, "--aws", "--refresh"]);
        let first = says.lines().next().unwrap();
        let paid = says.lines().filter_map(|line| line.strip_prefix("paid for "));
        let paid: u32 = paid
            .map(|line| line.split(' ').next().unwrap().parse::<u32>().unwrap())
            .sum();
        assert!(first.contains(&format!(": about {paid} requests ")), "{says}");
    }
}

#[test]
fn an_amount_that_is_named_for_a_fan_out_suffices() {
    let bench = Bench::start();
    let wide = |dollars: &str| {
        let args = [
            "breakdown",
            "--by",
            "service,region,account",
            "--fan-out",
            dollars,
        ];
        let output = bench.qd(&args);
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let named = |says: &str| {
        let at = says.find("--fan-out ").unwrap_or_else(|| panic!("{says}")) + "--fan-out ".len();
        says[at..].split(' ').next().unwrap().to_owned()
    };
    assert_eq!(named(&wide("0.01").1), "4.00");
    let (is_done, says) = wide("0.03");
    assert!(!is_done, "{says}");
    let (is_done, says) = wide(&named(&says));
    assert!(is_done, "{says}");
}

#[test]
fn a_treemap_without_the_time_before_names_what_asks_for_it() {
    let bench = Bench::start();
    let picture = |view: &str| {
        let path = bench.home.path().join("p.svg");
        let path = path.to_str().unwrap();
        let args = ["picture", "--view", view, "--output", path, "--by", "region"];
        String::from_utf8(bench.qd(&args).stderr).unwrap()
    };
    let says = picture("treemap");
    assert!(
        says.contains("no colour says a change") && says.contains("--view waterfall"),
        "{says}"
    );
    picture("waterfall");
    assert!(!picture("treemap").contains("no colour"));
}

#[test]
fn advice_whose_pages_go_in_a_circle_is_an_error_and_no_list_without_end() {
    let told = |bench: &Bench| {
        let output = bench.qd(&["moves", "--json"]);
        let says = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{says}");
        says
    };
    let well = Bench::with("optimizer=off,ce.pages=3");
    let says = told(&well);
    assert!(says.contains("advice on sizes: 3 requests"), "{says}");
    // The last but one of all calls is for the second page of advice.
    let second = well.sim.paid_requests() - 1;
    let says = told(&Bench::with(&format!(
        "optimizer=off,ce.pages=3,ce.repeat={second}"
    )));
    assert!(
        says.contains("GetRightsizingRecommendation answered with the same page"),
        "{says}"
    );
}

#[test]
fn advice_that_was_cut_off_is_said_to_be_and_is_not_kept_for_whole() {
    let mut fleet = FleetSpec::demo();
    let mut groups = fleet.groups.iter_mut().filter(|group| group.state == "running");
    let large = groups.find(|group| group.sizes.iter().any(|size| size.name().ends_with(".2xlarge")));
    let large = large.unwrap();
    large.sizes.retain(|size| size.name().ends_with(".2xlarge"));
    large.count = 60;
    let bench = Bench::of(fleet, "optimizer=off,ce.pages=22");
    for _ in 0..2 {
        let output = bench.qd(&["moves", "--json"]);
        let says = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{says}");
        assert!(
            says.contains("advice on sizes: 20 requests") && says.contains("goes on after 20 pages"),
            "{says}"
        );
    }
}

/// Takes on one move that is booked on a usage type and one that is booked on a service, as long ago as that is booked.
fn taken_on_ten_days_ago(bench: &Bench) {
    let board = bench.json(&["moves", "--json"]);
    let rows = board["rows"].as_array().unwrap();
    let data_dir = bench.home.path().join("data");
    let mut kinds = std::collections::BTreeSet::new();
    for row in rows {
        let id = row["id"].as_str().unwrap();
        // What is done in the place of another one is not taken on beside it.
        if !bench.qd(&["moves", "accept", id, "--no-spend"]).status.success() {
            continue;
        }
        Book::change(&data_dir, |book| {
            let Some(Decision::Accepted(accepted)) = book.decisions.get_mut(id) else {
                panic!("{id} is not taken on");
            };
            accepted.at -= jiff::SignedDuration::from_hours(10 * 24);
            if !kinds.insert(accepted.key.len()) {
                book.decisions.remove(id);
            }
        })
        .unwrap();
        if kinds.len() == 2 {
            return;
        }
    }
    panic!("no move of each kind: {kinds:?}");
}

#[test]
fn the_ledger_tells_the_price_of_all_that_it_asks_once_and_pays_no_more() {
    let bench = Bench::start();
    taken_on_ten_days_ago(&bench);
    let mut last = 0;
    // What it takes is known once it was asked for.
    for args in [&["moves", "ledger"][..], &["moves", "ledger", "--refresh"]] {
        let before = bench.sim.paid_requests();
        let output = bench.qd(args);
        let says = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{says}");
        let told: Vec<&str> = says
            .lines()
            .filter(|line| line.contains("Cost Explorer: "))
            .collect();
        let whole: Vec<&&str> = told
            .iter()
            .filter(|line| line.starts_with("booking what was saved asks Cost Explorer: "))
            .collect();
        assert_eq!((whole.len(), whole.first().copied()), (1, told.first()), "{says}");
        last = bench.sim.paid_requests() - before;
        assert!(
            last > 1,
            "usage types and services are lists of their own: {says}"
        );
        if args.contains(&"--refresh") {
            let wanted = format!("asks Cost Explorer: about {last} requests (");
            assert!(whole[0].contains(&wanted), "{last} were paid for: {says}");
        }
    }
    let before = bench.sim.paid_requests();
    let says = String::from_utf8(bench.qd(&["moves", "ledger"]).stderr).unwrap();
    assert_eq!(bench.sim.paid_requests(), before, "{last} were kept: {says}");
    assert!(!says.contains("Cost Explorer: "), "nothing is paid for: {says}");
}

/// With a cap of its own, in dollars a day.
fn capped(faults: &str, cap: &str) -> Bench {
    let bench = Bench::with(faults);
    let dir = bench.home.path().join(".config/quarterdeck");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("config.toml"), format!("[costs]\ncap_per_day = {cap}\n")).unwrap();
    bench
}

#[test]
fn what_the_cap_leaves_too_little_for_is_refused_before_the_first_request() {
    let bench = capped("", "0.02");
    let output = bench.qd(&["anomalies"]);
    let says = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), bench.sim.paid_requests()),
        (Some(1), 0),
        "{says}"
    );
    assert!(
        says.contains("finding and explaining what is unusual takes about") && says.contains("$0.02"),
        "{says}"
    );
}

#[test]
fn what_was_found_is_told_where_the_cap_ends_before_it_is_explained() {
    let whole = Bench::start();
    let paid = |bench: &Bench, args: &[&str]| {
        let output = bench.qd(args);
        let says = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{says}");
        (String::from_utf8(output.stdout).unwrap(), says)
    };
    let (all, _) = paid(&whole, &["anomalies", "--csv"]);
    let most = whole.sim.paid_requests();
    let cents = most - 1;
    let bench = capped("", &format!("{}.{:02}", cents / 100, cents % 100));
    let (found, says) = paid(&bench, &["anomalies", "--csv"]);
    assert!(says.contains("not explained by usage_type"), "{says}");
    assert!(all.lines().count() > 1 && all.lines().count() == found.lines().count());
}

#[test]
fn the_price_of_commitments_is_told_before_the_first_request() {
    let bench = Bench::start();
    let told = |args: &[&str]| {
        let output = bench.qd(&[&["commitments"], args].concat());
        String::from_utf8(output.stderr).unwrap()
    };
    let says = told(&[]);
    let price = "what became of commitments asks Cost Explorer: ";
    assert!(
        says.starts_with(price) && says.contains("two for each service with reservations"),
        "{says}"
    );
    assert!(says.contains("paid for "), "{says}");
    for free in [&[][..], &["--no-spend"]] {
        assert_eq!(told(free), "", "all of it is here");
    }
    assert!(told(&["--refresh"]).starts_with(price));
}

#[test]
fn days_that_cost_explorer_no_longer_tells_are_refused_before_the_others_are_paid_for() {
    let bench = Bench::start();
    let output = bench.qd(&["drivers", "--against", "2020-01-01..2020-02-01"]);
    let says = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), bench.sim.paid_requests()),
        (Some(1), 0),
        "{says}"
    );
    assert!(
        says.contains("Jan 2020") && says.contains("thirteen months") && !says.contains("asks Cost Explorer"),
        "{says}"
    );
}

#[test]
fn a_bill_that_cannot_be_read_is_named_beside_prices_of_the_list() {
    let board = Bench::with("refuse.GetCostAndUsage=denied").json(&["moves", "--json"]);
    let why = board["bill_unknown"].as_str().unwrap();
    assert!(why.starts_with("the bill is not known: "), "{why}");
    let known = Bench::start().json(&["moves", "--json"]);
    assert_eq!(known["bill_unknown"], serde_json::Value::Null);
    assert_eq!(known["unanswered"], serde_json::json!([]));
    for row in known["rows"].as_array().unwrap() {
        assert!(amount(&row["adds_low"]) <= amount(&row["adds_high"]), "{row}");
    }
}

#[test]
fn a_cap_of_nothing_frees_on_no_day() {
    let bench = capped("", "0");
    let says = String::from_utf8(bench.qd(&["breakdown"]).stderr).unwrap();
    assert!(
        says.contains("set a larger cap_per_day under [costs]") && !says.contains("frees"),
        "{says}"
    );
}
