//! The loop: waits for whatever happens, drains all that is pending, lets the core decide, draws at most once a
//! frame and only when something changed. Idle means no wake-ups and no bytes to the terminal.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use crossterm::event::Event;
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::signal::unix::SignalKind;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use crate::app::{Effect, Model, Msg, Notice, ToSession, Weight, update};
use crate::config::Theme;
use crate::panel;
use crate::runtime::{Inbox, Runtime, shed};
use crate::ui::Look;

use super::clipboard;
use super::editor;
use super::keys::Keys;
use super::pace::Pace;
use super::park::{self, Keyboard};
use super::signal::{Ending, resizes};
use super::terminal::Terminal;

/// Spinners and clocks move this often, while there are any.
const TICK: Duration = Duration::from_millis(250);

/// After this long without anything new, what the last work ran through is let go.
const SETTLED: Duration = Duration::from_millis(250);

/// Runs the console on this thread until the user leaves or a signal ends it; returns the signal.
pub fn run(model: Model, runtime: Runtime, messages: Inbox, theme: Theme) -> io::Result<Option<SignalKind>> {
    let keyboard = Rc::new(Keyboard::default());
    park::drive(&keyboard, turn(&keyboard, model, runtime, messages, theme))?
}

async fn turn(
    keyboard: &Rc<Keyboard>,
    mut model: Model,
    mut runtime: Runtime,
    mut messages: Inbox,
    mut theme: Theme,
) -> io::Result<Option<SignalKind>> {
    let mut terminal = Terminal::take(model.config.mouse)?;
    let (cols, rows) = terminal.size()?;
    let mut ending = Ending::watch()?;
    let mut resized = resizes()?;
    let (hub, changed, lull) = (runtime.hub(), runtime.changed(), runtime.lull());
    let mut inbox = vec![Msg::Resized { cols, rows }, Msg::Started];
    let mut keys: Option<Keys> = None;
    let mut tick = interval(TICK);
    // What was not ticked while nothing moved is not made up for: a notice would be gone as it comes.
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pace = Pace::new();
    let mut stale = true;
    let mut worked = true;
    let mut picture: Option<String> = None;
    loop {
        let mut after = Vec::new();
        for msg in inbox.drain(..) {
            model.now = Timestamp::now();
            // A window that was smaller for a moment has lost what it showed, though its size is the same again.
            if matches!(msg, Msg::Resized { .. }) {
                terminal.forget()?;
            }
            let effects = update(&mut model, msg);
            // A key for the remote changes nothing here: its echo will.
            stale |= !model.unchanged && !matches!(effects[..], [Effect::Session(_, ToSession::Key(_))]);
            for effect in effects {
                match effect {
                    Effect::Quit => {
                        drop(keys.take());
                        runtime.end().await;
                        return Ok(ending.by);
                    }
                    Effect::Redraw => terminal.forget()?,
                    Effect::Copy(text) => runtime.say(copied(&text)),
                    Effect::EditFile { path, line } => {
                        // The editor has the keys and the screen; sessions go on behind it.
                        drop(keys.take());
                        drop(terminal);
                        let told = editor::edit(&path, line, &mut ending).await;
                        terminal = Terminal::take(model.config.mouse)?;
                        let (cols, rows) = terminal.size()?;
                        after.push(Msg::Resized { cols, rows });
                        after.push(match told {
                            Ok(true) => Msg::Ended,
                            Ok(false) => Msg::RunbookSaved(path, Ok(())),
                            Err(notice) => Msg::Noticed(notice),
                        });
                    }
                    Effect::Picture(file) => picture = Some(file),
                    Effect::SetTheme(name) => match runtime.load_theme(&name) {
                        Ok(loaded) => {
                            theme = loaded;
                            model.theme = name;
                        }
                        Err(notice) => runtime.say(notice),
                    },
                    effect => runtime.perform(effect),
                }
            }
        }
        if !after.is_empty() {
            inbox = after;
            continue;
        }
        let now = Instant::now();
        if stale && pace.due_at(now) <= now {
            let style = |role| theme.style(role);
            terminal.draw(|frame| {
                panel::view(&model, &*hub, &Look::new(&style), frame);
                if let Some(file) = picture.take() {
                    runtime.write_picture(frame.buffer_mut().clone(), theme.clone(), file);
                }
            })?;
            pace.drawn(Instant::now());
            lull.drawn();
            stale = false;
        }
        let due_at = pace.due_at(Instant::now());
        // The first frame is out before standard input is opened.
        let keys = keys.get_or_insert_with(|| Keys::open(keyboard));
        let counts_down_in = model.counts_down_in();
        worked |= !model.busy.is_empty();
        let due_in = model
            .alarms_due_at()
            .map(|at| Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default());
        tokio::select! {
            biased;
            () = ending.arrived() => inbox.push(Msg::Ended),
            event = keys.next() => {
                pace.pressed(Instant::now());
                inbox.extend(input(event?));
                while let Some(event) = keys.take()? {
                    inbox.extend(input(event));
                }
            }
            Some(()) = resized.recv() => {
                let (cols, rows) = terminal.size()?;
                inbox.push(Msg::Resized { cols, rows });
            }
            Some(msg) = messages.next() => {
                inbox.push(msg);
                while let Some(Some(msg)) = messages.next().now_or_never() {
                    inbox.push(msg);
                }
            }
            () = changed.notified() => stale = true,
            () = sleep_until(due_at), if stale => {}
            () = sleep(counts_down_in.unwrap_or_default()), if counts_down_in.is_some() => {
                model.now = Timestamp::now();
                stale = true;
            }
            () = sleep(due_in.unwrap_or_default()), if due_in.is_some() => inbox.push(Msg::Due),
            _ = tick.tick(), if model.shows_time() => inbox.push(Msg::Ticked),
            () = sleep(SETTLED), if worked && model.busy.is_empty() => {
                worked = false;
                shed::pages();
            }
        }
    }
}

fn input(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => Some(Msg::Pressed(key)),
        Event::Paste(text) => Some(Msg::Pasted(text)),
        Event::Mouse(mouse) => Some(Msg::Moused(mouse)),
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}

fn copied(text: &str) -> Notice {
    match clipboard::copy(text) {
        Ok(true) => Notice::new(
            Weight::Good,
            format!("copied {} characters", text.chars().count()),
        ),
        Ok(false) => Notice::new(Weight::Bad, "too long for the terminal's clipboard")
            .hint(format!("select less than {} bytes", clipboard::LIMIT)),
        Err(cause) => Notice::new(Weight::Bad, format!("the clipboard was not reached: {cause}")),
    }
}
