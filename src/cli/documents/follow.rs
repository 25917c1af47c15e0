//! An automation followed on the terminal: a line for each change, questions answered by whoever sits there. Leaving never
//! stops it: that is asked for in a word.

mod person;
mod tell;

use tokio::signal::unix::SignalKind;

use super::tell_asked;
use crate::cli::signals::Signals;
use crate::cli::{Context, Error, Exit, Outcome, cloud, notice, quote};
use crate::document::{Desk, Sight, Want, asked, wants, watch};
use person::{Person, Said};
use tell::Teller;

/// Follows until it is over: exit 0 when it succeeded, 1 when not, 128 and the signal when we were told to leave.
pub async fn follow(context: &Context, desk: &Desk, id: &str) -> Outcome {
    let mut signals = Signals::listen()?;
    let mut sights = watch(desk.cloud.clone(), desk.place.clone(), id.to_owned());
    let (mut teller, mut person) = (Teller::new(context.json), Person::here());
    let mut wanted: Option<Want> = None;
    let (mut interrupts, mut decided) = (0, 0);
    loop {
        tokio::select! {
            sight = sights.recv() => match sight {
                Some(Sight::Seen(seen)) => {
                    teller.seen(context, &seen)?;
                    if seen.is_over() {
                        desk.ended(&seen).await;
                        return teller.end(context, &seen);
                    }
                    let want = wants(&seen.execution);
                    // Somebody else has decided meanwhile, and it still waits.
                    let decisions = asked(&seen.execution).map_or(0, |asked| asked.decisions.len());
                    if want == wanted && decisions != decided {
                        tell_asked(&seen.execution);
                    }
                    decided = decisions;
                    if want != wanted {
                        if let Some(want) = &want {
                            notice(format!("qd: {}", quote(&want.says())));
                            tell_asked(&seen.execution);
                            person.ask(want, id);
                        }
                        wanted = want;
                    }
                }
                Some(Sight::Old(failure)) => {
                    cloud::tell(&failure);
                    notice("qd: what was seen last still counts; it is asked again, with growing pauses");
                }
                Some(Sight::Again) => notice("qd: it can be asked for again"),
                Some(Sight::Gone(failure)) => return Err(failure.into()),
                None => return Err(Error::failed("nothing more was heard of it").hint(format!("qd documents status {id}"))),
            },
            said = person.next() => {
                if act(desk, id, &teller, wanted.as_ref(), said, person.is_there()).await {
                    return leave(id, 0);
                }
            }
            signal = signals.next() => {
                let code = 128 + signal.as_raw_value() as u8;
                interrupts += 1;
                if signal != SignalKind::interrupt() || interrupts > 1 || !person.is_there() {
                    return leave(id, code);
                }
                notice("\nqd: it goes on; type stop (at once), complete (behind what runs) or leave; once more leaves");
            }
        }
    }
}

fn leave(id: &str, code: u8) -> Outcome {
    notice(format!(
        "qd: left; it goes on at AWS: qd documents status {id} --watch"
    ));
    Ok(match code {
        0 => Exit::Done,
        code => Exit::Remote(code),
    })
}

/// Does what was said; whether that was to leave.
async fn act(
    desk: &Desk,
    id: &str,
    teller: &Teller,
    wanted: Option<&Want>,
    said: Said,
    is_there: bool,
) -> bool {
    use crate::aws::Signal;
    let document = teller.document();
    let step = wanted.map(|want| want.step().to_owned()).unwrap_or_default();
    let outcome = match (said, wanted) {
        (Said::Leave, _) => return true,
        (Said::Stop, _) => desk.stop(id, document, false).await,
        (Said::Complete, _) => desk.stop(id, document, true).await,
        (Said::Approve(comment), Some(Want::Approval { .. })) => {
            desk.signal(id, document, &Signal::Approve { comment }).await
        }
        (Said::Reject(comment), Some(Want::Approval { .. })) => {
            desk.signal(id, document, &Signal::Reject { comment }).await
        }
        (Said::GoOn, Some(Want::Resume { .. })) => desk.signal(id, document, &Signal::Resume { step }).await,
        (Said::GoOn, Some(Want::Begin { .. })) => {
            desk.signal(id, document, &Signal::StartStep { step }).await
        }
        _ => {
            if is_there {
                notice("qd: nothing waits for that; stop, complete and leave are always understood");
            }
            return false;
        }
    };
    if let Err(failure) = outcome {
        cloud::tell(&failure);
    }
    false
}
