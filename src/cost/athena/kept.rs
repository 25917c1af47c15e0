//! What Athena answered, on disk: each statement costs money, so that a settled part of a bill is asked for once, and the
//! part that still moves at most every eight hours. Parts begin and end with months where days are told apart, so that a
//! question of tomorrow finds the statements of today.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::aws::Athena;
use crate::cost::breakdown::{Breakdown, Question, Row};
use crate::cost::dataset::Dimension;
use crate::cost::desk::Refresh;
use crate::cost::period::Period;
use crate::cost::shelf::is_fresh;

/// Days after its month in which a bill still moves.
pub const SETTLED_AFTER_DAYS: i64 = 15;

/// The answer to one statement as it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The file's name is its hash alone.
    pub statement: String,
    pub read_at: Timestamp,
    pub scanned_bytes: u64,
    pub rows: Vec<Vec<Option<String>>>,
}

impl Kept {
    /// Whether it answers for a period, or has to be asked for.
    pub fn is_good(&self, period: Period, refresh: Refresh, now: Timestamp) -> bool {
        match refresh {
            Refresh::Never => true,
            Refresh::Auto => self.is_final(period) || is_fresh(self.read_at, now),
            Refresh::Force => self.is_final(period),
        }
    }

    /// Read after the bill of a period stood still.
    pub fn is_final(&self, period: Period) -> bool {
        let settled = settled_on(period.to).to_zoned(TimeZone::UTC);
        settled.is_ok_and(|settled| self.read_at >= settled.timestamp())
    }
}

/// The first day on which the bill of a time until then stands still.
fn settled_on(to: Date) -> Date {
    to.saturating_add(SETTLED_AFTER_DAYS.days())
}

/// The file of a statement of one table and place.
pub fn file(athena: &Athena, statement: &str) -> String {
    let place = &athena.place;
    let of = [&place.profile, &place.region, &athena.database, statement];
    let mut hash = Sha256::new();
    for part in of {
        hash.update(part);
        hash.update([0]);
    }
    format!("{}.json", hex::encode(hash.finalize()))
}

/// A question as those that are asked: about what is settled, and about what still moves.
pub fn parts(question: &Question, today: Date) -> Vec<Question> {
    let Period { from, to } = question.period;
    let by_day = question.by.contains(&Dimension::Day);
    let from = if by_day { from.first_of_month() } else { from };
    // Of days to come there is no charge yet, and the statement stays the same until the end of the month.
    let to = match by_day || to > today {
        true => Period::month_of(question.period.last_day()).to,
        false => to,
    };
    let this = today.first_of_month();
    let open = match settled_on(this) <= today {
        true => this,
        false => this.saturating_sub(1.month()),
    };
    let cuts = [Period::new(from, to.min(open)), Period::new(from.max(open), to)];
    let part = |period| Question {
        period,
        ..question.clone()
    };
    cuts.into_iter().flatten().map(part).collect()
}

