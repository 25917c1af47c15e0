//! The alarms that Larkfield's people made for what they have in a place: about 25, of which some burn. What burns fits the
//! fleet: an agent is offline where one is, a disk is full where there is a database.

use super::place::{Draft, Past, Site, metric, watch};
use super::{Alarm, Metric, State, Watch, turn};
use crate::sim::fleet::{Instance, Place, Power};

/// An account has about so many in a region.
const ABOUT: usize = 25;

/// The alarms of a place; one without machines has none.
pub fn of(site: &Site<'_>, place: &Place) -> Vec<Alarm> {
    let is_alive = |one: &&Instance| !matches!(one.power, Power::Terminated(_) | Power::Stopped(_));
    let alive: Vec<&Instance> = place.instances.iter().filter(is_alive).collect();
    if alive.is_empty() {
        return Vec::new();
    }
    let mut drafts = balancers(site, place);
    drafts.extend(databases(site, &alive));
    drafts.extend(stores(&alive));
    drafts.extend(network(site, place));
    drafts.extend(hosts(site, &alive));
    drafts.extend(agents(site, place));
    drafts.extend(one_offs(site, &alive));
    let left = ABOUT.saturating_sub(drafts.len());
    drafts.extend(processors(&alive).take(left));
    let mut alarms: Vec<Alarm> = drafts.into_iter().map(|draft| site.finish(draft)).collect();
    turn::judge(&mut alarms, site.ago(11));
    alarms
}

fn service(instance: &Instance) -> &str {
    instance.tags.get("service").map_or("misc", String::as_str)
}

fn summed(metric: Metric) -> Metric {
    Metric {
        statistic: "Sum".into(),
        period_seconds: 60,
        periods: 5,
        breaching: 3,
        missing: "notBreaching",
        ..metric
    }
}

fn balancers(site: &Site<'_>, place: &Place) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let fronts = place
        .estate
        .balancers
        .iter()
        .filter(|one| !one.targets.is_empty());
    for one in fronts.filter(|one| one.kind == "application") {
        // Checkout's balancer carries the payments.
        let is_payments = one.name == "checkout";
        let (prefix, team, severity) = if is_payments {
            ("payments", "pay", "1")
        } else {
            (one.name.as_str(), "web", "2")
        };
        let path = one.dimension();
        let at: &[(&str, &str)] = &[("LoadBalancer", &path)];
        let of = |name: &str, threshold| metric("AWS/ApplicationELB", name, at, threshold);
        let tags: &[(&str, &str)] = &[("team", team), ("severity", severity), ("service", &one.name)];
        let errors = Draft::new(
            format!("{prefix}-alb-5xx"),
            watch(summed(of("HTTPCode_Target_5XX_Count", 50.0))),
        );
        let errors = if is_payments {
            let burns = site.account == 0 && site.nth != 1;
            errors
                .leads("Customers see errors while they pay.", "payments-5xx.md")
                .stands(burns, State::Alarm, 12 + site.nth as u64)
        } else {
            errors.says("5xx of the shop front. Usually a bad deploy: roll back first, then look.")
        };
        drafts.push(errors.tagged(tags));
        let slow = Metric {
            statistic: "p99".into(),
            period_seconds: 60,
            ..of("TargetResponseTime", 1.5)
        };
        drafts.push(
            Draft::new(format!("{prefix}-alb-latency-p99"), watch(slow))
                .says("p99 above 1.5 s for 3 minutes")
                .tagged(tags),
        );
        let unhealthy = Metric {
            statistic: "Maximum".into(),
            ..of("UnHealthyHostCount", 0.0)
        };
        drafts.push(
            Draft::new(format!("{prefix}-alb-unhealthy-hosts"), watch(unhealthy))
                .says("At least one target fails its health check")
                .past(Past::Quiet)
                .tagged(tags),
        );
        if is_payments {
            let rule = r#"ALARM("payments-alb-5xx") OR ALARM("payments-alb-latency-p99")"#;
            drafts.push(
                Draft::new("payments-customer-impact", Watch::Rule(rule.into()))
                    .leads("Somebody cannot pay, whatever the reason.", "payments-5xx.md")
                    .past(Past::Quiet)
                    .tagged(tags),
            );
        }
    }
    drafts
}

