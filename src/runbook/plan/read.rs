//! Steps out of Markdown: one walk that meets headings, blocks, comments, task boxes and the lines that xc writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

use super::task::Open;
use super::{Step, What, looks_only};
use crate::runbook::block::{Block, LineStarts, Runnable, blocks, masked, options};
use crate::runbook::call::Call;
use crate::runbook::fence::{Attributes, BadAttribute, Kind};
use crate::runbook::note::{self, Tab};

/// A line of the page, and what is wrong there.
type Bad = (usize, String);

/// What `Requires:` and `Inputs:` under a heading say of the steps below it.
#[derive(Clone, Default)]
struct Section {
    name: String,
    requires: Vec<String>,
    inputs: Vec<String>,
}

#[derive(Default)]
struct Walk {
    steps: Vec<Step>,
    blocks: BTreeMap<usize, Block>,
    phase: String,
    section: Section,
    /// Names of headings and the first step below each, for `Requires:`.
    named: BTreeMap<String, String>,
    /// What comments say, and the line of the last, for the block that follows however much prose is between.
    comment: Option<(Attributes, usize)>,
    /// Whether the last block was a step, for the sample output behind it.
    sample_for: Option<usize>,
}

pub(super) fn steps(whole: &str) -> Result<Vec<Step>, Bad> {
    let text: &str = &masked(whole);
    let lines = LineStarts::of(text);
    let line_of = |offset: usize| lines.line(offset);
    let mut walk = Walk {
        blocks: blocks(text)
            .into_iter()
            .map(|block| (block.start_line, block))
            .collect(),
        ..Walk::default()
    };
    let mut heading: Option<(HeadingLevel, String)> = None;
    let mut paragraph: Option<String> = None;
    let mut fence: Option<(String, usize)> = None;
    let mut html = String::new();
    let mut task: Option<Open> = None;
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => heading = Some((level, String::new())),
            Event::End(TagEnd::Heading(_)) => {
                if let Some((level, text)) = heading.take() {
                    walk.end_comment()?;
                    walk.enter(level, text);
                }
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                walk.finish_task(&mut task, &line_of);
                let info = match &kind {
                    CodeBlockKind::Fenced(_) => info(&text[range.clone()]),
                    CodeBlockKind::Indented => "",
                };
                fence = Some((info.to_owned(), line_of(range.start)));
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((info, line)) = fence.take() {
                    walk.block(&info, line)?;
                }
            }
            Event::Html(piece) | Event::InlineHtml(piece) => {
                html.push_str(&piece);
                walk.comments(&mut html, line_of(range.start))?;
            }
            Event::TaskListMarker(_) => {
                walk.finish_task(&mut task, &line_of);
                task = Some(Open::new(range));
            }
            Event::Start(Tag::Item) => task.iter_mut().for_each(Open::item),
            Event::End(TagEnd::Item) => {
                let is_over = task.as_mut().is_some_and(Open::end_item);
                if is_over {
                    walk.finish_task(&mut task, &line_of);
                }
            }
            Event::Start(Tag::Paragraph) => {
                task.iter_mut().for_each(Open::part);
                paragraph = Some(String::new());
            }
            Event::End(TagEnd::Paragraph) => {
                if let Some(text) = paragraph.take() {
                    walk.prose(&text);
                }
            }
            Event::Text(piece) | Event::Code(piece) => {
                if let Some(task) = &mut task {
                    task.push(&piece, range);
                }
                let parts = [heading.as_mut().map(|(_, text)| text), paragraph.as_mut()];
                for part in parts.into_iter().flatten() {
                    part.push_str(&piece);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                let parts = [task.as_mut().map(|task| &mut task.text), paragraph.as_mut()];
                for part in parts.into_iter().flatten() {
                    part.push('\n');
                }
            }
            _ => {}
        }
    }
    walk.finish_task(&mut task, &line_of);
    walk.end_comment()?;
    walk.settle();
    tab(&mut walk.steps, whole);
    Ok(walk.steps)
}

