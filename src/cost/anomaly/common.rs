//! What two values of different dimensions have in common of what moved, where the bill tells each by itself alone.

use super::cause::{changes, levels, sign};
use super::{Anomaly, Cause, Part};

/// What is known of a whole service is told of an account that has this share of what moved, from this share of it on.
const SURE_SHARE: f64 = 0.5;

/// A value beside the one of another dimension that moved most; money a day, to the side of the anomaly.
pub(super) struct Common<'a> {
    /// The one that moved most.
    pub value: &'a str,
    /// What the given value moved.
    mine: f64,
    /// What all of its dimension moved.
    all: f64,
    /// What of it is likely to be in the other: less what moved of other values, and whatever moved to the other side.
    sure: f64,
    /// What the other values cost, which is the most that can be in them.
    elsewhere: f64,
}

impl<'a> Common<'a> {
    /// What a value, of a dimension with these parts, has in common with the value that moved most of another dimension.
    pub fn of(anomaly: &Anomaly, value: &str, parts: &[Part], others: &'a [Part]) -> Option<Common<'a>> {
        let sign = sign(anomaly.side);
        let moved = |(_, change): (&str, f64)| change * sign;
        let changes_of_others = changes(anomaly, others);
        let mine = *changes(anomaly, parts).get(value)? * sign;
        let (other, most) = changes_of_others
            .iter()
            .map(|(of, change)| (*of, change * sign))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        let each = [changes(anomaly, parts), changes_of_others].map(|of| {
            let moved = of.into_iter().map(moved);
            moved.fold((0.0, 0.0), |(there, back), change| {
                (there + change.max(0.0), back + (-change).max(0.0))
            })
        });
        let [(all, back), (there, back_of_others)] = each;
        let levels = levels(anomaly, others).into_iter();
        Some(Common {
            value: other,
            mine,
            all,
            sure: mine - (there - most.max(0.0)) - back - back_of_others,
            elsewhere: levels
                .filter(|(of, _)| *of != other)
                .map(|(_, level)| level)
                .sum(),
        })
    }

    /// Whether most of what the given value moved is likely to be in the other.
    pub fn is_most(&self) -> bool {
        self.sure > 0.0 && self.sure >= SURE_SHARE * self.mine
    }

    /// Whether that much of it has to be: the other values cost too little to hold it.
    pub fn is_certain(&self) -> bool {
        self.mine - self.elsewhere >= SURE_SHARE * self.mine
    }
}

/// What is likely to be in an account of the value that moved most in the whole service. What an account moved to either side
/// by itself does not show there: it is certain only as far as the other values cost too little to hold it.
pub(super) fn least(
    anomaly: &Anomaly,
    account: &str,
    accounts: &[Part],
    (dimension, values): (&str, &[Part]),
) -> Option<Cause> {
    let common = Common::of(anomaly, account, accounts, values)?;
    let Common {
        value,
        mine,
        all,
        sure,
        elsewhere,
    } = common;
    let is_sure = mine >= SURE_SHARE * all && common.is_most();
    (is_sure && !value.is_empty()).then(|| Cause {
        dimension: dimension.into(),
        value: value.into(),
        share: sure / mine,
        certain: mine - elsewhere >= sure,
        change: sure * sign(anomaly.side),
    })
}
