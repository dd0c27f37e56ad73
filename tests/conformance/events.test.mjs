// The contract's events with the newest client: rooms, middlewares, namespaces, acks, reasons.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import {
    ask, closeAll, connect, connected, inbox, makeClient, once, onTransport, ways,
} from "./lib/clients.mjs";
import { sleep, until } from "./lib/inbox.mjs";
import { patience } from "./lib/patience.mjs";
import { frame, opcodes, openSession } from "./lib/raw-ws.mjs";
import { startServer } from "./lib/server.mjs";

let server;
let port;
let names = 0;

before(async () => {
    server = await startServer("main");
    port = server.port;
});
after(() => server?.stop());
afterEach(closeAll);

const fresh = (prefix) => `${prefix}-${++names}`;
const endsOf = (watcher, tag) => until(async () => {
    const [ends] = await ask(watcher, "reasons", tag);
    return ends.length > 0 && ends;
}, `the end of ${tag}`);

describe("values", () => {
    it("come as JavaScript writes them", async () => {
        const socket = await connect(port);
        socket.emit("give-types");
        assert.deepEqual(await once(socket, "types"), [null, true, false, 0, -1, 1.5, -2.25e-7,
            1e21, 9007199254740991, "", "héllo € 😀", "\u0000\u001f\"\\/\u2028", [], {}, [[[]]],
            { "": 0, "a b": [1, { c: null }] }]);
    });

    it("are told apart by shape", async () => {
        const socket = await connect(port);
        const [shapes] = await ask(socket, "describe", null, 1, true, "é😀", [1, ["x"]],
            { b: 1, a: null }, Buffer.alloc(3), { deep: [Buffer.from("abc")] });
        assert.deepEqual(shapes, ["null", "number", "boolean", { str: 6 },
            { arr: ["number", { arr: [{ str: 1 }] }] }, { obj: [["a", "null"], ["b", "number"]] },
            { bin: 3, adler: 196609 },
            { obj: [["deep", { arr: [{ bin: 3, adler: 38600999 }] }]] }]);
    });

    it("nest binary in acks", async () => {
        const socket = await connect(port);
        const [value] = await ask(socket, "give-nested");
        assert.deepEqual([...value.a[0]], [0, 1, 2]);
        assert.equal(value.a[1].b.length, 0);
        assert.equal(value.a[1].c, "txt");
        assert.equal(value.d, null);
        assert.equal(value.e.length, 300);
    });

    it("may be large", async () => {
        const socket = await connect(port);
        socket.emit("give-binary", 500_000);
        const [blob] = await once(socket, "blob");
        assert.equal(blob.length, 500_000);
        assert.ok(blob.every((byte, i) => byte === i % 251));
    });
});

describe("acks", () => {
    it("are sent once", async () => {
        const socket = await connect(port);
        const values = [];
        socket.emit("double-ack", (value) => values.push(value));
        await ask(socket, "echo-ack");
        assert.deepEqual(values, [1]);
    });

    it("may be late, and never come", async () => {
        const socket = await connect(port);
        assert.deepEqual(await ask(socket, "late-ack", 60), ["late"]);
        await assert.rejects(socket.timeout(80).emitWithAck("no-ack"));
    });

    it("answer emitWithAck", async () => {
        const socket = await connect(port);
        assert.equal(await socket.timeout(2000).emitWithAck("echo-ack", "x"), "x");
        assert.deepEqual(await ask(socket, "echo-ack"), []);
    });

    it("of a slow handler hold nobody up", async () => {
        const socket = await connect(port);
        const order = [];
        socket.emit("late-ack", 80, () => order.push("slow"));
        socket.emit("echo-ack", () => order.push("quick"));
        await until(() => order.length === 2, "both acks");
        assert.deepEqual(order, ["quick", "slow"]);
    });

    it("are waited for without a timeout", async () => {
        const socket = await connect(port);
        socket.on("question", (value, ack) => setTimeout(() => ack(value, "more"), 50));
        socket.emit("ask-me-forever", "v");
        assert.deepEqual(await once(socket, "answer-report"),
            [{ failed: false, values: ["v", "more"] }]);
    });

    it("are collected from a room", async () => {
        const room = fresh("room");
        const sockets = await Promise.all([1, 2, 3].map(() => connect(port)));
        for (const [i, socket] of sockets.entries()) {
            await ask(socket, "join", room);
            socket.on("question", (value, ack) => ack(`${value}-${i}`, "ignored"));
        }
        sockets[0].emit("ask-all", room, 2000, "v");
        assert.deepEqual(await once(sockets[0], "answers"),
            [{ failed: false, responses: ['"v-0"', '"v-1"', '"v-2"'] }]);
    });

    it("that are missing fail the question, partial answers are kept", async () => {
        const room = fresh("room");
        const [a, b] = [await connect(port), await connect(port)];
        for (const socket of [a, b]) await ask(socket, "join", room);
        a.on("question", (value, ack) => ack("one"));
        a.emit("ask-all", [room], 200 * patience, "v");
        assert.deepEqual(await once(a, "answers"), [{ failed: true, responses: ['"one"'] }]);
    });

    it("of an empty room come at once", async () => {
        const socket = await connect(port);
        const started = Date.now();
        socket.emit("ask-all", "nobody is here", 3000, "v");
        assert.deepEqual(await once(socket, "answers"), [{ failed: false, responses: [] }]);
        assert.ok(Date.now() - started < 1500);
    });
});

