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
