//! navi's cheat sheets (`.cheat`) as pages: `%` tags, `#` what a command does, `;` remarks, `$ name: command` for the values
//! of `<name>`, and all other lines are commands. A sheet is no sequence: each of its blocks runs only when it is chosen.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use super::document::fence;
use super::fence::is_variable;
use super::{placeholder, verb};

/// Whether a file is a cheat sheet, by its name.
pub(super) fn is_sheet(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("cheat"))
}

#[derive(Default)]
struct Sheet {
    tags: Vec<String>,
    body: String,
    snippet: Vec<String>,
    is_fenced: bool,
    /// Commands that print values, as long as a name has only one.
    variables: BTreeMap<String, Option<String>>,
    /// Lines of variables that a page has no word for.
    others: Vec<String>,
}

/// A sheet written as Markdown.
pub(super) fn page(path: &Path, text: &str) -> String {
    let mut sheet = Sheet::default();
    for line in text.lines() {
        sheet.line(line);
    }
    sheet.end_snippet();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let title = stem.unwrap_or_default();
    let mut page = format!("---\ntitle: {}\n", Value::from(title.as_str()));
    let _ = writeln!(page, "tags: {}", Value::from(sheet.tags.clone()));
    let variables: Vec<(&String, &String)> = sheet
        .variables
        .iter()
        .filter_map(|(name, command)| Some((name, command.as_ref()?)))
        .collect();
    if !variables.is_empty() {
        page.push_str("vars:\n");
    }
    for (name, command) in variables {
        let _ = writeln!(page, "  {name}: {{suggest: {}}}", Value::from(command.as_str()));
    }
    let _ = write!(page, "---\n\n# {}\n{}", escaped(&title), sheet.body);
    if !sheet.others.is_empty() {
        let text = sheet.others.join("\n");
        let fence = fence(&text);
        let _ = write!(page, "\n## Values\n\n{fence}text\n{text}\n{fence}\n");
    }
    page
}

impl Sheet {
    fn line(&mut self, line: &str) {
        let line = line.trim_end();
        if line.starts_with("```") {
            self.is_fenced = !self.is_fenced;
            return;
        }
        let rest = |mark: char| line.strip_prefix(mark).map(str::trim);
        if self.is_fenced || line.is_empty() {
            self.snippet.push(line.to_owned());
        } else if let Some(tags) = rest('%') {
            self.say(&format!("## {}", escaped(tags)));
            let tags = tags.split(',').map(|tag| tag.trim().to_owned());
            let new: Vec<String> = tags
                .filter(|tag| !tag.is_empty() && !self.tags.contains(tag))
                .collect();
            self.tags.extend(new);
        } else if let Some(does) = rest('#') {
            self.say(&format!("### {}", escaped(does)));
        } else if let Some(remark) = rest(';') {
            self.say(&escaped(remark));
        } else if let Some(tags) = rest('@') {
            self.say(&format!("With the values of {}.", escaped(tags)));
        } else if let Some((name, command)) = variable(line) {
            self.end_snippet();
            self.values(name, command, line);
        } else {
            self.snippet.push(line.to_owned());
        }
    }

    fn say(&mut self, text: &str) {
        self.end_snippet();
        let _ = write!(self.body, "\n{text}\n");
    }

    fn end_snippet(&mut self) {
        let lines = std::mem::take(&mut self.snippet);
        let text = lines.join("\n");
        let text = text.trim_matches('\n');
        if !text.is_empty() {
            let fence = fence(text);
            let _ = write!(
                self.body,
                "\n{fence}sh {{excludeFromRunAll=true}}\n{text}\n{fence}\n"
            );
        }
    }

