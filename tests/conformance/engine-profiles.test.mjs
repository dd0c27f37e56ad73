// Engine.IO over HTTP where a profile differs: paths, limits, cookies, CORS, compression, heartbeat.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync, inflateSync } from "node:zlib";
import { assertEmpty, assertError, assertOk } from "./lib/engine-answers.mjs";
import { arrived } from "./lib/inbox.mjs";
import { fetchRaw, PollingSession } from "./lib/raw-http.mjs";
import { startServer } from "./lib/server.mjs";

describe("engine over HTTP, other profiles", () => {
    async function withServer(profile, body) {
        const server = await startServer(profile);
        try {
            await body(server.port);
        } finally {
            await server.stop();
        }
    }

    it("strict: own path, no CORS, no old protocol, small limit", () =>
        withServer("strict", async (port) => {
            assert.equal((await fetchRaw(port, "/socket.io/?EIO=4&transport=polling")).status, 404);
            const poll = "/rt/?EIO=4&transport=polling";
            const answer = await fetchRaw(port, poll, { headers: { origin: "http://a.test" } });
            assert.equal(answer.header("access-control-allow-origin"), undefined);
            assert.equal(answer.header("vary"), undefined);
            assertError(await fetchRaw(port, poll, { method: "OPTIONS" }), 2);
            assertError(await fetchRaw(port, poll.replace("4", "3")), 5);
            assertError(await fetchRaw(port, "/rt/?transport=polling"), 5);
            assertError(await fetchRaw(port, poll.replace("4", "04")), 5);
            const one = await new PollingSession(port, { path: "/rt/" }).open();
            assertEmpty(await fetchRaw(port, one.target, { method: "OPTIONS" }), 500);
            assertEmpty(await one.post("4".repeat(1001)), 413);
            assertError(await fetchRaw(port, "/rt/socket.io.js"), 0);
        }));

    it("pollonly: cookie, listed origins, no upgrades", () =>
        withServer("pollonly", async (port) => {
            const poll = "/socket.io/?EIO=4&transport=polling";
            const first = await fetchRaw(port, poll, { headers: { origin: "http://two.test" } });
            const { sid, upgrades } = JSON.parse(first.text.slice(1));
            assert.deepEqual(upgrades, []);
            assert.equal(first.header("set-cookie"),
                `io=${sid}; Path=/; HttpOnly; SameSite=Lax`);
            assert.equal(first.header("access-control-allow-origin"), "http://two.test");
            assert.equal(first.header("vary"), "Origin");
            const post = await fetchRaw(port, `${poll}&sid=${sid}`, { method: "POST", body: "40" });
            assert.equal(post.header("set-cookie"), undefined);
            const foreign = await fetchRaw(port, poll, { headers: { origin: "http://no.test" } });
            assert.equal(foreign.status, 200);
            assert.equal(foreign.header("access-control-allow-origin"), undefined);
            assertError(await fetchRaw(port, "/socket.io/?EIO=4&transport=websocket"), 0);
            const preflight = await fetchRaw(port, poll, {
                method: "OPTIONS",
                headers: { origin: "http://one.test", "access-control-request-method": "POST" },
            });
            assertEmpty(preflight, 204);
            assert.equal(preflight.header("access-control-allow-methods"), "GET,POST");
            assert.equal(preflight.header("access-control-allow-headers"), "x-probe");
            assert.equal(preflight.header("access-control-max-age"), "600");
            assert.equal(preflight.header("vary"), "Origin");
        }));

    it("wsonly: polling is unknown", () => withServer("wsonly", async (port) => {
        assertError(await fetchRaw(port, "/socket.io/?EIO=4&transport=polling"), 0);
    }));

    it("deflate: compresses long answers as asked", () => withServer("deflate", async (port) => {
        const one = await new PollingSession(port).open();
        await one.join();
        const echo = async (size, encoding) => {
            await one.post(`42["echo","${"x".repeat(size)}"]`);
            return fetchRaw(port, one.target, { headers: { "accept-encoding": encoding } });
        };
        const expected = `42["echo-back","${"x".repeat(300)}"]`;
        const zipped = await echo(300, "gzip, deflate, br");
        assert.equal(zipped.header("content-encoding"), "gzip");
        assert.equal(zipped.header("vary"), "Origin");
        assert.equal(gunzipSync(zipped.bytes).toString(), expected);
        const deflated = await echo(300, "deflate");
        assert.equal(deflated.header("content-encoding"), "deflate");
        assert.equal(inflateSync(deflated.bytes).toString(), expected);
        for (const encoding of ["br", "identity", "gzip;q=0"]) {
            const plain = await echo(300, encoding);
            assert.equal(plain.header("content-encoding"), undefined, encoding);
            assert.equal(plain.text, expected);
        }
        assert.equal((await echo(20, "gzip")).header("content-encoding"), undefined);
    }));

    it("fast: pings, and gives up those who do not answer", () =>
        withServer("fast", async (port) => {
            const one = await new PollingSession(port).open();
            assert.match(one.handshake.text, /"pingInterval":300,"pingTimeout":200/);
            await one.join();
            assert.equal((await one.get()).text, "2");
            assertOk(await one.post("3"));
            assert.equal((await one.get()).text, "2");
            const end = await one.get();
            assert.equal(end.text, "1");
            assertError(await one.get(), 1);
        }));

    it("fast: a session that joins nothing is closed", () => withServer("fast", async (port) => {
        const one = await new PollingSession(port).open();
        assert.equal((await one.get()).text, "2");
        assertOk(await one.post("3"));
        assert.equal((await one.get()).text, "1");
    }));

    it("eio-echo: what stands before an invalid packet is processed", () =>
        withServer("eio-echo", async (port) => {
            const one = await new PollingSession(port, { path: "/engine.io/" }).open();
            const parked = one.park();
            await arrived();
            assertOk(await one.post("4first\x1e4second\x1e7\x1e4never"));
            const { text } = await parked.answers.next();
            // The reference flushes at once; gathering both packets in one answer is as good.
            assert.ok(["4first", "4first\x1e4second"].includes(text), text);
            assertError(await one.get(), 1);
            parked.destroy();
        }));
});
