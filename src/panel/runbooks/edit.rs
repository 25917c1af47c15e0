//! Changing a page here: the text at the left, the page as it will look at the right, or in its place where there is no
//! room for both. The file is only written where it is as it was when editing began; until then what was typed stays.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout as Split, Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::Widget;
use tui_textarea::{CursorMove, TextArea};

use super::{Stop, again, travel};
use crate::app::{Effect, Model, Notice, Overlay, Weight, begun};
use crate::runbook::{Failure, Page};
use crate::ui::markdown::{Layout, layout};
use crate::ui::popup::Frame;
use crate::ui::{Look, Role, text};

/// A page that is being changed.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    name: String,
    /// As it was read.
    before: Arc<str>,
    area: Box<TextArea<'static>>,
    /// Escape was pressed once although there are changes.
    warned: bool,
    /// What is being written.
    saving: Option<String>,
    /// Why it was not.
    trouble: Option<String>,
    /// Where there is room for one of them only: the page as it will look, not the text.
    is_shown: bool,
}

/// Room for the text and the page beside each other.
const BESIDE: u16 = 100;
/// The frame's own.
const BORDER: u16 = 2;

impl Draft {
    fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    #[cfg(test)]
    pub fn text_of(&self) -> String {
        self.text()
    }

    pub fn paste(&mut self, text: &str) {
        self.area
            .insert_str(text.replace("\r\n", "\n").replace('\r', "\n"));
    }

    fn is_changed(&self) -> bool {
        self.text() != self.before.trim_end_matches('\n')
    }
}

/// The source line, from 1, of what is selected or in view.
fn line_in_view(model: &Model) -> usize {
    let Some((_, laid)) = travel::window(model) else {
        return 1;
    };
    let document = &laid.document;
    let at = match model.runbooks.selected {
        Some(Stop::Block(number)) => {
            let block = document.blocks.iter().find(|(of, _)| *of == number);
            block.map_or(model.runbooks.offset, |(_, lines)| lines.start)
        }
        Some(Stop::Link(link)) => {
            let first = document.links.get(link).and_then(|link| link.at.first());
            first.map_or(model.runbooks.offset, |(line, _)| *line)
        }
        None => model.runbooks.offset,
    };
    document.sources.get(at).copied().unwrap_or(1)
}

/// The page's file, or why it cannot be changed.
fn file(model: &mut Model) -> Option<PathBuf> {
    let page = model.runbooks.page()?;
    if page.source.is_on_disk() {
        return Some(page.path.clone());
    }
    let says = format!(
        "{} comes from {} and cannot be changed here",
        page.title, page.source.label
    );
    model.notice(Notice::new(Weight::Warn, says).hint("copy it into a folder under [runbooks] paths first"));
    None
}

/// Opens the page as it was read, and looks whether its file says so still.
pub(super) fn begin(model: &mut Model) -> Vec<Effect> {
    match open(model) {
        true => again::look(model).into_iter().collect(),
        false => Vec::new(),
    }
}

/// The page says something else by now. Where nothing was typed yet its new text is what is changed; what was typed stays,
/// and cannot be written over the other.
pub(super) fn renew(model: &mut Model) {
    let Some(page) = model.runbooks.page_shared() else {
        return;
    };
    let Some(Overlay::EditPage(draft)) = model.overlay.as_mut().filter(|over| is_of(over, &page.path)) else {
        return;
    };
    if draft.before == page.text {
        return;
    }
    match draft.saving.is_none() && !draft.is_changed() {
        true => {
            open(model);
        }
        false => draft.trouble = Some("its file has changed meanwhile".to_owned()),
    }
}

fn open(model: &mut Model) -> bool {
    let line = line_in_view(model);
    let (Some(path), Some(page)) = (file(model), model.runbooks.page()) else {
        return false;
    };
    if !page.is_as_written() {
        let says = format!(
            "{} is read from {}, which has a form of its own",
            page.title, page.name
        );
        model.notice(Notice::new(Weight::Warn, says).hint("E opens the file in $EDITOR"));
        return false;
    }
    let mut area = TextArea::new(page.text.lines().map(str::to_owned).collect());
    area.move_cursor(CursorMove::Jump(u16::try_from(line - 1).unwrap_or(u16::MAX), 0));
    let draft = Draft {
        path,
        name: page.name.clone(),
        before: Arc::clone(&page.text),
        area: Box::new(area),
        warned: false,
        saving: None,
        trouble: None,
        is_shown: false,
    };
    model.overlay = Some(Overlay::EditPage(draft));
    true
}

/// The user's own editor, at the line in view.
pub(super) fn outside(model: &mut Model) -> Vec<Effect> {
    let is_as_written = model.runbooks.page().is_none_or(Page::is_as_written);
    // Lines of what was made from a file are not those of the file.
    let line = if is_as_written { line_in_view(model) } else { 1 };
    let path = file(model);
    path.map(|path| Effect::EditFile { path, line })
        .into_iter()
        .collect()
}

