//! Puts values into a block's commands so that no shell can take them for anything but values.
//! What quoting a place needs is decided by what surrounds it; where that cannot be decided, filling is refused.

mod unasked;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::block::Block;
use super::placeholder::{self, Form, Placeholder, name};
use super::shell::{self, Context, Script};

/// Values by the one name of a placeholder's spellings; see [`placeholder::name`](super::placeholder::name).
pub type Values = BTreeMap<String, String>;

/// Why there is nothing to send.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Names of the placeholders that have no value.
    #[error("not filled in: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// The value cannot be quoted with certainty in this place.
    #[error("cannot tell how to quote {placeholder} {place}")]
    Undecided {
        placeholder: String,
        place: &'static str,
    },
    /// Only what the page offers may stand there.
    #[error("{placeholder} is what it says, or nothing")]
    Choice { placeholder: String },
    /// A secret would stand in the text of a command.
    #[error("{placeholder} is a secret, and text is no place for one")]
    Secret { placeholder: String },
    /// A secret would be kept where others read it.
    #[error("the secret {name} would be kept in clear: AWS shows what Run Command was given")]
    Kept { name: String },
    /// A control character could be taken for a key press.
    #[error("{what} holds a control character")]
    Control { what: String },
    #[error("the block holds no command")]
    Nothing,
}

impl Refused {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Refused::Missing(_) => "give each a value",
            Refused::Undecided { place, .. } if *place == INSIDE => {
                "have the page read it as a variable, such as $NAME, or type the command yourself"
            }
            Refused::Undecided { .. } => {
                "use a value of letters, digits and ._/:@%+,- or type the command yourself"
            }
            Refused::Choice { .. } => "say it without its brackets, or leave it empty",
            Refused::Secret { .. } => {
                "write it as $NAME: secrets reach commands as environment variables only"
            }
            Refused::Kept { .. } => "have the script fetch it on the machine itself",
            Refused::Control { .. } => "take the control character out",
            Refused::Nothing => "choose a block that is marked as runnable",
        }
    }
}

/// Commands with their values: what stands in the text, and what the shell is to know beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Variables and their values, by name.
    pub exports: BTreeMap<String, String>,
    /// Those that its programs may look for, though no command has them by name and nobody was asked for them here.
    pub learnt: BTreeMap<String, String>,
    /// Variables whose values the caller has apart, since they are secret.
    pub secrets: BTreeSet<String>,
    pub commands: Vec<String>,
    /// What is started instead of commands, which then only show it.
    pub call: Option<super::call::Call>,
}

/// The commands of a block with every placeholder filled in. A variable that the block expects to be set is set by
/// a command of its own before them. Values are taken by name, however the name was spelt.
pub fn fill(block: &Block, values: &Values) -> Result<Vec<String>, Refused> {
    fill_apart(block, values, &BTreeSet::new(), &BTreeSet::new())?.typed(block.is_powershell())
}

impl Filled {
    /// As it is typed into a shell that can only be typed into: each variable is set by a command of its own.
    pub fn typed(self, is_powershell: bool) -> Result<Vec<String>, Refused> {
        if let Some((variable, _)) = self.exports.iter().find(|(_, value)| has_control(value)) {
            let what = format!("the value of ${variable}");
            return Err(Refused::Control { what });
        }
        let is_unfit = |(_, value): &(&String, &String)| is_powershell && !shell::is_plain(value);
        if let Some((variable, _)) = self.exports.iter().find(is_unfit) {
            return Err(Refused::Undecided {
                placeholder: format!("${variable}"),
                place: "in PowerShell",
            });
        }
        let assignments = self
            .exports
            .into_iter()
            .map(|(variable, value)| match is_powershell {
                true => format!("${variable} = '{value}'"),
                false => format!("{variable}={}", shell::quote(&value)),
            });
        Ok(assignments.chain(self.commands).collect())
    }
}

fn has_control(value: &str) -> bool {
    value.chars().any(|c| c.is_control() && c != '\n')
}

