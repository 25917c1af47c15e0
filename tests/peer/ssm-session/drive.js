// Opens a shell with the npm package `ssm-session`, whose habits are odd: types padded with NUL on the left, digests of
// hex characters, acknowledgements for acknowledgements. The shell must work and the traffic must stay bounded.
// usage: node drive.js TICKET [handshake]
'use strict';
const assert = require('assert');
const fs = require('fs');
const WebSocket = require('ws');
const { ssm } = require('ssm-session');

const ticket = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const handshakes = process.argv[3] === 'handshake';
const SIZE = { rows: 30, cols: 100 };
const MOST_FRAMES = 200;
const DONE = /30 100\r\n[^]*hello-42\r\n/;

const socket = new WebSocket(ticket.StreamUrl);
socket.binaryType = 'arraybuffer';
let output = '';
let sequence = 2;
let typed = false;
let closed = false;
const counts = {};

function finish(problem) {
  clearTimeout(patience);
  const frames = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const seen = `frames ${JSON.stringify(counts)}, output ${JSON.stringify(output)}`;
  assert(!problem, `${problem}; ${seen}`);
  assert(closed, `no channel_closed; ${seen}`);
  assert.match(output, DONE, seen);
  assert(frames < MOST_FRAMES, `an acknowledgement storm: ${seen}`);
  console.log(`shell${handshakes ? ' after a handshake' : ''}: ${frames} frames ${JSON.stringify(counts)}`);
  process.exit(0);
}

const patience = setTimeout(() => finish('nothing more came in 20 s'), 20000);

// Number 1 of the input. The package builds no payload of this type: its own builder, with the type put right.
function sendFirst(payloadType, payload) {
  const message = Buffer.from(ssm.buildInputMessage(payload, 1));
  message.writeUInt32BE(payloadType, 112);
  message.writeUInt32BE(payload.length, 116);
  socket.send(message);
}

function answerHandshake() {
  sendFirst(6, JSON.stringify({
    ClientVersion: '1.2.0.0',
    ProcessedClientActions: [{ ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: '' }],
    Errors: [],
  }));
}

function type() {
  if (typed) return;
  typed = true;
  // The size that the package sends with its token may come before the session is open, and is dropped by rule.
  if (handshakes) ssm.sendText(socket, Buffer.from('stty cols 100 rows 30\r'), sequence++);
  else sendFirst(3, JSON.stringify(SIZE));
  ssm.sendText(socket, Buffer.from('stty size; echo he""llo-$((6*7)); exit\r'), sequence);
}

socket.onopen = () => ssm.init(socket, { token: ticket.TokenValue, termOptions: SIZE });
socket.onerror = (error) => finish(error.message);
socket.onclose = () => finish(closed ? null : 'the web socket closed early');
socket.onmessage = (event) => {
  const message = ssm.decode(event.data);
  const kind = message.messageType.replace(/[\0 ]/g, '');
  counts[kind] = (counts[kind] || 0) + 1;
  // Everything is acknowledged, acknowledgements too, as the package's own example does.
  ssm.sendACK(socket, message);
  if (kind === 'channel_closed') {
    closed = true;
    socket.close();
  } else if (message.payloadType === 5) {
    answerHandshake();
  } else if (message.payloadType === 7) {
    type();
  } else if (kind === 'output_stream_data' && message.payloadType === 1) {
    output += Buffer.from(message.payload).toString();
    if (!handshakes) type();
  }
};
