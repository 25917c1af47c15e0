//! `qd costs breakdown --fan-out DOLLARS`: more dimensions than Cost Explorer groups by, for at most what was allowed.
//! Without an amount the price is told and nothing is asked for.

use jiff::Timestamp;

use super::{Asked, show, tell_spent, trouble};
use crate::cli::{Context, Error, Outcome, notice};
use crate::cost::{self, CENTS_PER_REQUEST, Desk, MOST_PAGES, Plan, Question, dollars};

pub async fn breakdown(
    context: &Context,
    desk: &Desk,
    asked: &Asked,
    question: &Question,
    dollars: &str,
    csv: bool,
    now: Timestamp,
) -> Outcome {
    let most = parse_requests(dollars)?;
    // The values to ask for come from pairs, which may have to be paid for themselves.
    let pairs = desk
        .price_of_values(question, asked.refresh, now)
        .map_err(trouble)?;
    if pairs.requests > most {
        return Err(unknown(&pairs));
    }
    // What the day leaves may be less than what somebody would pay.
    let today = most.min(desk.spent(now).map_err(trouble)?.left());
    if pairs.requests > 0 {
        desk.afford("finding the values to ask for", pairs.requests, now)
            .map_err(trouble)?;
        notice(format_args!(
            "at most {} in all: {} for the values to ask for, then a list for each of them",
            cost::priced(today),
            pairs.price_within(today)
        ));
    }
    let mut looked = 0;
    let parts = desk
        .parts(question, asked.refresh, now, most, |paid| looked = paid)
        .await;
    let parts = parts.map_err(|why| {
        tell_spent(desk, looked, now);
        trouble(why)
    })?;
    let plan = desk.price_of(&parts, question, asked.refresh, now);
    let lists = match parts.slices.len() {
        1 => "1 list".to_owned(),
        many => format!("{many} lists"),
    };
    let left = most.saturating_sub(looked);
    let today = today.saturating_sub(looked);
    if plan.requests > 0 {
        notice(format_args!("{lists}: {}", plan.price_within(today)));
    }
    let answer = desk
        .answer_parts(&parts, question, asked.refresh, now, left, |_| ())
        .await;
    let answer = answer.map_err(|why| {
        tell_spent(desk, looked, now);
        trouble(why)
    })?;
    tell_spent(desk, looked + answer.requests, now);
    show::print(context, asked, question, answer, csv, now)
}

/// Nobody knows how many lists there will be before their values are known, and finding these is paid for.
fn unknown(values: &Plan) -> Error {
    let says = format!(
        "this breakdown takes {} for the values to ask for, then a list for each of them at {} or more",
        values.price(),
        cost::priced(1)
    );
    let suffices = (values.most() + MOST_PAGES) * CENTS_PER_REQUEST;
    let suffices = dollars(suffices);
    Error::usage(says).hint(format!(
        "name the most that all of it may cost: --fan-out {} suffices for the values and one list, nothing beyond it is \
         paid, and mostly far less; or import an export, which answers for nothing",
        suffices.trim_start_matches('$')
    ))
}

/// Dollars to whole requests.
fn parse_requests(text: &str) -> Result<u32, Error> {
    let (whole, cents) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let cents = match cents.len() {
        0..=2 if digits(whole) && digits(cents) => format!("{whole}{cents:0<2}").parse::<u32>().ok(),
        _ => None,
    };
    cents.map(|cents| cents / cost::CENTS_PER_REQUEST).ok_or_else(|| {
        Error::usage(format!("--fan-out {text:?} is no amount of money")).hint("write dollars, such as 0.18")
    })
}
