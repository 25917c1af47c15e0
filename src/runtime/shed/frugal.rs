//! A tunnel lives for days beside others and takes only what it touches: of the program the pages that it runs through,
//! not the sixteen that the kernel maps around each (fault_around_bytes in Linux' mm/memory.c), and one heap instead of
//! one for each thread. Where the kernel or the C library refuses, it takes more and works the same.

use std::os::fd::OwnedFd;

/// As long as it is held, see above.
pub(crate) struct Frugal {
    _faults: Option<OwnedFd>,
}

impl Frugal {
    /// Before the first thread is started: each takes a heap with its first allocation.
    pub(crate) fn begin() -> Frugal {
        share_heap();
        let faults = map_singly();
        // What was mapped around earlier faults, most of all by reading the command line.
        super::pages();
        Frugal { _faults: faults }
    }
}

/// What is freed at its end goes back to the system from 64 KiB on (mallopt(3)); the default grows with use.
fn share_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: plain calls that set numbers of the C library's allocator, which it takes at any time.
    #[allow(unsafe_code)]
    unsafe {
        nix::libc::mallopt(nix::libc::M_ARENA_MAX, 1);
        nix::libc::mallopt(nix::libc::M_TRIM_THRESHOLD, 64 << 10);
    }
}

#[cfg(not(target_os = "linux"))]
fn map_singly() -> Option<OwnedFd> {
    None
}

/// Nothing is mapped around a fault in memory that a userfaultfd(2) watches for writes, and in the program's code there are
/// none: that is all it is asked for. Asynchronous watching takes any mapping, since Linux 6.7 (`UFFD_FEATURE_WP_ASYNC`
/// of ioctl_userfaultfd(2)); any user may watch faults of user mode.
#[cfg(target_os = "linux")]
fn map_singly() -> Option<OwnedFd> {
    use nix::libc::{O_CLOEXEC, SYS_userfaultfd, syscall};
    use std::os::fd::{AsRawFd, FromRawFd};

    // SAFETY: makes a descriptor, which nobody else has; the two structures are laid out as linux/userfaultfd.h has them
    // and live through their calls. The ranges are mapped for as long as the program runs.
    #[allow(unsafe_code)]
    unsafe {
        let number = syscall(SYS_userfaultfd, O_CLOEXEC | uffd::USER_MODE_ONLY);
        let number = i32::try_from(number).ok().filter(|number| *number >= 0)?;
        let faults = OwnedFd::from_raw_fd(number);
        let mut api = uffd::Api {
            api: uffd::VERSION,
            features: uffd::FEATURE_WP_ASYNC,
            ioctls: 0,
        };
        uffd::api(faults.as_raw_fd(), &mut api).ok()?;
        for (from, length) in super::clean() {
            let mut range = uffd::Range {
                start: from.as_ptr() as u64,
                length: length as u64,
                mode: uffd::REGISTER_WP,
                ioctls: 0,
            };
            uffd::register(faults.as_raw_fd(), &mut range).ok()?;
        }
        Some(faults)
    }
}

/// linux/userfaultfd.h.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
mod uffd {
    pub const USER_MODE_ONLY: i32 = 1;
    pub const VERSION: u64 = 0xAA;
    pub const FEATURE_WP_ASYNC: u64 = 1 << 15;
    pub const REGISTER_WP: u64 = 1 << 1;

    #[repr(C)]
    pub struct Api {
        pub api: u64,
        pub features: u64,
        pub ioctls: u64,
    }

    #[repr(C)]
    pub struct Range {
        pub start: u64,
        pub length: u64,
        pub mode: u64,
        pub ioctls: u64,
    }

    nix::ioctl_readwrite!(api, 0xAA, 0x3F, Api);
    nix::ioctl_readwrite!(register, 0xAA, 0x00, Range);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_runs_on_and_starts_others_while_its_pages_are_mapped_one_by_one() {
        let frugal = Frugal::begin();
        super::super::pages();
        assert_eq!("quarterdeck".chars().rev().collect::<String>(), "kcedretrauq");
        let other = std::process::Command::new("true").status().unwrap();
        assert!(other.success());
        drop(frugal);
        super::super::pages();
        assert_eq!("qd".to_uppercase(), "QD");
    }
}
