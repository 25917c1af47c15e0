"""How the pages about costs are carried out: with which values, without which steps, and what the world is like afterwards.

A finding fills a page in; here the same values come from the world. Of steps that exclude each other one is left out, and a page
with three kinds of things has three turns."""

import dataclasses
import typing

from world import REGION, aws

ACCOUNT = "613489207754"


@dataclasses.dataclass
class Turn:
    page: str
    values: dict
    # Asks AWS's own command line, and says whether the change is there.
    look: typing.Callable
    without: tuple = ()
    name: str = ""
    region: str = REGION

    def whole(self):
        return {"account": ACCOUNT, "region": self.region} | self.values


def by_name(environment, region=REGION):
    rows = aws(environment, "ec2", "describe-instances", region=region)["Reservations"]
    return {tag["Value"]: one for row in rows for one in row["Instances"] for tag in one["Tags"] if tag["Key"] == "Name"}


def turns(environment):
    def ask(*words, region=REGION):
        return aws(environment, *words, region=region)

    def instance(ask, id):
        return ask("ec2", "describe-instances", "--instance-ids", id)["Reservations"][0]["Instances"][0]

    def is_in(id, *states):
        return lambda ask: instance(ask, id)["State"]["Name"] in states

    def is_sized(id, size):
        return lambda ask: (instance(ask, id)["InstanceType"], instance(ask, id)["State"]["Name"]) == (size, "running")

    def lacks(member, key, id, *words):
        return lambda ask: all(one[key] != id or one.get("State") in ("deleting", "deleted") for one in ask(*words)[member])

    machines = by_name(environment)
    id = {name: one["InstanceId"] for name, one in machines.items()}
    subnet = machines["web-01"]["SubnetId"]
    found = ask("ec2", "describe-snapshots", "--owner-ids", "self")["Snapshots"]
    orphans = [one["SnapshotId"] for one in found if one["Description"] in ("before the migration", "do not delete")]
    loose = next(one["VolumeId"] for one in ask("ec2", "describe-volumes")["Volumes"] if one["State"] == "available")
    addresses = ask("ec2", "describe-addresses")["Addresses"]
    free = next(one for one in addresses if "InstanceId" not in one)
    elastic = next(one for one in addresses if one.get("InstanceId") == id["web-01"])
    nat = ask("ec2", "describe-nat-gateways")["NatGateways"][0]["NatGatewayId"]
    endpoints = ask("ec2", "describe-vpc-endpoints")["VpcEndpoints"]
    endpoint = next(one["VpcEndpointId"] for one in endpoints if one["VpcEndpointType"] == "Interface")
    balancers = ask("elbv2", "describe-load-balancers")["LoadBalancers"]
    balancer = next(one["LoadBalancerArn"] for one in balancers if one["LoadBalancerName"] == "legacy-api")
    group = ask("logs", "describe-log-groups")["logGroups"][0]["logGroupName"]
    images = ask("ec2", "describe-images", "--owners", "amazon", "--filters", "Name=architecture,Values=arm64")["Images"]
    plans = ask(
        "savingsplans", "describe-savings-plans-offerings", "--product-type", "EC2", "--plan-types", "Compute",
        "--durations", "31536000", "--payment-options", "No Upfront",
    )["searchResults"]
    there = "eu-central-1"
    network = by_name(environment, there)["search"]
    tables = ask("ec2", "describe-route-tables", "--filters", f"Name=association.subnet-id,Values={network['SubnetId']}", region=there)
    table = tables["RouteTables"][0]["RouteTableId"]
    bucket = f"run-output-{ACCOUNT}"

    def changed_tier(ask):
        return ask("ec2", "describe-snapshots", "--snapshot-ids", orphans[0])["Snapshots"][0]["StorageTier"] == "archive"

    def has_image(ask):
        own = ask("ec2", "describe-images", "--owners", "self")["Images"]
        return any(one["Name"] == f"before-clearing-{id['old-wiki']}" for one in own)

    gone = ("shutting-down", "terminated")
    off = ("stopping", "stopped")
    return [
        Turn("current-generation", {"instance_id": id["web-01"], "instance_type": "m5.large", "new_type": "m6i.large"},
             is_sized(id["web-01"], "m6i.large")),
        Turn("one-size-down", {"instance_id": id["crawler"], "instance_type": "c5.xlarge", "new_type": "c5.large"},
             is_sized(id["crawler"], "c5.large")),
        Turn("recommended-size", {"instance_id": id["web-02"], "instance_type": "m5.large", "new_type": "t3.large"},
             is_sized(id["web-02"], "t3.large")),
        Turn("graviton", {"instance_id": id["web-01"], "new_type": "m7g.large", "arm_image_id": images[0]["ImageId"],
                          "subnet_id": subnet},
             lambda ask: is_in(id["web-01"], *off)(ask) and any(
                 one["InstanceType"] == "m7g.large" and one["ImageId"] == images[0]["ImageId"]
                 for row in ask("ec2", "describe-instances")["Reservations"] for one in row["Instances"])),
        Turn("idle-instance", {"instance_id": id["crawler"]}, is_in(id["crawler"], *off)),
        Turn("unvisited-instance", {"instance_id": id["crawler"]}, is_in(id["crawler"], *off)),
        Turn("stopped-instance", {"instance_id": id["old-wiki"]},
             lambda ask: is_in(id["old-wiki"], *gone)(ask) and has_image(ask)),
        Turn("off-hours", {"instance_id": id["crawler"], "scheduler_role": "office-hours", "timezone": "Europe/Berlin"},
             lambda ask: {one["Name"] for one in ask("scheduler", "list-schedules")["Schedules"]} == {
                 f"stop-{id['crawler']}", f"start-{id['crawler']}"}),
        Turn("spot", {"instance_id": id["crawler"], "new_type": "c5.xlarge", "group": "crawlers"},
             lambda ask: ask("autoscaling", "describe-auto-scaling-groups")["AutoScalingGroups"][0]["MixedInstancesPolicy"][
                 "InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] == 0),
        Turn("savings-plan", {"offering_id": plans[0]["offeringId"], "hourly_commitment": "0.05"},
             lambda ask: ask("savingsplans", "describe-savings-plans")["savingsPlans"][0]["commitment"] == "0.05"),
        Turn("gp2-to-gp3", {"volume_id": loose}, lambda ask: ask(
            "ec2", "describe-volumes", "--volume-ids", loose)["Volumes"][0]["VolumeType"] == "gp3"),
        Turn("unattached-volume", {"volume_id": loose},
             lambda ask: lacks("Volumes", "VolumeId", loose, "ec2", "describe-volumes")(ask) and any(
                 one["VolumeId"] == loose and one["State"] == "completed"
                 for one in ask("ec2", "describe-snapshots", "--owner-ids", "self")["Snapshots"])),
        Turn("orphan-snapshot", {"snapshot_id": orphans[0]}, changed_tier, ("delete",), "archived"),
        Turn("orphan-snapshot", {"snapshot_id": orphans[1]}, lacks(
            "Snapshots", "SnapshotId", orphans[1], "ec2", "describe-snapshots", "--owner-ids", "self"), ("archive",), "deleted"),
        Turn("unused-address", {"allocation_id": free["AllocationId"]},
             lacks("Addresses", "AllocationId", free["AllocationId"], "ec2", "describe-addresses")),
        Turn("public-address", {
            "instance_id": id["web-02"], "subnet_id": machines["web-02"]["SubnetId"], "association_id": "eipassoc-none",
            "network_interface_id": machines["web-02"]["NetworkInterfaces"][0]["NetworkInterfaceId"],
        }, lambda ask: "PublicIpAddress" not in instance(ask, id["web-02"]), ("elastic",), "given at launch"),
        Turn("public-address", {
            "instance_id": id["web-01"], "subnet_id": subnet, "association_id": elastic["AssociationId"],
            "network_interface_id": machines["web-01"]["NetworkInterfaces"][0]["NetworkInterfaceId"],
        }, lambda ask: "PublicIpAddress" not in instance(ask, id["web-01"]), ("off",), "elastic"),
        Turn("idle-gateway", {"gateway": nat}, lacks("NatGateways", "NatGatewayId", nat, "ec2", "describe-nat-gateways"),
             ("delete-endpoint", "delete-balancer"), "nat"),
        Turn("idle-gateway", {"gateway": endpoint},
             lacks("VpcEndpoints", "VpcEndpointId", endpoint, "ec2", "describe-vpc-endpoints"),
             ("delete-nat", "delete-balancer"), "endpoint"),
        Turn("idle-gateway", {"gateway": balancer},
             lacks("LoadBalancers", "LoadBalancerArn", balancer, "elbv2", "describe-load-balancers"),
             ("delete-nat", "delete-endpoint"), "balancer"),
        Turn("nat-hot-spot", {
            "usage_type": "EUC1-NatGateway-Bytes", "vpc_id": network["VpcId"], "route_table_id": table,
        }, lambda ask: any(
            table in one["RouteTableIds"] for one in ask("ec2", "describe-vpc-endpoints", region=there)["VpcEndpoints"]
        ), region=there),
        Turn("transfer-hot-spot", {
            "usage_type": "EU-DataTransfer-Regional-Bytes", "vpc_id": machines["checkout"]["VpcId"], "bucket": bucket,
        }, lambda ask: ask("ec2", "describe-flow-logs")["FlowLogs"][0]["LogDestination"] == f"arn:aws:s3:::{bucket}"),
        Turn("endless-logs", {"log_group": group, "days": "30", "bucket": bucket},
             lambda ask: ask("logs", "describe-log-groups", "--log-group-name-prefix", group)["logGroups"][0][
                 "retentionInDays"] == 30 and ask("logs", "describe-export-tasks")["exportTasks"][0]["status"]["code"] == "COMPLETED"),
    ]
