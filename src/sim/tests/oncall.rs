//! What on-call pages ask and change, from outside: each change is seen afterwards, each unknown id is refused in AWS's words.

use serde_json::json;

use super::*;

const FLEET: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1"]

[[instances]]
name = "checkout"
agent = "online"
tags = { env = "test", service = "checkout", "aws:autoscaling:groupName" = "checkout" }

[[instances]]
name = "orders-db"
types = ["r6i.large"]
agent = "online"
tags = { env = "test", service = "postgres" }

[[instances]]
name = "bastion"
agent = "missing"
tags = { env = "test", service = "bastion" }
"#;

fn shop() -> (Sim, Client) {
    shop_of(FLEET, "us-east-1")
}

impl Client {
    async fn query(&self, service: &str, parameters: &str) -> Answer {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.call(service, &headers, parameters).await
    }

    /// The one id of a list, by its machine's name.
    async fn instance(&self, name: &str) -> Answer {
        let by_name = format!("Action=DescribeInstances&Filter.1.Name=tag%3AName&Filter.1.Value.1={name}");
        self.ec2(&by_name).await
    }

    async fn certificate(&self, operation: &str, body: Value) -> Answer {
        self.json("acm", &format!("CertificateManager.{operation}"), body)
            .await
    }
}

#[tokio::test]
async fn a_volume_is_larger_once_it_is_modified_and_a_second_change_waits() {
    let (_sim, client) = shop();
    let found = client.instance("orders-db").await;
    let id = found.all("volumeId").last().unwrap().clone();
    let grow = format!("Action=ModifyVolume&VolumeId={id}");
    let none = client
        .ec2(&format!("Action=DescribeVolumesModifications&VolumeId.1={id}"))
        .await;
    assert_eq!(none.refusal(), (400, "InvalidVolumeModification.NotFound".into()));
    let grown = client
        .ec2(&format!("{grow}&Size=600&Iops=6000&Throughput=250"))
        .await;
    assert_eq!(grown.one("modificationState").as_deref(), Some("modifying"));
    assert_eq!(grown.one("originalSize").as_deref(), Some("500"));
    let seen = client
        .ec2(&format!("Action=DescribeVolumes&VolumeId.1={id}"))
        .await;
    let shape = ["size", "iops", "throughput"].map(|name| seen.one(name).unwrap());
    assert_eq!(shape, ["600", "6000", "250"]);
    for (more, code) in [
        ("&Size=700", "IncorrectModificationState"),
        ("&Size=x", "IncorrectModificationState"),
    ] {
        assert_eq!(
            client.ec2(&format!("{grow}{more}")).await.refusal().1,
            code,
            "{more}"
        );
    }
    let root = found.one("volumeId").unwrap();
    for (more, code) in [
        ("&Size=1", "InvalidParameterValue"),
        ("&VolumeType=gp9", "InvalidParameterValue"),
        ("&VolumeType=gp2&Iops=6000", "InvalidParameterCombination"),
        ("&Iops=3000&Throughput=1000", "InvalidParameterValue"),
    ] {
        let refused = client
            .ec2(&format!("Action=ModifyVolume&VolumeId={root}{more}"))
            .await;
        assert_eq!(refused.refusal().1, code, "{more}");
    }
    let gone = client
        .ec2("Action=ModifyVolume&VolumeId=vol-0123456789abcdef0&Size=9")
        .await;
    assert_eq!(gone.refusal().1, "InvalidVolume.NotFound");
}

