//! How fast exports are taken in and asked: `cargo bench --bench cost`, or parts of it: `import`, `small`, `pivot`.
//!
//! `import` reads the FOCUS Parquet that FOCUS_FILE names (ten million rows for the bar) and prints processor seconds,
//! peak memory, size of the cube and how long loading it takes. `pivot` asks a cube of 300,000 cells.
//! `small` takes in a file of one team's size (the 127,866 rows of the shared FOCUS file, or FOCUS_SMALL) five times, for the
//! bar of 0.3 s.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use quarterdeck::cost::{Dimension, Files, Filter, Lens, Question, import};

fn main() {
    let parts: Vec<String> = std::env::args()
        .skip(1)
        .filter(|part| !part.starts_with('-'))
        .collect();
    let wants = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    let dir = tempfile::tempdir().unwrap_or_else(|error| stop(&format!("no temporary directory: {error}")));
    if wants("import") {
        match std::env::var_os("FOCUS_FILE") {
            Some(file) => taken_in(Path::new(&file), dir.path()),
            None => println!("import: skipped, FOCUS_FILE names no FOCUS Parquet"),
        }
    }
    if wants("small") {
        small(dir.path());
    }
    if wants("pivot") {
        let file = dir.path().join("cells.csv");
        made(&file);
        let data = dir.path().join("pivot");
        read(&file, &data);
        pivots(&load(&data));
    }
}

fn stop(why: &str) -> ! {
    eprintln!("{why}");
    std::process::exit(1)
}

fn read(file: &Path, data: &Path) -> import::Imported {
    let exports = import::find(file).unwrap_or_else(|error| stop(&error.to_string()));
    import::import(&exports, data, Timestamp::now(), &mut |_| ())
        .unwrap_or_else(|error| stop(&error.to_string()))
}

fn load(data: &Path) -> Files {
    Files::load(data, None).unwrap_or_else(|error| stop(&error.to_string()))
}

fn taken_in(file: &Path, dir: &Path) {
    let data: PathBuf = dir.join("import");
    let (before, began) = (processor(), Instant::now());
    let imported = read(file, &data);
    let (took, used) = (began.elapsed(), processor() - before);
    println!(
        "import: {} rows, {:.2} s of processor, {:.2} s, peak {} MB resident",
        imported.rows,
        used.as_secs_f64(),
        took.as_secs_f64(),
        peak()
    );
    let began = Instant::now();
    let files = load(&data);
    println!(
        "load: {} cells, {:.1} MB in columns, {:.0} ms",
        files.cube.cells(),
        files.cube.bytes() as f64 / 1e6,
        began.elapsed().as_secs_f64() * 1e3
    );
    pivots(&files);
    let before = processor();
    ask(&files, "resource of a month", "resource", "", 1, true);
    println!(
        "resource of a month: {:.2} s of processor",
        (processor() - before).as_secs_f64()
    );
}

fn small(dir: &Path) {
    let shared = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/data/focus/synthetic_focus_1_2_aws_14mo.parquet"
    );
    let file = std::env::var_os("FOCUS_SMALL").map_or_else(|| PathBuf::from(shared), PathBuf::from);
    if !file.is_file() {
        return println!(
            "small: skipped, {} is absent and FOCUS_SMALL names no other",
            file.display()
        );
    }
    let (mut spans, mut used, mut rows) = (Vec::new(), Vec::new(), 0);
    for nth in 0..5 {
        let (before, began) = (processor(), Instant::now());
        rows = read(&file, &dir.join(format!("small{nth}"))).rows;
        spans.push(began.elapsed().as_secs_f64());
        used.push((processor() - before).as_secs_f64());
    }
    let best = |of: &[f64]| of.iter().copied().fold(f64::INFINITY, f64::min);
    println!(
        "small: {rows} rows, best {:.3} s, {:.2} s of processor",
        best(&spans),
        best(&used)
    );
    ask(
        &load(&dir.join("small0")),
        "resource of a month",
        "resource",
        "",
        3,
        true,
    );
}

