//! Athena over the same bill: what it says is what Cost Explorer says, and what goes wrong has a remedy.

use quarterdeck::aws::{Athena, Place};
use quarterdeck::config;
use quarterdeck::cost::athena::Export;
use quarterdeck::cost::{Kind, Table, athena};

use super::*;

fn table() -> Table {
    Table {
        database: "costs".into(),
        table: "focus".into(),
        kind: Kind::Focus,
        columns: None,
        files: None,
    }
}

impl Bench {
    /// The export of the bench's bill, its answers kept in a directory.
    pub(super) async fn export(&self, dir: &std::path::Path) -> Export {
        let config = config::Athena {
            database: "costs".into(),
            table: "focus".into(),
            kind: Kind::Focus,
            workgroup: Some("finops".into()),
            output: None,
            profile: Some(self.payer.clone()),
            region: Some("eu-west-1".into()),
        };
        let cloud = self.cloud(self.sim.endpoint_url());
        Export::open(cloud, Some(&config), dir).await.unwrap()
    }
}

fn athena(bench: &Bench) -> Athena {
    Athena {
        place: Place {
            profile: bench.payer.clone(),
            region: "eu-west-1".into(),
        },
        database: "costs".into(),
        workgroup: Some("finops".into()),
        output: None,
    }
}

async fn find(
    bench: &Bench,
    athena: &Athena,
    table: &Table,
    question: &Question,
) -> Result<athena::Found, Trouble> {
    let cloud = bench.cloud(bench.sim.endpoint_url());
    let never = std::future::pending();
    athena::answer(&cloud, athena, table, question, Timestamp::now(), never).await
}

#[tokio::test]
async fn athena_and_cost_explorer_say_the_same() {
    let bench = bench("ce.pages=3");
    let desk = bench.desk(1_000).await;
    for (by, filter) in [
        (&["service"][..], ""),
        (&["account", "month"], ""),
        (&["region", "service"], "service:*EC2*,amazon?"),
        (&["usage_type"], "-region:us-*"),
        (&["tag:team", "day"], ""),
        (&["tag:team"], "tag.team:\"\""),
        (&[], "tag.team:pay,web"),
    ] {
        let asked = question(two_months(), by, filter);
        let found = find(&bench, &athena(&bench), &table(), &asked).await.unwrap();
        let truth = ask(&desk, &asked, Refresh::Auto).await.unwrap();
        // Lines that add up to nothing are rows of one and not of the other.
        let rows = |breakdown: &cost::Breakdown| {
            let spent = breakdown.rows.iter().filter(|row| row.cost != Amount::ZERO);
            let region = |key: &String| {
                if key == "NoRegion" {
                    String::new()
                } else {
                    key.clone()
                }
            };
            let mut rows: Vec<(Vec<String>, Amount)> = spent
                .map(|row| (row.key.iter().map(region).collect(), row.cost))
                .collect();
            rows.sort();
            rows
        };
        assert_eq!(
            rows(&found.breakdowns[0]),
            rows(&truth.breakdowns[0]),
            "{by:?} {filter}"
        );
        assert!(found.scanned_bytes > 0 && found.scan().to_string().contains("Athena read"));
    }
}

#[tokio::test]
async fn as_many_dimensions_as_wanted_add_up_to_the_same() {
    let bench = bench("");
    let asked = question(
        two_months(),
        &["service", "account", "region", "category", "tag:env"],
        "",
    );
    let found = find(&bench, &athena(&bench), &table(), &asked).await.unwrap();
    let cloud = bench.cloud(bench.sim.endpoint_url());
    let truth = ungrouped(&cloud, &bench.payer, two_months()).await;
    assert!(close(found.breakdowns[0].total, truth));
    assert!(
        found.breakdowns[0].complete
            == (two_months().to.saturating_add(15.days()) <= cost::today(Timestamp::now()))
    );
}

