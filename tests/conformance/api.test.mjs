// The API as a Node program uses it: listeners on sockets, rooms' events, dynamic namespaces, conn.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { ask, closeAll, connect, inbox, makeClient, once, ways } from "./lib/clients.mjs";
import { until } from "./lib/inbox.mjs";
import { startServer } from "./lib/server.mjs";

let server;
let port;
let names = 0;

before(async () => {
    server = await startServer("api");
    port = server.port;
});
after(() => server?.stop());
afterEach(closeAll);

const fresh = (prefix) => `${prefix}-${++names}.`;
// What the server noted about `needle`, once there are `count` lines.
const traced = (socket, needle, count) => until(async () => {
    const [lines] = await ask(socket, "trace", needle);
    return lines.length >= count && lines;
}, `${count} lines about ${needle}`);
// Node runs the listeners to any event of one read before the handlers of that read: a registration
// counts once it was answered.
const settled = (socket) => ask(socket, "log");
const logOf = async (socket) => (await ask(socket, "log"))[0];

describe("listeners of one socket", () => {
    it("on, once, off", async () => {
        const socket = await connect(port);
        const heard = inbox(socket, "heard");
        socket.emit("on", "x");
        socket.emit("once", "x");
        await settled(socket);
        assert.deepEqual(await ask(socket, "count", "x"), [2, 0, 0]);
        socket.emit("x", 1, "two");
        socket.emit("x");
        assert.deepEqual(await heard.take(3),
            [["on", "x", 1, "two"], ["once", "x", 1, "two"], ["on", "x"]]);
        socket.emit("off", "x");
        await settled(socket);
        socket.emit("x");
        assert.deepEqual(await ask(socket, "count", "x"), [0, 0, 0]);
        assert.equal(heard.size, 0);
    });

    it("are nobody else's", async () => {
        const [a, b] = [await connect(port), await connect(port)];
        a.emit("on", "x");
        await settled(a);
        const heard = inbox(b, "heard");
        b.emit("x");
        await settled(b);
        assert.equal(heard.size, 0);
    });

    it("onAny, prependAny, offAny", async () => {
        const socket = await connect(port);
        socket.emit("any", "second");
        socket.emit("any-first", "first");
        await settled(socket);
        socket.emit("x1", 1, 2);
        socket.emit("x2", () => {});
        assert.deepEqual(await logOf(socket),
            ["first x1 2", "second x1 2", "first x2 0", "second x2 0"]);
        assert.deepEqual(await ask(socket, "count", "x"), [0, 2, 0]);
        socket.emit("any-off");
        await settled(socket);
        socket.emit("x3");
        assert.deepEqual(await logOf(socket), []);
    });

    it("onAny comes before a middleware's refusal", async () => {
        const socket = await connect(port);
        socket.emit("any", "any");
        socket.emit("on", "x-no");
        socket.emit("refuse", "x-no");
        await settled(socket);
        const heard = inbox(socket, "heard");
        socket.emit("x-no", 1);
        assert.deepEqual(await once(socket, "middleware-error"), ["refused x-no"]);
        assert.deepEqual(await logOf(socket), ["any x-no 1"]);
        assert.equal(heard.size, 0);
    });

    it("onAnyOutgoing hears unicasts and broadcasts, no acks", async () => {
        const [a, b] = [await connect(port), await connect(port)];
        a.emit("out", "second");
        a.emit("out-first", "first");
        await settled(a);
        a.emit("emit", "x-mine", 1);
        await once(a, "x-mine");
        b.emit("broadcast", "x-all", Buffer.from("ab"), 2);
        await once(a, "x-all");
        assert.deepEqual(await logOf(a),
            ["first x-mine 1", "second x-mine 1", "first x-all 2", "second x-all 2"]);
        assert.deepEqual(await logOf(b), []);
        assert.deepEqual(await ask(a, "count", "x"), [0, 0, 2]);
        a.emit("out-off");
        await settled(a);
        a.emit("emit", "x-mine");
        await once(a, "x-mine");
        assert.deepEqual(await logOf(a), []);
    });
});

