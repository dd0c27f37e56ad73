// Engine.IO over WebSocket: the handshake, frames, close codes and the upgrade from polling.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { arrived, sleep } from "./lib/inbox.mjs";
import { fetchRaw, HttpConnection, PollingSession } from "./lib/raw-http.mjs";
import { frame, opcodes, openSession, RawWs, WsRefused } from "./lib/raw-ws.mjs";
import { ask, closeAll, connect, ways } from "./lib/clients.mjs";
import { againstNode, startServer } from "./lib/server.mjs";

const target = "/socket.io/?EIO=4&transport=websocket";

async function refused(port, path, headers) {
    try {
        const ws = await RawWs.open(port, path, headers);
        ws.destroy();
    } catch (error) {
        if (error instanceof WsRefused) return error;
        throw error;
    }
    return assert.fail(`101 for ${path}`);
}

async function fails(ws, bytes, code) {
    ws.socket.write(bytes);
    assert.equal(await ws.closeCode(), code);
    await ws.closed;
}

describe("4 WebSocket handshake", () => {
    let server;
    let port;
    before(async () => {
        server = await startServer("main");
        port = server.port;
    });
    after(() => server?.stop());

    it("opens with the headers of a session's first answer", async () => {
        const ws = await RawWs.open(port, target, { Origin: "http://page.test" });
        const { sid } = JSON.parse((await ws.frames.next()).text.slice(1));
        assert.match(sid, /^[A-Za-z0-9_-]{20}$/);
        const head = ws.head.toLowerCase();
        for (const line of ["upgrade: websocket", "connection: upgrade", "x-contract-first: 1",
            "x-contract-every: 1", "access-control-allow-origin: http://page.test",
            "access-control-allow-credentials: true", "vary: origin"]) {
            assert.ok(head.split("\r\n").includes(line), `${line} in ${head}`);
        }
        assert.ok(!head.includes("set-cookie"));
        ws.destroy();
    });

    const unanswered = againstNode && "Node leaves such requests without an answer";
    it("takes no plain requests for a session on a WebSocket", { skip: unanswered }, async () => {
        const direct = await openSession(port);
        const upgraded = await connect(port, { way: ways[2] });
        for (const sid of [direct.info.sid, upgraded.io.engine.id]) {
            for (const method of ["GET", "POST"]) {
                const answer = await fetchRaw(port, `${target}&sid=${sid}`, { method });
                assert.equal(answer.status, 400);
                assert.deepEqual(JSON.parse(answer.text), { code: 3, message: "Bad request" });
            }
        }
        assert.deepEqual(await ask(upgraded, "echo-ack", 1), [1]);
        direct.destroy();
        closeAll();
    });

    it("offers no upgrades", async () => {
        const ws = await openSession(port, { join: false });
        assert.deepEqual(Object.keys(ws.info),
            ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]);
        assert.deepEqual(ws.info.upgrades, []);
        ws.destroy();
    });

    it("agrees to the first subprotocol offered", async () => {
        const ws = await RawWs.open(port, target, { "Sec-WebSocket-Protocol": "one, two" });
        assert.match(ws.head, /sec-websocket-protocol: one\r?$/im);
        ws.destroy();
    });

    const rows = [
        ["/socket.io/?EIO=4&transport=tobi", "Transport unknown"],
        [`${target}&sid=unknown`, "Session ID unknown"],
        [`${target}&reject=not+you`, "not you"],
        [`${target}&reject=`, "Forbidden"],
    ];
    for (const [path, text] of rows) {
        it(`is refused with 400 ${text}`, async () => {
            const { status, head, body } = await refused(port, path);
            assert.equal(status, 400);
            assert.equal(body, text);
            assert.match(head, /content-type: text\/html/i);
            assert.match(head, /connection: close/i);
        });
    }

    const faulty = {
        "a key that is too short": [{ "Sec-WebSocket-Key": "abc" }, 400],
        "no key": [{ "Sec-WebSocket-Key": undefined }, 400],
        "an old version": [{ "Sec-WebSocket-Version": "7" }, 400],
        "another upgrade": [{ Upgrade: "h2c" }, 400],
        "a broken subprotocol list": [{ "Sec-WebSocket-Protocol": `b${" ".repeat(4000)}x` }, 400],
    };
    for (const [what, [headers, status]] of Object.entries(faulty)) {
        it(`is refused for ${what}`, async () => {
            assert.equal((await refused(port, target, headers)).status, status);
        });
    }

    it("ends a foreign upgrade without a word", async () => {
        const ws = new RawWs(port, "/elsewhere");
        await assert.rejects(ws.opened, (error) => [0, 400, 404].includes(error.status));
        await ws.closed;
    });

    it("refuses protocol 3 where it is off", async () => {
        const strict = await startServer("strict");
        try {
            const path = "/rt/?EIO=3&transport=websocket";
            // The reference opens the WebSocket and then writes an HTTP error into it; a plain
            // 400 is the same to every client.
            const answer = await RawWs.open(strict.port, path).catch((error) => error);
            if (answer instanceof WsRefused) assert.equal(answer.status, 400);
            else answer.destroy();
        } finally {
            await strict.stop();
        }
    });
});

