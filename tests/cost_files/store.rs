//! Folders and buckets as AWS Data Exports and legacy reports fill them: the manifest says what counts.

use std::path::Path;

use jiff::Timestamp;
use quarterdeck::aws::{Cloud, Place, PutObject, Settings, StaticAccount, Why};
use quarterdeck::cost::Lens;
use quarterdeck::cost::import::{self, NotFetched};
use quarterdeck::sim::{Faults, FleetSpec, Options, Sim};
use sha2::{Digest, Sha256};

use crate::own::{HEADER, ROWS, csv, gzip};
use crate::{Desk, pairs};

fn put(root: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn manifest(files: &[&str]) -> String {
    let files: Vec<String> = files
        .iter()
        .map(|file| format!("s3://bills/team/focus/{file}"))
        .collect();
    serde_json::json!({ "executionId": "e-1", "dataFiles": files }).to_string()
}

/// An export of two periods with an execution of before still lying beside the last one.
fn export(root: &Path) {
    let row = |rows: &[&str]| format!("{HEADER}{}\n", rows.join("\n"));
    let (september, october) = ("data/BILLING_PERIOD=2026-09", "data/BILLING_PERIOD=2026-10");
    put(
        root,
        &format!("{september}/focus-00001.csv.gz"),
        gzip(row(&ROWS[..2]).as_bytes()),
    );
    put(
        root,
        &format!("{september}/focus-00002.csv.gz"),
        gzip(row(&ROWS[2..3]).as_bytes()),
    );
    put(
        root,
        &format!("{october}/20261005T010000-aa/focus-00001.csv"),
        row(&[&ROWS[3].replace(",1,1,1,", ",9,9,9,")]),
    );
    put(
        root,
        &format!("{october}/20261006T010000-bb/focus-00001.csv"),
        row(&ROWS[3..]),
    );
    put(
        root,
        "metadata/BILLING_PERIOD=2026-09/focus-Manifest.json",
        manifest(&[
            &format!("{september}/focus-00001.csv.gz"),
            &format!("{september}/focus-00002.csv.gz"),
        ]),
    );
    for execution in ["20261005T010000-aa", "20261006T010000-bb"] {
        put(
            root,
            &format!("metadata/BILLING_PERIOD=2026-10/{execution}/focus-Manifest.json"),
            manifest(&[&format!("{october}/{execution}/focus-00001.csv")]),
        );
    }
}

#[test]
fn a_folder_with_manifests_gives_what_the_newest_name_and_nothing_else() {
    let desk = Desk::new();
    let root = desk.dir.path().join("focus");
    export(&root);
    let imported = desk.import_path(&root).unwrap();
    assert_eq!((imported.rows, imported.files), (4, 3));
    assert_eq!(
        desk.ask("month", Lens::Unblended, ""),
        pairs(&[("2026-09", "7.5000006123"), ("2026-10", "1")])
    );
    // One manifest again replaces its own month alone.
    desk.import_path(&root.join("metadata/BILLING_PERIOD=2026-09/focus-Manifest.json"))
        .unwrap();
    assert_eq!(
        desk.ask("month", Lens::Unblended, ""),
        pairs(&[("2026-09", "7.5000006123"), ("2026-10", "1")])
    );
}

#[test]
fn a_manifest_that_names_a_missing_file_is_refused_by_its_name() {
    let desk = Desk::new();
    let root = desk.dir.path().join("focus");
    export(&root);
    std::fs::remove_file(root.join("data/BILLING_PERIOD=2026-09/focus-00002.csv.gz")).unwrap();
    let error = desk.import_path(&root).unwrap_err();
    assert!(error.to_string().contains("focus-00002.csv.gz"), "{error}");
    put(&root, "empty-Manifest.json", "{}");
    let error = desk.import_path(&root.join("empty-Manifest.json")).unwrap_err();
    assert!(error.to_string().contains("names no data files"), "{error}");
}

#[test]
fn a_legacy_report_is_found_through_its_report_keys() {
    let desk = Desk::new();
    let root = desk.dir.path().join("reports/daily");
    let text = "lineItem/UsageStartDate,lineItem/LineItemType,lineItem/UnblendedCost\n2026-09-01T00:00:00Z,Usage,10\n";
    put(
        &root,
        "20260901-20261001/old/daily-1.csv",
        text.replace("10\n", "99\n"),
    );
    put(&root, "20260901-20261001/new/daily-1.csv", text);
    let keys =
        serde_json::json!({ "reportKeys": ["prefix/daily/20260901-20261001/new/daily-1.csv"] }).to_string();
    put(&root, "20260901-20261001/daily-Manifest.json", keys);
    desk.import_path(&root).unwrap();
    assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "10")]));
}

