//! What a session document asks of the agent: a shell, a command, or a port.
//!
//! Parameters are checked as the service checks them when a session starts, so a bad one is an error of StartSession.

use std::collections::BTreeMap;

use super::template;

/// Parameters as StartSession carries them.
pub type Parameters = BTreeMap<String, Vec<String>>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// What is typed into it at its start; mostly nothing.
    Shell {
        profile: String,
    },
    /// One command on a terminal.
    Interactive {
        command: String,
    },
    Command(Command),
    Port(Port),
}

/// One command without a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    pub line: String,
    pub split: bool,
    pub stdout_prefix: String,
    pub stderr_prefix: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    pub host: Option<String>,
    pub number: u16,
    pub local: String,
    /// `LocalPortForwarding`, or none for SSH.
    pub kind: Option<String>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadDocument {
    #[error("document {0} does not exist")]
    Unknown(String),
    #[error("document {document} is of no kind that a session starts from: {says}")]
    Kind { document: String, says: String },
    #[error("parameter {name} of document {document}: {says}")]
    Parameter {
        document: String,
        name: String,
        says: String,
    },
}

impl Work {
    /// The work of a document by name; none opens a shell. `own` is the text of a document that is not AWS's.
    pub fn parse(
        document: Option<&str>,
        parameters: &Parameters,
        own: Option<&serde_json::Value>,
    ) -> Result<Self, BadDocument> {
        if let (Some(name), Some(content)) = (document, own) {
            return template::work(name, content, parameters);
        }
        let document = document.unwrap_or("SSM-SessionManagerRunShell");
        let form = Form { document, parameters };
        match document {
            "SSM-SessionManagerRunShell" => {
                form.only(&[])?;
                Ok(Work::Shell {
                    profile: String::new(),
                })
            }
            "AWS-StartPortForwardingSession" => {
                form.only(&["portNumber", "localPortNumber"])?;
                form.port(None, "80", Some("LocalPortForwarding"))
            }
            "AWS-StartPortForwardingSessionToRemoteHost" => {
                form.only(&["host", "portNumber", "localPortNumber"])?;
                form.port(Some(form.needed("host")?), "80", Some("LocalPortForwarding"))
            }
            "AWS-StartSSHSession" => {
                form.only(&["portNumber"])?;
                form.port(None, "22", None)
            }
            "AWS-StartInteractiveCommand" => {
                form.only(&["command"])?;
                Ok(Work::Interactive {
                    command: form.needed("command")?,
                })
            }
            "AWS-StartNonInteractiveCommand" => {
                form.only(&[
                    "command",
                    "separateOutputStream",
                    "stdoutSeparatorPrefix",
                    "stderrSeparatorPrefix",
                ])?;
                Ok(Work::Command(Command {
                    line: form.needed("command")?,
                    split: form.switch("separateOutputStream")?,
                    stdout_prefix: form.prefix("stdoutSeparatorPrefix")?,
                    stderr_prefix: form.prefix("stderrSeparatorPrefix")?,
                }))
            }
            other => Err(BadDocument::Unknown(other.to_owned())),
        }
    }

    /// The session type that the handshake names.
    pub fn session_type(&self) -> &'static str {
        match self {
            Work::Shell { .. } => "Standard_Stream",
            Work::Interactive { .. } => "InteractiveCommands",
            Work::Command(_) => "NonInteractiveCommands",
            Work::Port(_) => "Port",
        }
    }

    /// The resolved properties that the handshake carries; null for all but ports.
    pub fn properties(&self) -> serde_json::Value {
        let Work::Port(port) = self else {
            return serde_json::Value::Null;
        };
        let mut properties = serde_json::Map::new();
        properties.insert("portNumber".to_owned(), port.number.to_string().into());
        if let Some(host) = &port.host {
            properties.insert("host".to_owned(), host.clone().into());
        }
        if let Some(kind) = &port.kind {
            properties.insert("type".to_owned(), kind.clone().into());
            properties.insert("localPortNumber".to_owned(), port.local.clone().into());
        }
        properties.into()
    }
}

