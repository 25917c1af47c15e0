//! The way to AWS: proxy and certificates, who the credentials are, this machine's clock, and whether the
//! endpoints of each region answer.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use super::super::Context;
use super::check::{Check, Mark};
use crate::aws::{Address, Cloud, Place};
use crate::fleet::Node;
use crate::net::{Answer, Error};

/// AWS refuses signatures that are five minutes off.
const REFUSED_SECONDS: i64 = 300;
const WORTH_SAYING_SECONDS: i64 = 60;
const PROBE_WITHIN: Duration = Duration::from_secs(6);

type Probed = (Address, Result<Answer, Error>);

/// Of every place, or only of the one that a target is in.
pub async fn look(context: &Context, cloud: &Cloud, node: Option<&Node>) -> Vec<Check> {
    let places = match node {
        Some(node) => vec![Place {
            profile: node.profile.clone(),
            region: node.region.clone(),
        }],
        None => cloud.places().await.found,
    };
    let mut checks = vec![network(context)];
    let profiles: BTreeSet<&str> = places.iter().map(|place| place.profile.as_str()).collect();
    if places.is_empty() {
        let none = cloud.places().await.failed;
        checks.extend(
            none.into_iter()
                .map(|failure| Check::new(Mark::Bad, "regions", failure.cause).hint(failure.hint)),
        );
    }
    checks.extend(join_all(profiles.iter().map(|profile| credentials(cloud, profile))).await);
    // Two profiles may share a region.
    let mut seen = BTreeSet::new();
    let regions = places.iter().filter(|place| seen.insert(place.region.clone()));
    let probed = join_all(regions.map(|place| async move {
        let addresses = cloud.addresses(place).await;
        let network = cloud.network();
        let answers = join_all(addresses.into_iter().map(|address| async move {
            let answer = network.probe(&address.url, PROBE_WITHIN).await;
            (address, answer)
        }));
        (place.region.clone(), answers.await)
    }))
    .await;
    checks.push(clock(&probed));
    for (region, answers) in &probed {
        checks.extend(endpoints(cloud, region, answers));
    }
    checks
}

fn network(context: &Context) -> Check {
    let rules = context.network.rules();
    let mut says = match rules.choose(true, "ssm.amazonaws.com", 443) {
        Some(proxy) => format!("by the proxy {proxy}"),
        None => "direct, no proxy".to_owned(),
    };
    if let Some(bundle) = context.network.bundle() {
        says.push_str(&format!("; certificates of {} are trusted too", bundle.display()));
    }
    Check::new(Mark::Ok, "network", says)
}

async fn credentials(cloud: &Cloud, profile: &str) -> Check {
    let what = format!("credentials {profile}");
    match cloud.identity(profile).await {
        Ok(identity) => Check::new(
            Mark::Ok,
            what,
            format!("{} in account {}", identity.arn, identity.account),
        ),
        Err(failure) => Check::new(Mark::Bad, what, failure.cause).hint(failure.hint),
    }
}

fn clock(probed: &[(String, Vec<Probed>)]) -> Check {
    let what = "clock";
    let offs = probed
        .iter()
        .flat_map(|(_, answers)| answers)
        .filter_map(|(_, answer)| answer.as_ref().ok()?.ahead_seconds);
    // The smallest of all: a slow answer looks like a clock that is behind.
    let Some(off) = offs.min_by_key(|off| off.abs()) else {
        return Check::new(Mark::Skip, what, "no endpoint told the time");
    };
    let says = match off.abs() {
        0..=WORTH_SAYING_SECONDS => "agrees with AWS's".to_owned(),
        seconds => format!(
            "is {seconds} s {} AWS's",
            if off > 0 { "behind" } else { "ahead of" }
        ),
    };
    let hint = "set the clock: timedatectl set-ntp true; AWS refuses what is signed five minutes off";
    match off.abs() {
        0..=WORTH_SAYING_SECONDS => Check::new(Mark::Ok, what, says),
        seconds if seconds < REFUSED_SECONDS => Check::new(Mark::Warn, what, says).hint(hint),
        _ => Check::new(Mark::Bad, what, says).hint(hint),
    }
}

/// One line for those that answer, one for each that does not.
fn endpoints(cloud: &Cloud, region: &str, answers: &[Probed]) -> Vec<Check> {
    let mut good = Vec::new();
    let mut checks = Vec::new();
    for (address, answer) in answers {
        match answer {
            Ok(answer) => good.push(format!("{} {} ms", address.service, answer.took.as_millis())),
            Err(error) => {
                let way = cloud.network().rules().choose(true, &address.host(), 443);
                let way = match way {
                    Some(_) if error.says.contains("the proxy") => String::new(),
                    Some(proxy) => format!(" (by the proxy {})", proxy.place()),
                    None => String::new(),
                };
                checks.push(
                    Check::new(
                        Mark::Bad,
                        format!("{} {region}", address.service),
                        format!("{}{way}", error.says),
                    )
                    .hint(error.hint.clone()),
                );
            }
        }
    }
    if !good.is_empty() {
        let line = Check::new(
            Mark::Ok,
            format!("endpoints {region}"),
            format!("answer: {}", good.join(", ")),
        );
        checks.insert(0, line);
    }
    checks
}
