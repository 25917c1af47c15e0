//! What was touched, by whom, by whose word, and what that cost.

use super::*;

#[test]
fn colleagues_on_one_user_of_a_machine_are_several_people() {
    let dir = tempfile::tempdir().unwrap();
    let id = begin(dir.path(), "t");
    let begins = |arn: Option<&str>| {
        let mut event = Event::new(Kind::SessionStart, Actor::local());
        (event.actor.user, event.actor.arn) = (Some("root".into()), arn.map(str::to_owned));
        say(dir.path(), event);
    };
    begins(Some("arn:aws:iam::111122223333:user/oncall"));
    begins(None);
    let names = || -> Vec<String> {
        let people = report(dir.path(), &id, &[]).people;
        let of_root = people
            .iter()
            .filter(|person| person.name == "root" && person.did > 0);
        of_root
            .map(|person| crate::incident::timeline::person(&person.name, person.arn.as_deref()))
            .collect()
    };
    assert!(names().contains(&"root (user/oncall)".to_owned()));
    let before = names().len();
    begins(Some("arn:aws:iam::111122223333:user/mara"));
    assert!(names().contains(&"root (user/mara)".to_owned()));
    assert!(names().len() > before);
}
