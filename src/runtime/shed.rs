//! Lets go of the program's own pages after work that is not done again soon, such as starting. A tunnel and an idle console
//! live for days on a small part of what arguments, credentials and AWS's clients ran through on the way; the kernel
//! brings back any page that is needed again.

mod frugal;

pub(crate) use frugal::Frugal;

use std::ffi::c_void;
use std::fs;
use std::ptr::NonNull;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use nix::sys::mman::{MmapAdvise, madvise};

/// AWS's clients run through a megabyte in this time.
const SPELL: Duration = Duration::from_millis(2);

/// Where the kernel does not tell where they are, nothing is done.
pub(crate) fn pages() {
    for (from, length) in clean() {
        // SAFETY: a private, never written mapping of the program file: a dropped page is read from that file again, and
        // a running program's file cannot be written. Refusal leaves all as it is.
        #[allow(unsafe_code)]
        let _ = unsafe { madvise(from, length, MmapAdvise::MADV_DONTNEED) };
    }
}

/// Does work that is done once, letting go on the way of what it has run through, so that its beginning and its end are
/// never there together.
pub(crate) async fn meanwhile<T>(work: impl Future<Output = T>) -> T {
    let (working, over) = mpsc::channel::<()>();
    // A thread, as the work does not always wait for something within a spell. Without one it takes more memory.
    let _ = thread::Builder::new().name("shed".into()).spawn(move || {
        while over.recv_timeout(SPELL) == Err(RecvTimeoutError::Timeout) {
            pages();
        }
    });
    let done = work.await;
    drop(working);
    done
}

/// Code and constants of the program: mapped read-only and unrelocated, so that their pages are the file's.
fn clean() -> Vec<(NonNull<c_void>, usize)> {
    let (Ok(maps), Ok(program)) = (
        fs::read_to_string("/proc/self/maps"),
        fs::read_link("/proc/self/exe"),
    ) else {
        return Vec::new();
    };
    let Some(program) = program.to_str() else {
        return Vec::new();
    };
    maps.lines()
        .filter_map(|line| parse_clean(line, program))
        .collect()
}

/// Where a line of `/proc/PID/maps` (proc_pid_maps(5)) maps code or, at the file's beginning, constants of the program:
/// `FROM-TO r-xp OFFSET DEV INODE PATH`. What is read-only further on has been relocated.
fn parse_clean(line: &str, program: &str) -> Option<(NonNull<c_void>, usize)> {
    let mut words = line.split_ascii_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    let clean = match words.next()? {
        "r-xp" => true,
        "r--p" => words.next()?.bytes().all(|digit| digit == b'0'),
        _ => false,
    };
    if !clean || !line.ends_with(program) {
        return None;
    }
    let from = usize::from_str_radix(from, 16).ok()?;
    let length = usize::from_str_radix(to, 16).ok()?.checked_sub(from)?;
    Some((NonNull::new(from as *mut c_void)?, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_the_files_is_let_go() {
        let found =
            |line| parse_clean(line, "/usr/bin/qd").map(|(from, length)| (from.as_ptr() as usize, length));
        for line in [
            "55d0c1000000-55d0c1002000 r-xp 01384000 fe:00 42    /usr/bin/qd",
            "55d0c1000000-55d0c1002000 r--p 00000000 fe:00 42    /usr/bin/qd",
        ] {
            assert_eq!(found(line), Some((0x55d0_c100_0000, 0x2000)), "{line}");
        }
        for line in [
            "55d0c1000000-55d0c1002000 r--p 033a9000 fe:00 42    /usr/bin/qd",
            "55d0c1000000-55d0c1002000 rw-p 00000000 fe:00 42    /usr/bin/qd",
            "7f00c1000000-7f00c1002000 r-xp 00000000 fe:00 43    /usr/lib/libc.so.6",
            "7f00c1000000-7f00c1002000 r-xp 00000000 00:00 0",
            "",
        ] {
            assert_eq!(found(line), None, "{line}");
        }
    }

    #[tokio::test]
    async fn work_goes_on_while_its_pages_are_let_go() {
        let work = async {
            tokio::time::sleep(SPELL * 4).await;
            7
        };
        assert_eq!(meanwhile(work).await, 7);
    }

    #[test]
    fn a_program_runs_on_without_its_pages_in_memory() {
        pages();
        assert_eq!("quarterdeck".chars().rev().collect::<String>(), "kcedretrauq");
    }
}
