// The scenarios of the reference's own test files, under their names, as far as a client can see
// them; what is not here is in the test that socketio/api-table.md names. Written anew.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { ask, closeAll, connect, connected, inbox, makeClient, once, ways } from "./lib/clients.mjs";
import { sleep, until } from "./lib/inbox.mjs";
import { frame, opcodes, openSession } from "./lib/raw-ws.mjs";
import { startServer } from "./lib/server.mjs";

let main;
let api;
let names = 0;

before(async () => {
    [main, api] = await Promise.all([startServer("main"), startServer("api")]);
});
after(() => Promise.all([main?.stop(), api?.stop()]));
afterEach(closeAll);

const fresh = (prefix) => `${prefix}-${++names}.`;
const join = (options) => connect(main.port, options);
const several = (count, options) => Promise.all(Array.from({ length: count }, () => join(options)));
const refused = async (options) => (await once(makeClient(main.port, options), "connect_error"))[0];

describe("close", () => {
    it("should close all clients, which may come back to the next server", async () => {
        const first = await startServer("main");
        const socket = await connect(first.port, { reconnection: true, reconnectionDelay: 20 });
        const gone = once(socket, "disconnect");
        const { port } = first;
        await first.stop();
        assert.equal((await gone)[0], "transport close");
        const second = await startServer("main", { port });
        await connected(socket);
        assert.deepEqual(await ask(socket, "echo-ack", "again"), ["again"]);
        socket.close();
        await second.stop();
    });
});

describe("namespaces", () => {
    it("should be equivalent for \"\" and \"/\" on client", async () => {
        for (const nsp of ["", "/"]) {
            const [who] = await ask(await join({ nsp }), "whoami");
            assert.equal(who.nsp, "/");
        }
    });

    it("should work with many sockets on one connection", async () => {
        const one = await join();
        const chat = one.io.socket("/chat");
        const hello = one.io.socket("/hello");
        await Promise.all([connected(chat), once(hello, "welcome")]);
        const ids = await Promise.all([one, chat, hello].map(async (s) => (await ask(s, "whoami"))[0].id));
        assert.equal(new Set(ids).size, 3);
    });

    it("should disconnect upon transport disconnection", async () => {
        const tag = fresh("tag");
        const [watcher, one] = [await join(), await join({ tag })];
        const chat = one.io.socket("/chat", { auth: { tag } });
        await connected(chat);
        one.io.engine.close();
        const ends = await until(async () => {
            const [list] = await ask(watcher, "reasons", tag);
            return list.length === 2 && list;
        }, "both ends");
        assert.deepEqual(ends.map((end) => end.reason), ["transport close", "transport close"]);
    });

    it("should return error connecting to non-existent namespace", async () => {
        const error = await refused({ nsp: "/doesnotexist" });
        assert.equal(error.message, "Invalid namespace");
    });

    it("should find all clients in a namespace room, and across rooms", async () => {
        const [r1, r2] = [fresh("r1"), fresh("r2")];
        const [a, b, c] = [await join({ tag: fresh("a") }), await join({ tag: fresh("b") }), await join()];
        await ask(a, "join", r1);
        await ask(b, "join", [r1, r2]);
        const tags = async (rooms) => (await ask(c, "who", rooms))[0].length;
        assert.deepEqual([await tags(r1), await tags(r2), await tags([r1, r2])], [2, 1, 2]);
    });

    it("should handle race conditions with dynamic namespaces (#4136)", async () => {
        const nsp = `/child-${fresh("race")}`;
        const sockets = await Promise.all(Array.from({ length: 20 }, () => connect(api.port, { nsp })));
        const [lines] = await ask(sockets[0], "trace", nsp);
        assert.deepEqual(lines, [`new ${nsp}`]);
        const heard = sockets.slice(1).map((socket) => once(socket, "all"));
        sockets[0].emit("broadcast", "all", 1);
        await Promise.all(heard);
    });
});

