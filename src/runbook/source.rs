//! Where runbooks come from. A page names its source, so that two of one name are told apart and a reader knows
//! whether what is read is a branch, a bucket or built in.

use std::path::{Path, PathBuf};

use super::git::Checkout;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Short, for a list: a folder's name, `name@branch`, `s3://bucket/prefix`, `built in`.
    pub label: String,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Folder(PathBuf),
    /// A folder inside a git checkout.
    Git {
        folder: PathBuf,
        checkout: Checkout,
    },
    Bucket {
        bucket: String,
        prefix: String,
    },
    BuiltIn,
    /// Systems Manager documents of every account and region that is shown.
    Documents,
}

impl Default for Kind {
    fn default() -> Kind {
        Kind::Folder(PathBuf::new())
    }
}

impl Source {
    pub fn folder(path: &Path) -> Source {
        Source {
            label: name_of(path),
            kind: Kind::Folder(path.to_path_buf()),
        }
    }

    pub fn git(folder: &Path, checkout: Checkout) -> Source {
        let at = checkout.branch.as_deref().unwrap_or("no branch");
        Source {
            label: format!("{}@{at}", name_of(folder)),
            kind: Kind::Git {
                folder: folder.to_path_buf(),
                checkout,
            },
        }
    }

    pub fn built_in() -> Source {
        Source {
            label: "built in".into(),
            kind: Kind::BuiltIn,
        }
    }

    /// `s3://BUCKET/PREFIX` and `ssm:`, where a configured path is one of them.
    pub fn remote(path: &Path) -> Option<Source> {
        let path = path.to_str()?;
        if matches!(path, "ssm:" | "ssm:/" | "ssm://") {
            return Some(Source {
                label: "ssm:".into(),
                kind: Kind::Documents,
            });
        }
        let rest = path.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        (!bucket.is_empty()).then(|| Source {
            label: format!("s3://{rest}"),
            kind: Kind::Bucket {
                bucket: bucket.into(),
                prefix: prefix.into(),
            },
        })
    }

    /// Whether its pages are files that can be changed here.
    pub fn is_on_disk(&self) -> bool {
        matches!(self.kind, Kind::Folder(_) | Kind::Git { .. })
    }

    /// What a reader must know before trusting a page of it: a merge that is not finished.
    pub fn warning(&self) -> Option<String> {
        match &self.kind {
            Kind::Git { checkout, .. } => checkout.warning(),
            _ => None,
        }
    }
}

fn name_of(path: &Path) -> String {
    let name = path
        .file_name()
        .map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    name.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_elsewhere_are_told_from_folders() {
        let source = Source::remote(Path::new("s3://ops/runbooks/")).unwrap();
        assert_eq!(
            source.kind,
            Kind::Bucket {
                bucket: "ops".into(),
                prefix: "runbooks/".into()
            }
        );
        assert_eq!(Source::remote(Path::new("ssm:")).unwrap().kind, Kind::Documents);
        assert_eq!(Source::remote(Path::new("/s3/x")), None);
        assert_eq!(Source::remote(Path::new("s3:///x")), None);
    }
}
