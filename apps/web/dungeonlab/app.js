// The game table: shows chat, a shared map, initiative and presence over one Socket.IO connection.
// Everything that came from somebody else reaches the page through textContent or a checked number.
'use strict';

const $ = (id) => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';
const MAP = { width: 640, height: 420, cell: 40, radius: 18 };
const MAX_LINES = 300;
const MOVE_INTERVAL_MS = 40; // 25 map updates a second look smooth and stay far below any limit

const COLOURS = ['#ffb86b', '#7cc4ff', '#8be28b', '#ff8fb1', '#c9a7ff', '#f2e06b'];
const START_TOKENS = [
  { id: 'rill', name: 'Rill', x: 140, y: 140 },
  { id: 'tove', name: 'Tove', x: 220, y: 260 },
  { id: 'wolf', name: 'Wolf', x: 460, y: 180 },
  { id: 'ogre', name: 'Ogre', x: 500, y: 300 },
];

const me = { id: '', name: '' };
let session = '';        // the id of the one we are in, empty before joining
let wanted = null;       // the one to be in, also after a reconnect: {id, name}
let tokens = START_TOKENS.map((token) => ({ ...token }));
let turns = { round: 1, current: 0, order: [] };
const lastStamp = { map: 0, initiative: 0 };

function stored(key) {
  try { return sessionStorage.getItem('hubbub-' + key); } catch { return null; }
}
function store(key, value) {
  try { sessionStorage.setItem('hubbub-' + key, value); } catch { /* private mode: not kept */ }
}

// ---------------------------------------------------------------- connection

const socket = io({ autoConnect: false });

// Tabs of one browser share the login: whoever logged in last is who a tab connects as.
socket.on('connect', () => {
  setStatus('on', 'connected');
  showTransport();
  socket.io.engine.on('upgrade', showTransport);
  socket.emit('get-user-data', (answer) => {
    if (answer.success) Object.assign(me, { id: answer.data.id, name: answer.data.displayName });
    if (wanted) joinSession();
  });
});
socket.on('disconnect', (reason) => {
  setStatus('off', 'disconnected');
  $('transport').textContent = '–';
  $('ping').textContent = '–';
  session = '';
  showEnabled();
  if (wanted && reason !== 'io client disconnect') addEvent('Connection lost: ' + reason);
  // After a kick by the server the client waits for us; all other reasons reconnect by themselves.
  if (reason === 'io server disconnect') setTimeout(() => socket.connect(), 1000);
});
socket.on('connect_error', (error) => setStatus('off', error.message || 'cannot connect'));
socket.io.on('reconnect_attempt', (count) => setStatus('wait', 'reconnecting (' + count + ')'));

function setStatus(state, text) {
  $('status').dataset.state = state;
  $('status').textContent = text;
}
function showTransport() {
  $('transport').textContent = socket.io.engine.transport.name;
}

// Round trip of a question the server answers at once.
function measurePing() {
  if (!socket.connected) return;
  const start = performance.now();
  socket.timeout(5000).emit('get-user-data', (error) => {
    $('ping').textContent = error ? 'late' : Math.max(1, Math.round(performance.now() - start)) + ' ms';
  });
}
setInterval(measurePing, 2000);
socket.on('connect', () => setTimeout(measurePing, 300));

// ---------------------------------------------------------------- joining

$('join-name').value = stored('name') || '';
$('join-session').value = stored('session') || 'Table One';

$('join').addEventListener('submit', async (event) => {
  event.preventDefault();
  const name = $('join-name').value.trim();
  const email = name.includes('@') ? name : name.toLowerCase() + '@example.com';
  const login = await ask('/api/auth/login', { email, password: $('join-password').value });
  if (!login.success) return showNotice(login.error || 'The login failed.');
  store('name', name);
  await enter($('join-session').value.trim());
});

async function ask(path, body) {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body) };
  try {
    return await (await fetch(path, body && post)).json();
  } catch {
    return { success: false, error: 'The server did not answer. Please try again.' };
  }
}

// Finds a session by its name among one's own, and connects as who is logged in now.
async function enter(name) {
  const { data = [] } = await ask('/api/game-sessions');
  wanted = data.find((one) => one.name === name && one.status !== 'ended') || null;
  if (!wanted) {
    const names = data.map((one) => one.name).join(', ');
    return showNotice('You have no session of that name. Yours: ' + (names || 'none'));
  }
  store('session', name);
  socket.disconnect().connect();
}

function joinSession() {
  const target = wanted;
  if (target.id !== session) {
    tokens = START_TOKENS.map((token) => ({ ...token }));
    turns = { round: 1, current: 0, order: [] };
  }
  lastStamp.map = lastStamp.initiative = 0;
  socket.timeout(10000).emit('join-session', target.id, async (error, answer) => {
    if (error || !answer || answer.success === false) {
      showNotice((answer && answer.error) || 'The server did not answer. Please try again.');
      return;
    }
    session = target.id;
    showNotice('');
    showEnabled();
    drawMap();
    drawTurns();
    drawPresence(answer.members);
    $('hint').textContent = 'You are at ' + target.name + ' as ' + me.name + '.';
    document.title = target.name + ' · Hubbub';
    await showHistory();
  });
}

