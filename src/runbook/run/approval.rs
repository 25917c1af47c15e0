//! A second person's word on one step of one page: a small signed file. It holds for that page alone, for the machines and
//! values that were shown, and for a day; who runs the page cannot have signed it, on whatever device.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use ed25519_dalek::{Signature, VerifyingKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::audit::{Actor, Signer};
use crate::runbook::plan::Step;

/// How long an approval holds.
const HOLDS_FOR: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub step: String,
    /// Of the step's block.
    pub sha256: String,
    /// Of the whole page.
    pub page: String,
    /// By the machine's id the hash of what runs there.
    pub on: BTreeMap<String, String>,
    /// Whoever approves, as their system knows them.
    pub by: String,
    pub at: Timestamp,
    /// Ed25519, in hexadecimal.
    pub key: String,
    pub signature: String,
}

/// A second person whose word counts: a device's public key, and by what name it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    /// Empty where the configuration names none.
    pub name: String,
    pub key: [u8; 32],
}

/// Why an approval does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadApproval {
    #[error("it is for another step, or for another text of the page")]
    Other,
    #[error("it is not for {0}, or not for these values")]
    Elsewhere(String),
    #[error("it is older than a day")]
    Old,
    #[error("it is signed with the key of whoever runs the page")]
    Own,
    #[error(
        "whoever runs the page signed it, on another device; approvers of the configuration have names of their own"
    )]
    Same,
    #[error("its key is not among the approvers of the configuration")]
    Stranger,
    #[error("its signature is not good")]
    Forged,
}

/// Whoever runs the page, who approves nothing for themselves.
pub struct Own<'a> {
    pub key: &'a [u8; 32],
    pub user: &'a str,
}

/// What a word is wanted on.
pub struct Asked<'a> {
    pub step: &'a Step,
    /// SHA-256 of its page.
    pub page: &'a str,
    /// By the machine's id what would run there, hashed.
    pub on: &'a BTreeMap<String, String>,
}

/// Why a step that wants a second person cannot run yet: how one speaks, and why what was said does not count.
pub fn unmet(step: &str, said: impl IntoIterator<Item = Result<(), BadApproval>>) -> Option<String> {
    let mut why = String::new();
    for said in said {
        match said {
            Ok(()) => return None,
            Err(bad) if why.is_empty() => why = format!("; what was given does not count: {bad}"),
            Err(_) => {}
        }
    }
    Some(format!(
        "it wants a second person: `qd runbooks approve PAGE {step}`, with the same --on and --set, gives a file for --approval{why}"
    ))
}

/// The hash of what would run on a machine: commands with their values, and the names of secrets.
pub(super) fn sha256_of(commands: &[String], values: &BTreeMap<String, Option<String>>) -> String {
    // Texts, and maps of texts, always become JSON.
    let text = serde_json::to_vec(&(commands, values)).unwrap_or_default();
    hex::encode(Sha256::digest(text))
}

impl Approval {
    /// Reads what `qd runbooks approve` printed; the error says what is wrong with the file.
    pub fn load(path: &Path) -> Result<Approval, String> {
        let says = |cause: &dyn std::fmt::Display| format!("{}: {cause}", path.display());
        let text = std::fs::read_to_string(path).map_err(|cause| says(&cause))?;
        serde_json::from_str(&text).map_err(|cause| says(&cause))
    }

    /// Approves a step as it would run, now.
    pub fn sign(asked: &Asked<'_>, signer: &dyn Signer) -> Result<Approval, crate::audit::Error> {
        let mut approval = Approval {
            step: asked.step.id.clone(),
            sha256: asked.step.sha256(),
            page: asked.page.to_owned(),
            on: asked.on.clone(),
            by: Actor::local().user.unwrap_or_default(),
            at: Timestamp::now(),
            key: hex::encode(signer.public()),
            signature: String::new(),
        };
        approval.signature = hex::encode(signer.sign(&approval.message())?);
        Ok(approval)
    }

    fn message(&self) -> Vec<u8> {
        let Approval {
            step,
            sha256,
            page,
            by,
            at,
            ..
        } = self;
        let on = self.on.iter().map(|(id, sha256)| format!("{id} {sha256}\n"));
        let on: String = on.collect();
        format!("quarterdeck runbook approval 2\n{step}\n{sha256}\n{page}\n{by}\n{at}\n{on}").into_bytes()
    }

    /// Who approved: the name that the configuration gives the key, else whoever the signer's system takes them for.
    pub fn named<'a>(&'a self, approvers: &'a [Approver]) -> &'a str {
        let mut known = approvers.iter();
        let known = known.find(|approver| hex::encode(approver.key) == self.key);
        known
            .map(|approver| &*approver.name)
            .filter(|name| !name.is_empty())
            .unwrap_or(&self.by)
    }

    /// Whether it lets a step run for whoever has this key.
    pub fn check(
        &self,
        asked: &Asked<'_>,
        own: &Own<'_>,
        approvers: &[Approver],
        now: Timestamp,
    ) -> Result<(), BadApproval> {
        let step = asked.step;
        if (&*self.step, &*self.page) != (&*step.id, asked.page) || self.sha256 != step.sha256() {
            return Err(BadApproval::Other);
        }
        if let Some((id, _)) = asked
            .on
            .iter()
            .find(|(id, sha256)| self.on.get(*id) != Some(*sha256))
        {
            return Err(BadApproval::Elsewhere(id.clone()));
        }
        let age = now.duration_since(self.at).unsigned_abs();
        if age > HOLDS_FOR {
            return Err(BadApproval::Old);
        }
        if self.key == hex::encode(own.key) {
            return Err(BadApproval::Own);
        }
        let known = approvers
            .iter()
            .find(|approver| hex::encode(approver.key) == self.key);
        match known {
            None if !approvers.is_empty() => return Err(BadApproval::Stranger),
            // Another device of the same person is no second person.
            Some(approver) if approver.name == own.user => return Err(BadApproval::Same),
            Some(approver) if !approver.name.is_empty() => {}
            _ if self.by == own.user => return Err(BadApproval::Same),
            _ => {}
        }
        let key = hex::decode(&self.key)
            .ok()
            .and_then(|key| <[u8; 32]>::try_from(key).ok());
        let key = key.and_then(|key| VerifyingKey::from_bytes(&key).ok());
        let signature = hex::decode(&self.signature).ok();
        let signature = signature.and_then(|signature| Signature::from_slice(&signature).ok());
        let message = self.message();
        match (key, signature) {
            (Some(key), Some(signature)) if key.verify_strict(&message, &signature).is_ok() => Ok(()),
            _ => Err(BadApproval::Forged),
        }
    }
}

#[cfg(test)]
mod tests;
