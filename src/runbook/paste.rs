//! Commands as the keys that an interactive shell is sent. Enter is among them only once the user has confirmed:
//! without it the commands stand at the prompt, to be read or edited.

use super::fill::Refused;

const BEGIN: &str = "\x1b[200~";
const END: &str = "\x1b[201~";

/// The bytes to send. `bracketed` is whether the shell has asked for bracketed paste; `execute` is whether the user
/// has confirmed. Several lines to a shell without bracketed paste would run as they arrive, so that needs `execute`.
pub fn keys(commands: &[String], bracketed: bool, execute: bool) -> Result<Vec<u8>, Refused> {
    let text = commands.join("\n");
    if text.is_empty() {
        return Err(Refused::Nothing);
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(Refused::Control {
            what: "the block".into(),
        });
    }
    if !bracketed && !execute && text.contains('\n') {
        return Err(Refused::Undecided {
            placeholder: "several lines".into(),
            place: "for a shell without bracketed paste: it would run each as it arrives",
        });
    }
    let enter = if execute { "\r" } else { "" };
    let keys = if bracketed {
        format!("{BEGIN}{}{END}{enter}", text.replace('\n', "\r"))
    } else {
        // Ctrl-V before a tab: otherwise it would ask for a completion.
        format!("{}{enter}", text.replace('\t', "\x16\t").replace('\n', "\r"))
    };
    Ok(keys.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(command: &str, bracketed: bool, execute: bool) -> Option<String> {
        keys(&[command.to_string()], bracketed, execute)
            .ok()
            .map(|keys| String::from_utf8_lossy(&keys).into_owned())
    }

    #[test]
    fn enter_is_sent_only_when_confirmed() {
        assert_eq!(sent("id", false, false).as_deref(), Some("id"));
        assert_eq!(sent("id", false, true).as_deref(), Some("id\r"));
        assert_eq!(
            sent("a\nb", true, false).as_deref(),
            Some("\x1b[200~a\rb\x1b[201~")
        );
        assert_eq!(
            sent("a\nb", true, true).as_deref(),
            Some("\x1b[200~a\rb\x1b[201~\r")
        );
    }

    #[test]
    fn several_lines_are_not_sent_unconfirmed_where_they_would_run_by_themselves() {
        assert_eq!(sent("a\nb", false, false), None);
    }

    #[test]
    fn no_control_character_can_end_the_paste_early() {
        assert_eq!(sent("a\x1b[201~\rrm", true, true), None);
    }
}
