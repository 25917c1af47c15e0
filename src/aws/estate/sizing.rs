//! Cost Explorer's rightsizing advice, a page a call; each page is a paid request. Its amounts are texts.

use serde::{Deserialize, Serialize};

use aws_sdk_costexplorer::types::{
    CurrentInstance, RecommendationTarget, ResourceDetails, RightsizingRecommendation,
    RightsizingRecommendationConfiguration,
};

use crate::aws::{Cloud, Failure, Unanswered};

/// A machine that AWS would make smaller, or stop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SizeAdvice {
    pub account: String,
    pub region: String,
    pub id: String,
    pub from: String,
    /// `None`: stop it.
    pub to: Option<String>,
    /// What it costs a month, where AWS says so; US dollars.
    pub monthly: Option<f64>,
    /// A month, after discounts; US dollars.
    pub saving: f64,
    pub memory_known: bool,
    /// Who advises it.
    #[serde(skip, default = "cost_explorer")]
    pub by: &'static str,
}

fn cost_explorer() -> &'static str {
    "Cost Explorer"
}

impl Cloud {
    /// One page of advice on instances, discounts considered.
    pub async fn fetch_size_advice(
        &self,
        profile: &str,
        page_token: Option<String>,
    ) -> Result<(Vec<SizeAdvice>, Option<String>), Unanswered> {
        let (place, at) = self.cost_place(profile, "GetRightsizingRecommendation").await;
        let client = self.clients(&place).await.cost;
        let configuration = RightsizingRecommendationConfiguration::builder()
            .recommendation_target(RecommendationTarget::SameInstanceFamily)
            .benefits_considered(true)
            .build()
            .map_err(|_| Failure::faulty(&at, "advice that cannot be asked for"))?;
        let call = client
            .get_rightsizing_recommendation()
            .service("AmazonEC2")
            .configuration(configuration)
            .page_size(100)
            .set_next_page_token(page_token);
        let answer = self.attempts(&at, || call.clone().send()).await?;
        let rows = answer.rightsizing_recommendations.unwrap_or_default().into_iter();
        let next = answer.next_page_token.filter(|token| !token.is_empty());
        Ok((rows.filter_map(advice_from).collect(), next))
    }
}

fn advice_from(row: RightsizingRecommendation) -> Option<SizeAdvice> {
    let current = row.current_instance?;
    let (saving, to) = match (
        row.modify_recommendation_detail,
        row.terminate_recommendation_detail,
    ) {
        (Some(modify), _) => {
            let mut targets = modify.target_instances.unwrap_or_default();
            let default = targets.iter().position(|target| target.default_target_instance);
            let target = (!targets.is_empty()).then(|| targets.swap_remove(default.unwrap_or(0)))?;
            let to = details(target.resource_details.as_ref()).map(|(name, _)| name);
            (target.estimated_monthly_savings, to)
        }
        (None, Some(stop)) => (stop.estimated_monthly_savings, None),
        (None, None) => return None,
    };
    let (from, region) = details(current.resource_details.as_ref())?;
    let saving = number(saving.as_deref())?;
    let dollars = current.currency_code.as_deref().is_none_or(|code| code == "USD");
    (dollars && saving > 0.0).then(|| SizeAdvice {
        account: row.account_id.unwrap_or_default(),
        region,
        from,
        to,
        monthly: number(current.monthly_cost.as_deref()),
        saving,
        memory_known: memory_known(&current),
        by: cost_explorer(),
        id: current.resource_id.unwrap_or_default(),
    })
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Instance type and region. Cost Explorer may name the region as people do; what is no region's code is left out.
fn details(of: Option<&ResourceDetails>) -> Option<(String, String)> {
    let ec2 = of?.ec2_resource_details.as_ref()?;
    Some((ec2.instance_type.clone()?, ec2.region.clone().unwrap_or_default()))
}

fn memory_known(current: &CurrentInstance) -> bool {
    let use_of = current
        .resource_utilization
        .as_ref()
        .and_then(|used| used.ec2_resource_utilization.as_ref());
    use_of
        .and_then(|used| number(used.max_memory_utilization_percentage.as_deref()))
        .is_some_and(|percent| percent > 0.0)
}
