//! What the proofs beside a recording are worth. Whatever can be checked without asking anyone is: the hash of the
//! exact file, signatures, the way into the log. The rest is told as what it is, a note of this machine's.

use super::{Level, Proof, load_proofs, note, read_lines};
use crate::audit::Leaf;
use crate::audit::note::Key;
use crate::audit::witness;
use crate::recording::library::data_dir_of;
use crate::recording::{DeviceKey, Error, header_of};
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

/// The witnesses that the configuration names.
static WITNESSES: OnceLock<Vec<Key>> = OnceLock::new();

/// Says whose cosignatures count, once for the process; until then whoever signed does. Later calls change nothing.
pub fn trust(witnesses: Vec<Key>) {
    let _ = WITNESSES.set(witnesses);
}

/// Which file the proofs must be about.
pub struct Subject<'s> {
    pub recording: &'s Path,
    pub id: &'s str,
    /// The device that the recording names; it may sign checkpoints besides the log's first key.
    pub device_key: [u8; 32],
}

/// How far the trust in a recording reaches, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub level: Level,
    /// One sentence for each proof.
    pub rests_on: Vec<String>,
    /// What is not what it claims to be.
    pub forged: Option<String>,
    /// The levels that hold, each with its sentence.
    pub stands: Vec<(Level, String)>,
}

impl Standing {
    /// What was found by asking instead of what was noted of these levels; `found` is what holds of them.
    pub fn replace(&mut self, asked: &[Level], found: Option<Level>, says: String) {
        let stands = std::mem::take(&mut self.stands);
        let (gone, stay): (Vec<_>, Vec<_>) = stands.into_iter().partition(|(level, _)| asked.contains(level));
        self.rests_on
            .retain(|line| !gone.iter().any(|(_, says)| says == line));
        self.stands = stay;
        self.stands.extend(found.map(|level| (level, says.clone())));
        self.rests_on.push(says);
        self.level = self
            .stands
            .iter()
            .map(|(level, _)| *level)
            .max()
            .unwrap_or_default();
    }

    /// How the next levels are reached.
    pub fn raised_by(&self) -> &'static str {
        match self.level {
            Level::Local => {
                "`qd recordings push` to the team's store, `qd audit reconcile` with AWS's history, or a second person's `qd audit witness`"
            }
            Level::Uploaded => {
                "Object Lock on the team's bucket, `qd audit reconcile`, or a second person's `qd audit witness`"
            }
            Level::Locked => {
                "`qd audit reconcile` with AWS's history, or a second person's `qd audit witness`"
            }
            Level::Correlated => "a second person's `qd audit witness`",
            Level::Witnessed => "nothing: this is the highest level",
        }
    }
}

/// The proof that `by` cosigned the checkpoint which `proof` leads to.
pub fn witnessed(
    proof: &crate::audit::Proof,
    by: &Key,
    at: Timestamp,
) -> Result<Option<Proof>, serde_json::Error> {
    let Leaf::Recording { size, sha256, .. } = &proof.leaf else {
        return Ok(None);
    };
    let mut detail = Map::new();
    detail.insert("witness".into(), by.to_string().into());
    detail.insert("proof".into(), serde_json::to_value(proof)?);
    Ok(Some(Proof {
        level: Level::Witnessed,
        at: at.to_string(),
        size: *size,
        sha256: sha256.clone(),
        detail,
        noted: None,
    }))
}

/// Whose notes count: the device that made the recording, and the one in whose data directory it lies.
fn devices(subject: &Subject) -> Vec<[u8; 32]> {
    let data_dir = data_dir_of(subject.recording).ok().flatten();
    let own = data_dir.as_deref().and_then(DeviceKey::in_file);
    [subject.device_key].into_iter().chain(own).collect()
}

/// What a listing tells without reading the recording: the strongest level whose signatures hold for a file of that
/// id and size.
pub fn listed(recording: &Path, id: &str, size: u64) -> Level {
    let mut proofs = load_proofs(recording).unwrap_or_default();
    proofs.retain(|proof| proof.size == size);
    if proofs.is_empty() {
        return Level::Local;
    }
    let Ok((_, device_key)) = header_of(recording) else {
        return Level::Local;
    };
    let subject = Subject {
        recording,
        id,
        device_key,
    };
    let devices = devices(&subject);
    let trusted = WITNESSES.get().map(Vec::as_slice);
    let stands = |proof: &Proof| match proof.level {
        Level::Witnessed => matches!(check_witnessed(&subject, proof, true, trusted), Worth::Stands(..)),
        _ => proof.is_noted_by(&devices) && proof.is_complete(),
    };
    proofs.sort_by_key(|proof| std::cmp::Reverse(proof.level));
    let found = proofs.iter().find(|proof| stands(proof));
    found.map(|proof| proof.level).unwrap_or_default()
}

