//! Blocks measured against a list made by another Markdown parser, and the whole corpora read without harm.

mod alarm;
mod placeholder;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

pub(crate) fn corpora() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/runbooks");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} is absent", folder.display());
    None
}

struct Gold {
    start_line: usize,
    end_line: usize,
    lang: String,
    kind: String,
    prompt_lines: usize,
    sha256_16: String,
}

fn gold(folder: &Path) -> BTreeMap<PathBuf, Vec<Gold>> {
    let text = std::fs::read_to_string(folder.join("GOLD-code-blocks.tsv")).unwrap();
    let mut files: BTreeMap<PathBuf, Vec<Gold>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let field: Vec<&str> = line.split('\t').collect();
        let root = match field[0] {
            "openshift" => "openshift-runbooks",
            "awsir" => "aws-incident-response-playbooks",
            _ => "ssm-digito-documents",
        };
        let candidates = [
            folder.join(root).join(field[1]),
            folder.join(root).join("documents").join(field[1]),
        ];
        let path = candidates
            .into_iter()
            .find(|path| path.is_file())
            .unwrap_or_default();
        files.entry(path).or_default().push(Gold {
            start_line: field[3].parse().unwrap(),
            end_line: field[4].parse().unwrap(),
            lang: field[6].to_string(),
            kind: field[7].to_string(),
            prompt_lines: field[9].parse().unwrap(),
            sha256_16: field[10].to_string(),
        });
    }
    files
}

#[test]
fn blocks_agree_with_an_independent_parser() {
    let Some(folder) = corpora() else { return };
    let (mut all, mut same_place, mut same_text, mut same_lang) = (0, 0, 0, 0);
    let (mut spoken, mut agreed) = (0, 0);
    let (mut prompted, mut same_prompts) = (0, 0);
    for (path, gold) in gold(&folder) {
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()));
        let found = blocks(&text);
        for wanted in &gold {
            all += 1;
            let Some(block) = found.iter().find(|block| block.start_line == wanted.start_line) else {
                eprintln!("missing: {}:{}", path.display(), wanted.start_line);
                continue;
            };
            let place = block.end_line == wanted.end_line;
            same_place += usize::from(place);
            let text = block.sha256.starts_with(&wanted.sha256_16);
            same_text += usize::from(text);
            same_lang += usize::from(block.lang == wanted.lang);
            let is_doubted = block.doubt.is_some() && block.runnable == Runnable::Yes;
            assert!(!is_doubted, "{}:{}", path.display(), wanted.start_line);
            if !place || !text {
                eprintln!(
                    "differs: {}:{}-{} ends {}",
                    path.display(),
                    wanted.start_line,
                    wanted.end_line,
                    block.end_line
                );
            }
            // Terminals without a prompt may show output only, so gold's `shell` says nothing about running them.
            let expected = match wanted.kind.as_str() {
                "shell" if wanted.lang == "console" && wanted.prompt_lines == 0 => None,
                "shell" => Some(Runnable::Yes),
                "maybe" => Some(Runnable::Maybe),
                _ => Some(Runnable::No),
            };
            if let Some(expected) = expected {
                spoken += 1;
                agreed += usize::from(block.runnable == expected);
                if block.runnable != expected {
                    eprintln!(
                        "{:?}, gold {}: {}:{}",
                        block.runnable,
                        wanted.kind,
                        path.display(),
                        wanted.start_line
                    );
                }
            }
            if wanted.kind == "shell" && wanted.prompt_lines > 0 {
                prompted += 1;
                same_prompts += usize::from(block.commands.len() == wanted.prompt_lines);
                if block.commands.len() != wanted.prompt_lines {
                    eprintln!(
                        "{} commands, gold {}: {}:{}",
                        block.commands.len(),
                        wanted.prompt_lines,
                        path.display(),
                        wanted.start_line
                    );
                }
            }
        }
    }
    eprintln!(
        "{all} blocks: place {same_place}, text {same_text}, lang {same_lang}; runnable {agreed}/{spoken}; prompts {same_prompts}/{prompted}"
    );
    assert_eq!((same_place, same_text, same_lang), (all, all, all));
    assert!(agreed * 100 >= spoken * 98, "{agreed} of {spoken}");
    assert!(
        same_prompts * 100 >= prompted * 95,
        "{same_prompts} of {prompted}"
    );
}

#[test]
fn indented_code_is_the_same_where_the_page_has_no_last_line_end() {
    let sum = |text: &str| blocks(text)[0].sha256.clone();
    assert_eq!(sum("# T\n\n    ls -l"), sum("# T\n\n    ls -l\n"));
    assert_eq!(sum("# T\n\n    ls -l"), hex::encode(Sha256::digest(b"ls -l\n")));
}

#[test]
fn a_rule_further_down_hides_no_block() {
    let text = "# T\n\n---\nsome text\n\n```sh\nid\n```\n\n---\n\n```sh\nls\n```\n";
    let lines: Vec<usize> = blocks(text).iter().map(|block| block.start_line).collect();
    assert_eq!(lines, [6, 12]);
    let text = "---\ntitle: x\nnote: |\n  ```sh\n  no\n  ```\n---\n```sh\nid\n```\n";
    let lines: Vec<usize> = blocks(text).iter().map(|block| block.start_line).collect();
    assert_eq!(lines, [8]);
    assert_eq!(front_matter("---\n\ntext\n---\n"), 0);
    assert_eq!(front_matter("---\na: 1\n---"), 12);
}

proptest! {
    #[test]
    fn blocks_of_any_scraps_lie_in_the_page_and_do_not_depend_on_line_ends(scraps in prop::collection::vec(prop::sample::select(vec![
        "```sh\n", "```\n", "~~~~console\n", "~~~~\n", "> ", "- ", "1. ", "    ", "\t", "$ id\n", "# whoami\n", "<a b>", "${X}", "'", "\"", "\\\n", "<<EOF\n", "EOF\n", "|", "결제\n", "\n", "---\n", "a: b\n", "<!-- ", "-->\n", "\u{0}",
    ]), 0..60)) {
        let text = scraps.concat();
        let found = blocks(&text);
        let lines = text.lines().count();
        for block in &found {
            prop_assert!(1 <= block.start_line && block.start_line <= block.end_line && block.end_line <= lines.max(1));
            for command in &block.commands {
                prop_assert!(!command.trim().is_empty());
                for line in command.lines() {
                    prop_assert!(block.text.contains(line.trim()), "{line:?} in {:?}", block.text);
                }
            }
        }
        prop_assert_eq!(&found, &blocks(&text.replace('\n', "\r\n")));
        prop_assert_eq!(&found, &blocks(&text.replace('\n', "\r")));
    }
}