describe("messaging-many", () => {
    it("emits to the rest, binary too", async () => {
        const [a, b, c] = await several(3);
        const own = inbox(a, "cast");
        const heard = [b, c].map((socket) => once(socket, "cast"));
        a.emit("cast", {}, Buffer.from([1, 2]), "x");
        for (const [bytes, text] of await Promise.all(heard)) {
            assert.deepEqual([[...bytes], text], [[1, 2], "x"]);
        }
        assert.ok(await own.silent(50));
    });

    it("emits to rooms avoiding dupes", async () => {
        const rooms = [fresh("a"), fresh("b")];
        const [a, b] = await several(2);
        await ask(b, "join", rooms);
        const heard = inbox(b, "cast");
        a.emit("cast", { to: rooms }, 1);
        a.emit("cast", { to: rooms }, 2);
        assert.deepEqual(await heard.take(2), [[1], [2]]);
        assert.equal(heard.size, 0);
    });

    it("keeps track of rooms, deletes empty rooms, allows to join several rooms at once", async () => {
        const [a, b] = [fresh("a"), fresh("b")];
        const socket = await join();
        assert.deepEqual(await ask(socket, "join", [a, b]), [[a, b].sort()]);
        assert.deepEqual(await ask(socket, "leave", a), [[b]]);
        assert.deepEqual(await ask(socket, "leave", "never joined"), [[b]]);
        assert.deepEqual((await ask(socket, "who", a))[0], []);
    });

    it("should exclude specific sockets and rooms when broadcasting", async () => {
        const [a, b, c, d] = await several(4);
        const room = fresh("room");
        await ask(c, "join", room);
        const [own, not] = [await ask(b, "whoami"), inbox(b, "cast")];
        const also = inbox(c, "cast");
        const heard = once(d, "cast");
        a.emit("cast", { except: [own[0].id, room] }, "x");
        await heard;
        assert.ok(await not.silent(50));
        assert.equal(also.size, 0);
    });
});

describe("socket", () => {
    it("should handle null and undefined messages", async () => {
        const socket = await join();
        assert.deepEqual(await ask(socket, "echo-ack", null, undefined, [undefined]), [null, null, [null]]);
        socket.send(null);
        assert.deepEqual(await once(socket, "message"), [null]);
    });

    it("should emit events with utf8 multibyte character", async () => {
        const socket = await join();
        for (let i = 0; i < 3; ++i) {
            socket.emit("echo", "\u5b57\u{1f600} à");
            assert.deepEqual(await once(socket, "echo-back"), ["\u5b57\u{1f600} à"]);
        }
    });

    it("should emit events with several types of data, including binary", async () => {
        for (const way of ways) {
            const socket = await join({ way });
            const [text, bytes, nested] = await ask(socket, "echo-ack", "x", Buffer.from("abc"),
                { list: [1, Buffer.from("de"), { deep: new Uint8Array([7]) }] });
            assert.deepEqual([text, String(bytes), nested.list[0], String(nested.list[1]),
                [...nested.list[2].deep]], ["x", "abc", 1, "de", [7]]);
        }
    });

    it("should see query parameters sent from secondary namespace connections", async () => {
        const first = makeClient(main.port, { query: { key1: "a", key2: "&=bb c" } });
        const second = first.io.socket("/chat");
        await Promise.all([connected(first), connected(second)]);
        const [who] = await ask(second, "whoami");
        assert.deepEqual([who.query.key1, who.query.key2], ["a", "&=bb c"]);
    });

    it("should handle very large json and binary data", async () => {
        const socket = await join();
        const list = Array.from({ length: 3000 }, (_, i) => ({ i, text: "é" }));
        assert.deepEqual(await ask(socket, "echo-ack", list), [list]);
        const bytes = Buffer.alloc(90_000, 7);
        const [back] = await ask(socket, "echo-ack", bytes);
        assert.ok(Buffer.from(back).equals(bytes));
    });

    it("should ignore a packet received after disconnection", async () => {
        const ws = await openSession(main.port);
        ws.text("40/chat,");
        await ws.nextText();
        ws.text("41/chat,");
        ws.text('42["echo","alive"]');
        assert.equal(await ws.nextText(), '42["echo-back","alive"]');
        ws.destroy();
    });

    it("should not crash when receiving an error event without handler", async () => {
        const socket = await join();
        socket.emit("error", "boo");
        assert.deepEqual(await ask(socket, "echo-ack", 1), [1]);
    });

    it("should not emit volatile event after regular event (polling)", async () => {
        const socket = await join({ way: ways[0] });
        const heard = inbox(socket, "volatile-item");
        const done = once(socket, "volatile-done");
        socket.emit("volatile-burst", 100);
        await done;
        assert.ok(heard.size <= 1);
    });

    it("should emit only one consecutive volatile event (ws)", async () => {
        const socket = await join();
        const heard = inbox(socket, "volatile-item");
        const done = once(socket, "volatile-done");
        socket.emit("volatile-burst", 100);
        await done;
        assert.ok(heard.size >= 1 && heard.size < 100);
    });
});

