use super::*;
use crate::fleet::Node;
use crate::runbook::Page;
use std::path::Path;

pub(super) fn alarm(name: &str) -> Alarm {
    Alarm {
        name: name.into(),
        arn: format!("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:{name}"),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        state: State::Alarm,
        ..Alarm::default()
    }
}

fn metric(name: &str) -> Alarm {
    Alarm {
        metric: Some(name.into()),
        ..alarm("x")
    }
}

fn tagged(key: &str, value: &str) -> Alarm {
    Alarm {
        tags: Some([(key.to_owned(), value.to_owned())].into()),
        ..alarm("web-5xx")
    }
}

/// Metrics of the alarm templates in `ssm-digito-documents`, as a person would sort them.
const LABELLED: [(&str, &str); 4] = [
    (
        "L",
        "ReplicationLatency millisBehindLatest WriteLatency TotalRequestLatency ReplicationLag ReplicaLag \
         MillisBehindLatest Latency LambdaDelivery.Duration IntegrationLatency Duration ReadLatency \
         DBInstanceReplicaLag DBClusterReplicaLagMaximum AuroraReplicaLag TargetResponseTime",
    ),
    (
        "E",
        "UnHealthyHostCount SuccessPercent MountFailures numberOfFailedCheckpoints fullRestarts downtime \
         StatusCheckFailed PacketsDropCount NumberOfRestoreJobsFailed NumberOfCopyJobsFailed NumberOfBackupJobsFailed \
         NumberOfBackupJobsExpired NumberOfBackupJobsAborted MasterLinkHealthStatus KeyAuthorizationFailures \
         LambdaDelivery.DeliveryFailedRecords InputProcessing.ProcessingFailedRecords InputProcessing.DroppedRecords \
         IdleTimeoutCount HealthStatus Errors ErrorPortAllocation ConditionalCheckFailedRequests \
         CommandAuthorizationFailures AuthenticationFailures 5xxErrors 5XXError 4xxErrors 4XXError \
         HTTPCode_Target_5XX_Count StatusCheckFailed_System",
    ),
    (
        "T",
        "VolumeWriteIOPs VolumeWriteBytes VolumeReadIOPs VolumeReadBytes SentMessageSize RequestCountPerTarget \
         NumberOfMessagesSent Invocations Count ConnectionEstablishedCount ConnectionAttemptCount RequestCount \
         BytesOutToDestination NetworkIn",
    ),
    (
        "S",
        "CPUUtilization DatabaseConnections mem_used_percent SwapUsage MemoryUtilization FreeableMemory Evictions \
         CurrConnections ApproximateNumberOfMessagesNotVisible ApproximateAgeOfOldestMessage used_memory_max \
         memory_utilization heapMemoryUtilization disk_used_percent cpuUtilization WriteThrottleEvents VolumeBytesUsed \
         Throttles ReadThrottleEvents PercentageQuotaUsed PercentageDiskSpaceUsed PercentIOLimit \
         PendingReplicationCount NumExceededSchemaQuotas MemoryReservation GPUReservation FreeStorageSpace \
         FreeLocalStorage EngineCPUUtilization DiskQueueDepth DatabaseMemoryUsagePercentage ConcurrentExecutions \
         ConcurrencyScalingSeconds ClientConnections CPUReservation CPUCreditBalance BurstBalance \
         ApproximateNumberOfMessagesVisible",
    ),
];

