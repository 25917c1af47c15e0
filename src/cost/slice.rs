//! What one list of pages is about: a pair of dimensions, and the values of others that it is limited to. Each slice has
//! a folder of its own on the shelf.

use super::dataset::{Dataset, Dimension};
use crate::aws::Restriction;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    pub dataset: Dataset,
    /// One value of each of these; `""` where the charge has none.
    pub inside: Vec<(Dimension, String)>,
}

impl From<Dataset> for Slice {
    fn from(dataset: Dataset) -> Slice {
        Slice {
            dataset,
            inside: Vec::new(),
        }
    }
}

impl Slice {
    pub fn restrictions(&self) -> Vec<Restriction> {
        let one = |(dimension, value): &(Dimension, String)| {
            let group = dimension.group()?;
            // The word of Cost Explorer for charges outside any region.
            let value = match dimension {
                Dimension::Region if value.is_empty() => "NoRegion".to_owned(),
                _ => value.clone(),
            };
            Some(Restriction { group, value })
        };
        self.inside.iter().filter_map(one).collect()
    }

    /// Values may hold anything, so they are written in hexadecimal.
    pub fn folder(&self) -> String {
        let name = |dimension: &Dimension| match dimension {
            Dimension::Tag(key) => format!("tag-{}", hex::encode(key)),
            dimension => dimension.to_string(),
        };
        let inside = self.inside.iter().map(|(dimension, value)| {
            let value = if value.is_empty() {
                "none".to_owned()
            } else {
                format!("x{}", hex::encode(value))
            };
            format!("@{}={value}", name(dimension))
        });
        self.dataset.folder() + &inside.collect::<String>()
    }
}
