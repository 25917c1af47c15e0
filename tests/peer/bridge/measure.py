"""Moves the same bytes through `qd forward` and through `aws-ssm-bridge`, in turns, and prints both and their ratio.

Usage: measure.py QD BRIDGE. The far end is a server of this program on loopback, which the simulator's agent dials without
pacing. A connection says first what it wants: "u" and then bytes, "d", or "e".
"""

import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

MB = 1_000_000
MOVED = 100 * MB
ECHOES = 2000
ROUNDS = 3
HERE = os.path.dirname(os.path.abspath(__file__))
BEGAN = time.monotonic()
BLOCK = os.urandom(1 << 20)


def serve(connection):
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wish = connection.recv(1)
        if wish == b"u":
            left, room = MOVED, bytearray(1 << 20)
            while left:
                read = connection.recv_into(room, min(left, len(room)))
                if not read:
                    return
                left -= read
            connection.sendall(b"k")
        elif wish == b"d":
            for at in range(0, MOVED, len(BLOCK)):
                connection.sendall(BLOCK[: MOVED - at])
        else:
            while data := connection.recv(4096):
                connection.sendall(data)


def server():
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def dial(address):
    connection = socket.create_connection(address, timeout=120)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def upload(address):
    began = time.monotonic()
    with dial(address) as connection:
        connection.sendall(b"u")
        for at in range(0, MOVED, len(BLOCK)):
            connection.sendall(BLOCK[: MOVED - at])
        assert connection.recv(1) == b"k", "the upload was not confirmed"
    return MOVED / MB / (time.monotonic() - began)


def download(address):
    began, left, room = time.monotonic(), MOVED, bytearray(1 << 20)
    with dial(address) as connection:
        connection.sendall(b"d")
        while left:
            read = connection.recv_into(room)
            assert read, f"{left} bytes are missing"
            left -= read
    return MOVED / MB / (time.monotonic() - began)


def echo(address):
    spans = []
    with dial(address) as connection:
        connection.sendall(b"e")
        for _ in range(ECHOES):
            began = time.monotonic()
            connection.sendall(b"12345678")
            back = b""
            while len(back) < 8:
                piece = connection.recv(8)
                assert piece, "the echo ended"
                back += piece
            spans.append((time.monotonic() - began) * 1000)
    spans.sort()
    return statistics.median(spans), spans[len(spans) * 99 // 100]


def worked(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid, name):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) / 1000 for line in file if line.startswith(name + ":"))


@contextlib.contextmanager
def watched(pid, note):
    """Notes the most memory that a process holds meanwhile: its own, and with the program's pages, which are the file's."""
    over, most = threading.Event(), {"RssAnon": 0.0, "VmRSS": 0.0}

    def look():
        while not over.wait(0.02):
            for name in most:
                most[name] = max(most[name], memory(pid, name))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        note("own memory, most MB", most["RssAnon"])
        note("own memory and program, most MB", most["VmRSS"])


class Side:
    def __init__(self, name, process, address):
        self.name, self.process, self.address, self.figures = name, process, address, {}

    def note(self, figure, value):
        self.figures.setdefault(figure, []).append(value)
        # The bridge's echoes take a minute and a half a turn: without a word that looks like a stall.
        print(f"{time.monotonic() - BEGAN:6.1f} s  {self.name:8}{figure:34}{value:10.2f}", file=sys.stderr, flush=True)

    def turn(self):
        with watched(self.process.pid, self.note):
            self.move()
        self.note("the same, start included, MB", memory(self.process.pid, "VmHWM"))

    def move(self):
        for figure, move in (("upload MB/s", upload), ("download MB/s", download)):
            before = worked(self.process.pid)
            self.note(figure, move(self.address))
            spent = (worked(self.process.pid) - before) * 1000 / (MOVED / MB)
            self.note(f"processor, ms a MB of {figure.split()[0]}", spent)
        p50, p99 = echo(self.address)
        self.note("echo p50 ms", p50)
        self.note("echo p99 ms", p99)


def main(qd, bridge):
    port = server()
    started = []
    with tempfile.TemporaryDirectory() as work:
        try:
            first_line = os.path.join(work, "sim")
            with open(first_line, "w") as file:
                faults = "channel.plain_relay=1,channel.no_publication=1"
                started.append(subprocess.Popen([qd, "sim", "--unpaced", "--faults", faults], stdout=file))
            while not os.path.getsize(first_line):
                time.sleep(0.02)
            with open(first_line) as file:
                sim = json.loads(file.readline())
            ticket = os.path.join(work, "ticket")
            with open(ticket, "w") as file:
                wants = ["AWS-StartPortForwardingSession", f"portNumber={port}"]
                subprocess.run([sys.executable, "-B", f"{HERE}/../ticket.py", first_line, *wants], stdout=file, check=True)
            theirs = subprocess.Popen([bridge, "forward", ticket, str(port)], stdout=subprocess.PIPE, text=True)
            started.append(theirs)
            host, local = theirs.stdout.readline().strip().rsplit(":", 1)
            there = Side("bridge", theirs, (host, int(local)))
            target = first_online(first_line)
            environment = {
                **os.environ,
                "HOME": work,
                "AWS_ACCESS_KEY_ID": sim["access_key_id"],
                "AWS_SECRET_ACCESS_KEY": sim["secret_access_key"],
                "AWS_ENDPOINT_URL": sim["endpoint_url"],
                "AWS_REGION": sim["region"],
            }
            command = [qd, "--json", "--data-dir", f"{work}/data", "forward", "--reason", "measured", target, f"0:{port}"]
            ours = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
            started.append(ours)
            host, local = json.loads(ours.stdout.readline())["listening"].rsplit(":", 1)
            threading.Thread(target=ours.stdout.read, daemon=True).start()
            here = Side("qd", ours, (host.strip("[]"), int(local)))
            for _ in range(ROUNDS):
                here.turn()
                there.turn()
        finally:
            for process in reversed(started):
                process.send_signal(signal.SIGTERM)
                process.wait(20)
    print(f"{'':34}{'qd':>10}{'bridge':>10}{'ratio':>8}")
    for figure in here.figures:
        mine, other = statistics.median(here.figures[figure]), statistics.median(there.figures[figure])
        ratio = mine / other if figure.endswith("MB/s") else other / mine
        print(f"{figure:34}{mine:10.2f}{other:10.2f}{ratio:7.2f}x")


def first_online(first_line):
    """The instance that ticket.py takes, so that both sides have the same."""
    asked = subprocess.run(
        [sys.executable, "-B", f"{HERE}/../ticket.py", first_line, "--target"], stdout=subprocess.PIPE, text=True, check=True
    )
    return asked.stdout.strip()


main(*sys.argv[1:])
