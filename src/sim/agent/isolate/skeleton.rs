//! What an isolated shell finds: accounts, the few system settings that programs need, and a small home to look at.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::sim::agent::launch::USER;

/// The user and group inside; on a machine where we are root also outside. No account should own anything by it.
pub const ID: u32 = 65_500;
pub const HOME: &str = "home/ssm-user";
/// Parts of the machine that are shown, read-only.
pub const SYSTEM: [&str; 9] = [
    "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix", "gnu",
];
/// Settings that are copied, so that nothing else of /etc is visible.
const SETTINGS: [&str; 12] = [
    "alternatives",
    "debian_version",
    "inputrc",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "os-release",
    "protocols",
    "services",
    "terminfo",
    "vim",
];
const LARGEST_SETTING: u64 = 4 << 20;

const README: &str = "\
web: the shop's front end
=========================
  web/config.toml    settings; the service reads them at start
  app.log            today's log

Nothing here is a real service: this host is simulated, and what you
write is gone when the session ends.
";

const CONFIG: &str = r#"[server]
listen = "127.0.0.1:8080"
workers = 4

[database]
host = "db.internal"
pool = 20
timeout_ms = 1500

[cache]
ttl_s = 300
"#;

/// Writes `etc` and the home below `root`.
pub fn write(root: &Path, hostname: &str) -> io::Result<()> {
    let etc = root.join("etc");
    fs::create_dir_all(&etc)?;
    for name in SETTINGS {
        // A machine need not have each of them, and what cannot be read is not shown.
        let _ = copy(&Path::new("/etc").join(name), &etc.join(name), 2);
    }
    for (name, text) in [
        (
            "passwd",
            format!(
                "root:x:0:0:root:/root:/sbin/nologin\n{USER}:x:{ID}:{ID}::/{HOME}:/bin/sh\nnobody:x:65534:65534::/:/sbin/nologin\n"
            ),
        ),
        ("group", format!("root:x:0:\n{USER}:x:{ID}:\nnogroup:x:65534:\n")),
        ("hostname", format!("{hostname}\n")),
        (
            "hosts",
            format!("127.0.0.1 localhost {hostname}\n::1 localhost\n"),
        ),
        (
            "nsswitch.conf",
            "passwd: files\ngroup: files\nhosts: files\n".to_owned(),
        ),
        ("profile", "PATH=/usr/local/bin:/usr/bin:/bin\n".to_owned()),
    ] {
        fs::write(etc.join(name), text)?;
    }
    let home = root.join(HOME);
    fs::create_dir_all(home.join("web"))?;
    fs::write(home.join("README.txt"), README)?;
    fs::write(home.join("web/config.toml"), CONFIG)?;
    fs::write(home.join("app.log"), log())
}

/// Copies a file, a link, or a folder down to `depth`.
fn copy(from: &Path, to: &Path, depth: u8) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?;
    if kind.is_symlink() {
        symlink(fs::read_link(from)?, to)
    } else if kind.is_dir() && depth > 0 {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from)?.flatten() {
            // As above: what cannot be read is not shown.
            let _ = copy(&entry.path(), &to.join(entry.file_name()), depth - 1);
        }
        Ok(())
    } else if kind.is_file() && kind.len() <= LARGEST_SETTING {
        fs::copy(from, to).map(drop)
    } else {
        Ok(())
    }
}

fn log() -> String {
    const PATHS: [&str; 5] = ["/", "/cart", "/api/items", "/api/checkout", "/healthz"];
    let mut log = String::new();
    for number in 0..240_u32 {
        let (minute, second) = (number / 4, number % 4 * 15);
        let path = PATHS[(number * 7 % 5) as usize];
        let took_ms = 4 + number * 37 % 90;
        let line = if number % 61 == 60 {
            format!("ERROR pool exhausted after 1500 ms path={path} retry=1")
        } else {
            format!("INFO  GET {path} 200 {took_ms}ms")
        };
        // Writing to a String cannot fail.
        let _ = writeln!(log, "09:{minute:02}:{second:02}Z {line}");
    }
    log
}
