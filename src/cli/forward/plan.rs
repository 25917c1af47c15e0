//! From the command line and the configuration to a list of tunnels, before anything is bound or asked.

use crate::cli::Error;
use crate::config::{Config, Forward};
use crate::forward::{Bad, Local, Spec};

use super::Args;

pub struct Plan {
    /// Of the configuration.
    pub name: Option<String>,
    pub target: String,
    pub spec: Spec,
    pub bind: Vec<String>,
    pub sessions: usize,
    pub reason: String,
    pub lazy: bool,
}

pub fn of(args: &Args, config: &Config) -> Result<Vec<Plan>, Error> {
    let mut plans = Vec::new();
    match (&args.target, args.specs.as_slice()) {
        (Some(target), [_, ..]) => {
            for text in &args.specs {
                plans.push(Plan {
                    name: None,
                    target: target.clone(),
                    spec: parse(text)?,
                    bind: args.bind.clone(),
                    sessions: args.sessions.map_or(1, usize::from),
                    reason: args.reason.clone(),
                    lazy: args.lazy,
                });
            }
        }
        (Some(name), []) => {
            let named = config.forwards.iter().find(|forward| forward.name == *name);
            let forward = named.ok_or_else(|| unknown(name, config))?;
            plans.extend(configured(forward, args)?);
        }
        (None, _) => {
            for forward in &config.forwards {
                plans.extend(configured(forward, args)?);
            }
            if plans.is_empty() {
                return Err(Error::usage("the configuration names no [[forwards]]")
                    .hint("`qd config init` shows how one is written"));
            }
        }
    }
    match twice(&plans) {
        None => Ok(plans),
        Some(local) => Err(Error::usage(format!("{local} is to be listened on twice"))
            .hint("name another local port for one of them, or 0 to have one picked")),
    }
}

/// What two of the tunnels would both listen on.
fn twice(plans: &[Plan]) -> Option<String> {
    plans.iter().enumerate().find_map(|(at, plan)| {
        let is_same = |other: &&Plan| {
            let binds = plan.bind == other.bind;
            plan.spec.local == other.spec.local && (binds || matches!(plan.spec.local, Local::Unix(_)))
        };
        let _ = plans[..at].iter().find(is_same)?;
        match &plan.spec.local {
            Local::Tcp { port: 0, .. } => None,
            Local::Tcp { port, .. } => Some(format!("port {port}")),
            Local::Unix(path) => Some(path.display().to_string()),
        }
    })
}

/// The command line wins over the configuration.
fn configured(forward: &Forward, args: &Args) -> Result<Vec<Plan>, Error> {
    let several = forward.specs.len() > 1;
    let plan = |text: &String| {
        let spec = parse(text).map_err(|bad| Error {
            says: format!("[[forwards]] {}: {}", forward.name, bad.says),
            ..bad
        })?;
        let name = if several {
            format!("{} {}", forward.name, spec.remote)
        } else {
            forward.name.clone()
        };
        Ok(Plan {
            name: Some(name),
            target: forward.target.clone(),
            spec,
            bind: if args.bind.is_empty() {
                forward.bind.clone()
            } else {
                args.bind.clone()
            },
            sessions: args.sessions.map_or(forward.sessions, usize::from),
            reason: if args.reason.is_empty() {
                forward.reason.clone()
            } else {
                args.reason.clone()
            },
            lazy: args.lazy || forward.lazy,
        })
    };
    forward.specs.iter().map(plan).collect()
}

fn parse(text: &str) -> Result<Spec, Error> {
    text.parse()
        .map_err(|bad: Bad| Error::usage(bad.to_string()).hint(Bad::HINT))
}

fn unknown(name: &str, config: &Config) -> Error {
    let names: Vec<&str> = config
        .forwards
        .iter()
        .map(|forward| forward.name.as_str())
        .collect();
    let error = Error::usage(format!(
        "what to forward is missing, and no [[forwards]] is named {name:?}"
    ));
    if names.is_empty() {
        error.hint("give a SPEC after the target, such as 15432:db.internal:5432")
    } else {
        error.hint(format!(
            "give a SPEC after the target, or one of the names: {}",
            names.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(spec: &str) -> Plan {
        Plan {
            name: None,
            target: "web".into(),
            spec: spec.parse().unwrap(),
            bind: Vec::new(),
            sessions: 1,
            reason: String::new(),
            lazy: false,
        }
    }

    #[test]
    fn one_local_port_for_two_tunnels_is_told_before_anything_is_bound() {
        let of = |specs: [&str; 2]| twice(&specs.map(plan));
        assert_eq!(of(["8080:80", "8080:81"]), Some("port 8080".into()));
        assert_eq!(of(["/tmp/x:80", "/tmp/x:81"]), Some("/tmp/x".into()));
        assert_eq!(of(["0:80", "0:81"]), None);
        assert_eq!(of(["127.0.0.2:8080:web:80", "8080:80"]), None);
    }
}
