//! What AWS remembers of sessions against what is recorded here: sessions without a recording, recordings without a
//! session, begins, ends and reasons that disagree. Nothing here asks or writes; it judges what it is given.

mod cover;
mod fetch;
mod kept;
mod outcome;
mod report;
#[cfg(test)]
mod tests;
mod trail;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

pub use cover::Cover;
pub use fetch::{Found, Source, fetch};
pub use kept::{Kept, last_output_at, load_kept};
pub use outcome::{Written, write};
pub use report::{Disagreement, Missing, Report, Unmatched};
pub use trail::{BadTrail, load_trail};

/// Clocks and the calls themselves may differ by so much.
const SLACK: SignedDuration = SignedDuration::from_mins(2);
/// A session that may still be recorded elsewhere, or is still open, is not missing before this.
pub const GRACE: SignedDuration = SignedDuration::from_mins(15);

/// A session as AWS remembers it, from its history, its trail or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    pub session_id: String,
    pub account: String,
    pub region: String,
    pub target: String,
    /// The ARN that began it.
    pub owner: String,
    pub reason: Option<String>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// `None` where the source does not tell.
    pub is_live: Option<bool>,
    /// Whether DescribeSessions has it.
    pub in_history: bool,
    /// CloudTrail's event of its StartSession.
    pub event_id: Option<String>,
}

impl Claim {
    /// Adds what another source knows.
    fn join(&mut self, other: Claim) {
        let keep = |mine: &mut String, theirs: String| {
            if mine.is_empty() {
                *mine = theirs;
            }
        };
        keep(&mut self.account, other.account);
        keep(&mut self.region, other.region);
        keep(&mut self.target, other.target);
        keep(&mut self.owner, other.owner);
        self.reason = self.reason.take().or(other.reason);
        self.started_at = self.started_at.or(other.started_at);
        self.ended_at = self.ended_at.or(other.ended_at);
        self.is_live = self.is_live.or(other.is_live);
        self.in_history |= other.in_history;
        self.event_id = self.event_id.take().or(other.event_id);
    }

    /// The sixteen digits that our own sessions carry at the end of their reason.
    fn stamp(&self) -> Option<&str> {
        let (_, digits) = self.reason.as_deref()?.rsplit_once("qd:")?;
        let is_stamp = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_stamp.then_some(digits)
    }

    /// ExecuteCommand takes no reason, and its sessions are not in every history.
    fn is_container(&self) -> bool {
        self.target.starts_with("ecs:")
    }
}

/// Claims about one session become one.
pub fn join(claims: impl IntoIterator<Item = Claim>) -> Vec<Claim> {
    let mut order = Vec::new();
    let mut joined: HashMap<String, Claim> = HashMap::new();
    for claim in claims {
        match joined.get_mut(&claim.session_id) {
            Some(known) => known.join(claim),
            None => {
                order.push(claim.session_id.clone());
                joined.insert(claim.session_id.clone(), claim);
            }
        }
    }
    order.iter().filter_map(|id| joined.remove(id)).collect()
}

/// Whose sessions count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those begun by one of these ARNs.
    Ours(Vec<String>),
    Everybody,
}

impl Whose {
    fn counts(&self, claim: &Claim) -> bool {
        match self {
            Whose::Ours(arns) => arns.contains(&claim.owner),
            Whose::Everybody => true,
        }
    }

    /// Our own recordings exist before AWS is asked; those of others arrive later.
    fn may_come_late(&self) -> bool {
        *self == Whose::Everybody
    }
}

/// What is judged, and how.
pub struct Case<'a> {
    pub claims: &'a [Claim],
    pub kept: &'a [Kept],
    pub whose: Whose,
    /// Where the sources tell of everything that happened.
    pub cover: &'a Cover,
    pub now: Timestamp,
    /// When a recording last shows output; asked only where a recording outlasts its session.
    pub last_output_at: &'a dyn Fn(&Kept) -> Option<Timestamp>,
}

