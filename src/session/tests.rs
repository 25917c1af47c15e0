//! Whole sessions: the real SDK against a small control plane, the real channel against a small agent, a real
//! recording in a folder of its own.

mod disk;

use super::*;
use crate::audit::{Log, Range};
use crate::aws::{Cloud, Place, Settings, StaticAccount};
use crate::recording::{Mode, Reader, What, verify};
use crate::ssm::frame::{self, Message, Payload};
use crate::ssm::tests::peer::{Peer, Script};
use http_body_util::{BodyExt, Full};
use hyper::{Request as Http, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;

const WHO: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
    <Arn>arn:aws:sts::111122223333:assumed-role/ops/eve</Arn><UserId>AROA:eve</UserId><Account>111122223333</Account>\
    </GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>";

/// Operation and body of every call, in order.
type Calls = Arc<Mutex<Vec<(String, String)>>>;

struct House {
    peer: Peer,
    cloud: Cloud,
    calls: Calls,
    data: tempfile::TempDir,
}

impl House {
    async fn build(script: Script) -> House {
        let peer = Peer::start(script).await;
        let calls = Calls::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (serving, ticket) = (calls.clone(), peer.ticket());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (calls, ticket) = (serving.clone(), ticket.clone());
                let answer = service_fn(move |request: Http<Incoming>| {
                    let (calls, ticket) = (calls.clone(), ticket.clone());
                    async move {
                        let target = request.headers().get("x-amz-target").cloned();
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let body = String::from_utf8(body.to_vec()).unwrap();
                        let Some(target) = target else {
                            return Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from(
                                WHO,
                            ))));
                        };
                        let operation = target.to_str().unwrap().rsplit('.').next().unwrap().to_owned();
                        calls.lock().unwrap().push((operation, body));
                        let answer = serde_json::json!({"SessionId": ticket.session_id,
                            "TokenValue": ticket.token, "StreamUrl": ticket.stream_url});
                        Ok(Response::new(Full::new(Bytes::from(answer.to_string()))))
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer),
                );
            }
        });
        let account = StaticAccount {
            name: "prod".into(),
            id: "111122223333".into(),
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "secret".into(),
            session_token: None,
            regions: vec!["eu-west-1".into()],
        };
        let settings = Settings {
            endpoint_url: Some(endpoint),
            accounts: vec![account],
            ..Settings::default()
        };
        House {
            peer,
            cloud: Cloud::connect(settings),
            calls,
            data: tempfile::tempdir().unwrap(),
        }
    }

    fn request(&self) -> Request {
        let place = Place {
            profile: "prod".into(),
            region: "eu-west-1".into(),
        };
        Request {
            account: "111122223333".into(),
            name: "web-1".into(),
            reason: "INC-7".into(),
            scrollback: 100,
            ..Request::new(self.cloud.clone(), place, "i-0123456789abcdef0", self.data.path())
        }
    }

    fn called(&self, operation: &str) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        calls
            .iter()
            .filter(|(name, _)| name == operation)
            .map(|(_, body)| body.clone())
            .collect()
    }

    fn recording(&self) -> PathBuf {
        let mut folders = vec![self.data.path().join("recordings")];
        while let Some(folder) = folders.pop() {
            for file in std::fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().path())
            {
                match file.extension() {
                    _ if file.is_dir() => folders.push(file),
                    Some(ext) if ext == "osr" => return file,
                    _ => {}
                }
            }
        }
        panic!("there is no recording")
    }

    fn recorded(&self) -> Vec<What> {
        let reader = Reader::open(&self.recording()).unwrap();
        reader
            .events()
            .unwrap()
            .map(|event| event.unwrap().what)
            .collect()
    }

    fn audited(&self) -> Vec<String> {
        let log = Log::open(self.data.path()).unwrap();
        log.read(Range::default())
            .unwrap()
            .map(|entry| entry.unwrap().event)
            .collect()
    }

    fn ledger(&self) -> usize {
        std::fs::read_dir(self.data.path().join("sessions")).map_or(0, Iterator::count)
    }
}

fn shown(live: &Live) -> String {
    live.with_screen(|screen| screen.text())
}

