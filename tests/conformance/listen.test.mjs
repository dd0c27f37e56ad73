// Where a server listens: both families, Unix sockets; and real clients that come that way.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { ask, closeAll, connect, libraries, ways } from "./lib/clients.mjs";
import { until } from "./lib/inbox.mjs";
import { fetchRaw, HttpConnection } from "./lib/raw-http.mjs";
import { againstNode, serverUnderTest, startServer } from "./lib/server.mjs";

const noIpv6 = networkInterfaces().lo?.some(({ family }) => family === "IPv6") ? false :
    "no IPv6 here";

afterEach(closeAll);

const polling = (address, port) => `http://${address}:${port}/socket.io/?EIO=4&transport=polling`;

async function open(address, port) {
    const answer = await fetch(polling(address, port));
    return JSON.parse((await answer.text()).slice(1)).sid;
}

// Whether the server that knows the session is reached there: another program may listen on the
// same port of the other family.
async function reaches(address, port, sid) {
    try {
        const answer = await fetch(`${polling(address, port)}&sid=${sid}`,
            { method: "POST", body: "3" });
        return await answer.text() === "ok";
    } catch {
        return false;
    }
}

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
            const sid = await open(v4 ? "127.0.0.1" : "[::1]", server.port);
            assert.equal(await reaches("127.0.0.1", server.port, sid), v4);
            assert.equal(await reaches("[::1]", server.port, sid), v6);
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

it("without descriptors it says so seldom, however often one comes free", {
    skip: againstNode && "Node says nothing",
}, async () => {
    // So many descriptors that some of the connections below get one, and not all.
    const server = await startServer("main", { command: `prlimit --nofile=64 ${serverUnderTest}` });
    try {
        const served = [];
        for (let i = 0; i < 100; ++i) {
            const connection = new HttpConnection(server.port);
            connection.request("/plain").then(() => served.push(connection), () => {});
        }
        const said = () => server.output.filter((line) => line.includes("can't accept"));
        await until(() => said().length > 0, "the complaint");
        for (let i = 0; i < 10; ++i) {
            await until(() => served.length > i, "one is served");
            const before = served.length;
            served[i].destroy();
            await until(() => served.length > before, "another in its place");
        }
        for (const connection of served) connection.destroy();
        assert.ok(said().length < 4, said().join("\n"));
    } finally {
        await server.stop();
    }
});
