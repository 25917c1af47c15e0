//! Regular expressions that are run over a stream, as automata: checked when the configuration is read.

use regex_automata::hybrid::dfa::DFA;
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;

/// Memory that one pattern may take.
const MOST_BYTES: usize = 4 << 20;

/// The automaton of a pattern over bytes. The error says in a line what is wrong with it.
pub fn compile(pattern: &str) -> Result<DFA, String> {
    let mut builder = DFA::builder();
    builder
        .syntax(syntax::Config::new().utf8(false))
        .thompson(
            thompson::Config::new()
                .utf8(false)
                .nfa_size_limit(Some(MOST_BYTES)),
        )
        .configure(DFA::config().cache_capacity(MOST_BYTES));
    builder.build(pattern).map_err(|cause| {
        let mut why = cause.to_string();
        let mut source = std::error::Error::source(&cause);
        while let Some(cause) = source {
            why = cause.to_string();
            source = cause.source();
        }
        if why.contains("word bound") {
            return r"a word border is written (?-u:\b) here".to_owned();
        }
        let last = why.lines().last().unwrap_or_default();
        last.trim().trim_start_matches("error: ").to_owned()
    })
}
