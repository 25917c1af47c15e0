//! `ecs:CLUSTER/TASK/CONTAINER` as a target: which container that is, or one sentence why it cannot be entered.

use crate::aws::{Cloud, ExecuteCommand};
use crate::cli::aim::{Aim, aim_at};
use crate::cli::{Context, Error};
use crate::fleet::{Absent, find_container};

pub fn is_meant(target: &str) -> bool {
    target.starts_with("ecs:")
}

pub async fn aim(
    context: &Context,
    cloud: &Cloud,
    target: &str,
    given: &str,
) -> Result<(Aim, ExecuteCommand), Error> {
    let found = find_container(cloud, target)
        .await
        .map_err(|absent| refusal(target, absent))?;
    Ok((aim_at(context, found.node, given)?, found.execute))
}

pub fn refusal(target: &str, absent: Absent) -> Error {
    match absent {
        Absent::Malformed => Error::usage(format!("{target} names no container"))
            .hint("write ecs:CLUSTER/TASK/CONTAINER; the container may be left out where the task has one"),
        Absent::NotFound => Error::unreachable(format!("no region has the task that {target} names"))
            .hint("`aws ecs list-tasks --cluster NAME` shows tasks; check --profile and --region"),
        Absent::Several(tasks) => Error::usage(format!(
            "{target} is {} tasks:\n  {}",
            tasks.len(),
            tasks.join("\n  ")
        ))
        .hint("give the whole id of the task, and --region"),
        Absent::Closed { says, hint } => Error::unreachable(says).hint(hint),
        Absent::Silent(failures) => {
            let said: Vec<String> = failures.iter().map(ToString::to_string).collect();
            Error::unreachable(format!(
                "{target} was not found, and not every region answered: {}",
                said.join("; ")
            ))
            .hint("give the whole id of the task, or see that all regions answer")
        }
    }
}
