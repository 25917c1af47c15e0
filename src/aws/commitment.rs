//! Savings Plans and reservations: what was committed, what of it was used, and how much of the use it covered. Each
//! call is a paid request; amounts stay decimal text.

use aws_sdk_costexplorer::types::{Dimension, DimensionValues, Expression, Granularity};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::bill::interval;
use super::failure::At;
use super::{Cloud, Failure, Unanswered};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanUse {
    pub commitment: String,
    pub used: String,
    pub unused: String,
    pub net_savings: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanCoverage {
    /// What the plans paid for, and what was paid on demand although they could have.
    pub covered: String,
    pub on_demand: String,
}

/// Hours, and the money that they saved or would have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationUse {
    pub purchased_hours: String,
    pub used_hours: String,
    pub unused_hours: String,
    pub net_savings: String,
    pub missed_savings: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationCoverage {
    pub reserved_hours: String,
    pub on_demand_hours: String,
}

impl Cloud {
    pub async fn fetch_plan_use(&self, profile: &str, from: Date, to: Date) -> Result<PlanUse, Unanswered> {
        let (place, at) = self.cost_place(profile, "GetSavingsPlansUtilization").await;
        let client = self.clients(&place).await.cost;
        let call = client
            .get_savings_plans_utilization()
            .time_period(interval(&at, from, to)?)
            .granularity(Granularity::Monthly);
        let answer = self.attempts(&at, || call.clone().send()).await?;
        let total = answer.total.ok_or_else(|| absent(&at, "total"))?;
        let used = total.utilization.ok_or_else(|| absent(&at, "utilization"))?;
        let savings = total.savings.and_then(|savings| savings.net_savings);
        Ok(PlanUse {
            commitment: there(&at, used.total_commitment, "commitment")?,
            used: there(&at, used.used_commitment, "used commitment")?,
            unused: there(&at, used.unused_commitment, "unused commitment")?,
            net_savings: there(&at, savings, "savings")?,
        })
    }

    /// The coverage of each month of a period.
    pub async fn fetch_plan_coverage(
        &self,
        profile: &str,
        from: Date,
        to: Date,
    ) -> Result<Vec<PlanCoverage>, Unanswered> {
        let (place, at) = self.cost_place(profile, "GetSavingsPlansCoverage").await;
        let client = self.clients(&place).await.cost;
        let call = client
            .get_savings_plans_coverage()
            .time_period(interval(&at, from, to)?)
            .granularity(Granularity::Monthly);
        let answer = self.attempts(&at, || call.clone().send()).await?;
        if answer.next_token.is_some_and(|token| !token.is_empty()) {
            return Err(Failure::faulty(&at, "more than one page without a grouping").into());
        }
        let coverages = answer.savings_plans_coverages.into_iter();
        let one = |coverage: aws_sdk_costexplorer::types::SavingsPlansCoverage| {
            let data = coverage.coverage.ok_or_else(|| absent(&at, "coverage"))?;
            Ok(PlanCoverage {
                covered: there(&at, data.spend_covered_by_savings_plans, "covered spend")?,
                on_demand: there(&at, data.on_demand_cost, "on-demand cost")?,
            })
        };
        coverages.map(one).collect()
    }

    pub async fn fetch_reservation_use(
        &self,
        profile: &str,
        service: &str,
        from: Date,
        to: Date,
    ) -> Result<ReservationUse, Unanswered> {
        let (place, at) = self.cost_place(profile, "GetReservationUtilization").await;
        let client = self.clients(&place).await.cost;
        let call = client
            .get_reservation_utilization()
            .time_period(interval(&at, from, to)?)
            .granularity(Granularity::Monthly)
            .filter(of_service(service));
        let answer = self.attempts(&at, || call.clone().send()).await?;
        let total = answer.total.ok_or_else(|| absent(&at, "total"))?;
        Ok(ReservationUse {
            purchased_hours: there(&at, total.purchased_hours, "purchased hours")?,
            used_hours: there(&at, total.total_actual_hours, "used hours")?,
            unused_hours: there(&at, total.unused_hours, "unused hours")?,
            net_savings: there(&at, total.net_ri_savings, "savings")?,
            missed_savings: there(&at, total.unrealized_savings, "missed savings")?,
        })
    }

    pub async fn fetch_reservation_coverage(
        &self,
        profile: &str,
        service: &str,
        from: Date,
        to: Date,
    ) -> Result<ReservationCoverage, Unanswered> {
        let (place, at) = self.cost_place(profile, "GetReservationCoverage").await;
        let client = self.clients(&place).await.cost;
        let call = client
            .get_reservation_coverage()
            .time_period(interval(&at, from, to)?)
            .granularity(Granularity::Monthly)
            .filter(of_service(service));
        let answer = self.attempts(&at, || call.clone().send()).await?;
        let hours = answer.total.and_then(|total| total.coverage_hours);
        let hours = hours.ok_or_else(|| absent(&at, "total"))?;
        Ok(ReservationCoverage {
            reserved_hours: there(&at, hours.reserved_hours, "reserved hours")?,
            on_demand_hours: there(&at, hours.on_demand_hours, "on-demand hours")?,
        })
    }
}

fn absent(at: &At, what: &str) -> Failure {
    Failure::faulty(at, &format!("no {what}"))
}

fn there(at: &At, text: Option<String>, what: &str) -> Result<String, Failure> {
    text.ok_or_else(|| absent(at, what))
}

fn of_service(service: &str) -> Expression {
    let values = DimensionValues::builder().key(Dimension::Service).values(service);
    Expression::builder().dimensions(values.build()).build()
}
