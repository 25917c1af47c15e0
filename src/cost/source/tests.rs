//! What is said where imports do not tell what is asked.

use super::*;
use crate::cost::filter::Filter;

#[test]
fn an_import_that_is_older_than_cost_categories_names_the_command_that_reads_them() {
    let facts = serde_json::json!({
        "key": "/bills/my bill.csv",
        "name": "bill",
        "month": 24_310,
        "format": "FOCUS 1.0",
        "sources": [],
        "imported_at": "2026-11-01T00:00:00Z",
        "rows": 1,
        "first": "2025-11-01",
        "last": "2025-11-02",
        "rounded": 0,
        "split": 0,
        "missing": [],
        "without": [],
        "left_out": [],
        "account_names": [],
    });
    let mut files = Files {
        cube: Cube::of_files(&[Dimension::Service]),
        months: vec![serde_json::from_value(facts).unwrap()],
        gaps: Vec::new(),
    };
    let hint = |files: &Files, by: &str| {
        let question = Question {
            period: Period::month_of("2025-11-01".parse().unwrap()),
            by: vec![Dimension::parse(by).unwrap()],
            lens: Lens::Unblended,
            filter: Filter::default(),
        };
        files.answer(&question, &mut |_| ()).unwrap_err().hint()
    };
    let wanted = "import bill again to know cost categories, which were not looked for then: \
                  `qd costs import '/bills/my bill.csv'`";
    assert_eq!(hint(&files, "costcat:Product"), wanted);
    assert!(hint(&files, "tag:team").starts_with("they are split by"));
    files.months[0].labels = Some(BTreeSet::new());
    assert!(hint(&files, "costcat:Product").starts_with("they are split by"));
}
