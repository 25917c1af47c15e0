//! One command instead of a shell. Its words are joined as `ssh` joins them and given to `sh -c`; the agent splits and
//! executes its line without a shell, so the whole command travels as one quoted word that no parameter is put into.

use std::collections::BTreeMap;

use super::Status;

/// From here on agents tell standard error apart and the exit code at the end.
const SPLITS_FROM: [u32; 4] = [3, 1, 1511, 0];

/// What StartSession is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// As the remote shell reads it.
    pub text: String,
    pub document: &'static str,
    pub parameters: BTreeMap<String, String>,
}

impl Command {
    /// Without a terminal: both streams apart, byte for byte. Windows agents hand the line to PowerShell themselves.
    pub fn piped(words: &[String], windows: bool) -> Self {
        let text = words.join(" ");
        let line = if windows { text.clone() } else { line(&text) };
        let parameters = [
            ("command".to_owned(), line),
            ("separateOutputStream".to_owned(), "true".to_owned()),
        ];
        Self {
            text,
            document: "AWS-StartNonInteractiveCommand",
            parameters: parameters.into(),
        }
    }

    /// In a container, where the agent splits the line and executes it without a shell, always on a terminal.
    pub fn in_container(words: &[String]) -> (String, String) {
        let text = words.join(" ");
        let line = line(&text);
        (text, line)
    }

    /// On a terminal; the agent runs it by `sh -c` itself and tells no exit code.
    pub fn on_terminal(words: &[String]) -> Self {
        let text = words.join(" ");
        Self {
            parameters: [("command".to_owned(), text.clone())].into(),
            text,
            document: "AWS-StartInteractiveCommand",
        }
    }
}

/// The line that splits into `sh`, `-c` and the command.
fn line(command: &str) -> String {
    // Braces are kept apart: the service would put its own parameters where two of them meet.
    let quoted = command.replace('\'', r"'\''").replace('{', "{''");
    format!("sh -c '{quoted}'")
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// 0 to 255.
    Exited(u8),
    /// By a signal that the agent does not name.
    Killed,
    /// It ended well as far as anybody knows: this agent tells no code.
    Untold,
    /// The session, not the command, ended; why.
    Lost(String),
}

impl Outcome {
    /// `agent` is the version that the fleet knows, for agents that shook no hands.
    pub fn of(status: &Status, agent: Option<&str>) -> Self {
        // An end that was not wanted says more than the hole that it left.
        if status.incomplete && (status.ended_well || !status.has_ended()) {
            return Outcome::Lost("the connection lost a part of the output".into());
        }
        if let Some(failed) = &status.recording_failed
            && !status.ended_well
        {
            return Outcome::Lost(format!("it can no longer be recorded: {failed}"));
        }
        match status.exit_code {
            Some(-1) => return Outcome::Killed,
            Some(code) => return Outcome::Exited(byte(code)),
            None => {}
        }
        let agent = status.agent_version.as_deref().or(agent);
        if status.ended_well && agent.is_some_and(|agent| version(agent) < SPLITS_FROM) {
            return Outcome::Untold;
        }
        Outcome::Lost(status.to_string())
    }
}

/// A code of Windows may be wider than ours; a failure stays one.
fn byte(code: i32) -> u8 {
    match code.to_le_bytes()[0] {
        0 if code != 0 => 1,
        low => low,
    }
}

fn version(text: &str) -> [u32; 4] {
    let mut parts = text.split('.').map(|part| part.trim().parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn words_are_joined_as_ssh_joins_them() {
        let command = Command::piped(&words(&["echo", "a  b;", "uname"]), false);
        assert_eq!(command.text, "echo a  b; uname");
        assert_eq!(command.parameters["command"], "sh -c 'echo a  b; uname'");
        assert_eq!(
            Command::piped(&words(&["hostname"]), true).parameters["command"],
            "hostname"
        );
    }

    #[test]
    fn no_parameter_of_the_service_can_be_named_in_a_command() {
        let line = line("docker ps --format '{{.Names}}' {{ssm:secret}}");
        assert!(!line.contains("{{"), "{line}");
        let split = shlex::split(&line).unwrap();
        assert_eq!(split[2], "docker ps --format '{{.Names}}' {{ssm:secret}}");
    }

    #[test]
    fn a_code_counts_and_its_absence_only_on_old_agents() {
        let status = |code, well, agent: Option<&str>| Status {
            exit_code: code,
            ended_well: well,
            agent_version: agent.map(str::to_owned),
            ..Status::default()
        };
        let of = |status: Status| Outcome::of(&status, Some("3.3.0.0"));
        assert_eq!(of(status(Some(3), true, None)), Outcome::Exited(3));
        assert_eq!(of(status(Some(-1), true, None)), Outcome::Killed);
        assert_eq!(of(status(Some(0x100), true, None)), Outcome::Exited(1));
        assert_eq!(of(status(None, true, Some("3.1.1510.9"))), Outcome::Untold);
        assert!(matches!(
            of(status(None, true, Some("3.1.1511.0"))),
            Outcome::Lost(_)
        ));
        assert!(matches!(
            of(status(None, false, Some("2.3.0.0"))),
            Outcome::Lost(_)
        ));
        let holed = Status {
            incomplete: true,
            ..status(Some(0), true, None)
        };
        assert!(matches!(of(holed), Outcome::Lost(_)));
    }

    proptest! {
        #[test]
        fn any_command_reaches_sh_as_it_was_written(command in "\\PC{0,80}|[ '\"\\\\{}$`\n\t#!*-]{0,40}") {
            let split = shlex::split(&line(&command)).unwrap();
            prop_assert_eq!(split, ["sh", "-c", command.as_str()]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn quoted_words_come_out_of_the_real_shell_as_they_went_in(
            given in prop::collection::vec("[ -~\u{e9}\n]{1,20}", 1..5)
        ) {
            let mut typed = words(&["printf", "'%s\\0'"]);
            typed.extend(given.iter().map(|word| shlex::try_quote(word).unwrap().into_owned()));
            let command = Command::piped(&typed, false);
            let split = shlex::split(&command.parameters["command"]).unwrap();
            let out = std::process::Command::new(&split[0]).args(&split[1..]).output().unwrap();
            let text = String::from_utf8(out.stdout).unwrap();
            let got: Vec<&str> = text.split_terminator('\0').collect();
            prop_assert_eq!(got, given);
        }
    }
}
