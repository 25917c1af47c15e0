//! Who people are to runbooks: roles, which give a page's `audience` a meaning, and second persons whose word counts.

use super::source::Section;

/// A `[[roles]]` of the file: who is on call, who may touch databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    pub name: String,
    /// Users of this machine, or ARNs as AWS knows the caller, in which `*` stands for anything.
    pub who: Vec<String>,
}

/// An entry of `approvers`: `NAME KEY`, or the key alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    /// Empty where there is none.
    pub name: String,
    /// Ed25519, of a device.
    pub key: [u8; 32],
}

pub(super) fn read(table: Section) -> Option<Duty> {
    let name = table.needed("name", table.text("name"));
    let who = table.needed("who", table.texts("who"));
    table.finish();
    Some(Duty {
        name: name?,
        who: who?,
    })
}

pub(super) fn read_approvers(table: &Section) -> Vec<Approver> {
    let approver = |text: &String| {
        let (name, key) = text.rsplit_once(' ').unwrap_or(("", text));
        let key = hex::decode(key)
            .ok()
            .and_then(|key| <[u8; 32]>::try_from(key).ok());
        if key.is_none() {
            let span = table.get("approvers").map(|value| value.span());
            let hint = "`NAME KEY`, with the key that `qd runbooks approve` prints";
            let says = format!("runbooks.approvers {text:?} has no key of 64 hexadecimal digits");
            table.source.fault(span, says, Some(hint.to_owned()));
        }
        Some(Approver {
            name: name.trim().to_owned(),
            key: key?,
        })
    };
    let texts = table.texts("approvers").unwrap_or_default();
    texts.iter().filter_map(approver).collect()
}
