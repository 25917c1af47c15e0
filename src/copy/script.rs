//! What the remote shell is asked to do: one line of plain `sh` each, with the tools that are there. Lines that begin with
//! `qd1` are for us. No script holds a single quote, so that one pair of them carries it through the agent's splitting.

use super::path::{assign, literal};

/// Exit codes of the download script, for what is wrong before anything is sent.
pub const MISSING: i32 = 44;
pub const IS_FOLDER: i32 = 45;
pub const DENIED: i32 = 46;
pub const NO_TOOL: i32 = 47;
pub const NOT_A_FILE: i32 = 48;

/// Sets `s` to a command that prints the SHA-256 of its input first.
const SUM: &str = "if command -v sha256sum >/dev/null 2>&1; then s=sha256sum; \
    elif command -v shasum >/dev/null 2>&1; then s=\"shasum -a 256\"; \
    elif command -v openssl >/dev/null 2>&1; then s=\"openssl dgst -sha256 -r\"; else s=; fi; ";

/// Sets `e` to a command that turns bytes into text, and `k` to the name of its writing.
const ENCODE: &str = "k=b64; if base64 -w0 </dev/null >/dev/null 2>&1; then e=\"base64 -w0\"; \
    elif command -v base64 >/dev/null 2>&1; then e=base64; \
    elif command -v openssl >/dev/null 2>&1; then e=\"openssl base64\"; \
    elif command -v od >/dev/null 2>&1; then e=\"od -An -v -tx1\"; k=hex; else e=; fi; ";

/// Sets `e` to a command that turns lines of base64 into bytes.
const DECODE: &str = "if [ \"$(echo cWQ= | base64 -d 2>/dev/null)\" = qd ]; then e=\"base64 -d\"; \
    elif [ \"$(echo cWQ= | base64 -D 2>/dev/null)\" = qd ]; then e=\"base64 -D\"; \
    elif [ \"$(echo cWQ= | openssl base64 -d 2>/dev/null)\" = qd ]; then e=\"openssl base64 -d\"; else e=; fi; ";

const MODE: &str = "m=$(stat -Lc %a \"$p\" 2>/dev/null || stat -Lf %Lp \"$p\" 2>/dev/null || echo 644); ";

/// What is fetched first: the whole of a file, or its first part where several sessions share it.
pub struct Fetch<'a> {
    pub path: &'a str,
    pub folders: bool,
    /// Bytes that are here already, and their SHA-256: they are not sent again if they are the file's beginning.
    pub have: (u64, &'a str),
    /// Among how many sessions a file is shared.
    pub sessions: usize,
}

impl Fetch<'_> {
    /// The command line for the agent.
    pub fn command(&self) -> String {
        let Fetch {
            have: (length, hash),
            sessions,
            ..
        } = self;
        let folder = if self.folders {
            // A tree is packed for us and again for its sum, and first for what is here already. They differ when it changed meanwhile; what could not be
            // read lacks in both, so the packer's own verdict goes behind the sum. Two braces without a blank between
            // them would be a placeholder of the document.
            format!(
                "cd \"$p\" || exit 46; command -v tar >/dev/null 2>&1 || exit 47; o=0; \
                 if [ {length} -gt 0 ]; then x=$(tar -cf - . 2>/dev/null | head -c {length} | $s); \
                 if [ \"${{x%% *}}\" = {hash} ]; then o={length}; fi; fi; \
                 printf \"qd1 %s tree - %s $o 0\\n\" $k \"$m\"; exec 3>&1; \
                 c=$({{ {{ tar -cf - .; echo $? >&4; }} | tail -c +$((o+1)) | $e >&3; }} 4>&1); \
                 x=$(tar -cf - . 2>/dev/null | $s); printf \"\\n.%s %s\\n\" \"${{x%% *}}\" \"$c\"; exit 0"
            )
        } else {
            "exit 45".to_owned()
        };
        wrap(&format!(
            "{path}; [ -e \"$p\" ] || {{ ls -d \"$p\" >&2; exit 44; }}; {SUM}{ENCODE}\
             if [ -z \"$s\" ] || [ -z \"$e\" ]; then exit 47; fi; {MODE}\
             if [ -d \"$p\" ]; then {folder}; fi; \
             [ -f \"$p\" ] || exit 48; [ -r \"$p\" ] || exit 46; \
             n=$(wc -c <\"$p\"); n=$((n)); o=0; \
             if [ {length} -gt 0 ] && [ $n -ge {length} ]; then x=$(head -c {length} \"$p\" | $s); \
             if [ \"${{x%% *}}\" = {hash} ]; then o={length}; fi; fi; \
             l=$(((n-o+{sessions}-1)/{sessions})); \
             printf \"qd1 %s file %s %s %s %s\\n\" $k $n \"$m\" $o $l; \
             if [ $o = 0 ] && [ $l = $n ]; then $e <\"$p\"; else tail -c +$((o+1)) \"$p\" | head -c $l | $e; fi; \
             x=$($s <\"$p\"); printf \"\\n.%s\\n\" \"${{x%% *}}\"",
            path = assign("p", self.path),
        ))
    }
}

/// One further range of a file.
pub fn range(path: &str, from: u64, length: u64) -> String {
    wrap(&format!(
        "{}; {ENCODE}printf \"qd1 %s file {length} 0 {from} {length}\\n\" $k; \
         tail -c +{} \"$p\" | head -c {length} | $e; printf \"\\n.-\\n\"",
        assign("p", path),
        from + 1,
    ))
}