fn databases(site: &Site<'_>, alive: &[&Instance]) -> Vec<Draft> {
    let tags: &[(&str, &str)] = &[("team", "data"), ("severity", "1"), ("service", "postgres")];
    let hosts = alive
        .iter()
        .filter(|one| matches!(service(one), "postgres" | "warehouse"));
    let mut drafts: Vec<Draft> = hosts
        .enumerate()
        .map(|(nth, one)| {
            let at: &[(&str, &str)] = &[
                ("InstanceId", &one.id),
                ("path", "/data"),
                ("device", "nvme1n1"),
                ("fstype", "xfs"),
            ];
            let full = Metric {
                comparison: "GreaterThanOrEqualToThreshold",
                ..metric("CWAgent", "disk_used_percent", at, 90.0)
            };
            Draft::new(format!("disk-{}-90", one.name), watch(full))
                .leads(&format!("/data of {} is above 90 %.", one.name), "disk-full.md")
                .tagged(tags)
                .stands(nth == 0, State::Alarm, 47 + 9 * site.nth as u64)
        })
        .collect();
    if alive.iter().any(|one| service(one) == "postgres") {
        let replica: &[(&str, &str)] = &[("DBInstanceIdentifier", "payments-replica-1")];
        let lag = Metric {
            statistic: "Maximum".into(),
            period_seconds: 60,
            ..metric("AWS/RDS", "ReplicaLag", replica, 60.0)
        };
        drafts.push(
            Draft::new("payments-db-replication-lag", watch(lag))
                .leads(
                    "The replica is over a minute behind; reads from it are old.",
                    "postgres-replication-lag.md",
                )
                .tagged(tags)
                .stands(site.nth % 2 == 0, State::Alarm, 26),
        );
        drafts.push(
            Draft::new(
                "payments-db-connections",
                watch(metric("AWS/RDS", "DatabaseConnections", replica, 400.0)),
            )
            .says("More than 400 connections: somebody forgot the pooler again (ask Tomas)")
            .tagged(tags),
        );
    }
    drafts
}

fn stores(alive: &[&Instance]) -> Vec<Draft> {
    let first = |of: &str| alive.iter().find(|one| service(one) == of);
    let mut drafts = Vec::new();
    if let Some(one) = first("redis") {
        let evicted = summed(metric(
            "Larkfield/Redis",
            "EvictedKeys",
            &[("InstanceId", &one.id)],
            1000.0,
        ));
        drafts.push(
            Draft::new("redis-cache-evictions", watch(evicted))
                .says("Cache evicts keys. Flaps whenever the catalogue is reloaded, known since March.")
                .past(Past::Flapping)
                .stands(true, State::Alarm, 6)
                .tagged(&[("team", "platform"), ("severity", "3")]),
        );
    }
    if let Some(one) = first("kafka") {
        let behind = metric(
            "Larkfield/Kafka",
            "UnderReplicatedPartitions",
            &[("InstanceId", &one.id)],
            0.0,
        );
        drafts.push(
            Draft::new("kafka-under-replicated", watch(behind))
                .says("Partitions without all of their replicas. One broker down is fine until morning.")
                .tagged(&[("team", "platform"), ("severity", "2")]),
        );
    }
    if first("search").is_some() {
        let beat = Metric {
            comparison: "LessThanThreshold",
            statistic: "SampleCount".into(),
            ..metric(
                "Larkfield/Search",
                "IndexerHeartbeat",
                &[("Cluster", "search")],
                1.0,
            )
        };
        let mut draft = Draft::new("search-indexer-heartbeat", watch(beat))
            .says("The indexer says nothing")
            .stands(true, State::Unknown, 95)
            .tagged(&[("team", "search"), ("severity", "3")]);
        draft.partial = true;
        drafts.push(draft);
    }
    drafts
}

