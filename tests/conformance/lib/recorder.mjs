// Writes down everything a server sends, with what differs from run to run replaced by numbers.
import { fetchRaw, HttpConnection } from "./raw-http.mjs";
import { arrived } from "./inbox.mjs";
import { opcodes, RawWs } from "./raw-ws.mjs";

// Fields that say nothing about the protocol, or that HTTP lets a server choose.
const ownChoice = new Set(["date", "connection", "keep-alive", "transfer-encoding",
    "content-length", "sec-websocket-accept"]);

const names = Object.fromEntries(Object.entries(opcodes).map(([name, code]) => [code, name]));

export class Recorder {
    #numbers = new Map();
    #open = [];

    constructor(port) {
        this.port = port;
        this.lines = [];
    }

    note(label, text) {
        this.lines.push(`${label} ${this.normalised(text)}`);
    }

    // The n-th id of a scenario is called <id n>, wherever it turns up again.
    normalised(text) {
        return text
            .replace(/"(sid|pid|id)":"([\w-]{20})"/g, (_, key, id) => `"${key}":"${this.number(id)}"`)
            .replace(/sid\\":\\"([\w-]{20})/g, (_, id) => `sid\\":\\"${this.number(id)}`)
            .replace(/io=([\w-]{20})/g, (_, id) => `io=${this.number(id)}`);
    }

    number(id) {
        if (!this.#numbers.has(id)) this.#numbers.set(id, this.#numbers.size + 1);
        return `<id ${this.#numbers.get(id)}>`;
    }

    async http(label, target, options = {}) {
        this.note(label, `> ${options.method ?? "GET"} ${target.replace(/sid=[\w-]{20}/, "sid=…")}`);
        const answer = await fetchRaw(this.port, target, options);
        this.#answer(label, answer);
        return answer;
    }

    #answer(label, answer) {
        this.note(label, `< ${answer.status} ${answer.text}`);
        const fields = answer.fields.filter(([name]) => !ownChoice.has(name))
            .map(([name, value]) => `${name}: ${value}`).sort();
        this.note(label, `  ${fields.join(" | ")}`);
    }

    // What a connection answers to these bytes, and with `ends` whether it closes afterwards.
    async raw(label, bytes, { answers = 1, ends = false } = {}) {
        const connection = this.start(label, bytes);
        for (let i = 0; i < answers; ++i) await connection.answer();
        if (ends) await connection.end();
    }

    start(label, bytes) {
        this.note(label, `> ${bytes.slice(0, 300).replace(/sid=[\w-]{20}/g, "sid=…")}`);
        const connection = new HttpConnection(this.port);
        connection.raw(bytes);
        this.#open.push(connection);
        return {
            answer: async () => {
                try {
                    this.#answer(label, await connection.answers.next());
                } catch (error) {
                    this.note(label, `< (${error.message})`);
                }
            },
            end: async () => {
                const open = arrived(250).then(() => "stays open");
                const end = connection.closed.then(() => "ends");
                this.note(label, `< ${await Promise.race([open, end])}`);
            },
        };
    }

    // The head that answers an upgrade; the connection is dropped then.
    async handshake(label, bytes) {
        this.note(label, `> ${/extensions: .*|protocol: .*/i.exec(bytes)?.[0] ?? ""}`);
        const connection = new HttpConnection(this.port);
        connection.raw(bytes);
        this.#answer(label, await connection.answers.next());
        connection.destroy();
    }

    sid(poll) {
        return /sid=([\w-]{20})/.exec(poll.target)[1];
    }

    async poll(label, query = "", base = "/socket.io/", protocol = 4) {
        const target = `${base}?EIO=${protocol}&transport=polling${query}`;
        const first = await this.http(label, target);
        const sid = /"sid":"([\w-]{20})"/.exec(first.text)?.[1];
        const own = `${target}&sid=${sid}`;
        return {
            target: own,
            get: () => this.http(label, own),
            post: (body, headers = {}) => {
                this.note(label, `> ${String(body).slice(0, 200)}`);
                return this.http(label, own, { method: "POST", body, headers });
            },
            park: () => {
                const connection = new HttpConnection(this.port);
                connection.send(own);
                this.#open.push(connection);
                return {
                    answer: async () => this.#answer(`${label} parked`,
                        await connection.answers.next()),
                };
            },
        };
    }

    async ws(label, { target = "/socket.io/?EIO=4&transport=websocket", headers } = {}) {
        const ws = new RawWs(this.port, target, headers);
        this.#open.push(ws);
        try {
            await ws.opened;
            this.note(label, "< 101");
        } catch (error) {
            this.note(label, `< ${error.status} ${error.body}`);
        }
        const peer = {
            raw: ws,
            say: (text) => { this.note(label, `> ${text.slice(0, 200)}`); ws.text(text); },
            give: (bytes) => { this.note(label, `> ${bytes.toString("hex")}`); ws.binary(bytes); },
            send: (...args) => ws.send(...args),
            hear: async (count = 1) => {
                for (let i = 0; i < count; ++i) this.#frame(label, await this.#next(ws));
            },
            end: async () => this.note(label, `< closed with ${await ws.closeCode()}`),
            // The end of the connection, whatever came before.
            gone: async () => {
                ws.send(opcodes.close);
                await ws.closed;
                this.note(label, "< the end");
            },
            ask: async (text, count = 1) => { peer.say(text); await peer.hear(count); },
        };
        return peer;
    }

    // A session that has joined `/`.
    async joined(label) {
        const peer = await this.ws(label);
        await peer.hear();
        await peer.ask("40");
        return peer;
    }

    async #next(ws) {
        try {
            return await ws.frames.next();
        } catch (error) {
            return { failure: error.message };
        }
    }

    #frame(label, got) {
        if (got.failure) {
            this.note(label, `< (${got.failure})`);
        } else if (got.opcode === opcodes.text) {
            this.note(label, `< ${got.text}`);
        } else {
            this.note(label, `< ${names[got.opcode]} ${got.bytes.toString("hex")}`);
        }
    }

    close() {
        for (const one of this.#open) one.destroy();
    }
}
