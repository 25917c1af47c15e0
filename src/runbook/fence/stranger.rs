//! Keys of a fence that mean nothing here. Those of other tools are passed over, as pages are written for them too; any other
//! is one of ours that somebody meant, and what it says would be lost.

use super::KEYS;
use crate::config::nearest::nearest;

/// What renderers and other runners of pages read, which changes nothing of a run.
const FOREIGN: &str = "\
    anchor_linenums anchorlinenos caption cell class closeTerminalOnSuccess code collapse comment copy dedent del \
    echo emphasize-lines env error eval file filename force frame fullWidth group guessSyntax height highlight hl-lines \
    hl_lines if include ins interactive key label language line-numbers lineNos lineNumbers lineanchors lineno \
    lineno-start linenos linenostart linenums lines live mark message mimeType noClasses noInline numberLines output \
    overflow promptEnv purl region results showLineNumbers source start startFrom startLine style sync tab tabWidth \
    terminalRows theme title transform use_pygments warning width wrap";

/// Words that others have for a key of ours.
const MEANT: [(&str, &str); 9] = [
    (
        "target targets host hosts machine machines node nodes instance instances where",
        "on",
    ),
    ("retries attempts tries repeat", "retry"),
    (
        "exit exit-code exit_code exitcode status returncode",
        "expect-exit",
    ),
    ("depends depends-on depends_on requires after", "needs"),
    ("undo revert", "rollback"),
    ("parallel parallelism", "concurrency"),
    ("dir directory workdir working-dir working_directory", "cwd"),
    ("ask approve approval approvals", "confirm"),
    ("register save store", "capture"),
];

/// Whether a key is neither ours nor known to be another tool's; those with a name of a tool before them are theirs.
pub(super) fn is_stranger(key: &str) -> bool {
    let is_theirs = key.contains(['.', ':', '/']) || key.starts_with("data-");
    let is_plain = key.starts_with(|c: char| c.is_ascii_alphabetic());
    is_plain && !is_theirs && !KEYS.contains(&key) && !FOREIGN.split_whitespace().any(|known| known == key)
}

/// What is wrong with such a key, and which of ours may be meant.
pub fn stranger(key: &str) -> String {
    let lower = key.to_lowercase();
    let meant = MEANT
        .iter()
        .find(|(words, _)| words.split_whitespace().any(|word| word == lower));
    let near = meant.map(|(_, ours)| *ours).or_else(|| nearest(key, &KEYS));
    match near {
        Some(near) => format!("{key}=: no attribute is called so, did you mean {near}"),
        None => format!("{key}=: no attribute is called so, and it would be passed over: take it out"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::runbook::plan::Plan;

    #[test]
    fn a_key_that_nobody_knows_is_refused_on_whatever_runs_and_told_what_it_may_mean() {
        let says = |label: &str, words: &str| {
            let body = if label == "ssm" { "document: A" } else { "date" };
            let page = format!("# P\n\n```{label} {{name=x {words}}}\n{body}\n```\n");
            Plan::parse(Path::new("p.md"), "p.md", &page).map_err(|bad| bad.to_string())
        };
        for label in ["sh", "console", "powershell", "ssm"] {
            for (words, near) in [
                ("onn=web", "did you mean on"),
                ("target=web", "did you mean on"),
                ("retries=3", "did you mean retry"),
                ("exit-code=3", "did you mean expect-exit"),
                ("zzzz=3", "take it out"),
            ] {
                let said = says(label, words).unwrap_err();
                assert!(
                    said.starts_with("p.md:3: ") && said.contains(near),
                    "{label} {words}: {said}"
                );
            }
            for words in [
                ".bash #id",
                "title=\"x y\"",
                "hl_lines=\"1 2\" linenums=1",
                "fig.width=3",
                "data-x=1",
            ] {
                assert!(says(label, words).is_ok(), "{label} {words}");
            }
        }
        // What is only shown may say what it likes.
        assert!(says("python", "onn=web").is_ok() && says("text", "retries=3").is_ok());
    }

    #[test]
    fn a_comment_and_json_are_no_way_around_it() {
        for page in [
            "# P\n\n<!-- oncall: {onn=web} -->\n```sh\ndate\n```\n",
            "# P\n\n\n```sh {\"onn\":\"web\"}\ndate\n```\n",
        ] {
            let bad = Plan::parse(Path::new("p.md"), "p.md", page).unwrap_err();
            assert!(bad.line == 4 && bad.says.contains("did you mean on"), "{bad}");
        }
    }
}
