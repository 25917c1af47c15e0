//! Cost Explorer's JSON 1.1 interface over the ledger: UTC days, an exclusive end, at most two groupings,
//! pages whose tokens belong to their parameters.

mod advice;
mod anomaly;
mod commitment;
mod dimension;
mod expression;
mod forecast;
mod period;
mod rightsizing;
mod trouble;
mod usage;
mod value;

pub use dimension::{CATEGORY, category};
pub use trouble::{Tally, Trouble};

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::billing::{Ledger, Line};
use super::call::Call;
use super::page::BadToken;
use super::refusal::Refusal;
use super::world::World;
use expression::Expression;

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let nth = world.tally.call();
    let trouble = &world.faults.ce;
    if let Some(refusal) = trouble.refusal(nth, &call.operation) {
        return Err(refusal);
    }
    let own = call.caller.account;
    if trouble.members_denied && !world.accounts.get(own).is_some_and(|account| account.payer) {
        let message = format!(
            "User: {} is not authorized to perform: ce:{} on resource: * because linked accounts have no access to \
             billing data",
            call.caller.arn, call.operation
        );
        return Err(Refusal::new("AccessDeniedException", message));
    }
    let desk = Desk {
        world,
        call,
        ledger: world.ledger(call.now),
    };
    let mut reply = match call.operation.as_str() {
        "GetCostAndUsage" => usage::answer(&desk, parse(call)?),
        "GetCostAndUsageWithResources" => usage::answer_resources(&desk, parse(call)?),
        "GetCostForecast" => forecast::answer(&desk, parse(call)?),
        "GetDimensionValues" => value::dimension(&desk, parse(call)?),
        "GetTags" => value::tag(&desk, parse(call)?),
        "GetCostCategories" => value::category(&desk, parse(call)?),
        "GetAnomalies" => anomaly::list(&desk, parse(call)?),
        "GetAnomalyMonitors" => anomaly::monitors(&desk),
        "GetSavingsPlansPurchaseRecommendation" => advice::answer(&desk, parse(call)?),
        "GetSavingsPlansCoverage" => commitment::plan_coverage(&desk, parse(call)?),
        "GetSavingsPlansUtilization" => commitment::plan_utilization(&desk, parse(call)?),
        "GetReservationCoverage" => commitment::reservation_coverage(&desk, parse(call)?),
        "GetReservationUtilization" => commitment::reservation_utilization(&desk, parse(call)?),
        "GetRightsizingRecommendation" => rightsizing::answer(&desk, parse(call)?),
        other => {
            let message = format!("The simulator has no operation {other}");
            return Err(Refusal::new("UnknownOperationException", message));
        }
    }?;
    if trouble.repeats(nth) && reply.get("NextPageToken").is_some() {
        let request: Value = parse(call)?;
        reply["NextPageToken"] = request["NextPageToken"].clone();
    }
    world.tally.answer();
    Ok(reply.to_string())
}

fn parse<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Refusal> {
    serde_json::from_slice(call.body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationException", message)
}

/// What every operation works on.
struct Desk<'a> {
    world: &'a World,
    call: &'a Call<'a>,
    ledger: Arc<Ledger>,
}

impl Desk<'_> {
    /// Whether the caller may see a line's account.
    fn sees(&self, line: &Line) -> bool {
        let own = self.call.caller.account;
        line.account == own || self.world.accounts.get(own).is_some_and(|account| account.payer)
    }

    /// Which lines the caller sees and the filter admits, by index.
    fn admitted(&self, filter: Option<&Expression>) -> Result<Vec<bool>, Refusal> {
        if let Some(filter) = filter {
            filter.check()?;
        }
        let admits = |line: &Line| filter.is_none_or(|filter| filter.admits(&self.world.accounts, line));
        Ok(self
            .ledger
            .lines
            .iter()
            .map(|line| self.sees(line) && admits(line))
            .collect())
    }

    /// The request with its page token left out: what a token is bound to.
    fn fingerprint(&self) -> String {
        let mut request: Value = serde_json::from_slice(self.call.body).unwrap_or_default();
        if let Some(members) = request.as_object_mut() {
            members.remove("NextPageToken");
        }
        format!("{}{}{request}", self.call.caller.account, self.call.operation)
    }

    fn offset(&self, token: Option<&str>) -> Result<usize, Refusal> {
        self.world.pager.offset(&self.fingerprint(), token).map_err(|bad| match bad {
            BadToken::Unknown => Refusal::new("InvalidNextTokenException", "The pagination token is invalid."),
            BadToken::OtherRequest => Refusal::new(
                "RequestChangedException",
                "Your request parameters changed between pages. Try again with the old parameters or without a \
                 pagination token.",
            ),
        })
    }

    /// The currency that a line is billed in.
    fn currency(&self, line: &Line) -> &str {
        let account = self.world.accounts.get(line.account);
        account
            .and_then(|account| self.world.faults.ce.currencies.get(&account.id))
            .map_or("USD", String::as_str)
    }

    fn token(&self, offset: usize) -> String {
        self.world.pager.token(&self.fingerprint(), offset)
    }
}
