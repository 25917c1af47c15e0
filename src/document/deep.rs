//! What the children of an automation have begun themselves, and so on down: a person may be waited for at any depth, and
//! AWS tells it of that one alone.

use crate::aws::{ExecutionRow, Failure};

/// A step that begins an automation.
pub(super) const NESTED: &str = "aws:executeAutomation";
/// Automations below one another that are looked for.
const LEVELS: usize = 10;

/// One that is not over, further down than a child.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deep {
    pub row: ExecutionRow,
    /// The child of the whole that it is below.
    pub under: String,
    /// Documents of those between the whole and it, the child's first.
    pub within: Vec<String>,
}

/// Whether it may have begun one: the step that it is at does, or it is sent to several and has no step.
fn may_begin(row: &ExecutionRow) -> bool {
    let action = row.current_action.as_deref();
    !row.status.is_over() && action.is_none_or(|action| action == NESTED)
}

/// Those below children, level by level; `list` tells what an automation has begun. And why some of it is not known.
pub(super) async fn below<F>(
    children: &[&ExecutionRow],
    list: impl Fn(String) -> F,
) -> (Vec<Deep>, Option<Failure>)
where
    F: Future<Output = Result<Vec<ExecutionRow>, Failure>>,
{
    let child = |row: &&ExecutionRow| Deep {
        row: (*row).clone(),
        under: row.id.clone(),
        within: Vec::new(),
    };
    let (mut level, mut found): (Vec<Deep>, Vec<Deep>) = (children.iter().map(child).collect(), Vec::new());
    for _ in 0..LEVELS {
        let mut next = Vec::new();
        for above in level.into_iter().filter(|above| may_begin(&above.row)) {
            let rows = match list(above.row.id.clone()).await {
                Ok(rows) => rows,
                Err(failure) => return (found, Some(failure)),
            };
            let mut within = above.within;
            within.push(above.row.document);
            next.extend(
                rows.into_iter()
                    .filter(|row| !row.status.is_over())
                    .map(|row| Deep {
                        row,
                        under: above.under.clone(),
                        within: within.clone(),
                    }),
            );
        }
        found.extend(next.iter().cloned());
        level = next;
    }
    (found, None)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::aws::{Status, Why};

    fn row(id: &str, action: Option<&str>, status: Status) -> ExecutionRow {
        ExecutionRow {
            id: id.into(),
            document: format!("Doc-{id}"),
            current_action: action.map(str::to_owned),
            status,
            ..ExecutionRow::default()
        }
    }

    #[tokio::test]
    async fn whoever_waits_is_found_at_any_depth_and_nothing_is_asked_for_that_begins_nothing() {
        let asked = RefCell::new(Vec::new());
        let tree = |id: String| {
            asked.borrow_mut().push(id.clone());
            let rows = match id.as_str() {
                "mid" => vec![
                    row("low", Some(NESTED), Status::InProgress),
                    row("over", Some(NESTED), Status::Success),
                ],
                "low" => vec![row("leaf", Some("aws:approve"), Status::Waiting)],
                _ => Vec::new(),
            };
            async move { Ok(rows) }
        };
        let mid = row("mid", Some(NESTED), Status::InProgress);
        let naps = row("naps", Some("aws:sleep"), Status::InProgress);
        let (found, failed) = below(&[&mid, &naps], tree).await;
        assert_eq!(failed, None);
        let leaf = &found[1];
        assert_eq!((leaf.row.id.as_str(), leaf.under.as_str()), ("leaf", "mid"));
        assert_eq!(leaf.within, ["Doc-mid", "Doc-low"]);
        assert_eq!(*asked.borrow(), ["mid", "low"]);
    }

    #[tokio::test]
    async fn what_cannot_be_listed_further_down_is_told_beside_what_is_known() {
        let failure = Failure {
            account: String::new(),
            region: "us-east-1".into(),
            service: "ssm".into(),
            cause: "it is called too often".into(),
            hint: "wait a moment".into(),
            profile: "shop".into(),
            why: Why::Throttled,
        };
        let tree = |id: String| {
            let told = match id.as_str() {
                "mid" => Ok(vec![row("low", Some(NESTED), Status::InProgress)]),
                _ => Err(failure.clone()),
            };
            async move { told }
        };
        let mid = row("mid", Some(NESTED), Status::InProgress);
        let (found, failed) = below(&[&mid], tree).await;
        assert_eq!((found.len(), failed), (1, Some(failure.clone())));
    }
}