#[tokio::test]
async fn cells_of_athena_answer_what_cost_explorer_answers_and_end_with_the_bill() {
    let bench = bench("");
    let dir = tempfile::tempdir().unwrap();
    let export = bench.export(dir.path()).await;
    let (now, never) = (Timestamp::now(), std::future::pending::<()>);
    let (known, paid) = export.known(Refresh::Auto, now, never()).await.unwrap();
    assert_eq!(known.keys().next_back(), Some(&cost::today(now)));
    assert!(!paid.is_empty());

    // The days of the bill are not those that a filter leaves of it.
    let (known_again, paid) = export.known(Refresh::Auto, now, never()).await.unwrap();
    assert!(paid.is_empty() && known_again == known, "they are asked for once");
    let Period { from, to } = two_months();
    assert_eq!(known.range(from..to).count(), two_months().days() as usize);
    let tax = question(two_months(), &["day"], "category:Tax");
    let tax = export
        .answer(&tax, Refresh::Auto, now, never())
        .await
        .unwrap()
        .breakdowns;
    assert!(athena::days(&tax, cost::today(now)).len() < two_months().days() as usize);
    assert!(tax[0].unknown.is_empty(), "a day without a tax is no unknown one");

    // A filter's dimension is an axis: the same cells answer with it and without.
    let narrow = question(two_months(), &["service", "usage_type"], "tag.team:pay");
    let unpaid = export.cells(&narrow, Refresh::Never, now, never()).await;
    assert!(matches!(unpaid, Err(Trouble::NotKept(_))), "{unpaid:?}");
    let cells = export.cells(&narrow, Refresh::Auto, now, never()).await.unwrap();
    assert!(!cells.paid.is_empty());
    let desk = bench.desk(1_000).await;
    for (by, filter) in [
        (&["service"][..], "tag.team:pay"),
        (&["usage_type", "day"], ""),
        (&["month"], ""),
    ] {
        let asked = question(two_months(), by, filter);
        let ours = cells.cube.answer(&asked).unwrap();
        let truth = ask(&desk, &asked, Refresh::Auto).await.unwrap();
        assert!(close(ours[0].total, truth.breakdowns[0].total), "{by:?} {filter}");
    }
    let wide = question(two_months(), &["service", "usage_type"], "");
    let statement = |of: &Question| export.statement(of).unwrap().text;
    assert_ne!(statement(&narrow), statement(&wide));
    let turned = question(two_months(), &["usage_type", "service"], "-service:x");
    assert_eq!(statement(&wide), statement(&turned));
    let cloud = bench.cloud(bench.sim.endpoint_url());
    let missing = Export::open(cloud, None, dir.path()).await;
    assert!(missing.err().unwrap().hint().contains("[costs.athena]"));
}