async fn until(what: &str, mut true_when: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if true_when() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never happened: {what}");
}

#[tokio::test]
async fn a_session_is_recorded_shown_answered_and_sealed() {
    let house = House::build(Script::default()).await;
    let live = open(house.request()).await.unwrap();
    assert_eq!(house.ledger(), 1);
    until("the prompt is shown", || shown(&live) == "$").await;
    house.peer.say(Payload::Output, b"where? \x1b[6n");
    live.input("uptime\r");
    live.resize(100, 30);
    until("keys and the terminal's answer arrive", || {
        let typed = String::from_utf8(house.peer.typed()).unwrap();
        typed.contains("uptime\r") && typed.contains("\x1b[1;10R")
    })
    .await;
    house.peer.close("", true);
    let status = live.ended().await;
    assert!(status.ended_well, "{status}");
    assert_eq!(shown(&live), "$ where?");

    let start: serde_json::Value = serde_json::from_str(&house.called("StartSession")[0]).unwrap();
    let reason = start["Reason"].as_str().unwrap();
    let reader = Reader::open(&house.recording()).unwrap();
    assert_eq!(
        reader.header().actor.as_deref(),
        Some("arn:aws:sts::111122223333:assumed-role/ops/eve")
    );
    assert!(
        reason.starts_with("INC-7 qd:") && reason.len() == 9 + 16,
        "{reason}"
    );
    let recorded = house.recorded();
    assert_eq!(recorded[0], What::SessionId("s-1".into()));
    let output: Vec<u8> = recorded
        .iter()
        .flat_map(|what| {
            if let What::Output(bytes) = what {
                bytes.clone()
            } else {
                Vec::new()
            }
        })
        .collect();
    assert_eq!(output, b"$ where? \x1b[6n");
    assert!(recorded.contains(&What::Resize { cols: 100, rows: 30 }));
    let verdict = verify(&house.recording()).unwrap();
    assert!(verdict.ok, "{}", verdict.says);
    assert_eq!(house.called("TerminateSession").len(), 1);
    assert_eq!(house.ledger(), 0);
    let audited = house.audited();
    assert_eq!(audited[..2], ["session.start", "session.end"]);
}

#[tokio::test]
async fn dropping_the_last_handle_or_giving_up_on_opening_ends_the_session() {
    let house = House::build(Script::default()).await;
    let live = open(house.request()).await.unwrap();
    drop(live);
    until("terminated", || house.called("TerminateSession").len() == 1).await;
    until("sealed", || {
        house.audited().iter().any(|event| event == "session.end")
    })
    .await;

    let house = House::build(Script::default()).await;
    let opening = tokio::spawn(open(house.request()));
    until("asked for", || !house.called("StartSession").is_empty()).await;
    opening.abort();
    drop(opening);
    until("terminated", || house.called("TerminateSession").len() == 1).await;
}

#[tokio::test]
async fn a_terminal_that_does_not_keep_up_delays_no_end_and_sees_only_what_is_recorded() {
    let output = vec![vec![b'x'; 1000]; 400];
    let house = House::build(Script {
        output,
        ..Script::default()
    })
    .await;
    let (sink, mut passed) = tokio::sync::mpsc::channel(1);
    let live = open(Request {
        sink: Some(sink),
        ..house.request()
    })
    .await
    .unwrap();
    let first = passed.recv().await.unwrap();
    assert!(first.bytes().starts_with(b"$ "));
    tokio::time::sleep(Duration::from_millis(50)).await;
    live.end();
    let status = tokio::time::timeout(Duration::from_secs(5), live.ended())
        .await
        .unwrap();
    assert!(status.ended_well, "{status}");
    let mut seen = first.bytes().len();
    while let Some(piece) = passed.recv().await {
        seen += piece.bytes().len();
    }
    let recorded: usize = house
        .recorded()
        .iter()
        .map(|what| {
            if let What::Output(bytes) = what {
                bytes.len()
            } else {
                0
            }
        })
        .sum();
    assert!(seen <= recorded, "{seen} bytes were shown, {recorded} recorded");
}

