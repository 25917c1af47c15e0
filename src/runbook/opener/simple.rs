//! A text taken apart into its simple commands: words without quotes, redirections left out but remembered.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

use super::super::shell::{Context, Script};

#[derive(Clone, Debug, Default)]
pub(super) struct Simple {
    /// Where its first word begins, and its last one ends.
    pub at: usize,
    pub end: usize,
    words: Vec<String>,
    /// A pipe, a file or a here-document feeds it.
    pub has_input: bool,
    /// It stands behind `&&` or `||`, or in a pipe.
    pub is_conditional: bool,
    /// Compounds and brackets around it.
    pub depth: usize,
}

/// Words before a command that leave its meaning as it is.
const RESERVED: [&str; 10] = [
    "if", "then", "else", "elif", "while", "until", "do", "{", "!", "time",
];

impl Simple {
    pub fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }
}

struct Splitter<'a> {
    text: &'a str,
    script: &'a Script,
    opaque: &'a [Range<usize>],
    chars: Peekable<CharIndices<'a>>,
    done: Vec<Simple>,
    now: Simple,
    word: String,
    has_word: bool,
    /// The next word names a file.
    redirects: bool,
    /// What brackets interrupt.
    outer: Vec<(Simple, String, bool)>,
    compounds: usize,
}

/// The simple commands of a text. What defines a function has none.
pub(super) fn split(text: &str, script: &Script, opaque: &[Range<usize>]) -> Vec<Simple> {
    let mut splitter = Splitter {
        text,
        script,
        opaque,
        chars: text.char_indices().peekable(),
        done: Vec::new(),
        now: Simple::default(),
        word: String::new(),
        has_word: false,
        redirects: false,
        outer: Vec::new(),
        compounds: 0,
    };
    match splitter.run() {
        Some(()) => splitter.done,
        None => Vec::new(),
    }
}

impl Splitter<'_> {
    fn run(&mut self) -> Option<()> {
        while let Some((at, c)) = self.chars.next() {
            if self.opaque.iter().any(|range| range.contains(&at)) {
                self.begin(at, c);
                self.word.push('x');
                continue;
            }
            if self.script.is_document(at) {
                continue;
            }
            match self.script.context(at) {
                Context::Comment | Context::Heredoc { .. } => {}
                Context::Single if c == '\'' => self.begin(at, c),
                Context::Double if c == '"' => self.begin(at, c),
                Context::Double if c == '(' && self.expands(at) => self.interrupt(at),
                Context::Double if c == '\\' => {
                    if let Some((at, escaped)) = self.chars.next() {
                        self.push(at, escaped);
                    }
                }
                Context::Single | Context::Double | Context::Undecided => self.push(at, c),
                Context::Bare => self.bare(at, c)?,
            }
        }
        self.end_word();
        self.end(false);
        Some(())
    }

    fn bare(&mut self, at: usize, c: char) -> Option<()> {
        let before = self.text[..at].chars().next_back();
        let next = self.text[at + c.len_utf8()..].chars().next();
        match c {
            '\\' => {
                if let Some((at, escaped)) = self.chars.next()
                    && escaped != '\n'
                {
                    self.push(at, escaped);
                }
            }
            '\'' | '"' => self.begin(at, c),
            // It defines a function.
            '(' if next == Some(')') => return None,
            '(' => self.interrupt(at),
            ')' => {
                self.end_word();
                self.end(false);
                if let Some((outer, word, has_word)) = self.outer.pop() {
                    (self.now, self.word, self.has_word) = (outer, word, has_word);
                    self.push(at, 'x');
                }
            }
            '<' if next == Some('(') => self.push(at, c),
            '<' | '>' => {
                if self.word.chars().all(|c| c.is_ascii_digit()) {
                    self.word.clear();
                    self.has_word = false;
                }
                self.end_word();
                self.now.has_input |= c == '<';
                self.redirects = true;
            }
            '&' | '|' if before == Some('>') || (c == '&' && before == Some('<')) => {}
            '&' if next == Some('>') => {}
            // A command goes on behind `&&` and `|` on the next line.
            '\n' if !self.has_word && self.now.words.is_empty() => {}
            ';' | '\n' | '&' | '|' => {
                self.end_word();
                let is_twice = next == Some(c) && self.chars.next().is_some();
                self.end(matches!(c, '&' | '|') && is_twice);
                let is_pipe = c == '|' && !is_twice;
                self.now.has_input = is_pipe;
                self.now.is_conditional |= is_pipe;
            }
            c if c.is_whitespace() => self.end_word(),
            c => self.push(at, c),
        }
        Some(())
    }

    /// Whether a bracket begins `$(…)` between double quotes.
    fn expands(&self, at: usize) -> bool {
        self.word.ends_with('$') && self.script.context(at + 1) != Context::Double
    }

    /// Puts what is open aside, up to the end of a bracket.
    fn interrupt(&mut self, at: usize) {
        self.begin(at, '(');
        let outer = std::mem::take(&mut self.now);
        let word = std::mem::take(&mut self.word);
        self.outer.push((outer, word, std::mem::take(&mut self.has_word)));
    }

    fn begin(&mut self, at: usize, c: char) {
        if !self.has_word && self.now.words.is_empty() {
            self.now.at = at;
        }
        self.now.end = at + c.len_utf8();
        self.has_word = true;
    }

    fn push(&mut self, at: usize, c: char) {
        self.begin(at, c);
        self.word.push(c);
    }

    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        if !std::mem::take(&mut self.has_word) || std::mem::take(&mut self.redirects) {
            return;
        }
        let is_first = self.now.words.is_empty();
        match word.as_str() {
            "fi" | "done" | "esac" | "}" if is_first => self.compounds = self.compounds.saturating_sub(1),
            "for" | "select" | "case" if is_first => {
                self.compounds += 1;
                self.now.words.push(word);
            }
            reserved if is_first && RESERVED.contains(&reserved) => {
                self.compounds += usize::from(matches!(reserved, "if" | "while" | "until" | "{"));
            }
            _ => self.now.words.push(word),
        }
    }

    /// Ends a simple command; what comes next is conditional on it or not.
    fn end(&mut self, is_condition: bool) {
        let next = Simple {
            is_conditional: is_condition,
            ..Simple::default()
        };
        let mut simple = std::mem::replace(&mut self.now, next);
        if !simple.words.is_empty() {
            simple.depth = self.compounds + self.outer.len();
            self.done.push(simple);
        }
    }
}
