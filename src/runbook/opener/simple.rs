//! A text taken apart into its simple commands: words without quotes, redirections left out but remembered. Patterns, arrays,
//! and tests are none; what functions do once they are called is marked as theirs.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

use super::super::shell::{Context, Script, is_reserved};
use super::compound::{Kind, Open, Stack};

/// A simple command, and what there is around it.
#[derive(Clone, Debug, Default)]
pub(super) struct Simple {
    /// Where its first word begins, and its last one ends.
    pub at: usize,
    pub end: usize,
    words: Vec<String>,
    /// The word that is not ended yet, and whether there is one.
    word: String,
    has_word: bool,
    /// The next word names a file.
    redirects: bool,
    /// It stands behind the end of a compound, of which this is the first command done.
    behind: Option<usize>,
    /// A pipe, a file or a here-document feeds it.
    pub has_input: bool,
    /// It stands behind `&&` or `||`, or in a pipe.
    pub is_conditional: bool,
    /// Compounds and brackets around it.
    pub depth: usize,
    /// One of them is a loop, or a shell of its own.
    pub is_in_loop: bool,
    /// The function that does it once it is called.
    pub function: Option<String>,
}

impl Simple {
    /// Its words in their order, the program first.
    pub fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }

    fn is_empty(&self) -> bool {
        self.words.is_empty() && !self.has_word && self.behind.is_none()
    }
}

struct Splitter<'a> {
    text: &'a str,
    script: &'a Script,
    opaque: &'a [Range<usize>],
    chars: Peekable<CharIndices<'a>>,
    /// Where the last `]]` stands.
    last_test: usize,
    done: Vec<Simple>,
    now: Simple,
    open: Stack,
    /// The next word is a function's name.
    names_function: bool,
    /// The next compound is what a function does.
    is_function: bool,
    /// The next word may be a coprocess's name.
    names_coprocess: bool,
    /// Its name.
    function: String,
}

/// The simple commands of a text, those of its functions among them.
pub(super) fn split(text: &str, script: &Script, opaque: &[Range<usize>]) -> Vec<Simple> {
    let mut splitter = Splitter {
        text,
        script,
        opaque,
        chars: text.char_indices().peekable(),
        last_test: text.rfind("]]").unwrap_or(0),
        done: Vec::new(),
        now: Simple::default(),
        open: Stack::default(),
        names_function: false,
        is_function: false,
        names_coprocess: false,
        function: String::new(),
    };
    splitter.run();
    splitter.done
}

