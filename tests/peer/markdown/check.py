"""`qd runbooks show` and `blocks` against markdown-it-py: no word lost at any width, no line wider, each code block
found with its lines and hash. Pages of the shared corpora where they are, and pages made here: Korean with tables,
emoji, right-to-left, hostile nesting."""

import hashlib
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from wcwidth import wcswidth

WIDTHS = (40, 80, 120, 200)
# linkify would need another package; bare addresses are words all the same.
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(front_matter_plugin).use(footnote_plugin)
TAG = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>", re.S)


def words(text):
    """Every word of prose and code, with how often it occurs; what HTML tags say in themselves is left out."""
    found = Counter()

    def take(text):
        found.update(text.split())

    def inline(tokens):
        line = []
        for token in tokens:
            if token.type in ("text", "code_inline"):
                line.append(token.content)
            elif token.type in ("softbreak", "hardbreak", "html_inline", "footnote_ref"):
                line.append(" ")
            elif token.type == "image":
                line.append(" ")
                inline(token.children or [])
        # The box of a task is drawn, not written.
        take(re.sub(r"^\[[ xX]\](?=\s)", "", "".join(line)))

    for token in PARSER.parse(text):
        if token.type == "inline":
            inline(token.children or [])
        elif token.type in ("fence", "code_block", "front_matter"):
            take(token.content)
        elif token.type == "html_block":
            take(TAG.sub(" ", token.content))
    return found


def squeeze(text):
    return "".join(c for c in text if c.isalnum())


def show(qd, path, width):
    out = subprocess.run([qd, "runbooks", "show", str(path), "--width", str(width)], capture_output=True)
    assert out.returncode == 0, (path, width, out.stderr)
    return out.stdout.decode()


def check_words(qd, path, text):
    bad = []
    wanted = words(text)
    for width in WIDTHS:
        shown = show(qd, path, width)
        flat = squeeze(shown)
        for word, times in wanted.items():
            bare = squeeze(word)
            if not bare:
                continue
            if flat.count(bare) < times and shown.count(word) < times:
                bad.append(f"{path} at {width}: {word!r} {flat.count(bare)} of {times}")
        for line in shown.splitlines():
            if wcswidth(line) > width or wcswidth(line) < 0:
                bad.append(f"{path} at {width}: {wcswidth(line)} wide: {line!r}")
                break
    return bad, sum(wanted.values()) * len(WIDTHS)


def gold_blocks(text):
    lines = text.split("\n")
    for token in PARSER.parse(text):
        if token.type in ("fence", "code_block") and token.map:
            start, end = token.map[0] + 1, token.map[1]
            # The blank lines after an indented block belong to nobody.
            while token.type == "code_block" and end > start and not lines[end - 1].strip():
                end -= 1
            yield start, end, hashlib.sha256(token.content.encode()).hexdigest()


def check_blocks(qd, path, text):
    out = subprocess.run([qd, "runbooks", "blocks", str(path), "--json"], capture_output=True)
    assert out.returncode == 0, (path, out.stderr)
    ours = [(b["start_line"], b["end_line"], b["sha256"]) for b in json.loads(out.stdout)["blocks"]]
    theirs = list(gold_blocks(text))
    bad = [f"{path}: block {block} is not found" for block in theirs if block not in ours]
    bad += [f"{path}: block {block} is none" for block in ours if block not in theirs]
    return bad, len(theirs)


def check(qd, path):
    text = path.read_bytes().decode().replace("\r\n", "\n")
    lost, count = check_words(qd, path, text)
    differ, blocks = check_blocks(qd, path, text)
    return lost, count, differ, blocks


SYLLABLES = [chr(c) for c in range(0xAC00, 0xD7A4, 37)]


def korean(dice):
    def word():
        return "".join(dice.choice(SYLLABLES) for _ in range(dice.randint(1, 6)))

    def said(most):
        return " ".join(dice.choice([word(), word(), "kubectl", "🚨", "v2.1", "ⓐ"]) for _ in range(dice.randint(1, most)))

    rows = "\n".join(f"| {said(2)} | {said(12)} | {said(3)} |" for _ in range(dice.randint(1, 6)))
    return (
        f"# {said(4)}\n\n> {said(20)}\n\n- {said(9)}:\n\n`{word()} --{word()} <{word()}>`\n\n1. {said(30)}\n   - [ ] {said(5)}\n\n"
        f"| {word()} | {word()} | {word()} |\n|---|:-:|--:|\n{rows}\n\n```sh\necho {said(25)}\n```\n\n{said(60)}[^1]\n\n[^1]: {said(9)}\n"
    )


