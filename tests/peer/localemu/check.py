"""`qd connect` as a person uses it, on an agent that nobody here wrote: shell, size, commands, ends, evidence."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from pane import Late, Pane
from tally import check, close

QD, TARGET = sys.argv[1], "i-0123456789abcdef0"
PROMPT = "ready> "


class Bench:
    """The service, and `qd` with a home of its own."""

    def __init__(self, home):
        here = Path(__file__).parent
        self.cloud = subprocess.Popen([sys.executable, "-B", str(here / "cloud.py")], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.url = self.cloud.stdout.readline().strip()
        self.env = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8", "TERM": "xterm-256color",
                    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
                    "AWS_REGION": "eu-central-1", "AWS_EC2_METADATA_DISABLED": "true"}

    def qd(self, *args):
        return subprocess.run([QD, *args], env=self.env, capture_output=True, timeout=120, stdin=subprocess.DEVNULL)

    def document(self, *args):
        return json.loads(self.qd("--json", *args).stdout)

    def calls(self, name):
        got = json.load(urllib.request.urlopen(self.url + "/calls", timeout=10))
        return [call for call in got if call["name"] == name]

    def connect(self, *args):
        return Pane([QD, "connect", TARGET, "--endpoint-url", self.url, *args], self.env)

    def recording(self, reason):
        rows = self.document("recordings", "ls")["recordings"]
        return next((row for row in rows if (row["reason"] or "").startswith(reason)), None)


def say(pane, line):
    """Runs one line and returns what it printed."""
    pane.type(line + "\r")
    pane.wait_for(line + "\r\n")
    return pane.wait_for(PROMPT).decode()


def size_becomes(pane, wanted, seconds=10):
    until = time.monotonic() + seconds
    while (size := say(pane, "stty size").strip()) != wanted and time.monotonic() < until:
        pass
    return size


def a_shell(bench):
    pane = bench.connect("--reason", "look at the disk")
    try:
        pane.wait_for(PROMPT)
        pane.type("bind 'set enable-bracketed-paste off'\r")  # readline's own marks around each line
        pane.wait_for("paste off'\r\n")
        pane.wait_for(PROMPT)
        check("the agent has the size of the window", size_becomes(pane, "24 80") == "24 80")
        pane.resize(100, 30)
        size = size_becomes(pane, "30 100")
        check("and follows it", size == "30 100", size)
        said = say(pane, 'echo he""llo-$((6*7))')
        check("a command answers", said == "hello-42\r\n", said)
        said = say(pane, "seq 1 2000")
        check("two thousand lines come whole and in order", said == "".join(f"{n}\r\n" for n in range(1, 2001)), said[-80:])
        said = say(pane, "printf '\\346\\227\\245 \\360\\237\\232\\242\\n'")
        check("characters of several bytes come whole", said == "日 🚢\r\n", said)
        pane.type("sleep 600\r")
        pane.wait_for("sleep 600\r\n")
        pane.type("\x03")
        pane.wait_for("^C")
        pane.wait_for(PROMPT)
        check("an interrupt reaches the program", say(pane, "echo $?") == "130\r\n")
        pane.type("exit\r")
        code = pane.end()
        check("exit ends the session with 0", code == 0, (code, pane.shown[-300:]))
    finally:
        pane.kill()


def its_evidence(bench):
    asked = bench.calls("StartSession")
    check("one session was asked for, signed", len(asked) == 1 and asked[0]["signed"], asked)
    reason = asked[0]["body"].get("Reason", "")
    check("its reason names the recording", re.fullmatch(r"look at the disk qd:[0-9a-f]{16}", reason), reason)
    row = bench.recording("look at the disk")
    if not row:
        return check("the recording is listed", False, bench.qd("recordings", "ls").stdout)
    check("the recording is listed as sealed", (row["state"], row["target"]) == ("sealed", TARGET), row)
    check("with account and region", (row["account"], row["region"]) == ("123456789012", "eu-central-1"), row)
    check("and with AWS's session id", row["session_id"].startswith("localemu-"), row)
    done = bench.qd("--json", "recordings", "verify", row["id"])
    check("it verifies", done.returncode == 0 and json.loads(done.stdout)["ok"], done.stdout)
    raw = bench.qd("recordings", "export", row["id"], "--format", "raw").stdout
    for part in (b"hello-42\r\n", b"".join(b"%d\r\n" % n for n in range(1, 2001)), "日 🚢".encode(), b"30 100\r\n"):
        check("what was shown is in it", part in raw, part[:40])
    done = bench.qd("audit", "verify")
    check("the audit log verifies", done.returncode == 0, done.stderr)
    events = bench.qd("--json", "audit", "ls").stdout.decode()
    check("and knows the session", row["session_id"] in events, events[-300:])


def a_hanging_shell(bench):
    pane = bench.connect("--reason", "a hanging shell")
    try:
        pane.wait_for(PROMPT)
        pane.type("kill -STOP $$\r")
        pane.wait_for("kill -STOP $$\r\n")
        began = time.monotonic()
        pane.type("no answer\r~.")
        code = pane.end(15)
        check("~. ends the session of a shell that hangs", code is not None, pane.shown[-300:])
        check("at once", time.monotonic() - began < 5, time.monotonic() - began)
    finally:
        pane.kill()
    row = bench.recording("a hanging shell")
    check("its recording is sealed", row and row["state"] == "sealed", row)
    ended = [call["body"]["SessionId"] for call in bench.calls("TerminateSession")]
    check("AWS was told to end it", row and row["session_id"] in ended, ended)


def a_hanging_cloud(bench):
    pane = bench.connect("--reason", "a hanging cloud")
    try:
        pane.wait_for(PROMPT)
        bench.cloud.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        pane.type("\r~.")
        code = pane.end(30)
        check("~. ends the session though nothing answers any more", code is not None, pane.shown[-300:])
        check("within ten seconds", time.monotonic() - began < 10, time.monotonic() - began)
    finally:
        bench.cloud.send_signal(signal.SIGCONT)
        pane.kill()
    row = bench.recording("a hanging cloud")
    check("its recording is sealed", row and row["state"] == "sealed", row)


def what_cannot_be_had(bench):
    done = bench.qd("connect", TARGET, "--endpoint-url", bench.url, "--reason", "unreachable")
    check("a channel that does not open is exit 255", done.returncode == 255, (done.returncode, done.stderr))
    done = bench.qd("connect", "i-0fffffffffffffff0", "--endpoint-url", bench.url)
    check("an instance that is not there is exit 5", done.returncode == 5, (done.returncode, done.stderr))
    before = len(bench.calls("StartSession"))
    done = bench.qd("--read-only", "connect", TARGET, "--endpoint-url", bench.url)
    check("read-only is exit 3", done.returncode == 3, (done.returncode, done.stderr))
    check("and asks AWS for nothing", len(bench.calls("StartSession")) == before)


def main(home):
    bench = Bench(home)
    try:
        for scene in (a_shell, its_evidence, a_hanging_shell, a_hanging_cloud, what_cannot_be_had):
            began = time.monotonic()
            try:
                scene(bench)
            except Late as late:
                check(scene.__name__.replace("_", " "), False, late)
            print(f"{scene.__name__}: {time.monotonic() - began:.1f} s")
    finally:
        bench.cloud.kill()
        bench.cloud.wait()


with tempfile.TemporaryDirectory() as home:
    main(home)
close()
