//! From what was typed to what is opened: one node, the reason that policy wants, how strictly it is recorded.
//! A name is unique only when every region has answered.

use std::collections::BTreeSet;
use std::io;

use futures_util::StreamExt;
use uuid::Uuid;

use crate::audit;
use crate::aws::{Cloud, Place};
use crate::config::Config;
use crate::fleet::{self, BadRule, Found, Node, Policy, Roster, Terms, is_container};
use crate::recording::{Mode, Recipients};

use super::terminal::is_interactive;
use super::{Context, Error, Exit, container, quote};

/// What a session is opened on.
pub struct Aim {
    pub node: Node,
    pub reason: String,
    pub mode: Mode,
    pub recipients: Recipients,
}

/// Finds the target and asks for what policy wants of a session there.
pub async fn aim(context: &Context, cloud: &Cloud, target: &str, given: &str) -> Result<Aim, Error> {
    aim_at(context, resolve(cloud, target).await?, given)
}

/// The same where a container will do as well: for ports.
pub async fn aim_anywhere(context: &Context, cloud: &Cloud, target: &str, given: &str) -> Result<Aim, Error> {
    if is_container(target) {
        return Ok(container::aim(context, cloud, target, given).await?.0);
    }
    aim(context, cloud, target, given).await
}

/// What policy wants of a session on a node that is known.
pub fn aim_at(context: &Context, node: Node, given: &str) -> Result<Aim, Error> {
    let terms = Policy::of(&context.config)?.on(&node);
    let (reason, recipients) = agree(context, std::slice::from_ref(&node), &terms, given, None)?;
    Ok(Aim {
        node,
        reason,
        mode: terms.mode.into(),
        recipients,
    })
}

/// The reason and the recipients that policy wants of what is done on these; a refusal is on record as that of `what`,
/// where it is no session.
pub fn agree(
    context: &Context,
    nodes: &[Node],
    terms: &Terms,
    given: &str,
    what: Option<&str>,
) -> Result<(String, Recipients), Error> {
    let whose = match nodes {
        [node] if node.name.is_empty() => node.id.to_string(),
        [node] => node.name.clone(),
        nodes => instances(nodes),
    };
    reason(given, terms, &whose)
        .and_then(|reason| Ok((reason, recipients(&context.config, terms.is_production)?)))
        .inspect_err(|refused| note_as(context, nodes, what, refused))
}

fn instances(nodes: &[Node]) -> String {
    format!("{} instances", nodes.len())
}

/// What the audit log calls them.
pub fn target_of(nodes: &[Node]) -> audit::Target {
    match nodes {
        [node] => node.into(),
        nodes => audit::Target {
            id: Some(instances(nodes)),
            ..audit::Target::default()
        },
    }
}

/// That policy did not allow it is on record, as far as the log can be written; other errors are not.
pub fn note(context: &Context, target: audit::Target, sid: Option<Uuid>, refused: &Error) {
    log(context, refused, of(target, sid));
}

/// The same of what is no session: `command`, `runbook`.
pub fn note_as(context: &Context, nodes: &[Node], what: Option<&str>, refused: &Error) {
    let refusal = of(target_of(nodes), None);
    log(context, refused, audit::Refusal { what, ..refusal });
}

fn of<'a>(target: audit::Target, sid: Option<Uuid>) -> audit::Refusal<'a> {
    audit::Refusal {
        target: Some(target).filter(|target| *target != audit::Target::default()),
        sid,
        ..audit::Refusal::default()
    }
}

/// The same of a document that was not started, or whose automation was not answered.
pub fn note_document(context: &Context, nodes: &[Node], document: &str, refused: &Error) {
    let target = match nodes {
        [] => audit::Target::default(),
        nodes => target_of(nodes),
    };
    let document = Some(document);
    let refusal = of(target, None);
    log(context, refused, audit::Refusal { document, ..refusal });
}

fn log(context: &Context, refused: &Error, refusal: audit::Refusal) {
    if refused.exit != Exit::Refused {
        return;
    }
    let says = refused.says.clone();
    audit::log_refusal(
        &context.paths.data_dir,
        audit::Refusal {
            says: &says,
            target: refusal.target,
            sid: refusal.sid,
            document: refusal.document,
            what: refusal.what,
        },
    );
}

