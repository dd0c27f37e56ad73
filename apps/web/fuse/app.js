"use strict";

const $ = (id) => document.getElementById(id);
const me = JSON.parse(sessionStorage.getItem("fuse") ?? "null") ?? {};
const names = {};
const tasks = new Map();
let socket;
let attempts = 0;
let room = null;
let noticeTimer;

function notice(text) {
    $("notice").textContent = text;
    $("notice").hidden = false;
    clearTimeout(noticeTimer);
    noticeTimer = setTimeout(() => { $("notice").hidden = true; }, 6000);
}

function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
}

// --- the socket: the document's envelope and its way of coming back ------------------------------

function send(type, payload, priority) {
    if (socket?.readyState !== WebSocket.OPEN) {
        notice("Not connected at the moment");
        return undefined;
    }
    const messageId = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    socket.send(JSON.stringify({ type, payload, timestamp: Date.now(), messageId, priority }));
    return messageId;
}

function connect() {
    const url = `${location.protocol.replace("http", "ws")}//${location.host}/api/ws`;
    socket = new WebSocket(`${url}?token=${encodeURIComponent(me.accessToken)}`);
    socket.onopen = () => {
        attempts = 0;
        setHealth("connected", true);
        if (room !== null) send("joinRoom", { roomId: room });
    };
    socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        heard[message.type]?.(message.payload, message);
    };
    socket.onclose = ({ code }) => {
        setHealth("offline", false);
        if (code === 4000) return renew();
        if (code !== 1000) setTimeout(connect, Math.min(1000 * 1.5 ** attempts++, 30_000));
    };
}

function setHealth(text, on) {
    $("health").textContent = text;
    $("health").dataset.state = on ? "on" : "off";
}

const heard = {
    joinRoom({ roomId, members, names: theirs }) {
        Object.assign(names, theirs);
        if (room !== roomId) {
            room = roomId;
            $("log").replaceChildren();
            showHistory(roomId);
        }
        $("room-title").textContent = `Room ${roomId}`;
        $("members").replaceChildren(...members.map((id) => element("li", names[id] ?? id)));
        $("leave-button").disabled = false;
    },
    leaveRoom({ roomId }) {
        if (room !== roomId) return;
        room = null;
        $("room-title").textContent = "Room";
        $("members").replaceChildren();
        $("log").replaceChildren(element("li", `You have left ${roomId}.`, "note"));
        $("leave-button").disabled = true;
    },
    messageReceived(message, { priority }) {
        if (message.roomId === room) addLine(message, priority);
    },
    taskUpdate(update) {
        const task = tasks.get(update.taskId);
        if (task) Object.assign(task, update);
        else loadTasks();
        showTasks();
    },
    taskAssign({ taskId }) {
        if (!tasks.has(taskId)) notice("A task was given to you");
        loadTasks();
    },
    healthUpdate({ status, metrics }) {
        setHealth(status, status === "healthy");
        $("metrics").textContent = `${metrics.connections} connected · ${metrics.rooms} rooms · ` +
            `${metrics.tasks} tasks`;
    },
    error({ code, message }) {
        notice(`${message} (${code})`);
    },
};

// --- chat ----------------------------------------------------------------------------------------

function addLine({ messageId, senderId, senderName, content, timestamp }, priority = 2) {
    names[senderId] ??= senderName;
    const mine = senderId === me.userId;
    const line = element("li", undefined, `${mine ? "mine" : ""} p${priority}`);
    const time = new Date(timestamp).toLocaleTimeString([], { timeStyle: "short" });
    line.append(element("small", mine ? time : `${senderName} ${time}`), content);
    document.getElementById(messageId)?.remove();
    $("log").querySelector(".note")?.remove();
    $("log").append(line);
    $("log").scrollTop = $("log").scrollHeight;
}

async function showHistory(roomId) {
    const { messages } = await call("GET", `/api/rooms/${encodeURIComponent(roomId)}/messages`);
    if (room !== roomId) return;
    $("log").replaceChildren();
    messages.forEach((message) => addLine(message));
    if (messages.length === 0) $("log").append(element("li", "Nothing was said yet.", "note"));
}

