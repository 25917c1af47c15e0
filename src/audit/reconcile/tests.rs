//! Both sides made up: what is found, what is not, and what foreign bytes do.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::recording::State;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
const ME: &str = "arn:aws:iam::111122223333:user/ana";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

fn stamp(number: usize) -> String {
    format!("{number:016x}")
}

/// Session `number` begins at its own minute and lasts for a minute.
fn kept(number: usize) -> Kept {
    let begin = number as i64 * 60;
    Kept {
        id: format!("id-{number}"),
        session_id: Some(format!("ana-{number}")),
        stamp: stamp(number),
        target: Some("i-0123".into()),
        account: Some(ACCOUNT.into()),
        region: Some(REGION.into()),
        actor: Some(ME.into()),
        started_at: at(begin),
        ended_at: Some(at(begin + 60)),
        state: State::Sealed,
        path: "none.osr".into(),
    }
}

/// What AWS has of session `number`, a little later than the recording.
fn claim(number: usize) -> Claim {
    let begin = number as i64 * 60;
    Claim {
        session_id: format!("ana-{number}"),
        account: ACCOUNT.into(),
        region: REGION.into(),
        target: "i-0123".into(),
        owner: ME.into(),
        reason: Some(format!("INC-7 qd:{}", stamp(number))),
        started_at: Some(at(begin + 3)),
        ended_at: Some(at(begin + 61)),
        is_live: Some(false),
        in_history: true,
        event_id: None,
    }
}

/// The same as CloudTrail writes it into its bucket.
fn records(number: usize) -> [Value; 2] {
    let begin = number as i64 * 60;
    let record = |name: &str, at: Timestamp, request: Value, reply: Value| {
        json!({
            "eventVersion": "1.09", "eventSource": "ssm.amazonaws.com", "eventName": name,
            "eventTime": at.to_string(), "awsRegion": REGION, "recipientAccountId": ACCOUNT,
            "eventID": format!("event-{number}"),
            "userIdentity": {"type": "IAMUser", "arn": ME, "accountId": ACCOUNT},
            "requestParameters": request, "responseElements": reply,
        })
    };
    let id = format!("ana-{number}");
    let reason = format!("INC-7 qd:{}", stamp(number));
    [
        record(
            "StartSession",
            at(begin + 3),
            json!({"target": "i-0123", "reason": reason}),
            json!({"sessionId": id, "tokenValue": "Value hidden due to security reasons."}),
        ),
        record(
            "TerminateSession",
            at(begin + 61),
            json!({"sessionId": id}),
            json!({"sessionId": id}),
        ),
    ]
}

fn judged(claims: &[Claim], kept: &[Kept]) -> Report {
    judged_at(claims, kept, at(1_000_000), Whose::Ours(vec![ME.into()]))
}

fn judged_at(claims: &[Claim], kept: &[Kept], now: Timestamp, whose: Whose) -> Report {
    let mut cover = Cover::default();
    cover.add(ACCOUNT, REGION, at(-1), now);
    judge(&Case {
        claims,
        kept,
        whose,
        cover: &cover,
        now,
        last_output_at: &|kept| kept.ended_at,
    })
}

#[test]
fn a_thousand_recorded_sessions_raise_no_alarm_and_every_unrecorded_one_is_found() {
    let kept: Vec<Kept> = (0..1000).map(kept).collect();
    let all: Vec<Value> = (0..1250).flat_map(records).collect();
    let trail = serde_json::to_vec(&json!({ "Records": all })).unwrap();
    let told = trail::parse_records(&trail).unwrap();
    let claims = trail::claims_of(told.iter().filter_map(trail::parse_record));
    assert_eq!(claims.len(), 1250);

    let clean = judged(&claims[..1000], &kept);
    assert!(clean.is_clean(), "{}", clean.says());
    assert_eq!(
        (clean.sessions, clean.recorded, clean.agreed.len()),
        (1000, 1000, 1000)
    );

    // Both memories at once say the same.
    let joined = join((0..1000).map(claim).chain(claims[..1000].iter().cloned()));
    assert_eq!(joined.len(), 1000);
    assert!(judged(&joined, &kept).is_clean());

    let found = judged(&claims, &kept);
    let missing: Vec<&str> = found.missing.iter().map(|m| m.session_id.as_str()).collect();
    let unrecorded: Vec<String> = (1000..1250).map(|number| format!("ana-{number}")).collect();
    assert_eq!(missing, unrecorded);
    assert!(found.unmatched.is_empty() && found.disagreements.is_empty());
}

#[test]
fn a_recording_that_aws_knows_nothing_of_is_found_only_where_aws_has_answered() {
    let mut elsewhere = kept(2);
    elsewhere.region = Some("us-east-1".into());
    let mut container = kept(3);
    container.target = Some("ecs:shop_1_2".into());
    let mut refused = kept(4);
    refused.session_id = None;
    let found = judged(&[claim(0)], &[kept(0), kept(1), elsewhere, container, refused]);
    let ids: Vec<&str> = found.unmatched.iter().map(|kept| kept.id.as_str()).collect();
    assert_eq!(ids, ["id-1"]);
}

#[test]
fn a_session_that_is_open_is_not_missing_before_its_time_and_is_afterwards() {
    let mut open = claim(0);
    (open.ended_at, open.is_live) = (None, Some(true));
    let ours = || Whose::Ours(vec![ME.into()]);
    let early = judged_at(std::slice::from_ref(&open), &[], at(14 * 60), ours());
    assert_eq!((early.pending, early.missing.len()), (1, 0));
    let late = judged_at(&[open], &[], at(16 * 60), ours());
    assert_eq!((late.pending, late.missing.len()), (0, 1));
    // Ours that is over had its recording before AWS knew of it; another's may still be on its way.
    assert_eq!(judged_at(&[claim(0)], &[], at(120), ours()).missing.len(), 1);
    assert_eq!(judged_at(&[claim(0)], &[], at(120), Whose::Everybody).pending, 1);
}

