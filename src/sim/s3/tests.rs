//! The bucket by its requests: what AWS answers to locks, ranges, conditions and wrong signatures.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use hyper::header::HeaderMap;

use super::lock::Mode;
use super::*;

fn buckets() -> Buckets {
    Buckets::new([("plain", "locked")].into_iter())
}

fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                hyper::header::HeaderName::from_static(name),
                value.parse().unwrap(),
            )
        })
        .collect()
}

fn on<T>(
    buckets: &Buckets,
    name: &str,
    query: &str,
    pairs: &[(&'static str, String)],
    then: impl FnOnce(&Object) -> T,
) -> T {
    let (form, headers) = (Form::parse(query, b""), headers(pairs));
    then(&Object {
        buckets,
        account: 0,
        name,
        key: "a/b",
        form: &form,
        headers: &headers,
        now: Timestamp::now(),
    })
}

fn said<'r>(reply: &'r Reply, name: &str) -> Option<&'r str> {
    let found = reply.headers.iter().find(|(header, _)| *header == name);
    found.map(|(_, value)| value.as_str())
}

fn locked_put(buckets: &Buckets, mode: Mode) -> Result<Reply, Refusal> {
    use base64::Engine;
    let sum = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(b"one"));
    let until = Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let pairs = [
        ("x-amz-checksum-sha256", sum),
        ("x-amz-object-lock-mode", mode.as_str().to_owned()),
        ("x-amz-object-lock-retain-until-date", until.to_string()),
        ("if-none-match", "*".to_owned()),
    ];
    on(buckets, "locked", "", &pairs, |at| {
        object::put(at, Bytes::from_static(b"one"))
    })
}

#[test]
fn an_object_is_written_once_and_its_locked_version_stays() {
    let buckets = buckets();
    let version = said(
        &locked_put(&buckets, Mode::Compliance).unwrap(),
        "x-amz-version-id",
    )
    .unwrap()
    .to_owned();
    assert_eq!(
        locked_put(&buckets, Mode::Compliance).unwrap_err().code,
        "PreconditionFailed"
    );
    let query = format!("versionId={version}");
    let bypass = [("x-amz-bypass-governance-retention", "true".to_owned())];
    let refused = on(&buckets, "locked", &query, &bypass, object::delete).unwrap_err();
    assert_eq!(
        (refused.code, refused.status),
        ("AccessDenied", StatusCode::FORBIDDEN)
    );
    // A marker hides it, and the version is still there.
    on(&buckets, "locked", "", &[], object::delete).unwrap();
    assert_eq!(
        on(&buckets, "locked", "", &[], object::get).unwrap_err().code,
        "NoSuchKey"
    );
    let got = on(&buckets, "locked", &query, &[], object::get).unwrap();
    assert_eq!(
        (&got.body[..], said(&got, "x-amz-object-lock-mode")),
        (&b"one"[..], Some("COMPLIANCE"))
    );
}

#[test]
fn a_wrong_checksum_and_a_lock_without_one_are_refused() {
    let buckets = buckets();
    let put = |name: &str, pairs: &[(&'static str, String)]| {
        on(&buckets, name, "", pairs, |at| {
            object::put(at, Bytes::from_static(b"one"))
        })
    };
    let wrong = [("x-amz-checksum-sha256", "AAAA".to_owned())];
    assert_eq!(put("plain", &wrong).unwrap_err().code, "BadDigest");
    let hold = [("x-amz-object-lock-legal-hold", "ON".to_owned())];
    assert!(put("locked", &hold).unwrap_err().message.contains("checksum"));
    assert!(
        put("plain", &hold)
            .unwrap_err()
            .message
            .contains("missing Object Lock")
    );
}

#[test]
fn ranges_are_cut_and_impossible_ones_refused() {
    let buckets = buckets();
    buckets
        .put(0, "plain", "a/b", Bytes::from_static(b"0123456789"))
        .unwrap();
    let get = |range: &str| on(&buckets, "plain", "", &[("range", range.to_owned())], object::get);
    for (range, expected) in [
        ("bytes=2-4", "234"),
        ("bytes=8-", "89"),
        ("bytes=-3", "789"),
        ("bytes=5-99", "56789"),
    ] {
        let reply = get(range).unwrap();
        assert_eq!(
            (reply.status, &reply.body[..]),
            (StatusCode::PARTIAL_CONTENT, expected.as_bytes())
        );
    }
    assert_eq!(
        get("bytes=10-12").unwrap_err().status,
        StatusCode::RANGE_NOT_SATISFIABLE
    );
}

#[test]
fn every_version_is_listed_the_newest_first_and_in_pages() {
    let buckets = buckets();
    for bytes in [&b"one"[..], b"three"] {
        on(&buckets, "locked", "", &[], |at| {
            object::put(at, Bytes::from_static(bytes)).unwrap()
        });
    }
    on(&buckets, "locked", "", &[], object::delete).unwrap();
    let list = |query: &str| {
        let reply = on(&buckets, "locked", query, &[], versions::answer).unwrap();
        String::from_utf8(reply.body.to_vec()).unwrap()
    };
    let whole = list("versions&prefix=a/");
    let order: Vec<usize> = ["<DeleteMarker>", "<Size>5<", "<Size>3<"]
        .iter()
        .map(|mark| whole.find(mark).unwrap())
        .collect();
    assert!(
        order.is_sorted() && whole.matches("<IsLatest>true<").count() == 1,
        "{whole}"
    );
    let first = list("versions&max-keys=2");
    let marker = object::element(first.as_bytes(), "NextVersionIdMarker").unwrap();
    let rest = list(&format!("versions&key-marker=a%2Fb&version-id-marker={marker}"));
    assert!(rest.contains("<Size>3<") && !rest.contains("<Size>5<"), "{rest}");
    assert!(!list("versions&prefix=b").contains("<Key>"));
}