describe("4 WebSocket frames", () => {
    let server;
    let port;
    before(async () => {
        server = await startServer("main");
        port = server.port;
    });
    after(() => server?.stop());

    it("carries text and binary without a type byte", async () => {
        const ws = await openSession(port);
        ws.text('451-["echo",{"_placeholder":true,"num":0}]');
        ws.binary(Buffer.from([1, 2, 255]));
        assert.equal(await ws.nextText(), '451-["echo-back",{"_placeholder":true,"num":0}]');
        const blob = await ws.frames.next();
        assert.equal(blob.opcode, opcodes.binary);
        assert.deepEqual([...blob.bytes], [1, 2, 255]);
        assert.equal(blob.masked, false);
        ws.destroy();
    });

    it("takes an empty binary frame as a message", async () => {
        const ws = await openSession(port);
        ws.text('451-["describe",{"_placeholder":true,"num":0}]');
        ws.binary("");
        ws.text('421["describe",1]');
        assert.equal(await ws.nextText(), '431[["number"]]');
        ws.destroy();
    });

    it("takes base64 in a text frame", async () => {
        const ws = await openSession(port);
        ws.text('4517["describe",{"_placeholder":true,"num":0}]'.replace("517", "51-7"));
        ws.text("bAQID");
        assert.equal(await ws.nextText(), '437[[{"bin":3,"adler":851975}]]');
        ws.destroy();
    });

    it("sends base64 text where the client asked for it", async () => {
        const ws = await openSession(port, { query: "&b64=1" });
        ws.text('42["give-binary",3]');
        assert.equal(await ws.nextText(), '451-["blob",{"_placeholder":true,"num":0}]');
        assert.equal(await ws.nextText(), "bAAEC");
        ws.destroy();
    });

    it("joins fragments around a ping", async () => {
        const ws = await openSession(port);
        ws.send(opcodes.text, '42["ec', { fin: false });
        ws.send(opcodes.ping, "are you there");
        ws.send(opcodes.continuation, 'ho","f', { fin: false });
        ws.send(opcodes.continuation, 'rag"]');
        const pong = await ws.frames.next();
        assert.equal(pong.opcode, opcodes.pong);
        assert.equal(pong.text, "are you there");
        assert.equal(await ws.nextText(), '42["echo-back","frag"]');
        ws.destroy();
    });

    it("takes frames that arrive byte by byte", async () => {
        const ws = await openSession(port);
        for (const byte of frame(opcodes.text, '42["echo","slow"]')) {
            ws.socket.write(Buffer.from([byte]));
            await sleep(1);
        }
        assert.equal(await ws.nextText(), '42["echo-back","slow"]');
        ws.destroy();
    });

    it("takes a message of exactly the limit", async () => {
        const ws = await openSession(port);
        ws.text(`42["no-ack","${"x".repeat(100_000 - 15)}"]`);
        ws.text('42["echo","fits"]');
        assert.equal(await ws.nextText(), '42["echo-back","fits"]');
        ws.destroy();
    });

    it("sends frames of every length form", async () => {
        const ws = await openSession(port);
        for (const size of [1, 130, 70_000]) {
            ws.text(`42["burst",1,${size}]`);
            assert.equal(await ws.nextText(), `42["burst-item",0,"${"x".repeat(size)}"]`);
        }
        ws.destroy();
    });

    it("ignores the close packet 1", async () => {
        const ws = await openSession(port);
        ws.text("1");
        ws.text('42["echo","open"]');
        assert.equal(await ws.nextText(), '42["echo-back","open"]');
        ws.destroy();
    });

    it("echoes the client's close code and ends", async () => {
        const ws = await openSession(port);
        ws.send(opcodes.close, Buffer.from([3, 232]));
        const got = await ws.frames.next();
        assert.equal(got.opcode, opcodes.close);
        assert.equal(got.bytes.readUInt16BE(0), 1000);
        await ws.closed;
    });

    const closeWith = (...payload) => frame(opcodes.close, Buffer.from(payload));
    const text = (payload, options) => frame(opcodes.text, payload, options);
    const violations = [
        ["RSV1 without an extension", () => text("40", { rsv: 4 }), 1002],
        ["RSV2", () => text("40", { rsv: 2 }), 1002],
        ["a reserved opcode", () => frame(3, "x"), 1002],
        ["a reserved control opcode", () => frame(11, "x"), 1002],
        ["an unmasked frame", () => text("40", { masked: false }), 1002],
        ["a continuation of nothing", () => frame(opcodes.continuation, "x"), 1002],
        ["a message inside a fragmented one",
            () => Buffer.concat([text("4", { fin: false }), text("40")]), 1002],
        ["a fragmented ping", () => frame(opcodes.ping, "", { fin: false }), 1002],
        ["a long ping", () => frame(opcodes.ping, "x".repeat(126)), 1002],
        ["a close payload of one byte", () => closeWith(3), 1002],
        ["the close code 1005", () => closeWith(3, 237), 1002],
        ["the close code 999", () => closeWith(3, 231), 1002],
        ["invalid UTF-8", () => text(Buffer.from([0x34, 0xc0, 0xaf])), 1007],
        ["invalid UTF-8 in a close reason", () => closeWith(3, 232, 0xff), 1007],
        ["a message over the limit", () => text("x".repeat(100_001)), 1009],
        ["an announced length over the limit", () => text("x", { claim: 5_000_000 }), 1009],
        ["a length of 2^63", () => text("x", { claim: 2 ** 62 }), 1009],
        ["fragments over the limit", () => Buffer.concat([
            text("x".repeat(60_000), { fin: false }),
            frame(opcodes.continuation, "x".repeat(60_000)),
        ]), 1009],
        ["an empty text frame", () => text(""), 1005],
        ["an unknown packet", () => text("7"), 1005],
        ["a ping packet from the client", () => text("2"), 1005],
    ];
    for (const [what, bytes, code] of violations) {
        it(`closes with ${code} after ${what}`, async () => {
            const ws = await openSession(port);
            await fails(ws, bytes(), code);
        });
    }

    it("closes with 1008 after too many fragments", async () => {
        const ws = await openSession(port);
        const more = frame(opcodes.continuation, "", { fin: false });
        ws.socket.write(text("4", { fin: false }));
        await fails(ws, Buffer.concat(Array(16_400).fill(more)), 1008);
    });

    it("survives an illegal frame right behind the upgrade", async () => {
        for (const sid of ["", "&sid=unknown"]) {
            const ws = new RawWs(port, target + sid);
            ws.socket.write(text("40", { rsv: 3 }));
            await ws.opened.catch(() => {});
            ws.closeCode().catch(() => {});
            await ws.closed;
        }
        assert.equal((await fetchRaw(port, "/plain")).text, "plain ok");
    });
});

