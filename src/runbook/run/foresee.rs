//! What a step that starts a document would do, told before it is confirmed: the machines that it reaches, and AWS's own
//! look ahead where the document is one of those that AWS previews.

use super::call::start_of;
use super::reached::Reached;
use super::sequence::Sequence;
use super::target::Target;
use crate::aws::{Cloud, Place};
use crate::document::{Document, Preview, foresee};
use crate::runbook::Filled;
use crate::runbook::call::Call;

impl Sequence {
    /// The machines that the step's document goes to; `None` of a step that starts none.
    pub(super) fn reached(&self, filled: &[Filled]) -> Option<Reached> {
        let call = filled.first()?.call.as_ref()?;
        let home = self.home();
        let home = home.as_ref().map(|(_, place)| place);
        let terms = &self.terms;
        Some(Reached::of(
            call,
            &self.targets,
            &terms.fleet,
            home,
            &terms.production,
        ))
    }

    /// The step's places, each as much production as what is reached from it.
    pub(super) fn placed(&self, targets: &[Target], reached: Option<&Reached>) -> Vec<Target> {
        let place = |target: &Target| match reached {
            Some(reached) => reached.place(target, &self.targets),
            None => target.clone(),
        };
        targets.iter().map(place).collect()
    }

    /// Lines for whoever confirms it.
    pub(super) async fn impact(&self, filled: &[Filled], reached: Option<&Reached>) -> Vec<String> {
        let mut says: Vec<String> = reached.and_then(Reached::says).into_iter().collect();
        let call = filled.first().and_then(|filled| filled.call.as_ref());
        if let (Some(call), Some((cloud, place))) = (call, self.home()) {
            says.extend(ahead(call, &cloud, &place).await);
        }
        says
    }
}

/// What AWS foresees of an Automation; of everything else the counts of its steps.
async fn ahead(call: &Call, cloud: &Cloud, place: &Place) -> Vec<String> {
    let text = cloud.fetch_document_version(place, &call.document, call.version.as_deref());
    let text = match text.await {
        Ok(text) => text,
        Err(failure) => return vec![format!("what it does could not be looked at: {}", failure.cause)],
    };
    let document = match Document::parse(&text.text) {
        Ok(document) => document,
        Err(bad) => return vec![format!("what it does cannot be told: {bad}")],
    };
    match (text.kind.as_str(), start_of(call)) {
        ("Automation", Ok(start)) => foresee(cloud, place, &start, &document).await.lines(),
        ("Automation", Err(_)) => Vec::new(),
        _ => vec![Preview::of(&document, "").says()],
    }
}
