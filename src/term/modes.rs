//! What the remote program asked of the terminal, as far as keys, mouse, paste and the pane's frame need it.

use alacritty_terminal::term::TermMode;
use alacritty_terminal::vte::ansi::NamedPrivateMode as Private;

/// Which mouse events the remote program wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mouse {
    #[default]
    Off,
    /// Press and release (mode 1000).
    Click,
    /// Also motion while a button is down (mode 1002).
    Drag,
    /// All motion (mode 1003).
    Motion,
}

/// Modes that change what is sent to the remote or how the pane behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Modes {
    pub app_cursor: bool,
    pub app_keypad: bool,
    pub bracketed_paste: bool,
    pub focus_events: bool,
    pub mouse: Mouse,
    /// Mouse reports in SGR form (mode 1006); otherwise the old form, which ends at column 223.
    pub sgr_mouse: bool,
    /// Mouse reports in UTF-8 form (mode 1005).
    pub utf8_mouse: bool,
    pub alt_screen: bool,
    /// The wheel sends arrow keys on the alternate screen (mode 1007).
    pub alternate_scroll: bool,
    /// Line feed also returns the carriage (LNM): Enter then sends both.
    pub newline: bool,
    pub cursor_visible: bool,
    /// Flags of the kitty keyboard protocol: 1 disambiguate, 2 event types, 4 alternates, 8 all keys, 16 text.
    pub keyboard: u8,
}

impl Modes {
    pub(super) fn of(mode: TermMode) -> Modes {
        let mouse = if mode.contains(TermMode::MOUSE_MOTION) {
            Mouse::Motion
        } else if mode.contains(TermMode::MOUSE_DRAG) {
            Mouse::Drag
        } else if mode.contains(TermMode::MOUSE_REPORT_CLICK) {
            Mouse::Click
        } else {
            Mouse::Off
        };
        let keyboard = [
            TermMode::DISAMBIGUATE_ESC_CODES,
            TermMode::REPORT_EVENT_TYPES,
            TermMode::REPORT_ALTERNATE_KEYS,
            TermMode::REPORT_ALL_KEYS_AS_ESC,
            TermMode::REPORT_ASSOCIATED_TEXT,
        ];
        Modes {
            app_cursor: mode.contains(TermMode::APP_CURSOR),
            app_keypad: mode.contains(TermMode::APP_KEYPAD),
            bracketed_paste: mode.contains(TermMode::BRACKETED_PASTE),
            focus_events: mode.contains(TermMode::FOCUS_IN_OUT),
            mouse,
            sgr_mouse: mode.contains(TermMode::SGR_MOUSE),
            utf8_mouse: mode.contains(TermMode::UTF8_MOUSE),
            alt_screen: mode.contains(TermMode::ALT_SCREEN),
            alternate_scroll: mode.contains(TermMode::ALTERNATE_SCROLL),
            newline: mode.contains(TermMode::LINE_FEED_NEW_LINE),
            cursor_visible: mode.contains(TermMode::SHOW_CURSOR),
            keyboard: keyboard
                .iter()
                .enumerate()
                .map(|(i, flag)| u8::from(mode.contains(*flag)) << i)
                .sum(),
        }
    }
}

/// Private modes whose state is one flag, in the order of their bits in a dump.
pub(super) const PRIVATE: [(TermMode, Private); 14] = [
    (TermMode::SHOW_CURSOR, Private::ShowCursor),
    (TermMode::APP_CURSOR, Private::CursorKeys),
    (TermMode::MOUSE_REPORT_CLICK, Private::ReportMouseClicks),
    (TermMode::MOUSE_DRAG, Private::ReportCellMouseMotion),
    (TermMode::MOUSE_MOTION, Private::ReportAllMouseMotion),
    (TermMode::BRACKETED_PASTE, Private::BracketedPaste),
    (TermMode::SGR_MOUSE, Private::SgrMouse),
    (TermMode::UTF8_MOUSE, Private::Utf8Mouse),
    (TermMode::LINE_WRAP, Private::LineWrap),
    (TermMode::ORIGIN, Private::Origin),
    (TermMode::FOCUS_IN_OUT, Private::ReportFocusInOut),
    (TermMode::ALTERNATE_SCROLL, Private::AlternateScroll),
    (TermMode::URGENCY_HINTS, Private::UrgencyHints),
    (TermMode::ALT_SCREEN, Private::SwapScreenAndSetRestoreCursor),
];
