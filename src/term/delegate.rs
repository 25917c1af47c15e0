//! Hands each operation of the parser to the emulator, keeping the engine's mirrors true and mending what the
//! emulator does differently from xterm.

use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::color::COUNT as COLORS;
use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, ClearMode, CursorShape, CursorStyle, Handler, Hyperlink, KeyboardModes,
    KeyboardModesApplyBehavior, LineClearMode, Mode, NamedPrivateMode, PrivateMode, Rgb, StandardCharset,
    TabulationClearMode,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::engine::{Engine, Keyboard};
use super::reply::palette;
use super::tabs::Tabs;
use super::view::printable;

/// Depth of the stacks of titles and keyboard modes.
pub(super) const STACK: usize = 16;
pub(super) const TITLE_CHARS: usize = 1_024;
/// Bytes of the address of a link and of its id, as other terminals limit them.
pub(super) const LINK_BYTES: usize = 2_083;
pub(super) const LINK_ID_BYTES: usize = 250;

macro_rules! pass {
    ($($name:ident($($arg:ident: $kind:ty),*);)*) => {
        $(#[inline] fn $name(&mut self, $($arg: $kind),*) { self.term.$name($($arg),*) })*
    };
}

impl Handler for Engine {
    pass! {
        goto(line: i32, col: usize);
        goto_line(line: i32);
        identify_terminal(intermediate: Option<char>);
        device_status(kind: usize);
        move_forward(cols: usize);
        move_backward(cols: usize);
        put_tab(count: u16);
        backspace();
        carriage_return();
        scroll_up(rows: usize);
        scroll_down(rows: usize);
        insert_blank_lines(count: usize);
        delete_lines(count: usize);
        save_cursor_position();
        restore_cursor_position();
        reverse_index();
        terminal_attribute(attr: Attr);
        set_mode(mode: Mode);
        unset_mode(mode: Mode);
        report_mode(mode: Mode);
        report_private_mode(mode: PrivateMode);
        set_keypad_application_mode();
        unset_keypad_application_mode();
        configure_charset(index: CharsetIndex, charset: StandardCharset);
        set_color(index: usize, color: Rgb);
        reset_color(index: usize);
        set_cursor_style(style: Option<CursorStyle>);
        set_cursor_shape(shape: CursorShape);
        text_area_size_chars();
    }

    #[inline]
    fn input(&mut self, c: char) {
        self.preceding = Some(c);
        if !c.is_ascii() && !self.admits(c) {
            return;
        }
        self.term.input(c);
        if self.term.mode().contains(TermMode::INSERT) {
            self.mend_row();
        }
    }

    /// The parser calls this for LF, VT and FF alike. They end a pending wrap; in new-line mode they also
    /// return the carriage.
    #[inline]
    fn linefeed(&mut self) {
        self.term.linefeed();
        self.term.grid_mut().cursor.input_needs_wrap = false;
        if self.term.mode().contains(TermMode::LINE_FEED_NEW_LINE) {
            self.term.carriage_return();
        }
    }

    fn goto_col(&mut self, col: usize) {
        self.place(self.term.grid().cursor.point.line.0, col);
    }

    fn move_up(&mut self, rows: usize) {
        self.move_rows(-(rows as i32), self.column());
    }

    fn move_down(&mut self, rows: usize) {
        self.move_rows(rows as i32, self.column());
    }

    fn move_up_and_cr(&mut self, rows: usize) {
        self.move_rows(-(rows as i32), 0);
    }

    fn move_down_and_cr(&mut self, rows: usize) {
        self.move_rows(rows as i32, 0);
    }

    fn bell(&mut self) {
        self.bell = true;
    }

    fn move_backward_tabs(&mut self, count: u16) {
        self.term.move_backward_tabs(count.min(self.size().cols));
    }

    fn move_forward_tabs(&mut self, count: u16) {
        self.term.move_forward_tabs(count.min(self.size().cols));
    }

    fn set_horizontal_tabstop(&mut self) {
        self.tabs.set(self.column(), true);
        self.term.set_horizontal_tabstop();
    }

    fn clear_tabs(&mut self, mode: TabulationClearMode) {
        match mode {
            TabulationClearMode::Current => self.tabs.set(self.column(), false),
            TabulationClearMode::All => self.tabs.clear(),
        }
        self.term.clear_tabs(mode);
    }

    /// DECST8C, the only way to call this: a stop at every eighth column.
    fn set_tabs(&mut self, _interval: u16) {
        self.tabs = Tabs::new(self.term.columns());
        self.apply_tabs();
    }

    fn clear_screen(&mut self, mode: ClearMode) {
        let seam = match mode {
            ClearMode::Above => self.column() + 1,
            _ => self.column(),
        };
        let above_second_row = matches!(mode, ClearMode::Above) && self.term.grid().cursor.point.line.0 == 1;
        self.term.clear_screen(mode);
        if above_second_row {
            self.term.grid_mut().reset_region(..Line(1));
        }
        self.mend(seam);
    }

    fn clear_line(&mut self, mode: LineClearMode) {
        let seam = match mode {
            LineClearMode::Left => self.column() + 1,
            _ => self.column(),
        };
        self.term.clear_line(mode);
        self.mend(seam);
    }

    fn erase_chars(&mut self, count: usize) {
        self.term.erase_chars(count);
        self.mend(self.column());
        self.mend(self.column() + count);
    }

    fn delete_chars(&mut self, count: usize) {
        self.term.delete_chars(count);
        self.mend_row();
    }

    fn insert_blank(&mut self, count: usize) {
        self.term.insert_blank(count);
        self.mend_row();
    }

    /// Also opens the margins and homes the cursor, as DEC and xterm do.
    fn decaln(&mut self) {
        self.term.decaln();
        self.margins = 0..self.term.screen_lines();
        self.term.set_scrolling_region(1, None);
    }

    fn reset_state(&mut self) {
        self.leave_alt();
        self.term.reset_state();
        self.other.reset();
        self.margins = 0..self.term.screen_lines();
        self.charset = CharsetIndex::default();
        self.tabs = Tabs::new(self.term.columns());
        self.title.clear();
        self.titles.clear();
        self.keyboards = Default::default();
        for index in 0..COLORS {
            self.term.reset_color(index);
        }
    }

    fn set_private_mode(&mut self, mode: PrivateMode) {
        match mode {
            PrivateMode::Named(NamedPrivateMode::SwapScreenAndSetRestoreCursor) => self.enter_alt(),
            PrivateMode::Unknown(47 | 1047) => self.enter_alt(),
            PrivateMode::Unknown(1048) => self.term.save_cursor_position(),
            PrivateMode::Named(NamedPrivateMode::ColumnMode) => {
                self.margins = 0..self.term.screen_lines();
                self.term.set_private_mode(mode);
            }
            _ => self.term.set_private_mode(mode),
        }
    }

    fn unset_private_mode(&mut self, mode: PrivateMode) {
        match mode {
            PrivateMode::Named(NamedPrivateMode::SwapScreenAndSetRestoreCursor) => self.leave_alt(),
            PrivateMode::Unknown(47 | 1047) => self.leave_alt(),
            PrivateMode::Unknown(1048) => self.term.restore_cursor_position(),
            PrivateMode::Named(NamedPrivateMode::ColumnMode) => {
                self.margins = 0..self.term.screen_lines();
                self.term.unset_private_mode(mode);
            }
            PrivateMode::Named(NamedPrivateMode::Origin) => {
                self.term.unset_private_mode(mode);
                self.term.goto(0, 0);
            }
            _ => self.term.unset_private_mode(mode),
        }
    }

    /// A bottom margin below the screen is the last row; a region of less than two rows is no region.
    fn set_scrolling_region(&mut self, top: usize, bottom: Option<usize>) {
        let rows = self.term.screen_lines();
        let bottom = bottom.unwrap_or(rows).min(rows);
        if top < bottom {
            self.margins = top - 1..bottom;
            self.term.set_scrolling_region(top, Some(bottom));
        }
    }

    fn set_active_charset(&mut self, index: CharsetIndex) {
        self.charset = index;
        self.term.set_active_charset(index);
    }

    fn set_title(&mut self, title: Option<String>) {
        self.title = printable(&title.unwrap_or_default()).take(TITLE_CHARS).collect();
    }

    fn push_title(&mut self) {
        if self.titles.len() == STACK {
            self.titles.remove(0);
        }
        self.titles.push(self.title.clone());
    }

    fn pop_title(&mut self) {
        if let Some(title) = self.titles.pop() {
            self.title = title;
        }
    }

    fn set_hyperlink(&mut self, link: Option<Hyperlink>) {
        let link = link.filter(|link| link.uri.len() <= LINK_BYTES).map(|link| {
            let id = link.id.filter(|id| id.len() <= LINK_ID_BYTES).unwrap_or_else(|| {
                self.links += 1;
                format!("qd-{}", self.links)
            });
            Hyperlink {
                id: Some(id),
                uri: link.uri,
            }
        });
        self.term.set_hyperlink(link);
    }

    fn clipboard_store(&mut self, clipboard: u8, base64: &[u8]) {
        if !matches!(clipboard, b'c' | b'p' | b's') {
            return;
        }
        if let Some(text) = STANDARD
            .decode(base64)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
        {
            self.clipboard = Some(text);
        }
    }

    /// Answers for the palette and for colours the remote has set; the pane's own foreground and background
    /// are the theme's business and stay unanswered.
    fn dynamic_color_sequence(&mut self, prefix: String, index: usize, terminator: &str) {
        let set = if index < COLORS {
            self.term.colors()[index]
        } else {
            None
        };
        if let Some(Rgb { r, g, b }) = set.or_else(|| u8::try_from(index).ok().map(palette)) {
            let reply = format!("\x1b]{prefix};rgb:{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}{terminator}");
            self.replies.push(&reply);
        }
    }

    fn report_keyboard_mode(&mut self) {
        self.replies
            .push(&format!("\x1b[?{}u", self.keyboards[0].flags.bits()));
    }

    fn push_keyboard_mode(&mut self, flags: KeyboardModes) {
        let Keyboard {
            flags: current,
            pushed,
        } = &mut self.keyboards[0];
        if pushed.len() == STACK {
            pushed.remove(0);
        }
        pushed.push(*current);
        *current = flags;
        self.apply_keyboard();
    }

    fn pop_keyboard_modes(&mut self, count: u16) {
        let Keyboard { flags, pushed } = &mut self.keyboards[0];
        for _ in 0..count {
            match pushed.pop() {
                Some(before) => *flags = before,
                None => {
                    *flags = KeyboardModes::NO_MODE;
                    break;
                }
            }
        }
        self.apply_keyboard();
    }

    fn set_keyboard_mode(&mut self, flags: KeyboardModes, apply: KeyboardModesApplyBehavior) {
        let current = &mut self.keyboards[0].flags;
        *current = match apply {
            KeyboardModesApplyBehavior::Replace => flags,
            KeyboardModesApplyBehavior::Union => *current | flags,
            KeyboardModesApplyBehavior::Difference => *current - flags,
        };
        self.apply_keyboard();
    }
}

impl Engine {
    /// Give the emulator the mirrored tab stops. It takes them only at the cursor.
    pub(super) fn apply_tabs(&mut self) {
        let cursor = self.term.grid().cursor.point;
        self.term.clear_tabs(TabulationClearMode::All);
        for (col, _) in self.tabs.stops().iter().enumerate().filter(|(_, stop)| **stop) {
            self.term.grid_mut().cursor.point = Point::new(cursor.line, Column(col));
            self.term.set_horizontal_tabstop();
        }
        self.term.grid_mut().cursor.point = cursor;
    }
}
