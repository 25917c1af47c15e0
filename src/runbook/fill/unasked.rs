//! Values that a block uses though nothing asks for one: the page has a default of its own for them, or they stand bare in
//! arithmetic, where one that is not set is 0. Only what is certain counts here; whether a value is evaluated is asked more
//! widely (see `shell::counted`).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::runbook::block::Block;
use crate::runbook::fence::is_variable;
use crate::runbook::placeholder;
use crate::runbook::shell::{Context, Script};

/// `$((…))`, `((…))`, `let …`, `[[…]]`.
static ARITHMETIC: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?xsm) (\$?\(\() (.*?) \)\) | (?:^|[;&|({]|\b(?:then|do|else)\s) [\ \t]* (let)\s+ ([^;&|\n]*)
        | (\[\[)\s (.*?) \s\]\]",
    )
    .ok()
});
/// What `[[` takes for numbers.
static COMPARED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|\s)(\S+)\s+-(?:eq|ne|lt|le|gt|ge)\s+(\S+)").ok());

impl Block {
    /// Whether a command has a variable by its name, expanded or bare in arithmetic.
    pub(in crate::runbook) fn reads(&self, variable: &str) -> bool {
        let mut commands = self.commands.iter();
        commands.any(|command| {
            placeholder::expands(command, variable)
                || !self.is_powershell() && counted(command).contains(&variable)
        })
    }

    /// Variables that a value from outside is for though nothing asks for one.
    pub(in crate::runbook) fn takes(&self) -> BTreeSet<String> {
        let commands: &[String] = match self.is_powershell() {
            true => &[],
            false => &self.commands,
        };
        let own: BTreeSet<String> = commands
            .iter()
            .flat_map(|command| placeholder::assigned(command))
            .map(|(variable, _)| variable)
            .collect();
        let mut taken = BTreeSet::new();
        for command in commands {
            taken.extend(placeholder::with_default(command));
            let counted = counted(command).into_iter();
            taken.extend(counted.filter(|variable| !own.contains(*variable)));
        }
        taken.retain(|variable| !self.is_handed(variable) && !placeholder::is_systems(variable));
        taken.into_iter().map(str::to_owned).collect()
    }
}

/// Bare names in the arithmetic of a command.
fn counted(command: &str) -> Vec<&str> {
    let mut script = None;
    let mut names = Vec::new();
    for found in ARITHMETIC.iter().flat_map(|regex| regex.captures_iter(command)) {
        let mut parts = found.iter().skip(1).flatten();
        let (Some(sign), Some(inside)) = (parts.next(), parts.next()) else {
            continue;
        };
        let script = script.get_or_insert_with(|| Script::parse(command, &[]));
        let is_live = match script.context(sign.start()) {
            Context::Bare | Context::Undecided => true,
            Context::Double | Context::Heredoc { quoted: false } => sign.as_str().starts_with('$'),
            _ => false,
        };
        if !is_live {
            continue;
        }
        let inside = inside.as_str();
        match sign.as_str() {
            "[[" => {
                let compared = COMPARED.iter().flat_map(|regex| regex.captures_iter(inside));
                for found in compared {
                    let sides = found.iter().skip(1).flatten();
                    names.extend(sides.flat_map(|side| bare(side.as_str())));
                }
            }
            _ => names.extend(bare(inside)),
        }
    }
    names
}

/// Names that a text has without a dollar and does not set; of one that runs commands nothing is certain.
fn bare(text: &str) -> Vec<&str> {
    if text.contains("$(") || text.contains(['`', '"', '\'']) {
        return Vec::new();
    }
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let is_bare = |word: &&str| {
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        let rest = text[at + word.len()..].trim_start();
        let is_set = rest.starts_with('=') && !rest.starts_with("==");
        is_variable(word) && !text[..at].ends_with(['$', '{', '#', '!']) && !is_set
    };
    words.filter(is_bare).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_counts_in_arithmetic_and_nowhere_else() {
        for (command, names) in [
            ("echo $((THING + 1))", &["THING"][..]),
            ("echo \"$((A * (B + 2)))\"", &["A", "B"]),
            ("for ((i=0; i<N; i++)); do :; done", &["i", "N", "i"]),
            ("let X=Y+1; echo let me", &["Y"]),
            ("[[ $a == b && M -eq 3 ]]", &["M"]),
            ("echo $(($A + ${B} + 0x1f))", &[]),
            ("[ N -eq 3 ]; echo ${list[i]} '$((A))' # $((B))", &[]),
            ("echo $(( $(wc -l < file) + 1 )) \"((A))\"", &[]),
            (
                "aws ec2 describe-instances --query 'R[].Instances[?State.Name==`running`]'",
                &[],
            ),
        ] {
            assert_eq!(counted(command), names, "{command}");
        }
    }
}