/// The one node that `target` names; exit 5 when there is none, 2 when there are several.
pub async fn resolve(cloud: &Cloud, target: &str) -> Result<Node, Error> {
    if is_container(target) {
        return Err(
            Error::usage(format!("{target} is a container, and this is for instances")).hint(
                "`qd connect` opens a shell in it or runs a command, `qd forward` reaches its ports, `qd doctor` looks at it",
            ),
        );
    }
    if target.trim().is_empty() {
        return Err(Error::usage("the target is empty").hint("`qd fleet ls` lists what can be reached"));
    }
    let mut roster = Roster::default();
    let mut batches = fleet::fetch(cloud);
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    let failed = || {
        roster
            .failures
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    };
    match fleet::resolve(target, &roster.nodes, &roster.failures) {
        Found::One(node) => Ok(*node),
        found => {
            let error = refusal(found, target, failed(), &roster);
            // Where nothing answered at all, the way out is the one of the failure itself.
            let cause = roster.failures.first().filter(|_| roster.nodes.is_empty());
            Err(match cause {
                Some(failure) if !failure.hint.is_empty() => error.hint(failure.hint.clone()),
                _ => error,
            })
        }
    }
}

fn refusal(found: Found, target: &str, failed: String, roster: &Roster) -> Error {
    match found {
        Found::Many(nodes) => {
            let list: Vec<String> = nodes
                .iter()
                .map(|node| format!("{} {} {}", node.id, node.name, node.region))
                .collect();
            Error::usage(format!(
                "{target} is {} instances:\n  {}",
                nodes.len(),
                list.join("\n  ")
            ))
            .hint("name one by its id")
        }
        _ if !failed.is_empty() => Error::unreachable(format!(
            "{target} was not found, and not every region answered: {failed}"
        ))
        .hint("give the instance's id, or see that all regions answer"),
        _ => {
            Error::unreachable(format!("no instance or managed node is {target}")).hint(
                match fleet::near(target, &roster.nodes).as_slice() {
                    // What looks like an id is one: a Name of that form is not looked up.
                    [name, ..] if *name == target => "an instance is named so: give its id".into(),
                    [] => format!(
                        "`qd fleet ls` lists what can be reached{}",
                        looked_in(&roster.complete)
                    ),
                    names => format!(
                        "did you mean {}?",
                        names
                            .iter()
                            .map(|name| quote(name))
                            .collect::<Vec<_>>()
                            .join(" or ")
                    ),
                },
            )
        }
    }
}

/// Regions that were looked through and the way to others, for somebody who has forgotten that there are others.
fn looked_in(places: &[Place]) -> String {
    let regions: BTreeSet<&str> = places.iter().map(|place| place.region.as_str()).collect();
    match Vec::from_iter(regions).as_slice() {
        [] => String::new(),
        regions => format!(" in {}; --region NAME adds another", regions.join(", ")),
    }
}

impl From<BadRule> for Error {
    fn from(bad: BadRule) -> Error {
        Error::usage(bad.to_string()).hint("`qd config path` tells where the file is")
    }
}

/// Whom a recording there is encrypted to; exit 3 when policy wants that and it cannot be done.
pub fn recipients(config: &Config, production: bool) -> Result<Recipients, Error> {
    Recipients::of(&config.recording, production)
        .map_err(|cause| Error::refused(cause.to_string()).hint(cause.hint().unwrap_or_default()))
}

/// Where no flag gives a reason, the environment does: OpenSSH passes none on.
pub fn reason_or_environment(given: String) -> String {
    if given.trim().is_empty() {
        return std::env::var("QD_REASON").unwrap_or_default();
    }
    given
}

/// The reason that policy wants of what is done on `name`, from the flag or asked for.
pub fn reason(given: &str, terms: &Terms, name: &str) -> Result<String, Error> {
    let given = &reason_or_environment(given.to_owned());
    if !given.trim().is_empty() || !terms.wants_reason {
        return Ok(given.trim().to_owned());
    }
    let refused = || {
        Error::refused(format!("policy wants a reason for {}", quote(name)))
            .hint("give --reason TEXT, or set QD_REASON")
    };
    if !is_interactive() {
        return Err(refused());
    }
    eprint!("why a session on {}? ", quote(name));
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .map_err(|cause| Error::failed(format!("standard input: {cause}")))?;
    if line.trim().is_empty() {
        Err(refused())
    } else {
        Ok(line.trim().to_owned())
    }
}
