"""LocalEmu's agent on loopback, its shells on this machine instead of in containers.

Two things are mended, without which any client that retransmits or sends much fails: WebSocket messages are put
together before they are decoded, and what comes again or too early is put in order, as a real agent does.
"""
import os
import pty
import threading

import wsproto
from wsproto.events import BytesMessage

from localemu.services.ssm import session_ws_server as emu
from localemu.services.ssm.session_manager import get_session_registry

ACCOUNT, REGION, INSTANCE = "123456789012", "eu-central-1", "i-0123456789abcdef0"
TYPE, SEQUENCE, HEADER = slice(4, 36), slice(48, 56), 116
open_sockets = {}


class Ordered(wsproto.WSConnection):
    """Whole messages; input in sequence. A duplicate passes without its payload, so that it is acknowledged."""

    def __init__(self, kind):
        super().__init__(kind)
        self.partial, self.early, self.next = b"", {}, 0

    def events(self):
        for event in super().events():
            if not isinstance(event, BytesMessage):
                yield event
                continue
            self.partial += bytes(event.data)
            if event.message_finished:
                whole, self.partial = self.partial, b""
                yield from (BytesMessage(data=message) for message in self._in_order(whole))

    def _in_order(self, message):
        if message[TYPE].strip(b"\0 ") != b"input_stream_data":
            return [message]
        sequence = int.from_bytes(message[SEQUENCE], "big")
        if sequence < self.next:
            return [message[:HEADER] + bytes(4)]
        self.early[sequence] = message
        ready = []
        while self.next in self.early:
            ready.append(self.early.pop(self.next))
            self.next += 1
        return ready


class Connection(emu._WsConnectionHandler):
    def handle(self):
        sock, ws = self.request, Ordered(wsproto.ConnectionType.SERVER)
        try:
            session_id = self._do_handshake(sock, ws)
            session = session_id and self._authenticate(sock, ws, session_id)
            if session:
                open_sockets[session_id] = sock
                self._bridge(sock, ws, session)
        except (OSError, wsproto.utilities.LocalProtocolError):
            pass  # the client has gone first
        finally:
            sock.close()

    @staticmethod
    def _spawn_docker_exec(_container):
        pid, fd = pty.fork()
        if pid == 0:
            env = {"PATH": os.environ["PATH"], "HOME": "/", "TERM": "xterm-256color", "LANG": "C.UTF-8", "PS1": "ready> "}
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], env)
        return pid, fd


def serve():
    """Starts the agent's server and returns its port."""
    server = emu._ThreadingTcpServer(("127.0.0.1", 0), Connection)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def start_session(_body):
    return get_session_registry().create(INSTANCE, "none", ACCOUNT, REGION)


def find_session(session_id):
    return get_session_registry().get(session_id)


def end_session(session_id):
    """Closes a session's connection, if it has one; returns whether the session was there."""
    known = get_session_registry().remove(session_id)
    sock = open_sockets.pop(session_id, None)
    if sock:
        try:
            sock.shutdown(2)
        except OSError:
            pass
    return known is not None
