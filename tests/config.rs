//! Golden configurations: every file of `config/good` loads, every file of `config/bad` gives exactly the
//! error kept beside it, with file, line and what is allowed. `UPDATE=1 cargo test --test config` rewrites those.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use quarterdeck::config::{
    Config, Counted, DeviceKey, Encrypt, Endpoint, ExportKind, Lock, Mode, Reason, Recipient, Redact, keys,
};
use quarterdeck::fleet::{Node, Policy};

fn files(folder: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/config")
        .join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    assert!(!files.is_empty(), "{} is empty", dir.display());
    files
}

#[test]
fn every_good_configuration_loads() {
    for file in files("good") {
        Config::load(&file).unwrap_or_else(|bad| panic!("{bad}"));
    }
}

#[test]
fn every_bad_configuration_gives_the_error_kept_beside_it() {
    for file in files("bad") {
        let bad = Config::load(&file).expect_err(&format!("{} is accepted", file.display()));
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let says = format!("{bad}\n").replace(&file.display().to_string(), &name);
        let kept = file.with_extension("err");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&kept, &says).unwrap();
        }
        let expected = std::fs::read_to_string(&kept).unwrap_or_default();
        assert_eq!(says, expected, "{}", kept.display());
    }
}

#[test]
fn every_key_of_the_language_arrives() {
    let file = files("good")
        .into_iter()
        .find(|file| file.ends_with("every_key.toml"))
        .unwrap();
    let config = Config::load(&file).unwrap();
    assert_eq!(config.profiles, ["prod", "staging"]);
    assert_eq!(config.regions, ["eu-central-1", "us-east-1"]);
    assert_eq!(config.endpoint_url.as_deref(), Some("http://127.0.0.1:4566"));
    let vpce = "https://vpce-4567.ssmmessages.{region}.vpce.amazonaws.com";
    let rule = &config.recording.rules[0];
    assert_eq!((rule.filter.as_str(), rule.mode), ("tag.team:pay", Mode::Strict));
    let store = config.store.as_ref().unwrap();
    assert_eq!((store.prefix.as_str(), store.lock), ("team-a/", Lock::Compliance));
    let class = &store.classes[0];
    assert_eq!((class.keep.lock_days, class.keep.local_days), (2555, Some(30)));
    assert!(store.required && config.watch.may_end);
    assert_eq!(config.endpoints.ssmmessages, Some(Endpoint::All(vpce.into())));
    let ssm = config.endpoints.ssm.as_ref().unwrap();
    let named = "https://vpce-0123.ssm.eu-central-1.vpce.amazonaws.com";
    assert_eq!(ssm.at("eu-central-1").as_deref(), Some(named));
    assert_eq!(ssm.at("us-east-1"), None);
    let network = &config.network;
    assert_eq!(
        network.proxy.as_deref(),
        Some("http://user:password@proxy.corp.example:3128")
    );
    assert_eq!((network.no_proxy.len(), network.proxy_loopback), (2, true));
    assert!(network.ca_bundle.as_ref().unwrap().ends_with("corp-ca.pem"));
    assert!(
        !format!("{config:?}").contains("password"),
        "a proxy's login is not for logs"
    );
    assert_eq!((config.theme.as_str(), config.mouse), ("daylight", false));
    let names: Vec<&str> = config.notify.iter().map(|notify| notify.name.as_str()).collect();
    assert_eq!(names, ["chat", "notify-2", "notify-3"]);
    let said = format!("{:?}", config.notify);
    assert!(
        said.contains("slack hooks.slack.com") && !said.contains("hush"),
        "{said}"
    );
    assert_eq!(config.risky[0].name, "restarts");
    assert_eq!(config.production.filter.as_deref(), Some("tag.env:prod"));
    assert_eq!(config.recording.mode, Some(Mode::BestEffort));
    assert!(config.recording.input && config.recording.identities.len() == 1);
    assert_eq!(config.recording.encrypt, Some(Encrypt::Production));
    let auditors = Recipient::File(file.with_file_name("auditors.txt"));
    assert_eq!(config.recording.recipients[1], auditors);
    assert!(matches!(&config.recording.recipients[0], Recipient::Key(key) if key.starts_with("age1ql3")));
    assert_eq!(config.recording.device_key, DeviceKey::SshAgent);
    assert_eq!(config.recording.agent_key.as_deref(), Some("mara@laptop"));
    assert_eq!(config.audit.witnesses.len(), 1);
    assert_eq!(config.recording.redact, Redact::Off);
    assert_eq!(config.redaction[0].after.as_deref(), Some("badge "));
    assert_eq!(
        (config.session.reason, config.session.clipboard),
        (Reason::Always, true)
    );
    assert_eq!(
        config.runbooks.paths,
        [file.with_file_name("runbooks"), PathBuf::from("/srv/runbooks")]
    );
    assert!(config.runbooks.catalogue && config.runbooks.catalogue_for == ["newcomer"]);
    let approver = &config.runbooks.approvers[0];
    assert_eq!((approver.name.as_str(), approver.key[31]), ("mara", 31));
    assert_eq!(
        (config.roles[0].name.as_str(), config.roles[0].who.len()),
        ("newcomer", 2)
    );
    assert_eq!(config.costs.cap_per_day_cents, 50);
    let units: Vec<_> = config
        .costs
        .units
        .iter()
        .map(|unit| (unit.name.as_str(), unit.mean))
        .collect();
    assert_eq!(units, [("orders", true), ("nodes", true)]);
    assert!(
        matches!(&config.costs.units[0].counted, Counted::Csv(path) if path.ends_with("good/orders.csv"))
    );
    assert_eq!(config.costs.units[0].filter, "tag.team:shop");
    let athena = config.costs.athena.unwrap();
    assert_eq!((&*athena.table, athena.kind), ("focus", ExportKind::Focus12));
    assert_eq!(athena.output.as_deref(), Some("s3://results/costs/"));
    let [orders, web] = config.forwards.as_slice() else {
        panic!("{:?}", config.forwards)
    };
    assert_eq!(
        (orders.name.as_str(), orders.target.as_str()),
        ("orders", "role=bastion")
    );
    assert_eq!(
        (&orders.specs[0], &orders.bind[0]),
        (&"15432:orders.internal:5432".into(), &"127.0.0.1".into())
    );
    assert_eq!(
        (orders.sessions, orders.reason.as_str(), orders.lazy),
        (4, "reports", true)
    );
    assert_eq!((web.specs.len(), web.sessions, web.bind.len()), (2, 1, 0));
    let keys: Vec<_> = config
        .keys
        .iter()
        .map(|b| (keys::print(&b.strokes).to_string(), b.command.as_str()))
        .collect();
    let expected = [
        ("C-x", "session.close"),
        ("g f", "fleet.show"),
        ("A-left", "tab.previous"),
        ("?", ""),
    ];
    assert_eq!(keys, expected.map(|(keys, command)| (keys.to_string(), command)));
}

#[test]
fn what_a_file_does_not_say_is_the_documented_default() {
    let config = Config::parse(Path::new("none.toml"), "").unwrap();
    assert_eq!(config, Config::default());
    let policy = Policy::of(&config).unwrap();
    let mode_in = |env: &str| {
        let mut node = Node::default();
        node.tags.insert("env".into(), env.into());
        policy.on(&node).mode
    };
    assert_eq!(
        (mode_in("prod"), mode_in("dev")),
        (Mode::Strict, Mode::BestEffort)
    );
    assert_eq!(config.session.reason, Reason::Production);
    assert_eq!(config.costs.cap_per_day_cents, 300);
    let production = |tags: &[(&str, &'static str)]| {
        quarterdeck::config::Production::default_rule(|key| {
            tags.iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| *value)
        })
    };
    assert!(production(&[("env", "prod")]) && production(&[("Environment", "production")]));
    assert!(!production(&[("env", "staging"), ("role", "prod")]));
}
