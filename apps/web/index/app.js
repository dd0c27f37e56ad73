// The systems as cards. Each is on the host of this page, on a port of its own.
"use strict";

function cardOf(system) {
    const card = document.getElementById("system").content.firstElementChild.cloneNode(true);
    card.dataset.name = system.name;
    card.href = `${location.protocol}//${location.hostname}:${system.port}/`;
    card.querySelector("h2").textContent = system.title;
    card.querySelector(".hint").textContent = system.hint;
    card.querySelector(".address").textContent = card.host;
    return card;
}

async function show() {
    const answer = await fetch("systems.json");
    const systems = await answer.json();
    document.getElementById("systems").replaceChildren(...systems.map(cardOf));
}

show().catch((error) => {
    const notice = document.getElementById("notice");
    notice.textContent = `The list of systems is not to be had: ${error.message}`;
    notice.hidden = false;
});
