//! Uploads of a writer that may put and nothing else, into a bucket whose answers get lost.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::*;
use crate::aws::{Cloud, Settings, StaticAccount};
use crate::recording::remote::Retention;
use crate::recording::{End, Writer};

/// What a bucket holds; it says who may not look, and takes no name twice.
#[derive(Default)]
struct Shelf {
    objects: Mutex<HashMap<String, Bytes>>,
    /// The next object is kept, and its writer told that something went wrong.
    loses_an_answer: AtomicBool,
}

impl Shelf {
    fn answer(&self, method: &Method, key: &str, bytes: Bytes) -> u16 {
        if method != Method::PUT {
            return 403;
        }
        let mut objects = self.objects.lock().unwrap();
        if objects.contains_key(key) {
            return 412;
        }
        objects.insert(key.to_owned(), bytes);
        match key.ends_with(".seg") && self.loses_an_answer.swap(false, Ordering::Relaxed) {
            true => 500,
            false => 200,
        }
    }

    fn segments(&self) -> Vec<Bytes> {
        let objects = self.objects.lock().unwrap();
        let mut found: Vec<_> = objects.iter().filter(|(key, _)| key.ends_with(".seg")).collect();
        found.sort();
        found.into_iter().map(|(_, bytes)| bytes.clone()).collect()
    }
}

struct Rig {
    shelf: Arc<Shelf>,
    bucket: Arc<Bucket>,
    device: Arc<DeviceKey>,
    writer: Writer,
    _dir: tempfile::TempDir,
}

impl Rig {
    /// A recording with something signed in it.
    async fn new() -> Rig {
        let shelf = Arc::new(Shelf::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let serving = shelf.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shelf = serving.clone();
                let answer = service_fn(move |request: Request<Incoming>| {
                    let shelf = shelf.clone();
                    async move {
                        let (parts, body) = request.into_parts();
                        let bytes = body.collect().await.unwrap().to_bytes();
                        let status = shelf.answer(&parts.method, parts.uri.path(), bytes);
                        let response = Response::builder().status(status);
                        Ok::<_, Infallible>(response.body(Full::new(Bytes::new())).unwrap())
                    }
                });
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(stream), answer));
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
        let cloud = Cloud::connect(Settings {
            endpoint_url: Some(endpoint),
            accounts: vec![account],
            ..Settings::default()
        });
        let retention = Retention::of(&Default::default(), Path::new("/nonexistent")).unwrap();
        let bucket = Bucket::open(cloud, "team", "", retention).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let device = DeviceKey::load_or_create(dir.path()).unwrap();
        let mut writer = Writer::create(dir.path(), Header::new("shell", (80, 24)), &device).unwrap();
        writer.output(1, b"first").unwrap();
        writer.checkpoint().unwrap();
        Rig {
            shelf,
            bucket: Arc::new(bucket),
            device: Arc::new(device),
            writer,
            _dir: dir,
        }
    }

    async fn push(&self) -> Push {
        let push = Push::open(self.bucket.clone(), self.device.clone(), self.writer.path()).await;
        push.unwrap().unwrap()
    }

    fn grow(&mut self) {
        self.writer.output(2, b"second").unwrap();
        self.writer.checkpoint().unwrap();
    }

    /// Ends it and sends the rest; the store has it byte for byte.
    async fn complete(self) {
        let path = self.writer.path().to_owned();
        let mut push = Push::open(self.bucket.clone(), self.device.clone(), &path)
            .await
            .unwrap()
            .unwrap();
        self.writer.end(3, End::default()).unwrap();
        assert_eq!(push.advance(true).await.unwrap(), Sent::All);
        assert!(self.shelf.segments().concat() == std::fs::read(&path).unwrap());
        assert_eq!(
            push.standing().parts.len(),
            self.shelf.segments().len(),
            "the journal knows each"
        );
    }
}

#[tokio::test]
async fn a_try_that_the_client_itself_repeats_is_ours() {
    let rig = Rig::new().await;
    rig.shelf.loses_an_answer.store(true, Ordering::Relaxed);
    let mut push = rig.push().await;
    assert_eq!(push.advance(true).await.unwrap(), Sent::Waiting);
    assert_eq!(push.standing().parts.len(), 1);
    drop(push);
    rig.complete().await;
}

#[tokio::test]
async fn what_was_begun_is_sent_again_as_it_was_though_the_recording_has_grown() {
    let mut rig = Rig::new().await;
    let mut push = rig.push().await;
    assert_eq!(push.advance(true).await.unwrap(), Sent::Waiting);
    drop(push);
    // The answer was lost with the process: the journal knows only that it was about to send.
    let journal = rig.writer.path().with_extension("upload");
    let text = std::fs::read_to_string(&journal).unwrap();
    let kept: String = text
        .lines()
        .filter(|line| !line.contains("\"stored\""))
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(kept.contains("\"sending\"") && kept.len() < text.len(), "{text}");
    std::fs::write(&journal, kept).unwrap();
    rig.grow();
    let mut push = rig.push().await;
    assert_eq!(push.advance(true).await.unwrap(), Sent::Waiting);
    assert_eq!(push.standing().parts.len(), 2);
    drop(push);
    rig.complete().await;
}

#[tokio::test]
async fn what_another_put_there_is_never_taken_for_ours() {
    let rig = Rig::new().await;
    let mut push = rig.push().await;
    let key = format!("/team/{}", Bucket::segment_key(&push.folder, 1));
    let theirs = Bytes::from_static(b"theirs");
    rig.shelf.objects.lock().unwrap().insert(key, theirs);
    for _ in 0..2 {
        assert!(push.advance(true).await.unwrap_err().is_denied());
    }
    drop(push);
    let mut push = rig.push().await;
    assert!(push.advance(true).await.unwrap_err().is_denied());
    assert_eq!(push.standing().parts.len(), 0);
}
