//! Steps of a page that was changed, told apart by what they say.

use crate::runbook::run::record::Listed;

/// Which steps of a page are which of another one: equal blocks one to one. A name tells them apart; otherwise what stands
/// around them, then their order.
pub(super) fn same(old: &[Listed], new: &[Listed]) -> Vec<(String, String)> {
    let mut of: Vec<Option<usize>> = vec![None; new.len()];
    let mut is_taken = vec![false; old.len()];
    let mut pair = |at: usize, was: usize| {
        if of[at].is_none() && !std::mem::replace(&mut is_taken[was], true) {
            of[at] = Some(was);
        }
    };
    let is_named = |step: &Listed| step.step.parse::<usize>().is_err();
    for (at, step) in new.iter().enumerate().filter(|(_, step)| is_named(step)) {
        let is = |was: &Listed| was.step == step.step && was.sha256 == step.sha256;
        old.iter().position(is).into_iter().for_each(|was| pair(at, was));
    }
    let hashes = |steps: &[Listed]| -> Vec<String> { steps.iter().map(|step| step.sha256.clone()).collect() };
    let (before, after) = (hashes(old), hashes(new));
    for alike in similar::capture_diff_slices(similar::Algorithm::Myers, &before, &after) {
        if let similar::DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = alike
        {
            (0..len).for_each(|nth| pair(new_index + nth, old_index + nth));
        }
    }
    // What was moved.
    for at in 0..new.len() {
        let free = |was: &usize| of[at].is_none() && !is_taken[*was] && before[*was] == after[at];
        if let Some(was) = (0..old.len()).find(free) {
            (of[at], is_taken[was]) = (Some(was), true);
        }
    }
    let names = |(at, was): (usize, Option<usize>)| Some((old[was?].step.clone(), new[at].step.clone()));
    of.into_iter().enumerate().filter_map(names).collect()
}
