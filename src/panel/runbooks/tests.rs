//! The runbooks by their keys: links and the way back, search in a page, sections, places to go to, changing a page.

mod korean;

use std::fs;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Style;

use super::Stop;
use crate::app::play::{model, press};
use crate::app::{Effect, Model, Msg, Overlay, update};
use crate::runbook::{Library, save};
use crate::ui::Look;

const NODE: &str = "# KubeNodeNotReady\n\n## Meaning\n\nThe node is gone, see [disk](disk.md#clean-up) or [out](https://x.org/a).\n\n\
    ## Impact\n\nPods move.\n\n## Diagnosis\n\n```sh\nkubectl get node <node>\n```\n\n## Mitigation\n\nWait, then wait again.\n";
const DISK: &str =
    "---\nlast_reviewed: 2020-01-01\n---\n# Disk\n\nlong\n\n## Clean up\n\n[gone](gone.md) and [up](#disk)\n";

fn opened(cols: u16, rows: u16) -> (tempfile::TempDir, Model) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("node.md"), NODE).unwrap();
    fs::write(folder.path().join("disk.md"), DISK).unwrap();
    let mut model = model();
    update(&mut model, Msg::Resized { cols, rows });
    let library = Library::scan(&[folder.path().into()]);
    update(&mut model, Msg::RunbooksScanned(Box::new(library)));
    press(&mut model, "6");
    (folder, model)
}

fn screen(model: &Model) -> String {
    let mut terminal = Terminal::new(TestBackend::new(model.cols, model.rows)).unwrap();
    let style = |_| Style::new();
    terminal
        .draw(|frame| crate::panel::view(model, &crate::panel::tests::Filled, &Look::new(&style), frame))
        .unwrap();
    terminal.backend().to_string()
}

fn name(model: &Model) -> &str {
    model.runbooks.page().map_or("", |page| page.name.as_str())
}

#[test]
fn a_link_is_followed_to_its_heading_and_back_leads_where_one_was() {
    let (_folder, mut model) = opened(80, 12);
    press(&mut model, "j<enter>");
    assert_eq!(name(&model), "node.md");
    press(&mut model, "<tab>");
    assert_eq!(model.runbooks.selected, Some(Stop::Link(0)));
    assert_eq!(
        model.runbooks.selected_text().as_deref(),
        Some("disk.md#clean-up")
    );
    press(&mut model, "<enter>");
    assert_eq!(name(&model), "disk.md");
    assert!(screen(&model).contains("Clean up"));
    press(&mut model, "h");
    assert_eq!((name(&model), model.runbooks.is_reading()), ("node.md", true));
    press(&mut model, "h");
    assert!(!model.runbooks.is_reading());
}

#[test]
fn links_out_are_copied_and_links_to_nothing_are_said() {
    let (_folder, mut model) = opened(80, 24);
    press(&mut model, "j<enter><tab><tab>");
    assert_eq!(
        press(&mut model, "<enter>"),
        [Effect::Copy("https://x.org/a".into())]
    );
    press(&mut model, "hk<enter><tab>");
    assert_eq!(press(&mut model, "<enter>"), []);
    assert!(model.notices.last().unwrap().says.contains("leads nowhere"));
}

#[test]
fn a_page_is_searched_as_one_types_and_gone_through() {
    let (_folder, mut model) = opened(80, 24);
    press(&mut model, "j<enter>/wait");
    assert_eq!(model.runbooks.sought.at, Some(0));
    press(&mut model, "<enter>n");
    assert_eq!(model.runbooks.sought.at, Some(1));
    assert!(screen(&model).contains("/wait  2 of 2"));
    press(&mut model, "n");
    assert_eq!(model.runbooks.sought.at, Some(0), "round from the end");
    press(&mut model, "<esc>");
    assert!(model.runbooks.is_reading() && !model.runbooks.is_seeking());
    press(&mut model, "<esc>");
    assert!(!model.runbooks.is_reading());
}

#[test]
fn the_library_is_searched_as_one_types_and_a_shorter_word_finds_more_again() {
    let (_folder, mut model) = opened(80, 24);
    let titles = |model: &Model| {
        let books = &model.runbooks;
        books
            .shown
            .iter()
            .map(|at| books.library.pages[*at].title.clone())
            .collect::<Vec<_>>()
    };
    press(&mut model, "/kube");
    assert_eq!(titles(&model), ["KubeNodeNotReady"]);
    press(&mut model, "<backspace><backspace><backspace><backspace>long");
    assert_eq!(titles(&model), ["Disk"]);
    press(&mut model, "<esc>");
    assert_eq!(titles(&model).len(), 2);
}

