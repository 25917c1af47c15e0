//! Box drawing: each character is arms from the middle of its cell, thin, heavy or double, so that the lines of
//! neighbouring cells always meet.

use std::fmt::Write;

use super::shape::rect;
use super::{HEIGHT, WIDTH};

/// Weights of the left, upper, right and lower arm of U+2500 and on: 0 none, 1 light, 2 heavy, 3 double. Dashed lines have
/// those of whole ones, corners that are round those of sharp ones, diagonals none.
const ARMS: &[u8; 128 * 5] = b"\
1010 2020 0101 0202 1010 2020 0101 0202 1010 2020 0101 0202 0011 0021 0012 0022 \
1001 2001 1002 2002 0110 0120 0210 0220 1100 2100 1200 2200 0111 0121 0211 0112 \
0212 0221 0122 0222 1101 2101 1201 1102 1202 2201 2102 2202 1011 2011 1021 2021 \
1012 2012 1022 2022 1110 2110 1120 2120 1210 2210 1220 2220 1111 2111 1121 2121 \
1211 1112 1212 2211 1221 2112 1122 2221 2122 2212 1222 2222 1010 2020 0101 0202 \
3030 0303 0031 0013 0033 3001 1003 3003 0130 0310 0330 3100 1300 3300 0131 0313 \
0333 3101 1303 3303 3031 1013 3033 3130 1310 3330 3131 1313 3333 0011 1001 1100 \
0110 0000 0000 0000 1000 0100 0010 0001 2000 0200 0020 0002 1020 0102 2010 0201 ";

const LIGHT: f64 = 1.2;
const HEAVY: f64 = 2.6;
/// Between the middles of a double line.
const APART: f64 = 3.0;

/// Whether it has a slant or a bend, which must not be drawn on whole pixels.
pub fn is_smooth(c: char) -> bool {
    matches!(c, '╭'..='╳')
}

pub fn draw(c: char, (x, y): (f64, f64), out: &mut String) {
    let (middle_x, middle_y) = (x + WIDTH / 2.0, y + HEIGHT / 2.0);
    match c {
        '╭' => return bend(out, (x + WIDTH, middle_y), (middle_x, y + HEIGHT), (1.0, 1.0)),
        '╮' => return bend(out, (x, middle_y), (middle_x, y + HEIGHT), (-1.0, 1.0)),
        '╯' => return bend(out, (x, middle_y), (middle_x, y), (-1.0, -1.0)),
        '╰' => return bend(out, (x + WIDTH, middle_y), (middle_x, y), (1.0, -1.0)),
        '╱' | '╲' | '╳' => return slant(c, (x, y), out),
        _ => {}
    }
    let at = (c as usize - '─' as usize) * 5;
    let Some(arms) = ARMS.get(at..at + 4) else { return };
    let [left, up, right, down] = [0, 1, 2, 3].map(|nth| arms[nth] - b'0');
    if let Some(dashes) = dashes(c) {
        for nth in 0..dashes {
            let share = |part: f64| (f64::from(nth) + part) / f64::from(dashes);
            let (from, to) = (share(0.2), share(0.8));
            if left > 0 {
                across(out, x + from * WIDTH, x + to * WIDTH, middle_y, weight(left));
            } else {
                upright(out, y + from * HEIGHT, y + to * HEIGHT, middle_x, weight(up));
            }
        }
        return;
    }
    // An arm reaches as far over the middle as the lines across it are wide.
    let (beside, below) = (reach(up.max(down)), reach(left.max(right)));
    for offset in offsets(left) {
        across(out, x, middle_x + beside, middle_y + offset, weight(left));
    }
    for offset in offsets(right) {
        across(
            out,
            middle_x - beside,
            x + WIDTH,
            middle_y + offset,
            weight(right),
        );
    }
    for offset in offsets(up) {
        upright(out, y, middle_y + below, middle_x + offset, weight(up));
    }
    for offset in offsets(down) {
        upright(out, middle_y - below, y + HEIGHT, middle_x + offset, weight(down));
    }
}

/// How many dashes a dashed line has in a cell.
fn dashes(c: char) -> Option<u8> {
    Some(match c {
        '┄'..='┇' => 3,
        '┈'..='┋' => 4,
        '╌'..='╏' => 2,
        _ => return None,
    })
}

/// Of one line, in pixels.
fn weight(arm: u8) -> f64 {
    if arm == 2 { HEAVY } else { LIGHT }
}

/// Where the lines of an arm lie beside its middle.
fn offsets(arm: u8) -> &'static [f64] {
    match arm {
        0 => &[],
        3 => &[-APART / 2.0, APART / 2.0],
        _ => &[0.0],
    }
}

/// Half the breadth of an arm.
fn reach(arm: u8) -> f64 {
    match arm {
        0 => 0.0,
        3 => (APART + LIGHT) / 2.0,
        arm => weight(arm) / 2.0,
    }
}

fn across(out: &mut String, from: f64, to: f64, middle: f64, weight: f64) {
    rect(out, from, middle - weight / 2.0, to - from, weight);
}

fn upright(out: &mut String, from: f64, to: f64, middle: f64, weight: f64) {
    rect(out, middle - weight / 2.0, from, weight, to - from);
}

/// From the side of a cell to its top or bottom, round; `turn` tells to which side and end it goes.
fn bend(out: &mut String, side: (f64, f64), end: (f64, f64), turn: (f64, f64)) {
    let half = LIGHT / 2.0;
    let ((side_x, side_y), (end_x, end_y)) = (side, end);
    let radius = WIDTH / 2.0;
    // The outer edge there, the inner one back.
    let (corner_x, corner_y) = (end_x + turn.0 * radius, side_y + turn.1 * radius);
    let _ = write!(
        out,
        "M{side_x:.2} {:.2}H{corner_x:.2}Q{:.2} {:.2} {:.2} {corner_y:.2}V{end_y:.2}H{:.2}V{corner_y:.2}\
         Q{:.2} {:.2} {corner_x:.2} {:.2}H{side_x:.2}z",
        side_y - turn.1 * half,
        end_x - turn.0 * half,
        side_y - turn.1 * half,
        end_x - turn.0 * half,
        end_x + turn.0 * half,
        end_x + turn.0 * half,
        side_y + turn.1 * half,
        side_y + turn.1 * half,
    );
}

fn slant(c: char, (x, y): (f64, f64), out: &mut String) {
    let (right, bottom, half) = (x + WIDTH, y + HEIGHT, LIGHT * 0.6);
    if c != '╲' {
        let _ = write!(
            out,
            "M{:.2} {bottom:.2}L{:.2} {y:.2}h{:.2}L{:.2} {bottom:.2}z",
            x - half,
            right - half,
            2.0 * half,
            x + half
        );
    }
    if c != '╱' {
        let _ = write!(
            out,
            "M{:.2} {y:.2}L{:.2} {bottom:.2}h{:.2}L{:.2} {y:.2}z",
            x - half,
            right - half,
            2.0 * half,
            x + half
        );
    }
}
