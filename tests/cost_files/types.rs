//! Parquet as other programs write it: amounts and days of every type, texts in every encoding, small pages; and files of
//! which a byte is not as it was, which may be refused or read, but never end the program.

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
use parquet::file::properties::{WriterProperties, WriterVersion};
use quarterdeck::cost::Lens;

use crate::own::{columns, parquet};
use crate::table::{Cells, Column, column, map, money, text, write, write_as};
use crate::{Desk, pairs};

/// 1 and a quarter, nothing, and 3 less than nothing.
fn decimals() -> Vec<Column> {
    let all = [Some(125_i64), None, Some(-300)];
    let short = all.map(|number| Some(ByteArray::from(number?.to_be_bytes()[6..].to_vec())));
    let fixed = short.clone().map(|number| number.map(FixedLenByteArray::from));
    vec![
        money("BilledCost", [Some(1.25), None, Some(-3.0)]),
        column(
            "float BilledCost",
            Cells::Floats(vec![Some(1.25), None, Some(-3.0)]),
        ),
        column(
            "int32 BilledCost (DECIMAL(9, 2))",
            Cells::Int32(vec![Some(125), None, Some(-300)]),
        ),
        column("int64 BilledCost (DECIMAL(18, 2))", Cells::Int64(all.to_vec())),
        column("binary BilledCost (DECIMAL(20, 2))", Cells::Bytes(short.to_vec())),
        column(
            "fixed_len_byte_array(2) BilledCost (DECIMAL(4, 2))",
            Cells::Fixed(fixed.to_vec()),
        ),
        text("BilledCost", [Some("1.25"), None, Some("-3")]),
    ]
}

#[test]
fn account_numbers_that_became_numbers_keep_their_zeros() {
    let numbers = || Cells::Int64(vec![Some(12_345_678_901), None, Some(222_233_334_444)]);
    let wide = |number: i64| {
        Some(FixedLenByteArray::from(
            i128::from(number).to_be_bytes()[7..].to_vec(),
        ))
    };
    for accounts in [
        column("int64 SubAccountId", numbers()),
        column("int64 SubAccountId (INTEGER(64, false))", numbers()),
        column("int64 SubAccountId (DECIMAL(18, 0))", numbers()),
        column(
            "fixed_len_byte_array(9) SubAccountId (DECIMAL(20, 0))",
            Cells::Fixed(vec![wide(12_345_678_901), None, wide(222_233_334_444)]),
        ),
    ] {
        let (desk, field) = (Desk::new(), accounts.0.clone());
        let days = text("ChargePeriodStart", ["2026-09-01"; 3].map(Some));
        let costs = money("BilledCost", [3.0, 2.0, 1.0].map(Some));
        desk.import("a.parquet", write(&[days, costs, accounts])).unwrap();
        assert_eq!(
            desk.ask("account", Lens::Unblended, ""),
            pairs(&[("012345678901", "3"), ("", "2"), ("222233334444", "1")]),
            "{field}"
        );
    }
    let small = column("int32 SubAccountId", Cells::Int32(vec![Some(7)]));
    let days = text("ChargePeriodStart", [Some("2026-09-01")]);
    let desk = Desk::new();
    desk.import(
        "a.parquet",
        write(&[days, money("BilledCost", [Some(1.0)]), small]),
    )
    .unwrap();
    assert_eq!(
        desk.ask("account", Lens::Unblended, ""),
        pairs(&[("000000000007", "1")])
    );
}

/// A file of columns in Snappy whose end names another codec: that number stands behind the name of each.
fn said_to_be(bytes: &[u8], codec: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for name in ["ChargePeriodStart", "BilledCost"] {
        let sign = [name.as_bytes(), &[0x15, 2]].concat();
        let at = bytes.windows(sign.len()).rposition(|part| part == sign).unwrap();
        bytes[at + sign.len() - 1] = codec * 2;
    }
    bytes
}

#[test]
fn a_file_is_read_however_it_is_compressed_or_says_what_it_is_compressed_with() {
    let packed = |by| {
        let days = text("ChargePeriodStart", ["2026-09-01"; 3].map(Some));
        let costs = money("BilledCost", [3.0, 2.0, 1.0].map(Some));
        write_as(&[days, costs], 3, WriterProperties::builder().set_compression(by))
    };
    for by in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::ZSTD(Default::default()),
    ] {
        let desk = Desk::new();
        desk.import("a.parquet", packed(by)).unwrap();
        assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "6")]), "{by:?}");
    }
    // Nobody here can write these: the codec's number alone is changed, as the file's end says it.
    let whole = packed(Compression::SNAPPY);
    for (codec, name) in [(4_u8, "Brotli"), (5, "LZ4"), (7, "LZ4")] {
        let error = Desk::new()
            .import("a.parquet", said_to_be(&whole, codec))
            .unwrap_err();
        assert!(
            error.to_string().contains(&format!("compressed with {name}")),
            "{error}"
        );
        assert!(
            error.hint.contains("Snappy") && !error.to_string().contains("damaged"),
            "{error:?}"
        );
    }
}

