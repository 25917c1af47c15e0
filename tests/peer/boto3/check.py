"""What botocore, which nobody here wrote, makes of the simulator.

Usage: check.py SOUND TROUBLED, each a file with the first line of a running `qd sim`: the first with
`--faults ce.page=200`, the second with one call a second for each service and three failing regions (see `run`).
botocore parses and validates every reply with AWS's own service models.
"""

import datetime
import functools
import json
import re
import sys
import time
import traceback
import warnings
from decimal import Decimal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

warnings.filterwarnings("ignore", category=DeprecationWarning)

with open(sys.argv[1]) as file:
    SOUND = json.loads(file.readline())
with open(sys.argv[2]) as file:
    TROUBLED = json.loads(file.readline())

ONCE = Config(retries={"max_attempts": 1, "mode": "standard"}, parameter_validation=False)
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def client(service, region="us-east-1", sim=SOUND, account=0, config=ONCE, **keys):
    return make_client(service, region, sim is SOUND, account, config, tuple(keys.items()))


@functools.cache  # botocore takes a while over each
def make_client(service, region, sound, account, config, keys):
    sim = SOUND if sound else TROUBLED
    own = sim["accounts"][account]
    keys = {
        "aws_access_key_id": own["access_key_id"],
        "aws_secret_access_key": own["secret_access_key"],
        **dict(keys),
    }
    return boto3.client(service, region_name=region, endpoint_url=sim["endpoint_url"], config=config, **keys)


def refused(code, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["Error"]["Message"], error
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error.response
        assert error.response["ResponseMetadata"]["RequestId"], error.response
        return error
    raise AssertionError(f"{call.__name__}({arguments}) was not refused with {code}")


def instances(reply):
    return [instance for reservation in reply["Reservations"] for instance in reservation["Instances"]]


# EC2


@check
def ec2_pages_show_every_instance_once():
    seen = []
    for index, account in enumerate(SOUND["accounts"]):
        for region in account["regions"]:
            pages = client("ec2", region, account=index).get_paginator("describe_instances")
            whole = [i["InstanceId"] for p in pages.paginate() for i in instances(p)]
            paged = [i["InstanceId"] for p in pages.paginate(PaginationConfig={"PageSize": 5}) for i in instances(p)]
            assert paged == whole and len(set(paged)) == len(paged)
            seen += paged
    assert sorted(seen) == sorted(SOUND["instances"]) and len(seen) > 100


@check
def ec2_instances_are_whole():
    for instance in instances(client("ec2").describe_instances()):
        assert re.fullmatch(r"i-[0-9a-f]{17}", instance["InstanceId"])
        assert instance["LaunchTime"].tzinfo and instance["State"]["Code"] in (0, 16, 48, 64, 80)
        assert instance["Placement"]["AvailabilityZone"].startswith("us-east-1")
        assert {tag["Key"] for tag in instance["Tags"]} >= {"Name"}
        if instance["State"]["Name"] == "running":
            assert instance["PrivateIpAddress"] and instance["VpcId"] and instance["BlockDeviceMappings"]


@check
def ec2_filters_narrow():
    ec2 = client("ec2", "ap-northeast-2")

    def names(**filters):
        asked = [{"Name": name.replace("__", ":").replace("_", "-"), "Values": values} for name, values in filters.items()]
        found = instances(ec2.describe_instances(Filters=asked))
        return sorted(tag["Value"] for i in found for tag in i["Tags"] if tag["Key"] == "Name")

    assert names(tag__Name=["결제*"]) == ["결제-정산-배치"]
    assert names(tag__team=["pay"], instance_type=["c7g.*"]) and not names(tag__team=["PAY"])
    assert set(names(tag__team=["pay", "web"])) == set(names(tag__team=["pay"])) | set(names(tag__team=["web"]))
    assert names(instance_state_name=["running"]) == names()
    assert names(tag__Name=["web-frontend-0?"])


@check
def ec2_refuses_in_its_own_words():
    ec2 = client("ec2")
    refused("InvalidInstanceID.NotFound", 400, ec2.describe_instances, InstanceIds=["i-0123456789abcdef0"])
    refused("InvalidInstanceID.Malformed", 400, ec2.describe_instances, InstanceIds=["bogus"])
    refused("InvalidParameterValue", 400, ec2.describe_instances, MaxResults=2)
    refused("InvalidParameterValue", 400, ec2.describe_instances, NextToken="garbage")
    refused("InvalidParameterValue", 400, ec2.describe_instances, Filters=[{"Name": "colour", "Values": ["red"]}])
    refused("InvalidParameterCombination", 400, ec2.describe_instances, MaxResults=5, InstanceIds=[SOUND["instances"][0]])
    refused("DryRunOperation", 412, ec2.describe_instances, DryRun=True)
    refused("InvalidAction", 400, ec2.describe_vpcs)


@check
def ec2_regions_volumes_and_power():
    ec2 = client("ec2", account=1)
    regions = {region["RegionName"]: region for region in ec2.describe_regions()["Regions"]}
    assert set(SOUND["accounts"][1]["regions"]) <= set(regions) and "af-south-1" not in regions
    assert "af-south-1" in {r["RegionName"] for r in ec2.describe_regions(AllRegions=True)["Regions"]}
    volumes = ec2.describe_volumes()["Volumes"]
    attached = [volume for volume in volumes if volume["State"] == "in-use"]
    assert attached and all(volume["Attachments"][0]["InstanceId"] for volume in attached)
    loose = [volume for volume in volumes if volume["State"] == "available"]
    assert loose and not any(volume["Attachments"] for volume in loose)
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    chosen = instances(ec2.describe_instances(Filters=running))[0]["InstanceId"]
    change = ec2.stop_instances(InstanceIds=[chosen])["StoppingInstances"][0]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    refused("IncorrectInstanceState", 400, ec2.start_instances, InstanceIds=[chosen])


# What an account has besides machines


def each(operation, key, service="ec2", **arguments):
    """Every row of an operation over all places, its pages joined."""
    for index, account in enumerate(SOUND["accounts"]):
        for region in account["regions"]:
            pages = client(service, region, account=index).get_paginator(operation).paginate(**arguments)
            yield from (row for page in pages for row in page[key])


@check
def ec2_estate_is_whole_and_paged():
    for operation, key, of in [
        ("describe_snapshots", "Snapshots", {"OwnerIds": ["self"]}),
        ("describe_images", "Images", {"Owners": ["self"]}),
        ("describe_nat_gateways", "NatGateways", {}),
        ("describe_vpc_endpoints", "VpcEndpoints", {}),
    ]:
        whole = list(each(operation, key, **of))
        paged = list(each(operation, key, PaginationConfig={"PageSize": 5}, **of))
        assert whole and paged == whole, operation
    used = {d["Ebs"]["SnapshotId"] for i in each("describe_images", "Images", Owners=["self"]) for d in i["BlockDeviceMappings"]}
    assert used <= {s["SnapshotId"] for s in each("describe_snapshots", "Snapshots")}
    assert {e["VpcEndpointType"] for e in each("describe_vpc_endpoints", "VpcEndpoints")} == {"Gateway", "Interface"}
    addresses = client("ec2").describe_addresses()["Addresses"]
    assert any("AssociationId" not in a for a in addresses) and all(a["AllocationId"] for a in addresses)
    ec2 = client("ec2")
    refused("InvalidAllocationID.NotFound", 400, ec2.describe_addresses, AllocationIds=["eipalloc-0"])
    refused("InvalidParameterValue", 400, ec2.describe_snapshots, MaxResults=2)
    one = [{"Name": "vpc-endpoint-type", "Values": ["Gateway"]}]
    assert all(e["VpcEndpointType"] == "Gateway" for e in ec2.describe_vpc_endpoints(Filters=one)["VpcEndpoints"])


@check
def elbv2_describes_balancers_their_targets_and_tags():
    elb = client("elbv2")
    balancers = elb.describe_load_balancers()["LoadBalancers"]
    assert [b for p in elb.get_paginator("describe_load_balancers").paginate(PageSize=1) for b in p["LoadBalancers"]] == balancers
    healthy = {}
    for group in elb.describe_target_groups()["TargetGroups"]:
        health = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        healthy[group["LoadBalancerArns"][0]] = sum(h["TargetHealth"]["State"] == "healthy" for h in health)
    assert set(healthy) == {b["LoadBalancerArn"] for b in balancers} and 0 in healthy.values() and max(healthy.values()) > 0
    tags = elb.describe_tags(ResourceArns=list(healthy))["TagDescriptions"]
    assert len(tags) == len(healthy) and any(tag["Key"] == "team" for row in tags for tag in row["Tags"])
    refused("LoadBalancerNotFound", 400, elb.describe_load_balancers, LoadBalancerArns=["arn:none"])


@check
def logs_describe_groups_in_pages():
    logs = client("logs")
    whole = logs.describe_log_groups()["logGroups"]
    pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 2})
    assert whole and [g for p in pages for g in p["logGroups"]] == whole
    assert any("retentionInDays" not in g for g in whole) and all(g["storedBytes"] > 0 for g in whole)
    refused("InvalidParameterException", 400, logs.describe_log_groups, limit=51)


