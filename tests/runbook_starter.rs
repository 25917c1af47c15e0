//! The pages that come with the program, each carried out as its users do: previewed with nothing wanting, every check run
//! on a simulated machine, and changes where the machine's own namespace bears them.
//!
//! What stands in for what a small Linux has not is a few lines of sh: `systemctl` and its like on the machine, `aws` here,
//! which takes the options of the real one for what only looks and answers with a word. Everything else is real.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Mutex;

use pty::Terminal;
use pty::cloud::{Sim, shop};
use pty::home::Home;
use quarterdeck::runbook::builtin;
use quarterdeck::runbook::run::journal;
use quarterdeck::runbook::run::record::Record;
use quarterdeck::sim::agent::Isolation;
use serde_json::Value;

/// Of every variable of every page.
const VALUES: &[(&str, &str)] = &[
    ("app", "/home/ssm-user/web"),
    (
        "certificate_arn",
        "arn:aws:acm:us-east-1:613489207754:certificate/11111111-2222-3333-4444-555555555555",
    ),
    ("check_path", "/health"),
    ("database", "orders"),
    ("days", "2"),
    ("device", "/dev/sdf"),
    ("domain", "localhost"),
    ("file", "/home/ssm-user/app.log"),
    ("folder", "/home/ssm-user/spool"),
    ("gigabytes", "200"),
    ("group_id", "sg-0123456789abcdef1"),
    ("host", "localhost"),
    ("load_balancer", "app/web/0123456789abcdef"),
    ("mount", "/tmp"),
    ("new_file", "/home/ssm-user/new.pem"),
    ("path", "/tmp"),
    ("pid", "1"),
    ("port", "8080"),
    ("profile_name", "ssm-managed"),
    ("release", "v1"),
    ("replica", "orders-replica"),
    ("source", "orders"),
    (
        "target_group_arn",
        "arn:aws:elasticloadbalancing:us-east-1:613489207754:targetgroup/web/0123456789abcdef",
    ),
    ("ticket", "CHG-7"),
    ("unit", "web.service"),
    ("volume_id", "vol-0123456789abcdef1"),
];

/// What another page calls by the same name.
const OF_PAGE: &[(&str, &str, &str)] = &[
    (
        "certificate/file-certificate-expiring.md",
        "file",
        "/home/ssm-user/old.pem",
    ),
    ("ec2/port-unreachable.md", "source", "10.0.0.0/16"),
    ("ebs/grow-a-volume.md", "device", "/dev/nvme0n1"),
];

/// What the simulated machine does before its shell begins: programs that it lacks, and something to look at.
const MACHINE: &str = r#"
mkdir -p ~/bin ~/spool ~/web/releases/v1 ~/web/releases/v2
stand_in() { printf '#!/bin/sh\n%s\n' "$2" > ~/bin/"$1"; chmod +x ~/bin/"$1"; }
stand_in sudo 'exec "$@"'
stand_in systemctl 'echo "systemctl $*" >> ~/asked; case $1 in is-active) echo active ;; *) echo "unit of $1" ;; esac'
for name in journalctl timedatectl chronyc resolvectl dig sar iostat curl growpart; do stand_in $name 'echo "$0 $*"'; done
ln -sfn releases/v2 ~/web/current
for n in 1 2 3 4 5; do echo "$n timeout after $n ms"; done > ~/app.log
touch -d '9 days ago' ~/spool/a ~/spool/b; touch ~/spool/new
echo old > /tmp/web.log.1; touch -d '9 days ago' /tmp/web.log.1
for name in old new; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=web \
  -addext subjectAltName=DNS:web -keyout ~/$name.key -out ~/$name.pem 2>/dev/null; done
export PATH=$HOME/bin:$PATH
exec bash --norc
"#;

/// `aws` as far as the pages' checks go: what it is asked is written down, what changes anything is refused.
const AWS: &str = r#"#!/bin/sh
printf '%s\0' "$@" >> "$AWS_ASKED"; printf '\n' >> "$AWS_ASKED"
case "$2" in describe-*|get-*|list-*|lookup-*|wait) ;; *) echo "aws: $1 $2 changes something" >&2; exit 252 ;; esac
for word in "$@"; do case $word in ''|*'{{'*|*'<'*) echo "aws: not filled in: $word" >&2; exit 252 ;; esac; done
case "$1 $2" in
  "sts get-caller-identity") echo 613489207754 ;;
  "ssm describe-instance-information") echo Online ;;
  "ec2 describe-volumes-modifications") echo completed ;;
  "rds describe-db-instances") echo available ;;
  *) echo "$1 $2" ;;
