//! Where costs come from: whose Cost Explorer, which imports, or Athena.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// What this profile sees; a payer's sees every linked account.
    CostExplorer(String),
    /// All imports, or the export of one name.
    Files(Option<String>),
    Athena,
}

impl Source {
    /// Any dimension can be asked of it, not only a pair.
    pub fn has_all_axes(&self) -> bool {
        !matches!(self, Source::CostExplorer(_))
    }

    /// As it is shown on a badge.
    pub fn badge(&self) -> &'static str {
        match self {
            Source::CostExplorer(_) => "CE",
            Source::Files(_) => "files",
            Source::Athena => "Athena",
        }
    }

    /// The inverse of its `Display`.
    pub fn parse(text: &str) -> Option<Source> {
        Some(match text.split_once(':') {
            Some(("ce", profile)) => Source::CostExplorer(profile.to_owned()),
            Some(("files", name)) => Source::Files(Some(name.to_owned())),
            Some(_) => return None,
            None if text == "files" => Source::Files(None),
            None if text == "athena" => Source::Athena,
            None => return None,
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::CostExplorer(profile) => write!(f, "ce:{profile}"),
            Source::Files(Some(name)) => write!(f, "files:{name}"),
            Source::Files(None) => f.write_str("files"),
            Source::Athena => f.write_str("athena"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let all = [
            Source::CostExplorer("shop:eu".into()),
            Source::Files(None),
            Source::Files(Some("bill".into())),
            Source::Athena,
        ];
        for source in all {
            assert_eq!(Source::parse(&source.to_string()), Some(source));
        }
        assert_eq!(Source::parse("disk"), None);
    }
}
