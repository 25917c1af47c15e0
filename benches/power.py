"""How long bytes of a recording would be lost with the power: from each write of its file to the end of the next flush.

Usage: power.py QD; needs strace. A program prints 400 pieces of noise a few hundredths of a second apart.
"""

import bisect
import os
import re
import subprocess
import sys
import tempfile

NOISE = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); head -c 300 /dev/urandom | base64; sleep 0.0$((i%9)); done"
CALLS = "write,pwrite64,pwritev,fsync,fdatasync"


def calls(trace):
    """Each call on a recording's file: when it began, when it ended (seconds), its name."""
    begun = {}
    for line in open(trace, errors="replace"):
        if not (found := re.match(r"(\d+) (\d+\.\d+) (?:<\.\.\. )?(\w+)(.*)", line)):
            continue
        thread, at, name, rest = found[1], float(found[2]), found[3], found[4]
        if rest.startswith(" resumed"):
            if began := begun.pop((thread, name), None):
                yield began, at, name
        elif ".osr>" in rest and "unfinished" in rest:
            begun[thread, name] = at
        elif ".osr>" in rest and (took := re.search(r"<(\d+\.\d+)>$", rest)):
            yield at, at + float(took[1]), name


with tempfile.TemporaryDirectory() as home:
    trace = f"{home}/trace"
    traced = ["strace", "-f", "-ttt", "-T", "-y", "-e", f"trace={CALLS}", "-o", trace]
    program = [sys.argv[1], "--data-dir", f"{home}/data", "rec", "--", "sh", "-c", NOISE]
    subprocess.run(traced + program, stdout=subprocess.DEVNULL, env={**os.environ, "HOME": home}, check=True)
    seen = list(calls(trace))

flushes = sorted((began, ended) for began, ended, name in seen if "sync" in name)
waits, unsafe = [], 0
for _, written, name in seen:
    if "write" in name:
        at = bisect.bisect_left(flushes, (written,))
        if at < len(flushes):
            waits.append(flushes[at][1] - written)
        else:
            unsafe += 1
waits.sort()
p50, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
print(
    f"{len(waits)} writes, {len(flushes)} flushes: on the disk after p50 {p50 * 1e3:.0f}, p99 {p99 * 1e3:.0f}, "
    f"worst {waits[-1] * 1e3:.0f} ms; {unsafe} never"
)
