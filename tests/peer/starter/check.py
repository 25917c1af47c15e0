"""Carries every page of the starter set out and looks at what has become of the world."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import costs
import drive
import world


@contextlib.contextmanager
def simulator(qd, root, home):
    machine = (root / "tests/runbook_starter/machine.sh").read_text()
    command = [qd, "sim", "--unpaced", "--fleet", str(root / "tests/peer/starter/fleet.toml"), "--isolate", "--shell", machine]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"HOME": str(home)},
    )
    try:
        line = child.stdout.readline()
        if not line:
            raise SystemExit(f"skipped: {child.stderr.read().strip()}")
        yield json.loads(line)
    finally:
        child.terminate()
        child.wait()


def environment(sim, home):
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    kept["PATH"] = f"{home / 'bin'}:{kept['PATH']}"
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "CACHE", "STATE")}
    return kept | folders | {
        "HOME": str(home), "TERM": "xterm-256color", "AWS_ENDPOINT_URL": sim["endpoint_url"], "AWS_REGION": world.REGION,
        "AWS_DEFAULT_REGION": world.REGION,
        "AWS_ACCESS_KEY_ID": sim["access_key_id"], "AWS_SECRET_ACCESS_KEY": sim["secret_access_key"],
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def arguments(page, text, values):
    """A page refuses values that it has no use for."""
    front = text.split("---")[1]
    given = values | world.OF_PAGE.get(page, {})
    words = ["runbooks", "run", page, "--on", world.ON.get(page, "checkout")]
    for name, value in sorted(given.items()):
        if re.search(rf"^  {name}: ", front, re.M):
            words += ["--set", f"{name}={value}"]
    return words


def carry_out(qd, root, told, page, values):
    """None, or what went wrong; what was said is kept in `told`."""
    text = (root / "assets/runbooks" / page).read_text()
    with tempfile.TemporaryDirectory(prefix="starter-") as name:
        home = pathlib.Path(name)
        with simulator(qd, root, home) as sim:
            around = environment(sim, home)
            code, said = drive.to_its_end([qd, *arguments(page, text, values)], around, home)
            (told / page.replace("/", "-")).with_suffix(".txt").write_text(said)
            if code != 0 or not re.search(r"^qd: run .* is done$", said, re.M):
                return f"exit {code}\n{said[-3000:]}"
            verify = subprocess.run([qd, "runbooks", "runs", "verify", "last"], env=around, capture_output=True, text=True)
            if verify.returncode != 0:
                return f"the journal is not whole: {verify.stdout}{verify.stderr}"
            return changed(page, around, values)


def programs(qd, home):
    """What the shell of a page about costs finds besides `aws`: qd itself, and a `dig` that asks nobody."""
    (home / "bin").mkdir()
    (home / "bin/qd").symlink_to(qd)
    (home / "bin/dig").write_text("#!/bin/sh\necho allowed.partner.example.\n")
    (home / "bin/dig").chmod(0o755)


def approval(qd, around, home, page, given):
    """The word of a second person on a step that needs two, as a file; none where no step does."""
    if page != "costs/savings-plan.md":
        return []
    other = around | {f"XDG_{name}_HOME": str(home / "other" / name.lower()) for name in ("CONFIG", "DATA", "CACHE", "STATE")}
    done = subprocess.run([qd, "runbooks", "approve", page, "buy", *given], env=other, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (home / "word").write_text(done.stdout)
    # The configuration knows whose device that is.
    config = home / "config/quarterdeck/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"[runbooks]\napprovers = [\"mara {json.loads(done.stdout)['key']}\"]\n")
    return ["--approval", str(home / "word")]


def save(qd, root, told, turn):
    """A page about costs; None, or what went wrong."""
    page = f"costs/{turn.page}.md"
    text = (root / "assets/runbooks" / page).read_text()
    # A page refuses values that no command of it has a use for.
    commands = "".join(re.findall(r"^```sh.*?^```", text, re.M | re.S))
    given = []
    for name, value in sorted(turn.whole().items()):
        if "{{" + name + "}}" in commands:
            given += ["--set", f"{name}={value}"]
    with tempfile.TemporaryDirectory(prefix="starter-") as name:
        home = pathlib.Path(name)
        programs(qd, home)
        with simulator(qd, root, home) as sim:
            around = environment(sim, home)
            word = approval(qd, around, home, page, given)
            code, said = drive.to_its_end([qd, "runbooks", "run", page, *given, *word], around, home, turn.without)
            (told / f"costs-{turn.page}-{turn.name}.txt".replace(" ", "-")).write_text(said)
            if code != 0 or not re.search(r"^qd: run .* is done$", said, re.M):
                return f"exit {code}\n{said[-3000:]}"
            left_out = tuple(step for step in turn.without if re.search(rf"– {step} left out", said))
            if left_out != turn.without or len(re.findall(r" left out: ", said)) != len(turn.without):
                return f"left out is not what was to be\n{said[-3000:]}"
            verify = subprocess.run([qd, "runbooks", "runs", "verify", "last"], env=around, capture_output=True, text=True)
            if verify.returncode != 0:
                return f"the journal is not whole: {verify.stdout}{verify.stderr}"
            return becomes(lambda: turn.look(lambda *words, region=world.REGION: world.aws(around, *words, region=region)))


def becomes(look):
    """What is sent or ordered is there a while later."""
    for _ in range(10):
        if look():
            return None
        time.sleep(2)
    return "the world is as it was"


def changed(page, around, values):
    """What the page has changed, as AWS's own command line sees it afterwards."""
    def ask(*words):
        return world.aws(around, *words)
    look = {
        "alb/target-5xx.md": lambda: {"Key": "load_balancing.algorithm.type", "Value": "least_outstanding_requests"} in ask(
            "elbv2", "describe-target-group-attributes", "--target-group-arn", values["target_group_arn"])["Attributes"],
        "certificate/acm-certificate-expiring.md": lambda: ask(
            "acm", "describe-certificate", "--certificate-arn", values["certificate_arn"]
        )["Certificate"]["RenewalSummary"]["RenewalStatus"] == "SUCCESS",
        "ebs/grow-a-volume.md": lambda: ask("ec2", "describe-volumes", "--volume-ids", values["volume_id"])["Volumes"][0]["Size"] == 600,
        "ebs/volume-throughput.md": lambda: ask(
            "ec2", "describe-volumes", "--volume-ids", values["volume_id"])["Volumes"][0]["Iops"] == 6000,
        "ebs/snapshot-before-change.md": lambda: any(one["Description"] == "before CHG-7" for one in ask(
            "ec2", "describe-snapshots", "--owner-ids", "self", "--filters", f"Name=volume-id,Values={values['volume_id']}")["Snapshots"]),
        "rds/storage-low.md": lambda: ask(
            "rds", "describe-db-instances", "--db-instance-identifier", "orders")["DBInstances"][0]["AllocatedStorage"] == 600,
        "rds/replica-lag.md": lambda: any(one["Message"] == "DB instance restarted" for one in ask(
            "rds", "describe-events", "--source-type", "db-instance", "--source-identifier", "orders-replica")["Events"]),
        "ec2/port-unreachable.md": lambda: any(one.get("CidrIpv4") == "10.1.0.0/16" for one in ask(
            "ec2", "describe-security-group-rules", "--filters", f"Name=group-id,Values={values['group_id']}")["SecurityGroupRules"]),
    }.get(page)
    return look and becomes(look)


