//! The Forwards panel: a tunnel that the configuration names, started and stopped with one key, carrying a real
//! client's bytes in between.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::fleet::TWO_REGIONS;
use super::pty::Terminal;
use super::pty::cloud::Sim;
use super::pty::home::Home;

/// A port that nothing listens on at this moment.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Gives back what it gets, a connection at a time.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut from = stream.try_clone().unwrap();
            thread::spawn(move || std::io::copy(&mut from, &mut stream));
        }
    });
    port
}

fn configured(home: &Home, forwards: &str) -> String {
    let file = home.path().join("mine.toml");
    std::fs::write(&file, forwards).unwrap();
    file.to_str().unwrap().to_owned()
}

fn console(home: &Home, sim: &Sim, forwards: &str) -> Terminal {
    let file = configured(home, forwards);
    let args = ["--config", &file, "--region", "us-east-1"];
    Terminal::start(sim.console(home, &args), 140, 30)
}

#[test]
fn a_named_tunnel_is_started_with_one_key_carries_bytes_and_gives_its_port_back() {
    let home = Home::new();
    let sim = Sim::start(&home, TWO_REGIONS, &[]);
    let (local, remote) = (free_port(), echo());
    let named = format!(
        "[[forwards]]\nname = \"orders\"\ntarget = \"checkout-02\"\nspec = \"{local}:{remote}\"\n\n\
         [[forwards]]\nname = \"taken\"\ntarget = \"checkout-01\"\nspec = \"{remote}:5432\"\n"
    );
    let mut terminal = console(&home, &sim, &named);
    terminal.wait_for("Needs an eye");
    terminal.expect("9", "▌orders");
    terminal.wait_for("· stopped");
    terminal.expect("<enter>", "● connected");
    terminal.wait_for("9 Forwards 1");
    let mut client = TcpStream::connect(("127.0.0.1", local)).unwrap();
    client.write_all(b"to the remote and back").unwrap();
    let mut back = [0; 22];
    client.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"to the remote and back");
    // The connection is in the list, with what went each way.
    let peer = client.local_addr().unwrap().to_string();
    terminal.wait_for(&peer);
    terminal.wait_for("22 B up, 22 B down");
    // The port of another program is a row's state and a notice with its holder and the way out.
    terminal.type_keys("j<enter>");
    terminal.wait_for("✗ not bound: ");
    terminal.wait_for(&format!("127.0.0.1:{remote} is in use by"));
    terminal.wait_for("name another local port");
    // A connection is open: asked before it is cut.
    terminal.expect("k<enter>", "1 connection is cut off.");
    terminal.type_keys("y");
    terminal.wait_gone("● connected");
    terminal.wait_for("· stopped");
    assert!(matches!(client.read(&mut back), Ok(0) | Err(_)));
    drop(TcpListener::bind(("127.0.0.1", local)).unwrap());
    // AWS has been told, though it may still be at it.
    let open = sim.sessions("us-east-1", false);
    assert!(open.iter().all(|row| row.status == "Terminating"), "{open:?}");
}

#[test]
fn leaving_asks_about_open_tunnels_and_ends_them_at_aws() {
    let home = Home::new();
    let sim = Sim::start(&home, TWO_REGIONS, &[]);
    let remote = echo();
    let mut terminal = console(&home, &sim, "");
    terminal.wait_for("Needs an eye");
    terminal.expect("2", "checkout-03");
    terminal.wait_gone("asking every region");
    terminal.expect("p", "forward which port of checkout-01?");
    terminal.type_keys(&format!("0:{remote}<enter>"));
    terminal.wait_for("● connected");
    assert_eq!(sim.sessions("us-east-1", false).len(), 1);
    terminal.expect("q", "1 tunnel is open without a connection");
    terminal.type_keys("y");
    assert_eq!(terminal.wait_code(), 0);
    assert!(sim.sessions("us-east-1", false).is_empty());
    let kinds: Vec<_> = home.recordings().iter().map(|row| row["state"].clone()).collect();
    assert_eq!(kinds, ["sealed"]);
}
