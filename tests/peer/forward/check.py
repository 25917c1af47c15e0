"""Tunnels of one `qd forward` to a database, a cache and a bandwidth meter, used by the clients people use."""
import contextlib
import glob
import hashlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import tally
from tally import check

QD = sys.argv[1]
LIMIT = 120
# Python's own server keeps five callers waiting and refuses the sixth.
SITE = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        page = b"a page of the site\\n" * 200
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512
Server(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, **more)


def wait_for(port, server):
    for _ in range(300):
        if server.poll() is not None:
            sys.exit(f"{server.args[0]} ended before it listened")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    sys.exit(f"{server.args[0]} does not listen")


@contextlib.contextmanager
def running(*command, **more):
    process = subprocess.Popen(command, **more)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def as_nobody_special():
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def postgres(work):
    folder, port = os.path.join(work, "pg"), free_port()
    os.mkdir(folder)
    who = as_nobody_special()
    if who:
        os.chown(folder, who["user"], who["group"])
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    made = run(f"{programs}/initdb", "-D", f"{folder}/data", "-U", "ops", "-A", "trust", "--no-sync", cwd=folder, **who)
    if made.returncode:
        sys.exit(f"initdb: {made.stderr}")
    settings = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", f"unix_socket_directories={folder}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    with running(f"{programs}/postgres", "-D", f"{folder}/data", *settings, **quiet, **who) as server:
        wait_for(port, server)
        yield port


