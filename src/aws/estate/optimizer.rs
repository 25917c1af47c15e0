//! Compute Optimizer and the Cost Optimization Hub, which answer only accounts that opted in. What the hub lists overlaps, so
//! its items are never added up: its own total is the only one.

use std::collections::HashSet;

use futures_util::TryStreamExt;

use super::SizeAdvice;
use crate::aws::account::COST_REGION;
use crate::aws::paging::pages;
use crate::aws::{Cloud, Failure, Place};

/// What a service that must be opted in to answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Enrolled<T> {
    Yes(T),
    No,
}

/// What the hub estimates could be saved a month, nothing counted twice.
#[derive(Clone, Debug, PartialEq)]
pub struct HubTotal {
    pub saving: f64,
    pub currency: String,
}

impl Cloud {
    /// Instances of a place that Compute Optimizer would change.
    pub async fn fetch_optimizer_advice(&self, place: &Place) -> Result<Enrolled<Vec<SizeAdvice>>, Failure> {
        let at = self.at(place, "compute-optimizer", "GetEnrollmentStatus").await;
        let client = self.clients(place).await.optimizer;
        let status = self.call(&at, client.get_enrollment_status().send()).await?;
        if status.status.is_none_or(|status| status.as_str() != "Active") {
            return Ok(Enrolled::No);
        }
        let at = self
            .at(place, "compute-optimizer", "GetEC2InstanceRecommendations")
            .await;
        let (cloud, region) = (self.clone(), place.region.clone());
        let found = pages(at.clone(), move |token| {
            let (cloud, at, region) = (cloud.clone(), at.clone(), region.clone());
            let call = client.get_ec2_instance_recommendations().set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let rows = answer.instance_recommendations.unwrap_or_default().into_iter();
                let rows = rows.filter_map(|row| advice_from(row, &region));
                Ok((rows.collect::<Vec<_>>(), answer.next_token))
            }
        });
        Ok(Enrolled::Yes(found.try_concat().await?))
    }

    /// The hub's own total for an account.
    pub async fn fetch_hub_total(&self, profile: &str) -> Result<Enrolled<HubTotal>, Failure> {
        let place = Place {
            profile: profile.to_owned(),
            region: COST_REGION.to_owned(),
        };
        let at = self
            .at(&place, "cost-optimization-hub", "ListEnrollmentStatuses")
            .await;
        let client = self.clients(&place).await.hub;
        let answer = self.call(&at, client.list_enrollment_statuses().send()).await?;
        let active = |status: Option<&str>| status == Some("Active");
        let statuses = answer.items.unwrap_or_default();
        if !statuses
            .iter()
            .any(|item| active(item.status.as_ref().map(|status| status.as_str())))
        {
            return Ok(Enrolled::No);
        }
        let at = self
            .at(&place, "cost-optimization-hub", "ListRecommendationSummaries")
            .await;
        let (mut token, mut seen) = (None, HashSet::new());
        loop {
            let call = client
                .list_recommendation_summaries()
                .group_by("ResourceType")
                .set_next_token(token.take());
            let answer = self.call(&at, call.send()).await?;
            // The total is of everything, on whichever page it comes.
            if let Some(saving) = answer.estimated_total_deduped_savings {
                let currency = answer.currency_code.unwrap_or_default();
                return Ok(Enrolled::Yes(HubTotal { saving, currency }));
            }
            match answer.next_token.filter(|token| !token.is_empty()) {
                Some(next) if seen.insert(next.clone()) => token = Some(next),
                Some(_) => return Err(Failure::looping(&at)),
                None => return Err(Failure::faulty(&at, "no total")),
            }
        }
    }
}

fn advice_from(
    row: aws_sdk_computeoptimizer::types::InstanceRecommendation,
    region: &str,
) -> Option<SizeAdvice> {
    let mut options = row.recommendation_options.unwrap_or_default();
    options.sort_by_key(|option| option.rank);
    let best = options.into_iter().next()?;
    let money = best
        .savings_opportunity_after_discounts?
        .estimated_monthly_savings?;
    let arn = row.instance_arn.unwrap_or_default();
    let metrics = row.utilization_metrics.unwrap_or_default();
    let memory_known = metrics
        .iter()
        .any(|metric| metric.name.as_ref().is_some_and(|name| name.as_str() == "Memory"));
    let dollars = money.currency.is_none_or(|currency| currency.as_str() == "USD");
    (dollars && money.value > 0.0).then(|| SizeAdvice {
        account: row.account_id.unwrap_or_default(),
        region: region.to_owned(),
        id: arn.rsplit('/').next().unwrap_or_default().to_owned(),
        from: row.current_instance_type.unwrap_or_default(),
        to: best.instance_type,
        monthly: None,
        saving: money.value,
        memory_known,
        by: "Compute Optimizer",
    })
}
