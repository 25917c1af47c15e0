//! Code blocks of a page: where they are, whether they can run, which commands they hold, what is to be filled in.
//! Lines count from 1 and include the fences; the text is without the indentation of lists and quotes.

mod label;
mod line;
mod open;
mod way;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::console;
use super::note;
use super::placeholder;
use super::shell::{self, Script};

use label::{Tongue, label};
pub(super) use way::unclosed;

/// Whether a block is meant to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Runnable {
    Yes,
    /// It looks like commands but nothing says so: one key more is wanted.
    Maybe,
    No,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    pub start_line: usize,
    pub end_line: usize,
    /// First word of the fence's label; empty for none.
    pub lang: String,
    #[serde(skip)]
    tongue: Tongue,
    pub runnable: Runnable,
    /// Whole commands, continuation lines included, prompts and sample output left out.
    pub commands: Vec<String>,
    /// As written, each once.
    pub placeholders: Vec<String>,
    /// Of each, the name that a value for it is given under.
    #[serde(skip)]
    pub keys: Vec<String>,
    /// Why nobody should take it for commands without looking, whatever its label says.
    pub doubt: Option<String>,
    /// Of the text with LF line ends, in hexadecimal.
    pub sha256: String,
    #[serde(skip)]
    pub text: String,
    /// Whether a fence ends it, and not only the end of what it stands in.
    #[serde(skip)]
    pub is_closed: bool,
    /// The first of its commands that another seems to have printed.
    #[serde(skip)]
    pub(super) printed: Option<String>,
    /// Two of its prompts that are of different users, machines or shells, as far as they say so.
    #[serde(skip)]
    pub(super) moved: Option<(String, String)>,
    /// Functions of the blocks before it that open a shell or a prompt where they are called.
    #[serde(skip)]
    pub(super) openers: Arc<BTreeSet<String>>,
    /// Variables that are set when this block has run.
    #[serde(skip)]
    pub(super) assigned: Assigned,
}

/// Variables and the block of the page that sets each first, shared by all blocks: each looks at those up to itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Assigned {
    first: Arc<HashMap<String, First>>,
    upto: usize,
    /// Those whose values the page evaluates anywhere.
    evaluated: Arc<HashSet<String>>,
}

/// The first block that sets a variable, and the first that does so whichever way the shell goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct First {
    any: usize,
    certain: Option<usize>,
}

impl Assigned {
    /// A careful command relies on no branch of its own block; what an earlier block has left is asked of the shell.
    fn holds(&self, name: &str, is_careful: bool) -> bool {
        let Some(first) = self.first.get(name) else {
            return false;
        };
        let is_certain = first.any < self.upto || first.certain.is_some_and(|at| at <= self.upto);
        first.any <= self.upto && (is_certain || !is_careful)
    }
}

impl Block {
    /// Whether it is for PowerShell, which quotes and names things in ways of its own.
    pub fn is_powershell(&self) -> bool {
        self.tongue == Tongue::PowerShell
    }

    /// A command in the text of a page, which knows what the block before it knows. Nothing says that it is to be run.
    pub(super) fn of_span(text: String, line: usize, before: Option<&Block>) -> Block {
        let mut span = block("sh".to_owned(), text, (line, line));
        span.runnable = Runnable::Maybe;
        if let Some(before) = before.filter(|before| !before.is_powershell()) {
            span.assigned = before.assigned.clone();
        }
        let mut evaluated = placeholder::evaluated(&span.commands);
        evaluated.extend(span.assigned.evaluated.iter().cloned());
        span.assigned.evaluated = Arc::new(evaluated);
        span.list_placeholders();
        span
    }

    /// The same where no fence ends it: what it has of the page behind it, nobody can tell from its commands.
    fn left_open(mut self) -> Block {
        self.is_closed = false;
        if self.runnable != Runnable::No {
            self.runnable = Runnable::Maybe;
            self.doubt = Some(unclosed((self.start_line, self.end_line)));
        }
        self
    }

