"""asciicasts read twice: here, by the format's own words, and by asciinema's reader."""
import json

from asciinema import asciicast


def read_cast(path):
    """Events as [seconds since the start, kind, data], whatever the version."""
    text = path.read_bytes().decode()
    try:
        whole = json.loads(text)
    except ValueError:
        whole = {}
    if whole.get("version") == 1:
        return _summed([delay, "o", data] for delay, data in whole["stdout"])
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    events = [json.loads(line) for line in lines[1:]]
    return _summed(events) if json.loads(lines[0])["version"] == 3 else events


def _summed(events):
    at, summed = 0.0, []
    for delay, kind, data in events:
        at += delay
        summed.append([at, kind, data])
    return summed


def asciinema_reads(path):
    with asciicast.open_from_url(str(path)) as cast:
        return [list(event) for event in cast.events()]
