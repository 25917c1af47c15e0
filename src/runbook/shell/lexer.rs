//! The lexer: a stack of what is open, walked once over the text.

use std::ops::Range;

use super::bracket::closed;
use super::{Context, Script, is_reserved};

/// What may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Single,
    Double,
    /// `$'…'`
    Dollar,
    Backtick,
    /// `(`, `$(`, `<(`
    Paren,
    /// `${`
    Brace,
    /// `$((`, `((`
    Arithmetic,
    /// `$[`
    OldArithmetic,
}

struct Heredoc {
    delimiter: String,
    quoted: bool,
    strips_tabs: bool,
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// Those that are still to come.
    opaque: &'a [Range<usize>],
    /// Where the last `))` stands.
    last_arithmetic: usize,
    at: usize,
    stack: Vec<Open>,
    /// `if`, `for`, `while`, `case`, `{` that wait for their end.
    depth: usize,
    waiting: Vec<Heredoc>,
    contexts: Vec<Context>,
    word_start: Option<usize>,
    /// The next word is a command's name or a reserved word.
    expects_command: bool,
    /// The next word is a function's name.
    names_function: bool,
    /// The last word that may be one: it stood where a command's name does.
    named: Range<usize>,
    /// The line ended in `|`, `&&` or `||`.
    carries_on: bool,
    start: Option<usize>,
    commands: Vec<Range<usize>>,
    delimiters: Vec<(usize, String)>,
    bodies: Vec<Range<usize>>,
}

pub(super) fn lex(text: &str, opaque: &[Range<usize>]) -> Script {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        opaque,
        last_arithmetic: text.rfind("))").unwrap_or(0),
        at: 0,
        stack: Vec::new(),
        depth: 0,
        waiting: Vec::new(),
        contexts: vec![Context::Undecided; text.len()],
        word_start: None,
        expects_command: true,
        names_function: false,
        named: 0..0,
        carries_on: false,
        start: None,
        commands: Vec::new(),
        delimiters: Vec::new(),
        bodies: Vec::new(),
    };
    lexer.run();
    let complete = lexer.is_whole();
    if let Some(start) = lexer.start.take() {
        lexer.commands.push(start..text.trim_end().len().max(start));
        if !lexer.stack.is_empty() {
            // What never closes was perhaps never opened: an apostrophe in prose.
            lexer.contexts[start..].fill(Context::Undecided);
        }
    }
    let awaits = lexer.waiting.first().map(|document| document.delimiter.clone());
    Script {
        contexts: lexer.contexts,
        commands: lexer.commands,
        complete,
        delimiters: lexer.delimiters,
        awaits,
        bodies: lexer.bodies,
    }
}

