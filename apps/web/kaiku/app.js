import * as messages from "./messages.js";
import { $, badge, button, element, notice } from "./page.js";
import { call, logIn, logOut, me, onEnd } from "./session.js";
import { VoiceRoom } from "./voice.js";

const people = new Map();   // user id → name
const statuses = new Map(); // user id → what was heard last
const channels = new Map(); // channel id → {id, guild_id, name, channel_type, topic, unread}
const voice = new VoiceRoom({ self: () => me.id, send, changed: showVoice });
let socket;
let attempts = 0;
let open = null; // the channel whose messages are shown

// --- the socket ----------------------------------------------------------------------------------

function send(message) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    else notice("Not connected at the moment");
}

// With the token in the query, as the document has it: such a client hears the presence of
// everybody in its guilds, one with the subprotocol only that of friends.
function connect() {
    const url = `${location.protocol.replace("http", "ws")}//${location.host}/ws`;
    const mine = socket = new WebSocket(`${url}?token=${encodeURIComponent(me.token)}`);
    mine.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (!voice.hear(message)) heard[message.type]?.(message);
    };
    mine.onclose = () => {
        if (mine !== socket) return;
        setConnection("offline", false);
        voice.clear();
        if (me.token) setTimeout(comeBack, Math.min(1000 * 1.5 ** attempts++, 30_000));
    };
}

// A refused token looks like any lost connection: a request renews it if it has run out.
async function comeBack() {
    await call("GET", "/auth/me").catch(() => {}); // the server may still be away
    if (me.token) connect();
}

function setConnection(text, on) {
    $("connection").textContent = text;
    $("connection").dataset.state = on ? "on" : "off";
}

const heard = {
    async ready({ user }) {
        attempts = 0;
        setConnection("connected", true);
        $("who").textContent = user.display_name;
        $("status").value = user.status;
        statuses.clear();
        await loadGuilds();
        open = channels.get(open?.id) ?? null;
        for (const { id, channel_type } of channels.values()) {
            if (channel_type === "text") send({ type: "subscribe", channel_id: id });
        }
        voice.rejoin();
    },
    // From here on nothing is missed, so that the history is asked for now.
    subscribed({ channel_id }) {
        if (open === null || channel_id === open.id) show(channels.get(channel_id));
    },
    presence_update({ user_id, status }) {
        statuses.set(user_id, status);
        showPeople();
    },
    message_new({ channel_id, message }) {
        if (channel_id === open?.id) return messages.add(message);
        ++channels.get(channel_id).unread;
        showChannels();
    },
    message_edit: messages.change,
    message_delete: messages.remove,
    typing_start({ channel_id, user }) {
        if (channel_id === open?.id) messages.startTyping(user);
    },
    typing_stop({ channel_id, user_id }) {
        if (channel_id === open?.id) messages.stopTyping(user_id);
    },
    error({ message }) {
        notice(message);
        voice.refused();
    },
};

// --- channels and people -------------------------------------------------------------------------

async function loadGuilds() {
    const guilds = await call("GET", "/api/guilds");
    const parts = await Promise.all(guilds.map(({ id }) => Promise.all(["channels", "members"]
        .map((what) => call("GET", `/api/guilds/${id}/${what}`)))));
    const unread = new Map([...channels].map(([id, channel]) => [id, channel.unread]));
    channels.clear();
    people.clear();
    for (const channel of parts.flatMap(([list]) => list)) {
        channels.set(channel.id, { ...channel, unread: unread.get(channel.id) ?? 0 });
    }
    for (const { user_id, display_name, status } of parts.flatMap(([, members]) => members)) {
        people.set(user_id, display_name);
        if (!statuses.has(user_id)) statuses.set(user_id, status); // an event is never older
    }
    $("guilds").replaceChildren(...guilds.flatMap(({ id, name }) => {
        const list = element("ul");
        list.dataset.guild = id;
        return [element("h2", name), list];
    }));
    if (guilds.length === 0) $("guilds").append(element("p", "You are in no guild yet.", "hint"));
    showChannels();
    showPeople();
}

