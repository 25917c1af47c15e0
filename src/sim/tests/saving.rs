//! What pages about costs change, from outside: what cannot be undone is refused for AWS's reasons, and the rest is seen afterwards.

use serde_json::json;

use super::*;

const FLEET: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["eu-west-1", "eu-central-1"]

[[instances]]
name = "web"
regions = ["eu-west-1"]
types = ["m5.large"]
public = true
agent = "online"
tags = { env = "test", service = "web", "aws:autoscaling:groupName" = "webs" }

[[instances]]
name = "far"
regions = ["eu-central-1"]
agent = "online"
tags = { env = "test", service = "far" }
"#;

fn shop() -> (Sim, Client) {
    shop_of(FLEET, "eu-west-1")
}

impl Client {
    /// The code of the refusal of an EC2 call.
    async fn refused(&self, parameters: &str) -> String {
        self.ec2(parameters).await.refusal().1
    }

    async fn done(&self, parameters: &str) -> Answer {
        let answer = self.ec2(parameters).await;
        assert_eq!(answer.status, 200, "{parameters}: {}", answer.body);
        answer
    }

    /// Asks until the answer has it.
    async fn until(&self, parameters: &str, shows: &str) {
        for _ in 0..100 {
            if self.done(parameters).await.body.contains(shows) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{parameters} never showed {shows}");
    }
}

#[tokio::test]
async fn only_a_stopped_instance_changes_its_type_and_never_its_architecture() {
    let (_sim, client) = shop();
    let id = client
        .done("Action=DescribeInstances")
        .await
        .one("instanceId")
        .unwrap();
    let modify =
        |size: &str| format!("Action=ModifyInstanceAttribute&InstanceId={id}&InstanceType.Value={size}");
    assert_eq!(
        client.refused(&modify("m6i.large")).await,
        "IncorrectInstanceState"
    );
    client
        .done(&format!("Action=StopInstances&InstanceId.1={id}"))
        .await;
    let see = format!("Action=DescribeInstances&InstanceId.1={id}");
    client.until(&see, "<name>stopped<").await;
    assert_eq!(
        client.refused(&modify("m7g.large")).await,
        "InvalidParameterValue"
    );
    assert_eq!(
        client.refused(&modify("m9.huge")).await,
        "InvalidInstanceAttributeValue"
    );
    client.done(&modify("t3.large")).await;
    let seen = client.done(&see).await;
    assert_eq!(seen.one("instanceType").as_deref(), Some("t3.large"));
    let credits = format!("Action=DescribeInstanceCreditSpecifications&InstanceId.1={id}");
    assert_eq!(
        client.done(&credits).await.one("cpuCredits").as_deref(),
        Some("unlimited")
    );
}

#[tokio::test]
async fn a_terminated_instance_leaves_its_image_its_snapshots_and_a_free_address() {
    let (_sim, client) = shop();
    let found = client.done("Action=DescribeInstances").await;
    let [id, subnet, volume] = ["instanceId", "subnetId", "volumeId"].map(|name| found.one(name).unwrap());
    let create = format!("Action=CreateImage&InstanceId={id}&Name=kept");
    let image = client.done(&create).await.one("imageId").unwrap();
    assert_eq!(client.refused(&create).await, "InvalidAMIName.Duplicate");
    let run = |image: &str, size: &str| {
        format!(
            "Action=RunInstances&ImageId={image}&InstanceType={size}&SubnetId={subnet}&MinCount=1&MaxCount=1"
        )
    };
    assert_eq!(
        client.refused(&run(&image, "m5.large")).await,
        "InvalidAMIID.Unavailable"
    );
    let see = format!("Action=DescribeImages&ImageId.1={image}");
    client.until(&see, "<imageState>available<").await;
    let snapshot = client.done(&see).await.one("snapshotId").unwrap();
    let delete = format!("Action=DeleteSnapshot&SnapshotId={snapshot}");
    assert_eq!(client.refused(&delete).await, "InvalidSnapshot.InUse");
    client
        .done(&format!("Action=TerminateInstances&InstanceId.1={id}"))
        .await;
    let addresses = client.done("Action=DescribeAddresses").await;
    assert_eq!(addresses.one("instanceId"), None);
    let gone = format!("Action=DescribeVolumes&VolumeId.1={volume}");
    assert_eq!(client.refused(&gone).await, "InvalidVolume.NotFound");
    assert_eq!(
        client.refused(&run(&image, "m7g.large")).await,
        "InvalidParameterValue"
    );
    let made = client.done(&run(&image, "m5.large")).await;
    assert_eq!(made.one("name").as_deref(), Some("pending"));
    let made = format!(
        "Action=DescribeInstances&InstanceId.1={}",
        made.one("instanceId").unwrap()
    );
    client.until(&made, "<name>running<").await;
}

#[tokio::test]
async fn a_deleted_snapshot_lies_in_the_bin_and_an_archived_one_stays() {
    let (_sim, client) = shop();
    let all = client.done("Action=DescribeSnapshots&Owner.1=self").await;
    let (ids, says) = (all.all("snapshotId"), all.all("description"));
    let orphan = &ids[says.iter().position(|says| says == "do not delete").unwrap()];
    let archive = format!("Action=ModifySnapshotTier&SnapshotId={orphan}&StorageTier=archive");
    client.done(&archive).await;
    assert_eq!(client.refused(&archive).await, "IncorrectState");
    let see = format!("Action=DescribeSnapshots&SnapshotId.1={orphan}");
    client.until(&see, "<storageTier>archive<").await;
    let delete = format!("Action=DeleteSnapshot&SnapshotId={orphan}");
    client.done(&delete).await;
    assert_eq!(client.refused(&delete).await, "InvalidSnapshot.NotFound");
    let rules = client
        .rest(
            "rbin",
            ("POST", "/list-rules"),
            json!({ "ResourceType": "EBS_SNAPSHOT" }),
        )
        .await
        .json();
    assert_eq!(rules["Rules"][0]["RetentionPeriod"]["RetentionPeriodValue"], 7);
    let restore = format!("Action=RestoreSnapshotFromRecycleBin&SnapshotId={orphan}");
    client.done(&restore).await;
    assert_eq!(client.done(&see).await.one("snapshotId").as_ref(), Some(orphan));
    assert_eq!(client.refused(&restore).await, "InvalidSnapshot.NotFound");
}

#[tokio::test]
async fn an_address_is_released_once_it_is_free_and_comes_back_for_a_while() {
    let (_sim, client) = shop();
    let found = client.done("Action=DescribeAddresses").await;
    let (id, association) = (
        found.one("allocationId").unwrap(),
        found.one("associationId").unwrap(),
    );
    let ip = found.one("publicIp").unwrap();
    let release = format!("Action=ReleaseAddress&AllocationId={id}");
    assert_eq!(client.refused(&release).await, "InvalidIPAddress.InUse");
    let take_off = format!("Action=DisassociateAddress&AssociationId={association}");
    client.done(&take_off).await;
    assert_eq!(client.refused(&take_off).await, "InvalidAssociationID.NotFound");
    let machine = client.done("Action=DescribeInstances").await;
    assert_eq!(machine.one("ipAddress"), None);
    let allocate = format!("Action=AllocateAddress&Domain=vpc&Address={ip}");
    assert_eq!(client.refused(&allocate).await, "InvalidParameterValue");
    client.done(&release).await;
    assert_eq!(client.done(&allocate).await.one("publicIp"), Some(ip));
    let interface = machine.one("networkInterfaceId").unwrap();
    let modify = format!(
        "Action=ModifyNetworkInterfaceAttribute&NetworkInterfaceId={interface}&AssociatePublicIpAddress="
    );
    client.done(&format!("{modify}true")).await;
    let given = client.done("Action=DescribeInstances").await;
    assert_eq!(given.one("ipOwnerId").as_deref(), Some("amazon"));
    client.done(&format!("{modify}false")).await;
    assert_eq!(
        client.done("Action=DescribeInstances").await.one("ipAddress"),
        None
    );
}

#[tokio::test]
async fn a_gateway_that_is_deleted_leaves_a_black_hole_and_an_endpoint_a_route() {
    let (sim, _) = shop();
    let client = Client::new(&sim, 0, "eu-central-1");
    let tables = client.done("Action=DescribeRouteTables").await;
    let (table, vpc) = (tables.one("routeTableId").unwrap(), tables.one("vpcId").unwrap());
    for nat in client
        .done("Action=DescribeNatGateways")
        .await
        .all("natGatewayId")
    {
        let delete = format!("Action=DeleteNatGateway&NatGatewayId={nat}");
        client.done(&delete).await;
        assert_eq!(client.refused(&delete).await, "NatGatewayNotFound");
    }
    let by_nat = "Action=DescribeRouteTables&Filter.1.Name=route.nat-gateway-id&Filter.1.Value.1=nat-*";
    assert!(
        client
            .done(by_nat)
            .await
            .all("state")
            .contains(&"blackhole".to_owned())
    );
    let endpoint = |service: &str| {
        format!(
            "Action=CreateVpcEndpoint&VpcEndpointType=Gateway&VpcId={vpc}&ServiceName={service}&RouteTableId.1={table}"
        )
    };
    assert_eq!(
        client.refused(&endpoint("com.amazonaws.eu-central-1.sqs")).await,
        "InvalidServiceName"
    );
    let made = client.done(&endpoint("com.amazonaws.eu-central-1.s3")).await;
    assert_eq!(
        client.refused(&endpoint("com.amazonaws.eu-central-1.s3")).await,
        "RouteAlreadyExists"
    );
    let id = made.one("vpcEndpointId").unwrap();
    assert!(
        client
            .done("Action=DescribeRouteTables")
            .await
            .all("gatewayId")
            .contains(&id)
    );
    let delete = format!("Action=DeleteVpcEndpoints&VpcEndpointId.1={id}");
    assert_eq!(client.done(&delete).await.one("code"), None);
    assert_eq!(
        client.done(&delete).await.one("code").as_deref(),
        Some("InvalidVpcEndpoint.NotFound")
    );
}

#[tokio::test]
async fn flow_logs_go_to_a_bucket_that_is_there_and_only_once() {
    let (_sim, client) = shop();
    let vpc = client
        .done("Action=DescribeInstances")
        .await
        .one("vpcId")
        .unwrap();
    let create = |vpc: &str, bucket: &str| {
        format!(
            "Action=CreateFlowLogs&ResourceType=VPC&ResourceId.1={vpc}&TrafficType=ALL&LogDestinationType=s3\
             &LogDestination=arn:aws:s3:::{bucket}"
        )
    };
    for (vpc, bucket, code) in [
        ("vpc-00000000", "run-output-613489207754", "InvalidVpcId.NotFound"),
        (vpc.as_str(), "nobodys", "400"),
    ] {
        let answer = client.done(&create(vpc, bucket)).await;
        assert_eq!(answer.one("code").as_deref(), Some(code));
    }
    let whole = create(&vpc, "run-output-613489207754");
    client.done(&whole).await;
    assert_eq!(
        client.done(&whole).await.one("code").as_deref(),
        Some("FlowLogAlreadyExists")
    );
    let id = client
        .done("Action=DescribeFlowLogs")
        .await
        .one("flowLogId")
        .unwrap();
    client
        .done(&format!("Action=DeleteFlowLogs&FlowLogId.1={id}"))
        .await;
    assert_eq!(
        client.done("Action=DescribeFlowLogs").await.one("flowLogId"),
        None
    );
}

#[tokio::test]
async fn a_volume_in_use_stays_and_a_loose_one_goes_and_comes_back_from_a_snapshot() {
    let (_sim, client) = shop();
    let used = client
        .done("Action=DescribeInstances")
        .await
        .one("volumeId")
        .unwrap();
    assert_eq!(
        client
            .refused(&format!("Action=DeleteVolume&VolumeId={used}"))
            .await,
        "VolumeInUse"
    );
    let loose = "Action=DescribeVolumes&Filter.1.Name=status&Filter.1.Value.1=available";
    let found = client.done(loose).await;
    let (id, gib) = (found.one("volumeId").unwrap(), found.one("size").unwrap());
    let snapshot = client.done(&format!("Action=CreateSnapshot&VolumeId={id}")).await;
    let snapshot = snapshot.one("snapshotId").unwrap();
    let delete = format!("Action=DeleteVolume&VolumeId={id}");
    client.done(&delete).await;
    assert_eq!(client.refused(&delete).await, "InvalidVolume.NotFound");
    let create = |zone: &str| {
        format!("Action=CreateVolume&SnapshotId={snapshot}&AvailabilityZone={zone}&VolumeType=gp3")
    };
    assert_eq!(
        client.refused(&create("eu-west-1z")).await,
        "InvalidZone.NotFound"
    );
    assert_eq!(client.done(&create("eu-west-1a")).await.one("size"), Some(gib));
}

#[tokio::test]
async fn logs_are_kept_for_days_that_aws_knows_and_exported_one_task_at_a_time() {
    let (_sim, client) = shop();
    let ask = async |operation: &str, body: Value| {
        let target = format!("Logs_20140328.{operation}");
        client.json("logs", &target, body).await
    };
    let put = |days: u32| json!({ "logGroupName": "/ec2/web", "retentionInDays": days });
    assert_eq!(
        ask("PutRetentionPolicy", put(2)).await.refusal().1,
        "InvalidParameterException"
    );
    assert_eq!(ask("PutRetentionPolicy", put(90)).await.status, 200);
    let seen = ask("DescribeLogGroups", json!({})).await.json();
    assert_eq!(seen["logGroups"][0]["retentionInDays"], 90);
    let absent = ask("DeleteRetentionPolicy", json!({ "logGroupName": "/none" })).await;
    assert_eq!(absent.refusal().1, "ResourceNotFoundException");
    let export = |bucket: &str| json!({ "logGroupName": "/ec2/web", "from": 0, "to": 1_000, "destination": bucket, "destinationPrefix": "p" });
    let nowhere = ask("CreateExportTask", export("nobodys")).await;
    assert_eq!(nowhere.refusal().1, "InvalidParameterException");
    let bucket = "run-output-613489207754";
    assert_eq!(ask("CreateExportTask", export(bucket)).await.status, 200);
    let second = ask("CreateExportTask", export(bucket)).await;
    assert_eq!(second.refusal().1, "LimitExceededException");
    let tasks = ask("DescribeExportTasks", json!({})).await.json();
    assert_eq!(tasks["exportTasks"][0]["status"]["code"], "RUNNING");
}

#[tokio::test]
async fn a_schedule_takes_a_role_that_scheduler_may_take_and_a_name_that_is_free() {
    let (_sim, client) = shop();
    let said = |role: &str, when: &str| {
        json!({
            "ScheduleExpression": when, "ScheduleExpressionTimezone": "Europe/Berlin",
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "Target": {
                "Arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances",
                "RoleArn": format!("arn:aws:iam::613489207754:role/{role}"),
            },
        })
    };
    let at = ("POST", "/schedules/stop-web");
    let evening = "cron(0 20 ? * MON-FRI *)";
    for (role, when) in [("web-instance", evening), ("office-hours", "cron(0 20 *)")] {
        let refused = client.rest("scheduler", at, said(role, when)).await;
        assert_eq!(refused.refusal(), (400, "ValidationException".into()));
        assert!(
            refused
                .head
                .to_lowercase()
                .contains("x-amzn-errortype: validationexception")
        );
    }
    assert_eq!(
        client
            .rest("scheduler", at, said("office-hours", evening))
            .await
            .status,
        200
    );
    let again = client.rest("scheduler", at, said("office-hours", evening)).await;
    assert_eq!(again.refusal(), (409, "ConflictException".into()));
    let seen = client.rest("scheduler", ("GET", at.1), json!({})).await.json();
    assert_eq!(
        (&seen["State"], &seen["ScheduleExpression"]),
        (&json!("ENABLED"), &json!(evening))
    );
    assert_eq!(
        client.rest("scheduler", ("DELETE", at.1), json!({})).await.status,
        200
    );
    let gone = client.rest("scheduler", ("DELETE", at.1), json!({})).await;
    assert_eq!(gone.refusal(), (404, "ResourceNotFoundException".into()));
    let role = |name: &str| format!("Action=GetRole&Version=2010-05-08&RoleName={name}");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let found = client.call("iam", &headers, &role("office-hours")).await;
    assert_eq!(
        found.one("Arn").as_deref(),
        Some("arn:aws:iam::613489207754:role/office-hours")
    );
    let none = client.call("iam", &headers, &role("none")).await;
    assert_eq!(none.refusal(), (404, "NoSuchEntity".into()));
}

#[tokio::test]
async fn a_plan_is_bought_from_an_offering_and_the_bill_of_today_stays() {
    let sim = start(FleetSpec::demo(), "");
    let client = Client::new(&sim, 0, "us-east-1");
    let advice = json!({
        "SavingsPlansType": "COMPUTE_SP", "TermInYears": "ONE_YEAR", "PaymentOption": "NO_UPFRONT",
        "LookbackPeriodInDays": "THIRTY_DAYS",
    });
    let advised = client
        .ce("GetSavingsPlansPurchaseRecommendation", advice)
        .await
        .json();
    let summary = &advised["SavingsPlansPurchaseRecommendation"]["SavingsPlansPurchaseRecommendationSummary"];
    let number = |name: &str| -> f64 { summary[name].as_str().unwrap().parse().unwrap() };
    let hourly = number("HourlyCommitmentToPurchase");
    assert!(
        hourly > 0.0 && (number("DailyCommitmentToPurchase") - hourly * 24.0).abs() < 0.02,
        "{summary}"
    );
    assert!(
        number("EstimatedTotalCost") < number("CurrentOnDemandSpend"),
        "{summary}"
    );
    let ask = async |operation: &str, body: Value| {
        let path = format!("/{operation}");
        client.rest("savingsplans", ("POST", &path), body).await
    };
    let offers = ask(
        "DescribeSavingsPlansOfferings",
        json!({ "planTypes": ["Compute"], "durations": [31_536_000], "paymentOptions": ["No Upfront"] }),
    )
    .await
    .json();
    assert_eq!(offers["searchResults"].as_array().unwrap().len(), 1);
    let offer = &offers["searchResults"][0]["offeringId"];
    let buy = |offer: &Value, dollars: &str| json!({ "savingsPlanOfferingId": offer, "commitment": dollars });
    let none = ask("CreateSavingsPlan", buy(&json!("none"), "1")).await;
    assert_eq!(none.refusal(), (404, "ResourceNotFoundException".into()));
    let nothing = ask("CreateSavingsPlan", buy(offer, "0")).await;
    assert_eq!(nothing.refusal(), (400, "ValidationException".into()));
    assert_eq!(ask("CreateSavingsPlan", buy(offer, "0.5")).await.status, 200);
    let plans = ask("DescribeSavingsPlans", json!({})).await.json();
    assert_eq!(plans["savingsPlans"][0]["state"], "payment-pending");
}

#[tokio::test]
async fn a_group_keeps_how_it_mixes_and_spot_costs_less_than_on_demand() {
    let (_sim, client) = shop();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let ask = async |text: &str| {
        client
            .call("autoscaling", &headers, &format!("Version=2011-01-01&{text}"))
            .await
    };
    let mix = "MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity";
    let update = |group: &str, percent: u32| {
        format!("Action=UpdateAutoScalingGroup&AutoScalingGroupName={group}&{mix}={percent}")
    };
    assert_eq!(ask(&update("none", 0)).await.refusal().1, "ValidationError");
    assert_eq!(ask(&update("webs", 101)).await.refusal().1, "ValidationError");
    assert_eq!(ask(&update("webs", 25)).await.status, 200);
    let seen = ask("Action=DescribeAutoScalingGroups").await;
    assert_eq!(
        seen.one("OnDemandPercentageAboveBaseCapacity").as_deref(),
        Some("25")
    );
    let prices = "Action=DescribeSpotPriceHistory&InstanceType.1=m5.large&ProductDescription.1=Linux/UNIX";
    let prices = client.done(prices).await.all("spotPrice");
    let dear = |price: &String| price.parse::<f64>().unwrap() >= 0.096;
    assert!(prices.len() > 100 && !prices.iter().any(dear), "{prices:?}");
    let scores = "Action=GetSpotPlacementScores&TargetCapacity=4&InstanceType.1=";
    assert_eq!(
        client.refused(&format!("{scores}m9.huge")).await,
        "InvalidParameterValue"
    );
    let score: u32 = client
        .done(&format!("{scores}m5.large"))
        .await
        .one("score")
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=10).contains(&score));
    let offered = "Action=DescribeInstanceTypeOfferings&LocationType=availability-zone\
                   &Filter.1.Name=instance-type&Filter.1.Value.1=m5.large";
    let zones = client.done(offered).await.all("location");
    assert_eq!(zones, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
}
