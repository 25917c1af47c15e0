//! Systems Manager documents as pages: what they do, their parameters and steps, and their text, so that they are found
//! by what is in them. AWS's own search knows names only.

use std::fmt::Write;

use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::bucket::Fetched;
use super::library::Failure;
use crate::aws::{Cloud, DocumentRow, Place};

/// Documents that are asked for at once; GetDocument is throttled early.
const AT_ONCE: usize = 4;

/// The documents of every account and region that `cloud` shows. One place that fails does not hide the others.
pub(super) async fn fetch(cloud: &Cloud) -> Fetched {
    let places = cloud.places().await;
    let failed = |failure: crate::aws::Failure| Failure {
        path: format!("ssm:/{}/{}", failure.profile, failure.region).into(),
        cause: failure.cause,
        hint: failure.hint,
    };
    let mut pages: Vec<Result<(String, Vec<u8>), Failure>> =
        places.failed.into_iter().map(|f| Err(failed(f))).collect();
    for place in &places.found {
        let rows = match cloud.fetch_documents(place).await {
            Ok(rows) => rows,
            Err(failure) => {
                pages.push(Err(failed(failure)));
                continue;
            }
        };
        let read = stream::iter(rows).map(|row| async move {
            let text = cloud.fetch_document(place, &row.name).await;
            let name = format!("{}/{}/{}", place.profile, place.region, row.name);
            match text {
                Ok(text) => Ok((name, page(&row, place, &text).into_bytes())),
                Err(failure) => Err(Failure {
                    path: format!("ssm:/{name}").into(),
                    cause: failure.cause,
                    hint: failure.hint,
                }),
            }
        });
        pages.extend(read.buffered(AT_ONCE).collect::<Vec<_>>().await);
    }
    Ok(pages)
}

/// A document written as Markdown.
fn page(row: &DocumentRow, place: &Place, text: &str) -> String {
    let parsed: Result<Value, _> = serde_saphyr::from_str(text).or_else(|bad| {
        // The service takes quoted text that goes on at the margin; YAML itself does not.
        serde_saphyr::from_str(&crate::document::indented(text)).map_err(|_| bad)
    });
    let unread = parsed.as_ref().err().map(ToString::to_string);
    let document = parsed.unwrap_or(Value::Null);
    let says = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_string);
    let mut page = format!(
        "---\ntitle: {}\ntags: [ssm]\n---\n\n# {}\n\n",
        Value::from(row.name.as_str()),
        row.name
    );
    if let Some(description) = says(&document, "description") {
        // Whoever may write a document may write anything in it: it is shown, and is no Markdown of ours.
        let fence = fence(&description);
        let _ = writeln!(page, "{fence}text\n{}\n{fence}\n", description.trim());
    }
    let version = row.version.as_deref().unwrap_or("?");
    let _ = writeln!(
        page,
        "{} document, version {version}, in {} of {}.",
        row.kind, place.region, place.profile
    );
    if let Some(why) = unread {
        let why = why
            .lines()
            .next()
            .unwrap_or_default()
            .replace(['`', '<', '*', '_'], " ");
        let _ = writeln!(page, "\nIts parameters and steps could not be told: {why}");
    }
    if let Some(parameters) = document.get("parameters").and_then(Value::as_object) {
        page.push_str("\n## Parameters\n\n");
        for (name, parameter) in parameters {
            let kind = says(parameter, "type").unwrap_or_default();
            let usual = parameter
                .get("default")
                .map(|value| format!(", `{value}` unless given"));
            let about = says(parameter, "description").map(|about| format!(": {}", one_line(&about)));
            let (usual, about) = (usual.unwrap_or_default(), about.unwrap_or_default());
            let (name, kind) = (one_line(name), one_line(&kind));
            let _ = writeln!(page, "- `{name}` ({kind}{usual}){about}");
        }
    }
    if let Some(steps) = document.get("mainSteps").and_then(Value::as_array) {
        page.push_str("\n## Steps\n\n");
        for (nth, step) in (1..).zip(steps) {
            let name = says(step, "name").unwrap_or_default();
            let action = says(step, "action").unwrap_or_default();
            let about = says(step, "description").map(|about| format!(": {}", one_line(&about)));
            let (name, action) = (one_line(&name), one_line(&action));
            let _ = writeln!(page, "{nth}. `{name}`, {action}{}", about.unwrap_or_default());
        }
    }
    let lang = if text.trim_start().starts_with('{') {
        "json"
    } else {
        "yaml"
    };
    let fence = fence(text);
    let _ = write!(
        page,
        "\n## Document\n\n{fence}{lang}\n{}\n{fence}\n",
        text.trim_end()
    );
    page
}