#[tokio::test]
async fn a_volume_changes_hands_and_keeps_what_it_is() {
    let (_sim, client) = shop();
    let found = client.instance("orders-db").await;
    let (instance, id) = (
        found.one("instanceId").unwrap(),
        found.all("volumeId").last().unwrap().clone(),
    );
    let before = client
        .ec2(&format!("Action=DescribeVolumes&VolumeId.1={id}"))
        .await;
    let detach = format!("Action=DetachVolume&VolumeId={id}");
    let root = found.one("volumeId").unwrap();
    let refused = client.ec2(&format!("Action=DetachVolume&VolumeId={root}")).await;
    assert_eq!(refused.refusal().1, "OperationNotPermitted");
    assert_eq!(client.ec2(&detach).await.status, 200);
    assert_eq!(client.ec2(&detach).await.refusal().1, "IncorrectState");
    let loose = client
        .ec2(&format!("Action=DescribeVolumes&VolumeId.1={id}"))
        .await;
    assert_eq!(loose.all("status"), ["available"]);
    assert_eq!(loose.one("createTime"), before.one("createTime"));
    let attach = format!("Action=AttachVolume&VolumeId={id}&InstanceId={instance}&Device=");
    let taken = client.ec2(&format!("{attach}/dev/xvda")).await;
    assert_eq!(taken.refusal().1, "InvalidParameterValue");
    assert_eq!(client.ec2(&format!("{attach}/dev/sdg")).await.status, 200);
    let there = client
        .ec2(&format!("Action=DescribeVolumes&VolumeId.1={id}"))
        .await;
    assert_eq!(there.one("device").as_deref(), Some("/dev/sdg"));
    assert_eq!(
        client.ec2(&format!("{attach}/dev/sdh")).await.refusal().1,
        "VolumeInUse"
    );
}

#[tokio::test]
async fn a_snapshot_is_pending_before_it_is_whole() {
    let (_sim, client) = shop();
    let id = client.instance("checkout").await.one("volumeId").unwrap();
    let taken = client
        .ec2(&format!("Action=CreateSnapshot&VolumeId={id}&Description=before"))
        .await;
    assert_eq!(taken.one("status").as_deref(), Some("pending"));
    let pending = "Filter.1.Name=status&Filter.1.Value.1=pending";
    let listed = client.ec2(&format!("Action=DescribeSnapshots&{pending}")).await;
    assert_eq!(listed.all("snapshotId"), taken.all("snapshotId"));
    let gone = client
        .ec2("Action=CreateSnapshot&VolumeId=vol-0123456789abcdef0")
        .await;
    assert_eq!(gone.refusal().1, "InvalidVolume.NotFound");
}

#[tokio::test]
async fn a_reboot_is_seen_in_the_status_checks_and_on_the_console() {
    let (_sim, client) = shop();
    let id = client.instance("checkout").await.one("instanceId").unwrap();
    let status = format!("Action=DescribeInstanceStatus&IncludeAllInstances=true&InstanceId.1={id}");
    assert_eq!(client.ec2(&status).await.all("status")[0], "ok");
    let before = client
        .ec2(&format!("Action=GetConsoleOutput&InstanceId={id}"))
        .await;
    client
        .ec2(&format!("Action=RebootInstances&InstanceId.1={id}"))
        .await;
    assert_eq!(client.ec2(&status).await.all("status")[0], "initializing");
    let after = client
        .ec2(&format!("Action=GetConsoleOutput&InstanceId={id}"))
        .await;
    assert_ne!(before.one("timestamp"), after.one("timestamp"));
    let screen = client
        .ec2(&format!("Action=GetConsoleScreenshot&InstanceId={id}"))
        .await;
    assert!(screen.one("imageData").unwrap().starts_with("/9j/"), "a JPEG");
    for action in [
        "DescribeInstanceStatus&InstanceId.1",
        "GetConsoleOutput&InstanceId",
    ] {
        let gone = client.ec2(&format!("Action={action}=i-0123456789abcdef0")).await;
        assert_eq!(gone.refusal().1, "InvalidInstanceID.NotFound", "{action}");
    }
}

#[tokio::test]
async fn credits_are_chosen_for_burstable_instances_alone() {
    let (_sim, client) = shop();
    let burstable = client.instance("checkout").await.one("instanceId").unwrap();
    let steady = client.instance("orders-db").await.one("instanceId").unwrap();
    let field = |nth: usize, id: &str| {
        format!(
            "&InstanceCreditSpecification.{nth}.InstanceId={id}&InstanceCreditSpecification.{nth}.CpuCredits=standard"
        )
    };
    let both = format!(
        "Action=ModifyInstanceCreditSpecification{}{}",
        field(1, &burstable),
        field(2, &steady)
    );
    let changed = client.ec2(&both).await;
    assert_eq!(
        changed.one("code").as_deref(),
        Some("InstanceCreditSpecification.NotSupported")
    );
    let ask = "Action=DescribeInstanceCreditSpecifications&InstanceId.1=";
    let seen = client.ec2(&format!("{ask}{burstable}")).await;
    assert_eq!(seen.all("cpuCredits"), ["standard"]);
    let refused = client.ec2(&format!("{ask}{steady}")).await;
    assert_eq!(refused.refusal().1, "InstanceCreditSpecification.NotSupported");
}