def metric_query(name, instance, stat="Maximum", period=3600, **dimension):
    dimensions = [{"Name": "InstanceId", "Value": instance}]
    metric = {"Namespace": "AWS/EC2", "MetricName": name, "Dimensions": dimensions}
    return {"Id": f"m{instance[2:]}", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


@check
def cloudwatch_gives_hours_and_pages():
    ec2, watch = client("ec2"), client("cloudwatch")
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    ids = [i["InstanceId"] for i in instances(ec2.describe_instances(Filters=running))]
    now = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
    span = {"StartTime": now - datetime.timedelta(days=2), "EndTime": now}
    [result] = watch.get_metric_data(MetricDataQueries=[metric_query("CPUUtilization", ids[0])], **span)["MetricDataResults"]
    assert result["StatusCode"] == "Complete" and len(result["Values"]) == 48, result
    assert all(0 <= value <= 100 for value in result["Values"])
    assert result["Timestamps"] == sorted(result["Timestamps"], reverse=True) and result["Timestamps"][0].tzinfo
    # A long span of minutes does not fit on a page.
    span["StartTime"] = now - datetime.timedelta(days=40)
    pages = list(watch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[metric_query("NetworkIn", i, "Sum", 300) for i in ids[:20]], **span))
    points = [t for p in pages for r in p["MetricDataResults"] if r["Id"] == f"m{ids[0][2:]}" for t in r["Timestamps"]]
    assert len(pages) > 1 and len(points) == len(set(points))
    refused("ValidationError", 400, watch.get_metric_data,
            MetricDataQueries=[metric_query("CPUUtilization", ids[0])], StartTime=now, EndTime=now)
    denied = client("cloudwatch", "eu-central-1", sim=TROUBLED)
    refused("AccessDenied", 403, denied.get_metric_data, MetricDataQueries=[metric_query("CPUUtilization", ids[0])], **span)


