//! Answers the emulator owes the remote program: reports of status, modes, size and colours.
//!
//! Nothing that the remote chose (a title, a clipboard) is ever part of an answer.

use std::sync::{Arc, Mutex, PoisonError};

use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::vte::ansi::Rgb;

/// A remote that asks more than is fetched loses answers instead of filling memory.
const LIMIT: usize = 64 * 1024;

/// Shared between the emulator, which writes, and the screen, which takes.
#[derive(Debug, Clone, Default)]
pub(super) struct Replies(Arc<Mutex<Vec<u8>>>);

impl Replies {
    pub fn push(&self, reply: &str) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.len() + reply.len() <= LIMIT {
            pending.extend_from_slice(reply.as_bytes());
        }
    }

    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl EventListener for Replies {
    fn send_event(&self, event: Event) {
        if let Event::PtyWrite(reply) = event {
            self.push(&reply);
        }
    }
}

/// The colour xterm gives an index of the 256-colour palette.
pub(super) fn palette(index: u8) -> Rgb {
    const ANSI: [u32; 16] = [
        0x00_0000, 0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_00ee, 0xcd_00cd, 0x00_cdcd, 0xe5_e5e5, 0x7f_7f7f,
        0xff_0000, 0x00_ff00, 0xff_ff00, 0x5c_5cff, 0xff_00ff, 0x00_ffff, 0xff_ffff,
    ];
    let step = |level: u8| if level == 0 { 0 } else { 55 + 40 * level };
    match index {
        0..=15 => {
            let [_, r, g, b] = ANSI[usize::from(index)].to_be_bytes();
            Rgb { r, g, b }
        }
        16..=231 => {
            let cube = index - 16;
            Rgb {
                r: step(cube / 36),
                g: step(cube / 6 % 6),
                b: step(cube % 6),
            }
        }
        232..=255 => {
            let level = 8 + 10 * (index - 232);
            Rgb {
                r: level,
                g: level,
                b: level,
            }
        }
    }
}
