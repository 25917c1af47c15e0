use std::path::Path;

use super::*;
use crate::cost::advice::Rule;
use crate::runbook::alarm::{Alarm, Why};
use crate::runbook::fence::Kind;
use crate::runbook::plan::{Plan, Step, What};
use crate::runbook::{Page, Runnable, check, links};

fn library() -> Library {
    let mut library = Library::default();
    add_to(&mut library);
    library
}

/// All but those about costs.
fn starters() -> Vec<(String, Plan)> {
    let library = library();
    let starters = library.pages.iter().filter(|page| !is_cost(page));
    let plan = |page: &Arc<Page>| Plan::parse(Path::new(&page.name), &page.name, &page.text).unwrap();
    starters.map(|page| (page.name.clone(), plan(page))).collect()
}

fn is_cost(page: &Page) -> bool {
    page.name.starts_with("costs/")
}

fn is_change(step: &&Step) -> bool {
    !step.reads && !matches!(step.attributes.kind, Kind::Evidence | Kind::Rollback)
}

#[test]
fn every_rule_has_its_runbook_and_every_runbook_its_rule() {
    let mut rules: Vec<&str> = Rule::ALL.iter().map(|rule| rule.runbook()).collect();
    rules.sort_unstable();
    let pages = ALL.iter().filter_map(|(name, _)| name.strip_suffix(".md"));
    assert_eq!(
        pages
            .filter(|name| name.starts_with("costs/"))
            .collect::<Vec<_>>(),
        rules
    );
    let library = library();
    assert!(library.find("costs/spot").is_some() && library.find("costs/none").is_none());
}

#[test]
fn every_page_of_the_repository_is_built_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/runbooks");
    let on_disk = Library::scan(&[folder]);
    let mut names: Vec<&str> = on_disk.pages.iter().map(|page| page.name.as_str()).collect();
    names.sort_unstable();
    let mut built_in: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
    built_in.sort_unstable();
    assert_eq!(names, built_in);
    assert!(starters().len() >= 20);
    let report = check::check(&on_disk);
    let overdue = |finding: &&check::Finding| finding.rule != check::Rule::Review;
    let findings: Vec<_> = report.findings.iter().filter(overdue).collect();
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn every_page_about_costs_checks_before_it_changes() {
    for page in library().pages.iter().filter(|page| is_cost(page)) {
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
fn a_starter_page_has_its_sections_an_owner_an_audience_and_an_alarm_that_leads_to_it() {
    let library = library();
    for page in library.pages.iter().filter(|page| !is_cost(page)) {
        let name = &page.name;
        let sections: Vec<&str> = page
            .headings
            .iter()
            .filter(|heading| heading.level == 2)
            .map(|heading| heading.text.as_str())
            .collect();
        let wanted = [
            "Meaning",
            "Impact",
            "Diagnosis",
            "Mitigation",
            "Rollback",
            "Afterwards",
        ];
        assert_eq!(sections, wanted, "{name}");
        assert!(
            page.owner.is_some() && page.reviewed_on.is_some() && page.review_in_days.is_some(),
            "{name}"
        );
        let pattern = page.keys.iter().find(|key| key.contains('*'));
        let alarm = Alarm {
            name: pattern.unwrap_or_else(|| panic!("{name}")).replace('*', "-prod-"),
            ..Alarm::default()
        };
        let answers = library.answers(&alarm);
        let first = answers.iter().take_while(|answer| answer.why <= Why::Pattern);
        let mut names = first.map(|answer| &library.pages[answer.index].name);
        assert!(names.any(|answered| answered == name), "{name}: {}", alarm.name);
    }
}

#[test]
fn what_a_starter_page_calls_a_check_only_looks_and_what_changes_needs_one() {
    for (name, plan) in starters() {
        assert!(!plan.manifest.audience.is_empty(), "{name}");
        for step in plan.steps.iter().chain(&plan.rollbacks) {
            let id = &step.id;
            let is_check = step.attributes.kind == Kind::Check;
            assert!(!is_check || step.reads, "{name}: {id} is not known to only look");
            assert_eq!(step.obstacle(), None, "{name}: {id}");
        }
        let first = plan.steps.iter().find(|step| !matches!(step.what, What::Task(_)));
        assert!(first.is_some_and(|step| step.reads), "{name}");
        let changes: Vec<&Step> = plan.steps.iter().filter(is_change).collect();
        let gated = changes
            .iter()
            .filter(|step| !step.attributes.needs.is_empty())
            .count();
        assert!(!changes.is_empty() && gated * 2 >= changes.len(), "{name}");
        for change in changes {
            assert!(change.attributes.confirm.is_some(), "{name}: {}", change.id);
        }
    }
}

#[test]
fn every_value_that_a_starter_page_wants_is_declared_and_has_a_form() {
    for (name, plan) in starters() {
        for (variable, about) in &plan.manifest.variables {
            let has_form = !about.choose.is_empty() || about.is_whole_form();
            assert!(has_form, "{name}: {variable} takes anything");
            assert!(
                about.prompt.is_some(),
                "{name}: {variable} is asked for without words"
            );
            let is_used = plan.text.contains(&format!("{{{{{variable}}}}}"));
            assert!(is_used, "{name}: {variable} is used nowhere");
        }
    }
}

#[test]
fn links_lead_to_pages_that_are_there() {
    let library = library();
    for page in &library.pages {
        for link in links(&page.text) {
            let folder = Path::new(&page.name).parent().unwrap();
            let target = folder.join(&link.target);
            let mut clean: Vec<&str> = Vec::new();
            for part in target.iter().filter_map(|part| part.to_str()) {
                match part {
                    ".." => drop(clean.pop()),
                    part => clean.push(part),
                }
            }
            let target = clean.join("/");
            assert!(library.find(&target).is_some(), "{} links to {target}", page.name);
        }
    }
}

#[test]
fn a_pattern_takes_no_piece_of_a_word_for_its_own() {
    let library = library();
    let answered_by = |name: &str| {
        let alarm = Alarm {
            name: name.to_owned(),
            ..Alarm::default()
        };
        let answers = library.answers(&alarm).into_iter();
        let mut found = answers.filter(|answer| answer.why == Why::Pattern);
        found
            .next()
            .map(|answer| library.pages[answer.index].name.clone())
    };
    for strange in [
        "CDINoDefaultStorageClass",
        "RoomTemperatureHigh",
        "GlobalBackend5xx",
        "FailedNSamples",
        "ShardsStorageLow",
        "KafkaRecordsConnections",
        "UnlockClockedOut",
        "CurrentPeers",
    ] {
        assert_eq!(answered_by(strange), None, "{strange}");
    }
    for (known, page) in [
        ("prod-disk-inode-usage", "disk/inodes-exhausted.md"),
        ("KubePersistentVolumeInodesFillingUp", "disk/inodes-exhausted.md"),
        ("batch-oom", "memory/out-of-memory.md"),
        ("shop-alb-5xx", "alb/target-5xx.md"),
        ("CoreDNSDown", "network/name-resolution.md"),
        ("prod-rds-storage-low", "rds/storage-low.md"),
        ("NodeClockSkewDetected", "host/clock-skew.md"),
        ("ntp_offset", "host/clock-skew.md"),
    ] {
        assert_eq!(answered_by(known).as_deref(), Some(page), "{known}");
    }
}