    /// The first line of the first command that is not whole: run, it would take what follows for its own.
    pub(super) fn unfinished(&self) -> Option<&str> {
        let mut commands = self.commands.iter().filter(|_| !self.is_powershell());
        let open = commands.find(|command| !console::is_complete(command))?;
        open.lines().next()
    }

    /// It runs without the rest of its page: these are the names whose values are evaluated then.
    pub(super) fn part(&mut self, evaluated: Arc<HashSet<String>>) {
        self.assigned.evaluated = evaluated;
    }

    /// Whether the value of a variable is read once more, by this block or by another of the page.
    pub(super) fn evaluates(&self, variable: &str) -> bool {
        self.assigned.evaluated.contains(variable)
    }
}

/// Line ends as one line feed each.
pub fn unix(text: &str) -> Cow<'_, str> {
    match text.contains('\r') {
        true => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(text),
    }
}

/// Bytes of the front matter with both its lines of `---`; 0 for none. It stands at the very beginning and nowhere
/// else: further down a `---` is a rule.
pub fn front_matter(text: &str) -> usize {
    let mut lines = text.split_inclusive('\n');
    let is_mark = |line: &str| line.trim_end() == "---";
    let Some(first) = lines.next().filter(|line| is_mark(line)) else {
        return 0;
    };
    let mut end = first.len();
    for (nth, line) in lines.enumerate() {
        end += line.len();
        // A blank line, or none at all, is how a page begins with a rule.
        if nth == 0 && (line.trim().is_empty() || is_mark(line)) {
            return 0;
        }
        if is_mark(line) {
            return end;
        }
    }
    0
}

/// The page with its front matter blanked and its notes as items, so that a parser passes over the one and looks into the
/// others, and every offset stays.
pub fn masked(text: &str) -> Cow<'_, str> {
    note::opened(blanked(text))
}

fn blanked(text: &str) -> Cow<'_, str> {
    let end = front_matter(text);
    if end == 0 {
        return Cow::Borrowed(text);
    }
    let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
    let mut masked: String = text[..end].bytes().map(blank).collect();
    masked.push_str(&text[end..]);
    Cow::Owned(masked)
}

/// What pages are parsed with, everywhere.
pub fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM
}

/// Every code block of a page, in its order.
pub fn blocks(text: &str) -> Vec<Block> {
    let text = &masked(&unix(text)).into_owned();
    let lines = LineStarts::of(text);
    let mut blocks = Vec::new();
    let mut open: Option<(String, Range<usize>, String)> = None;
    let mut is_closed = true;
    let mut is_indented = false;
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                is_closed = open_fence(text, &kind, &range).is_none();
                is_indented = matches!(kind, CodeBlockKind::Indented);
                let (lang, end) = match &kind {
                    CodeBlockKind::Fenced(info) => (label(info), range.end),
                    // Blank lines after it belong to nobody.
                    CodeBlockKind::Indented => {
                        (String::new(), range.start + text[range.clone()].trim_end().len())
                    }
                };
                open = Some((lang, range.start..end, String::new()));
            }
            Event::Text(piece) => {
                if let Some((_, _, content)) = &mut open {
                    content.push_str(&piece);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((lang, range, mut content)) = open.take() {
                    // Its last line ends like the others, even where the page does not.
                    if is_indented && !content.ends_with('\n') {
                        content.push('\n');
                    }
                    let block = block(lang, content, lines.of_range(&range));
                    blocks.push(match is_closed {
                        true => block,
                        false => block.left_open(),
                    });
                }
            }
            _ => {}
        }
    }
    fill_in(&mut blocks);
    way::tell_openers(&mut blocks);
    blocks
}

