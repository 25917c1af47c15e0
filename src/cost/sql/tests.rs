//! What a statement may and may not hold.

use proptest::prelude::*;

use super::super::filter::Filter;
use super::super::period::Period;
use super::*;

fn table(kind: Kind) -> Table {
    Table {
        database: "costs".into(),
        table: "focus".into(),
        kind,
        columns: None,
        files: None,
    }
}

fn question(by: &[&str], filter: Filter) -> Question {
    let day = |text: &str| text.parse().unwrap();
    Question {
        period: Period::new(day("2026-10-05"), day("2026-11-03")).unwrap(),
        by: by.iter().map(|name| Dimension::parse(name).unwrap()).collect(),
        lens: Lens::Unblended,
        filter,
    }
}

#[test]
fn a_statement_reads_every_bill_that_may_correct_its_days_and_none_before() {
    let text = table(Kind::Focus)
        .statement(&question(&["service", "day"], Filter::default()))
        .unwrap()
        .text;
    assert!(
        text.contains("WHERE billing_period >= '2026-09' -- no upper bound")
            && !text.contains("billing_period <"),
        "{text}"
    );
    assert!(
        text.contains("ChargePeriodStart >= TIMESTAMP '2026-10-05 00:00:00'"),
        "{text}"
    );
    assert!(
        text.contains("ChargePeriodStart < TIMESTAMP '2026-11-03 00:00:00'"),
        "{text}"
    );
    assert!(text.contains("GROUP BY 1, 2, 3"), "{text}");
}

#[test]
fn a_filter_is_a_condition_without_regard_to_case() {
    let filter = Filter::parse(r#"service:*EC2*,"50%_off" -region:us-* tag.team:"""#).unwrap();
    let text = table(Kind::Focus).statement(&question(&[], filter)).unwrap().text;
    assert!(text.contains(r"LIKE '%ec2%' ESCAPE '\'"), "{text}");
    assert!(text.contains("= '50%_off'"), "{text}");
    assert!(
        text.contains("AND NOT (LOWER(COALESCE(RegionId, '')) LIKE 'us-%'"),
        "{text}"
    );
    assert!(
        text.contains("LOWER(COALESCE(TRY(Tags['team']), '')) = ''"),
        "{text}"
    );
}

#[test]
fn the_report_of_aws_spreads_commitments_and_leaves_repeated_parts_out() {
    let mut asked = question(&["service"], Filter::default());
    asked.lens = Lens::Amortized;
    let text = table(Kind::Cur2).statement(&asked).unwrap().text;
    assert!(
        text.contains("WHEN 'SavingsPlanNegation' THEN 0") && text.contains("'EKSPod-EC2'"),
        "{text}"
    );
}

#[test]
fn the_report_of_aws_is_told_apart_as_an_import_of_it_is() {
    let of = |by: &str| {
        let text = table(Kind::Cur2).statement(&question(&[by], Filter::default()));
        text.unwrap().text
    };
    assert!(
        of("service")
            .contains("COALESCE(NULLIF(TRY(product['product_name']), ''), line_item_product_code, '')")
    );
    assert!(of("tag:aws_createdBy").contains(
        "COALESCE(TRY(resource_tags['user_aws_createdBy']), TRY(resource_tags['aws_createdBy']), '')"
    ));
}

#[test]
fn a_report_without_products_tells_services_by_their_codes_and_says_so() {
    let mut table = table(Kind::Cur2);
    let asked = question(&["service"], Filter::default());
    assert_eq!(table.statement(&asked).unwrap().without, None);
    let columns = [
        "line_item_product_code",
        "line_item_unblended_cost",
        "line_item_usage_type",
    ];
    table.columns = Some(columns.map(str::to_owned).into());
    let known = table.statement(&asked).unwrap();
    assert!(
        known
            .text
            .contains("COALESCE(line_item_product_code, '') AS key_1"),
        "{known:?}"
    );
    assert!(!known.text.contains("product_name") && known.without.unwrap().contains("short codes"));
    let filter = Filter::parse("service:AmazonEC2").unwrap();
    let filtered = table.statement(&question(&["usage_type"], filter)).unwrap();
    assert!(!filtered.text.contains("product_name") && filtered.without.is_some());
    let plain = question(&["usage_type"], Filter::default());
    assert_eq!(table.statement(&plain).unwrap().without, None);
    // What has no other column to be told by is refused before anything is read.
    let bad = |by: &str| {
        table
            .statement(&question(&[by], Filter::default()))
            .unwrap_err()
            .says
    };
    assert!(
        bad("tag:team").contains("no column resource_tags"),
        "{}",
        bad("tag:team")
    );
    assert!(bad("region").contains("product_region_code"));
    let amortized = Question {
        lens: Lens::Amortized,
        ..asked
    };
    let bad = table.statement(&amortized).unwrap_err().says;
    assert!(bad.contains("amortized costs"), "{bad}");
    table.columns.as_mut().unwrap().insert("product".into());
    assert!(table.statement(&plain).is_ok());
}

#[test]
fn files_are_read_without_a_table_and_without_its_partitions() {
    let mut table = table(Kind::Focus);
    table.files = Some("bills/o'neil/*.parquet".into());
    let text = table
        .statement(&question(&["month"], Filter::default()))
        .unwrap()
        .text;
    assert!(
        text.contains(
            "FROM read_parquet('bills/o''neil/*.parquet', union_by_name = true)\nWHERE ChargePeriodStart >="
        ),
        "{text}"
    );
    assert!(
        text.contains("CAST(BillingPeriodStart AS DATE)") && !text.contains("billing_period"),
        "{text}"
    );
    table.kind = Kind::Cur2;
    let text = table
        .statement(&question(&["month"], Filter::default()))
        .unwrap()
        .text;
    assert!(
        text.contains("CAST(bill_billing_period_start_date AS DATE)"),
        "{text}"
    );
}

#[test]
fn files_are_read_whole_where_no_day_is_named() {
    let mut table = table(Kind::Focus);
    table.files = Some("bills/*.parquet".into());
    let filter = Filter::parse("service:*EC2* -region:us-*").unwrap();
    let text = |table: &Table, filter: &Filter, days| {
        let asked = question(&["month"], filter.clone());
        table.statement_within(&asked, days).unwrap().text
    };
    let whole = text(&table, &Filter::default(), [None, None]);
    assert!(
        !whole.contains("WHERE") && !whole.contains("TIMESTAMP"),
        "{whole}"
    );
    let filtered = text(&table, &filter, [None, None]);
    assert_eq!(
        (
            filtered.matches("WHERE ").count(),
            filtered.matches("\n  AND ").count()
        ),
        (1, 1),
        "{filtered}"
    );
    let since = text(&table, &filter, ["2026-09-01".parse().ok(), None]);
    assert!(
        since.contains("WHERE ChargePeriodStart >= TIMESTAMP '2026-09-01 00:00:00'\n  AND (")
            && !since.contains(" < TIMESTAMP"),
        "{since}"
    );
    table.kind = Kind::Cur2;
    let parts = text(&table, &filter, [None, None]);
    assert!(parts.contains("\nWHERE NOT (COALESCE("), "{parts}");
}

#[test]
fn names_of_tables_are_letters_and_digits() {
    let mut table = table(Kind::Focus);
    assert!(table.check().is_ok());
    table.table = "focus\" --".into();
    assert!(table.check().unwrap_err().hint.contains("table"));
}

proptest! {
    /// Cut at its quotes, a statement has the same parts outside them whatever the values are.
    #[test]
    fn no_value_can_leave_its_quotes(value in "\\PC{0,30}|['\\\\;%_*/-]{0,20}", key in "[^\u{0}]{1,20}") {
        let of = |key: &str, value: &str| {
            let filter = Filter::default().and(Dimension::Tag(key.to_owned()), value);
            let text = table(Kind::Focus).statement(&question(&[], filter)).unwrap().text;
            outside(&text)
        };
        prop_assert_eq!(of(&key, &value), of("k", "v"));
    }
}

/// A statement without its quoted texts.
fn outside(text: &str) -> String {
    let (mut kept, mut inside) = (String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, inside) {
            ('\'', true) if characters.peek() == Some(&'\'') => {
                characters.next();
            }
            ('\'', _) => inside = !inside,
            (c, false) => kept.push(c),
            _ => {}
        }
    }
    kept
}

