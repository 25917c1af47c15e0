"""A session of our own to export: colours, wide characters, bytes that are not UTF-8, a resize and a full screen."""
import json
import subprocess
from pathlib import Path

from pane import Late, Pane
from tally import check

SCRIPT = r"""printf '\033[1;31mred\033[0m \346\227\245\346\234\254\350\252\236 \360\237\232\242 bad\377byte\r\n'
printf '\033[?1049h\033[2J\033[3;4Hfull screen\033[?1049l'; seq 1 500
until [ "$(stty size)" = "30 100" ]; do sleep .1; done; stty size; echo "do""ne"; exit
"""


def record_session(qd, environment):
    """Yields the recording's id and its output as text; nothing when it could not be made, which counts."""
    simulator = subprocess.Popen([qd, "sim", "--shell", "/bin/sh"], env=environment, stdout=subprocess.PIPE, text=True)
    pane = None
    try:
        sim = json.loads(simulator.stdout.readline())
        keys = {"AWS_ACCESS_KEY_ID": sim["access_key_id"], "AWS_SECRET_ACCESS_KEY": sim["secret_access_key"],
                "AWS_REGION": sim["region"], "AWS_EC2_METADATA_DISABLED": "true"}
        listed = json.loads(subprocess.run(
            [qd, "--json", "--endpoint-url", sim["endpoint_url"], "fleet", "ls", "--filter", "state:running ping:Online"],
            env=environment | keys, capture_output=True, timeout=60).stdout)
        target = listed["rows"][0]["id"]
        pane = Pane([qd, "connect", target, "--reason", "casts", "--endpoint-url", sim["endpoint_url"]],
                    environment | keys)
        pane.wait_for("connected to")
        pane.resize(100, 30)
        pane.type(SCRIPT.replace("\n", "\r"))
        pane.wait_for("30 100")
        code = pane.end()
        check("a session of ours ends well", code == 0, pane.shown[-300:])
    except (Late, IndexError) as late:
        check("a session of ours can be recorded", False, late)
        return
    finally:
        if pane:
            pane.kill()
        simulator.terminate()
        simulator.wait(20)
    rows = json.loads(subprocess.run([qd, "--json", "recordings", "ls"], env=environment, capture_output=True).stdout)
    for row in rows["recordings"]:
        if (row["reason"] or "").startswith("casts"):
            raw = subprocess.run([qd, "recordings", "export", row["id"], "--format", "raw"], env=environment,
                                 capture_output=True).stdout
            check("the session's output is in its recording", b"\r\n500\r\n" in raw and b"bad\xffbyte" in raw, raw[-300:])
            yield row["id"], raw.decode(errors="replace")
