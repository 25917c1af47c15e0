//! Files of pages that change while the console is open: what is on the screen is what they say, and where one was stays.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::app::play::{model, press};
use crate::app::{Msg, update};

const PAGE: &str = "# Disk\n\n## Look\n\none\n\n```sh\ndf -h\n```\n\n## Clean\n\n```sh\nrm -r /x\n```\n\n## Then\n\nwait\n\n\
     a\n\nb\n\nc\n\nd\n\ne\n\nf\n\ng\n\nh\n\ni\n\nj\n";

struct Desk {
    folder: tempfile::TempDir,
    model: Model,
}

impl Desk {
    /// With the page open.
    fn new(keys: &str) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("disk.md"), PAGE).unwrap();
        fs::write(folder.path().join("web.md"), "# Web\n").unwrap();
        let mut model = model();
        update(&mut model, Msg::Resized { cols: 80, rows: 12 });
        let library = Library::scan(&[folder.path().into()]);
        update(&mut model, Msg::RunbooksScanned(Box::new(library)));
        model.busy.clear();
        press(&mut model, keys);
        Desk { folder, model }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("disk.md")
    }

    fn write(&self, text: &str) {
        fs::write(self.path(), text).unwrap();
    }

    /// Presses keys, and does what looking at files they ask for.
    fn press(&mut self, keys: &str) -> Vec<Effect> {
        let effects = press(&mut self.model, keys);
        for effect in &effects {
            self.answer(effect);
        }
        effects
    }

    fn answer(&mut self, effect: &Effect) {
        match effect {
            Effect::LookAgain(page) => match page.again() {
                Again::Same => {}
                now => drop(update(&mut self.model, Msg::PageLooked(page.clone(), now))),
            },
            Effect::RereadRunbooks => {
                let library = self
                    .model
                    .runbooks
                    .library
                    .scan_again(&[self.folder.path().into()]);
                if !library.is_as(&self.model.runbooks.library) {
                    update(&mut self.model, Msg::RunbooksReread(Box::new(library)));
                }
            }
            _ => {}
        }
    }

    fn said(&self) -> &str {
        self.model.notices.last().map_or("", |notice| &notice.says)
    }

    fn text(&self) -> &str {
        self.model.runbooks.page().map_or("", |page| &page.text)
    }
}

#[test]
fn what_is_changed_here_is_the_page_as_its_file_is_now() {
    let mut desk = Desk::new("6<enter>");
    desk.write("# Disk\n\nnew words\n");
    desk.press("e");
    let shown = |desk: &Desk| match &desk.model.overlay {
        Some(Overlay::EditPage(draft)) => draft.text_of(),
        other => panic!("{other:?}"),
    };
    assert!(shown(&desk).contains("new words"), "{}", shown(&desk));
    // What was typed stays, and is never written over what another has written.
    desk.press("x");
    let typed = shown(&desk);
    desk.write("# Disk\n\nother words\n");
    let look = super::look(&desk.model).unwrap();
    desk.answer(&look);
    assert_eq!(shown(&desk), typed);
    assert!(typed.contains('x') && !typed.contains("other"), "{typed}");
}

#[test]
fn a_page_is_read_again_when_it_is_opened() {
    let mut desk = Desk::new("6");
    desk.write("# Disk\n\nnew\n");
    desk.press("<enter>");
    assert_eq!(desk.text(), "# Disk\n\nnew\n");
    assert_eq!(desk.said(), "Disk changed on disk, read again");
}

