// SIGTERM with clients connected: they get what was queued for them, and go to the next server by
// themselves. Node's server has nothing like it.
import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

    for (const end of ["drained", "closed"]) {
        it(`keeps sessions in a file when it is ${end}: the next server brings back what was missed`,
            async () => {
                const folder = await mkdtemp(join(tmpdir(), "hubbub-recovery-"));
                const file = join(folder, "state");
                const run = async (port) => {
                    const args = ["--recovery-file", file];
                    if (end === "drained") args.push("--drain");
                    const server = await startServer("recovery", { port, args });
                    servers.push(server);
                    return server;
                };
                const first = await run(0);
                const clients = await Promise.all(ways.map((way) =>
                    connect(first.port, { library: libraries[0], way })));
                const sender = await connect(first.port);
                const heard = clients.map((socket) => inbox(socket, "cast"));
                for (const [i, socket] of clients.entries()) {
                    await ask(socket, "join", "room");
                    await ask(socket, "set-data", { number: i });
                }
                sender.emit("cast", { to: "room" }, "before");
                for (const box of heard) assert.equal((await box.next())[0], "before");
                const ids = clients.map((socket) => socket.id);
                for (const socket of clients) socket.io.engine.close();
                const stays = await connect(first.port);
                await ask(stays, "join", "room");
                heard.push(inbox(stays, "cast"));
                const itsId = stays.id;
                await ask(sender, "echo-ack");
                sender.emit("cast", { to: "room" }, "missed", Buffer.from([0, 255]));
                await ask(sender, "echo-ack");
                await first.stop();
                assert.equal((await stat(file)).mode & 0o777, 0o600);

                const second = await run(first.port);
                await assert.rejects(stat(file));
                stays.connect();
                await connected(stays);
                assert.deepEqual([stays.recovered, stays.id], [true, itsId]);
                assert.equal((await heard.at(-1).next())[0], "missed");  // before the end
                for (const [i, socket] of clients.entries()) {
                    socket.connect();
                    await connected(socket);
                    assert.equal(socket.recovered, true);
                    assert.equal(socket.id, ids[i]);
                    const [text, bytes] = await heard[i].next();
                    assert.equal(text, "missed");
                    assert.deepEqual([...bytes], [0, 255]);
                    assert.deepEqual(await ask(socket, "rooms"), [["room"], true]);
                    assert.deepEqual(await ask(socket, "get-data"), [{ number: i }]);
                }
                const other = await connect(second.port);
                other.emit("cast", { to: "room" }, "live");
                for (const box of heard) assert.equal((await box.next())[0], "live");
                closeAll();
                await rm(folder, { recursive: true });
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
