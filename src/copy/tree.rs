//! Folders travel as one tar archive, packed and unpacked by the `tar` that is there. An archive is unpacked only after its
//! sum was found right, never as another user's, and with what the umask leaves of the modes.

use std::io;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::Error;

/// Packs what is in `folder`.
pub async fn pack(folder: &Path, archive: &Path) -> Result<(), Error> {
    let mut command = Command::new("tar");
    command
        .arg("-cf")
        .arg(archive)
        .arg("-C")
        .arg(folder)
        .arg("--")
        .arg(".");
    run(command, folder).await
}

/// Unpacks into `folder`, which is made where it is not there.
pub async fn unpack(archive: &Path, folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
    let mut command = Command::new("tar");
    command
        .arg("-xf")
        .arg(archive)
        .arg("-C")
        .arg(folder)
        .arg("--no-same-owner")
        .arg("--no-same-permissions");
    run(command, folder).await
}

async fn run(mut command: Command, folder: &Path) -> Result<(), Error> {
    let done = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => Error::new(
                "there is no `tar` on this machine's PATH",
                "install it: folders travel as archives",
            ),
            _ => Error::new(format!("tar did not run: {cause}"), ""),
        })?;
    if done.status.success() {
        return Ok(());
    }
    let says = String::from_utf8_lossy(&done.stderr);
    let says = says.lines().next().unwrap_or("it did not say why");
    Err(Error::new(format!("{}: {says}", folder.display()), ""))
}