#[test]
fn the_panel_shows_pages_that_came_changed_or_were_renamed_since_it_was_left() {
    let mut desk = Desk::new("6<enter>1");
    fs::rename(
        desk.folder.path().join("web.md"),
        desk.folder.path().join("net.md"),
    )
    .unwrap();
    fs::write(desk.folder.path().join("a.md"), "# A\n").unwrap();
    desk.write("# Disk\n\nnew\n");
    let effects = desk.press("6");
    assert!(effects.contains(&Effect::RereadRunbooks), "{effects:?}");
    let names: Vec<&str> = desk
        .model
        .runbooks
        .library
        .pages
        .iter()
        .map(|page| page.name.as_str())
        .collect();
    assert_eq!(names, ["a.md", "disk.md", "net.md"]);
    assert_eq!(
        (desk.text(), desk.model.runbooks.is_reading()),
        ("# Disk\n\nnew\n", true)
    );
    // Nothing is told where nothing has changed.
    let said = desk.model.notices.len();
    desk.press("16");
    assert_eq!(desk.model.notices.len(), said);
}

#[test]
fn a_changed_page_is_shown_before_anything_of_it_is_asked_about() {
    let mut desk = Desk::new("6<enter>");
    desk.press("R");
    assert!(
        matches!(desk.model.overlay, Some(Overlay::Start(_))),
        "{}",
        desk.said()
    );
    desk.press("n");
    desk.write("# Disk\n\n```sh\nls /new\n```\n");
    desk.press("R");
    assert!(desk.model.overlay.is_none(), "{:?}", desk.model.overlay);
    assert!(desk.text().contains("ls /new"));
    assert_eq!(desk.said(), "Disk changed on disk, read again");
    desk.press("R");
    let Some(Overlay::Start(start)) = &desk.model.overlay else {
        panic!("{:?}", desk.model.overlay);
    };
    assert!(format!("{start:?}").contains("ls /new"));
}

#[test]
fn nothing_is_run_of_a_page_that_changed_while_its_form_was_read() {
    let mut desk = Desk::new("6<enter>");
    desk.press("R");
    desk.write("# Disk\n\n```sh\nls /new\n```\n");
    let effects = desk.press("y");
    let [Effect::CarryOut { page: Some(page), .. }] = &effects[..] else {
        panic!("{effects:?}");
    };
    let now = page.again_closely();
    update(&mut desk.model, Msg::CarryStale(page.clone(), now));
    assert_eq!(desk.model.room, Room::Runbooks);
    assert!(desk.text().contains("ls /new") && !desk.model.carry.is_going());
    assert_eq!(desk.said(), "nothing was run: Disk changed on disk, read again");
}

#[test]
fn a_page_that_is_gone_is_said_and_none_is_shown_in_its_place() {
    let mut desk = Desk::new("6<enter>");
    fs::remove_file(desk.path()).unwrap();
    desk.press("R");
    assert!(desk.model.overlay.is_none() && !desk.model.runbooks.is_reading());
    assert_eq!(desk.said(), "Disk is gone from disk");
    assert_eq!(desk.model.runbooks.library.pages.len(), 1);
}

#[test]
fn the_place_and_the_selected_command_stay_where_lines_came_above() {
    let mut desk = Desk::new("6<enter><tab><tab>");
    let at = |desk: &Desk| {
        let (_, laid) = travel::window(&desk.model).unwrap();
        let line = laid.document.sources[desk.model.runbooks.offset];
        let says = desk.text().lines().nth(line - 1).unwrap_or_default();
        (says.to_owned(), desk.model.runbooks.selected_text())
    };
    press(&mut desk.model, "jj");
    let before = at(&desk);
    assert_eq!(before.1.as_deref(), Some("rm -r /x"));
    desk.write(&PAGE.replacen("# Disk\n", "# Disk\n\n```sh\nuptime\n```\n\nmore\n\nlines\n", 1));
    desk.press("16");
    assert_eq!(desk.said(), "Disk changed on disk, read again");
    assert_eq!(at(&desk), before);
    // A command that is not there any longer is not selected, and no other in its place.
    desk.write(&PAGE.replace("rm -r /x", "rm -r /y"));
    desk.press("16");
    assert_eq!(desk.model.runbooks.selected, None);
}

