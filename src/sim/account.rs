//! The accounts of a run and the keys that select them. Keys come from the operating system's randomness
//! at each start and never from the seed: whoever holds one gets a shell.

use std::collections::HashMap;
use std::fmt;
use std::sync::RwLock;

use jiff::{SignedDuration, Timestamp};

use super::fleet::AccountSpec;

/// One account as a client needs it.
#[derive(Clone)]
pub struct Account {
    pub id: String,
    pub name: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// Only temporary keys have one; the keys handed out at the start are long-lived.
    pub session_token: Option<String>,
    pub regions: Vec<String>,
    /// Cost Explorer shows it the costs of every account.
    pub payer: bool,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Account {
    pub(super) fn new(spec: &AccountSpec) -> Account {
        Account {
            id: spec.id.clone(),
            name: spec.name.clone(),
            access_key_id: format!("AKIA{}", random(16, BASE32)),
            secret_access_key: random(40, BASE64),
            session_token: None,
            regions: spec.regions.clone(),
            payer: spec.payer,
        }
    }
}

/// Who a key speaks for.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Index into the accounts of the run.
    pub account: usize,
    pub account_id: String,
    pub arn: String,
    pub user_id: String,
}

#[derive(Clone)]
pub struct Key {
    pub secret: String,
    pub token: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub caller: Caller,
}

/// Every key that is valid now, by its id.
pub struct Keys(RwLock<HashMap<String, Key>>);

/// What AssumeRole hands out.
pub struct Loan {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub expires_at: Timestamp,
    pub caller: Caller,
}

impl Keys {
    pub fn new(accounts: &[Account]) -> Keys {
        let keys = accounts.iter().enumerate().map(|(index, account)| {
            let caller = Caller {
                account: index,
                account_id: account.id.clone(),
                arn: format!("arn:aws:iam::{}:user/oncall", account.id),
                user_id: format!("AIDA{}", random(17, BASE32)),
            };
            let key = Key {
                secret: account.secret_access_key.clone(),
                token: None,
                expires_at: None,
                caller,
            };
            (account.access_key_id.clone(), key)
        });
        Keys(RwLock::new(keys.collect()))
    }

    pub fn find(&self, access_key_id: &str) -> Option<Key> {
        self.0
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .get(access_key_id)
            .cloned()
    }

    /// Temporary keys for a role in an account of this run.
    pub fn lend(
        &self,
        account: usize,
        account_id: &str,
        role: &str,
        session: &str,
        lasts: SignedDuration,
    ) -> Loan {
        let role_name = role.rsplit('/').next().unwrap_or(role);
        let caller = Caller {
            account,
            account_id: account_id.to_owned(),
            arn: format!("arn:aws:sts::{account_id}:assumed-role/{role_name}/{session}"),
            user_id: format!("AROA{}:{session}", random(17, BASE32)),
        };
        let loan = Loan {
            access_key_id: format!("ASIA{}", random(16, BASE32)),
            secret_access_key: random(40, BASE64),
            session_token: random(356, BASE64),
            expires_at: Timestamp::now().saturating_add(lasts).unwrap_or(Timestamp::MAX),
            caller: caller.clone(),
        };
        let key = Key {
            secret: loan.secret_access_key.clone(),
            token: Some(loan.session_token.clone()),
            expires_at: Some(loan.expires_at),
            caller,
        };
        self.0
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .insert(loan.access_key_id.clone(), key);
        loan
    }
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `length` characters of an alphabet whose size divides 256, so that none is likelier than another.
fn random(length: usize, alphabet: &[u8]) -> String {
    (0..length)
        .map(|_| char::from(alphabet[usize::from(rand::random::<u8>()) % alphabet.len()]))
        .collect()
}