@contextlib.contextmanager
def listening(port, *command):
    with running(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        wait_for(port, server)
        yield port


def simulator(work):
    return running(QD, "sim", "--unpaced", stdout=open(f"{work}/sim", "w"))


def first_line(work):
    for _ in range(200):
        with open(f"{work}/sim") as file:
            line = file.readline()
        if line.endswith("\n"):
            return json.loads(line)
        time.sleep(0.05)
    sys.exit("qd sim did not start")


def environment(sim, work):
    return {
        "PATH": os.environ["PATH"],
        "HOME": work,
        "AWS_ACCESS_KEY_ID": sim["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": sim["secret_access_key"],
        "AWS_ENDPOINT_URL": sim["endpoint_url"],
        "AWS_REGION": sim["region"],
    }


def local_ports(forward, wanted):
    """The port of each tunnel, told by its remote one."""
    found = {}
    while len(found) < wanted:
        line = forward.stdout.readline()
        if not line:
            sys.exit("qd forward ended before all tunnels were bound")
        told = json.loads(line)
        remote = int(told["remote"].rsplit(":", 1)[-1])
        found.setdefault(remote, int(told["listening"].rsplit(":", 1)[1]))
    return found


def database(port):
    address = ["-h", "127.0.0.1", "-p", str(port), "-U", "ops", "-d", "postgres", "-X", "-q", "-A", "-t"]
    fill = "create table t as select i, md5(i::text) m, repeat(md5(i::text), 20) w from generate_series(1, 20000) i;"
    done = run("psql", *address, "-c", fill)
    check("psql creates a table", done.returncode == 0, done.stderr)
    done = run("psql", *address, "-c", "copy (select * from t order by i) to stdout")
    rows = [(i, hashlib.md5(str(i).encode()).hexdigest()) for i in range(1, 20001)]
    expected = "".join(f"{i}\t{m}\t{m * 20}\n" for i, m in rows)
    check("20,000 rows come through psql byte for byte", done.stdout == expected, len(done.stdout))
    done = run("psql", *address, "-c", "create table u (i int, m text, w text)")
    done = run("psql", *address, "-c", "copy u from stdin", input=expected)
    same = run("psql", *address, "-c", "select count(*) from (select * from t except select * from u) d")
    check("14 MB of rows go in the other way", same.stdout.strip() == "0", done.stderr + same.stdout + same.stderr)
    wrong = run("psql", *address, "-c", "select 1/0")
    check("an error of the database stays the database's", "division by zero" in wrong.stderr, wrong.stderr)


def cache(port):
    address = ["redis-cli", "-h", "127.0.0.1", "-p", str(port)]
    check("redis-cli is answered", run(*address, "ping").stdout.strip() == "PONG")
    value = "x" * 4_000_000
    done = run(*address, "-x", "set", "big", input=value)
    back = run(*address, "--raw", "get", "big")
    check("4 MB go into Redis and come back", back.stdout.rstrip("\n") == value, done.stderr)
    bulk = "".join(f"SET key:{i} {i}\r\n" for i in range(50_000))
    done = run(*address, "--pipe", input=bulk)
    check("50,000 commands in one pipe", "errors: 0, replies: 50000" in done.stdout, done.stdout + done.stderr)
    done = run("redis-benchmark", "-h", "127.0.0.1", "-p", str(port), "-c", "50", "-n", "5000", "-t", "get,set", "-q")
    check("50 clients at once", done.returncode == 0 and "requests per second" in done.stdout, done.stdout + done.stderr)


def bandwidth(port):
    for name, more in (("up", []), ("down", ["-R"]), ("up over 4 streams", ["-P", "4"])):
        done = run("iperf3", "-c", "127.0.0.1", "-p", str(port), "-n", "40M", "-J", *more)
        report = json.loads(done.stdout)
        end = report.get("end", {})
        sent, got = (end.get(side, {}).get("bytes", 0) for side in ("sum_sent", "sum_received"))
        check(f"iperf3 sends 40 MB {name}", sent >= 40 * 1024 * 1024, report.get("error", sent))
        # Its own connection says that all was sent while the last of it is on its way through another.
        check(f"iperf3 receives it {name}", got >= sent / 2, report.get("error", got))
        rate = end.get("sum_received", {}).get("bits_per_second", 0) / 8e6
        print(f"iperf3 {name}: {rate:.1f} MB/s")


def web(port):
    done = run("wrk", "-t2", "-c50", "-d3s", f"http://127.0.0.1:{port}/page")
    bad = [line for line in done.stdout.splitlines() if "Socket errors" in line or "Non-2xx" in line]
    check("wrk with 50 connections meets no error", done.returncode == 0 and not bad, done.stdout + done.stderr)


def main(work):
    # The database's own user must get to its folder.
    os.chmod(work, 0o755)
    with contextlib.ExitStack() as stack:
        sql = stack.enter_context(postgres(work))
        redis_port, iperf_port, web_port = free_port(), free_port(), free_port()
        quiet = ["--save", "", "--bind", "127.0.0.1", "--dir", work]
        stack.enter_context(listening(redis_port, "redis-server", "--port", str(redis_port), *quiet))
        stack.enter_context(listening(iperf_port, "iperf3", "-s", "-B", "127.0.0.1", "-p", str(iperf_port)))
        stack.enter_context(listening(web_port, sys.executable, "-c", SITE, str(web_port)))
        stack.enter_context(simulator(work))
        sim = first_line(work)
        env = environment(sim, work)
        fleet = json.loads(run(QD, "--json", "--data-dir", f"{work}/data", "fleet", "ls", env=env).stdout)
        target = next(
            row["id"] for row in fleet["rows"]
            if row["ping"] == "Online" and row["platform"] != "windows" and row["agent_version"] >= "3.2"
        )
        specs = [f"0:{port}" for port in (sql, redis_port, iperf_port, web_port)]
        command = [QD, "--json", "--data-dir", f"{work}/data", "forward", "--reason", "peers", target, *specs]
        forward = stack.enter_context(running(*command, stdout=subprocess.PIPE, text=True, env=env))
        ports = local_ports(forward, len(specs))
        database(ports[sql])
        cache(ports[redis_port])
        bandwidth(ports[iperf_port])
        web(ports[web_port])
        forward.send_signal(signal.SIGINT)
        forward.wait(20)
        left = json.loads(run(QD, "--json", "--data-dir", f"{work}/data", "recordings", "ls", env=env).stdout)
        states = {row["state"] for row in left["recordings"]}
        check("every tunnel's recording is sealed", states == {"sealed"}, states)
        with socket.socket() as probe:
            check("no port is left bound", probe.connect_ex(("127.0.0.1", ports[sql])) != 0)


work = tempfile.mkdtemp()
try:
    main(work)
finally:
    shutil.rmtree(work, ignore_errors=True)
tally.close()
