//! For tests: a model with something in every panel, and keys as a test writes them.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::civil::date;
use jiff::{Timestamp, ToSpan};

use super::{Bindings, Effect, Model, Msg, update};
use crate::aws::{Failure, Instance, ManagedNode, Place, Why};
use crate::config::Config;
use crate::cost::{self, Amount, Breakdown, Cells, Origin, Period, Report, Source, Spent};
use crate::fleet::{Batch, Node, Policy};
use crate::recording::{Row, State};

/// Whether nothing was done but putting on record that it was refused.
pub fn only_logs_refusal(effects: &[Effect]) -> bool {
    matches!(effects, [Effect::LogRefusal(_)])
}

/// Types `g f`, `<enter>`, `<C-p>`; what each key asks of the world, in order.
pub fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let (key, after) = match rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            Some((name, after)) => (named(name), after),
            None => (
                KeyEvent::new(KeyCode::Char(first), KeyModifiers::NONE),
                &rest[first.len_utf8()..],
            ),
        };
        effects.extend(update(model, Msg::Pressed(key)));
        rest = after;
    }
    effects
}

fn named(name: &str) -> KeyEvent {
    if let Some(letter) = name.strip_prefix("C-").and_then(|letter| letter.chars().next()) {
        return KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    }
    if let Some(letter) = name.strip_prefix("A-").and_then(|letter| letter.chars().next()) {
        return KeyEvent::new(KeyCode::Char(letter), KeyModifiers::ALT);
    }
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "space" => KeyCode::Char(' '),
        "backspace" => KeyCode::Backspace,
        _ => panic!("no key is named {name}"),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

pub fn place(region: &str) -> Place {
    Place {
        profile: "shop".into(),
        region: region.into(),
    }
}

/// A running instance of us-east-1 whose agent is online.
pub fn node(id: &str, tags: BTreeMap<String, String>) -> Node {
    let instance = Instance {
        id: id.into(),
        account: Some("613489207754".into()),
        state: "running".into(),
        instance_type: "m7g.large".into(),
        platform: "Linux".into(),
        private_ip: Some("10.0.0.1".into()),
        launched_at: Some(Timestamp::UNIX_EPOCH),
        tags,
        ..Instance::default()
    };
    let mut node = Node::from_instance(instance, &place("us-east-1"), "613489207754");
    node.join(&ManagedNode {
        id: id.into(),
        ping: "Online".into(),
        ..ManagedNode::default()
    });
    node
}

pub fn named_node(id: &str, name: &str, env: &str) -> Node {
    node(
        id,
        [("Name", name), ("env", env)]
            .map(|(key, value)| (key.into(), value.into()))
            .into(),
    )
}

pub fn failure(region: &str) -> Failure {
    Failure {
        account: "613489207754".into(),
        region: region.into(),
        service: "ec2".into(),
        cause: "the credentials have expired".into(),
        hint: "run aws sso login".into(),
        profile: "shop".into(),
        why: Why::Credentials,
    }
}

pub fn recording(id: &str, name: &str, started_at: i64) -> Row {
    Row {
        id: id.into(),
        session_id: None,
        kind: "session".into(),
        target: Some("i-01".into()),
        name: Some(name.into()),
        account: None,
        region: None,
        actor: Some("mara".into()),
        local_user: None,
        ticket: None,
        reason: Some("INC-7".into()),
        started_at,
        ended_at: None,
        duration_us: None,
        size: 1_234_567,
        state: State::Sealed,
        evidence: "local",
        path: format!("/recordings/{id}.qdr").into(),
    }
}

/// Three rows over two months, of which one was credited; an account with a Korean name is known.
pub fn cells() -> Cells {
    let rows = [
        ("AmazonEC2", date(2026, 10, 5), "50"),
        ("AmazonS3", date(2026, 10, 6), "15"),
        ("", date(2026, 10, 7), "35"),
        ("AmazonEC2", date(2026, 11, 5), "90"),
        ("AmazonS3", date(2026, 11, 6), "15"),
        ("", date(2026, 11, 7), "5"),
    ];
    let row = |(name, day, cost): (&str, jiff::civil::Date, &str)| cost::Row {
        key: vec![name.into(), day.to_string()],
        cost: Amount::parse(cost).unwrap().amount,
        quantity: None,
    };
    let whole = Period::new(date(2026, 10, 1), date(2026, 11, 21)).unwrap();
    let breakdown = Breakdown {
        currency: "USD".into(),
        period: whole,
        complete: true,
        rows: rows.map(row).into(),
        total: Amount::whole(210),
        unknown: Vec::new(),
    };
    let days = whole.from.series(1.day()).take_while(|day| *day < whole.to);
    Cells::read(&[breakdown], days.map(|day| (day, day.month() == 11)).collect())
}

pub fn report(model: &Model) -> Report {
    let origin = Origin {
        source: Source::CostExplorer("shop".into()),
        account: "613489207754".into(),
        read_at: Timestamp::UNIX_EPOCH,
        spent: Some(Spent {
            today: 3,
            month: 12,
            cap: 100,
            ..Spent::default()
        }),
        requests: 0,
        price: Some(cost::Price::new("about 3 requests ($0.03)", 3)),
        stale_because: None,
        doubts: None,
        without: None,
        budget: Ok(None),
    };
    Report::of(&cells(), model.costs.query.clone(), origin, date(2026, 11, 21))
}

/// A fleet with a failure, recordings and costs; home in front.
pub fn model() -> Model {
    let mut model = Model::new(Config::default(), Bindings::new(&[]).unwrap(), Policy::default());
    (model.cols, model.rows) = (140, 40);
    let nodes = [
        ("i-01", "web-01", "test"),
        ("i-02", "web-02", "test"),
        ("i-03", "db-01", "prod"),
        ("i-04", "결제-정산-배치", "prod"),
    ];
    let nodes = nodes.map(|(id, name, env)| named_node(id, name, env)).into();
    let costs = Msg::CostsArrived(Box::new(report(&model)));
    let rows = vec![
        recording("r-1", "web-01", 1_000_000),
        recording("r-2", "db-01", 2_000_000),
    ];
    let arrived = [
        Msg::FleetArrived(Batch::Rows(nodes)),
        Msg::FleetArrived(Batch::Failed(failure("eu-west-1"))),
        Msg::FleetEnded,
        Msg::RecordingsListed(rows),
        costs,
    ];
    for msg in arrived {
        let effects = update(&mut model, msg);
        assert!(
            effects
                .iter()
                .all(|effect| matches!(effect, Effect::PriceNodes(_))),
            "{effects:?}"
        );
    }
    model
}
