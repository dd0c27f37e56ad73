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

    it("D03 shows a player under their own name or that of their character only", async () => {
        const [gm, ben] = [await inC("gm"), await inC("ben")];
        const heard = gm.said("chat");
        const tove = character("Tove");
        const shown = async (socket, sender) => {
            socket.emit("chat", { sender, recipient: { type: "session", id: table.session.id } }, "x");
            return (await heard.next())[0].sender.name;
        };
        for (const [name, seen] of [["Mo (game master)", "Ben"], ["Mo", "Ben"], ["Rill", "Ben"],
            ["Ben\u202e", "Ben"], [undefined, "Ben"], ["Ben", "Ben"], ["ben", "ben"],
            ["Tove", "Tove"]]) {
            assert.equal(await shown(ben, { type: "user", name }), seen);
        }
        assert.equal(await shown(ben, { type: "actor", id: tove.id, name: "Mo" }), "Tove");
        assert.equal(await shown(gm, { type: "user", name: "The innkeeper" }), "The innkeeper");
        assert.equal(await shown(gm, { type: "system", id: "system", name: "Fate" }), "Fate");
        const box = gm.said("message");
        const envelope = async (data) => {
            await ben.ask("message", { id: "m", type: "chat", recipient: "all", data });
            return (await box.next())[0].data.displayName;
        };
        assert.equal(await envelope({ content: "x", displayName: "Mo" }), "Ben");
        assert.equal(await envelope({ content: "x", displayName: "Tove" }), "Tove");
        assert.equal(await envelope({ content: "x" }), undefined);
    });

    describe("D02 who has no right to be at the table any more", () => {
        const { file, remove } = temporaryDatabase();
        let other;
        before(async () => {
            other = await Table.open(file);
        });
        after(async () => {
            await other?.server.stop();
            remove();
        });
        const own = (name) => other.session.characters
            .find((one) => one.ownerId === other.people[name].user.id).id;
        const say = (socket, text) => socket.emit("chat",
            { recipient: { type: "session", id: other.session.id } }, text);

        it("leaves it with their last character, and the others are told", async () => {
            const [gm, ana, second, ben] = [await other.joined("gm", "gameSession:join"),
                await other.joined("ana", "gameSession:join"),
                await other.joined("ana", "joinSession", own("ana")),
                await other.joined("ben", "join-session")];
            const left = { gm: gm.said("gameSession:left"), ben: ben.said("user-left") };
            const heard = { ana: ana.said("chat"), second: second.said("chat"), gm: gm.said("chat") };
            const spare = await ana.ask("document:create", { name: "Spare", pluginId: "p",
                documentType: "character", pluginDocumentType: "pc",
                campaignId: other.session.campaignId });
            assert.equal((await ana.ask("document:delete", { id: own("ana") })).success, true);
            say(gm, "she has another one");
            for (const box of Object.values(heard)) {
                assert.equal((await box.next())[1], "she has another one");
            }
            assert.equal((await ana.ask("document:delete", { id: spare.data.id })).success, true);
            const [notice] = await left.gm.next();
            assert.deepEqual([notice.sessionId, notice.userId], [other.session.id, ana.user.id]);
            const [{ members }] = await left.ben.next();
            assert.deepEqual(members.map((one) => one.userName).sort(), ["Ben", "Mo"]);
            say(gm, "without her");
            assert.equal((await heard.gm.next())[1], "without her");
            for (const socket of [ana, second]) await socket.ask("document:get", { id: "none" });
            assert.deepEqual([heard.ana.size, heard.second.size, left.gm.size], [0, 0, 0]);
            assert.equal((await ana.ask("gameSession:join", other.session.id)).error,
                "Access denied: not a participant in this session");
            assert.equal((await gm.ask("gameState:requestFull", other.session.id)).success, true);
        });

        it("leaves it when an administrator takes their character", async () => {
            execFileSync("python3", ["-c", "import sqlite3, sys\n"
                + "with sqlite3.connect(sys.argv[1]) as db: db.execute('UPDATE dungeonlab_users "
                + "SET is_admin = 1 WHERE id = ?', sys.argv[2:])", file, other.people.gm.user.id]);
            const [admin, ben] = [await other.seat("gm"), await other.joined("ben", "gameSession:join")];
            const [left, heard] = [ben.said("gameSession:left"), ben.said("chat")];
            assert.equal((await admin.ask("document:delete", { id: own("ben") })).success, true);
            assert.equal((await left.next())[0].userId, ben.user.id);
            await admin.ask("gameSession:join", other.session.id);
            const own_line = admin.said("chat");
            say(admin, "not for him");
            await own_line.next();
            await ben.ask("document:get", { id: "none" });
            assert.equal(heard.size, 0);
        });
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