fn network(site: &Site<'_>, place: &Place) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = place
        .estate
        .nats
        .iter()
        .enumerate()
        .map(|(nth, nat)| {
            let hourly = Metric {
                statistic: "Sum".into(),
                period_seconds: 3_600,
                ..metric(
                    "AWS/NATGateway",
                    "BytesOutToDestination",
                    &[("NatGatewayId", &nat.id)],
                    4e9,
                )
            };
            Draft::new(format!("nat-gateway-bytes-{}", nth + 1), watch(hourly))
                .leads("Much more than last week goes out.", "nat-gateway-traffic.md")
                .stands(nth == 0 && site.nth % 3 == 0, State::Alarm, 19 * 60)
                .tagged(&[("team", "platform"), ("severity", "3")])
        })
        .collect();
    let certificate = format!(
        "arn:aws:acm:{}:{}:certificate/7c1d0e52-93b4-4a0f-8a55-0e5f1f2c6b31",
        site.region, site.account_id
    );
    let days = Metric {
        comparison: "LessThanOrEqualToThreshold",
        statistic: "Minimum".into(),
        period_seconds: 86_400,
        periods: 1,
        breaching: 1,
        ..metric(
            "AWS/CertificateManager",
            "DaysToExpiry",
            &[("CertificateArn", &certificate)],
            14.0,
        )
    };
    drafts.push(
        Draft::new("certificate-expiry-shop", watch(days))
            .leads(
                "shop.larkfield.example ends within two weeks",
                "certificate-expiry.md",
            )
            .past(Past::Quiet)
            .stands(site.nth % 3 == 1, State::Alarm, 3 * 1_440)
            .tagged(&[("team", "security"), ("severity", "2")]),
    );
    drafts
}

fn hosts(site: &Site<'_>, alive: &[&Instance]) -> Vec<Draft> {
    let owned = |one: &Instance| {
        let team = one.tags.get("team").map_or("nobody", String::as_str).to_owned();
        [("team".to_owned(), team), ("severity".to_owned(), "2".to_owned())]
    };
    let check = |(nth, one): (usize, &&Instance)| {
        let failed = Metric {
            statistic: "Maximum".into(),
            period_seconds: 60,
            periods: 2,
            breaching: 2,
            comparison: "GreaterThanOrEqualToThreshold",
            ..metric("AWS/EC2", "StatusCheckFailed", &[("InstanceId", &one.id)], 1.0)
        };
        let mut draft = Draft::new(format!("{}-status-check", one.name), watch(failed))
            .says("EC2 status check failed. Reboot once; if it fails again, stop and start it to move it to other hardware.")
            .past(Past::Quiet)
            .stands(nth == 0 && site.nth % 2 == 1, State::Alarm, 38);
        draft.tags.extend(owned(one));
        draft
    };
    let mut drafts: Vec<Draft> = alive.iter().rev().take(3).enumerate().map(check).collect();
    for one in alive
        .iter()
        .filter(|one| one.size.name().starts_with("g5"))
        .take(1)
    {
        let idle = Metric {
            comparison: "LessThanThreshold",
            period_seconds: 3_600,
            periods: 12,
            breaching: 12,
            ..metric(
                "CWAgent",
                "nvidia_smi_utilization_gpu",
                &[("InstanceId", &one.id)],
                3.0,
            )
        };
        drafts.push(
            Draft::new(format!("{}-idle", one.name), watch(idle))
                .leads("A GPU that computes nothing.", "idle-gpu-instance.md")
                .stands(true, State::Alarm, 4 * 1_440)
                .tagged(&[("team", "ml"), ("severity", "3")]),
        );
    }
    drafts
}