def check_borders(qd, path):
    """The bars of a table's lines stand under each other."""
    bad = []
    for width in WIDTHS:
        at = None
        for line in show(qd, path, width).splitlines():
            here = [wcswidth(line[:n]) for n, c in enumerate(line) if c in "│┼" and n > 1]
            if not here:
                at = None
            elif at is not None and at != here:
                bad.append(f"{path} at {width}: bars at {here}, not {at}: {line!r}")
            else:
                at = here
    return bad


MADE = {
    "rtl.md": "# אזהרה\n\nהפעל מחדש את השרת `web-01` ואז בדוק.\n\n| שם | ערך |\n|--|--|\n| שרת אחד | פעיל מאוד |\n\n- نعم\n  - لا تفعل ذلك\n",
    "nest.md": "> - one\n>   1. two\n>      > three\n>      >\n>      > ```sh\n>      > ls -l\n>      > ```\n>\n> - [x] done\n\n1) a\n\n       indented code\n\n\ttab code\n",
    "crlf.md": "# One\r\n\r\n- a\r\n  ```sh\r\n  id\r\n  date\r\n  ```\r\n\r\n| a | b |\r\n|--|--|\r\n| c d | e |\r\n",
    "open.md": "# Never closed\n\n```sh\necho one\n\necho two\n",
    "tabs.md": "-\tone\n\n\t```sh\n\tls\n\t\tindented\n\t```\n\n\tmore\n",
    "html.md": "<details>\n<summary>Why now</summary>\n\nInside *text*\n\n</details>\n\n<p align=\"center\">middle <b>bold</b></p>\n\nAn <kbd>Esc</kbd> key, an <img src=\"x.png\" alt=\"picture\"> and a <a href=\"y.md\">link</a>.\n",
    "note.md": "One[^a] and two[^b].\n\n[^a]: First note\n    with more\n\n    and a paragraph\n[^b]: Second\n",
    "links.md": "See [the guide](guide.md \"A title\"), <https://example.org/a_b>, [ref][r] and ![a picture](p.png).\n\n[r]: other.md\n",
    "emoji.md": "Family 👨‍👩‍👧‍👦 flag 🇰🇷 heart ❤️ keycap 1️⃣ thumbs 👍🏽 done\n\n| ✅ | ⚠️ warn |\n|--|--|\n| 👍🏽 ok then | 🇰🇷 Seoul |\n",
}


def report(title, bad, count, noun):
    print(f"{title}: {count} {noun}, {len(bad)} wrong")
    for line in bad[:30]:
        print(f"  {line}")
    return bool(bad)


def main():
    qd = os.path.abspath(sys.argv[1])
    here = pathlib.Path(__file__).resolve().parents[3]
    folders = [pathlib.Path(name) for name in sys.argv[2:]] or [here / "../shared/data/runbooks"]
    paths = [path for folder in folders for path in sorted(folder.rglob("*.md"))]
    passed = failed = 0
    if not paths:
        print("skipped: no corpus at", *folders)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        os.environ.update(HOME=scratch, XDG_CONFIG_HOME=scratch)
        dice = random.Random(20261121)
        made = dict(MADE, **{f"ko-{n}.md": korean(dice) for n in range(40)})
        for name, text in made.items():
            pathlib.Path(scratch, name).write_bytes(text.encode())
        own = [pathlib.Path(scratch, name) for name in made]
        for title, group in (("corpora", paths), ("made here", own)):
            lost, count, differ, blocks = [], 0, [], 0
            for one, two, three, four in pool.map(lambda path: check(qd, path), group):
                lost, count, differ, blocks = lost + one, count + two, differ + three, blocks + four
            for bad in (report(title, lost, count, "words at four widths"), report(title, differ, blocks, "blocks")):
                passed, failed = passed + (not bad), failed + bad
        crooked = [line for path in own if path.name != "rtl.md" for line in check_borders(qd, path)]
        bad = report("tables made here", crooked, len(own) * len(WIDTHS), "pages")
        passed, failed = passed + (not bad), failed + bad
    print(f"{passed} passed, {failed} failed")
    sys.exit(bool(failed))


main()
