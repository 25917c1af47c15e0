//! Counting once: what is stopped cannot be made smaller, and what was made smaller shifts less. Along
//! stop, reduce, rightsize, shift each saving counts by its share of what the ones before left over, and by what they left
//! of the bill; a commitment comes last, since it is for what is left of all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::due::{Left, explain};
use super::finding::{Finding, Move, cents};
use super::inventory::Place;
use super::pool::{Pool, is_commitment};
use crate::cost::Amount;

/// A finding with what it adds to the total.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    pub finding: Finding,
    /// Where all moves before it bring their least: it is a part of the least sum.
    pub low: Amount,
    /// Where all moves before it bring their most, which leave least to it: a part of the largest sum.
    pub high: Amount,
}

impl Counted {
    /// What it adds at least and at most: a move may bring more where the ones before it bring less, so that its
    /// part of the least sum can be the larger one.
    pub fn range(&self) -> (Amount, Amount) {
        (self.low.min(self.high), self.low.max(self.high))
    }
}

/// Everything to do, the largest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    pub rows: Vec<Counted>,
    /// What accounts are called, as far as the bill tells.
    pub accounts: BTreeMap<String, String>,
    pub low: Amount,
    pub high: Amount,
    /// Prices are those of the list, and rules that need the bill found nothing.
    pub without_bill: bool,
    /// What did not answer and why, a sentence each: nothing is found there, whatever there is.
    pub unanswered: Vec<String>,
}

impl Board {
    /// Keeps some rows; the sums are of those.
    pub fn leave(&mut self, is_kept: impl Fn(&Finding) -> bool) {
        self.rows.retain(|row| is_kept(&row.finding));
        self.low = self.rows.iter().map(|row| row.low).sum();
        self.high = self.rows.iter().map(|row| row.high).sum();
    }

    /// What a move adds to the total: low and high.
    pub fn of(&self, step: Move) -> (Amount, Amount) {
        let rows = self.rows.iter().filter(|row| row.finding.rule.step() == step);
        rows.fold(<(Amount, Amount)>::default(), |(low, high), row| {
            (low + row.low, high + row.high)
        })
    }
}

/// Counts every resource once. Of one move the rule that saves most leads, and what it leads counts for nothing: a
/// machine gets one size and goes to one place. A stopped instance takes what belongs to it along.
pub fn count(findings: Vec<Finding>) -> Board {
    count_after(findings, |_| false)
}

/// The same where some are taken on already: they come before all others, which count what those leave.
pub(super) fn count_after(findings: Vec<Finding>, is_taken: impl Fn(&Finding) -> bool) -> Board {
    let taken: BTreeSet<(Place, String)> = findings
        .iter()
        .flat_map(|finding| {
            finding
                .covers
                .iter()
                .map(|id| (finding.place.clone(), id.clone()))
        })
        .collect();
    let mut ordered = findings;
    ordered.sort_by(|a, b| {
        let taken = is_taken(b).cmp(&is_taken(a));
        // A proven stop before a mere question about the same machine.
        taken
            .then(is_commitment(a).cmp(&is_commitment(b)))
            .then(a.rule.step().cmp(&b.rule.step()))
            .then(a.confidence.cmp(&b.confidence))
            .then(b.saving.high.cmp(&a.saving.high))
            .then(a.rule.cmp(&b.rule))
    });
    let mut left: BTreeMap<(Place, String), (f64, f64)> = BTreeMap::new();
    let (mut led, mut sizes) = (BTreeSet::new(), BTreeSet::new());
    let (mut board, mut pool) = (Board::default(), Pool::default());
    let mut bill = (Left::default(), Left::default());
    for mut finding in ordered {
        // Two rules that advise one size say the same thing twice.
        if let Some(size) = finding.new_type()
            && !sizes.insert((finding.place.clone(), finding.resource.clone(), size.to_owned()))
        {
            continue;
        }
        if !led.insert(finding.turn()) {
            let (low, high) = Default::default();
            board.rows.push(Counted { finding, low, high });
            continue;
        }
        let key = (finding.place.clone(), finding.resource.clone());
        let whole = if taken.contains(&key) {
            (0.0, 0.0)
        } else {
            (1.0, 1.0)
        };
        let remaining = left.entry(key).or_insert(whole);
        let cost = finding.cost.approximate();
        let share = |saving: Amount| {
            if cost > 0.0 {
                (saving.approximate() / cost).clamp(0.0, 1.0)
            } else {
                0.0
            }
        };
        let saved = (
            finding.saving.low.approximate() * remaining.0,
            finding.saving.high.approximate() * remaining.1,
        );
        let billed = (bill.0.take(&finding, saved.0), bill.1.take(&finding, saved.1));
        explain(&mut finding, saved.1, billed.1);
        let saved = billed;
        let (low, high) = match is_commitment(&finding) {
            true => {
                let is_taken = is_taken(&finding);
                pool.commit(&mut finding, saved, is_taken)
            }
            false => pool.take_out(&finding, (cost * remaining.0, cost * remaining.1), saved),
        };
        let (low, high) = (cents(low), cents(high));
        remaining.0 *= 1.0 - share(finding.saving.low);
        remaining.1 *= 1.0 - share(finding.saving.high);
        board.low += low;
        board.high += high;
        board.rows.push(Counted { finding, low, high });
    }
    board.rows.sort_by(|a, b| {
        b.high
            .cmp(&a.high)
            .then_with(|| a.finding.id().cmp(&b.finding.id()))
    });
    board
}