#[tokio::test]
async fn a_drop_and_its_resume_are_in_the_recording_and_the_audit_log() {
    let house = House::build(Script {
        bye_after: Some(2),
        ..Script::default()
    })
    .await;
    let live = open(house.request()).await.unwrap();
    until("resumed", || {
        house.audited().iter().any(|event| event == "client.resume")
    })
    .await;
    live.end();
    live.ended().await;
    let audited = house.audited();
    assert!(
        audited.iter().any(|event| event == "client.disconnect"),
        "{audited:?}"
    );
    let causes: Vec<_> = house
        .recorded()
        .into_iter()
        .filter_map(|what| {
            if let What::Gap(gap) = what {
                Some((gap.is_hole(), gap.cause))
            } else {
                None
            }
        })
        .collect();
    assert_eq!(
        causes[..2],
        [(false, "disconnect".into()), (false, "reconnect".into())]
    );
    let verdict = verify(&house.recording()).unwrap();
    assert!(verdict.ok, "{}", verdict.says);
}

#[tokio::test]
async fn what_never_arrived_before_an_end_is_a_hole_in_the_recording() {
    let early = Message::new(frame::OUTPUT, 5, 0, Payload::Output, b"late");
    let house = House::build(Script {
        garbage: vec![early.encode()],
        ..Script::default()
    })
    .await;
    let live = open(house.request()).await.unwrap();
    until("the prompt is shown", || shown(&live) == "$").await;
    live.end();
    let status = live.ended().await;
    assert!(status.incomplete, "{status:?}");
    let recorded = house.recorded();
    let is_hole = |what: &What| matches!(what, What::Gap(gap) if gap.cause == "missing" && gap.is_hole());
    let at = recorded.iter().position(is_hole);
    let at = at.unwrap_or_else(|| panic!("no hole: {recorded:?}"));
    assert_eq!(recorded[at + 1], What::Output(b"late".to_vec()));
    assert!(!verify(&house.recording()).unwrap().ok);
    let audited = house.audited();
    assert!(
        audited.iter().any(|event| event == "session.recording.gap"),
        "{audited:?}"
    );
}

#[tokio::test]
async fn a_refused_session_leaves_a_sealed_recording_and_no_open_session() {
    let house = House::build(Script {
        forbid: true,
        ..Script::default()
    })
    .await;
    let refused = open(house.request()).await.err().unwrap();
    assert!(
        refused.connecting && refused.says.contains("HTTP 403"),
        "{refused}"
    );
    assert_eq!(house.called("TerminateSession").len(), 1);
    assert_eq!(house.ledger(), 0);
    assert_eq!(house.audited(), ["session.rejected"]);
}

#[tokio::test]
async fn what_a_dead_process_left_open_is_ended_and_a_living_ones_is_not() {
    let house = House::build(Script::default()).await;
    let _live = open(house.request()).await.unwrap();
    assert_eq!(end_left(&house.cloud, house.data.path()).await, []);
    let folder = house.data.path().join("sessions");
    let entry = std::fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let text = std::fs::read_to_string(&entry).unwrap();
    let own = format!("\"pid\":{}", std::process::id());
    assert!(text.contains(&own), "{text}");
    std::fs::write(
        folder.join("other.json"),
        text.replace(&own, "\"pid\":2147483647"),
    )
    .unwrap();
    let left = end_left(&house.cloud, house.data.path()).await;
    assert_eq!(left.len(), 1);
    assert_eq!(
        (left[0].session_id.as_str(), left[0].ended.is_ok()),
        ("s-1", true)
    );
    assert_eq!(house.called("TerminateSession").len(), 1);
    assert_eq!(house.ledger(), 1);
    // A home that several machines share: the process of another is not looked for here.
    let elsewhere = text.replace(&own, "\"pid\":2147483647");
    let elsewhere = elsewhere.replace("\"machine\":\"", "\"machine\":\"another ");
    assert!(elsewhere.contains("another"), "{elsewhere}");
    std::fs::write(folder.join("elsewhere.json"), elsewhere).unwrap();
    assert_eq!(end_left(&house.cloud, house.data.path()).await, []);
    assert_eq!(house.called("TerminateSession").len(), 1);
    assert_eq!(house.ledger(), 2);
}