    /// A command whose every word is a value, which only looks and asks for nothing, suggests them; of others the page
    /// only tells.
    fn values(&mut self, name: &str, command: &str, line: &str) {
        let known = name.replace('-', "_");
        let is_whole = !command.contains("---") && placeholder::written(command).is_empty();
        let expands = command.contains('$') && !command.contains("awk");
        let is_fit = is_variable(&known) && is_whole && !expands && verb::reads(command);
        let has_other = |before: &Option<String>| before.as_deref() != Some(command);
        if is_fit && !self.variables.get(&known).is_some_and(has_other) {
            self.variables.insert(known, Some(command.to_owned()));
            return;
        }
        self.others.push(line.to_owned());
        if let Some(before) = self.variables.get_mut(&known).and_then(Option::take) {
            self.others.push(format!("$ {name}: {before}"));
        }
        if is_fit {
            self.variables.insert(known, None);
        }
    }
}

/// `$ name: command`.
fn variable(line: &str) -> Option<(&str, &str)> {
    let (name, command) = line.strip_prefix('$')?.split_once(':')?;
    let name = name.trim();
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let is_named = !name.is_empty() && name.chars().all(is_name);
    is_named.then(|| (name, command.trim()))
}

/// Text that no Markdown is read in.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::plan::Plan;
    use crate::runbook::{Page, Runnable};

    const SHEET: &str = "% git, code\n; kept by *us*\n\n# Change <branch>\ngit checkout <branch>\n\n# Two lines\necho a \\\n  b\n\necho ```\n\n$ branch: git branch --list\n$ image_id: docker images --- --column 3\n$ y: echo \"$x foo\"\n\n% code, disk\n@ git, code\n\n# Fenced\n```\n# a remark of the shell\ndf -h <mount-point>\n```\n\n$ mount-point: findmnt -n\n$ branch: git tag\n";

    fn read(text: &str) -> Page {
        Page::read(Path::new("/r/git.cheat"), "git.cheat", text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_sheet_is_a_page_with_a_block_for_each_command() {
        let page = read(SHEET);
        assert_eq!(page.title, "git");
        assert_eq!(page.tags, ["git", "code", "disk"]);
        let headings: Vec<&str> = page
            .headings
            .iter()
            .map(|heading| heading.text.as_str())
            .collect();
        for wanted in ["git, code", "Change <branch>", "Two lines", "Fenced"] {
            assert!(headings.contains(&wanted), "{wanted}: {headings:?}");
        }
        assert!(page.text.contains(r"kept by \*us\*"), "{}", page.text);
        let blocks = page.blocks();
        let runnable: Vec<Vec<String>> = blocks
            .iter()
            .filter(|block| block.runnable == Runnable::Yes)
            .map(|block| block.commands.clone())
            .collect();
        assert_eq!(
            runnable,
            [
                vec!["git checkout <branch>".to_owned()],
                vec!["echo a \\\n  b".into(), "echo ```".into()],
                vec!["df -h <mount-point>".into()],
            ]
        );
        for lost in [
            "docker images --- --column 3",
            "$ y: echo",
            "git tag",
            "git branch --list",
        ] {
            assert!(page.text.contains(lost), "{lost}: {}", page.text);
        }
    }

    #[test]
    fn nothing_of_a_sheet_runs_unless_it_is_chosen_and_values_are_suggested_by_what_only_looks() {
        let sheet = "% disk\n# Look\ndf -h <mount-point> <other>\n\n$ mount-point: df --output=target\n$ other: rm -rf x\n";
        let page = read(sheet);
        let plan = Plan::parse(&page.path, &page.name, &page.text).unwrap();
        assert!(plan.steps.iter().all(|step| step.attributes.excluded));
        let suggest = |name: &str| {
            plan.manifest
                .variables
                .get(name)
                .and_then(|one| one.suggest.clone())
        };
        assert_eq!(suggest("mount_point").as_deref(), Some("df --output=target"));
        assert_eq!(suggest("other"), None);
        assert!(page.text.contains("$ other: rm -rf x"));
        assert_eq!(read("").blocks(), []);
        assert!(!is_sheet(Path::new("a.cheat.md")) && is_sheet(Path::new("a.CHEAT")));
    }
}