describe("3.1 upgrade from polling", () => {
    let server;
    let port;
    before(async () => {
        server = await startServer("fast");
        port = server.port;
    });
    after(() => server?.stop());

    // A joined session; the heartbeat of this profile is short, so tests answer pings when late.
    async function joined() {
        const one = await new PollingSession(port).open();
        await one.join();
        return one;
    }
    const wsOf = (one) => RawWs.open(port, one.target.replace("=polling", "=websocket"));
    async function probe(one) {
        const ws = await wsOf(one);
        ws.text("2probe");
        assert.equal(await ws.nextText(), "3probe");
        return ws;
    }

    it("answers the pending GET with a noop and carries on", async () => {
        const one = await joined();
        const parked = one.park();
        await arrived(20);
        const ws = await probe(one);
        assert.equal((await parked.answers.next()).text, "6");
        parked.destroy();
        ws.text("5");
        ws.text('42["echo","on ws"]');
        assert.equal(await ws.nextText(), '42["echo-back","on ws"]');
        const mismatch = await one.get();
        assert.equal(mismatch.status, 400);
        assert.equal(mismatch.text, '{"code":3,"message":"Bad request"}');
        ws.destroy();
    });

    it("answers every further GET with a noop while probing", async () => {
        const one = await joined();
        const ws = await probe(one);
        assert.equal((await one.get()).text, "6");
        assert.equal((await one.get()).text, "6");
        ws.destroy();
    });

    it("flushes what was queued first", async () => {
        const one = await joined();
        const ws = await probe(one);
        await one.post('42["echo",1]');
        await one.post('42["echo",2]');
        ws.text("5");
        assert.equal(await ws.nextText(), '42["echo-back",1]');
        assert.equal(await ws.nextText(), '42["echo-back",2]');
        ws.destroy();
    });

    it("does not need a probe", async () => {
        const one = await joined();
        const ws = await wsOf(one);
        ws.text("5");
        ws.text('42["echo","at once"]');
        assert.equal(await ws.nextText(), '42["echo-back","at once"]');
        ws.destroy();
    });

    for (const words of ["garbage", "2foo", '42["echo","too early"]']) {
        it(`is given up after ${words}; another try may follow`, async () => {
            const one = await joined();
            const ws = await wsOf(one);
            ws.text(words);
            assert.equal(await ws.closeCode(), 1005);
            await one.post('42["echo","polling goes on"]');
            assert.equal((await one.get()).text, '42["echo-back","polling goes on"]');
            const again = await probe(one);
            again.text("5");
            again.text('42["echo","second try"]');
            assert.equal(await again.nextText(), '42["echo-back","second try"]');
            again.destroy();
        });
    }

    it("is given up when the probe's connection ends", async () => {
        const one = await joined();
        const ws = await probe(one);
        ws.destroy();
        await arrived();
        await one.post('42["echo","still polling"]');
        assert.equal((await one.get()).text, '42["echo-back","still polling"]');
    });

    it("is given up after a probe that is too big", async () => {
        const one = await joined();
        const ws = await wsOf(one);
        ws.text("x".repeat(100_001));
        assert.equal(await ws.closeCode(), 1009);
        await one.post('42["echo","still polling"]');
        assert.equal((await one.get()).text, '42["echo-back","still polling"]');
    });

    it("is given up after upgradeTimeout", async () => {
        const one = await joined();
        const ws = await wsOf(one);
        assert.equal((await one.get()).text, "2");  // before the timeout
        await one.post("3");
        assert.equal(await ws.closeCode(2000), 1005);
        await one.post('42["echo","still polling"]');
        assert.match((await one.get()).text, /42\["echo-back","still polling"\]/);
    });

    it("closes a second WebSocket of the session", async () => {
        const one = await joined();
        const ws = await probe(one);
        const second = await wsOf(one);
        assert.equal(await second.closeCode(), 1005);
        ws.text("5");
        const third = await wsOf(one);
        assert.equal(await third.closeCode(), 1005);
        ws.text('42["echo","unharmed"]');
        assert.equal(await ws.nextText(), '42["echo-back","unharmed"]');
        ws.destroy();
    });

    it("ends with the session", async () => {
        const one = await joined();
        const ws = await probe(one);
        await one.post("1");
        assert.equal(await ws.closeCode(), 1005);
    });

    it("keeps the heartbeat going", async () => {
        const one = await joined();
        const ws = await probe(one);
        ws.text("5");
        for (let i = 0; i < 2; ++i) {
            assert.equal(await ws.nextText(), "2");
            ws.text("3");
        }
        assert.equal(await ws.nextText(), "2");
        assert.equal(await ws.closeCode(), 1005);
    });

    it("takes requests of one session on many connections", async () => {
        const one = await joined();
        const connections = Array.from({ length: 6 }, () => new HttpConnection(port));
        for (const [i, connection] of connections.entries()) {
            const answer = await connection.request(one.target, {
                method: "POST", body: `42["echo",${i}]`,
            });
            assert.equal(answer.text, "ok");
        }
        assert.equal((await one.get()).text,
            connections.map((_, i) => `42["echo-back",${i}]`).join("\x1e"));
        for (const connection of connections) connection.destroy();
    });
});
