// Plays the frames that stand in this page. Everything recorded goes in as text (textContent), never as markup.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const data = (name) => JSON.parse($("data-" + name).textContent);
  const about = data("about"), lines = data("lines"), frames = data("frames"), keys = data("keys");
  const screen = $("screen"), cursor = $("cursor"), canvas = $("seek");
  const duration = Math.max(about.duration_ms, frames[frames.length - 1][0], 1);
  const IDLE = 2000, SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32];
  let at = 0, frame = -1, rows = [], cols = 0, playing = false, speed = 2, last = 0;
  let painted = [], hits = [], hit = -1, found = null;

  // ---- the screen
  const plain = lines.map((line) => line.filter((_, i) => i % 2).join(""));
  let lower = null;

  function span(name, text) {
    const it = document.createElement("span");
    if (name) it.className = name;
    it.textContent = text;
    return it;
  }

  function fill(row, line) {
    row.replaceChildren();
    for (let i = 0; i < line.length; i += 2) {
      const style = line[i] >> 2, wide = line[i] & 1, joined = line[i] & 2, text = line[i + 1];
      const name = style ? "s" + style : "";
      const box = document.createElement("span");
      if (name) box.className = name;
      if (!wide && !joined && /^[\x20-\x7e]*$/.test(text)) {
        box.textContent = text;
      } else {
        // A box for each cell: fonts do not agree about widths.
        for (const cell of joined ? [text] : text) {
          box.append(!wide && cell >= " " && cell <= "~" ? cell : span(wide ? "w" : "n", cell));
        }
      }
      row.append(box);
    }
  }

  function size(c, r) {
    cols = c;
    rows.length = r;
    while (screen.children.length > r) screen.lastChild.remove();
    while (screen.children.length < r) {
      const row = document.createElement("div");
      row.className = "r";
      screen.append(row);
    }
    painted = new Array(r).fill(-1);
    screen.style.width = c + "ch";
    fit();
  }

  function fit() {
    const main = document.querySelector("main");
    const width = main.clientWidth - 2 * parseFloat(getComputedStyle(main).paddingLeft) - 28;
    screen.style.fontSize = "";
    const natural = screen.getBoundingClientRect().width;
    const base = parseFloat(getComputedStyle(screen).fontSize);
    if (natural > width && natural > 0) screen.style.fontSize = Math.max(5, base * width / natural) + "px";
  }

  function apply(n) {
    const [, , , changes, c, r] = frames[n];
    if (c) { rows = new Array(r).fill(0); size(c, r); }
    for (let i = 0; i < changes.length; i += 2) rows[changes[i]] = changes[i + 1];
    frame = n;
  }

  function show(n) {
    $("poster").hidden ||= n > 0;
    if (n === frame) return;
    const key = keys[Math.floor(n / 250)];
    if (n < frame || key[0] > frame) {
      if (key[3] !== rows.length || key[2] !== cols) size(key[2], key[3]);
      rows = key[1].slice();
      frame = key[0];
    }
    while (frame < n) apply(frame + 1);
    paint();
  }

  function paint() {
    rows.forEach((id, y) => {
      if (painted[y] !== id) {
        fill(screen.children[y], lines[id] || []);
        painted[y] = id;
      }
      screen.children[y].classList.toggle("hit", hit >= 0 && hits[hit].frame === frame && hits[hit].row === y);
    });
    const [, x, y] = frames[frame];
    cursor.hidden = x < 0;
    if (x >= 0 && screen.children[y]) {
      const box = screen.children[y], wide = screen.getBoundingClientRect().width / cols;
      cursor.style.left = screen.offsetLeft + x * wide + "px";
      cursor.style.top = box.offsetTop + "px";
      cursor.style.width = wide + "px";
      cursor.style.height = box.offsetHeight + "px";
    }
  }

  /** The last frame at or before a time. */
  function frameAt(ms) {
    let low = 0, high = frames.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (frames[middle][0] <= ms) low = middle; else high = middle - 1;
    }
    return low;
  }

  // ---- time
  function seek(ms, exact) {
    at = Math.min(Math.max(ms, 0), duration);
    show(exact === undefined ? frameAt(at) : exact);
    status();
  }

  function tick(now) {
    if (!playing) return;
    let passed = (now - last) * SPEEDS[speed];
    last = now;
    const next = frames[frameAt(at) + 1];
    if ($("idle").checked && next && next[0] - at > IDLE) passed = Math.max(passed, next[0] - at - IDLE);
    if (at + passed >= duration) play(false);
    seek(at + passed);
    requestAnimationFrame(tick);
  }

  function play(on) {
    if (on && at >= duration) at = 0;
    playing = on;
    $("poster").hidden ||= on;
    $("play").textContent = on ? "Pause" : "Play";
    last = performance.now();
    if (on) requestAnimationFrame(tick);
  }

  function pace(by) {
    speed = Math.min(Math.max(speed + by, 0), SPEEDS.length - 1);
    $("speed").textContent = SPEEDS[speed] + "x";
  }

  const clock = (ms) => {
    const s = Math.floor(ms / 1000), two = (n) => String(n).padStart(2, "0");
    return (s >= 3600 ? Math.floor(s / 3600) + ":" : "") + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
  };

  function status() {
    $("time").textContent = clock(at) + " / " + clock(duration);
    canvas.setAttribute("aria-valuenow", Math.round(at / 1000));
    canvas.setAttribute("aria-valuetext", clock(at));
    let here = "";
    for (const [ms, kind, label] of about.marks) if (ms <= at) here = kind + ": " + label;
    $("mark").textContent = here;
    document.body.dataset.at = Math.round(at);
    document.body.dataset.frame = frame;
    draw();
  }

  // ---- the strip: activity, marks, hits, position
  function draw() {
    const ratio = devicePixelRatio || 1, box = canvas.getBoundingClientRect();
    const w = canvas.width = Math.max(1, box.width * ratio), h = canvas.height = Math.max(1, box.height * ratio);
    const paper = canvas.getContext("2d"), colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
    const most = Math.log1p(Math.max(...about.activity, 1)), bar = w / about.activity.length;
    paper.fillStyle = colour("--c8");
    paper.fillRect(0, h - 2 * ratio, w, 2 * ratio);
    about.activity.forEach((bytes, i) => {
      const high = bytes ? (0.1 + 0.6 * Math.log1p(bytes) / most) * h : 0;
      paper.fillRect(i * bar, h - high, Math.max(1, bar - 1), high);
    });
    const line = (ms, name, from, to) => {
      paper.fillStyle = colour(name);
      paper.fillRect(ms / duration * w - ratio, from * h, 2 * ratio, (to - from) * h);
    };
    for (const [ms, kind] of about.marks) line(ms, kind === "gap" ? "--c1" : "--c2", 0, 0.35);
    for (const one of hits.slice(0, 2000)) line(one.ms, "--c3", 0.15, 0.5);
    line(at, "--fg", 0, 1);
  }

  function drag(event) {
    if (event.buttons & 1) {
      const box = canvas.getBoundingClientRect();
      seek((event.clientX - box.left) / box.width * duration);
    }
  }

  // ---- search: where a line with the text comes onto the screen
  function search(text) {
    hits = [];
    hit = -1;
    found = text;
    if (text) {
      const exact = /\p{Lu}/u.test(text);
      lower = exact ? lower : lower || plain.map((line) => line.toLowerCase());
      const wanted = new Set();
      (exact ? plain : lower).forEach((line, id) => { if (line.includes(text)) wanted.add(id); });
      let shown = [];
      if (wanted.size) frames.forEach(([ms, , , changes, c, r], n) => {
        const before = new Set(shown);
        if (c) shown = new Array(r).fill(0);
        for (let i = 0; i < changes.length; i += 2) {
          const id = changes[i + 1];
          if (wanted.has(id) && !before.has(id)) hits.push({ ms, frame: n, row: changes[i] });
          shown[changes[i]] = id;
        }
      });
    }
    draw();
  }

  function go(by) {
    const text = $("query").value;
    if (text !== found) search(text);
    if (hits.length) {
      if (hit < 0) {
        const after = hits.findIndex((one) => one.ms >= at);
        hit = by > 0 ? Math.max(after, 0) : (after < 0 ? hits.length : after) - 1;
      } else hit += by;
      hit = (hit + hits.length) % hits.length;
      play(false);
      seek(hits[hit].ms, hits[hit].frame);
      paint();
    }
    $("hits").textContent = !text ? "" : hits.length ? hit + 1 + " of " + hits.length : "never shown";
  }

  function mark(by) {
    const times = about.marks.map((one) => one[0]);
    const to = by > 0 ? times.find((ms) => ms > at + 1) : times.filter((ms) => ms < at - 1).pop();
    seek(to === undefined ? (by > 0 ? duration : 0) : to);
  }

  async function copy() {
    const text = rows.map((id) => plain[id].trimEnd()).join("\n").trimEnd() + "\n";
    document.body.dataset.copied = text;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      getSelection().selectAllChildren(screen);
      document.execCommand("copy");
      getSelection().removeAllRanges();
    }
  }

  function theme() {
    const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = root.classList.contains("dark") || (dark && !root.classList.contains("light"));
    root.className = now ? "light" : "dark";
    draw();
  }

  const KEYS = {
    " ": () => play(!playing), "k": () => play(!playing),
    "ArrowLeft": (shift) => seek(at - (shift ? 60000 : 5000)), "ArrowRight": (shift) => seek(at + (shift ? 60000 : 5000)),
    "Home": () => seek(0), "End": () => seek(duration),
    "+": () => pace(1), "=": () => pace(1), "-": () => pace(-1),
    "/": () => $("query").focus(), "n": () => go(1), "N": () => go(-1),
    "[": () => mark(-1), "]": () => mark(1),
    ".": () => { const n = Math.min(frame + 1, frames.length - 1); play(false); seek(frames[n][0], n); },
    ",": () => { const n = Math.max(frame - 1, 0); play(false); seek(frames[n][0], n); },
    "i": () => { $("idle").checked = !$("idle").checked; }, "c": copy, "t": theme,
  };

  addEventListener("keydown", (event) => {
    const typing = event.target === $("query");
    // Some browsers would empty the field.
    if (typing && event.key === "Escape") { event.preventDefault(); $("query").blur(); }
    if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
    const does = KEYS[event.key];
    if (does) { event.preventDefault(); does(event.shiftKey); }
  });
  $("play").onclick = () => play(!playing);
  $("poster").onclick = () => play(true);
  $("slower").onclick = () => pace(-1);
  $("faster").onclick = () => pace(1);
  $("before").onclick = () => mark(-1);
  $("after").onclick = () => mark(1);
  $("copy").onclick = copy;
  $("theme").onclick = theme;
  $("previous").onclick = () => go(-1);
  $("find").onsubmit = (event) => { event.preventDefault(); go(1); };
  canvas.onpointerdown = (event) => { canvas.setPointerCapture(event.pointerId); drag(event); };
  canvas.onpointermove = drag;
  addEventListener("resize", () => { fit(); paint(); draw(); });
  // A button that has the focus would take the space bar twice.
  document.querySelectorAll("button, #idle").forEach((it) => it.addEventListener("click", () => it.blur()));

  $("title").textContent = about.title;
  canvas.setAttribute("aria-valuemax", Math.round(duration / 1000));
  const secrets = about.covered ? ", " + about.redacted + " secrets covered" : "";
  $("about").textContent = "recording " + about.recording + ", began " + new Date(about.started_at).toISOString() +
    ", " + clock(about.duration_ms) + secrets + "; a view, not the evidence";
  seek(0);
  document.body.dataset.ready = "yes";
})();
