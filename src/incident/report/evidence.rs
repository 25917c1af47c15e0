//! What steps left as evidence: the outputs of steps that a page calls so, the end of what failed, and what was seen last of a
//! step whose end nobody saw. An output that is no longer what was kept is said to be so.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::incident::timeline::{Item, Kind, Ran};
use crate::runbook::fence;
use crate::runbook::plan::Plan;
use crate::runbook::run::journal;
use crate::runbook::run::record::{Outcome, Record};

/// Of an output, so much at most is attached.
const MOST: usize = 32 << 10;
/// And of what was no success, its end.
const MOST_FAILED: usize = 2 << 10;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub run: String,
    pub step: String,
    pub title: String,
    pub target: String,
    /// How the step ended; `unknown` is no failure.
    pub outcome: Outcome,
    pub failed: bool,
    pub text: String,
    /// Of the whole file that was kept.
    pub sha256: String,
    pub bytes: u64,
    /// Bytes of the output where the file has only its beginning and its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub printed: Option<u64>,
    /// Bytes that were left out before the text.
    pub left_out: u64,
    /// Whether the file still has that hash.
    pub ok: bool,
    /// Secrets in the text are covered, which in the file they are not.
    pub covered: bool,
}

impl Evidence {
    /// How long the output is, before the word on the hash, which is of what was kept.
    pub(super) fn length(&self) -> String {
        match self.printed {
            None => format!("{} bytes, ", self.bytes),
            Some(printed) => format!(
                "{printed} bytes, of which {} are kept, the beginning and the end; of what is kept, ",
                self.bytes
            ),
        }
    }
}

/// How many steps each log of somebody else tells of: what those printed is on the machine of that log.
pub fn elsewhere(timeline: &[Item]) -> BTreeMap<&str, usize> {
    let mut steps = BTreeMap::new();
    let told = timeline
        .iter()
        .filter(|item| item.kind == Kind::Step && !item.is_remark);
    for from in told.filter_map(|item| item.from.as_deref()) {
        *steps.entry(from).or_default() += 1;
    }
    steps
}

/// Of every run, in the order of its steps.
pub fn of(data_dir: &Path, runs: &[Ran]) -> Vec<Evidence> {
    runs.iter().flat_map(|ran| of_run(data_dir, ran)).collect()
}

fn of_run(data_dir: &Path, ran: &Ran) -> Vec<Evidence> {
    let folder = journal::folder(data_dir).join(&ran.id);
    let page = journal::load_page(data_dir, &ran.id).unwrap_or_default();
    let plan = Plan::parse(Path::new("page.md"), "page.md", &page).ok();
    let step_of = |id: &str| plan.as_ref().and_then(|plan| plan.step(id));
    let mut found = Vec::new();
    for line in &ran.lines {
        let Record::Ended {
            step,
            target,
            outcome,
            output: Some(kept),
            ..
        } = &line.record
        else {
            continue;
        };
        let is_evidence = step_of(step).is_some_and(|step| step.attributes.kind == fence::Kind::Evidence);
        if !is_evidence && *outcome == Outcome::Success {
            continue;
        }
        let bytes = std::fs::read(folder.join(&kept.file)).unwrap_or_default();
        let most = if is_evidence { MOST } else { MOST_FAILED };
        let from = bytes.len().saturating_sub(most);
        // What the file does not have stands before its end.
        let missing = kept.cut.map_or(0, |cut| cut.left_out);
        found.push(Evidence {
            run: ran.id.clone(),
            step: step.clone(),
            title: step_of(step).map(|step| step.title.clone()).unwrap_or_default(),
            target: target.clone(),
            outcome: *outcome,
            failed: outcome.is_failure(),
            text: String::from_utf8_lossy(&bytes[from..]).into_owned(),
            sha256: kept.sha256.clone(),
            bytes: kept.bytes,
            printed: kept.cut.map(|cut| cut.printed),
            left_out: from as u64 + missing,
            ok: hex::encode(Sha256::digest(&bytes)) == kept.sha256,
            covered: false,
        });
    }
    found
}
