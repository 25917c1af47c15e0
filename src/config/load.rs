//! The configuration file as a `Config`: every key of the language is read here, and only here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeValue;

use super::source::{Section, Source, non_empty, shown};
use super::{
    Athena, Bad, Class, Config, DeviceKey, Encrypt, Endpoint, ExportKind, Forward, Holiday, Keep, Lock,
    MOST_SESSIONS, Mode, Reason, RecordingRule, Redact, Redaction, Store, duty, keys, pattern, recipient,
};

impl Config {
    /// The file must exist.
    pub fn load(file: &Path) -> Result<Config, Bad> {
        let text = std::fs::read_to_string(file)
            .map_err(|cause| Bad::whole(file, format!("cannot read the configuration: {cause}"), None))?;
        Config::parse(file, &text)
    }

    /// The defaults where there is no such file.
    pub fn load_if_present(file: &Path) -> Result<Config, Bad> {
        if file.try_exists().is_ok_and(|exists| !exists) {
            return Ok(Config::default());
        }
        Config::load(file)
    }

    /// `file` names the text in errors; relative paths in it start from its folder.
    pub fn parse(file: &Path, text: &str) -> Result<Config, Bad> {
        let source = Source::new(file, text);
        let entries = source.parse();
        let config = read(
            Section::root(&source, &entries),
            file.parent().unwrap_or(Path::new("")),
        );
        source.finish(config)
    }
}

