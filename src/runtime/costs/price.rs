//! What paying would take, as the question that is asked first; what today's cap leaves too little for is refused at once,
//! with the way out: a question whose only answer is a refusal is none.

use jiff::Timestamp;

use super::books::Stop;
use crate::app::Effect;
use crate::cost::{Desk, Period, Plan, Spent, Trouble};

/// The price of a plan for a period, or why it cannot be paid today.
pub(super) fn of(desk: &Desk, plan: &Plan, period: Period, paid: Box<Effect>, now: Timestamp) -> Stop {
    let spent = match open(desk, now) {
        Ok(spent) => spent,
        Err(refused) => return refused.into(),
    };
    let requests = plan.requests;
    match spent.left() {
        left if requests <= left => Stop::Price {
            says: plan.price_within(left),
            paid,
        },
        _ => Stop::from(Trouble::Dear {
            period,
            requests,
            spent,
        }),
    }
}

/// What was paid for today, where the cap allows more.
///
/// # Errors
/// It is used up, or the meter cannot be read.
pub(super) fn open(desk: &Desk, now: Timestamp) -> Result<Spent, Trouble> {
    let spent = desk.spent(now)?;
    match spent.left() {
        0 => Err(Trouble::Cap(spent)),
        _ => Ok(spent),
    }
}
