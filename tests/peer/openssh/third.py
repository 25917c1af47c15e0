"""LocalEmu's agent behind the StartSession of ../localemu, with programs that carry bytes where it would open a shell: a
port for AWS-StartSSHSession, one command for the command documents. Its data channel stays as it is; only its writes to a
terminal are made whole, of which it drops what a full one does not take.
"""
import os
import pty
import select
import shlex
import sys
import tty

import agent
from localemu.services.ssm import session_ws_server as emu
from localemu.services.ssm.session_manager import get_session_registry

PORT = sys.argv[1]
RELAY = """import os, socket, sys, threading
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def up():
    while b := os.read(0, 65536):
        s.sendall(b)
threading.Thread(target=up, daemon=True).start()
while b := s.recv(65536):
    while b:
        b = b[os.write(1, b):]
"""
KINDS = {"AWS-StartSSHSession": "port", "AWS-StartInteractiveCommand": "terminal", "AWS-StartNonInteractiveCommand": "command"}


class WholeWrites:
    def __getattr__(self, name):
        return getattr(os, name)

    @staticmethod
    def write(fd, data):
        while data:
            select.select([], [fd], [])
            try:
                data = data[os.write(fd, data):]
            except BlockingIOError:
                pass


def spawn(what):
    kind, _, text = what.partition(":")
    pid, fd = pty.fork()
    if pid:
        return pid, fd
    try:
        env = {"PATH": os.environ["PATH"], "HOME": "/root", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        words = {"port": [sys.executable, "-c", RELAY, PORT], "terminal": ["sh", "-c", text]}.get(kind)
        if kind == "command":
            # The agent hangs up when its program ends, on what is still under way: it ends a little later.
            words = ["sh", "-c", '"$@"; sleep 2', "-", *shlex.split(text)]
        if kind != "terminal":
            tty.setraw(0)
        if kind == "command":
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.execvpe(words[0], words, env)
    finally:
        os._exit(127)


def start_session(body):
    what = f"{KINDS[body['DocumentName']]}:{body['Parameters'].get('command', [''])[0]}"
    return get_session_registry().create(agent.INSTANCE, what, agent.ACCOUNT, agent.REGION)


emu.os = WholeWrites()
agent.Connection._spawn_docker_exec = staticmethod(spawn)
agent.start_session = start_session
import cloud  # noqa: E402,F401  serves until its standard input ends
