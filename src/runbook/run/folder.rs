//! The folder that a shell stands in. A page's steps share it: where a shell is gone in the middle of a run, the one in its
//! place goes to where the last step that is done had left it.

use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::shell::{How, Shell, Stop};
use super::step::{Task, Unready};
use crate::runbook::shell::quote;

/// A shell that takes longer to say where it stands is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A script's end, and what it said.
pub(super) async fn heard(
    shell: &mut Shell,
    script: &str,
    lasts: Duration,
    stop: &mut watch::Receiver<Stop>,
) -> (How, String) {
    let (out, mut came) = mpsc::channel::<Vec<u8>>(16);
    let said = async {
        let mut said = Vec::new();
        while let Some(bytes) = came.recv().await {
            said.extend(bytes);
        }
        said
    };
    let ran = shell.run(script, lasts, stop, out);
    let (how, said) = tokio::join!(ran, said);
    (how, String::from_utf8_lossy(&said).into_owned())
}

/// Where it stands, if it tells. A step may have left it tracing its commands: only what they print has both halves together.
async fn stands(shell: &mut Shell) -> Option<String> {
    let [one, two] = [(); 2].map(|()| uuid::Uuid::new_v4().simple().to_string());
    let script = format!("\\command printf '%s%s%s%s%s\\n' {one} {two} \"$(\\command pwd)\" {one} {two}\n");
    let (_going, mut stop) = watch::channel(Stop::No);
    let (how, said) = heard(shell, &script, PATIENCE, &mut stop).await;
    let said = said.replace('\r', "");
    let token = one + &two;
    let mut parts = said.split(&token);
    let folder = parts.nth(1).filter(|_| parts.next().is_some())?;
    let is_whole = how == How::Exited(0) && folder.starts_with('/') && !folder.contains('\u{fffd}');
    is_whole.then(|| folder.to_owned())
}

impl Task {
    /// Before the first step in a shell: goes where the one before it was left. `Some` says why that cannot be.
    pub(super) async fn settle_in(&mut self, shell: &mut Shell) -> Option<Unready> {
        if shell.folder.is_some() {
            return None;
        }
        if let Some(folder) = &self.folder {
            let script = format!("\\command cd -- {}\n", quote(folder));
            let (how, said) = heard(shell, &script, PATIENCE, &mut self.stop).await;
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            match how {
                How::Exited(0) => {}
                How::Stopped => return Some("it was stopped".to_owned().into()),
                How::Lost(why) | How::Unseen(why) => return Some(self.gone_before(&why)),
                _ => {
                    let says = format!(
                        "cannot go back to {folder}, where the steps before had left the shell: {said}"
                    );
                    return Some(says.into());
                }
            }
        }
        shell.folder = stands(shell).await;
        None
    }

    /// The folder that a step which is done has left its shell in, where that is another one than before; `None` inside
    /// where nobody knows it, or the journal may not hold it.
    pub(super) async fn moved(&self, shell: &mut Shell) -> Option<Option<String>> {
        if !shell.is_alive {
            return None;
        }
        let now = stands(shell).await;
        let before = std::mem::replace(&mut shell.folder, now.clone());
        if now.is_some() && now == before {
            return None;
        }
        let redact = self.step.redact();
        let is_kept = |now: &String| self.purse.lock().keep(now, redact.as_ref()) == *now;
        Some(now.filter(is_kept))
    }
}
