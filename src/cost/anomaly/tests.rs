//! Anomalies over series whose events are planted here: what is found, what is too small to act on, and how one is
//! explained.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::json;

use super::deed::{Telling, deeds_before};
use super::*;
use crate::audit::Entry;
use crate::cost::band::Setting;

const FIRST: Date = date(2026, 1, 5);

/// A line of the audit log.
const ENTRY: &str = r#"{"v":1,"uid":"u","time":"2026-03-01T04:25:34.184754787Z","mono_ns":1,"seq":1,"event":"","code":"",
"severity":"info","outcome":"success","reason":null,"actor":{"user":"kim","arn":null,"session_name":null,
"source_identity":null,"mfa":null,"ip":null,"device_id":null},"target":null,"sid":null,"ssm_session_id":null,"ticket":null,
"tool":{"version":"0.1.0"},"rec":null,"prev":"","body":{}}"#;

/// A hundred days of 100 with a little noise, changed by `change`.
fn series(key: &[&str], change: impl Fn(i64, f64) -> f64) -> Series {
    let cost = |nth: i64| change(nth, 100.0 + (nth * 37 % 11) as f64 / 5.0);
    Series {
        key: key.iter().map(|part| (*part).to_owned()).collect(),
        days: (0..100)
            .map(|nth| (FIRST + nth.days(), Some(cost(nth))))
            .collect(),
    }
}

fn spike(nth: i64, cost: f64) -> f64 {
    if (80..83).contains(&nth) { cost * 5.0 } else { cost }
}

fn spiked() -> Anomaly {
    let [anomaly] = &find(&[series(&["EC2", "prod"], spike)], &Setting::default())[..] else {
        panic!()
    };
    anomaly.clone()
}

fn deed(act: Act, at: &str, account: &str, region: &str) -> Deed {
    Deed {
        act,
        at: at.parse().unwrap(),
        id: format!("{at} {account}"),
        title: None,
        user: Some("kim".into()),
        account: Some(account.into()),
        region: Some(region.into()),
        target: Some("web-1".into()),
    }
}

#[test]
fn a_spike_of_three_days_is_one_anomaly_of_its_whole_impact() {
    let anomaly = spiked();
    assert_eq!(
        (anomaly.since, anomaly.days, anomaly.side),
        (FIRST + 80.days(), 3, Side::High)
    );
    assert!((1_190.0..1_240.0).contains(&anomaly.impact), "{}", anomaly.impact);
    assert!(anomaly.material && anomaly.seconded);
}

#[test]
fn a_lasting_change_is_one_note_and_then_normal() {
    let shifted = series(&["EC2"], |nth, cost| if nth >= 70 { cost * 0.5 } else { cost });
    let [anomaly] = &find(&[shifted], &Setting::default())[..] else {
        panic!()
    };
    assert_eq!((anomaly.side, anomaly.days), (Side::Low, 4));
    assert!(
        anomaly
            .new_normal
            .is_some_and(|factor| (factor - 0.5).abs() < 0.05)
    );
}

#[test]
fn cents_are_found_but_not_material() {
    let cents = series(&["SNS"], |nth, cost| spike(nth, cost) / 1_000.0);
    let [anomaly] = &find(&[cents], &Setting::default())[..] else {
        panic!()
    };
    assert!(!anomaly.material);
}

#[test]
fn the_total_is_watched_more_closely_than_its_parts() {
    let slight = |nth: i64, cost: f64| if nth == 80 { cost * 1.125 } else { cost };
    let found = find(
        &[series(&[], slight), series(&["EC2"], slight)],
        &Setting::default(),
    );
    assert!(found.iter().all(|anomaly| anomaly.key.is_empty()), "{found:?}");
    assert_eq!(found.len(), 1);
}

#[test]
fn the_part_that_moved_is_named_with_its_share() {
    let part = |nth: i64, value: &str, cost: f64| Part {
        day: FIRST + nth.days(),
        value: value.into(),
        cost,
    };
    let mut parts: Vec<Part> = (60..83).map(|nth| part(nth, "BoxUsage", 90.0)).collect();
    parts.extend((60..83).map(|nth| part(nth, "NatGateway-Bytes", if nth >= 80 { 410.0 } else { 10.0 })));
    let [cause] = &causes(&spiked(), &[("usage type", parts)])[..] else {
        panic!()
    };
    assert_eq!(cause.value, "NatGateway-Bytes");
    assert!(
        (cause.share - 1.0).abs() < 1e-9 && (cause.change - 400.0).abs() < 1e-9,
        "{cause:?}"
    );
}

