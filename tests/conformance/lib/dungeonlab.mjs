// People at a DungeonLab table: logged in by REST, connected with socket.io-client by their cookie.
import { createHash } from "node:crypto";
import { ask, inbox, makeClient } from "./clients.mjs";
import { startSystem } from "./systems.mjs";

// One server with demo data; `database` keeps it for a second one.
export function startTable(database = ":memory:", args = []) {
    return startSystem("dungeonlab", { database, args });
}

export async function api(server, method, path, { body, cookie, headers = {} } = {}) {
    const answer = await fetch(`${server.url}${path}`, {
        method,
        headers: {
            ...(body === undefined ? {} : { "content-type": "application/json" }),
            ...(cookie ? { cookie } : {}), ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, json: text ? JSON.parse(text) : null };
}

// The cookie and the user.
export async function login(server, name, password = "hubbub-demo") {
    const answer = await api(server, "POST", "/api/auth/login",
        { body: { email: `${name}@example.com`, password } });
    if (answer.status !== 200) throw new Error(`login of ${name}: ${answer.status}`);
    return { cookie: answer.headers.get("set-cookie").split(";")[0], user: answer.json.user };
}

// A connection of somebody; `socket.user`, `socket.cookie` and `socket.said(event)` with it.
export async function sit(server, name, { cookie, user, ...more } = {}) {
    const known = cookie ? { cookie, user } : await login(server, name);
    const socket = makeClient(server.port, {
        extraHeaders: { cookie: known.cookie }, ...more,
    });
    await new Promise((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("connect_error", reject);
    });
    return Object.assign(socket, known, {
        said: (event) => inbox(socket, event),
        ask: async (...args) => (await ask(socket, ...args))[0],
    });
}

export async function tableOne(server, cookie) {
    const { json } = await api(server, "GET", "/api/game-sessions", { cookie });
    return json.data[0];
}

// What json-stable-stringify gives: the text whose hash clients compare.
function stable(value) {
    if (Array.isArray(value)) return `[${value.map(stable).join(",")}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    const members = Object.keys(value).sort()
        .map((key) => `${JSON.stringify(key)}:${stable(value[key])}`);
    return `{${members.join(",")}}`;
}
export const hashOf = (state) => createHash("sha256").update(stable(state)).digest("hex");

// A running server with the three people of the demo, for the tests of one file.
export class Table {
    static async open(...start) {
        const table = new Table();
        table.server = await startTable(...start);
        table.people = {};
        for (const name of ["gm", "ana", "ben"]) table.people[name] = await login(table.server, name);
        table.session = await tableOne(table.server, table.people.gm.cookie);
        return table;
    }

    seat(name, more) {
        return sit(this.server, name, { ...this.people[name], ...more });
    }

    call(method, path, name, body) {
        return api(this.server, method, path, { cookie: this.people[name]?.cookie, body });
    }

    async joined(name, event, ...more) {
        const socket = await this.seat(name);
        const answer = await socket.ask(event, this.session.id, ...more);
        if (!answer.success) throw new Error(answer.error);
        return socket;
    }
}