#[test]
fn no_section_is_passed_over_on_the_way_down_or_up() {
    let (_folder, mut model) = opened(80, 12);
    press(&mut model, "j<enter>");
    let (area, laid) = super::travel::window(&model).unwrap();
    let lines: Vec<usize> = super::travel::sections(&laid)
        .into_iter()
        .map(|(_, line)| line)
        .collect();
    let last = super::travel::last_offset(&laid, area);
    assert!(lines[0] > 0 && lines[1] < last, "{lines:?} {last}");
    let mut at = |keys: &str| {
        press(&mut model, keys);
        model.runbooks.offset
    };
    assert_eq!((at("]"), at("]"), at("[")), (lines[0], lines[1], lines[0]));
    assert_eq!((at("["), at("[")), (0, 0));
    assert_eq!((at("G"), at("]")), (last, last));
    let before_last = lines.iter().copied().rfind(|line| *line < last);
    assert_eq!(at("["), before_last.unwrap());
    // Without usual sections headings are gone by; the first may be the page's first line.
    let (_folder, mut model) = opened(80, 9);
    press(&mut model, "<enter>");
    let (_, laid) = super::travel::window(&model).unwrap();
    let lines: Vec<usize> = laid.document.headings.iter().map(|(_, _, line)| *line).collect();
    assert!(
        super::travel::sections(&laid).is_empty() && lines.len() == 2,
        "{lines:?}"
    );
    press(&mut model, "]]");
    assert!(model.runbooks.offset > lines[0]);
    // Of a page that is in view as a whole there is nothing to go to.
    let (_folder, mut model) = opened(80, 60);
    press(&mut model, "j<enter>]]");
    assert_eq!(model.runbooks.offset, 0);
}

#[test]
fn sections_are_tabs_and_headings_an_outline() {
    let (_folder, mut model) = opened(80, 12);
    press(&mut model, "j<enter>");
    assert!(screen(&model).contains("Diagnosis"));
    press(&mut model, "]]]");
    let line = model.runbooks.offset;
    press(&mut model, "[");
    assert!(model.runbooks.offset < line);
    press(&mut model, "o");
    assert!(matches!(model.overlay, Some(Overlay::Places(_))));
    press(&mut model, "G<enter>");
    assert!(screen(&model).contains("wait again"));
}

#[test]
fn pages_say_who_links_to_them_and_whether_their_review_is_late() {
    let (_folder, mut model) = opened(120, 24);
    press(&mut model, "<enter>");
    assert_eq!(name(&model), "disk.md");
    let shown = screen(&model);
    assert!(
        shown.contains("review was due on 2020-12-31") && shown.contains("1 page links here"),
        "{shown}"
    );
    press(&mut model, "b<enter>");
    assert_eq!(name(&model), "node.md");
    press(&mut model, "z");
    assert!(!screen(&model).contains("Runbooks  2"), "the page alone");
}