fn read(root: Section, folder: &Path) -> Config {
    let mut config = Config::default();
    set(&mut config.profiles, root.texts("profiles"));
    set(&mut config.regions, root.texts("regions"));
    set(&mut config.theme, root.text("theme"));
    set(&mut config.mouse, root.boolean("mouse"));
    config.endpoint_url = root.read(
        "endpoint_url",
        "an address like \"http://127.0.0.1:4566\"",
        endpoint,
    );
    if let Some(endpoints) = root.section("endpoints") {
        let wanted = "an address like \"https://vpce-0123.ssm.{region}.vpce.amazonaws.com\", or one for each region: \
                      { \"eu-central-1\" = \"https://…\" }";
        config.endpoints.ssm = endpoints.read("ssm", wanted, endpoint_in_regions);
        config.endpoints.ssmmessages = endpoints.read("ssmmessages", wanted, endpoint_in_regions);
        endpoints.finish();
    }
    if let Some(network) = root.section("network") {
        config.network.proxy = network.text("proxy");
        set(&mut config.network.no_proxy, network.texts("no_proxy"));
        set(
            &mut config.network.proxy_loopback,
            network.boolean("proxy_loopback"),
        );
        config.network.ca_bundle = network.text("ca_bundle").map(|path| expand(&path, folder));
        network.finish();
    }
    if let Some(production) = root.section("production") {
        config.production.filter = production.text("match");
        production.finish();
    }
    if let Some(recording) = root.section("recording") {
        let modes = [("strict", Mode::Strict), ("best_effort", Mode::BestEffort)];
        config.recording.mode = recording.choice("mode", &modes);
        let rules = recording.sections("rules").into_iter();
        config.recording.rules = rules.filter_map(|rule| read_rule(rule, &modes)).collect();
        set(&mut config.recording.input, recording.boolean("input"));
        config.recording.recipients = recipient::read_recipients(&recording, folder);
        let encrypt = [("always", Encrypt::Always), ("production", Encrypt::Production)];
        config.recording.encrypt = recording.choice("encrypt", &encrypt);
        config.recording.identities = recipient::read_identities(&recording, folder);
        let custody = [("file", DeviceKey::File), ("ssh-agent", DeviceKey::SshAgent)];
        set(
            &mut config.recording.device_key,
            recording.choice("device_key", &custody),
        );
        config.recording.agent_key = recording.text("agent_key");
        let redact = [
            ("off", Redact::Off),
            ("export", Redact::Export),
            ("write", Redact::Write),
        ];
        set(&mut config.recording.redact, recording.choice("redact", &redact));
        recording.finish();
    }
    if let Some(audit) = root.section("audit") {
        set(&mut config.audit.witnesses, audit.texts("witnesses"));
        audit.finish();
    }
    config.store = root.section("store").and_then(read_store);
    if let Some(watch) = root.section("watch") {
        set(&mut config.watch.may_end, watch.boolean("may_end"));
        watch.finish();
    }
    config.redaction = root
        .sections("redaction")
        .into_iter()
        .filter_map(read_redaction)
        .collect();
    if let Some(session) = root.section("session") {
        let reasons = [
            ("never", Reason::Never),
            ("production", Reason::Production),
            ("always", Reason::Always),
        ];
        set(&mut config.session.reason, session.choice("reason", &reasons));
        set(&mut config.session.clipboard, session.boolean("clipboard"));
        config.session.document = session.text("document");
        config.session.idle_limit = session.read("idle_minutes", "whole minutes from 1 to 60", minutes);
        session.finish();
    }
    if let Some(run) = root.section("run") {
        config.run.bucket = run.text("bucket");
        run.finish();
    }
    if let Some(incident) = root.section("incident") {
        set(&mut config.incident.opsitems, incident.boolean("opsitems"));
        incident.finish();
    }
    if let Some(runbooks) = root.section("runbooks") {
        let paths = runbooks.texts("paths").unwrap_or_default();
        config.runbooks.paths = paths
            .iter()
            .map(
                |path| match path.starts_with("s3://") || path.starts_with("ssm:") {
                    true => PathBuf::from(path),
                    false => expand(path, folder),
                },
            )
            .collect();
        set(&mut config.runbooks.catalogue, runbooks.boolean("catalogue"));
        config.runbooks.catalogue_for = runbooks.texts("catalogue_for").unwrap_or_default();
        config.runbooks.approvers = duty::read_approvers(&runbooks);
        runbooks.finish();
    }
    config.roles = root
        .sections("roles")
        .into_iter()
        .filter_map(duty::read)
        .collect();
    if let Some(costs) = root.section("costs") {
        set(
            &mut config.costs.cap_per_day_cents,
            costs.read("cap_per_day", "US dollars, like 3 or 0.50", cents),
        );
        config.costs.holidays = read_holidays(&costs);
        if let Some(athena) = costs.section("athena") {
            config.costs.athena = read_athena(&athena);
            athena.finish();
        }
        config.costs.units = super::unit::read_all(&costs, folder);
        costs.finish();
    }
    config.forwards = root
        .sections("forwards")
        .into_iter()
        .filter_map(read_forward)
        .collect();
    check_names(&root, &config.forwards);
    (config.notify, config.risky) = super::notify::read_all(&root, folder);
    if let Some(bindings) = root.section("keys") {
        config.keys = read_keys(&bindings);
    }
    root.finish();
    config
}