function channelItem(channel) {
    const item = element("li");
    item.dataset.channel = channel.id;
    const spoken = channel.channel_type === "voice";
    const entry = button(channel.name, channel.channel_type, () => {
        if (!spoken) show(channel);
        else if (voice.channel !== channel.id) voice.join(channel.id);
    });
    entry.ariaCurrent = String(channel.id === (spoken ? voice.channel : open?.id));
    if (spoken) entry.append(element("span", " voice channel", "unseen"));
    if (channel.unread > 0) {
        const count = element("span", channel.unread, "unread");
        count.append(element("span", " unread", "unseen"));
        entry.append(count);
    }
    item.append(entry);
    return item;
}

function showChannels() {
    const focused = document.activeElement?.closest("[data-channel]")?.dataset.channel;
    for (const list of $("guilds").querySelectorAll("ul")) {
        const mine = [...channels.values()].filter((one) => one.guild_id === list.dataset.guild);
        list.replaceChildren(...mine.map(channelItem));
    }
    if (focused) $("guilds").querySelector(`[data-channel="${focused}"] button`)?.focus();
}

function show(channel) {
    endTyping();
    open = channel;
    channel.unread = 0;
    showChannels();
    return messages.open(channel);
}

function showPeople() {
    const rank = (id) => ["online", "busy", "away", "offline"].indexOf(statuses.get(id));
    const sorted = [...people].sort(([a, nameA], [b, nameB]) =>
        rank(a) - rank(b) || nameA.localeCompare(nameB));
    $("people").replaceChildren(...sorted.map(([id, name]) => {
        const item = element("li", undefined, statuses.get(id));
        item.append(badge(id, name), element("span", id === me.id ? `${name} (you)` : name),
            element("small", statuses.get(id)));
        return item;
    }));
}

$("status").addEventListener("change", () => {
    const status = $("status").value;
    send({ type: "set_status", status });
    statuses.set(me.id, status); // only the others are told
    showPeople();
});

// --- writing -------------------------------------------------------------------------------------

let typingSince = 0;
let typingTimer;

function endTyping() {
    clearTimeout(typingTimer);
    if (typingSince > 0 && open) send({ type: "stop_typing", channel_id: open.id });
    typingSince = 0;
}

// Said again every few seconds: who hears of it lets it go by itself.
$("say-text").addEventListener("input", () => {
    if (!$("say-text").value) return endTyping();
    clearTimeout(typingTimer);
    typingTimer = setTimeout(endTyping, 5000);
    if (Date.now() - typingSince < 4000 || !open) return;
    typingSince = Date.now();
    send({ type: "typing", channel_id: open.id });
});

$("say").addEventListener("submit", async (event) => {
    event.preventDefault();
    const content = $("say-text").value;
    if (!content.trim() || !open) return;
    $("say-text").value = "";
    endTyping();
    try {
        await call("POST", `/api/messages/channel/${open.id}`, { content, encrypted: false });
    } catch {
        $("say-text").value ||= content; // the notice says why; the words are not lost
    }
});

// --- voice ---------------------------------------------------------------------------------------

function showVoice() {
    $("voice").hidden = voice.channel === null;
    $("voice-title").textContent = channels.get(voice.channel)?.name ?? "";
    $("voice-people").replaceChildren(...[...voice.people].map(([id, { name, muted, link }]) => {
        const item = element("li");
        const what = [id === me.id ? "you" : link, muted ? "muted" : ""].filter(Boolean);
        item.append(badge(id, name), element("span", name), element("small", what.join(", ")));
        return item;
    }));
    $("mute").ariaPressed = String(voice.muted);
    showChannels();
}

$("mute").addEventListener("click", () => voice.mute(!voice.muted));
$("leave").addEventListener("click", () => voice.leave());

// --- coming and going ----------------------------------------------------------------------------

function enter() {
    $("self").hidden = $("desk").hidden = false;
    $("login").hidden = true;
    connect();
}

onEnd(() => {
    voice.channel = null;
    voice.clear();
    socket?.close();
    endTyping();
    open = null;
    messages.open(null);
    channels.clear();
    $("self").hidden = $("desk").hidden = true;
    $("login").hidden = false;
});

$("login").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
        await logIn($("login-name").value, $("login-password").value);
    } catch {
        return; // the notice says why
    }
    $("login-password").value = "";
    enter();
});
$("logout").addEventListener("click", logOut);
if (me.token) enter();