describe("middleware", () => {
    it("should pass errors with an object", async () => {
        const error = await refused({ nsp: "/deny" });
        assert.equal(error.message, "denied");
        assert.deepEqual(error.data, { code: 4001, hint: "no way", list: [1, null] });
    });

    it("should only call connection after (lengthy) fns", async () => {
        const started = Date.now();
        const socket = makeClient(main.port, { nsp: "/token", auth: { token: "slow" } });
        await once(socket, "welcome");
        assert.ok(Date.now() - started >= 140);
        assert.deepEqual(await ask(socket, "rooms"), [["token-holders"], true]);
    });

    it("should be ignored if socket gets closed", async () => {
        const tag = fresh("tag");
        const watcher = await join();
        const socket = makeClient(main.port, { nsp: "/token", tag, auth: { token: "slow", tag } });
        await until(() => socket.io.engine?.readyState === "open", "the engine");
        await sleep(30);
        socket.disconnect();
        socket.io.engine.close();
        await sleep(250);
        assert.deepEqual((await ask(watcher, "reasons", tag))[0], []);
    });
});

describe("socket-timeout", () => {
    it("should timeout if the client does not acknowledge the event, or not in time", async () => {
        const socket = await join();
        socket.emit("ask-me", 30, "x");
        assert.deepEqual(await once(socket, "answer-report"), [{ failed: true, values: [] }]);
        socket.on("question", (value, ack) => setTimeout(() => ack(value), 120));
        socket.emit("ask-me", 30, "x");
        assert.deepEqual(await once(socket, "answer-report"), [{ failed: true, values: [] }]);
        await sleep(150);
        assert.deepEqual(await ask(socket, "echo-ack"), []);
    });

    it("should not timeout if the client does acknowledge the event", async () => {
        const socket = await join();
        socket.on("question", (value, ack) => ack(value, 2));
        socket.emit("ask-me", 2000, 1);
        assert.deepEqual(await once(socket, "answer-report"), [{ failed: false, values: [1, 2] }]);
    });
});

describe("utility-methods", () => {
    it("makes all socket instances of a room join and leave, and disconnects them", async () => {
        const [from, to] = [fresh("from"), fresh("to")];
        const [a, b, c] = await several(3);
        await ask(a, "join", from);
        await ask(b, "join", from);
        a.emit("nsp-join", from, [to]);
        const rooms = async (socket) => (await ask(socket, "rooms"))[0];
        await until(async () => (await rooms(b)).includes(to), "the join");
        assert.deepEqual([await rooms(a), await rooms(c)], [[from, to].sort(), []]);
        a.emit("nsp-leave", from, to);
        await until(async () => !(await rooms(b)).includes(to), "the leave");
        const gone = [a, b].map((socket) => once(socket, "disconnect"));
        c.emit("kick-room", from, false);
        for (const [reason] of await Promise.all(gone)) assert.equal(reason, "io server disconnect");
        assert.deepEqual(await ask(c, "echo-ack"), []);
    });
});

