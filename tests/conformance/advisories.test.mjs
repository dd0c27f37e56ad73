// The published advisories about servers of this protocol (reference-behaviour 8), each replayed:
// the right answer, the server alive for others, its memory and descriptors back.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { deflateRawSync } from "node:zlib";
import { sleep, until } from "./lib/inbox.mjs";
import { assertEmpty, assertError, assertOk } from "./lib/engine-answers.mjs";
import {
    descriptorsOf, idleDescriptors, peakOf, quietMemory, shrinksTo,
} from "./lib/footprint.mjs";
import { fetchRaw, HttpConnection, PollingSession } from "./lib/raw-http.mjs";
import { frame, opcodes, openSession, RawWs, WsRefused } from "./lib/raw-ws.mjs";
import { againstNode, startServer } from "./lib/server.mjs";

const socket = "/socket.io/?EIO=4&transport=websocket";
const poll = "/socket.io/?EIO=4&transport=polling";

// Sanitizers keep freed memory on purpose, and what Node takes is not ours to judge.
const measured = !againstNode && !process.env.HUBBUB_SANITIZED;
const sites = [];

// Runs a group of replays against one server of the profile. It stays for the second time.
function against(profile, options, body, target = socket) {
    const site = { profile, target, attacks: [] };
    sites.push(site);
    describe(`against ${profile}`, () => {
        before(async () => {
            site.server = await startServer(profile, { options });
            site.port = site.server.port;
            site.idle = measured ? await idleDescriptors(site.server) : 0;
        });
        body((id, attack) => {
            site.attacks.push(attack);
            it(id, () => outlived(site, attack));
        });
    });
}

