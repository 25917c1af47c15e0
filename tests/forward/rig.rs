//! An embedded AWS, tunnels to ports of this machine, and the recordings they leave.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use quarterdeck::aws::{Cloud, Place, SessionQuery, Settings, StaticAccount};
use quarterdeck::forward::{Listener, Remote, Request, Spec, State, Tunnel};
use quarterdeck::recording::{Mode, Reader, What, verify};
use quarterdeck::sim::{Faults, FleetSpec, Options, Sim, agent};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

pub const PATIENCE: Duration = Duration::from_secs(20);

pub const FLEET: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1"]

[[instances]]
name = "web"
agent = "online"
tags = { env = "prod" }

[[instances]]
name = "old"
count = 16
agent = "old"
"#;

pub struct Rig {
    sim: Sim,
    pub cloud: Cloud,
    pub place: Place,
    pub data: tempfile::TempDir,
}

impl Rig {
    pub fn start() -> Rig {
        Rig::with(Faults::default())
    }

    pub fn with(faults: Faults) -> Rig {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("fleet.toml");
        std::fs::write(&file, FLEET).unwrap();
        let options = Options {
            fleet: FleetSpec::load(&file).unwrap(),
            faults,
            agent: agent::Options {
                pace: false,
                ..agent::Options::default()
            },
            ..Options::default()
        };
        let sim = Sim::start(options).unwrap();
        let account = sim.accounts().remove(0);
        let place = Place {
            profile: account.name.clone(),
            region: "us-east-1".into(),
        };
        let account = StaticAccount {
            name: account.name,
            id: account.id,
            access_key_id: account.access_key_id,
            secret_access_key: account.secret_access_key,
            session_token: None,
            regions: account.regions,
        };
        let cloud = Cloud::connect(Settings {
            endpoint_url: Some(sim.endpoint_url()),
            accounts: vec![account],
            ..Settings::default()
        });
        Rig {
            sim,
            cloud,
            place,
            data,
        }
    }

    pub fn request(&self, port: u16) -> Request {
        Request {
            cloud: self.cloud.clone(),
            place: self.place.clone(),
            account: "613489207754".into(),
            target: self.sim.first_line()["instances"][0].as_str().unwrap().to_owned(),
            name: "web".into(),
            tags: [("team".to_owned(), "payments".to_owned())].into(),
            agent_version: None,
            remote: Remote { host: None, port },
            reason: "INC-7".into(),
            mode: Mode::Strict,
            recipients: Default::default(),
            data_dir: self.data.path().join("data"),
            sessions: 1,
            lazy: false,
        }
    }

    /// An instance whose agent has that version.
    pub async fn instance_with(&self, version: &str) -> String {
        use futures_util::StreamExt;
        let mut batches = quarterdeck::fleet::fetch(&self.cloud);
        let mut roster = quarterdeck::fleet::Roster::default();
        while let Some(batch) = batches.next().await {
            roster.apply(batch);
        }
        let has = |node: &&quarterdeck::fleet::Node| node.agent_version.as_deref() == Some(version);
        roster.nodes.iter().find(has).unwrap().id.to_string()
    }

    pub async fn open(&self, request: Request) -> Tunnel {
        let spec: Spec = "0:1".parse().unwrap();
        Tunnel::open(Listener::bind(&spec.local, &[]).await.unwrap(), request)
    }

    /// AWS's ids of sessions that are open; one that is being ended has been told to.
    pub async fn active(&self) -> Vec<String> {
        use futures_util::StreamExt;
        let mut pages = self
            .cloud
            .fetch_sessions(&self.place, SessionQuery::default())
            .await;
        let mut ids = Vec::new();
        while let Some(page) = pages.next().await {
            let open = page
                .unwrap()
                .into_iter()
                .filter(|row| row.status != "Terminating");
            ids.extend(open.map(|row| row.session_id));
        }
        ids
    }

    pub fn recordings(&self) -> Vec<PathBuf> {
        recordings(&self.data.path().join("data"))
    }

    /// Fields of every connection on record, of recordings that verify.
    pub fn connections(&self) -> Vec<BTreeMap<String, String>> {
        let mut found = Vec::new();
        for path in self.recordings() {
            let verdict = verify(&path).unwrap();
            assert!(verdict.ok, "{}", verdict.says);
            for event in Reader::open(&path).unwrap().events().unwrap() {
                if let What::Marker(marker) = event.unwrap().what
                    && marker.kind == "connection"
                {
                    found.push(marker.fields);
                }
            }
        }
        found
    }
}

pub fn recordings(data_dir: &std::path::Path) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![data_dir.join("recordings")], Vec::new());
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).into_iter().flatten() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "osr") {
                found.push(path);
            }
        }
    }
    found
}

pub async fn dial(tunnel: &Tunnel) -> TcpStream {
    TcpStream::connect(&tunnel.listening()[0]).await.unwrap()
}

pub async fn until(tunnel: &Tunnel, what: &str, wanted: impl Fn(&State) -> bool) {
    let mut status = tunnel.status();
    let waited = timeout(PATIENCE, status.wait_for(|status| wanted(&status.state))).await;
    assert!(
        waited.is_ok_and(|found| found.is_ok()),
        "never {what}: {}",
        tunnel.status().borrow().state
    );
}

pub async fn read_exactly(stream: &mut (impl AsyncReadExt + Unpin), count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    timeout(PATIENCE, stream.read_exact(&mut bytes))
        .await
        .expect("it came to a halt")
        .unwrap();
    bytes
}

pub async fn echoes(stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin), bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
    assert!(read_exactly(stream, bytes.len()).await == bytes);
}

/// Sends back what it gets.
pub async fn echo_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    port
}
