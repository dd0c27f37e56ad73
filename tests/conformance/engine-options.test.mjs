// Every option of the Engine.IO layer that other files do not show, on servers made with it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { assertEmpty, assertError, assertOk } from "./lib/engine-answers.mjs";
import { sleep, until } from "./lib/inbox.mjs";
import { fetchRaw, PollingSession } from "./lib/raw-http.mjs";
import { opcodes, RawWs, WsRefused } from "./lib/raw-ws.mjs";
import { againstNode, withEngine } from "./lib/server.mjs";

const path = "/engine.io/";
const poll = `${path}?EIO=4&transport=polling`;
const ws = `${path}?EIO=4&transport=websocket`;
const session = (port, query = "") => new PollingSession(port, { path, query }).open();
const errorsOf = async (port) => JSON.parse((await fetchRaw(port, "/errors")).text);

async function refusal(port, target, headers) {
    const answer = await RawWs.open(port, target, headers).catch((error) => error);
    assert.ok(answer instanceof WsRefused, `101 for ${target}`);
    return answer;
}

async function openWs(port, target = ws, headers = {}) {
    const socket = await RawWs.open(port, target, headers);
    const open = await socket.nextText();
    socket.info = JSON.parse(open.slice(1));
    return socket;
}

describe("option generate_id", () => {
    for (const how of ["counter", "late"]) {
        it(`${how}: any text is an id, for polling, upgrade and WebSocket`, () =>
            withEngine({ generateId: how }, async (port) => {
                // Several sessions, so that they spread over the shards.
                for (let i = 0; i < 4; ++i) {
                    const { info } = await session(port);
                    assert.equal(info.sid, `custom "${2 * i}"/é`);
                    const own = `${poll}&sid=${encodeURIComponent(info.sid)}`;
                    for (let times = 0; times < 3; ++times) {
                        assertOk(await fetchRaw(port, own, { method: "POST", body: "4hi" }));
                        assert.equal((await fetchRaw(port, own)).text, "4hi");
                    }
                    const upgraded = await RawWs.open(port, own.replace("polling", "websocket"));
                    upgraded.text("5");
                    upgraded.text("4on");
                    assert.equal(await upgraded.nextText(), "4on");
                    upgraded.destroy();
                    const direct = await openWs(port);
                    assert.equal(direct.info.sid, `custom "${2 * i + 1}"/é`);
                    direct.destroy();
                    await until(async () => (await fetchRaw(port, own)).status === 400, "end");
                    assertError(await fetchRaw(port, own), 1);
                }
            }));
    }

    for (const how of ["throws", "rejects"]) {
        it(`${how}: refused with code 3`, () => withEngine({ generateId: how }, async (port) => {
            assertError(await fetchRaw(port, poll), 3);
            const [error] = await errorsOf(port);
            assert.equal(error.context.name, "ID_GENERATION_ERROR");
            // The reference finds out after its 101 and writes an HTTP answer into the stream.
            if (!againstNode) assert.equal((await refusal(port, ws)).body, "Bad request");
        }));
    }

    // The reference forgets the first session.
    it("an id in use is refused", { skip: againstNode }, () =>
        withEngine({ generateId: "same" }, async (port) => {
            const first = await session(port);
            for (let i = 0; i < 3; ++i) assertError(await fetchRaw(port, poll), 3);
            assertOk(await first.post("4still here"));
            assertOk(await first.post("1"));
            assert.equal((await session(port)).info.sid, "same");
        }));
});

describe("option allow_request", () => {
    for (const how of ["sync", "async"]) {
        it(`${how}: admits and refuses`, () => withEngine({ allowRequest: how }, async (port) => {
            assertError(await fetchRaw(port, `${poll}&deny=go+away`), 4, "go away");
            assertError(await fetchRaw(port, `${poll}&deny=`), 4);
            assert.equal((await refusal(port, `${ws}&deny=no`)).body, "no");
            const one = await session(port);
            assertOk(await fetchRaw(port, `${one.target}&deny=x`, { method: "POST", body: "3" }));
            (await openWs(port)).destroy();
            const refused = (await errorsOf(port)).map(({ code, message }) => [code, message]);
            assert.deepEqual(refused, Array(3).fill([4, "Forbidden"]));
        }));
    }
});

