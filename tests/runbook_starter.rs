//! The pages that come with the program, each carried out as its users do: previewed with nothing wanting, then run whole on
//! a simulated machine by somebody who types what is asked. Those about costs, which a finding fills in, are in `costs`.
//!
//! What stands in for what a small Linux has not is a few lines of sh on the machine: `systemctl` and its like. `aws` is a small
//! client of the simulator's (`client`), which sends what the page says, and prints what the simulator answers; the real one
//! carries the same pages out in tests/peer/starter. All else is real: session, shell, files, processes, confirmations,
//! journal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "runbook_starter/client.rs"]
mod client;
#[path = "runbook_starter/costs.rs"]
mod costs;
mod pty;
#[path = "runbook_starter/words.rs"]
mod words;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pty::Terminal;
use pty::cloud::Sim;
use pty::home::Home;
use quarterdeck::runbook::builtin;
use quarterdeck::runbook::plan::{BadGiven, Plan};
use quarterdeck::runbook::run::journal;
use quarterdeck::runbook::run::record::{Line, Outcome, Record};
use quarterdeck::sim::agent::Isolation;
use serde_json::Value;

/// Of every variable of every page that the world does not tell.
const VALUES: &[(&str, &str)] = &[
    ("app", "/home/ssm-user/web"),
    ("check_path", "/health"),
    ("database", "orders"),
    ("days", "2"),
    ("device", "/dev/sdf"),
    ("domain", "pay.larkfield.example"),
    ("file", "/home/ssm-user/app.log"),
    ("folder", "/home/ssm-user/spool"),
    ("gigabytes", "600"),
    ("host", "localhost"),
    ("mount", "/tmp"),
    ("new_file", "/home/ssm-user/new.pem"),
    ("path", "/tmp"),
    ("pid", "300"),
    ("port", "8080"),
    ("profile_name", "ssm-managed"),
    ("release", "v1"),
    ("replica", "orders-replica"),
    ("source", "orders"),
    ("ticket", "CHG-7"),
    ("unit", "web.service"),
];

/// What another page calls by the same name.
const OF_PAGE: &[(&str, &str, &str)] = &[
    (
        "certificate/file-certificate-expiring.md",
        "file",
        "/home/ssm-user/old.pem",
    ),
    ("certificate/file-certificate-expiring.md", "domain", "localhost"),
    ("ec2/port-unreachable.md", "source", "10.1.0.0/16"),
    ("ebs/grow-a-volume.md", "device", "/dev/nvme0n1"),
];

/// Pages that are about another machine than the service's.
const ON: &[(&str, &str)] = &[
    ("ebs/grow-a-volume.md", "orders-db"),
    ("ebs/snapshot-before-change.md", "orders-db"),
    ("ebs/volume-stuck-attaching.md", "orders-db"),
    ("ebs/volume-throughput.md", "orders-db"),
    ("ssm/agent-connection-lost.md", "bastion"),
];

const FLEET: &str = include_str!("peer/starter/fleet.toml");
const MACHINE: &str = include_str!("runbook_starter/machine.sh");

/// A page may look twice, half a minute apart, whether a change is over.
const PATIENCE: Duration = Duration::from_secs(90);

/// A simulator of its own for a page, so that what another changes is not in its way.
struct Rig {
    home: Home,
    sim: Sim,
    path: String,
}

