// Feeds every recorded stream to @xterm/headless and prints what its screen shows, as one JSON array of
// {stream, cols, rows, bytes (base64), text (one string a row)}.
// Usage: node screens.js DATA_DIRECTORY

const fs = require('fs');
const path = require('path');
const { Terminal } = require('@xterm/headless');
const { Unicode11Addon } = require('@xterm/addon-unicode11');

const root = process.argv[2];

function* files(dir) {
  for (const entry of fs.readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(dir, entry.name);
    if (entry.isDirectory()) yield* files(full);
    else yield full;
  }
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

// Output of an asciicast; events that are not output are left out.
function cast(text) {
  const whole = parse(text);
  const output = [];
  let header = whole;
  if (whole && Array.isArray(whole.stdout)) {
    for (const event of whole.stdout) output.push(String(event[1] ?? ''));
  } else {
    const values = text.split('\n').map(parse).filter((value) => value !== undefined);
    header = values.shift();
    for (const event of values) if (Array.isArray(event) && event[1] === 'o') output.push(String(event[2] ?? ''));
  }
  const cols = header?.width ?? header?.term?.cols;
  const rows = header?.height ?? header?.term?.rows;
  return { cols, rows, bytes: Buffer.from(output.join('')) };
}

function load(name, full) {
  const bytes = fs.readFileSync(full);
  if (name.startsWith('zellij/')) return { cols: 97, rows: 28, bytes };
  if (name.endsWith('alacritty.recording')) {
    const size = JSON.parse(fs.readFileSync(path.join(path.dirname(full), 'size.json')));
    return { cols: size.columns, rows: size.screen_lines, bytes };
  }
  if (name.endsWith('.cast') || (name.endsWith('.json') && !name.endsWith('size.json'))) return cast(bytes.toString());
  return undefined;
}

async function show({ cols, rows, bytes }) {
  const terminal = new Terminal({ cols, rows, scrollback: 1000, allowProposedApi: true, logLevel: "off" });
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = '11';
  await new Promise((done) => terminal.write(bytes, done));
  const { active } = terminal.buffer;
  const row = (y) => active.getLine(active.baseY + y)?.translateToString(true) ?? '';
  return Array.from({ length: rows }, (_, y) => row(y));
}

(async () => {
  const screens = [];
  for (const full of files(root)) {
    const stream = path.relative(root, full);
    const input = load(stream, full);
    if (!input || !(input.cols >= 2) || !(input.rows >= 1) || input.bytes.length === 0) continue;
    const { cols, rows, bytes } = input;
    screens.push({ stream, cols, rows, bytes: bytes.toString('base64'), text: await show(input) });
  }
  process.stdout.write(JSON.stringify(screens));
})();