describe("1.3 hook connection_error", () => {
    it("tells code, message, context and request", () => withEngine({}, async (port) => {
        const { info, target } = await session(port);
        const rows = [
            [`${path}?EIO=4&transport=tobi`, 0, "Transport unknown", { transport: "tobi" }],
            [`${poll}&sid=nobody`, 1, "Session ID unknown", { sid: "nobody" }],
            [poll, 2, "Bad handshake method", { method: "PUT" }, "PUT"],
            [ws, 3, "Bad request", { name: "TRANSPORT_HANDSHAKE_ERROR" }],
            [`${ws}&sid=${info.sid}`, 3, "Bad request", {
                name: "TRANSPORT_MISMATCH", transport: "websocket", previousTransport: "polling",
            }],
            [target.replace("EIO=4", "EIO=3"), 3, "Bad request",
                { name: "PROTOCOL_MISMATCH", protocol: 3, previousProtocol: 4 }],
            [poll.replace("EIO=4", "EIO=3"), 5, "Unsupported protocol version", { protocol: 3 }],
        ];
        for (const [row, , , , method = "GET"] of rows) await fetchRaw(port, row, { method });
        const strings = (context) =>
            Object.fromEntries(Object.entries(context).map(([k, v]) => [k, String(v)]));
        const told = (await errorsOf(port)).map((e) => ({ ...e, context: strings(e.context) }));
        assert.deepEqual(told, rows.map(([url, code, message, context]) =>
            ({ url, code, message, context: strings(context) })));
    }));

    it("hears of refused upgrades", () => withEngine({}, async (port) => {
        await refusal(port, `${ws}&sid=nobody`);
        assert.deepEqual((await errorsOf(port)).map(({ code }) => code), [1]);
    }));
});

describe("HTTP middlewares (use)", () => {
    const options = { middlewares: ["header", "late", "answer"], cors: {} };

    it("add headers to every answer, errors and 101 included", () =>
        withEngine(options, async (port) => {
            const one = await session(port);
            const parked = one.park();
            const post = await one.post("4x");
            assertOk(post);
            const get = await parked.answers.next();
            assert.equal(get.text, "4x");
            const unknown = await fetchRaw(port, path);
            assertError(unknown, 0);
            const wrong = await fetchRaw(port, one.target, { method: "PUT" });
            assertEmpty(wrong, 500);
            for (const answer of [one.handshake, post, get, unknown, wrong]) {
                assert.match(answer.header("x-method"), /^(GET|POST|PUT)$/);
                assert.equal(answer.header("x-late"), "1");
                assert.equal(answer.header("access-control-allow-origin"), "*");
            }
            parked.destroy();
            const socket = await openWs(port);
            assert.match(socket.head, /x-method: GET\r?$/im);
            assert.match(socket.head, /x-late: 1\r?$/im);
            socket.destroy();
        }));

    it("may answer themselves, before any check", () => withEngine(options, async (port) => {
        const answer = await fetchRaw(port, `${path}?teapot`);
        assert.equal(answer.status, 418);
        assert.equal(answer.text, "short and stout");
        assert.equal(answer.header("x-late"), "1");
        assert.deepEqual(await errorsOf(port), []);
        // The reference cuts an upgrade without a word.
        const { status } = await refusal(port, `${ws}&teapot`);
        assert.equal(status, againstNode ? 0 : 418);
    }));

    it("may refuse: code 3, MIDDLEWARE_FAILURE", () => withEngine(options, async (port) => {
        assertError(await fetchRaw(port, `${poll}&fail`), 3);
        assert.equal((await refusal(port, `${ws}&fail`)).body, "Bad request");
        const names = (await errorsOf(port)).map(({ code, context }) => [code, context.name]);
        assert.deepEqual(names, Array(2).fill([3, "MIDDLEWARE_FAILURE"]));
    }));

    it("do not see what CORS answers", () => withEngine(options, async (port) => {
        const preflight = await fetchRaw(port, poll, { method: "OPTIONS" });
        assertEmpty(preflight, 204);
        assert.equal(preflight.header("x-method"), undefined);
    }));

    it("a client that leaves meanwhile harms nobody", () => withEngine(options, async (port) => {
        for (let i = 0; i < 20; ++i) {
            const one = await session(port);
            const parked = one.park();
            parked.socket.once("connect", () => setTimeout(() => parked.destroy(), i % 4));
            await parked.closed;
        }
        assert.equal((await session(port)).handshake.status, 200);
    }));
});

