use tokio::sync::mpsc;

use super::*;
use crate::alarm::Roster;
use crate::incident::Severity;
use crate::sim::{Options, Sim};

fn office(data_dir: &Path, cloud: Option<Cloud>, out: Outbox) -> Office {
    Office {
        data_dir: data_dir.to_owned(),
        cache_dir: data_dir.to_owned(),
        config: Config::default(),
        cloud: watch::channel(cloud).1,
        out,
    }
}

#[test]
fn a_word_for_what_is_no_longer_current_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let (sender, mut sent) = mpsc::unbounded_channel();
    let office = office(dir.path(), None, Outbox::new(sender));
    let first = begin(dir.path(), "first", None, None).unwrap();
    let note = Record::Note {
        text: "restarted it".into(),
    };
    assert!(office.is_still(&first, &note) && sent.try_recv().is_err());
    // By another process.
    begin(dir.path(), "second", None, None).unwrap();
    assert!(!office.is_still(&first, &note));
    assert!(sent.try_recv().is_ok() && sent.try_recv().is_ok());
    incident::leave(dir.path()).unwrap();
    assert!(!office.is_still(&first, &note));
}

#[tokio::test]
async fn an_incident_has_the_severity_of_its_alarm_though_nobody_has_asked_for_that_ones_tags() {
    let sim = Sim::start(Options::default()).unwrap();
    let (cloud, _) = sim.cloud();
    let mut roster = Roster::default();
    let mut batches = alarm::fetch(&cloud, Wanted::All, &Tags::once());
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    let severity = |alarm: &Alarm| alarm.severity().map(Severity::from);
    let untold = |alarm: &Alarm| Alarm {
        tags: None,
        ..alarm.clone()
    };
    // Its name tells nothing.
    let by_tags = |alarm: &Alarm| {
        let told = severity(alarm).is_some_and(|told| told != Severity::default());
        told && severity(&untold(alarm)).is_none()
    };
    let mut alarms = roster.sorted().into_iter();
    let known = alarms.find(by_tags).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (sender, _sent) = mpsc::unbounded_channel();
    let office = office(dir.path(), Some(cloud), Outbox::new(sender));
    let untold = untold(&known);
    office
        .start("a storm".into(), Some(Box::new(untold)), false)
        .await;
    let state = load(dir.path()).unwrap().unwrap();
    assert_eq!(Some(state.severity), severity(&known));
}
