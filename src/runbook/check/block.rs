//! Code blocks: fences that never close, variables that nothing sets, commands that destroy before anything was looked at.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Parser, Tag};
use regex::Regex;
use serde_json::Value;

use super::super::block::{Block, LineStarts, Runnable, masked, open_fence, options};
use super::super::call::Call;
use super::super::placeholder::name;
use super::super::plan::Plan;
use super::super::{front, verb};
use super::{Found, Rule, Severity};
use crate::audit::notify::Rules;

/// Commands that take something away for good, besides those that the audit log warns of.
const DESTROYS: &str = r"(?x)
    \baws\b .* \s (delete|terminate|deregister|purge|revoke|detach|disassociate|release|remove)-[a-z]
    | \baws\b .* \bs3\s+(rm|rb)\b
    | \b(kubectl|oc)\b .* \b(delete|drain)\b
    | \bhelm\b .* \b(uninstall|delete)\b
    | \b(docker|podman)\b .* \b(rm|rmi|prune)\b
    | \bkill(all)?\s+-(9|KILL)\b
    | \bsystemctl\b .* \b(stop|disable|mask)\b
    | \bgit\b .* \spush\b .* \s(--force|-f)(\s|$)
    | \bredis-cli\b .* \b(?i:flushall|flushdb)\b
    | \b(psql|mysql|mariadb|sqlite3|cqlsh)\b .* \b(?i:truncate|drop\s+(table|database|schema|keyspace)|delete\s+from)\b
    | \bfind\b .* \s-delete\b
    | \btruncate\b .* (-s|--size[\ =])\s*0\b
    | \b(lv|vg|pv)remove\b | \bwipefs\b";

pub(super) struct Dangers {
    known: Option<Rules>,
    more: Option<Regex>,
}

impl Default for Dangers {
    fn default() -> Dangers {
        // Constants; the tests would say if one did not compile.
        Dangers {
            known: Rules::new(&[]).ok(),
            more: Regex::new(DESTROYS).ok(),
        }
    }
}

impl Dangers {
    fn of(&self, command: &str) -> Option<String> {
        let named = self.known.as_ref().and_then(|rules| rules.find(command));
        let named = named.map(str::to_string);
        let more = self.more.as_ref().is_some_and(|regex| regex.is_match(command));
        named.or_else(|| more.then(|| "takes something away".to_string()))
    }
}

pub(super) fn check(found: &mut Found<'_>, dangers: &Dangers, plan: Option<&Plan>) {
    unclosed(found);
    let page = found.page;
    let blocks = page.blocks();
    let names = Names::of(&page.text, plan);
    let lines: Vec<&str> = page.text.lines().collect();
    let mut looked = false;
    let mut said: BTreeSet<String> = BTreeSet::new();
    for block in blocks.iter().filter(|block| block.lang == "ssm") {
        call(found, block, &names, &mut said);
    }
    for block in &blocks {
        printed(found, block);
        if block.runnable == Runnable::No {
            continue;
        }
        unset(found, block, &names, &mut said);
        // What a label calls commands are some, whatever stands among them.
        if block.runnable == Runnable::Yes || block.printed.is_some() {
            let fence = lines.get(block.start_line - 1).copied().unwrap_or("");
            let guarded = ["needs=", "confirm=", "kind=rollback"]
                .iter()
                .any(|word| fence.contains(word));
            if !looked && !guarded {
                danger(found, block, dangers);
            }
            // Looking at the state inside the block counts from the next one on.
            looked |= block.commands.iter().any(|command| verb::reads(command));
        }
    }
}

/// What a page says of its variables.
struct Names {
    /// Under `vars`.
    declared: BTreeSet<String>,
    /// By steps, and up to which line a block has no value yet.
    captured: BTreeMap<String, usize>,
    /// Lines of blocks that run behind all others.
    rollbacks: BTreeSet<usize>,
}

impl Names {
    /// Of a page that is no plan, its declarations only.
    fn of(text: &str, plan: Option<&Plan>) -> Names {
        let mut captured = BTreeMap::new();
        for step in plan.into_iter().flat_map(|plan| &plan.steps) {
            if let Some(capture) = &step.attributes.capture {
                captured.entry(name(&capture.name)).or_insert(step.lines.0);
            }
        }
        let rollbacks = plan.into_iter().flat_map(|plan| &plan.rollbacks);
        Names {
            declared: declared(text),
            captured,
            rollbacks: rollbacks.map(|step| step.lines.0).collect(),
        }
    }

    fn holds(&self, name: &str, block: &Block) -> bool {
        let is_last = self.rollbacks.contains(&block.start_line);
        let captured = self.captured.get(name);
        self.declared.contains(name) || captured.is_some_and(|line| is_last || *line < block.start_line)
    }
}