$("join").addEventListener("submit", (event) => {
    event.preventDefault();
    if (room !== null && room !== $("room").value) send("leaveRoom", { roomId: room });
    send("joinRoom", { roomId: $("room").value });
});
$("leave-button").addEventListener("click", () => send("leaveRoom", { roomId: room }));
$("say").addEventListener("submit", (event) => {
    event.preventDefault();
    const content = $("say-text").value;
    if (!content) return;
    const id = send("message", { roomId: room ?? $("room").value, content,
        metadata: { type: "text" } }, Number($("say-priority").value));
    if (!id) return;
    $("say-text").value = "";
    if (room === null) return; // the answer is an error, on purpose
    const waiting = element("li", content, "mine sent"); // until its receipt comes
    waiting.id = id;
    $("log").append(waiting);
});

// --- tasks ---------------------------------------------------------------------------------------

async function loadTasks() {
    const list = (await call("GET", "/api/tasks")).tasks;
    tasks.clear();
    for (const task of list) tasks.set(task.id, task);
    showTasks();
}

function taskItem(task) {
    const item = element("li");
    const bar = element("progress");
    bar.max = 100;
    bar.value = task.progress;
    const owner = task.assigneeId ? ` · ${names[task.assigneeId] ?? "somebody"}` : "";
    item.append(element("b", task.title), bar,
        element("span", `${task.status} · ${task.progress} %${owner}`, "soft"));
    const row = element("div", undefined, "row");
    const advance = element("button", task.progress >= 100 ? "Reopen" : "+ 25 %");
    advance.addEventListener("click", () => {
        const progress = task.progress >= 100 ? 0 : Math.min(100, task.progress + 25);
        const status = progress >= 100 ? "done" : progress > 0 ? "active" : "pending";
        send("taskUpdate", { taskId: task.id, status, progress, metadata: task.metadata });
    });
    row.append(advance);
    for (const [id, name] of Object.entries(names)) {
        if (id === task.assigneeId) continue;
        const give = element("button", `Give to ${id === me.userId ? "me" : name}`);
        give.addEventListener("click", () =>
            send("taskAssign", { taskId: task.id, assigneeId: id, priority: 1 }));
        row.append(give);
    }
    item.append(row);
    return item;
}

function showTasks() {
    $("tasks").replaceChildren(...[...tasks.values()].map(taskItem));
    $("tasks-none").hidden = tasks.size > 0;
}

$("task").addEventListener("submit", async (event) => {
    event.preventDefault();
    const title = $("task-title").value;
    if (!title) return;
    await call("POST", "/api/tasks", { title, description: "" });
    $("task-title").value = "";
    await loadTasks();
});

// --- accounts ------------------------------------------------------------------------------------

async function call(method, path, body) {
    const headers = me.accessToken ? { Authorization: `Bearer ${me.accessToken}` } : {};
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    const json = await answer.json();
    if (!answer.ok) {
        notice(json.error.message);
        throw new Error(json.error.code);
    }
    return json;
}

function welcome(answer) {
    Object.assign(me, answer);
    names[me.userId] = me.username;
    sessionStorage.setItem("fuse", JSON.stringify(me));
    const who = element("b", me.username);
    $("who").replaceChildren("Logged in as ", who);
    $("who").hidden = $("desk").hidden = false;
    $("login").hidden = true;
    connect();
    loadTasks();
}

// The access token has run out: the cookie may bring another.
async function renew() {
    try {
        welcome(await call("POST", "/api/auth/refresh"));
    } catch {
        sessionStorage.removeItem("fuse");
        $("login").hidden = false;
        $("desk").hidden = true;
    }
}

$("login").addEventListener("submit", async (event) => {
    event.preventDefault();
    welcome(await call("POST", "/api/auth/login",
        { username: $("login-name").value, password: $("login-password").value }));
});
if (me.accessToken) welcome(me);
