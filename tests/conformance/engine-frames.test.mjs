// WebSocket as the Autobahn suite sees it, rewritten: cases 1 to 7, 9, 10, 12 and 13, with frames
// as bytes where a polite client cannot misbehave, else with the foreign client `ws`. The server
// echoes; every text begins with `4`, the engine's type of a message.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { sleep } from "./lib/inbox.mjs";
import { frame, opcodes, RawWs } from "./lib/raw-ws.mjs";
import { againstNode, startServer, withEngine } from "./lib/server.mjs";

const WebSocket = createRequire(import.meta.url)("ws");
const target = "/engine.io/?EIO=4&transport=websocket";
const { binary, close, continuation, ping, pong, text } = opcodes;

async function open(port, headers, greets = true) {
    const ws = await RawWs.open(port, target, headers);
    if (greets) await ws.frames.next();
    return ws;
}

const names = { [text]: "text", [binary]: "binary", [ping]: "ping", [pong]: "pong" };

// What the server sends until its close frame or the end, as [name, payload] and the close code.
async function answers(ws) {
    const got = [];
    for (;;) {
        const one = await ws.frames.next().catch((error) => {
            if (error.message !== "connection closed") throw error;
        });
        if (!one) return [...got, 1006];
        if (one.opcode === close) {
            return [...got, one.bytes.length < 2 ? 1005 : one.bytes.readUInt16BE(0)];
        }
        got.push([names[one.opcode], one.text]);
    }
}

// In pieces of that many bytes, each with a write of its own.
async function writeChopped(ws, bytes, size) {
    for (let at = 0; at < bytes.length; at += size) {
        ws.socket.write(bytes.subarray(at, at + size));
        await new Promise(setImmediate);
    }
}

// The frames of one text in fragments of `size` bytes.
function fragments(bytes, size) {
    const frames = [];
    for (let at = 0; at < bytes.length; at += size) {
        frames.push(frame(at === 0 ? text : continuation, bytes.subarray(at, at + size),
            { fin: at + size >= bytes.length }));
    }
    return frames;
}

const closing = (code, reason = "") =>
    frame(close, code ? Buffer.concat([Buffer.from([code >> 8, code & 255]),
        Buffer.from(reason)]) : "");

