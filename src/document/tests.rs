//! Documents as they are found: real ones draw with every step, hostile ones are refused with a sentence.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

fn drawn(text: &str) -> Vec<String> {
    let document = Document::parse(text).unwrap();
    flow(&document)
        .iter()
        .map(|row| {
            let says = match &row.what {
                What::Step(path) => document.step_at(path).unwrap().name.clone(),
                What::Way { when, to } => format!(
                    "? {when}{}",
                    to.as_ref().map(|to| format!(" → {to}")).unwrap_or_default()
                ),
                What::Heading(says) => format!("# {says}"),
                What::GoesTo(name) => format!("→ {name}"),
            };
            format!("{}{says}", "  ".repeat(row.depth))
        })
        .collect()
}

const BRANCHED: &str = "
schemaVersion: '0.3'
mainSteps:
- name: choose
  action: aws:branch
  inputs:
    Choices:
    - {NextStep: rollback, Variable: '{{ Undo }}', BooleanEquals: true}
    - {NextStep: drain, Variable: '{{ Drain }}', BooleanEquals: true}
    Default: stop
- name: drain
  action: aws:executeAwsApi
  inputs: {Service: elbv2, Api: DeregisterTargets}
- name: stop
  action: aws:changeInstanceState
  onFailure: step:undo
  inputs: {}
  isEnd: true
- name: undo
  action: aws:sleep
  nextStep: rollback
- name: rollback
  action: aws:sleep
  isEnd: true
- name: lost
  action: aws:sleep
";

#[test]
fn the_ways_of_a_branch_stand_below_it_and_every_step_once() {
    assert_eq!(
        drawn(BRANCHED),
        [
            "choose",
            "  ? Undo = true",
            "    rollback",
            "  ? Drain = true",
            "    drain",
            "    stop",
            "  ? otherwise → stop",
            "# when stop fails",
            "  undo",
            "  → rollback",
            "# nothing leads here",
            "  lost",
        ]
    );
}

#[test]
fn ways_that_come_together_go_on_behind_the_branch() {
    let text = BRANCHED.replace("nextStep: rollback", "isEnd: true").replace(
        "    - {NextStep: rollback, Variable: '{{ Undo }}', BooleanEquals: true}\n",
        "",
    );
    assert_eq!(
        drawn(&text)[..5],
        [
            "choose",
            "  ? Drain = true",
            "    drain",
            "  ? otherwise → stop",
            "stop"
        ]
    );
}

#[test]
fn the_earlier_schemas_are_read_as_steps() {
    let old = "{\"schemaVersion\": \"1.2\", \"parameters\": {\"commands\": {\"type\": \"StringList\"}}, \"runtimeConfig\":
        {\"aws:runShellScript\": {\"properties\": [{\"id\": \"0.aws:runShellScript\", \"runCommand\": \"{{ commands }}\"}]}}}";
    let document = Document::parse(old).unwrap();
    assert_eq!(document.kind, Kind::Command);
    assert_eq!(document.steps[0].action, "aws:runShellScript");
    let session =
        "schemaVersion: '1.0'\nsessionType: InteractiveCommands\nproperties: {linux: {commands: top}}\n";
    let document = Document::parse(session).unwrap();
    assert_eq!((document.kind, document.steps.len()), (Kind::Session, 1));
}

#[test]
fn what_is_no_document_is_refused_with_its_line() {
    for (text, wanted) in [
        ("just words", "a document is a map"),
        ("a: 1", "line 1: it has no schemaVersion"),
        (
            "schemaVersion: '9.9'\nmainSteps: []",
            "line 1: schemaVersion 9.9 is not known",
        ),
        ("schemaVersion: '0.3'\nmainSteps: []", "it has no step"),
        (
            "schemaVersion: '0.3'\nmainSteps:\n- name: x\n",
            "line 3: a step has no action",
        ),
        (
            "schemaVersion: '0.3'\nmainSteps:\n- {name: x, action: 'aws:sleep', nextStep: y}\n",
            "line 3: nextStep of x is y, and no step is called so",
        ),
        (
            "schemaVersion: '0.3'\nmainSteps:\n- {name: x, action: 'aws:sleep'}\n- {name: x, action: 'aws:sleep'}\n",
            "line 4: two steps are called x",
        ),
        (
            "schemaVersion: '0.3'\nparameters:\n  A:\n    type: Colour\nmainSteps: []",
            "line 4: parameter A is of no type that exists: Colour",
        ),
    ] {
        let says = Document::parse(text).unwrap_err().to_string();
        assert!(says.contains(wanted), "{text}: {says}");
    }
}

fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/runbooks/ssm-digito-documents");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

#[test]
fn real_documents_parse_and_draw_with_every_step() {
    let Some(folder) = corpus() else { return };
    let (mut seen, mut steps, mut fields, mut refused) = (0, 0, 0, Vec::new());
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let is_document = path.extension().is_some_and(|end| end == "yml" || end == "json")
                && text.contains("schemaVersion");
            if !is_document {
                continue;
            }
            seen += 1;
            match Document::parse(&text) {
                Ok(document) => {
                    let drawn = flow(&document);
                    let shown = drawn
                        .iter()
                        .filter(|row| matches!(row.what, What::Step(_)))
                        .count();
                    assert_eq!(shown, document.steps.len(), "{}", path.display());
                    steps += shown;
                    fields += Form::of(&document.parameters).fields.len();
                }
                Err(bad) => refused.push(format!("{}: {bad}", path.display())),
            }
        }
    }
    eprintln!("{seen} documents, {steps} steps, {fields} fields");
    assert!(refused.is_empty(), "{refused:#?}");
    assert!((95..=100).contains(&seen) && steps >= 820, "{seen} {steps}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,400}") {
        let _ = Document::parse(&text);
    }

    #[test]
    fn any_shape_of_document_draws_each_step_once(
        steps in prop::collection::vec((0usize..12, 0usize..12, 0usize..12, 0u8..5), 1..12),
    ) {
        let many = steps.len();
        let mut text = "schemaVersion: '0.3'\nmainSteps:\n".to_owned();
        for (at, (a, b, c, how)) in steps.into_iter().enumerate() {
            let (a, b, c) = (a % many, b % many, c % many);
            text += &match how {
                0 => format!("- {{name: s{at}, action: 'aws:sleep', nextStep: s{a}, onFailure: 'step:s{b}'}}\n"),
                1 => format!("- {{name: s{at}, action: 'aws:sleep', isEnd: true, onCancel: 'step:s{c}'}}\n"),
                2 => format!("- {{name: s{at}, action: 'aws:branch', inputs: {{Choices: [{{NextStep: s{a}, Variable: x, StringEquals: y}}, \
                    {{NextStep: s{b}, Variable: x, StringEquals: z}}], Default: s{c}}}}}\n"),
                3 => format!("- {{name: s{at}, action: 'aws:branch', isEnd: true, inputs: {{Choices: [{{NextStep: s{a}, Variable: x, StringEquals: y}}]}}}}\n"),
                _ => format!("- {{name: s{at}, action: 'aws:sleep'}}\n"),
            };
        }
        let document = Document::parse(&text).unwrap();
        let mut shown: Vec<Vec<usize>> = flow(&document).into_iter().filter_map(|row| match row.what {
            What::Step(path) => Some(path),
            _ => None,
        }).collect();
        shown.sort();
        let all: Vec<Vec<usize>> = (0..many).map(|at| vec![at]).collect();
        prop_assert_eq!(shown, all);
    }
}