impl Lexer<'_> {
    fn run(&mut self) {
        while self.at < self.bytes.len() {
            let past = self
                .opaque
                .iter()
                .take_while(|range| range.start < self.at || range.is_empty());
            self.opaque = &self.opaque[past.count()..];
            if let Some(placeholder) = self.opaque.first().filter(|range| range.start == self.at) {
                self.begin();
                self.word_start.get_or_insert(self.at);
                self.carries_on = false;
                self.take(placeholder.len());
                continue;
            }
            match self.stack.last() {
                None | Some(Open::Paren) => self.bare(),
                Some(Open::Single) => self.until(b'\'', false),
                Some(Open::Dollar) => self.until(b'\'', true),
                Some(Open::Backtick) => self.until(b'`', true),
                Some(Open::Double) => self.double(),
                Some(Open::Brace) => self.brace(),
                Some(Open::Arithmetic) => self.arithmetic(),
                Some(Open::OldArithmetic) => self.until(b']', true),
            }
        }
        self.end_word();
    }

    fn is_whole(&self) -> bool {
        self.stack.is_empty() && self.depth == 0 && self.waiting.is_empty() && !self.carries_on
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn starts(&self, with: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(with.as_bytes())
    }

    fn context(&self) -> Context {
        let outside = self.stack.split_last().map_or(&[][..], |(_, below)| below);
        let unsure = |open: &Open| {
            matches!(
                open,
                Open::Dollar | Open::Backtick | Open::Brace | Open::Arithmetic | Open::OldArithmetic
            )
        };
        match self.stack.last() {
            _ if outside.iter().any(unsure) => Context::Undecided,
            None | Some(Open::Paren) => Context::Bare,
            Some(Open::Single) => Context::Single,
            Some(Open::Double) => Context::Double,
            Some(_) => Context::Undecided,
        }
    }

    fn take(&mut self, count: usize) {
        let to = (self.at + count).min(self.bytes.len());
        let context = self.context();
        self.contexts[self.at..to].fill(context);
        self.at = to;
    }

    fn open(&mut self, open: Open, count: usize) {
        self.begin();
        self.word_start.get_or_insert(self.at);
        self.take(count);
        self.stack.push(open);
        if open == Open::Paren {
            self.word_start = None;
            self.expects_command = true;
        }
    }

    fn begin(&mut self) {
        self.start.get_or_insert(self.at);
    }

    fn bare(&mut self) {
        let byte = self.peek(0);
        if !matches!(byte, b' ' | b'\t' | b'\n' | b'#' | b'\\') {
            self.carries_on = false;
        }
        match byte {
            b'\\' if self.peek(1) == b'\n' => self.take(2),
            b'\\' => {
                self.begin();
                self.carries_on = false;
                self.word_start.get_or_insert(self.at);
                self.take(2);
            }
            b'\'' => self.open(Open::Single, 1),
            b'"' => self.open(Open::Double, 1),
            b'`' => self.open(Open::Backtick, 1),
            b'$' if self.starts("$'") => self.open(Open::Dollar, 2),
            b'$' if self.starts("$((") => self.open(Open::Arithmetic, 3),
            b'$' if self.starts("$[") => self.open(Open::OldArithmetic, 2),
            b'$' if self.starts("${") => self.open(Open::Brace, 2),
            b'$' | b'<' | b'>' if self.peek(1) == b'(' => self.open(Open::Paren, 2),
            b'(' if self.defines_function() => {
                // Its body is still to come, on this line or the next.
                self.take(self.empty_brackets());
                self.word_start = None;
                self.expects_command = true;
                self.names_function = false;
                self.carries_on = true;
            }
            b'(' if self.starts("((") && self.word_start.is_none() && self.at < self.last_arithmetic => {
                self.open(Open::Arithmetic, 2)
            }
            b'(' => self.open(Open::Paren, 1),
            // The end of a pattern of a `case`.
            b')' if self.stack.is_empty() && self.depth > 0 => {
                self.end_word();
                self.take(1);
                self.expects_command = true;
            }
            b')' if !self.stack.is_empty() => {
                self.end_word();
                self.take(1);
                self.stack.pop();
                self.expects_command = false;
            }
            b'<' if self.starts("<<<") => self.take(3),
            b'<' if self.starts("<<") => self.heredoc(),
            b'#' if self.word_start.is_none() => self.comment(),
            b'\n' => self.newline(),
            b' ' | b'\t' | b'\r' => {
                self.end_word();
                self.take(1);
            }
            b';' | b'&' | b'|' => self.operator(),
            _ => {
                self.begin();
                self.word_start.get_or_insert(self.at);
                self.take(1);
            }
        }
    }

    /// `name()` or `name ()` where a command may stand.
    fn defines_function(&self) -> bool {
        let name = match self.word_start {
            Some(start) if self.expects_command => &self.text[start..self.at],
            None if self.text[self.named.end..self.at]
                .trim_matches([' ', '\t'])
                .is_empty() =>
            {
                &self.text[self.named.clone()]
            }
            _ => return false,
        };
        self.empty_brackets() > 0 && !name.is_empty() && !name.contains(['=', '$', '"', '\''])
    }

    /// The length of `()` here, or of `( )`; none where something stands in it.
    fn empty_brackets(&self) -> usize {
        let inside = &self.text[self.at + 1..];
        let rest = inside.trim_start_matches([' ', '\t']);
        let length = 2 + inside.len() - rest.len();
        if rest.starts_with(')') { length } else { 0 }
    }

    fn operator(&mut self) {
        self.end_word();
        let redirects = self.peek(0) == b'&'
            && (self.peek(1) == b'>'
                || self
                    .at
                    .checked_sub(1)
                    .is_some_and(|at| matches!(self.bytes[at], b'>' | b'<')));
        if redirects {
            self.take(1);
            return;
        }
        let doubled = self.peek(1) == self.peek(0);
        self.carries_on = self.peek(0) == b'|' || self.starts("&&");
        self.begin();
        self.take(if doubled { 2 } else { 1 });
        self.expects_command = true;
    }

    fn comment(&mut self) {
        let length = self.text[self.at..]
            .find('\n')
            .unwrap_or(self.text.len() - self.at);
        let to = self.at + length;
        self.contexts[self.at..to].fill(Context::Comment);
        self.at = to;
    }

    fn newline(&mut self) {
        self.end_word();
        let here = self.at;
        self.take(1);
        let documents = std::mem::take(&mut self.waiting);
        let had_documents = !documents.is_empty();
        for document in documents {
            self.body(document);
        }
        self.expects_command = true;
        let end = if had_documents { self.at } else { here };
        if self.is_whole()
            && let Some(start) = self.start.take()
        {
            let length = self.text[start..end].trim_end().len();
            self.commands.push(start..start + length);
        }
    }

    fn body(&mut self, document: Heredoc) {
        let from = self.at;
        let quoted = document.quoted;
        self.lines_of(document);
        self.bodies.push(from..self.at);
        if !quoted {
            self.substitutions(from);
        }
    }

    /// What a here-document without quotes hands to a shell again, or to its arithmetic, from a place to here.
    fn substitutions(&mut self, from: usize) {
        let mut at = from;
        while at < self.at {
            let length = match &self.bytes[at..self.at] {
                [b'\\', ..] => {
                    at += 2;
                    continue;
                }
                [b'`', rest @ ..] => 1 + closed(rest, None, b'`'),
                [b'$', b'(', rest @ ..] => 2 + closed(rest, Some(b'('), b')'),
                [b'$', b'{', rest @ ..] => 2 + closed(rest, Some(b'{'), b'}'),
                [b'$', b'[', rest @ ..] => 2 + closed(rest, Some(b'['), b']'),
                _ => 0,
            };
            self.contexts[at..at + length].fill(Context::Undecided);
            at += length.max(1);
        }
    }

    fn lines_of(&mut self, document: Heredoc) {
        loop {
            if self.at >= self.bytes.len() {
                // Never ended: it is still waited for.
                self.waiting.push(document);
                return;
            }
            let rest = &self.text[self.at..];
            let length = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
            let line = rest[..length].trim_end_matches(['\n', '\r']);
            let line = if document.strips_tabs {
                line.trim_start_matches('\t')
            } else {
                line
            };
            self.contexts[self.at..self.at + length].fill(Context::Heredoc {
                quoted: document.quoted,
            });
            let start = self.at;
            self.at += length;
            if line == document.delimiter {
                self.delimiters.push((start, document.delimiter));
                return;
            }
        }
    }

    fn heredoc(&mut self) {
        self.end_word();
        let strips_tabs = self.peek(2) == b'-';
        self.take(if strips_tabs { 3 } else { 2 });
        while matches!(self.peek(0), b' ' | b'\t') {
            self.take(1);
        }
        let from = self.at;
        while !matches!(
            self.peek(0),
            0 | b' ' | b'\t' | b'\n' | b'\r' | b';' | b'|' | b'&' | b'>' | b'<' | b'(' | b')'
        ) {
            self.at += 1;
        }
        let word = &self.text[from..self.at];
        let quoted = word.contains(['\'', '"', '\\']);
        let delimiter = word.replace(['\'', '"', '\\'], "");
        if !delimiter.is_empty() {
            self.waiting.push(Heredoc {
                delimiter,
                quoted,
                strips_tabs,
            });
        }
    }

    fn until(&mut self, end: u8, escapes: bool) {
        match self.peek(0) {
            b'\\' if escapes => self.take(2),
            byte if byte == end => {
                self.take(1);
                self.stack.pop();
            }
            _ => self.take(1),
        }
    }

    fn double(&mut self) {
        match self.peek(0) {
            b'\\' => self.take(2),
            b'"' => {
                self.take(1);
                self.stack.pop();
            }
            b'`' => self.open(Open::Backtick, 1),
            b'$' if self.starts("$((") => self.open(Open::Arithmetic, 3),
            b'$' if self.starts("$(") => self.open(Open::Paren, 2),
            b'$' if self.starts("${") => self.open(Open::Brace, 2),
            b'$' if self.starts("$[") => self.open(Open::OldArithmetic, 2),
            _ => self.take(1),
        }
    }

    fn brace(&mut self) {
        match self.peek(0) {
            b'\\' => self.take(2),
            b'}' => {
                self.take(1);
                self.stack.pop();
            }
            b'$' if self.starts("${") => self.open(Open::Brace, 2),
            b'$' if self.starts("$(") => self.open(Open::Paren, 2),
            b'"' => self.open(Open::Double, 1),
            _ => self.take(1),
        }
    }

    fn arithmetic(&mut self) {
        if self.starts("))") {
            self.take(2);
            self.stack.pop();
        } else if self.starts("$((") {
            self.open(Open::Arithmetic, 3);
        } else if self.starts("$(") {
            self.open(Open::Paren, 2);
        } else if self.peek(0) == b'(' {
            // A plain parenthesis inside: its end must not be taken for half of ours.
            self.open(Open::Paren, 1);
        } else {
            self.take(1);
        }
    }

    /// Ends the word before this place; reserved words in command position open and close compounds.
    fn end_word(&mut self) {
        let Some(start) = self.word_start.take() else {
            return;
        };
        if !self.expects_command {
            return;
        }
        let word = &self.text[start..self.at];
        self.named = start..self.at;
        if std::mem::take(&mut self.names_function) {
            self.carries_on = true;
            return;
        }
        match word {
            "function" => self.names_function = true,
            "if" | "while" | "until" | "{" => self.depth += 1,
            "for" | "select" | "case" => {
                self.depth += 1;
                self.expects_command = false;
            }
            "fi" | "done" | "esac" | "}" => {
                self.depth = self.depth.saturating_sub(1);
                self.expects_command = false;
            }
            reserved if is_reserved(reserved) => {}
            _ => self.expects_command = false,
        }
    }
}
