//! `qd forward` as a process: its lines, its exit codes, and nothing left behind.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::TryRecvError;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::pty::cloud::Sim;
use super::pty::home::Home;
use super::rig::{FLEET, PATIENCE};

/// A listener that sends back what it gets, on a thread.
fn echo_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut back = stream.try_clone().unwrap();
                let _ = std::io::copy(&mut stream, &mut back);
            });
        }
    });
    port
}

struct Forward {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Forward {
    fn start(mut command: Command) -> Forward {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Forward { child, lines }
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|bad| panic!("{bad}: {line:?}"))
    }

    fn until(&mut self, state: &str) -> Value {
        loop {
            let line = self.line();
            if line["state"] == state {
                return line;
            }
            assert!(line["state"] != "ended", "{line}");
        }
    }

    fn errors(&mut self) -> String {
        let mut says = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut says)
            .unwrap();
        says
    }

    /// Asked to end; the code and what it said.
    fn finish(&mut self, signal: Signal) -> (Option<i32>, String) {
        self.signal(signal);
        let says = self.errors();
        (self.child.wait().unwrap().code(), says)
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// AWS's ids of sessions that nobody has ended.
fn open_sessions(sim: &Sim) -> Vec<String> {
    let open = sim.sessions("us-east-1", false).into_iter();
    open.filter(|row| row.status != "Terminating")
        .map(|row| row.session_id)
        .collect()
}

fn echoes(address: &str, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut heard = vec![0; bytes.len()];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(heard, bytes);
    stream
}

#[test]
fn each_signal_ends_sessions_connections_and_recordings() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let remote = format!("0:{}", echo_server());
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let args = ["forward", "web", &remote, &remote, "--reason", "INC-7", "--json"];
        let mut forward = Forward::start(sim.qd(&home, &args));
        let bound = [forward.line(), forward.line()];
        for line in &bound {
            assert_eq!(
                (&line["state"], &line["target"]),
                (&"listening".into(), &sim.line["instances"][0])
            );
            assert_eq!(line["remote"], remote[2..]);
        }
        forward.until("connected");
        forward.until("connected");
        let held = echoes(bound[1]["listening"].as_str().unwrap(), b"through");
        assert_eq!(open_sessions(&sim).len(), 2);
        let (code, says) = forward.finish(signal);
        assert_eq!(code, Some(0), "{signal}: {says}");
        assert_eq!(open_sessions(&sim), Vec::<String>::new());
        assert!(home.recordings().iter().all(|row| row["state"] == "sealed"));
        drop(held);
    }
    assert_eq!(home.recordings().len(), 6);
}

#[test]
fn a_reader_that_has_had_enough_leaves_no_session_open() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let remote = format!("0:{}", echo_server());
    let args = [
        "forward", "web", &remote, &remote, "--lazy", "--reason", "INC-7", "--json",
    ];
    let mut child = sim.qd(&home, &args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let bound = [line(), line()].map(|line| line["listening"].as_str().unwrap().to_owned());
    let _held = echoes(&bound[0], b"through");
    while line()["state"] != "connected" {}
    assert_eq!(open_sessions(&sim).len(), 1);
    drop(lines);
    // What it would say of this one finds no reader.
    let _late = TcpStream::connect(&bound[1]).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(open_sessions(&sim), Vec::<String>::new());
    assert!(home.recordings().iter().all(|row| row["state"] == "sealed"));
}

#[test]
fn a_port_in_use_costs_no_session_and_is_named_with_its_holder() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let spec = format!("{}:80", taken.local_addr().unwrap().port());
    let out = sim
        .qd(&home, &["forward", "web", "0:80", &spec, "--reason", "x"])
        .output()
        .unwrap();
    let says = String::from_utf8_lossy(&out.stderr);
    assert_eq!(
        (out.status.code(), out.stdout.as_slice()),
        (Some(1), &b""[..]),
        "{says}"
    );
    assert!(says.contains("is in use by "), "{says}");
    assert!(says.contains(&format!("({})", std::process::id())), "{says}");
    assert_eq!(
        (sim.sessions("us-east-1", true), sim.sessions("us-east-1", false)),
        (vec![], vec![])
    );
    assert!(home.recordings().is_empty());
}

