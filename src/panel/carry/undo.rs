//! Undoing a run that is over: what its steps did is taken back by what the page declares, the last step first, each asked
//! about. Nothing else of the page runs.

use super::place::refuse_another;
use crate::app::{Effect, Model};

/// Asks for the run in front; or for one by its id.
pub fn undo(model: &mut Model, argument: &str) -> Vec<Effect> {
    if model.carry.is_going() {
        refuse_another(model);
        return Vec::new();
    }
    let wanted = match (argument.trim(), &model.carry.run) {
        ("", Some(run)) => run.clone(),
        ("", None) => "last".to_owned(),
        (run, _) => run.to_owned(),
    };
    vec![Effect::FindCarry { wanted, undoes: true }]
}
