//! What an export consists of: a manifest names its files, and nothing else in the folder counts, since older executions
//! stay there. The layouts are those of AWS Data Exports (`metadata/BILLING_PERIOD=…/NAME-Manifest.json` beside `data/`)
//! and of legacy reports (`YYYYMMDD-YYYYMMDD/NAME-Manifest.json` with `reportKeys`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::trouble::{Flaw, Trouble};

const ENDING: &str = "-Manifest.json";

#[derive(Deserialize)]
struct Manifest {
    #[serde(default, alias = "dataFiles", alias = "data_files", alias = "reportKeys")]
    files: Vec<String>,
}

/// Files that belong together: imports of one export replace each other month by month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    pub key: String,
    pub name: String,
    pub files: Vec<PathBuf>,
}

pub fn is_manifest(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().ends_with(ENDING))
}

/// The exports that a path stands for: a manifest, a folder with manifests or with data files, or a data file.
pub fn find(path: &Path) -> Result<Vec<Export>, Trouble> {
    let path = fs::canonicalize(path).map_err(|error| {
        Flaw::whole(
            format!("cannot be read: {error}"),
            "name a file, a folder or a manifest",
        )
        .of(path)
    })?;
    if path.is_dir() {
        let mut all = Vec::new();
        walk(&path, &mut all).map_err(|error| {
            Flaw::whole(format!("cannot be listed: {error}"), "check its permissions").of(&path)
        })?;
        let manifests = newest(all.iter().filter(|file| is_manifest(file)).cloned().collect());
        if manifests.is_empty() {
            return loose(&path, all);
        }
        let mut exports: BTreeMap<String, Export> = BTreeMap::new();
        for manifest in manifests {
            let export = read(&manifest)?;
            let known = exports.entry(export.key.clone()).or_insert_with(|| Export {
                files: Vec::new(),
                ..export.clone()
            });
            known.files.extend(export.files);
            known.files.sort();
            known.files.dedup();
        }
        return Ok(exports.into_values().collect());
    }
    if is_manifest(&path) {
        return Ok(vec![read(&path)?]);
    }
    Ok(vec![Export {
        key: path.display().to_string(),
        name: stem(&path),
        files: vec![path],
    }])
}

/// A folder without manifests: its data files are one export.
fn loose(dir: &Path, all: Vec<PathBuf>) -> Result<Vec<Export>, Trouble> {
    let is_data = |file: &PathBuf| {
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        let ended = [".parquet", ".csv", ".csv.gz"]
            .iter()
            .any(|ending| name.ends_with(ending));
        ended && !name.starts_with(['.', '_'])
    };
    let files: Vec<PathBuf> = all.into_iter().filter(is_data).collect();
    if files.is_empty() {
        let flaw = Flaw::whole(
            "there is no manifest here and no .parquet, .csv or .csv.gz",
            "name the folder of an export, or one of its files",
        );
        return Err(flaw.of(dir));
    }
    Ok(vec![Export {
        key: dir.display().to_string(),
        name: stem(dir),
        files,
    }])
}

fn walk(dir: &Path, all: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    entries.sort();
    for entry in entries {
        // A link may lead back up.
        let kind = fs::symlink_metadata(&entry)?.file_type();
        if kind.is_dir() {
            walk(&entry, all)?;
        } else if kind.is_file() || entry.is_file() {
            all.push(entry);
        }
    }
    Ok(())
}

/// Of the manifests of one export and period, the one that counts: the highest in the tree, and of several beside each
/// other the last, whose folder begins with the latest time.
pub fn newest(manifests: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut best: BTreeMap<(PathBuf, String, String), PathBuf> = BTreeMap::new();
    for manifest in manifests {
        let id = (root(&manifest), stem(&manifest), period(&manifest));
        let depth = |path: &Path| path.components().count();
        match best.get(&id) {
            Some(known) if depth(known) < depth(&manifest) => {}
            _ => {
                best.insert(id, manifest);
            }
        }
    }
    best.into_values().collect()
}

/// The part of the path that names a billing period.
fn period(manifest: &Path) -> String {
    let mut names = manifest.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    names.rfind(|name| is_period(name)).unwrap_or_default().to_owned()
}

fn is_period(name: &str) -> bool {
    let digits = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    name.to_ascii_lowercase().starts_with("billing_period=")
        || name
            .split_once('-')
            .is_some_and(|(from, to)| digits(from) && digits(to))
}

/// The folder of the export: above `metadata`, or above the billing period.
pub fn root(manifest: &Path) -> PathBuf {
    let named = |path: &&Path| {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy())
            .unwrap_or_default();
        name == "metadata" || is_period(&name)
    };
    let highest = manifest.ancestors().filter(named).last().and_then(Path::parent);
    highest.or(manifest.parent()).unwrap_or(manifest).to_owned()
}

/// The keys or addresses that a manifest names.
pub fn parse(bytes: &[u8]) -> Result<Vec<String>, Flaw> {
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(|error| {
        Flaw::whole(
            format!("is no manifest: {error}"),
            "name the …-Manifest.json of an export",
        )
    })?;
    if manifest.files.is_empty() {
        let hint = "name the …-Manifest.json of an export that was delivered";
        return Err(Flaw::whole("the manifest names no data files", hint));
    }
    Ok(manifest.files)
}

fn read(manifest: &Path) -> Result<Export, Trouble> {
    let bytes = fs::read(manifest).map_err(|error| {
        Flaw::whole(format!("cannot be read: {error}"), "check its permissions").of(manifest)
    })?;
    let names = parse(&bytes).map_err(|flaw| flaw.of(manifest))?;
    let mut files = Vec::new();
    for name in &names {
        let found = locate(manifest, name).ok_or_else(|| {
            let says = format!("the manifest names {name}, which is not there");
            Flaw::whole(says, "fetch the whole export again; nothing of it was taken in").of(manifest)
        })?;
        files.push(found);
    }
    Ok(Export {
        key: root(manifest).display().to_string(),
        name: stem(manifest),
        files,
    })
}

/// The local copy of a named file: as much of its key as possible below one of the manifest's own folders. By its bare
/// name it counts beside the manifest only: elsewhere that may be an older execution's.
fn locate(manifest: &Path, name: &str) -> Option<PathBuf> {
    let key = name.split_once("://").map_or(name, |(_, rest)| rest);
    let parts: Vec<&str> = key
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".." && *part != ".")
        .collect();
    for skip in 0..parts.len() {
        let part: PathBuf = parts[skip..].iter().collect();
        let is_bare = skip + 1 == parts.len();
        for dir in manifest
            .ancestors()
            .skip(1)
            .take(if is_bare { 1 } else { usize::MAX })
        {
            let candidate = dir.join(&part);
            if candidate.is_file() {
                return Some(candidate);
            }
        }
    }
    None
}

fn stem(path: &Path) -> String {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let endings = [
        ENDING,
        ".snappy.parquet",
        ".zstd.parquet",
        ".parquet",
        ".csv.gz",
        ".csv",
    ];
    let bare = endings.iter().find_map(|ending| name.strip_suffix(ending));
    bare.unwrap_or(&name).to_owned()
}
