//! A folder of folders with a journal each, incidents or runs: their names, and the one that a person means.

use std::io::ErrorKind;
use std::path::Path;

use super::Error;

/// Names of those that have the file, oldest first: names begin with their time.
pub fn list(dir: &Path, file: &str) -> Result<Vec<String>, Error> {
    let failed = |cause| Error::new("list", dir, cause);
    let entries = match std::fs::read_dir(dir) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.path().join(file).exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// What a person means by a part of a name.
#[derive(Debug, PartialEq, Eq)]
pub enum Meant {
    One(String),
    Nothing,
    /// The first of them, for the message.
    Several(String),
}

/// `last` is the newest; nothing written means nothing.
pub fn meant(names: Vec<String>, wanted: &str, fits: impl Fn(&str) -> bool) -> Meant {
    if wanted == "last"
        && let Some(last) = names.last()
    {
        return Meant::One(last.clone());
    }
    let mut fitting = names.into_iter().filter(|name| !wanted.is_empty() && fits(name));
    match (fitting.next(), fitting.next()) {
        (None, _) => Meant::Nothing,
        (Some(one), None) => Meant::One(one),
        (Some(one), Some(other)) => Meant::Several(format!("{one}, {other}, …")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_means_one_name_or_is_asked_about() {
        let of = |wanted: &str| {
            let names = ["a-1", "a-2", "b-1"].map(str::to_owned).to_vec();
            meant(names, wanted, |name| name.starts_with(wanted))
        };
        assert_eq!(of("b"), Meant::One("b-1".into()));
        assert_eq!(of("last"), Meant::One("b-1".into()));
        assert_eq!(of("a"), Meant::Several("a-1, a-2, …".into()));
        assert_eq!((of(""), of("c")), (Meant::Nothing, Meant::Nothing));
        assert_eq!(meant(Vec::new(), "last", |_| true), Meant::Nothing);
    }
}