#[tokio::test]
async fn a_rule_is_added_once_and_taken_away_once() {
    let (_sim, client) = shop();
    let group = client.instance("checkout").await.one("groupId").unwrap();
    let of = |action: &str| {
        format!(
            "Action={action}&GroupId={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443\
             &IpPermissions.1.ToPort=443&IpPermissions.1.IpRanges.1.CidrIp=10.1.0.0%2F16"
        )
    };
    let (add, take) = (
        of("AuthorizeSecurityGroupIngress"),
        of("RevokeSecurityGroupIngress"),
    );
    assert_eq!(client.ec2(&take).await.refusal().1, "InvalidPermission.NotFound");
    let added = client.ec2(&add).await;
    assert_eq!(client.ec2(&add).await.refusal().1, "InvalidPermission.Duplicate");
    let ask = format!("Action=DescribeSecurityGroupRules&Filter.1.Name=group-id&Filter.1.Value.1={group}");
    let listed = client.ec2(&ask).await.all("securityGroupRuleId");
    assert!(listed.contains(&added.one("securityGroupRuleId").unwrap()));
    assert_eq!(client.ec2(&take).await.status, 200);
    assert_eq!(
        client.ec2(&ask).await.all("securityGroupRuleId").len(),
        listed.len() - 1
    );
    let malformed = client.ec2(&add.replace("10.1.0.0", "10.1.0.900")).await;
    assert_eq!(malformed.refusal().1, "InvalidParameterValue");
    let gone = client.ec2(&add.replace(&group, "sg-0123456789abcdef0")).await;
    assert_eq!(gone.refusal().1, "InvalidGroup.NotFound");
}

#[tokio::test]
async fn an_instance_that_gets_a_profile_is_a_managed_node() {
    let (_sim, client) = shop();
    let id = client.instance("bastion").await.one("instanceId").unwrap();
    let nodes = json!({ "Filters": [{ "Key": "InstanceIds", "Values": [id] }] });
    let known = |answer: Answer| {
        let listed = answer.json()["InstanceInformationList"].clone();
        listed.as_array().unwrap().len()
    };
    let before = client.ssm("DescribeInstanceInformation", nodes.clone()).await;
    assert_eq!(known(before), 0);
    let give = format!("Action=AssociateIamInstanceProfile&InstanceId={id}&IamInstanceProfile.Name=managed");
    assert_eq!(client.ec2(&give).await.status, 200);
    assert_eq!(client.ec2(&give).await.refusal().1, "IncorrectState");
    let after = client.ssm("DescribeInstanceInformation", nodes).await;
    assert_eq!(known(after), 1);
    let ask = format!(
        "Action=DescribeIamInstanceProfileAssociations&Filter.1.Name=instance-id&Filter.1.Value.1={id}"
    );
    let arn = client.ec2(&ask).await.one("arn").unwrap();
    assert!(arn.ends_with("instance-profile/managed"), "{arn}");
}

