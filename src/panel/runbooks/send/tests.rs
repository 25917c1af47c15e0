//! A block on its way to a session minds what its page says: who may, which values, what must be said before.

use crate::app::play::{model, press};
use crate::app::{Ask, Effect, Model, Msg, Overlay, PaneId, ToSession, update};
use crate::runbook::Library;

/// A page with its first block selected, and a session in front.
fn begun(page: &str, production: bool) -> (tempfile::TempDir, Model) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.md"), page).unwrap();
    let mut model = model();
    let library = Library::scan(&[folder.path().into()]);
    update(&mut model, Msg::RunbooksScanned(Box::new(library)));
    open(&mut model, 1, production);
    press(&mut model, "<C-g>6<enter><tab>");
    (folder, model)
}

fn open(model: &mut Model, pane: u64, production: bool) {
    let opened = Msg::SessionOpened {
        pane: PaneId(pane),
        target: format!("i-9{pane}"),
        title: format!("host-{pane}"),
        production,
    };
    update(model, opened);
}

fn said(model: &Model) -> &str {
    model.notices.last().map_or("", |notice| notice.says.as_str())
}

fn asks(model: &Model, wanted: &str) -> bool {
    matches!(&model.overlay, Some(Overlay::Prompt { ask: Ask::Variable { name }, .. }) if name == wanted)
}

#[test]
fn what_the_page_wants_kept_or_said_by_others_is_not_typed_into_a_session() {
    for (page, production, says) in [
        (
            "---\nvars: {TOKEN: {secret: ask}}\n---\n```sh\ncurl -d $TOKEN x\n```\n",
            false,
            "the secret TOKEN would be typed in clear",
        ),
        ("```sh {confirm=two}\nls\n```\n", false, "a second person"),
        ("```sh {confirm=type}\nreboot\n```\n", true, "a second person"),
        ("```sh\nls\n\nand the rest of the page\n", false, "never closed"),
        ("```sh {interpreter=python3}\nls\n```\n", false, "python3"),
        ("```sh {confirm=never}\nls\n```\n", false, "confirm="),
    ] {
        let (_folder, mut model) = begun(page, production);
        assert_eq!(press(&mut model, "s"), [], "{page}");
        assert!(said(&model).contains(says), "{page}: {}", said(&model));
        assert!(model.overlay.is_none(), "{page}");
    }
}

#[test]
fn why_a_page_cannot_be_run_is_read_whole_on_a_narrow_screen() {
    for key in ["s", "R"] {
        let (_folder, mut model) = begun("```sh {rollback=undrain}\nls\n```\n", false);
        press(&mut model, key);
        let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(80, 20)).unwrap();
        let style = |_| ratatui::style::Style::new();
        let look = crate::ui::Look::new(&style);
        terminal
            .draw(|frame| crate::panel::view(&model, &crate::panel::tests::Filled, &look, frame))
            .unwrap();
        let screen = terminal.backend().to_string();
        let says = "line 1: no kind=rollback is called undrain: e edits the page";
        assert!(screen.contains(says), "{key}: {screen}");
    }
}

#[test]
fn a_page_for_others_is_not_sent_block_by_block() {
    let (_folder, mut model) = begun("---\naudience: [dba]\n---\n```sh\nls\n```\n", false);
    let config = crate::config::Config {
        roles: vec![crate::config::Duty {
            name: "oncall".into(),
            who: vec!["mara".into()],
        }],
        ..Default::default()
    };
    model.catalogue = crate::runbook::catalogue::Catalogue::of(&config, Some("mara"), None);
    press(&mut model, "s");
    assert!(
        model.overlay.is_none() && said(&model).contains("is for dba"),
        "{}",
        said(&model)
    );
}