/// What each block has to be told, by what the blocks before it set in the same shell.
fn fill_in(blocks: &mut [Block]) {
    let mut first: HashMap<String, First> = HashMap::new();
    for (nth, block) in blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| !block.is_powershell())
    {
        for command in &block.commands {
            // A command's own assignments count from the next one on, but `A=1; echo $A` is one command.
            for (name, is_certain) in placeholder::assigned(command) {
                let first = first.entry(name).or_insert(First {
                    any: nth,
                    certain: None,
                });
                first.certain = first.certain.or(is_certain.then_some(nth));
            }
        }
    }
    let first = Arc::new(first);
    let shells = blocks.iter().filter(|block| !block.is_powershell());
    let commands: Vec<String> = shells.flat_map(|block| block.commands.iter().cloned()).collect();
    let evaluated = Arc::new(placeholder::evaluated(&commands));
    for (upto, block) in blocks.iter_mut().enumerate() {
        let first = match block.is_powershell() {
            // A process of its own: it hands nothing on, and is handed nothing.
            true => {
                let own = block.commands.iter();
                let own = own.flat_map(|text| placeholder::assigned_in_powershell(text));
                let certain = First {
                    any: 0,
                    certain: Some(0),
                };
                Arc::new(own.map(|name| (name, certain)).collect())
            }
            false => Arc::clone(&first),
        };
        block.assigned = Assigned {
            first,
            upto,
            evaluated: Arc::clone(&evaluated),
        };
        block.list_placeholders();
    }
}

fn block(lang: String, text: String, (start_line, end_line): (usize, usize)) -> Block {
    let tongue = Tongue::of(&lang, &text);
    let told = told(tongue, &text);
    // What stands behind a prompt was typed.
    let is_shown = tongue == Tongue::PowerShell || told.commands.is_some();
    let moved = told.moved.clone();
    let is_labelled = Tongue::of(&lang, "") != Tongue::Unsaid;
    let (runnable, commands) = sort_out(tongue, is_labelled, &text, told);
    let printed = console::printed(&commands).filter(|_| runnable != Runnable::No && !is_shown);
    let printed = printed.map(str::to_owned);
    // A label does not make commands of what was printed.
    let (runnable, commands) = match printed {
        Some(_) if console::is_output(&commands) => (Runnable::No, Vec::new()),
        Some(_) => (Runnable::Maybe, commands),
        None => (runnable, commands),
    };
    let output = printed.as_ref().and_then(|text| text.lines().next());
    let doubt = match (output, runnable) {
        (Some(line), _) => Some(format!("`{line}` seems to be what a command has printed")),
        (None, Runnable::Maybe) if is_labelled => Some(
            "perhaps not all of it was typed: some may be printed, or stand behind a prompt that is not known".to_owned(),
        ),
        (None, Runnable::Maybe) => Some("nothing says that these are commands".to_owned()),
        (None, _) => None,
    };
    Block {
        doubt,
        printed,
        moved,
        start_line,
        end_line,
        lang,
        tongue,
        runnable,
        commands,
        placeholders: Vec::new(),
        keys: Vec::new(),
        sha256: hex::encode(Sha256::digest(text.as_bytes())),
        text,
        is_closed: true,
        openers: Arc::default(),
        assigned: Assigned::default(),
    }
}

/// The fence that would have to end a block, where none does: the end of the page, of a list item or of a quote has.
pub(super) fn open_fence(text: &str, kind: &CodeBlockKind<'_>, range: &Range<usize>) -> Option<String> {
    let block = &text[range.clone()];
    let mark = block.chars().next().filter(|c| matches!(c, '`' | '~'));
    let (CodeBlockKind::Fenced(_), Some(mark)) = (kind, mark) else {
        return None;
    };
    let long = block.chars().take_while(|c| *c == mark).count();
    let last = block.trim_end_matches('\n').lines().skip(1).last().unwrap_or("");
    let last = last.trim_start_matches([' ', '\t', '>']).trim_end();
    let is_closed = last.len() >= long && last.chars().all(|c| c == mark);
    (!is_closed).then(|| mark.to_string().repeat(long))
}

/// What a block in a language of shells says that may show a terminal; nothing of another.
fn told(tongue: Tongue, text: &str) -> console::Told {
    match tongue {
        Tongue::PowerShell => console::powershell::read(text),
        Tongue::Shell => console::read(text, false),
        Tongue::Unsaid => console::read(text, console::is_roots(text)),
        Tongue::Terminal => console::read(text, true),
        Tongue::Other => console::Told::default(),
    }
}

