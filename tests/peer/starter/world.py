"""What the pages ask of whoever runs them, answered out of a simulator's world with AWS's own command line."""

import json
import subprocess

REGION = "eu-west-1"
# Of every variable of every page that the world does not tell.
VALUES = {
    "app": "/home/ssm-user/web", "check_path": "/health", "days": "2", "device": "/dev/sdf", "file": "/home/ssm-user/app.log",
    "folder": "/home/ssm-user/spool", "gigabytes": "600", "host": "localhost", "mount": "/tmp",
    "new_file": "/home/ssm-user/new.pem", "path": "/tmp", "pid": "300", "port": "8080", "profile_name": "ssm-managed", "release": "v1",
    "database": "orders", "replica": "orders-replica", "source": "orders", "ticket": "CHG-7", "unit": "web.service",
}
# What another page calls by the same name.
OF_PAGE = {
    "certificate/file-certificate-expiring.md": {"file": "/home/ssm-user/old.pem", "domain": "localhost"},
    "ec2/port-unreachable.md": {"source": "10.1.0.0/16"},
    "ebs/grow-a-volume.md": {"device": "/dev/nvme0n1"},
}
# Where a page is about another machine than the service's.
ON = {
    "ebs/grow-a-volume.md": "orders-db", "ebs/snapshot-before-change.md": "orders-db",
    "ebs/volume-stuck-attaching.md": "orders-db", "ebs/volume-throughput.md": "orders-db",
    "ssm/agent-connection-lost.md": "bastion",
}


def aws(environment, *words, region=REGION):
    done = subprocess.run(
        ["aws", *words, "--region", region, "--output", "json"], env=environment, capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 0, f"aws {' '.join(words)}: {done.stderr}"
    return json.loads(done.stdout)


def values(environment):
    """Ids follow from the seed, so that those of one simulator are those of the next."""
    rows = aws(environment, "ec2", "describe-instances")["Reservations"]
    instances = {tag["Value"]: one for row in rows for one in row["Instances"] for tag in one["Tags"] if tag["Key"] == "Name"}
    groups = aws(environment, "elbv2", "describe-target-groups")["TargetGroups"]
    group = next(one for one in groups if one["TargetGroupName"] == "checkout")
    listed = aws(environment, "acm", "list-certificates")["CertificateSummaryList"]
    details = [
        aws(environment, "acm", "describe-certificate", "--certificate-arn", one["CertificateArn"])["Certificate"] for one in listed
    ]
    waits = next(one for one in details if one.get("RenewalSummary", {}).get("RenewalStatus") == "PENDING_VALIDATION")
    disk = next(one for one in instances["orders-db"]["BlockDeviceMappings"] if one["DeviceName"] == "/dev/sdf")
    return VALUES | {
        "group_id": instances["checkout"]["SecurityGroups"][0]["GroupId"],
        "load_balancer": group["LoadBalancerArns"][0].split("loadbalancer/")[1],
        "target_group_arn": group["TargetGroupArn"],
        "certificate_arn": waits["CertificateArn"], "domain": waits["DomainName"],
        "volume_id": disk["Ebs"]["VolumeId"],
    }
