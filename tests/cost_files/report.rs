//! Cost and Usage Reports: amortization by line item types, tags and cost categories however the report writes them, and
//! rows that split the cost of others.

use quarterdeck::cost::Lens;

use crate::table::{map, money, text, write};
use crate::{Desk, ask, pairs};

const LEGACY: &str = "\
lineItem/UsageStartDate,bill/BillingPeriodStartDate,lineItem/LineItemType,lineItem/UnblendedCost,lineItem/NetUnblendedCost,\
savingsPlan/SavingsPlanEffectiveCost,savingsPlan/TotalCommitmentToDate,savingsPlan/UsedCommitment,reservation/EffectiveCost,\
reservation/UnusedAmortizedUpfrontFeeForBillingPeriod,reservation/UnusedRecurringFee,reservation/ReservationARN,\
lineItem/Operation,lineItem/CurrencyCode,product/ProductName,lineItem/ProductCode,resourceTags/user:Team,costCategory/Unit,\
pricing/publicOnDemandCost
2026-09-01T00:00:00Z,2026-09-01T00:00:00Z,Usage,10,9,,,,,,,,RunInstances,USD,Amazon EC2,AmazonEC2,pay,shop,12
2026-09-01T00:00:00Z,2026-09-01T00:00:00Z,SavingsPlanCoveredUsage,7,7,5,,,,,,,RunInstances,USD,Amazon EC2,AmazonEC2,pay,shop,7
2026-09-01T00:00:00Z,2026-09-01T00:00:00Z,SavingsPlanNegation,-7,-7,,,,,,,,,USD,Amazon EC2,AmazonEC2,,,
2026-09-01T00:00:00Z,2026-09-01T00:00:00Z,SavingsPlanRecurringFee,6,6,,6,5.5,,,,,,USD,,ComputeSavingsPlans,,,
2026-09-01T00:00:00Z,2026-09-01T00:00:00Z,SavingsPlanUpfrontFee,100,100,,,,,,,,,USD,,ComputeSavingsPlans,,,
2026-09-02T00:00:00Z,2026-09-01T00:00:00Z,DiscountedUsage,0,0,,,,3,,,arn:r,RunInstances,USD,Amazon EC2,AmazonEC2,,,4
2026-09-02T00:00:00Z,2026-09-01T00:00:00Z,RIFee,8,8,,,,,0.5,0.25,arn:r,,USD,Amazon EC2,AmazonEC2,,,
2026-09-02T00:00:00Z,2026-09-01T00:00:00Z,Fee,50,50,,,,,,,arn:r,,USD,Amazon EC2,AmazonEC2,,,
2026-09-02T00:00:00Z,2026-09-01T00:00:00Z,Fee,20,20,,,,,,,,,USD,AWS Support,AWSSupport,,,
2026-09-02T00:00:00Z,2026-09-01T00:00:00Z,Usage,4,4,,,,,,,,EKSPod-EC2,USD,Amazon EC2,AmazonEC2,,,
2026-09-02T00:00:00Z,2026-09-01T00:00:00Z,Tax,2,2,,,,,,,,,USD,Amazon EC2,AmazonEC2,,,
";

#[test]
fn a_report_is_amortized_by_its_line_item_types() {
    let desk = Desk::new();
    let imported = desk.import("cur.csv", LEGACY).unwrap();
    assert_eq!((imported.rows, imported.months[0].split), (11, 1));
    assert_eq!(imported.months[0].format, "legacy CUR");
    assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "196")]));
    assert_eq!(
        desk.ask("category", Lens::Amortized, ""),
        pairs(&[
            ("Fee", "20"),
            ("Usage", "10"),
            ("SavingsPlanCoveredUsage", "5"),
            ("DiscountedUsage", "3"),
            ("Tax", "2"),
            ("RIFee", "0.75"),
            ("SavingsPlanRecurringFee", "0.5"),
            ("SavingsPlanNegation", "0"),
            ("SavingsPlanUpfrontFee", "0"),
        ])
    );
    assert_eq!(desk.ask("", Lens::Net, "category:Usage"), pairs(&[("", "9")]));
    assert_eq!(desk.ask("", Lens::List, "-category:Tax"), pairs(&[("", "23")]));
    assert_eq!(
        desk.ask("tag:Team", Lens::Unblended, r#"-tag.Team:"""#),
        pairs(&[("pay", "17")])
    );
    assert_eq!(
        desk.ask("costcat:Unit", Lens::Unblended, "costcat.Unit:shop"),
        pairs(&[("shop", "17")])
    );
    let names = desk.ask("service", Lens::Unblended, "category:SavingsPlan*Fee");
    assert_eq!(names, pairs(&[("ComputeSavingsPlans", "106")]));
}

