//! The pages that come with the program, each carried out as its users do: previewed with nothing wanting, then run whole on
//! a simulated machine by somebody who types what is asked, or where that cannot be, every check before the first change.
//!
//! What stands in for what a small Linux has not is a few lines of sh: `systemctl` and its like on the machine, and `aws`
//! here, which answers with a word and changes nothing (tests/peer/awscli has the real one read the same commands). All else
//! is real: session, shell, files, processes, confirmations, journal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;

use pty::Terminal;
use pty::cloud::{Sim, shop};
use pty::home::Home;
use quarterdeck::runbook::builtin;
use quarterdeck::runbook::plan::{BadGiven, Plan};
use quarterdeck::runbook::run::journal;
use quarterdeck::runbook::run::record::{Line, Outcome, Record};
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
printf '[req]\ndistinguished_name = dn\n[dn]\n' > ~/openssl.cnf; export OPENSSL_CONF=$HOME/openssl.cnf
for name in old new; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=web \
  -addext subjectAltName=DNS:web -keyout ~/$name.key -out ~/$name.pem 2>/dev/null; done
export PATH=$HOME/bin:$PATH
exec bash --norc
"#;

/// `aws` as far as the pages go: what it is asked is written down, and it is puzzled by what is not filled in.
const AWS: &str = r#"#!/bin/sh
printf '%s\0' "$@" >> "$AWS_ASKED"; printf '\n' >> "$AWS_ASKED"
for word in "$@"; do case $word in ''|*'{{'*|*'<'*) echo "aws: not filled in: $word" >&2; exit 252 ;; esac; done
case "$1 $2" in
  "sts get-caller-identity") echo 613489207754 ;;
  "ssm describe-instance-information") echo Online ;;
  "ec2 describe-volumes-modifications") echo completed ;;
  "rds describe-db-instances") echo available ;;
  "ec2 get-console-screenshot") echo aGVsbG8= ;;
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

    fn run_in(&self, home: &Home, page: &str, more: &[&str]) -> Output {
        let args = arguments(page, more);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut command = self.sim.qd(home, &args);
        command.env("PATH", &self.path).env("AWS_ASKED", self.asked());
        command.output().unwrap()
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

/// Pages that are not run whole, and why.
const CHECKED: &[(&str, &str)] = &[
    ("ebs/grow-a-volume.md", "a namespace has no disk that grows"),
    ("ec2/high-load.md", "it ends a process"),
    ("memory/swap-in-use.md", "swap is the machine's own"),
    ("ssm/patch-now.md", "the simulator has no patch baseline"),
];

fn is_checked(page: &str) -> bool {
    CHECKED.iter().any(|(of, _)| *of == page)
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

#[test]
fn every_check_before_a_change_is_carried_out_where_a_page_cannot_be_run_whole() {
    let rig = Rig::start();
    if !rig.is_isolated() {
        return;
    }
    let pages: Vec<&str> = CHECKED.iter().map(|(page, _)| *page).collect();
    let wrong = each(&pages, |page| {
        let home = Home::new();
        let out = rig.run_in(&home, page, &["--checks", "--yes"]);
        let text = said(&out);
        if out.status.code() != Some(0) || puzzled(&text).is_some() {
            return Err(text);
        }
        let plan = plan(page);
        let wanted = plan.steps.iter().filter(|step| plan.looks(step)).count();
        let good = succeeded(&home);
        (good == wanted && wanted > 1)
            .then_some(())
            .ok_or_else(|| format!("{good} of {wanted} checks\n{text}"))
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(rig.sim.left_open("us-east-1").len(), 0);
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
    ("disk/runaway-log.md", "calm", "\n0\n0\n"),
    ("host/failed-unit.md", "stands", "active"),
];

#[test]
fn every_other_page_is_carried_out_whole_by_somebody_who_types_what_is_asked() {
    let rig = Rig::start();
    if !rig.is_isolated() {
        return;
    }
    let pages: Vec<&str> = starters().into_iter().filter(|page| !is_checked(page)).collect();
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
        let code = terminal.wait_code();
        let text = String::from_utf8_lossy(&terminal.raw).into_owned();
        if code != 0 || puzzled(&text).is_some() {
            return Err(text);
        }
        let wanted = plan(page).steps.iter().filter(|step| !step.is_task()).count();
        if succeeded(&home) != wanted {
            return Err(format!("{} of {wanted} steps\n{text}", succeeded(&home)));
        }
        let shown = CHANGED.iter().find(|(of, ..)| *of == page);
        let Some((_, step, words)) = shown else {
            return Ok(());
        };
        let printed = printed(&home, step);
        printed.contains(words).then_some(()).ok_or(printed)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let asked = std::fs::read(rig.asked()).unwrap();
    let asked = asked.iter().filter(|byte| **byte == b'\n').count();
    assert!(
        pages.len() >= 20 && asked > 60,
        "{} pages, {asked} questions to AWS",
        pages.len()
    );
    assert_eq!(rig.sim.left_open("us-east-1").len(), 0);
}

fn is_over(raw: &[u8]) -> bool {
    let text = String::from_utf8_lossy(raw);
    let mut lines = text.lines().filter(|line| line.starts_with("qd: run "));
    lines.any(|line| line.ends_with("is done")) || text.contains("goes on with it\r\n")
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
