//! Builds the root that an isolated program sees, and makes it the only one.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

use super::skeleton::{self, HOME, ID, SYSTEM};

/// Where the new root is put together: a folder that every machine has.
const BASE: &str = "/tmp";
const OLD: &str = ".old";
const NOTHING: Option<&str> = None;
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// Replaces the root of this process's mount namespace. `/proc` is that of its process namespace. With `owner` the
/// home belongs to the unprivileged user.
pub fn build_root(hostname: &str, owner: bool) -> io::Result<()> {
    mount(
        NOTHING,
        "/",
        NOTHING,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        NOTHING,
    )?;
    let root = Path::new(BASE);
    tmpfs(root, "mode=0755,size=32m")?;
    for folder in [
        "etc", "home", HOME, "tmp", "run", "var", "var/tmp", "proc", "dev", "sys", OLD,
    ] {
        fs::create_dir(root.join(folder))?;
    }
    for name in SYSTEM {
        show_system(name, root)?;
    }
    tmpfs(&root.join(HOME), "mode=0755,size=64m")?;
    for (folder, options) in [
        ("tmp", "mode=1777,size=64m"),
        ("var/tmp", "mode=1777,size=64m"),
        ("run", "mode=0755,size=4m"),
    ] {
        tmpfs(&root.join(folder), options)?;
    }
    skeleton::write(root, hostname)?;
    if owner {
        give(&root.join(HOME))?;
    }
    build_devices(&root.join("dev"))?;
    let quiet = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), &root.join("proc"), Some("proc"), quiet, NOTHING)?;
    pivot_root(root, &root.join(OLD))?;
    chdir("/")?;
    let old = Path::new("/").join(OLD);
    umount2(&old, MntFlags::MNT_DETACH)?;
    fs::remove_dir(&old)?;
    let sealed =
        MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(NOTHING, "/", NOTHING, sealed, NOTHING)?;
    Ok(())
}

fn tmpfs(at: &Path, options: &str) -> io::Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    Ok(mount(Some("tmpfs"), at, Some("tmpfs"), flags, Some(options))?)
}

/// Shows a folder of the machine with all that is mounted below it, read-only; a link stays a link.
fn show_system(name: &str, root: &Path) -> io::Result<()> {
    let from = Path::new("/").join(name);
    let to = root.join(name);
    let Ok(kind) = fs::symlink_metadata(&from) else {
        return Ok(());
    };
    if kind.is_symlink() {
        return symlink(fs::read_link(&from)?, &to);
    }
    fs::create_dir(&to)?;
    mount(
        Some(&from),
        &to,
        NOTHING,
        MsFlags::MS_BIND | MsFlags::MS_REC,
        NOTHING,
    )?;
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    for (point, kept) in mounts.lines().filter_map(parse_mount) {
        if Path::new(&point).starts_with(&to) {
            let flags =
                kept | MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID;
            mount(NOTHING, point.as_str(), NOTHING, flags, NOTHING)?;
        }
    }
    Ok(())
}

/// Mount point and the flags that a remount has to repeat.
fn parse_mount(line: &str) -> Option<(String, MsFlags)> {
    let mut fields = line.split(' ').skip(4);
    let point = fields
        .next()?
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
    let mut flags = MsFlags::empty();
    for option in fields.next()?.split(',') {
        flags |= match option {
            "nodev" => MsFlags::MS_NODEV,
            "noexec" => MsFlags::MS_NOEXEC,
            "noatime" => MsFlags::MS_NOATIME,
            "nodiratime" => MsFlags::MS_NODIRATIME,
            "relatime" => MsFlags::MS_RELATIME,
            _ => MsFlags::empty(),
        };
    }
    Some((point, flags))
}

/// The harmless devices, terminals of its own, and our terminal as the console, so that its name can be found.
fn build_devices(dev: &Path) -> io::Result<()> {
    for name in DEVICES {
        bind_file(&Path::new("/dev").join(name), &dev.join(name))?;
    }
    // The link, not the file: what is open belongs to the mounts that we have left.
    let terminal = fs::read_link("/proc/self/fd/0")?;
    if terminal.starts_with("/dev/pts") {
        bind_file(&terminal, &dev.join("console"))?;
    }
    for folder in ["pts", "shm"] {
        fs::create_dir(dev.join(folder))?;
    }
    let quiet = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    mount(
        Some("devpts"),
        &dev.join("pts"),
        Some("devpts"),
        quiet,
        Some("newinstance,ptmxmode=0666,mode=0620"),
    )?;
    tmpfs(&dev.join("shm"), "mode=1777,size=16m")?;
    for (target, name) in [
        ("pts/ptmx", "ptmx"),
        ("/proc/self/fd", "fd"),
        ("/proc/self/fd/0", "stdin"),
        ("/proc/self/fd/1", "stdout"),
        ("/proc/self/fd/2", "stderr"),
    ] {
        symlink(target, dev.join(name))?;
    }
    Ok(())
}

fn bind_file(from: &Path, to: &Path) -> io::Result<()> {
    File::create(to)?;
    Ok(mount(Some(from), to, NOTHING, MsFlags::MS_BIND, NOTHING)?)
}

/// Hands a folder and what is in it to the unprivileged user.
fn give(path: &Path) -> io::Result<()> {
    chown(path, Some(ID), Some(ID))?;
    if fs::symlink_metadata(path)?.is_dir() {
        fs::set_permissions(path, PermissionsExt::from_mode(0o755))?;
        for entry in fs::read_dir(path)? {
            give(&entry?.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_mountinfo_gives_point_and_flags() {
        let line = "28 27 0:25 / /mnt/a\\040b ro,nosuid,nodev,relatime - tmpfs none ro";
        let (point, flags) = parse_mount(line).unwrap();
        assert_eq!(point, "/mnt/a b");
        assert_eq!(flags, MsFlags::MS_NODEV | MsFlags::MS_RELATIME);
        assert!(parse_mount("short").is_none());
    }
}
