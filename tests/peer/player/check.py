"""A recording as a page in a browser: what it shows is compared with what was put into the recording here."""
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tally import check, close

QD, CHROMIUM = sys.argv[1], sys.argv[2]
HOSTILE = "</script><img src=x onerror=window.owned=1> <b>&amp;"
# What is on the screen after each, at 40x6.
EVENTS = [
    (0.5, "o", "first \x1b[1;31mred\x1b[0m needle\r\n"),
    (1.0, "m", "deploy"),
    (2.0, "o", "日本語 wide e\u0301 👍 \x1b[38;5;208;48;2;1;2;3mcolour\x1b[0m\r\n"),
    (3.0, "o", HOSTILE + "\r\n"),
    (60.0, "o", "\x1b[4:3mcurly\x1b[0m \x1b]8;;http://127.0.0.1:1/\x07a link\x1b]8;;\x07\r\n"),
    (61.0, "r", "50x8"),
    (62.0, "o", "Needle again\r\n"),
    (90.0, "o", "the end"),
]


def qd(home, *args):
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    command = [QD, "--data-dir", f"{home}/data", "recordings", *args]
    done = subprocess.run(command, env=environment, capture_output=True, cwd=home, timeout=300)
    check(f"qd recordings {args[0]} succeeds", done.returncode == 0, done.stderr)
    return done.stdout.decode()


def export(home, name, events, width, height):
    cast = Path(home, f"{name}.cast")
    with cast.open("w") as out:
        print(json.dumps({"version": 2, "width": width, "height": height, "title": "a <b>title</b>"}), file=out)
        for event in events:
            print(json.dumps(event), file=out)
    recording = json.loads(qd(home, "import", "--json", str(cast)))["id"]
    page = Path(home, f"{name}.html")
    began = time.monotonic()
    qd(home, "export", recording, "--format", "html", "--output", str(page))
    return page, time.monotonic() - began


def text(page):
    return page.locator("#screen").inner_text().rstrip()


def position(page):
    return float(page.evaluate("document.body.dataset.at"))


def small(browser, home):
    path, _ = export(home, "small", EVENTS, 40, 6)
    asked, said = [], []
    page = browser.new_page(viewport={"width": 1100, "height": 700})
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: said.append(line.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready=yes]")
    check("the title is text", page.locator("h1").inner_text().startswith("a <b>title</b>"), page.locator("h1").inner_text())
    check("it begins with an empty screen", text(page) == "", text(page))

    page.keyboard.press("End")
    shown = text(page)
    wanted = ["first red needle", "日本語 wide e\u0301 👍 colour", HOSTILE[:40], "curly a link", "Needle again", "the end"]
    check("the end shows every line", [part for part in wanted if part not in shown] == [], shown)
    check("hostile output stays text", page.evaluate("window.owned === undefined && !document.querySelector('#screen img')"))
    check("links are inert", page.locator("#screen a").count() == 0)

    red = page.locator("#screen span", has_text="red").first
    style = red.evaluate("it => [getComputedStyle(it).fontWeight, getComputedStyle(it).color]")
    check("bold and red", style[0] == "700" and style[1] != page.evaluate("getComputedStyle(document.body).color"), style)
    colour = page.locator("#screen span", has_text="colour").first
    style = colour.evaluate("it => [getComputedStyle(it).color, getComputedStyle(it).backgroundColor]")
    check("256 and true colours", style == ["rgb(255, 135, 0)", "rgb(1, 2, 3)"], style)
    curly = page.locator("#screen span", has_text="curly").first.evaluate("it => getComputedStyle(it).textDecorationStyle")
    check("curly underline", curly == "wavy", curly)
    cells = page.evaluate("""() => {
        const w = document.querySelector('#screen .w').getBoundingClientRect().width;
        return w / (document.querySelector('#screen').getBoundingClientRect().width / 50);
    }""")
    check("a wide character takes two columns", abs(cells - 2) < 0.1, cells)

    page.keyboard.press("Home")
    page.keyboard.press("]")
    check("the next mark is the one at 1 s", position(page) == 1000 and "deploy" in page.locator("#mark").inner_text(), position(page))
    check("and shows what was there", text(page) == "first red needle", text(page))
    box = page.locator("#seek").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 10)
    check("a click on the strip seeks", abs(position(page) - 45000) < 500, position(page))
    check("to the screen of then", HOSTILE[:30] in text(page) and "curly" not in text(page), text(page))

    page.keyboard.press("Home")
    page.keyboard.press("/")
    page.keyboard.type("needle")
    page.keyboard.press("Enter")
    check("search finds both, whatever the case", page.locator("#hits").inner_text() == "1 of 2", page.locator("#hits").inner_text())
    check("and goes to the first", position(page) == 500, position(page))
    page.keyboard.press("Enter")
    check("then to the next", position(page) == 62000, position(page))
    check("and marks its row", page.locator(".r.hit").inner_text().strip() == "Needle again")
    page.keyboard.press("Escape")
    page.keyboard.press("N")
    check("and back", position(page) == 500, position(page))
    page.locator("#query").fill("nowhere")
    page.locator("#next").click()
    check("what was never shown is said", page.locator("#hits").inner_text() == "never shown")

    page.keyboard.press("Escape")
    page.locator("#screen").focus()
    page.keyboard.press("Home")
    for _ in range(4):
        page.keyboard.press("+")
    page.keyboard.press(" ")
    page.wait_for_selector("body[data-at='90000']", timeout=20000)
    check("it plays to the end, waits cut short", "the end" in text(page), text(page))
    page.keyboard.press("c")
    check("the text is copied", page.evaluate("document.body.dataset.copied").startswith("first red needle\n"))
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("t")
    check("dark and light", page.evaluate("getComputedStyle(document.body).backgroundColor") != before)
    check("nothing was asked of anybody", asked == [path.as_uri()], asked)
    check("nothing was complained about", said == [], said)
    page.close()


def hour(browser, home):
    """An hour of work: a command every ten seconds with twenty lines each, a progress bar in between."""
    events = []
    for step in range(360):
        at = step * 10
        events.append((at, "o", f"$ make step-{step}\r\n"))
        events += [(at + 1 + n / 50, "o", f"  compiling unit {step}-{n} \x1b[32mok\x1b[0m\r\n") for n in range(20)]
        events += [(at + 3 + n / 10, "o", f"\r progress {n * 2:3}%") for n in range(51)]
        events.append((at + 9, "o", "\r\n"))
    path, took = export(home, "hour", events, 120, 40)
    size = path.stat().st_size
    print(f"an hour, {len(events)} events: {size / 1e6:.1f} MB, written in {took:.1f} s")
    check("an hour's page is smaller than 10 MB", size < 10e6, size)
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready=yes]")
    page.locator("#query").fill("unit 300-7 ")
    began = time.monotonic()
    page.locator("#next").click()
    took = time.monotonic() - began
    print(f"searched and sought in {took * 1000:.0f} ms")
    check("a line of the fiftieth minute is found at its time", abs(position(page) - 3001140) <= 40, position(page))
    check("and is on the screen", "unit 300-7 ok" in text(page))
    page.close()


with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    small(browser, home)
    hour(browser, home)
    browser.close()
close()
