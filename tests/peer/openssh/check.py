"""Stock OpenSSH and rsync through qd on two agents: bytes exact both ways, keys that live for a minute, nothing left."""
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pane import Late, Pane
from tally import check, close

QD = sys.argv[1]
HERE = Path(__file__).parent
SIZE = 20_000_000
FLEET = """
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1"]
payer = true
[[instances]]
name = "web"
regions = ["us-east-1"]
agent = "online"
tags = { env = "test" }
[[instances]]
name = "mute"
regions = ["us-east-1"]
agent = "missing"
tags = { env = "test" }
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def sum_of(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if Path(path).exists() else "missing"


class Server:
    """OpenSSH's own, on loopback, with one user's key and the folder where pushed keys appear."""

    def __init__(self, home):
        self.port, self.keys = free_port(), home / "pushed"
        self.keys.mkdir()
        for key in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / key], check=True)
        os.makedirs("/run/sshd", exist_ok=True)
        config = home / "sshd_config"
        config.write_text(f"""Port {self.port}
ListenAddress 127.0.0.1
HostKey {home}/host
AuthorizedKeysFile {self.keys}/%u {home}/user.pub
PermitRootLogin yes
UsePAM no
StrictModes no
PidFile none
Subsystem sftp internal-sftp
""")
        self.log = home / "sshd.log"
        self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", config, "-E", self.log], stdin=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while socket.socket().connect_ex(("127.0.0.1", self.port)) and time.monotonic() < until:
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Bench:
    """One cloud, and programs that reach into it with a home of their own."""

    def __init__(self, name, home, cloud, variables, target):
        self.name, self.home, self.cloud, self.target = name, home, cloud, target
        self.dir = home / name
        self.dir.mkdir()
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.dir), "LANG": "C.UTF-8", "TERM": "xterm-256color",
                    "AWS_EC2_METADATA_DISABLED": "true", **variables}
        config = self.dir / "ssh_config"
        stanza = self.run(QD, "--data-dir", self.dir / "data", "setup", "ssh-config").stdout.decode()
        config.write_text(stanza.replace("ProxyCommand qd", f"ProxyCommand {QD}") + f"""Host *
    User root
    IdentityFile {home}/user
    StrictHostKeyChecking no
    UserKnownHostsFile {self.dir}/hosts
    LogLevel ERROR