// What was said before, once in the life of the page.
async function showHistory() {
  if ($('chat-log').querySelector('.text')) return;
  const { data = [] } = await ask('/api/game-sessions/' + session + '/messages');
  if ($('chat-log').querySelector('.text')) return;
  for (const line of data) {
    const sender = (line.metadata && line.metadata.sender) || {};
    addLine(String(sender.name || 'Somebody'), String(line.message), Date.parse(line.timestamp),
      line.senderId === me.id);
  }
}

function showEnabled() {
  for (const id of ['chat-input', 'chat-send', 'turn-prev', 'turn-next', 'turn-roll']) {
    $(id).disabled = !session;
  }
  $('join-button').textContent = session ? 'Switch' : 'Join';
}
function showNotice(text) {
  $('notice').textContent = text;
  $('notice').hidden = !text;
}

socket.on('user-joined', (who) => {
  drawPresence(who.members);
  addEvent(who.userId === me.id ? 'You joined.' : nameOf(who) + ' joined.');
});
socket.on('user-left', (who) => {
  drawPresence(who.members);
  if (who.userId !== me.id) addEvent(nameOf(who) + ' left.');
});
socket.on('error', (problem) => showNotice((problem && problem.message) || String(problem)));

function nameOf(who) {
  return String((who && (who.userName || who.userId)) || 'Somebody').slice(0, 60);
}
function drawPresence(members) {
  if (!Array.isArray(members)) return;
  $('presence').replaceChildren(...members.map((member) => {
    const item = document.createElement('li');
    item.textContent = nameOf(member) + (member.userId === me.id ? ' (you)' : '');
    item.classList.toggle('me', member.userId === me.id);
    return item;
  }));
  $('presence-count').textContent = members.length === 1 ? '1 person' : members.length + ' people';
}

// ---------------------------------------------------------------- chat

$('chat').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = $('chat-input').value.trim();
  if (!text || !session) return;
  socket.emit('chat-message', { sessionId: session, message: text });
  addLine(me.name, text, Date.now(), true); // the server tells everybody but us
  $('chat-input').value = '';
});
socket.on('chat-message', (line) => {
  addLine(nameOf(line), String(line.message ?? line.content ?? ''), line.timestamp, false);
});

