//! Policies and preferences as Terraform. Only strings, numbers, lists, objects and `jsonencode` are written, a part of
//! the language small enough that its tests read it back.

use std::fmt::Write;

use serde_json::{Value, json};

use super::super::context::print;
use super::super::{Exit, Outcome, notice};
use super::{iam, preference};

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    policy: iam::Grant,
    #[command(flatten)]
    preferences: preference::Args,
}

pub fn run(args: &Args) -> Outcome {
    print(&write(&args.policy, &args.preferences))?;
    notice(
        "write this to quarterdeck.tf beside a configured aws provider, once for each region; where the preferences\n\
         exist already: terraform import aws_ssm_document.session_preferences SSM-SessionManagerRunShell",
    );
    Ok(Exit::Done)
}

/// The whole file.
pub(super) fn write(policy: &iam::Grant, preferences: &preference::Args) -> String {
    let mut out = String::from("# Sessions through Systems Manager, recorded by Quarterdeck.\n");
    block(
        &mut out,
        "aws_ssm_document",
        "session_preferences",
        &[
            ("name", json!(preference::NAME), false),
            ("document_type", json!("Session"), false),
            ("document_format", json!("JSON"), false),
            ("content", preference::document(preferences), true),
        ],
    );
    block(
        &mut out,
        "aws_iam_policy",
        "quarterdeck",
        &[
            ("name", json!("quarterdeck"), false),
            ("description", json!("What qd needs"), false),
            ("policy", iam::policy(policy), true),
        ],
    );
    out.push('\n');
    for line in iam::CANNOT.lines() {
        let _ = writeln!(out, "# {line}");
    }
    block(
        &mut out,
        "aws_iam_policy",
        "quarterdeck_enforce",
        &[
            ("name", json!("quarterdeck-enforce"), false),
            (
                "description",
                json!("No sessions but recorded ones, as far as IAM can"),
                false,
            ),
            ("policy", iam::denials(policy), true),
        ],
    );
    out
}

/// `true` where the value is wanted as JSON text.
fn block(out: &mut String, kind: &str, name: &str, arguments: &[(&str, Value, bool)]) {
    let _ = writeln!(out, "\nresource \"{kind}\" \"{name}\" {{");
    for (key, value, as_text) in arguments {
        let mut written = String::new();
        put(&mut written, value, 1);
        let _ = match as_text {
            true => writeln!(out, "  {key} = jsonencode({written})"),
            false => writeln!(out, "  {key} = {written}"),
        };
    }
    out.push_str("}\n");
}

fn put(out: &mut String, value: &Value, depth: usize) {
    let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Value::String(text) => out.push_str(&quoted(text)),
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Array(items) => {
            out.push_str("[\n");
            for item in items {
                out.push_str(&inner);
                put(out, item, depth + 1);
                out.push_str(",\n");
            }
            let _ = write!(out, "{outer}]");
        }
        Value::Object(members) if members.is_empty() => out.push_str("{}"),
        Value::Object(members) => {
            out.push_str("{\n");
            for (key, value) in members {
                let _ = write!(out, "{inner}{} = ", quoted(key));
                put(out, value, depth + 1);
                out.push('\n');
            }
            let _ = write!(out, "{outer}}}");
        }
        plain => {
            let _ = write!(out, "{plain}");
        }
    }
}

/// What Terraform would take for a template is written doubled.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
