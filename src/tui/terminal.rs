//! The user's terminal: taken when the console starts, given back on every way out: return, error, panic, signal.
//! A frame goes out in one piece: a terminal that is busy is woken once for it, and a frame that a panic cuts short
//! is not shown at all.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, TerminalOptions, Viewport};

use super::covered::Covered;

/// Whether the terminal is ours at this moment; read by the panic hook.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The alternate screen in raw mode. Dropping it gives the terminal back.
pub struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<Page>>,
    page: Page,
    covered: Covered,
}

/// The bytes of the frame that is being drawn; what draws flushes several times a frame, which means nothing here.
#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<u8>>>);

impl Page {
    /// Writes the frame out and begins an empty one.
    fn turn(&self) -> io::Result<()> {
        let mut bytes = self.0.borrow_mut();
        let mut out = io::stdout().lock();
        let written = out.write_all(&bytes).and_then(|()| out.flush());
        bytes.clear();
        written
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Terminal {
    pub fn take(mouse: bool) -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let mut out = io::stdout();
        let entered = execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide);
        let entered = entered.and_then(|()| {
            if mouse {
                execute!(out, EnableMouseCapture)
            } else {
                Ok(())
            }
        });
        let page = Page::default();
        // Asked for its size with every frame, the terminal opens /dev/tty with every frame: it tells when that changes.
        let opened = entered.and_then(|()| {
            let (cols, rows) = crossterm::terminal::size()?;
            let viewport = Viewport::Fixed(Rect::new(0, 0, cols, rows));
            ratatui::Terminal::with_options(CrosstermBackend::new(page.clone()), TerminalOptions { viewport })
        });
        opened
            .map(|inner| Self {
                inner,
                page,
                covered: Covered::default(),
            })
            .inspect_err(|_| give_back())
    }

    /// Draws one frame inside a synchronized update, so that no terminal shows half of it.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Frame)) -> io::Result<()> {
        queue!(self.page, BeginSynchronizedUpdate)?;
        let covered = &mut self.covered;
        let drawn = self.inner.draw(|frame| {
            paint(frame);
            covered.repaint(frame.buffer_mut());
        });
        let drawn = drawn.map(|_| ());
        queue!(self.page, EndSynchronizedUpdate)?;
        drawn.and(self.page.turn())
    }

    /// Forgets what the screen shows, so that the next frame paints every cell of the size that it has now.
    pub fn forget(&mut self) -> io::Result<()> {
        let (cols, rows) = self.size()?;
        // Clearing as such asks the terminal where its cursor is, and the answer would be read as keys.
        self.inner.resize(Rect::new(0, 0, cols, rows))?;
        self.page.turn()
    }

    /// Columns and rows.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        self.inner.size().map(|size| (size.width, size.height))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // Each step on its own: one that fails must not keep the others from being tried.
    let _ = execute!(out, EndSynchronizedUpdate);
    let _ = execute!(
        out,
        DisableMouseCapture,
        DisableBracketedPaste,
        DisableFocusChange
    );
    let _ = execute!(out, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
    let _ = out.flush();
}

fn restore_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panicked| {
            give_back();
            before(panicked);
        }));
    });
}
