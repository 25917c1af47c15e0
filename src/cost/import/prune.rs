//! Which row groups of a Parquet file can hold what is asked for, by the least and the most of each column that the file
//! tells. What it does not tell is read: leaving a group out needs proof.

use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;

use super::csv::present;
use super::field::DIMENSIONS;
use super::layout::{Dialect, Layout, Place};
use super::ledger::Wanted;
use super::meaning::Type;
use super::moment::parse_day;
use super::source::Root;
use crate::cost::cube::day;

/// The row groups to read, in their order.
pub fn groups(metadata: &ParquetMetaData, roots: &[Root], layout: &Layout, wanted: &Wanted) -> Vec<usize> {
    let groups = metadata.row_groups().iter().enumerate();
    let keep = groups.filter(|(_, group)| {
        let file = Group { group, roots };
        may_have_days(&file, layout, wanted) && may_have_texts(&file, layout, wanted)
    });
    keep.map(|(nth, _)| nth).collect()
}

fn may_have_days(group: &Group, layout: &Layout, wanted: &Wanted) -> bool {
    let (from, to) = wanted.days;
    let [least, most] = group.days(layout.day).unwrap_or_default();
    least.is_none_or(|least| least < to) && most.is_none_or(|most| most >= from)
}

fn may_have_texts(group: &Group, layout: &Layout, wanted: &Wanted) -> bool {
    DIMENSIONS.iter().enumerate().all(|(at, dimension)| {
        let Some(Place::Column(column)) = layout.text[at] else {
            return true;
        };
        // A service may be known by another column than its own.
        if at == 0 && layout.dialect == Dialect::Cur {
            return true;
        }
        let [Some(least), Some(most)] = group.texts(column).unwrap_or_default() else {
            return true;
        };
        let mut terms = wanted
            .filter
            .terms()
            .filter(|(of, negated, _)| *of == dimension && !negated);
        terms.all(|(_, _, any)| any.iter().any(|value| may_hold(value, least, most)))
    })
}

/// Least and most of columns in a row group; nothing where the file does not say.
struct Group<'a> {
    group: &'a RowGroupMetaData,
    roots: &'a [Root],
}

impl<'a> Group<'a> {
    fn bounds(&self, column: usize) -> Option<(Type, &'a Statistics)> {
        let Root::Leaf(leaf) = self.roots.get(column)? else {
            return None;
        };
        let chunk = self.group.columns().get(*leaf)?;
        Some((Type::of(chunk.column_descr()), chunk.statistics()?))
    }

    fn days(&self, column: usize) -> Option<[Option<i32>; 2]> {
        Some(match self.bounds(column)? {
            (Type::Date, Statistics::Int32(of)) => [of.min_opt(), of.max_opt()].map(|day| day.copied()),
            (Type::Time(ticks), Statistics::Int64(of)) => [of.min_opt(), of.max_opt()]
                .map(|time| time.and_then(|time| i32::try_from(time.div_euclid(ticks)).ok())),
            // What there is may have been cut short.
            (Type::Text, _) => self
                .texts(column)?
                .map(|text| text.and_then(parse_day).map(day::number)),
            _ => return None,
        })
    }

    fn texts(&self, column: usize) -> Option<[Option<&'a str>; 2]> {
        let (Type::Text, of) = self.bounds(column)? else {
            return None;
        };
        // Older writers compared bytes with their signs.
        let bounds = (!of.is_min_max_deprecated()).then(|| [of.min_bytes_opt(), of.max_bytes_opt()])?;
        let text = |bytes| std::str::from_utf8(bytes).ok().map(present);
        Some(bounds.map(|bytes| bytes.and_then(text).filter(|text| !text.is_empty())))
    }
}

/// Whether a value between these bounds may match a wanted one, given as its texts between `*`; values are compared without
/// regard to case, and upper case sorts before lower.
fn may_hold(parts: &[String], least: &str, most: &str) -> bool {
    let Some(start) = parts
        .first()
        .filter(|start| !start.is_empty() && start.is_ascii())
    else {
        // Absent values have no bounds, and what begins with anything is anywhere.
        return true;
    };
    let upper = start.to_ascii_uppercase();
    let mut lower = start.to_ascii_lowercase();
    // Two letters have a third form, beyond all of ASCII: from there on anything may follow.
    let open = lower.find(['k', 's']).inspect(|at| lower.truncate(*at)).is_some() || parts.len() > 1;
    let below = if open {
        least.as_bytes().iter().take(lower.len()).le(lower.as_bytes())
    } else {
        least <= lower.as_str()
    };
    below && most >= upper.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::dataset::Dimension;
    use crate::cost::filter::Filter;
    use proptest::prelude::*;

    #[test]
    fn values_outside_the_bounds_cannot_be_there() {
        let may = |wanted: &str, least: &str, most: &str| {
            let parts: Vec<String> = wanted.split('*').map(str::to_owned).collect();
            may_hold(&parts, least, most)
        };
        assert!(!may("eu-west-1", "us-east-1", "us-west-2"));
        assert!(!may("111", "222", "333") && !may("444", "222", "333"));
        assert!(
            may("amazon ec2", "AWS Lambda", "Amazon RDS"),
            "case does not count"
        );
        assert!(may("*east*", "eu-west-1", "eu-west-2") && may("", "a", "b"));
        assert!(!may("ap-*", "eu-west-1", "us-west-2"));
    }

    proptest! {
        #[test]
        fn nothing_that_matches_is_left_out(
            rows in prop::collection::vec("[aAbBkKsS\u{212a}\u{17f}1 -]{1,6}", 1..8),
            wanted in "[abks1 -]{1,3}\\*?",
        ) {
            let wanted = format!("\"{wanted}\"");
            let filter = Filter::parse(&format!("region:{wanted}")).unwrap();
            let (least, most) = (rows.iter().min().unwrap(), rows.iter().max().unwrap());
            let matches = rows.iter().any(|row| filter.wants(&Dimension::Region, row));
            let kept = filter.terms().all(|(_, _, any)| any.iter().any(|parts| may_hold(parts, least, most)));
            prop_assert!(kept || !matches, "{:?} {}", rows, wanted);
        }
    }
}