fn read_rule(table: Section, modes: &[(&'static str, Mode)]) -> Option<RecordingRule> {
    let filter = table.needed("match", table.text("match"));
    let mode = table.needed("mode", table.choice("mode", modes));
    table.finish();
    Some(RecordingRule {
        filter: filter?,
        mode: mode?,
    })
}

fn read_holidays(costs: &Section) -> Vec<Holiday> {
    let parse = |text: &DeValue| Holiday::parse(text.as_str()?).ok();
    let all = |value: &DeValue| value.as_array()?.iter().map(|day| parse(day.get_ref())).collect();
    let wanted = r#"days, like ["12-25", "2026-05-25"]"#;
    costs.read("holidays", wanted, all).unwrap_or_default()
}

fn read_athena(table: &Section) -> Option<Athena> {
    let kinds = [
        ("focus", ExportKind::Focus),
        ("focus-1.2", ExportKind::Focus12),
        ("cur2", ExportKind::Cur2),
    ];
    let database = table.needed("database", table.text("database"));
    let name = table.needed("table", table.text("table"));
    let s3 = |value: &DeValue| match value {
        DeValue::String(text) if text.starts_with("s3://") => Some(text.to_string()),
        _ => None,
    };
    let athena = Athena {
        kind: table.choice("kind", &kinds).unwrap_or_default(),
        workgroup: table.text("workgroup"),
        output: table.read("output", "an address like \"s3://bucket/prefix/\"", s3),
        profile: table.text("profile"),
        region: table.text("region"),
        database: database?,
        table: name?,
    };
    Some(athena)
}

fn read_store(table: Section) -> Option<Store> {
    let locks = [
        ("none", Lock::None),
        ("governance", Lock::Governance),
        ("compliance", Lock::Compliance),
    ];
    let bucket = table.needed("bucket", table.text("bucket"));
    let mut prefix = table.text("prefix").unwrap_or_default();
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    let keep = read_keep(&table, Keep::default());
    let class = |class: Section| {
        let name = class.needed("name", class.text("name"));
        let filter = class.needed("match", class.text("match"));
        let keep = read_keep(&class, keep);
        class.finish();
        Some(Class {
            name: name?,
            filter: filter?,
            keep,
        })
    };
    let store = Store {
        prefix,
        profile: table.text("profile"),
        region: table.text("region"),
        endpoint_url: table.read(
            "endpoint_url",
            "an address like \"http://127.0.0.1:4566\"",
            endpoint,
        ),
        lock: table.choice("lock", &locks).unwrap_or_default(),
        required: table.boolean("required").unwrap_or_default(),
        keep,
        classes: table.sections("class").into_iter().filter_map(class).collect(),
        bucket: bucket.unwrap_or_default(),
    };
    table.finish();
    Some(store).filter(|store| !store.bucket.is_empty())
}

fn read_keep(table: &Section, otherwise: Keep) -> Keep {
    let wanted = "whole days from 1 to 36500";
    Keep {
        lock_days: table
            .read("lock_days", wanted, days)
            .unwrap_or(otherwise.lock_days),
        local_days: table.read("local_days", wanted, days).or(otherwise.local_days),
    }
}

fn days(value: &DeValue) -> Option<u32> {
    let days: u32 = value.as_integer()?.as_str().parse().ok()?;
    (1..=36_500).contains(&days).then_some(days)
}

fn read_forward(table: Section) -> Option<Forward> {
    let name = table.needed("name", table.text("name"));
    let target = table.needed("target", table.text("target"));
    let wanted = "a string like \"15432:db.internal:5432\", or a list of them";
    let specs = table.needed("spec", table.read("spec", wanted, one_or_many));
    let bind = table.read("bind", "an address, or a list of them", one_or_many);
    let sessions = table.read("sessions", "a number from 1 to 32", |value| {
        let count: usize = value.as_integer()?.as_str().parse().ok()?;
        (1..=MOST_SESSIONS).contains(&count).then_some(count)
    });
    let forward = Forward {
        reason: table.text("reason").unwrap_or_default(),
        lazy: table.boolean("lazy").unwrap_or_default(),
        bind: bind.unwrap_or_default(),
        sessions: sessions.unwrap_or(1),
        name: name.unwrap_or_default(),
        target: target.unwrap_or_default(),
        specs: specs.unwrap_or_default(),
    };
    table.finish();
    Some(forward).filter(|forward| !forward.name.is_empty())
}

fn read_redaction(table: Section) -> Option<Redaction> {
    let name = table.needed("name", table.text("name"));
    let secret = table.needed("pattern", read_pattern(&table, "pattern"));
    let after = read_pattern(&table, "after");
    table.finish();
    Some(Redaction {
        name: name?,
        pattern: secret?,
        after,
    })
}

/// A regular expression that matches something, and not nothing.
fn read_pattern(table: &Section, key: &'static str) -> Option<String> {
    let text = table.text(key)?;
    let why = match pattern::compile(&text) {
        Ok(_) if regex::bytes::Regex::new(&text).is_ok_and(|found| found.is_match(b"")) => {
            "it matches the empty text".to_owned()
        }
        Ok(_) => return Some(text),
        Err(why) => why,
    };
    let says = format!("redaction.{key} {text:?} cannot be used: {why}");
    let span = table.get(key).map(|value| value.span());
    let hint = "allowed: a regular expression as Rust's regex crate reads it".to_owned();
    table.source.fault(span, says, Some(hint));
    None
}

fn one_or_many(value: &DeValue) -> Option<Vec<String>> {
    match value.as_array() {
        Some(items) if !items.is_empty() => items.iter().map(|item| non_empty(item.get_ref())).collect(),
        Some(_) => None,
        None => Some(vec![non_empty(value)?]),
    }
}

/// A name opens one tunnel.
fn check_names(root: &Section, forwards: &[Forward]) {
    for (at, forward) in forwards.iter().enumerate() {
        if forwards
            .iter()
            .take(at)
            .any(|earlier| earlier.name == forward.name)
        {
            let says = format!("two [[forwards]] are named {:?}", forward.name);
            root.source
                .fault(None, says, Some("rename one of the two".into()));
        }
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

pub(super) fn endpoint(value: &DeValue) -> Option<String> {
    let url = non_empty(value)?;
    let host = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))?;
    (!host.is_empty() && !url.contains(char::is_whitespace)).then_some(url)
}

fn endpoint_in_regions(value: &DeValue) -> Option<Endpoint> {
    let Some(table) = value.as_table() else {
        return endpoint(value).map(Endpoint::All);
    };
    let each = table
        .iter()
        .map(|(region, url)| Some((region.get_ref().to_string(), endpoint(url.get_ref())?)));
    each.collect::<Option<_>>().map(Endpoint::Each)
}

fn minutes(value: &DeValue) -> Option<Duration> {
    let DeValue::Integer(number) = value else {
        return None;
    };
    let minutes: u64 = number.as_str().parse().ok()?;
    (1..=60)
        .contains(&minutes)
        .then(|| Duration::from_secs(minutes * 60))
}

/// Dollars as a number or a decimal string, at most two places, to cents.
fn cents(value: &DeValue) -> Option<u32> {
    let text = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        DeValue::String(text) => text,
        _ => return None,
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let fraction = fraction.trim_end_matches('0');
    if whole.is_empty()
        || fraction.len() > 2
        || !whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit())
    {
        return None;
    }
    let cents: u32 = format!("{fraction:0<2}").parse().ok()?;
    whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(cents)
}

pub(super) fn expand(path: &str, folder: &Path) -> PathBuf {
    if let (Some(below), Ok(home)) = (path.strip_prefix("~/"), etcetera::home_dir()) {
        return home.join(below);
    }
    folder.join(path)
}

fn read_keys(section: &Section) -> Vec<keys::Binding> {
    let mut map = keys::KeyMap::default();
    let mut bindings = Vec::new();
    for (key, value) in section.entries() {
        let source = section.source;
        let strokes = match keys::parse(key.get_ref()) {
            Ok(strokes) => strokes,
            Err(bad) => {
                source.fault(Some(key.span()), bad.says, Some(bad.hint));
                continue;
            }
        };
        let Some(command) = value.get_ref().as_str() else {
            let says = format!("key {:?} cannot run {}", key.get_ref(), shown(value.get_ref()));
            let hint = "allowed: a command line like \"session.end\", or \"\" to unbind the key";
            source.fault(Some(value.span()), says, Some(hint.into()));
            continue;
        };
        let line = source.line(key.span().start);
        if let Err(conflict) = map.bind(&strokes, line) {
            let says = format!(
                "key {:?} {conflict}, bound in line {}",
                key.get_ref(),
                conflict.value
            );
            source.fault(Some(key.span()), says, Some("remove one of the two".into()));
            continue;
        }
        bindings.push(keys::Binding {
            strokes,
            command: command.trim().to_string(),
            line,
        });
    }
    bindings
}
