//! A shell of a machine of the fleet: a recorded session over the data channel, like any other, typed into by the run.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::{Opener, Refused};
use crate::recording::Marker;
use crate::runbook::run::target::Far;
use crate::runbook::run::wire::{self, Nonce};
use crate::session::{self, Live, Piece, Request, State, Status};

/// A shell shows its prompt within this, or is silent for good.
const PROMPT: Duration = Duration::from_secs(3);
/// Wide enough that few lines are folded.
const SIZE: (u16, u16) = (160, 48);

pub struct There {
    live: Live,
}

type Came = mpsc::Receiver<Result<Bytes, String>>;

impl There {
    pub(super) async fn open(opener: &Opener, far: &Far, nonce: &Nonce) -> Result<(There, Came), Refused> {
        let (sink, mut pieces) = mpsc::channel(64);
        let request = Request {
            reason: opener.reason.clone(),
            document: far.document.clone(),
            mode: far.mode,
            recipients: far.recipients.clone(),
            size: SIZE,
            sink: Some(sink),
            ..Request::on(far.cloud.clone(), &far.node, &opener.data_dir)
        };
        let live = session::open(request).await.map_err(|refused| Refused {
            says: refused.says,
            hint: refused.hint,
        })?;
        let (pass, came) = mpsc::channel(64);
        let first = tokio::time::timeout(PROMPT, pieces.recv()).await;
        tokio::spawn(async move {
            if let Ok(None) = first {
                return;
            }
            while let Some(piece) = pieces.recv().await {
                let (Piece::Output(bytes) | Piece::Stderr(bytes)) = piece;
                if pass.send(Ok(bytes)).await.is_err() {
                    return;
                }
            }
        });
        live.input(wire::begin(nonce).into_bytes());
        Ok((There { live }, came))
    }

    pub(super) fn status(&self) -> watch::Receiver<Status> {
        self.live.status()
    }

    pub(super) fn why_gone(&self) -> String {
        let status = self.live.status().borrow().clone();
        match status.state {
            State::Ended { why } => why,
            _ => status.to_string(),
        }
    }

    pub(super) fn send(&mut self, text: String) {
        self.live.input(text.into_bytes());
    }

    /// The interrupt key; or the end of the session, which ends everything in it.
    pub(super) async fn urge(&mut self, at_once: bool) {
        if at_once {
            self.live.end();
        } else {
            self.live.input(&b"\x03"[..]);
        }
    }

    pub(super) fn mark(&mut self, marker: Marker) {
        let audited = marker.fields.get("commands").cloned();
        self.live.mark(marker, audited);
    }

    pub(super) fn id(&self) -> Uuid {
        self.live.id
    }

    pub(super) fn place(&self) -> Option<(PathBuf, u64)> {
        self.live.place()
    }

    pub(super) async fn close(self) -> String {
        self.live.end();
        self.live.ended().await;
        self.live.id.to_string()
    }
}
