//! Source and destination as typed: a file here, or `TARGET:PATH`. The last colon right before a `/` or `~` decides;
//! without one, the last colon before the first slash does, and the path counts from the remote home.

use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Local(PathBuf),
    /// Standard input or output.
    Stream,
    Remote {
        target: String,
        path: String,
    },
}

impl Place {
    pub fn parse(text: &str) -> Place {
        if text == "-" {
            return Place::Stream;
        }
        let is_local = ["/", "./", "../", "~/"]
            .iter()
            .any(|start| text.starts_with(start))
            || text == "~";
        match colon(text).filter(|_| !is_local) {
            Some(at) => Place::Remote {
                target: text[..at].to_owned(),
                path: text[at + 1..].to_owned(),
            },
            None => Place::Local(text.into()),
        }
    }
}

fn colon(text: &str) -> Option<usize> {
    let decisive = text
        .match_indices(':')
        .rfind(|(at, _)| text[at + 1..].starts_with(['/', '~']));
    let before_slash = || {
        let head = text.split('/').next().unwrap_or_default();
        head.rfind(':').map(|at| (at, ":"))
    };
    decisive
        .or_else(before_slash)
        .map(|(at, _)| at)
        .filter(|at| *at > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn remote(text: &str) -> Option<(String, String)> {
        match Place::parse(text) {
            Place::Remote { target, path } => Some((target, path)),
            _ => None,
        }
    }

    #[test]
    fn the_last_colon_before_a_slash_or_tilde_decides() {
        let pair = |target: &str, path: &str| Some((target.to_owned(), path.to_owned()));
        assert_eq!(remote("web-1:/etc/hosts"), pair("web-1", "/etc/hosts"));
        assert_eq!(remote("web:~/a"), pair("web", "~/a"));
        assert_eq!(remote("env=prod:/x:y"), pair("env=prod", "/x:y"));
        assert_eq!(remote("ecs:c/t/app:/x"), pair("ecs:c/t/app", "/x"));
        assert_eq!(remote("url=a/b:/x"), pair("url=a/b", "/x"));
        assert_eq!(remote("web:notes.txt"), pair("web", "notes.txt"));
        assert_eq!(remote("web:"), pair("web", ""));
        assert_eq!(
            remote("i-0123456789abcdef0:dir/a"),
            pair("i-0123456789abcdef0", "dir/a")
        );
    }

    #[test]
    fn files_here_may_hold_colons() {
        for text in [
            "./a:b",
            "/tmp/a:/b",
            "../a:~b",
            "plain",
            "dir/a:b",
            ":/x",
            "~/a:b",
        ] {
            assert_eq!(Place::parse(text), Place::Local(text.into()), "{text}");
        }
        assert_eq!(Place::parse("-"), Place::Stream);
    }

    proptest! {
        #[test]
        fn nothing_of_what_was_typed_is_lost(text in "\\PC{0,40}") {
            if let Place::Remote { target, path } = Place::parse(&text) {
                prop_assert_eq!(format!("{target}:{path}"), text);
            }
        }
    }
}
