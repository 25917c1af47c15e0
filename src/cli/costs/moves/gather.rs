//! What the rules are asked about: the bill from Cost Explorer, files or Athena, and what the accounts themselves
//! answer. A bill that cannot be had leaves list prices, and says so.

use std::fmt::Display;

use jiff::Timestamp;

use super::super::books::Books;
use super::super::{Asked, Common, Source, bad_dimension};
use crate::aws::HubTotal;
use crate::cli::{Context, Error, cloud, notice};
use crate::cost::advice::{self, Ask, Bill, Questions, Seen, gather};
use crate::cost::{Amount, Dimension};
use crate::fleet::Policy;

/// Why there may be more to find, and why what is found may have another price.
#[derive(Debug, Default)]
pub struct Lacks {
    /// Why the bill is not known: prices are those of the list then, without any discount.
    pub bill: Option<String>,
    /// What accounts did not answer.
    pub answers: Vec<String>,
}

impl Lacks {
    /// All of it, a sentence each.
    pub fn says(self) -> Vec<String> {
        self.bill.into_iter().chain(self.answers).collect()
    }
}

/// What was seen, and why that is not all.
async fn see(
    context: &Context,
    common: &Common,
    asked: &Asked,
    now: Timestamp,
) -> Result<(Seen, Lacks), Error> {
    let (bill, no_bill) = match bill(context, common, asked, now).await? {
        Ok(bill) => (bill, None),
        Err(why) => (Bill::default(), Some(format!("the bill is not known: {why}"))),
    };
    let cloud = cloud::connect(context);
    let policy = Policy::of(&context.config)?;
    let from_export = !matches!(common.source(&context.paths.data_dir), Source::CostExplorer);
    let ask = Ask {
        cloud: &cloud,
        policy: &policy,
        data_dir: &context.paths.data_dir,
        cache_dir: &context.paths.cache_dir,
        cap_cents: context.config.costs.cap_per_day_cents,
        refresh: asked.refresh,
        // Whoever works from an export has not asked to pay Cost Explorer.
        paid_advice: !from_export,
        now,
    };
    let seen = gather(&ask, bill).await;
    seen.failures.iter().for_each(cloud::tell);
    seen.notes.iter().for_each(notice);
    if seen.metrics > 0 {
        notice(format_args!(
            "asked CloudWatch for {} metrics (${:.4}); they are kept for a day",
            seen.metrics,
            f64::from(seen.metrics) / 100_000.0
        ));
    }
    if seen.requests > 0 {
        notice(format_args!(
            "asked Cost Explorer for its advice on sizes: {}{}",
            crate::cost::priced(seen.requests),
            if seen.is_cut_off { "" } else { "; kept for a day" }
        ));
    }
    for (account, total) in &seen.hub {
        notice(estimated(account, total));
    }
    let lacks = Lacks {
        bill: no_bill,
        answers: seen.failures.iter().map(ToString::to_string).collect(),
    };
    Ok((seen, lacks))
}

/// What the hub says of an account, which may be a zero of either sign.
fn estimated(account: &str, total: &HubTotal) -> String {
    let saving = Amount::from_double(total.saving)
        .map(|read| read.amount)
        .unwrap_or_default();
    format!(
        "the Cost Optimization Hub estimates {} {} a month for account {account}, nothing counted twice",
        saving.rounded(2),
        total.currency
    )
}

/// The bill, or why it is not known.
async fn bill(
    context: &Context,
    common: &Common,
    asked: &Asked,
    now: Timestamp,
) -> Result<Result<Bill, Error>, Error> {
    let sample = |today| Vec::from(super::bill_questions(today));
    let books = match Books::open(context, common, asked, sample, now).await {
        Ok(books) => books,
        Err(error) if error.exit == crate::cli::Exit::Failed => return Ok(Err(without(error))),
        Err(error) => return Err(error),
    };
    let today = books.today(now)?;
    let questions = Questions::new(today, books.is_wide());
    let read = async {
        let whole = vec![questions.usage.clone(), questions.commitment.clone()];
        books.tell_whole(asked, "pricing the moves", whole, now)?;
        let usage = books.cube(asked, &questions.usage, now).await?;
        let commitment = books.cube(asked, &questions.commitment, now).await?;
        let mut bill = Bill::read(&usage, &commitment, &questions, today).map_err(bad_dimension)?;
        let lost = |why: &dyn Display, hint: &str| {
            notice(format_args!("no findings on single resources of the bill: {why}"));
            if !hint.is_empty() {
                notice(format_args!("hint: {hint}"));
            }
        };
        match &books {
            Books::CostExplorer(_) => {}
            Books::Files(files) => match files.lost(&Dimension::Resource) {
                Some(why) => lost(&why, ""),
                // Single resources are read from the files themselves, which may be gone since.
                None => {
                    for question in bill.window.each(&questions.resources_of(&files.cube)) {
                        match files.answer(&question, &mut |_| ()) {
                            Ok(answer) => bill.take_resources(answer),
                            Err(why) => {
                                lost(&why, &why.hint());
                                break;
                            }
                        }
                    }
                }
            },
            Books::Athena { .. } => match books.answer(asked, &questions.resources, now).await {
                Ok(answer) => bill.take_resources(answer),
                Err(why) => lost(&why, why.hint.as_deref().unwrap_or_default()),
            },
        }
        Ok::<Bill, Error>(bill)
    };
    Ok(read.await.map_err(without))
}

fn without(error: Error) -> Error {
    notice(format_args!(
        "qd: the bill is not known, so that prices are those of the list and rules that need it find nothing: {error}"
    ));
    if let Some(hint) = &error.hint {
        notice(format_args!("hint: {hint}"));
    }
    error
}

/// Everything that is found, and why that may not be all.
pub async fn findings(
    context: &Context,
    common: &Common,
    asked: &Asked,
    now: Timestamp,
) -> Result<(Vec<advice::Finding>, Lacks), Error> {
    let (seen, lacks) = see(context, common, asked, now).await?;
    if seen.inventory.is_empty() && !seen.failures.is_empty() {
        return Err(Error::failed("neither the bill nor any account answered").hint("see what failed above"));
    }
    let found = advice::findings(&seen.inventory, &seen.rates, &advice::Taste::default());
    Ok((found, lacks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_save_has_no_sign() {
        for (saving, wanted) in [(-0.0, " 0.00 "), (-0.001, " 0.00 "), (12.345, " 12.35 ")] {
            let currency = "USD".to_owned();
            let says = estimated("1", &HubTotal { saving, currency });
            assert!(says.contains(wanted), "{says}");
        }
    }
}