@check
def optimizer_and_hub_answer_whom_they_know():
    optimizer, stranger = client("compute-optimizer"), client("compute-optimizer", account=1)
    assert optimizer.get_enrollment_status()["status"] == "Active"
    assert stranger.get_enrollment_status()["status"] == "Inactive"
    refused("OptInRequiredException", 400, stranger.get_ec2_instance_recommendations)
    rows = optimizer.get_ec2_instance_recommendations()["instanceRecommendations"]
    for row in rows:
        best = row["recommendationOptions"][0]
        saving = best["savingsOpportunityAfterDiscounts"]["estimatedMonthlySavings"]
        assert best["instanceType"] != row["currentInstanceType"] and saving["value"] > 0 and saving["currency"] == "USD"
    hub = client("cost-optimization-hub")
    assert hub.list_enrollment_statuses()["items"][0]["status"] == "Active"
    summary = hub.list_recommendation_summaries(groupBy="ResourceType")
    listed = sum(item["estimatedMonthlySavings"] for item in summary["items"])
    assert 0 < summary["estimatedTotalDedupedSavings"] < listed
    assert client("cost-optimization-hub", account=1).list_enrollment_statuses()["items"][0]["status"] == "Inactive"


# Systems Manager


@check
def ssm_pages_show_every_node_once():
    for region in SOUND["accounts"][0]["regions"]:
        pages = client("ssm", region).get_paginator("describe_instance_information")
        whole = [n for p in pages.paginate() for n in p["InstanceInformationList"]]
        paged = [n for p in pages.paginate(PaginationConfig={"PageSize": 5}) for n in p["InstanceInformationList"]]
        assert [n["InstanceId"] for n in paged] == [n["InstanceId"] for n in whole]
        assert len({n["InstanceId"] for n in paged}) == len(paged) > 5
        assert all(n["LastPingDateTime"].tzinfo and n["AgentVersion"] for n in paged)


@check
def ssm_filters_narrow():
    ssm = client("ssm", "eu-central-1")
    hybrid = [{"Key": "ResourceType", "Values": ["ManagedInstance"]}]
    nodes = ssm.describe_instance_information(Filters=hybrid)["InstanceInformationList"]
    assert nodes and all(node["InstanceId"].startswith("mi-") and node["ActivationId"] for node in nodes)
    windows = [{"key": "PlatformTypes", "valueSet": ["Windows"]}]
    nodes = ssm.describe_instance_information(InstanceInformationFilterList=windows)["InstanceInformationList"]
    assert nodes and all(node["PlatformType"] == "Windows" for node in nodes)


@check
def ssm_refuses_in_its_own_words():
    ssm = client("ssm")
    refused("ValidationException", 400, ssm.describe_instance_information, MaxResults=4)
    refused("InvalidNextToken", 400, ssm.describe_instance_information, NextToken="garbage")
    colour = [{"Key": "Colour", "Values": ["red"]}]
    refused("InvalidFilterKey", 400, ssm.describe_instance_information, Filters=colour)
    bogus = [{"Key": "InstanceIds", "Values": ["bogus"]}]
    refused("InvalidInstanceId", 400, ssm.describe_instance_information, Filters=bogus)
    refused("InvalidDocument", 400, ssm.get_document, Name="Nothing")
    refused("InvalidDocumentVersion", 400, ssm.get_document, Name="AWS-StartSSHSession", DocumentVersion="7")
    refused("UnknownOperationException", 400, ssm.describe_patch_baselines)


@check
def ssm_documents_are_session_documents():
    ssm = client("ssm")
    document = ssm.get_document(Name="SSM-SessionManagerRunShell")
    assert json.loads(document["Content"])["sessionType"] == "Standard_Stream"
    described = ssm.describe_document(Name="AWS-StartPortForwardingSession")["Document"]
    assert {p["Name"] for p in described["Parameters"]} == {"portNumber", "localPortNumber"}
    assert described["Owner"] == "Amazon" and described["DocumentType"] == "Session"


@check
def ssm_commands_run_page_cut_and_cancel():
    ssm, s3 = client("ssm"), client("s3", account=0)
    online = [{"Key": "PingStatus", "Values": ["Online"]}, {"Key": "PlatformTypes", "Values": ["Linux"]}]
    nodes = ssm.describe_instance_information(Filters=online)["InstanceInformationList"][:3]
    ids = [node["InstanceId"] for node in nodes]
    bucket = "run-output-" + SOUND["accounts"][0]["id"]
    script = "i=0; while [ $i -lt 3000 ]; do echo line-number-$i; i=$((i+1)); done; echo oops >&2; exit 4"
    sent = ssm.send_command(
        InstanceIds=ids, DocumentName="AWS-RunShellScript", Parameters={"commands": [script]}, Comment="peer",
        MaxConcurrency="50%", MaxErrors="100%", OutputS3BucketName=bucket, OutputS3KeyPrefix="peer", TimeoutSeconds=60,
    )["Command"]
    assert sent["TargetCount"] == 3 and sent["RequestedDateTime"].tzinfo and sent["Status"] in ("Pending", "InProgress")
    command = sent["CommandId"]
    for _ in range(200):
        pages = ssm.get_paginator("list_command_invocations").paginate(
            CommandId=command, PaginationConfig={"PageSize": 2}
        )
        rows = [row for page in pages for row in page["CommandInvocations"]]
        if all(row["Status"] == "Failed" for row in rows):
            break
        time.sleep(0.1)
    assert sorted(row["InstanceId"] for row in rows) == sorted(ids)
    result = ssm.get_command_invocation(CommandId=command, InstanceId=ids[0])
    assert result["ResponseCode"] == 4 and result["StandardErrorContent"] == "oops\n"
    assert len(result["StandardOutputContent"]) == 24000 and bucket in result["StandardOutputUrl"]
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket, Prefix=f"peer/{command}/{ids[0]}/")["Contents"]]
    whole = s3.get_object(Bucket=bucket, Key=next(key for key in keys if key.endswith("/stdout")))["Body"].read()
    assert whole.endswith(b"line-number-2999\n") and whole.count(b"\n") == 3000
    listed = ssm.list_commands(CommandId=command)["Commands"][0]
    assert (listed["Status"], listed["ErrorCount"], listed["CompletedCount"]) == ("Failed", 3, 3)
    long = ssm.send_command(
        Targets=[{"Key": "InstanceIds", "Values": ids[:1]}], DocumentName="AWS-RunShellScript",
        Parameters={"commands": ["sleep 600"]},
    )["Command"]["CommandId"]
    ssm.cancel_command(CommandId=long)
    for _ in range(200):
        status = ssm.list_commands(CommandId=long)["Commands"][0]["Status"]
        if status == "Cancelled":
            break
        time.sleep(0.1)
    assert status == "Cancelled", status


