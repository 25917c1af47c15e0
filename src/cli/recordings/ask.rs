//! `qd recordings verify --ask`: what a note says of the store and of AWS's history is the word of the device alone, so
//! both are asked again. What they do not bear out raises nothing, and what they contradict is named.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::super::{Context, Error, Exit, cloud, store, wait};
use crate::audit::reconcile::{Case, Kept, Source, Whose, fetch, judge, last_output_at};
use crate::recording::State;
use crate::recording::evidence::{Level, Standing};
use crate::recording::remote;

/// AWS's clock and the recorder's may differ by so much.
const EARLY: SignedDuration = SignedDuration::from_mins(10);
const STORE: [Level; 2] = [Level::Uploaded, Level::Locked];
const HISTORY: [Level; 1] = [Level::Correlated];

/// What was answered.
enum Answer {
    Holds(Level, String),
    Contradicts(String),
    /// Nobody answered, and why.
    Silence(String),
}

/// Asks for every level that a note claims.
pub(super) fn ask(path: &Path, standing: &mut Standing, context: &Context) -> Result<(), Error> {
    context.require_network()?;
    wait(async {
        for (levels, who) in [(&STORE[..], "the store"), (&HISTORY[..], "AWS")] {
            if !standing.stands.iter().any(|(level, _)| levels.contains(level)) {
                continue;
            }
            let answer = match who {
                "AWS" => ask_history(path, context).await?,
                _ => ask_store(path, context).await?,
            };
            match answer {
                Answer::Holds(level, says) => standing.replace(levels, Some(level), says),
                Answer::Contradicts(says) => {
                    let says = format!("{who} was asked, and contradicts what was noted: {says}");
                    standing.replace(levels, None, says.clone());
                    standing.forged.get_or_insert(says);
                }
                Answer::Silence(why) => {
                    let says =
                        format!("{who} could not be asked, so that what was noted raises nothing: {why}");
                    standing.replace(levels, None, says);
                }
            }
        }
        Ok(Exit::Done)
    })
    .map(drop)
}

async fn ask_store(path: &Path, context: &Context) -> Result<Answer, Error> {
    if context.config.store.is_none() {
        return Ok(Answer::Silence("no team store is configured".into()));
    }
    let bucket = match store::open(context).await {
        Ok(bucket) => bucket,
        Err(error) => return Ok(Answer::Silence(error.says)),
    };
    Ok(match remote::confirm(&bucket, path).await {
        Ok(confirmed) => Answer::Holds(confirmed.level, confirmed.says),
        Err(remote::Error::Disagrees { says, .. }) => Answer::Contradicts(says),
        Err(error @ remote::Error::Recording(_)) => return Err(error.into()),
        Err(error) => Answer::Silence(error.to_string()),
    })
}

async fn ask_history(path: &Path, context: &Context) -> Result<Answer, Error> {
    let (now, kept) = (Timestamp::now(), Kept::load(path)?);
    let from = kept.started_at.saturating_sub(EARLY).unwrap_or(kept.started_at);
    let both = Source {
        history: true,
        trail: true,
    };
    let found = fetch(&cloud::connect(context), both, from, now).await;
    let report = judge(&Case {
        claims: &found.claims,
        kept: std::slice::from_ref(&kept),
        // Other sessions are none of this.
        whose: Whose::Ours(Vec::new()),
        cover: &found.cover,
        now,
        last_output_at: &last_output_at,
    });
    if let Some(found) = report.disagreements.first() {
        return Ok(Answer::Contradicts(found.says.clone()));
    }
    if !report.unmatched.is_empty() {
        return Ok(Answer::Contradicts("it knows no such session".into()));
    }
    let is_borne_out = |(claim, _): &&(crate::audit::reconcile::Claim, usize)| claim.ended_at.is_some();
    if let Some((claim, _)) = report
        .agreed
        .iter()
        .find(is_borne_out)
        .filter(|_| kept.state == State::Sealed)
    {
        let says = format!(
            "correlated: AWS was asked, and its own history has session {} by {}",
            claim.session_id, claim.owner
        );
        return Ok(Answer::Holds(Level::Correlated, says));
    }
    let failures = found.failures.iter().map(ToString::to_string);
    let because = failures.collect::<Vec<_>>().join("; ");
    Ok(Answer::Silence(match because.is_empty() {
        true => "its history does not reach there, or not into that account".into(),
        false => because,
    }))
}
