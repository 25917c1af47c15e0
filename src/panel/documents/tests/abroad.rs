//! A start for several accounts and regions, as it is asked about: what AWS foresees is said, every place is named, and no
//! single machine's name stands for all of them.

use super::*;

const PLACES: &str = "613489207754,742190385516 us-east-1 eu-west-1<enter>";

/// The question of a start by tag over two accounts of two regions, where AWS counts four machines or nothing.
fn asked(count: Option<u32>) -> (Model, String) {
    let mut model = opened("prod");
    press(&mut model, "<enter>jj<enter>Name=web-9<enter>");
    press(&mut model, "jjjj<enter>");
    press(&mut model, PLACES);
    let effects = press(&mut model, "s");
    let [Effect::Document(DocumentEffect::Preview { start, document, .. })] = effects.as_slice() else {
        panic!("no preview was asked for: {effects:?} {:?}", model.notices.last());
    };
    let mut preview = Preview::of(document, "a test");
    if let Some(count) = count {
        preview.ours_because = None;
        preview.targets = vec![("AWS::EC2::Instance".into(), count)];
    }
    let token = start.token.clone();
    update(
        &mut model,
        Msg::Document(DocumentMsg::Previewed { token, preview }),
    );
    let says = super::super::asked_about(&model).join("\n");
    (model, says)
}

#[test]
fn many_machines_in_several_places_are_never_started_by_the_name_of_one() {
    let (mut model, says) = asked(Some(4));
    for wanted in [
        "PRODUCTION, the accounts and regions below",
        "targets: 4 AWS::EC2::Instance",
        "in us-east-1, eu-west-1 of 613489207754, 742190385516",
        "in 613489207754 us-east-1 1 machine is known here: i-0123456789abcdef0 web-9",
        "no machine is known here of 613489207754 eu-west-1, 742190385516 eu-west-1, 742190385516 us-east-1",
    ] {
        assert!(says.contains(wanted), "{wanted}\n{says}");
    }
    assert_eq!(press(&mut model, "web-9<enter>"), []);
    let (mut model, _) = asked(Some(4));
    let effects = press(&mut model, "production<enter>");
    assert!(matches!(
        &effects[..],
        [Effect::Document(DocumentEffect::Start { .. })]
    ));
}

#[test]
fn it_is_said_where_aws_counts_no_machines() {
    let (_, says) = asked(None);
    assert!(says.contains("AWS tells no count"), "{says}");
    assert!(says.contains("counted here from the steps: a test"), "{says}");
}