#[test]
fn a_command_that_changed_is_not_sent_as_it_was() {
    let mut desk = Desk::new("6");
    let opened = Msg::SessionOpened {
        pane: crate::app::PaneId(1),
        target: "i-91".into(),
        title: "host-1".into(),
        production: false,
    };
    update(&mut desk.model, opened);
    desk.press("<C-g>6<enter><tab>");
    desk.press("s");
    assert!(
        matches!(desk.model.overlay, Some(Overlay::Preview { .. })),
        "{:?}",
        desk.model.overlay
    );
    desk.write("# Disk\n\n```sh\nls /new\n```\n");
    let page = desk.model.runbooks.page_shared().unwrap();
    desk.answer(&Effect::LookAgain(page));
    assert!(desk.model.overlay.is_none());
}

/// The console with one page, of a bucket, read five minutes ago.
fn of_bucket() -> (Model, std::sync::Arc<Page>) {
    let mut model = model();
    model.now = "2026-11-23T10:00:00Z".parse().unwrap();
    update(&mut model, Msg::Resized { cols: 100, rows: 30 });
    let source = crate::runbook::Source::remote(std::path::Path::new("s3://ops/books")).unwrap();
    let pages = vec![Ok(("disk.md".to_owned(), PAGE.as_bytes().to_vec()))];
    update(&mut model, Msg::RunbooksScanned(Box::default()));
    update(
        &mut model,
        Msg::RunbooksFetched(std::sync::Arc::new(source), Ok(pages)),
    );
    model.busy.clear();
    model.now = "2026-11-23T10:05:00Z".parse().unwrap();
    press(&mut model, "6<enter>");
    let page = model.runbooks.page_shared().unwrap();
    (model, page)
}

/// Presses keys that ask whether that page is as it was.
fn asks(model: &mut Model, keys: &str, page: &std::sync::Arc<Page>) {
    let effects = press(model, keys);
    let asked = Effect::LookAgain(page.clone());
    assert!(effects.contains(&asked), "{keys}: {effects:?}");
}

#[test]
fn the_object_of_a_page_is_asked_for_before_anything_of_it_is_asked_about() {
    let (mut model, page) = of_bucket();
    asks(&mut model, "R", &page);
    let text = "# Disk\n\n```sh\nls /new\n```\n";
    let mut now = Page::read(&page.path, &page.name, text.into()).unwrap();
    now.source = page.source.clone();
    let now = Again::Changed(std::sync::Arc::new(now));
    update(&mut model, Msg::PageLooked(page.clone(), now));
    assert!(model.overlay.is_none(), "{:?}", model.overlay);
    let says = &model.notices.last().unwrap().says;
    assert_eq!(says, "Disk changed in its bucket, read again");
    assert!(model.runbooks.page().unwrap().text.contains("ls /new"));
    // And once more when the run begins.
    let page = model.runbooks.page_shared().unwrap();
    asks(&mut model, "R", &page);
    let effects = press(&mut model, "y");
    let [
        Effect::CarryOut {
            page: Some(of),
            choice,
            ..
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert!(of.is_of_bucket() && !choice.as_read);
}

#[test]
fn where_the_bucket_cannot_be_asked_the_form_says_how_old_the_page_is() {
    let (mut model, page) = of_bucket();
    asks(&mut model, "R", &page);
    let cause = "s3.eu-west-1.amazonaws.com does not answer".to_owned();
    update(&mut model, Msg::PageUnasked(page.clone(), cause));
    let Some(Overlay::Start(start)) = &model.overlay else {
        panic!("{:?}", model.overlay);
    };
    let says = "Read 5m ago; it may have changed: s3.eu-west-1.amazonaws.com does not answer.";
    assert!(format!("{start:?}").contains(says), "{start:?}");
    let effects = press(&mut model, "y");
    let [Effect::CarryOut { choice, .. }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert!(choice.as_read);
}