#[test]
fn deeds_of_the_day_before_are_ranked_by_where_they_were() {
    let since = FIRST + 80.days();
    let at = |days: i64, time: &str| format!("{}T{time}Z", since + days.days());
    let all = [
        deed(Act::Session, &at(-3, "10:00:00"), "prod", "eu"),
        deed(Act::Session, &at(-1, "11:00:00"), "prod", "us"),
        deed(Act::Runbook, &at(-1, "09:00:00"), "prod", "eu"),
        deed(Act::Session, &at(0, "23:00:00"), "prod", "us"),
        deed(Act::Session, &at(0, "01:00:00"), "staging", "eu"),
        deed(Act::Session, &at(1, "01:00:00"), "prod", "eu"),
    ];
    let near = deeds_before(&spiked(), Some("eu"), &all);
    let ids: Vec<&str> = near.iter().map(|deed| deed.id.as_str()).collect();
    assert_eq!(ids, [&all[2].id, &all[3].id, &all[1].id]);
}

#[test]
fn an_anomaly_is_explained_in_one_line() {
    let anomaly = Anomaly {
        band: Band {
            expected: 41.0,
            lower: 32.0,
            upper: 50.0,
        },
        actual: 253.0,
        impact: 212.0,
        days: 1,
        ..spiked()
    };
    let cause = Cause {
        dimension: "region".into(),
        value: "us-west-2".into(),
        share: 0.83,
        certain: true,
        change: 176.0,
    };
    let mut run = deed(Act::Runbook, "2026-03-25T20:00:00Z", "prod", "us-west-2");
    run.title = Some("drain-nodes".into());
    assert_eq!(
        anomaly.explain("USD", &[cause], &[run]),
        "+212.00 USD (expected 41.00, 32.00 to 50.00 a day, 6.2×) on Thu 26 Mar 2026; 83 % of it in region \
         us-west-2; 1 runbook run (drain-nodes by kim on web-1) within a day before"
    );
}

#[test]
fn aws_agrees_adds_or_has_missed_it() {
    let ours = vec![
        spiked(),
        Anomaly {
            key: vec!["S3".into()],
            ..spiked()
        },
    ];
    let foreign = |service: &str, day: Date| Foreign {
        id: service.into(),
        service: Some(service.into()),
        account: None,
        from: day,
        last_day: day,
        impact: 900.0,
    };
    let theirs = [
        foreign("EC2", FIRST + 83.days()),
        foreign("RDS", FIRST + 81.days()),
    ];
    let found = agree(ours, &theirs);
    assert!(
        matches!(
            &found[..],
            [Finding::Both(_, ec2), Finding::Ours(s3), Finding::Aws(rds)]
                if ec2.id == "EC2" && s3.service() == Some("S3") && rds.id == "RDS"
        ),
        "{found:?}"
    );
    assert!(matches!(
        &agree(vec![spiked()], &[foreign("EC2", FIRST)])[..],
        [Finding::Ours(_), Finding::Aws(_)]
    ));
}

#[test]
fn a_run_is_one_deed_wherever_its_steps_went() {
    let entry = |event: &str, sid: Option<&str>, body: serde_json::Value| -> Entry {
        let mut entry: Entry = serde_json::from_str(ENTRY).unwrap();
        entry.event = event.into();
        entry.sid = sid.map(str::to_owned);
        entry.uid = format!("{event} {body}");
        entry.body = body.as_object().cloned().unwrap();
        entry
    };
    let mut telling = Telling::default();
    for (event, sid, body) in [
        ("runbook.start", None, json!({ "run": "r1", "runbook": "nat.md" })),
        ("session.start", Some("local"), json!({ "kind": "local" })),
        (
            "runbook.step",
            None,
            json!({ "run": "r1", "runbook": "nat.md", "step": "1" }),
        ),
        ("session.start", Some("s1"), json!({})),
        (
            "runbook.step",
            Some("s1"),
            json!({ "runbook": "nat.md 2: route" }),
        ),
        ("runbook.end", None, json!({ "run": "r1", "runbook": "nat.md" })),
        // Two blocks of another page, sent into a session by hand.
        ("runbook.step", Some("s2"), json!({ "runbook": "dns.md 1: dig" })),
        ("runbook.step", Some("s2"), json!({ "runbook": "dns.md 2: dig" })),
    ] {
        telling.hear(entry(event, sid, body));
    }
    let told: Vec<(Act, &str)> = telling
        .deeds
        .iter()
        .map(|deed| (deed.act, deed.id.as_str()))
        .collect();
    assert_eq!(
        told,
        [(Act::Runbook, "r1"), (Act::Session, "s1"), (Act::Runbook, "s2")]
    );
    assert_eq!(telling.deeds[0].title.as_deref(), Some("nat.md"));
}
