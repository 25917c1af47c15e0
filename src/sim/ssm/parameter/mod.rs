//! Parameter Store: plain parameters and sealed ones, with their versions, hierarchies and filters. A sealed one is opened only
//! for who may use the key. Facts: the Systems Manager API reference.

mod check;
mod get;
mod list;
mod put;
mod seed;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::epoch;
use crate::sim::call::Call;
use crate::sim::fleet::Fleet;

pub use get::{by_path, many, one};
pub use list::describe;
pub use put::{delete, put};

/// The key that seals a parameter for which no other is named.
const DEFAULT_KEY: &str = "alias/aws/ssm";
const SECURE: &str = "SecureString";

#[derive(Debug, Clone)]
pub struct Parameter {
    pub kind: String,
    pub says: Option<String>,
    pub key_id: Option<String>,
    pub tier: String,
    pub data_type: String,
    pub pattern: Option<String>,
    pub tags: BTreeMap<String, String>,
    /// Oldest first, never empty.
    pub versions: Vec<Version>,
}

#[derive(Debug, Clone)]
pub struct Version {
    /// In clear: what a caller sees of a sealed one is sealed when it is asked for.
    pub value: String,
    pub at: Timestamp,
    pub by: String,
}

type Shelf = BTreeMap<String, Parameter>;

#[derive(Debug, Default)]
pub struct Parameters(Mutex<BTreeMap<(usize, String), Shelf>>);

impl Parameters {
    pub fn build(fleet: &Fleet, account_ids: &[String], now: Timestamp) -> Parameters {
        Parameters(Mutex::new(seed::all(fleet, account_ids, now)))
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<(usize, String), Shelf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest value of one that is not sealed, as documents refer to it.
    pub fn plain(&self, account: usize, region: &str, name: &str) -> Option<String> {
        let all = self.all();
        let found = all.get(&(account, region.to_owned()))?.get(name)?;
        let value = found.versions.last().filter(|_| found.kind != SECURE)?;
        Some(value.value.clone())
    }
}

fn place(call: &Call<'_>) -> (usize, String) {
    (call.caller.account, call.region.clone())
}

fn arn(call: &Call<'_>, name: &str) -> String {
    let (region, account) = (&call.region, &call.caller.account_id);
    let name = name.strip_prefix('/').unwrap_or(name);
    format!("arn:aws:ssm:{region}:{account}:parameter/{name}")
}

fn write(call: &Call<'_>, name: &str, of: &Parameter, number: usize, value: String) -> Value {
    let at = of
        .versions
        .get(number - 1)
        .map_or(0.0, |version| epoch(version.at));
    json!({
        "Name": name, "Type": of.kind, "Value": value, "Version": number, "LastModifiedDate": at,
        "ARN": arn(call, name), "DataType": of.data_type,
    })
}
