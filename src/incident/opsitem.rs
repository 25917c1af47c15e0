//! The OpsItem that stands for an incident at AWS: made once, changed as the incident goes on, resolved when it closes. What
//! AWS refuses is written into the journal as refused; the journal itself never waits for AWS.

use std::path::Path;

use super::journal::{self, Error, Journal};
use super::report::Cover;
use super::state::{State, Status};
use super::{Alarm, Line, Record, Who};
use crate::aws::{Cloud, Failure, OpsItem, OpsStatus, Place};

/// Notes that its description tells, newest first.
const NOTES: usize = 8;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub id: Option<String>,
    /// `created`, `updated`, `resolved`, `taken over`.
    pub did: &'static str,
    pub region: String,
}

/// Why AWS has not what the journal has.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Journal(#[from] Error),
    #[error("the OpsItem was not written: {0}")]
    Refused(Box<Failure>),
    #[error("no region is known where an OpsItem could be")]
    Nowhere,
}

impl Trouble {
    pub fn hint(&self) -> String {
        match self {
            Trouble::Journal(cause) => cause.hint().to_owned(),
            Trouble::Refused(failure) => failure.hint.clone(),
            Trouble::Nowhere => "name one with --region".into(),
        }
    }
}

/// Brings the OpsItem to where the journal is. Texts are covered on their way out.
pub async fn follow(cloud: &Cloud, data_dir: &Path, id: &str, cover: &mut Cover) -> Result<Done, Trouble> {
    let lines = Journal::load(data_dir, id)?.lines;
    let state = State::of(id, &lines);
    let (place, account) = place_of(cloud, &state).await?;
    let item = item_of(&state, &lines, &account, &place.region, cover);
    let known = state.opsitem.as_ref().map(|known| known.id.clone());
    let outcome = match &known {
        Some(known) => cloud.update_ops_item(&place, known, &item).await.map(|()| {
            let did = match item.status {
                OpsStatus::Resolved => "resolved",
                _ => "updated",
            };
            (known.clone(), did)
        }),
        None => create(cloud, &place, &item).await,
    };
    let (result, record) = match outcome {
        Ok((id, did)) => (
            Ok(Done {
                id: Some(id.clone()),
                did,
                region: place.region.clone(),
            }),
            (did.to_owned(), Some(id), None),
        ),
        Err(failure) => {
            let wish = if known.is_some() { "updated" } else { "created" };
            let why = cover.text(&failure.cause);
            (
                Err(Trouble::Refused(Box::new(failure))),
                (wish.to_owned(), known, Some(why)),
            )
        }
    };
    let (did, opsitem, refused) = record;
    let record = Record::Opsitem {
        did,
        id: opsitem,
        account,
        region: place.region,
        refused,
    };
    journal::append(data_dir, id, record, Who::here())?;
    result
}

/// A new one is open; an incident that is further than that says so at once.
async fn create(cloud: &Cloud, place: &Place, item: &OpsItem) -> Result<(String, &'static str), Failure> {
    let created = cloud.create_ops_item(place, item).await?;
    if created.existed || item.status != OpsStatus::Open {
        cloud.update_ops_item(place, &created.id, item).await?;
    }
    let did = if created.existed { "taken over" } else { "created" };
    Ok((created.id, did))
}

/// Where it is already; else where the alarm is; else the first place there is.
async fn place_of(cloud: &Cloud, state: &State) -> Result<(Place, String), Trouble> {
    let known = state.opsitem.as_ref();
    let alarm = state.alarm.as_ref();
    let account = known
        .map(|item| item.account.clone())
        .or_else(|| alarm?.account.clone());
    let region = known
        .map(|item| item.region.clone())
        .or_else(|| alarm?.region.clone());
    let mut places = cloud.places().await;
    let mut refused = places.failed.pop();
    for mut place in places.found {
        if let Some(region) = &region {
            place.region.clone_from(region);
        }
        match cloud.identity_at(&place).await {
            Ok(identity)
                if account
                    .as_ref()
                    .is_none_or(|account| *account == identity.account) =>
            {
                return Ok((place, identity.account));
            }
            Ok(_) => {}
            Err(failure) => refused = Some(failure),
        }
    }
    Err(refused.map_or(Trouble::Nowhere, |failure| Trouble::Refused(Box::new(failure))))
}

fn item_of(state: &State, lines: &[Line], account: &str, region: &str, cover: &mut Cover) -> OpsItem {
    OpsItem {
        title: cover.text(&state.title),
        description: cover.text(&description(state, lines)),
        severity: state.severity.digit().into(),
        status: match state.status {
            Status::Open => OpsStatus::Open,
            Status::Acknowledged | Status::Mitigated | Status::Recovered => OpsStatus::InProgress,
            Status::Closed => OpsStatus::Resolved,
        },
        resources: state
            .alarm
            .as_ref()
            .map(|alarm| resources(alarm, account, region))
            .unwrap_or_default(),
        dedup: format!("quarterdeck-incident-{}", state.id),
        facts: vec![
            ("quarterdeck/incident".into(), state.id.clone()),
            ("quarterdeck/report".into(), format!("qd report {}", state.id)),
        ],
    }
}

fn description(state: &State, lines: &[Line]) -> String {
    let mut text = format!(
        "{} ({}). The timeline and the recordings are in `qd report {}`.",
        state.status.as_str(),
        state.severity,
        state.id
    );
    let notes = lines.iter().rev().filter_map(|line| match &line.record {
        Record::Note { text } => Some((line.at, line.by.name(), text)),
        _ => None,
    });
    for (at, who, note) in notes.take(NOTES) {
        text.push_str(&format!("\n{} {who}: {note}", at.strftime("%Y-%m-%d %H:%M UTC")));
    }
    text
}

/// The alarm and the instance that it watches.
fn resources(alarm: &Alarm, account: &str, region: &str) -> Vec<String> {
    let partition = match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let arn =
        |service: &str, resource: String| format!("arn:{partition}:{service}:{region}:{account}:{resource}");
    let instance = alarm.dimensions.get("InstanceId");
    std::iter::once(arn("cloudwatch", format!("alarm:{}", alarm.name)))
        .chain(instance.map(|id| arn("ec2", format!("instance/{id}"))))
        .collect()
}
