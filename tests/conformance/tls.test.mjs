// https and wss with real clients that verify the certificate. What clients do over them is in
// clients.test.mjs and engine-clients.test.mjs.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, afterEach, before, describe, it } from "node:test";
import tls from "node:tls";
import { Authority } from "./lib/certificates.mjs";
import { ask, closeAll, connect, libraries, makeClient, once, ways } from "./lib/clients.mjs";
import { until } from "./lib/inbox.mjs";
import { HttpConnection } from "./lib/raw-http.mjs";
import { startServer } from "./lib/server.mjs";

const require = createRequire(import.meta.url);
const WebSocket = require("ws");

let authority;
let server;
before(async () => {
    authority = new Authority();
    server = await startServer("main", { args: authority.args });
});
after(async () => {
    await server?.stop();
    authority?.remove();
});
afterEach(closeAll);

const secured = (more) => ({
    origin: `https://127.0.0.1:${server.port}`, ca: authority.ca, ...more,
});
const open = (more) => connect(server.port, secured(more));

// A verified connection, with what `options` add.
function dial(options = {}) {
    return new Promise((resolve, reject) => {
        const socket = tls.connect({
            host: "127.0.0.1", port: server.port, ca: authority.ca, ...options,
        });
        socket.once("secureConnect", () => resolve(socket));
        socket.once("error", reject);
    });
}

async function certificateName() {
    const socket = await dial();
    const name = socket.getPeerCertificate().subject.CN;
    socket.destroy();
    return name;
}

for (const library of libraries) {
    for (const way of ways) {
        describe(`${library.name} over ${way.name} and TLS`, () => {
            it("is secure in the server's eyes", async () => {
                const [self] = await ask(await open({ library, way }), "whoami");
                assert.equal(self.secure, true);
                assert.equal(self.transport, way.name === "polling" ? "polling" : "websocket");
            });

            it("refuses a server of another authority", async () => {
                const other = new Authority();
                const socket = makeClient(server.port, secured({ library, way, ca: other.ca }));
                other.remove();
                const [error] = await once(socket, "connect_error");
                assert.ok(error instanceof Error);
            });
        });
    }
}

it("eight clients at once keep their order over every way", async () => {
    const sockets = await Promise.all(Array.from({ length: 8 }, (_, i) =>
        open({ way: ways[i % ways.length] })));
    await Promise.all(sockets.map(async (socket, i) => {
        const acks = [];
        for (let k = 0; k < 300; ++k) {
            socket.emit("echo-ack", i, k, k % 2 ? "t".repeat(k) : Buffer.alloc(k, k), (_, n) =>
                acks.push(n));
        }
        await until(() => acks.length === 300, "all acks");
        assert.deepEqual(acks, [...Array(300).keys()]);
    }));
});

it("serves a bare WebSocket and the bundle", async () => {
    const url = `wss://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(url, { ca: authority.ca });
    const first = await new Promise((resolve, reject) => {
        socket.once("message", (data) => resolve(data.toString()));
        socket.once("error", reject);
    });
    assert.match(first, /^0\{"sid":/);
    socket.close();
    const connection = await dial();
    connection.write("GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const chunks = [];
    for await (const chunk of connection) chunks.push(chunk);
    assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 200 OK\r\n[^]*plain ok/);
});

it("speaks TLS 1.3 and 1.2, not 1.1, and HTTP/1.1 by ALPN", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"]) {
        const socket = await dial({
            minVersion: version, maxVersion: version, ALPNProtocols: ["h2", "http/1.1"],
        });
        assert.equal(socket.getProtocol(), version);
        assert.equal(socket.alpnProtocol, "http/1.1");
        socket.destroy();
    }
    const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
    await assert.rejects(dial(old));
    await assert.rejects(dial({ ALPNProtocols: ["h2"] }));
});

it("closes on plain HTTP and goes on", async () => {
    const plain = new HttpConnection(server.port);
    plain.send("/plain");
    await plain.closed;
    assert.equal(plain.answers.size, 0);
    assert.equal(await certificateName(), "first");
});

describe("a new certificate", () => {
    it("is used for new connections while old ones go on", async () => {
        const [polling, websocket] = [await open({ way: ways[0] }), await open()];
        authority.renew("second");
        server.child.kill("SIGHUP");
        await until(async () => await certificateName() === "second", "the new certificate");
        for (const socket of [polling, websocket, await open({ way: ways[2] })]) {
            assert.deepEqual(await ask(socket, "echo-ack", "still here"), ["still here"]);
        }
    });

    it("that is broken changes nothing but the log", async () => {
        writeFileSync(authority.certificateFile, "broken");
        server.child.kill("SIGHUP");
        await until(() => server.output.some((line) => line.includes("certificates not reloaded")),
            "the complaint");
        assert.equal(await certificateName(), "second");
    });
});
