//! The same for PowerShell: `PS C:\> ` before a command, `>> ` before the lines that continue it.

use std::sync::LazyLock;

use regex::Regex;

use super::{LONGEST, Told, shell};

/// `PS C:\Users> `, `PS /home/me> `, `[web-1]: PS C:\> `, with a blank behind it or none.
static PROMPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\([\w./-]+\)\s*)?(?:\[[^\]\n]+\]:\s*)?PS(?:\s+[\w~/\\:][^>\n]*)?>(?:\s+|$|\b)").ok()
});
/// The same where no label says that it is PowerShell's: `PS C:\Users> `, or `PS> ` before what only PowerShell has, so that
/// it is no program whose output goes into a file.
static WHOLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(?:\([\w./-]+\)\s*)?(?:\[[^\]\n]+\]:\s*)?PS(?:\s+(?:[A-Za-z]:|/|~)[^>\n]*>|>\s*(?:[A-Z][a-z]+-[A-Z]|\$[A-Za-z]))",
    )
    .ok()
});
/// What a table has below its heads, and a list between a name and its value.
static RULE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^-{2,}(?:\s+-{2,})+\s*$|^[A-Za-z]\w*\s+:(?:\s|$)").ok());

fn prompted(line: &str) -> Option<&str> {
    let end = PROMPT.as_ref()?.find(line)?.end();
    Some(&line[end..])
}

/// Whether a line has a prompt of PowerShell, whatever its block is called.
pub(super) fn is_prompt(line: &str) -> bool {
    WHOLE.as_ref().is_some_and(|regex| regex.is_match(line))
}

/// Whether the first prompt of a text is one of PowerShell, and no command stands above it.
pub(in super::super) fn is_shown(text: &str) -> bool {
    if !text.contains("PS") {
        return false;
    }
    let is_any = |line: &&str| {
        is_prompt(line) || super::prompted(line, super::Also::First).is_some() || shell::is_command(line)
    };
    text.lines().find(is_any).is_some_and(is_prompt)
}

/// The commands of a block; without a prompt all of it is one, in which a table leaves a doubt.
pub(in super::super) fn read(text: &str) -> Told {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|line| prompted(line).is_some());
    let Some(first) = first.filter(|first| !is_text(&lines[..*first])) else {
        let is_rule = |line: &&str| RULE.as_ref().is_none_or(|regex| regex.is_match(line));
        return Told {
            commands: None,
            is_sure: !lines.iter().any(is_rule),
            ..Told::default()
        };
    };
    let (mut commands, mut begun) = (Vec::new(), Vec::new());
    let mut at = first;
    while let Some(line) = lines.get(at) {
        at += 1;
        let Some(told) = prompted(line) else { continue };
        let line = at - 1;
        let (command, taken) = continued(told, &lines[at..]);
        at += taken;
        if !matches!(command.trim().as_bytes().first(), None | Some(b'#')) {
            begun.push(line);
            commands.push(command.trim().to_owned());
        }
    }
    Told {
        commands: Some(commands),
        is_sure: true,
        lines: begun,
        ..Told::default()
    }
}

/// A command with the lines that say that they continue it, and those that it needs to be whole where they make it so.
fn continued(begun: &str, rest: &[&str]) -> (String, usize) {
    let mut whole = begun.to_owned();
    let mut sure = (whole.clone(), 0);
    for (nth, line) in rest.iter().enumerate().take(LONGEST.0) {
        let told = line.trim_start().strip_prefix(">>");
        if told.is_none() && (prompted(line).is_some() || !is_open(&whole)) {
            break;
        }
        let ends_so = whole.trim_end().ends_with(['`', '|']);
        whole.push('\n');
        whole.push_str(told.map_or(line, |told| told.strip_prefix(' ').unwrap_or(told)));
        let is_joined = told.is_some() || ends_so;
        if (is_joined && sure.1 == nth) || !is_open(&whole) {
            sure = (whole.clone(), nth + 1);
        }
    }
    sure
}

