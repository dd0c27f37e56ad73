// Kaiku (seed 003) as clients written after its document use it ("P": ?token=), and as the
// project's present frontend does ("R": the token as a subprotocol): entrance, channels, messages,
// people. Rows of the feature table by their ids.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Harbor, answer, login, nowhere, password, settle, types } from "./lib/kaiku-client.mjs";
import { JsonClient, api, skip, startSystem, temporaryDatabase } from "./lib/systems.mjs";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe("Kaiku", { skip }, () => {
    const harbor = new Harbor();
    const { people, channels, clients } = harbor;
    const connect = (...all) => harbor.connect(...all);
    const subscribe = (...all) => harbor.subscribe(...all);
    const rest = (...all) => harbor.rest(...all);
    const say = (...all) => harbor.say(...all);

    before(() => harbor.start());
    after(() => harbor.stop());
    afterEach(() => harbor.clear());

    // --- K01 -----------------------------------------------------------------------------------

    it("K01: the token comes as subprotocol, answered by exactly access_token", async () => {
        const client = await connect("ana", "R");
        assert.equal(client.socket.protocol, "access_token");
        assert.equal(client.ready.type, "ready");
        assert.equal(client.ready.user_id, people.ana.id);
    });

    it("K01: the token comes as ?token=", async () => {
        const client = await connect("ana", "P");
        assert.equal(client.socket.protocol, "");
        assert.equal(client.ready.user.id, people.ana.id);
    });

    it("K01: without a good token there is a 401 and no upgrade", async () => {
        const url = `ws://127.0.0.1:${harbor.server.port}/ws`;
        const forged = people.ana.token.replace(/(.)(.{9})$/,
            (_, one, rest) => (one === "A" ? "B" : "A") + rest);
        for (const query of ["", "?token=", "?token=nonsense", `?token=${forged}`]) {
            await assert.rejects(JsonClient.open(url + query), /401/);
        }
        for (const offered of [[`access_token.${forged}`, "access_token"], ["access_token"]]) {
            await assert.rejects(JsonClient.open(url, offered), /401/);
        }
        // The refresh token opens nothing.
        const refresh = people.ana.cookie.split("=")[1];
        await assert.rejects(JsonClient.open(`${url}?token=${refresh}`), /401/);
    });

    // --- K02 -----------------------------------------------------------------------------------

    it("K02: register, login, me, refresh and logout", async () => {
        const call = (path, body, cookie) => api(harbor.server, "POST", `/auth/${path}`, body,
            cookie ? { Cookie: cookie } : {});
        const { body, headers } = await call("login", { username: "ana", password });
        const { access_token, ...other } = body;
        assert.match(access_token, /\./);
        assert.deepEqual(other, { expires_in: 900, token_type: "Bearer", setup_required: false });
        const setCookie = headers.get("set-cookie");
        assert.match(setCookie, /^kaiku_refresh=[\w-]+; Max-Age=2592000; Path=\/auth; HttpOnly;/);
        assert.match(setCookie, /SameSite=Lax/);
        const { id, created_at, ...me } = people.ana.me;
        assert.match(id, uuid);
        assert.match(created_at, time);
        assert.deepEqual(me, { username: "ana", display_name: "Ana", email: "ana@example.com",
            avatar_url: null, status: "online", mfa_enabled: false });

        const wrong = await call("login", { username: "ana", password: "wrong" });
        assert.equal(wrong.status, 401);
        assert.equal(wrong.headers.get("set-cookie"), null);
        assert.deepEqual(Object.keys(wrong.body), ["error", "message"]);
        assert.deepEqual((await call("login", { username: "nobody", password })).body, wrong.body);
        assert.equal((await call("register", { username: "ANA", password })).status, 409);
        assert.equal((await call("register", { username: "zoe", password: "short" })).status, 400);

        const loud = { username: "zoe", password, display_name: "x".repeat(1000) };
        assert.deepEqual((await call("register", loud)).body.error, "VALIDATION_ERROR");

        const cookie = setCookie.split(";")[0];
        const fresh = await call("refresh", undefined, cookie);
        assert.deepEqual(Object.keys(fresh.body), Object.keys(body));
        assert.equal((await call("refresh", undefined, cookie)).status, 401); // used up
        assert.equal((await call("refresh")).status, 401);
        const second = fresh.headers.get("set-cookie").split(";")[0];
        assert.equal((await call("logout", undefined, second)).status, 204);
        assert.equal((await call("refresh", undefined, second)).status, 401);
        assert.equal((await api(harbor.server, "GET", "/auth/me")).status, 401);
    });

    it("K02: what the frontend asks for at its start", async () => {
        const get = async (path) => {
            const { status, body } = await rest("ana", "GET", path);
            assert.equal(status, 200, path);
            return body;
        };
        assert.equal((await get("/health")).status, "ok");
        assert.deepEqual((await get("/api/settings")).auth_methods, { local: true, oidc: false });
        assert.deepEqual(await get("/api/setup/status"), { setup_complete: true });
        assert.equal(typeof (await get("/api/config/upload-limits")).max_upload_size, "number");
        assert.deepEqual((await get("/api/me/preferences")).preferences,
            { onboarding_completed: true });
        for (const path of ["/api/pages/pending-acceptance", "/api/dm", "/api/me/pins",
            `/api/guilds/${harbor.guild}/pages`,
            `/api/guilds/${harbor.guild}/categories`,
            "/api/friends/pending", "/api/friends/blocked"]) {
            assert.deepEqual(await get(path), [], path);
        }
        assert.deepEqual(await get("/api/me/unread"), { guilds: [], dms: [], total: 0 });
        assert.deepEqual(await get("/api/me/favorites"), { favorites: [] });
        assert.equal((await get("/api/admin/status")).is_admin, false);

        const guilds = await get("/api/guilds");
        assert.deepEqual(guilds, [await get(`/api/guilds/${harbor.guild}`)]);
        assert.equal(guilds[0].name, "Harbor");
        assert.equal(guilds[0].owner_id, people.gm.id);
        assert.equal(guilds[0].threads_enabled, true);
        const list = await get(`/api/guilds/${harbor.guild}/channels`);
        assert.deepEqual(list.map(({ name, channel_type, position }) =>
            [name, channel_type, position]),
        [["general", "text", 0], ["random", "text", 1], ["lounge", "voice", 2]]);
        assert.deepEqual(await get(`/api/channels/${channels.general}`), list[0]);
        const members = await get(`/api/guilds/${harbor.guild}/members`);
        assert.deepEqual(members.map(({ display_name }) => display_name).sort(),
            ["Ana", "Ben", "Mo"]);
        const [ben] = await get("/api/friends");
        assert.equal(ben.user_id, people.ben.id);
        assert.equal(ben.friendship_status, "accepted");
        assert.equal(ben.is_online, false);
        await connect("ben");
        assert.equal((await get("/api/friends"))[0].is_online, true);
    });

    it("K02: everything but the public part wants a token; unknown paths are 404 in JSON",
        async () => {
            for (const path of ["/api/guilds", "/api/friends", "/api/me/preferences", "/api/dm",
                `/api/messages/channel/${channels.general}`]) {
                const { status, body } = await api(harbor.server, "GET", path);
                assert.equal(status, 401, path);
                assert.equal(body.error, "UNAUTHORIZED");
            }
            assert.equal((await rest("ana", "GET", "/api/nothing")).status, 404);
            const guild = await rest("eve", "GET", `/api/guilds/${harbor.guild}`);
            assert.equal(guild.status, 404);
        });

    it("K02: what is heard last of preferences is what is kept", async () => {
        const client = await harbor.connect("gm");
        const path = "/api/me/preferences";
        const atOnce = 10;
        for (let round = 0; round < 10; ++round) {
            await Promise.all(Array.from({ length: atOnce }, (_, n) =>
                rest("gm", "PUT", path, { preferences: { n } })));
            let last;
            for (let i = 0; i < atOnce; ++i) last = await client.nextOf("preferences_updated");
            assert.deepEqual(last.preferences, (await rest("gm", "GET", path)).body.preferences);
        }
    });

    it("K02: preferences are kept and told to the user's other windows", async () => {
        const client = await connect("gm");
        const preferences = { onboarding_completed: true, theme: "ä" };
        const put = await rest("gm", "PUT", "/api/me/preferences", { preferences });
        assert.deepEqual(put.body.preferences, preferences);
        assert.match(put.body.updated_at, time);
        const notice = await client.nextOf("preferences_updated");
        assert.deepEqual(notice, { type: "preferences_updated", ...put.body });
        const got = await rest("gm", "GET", "/api/me/preferences");
        assert.deepEqual(got.body, put.body);
        const bad = await rest("gm", "PUT", "/api/me/preferences", { preferences: [] });
        assert.equal(bad.status, 400);
    });

    // --- K03 -----------------------------------------------------------------------------------

    it("K03: ready is the first frame, in both forms at once, then the friends", async () => {
        await connect("ben");
        const url = `ws://127.0.0.1:${harbor.server.port}/ws?token=${people.ana.token}`;
        const ana = await JsonClient.open(url);
        clients.push(ana);
        assert.deepEqual(await ana.next(), { type: "ready", user_id: people.ana.id,
            user: { id: people.ana.id, username: "ana", display_name: "Ana", avatar_url: null,
                status: "online" } });
        assert.deepEqual(await ana.next(),
            { type: "presence_update", user_id: people.ben.id, status: "online" });
    });

    for (const dialect of ["P", "R"]) {
        it(`K03: ping, subscribe and unsubscribe (${dialect})`, async () => {
            const ana = await connect("ana", dialect);
            const channel_id = channels.general;
            assert.deepEqual(await answer(ana, { type: "ping" }), { type: "pong" });
            for (let i = 0; i < 2; ++i) { // twice is the same as once
                assert.deepEqual(await answer(ana, { type: "subscribe", channel_id }),
                    { type: "subscribed", channel_id });
            }
            await say("ben", "once");
            assert.equal((await settle(ana)).filter(({ type }) => type === "message_new").length,
                1);
            for (let i = 0; i < 2; ++i) {
                assert.deepEqual(await answer(ana, { type: "unsubscribe", channel_id }),
                    { type: "unsubscribed", channel_id });
            }
            await say("ben", "unheard");
            assert.deepEqual(await types(ana), []);
        });
    }

    it("K03: the document's subscribe and its error, as they stand there", async () => {
        const ana = await connect("ana");
        assert.deepEqual(await answer(ana, { id: "req-123", type: "subscribe",
            channel_id: nowhere }), { id: "req-123", type: "error", code: "CHANNEL_NOT_FOUND",
            message: "Channel does not exist" });
        const missing = await answer(ana, { type: "subscribe", channel_id: nowhere });
        assert.equal(missing.code, "CHANNEL_NOT_FOUND");
        assert.equal(missing.id, undefined);
    });

    it("K03: strangers to a guild may not subscribe; each dialect has its codes", async () => {
        const wish = { type: "subscribe", channel_id: channels.general };
        assert.deepEqual(await answer(await connect("eve"), wish), { type: "error",
            code: "PERMISSION_DENIED",
            message: "You don't have permission to access this channel" });
        const present = await connect("eve", "R");
        assert.equal((await answer(present, wish)).code, "forbidden");
        const { code } = await answer(present, { type: "subscribe", channel_id: nowhere });
        assert.equal(code, "channel_not_found");
        await say("ana", "not for eve");
        assert.deepEqual(await types(present), []);
        assert.equal((await answer(present, { type: "admin_subscribe" })).code,
            "admin_not_elevated");
    });

    it("K03: who is invited may come in", async () => {
        const made = await rest("eve", "POST", "/api/guilds", { name: "Reef" });
        assert.equal(made.status, 201);
        const { id } = made.body;
        const voice = await rest("eve", "POST", `/api/guilds/${id}/channels`,
            { name: "talk", channel_type: "voice" });
        assert.equal(voice.status, 201);
        const ana = await connect("ana");
        const wish = { type: "subscribe", channel_id: voice.body.id };
        assert.equal((await answer(ana, wish)).code, "PERMISSION_DENIED");
        const refused = await rest("ana", "POST", `/api/guilds/${id}/invites`, {});
        assert.equal(refused.status, 404);
        const invite = await rest("eve", "POST", `/api/guilds/${id}/invites`,
            { expires_in: "1h" });
        assert.equal(invite.status, 201);
        assert.equal(invite.body.guild_name, "Reef");
        const joined = await rest("ana", "POST", `/api/invites/${invite.body.code}/join`);
        assert.equal(joined.body.guild_id, id);
        assert.equal((await answer(ana, wish)).type, "subscribed");
        assert.equal((await rest("ana", "POST", "/api/invites/guessed/join")).status, 404);
    });

    // --- K04 -----------------------------------------------------------------------------------

    it("K04: messages by REST become events of both dialects", async () => {
        const [seed, present, away] =
            [await connect("ana"), await connect("ben", "R"), await connect("gm", "R")];
        await subscribe(seed);
        await subscribe(present);
        const sent = await rest("ben", "POST", `/api/messages/channel/${channels.general}`,
            { content: "Hello 😀", encrypted: false });
        assert.equal(sent.status, 201);
        const message = sent.body;
        assert.match(message.id, uuid);
        assert.match(message.created_at, time);
        assert.deepEqual({ ...message, id: 0, created_at: 0 }, { id: 0,
            channel_id: channels.general,
            author: { id: people.ben.id, username: "ben", display_name: "Ben", avatar_url: null,
                status: "online" },
            content: "Hello 😀", encrypted: false, attachments: [], reply_to: null,
            parent_id: null, thread_reply_count: 0, thread_last_reply_at: null, edited_at: null,
            created_at: 0 });
        const created = { channel_id: channels.general, message };
        assert.deepEqual(await settle(present), [{ type: "message_new", ...created }]);
        assert.deepEqual(await settle(seed), [{ type: "message_new", ...created },
            { type: "message_create", ...created }]);

        const path = `/api/messages/${message.id}`;
        const changed = await rest("ben", "PATCH", path, { content: "Hello again" });
        assert.equal(changed.status, 200);
        const edit = { channel_id: channels.general, message_id: message.id,
            content: "Hello again", edited_at: changed.body.edited_at };
        assert.match(edit.edited_at, time);
        assert.deepEqual(await settle(present), [{ type: "message_edit", ...edit }]);
        assert.deepEqual(await settle(seed), [{ type: "message_edit", ...edit },
            { type: "message_update", ...edit }]);

        assert.equal((await rest("ben", "DELETE", path)).status, 204);
        const gone = { type: "message_delete", channel_id: channels.general,
            message_id: message.id };
        assert.deepEqual(await settle(present), [gone]);
        assert.deepEqual(await settle(seed), [gone]);
        assert.deepEqual(await types(away), []); // has not subscribed
    });

    it("K04: only members write, only authors change, authors and owners delete", async () => {
        const into = `/api/messages/channel/${channels.random}`;
        assert.equal((await rest("eve", "POST", into, { content: "hi" })).status, 403);
        assert.equal((await rest("eve", "GET", into)).status, 403);
        const lost = await rest("ana", "POST", `/api/messages/channel/${nowhere}`,
            { content: "hi" });
        assert.deepEqual([lost.status, lost.body.error], [404, "CHANNEL_NOT_FOUND"]);
        for (const body of [{}, { content: "" }, { content: "x".repeat(4001) }, { content: 5 }]) {
            const { status, body: error } = await rest("ana", "POST", into, body);
            assert.deepEqual([status, error.error], [400, "VALIDATION_ERROR"]);
        }
        const path = `/api/messages/${(await say("ana", "mine", "random")).id}`;
        assert.equal((await rest("ben", "PATCH", path, { content: "no" })).status, 403);
        assert.equal((await rest("gm", "PATCH", path, { content: "no" })).status, 403);
        assert.equal((await rest("eve", "DELETE", path)).status, 404);
        assert.equal((await rest("ben", "DELETE", path)).status, 403);
        assert.equal((await rest("gm", "DELETE", path)).status, 204);
        assert.equal((await rest("ana", "DELETE", path)).status, 404);
    });

    it("K04: the history comes in pages, newest first", async () => {
        const made = [];
        for (let i = 0; i < 5; ++i) made.push((await say("ana", `page ${i}`, "random")).id);
        made.reverse();
        const page = async (query) => (await rest("ben", "GET",
            `/api/messages/channel/${channels.random}?${query}`)).body;
        const first = await page("limit=2");
        assert.deepEqual(first.items.map(({ id }) => id), made.slice(0, 2));
        assert.equal(first.has_more, true);
        const second = await page(`limit=3&before=${first.next_cursor}`);
        assert.deepEqual(second.items.map(({ id }) => id), made.slice(2));
        assert.deepEqual([second.has_more, second.next_cursor], [false, null]);
        assert.equal((await page("")).items.length, 5);
    });

    // --- K05 -----------------------------------------------------------------------------------

    it("K05: typing is told to the other subscribers", async () => {
        const [ana, ben, gm, eve] = [await connect("ana"), await connect("ben", "R"),
            await connect("gm", "R"), await connect("eve")];
        for (const client of [ana, ben]) await subscribe(client);
        const channel_id = channels.general;
        const { user } = ana.ready;
        ana.send({ type: "typing", channel_id });
        assert.deepEqual(await ben.nextOf("typing_start"), { type: "typing_start", channel_id,
            user_id: user.id, username: "ana", display_name: "Ana", user });
        ana.send({ type: "stop_typing", channel_id });
        assert.deepEqual(await ben.nextOf("typing_stop"),
            { type: "typing_stop", channel_id, user_id: user.id });
        eve.send({ type: "typing", channel_id }); // may not: ignored
        for (const client of [eve, ana, ben, gm]) assert.deepEqual(await types(client), []);
    });

    it("K05: presence follows the open sockets and is told to friends", async () => {
        const ben = await connect("ben", "R");
        const gm = await connect("gm", "R"); // no friend
        const fellow = await connect("gm", "P"); // the document tells all of the guild
        await settle(ben);
        const [first, second] = [await connect("ana"), await connect("ana", "R")];
        const update = (status) =>
            ({ type: "presence_update", user_id: people.ana.id, status });
        assert.deepEqual(await settle(ben), [update("online")]);
        first.send({ type: "set_status", status: "busy" });
        assert.deepEqual(await ben.next(), update("busy"));
        await first.close();
        await settle(second);
        assert.deepEqual(await settle(ben), []);
        await second.close();
        assert.deepEqual(await ben.nextOf("presence_update"), update("offline"));
        assert.deepEqual(await types(gm), []);
        assert.deepEqual(await settle(fellow), ["online", "busy", "offline"].map(update));
        const back = await connect("ana"); // the status was kept
        assert.equal(back.ready.user.status, "busy");
        assert.equal((await answer(back, { type: "set_status", status: "asleep" })).code,
            "VALIDATION_ERROR");
        back.send({ type: "set_status", status: "online" });
        assert.equal((await ben.nextOf("presence_update")).status, "busy");
        assert.deepEqual(await ben.nextOf("presence_update"), update("online"));
    });

    it("K05: activities are told to friends", async () => {
        const [ben, ana] = [await connect("ben", "R"), await connect("ana")];
        const activity = { type: "game", name: "Go", started_at: "2026-01-01T00:00:00Z" };
        for (let i = 0; i < 2; ++i) ana.send({ type: "set_activity", activity });
        assert.deepEqual(await ben.nextOf("rich_presence_update"),
            { type: "rich_presence_update", user_id: people.ana.id, activity });
        assert.equal((await answer(ana, { type: "set_activity", activity: null })).code,
            "RATE_LIMITED");
        assert.deepEqual(await types(ben), []);
    });

    it("K05: who is blocked is neither heard nor hears, until unblocked", async () => {
        const [gm, ben] = [await connect("gm"), await connect("ben", "R")];
        for (const client of [gm, ben]) await subscribe(client);
        const path = `/api/friends/${people.ben.id}/block`;
        assert.equal((await rest("gm", "POST", path)).status, 200);
        assert.deepEqual(await settle(gm), [{ type: "user_blocked", user_id: people.ben.id }]);
        const blocked = await rest("gm", "GET", "/api/friends/blocked");
        assert.equal(blocked.body[0].user_id, people.ben.id);
        assert.deepEqual((await rest("ben", "GET", "/api/friends/blocked")).body, []);

        const channel_id = channels.general;
        for (const [client, name] of [[gm, "gm"], [ben, "ben"]]) {
            client.send({ type: "typing", channel_id });
            client.send({ type: "voice_join", channel_id: channels.lounge });
            const state = await client.nextOf("voice_room_state");
            assert.equal(state.participants.length, 1);
            const { id } = await say(name, "unheard");
            await rest(name, "PATCH", `/api/messages/${id}`, { content: "still" });
            await rest(name, "DELETE", `/api/messages/${id}`);
            client.send({ type: "voice_offer", channel_id: channels.lounge, sdp: "v=0" });
        }
        for (const client of [gm, ben]) {
            client.send({ type: "voice_leave", channel_id: channels.lounge });
        }
        // Each hears what it has done itself, and nothing else.
        assert.deepEqual(await types(ben), ["voice_user_joined", "message_new", "message_edit",
            "message_delete", "voice_user_left"]);
        assert.deepEqual(await types(gm), ["voice_user_joined", "message_new", "message_create",
            "message_edit", "message_update", "message_delete", "voice_user_left"]);
        const { id } = await say("ben", "hidden", "general");
        const history = await rest("gm", "GET", `/api/messages/channel/${channel_id}`);
        assert.ok(!history.body.items.some((message) => message.id === id));

        assert.equal((await rest("gm", "DELETE", path)).status, 204);
        assert.equal((await rest("gm", "DELETE", path)).status, 404);
        await settle(gm);
        await say("ben", "heard");
        assert.deepEqual(await types(gm), ["message_new", "message_create"]);
    });

    it("K05: friends are asked and accepted, with their events", async () => {
        const [gm, eve] = [await connect("gm", "R"), await connect("eve", "R")];
        const asked = await rest("gm", "POST", "/api/friends/request", { username: "eve" });
        assert.equal(asked.status, 201);
        const request = await eve.nextOf("friend_request_received");
        assert.deepEqual([request.friendship_id, request.from_display_name],
            [asked.body.id, "Mo"]);
        const [pending] = (await rest("eve", "GET", "/api/friends/pending")).body;
        assert.deepEqual([pending.username, pending.direction], ["gm", "incoming"]);
        const again = await rest("gm", "POST", "/api/friends/request", { username: "eve" });
        assert.equal(again.status, 409);
        const path = `/api/friends/${asked.body.id}`;
        assert.equal((await rest("gm", "POST", `${path}/accept`)).status, 404);
        assert.equal((await rest("eve", "POST", `${path}/accept`)).body.status, "accepted");
        assert.equal((await gm.nextOf("friend_request_accepted")).user_id, people.eve.id);
        assert.equal((await gm.nextOf("presence_update")).user_id, people.eve.id);
        assert.equal((await rest("gm", "DELETE", path)).status, 204);
        assert.deepEqual((await rest("gm", "GET", "/api/friends")).body, []);
    });

    it("K05: who joins a guild hears of its members from then on", async () => {
        const [gm, eve] = [await connect("gm"), await connect("eve")];
        const guild = (await rest("gm", "POST", "/api/guilds", { name: "Reef" })).body.id;
        const invite = await rest("gm", "POST", `/api/guilds/${guild}/invites`, {});
        await settle(gm);
        await settle(eve);
        const joined = await rest("eve", "POST", `/api/invites/${invite.body.code}/join`);
        assert.equal(joined.status, 200, JSON.stringify(joined.body));
        for (const status of ["busy", "online"]) {
            gm.send({ type: "set_status", status });
            const heard = { type: "presence_update", user_id: people.gm.id, status };
            assert.deepEqual(await eve.next(), heard);
            assert.deepEqual(await settle(gm), [], "nobody hears of oneself");
        }
        await eve.close();
        assert.equal((await gm.next()).status, "offline");
    });

    // --- K08, the rest of it in kaiku-voice.test.mjs -------------------------------------------

    it("K08: who tries too many passwords is told when to come again", async () => {
        const strict = await startSystem("kaiku", { args: ["--kaiku-logins-per-minute", "2"] });
        try {
            const attempt = () => api(strict, "POST", "/auth/login", { username: "ana", password });
            for (let i = 0; i < 2; ++i) assert.equal((await attempt()).status, 200);
            const { status, body, headers } = await attempt();
            assert.deepEqual([status, body.error], [429, "RATE_LIMITED"]);
            assert.ok(body.retry_after > 0);
            assert.equal(headers.get("retry-after"), `${body.retry_after}`);
        } finally {
            await strict.stop();
        }
    });

    it("K08: no body is read of one who has to wait, be it JSON or not", async () => {
        const strict = await startSystem("kaiku", { args: ["--kaiku-logins-per-minute", "2"] });
        try {
            const headers = { "Content-Type": "application/json" };
            const attempt = async (body) =>
                (await fetch(`${strict.url}/auth/login`, { method: "POST", headers, body })).status;
            const bodies = ["{bad", "{bad", "{bad", "{}"];
            const statuses = [];
            for (const body of bodies) statuses.push(await attempt(body));
            assert.deepEqual(statuses, [400, 400, 429, 429]);
        } finally {
            await strict.stop();
        }
    });

    // --- all rows ------------------------------------------------------------------------------

    it("F02: pages of other origins need permission", async () => {
        const url = `ws://127.0.0.1:${harbor.server.port}/ws?token=${people.ana.token}`;
        const open = (origin) => JsonClient.open(url, { origin });
        clients.push(await open("http://localhost:4000"), await open(harbor.server.url));
        await assert.rejects(open("https://elsewhere.example"), /403/);
    });

    it("F03: tokens, logins, guilds, messages, blocks and status outlive a restart", async () => {
        const database = temporaryDatabase();
        let second;
        const first = await startSystem("kaiku", { database: database.file });
        try {
            const ana = await login("ana", first);
            const gm = await login("gm", first);
            const Authorization = `Bearer ${ana.token}`;
            const call = (at, method, path, body) =>
                api(at, method, path, body, { Authorization });
            const client = await connect(ana, "P", first);
            const [guild] = (await call(first, "GET", "/api/guilds")).body;
            const rooms = (await call(first, "GET", `/api/guilds/${guild.id}/channels`)).body;
            client.send({ type: "set_status", status: "away" });
            await settle(client);
            const into = `/api/messages/channel/${rooms[0].id}`;
            const kept = (await call(first, "POST", into, { content: "still here" })).body;
            const gone = (await call(first, "POST", into, { content: "gone" })).body;
            await call(first, "DELETE", `/api/messages/${gone.id}`);
            await call(first, "PATCH", `/api/messages/${kept.id}`, { content: "changed" });
            await call(first, "POST", `/api/friends/${gm.id}/block`);
            await Promise.all([client.closed, first.stop()]);
            assert.equal((await client.closed).code, 1001);

            second = await startSystem("kaiku", { database: database.file });
            assert.equal((await login("ana", second)).id, ana.id);
            const again = await api(second, "POST", "/auth/refresh", undefined,
                { Cookie: ana.cookie });
            assert.equal(again.status, 200);
            assert.deepEqual((await call(second, "GET", "/api/guilds")).body, [guild]);
            const { items } = (await call(second, "GET", into)).body;
            assert.deepEqual(items.map(({ id, content }) => [id, content]),
                [[kept.id, "changed"]]);
            const [blocked] = (await call(second, "GET", "/api/friends/blocked")).body;
            assert.equal(blocked.user_id, gm.id);
            const back = await connect(ana, "R", second);
            assert.equal(back.ready.user.status, "away");
            back.send({ type: "subscribe", channel_id: rooms[0].id });
            assert.equal((await back.next()).type, "subscribed");
        } finally {
            clients.splice(0);
            await second?.stop();
            database.remove();
        }
    });

    it("two hundred clients at once: nothing lost, nothing twice, no other channel", async () => {
        const names = ["ana", "ben", "gm"];
        const texts = ["general", "random"];
        const guests = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
            const client = await connect(names[i % 3], i % 2 ? "R" : "P");
            const room = texts[i % 4 < 2 ? 0 : 1];
            await subscribe(client, room);
            return { client, room };
        }));
        const said = { general: [], random: [] };
        const orders = {};
        await Promise.all(Array.from({ length: 60 }, async (_, i) => {
            const room = texts[i % 2];
            said[room].push((await say(names[i % 3], `${room} ${i}`, room)).id);
        }));
        await Promise.all(guests.map(async ({ client, room }) => {
            const heard = (await settle(client))
                .filter(({ type }) => type === "message_new").map(({ message }) => message.id);
            assert.deepEqual([...heard].sort(), [...said[room]].sort());
            orders[room] ??= heard;
            assert.deepEqual(heard, orders[room]); // in one order for all
        }));
    });
});
