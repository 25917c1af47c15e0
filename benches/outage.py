"""A real outage of the network: a shell and a forwarded port live through it, and every line of both ways is counted.

Usage: outage.py QD [SECONDS] [hang|refuse]. All of `qd`'s connections go through a proxy that is a process of its own.
`hang` stops that process for so long (600 s unless told): connections stay open and say nothing. `refuse` ends it, so that
they break and new ones are refused. Meanwhile the instance talks and the user types.
"""

import contextlib
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import urlsplit

EVERY = 0.1
FLEET = """
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1"]
payer = true

[[instances]]
name = "checkout"
regions = ["us-east-1"]
agent = "online"
"""
SHELL = f"stty -echo; n=0; while :; do n=$((n+1)); echo tick=$n.; sleep {EVERY}; done & while read w; do echo got=$w.; done"


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            end.close()


def relay(client):
    head = b""
    while b"\r\n\r\n" not in head:
        if not (piece := client.recv(65536)):
            return
        head += piece
    line, rest = head.split(b"\r\n", 1)
    method, address, version = line.split(b" ")
    if method == b"CONNECT":
        host, port = address.decode().rsplit(":", 1)
        there = socket.create_connection((host.strip("[]"), int(port)))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    else:
        url = urlsplit(address.decode())
        there = socket.create_connection((url.hostname, url.port))
        path = (url.path or "/") + ("?" + url.query if url.query else "")
        there.sendall(b" ".join([method, path.encode(), version]) + b"\r\n" + rest)
    threading.Thread(target=copy, args=(there, client), daemon=True).start()
    copy(client, there)


def proxy(port):
    listener = socket.create_server(("127.0.0.1", int(port)))
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=relay, args=(client,), daemon=True).start()


def read(source, how):
    """What comes; nothing once the other side is gone."""
    try:
        return how(source, 65536)
    except OSError:
        return b""


class Numbers:
    """Numbers that must come once each and in order."""

    def __init__(self, name):
        self.name, self.last, self.wrong, self.rest = name, 0, [], b""

    def hear(self, data, pattern=rb"(\d+)\."):
        *lines, self.rest = (self.rest + data).split(b"\n")
        for number in (int(match) for line in lines for match in re.findall(pattern, line)):
            if number != self.last + 1:
                self.wrong.append((self.last, number))
            self.last = number