fn pivots(files: &Files) {
    let cells = files.cube.cells();
    println!("pivots over {cells} cells:");
    for (by, filter) in [
        ("service", ""),
        ("day", ""),
        ("day,service", ""),
        ("account,service,usage_type", ""),
        ("month,account,region,service,category", ""),
        ("tag:team", ""),
        ("service", "service:*Compute*,*Storage* -category:Tax,Credit"),
        ("service,tag:team", "account:1*,2* tag.env:prod"),
        ("usage_type", r#"tag.team:"" -region:us-*"#),
    ] {
        ask(files, &format!("{by} where {filter:?}"), by, filter, 30, false);
    }
}

fn ask(files: &Files, name: &str, by: &str, filter: &str, times: usize, last_month: bool) {
    let Some(mut period) = files.span() else { return };
    if last_month {
        period.from = period.last_day().first_of_month();
    }
    let by = by.split(',').map(Dimension::parse).collect::<Result<Vec<_>, _>>();
    let question = Question {
        period,
        by: by.unwrap_or_else(|error| stop(&error.to_string())),
        lens: Lens::Amortized,
        filter: Filter::parse(filter).unwrap_or_else(|error| stop(&error.to_string())),
    };
    let (mut spans, mut rows, mut looked) = (Vec::new(), 0, 0);
    for _ in 0..times {
        let began = Instant::now();
        let answer = files.answer(&question, &mut |progress| looked = progress.rows);
        spans.push(began.elapsed());
        let answer = black_box(answer).unwrap_or_else(|error| stop(&error.to_string()));
        rows = answer.iter().map(|breakdown| breakdown.rows.len()).sum();
    }
    spans.sort();
    let ms = |span: Option<&Duration>| span.map_or(0.0, |span| span.as_secs_f64() * 1e3);
    let looked = match looked {
        0 => String::new(),
        looked => format!(" of {looked} read"),
    };
    println!(
        "  {name}: {rows} rows{looked}, best {:.2}, median {:.2}, worst {:.2} ms",
        ms(spans.first()),
        ms(spans.get(spans.len() / 2)),
        ms(spans.last())
    );
}

/// 300,000 charges of which no two share a cell.
fn made(file: &Path) {
    let mut text = String::from(
        "ChargePeriodStart,BillingPeriodStart,BillingCurrency,BilledCost,EffectiveCost,ListCost,ServiceName,SubAccountId,\
         RegionId,ChargeCategory,x_UsageType,Tags\n",
    );
    for nth in 0..300_000_u32 {
        let (day, within) = (nth / 750, nth % 750);
        let date = jiff::civil::date(2025, 9, 1).saturating_add(jiff::Span::new().days(i64::from(day)));
        let (service, account) = (within % 25, within / 25 % 10);
        let region = ["us-east-1", "eu-west-1", "ap-northeast-2"][(within / 250) as usize];
        let category = if within % 50 == 0 { "Tax" } else { "Usage" };
        let team = ["pay", "search", "ml", ""][(within % 4) as usize];
        let _ = writeln!(
            text,
            "{date},{},USD,{}.5,{}.25,{}.75,Service {service},{account}11122223333,{region},{category},usage-{},\"{{\"\"team\"\":\
             \"\"{team}\"\",\"\"env\"\":\"\"prod\"\"}}\"",
            date.first_of_month(),
            nth % 97,
            nth % 89,
            nth % 101,
            within % 60,
        );
    }
    std::fs::write(file, text).unwrap_or_else(|error| stop(&error.to_string()));
}

/// Processor time of this process so far.
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|ticks| ticks.parse::<u64>().ok())
            .unwrap_or(0)
    };
    // Linux counts in hundredths of a second.
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// The most memory that was resident at once, in MB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or_default();
    let kilobytes = line.trim().trim_end_matches("kB").trim().parse::<u64>();
    kilobytes.unwrap_or(0) / 1024
}
