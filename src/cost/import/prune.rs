//! Which row groups of a Parquet file can hold what is asked for, by the least and the most of each column that the file
//! tells. What it does not tell is read: leaving a group out needs proof.

use arrow_array::{Array, ArrayRef};
use arrow_schema::Schema;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::file::metadata::ParquetMetaData;

use super::array;
use super::field::{Block, DIMENSIONS};
use super::layout::{Layout, Place};
use super::ledger::Wanted;

/// The row groups to read, in their order.
pub fn groups(metadata: &ParquetMetaData, schema: &Schema, layout: &Layout, wanted: &Wanted) -> Vec<usize> {
    let file = File { metadata, schema };
    let mut keep = vec![true; metadata.num_row_groups()];
    let (from, to) = wanted.days;
    if let Some((least, most)) = file.bounds(layout.day) {
        for (nth, keep) in keep.iter_mut().enumerate() {
            let [least, most] = [&least, &most].map(|all| day(all, nth));
            *keep &= least.is_none_or(|least| least < to) && most.is_none_or(|most| most >= from);
        }
    }
    for (at, dimension) in DIMENSIONS.iter().enumerate() {
        let Some(Place::Column(column)) = layout.text[at] else {
            continue;
        };
        // A service may be known by another column than its own.
        if at == 0 && layout.dialect == super::layout::Dialect::Cur {
            continue;
        }
        let terms: Vec<Vec<Vec<String>>> = wanted
            .filter
            .terms()
            .filter(|(of, negated, _)| *of == dimension && !negated)
            .map(|(_, _, values)| values)
            .collect();
        if terms.is_empty() {
            continue;
        }
        let Some((least, most)) = file.bounds(column) else {
            continue;
        };
        for (nth, keep) in keep.iter_mut().enumerate() {
            if let (Some(least), Some(most)) = (text(&least, nth), text(&most, nth)) {
                *keep &= terms
                    .iter()
                    .all(|any| any.iter().any(|value| may_hold(value, &least, &most)));
            }
        }
    }
    (0..keep.len()).filter(|nth| keep[*nth]).collect()
}

struct File<'a> {
    metadata: &'a ParquetMetaData,
    schema: &'a Schema,
}

impl File<'_> {
    /// Least and most of a column in each row group; null where the file does not say.
    fn bounds(&self, column: usize) -> Option<(ArrayRef, ArrayRef)> {
        let name = self.schema.fields().get(column)?.name();
        let descriptor = self.metadata.file_metadata().schema_descr();
        let converter = StatisticsConverter::try_new(name, self.schema, descriptor).ok()?;
        let groups = self.metadata.row_groups();
        let least = converter.row_group_mins(groups).ok()?;
        Some((least, converter.row_group_maxes(groups).ok()?))
    }
}

/// `None` where there is none, or what there is was cut short.
fn day(all: &ArrayRef, nth: usize) -> Option<i32> {
    let one = (!all.is_null(nth)).then(|| all.slice(nth, 1))?;
    let mut block = Block::default();
    array::days(&one, &mut block).ok()?;
    block.days.first().copied()
}

fn text(all: &ArrayRef, nth: usize) -> Option<String> {
    let one = (!all.is_null(nth)).then(|| all.slice(nth, 1))?;
    let mut found = None;
    let read = array::texts(&one, |_, text| {
        found = Some(text.to_owned());
        Ok(())
    });
    read.ok().and(found).filter(|text: &String| !text.is_empty())
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
