"""Sessions come from the simulator, their store is ministack; what is in the bucket is looked at with boto3."""
import datetime
import hashlib
import json
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3
from botocore.exceptions import ClientError

QD = sys.argv[1]
LONG = os.environ.get("LONG") == "1"
LOCKED, PLAIN = "records", "plain"
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


def ministack(scratch):
    port = free_port()
    environment = {**os.environ, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "HOME": scratch}
    program = os.path.join(os.path.dirname(sys.executable), "ministack")
    server = subprocess.Popen([program], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        if server.poll() is not None:
            sys.exit("ministack ended before it answered")
        try:
            urllib.request.urlopen(url, timeout=1)
            break
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.1)
    return server, url


class Home:
    """A user's home with the sim's keys in the environment and ministack's in a profile."""

    def __init__(self, dir, sim, store_url, settings, bucket=LOCKED):
        self.dir = dir
        os.makedirs(f"{dir}/.aws", exist_ok=True)
        os.makedirs(f"{dir}/.config/quarterdeck", exist_ok=True)
        with open(f"{dir}/.aws/credentials", "w") as file:
            file.write("[store]\naws_access_key_id = test\naws_secret_access_key = test\n")
        with open(f"{dir}/.config/quarterdeck/config.toml", "w") as file:
            file.write(
                f'[store]\nbucket = "{bucket}"\nprofile = "store"\nregion = "us-east-1"\n'
                f'endpoint_url = "{store_url}"\n{settings}\n'
            )
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": dir,
            "TERM": "xterm",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": sim["endpoint_url"],
            "AWS_ACCESS_KEY_ID": sim["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": sim["secret_access_key"],
            "AWS_REGION": sim["region"],
        }

    def command(self, *args):
        return [QD, *args, "--data-dir", f"{self.dir}/data"]

    def qd(self, *args):
        done = subprocess.run(
            self.command(*args, "--json"), env=self.environment, capture_output=True, text=True, timeout=120
        )
        return done, [json.loads(line) for line in done.stdout.splitlines()]

    def recording(self):
        _, found = self.qd("recordings", "ls")
        return found[0]["recordings"][0]

    def journal(self):
        path = self.recording()["path"][: -len("osr")] + "upload"
        return open(path).read() if os.path.exists(path) else ""


class Session:
    def __init__(self, home):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(QD, home.command("connect", "checkout"), home.environment)
        self.seen = b""
        self.wait(b"connected to")

    def wait(self, text, seconds=60):
        until = time.monotonic() + seconds
        while text not in self.seen:
            left = until - time.monotonic()
            if left <= 0:
                sys.exit(f"{text} did not come; the last of it: {self.seen[-400:]}")
            if select.select([self.terminal], [], [], left)[0]:
                self.seen += os.read(self.terminal, 65536)

    def type(self, line):
        os.write(self.terminal, line.encode() + b"\r")

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def end(self):
        self.type("exit")
        while True:
            try:
                if not os.read(self.terminal, 65536):
                    break
            except OSError:
                break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def refused(call, *codes):
    try:
        call()
        return False
    except ClientError as error:
        return error.response["Error"]["Code"] in codes


def rebuild(home, sim, store_url, scratch):
    """kill -9, wipe, pull: what is signed and stored comes back byte for byte."""
    session = Session(home)
    session.type("head -c 2500000 /dev/urandom | base64; echo all-$((40+2))")
    session.wait(b"all-42")
    if LONG:
        session.type("echo late-$((40+3))")
        session.wait(b"late-43")
        began = time.monotonic()
        size = os.path.getsize(home.recording()["path"])
        while stored(home) < size - 400:
            if time.monotonic() - began > 60:
                break
            time.sleep(0.5)
        behind = time.monotonic() - began
        check("the store is at most 60 s behind", behind <= 60, f"{behind:.0f} s")
        print(f"a quiet session's bytes were in the store after {behind:.0f} s")
    else:
        until = time.monotonic() + 60
        while home.journal().count('"stored"') < 3 and time.monotonic() < until:
            time.sleep(0.1)
    session.kill()
    row = home.recording()
    original = open(row["path"], "rb").read()
    shutil.rmtree(f"{home.dir}/data")
    other = Home(f"{scratch}/other", sim, store_url, 'lock = "compliance"')
    done, found = other.qd("recordings", "pull", row["id"])
    check("the session is rebuilt", done.returncode == 0 and found[0]["state"] == "recovered", done.stderr)
    rebuilt = open(found[0]["path"], "rb").read()
    same = next((i for i, (a, b) in enumerate(zip(rebuilt, original)) if a != b), min(len(rebuilt), len(original)))
    check("it is the recording that was written", same > 2 << 20, f"only {same} bytes")
    check("it verifies", found[0]["ok"], found[0])


def stored(home):
    sizes = [json.loads(line)["stored"] for line in home.journal().splitlines() if '"stored":' in line]
    return sum(part["size"] for part in sizes)


