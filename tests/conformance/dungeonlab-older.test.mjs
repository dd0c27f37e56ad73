// The seed's own events (D09) and those of the generation after it (D10), beside today's.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll } from "./lib/clients.mjs";
import { api, login, sit, Table } from "./lib/dungeonlab.mjs";
import { patience } from "./lib/patience.mjs";
import { skip } from "./lib/systems.mjs";

describe("DungeonLab's older dialects", { skip }, () => {
    let server;
    let people;
    let table;
    let t;

    before(async () => {
        t = await Table.open(":memory:", ["--dungeonlab-action-timeout-ms",
            String(200 * patience)]);
        ({ server, people, session: table } = t);
    });
    afterEach(closeAll);
    after(() => t?.server.stop());

    const seat = (name, more) => t.seat(name, more);
    const call = (...request) => t.call(...request);
    const inS = (name) => t.joined(name, "join-session");
    const inB = (name) => t.joined(name, "joinSession", null);

    describe("D09 the seed's own events", () => {
        it("join-session: the room and the joiner hear user-joined", async () => {
            const ana = await inS("ana");
            const ben = await seat("ben");
            const heard = [ana.said("user-joined"), ben.said("user-joined")];
            ben.emit("join-session", table.id);
            for (const box of heard) {
                const [notice] = await box.next();
                assert.equal(notice.userId, people.ben.user.id);
                assert.equal(notice.sessionId, table.id);
            }
        });

        it("chat-message, actor-update, map-update, initiative-update: all but the sender", async () => {
            const [ana, ben] = [await inS("ana"), await inS("ben")];
            const own = ana.said("map-update");
            for (const [event, data] of [["chat-message", { message: "Hi" }],
                ["actor-update", { actorId: "a", hp: 7 }], ["map-update", { tokens: [{ x: 1.5 }] }],
                ["initiative-update", { order: ["a", "b"] }]]) {
                const heard = ben.said(event);
                ana.emit(event, { sessionId: table.id, ...data });
                const [seen] = await heard.next();
                assert.equal(seen.userId, people.ana.user.id);
                assert.equal(typeof seen.timestamp, "number");
                for (const [key, value] of Object.entries(data)) assert.deepEqual(seen[key], value);
            }
            assert.equal(own.size, 0);
        });

        it("get-user-data: by callback or by direct emit", async () => {
            const ana = await inS("ana");
            const { data } = await ana.ask("get-user-data");
            assert.deepEqual(data, { id: people.ana.user.id, username: "ana", displayName: "Ana",
                isAdmin: false, sessionId: table.id });
            const direct = ana.said("user-data");
            ana.emit("get-user-data");
            assert.deepEqual(await direct.next(), [data]);
        });

        it("validate-action and error, to the caller only", async () => {
            const [ana, ben] = [await inS("ana"), await inS("ben")];
            const [own, other] = [ana.said("error"), ben.said("error")];
            assert.deepEqual(await ana.ask("validate-action", { type: "roll-dice", formula: "2d6" }),
                { success: true, valid: true });
            assert.equal((await ana.ask("validate-action", { type: "roll-dice", formula: "2x6" })).valid,
                false);
            ana.emit("map-update", "no object");
            assert.deepEqual(await own.next(), [{ message: "Invalid arguments for map-update" }]);
            assert.deepEqual(await ana.ask("map-update", "no object"),
                { success: false, error: "Invalid arguments for map-update" });
            assert.equal(other.size, 0);
        });

        it("message: the envelope to all, the game master, one user, or nobody", async () => {
            const [gm, ana, ben] = [await inS("gm"), await inS("ana"), await inS("ben")];
            const heard = [gm, ana, ben].map((one) => one.said("message"));
            const send = (recipient, type = "chat") => ana.ask("message", { id: "m", type,
                timestamp: 1, sender: "forged", gameSessionId: table.id, recipient,
                data: { content: recipient } });
            await send("all");
            for (const box of heard) {
                const [seen] = await box.next();
                assert.equal(seen.sender, people.ana.user.id);
            }
            await send("gm");
            assert.equal((await heard[0].next())[0].recipient, "gm");
            await send(people.ben.user.id);
            assert.equal((await heard[2].next())[0].recipient, people.ben.user.id);
            assert.equal((await heard[1].next())[0].recipient, people.ben.user.id);
            await send("server");
            assert.equal((await send("all", "plugin-state-update")).success, false);
            await send("all");
            for (const box of heard) assert.equal((await box.next())[0].recipient, "all");
        });

        it("who may not be in the room any more is taken out of it", async () => {
            await call("POST", "/api/auth/register", null,
                { username: "cat", email: "cat@example.com", password: "correct horse" });
            const cat = await login(server, "cat", "correct horse");
            const gm = await inS("gm");
            const guest = await gm.ask("document:create", { name: "Cat", documentType: "character",
                pluginId: "p", pluginDocumentType: "c", campaignId: table.campaignId,
                ownerId: cat.user.id });
            const socket = await sit(server, "cat", cat);
            assert.equal((await socket.ask("join-session", table.id)).success, true);
            const [left, errors, lines] =
                [gm.said("user-left"), socket.said("error"), socket.said("chat-message")];
            await socket.ask("document:delete", { id: guest.data.id });
            assert.equal((await left.next())[0].userId, cat.user.id);
            socket.emit("chat-message", { sessionId: table.id, message: "still here?" });
            assert.deepEqual(await errors.next(), [{ message: "Not in a game session" }]);
            socket.emit("join-session", table.id);
            assert.deepEqual(await errors.next(),
                [{ message: "Access denied: not a participant in this session" }]);
            await gm.ask("chat-message", { message: "only members" });
            assert.equal((await socket.ask("get-user-data")).data.sessionId, undefined);
            assert.equal(lines.size, 0);
            assert.ok(socket.connected, "the connection lives");
        });
    });

    it("a socket that joins by two generations' events hears the later one's only", async () => {
        const [ana, ben] = [await inS("ana"), await inS("ben")];
        const [lines, chat] = [ben.said("chat-message"), ben.said("chat")];
        assert.equal((await ben.ask("joinSession", table.id, null)).success, true);
        await ana.ask("chat-message", { message: "once" });
        assert.equal((await chat.next())[1], "once");
        assert.equal(lines.size, 0);
    });

    describe("D10 dialect B", () => {
        it("joinSession with a character, leaveSession", async () => {
            const ana = await inB("ana");
            const heard = [ana.said("userJoinedSession"), ana.said("userLeftSession")];
            const tove = table.characters.find((c) => c.name === "Tove");
            const ben = await seat("ben");
            const { success, data } = await ben.ask("joinSession", table.id, tove.id);
            assert.ok(success);
            assert.equal(data.id, table.id);
            assert.deepEqual(await heard[0].next(),
                [{ userId: people.ben.user.id, sessionId: table.id, actorId: tove.id }]);
            ben.emit("leaveSession", table.id);
            assert.deepEqual(await heard[1].next(), [{ userId: people.ben.user.id,
                sessionId: table.id, actorIds: [tove.id], characterNames: ["Tove"] }]);
            assert.deepEqual(await ben.ask("joinSession", table.id, "0".repeat(24)),
                { success: false, error: "User not in session" });
        });

        it("roll {formula}, diceRoll, move, encounter:start and :stop", async () => {
            const [gm, ana] = [await inB("gm"), await inB("ana")];
            const heard = Object.fromEntries(["roll-result", "diceRoll", "move", "encounter:start",
                "encounter:stop", "error"].map((event) => [event, ana.said(event)]));
            assert.deepEqual(await ana.ask("roll", { formula: "2d6+1" }), { success: true });
            const [{ type, result, gameSessionId }] = await heard["roll-result"].next();
            assert.equal(type, "roll-result");
            assert.equal(gameSessionId, table.id);
            assert.equal(result.total, result.rolls[0].result + result.rolls[1].result + 1);
            assert.equal(result.modifier, 1);
            ana.emit("diceRoll", { formula: "d20" });
            assert.equal((await heard.diceRoll.next())[0].result.rolls[0].die, 20);
            ana.emit("diceRoll", {});
            assert.equal(typeof (await heard.error.next())[0], "string");
            gm.emit("move", { gameSessionId: table.id, position: { x: 1, y: 2 }, actorId: "a" });
            assert.deepEqual((await heard.move.next())[0].position, { x: 1, y: 2 });
            const encounter = { sessionId: table.id, encounterId: "e", campaignId: table.campaignId };
            ana.emit("encounter:start", encounter);
            assert.deepEqual(await heard.error.next(),
                ["Only the game master can start encounters"]);
            for (const verb of ["start", "stop"]) {
                gm.emit(`encounter:${verb}`, encounter);
                assert.equal((await heard[`encounter:${verb}`].next())[0].encounterId, "e");
            }
            assert.equal((await ana.ask("pluginAction", "p", {})).success, false);
        });

        it("has what that generation asks for by REST", async () => {
            assert.deepEqual((await api(server, "GET", "/api/plugins")).json,
                { success: true, data: [] });
            const path = `/api/actors?campaignId=${table.campaignId}&userCharactersOnly=true`;
            const { data } = (await call("GET", path, "ana")).json;
            assert.deepEqual(data.map((a) => [a.name, a.createdBy, a.campaignId]),
                [["Rill", people.ana.user.id, table.campaignId]]);
            assert.equal((await call("GET", `/api/actors/${data[0].id}`, "ben")).json.data.name, "Rill");
        });
    });
});
