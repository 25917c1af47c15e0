//! The compute on demand that a commitment would be bought for. What other moves take out of it needs none: a commitment is
//! counted last, by what they leave. Once it is taken on they come after it, and save less of what it binds.

use std::collections::BTreeSet;

use super::finding::{Finding, Rule};
use super::hotspot::{self, SAVINGS_PLAN};
use super::inventory::Place;

/// Dollars a month, by the low and the high guess.
pub(super) type Guess = (f64, f64);

#[derive(Debug, Default)]
pub(super) struct Pool {
    /// What counted moves take out, with its account.
    gone: Vec<(String, Guess)>,
    /// Machines of which nothing is left in it.
    out: BTreeSet<(Place, String)>,
    /// What commitments that are taken on still bind, with their account.
    bound: Vec<(String, Guess)>,
}

/// Whether a finding is about all of it.
pub(super) fn is_commitment(finding: &Finding) -> bool {
    finding.rule == Rule::SavingsPlan
}

/// Whether it is about a machine that is billed on demand.
fn is_of_machine(finding: &Finding) -> bool {
    let of_spot = finding.billed_as.as_deref();
    let of_spot = of_spot.is_some_and(|name| name.contains("SpotUsage:"));
    !of_spot
        && matches!(
            finding.rule,
            Rule::IdleInstance
                | Rule::UnvisitedInstance
                | Rule::OffHours
                | Rule::Recommended
                | Rule::OneSizeDown
                | Rule::CurrentGeneration
                | Rule::Graviton
                | Rule::Spot
        )
}

/// One of no account is of all of them.
fn covers(commitment: &str, account: &str) -> bool {
    commitment.is_empty() || commitment == account
}

impl Pool {
    /// What a move really saves beside commitments that are taken on; `left` is what its machine still costs before it.
    pub fn take_out(&mut self, finding: &Finding, left: Guess, saved: Guess) -> Guess {
        if !is_of_machine(finding) {
            return saved;
        }
        let account = &finding.place.account;
        let machine = (finding.place.clone(), finding.resource.clone());
        // What runs in office hours alone has hours without it, and no commitment covers Spot.
        let leaves = matches!(finding.rule, Rule::OffHours | Rule::Spot);
        if !self.out.contains(&machine) {
            self.gone
                .push((account.clone(), if leaves { left } else { saved }));
        }
        if leaves {
            self.out.insert(machine);
        }
        let mut saved = saved;
        for (_, bound) in self.bound.iter_mut().filter(|(of, _)| covers(of, account)) {
            let within = (saved.0.min(bound.0), saved.1.min(bound.1));
            *bound = (bound.0 - within.0, bound.1 - within.1);
            // It is paid for all the same; at best something else makes use of it, and saves what it takes off.
            saved = (saved.0 - within.0, saved.1 - SAVINGS_PLAN * within.1);
        }
        saved
    }

    /// What a commitment saves of what is left to commit to; its finding says how much that is.
    pub fn commit(&mut self, finding: &mut Finding, saved: Guess, is_taken: bool) -> Guess {
        let account = finding.place.account.clone();
        let gone = self.gone.iter().filter(|(of, _)| covers(&account, of));
        let gone = gone.fold((0.0, 0.0), |sum: Guess, (_, gone)| {
            (sum.0 + gone.0, sum.1 + gone.1)
        });
        let whole = finding.cost.approximate();
        let left = ((whole - gone.0).max(0.0), (whole - gone.1).max(0.0));
        if is_taken {
            self.bound.push((account, left));
        } else if left.1 < whole {
            hotspot::shrink(finding, left.1);
        }
        match whole > 0.0 {
            true => (saved.0 * left.0 / whole, saved.1 * left.1 / whole),
            false => saved,
        }
    }
}