esac
"#;

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
        std::fs::write(bin.join("aws"), AWS).unwrap();
        std::fs::set_permissions(bin.join("aws"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let sim = Sim::start(&home, &shop(), &["--isolate", "--shell", MACHINE]);
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        Rig { home, sim, path }
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

    fn qd(&self, args: &[String]) -> Command {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut command = self.sim.qd(&self.home, &args);
        command.env("PATH", &self.path).env("AWS_ASKED", self.asked());
        command
    }

    fn run(&self, page: &str, more: &[&str]) -> Output {
        self.qd(&arguments(page, more)).output().unwrap()
    }
}

/// The page on the simulated machine, with a value for everything that the machine does not tell.
fn arguments(page: &str, more: &[&str]) -> Vec<String> {
    let mut args: Vec<String> = ["runbooks", "run", page, "--on", "checkout"]
        .map(str::to_owned)
        .into();
    args.extend(more.iter().map(|word| word.to_string()));
    let mut values: BTreeMap<&str, &str> = VALUES.iter().copied().collect();
    values.extend(
        OF_PAGE
            .iter()
            .filter(|(of, ..)| *of == page)
            .map(|(_, name, value)| (*name, *value)),
    );
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
        let out = rig.run(page, &["--dry-run", "--json"]);
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

#[test]
fn every_check_of_every_page_is_carried_out_on_a_simulated_machine() {
    let rig = Rig::start();
    if !rig.is_isolated() {
        return;
    }
    let ran = Mutex::new(0);
    let wrong = each(&starters(), |page| {
        let out = rig.run(page, &["--checks", "--yes", "--json"]);
        let text = said(&out);
        if out.status.code() != Some(0) {
            return Err(text);
        }
        let lines = std::str::from_utf8(&out.stdout).unwrap().lines();
        let events: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
        let ended = events.iter().filter(|event| event["event"] == "ended");
        let good = ended.filter(|event| event["outcome"] == "success").count();
        let (_, source) = builtin::ALL.iter().find(|(name, _)| *name == page).unwrap();
        let checks = source.matches(" kind=check").count();
        if good != checks {
            return Err(format!("{good} of {checks} checks were carried out\n{text}"));
        }
        // A program that is there and is called wrongly says so, and one that is not there would have been missed.
        for wrong in [
            "not found",
            "yntax error",
            "nvalid option",
            "nrecognized option",
            "sage:",
            "not filled in",
        ] {
            if let Some(line) = text.lines().find(|line| line.contains(wrong)) {
                return Err(line.to_owned());
            }
        }
        *ran.lock().unwrap() += good;
        Ok(())
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let ran = ran.into_inner().unwrap();
    assert!(ran > 100, "{ran}");
    let asked = std::fs::read(rig.asked()).unwrap();
    let asked = asked.iter().filter(|byte| **byte == b'\n').count();
    eprintln!(
        "{ran} checks of {} pages, {asked} of them questions to AWS",
        starters().len()
    );
    assert!(asked > 40, "{asked}");
    assert_eq!(rig.sim.left_open("us-east-1").len(), 0);
}

/// Pages whose changes a namespace bears: the step that shows it, and what it prints then.
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
    ("disk/runaway-log.md", "calm", "\n0\n0\n"),
    ("host/failed-unit.md", "stands", "active"),
];

#[test]
fn changes_that_a_namespace_bears_are_made_there() {
    let rig = Rig::start();
    if !rig.is_isolated() {
        return;
    }
    let pages: Vec<&str> = CHANGED.iter().map(|(page, ..)| *page).collect();
    let wrong = each(&pages, |page| {
        let home = Home::new();
        let args = arguments(page, &[]);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let command = rig.sim.console(&home, &args).env("PATH", &rig.path);
        let mut terminal = Terminal::start(command.env("AWS_ASKED", rig.asked()), 120, 50);
        let mut answered = 0;
        loop {
            terminal.wait_until("a question", |_, raw| is_over(raw) || questions(raw) > answered);
            if is_over(&terminal.raw) {
                break;
            }
            answered += 1;
            let Some(words) = wanted(&terminal.raw) else {
                return Err(terminal.text());
            };
            terminal.send(format!("{words}\r").as_bytes());
        }
        if terminal.wait_code() != 0 {
            return Err(terminal.text());
        }
        let (_, step, words) = CHANGED.iter().find(|(of, ..)| *of == page).unwrap();
        let printed = printed(&home, step);
        printed.contains(words).then_some(()).ok_or(printed)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(rig.sim.left_open("us-east-1").len(), 0);
}

fn is_over(raw: &[u8]) -> bool {
    pty::contains(raw, b"is done\r\n") || pty::contains(raw, b"goes on with it")
}

fn questions(raw: &[u8]) -> usize {
    String::from_utf8_lossy(raw).matches("ends the run:").count()
}

/// What the last question wants typed; nothing answers a failure.
fn wanted(raw: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(raw);
    let question = text.rsplit('\n').find(|line| line.contains("ends the run:"))?;
    match question.trim_start().strip_prefix("type ") {
        Some(rest) => rest.split(" to run it").next().map(str::to_owned),
        None if question.contains("tries again") => None,
        None => Some(String::new()),
    }
}

/// What a step of the last run printed, as the journal has it.
fn printed(home: &Home, wanted: &str) -> String {
    let run = journal::find(&home.data_dir(), "last").unwrap();
    let lines = journal::load(&home.data_dir(), &run).unwrap();
    let kept = lines.into_iter().find_map(|line| match line.record {
        Record::Ended { step, output, .. } if step == wanted => output,
        _ => None,
    });
    let folder = journal::folder(&home.data_dir()).join(&run);
    std::fs::read_to_string(folder.join(kept.unwrap().file)).unwrap()
}
