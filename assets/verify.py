#!/usr/bin/env python3
"""Checks recordings (.osr) with nothing but Python's standard library: an independent reading of FORMAT.md.

usage: verify.py [--json] FILE|DIRECTORY...
Gives the verdict, first bad offset and exit code of `qd recordings verify`: 0 all are good, 4 one is not, 1 one could not
be read. Needs no key, not for encrypted ones either; `evidence` is "local", as a file alone cannot say who else vouches.
"""
import fcntl, functools, hashlib, itertools, json, os, re, sys
MAGIC, SIGNED = b"\x89QDR\r\n\x1a\n", b"quarterdeck checkpoint 1\n"
QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
MAX_JSON, MAX_PAYLOAD, MAX_SEGMENTS, MAX_LEVELS, FINAL, RECOVERED, ELSEWHERE = 64 << 10, 16 << 20, 400_000, 100, 1, 2, 4
class Bad(Exception): """What is wrong with the bytes, in one phrase."""
def need(fits, why):
    if not fits:
        raise Bad(why)
# --- Ed25519, RFC 8032; small-order keys and points are refused ---------------------------------------------------
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ONE = -121665 * pow(121666, P - 2, P) % P, (0, 1, 1, 0)
def add(a, b):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    e, f, g, h = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P, 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    u, v, w, x = f - e, h - g, h + g, f + e
    return u * v % P, w * x % P, v * w % P, u * x % P