/// A fence longer than any in a text.
pub(super) fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::gold::corpora;
    use crate::runbook::{Page, Runnable};

    fn row(name: &str) -> DocumentRow {
        DocumentRow {
            name: name.into(),
            kind: "Automation".into(),
            version: Some("3".into()),
            ..DocumentRow::default()
        }
    }

    fn place() -> Place {
        Place {
            profile: "shop".into(),
            region: "eu-west-1".into(),
        }
    }

    #[test]
    fn a_document_is_a_page_that_runs_nothing() {
        let text = "description: Reboots it\nparameters:\n  Id: {type: String, default: i-1, description: which}\n\
            mainSteps:\n- name: stop\n  action: aws:executeAwsApi\n  inputs: {x: '```'}\n";
        let page = page(&row("Shop-Reboot"), &place(), text);
        assert!(
            page.contains("- `Id` (String, `\"i-1\"` unless given): which"),
            "{page}"
        );
        assert!(page.contains("1. `stop`, aws:executeAwsApi"));
        let parsed = Page::parse(std::path::Path::new("x"), "x", &page);
        assert_eq!(parsed.title, "Shop-Reboot");
        let blocks = parsed.blocks();
        let of = |nth: usize| (blocks[nth].runnable, blocks[nth].text.as_str());
        assert_eq!(
            (of(0), of(1)),
            ((Runnable::No, "Reboots it\n"), (Runnable::No, text))
        );
        assert_eq!(blocks.len(), 2);
    }

    #[test]
    fn nothing_that_a_document_says_becomes_a_step() {
        let text = "description: |-\n  Fix:\n\n  ````sh\n  rm -rf /\n  ````\n\n  - [ ] done\n\n      kubectl delete pod x\n\
            parameters:\n  Id: {type: String, description: \"a\\n\\n```sh\\nreboot\\n```\\n\"}\n\
            mainSteps:\n- name: \"x\\n```sh\\nreboot\\n```\\n\"\n  action: aws:sleep\n";
        let page = page(&row("Shop-Fix"), &place(), text);
        let parsed = Page::parse(std::path::Path::new("x"), "x", &page);
        assert!(
            parsed.blocks().iter().all(|block| block.runnable == Runnable::No),
            "{page}"
        );
        assert!(page.contains("rm -rf /"));
        let steps = |path: &str, text: &str| {
            let plan = crate::runbook::plan::Plan::parse(std::path::Path::new(path), "x", text);
            plan.unwrap().steps.len()
        };
        assert_eq!(steps("x.md", &page), 0);
        let forged = "```sh\nls\n```\n";
        assert_eq!(
            (steps("x.md", forged), steps("ssm:/shop/eu-west-1/x", forged)),
            (1, 0)
        );
    }

    #[test]
    fn real_documents_keep_every_step() {
        let Some(folder) = corpora() else { return };
        let mut folders = vec![folder.join("ssm-digito-documents")];
        let (mut seen, mut steps, mut unread) = (0, 0, 0);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "yml") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let wanted = text.lines().filter(|line| {
                        line.trim_start().starts_with("action:") || line.trim_start().starts_with("- action:")
                    });
                    let page = page(&row("x"), &place(), &text);
                    let shown = page.split("\n## Document\n").next().unwrap_or("");
                    let listed = shown.lines().filter(|line| line.contains("`, aws:")).count();
                    let says_why = page.contains("could not be told");
                    assert!(says_why || listed == wanted.count(), "{}", path.display());
                    unread += usize::from(says_why);
                    (seen, steps) = (seen + 1, steps + listed);
                }
            }
        }
        eprintln!("{seen} documents, {steps} steps, {unread} not understood");
        assert!(seen >= 90 && steps >= 700 && unread * 20 <= seen);
    }
}
