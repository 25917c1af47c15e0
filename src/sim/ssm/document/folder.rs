//! Documents of a folder of files, owned by every account: whatever JSON or YAML in it has a schema version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::{Document, Format, Version, stock, text};

/// Deeper folders are not looked into.
const DEEPEST: usize = 12;

#[derive(Debug, thiserror::Error)]
#[error("cannot read documents of {}: {source}", path.display())]
pub struct BadFolder {
    pub path: PathBuf,
    pub source: std::io::Error,
}

/// Name, format and text of each.
pub fn load(folder: &Path) -> Result<Vec<(String, Format, String)>, BadFolder> {
    let mut files = Vec::new();
    walk(folder, 0, &mut files)?;
    files.sort();
    let mut found: BTreeMap<String, (Format, String)> = BTreeMap::new();
    for path in files {
        let format = match path.extension().and_then(|end| end.to_str()) {
            Some("json") => Format::Json,
            _ => Format::Yaml,
        };
        let bad = |source| BadFolder {
            path: path.clone(),
            source,
        };
        let text = std::fs::read_to_string(&path).map_err(bad)?;
        let is_document = text::read(&text, format).is_ok_and(|content| text::schema(&content).is_some());
        if is_document {
            let below = path.strip_prefix(folder).unwrap_or(&path);
            let stem = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default();
            let is_telling = stem.contains('-') && !found.contains_key(stem);
            let name = if is_telling {
                plain(stem)
            } else {
                from_path(below, stem)
            };
            found.insert(name, (format, text));
        }
    }
    Ok(found
        .into_iter()
        .map(|(name, (format, text))| (name, format, text))
        .collect())
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), BadFolder> {
    let bad = |source| BadFolder {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(bad)? {
        let entry = entry.map_err(bad)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(bad)?);
        let end = path.extension().and_then(|end| end.to_str());
        if kind.is_dir() && depth < DEEPEST {
            walk(&path, depth + 1, files)?;
        } else if kind.is_file() && matches!(end, Some("json" | "yml" | "yaml")) {
            files.push(path);
        }
    }
    Ok(())
}

/// The folders that a file is in; a stem that says only what it is adds nothing to them.
fn from_path(below: &Path, stem: &str) -> String {
    let folders = below.parent().into_iter().flat_map(Path::components);
    let mut parts: Vec<String> = folders
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .filter(|part| part != "Documents")
        .collect();
    if parts.is_empty() || !stem.ends_with("Document") {
        parts.push(stem.to_owned());
    }
    plain(&parts.join("-"))
}

fn plain(name: &str) -> String {
    let fit = |c: char| {
        if c.is_ascii_alphanumeric() || "_-.".contains(c) {
            c
        } else {
            '-'
        }
    };
    name.chars().map(fit).take(128).collect()
}

pub fn documents(owner: &str, folder: &[(String, Format, String)]) -> Vec<Document> {
    let of = |(name, format, text): &(String, Format, String)| {
        let content: Value = text::read(text, *format).ok()?;
        let kind = match text::schema(&content)?.as_str() {
            "0.3" => "Automation",
            "1.0" => "Session",
            _ => "Command",
        };
        Some(Document {
            name: name.clone(),
            owner: owner.to_owned(),
            kind: kind.into(),
            target_type: None,
            display_name: None,
            tags: BTreeMap::new(),
            versions: vec![Version {
                number: 1,
                name: None,
                format: *format,
                text: text.clone(),
                content: Arc::new(content),
                at: stock::created(),
            }],
            default: 1,
        })
    };
    folder.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_named_after_its_file_or_after_its_folders() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let step = "mainSteps:\n- name: a\n  action: aws:sleep\n";
        write(
            "ebs/sop/grow/Documents/AutomationDocument.yml",
            &format!("schemaVersion: '0.3'\n{step}"),
        );
        write(
            "Larkfield-Patch.json",
            r#"{"schemaVersion":"2.2","mainSteps":[]}"#,
        );
        write("INDEX.yaml", "- tag: no document\n");
        let loaded = load(folder.path()).unwrap();
        let names: Vec<&str> = loaded.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["Larkfield-Patch", "ebs-sop-grow"]);
        assert_eq!(documents("1", &loaded)[1].kind, "Automation");
    }
}