@check
def ssm_refuses_commands_in_its_own_words():
    ssm = client("ssm")
    send = functools.partial(ssm.send_command, DocumentName="AWS-RunShellScript", Parameters={"commands": ["true"]})
    refused("InvalidInstanceId", 400, send, InstanceIds=["i-0123456789abcdef0"])
    refused("InvalidParameters", 400, send)
    refused("InvalidDocument", 400, ssm.send_command, DocumentName="Nothing", InstanceIds=[SOUND["instances"][0]])
    refused("ValidationException", 400, send, InstanceIds=["i-0123456789abcdef0"], MaxConcurrency="many")
    refused("InvalidCommandId", 400, ssm.cancel_command, CommandId="00000000-0000-0000-0000-000000000000")


@check
def s3_keeps_what_is_put():
    s3 = client("s3", config=Config(
        retries={"max_attempts": 1}, s3={"addressing_style": "path"}, request_checksum_calculation="when_required"
    ))
    s3.create_bucket(Bucket="peer")
    s3.put_object(Bucket="peer", Key="a b/\u00e9+c", Body=b"\x00\xffdata")
    assert s3.get_object(Bucket="peer", Key="a b/\u00e9+c")["Body"].read() == b"\x00\xffdata"
    listed = s3.list_objects_v2(Bucket="peer", Prefix="a ")["Contents"]
    assert [(o["Key"], o["Size"]) for o in listed] == [("a b/\u00e9+c", 6)]
    refused("NoSuchKey", 404, s3.get_object, Bucket="peer", Key="none")
    refused("NoSuchBucket", 404, s3.get_object, Bucket="nowhere", Key="none")


@check
def ecs_tasks_are_found_and_entered():
    ecs = client("ecs", "eu-west-1")
    assert any(arn.endswith("cluster/storefront") for arn in ecs.list_clusters()["clusterArns"])
    pages = ecs.get_paginator("list_tasks").paginate(cluster="storefront", PaginationConfig={"PageSize": 1})
    arns = [arn for page in pages for arn in page["taskArns"]]
    tasks = ecs.describe_tasks(cluster="storefront", tasks=arns, include=["TAGS"])["tasks"]
    assert len(tasks) == len(arns) == 3 and all(c["runtimeId"] for t in tasks for c in t["containers"])
    cart = next(task for task in tasks if task["group"] == "service:cart")
    enter = functools.partial(ecs.execute_command, cluster="storefront", command="/bin/sh", interactive=True)
    session = enter(task=cart["taskArn"], container="app")["session"]
    assert session["streamUrl"].startswith("ws://127.0.0.1:") and session["tokenValue"]
    ssm = client("ssm", "eu-west-1")
    listed = ssm.describe_sessions(State="Active", Filters=[{"key": "SessionId", "value": session["sessionId"]}])
    assert listed["Sessions"][0]["Target"].startswith("ecs:storefront_")
    ssm.terminate_session(SessionId=session["sessionId"])
    closed = next(task for task in tasks if not task["enableExecuteCommand"])
    refused("InvalidParameterException", 400, enter, task=closed["taskArn"])
    refused("ClusterNotFoundException", 400, ecs.list_tasks, cluster="nowhere")


@check
def ssm_documents_of_the_account_are_listed_and_start():
    ssm = client("ssm")
    names = {d["Name"] for d in ssm.list_documents()["DocumentIdentifiers"]}
    assert {"Ops-BashLogin", "Ops-TailLog", "SSM-SessionManagerRunShell"} <= names
    assert ssm.describe_document(Name="Ops-TailLog")["Document"]["Owner"] == SOUND["accounts"][0]["id"]
    online = [{"Key": "PingStatus", "Values": ["Online"]}]
    target = ssm.describe_instance_information(Filters=online)["InstanceInformationList"][0]["InstanceId"]
    start = functools.partial(ssm.start_session, Target=target, DocumentName="Ops-TailLog")
    refused("InvalidParameters", 400, start)
    refused("InvalidParameters", 400, start, Parameters={"file": ["/etc/shadow"]})
    ssm.terminate_session(SessionId=start(Parameters={"file": ["/var/log/syslog"]})["SessionId"])


@check
def ssm_sessions_start_list_resume_and_end():
    ssm = client("ssm", "eu-west-1")
    online = [{"Key": "PingStatus", "Values": ["Online"]}]
    target = ssm.describe_instance_information(Filters=online)["InstanceInformationList"][0]["InstanceId"]
    started = [ssm.start_session(Target=target, Reason="peer check") for _ in range(3)]
    ids = {session["SessionId"] for session in started}
    assert len(ids) == 3 and all(s["StreamUrl"].startswith("ws://127.0.0.1:") and s["TokenValue"] for s in started)
    pages = ssm.get_paginator("describe_sessions").paginate(State="Active", PaginationConfig={"PageSize": 2})
    listed = [session for page in pages for session in page["Sessions"]]
    assert {session["SessionId"] for session in listed} == ids and listed[0]["Reason"] == "peer check"
    assert all(session["StartDate"].tzinfo and session["Owner"].startswith("arn:aws:") for session in listed)
    first = started[0]
    assert ssm.resume_session(SessionId=first["SessionId"])["TokenValue"] != first["TokenValue"]
    for session in started:
        ssm.terminate_session(SessionId=session["SessionId"])
    assert "TokenValue" not in ssm.resume_session(SessionId=first["SessionId"])
    by_id = [{"key": "SessionId", "value": first["SessionId"]}]
    past = ssm.describe_sessions(State="History", Filters=by_id)["Sessions"]
    assert [session["Status"] for session in past] == ["Terminated"] and past[0]["EndDate"] >= past[0]["StartDate"]
    assert ssm.get_connection_status(Target=target)["Status"] == "connected"


