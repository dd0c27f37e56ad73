// HTTP/1.1 as bytes: tests say exactly what goes over the wire and see exactly what comes back.
import net from "node:net";
import { Inbox } from "./inbox.mjs";

function parseHead(text) {
    const [statusLine, ...lines] = text.split("\r\n");
    const match = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(statusLine);
    if (!match) throw new Error(`not a status line: ${statusLine}`);
    const fields = lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    return { status: Number(match[1]), reason: match[2], fields };
}

// Takes a chunked body off the front of `data`: {body, used}, or undefined while incomplete.
function takeChunks(data) {
    const parts = [];
    for (let at = 0; ;) {
        const end = data.indexOf("\r\n", at);
        if (end < 0) return undefined;
        const size = parseInt(data.toString("latin1", at, end), 16);
        const next = end + 2 + size + 2;
        if (!(size >= 0)) throw new Error("bad chunk size");
        if (data.length < next) return undefined;
        if (size === 0) return { body: Buffer.concat(parts), used: next };
        parts.push(data.subarray(end + 2, end + 2 + size));
        at = next;
    }
}

export class Answer {
    constructor(head, body) {
        Object.assign(this, head);
        this.bytes = body;
    }

    get text() {
        return this.bytes.toString("utf8");
    }

    header(name) {
        const found = this.fields.filter(([key]) => key === name.toLowerCase());
        return found.length ? found.map(([, value]) => value).join(", ") : undefined;
    }
}

// One TCP connection. `answers` are complete HTTP answers in order; `closed` settles at its end.
export class HttpConnection {
    #data = Buffer.alloc(0);
    #methods = [];

    constructor(port, host = "127.0.0.1") {
        this.answers = new Inbox();
        this.socket = net.connect({ port, host, noDelay: true });
        this.socket.on("error", () => {});
        this.socket.on("data", (chunk) => this.#read(chunk));
        this.closed = new Promise((resolve) => {
            this.socket.on("close", () => {
                this.answers.end("connection closed");
                resolve(this.#data);
            });
        });
        this.socket.on("end", () => this.socket.end());
    }

    raw(bytes, method = "GET") {
        this.#methods.push(method);
        this.socket.write(bytes);
    }

    send(target, { method = "GET", headers = {}, body } = {}) {
        const lines = [`${method} ${target} HTTP/1.1`];
        const all = { host: "localhost", ...headers };
        if (body !== undefined && !("transfer-encoding" in all) && !("content-length" in all)) {
            all["content-length"] = Buffer.byteLength(body);
        }
        for (const [name, value] of Object.entries(all)) {
            for (const one of [value].flat()) lines.push(`${name}: ${one}`);
        }
        const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
        this.raw(Buffer.concat([head, Buffer.from(body ?? "")]), method);
    }

    async request(target, options) {
        this.send(target, options);
        return this.answers.next();
    }

    destroy() {
        this.socket.destroy();
    }

    #read(chunk) {
        this.#data = Buffer.concat([this.#data, chunk]);
        try {
            while (this.#takeAnswer()) { /* pipelined answers arrive together */ }
        } catch (error) {
            this.answers.end(error.message);
        }
    }

    #takeAnswer() {
        const end = this.#data.indexOf("\r\n\r\n");
        if (end < 0) return false;
        const head = parseHead(this.#data.toString("latin1", 0, end));
        const rest = this.#data.subarray(end + 4);
        const body = this.#takeBody(head, rest);
        if (!body) return false;
        if (head.status !== 100) this.#methods.shift();
        this.#data = rest.subarray(body.used);
        this.answers.push(new Answer(head, body.body));
        return true;
    }

    #takeBody(head, rest) {
        const header = (name) => head.fields.find(([key]) => key === name)?.[1];
        const bodiless = this.#methods[0] === "HEAD" || [100, 101, 204, 304].includes(head.status);
        if (bodiless) return { body: Buffer.alloc(0), used: 0 };
        if (header("transfer-encoding") === "chunked") return takeChunks(rest);
        const length = Number(header("content-length") ?? 0);
        return rest.length < length ? undefined : { body: rest.subarray(0, length), used: length };
    }
}

// One request on a connection of its own.
export async function fetchRaw(port, target, options) {
    const connection = new HttpConnection(port);
    try {
        return await connection.request(target, options);
    } finally {
        connection.destroy();
    }
}

// A polling session spoken by hand.
export class PollingSession {
    constructor(port, { path = "/socket.io/", query = "" } = {}) {
        this.port = port;
        this.base = `${path}?EIO=4&transport=polling${query}`;
    }

    async open() {
        this.handshake = await fetchRaw(this.port, this.base);
        if (this.handshake.status !== 200) throw new Error(`handshake: ${this.handshake.text}`);
        this.info = JSON.parse(this.handshake.text.slice(1));
        this.target = `${this.base}&sid=${this.info.sid}`;
        return this;
    }

    get() {
        return fetchRaw(this.port, this.target);
    }

    post(body, headers = {}) {
        return fetchRaw(this.port, this.target, { method: "POST", body, headers });
    }

    // A GET that stays pending; its connection's `answers` has the answer.
    park() {
        const connection = new HttpConnection(this.port);
        connection.send(this.target);
        return connection;
    }

    // Joins a namespace and returns the text of the answer.
    async join(packet = "40") {
        await this.post(packet);
        return (await this.get()).text;
    }
}
