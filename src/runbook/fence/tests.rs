//! Every spelling of attributes that other tools write, and what is refused with which words.

use proptest::prelude::*;

use super::*;

fn read(info: &str) -> Attributes {
    Attributes::parse(info).unwrap()
}

#[test]
fn the_whole_of_the_convention_is_read() {
    let said = read(
        r#"sh {name=drain on=web concurrency=25% max-errors=0 confirm=type timeout=5m expect-exit=0,3 expect="/dra[i]ned/" rollback=undrain needs=check-lb,other retry=3/10s capture=SNAP:json:$.a[0].b redact=/tok.n/ when="env == prod" kind=do tty=true}"#,
    );
    assert_eq!(said.name.as_deref(), Some("drain"));
    assert_eq!(said.on, On::Named("web".into()));
    assert_eq!(
        (said.concurrency.as_deref(), said.max_errors.as_deref()),
        (Some("25%"), Some("0"))
    );
    assert_eq!(said.confirm, Some(Level::Type));
    assert_eq!(said.timeout, Some(Duration::from_secs(300)));
    assert_eq!(said.exits, Some(Exits::These(vec![0, 3])));
    assert_eq!(said.expect.as_deref(), Some("/dra[i]ned/"));
    assert_eq!(said.needs, ["check-lb", "other"]);
    assert_eq!(said.retry, Some((3, Duration::from_secs(10))));
    let capture = said.capture.unwrap();
    assert_eq!(
        (capture.name.as_str(), capture.path.as_deref()),
        ("SNAP", Some("$.a[0].b"))
    );
    assert_eq!(
        said.when,
        Some(When {
            name: "env".into(),
            is: true,
            value: "prod".into()
        })
    );
    assert_eq!((said.kind, said.tty), (Kind::Do, true));
}

