//! The socket of a live recording: its owner alone may connect, which the file's mode and the peer's user id both say.
//! A visitor that says nothing or never reads costs one idle task.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::{Asked, Told, folder, name};
use crate::recording::Segment;
use crate::store;

/// No line of a visitor is longer.
const LINE_BYTES: u64 = 4 << 10;
/// What the system takes as a socket's path, see unix(7), less a margin.
const PATH_BYTES: usize = 100;

/// What a visitor wants of the session.
#[derive(Debug)]
pub enum Knock {
    /// Answered with where the newest screen starts, or not at all when the recording has ended.
    Join {
        who: String,
        answer: oneshot::Sender<Segment>,
    },
    Leave {
        who: String,
    },
    End {
        who: String,
    },
}

/// An open door; dropped, the socket is gone.
pub struct Door {
    path: PathBuf,
    task: AbortHandle,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The address of a socket; one whose path is too long is named through its open directory, which must stay open.
pub(super) fn address(path: &Path) -> io::Result<(PathBuf, Option<std::fs::File>)> {
    if path.as_os_str().len() < PATH_BYTES {
        return Ok((path.into(), None));
    }
    let dir = std::fs::File::open(path.parent().unwrap_or(Path::new(".")))?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", dir.as_raw_fd()));
    Ok((short.join(path.file_name().unwrap_or_default()), Some(dir)))
}

impl Door {
    /// Must be called within a tokio runtime.
    pub fn open(data_dir: &Path, id: Uuid) -> io::Result<(Door, mpsc::Receiver<Knock>)> {
        let dir = folder(data_dir);
        store::create_private_dir(&dir).map_err(|error| error.cause)?;
        let path = dir.join(name(id));
        let (short, _dir) = address(&path)?;
        let listener = UnixListener::bind(&short)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let (knocks, heard) = mpsc::channel(64);
        let task = tokio::spawn(listen(listener, knocks)).abort_handle();
        Ok((Door { path, task }, heard))
    }
}

async fn listen(listener: UnixListener, knocks: mpsc::Sender<Knock>) {
    let own = nix::unistd::getuid().as_raw();
    // Visitors end with the door.
    let mut visitors = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = visitors.join_next(), if !visitors.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if stream.peer_cred().is_ok_and(|peer| peer.uid() == own) => {
                    visitors.spawn(attend(stream, knocks.clone()));
                }
                Ok(_) => tracing::warn!("somebody else tried to watch a session"),
                // Out of file descriptors, most likely: others must leave first.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            },
        }
    }
}

async fn attend(stream: UnixStream, knocks: mpsc::Sender<Knock>) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let Some(Asked::Join { who }) = read(&mut reader).await else {
        return;
    };
    let (answer, start) = oneshot::channel();
    let join = Knock::Join {
        who: who.clone(),
        answer,
    };
    if knocks.send(join).await.is_err() {
        return;
    }
    let told = match start.await {
        Ok(start) => Told::Joined { start },
        Err(_) => Told::Refused {
            says: "the session has ended".into(),
        },
    };
    tell(&mut writer, &told).await;
    if matches!(told, Told::Refused { .. }) {
        return;
    }
    loop {
        match read(&mut reader).await {
            Some(Asked::End) => {
                tell(&mut writer, &Told::Ending).await;
                let _ = knocks.send(Knock::End { who: who.clone() }).await;
            }
            Some(Asked::Join { .. }) => {}
            None => {
                let _ = knocks.send(Knock::Leave { who }).await;
                return;
            }
        }
    }
}

async fn read(reader: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Asked> {
    let mut line = String::new();
    reader.take(LINE_BYTES).read_line(&mut line).await.ok()?;
    serde_json::from_str(&line).ok()
}

async fn tell(writer: &mut OwnedWriteHalf, told: &Told) {
    let mut line = serde_json::to_string(told).unwrap_or_default();
    line.push('\n');
    // Short enough for any socket's buffer; one who has gone away is noticed when reading.
    let _ = writer.write_all(line.as_bytes()).await;
}
