//! Without a network: what is kept is answered, nothing is paid for, and whose costs these are is never guessed while
//! anybody says it.

use super::*;

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";

#[tokio::test]
async fn what_is_kept_is_answered_while_nothing_can_be_asked() {
    let bench = bench("");
    let now = Timestamp::now();
    let wanted = question(Period::month_of(cost::today(now)), &["service"], "");
    let told = ask(&bench.desk(1_000).await, &wanted, Refresh::Auto)
        .await
        .unwrap();
    let away = bench.cloud(NOWHERE.into());
    let desk = Desk::open(&away, &bench.payer, bench.cache.path(), 1_000)
        .await
        .unwrap();
    let spent = desk.spent(now).unwrap().today;
    let kept = ask(&desk, &wanted, Refresh::Never).await.unwrap();
    assert_eq!(kept.breakdowns, told.breakdowns);
    let old = desk
        .answer(&wanted, Refresh::Force, now + 1.minutes(), |_| ())
        .await
        .unwrap();
    assert_eq!((old.breakdowns, old.requests), (told.breakdowns, 0));
    let Some(Trouble::Failure(why)) = old.stale_because else {
        panic!("{:?}", old.stale_because)
    };
    assert_eq!(why.service, "sts");
    assert_eq!(desk.spent(now).unwrap().today, spent);
    // Somebody listens there and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = bench.cloud(format!("http://{}", silent.local_addr().unwrap()));
    let opened = Desk::open(&mute, &bench.payer, bench.cache.path(), 1_000);
    let desk = tokio::time::timeout(Duration::from_secs(10), opened).await;
    assert!(!desk.expect("waited for it").unwrap().is_sure());
    assert!(
        Desk::open(&away, "another", bench.cache.path(), 1_000)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn keys_that_became_another_accounts_are_seen_as_soon_as_anybody_says_so() {
    let bench = bench("");
    let payer = bench.desk(1_000).await.account().to_owned();
    let member = bench
        .sim
        .accounts()
        .into_iter()
        .find(|account| !account.payer)
        .unwrap();
    let rekeyed = Cloud::connect(Settings {
        accounts: vec![StaticAccount {
            name: bench.payer.clone(),
            id: member.id.clone(),
            access_key_id: member.access_key_id,
            secret_access_key: member.secret_access_key,
            session_token: member.session_token,
            regions: member.regions,
        }],
        endpoint_url: Some(bench.sim.endpoint_url()),
        ..Settings::default()
    });
    let open = async |cloud: &Cloud| {
        let desk = Desk::open(cloud, &bench.payer, bench.cache.path(), 0).await;
        desk.unwrap().account().to_owned()
    };
    let away = bench.cloud(NOWHERE.into());
    assert_eq!(open(&away).await, payer);
    assert_eq!(open(&rekeyed).await, member.id);
    assert_eq!(open(&away).await, member.id);
}