#[test]
fn quantities_are_added_up_in_one_unit_alone() {
    for kind in [Kind::Focus, Kind::Focus12, Kind::Cur2] {
        let text = |by: &[&str]| {
            table(kind)
                .statement(&question(by, Filter::default()))
                .unwrap()
                .text
        };
        let mixed = text(&["service", "day"]);
        assert!(
            mixed.contains("CAST(NULL AS VARCHAR) AS quantity -- units differ: --by usage_type"),
            "{mixed}"
        );
        let apart = text(&["service", "usage_type"]);
        assert!(
            apart.contains("AS VARCHAR) AS quantity\n") && !apart.contains("NULL AS VARCHAR"),
            "{apart}"
        );
    }
}

#[test]
fn net_costs_of_a_report_whose_columns_nobody_knows_say_where_there_are_none() {
    let mut table = table(Kind::Cur2);
    let mut asked = question(&[], Filter::default());
    asked.lens = Lens::Net;
    let text = table.statement(&asked).unwrap().text;
    assert!(
        text.contains("AS cost, -- a report without private discounts"),
        "{text}"
    );
    let net = Kind::Cur2.cost(Lens::Net);
    let plain = columns_of(&net).filter(|column| !column.contains("_net_"));
    table.columns = Some(
        plain
            .chain(["line_item_unblended_cost"])
            .map(str::to_owned)
            .collect(),
    );
    let bad = table.statement(&asked).unwrap_err();
    assert!(
        bad.says.contains("_net_") && bad.hint.contains("--metric amortized"),
        "{bad:?}"
    );
    asked.lens = Lens::Unblended;
    assert!(!table.statement(&asked).unwrap().text.contains("discounts"));
}

#[test]
fn a_table_of_another_kind_says_which() {
    let columns = |mark: &str| Some(["billing_period", mark].map(str::to_owned).into());
    let said = |kind: Kind, mark: &str| {
        let table = Table {
            columns: columns(mark),
            ..table(kind)
        };
        table
            .statement(&question(&[], Filter::default()))
            .err()
            .map(|bad| bad.hint)
    };
    for (kind, mark, hint) in [
        (Kind::Focus, "line_item_usage_start_date", "cur2"),
        (Kind::Focus, "skumeter", "focus-1.2"),
        (Kind::Focus12, "x_usagetype", "focus"),
    ] {
        let wanted = format!("set kind = \"{hint}\" under [costs.athena]");
        assert_eq!(said(kind, mark), Some(wanted));
    }
    // By a column that several have nothing is told.
    assert_eq!(said(Kind::Focus, "servicename"), None);
    assert_eq!(said(Kind::Focus, "x_usagetype"), None);
}