#[test]
fn a_number_without_a_sign_is_never_less_than_nothing() {
    for cost in [
        column(
            "int32 BilledCost (INTEGER(32, false))",
            Cells::Int32(vec![Some(-1)]),
        ),
        column("int32 BilledCost (UINT_32)", Cells::Int32(vec![Some(-1)])),
    ] {
        let desk = Desk::new();
        let days = text("ChargePeriodStart", [Some("2026-09-01")]);
        desk.import("a.parquet", write(&[days, cost])).unwrap();
        assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "4294967295")]));
    }
}

#[test]
fn amounts_are_read_in_every_type() {
    let days = || text("ChargePeriodStart", ["2026-09-01"; 3].map(Some));
    for cost in decimals() {
        let desk = Desk::new();
        let field = cost.0.clone();
        let imported = desk.import("a.parquet", write(&[days(), cost])).unwrap();
        assert_eq!(imported.months[0].blank, 1, "{field}");
        assert_eq!(
            desk.ask("", Lens::Unblended, ""),
            pairs(&[("", "-1.75")]),
            "{field}"
        );
    }
    for cost in [
        column("int32 BilledCost", Cells::Int32(vec![Some(1), None, Some(-3)])),
        column("int64 BilledCost", Cells::Int64(vec![Some(1), None, Some(-3)])),
        column(
            "int64 BilledCost (INTEGER(64, true))",
            Cells::Int64(vec![Some(1), None, Some(-3)]),
        ),
    ] {
        let desk = Desk::new();
        desk.import("a.parquet", write(&[days(), cost])).unwrap();
        assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "-2")]));
    }
    for (field, cells) in [
        ("binary BilledCost", Cells::Bytes(vec![Some("1".into()); 3])),
        (
            "int64 BilledCost (TIMESTAMP(MILLIS, true))",
            Cells::Int64(vec![Some(1); 3]),
        ),
        (
            "binary BilledCost (DECIMAL(38, 2))",
            Cells::Bytes(vec![Some(vec![1; 17].into()); 3]),
        ),
    ] {
        let refused = Desk::new().import("a.parquet", write(&[days(), column(field, cells)]));
        assert!(
            refused.unwrap_err().to_string().contains("BilledCost: "),
            "{field}"
        );
    }
}

#[test]
fn days_are_read_in_every_type() {
    // The last second of a day before 1970, and the first after the end of a month.
    let (before, after) = (-1_i64, 1_790_812_800_i64);
    let seconds = |of_one: i64| Cells::Int64(vec![Some(before * of_one), Some(after * of_one)]);
    let mut old = [Int96::new(), Int96::new()];
    old[0].set_data(0, 0, 2_440_587);
    old[1].set_data(1, 0, 2_440_588 + 20_727);
    for day in [
        text(
            "ChargePeriodStart",
            ["1969-12-31", "2026-10-01 00:00:00"].map(Some),
        ),
        column(
            "int32 ChargePeriodStart (DATE)",
            Cells::Int32(vec![Some(-1), Some(20_727)]),
        ),
        column(
            "int64 ChargePeriodStart (TIMESTAMP(MILLIS, true))",
            seconds(1_000),
        ),
        column("int64 ChargePeriodStart (TIMESTAMP_MILLIS)", seconds(1_000)),
        column(
            "int64 ChargePeriodStart (TIMESTAMP(MICROS, false))",
            seconds(1_000_000),
        ),
        column("int64 ChargePeriodStart (TIMESTAMP_MICROS)", seconds(1_000_000)),
        column(
            "int64 ChargePeriodStart (TIMESTAMP(NANOS, true))",
            seconds(1_000_000_000),
        ),
        column("int96 ChargePeriodStart", Cells::Int96(old.map(Some).to_vec())),
    ] {
        let desk = Desk::new();
        let field = day.0.clone();
        let cost = money("BilledCost", [1.0, 2.0].map(Some));
        desk.import("a.parquet", write(&[day, cost])).unwrap();
        let days = desk.ask("day", Lens::Unblended, "");
        assert_eq!(
            days,
            pairs(&[("1969-12-31", "1"), ("2026-10-01", "2")]),
            "{field}"
        );
    }
    let cost = money("BilledCost", [Some(1.0)]);
    let none = column("int32 ChargePeriodStart (DATE)", Cells::Int32(vec![None]));
    let refused = Desk::new().import("a.parquet", write(&[cost, none])).unwrap_err();
    assert!(refused.to_string().contains("row 1: ChargePeriodStart: "));
    let cost = money("BilledCost", [Some(1.0)]);
    let first = column(
        "int32 ChargePeriodStart (DATE)",
        Cells::Int32(vec![Some(i32::MIN)]),
    );
    let refused = Desk::new()
        .import("a.parquet", write(&[cost, first]))
        .unwrap_err();
    assert!(refused.to_string().contains("no calendar"), "{refused}");
}