struct Form<'a> {
    document: &'a str,
    parameters: &'a Parameters,
}

impl Form<'_> {
    fn bad(&self, name: &str, says: &str) -> BadDocument {
        BadDocument::Parameter {
            document: self.document.to_owned(),
            name: name.to_owned(),
            says: says.to_owned(),
        }
    }

    fn only(&self, known: &[&str]) -> Result<(), BadDocument> {
        match self
            .parameters
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        {
            Some(name) => Err(self.bad(name, "is not a parameter of this document")),
            None => Ok(()),
        }
    }

    fn one(&self, name: &str) -> Result<Option<&str>, BadDocument> {
        match self.parameters.get(name).map(Vec::as_slice) {
            None => Ok(None),
            Some([value]) => Ok(Some(value)),
            Some(_) => Err(self.bad(name, "needs exactly one value")),
        }
    }

    fn needed(&self, name: &str) -> Result<String, BadDocument> {
        match self.one(name)? {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(self.bad(name, "is required")),
        }
    }

    fn switch(&self, name: &str) -> Result<bool, BadDocument> {
        match self.one(name)?.unwrap_or_default() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            _ => Err(self.bad(name, "is neither true nor false")),
        }
    }

    fn prefix(&self, name: &str) -> Result<String, BadDocument> {
        let value = self.one(name)?.unwrap_or_default();
        let fits = |c: char| c.is_ascii_alphanumeric() || "\r\n_:-".contains(c);
        if value.len() > 30 || !value.chars().all(fits) {
            return Err(self.bad(name, "is not up to 30 letters, digits, line ends, _, : or -"));
        }
        Ok(value.to_owned())
    }

    fn port(&self, host: Option<String>, default: &str, kind: Option<&str>) -> Result<Work, BadDocument> {
        let number = match self.one("portNumber")?.unwrap_or(default).parse() {
            Ok(number) if number != 0 => number,
            _ => return Err(self.bad("portNumber", "is not a port from 1 to 65535")),
        };
        let local = self.one("localPortNumber")?.unwrap_or("0");
        if local.parse::<u16>().is_err() {
            return Err(self.bad("localPortNumber", "is not a port from 0 to 65535"));
        }
        Ok(Work::Port(Port {
            host,
            number,
            local: local.to_owned(),
            kind: kind.map(str::to_owned),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Parameters {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
            .collect()
    }

    #[test]
    fn a_port_document_shows_its_resolved_properties() {
        let work = Work::parse(
            Some("AWS-StartPortForwardingSession"),
            &with(&[("portNumber", "8080")]),
            None,
        )
        .unwrap();
        assert_eq!(work.session_type(), "Port");
        assert_eq!(
            work.properties(),
            serde_json::json!({"portNumber": "8080", "type": "LocalPortForwarding", "localPortNumber": "0"})
        );
        let ssh = Work::parse(Some("AWS-StartSSHSession"), &Parameters::new(), None).unwrap();
        assert_eq!(ssh.properties(), serde_json::json!({"portNumber": "22"}));
    }

    #[test]
    fn bad_parameters_are_named() {
        for (document, name, value) in [
            ("AWS-StartPortForwardingSession", "portNumber", "0"),
            ("AWS-StartSSHSession", "host", "db"),
            ("AWS-StartNonInteractiveCommand", "command", ""),
            ("AWS-StartInteractiveCommand", "separateOutputStream", "true"),
        ] {
            let bad = Work::parse(Some(document), &with(&[(name, value)]), None).unwrap_err();
            assert!(bad.to_string().contains(name), "{bad}");
        }
        assert_eq!(
            Work::parse(Some("AWS-Nothing"), &Parameters::new(), None),
            Err(BadDocument::Unknown("AWS-Nothing".to_owned()))
        );
    }
}