#[test]
fn sessions_of_other_people_are_left_out_unless_they_are_recorded_or_asked_for() {
    let theirs = Claim {
        owner: "arn:aws:iam::111122223333:user/bo".into(),
        ..claim(0)
    };
    let found = judged(std::slice::from_ref(&theirs), &[]);
    assert_eq!((found.others, found.sessions, found.missing.len()), (1, 0, 0));
    assert_eq!(judged(std::slice::from_ref(&theirs), &[kept(0)]).recorded, 1);
    let all = judged_at(&[theirs], &[], at(1_000_000), Whose::Everybody);
    assert_eq!(all.missing.len(), 1);
}

#[track_caller]
fn what_differs(claim: Claim, kept: Kept) -> &'static str {
    let found = judged(&[claim], &[kept]);
    assert_eq!(found.recorded, 1);
    found.disagreements[0].what
}

#[test]
fn reasons_begins_and_ends_that_disagree_are_each_named() {
    let other = |change: fn(&mut Claim)| {
        let mut claim = claim(0);
        change(&mut claim);
        claim
    };
    assert_eq!(
        what_differs(
            other(|c| c.reason = Some("INC-7 qd:00000000000000ff".into())),
            kept(0)
        ),
        "reason"
    );
    assert_eq!(
        what_differs(other(|c| c.reason = Some("just looking".into())), kept(0)),
        "reason"
    );
    assert_eq!(what_differs(other(|c| c.reason = None), kept(0)), "reason");
    assert_eq!(
        what_differs(other(|c| c.started_at = Some(at(600))), kept(0)),
        "start"
    );
    assert_eq!(
        what_differs(other(|c| c.ended_at = Some(at(600))), kept(0)),
        "duration"
    );
    let mut longer = kept(0);
    longer.ended_at = Some(at(900));
    assert_eq!(what_differs(claim(0), longer), "duration");
    let still_open = other(|c| (c.ended_at, c.is_live) = (None, Some(true)));
    assert_eq!(what_differs(still_open, kept(0)), "duration");
}

#[test]
fn a_machine_that_slept_through_the_end_has_done_nothing_wrong() {
    let mut slept = kept(0);
    slept.ended_at = Some(at(90_000));
    let mut cover = Cover::default();
    cover.add(ACCOUNT, REGION, at(-1), at(1_000_000));
    let report = judge(&Case {
        claims: &[claim(0)],
        kept: &[slept],
        whose: Whose::Everybody,
        cover: &cover,
        now: at(1_000_000),
        last_output_at: &|_| Some(at(58)),
    });
    assert!(report.is_clean(), "{:?}", report.disagreements);
}

#[test]
fn a_recorder_that_died_before_it_knew_the_session_is_found_by_the_reason() {
    let mut unnamed = kept(0);
    unnamed.session_id = None;
    let found = judged(&[claim(0)], &[unnamed]);
    assert_eq!((found.recorded, found.missing.len()), (1, 0));
}

#[test]
fn trails_are_read_in_every_shape_they_come_in() {
    let [start, end] = records(5);
    let as_lookup = |record: &Value| json!({"EventId": "x", "CloudTrailEvent": record.to_string()});
    let shapes = [
        json!({"Records": [start, end]}).to_string(),
        json!({"Events": [as_lookup(&start), as_lookup(&end)], "NextToken": "n"}).to_string(),
        json!([start, end]).to_string(),
        format!("{start}\n{end}\n"),
    ];
    for shape in shapes {
        let told = trail::parse_records(shape.as_bytes()).unwrap();
        let claims = trail::claims_of(told.iter().filter_map(trail::parse_record));
        assert_eq!(claims.len(), 1, "{shape}");
        assert_eq!(claims[0].ended_at, Some(at(361)));
        assert_eq!(claims[0].event_id.as_deref(), Some("event-5"));
    }
    let mut refused = start;
    refused["errorCode"] = "AccessDenied".into();
    assert_eq!(trail::parse_record(&refused), None);
}

#[test]
fn a_file_that_is_no_trail_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.json");
    for text in ["{\"a\": 1}", "{\"Records\": [", "\"x\"", "{\"Records\": [1]}"] {
        std::fs::write(&file, text).unwrap();
        let says = load_trail(&file).unwrap_err().to_string();
        assert!(says.contains("notes.json"), "{says}");
    }
    let packed = dir.path().join("packed.json.gz");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, json!({"Records": records(1)}).to_string().as_bytes()).unwrap();
    std::fs::write(&packed, gzip.finish().unwrap()).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(load_trail(dir.path()).unwrap().len(), 1);
    std::fs::write(&packed, [0x1f, 0x8b, 8, 0]).unwrap();
    assert!(load_trail(dir.path()).is_err());
}

proptest! {
    #[test]
    fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(records) = trail::parse_records(&bytes) {
            trail::claims_of(records.iter().filter_map(trail::parse_record));
        }
    }

    #[test]
    fn a_record_with_a_member_of_another_kind_is_passed_over(member in 0..8usize, number in any::<i32>()) {
        let [mut record, _] = records(1);
        let names = ["eventName", "eventTime", "eventSource", "userIdentity", "requestParameters",
            "responseElements", "awsRegion", "eventID"];
        record[names[member]] = number.into();
        if let Some(trail::Told::Started(claim)) = trail::parse_record(&record) {
            prop_assert_eq!(claim.session_id.as_str(), "ana-1");
        }
    }
}
