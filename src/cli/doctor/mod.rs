//! `qd doctor`: what keeps sessions from working, in plain words with the remedy. Without a target this machine,
//! its credentials and its way to AWS; with one also the target. Nothing is opened and nothing is changed.

mod check;
mod machine;
mod target;
mod way;

use serde::Serialize;

use super::{Context, Error, Exit, Outcome, aim, cloud, container, context};
use crate::fleet::{find_container, is_container};
use check::{Check, Mark, render};

#[derive(clap::Args)]
pub struct Args {
    /// Instance id, `mi-…`, Name tag, key=value tags, or ecs:CLUSTER/TASK/CONTAINER; without one this machine is looked at
    #[arg(value_name = "TARGET")]
    target: Option<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    ok: bool,
    target: Option<&'a str>,
    checks: &'a [Check],
}

pub async fn run(args: Args, context: Context) -> Outcome {
    let cloud = cloud::connect(&context);
    let (checks, found) = match &args.target {
        None => {
            let mut checks = machine::look(&context).await;
            checks.extend(way::look(&context, &cloud, None).await);
            (checks, true)
        }
        Some(wanted) if is_container(wanted) => {
            let (check, node) = match find_container(&cloud, wanted).await {
                Ok(found) => (target::container(&found), Some(found.node)),
                Err(absent) => {
                    let error = container::refusal(wanted, &absent);
                    if error.exit == Exit::Usage {
                        return Err(error);
                    }
                    (lost(error), None)
                }
            };
            let mut checks = vec![check];
            checks.extend(way::look(&context, &cloud, node.as_ref()).await);
            (checks, node.is_some())
        }
        Some(wanted) => match aim::resolve(&cloud, wanted).await {
            Ok(node) => {
                let mut checks = target::look(&cloud, &node).await;
                checks.extend(way::look(&context, &cloud, Some(&node)).await);
                (checks, true)
            }
            // Several of a name are the command line's fault, not the target's.
            Err(error) if error.exit == Exit::Usage => return Err(error),
            Err(error) => {
                let mut checks = vec![lost(error)];
                checks.extend(way::look(&context, &cloud, None).await);
                (checks, false)
            }
        },
    };
    let ok = checks.iter().all(|check| check.mark != Mark::Bad);
    if context.json {
        context.print_json(&Document {
            ok,
            target: args.target.as_deref(),
            checks: &checks,
        })?;
    } else {
        context::print(&render(&checks, context.colour))?;
    }
    Ok(match (found, ok) {
        (false, _) => Exit::Unreachable,
        (true, false) => Exit::Failed,
        (true, true) => Exit::Done,
    })
}

fn lost(error: Error) -> Check {
    Check::new(Mark::Bad, "target", error.says).hint(error.hint.unwrap_or_default())
}
