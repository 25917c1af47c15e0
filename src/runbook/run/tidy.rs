//! What a crash of an earlier process left running is ended before anything is asked or begun, and what cannot be ended is
//! known: no step is run again beside its own first copy.

use std::collections::BTreeMap;
use std::time::Duration;

use super::event::Event;
use super::target::LOCAL;
use super::{Request, Told, shell};
use crate::aws::Cloud;
use crate::session;

/// How long AWS may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ids of machines where something may still run, and why.
pub(super) type Still = BTreeMap<String, String>;

/// Ends sessions and shells of processes that are gone.
pub(super) async fn tidy(request: &Request, events: &Told) -> Still {
    let mut still = Still::new();
    let mut told = Vec::new();
    for ended in shell::end_left(&request.data_dir).await {
        match ended {
            Ok(()) => told.push("a shell of this machine that a crash had left running is ended".to_owned()),
            Err(why) => drop(still.insert(LOCAL.into(), why)),
        }
    }
    if let Some(cloud) = cloud(request) {
        let left = session::end_left(&cloud, &request.data_dir);
        match tokio::time::timeout(PATIENCE, left).await {
            Ok(left) => {
                for left in left {
                    match left.ended {
                        Ok(()) => told.push(format!(
                            "a session on {} that a crash had left open is ended",
                            left.target
                        )),
                        Err(why) => drop(still.insert(left.target, why)),
                    }
                }
            }
            Err(_) => {
                let why = "AWS did not say in time whether its session is ended";
                let all = request.targets.iter().chain(request.named.values().flatten());
                let far = all.filter(|target| target.far.is_some());
                still.extend(far.map(|target| (target.machine.id.clone(), why.to_owned())));
            }
        }
    }
    for (target, why) in &still {
        told.push(format!(
            "what a crash left running on {target} may still run there: {why}"
        ));
    }
    for says in told {
        let hint = String::new();
        let _ = events.send(Event::Told { says, hint }).await;
    }
    still
}

/// Any that the run knows: it reaches every place.
fn cloud(request: &Request) -> Option<Cloud> {
    let mut all = request.targets.iter().chain(request.named.values().flatten());
    let far = all.find_map(|target| target.far.as_ref());
    let home = || request.terms.home.as_ref().map(|(cloud, _)| cloud.clone());
    far.map(|far| far.cloud.clone()).or_else(home)
}
