//! One target: where it is, whether it runs, whether its agent is there and new enough, what we may ask about it,
//! and what its account demands of sessions.

use std::cmp::Ordering;

use futures_util::StreamExt;

use super::check::{Check, Mark};
use crate::aws::{Cloud, Failure, Place, Preferences, SessionQuery, Why};
use crate::fleet::{Container, Kind, Node};

/// What needs which agent. Outside facts: the agent's release notes, and what the service enforces.
const GATES: [([u32; 3], &str); 3] = [
    ([3, 0, 197], "several connections through one forwarded port"),
    ([3, 1, 1374], "forwarding to another host"),
    ([3, 1, 1511], "the exit code of a command"),
];

pub async fn look(cloud: &Cloud, node: &Node) -> Vec<Check> {
    let place = Place {
        profile: node.profile.clone(),
        region: node.region.clone(),
    };
    let mut checks = vec![found(node)];
    checks.extend(state(node));
    checks.push(agent(node));
    checks.extend(node.agent_version.as_deref().map(version));
    let (connected, listed, preferences) = tokio::join!(
        cloud.is_connected(&place, &node.id.0),
        listed(cloud, &place, node),
        cloud.fetch_preferences(&place),
    );
    checks.push(connection(node, &connected));
    checks.push(allowed([
        ("ssm:GetConnectionStatus", connected.as_ref().err()),
        ("ssm:DescribeSessions", listed.as_ref().err()),
    ]));
    checks.push(demands(preferences));
    checks
}

async fn listed(cloud: &Cloud, place: &Place, node: &Node) -> Result<(), Failure> {
    let query = SessionQuery {
        target: Some(node.id.0.clone()),
        ..SessionQuery::default()
    };
    match cloud.fetch_sessions(place, query).await.next().await {
        Some(Err(failure)) => Err(failure),
        _ => Ok(()),
    }
}

fn found(node: &Node) -> Check {
    let name = match node.name.as_str() {
        "" => String::new(),
        name => format!("{name}, "),
    };
    let says = format!(
        "{name}{} in account {}, {} (profile {}), {}",
        node.id, node.account, node.region, node.profile, node.platform
    );
    Check::new(Mark::Ok, "target", says.trim_end_matches(", "))
}

/// A container that was found is one that can be entered.
pub fn container(found: &Container) -> Check {
    let (node, execute) = (&found.node, &found.execute);
    let says = format!(
        "container {} of task {}, cluster {}, in account {}, {} (profile {}): ECS Exec is enabled and its agent runs",
        execute.container, execute.task, execute.cluster, node.account, node.region, node.profile
    );
    Check::new(Mark::Ok, "target", says)
}

fn state(node: &Node) -> Option<Check> {
    let what = "instance";
    Some(match node.state.as_deref() {
        None if node.kind == Kind::Managed => return None,
        None => Check::new(Mark::Skip, what, "EC2 did not tell its state"),
        Some("running") => Check::new(Mark::Ok, what, "running"),
        Some(state @ "pending") => Check::new(Mark::Warn, what, state).hint("wait until it runs"),
        Some(state) => {
            Check::new(Mark::Bad, what, state).hint("start the instance; sessions need it running")
        }
    })
}

fn agent(node: &Node) -> Check {
    let what = "agent";
    let pinged = node
        .pinged_at
        .map(|at| format!(", last heard {}", at.strftime("%Y-%m-%d %H:%M UTC")))
        .unwrap_or_default();
    match node.ping.as_deref() {
        _ if !node.agent_known => {
            Check::new(Mark::Skip, what, "Systems Manager did not tell; see the failures above")
        }
        // Whatever it reported last, it starts with the machine.
        Some(ping) if node.state.as_deref() == Some("stopped") => {
            Check::new(Mark::Bad, what, format!("{ping}{pinged}")).hint("it comes back with the instance")
        }
        Some("Online") => Check::new(Mark::Ok, what, format!("online{pinged}")),
        Some(ping) => Check::new(Mark::Bad, what, format!("{ping}{pinged}")).hint(
            "on the instance: systemctl status amazon-ssm-agent, and its way out to ssm and ssmmessages on port 443",
        ),
        None if node.role.is_none() && node.kind == Kind::Ec2 => {
            Check::new(Mark::Bad, what, "never reported; the instance has no role").hint(
                "attach an instance profile with AmazonSSMManagedInstanceCore, or switch on Default Host Management",
            )
        }
        None => Check::new(Mark::Bad, what, "never reported").hint(
            "install or start amazon-ssm-agent; its role needs AmazonSSMManagedInstanceCore, its network ssm and ssmmessages",
        ),
    }
}