/// The agent splits the line into words itself and runs no shell.
fn wrap(script: &str) -> String {
    format!("sh -c '{script}'")
}

/// What is typed in: where it goes, and what becomes of it.
pub struct Receive<'a> {
    pub path: &'a str,
    /// Its name where the path is a folder.
    pub name: &'a str,
    pub mode: u32,
    /// Unpack it there.
    pub is_tree: bool,
}

impl Receive<'_> {
    /// The script for a shell on a terminal. It reads an offset, lines of base64 up to one with a dot, and a verdict.
    /// Until it is whole, what came is its owner's alone, in a file that was not there before.
    pub fn script(&self) -> String {
        let mode = self.mode & 0o777;
        let finish = if self.is_tree {
            "mkdir -p \"$p\" && tar -xf \"$t\" -C \"$p\" && rm -f \"$t\"".to_owned()
        } else {
            format!("chmod {mode:o} \"$t\" && mv -f \"$t\" \"$p\"")
        };
        let folder = if self.is_tree {
            ""
        } else {
            "[ -d \"$p\" ] && fail is a folder; "
        };
        format!(
            "fail() {{ printf \"qd1 fail %s\\n\" \"$*\"; exit 1; }}; \
             stty raw -echo || fail its terminal has no raw mode; \
             {path}; {name}; if [ -d \"$p\" ]; then p=${{p%/}}/$q; fi; {folder}t=$p.part; \
             d=${{p%/*}}; [ -n \"$d\" ] || d=/; [ -d \"$d\" ] || fail there is no folder for it; \
             [ -w \"$d\" ] || fail permission denied; {SUM}{DECODE}\
             [ -n \"$s\" ] || fail there is no sha256sum, shasum or openssl; \
             [ -n \"$e\" ] || fail there is no base64 or openssl; \
             n=0; g=-; if [ -f \"$t\" ]; then n=$(wc -c <\"$t\"); x=$($s <\"$t\"); g=${{x%% *}}; fi; \
             printf \"qd1 ready %s %s\\n\" $((n)) \"$g\"; read o || exit 1; \
             {{ if [ \"$o\" = 0 ]; then rm -f \"$t\"; (umask 077; set -C; : >\"$t\"); else chmod 600 \"$t\"; fi; }} \
             || fail it cannot be written; \
             sed -n \"/^[.]/q;p\" | $e >>\"$t\"; c=$?; \
             x=$($s <\"$t\"); set -- $(df -Pk \"$d\" 2>/dev/null | sed -n 2p); \
             printf \"qd1 sum %s %s %s\\n\" $c \"${{x%% *}}\" \"${{4:-unknown}}\"; \
             read a || exit 1; [ \"$a\" = ok ] || exit 1; {{ {finish}; }} || fail it cannot be put in place; \
             printf \"qd1 done\\n\"",
            path = assign("p", self.path),
            name = literal("q", self.name),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::decode::Decoder;
    use sha2::{Digest, Sha256};

    /// Nothing is unreadable for root, so the packer on the script's PATH says that it is.
    #[test]
    fn a_packer_that_leaves_something_out_is_heard_behind_the_sum() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = std::env::var("PATH").unwrap();
        for code in [0, 2] {
            let tar = format!("#!/bin/sh\nPATH='{path}' tar \"$@\"\nexit {code}\n");
            std::fs::write(dir.path().join("tar"), tar).unwrap();
            std::fs::set_permissions(dir.path().join("tar"), PermissionsExt::from_mode(0o755)).unwrap();
            let fetch = Fetch {
                path: &dir.path().display().to_string(),
                folders: true,
                have: (0, ""),
                sessions: 1,
            };
            let words = shlex::split(&fetch.command()).unwrap();
            let ran = std::process::Command::new("sh")
                .args(&words[1..])
                .env("PATH", format!("{}:{path}", dir.path().display()))
                .output()
                .unwrap();
            let (mut decoder, mut content) = (Decoder::default(), Vec::new());
            decoder.feed(&ran.stdout, &mut content).unwrap();
            let sum: [u8; 32] = Sha256::digest(&content).into();
            assert_eq!(decoder.sum(), Some(&*hex::encode(sum)));
            assert_eq!(decoder.is_partial(), code != 0);
        }
    }

    #[test]
    fn scripts_are_one_line_that_splits_into_three_words() {
        let fetch = Fetch {
            path: "/tmp/it's; \"here\" {{ x }}\n",
            folders: true,
            have: (7, "abc"),
            sessions: 4,
        };
        for line in [fetch.command(), range("/a b", 5, 9)] {
            assert!(!line.contains('\n') && !line.contains("{{"), "{line}");
            let words = shlex::split(&line).unwrap();
            assert_eq!((words.len(), &words[0][..], &words[1][..]), (3, "sh", "-c"));
            let sound = std::process::Command::new("sh")
                .args(["-n", "-c", &words[2]])
                .output()
                .unwrap();
            assert!(
                sound.status.success(),
                "{}",
                String::from_utf8_lossy(&sound.stderr)
            );
        }
        let receive = Receive {
            path: "~/x",
            name: "it's",
            mode: 0o644,
            is_tree: false,
        };
        let sound = std::process::Command::new("sh")
            .args(["-n", "-c", &receive.script()])
            .output()
            .unwrap();
        assert!(
            sound.status.success(),
            "{}",
            String::from_utf8_lossy(&sound.stderr)
        );
    }
}