fn sort_out(tongue: Tongue, is_labelled: bool, text: &str, told: console::Told) -> (Runnable, Vec<String>) {
    match tongue {
        // No shell takes it apart: what is a command there, only PowerShell knows.
        Tongue::PowerShell => {
            let console::Told {
                commands, is_sure, ..
            } = told;
            let whole = || Some(text.trim_end().to_owned()).filter(|whole| !whole.trim().is_empty());
            let commands = commands.unwrap_or_else(|| whole().into_iter().collect());
            match commands.is_empty() {
                true => (Runnable::No, commands),
                false if is_sure && is_labelled => (Runnable::Yes, commands),
                false => (Runnable::Maybe, commands),
            }
        }
        Tongue::Shell => {
            let console::Told {
                commands, is_sure, ..
            } = told;
            let has_prompt = commands.is_some();
            let commands = commands.unwrap_or_else(|| script(text));
            // Where every line is a command, a prompt that is not known makes its output one too.
            match console::unknown(&commands) {
                console::Prompt::Foreign if !has_prompt => (Runnable::No, Vec::new()),
                _ if commands.is_empty() => (Runnable::No, commands),
                console::Prompt::Strange if !has_prompt => (Runnable::Maybe, commands),
                _ if !is_sure => (Runnable::Maybe, commands),
                _ => (Runnable::Yes, commands),
            }
        }
        Tongue::Terminal => {
            if let Some(commands) = told.commands {
                let runnable = match (commands.is_empty(), told.is_sure) {
                    (true, _) => Runnable::No,
                    (false, true) => Runnable::Yes,
                    (false, false) => Runnable::Maybe,
                };
                return (runnable, commands);
            }
            match recognized(text) {
                (commands, true) => (Runnable::Yes, commands),
                (commands, false) if shell::is_command(text) => (Runnable::Maybe, commands),
                _ => (Runnable::No, Vec::new()),
            }
        }
        Tongue::Unsaid => {
            let commands = told.commands.unwrap_or_else(|| {
                let (known, _) = recognized(text);
                // Below the prompt of something else all is for that.
                let is_foreign =
                    !known.is_empty() && console::unknown(&script(text)) == console::Prompt::Foreign;
                if is_foreign { Vec::new() } else { known }
            });
            (
                if commands.is_empty() {
                    Runnable::No
                } else {
                    Runnable::Maybe
                },
                commands,
            )
        }
        Tongue::Other => (Runnable::No, Vec::new()),
    }
}

/// All commands of a script.
fn script(text: &str) -> Vec<String> {
    let script = Script::parse(text, &console::opaque(text));
    script
        .commands
        .iter()
        .map(|range| text[range.clone()].to_string())
        .filter(|text| !text.is_empty())
        .collect()
}

/// The commands of a text that need not be a script: those that begin like one, and whether those are all.
fn recognized(text: &str) -> (Vec<String>, bool) {
    let script = Script::parse(text, &console::opaque(text));
    let (mut known, mut count) = (Vec::new(), 0);
    let (mut in_table, mut end) = (false, 0);
    for range in script
        .commands
        .iter()
        .filter(|range| !text[(*range).clone()].is_empty())
    {
        let command = &text[range.clone()];
        count += 1;
        // The rows of a table go on to the next blank line.
        in_table &= !text.get(end..range.start).is_some_and(|gap| gap.contains("\n\n"));
        in_table |= console::is_head(command);
        end = range.end;
        if !in_table && shell::is_command(command) && !console::is_printed(command) {
            known.push(command.to_owned());
        }
    }
    let all = known.len() == count && count > 0;
    (known, all)
}

/// Where lines start, to turn offsets into line numbers.
pub(super) struct LineStarts(Vec<usize>);

impl LineStarts {
    pub fn of(text: &str) -> LineStarts {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        LineStarts(std::iter::once(0).chain(starts).collect())
    }

    /// The line of an offset, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|&start| start <= offset)
    }

    fn of_range(&self, range: &Range<usize>) -> (usize, usize) {
        (
            self.line(range.start),
            self.line(range.end.saturating_sub(1).max(range.start)),
        )
    }
}

#[cfg(test)]
mod tests;
