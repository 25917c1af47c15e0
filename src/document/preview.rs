//! The dry run: AWS's own look ahead, or our counts where AWS gives none, which is then said. How much must be confirmed
//! follows from it: what may change something wants a yes, and production one level more.

use std::time::Duration;

use serde::Serialize;

use super::{Document, Impact, Step};
use crate::aws::{Cloud, Failure, Foreseen, Place, PreviewState, StartAutomation};
use crate::runbook::Level;

/// How long AWS may look ahead before we count ourselves.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Why these are our own counts of the document's steps; `None`: AWS looked ahead.
    pub ours_because: Option<String>,
    pub mutating: u32,
    pub reading: u32,
    pub undetermined: u32,
    /// Steps that change something by their action where AWS foresees no change at all: its word lowers nothing.
    pub doubted: u32,
    pub regions: Vec<String>,
    pub targets: Vec<(String, u32)>,
    pub accounts: u32,
}

impl Preview {
    /// Our counts of a document's steps, each once, whether or not it would run.
    pub fn of(document: &Document, because: impl Into<String>) -> Preview {
        let mut preview = Preview {
            ours_because: Some(because.into()),
            mutating: 0,
            reading: 0,
            undetermined: 0,
            doubted: 0,
            regions: Vec::new(),
            targets: Vec::new(),
            accounts: 0,
        };
        preview.count(&document.steps);
        preview
    }

    fn count(&mut self, steps: &[Step]) {
        for step in steps {
            if !step.steps.is_empty() {
                self.count(&step.steps);
                continue;
            }
            match step.impact {
                Impact::Reads => self.reading += 1,
                Impact::Unknown => self.undetermined += 1,
                Impact::Changes => self.mutating += 1,
            }
        }
    }

    /// What cannot be told counts as a change.
    pub fn may_change(&self) -> bool {
        self.mutating + self.undetermined + self.doubted > 0
    }

    /// What must be said before it starts.
    pub fn level(&self, is_production: bool) -> Level {
        let level = match self.may_change() {
            true => Level::Yes,
            false => Level::None,
        };
        match is_production {
            true => level.raised(),
            false => level,
        }
    }

    /// In one line.
    pub fn says(&self) -> String {
        let steps = |count: u32| format!("{count} step{}", if count == 1 { "" } else { "s" });
        let mut parts = Vec::new();
        if self.mutating > 0 {
            parts.push(format!("{} would change something", steps(self.mutating)));
        }
        if self.undetermined > 0 {
            let steps = steps(self.undetermined);
            parts.push(format!(
                "{steps} may change something, which cannot be told ahead"
            ));
        }
        if self.reading > 0 {
            let verb = if self.reading == 1 { "reads" } else { "read" };
            parts.push(format!("{} only {verb}", steps(self.reading)));
        }
        if self.doubted > 0 {
            let steps = steps(self.doubted);
            parts.push(format!("but {steps} may change something by what they do"));
        }
        if parts.is_empty() {
            return "no step would run".into();
        }
        parts.join(", ")
    }

    /// Whole, for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.says()];
        if !self.targets.is_empty() {
            let target = |(kind, count): &(String, u32)| format!("{count} {kind}");
            let targets: Vec<String> = self.targets.iter().map(target).collect();
            lines.push(format!("targets: {}", targets.join(", ")));
        }
        if !self.regions.is_empty() {
            let accounts = match self.accounts {
                0 | 1 => String::new(),
                many => format!(", {many} accounts"),
            };
            lines.push(format!("regions: {}{accounts}", self.regions.join(", ")));
        }
        if let Some(because) = &self.ours_because {
            lines.push(format!("counted here from the steps: {because}"));
        }
        lines
    }
}

impl From<Foreseen> for Preview {
    fn from(told: Foreseen) -> Preview {
        Preview {
            ours_because: None,
            mutating: told.mutating,
            reading: told.reading,
            undetermined: told.undetermined,
            doubted: 0,
            regions: told.regions,
            targets: told.targets,
            accounts: told.accounts,
        }
    }
}

/// AWS's preview of a start, or ours where it refuses, fails or takes too long.
pub async fn foresee(cloud: &Cloud, place: &Place, start: &StartAutomation, document: &Document) -> Preview {
    let ours = |because: String| Preview::of(document, because);
    let asked = async {
        let id = cloud.start_preview(place, start).await?;
        let mut pause = PAUSE.0;
        loop {
            match cloud.fetch_preview(place, &id).await? {
                PreviewState::Going => {}
                state => return Ok::<_, Failure>(state),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    };
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(PreviewState::Ready(told))) => {
            let mut preview = Preview::from(told);
            if !preview.may_change() {
                preview.doubted = Preview::of(document, "").mutating;
            }
            match preview.may_change() || preview.reading > 0 {
                true => preview,
                false => ours("AWS looked ahead and counted no step".into()),
            }
        }
        Ok(Ok(PreviewState::Failed(says))) => ours(format!("AWS could not look ahead: {says}")),
        Ok(Ok(PreviewState::Going)) | Err(_) => ours("AWS took too long to look ahead".into()),
        Ok(Err(failure)) => ours(format!("AWS gave no preview: {}", failure.cause)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_told_is_confirmed_and_production_raises_it() {
        let of = |action: &str| {
            let text = format!("schemaVersion: '0.3'\nmainSteps:\n- {{name: x, action: '{action}'}}\n");
            Preview::of(&Document::parse(&text).unwrap(), "a file")
        };
        let (reads, unknown) = (of("aws:sleep"), of("aws:executeScript"));
        assert_eq!(
            (reads.level(false), reads.level(true)),
            (Level::None, Level::Enter)
        );
        assert_eq!(
            (unknown.level(false), unknown.level(true)),
            (Level::Yes, Level::Type)
        );
        assert_eq!(
            unknown.says(),
            "1 step may change something, which cannot be told ahead"
        );
    }
}
