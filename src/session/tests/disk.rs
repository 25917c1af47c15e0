//! A disk that has no room, for good or for a while, under both policies.

use super::*;
use crate::recording::small_disk;

const PLACE: &str = "session::tests::disk";

fn noise() -> Vec<Vec<u8>> {
    (0..1800)
        .map(|_| (0..1024).map(|_| rand::random::<u8>() | 0x80).collect())
        .collect()
}

/// Its agent says more than the disk takes.
async fn noisy() -> House {
    House::build(Script {
        output: noise(),
        ..Script::default()
    })
    .await
}

#[tokio::test]
async fn a_strict_session_that_cannot_be_recorded_ends_within_a_second() {
    if !small_disk::is_here(
        PLACE,
        "a_strict_session_that_cannot_be_recorded_ends_within_a_second",
    ) {
        return;
    }
    let house = noisy().await;
    let live = open(house.request()).await.unwrap();
    let mut status = live.status();
    status
        .wait_for(|status| status.recording_failed.is_some())
        .await
        .unwrap();
    let failed_at = std::time::Instant::now();
    let status = live.ended().await;
    assert!(
        failed_at.elapsed() < Duration::from_secs(1),
        "{:?}",
        failed_at.elapsed()
    );
    assert!(
        status
            .to_string()
            .contains("can no longer be recorded: cannot write"),
        "{status}"
    );
    assert!(!status.ended_well);
    assert_eq!(house.called("TerminateSession").len(), 1);
    let audited = house.audited();
    assert_eq!(
        audited[..3],
        ["session.start", "session.recording.failed", "session.end"]
    );
}

#[tokio::test]
async fn a_best_effort_session_goes_on_with_a_banner_and_a_gap() {
    if !small_disk::is_here(PLACE, "a_best_effort_session_goes_on_with_a_banner_and_a_gap") {
        return;
    }
    let mut output = noise();
    output.push(b"\x1bc\r\nstill here".to_vec());
    let house = House::build(Script {
        output,
        ..Script::default()
    })
    .await;
    let live = open(Request {
        mode: Mode::BestEffort,
        ..house.request()
    })
    .await
    .unwrap();
    until("the last line is shown", || shown(&live).contains("still here")).await;
    assert!(live.status().borrow().recording_failed.is_some());
    house.peer.close("", true);
    assert!(live.ended().await.ended_well);
    assert!(
        house
            .recorded()
            .iter()
            .any(|what| matches!(what, What::Gap(gap) if gap.cause == "disk-full"))
    );
    assert!(
        house
            .audited()
            .iter()
            .any(|event| event == "session.recording.failed")
    );
}

#[tokio::test]
async fn a_disk_that_is_full_for_a_while_is_told_of_each_time_and_so_is_its_end() {
    if !small_disk::is_here(
        PLACE,
        "a_disk_that_is_full_for_a_while_is_told_of_each_time_and_so_is_its_end",
    ) {
        return;
    }
    let house = noisy().await;
    let live = open(Request {
        mode: Mode::BestEffort,
        ..house.request()
    })
    .await
    .unwrap();
    let failed = || live.status().borrow().recording_failed.is_some();
    let noise = noise();
    for _ in 0..2 {
        let mut noise = noise.iter();
        until("the disk is full", || {
            house.peer.say(Payload::Output, noise.next().unwrap());
            failed()
        })
        .await;
        small_disk::set(1 << 30);
        until("it is recorded again", || {
            house.peer.say(Payload::Output, b"more");
            !failed()
        })
        .await;
        // Full again, as it is now.
        let size = std::fs::metadata(house.recording()).unwrap().len();
        small_disk::set(size + 20_000);
    }
    small_disk::set(1 << 30);
    house.peer.close("", true);
    assert!(live.ended().await.ended_well);
    let audited = house.audited();
    let count = |kind: &str| audited.iter().filter(|event| *event == kind).count();
    assert_eq!(count("session.recording.failed"), 2, "{audited:?}");
    assert_eq!(count("session.recording.gap"), 2, "{audited:?}");
    // Bytes were shown that are not in it: it is sealed, and says that it has a hole.
    let verdict = verify(&house.recording()).unwrap();
    assert!(verdict.says.contains("disk-full"), "{}", verdict.says);
}
