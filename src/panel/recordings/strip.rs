//! The player on the screen: one recording or two beside each other, below them the timeline and a line that says where
//! one stands and which command ran.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::Model;
use crate::panel::Panes;
use crate::recording::{Command, MomentKind, Overview, Source, clock};
use crate::ui::timeline::{Mark, Timeline};
use crate::ui::{Look, Role, text};

use super::player::Playing;

/// Below this many rows the timeline has one only.
const LOW: u16 = 12;

pub(super) struct Parts {
    /// Of the first, and of the second if there is one.
    pub screens: [Rect; 2],
    titles: [Rect; 2],
    seam: Rect,
    pub strip: Rect,
    line: Rect,
}

pub(super) fn parts(area: Rect, two: bool) -> Parts {
    let rows = if area.height < LOW { 1 } else { 2 };
    let [body, strip, line] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(rows),
        Constraint::Length(1),
    ])
    .areas(area);
    if !two {
        let none = Rect::default();
        return Parts {
            screens: [body, none],
            titles: [none, none],
            seam: none,
            strip,
            line,
        };
    }
    let [left, seam, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(1), Constraint::Fill(1)]).areas(body);
    let split = |side: Rect| -> [Rect; 2] {
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(side)
    };
    let ([first_title, first], [second_title, second]) = (split(left), split(right));
    Parts {
        screens: [first, second],
        titles: [first_title, second_title],
        seam,
        strip,
        line,
    }
}

pub fn player(model: &Model, panes: &dyn Panes, area: Rect, buf: &mut Buffer, look: &Look) {
    let Some(player) = &model.recordings.player else {
        return;
    };
    let parts = parts(area, player.beside.is_some());
    panes.paint(player.pane, parts.screens[0], buf, look);
    if let Some((pane, title)) = &player.beside {
        panes.paint(*pane, parts.screens[1], buf, look);
        for (at, title) in parts.titles.into_iter().zip([&player.title, title]) {
            let title = text::truncate(&text::quote(title), usize::from(at.width)).into_owned();
            Line::styled(title, look.of(Role::Title)).render(at, buf);
        }
        for y in parts.seam.top()..parts.seam.bottom() {
            buf.set_string(parts.seam.x, y, "│", look.of(Role::Border));
        }
    }
    let status = &player.status;
    Timeline {
        duration_us: status.duration_us,
        at_us: status.at_us,
        activity: &player.overview.activity,
        marks: &marks(&player.overview, &status.hits),
    }
    .paint(parts.strip, buf, look);
    line(player, usize::from(parts.line.width), look).render(parts.line, buf);
}

/// Commands below what is rarer, what was found on top.
pub fn marks(overview: &Overview, hits: &[i64]) -> Vec<Mark> {
    let mark = |at_us: u64, sign, role| Mark {
        at_us: at_us as i64,
        sign,
        role,
    };
    let mut marks: Vec<Mark> = overview
        .commands
        .iter()
        .map(|command| match command.exit_code {
            Some(code) if code != 0 => mark(command.at_us, "╿", Role::Bad),
            _ => mark(command.at_us, "╿", Role::Text),
        })
        .collect();
    marks.extend(overview.moments.iter().filter_map(|moment| {
        let (sign, role) = match moment.kind {
            MomentKind::Marker => ("◆", Role::Info),
            MomentKind::Join => ("▶", Role::Good),
            MomentKind::Leave => ("◀", Role::Good),
            MomentKind::Gap => ("▒", Role::Warn),
            MomentKind::Session => return None,
        };
        Some(mark(moment.at_us, sign, role))
    }));
    marks.extend(hits.iter().map(|at_us| Mark {
        at_us: *at_us,
        sign: "▲",
        role: Role::Match,
    }));
    marks
}

fn line<'l>(player: &'l Playing, width: usize, look: &Look) -> Line<'l> {
    let status = &player.status;
    let (icon, role) = match () {
        () if status.is_watched && status.paused => ("■", Role::Dim),
        () if status.is_watched => ("●", Role::Good),
        () if status.paused => ("⏸", Role::Warn),
        () => ("▶", Role::Good),
    };
    let mut spans = vec![
        Span::styled(format!(" {icon} "), look.of(role)),
        Span::styled(clock(status.at_us.max(0) as u64), look.of(Role::Text)),
    ];
    if status.is_watched {
        let state = if status.paused { "  ended" } else { "  live" };
        spans.push(Span::styled(state, look.of(role)));
    } else {
        let whole = format!(" / {}", clock(status.duration_us.max(0) as u64));
        spans.push(Span::styled(whole, look.of(Role::Dim)));
        spans.push(Span::styled(
            format!("  {}×", status.speed),
            look.of(Role::Accent),
        ));
    }
    if status.idle_limited {
        spans.push(Span::styled("  idle cut", look.of(Role::Dim)));
    }
    let view = match (status.is_watched, status.covered) {
        (true, _) => None,
        (false, true) => Some(("  secrets covered", Role::Dim)),
        (false, false) => Some(("  as recorded", Role::Warn)),
    };
    spans.extend(view.map(|(says, role)| Span::styled(says, look.of(role))));
    if let Some(pick) = &player.pick {
        let says = match pick.from {
            None => "  select: move, space begins, esc leaves",
            Some(_) => "  select: move, y copies, esc leaves",
        };
        spans.push(Span::styled(says, look.of(Role::Accent)));
    }
    if !status.hits.is_empty() {
        let before = status.hits.partition_point(|at| *at <= status.at_us);
        let says = format!("▲ {before} of {}", status.hits.len());
        spans.push(Span::raw("  "));
        spans.push(Span::styled(says, look.of(Role::Match)));
    }
    let title = if player.beside.is_some() {
        String::new()
    } else {
        text::quote(&player.title).into_owned()
    };
    let taken: usize = spans.iter().map(Span::width).sum::<usize>() + text::width(&title) + 4;
    if let Some(command) = player.command() {
        spans.extend(told(command, width.saturating_sub(taken), look));
    }
    let taken: usize = spans.iter().map(Span::width).sum();
    let room = width.saturating_sub(taken + 2);
    let title = text::truncate(&title, room).into_owned();
    let gap = (width.saturating_sub(taken + text::width(&title) + 1)).max(1);
    spans.push(Span::raw(" ".repeat(gap)));
    spans.push(Span::styled(title, look.of(Role::Dim)));
    Line::from(spans)
}

/// The command that ran, how it ended, and that it is a guess where it is one.
fn told(command: &Command, room: usize, look: &Look) -> Vec<Span<'static>> {
    let (end, role) = match command.exit_code {
        Some(0) => (" ✓".to_owned(), Role::Good),
        Some(code) => (format!(" ✗ {code}"), Role::Bad),
        None => (String::new(), Role::Dim),
    };
    let sign = if command.source == Source::Inferred {
        "  $~ "
    } else {
        "  $ "
    };
    let rest = text::width(&end) + text::width(sign);
    if room < rest + 4 {
        return Vec::new();
    }
    let says = text::truncate(&text::quote(&command.text), room - rest).into_owned();
    vec![
        Span::styled(sign, look.of(Role::Dim)),
        Span::styled(says, look.of(Role::Text)),
        Span::styled(end, look.of(role)),
    ]
}
