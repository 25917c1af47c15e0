//! What AWS tells of its own accord, for the panel: where the month will end by its reckoning, and what became of
//! commitments. Each costs requests, whose price is asked first.

use std::sync::Arc;

use jiff::Timestamp;

use super::books::{Books, Stop};
use super::{price, tell};
use crate::app::{Effect, Msg};
use crate::cost::{Commitments, Lens, MonthEnd, Price, Refresh, Source, Trouble};
use crate::runtime::inbox::Outbox;

pub async fn forecast(books: Arc<Books>, source: Source, lens: Lens, refresh: Refresh, out: Outbox) {
    let end = month_end(&books, &source, lens, refresh).await;
    if refresh != Refresh::Never {
        books.tell_spent(&source, &out).await;
    }
    match end {
        Ok(end) => out.send(Msg::ForecastArrived {
            source,
            lens,
            end: Box::new(end),
        }),
        Err(stop) => tell(stop, &out),
    }
}

async fn month_end(books: &Books, source: &Source, lens: Lens, refresh: Refresh) -> Result<MonthEnd, Stop> {
    let now = Timestamp::now();
    let desk = books.payer(source, "forecast").await?;
    match desk.month_end(lens, refresh, now, |_| ()).await {
        Err(Trouble::NotKept(month)) => {
            let price = desk.price_of_month_end(lens, now)?;
            let price = price.ok_or(Trouble::NotKept(month))?;
            let paid = Box::new(Effect::AskForecast {
                source: source.clone(),
                lens,
                refresh: Refresh::Auto,
            });
            Err(price::ask(&desk, "AWS's own forecast", price, paid, now)?)
        }
        end => Ok(end?),
    }
}

pub async fn commitments(books: Arc<Books>, source: Source, refresh: Refresh, out: Outbox) {
    let found = committed(&books, &source, refresh).await;
    if refresh != Refresh::Never {
        books.tell_spent(&source, &out).await;
    }
    match found {
        Ok((found, price)) => out.send(Msg::CommitmentsFound {
            source,
            found: Box::new(found),
            price,
        }),
        Err(stop) => tell(stop, &out),
    }
}

/// Them, and what asking for them anew takes.
async fn committed(
    books: &Books,
    source: &Source,
    refresh: Refresh,
) -> Result<(Commitments, Option<Price>), Stop> {
    let now = Timestamp::now();
    let desk = books.payer(source, "commitments").await?;
    let found = match desk.commitments(refresh, now).await {
        Err(Trouble::NotKept(_)) => match desk.price_of_commitments(Refresh::Auto, now).await? {
            Some(price) => {
                let paid = Box::new(Effect::AskCommitments {
                    source: source.clone(),
                    refresh: Refresh::Auto,
                });
                let asked = "what became of commitments";
                return Err(price::ask(&desk, asked, price, paid, now)?);
            }
            // The bill says that there are none: that is an answer, and costs nothing.
            None => desk.commitments(Refresh::Auto, now).await?,
        },
        found => found?,
    };
    let price = desk
        .price_of_commitments(Refresh::Force, Timestamp::now())
        .await?;
    Ok((found, price))
}