def locked(s3, home):
    """A finished session: its objects carry lock and checksum, and their writer cannot delete or shorten them."""
    session = Session(home)
    session.type("echo hello-$((40+2))")
    session.wait(b"hello-42")
    check("the session ends well", session.end() == 0)
    row = home.recording()
    check("it is locked", row["evidence"] == "locked", row)
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=LOCKED, Prefix="rec/")["Contents"] if row["id"] in item["Key"]]
    check("segments and manifest are there", len(keys) >= 2 and any(key.endswith("manifest.json") for key in keys), keys)
    whole = b""
    for key in sorted(key for key in keys if key.endswith(".seg")):
        head = s3.head_object(Bucket=LOCKED, Key=key)
        check("an object is locked", head.get("ObjectLockMode") == "COMPLIANCE", head)
        version = head["VersionId"]
        check(
            "a locked version is not deleted",
            refused(lambda: s3.delete_object(Bucket=LOCKED, Key=key, VersionId=version, BypassGovernanceRetention=True), "AccessDenied"),
        )
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=60)
        shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": soon}
        check(
            "its retention is not shortened",
            refused(
                lambda: s3.put_object_retention(Bucket=LOCKED, Key=key, VersionId=version, Retention=shorter), "AccessDenied"
            ),
        )
        check(
            "it is not written a second time",
            refused(lambda: s3.put_object(Bucket=LOCKED, Key=key, Body=b"x", IfNoneMatch="*"), "PreconditionFailed"),
        )
        whole += s3.get_object(Bucket=LOCKED, Key=key, VersionId=version)["Body"].read()
    check("the segments are the recording", whole == open(row["path"], "rb").read())
    manifest = next(key for key in keys if key.endswith("manifest.json"))
    says = json.loads(s3.get_object(Bucket=LOCKED, Key=manifest)["Body"].read())
    check("the manifest has its hash", says["sha256"] == hashlib.sha256(whole).hexdigest())
    events = [item["Key"] for item in s3.list_objects_v2(Bucket=LOCKED, Prefix="audit/v1/")["Contents"]]
    text = b"".join(s3.get_object(Bucket=LOCKED, Key=key)["Body"].read() for key in events)
    kinds = [json.loads(line)["event"] for line in text.splitlines()]
    check("the audit log is there", "session.start" in kinds and "session.end" in kinds, kinds)


def put_over(s3, home, other):
    """What is put over a stored recording, and deletes it, changes nothing but what is told."""
    row = home.recording()
    original = open(row["path"], "rb").read()
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=LOCKED, Prefix="rec/")["Contents"] if row["id"] in item["Key"]]
    for key in keys:
        s3.put_object(Bucket=LOCKED, Key=key, Body=b"{}", ChecksumAlgorithm="SHA256")
    done, found = other.qd("recordings", "pull", row["id"])
    check("what was put over it is named", done.returncode == 4 and "replaced or deleted since" in done.stderr, done.stderr)
    check("what came first is taken", found and open(found[0]["path"], "rb").read() == original, found)
    for key in keys:
        s3.delete_object(Bucket=LOCKED, Key=key)
    done, found = other.qd("recordings", "pull", "--all")
    here = [line["state"] for line in found if line["id"] == row["id"]]
    check("what was deleted under its lock is there", done.returncode == 4 and here == ["here"], done.stderr)
    done, found = home.qd("recordings", "verify", "--ask", row["id"])
    check("and the store still bears it out", done.returncode == 0 and found[0]["evidence"] == "locked", found)


def unlocked(home):
    session = Session(home)
    session.wait(b"without Object Lock")
    check("a bucket without lock is named and the session goes on", session.end() == 0)


def main(scratch):
    server, store_url = ministack(scratch)
    fleet = f"{scratch}/fleet.toml"
    with open(fleet, "w") as file:
        file.write(
            '[[accounts]]\nid = "613489207754"\nname = "shop"\nregions = ["us-east-1"]\npayer = true\n'
            '[[instances]]\nname = "checkout"\nregions = ["us-east-1"]\nagent = "online"\ntags = { env = "test" }\n'
        )
    sim = subprocess.Popen([QD, "sim", "--unpaced", "--fleet", fleet], stdout=subprocess.PIPE, text=True)
    try:
        line = json.loads(sim.stdout.readline())
        s3 = boto3.client(
            "s3", endpoint_url=store_url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        s3.create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True)
        s3.create_bucket(Bucket=PLAIN)
        rebuild(Home(f"{scratch}/one", line, store_url, 'lock = "compliance"'), line, store_url, scratch)
        two = Home(f"{scratch}/two", line, store_url, 'lock = "compliance"\nlock_days = 2')
        locked(s3, two)
        put_over(s3, two, Home(f"{scratch}/four", line, store_url, ""))
        unlocked(Home(f"{scratch}/three", line, store_url, 'lock = "governance"', PLAIN))
    finally:
        sim.terminate()
        sim.wait()
        server.terminate()
        server.wait()


with tempfile.TemporaryDirectory() as scratch:
    main(scratch)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
