//! What the label of a fence says: the language, and how its text is to be read.

use super::super::console;

/// Labels of scripts.
const SHELLS: [&str; 9] = [
    "sh",
    "bash",
    "shell",
    "zsh",
    "ksh",
    "shellscript",
    "shell-script",
    "azurecli",
    "azurecli-interactive",
];
/// Labels of what a terminal has shown.
const TERMINALS: [&str; 7] = [
    "console",
    "shell-session",
    "shellsession",
    "sh-session",
    "bash-session",
    "terminal",
    "term",
];
const POWERSHELLS: [&str; 7] = [
    "powershell",
    "pwsh",
    "ps1",
    "posh",
    "powershell-interactive",
    "azurepowershell",
    "azurepowershell-interactive",
];
/// Labels that say no more than none does.
const VAGUE: [&str; 7] = [
    "",
    "cli",
    "cmdline",
    "command",
    "commandline",
    "command-line",
    "linux",
];

/// How a block is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// All of it is a script, unless it has prompts.
    Shell,
    /// What stands behind prompts, or is known for commands.
    Terminal,
    PowerShell,
    /// Nothing says what it is.
    Unsaid,
    /// No shell's.
    Other,
}

impl Tongue {
    /// By its label, and by its first prompt where the label does not say which shell's it is.
    pub fn of(lang: &str, text: &str) -> Tongue {
        let lang = lang.to_ascii_lowercase();
        // `bash=`, `bash#L1`, `bash+theme`
        let bare = lang.split(['=', '+', '#']).next().unwrap_or(&lang);
        let tongue = match bare {
            shell if SHELLS.contains(&shell) => Tongue::Shell,
            terminal if TERMINALS.contains(&terminal) => Tongue::Terminal,
            powershell if POWERSHELLS.contains(&powershell) => Tongue::PowerShell,
            vague if VAGUE.contains(&vague) => Tongue::Unsaid,
            _ => Tongue::Other,
        };
        let may_be = matches!(tongue, Tongue::Shell | Tongue::Terminal | Tongue::Unsaid);
        match may_be && console::powershell::is_shown(text) {
            true => Tongue::PowerShell,
            false => tongue,
        }
    }
}

/// The first word of a fence's label: `bash {name=x}`, `{.bash}`, `bash,ignore`, `bash:title=x`, `bash;` and `language-bash`
/// are all bash, and so is MyST's `{code-block} bash`.
pub(super) fn label(info: &str) -> String {
    let directives = ["{code-block}", "{code}", "{sourcecode}"].into_iter();
    let mut behind = directives.filter_map(|directive| info.trim_start().strip_prefix(directive));
    let info = behind.find(|rest| !rest.trim().is_empty()).unwrap_or(info);
    let word = info.trim_start_matches(['{', '.', ' ']);
    let ends = |c: char| c.is_whitespace() || "{},:;?".contains(c);
    let word = word.split(ends).next().unwrap_or("");
    let bare = ["language-", "lang-"]
        .into_iter()
        .find_map(|before| word.strip_prefix(before));
    bare.unwrap_or(word).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_its_first_word_however_it_ends() {
        for info in [
            "bash",
            "bash;",
            "bash {name=x}",
            "{.bash}",
            "bash,ignore",
            "bash:title=x",
            "language-bash",
            "{code-block} bash",
            "{code} bash;",
        ] {
            assert_eq!(label(info), "bash", "{info}");
        }
        assert_eq!(label("{code-block}"), "code-block");
    }
}