describe("1.9 hooks initial_headers and headers", () => {
    it("the first for a session's first answer, the second for all", () =>
        withEngine({ hooks: true }, async (port) => {
            const one = await session(port);
            const marks = (answer) => [answer.header("x-first"), answer.header("x-every")];
            assert.deepEqual(marks(one.handshake), ["1", "1"]);
            assert.deepEqual(marks(await one.post("4a")), [undefined, "1"]);
            assert.deepEqual(marks(await one.get()), [undefined, "1"]);
            assert.deepEqual(marks(await fetchRaw(port, path)), [undefined, undefined]);
            const socket = await openWs(port);
            assert.match(socket.head, /x-first: 1/i);
            assert.match(socket.head, /x-every: 1/i);
            socket.destroy();
            const upgrade = await RawWs.open(port, one.target.replace("polling", "websocket"));
            assert.doesNotMatch(upgrade.head, /x-first/i);
            assert.match(upgrade.head, /x-every: 1/i);
            upgrade.destroy();
        }));
});

describe("clients_count and close", () => {
    it("counts sessions of both transports and ends them all", () =>
        withEngine({}, async (port) => {
            const count = async () => Number((await fetchRaw(port, "/count")).text);
            assert.equal(await count(), 0);
            const parkedOne = await session(port);
            const parked = parkedOne.park();
            const idle = await session(port);
            const socket = await openWs(port);
            assert.equal(await count(), 3);
            assertOk(await (await session(port)).post("1"));
            await until(async () => await count() === 3, "3 sessions");
            assert.equal((await fetchRaw(port, "/close")).text, "closed");
            assert.equal((await parked.answers.next()).text, "1");
            assert.equal(await socket.closeCode(), 1005);
            assert.equal((await idle.get()).status, againstNode ? 400 : 503);
            await until(async () => await count() === 0, "no session");
            parked.destroy();
        }));
});

describe("options destroy_upgrade and destroy_upgrade_timeout", () => {
    it("ends a foreign upgrade silently after the time", () =>
        withEngine({ destroyUpgradeTimeout: 150 }, async (port) => {
            const started = Date.now();
            const { status, body } = await refusal(port, "/elsewhere");
            assert.deepEqual([status, body], [0, ""]);
            assert.ok(Date.now() - started >= 140);
        }));

    it("leaves it alone if told so", () =>
        withEngine({ destroyUpgrade: false, destroyUpgradeTimeout: 50 }, async (port) => {
            const held = Array.from({ length: 5 }, () => new RawWs(port, "/elsewhere"));
            const end = Promise.race(held.map(({ closed }) => closed.then(() => "ended")));
            assert.equal(await Promise.race([end, sleep(300)]), undefined);
            for (const one of held) one.destroy();
            assert.equal((await fetchRaw(port, "/plain")).text, "plain ok");
        }));

    it("without WebSocket an upgrade is an ordinary request", () =>
        withEngine({ transports: ["polling"] }, async (port) => {
            const headers = { connection: "Upgrade", upgrade: "websocket" };
            assert.equal((await fetchRaw(port, "/elsewhere", { headers })).status, 404);
            assertError(await fetchRaw(port, ws, { headers }), 0);
        }));
});