#[test]
fn metrics_are_sorted_into_the_four_signals_as_a_person_does() {
    let mut wrong = Vec::new();
    for (letter, metrics) in LABELLED {
        for name in metrics.split_whitespace() {
            if metric(name).letter().as_str() != letter {
                wrong.push(format!(
                    "{name}: {} and not {letter}",
                    metric(name).letter().as_str()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for name in ["KPUs", "MaintenanceMode", "DaysToExpiry"] {
        assert_eq!(metric(name).letter(), Letter::Unknown, "{name}");
    }
    assert_eq!(alarm("pay-api-p99").letter(), Letter::Latency);
}

#[test]
fn tags_tell_how_bad_an_alarm_is_before_its_name_does() {
    assert_eq!(tagged("Severity", "sev-2").severity(), Some(Severity::High));
    assert_eq!(tagged("Severity", "SEV2").severity(), Some(Severity::High));
    assert_eq!(tagged("priority", "1").severity(), Some(Severity::Critical));
    assert_eq!(tagged("team", "critical").severity(), None);
    assert_eq!(alarm("disk-full-critical").severity(), Some(Severity::Critical));
    assert_eq!(alarm("highway-1-low").severity(), None);
    let both = Alarm {
        name: "db-critical".into(),
        ..tagged("severity", "low")
    };
    assert_eq!(both.severity(), Some(Severity::Low));
}

#[test]
fn what_is_worst_and_stays_is_looked_at_first_and_what_is_silenced_last() {
    let at = |second| Some(Timestamp::from_second(second).unwrap());
    let mut all = [
        Alarm {
            suppressed: Some("its actions are off".into()),
            ..alarm("a-critical")
        },
        Alarm {
            since: at(10),
            ..alarm("b-older")
        },
        Alarm {
            since: at(20),
            ..alarm("c-younger")
        },
        Alarm {
            flaps: Some(5),
            since: at(30),
            ..alarm("d-flaps")
        },
        alarm("e-info"),
        alarm("f-critical"),
    ];
    all.sort_by(compare);
    let order: String = all.iter().map(|alarm| &alarm.name[..1]).collect();
    assert_eq!(order, "fcbdea");
}

#[test]
fn an_alarm_whose_tags_were_not_asked_for_is_called_so_and_stands_before_what_is_known_to_be_no_worse() {
    let unasked = alarm("disk");
    let (medium, low) = (tagged("severity", "3"), tagged("severity", "4"));
    let silent = tagged("team", "web");
    let told = [&unasked, &medium, &low, &silent].map(Severity::told);
    assert_eq!(told, ["not asked yet", "medium", "low", "-"]);
    let mut all = [low, silent, medium, unasked];
    sort(&mut all);
    assert_eq!((all[0].name.as_str(), Severity::told(&all[3])), ("disk", "low"));
}

#[test]
fn the_target_of_an_alarm_is_what_its_dimensions_are_about() {
    let with = |dimensions: &[(&str, &str)]| Alarm {
        dimensions: dimensions
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect(),
        ..alarm("x")
    };
    let target = |dimensions: &[(&str, &str)]| with(dimensions).target().map(str::to_owned);
    let balancer = [
        ("AvailabilityZone", "eu-west-1a"),
        ("LoadBalancer", "app/payments/50dc6c495c0c9188"),
    ];
    assert_eq!(target(&balancer).as_deref(), Some("payments"));
    let disk = [
        ("path", "/"),
        ("InstanceId", "i-0123456789abcdef0"),
        ("device", "nvme0n1p1"),
    ];
    assert_eq!(target(&disk).as_deref(), Some("i-0123456789abcdef0"));
    assert_eq!(with(&[("InstanceId", "i-web")]).instance_id(), None);
    assert_eq!(target(&[]), None);
}

#[test]
fn variables_and_placeholders_of_a_page_are_filled_from_the_alarm_and_its_instance() {
    let alarm = Alarm {
        dimensions: [
            ("InstanceId".to_owned(), "i-0123456789abcdef0".to_owned()),
            ("LoadBalancer".to_owned(), "app/payments/50dc".to_owned()),
            ("Evil".to_owned(), "a\nb".to_owned()),
        ]
        .into(),
        ..alarm("payments-5xx")
    };
    let mut node = Node::default();
    node.id = crate::fleet::Id("i-0123456789abcdef0".into());
    node.private_ip = Some("10.0.0.7".into());
    let page = "---\nvars:\n  LB: {from: alarm.dimensions.LoadBalancer}\n  IP: {from: target.private_ip}\n  EVIL: {from: alarm.dimensions.Evil}\n  KEY: {secret: ask}\n  N: {default: 3}\n---\n```sh\naws ec2 reboot-instances --instance-ids <instance-id> --region <region>\ndig <host-name>\n```\n";
    let page = Page::parse(Path::new("p.md"), "p.md", page);
    let facts = facts(&alarm, Some(&node));
    let told: Vec<(String, Option<String>)> = known(&page, &facts)
        .into_iter()
        .map(|known| (known.name, known.value))
        .collect();
    let value = |name: &str| {
        told.iter()
            .find(|(known, _)| known == name)
            .and_then(|(_, value)| value.clone())
    };
    assert_eq!(value("LB").as_deref(), Some("app/payments/50dc"));
    // By the name that it is given under, however the page writes it.
    assert_eq!(value("instance_id").as_deref(), None);
    let of = |text: &str| {
        let page = format!("```sh\nkubectl logs {text}\n```\n");
        let page = Page::parse(Path::new("p.md"), "p.md", &page);
        let known = known(&page, &facts).remove(0);
        (known.name, known.value)
    };
    let id = Some("i-0123456789abcdef0".to_owned());
    assert_eq!(of("YOUR_INSTANCE_ID"), ("instance_id".to_owned(), id.clone()));
    assert_eq!(of("[-c <instance-id>]"), ("instance-id".to_owned(), id.clone()));
    assert_eq!(of("<instance-id>"), ("instance-id".to_owned(), id));
    assert_eq!(value("IP").as_deref(), Some("10.0.0.7"));
    assert_eq!(value("N").as_deref(), Some("3"));
    assert_eq!((value("EVIL"), value("KEY")), (None, None));
    assert_eq!(
        value("instance-id").or(value("instance_id")).as_deref(),
        Some("i-0123456789abcdef0")
    );
    assert_eq!(value("region").as_deref(), Some("eu-west-1"), "{told:?}");
}

#[test]
fn the_last_list_comes_back_and_a_broken_one_is_told() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(load(dir.path()).data, None);
    let saved = Saved {
        saved_at: Timestamp::UNIX_EPOCH,
        alarms: vec![alarm("web-5xx")],
    };
    save(dir.path(), &saved).unwrap();
    assert_eq!(load(dir.path()).data, Some(saved));
    std::fs::write(dir.path().join("alarms.json"), "{").unwrap();
    assert!(load(dir.path()).warning.unwrap().contains("alarms.json"));
}
