//! Variables of a script: which it expands, and which it sets itself. A prefix (`A=1 cmd`) and an argument
//! (`kubectl set env x A=1`) set nothing; what a subshell sets holds inside its brackets only.

use std::ops::Range;

use super::branch::Branches;
use super::written;
use crate::runbook::fence::is_variable;
use crate::runbook::shell::{Context, Script, is_reserved};

/// Under which the positional parameters are known to be set; no variable is called so.
pub(super) const ARGUMENTS: &str = "@";

/// A variable where the shell would expand it.
pub(super) struct Expanded<'t> {
    pub at: Range<usize>,
    pub name: &'t str,
    /// The page says what holds where it is not set: `${A:-x}`, `${A=x}`, `${A:+x}`.
    pub has_default: bool,
    /// `${A:?}` stops the shell where it is not set, and `-n "$A"` asks whether it is.
    pub is_guarded: bool,
    /// `${A:=x}` sets it as well.
    sets: bool,
}

/// A variable that a command sets.
pub(super) struct Set {
    pub name: String,
    /// Where it holds; `None` is from here on.
    pub within: Option<Range<usize>>,
    /// Where it is certain; `None` is wherever it holds. Elsewhere it depends on which way the shell has gone.
    pub branch: Option<Range<usize>>,
}

fn name_at(text: &str) -> &str {
    let end = text
        .bytes()
        .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_'))
        .unwrap_or(text.len());
    let name = &text[..end];
    if is_variable(name) { name } else { "" }
}

/// Every variable that is expanded, `${…}` of any form among them; positional and special parameters are none.
pub(super) fn expanded<'t>(text: &'t str, script: &Script) -> Vec<Expanded<'t>> {
    let starts = text.match_indices('$').map(|(at, _)| at);
    let live = starts.filter(|at| is_live(text, script, *at));
    live.filter_map(|at| expansion(text, at)).collect()
}

/// Whether the shell expands what begins here.
pub(super) fn is_live(text: &str, script: &Script, at: usize) -> bool {
    let literal = matches!(
        script.context(at),
        Context::Single | Context::Comment | Context::Heredoc { quoted: true }
    );
    !literal && !is_escaped(text, at)
}

fn is_escaped(text: &str, at: usize) -> bool {
    let backslashes = text[..at].bytes().rev().take_while(|byte| *byte == b'\\');
    backslashes.count() % 2 == 1
}

fn expansion(text: &str, at: usize) -> Option<Expanded<'_>> {
    let rest = &text[at + 1..];
    let before_it = &text[..at];
    let Some(inner) = rest.strip_prefix('{') else {
        let name = Some(name_at(rest)).filter(|name| !name.is_empty())?;
        return Some(Expanded {
            at: at..at + 1 + name.len(),
            name,
            has_default: false,
            is_guarded: is_tested(&text[..at]),
            sets: false,
        });
    };
    let named = inner.trim_start_matches(['#', '!']);
    let name = Some(name_at(named)).filter(|name| !name.is_empty())?;
    let before = text.len() - named.len();
    let end = before + name.len();
    let rest = &text[end..];
    // `${!A*}` lists names; a name with a blank behind it was never an expansion.
    let is_list = inner.starts_with('!') && (rest.starts_with("*}") || rest.starts_with("@}"));
    if is_list || rest.is_empty() || rest.starts_with(char::is_whitespace) {
        return None;
    }
    // `${A:0:3}` and `${A: -3}` cut: only a sign straight behind the colon is a default.
    let operator = rest.strip_prefix(':').unwrap_or(rest);
    let end = if rest.starts_with('}') { end + 1 } else { end };
    Some(Expanded {
        at: at..end,
        name,
        has_default: operator.starts_with(['-', '=', '+']),
        is_guarded: operator.starts_with('?') || is_tested(before_it),
        sets: operator.starts_with('='),
    })
}

/// Whether what is expanded behind this is only asked for being empty.
fn is_tested(before: &str) -> bool {
    let before = before.trim_end_matches('"');
    [" -n ", " -z ", " -v "].iter().any(|test| before.ends_with(test))
}

/// Names that a text sets.
pub(super) fn sets(text: &str) -> Vec<Set> {
    let opaque: Vec<Range<usize>> = written(text).into_iter().map(|found| found.at).collect();
    let script = Script::parse(text, &opaque);
    let mut walk = Walk {
        text,
        found: Vec::new(),
        words: Vec::new(),
        word: None,
        outer: Vec::new(),
        open: Vec::new(),
        branches: Branches::default(),
    };
    walk.walk(&script);
    let mut found = walk.found;
    for (number, branch) in walk.branches.found {
        found[number].branch = Some(branch);
    }
    let read = expanded(text, &script);
    for set in &mut found {
        // What the command looks at before it sets it has a default here.
        let is_default = |branch: &mut Range<usize>| {
            let mut before = read.iter().filter(|one| one.name == set.name);
            before.any(|one| one.at.start < branch.start)
        };
        set.branch = set.branch.take_if(|branch| !is_default(branch));
    }
    let whole = |name: &str| Set {
        name: name.to_owned(),
        within: None,
        branch: None,
    };
    let given = read.into_iter().filter(|one| one.sets);
    found.extend(given.map(|one| whole(one.name)));
    for (at, _) in text.match_indices("((") {
        if !matches!(script.context(at), Context::Comment | Context::Heredoc { .. }) {
            let inside = &text[at + 2..];
            let inside = &inside[..inside.find("))").unwrap_or(inside.len())];
            found.extend(counted(inside).map(whole));
        }
    }
    found
}

