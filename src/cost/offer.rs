//! What a bill can be split by: the dimensions of a source, and the tags and cost categories that are known of it. Cost
//! Explorer tells its own for money; what lists on the shelf are split by is known for nothing.

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::dataset::Dimension;
use super::desk::{Desk, disk, priced, today};
use super::period::Period;
use super::price::Price;
use super::shelf::is_fresh;
use super::trouble::Trouble;
use crate::aws::Unanswered;

/// A dimension that can be chosen, and what the answer by it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub dimension: Dimension,
    pub says: String,
}

/// Dimensions by which a panel groups costs of Cost Explorer.
pub const OF_COST_EXPLORER: [Dimension; 15] = [
    Dimension::Service,
    Dimension::Account,
    Dimension::Region,
    Dimension::UsageType,
    Dimension::Category,
    Dimension::Pricing,
    Dimension::Resource,
    Dimension::Operation,
    Dimension::InstanceType,
    Dimension::Zone,
    Dimension::Platform,
    Dimension::Tenancy,
    Dimension::Invoicer,
    Dimension::Seller,
    Dimension::Day,
];
/// Beside those, what only exports know.
pub const OF_EXPORTS: [Dimension; 2] = [Dimension::Commitment, Dimension::Class];

/// Asked for together: tags, then cost categories.
const REQUESTS: u32 = 2;
const NAME: &str = "labels.json";

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    fetched_at: Timestamp,
    tags: Vec<String>,
    categories: Vec<String>,
}

impl Desk {
    /// Tags and cost categories that are known without a request.
    pub fn labels_kept(&self) -> Vec<Dimension> {
        let Kept { tags, categories, .. } = self.shelf.load::<Kept>(NAME).unwrap_or_default();
        let mut known: Vec<Dimension> = tags.into_iter().map(Dimension::Tag).collect();
        known.extend(categories.into_iter().map(Dimension::CostCategory));
        known.extend(self.shelf.folders().iter().flat_map(|folder| labels_of(folder)));
        known.sort();
        known.dedup();
        known
    }

    /// What asking for all of them costs; `None` where that was done less than eight hours ago.
    pub fn price_of_labels(&self, now: Timestamp) -> Option<Price> {
        let kept = self.shelf.load::<Kept>(NAME);
        let is_known = kept.is_some_and(|kept| is_fresh(kept.fetched_at, now));
        (!is_known).then(|| Price::new(format!("{} or more", priced(REQUESTS)), REQUESTS))
    }

    /// Asks for every tag and cost category of this month and the last one, page by page.
    pub async fn fetch_labels(&self, now: Timestamp) -> Result<(), Trouble> {
        self.afford("every tag and cost category", REQUESTS, now)?;
        let today = today(now);
        let period = Period {
            from: today.first_of_month().saturating_sub(1.month()),
            to: today.saturating_add(1.day()),
        };
        let (cloud, profile, Period { from, to }) = (&self.cloud, self.profile.as_str(), period);
        let tags = self.names(now, "GetTags", |token| {
            cloud.fetch_tag_keys(profile, from, to, token)
        });
        let tags = tags.await?;
        let categories = self.names(now, "GetCostCategories", |token| {
            cloud.fetch_category_names(profile, from, to, token)
        });
        let categories = categories.await?;
        let kept = Kept {
            fetched_at: now,
            tags,
            categories,
        };
        self.shelf.save(NAME, &kept).map_err(disk)
    }

    async fn names<F>(
        &self,
        now: Timestamp,
        operation: &'static str,
        ask: impl Fn(Option<String>) -> F,
    ) -> Result<Vec<String>, Trouble>
    where
        F: Future<Output = Result<(Vec<String>, Option<String>), Unanswered>>,
    {
        let (mut names, mut token, mut seen) = (Vec::new(), None, Vec::new());
        loop {
            let (more, next) = self.paid(now, ask(token.clone())).await?;
            names.extend(more.into_iter().filter(|name| !name.is_empty()));
            match next {
                None => return Ok(names),
                Some(next) if seen.contains(&next) => {
                    let looping = self.cloud.cost_pages_loop(&self.profile, operation);
                    return Err(Trouble::Failure(looping.await));
                }
                Some(next) => {
                    seen.push(next.clone());
                    token = Some(next);
                }
            }
        }
    }
}

/// The tags and cost categories that a folder's lists are split by; its name is that of a pair, and of its limits.
fn labels_of(folder: &str) -> Vec<Dimension> {
    let pair = folder.split('@').next().unwrap_or_default();
    let label = |name: &str| {
        let (kind, key) = name.split_once('-')?;
        let key = String::from_utf8(hex::decode(key).ok()?).ok()?;
        match kind {
            "tag" => Some(Dimension::Tag(key)),
            "costcat" => Some(Dimension::CostCategory(key)),
            _ => None,
        }
    };
    pair.split('+').filter_map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::super::dataset::Dataset;
    use super::super::slice::Slice;
    use super::*;

    #[test]
    fn what_lists_are_split_by_is_read_from_their_folders() {
        let tag = Dimension::Tag("a/b+c@d".into());
        let category = Dimension::CostCategory("Product".into());
        let mut slice = Slice::from(Dataset::for_dimensions([&tag, &category]).unwrap());
        slice.inside.push((Dimension::Tag("team".into()), "pay".into()));
        assert_eq!(labels_of(&slice.folder()), [tag, category]);
        assert_eq!(labels_of("service+account"), []);
        assert_eq!(labels_of("service+tag-zz"), []);
    }
}