// Engine.IO greets with its open packet; a raw WebSocket with nothing.
for (const { profile, greets } of [{ profile: "eio-echo", greets: true },
    { profile: "ws-echo", greets: false }]) describe(`Autobahn cases against ${profile}`, () => {
    let server;
    before(async () => { server = await startServer(profile); });
    after(() => server?.stop());

    // Plays the frames in each of the ways they may be cut, all but those of `whole` cases also
    // octet by octet, and demands the answers.
    async function plays(frames, expected, { octets = true } = {}) {
        const bytes = Buffer.concat(frames);
        const cuts = [[bytes], frames];
        if (octets && bytes.length < 300) cuts.push(Array.from(bytes, (_, i) => bytes.subarray(i,
            i + 1)));
        for (const cut of cuts) {
            const ws = await open(server.port, {}, greets);
            for (const part of cut) {
                ws.socket.write(part);
                if (cut.length > 1) await new Promise(setImmediate);
            }
            const got = await answers(ws);
            assert.deepEqual(got, expected);
            await ws.closed;
        }
    }
    const echoes = (...payloads) => payloads.map((one) => ["text", one]);
    const end = closing(1000);

    describe("1 framing", () => {
        for (const size of [1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 70_000]) {
            it(`1.1 text of ${size} bytes`, () => {
                const payload = `4${"*".repeat(size - 1)}`;
                return plays([frame(text, payload), end], [...echoes(payload), 1000]);
            });
        }
        for (const size of [0, 1, 125, 126, 127, 128, 65535, 65536]) {
            it(`1.2 binary of ${size} bytes`, () => {
                const payload = "\u0001".repeat(size);
                return plays([frame(binary, payload), end], [["binary", payload], 1000]);
            });
        }
        it("1.1.8 65536 bytes in pieces of 997", async () => {
            const ws = await open(server.port, {}, greets);
            await writeChopped(ws, frame(text, `4${"*".repeat(65535)}`), 997);
            assert.equal((await ws.nextText()).length, 65536);
            ws.destroy();
        });
    });

    describe("2 pings and pongs", () => {
        const rows = [
            ["2.1 empty ping", [frame(ping)], [["pong", ""]]],
            ["2.2 ping with text", [frame(ping, "Hello")], [["pong", "Hello"]]],
            ["2.4 ping of 125 bytes", [frame(ping, "x".repeat(125))], [["pong", "x".repeat(125)]]],
            ["2.7 unasked pong", [frame(pong)], []],
            ["2.8 unasked pong with text", [frame(pong, "x")], []],
            ["2.9 unasked pong, then a ping", [frame(pong, "x"), frame(ping, "y")], [["pong",
                "y"]]],
            ["2.10 ten pings", Array.from({ length: 10 }, (_, i) => frame(ping, `payload-${i}`)),
                Array.from({ length: 10 }, (_, i) => ["pong", `payload-${i}`])],
        ];
        for (const [name, frames, expected] of rows) {
            it(name, () => plays([...frames, end], [...expected, 1000]));
        }
        it("2.3 ping with bytes that are no text", async () => {
            const ws = await open(server.port, {}, greets);
            const bytes = Buffer.from([0, 255, 254, 253, 252, 251, 0, 255]);
            ws.send(ping, bytes);
            assert.deepEqual((await ws.frames.next()).bytes, bytes);
            ws.destroy();
        });
        it("2.5 ping of 126 bytes", () => plays([frame(ping, "x".repeat(126)), end], [1002]));
    });

    describe("3 reserved bits", () => {
        for (let rsv = 1; rsv < 8; ++rsv) {
            for (const [what, opcode] of Object.entries({ text, binary, ping, pong, close })) {
                it(`3.${rsv} ${what} with RSV ${rsv}`, () => plays(
                    [frame(text, "4first"), frame(opcode, opcode === text ? "4x" : "", { rsv }),
                        frame(ping)],
                    [...echoes("4first"), 1002]));
            }
        }
    });

    describe("4 reserved opcodes", () => {
        for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
            for (const payload of ["", "x".repeat(10)]) {
                it(`4 opcode ${opcode}, ${payload.length} bytes`, () => plays(
                    [frame(text, "4first"), frame(opcode, payload), frame(ping)],
                    [...echoes("4first"), 1002]));
            }
        }
    });

    describe("5 fragmentation", () => {
        const part = (opcode, payload, fin = false) => frame(opcode, payload, { fin });
        const rows = [
            ["5.1 a ping in two fragments", [part(ping, "a"), frame(continuation, "b")], [1002]],
            ["5.2 a pong in two fragments", [part(pong, "a"), frame(continuation, "b")], [1002]],
            ["5.3 text in two fragments", [part(text, "4a"), frame(continuation, "b")],
                [...echoes("4ab"), 1000]],
            ["5.6 a ping between", [part(text, "4a"), frame(ping, "p"), frame(continuation, "b")],
                [["pong", "p"], ...echoes("4ab"), 1000]],
            ["5.9 a last continuation of nothing", [frame(continuation, "x"), frame(text, "4x")],
                [1002]],
            ["5.12 a continuation of nothing", [part(continuation, "x"), frame(text, "4x")],
                [1002]],
            ["5.15 a message, then a continuation of nothing",
                [part(text, "4a"), frame(continuation, "b"), part(continuation, "c"), frame(text,
                    "4d")],
                [...echoes("4ab"), 1002]],
            ["5.18 a second message before the end of the first", [part(text, "4a"), frame(text,
                "4b")], [1002]],
            ["5.18 the same with a binary one", [part(text, "4a"), part(binary, "b")], [1002]],
            ["5.19 five fragments with pings between",
                [part(text, "4a"), part(continuation, "b"), frame(ping, "1"), part(continuation,
                    "c"),
                    part(continuation, "d"), frame(ping, "2"), frame(continuation, "e")],
                [["pong", "1"], ["pong", "2"], ...echoes("4abcde"), 1000]],
            ["5 empty fragments", [part(text, ""), part(continuation, ""), part(continuation,
                "4x"), frame(continuation, "")],
                [...echoes("4x"), 1000]],
            ["5 a close between", [part(text, "4a"), closing(1001)], [1001]],
        ];
        for (const [name, frames, expected] of rows) {
            it(name, () => plays([...frames, end], expected));
        }
    });

    describe("6 UTF-8", () => {
        const hex = (string) => Buffer.from(string.replaceAll(" ", ""), "hex");
        const valid = ["48 65 6c 6c 6f 2d c2 b5 40 c3 9f c3 b6 c3 a4 c3 bc c3 a0 c3 a1 2d 55 54 46",
            "ce ba e1 bd b9 cf 83 ce bc ce b5", "00", "c2 80", "e0 a0 80", "f0 90 80 80", "7f",
                "df bf", "ef bf bf",
            "f4 8f bf bf", "ed 9f bf", "ee 80 80", "ef bf bd", "ef bf be", "f0 9f bf be",
                "f3 af bf bf", "ef b7 90"];
        const invalid = ["ce ba e1 bd b9 cf 83 ce bc ce b5 f4 90 80 80 65 64 69 74 65 64",
            "f8 88 80 80 80",
            "fc 84 80 80 80 80", "f7 bf bf bf", "fb bf bf bf bf", "fd bf bf bf bf bf",
                "f4 90 80 80", "80", "bf", "80 bf",
            "80 bf 80 bf 80", "c0 20", "c1 20", "df 20", "e0 20", "ef 20", "f0 20", "f7 20",
                "f8 20", "fd 20", "c0", "df",
            "e0 80", "ef bf", "f0 80 80", "f7 bf bf", "fe", "ff", "fe fe ff ff", "c0 af",
                "e0 80 af", "f0 80 80 af",
            "c1 bf", "e0 9f bf", "f0 8f bf bf", "c0 80", "e0 80 80", "f0 80 80 80", "ed a0 80",
                "ed af bf", "ed b0 80",
            "ed bf bf", "ed a0 80 ed b0 80", "ed ad bf ed bf bf", "ce ba e1 bd"];
        const four = Buffer.from("4");
        it("6.2, 6.5 to 6.23 valid texts, whole and in fragments", async () => {
            for (const bytes of valid.map((one) => Buffer.concat([four, hex(one)]))) {
                for (const size of [1000, 1, 2, 3]) {
                    await plays([...fragments(bytes, size), end], [...echoes(bytes.toString()),
                        1000], { octets: false });
                }
            }
        });
        it("6.3, 6.6 to 6.21 invalid texts, whole and in fragments", async () => {
            for (const bytes of invalid.map((one) => Buffer.concat([four, hex(one)]))) {
                for (const size of [1000, 1, 3]) {
                    await plays([...fragments(bytes, size), end], [1007], { octets: false });
                }
            }
        });
        // ws looks at whole messages only.
        it("6.4 fails as soon as a fragment is invalid", { skip: againstNode }, async () => {
            for (const one of ["f4 90", "c0", "ed a0", "ff"]) {
                const ws = await open(server.port, {}, greets);
                ws.send(text, "4\u03ba", { fin: false });
                ws.send(continuation, hex(one), { fin: false });
                assert.deepEqual(await answers(ws), [1007]);
            }
        });
    });

    describe("7 the close handshake", () => {
        const rows = [
            ["7.1.1 a message, then the close", [frame(text, "4x"), end], [...echoes("4x"), 1000]],
            ["7.1.2 two closes", [end, closing(1001)], [1000]],
            ["7.1.3 a ping after the close", [end, frame(ping)], [1000]],
            ["7.1.4 a message after the close", [end, frame(text, "4x")], [1000]],
            ["7.1.5 the close within a fragmented message", [frame(text, "4x", { fin: false }),
                end, frame(continuation, "y")], [1000]],
            ["7.3.1 an empty close", [closing()], [1005]],
            ["7.3.2 a close payload of one byte", [frame(close, "a")], [1002]],
            ["7.3.4 a reason", [closing(1000, "bye")], [1000]],
            ["7.3.5 a reason of 123 bytes", [closing(1000, "x".repeat(123))], [1000]],
            ["7.3.6 a reason of 124 bytes", [closing(1000, "x".repeat(124))], [1002]],
            ["7.5.1 a reason that is no UTF-8", [closing(1000, Buffer.from([0xce, 0xba, 0xf4, 0x90,
                0x80, 0x80]))], [1007]],
            ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999,
                4000, 4999]
                .map((code) => [`7.7 code ${code}`, [closing(code)], [code]]),
            ...[1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]
                .map((code) => [`7.9 code ${code}`, [closing(code)], [1002]]),
        ];
        for (const [name, frames, expected] of rows) it(name, () => plays(frames, expected));
        it("7.1.6 a quarter of a megabyte, the close, a ping", () => {
            const payload = `4${"x".repeat(256 * 1024)}`;
            return plays([frame(text, payload), end, frame(ping)], [...echoes(payload), 1000]);
        });
    });

    // The foreign client.
    function foreign(options) {
        const ws = new WebSocket(`ws://127.0.0.1:${server.port}${target}`, options);
        return echoesOf(ws, greets);
    }

    describe("9 limits and performance", () => {
        for (const size of [65536, 262_144, 999_999]) {
            it(`9.1 9.2 messages of ${size} bytes`, async () => {
                const ws = await foreign();
                await ws.check(`4${"x".repeat(size - 1)}`);
                await ws.check(Buffer.alloc(size, 7));
                await ws.close();
            });
        }
        it("9.3 9.4 four fragments to sixteen thousand", async () => {
            const ws = await foreign();
            for (const count of [4, 64, 1024, 16384]) {
                const size = 262_144 / count;
                for (let i = 0; i < count; ++i) {
                    const data = i === 0 ? `4${"x".repeat(size - 1)}` : "x".repeat(size);
                    ws.socket.send(data, { fin: i + 1 === count });
                }
                assert.equal((await ws.next()).length, 262_144);
            }
            await ws.close();
        });
        for (const [kind, opcode] of [["9.5 text", text], ["9.6 binary", binary]]) {
            for (const size of [64, 128, 256, 512, 1024, 2048]) {
                it(`${kind} of a megabyte in pieces of ${size}`, async () => {
                    const ws = await open(server.port, {}, greets);
                    const payload = `4${"x".repeat(999_998)}`;
                    await writeChopped(ws, frame(opcode, payload), size);
                    const got = await ws.frames.next();
                    assert.equal(got.opcode, opcode);
                    assert.ok(got.text === payload, "the echo differs");
                    ws.destroy();
                });
            }
        }
        it("9.7 9.8 a thousand messages of each size", async () => {
            const ws = await foreign();
            for (const size of [1, 16, 64, 256, 1024, 4096]) {
                for (let i = 0; i < 1000; ++i) ws.socket.send(`4${"x".repeat(size - 1)}`);
                for (let i = 0; i < 1000; ++i) assert.equal((await ws.next()).length, size);
            }
            await ws.close();
        });
    });

    it("10.1.1 65536 bytes in fragments of 1300", () => {
        const payload = `4${"*".repeat(65535)}`;
        return plays([...fragments(Buffer.from(payload), 1300), end], [...echoes(payload), 1000]);
    });
});

