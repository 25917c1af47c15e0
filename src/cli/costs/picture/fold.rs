//! Days of a picture that has no column for each: several are one bar, so that all that the headline adds up is drawn.

use super::gather::Day;
use crate::cost::Amount;

/// The fewest days that are one bar where a day is none: weeks are alike.
const WEEK: usize = 7;

/// At most `room` bars, and how many days each is. One that lacks days is not whole, and neither is the last if days are
/// left over for it.
pub fn fold(days: &[Day], room: usize) -> (Vec<Day>, usize) {
    let each = match days.len().div_ceil(room.max(1)) {
        0 | 1 => 1,
        many => many.max(WEEK),
    };
    let bars = days.chunks(each).filter_map(|some| {
        let known: Vec<&Vec<Amount>> = some.iter().filter_map(|day| day.parts.as_ref()).collect();
        let series = known.iter().map(|parts| parts.len()).max().unwrap_or(0);
        let sum = |nth: usize| {
            known
                .iter()
                .filter_map(|parts| parts.get(nth))
                .copied()
                .sum::<Amount>()
        };
        Some(Day {
            day: some.first()?.day,
            parts: (!known.is_empty()).then(|| (0..series).map(sum).collect()),
            unfinished: some.iter().any(|day| day.unfinished) || (each > 1 && known.len() < each),
        })
    });
    (bars.collect(), each)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    fn days(count: i64) -> Vec<Day> {
        let first = jiff::civil::date(2025, 11, 1);
        let day = |nth: i64| Day {
            day: first.saturating_add(nth.days()),
            parts: Some(vec![Amount::whole(nth), Amount::whole(1)]),
            unfinished: false,
        };
        (0..count).map(day).collect()
    }

    fn total(days: &[Day]) -> Amount {
        days.iter()
            .flat_map(|day| day.parts.iter().flatten())
            .copied()
            .sum()
    }

    #[test]
    fn thirteen_months_are_weeks_and_nothing_is_left_out() {
        let all = days(395);
        let (bars, each) = fold(&all, 386);
        assert_eq!((bars.len(), each), (57, 7));
        assert_eq!(total(&bars), total(&all));
        let open: Vec<usize> = (0..57).filter(|nth| bars[*nth].unfinished).collect();
        assert_eq!(open, [56], "three days are left over");
        let (bars, each) = fold(&all, 30);
        assert_eq!((bars.len(), each, total(&bars)), (29, 14, total(&all)));
        assert_eq!(fold(&all, 395).1, 1);
        assert!(fold(&all[..0], 0).0.is_empty());
    }

    #[test]
    fn a_week_that_lacks_a_day_is_not_whole_and_one_without_an_answer_has_none() {
        let mut all = days(14);
        all[3].parts = None;
        all[7..].iter_mut().for_each(|day| day.parts = None);
        let (bars, _) = fold(&all, 2);
        assert!(bars[0].unfinished && bars[0].parts.is_some() && bars[1].parts.is_none());
        let (single, _) = fold(&all, 14);
        assert!(
            single.iter().all(|day| !day.unfinished),
            "a day of which nobody knows is over"
        );
    }
}
