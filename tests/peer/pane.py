"""A program on a pseudo-terminal, as a person has it: what it shows, what is typed, how large the window is.

Waits for text, never for time; a program that does not come to an end is killed and counted as failed.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time


class Late(Exception):
    """What was waited for did not come."""


class Pane:
    def __init__(self, command, env, cols=80, rows=24):
        self.shown = b""
        self.mark = 0
        pid, fd = pty.fork()
        if pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
                os.execvpe(command[0], command, env)
            finally:
                os._exit(127)
        self.pid, self.fd, self.exit = pid, fd, None

    def resize(self, cols, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait_for(self, text, seconds=20):
        """Waits until `text` shows after what was last waited for; returns what came up to it."""
        wanted, until = text.encode(), time.monotonic() + seconds
        while (at := self.shown.find(wanted, self.mark)) < 0:
            if not self._read(until):
                raise Late(f"{text!r} did not show; the last was {self.shown[self.mark:][-400:]!r}")
        came, self.mark = self.shown[self.mark:at], at + len(wanted)
        return came

    def end(self, seconds=20):
        """Waits for the program to end by itself; returns its exit code, or None when it had to be killed."""
        until = time.monotonic() + seconds
        while self._read(until):
            pass
        while self.exit is None and time.monotonic() < until:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit = os.waitstatus_to_exitcode(status)
            else:
                time.sleep(0.02)
        ended = self.exit
        self.kill()
        return ended

    def kill(self):
        if self.exit is None:
            os.kill(self.pid, signal.SIGKILL)
            self.exit = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _read(self, until):
        ready, _, _ = select.select([self.fd], [], [], max(0, until - time.monotonic()))
        if not ready:
            return False
        try:
            got = os.read(self.fd, 65536)
        except OSError:  # the other side is closed
            got = b""
        self.shown += got
        return bool(got)
