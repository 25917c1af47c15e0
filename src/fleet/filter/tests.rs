//! What the language means, and that nothing typed into it can break it.

use proptest::prelude::*;

use super::*;
use crate::fleet::{Id, Kind};

fn node() -> Node {
    let tags = [
        ("Name", "Web-1"),
        ("team", "pay"),
        ("Environment", "prod"),
        ("note", "blue green"),
    ];
    Node {
        id: Id("i-0abc".into()),
        name: "Web-1".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        state: Some("running".into()),
        instance_type: Some("t3.micro".into()),
        private_ip: Some("10.0.4.7".into()),
        ping: Some("Online".into()),
        agent_version: Some("3.1.1732.0".into()),
        launched_at: "2026-01-01T00:00:00Z".parse().ok(),
        tags: tags
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        kind: Kind::Ec2,
        ..Node::default()
    }
    .indexed()
}

fn holds(filter: &str) -> bool {
    let now = "2026-02-01T00:00:00Z".parse().unwrap();
    Filter::parse(filter).unwrap().matches_at(&node(), now)
}

#[test]
fn words_are_found_anywhere_and_all_must_be_there() {
    for filter in [
        "",
        "  ",
        "web",
        "WEB pay",
        "10.0.4",
        "i-0ab",
        "team=pay",
        "\"blue green\"",
        "/^web-\\d+$/",
    ] {
        assert!(holds(filter), "{filter}");
    }
    assert!(!holds("web nothing"));
}

#[test]
fn keys_compare_whole_values_without_case() {
    for filter in [
        "state:Running",
        "state:stopped,running",
        "region:eu-*",
        "type:t?.micro",
        "tag.team:pay",
        "TAG.Team:p*",
        "env:prod",
        "env:/^prod/",
        "ping:online",
        "ip:10.0.*",
        "name:\"web-1\"",
        "tag.note:\"blue green\"",
        "kind:ec2",
    ] {
        assert!(holds(filter), "{filter}");
    }
    for filter in [
        "state:run",
        "region:us-*",
        "tag.team:\"p*\"",
        "tag.owner:*",
        "zone:*",
    ] {
        assert!(!holds(filter), "{filter}");
    }
}

#[test]
fn versions_and_ages_compare() {
    assert!(holds("agent:<3.2") && holds("agent:>=3.1.1732") && !holds("agent:>3.1.1732.0"));
    assert!(holds("age:>30d") && holds("age:<=5w") && !holds("age:<12h"));
}

#[test]
fn a_minus_negates_and_or_separates_alternatives() {
    assert!(holds("-state:stopped") && !holds("-web"));
    assert!(holds("nothing or web") && holds("env:dev or env:prod team") && !holds("nothing or -web"));
    assert!(holds("-tag.owner:*"));
}

#[test]
fn a_node_without_agent_pings_none() {
    let mut node = Node {
        agent_known: true,
        ..Node::default()
    };
    assert!(Filter::parse("ping:none").unwrap().matches(&node));
    node.agent_known = false;
    assert!(!Filter::parse("ping:none").unwrap().matches(&node));
}

#[test]
fn errors_name_the_position_and_what_is_allowed() {
    let bad = |text: &str| Filter::parse(text).unwrap_err();
    assert_eq!(bad("web colour:red").at, 4);
    assert!(bad("colour:red").says.contains("tag.KEY"));
    assert_eq!(bad("web \"open").at, 4);
    assert!(bad("/(/").says.contains("unclosed"), "{}", bad("/(/").says);
    assert_eq!(bad("state:").at, 6);
    assert!(bad("age:30d").says.contains("30d"));
    assert!(bad("agent:<x").says.contains("3.2"));
    for text in ["or web", "web or", "- web", "\"a\"b", "a\"b"] {
        assert!(Filter::parse(text).is_err(), "{text}");
    }
}

fn term() -> impl Strategy<Value = String> {
    let value = "[a-z*?.\\\\]{1,6}|\"[ -~é]{0,6}\"|/[a-z.]{1,5}/";
    prop_oneof![
        "[a-zA-Zé0-9.*-]{1,8}",
        "\"[ a-z:/-]{0,8}\"",
        "/[a-z\\\\.]{0,3}[a-z]\\\\/?/",
        (
            prop_oneof![Just("name"), Just("tag.a b"), Just("tag.x"), Just("env")],
            value
        )
            .prop_map(|(k, v)| format!("{k}:{v}")),
        "age:[<>]=?[0-9]{1,4}[mhdw]",
        "agent:[<>]=?[0-9]{1,3}(\\.[0-9]{1,4}){0,3}",
        Just("or".to_owned()),
        "tag\\.\"[a-z :]{1,6}\":[a-z]{1,3}",
    ]
}

proptest! {
    #[test]
    fn no_text_can_make_the_parser_panic(text in "\\PC{0,60}") {
        if let Ok(filter) = Filter::parse(&text) {
            filter.matches(&node());
        }
    }

    #[test]
    fn what_is_displayed_reads_back_the_same(terms in prop::collection::vec((any::<bool>(), term()), 0..5)) {
        let text: Vec<String> = terms.iter().map(|(not, t)| format!("{}{t}", if *not { "-" } else { "" })).collect();
        if let Ok(filter) = Filter::parse(&text.join(" ")) {
            let shown = filter.to_string();
            prop_assert_eq!(Filter::parse(&shown), Ok(filter), "{}", shown);
        }
    }

    #[test]
    fn a_wildcard_means_what_a_regular_expression_means(glob in "[ab*?]{0,6}", value in "[ab]{0,8}") {
        let regex = glob.replace('*', ".*").replace('?', ".");
        let regex = regex::Regex::new(&format!("^{regex}$")).unwrap();
        prop_assert_eq!(Glob::new(glob, false).matches(&value), regex.is_match(&value));
    }
}
