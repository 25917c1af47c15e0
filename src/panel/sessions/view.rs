//! Painting the sessions: tabs, the pane, one line that says how the session stands.

use std::time::Duration;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::{Model, Verb};
use crate::panel::Panes;
use crate::ui::{Look, Role, text};

use super::Tab;
use super::update::pane_in;

pub fn view(model: &Model, panes: &dyn Panes, area: Rect, frame: &mut Frame, look: &Look) {
    let Some(tab) = model.sessions.current() else {
        let says = Line::styled(
            "no session is open: pick an instance in the fleet and press enter",
            look.of(Role::Dim),
        );
        says.render(area.inner(Margin::new(2, 1)), frame.buffer_mut());
        return;
    };
    // The window may have changed since the model last heard of its size: only the frame tells what there is.
    let pane = pane_in(area, model.sessions.full_screen);
    if let Some(cursor) = panes.paint(tab.pane, pane, frame.buffer_mut(), look)
        && model.sessions.focused()
        && model.overlay.is_none()
    {
        frame.set_cursor_position(cursor);
    }
    if !model.sessions.full_screen {
        tabs(
            model,
            Rect {
                height: 1.min(area.height),
                ..area
            },
            frame.buffer_mut(),
            look,
        );
        let below = Rect {
            y: pane.bottom(),
            height: 1.min(area.bottom().saturating_sub(pane.bottom())),
            ..area
        };
        state(model, tab, below, frame.buffer_mut(), look);
    }
}

/// Title of each tab and the columns it takes.
fn places(model: &Model, area: Rect) -> Vec<(usize, Rect)> {
    let mut x = area.x;
    let mut places = Vec::new();
    for (at, tab) in model.sessions.tabs.iter().enumerate() {
        let width = (text::width(&label(tab)) as u16 + 2).min(area.right().saturating_sub(x));
        if width == 0 {
            break;
        }
        places.push((at, Rect { x, width, ..area }));
        x += width + 1;
    }
    places
}

fn label(tab: &Tab) -> String {
    let mark = if tab.is_live() { "●" } else { "○" };
    format!("{mark} {}", text::truncate(&text::quote(&tab.title), 24))
}

fn tabs(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    for (at, place) in places(model, area) {
        let role = if at == model.sessions.at {
            Role::TabActive
        } else {
            Role::Tab
        };
        let line = Line::styled(format!(" {} ", label(&model.sessions.tabs[at])), look.of(role));
        line.render(place, buf);
    }
}

/// The tab under the mouse.
pub fn tab_at(model: &Model, area: Rect, x: u16, y: u16) -> Option<usize> {
    let line = Rect {
        height: 1.min(area.height),
        ..area
    };
    places(model, line)
        .into_iter()
        .find(|(_, place)| place.contains((x, y).into()))
        .map(|(at, _)| at)
}

/// From here on the idle limit is counted down in sight.
const IDLE_SOON: Duration = Duration::from_secs(5 * 60);

/// A hair more than until the words for the time left change: minutes, and seconds within the last one.
pub(super) fn counts_down_in(left: Duration) -> Duration {
    const HAIR: Duration = Duration::from_millis(10);
    let until = match left {
        _ if left >= IDLE_SOON => left - IDLE_SOON,
        _ if left >= Duration::from_secs(60) => {
            left.saturating_sub(Duration::from_secs(left.as_secs() / 60 * 60))
        }
        // AWS is about to end it, and says so.
        Duration::ZERO => return Duration::from_secs(60),
        _ => Duration::from_nanos(left.subsec_nanos().into()),
    };
    until + HAIR
}

/// Of the target or of what is wrong, in cells.
const ABOUT_LEAST: usize = 24;

fn state(model: &Model, tab: &Tab, area: Rect, buf: &mut Buffer, look: &Look) {
    let mut spans = Vec::new();
    if tab.production {
        spans.push(Span::styled(" prod ", look.of(Role::BadgeProd)));
        spans.push(Span::raw(" "));
    }
    if tab.status.recording_failed.is_some() {
        spans.push(Span::styled(" NOT RECORDED ", look.of(Role::BadgeGap)));
        spans.push(Span::raw(" "));
    } else if tab.is_live() {
        spans.push(Span::styled(" rec ", look.of(Role::BadgeLive)));
        spans.push(Span::raw(" "));
    }
    let role = match (tab.is_live(), tab.status.is_connected()) {
        (true, true) => Role::Good,
        (true, false) => Role::Warn,
        (false, _) => Role::Dim,
    };
    spans.push(Span::styled(tab.status.to_string(), look.of(role)));
    let ends_soon = tab.status.idle_left().filter(|left| *left < IDLE_SOON);
    if let (Some(_), Some(words)) = (ends_soon, tab.status.idle_words()) {
        spans.push(Span::styled(format!("  {words}"), look.of(Role::Warn)));
    }
    let (about, role) = match &tab.status.recording_failed {
        Some(cause) if tab.is_live() => (cause, Role::Warn),
        _ => (&tab.target, Role::Dim),
    };
    let wide = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let room = usize::from(area.width).saturating_sub(wide(&spans) + 2);
    // The line of keys says the hint too: what the line is about comes first.
    let hint = back_and_forth(model, tab, look);
    let hint = if wide(&hint) + text::width(about).min(ABOUT_LEAST) <= room {
        hint
    } else {
        Vec::new()
    };
    let about = text::truncate(about, room.saturating_sub(wide(&hint)));
    spans.push(Span::styled(format!("  {about}"), look.of(role)));
    spans.extend(hint);
    Line::from(spans).render(area, buf);
}

/// The key that gives the keys to the remote or takes them back.
fn back_and_forth(model: &Model, tab: &Tab, look: &Look) -> Vec<Span<'static>> {
    let (verb, says) = if model.sessions.focused() {
        (Verb::LeavePane, "takes the keys back")
    } else {
        (Verb::FocusPane, "gives the keys to the remote")
    };
    let keys = model.bindings.keys_of(model.place(), &verb.into());
    match keys.first().filter(|_| tab.is_live()) {
        Some(key) => vec![
            Span::styled(format!("  {key} "), look.of(Role::Key)),
            Span::styled(says, look.of(Role::Dim)),
        ],
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_wakes_when_the_words_for_an_idle_limit_change_and_not_before() {
        let wakes = |ms: u64| counts_down_in(Duration::from_millis(ms)).as_millis();
        assert_eq!(wakes(20 * 60_000), 15 * 60_000 + 10, "it comes into sight");
        assert_eq!(wakes(4 * 60_000 + 1_500), 1_510, "the next minute");
        assert_eq!(wakes(30_250), 260, "the next second");
        assert_eq!(wakes(0), 60_000);
    }
}
