// Where a server listens: both families, Unix sockets; and real clients that come that way.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import net from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { ask, closeAll, connect, libraries, ways } from "./lib/clients.mjs";
import { fetchRaw } from "./lib/raw-http.mjs";
import { againstNode, startServer } from "./lib/server.mjs";

const noIpv6 = networkInterfaces().lo?.some(({ family }) => family === "IPv6") ? false :
    "no IPv6 here";

afterEach(closeAll);

const reaches = (host, port) => new Promise((resolve) => {
    const socket = net.connect({ host, port });
    socket.once("connect", () => { socket.destroy(); resolve(true); });
    socket.once("error", () => resolve(false));
});

const hosts = [
    { host: "127.0.0.1", v4: true, v6: false },
    { host: "0.0.0.0", v4: true, v6: false },
    { host: "::1", v4: false, v6: true },
    { host: "::", v4: true, v6: true },
    { host: "", v4: true, v6: true },
];

for (const { host, v4, v6 } of hosts) {
    describe(`--host ${JSON.stringify(host)}`, { skip: v6 && noIpv6 }, () => {
        let server;
        before(async () => { server = await startServer("main", { args: ["--host", host] }); });
        after(() => server?.stop());

        it("listens on the expected families", async () => {
            assert.equal(await reaches("127.0.0.1", server.port), v4);
            assert.equal(await reaches("::1", server.port), v6);
        });

        for (const address of [v4 && "127.0.0.1", v6 && "[::1]"].filter(Boolean)) {
            for (const way of ways) {
                it(`serves a client that calls ${address} over ${way.name}`, async () => {
                    const origin = `http://${address}:${server.port}`;
                    const socket = await connect(server.port, { origin, way });
                    assert.deepEqual(await ask(socket, "echo-ack", Buffer.from("hi"), 1),
                        [Buffer.from("hi"), 1]);
                });
            }
        }
    });
}

describe("a Unix socket", () => {
    const folder = mkdtempSync(join(tmpdir(), "hubbub-unix-"));
    const file = join(folder, "s");
    const args = ["--host", `unix:${file}`];
    let server;
    before(async () => { server = await startServer("main", { args }); });
    after(async () => {
        await server?.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    for (const library of libraries) {
        for (const way of ways) {
            it(`serves ${library.name} over ${way.name}`, async () => {
                const agent = new Agent({ socketPath: file, keepAlive: true });
                const socket = await connect(1, { library, way, agent });
                assert.deepEqual(await ask(socket, "echo-ack", "hi", 1), ["hi", 1]);
                closeAll();
                agent.destroy();
            });
        }
    }

    it("is replaced after a crash and removed at the end", {
        skip: againstNode && "Node leaves the file of a crashed process in the way",
    }, async () => {
        await server.kill();
        assert.ok(existsSync(file));
        server = await startServer("main", { args });
        const agent = new Agent({ socketPath: file });
        const socket = await connect(1, { agent });
        assert.deepEqual(await ask(socket, "echo-ack", 1), [1]);
        closeAll();
        await server.stop();
        assert.ok(!existsSync(file));
        server = undefined;
    });
});

it("a port in use is reported and the process ends", async () => {
    const first = await startServer("main");
    try {
        await assert.rejects(startServer("main", { port: first.port }), /in use/);
        assert.equal((await fetchRaw(first.port, "/plain")).text, "plain ok");
    } finally {
        await first.stop();
    }
});