/// Pages, batches and row groups all end in different places, and texts are of both kinds: few, and one a row.
#[test]
fn texts_and_maps_are_read_in_every_encoding() {
    const ROWS: usize = 20_000;
    let services: Vec<String> = (0..ROWS).map(|row| format!("s{}", row % 3)).collect();
    let regions: Vec<String> = (0..ROWS).map(|row| format!("r{}", row / 11)).collect();
    let teams: Vec<String> = (0..ROWS).map(|row| format!("t{}", row % 2)).collect();
    let tags: Vec<Vec<(&str, &str)>> = (0..ROWS)
        .map(|row| match row % 4 {
            0 => vec![],
            1 => vec![("team", teams[row].as_str())],
            _ => vec![("other", "x"), ("team", teams[row].as_str()), ("none", "")],
        })
        .collect();
    let columns = [
        text("ChargePeriodStart", vec![Some("2026-09-01"); ROWS]),
        money("BilledCost", vec![Some(1.0); ROWS]),
        text(
            "ServiceName",
            services
                .iter()
                .enumerate()
                .map(|(row, text)| (row % 5 > 0).then_some(text.as_str())),
        ),
        text("RegionId", regions.iter().map(|text| Some(text.as_str()))),
        map("Tags", "key_value", tags.iter().map(Vec::as_slice)),
    ];
    let plain = |encoding| {
        let properties = WriterProperties::builder().set_dictionary_enabled(false);
        properties
            .set_column_encoding("ServiceName".into(), encoding)
            .set_column_encoding("RegionId".into(), encoding)
            .set_data_page_row_count_limit(700)
            .set_write_batch_size(100)
    };
    let usual = WriterProperties::builder;
    for (name, properties) in [
        ("dictionary", usual()),
        (
            "dictionary that overflows",
            usual()
                .set_dictionary_page_size_limit(200)
                .set_write_batch_size(64),
        ),
        (
            "pages of version 2, packed",
            usual()
                .set_writer_version(WriterVersion::PARQUET_2_0)
                .set_dictionary_page_size_limit(200)
                .set_write_batch_size(64)
                .set_compression(Compression::ZSTD(ZstdLevel::default())),
        ),
        (
            "snappy, small pages",
            usual()
                .set_compression(Compression::SNAPPY)
                .set_data_page_row_count_limit(77)
                .set_write_batch_size(10),
        ),
        ("plain", plain(Encoding::PLAIN)),
        ("lengths packed", plain(Encoding::DELTA_LENGTH_BYTE_ARRAY)),
        ("prefixes shared", plain(Encoding::DELTA_BYTE_ARRAY)),
    ] {
        let desk = Desk::new();
        let bytes = write_as(&columns, 9_000, properties);
        assert_eq!(
            desk.import("a.parquet", bytes).unwrap().rows,
            ROWS as u64,
            "{name}"
        );
        let by = |by: &str, filter: &str| desk.ask(by, Lens::Unblended, filter);
        assert_eq!(
            by("service", ""),
            pairs(&[("s1", "5334"), ("s0", "5333"), ("s2", "5333"), ("", "4000")]),
            "{name}"
        );
        assert_eq!(by("region", "region:r0"), pairs(&[("r0", "11")]), "{name}");
        assert_eq!(by("region", "region:r1818"), pairs(&[("r1818", "2")]), "{name}");
        assert_eq!(
            by("tag:team", ""),
            pairs(&[("t1", "10000"), ("", "5000"), ("t0", "5000")]),
            "{name}"
        );
    }
}

#[test]
fn a_byte_that_is_not_as_it_was_never_ends_the_program() {
    let usual = WriterProperties::builder;
    let v2 = usual().set_writer_version(WriterVersion::PARQUET_2_0);
    let plain = usual().set_dictionary_enabled(false);
    for whole in [
        parquet(),
        write_as(&columns(), 4, v2),
        write_as(&columns(), 4, plain),
    ] {
        for at in (4..whole.len()).step_by(61) {
            for change in [0x01, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= change;
                let _ = Desk::new().import("a.parquet", bytes);
            }
        }
    }
}
