//! Colours for code by its grammar. Grammars take a moment to load and long blocks longer than a frame to be taken
//! apart, so both happen in the background; a page is painted with the colours that are known by then.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use crate::runbook::{masked, options};
use crate::ui::look::Role;

/// Byte ranges of one line with their roles.
pub(super) type Coloured = Vec<(Range<usize>, Role)>;

struct Grammars {
    syntaxes: SyntaxSet,
    /// The first that begins a scope decides.
    roles: Vec<(Scope, Role)>,
}

static GRAMMARS: OnceLock<Option<Grammars>> = OnceLock::new();

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

/// Colours by a hash of language and text; `None` for what no grammar knows.
type Known = HashMap<u64, Option<Arc<Vec<Coloured>>>>;

/// Blocks whose colours are known.
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
/// Rises whenever more is known.
static KNOWN_SINCE: AtomicU64 = AtomicU64::new(0);
/// More blocks than anyone reads in a day.
const MOST_KNOWN: usize = 4096;

/// Another number whenever a page may have got more colours.
pub fn age() -> u64 {
    KNOWN_SINCE.load(Ordering::Relaxed)
}

/// Takes every code block of a page apart; a page that has been here before costs nothing. Blocks for as long as
/// the grammars load.
pub fn colour(page: &str) {
    load();
    let mut open: Option<(String, String)> = None;
    let mut is_news = false;
    for event in Parser::new_ext(&masked(page), options()) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = Some((info.into_string(), String::new()));
            }
            Event::Text(piece) => {
                if let Some((_, code)) = &mut open {
                    code.push_str(&piece);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((info, code)) = open.take() {
                    is_news |= learn(&info, &code);
                }
            }
            _ => {}
        }
    }
    if is_news {
        KNOWN_SINCE.fetch_add(1, Ordering::Relaxed);
    }
}

fn learn(info: &str, code: &str) -> bool {
    let key = key(info, code);
    if KNOWN.lock().is_ok_and(|known| known.contains_key(&key)) {
        return false;
    }
    let coloured = lines(info, code).map(Arc::new);
    if let Ok(mut known) = KNOWN.lock() {
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(key, coloured);
    }
    true
}

/// The colours of a block, where they are known.
pub(super) fn known(info: &str, code: &str) -> Option<Arc<Vec<Coloured>>> {
    KNOWN.lock().ok()?.get(&key(info, code))?.clone()
}

fn key(info: &str, code: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (info, code).hash(&mut hasher);
    hasher.finish()
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
