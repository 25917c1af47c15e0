//! Budgets as they stand: read for nothing, kept for eight hours like everything else.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::desk::{Desk, Refresh, disk};
use super::period::Period;
use super::shelf::is_fresh;
use super::trouble::Trouble;
use crate::aws::BudgetRow;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    pub name: String,
    /// `MONTHLY` and so on.
    pub every: String,
    pub currency: String,
    pub limit: Amount,
    pub actual: Option<Amount>,
    pub forecast: Option<Amount>,
    /// It counts everything that the account pays for.
    pub whole: bool,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    fetched_at: Timestamp,
    rows: Vec<BudgetRow>,
}

const NAME: &str = "budgets.json";

impl Desk {
    pub async fn budgets(&self, refresh: Refresh, now: Timestamp) -> Result<Vec<Budget>, Trouble> {
        let kept = self.shelf.load::<Kept>(NAME);
        let rows = match kept {
            Some(kept) if refresh == Refresh::Never => kept.rows,
            Some(kept) if refresh == Refresh::Auto && is_fresh(kept.fetched_at, now) => kept.rows,
            _ => {
                self.check_sure()?;
                let fetched = self.cloud.fetch_budgets(&self.profile, &self.account).await;
                let rows = fetched.map_err(Trouble::Failure)?;
                let kept = Kept {
                    fetched_at: now,
                    rows,
                };
                self.shelf.save(NAME, &kept).map_err(disk)?;
                kept.rows
            }
        };
        rows.into_iter().map(read).collect()
    }
}

fn read(row: BudgetRow) -> Result<Budget, Trouble> {
    let amount = |text: &str| {
        Amount::parse(text)
            .map(|parsed| parsed.amount)
            .map_err(Trouble::Amount)
    };
    Ok(Budget {
        limit: amount(&row.limit)?,
        actual: row.actual.as_deref().map(amount).transpose()?,
        forecast: row.forecast.as_deref().map(amount).transpose()?,
        name: row.name,
        every: row.every,
        currency: row.currency,
        whole: row.whole,
    })
}

impl Budget {
    /// What of the limit an amount is, in percent.
    pub fn percent(&self, amount: Amount) -> Option<f64> {
        let limit = self.limit.approximate();
        (limit > 0.0).then(|| 100.0 * amount.approximate() / limit)
    }

    /// The budget that a month's headline is measured against: of the whole account, by month, in its currency.
    pub fn of_month<'a>(budgets: &'a [Budget], currency: &str) -> Option<&'a Budget> {
        let fits =
            |budget: &&Budget| budget.whole && budget.every == "MONTHLY" && budget.currency == currency;
        budgets.iter().filter(fits).min_by_key(|budget| budget.limit)
    }

    /// `Dec ` where the days beside it are not of its month, as on the first of one; nothing where they are.
    pub fn month(&self, beside: Period, today: Date) -> String {
        match Period::month_of(beside.last_day()).contains(today) {
            true => String::new(),
            false => today.strftime("%b ").to_string(),
        }
    }

    /// `budget everything 20,000 USD: 62 % spent, 94 % foreseen by AWS Budgets`: whose figure that is, beside one of ours.
    pub fn says(&self) -> String {
        let mut text = format!("budget {} {} {}", self.name, self.limit.grouped(0), self.currency);
        let percent = |amount: Option<Amount>| amount.and_then(|amount| self.percent(amount));
        if let Some(spent) = percent(self.actual) {
            text += &format!(": {spent:.0} % spent");
        }
        if let Some(foreseen) = percent(self.forecast) {
            text += &format!(", {foreseen:.0} % foreseen by AWS Budgets");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_foresees_of_a_budget_is_said_to_be_its_own() {
        let budget = Budget {
            name: "all".into(),
            every: "MONTHLY".into(),
            currency: "USD".into(),
            limit: Amount::whole(200),
            actual: Some(Amount::whole(124)),
            forecast: Some(Amount::whole(176)),
            whole: true,
        };
        let wanted = "budget all 200 USD: 62 % spent, 88 % foreseen by AWS Budgets";
        assert_eq!(budget.says(), wanted);
    }

    #[test]
    fn a_budget_beside_the_days_of_another_month_names_its_own() {
        let budget = Budget {
            name: "all".into(),
            every: "MONTHLY".into(),
            currency: "USD".into(),
            limit: Amount::whole(200),
            actual: None,
            forecast: None,
            whole: true,
        };
        let beside = |today: &str| {
            let today: Date = today.parse().unwrap();
            budget.month(
                super::super::period::Comparison::same_days(today, 1).current,
                today,
            )
        };
        assert_eq!(
            beside("2026-12-01"),
            "Dec ",
            "the days shown are those of November"
        );
        assert_eq!(beside("2026-12-02"), "");
    }
}
