//! `qd sim` and `qd forward` as processes of their own, and servers of this one behind them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

const QD: &str = env!("CARGO_BIN_EXE_qd");
const FLEET: &str = "[[accounts]]\nid = \"613489207754\"\nname = \"shop\"\nregions = [\"us-east-1\"]\n\
    [[instances]]\nname = \"web\"\nagent = \"online\"\n";

/// Asks it to end, and waits.
fn stop(child: &mut Child) {
    let _ = kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM);
    let _ = child.wait();
}

pub struct Sim {
    child: Child,
    said: Value,
    home: tempfile::TempDir,
}

impl Sim {
    pub fn start(args: &[&str]) -> Sim {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("fleet.toml");
        std::fs::write(&file, FLEET).unwrap();
        let mut child = Command::new(QD)
            .args(["sim", "--fleet"])
            .arg(file)
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Sim {
            child,
            said: serde_json::from_str(&line).unwrap(),
            home,
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

pub struct Forward {
    child: Child,
    pub address: String,
    _lines: BufReader<ChildStdout>,
}

impl Forward {
    /// Returns once it is connected.
    pub fn start(sim: &Sim, port: u16, sessions: usize) -> Forward {
        let of = |name: &str| sim.said[name].as_str().unwrap();
        let mut child = Command::new(QD)
            .args([
                "forward",
                "web",
                &format!("0:{port}"),
                "--json",
                "--reason",
                "bench",
            ])
            .args(["--sessions", &sessions.to_string(), "--data-dir"])
            .arg(sim.home.path().join("data"))
            .env_clear()
            .env("HOME", sim.home.path())
            .env("AWS_ENDPOINT_URL", of("endpoint_url"))
            .env("AWS_ACCESS_KEY_ID", of("access_key_id"))
            .env("AWS_SECRET_ACCESS_KEY", of("secret_access_key"))
            .env("AWS_REGION", of("region"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let address = loop {
            let mut line = String::new();
            lines.read_line(&mut line).unwrap();
            let said: Value = serde_json::from_str(&line).unwrap();
            if said["state"] == "connected" {
                break said["listening"].as_str().unwrap().to_owned();
            }
        };
        Forward {
            child,
            address,
            _lines: lines,
        }
    }

    pub fn dial(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// The most memory that was resident so far, in megabytes.
    pub fn peak_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0 / 1e6
    }

    /// User and system time so far, in seconds; Linux counts a hundred ticks to one.
    pub fn worked_s(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let after_name = stat.rsplit_once(") ").unwrap().1;
        let ticks = after_name.split(' ').skip(11).take(2);
        ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

/// A port of this process; each connection has a thread.
pub struct Server {
    pub port: u16,
}

impl Server {
    pub fn start(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, serve) = (stream.unwrap(), serve.clone());
                std::thread::spawn(move || serve(stream));
            }
        });
        Server { port }
    }

    pub fn echo(mut stream: TcpStream) {
        stream.set_nodelay(true).unwrap();
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            if stream.write_all(&buffer[..count]).is_err() {
                return;
            }
        }
    }
}
