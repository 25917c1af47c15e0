//! What paying would take, as the question that is asked first; what today's cap leaves too little for is refused at once,
//! with the way out: a question whose only answer is a refusal is none.

use jiff::Timestamp;

use super::books::Stop;
use crate::app::Effect;
use crate::cost::{Desk, Period, Plan, Price, Trouble};

/// The price of a plan for a period, or why it cannot be paid today, or not be answered at all.
pub(super) fn of(desk: &Desk, plan: &Plan, period: Period, paid: Box<Effect>, now: Timestamp) -> Stop {
    let left = match desk.check_plan(plan, period, now).and_then(|()| desk.spent(now)) {
        Ok(spent) => spent.left(),
        Err(trouble) => return trouble.into(),
    };
    let price = Price::new(plan.price_within(left), plan.requests);
    Stop::Price { price, paid }
}

/// The question about a price; `asked` begins the sentence where there is none.
///
/// # Errors
/// Today's cap leaves too little for it, or the meter cannot be read.
pub(super) fn ask(
    desk: &Desk,
    asked: &str,
    price: Price,
    paid: Box<Effect>,
    now: Timestamp,
) -> Result<Stop, Trouble> {
    desk.afford(asked, price.requests, now)?;
    Ok(Stop::Price { price, paid })
}
