// engine.io-client 6 and 3 as people use them: without Socket.IO, over every transport and TLS.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, afterEach, before, describe, it } from "node:test";
import { Authority } from "./lib/certificates.mjs";
import { ways } from "./lib/clients.mjs";
import { Inbox } from "./lib/inbox.mjs";
import { usual } from "./lib/patience.mjs";
import { startServer } from "./lib/server.mjs";

const require = createRequire(import.meta.url);
const clients = [
    { name: "engine.io-client 6", protocol: 4, make: require("engine.io-client").Socket },
    { name: "engine.io-client 3", protocol: 3, make: require("engine.io-client-3").Socket },
];

const opened = new Set();
afterEach(() => {
    for (const client of opened) client.close();
    opened.clear();
});

function event(client, name, ms = usual) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ${name}`)), ms);
        client.once(name, (...args) => { clearTimeout(timer); resolve(args); });
    });
}

function make(client, origin, way, options = {}) {
    const socket = new client.make(origin, { transports: [...way.transports], ...options });
    socket.inbox = new Inbox();
    socket.on("message", (data) => socket.inbox.push(data));
    socket.on("error", () => {});
    opened.add(socket);
    return socket;
}

// Opened and, where the way is an upgrade, on its WebSocket.
async function open(client, origin, way, options) {
    const socket = make(client, origin, way, options);
    await event(socket, "open");
    if (way.name === "upgrade") await event(socket, "upgrade");
    return socket;
}

for (const secure of [false, true]) {
    describe(secure ? "with TLS" : "without TLS", () => {
        let authority;
        let server;
        let origin;
        before(async () => {
            authority = secure ? new Authority() : undefined;
            server = await startServer("eio-echo", { args: authority?.args });
            origin = `${secure ? "https" : "http"}://127.0.0.1:${server.port}`;
        });
        after(async () => {
            await server?.stop();
            authority?.remove();
        });

        for (const client of clients) {
            for (const way of ways) {
                const connect = () => open(client, origin, way, { ca: authority?.ca });

                describe(`${client.name} over ${way.name}`, () => {
                    it("opens over the transport asked for", async () => {
                        const socket = await connect();
                        assert.match(socket.id, /^[A-Za-z0-9_-]{20}$/);
                        assert.equal(socket.transport.name,
                            way.name === "polling" ? "polling" : "websocket");
                    });

                    it("exchanges text of every kind", async () => {
                        const socket = await connect();
                        for (const text of ["a", "héllo € 😀 \u0000\u001f\"\\/", "3:4x",
                            "x".repeat(50_000)]) {
                            socket.send(text);
                            assert.equal(await socket.inbox.next(), text);
                        }
                    });

                    it("exchanges binary, empty and long", async () => {
                        const socket = await connect();
                        for (const bytes of [Buffer.from([0, 1, 2, 255]), Buffer.alloc(0),
                            Buffer.alloc(50_000, 7)]) {
                            socket.send(bytes);
                            assert.deepEqual(Buffer.from(await socket.inbox.next()), bytes);
                        }
                    });

                    it("keeps the order of a long mixed burst", async () => {
                        const socket = make(client, origin, way, { ca: authority?.ca });
                        await event(socket, "open");  // an upgrade falls into the burst
                        const sent = Array.from({ length: 400 }, (_, i) =>
                            (i % 3 ? `text ${i}` : Buffer.from(`binary ${i}`)));
                        for (const data of sent) socket.send(data);
                        const got = await socket.inbox.take(sent.length, 2 * usual);
                        assert.deepEqual(got.map(String), sent.map(String));
                    });

                    it("closes", async () => {
                        const socket = await connect();
                        const closed = event(socket, "close");
                        socket.close();
                        assert.equal((await closed)[0], "forced close");
                    });
                });
            }
        }
    });
}

describe("engine.io-client 6 and a server with conditions", () => {
    let server;
    const [client] = clients;
    const origin = () => `http://127.0.0.1:${server.port}`;
    before(async () => { server = await startServer("eio-client-suite"); });
    after(() => server?.stop());

    for (const way of ways) {
        it(`is greeted and served over ${way.name}`, async () => {
            const socket = await open(client, origin(), way);
            assert.equal(await socket.inbox.next(), "hi");
            socket.send("give binary");
            assert.deepEqual([...Buffer.from(await socket.inbox.next())], [0, 1, 2, 3, 4]);
            socket.send("give utf8");
            assert.equal(await socket.inbox.next(), "пойду спать всем спокойной ночи");
        });

        it(`is refused over ${way.name}`, async () => {
            const socket = make(client, origin(), way, { query: { deny: 1 } });
            const [error] = await event(socket, "error");
            assert.ok(error instanceof Error);
        });
    }
});
