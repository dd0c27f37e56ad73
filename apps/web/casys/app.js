"use strict";

const $ = (id) => document.getElementById(id);
let socket;
let state = null;
let noticeTimer;

function notice(text) {
    $("notice").textContent = text;
    $("notice").hidden = false;
    clearTimeout(noticeTimer);
    noticeTimer = setTimeout(() => { $("notice").hidden = true; }, 5000);
}

// The story's HTML with nothing in it but text, paragraphs and emphasis.
function storyNodes(html) {
    const source = new DOMParser().parseFromString(html, "text/html").body;
    const copy = (node) => {
        if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
        const known = ["P", "STRONG", "EM", "B", "I", "BR"].includes(node.nodeName);
        const made = known ? document.createElement(node.nodeName)
            : document.createDocumentFragment();
        made.append(...[...node.childNodes].map(copy));
        return made;
    };
    return [...source.childNodes].map(copy);
}

function choiceButton(choice) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(choice.text);
    const hints = [...choice.conditions];
    if (choice.dice_type !== "none") hints.push(`dice: ${choice.dice_type}`);
    if (hints.length > 0) {
        const hint = document.createElement("small");
        hint.textContent = hints.join(", ");
        button.append(hint);
    }
    button.addEventListener("click", () => send({
        type: "choice",
        choice: {
            game_id: state.game_id,
            choice_id: String(choice.target_section ?? ""),
            choice_text: choice.text,
            metadata: choice,
        },
    }));
    return button;
}

function wayItem(step) {
    const item = document.createElement("li");
    item.append(step.player_input);
    if (step.dice) {
        const dice = document.createElement("b");
        dice.textContent = ` ${step.dice}`;
        item.append(dice);
    }
    return item;
}

function show(next) {
    state = next;
    $("title").textContent = state.metadata.title;
    $("section").textContent = state.section_number;
    $("narrative").replaceChildren(...storyNodes(state.narrative.content));
    $("choices").replaceChildren(...state.rules.choices.map(choiceButton));
    const { name, stats, inventory } = state.character;
    $("hero-name").textContent = name;
    for (const key of ["endurance", "chance", "skill"]) $(key).textContent = stats[key];
    $("gold").textContent = inventory.gold;
    $("items").replaceChildren(...inventory.items.map((text) => {
        const item = document.createElement("li");
        item.textContent = text;
        return item;
    }));
    $("way").replaceChildren(...state.trace.history.map(wayItem));
    $("begin").hidden = state.should_continue;
    $("begin").textContent = "Play again";
    $("again").hidden = !state.should_continue || state.trace.history.length === 0;
}

function send(message) {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    else notice("Not connected at the moment");
}

function connect() {
    socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/ws/game`);
    socket.onopen = () => {
        $("status").textContent = "connected";
        $("status").dataset.state = "on";
    };
    socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (message.status === "error") notice(message.error);
        else if (message.game_id && message.narrative && message.rules) show(message);
    };
    socket.onclose = () => {
        $("status").textContent = "reconnecting";
        $("status").dataset.state = "off";
        setTimeout(connect, 1000);
    };
}

async function call(method, path, body) {
    const answer = await fetch(path, {
        method,
        headers: body ? { "Content-Type": "application/json" } : {},
        body: body && JSON.stringify(body),
    });
    const json = await answer.json();
    if (!answer.ok) throw new Error(json.detail);
    return json;
}

const trying = (action) => () => action().catch((error) => notice(error.message));

$("begin").addEventListener("click", trying(async () => {
    show((await call("POST", "/api/game/initialize", {})).state);
}));
$("again").addEventListener("click", trying(async () => {
    await call("POST", "/api/game/reset", {});
    show((await call("POST", "/api/game/initialize", {})).state);
}));
for (const button of document.querySelectorAll("[data-dice]")) {
    button.addEventListener("click", trying(async () => {
        $("dice").textContent =
            (await call("GET", `/api/utils/dice/${button.dataset.dice}`)).result;
    }));
}
setInterval(() => socket.readyState === WebSocket.OPEN && send({ type: "ping" }), 30_000);
connect();
