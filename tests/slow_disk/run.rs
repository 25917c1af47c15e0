//! The same under commands on many instances and under runbooks, whose recordings are written beside what they do.

use super::*;

/// `qd run` on one machine; the command says something once the disk is stuck.
fn run(disk: &Disk, sim: &Sim, home: &Home, target: &str) -> Terminal {
    let targets = format!("name:{target}");
    let head = ["run", "--targets", &targets, "--reason", "INC-7", "--yes"];
    let script = "while [ ! -e stuck-write ]; do sleep 0.05; done; echo late-$((6*7)); sleep 0.1";
    let script = script.replace("stuck-write", &disk.write.display().to_string());
    let args: Vec<&str> = head.into_iter().chain(["--", &script]).collect();
    let mut terminal = disk.start(sim, home, &args);
    terminal.wait_for("is sent to 1 instance");
    terminal
}

#[test]
fn a_strict_run_is_over_while_the_disk_is_still_stuck() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let disk = Disk::new(home.path());
    let mut terminal = run(&disk, &sim, &home, "checkout");
    stop(&disk.write);
    terminal.wait_for("NOT RECORDED: the disk does not take the recording; it is cancelled");
    release(&disk.write);
    assert_eq!(terminal.wait_code(), 1);
    assert!(
        !contains(&terminal.raw, b"late-42"),
        "shown after it could not be recorded"
    );
    assert_eq!(
        signed_end(&home),
        "it can no longer be recorded: the disk does not take the recording"
    );
    assert_eq!(logged(&home, "session.recording.failed"), 1);
}

#[test]
fn another_run_goes_on_with_a_notice_and_a_gap() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let disk = Disk::new(home.path());
    let mut terminal = run(&disk, &sim, &home, "sandbox");
    stop(&disk.write);
    is_told_of_and_goes_on(&disk, &mut terminal, "", "late-42");
    assert_eq!(terminal.wait_code(), 0);
    marked(&home, "the disk does not take the recording");
}

/// A page whose second step says something now that the disk is stuck, and one behind it.
fn carry(disk: &Disk, sim: &Sim, home: &Home, args: &[&str]) -> Terminal {
    let waits = format!(
        "echo begun-$((6*7)); while [ ! -e {} ]; do sleep 0.05; done; echo late-$((6*7)); sleep 2",
        home.path().join("go").display()
    );
    let page = format!(
        "# Cool down\n\n```sh\necho ready-$((6*7))\n```\n\n```sh\n{waits}\n```\n\n```sh\necho last-$((6*7))\n```\n"
    );
    std::fs::write(home.path().join("page.md"), page).unwrap();
    let head = ["runbooks", "run", "page.md", "--yes", "--reason", "INC-8"];
    let args: Vec<&str> = head.iter().chain(args).copied().collect();
    let mut terminal = disk.start(sim, home, &args);
    terminal.wait_for("begun-42");
    stop(&disk.write);
    stop(&home.path().join("go"));
    terminal
}

/// The configuration says how programs of this machine are recorded.
fn local(home: &Home, mode: &str) {
    let dir = home.path().join("config/quarterdeck");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(
        dir.join("config.toml"),
        format!("[recording]\nmode = \"{mode}\"\n"),
    )
    .unwrap();
}

#[track_caller]
fn is_over_with_its_disk(disk: &Disk, home: &Home, mut terminal: Terminal, label: &str) {
    terminal.wait_for(&format!(
        "{label}: NOT RECORDED: the disk does not take the recording"
    ));
    release(&disk.write);
    terminal.wait_for("r tries again");
    terminal.type_keys("a<enter>");
    assert_eq!(terminal.wait_code(), 1);
    let screen = terminal.text();
    assert!(screen.contains("it can no longer be recorded"), "{screen}");
    for unwanted in ["late-42", "last-42"] {
        assert!(
            !contains(&terminal.raw, unwanted.as_bytes()),
            "{unwanted}: {screen}"
        );
    }
    assert_eq!(
        signed_end(home),
        "it can no longer be recorded: the disk does not take the recording"
    );
    assert_eq!(logged(home, "session.recording.failed"), 1);
}

#[track_caller]
fn goes_on(disk: &Disk, home: &Home, mut terminal: Terminal, label: &str) {
    is_told_of_and_goes_on(disk, &mut terminal, &format!("{label}: "), "last-42");
    assert_eq!(terminal.wait_code(), 0);
    marked(home, "the disk does not take the recording");
}

#[test]
fn a_strict_step_of_this_machine_is_over_while_the_disk_is_still_stuck() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let disk = Disk::new(home.path());
    local(&home, "strict");
    let terminal = carry(&disk, &sim, &home, &[]);
    is_over_with_its_disk(&disk, &home, terminal, "local");
}

#[test]
fn another_step_of_this_machine_goes_on_with_a_notice_and_a_gap() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let disk = Disk::new(home.path());
    let terminal = carry(&disk, &sim, &home, &[]);
    goes_on(&disk, &home, terminal, "local");
}

#[test]
fn a_strict_step_on_a_machine_of_the_fleet_is_over_at_aws() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let disk = Disk::new(home.path());
    let terminal = carry(&disk, &sim, &home, &["--on", "checkout"]);
    is_over_with_its_disk(&disk, &home, terminal, "checkout");
    assert!(sim.sessions("us-east-1", false).is_empty(), "still open at AWS");
}

#[test]
fn another_step_on_a_machine_of_the_fleet_goes_on_with_a_notice_and_a_gap() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let disk = Disk::new(home.path());
    let terminal = carry(&disk, &sim, &home, &["--on", "sandbox"]);
    goes_on(&disk, &home, terminal, "sandbox");
}
