"""Drives `pyssm` against a running simulator and counts what came out right.

Usage: check.py FIRST_LINE PYSSM WORK, FIRST_LINE a file with the first line of `qd sim`, WORK a folder to write into.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time

FIRST_LINE, PYSSM, WORK = sys.argv[1:]
with open(FIRST_LINE) as file:
    SIM = json.loads(file.readline())
ENVIRONMENT = {
    **os.environ,
    "HOME": WORK,
    "AWS_ACCESS_KEY_ID": SIM["access_key_id"],
    "AWS_SECRET_ACCESS_KEY": SIM["secret_access_key"],
    "AWS_ENDPOINT_URL": SIM["endpoint_url"],
    "AWS_DEFAULT_REGION": SIM["region"],
}
TICKET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "ticket.py")
ASKED = subprocess.run([sys.executable, "-B", TICKET, FIRST_LINE, "--target"], stdout=subprocess.PIPE, text=True, check=True)
TARGET = ASKED.stdout.strip()


def pyssm(*words):
    return subprocess.run(
        [PYSSM, *words], env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60
    )


def command():
    """The output of a command and its exit code."""
    ran = pyssm("exec", "--target", TARGET, "--command", "echo $((6 * 7)) is it; exit 3")
    assert b"42 is it" in ran.stdout and ran.returncode == 3, ran


def port():
    """Bytes through a port and back, on one connection after the other."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=echo, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as free:
        local = free.getsockname()[1]
    words = ["--target", TARGET, "--remote-port", str(listener.getsockname()[1]), "--local-port", str(local)]
    forward = subprocess.Popen(
        [PYSSM, "port-forward", *words], env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for length in (8, 200_000):
            exchange(local, os.urandom(length))
    finally:
        forward.terminate()
        forward.wait(20)


def echo(connection):
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)


def exchange(local, data):
    with dialled(local) as connection:
        threading.Thread(target=connection.sendall, args=(data,), daemon=True).start()
        back = b""
        while len(back) < len(data):
            piece = connection.recv(65536)
            assert piece, f"{len(back)} of {len(data)} bytes came back"
            back += piece
        assert back == data, "other bytes came back"


def dialled(local):
    until = time.monotonic() + 20
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            connection = socket.create_connection(("127.0.0.1", local), timeout=30)
            return connection
        assert time.monotonic() < until, "nothing listens"
        time.sleep(0.05)


def copy():
    """A file to the instance, whose shells are this machine's. Its way back drops every line of base64 with a slash."""
    here, there = f"{WORK}/here", f"{WORK}/there"
    with open(here, "wb") as file:
        file.write(os.urandom(50_000))
    ran = pyssm("copy", "--no-progress", here, f"{TARGET}:{there}")
    assert ran.returncode == 0, ran
    with open(here, "rb") as sent, open(there, "rb") as got:
        assert sent.read() == got.read(), "another file arrived"


failed = 0
for check in (command, port, copy):
    try:
        check()
    except Exception as why:  # noqa: BLE001: whatever it is, the others are tried too
        failed += 1
        print(f"{check.__name__}: {why}")
print(f"{3 - failed} passed, {failed} failed")
sys.exit(failed > 0)