def point(data):
    y, sign = int.from_bytes(data, "little") % 2**255 % P, data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x * pow(2, (P - 1) // 4, P) % P if (x * x - square) % P else x
    x = P - x if x & 1 != sign and x else x
    return (x, y, 1, x * y % P) if (x * x - square) % P == 0 else None
def same(a, b): return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0
def double(a): return add(a, a)
BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
@functools.lru_cache(maxsize=4096)
def is_signed(key, message, signature):
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or same(ONE, double(double(double(a)))) or same(ONE, double(double(double(r)))):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    minus, total = (P - a[0], a[1], 1, P - a[3]), ONE
    picks = (None, BASE, minus, add(BASE, minus))
    for bit in range(max(s.bit_length(), k.bit_length()) - 1, -1, -1):
        total, pick = double(total), picks[(s >> bit & 1) | (k >> bit & 1) << 1]
        total = add(total, pick) if pick else total
    return same(total, r)
# --- CRC-32C (Castagnoli) ------------------------------------------------------------------------------------------
CRC_TABLE = list(range(256))
for _ in range(8):
    CRC_TABLE = [value >> 1 ^ (0x82F63B78 if value & 1 else 0) for value in CRC_TABLE]
@functools.lru_cache(maxsize=8192)
def crc32c_of(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 255]
    return (crc ^ 0xFFFFFFFF).to_bytes(4, "little")
def crc32c(data): return (crc32c_of if len(data) <= 4096 else crc32c_of.__wrapped__)(data)
# --- the pieces of a file ------------------------------------------------------------------------------------------
class Cut:
    """Eats bytes from the front; running out of them is `Bad(why)`."""
    def __init__(self, data, why):
        self.data, self.at, self.why = data, 0, why
    def take(self, count):
        need(self.at + count <= len(self.data), self.why)
        self.at += count
        return self.data[self.at - count : self.at]
    def varint(self):
        value = 0
        for place in range(10):
            byte = self.take(1)[0]
            need(place < 9 or byte <= 1, self.why)
            value |= (byte & 127) << 7 * place
            if byte < 128:
                return value
    def rest(self): return self.take(len(self.data) - self.at)
def integer(low, high): return lambda value: type(value) is int and low <= value < high
def text(pattern): return lambda value: type(value) is str and re.fullmatch(pattern, value, re.S) is not None
def both(check): return lambda value: type(value) is list and len(value) == 2 and all(map(check, value))
CHECKS = {"text": text("[^\ud800-\udfff]*"), "hex": text("[0-9a-fA-F]{64}"), "mode": text("strict|best_effort"),
          "id": text("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "flag": lambda value: type(value) is bool,
          "texts": lambda value: type(value) is list and all(map(CHECKS["text"], value)),
          "u64": integer(0, 2**64), "i32": integer(-(2**31), 2**31), "i64": integer(-(2**63), 2**63),
          "any": lambda _: True, "size": both(integer(0, 2**16)), "range": both(integer(-(2**63), 2**63))}
# What a field must be: "!" says that it is there, "?" that it may be null or missing, ":" that it may be missing.
HEADER = ("id!id kind!text account?text region?text target?text target_name?text document?text actor?text "
          "source_identity?text local_user?text local_host?text reason?text ticket?text size!size term?text "
          "started_at!i64 tool_version!text mode!mode session_key!hex source?any recipients:texts envelope?text")
GAP, END = "cause!text sequence?range lost_bytes:u64 note:text sealed_note?text", "why!text exit_code?i32 abnormal:flag"
SUMMARY = "session_id?text duration_us!u64 events!u64 output_bytes!u64 input_bytes!u64 recovered:flag why?text exit_code?i32"
def levels(plain): return max(itertools.accumulate((c in "[{") - (c in "]}") for c in QUOTED.sub("", plain)), default=0)
def number(digits): return -0.0 if digits == "-0" or len(digits) > 20 else int(digits)  # None that is known is longer.
def parse(data, fields, why):
    try:  # An object is its pairs: a name that is needed and comes twice says two things.
        plain = data.decode("utf-8")
        need(levels(plain) <= MAX_LEVELS, why)
        value = json.loads(plain, parse_constant=int, object_pairs_hook=tuple, parse_int=number)
    except ValueError:
        raise Bad(why)
    need(type(value) is (tuple if fields else str), why)
    names, value = ([name for name, _ in value], dict(value)) if fields else ([value], value)
    need(all(map(CHECKS["text"], names)), why)
    for name, mark, check in re.findall(r"(\w+)([!?:])(\w+)", fields):
        found = value.get(name)
        absent = name not in value if mark == ":" else mark == "?" and found is None
        need(names.count(name) < 2 and (absent or CHECKS[check](found)), why)
    return value
def read_header(file):
    short, fixed = "its header is cut short", file.read(16)
    need(fixed[:8] == MAGIC, "it does not begin like a recording" if fixed else "it is empty")
    cut = Cut(fixed[8:], short)
    version, flags, length = (int.from_bytes(cut.take(n), "little") for n in (2, 2, 4))
    need(version == 1, "its format version is not known here")
    need(flags <= 1, "it uses features that are not known here")
    need(length <= MAX_JSON, "its header has an impossible length")
    block = fixed + file.read(length + 100)
    need(len(block) == 16 + length + 100, short)
    need(crc32c(block[:-4]) == block[-4:], "its header's checksum does not match")
    header = parse(block[16 : 16 + length], HEADER, "its header lacks fields")
    need((header.get("envelope") is not None) == (flags == 1), "its header lacks fields")
    device, message = block[-100:-68], b"quarterdeck header 1\n" + hashlib.sha256(block[:-68]).digest()
    return block, header, device, is_signed(device, message, block[-68:-4])
def read_record(file):
    """Kind, payload, all bytes. The kind is "open" or "cut" where the file ends before or inside a record."""
    head = file.read(2)
    while len(head) > 1 and head[-1] > 127:
        more = file.read(1)
        need(not more or len(head) < 6, "a record of impossible length")
        head = head + more if more else head[:1]
    if len(head) < 2:
        return "cut" if head else "open", b"", b""
    length = sum((byte & 127) << 7 * place for place, byte in enumerate(head[1:]))
    need(length <= MAX_PAYLOAD and (len(head) == 2 or head[-1]), "a record of impossible length")
    whole = head + file.read(length + 4)
    if len(whole) < len(head) + length + 4:
        return "cut", b"", b""
    need(crc32c(whole[:-4]) == whole[-4:], "a record whose checksum does not match")
    return chr(head[0]), whole[len(head) : -4], whole
def read_index(payload):
    cut, segments, last = Cut(payload, "an index that cannot be read"), [], (0, 0, 0, 0)
    count = cut.varint()
    need(count <= MAX_SEGMENTS, cut.why)
    for _ in range(count):
        last = tuple((before + cut.varint()) % 2**64 for before in last)
        segments.append(last + (cut.take(1) == b"\x01",))
    return segments, parse(cut.rest(), SUMMARY, cut.why)
def read_footer(file, size):
    """The summary of a file that ends with a trailer, if it does."""
    _, tail = file.seek(max(size - 22, 0)), file.read()
    offset = int.from_bytes(tail[2:10], "little")
    if tail != trailer(offset) or offset >= size - 22:
        return None
    file.seek(offset)
    try:
        kind, payload, _ = read_record(file)
        return read_index(payload)[1] if kind == "I" else None
    except Bad:
        return None
def trailer(offset): return (record := b"Z\x08" + offset.to_bytes(8, "little")) + crc32c(record) + MAGIC
# --- the walk ------------------------------------------------------------------------------------------------------
class Walk:
    def __init__(self, block, session_key, device):
        self.good, self.hash, self.key, self.device = len(block), hashlib.sha256(block), session_key, device
        self.events, self.is_vague, self.last_at, self.output = 0, False, 0, 0
        self.segments, self.told, self.signed = [(0, self.good, 0, 0, False)], [None, None, None], 0
        self.hole = self.recovered_after = self.index_at = self.closed_by = None
        self.ended = self.is_final = self.is_loose = False
    def claim(self, events, why):
        """A record says how many events came before it; each D since the last claim holds at least one."""
        fits = events == self.events or self.is_vague and events > self.events
        self.events, self.is_vague = events, False
        need(fits, why)
    def take(self, kind, payload):
        need(not self.ended or kind in "IC", "a record after the end")
        need(not self.is_final, "a record after the last checkpoint")
        self.is_loose |= kind not in "CIGE"
        if kind in "CIK":
            {"C": self.checkpoint, "I": self.index, "K": self.keyframe}[kind](payload)
        elif kind in "DMPRGSE":
            _ = kind in "DMP" or self.event(kind, payload)
            need(self.events < 2**64 - 1, "more events than can be counted")
            self.events, self.is_vague = self.events + 1, self.is_vague or kind == "D"
    def keyframe(self, payload):
        cut = Cut(payload, "a keyframe that is cut short")
        at, events, output = cut.varint(), cut.varint(), cut.varint()
        self.claim(events, "a keyframe that counts other events")
        need(len(self.segments) < MAX_SEGMENTS, "more segments than an index can name")
        self.segments.append((at, self.good, events, output, bool(cut.rest())))
        self.last_at, self.output = max(self.last_at, at), output
    def event(self, kind, payload):
        cut, why = Cut(payload, "an event without a time"), "an event whose text is not what its type needs"
        at = cut.varint()
        if kind == "R":
            cut.why = "a resize without a size"
            need(max(cut.varint(), cut.varint()) < 2**16, cut.why)
        elif kind == "G":
            gap = parse(cut.rest(), GAP, why)
            self.is_loose |= gap["cause"] != "recovered"
            last, following = gap.get("sequence") or (0, 0)
            if (gap.get("lost_bytes", 0) or following > min(last + 1, 2**63 - 1)) and self.hole is None:
                self.hole = self.good, gap["cause"]
        elif kind == "S":
            self.told[0] = parse(cut.rest(), "", why)
        else:
            end = parse(cut.rest(), END, why)
            self.told[1:], self.ended = [end["why"], end.get("exit_code")], True
            self.is_loose |= not end.get("abnormal", False)
        self.last_at = max(self.last_at, at)
    def checkpoint(self, payload):
        cut = Cut(payload[:-64], "a checkpoint that is cut short")
        flags, offset, at, _wall, events, _sequence = cut.take(1)[0], *(cut.varint() for _ in range(5))
        digest, following = cut.take(32), cut.take(32)
        need(not cut.rest(), cut.why)
        self.claim(events, "a checkpoint that counts other events")
        self.last_at = max(self.last_at, at)
        need(flags & 3 != 2 and flags & 6 != 4, "a checkpoint whose flags contradict each other")
        need(not (flags & ELSEWHERE and self.is_loose), "another device closed more than the session had signed")
        need(offset == self.good and digest == self.hash.digest(), "what comes before a checkpoint is not what was signed")
        by = (following if flags & ELSEWHERE else self.device) if flags & RECOVERED else self.key
        need(is_signed(by, SIGNED + payload[:-64], payload[-64:]), "a checkpoint whose signature does not match")
        if flags & RECOVERED:
            self.recovered_after, self.closed_by = self.signed, following if flags & ELSEWHERE else None
        self.key, self.signed, self.is_final, self.is_loose = following, events, bool(flags & FINAL), False
    def index(self, payload):
        (segments, summary), why = read_index(payload), "an index that does not describe this file"
        self.index_at, told = self.good, [summary.get(name) for name in ("session_id", "why", "exit_code")]
        need(segments == self.segments and told == self.told, why)
        need(summary["output_bytes"] >= self.output and summary["duration_us"] >= self.last_at, why)
        self.claim(summary["events"], why)
    def run(self, file):
        """How the bytes end: "trailer", "open", "cut" or a Bad."""
        try:
            while True:
                kind, payload, whole = read_record(file)
                if kind in ("open", "cut"):
                    return kind
                if kind == "Z":
                    whole += file.read(64)
                    fits = self.ended and self.index_at is not None and whole == trailer(self.index_at)
                    return "trailer" if fits else Bad("a footer that does not fit the file")
                self.take(kind, payload)
                self.hash.update(whole)
                self.good += len(whole)
        except Bad as bad:
            return bad
def is_held(file):
    try:
        return any(fcntl.flock(file, how) for how in (fcntl.LOCK_SH | fcntl.LOCK_NB, fcntl.LOCK_UN))
    except BlockingIOError: return True
def is_at_home(path):  # Where a writer puts what it writes: below a data directory.
    homes = (at(path).rsplit("/", 3)[0] for at in (os.path.abspath, os.path.realpath))
    return any(os.path.isdir(f"{home}/{name}") for home in homes for name in ("audit", "keys"))
def verify(path):
    with open(path, "rb") as file:
        held, footer = is_held(file), read_footer(file, os.fstat(file.fileno()).st_size)
        live, _ = held and is_at_home(path), file.seek(0)
        state = ("recovered" if footer.get("recovered") else "sealed") if footer else "live" if live else "torn"
        try:
            block, header, device, is_sound = read_header(file)
        except Bad as bad:
            return {"ok": False, "evidence": "local", "events": 0, "first_bad_offset": 0, "says": str(bad),
                    "state": "live" if live else "torn", "device_key": None}
        ending = (walk := Walk(block, bytes.fromhex(header["session_key"]), device)).run(file)
    whole, offset, events = ending == "trailer" and walk.is_final, walk.good, walk.events
    if not is_sound:
        offset, says = 0, "the header's signature does not match"
    elif isinstance(ending, Bad):
        says = f"{ending}, at byte {offset}"
    elif walk.hole:
        offset, says = walk.hole[0], f"something is missing: a gap ({walk.hole[1]}) at byte {walk.hole[0]}"
    elif footer and not whole or whole and (state == "recovered") != (walk.recovered_after is not None):
        says = "its footer does not fit what comes before"
    elif state == "torn":
        says = "live or cut: somebody holds it" if held else "torn: its writer is gone"
        says += f" and it ends without a seal at byte {offset}"
    elif CHECKS["id"](name := os.path.splitext(os.path.basename(path))[0]) and name.lower() != header["id"].lower():
        offset, says = 0, f"it is recording {header['id'].lower()} under the name of another"
    else:
        elsewhere = f", by another device ({walk.closed_by[:8].hex()})" if walk.closed_by else ""
        offset, says = None, {
            "sealed": f"sealed and whole, {events} events",
            "recovered": f"recovered after its writer died{elsewhere}: {walk.recovered_after or 0} of {events} events "
                         "were signed by the session itself",
            "live": f"still being written; {walk.signed} of {events} events are signed",
        }[state]
    return {"ok": offset is None, "evidence": "local", "events": events, "first_bad_offset": offset, "says": says,
            "state": state, "device_key": device.hex()}
def main(args):
    as_json, paths, exit_code = "--json" in args, [arg for arg in args if arg != "--json"], 0
    for path in paths:
        for one in sorted(os.path.join(path, name) for name in os.listdir(path)) if os.path.isdir(path) else [path]:
            try:
                found = verify(one)
            except OSError as error:
                exit_code = print(f"{one}: {error}", file=sys.stderr) or exit_code or 1
                continue
            exit_code, word = (exit_code, "ok") if found["ok"] else (4, "NOT OK")
            line = f"{word}  {found['state']}  {json.dumps(found['says'])}  {one}"
            print(json.dumps(found if one is path else {"path": one} | found) if as_json else line)
    return exit_code if paths else print(__doc__, file=sys.stderr) or 2
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
