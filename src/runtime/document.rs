//! What the documents panel asks of the world: texts, previews, automations followed, answered and stopped. Automations are
//! AWS's: leaving the console leaves them running.

use std::sync::Arc;

use futures_util::StreamExt;
use tokio::sync::watch;

use crate::app::{DocumentEffect, DocumentMsg, Msg, Notice, Weight};
use crate::aws::{Cloud, DocumentQuery, Failure, Place};
use crate::config::Paths;
use crate::document::{Desk, Index, Sight, Unwritten, foresee, outputs, watch as follow};

use super::connected;
use super::inbox::Outbox;

/// Automations of a place that are listed.
const LISTED: usize = 50;

pub async fn perform(
    effect: DocumentEffect,
    cloud: watch::Receiver<Option<Cloud>>,
    paths: Paths,
    out: Outbox,
) {
    let Some(cloud) = connected(cloud).await else {
        return;
    };
    let noticed = out.clone();
    let unwritten: Unwritten = Arc::new(move |says| {
        noticed.send(Msg::Noticed(Notice::new(Weight::Bad, says)));
    });
    let desk = |place: Place, is_strict: bool| Desk {
        cloud: cloud.clone(),
        place,
        data_dir: paths.data_dir.clone(),
        reason: String::new(),
        is_strict,
        unwritten: unwritten.clone(),
        touches: Vec::new(),
    };
    let tell = |msg| out.send(Msg::Document(msg));
    match effect {
        DocumentEffect::List => {
            let own = DocumentQuery {
                owner: Some("Self".into()),
                ..DocumentQuery::default()
            };
            tell(DocumentMsg::Listed(
                Index::fetch(&cloud, &paths.cache_dir, &own).await,
            ));
        }
        DocumentEffect::Executions => tell(executions(&cloud).await),
        DocumentEffect::Stored { place, names } => {
            for name in names {
                let value = cloud.fetch_plain_parameter(&place, &name).await;
                let place = place.clone();
                tell(DocumentMsg::Stored { place, name, value });
            }
        }
        DocumentEffect::Preview {
            place,
            start,
            document,
        } => tell(DocumentMsg::Previewed {
            token: start.token.clone(),
            preview: foresee(&cloud, &place, &start, &document).await,
        }),
        DocumentEffect::Start {
            place,
            start,
            preview,
            level,
            is_strict,
            touches,
        } => {
            let document = start.document.clone();
            let desk = Desk {
                touches,
                ..desk(place.clone(), is_strict)
            };
            match desk.start(*start, &preview, level).await {
                Ok(id) => tell(DocumentMsg::Began { place, id, document }),
                Err(failure) => refuse(&out, failure),
            }
        }
        DocumentEffect::Watch { place, id } => {
            let mut sights = follow(cloud.clone(), place.clone(), id.clone());
            let mut has_run = false;
            while let Some(sight) = sights.recv().await {
                if let Sight::Seen(seen) = &sight {
                    // One that was over when it was first looked at has ended for somebody else.
                    if seen.is_over() && has_run {
                        desk(place.clone(), false).ended(seen).await;
                    }
                    has_run |= !seen.is_over();
                }
                let id = id.clone();
                tell(DocumentMsg::Seen { id, sight });
            }
        }
        DocumentEffect::Signal {
            place,
            id,
            document,
            signal,
            is_strict,
            touches,
        } => {
            let desk = Desk {
                touches,
                ..desk(place, is_strict)
            };
            match desk.signal(&id, &document, &signal).await {
                Ok(()) => tell(DocumentMsg::Told { id, signal }),
                Err(failure) => refuse(&out, failure),
            }
        }
        DocumentEffect::Stop {
            place,
            id,
            document,
            completes,
        } => match desk(place, false).stop(&id, &document, completes).await {
            Ok(()) => tell(DocumentMsg::Stopped { id, completes }),
            Err(failure) => refuse(&out, failure),
        },
        DocumentEffect::Outputs { place, id, step } => {
            let outputs = outputs(&cloud, &place, &step).await;
            let step = step.name.clone();
            tell(DocumentMsg::Outputs { id, step, outputs });
        }
    }
}

fn refuse(out: &Outbox, failure: Failure) {
    out.send(Msg::Noticed(
        Notice::new(Weight::Bad, failure.cause).hint(failure.hint),
    ));
}

async fn executions(cloud: &Cloud) -> DocumentMsg {
    let places = cloud.places().await;
    let (mut rows, mut failures) = (Vec::new(), places.failed);
    for place in places.found {
        let mut pages = cloud.fetch_executions(&place, None).await;
        let mut here = Vec::new();
        while here.len() < LISTED {
            match pages.next().await {
                Some(Ok(page)) => here.extend(page),
                Some(Err(failure)) => {
                    failures.push(failure);
                    break;
                }
                None => break,
            }
        }
        here.truncate(LISTED);
        rows.extend(here.into_iter().map(|row| (place.clone(), row)));
    }
    DocumentMsg::Executions { rows, failures }
}