impl Splitter<'_> {
    fn run(&mut self) {
        while let Some((at, c)) = self.chars.next() {
            if self.opaque.iter().any(|range| range.contains(&at)) {
                self.begin(at, c);
                self.now.word.push('x');
                continue;
            }
            if self.script.is_document(at) {
                continue;
            }
            match self.script.context(at) {
                Context::Comment | Context::Heredoc { .. } => {}
                Context::Single if c == '\'' => self.begin(at, c),
                Context::Double if c == '"' => self.begin(at, c),
                Context::Double if c == '(' && self.expands(at) => self.interrupt(at, Kind::Bracket),
                Context::Double if c == '\\' => {
                    if let Some((at, escaped)) = self.chars.next() {
                        self.push(at, escaped);
                    }
                }
                Context::Single | Context::Double | Context::Undecided => self.push(at, c),
                Context::Bare => self.bare(at, c),
            }
        }
        self.end_word();
        self.end(false);
    }

    fn bare(&mut self, at: usize, c: char) {
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
            // `while((…))`
            '(' if next == Some('(')
                && matches!(self.now.word.as_str(), "for" | "while" | "until" | "if") =>
            {
                self.end_word();
                match self.is_arithmetic(at) {
                    true => {
                        self.push(at, c);
                        self.chars.next();
                    }
                    false => self.bracket(at, before),
                }
            }
            '(' if self.is_arithmetic(at) => {
                self.push(at, c);
                self.chars.next();
            }
            '(' if self.is_test(at) && !self.now.word.ends_with('$') => self.push(at, c),
            '(' => self.bracket(at, before),
            ')' | '<' | '>' | '&' | '|' if self.is_test(at) => self.push(at, c),
            ')' => self.close_bracket(at),
            '\n' if self.is_test(at) => self.end_word(),
            ';' | '&' | '|' if self.open.is_pattern() => {
                self.end_word();
                if !self.open.is_pattern() {
                    self.separate(c, next);
                }
            }
            '<' if next == Some('(') => self.push(at, c),
            '<' | '>' => {
                let mut is_input = c == '<';
                if self.now.word.chars().all(|c| c.is_ascii_digit()) {
                    is_input &= matches!(self.now.word.as_str(), "" | "0");
                    self.now.word.clear();
                    self.now.has_word = false;
                }
                self.end_word();
                self.now.has_input |= is_input;
                self.now.redirects = true;
            }
            '&' | '|' if before == Some('>') || (c == '&' && matches!(before, Some('<' | '|'))) => {}
            '&' if next == Some('>') => {}
            // A command goes on behind `&&` and `|` on the next line.
            '\n' if self.now.is_empty() => {}
            ';' | '\n' | '&' | '|' => self.separate(c, next),
            c if c.is_whitespace() => self.end_word(),
            c => self.push(at, c),
        }
    }

    fn separate(&mut self, c: char, next: Option<char>) {
        self.end_word();
        let is_twice = c != '\n' && next == Some(c) && self.chars.next().is_some();
        self.end(matches!(c, '&' | '|') && is_twice);
        let is_pipe = c == '|' && !is_twice;
        self.now.has_input = is_pipe;
        self.now.is_conditional |= is_pipe;
        // `;;`, `;&` and `;;&` end an arm of `case`.
        let goes_on = c == ';' && self.chars.next_if(|(_, c)| *c == '&').is_some();
        if c == ';' && (is_twice || goes_on) {
            self.open.turn(true);
        }
    }

    /// Whether a bracket begins `$(…)` between double quotes.
    fn expands(&self, at: usize) -> bool {
        self.now.word.ends_with('$') && self.script.context(at + 1) != Context::Double
    }

    fn is_arithmetic(&self, at: usize) -> bool {
        self.text[at..].starts_with("((") && self.script.context(at + 2) == Context::Undecided
    }

    /// Whether this place is in `[[ … ]]`, whose signs are its own.
    fn is_test(&self, at: usize) -> bool {
        let words = &self.now.words;
        let is_open = words.first().is_some_and(|word| word == "[[") && at < self.last_test;
        is_open && words.last().is_some_and(|word| word != "]]") && self.now.word != "]]"
    }

    fn bracket(&mut self, at: usize, before: Option<char>) {
        if self.names_function {
            self.end_word();
        }
        if self.is_head(at) {
            self.is_function = true;
            let name = self.now.words.first().unwrap_or(&self.now.word);
            if !name.is_empty() {
                self.function.clone_from(name);
            }
            self.now.words.clear();
            self.now.word.clear();
            self.now.has_word = false;
            self.chars.by_ref().find(|(_, c)| *c == ')');
            return;
        }
        let is_expanded = self.now.word.ends_with(['$', '<']) || before == Some('>');
        match self.now.is_empty() || is_expanded {
            // The one before a pattern of `case` opens nothing.
            _ if self.open.is_pattern() && !self.now.has_word => {}
            true => self.interrupt(at, Kind::Bracket),
            false => self.interrupt(at, Kind::List),
        }
    }

    /// Whether a bracket is of `name()` where a command may stand.
    fn is_head(&self, at: usize) -> bool {
        let name = match (&self.now.words[..], self.now.has_word) {
            ([], true) => &self.now.word,
            ([name], false) => name,
            ([], false) if self.is_function => "",
            _ => return false,
        };
        self.text[at + 1..].trim_start().starts_with(')') && !name.contains(['=', '$', '<'])
    }

    /// Puts what is open aside, up to the end of a bracket.
    fn interrupt(&mut self, at: usize, kind: Kind) {
        if !self.now.is_empty() || kind == Kind::List {
            self.begin(at, '(');
        }
        self.enter(kind);
    }

    fn enter(&mut self, kind: Kind) {
        let is_bracket = matches!(kind, Kind::Bracket | Kind::List);
        self.open.push(Open {
            kind,
            from: self.done.len(),
            has_input: self.now.has_input,
            body_of: std::mem::take(&mut self.is_function).then(|| std::mem::take(&mut self.function)),
            outer: is_bracket.then(|| std::mem::take(&mut self.now)),
        });
    }

    fn close_bracket(&mut self, at: usize) {
        self.end_word();
        if self.open.is_pattern() {
            self.open.turn(false);
            return;
        }
        self.end(false);
        if let Some((from, outer)) = self.open.close_bracket() {
            self.now = outer;
            match self.now.is_empty() {
                true => self.now.behind = Some(from),
                false => self.push(at, 'x'),
            }
        }
    }

    fn begin(&mut self, at: usize, c: char) {
        if !self.now.has_word && self.now.words.is_empty() {
            self.now.at = at;
        }
        self.now.end = at + c.len_utf8();
        self.now.has_word = true;
    }

    fn push(&mut self, at: usize, c: char) {
        self.begin(at, c);
        self.now.word.push(c);
    }

    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.now.word);
        if !std::mem::take(&mut self.now.has_word) || std::mem::take(&mut self.now.redirects) {
            return;
        }
        if self.open.is_list() || (self.open.is_pattern() && word != "esac") {
            return;
        }
        if std::mem::take(&mut self.names_function) {
            self.is_function = true;
            self.function = word;
            return;
        }
        let is_first = self.now.words.is_empty();
        if std::mem::take(&mut self.names_coprocess) && !is_reserved(&word) && self.is_before_compound() {
            return;
        }
        match word.as_str() {
            "fi" | "done" | "esac" | "}" if is_first => {
                self.now.behind = self.open.close().map(|open| open.from);
            }
            "function" if is_first => self.names_function = true,
            "for" | "select" | "case" if is_first => {
                self.enter(match word.as_str() {
                    "case" => Kind::Case { is_pattern: false },
                    _ => Kind::Loop,
                });
                self.now.words.push(word);
            }
            // What it begins stands behind it.
            "coproc" if is_first => self.names_coprocess = true,
            "while" | "until" if is_first => self.enter(Kind::Loop),
            "if" | "{" if is_first => self.enter(Kind::Compound),
            reserved if is_first && is_reserved(reserved) => {}
            "in" if self.now.words.len() == 2 && self.now.words[0] == "case" => {
                self.end(false);
                self.open.turn(true);
            }
            _ => {
                self.is_function = false;
                self.now.words.push(word);
            }
        }
    }

    /// Whether a compound comes next, which alone may have a name as a coprocess.
    fn is_before_compound(&mut self) -> bool {
        let at = self.chars.peek().map_or(self.text.len(), |(at, _)| *at);
        let rest = self.text[at..].trim_start_matches([' ', '\t']);
        let next = rest.split_whitespace().next().unwrap_or_default();
        let begins = ["{", "for", "while", "until", "select", "case", "if", "[["];
        next.starts_with('(') || begins.contains(&next)
    }

    /// Ends a simple command; what comes next is conditional on it or not.
    fn end(&mut self, is_condition: bool) {
        let next = Simple {
            is_conditional: is_condition,
            ..Simple::default()
        };
        let mut simple = std::mem::replace(&mut self.now, next);
        if let Some(from) = simple.behind.filter(|_| simple.has_input) {
            self.done[from..]
                .iter_mut()
                .for_each(|done| done.has_input = true);
        }
        if !simple.words.is_empty() {
            simple.function = self.open.body_of().map(str::to_owned);
            simple.depth = self.open.depth();
            simple.is_in_loop = self.open.has_loop();
            simple.has_input |= self.open.has_input();
            self.done.push(simple);
        }
    }
}
