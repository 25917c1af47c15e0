//! Where values come from, which stay apart, and what is covered.

use std::path::Path;

use super::*;
use crate::runbook::is_variable;
use crate::runbook::plan::Plan;

const PAGE: &str = "---\nvars:\n  env: {default: stage}\n  NODE: {from: target.instance_id}\n  TOKEN: {secret: ask}\n---\n```sh\necho $env ${NODE} <pod-name> $TOKEN\n```\n\n```sh\necho <token>\n```\n";

#[test]
fn values_come_from_the_page_the_target_and_the_user_and_secrets_stay_apart() {
    let plan = Plan::parse(Path::new("p.md"), "p.md", PAGE).unwrap();
    let mut purse = Purse::default();
    let facts = Values::from([("target.instance_id".to_owned(), "i-1".to_owned())]);
    let fill = |purse: &Purse| purse.fill(&plan.manifest, &plan.steps[0], &facts, false);
    assert!(matches!(fill(&purse), Err(Need::Value(wanted)) if wanted == "pod_name"));
    purse.set("pod-name", "a b".into());
    assert!(matches!(fill(&purse), Err(Need::Secret(wanted)) if wanted == "TOKEN"));
    purse.set_secret("TOKEN", Zeroizing::new("hush".into()));
    let filled = fill(&purse).unwrap();
    assert_eq!(filled.commands, ["echo $env ${NODE} 'a b' $TOKEN"]);
    assert_eq!(
        (filled.exports["env"].as_str(), filled.exports["NODE"].as_str()),
        ("stage", "i-1")
    );
    assert!(filled.secrets.contains("TOKEN") && !filled.exports.contains_key("TOKEN"));
    assert_eq!(purse.cover("x hush y", None), "x [secret token] y");
    let second = purse.fill(&plan.manifest, &plan.steps[1], &facts, false);
    assert!(matches!(second, Err(Need::Refused(Refused::Secret { .. }))));
}

#[test]
fn a_value_that_may_not_be_written_is_covered_and_stays_a_value() {
    let mut purse = Purse::default();
    let pattern = Regex::new("tok-[0-9]+").unwrap();
    purse.set("TOKEN", "tok-4711".into());
    let told = |record| match record {
        Record::Valued { value, covered, .. } => (value.unwrap(), covered),
        other => panic!("{other:?}"),
    };
    let captured = purse.valued("TOKEN", Source::Captured, "tok-4711", None, Some(&pattern));
    assert_eq!(told(captured), ("[redacted]".into(), true));
    // A later step knows nothing of the pattern.
    assert_eq!(purse.keep("login tok-4711", None), "login [redacted token]");
    let key = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
    assert!(!purse.keep(&key, None).contains(&key));
    // What a page has in clear, however short it is, and what its own variable covers.
    let typed = purse.keep(
        "MYSQL_PWD=ab mysql -e x; curl -u me:ab x; TOKEN='tok-4711' y",
        None,
    );
    assert_eq!(
        typed,
        "MYSQL_PWD=[redacted: password] mysql -e x; curl -u me:[redacted: password] x; TOKEN='[redacted token]' y"
    );
    assert!(told(purse.valued("KEY", Source::Given, &key, None, None)).1);
    assert_eq!(
        told(purse.valued("N", Source::Given, "12", None, None)),
        ("12".into(), false)
    );
}