// Ordinary clients are served, and every descriptor is given back.
async function outlived(site, attack) {
    const { port, server, idle } = site;
    await attack(port);
    const [ws, plain] = await Promise.all([RawWs.open(port, site.target),
        fetchRaw(port, "/plain")]);
    assert.match(await ws.nextText(), /^0\{/);
    assert.equal(plain.text, "plain ok");
    ws.destroy();
    if (!measured) return;
    await until(() => descriptorsOf(server) === idle, "as many descriptors as before").catch((e) => {
        site.idle = descriptorsOf(server);  // the next one need not answer for them, too
        assert.fail(`${e.message}: ${site.idle} instead of ${idle}`);
    });
}

// A session to which `texts` are sent; the code it is closed with.
async function closedBy(port, ...texts) {
    const ws = await openSession(port);
    for (const text of texts) {
        if (typeof text === "string") ws.text(text); else ws.binary(text);
    }
    const code = await ws.closeCode();
    ws.destroy();
    return code;
}

// Whether the session is open once everything sent has been looked at.
async function settled(ws) {
    ws.send(opcodes.ping);
    for (;;) {
        const got = await ws.frames.next().catch(() => undefined);
        if (!got || got.opcode === opcodes.close) return "ended";
        if (got.opcode === opcodes.pong) return "open";
    }
}

async function harmless(port, ...texts) {
    const ws = await openSession(port);
    for (const text of texts) ws.text(text);
    ws.text('42["echo","alive"]');
    assert.equal(await ws.nextText(), '42["echo-back","alive"]');
    ws.destroy();
}

async function refused(port, target, headers) {
    const got = await RawWs.open(port, target, headers).catch((error) => error);
    assert.ok(got instanceof WsRefused, `101 for ${target}`);
    return got;
}

// Connections that are reset `delay` ms after they were made.
async function resets(count, delay, make) {
    await Promise.all(Array.from({ length: count }, async () => {
        const ws = make();
        ws.opened?.catch(() => {});
        await new Promise((resolve) => ws.socket.once("connect", resolve));
        if (delay) await sleep(delay);
        ws.socket.resetAndDestroy();
        await ws.closed;
    }));
}

against("main", undefined, (replay) => {
    replay("CVE-2017-16031: ids cannot be guessed, and the engine's stays secret", async (port) => {
        const heads = new Set();
        for (let i = 0; i < 50; ++i) {
            const ws = await openSession(port);
            const own = JSON.parse(ws.joined.slice(2)).sid;
            assert.notEqual(own, ws.info.sid);
            for (const id of [own, ws.info.sid]) heads.add(id.slice(0, 16));
            ws.destroy();
        }
        assert.equal(heads.size, 100, "12 bytes of each id are random");
    });

    replay("CVE-2022-21676: an illegal frame right behind the upgrade", async (port) => {
        const one = await new PollingSession(port).open();
        const own = one.target.replace("polling", "websocket");
        const upgraded = await RawWs.open(port, own);
        upgraded.text("5");
        for (const rsv of [1, 2, 3, 4, 7]) {
            for (const target of [socket, `${socket}&sid=none`, own]) {
                const ws = new RawWs(port, target);
                ws.socket.write(frame(opcodes.text, "x", { rsv }));
                ws.opened.catch(() => {});
                ws.closeCode().catch(() => {});
                await ws.closed;
            }
        }
        upgraded.text("40");
        assert.match(await upgraded.nextText(), /^40\{/);
        upgraded.destroy();
    });

    replay("CVE-2022-41940: resets while an error is written, and on foreign paths",
        async (port) => {
        for (const delay of [0, 5]) {
            // The reference still dies of a reset on a path that is not its own.
            const foreign = againstNode ? [] : ["/elsewhere"];
            for (const target of [`${socket}&sid=none`, "/socket.io/", socket, ...foreign]) {
                await resets(20, delay, () => new RawWs(port, target));
            }
        }
    });

    replay("CVE-2023-31125: no transport of that name", async (port) => {
        for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "", "x"]) {
            for (const query of [`EIO=4&transport=${name}`,
                `EIO=4&transport=websocket&transport=${name}`]) {
                assertError(await fetchRaw(port, `/socket.io/?${query}`), 0);
                const { status, body } = await refused(port, `/socket.io/?${query}`);
                assert.deepEqual([status, body], [400, "Transport unknown"]);
            }
        }
    });

    replay("CVE-2026-59725: octet-stream POSTs are answered", async (port) => {
        for (let i = 0; i < 5; ++i) {
            const one = await new PollingSession(port).open();
            const headers = { "content-type": "application/octet-stream" };
            const all = Array.from({ length: 50 }, () => one.post("x".repeat(1000), headers));
            for (const { status } of await Promise.all(all)) assert.equal(status, 400);
            assertError(await one.get(), 1);
        }
    });

    replay("6.6.10: the heartbeat follows the session's protocol", async (port) => {
        for (const [own, other, ping, end] of [[4, 3, "3", "1"], [3, 4, "1:2", "1:1"]]) {
            const base = `/socket.io/?EIO=${own}&transport=polling`;
            const first = await fetchRaw(port, base);
            const target = `${base}&sid=${/"sid":"([\w-]+)"/.exec(first.text)[1]}`;
            const wrong = target.replace(`EIO=${own}`, `EIO=${other}`);
            assertError(await fetchRaw(port, wrong, { method: "POST", body: "2" }), 3);
            const { body } = await refused(port, wrong.replace("polling", "websocket"));
            assert.equal(body, "Bad request");
            assertOk(await fetchRaw(port, target, { method: "POST", body: ping }));
            // Else it would stay, by right, for the 45 s of a heartbeat, and so would its memory.
            assertOk(await fetchRaw(port, target, { method: "POST", body: end }));
        }
    });

    replay("CVE-2022-2421: an attachment index that is none", async (port) => {
        for (const num of ['"splice"', "null", "1", "-1", "1e9", "{}", "[0]", '"0"', "true"]) {
            const packet = `451-["echo",{"_placeholder":true,"num":${num}}]`;
            assert.equal(await closedBy(port, packet, Buffer.from([1])), 1005, num);
        }
    });

    replay("CVE-2023-32695: an event name that is no text", async (port) => {
        for (const name of ['{"toString":"x"}', "null", '["a"]', "true", "{}"]) {
            assert.equal(await closedBy(port, `42[${name}]`), 1005, name);
        }
    });

    replay("4.2.4: reserved names", async (port) => {
        for (const name of ["connect", "connect_error", "disconnect", "disconnecting",
            "newListener",
            "removeListener"]) {
            assert.equal(await closedBy(port, `42["${name}"]`), 1005, name);
        }
    });

    replay("CVE-2026-33151, CVE-2026-48804, netty-socketio 945: attachments without end",
        async (port) => {
        for (const count of ["11", "99999", "1832742252", "4294967296", "1".repeat(60)]) {
            assert.equal(await closedBy(port, `45${count}-["x"]`), 1005, count);
        }
        // Ten are allowed; nobody keeps them once their sender has gone.
        for (let i = 0; i < 40; ++i) {
            const ws = await openSession(port);
            ws.text(`4510-["x",{"_placeholder":true,"num":0}]`);
            for (let k = 0; k < 9; ++k) ws.binary(Buffer.alloc(99_000, 1));
            await settled(ws);
            ws.destroy();
        }
    });

    replay("CVE-2023-30591: inherited names are plain data", async (port) => {
        const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"];
        for (const name of names) {
            await harmless(port, `42["${name}"]`, `42["${name}",{"${name}":{"x":1}}]`,
                `42["join",["${name}"]]`);
            const ws = await openSession(port, { query: `&${name}=1` });
            ws.text(`40/${name},{"${name}":{"a":1}}`);
            assert.equal(await ws.nextText(), `44/${name},{"message":"Invalid namespace"}`);
            ws.destroy();
        }
    });

    replay("socketioxide 357: a binary packet without its dash", async (port) => {
        for (const packet of ["45", "451", "46", "45-", "45[]"]) {
            assert.equal(await closedBy(port, packet), 1005, packet);
        }
    });

    replay("socketioxide 739, 741: malformed payloads of revision 3", async (port) => {
        for (const body of ["9:4x", "0:", "x:4", "4", "1", ":", "2:", "2:4", "9".repeat(400),
            "-1:4"]) {
            const base = "/socket.io/?EIO=3&transport=polling";
            const first = await fetchRaw(port, base);
            const target = `${base}&sid=${/"sid":"([\w-]+)"/.exec(first.text)[1]}`;
            assertOk(await fetchRaw(port, target, { method: "POST", body }));
            const headers = { "content-type": "application/octet-stream" };
            const bytes = Buffer.from([0, 9, 9, 9, 9, 9, 9, 9]);
            await fetchRaw(port, target, { method: "POST", body: bytes, headers });
        }
    });

    replay("CVE-2016-10542: a frame that announces a huge length", async (port) => {
        for (const claim of [100_001, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 62]) {
            const ws = await openSession(port);
            ws.send(opcodes.binary, "x", { claim });
            assert.equal(await ws.closeCode(), 1009);
            await ws.closed;
        }
    });

    replay("GHSA-5v72-xg48-5rpm: extensions of inherited names", async (port) => {
        for (const name of ["constructor", "__proto__", "toString", "x; __proto__=1"]) {
            const ws = await RawWs.open(port, socket, { "Sec-WebSocket-Extensions": name });
            ws.destroy();
        }
    });

    replay("CVE-2021-32640: a subprotocol list of spaces", async (port) => {
        for (const list of [`b${" ".repeat(15_000)}x`, `${" ,".repeat(7000)}a`]) {
            const { status } = await refused(port, socket, { "Sec-WebSocket-Protocol": list });
            assert.equal(status, 400);
        }
    });

    replay("CVE-2024-37890: more headers than are kept", async (port) => {
        const many = Array.from({ length: 2100 }, (_, i) => `h${i % 10}: 1`).join("\r\n");
        const connection = new HttpConnection(port);
        connection.raw(`GET ${socket} HTTP/1.1\r\nHost: x\r\n${many}\r\nConnection: Upgrade\r\n` +
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
        const { status } = await connection.answers.next();
        assert.ok([400, 431].includes(status), String(status));
        connection.destroy();
    });

    replay("CVE-2026-48779: fragments without end", async (port) => {
        for (const payload of ["", "x"]) {
            const ws = await openSession(port);
            const more = frame(opcodes.continuation, payload, { fin: false });
            ws.socket.write(frame(opcodes.text, "4", { fin: false }));
            ws.socket.write(Buffer.concat(Array(17_000).fill(more)));
            assert.equal(await ws.closeCode(), 1008);
            await ws.closed;
        }
    });

    replay("CVE-2019-13611: allow_request can refuse a foreign page's WebSocket", async (port) => {
        const headers = { Origin: "http://evil.test", Cookie: "session=1" };
        assert.equal((await refused(port, `${socket}&reject=origin`, headers)).body, "origin");
    });

    replay("CVE-2026-48802: floods of unsolicited pongs", async (port) => {
        const ws = await openSession(port);
        ws.socket.write(Buffer.concat(Array(50_000).fill(frame(opcodes.text, "3"))));
        ws.text('42["echo",1]');
        assert.equal(await ws.nextText(), '42["echo-back",1]');
        ws.destroy();
    });

    replay("engineioxide: base64 that begins with 4; a noop for each GET", async (port) => {
        const ws = await openSession(port);
        ws.text('451-["echo",{"_placeholder":true,"num":0}]');
        ws.text("b4AQI");
        await ws.nextText();
        assert.deepEqual([...(await ws.frames.next()).bytes], [0xe0, 0x04, 0x08]);
        ws.destroy();
    });

    replay("uWebSockets 1497: request smuggling", async (port) => {
        const lines = {
            "both lengths": "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "a chunk of 2^64": "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\nx",
            "a chunk that is no number": "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
            "a bad end of a chunk": "Transfer-Encoding: chunked\r\n\r\n1\r\n4xx0\r\n\r\n",
            "a length that is none": "Content-Length: +5\r\n\r\nhello",
            "two lengths": "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        };
        for (const [what, rest] of Object.entries(lines)) {
            const one = await new PollingSession(port).open();
            const connection = new HttpConnection(port);
            connection.raw(`POST ${one.target} HTTP/1.1\r\nHost: x\r\n${rest}` +
                "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
            const { status } = await connection.answers.next();
            assert.equal(status, 400, what);
            await connection.closed;
            assert.equal(connection.answers.size, 0, what);
            await one.post("1");  // where it still is a session
        }
    });

    replay("CVE-2020-36406: very many rooms", async (port) => {
        const ws = await openSession(port);
        for (let k = 0; k < 6; ++k) {
            const rooms = Array.from({ length: 8000 }, (_, i) => `r${k}-${i}`);
            ws.text(`42["join",${JSON.stringify(rooms)}]`);
            ws.text(`42["echo",${k}]`);
            assert.equal(await ws.nextText(), `42["echo-back",${k}]`);
        }
        ws.destroy();
    });

    replay("4.8.4: broadcast acks that nobody gives", async (port) => {
        const ws = await openSession(port);
        for (let i = 0; i < 500; ++i) ws.text('42["ask-all",[],20,"v"]');
        let failed = 0;
        while (failed < 500) {
            const text = await ws.nextText();
            if (text.includes('"failed":true')) ++failed;
        }
        ws.destroy();
    });
});

against("sio-suite", undefined, (replay) => {
    const megabyte = 999_900;

    replay("CVE-2024-38355: an event named error that nobody listens to", async (port) => {
        const ws = await openSession(port);
        for (const packet of ['42["error"]', '42["error","x"]', '42["error",{"stack":1}]']) {
            ws.text(packet);
            assert.equal(await settled(ws), "open", packet);
        }
        ws.destroy();
    });

    replay("CVE-2020-36048: a megabyte of tiny packets", async (port) => {
        for (const packet of ["6", "3"]) {
            const one = await new PollingSession(port).open();
            await one.post(Array(megabyte / 2).fill(packet).join("\x1e"));
        }
        const one = await new PollingSession(port).open();
        assertEmpty(await one.post("4".repeat(1_000_001)), 413);
    });

    replay("CVE-2020-36049: a megabyte that is one number, namespace or id", async (port) => {
        for (const packet of [`45${"1".repeat(megabyte)}`, `42/${"n".repeat(megabyte)}`,
            `42/${"n".repeat(megabyte)},["x"]`]) {
            assert.equal(await closedBy(port, packet), 1005);
        }
        for (const packet of [`42${"1".repeat(megabyte)}["x"]`, `43${"1".repeat(megabyte)}[]`]) {
            const ws = await openSession(port);
            ws.text(packet);
            // The reference takes the number for infinity, ours refuses it.
            assert.equal(await settled(ws), againstNode ? "open" : "ended");
            ws.destroy();
        }
    });

    replay("JSON nested half a million deep", async (port) => {
        const deep = "[".repeat(490_000) + "]".repeat(490_000);
        // The reference dies of showing an auth payload like this.
        const echoed = againstNode ? [] : [`40/custom,{"a":${deep}}`];
        for (const packet of [`42["x",${deep}]`, `451-["x",${deep}]`, ...echoed,
            `42["x",${'{"a":'.repeat(150_000)}1${"}".repeat(150_000)}]`]) {
            const ws = await openSession(port);
            ws.text(packet);
            await settled(ws);  // delivered by the reference, refused by ours
            ws.destroy();
        }
    });

    replay("socketioxide 762: messages over the limit", async (port) => {
        for (let i = 0; i < 50; ++i) {
            const ws = await openSession(port);
            ws.send(opcodes.text, "4".repeat(600_000), { fin: false });
            ws.send(opcodes.continuation, "4".repeat(600_000));
            assert.equal(await ws.closeCode(), 1009);
            ws.destroy();
        }
    });
});

against("fast", undefined, (replay) => {
    replay("socketioxide 731: upgrades begun, never completed, never polled", async (port) => {
        const probes = [];
        for (let i = 0; i < 100; ++i) {
            const one = await new PollingSession(port).open();
            const ws = await RawWs.open(port, one.target.replace("polling", "websocket"));
            ws.text("2probe");
            probes.push([one, ws]);
        }
        for (const [one, ws] of probes) {
            assert.equal(await ws.closeCode(), 1005);
            await until(async () => (await one.get()).status === 400, "the session is gone");
        }
    });

    replay("CVE-2026-48802: many handshakes never used", async (port) => {
        const all = [];
        for (let i = 0; i < 200; ++i) all.push(await new PollingSession(port).open());
        for (const one of all) {
            await until(async () => (await one.get()).status === 400, "the session is gone");
        }
    });
});

against("strict", undefined, (replay) => {
    replay("CVE-2020-28481: no page of another origin may read by default", async (port) => {
        const headers = { origin: "http://evil.test" };
        const answer = await fetchRaw(port, "/rt/?EIO=4&transport=polling", { headers });
        assert.equal(answer.status, 200);
        assert.ok(!answer.fields.some(([name]) => name.startsWith("access-control")));
    });
}, "/rt/?EIO=4&transport=websocket");

against("eio-options", { perMessageDeflate: {}, maxHttpBufferSize: 1000 }, (replay) => {
    replay("compression bombs stop at the limit", async (port) => {
        const bomb = deflateRawSync("x".repeat(10_000_000), { finishFlush: 2 });
        const target = "/engine.io/?EIO=4&transport=websocket";
        const pieces = [];
        for (let at = 0; at < bomb.length; at += 900) pieces.push(bomb.subarray(at, at + 900));
        for (let i = 0; i < 20; ++i) {
            const ws = await RawWs.open(port, target,
                { "Sec-WebSocket-Extensions": "permessage-deflate" });
            ws.send(opcodes.text, pieces[0], { rsv: 4 });
            assert.equal(await ws.closeCode(), 1009);
            ws.destroy();
        }
    });
}, "/engine.io/?EIO=4&transport=websocket");

against("msgpack", undefined, (replay) => {
    replay("msgpack headers that announce what never comes", async (port) => {
        const huge = [0xff, 0xff, 0xff, 0xff];
        for (const type of [0xc6, 0xc9, 0xdb, 0xdd, 0xdf]) {
            const ws = await openSession(port, { join: false });
            ws.binary(Buffer.from([type, ...huge, 1]));
            assert.equal(await ws.closeCode(), 1005);
            ws.destroy();
        }
        const ws = await openSession(port, { join: false });
        ws.binary(Buffer.alloc(90_000, 0x91));
        assert.equal(await ws.closeCode(), 1005);
        ws.destroy();
    });
});

// The first time also leaves what stays for good: code that had never run, tables that had never
// been so large. So the memory after a second time is compared with that before it.
if (measured) describe("a second time", () => {
    it("begins when nothing changes any more", async () => {
        await Promise.all(sites.map(async (site) => {
            site.memory = await quietMemory(site.server);
        }));
        // Of 3 MB that the first group takes 0.7 would come back without the server's doing.
        const [{ server, memory }] = sites;
        assert.ok(memory < peakOf(server) - 1536, `${memory} KiB of ${peakOf(server)}`);
    });
    for (const site of sites) {
        it(`against ${site.profile}`, async () => {
            for (const attack of site.attacks) await outlived(site, attack);
        });
    }
    for (const site of sites) {
        it(`leaves ${site.profile} at most 5 % more memory`, () =>
            shrinksTo(site.server, Math.floor(site.memory * 1.05)));
    }
});

after(() => Promise.all(sites.map((site) => site.server?.stop())));
