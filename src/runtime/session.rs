//! Sessions for the panel: opened from a node, told what to do, their status passed on.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use tokio::sync::{Notify, watch};

use crate::app::{Msg, PaneId, ToSession};
use crate::audit;
use crate::aws::Cloud;
use crate::config::Config;
use crate::fleet::{Node, Policy};
use crate::recording::{Marker, Recipients};
use crate::runbook;
use crate::session::{Live, Request};
use crate::term::{Mouse, Screen, Size, keys};

use super::connected;
use super::inbox::{Outbox, Piece};

/// Lines of history in memory; older ones are in the recording.
const SCROLLBACK: usize = 5_000;

pub struct Open {
    pub node: Node,
    pub reason: String,
    pub size: Size,
    pub config: Config,
    pub data_dir: PathBuf,
    pub changed: Arc<Notify>,
}

pub async fn open(cloud: watch::Receiver<Option<Cloud>>, pane: PaneId, open: Open, out: Outbox) {
    let Some(cloud) = connected(cloud).await else {
        return;
    };
    let Open {
        node,
        reason,
        size,
        config,
        data_dir,
        changed,
    } = open;
    // A rule that is no filter was refused at the start.
    let terms = Policy::of(&config).unwrap_or_default().on(&node);
    let recipients = Recipients::of(&config.recording, terms.is_production);
    let title = if node.name.is_empty() {
        node.id.to_string()
    } else {
        node.name.clone()
    };
    let recipients = match recipients {
        Ok(recipients) => recipients,
        Err(cause) => {
            let target = audit::Target::from(&node);
            let says = cause.to_string();
            let _ = tokio::task::spawn_blocking(move || {
                let refused = audit::Refusal {
                    target: Some(target),
                    says: &says,
                    ..audit::Refusal::default()
                };
                audit::log_refusal(&data_dir, refused);
            })
            .await;
            return out.send(Msg::SessionRefused {
                target: title,
                says: cause.to_string(),
                hint: cause.hint().unwrap_or_default().into(),
            });
        }
    };
    let request = Request {
        document: config.session.document.clone(),
        reason,
        size: (size.cols, size.rows),
        scrollback: SCROLLBACK,
        mode: terms.mode.into(),
        recipients,
        changed,
        ..Request::on(cloud, &node, data_dir)
    };
    let target = request.target.clone();
    match crate::session::open(request).await {
        Ok(live) => {
            let opened = Msg::SessionOpened {
                pane,
                target,
                title,
                production: terms.is_production,
            };
            out.piece(Piece::Session { pane, live, opened });
        }
        Err(refused) => out.send(Msg::SessionRefused {
            target: title,
            says: refused.says,
            hint: refused.hint,
        }),
    }
}

/// Passes each change of status on until the session is over.
pub fn follow(pane: PaneId, live: &Live, out: Outbox) {
    let mut status = live.status();
    tokio::spawn(async move {
        loop {
            let now = status.borrow_and_update().clone();
            let over = now.has_ended();
            out.send(Msg::SessionChanged { pane, status: now });
            if over || status.changed().await.is_err() {
                return;
            }
        }
    });
}

pub fn obey(live: &Live, order: ToSession) {
    match order {
        ToSession::Key(key) => {
            let bytes = on_screen(live, |screen| {
                screen.scroll_to_end();
                screen.clear_selection();
                keys::encode(&key, screen.modes())
            });
            if let Some(bytes) = bytes.flatten() {
                live.input(bytes);
            }
        }
        ToSession::Paste(text) => {
            if let Some(bytes) = on_screen(live, |screen| keys::encode_paste(&text, screen.modes())) {
                live.input(bytes);
            }
        }
        ToSession::Run(commands) => run(live, &commands),
        ToSession::Mouse(event) => mouse(live, event),
        ToSession::Resize(size) => live.resize(size.cols, size.rows),
        ToSession::Scroll(lines) => {
            on_screen(live, |screen| screen.scroll(lines));
        }
        ToSession::ScrollToEnd => {
            on_screen(live, |screen| screen.scroll_to_end());
        }
        ToSession::Mark {
            runbook,
            lines,
            sha256,
            text,
        } => {
            let fields = BTreeMap::from([
                ("lines".to_owned(), format!("{}-{}", lines.0, lines.1)),
                ("sha256".to_owned(), sha256),
                ("commands".to_owned(), text.clone()),
            ]);
            live.mark(
                Marker {
                    kind: "runbook".into(),
                    label: runbook,
                    fields,
                },
                Some(text),
            );
        }
        ToSession::End => live.end(),
    }
}

/// The console must not stand still with a session whose disk does: what is typed there meanwhile is dropped, as nobody
/// sees what it would do.
fn on_screen<T>(live: &Live, then: impl FnOnce(&mut Screen) -> T) -> Option<T> {
    const STUCK_AFTER: Duration = Duration::from_millis(250);
    let done = live.with_screen_within(STUCK_AFTER, then);
    if done.is_none() {
        tracing::warn!(session = %live.id, "the screen is stuck; a key was dropped");
    }
    done
}

/// Commands of a runbook; what cannot be sent safely was refused before, and a refusal here is logged.
fn run(live: &Live, commands: &[String]) {
    let Some(bracketed) = on_screen(live, |screen| screen.modes().bracketed_paste) else {
        return;
    };
    match runbook::paste::keys(commands, bracketed, true) {
        Ok(bytes) => live.input(bytes),
        Err(cause) => tracing::error!(%cause, "a runbook's commands were not sent"),
    }
}

/// A program that asked for the mouse gets it, unless shift is held; else the wheel scrolls and a drag selects.
fn mouse(live: &Live, event: MouseEvent) {
    let shift = event.modifiers.contains(crossterm::event::KeyModifiers::SHIFT);
    let bytes = on_screen(live, |screen| {
        if screen.modes().mouse != Mouse::Off && !shift {
            return keys::encode_mouse(
                event.kind,
                event.modifiers,
                (event.column, event.row),
                screen.modes(),
            );
        }
        let (col, row) = (event.column, event.row);
        match event.kind {
            MouseEventKind::ScrollUp => screen.scroll(3),
            MouseEventKind::ScrollDown => screen.scroll(-3),
            MouseEventKind::Down(MouseButton::Left) => {
                screen.clear_selection();
                screen.select_start(col, row);
            }
            MouseEventKind::Drag(MouseButton::Left) => screen.select_to(col, row),
            _ => {}
        }
        None
    });
    if let Some(bytes) = bytes.flatten() {
        live.input(bytes);
    }
}
