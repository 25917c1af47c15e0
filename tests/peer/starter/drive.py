"""Somebody at a terminal who types what a run asks for."""

import os
import pty
import re
import select
import signal
import time

PATIENCE = 400


def is_over(text):
    return re.search(r"^qd: run .* is done\r?$", text, re.M) or "goes on with it\r\n" in text


def wanted(text, without):
    """What the last question wants typed; nothing answers a failure, and steps in `without` are left out."""
    question = next(line for line in reversed(text.split("\n")) if "ends the run:" in line).strip()
    asked = re.findall(r"^\? (\S+)", text, re.M)
    if asked and asked[-1] in without and "leaves it out" in question:
        return "s"
    if question.startswith("type "):
        return question.removeprefix("type ").split(" to run it")[0]
    return None if "tries again" in question else ""


def to_its_end(command, environment, folder, without=()):
    """The exit code, None where nobody could answer, and all that was said."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execve(command[0], command, environment)
    said, answered, deadline = b"", 0, time.monotonic() + PATIENCE
    try:
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    read = os.read(terminal, 65536)
                except OSError:
                    read = b""
                if not read:
                    break
                said += read
            text = said.decode(errors="replace")
            if not is_over(text) and text.count("ends the run:") > answered:
                answered += 1
                words = wanted(text.replace("\r\n", "\n"), without)
                if words is None:
                    return None, text
                os.write(terminal, (words + "\r").encode())
        else:
            return None, said.decode(errors="replace") + "\nnot over in time"
        _, status = os.waitpid(child, 0)
        child = 0
        return os.waitstatus_to_exitcode(status), said.decode(errors="replace").replace("\r\n", "\n")
    finally:
        os.close(terminal)
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