#[tokio::test]
async fn a_target_drains_and_comes_back_and_its_group_keeps_what_it_is_told() {
    let (_sim, client) = shop();
    let listed = client
        .query("elasticloadbalancing", "Action=DescribeTargetGroups")
        .await;
    let group = listed
        .all("TargetGroupArn")
        .into_iter()
        .find(|arn| arn.contains("checkout"))
        .unwrap();
    let id = client.instance("checkout").await.one("instanceId").unwrap();
    let call = |action: &str, more: &str| {
        let parameters = format!("Action={action}&TargetGroupArn={group}{more}");
        let client = client.clone();
        async move { client.query("elasticloadbalancing", &parameters).await }
    };
    let target = format!("&Targets.member.1.Id={id}");
    assert_eq!(call("DescribeTargetHealth", "").await.all("State"), ["healthy"]);
    assert_eq!(call("DeregisterTargets", &target).await.status, 200);
    assert_eq!(
        call("DescribeTargetHealth", &target).await.all("State"),
        ["draining"]
    );
    assert_eq!(
        call("DeregisterTargets", &target).await.refusal().1,
        "InvalidTarget"
    );
    let no_delay =
        "&Attributes.member.1.Key=deregistration_delay.timeout_seconds&Attributes.member.1.Value=0";
    assert_eq!(call("ModifyTargetGroupAttributes", no_delay).await.status, 200);
    assert_eq!(
        call("DescribeTargetHealth", &target).await.all("State"),
        ["unused"]
    );
    assert_eq!(call("RegisterTargets", &target).await.status, 200);
    assert_eq!(
        call("DescribeTargetHealth", &target).await.all("State"),
        ["initial"]
    );
    let strange = "&Attributes.member.1.Key=load_balancing.algorithm.type&Attributes.member.1.Value=any";
    let refused = call("ModifyTargetGroupAttributes", strange).await;
    assert_eq!(refused.refusal().1, "InvalidConfigurationRequest");
    let gone = call("RegisterTargets", "&Targets.member.1.Id=i-0123456789abcdef0").await;
    assert_eq!(gone.refusal().1, "InvalidTarget");
}

#[tokio::test]
async fn a_database_restarts_and_grows_and_its_events_tell_so() {
    let (_sim, client) = shop();
    let call = |parameters: &str| {
        let parameters = format!("Version=2014-10-31&{parameters}");
        let client = client.clone();
        async move { client.query("rds", &parameters).await }
    };
    let of = |name: &str| format!("Action=DescribeDBInstances&DBInstanceIdentifier={name}");
    assert_eq!(
        call(&of("orders-replica"))
            .await
            .one("ReadReplicaSourceDBInstanceIdentifier")
            .as_deref(),
        Some("orders")
    );
    let reboot = "Action=RebootDBInstance&DBInstanceIdentifier=orders-replica";
    assert_eq!(
        call(reboot).await.one("DBInstanceStatus").as_deref(),
        Some("rebooting")
    );
    assert_eq!(call(reboot).await.refusal().1, "InvalidDBInstanceState");
    let events = call("Action=DescribeEvents&SourceType=db-instance&SourceIdentifier=orders-replica").await;
    assert!(events.all("Message").contains(&"DB instance shutdown".to_owned()));
    let grow = "Action=ModifyDBInstance&DBInstanceIdentifier=orders&ApplyImmediately=true&AllocatedStorage=";
    assert_eq!(
        call(&format!("{grow}50")).await.refusal().1,
        "InvalidParameterCombination"
    );
    // Less than a tenth more is a tenth more.
    assert_eq!(
        call(&format!("{grow}101"))
            .await
            .one("AllocatedStorage")
            .as_deref(),
        Some("110")
    );
    assert_eq!(
        call(&of("orders")).await.one("DBInstanceStatus").as_deref(),
        Some("modifying")
    );
    assert_eq!(
        call(&of("nobody")).await.refusal(),
        (404, "DBInstanceNotFound".into())
    );
    let lone = call("Action=DescribeEvents&SourceIdentifier=orders").await;
    assert_eq!(lone.refusal().1, "InvalidParameterCombination");
}

