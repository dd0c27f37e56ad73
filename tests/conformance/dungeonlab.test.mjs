// DungeonLab as its frontends use it: rows D01 to D08 and D11 of the feature table.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, makeClient } from "./lib/clients.mjs";
import { api, hashOf, login, sit, Table } from "./lib/dungeonlab.mjs";
import { until } from "./lib/inbox.mjs";
import { patience } from "./lib/patience.mjs";
import { skip } from "./lib/systems.mjs";

describe("DungeonLab", { skip }, () => {
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
    const inC = (name) => t.joined(name, "gameSession:join");

    function refused(options) {
        const socket = makeClient(server.port, options);
        return new Promise((resolve, reject) => {
            socket.once("connect", () => reject(new Error("admitted")));
            socket.once("connect_error", resolve);
        });
    }

    describe("D01 login", () => {
        it("sets an express-session cookie and answers with the user", async () => {
            const answer = await call("POST", "/api/auth/login", null,
                { email: "ana@example.com", password: "hubbub-demo" });
            assert.equal(answer.status, 200);
            const [value, ...attributes] = answer.headers.get("set-cookie").split("; ");
            assert.match(decodeURIComponent(value), /^connect\.sid=s:[\w-]{32}\.[A-Za-z0-9+/]{43}$/);
            assert.deepEqual(attributes,
                ["Max-Age=1209600", "Path=/", "HttpOnly", "SameSite=Lax"]);
            const { user, success } = answer.json;
            assert.equal(success, true);
            assert.match(user.id, /^[0-9a-f]{24}$/);
            assert.deepEqual({ ...user, id: 0 }, {
                id: 0, username: "ana", email: "ana@example.com", displayName: "Ana",
                isAdmin: false, preferences: {}, profile: {},
            });
        });

        it("refuses a wrong password and an unknown address in the same words", async () => {
            for (const body of [{ email: "ana@example.com", password: "wrong" },
                { email: "nobody@example.com", password: "hubbub-demo" },
                { email: "ana@example.com" }, {}]) {
                const answer = await call("POST", "/api/auth/login", null, body);
                assert.equal(answer.status, 401);
                assert.deepEqual(answer.json, { success: false, error: "Invalid credentials" });
                assert.equal(answer.headers.get("set-cookie"), null);
            }
        });

        it("knows the user by the cookie until logout", async () => {
            const { cookie } = await login(server, "ben");
            const me = await api(server, "GET", "/api/auth/me", { cookie });
            assert.equal(me.json.data.username, "ben");
            const changed = await api(server, "PATCH", "/api/auth/me",
                { cookie, body: { preferences: { theme: "dark" } } });
            assert.deepEqual(changed.json.preferences, { theme: "dark" });
            const out = await api(server, "POST", "/api/auth/logout", { cookie });
            assert.equal(out.json.success, true);
            const gone = await api(server, "GET", "/api/auth/me", { cookie });
            assert.equal(gone.status, 401);
            assert.deepEqual(gone.json, { message: "Unauthorized" });
            assert.equal((await refused({ extraHeaders: { cookie } })).message,
                "Authentication required");
        });

        it("registers new people once", async () => {
            const body = { username: "cat", email: "cat@example.com", password: "correct horse" };
            const first = await call("POST", "/api/auth/register", null, body);
            assert.equal(first.status, 201);
            assert.equal(first.json.data.email, body.email);
            assert.equal((await call("POST", "/api/auth/register", null, body)).status, 400);
            const weak = { ...body, email: "x@example.com", username: "x", password: "short" };
            assert.equal((await call("POST", "/api/auth/register", null, weak)).status, 400);
            assert.ok((await login(server, "cat", body.password)).cookie);
        });

        it("takes no name that would pass for another, or that forges lines", async () => {
            const body = { username: "dog", email: "dog@example.com", password: "correct horse" };
            for (const bad of ["dog\u202e", "dog\n\u001b[31mroot", "\u0085dog", "\u2066dog"]) {
                for (const key of ["username", "email"]) {
                    const { status } = await call("POST", "/api/auth/register", null,
                        { ...body, [key]: body[key] + bad });
                    assert.equal(status, 400, key);
                }
                const name = { displayName: `Ben${bad}` };
                assert.equal((await call("PATCH", "/api/auth/me", "ben", name)).json.displayName, "Ben");
                const opening = { name: bad, campaignId: table.campaignId };
                assert.equal((await call("POST", "/api/game-sessions", "gm", opening)).status, 400);
            }
            assert.equal((await call("POST", "/api/auth/register", null, body)).status, 201);
        });

        it("refuses sockets without a login, and forged or foreign ones", async () => {
            const forged = people.ana.cookie.replace(/%3A(.)/,
                (_, first) => `%3A${first === "A" ? "B" : "A"}`);
            for (const extraHeaders of [{}, { cookie: forged }, { cookie: "connect.sid=s%3A.x" }]) {
                assert.equal((await refused({ extraHeaders })).message, "Authentication required");
            }
            await refused({ extraHeaders: { cookie: people.ana.cookie,
                origin: "https://evil.example" } });
            const near = await sit(server, "ana", { ...people.ana,
                extraHeaders: { cookie: people.ana.cookie, origin: "http://localhost:5173" } });
            assert.ok(near.connected);
        });
    });

    describe("D02 joining and leaving", () => {
        it("answers a join with the whole session and tells the others", async () => {
            const gm = await inC("gm");
            const heard = gm.said("gameSession:joined");
            const ana = await seat("ana");
            const { success, session } = await ana.ask("gameSession:join", table.id);
            assert.equal(success, true);
            assert.equal(session.id, table.id);
            assert.equal(session.name, "Table One");
            assert.equal(session.status, "active");
            assert.equal(session.gameMasterId, people.gm.user.id);
            assert.equal(session.gameMaster.username, "gm");
            assert.equal(session.campaign.name, "The Amber Road");
            assert.deepEqual(session.participantIds.sort(),
                [people.gm.user.id, people.ana.user.id].sort());
            assert.equal(session.participants.length, 2);
            assert.deepEqual(session.characters.map((c) => c.name), ["Rill", "Tove"]);
            const [notice] = await heard.next();
            assert.equal(typeof notice.timestamp, "number");
            assert.deepEqual({ ...notice, timestamp: 0 }, { sessionId: table.id,
                userId: people.ana.user.id, userName: "Ana", isGM: false, timestamp: 0 });
        });

        it("tells a leave and a lost connection", async () => {
            const gm = await inC("gm");
            const heard = gm.said("gameSession:left");
            const ana = await inC("ana");
            assert.deepEqual(await ana.ask("gameSession:leave", table.id), { success: true });
            assert.equal((await heard.next())[0].userId, people.ana.user.id);
            (await inC("ben")).io.engine.close();
            assert.equal((await heard.next())[0].userName, "Ben");
        });

        it("refuses strangers and unknown sessions", async () => {
            const cat = await seat("ana", await login(server, "cat", "correct horse"));
            assert.deepEqual(await cat.ask("gameSession:join", table.id), { success: false,
                error: "Access denied: not a participant in this session" });
            const ana = await seat("ana");
            assert.deepEqual(await ana.ask("gameSession:join", "0".repeat(24)),
                { success: false, error: "Session not found" });
        });

        it("lets a user be in one session at a time", async () => {
            const made = await call("POST", "/api/game-sessions", "gm",
                { name: "Table Two", campaignId: table.campaignId });
            assert.equal(made.status, 201);
            assert.equal((await call("POST", `/api/game-sessions/${made.json.data.id}/start`, "gm"))
                .json.data.status, "active");
            const gm = await inC("gm");
            const heard = gm.said("gameSession:left");
            const ana = await inC("ana");
            assert.equal((await ana.ask("gameSession:join", made.json.data.id)).success, true);
            assert.equal((await heard.next())[0].userId, people.ana.user.id);
            const { error } = await ana.ask("gameState:requestFull", table.id);
            assert.equal(error, "Access denied: not in session");
        });
    });

    describe("D03 chat", () => {
        const to = (type, id) => ({ sender: { type: "user", id: "forged" },
            recipient: { type, id } });

        it("echoes in dialect C, not in B, and crosses the dialects", async () => {
            const [c, b, s] = [await inC("gm"), await inB("ana"), await inS("ben")];
            const heard = { c: c.said("chat"), b: b.said("chat"), s: s.said("chat-message") };
            c.emit("chat", to("session", table.id), "from C");
            for (const box of [heard.c, heard.b]) {
                const [metadata, text] = await box.next();
                assert.equal(text, "from C");
                assert.equal(metadata.sender.id, people.gm.user.id);
                assert.ok(Date.parse(metadata.timestamp) > 0);
            }
            const [line] = await heard.s.next();
            assert.equal(line.message, "from C");
            assert.equal(line.userName, "Mo");
            b.emit("chat", to("session", table.id), "from B");
            assert.equal((await heard.c.next())[1], "from B");
            assert.equal((await heard.s.next())[0].content, "from B");
            await s.ask("chat-message", { sessionId: table.id, message: "from S", metadata: { a: 1 } });
            const [seen, text] = await heard.c.next();
            assert.equal(text, "from S");
            assert.equal(seen.sender.id, people.ben.user.id);
            assert.equal((await heard.b.next())[1], "from S");
            assert.equal(heard.b.size + heard.s.size, 0, "no echo in B and S");
        });

        it("says nothing of an error to today's client, not even before it has joined", async () => {
            const ana = await seat("ana");
            const errors = ana.said("error");
            ana.emit("chat", to("session", table.id), "too early");
            ana.emit("chat");
            assert.deepEqual(await ana.ask("gameSession:leave", table.id), { success: true });
            ana.emit("diceRoll", {});  // the older ones are told, each in its form
            assert.equal(typeof (await errors.next())[0], "string");
            ana.emit("chat-message", { sessionId: table.id, message: "too early" });
            assert.match((await errors.next())[0].message, /\w/);
            assert.equal(errors.size, 0);
        });

        it("brings a private line to that user or that character's owner only", async () => {
            const [gm, ana, ben] = [await inC("gm"), await inC("ana"), await inC("ben")];
            const heard = [ana, ben].map((one) => one.said("chat"));
            ana.emit("chat", to("user", people.ben.user.id), "psst");
            assert.equal((await heard[1].next())[1], "psst");
            const tove = table.characters.find((c) => c.name === "Tove");
            gm.emit("chat", to("actor", tove.id), "Tove, listen");
            assert.equal((await heard[1].next())[1], "Tove, listen");
            gm.emit("chat", to("session", table.id), "all");
            assert.equal((await heard[0].next())[1], "all", "nothing before it");
        });

        it("does not let one speak for somebody else's character", async () => {
            const [gm, ana] = [await inC("gm"), await inC("ana")];
            const heard = gm.said("chat");
            const [rill, tove] = ["Rill", "Tove"].map((n) => table.characters.find((c) => c.name === n));
            ana.emit("chat", { sender: { type: "actor", id: tove.id },
                recipient: { type: "session", id: table.id } }, "forged");
            ana.emit("chat", { sender: { type: "actor", id: rill.id, name: "Rill" },
                recipient: { type: "session", id: table.id } }, "honest");
            const [metadata, text] = await heard.next();
            assert.equal(text, "honest");
            assert.equal(metadata.sender.name, "Rill");
        });
    });

    describe("D04 game state", () => {
        const full = async (socket) => (await socket.ask("gameState:requestFull", table.id)).data;
        const patch = (data, operations, more) => ({ id: "u1", gameStateId: data.gameStateId,
            version: data.gameStateVersion, operations, timestamp: 1, source: "gm", ...more });

        it("gives the state with the hash that JavaScript computes", async () => {
            const gm = await inC("gm");
            const data = await full(gm);
            assert.equal(data.sessionId, table.id);
            assert.match(data.gameStateVersion, /^\d+$/);
            const { json } = await call("GET", "/api/campaigns", "gm");
            assert.deepEqual(data.gameState.campaign, json.data[0]);
            assert.equal(json.data[0].name, "The Amber Road");
            assert.equal(data.gameState.currentEncounter, null);
            assert.equal(hashOf(data.gameState), data.gameStateHash);
        });

        it("tells everybody a change, with a hash that fits numbers and letters", async () => {
            const [gm, ana] = [await inC("gm"), await inC("ana")];
            const heard = [gm, ana].map((one) => one.said("gameState:updated"));
            const data = await full(gm);
            const operations = [
                { op: "add", path: "/documents/d1", value: { x: 0.1, y: 1e21, z: -0, n: "Ålesund \u2028 😀" } },
                { op: "add", path: "/documents/d1/10", value: [1, 2.50, 1e-7] },
                { op: "add", path: "/documents/d1/9", value: "a/b~c" },
                { op: "replace", path: "/pluginData", value: { "a/b": { "c~d": true } } },
                { op: "replace", path: "/pluginData/a~1b/c~0d", value: null, previous: true },
                { op: "move", from: "/documents/d1/n", path: "/documents/name" },
                { op: "copy", from: "/documents/d1/10", path: "/documents/d1/10/-" },
                { op: "test", path: "/documents/d1/x", value: 0.1 },
                { op: "remove", path: "/documents/d1/y" },
            ];
            const answer = await gm.ask("gameState:update", patch(data, operations));
            assert.equal(answer.success, true);
            assert.equal(answer.newVersion, String(Number(data.gameStateVersion) + 1));
            for (const box of heard) {
                const [notice] = await box.next();
                assert.equal(notice.gameStateId, data.gameStateId);
                assert.deepEqual(notice.operations, operations.map((o) => JSON.parse(JSON.stringify(o))));
                assert.equal(notice.newVersion, answer.newVersion);
                assert.equal(notice.expectedHash, answer.newHash);
                assert.equal(notice.source, "gm");
            }
            const now = await full(ana);
            assert.equal(now.gameState.documents.name, "Ålesund \u2028 😀");
            assert.deepEqual(now.gameState.documents.d1[10], [1, 2.5, 1e-7, [1, 2.5, 1e-7]]);
            assert.equal(hashOf(now.gameState), answer.newHash);
        });

        it("refuses old versions, bad patches and players, and changes nothing", async () => {
            const [gm, ana] = [await inC("gm"), await inC("ana")];
            const data = await full(gm);
            const add = [{ op: "add", path: "/pluginData/x", value: 1 }];
            const code = async (who, update) =>
                (await who.ask("gameState:update", update)).error?.code;
            const old = await gm.ask("gameState:update", patch(data, add, { version: "0" }));
            assert.equal(old.success, false);
            assert.deepEqual({ ...old.error, message: "" }, { code: "VERSION_CONFLICT", message: "",
                currentVersion: data.gameStateVersion, currentHash: data.gameStateHash });
            assert.equal(await code(ana, patch(data, add)), "PERMISSION_DENIED");
            assert.equal(await code(gm, patch(data, [])), "VALIDATION_ERROR");
            assert.equal(await code(gm, patch(data, [{ op: "add", path: "x", value: 1 }])),
                "VALIDATION_ERROR");
            assert.equal(await code(gm, patch(data, [...add, { op: "remove", path: "/none" }])),
                "TRANSACTION_FAILED");
            assert.equal(await code(gm, patch(data, add, { gameStateId: "0".repeat(24) })),
                "GAMESTATE_NOT_FOUND");
            assert.deepEqual((await full(gm)).gameState, data.gameState);
        });

        it("lets one of two changes of one version win", async () => {
            const gm = [await inC("gm"), await inC("gm")];
            const data = await full(gm[0]);
            const answers = await Promise.all(gm.map((one, i) => one.ask("gameState:update",
                patch(data, [{ op: "add", path: "/pluginData/race", value: i }]))));
            assert.deepEqual(answers.map((a) => a.success).sort(), [false, true]);
        });

        it("checks, repairs, syncs and makes anew for the game master", async () => {
            const [gm, ana] = [await inC("gm"), await inC("ana")];
            const status = await gm.ask("gameState:checkStatus", table.id);
            assert.equal(status.isHashValid, true);
            assert.equal(status.storedHash, status.calculatedHash);
            assert.equal((await gm.ask("gameState:resetHash", table.id)).newHash, status.storedHash);
            assert.equal((await ana.ask("gameState:checkStatus", table.id)).success, false);
            const heard = ana.said("gameState:reinitialized");
            assert.deepEqual(await gm.ask("gameState:reinitialize", table.id), { success: true });
            const [notice] = await heard.next();
            assert.equal(hashOf(notice.gameState), notice.gameStateHash);
            assert.equal(Object.keys(notice.gameState.documents).length, 2);
            assert.equal(notice.reinitializedBy, people.gm.user.id);
            const { entitiesUpdated } = await gm.ask("gameState:sync", table.id);
            assert.equal(entitiesUpdated.characters, 2);
        });
    });

    describe("D05 actions that the game master decides", () => {
        const request = (more) => ({ id: `r${Math.random()}`, playerId: "forged",
            sessionId: table.id, timestamp: 1, action: "move-token", parameters: { x: 1 }, ...more });

        it("forwards to one socket of the game master and answers the player", async () => {
            const [gm, ana] = [await inC("gm"), await inC("ana")];
            gm.on("gameAction:forward", (r) => gm.emit("gameAction:response",
                { success: true, approved: r.parameters.x === 1, requestId: r.id }));
            const heard = gm.said("gameAction:forward");
            const asked = request();
            assert.deepEqual(await ana.ask("gameAction:request", asked),
                { success: true, approved: true, requestId: asked.id });
            assert.deepEqual((await heard.next())[0], { ...asked, playerId: people.ana.user.id });
        });

        it("times out, and nobody but the game master can answer", async () => {
            const [gm, ana, ben] = [await inC("gm"), await inC("ana"), await inC("ben")];
            const asked = request();
            gm.on("gameAction:forward", () => ben.emit("gameAction:response",
                { success: true, approved: true, requestId: asked.id }));
            const answer = await ana.ask("gameAction:request", asked);
            assert.equal(answer.success, false);
            assert.equal(answer.error.code, "REQUEST_TIMEOUT");
            assert.equal(answer.requestId, asked.id);
        });

        it("says why a request goes nowhere", async () => {
            const ana = await inC("ana");
            const code = async (who, more) =>
                (await who.ask("gameAction:request", request(more))).error.code;
            assert.equal(await code(ana), "GM_NOT_CONNECTED");
            assert.equal(await code(ana, { sessionId: "0".repeat(24) }), "SESSION_NOT_FOUND");
            assert.equal(await code(await seat("ben")), "PERMISSION_DENIED");
            assert.equal(await code(ana, { action: null }), "ROUTING_ERROR");
        });

        it("brings approvals and denials to the player", async () => {
            const [gm, ana] = [await inC("gm"), await inC("ana")];
            const heard = [ana.said("gameAction:approved"), ana.said("gameAction:denied")];
            const playerId = people.ana.user.id;
            gm.emit("gameAction:approve", { requestId: "r1", playerId });
            gm.emit("gameAction:deny", { requestId: "r2", playerId, reason: "no" });
            assert.deepEqual(await heard[0].next(), [{ requestId: "r1" }]);
            assert.deepEqual(await heard[1].next(), [{ requestId: "r2", reason: "no" }]);
        });
    });

    describe("D06 rolls", () => {
        const roll = (recipients) => ({ rollId: "x", rollType: "attack", pluginId: "p",
            dice: [{ sides: 6, quantity: 3 }, { sides: 20, quantity: 1 }], recipients,
            arguments: { customModifier: 1 }, modifiers: [], metadata: { title: "Attack" } });

        it("throws the dice and tells those concerned", async () => {
            const [gm, ana, ben] = [await inC("gm"), await inC("ana"), await inC("ben")];
            const heard = [gm, ana, ben].map((one) => one.said("roll:result"));
            assert.deepEqual(await ana.ask("roll", roll("public")), { success: true });
            for (const box of heard) {
                const [result] = await box.next();
                assert.deepEqual(result.results.map((r) => r.results.length), [3, 1]);
                assert.ok(result.results[0].results.every((n) => n >= 1 && n <= 6));
                assert.equal(result.userId, people.ana.user.id);
                assert.equal(result.metadata.title, "Attack");
            }
            await ana.ask("roll", roll("private"));
            assert.equal((await heard[1].next())[0].recipients, "private");
            await ana.ask("roll", roll("gm"));
            assert.equal((await heard[0].next())[0].recipients, "gm");
            await ben.ask("roll", roll("public"));
            for (const box of heard) assert.equal((await box.next())[0].recipients, "public");
            assert.equal((await ana.ask("roll", { ...roll("public"),
                dice: [{ sides: 6, quantity: 1e9 }] })).success, false);
        });

        it("lets the game master ask for a roll", async () => {
            const [gm, ana] = [await inC("gm"), await inC("ana")];
            const [asked, refusal] = [ana.said("roll:request"), ana.said("roll:request:error")];
            const wanted = { rollId: "r", message: "Save!", rollType: "save", dice: [] };
            gm.emit("roll:request", { ...wanted, playerId: people.ana.user.id });
            assert.deepEqual(await asked.next(), [wanted]);
            ana.emit("roll:request", { ...wanted, playerId: people.gm.user.id });
            assert.deepEqual(await refusal.next(),
                [{ rollId: "r", error: "Only GMs can send roll requests" }]);
            const none = gm.said("roll:request:error");
            gm.emit("roll:request", { ...wanted, playerId: people.ben.user.id });
            assert.equal((await none.next())[0].error, "Player not connected");
        });
    });

    it("D07 documents: made, found, changed by their owner only, told to the others", async () => {
        const [ana, ben] = [await inC("ana"), await inC("ben")];
        const heard = ben.said("document:changed");
        const made = await ana.ask("document:create", { name: "Lamp 50%", documentType: "item",
            pluginId: "dnd-5e-2024", pluginDocumentType: "gear", pluginData: { light: 7.5 } });
        assert.equal(made.success, true, made.error);
        const { id } = made.data;
        assert.equal(made.data.ownerId, people.ana.user.id);
        assert.deepEqual(await heard.next(),
            [{ action: "created", documentId: id, userId: people.ana.user.id }]);
        assert.equal((await ben.ask("document:get", { id })).data.pluginData.light, 7.5);
        assert.deepEqual((await ben.ask("document:search", { name: "50%" })).data.map((d) => d.id), [id]);
        assert.deepEqual(await ben.ask("document:update", { id, data: { name: "x" } }),
            { success: false, error: "Permission denied" });
        assert.deepEqual(await ben.ask("document:delete", { id }),
            { success: false, error: "Permission denied" });
        const changed = await ana.ask("document:update", { id, data: { name: "Lantern" } });
        assert.equal(changed.data.name, "Lantern");
        assert.equal((await heard.next())[0].action, "updated");
        assert.equal((await ana.ask("document:delete", { id })).success, true);
        assert.deepEqual(await heard.next(),
            [{ action: "deleted", documentId: id, userId: people.ana.user.id }]);
        assert.equal((await ana.ask("document:get", { id })).success, false);
        assert.equal((await ana.ask("document:create", { name: "x", documentType: "spy" })).success, false);
    });

    it("D07 a campaign's documents are seen by its members and changed by their owners", async () => {
        const rill = table.characters.find((character) => character.name === "Rill");
        const gm = await inC("gm");
        assert.equal((await gm.ask("document:get", { id: rill.id })).data.name, "Rill");
        assert.deepEqual(await gm.ask("document:update", { id: rill.id, data: { name: "Rill" } }),
            { success: false, error: "Permission denied" });
        const eve = { username: "eve", email: "eve@example.com", password: "not-of-the-campaign" };
        assert.equal((await call("POST", "/api/auth/register", null, eve)).status, 201);
        const { cookie } = await login(server, "eve", eve.password);
        assert.deepEqual((await api(server, "GET", "/api/documents", { cookie })).json.data, []);
        for (const path of [`/api/documents/${rill.id}`, `/api/actors/${rill.id}`]) {
            assert.equal((await api(server, "GET", path, { cookie })).status, 404);
        }
    });

    it("D07 a change of a campaign's document is told to its members, not to strangers", async () => {
        const far = { username: "far", email: "far@example.com", password: "not-of-the-campaign" };
        assert.equal((await call("POST", "/api/auth/register", null, far)).status, 201);
        const stranger = await seat("far", await login(server, "far", far.password));
        const [ana, ben, gm] = [await seat("ana"), await seat("ben"), await seat("gm")];
        const heard = [ben, gm, stranger].map((one) => one.said("document:changed"));
        const lamp = { documentType: "item", pluginId: "p", pluginDocumentType: "gear" };
        const make = async (more) => (await ana.ask("document:create", { ...lamp, ...more })).data.id;
        const id = await make({ name: "secret", campaignId: table.campaignId });
        await ana.ask("document:update", { id, data: { name: "still secret" } });
        await ana.ask("document:delete", { id });
        const open = await make({ name: "for all" });
        for (const box of heard.slice(0, 2)) {
            const notices = [];
            for (let i = 0; i < 4; i += 1) notices.push((await box.next())[0]);
            assert.deepEqual(notices.map((n) => [n.action, n.documentId]), [["created", id],
                ["updated", id], ["deleted", id], ["created", open]]);
        }
        assert.equal((await heard[2].next())[0].documentId, open, "nothing before it");
        await ana.ask("document:delete", { id: open });
    });

    it("D02 tells a session's members no addresses and preferences of each other", async () => {
        await call("PATCH", "/api/auth/me", "gm", { preferences: { a: 1 }, profile: { b: 2 } });
        await inC("gm");
        const { session } = await (await seat("ana")).ask("gameSession:join", table.id);
        const view = { id: people.gm.user.id, username: "gm", displayName: "Mo", isAdmin: false };
        assert.deepEqual(session.gameMaster, view);
        assert.deepEqual(session.participants.find((one) => one.id === view.id), view);
    });

    it("D07 the state's documents are kept when the game master leaves", async () => {
        const rill = table.characters.find((character) => character.name === "Rill");
        const gm = await inC("gm");
        const { gameStateId, gameStateVersion } =
            (await gm.ask("gameState:requestFull", table.id)).data;
        const value = { ...rill, pluginData: { ...rill.pluginData, hp: 7 } };
        const { success } = await gm.ask("gameState:update", {
            id: "u", gameStateId, version: gameStateVersion, timestamp: 1, source: "gm",
            operations: [{ op: "add", path: `/documents/${rill.id}`, value }],
        });
        assert.equal(success, true);
        await gm.ask("gameSession:leave", table.id);
        await until(async () => {
            const { json } = await call("GET", `/api/documents/${rill.id}`, "gm");
            return json.data.pluginData.hp === 7;
        }, "the document has what the state had");
    });

    it("D08 the game master pauses, resumes and ends; the others hear it", async () => {
        const made = await call("POST", "/api/game-sessions", "gm",
            { name: "Short", campaignId: table.campaignId });
        const { id } = made.json.data;
        const change = (verb, name) => call("POST", `/api/game-sessions/${id}/${verb}`, name);
        assert.equal((await change("start", "ana")).status, 403);
        assert.equal((await change("start", "gm")).status, 200);
        const [gm, ana] = [await seat("gm"), await seat("ana")];
        for (const one of [gm, ana]) await one.ask("gameSession:join", id);
        const heard = ["paused", "resumed", "ended"].map((what) => ana.said(`gameSession:${what}`));
        assert.equal((await change("pause", "gm")).json.data.status, "paused");
        assert.equal((await heard[0].next())[0].pausedBy, people.gm.user.id);
        assert.equal((await ana.ask("gameAction:request", { id: "p", sessionId: id, action: "end-turn" }))
            .error.code, "SESSION_PAUSED");
        assert.equal((await change("pause", "gm")).status, 400);
        const resumed = (await change("resume", "gm")).json.data;
        assert.equal(resumed.participantIds.length, 2, "its members are still in it");
        assert.equal((await heard[1].next())[0].resumedBy, people.gm.user.id);
        assert.equal((await ana.ask("gameSession:end", id)).success, false);
        assert.deepEqual(await gm.ask("gameSession:end", id), { success: true, sessionId: id });
        const [ended] = await heard[2].next();
        assert.equal(ended.endedBy, people.gm.user.id);
        assert.equal((await ana.ask("gameSession:join", id)).error,
            "Access denied: the session has ended");
    });

    it("D11 starts with a WebSocket, without polling, and comes back after a cut", async () => {
        const ana = await seat("ana", { transports: ["websocket", "polling"], reconnection: true,
            reconnectionDelay: 10 });
        assert.equal(ana.io.engine.transport.name, "websocket");
        await ana.ask("gameSession:join", table.id);
        const again = new Promise((resolve) => ana.once("connect", resolve));
        ana.io.engine.close();
        await again;
        assert.equal((await ana.ask("gameSession:join", table.id)).success, true);
    });

    describe("REST", () => {
        it("answers in the system's form", async () => {
            assert.equal((await call("GET", "/api/campaigns")).status, 401);
            const own = (await call("GET", "/api/campaigns", "ana")).json.data;
            assert.deepEqual(own.map((c) => c.name), ["The Amber Road"]);
            assert.equal((await call("GET", `/api/campaigns/${own[0].id}`, "ben")).status, 200);
            assert.deepEqual((await call("GET", "/api/campaigns/none", "ana")).json,
                { success: false, error: "Campaign not found" });
            assert.equal((await call("GET", "/api/nothing", "ana")).status, 404);
            assert.equal((await call("POST", "/api/auth/login", null, { email: 1 })).status, 400);
            assert.equal((await call("DELETE", "/api/campaigns", "ana")).status, 405);
            assert.deepEqual((await call("GET", "/api/bots?campaignId=x", "ana")).json.data, []);
            assert.equal((await call("GET", "/api/health")).status, 200);
        });

        it("lets pages of this machine in, with their cookies", async () => {
            const ask = (origin) => fetch(`${server.url}/api/auth/me`, { method: "OPTIONS",
                headers: { origin, "access-control-request-method": "PATCH" } });
            const near = await ask("http://localhost:5173");
            assert.equal(near.headers.get("access-control-allow-origin"), "http://localhost:5173");
            assert.equal(near.headers.get("access-control-allow-credentials"), "true");
            const far = await ask("https://evil.example");
            assert.equal(far.headers.get("access-control-allow-origin"), null);
        });
    });
});
