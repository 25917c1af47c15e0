//! Words in square brackets that stand alone as an argument and can only stand for another: `[namespace]`. Lists, sets of
//! letters and what a program only looks for are passed over.

use std::sync::LazyLock;

use regex::Regex;

use super::word::program;
use super::{Form, Placeholder, name, pattern};

/// Programs for which a word is a text, a pattern or a name of their own.
const SPEAKERS: &str = "
    echo printf grep egrep fgrep zgrep rg ag ack awk sed tr test [ [[ env jq yq let select man export unset read local
    declare typeset readonly printenv for getopts function case alias type which insert update delete drop create alter
    show grant use trap cmake make expr
";
static SQUARE: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"^\[(?:[a-z]{3,}|[A-Z]{3,})\]$"));

fn is_of(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

fn finds(regex: &LazyLock<Option<Regex>>, text: &str) -> bool {
    regex.as_ref().is_some_and(|regex| regex.is_match(text))
}

/// A command up to the next, as far as signs tell; quotes are asked for afterwards.
struct Simple<'t> {
    words: Vec<(usize, &'t str)>,
    program: &'t str,
}

/// One of its arguments.
struct Argument<'t> {
    at: usize,
    text: &'t str,
    /// The word before it, an option or not.
    before: &'t str,
}

/// Those of a command in their order.
pub(in crate::runbook) fn arguments(text: &str) -> Vec<Placeholder> {
    let mut found = Vec::new();
    for simple in simples(text) {
        if is_of(SPEAKERS, simple.program) || !simple.program.contains(|c: char| c.is_lowercase()) {
            continue;
        }
        for argument in simple.arguments() {
            if is_square(&argument) {
                found.push(Placeholder {
                    form: Form::Loose,
                    at: argument.at..argument.at + argument.text.len(),
                    text: argument.text.to_owned(),
                    name: name(argument.text),
                });
            }
        }
    }
    found
}

fn simples(text: &str) -> Vec<Simple<'_>> {
    let mut simples = Vec::new();
    let mut from = 0;
    let ends = text
        .char_indices()
        .filter(|(at, c)| ";|&()`".contains(*c) || (*c == '\n' && !text[..*at].ends_with('\\')));
    for end in ends.map(|(at, _)| at).chain([text.len()]) {
        let whole = &text[from..end];
        let place = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
        let words = whole.split_whitespace().filter(|word| *word != "\\");
        let first = program(whole);
        // What stands before the program is none of its arguments.
        let words = words.skip_while(|word| word.as_ptr() != first.as_ptr());
        let words: Vec<(usize, &str)> = words.map(|word| (place(word), word)).collect();
        simples.push(Simple {
            words,
            program: first.rsplit('/').next().unwrap_or(first),
        });
        from = end + 1;
    }
    simples
}

impl<'t> Simple<'t> {
    fn arguments(&self) -> Vec<Argument<'t>> {
        let pairs = self.words.windows(2);
        let given = pairs.map(|pair| {
            let ((_, before), (at, word)) = (pair[0], pair[1]);
            let (at, text) = match word.split_once('=') {
                Some((option, value)) if word.starts_with('-') => (at + option.len() + 1, value),
                _ => (at, word),
            };
            let quotes = text.len() - text.trim_start_matches(['"', '\'']).len();
            Argument {
                at: at + quotes,
                text: text.trim_matches(['"', '\'']),
                before,
            }
        });
        given.filter(|argument| !argument.text.is_empty()).collect()
    }
}

/// `[namespace]`; `[abc]` is any of these letters, and what stands behind a colon a list.
fn is_square(argument: &Argument<'_>) -> bool {
    let letters = argument.text.trim_matches(['[', ']']).as_bytes();
    let is_row = letters.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1));
    finds(&SQUARE, argument.text) && !is_row && !argument.before.ends_with(':')
}
