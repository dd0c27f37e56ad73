// Talking with agents and people in a room, by the events of ElizaOS's own document: join, message,
// request-world-state, messageBroadcast, logEntry. Everything that came from somebody else reaches
// the page through textContent.
'use strict';

const $ = (id) => document.getElementById(id);
const MAX_LINES = 300;
const ERROR_LEVEL = 50;

const params = new URLSearchParams(location.search);
const me = { id: stored('id') || store('id', newUuid()), name: params.get('name') || stored('name') || '' };
let room;           // {id, name, agent} once entered
let agents = {};    // by id, from the world state
const shown = new Set();  // ids of the messages on the page

function stored(key) {
  try { return sessionStorage.getItem('hubbub-eliza-' + key); } catch { return null; }
}
function store(key, value) {
  try { sessionStorage.setItem('hubbub-eliza-' + key, value); } catch { /* private mode: not kept */ }
  return value;
}

// crypto.randomUUID is there on secure pages only.
function newUuid() {
  return asUuid(crypto.getRandomValues(new Uint8Array(16)));
}
function asUuid(bytes) {
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
// People who type the same room name meet: the id is made of the name.
function uuidOfName(name) {
  const bytes = new Uint8Array(16);
  let hash = 0x811c9dc5;
  for (let round = 0; round < 16; ++round) {
    for (const byte of new TextEncoder().encode(name + round)) hash = Math.imul(hash ^ byte, 0x01000193);
    bytes[round] = hash >>> 24;
  }
  return asUuid(bytes);
}

// ---------------------------------------------------------------- connection

const socket = io();

socket.on('connect', () => {
  setStatus('on', 'connected');
  showTransport();
  socket.io.engine.on('upgrade', showTransport);
  askForWorld();
  if (room) enter();
});
socket.on('disconnect', (reason) => {
  setStatus('off', 'disconnected');
  asking = false;
  $('transport').textContent = '–';
  if (reason === 'io server disconnect') socket.connect();
});
socket.on('connect_error', (error) => { setStatus('off', 'waiting'); tell(error.message); });
socket.on('error', ({ error }) => { asking = false; tell(error); });

function showTransport() { $('transport').textContent = socket.io.engine.transport.name; }
function setStatus(state, text) {
  $('status').dataset.state = state;
  $('status').textContent = text;
}
function tell(text) {
  $('notice').textContent = text;
  $('notice').hidden = !text;
}

// ---------------------------------------------------------------- the room

$('join').addEventListener('submit', (event) => {
  event.preventDefault();
  const name = $('join-room').value.trim();
  me.name = store('name', $('join-name').value.trim());
  const next = { id: uuidOfName(name), name: store('room', name), agent: $('join-agent').checked };
  if (room && room.id !== next.id) {
    socket.emit('leave', { roomId: room.id, agentId: me.id });
    $('chat-log').replaceChildren();
    shown.clear();
  }
  room = next;
  enter();
});

async function enter() {
  const agent = room.agent && Object.keys(agents)[0];
  const request = { roomId: room.id, userId: me.id, userName: me.name };
  const answer = await ask('join', agent ? { ...request, agentId: agent } : request);
  if (!answer.success) return;
  tell('');
  $('room-name').textContent = room.name;
  for (const id of ['chat-input', 'chat-send']) $(id).disabled = false;
  askForWorld();
}

function ask(event, data) {
  return new Promise((resolve) => socket.timeout(5000).emit(event, data, (late, answer) => {
    if (late) tell('The server does not answer.');
    resolve(late ? { success: false } : answer);
  }));
}

$('chat').addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = $('chat-input').value.trim();
  if (!text || !room) return;
  const { success } = await ask('message', { text, roomId: room.id, userId: me.id, name: me.name });
  if (success) $('chat-input').value = '';
});

socket.on('messageBroadcast', (message) => {
  if (room && message.roomId === room.id) showMessage(message);
});
socket.on('messageStreamChunk', ({ messageId, chunk, agentId, channelId }) => {
  if (!room || channelId !== room.id) return;
  const line = $('m-' + messageId) || addLine(messageId, nameOfAgent(agentId), 'agent');
  line.lastChild.textContent += chunk;
});
socket.on('messageStreamError', ({ messageId, error, agentId, channelId }) => {
  if (!room || channelId !== room.id) return;
  const line = $('m-' + messageId) || addLine(messageId, nameOfAgent(agentId), 'agent');
  line.classList.add('failed');
  line.lastChild.textContent += ` (${error})`;
});
socket.on('messageDeleted', ({ messageId }) => $('m-' + messageId)?.remove());
socket.on('channelCleared', ({ channelId }) => {
  if (room && channelId === room.id) $('chat-log').replaceChildren();
});
socket.on('messageComplete', askForWorld);

function nameOfAgent(id) { return agents[id]?.name || 'Agent'; }

function showMessage({ id, senderId, senderName, text }) {
  if (shown.has(id)) return;
  shown.add(id);
  const kind = senderId === me.id ? 'mine' : agents[senderId] ? 'agent' : '';
  const line = $('m-' + id) || addLine(id, senderName, kind);
  line.lastChild.textContent = text;
}

function addLine(id, who, kind) {
  const log = $('chat-log');
  const line = element('li', kind);
  line.id = 'm-' + id;
  line.append(element('span', 'who', who), element('span'));
  log.append(line);
  while (log.children.length > MAX_LINES) log.firstChild.remove();
  log.scrollTop = log.scrollHeight;
  return line;
}

function element(name, kind, text = '') {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.textContent = text;
  return made;
}

// ---------------------------------------------------------------- world and log

$('world-refresh').addEventListener('click', askForWorld);

// One question at a time: who asks again before the answer is refused.
let asking = false;
let askAgain = false;

function askForWorld() {
  askAgain = asking;
  if (!asking) {
    asking = true;
    socket.emit('request-world-state', {});
  }
}

function worldCame() {
  asking = false;
  if (askAgain) askForWorld();
}

socket.on('world-state', ({ agents: known, users, channels, messages }) => {
  worldCame();
  agents = known;
  $('world-agents').replaceChildren(...Object.values(known).map((agent) => {
    const entry = element('li', '', `${agent.name} · ${agent.status}`);
    entry.append(element('small', '', agent.bio));
    return entry;
  }));
  $('world-users').replaceChildren(...Object.values(users).map(({ name }) => element('li', '', name)));
  $('world-channels').replaceChildren(...Object.values(channels).map((channel) => {
    const here = room && channel.id === room.id;
    const entry = element('li', here ? 'here' : '', here ? room.name : channel.name);
    const count = (messages[channel.id] || []).length;
    const there = channel.participants.length + channel.agents.length;
    entry.append(element('small', '', `${there} taking part, ${count} messages`));
    return entry;
  }));
  for (const message of (room && messages[room.id]) || []) showMessage(message);
});

socket.on('logEntry', ({ level, time, msg, agentName }) => {
  const line = element('li', level >= ERROR_LEVEL ? 'bad' : '', `${new Date(time).toLocaleTimeString()} `);
  line.append(element('b', '', agentName), ` ${msg}`);
  const log = $('log');
  log.append(line);
  while (log.children.length > MAX_LINES) log.firstChild.remove();
  log.scrollTop = log.scrollHeight;
});

$('join-name').value = me.name;
$('join-room').value = params.get('room') || stored('room') || 'harbour';
