//! Outputs that are longer than what is kept of one.

use super::*;

use quarterdeck::runbook::run::record::{Cut, Kept};

fn kept(home: &Home, wanted: &str) -> (Kept, String) {
    let run = journal::find(&home.data_dir(), "last").unwrap();
    let all = lines(home, &run);
    let kept = all.iter().find_map(|line| match &line.record {
        Record::Ended {
            step,
            output: Some(kept),
            ..
        } if step == wanted => Some(kept.clone()),
        _ => None,
    });
    let kept = kept.unwrap();
    let file = journal::folder(&home.data_dir()).join(run).join(&kept.file);
    (kept, std::fs::read_to_string(file).unwrap())
}

#[test]
fn a_long_output_is_judged_whole_and_kept_with_its_end_and_its_true_length() {
    let home = Home::new();
    page(
        &home,
        "```sh {name=seen kind=evidence expect=\"/^700000$/\"}\nseq 1 1300000; echo THE-END\n```\n\n\
         ```sh {name=late expect=\"/DRAINED-OK/\"}\nseq 1 1300000; echo DRAINED-OK\n```\n",
    );
    let began = home.qd(&["incident", "start", "slow"]).output().unwrap();
    assert_eq!(began.status.code(), Some(0), "{}", err(&began));
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(0), "{}", err(&ran));
    let (kept, text) = kept(&home, "seen");
    let printed = (1..=1_300_000).map(|number: u32| number.to_string().len() as u64 + 1);
    let printed = printed.sum::<u64>() + "THE-END\n".len() as u64;
    let Some(Cut {
        printed: told,
        left_out,
    }) = kept.cut
    else {
        panic!("{kept:?} is not cut")
    };
    assert_eq!(told, printed);
    let says = format!("[{left_out} of {printed} bytes are left out here: the recording has them]\n");
    let (head, tail) = text.split_once(&says).unwrap();
    assert!(head.starts_with("1\n2\n") && tail.ends_with("\n1300000\nTHE-END\n"));
    assert_eq!((head.len() + tail.len()) as u64, printed - left_out);
    let shown = out(&qd(&home, &["runs", "show", "last"]));
    let says = format!(
        "({} bytes of {printed} printed: the beginning and the end)",
        text.len()
    );
    assert!(shown.contains(&says), "{shown}");
    let verified = qd(&home, &["runs", "verify", "last"]);
    assert_eq!(verified.status.code(), Some(0), "{}", err(&verified));

    let id = home.json(&["incident", "ls"])["incidents"][0]["incident"].clone();
    let report = |format: &str| {
        let asked = home
            .qd(&["report", id.as_str().unwrap(), "--format", format])
            .output();
        out(&asked.unwrap())
    };
    let told: Value = serde_json::from_str(&report("json")).unwrap();
    let evidence = &told["evidence"][0];
    assert_eq!(
        (&evidence["printed"], &evidence["ok"]),
        (&printed.into(), &true.into())
    );
    assert!(evidence["text"].as_str().unwrap().ends_with("\nTHE-END\n"));
    let missing = evidence["left_out"].as_u64().unwrap();
    assert!(
        missing >= printed - evidence["text"].as_str().unwrap().len() as u64,
        "{missing}"
    );
    let says = format!(
        "{printed} bytes, of which {} are kept, the beginning and the end",
        text.len()
    );
    assert!(report("md").contains(&says), "{}", report("md"));
}

#[test]
fn a_part_of_an_output_is_no_value() {
    let home = Home::new();
    let printed = [("100000", true), ("140000", false), ("9000000", false)];
    for (bytes, is_value) in printed {
        page(
            &home,
            &format!(
                "```sh {{name=ids capture=IDS}}\nyes abcdefghij0123456789 | head -c {bytes}; echo LAST\n```\n\n\
                 ```sh {{name=use}}\necho \"length ${{#IDS}}\"\n```\n"
            ),
        );
        let began_at = std::time::Instant::now();
        let ran = qd(&home, &["run", "page.md", "--yes"]);
        assert_eq!(ran.status.success(), is_value, "{bytes}: {}", err(&ran));
        let used = out(&ran).lines().any(|line| line.ends_with("length 100004"));
        assert_eq!(used, is_value, "{bytes}");
        let says = "a variable takes 131067 at most (128 KiB with its name)";
        assert_eq!(err(&ran).contains(says), !is_value, "{bytes}: {}", err(&ran));
        assert!(began_at.elapsed().as_secs() < 100, "{bytes}");
    }
}