#[test]
fn what_cannot_be_read_or_may_not_be_done_has_its_exit_code() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    for (args, code, says) in [
        (&["web", "0:80:90:100:5"][..], 2, "no forwarding"),
        (&["web"], 2, "what to forward is missing"),
        (&["--all"], 2, "names no [[forwards]]"),
        (&["web", "0:80", "--read-only"], 3, "read-only"),
        (&["web", "0:80"], 3, "policy wants a reason"),
        (&["nobody", "0:80"], 5, "nobody"),
        (
            &["web", "0:169.254.169.254:80", "--reason", "x"],
            255,
            "may not be reached",
        ),
    ] {
        let out = sim.qd(&home, &["forward"]).args(args).output().unwrap();
        let error = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(code), "{args:?}: {error}");
        assert!(
            error.contains(says) && error.contains("hint: "),
            "{args:?}: {error}"
        );
    }
}

#[test]
fn tunnels_of_the_configuration_open_by_name_or_all_together() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let port = echo_server();
    let file = home.path().join("qd.toml");
    let config = format!(
        "[[forwards]]\nname = \"echo\"\ntarget = \"web\"\nspec = \"0:{port}\"\nreason = \"INC-7\"\n\n\
         [[forwards]]\nname = \"pair\"\ntarget = \"web\"\nspec = [\"0:{port}\", \"0:localhost:{port}\"]\nreason = \"INC-8\"\n"
    );
    std::fs::write(&file, config).unwrap();
    let config = file.display().to_string();
    for (args, count) in [(&["echo"][..], 1), (&["--all"], 3)] {
        let mut command = sim.qd(&home, &["forward", "--json", "--config", &config]);
        command.args(args);
        let mut forward = Forward::start(command);
        let bound: Vec<Value> = (0..count).map(|_| forward.line()).collect();
        for line in &bound {
            echoes(line["listening"].as_str().unwrap(), b"by name");
        }
        assert_eq!(forward.finish(Signal::SIGTERM).0, Some(0));
    }
    let reasons: Vec<Value> = home
        .recordings()
        .iter()
        .map(|row| row["reason"].clone())
        .collect();
    assert_eq!(reasons.iter().filter(|reason| **reason == "INC-8").count(), 2);
}

#[test]
fn a_strict_session_whose_connections_cannot_be_recorded_ends_within_a_second() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let remote = format!("0:{}", echo_server());
    let qd = sim.qd(&home, &["forward", "web", &remote, "--reason", "x", "--json"]);
    // Files may not grow beyond 8 KiB, which is how a full disk looks.
    let mut small = Command::new("sh");
    small
        .args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$@\"", "sh"])
        .arg(qd.get_program())
        .args(qd.get_args());
    small.env_clear().stdin(Stdio::null()).current_dir(home.path());
    small.envs(qd.get_envs().filter_map(|(name, value)| Some((name, value?))));
    small.process_group(0);
    let mut forward = Forward::start(small);
    let bound = forward.line();
    forward.until("connected");
    let session = open_sessions(&sim).remove(0);
    // It neither speaks nor reads, and must not keep the session open.
    let _idle = TcpStream::connect(bound["listening"].as_str().unwrap()).unwrap();
    let (tell, failed) = std::sync::mpsc::channel();
    let says = BufReader::new(forward.child.stderr.take().unwrap());
    std::thread::spawn(move || {
        let mut lines = says.lines().map_while(Result::ok);
        if lines.any(|line| line.contains("can no longer be recorded")) {
            tell.send(Instant::now()).unwrap();
        }
        // Whoever has more to say finds a reader.
        lines.for_each(drop);
    });
    let began = Instant::now();
    let failed_at = loop {
        match failed.try_recv() {
            Ok(at) => break at,
            Err(TryRecvError::Disconnected) => panic!("it never said so"),
            Err(TryRecvError::Empty) => assert!(began.elapsed() < PATIENCE, "it goes on"),
        }
        if let Ok(mut stream) = TcpStream::connect(bound["listening"].as_str().unwrap()) {
            let _ = stream.write_all(b"x");
            let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
            let _ = stream.read(&mut [0; 1]);
        }
    };
    while open_sessions(&sim).contains(&session) {
        assert!(failed_at.elapsed() < PATIENCE, "it goes on");
    }
    let took = failed_at.elapsed();
    assert!(took < Duration::from_secs(1), "it went on for {took:?}");
    forward.signal(Signal::SIGTERM);
    forward.child.wait().unwrap();
}
