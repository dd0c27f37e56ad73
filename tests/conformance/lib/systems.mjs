// Starts one system of `hubbub` for its demo, and talks to those that speak JSON on a plain
// WebSocket. HUBBUB_SYSTEMS is the command.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";
import { Inbox } from "./inbox.mjs";
import { startCommand } from "./server.mjs";

const command = process.env.HUBBUB_SYSTEMS;
export const skip = command ? false : "HUBBUB_SYSTEMS names no command";

// `demo: false` starts it as in real use, which for some needs more arguments; `under` is a command
// that runs it.
export function startSystem(name, {
    database = ":memory:", args = [], demo = true, port = 0, under = "",
} = {}) {
    return startCommand(`${under} ${command}`.trim(), [...(demo ? ["--demo"] : []), "--only", name, `--${name}-port`,
        String(port), "--database", database, ...args]);
}

export const systemNames = ["dungeonlab", "eliza", "casys", "fuse", "kaiku"];

// All of them in one process; `url` is that of the page that links them.
export function startAllSystems() {
    return startCommand(command, ["--demo", "--database", ":memory:", "--index-port", "0",
        ...systemNames.flatMap((name) => [`--${name}-port`, "0"])]);
}

// A file for a database that goes with the test.
export function temporaryDatabase() {
    const folder = mkdtempSync(join(tmpdir(), "hubbub-db-"));
    return { file: join(folder, "hubbub.db"), remove: () => rmSync(folder, { recursive: true }) };
}

export class JsonClient {
    constructor(url, options) {
        this.socket = new WebSocket(url, options);
        this.inbox = new Inbox();
        this.socket.on("message", (data, binary) => {
            this.inbox.push(binary ? data : JSON.parse(data.toString()));
        });
        this.opened = new Promise((resolve, reject) => {
            this.socket.once("open", () => resolve(this));
            this.socket.once("error", reject);
        });
        this.opened.catch(() => {});
        this.closed = new Promise((resolve) => {
            this.socket.once("close", (code, reason) => {
                this.inbox.end(`closed: ${code} ${reason}`);
                resolve({ code, reason: reason.toString() });
            });
        });
    }

    static open(url, options) {
        return new JsonClient(url, options).opened;
    }

    send(message) {
        this.socket.send(JSON.stringify(message));
    }

    raw(data) {
        this.socket.send(data);
    }

    next() {
        return this.inbox.next();
    }

    // The next message of that type; others are dropped.
    async nextOf(type) {
        for (;;) {
            const message = await this.next();
            if (message.type === type) return message;
        }
    }

    async close() {
        this.socket.close(1000);
        return this.closed;
    }
}

// fetch with JSON both ways: {status, body, headers}.
export async function api(server, method, path, body, headers = {}) {
    const answer = await fetch(`${server.url}${path}`, {
        method,
        headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text && JSON.parse(text) };
}
