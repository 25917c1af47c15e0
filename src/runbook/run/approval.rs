//! A second person's word on one step of one page: a small signed file. It holds for that text alone and for a day, and the
//! key that runs the page cannot have signed it.

use std::time::Duration;

use ed25519_dalek::{Signature, VerifyingKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::{Actor, Signer};
use crate::runbook::plan::Step;

/// How long an approval holds.
const HOLDS_FOR: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub step: String,
    /// Of the step's block.
    pub sha256: String,
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
    #[error("it is for another step, or for another text of it")]
    Other,
    #[error("it is older than a day")]
    Old,
    #[error("it is signed with the key of whoever runs the page")]
    Own,
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

fn message(step: &str, sha256: &str, by: &str, at: Timestamp) -> Vec<u8> {
    format!("quarterdeck runbook approval 1\n{step}\n{sha256}\n{by}\n{at}\n").into_bytes()
}

impl Approval {
    /// Approves a step as it stands, now.
    pub fn sign(step: &Step, signer: &dyn Signer) -> Result<Approval, crate::audit::Error> {
        let (at, sha256) = (Timestamp::now(), step.sha256());
        let by = Actor::local().user.unwrap_or_default();
        let signature = signer.sign(&message(&step.id, &sha256, &by, at))?;
        Ok(Approval {
            step: step.id.clone(),
            sha256,
            by,
            at,
            key: hex::encode(signer.public()),
            signature: hex::encode(signature),
        })
    }

    /// Whether it lets a step run for whoever has this key.
    pub fn check(
        &self,
        step: &Step,
        own: &Own<'_>,
        approvers: &[Approver],
        now: Timestamp,
    ) -> Result<(), BadApproval> {
        if self.step != step.id || self.sha256 != step.sha256() {
            return Err(BadApproval::Other);
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
            Some(approver) if approver.name == own.user => return Err(BadApproval::Own),
            _ => {}
        }
        let key = hex::decode(&self.key)
            .ok()
            .and_then(|key| <[u8; 32]>::try_from(key).ok());
        let key = key.and_then(|key| VerifyingKey::from_bytes(&key).ok());
        let signature = hex::decode(&self.signature).ok();
        let signature = signature.and_then(|signature| Signature::from_slice(&signature).ok());
        let message = message(&self.step, &self.sha256, &self.by, self.at);
        match (key, signature) {
            (Some(key), Some(signature)) if key.verify_strict(&message, &signature).is_ok() => Ok(()),
            _ => Err(BadApproval::Forged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::plan::Plan;
    use ed25519_dalek::SigningKey;

    #[test]
    fn an_approval_counts_for_one_text_one_day_and_another_key() {
        let text = "```sh {name=drop confirm=two}\ndropdb x\n```\n\n```sh {name=other}\nls\n```\n";
        let plan = Plan::parse(std::path::Path::new("p.md"), "p.md", text).unwrap();
        let second = SigningKey::from_bytes(&[7; 32]);
        let approval = Approval::sign(&plan.steps[0], &second).unwrap();
        let own = Own {
            key: &[0; 32],
            user: "kim",
        };
        let now = approval.at;
        let check = |approval: &Approval, step: usize, own: &Own, now| {
            approval.check(&plan.steps[step], own, &[], now)
        };
        assert_eq!(check(&approval, 0, &own, now), Ok(()));
        assert_eq!(check(&approval, 1, &own, now), Err(BadApproval::Other));
        let key = second.verifying_key().to_bytes();
        let same = Own {
            key: &key,
            user: "kim",
        };
        assert_eq!(check(&approval, 0, &same, now), Err(BadApproval::Own));
        let later = now + jiff::SignedDuration::from_hours(25);
        assert_eq!(check(&approval, 0, &own, later), Err(BadApproval::Old));
        let named = |name: &str, key| Approver {
            name: name.into(),
            key,
        };
        let among = |all: &[Approver]| approval.check(&plan.steps[0], &own, all, now);
        assert_eq!(among(&[named("mara", key)]), Ok(()));
        assert_eq!(among(&[named("mara", [1; 32])]), Err(BadApproval::Stranger));
        assert_eq!(among(&[named("kim", key)]), Err(BadApproval::Own));
        let forged = Approval {
            by: "mara".into(),
            ..approval
        };
        assert_eq!(check(&forged, 0, &own, now), Err(BadApproval::Forged));
    }
}
