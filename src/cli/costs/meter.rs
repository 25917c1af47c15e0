//! `qd costs meter`: the paid requests of this month, as counted here and as the bill has them. What the bill has beyond
//! the count, other programs asked. A look costs nothing: the bill is what is kept of it, until `--refresh` asks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::commitments::Args;
use super::{Asked, ask, open, trouble};
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::{self, Amount, Count, Desk, Dimension, Filter, Lens, Period, Question, Refresh};

pub async fn run(context: &Context, args: &Args, now: Timestamp) -> Outcome {
    let desk = open(context, args.refresh()).await?;
    let today = cost::today(now);
    let month = Period::month_of(today);
    let billed = match billed(&desk, args, month, now).await {
        Ok(billed) => Some(billed),
        // The count stands without the bill; asking for that is what costs.
        Err(why) => {
            notice(format_args!(
                "what the bill says is not known: {why}; --refresh asks Cost Explorer for it, at a price that it says"
            ));
            None
        }
    };
    // With what was asked just now.
    let counted = desk.counted(month.from).map_err(trouble)?;
    let spent = desk.spent(now).map_err(trouble)?;
    let mut days: Vec<Date> = counted.keys().copied().collect();
    days.extend(billed.iter().flat_map(|billed| billed.keys()).copied());
    days.sort();
    days.dedup();
    if context.json {
        let rows: Vec<Value> = days
            .iter()
            .map(|day| document(*day, &counted, billed.as_ref()))
            .collect();
        context.print_json(&json!({
            "days": rows,
            "today": spent.today,
            "month": spent.month,
            "cap": spent.cap,
        }))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = days
        .iter()
        .map(|day| {
            let own = total(&counted, *day);
            let bill = billed.as_ref().and_then(|billed| billed.get(day));
            // The bill is hours late: less than was counted is no finding.
            let others = bill.map(|bill| *bill - Amount::whole(i64::from(own.requests)));
            let others = others
                .filter(|others| !others.is_negative())
                .map(|others| others.rounded(0));
            vec![
                day.to_string(),
                own.requests.to_string(),
                own.lost.to_string(),
                own.metrics.to_string(),
                bill.map_or("-".into(), |bill| bill.rounded(0)),
                others.unwrap_or("-".into()),
            ]
        })
        .collect();
    context.print_table(
        &["DAY", "COUNTED", "OF THEM LOST", "METRICS", "BILLED", "BY OTHERS"],
        &rows,
    )?;
    Ok(Exit::Done)
}

fn document(
    day: Date,
    counted: &BTreeMap<Date, BTreeMap<String, Count>>,
    billed: Option<&BTreeMap<Date, Amount>>,
) -> Value {
    let own = total(counted, day);
    json!({
        "day": day,
        "counted": own.requests,
        "lost": own.lost,
        "metrics": own.metrics,
        "profiles": counted.get(&day),
        "billed": billed.and_then(|billed| billed.get(&day)).map(|bill| bill.to_string()),
    })
}

fn total(counted: &BTreeMap<Date, BTreeMap<String, Count>>, day: Date) -> Count {
    let counts = counted.get(&day).into_iter().flat_map(|day| day.values());
    counts.fold(Count::default(), |sum, count| Count {
        requests: sum.requests + count.requests,
        lost: sum.lost + count.lost,
        metrics: sum.metrics + count.metrics,
    })
}

/// The requests that the bill has on each day, by the usage type of Cost Explorer's own requests.
async fn billed(
    desk: &Desk,
    args: &Args,
    month: Period,
    now: Timestamp,
) -> Result<BTreeMap<Date, Amount>, Error> {
    let filter = Filter::parse("service:\"AWS Cost Explorer\" usage_type:*APIRequest")
        .map_err(|bad| Error::failed(bad.to_string()))?;
    let question = Question {
        period: month,
        by: vec![Dimension::Day, Dimension::UsageType],
        lens: Lens::Unblended,
        filter,
    };
    let asked = Asked {
        lens: question.lens,
        filter: question.filter.clone(),
        refresh: match args.refresh() {
            Refresh::Auto => Refresh::Never,
            said => said,
        },
    };
    let answer = ask(desk, &asked, &question, now).await?;
    let mut days = BTreeMap::new();
    for row in answer.breakdowns.into_iter().flat_map(|breakdown| breakdown.rows) {
        if let (Some(Ok(day)), Some(quantity)) = (row.key.first().map(|day| day.parse()), row.quantity) {
            *days.entry(day).or_insert(Amount::ZERO) += quantity;
        }
    }
    Ok(days)
}