impl Rig {
    fn start() -> Rig {
        let home = Home::new();
        let bin = home.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::fs::write(bin.join("aws"), client::PROGRAM).unwrap();
        std::fs::set_permissions(bin.join("aws"), std::fs::Permissions::from_mode(0o755)).unwrap();
        // What pages about costs find besides: the program itself, and a `dig` that asks nobody.
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_qd"), bin.join("qd")).unwrap();
        std::fs::write(bin.join("dig"), "#!/bin/sh\necho allowed.partner.example.\n").unwrap();
        std::fs::set_permissions(bin.join("dig"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let sim = Sim::start(&home, FLEET, &["--isolate", "--shell", MACHINE]);
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        Rig { home, sim, path }
    }

    /// What `aws` says, asked from here.
    fn aws(&self, words: &str) -> String {
        let account = &self.sim.line["accounts"][0];
        let field = |name: &str| account[name].as_str().unwrap().to_owned();
        let keys = client::Keys {
            endpoint: self.sim.text("endpoint_url"),
            id: field("access_key_id"),
            secret: field("secret_access_key"),
        };
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        client::answer(&keys, &words).unwrap_or_else(|bad| panic!("{}: {bad}", words.join(" ")))
    }

    /// What pages ask for and the world knows.
    fn ids(&self) -> BTreeMap<&'static str, String> {
        let database = self.aws("ec2 describe-instances --filters Name=tag:Name,Values=orders-db");
        let service = self.aws("ec2 describe-instances --filters Name=tag:Name,Values=checkout");
        let groups = self.aws("elbv2 describe-target-groups");
        let certificates: Value = serde_json::from_str(&self.aws("acm list-certificates")).unwrap();
        let mut certificates = certificates["CertificateSummaryList"].as_array().unwrap().iter();
        let certificate = certificates
            .find(|one| one["DomainName"] == "pay.larkfield.example")
            .unwrap();
        let group = all(&groups, "TargetGroupArn")
            .into_iter()
            .find(|arn| arn.contains("/checkout/"))
            .unwrap();
        let balancer = all(&groups, "member")
            .into_iter()
            .find_map(|arn| {
                Some(arn.split_once("loadbalancer/")?.1.to_owned()).filter(|name| name.contains("/checkout/"))
            })
            .unwrap();
        [
            (
                "certificate_arn",
                certificate["CertificateArn"].as_str().unwrap().to_owned(),
            ),
            ("group_id", all(&service, "groupId").remove(0)),
            ("load_balancer", balancer),
            ("target_group_arn", group),
            ("volume_id", all(&database, "volumeId").pop().unwrap()),
        ]
        .into()
    }

    /// Pages find their files only on a machine of its own.
    fn is_isolated(&self) -> bool {
        let is = Isolation::probe(Some(env!("CARGO_BIN_EXE_qd").as_ref())) != Isolation::None;
        if !is {
            eprintln!("skipped: shells cannot be isolated here");
        }
        is
    }

    fn asked(&self) -> PathBuf {
        self.home.path().join("asked")
    }

    fn run_in(&self, home: &Home, page: &str, more: &[&str]) -> Output {
        let args = arguments(page, &self.ids(), more);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut command = self.sim.qd(home, &args);
        command.envs(self.around());
        command.output().unwrap()
    }

    /// What `aws` on the path needs to find its way back here.
    fn around(&self) -> [(&'static str, std::ffi::OsString); 3] {
        [
            ("PATH", self.path.clone().into()),
            ("AWS_ASKED", self.asked().into()),
            ("AWS_CLIENT", std::env::current_exe().unwrap().into()),
        ]
    }
}

/// The text of every XML element of a name that holds text.
fn all(text: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = text.split(&open).skip(1);
    let inside = parts.filter_map(|rest| Some(rest.split_once(&close)?.0.to_owned()));
    inside.filter(|text| !text.contains('<')).collect()
}

/// The page on the simulated machine, with a value for everything that the machine does not tell.
fn arguments(page: &str, ids: &BTreeMap<&'static str, String>, more: &[&str]) -> Vec<String> {
    let machine = ON
        .iter()
        .find(|(of, _)| *of == page)
        .map_or("checkout", |(_, on)| *on);
    let mut args: Vec<String> = ["runbooks", "run", page, "--on", machine]
        .map(str::to_owned)
        .into();
    args.extend(more.iter().map(|word| word.to_string()));
    let mut values: BTreeMap<&str, &str> = VALUES.iter().copied().collect();
    values.extend(ids.iter().map(|(name, value)| (*name, value.as_str())));
    values.extend(
        OF_PAGE
            .iter()
            .filter(|(of, ..)| *of == page)
            .map(|(_, name, value)| (*name, *value)),
    );
    // A page refuses values that it has no use for.
    let (_, text) = builtin::ALL.iter().find(|(name, _)| *name == page).unwrap();
    let plan = Plan::parse(Path::new(page), page, text).unwrap();
    let is_strange = |bad: &BadGiven| matches!(bad, BadGiven::Stranger(..) | BadGiven::Own(_));
    values.retain(|name, value| !plan.accepts(name, value).is_err_and(|bad| is_strange(&bad)));
    for (name, value) in values {
        args.push("--set".into());
        args.push(format!("{name}={value}"));
    }
    args
}

fn starters() -> Vec<&'static str> {
    let names = builtin::ALL.iter().map(|(name, _)| *name);
    names.filter(|name| !name.starts_with("costs/")).collect()
}

fn said(out: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    )
}

