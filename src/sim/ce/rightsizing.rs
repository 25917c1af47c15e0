//! GetRightsizingRecommendation: every large machine of the fleet that runs for nobody in particular could be one
//! size smaller. Amounts are texts, as at AWS.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Desk, invalid};
use crate::sim::fleet::{Power, Size};
use crate::sim::refusal::Refusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    service: Option<String>,
    page_size: Option<usize>,
    next_page_token: Option<String>,
}

const HOURS_OF_MONTH: f64 = 730.0;

pub fn answer(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    match request.service.as_deref() {
        Some("AmazonEC2") => {}
        other => {
            return Err(invalid(format!(
                "Service {} is not supported",
                other.unwrap_or("null")
            )));
        }
    }
    let own = desk.call.caller.account;
    let payer = desk.world.accounts.get(own).is_some_and(|account| account.payer);
    let fleet = desk.world.fleet();
    let mut found = Vec::new();
    for (account, region, place) in fleet.places().filter(|(owner, ..)| payer || *owner == own) {
        for instance in place
            .instances
            .iter()
            .filter(|one| matches!(one.power, Power::Running))
        {
            let Some(smaller) = instance
                .size
                .name()
                .split_once(".2xlarge")
                .and_then(|(family, _)| Size::parse(&format!("{family}.xlarge")))
            else {
                continue;
            };
            let cost = |size: &Size| size.hourly(instance.platform) * HOURS_OF_MONTH;
            let (now, then) = (cost(&instance.size), cost(&smaller));
            let money = |amount: f64| format!("{amount:.10}");
            found.push(json!({
                "AccountId": desk.world.accounts.get(account).map(|account| account.id.as_str()),
                "CurrentInstance": {
                    "ResourceId": instance.id,
                    "InstanceName": instance.tags.get("Name"),
                    "MonthlyCost": money(now),
                    "CurrencyCode": "USD",
                    "ResourceDetails": { "EC2ResourceDetails": {
                        "InstanceType": instance.size.name(), "Region": region, "HourlyOnDemandRate": money(now / HOURS_OF_MONTH),
                    } },
                    "ResourceUtilization": { "EC2ResourceUtilization": { "MaxCpuUtilizationPercentage": "31.0" } },
                    "TotalRunningHoursInLookbackPeriod": "336",
                },
                "RightsizingType": "MODIFY",
                "ModifyRecommendationDetail": { "TargetInstances": [{
                    "EstimatedMonthlyCost": money(then),
                    "EstimatedMonthlySavings": money(now - then),
                    "CurrencyCode": "USD",
                    "DefaultTargetInstance": true,
                    "ResourceDetails": { "EC2ResourceDetails": { "InstanceType": smaller.name(), "Region": region } },
                }] },
                "FindingReasonCodes": ["CPU_OVER_PROVISIONED"],
            }));
        }
    }
    let offset = desk.offset(request.next_page_token.as_deref())?;
    let page_rows = desk.world.faults.ce.page_rows(found.len());
    let size = request.page_size.unwrap_or(20).min(page_rows);
    let page: Vec<&Value> = found.iter().skip(offset).take(size).collect();
    let mut reply = json!({
        "Metadata": { "LookbackPeriodInDays": "FOURTEEN_DAYS" },
        "Summary": { "TotalRecommendationCount": found.len().to_string(), "SavingsCurrencyCode": "USD" },
        "RightsizingRecommendations": page,
        "Configuration": { "RecommendationTarget": "SAME_INSTANCE_FAMILY", "BenefitsConsidered": true },
    });
    if found.len() > offset + size {
        reply["NextPageToken"] = desk.token(offset + size).into();
    }
    Ok(reply)
}
