"""Runs moto on a free port, fills one region, and compares what qd lists with what boto3 made."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3

QD = sys.argv[1]
REGION, COUNT = "eu-west-1", 1000
passed, failed = 0, 0


def check(says, holds, detail=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print(f"not ok: {says} {detail}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, server):
    for _ in range(300):
        if server.poll() is not None:
            sys.exit("moto_server ended before it answered")
        try:
            return urllib.request.urlopen(url, timeout=1)
        except OSError:
            time.sleep(0.1)
    sys.exit("moto_server does not answer")


def qd(home, url, *args):
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = [QD, "fleet", "ls", "--json", "--endpoint-url", url, *args]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    document = json.loads(done.stdout) if done.stdout else {"rows": [], "failures": []}
    return done, document


def main(home):
    url = f"http://127.0.0.1:{free_port()}"
    server = subprocess.Popen(
        [os.path.join(os.path.dirname(sys.executable), "moto_server"), "-p", url.rsplit(":", 1)[1]],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(url + "/moto-api/", server)
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        ec2 = boto3.client("ec2", region_name=REGION, endpoint_url=url, **keys)
        sts = boto3.client("sts", region_name=REGION, endpoint_url=url, **keys)
        image = ec2.describe_images()["Images"][0]["ImageId"]
        made = ec2.run_instances(
            ImageId=image, MinCount=COUNT, MaxCount=COUNT, InstanceType="t3.micro",
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "pay"}]}],
        )["Instances"]
        one = made[0]["InstanceId"]
        ec2.create_tags(Resources=[one], Tags=[{"Key": "Name", "Value": "first & only <web>"}])

        done, fleet = qd(home, url)
        rows = {row["id"]: row for row in fleet["rows"]}
        check("exit 0 while EC2 answers", done.returncode == 0, done.stderr)
        check("every instance is a row", set(rows) == {i["InstanceId"] for i in made}, len(rows))
        check("no row comes twice", len(fleet["rows"]) == COUNT, len(fleet["rows"]))
        account = sts.get_caller_identity()["Account"]
        check("rows carry the account", {row["account"] for row in fleet["rows"]} == {account})
        first = rows.get(one, {})
        check("names survive XML", first.get("name") == "first & only <web>", first.get("name"))
        check("state, type and address", (first.get("state"), first.get("type")) == ("running", "t3.micro"))
        check("the address is EC2's", first.get("private_ip") == made[0]["PrivateIpAddress"])
        check("a ping that nobody told is null", first.get("ping", "missing") is None)
        silent = [f for f in fleet["failures"] if f["service"] == "ssm"]
        check("the call that moto lacks is a failure", len(silent) == 1, fleet["failures"])
        check("its cause names the status", silent and "HTTP 500" in silent[0]["cause"], silent)
        check("it has a hint", silent and silent[0]["hint"])
        check("nothing else failed", len(fleet["failures"]) == 1, fleet["failures"])

        _, fleet = qd(home, url, "--filter", "name:first* tag.team:pay state:running")
        check("a filter finds the one", [row["id"] for row in fleet["rows"]] == [one])
        done, _ = qd(home, url, "--filter", "colour:red")
        check("an unknown key is exit 2", done.returncode == 2 and "colour" in done.stderr, done.stderr)

        ec2.terminate_instances(InstanceIds=[one])
        _, fleet = qd(home, url, "--filter", "state:terminated")
        check("terminated instances are told as such", [row["id"] for row in fleet["rows"]] == [one])
    finally:
        server.terminate()
        server.wait()
    done, fleet = qd(home, url)
    check("with nothing listening it is exit 1 and a failure", done.returncode == 1 and fleet["failures"], done.stderr)


with tempfile.TemporaryDirectory() as home:
    main(home)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