#[test]
fn a_value_is_of_the_form_that_the_page_wants() {
    let page = "---\nvars: {COUNT: {match: '^[0-9]$'}}\n---\n```sh\nls $COUNT {{COUNT}}\n```\n";
    let (_folder, mut model) = begun(page, false);
    press(&mut model, "s");
    assert!(asks(&model, "COUNT"), "{:?}", model.overlay);
    press(&mut model, "12<enter>");
    assert!(asks(&model, "COUNT") && said(&model).contains("does not match"));
    press(&mut model, "7<enter>");
    assert!(matches!(&model.overlay, Some(Overlay::Preview { text, .. }) if text == "COUNT=7\nls $COUNT 7"));
}

#[test]
fn a_change_of_production_wants_the_name_typed_before_it_is_shown_and_sent() {
    let (_folder, mut model) = begun("```sh\nreboot\n```\n", true);
    assert_eq!(press(&mut model, "s"), []);
    assert_eq!(press(&mut model, "host-2<enter>"), []);
    assert_eq!(
        (said(&model), model.overlay.is_none()),
        ("nothing was sent", true)
    );
    press(&mut model, "shost-1<enter>");
    assert!(
        matches!(&model.overlay, Some(Overlay::Preview { title, .. }) if title.contains("PRODUCTION host-1"))
    );
    let effects = press(&mut model, "y");
    assert!(
        matches!(&effects[..], [Effect::Session(..), Effect::Session(_, ToSession::Run(commands))] if commands == &["reboot"])
    );
}

#[test]
fn what_seems_to_be_printed_is_sent_by_no_enter() {
    let (_folder, mut model) = begun(
        "```sh {confirm=none}\nNAME READY STATUS\nweb-1 1/1 Running\n```\n",
        false,
    );
    press(&mut model, "s");
    assert!(
        matches!(&model.overlay, Some(Overlay::Preview { title, .. }) if title.contains("has printed")),
        "{:?}",
        model.overlay
    );
    assert_eq!(press(&mut model, "<enter>e<C-s><enter>"), []);
    assert!(model.overlay.is_some());
    assert_eq!(press(&mut model, "y").len(), 2);
}

#[test]
fn a_value_given_for_one_session_is_asked_for_anew_in_another() {
    let (_folder, mut model) = begun("```sh\nls {{path}}\n```\n", false);
    press(&mut model, "s/one<enter>");
    assert!(matches!(&model.overlay, Some(Overlay::Preview { text, .. }) if text == "ls /one"));
    press(&mut model, "n");
    open(&mut model, 2, false);
    press(&mut model, "<C-g>6s");
    assert!(asks(&model, "path"), "{:?}", model.overlay);
}

#[test]
fn a_command_in_the_text_is_put_to_the_prompt_and_never_run() {
    let page = "# P\n\n1. Look: `kubectl get pods -n <namespace> $WHO`\n";
    let (_folder, mut model) = begun(page, false);
    press(&mut model, "s");
    assert!(asks(&model, "namespace"), "{}", said(&model));
    press(&mut model, "a b<enter>me<enter>");
    let wanted = "WHO=me; kubectl get pods -n 'a b' $WHO";
    let Some(Overlay::Preview { title, text, .. }) = &model.overlay else {
        panic!("{:?}", model.overlay);
    };
    assert!(title.starts_with("Put to the prompt of host-1?"), "{title}");
    assert_eq!(text, wanted);
    let effects = press(&mut model, "y");
    let pasted = ToSession::Paste(wanted.into());
    assert!(
        effects.contains(&Effect::Session(PaneId(1), pasted)),
        "{effects:?}"
    );
    let runs = |effect: &Effect| matches!(effect, Effect::Session(_, ToSession::Run(_)));
    assert!(!effects.iter().any(runs));
    // It is no step, and a change in production wants the name like any other.
    let (_folder, mut model) = begun("- then `kubectl delete pod x`\n", true);
    press(&mut model, "s");
    assert!(matches!(
        model.overlay,
        Some(Overlay::Prompt {
            ask: Ask::SendPhrase,
            ..
        })
    ));
    press(&mut model, "<esc>R");
    assert!(said(&model).contains("no step to run"));
}
