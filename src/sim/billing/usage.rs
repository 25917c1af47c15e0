//! Everything beside the machines: databases, storage, traffic and the small services, for each region. One
//! of these lines leaks: since some days ago, traffic that should stay inside goes out through a NAT gateway.

use super::{Amount, Day, Draft, LEAK_DAYS, Line, Record, usage_type};

/// One thing that is used every day.
struct Item {
    service: &'static str,
    usage: &'static str,
    operation: &'static str,
    unit: &'static str,
    /// Dollars for one unit.
    price: f64,
    /// Units a day in the first account, all regions together, today.
    daily: f64,
    /// What is left of it on a weekend day.
    weekend: f64,
    team: &'static str,
}

const fn item(
    service: &'static str,
    (usage, operation, unit): (&'static str, &'static str, &'static str),
    (price, daily, weekend): (f64, f64, f64),
    team: &'static str,
) -> Item {
    Item {
        service,
        usage,
        operation,
        unit,
        price,
        daily,
        weekend,
        team,
    }
}

const EC2_OTHER: &str = "EC2 - Other";
const RDS: &str = "Amazon Relational Database Service";
const S3: &str = "Amazon Simple Storage Service";

#[rustfmt::skip]
const REGIONAL: &[Item] = &[
    item(EC2_OTHER, ("EBS:VolumeUsage.gp3", "CreateVolume-Gp3", "GB-Mo"), (0.08, 255.0, 1.0), "platform"),
    item(EC2_OTHER, ("EBS:VolumeUsage.gp2", "CreateVolume-Gp2", "GB-Mo"), (0.10, 100.0, 1.0), "platform"),
    item(EC2_OTHER, ("EBS:SnapshotUsage", "CreateSnapshot", "GB-Mo"), (0.05, 210.0, 1.0), ""),
    item(EC2_OTHER, ("NatGateway-Hours", "NatGateway", "Hrs"), (0.045, 192.0, 1.0), "platform"),
    item(EC2_OTHER, ("NatGateway-Bytes", "NatGateway", "GB"), (0.045, 2100.0, 0.7), "platform"),
    item(EC2_OTHER, ("DataTransfer-Regional-Bytes", "InterZone-In", "GB"), (0.01, 5200.0, 0.8), ""),
    item(EC2_OTHER, ("DataTransfer-Out-Bytes", "RunInstances", "GB"), (0.09, 340.0, 0.75), "web"),
    item(RDS, ("InstanceUsage:db.r6g.2xl", "CreateDBInstance:0021", "Hrs"), (0.83, 96.0, 1.0), "pay"),
    item(RDS, ("RDS:GP3-Storage", "CreateDBInstance:0021", "GB-Mo"), (0.115, 130.0, 1.0), "pay"),
    item(RDS, ("RDS:ChargedBackupUsage", "CreateDBInstance:0021", "GB-Mo"), (0.095, 44.0, 1.0), ""),
    item(S3, ("TimedStorage-ByteHrs", "StandardStorage", "GB-Mo"), (0.023, 1450.0, 1.0), "data"),
    item(S3, ("Requests-Tier1", "PutObject", "Requests"), (0.000005, 4_100_000.0, 0.6), "data"),
    item(S3, ("Requests-Tier2", "GetObject", "Requests"), (0.000_000_4, 31_000_000.0, 0.7), "web"),
    item("Amazon ElastiCache", ("NodeUsage:cache.r6g.large", "CreateCacheCluster:0002", "Hrs"), (0.206, 144.0, 1.0), "platform"),
    item("Amazon DynamoDB", ("ReadRequestUnits", "PayPerRequestThroughput", "ReadRequestUnits"), (0.000_000_25, 74_000_000.0, 0.6), "pay"),
    item("Amazon DynamoDB", ("WriteRequestUnits", "PayPerRequestThroughput", "WriteRequestUnits"), (0.00000125, 9_800_000.0, 0.6), "pay"),
    item("Amazon Elastic Load Balancing", ("LoadBalancerUsage", "LoadBalancing:Application", "Hrs"), (0.0225, 264.0, 1.0), "web"),
    item("Amazon Elastic Load Balancing", ("LCUUsage", "LoadBalancing:Application", "LCU-Hrs"), (0.008, 1900.0, 0.65), "web"),
    item("AmazonCloudWatch", ("CW:MetricMonitorUsage", "MetricStorage", "Metrics"), (0.3, 72.0, 1.0), "platform"),
    item("AmazonCloudWatch", ("DataProcessing-Bytes", "PutLogEvents", "GB"), (0.5, 61.0, 0.7), "platform"),
    item("Amazon Elastic Container Service for Kubernetes", ("AmazonEKS-Hours:perCluster", "CreateOperation", "Hrs"), (0.10, 72.0, 1.0), "platform"),
    item("Amazon OpenSearch Service", ("ESInstance:r6g.large", "ESDomain", "Hrs"), (0.167, 144.0, 1.0), "search"),
    item("Amazon Virtual Private Cloud", ("PublicIPv4:InUseAddress", "RunInstances", "Hrs"), (0.005, 936.0, 1.0), ""),
    item("Amazon Virtual Private Cloud", ("VpcEndpoint-Hours", "VpcEndpoint", "Hrs"), (0.01, 480.0, 1.0), "security"),
    item("AWS Lambda", ("Lambda-GB-Second", "Invoke", "Lambda-GB-Second"), (0.0000166667, 910_000.0, 0.6), "pay"),
    item("AWS Lambda", ("Request", "Invoke", "Requests"), (0.000_000_2, 6_200_000.0, 0.6), "pay"),
    item("Amazon Simple Queue Service", ("Requests-Tier1", "SendMessage", "Requests"), (0.000_000_4, 5_500_000.0, 0.6), "pay"),
    item("Amazon GuardDuty", ("PaidEventsAnalyzed", "CloudTrailEvents", "Events"), (0.000004, 2_600_000.0, 0.9), "security"),
    item("AWS Key Management Service", ("KMS-Requests", "Decrypt", "Requests"), (0.000003, 0.9, 0.5), "security"),
    item("AWS Secrets Manager", ("AWSSecretsManagerAPIRequest", "GetSecretValue", "API Requests"), (0.000005, 41_000.0, 0.8), "security"),
    item("AWS Systems Manager", ("AdvInstances-Hours", "ManagedInstances", "Hrs"), (0.00695, 192.0, 1.0), "platform"),
];

#[rustfmt::skip]
const GLOBAL: &[Item] = &[
    item("Amazon CloudFront", ("EU-DataTransfer-Out-Bytes", "GET", "GB"), (0.085, 980.0, 0.85), "web"),
    item("Amazon CloudFront", ("Requests-Tier2-HTTPS", "GET", "Requests"), (0.000001, 14_000_000.0, 0.85), "web"),
    item("Amazon Route 53", ("DNS-Queries", "A", "Queries"), (0.000_000_4, 11_000_000.0, 0.8), "platform"),
    item("AWS WAF", ("Request", "Default", "Requests"), (0.000_000_6, 14_000_000.0, 0.85), "security"),
    item("AWS Cost Explorer", ("USE1-APIRequest", "GetCostAndUsage", "Requests"), (0.01, 38.0, 1.0), ""),
];

/// How the first account's use is spread over its regions; further regions have little.
const SPREAD: [f64; 5] = [0.44, 0.33, 0.13, 0.08, 0.02];

pub fn write(draft: &mut Draft, account: usize, regions: &[String]) {
    // Later accounts are for trying things out.
    let size = if account == 0 { 1.0 } else { 0.14 };
    for (region, spread) in regions.iter().zip(SPREAD) {
        for item in REGIONAL {
            write_item(draft, account, Some(region), item, item.daily * spread * size);
        }
    }
    for item in GLOBAL {
        write_item(draft, account, None, item, item.daily * size);
    }
}

fn write_item(draft: &mut Draft, account: usize, region: Option<&String>, item: &Item, daily: f64) {
    let env = if account == 0 { "prod" } else { "staging" };
    let mut tags = std::collections::BTreeMap::new();
    if !item.team.is_empty() {
        tags.insert("team".to_owned(), item.team.to_owned());
        tags.insert("env".to_owned(), env.to_owned());
    }
    let line = Line {
        account,
        service: item.service,
        usage_type: region.map_or(item.usage.to_owned(), |region| usage_type(region, item.usage)),
        operation: item.operation,
        region: Some(region.map_or("global", String::as_str).to_owned()),
        record: Record::Usage,
        instance_type: item
            .usage
            .split_once(':')
            .filter(|(what, _)| what.ends_with("Usage") && item.unit == "Hrs")
            .and_then(|(_, size)| size.contains('.').then(|| size.to_owned())),
        platform: None,
        tags,
        resources: Vec::new(),
        unit: item.unit,
        net_per_mille: if account == 0 { 960 } else { 1000 },
        normalized: 0,
    };
    let key = format!("{account}/{}", line.usage_type);
    let leaks = account == 0 && line.usage_type == "EU-NatGateway-Bytes";
    let id = draft.add(line);
    for day in draft.days().collect::<Vec<_>>() {
        // A busy day is busy everywhere.
        let noise = draft.noise(&key, day.date, 0.08) * draft.noise(&account.to_string(), day.date, 0.05);
        let leaked = if leaks { leak(day) } else { 0.0 };
        let quantity = daily * rhythm(day, item.weekend) * noise + leaked;
        let cost = Amount::from_dollars(quantity * item.price * day.share);
        draft.cell(id, day, cost, cost, Amount::from_dollars(quantity * day.share));
    }
}

/// Slow growth over the months, and the weekend.
fn rhythm(day: Day, weekend: f64) -> f64 {
    (1.0 - 0.0008 * f64::from(day.ago)) * if day.weekend { weekend } else { 1.0 }
}

/// Gigabytes a day that a changed image pull policy sends through the gateway: more each day, then all of it.
fn leak(day: Day) -> f64 {
    let since = LEAK_DAYS - day.ago;
    if since < 0 {
        0.0
    } else {
        4_700.0 * (0.4 + 0.2 * f64::from(since)).min(1.0)
    }
}
