//! Tunnels by their keys: what is asked of the world, what the rows and the user are told.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::*;
use crate::app::play::{model, named_node, only_logs_refusal, press};
use crate::app::{Ask, Effect, Model, Msg, Overlay, Plan, update};
use crate::fleet::Batch;
use crate::forward::{Rate, Snapshot, Status};
use crate::ui::Look;
use crate::ui::tests::painted;

fn named(name: &str, target: &str, spec: &str) -> config::Forward {
    config::Forward {
        name: name.into(),
        target: target.into(),
        specs: vec![spec.into()],
        bind: Vec::new(),
        sessions: 1,
        reason: String::new(),
        lazy: false,
    }
}

/// The panel in front; every region has answered.
fn forwards(named: &[config::Forward]) -> Model {
    let mut model = model();
    model.fleet.failures.clear();
    model.forwards = Forwards::of(named);
    press(&mut model, "9");
    model
}

fn two() -> Model {
    forwards(&[
        named("web", "web-01", "18080:80"),
        named("orders", "db-01", "15432:orders.internal:5432"),
    ])
}

fn opened(effects: &[Effect]) -> Vec<(TunnelId, &Plan)> {
    let open = effects.iter().filter_map(|effect| match effect {
        Effect::OpenTunnel(tunnel, plan) => Some((*tunnel, &**plan)),
        Effect::PriceNodes(_) => None,
        other => panic!("{other:?}"),
    });
    open.collect()
}

fn at(tunnel: u64, state: State, connections: Vec<Seen>) -> TunnelMove {
    TunnelMove {
        tunnel: TunnelId(tunnel),
        listening: vec!["127.0.0.1:18080".into(), "[::1]:18080".into()],
        status: Status {
            state,
            sessions: vec!["mara-0123456789abcdef0".into()],
            ..Status::default()
        },
        now: Snapshot {
            at: Instant::now(),
            sent: 1_234,
            received: 56_789_000,
            carrying: usize::from(!connections.is_empty()),
            connections,
            congested: false,
            messages: 0,
            busy_for: std::time::Duration::ZERO,
        },
        rate: Rate::default(),
    }
}

fn seen(peer: &str, waiting: u64) -> Seen {
    Seen {
        peer: peer.into(),
        opened_at: Timestamp::UNIX_EPOCH,
        sent: 1_234,
        received: 56_789_000,
        waiting,
    }
}

fn tell(model: &mut Model, moved: TunnelMove) -> Vec<Effect> {
    update(model, Msg::TunnelsMoved(vec![moved]))
}

fn ended(why: &str) -> State {
    State::Ended { why: why.into() }
}

fn last_notice(model: &Model) -> String {
    let last = model.notices.last().unwrap();
    format!("{} | {}", last.says, last.hint)
}