/// Names that arithmetic sets: `i=0`, `i++`, `i+=1`.
fn counted(text: &str) -> impl Iterator<Item = &str> {
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    text.split(word).filter(move |name| {
        let at = name.as_ptr() as usize - text.as_ptr() as usize + name.len();
        let rest = text[at..].trim_start();
        let operator = rest.trim_start_matches(['+', '-', '*', '/', '%', '<', '>', '&', '|', '^']);
        let is_step = rest.starts_with("++") || rest.starts_with("--");
        let is_set = operator.starts_with('=') && !operator.starts_with("==") && !is_comparison(rest);
        is_variable(name) && (is_step || is_set)
    })
}

fn is_comparison(operator: &str) -> bool {
    (operator.starts_with("<=") || operator.starts_with(">=")) && !operator.starts_with("<<=")
}

/// What a bracket interrupts: its place, the words before it, where the one it stands in began, how many were open, and
/// whether the command depends on another.
type Outer = (usize, Vec<Range<usize>>, Option<usize>, usize, (bool, bool));

/// Simple commands, word by word.
struct Walk<'t> {
    text: &'t str,
    found: Vec<Set>,
    words: Vec<Range<usize>>,
    word: Option<usize>,
    outer: Vec<Outer>,
    /// Those found that hold without an end so far.
    open: Vec<usize>,
    branches: Branches,
}

impl Walk<'_> {
    fn walk(&mut self, script: &Script) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            // Arithmetic is a word, not a subshell of a subshell.
            if bytes[at..].starts_with(b"((") && script.context(at + 2) == Context::Undecided {
                self.word.get_or_insert(at);
                at += 2;
                continue;
            }
            match script.context(at) {
                Context::Comment | Context::Heredoc { .. } => self.end_word(at),
                Context::Bare => match byte {
                    b'\\' if bytes.get(at + 1) == Some(&b'\n') => {
                        self.end_word(at);
                        at += 1;
                    }
                    b'\\' => {
                        self.word.get_or_insert(at);
                        at += 1;
                    }
                    b' ' | b'\t' | b'\r' => self.end_word(at),
                    b';' | b'&' | b'|' | b'\n' => {
                        self.end_command(at);
                        self.branches.separator(&self.text[at..]);
                    }
                    b'(' => self.enter(at),
                    b')' => self.leave(at),
                    _ => drop(self.word.get_or_insert(at)),
                },
                Context::Double if byte == b'(' && self.substitutes(at) => self.enter(at),
                _ => drop(self.word.get_or_insert(at)),
            }
            at += 1;
        }
        while !self.outer.is_empty() {
            self.leave(bytes.len());
        }
        self.end_command(bytes.len());
    }

    /// Whether `$(` begins before this place.
    fn substitutes(&self, at: usize) -> bool {
        self.text[..at].ends_with('$') && !is_escaped(self.text, at - 1)
    }

    fn enter(&mut self, at: usize) {
        let words = std::mem::take(&mut self.words);
        let depends = self.branches.enter();
        self.outer
            .push((at, words, self.word.take(), self.open.len(), depends));
    }

    fn leave(&mut self, at: usize) {
        self.end_word(at);
        let last = self.words.last().map_or("", |word| &self.text[word.clone()]);
        self.end_command(at);
        // The pattern of a `case` ends in a bracket that nothing opens.
        let Some((from, words, word, before, depends)) = self.outer.pop() else {
            self.branches.pattern(last, at);
            return;
        };
        for nth in self.open.drain(before..) {
            self.found[nth].within = Some(from..at);
        }
        (self.words, self.word) = (words, word);
        self.branches.leave(depends);
    }

    fn end_word(&mut self, at: usize) {
        if let Some(from) = self.word.take() {
            self.words.push(from..at);
        }
    }

    fn end_command(&mut self, at: usize) {
        self.end_word(at);
        let words = std::mem::take(&mut self.words);
        let from = words.first().map_or(at, |word| word.start);
        let words: Vec<&str> = words.into_iter().map(|word| &self.text[word]).collect();
        for word in &words {
            self.branches.word(word, from);
            if !is_before(word) {
                break;
            }
        }
        for name in set_by(&words) {
            self.branches.set(&name, self.found.len(), from);
            self.open.push(self.found.len());
            self.found.push(Set {
                name,
                within: None,
                branch: None,
            });
        }
    }
}

