"""Counts what holds and what does not, and prints the line that the caller of a check reads."""
import sys

passed, failed = 0, 0


def check(says, holds, detail=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print(f"not ok: {says}: {detail}" if detail != "" else f"not ok: {says}")


def close():
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)
