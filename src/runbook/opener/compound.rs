//! What is open around a simple command: compounds, brackets, and lists of words of which none is a command.

use super::simple::Simple;

/// What may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `if`, `{`
    Compound,
    /// `for`, `while`, `until`, `select`
    Loop,
    /// `case`, and whether a pattern comes next.
    Case { is_pattern: bool },
    /// `(…)`, `$(…)`, `<(…)`
    Bracket,
    /// `NAME=(…)`, `@(a|b)`
    List,
}

/// A compound or a bracket, its end still to come.
#[derive(Debug)]
pub(super) struct Open {
    pub kind: Kind,
    /// How many commands were done before it.
    pub from: usize,
    /// All in it is fed by what feeds it.
    pub has_input: bool,
    /// The function that does it, once it is called.
    pub body_of: Option<String>,
    /// What a bracket interrupts.
    pub outer: Option<Simple>,
}

/// All of them, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Stack(Vec<Open>);

impl Stack {
    pub fn push(&mut self, open: Open) {
        self.0.push(open);
    }

    /// Compounds and brackets around this place.
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// Whether something feeds one of them.
    pub fn has_input(&self) -> bool {
        self.0.iter().any(|open| open.has_input)
    }

    /// The function that does what stands here, once it is called.
    pub fn body_of(&self) -> Option<&str> {
        self.0.iter().find_map(|open| open.body_of.as_deref())
    }

    /// Whether `break` here ends something of the text's own: a loop, or nothing but the shell of a bracket.
    pub fn has_loop(&self) -> bool {
        let holds = |open: &Open| matches!(open.kind, Kind::Loop | Kind::Bracket);
        self.0.iter().any(holds)
    }

    /// Whether words stand here of which none is a command.
    pub fn is_list(&self) -> bool {
        self.0.last().is_some_and(|open| open.kind == Kind::List)
    }

    /// Whether a pattern of `case` stands here.
    pub fn is_pattern(&self) -> bool {
        let of_case = Kind::Case { is_pattern: true };
        self.0.last().is_some_and(|open| open.kind == of_case)
    }

    /// A pattern of the innermost compound comes next, or is over, where that is a `case`.
    pub fn turn(&mut self, is_pattern: bool) {
        if let Some(open) = self.0.last_mut()
            && let Kind::Case { .. } = open.kind
        {
            open.kind = Kind::Case { is_pattern };
        }
    }

    /// Ends the innermost compound, which no bracket stands in.
    pub fn close(&mut self) -> Option<Open> {
        self.0.pop_if(|open| open.outer.is_none())
    }

    /// Ends the innermost bracket, and the compounds in it that are never closed.
    pub fn close_bracket(&mut self) -> Option<(usize, Simple)> {
        let nth = self.0.iter().rposition(|open| open.outer.is_some())?;
        let open = self.0.drain(nth..).next()?;
        Some((open.from, open.outer?))
    }
}