/// The name before `=` of an assignment, `A+=x` and `A[1]=x` among them.
fn assignment(word: &str) -> Option<&str> {
    let name = name_at(word);
    let rest = &word[name.len()..];
    let rest = match rest.strip_prefix('[') {
        Some(index) => index.split_once(']')?.1,
        None => rest,
    };
    let is_set = rest.starts_with('=') || rest.starts_with("+=");
    (is_set && !name.is_empty()).then_some(name)
}

/// Words that another command comes behind.
fn is_before(word: &str) -> bool {
    is_reserved(word) || matches!(word, "builtin" | "command") || word.ends_with("()")
}

/// Names that a simple command sets.
fn set_by(words: &[&str]) -> Vec<String> {
    let before = words.iter().take_while(|word| is_before(word)).count();
    let mut words = &words[before..];
    if words.first() == Some(&"function") {
        words = words.get(3..).unwrap_or_default();
    }
    let leading = words.iter().map_while(|word| assignment(word)).count();
    let (given, rest) = words.split_at(leading);
    let names = |words: &[&str]| -> Vec<String> {
        let name = |word: &&str| assignment(word).unwrap_or(word).to_owned();
        words.iter().map(name).filter(|name| is_variable(name)).collect()
    };
    let Some((program, rest)) = rest.split_first() else {
        return names(given);
    };
    match *program {
        "export" | "readonly" => {
            let set: Vec<&str> = rest
                .iter()
                .copied()
                .filter(|word| assignment(word).is_some())
                .collect();
            names(&set)
        }
        "local" | "declare" | "typeset" | "read" | "mapfile" | "readarray" => names(rest),
        "set" => match rest {
            ["--", _, ..] => vec![ARGUMENTS.to_owned()],
            [first, ..] if !first.starts_with(['-', '+']) => vec![ARGUMENTS.to_owned()],
            _ => Vec::new(),
        },
        "for" | "select" => names(&rest[..rest.len().min(1)]),
        "getopts" => names(rest.get(1..2).unwrap_or_default()),
        "printf" if rest.first() == Some(&"-v") => names(rest.get(1..2).unwrap_or_default()),
        "let" => rest
            .iter()
            .flat_map(|word| counted(word.trim_matches(['"', '\''])))
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Vec<String> {
        let whole = sets(text).into_iter().filter(|set| set.within.is_none());
        whole.map(|set| set.name).collect()
    }

    fn wanted(text: &str) -> Vec<&str> {
        let script = Script::parse(text, &[]);
        let all = expanded(text, &script).into_iter();
        all.filter(|one| !one.has_default).map(|one| one.name).collect()
    }

    #[test]
    fn every_form_of_an_expansion_is_one() {
        let text = r#"rm "$backup_dir"/* ${DIR%/} ${A//a/b} ${#L} ${P[@]} ${!R} ${Q:?no} ${S: -3} $Pod_name"#;
        assert_eq!(
            wanted(text),
            ["backup_dir", "DIR", "A", "L", "P", "R", "Q", "S", "Pod_name"]
        );
        assert_eq!(
            wanted(r"${A:-x} ${B-x} ${C:=x} ${D:+x} $1 $@ $? $$ ${1} ${#} ${{ a }} ${!A*} '$E' \$F"),
            Vec::<&str>::new()
        );
        assert_eq!(wanted(r"\\$A ${A:-$B}"), ["A", "B"]);
    }

    #[test]
    fn what_sets_a_variable_is_told_from_what_only_looks_so() {
        assert_eq!(
            set("A=1; export B=2; read -r C d\nfor E in x; do ${F:=1}; done; G+=1 H[0]=2"),
            ["A", "B", "C", "d", "E", "G", "H", "F"]
        );
        assert_eq!(
            set("kubectl set env deploy/x NODE=1\nA=1 cmd\nenv B=2 cmd\nexport C"),
            Vec::<String>::new()
        );
        assert_eq!(set("if x; then A=1; fi; while read -r l; do :; done"), ["A", "l"]);
        assert_eq!(
            set("printf -v V %s x; mapfile -t M; getopts ab: opt; local x=$1"),
            ["V", "M", "opt", "x"]
        );
        assert_eq!(set("for ((i=0; i<2; j++)); do :; done; let k=1"), ["k", "i", "j"]);
        assert_eq!(set("a=(x y); b=\"$(c)\"; f() { g=1; }"), ["a", "b", "g"]);
    }

    #[test]
    fn what_a_subshell_sets_holds_inside_it() {
        let text = "x=$(A=1; echo $A); (B=2)";
        let sets = sets(text);
        let of = |name: &str| sets.iter().find(|set| set.name == name).unwrap().within.clone();
        assert_eq!(of("x"), None);
        assert_eq!(of("A"), Some(3..16));
        assert!(of("B").is_some());
    }
}