describe("packet middleware and listeners", () => {
    it("refuses an event", async () => {
        const socket = await connect(port);
        socket.emit("forbidden", 1, 2);
        assert.deepEqual(await once(socket, "middleware-error"),
            [{ message: "forbidden event", data: { code: 77, args: 2 } }]);
    });

    it("changes an event's name and arguments", async () => {
        const socket = await connect(port);
        socket.emit("rewritten", Buffer.from([1]), 2);
        const [first, ...rest] = await once(socket, "echo-back");
        assert.deepEqual([...first.was], [1]);
        assert.deepEqual(rest, [2, "added"]);
    });

    it("holds an event without stopping the others", async () => {
        const socket = await connect(port);
        const order = [];
        socket.on("delayed-back", () => order.push("delayed"));
        socket.on("echo-back", () => order.push("echo"));
        socket.emit("delayed", "x");
        socket.emit("echo", "y");
        await until(() => order.length === 2, "both answers");
        assert.deepEqual(order, ["echo", "delayed"]);
    });

    it("onAny sees every event", async () => {
        const socket = await connect(port);
        socket.emit("any:thing", 1, 2);
        assert.deepEqual(await once(socket, "any-seen"), ["any:thing", 2, false]);
        socket.emit("any:other", "x", () => {});
        assert.deepEqual(await once(socket, "any-seen"), ["any:other", 1, true]);
    });

    it("send and message", async () => {
        const socket = await connect(port);
        socket.send("a", { b: 1 });
        assert.deepEqual(await once(socket, "message"), ["a", { b: 1 }]);
    });

    it("emits after a while", async () => {
        const socket = await connect(port);
        socket.emit("after", 40, "later", 1, "two");
        assert.deepEqual(await once(socket, "later"), [1, "two"]);
    });
});

