//! Figures of the runbooks: `cargo bench --bench runbook`, or parts of it: `scan`, `keys`, `page`. What must hold with
//! 10,000 pages of 57 MB: searchable by title in 300 ms and by text in 1.5 s, read again in 150 ms, one changed page in
//! 10 ms; a key to its frame p99 16 ms, worst 33 ms; a 70 kB page's first frame and its reflow 16 ms, a page down 4 ms.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent};
use quarterdeck::app::{Bindings, Model, Msg, update};
use quarterdeck::config::Config;
use quarterdeck::config::theme::{Depth, Theme};
use quarterdeck::fleet::Policy;
use quarterdeck::panel::runbooks;
use quarterdeck::runbook::{Library, blocks};
use quarterdeck::ui::Look;
use quarterdeck::ui::markdown::highlight;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const PAGES: usize = 10_000;
const PAGE_BYTES: usize = 5_700;

/// Typed one after another, each key drawn: 315 keys with the rubbing out.
const TYPED: [&str; 15] = [
    "kubenode",
    "disk full",
    "etcd quorum lost",
    "certificate",
    "payment 5xx",
    "결제",
    "drain node",
    "tag:web",
    "cmd:kubectl",
    "restart",
    "x",
    "node not ready",
    "alarm:latency",
    "snapshot volume",
    "nothing at all",
];

fn main() {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    if let [part, folder] = &args[..]
        && part == "child"
    {
        return child(Path::new(folder));
    }
    let wanted = |part: &str| args.is_empty() || args.iter().any(|arg| arg == part);
    let folder = tempfile::tempdir().unwrap();
    let bytes = write(folder.path());
    println!("{PAGES} pages, {:.1} MB", bytes as f64 / 1e6);
    if wanted("scan") {
        scan(folder.path());
    }
    if wanted("keys") {
        keys(folder.path());
    }
    if wanted("page") {
        page();
    }
}

struct Dice(u64);