describe("1.10 option cors", () => {
    const ask = (port, origin, method = "GET", headers = {}) =>
        fetchRaw(port, poll, { method, headers: origin ? { origin, ...headers } : headers });
    const allowed = (answer) => [answer.header("access-control-allow-origin"),
        answer.header("vary")];
    const origins = [
        ["a string", "http://a.test", [
            ["http://a.test", ["http://a.test", "Origin"]],
            ["http://b.test", ["http://a.test", "Origin"]]]],
        ["true", true, [
            ["http://a.test", ["http://a.test", "Origin"]], [undefined, [undefined, "Origin"]]]],
        ["a list with a pattern", ["http://a.test", { regex: "\\.io$" }], [
            ["http://a.test", ["http://a.test", "Origin"]],
            ["http://x.io", ["http://x.io", "Origin"]],
            ["http://x.io.evil", [undefined, "Origin"]],
            ["http://a.test2", [undefined, "Origin"]]]],
        ["a pattern", { regex: "^https:" }, [
            ["https://any", ["https://any", "Origin"]], ["http://any", [undefined, "Origin"]]]],
        ["a predicate", { suffix: ".test" }, [
            ["http://a.test", ["http://a.test", "Origin"]],
            ["http://a.org", [undefined, undefined]]]],
    ];
    for (const [what, origin, rows] of origins) {
        it(`origin: ${what}`, () => withEngine({ cors: { origin } }, async (port) => {
            for (const [from, expected] of rows) {
                const answer = await ask(port, from);
                assert.equal(answer.status, 200);
                assert.deepEqual(allowed(answer), expected, from);
            }
        }));
    }

    it("origin: a predicate that fails refuses", () =>
        withEngine({ cors: { origin: { suffix: ".test" } } }, async (port) => {
            assertError(await ask(port, "http://throw.test"), 3);
            assert.equal((await errorsOf(port))[0].context.name, "MIDDLEWARE_FAILURE");
            // Where it says no, OPTIONS is an ordinary bad request.
            assertError(await ask(port, "http://a.org", "OPTIONS"), 2);
        }));

    it("methods, headers, credentials, max age, status", () => withEngine({
        cors: {
            origin: "*", credentials: true, methods: ["GET", "POST"], maxAge: 77,
            allowedHeaders: ["x-a", "x-b"], exposedHeaders: ["x-c"], optionsSuccessStatus: 200,
        },
    }, async (port) => {
        const preflight = await ask(port, "http://a", "OPTIONS",
            { "access-control-request-headers": "x-z" });
        assertEmpty(preflight, 200);
        const field = (name) => preflight.header(`access-control-${name}`);
        assert.equal(field("allow-origin"), "*");
        assert.equal(field("allow-credentials"), "true");
        assert.equal(field("allow-methods"), "GET,POST");
        assert.equal(field("allow-headers"), "x-a,x-b");
        assert.equal(field("expose-headers"), "x-c");
        assert.equal(field("max-age"), "77");
        assert.equal(preflight.header("vary"), undefined);
        assert.equal(preflight.header("content-length"), "0");
        const simple = await ask(port, "http://a");
        assert.equal(simple.header("access-control-expose-headers"), "x-c");
        assert.equal(simple.header("access-control-allow-methods"), undefined);
        assert.equal(simple.header("access-control-max-age"), undefined);
    }));

    it("preflight_continue leaves the answer to the engine", () =>
        withEngine({ cors: { preflightContinue: true } }, async (port) => {
            const answer = await ask(port, "http://a", "OPTIONS");
            assertError(answer, 2);
            assert.equal(answer.header("access-control-allow-origin"), "*");
            assert.match(answer.header("access-control-allow-methods"), /^GET,HEAD/);
        }));

    it("a function decides for each request", () => withEngine({ cors: "delegate" },
        async (port) => {
        const headers = { origin: "http://a.test" };
        const get = (query, method = "GET") => fetchRaw(port, `${poll}&${query}`, { method,
            headers });
        assert.deepEqual(allowed(await get("cors=http://x.test")), ["http://x.test", "Origin"]);
        assert.deepEqual(allowed(await get("cors=*")), ["*", undefined]);
        assertEmpty(await get("cors=*", "OPTIONS"), 204);
        assert.deepEqual(allowed(await get("nocors")), [undefined, undefined]);
        assertError(await get("nocors", "OPTIONS"), 2);
        assertError(await get("badcors"), 3);
    }));

    it("its headers are on the 101", () => withEngine({ cors: {} }, async (port) => {
        const socket = await openWs(port);
        assert.match(socket.head, /access-control-allow-origin: \*/i);
        socket.destroy();
    }));
});

describe("1.8 option cookie", () => {
    const cookieOf = async (port) => {
        const one = await session(port);
        assert.equal((await one.post("4x")).header("set-cookie"), undefined);
        return one.handshake.header("set-cookie").replaceAll(one.info.sid, "<sid>");
    };

    it("every attribute in its place", () => withEngine({
        cookie: {
            name: "my", maxAge: 86400, domain: "d.com", path: "/p", expires: 1_700_000_000,
            httpOnly: true, secure: true, partitioned: true, priority: "high", sameSite: "none",
        },
    }, async (port) => {
        assert.equal(await cookieOf(port), "my=<sid>; Max-Age=86400; Domain=d.com; Path=/p; " +
            "Expires=Tue, 14 Nov 2023 22:13:20 GMT; HttpOnly; Secure; Partitioned; " +
            "Priority=High; SameSite=None");
    }));

    it("may do without, and encode its value", () =>
        withEngine({ cookie: { httpOnly: false, sameSite: "strict", encode: "s:" } },
            async (port) => {
                assert.equal(await cookieOf(port), "io=s:<sid>; Path=/; SameSite=Strict");
            }));

    it("is not set on a WebSocket", () => withEngine({ cookie: {} }, async (port) => {
        const socket = await openWs(port);
        assert.doesNotMatch(socket.head, /set-cookie/i);
        socket.destroy();
    }));
});