describe("rooms", () => {
    it("start with the own id and end empty", async () => {
        const tag = fresh("tag");
        const [watcher, socket] = [await connect(port), await connect(port, { tag })];
        assert.deepEqual(await ask(socket, "rooms"), [[], true]);
        await ask(socket, "join", ["b", "a"]);
        assert.deepEqual(await ask(socket, "rooms"), [["a", "b"], true]);
        socket.disconnect();
        const [end] = await endsOf(watcher, tag);
        assert.deepEqual(end, {
            nsp: "/", reason: "client namespace disconnect", rooms: ["a", "b"], left: 0,
        });
    });

    it("can be left out", async () => {
        const [yes, no] = [fresh("yes"), fresh("no")];
        const [a, b, c] = await Promise.all([1, 2, 3].map(() => connect(port)));
        for (const socket of [a, b, c]) await ask(socket, "join", yes);
        await ask(c, "join", no);
        const heard = [a, b, c].map((socket) => inbox(socket, "cast"));
        a.emit("cast", { mode: "all", to: [yes], except: [no] }, 1);
        assert.deepEqual(await heard[0].next(), [1]);
        assert.deepEqual(await heard[1].next(), [1]);
        a.emit("cast", { to: yes, except: no, event: "cast" }, 2);
        assert.deepEqual(await heard[1].next(), [2]);
        assert.ok(await heard[2].silent());
        assert.equal(heard[0].size, 0);
    });

    it("flags do not change who hears", async () => {
        const room = fresh("room");
        const [a, b] = [await connect(port), await connect(port)];
        await ask(b, "join", room);
        const heard = inbox(b, "cast");
        a.emit("cast", { to: room, compress: false }, 1);
        assert.deepEqual(await heard.next(), [1]);
        a.emit("cast", { to: room, volatile: true }, Buffer.from([1]));
        assert.equal((await heard.next())[0].length, 1);
    });

    it("the id of a socket is a room", async () => {
        const [a, b] = [await connect(port), await connect(port)];
        const heard = inbox(b, "cast");
        a.emit("cast-to-socket", b.id, "just you");
        assert.deepEqual(await heard.next(), ["just you"]);
    });

    it("socketsJoin, socketsLeave and fetchSockets", async () => {
        const [first, second] = [fresh("first"), fresh("second")];
        const a = await connect(port, { tag: "tag-a" });
        const b = await connect(port, { tag: "tag-b" });
        await ask(a, "join", first);
        await ask(b, "join", first);
        a.emit("nsp-join", first, second);
        assert.deepEqual(await ask(a, "who", second), [[
            { tag: "tag-a", rooms: [first, second].sort() },
            { tag: "tag-b", rooms: [first, second].sort() },
        ]]);
        a.emit("nsp-leave", second, first);
        assert.deepEqual(await ask(a, "who", first), [[]]);
        assert.deepEqual(await ask(b, "rooms"), [[second], true]);
    });

    it("disconnectSockets empties a room", async () => {
        const room = fresh("room");
        const [a, b, c] = await Promise.all([1, 2, 3].map(() => connect(port)));
        await ask(b, "join", room);
        await ask(c, "join", room);
        const ends = [once(b, "disconnect"), once(c, "disconnect")];
        a.emit("kick-room", room, true);
        for (const [reason] of await Promise.all(ends)) {
            assert.equal(reason, "io server disconnect");
        }
        assert.deepEqual(await ask(a, "who", room), [[]]);
    });

    it("hold many names", async () => {
        const socket = await connect(port);
        const rooms = Array.from({ length: 3000 }, (_, i) => `r${i}`);
        const [got] = await ask(socket, "join", rooms);
        assert.equal(got.length, 3000);
        for (const odd of ["__proto__", "constructor", "", "a b"]) {
            assert.ok((await ask(socket, "join", odd))[0].includes(odd));
        }
    });
});

describe("namespaces", () => {
    it("/hello greets with the auth it was given", async () => {
        const socket = makeClient(port, { nsp: "/hello", auth: { a: 1, b: [null] } });
        assert.deepEqual(await once(socket, "welcome"), [{ auth: { a: 1, b: [null] } }]);
    });

    it("/token lets some in", async () => {
        const socket = makeClient(port, { nsp: "/token", auth: { token: "letmein" } });
        await connected(socket);
        assert.deepEqual(await ask(socket, "rooms"), [["token-holders"], true]);
        assert.deepEqual(await ask(socket, "get-data"), ["passed"]);
        const slow = await connected(makeClient(port, { nsp: "/token", query: { token: "slow" } }));
        await ask(slow, "set-data", { changed: true });
        assert.deepEqual(await ask(slow, "get-data"), [{ changed: true }]);
    });

    it("/token keeps others out", async () => {
        for (const [auth, got] of [[{}, null], [{ token: "wrong" }, "wrong"]]) {
            const [error] = await once(makeClient(port, { nsp: "/token", auth }), "connect_error");
            assert.equal(error.message, "bad token");
            assert.deepEqual(error.data, { got });
        }
    });

    it("/deny-plain gives no data", async () => {
        const [error] = await once(makeClient(port, { nsp: "/deny-plain" }), "connect_error");
        assert.equal(error.message, "denied without data");
        assert.equal(error.data, undefined);
    });

    it("come into being by pattern", async () => {
        const [a, b] = [await connect(port, { nsp: "/dyn-7" }), await connect(port, { nsp: "/dyn-7" })];
        const other = await connect(port, { nsp: "/dyn-8" });
        const [heard, apart] = [inbox(b, "cast"), inbox(other, "cast")];
        a.emit("cast", { mode: "others" }, "hi");
        assert.deepEqual(await heard.next(), ["hi"]);
        assert.ok(await apart.silent());
        assert.equal((await ask(a, "whoami"))[0].nsp, "/dyn-7");
        const [error] = await once(makeClient(port, { nsp: "/dyn-x" }), "connect_error");
        assert.equal(error.message, "Invalid namespace");
    });

    it("come into being by function", async () => {
        const socket = await connect(port, { nsp: "/fn-room", auth: { ok: true } });
        assert.deepEqual(await ask(socket, "echo-ack", 1), [1]);
        const [error] = await once(
            makeClient(port, { nsp: "/fn-other", auth: { ok: 1 } }), "connect_error");
        assert.equal(error.message, "Invalid namespace");
    });

    it("share a connection and are left one by one", async () => {
        const tag = fresh("tag");
        const watcher = await connect(port);
        const root = await connect(port, { tag });
        const chat = root.io.socket("/chat", { auth: { tag } });
        await connected(chat);
        assert.notEqual(root.id, chat.id);
        chat.disconnect();
        const [end] = await endsOf(watcher, tag);
        assert.equal(end.nsp, "/chat");
        assert.deepEqual(await ask(root, "echo-ack", 1), [1]);
        chat.connect();
        await connected(chat);
        const [lostRoot, lostChat] = [once(root, "disconnect"), once(chat, "disconnect")];
        chat.emit("kick", true);
        assert.equal((await lostRoot)[0], "io server disconnect");
        assert.equal((await lostChat)[0], "io server disconnect");
    });
});