def main(qd, root, told, *only):
    root, told = pathlib.Path(root), pathlib.Path(told)
    told.mkdir(parents=True, exist_ok=True)
    pages = sorted(str(path.relative_to(root / "assets/runbooks")) for path in (root / "assets/runbooks").glob("*/*.md"))
    pages = [page for page in pages if not only or page in only]
    with tempfile.TemporaryDirectory(prefix="starter-") as name:
        home = pathlib.Path(name)
        with simulator(qd, root, home) as sim:
            around = environment(sim, home)
            values = world.values(around)
            turns = costs.turns(around)
    own = {f"costs/{turn.page}.md" for turn in turns}
    unknown = [page for page in pages if page.startswith("costs/") and page not in own]
    assert not unknown, f"nobody says how to carry out {unknown}"
    good = bad = 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        works = {
            page: pool.submit(carry_out, qd, root, told, page, values) for page in pages if not page.startswith("costs/")
        }
        works |= {
            f"costs/{turn.page} {turn.name}": pool.submit(save, qd, root, told, turn)
            for turn in turns if f"costs/{turn.page}.md" in pages
        }
        for page, work in works.items():
            wrong = work.result()
            good += wrong is None
            bad += wrong is not None
            if wrong is not None:
                print(f"{page}: {wrong}\n")
    print(f"{good} passed, {bad} failed")
    return 1 if bad or good < (len(only) or 40) else 0


sys.exit(main(*sys.argv[1:]))
