"""Each `aws` command of a folder of runbooks, as bash hands its words over, is read by AWS's own command line. It prints
the request's skeleton instead of sending anything; waiters have none, so they are sent to a port where nobody listens."""

import contextlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

os.environ.update(
    AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_REGION="us-east-1", AWS_MAX_ATTEMPTS="1",
    AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull,
)
from awscli.clidriver import create_clidriver  # noqa: E402  it reads the environment when it is loaded

# What it says of words that it does not understand; its exit code is that of a failed connection too.
PUZZLED = re.compile(r"^usage: |Unknown options|Error parsing parameter|Invalid choice|Parameter validation failed", re.M)
STAND_IN = '#!/bin/sh\nprintf "%s\\0" "$@" >>"$ASKED"; printf "\\n" >>"$ASKED"\n'
# Where the form of a value matters to the reader.
VALUES = {"region": "us-east-1", "iops": "3000", "throughput": "125", "port": "80", "gigabytes": "10", "source": "10.0.0.0/16"}


def asked(qd, page, folder):
    """Words of every `aws` that the page's commands call."""
    blocks = json.loads(subprocess.run([qd, "runbooks", "blocks", page, "--json"], check=True, capture_output=True).stdout)
    log = folder / "asked"
    log.write_bytes(b"")
    for command in (command for block in blocks["blocks"] for command in block["commands"]):
        if not re.search(r"\baws [a-z0-9-]+ [a-z]", command):
            continue
        filled = re.sub(r"\{\{(\w+)\}\}", lambda found: VALUES.get(found[1], "value"), command)
        # Nothing but the stand-in is on the way, so that nothing else of the page runs.
        subprocess.run(
            ["/bin/bash", "-c", filled], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
            env={"PATH": str(folder / "bin"), "ASKED": str(log)},
        )
    return [line.split(b"\0")[:-1] for line in log.read_bytes().split(b"\n") if line]


def understood(driver, words):
    waits = len(words) > 1 and words[1] == "wait"
    rest = ["--endpoint-url", "http://127.0.0.1:1"] if waits else ["--generate-cli-skeleton", "input"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        with contextlib.suppress(SystemExit):
            driver.main([*words, *rest])
    said = said.getvalue()
    return not PUZZLED.search(said), said.strip()[-300:]


def main(qd, pages):
    driver = create_clidriver()
    good = bad = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "bin").mkdir()
        (folder / "bin" / "aws").write_text(STAND_IN)
        (folder / "bin" / "aws").chmod(0o755)
        for page in sorted(pathlib.Path(pages).glob("*/*.md")):
            for words in asked(qd, page, folder):
                words = [word.decode() for word in words]
                fine, says = understood(driver, words)
                good += fine
                bad += not fine
                if not fine:
                    print(f"{page}: aws {' '.join(words)}\n  {says}")
    fine, _ = understood(driver, ["ec2", "describe-instances", "--no-such-option"])
    bad += fine
    print(f"{good} passed, {bad} failed")
    return 1 if bad or good < 100 else 0


sys.exit(main(*sys.argv[1:]))