describe("handshake", () => {
    it("is told by whoami", async () => {
        const socket = await connect(port, {
            nsp: "/chat", auth: { who: "me" }, query: { b: "2", a: "é x" },
            extraHeaders: { "x-probe": "probed", origin: "http://page.test" },
        });
        assert.deepEqual((await ask(socket, "whoami"))[0], {
            id: socket.id, nsp: "/chat", auth: { who: "me" }, query: { a: "é x", b: "2" },
            transport: "websocket", secure: false, xdomain: true, recovered: false, protocol: 4,
            header: "probed",
        });
    });

    it("is refused by allowRequest", async () => {
        for (const way of ways.slice(0, 2)) {
            const [error] = await once(
                makeClient(port, { way, query: { reject: "no" } }), "connect_error");
            assert.equal(error.message, way.name === "polling" ? "xhr poll error" :
                "websocket error");
        }
    });
});

describe("the end of a connection", () => {
    it("takes a DISCONNECT that arrives together with the close frame", async () => {
        const tag = fresh("tag");
        const watcher = await connect(port);
        const ws = await openSession(port, { join: false });
        ws.text(`40{"tag":"${tag}"}`);
        await ws.nextText();
        ws.socket.write(Buffer.concat([frame(opcodes.text, "41"), frame(opcodes.close)]));
        const [end] = await endsOf(watcher, tag);
        assert.equal(end.reason, "client namespace disconnect");
        ws.destroy();
    });

    for (const way of ways) {
        it(`the client vanishes from ${way.name}`, async () => {
            const tag = fresh("tag");
            const [watcher, socket] = [await connect(port), await connect(port, { tag, way })];
            if (way.name === "upgrade") await onTransport(socket, "websocket");
            socket.io.engine.close();
            const [end] = await endsOf(watcher, tag);
            assert.equal(end.reason, "transport close");
        });
    }

    it("the server shuts down", async () => {
        for (const way of ways) {
            const own = await startServer("main");
            const socket = await connect(own.port, { way });
            const lost = once(socket, "disconnect");
            await own.stop();
            assert.ok(["transport close", "transport error"].includes((await lost)[0]));
            closeAll();
        }
    });

    it("heartbeats keep a quiet client and drop a dead one", async () => {
        const own = await startServer("fast");
        try {
            const watcher = await connect(own.port);
            const quiet = await connect(own.port, { way: ways[0] });
            const dead = await openSession(own.port, { query: "&tag=dead" });
            await sleep(1200);
            assert.equal(quiet.connected, true);
            const [end] = await endsOf(watcher, "dead");
            assert.equal(end.reason, "ping timeout");
            assert.equal(await dead.closeCode(), 1005);
            closeAll();
        } finally {
            await own.stop();
        }
    });

    it("a client that joins nothing is let go", async () => {
        const own = await startServer("fast");
        try {
            const ws = await openSession(own.port, { join: false });
            ws.text("40/nowhere,");
            assert.equal(await ws.nextText(), '44/nowhere,{"message":"Invalid namespace"}');
            assert.equal(await ws.nextText(), "2");
            ws.text("3");
            assert.equal(await ws.closeCode(), 1005);
        } finally {
            closeAll();
            await own.stop();
        }
    });

    it("a message that is too big costs only its sender", async () => {
        const tag = fresh("tag");
        const watcher = await connect(port);
        const socket = await connect(port, { tag });
        const lost = once(socket, "disconnect");
        socket.emit("echo", "x".repeat(100_001));
        assert.equal((await lost)[0], "transport close");
        const [end] = await endsOf(watcher, tag);
        assert.equal(end.reason, "transport error");
    });
});
