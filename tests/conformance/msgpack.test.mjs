// The MessagePack parser: the official client's one, and the bytes of single packets.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, afterEach, before, describe, it } from "node:test";
import { ask, closeAll, connect, connected, inbox, makeClient, once, ways } from "./lib/clients.mjs";
import { opcodes, RawWs } from "./lib/raw-ws.mjs";
import { startServer } from "./lib/server.mjs";

const require = createRequire(import.meta.url);
const parser = require("socket.io-msgpack-parser");
const { encode, decode } = require("notepack.io");

let server;
let port;
before(async () => {
    server = await startServer("msgpack");
    port = server.port;
});
after(() => server?.stop());
afterEach(closeAll);

describe("msgpack clients", () => {
    for (const way of ways) {
        const open = (more = {}) => connect(port, { way, parser, ...more });

        it(`exchange everything over ${way.name}`, async () => {
            const socket = await open();
            const args = ["héllo 😀", 0, -1, 1.5, 4294967296, -9007199254740991, true, null, [],
                { a: { b: [1] } }, "x".repeat(70_000)];
            assert.deepEqual(await ask(socket, "echo-ack", ...args), args);
            const [value] = await ask(socket, "echo-ack", { deep: [Buffer.from([1, 2, 255])] });
            assert.deepEqual([...value.deep[0]], [1, 2, 255]);
        });

        it(`meet in rooms over ${way.name}`, async () => {
            const [a, b] = [await open(), await open()];
            await ask(b, "join", "msgpack-room");
            const heard = inbox(b, "cast");
            a.emit("cast", { to: "msgpack-room" }, "text", Buffer.from([9]));
            const [text, blob] = await heard.next();
            assert.equal(text, "text");
            assert.deepEqual([...blob], [9]);
        });

        it(`use namespaces and are refused over ${way.name}`, async () => {
            const socket = await connected(makeClient(port, { way, parser, nsp: "/dyn-3" }));
            assert.equal((await ask(socket, "whoami"))[0].nsp, "/dyn-3");
            const [error] = await once(makeClient(port, { way, parser, nsp: "/deny" }),
                "connect_error");
            assert.equal(error.message, "denied");
            assert.deepEqual(error.data, { code: 4001, hint: "no way", list: [1, null] });
        });

        it(`get bursts in order over ${way.name}`, async () => {
            const socket = await open();
            const items = inbox(socket, "burst-item");
            socket.emit("binary-burst", 300, 20);
            assert.deepEqual((await items.take(300)).map(([i]) => i), [...Array(300).keys()]);
        });
    }
});

describe("msgpack on the wire", () => {
    async function session() {
        const ws = await RawWs.open(port, "/socket.io/?EIO=4&transport=websocket");
        await ws.nextText();
        ws.binary(encode({ type: 0, nsp: "/" }));
        ws.joined = await ws.frames.next();
        return ws;
    }
    const next = async (ws) => decode((await ws.frames.next()).bytes);

    it("answers CONNECT with one binary message", async () => {
        const ws = await session();
        assert.equal(ws.joined.opcode, opcodes.binary);
        const packet = decode(ws.joined.bytes);
        assert.deepEqual(Object.keys(packet), ["type", "data", "nsp"]);
        assert.match(packet.data.sid, /^[A-Za-z0-9_-]{20}$/);
        assert.equal(packet.data.pid, undefined);
        ws.destroy();
    });

    it("keeps the order of keys", async () => {
        const ws = await session();
        ws.binary(encode({ type: 2, data: ["echo", 1], nsp: "/" }));
        const echo = await ws.frames.next();
        assert.deepEqual(echo.bytes, encode({ type: 2, data: ["echo-back", 1], nsp: "/" }));
        ws.binary(encode({ type: 2, data: ["echo-ack", "x"], id: 5, nsp: "/" }));
        const ack = await ws.frames.next();
        assert.deepEqual(ack.bytes, encode({ id: 5, type: 3, data: ["x"], nsp: "/" }));
        ws.binary(encode({ type: 0, nsp: "/nope" }));
        assert.deepEqual(await next(ws),
            { type: 4, nsp: "/nope", data: { message: "Invalid namespace" } });
        ws.destroy();
    });

    const bytes = (text) => Buffer.from(text, "hex");
    const bad = {
        "an empty message": bytes(""),
        "no map": encode([1, 2]),
        "a map cut short": encode({ type: 2, data: ["echo"], nsp: "/" }).subarray(0, 9),
        "trailing bytes": Buffer.concat([encode({ type: 2, data: ["echo"], nsp: "/" }), bytes("00")]),
        "an unknown type": encode({ type: 5, data: ["echo"], nsp: "/" }),
        "a type that is a text": encode({ type: "2", data: ["echo"], nsp: "/" }),
        "a namespace that is a number": encode({ type: 2, data: ["echo"], nsp: 1 }),
        "data that is no list": encode({ type: 2, data: "echo", nsp: "/" }),
        "an id that is a text": encode({ type: 2, data: ["echo"], id: "1", nsp: "/" }),
        "an array of 2^32-1": bytes("81a474797065ddffffffff"),
        "a map of 2^32-1": bytes("dfffffffff"),
        "a binary of 2^32-1": bytes("81a474797065c6ffffffff"),
        "an extension of 2^32-1": bytes("81a474797065c9ffffffff05"),
        "arrays nested without end": Buffer.concat([bytes("81a464617461"),
            Buffer.alloc(90_000, 0x91)]),
    };
    for (const [what, message] of Object.entries(bad)) {
        it(`closes after ${what}`, async () => {
            const ws = await session();
            ws.binary(message);
            assert.equal(await ws.closeCode(), 1005);
            ws.destroy();
            (await session()).destroy();
        });
    }

    it("closes after a text message", async () => {
        const ws = await session();
        ws.text('42["echo"]');
        assert.equal(await ws.closeCode(), 1005);
        ws.destroy();
    });
});
