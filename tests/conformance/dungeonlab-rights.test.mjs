// Who may do what at a DungeonLab table, against people who try more.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll } from "./lib/clients.mjs";
import { api, login, Table } from "./lib/dungeonlab.mjs";
import { until } from "./lib/inbox.mjs";
import { skip, temporaryDatabase } from "./lib/systems.mjs";

describe("Rights at DungeonLab", { skip }, () => {
    let table;
    before(async () => {
        table = await Table.open();
    });
    after(() => table?.server.stop());
    afterEach(closeAll);
    const inC = (name) => table.joined(name, "gameSession:join");
    const character = (name) => table.session.characters.find((one) => one.name === name);

    describe("D04 a player who calls their changes the system's", () => {
        const full = async (socket) =>
            (await socket.ask("gameState:requestFull", table.session.id)).data;
        const change = async (socket, operations, source = "system") => {
            const { gameStateId, gameStateVersion: version } = await full(socket);
            return socket.ask("gameState:update",
                { id: "u", gameStateId, version, timestamp: 1, source, operations });
        };
        const add = (path, value) => [{ op: "add", path, value }];

        it("does not reach other players' characters, here and in the library", async () => {
            const [gm, ana] = [await inC("gm"), await inC("ana")];
            assert.equal((await gm.ask("gameState:reinitialize", table.session.id)).success, true);
            const [rill, tove] = ["Rill", "Tove"].map(character);
            const before = await full(gm);
            const heard = gm.said("gameState:updated");
            const [mine, his] = [`/documents/${rill.id}`, `/documents/${tove.id}`];
            const hacked = { name: "Hacked", pluginData: { hp: 0 }, userData: { by: "ana" } };
            for (const operations of [add(his, hacked), add(`${his}/name`, "Hacked"),
                add("", { documents: { [tove.id]: hacked } }), add("/documents", {}),
                add("/campaign/name", "Hers"), add("/pluginData", 1),
                [{ op: "move", from: his, path: "/pluginData/x" }],
                [{ op: "copy", from: mine, path: his }],
                [...add("/pluginData/x", 1), { op: "remove", path: his }]]) {
                const { success, error } = await change(ana, operations);
                assert.deepEqual([success, error?.code], [false, "PERMISSION_DENIED"],
                    JSON.stringify(operations));
            }
            const now = await full(gm);
            assert.deepEqual([now.gameStateVersion, now.gameState],
                [before.gameStateVersion, before.gameState]);
            const own = await change(ana, [...add(`${mine}/pluginData/hp`, 3),
                ...add("/pluginData/log", "Rill is hurt")]);
            assert.equal(own.success, true, JSON.stringify(own));
            const [notice] = await heard.next();
            assert.deepEqual([notice.source, notice.newVersion], ["system", own.newVersion]);
            assert.equal((await change(ana, add("/pluginData/log", ""), "gm")).error.code,
                "PERMISSION_DENIED");
            await gm.ask("gameSession:leave", table.session.id);
            const stored = async ({ id }) => (await ana.ask("document:get", { id })).data;
            await until(async () => (await stored(rill)).pluginData.hp === 3, "hers is kept");
            const { name, pluginData, userData } = await stored(tove);
            assert.deepEqual({ name, pluginData, userData },
                { name: "Tove", pluginData: tove.pluginData, userData: tove.userData });
        });

        it("is the game master all the same, if they are", async () => {
            const gm = await inC("gm");
            const answer = await change(gm, add("/documents/made-here", { name: "Door" }));
            assert.equal(answer.success, true, JSON.stringify(answer));
        });
    });

    it("D07 what is in a document of no campaign is told to its owner's other windows only", async () => {
        const [ana, other, ben, gm] = await Promise.all(["ana", "ana", "ben", "gm"]
            .map((name) => table.seat(name)));
        const [own, ...strange] = [other, ben, gm].map((one) => one.said("document:changed"));
        const { data } = await ana.ask("document:create", { name: "Lamp", documentType: "item",
            pluginId: "p", pluginDocumentType: "gear", pluginData: { text: "x".repeat(2_000) } });
        const change = { id: data.id, data: { state: { lit: true } } };
        assert.equal((await ana.ask("document:update", change)).success, true);
        assert.equal((await ana.ask("document:delete", { id: data.id })).success, true);
        const told = await own.take(3);
        assert.deepEqual(told.map(([notice]) => [notice.action, notice.document?.state]),
            [["created", {}], ["updated", { lit: true }], ["deleted", undefined]]);
        assert.equal(told[1][0].document.pluginData.text.length, 2_000);
        const notice = { documentId: data.id, userId: ana.user.id };
        for (const box of strange) {
            assert.deepEqual(await box.take(3), ["created", "updated", "deleted"]
                .map((action) => [{ action, ...notice }]));
        }
    });

    it("D01 a logout takes the sockets of that login along, and no others", async () => {
        const mine = await login(table.server, "ana");
        const [one, two] = await Promise.all([1, 2].map(() => table.seat("ana", mine)));
        const others = await Promise.all(["ana", "ben"].map((name) => inC(name)));
        await one.ask("gameSession:join", table.session.id);
        const gone = [];
        for (const socket of [one, two]) socket.once("disconnect", (why) => gone.push(why));
        const { status } = await api(table.server, "POST", "/api/auth/logout", mine);
        assert.equal(status, 200);
        await until(() => gone.length === 2, "both are disconnected");
        assert.deepEqual(gone, ["io server disconnect", "io server disconnect"]);
        for (const socket of others) {
            const { success } = await socket.ask("gameState:requestFull", table.session.id);
            assert.equal(success, true);
        }
        const refused = new Promise((resolve) => { one.once("connect_error", resolve); });
        one.connect();
        assert.equal((await refused).message, "Authentication required");
    });

    it("D01 one login too many takes the sockets of the oldest along", async () => {
        const { file, remove } = temporaryDatabase();
        const crowded = await Table.open(file);
        try {
            const [oldest, other] = await Promise.all(["ana", "ben"].map((name) =>
                crowded.joined(name, "gameSession:join")));
            const gone = new Promise((resolve) => { oldest.once("disconnect", resolve); });
            execFileSync("python3", ["-c", "import sqlite3, sys\n"
                + "with sqlite3.connect(sys.argv[1]) as db: db.executemany('INSERT INTO "
                + "dungeonlab_logins (id_hash, user_id, expires_at) VALUES (?, ?, 9e15)', "
                + "((n, sys.argv[2]) for n in range(99)))", file, crowded.people.ana.user.id]);
            await login(crowded.server, "ana");
            assert.equal(await gone, "io server disconnect");
            const { success } = await other.ask("gameState:requestFull", crowded.session.id);
            assert.equal(success, true);
        } finally {
            closeAll();
            await crowded.server.stop();
            remove();
        }
    });
});