#[test]
fn a_change_is_saved_over_what_was_read_only() {
    let (folder, mut model) = opened(120, 24);
    press(&mut model, "j<enter>e");
    press(&mut model, "x");
    assert!(screen(&model).contains("node.md •"));
    assert_eq!(press(&mut model, "<esc>"), []);
    assert!(model.overlay.is_some(), "changes are not dropped at once");
    let effects = press(&mut model, "<C-s>");
    let [Effect::SaveRunbook { path, before, text }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((&**before, text.as_str()), (NODE, format!("x{NODE}").as_str()));
    save(path, before, text).unwrap();
    assert!(
        fs::read_to_string(folder.path().join("node.md"))
            .unwrap()
            .starts_with("x#")
    );
    assert!(model.overlay.is_some(), "it stays until it is written");
    let effects = update(&mut model, Msg::RunbookSaved(path.clone(), Ok(())));
    assert_eq!(effects, [Effect::ScanRunbooks]);
    assert!(model.overlay.is_none());
}

#[test]
fn what_could_not_be_saved_is_not_lost() {
    let (folder, mut model) = opened(120, 24);
    press(&mut model, "j<enter>emine ");
    fs::write(folder.path().join("node.md"), "theirs\n").unwrap();
    let effects = press(&mut model, "<C-s>");
    let [Effect::SaveRunbook { path, before, text }] = &effects[..] else {
        panic!("{effects:?}")
    };
    let refused = save(path, before, text);
    update(&mut model, Msg::RunbookSaved(path.clone(), refused));
    let screen = screen(&model);
    assert!(
        screen.contains("mine # ") && screen.contains("changed on disk"),
        "{screen}"
    );
    let effects = press(&mut model, "<C-y>");
    assert!(matches!(&effects[..], [Effect::Copy(text)] if text.starts_with("mine ")));
    assert!(model.overlay.is_some());
    press(&mut model, "<esc><C-s>");
    let refused = save(path, before, text);
    update(&mut model, Msg::RunbookSaved(path.clone(), refused));
    assert!(self::screen(&model).contains("changed on disk"));
    press(&mut model, "<esc>");
    assert!(
        model.overlay.is_some(),
        "it was refused again, and is not dropped at once"
    );
}

#[test]
fn where_there_is_no_room_beside_the_text_the_preview_takes_its_place_until_somebody_types() {
    let (_folder, mut model) = opened(80, 24);
    press(&mut model, "j<enter>e");
    let text = screen(&model);
    assert!(
        text.contains("## Meaning") && text.contains("C-t preview"),
        "{text}"
    );
    press(&mut model, "<C-t>");
    let shown = screen(&model);
    assert!(shown.contains("Meaning") && shown.contains("C-t text"), "{shown}");
    assert!(!shown.contains("## Meaning") && !shown.contains("```"), "{shown}");
    press(&mut model, "<C-n>");
    assert!(
        screen(&model).contains("C-t text"),
        "a key that moves types nothing"
    );
    press(&mut model, "x");
    let typed = screen(&model);
    assert!(
        typed.contains("## Meaning") && typed.contains("C-t preview"),
        "{typed}"
    );
    update(&mut model, Msg::Resized { cols: 120, rows: 24 });
    let beside = screen(&model);
    assert!(
        beside.contains("## Meaning") && !beside.contains("C-t"),
        "{beside}"
    );
}

#[test]
fn the_editor_opens_at_the_line_of_the_selected_block() {
    let (folder, mut model) = opened(120, 24);
    press(&mut model, "j<enter><tab><tab><tab>");
    assert_eq!(model.runbooks.selected, Some(Stop::Block(1)));
    let path = folder.path().join("node.md");
    assert_eq!(press(&mut model, "E"), [Effect::EditFile { path, line: 13 }]);
}

#[test]
fn reading_again_keeps_the_page_in_view() {
    let (folder, mut model) = opened(120, 24);
    press(&mut model, "j<enter>");
    fs::write(folder.path().join("a.md"), "# A\n").unwrap();
    let library = model.runbooks.library.scan_again(&[folder.path().into()]);
    update(&mut model, Msg::RunbooksScanned(Box::new(library)));
    assert_eq!((name(&model), model.runbooks.is_reading()), ("node.md", true));
    fs::remove_file(folder.path().join("node.md")).unwrap();
    let library = model.runbooks.library.scan_again(&[folder.path().into()]);
    update(&mut model, Msg::RunbooksScanned(Box::new(library)));
    screen(&model);
}

#[test]
fn a_cheat_sheet_is_read_like_a_page_and_changed_in_its_own_form_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disk.cheat");
    fs::write(&path, "% disk\n\n# Look\ndf -h <mount>\n").unwrap();
    let mut model = model();
    let library = Library::scan(&[folder.path().into()]);
    update(&mut model, Msg::RunbooksScanned(Box::new(library)));
    press(&mut model, "6<enter><tab>");
    assert_eq!(model.runbooks.selected_text().as_deref(), Some("df -h <mount>"));
    assert!(press(&mut model, "e").is_empty() && model.overlay.is_none());
    assert!(model.notices.last().unwrap().says.contains("a form of its own"));
    assert_eq!(press(&mut model, "E"), [Effect::EditFile { path, line: 1 }]);
    // None of its blocks is in a sequence; the one that is chosen runs.
    press(&mut model, "Ry");
    assert!(model.notices.last().unwrap().says.contains("none of its steps"));
    assert!(matches!(press(&mut model, "oy")[..], [Effect::CarryOut { .. }]));
}

#[test]
fn what_another_panel_filled_in_is_told_above_the_page() {
    let (_folder, mut model) = opened(110, 24);
    let values = vec![
        ("account", "1111".to_owned()),
        ("volume_id", "vol-0aaa".to_owned()),
    ];
    super::open_filled(&mut model, "node.md", values);
    assert_eq!((name(&model), model.runbooks.is_reading()), ("node.md", true));
    let shown = screen(&model);
    assert!(
        shown.contains("filled in: account 1111, volume_id vol-0aaa"),
        "{shown}"
    );
    press(&mut model, "h");
    assert!(!screen(&model).contains("filled in"));
}

#[test]
fn what_is_filled_in_is_told_whole_on_a_narrow_screen() {
    let (_folder, mut model) = opened(80, 24);
    let values = vec![
        ("account", "613489207754".to_owned()),
        ("region", "eu-west-1".to_owned()),
        ("volume_id", "vol-05e9025ef3e819e72".to_owned()),
    ];
    super::open_filled(&mut model, "disk.md", values);
    let shown = screen(&model);
    for wanted in [
        "filled in: account 613489207754",
        "vol-05e9025ef3e819e72",
        "review was due on",
    ] {
        assert!(shown.contains(wanted), "{wanted} in\n{shown}");
    }
}