#[test]
fn a_folder_of_loose_files_is_one_export() {
    let desk = Desk::new();
    let root = desk.dir.path().join("loose");
    put(&root, "a.csv", csv());
    put(&root, "deeper/b.csv", csv());
    put(&root, "notes.txt", "nothing");
    assert_eq!(desk.import_path(&root).unwrap().files, 2);
    assert_eq!(desk.ask("", Lens::Unblended, ""), pairs(&[("", "17.0000012246")]));
    put(&root, "empty/notes.txt", "nothing");
    assert!(
        desk.import_path(&root.join("empty"))
            .unwrap_err()
            .to_string()
            .contains("no manifest")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_in_a_bucket_is_fetched_by_its_manifest_and_read() {
    let desk = Desk::new();
    let sim = Sim::start(Options {
        fleet: FleetSpec::demo(),
        ..Options::default()
    })
    .unwrap();
    let accounts = sim.accounts().into_iter().map(|account| StaticAccount {
        name: account.name,
        id: account.id,
        access_key_id: account.access_key_id,
        secret_access_key: account.secret_access_key,
        session_token: account.session_token,
        regions: account.regions,
    });
    let accounts: Vec<StaticAccount> = accounts.take(1).collect();
    let (bucket, place) = (
        format!("run-output-{}", accounts[0].id),
        Place {
            profile: accounts[0].name.clone(),
            region: accounts[0].regions[0].clone(),
        },
    );
    let cloud = Cloud::connect(Settings {
        accounts,
        endpoint_url: Some(sim.endpoint_url()),
        ..Settings::default()
    });
    let key = "team/focus/data/BILLING_PERIOD=2026-09/focus-00001.csv";
    let names = serde_json::json!({ "dataFiles": [format!("s3://{bucket}/{key}")] }).to_string();
    let said = "team/focus/metadata/BILLING_PERIOD=2026-09/focus-Manifest.json";
    for (key, text) in [
        (key, csv()),
        ("team/focus/data/BILLING_PERIOD=2026-09/old.csv", csv()),
        (said, names),
    ] {
        let put = PutObject {
            bucket: bucket.clone(),
            key: key.into(),
            sha256: Sha256::digest(text.as_bytes()).into(),
            bytes: text.into(),
            retain: None,
        };
        cloud.put_object(&place, put).await.unwrap();
    }
    let cache = desk.dir.path().join("cache");
    let fetch = async |address: &str| import::fetch(&cloud, &place, address, &cache, &mut |_, _| ()).await;
    for (address, came, was_here) in [
        (format!("{bucket}/team/focus/"), 2, 0),
        (format!("{bucket}/{said}"), 0, 2),
        (format!("{bucket}/{key}"), 0, 1),
    ] {
        let fetched = fetch(&address).await.unwrap();
        assert_eq!((fetched.fetched, fetched.reused), (came, was_here), "{address}");
        let (exports, data) = (
            import::find(&fetched.path).unwrap(),
            desk.dir.path().join(address.replace('/', "-")),
        );
        let imported = import::import(&exports, &data, Timestamp::now(), &mut |_| ()).unwrap();
        assert_eq!((imported.rows, imported.files), (4, 1), "{address}");
    }
    // It is as old as the bill, not as its copy.
    let facts = cloud
        .fetch_facts(&place, &bucket, key, None)
        .await
        .unwrap()
        .unwrap();
    let written = facts.modified_at.unwrap();
    let copy = cache.join("costs/exports").join(&bucket).join(key);
    let copied = copy.metadata().unwrap().modified().unwrap();
    assert_eq!(Timestamp::try_from(copied).unwrap(), written);
    // What is gone or was written over here comes again; what no manifest names any more is taken away.
    let local = cache.join("costs/exports").join(&bucket);
    std::fs::write(local.join(key), "shorter").unwrap();
    let older = local.join("team/focus/metadata/BILLING_PERIOD=2026-08");
    put(&older, "focus-Manifest.json", "{}");
    let again = fetch(&format!("{bucket}/team/focus")).await.unwrap();
    assert_eq!((again.fetched, again.reused), (1, 1));
    assert_eq!(std::fs::read_to_string(local.join(key)).unwrap(), csv());
    assert!(!older.join("focus-Manifest.json").exists());
    let absent = import::fetch(
        &cloud,
        &place,
        &format!("{bucket}/none.csv"),
        &cache,
        &mut |_, _| (),
    )
    .await;
    assert!(matches!(absent, Err(NotFetched::Trouble(trouble)) if trouble.to_string().contains("none.csv")));
    // One that is torn there is named as it is there, and not by its copy.
    let torn = PutObject {
        bucket: bucket.clone(),
        key: "torn.parquet".into(),
        sha256: Sha256::digest(b"PAR1").into(),
        bytes: "PAR1".into(),
        retain: None,
    };
    cloud.put_object(&place, torn).await.unwrap();
    let torn = fetch(&format!("{bucket}/torn.parquet")).await.unwrap();
    let found = import::find(&torn.path).unwrap();
    let why = import::import(&found, desk.dir.path(), Timestamp::now(), &mut |_| ()).unwrap_err();
    let why = why.by_address(&cache).to_string();
    assert!(why.starts_with(&format!("s3://{bucket}/torn.parquet: ")), "{why}");
    assert_eq!(
        import::address_of(&desk.dir.path().join("bill.csv"), &cache),
        None
    );
}

/// HEAD is answered without a body, so that its status is all there is.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_asked_too_often_is_told_as_such() {
    for fault in ["refuse.HEAD=throttled", "refuse.GET=throttled"] {
        let sim = Sim::start(Options {
            fleet: FleetSpec::demo(),
            faults: Faults::parse(fault).unwrap(),
            ..Options::default()
        })
        .unwrap();
        let account = sim.accounts().remove(0);
        let place = Place {
            profile: account.name.clone(),
            region: account.regions[0].clone(),
        };
        let bucket = format!("run-output-{}", account.id);
        let cloud = Cloud::connect(Settings {
            accounts: vec![StaticAccount {
                name: account.name,
                id: account.id,
                access_key_id: account.access_key_id,
                secret_access_key: account.secret_access_key,
                session_token: account.session_token,
                regions: account.regions,
            }],
            endpoint_url: Some(sim.endpoint_url()),
            ..Settings::default()
        });
        let cache = tempfile::tempdir().unwrap();
        let address = match fault.contains("HEAD") {
            true => format!("{bucket}/bill.csv"),
            false => format!("{bucket}/exports/"),
        };
        let fetched = import::fetch(&cloud, &place, &address, cache.path(), &mut |_, _| ()).await;
        let Err(NotFetched::Failure(failure)) = fetched else {
            panic!("{fault}: {fetched:?}");
        };
        assert_eq!(failure.why, Why::Throttled, "{failure}");
        assert!(
            failure.cause.contains("is called too often") && failure.hint.contains("wait a minute"),
            "{failure}: {}",
            failure.hint
        );
    }
}
