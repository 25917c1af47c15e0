//! `ecs:CLUSTER/TASK/CONTAINER` as a target: which container that is, or one sentence why it cannot be entered.

use crate::aws::{Cloud, ExecuteCommand};
use crate::cli::aim::{Aim, aim_at};
use crate::cli::{Context, Error};
use crate::fleet::{Absent, find_container};

pub async fn aim(
    context: &Context,
    cloud: &Cloud,
    target: &str,
    given: &str,
) -> Result<(Aim, ExecuteCommand), Error> {
    let found = find_container(cloud, target)
        .await
        .map_err(|absent| refusal(target, &absent))?;
    Ok((aim_at(context, found.node, given)?, found.execute))
}

pub fn refusal(target: &str, absent: &Absent) -> Error {
    let says = absent.says(target);
    let error = match absent {
        Absent::Malformed | Absent::Several(_) => Error::usage(says),
        Absent::NotFound | Absent::Closed { .. } | Absent::Silent(_) => Error::unreachable(says),
    };
    error.hint(absent.hint())
}
