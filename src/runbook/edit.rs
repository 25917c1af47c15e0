//! Writing a page that was changed in the console: whole or not at all, with its line ends and its permissions, and only
//! over the text that was read.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::library::Failure;

/// Writes `text` over the file if it still says `before`; both have LF line ends.
pub fn save(path: &Path, before: &str, text: &str) -> Result<(), Failure> {
    let failed = |cause: String, hint: &str| Failure {
        path: path.to_path_buf(),
        cause,
        hint: hint.into(),
    };
    let io = |cause: std::io::Error| {
        failed(
            format!("not saved: {cause}"),
            "check its permissions and the disk",
        )
    };
    // A link stays one: what it leads to is written.
    let real = fs::canonicalize(path).map_err(io)?;
    let old = fs::read_to_string(&real).map_err(io)?;
    let mark = if old.starts_with('\u{feff}') {
        "\u{feff}"
    } else {
        ""
    };
    if old
        .trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        != before
    {
        return Err(failed(
            "not saved: the file has changed on disk since it was read".into(),
            "press r to read it again, then edit",
        ));
    }
    let text = match old.contains("\r\n") {
        true => text.replace('\n', "\r\n"),
        false => text.to_string(),
    };
    let folder = real.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    file.write_all(format!("{mark}{text}").as_bytes()).map_err(io)?;
    let permissions = fs::metadata(&real).map_err(io)?.permissions();
    file.as_file().set_permissions(permissions).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    file.persist(&real).map_err(|bad| io(bad.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn line_ends_and_permissions_stay_and_a_changed_file_is_let_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        fs::write(&path, "# A\r\nb\r\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        save(&path, "# A\nb\n", "# A\nc\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "# A\r\nc\r\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        let refused = save(&path, "# A\nb\n", "lost").unwrap_err();
        assert!(refused.cause.contains("has changed"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "# A\r\nc\r\n");
    }
}
