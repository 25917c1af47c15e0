"""asciinema on our exports, its server's fixtures on our import; and a session of ours, taken from the simulator.

What a cast holds is read here from the fixture itself, never from our own output.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from casts import asciinema_reads, read_cast
from pane import Pane
from session import record_session
from tally import check, close

QD, FIXTURES, ASCIINEMA, THREE = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]
REFUSED = ("invalid", "broken", "wrong")


def environment(home):
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color",
            "PYTHONIOENCODING": "utf-8", "XDG_DATA_HOME": f"{home}/data", "XDG_CONFIG_HOME": f"{home}/config"}


def run(home, *command, data=None):
    return subprocess.run(command, env=environment(home), input=data, capture_output=True, timeout=120)


def qd(home, *args):
    return run(home, QD, *args)


def ids(home):
    return {row["id"] for row in json.loads(qd(home, "--json", "recordings", "ls").stdout)["recordings"]}


def take(home, cast):
    """Imports what must be taken and returns its id."""
    done = qd(home, "--json", "recordings", "import", str(cast))
    taken = done.returncode == 0 and done.stdout.count(b"\n") == 1
    check(f"{cast.name} of {cast.parent.name} is taken", taken, done.stderr)
    return json.loads(done.stdout)["id"] if taken else None


def refuse(home, cast):
    before = ids(home)
    done = qd(home, "--json", "recordings", "import", str(cast))
    name = f"{cast.parent.name}/{cast.name}"
    check(f"{name} is refused with exit 1", done.returncode == 1, done.returncode)
    check(f"{name} is named", cast.name in done.stderr.decode(), done.stderr)
    check(f"{name} leaves nothing behind", done.stdout == b"" and ids(home) == before, done.stdout)


def export(home, recording, form):
    path = Path(home, f"{recording}.{form}")
    done = qd(home, "recordings", "export", recording, "--format", form, "--output", str(path))
    check(f"{form} is written", done.returncode == 0, done.stderr)
    return path


def plays(home, name, recording, output):
    """The exports of one recording in the hands of asciinema; `output` is what it has to show, as text."""
    raw = export(home, recording, "raw").read_bytes()
    check(f"{name}: raw is the output", raw.decode(errors="replace") == output, raw[:200])
    two = export(home, recording, "asciicast-v2")
    cat = run(home, ASCIINEMA, "cat", str(two))
    check(f"{name}: asciinema cats it", (cat.returncode, cat.stdout.decode()) == (0, output), cat.stderr[-200:])
    pane = Pane([ASCIINEMA, "play", "-s", "1000000", "-i", "0.001", str(two)], environment(home), 200, 50)
    code = pane.end(60)
    check(f"{name}: asciinema plays it", (code, pane.shown.decode(errors="replace")) == (0, output), pane.shown[:200])
    again = take(home, two)
    check(f"{name}: importing the export gives the same", export(home, again, "raw").read_bytes().decode() == output)
    three = export(home, recording, "asciicast-v3")
    theme = json.loads(three.read_text().split("\n")[0])["term"].get("theme")
    check(f"{name}: a theme is whole or absent", theme is None or theme.keys() >= {"fg", "bg", "palette"}, theme)
    if not THREE:
        return two
    pane = Pane([THREE, "play", "-q", "-s", "1000000", "-i", "0.001", str(three)], environment(home), 200, 50)
    code = pane.end(60)
    shown = output if raw.isascii() and b"\x1b" not in raw else ""
    check(f"{name}: asciinema 3 plays version 3", code == 0 and shown in pane.shown.decode(), pane.shown[-200:])
    for form in "txt", "asciicast-v2", "raw":
        into = Path(home, f"{recording}.converted.{form}")
        done = run(home, THREE, "convert", "--overwrite", "-f", form, str(three), str(into))
        check(f"{name}: asciinema 3 converts version 3 to {form}", done.returncode == 0, done.stderr)
        if done.returncode:
            continue
        made = into.read_bytes().decode()
        if form == "raw":  # begins with the window's size
            check(f"{name}: and the bytes are the same", re.sub(r"\A\x1b\[8;\d+;\d+t", "", made) == output, made[:200])
        if form == "txt":
            # It joins the rows of a wrapped line, we keep them as they were shown: compared without white space.
            ours, theirs = ("".join(text.split()) for text in (export(home, recording, "text").read_text(), made))
            check(f"{name}: and the text is ours", theirs == ours, (theirs[-200:], ours[-200:]))
    return two


def same_events(name, cast, two):
    """Times, kinds and data as asciinema reads them, against those of the fixture."""
    theirs, ours = read_cast(cast), asciinema_reads(two)
    check(f"{name}: as many events", len(ours) == len(theirs), (len(ours), len(theirs)))
    apart = [pair for pair in zip(theirs, ours) if pair[0][1:] != pair[1][1:] or abs(pair[0][0] - pair[1][0]) > 2e-6]
    check(f"{name}: the same events at the same times", not apart, apart[:2])


def main(home):
    casts = sorted(path for path in FIXTURES.glob("[0-9]/*") if path.is_file())
    check("there are fixtures of every version", {c.parent.name for c in casts} >= {"1", "2", "3", "5"}, casts)
    for cast in [*casts, *sorted(FIXTURES.glob("*.cast")), *sorted(FIXTURES.glob("*.json"))]:
        name = f"{cast.parent.name}/{cast.name}"
        if cast.name.startswith(REFUSED) or cast.parent.name == "5" or cast.name == "stdout.json":
            refuse(home, cast)
            continue
        recording = take(home, cast)
        if recording:
            verdict = qd(home, "--json", "recordings", "verify", recording)
            check(f"{name}: verifies", verdict.returncode == 0 and json.loads(verdict.stdout)["ok"], verdict.stdout)
            output = "".join(data for _, kind, data in read_cast(cast) if kind == "o")
            same_events(name, cast, plays(home, name, recording, output))
    for recording, output in record_session(QD, environment(home)):
        plays(home, "a session", recording, output)


with tempfile.TemporaryDirectory() as home:
    main(home)
if not THREE:
    print("not checked with asciinema 3: it is not installed")
close()
