// SIGTERM with clients connected: they get what was queued for them, and go to the next server by
// themselves. Node's server has nothing like it.
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { ask, closeAll, connect, connected, inbox, libraries, makeClient, ways }
    from "./lib/clients.mjs";
import { until } from "./lib/inbox.mjs";
import { againstNode, startServer } from "./lib/server.mjs";

const skip = againstNode ? "drain() is ours" : false;

describe("a drained server", { skip }, () => {
    let servers = [];
    const start = async (port = 0) => {
        const server = await startServer("main", { port, args: ["--drain"] });
        servers.push(server);
        return server;
    };
    afterEach(async () => {
        closeAll();
        await Promise.all(servers.map((server) => server.stop()));
        servers = [];
    });

    // Resolves with the reason of its end; it may reconnect afterwards.
    const ended = (socket) => new Promise((resolve) => { socket.once("disconnect", resolve); });

    const reconnecting = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 100 };

    it("ends with exit code 0 and 'transport close', after which all come back by themselves",
        async () => {
            const server = await start();
            const sockets = await Promise.all(libraries.flatMap((library) => ways.map((way) =>
                connect(server.port, { library, way, ...reconnecting }))));
            const reasons = Promise.all(sockets.map(ended));
            await server.stop();
            assert.deepEqual(new Set(await reasons), new Set(["transport close"]));
            const again = await start(server.port);
            await until(() => sockets.every((socket) => socket.connected), "all are back");
            assert.deepEqual(await ask(sockets[0], "echo-ack", "here"), ["here"]);
            assert.equal(again.port, server.port);
        });

    for (const way of ways) {
        it(`delivers what was queued, over ${way.name}`, async () => {
            const server = await start();
            const socket = await connect(server.port, { way });
            const items = inbox(socket, "burst-item");
            const end = ended(socket);
            socket.emit("burst", 300, 20_000);
            await items.next();
            await server.stop();
            assert.equal(await end, "transport close");
            const rest = await items.take(299);
            assert.deepEqual(rest.map(([i]) => i), Array.from({ length: 299 }, (_, i) => i + 1));
        });
    }

    it("ends in the middle of an upgrade", async () => {
        const server = await start();
        const socket = makeClient(server.port, { way: ways[2] });
        const upgrading = new Promise((resolve) => {
            socket.io.once("open", () => socket.io.engine.once("upgrading", resolve));
        });
        await connected(socket);
        await upgrading;
        const end = ended(socket);
        await server.stop();
        assert.match(await end, /^transport (close|error)$/);
    });
});