// A client of the npm package `ws` that checks its echoes.
async function echoesOf(socket, greets = true) {
    const waiting = [];
    const arrived = [];
    let failure;
    const settle = () => {
        while (waiting.length && (arrived.length || failure)) {
            const { resolve, reject } = waiting.shift();
            if (arrived.length) resolve(arrived.shift()); else reject(failure);
        }
    };
    socket.on("message", (data,
        isBinary) => { arrived.push(isBinary ? data : data.toString()); settle(); });
    socket.on("error", (error) => { failure = error; settle(); });
    socket.on("close", (code) => { failure ??= new Error(`closed with ${code}`); settle(); });
    const next = () => new Promise((resolve, reject) => { waiting.push({ resolve,
        reject }); settle(); });
    if (greets) assert.match(await next(), /^0\{/);
    else await new Promise((resolve) => { socket.once("open", resolve); });
    return {
        socket,
        next,
        async check(data) {
            socket.send(data);
            const got = await next();
            assert.ok(Buffer.isBuffer(data) ? data.equals(got) : got === data, "the echo differs");
        },
        async close() {
            const ended = new Promise((resolve) => socket.once("close", resolve));
            socket.close(1000);
            assert.equal(await ended, 1000);
        },
    };
}

// Text like Autobahn's: JSON, well compressible; and bytes that are not.
function words(size) {
    const numbers = Array.from({ length: size / 2 }, (_, i) => i * 7919 % 997);
    return `4${JSON.stringify(numbers)}`.slice(0, size);
}

function noise(size) {
    const bytes = Buffer.alloc(size);
    for (let i = 0, x = 88172645463325252n; i < size; ++i) {
        x ^= BigInt.asUintN(64, x << 13n);
        x ^= x >> 7n;
        x ^= BigInt.asUintN(64, x << 17n);
        bytes[i] = Number(x & 255n);
    }
    return bytes;
}

// Both take options.
const deflating = [{ profile: "eio-options", greets: true }, { profile: "ws-echo", greets: false }];

for (const { profile, greets } of deflating) describe(`12, 13 deflate, foreign client, ${profile}`,
    () => {
    const withServer = async (options, body) => {
        const server = await startServer(profile, { options });
        try {
            await body(server.port);
        } finally {
            await server.stop();
        }
    };
    const wishes = {
        "13.1 defaults": [{}, {}, "permessage-deflate"],
        "13.2 no context of the server": [{}, { serverNoContextTakeover: true },
            "permessage-deflate; server_no_context_takeover"],
        "13.3 a small window of the server": [{}, { serverMaxWindowBits: 9 },
            "permessage-deflate; server_max_window_bits=9"],
        "13.4 a large one": [{}, { serverMaxWindowBits: 15 },
            "permessage-deflate; server_max_window_bits=15"],
        "13.5 a small one without context": [{}, { serverMaxWindowBits: 9,
            serverNoContextTakeover: true },
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=9"],
        "13.6 no context of the client": [{ clientNoContextTakeover: true }, {},
            "permessage-deflate; client_no_context_takeover"],
        "13.7 small windows of both": [{ serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
            { clientMaxWindowBits: true },
            "permessage-deflate; server_max_window_bits=9; client_max_window_bits=9"],
    };
    for (const [name, [options, offer, agreed]] of Object.entries(wishes)) {
        it(`${name}: sizes of 12.1 to 12.5`, () => withServer({ perMessageDeflate: options },
            async (port) => {
            const ws = await echoesOf(new WebSocket(`ws://127.0.0.1:${port}${target}`,
                { perMessageDeflate: { threshold: 0, ...offer } }), greets);
            assert.equal(ws.socket.extensions, "permessage-deflate");
            const { params } = ws.socket._receiver._extensions["permessage-deflate"];
            const flat = Object.entries(params).map(([key,
                value]) => value === true ? key : `${key}=${value}`);
            assert.deepEqual(flat.sort(), agreed.split("; ").slice(1).sort());
            for (const size of [16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131_072]) {
                for (let i = 0; i < 5; ++i) await ws.check(words(size));
                await ws.check(noise(size));
                await ws.check(Buffer.alloc(size));
            }
            await ws.close();
        }));
    }

    it("12 many messages at once keep their order", () => withServer({ perMessageDeflate: {} },
        async (port) => {
        const ws = await echoesOf(new WebSocket(`ws://127.0.0.1:${port}${target}`,
            { perMessageDeflate: { threshold: 0 } }), greets);
        const all = Array.from({ length: 300 }, (_, i) => words(16 + i * 5));
        for (const one of all) ws.socket.send(one);
        for (const one of all) assert.equal(await ws.next(), one);
        await ws.close();
    }));
});

for (const { profile, greets } of deflating) describe(`12 deflate, frame by frame, ${profile}`,
    () => {
    let server;
    before(async () => {
        server = await startServer(profile,
            { options: { perMessageDeflate: { threshold: 0 }, maxHttpBufferSize: 1000 } });
    });
    after(() => server?.stop());
    const offer = { "Sec-WebSocket-Extensions":
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover" };
    const finish = { finishFlush: constants.Z_SYNC_FLUSH };
    const deflate = (payload) => deflateRawSync(payload, finish).subarray(0, -4);
    const inflate = (bytes) =>
        inflateRawSync(Buffer.concat([bytes, Buffer.from([0, 0, 255, 255])]), finish).toString();
    const half = deflate("4hello").subarray(0, 4);
    const rest = deflate("4hello").subarray(4);

    const good = [
        ["one frame", [frame(text, deflate("4hello"), { rsv: 4 })], "4hello"],
        ["not compressed", [frame(text, "4hello")], "4hello"],
        ["binary", [frame(binary, deflate("4hello"), { rsv: 4 })], "4hello"],
        ["two fragments, RSV1 on the first", [frame(text, half, { rsv: 4, fin: false }),
            frame(continuation, rest)], "4hello"],
        ["a ping between", [frame(text, half, { rsv: 4, fin: false }), frame(ping),
            frame(continuation, rest)], "4hello"],
        ["empty fragments", [frame(text, "", { rsv: 4, fin: false }), frame(continuation, half,
            { fin: false }),
            frame(continuation, rest, { fin: false }), frame(continuation)], "4hello"],
        ["RFC 7692 7.2.3.3 stored blocks", [frame(text, Buffer.concat(
            [Buffer.from([0, 6, 0, 0xf9, 0xff]), Buffer.from("4hello"), Buffer.from([0])]),
                { rsv: 4 })], "4hello"],
        ["RFC 7692 7.2.3.5 two blocks", [frame(text, Buffer.concat(
            [deflateRawSync("4he", finish), deflate("llo")]), { rsv: 4 })], "4hello"],
        ["exactly the limit", [frame(text, deflate(`4${"x".repeat(999)}`), { rsv: 4 })],
            `4${"x".repeat(999)}`],
    ];
    for (const [name, frames, expected] of good) {
        it(name, async () => {
            const ws = await open(server.port, offer, greets);
            ws.socket.write(Buffer.concat(frames));
            let got = await ws.frames.next();
            if (got.opcode === pong) got = await ws.frames.next();
            assert.equal(got.rsv === 4 ? inflate(got.bytes) : got.text, expected);
            ws.destroy();
        });
    }

    const bad = [
        ["RSV1 on a continuation", [frame(text, half, { rsv: 4, fin: false }), frame(continuation,
            rest, { rsv: 4 })], 1002],
        ["RSV1 on a ping", [frame(ping, "", { rsv: 4 })], 1002],
        ["RSV1 on a close", [frame(close, "", { rsv: 4 })], 1002],
        ["RSV2", [frame(text, "4x", { rsv: 2 })], 1002],
        ["no deflate data", [frame(text, Buffer.from([255, 255, 255, 255]), { rsv: 4 })], 1007],
        ["no UTF-8 inside", [frame(text, deflate(Buffer.from([0x34, 0xc0, 0xaf])), { rsv: 4 })],
            1007],
        ["one byte over the limit", [frame(text, deflate(`4${"x".repeat(1000)}`), { rsv: 4 })],
            1009],
        ["a bomb", [frame(text, deflate("x".repeat(900_000)), { rsv: 4 })], 1009],
        ["a bomb in fragments", [frame(text, deflate("x".repeat(400_000)), { rsv: 4, fin: false }),
            frame(continuation, deflate("x".repeat(400_000)))], 1009],
    ];
    for (const [name, frames, code] of bad) {
        it(`${name}: ${code}`, async () => {
            const ws = await open(server.port, offer, greets);
            ws.socket.write(Buffer.concat(frames));
            assert.deepEqual(await answers(ws), [code]);
        });
    }

    it("a client that agreed to nothing may not compress", async () => {
        const ws = await open(server.port, {}, greets);
        ws.send(text, deflate("4x"), { rsv: 4 });
        assert.deepEqual(await answers(ws), [1002]);
    });
});

describe("subprotocols", () => {
    const rows = [["one", "one"], ["one, two", "one"], ["  two ,one", "two"], [undefined, ""]];
    for (const [offer, expected] of rows) {
        it(`of "${offer}" the first is agreed to`, () => withEngine({}, async (port) => {
            const ws = await open(port, { "Sec-WebSocket-Protocol": offer });
            assert.equal(/^sec-websocket-protocol: (.*?)\r?$/im.exec(ws.head)?.[1] ?? "", expected);
            ws.destroy();
        }));
    }
});

// One broadcast to clients of different terms; those without context share their bytes.
describe("broadcasts with permessage-deflate", () => {
    it("reach every kind of client", async () => {
        const server = await startServer("deflate");
        try {
            const url = `ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`;
            const kinds = [false, { serverNoContextTakeover: true },
                { serverNoContextTakeover: true },
                { serverNoContextTakeover: true, serverMaxWindowBits: 9 }, {},
                    { serverMaxWindowBits: 10 }];
            const clients = [];
            for (const perMessageDeflate of kinds) {
                const client = await echoesOf(new WebSocket(url, { perMessageDeflate }));
                client.socket.send("40");
                assert.match(await client.next(), /^40\{/);
                clients.push(client);
            }
            for (const size of [10, 127, 128, 2000, 50_000]) {
                const value = words(size);
                clients[0].socket.send(`42${JSON.stringify(["cast", { mode: "all" }, value])}`);
                const expected = `42${JSON.stringify(["cast", value])}`;
                for (const client of clients) assert.equal(await client.next(), expected);
            }
            for (const client of clients) await client.close();
        } finally {
            await sleep(20);
            await server.stop();
        }
    });
});
