//! A disk that has no room, for tests.

/// Runs one test again in a process whose files may not grow beyond 1 MiB, which is how a full disk looks.
pub fn is_here(place: &str, test: &str) -> bool {
    if std::env::var_os("QD_SMALL_DISK").is_some() {
        return true;
    }
    let test = format!("{place}::{test}");
    let script = "trap '' XFSZ; ulimit -S -f 2048; exec \"$0\" --exact \"$1\" --nocapture";
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env("QD_SMALL_DISK", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

/// How far a file of this process may grow; only where such a process is alone.
pub fn set(bytes: u64) {
    use nix::libc;
    let limit = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: the limit is read from a value of this frame.
    assert_eq!(
        unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) },
        0
    );
}
