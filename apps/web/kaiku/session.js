// Who is logged in, and requests in that person's name.
import { notice } from "./page.js";

const kept = "kaiku";
export const me = JSON.parse(sessionStorage.getItem(kept) ?? "null") ?? {}; // {token, id}
let ended = () => {};

// `action` is called when nobody is logged in any more.
export function onEnd(action) {
    ended = action;
}

async function ask(method, path, body) {
    const headers = me.token ? { Authorization: `Bearer ${me.token}` } : {};
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    return { answer, json: answer.status === 204 ? null : await answer.json() };
}

export async function call(method, path, body) {
    let { answer, json } = await ask(method, path, body);
    if (answer.status === 401 && me.token && await renew()) {
        ({ answer, json } = await ask(method, path, body));
    }
    if (!answer.ok) {
        notice(json.message);
        throw new Error(json.error);
    }
    return json;
}

// The access token has run out: the cookie may bring another, if it is still this person's.
async function renew() {
    const { answer, json } = await ask("POST", "/auth/refresh");
    const { id } = me;
    if (answer.ok) await remember(json.access_token);
    if (answer.ok && me.id === id) return true;
    forget();
    return false;
}

async function remember(token) {
    me.token = token;
    me.id = (await ask("GET", "/auth/me")).json.id;
    sessionStorage.setItem(kept, JSON.stringify(me));
}

function forget() {
    delete me.token;
    sessionStorage.removeItem(kept);
    ended();
}

export async function logIn(username, password) {
    await remember((await call("POST", "/auth/login", { username, password })).access_token);
}

export async function logOut() {
    await ask("POST", "/auth/logout");
    forget();
}
