// What the parts of the page make it of.

export const $ = (id) => document.getElementById(id);

let noticeTimer;

export function notice(text) {
    $("notice").textContent = text;
    $("notice").hidden = false;
    clearTimeout(noticeTimer);
    noticeTimer = setTimeout(() => { $("notice").hidden = true; }, 6000);
}

export function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
}

export function button(text, className, action) {
    const made = element("button", text, className);
    made.type = "button";
    made.addEventListener("click", action);
    return made;
}

// A round mark with a person's first letter, in a colour of that person's own.
export function badge(id, name) {
    const made = element("span", [...name][0], "badge");
    made.style.setProperty("--hue", (parseInt(id.slice(-4), 16) * 47) % 360);
    made.ariaHidden = "true";
    return made;
}
