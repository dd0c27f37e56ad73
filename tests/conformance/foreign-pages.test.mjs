// What a page of another origin may ask of a system's REST while the browser adds the visitor's
// cookies: nothing that changes anything.
import assert from "node:assert/strict";
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
});
