//! Runbooks that come with the program: one for each rule about costs, so that a finding always has something to open. They
//! are pages like any other, and one of the same name in a configured folder goes before them.

use std::sync::Arc;

use super::library::Library;
use super::source::Source;

macro_rules! costs {
    ($($name:literal,)*) => {
        /// Name in the library and text of each.
        pub const ALL: &[(&str, &str)] = &[$((
            concat!("costs/", $name, ".md"),
            include_str!(concat!("../../assets/runbooks/costs/", $name, ".md")),
        ),)*];
    };
}

costs! {
    "current-generation",
    "endless-logs",
    "gp2-to-gp3",
    "graviton",
    "idle-gateway",
    "idle-instance",
    "nat-hot-spot",
    "off-hours",
    "one-size-down",
    "orphan-snapshot",
    "public-address",
    "recommended-size",
    "savings-plan",
    "spot",
    "stopped-instance",
    "transfer-hot-spot",
    "unattached-volume",
    "unused-address",
    "unvisited-instance",
}

/// Puts them beside what was read from the configured folders.
pub fn add_to(library: &mut Library) {
    let files = ALL
        .iter()
        .map(|(name, text)| (name.to_string(), text.as_bytes().to_vec()));
    library.add(Arc::new(Source::built_in()), files);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::advice::Rule;
    use crate::runbook::Runnable;

    fn library() -> Library {
        let mut library = Library::default();
        add_to(&mut library);
        library
    }

    #[test]
    fn every_rule_has_its_runbook_and_every_runbook_its_rule() {
        let mut rules: Vec<&str> = Rule::ALL.iter().map(|rule| rule.runbook()).collect();
        rules.sort_unstable();
        let pages = ALL.iter().filter_map(|(name, _)| name.strip_suffix(".md"));
        assert_eq!(pages.collect::<Vec<_>>(), rules);
        let library = library();
        assert!(library.find("costs/spot").is_some() && library.find("costs/none").is_none());
    }

    #[test]
    fn every_page_says_whose_it_is_and_checks_before_it_changes() {
        for page in &library().pages {
            let name = &page.name;
            assert!(page.owner.is_some() && page.reviewed_on.is_some(), "{name}");
            let kinds: Vec<&str> = page
                .text
                .lines()
                .filter_map(|line| line.split_once("kind=")?.1.split([' ', '}']).next())
                .collect();
            assert_eq!(kinds.first(), Some(&"check"), "{name}");
            assert!(kinds.contains(&"do"), "{name}");
            let last_check = kinds.iter().rposition(|kind| *kind == "check");
            assert!(last_check < kinds.iter().position(|kind| *kind == "do"), "{name}");
            assert!(page.text.contains("\n## Rollback\n"), "{name}");
            for block in page.blocks() {
                assert_eq!(block.runnable, Runnable::Yes, "{name}:{}", block.start_line);
            }
        }
    }

    #[test]
    fn links_lead_to_pages_that_are_there() {
        let library = library();
        for (name, text) in ALL {
            for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                assert!(
                    library.find(&format!("costs/{link}")).is_some(),
                    "{name} links to {link}"
                );
            }
        }
    }
}
