//! Rules for secrets that the configuration adds to those built in.

/// A `[[redaction]]` of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// What stands in its place: `[redacted: NAME]`.
    pub name: String,
    /// A regular expression of the secret itself.
    pub pattern: String,
    /// One of what stands before it and stays.
    pub after: Option<String>,
}

/// When secrets are covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redact {
    /// Only where a command asks for it.
    Off,
    /// In exports that are made to be given away, unless a command says otherwise.
    #[default]
    Export,
    /// Before anything is written or shown, and in exports.
    Write,
}
