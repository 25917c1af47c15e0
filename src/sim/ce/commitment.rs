//! Savings Plans and reservations: how much of the use they cover and how much of them is used, from the same ledger as
//! the bill. Who has none gets `DataUnavailableException`, as at AWS.

use serde::Deserialize;
use serde_json::{Value, json};

use super::period::{Asked, Granularity, Period};
use super::{Desk, invalid};
use crate::sim::billing::{Amount, Cell, Line, Record, reservation};
use crate::sim::refusal::Refusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    time_period: Option<Asked>,
    granularity: Option<String>,
    #[serde(default)]
    group_by: Vec<Value>,
    filter: Option<Value>,
}

impl Request {
    /// The buckets of a period that ends before today, at most thirteen months long.
    fn buckets(self, desk: &Desk<'_>) -> Result<(Period, Vec<Period>), Refusal> {
        let today = desk.ledger.today;
        if !self.group_by.is_empty() && self.granularity.is_some() {
            return Err(invalid("GroupBy and Granularity cannot be used together"));
        }
        let granularity = Granularity::parse(Some(self.granularity.as_deref().unwrap_or("MONTHLY")))?;
        let period = Period::parse(self.time_period)?.check_past(&desk.ledger, granularity)?;
        if period.end > today {
            return Err(invalid(format!(
                "End date {} must not be after today",
                period.end
            )));
        }
        Ok((period, period.buckets(granularity)))
    }
}

/// Sums over the lines that the caller sees.
fn sum(desk: &Desk<'_>, period: Period, of: impl Fn(&Line, &Cell) -> Amount) -> Amount {
    let ledger = &desk.ledger;
    let cells = ledger.cells_between(period.start, period.end).iter();
    cells
        .map(|cell| (&ledger.lines[cell.line as usize], cell))
        .filter(|(line, _)| desk.sees(line))
        .map(|(line, cell)| of(line, cell))
        .sum()
}

pub fn is_compute(line: &Line) -> bool {
    line.platform.is_some()
}

fn percent(part: Amount, whole: Amount) -> String {
    let percent = if whole == Amount::ZERO {
        0.0
    } else {
        100.0 * part.to_f64() / whole.to_f64()
    };
    Amount::from_dollars(percent).to_string()
}

fn none(what: &str) -> Refusal {
    Refusal::new(
        "DataUnavailableException",
        format!("No data for the given period: there are no {what}"),
    )
}

/// What a Savings Plan did in a period.
struct Plan {
    commitment: Amount,
    used: Amount,
    covered_on_demand: Amount,
    on_demand: Amount,
}

impl Plan {
    fn of(desk: &Desk<'_>, period: Period) -> Plan {
        let only = |record: Record, of: fn(&Cell) -> Amount| {
            sum(desk, period, |line, cell| {
                if line.record == record && (record == Record::PlanFee || is_compute(line)) {
                    of(cell)
                } else {
                    Amount::ZERO
                }
            })
        };
        Plan {
            commitment: only(Record::PlanFee, |cell| cell.unblended),
            used: only(Record::Covered, |cell| cell.amortized),
            covered_on_demand: only(Record::Covered, |cell| cell.unblended),
            on_demand: only(Record::Usage, |cell| cell.unblended),
        }
    }

    /// Covered is what the use would have cost on demand, so that it adds up with what did.
    fn coverage(&self) -> Value {
        let whole = self.covered_on_demand + self.on_demand;
        json!({
            "SpendCoveredBySavingsPlans": self.covered_on_demand.to_string(),
            "OnDemandCost": self.on_demand.to_string(),
            "TotalCost": whole.to_string(),
            "CoveragePercentage": percent(self.covered_on_demand, whole),
        })
    }

    fn utilization(&self) -> Value {
        json!({
            "Utilization": {
                "TotalCommitment": self.commitment.to_string(),
                "UsedCommitment": self.used.to_string(),
                "UnusedCommitment": (self.commitment - self.used).to_string(),
                "UtilizationPercentage": percent(self.used, self.commitment),
            },
            "Savings": {
                "NetSavings": (self.covered_on_demand - self.commitment).to_string(),
                "OnDemandCostEquivalent": self.covered_on_demand.to_string(),
            },
        })
    }
}

pub fn plan_coverage(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    let (_, buckets) = request.buckets(desk)?;
    let coverages: Vec<Value> = buckets
        .iter()
        .map(|bucket| (bucket, Plan::of(desk, *bucket)))
        .filter(|(_, plan)| plan.commitment > Amount::ZERO)
        .map(|(bucket, plan)| {
            json!({ "TimePeriod": bucket.to_json(), "Attributes": {}, "Coverage": plan.coverage() })
        })
        .collect();
    if coverages.is_empty() {
        return Err(none("Savings Plans"));
    }
    Ok(json!({ "SavingsPlansCoverages": coverages }))
}

