//! The one thing of a profile that concerns the network: the file of certificates it names in AWS's configuration file.
//! Credentials and all else are left to the SDK. Outside facts: AWS's "Configuration and credential file settings".

use std::path::{Path, PathBuf};

/// `ca_bundle` of the first of `profiles` that has one; `~/` stands for `home`.
pub fn parse_ca_bundle(text: &str, profiles: &[&str], home: &Path) -> Option<PathBuf> {
    let found = profiles.iter().find_map(|profile| {
        // Where both are written, `[profile default]` counts and `[default]` does not.
        let named = setting(text, |section| names(section, profile));
        named.or_else(|| setting(text, |section| *profile == "default" && section == "default"))
    })?;
    Some(match found.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None => found.into(),
    })
}

fn names(section: &str, profile: &str) -> bool {
    let name = section
        .strip_prefix("profile")
        .filter(|rest| rest.starts_with([' ', '\t']));
    name.is_some_and(|name| name.trim().trim_matches(['"', '\'']) == profile)
}

/// The last value in the sections that `is_ours` takes.
fn setting(text: &str, is_ours: impl Fn(&str) -> bool) -> Option<&str> {
    let (mut inside, mut value) = (false, None);
    for line in text.lines() {
        // What is indented belongs to the setting before it.
        if let Some(section) = line.strip_prefix('[') {
            inside = section
                .split_once(']')
                .is_some_and(|(name, _)| is_ours(name.trim()));
        } else if inside
            && let Some((key, said)) = line.split_once('=')
            && key.trim_end() == "ca_bundle"
        {
            let said = said.split_once(" #").map_or(said, |(said, _)| said);
            value = Some(said.trim()).filter(|said| !said.is_empty());
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "\
# ca_bundle = /comment.pem
[default]
ca_bundle = /default.pem
[profile prod]
region = eu-west-1
s3 =
  ca_bundle = /nested.pem
ca_bundle = ~/corp.pem # the proxy's
[profile \"two words\"]
ca_bundle=/two.pem
[sso-session prod]
ca_bundle = /session.pem
[profile bare]
region = us-east-1
";

    fn bundle(profiles: &[&str]) -> Option<PathBuf> {
        parse_ca_bundle(TEXT, profiles, Path::new("/home/me"))
    }

    #[test]
    fn the_first_profile_that_names_a_bundle_counts() {
        assert_eq!(bundle(&["default"]), Some("/default.pem".into()));
        assert_eq!(bundle(&["prod"]), Some("/home/me/corp.pem".into()));
        assert_eq!(bundle(&["two words"]), Some("/two.pem".into()));
        assert_eq!(bundle(&["bare", "prod"]), Some("/home/me/corp.pem".into()));
        assert_eq!(bundle(&["bare"]), None);
        assert_eq!(bundle(&["gone"]), None);
        let both = "[default]\nca_bundle = /a\n[profile default]\nca_bundle = /b\n";
        assert_eq!(
            parse_ca_bundle(both, &["default"], Path::new("/")),
            Some("/b".into())
        );
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "[\\[\\]a-z=# \"\n~/é]{0,200}", profile in "[a-z \"]{0,8}") {
            parse_ca_bundle(&text, &[&profile], Path::new("/"));
        }
    }
}