/// Takes the weekends out of all that Athena answered by day.
fn close_at_weekends(dir: &std::path::Path) {
    let is_weekend = |row: &serde_json::Value| {
        let day = row[0]
            .as_str()
            .and_then(|day| day.parse::<jiff::civil::Date>().ok());
        day.is_some_and(|day| day.weekday().to_monday_zero_offset() >= 5)
    };
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(mut kept) = serde_json::from_slice::<serde_json::Value>(&std::fs::read(&path).unwrap())
            else {
                continue;
            };
            if let Some(rows) = kept["rows"].as_array_mut() {
                rows.retain(|row| !is_weekend(row));
                std::fs::write(&path, kept.to_string()).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn the_weekend_of_an_office_is_known_by_the_days_of_the_whole_bill() {
    let bench = bench("");
    let dir = tempfile::tempdir().unwrap();
    let export = bench.export(dir.path()).await;
    let (now, never) = (Timestamp::now(), std::future::pending::<()>);
    let mut monday = two_months().from.saturating_add(7.days());
    while monday.weekday().to_monday_zero_offset() != 0 {
        monday = monday.tomorrow().unwrap();
    }
    let week = Period::new(monday, monday.saturating_add(7.days())).unwrap();
    let asked = question(week, &["day"], "");
    let ask = async |refresh| {
        export
            .answer(&asked, refresh, now, never())
            .await
            .unwrap()
            .breakdowns
    };
    ask(Refresh::Auto).await;
    close_at_weekends(dir.path());
    let edges = ask(Refresh::Never).await;
    assert_eq!(
        (edges[0].rows.len(), edges[0].unknown.len()),
        (5, 2),
        "nobody has asked for more"
    );
    export.known(Refresh::Auto, now, never()).await.unwrap();
    close_at_weekends(dir.path());
    let known = ask(Refresh::Never).await;
    assert_eq!(
        (known[0].rows.len(), known[0].unknown.len()),
        (5, 0),
        "{:?}",
        known[0].unknown
    );
}

#[tokio::test]
async fn what_athena_answered_once_is_on_disk_and_what_is_settled_is_never_asked_again() {
    let bench = bench("");
    let config = config::Athena {
        database: "costs".into(),
        table: "focus".into(),
        kind: Kind::Focus,
        profile: Some(bench.payer.clone()),
        region: Some("eu-west-1".into()),
        workgroup: Some("finops".into()),
        output: None,
    };
    let dir = tempfile::tempdir().unwrap();
    let (now, never) = (Timestamp::now(), std::future::pending::<()>);
    // As two runs of the program: nothing is shared but the disk.
    let open = async || {
        let cloud = bench.cloud(bench.sim.endpoint_url());
        Export::open(cloud, Some(&config), dir.path()).await.unwrap()
    };
    // Reaches into the month that still moves.
    let moving = Period::new(two_months().from, cost::today(now).tomorrow().unwrap()).unwrap();
    let asked = question(moving, &["service", "day"], "");
    let first = open()
        .await
        .answer(&asked, Refresh::Auto, now, never())
        .await
        .unwrap();
    assert!(!first.paid.is_empty());
    for refresh in [Refresh::Auto, Refresh::Never] {
        let again = open().await.answer(&asked, refresh, now, never()).await.unwrap();
        assert!(again.paid.is_empty() && again.breakdowns == first.breakdowns);
    }
    let settled = question(
        Period::month_of(cost::today(now).first_of_month().saturating_sub(3.months())),
        &["service"],
        "",
    );
    open()
        .await
        .answer(&settled, Refresh::Auto, now, never())
        .await
        .unwrap();
    let forced = open()
        .await
        .answer(&settled, Refresh::Force, now, never())
        .await
        .unwrap();
    assert!(forced.paid.is_empty(), "a settled month does not change");
    let forced = open()
        .await
        .answer(&asked, Refresh::Force, now, never())
        .await
        .unwrap();
    assert!(!forced.paid.is_empty() && forced.breakdowns == first.breakdowns);
}

#[tokio::test]
async fn an_export_of_another_kind_says_which_it_is() {
    let bench = bench("");
    let refused = async |table: &str, kind, by: &str| {
        let config = config::Athena {
            database: "costs".into(),
            table: table.into(),
            kind,
            workgroup: Some("finops".into()),
            output: None,
            profile: Some(bench.payer.clone()),
            region: Some("eu-west-1".into()),
        };
        let cloud = bench.cloud(bench.sim.endpoint_url());
        let export = Export::open(cloud, Some(&config), bench.cache.path())
            .await
            .unwrap();
        let asked = question(two_months(), &[by], "");
        let never = std::future::pending();
        let why = export
            .answer(&asked, Refresh::Auto, Timestamp::now(), never)
            .await
            .unwrap_err();
        (why.to_string(), why.hint())
    };
    for (table, kind, is) in [
        ("cur2", Kind::Focus, "cur2"),
        ("focus", Kind::Focus12, "focus"),
        ("focus", Kind::Cur2, "focus"),
    ] {
        let (says, hint) = refused(table, kind, "usage_type").await;
        assert!(says.contains(&format!("those of {is}")), "{table}: {says}");
        assert_eq!(
            hint,
            format!("set kind = \"{is}\" under [costs.athena]"),
            "{says}"
        );
    }
}

#[tokio::test]
async fn a_report_made_without_products_is_asked_for_what_it_has_and_that_is_said() {
    let bench = bench("");
    let config = config::Athena {
        database: "costs".into(),
        table: "cur2".into(),
        kind: Kind::Cur2,
        workgroup: Some("finops".into()),
        output: None,
        profile: Some(bench.payer.clone()),
        region: Some("eu-west-1".into()),
    };
    let open = || async {
        let cloud = bench.cloud(bench.sim.endpoint_url());
        Export::open(cloud, Some(&config), bench.cache.path())
            .await
            .unwrap()
    };
    let asked = question(two_months(), &["service"], "");
    let ask = async |refresh| {
        let never = std::future::pending();
        open()
            .await
            .answer(&asked, refresh, Timestamp::now(), never)
            .await
    };
    assert!(ask(Refresh::Never).await.is_err(), "nothing is kept yet");
    let found = ask(Refresh::Auto).await.unwrap();
    assert!(
        !found.statement.text.contains("product'"),
        "{}",
        found.statement.text
    );
    assert!(found.statement.without.unwrap().contains("short codes"));
    assert!(found.breakdowns[0].rows.len() > 1 && found.breakdowns[0].total > Amount::whole(100));
    // It is known from then on, and what was answered is found again.
    assert_eq!(ask(Refresh::Never).await.unwrap().breakdowns, found.breakdowns);
    let seen = athena::table_seen(Some(&config), bench.cache.path()).unwrap();
    let shown = seen.statement(&asked).unwrap();
    assert_eq!(
        shown.without, found.statement.without,
        "what is printed is what was asked"
    );
    let by_region = question(two_months(), &["region"], "");
    let never = std::future::pending();
    let export = open().await;
    let refused = export.answer(&by_region, Refresh::Auto, Timestamp::now(), never);
    let refused = refused.await.unwrap_err().to_string();
    assert!(refused.contains("no column product_region_code"), "{refused}");
}

#[tokio::test]
async fn what_athena_refuses_has_a_remedy() {
    let bench = bench("");
    let good = question(two_months(), &["service"], "");
    let nowhere = Table {
        table: "cur".into(),
        ..table()
    };
    let why = find(&bench, &athena(&bench), &nowhere, &good).await.unwrap_err();
    assert!(
        why.to_string().contains("does not exist") && why.hint().contains("[costs.athena]"),
        "{why}"
    );
    let newer = Table {
        kind: Kind::Focus12,
        ..table()
    };
    let why = find(
        &bench,
        &athena(&bench),
        &newer,
        &question(two_months(), &["usage_type"], ""),
    )
    .await
    .unwrap_err();
    assert!(
        why.to_string().contains("skumeter") && why.hint().contains("kind"),
        "{why}"
    );
    let primary = Athena {
        workgroup: None,
        ..athena(&bench)
    };
    let why = find(&bench, &primary, &table(), &good).await.unwrap_err();
    assert!(why.hint().contains("output ="), "{why} {}", why.hint());
    let nothing = question(two_months(), &["service"], "service:Nothing");
    let why = find(&bench, &athena(&bench), &table(), &nothing)
        .await
        .unwrap_err();
    assert!(matches!(why, Trouble::NoCharge(_)), "{why}");
    let denied = super::bench("fail.athena=denied");
    let why = find(&denied, &athena(&denied), &table(), &good)
        .await
        .unwrap_err();
    assert!(why.to_string().contains("athena:StartQueryExecution"), "{why}");
}

#[tokio::test]
async fn a_query_that_nobody_waits_for_is_stopped_at_aws() {
    let bench = bench("athena.polls=1000000");
    let cloud = bench.cloud(bench.sim.endpoint_url());
    let (mut polls, asked) = (0, question(two_months(), &["service"], ""));
    let stop = std::future::poll_fn(|context| {
        polls += 1;
        context.waker().wake_by_ref();
        if polls > 3 {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    });
    let where_ = athena(&bench);
    let answer = athena::answer(&cloud, &where_, &table(), &asked, Timestamp::now(), stop).await;
    assert!(matches!(answer.unwrap_err(), Trouble::Stopped));
    assert_eq!(bench.sim.cancelled_queries(), 1);
}