#[tokio::test]
async fn only_a_certificate_that_awaits_a_letter_is_sent_one() {
    let (_sim, client) = shop();
    let listed = client.certificate("ListCertificates", json!({})).await.json();
    let mut answers = Vec::new();
    for one in listed["CertificateSummaryList"].as_array().unwrap() {
        let arn = &one["CertificateArn"];
        let detail = client
            .certificate("DescribeCertificate", json!({ "CertificateArn": arn }))
            .await
            .json();
        let letter = json!({ "CertificateArn": arn, "Domain": one["DomainName"], "ValidationDomain": one["DomainName"] });
        let sent = client.certificate("ResendValidationEmail", letter).await;
        let waits = detail["Certificate"]["RenewalSummary"]["RenewalStatus"] == "PENDING_VALIDATION";
        assert_eq!(sent.status == 200, waits, "{detail}: {}", sent.body);
        answers.push(waits);
    }
    answers.sort_unstable();
    assert_eq!(answers, [false, false, true]);
    let gone = json!({ "CertificateArn": "arn:aws:acm:us-east-1:613489207754:certificate/0" });
    let gone = client.certificate("DescribeCertificate", gone).await;
    assert_eq!(gone.refusal().1, "ResourceNotFoundException");
}

#[tokio::test]
async fn of_instances_without_a_group_auto_scaling_says_nothing() {
    let (_sim, client) = shop();
    let ask = "Action=DescribeAutoScalingInstances&Version=2011-01-01&InstanceIds.member.1=";
    let id = client.instance("checkout").await.one("instanceId").unwrap();
    let found = client.query("autoscaling", &format!("{ask}{id}")).await;
    assert_eq!(found.all("AutoScalingGroupName"), ["checkout"]);
    let lone = client.instance("orders-db").await.one("instanceId").unwrap();
    let none = client.query("autoscaling", &format!("{ask}{lone}")).await;
    assert_eq!((none.status, none.all("InstanceId").len()), (200, 0));
}

#[tokio::test]
async fn one_metric_has_several_statistics_and_no_more_than_a_days_minutes() {
    let (_sim, client) = shop();
    let now = jiff::Timestamp::now().as_second() / 300 * 300;
    let ask = |hours: i64, statistics: &[&str]| {
        json!({
            "Namespace": "AWS/RDS", "MetricName": "FreeStorageSpace", "StartTime": now - hours * 3600, "EndTime": now,
            "Dimensions": [{ "Name": "DBInstanceIdentifier", "Value": "orders" }], "Period": 300, "Statistics": statistics,
        })
    };
    let target = "GraniteServiceVersion20100801.GetMetricStatistics";
    let found = client
        .json("monitoring", target, ask(2, &["Minimum", "Maximum"]))
        .await
        .json();
    let points = found["Datapoints"].as_array().unwrap();
    assert_eq!((points.len(), &points[0]["Unit"]), (24, &json!("Bytes")));
    assert!(
        points
            .iter()
            .all(|point| point["Minimum"].as_f64() <= point["Maximum"].as_f64())
    );
    let many = client.json("monitoring", target, ask(200, &["Sum"])).await;
    assert_eq!(many.refusal().1, "InvalidParameterCombination");
    let none = client.json("monitoring", target, ask(2, &[])).await;
    assert_eq!(none.refusal().1, "MissingParameter");
}

#[tokio::test]
async fn what_is_installed_is_missing_no_more_and_waits_for_a_reboot() {
    let (_sim, client) = shop();
    let id = client.instance("checkout").await.one("instanceId").unwrap();
    let state = || async {
        let asked = client
            .ssm("DescribeInstancePatchStates", json!({ "InstanceIds": [id] }))
            .await;
        asked.json()["InstancePatchStates"][0].clone()
    };
    let before = state().await;
    assert!(
        before["MissingCount"].as_i64() > Some(0) && before["Operation"] == "Scan",
        "{before}"
    );
    let install = json!({
        "DocumentName": "AWS-RunPatchBaseline", "InstanceIds": [id],
        "Parameters": { "Operation": ["Install"], "RebootOption": ["NoReboot"] },
    });
    let sent = client.ssm("SendCommand", install).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let mut after = state().await;
    for _ in 0..100 {
        if after["Operation"] == "Install" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        after = state().await;
    }
    assert_eq!(
        (&after["MissingCount"], &after["InstalledPendingRebootCount"]),
        (&json!(0), &json!(1)),
        "{after}"
    );
    client
        .ec2(&format!("Action=RebootInstances&InstanceId.1={id}"))
        .await;
    assert_eq!(state().await["InstalledPendingRebootCount"], 0);
}
