//! The user's own editor on a file, while the console has let go of the terminal: `$VISUAL`, `$EDITOR`, else `vi`.

use std::path::Path;

use tokio::process::Command;

use super::signal::Ending;
use crate::app::{Notice, Weight};

/// Waits until the editor is left; true when a signal asked the program to end meanwhile. `line` is from 1.
pub async fn edit(path: &Path, line: usize, ending: &mut Ending) -> Result<bool, Notice> {
    let named = ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.trim().is_empty());
    let named = named.unwrap_or_else(|| "vi".into());
    let mut words = named.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let mut editor = Command::new(program);
    editor
        .args(words)
        .args(arguments(program, path, line))
        .kill_on_drop(true);
    let failed = |cause: std::io::Error| {
        Notice::new(Weight::Bad, format!("{program} could not be started: {cause}"))
            .hint("set EDITOR to a program that is installed")
    };
    let mut child = editor.spawn().map_err(failed)?;
    tokio::select! {
        ended = child.wait() => match ended {
            Ok(status) if status.success() => Ok(false),
            Ok(status) => Err(Notice::new(Weight::Warn, format!("{program} ended with {status}"))
                .hint("r reads the runbooks again")),
            Err(cause) => Err(failed(cause)),
        },
        () = ending.arrived() => Ok(true),
    }
}

/// How editors are told a line; one that is not known is given the file alone.
fn arguments(program: &str, path: &Path, line: usize) -> Vec<String> {
    let file = path.display().to_string();
    let name = Path::new(program)
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    match name.as_deref().unwrap_or(program) {
        "vi" | "vim" | "nvim" | "view" | "nano" | "emacs" | "emacsclient" | "kak" | "joe" | "micro"
        | "mg" | "ne" => {
            vec![format!("+{line}"), file]
        }
        "hx" | "helix" | "zed" | "subl" => vec![format!("{file}:{line}")],
        "code" | "codium" => vec!["--wait".into(), "--goto".into(), format!("{file}:{line}")],
        _ => vec![file],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editors_are_told_the_line_in_their_own_way() {
        let told = |program: &str| arguments(program, Path::new("a b.md"), 7).join(" ");
        assert_eq!(told("/usr/bin/vim"), "+7 a b.md");
        assert_eq!(told("hx"), "a b.md:7");
        assert_eq!(told("code"), "--wait --goto a b.md:7");
        assert_eq!(told("my-editor"), "a b.md");
    }
}
