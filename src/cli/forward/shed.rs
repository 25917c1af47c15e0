//! Lets go of the program's own code after each stage of starting. A tunnel lives for days on a small part of what
//! arguments, credentials and AWS's clients ran through on the way; the kernel brings back any page that is needed again.

use std::ffi::c_void;
use std::fs;
use std::ptr::NonNull;

use nix::sys::mman::{MmapAdvise, madvise};

/// Code is mapped read-only and unrelocated, so that its pages are the file's; where the kernel does not tell, nothing is done.
pub(super) fn code() {
    let (Ok(maps), Ok(program)) = (
        fs::read_to_string("/proc/self/maps"),
        fs::read_link("/proc/self/exe"),
    ) else {
        return;
    };
    let Some(program) = program.to_str() else { return };
    for (from, length) in maps.lines().filter_map(|line| parse_code(line, program)) {
        // SAFETY: a private, never written mapping of the program file: a dropped page is read from that file again, and
        // a running program's file cannot be written. Refusal leaves all as it is.
        #[allow(unsafe_code)]
        let _ = unsafe { madvise(from, length, MmapAdvise::MADV_DONTNEED) };
    }
}

/// Where a line of `/proc/PID/maps` (proc_pid_maps(5)) maps the program's code: `FROM-TO r-xp OFFSET DEV INODE PATH`.
fn parse_code(line: &str, program: &str) -> Option<(NonNull<c_void>, usize)> {
    let mut words = line.split_ascii_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    if words.next()? != "r-xp" || !line.ends_with(program) {
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
    fn only_code_of_the_program_is_let_go() {
        let found =
            |line| parse_code(line, "/usr/bin/qd").map(|(from, length)| (from.as_ptr() as usize, length));
        assert_eq!(
            found("55d0c1000000-55d0c1002000 r-xp 01384000 fe:00 42    /usr/bin/qd"),
            Some((0x55d0_c100_0000, 0x2000))
        );
        for line in [
            "55d0c1000000-55d0c1002000 r--p 00000000 fe:00 42    /usr/bin/qd",
            "55d0c1000000-55d0c1002000 rw-p 00000000 fe:00 42    /usr/bin/qd",
            "7f00c1000000-7f00c1002000 r-xp 00000000 fe:00 43    /usr/lib/libc.so.6",
            "7f00c1000000-7f00c1002000 r-xp 00000000 00:00 0",
            "",
        ] {
            assert_eq!(found(line), None, "{line}");
        }
    }

    #[test]
    fn a_program_runs_on_without_its_code_in_memory() {
        code();
        assert_eq!("quarterdeck".chars().rev().collect::<String>(), "kcedretrauq");
    }
}
