//! Every widget at any size: none may panic, and the important ones look as they did.

use std::collections::HashMap;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use super::chart::{Bar, Bars, Gauge, Share, Shares, Sparkline};
use super::look::{Look, Role};
use super::palette::{Item, NextKeys, Palette};
use super::popup::{Confirm, Frame};
use super::progress::Progress;
use super::prompt::{Field, Prompt};
use super::status::{Hint, Status};
use super::tabs::{Tab, Tabs};
use super::timeline::{Mark, Timeline};
use super::toast::Toast;
use super::{Cursor, toast};

/// Every role has a colour of its own, so that a dump can tell them apart.
pub(crate) fn role_style(role: Role) -> Style {
    let nth = Role::ALL.iter().position(|known| *known == role).unwrap_or(0) as u8;
    match role {
        Role::Selected | Role::SelectedDim => Style::new().bg(Color::Indexed(nth)),
        _ => Style::new().fg(Color::Indexed(nth)),
    }
}

/// The text plane, then the role plane: a letter where a role colours a cell, `.` where none does, a capital
/// where the row is selected; then what the letters mean.
pub(super) fn dump(buf: &Buffer) -> String {
    let mut letters: HashMap<u8, char> = HashMap::new();
    let mut legend = Vec::new();
    let (mut text, mut roles) = (String::new(), String::new());
    for y in buf.area.top()..buf.area.bottom() {
        let mut covered = 0;
        let (mut row, mut role_row) = (String::new(), String::new());
        for x in buf.area.left()..buf.area.right() {
            let Some(cell) = buf.cell((x, y)) else { continue };
            if covered == 0 {
                row.push_str(cell.symbol());
                covered = super::text::width(cell.symbol()).max(1);
            }
            covered -= 1;
            let letter = match cell.fg {
                Color::Indexed(nth) => *letters.entry(nth).or_insert_with(|| {
                    let letter = char::from(b'a' + (legend.len() % 26) as u8);
                    legend.push(format!("{letter}={}", Role::ALL[usize::from(nth)].name()));
                    letter
                }),
                _ => '.',
            };
            role_row.push(if cell.bg == Color::Reset {
                letter
            } else {
                letter.to_ascii_uppercase()
            });
        }
        text.push_str(&format!("|{}|\n", row));
        roles.push_str(&format!("|{}|\n", role_row));
    }
    format!("{text}\n{roles}{}\n", legend.join(" "))
}

