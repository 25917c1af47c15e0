//! Documents: those that sessions start from, commands and automations; AWS's own and the accounts', with their versions.
//! Facts: the Systems Manager API reference; names and parameters of AWS's own documents, whose texts here are our own.

mod ask;
mod change;
mod folder;
mod list;
mod session;
mod stock;
mod text;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::Value;

use super::parse;
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

pub use folder::BadFolder;
pub use text::Format;

const AMAZON: &str = "Amazon";

#[derive(Debug, Clone)]
pub struct Document {
    pub name: String,
    /// An account's id, or `Amazon`.
    pub owner: String,
    /// `Command`, `Automation`, `Session` and so on.
    pub kind: String,
    pub target_type: Option<String>,
    pub display_name: Option<String>,
    pub tags: BTreeMap<String, String>,
    /// Oldest first, never empty; their numbers grow and are not used twice.
    pub versions: Vec<Version>,
    pub default: u64,
}

#[derive(Debug, Clone)]
pub struct Version {
    pub number: u64,
    pub name: Option<String>,
    pub format: Format,
    pub text: String,
    pub content: Arc<Value>,
    pub at: Timestamp,
}

impl Document {
    pub fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// A number, `$LATEST`, `$DEFAULT`, or nothing for the default.
    pub fn version(&self, said: Option<&str>) -> Option<&Version> {
        match said {
            Some("$LATEST") => self.latest(),
            None | Some("$DEFAULT") => self
                .versions
                .iter()
                .find(|version| version.number == self.default),
            Some(number) => {
                let number: u64 = number.parse().ok()?;
                self.versions.iter().find(|version| version.number == number)
            }
        }
    }
}

/// By account, for every region alike until a call changes one.
#[derive(Debug, Default)]
pub struct Documents {
    of_aws: BTreeMap<String, Document>,
    own: Mutex<BTreeMap<(usize, String), BTreeMap<String, Document>>>,
}

impl Documents {
    /// Those of every place; `folder` holds more of every account's.
    pub fn build(places: &[(usize, String, String)], folder: &[(String, Format, String)]) -> Documents {
        let build = |(account, region, id): &(usize, String, String)| {
            let own = stock::own(id).into_iter().chain(folder::documents(id, folder));
            let named = own.map(|document| (document.name.clone(), document));
            ((*account, region.clone()), named.collect())
        };
        let of_aws = stock::of_aws().into_iter();
        Documents {
            of_aws: of_aws.map(|document| (document.name.clone(), document)).collect(),
            own: Mutex::new(places.iter().map(build).collect()),
        }
    }

    fn own(&self) -> MutexGuard<'_, BTreeMap<(usize, String), BTreeMap<String, Document>>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// By name, or by the end of an ARN.
    pub fn find(&self, account: usize, region: &str, name: &str) -> Option<Document> {
        let name = name.rsplit_once("document/").map_or(name, |(_, name)| name);
        let of_aws = self.of_aws.get(name).cloned();
        of_aws.or_else(|| self.own().get(&(account, region.to_owned()))?.get(name).cloned())
    }

    /// Every one that a place sees, by name.
    fn all(&self, account: usize, region: &str) -> Vec<Document> {
        let own = self.own();
        let own = own.get(&(account, region.to_owned())).into_iter().flatten();
        let own = own.map(|(_, document)| document);
        let mut all: Vec<Document> = self.of_aws.values().chain(own).cloned().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }
}

/// The text of an account's own session document.
pub fn own_session(world: &World, call: &Call<'_>, name: &str) -> Option<Value> {
    let found = world.documents.find(call.caller.account, &call.region, name)?;
    let is_own = found.owner != AMAZON && found.name != session::PREFERENCES && found.kind == "Session";
    let version = found.version(None).filter(|_| is_own)?;
    Some((*version.content).clone())
}

/// The document that a session without one uses.
pub const PREFERENCES: &str = session::PREFERENCES;

/// Documents of a folder: JSON and YAML files that have a schema version.
pub fn load(folder: &Path) -> Result<Vec<(String, Format, String)>, BadFolder> {
    folder::load(folder)
}

/// `None` when the operation is not one of documents.
pub fn answer(world: &World, call: &Call<'_>) -> Option<Result<Value, Refusal>> {
    Some(match call.operation.as_str() {
        "GetDocument" => parse(call).and_then(|request| ask::get(world, call, request)),
        "DescribeDocument" => parse(call).and_then(|request| ask::describe(world, call, request)),
        "ListDocumentVersions" => parse(call).and_then(|request| ask::versions(world, call, request)),
        "ListDocuments" => parse(call).and_then(|request| list::list(world, call, request)),
        "CreateDocument" => parse(call).and_then(|request| change::create(world, call, request)),
        "UpdateDocument" => parse(call).and_then(|request| change::update(world, call, request)),
        "UpdateDocumentDefaultVersion" => {
            parse(call).and_then(|request| change::default(world, call, request))
        }
        "DeleteDocument" => parse(call).and_then(|request| change::delete(world, call, request)),
        _ => return None,
    })
}
