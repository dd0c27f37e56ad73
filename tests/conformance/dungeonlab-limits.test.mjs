// What one person may make DungeonLab keep, and hand out.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll } from "./lib/clients.mjs";
import { Table } from "./lib/dungeonlab.mjs";
import { skip } from "./lib/systems.mjs";

describe("DungeonLab's limits", { skip }, () => {
    let table;
    before(async () => {
        table = await Table.open();
    });
    after(() => table?.server.stop());
    afterEach(closeAll);
    const call = (...args) => table.call(...args);

    it("D07 nobody stores without bounds", async () => {
        const ana = await table.joined("ana", "gameSession:join");
        const lamp = { name: "x", documentType: "item", pluginId: "p", pluginDocumentType: "gear" };
        const { id } = (await ana.ask("document:create", lamp)).data;
        const bag = (bytes) => ({ t: "x".repeat(bytes) });
        const change = async (data) => (await ana.ask("document:update", { id, data })).error;
        assert.equal(await change({ pluginData: bag(200_000) }), undefined);
        assert.equal(await change({ state: bag(200_000) }), "The document would become too large");
        assert.equal(await change({ name: "n".repeat(201) }), "Invalid document");
        assert.equal(await change({ slug: "n".repeat(200) }), undefined);
        assert.equal((await ana.ask("document:delete", { id })).success, true);
        const pc = { ...lamp, documentType: "character", campaignId: table.session.campaignId };
        const made = await Promise.all(Array(100).fill().map(() => ana.ask("document:create", pc)));
        const few = made.filter((one) => one.success);
        assert.deepEqual([few.length, made[99].error], [99, "Too many characters"]);  // Rill is one
        await Promise.all(few.map((one) => ana.ask("document:delete", { id: one.data.id })));
        const patch = (body) => call("PATCH", "/api/auth/me", "ana", body);
        for (const key of ["preferences", "profile"]) {
            assert.equal((await patch({ [key]: bag(65_536 - 8) })).status, 200);
            assert.equal((await patch({ [key]: bag(65_536 - 7) })).status, 400);
            assert.equal((await patch({ [key]: {} })).status, 200);
        }
        const heard = ana.said("chat");
        const say = (note, text) => ana.emit("chat",
            { recipient: { type: "session", id: table.session.id }, note }, text);
        say("x".repeat(8192), "too much beside it");
        say("x".repeat(8000), "enough beside it");
        assert.equal((await heard.next())[1], "enough beside it");
        const seed = await table.joined("ben", "join-session");
        assert.equal((await seed.ask("chat-message", { message: "x", metadata: bag(8192) })).error,
            "Chat metadata is too long");
    });

    it("D08 a campaign has so many sessions; one that has ended makes place", async () => {
        const open = (name) => call("POST", "/api/game-sessions", "gm",
            { name, campaignId: table.session.campaignId });
        const list = async () => (await call("GET", "/api/game-sessions", "gm")).json.data;
        const before = await list();
        const ended = before.filter((one) => one.status === "ended").length;
        const made = [];
        for (let i = before.length; i < 100 + ended; ++i) made.push((await open("n".repeat(200))).json.data);
        assert.ok(made.every((one) => one?.id));
        const full = await open("one more");
        assert.deepEqual([full.status, full.json],
            [400, { success: false, error: "Too many sessions, end one first" }]);
        assert.equal((await list()).length, 100);
        const gm = await table.seat("gm");
        for (const { id } of made) assert.equal((await gm.ask("gameSession:end", id)).success, true);
        assert.equal((await open("one more")).status, 201);
        const left = new Set((await list()).map((one) => one.id));
        const [gone, ...others] = made.filter((one) => !left.has(one.id));
        assert.deepEqual([left.size, others, left.has(table.session.id)], [100, [], true]);
        assert.equal((await call("GET", `/api/game-sessions/${gone.id}`, "gm")).status, 404);
        assert.equal((await gm.ask("gameSession:join", gone.id)).error, "Session not found");
        assert.equal((await open("n".repeat(201))).status, 400);
    });
});
