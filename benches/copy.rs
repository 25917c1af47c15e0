//! `qd cp` as a user types it, against the simulator's agent with its own pauses: MB/s of file content, start and end of the
//! session included, for a download over split streams, the same shared by sessions, and an upload into a terminal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// MB/s of content that a download must reach.
const BAR: f64 = 10.0;
const DOWNLOAD: usize = 100_000_000;
const UPLOAD: usize = 20_000_000;
const ROUNDS: usize = 3;

const FLEET: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1"]
payer = true

[[instances]]
name = "web"
regions = ["us-east-1"]
agent = "online"
tags = { env = "test" }
"#;

struct Sim(Child, Vec<(&'static str, String)>);

impl Sim {
    fn start(home: &Path, args: &[&str]) -> Sim {
        let fleet = home.join("fleet.toml");
        std::fs::write(&fleet, FLEET).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_qd"))
            .args(["sim", "--fleet"])
            .arg(&fleet)
            .args(args)
            .env("HOME", home)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        let variables = vec![
            ("AWS_ENDPOINT_URL", text("endpoint_url")),
            ("AWS_ACCESS_KEY_ID", text("access_key_id")),
            ("AWS_SECRET_ACCESS_KEY", text("secret_access_key")),
            ("AWS_REGION", text("region")),
        ];
        Sim(child, variables)
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.0.id() as i32);
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.0.wait();
    }
}

/// MB/s of one copy; its sum must be that of the source.
fn copy(sim: &Sim, home: &Path, args: &[&str], content: &[u8], to: &Path) -> f64 {
    let _ = std::fs::remove_file(to);
    let began = Instant::now();
    let out = Command::new(env!("CARGO_BIN_EXE_qd"))
        .arg("--data-dir")
        .arg(home.join("data"))
        .arg("cp")
        .args(args)
        .env("HOME", home)
        .envs(sim.1.iter().cloned())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let took = began.elapsed().as_secs_f64();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let got = std::fs::read(to).unwrap();
    assert_eq!(Sha256::digest(&got), Sha256::digest(content));
    content.len() as f64 / 1e6 / took
}

fn rounds(says: &str, mut one: impl FnMut() -> f64) -> f64 {
    let mut figures: Vec<f64> = (0..ROUNDS).map(|_| one()).collect();
    figures.sort_by(f64::total_cmp);
    println!(
        "{says}: {:.1} MB/s in the middle, {:.1} to {:.1}",
        figures[ROUNDS / 2],
        figures[0],
        figures[ROUNDS - 1]
    );
    let _ = std::io::stdout().flush();
    figures[ROUNDS / 2]
}

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    let content: Vec<u8> = rand::random_iter::<u8>().take(DOWNLOAD).collect();
    let (far, near) = (home.join("far"), home.join("near"));
    std::fs::write(&far, &content).unwrap();
    let remote = |path: &Path| format!("web:{}", path.display());
    let from = remote(&far);
    let sim = Sim::start(home, &[]);
    let mut down = 0.0;
    for sessions in ["1", "2", "4"] {
        let says = format!("download, {} MB, sessions {sessions}", DOWNLOAD / 1_000_000);
        let figure = rounds(&says, || {
            let args = ["--sessions", sessions, from.as_str(), near.to_str().unwrap()];
            copy(&sim, home, &args, &content, &near)
        });
        down = f64::max(down, figure);
    }
    let small = &content[..UPLOAD];
    std::fs::write(&near, small).unwrap();
    let up = home.join("up");
    let to = remote(&up);
    rounds(&format!("upload, {} MB", UPLOAD / 1_000_000), || {
        copy(&sim, home, &[near.to_str().unwrap(), &to], small, &up)
    });
    drop(sim);
    let slow = Sim::start(home, &["--faults", "channel.delay=40ms"]);
    let part = &content[..UPLOAD];
    std::fs::write(&far, part).unwrap();
    for sessions in ["1", "2", "4"] {
        rounds(&format!("download, 40 ms of delay, sessions {sessions}"), || {
            let args = ["--sessions", sessions, from.as_str(), near.to_str().unwrap()];
            copy(&slow, home, &args, part, &near)
        });
    }
    println!(
        "bar: {BAR} MB/s of content: {}",
        if down >= BAR { "holds" } else { "MISSED" }
    );
    assert!(down >= BAR);
}
