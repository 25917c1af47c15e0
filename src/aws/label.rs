//! The keys of tags and the names of cost categories that a bill knows, a page a call; each page is a paid request.

use jiff::civil::Date;

use super::bill::interval;
use super::{Cloud, Unanswered};

/// Names of a page, and the token of the next one.
pub type Names = (Vec<String>, Option<String>);

impl Cloud {
    /// Keys of the cost allocation tags that charges of these days carry.
    pub async fn fetch_tag_keys(
        &self,
        profile: &str,
        from: Date,
        to: Date,
        page_token: Option<String>,
    ) -> Result<Names, Unanswered> {
        let (place, at) = self.cost_place(profile, "GetTags").await;
        let client = self.clients(&place).await.cost;
        let call = client
            .get_tags()
            .time_period(interval(&at, from, to)?)
            .set_next_page_token(page_token);
        let answer = self.attempts(&at, || call.clone().send()).await?;
        Ok((
            answer.tags,
            answer.next_page_token.filter(|token| !token.is_empty()),
        ))
    }

    /// Names of the cost categories that these days were sorted into.
    pub async fn fetch_category_names(
        &self,
        profile: &str,
        from: Date,
        to: Date,
        page_token: Option<String>,
    ) -> Result<Names, Unanswered> {
        let (place, at) = self.cost_place(profile, "GetCostCategories").await;
        let client = self.clients(&place).await.cost;
        let call = client
            .get_cost_categories()
            .time_period(interval(&at, from, to)?)
            .set_next_page_token(page_token);
        let answer = self.attempts(&at, || call.clone().send()).await?;
        let names = answer.cost_category_names.unwrap_or_default();
        Ok((names, answer.next_page_token.filter(|token| !token.is_empty())))
    }
}