describe("1.7 option http_compression", () => {
    async function echo(port, size, encoding) {
        const one = await session(port);
        await one.post(`4${"x".repeat(size - 1)}`);
        return fetchRaw(port, one.target, { headers: { "accept-encoding": encoding } });
    }

    it("from 1024 bytes on, in the client's favourite", () => withEngine({}, async (port) => {
        assert.equal((await echo(port, 1023, "gzip")).header("content-encoding"), undefined);
        const rows = [["gzip", "gzip"], ["deflate", "deflate"], ["br, deflate, gzip", "deflate"],
            ["gzip;q=0.5, deflate;q=0.8", "deflate"], ["*", "gzip"], ["gzip;q=0, br", undefined],
            ["identity", undefined], ["", undefined]];
        for (const [accepts, expected] of rows) {
            const answer = await echo(port, 1024, accepts);
            assert.equal(answer.header("content-encoding"), expected, accepts);
            const inflate = { gzip: gunzipSync, deflate: inflateSync }[expected];
            const body = inflate ? inflate(answer.bytes).toString() : answer.text;
            assert.equal(body, `4${"x".repeat(1023)}`);
        }
    }));

    it("threshold and level", () =>
        withEngine({ httpCompression: { threshold: 10, level: 0 } }, async (port) => {
            assert.equal((await echo(port, 9, "gzip")).header("content-encoding"), undefined);
            const stored = await echo(port, 300, "gzip");
            assert.equal(stored.header("content-encoding"), "gzip");
            assert.ok(stored.bytes.length > 300, "level 0 stores");
        }));

    it("off", () => withEngine({ httpCompression: false }, async (port) => {
        assert.equal((await echo(port, 5000, "gzip")).header("content-encoding"), undefined);
    }));
});

describe("4 option per_message_deflate", () => {
    // What the server agrees to, and whether its echoes of 20 and 200 bytes come compressed.
    async function play(options, offer) {
        let outcome;
        await withEngine({ perMessageDeflate: options }, async (port) => {
            const socket = await RawWs.open(port, ws, { "Sec-WebSocket-Extensions": offer });
            const agreed = /^sec-websocket-extensions: (.*?)\r?$/im.exec(socket.head)?.[1];
            await socket.frames.next();
            const compressed = [];
            for (const size of [20, 200]) {
                socket.text(`4${"x".repeat(size)}`);
                const got = await socket.frames.next();
                compressed.push(got.rsv === 4);
                const tail = Buffer.from([0, 0, 255, 255]);
                // Without context takeover every message can be inflated by itself.
                const own = /server_no_context_takeover/.test(agreed ?? "");
                if (got.rsv === 4 && own) {
                    const text = inflateRawSync(Buffer.concat([got.bytes, tail]),
                        { finishFlush: 2 }).toString();
                    assert.equal(text, `4${"x".repeat(size)}`);
                }
            }
            outcome = [agreed, ...compressed];
            socket.destroy();
        });
        return outcome;
    }
    const pmd = "permessage-deflate";
    const rows = [
        ["defaults compress everything", {}, pmd, [pmd, true, true]],
        ["the threshold counts without our context",
            { threshold: 100, serverNoContextTakeover: true }, pmd,
            [`${pmd}; server_no_context_takeover`, false, true]],
        ["the client may ask for that", { threshold: 100 }, `${pmd}; server_no_context_takeover`,
            [`${pmd}; server_no_context_takeover`, false, true]],
        ["client_no_context_takeover", { clientNoContextTakeover: true }, pmd,
            [`${pmd}; client_no_context_takeover`, true, true]],
        ["our window", { serverMaxWindowBits: 10 }, pmd,
            [`${pmd}; server_max_window_bits=10`, true, true]],
        ["the client's window", { clientMaxWindowBits: 9 }, `${pmd}; client_max_window_bits`,
            [`${pmd}; client_max_window_bits=9`, true, true]],
        ["a bare client_max_window_bits is not echoed", {}, `${pmd}; client_max_window_bits`,
            [pmd, true, true]],
        ["parameters in any order, other extensions around", {},
            `x-foo; a=1, ${pmd}; server_max_window_bits=12; client_no_context_takeover, x-bar`,
            [`${pmd}; server_max_window_bits=12; client_no_context_takeover`, true, true]],
        ["the first acceptable offer", { serverMaxWindowBits: 12 },
            `${pmd}; server_max_window_bits=10, ${pmd}`,
            [`${pmd}; server_max_window_bits=12`, true, true]],
        ["foreign extensions are ignored", {}, "constructor, __proto__; x", [undefined, false,
            false]],
    ];
    for (const [what, options, offer, expected] of rows) {
        it(what, async () => assert.deepEqual(await play(options, offer), expected));
    }

    for (const offer of [`${pmd}; x=1`, `${pmd}; server_max_window_bits=16`, `${pmd}; `, ",",
        `${pmd}; client_no_context_takeover=1`,
        `${pmd}; server_no_context_takeover; server_no_context_takeover`]) {
        it(`refuses the offer ${offer}`, () => withEngine({ perMessageDeflate: {} },
            async (port) => {
            const { status, body } = await refusal(port, ws, { "Sec-WebSocket-Extensions": offer });
            assert.equal(status, 400);
            assert.match(body, /Invalid or unacceptable Sec-WebSocket-Extensions header/);
        }));
    }

    it("off: any extension header is ignored", () => withEngine({}, async (port) => {
        const socket = await openWs(port, ws, { "Sec-WebSocket-Extensions": `${pmd}; x=1` });
        assert.doesNotMatch(socket.head, /extensions/i);
        socket.destroy();
    }));
});