class Outage:
    def __init__(self, qd, work):
        self.qd, self.work, self.started, self.began = qd, work, [], time.monotonic()
        self.numbers = {name: Numbers(name) for name in ("shell: output", "shell: typed", "port: up", "port: down")}
        self.typed = self.sent = 0
        self.connection = None

    def say(self, text):
        print(f"{time.monotonic() - self.began:7.1f} s  {text}", flush=True)

    def start(self, command, **more):
        process = subprocess.Popen(command, **more)
        self.started.append(process)
        return process

    def start_proxy(self):
        self.proxy = self.start([sys.executable, "-B", __file__, "--proxy", str(self.port)], stdout=subprocess.PIPE)
        assert self.proxy.stdout.readline() == b"ready\n"

    def start_all(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        with open(f"{self.work}/fleet.toml", "w") as file:
            file.write(FLEET)
        with open(f"{self.work}/config.toml", "w") as file:
            file.write(f'[network]\nproxy = "http://127.0.0.1:{self.port}"\nproxy_loopback = true\n')
        sim = [self.qd, "sim", "--unpaced", "--fleet", f"{self.work}/fleet.toml", "--shell", SHELL]
        line = json.loads(self.start(sim, stdout=subprocess.PIPE).stdout.readline())
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.work,
            "TERM": "xterm",
            "AWS_ACCESS_KEY_ID": line["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": line["secret_access_key"],
            "AWS_ENDPOINT_URL": line["endpoint_url"],
            "AWS_REGION": line["region"],
        }
        self.start_proxy()
        self.start_shell()
        self.start_port()

    def command(self, *words):
        return [self.qd, "--config", f"{self.work}/config.toml", "--data-dir", f"{self.work}/data", *words]

    def start_shell(self):
        self.terminal, far = pty.openpty()
        shell = self.start(
            self.command("connect", "checkout", "--reason", "outage"),
            stdin=far, stdout=far, stderr=subprocess.PIPE, env=self.environment, start_new_session=True,
        )
        os.close(far)
        threading.Thread(target=self.hear_shell, daemon=True).start()
        threading.Thread(target=self.hear_notices, args=(shell.stderr,), daemon=True).start()

    def hear_shell(self):
        output, typed = self.numbers["shell: output"], self.numbers["shell: typed"]
        while data := read(self.terminal, os.read):
            output.hear(data, rb"tick=(\d+)\.")
            typed.hear(data, rb"got=(\d+)\.")

    def hear_notices(self, notices):
        last = ""
        for line in notices:
            # The line is drawn anew after every key: seconds that only count on are the same line.
            words = line.decode(errors="replace").strip()
            if words and re.sub(r"\d+ s$", "", words) != last:
                self.say(f"shell   {words}")
                last = re.sub(r"\d+ s$", "", words)

    def start_port(self):
        listener = socket.create_server(("127.0.0.1", 0))
        remote = f"0:{listener.getsockname()[1]}"
        ours = self.start(
            self.command("--json", "forward", "checkout", remote, "--reason", "outage"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment,
        )
        host, port = json.loads(ours.stdout.readline())["listening"].rsplit(":", 1)
        threading.Thread(target=self.hear_states, args=(ours.stdout,), daemon=True).start()
        self.connection = socket.create_connection((host.strip("[]"), int(port)))
        far, _ = listener.accept()
        threading.Thread(target=self.hear_port, args=(far, "port: up"), daemon=True).start()
        threading.Thread(target=self.hear_port, args=(self.connection, "port: down"), daemon=True).start()
        threading.Thread(target=self.count, args=(far,), daemon=True).start()

    def hear_states(self, lines):
        for line in lines:
            state = json.loads(line)
            self.say(f"port    {state['state']}" + (f": {state['because']}" if state.get("because") else ""))

    def hear_port(self, connection, name):
        while data := read(connection, socket.socket.recv):
            self.numbers[name].hear(data)

    def count(self, far):
        with contextlib.suppress(OSError):
            while True:
                self.sent += 1
                far.sendall(b"%d.\n" % self.sent)
                time.sleep(EVERY)

    def type_until(self, at):
        """Types, and sends through the port, ten numbers a second."""
        while time.monotonic() < at:
            self.typed += 1
            os.write(self.terminal, b"%d\r" % self.typed)
            self.connection.sendall(b"%d.\n" % self.typed)
            time.sleep(EVERY)

    def settled(self):
        return all(self.numbers[name].last >= self.typed for name in ("shell: typed", "port: up"))

    def run(self, seconds, way):
        self.start_all()
        self.type_until(time.monotonic() + 5)
        self.say(f"the network is gone ({way}) for {seconds:g} s")
        before = {name: numbers.last for name, numbers in self.numbers.items()}
        if way == "hang":
            self.proxy.send_signal(signal.SIGSTOP)
        else:
            self.proxy.kill()
            self.proxy.wait()
        self.type_until(time.monotonic() + seconds)
        during = {name: numbers.last - before[name] for name, numbers in self.numbers.items()}
        if way == "hang":
            self.proxy.send_signal(signal.SIGCONT)
        else:
            self.start_proxy()
        back = time.monotonic()
        self.say("the network is back")
        while not self.settled() and time.monotonic() < back + 60:
            time.sleep(0.01)
        self.say(f"all that was typed meanwhile arrived {time.monotonic() - back:.1f} s later")
        self.type_until(time.monotonic() + 5)
        while not self.settled() and time.monotonic() < back + 90:
            time.sleep(0.01)
        for name, numbers in self.numbers.items():
            self.say(f"{name:14} {numbers.last} lines, {during[name]} during the outage, out of order: {numbers.wrong}")
        went_on = self.numbers["shell: output"].last > before["shell: output"] + 10
        good = self.settled() and went_on and not any(numbers.wrong for numbers in self.numbers.values())
        self.say("nothing was lost, nothing came twice" if good else "LOST")
        return 0 if good else 1

    def stop(self):
        for process in reversed(self.started):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.started):
            process.wait(20)


def main(qd, seconds="600", way="hang"):
    with tempfile.TemporaryDirectory() as work:
        outage = Outage(qd, work)
        try:
            return outage.run(float(seconds), way)
        finally:
            outage.stop()


if sys.argv[1] == "--proxy":
    proxy(sys.argv[2])
else:
    sys.exit(main(*sys.argv[1:]))
