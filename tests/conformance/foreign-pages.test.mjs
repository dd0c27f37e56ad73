// What a page of another origin may ask of a system's REST while the browser adds the visitor's
// cookies: nothing that changes anything. And pages that pretend to be of our own.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { fetchRaw } from "./lib/raw-http.mjs";
import { api, skip, startSystem, systemNames } from "./lib/systems.mjs";

const changes = {
    casys: ["/api/game/reset", 200],
    dungeonlab: ["/api/auth/logout", 200],
    eliza: ["/api/messaging/complete", 400],
    fuse: ["/api/auth/logout", 204],
    kaiku: ["/auth/logout", 204],
};

// Where its sockets are, and the answer to one without a token.
const socketIo = ["/socket.io/?EIO=4&transport=websocket", 101];
const sockets = {
    casys: ["/ws/game", 101],
    dungeonlab: socketIo,
    eliza: socketIo,
    fuse: ["/api/ws", 101],
    kaiku: ["/ws", 401],
};

describe("pages of other origins", { skip }, () => {
    for (const name of systemNames) {
        it(`${name} lets them change nothing`, async (t) => {
            const server = await startSystem(name);
            t.after(() => server.stop());
            const [path, usual] = changes[name];
            const post = async (origin) =>
                (await api(server, "POST", path, undefined, origin ? { origin } : {})).status;
            assert.equal(await post("https://elsewhere.example"), 403);
            assert.equal(await post("null"), 403);
            assert.equal(await post(`https://localhost.elsewhere.example:${server.port}`), 403);
            assert.equal(await post(server.url), usual, "its own page");
            assert.equal(await post("http://localhost:5173"), usual, "a frontend of the demo");
            assert.equal(await post(undefined), usual, "no page");
            const read = await fetch(`${server.url}/health`,
                { headers: { origin: "https://elsewhere.example" } });
            assert.equal(read.status, 200);
        });
    }

    // A page of a name that was made to point to this machine: for the browser it is our own.
    for (const name of systemNames) {
        it(`${name} is not for hosts of another name`, async (t) => {
            const server = await startSystem(name);
            t.after(() => server.stop());
            const [socket, answer] = sockets[name];
            const statuses = async (host) => {
                const upgrade = { connection: "Upgrade", upgrade: "websocket",
                    "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" };
                const all = [];
                for (const [path, headers] of [["/health"], ["/"], [changes[name][0]],
                    [socket, upgrade]]) {
                    all.push((await fetchRaw(server.port, path,
                        { headers: { host, origin: `http://${host}`, ...headers } })).status);
                }
                return all;
            };
            const rebound = await statuses(`evil.example:${server.port}`);
            assert.deepEqual(rebound, [421, 421, 421, 421]);
            const own = await statuses(`localhost:${server.port}`);
            assert.deepEqual([own[0], own[1], own[3]], [200, 200, answer]);
            assert.deepEqual(await statuses(`127.0.0.1:${server.port}`), own);
        });
    }

    it("a server behind a proxy is for the hosts that are named", async (t) => {
        const server = await startSystem("casys", { args: ["--allowed-hosts", ".game.example"] });
        t.after(() => server.stop());
        const status = async (host) =>
            (await fetchRaw(server.port, "/health", { headers: { host } })).status;
        assert.equal(await status("www.game.example"), 200);
        assert.equal(await status("localhost"), 421);
    });

    // A GET by which clients find the direct channel of two, and make it if there is none.
    it("eliza lets them make no channel by reading", async (t) => {
        const server = await startSystem("eliza");
        t.after(() => server.stop());
        const path = (user) => `/api/messaging/dm-channel?currentUserId=${user}`
            + "&targetUserId=e11a0000-1966-4d0c-8000-000000000001";
        const find = async (headers, user = randomUUID()) =>
            (await api(server, "GET", path(user), undefined, headers)).status;
        const elsewhere = "https://elsewhere.example";
        for (const headers of [
            { origin: elsewhere },
            { origin: "null" },
            { referer: `${elsewhere}/page` },
            { "sec-fetch-site": "cross-site" },  // an image, say
            { "sec-fetch-site": "cross-site", referer: `${elsewhere}/page` },
        ]) {
            assert.equal(await find(headers), 403, JSON.stringify(headers));
        }
        for (const headers of [
            {},
            { origin: server.url },
            { origin: "http://localhost:5173" },
            { referer: `${server.url}/chat` },
            { "sec-fetch-site": "same-origin", referer: `${server.url}/chat` },
            { "sec-fetch-site": "none" },
        ]) {
            assert.equal(await find(headers), 200, JSON.stringify(headers));
        }
        const known = randomUUID();
        assert.equal(await find({}, known), 200);
        assert.equal(await find({ origin: elsewhere }, known), 200, "it is there");
        let status = 200;
        for (let made = 0; made < 1000 && status === 200; made++) status = await find({});
        assert.equal(status, 429, "as many as other changes");
        assert.equal(await find({}, known), 200);
    });
});