/// Examines every proof; what cannot be read raises nothing, and is told. `trusted` are the witnesses that count;
/// `None`: those whom the configuration names.
pub fn examine(subject: &Subject, trusted: Option<&[Key]>) -> Result<Standing, Error> {
    let trusted = trusted.or(WITNESSES.get().map(Vec::as_slice));
    let mut standing = Standing::default();
    let proofs = match read_lines(subject.recording) {
        Ok((proofs, 0)) => proofs,
        Ok((proofs, lines)) => {
            let says = format!("lines of proofs that cannot be read, which raise nothing: {lines}");
            standing.rests_on.push(says);
            proofs
        }
        Err(cause) => {
            let says = format!("proofs that cannot be read, which raise nothing: {cause}");
            standing.rests_on.push(says);
            return Ok(standing);
        }
    };
    if proofs.is_empty() {
        return Ok(standing);
    }
    let (size, sha256) = fingerprint(subject.recording).map_err(Error::io("read", subject.recording))?;
    let devices = devices(subject);
    for proof in &proofs {
        let own = proof.size == size && proof.sha256 == sha256;
        let found = match proof.level {
            Level::Witnessed => check_witnessed(subject, proof, own, trusted),
            level if own && proof.is_noted_by(&devices) && !proof.is_complete() => Worth::Nothing(format!(
                "a note that it is {}, without what somebody else could check: it raises nothing",
                level.as_str()
            )),
            level if own && proof.is_noted_by(&devices) => Worth::Stands(level, note::says(proof)),
            level if own => Worth::Nothing(format!(
                "a note that it is {}, which no device that is known here signed: it raises nothing",
                level.as_str()
            )),
            _ => Worth::Nothing("a proof of another file, which raises nothing".into()),
        };
        match found {
            Worth::Stands(level, says) => {
                standing.level = standing.level.max(level);
                standing.rests_on.push(says.clone());
                standing.stands.push((level, says));
            }
            Worth::Nothing(says) => standing.rests_on.push(says),
            Worth::Forged(says) => {
                standing.rests_on.push(says.clone());
                standing.forged.get_or_insert(says);
            }
        }
    }
    Ok(standing)
}

enum Worth {
    Stands(Level, String),
    Nothing(String),
    Forged(String),
}

fn check_witnessed(subject: &Subject, proof: &Proof, own: bool, trusted: Option<&[Key]>) -> Worth {
    let checked = match open(subject, &proof.detail) {
        Ok(checked) => checked,
        Err(why) if own => return Worth::Forged(format!("the proof that it was witnessed is forged: {why}")),
        Err(_) => return Worth::Nothing("a proof of another file, which raises nothing".into()),
    };
    let Leaf::Recording { id, size, sha256 } = &checked.leaf else {
        return Worth::Forged("the proof that it was witnessed is forged: it is about no recording".into());
    };
    if id != subject.id {
        return Worth::Nothing("a proof of another recording, which raises nothing".into());
    }
    if !own || *size != proof.size || *sha256 != proof.sha256 {
        return Worth::Forged(format!(
            "another file was witnessed under this id, {size} bytes with SHA-256 {sha256}: this one was put in its place"
        ));
    }
    let says = format!(
        "cosigned by {} on {}, as leaf {} of {} of the log",
        checked.by.name, checked.at, checked.index, checked.leaves
    );
    if checked.is_own {
        return Worth::Nothing(format!(
            "{says}; but that is the device's own key, and proves nothing"
        ));
    }
    match trusted {
        Some(keys) if !keys.contains(&checked.by) => Worth::Nothing(format!(
            "{says}; but [audit] witnesses does not name {}",
            checked.by
        )),
        _ => Worth::Stands(Level::Witnessed, format!("witnessed: {says}")),
    }
}

struct Checked {
    leaf: Leaf,
    index: u64,
    leaves: u64,
    by: Key,
    at: Timestamp,
    /// Who cosigned is who signed.
    is_own: bool,
}

/// Checks all that a witnessed proof carries in itself.
fn open(subject: &Subject, detail: &Map<String, Value>) -> Result<Checked, String> {
    let field = |name: &str| detail.get(name).ok_or_else(|| format!("it has no {name}"));
    let by: Key = field("witness")?
        .as_str()
        .unwrap_or_default()
        .parse()
        .map_err(|why| format!("its witness has no verifier key: {why}"))?;
    let proof: crate::audit::Proof =
        serde_json::from_value(field("proof")?.clone()).map_err(|cause| cause.to_string())?;
    let origin = proof.checkpoint.lines().next().unwrap_or_default();
    let keys: Vec<[u8; 32]> = crate::audit::checkpoint::key_of(origin)
        .into_iter()
        .chain([subject.device_key])
        .collect();
    let (_, note) = proof.check(&keys)?;
    let at = match witness::check(&note, &by) {
        Some(Ok(at)) => at,
        Some(Err(says)) => return Err(says.into()),
        None => return Err(format!("{} did not cosign its checkpoint", by.name)),
    };
    let at = i64::try_from(at)
        .ok()
        .and_then(|at| Timestamp::from_second(at).ok());
    Ok(Checked {
        is_own: keys.contains(&by.public),
        leaf: proof.leaf,
        index: proof.index,
        leaves: proof.size,
        by,
        at: at.ok_or("its cosignature has an impossible time")?,
    })
}

/// Size and SHA-256 of a file, read once from end to end.
pub fn fingerprint(path: &Path) -> io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let size = io::copy(&mut File::open(path)?, &mut Into(&mut hash))?;
    Ok((size, hex::encode(hash.finalize())))
}

struct Into<'h>(&'h mut Sha256);

impl io::Write for Into<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
