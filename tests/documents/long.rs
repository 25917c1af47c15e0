//! Outputs longer than AWS shows: whole where a bucket or a log keeps them, and marked where nobody does.

use super::*;

/// 1.6 MB on standard output and 14 kB on standard error, the first time kept as a whole.
const LONG: &str = r#"
schemaVersion: '0.3'
description: Says a lot
mainSteps:
- name: kept
  action: aws:runCommand
  inputs:
    DocumentName: AWS-RunShellScript
    KEPT
    Targets: [{Key: 'tag:env', Values: [test]}]
    Parameters: {commands: ['seq 1 250000; seq 1 3000 >&2']}
- name: unkept
  action: aws:runCommand
  inputs:
    DocumentName: AWS-RunShellScript
    Targets: [{Key: 'tag:env', Values: [test]}]
    Parameters: {commands: ['seq 1 250000; seq 1 3000 >&2']}
"#;

/// What a document's steps left behind, by step and stream.
fn long(shop: &Shop, name: &str) -> impl Fn(&str, &str) -> Value + use<> {
    let (last, exit) = shop.start(&[name, "--yes"]).end();
    assert_eq!(exit, 0, "{last}");
    let told = shop.run(&["output", last["execution_id"].as_str().unwrap(), "--json"]);
    let told: Vec<Value> = out(&told)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    move |step, stream| {
        let is_it = |line: &&Value| line["step"] == step && line["name"].as_str().unwrap().ends_with(stream);
        told.iter().find(is_it).unwrap().clone()
    }
}

fn long_documents() -> Vec<(&'static str, String)> {
    let kept = |name, line| (name, LONG.replace("KEPT", line));
    vec![
        kept("Shop-Bucket", "OutputS3BucketName: run-output-613489207754"),
        kept(
            "Shop-Log",
            "CloudWatchOutputConfig: {CloudWatchOutputEnabled: true}",
        ),
        kept(
            "Shop-Named",
            "CloudWatchOutputConfig: {CloudWatchOutputEnabled: true, CloudWatchLogGroupName: shop/long}",
        ),
    ]
}

#[test]
fn long_output_is_whole_where_a_bucket_or_a_log_keeps_it_and_marked_where_nobody_does() {
    let shop = Shop::with(&long_documents(), &[]);
    let seq = |to: usize| (1..=to).map(|n| format!("{n}\n")).collect::<String>();
    for (name, _) in long_documents() {
        let told = long(&shop, name);
        let (out, err) = (told("kept", "stdout"), told("kept", "stderr"));
        assert!(
            out["text"] == seq(250_000) && out["cut"] == false,
            "{name}: {}",
            out["says"]
        );
        assert!(
            err["text"] == seq(3_000) && err["cut"] == false,
            "{name}: {}",
            err["says"]
        );
        for (stream, most) in [("stdout", 24_000), ("stderr", 8_000)] {
            let cut = told("unkept", stream);
            assert!(
                cut["cut"] == true && cut["text"].as_str().unwrap().len() == most,
                "{name} {stream}"
            );
        }
    }
}

#[test]
fn a_log_that_may_not_be_read_is_told_with_the_remedy() {
    let shop = Shop::with(&long_documents(), &["--faults", "fail.logs=denied"]);
    let refused = long(&shop, "Shop-Log")("kept", "stdout");
    let says = refused["says"].as_str().unwrap();
    assert!(refused["cut"] == true, "{says}");
    for wanted in ["logs:DescribeLogStreams", "/aws/ssm/AWS-RunShellScript", "allow "] {
        assert!(says.contains(wanted), "{wanted}: {says}");
    }
}