describe("rooms", () => {
    it("are announced as they come and go", async () => {
        const room = fresh("room");
        const [watcher, a, b] = await Promise.all([1, 2, 3].map(() => connect(port)));
        await ask(a, "join", room);
        await ask(b, "join", room);
        await ask(b, "join", room);
        await ask(a, "leave", room);
        await ask(a, "leave", room);
        b.disconnect();
        assert.deepEqual(await traced(watcher, room, 6), [`create ${room}`, `join ${room}`,
            `join ${room}`, `leave ${room}`, `leave ${room}`, `delete ${room}`]);
    });

    it("of the own id are announced, too", async () => {
        const watcher = await connect(port);
        const socket = await connect(port);
        const id = socket.id;
        socket.disconnect();
        assert.deepEqual(await traced(watcher, id, 4),
            [`create ${id}`, `join ${id} own`, `leave ${id} own`, `delete ${id}`]);
    });
});

describe("dynamic namespaces", () => {
    it("go with their last socket and come again", async () => {
        const nsp = `/child-${fresh("n")}`;
        const watcher = await connect(port);
        const [a, b] = [await connect(port, { nsp }), await connect(port, { nsp })];
        a.disconnect();
        assert.deepEqual(await ask(b, "trace", nsp), [[`new ${nsp}`]]);
        const tag = fresh("tag");
        const last = await connect(port, { nsp, tag });
        b.disconnect();
        last.disconnect();
        await traced(watcher, `left ${tag}`, 1);
        await connect(port, { nsp });
        assert.deepEqual(await traced(watcher, nsp, 2), [`new ${nsp}`, `new ${nsp}`]);
    });

    it("go when their only candidate is refused", async () => {
        const nsp = `/child-${fresh("n")}`;
        const watcher = await connect(port);
        for (let i = 1; i <= 2; ++i) {
            const refused = makeClient(port, { nsp, auth: { no: "x" } });
            const [error] = await once(refused, "connect_error");
            assert.equal(error.message, "no");
            assert.equal((await traced(watcher, nsp, i)).length, i);
        }
    });

    it("hear their parent", async () => {
        const main = await connect(port);
        const children = await Promise.all([1, 2].map(
            () => connect(port, { nsp: `/child-${fresh("n")}` })));
        const heard = children.map((socket) => once(socket, "to-all"));
        main.emit("parent-emit", 1, "two");
        assert.deepEqual(await Promise.all(heard), [[1, "two"], [1, "two"]]);
    });

    it("may be made while the server runs", async () => {
        const nsp = `/late-${fresh("n")}`;
        const main = await connect(port);
        const early = makeClient(port, { nsp });
        const [error] = await once(early, "connect_error");
        assert.equal(error.message, "Invalid namespace");
        await ask(main, "late-namespace", nsp);
        const late = makeClient(port, { nsp });
        assert.deepEqual(await once(late, "hello"), [nsp]);
    });
});

describe("conn", () => {
    for (const way of ways) {
        it(`tells transport and protocol by ${way.name}`, async () => {
            const socket = await connect(port, { way });
            const [conn] = await ask(socket, "conn");
            assert.deepEqual(conn, {
                transport: way.name === "polling" ? "polling" : "websocket",
                protocol: 4, path: "/socket.io/", clients: true, server: true,
            });
        });
    }

    it("tells of the upgrade", async () => {
        const socket = makeClient(port, { way: ways[2] });
        assert.deepEqual(await once(socket, "moved"), ["websocket"]);
    });

    it("tells of the end", async () => {
        const tag = fresh("tag");
        const [watcher, socket] = [await connect(port), await connect(port, { tag })];
        socket.io.engine.close();
        const lines = await traced(watcher, tag, 2);
        assert.deepEqual(lines.sort(), [`conn ${tag} transport close`,
            `left ${tag} transport close 0`]);
    });
});

describe("the end of a socket", () => {
    it("disconnecting sees the rooms and reaches them", async () => {
        const tag = fresh("tag");
        const [watcher, socket] = [await connect(port), await connect(port, { tag })];
        await ask(socket, "join", fresh("room"));
        const heard = once(watcher, "leaving");
        socket.disconnect();
        assert.deepEqual(await heard, [tag, 2]);
        assert.deepEqual(await traced(watcher, `left ${tag}`, 1),
            [`left ${tag} client namespace disconnect 0`]);
    });

    for (const close of [false, true]) {
        it(`disconnect(${close}) by the server`, async () => {
            const tag = fresh("tag");
            const [watcher, socket] = [await connect(port), await connect(port, { tag })];
            const gone = once(socket, "disconnect");
            socket.emit("end", close);
            assert.equal((await gone)[0], "io server disconnect");
            assert.deepEqual(await traced(watcher, `left ${tag}`, 1),
                [`left ${tag} server namespace disconnect 0`]);
        });
    }
});
