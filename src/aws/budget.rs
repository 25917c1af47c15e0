//! AWS Budgets, which cost nothing to read: limits, what is spent and what AWS foresees, as decimal text.

use aws_sdk_budgets::types::{BudgetType, Spend, TimeUnit};
use serde::{Deserialize, Serialize};

use super::account::COST_REGION;
use super::{Cloud, Failure, Place};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetRow {
    pub name: String,
    /// `MONTHLY` and so on, as AWS spells it.
    pub every: String,
    pub currency: String,
    pub limit: String,
    pub actual: Option<String>,
    pub forecast: Option<String>,
    /// It counts everything that the account pays for.
    pub whole: bool,
}

impl Cloud {
    /// Every budget of money of an account; those of hours and the like have no currency and are left out.
    pub async fn fetch_budgets(&self, profile: &str, account: &str) -> Result<Vec<BudgetRow>, Failure> {
        let place = Place {
            profile: profile.to_owned(),
            region: COST_REGION.to_owned(),
        };
        let at = self.at(&place, "budgets", "DescribeBudgets").await;
        let client = self.clients(&place).await.budgets;
        let (mut rows, mut token, mut seen) = (Vec::new(), None, Vec::new());
        loop {
            let call = client
                .describe_budgets()
                .account_id(account)
                .set_next_token(token.take());
            let answer = self.call(&at, call.send()).await?;
            #[allow(
                deprecated,
                reason = "budgets made before the newer expression still filter this way"
            )]
            for budget in answer.budgets.unwrap_or_default() {
                let Some(limit) = budget
                    .budget_limit
                    .filter(|_| budget.budget_type == BudgetType::Cost)
                else {
                    continue;
                };
                let spend = budget.calculated_spend;
                let amount = |spend: Option<Spend>| spend.map(|spend| spend.amount);
                rows.push(BudgetRow {
                    name: budget.budget_name,
                    every: TimeUnit::as_str(&budget.time_unit).to_owned(),
                    currency: limit.unit,
                    limit: limit.amount,
                    actual: amount(spend.as_ref().and_then(|spend| spend.actual_spend.clone())),
                    forecast: amount(spend.and_then(|spend| spend.forecasted_spend)),
                    whole: budget.cost_filters.is_none_or(|filters| filters.is_empty())
                        && budget.filter_expression.is_none(),
                });
            }
            let Some(next) = answer.next_token.filter(|token| !token.is_empty()) else {
                return Ok(rows);
            };
            if seen.contains(&next) {
                return Err(Failure::looping(&at));
            }
            seen.push(next.clone());
            token = Some(next);
        }
    }
}