function addLine(who, text, when, mine) {
  const item = document.createElement('li');
  item.classList.toggle('mine', mine);
  item.append(part('span', 'who', who), part('span', 'text', text), part('time', 'when', clock(when)));
  append(item);
}
function addEvent(text) {
  append(part('li', 'event', text));
}
function part(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
function append(item) {
  const log = $('chat-log');
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(item);
  while (log.childElementCount > MAX_LINES) log.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}
function clock(when) {
  return new Date(Number(when) || Date.now()).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

// ---------------------------------------------------------------- map

function inside(value, limit) {
  const number = Number(value);
  const low = MAP.radius, high = limit - MAP.radius;
  return Number.isFinite(number) ? Math.min(high, Math.max(low, Math.round(number))) : low;
}

function drawMap() {
  const map = $('map');
  if (!map.querySelector('.grid')) drawGrid(map);
  const known = new Set(tokens.map((token) => token.id));
  for (const old of map.querySelectorAll('.token')) {
    if (!known.has(old.dataset.id)) old.remove();
  }
  tokens.forEach((token, index) => {
    const shape = [...map.querySelectorAll('.token')].find((one) => one.dataset.id === token.id)
      || map.appendChild(makeToken(token, index));
    shape.setAttribute('transform', `translate(${token.x} ${token.y})`);
    shape.setAttribute('aria-label', `${token.name}, at ${token.x}, ${token.y}`);
  });
}
function drawGrid(map) {
  for (let x = MAP.cell; x < MAP.width; x += MAP.cell) map.append(gridLine(x, 0, x, MAP.height));
  for (let y = MAP.cell; y < MAP.height; y += MAP.cell) map.append(gridLine(0, y, MAP.width, y));
}
function gridLine(x1, y1, x2, y2) {
  const line = document.createElementNS(SVG, 'line');
  line.setAttribute('class', 'grid');
  for (const [key, value] of Object.entries({ x1, y1, x2, y2 })) line.setAttribute(key, value);
  return line;
}
function makeToken(token, index) {
  const group = document.createElementNS(SVG, 'g');
  group.setAttribute('class', 'token');
  group.setAttribute('tabindex', '0');
  group.setAttribute('role', 'button');
  group.dataset.id = token.id;
  const disc = document.createElementNS(SVG, 'circle');
  disc.setAttribute('r', MAP.radius);
  disc.setAttribute('fill', COLOURS[index % COLOURS.length]);
  const letter = document.createElementNS(SVG, 'text');
  letter.textContent = token.name.slice(0, 1).toUpperCase();
  group.append(disc, letter);
  group.addEventListener('pointerdown', (event) => startDrag(event, group, token.id));
  group.addEventListener('keydown', (event) => moveByKey(event, token.id));
  return group;
}

function mapPoint(event) {
  const point = new DOMPoint(event.clientX, event.clientY);
  return point.matrixTransform($('map').getScreenCTM().inverse());
}
function startDrag(event, shape, id) {
  event.preventDefault();
  shape.setPointerCapture(event.pointerId);
  shape.classList.add('held');
  const from = mapPoint(event);
  const token = tokens.find((one) => one.id === id);
  const grip = { x: token.x - from.x, y: token.y - from.y };
  const move = (step) => {
    const point = mapPoint(step);
    moveToken(id, point.x + grip.x, point.y + grip.y);
  };
  const end = () => {
    shape.classList.remove('held');
    shape.removeEventListener('pointermove', move);
    sendMap(id, true);
  };
  shape.addEventListener('pointermove', move);
  shape.addEventListener('lostpointercapture', end, { once: true });
}
function moveByKey(event, id) {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!step) return;
  event.preventDefault();
  const token = tokens.find((one) => one.id === id);
  moveToken(id, token.x + step[0] * MAP.cell / 2, token.y + step[1] * MAP.cell / 2);
}
function moveToken(id, x, y) {
  const token = tokens.find((one) => one.id === id);
  if (!token) return;
  token.x = inside(x, MAP.width);
  token.y = inside(y, MAP.height);
  drawMap();
  sendMap(id, false);
}

let lastSent = 0;
let sendLater = 0;
// The whole map goes along so that a newcomer gets it from the server's memory; `moved` tells the
// others which token to take over, so that two people can drag at the same time.
function sendMap(moved, now) {
  if (!session) return;
  clearTimeout(sendLater);
  const wait = now ? 0 : lastSent + MOVE_INTERVAL_MS - performance.now();
  if (wait > 0) {
    sendLater = setTimeout(sendMap, wait, moved, true);
    return;
  }
  lastSent = performance.now();
  socket.emit('map-update', { sessionId: session, moved, tokens });
}
socket.on('map-update', (update) => {
  if (isLate('map', update) || !Array.isArray(update.tokens)) return;
  const held = document.querySelector('.token.held')?.dataset.id;
  const first = lastStamp.map === 0;
  lastStamp.map = update.timestamp;
  const received = update.tokens.slice(0, 50).map((token) => ({
    id: String(token.id).slice(0, 40), name: String(token.name || '?').slice(0, 40),
    x: inside(token.x, MAP.width), y: inside(token.y, MAP.height),
  }));
  if (first) tokens = received;
  for (const token of received) {
    const own = tokens.find((one) => one.id === token.id);
    if (!own) tokens.push(token);
    else if (token.id !== held && (!update.moved || update.moved === token.id)) Object.assign(own, token);
  }
  drawMap();
});

// The server stamps strictly increasing times; an update that another one overtook is dropped.
function isLate(kind, update) {
  return !update || !(update.timestamp > lastStamp[kind]);
}

// ---------------------------------------------------------------- initiative

function rollTurns() {
  turns.order = tokens.map((token) => ({ name: token.name, roll: 1 + Math.floor(Math.random() * 20) }))
    .sort((a, b) => b.roll - a.roll);
  turns.current = 0;
  turns.round = 1;
}
function step(by) {
  if (turns.order.length === 0) rollTurns();
  else {
    const next = turns.current + by;
    if (next >= turns.order.length) turns.round += 1;
    if (next < 0) turns.round = Math.max(1, turns.round - 1);
    turns.current = (next + turns.order.length) % turns.order.length;
  }
  changeTurns();
}
function changeTurns() {
  drawTurns();
  if (session) socket.emit('initiative-update', { sessionId: session, ...turns });
}
$('turn-next').addEventListener('click', () => step(1));
$('turn-prev').addEventListener('click', () => step(-1));
$('turn-roll').addEventListener('click', () => { rollTurns(); changeTurns(); });

socket.on('initiative-update', (update) => {
  if (isLate('initiative', update) || !Array.isArray(update.order)) return;
  lastStamp.initiative = update.timestamp;
  turns = {
    round: Math.max(1, Math.trunc(Number(update.round)) || 1),
    current: Math.max(0, Math.trunc(Number(update.current)) || 0),
    order: update.order.slice(0, 50).map((one) => ({
      name: String(one.name || '?').slice(0, 40), roll: Math.trunc(Number(one.roll)) || 0,
    })),
  };
  drawTurns();
});
function drawTurns() {
  $('initiative').replaceChildren(...turns.order.map((one, index) => {
    const item = document.createElement('li');
    item.append(part('span', 'name', one.name), part('output', 'roll', String(one.roll)));
    if (index === turns.current) item.setAttribute('aria-current', 'true');
    return item;
  }));
  if (turns.order.length === 0) $('initiative').append(part('li', 'event', 'Roll to begin.'));
  $('round').textContent = turns.order.length ? 'round ' + turns.round : '';
}

// ---------------------------------------------------------------- start

showEnabled();
drawMap();
drawTurns();
setStatus('wait', 'not logged in');
if (stored('name') && stored('session')) enter(stored('session')); // a reload