@check
def ssm_refuses_sessions_in_its_own_words():
    ssm = client("ssm", "eu-west-1")
    online = [{"Key": "PingStatus", "Values": ["Online"]}]
    target = ssm.describe_instance_information(Filters=online)["InstanceInformationList"][0]["InstanceId"]
    lost = [{"Key": "PingStatus", "Values": ["ConnectionLost"]}]
    for node in ssm.describe_instance_information(Filters=lost)["InstanceInformationList"]:
        assert ssm.get_connection_status(Target=node["InstanceId"])["Status"] == "notconnected"
        refused("TargetNotConnected", 400, ssm.start_session, Target=node["InstanceId"])
    refused("TargetNotConnected", 400, ssm.start_session, Target="i-0123456789abcdef0")
    refused("InvalidDocument", 400, ssm.start_session, Target=target, DocumentName="Nothing")
    refused("ValidationException", 400, ssm.start_session, Target=target, Reason="x" * 257)
    refused("ValidationException", 400, ssm.start_session)
    refused("DoesNotExistException", 400, ssm.resume_session, SessionId="nobody-0123456789abcdef0")
    refused("InvalidFilterKey", 400, ssm.describe_sessions, State="Active", Filters=[{"key": "Colour", "value": "red"}])
    refused("ValidationException", 400, ssm.describe_sessions, State="Sleeping")
    refused("InvalidNextToken", 400, ssm.describe_sessions, State="Active", NextToken="garbage")


# Alarms


@check
def cloudwatch_alarms_are_paged_filtered_and_turned():
    cw = client("cloudwatch")
    pages = cw.get_paginator("describe_alarms")
    whole = [a for p in pages.paginate() for a in p["MetricAlarms"]]
    paged = [a for p in pages.paginate(PaginationConfig={"PageSize": 7}) for a in p["MetricAlarms"]]
    assert paged == whole and len(whole) > 15 and not any(p["CompositeAlarms"] for p in pages.paginate())
    assert all(a["StateTransitionedTimestamp"].tzinfo and a["StateReason"] for a in whole)
    firing = cw.describe_alarms(StateValue="ALARM")["MetricAlarms"]
    assert {a["AlarmName"] for a in firing} == {a["AlarmName"] for a in whole if a["StateValue"] == "ALARM"}
    parent = cw.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]
    children = cw.describe_alarms(ChildrenOfAlarmName=parent["AlarmName"])["MetricAlarms"]
    assert children and all(c["AlarmName"] in parent["AlarmRule"] for c in children)
    history = cw.get_paginator("describe_alarm_history")
    turns = [i for p in history.paginate(AlarmName="redis-cache-evictions", HistoryItemType="StateUpdate",
                                         PaginationConfig={"PageSize": 10}) for i in p["AlarmHistoryItems"]]
    assert len(turns) > 20 and json.loads(turns[0]["HistoryData"])["newState"]["stateValue"] == "ALARM"
    known = next(a for a in whole if a["AlarmName"] == "payments-alb-5xx")
    assert "severity" in {t["Key"] for t in cw.list_tags_for_resource(ResourceARN=known["AlarmArn"])["Tags"]}
    cw.set_alarm_state(AlarmName="payments-alb-5xx", StateValue="OK", StateReason="peer check")
    assert cw.describe_alarms(AlarmNames=["payments-alb-5xx"])["MetricAlarms"][0]["StateValue"] == "OK"
    cw.set_alarm_state(AlarmName="payments-alb-5xx", StateValue="ALARM", StateReason="peer check")


@check
def cloudwatch_refuses_alarms_in_its_own_words():
    cw = client("cloudwatch")
    # The query protocol's code of it is older than the shape's name.
    refused("ResourceNotFound", 404, cw.set_alarm_state, AlarmName="nobody", StateValue="OK", StateReason="x")
    refused("InvalidFormat", 400, cw.set_alarm_state, AlarmName="payments-alb-5xx", StateValue="OK", StateReason="x", StateReasonData="{")
    refused("ValidationError", 400, cw.describe_alarms, AlarmNames=["a"], AlarmNamePrefix="b")
    refused("ValidationError", 400, cw.describe_alarms, MaxRecords=101)
    refused("InvalidNextToken", 400, cw.describe_alarms, NextToken="garbage")
    refused("InvalidNextToken", 400, cw.describe_alarm_history, NextToken="garbage")
    refused("ResourceNotFoundException", 404, cw.describe_alarm_contributors, AlarmName="nobody")


# OpsItems, parameters, documents, automations


@check
def ssm_ops_items_are_made_found_and_refused():
    ssm = client("ssm")
    data = {"/aws/dedup": {"Type": "SearchableString", "Value": json.dumps({"dedupString": "peer"})}}
    make = functools.partial(ssm.create_ops_item, Title="peer", Description="d", Source="peer", OperationalData=data)
    item = make()["OpsItemId"]
    error = refused("OpsItemAlreadyExistsException", 400, make)
    assert error.response["OpsItemId"] == item
    ssm.update_ops_item(OpsItemId=item, Status="Resolved")
    make()
    pages = ssm.get_paginator("describe_ops_items").paginate(PaginationConfig={"PageSize": 2})
    assert len({i["OpsItemId"] for p in pages for i in p["OpsItemSummaries"]}) >= 5
    mine = [{"Key": "Title", "Values": ["peer"], "Operator": "Equal"}, {"Key": "Status", "Values": ["Resolved"], "Operator": "Equal"}]
    assert [i["OpsItemId"] for i in ssm.describe_ops_items(OpsItemFilters=mine)["OpsItemSummaries"]] == [item]
    assert ssm.get_ops_item(OpsItemId=item)["OpsItem"]["CreatedTime"].tzinfo
    refused("OpsItemNotFoundException", 400, ssm.get_ops_item, OpsItemId="oi-000000000000")
    bad = refused("OpsItemInvalidParameterException", 400, ssm.update_ops_item, OpsItemId=item, Severity="9")
    assert bad.response["ParameterNames"] == ["Severity"]


