// The open channel: its messages, newest last, and who is typing there.
import { $, badge, button, element } from "./page.js";
import { call, me } from "./session.js";

const typists = new Map(); // user id → {name, timer}
const removed = new Set(); // ids that a history on its way may still hold
let channel = null;

export async function open(next) {
    channel = next;
    typists.forEach(({ timer }) => clearTimeout(timer));
    typists.clear();
    showTypists();
    $("channel").replaceChildren(channel?.name ?? "Channel");
    if (channel?.topic) $("channel").append(element("small", channel.topic));
    $("say-text").placeholder = channel ? `Write in #${channel.name}` : "";
    $("log").replaceChildren();
    $("earlier").hidden = true;
    if (channel) await loadHistory(channel);
    if (channel === next) $("log").scrollTop = $("log").scrollHeight;
}

async function loadHistory(of, before) {
    $("log").ariaBusy = "true"; // what is old is not read out
    const query = before ? `?limit=30&before=${before}` : "?limit=30";
    const page = await call("GET", `/api/messages/channel/${of.id}${query}`);
    if (channel !== of) return;
    const below = $("log").scrollHeight - $("log").scrollTop;
    for (const message of page.items) if (!removed.has(message.id)) place(message, true);
    $("log").scrollTop = $("log").scrollHeight - below; // stays at what was being read
    $("earlier").hidden = !page.has_more;
    $("earlier").onclick = () => loadHistory(of, page.next_cursor);
    $("log").ariaBusy = "false";
}

function textOf(content, edited) {
    const text = element("p", content, "text");
    if (edited) text.append(element("small", " (edited)"));
    return text;
}

function lineOf({ id, author, content, created_at, edited_at }) {
    const line = element("li");
    line.id = id;
    line.dataset.author = author.id;
    const head = element("p", undefined, "head");
    const made = new Date(created_at);
    const today = made.toDateString() === new Date().toDateString();
    const time = element("time", made.toLocaleString([],
        { dateStyle: today ? undefined : "medium", timeStyle: "short" }));
    time.dateTime = created_at;
    head.append(element("b", author.display_name), time);
    line.append(badge(author.id, author.display_name), head, textOf(content, edited_at));
    if (author.id === me.id) {
        line.append(button("Delete", "remove", () => call("DELETE", `/api/messages/${id}`)));
    }
    return line;
}

// Those of a history come newest first; what is shown already stays as it is.
function place(message, old = false) {
    if (document.getElementById(message.id)) return;
    const line = lineOf(message);
    if (old) $("log").prepend(line);
    else $("log").append(line);
    join(line);
    join(line.nextElementSibling);
}

// One head for what one person says without a break.
function join(line) {
    line?.classList.toggle("same",
        line.previousElementSibling?.dataset.author === line.dataset.author);
}

export function add(message) {
    stopTyping(message.author.id);
    place(message);
    $("log").scrollTop = $("log").scrollHeight;
}

export function change({ message_id, content }) {
    document.getElementById(message_id)?.querySelector(".text")
        .replaceWith(textOf(content, true));
}

export function remove({ message_id }) {
    removed.add(message_id);
    const line = document.getElementById(message_id);
    const next = line?.nextElementSibling;
    line?.remove();
    join(next);
}

// --- typing --------------------------------------------------------------------------------------

export function startTyping({ id, display_name }) {
    if (id === me.id) return; // in another window
    clearTimeout(typists.get(id)?.timer);
    typists.set(id, { name: display_name, timer: setTimeout(() => stopTyping(id), 8000) });
    showTypists();
}

export function stopTyping(id) {
    clearTimeout(typists.get(id)?.timer);
    typists.delete(id);
    showTypists();
}

function showTypists() {
    const names = [...typists.values()].map(({ name }) => name);
    $("typing").textContent = names.length === 0 ? "" :
        `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} typing …`;
}