#[test]
fn runme_writes_json_or_words_and_both_are_read() {
    let json =
        read(r#"sh {"name":"x","interactive":"false","cwd":"/tmp","excludeFromRunAll":"true","tag":"a,b"}"#);
    let words = read("sh { name=x interactive=false cwd=/tmp excludeFromRunAll=true tag=a,b }");
    assert_eq!(json, words);
    assert_eq!(json.cwd.as_deref(), Some("/tmp"));
    assert!(json.excluded);
}

#[test]
fn a_comment_is_as_good_as_a_fence() {
    let said = Attributes::of_comment("<!-- oncall: {kind=check name=\"a b\"} -->")
        .unwrap()
        .unwrap();
    assert_eq!((said.kind, said.name.as_deref()), (Kind::Check, Some("a b")));
    assert!(Attributes::of_comment("<!-- a remark -->").is_none());
}

#[test]
fn labels_of_other_tools_say_nothing() {
    for info in ["bash", "{.bash .numberLines}", "bash,ignore", "sh title=x"] {
        assert_eq!(read(info), Attributes::default(), "{info}");
    }
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    for (info, key, allowed) in [
        ("sh {kind=maybe}", "kind", "allowed are check"),
        ("sh {confirm=never}", "confirm", "none, enter"),
        ("sh {timeout=soon}", "timeout", "expected"),
        ("sh {concurrency=0}", "concurrency", "nowhere"),
        ("sh {max-errors=200%}", "max-errors", "share"),
        ("sh {retry=x}", "retry", "3/10s"),
        ("sh {capture=1A}", "capture", "NAME"),
        ("sh {when=x}", "when", "=="),
        ("sh {redact=/(/}", "redact", "regular expression"),
        ("sh {expect=/(/}", "expect", "regular expression"),
        ("sh {confirm=two name=x confirm=none}", "confirm", "twice"),
        ("sh {expect-exit=256}", "expect-exit", "255"),
        ("sh {name=\"x}", "name", "never ends"),
    ] {
        let bad = Attributes::parse(info).unwrap_err();
        assert_eq!(bad.key, key, "{info}");
        assert!(bad.allowed.contains(allowed), "{info}: {bad}");
    }
}

#[test]
fn a_slip_in_a_key_is_refused_and_words_of_other_tools_are_not() {
    for (info, near) in [
        ("sh {name=t confrim=two}", "confirm"),
        ("sh {expect_exitt=3}", "expect"),
        ("sh {Confirm=two}", "confirm"),
        ("sh {maxErrors=0}", "max-errors"),
        ("sh {need=look}", "needs"),
        ("sh {ON=web}", "on"),
        (r#"sh {"timout":"5s"}"#, "timeout"),
    ] {
        let bad = Attributes::parse(info).unwrap_err();
        assert!(
            bad.allowed.contains(&format!("did you mean {near}")),
            "{info}: {bad}"
        );
    }
    for info in [
        "sh {interactive=false promptEnv=no terminalRows=20 mimeType=x closeTerminalOnSuccess=false}",
        "sh {linenos=true hl_lines=3 title=x file=y lines=1-3 class=z env=A label=b output=c eval=d echo=e key=f}",
        "sh {.numberLines #here region=a cell=b include=c if=d id=e}",
    ] {
        assert!(
            Attributes::parse(info).is_ok(),
            "{info}: {:?}",
            Attributes::parse(info)
        );
    }
}

#[test]
fn a_comment_and_a_fence_are_read_together_and_the_higher_level_holds() {
    let both = |comment: &str, fence: &str| read(fence).merged(Attributes::of(comment).unwrap());
    let said = both("{confirm=two needs=a tags=x}", "sh {name=drain needs=b}").unwrap();
    assert_eq!(
        (said.name.as_deref(), said.confirm),
        (Some("drain"), Some(Level::Two))
    );
    assert_eq!(said.needs, ["b", "a"]);
    assert_eq!(
        both("{confirm=none}", "sh {confirm=type}").unwrap().confirm,
        Some(Level::Type)
    );
    assert_eq!(both("{kind=check}", "sh {kind=do}").unwrap_err().key, "kind");
    assert_eq!(
        both("{timeout=5s}", "sh {timeout=5s}").unwrap().timeout,
        Some(Duration::from_secs(5))
    );
}

proptest! {
    #[test]
    fn any_label_is_read_or_refused(info in "[a-z{}=\"'\\\\ ,.:$/\\[\\]0-9%결]{0,60}") {
        let _ = Attributes::parse(&info);
    }
}

#[test]
fn a_comma_ends_a_value_where_the_next_word_begins() {
    let said = read("sh {name=drop,confirm=type}");
    assert_eq!(
        (said.name.as_deref(), said.confirm),
        (Some("drop"), Some(Level::Type))
    );
    let said = read("sh {name=d3,timeout=5s,on=each,kind=rollback,needs=a,b,tty,expect-exit=0,1}");
    assert_eq!(
        (said.name.as_deref(), said.kind, said.on),
        (Some("d3"), Kind::Rollback, On::Each)
    );
    assert_eq!(said.timeout, Some(Duration::from_secs(5)));
    assert_eq!(
        (said.needs, said.tty),
        (vec!["a".to_owned(), "b".to_owned()], true)
    );
    assert_eq!(said.exits, Some(Exits::These(vec![0, 1])));
    let said = read("sh {redact=/a,b=c/,cwd=/tmp,name=x,confirm=two}");
    assert_eq!(
        (said.redact.as_deref(), said.cwd.as_deref()),
        (Some("a,b=c"), Some("/tmp"))
    );
    assert_eq!(
        (said.name.as_deref(), said.confirm),
        (Some("x"), Some(Level::Two))
    );
    let said = read("sh {when=env==prod,confirm=two}");
    assert_eq!(said.when.map(|when| when.value).as_deref(), Some("prod"));
    assert_eq!(said.confirm, Some(Level::Two));
    assert_eq!(read("sh {name=\"a, b\"}").name.as_deref(), Some("a, b"));
    for swallowed in [
        "sh {name=drop;confirm=type}",
        "sh {cwd=x&confirm=type}",
        "sh {name=drop,drain}",
    ] {
        assert!(Attributes::parse(swallowed).is_err(), "{swallowed}");
    }
}

#[test]
fn a_value_that_goes_on_behind_its_quote_is_refused() {
    for info in [
        r#"sh {name=a when="X == "a b""}"#,
        r#"sh {when="X == ""a}"#,
        r#"sh {expect="say "hi""}"#,
    ] {
        assert!(Attributes::parse(info).is_err(), "{info}");
    }
    assert_eq!(
        read(r#"sh {when='X == "a b"', name=a}"#).name.as_deref(),
        Some("a")
    );
    assert_eq!(read(r#"sh {title="a"b name=a}"#).name.as_deref(), Some("a"));
}