/// Puts the answers to parts together: equal keys add up, and days outside of the question are left out.
pub fn join(question: &Question, complete: bool, parts: Vec<Vec<Breakdown>>) -> Vec<Breakdown> {
    let day = question.by.iter().position(|by| *by == Dimension::Day);
    let is_asked = |row: &Row| match day.and_then(|at| row.key.get(at)?.parse().ok()) {
        Some(day) => question.period.contains(day),
        None => true,
    };
    let mut currencies: BTreeMap<String, BTreeMap<Vec<String>, Row>> = BTreeMap::new();
    for breakdown in parts.into_iter().flatten() {
        let rows = currencies.entry(breakdown.currency).or_default();
        for row in breakdown.rows.into_iter().filter(is_asked) {
            match rows.get_mut(&row.key) {
                Some(known) => {
                    known.cost += row.cost;
                    known.quantity = match (known.quantity, row.quantity) {
                        (Some(known), Some(more)) => Some(known + more),
                        (known, more) => known.or(more),
                    };
                }
                None => {
                    rows.insert(row.key.clone(), row);
                }
            }
        }
    }
    let of = |(currency, rows): (String, BTreeMap<Vec<String>, Row>)| {
        Breakdown::of(currency, question, complete, rows.into_values().collect())
    };
    let some = currencies.into_iter().filter(|(_, rows)| !rows.is_empty());
    some.map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Amount, Filter, Lens};

    fn question(by: &[Dimension], from: &str, to: &str) -> Question {
        Question {
            period: Period {
                from: from.parse().unwrap(),
                to: to.parse().unwrap(),
            },
            by: by.to_vec(),
            lens: Lens::Unblended,
            filter: Filter::default(),
        }
    }

    fn cut(by: &[Dimension], from: &str, to: &str, today: &str) -> Vec<String> {
        let parts = parts(&question(by, from, to), today.parse().unwrap());
        let says = |part: Question| format!("{}..{}", part.period.from, part.period.to);
        parts.into_iter().map(says).collect()
    }

    #[test]
    fn statements_of_days_stay_the_same_for_a_month() {
        let by = [Dimension::Day];
        let wanted = ["2026-05-01..2026-11-01", "2026-11-01..2026-12-01"];
        assert_eq!(cut(&by, "2026-05-03", "2026-11-20", "2026-11-21"), wanted);
        assert_eq!(cut(&by, "2026-05-04", "2026-11-21", "2026-11-22"), wanted);
        let unsettled = ["2026-05-01..2026-10-01", "2026-10-01..2026-12-01"];
        assert_eq!(cut(&by, "2026-05-04", "2026-11-21", "2026-11-15"), unsettled);
    }

    #[test]
    fn without_days_nothing_outside_of_the_period_is_asked_but_days_to_come() {
        let by = [Dimension::Service];
        assert_eq!(
            cut(&by, "2026-10-10", "2026-10-20", "2026-11-22"),
            ["2026-10-10..2026-10-20"]
        );
        assert_eq!(
            cut(&by, "2026-11-01", "2026-11-23", "2026-11-22"),
            ["2026-11-01..2026-12-01"]
        );
        assert_eq!(
            cut(&by, "2026-11-01", "2026-11-22", "2026-11-22"),
            ["2026-11-01..2026-11-22"]
        );
    }

    #[test]
    fn an_answer_is_final_only_when_it_was_read_after_the_bill_stood_still() {
        let kept = |read_at: &str| Kept {
            statement: String::new(),
            read_at: read_at.parse().unwrap(),
            scanned_bytes: 0,
            rows: Vec::new(),
        };
        let october = Period::month_of("2026-10-01".parse().unwrap());
        let now: Timestamp = "2026-12-24T00:00:00Z".parse().unwrap();
        let good = |read_at: &str, refresh| kept(read_at).is_good(october, refresh, now);
        assert!(good("2026-11-16T00:00:00Z", Refresh::Force));
        assert!(!good("2026-11-15T23:59:59Z", Refresh::Auto));
        assert!(good("2026-11-15T23:59:59Z", Refresh::Never));
    }

    #[test]
    fn parts_add_up_and_days_before_the_question_are_left_out() {
        let row = |key: &[&str], cost| Row {
            key: key.iter().map(|text| (*text).to_owned()).collect(),
            cost: Amount::whole(cost),
            quantity: None,
        };
        let by = [Dimension::Service];
        let of = |asked: &Question, rows: Vec<Row>| vec![Breakdown::of("USD".into(), asked, true, rows)];
        let asked = question(&by, "2026-05-01", "2026-12-01");
        let two = vec![
            of(&asked, vec![row(&["EC2"], 2), row(&["S3"], 1)]),
            of(&asked, vec![row(&["EC2"], 3)]),
        ];
        let joined = join(&asked, true, two);
        assert_eq!(joined[0].total, Amount::whole(6));
        assert_eq!(joined[0].rows, [row(&["EC2"], 5), row(&["S3"], 1)]);
        let days = question(&[Dimension::Day], "2026-11-02", "2026-12-01");
        let rows = vec![row(&["2026-11-01"], 9), row(&["2026-11-02"], 4)];
        assert_eq!(
            join(&days, true, vec![of(&days, rows)])[0].total,
            Amount::whole(4)
        );
    }
}