""")
        self.ssh = ["-F", str(config)]

    def run(self, *args, seconds=120, **more):
        more.setdefault("stdin", subprocess.DEVNULL) if "input" not in more else None
        return subprocess.run([str(arg) for arg in args], env=self.env, capture_output=True, timeout=seconds, **more)

    def qd(self, *args, **more):
        return self.run(QD, "--data-dir", self.dir / "data", *args, **more)

    def holds(self, says, condition, detail=""):
        check(f"{self.name}: {says}", condition, detail)

    def equal(self, says, one, other, done):
        self.holds(says, done.returncode == 0 and sum_of(one) == sum_of(other), (done.returncode, done.stderr[-300:]))

    def is_sealed(self):
        rows = json.loads(self.qd("recordings", "ls", "--json").stdout)["recordings"]
        self.holds("every recording is sealed", rows and all(row["state"] == "sealed" for row in rows), rows)
        bad = [row["id"] for row in rows if self.qd("recordings", "verify", row["id"]).returncode]
        self.holds("and verifies", not bad, bad)

    def stop(self):
        self.cloud.terminate()
        self.cloud.wait(10)


def openssh(bench, big):
    target, work = bench.target, bench.dir
    done = bench.run("ssh", *bench.ssh, target, "echo out; echo err >&2; exit 3")
    bench.holds("ssh has both outputs and the exit code", (done.returncode, done.stdout, done.stderr) == (3, b"out\n", b"err\n"), done)
    done = bench.run("ssh", *bench.ssh, target, "sha256sum", input=big.read_bytes())
    bench.holds("20 MB through standard input", sum_of(big).encode() in done.stdout, done)
    done = bench.run("scp", *bench.ssh, big, f"{target}:{work}/scp up")
    bench.equal("scp up", big, work / "scp up", done)
    done = bench.run("scp", *bench.ssh, f"{target}:{work}/scp up", work / "scp down")
    bench.equal("scp down", big, work / "scp down", done)
    done = bench.run("rsync", "-e", f"ssh {' '.join(bench.ssh)}", big, f"{target}:{work}/rsynced")
    bench.equal("rsync up", big, work / "rsynced", done)
    done = bench.run("rsync", "-e", f"ssh {' '.join(bench.ssh)}", f"{target}:{work}/rsynced", work / "rsync down")
    bench.equal("rsync down", big, work / "rsync down", done)
    done = bench.run("sftp", *bench.ssh, "-b", "-", target, input=f"put {big} {work}/put\nget {work}/put {work}/got\n".encode())
    bench.equal("sftp both ways", big, work / "got", done)
    master = ["-o", "ControlMaster=auto", "-o", f"ControlPath={work}/c", "-o", "ControlPersist=60"]
    for _ in range(3):
        done = bench.run("ssh", *bench.ssh, *master, target, "echo shared")
        bench.holds("a shared connection", done.stdout == b"shared\n", done)
    bench.run("ssh", *bench.ssh, *master, "-O", "exit", target)
    done = bench.run("ssh", *bench.ssh, "-o", "ServerAliveInterval=1", target, "sleep 3; echo alive")
    bench.holds("keep-alives are answered", done.stdout == b"alive\n", done)


def copies(bench, big, user):
    target, work = bench.target, bench.dir
    done = bench.qd("cp", big, f"{target}:{work}/cp up")
    bench.equal("cp up without SSH", big, work / "cp up", done)
    done = bench.qd("cp", f"{target}:{work}/cp up", work / "cp down")
    bench.equal("cp down without SSH", big, work / "cp down", done)
    if user:
        done = bench.qd("cp", "--ssh", "-l", user, big, f"{target}:{work}/scp-up")
        bench.equal("cp --ssh up", big, work / "scp-up", done)
        done = bench.qd("cp", "--ssh", "-l", user, f"{target}:{work}/scp-up", work / "scp-down")
        bench.equal("cp --ssh down", big, work / "scp-down", done)


def pushed_keys(bench, server):
    for target in ("web", "mute"):
        done = bench.qd("ssh", "-l", "root", target, "--", "true")
        bench.holds(f"qd ssh with a pushed key on {target}", done.returncode == 0, done)
        done = bench.qd("ssh", f"root@{target}", "echo 'a  b'; exit 7")
        bench.holds("passes output and exit code through", (done.returncode, done.stdout) == (7, b"a  b\n"), done)
    keys = (server.keys / "root").read_text()
    bench.holds("each key has its end", keys and all(line.startswith('expiry-time="') for line in keys.splitlines()), keys)
    left = [path for path in Path(tempfile.gettempdir()).glob("qd-ssh-*/key")]
    bench.holds("no key is left", not left, left)
    (server.keys / "root").write_text("")
    done = bench.run("ssh", "-F", "/dev/null", "-o", f"ProxyCommand={QD} ssh-proxy %h %p", "-o", "BatchMode=yes",
                     "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={bench.dir}/hosts", "root@web", "true")
    bench.holds("without a key nobody gets in", done.returncode == 255 and b"Permission denied" in done.stderr, done)


def a_terminal(bench):
    pane = Pane([QD, "--data-dir", str(bench.dir / "data"), "ssh", "--reason", "a terminal", "-l", "root", "web"], bench.env)
    try:
        pane.type("PS1='ready> '; stty size; echo he\"\"llo-$((6*7))\r")
        pane.wait_for("24 80")
        pane.wait_for("hello-42")
        pane.resize(100, 30)
        pane.type("until [ \"$(stty size)\" = '30 100' ]; do sleep 0.1; done; echo fit\"\"s\r")
        pane.wait_for("fits")
        pane.type("exit 9\r")
        code = pane.end()
        bench.holds("a terminal: size, resize, exit code", code == 9, code)
    except Late as late:
        bench.holds("a terminal", False, late)
    finally:
        pane.kill()
    rows = json.loads(bench.qd("recordings", "ls", "--json").stdout)["recordings"]
    rows = [row for row in rows if (row["reason"] or "").startswith("a terminal")]
    texts = [bench.qd("recordings", "export", row["id"], "--format", "raw").stdout for row in rows]
    bench.holds("what it showed is recorded", any(b"hello-42" in text for text in texts), rows)
    pane = Pane([QD, "--data-dir", str(bench.dir / "data"), "ssh", "-l", "root", "web"], bench.env)
    try:
        pane.type("echo re\"\"ady\r")
        pane.wait_for("ready")
        pane.type("\r~.")
        code = pane.end()
        bench.holds("~. belongs to OpenSSH", code == 255, code)
    except Late as late:
        bench.holds("~. belongs to OpenSSH", False, late)
    finally:
        pane.kill()


def full_disks(bench, big):
    small = bench.dir / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small], capture_output=True).returncode:
        return print("not checked: a full disk, since nothing can be mounted here")
    try:
        done = bench.qd("cp", big, f"{bench.target}:{small}/up")
        bench.holds("a full disk there is said", done.returncode == 1 and b"no space left" in done.stderr.lower(), done)
        for file in small.iterdir():
            file.unlink()
        done = bench.qd("cp", f"{bench.target}:{big}", small / "down")
        bench.holds("a full disk here is said", done.returncode == 1 and b"no space left" in done.stderr.lower(), done)
    finally:
        subprocess.run(["umount", small], check=True)


def simulator(home, server):
    fleet = home / "fleet.toml"
    fleet.write_text(FLEET)
    command = [QD, "sim", "--unpaced", "--fleet", fleet, "--authorized-keys", server.keys, "--port", f"22=127.0.0.1:{server.port}"]
    cloud = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True)
    line = json.loads(cloud.stdout.readline())
    variables = {"AWS_ACCESS_KEY_ID": line["access_key_id"], "AWS_SECRET_ACCESS_KEY": line["secret_access_key"],
                 "AWS_ENDPOINT_URL": line["endpoint_url"], "AWS_REGION": line["region"]}
    bench = Bench("simulator", home, cloud, variables, "web")
    rows = json.loads(bench.qd("fleet", "ls", "--json").stdout)["rows"]
    bench.target = next(row["id"] for row in rows if row["name"] == "web")
    return bench


def third_party(home, server):
    cloud = subprocess.Popen([sys.executable, "-B", HERE / "third.py", str(server.port)], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True, start_new_session=True)
    variables = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-central-1",
                 "AWS_ENDPOINT_URL": cloud.stdout.readline().strip()}
    return Bench("third-party", home, cloud, variables, "i-0123456789abcdef0")


def timed(scene, *args):
    began = time.monotonic()
    try:
        scene(*args)
    except subprocess.TimeoutExpired as late:
        check(scene.__name__, False, late)
    print(f"{args[0].name}, {scene.__name__}: {time.monotonic() - began:.1f} s", flush=True)


def main(home):
    server = Server(home)
    try:
        big = home / "big"
        big.write_bytes(os.urandom(SIZE))
        bench = simulator(home, server)
        try:
            timed(pushed_keys, bench, server)
            timed(a_terminal, bench)
            timed(copies, bench, big, "root")
            timed(full_disks, bench, big)
            timed(openssh, bench, big)
            bench.is_sealed()
        finally:
            bench.stop()
        bench = third_party(home, server)
        try:
            timed(copies, bench, big, None)
            timed(openssh, bench, big)
            bench.is_sealed()
        finally:
            bench.stop()
    finally:
        server.stop()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
with tempfile.TemporaryDirectory(prefix="qd-peer-") as folder:
    main(Path(folder))
close()
