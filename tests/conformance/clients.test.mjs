// Every client library in the field, over every way to connect: the things all of them can do.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Authority } from "./lib/certificates.mjs";
import {
    ask, closeAll, connect, connected, errorEvent, inbox, libraries, makeClient, once, onTransport,
    ways,
} from "./lib/clients.mjs";
import { sleep, until } from "./lib/inbox.mjs";
import { startServer } from "./lib/server.mjs";

const bytes = (...values) => Buffer.from(values);
const same = (actual, expected) => assert.deepEqual(Buffer.from(actual), Buffer.from(expected));

let names = 0;
afterEach(closeAll);

function fresh(prefix) {
    return `${prefix}-${process.pid}-${++names}`;
}

// `here` is {server, reach}: the options with which a client gets to that server.
function scenarios(library, way, here) {
    describe(`${library.name} over ${way.name}`, () => {
        const open = (more = {}) => connect(here.server.port,
            { library, way, ...here.reach, ...more });
        const transport = way.name === "polling" ? "polling" : "websocket";

        it("connects over the transport asked for", async () => {
            const socket = await open({ query: { colour: "blue" } });
            const [self] = await ask(socket, "whoami");
            assert.equal(self.transport, transport);
            assert.equal(self.protocol, library.major >= 3 ? 4 : 3);
            assert.equal(self.id, socket.id);
            assert.equal(self.nsp, "/");
            assert.equal(self.query.colour, "blue");
        });

        it("exchanges text of every kind", async () => {
            const socket = await open();
            const args = ["héllo € 😀 \u0000\u001f\"\\/", 0, -1.5, true, null, [], {},
                { "a b": [1, { c: null }], "": "empty key" }, "x".repeat(20_000)];
            socket.emit("echo", ...args);
            assert.deepEqual(await once(socket, "echo-back"), args);
            assert.deepEqual(await ask(socket, "echo-ack", ...args), args);
        });

        it("exchanges binary, nested and empty", async () => {
            const socket = await open();
            socket.emit("echo", { a: [bytes(1, 2, 255)], b: { c: bytes() } }, "x", bytes(7));
            const [value, text, last] = await once(socket, "echo-back");
            same(value.a[0], [1, 2, 255]);
            same(value.b.c, []);
            same(last, [7]);
            assert.equal(text, "x");
            const [shapes] = await ask(socket, "describe", bytes(1, 2, 3), { k: "é" });
            assert.deepEqual(shapes[0], { bin: 3, adler: 851975 });
            assert.deepEqual(shapes[1], { obj: [["k", { str: 2 }]] });
        });

        it("is asked by the server", async () => {
            const socket = await open();
            socket.on("question", (a, b, ack) => ack(b, a, bytes(9)));
            socket.emit("ask-me", 2000, "one", { two: 2 });
            const [{ failed, values }] = await once(socket, "answer-report");
            assert.equal(failed, false);
            assert.deepEqual(values.slice(0, 2), [{ two: 2 }, "one"]);
            same(values[2], [9]);
        });

        it("reports an unanswered question", async () => {
            const socket = await open();
            socket.emit("ask-me", 50, "anyone?");
            assert.deepEqual(await once(socket, "answer-report"),
                [{ failed: true, values: [] }]);
        });

        it("joins rooms and hears what is sent to them", async () => {
            const room = fresh("room");
            const [a, b, c] = [await open(), await open(), await open()];
            assert.deepEqual(await ask(a, "join", [room, `${room}-2`]), [[room, `${room}-2`]]);
            await ask(b, "join", room);
            const heard = [a, b, c].map((socket) => inbox(socket, "cast"));
            b.emit("cast", { to: room }, "hello", bytes(1, 2));
            const [text, blob] = await heard[0].next();
            assert.equal(text, "hello");
            same(blob, [1, 2]);
            a.emit("cast", { mode: "all", to: [room, `${room}-2`] }, "once each");
            assert.deepEqual(await heard[0].next(), ["once each"]);
            assert.deepEqual(await heard[1].next(), ["once each"]);
            assert.ok(await heard[2].silent());
            assert.deepEqual(await ask(a, "leave", room), [[`${room}-2`]]);
            b.emit("cast", { to: room }, "gone");
            assert.ok(await heard[0].silent());
        });

        it("receives a long burst in order", async () => {
            const socket = await open();
            const items = inbox(socket, "burst-item");
            socket.emit("burst", 500, 40);
            socket.emit("binary-burst", 200, 40);
            const got = await items.take(700);
            assert.deepEqual(got.map(([i]) => i),
                [...Array(500).keys(), ...Array(200).keys()]);
            same(got[699][1], Array.from({ length: 40 }, (_, i) => i));
        });

        it("sends a long burst in order", async () => {
            const socket = await open();
            const items = inbox(socket, "echo-back");
            for (let i = 0; i < 400; ++i) socket.emit("echo", i, i % 3 ? "t" : bytes(i & 255));
            const got = await items.take(400);
            assert.deepEqual(got.map(([i]) => i), [...Array(400).keys()]);
        });

        it("gets the last volatile marker whatever was dropped", async () => {
            const socket = await open();
            const items = inbox(socket, "volatile-item");
            socket.emit("volatile-burst", 50);
            await once(socket, "volatile-done");
            assert.ok(items.size <= 50);
        });

        it("uses several namespaces on one connection", async () => {
            const root = await open();
            const chat = root.io.socket("/chat");
            await connected(chat);
            chat.emit("echo", "in chat");
            assert.deepEqual(await once(chat, "echo-back"), ["in chat"]);
            chat.close();
            assert.deepEqual(await ask(root, "echo-ack", "still here"), ["still here"]);
        });

        it("is told why a namespace refuses it", async () => {
            const socket = makeClient(here.server.port, {
                library, way, nsp: "/deny", ...here.reach,
            });
            const [error] = await once(socket, errorEvent(library));
            const data = { code: 4001, hint: "no way", list: [1, null] };
            if (library.major >= 3) {
                assert.equal(error.message, "denied");
                assert.deepEqual(error.data, data);
            } else {
                assert.deepEqual(error, data);
            }
        });

        it("is told that a namespace does not exist", async () => {
            const socket = makeClient(here.server.port, {
                library, way, nsp: "/nowhere", ...here.reach,
            });
            const [error] = await once(socket, errorEvent(library));
            assert.equal(error.message, "Invalid namespace");
        });

        it("learns why it was disconnected", async () => {
            const tag = fresh("tag");
            const [watcher, kicked] = [await open(), await open({ tag })];
            const [words, end] = [once(kicked, "last-words"), once(kicked, "disconnect")];
            kicked.emit("emit-then-kick", false);
            assert.deepEqual(await words, ["bye"]);
            assert.equal((await end)[0], "io server disconnect");
            const [ends] = await ask(watcher, "reasons", tag);
            assert.equal(ends[0].reason, "server namespace disconnect");
            assert.equal(ends[0].left, 0);
        });

        it("leaves by itself", async () => {
            const tag = fresh("tag");
            const [watcher, leaver] = [await open(), await open({ tag })];
            await ask(leaver, "join", "somewhere");
            leaver.close();
            const ends = await until(async () => {
                const [list] = await ask(watcher, "reasons", tag);
                return list.length && list;
            }, "the end of the socket");
            assert.ok(["client namespace disconnect", "transport close"]
                .includes(ends[0].reason), ends[0].reason);
            assert.deepEqual(ends[0].rooms, ["somewhere"]);
        });
    });
}

