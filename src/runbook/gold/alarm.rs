//! From real alarms to their runbooks: a link in the description goes before everything, and what metadata says is followed.

use std::sync::Arc;

use super::*;
use crate::runbook::{Alarm, Library, Page, Why};

fn named(name: &str) -> Alarm {
    Alarm {
        name: name.into(),
        ..Alarm::default()
    }
}

#[test]
fn a_link_in_the_description_goes_before_the_page_that_is_called_as_the_alarm() {
    let Some(folder) = corpora() else { return };
    let library = Library::scan(&[folder.join("openshift-runbooks")]);
    let count = library.pages.len();
    assert!(count > 250, "{count}");
    for (at, page) in library.pages.iter().enumerate() {
        let other = &library.pages[(at + 7) % count];
        let address = format!("https://github.com/openshift/runbooks/blob/master/{}", page.name);
        for says in [
            format!("Look here: {address}"),
            format!("runbook_url={address}#diagnosis; then call somebody"),
        ] {
            let alarm = Alarm {
                description: Some(says),
                ..named(&other.title)
            };
            let first = library.answers(&alarm).into_iter().next().unwrap();
            assert_eq!((first.index, first.why), (at, Why::Linked), "{}", page.name);
        }
    }
}

#[test]
fn what_the_metadata_of_alarms_names_is_found_by_the_alarm() {
    let Some(folder) = corpora() else { return };
    let index = std::fs::read_to_string(folder.join("ssm-digito-documents/INDEX.yaml")).unwrap();
    let index: Vec<serde_json::Value> = serde_saphyr::from_str(&index).unwrap();
    let text = |entry: &serde_json::Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let related = |entry: &serde_json::Value| -> Vec<String> {
        let tags = entry["related_sops"].as_array().into_iter().flatten();
        tags.filter_map(|tag| tag.as_str().map(str::to_owned)).collect()
    };
    let mut answers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in &index {
        for tag in related(entry) {
            answers.entry(tag).or_default().push(text(entry, "alarm_name"));
        }
    }
    // Each document as a page that says which alarms it answers.
    let page = |entry: &serde_json::Value| {
        let alarms = answers.get(&text(entry, "tag")).cloned().unwrap_or_default();
        let front = serde_json::json!({ "title": entry["display_name"], "alarms": alarms });
        let front: Vec<String> = ["title", "alarms"]
            .iter()
            .map(|key| format!("{key}: {}", front[*key]))
            .collect();
        let name = text(entry, "tag");
        let body = format!("---\n{}\n---\n", front.join("\n"));
        Arc::new(Page::parse(Path::new(&name), &name, &body))
    };
    let library = Library {
        pages: index
            .iter()
            .filter(|entry| entry["kind"] == "document")
            .map(page)
            .collect(),
        ..Library::default()
    };
    let (mut links, mut followed) = (0, 0);
    for entry in &index {
        let wanted = related(entry);
        let found = library.answers(&named(&text(entry, "alarm_name")));
        let first: Vec<&str> = found
            .iter()
            .take(wanted.len())
            .map(|answer| library.pages[answer.index].name.as_str())
            .collect();
        links += wanted.len();
        followed += wanted.iter().filter(|tag| first.contains(&tag.as_str())).count();
    }
    assert_eq!((links, followed), (26, 26));
}