fn version(said: &str) -> Check {
    let what = "agent version";
    let Some(version) = numbers(said) else {
        return Check::new(
            Mark::Skip,
            what,
            format!("{said} is no version that can be compared"),
        );
    };
    let missing: Vec<&str> = GATES
        .iter()
        .filter(|(gate, _)| compare(&version, gate) == Ordering::Less)
        .map(|(_, what)| *what)
        .collect();
    if missing.is_empty() {
        return Check::new(Mark::Ok, what, format!("{said} can do everything"));
    }
    Check::new(
        Mark::Warn,
        what,
        format!("{said} is too old for: {}", missing.join(", ")),
    )
    .hint("update it: Run Command with AWS-UpdateSSMAgent")
}

fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// Number by number, as agents compare; a missing one counts as 0.
fn compare(a: &[u32], b: &[u32]) -> Ordering {
    (0..a.len().max(b.len()))
        .map(|at| a.get(at).unwrap_or(&0).cmp(b.get(at).unwrap_or(&0)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn connection(node: &Node, connected: &Result<bool, Failure>) -> Check {
    let what = "connection";
    match connected {
        Ok(true) => Check::new(Mark::Ok, what, "Session Manager holds a connection to the agent"),
        Ok(false) if node.is_online() => {
            Check::new(Mark::Bad, what, "the agent reports, but Session Manager has no connection to it").hint(
                "the instance must reach ssmmessages on port 443 (a VPC endpoint of its own), and its role must allow ssmmessages:*Channel",
            )
        }
        Ok(false) => Check::new(Mark::Bad, what, "Session Manager has no connection to it")
            .hint("mend the agent first"),
        Err(failure) => Check::new(Mark::Skip, what, "could not be asked").hint(failure.hint.clone()),
    }
}

/// What was tried, which is what does no harm.
fn allowed(tried: [(&str, Option<&Failure>); 2]) -> Check {
    let what = "permissions";
    let denied: Vec<&str> = tried
        .iter()
        .filter(|(_, failure)| failure.is_some_and(|failure| failure.why == Why::Denied))
        .map(|(action, _)| *action)
        .collect();
    if !denied.is_empty() {
        return Check::new(Mark::Bad, what, format!("{} not allowed", denied.join(" and ")))
            .hint("allow it in IAM and in the organisation's policies");
    }
    let failed = tried
        .iter()
        .find_map(|(action, failure)| Some((action, (*failure)?)));
    match failed {
        Some((action, failure)) => {
            Check::new(Mark::Bad, what, format!("{action}: {}", failure.cause)).hint(failure.hint.clone())
        }
        None => Check::new(
            Mark::Ok,
            what,
            "GetConnectionStatus and DescribeSessions are allowed; StartSession shows only when it is used",
        ),
    }
}

fn demands(preferences: Result<Option<Preferences>, Failure>) -> Check {
    let what = "preferences";
    let minutes = |span: std::time::Duration| span.as_secs() / 60;
    match preferences {
        Ok(preferences) => {
            let preferences = preferences.unwrap_or_default();
            let idle = preferences.idle_for.map_or(20, minutes);
            let mut says = format!("sessions end after {idle} idle minutes");
            if let Some(longest) = preferences.longest {
                says.push_str(&format!(" or {} in all", minutes(longest)));
            }
            if let Some(user) = preferences.run_as {
                says.push_str(&format!(", run as {user}"));
            }
            match preferences.kms_key {
                None => Check::new(Mark::Ok, what, says),
                Some(key) => Check::new(Mark::Ok, what, format!("{says}, are encrypted with {key}")).hint(
                    "shells there need kms:GenerateDataKey for you and kms:Decrypt for the instance's role on that key",
                ),
            }
        }
        Err(failure) if failure.why == Why::Denied => {
            Check::new(Mark::Skip, what, "cannot be read (ssm:GetDocument)")
        }
        Err(failure) => Check::new(Mark::Skip, what, failure.cause).hint(failure.hint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_agents_are_told_what_they_cannot_do() {
        let told = |said: &str| {
            let check = version(said);
            (check.mark, check.result)
        };
        assert_eq!(told("3.1.1511.0").0, Mark::Ok);
        assert_eq!(told("3.3.10.0").0, Mark::Ok);
        let (mark, says) = told("3.1.1374.0");
        assert!(mark == Mark::Warn && says.contains("exit code") && !says.contains("another host"));
        assert!(told("2.3.714.0").1.contains("one forwarded port"));
        assert_eq!(told("latest").0, Mark::Skip);
    }
}