#[test]
fn a_value_is_secret_by_its_name_unless_the_page_declares_it() {
    let page = "---\nvars:\n  LOCK_TOKEN: {prompt: which}\n---\n\n```sh\nlogin <db-password>\n```\n";
    let plan = Plan::parse(Path::new("p.md"), "p.md", page).unwrap();
    let mut purse = Purse::default().of(&plan);
    let mut given = |name: &str, value: &str| {
        purse.set(name, value.into());
        match purse.valued(name, Source::Given, value, None, None) {
            Record::Valued { value, covered, .. } => (value.unwrap(), covered),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(given("db-password", "open sesame"), ("[redacted]".into(), true));
    assert_eq!(given("LOCK_TOKEN", "shop-7"), ("shop-7".into(), false));
    assert_eq!(given("max_tokens", "5"), ("5".into(), false));
    assert_eq!(
        purse.keep("login open sesame", None),
        "login [redacted db_password]"
    );
}

#[test]
fn a_secret_that_was_found_by_its_form_is_covered_wherever_it_stands_later() {
    let purse = Purse::default();
    let key = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
    assert_eq!(
        purse.keep(&format!("id {key}."), None),
        "id AKIA[redacted: aws-access-key]."
    );
    // Glued to a word it has not the form of one.
    let of_another = purse.clone();
    assert_eq!(of_another.keep(&format!("x_{key}"), None), "x_AKIA[redacted]");
}

#[test]
fn a_shell_here_has_the_variables_of_this_process_and_no_other_has() {
    let page = |variable: &str| format!("```sh\nls ${variable}\n```\n\n```sh\necho <{variable}>\n```\n");
    let plan = |variable: &str| Plan::parse(Path::new("p.md"), "p.md", &page(variable)).unwrap();
    let is_asked_for = |variable: &String| plan(variable).steps[0].block().unwrap().placeholders.len() == 1;
    let mut variables = std::env::vars().filter(|(name, value)| is_variable(name) && !value.is_empty());
    let Some(variable) = variables
        .find(|(name, _)| is_asked_for(name))
        .map(|(name, _)| name)
    else {
        return;
    };
    let plan = plan(&variable);
    let fill = |nth: usize, is_here| {
        Purse::default().fill(&plan.manifest, &plan.steps[nth], &Values::new(), is_here)
    };
    assert!(fill(0, true).unwrap().exports.is_empty());
    assert!(matches!(fill(0, false), Err(Need::Value(_))));
    assert!(matches!(fill(1, true), Err(Need::Value(_))));
}

#[test]
fn what_stands_in_for_a_value_needs_no_form() {
    let page =
        "---\nvars:\n  N: {match: '^[0-9]$'}\n  env: {choose: [a, b]}\n---\n```sh\necho $N {{env}}\n```\n";
    let plan = Plan::parse(Path::new("p.md"), "p.md", page).unwrap();
    let mut purse = Purse::default();
    for wanted in ["N", "env"] {
        purse.stand_in(wanted, format!("‹{wanted}›"));
    }
    let filled = purse
        .fill(&plan.manifest, &plan.steps[0], &Values::new(), false)
        .unwrap();
    assert_eq!(filled.commands, ["echo $N '‹env›'"]);
    assert_eq!(filled.exports["N"], "‹N›");
}

#[test]
fn what_a_machine_or_an_alarm_tells_has_to_be_of_the_form_that_the_page_wants() {
    let page = "---\nvars:\n  node: {from: [target.instance_id, alarm.node], match: '^i-[0-9]+$'}\n---\n```sh\necho {{node}}\n```\n";
    let plan = Plan::parse(Path::new("p.md"), "p.md", page).unwrap();
    let purse = Purse::default();
    let fill = |fact: &str| {
        let facts = Values::from([("alarm.node".to_owned(), fact.to_owned())]);
        purse.fill(&plan.manifest, &plan.steps[0], &facts, false)
    };
    assert_eq!(fill("i-1").unwrap().commands, ["echo i-1"]);
    assert!(matches!(fill("i-1; reboot"), Err(Need::Value(wanted)) if wanted == "node"));
}

#[test]
fn what_the_journal_did_not_keep_is_asked_for_machine_by_machine_and_nothing_stands_for_it() {
    let page = "---\nvars:\n  tok: {default: none}\n---\n```sh\necho $tok\n```\n";
    let plan = Plan::parse(Path::new("p.md"), "p.md", page).unwrap();
    let mut captured = Captured::default();
    captured.take("get", "TOK", "i-1", Some("plain".into()));
    captured.take("get", "TOK", "i-2", None);
    let given = Values::from([("tok".to_owned(), "older".to_owned())]);
    let mut purse = Purse::new(given, Values::new()).with(captured);
    let fill = |purse: &Purse, machine: &str| {
        let filled = purse
            .at(machine, &[])
            .fill(&plan.manifest, &plan.steps[0], &Values::new(), true);
        filled.map(|filled| filled.exports["tok"].clone())
    };
    assert_eq!(fill(&purse, "i-1").unwrap(), "plain");
    assert!(matches!(fill(&purse, "i-2"), Err(Need::Value(wanted)) if wanted == "tok"));
    assert!(matches!(fill(&purse, "local"), Err(Need::Differs(wanted)) if wanted == "tok"));
    purse.hide("TOK");
    let record = purse.answer("tok", "i-2", &[], "hush");
    assert!(
        matches!(record, Record::Valued { target: Some(at), step: Some(by), covered: true, .. } if at == "i-2" && by == "get")
    );
    let on = |machine| fill(&purse, machine).unwrap();
    assert_eq!((on("i-1"), on("i-2")), ("plain".into(), "hush".into()));
    assert!(matches!(fill(&purse, "local"), Err(Need::Differs(_))));
}

#[test]
fn what_a_step_captures_or_reads_covered_is_so_when_somebody_else_says_it() {
    let page = "```sh {capture=TOK redact=\"/hush-.*/\"}\necho\n```\n\n```sh {redact=\"/mum-.*/\"}\ncurl <other_value> $SEEN\n```\n";
    let plan = Plan::parse(Path::new("p.md"), "p.md", page).unwrap();
    let mut purse = Purse::default().of(&plan);
    assert!(purse.is_hidden("tok") && !purse.is_hidden("seen"));
    for variable in ["other_value", "SEEN"] {
        let record = purse.valued(variable, Source::Asked, "mum-1", None, None);
        let is_kept = |said: &str| said == "[redacted]";
        assert!(
            matches!(&record, Record::Valued { value: Some(said), covered: true, .. } if is_kept(said)),
            "{record:?}"
        );
    }
    for (value, kept) in [("hush-1", "[redacted]"), ("plain", "plain")] {
        let record = purse.valued("tok", Source::Given, value, None, None);
        assert!(
            matches!(&record, Record::Valued { value: Some(said), covered, .. } if said == kept && *covered == (value != kept)),
            "{record:?}"
        );
    }
}

#[test]
fn a_value_is_covered_whichever_way_a_step_is_given_it() {
    let page = |fence: &str, text: &str| {
        format!(
            "---\nvars:\n  TOKEN: {{prompt: x}}\n---\n```{fence} {{redact=\"/tok-[a-z0-9]+/\"}}\n{text}\n```\n"
        )
    };
    for (text, of) in [
        (page("sh", "sh ./x.sh"), "TOKEN"),
        (page("sh", "f() { echo \"$TOKEN\"; }\nf"), "TOKEN"),
        (page("sh", "echo ${T3:-none}"), "T3"),
        (page("sh", "echo $((COUNT + 1))"), "COUNT"),
        (page("ssm", "document: A\nparameters: {Secret: '{{PW}}'}"), "PW"),
    ] {
        let plan = Plan::parse(Path::new("p.md"), "p.md", &text).unwrap();
        let mut purse = Purse::default().of(&plan);
        let record = purse.valued(of, Source::Given, "tok-abc1", None, None);
        let is_kept = matches!(&record, Record::Valued { value: Some(said), covered: true, .. } if said == "[redacted]");
        assert!(is_kept, "{text}: {record:?}");
    }
}

#[test]
fn a_profile_that_a_shell_here_is_given_is_not_asked_for() {
    let page = "```sh\naws s3 ls --profile $AWS_PROFILE\n```\n";
    let plan = Plan::parse(Path::new("p.md"), "p.md", page).unwrap();
    let given = Purse::default().under(Some("prod"));
    let fill = |purse: &Purse, is_here| purse.fill(&plan.manifest, &plan.steps[0], &Values::new(), is_here);
    assert_eq!(
        fill(&given, true).unwrap().commands,
        ["aws s3 ls --profile $AWS_PROFILE"]
    );
    // A machine elsewhere has no profiles of this one.
    assert!(matches!(fill(&given, false), Err(Need::Value(wanted)) if wanted == "aws_profile"));
    if std::env::var_os("AWS_PROFILE").is_none() {
        assert!(matches!(fill(&Purse::default(), true), Err(Need::Value(_))));
    }
}