/// Tells steps of the tabs that they stand in, where others have steps too. What undoes something, and what says itself
/// when it is meant, is no matter of choice.
fn tab(steps: &mut [Step], text: &str) {
    let is_choice = |step: &Step| {
        let said = &step.attributes;
        said.kind != Kind::Rollback && said.when.is_none() && !said.excluded
    };
    let holds = |tab: &Tab, step: &Step| tab.lines.0 < step.lines.0 && step.lines.1 <= tab.lines.1;
    let mut tabs = note::tabs(text);
    tabs.retain(|tab| steps.iter().any(|step| is_choice(step) && holds(tab, step)));
    let mut sets: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for tab in &tabs {
        sets.entry(tab.set).or_default().push(tab.title.clone());
    }
    let sets: BTreeMap<usize, Arc<[String]>> = sets
        .into_iter()
        .map(|(set, titles)| (set, titles.into()))
        .collect();
    for tab in &mut tabs {
        tab.among = sets.get(&tab.set).cloned().unwrap_or_default();
    }
    tabs.retain(|tab| tab.among.len() > 1);
    for step in steps.iter_mut().filter(|step| is_choice(step)) {
        let own = tabs.iter().filter(|tab| holds(tab, step));
        step.tabs = own.cloned().collect();
    }
}

/// What stands behind the opening fence of a block, as it is typed: a parser takes the backslash from every `\.`, and patterns
/// need theirs.
fn info(block: &str) -> &str {
    let line = block.lines().next().unwrap_or("");
    line.trim_start().trim_start_matches(['`', '~']).trim()
}

fn says(line: usize, bad: &BadAttribute) -> Bad {
    (line, bad.to_string())
}

impl Walk {
    /// Takes what whole comments say of the block below; the beginning of another one stays.
    fn comments(&mut self, html: &mut String, line: usize) -> Result<(), Bad> {
        while let Some(end) = html.find("-->") {
            let rest = html.split_off(end + 3);
            let comment = std::mem::replace(html, rest);
            let Some(start) = comment.rfind("<!--") else {
                continue;
            };
            let Some(read) = Attributes::of_comment(&comment[start..]) else {
                continue;
            };
            let read = read.map_err(|bad| says(line, &bad))?;
            let both = match self.comment.take() {
                Some((before, _)) => before.merged(read).map_err(|bad| says(line, &bad))?,
                None => read,
            };
            self.comment = Some((both, line));
        }
        match html.find("<!--") {
            Some(start) => drop(html.drain(..start)),
            None => html.clear(),
        }
        Ok(())
    }

    /// What a comment says of a block may not be lost because there is none.
    fn end_comment(&mut self) -> Result<(), Bad> {
        match self.comment.take() {
            Some((_, line)) => {
                let says = "the comment says how a block is run, and no block follows it in its section";
                Err((line, says.to_owned()))
            }
            None => Ok(()),
        }
    }

    fn enter(&mut self, level: HeadingLevel, text: String) {
        let text = text.trim().to_owned();
        if level == HeadingLevel::H2 {
            self.phase.clone_from(&text);
        }
        self.section = Section {
            name: text,
            ..Section::default()
        };
        self.sample_for = None;
    }

