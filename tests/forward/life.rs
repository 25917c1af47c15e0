//! Sessions come and go; the listener and whoever waits at it stay.

use std::io::ErrorKind;

use quarterdeck::audit::{Log, Range};
use quarterdeck::forward::{Remote, State};
use quarterdeck::sim::Faults;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::rig::*;

#[tokio::test]
async fn a_tunnel_outlives_a_session_that_is_ended_at_aws() {
    let rig = Rig::start();
    let tunnel = rig.open(rig.request(echo_server().await)).await;
    let mut cut = dial(&tunnel).await;
    echoes(&mut cut, b"before").await;
    let session = rig.active().await.remove(0);
    rig.cloud.terminate_session(&rig.place, &session).await.unwrap();
    // Cut off, and told so: an end of the data would be a lie.
    let end = timeout(PATIENCE, cut.read(&mut [0; 1])).await.unwrap();
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    until(&tunnel, "listening", |state| *state == State::Listening).await;
    assert_eq!(rig.active().await.len(), 0, "no session is held open for nobody");
    let mut after = dial(&tunnel).await;
    echoes(&mut after, b"after").await;
    drop(after);
    tunnel.end().await;
    assert_eq!(rig.recordings().len(), 2);
    let ends: Vec<String> = rig.connections().iter().map(|c| c["end"].clone()).collect();
    assert!(
        ends.iter().any(|end| end.starts_with("the session is over")),
        "{ends:?}"
    );
}

#[tokio::test]
async fn a_tunnel_that_was_not_used_yet_outlives_a_session_that_cannot_be_opened_again() {
    let rig = Rig::start();
    let tunnel = rig.open(rig.request(echo_server().await)).await;
    until(&tunnel, "connected", |state| *state == State::Connected).await;
    let session = rig.active().await.remove(0);
    rig.cloud.terminate_session(&rig.place, &session).await.unwrap();
    until(&tunnel, "listening", |state| *state == State::Listening).await;
    // For a while nothing can be opened.
    let (data, away) = (rig.data.path().join("data"), rig.data.path().join("away"));
    std::fs::rename(&data, &away).unwrap();
    std::fs::write(&data, "").unwrap();
    let mut patient = dial(&tunnel).await;
    until(&tunnel, "retrying", |state| {
        matches!(state, State::Retrying { .. })
    })
    .await;
    std::fs::remove_file(&data).unwrap();
    std::fs::rename(&away, &data).unwrap();
    echoes(&mut patient, b"at last").await;
    tunnel.end().await;
}

#[tokio::test]
async fn a_lazy_tunnel_opens_its_session_with_the_first_connection() {
    let rig = Rig::start();
    let mut request = rig.request(echo_server().await);
    request.lazy = true;
    let tunnel = rig.open(request).await;
    assert_eq!(rig.active().await.len(), 0);
    let mut stream = dial(&tunnel).await;
    echoes(&mut stream, b"now").await;
    assert_eq!(rig.active().await.len(), 1);
    tunnel.end().await;
    let log = Log::open(&rig.data.path().join("data")).unwrap();
    let entries = log.read(Range::default()).unwrap().map(Result::unwrap);
    let tags: Vec<_> = entries.filter_map(|entry| Some(entry.target?.tags)).collect();
    assert!(
        !tags.is_empty() && tags.iter().all(|tags| tags["team"] == "payments"),
        "{tags:?}"
    );
}

#[tokio::test]
async fn a_resumed_session_loses_no_byte_of_a_connection() {
    let mut faults = Faults::default();
    faults.channel.bye_after = Some(std::time::Duration::from_millis(400));
    let rig = Rig::with(faults);
    let tunnel = rig.open(rig.request(echo_server().await)).await;
    let mut stream = dial(&tunnel).await;
    let mut resumed = 0;
    let deadline = std::time::Instant::now() + PATIENCE;
    let mut status = tunnel.status();
    let watch = tokio::spawn(async move {
        while status.changed().await.is_ok() {
            if status.borrow_and_update().state.word() == "resuming" {
                resumed += 1;
            }
            if resumed == 2 {
                return;
            }
        }
    });
    let mut n = 0usize;
    while !watch.is_finished() {
        assert!(std::time::Instant::now() < deadline, "it was never resumed twice");
        let bytes: Vec<u8> = (0..5000).map(|at| ((at + n) % 256) as u8).collect();
        echoes(&mut stream, &bytes).await;
        n += 1;
    }
    tunnel.end().await;
    assert_eq!(rig.recordings().len(), 1, "it was the same session all the time");
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told_and_costs_the_tunnel_nothing() {
    let rig = Rig::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let tunnel = rig.open(rig.request(address.port())).await;
    let mut refused = dial(&tunnel).await;
    let end = timeout(PATIENCE, refused.read(&mut [0; 1])).await.unwrap();
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let mut status = tunnel.status();
    let told = timeout(PATIENCE, status.wait_for(|status| status.notice.is_some()))
        .await
        .unwrap()
        .unwrap();
    let says = told.notice.clone().unwrap().1;
    assert!(
        says.contains("could not connect to") && says.contains(&address.port().to_string()),
        "{says}"
    );
    drop(told);
    let listener = TcpListener::bind(address).await.unwrap();
    let mut local = dial(&tunnel).await;
    let (mut served, _) = listener.accept().await.unwrap();
    served.write_all(b"up").await.unwrap();
    assert_eq!(read_exactly(&mut local, 2).await, b"up");
    tunnel.end().await;
}

#[tokio::test]
async fn what_the_agent_will_never_do_ends_the_tunnel_with_cause_and_remedy() {
    for (host, version, says, remedy) in [
        (
            "169.254.169.254",
            None,
            "may not be reached",
            "the service itself",
        ),
        (
            "no-such-host.invalid",
            None,
            "cannot find the host",
            "looked up on the instance",
        ),
        ("db.internal", Some("3.1.1188.0"), "too old", "AWS-UpdateSSMAgent"),
    ] {
        let rig = Rig::start();
        let mut request = rig.request(80);
        request.remote = Remote {
            host: Some(host.into()),
            port: 80,
        };
        request.agent_version = version.map(Into::into);
        let tunnel = rig.open(request).await;
        until(&tunnel, "ended", |state| matches!(state, State::Ended { .. })).await;
        let status = tunnel.status().borrow().clone();
        assert!(status.state.to_string().contains(says), "{}", status.state);
        let (hint, connecting) = status.refusal.unwrap();
        assert!(hint.contains(remedy), "{hint}");
        assert_eq!(connecting, version.is_none());
        assert_eq!(rig.active().await.len(), 0);
        assert_eq!(rig.recordings().len(), usize::from(version.is_none()));
        assert!(rig.connections().is_empty());
    }
}