fn is_open(text: &str) -> bool {
    text.trim_end().ends_with(['`', '|', ','])
        || is_text(&text.lines().collect::<Vec<_>>())
        || depth(text) > 0
}

/// Whether a here-string has begun in these lines and not ended.
fn is_text(lines: &[&str]) -> bool {
    let mut end: Option<&str> = None;
    for line in lines {
        end = match end {
            Some(mark) if line.starts_with(mark) => None,
            Some(mark) => Some(mark),
            None if line.trim_end().ends_with("@\"") => Some("\"@"),
            None if line.trim_end().ends_with("@'") => Some("'@"),
            None => None,
        };
    }
    end.is_some()
}

/// Brackets that are open, those between quotes aside; a quote that never closes is one as well.
fn depth(text: &str) -> usize {
    let (mut depth, mut quote) = (0_usize, None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None | Some('"'), '`') => drop(chars.next()),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '{' | '(' | '[') => depth += 1,
            (None, '}' | ')' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth + usize::from(quote.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Vec<String>> {
        read(text).commands
    }

    #[test]
    fn only_what_stands_behind_a_prompt_is_a_command() {
        let text =
            "PS C:\\> Restart-Service X\n\nStatus   Name\n------   ----\nRunning  X\nPS C:\\>Get-Service X\n";
        assert_eq!(
            of(text),
            Some(vec!["Restart-Service X".into(), "Get-Service X".into()])
        );
        for prompt in [
            "PS> ",
            "PS /home/me> ",
            "[web-1]: PS C:\\Users\\Me> ",
            "(venv) PS C:\\a b> ",
        ] {
            let text = format!("Windows PowerShell\n\n{prompt}Get-Date\nnow\n");
            assert_eq!(of(&text), Some(vec!["Get-Date".into()]), "{prompt}");
        }
    }

    #[test]
    fn its_prompt_tells_powershell_where_no_label_does() {
        for text in [
            "PS C:\\> Get-Date\nnow\n",
            "Windows PowerShell\n\nPS /home/me> Get-Date\n",
            "[web-1]: PS C:\\a b> dir\n",
            "PS> Get-Date\n",
            "C:\\> powershell\nPS C:\\> Get-Date\n",
        ] {
            assert!(is_shown(text), "{text}");
        }
        for text in [
            "PS > out.txt\nps\n",
            "cat <<E\nPS C:\\> Get-Date\nE\n",
            "$ pwsh\nPS /home/me> Get-Date\n",
            "ps aux\n",
        ] {
            assert!(!is_shown(text), "{text}");
        }
    }

    #[test]
    fn a_command_goes_on_as_far_as_it_says_or_needs() {
        let text =
            "PS C:\\> Get-Service |\n>> Where-Object { $_.Status -eq 'Stopped' } |\n>> Start-Service\nout\n";
        assert_eq!(
            of(text),
            Some(vec![
                "Get-Service |\nWhere-Object { $_.Status -eq 'Stopped' } |\nStart-Service".into()
            ])
        );
        let text = "PS C:\\> Get-EC2Instance `\n  -Region us-east-1\nout\nPS C:\\> foreach ($a in 1) {\n  $a\n}\n1\n";
        assert_eq!(
            of(text),
            Some(vec![
                "Get-EC2Instance `\n  -Region us-east-1".into(),
                "foreach ($a in 1) {\n  $a\n}".into()
            ])
        );
        assert_eq!(
            of("PS C:\\> echo it's\nit\nPS C:\\> date\n"),
            Some(vec!["echo it's".into(), "date".into()])
        );
    }

    #[test]
    fn a_script_without_prompts_is_left_whole_and_a_table_in_it_leaves_a_doubt() {
        for script in [
            "Get-Service\n$x = @\"\nPS C:\\> Remove-Item x\n\"@\n",
            "PS > out.txt\n",
            "ps | sort CPU\n",
        ] {
            assert_eq!((of(script), read(script).is_sure), (None, true), "{script}");
        }
        assert!(!read("Get-Service X\n\nStatus   Name\n------   ----\nRunning  X\n").is_sure);
    }
}
