//! Colours for code by its grammar. The grammars take a moment and some megabytes to load, so they are loaded once,
//! in the background, when the first page is opened; until then code is shown in one colour.

use std::ops::Range;
use std::sync::OnceLock;
use std::thread;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use crate::ui::look::Role;

/// Byte ranges of one line with their roles.
pub(super) type Coloured = Vec<(Range<usize>, Role)>;

struct Grammars {
    syntaxes: SyntaxSet,
    /// The first that begins a scope decides.
    roles: Vec<(Scope, Role)>,
}

static GRAMMARS: OnceLock<Option<Grammars>> = OnceLock::new();
static BEGUN: OnceLock<()> = OnceLock::new();

/// Starts loading, once. `done` is called from another thread when the colours are there: time to draw again.
pub fn load_in_background(done: impl FnOnce() + Send + 'static) {
    if BEGUN.set(()).is_err() {
        return;
    }
    let loading = thread::Builder::new().name("grammars".into()).spawn(move || {
        load();
        done();
    });
    if let Err(cause) = loading {
        tracing::warn!("code stays in one colour: no thread to load grammars: {cause}");
    }
}

/// Whether the colours are there.
pub fn is_loaded() -> bool {
    matches!(GRAMMARS.get(), Some(Some(_)))
}

/// Loads and waits.
pub fn load() {
    GRAMMARS.get_or_init(|| {
        let scope = |name: &str, role: Role| Scope::new(name).ok().map(|scope| (scope, role));
        let roles = [
            scope("comment", Role::SyntaxComment),
            scope("string", Role::SyntaxString),
            scope("constant.numeric", Role::SyntaxNumber),
            scope("constant.language", Role::SyntaxNumber),
            scope("keyword", Role::SyntaxKeyword),
            scope("storage", Role::SyntaxKeyword),
            scope("support.function", Role::SyntaxKeyword),
            scope("variable.function", Role::SyntaxKeyword),
            scope("entity.name", Role::SyntaxName),
            scope("variable.other", Role::SyntaxName),
            scope("variable.parameter", Role::SyntaxNumber),
        ];
        Some(Grammars {
            syntaxes: two_face::syntax::extra_newlines(),
            roles: roles.into_iter().flatten().collect(),
        })
    });
}

/// Beyond this a block is data, and colouring it would make the page wait.
const LONGEST_BYTES: usize = 64 << 10;

/// For each line the ranges that have a role of their own; `None` while nothing is loaded or for an unknown language.
pub(super) fn lines(info: &str, code: &str) -> Option<Vec<Coloured>> {
    let grammars = GRAMMARS.get()?.as_ref()?;
    let token = info
        .split(|c: char| c.is_whitespace() || "{},".contains(c))
        .find(|word| !word.is_empty())?;
    if code.len() > LONGEST_BYTES {
        return None;
    }
    let token = match token.to_ascii_lowercase().as_str() {
        "console" | "shell" | "shell-session" | "terminal" | "zsh" | "sh" => "bash".to_string(),
        other => other.to_string(),
    };
    let syntax = grammars.syntaxes.find_syntax_by_token(&token)?;
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut lines = Vec::new();
    for line in code.split_inclusive('\n') {
        let mut ranges = Coloured::new();
        let mut from = 0;
        let ops = state.parse_line(line, &grammars.syntaxes).ok()?;
        for (at, op) in ops {
            if let Some(role) = role(&stack, grammars).filter(|_| at > from) {
                ranges.push((from..at, role));
            }
            from = at;
            stack.apply(&op).ok()?;
        }
        if let Some(role) = role(&stack, grammars) {
            ranges.push((from..line.len(), role));
        }
        lines.push(ranges);
    }
    Some(lines)
}

/// The role of the innermost scope that has one; a comment stays one whatever is in it.
fn role(stack: &ScopeStack, grammars: &Grammars) -> Option<Role> {
    let of = |scope: &Scope| {
        grammars
            .roles
            .iter()
            .find(|(known, _)| known.is_prefix_of(*scope))
            .map(|(_, role)| *role)
    };
    let scopes = stack.as_slice();
    let outermost = scopes
        .iter()
        .filter_map(of)
        .find(|role| *role == Role::SyntaxComment);
    outermost.or_else(|| scopes.iter().rev().find_map(of))
}
