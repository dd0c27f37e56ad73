// WebSocket frames as bytes (RFC 6455): the client side without any politeness.
import { createHash, randomBytes } from "node:crypto";
import net from "node:net";
import { Inbox } from "./inbox.mjs";
import { usual } from "./patience.mjs";

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

function lengthBytes(length, masked, claimed = length) {
    const bit = masked ? 0x80 : 0;
    if (claimed < 126) return Buffer.from([bit | claimed]);
    if (claimed < 65536) return Buffer.from([bit | 126, claimed >> 8, claimed & 255]);
    const bytes = Buffer.alloc(9);
    bytes[0] = bit | 127;
    bytes.writeBigUInt64BE(BigInt(claimed), 1);
    return bytes;
}

// `claim` announces another length than the payload has.
export function frame(opcode, payload = "", { fin = true, rsv = 0, masked = true, claim } = {}) {
    const data = Buffer.from(payload);
    const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
    const head = Buffer.concat([Buffer.from([first]), lengthBytes(data.length, masked, claim)]);
    if (!masked) return Buffer.concat([head, data]);
    const key = randomBytes(4);
    return Buffer.concat([head, key, data.map((byte, i) => byte ^ key[i % 4])]);
}

export class WsRefused extends Error {
    constructor(status, head, body) {
        super(`refused with ${status}: ${body}`);
        Object.assign(this, { status, head, body });
    }
}

export class RawWs {
    #data = Buffer.alloc(0);
    #open = false;

    // Frames arrive in `frames` as {opcode, fin, rsv, bytes, text}; the close frame is one of them.
    constructor(port, target, headers = {}) {
        this.frames = new Inbox();
        this.key = randomBytes(16).toString("base64");
        this.socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
        this.socket.on("error", () => {});
        this.socket.on("end", () => this.socket.end());
        this.closed = new Promise((resolve) => {
            this.socket.on("close", () => {
                this.frames.end("connection closed");
                resolve();
            });
        });
        const all = {
            Host: "localhost", Connection: "Upgrade", Upgrade: "websocket",
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": this.key, ...headers,
        };
        const lines = Object.entries(all).filter(([, value]) => value !== undefined)
            .map(([name, value]) => `${name}: ${value}`);
        this.socket.write(`GET ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`, "latin1");
        this.opened = new Promise((resolve, reject) => {
            this.socket.on("data", (chunk) => this.#read(chunk, resolve, reject));
            this.socket.on("close", () => {
                this.#refuse(reject);
            });
        });
        this.opened.catch(() => {});
    }

    static async open(port, target, headers) {
        const ws = new RawWs(port, target, headers);
        await ws.opened;
        return ws;
    }

    send(opcode, payload, options) {
        this.socket.write(frame(opcode, payload, options));
    }

    text(payload) {
        this.send(opcodes.text, payload);
    }

    binary(payload) {
        this.send(opcodes.binary, payload);
    }

    async nextText(ms) {
        const got = await this.frames.next(ms);
        if (got.opcode !== opcodes.text) throw new Error(`not a text frame: ${show(got)}`);
        return got.text;
    }

    // Skips data frames up to the close frame: its code, or 1005 if it carries none, or 1006 if
    // the connection ended without one.
    async closeCode(ms = usual) {
        for (;;) {
            let got;
            try {
                got = await this.frames.next(ms);
            } catch (error) {
                if (error.message === "connection closed") return 1006;
                throw error;
            }
            if (got.opcode !== opcodes.close) continue;
            this.send(opcodes.close, got.bytes);
            return got.bytes.length >= 2 ? got.bytes.readUInt16BE(0) : 1005;
        }
    }

    destroy() {
        this.socket.destroy();
    }

    #refuse(reject) {
        const text = this.#data.toString("latin1");
        const end = text.indexOf("\r\n\r\n");
        const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
        reject(new WsRefused(status, text.slice(0, end), text.slice(end + 4)));
    }

    #read(chunk, resolve, reject) {
        this.#data = Buffer.concat([this.#data, chunk]);
        if (!this.#open && !this.#readHead(resolve, reject)) return;
        while (this.#takeFrame()) { /* several frames may arrive together */ }
    }

    #readHead(resolve, reject) {
        const end = this.#data.indexOf("\r\n\r\n");
        if (end < 0) return false;
        this.head = this.#data.toString("latin1", 0, end);
        if (!this.head.startsWith("HTTP/1.1 101 ")) return false;
        const accept = createHash("sha1")
            .update(`${this.key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
        if (!this.head.includes(accept)) reject(new Error("wrong Sec-WebSocket-Accept"));
        this.#data = this.#data.subarray(end + 4);
        this.#open = true;
        resolve(this);
        return true;
    }

    #takeFrame() {
        const data = this.#data;
        if (data.length < 2) return false;
        let length = data[1] & 127;
        let at = 2;
        if (length === 126) {
            if (data.length < 4) return false;
            length = data.readUInt16BE(2);
            at = 4;
        } else if (length === 127) {
            if (data.length < 10) return false;
            length = Number(data.readBigUInt64BE(2));
            at = 10;
        }
        if (data.length < at + length) return false;
        const bytes = Buffer.from(data.subarray(at, at + length));
        this.#data = data.subarray(at + length);
        this.frames.push({
            opcode: data[0] & 15, fin: data[0] >> 7 === 1, rsv: (data[0] >> 4) & 7,
            masked: data[1] >> 7 === 1, bytes, text: bytes.toString("utf8"),
        });
        return true;
    }
}

export function show(got) {
    return `opcode ${got.opcode} ${JSON.stringify(got.text.slice(0, 80))}`;
}

// A WebSocket-first session that has read its open packet (and joined `/` if asked to).
export async function openSession(port, { path = "/socket.io/", query = "", join = true } = {}) {
    const ws = await RawWs.open(port, `${path}?EIO=4&transport=websocket${query}`);
    ws.info = JSON.parse((await ws.nextText()).slice(1));
    if (join) {
        ws.text("40");
        ws.joined = await ws.nextText();
    }
    return ws;
}
