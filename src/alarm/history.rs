//! What became of one alarm before: how often it went off, when it went quiet, how long that took as a rule. CloudWatch
//! keeps 30 days of it.

use std::time::Duration;

use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::{Alarm, State};
use crate::aws::{Cloud, Failure, Place, Transition};

/// Of the last 30 days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// When it went off, newest first.
    pub burned_at: Vec<Timestamp>,
    /// When it went back to OK, newest first.
    pub quiet_at: Vec<Timestamp>,
    /// The middle one of how long it burned, of the times that are over.
    pub typical_for: Option<Duration>,
}

impl History {
    /// Changes newest first, as CloudWatch gives them.
    pub fn of(changes: &[Transition]) -> History {
        let mut history = History::default();
        let mut lasted = Vec::new();
        let mut quiet_at: Option<Timestamp> = None;
        for change in changes {
            match State::parse(&change.to) {
                State::Alarm => {
                    history.burned_at.push(change.at);
                    let over = quiet_at.take().map(|at| at.duration_since(change.at));
                    lasted.extend(over.and_then(|over| Duration::try_from(over).ok()));
                }
                State::Ok => {
                    history.quiet_at.push(change.at);
                    quiet_at = Some(change.at);
                }
                State::Insufficient => {}
            }
        }
        lasted.sort();
        history.typical_for = lasted.get(lasted.len() / 2).copied();
        history
    }

    /// When it last went off, if it can be what somebody speaks of now.
    fn began_at(&self, now: Timestamp) -> Option<Timestamp> {
        let last = self.burned_at.first().copied()?;
        (now.duration_since(last) < SignedDuration::from_hours(24)).then_some(last)
    }

    /// Asks for all pages of an alarm's.
    pub async fn fetch(cloud: &Cloud, alarm: &Alarm) -> Result<History, Failure> {
        let place = Place {
            profile: alarm.profile.clone(),
            region: alarm.region.clone(),
        };
        let now = Timestamp::now();
        let from = now.checked_sub((30 * 24).hours()).unwrap_or(now);
        let mut pages = cloud
            .fetch_alarm_history(&place, Some(&alarm.name), (from, now))
            .await;
        let mut changes = Vec::new();
        while let Some(page) = pages.next().await {
            changes.extend(page?);
        }
        Ok(History::of(&changes))
    }
}

/// When what an alarm tells began: with its state, while that is ALARM; when it last went off, if that is not long ago; else
/// nobody knows.
pub async fn began_at(cloud: &Cloud, alarm: &Alarm, now: Timestamp) -> Option<Timestamp> {
    if alarm.state == State::Alarm {
        return alarm.since;
    }
    History::fetch(cloud, alarm).await.ok()?.began_at(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_that_is_over_began_when_it_last_went_off_and_one_of_long_ago_tells_nothing() {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        let history = History {
            burned_at: vec![at(90), at(80)],
            quiet_at: vec![at(91)],
            typical_for: None,
        };
        assert_eq!(history.began_at(at(100)), Some(at(90)));
        assert_eq!(history.began_at(at(90 + 25)), None);
        assert_eq!(History::default().began_at(at(100)), None);
    }

    #[test]
    fn a_history_tells_how_often_it_burned_and_for_how_long_as_a_rule() {
        let change = |minute: i64, to: &str| Transition {
            alarm: "web".into(),
            at: Timestamp::from_second(minute * 60).unwrap(),
            from: String::new(),
            to: to.into(),
        };
        let changes = [
            change(100, "ALARM"),
            change(61, "OK"),
            change(60, "ALARM"),
            change(40, "OK"),
            change(30, "INSUFFICIENT_DATA"),
            change(20, "ALARM"),
            change(9, "OK"),
            change(0, "ALARM"),
        ];
        let history = History::of(&changes);
        assert_eq!((history.burned_at.len(), history.quiet_at.len()), (4, 3));
        assert_eq!(history.typical_for, Some(Duration::from_secs(540)));
        assert_eq!(History::of(&[]), History::default());
    }
}