#[test]
fn one_key_starts_a_named_tunnel_and_the_same_stops_it() {
    let mut model = two();
    let effects = press(&mut model, "<enter>");
    let [(tunnel, plan)] = opened(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((plan.node.name.as_str(), plan.spec.remote.port), ("web-01", 80));
    assert_eq!(press(&mut model, "y"), [Effect::Copy("127.0.0.1:18080".into())]);
    tell(&mut model, at(tunnel.0, State::Connected, Vec::new()));
    assert_eq!(model.forwards.open(), 1);
    assert_eq!(press(&mut model, "<space>"), [Effect::StopTunnel(tunnel)]);
    assert_eq!(press(&mut model, "<enter>"), [], "it is being stopped");
    // What is on its way when it is told to stop does not bring it back.
    tell(&mut model, at(tunnel.0, State::Connected, Vec::new()));
    assert!(matches!(model.forwards.rows[0].stand, Stand::Stopping(_)));
    assert_eq!(
        tell(&mut model, at(tunnel.0, ended("stopped from here"), Vec::new())),
        [Effect::ListRecordings]
    );
    assert!(
        matches!(model.forwards.rows[0].stand, Stand::Stopped) && model.forwards.rows[0].trouble.is_none()
    );
    assert_ne!(opened(&press(&mut model, "<enter>"))[0].0, tunnel);
}

#[test]
fn all_named_tunnels_start_at_once_and_one_reason_serves_those_that_want_one() {
    let mut model = forwards(&[
        named("web", "web-01", "18080:80"),
        named("orders", "db-01", "15432:5432"),
        named("batch", "결제-정산-배치", "15433:5432"),
        config::Forward {
            reason: "standing".into(),
            ..named("known", "db-01", "15434:5432")
        },
    ]);
    let effects = press(&mut model, "A");
    let reasons: Vec<_> = opened(&effects)
        .iter()
        .map(|(_, plan)| plan.reason.as_str())
        .collect();
    assert_eq!(reasons, ["", "standing"]);
    assert!(
        matches!(&model.overlay, Some(Overlay::Prompt { ask: Ask::ForwardReason { rows }, .. }) if rows.len() == 2)
    );
    assert_eq!(press(&mut model, " <enter>"), []);
    assert!(
        last_notice(&model).contains("a reason is wanted"),
        "{}",
        last_notice(&model)
    );
    let effects = press(&mut model, "INC-7<enter>");
    let reasons: Vec<_> = opened(&effects)
        .iter()
        .map(|(_, plan)| plan.reason.as_str())
        .collect();
    assert_eq!(reasons, ["INC-7", "INC-7"]);
    assert_eq!(model.forwards.rows[1].reason, "", "the next start asks again");
    assert_eq!(press(&mut model, "A"), [], "all are open");
}

#[test]
fn a_name_waits_for_every_region_and_an_id_does_not() {
    let mut model = forwards(&[
        named("web", "web-01", "18080:80"),
        named("id", "i-02", "18081:80"),
    ]);
    model.fleet.loading = true;
    let nodes = vec![named_node("i-0b", "new", "test")];
    update(&mut model, Msg::FleetArrived(Batch::Rows(nodes)));
    let effects = press(&mut model, "A");
    assert_eq!(opened(&effects)[0].1.node.name, "web-02");
    assert!(matches!(model.forwards.rows[0].stand, Stand::Awaited));
    let effects = update(&mut model, Msg::FleetEnded);
    assert_eq!(opened(&effects)[0].1.node.name, "web-01");
}

#[test]
fn containers_are_asked_for_and_those_found_start_together() {
    let mut model = forwards(&[
        named("cart", "ecs:shop/2521/app", "15432:5432"),
        named("gone", "ecs:shop/dead/app", "81"),
        named("late", "ecs:shop/2522/app", "82"),
    ]);
    let effects = press(&mut model, "A");
    let asked: Vec<RowId> = effects
        .iter()
        .map(|effect| match effect {
            Effect::FindContainer(row, target) if target.starts_with("ecs:shop/") => *row,
            other => panic!("{other:?}"),
        })
        .collect();
    let found = |at: usize| {
        Msg::ContainerFound(
            asked[at],
            Ok(Box::new(named_node("ecs:shop_2521_rt", "shop/app", "prod"))),
        )
    };
    assert_eq!(update(&mut model, found(0)), [], "others are still asked for");
    let refused = ("no region has that task".to_owned(), "name another".to_owned());
    assert_eq!(
        update(&mut model, Msg::ContainerFound(asked[1], Err(refused))),
        []
    );
    assert_eq!(
        last_notice(&model),
        "gone: no region has that task | name another"
    );
    // Stopped while it was asked for: nobody waits for it any more.
    press(&mut model, "G<enter>");
    assert_eq!(update(&mut model, found(2)), [], "production wants a reason");
    let effects = press(&mut model, "INC-7<enter>");
    let [(_, plan)] = opened(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(
        (plan.node.name.as_str(), plan.reason.as_str()),
        ("shop/app", "INC-7")
    );
    assert!(matches!(model.forwards.rows[2].stand, Stand::Stopped));
}

#[test]
fn what_cannot_be_started_says_why_in_its_row_and_to_the_user() {
    let mut model = forwards(&[
        named("ghost", "nobody", "80"),
        named("twice", "env=prod", "81"),
        named("odd", "web-01", "1:2:3:4:5"),
        named("down", "web-02", "82"),
    ]);
    let mut lost = named_node("i-02", "web-02", "test");
    lost.ping = Some("ConnectionLost".into());
    update(&mut model, Msg::FleetArrived(Batch::Rows(vec![lost])));
    for (keys, says) in [
        (
            "<enter>",
            "ghost: no instance or managed node is nobody | 2 shows the fleet",
        ),
        (
            "j<enter>",
            "twice: env=prod is 2 instances: i-03, i-04 | name one by its id",
        ),
        (
            "j<enter>",
            "odd: \"1:2:3:4:5\" is no forwarding: it has more than four parts | write PORT",
        ),
        (
            "j<enter>",
            "down: web-02 has lost its agent's connection | see that it runs",
        ),
    ] {
        assert_eq!(press(&mut model, keys), []);
        assert!(last_notice(&model).starts_with(says), "{}", last_notice(&model));
        assert!(matches!(
            model.forwards.selected().unwrap().stand,
            Stand::Failed(_)
        ));
    }
}

#[test]
fn a_port_in_use_and_a_tunnel_that_ends_by_itself_keep_their_cause_and_can_be_started_again() {
    let mut model = two();
    press(&mut model, "<enter>");
    let refused = Msg::TunnelRefused {
        tunnel: TunnelId(1),
        says: "127.0.0.1:18080 is in use by nginx (77)".into(),
        hint: "name another local port".into(),
    };
    update(&mut model, refused);
    let says = "web: 127.0.0.1:18080 is in use by nginx (77) | name another local port";
    assert_eq!(last_notice(&model), says);
    assert_eq!(model.forwards.open(), 0);
    let (tunnel, _) = opened(&press(&mut model, "<enter>"))[0];
    let mut moved = at(tunnel.0, ended("169.254.169.254 may not be reached"), Vec::new());
    moved.status.refusal = Some(("forward to the service itself".into(), true));
    tell(&mut model, moved);
    let says = "web: 169.254.169.254 may not be reached | forward to the service itself";
    assert_eq!(last_notice(&model), says);
    assert!(matches!(model.forwards.rows[0].stand, Stand::Failed("ended")));
    assert_eq!(opened(&press(&mut model, "<enter>")).len(), 1);
}

#[test]
fn a_notice_of_a_tunnel_is_told_once() {
    let mut model = two();
    press(&mut model, "<enter>");
    let mut moved = at(1, State::Connected, Vec::new());
    moved.status.notice = Some((1, "127.0.0.1:5 was not served".into()));
    tell(&mut model, moved.clone());
    tell(&mut model, moved);
    assert_eq!(model.notices.len(), 1);
    assert_eq!(last_notice(&model), "web: 127.0.0.1:5 was not served | ");
}

#[test]
fn a_tunnel_is_added_from_the_prompt_and_wrong_words_stay_to_be_mended() {
    let mut model = two();
    assert_eq!(press(&mut model, "a99999 on web-02<enter>"), []);
    assert!(
        last_notice(&model).contains("no port from 1 to 65535"),
        "{}",
        last_notice(&model)
    );
    assert!(
        painted_whole(&model).contains("no port from"),
        "{}",
        painted_whole(&model)
    );
    assert!(
        matches!(&model.overlay, Some(Overlay::Prompt { prompt, .. }) if prompt.text() == "99999 on web-02")
    );
    press(&mut model, "<C-u>8080<enter>");
    assert!(
        last_notice(&model).contains("of which instance?"),
        "{}",
        last_notice(&model)
    );
    let effects = press(&mut model, " on web-02<enter>");
    assert_eq!(opened(&effects)[0].1.node.name, "web-02");
    assert_eq!(model.forwards.selected().unwrap().name, "web-02 8080");
    press(&mut model, "x");
    assert!(
        last_notice(&model).contains("is open | stop it first"),
        "{}",
        last_notice(&model)
    );
    press(&mut model, "<enter>");
    tell(&mut model, at(1, ended("stopped from here"), Vec::new()));
    press(&mut model, "x");
    assert_eq!(model.forwards.len(), 2);
    press(&mut model, "x");
    assert!(
        last_notice(&model).contains("is named by the configuration"),
        "{}",
        last_notice(&model)
    );
}

#[test]
fn the_fleet_forwards_a_port_of_the_node_under_the_cursor() {
    let mut model = two();
    let effects = press(&mut model, "2/web-02<enter>p15000:5000<enter>");
    let [(_, plan)] = opened(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((plan.node.name.as_str(), plan.spec.remote.port), ("web-02", 5000));
    assert_eq!(model.room, crate::app::Room::Forwards);
    // Production is asked for a reason, as for a shell.
    assert_eq!(press(&mut model, "2<C-x>/db-01<enter>p5432<enter>"), []);
    assert_eq!(opened(&press(&mut model, "INC-7<enter>"))[0].1.reason, "INC-7");
}

#[test]
fn read_only_opens_nothing() {
    let mut model = two();
    model.read_only = true;
    for keys in ["<enter>", "A", "a", "2p"] {
        assert!(only_logs_refusal(&press(&mut model, keys)), "{keys}");
        assert!(
            last_notice(&model).contains("read-only"),
            "{}",
            last_notice(&model)
        );
        assert!(model.overlay.is_none());
    }
}

#[test]
fn stopping_over_open_connections_and_leaving_are_asked_about() {
    let mut model = two();
    press(&mut model, "<enter>");
    tell(&mut model, at(1, State::Connected, vec![seen("127.0.0.1:5", 0)]));
    assert_eq!(press(&mut model, "<enter>"), []);
    assert!(painted_whole(&model).contains("1 connection is cut off."));
    assert_eq!(press(&mut model, "n"), []);
    assert_eq!(press(&mut model, "q"), []);
    let whole = painted_whole(&model);
    assert!(
        whole.contains("1 tunnel is open with 1 connection, ended when you leave."),
        "{whole}"
    );
    assert_eq!(press(&mut model, "n"), []);
    assert_eq!(press(&mut model, "<enter>y"), [Effect::StopTunnel(TunnelId(1))]);
}

fn painted_whole(model: &Model) -> String {
    use ratatui::{Terminal, backend::TestBackend, style::Style};
    let mut terminal = Terminal::new(TestBackend::new(100, 30)).unwrap();
    let style = |_| Style::new();
    let none = crate::panel::tests::Filled;
    terminal
        .draw(|frame| crate::panel::view(model, &none, &Look::new(&style), frame))
        .unwrap();
    terminal.backend().to_string()
}

#[test]
fn a_second_of_silence_moves_the_screen_and_a_quiet_tunnel_does_not() {
    let mut model = two();
    press(&mut model, "<enter>");
    tell(&mut model, at(1, State::Connected, vec![seen("127.0.0.1:5", 0)]));
    assert!(!model.shows_time());
    let since = Instant::now() - Duration::from_secs(12);
    tell(&mut model, at(1, State::Stalled { since }, Vec::new()));
    assert!(model.shows_time());
    press(&mut model, "1");
    assert!(model.shows_time(), "home tells of tunnels in trouble");
    let home = painted_whole(&model);
    assert!(home.contains("! tunnel web stalled for 12 s"), "{home}");
    press(&mut model, "2");
    assert!(!model.shows_time(), "nobody sees it count");
}

/// One row of each kind, a busy tunnel under the cursor.
fn all_kinds() -> Model {
    let mut model = forwards(&[
        named("web", "web-01", "18080:80"),
        named("orders", "db-01", "15432:orders.internal:5432"),
        named("ghost", "nobody", "/run/db.sock:5432"),
        named("결제-정산", "web-02", "0:80"),
    ]);
    let mut busy = at(
        1,
        State::Connected,
        vec![seen("127.0.0.1:40044", 0), seen("[::1]:40046", 31_000_000)],
    );
    busy.rate = Rate {
        up: 1_234.0,
        down: 31_400_000.0,
        ..Rate::default()
    };
    let resuming = State::Resuming {
        attempt: 3,
        because: "no answer".into(),
    };
    press(&mut model, "<enter>jj<enter>");
    press(&mut model, "k<enter>INC-7<enter>gg");
    tell(&mut model, busy);
    tell(&mut model, at(2, resuming, Vec::new()));
    model
}

#[test]
fn the_panel_at_two_widths() {
    for (width, height) in [(80, 22), (160, 20)] {
        let model = all_kinds();
        insta::assert_snapshot!(
            format!("panel_{width}"),
            painted(width, height, |area, buf, look| view(&model, area, buf, look))
        );
    }
}
