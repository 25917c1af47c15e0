//! The newest notice while it is fresh. Where it and the keys have no room beside each other it has the row above them to
//! itself for as long: what it says is gone in a moment, and which key helps is asked in just that moment.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::{Model, Notice, Room, Verb};
use crate::ui::{Look, Role, text};

use super::{help, said};

/// The one that is to be seen now.
pub fn fresh(model: &Model) -> Option<&Notice> {
    model.notices.last().filter(|_| model.notice_for > 0)
}

/// On one line of so many cells; what is cut is whole among the notices, and says so.
pub fn line(model: &Model, notice: &Notice, look: &Look, room: usize) -> Line<'static> {
    let style = look.of(help::role(notice.weight));
    let says = said::within(notice, room.saturating_sub(1));
    let keys = model.bindings.keys_of(model.place(), &Verb::Notices.into());
    let key = keys.first().filter(|_| says != said::within(notice, usize::MAX));
    let Some(key) = key else {
        return Line::styled(format!("{says} "), style);
    };
    let rest = " in full ";
    let says = said::within(
        notice,
        room.saturating_sub(text::width(key) + text::width(rest) + 2),
    );
    Line::from(vec![
        Span::styled(format!("{says}  "), style),
        Span::styled(key.clone(), look.of(Role::Key)),
        Span::styled(rest, look.of(Role::Dim)),
    ])
}

/// The row that it may have to itself above the keys: there is the border of a panel, but of a pane the last line of the
/// remote, where somebody may be typing.
pub fn own_row(model: &Model, keys: Rect) -> Option<Rect> {
    let is_pane = matches!(model.room, Room::Sessions | Room::Player);
    (!is_pane && keys.y > 1).then(|| Rect {
        y: keys.y - 1,
        height: 1,
        ..keys
    })
}

pub fn paint(model: &Model, notice: &Notice, row: Rect, buf: &mut Buffer, look: &Look) {
    let blank = " ".repeat(usize::from(row.width));
    buf.set_stringn(row.x, row.y, blank, usize::from(row.width), look.of(Role::Status));
    let line = line(model, notice, look, usize::from(row.width));
    let start = row.width.saturating_sub(line.width() as u16);
    buf.set_line(row.x + start, row.y, &line, row.width - start);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Weight;
    use crate::app::play::model;
    use crate::ui::tests::painted;

    fn shown(model: &Model, width: u16) -> Vec<String> {
        let painted = painted(width, 3, |area, buf, look| {
            let keys = Rect {
                y: area.bottom() - 1,
                height: 1,
                ..area
            };
            crate::panel::status::view(model, keys, buf, look);
        });
        painted
            .lines()
            .map(|row| row.trim_matches('|').trim().to_owned())
            .collect()
    }

    #[test]
    fn a_notice_leaves_the_keys_where_they_are() {
        let mut model = model();
        let before = shown(&model, 80);
        model.notice(
            Notice::new(
                Weight::Warn,
                "Shop-Restart: ask waits for approval, and has done so for hours",
            )
            .hint("a approves it"),
        );
        let rows = shown(&model, 80);
        assert!(
            rows[1].contains("a approves it") && rows[1].contains("for hours"),
            "{rows:?}"
        );
        assert_eq!(rows[2], before[2]);
        // Where there is room for both, they stand beside each other.
        let rows = shown(&model, 200);
        assert!(
            rows[1].is_empty() && rows[2].contains("a approves it") && rows[2].contains("help"),
            "{rows:?}"
        );
    }

    #[test]
    fn the_key_for_help_stays_in_every_room_of_eighty_columns() {
        let mut model = model();
        let tabs = Room::TABS.map(|(room, _)| room);
        let others = [Room::Incident, Room::Documents, Room::Player, Room::Alarms];
        for room in tabs.into_iter().chain(others) {
            model.room = room;
            let rows = shown(&model, 80);
            assert!(rows[2].contains("? help"), "{room:?}: {rows:?}");
        }
    }

    #[test]
    fn a_pane_keeps_its_last_line_and_its_keys() {
        let mut model = model();
        model.room = Room::Player;
        let says = "the store cannot be reached, and has not been for a long time; it is tried again";
        model.notice(Notice::new(Weight::Bad, says));
        let rows = shown(&model, 80);
        assert!(
            rows[1].is_empty() && rows[2].contains("space pause") && rows[2].contains("in full"),
            "{rows:?}"
        );
    }
}