pub fn plan_utilization(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    if !request.group_by.is_empty() {
        return Err(invalid("GroupBy is not supported for this operation"));
    }
    let (period, buckets) = request.buckets(desk)?;
    let whole = Plan::of(desk, period);
    if whole.commitment == Amount::ZERO {
        return Err(none("Savings Plans"));
    }
    let with_period = |bucket: &Period| {
        let mut value = Plan::of(desk, *bucket).utilization();
        value["TimePeriod"] = bucket.to_json();
        value
    };
    let by_time: Vec<Value> = buckets.iter().map(with_period).collect();
    Ok(json!({ "Total": whole.utilization(), "SavingsPlansUtilizationsByTime": by_time }))
}

/// What the reservations did in a period, in hours and money.
struct Reserved {
    used: Amount,
    purchased: Amount,
    fee: Amount,
    on_demand: Amount,
}

impl Reserved {
    fn of(desk: &Desk<'_>, period: Period) -> Reserved {
        let only = |record: Record, of: fn(&Cell) -> Amount| {
            sum(desk, period, |line, cell| {
                if line.record == record && line.service == reservation::SERVICE {
                    of(cell)
                } else {
                    Amount::ZERO
                }
            })
        };
        let used = only(Record::Discounted, |cell| cell.quantity);
        let fee = only(Record::Discounted, |cell| cell.amortized)
            + only(Record::ReservationFee, |cell| cell.amortized);
        Reserved {
            used,
            purchased: Amount::from_dollars(fee.to_f64() / reservation::HOURLY),
            fee,
            on_demand: only(Record::Usage, |cell| cell.quantity),
        }
    }

    fn utilization(&self) -> Value {
        let worth = Amount::from_dollars(self.used.to_f64() * reservation::ON_DEMAND);
        let unused = self.purchased - self.used;
        let missed = Amount::from_dollars(unused.to_f64() * (reservation::ON_DEMAND - reservation::HOURLY));
        json!({
            "UtilizationPercentage": percent(self.used, self.purchased),
            "PurchasedHours": self.purchased.to_string(),
            "TotalActualHours": self.used.to_string(),
            "UnusedHours": unused.to_string(),
            "OnDemandCostOfRIHoursUsed": worth.to_string(),
            "NetRISavings": (worth - self.fee).to_string(),
            "UnrealizedSavings": missed.to_string(),
            "AmortizedRecurringFee": self.fee.to_string(),
            "TotalAmortizedFee": self.fee.to_string(),
        })
    }

    fn coverage(&self) -> Value {
        let whole = self.used + self.on_demand;
        json!({ "CoverageHours": {
            "OnDemandHours": self.on_demand.to_string(),
            "ReservedHours": self.used.to_string(),
            "TotalRunningHours": whole.to_string(),
            "CoverageHoursPercentage": percent(self.used, whole),
        } })
    }
}

/// Without a filter these calls are about EC2, where nothing is reserved.
fn is_about_caches(filter: Option<&Value>) -> bool {
    filter.is_some_and(|filter| {
        filter["Dimensions"]["Key"] == "SERVICE" && filter["Dimensions"]["Values"][0] == reservation::SERVICE
    })
}

pub fn reservation_utilization(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    let caches = is_about_caches(request.filter.as_ref());
    let (period, buckets) = request.buckets(desk)?;
    let whole = Reserved::of(desk, period);
    if !caches || whole.purchased == Amount::ZERO {
        return Err(none("reservations"));
    }
    let at = |bucket: &Period| json!({ "TimePeriod": bucket.to_json(), "Groups": [], "Total": Reserved::of(desk, *bucket).utilization() });
    let by_time: Vec<Value> = buckets.iter().map(at).collect();
    Ok(json!({ "Total": whole.utilization(), "UtilizationsByTime": by_time }))
}

pub fn reservation_coverage(desk: &Desk<'_>, request: Request) -> Result<Value, Refusal> {
    let caches = is_about_caches(request.filter.as_ref());
    let (period, buckets) = request.buckets(desk)?;
    let whole = Reserved::of(desk, period);
    if !caches || whole.used == Amount::ZERO {
        return Err(none("reservations"));
    }
    let at = |bucket: &Period| json!({ "TimePeriod": bucket.to_json(), "Groups": [], "Total": Reserved::of(desk, *bucket).coverage() });
    let by_time: Vec<Value> = buckets.iter().map(at).collect();
    Ok(json!({ "Total": whole.coverage(), "CoveragesByTime": by_time }))
}