/// The same for a shell that can be told variables by themselves. `secrets` are names whose values are not in `values`;
/// they may stand where a variable is expanded and nowhere else. `inherited` are variables that the shell has already.
pub fn fill_apart(
    block: &Block,
    values: &Values,
    secrets: &BTreeSet<String>,
    inherited: &BTreeSet<String>,
) -> Result<Filled, Refused> {
    let values: Values = values
        .iter()
        .map(|(key, value)| (name(key), value.clone()))
        .collect();
    let secrets: BTreeSet<String> = secrets.iter().map(|secret| name(secret)).collect();
    let mut missing: Vec<String> = Vec::new();
    let mut filled = Filled::default();
    for command in &block.commands {
        if command.contains('\0') {
            let what = "a command of the block".into();
            return Err(Refused::Control { what });
        }
        let mut text = command.clone();
        let placeholders = block.placeholders_of(command);
        let opaque: Vec<Range<usize>> = placeholders
            .iter()
            .filter(|found| found.form != Form::Variable)
            .map(|found| found.at.clone())
            .collect();
        let script = Script::parse(command, &opaque);
        for found in placeholders.iter().rev() {
            let variable = found.text.trim_start_matches('$').to_string();
            if secrets.contains(&found.name) {
                if found.form != Form::Variable {
                    let placeholder = found.text.clone();
                    return Err(Refused::Secret { placeholder });
                }
                filled.secrets.insert(variable);
                continue;
            }
            let (option, value) = (found.option(), values.get(&found.name));
            if option.is_some() && value.is_some_and(String::is_empty) {
                text.replace_range(found.at.clone(), "");
                continue;
            }
            let Some(value) = value.filter(|value| !value.is_empty()) else {
                if found.form == Form::Variable && inherited.contains(&variable) {
                    continue;
                }
                if !missing.contains(&found.name) {
                    missing.push(found.name.clone());
                }
                continue;
            };
            if let Some(choice) = found.choice(value).filter(|_| !shell::is_stand_in(value)) {
                let placeholder = found.text.clone();
                let choice = choice.ok_or(Refused::Choice { placeholder })?;
                text.replace_range(found.at.clone(), choice);
                continue;
            }
            let is_unfit = match found.form {
                Form::Variable => value.contains('\0'),
                _ => has_control(value),
            };
            if is_unfit {
                let what = format!("the value of {}", found.text);
                return Err(Refused::Control { what });
            }
            if found.form == Form::Variable {
                fits(block, &variable, value)?;
                filled.exports.insert(variable, value.clone());
                continue;
            }
            let quoted = quoted(found, value, command, &script, block)?;
            let option = option.unwrap_or_default();
            text.replace_range(found.at.clone(), &format!("{option}{quoted}"));
        }
        filled.commands.push(text);
    }
    if !missing.is_empty() {
        missing.sort();
        return Err(Refused::Missing(missing));
    }
    if filled.commands.is_empty() {
        return Err(Refused::Nothing);
    }
    Ok(filled)
}

/// Whether a variable may have this value: one that is read once more, by another program or as arithmetic, is plain.
pub(super) fn fits(block: &Block, variable: &str, value: &str) -> Result<(), Refused> {
    let expands = |command: &String| placeholder::expands(command, variable);
    let is_evaluated = match block.is_powershell() {
        true => {
            let mut readers = block.commands.iter();
            readers.any(|command| shell::is_powershell_evaluator(command) && expands(command))
        }
        false => block.evaluates(variable),
    };
    match is_evaluated && !shell::is_inert(value) {
        true => Err(Refused::Undecided {
            placeholder: format!("${variable}"),
            place: AGAIN,
        }),
        false => Ok(()),
    }
}

/// Variables that the commands expand before they set them themselves: an earlier block must have set them in the same
/// shell.
pub fn relied_on(block: &Block) -> BTreeSet<String> {
    // And whether whichever way the shell goes.
    let mut own: BTreeMap<String, bool> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for command in &block.commands {
        for (name, is_certain) in placeholder::assigned(command) {
            *own.entry(name).or_default() |= is_certain;
        }
        let script = Script::parse(command, &[]);
        // What a function expands is asked for when it is called.
        if command.contains("()") || command.starts_with("function ") {
            continue;
        }
        let is_careful = !super::verb::reads(command);
        let unset = placeholder::unset(command, &script, is_careful, |name, is_careful| {
            own.get(name).is_some_and(|is_certain| *is_certain || !is_careful)
        });
        found.extend(
            unset
                .into_iter()
                .map(|found| found.text.trim_start_matches('$').to_owned()),
        );
    }
    found
}

const INSIDE: &str =
    "inside back-ticks, arithmetic, ${…}, what a here-document expands, or quotes that do not end";
const AGAIN: &str = "in a command that evaluates its arguments once more";

