//! A word counts for what it was given on, and only from somebody else.

use super::*;
use crate::runbook::plan::Plan;
use ed25519_dalek::SigningKey;

const PAGE: &str = "```sh {name=drop confirm=two}\ndropdb x\n```\n\n```sh {name=other}\nls\n```\n";

fn plan(text: &str) -> Plan {
    Plan::parse(std::path::Path::new("p.md"), "p.md", text).unwrap()
}

fn on(command: &str) -> BTreeMap<String, String> {
    let sha256 = sha256_of(&[command.to_owned()], &BTreeMap::new());
    [("i-1".to_owned(), sha256.clone()), ("i-2".to_owned(), sha256)].into()
}

fn asked<'a>(plan: &'a Plan, step: usize, on: &'a BTreeMap<String, String>) -> Asked<'a> {
    Asked {
        step: &plan.steps[step],
        page: &plan.sha256,
        on,
    }
}

/// Signed by somebody called mara.
fn signed() -> (Approval, [u8; 32]) {
    let second = SigningKey::from_bytes(&[7; 32]);
    let mut approval = Approval::sign(&asked(&plan(PAGE), 0, &on("dropdb x")), &second).unwrap();
    approval.by = "mara".into();
    approval.signature = hex::encode(Signer::sign(&second, &approval.message()).unwrap());
    (approval, second.verifying_key().to_bytes())
}

const OWN: Own = Own {
    key: &[0; 32],
    user: "kim",
};

#[test]
fn whoever_approved_goes_by_the_name_that_the_configuration_gives_the_key() {
    let (approval, key) = signed();
    let known = |name: &str, key| Approver {
        name: name.to_owned(),
        key,
    };
    assert_eq!(
        approval.named(&[known("noor", [1; 32]), known("anna", key)]),
        "anna"
    );
    assert_eq!(approval.named(&[known("", key)]), "mara");
    assert_eq!(approval.named(&[]), "mara");
}

#[test]
fn an_approval_counts_for_one_text_one_day_and_another_key() {
    let (approval, key) = signed();
    let (plan, on, now) = (plan(PAGE), on("dropdb x"), approval.at);
    let check = |approval: &Approval, step: usize, own: &Own, now| {
        approval.check(&asked(&plan, step, &on), own, &[], now)
    };
    assert_eq!(check(&approval, 0, &OWN, now), Ok(()));
    assert_eq!(check(&approval, 1, &OWN, now), Err(BadApproval::Other));
    let same = Own {
        key: &key,
        user: "kim",
    };
    assert_eq!(check(&approval, 0, &same, now), Err(BadApproval::Own));
    let later = now + jiff::SignedDuration::from_hours(25);
    assert_eq!(check(&approval, 0, &OWN, later), Err(BadApproval::Old));
    let forged = Approval {
        by: "noor".into(),
        ..approval
    };
    assert_eq!(check(&forged, 0, &OWN, now), Err(BadApproval::Forged));
}

#[test]
fn whoever_runs_the_page_is_no_second_person_with_another_key() {
    let (approval, key) = signed();
    let (plan, on, now) = (plan(PAGE), on("dropdb x"), approval.at);
    let mara = Own {
        key: &[0; 32],
        user: "mara",
    };
    let named = |name: &str, key| Approver {
        name: name.into(),
        key,
    };
    let among = |own: &Own, all: &[Approver]| approval.check(&asked(&plan, 0, &on), own, all, now);
    assert_eq!(among(&mara, &[]), Err(BadApproval::Same));
    assert_eq!(among(&mara, &[named("", key)]), Err(BadApproval::Same));
    assert_eq!(among(&mara, &[named("mara", key)]), Err(BadApproval::Same));
    // Two people may have the same user name on two machines; the configuration knows them apart.
    assert_eq!(among(&mara, &[named("mara of storage", key)]), Ok(()));
    assert_eq!(among(&OWN, &[named("mara", [1; 32])]), Err(BadApproval::Stranger));
    assert_eq!(among(&OWN, &[named("kim", key)]), Err(BadApproval::Same));
}

#[test]
fn an_approval_is_for_the_page_the_machines_and_the_values_that_were_shown() {
    let (approval, _) = signed();
    let check = |text: &str, on: &BTreeMap<String, String>| {
        let plan = plan(text);
        approval.check(&asked(&plan, 0, on), &OWN, &[], approval.at)
    };
    let mut some = on("dropdb x");
    some.remove("i-2");
    assert_eq!(check(PAGE, &some), Ok(()), "one of them is done already");
    some.insert("i-3".into(), some["i-1"].clone());
    assert_eq!(check(PAGE, &some), Err(BadApproval::Elsewhere("i-3".into())));
    assert_eq!(
        check(PAGE, &on("dropdb y")),
        Err(BadApproval::Elsewhere("i-1".into()))
    );
    assert_eq!(
        check(&format!("{PAGE}more\n"), &on("dropdb x")),
        Err(BadApproval::Other)
    );
}