/// A block that starts a document: it can be read, and the page declares what it wants.
fn call(found: &mut Found<'_>, block: &Block, names: &Names, said: &mut BTreeSet<String>) {
    let line = Some(block.start_line);
    let call = match Call::parse(&block.text) {
        Ok(call) => call,
        Err(says) => {
            let hint = "for example `document: AWS-RunPatchBaseline`, and `parameters: {Operation: Scan}`";
            return found.add(Rule::Fence, Severity::Error, line, says, hint);
        }
    };
    for wanted in call.placeholders() {
        if !names.holds(&wanted, block) && said.insert(wanted.clone()) {
            let says = format!("{{{{{wanted}}}}} is to be filled in, and `vars` does not declare it");
            let hint = format!("declare `{wanted}` under vars");
            found.add(Rule::Variable, Severity::Warning, line, says, hint);
        }
    }
}

/// Output that stands among commands, where every line is one.
fn printed(found: &mut Found<'_>, block: &Block) {
    let Some(line) = block.printed.as_deref().and_then(|text| text.lines().next()) else {
        return;
    };
    let (then, hint) = match block.runnable {
        Runnable::No => ("nothing in its block is run", "label its fence text"),
        _ => (
            "would be run as one",
            "put `$ ` before the commands, or the output into a block of its own",
        ),
    };
    found.add(
        Rule::Fence,
        Severity::Warning,
        Some(block.start_line),
        format!("`{line}` seems to be what a command has printed, and {then}"),
        hint,
    );
}

fn danger(found: &mut Found<'_>, block: &Block, dangers: &Dangers) {
    let mut seen = false;
    for command in &block.commands {
        seen |= verb::reads(command);
        if let Some(what) = dangers.of(command).filter(|_| !seen) {
            let first = command.lines().next().unwrap_or(command);
            return found.add(
                Rule::Danger,
                Severity::Warning,
                Some(block.start_line),
                format!("`{first}` {what}, and nothing before it looks at the state"),
                "put a block that only reads before it, or {needs=NAME} or {confirm=type} on its fence",
            );
        }
    }
}

/// Variables the page uses as if they were set; a name is said once.
fn unset(found: &mut Found<'_>, block: &Block, names: &Names, said: &mut BTreeSet<String>) {
    for (placeholder, key) in block.placeholders.iter().zip(&block.keys) {
        let is_variable = placeholder.starts_with('$');
        // A page that declares variables means to declare them all; others are asked for when they are needed.
        if !is_variable && names.declared.is_empty() {
            continue;
        }
        if names.holds(key, block) || !said.insert(key.clone()) {
            continue;
        }
        let says = match is_variable {
            true if block.sets_in_branch(key) => {
                format!("a change uses {placeholder}, which is set only where a condition holds")
            }
            true => format!("{placeholder} is used, and nothing sets it"),
            false => format!("{placeholder} is to be filled in, and `vars` does not declare it"),
        };
        let is_positional = is_variable && !key.starts_with(char::is_alphabetic) && !key.starts_with('_');
        let hint = match is_positional {
            true => "a step has no arguments: say `set -- VALUE` before it, or use a variable with a name"
                .to_owned(),
            false => format!(
                "set it in a block before, or declare `{}` under vars",
                key.to_uppercase()
            ),
        };
        found.add(
            Rule::Variable,
            Severity::Warning,
            Some(block.start_line),
            says,
            hint,
        );
    }
}

/// Names under `vars` of the front matter.
fn declared(text: &str) -> BTreeSet<String> {
    let (matter, _) = front::split(text);
    let value: Option<Value> = serde_saphyr::from_str(matter).ok();
    let vars = value.as_ref().and_then(|value| value.get("vars")?.as_object());
    vars.into_iter().flatten().map(|(key, _)| name(key)).collect()
}

/// Fences that the end of the page, of a list item or of a quote has closed.
fn unclosed(found: &mut Found<'_>) {
    let text = masked(&found.page.text);
    let text: &str = &text;
    let starts = LineStarts::of(text);
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        let Event::Start(Tag::CodeBlock(kind)) = event else {
            continue;
        };
        if let Some(fence) = open_fence(text, &kind, &range) {
            let line = starts.line(range.start);
            let end = starts.line(range.end.saturating_sub(1).max(range.start));
            found.add(
                Rule::Fence,
                Severity::Error,
                Some(line),
                format!("this fence is never closed: all up to line {end} is code"),
                format!("close it with {fence} on a line of its own"),
            );
        }
    }
}