impl Dice {
    fn next(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn words(&mut self, count: usize) -> String {
        const WORDS: [&str; 32] = [
            "node",
            "disk",
            "etcd",
            "quorum",
            "payment",
            "restart",
            "drain",
            "the",
            "certificate",
            "latency",
            "queue",
            "volume",
            "snapshot",
            "is",
            "full",
            "lost",
            "ready",
            "not",
            "load",
            "balancer",
            "target",
            "group",
            "alarm",
            "when",
            "instance",
            "memory",
            "결제",
            "서버",
            "check",
            "look",
            "and",
            "replica",
        ];
        let word = |dice: &mut Dice| match dice.next(9) {
            0 => format!("w{}", dice.next(40_000)),
            _ => WORDS[dice.next(WORDS.len())].to_string(),
        };
        (0..count).map(|_| word(self)).collect::<Vec<_>>().join(" ")
    }

    fn page(&mut self, nth: usize, bytes: usize) -> String {
        let mut text = format!(
            "---\ntags: [t{}]\nowner: team-{}\nlast_reviewed: 2026-0{}-11\n---\n# {} {nth}\n",
            nth % 90,
            nth % 40,
            1 + nth % 9,
            self.words(3)
        );
        while text.len() < bytes {
            let part = match self.next(6) {
                0 => format!("\n## {}\n", self.words(2)),
                1 => format!(
                    "\n```sh\nkubectl get {} -n <namespace>\naws ec2 describe-{}\n```\n",
                    self.words(1),
                    self.words(1)
                ),
                2 => format!(
                    "\n- {}\n- {}\n  - [link]({}.md)\n",
                    self.words(9),
                    self.words(9),
                    self.next(PAGES)
                ),
                3 => format!(
                    "\n| a | b |\n|---|---|\n| {} | {} |\n| {} | {} |\n",
                    self.words(2),
                    self.words(14),
                    self.words(3),
                    self.words(20)
                ),
                _ => format!("\n{}\n", self.words(60)),
            };
            text.push_str(&part);
        }
        text
    }
}

fn write(folder: &Path) -> usize {
    let mut dice = Dice(7);
    let mut bytes = 0;
    for nth in 0..PAGES {
        let below = folder.join(format!("team-{}", nth % 100));
        fs::create_dir_all(&below).unwrap();
        let text = dice.page(nth, PAGE_BYTES);
        bytes += text.len();
        fs::write(below.join(format!("{nth}.md")), text).unwrap();
    }
    bytes
}

/// In a process of its own: nothing is warm but the files.
fn child(folder: &Path) {
    let began = Instant::now();
    let library = Library::scan(&[folder.into()]);
    let titles = began.elapsed();
    let hits = library.search("etcd quorum").len();
    println!(
        "  all titles after {:.0} ms, {hits} hits in the text after {:.0} ms",
        ms(titles),
        ms(began.elapsed())
    );
    let paths = [folder.to_path_buf()];
    let began = Instant::now();
    let library = library.scan_again(&paths);
    println!("  read again, nothing changed: {:.0} ms", ms(began.elapsed()));
    fs::write(
        folder.join("team-0/0.md"),
        format!("# Changed {}\n", std::process::id()),
    )
    .unwrap();
    let before = library.pages.len();
    let began = Instant::now();
    let again = library.reread(&folder.join("team-0/0.md"));
    println!("  one changed page: {:.2} ms", ms(began.elapsed()));
    assert!(again.pages.len() == before && again.search("Changed").len() == 1);
}

fn scan(folder: &Path) {
    for _ in 0..5 {
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args([Path::new("child"), folder])
            .status();
        assert!(run.unwrap().success());
    }
}

fn opened(paths: &[PathBuf]) -> Model {
    let config = Config::default();
    let bindings = Bindings::new(&config.keys).unwrap();
    let policy = Policy::of(&config).unwrap();
    let mut model = Model::new(config, bindings, policy);
    update(&mut model, Msg::Resized { cols: 160, rows: 45 });
    let library = Library::scan(paths);
    // As the console does after it has listed them.
    library.prepare();
    update(&mut model, Msg::RunbooksScanned(Box::new(library)));
    press(&mut model, KeyCode::Char('6'));
    model
}

fn press(model: &mut Model, key: KeyCode) {
    update(model, Msg::Pressed(KeyEvent::from(key)));
}

fn draw(model: &Model, buf: &mut Buffer, theme: &Theme) {
    let style = |role| theme.style(role);
    let area = Rect::new(0, 0, model.cols, model.rows);
    buf.resize(area);
    buf.reset();
    runbooks::view(model, area, buf, &Look::new(&style));
}

fn theme() -> Theme {
    Theme::load(&Config::default().theme, Path::new("/nonexistent"))
        .unwrap()
        .at(Depth::True)
}

fn keys(folder: &Path) {
    let (mut model, theme) = (opened(&[folder.into()]), theme());
    let mut buf = Buffer::default();
    let mut spans = Vec::new();
    // Nobody types into a panel that has not been drawn.
    draw(&model, &mut buf, &theme);
    for words in TYPED {
        press(&mut model, KeyCode::Char('/'));
        let typed = words.chars().map(KeyCode::Char);
        let rubbed = words.chars().map(|_| KeyCode::Backspace);
        for key in typed.chain(rubbed) {
            let began = Instant::now();
            press(&mut model, key);
            draw(&model, &mut buf, &theme);
            spans.push(began.elapsed());
        }
        press(&mut model, KeyCode::Enter);
    }
    say("a key to its frame", spans);
}

/// The longest page of a runbook that there is to see has 70 kB.
fn page() {
    highlight::load();
    let folder = tempfile::tempdir().unwrap();
    let real =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/runbooks/aws-incident-response-playbooks");
    let mut largest = (0, PathBuf::new());
    find(&real, &mut largest);
    let text = match fs::read_to_string(&largest.1) {
        Ok(text) => text,
        Err(_) => Dice(3).page(0, 70_000),
    };
    fs::write(folder.path().join("long.md"), &text).unwrap();
    println!(
        "a page of {} bytes with {} blocks",
        text.len(),
        blocks(&text).len()
    );
    let theme = theme();
    let mut buf = Buffer::default();
    let (mut first, mut reflow, mut down, mut next) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..20 {
        let mut model = opened(&[folder.path().into()]);
        first.push(timed(|| {
            press(&mut model, KeyCode::Enter);
            draw(&model, &mut buf, &theme);
        }));
        for cols in [80, 120, 100, 160] {
            reflow.push(timed(|| {
                update(&mut model, Msg::Resized { cols, rows: 45 });
                draw(&model, &mut buf, &theme);
            }));
        }
        for _ in 0..20 {
            down.push(timed(|| {
                press(&mut model, KeyCode::PageDown);
                draw(&model, &mut buf, &theme);
            }));
        }
        for _ in 0..5 {
            next.push(timed(|| {
                press(&mut model, KeyCode::Tab);
                draw(&model, &mut buf, &theme);
            }));
        }
    }
    say("its first frame", first);
    say("reflowed for another width", reflow);
    say("a page down", down);
    say("to the next command", next);
}

fn find(folder: &Path, largest: &mut (u64, PathBuf)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, largest);
        } else if path.extension().is_some_and(|end| end == "md") {
            let bytes = entry.metadata().map_or(0, |data| data.len());
            if bytes > largest.0 {
                *largest = (bytes, path);
            }
        }
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

fn say(what: &str, mut spans: Vec<Duration>) {
    spans.sort();
    let at = |share: f64| ms(spans[((spans.len() - 1) as f64 * share) as usize]);
    println!(
        "  {what}: p50 {:.1}, p99 {:.1}, worst {:.1} ms of {}",
        at(0.5),
        at(0.99),
        at(1.0),
        spans.len()
    );
}
