//! Whom recordings are encrypted to and which files open them. A private key in the wrong place is refused, never
//! shown: what a configuration names goes into messages and logs.

use std::path::{Path, PathBuf};

use super::Recipient;
use super::load::expand;
use super::source::Section;

/// Whether an age identity stands in this text, which must then not be shown.
pub(crate) fn is_private_key(text: &str) -> bool {
    text.to_ascii_uppercase().contains("AGE-SECRET-KEY-")
}

/// What looks like a key must be one; anything else names a file. A private key here would be a leak.
pub(super) fn read_recipients(table: &Section, folder: &Path) -> Vec<Recipient> {
    let mut found = Vec::new();
    for entry in table.texts("recipients").unwrap_or_default() {
        let fault = |says: String, hint: &str| {
            let span = table.get("recipients").map(|value| value.span());
            table.source.fault(span, says, Some(hint.into()));
        };
        if is_private_key(&entry) {
            let says = "recording.recipients has a private key".to_string();
            fault(
                says,
                "allowed: its public key, age1…; the private one belongs into a file that [recording] identities names",
            );
        } else if !entry.starts_with("age1") {
            found.push(Recipient::File(expand(&entry, folder)));
        } else if let Err(cause) = entry.parse::<age::x25519::Recipient>() {
            let says = format!("recording.recipients cannot have {entry:?}: {cause}");
            fault(
                says,
                "allowed: age public keys like age1…, and files that list them",
            );
        } else {
            found.push(Recipient::Key(entry));
        }
    }
    found
}

/// Files only: what they hold would be shown wherever their names are.
pub(super) fn read_identities(table: &Section, folder: &Path) -> Vec<PathBuf> {
    let found = table.texts("identities").unwrap_or_default();
    if found.iter().any(|entry| is_private_key(entry)) {
        let span = table.get("identities").map(|value| value.span());
        let hint = "allowed: the files that hold private keys";
        table.source.fault(
            span,
            "recording.identities has a private key".into(),
            Some(hint.into()),
        );
    }
    found.iter().map(|path| expand(path, folder)).collect()
}
