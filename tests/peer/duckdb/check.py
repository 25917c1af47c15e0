"""What DuckDB makes of `qd audit export --parquet`.

Usage: check.py QD QUERIES, the binary and the folder of saved queries. A log is made by real runs of `qd rec`, with a
few lines of other kinds appended as a log has them, so that every query has something to find.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import duckdb

QD, QUERIES = sys.argv[1], pathlib.Path(sys.argv[2])
scratch = tempfile.TemporaryDirectory()
HOME = pathlib.Path(scratch.name)
DATA, OUT = HOME / "data", HOME / "out"
passed, failed = 0, 0


def check(what, holds, says=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what} {says}")


def qd(*words):
    environment = {**os.environ, "HOME": str(HOME), "QD_REASON": "INC-7"}
    return subprocess.run(
        [QD, "--data-dir", str(DATA), *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


def lines():
    found = []
    for file in sorted((DATA / "audit").glob("*.jsonl")):
        found += file.read_text().splitlines()
    return found


for command in ["echo one", "rm -rf /tmp/none-such", "exit 3"]:
    qd("rec", "--", "sh", "-c", command)
recording = json.loads(qd("--json", "recordings", "ls").stdout)["recordings"][0]["id"]
qd("recordings", "play", recording)

# Kinds that need a cloud, put behind the rest with a valid chain: the night before, so that there are two days.
day = sorted((DATA / "audit").glob("*.jsonl"))[-1]
said = [json.loads(line) for line in lines()]
base, prev, seq = said[0], hashlib.sha256(lines()[-1].encode()).hexdigest(), said[-1]["seq"]
night = "2026-05-01T23:10:00.000000000Z"
more = [
    ("session.start", "success", {}, {"sid": "lost", "reason": None}),
    ("session.recording.gap", "success", {}, {}),
    ("session.recording.missing", "failure", {}, {"ssm_session_id": "ana-1"}),
    ("session.integrity.tamper", "failure", {"says": "x"}, {}),
]
with day.open("a") as log:
    for kind, outcome, body, fields in more:
        seq += 1
        entry = {**base, "uid": f"made-{seq}", "seq": seq, "time": night, "event": kind, "outcome": outcome}
        line = json.dumps({**entry, "body": body, "prev": prev, **fields}, separators=(",", ":"))
        prev = hashlib.sha256(line.encode()).hexdigest()
        log.write(line + "\n")

first = qd("--json", "audit", "export", "--parquet", str(OUT))
check("export succeeds", first.returncode == 0, first.stderr)
files = {path: path.read_bytes() for path in OUT.rglob("*.parquet")}
check("a file for each of two days", len(files) == 2, str(list(files)))
qd("audit", "export", "--parquet", str(OUT))
check("again is the same", files == {path: path.read_bytes() for path in OUT.rglob("*.parquet")})

os.chdir(OUT)
db = duckdb.connect()
db.execute((QUERIES / "table.duckdb.sql").read_text())
written = sum(json.loads(line)["rows"] for line in first.stdout.splitlines())
check("every event is a row", db.execute("SELECT count(*) FROM audit").fetchone()[0] == written)
raws = [row[0] for row in db.execute("SELECT raw FROM audit ORDER BY seq").fetchall()]
check("each row has its line as it stands", raws == lines()[: len(raws)] and len(raws) == written)
commands = db.execute("SELECT raw->>'$.body.command', command FROM audit WHERE command IS NOT NULL").fetchall()
check("columns agree with the line", len(commands) == 3 and all(a == b for a, b in commands), str(commands))
codes = db.execute("SELECT exit_code FROM audit WHERE event = 'session.end' ORDER BY seq").fetchall()
check("exit codes are numbers", codes == [(0,), (0,), (3,)], str(codes))
oldest = db.execute("SELECT CAST(min(time) AS VARCHAR) FROM audit").fetchone()[0]
check("times are UTC", oldest == "2026-05-01 23:10:00", oldest)
check("compressed with ZSTD", db.execute(
    "SELECT DISTINCT compression FROM parquet_metadata('dt=*/part-*.parquet')").fetchall() == [("ZSTD",)])

queries = sorted(path for path in QUERIES.glob("*.sql") if not path.name.startswith("table."))
check("there are ten queries", len(queries) == 10, str(len(queries)))
for query in queries:
    try:
        found = db.execute(query.read_text()).fetchall()
        check(f"{query.name} finds something", len(found) > 0)
    except duckdb.Error as error:
        check(query.name, False, str(error))

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