describe("protocol violations", () => {
    const violations = {
        "should close the connection when receiving several CONNECT packets": ["40", "40"],
        "should close the connection when receiving an EVENT packet while not connected":
            ['42["some event"]'],
        "should close the connection when receiving an invalid packet": ["40", "4abc"],
    };
    for (const [name, packets] of Object.entries(violations)) {
        it(name, async () => {
            const ws = await openSession(main.port, { join: false });
            ws.text(packets[0]);
            if (packets.length > 1) {
                assert.match(await ws.nextText(), /^40\{"sid":/);
                ws.text(packets[1]);
            }
            assert.equal(await ws.closeCode(), 1005);
            ws.destroy();
        });
    }

    // Two sockets of one namespace, of which the later one is spoken to.
    it("should accept two CONNECT packets before the first is answered", async () => {
        const ws = await openSession(main.port, { join: false });
        ws.socket.write(Buffer.concat([frame(opcodes.text, "40"), frame(opcodes.text, "40")]));
        const ids = [];
        for (let i = 0; i < 2; ++i) ids.push(JSON.parse((await ws.nextText()).slice(2)).sid);
        assert.notEqual(ids[0], ids[1]);
        ws.text('420["whoami"]');
        assert.equal(JSON.parse((await ws.nextText()).slice(3))[0].id, ids[1]);
        ws.text("41");
        await sleep(30);
        ws.text('421["whoami"]');
        assert.equal(await ws.closeCode(), 1005);
        ws.destroy();
    });
});

describe("acknowledgements", () => {
    it("do not count before their question was sent", async () => {
        const ws = await openSession(main.port);
        const question = async () => {
            const [, id] = (await ws.nextText()).match(/^42(\d+)\["question","x"\]$/);
            return Number(id);
        };
        const answered = (value) =>
            `42["answer-report",{"failed":false,"values":["${value}"]}]`;
        ws.text('42["ask-me",2000,"x"]');
        const id = await question();
        ws.text(`43${id}["first"]`);
        assert.equal(await ws.nextText(), answered("first"));
        ws.socket.write(Buffer.concat([frame(opcodes.text, '42["ask-me",2000,"x"]'),
            frame(opcodes.text, `43${id + 1}["guessed"]`)]));
        assert.equal(await question(), id + 1);
        ws.text(`43${id + 1}["second"]`);
        assert.equal(await ws.nextText(), answered("second"));
        ws.destroy();
    });
});

describe("more of socket", () => {
    it("should emit message events through `send`", async () => {
        const socket = await join();
        socket.send("a", { b: 1 });
        assert.deepEqual(await once(socket, "message"), ["a", { b: 1 }]);
    });

    it("should emit events with binary args and callbacks, and receive binary data in ack", async () => {
        const socket = await join();
        const [bytes, empty, count] = await ask(socket, "echo-ack", Buffer.from([1]), Buffer.alloc(0), 3);
        assert.deepEqual([[...bytes], empty.length, count], [[1], 0, 3]);
    });

    it("should handle an empty binary packet", async () => {
        const socket = await join();
        socket.emit("echo", Buffer.alloc(0));
        assert.equal((await once(socket, "echo-back"))[0].length, 0);
    });

    it("should not fire events more than once after manually reconnecting", async () => {
        const socket = await join();
        const heard = inbox(socket, "echo-back");
        socket.disconnect();
        socket.connect();
        await connected(socket);
        socket.emit("echo", "once");
        assert.deepEqual(await heard.next(), ["once"]);
        assert.ok(await heard.silent());
    });
});

describe("dynamic namespaces", () => {
    it("should allow connections to dynamic namespaces with a regex", async () => {
        const socket = await join({ nsp: "/dyn-42" });
        assert.equal((await ask(socket, "whoami"))[0].nsp, "/dyn-42");
    });

    it("should disallow connections when no dynamic namespace matches", async () => {
        assert.equal((await refused({ nsp: "/dyn-x" })).message, "Invalid namespace");
    });

    it("should not share events between two namespaces of one family", async () => {
        const [one, other] = [await join({ nsp: "/dyn-1" }), await join({ nsp: "/dyn-2" })];
        const heard = inbox(other, "cast");
        const own = once(one, "cast");
        one.emit("cast", { mode: "all" }, "for dyn-1");
        assert.deepEqual(await own, ["for dyn-1"]);
        assert.ok(await heard.silent());
    });
});

describe("socket middleware", () => {
    it("should call functions, and let them change the event", async () => {
        const socket = await join();
        socket.emit("rewritten", "x");
        assert.deepEqual(await once(socket, "echo-back"), [{ was: "x" }, "added"]);
    });

    it("should pass errors", async () => {
        const socket = await join();
        socket.emit("forbidden");
        assert.equal((await once(socket, "middleware-error"))[0].message, "forbidden event");
        assert.deepEqual(await ask(socket, "echo-ack", "alive"), ["alive"]);
    });
});