/// One for each node whose agent went away, as many as two, and one for a node whose agent is there.
fn agents(site: &Site<'_>, place: &Place) -> Vec<Draft> {
    let machines = place
        .instances
        .iter()
        .filter(|one| matches!(one.power, Power::Running));
    let machines = machines.filter_map(|one| Some((&one.id, &one.name, one.agent.as_ref()?)));
    let hybrids = place.hybrids.iter().map(|one| (&one.id, &one.name, &one.agent));
    let (there, gone): (Vec<_>, Vec<_>) = machines.chain(hybrids).partition(|(_, _, agent)| agent.online);
    let chosen = gone.iter().take(2).chain(there.iter().take(1));
    chosen
        .map(|(id, name, agent)| {
            let silent = Metric {
                comparison: "LessThanThreshold",
                missing: "breaching",
                ..metric("Larkfield/SSM", "AgentPing", &[("InstanceId", id)], 1.0)
            };
            let minutes = site
                .now
                .duration_since(agent.lost_at)
                .as_mins()
                .clamp(30, 40 * 1_440);
            Draft::new(format!("{name}-agent-offline"), watch(silent))
                .leads("No session opens.", "agent-offline.md")
                .past(Past::Quiet)
                .stands(!agent.online, State::Alarm, minutes.unsigned_abs())
                .tagged(&[("team", "platform"), ("severity", "3")])
        })
        .collect()
}

fn one_offs(site: &Site<'_>, alive: &[&Instance]) -> Vec<Draft> {
    let first = alive[0];
    let made_by_hand = Draft::new(
        format!("awsec2-{}-GreaterThanOrEqualToThreshold-CPUUtilization", first.id),
        watch(Metric {
            comparison: "GreaterThanOrEqualToThreshold",
            periods: 1,
            breaching: 1,
            ..metric("AWS/EC2", "CPUUtilization", &[("InstanceId", &first.id)], 85.0)
        }),
    )
    .says("Created from EC2 Console")
    .stands(site.nth == 0, State::Alarm, 63);
    let query = Metric {
        query: Some(r#"SELECT MAX(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId) GROUP BY InstanceId ORDER BY MAX() DESC"#.into()),
        contributors: alive.iter().take(3).map(|one| ("InstanceId".to_owned(), one.id.clone())).collect(),
        ..metric("AWS/EC2", "CPUUtilization", &[], 97.0)
    };
    let mut hottest = Draft::new("fleet-hottest-cpu", watch(query))
        .says("Any machine above 97 % for a quarter of an hour")
        .stands(site.account == 0 && site.nth == 2, State::Alarm, 21)
        .tagged(&[("team", "platform"), ("severity", "3")]);
    // Muted while a load test goes on, which is not the same as healthy.
    hottest.acts = site.nth != 2;
    let mut drafts = vec![made_by_hand, hottest];
    if alive.iter().any(|one| service(one) == "settlement") {
        let late = metric("Larkfield/Settlement", "MinutesLate", &[("Job", "정산")], 30.0);
        drafts.push(
            Draft::new("결제-정산-지연", watch(late))
                .says("정산 배치가 30분 넘게 늦어지고 있습니다. 담당: 김서연")
                .tagged(&[("team", "pay"), ("severity", "2")]),
        );
    }
    drafts
}

fn processors<'a>(alive: &'a [&Instance]) -> impl Iterator<Item = Draft> + 'a {
    alive.iter().skip(1).map(|one| {
        let busy = Metric {
            periods: 6,
            breaching: 5,
            ..metric("AWS/EC2", "CPUUtilization", &[("InstanceId", &one.id)], 92.0)
        };
        let team = one.tags.get("team").map_or("nobody", String::as_str);
        Draft::new(format!("{}-cpu-high", one.name), watch(busy))
            .says(format!("CPU of {} above 92 % for half an hour", one.name))
            .tagged(&[("team", team), ("severity", "3")])
    })
}