/// The value as it has to be written in this place.
fn quoted(
    found: &Placeholder,
    value: &str,
    command: &str,
    script: &Script,
    block: &Block,
) -> Result<String, Refused> {
    let context = script.context_of(&found.at);
    let is_powershell = block.is_powershell();
    let is_home = shell::is_home(value) && !is_powershell;
    let is_plain = shell::is_plain(value) || is_home || shell::is_stand_in(value);
    if !is_plain && !is_powershell && shell::Runs::of(&block.commands).writes_script(command) {
        return Err(undecided(found, "in a file that is run as a script"));
    }
    if let Context::Heredoc { quoted } = context {
        return in_heredoc(found, value, command, script, quoted);
    }
    let option = found.option().unwrap_or_default();
    let before = &format!("{}{option}", &command[..found.at.start]);
    let is_part = |text: &str| {
        text.strip_prefix("${").is_some_and(|inner| {
            let letters = inner.trim_end_matches('}');
            !matches!(letters, "@" | "*") && !letters.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let place = match context {
        _ if found.form == Form::Positional && is_part(&found.text) => Some("inside ${…}"),
        Context::Undecided => Some(INSIDE),
        _ if is_plain => None,
        _ if is_powershell => Some("in PowerShell"),
        _ if shell::is_evaluator(command) => Some(AGAIN),
        _ if placeholder::receiver(before).is_some_and(|variable| block.evaluates(variable)) => {
            Some("in a variable whose value is evaluated")
        }
        _ => shell::reader(before),
    };
    if let Some(place) = place {
        return Err(undecided(found, place));
    }
    Ok(match context {
        Context::Single => value.replace('\'', r"'\''"),
        // Out of the double quotes and in again: inside them an interactive shell would still expand `!`.
        Context::Double if !is_plain => format!("\"{}\"", shell::quote(value)),
        Context::Double => value.to_string(),
        // As it would be typed: between quotes it would be the name of a folder.
        _ if is_home => value.to_string(),
        _ => shell::quote(value),
    })
}

fn in_heredoc(
    found: &Placeholder,
    value: &str,
    command: &str,
    script: &Script,
    is_quoted: bool,
) -> Result<String, Refused> {
    let line_start = command[..found.at.start].rfind('\n').map_or(0, |at| at + 1);
    let is_alone = command[line_start..found.at.start].trim().is_empty();
    let could_end_it = script
        .delimiters
        .iter()
        .any(|(_, delimiter)| delimiter.starts_with(value) || value.starts_with(delimiter));
    if value.contains('\n') || (is_alone && could_end_it) {
        return Err(undecided(found, "where it could end a here-document"));
    }
    let is_plain = shell::is_plain(value) || shell::is_home(value) || shell::is_stand_in(value);
    if !is_plain && shell::is_evaluator(command) {
        return Err(undecided(found, AGAIN));
    }
    if is_quoted {
        return Ok(value.to_string());
    }
    Ok(value.replace('\\', r"\\").replace('$', r"\$").replace('`', r"\`"))
}

fn undecided(found: &Placeholder, place: &'static str) -> Refused {
    Refused::Undecided {
        placeholder: found.text.clone(),
        place,
    }
}

/// What an on-call engineer already knows when a session has the focus: the fields of an instance under the names
/// that runbooks give them. Unknown fields are left out, never empty.
pub fn prefilled<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Values {
    const SPELLINGS: [(&str, &[&str]); 7] = [
        (
            "id",
            &[
                "instance_id",
                "instanceid",
                "node_id",
                "managed_node_id",
                "ec2_instance_id",
            ],
        ),
        ("name", &["instance_name", "node_name", "hostname", "host"]),
        ("account", &["account_id", "aws_account_id", "aws_account"]),
        ("region", &["aws_region"]),
        ("zone", &["availability_zone", "az"]),
        ("private_ip", &["private_ip_address", "instance_ip", "node_ip"]),
        ("type", &["instance_type"]),
    ];
    let mut values = Values::new();
    for (field, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        let known = SPELLINGS.iter().find(|(known, _)| *known == field);
        for spelling in known.map_or(&[][..], |(_, spellings)| spellings) {
            values.insert(spelling.to_string(), value.to_string());
        }
        // `<name>` and `<id>` may be anything's; only what cannot be mistaken is filled in by itself.
        if !matches!(field, "id" | "name" | "type") {
            values.insert(name(field), value.to_string());
        }
    }
    values
}

#[cfg(test)]
mod tests;
