//! A filter ignores case, and Cost Explorer does not: what it is limited to is written as the bill writes it, found in the
//! lists that are kept. What those do not have is refused before it is paid for.

use jiff::Timestamp;

use super::anomaly::USAGE;
use super::cube::Cube;
use super::dataset::{BadDimension, Dataset, Dimension};
use super::desk::{Desk, today};
use super::period::{Period, months};
use super::query::Query;
use super::slice::Slice;

/// Beside what a service is most often kept.
const BESIDE: [Dimension; 4] = [
    Dimension::Account,
    Dimension::UsageType,
    Dimension::Category,
    Dimension::Region,
];

/// What the kept lists say about one value.
#[derive(Debug, PartialEq)]
enum Spelling {
    Known(String),
    /// Every month of the period was listed lately, and none has it.
    Nowhere,
    /// More than one value differs by case alone.
    Several(Vec<String>),
    Unknown,
}

impl Desk {
    /// The same with each limit spelled as the bill does, and whether that is known of all of them.
    ///
    /// # Errors
    /// A value that is not in the bill of these days, or is there more than once.
    pub fn spelled(
        &self,
        mut slice: Slice,
        period: Period,
        now: Timestamp,
    ) -> Result<(Slice, bool), BadDimension> {
        let mut sure = true;
        for (dimension, value) in &mut slice.inside {
            if value.is_empty() {
                continue;
            }
            match self.spelling(dimension, value, period, now) {
                Spelling::Known(known) => *value = known,
                Spelling::Unknown => sure = false,
                // Ours, and spelled as Cost Explorer does: a bill without commitments has none of some.
                Spelling::Nowhere if *dimension == Dimension::Category && USAGE.contains(&value.as_str()) => {
                }
                Spelling::Nowhere => {
                    return Err(BadDimension {
                        says: format!("the bill of {period} has no {dimension} {value:?}"),
                        hint: format!("`qd costs breakdown --by {dimension}` lists what there is"),
                    });
                }
                Spelling::Several(known) => {
                    return Err(BadDimension {
                        says: format!(
                            "{value:?} may be {}, and Cost Explorer is limited to one",
                            known.join(" or ")
                        ),
                        hint: "write one of them as it stands, or import an export".into(),
                    });
                }
            }
        }
        Ok((slice, sure))
    }

    /// What answers a query split by these dimensions. Where the pair leaves no group for what is filtered, the list is
    /// limited by it instead, if one of `shown` or another list that is kept knows its values.
    ///
    /// # Errors
    /// Cost Explorer does not know a dimension, or more than two are left.
    pub fn slice_of(
        &self,
        query: &Query,
        by: &[Dimension],
        shown: &[Slice],
        period: Period,
        now: Timestamp,
    ) -> Result<Slice, BadDimension> {
        query.slice_among(by, |dimension| self.values_kept(dimension, shown, period, now))
    }

    /// Every value of a dimension in the period, by one of these lists if it is kept for all of it.
    fn values_kept(
        &self,
        dimension: &Dimension,
        slices: &[Slice],
        period: Period,
        now: Timestamp,
    ) -> Option<Vec<String>> {
        let beside = BESIDE
            .iter()
            .filter_map(|beside| Dataset::for_dimensions([dimension, beside]).ok());
        let pairs: Vec<Slice> = beside.map(Slice::from).collect();
        let lists = slices.iter().chain(&pairs);
        lists
            .filter(|slice| [&slice.dataset.first, &slice.dataset.second].contains(&dimension))
            .find_map(|slice| self.listed(dimension, slice, period, now))
    }

    fn listed(
        &self,
        dimension: &Dimension,
        slice: &Slice,
        period: Period,
        now: Timestamp,
    ) -> Option<Vec<String>> {
        let mut cube = Cube::new(slice.dataset.clone());
        for month in slice.parts(period, today(now)) {
            cube.extend(&self.shelf.month(slice, month)?.rows).ok()?;
        }
        let values = cube.values(dimension);
        Some(values.into_iter().map(str::to_owned).collect())
    }

    fn spelling(&self, dimension: &Dimension, value: &str, period: Period, now: Timestamp) -> Spelling {
        let today = today(now);
        let listed: Vec<Period> = months(period)
            .into_iter()
            .filter(|month| month.from <= today)
            .collect();
        let pairs =
            std::iter::once(vec![dimension]).chain(BESIDE.iter().map(|beside| vec![dimension, beside]));
        let (mut found, mut nowhere) = (Vec::<String>::new(), false);
        for pair in pairs {
            let Ok(dataset) = Dataset::for_dimensions(pair) else {
                continue;
            };
            let slice = Slice::from(dataset.clone());
            let mut whole = !listed.is_empty();
            for month in &listed {
                let Some(kept) = self.shelf.month(&slice, *month) else {
                    whole = false;
                    continue;
                };
                whole &= kept.is_fresh(*month, now);
                let mut cube = Cube::new(dataset.clone());
                whole &= cube.extend(&kept.rows).is_ok();
                let values = cube.values(dimension);
                if values.contains(value) {
                    return Spelling::Known(value.to_owned());
                }
                let same = |of: &&str| of.to_lowercase() == value.to_lowercase();
                found.extend(values.into_iter().filter(same).map(str::to_owned));
            }
            nowhere |= whole;
            if whole && !found.is_empty() {
                break;
            }
        }
        found.sort();
        found.dedup();
        match found.len() {
            0 if nowhere => Spelling::Nowhere,
            0 => Spelling::Unknown,
            1 => found.pop().map_or(Spelling::Unknown, Spelling::Known),
            _ => Spelling::Several(found),
        }
    }
}