/// Compares both sides.
pub fn judge(case: &Case<'_>) -> Report {
    let by_session: HashMap<&str, usize> = indexed(case.kept, |kept| kept.session_id.as_deref());
    let by_stamp: HashMap<&str, usize> = indexed(case.kept, |kept| Some(&kept.stamp));
    let mut is_matched = vec![false; case.kept.len()];
    let mut report = Report::default();
    for claim in case.claims {
        let found = by_session.get(claim.session_id.as_str()).copied();
        // A recorder that died between AWS's answer and its first record has only the reason to show for it.
        let unnamed = || {
            by_stamp
                .get(claim.stamp()?)
                .copied()
                .filter(|at| case.kept[*at].session_id.is_none())
        };
        match found.or_else(unnamed) {
            Some(at) => {
                is_matched[at] = true;
                report.sessions += 1;
                report.recorded += 1;
                let kept = &case.kept[at];
                match disagreement(case, claim, kept) {
                    Some((what, says)) => report
                        .disagreements
                        .push(Disagreement::of(claim, kept, what, says)),
                    None => report.agreed.push((claim.clone(), at)),
                }
            }
            None if !case.whose.counts(claim) => report.others += 1,
            None if is_early(case, claim) => {
                report.sessions += 1;
                report.pending += 1;
            }
            None => {
                report.sessions += 1;
                report.missing.push(Missing::of(claim));
            }
        }
    }
    for (kept, matched) in case.kept.iter().zip(is_matched) {
        if !matched && is_expected(case, kept) {
            report.unmatched.push(Unmatched::of(kept));
        }
    }
    report
}

fn indexed<'k>(kept: &'k [Kept], key: impl Fn(&'k Kept) -> Option<&'k str>) -> HashMap<&'k str, usize> {
    let keyed = kept
        .iter()
        .enumerate()
        .filter_map(|(at, kept)| Some((key(kept)?, at)));
    // The first of two with the same session: the other one stays without a session.
    let mut index = HashMap::new();
    for (key, at) in keyed {
        index.entry(key).or_insert(at);
    }
    index
}

fn is_early(case: &Case<'_>, claim: &Claim) -> bool {
    let is_over = claim.is_live == Some(false) || claim.ended_at.is_some();
    let is_young = claim
        .started_at
        .is_some_and(|at| case.now.duration_since(at) < GRACE);
    is_young && (!is_over || case.whose.may_come_late())
}

/// Whether AWS should have the session of a recording.
fn is_expected(case: &Case<'_>, kept: &Kept) -> bool {
    kept.session_id.is_some()
        && !kept.target.as_deref().unwrap_or_default().starts_with("ecs:")
        && case.now.duration_since(kept.started_at) >= GRACE
        && case
            .cover
            .contains(kept.account.as_deref(), kept.region.as_deref(), kept.started_at)
}

/// What does not fit together, as a word for programs and a sentence.
fn disagreement(case: &Case<'_>, claim: &Claim, kept: &Kept) -> Option<(&'static str, String)> {
    if !claim.is_container() {
        match claim.stamp() {
            Some(stamp) if stamp.eq_ignore_ascii_case(&kept.stamp) => {}
            Some(_) => {
                let says = "the session's reason names another recording's hash";
                return Some(("reason", says.into()));
            }
            None => {
                let says = "the session's reason names no recording: it was begun by another program";
                return Some(("reason", says.into()));
            }
        }
    }
    if let Some(at) = claim.started_at {
        let apart = at.duration_since(kept.started_at).abs();
        if apart > SLACK {
            let says = format!("their begins are {} apart", span(apart));
            return Some(("start", says));
        }
    }
    let recorded_end = kept.ended_at?;
    match claim.ended_at {
        Some(ended_at) if ended_at.duration_since(recorded_end) > SLACK => {
            let longer = ended_at.duration_since(recorded_end);
            let says = format!(
                "the session was open for {} after its recording ended",
                span(longer)
            );
            Some(("duration", says))
        }
        Some(ended_at) if recorded_end.duration_since(ended_at) > SLACK => {
            // A machine that slept seals late; output after the end is another matter.
            let output_at = (case.last_output_at)(kept)?;
            let later = output_at.duration_since(ended_at);
            let says = format!("the recording has output {} after the session ended", span(later));
            (later > SLACK).then_some(("duration", says))
        }
        None if claim.is_live == Some(true) => {
            let open_for = case.now.duration_since(recorded_end);
            let says = format!(
                "the session is open still, {} after its recording ended",
                span(open_for)
            );
            (open_for > SLACK).then_some(("duration", says))
        }
        _ => None,
    }
}

fn span(of: SignedDuration) -> String {
    let seconds = of.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}