@check
def ssm_parameters_are_paged_sealed_and_refused():
    ssm = client("ssm")
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/", Recursive=True, PaginationConfig={"PageSize": 3})
    names = [p["Name"] for page in pages for p in page["Parameters"]]
    assert len(names) == len(set(names)) >= 7
    sealed = ssm.get_parameter(Name="/oncall/token")["Parameter"]
    opened = ssm.get_parameter(Name="/oncall/token", WithDecryption=True)["Parameter"]
    assert sealed["Value"] != opened["Value"] and opened["LastModifiedDate"].tzinfo
    kinds = [{"Key": "Type", "Values": ["StringList"]}]
    assert [p["Name"] for p in ssm.describe_parameters(ParameterFilters=kinds)["Parameters"]] == ["/oncall/approvers"]
    assert ssm.get_parameters(Names=["golden-image", "nobody"])["InvalidParameters"] == ["nobody"]
    refused("ParameterNotFound", 400, ssm.get_parameter, Name="nobody")
    refused("ParameterVersionNotFound", 400, ssm.get_parameter, Name="golden-image:7")
    refused("ParameterAlreadyExists", 400, ssm.put_parameter, Name="golden-image", Value="x", Type="String")
    refused("InvalidKeyId", 400, ssm.put_parameter, Name="sealed", Value="x", Type="SecureString", KeyId="alias/nobody")
    refused("InvalidFilterKey", 400, ssm.describe_parameters, ParameterFilters=[{"Key": "Colour", "Values": ["red"]}])


@check
def ssm_documents_are_listed_read_and_changed():
    ssm = client("ssm", "eu-west-1")
    pages = ssm.get_paginator("list_documents")
    whole = [d["Name"] for p in pages.paginate() for d in p["DocumentIdentifiers"]]
    assert [d["Name"] for p in pages.paginate(PaginationConfig={"PageSize": 5}) for d in p["DocumentIdentifiers"]] == whole
    own = [{"Key": "Owner", "Values": ["Self"]}, {"Key": "DocumentType", "Values": ["Automation"]}]
    for document in ssm.list_documents(Filters=own)["DocumentIdentifiers"]:
        content = json.loads(ssm.get_document(Name=document["Name"], DocumentFormat="JSON")["Content"])
        told = ssm.describe_document(Name=document["Name"])["Document"]
        assert content["schemaVersion"] == told["SchemaVersion"] == "0.3"
        assert {p["Name"] for p in told.get("Parameters", [])} == set(content.get("parameters", {}))
    step = {"name": "s", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}
    text = json.dumps({"schemaVersion": "0.3", "mainSteps": [step]})
    make = functools.partial(ssm.create_document, Name="Peer-Sleep", DocumentType="Automation", Content=text)
    make()
    refused("DocumentAlreadyExists", 400, make)
    refused("DuplicateDocumentContent", 400, ssm.update_document, Name="Peer-Sleep", Content=text, DocumentVersion="$LATEST")
    ssm.update_document(Name="Peer-Sleep", Content=text.replace("1S", "2S"), DocumentVersion="$LATEST")
    versions = ssm.list_document_versions(Name="Peer-Sleep")["DocumentVersions"]
    assert [(v["DocumentVersion"], v["IsDefaultVersion"]) for v in versions] == [("2", False), ("1", True)]
    refused("InvalidDocumentVersion", 400, ssm.get_document, Name="Peer-Sleep", DocumentVersion="9")
    ssm.delete_document(Name="Peer-Sleep")
    refused("InvalidDocument", 400, ssm.get_document, Name="Peer-Sleep")
    refused("InvalidDocumentContent", 400, ssm.create_document, Name="Peer-Bad", DocumentType="Automation", Content="{")
    refused("InvalidFilterKey", 400, ssm.list_documents, Filters=[{"Key": "Colour", "Values": ["red"]}])


@check
def ssm_automations_wait_for_approval_and_end():
    ssm = client("ssm")
    online = [{"Key": "PingStatus", "Values": ["Online"]}, {"Key": "PlatformTypes", "Values": ["Linux"]}]
    target = ssm.describe_instance_information(Filters=online)["InstanceInformationList"][0]["InstanceId"]
    start = functools.partial(ssm.start_automation_execution, DocumentName="Larkfield-QuarantineInstance")
    given = {"InstanceIds": [target], "Reason": ["peer check"], "Approvers": ["oncall", "somebody"]}
    run = start(Parameters=given)["AutomationExecutionId"]

    def until(*words):
        for _ in range(400):
            found = ssm.get_automation_execution(AutomationExecutionId=run)["AutomationExecution"]
            if found["AutomationExecutionStatus"] in words:
                return found
            time.sleep(0.05)
        raise AssertionError(found)

    until("Waiting")
    send = functools.partial(ssm.send_automation_signal, AutomationExecutionId=run)
    refused("InvalidAutomationSignalException", 400, send, SignalType="Resume")
    send(SignalType="Reject", Payload={"Comment": ["not now"]})
    found = until("Failed")
    assert "not now" in found["FailureMessage"] and found["ExecutionEndTime"] >= found["ExecutionStartTime"]
    assert [s["StepStatus"] for s in found["StepExecutions"]] == ["Failed", "Pending", "Pending"]
    listed = ssm.get_paginator("describe_automation_executions").paginate(PaginationConfig={"PageSize": 1})
    assert run in {e["AutomationExecutionId"] for p in listed for e in p["AutomationExecutionMetadataList"]}
    steps = ssm.get_paginator("describe_automation_step_executions")
    names = [s["StepName"] for p in steps.paginate(AutomationExecutionId=run, PaginationConfig={"PageSize": 2}) for s in p["StepExecutions"]]
    assert names == ["twoAgree", "mark", "ticket"]
    refused("InvalidAutomationStatusUpdateException", 400, ssm.stop_automation_execution, AutomationExecutionId=run)
    refused("AutomationExecutionNotFoundException", 400, ssm.get_automation_execution, AutomationExecutionId="0" * 36)
    refused("AutomationDefinitionNotFoundException", 400, ssm.start_automation_execution, DocumentName="Nothing")
    refused("InvalidAutomationExecutionParametersException", 400, start, Parameters={})
    refused("InvalidFilterKey", 400, ssm.describe_automation_executions, Filters=[{"Key": "Colour", "Values": ["red"]}])
    inputs = {"Automation": {"Parameters": given}}
    preview = ssm.start_execution_preview(DocumentName="Larkfield-QuarantineInstance", ExecutionInputs=inputs)
    for _ in range(100):
        found = ssm.get_execution_preview(ExecutionPreviewId=preview["ExecutionPreviewId"])
        if found["Status"] != "InProgress":
            break
        time.sleep(0.05)
    assert found["ExecutionPreview"]["Automation"]["StepPreviews"] == {"Mutating": 2, "NonMutating": 1}
    refused("ResourceNotFoundException", 400, ssm.get_execution_preview, ExecutionPreviewId="0" * 36)


