use super::*;

fn wish(status: OpsStatus, description: &str) -> OpsItem {
    OpsItem {
        title: "disk full".into(),
        description: description.into(),
        severity: "3".into(),
        status,
        resources: Vec::new(),
        dedup: "incident".into(),
        facts: vec![("quarterdeck/incident".into(), "i".into())],
    }
}

/// As OpsCenter keeps a new one.
fn kept(item: &OpsItem) -> OpsFound {
    OpsFound {
        title: item.title.clone(),
        description: item.description.clone(),
        severity: Some(item.severity.clone()),
        status: "Open".into(),
        facts: item.facts.iter().cloned().collect(),
    }
}

/// Changes the item as OpsCenter does; what was left.
fn follow(item: &mut OpsFound, wish: &OpsItem) -> Vec<String> {
    let Merged { change, left } = merge(wish, item);
    if let Some(title) = change.title {
        item.title = title;
    }
    if let Some(description) = change.description {
        assert!(description.chars().count() <= LONGEST_DESCRIPTION);
        item.description = description;
    }
    item.severity = change.severity.or(item.severity.take());
    if let Some(status) = change.status {
        item.status = status.as_str().into();
    }
    item.facts.extend(change.facts);
    left
}

#[test]
fn what_nobody_else_touched_follows_the_incident() {
    let mut item = kept(&fresh(&wish(OpsStatus::Open, "open")));
    for (status, text) in [
        (OpsStatus::InProgress, "acknowledged"),
        (OpsStatus::Resolved, "closed"),
        (OpsStatus::Open, "reopened"),
    ] {
        assert!(follow(&mut item, &wish(status, text)).is_empty());
        assert_eq!(item.status, status.as_str());
        assert_eq!(item.description, block(text));
    }
}

#[test]
fn what_somebody_else_set_stays_time_and_again() {
    let mut item = kept(&fresh(&wish(OpsStatus::Open, "open")));
    (item.title, item.status) = ("RENAMED by mara".into(), "Resolved".into());
    (item.severity, item.description) = (Some("1".into()), "Mara root cause: disk".into());
    for note in ["after mara", "and again"] {
        let left = follow(&mut item, &wish(OpsStatus::Open, note));
        assert_eq!(
            left,
            [
                "title",
                "severity 1",
                "status Resolved",
                "what else stands in the description"
            ]
        );
        assert_eq!(
            (item.title.as_str(), item.status.as_str()),
            ("RENAMED by mara", "Resolved")
        );
        assert_eq!(item.severity.as_deref(), Some("1"));
        assert_eq!(
            item.description,
            format!("Mara root cause: disk\n\n{}", block(note))
        );
    }
    // An acknowledgement opens nothing again that was ended, and what was closed here can be reopened here.
    follow(&mut item, &wish(OpsStatus::InProgress, "on it"));
    assert_eq!(item.status, "Resolved");
    let left = follow(&mut item, &wish(OpsStatus::Resolved, "closed"));
    assert!(!left.iter().any(|left| left.starts_with("status")), "{left:?}");
    follow(&mut item, &wish(OpsStatus::InProgress, "reopened"));
    assert_eq!(item.status, "InProgress");
}

#[test]
fn a_status_that_is_said_here_since_goes_on() {
    let mut item = kept(&fresh(&wish(OpsStatus::Open, "open")));
    item.status = "InProgress".into();
    assert_eq!(
        follow(&mut item, &wish(OpsStatus::Open, "open")),
        ["status InProgress"]
    );
    assert!(follow(&mut item, &wish(OpsStatus::Resolved, "closed")).is_empty());
    assert_eq!(item.status, "Resolved");
    // Whoever opened it again after we closed it has said so later.
    item.status = "Open".into();
    assert_eq!(
        follow(&mut item, &wish(OpsStatus::Resolved, "closed")),
        ["status Open"]
    );
    assert_eq!(item.status, "Open");
}

#[test]
fn text_around_and_between_the_marks_is_kept() {
    let mut item = kept(&fresh(&wish(OpsStatus::Open, "open")));
    item.description = format!("first\n{}\nlast", item.description);
    follow(&mut item, &wish(OpsStatus::Open, "noted"));
    assert_eq!(item.description, format!("first\n{}\nlast", block("noted")));
    // Other ends of lines are no words of anybody.
    item.description = item.description.replace('\n', "\r\n");
    follow(&mut item, &wish(OpsStatus::Open, "noted again"));
    assert_eq!(item.description.matches(BEGIN).count(), 1);
    assert!(!item.description.contains("noted\r"), "{:?}", item.description);
    item.description = item.description.replace("noted again", "noted again, said mara");
    follow(&mut item, &wish(OpsStatus::Open, "third"));
    assert!(
        item.description.contains("noted again, said mara"),
        "{}",
        item.description
    );
    assert!(
        item.description.ends_with(&block("third")),
        "{}",
        item.description
    );
    assert_eq!(item.description.matches(BEGIN).count(), 1);
}

#[test]
fn a_description_without_room_stays_whole() {
    let mut item = kept(&fresh(&wish(OpsStatus::Open, "open")));
    let theirs = "x".repeat(LONGEST_DESCRIPTION - 50);
    item.description.clone_from(&theirs);
    let left = follow(&mut item, &wish(OpsStatus::Open, "noted"));
    assert_eq!(left, ["description, which has no room for more"]);
    assert_eq!(item.description, theirs);
    // With some room ours is cut, never theirs.
    let theirs = "x".repeat(LONGEST_DESCRIPTION - 300);
    item.description.clone_from(&theirs);
    follow(&mut item, &wish(OpsStatus::Open, &"y".repeat(3000)));
    assert!(item.description.starts_with(&theirs) && item.description.ends_with(END));
    assert_eq!(item.description.chars().count(), LONGEST_DESCRIPTION);
}

#[test]
fn an_item_of_before_keeps_what_it_says() {
    let mut item = kept(&wish(OpsStatus::Open, "as an older version wrote it"));
    let left = follow(&mut item, &wish(OpsStatus::InProgress, "on it"));
    assert_eq!(left, ["what else stands in the description"]);
    assert_eq!(item.status, "InProgress");
    assert!(item.description.starts_with("as an older version wrote it\n\n"));
}
