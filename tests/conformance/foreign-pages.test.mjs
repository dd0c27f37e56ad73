// What a page of another origin may ask of a system's REST while the browser adds the visitor's
// cookies: nothing that changes anything.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { api, skip, startSystem, systemNames } from "./lib/systems.mjs";

const changes = {
    casys: ["/api/game/reset", 200],
    dungeonlab: ["/api/auth/logout", 200],
    eliza: ["/api/messaging/complete", 400],
    fuse: ["/api/auth/logout", 204],
    kaiku: ["/auth/logout", 204],
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