# Cost Explorer

TODAY = datetime.datetime.now(datetime.timezone.utc).date()
TOMORROW = TODAY + datetime.timedelta(days=1)


def period(days):
    return {"Start": str(TODAY - datetime.timedelta(days=days)), "End": str(TOMORROW)}


def total(metric, days=45, granularity="MONTHLY", **arguments):
    ce, amount, pages, token = client("ce"), Decimal(0), 0, {}
    while True:
        reply = ce.get_cost_and_usage(
            TimePeriod=period(days), Granularity=granularity, Metrics=[metric], **arguments, **token
        )
        pages += 1
        for result in reply["ResultsByTime"]:
            assert not (result["Groups"] and result["Total"])
            for entry in [group["Metrics"] for group in result["Groups"]] or [result["Total"]]:
                if entry:
                    assert entry[metric]["Unit"] == "USD"
                    amount += Decimal(entry[metric]["Amount"])
        if "NextPageToken" not in reply:
            return amount, pages
        token = {"NextPageToken": reply["NextPageToken"]}


def by(*keys):
    kinds = {"team": "TAG", "env": "TAG", "Product": "COST_CATEGORY"}
    return {"GroupBy": [{"Type": kinds.get(key, "DIMENSION"), "Key": key} for key in keys]}


@check
def ce_pivots_sum_to_the_same_total():
    for metric in ["UnblendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost"]:
        expected, _ = total(metric)
        assert expected > 1000
        for keys in [["SERVICE"], ["team", "REGION"], ["RECORD_TYPE"], ["Product"], ["SERVICE", "USAGE_TYPE"]]:
            for granularity in ["DAILY", "MONTHLY"]:
                amount, pages = total(metric, granularity=granularity, **by(*keys))
                assert amount == expected, (metric, keys, amount, expected)
        assert pages > 1


@check
def ce_record_types_include_negative_ones():
    reply = client("ce").get_cost_and_usage(
        TimePeriod=period(360), Granularity="MONTHLY", Metrics=["UnblendedCost"], **by("RECORD_TYPE")
    )
    sums = {}
    while True:
        for result in reply["ResultsByTime"]:
            for group in result["Groups"]:
                amount = Decimal(group["Metrics"]["UnblendedCost"]["Amount"])
                sums[group["Keys"][0]] = sums.get(group["Keys"][0], 0) + amount
        if "NextPageToken" not in reply:
            break
        reply = client("ce").get_cost_and_usage(
            TimePeriod=period(360), Granularity="MONTHLY", Metrics=["UnblendedCost"], **by("RECORD_TYPE"),
            NextPageToken=reply["NextPageToken"],
        )
    assert sums["Credit"] < 0 and sums["Refund"] < 0 and sums["Tax"] > 0 and sums["Support"] > 0
    assert sums["SavingsPlanCoveredUsage"] + sums["SavingsPlanNegation"] == 0


@check
def ce_estimates_the_open_month():
    reply = client("ce").get_cost_and_usage(TimePeriod=period(70), Granularity="MONTHLY", Metrics=["UnblendedCost"])
    assert reply["ResultsByTime"][-1]["Estimated"] and not reply["ResultsByTime"][0]["Estimated"]


@check
def ce_forecasts_with_an_interval():
    ce = client("ce")
    coming = {"Start": str(TODAY), "End": str(TODAY + datetime.timedelta(days=30))}
    reply = ce.get_cost_forecast(TimePeriod=coming, Granularity="DAILY", Metric="UNBLENDED_COST", PredictionIntervalLevel=90)
    assert len(reply["ForecastResultsByTime"]) == 30
    for day in reply["ForecastResultsByTime"]:
        low, mean, high = (
            Decimal(day[name]) for name in ["PredictionIntervalLowerBound", "MeanValue", "PredictionIntervalUpperBound"]
        )
        assert low < mean < high
    sums = sum(Decimal(day["MeanValue"]) for day in reply["ForecastResultsByTime"])
    assert abs(sums - Decimal(reply["Total"]["Amount"])) < Decimal("1e-6")
    nothing = {"Dimensions": {"Key": "SERVICE", "Values": ["Nothing"]}}
    refused("DataUnavailableException", 400, ce.get_cost_forecast, TimePeriod=coming, Granularity="DAILY", Metric="UNBLENDED_COST", Filter=nothing)
    past = {"Start": "2020-01-01", "End": "2020-02-01"}
    refused("ValidationException", 400, ce.get_cost_forecast, TimePeriod=past, Granularity="DAILY", Metric="UNBLENDED_COST")


