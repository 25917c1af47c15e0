//! What a command left on one node, step by step: a document may have several, and AWS tells the output of each by its name
//! alone.

use jiff::Timestamp;
use serde::Serialize;

use super::output::{Kept, complete, is_cut, is_error_cut};
use crate::aws::{Cloud, Failure, Invocation, Place, PluginRow, Why};

/// What a step left.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Part {
    /// Empty where the document has only one.
    pub step: String,
    /// AWS's status details.
    pub status: String,
    pub exit_code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// The output is longer than AWS shows, and could not be had in full.
    pub is_cut: bool,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Why something of it could not be had.
    pub says: Option<String>,
    /// Nothing of it could be had, though it may have said something.
    pub missed: Option<Why>,
}

/// How a step ended, without what it left.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Ended {
    pub name: String,
    pub status: String,
    pub exit_code: Option<i32>,
}

impl Part {
    fn of(step: &str, found: Invocation) -> Part {
        Part {
            step: step.to_owned(),
            status: found.status,
            exit_code: found.exit_code,
            is_cut: is_cut(&found.stdout) || is_error_cut(&found.stderr),
            stdout: found.stdout.into_bytes(),
            stderr: found.stderr.into_bytes(),
            started_at: found.started_at,
            ended_at: found.ended_at,
            says: None,
            missed: None,
        }
    }

    /// What could not be had of it, with its name.
    pub fn told(&self) -> Option<String> {
        let says = self.says.as_ref()?;
        Some(match self.step.as_str() {
            "" => says.clone(),
            step => format!("{step}: {says}"),
        })
    }

    /// What a step left, or the only one where none is named; whole where it can be had.
    async fn fetch(
        cloud: &Cloud,
        place: &Place,
        bucket: Option<Kept<'_>>,
        (command, node): (&str, &str),
        step: Option<&str>,
    ) -> Result<Part, Failure> {
        let mut found = cloud.fetch_invocation(place, command, node, step).await?;
        let group = found.log_group.take();
        let mut part = Part::of(step.unwrap_or_default(), found);
        let kept: Vec<Kept<'_>> = bucket
            .into_iter()
            .chain(group.as_deref().map(Kept::Group))
            .collect();
        part.whole(cloud, place, &kept, command, node).await;
        Ok(part)
    }

    fn is_silent(&self) -> bool {
        self.stdout.is_empty() && self.stderr.is_empty()
    }

    pub fn ended(&self) -> Ended {
        Ended {
            name: self.step.clone(),
            status: self.status.clone(),
            exit_code: self.exit_code,
        }
    }

    /// Fetches what AWS cut of it from where it was also written to.
    async fn whole(&mut self, cloud: &Cloud, place: &Place, kept: &[Kept<'_>], command: &str, node: &str) {
        let mut says = Vec::new();
        for kept in kept {
            if !self.is_cut {
                return;
            }
            match complete(cloud, place, *kept, command, node, self).await {
                Ok(()) if self.is_cut => says.push(format!("{kept} does not have it, or not yet")),
                Ok(()) => {}
                Err(failure) => says.push(format!(
                    "its full output could not be fetched: {}; {}",
                    failure.cause, failure.hint
                )),
            }
        }
        self.says = Some(says.join("; ")).filter(|says| self.is_cut && !says.is_empty());
    }
}

/// What every step that has begun left on a node, in their order, whole where it can be had; `bucket` is where output was also
/// told to go. Of AWS's own documents for a script it is known that they have one step.
pub async fn parts(
    cloud: &Cloud,
    place: &Place,
    bucket: Option<Kept<'_>>,
    command: &str,
    node: &str,
    has_one: bool,
) -> Result<Vec<Part>, Failure> {
    let plugins = match has_one {
        true => Ok(Vec::new()),
        false => cloud.fetch_plugins(place, command, node).await,
    };
    let at = (command, node);
    let plugins = match plugins {
        Ok(plugins) if plugins.len() < 2 => {
            return Ok(vec![Part::fetch(cloud, place, bucket, at, None).await?]);
        }
        Ok(plugins) => plugins,
        // Without a name AWS tells the output of a document's only step, and of several steps none.
        Err(unlisted) => match Part::fetch(cloud, place, bucket, at, None).await {
            Ok(only) if !only.is_silent() => return Ok(vec![only]),
            _ => return Err(unlisted),
        },
    };
    let mut parts = Vec::new();
    for PluginRow { name, status, .. } in plugins.into_iter().filter(|plugin| plugin.has_begun) {
        let found = Part::fetch(cloud, place, bucket, at, Some(&name)).await;
        parts.push(found.unwrap_or_else(|failure| Part {
            step: name,
            status,
            says: Some(format!("its output is unknown: {}", failure.cause)),
            missed: Some(failure.why),
            ..Part::default()
        }));
    }
    Ok(parts)
}

/// The outputs of all parts one after the other, each step under its name where there are several.
pub fn joined(parts: &[Part]) -> (Vec<u8>, Vec<u8>) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    for part in parts {
        let head = match part.step.is_empty() {
            true => String::new(),
            false => format!("--- {}: {}\n", part.step, part.status),
        };
        // A step that said nothing was there all the same.
        stdout.extend_from_slice(head.as_bytes());
        if !part.stderr.is_empty() {
            stderr.extend_from_slice(head.as_bytes());
        }
        for (to, from) in [(&mut stdout, &part.stdout), (&mut stderr, &part.stderr)] {
            to.extend_from_slice(from);
            if !head.is_empty() && !from.is_empty() && !from.ends_with(b"\n") {
                to.push(b'\n');
            }
        }
    }
    (stdout, stderr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_several_steps_stands_under_its_name() {
        let part = |step: &str, status: &str, stdout: &str, stderr: &str| Part {
            step: step.into(),
            status: status.into(),
            stdout: stdout.into(),
            stderr: stderr.into(),
            ..Part::default()
        };
        let text = |parts: &[Part]| {
            let (stdout, stderr) = joined(parts);
            (
                String::from_utf8(stdout).unwrap(),
                String::from_utf8(stderr).unwrap(),
            )
        };
        let several = [part("get", "Success", "", ""), part("run", "Failed", "a", "no\n")];
        let wanted = ("--- get: Success\n--- run: Failed\na\n", "--- run: Failed\nno\n");
        assert_eq!(text(&several), (wanted.0.to_owned(), wanted.1.to_owned()));
        assert_eq!(
            text(&[part("", "Success", "a", "")]),
            ("a".to_owned(), String::new())
        );
    }
}