#[test]
fn a_row_that_has_a_service_by_its_short_name_alone_is_of_the_same_service() {
    let desk = Desk::new();
    let row = "2026-09-03T00:00:00Z,2026-09-01T00:00:00Z,Usage,1,1,,,,,,,,,USD,,AmazonEC2,,,\n";
    desk.import("cur.csv", format!("{LEGACY}{row}")).unwrap();
    let names = desk.ask("service", Lens::Unblended, "category:Usage");
    assert_eq!(names, pairs(&[("Amazon EC2", "11")]));
    let resources = desk.ask("service,resource", Lens::Unblended, "category:Usage");
    assert_eq!(resources, pairs(&[("Amazon EC2/", "11")]));
}

#[test]
fn months_are_named_by_the_kind_of_their_own_files() {
    let desk = Desk::new();
    let folder = desk.dir.path().join("both");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a.csv"), LEGACY).unwrap();
    let focus = "ChargePeriodStart,BilledCost\n2026-10-01,1\n2026-11-01,1\n";
    std::fs::write(folder.join("b.csv"), focus).unwrap();
    std::fs::write(folder.join("c.csv"), LEGACY.replace("2026-09", "2026-11")).unwrap();
    let imported = desk.import_path(&folder).unwrap();
    let formats: Vec<&str> = imported.months.iter().map(|of| of.format.as_str()).collect();
    assert_eq!(formats, ["legacy CUR", "FOCUS 1.0", "FOCUS 1.0 and legacy CUR"]);
}

#[test]
fn a_lens_that_needs_an_absent_column_is_refused_and_the_others_stay() {
    let desk = Desk::new();
    let text = "lineItem/UsageStartDate,lineItem/LineItemType,lineItem/UnblendedCost\n\
                2026-09-01T00:00:00Z,Usage,10\n2026-09-01T00:00:00Z,DiscountedUsage,0\n";
    desk.import("cur.csv", text).unwrap();
    assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "10")]));
    let refused = ask(&desk.files(), "", Lens::Amortized, "", None).unwrap_err();
    assert!(
        refused.to_string().contains("reservation_effective_cost"),
        "{refused}"
    );
}

#[test]
fn report_two_reads_its_maps_from_parquet_and_from_json() {
    let products = [
        &[
            ("location", "x"),
            ("product_name", "Amazon Elastic Compute Cloud"),
        ][..],
        &[],
    ];
    let parquet = write(&[
        text(
            "line_item_usage_start_date",
            ["2026-09-01 00:00:00", "2026-09-02 00:00:00"].map(Some),
        ),
        text("line_item_line_item_type", [Some("Usage"); 2]),
        money("line_item_unblended_cost", [1.5, 2.0].map(Some)),
        text("line_item_product_code", ["AmazonEC2", "AmazonS3"].map(Some)),
        map("product", "key_value", products),
        map("resource_tags", "entries", [&[("user_team", "pay")][..], &[]]),
        map(
            "cost_category",
            "map",
            [&[("Unit", "shop")][..], &[("Unit", "ops")]],
        ),
    ]);
    let csv = r#"line_item_usage_start_date,line_item_line_item_type,line_item_unblended_cost,line_item_product_code,product,resource_tags,cost_category
2026-09-01 00:00:00,Usage,1.5,AmazonEC2,"{""product_name"":""Amazon Elastic Compute Cloud""}","{""user_team"":""pay""}","{""Unit"":""shop""}"
2026-09-02 00:00:00,Usage,2,AmazonS3,{},{},"{""Unit"":""ops""}"
"#;
    for (name, bytes) in [("cur.parquet", parquet), ("cur.csv", csv.as_bytes().to_vec())] {
        let desk = Desk::new();
        assert_eq!(
            desk.import(name, bytes).unwrap().months[0].format,
            "CUR 2.0",
            "{name}"
        );
        let by = |by: &str| desk.ask(by, Lens::Amortized, "");
        assert_eq!(
            by("service"),
            pairs(&[("AmazonS3", "2"), ("Amazon Elastic Compute Cloud", "1.5")]),
            "{name}"
        );
        assert_eq!(by("tag:team"), pairs(&[("", "2"), ("pay", "1.5")]), "{name}");
        assert_eq!(
            by("costcat:Unit"),
            pairs(&[("ops", "2"), ("shop", "1.5")]),
            "{name}"
        );
    }
}