@check
def ce_values_and_tags():
    ce = client("ce")
    values = ce.get_dimension_values(TimePeriod=period(20), Dimension="LINKED_ACCOUNT")
    assert values["DimensionValues"][0]["Value"] == SOUND["accounts"][0]["id"] and values["ReturnSize"] == 1
    assert ce.get_dimension_values(TimePeriod=period(20), Dimension="SERVICE", MaxResults=3)["NextPageToken"]
    assert "team" in ce.get_tags(TimePeriod=period(20))["Tags"]
    assert "pay" in ce.get_tags(TimePeriod=period(20), TagKey="team")["Tags"]
    assert ce.get_cost_categories(TimePeriod=period(20))["CostCategoryNames"] == ["Product"]


@check
def ce_refuses_in_its_own_words():
    ce = client("ce")
    good = {"TimePeriod": period(20), "Granularity": "DAILY", "Metrics": ["UnblendedCost"], **by("SERVICE")}
    token = ce.get_cost_and_usage(**good)["NextPageToken"]
    changed = {**good, "Granularity": "MONTHLY", "NextPageToken": token}
    refused("RequestChangedException", 400, ce.get_cost_and_usage, **changed)
    refused("InvalidNextTokenException", 400, ce.get_cost_and_usage, **{**good, "NextPageToken": "garbage"})
    for wrong in [
        {"Granularity": "HOURLY"},
        {"Metrics": ["Happiness"]},
        by("SERVICE", "REGION", "team"),
        {"TimePeriod": {"Start": "2019-01-01", "End": "2019-02-01"}},
        {"TimePeriod": {"Start": str(TODAY), "End": str(TODAY)}},
        {"Filter": {"Dimensions": {"Key": "CHARGE_TYPE", "Values": ["Tax"]}}},
    ]:
        refused("ValidationException", 400, ce.get_cost_and_usage, **{**good, **wrong})
    elsewhere = client("ce", "eu-west-1")
    refused("InvalidSignatureException", 400, elsewhere.get_cost_and_usage, **good)


# Identity, signatures and trouble


@check
def sts_says_who_it_is():
    for index, account in enumerate(SOUND["accounts"]):
        assert client("sts", account=index).get_caller_identity()["Account"] == account["id"]
    other = SOUND["accounts"][1]["id"]
    lent = client("sts").assume_role(RoleArn=f"arn:aws:iam::{other}:role/oncall", RoleSessionName="peer")["Credentials"]
    keys = {"aws_access_key_id": lent["AccessKeyId"], "aws_secret_access_key": lent["SecretAccessKey"]}
    token = {"aws_session_token": lent["SessionToken"]}
    assert client("sts", **keys, **token).get_caller_identity()["Account"] == other
    refused("InvalidClientTokenId", 403, client("sts", **keys).get_caller_identity)
    refused("ValidationError", 400, client("sts").assume_role, RoleArn="nonsense", RoleSessionName="peer")
    elsewhere = "arn:aws:iam::111111111111:role/oncall"
    refused("AccessDenied", 403, client("sts").assume_role, RoleArn=elsewhere, RoleSessionName="peer")


@check
def wrong_keys_are_refused_by_every_service():
    for keys, codes in [
        ({"aws_secret_access_key": "x" * 40}, [("AuthFailure", 401), ("SignatureDoesNotMatch", 403)] + [("InvalidSignatureException", 400)] * 2),
        ({"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}, [("AuthFailure", 401), ("InvalidClientTokenId", 403)] + [("UnrecognizedClientException", 400)] * 2),
    ]:
        for (code, status), call in zip(codes, calls(SOUND, "us-east-1", **keys)):
            refused(code, status, call)


def calls(sim, region, **keys):
    """One harmless call of each service: EC2, STS, Systems Manager, Cost Explorer."""
    ce = client("ce", sim=sim, **keys)

    def tags():
        return ce.get_tags(TimePeriod=period(5))

    return [
        client("ec2", region, sim, **keys).describe_instances,
        client("sts", region, sim, **keys).get_caller_identity,
        client("ssm", region, sim, **keys).describe_instance_information,
        tags,
    ]


@check
def failing_regions_fail_in_each_services_words():
    for region, expected in [
        ("eu-west-1", [("InternalError", 500), ("InternalFailure", 500), ("InternalServerError", 500)]),
        ("eu-central-1", [("UnauthorizedOperation", 403), ("AccessDenied", 403), ("AccessDeniedException", 400)]),
        ("ap-northeast-2", [("RequestExpired", 400), ("ExpiredToken", 403), ("ExpiredTokenException", 400)]),
    ]:
        for (code, status), call in zip(expected, calls(TROUBLED, region)):
            refused(code, status, call)


@check
def throttled_calls_are_refused_and_pass_again_with_retries():
    expected = [("RequestLimitExceeded", 503), ("Throttling", 400), ("ThrottlingException", 400), ("LimitExceededException", 400)]
    for (code, status), call in zip(expected, calls(TROUBLED, "us-east-1", account=1)):
        refusals = 0
        for _ in range(6):
            try:
                call()
            except ClientError as error:
                assert error.response["Error"]["Code"] == code, error
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error
                refusals += 1
        assert 2 <= refusals <= 5, (code, refusals)
    patient = Config(retries={"max_attempts": 10, "mode": "standard"})
    ssm = client("ssm", sim=TROUBLED, config=patient)
    for _ in range(3):
        ssm.describe_instance_information()


def main():
    failed = 0
    for function in CHECKS:
        try:
            function()
        except Exception:
            failed += 1
            print(f"FAILED {function.__name__}\n{traceback.format_exc()}", file=sys.stderr)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