pub fn press(model: &mut Model, mut draft: Draft, key: KeyEvent) -> Vec<Effect> {
    if key.code == KeyCode::Char('s') && key.modifiers.contains(KeyModifiers::CONTROL) {
        let text = format!("{}\n", draft.text().trim_end_matches('\n'));
        let save = Effect::SaveRunbook {
            path: draft.path.clone(),
            before: Arc::clone(&draft.before),
            text: text.clone(),
        };
        draft.saving = Some(text);
        (draft.trouble, draft.warned) = (None, false);
        model.overlay = Some(Overlay::EditPage(draft));
        return vec![save];
    }
    let copies = key.code == KeyCode::Char('y') && key.modifiers.contains(KeyModifiers::CONTROL);
    if copies && draft.trouble.is_some() {
        let text = draft.text();
        model.overlay = Some(Overlay::EditPage(draft));
        return vec![Effect::Copy(text)];
    }
    if key.code == KeyCode::Char('t') && key.modifiers.contains(KeyModifiers::CONTROL) {
        draft.is_shown = !draft.is_shown;
        model.overlay = Some(Overlay::EditPage(draft));
        return Vec::new();
    }
    if key.code == KeyCode::Esc {
        if draft.warned || !draft.is_changed() {
            return Vec::new();
        }
        draft.warned = true;
    } else {
        draft.warned = false;
        // What is typed is seen; a key that only moves shows another part of the page.
        draft.is_shown &= !draft.area.input(key);
    }
    model.overlay = Some(Overlay::EditPage(draft));
    Vec::new()
}

/// The file was written, or not; what was read of it is old.
pub fn saved(model: &mut Model, path: PathBuf, outcome: Result<(), Failure>) -> Vec<Effect> {
    match outcome {
        Ok(()) => {
            if let Some(Overlay::EditPage(mut draft)) = model.overlay.take_if(|over| is_of(over, &path)) {
                let saved = draft.saving.take().unwrap_or_default();
                // What was typed while it was written is not saved yet.
                if draft.text().trim_end_matches('\n') != saved.trim_end_matches('\n') {
                    draft.before = saved.into();
                    model.overlay = Some(Overlay::EditPage(draft));
                }
            }
            model.notice(Notice::new(Weight::Good, format!("{} is saved", path.display())));
            vec![begun(model, Effect::ScanRunbooks)]
        }
        Err(failure) => {
            if let Some(Overlay::EditPage(draft)) = model.overlay.as_mut().filter(|over| is_of(over, &path)) {
                draft.saving = None;
                draft.trouble = Some(failure.cause.clone());
            }
            let says = format!("{}: {}", failure.path.display(), failure.cause);
            model.notice(Notice::new(Weight::Bad, says).hint(failure.hint));
            Vec::new()
        }
    }
}

fn is_of(overlay: &Overlay, path: &std::path::Path) -> bool {
    matches!(overlay, Overlay::EditPage(draft) if draft.path == path)
}

pub fn view(draft: &Draft, whole: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
    let note = match (draft.warned, &draft.trouble) {
        (true, _) => Line::styled("esc again drops the changes, C-s saves them", look.of(Role::Warn)),
        (false, Some(cause)) => {
            let says = format!("{}  C-y copies it all", text::quote(cause));
            Line::styled(says, look.of(Role::Bad))
        }
        (false, None) => {
            let shows = match (whole.width < BESIDE + BORDER, draft.is_shown) {
                (false, _) => "",
                (true, false) => "C-t preview  ",
                (true, true) => "C-t text  ",
            };
            Line::styled(format!("{shows}C-s save  esc leave"), look.of(Role::Dim))
        }
    };
    let changed = if draft.is_changed() { " •" } else { "" };
    let frame = Frame {
        title: Line::styled(
            format!("{}{changed}", text::quote(&draft.name)),
            look.of(Role::Title),
        ),
        note,
        focused: true,
        over: true,
    };
    let inside = frame.paint(whole, buf, look);
    if inside.width < BESIDE {
        match draft.is_shown {
            true => preview(draft, inside, buf, look),
            false => (&*draft.area).render(inside, buf),
        }
        return None;
    }
    let parts = [Constraint::Fill(1), Constraint::Length(3), Constraint::Fill(1)];
    let [left, bar, right] = Split::horizontal(parts).areas(inside);
    (&*draft.area).render(left, buf);
    for y in bar.top()..bar.bottom() {
        buf.set_string(bar.x + 1, y, "│", look.of(Role::Faint));
    }
    preview(draft, right, buf, look);
    None
}

/// The page as it will look, where it is being written.
fn preview(draft: &Draft, area: Rect, buf: &mut Buffer, look: &Look) {
    let how = Layout {
        width: usize::from(area.width),
        look: *look,
        marks: &[],
        selected: None,
        coloured: false,
    };
    let document = layout(&draft.text(), &how);
    let at = document.line_of(draft.area.cursor().0 + 1);
    let first = at.saturating_sub(usize::from(area.height) / 3);
    for (y, line) in (area.top()..area.bottom()).zip(document.lines.iter().skip(first)) {
        buf.set_line(area.x, y, line, area.width);
    }
}
