//! A theme that cannot be shown, as the console says it.

use crate::app::{Notice, Weight};
use crate::config::Bad;

/// What is wrong first, and those that there are as its remedy: a path before it would leave no room for either.
pub fn refused(bad: &Bad) -> Notice {
    let file = bad.file.display().to_string();
    match bad.faults.as_slice() {
        [fault] if fault.hint.as_ref().is_some_and(|hint| hint.contains(&file)) => {
            Notice::new(Weight::Bad, fault.says.clone()).hint(fault.hint.clone().unwrap_or_default())
        }
        _ => Notice::new(Weight::Bad, bad.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Theme;

    #[test]
    fn an_unknown_theme_is_refused_with_those_that_there_are() {
        let dir = tempfile::tempdir().unwrap();
        let notice = refused(&Theme::load("nope", dir.path()).unwrap_err());
        assert_eq!(notice.says, "no theme is called \"nope\"");
        for name in Theme::names() {
            assert!(notice.hint.contains(name), "{}", notice.hint);
        }
        std::fs::write(dir.path().join("own.toml"), "[styles\n").unwrap();
        let torn = refused(&Theme::load("own", dir.path()).unwrap_err());
        assert!(torn.says.contains("own.toml"), "{}", torn.says);
    }
}