describe("the other options", () => {
    it("initial_packet follows the open packet", () =>
        withEngine({ initialPacket: "hello" }, async (port) => {
            assert.match((await fetchRaw(port, poll)).text, /^0\{.*\}\x1e4hello$/);
            const socket = await openWs(port);
            assert.equal(await socket.nextText(), "4hello");
            socket.destroy();
        }));

    it("path and add_trailing_slash", () =>
        withEngine({ path: "/rt/", addTrailingSlash: false }, async (port) => {
            for (const [target, status] of [["/rt", 200], ["/rt/", 200], ["/rtfoo", 200],
                ["/r", 404], ["/engine.io/", 404]]) {
                const answer = await fetchRaw(port, `${target}?EIO=4&transport=polling`);
                assert.equal(answer.status, status, target);
            }
        }));

    it("allow_upgrades only empties the offer", () =>
        withEngine({ allowUpgrades: false }, async (port) => {
            const one = await session(port);
            assert.deepEqual(one.info.upgrades, []);
            const socket = await RawWs.open(port, one.target.replace("polling", "websocket"));
            socket.text("2probe");
            assert.equal(await socket.nextText(), "3probe");
            socket.text("5");
            socket.text("4x");
            assert.equal(await socket.nextText(), "4x");
            socket.destroy();
        }));

    it("transports: the order given is irrelevant", () =>
        withEngine({ transports: ["websocket", "polling"] }, async (port) => {
            assert.deepEqual((await session(port)).info.upgrades, ["websocket"]);
        }));

    it("ping_interval, ping_timeout and max_http_buffer_size are announced and kept", () =>
        withEngine({ pingInterval: 1200, pingTimeout: 900, maxHttpBufferSize: 50 }, async (port) => {
            const socket = await openWs(port);
            assert.deepEqual([socket.info.pingInterval, socket.info.pingTimeout,
                socket.info.maxPayload], [1200, 900, 50]);
            assert.equal(await socket.nextText(), "2");
            assert.equal(await socket.closeCode(), 1005);
            const big = await openWs(port);
            big.text("4".repeat(50));
            assert.equal(await big.nextText(), "4".repeat(50));
            big.text("4".repeat(51));
            assert.equal(await big.closeCode(), 1009);
            assertEmpty(await (await session(port)).post("4".repeat(51)), 413);
        }));

    it("upgrade_timeout gives up on a silent probe", () =>
        withEngine({ upgradeTimeout: 100 }, async (port) => {
            const one = await session(port);
            const socket = await RawWs.open(port, one.target.replace("polling", "websocket"));
            const got = await socket.frames.next();
            assert.deepEqual([got.opcode, got.bytes.length], [opcodes.close, 0]);
            assertOk(await one.post("4x"));
        }));
});