    /// xc's lines are prose of a section: `Requires: a, b` and `Inputs: A, B`.
    fn prose(&mut self, text: &str) {
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let words = || {
                value
                    .split(',')
                    .map(|word| word.trim().to_owned())
                    .filter(|word| !word.is_empty())
            };
            match key.trim().to_ascii_lowercase().as_str() {
                "requires" | "req" => self.section.requires.extend(words()),
                "inputs" => self
                    .section
                    .inputs
                    .extend(words().filter(|word| crate::runbook::fence::is_variable(word))),
                _ => {}
            }
        }
    }

    fn block(&mut self, info: &str, line: usize) -> Result<(), Bad> {
        let Some(block) = self.blocks.remove(&line) else {
            return Ok(());
        };
        if block.lang == "output" {
            if let Some(at) = self.sample_for.take() {
                self.steps[at].sample = Some(block.text);
            }
            return Ok(());
        }
        let attributes = Attributes::parse(info).map_err(|bad| says(line, &bad))?;
        let attributes = match self.comment.take() {
            Some((said, _)) => attributes.merged(said).map_err(|bad| says(line, &bad))?,
            None => attributes,
        };
        self.sample_for = None;
        let lines = (block.start_line, block.end_line);
        if block.lang == "ssm" {
            let mut call = Call::parse(&block.text).map_err(|says| (line, says))?;
            call.is_open = !block.is_closed;
            let title = attributes.name.clone().unwrap_or_else(|| call.document.clone());
            self.push(
                title,
                lines,
                What::Call(Box::new(call)),
                attributes,
                false,
                Vec::new(),
            );
            self.sample_for = Some(self.steps.len() - 1);
            return Ok(());
        }
        if block.runnable == Runnable::No {
            return Ok(());
        }
        let title = block
            .commands
            .first()
            .and_then(|command| command.lines().next())
            .unwrap_or_default();
        let title = attributes.name.clone().unwrap_or_else(|| title.to_owned());
        // The table of verbs is of POSIX commands; PowerShell's own cannot be told.
        let reads = !block.is_powershell() && looks_only(&block);
        let inputs = self.section.inputs.clone();
        self.push(
            title,
            lines,
            What::Commands(Box::new(block)),
            attributes,
            reads,
            inputs,
        );
        self.sample_for = Some(self.steps.len() - 1);
        Ok(())
    }

    fn finish_task(&mut self, task: &mut Option<Open>, line_of: &impl Fn(usize) -> usize) {
        let Some(task) = task.take() else { return };
        let text = task.text.trim().to_owned();
        let lines = (line_of(task.at.start), line_of(task.at.end.saturating_sub(1)));
        let title = text.lines().next().unwrap_or_default().to_owned();
        self.push(
            title,
            lines,
            What::Task(text),
            Attributes::default(),
            true,
            Vec::new(),
        );
        self.sample_for = None;
    }

    fn push(
        &mut self,
        title: String,
        lines: (usize, usize),
        what: What,
        mut attributes: Attributes,
        reads: bool,
        inputs: Vec<String>,
    ) {
        let number = self.steps.len() + 1;
        let id = attributes.name.clone().unwrap_or_else(|| number.to_string());
        attributes.needs.extend(self.section.requires.iter().cloned());
        self.named
            .entry(self.section.name.clone())
            .or_insert_with(|| id.clone());
        self.steps.push(Step {
            id,
            number,
            title,
            phase: self.phase.clone(),
            lines,
            what,
            attributes,
            sample: None,
            inputs,
            environment: Vec::new(),
            learnt: Vec::new(),
            reads,
            tabs: Vec::new(),
        });
    }

    /// `Requires:` names headings; a step's `needs` names steps.
    fn settle(&mut self) {
        let ids: Vec<String> = self.steps.iter().map(|step| step.id.clone()).collect();
        for step in &mut self.steps {
            for needed in &mut step.attributes.needs {
                if !ids.contains(needed)
                    && let Some(id) = self.named.get(needed)
                {
                    needed.clone_from(id);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_behind_a_fence_keeps_its_backslashes() {
        let page = "- x\n\n  ```sh {expect=\"/\\.ok \\[1\\]/\" redact='a\\_b'}\n  date\n  ```\n\n~~~ sh {expect=/\\.ok/}\ndate\n~~~\n";
        let steps = steps(page).unwrap();
        let expected: Vec<_> = steps
            .iter()
            .map(|step| step.attributes.expect.as_deref())
            .collect();
        assert_eq!(expected, [Some(r"/\.ok \[1\]/"), Some(r"/\.ok/")]);
        assert_eq!(steps[0].attributes.redact.as_deref(), Some(r"a\_b"));
    }
}