pub(crate) fn painted(width: u16, height: u16, paint: impl FnOnce(Rect, &mut Buffer, &Look<'_>)) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    paint(area, &mut buf, &Look::new(&role_style));
    dump(&buf)
}

const ITEMS: [Item<'static>; 3] = [
    Item {
        name: "session.open",
        says: "a recorded shell",
        key: "enter",
    },
    Item {
        name: "fleet.refresh",
        says: "ask every region again",
        key: "r",
    },
    Item {
        name: "결제.열기",
        says: "wide 🦀",
        key: "",
    },
];

fn paint_all(area: Rect, buf: &mut Buffer, look: &Look<'_>, number: f64) {
    let prompt = Prompt::new("결제 서버 reason");
    let parts = [number, 2.0, -1.0];
    let bars = [
        Bar {
            label: "1",
            parts: Some(&parts),
            unfinished: false,
            weekend: false,
        },
        Bar {
            label: "2",
            parts: None,
            unfinished: false,
            weekend: false,
        },
        Bar {
            label: "3",
            parts: Some(&parts[..1]),
            unfinished: true,
            weekend: false,
        },
    ];
    Bars {
        bars: &bars,
        selected: Some(1),
        scale: &|value| format!("${value:.0}"),
    }
    .paint(area, buf, look);
    Sparkline {
        values: &[Some(number), None, Some(1.0)],
        role: Role::Good,
    }
    .paint(area, buf, look);
    Gauge {
        ratio: Some(number),
        warn_from: 0.8,
        label: "cap",
    }
    .paint(area, buf, look);
    let shares = [
        Share {
            name: "EC2 인스턴스",
            value: number,
            says: "$1",
        },
        Share {
            name: "S3",
            value: 1.0,
            says: "$200",
        },
    ];
    Shares {
        shares: &shares,
        selected: Some(1),
    }
    .paint(area, buf, look);
    let palette = Palette::new("commands", &ITEMS, &Prompt::new(""));
    palette.paint(area, buf, look, &prompt, &Cursor::default());
    NextKeys {
        title: "g",
        keys: &[("g".into(), "first row"), ("서".into(), "wide")],
    }
    .paint(area, buf, look);
    let confirm = Confirm {
        title: "production",
        says: &[Line::raw("this runs on 결제-서버-1 in prod"), Line::raw("")],
        yes: ("y", "run it"),
        no: ("esc", "leave it"),
        grave: true,
    };
    confirm.paint(area, buf, look);
    Frame {
        title: Line::raw("fleet"),
        note: Line::raw("1/20"),
        focused: true,
        over: false,
    }
    .paint(area, buf, look);
    Progress {
        says: "reading",
        done: Some((3, 7)),
        frame: u64::MAX,
    }
    .paint(area, buf, look);
    Field {
        label: "/",
        placeholder: "filter",
        secret: false,
        error: "결 wrong",
    }
    .paint(area, buf, look, &prompt);
    let hints = [Hint {
        key: "enter",
        says: "shell",
        drop: 0,
    }];
    Status {
        hints: &hints,
        note: Line::raw("2 of 4 regions"),
    }
    .paint(area, buf, look);
    let tabs = [
        Tab {
            title: "web-1",
            stirred: true,
            prod: false,
        },
        Tab {
            title: "결제-서버-with-a-very-long-name-1",
            stirred: false,
            prod: true,
        },
    ];
    let tabs = Tabs {
        tabs: &tabs,
        selected: 1,
    };
    tabs.paint(area, buf, look);
    tabs.hit(area, area.x, area.y);
    let marks = [
        Mark {
            at_us: 5,
            sign: "◆",
            role: Role::Info,
        },
        Mark {
            at_us: i64::MAX,
            sign: "◆",
            role: Role::Warn,
        },
    ];
    let timeline = Timeline {
        duration_us: 10,
        at_us: -3,
        activity: &[1, 0, 9, 400],
        marks: &marks,
    };
    timeline.paint(area, buf, look);
    timeline.at(area, area.right());
    let notice = Toast {
        role: Role::Bad,
        says: "eu-west-1: access denied",
        hint: "check the role",
    };
    toast::paint(&[notice.clone(), notice], area, buf, look);
}

proptest! {
    #[test]
    fn no_widget_panics_at_any_size(
        x in 0u16..70, y in 0u16..20, width in 0u16..80, height in 0u16..24, number in any::<f64>(),
    ) {
        // The area may lie partly or wholly outside the buffer.
        let mut buf = Buffer::empty(Rect::new(0, 0, 60, 15));
        paint_all(Rect::new(x, y, width, height), &mut buf, &Look::new(&role_style), number);
        dump(&buf);
    }
}

#[test]
fn no_widget_panics_in_no_room_at_all() {
    for (width, height) in [(0, 0), (1, 1), (2, 1), (1, 2), (2, 2), (60, 15)] {
        let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
        paint_all(buf.area, &mut buf, &Look::new(&role_style), 0.5);
    }
}

#[test]
fn daily_bars_show_series_unfinished_and_unknown_days() {
    let days: Vec<[f64; 2]> = vec![[4.0, 2.0], [5.0, 3.0], [6.0, 0.0], [2.0, 1.0]];
    let mut bars: Vec<Bar<'_>> = days
        .iter()
        .zip(["17", "18", "19", "21"])
        .map(|(parts, label)| Bar {
            label,
            parts: Some(parts),
            unfinished: label == "21",
            weekend: false,
        })
        .collect();
    bars.insert(
        3,
        Bar {
            label: "20",
            parts: None,
            unfinished: false,
            weekend: false,
        },
    );
    let bars = Bars {
        bars: &bars,
        selected: Some(1),
        scale: &|value| format!("${value:.0}"),
    };
    insta::assert_snapshot!(painted(30, 8, |area, buf, look| bars.paint(area, buf, look)));
}

#[test]
fn the_palette_shows_what_matched_and_its_key() {
    let prompt = Prompt::new("fr");
    let palette = Palette::new("commands", &ITEMS, &prompt);
    insta::assert_snapshot!(painted(50, 8, |area, buf, look| {
        palette.paint(area, buf, look, &prompt, &Cursor::default());
    }));
}

#[test]
fn a_grave_question_says_what_it_does_and_to_what() {
    let confirm = Confirm {
        title: "production",
        says: &[Line::from(vec![
            Span::raw("systemctl restart nginx will run on "),
            Span::raw("결제-서버-1"),
        ])],
        yes: ("y", "run it"),
        no: ("esc", "leave it"),
        grave: true,
    };
    insta::assert_snapshot!(painted(44, 9, |area, buf, look| {
        confirm.paint(area, buf, look);
    }));
}

#[test]
fn a_strip_shows_activity_marks_and_position() {
    let marks = [
        Mark {
            at_us: 20,
            sign: "◆",
            role: Role::Info,
        },
        Mark {
            at_us: 90,
            sign: "◆",
            role: Role::Warn,
        },
    ];
    let strip = Timeline {
        duration_us: 100,
        at_us: 50,
        activity: &[9, 1, 0, 0, 400, 3],
        marks: &marks,
    };
    insta::assert_snapshot!(painted(24, 2, |area, buf, look| strip.paint(area, buf, look)));
}