/// Each page, four at a time; what it returns is of those that went wrong.
fn each(pages: &[&'static str], work: impl Fn(&'static str) -> Result<(), String> + Sync) -> Vec<String> {
    let rest = Mutex::new(pages.to_vec());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(page) = { rest.lock().unwrap().pop() } {
                    if let Err(why) = work(page) {
                        wrong.lock().unwrap().push(format!("{page}: {why}"));
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

#[test]
fn every_page_is_previewed_with_nothing_wanting_and_nothing_in_its_way() {
    let rig = Rig::start();
    let wrong = each(&starters(), |page| {
        let out = rig.run_in(&rig.home, page, &["--dry-run", "--json"]);
        if out.status.code() != Some(0) {
            return Err(said(&out));
        }
        let preview: Value = serde_json::from_slice(&out.stdout).map_err(|bad| bad.to_string())?;
        let steps = preview["steps"].as_array().ok_or("no steps")?;
        for step in steps {
            let wanting = step["targets"].as_array().into_iter().flatten();
            let wanting: Vec<&Value> = wanting.map(|target| &target["missing"]).collect();
            let is_whole = wanting.iter().all(|missing| **missing == serde_json::json!([]));
            if !step["blocked"].is_null() || !is_whole {
                return Err(format!("{step:#}"));
            }
        }
        let changes = steps.iter().filter(|step| step["kind"] == "change");
        let unasked = changes.filter(|step| step["confirm"] == "none").count();
        (unasked == 0)
            .then_some(())
            .ok_or_else(|| "a change is not asked about".into())
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!rig.asked().exists(), "a preview runs nothing");
}

fn plan(page: &str) -> Plan {
    let (_, text) = builtin::ALL.iter().find(|(name, _)| *name == page).unwrap();
    Plan::parse(Path::new(page), page, text).unwrap()
}

/// A program that is called wrongly says so, and so does a shell that does not find it.
fn puzzled(text: &str) -> Option<&str> {
    let printed = text
        .lines()
        .filter(|line| !line.trim_start().starts_with(['$', '{']));
    let signs = [
        "not found",
        "yntax error",
        "nvalid option",
        "nrecognized option",
        "not filled in",
    ];
    printed
        .into_iter()
        .find(|line| signs.iter().any(|sign| line.contains(sign)))
}

/// Steps that show what was changed, and what they print then.
const CHANGED: &[(&str, &str, &str)] = &[
    (
        "certificate/file-certificate-expiring.md",
        "replaced",
        "Certificate will not expire",
    ),
    ("deploy/roll-back-a-release.md", "is-back", "releases/v1"),
    (
        "disk/filesystem-full.md",
        "compress",
        "replaced with /tmp/web.log.1.gz",
    ),
    ("disk/inodes-exhausted.md", "count", "2\n"),
    ("alb/target-5xx.md", "is-least", "least_outstanding_requests"),
    ("ebs/snapshot-before-change.md", "snapshot", "<status>pending<"),
    ("ebs/volume-throughput.md", "progress", "<targetIops>6000<"),
    (
        "ec2/cpu-credits-gone.md",
        "is-unlimited",
        "<cpuCredits>unlimited<",
    ),
    ("ec2/port-unreachable.md", "allowed", "<cidrIpv4>10.1.0.0/16<"),
    ("rds/storage-low.md", "grown", "<AllocatedStorage>600<"),
    (
        "ssm/agent-connection-lost.md",
        "attached",
        "\"PingStatus\":\"Online\"",
    ),
    ("ssm/patch-now.md", "compliant", "\"MissingCount\":0"),
    ("disk/runaway-log.md", "calm", "\n0\n0\n"),
    ("host/failed-unit.md", "stands", "active"),
];

#[test]
fn every_page_is_carried_out_whole_by_somebody_who_types_what_is_asked() {
    if !Rig::start().is_isolated() {
        return;
    }
    let pages = starters();
    let asked = AtomicUsize::new(0);
    let wrong = each(&pages, |page| {
        let rig = Rig::start();
        carry_out(&rig, page)?;
        let told = std::fs::read_to_string(rig.asked()).unwrap_or_default();
        asked.fetch_add(told.lines().count(), Ordering::Relaxed);
        match rig.sim.left_open("eu-west-1").len() {
            0 => Ok(()),
            open => Err(format!("{open} sessions are left open")),
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let asked = asked.into_inner();
    assert!(
        pages.len() >= 24 && asked > 60,
        "{} pages, {asked} questions to AWS",
        pages.len()
    );
}

/// A page to its end, and what it shows of what it changed.
fn carry_out(rig: &Rig, page: &str) -> Result<(), String> {
    let home = Home::new();
    play(rig, &home, page, &arguments(page, &rig.ids(), &[]), &[])?;
    for (_, step, words) in CHANGED.iter().filter(|(of, ..)| *of == page) {
        let printed = printed(&home, step);
        if !printed.contains(words) {
            return Err(printed);
        }
    }
    Ok(())
}

/// Runs `qd` to the end of a page; the steps in `without` are left out, and all others are a success.
fn play(rig: &Rig, home: &Home, page: &str, args: &[String], without: &[&str]) -> Result<(), String> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let command = rig.sim.console(home, &args).envs(rig.around());
    let mut terminal = Terminal::start(command, 120, 50);
    let mut answered = 0;
    loop {
        terminal.wait_longer(PATIENCE, "a question", |_, raw| {
            is_over(raw) || questions(raw) > answered
        });
        if is_over(&terminal.raw) {
            break;
        }
        answered += 1;
        let Some(words) = wanted(&terminal.raw, without) else {
            return Err(terminal.text());
        };
        terminal.send(format!("{words}\r").as_bytes());
    }
    let code = terminal.wait_code();
    let text = String::from_utf8_lossy(&terminal.raw).into_owned();
    if code != 0 || puzzled(&text).is_some() {
        return Err(text);
    }
    let steps = plan(page).steps.iter().filter(|step| !step.is_task()).count();
    let wanted = steps - without.len();
    if succeeded(home) != wanted {
        return Err(format!("{} of {wanted} steps\n{text}", succeeded(home)));
    }
    Ok(())
}

fn is_over(raw: &[u8]) -> bool {
    let text = String::from_utf8_lossy(raw);
    let mut lines = text.lines().filter(|line| line.starts_with("qd: run "));
    lines.any(|line| line.ends_with("is done")) || text.contains("goes on with it\r\n")
}

fn questions(raw: &[u8]) -> usize {
    String::from_utf8_lossy(raw).matches("ends the run:").count()
}

/// What the last question wants typed; nothing answers a failure, and what is to be left out is.
fn wanted(raw: &[u8], without: &[&str]) -> Option<String> {
    let text = String::from_utf8_lossy(raw);
    let asked = text.rsplit('\n').find_map(|line| line.strip_prefix("? "));
    let step = asked.and_then(|asked| asked.split(' ').next());
    if step.is_some_and(|step| without.contains(&step)) {
        return Some("s".into());
    }
    let question = text.rsplit('\n').find(|line| line.contains("ends the run:"))?;
    match question.trim_start().strip_prefix("type ") {
        Some(rest) => rest.split(" to run it").next().map(str::to_owned),
        None if question.contains("tries again") => None,
        None => Some(String::new()),
    }
}

fn lines(home: &Home) -> (String, Vec<Line>) {
    let run = journal::find(&home.data_dir(), "last").unwrap();
    let lines = journal::load(&home.data_dir(), &run).unwrap();
    (run, lines)
}

/// How many steps of the last run were a success, as the journal has it.
fn succeeded(home: &Home) -> usize {
    let is_good = |line: &Line| {
        let Record::Ended { outcome, .. } = &line.record else {
            return false;
        };
        *outcome == Outcome::Success
    };
    lines(home).1.iter().filter(|line| is_good(line)).count()
}

/// What a step of the last run printed, as the journal has it.
fn printed(home: &Home, wanted: &str) -> String {
    let (run, lines) = lines(home);
    let kept = lines.into_iter().find_map(|line| match line.record {
        Record::Ended { step, output, .. } if step == wanted => output,
        _ => None,
    });
    let folder = journal::folder(&home.data_dir()).join(&run);
    std::fs::read_to_string(folder.join(kept.unwrap().file)).unwrap()
}