for (const secure of [false, true]) {
    describe(secure ? "with TLS" : "without TLS", () => {
        const here = {};
        let authority;
        before(async () => {
            authority = secure ? new Authority() : undefined;
            here.server = await startServer("main", { args: authority?.args });
            const { port } = here.server;
            here.reach = secure ? { origin: `https://127.0.0.1:${port}`, ca: authority.ca } : {};
        });
        after(async () => {
            await here.server?.stop();
            authority?.remove();
        });
        for (const library of libraries) {
            for (const way of ways) scenarios(library, way, here);
        }
    });
}

for (const library of libraries) {
    for (const way of ways) {
        it(`${library.name} over ${way.name} reconnects to a restarted server`, async () => {
            let own = await startServer("main");
            try {
                const socket = makeClient(own.port, {
                    library, way, reconnection: true, reconnectionDelay: 50,
                    reconnectionDelayMax: 100, randomizationFactor: 0,
                });
                await connected(socket);
                if (way.name === "upgrade") await onTransport(socket, "websocket");
                const first = socket.id;
                const lost = once(socket, "disconnect");
                await own.kill();
                assert.ok(["transport close", "transport error"].includes((await lost)[0]));
                socket.emit("echo", "sent while away");
                await sleep(100);
                const back = once(socket, "echo-back", 10_000);
                own = await startServer("main", { port: own.port });
                assert.deepEqual(await back, ["sent while away"]);
                assert.notEqual(socket.id, first);
                closeAll();
            } finally {
                await own.stop();
            }
        });
    }
}
