// The ElizaOS system as its clients see it (lib/systems.mjs says how it is started). The ids are rows
// of the feature table (app-contracts 6).
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { ask, closeAll, connect, connected, inbox, makeClient, once, ways } from "./lib/clients.mjs";
import { until } from "./lib/inbox.mjs";
import { api, skip, startSystem } from "./lib/systems.mjs";

const defaultServer = "00000000-0000-0000-0000-000000000000";
const messages = "/api/messaging/channels";

describe("ElizaOS", { skip }, () => {
    let server;
    let agent;

    before(async () => {
        server = await startSystem("eliza");
        const { body } = await rest("GET", "/api/agents");
        agent = body.data.agents[0];
    });
    after(async () => {
        closeAll();
        await server?.stop();
    });

    const rest = (...request) => api(server, ...request);
    const data = async (...request) => (await rest(...request)).body.data;

    // Somebody who says who they are, as the web UI does.
    async function somebody(options = {}) {
        const entityId = randomUUID();
        const socket = await connect(server.port, { auth: { entityId }, ...options });
        return Object.assign(socket, { entityId });
    }

    const type1 = (channelId, more = {}) => ({ type: 1, payload: { channelId, ...more } });
    const type2 = (socket, channelId, message, more = {}) => ({
        type: 2,
        payload: {
            senderId: socket.entityId, senderName: "Ana", message, channelId,
            messageServerId: defaultServer, ...more,
        },
    });

    async function enter(socket, channelId) {
        const joined = once(socket, "channel_joined");
        socket.emit("message", type1(channelId));
        await joined;
    }

    const newDm = (user) => data("POST", messages, {
        name: "Talk", message_server_id: defaultServer, type: "DM",
        participantCentralUserIds: [user, agent.id], metadata: { isDm: true, forAgent: agent.id },
    });

    async function refusal(options) {
        const socket = makeClient(server.port, options);
        return (await connected(socket).then(() => assert.fail("connected"), (error) => error)).message;
    }

    // --- E01 ------------------------------------------------------------------------------------

    for (const way of ways) {
        it(`E01 greets by ${way.name}, with and without an auth payload`, async () => {
            for (const entityId of [randomUUID(), undefined]) {
                const socket = makeClient(server.port, { way, auth: entityId ? { entityId } : {} });
                const greetings = [once(socket, "authenticated"), once(socket, "connection_established")];
                const [[authenticated], [established]] = await Promise.all(greetings);
                assert.equal(typeof authenticated.timestamp, "number");
                assert.match(authenticated.entityId, /^[0-9a-f-]{36}$/);
                if (entityId) assert.equal(authenticated.entityId, entityId);
                assert.equal(established.socketId, socket.id);
                assert.equal(typeof established.message, "string");
            }
        });
    }

    // --- E02 ------------------------------------------------------------------------------------

    it("E02 joins by type 1, twice as the UI does", async () => {
        const ana = await somebody();
        const channelId = randomUUID();
        const [channels, rooms] = [inbox(ana, "channel_joined"), inbox(ana, "room_joined")];
        ana.emit("message", type1(channelId, { roomId: channelId, entityId: ana.entityId }));
        ana.emit("message", type1(channelId, { roomId: channelId, entityId: ana.entityId }));
        for (const box of [channels, rooms]) {
            for (const [joined] of await box.take(2)) {
                assert.equal(joined.channelId, channelId);
                assert.equal(joined.roomId, channelId);
                assert.equal(typeof joined.message, "string");
            }
        }
        const heard = inbox(ana, "messageBroadcast");
        const ben = await somebody();
        ben.emit("message", type2(ben, channelId, "once", { metadata: { channelType: "GROUP" } }));
        assert.equal((await heard.next())[0].text, "once");
        assert.ok(await heard.silent(30));
    });

    it("E02 joins by every name that is documented", async () => {
        const ana = await somebody();
        const box = inbox(ana, "channel_joined");
        const roomId = randomUUID();
        ana.emit("1", { roomId });
        ana.emit("join_channel", { channelId: roomId });
        ana.emit("message", { type: 0, payload: { roomId, agentId: agent.id } });
        const joined = (await box.take(3)).map(([notice]) => notice);
        assert.deepEqual(joined.map((notice) => notice.channelId), [roomId, roomId, roomId]);
        assert.equal(joined[2].agentId, agent.id);
        assert.deepEqual(await ask(ana, "message", type1(roomId)), [{ success: true }]);
    });

    it("E02 says what a join lacks", async () => {
        const ana = await somebody();
        const errors = inbox(ana, "messageError");
        ana.emit("message", type1(undefined));
        assert.deepEqual(await errors.next(), [{ error: "channelId is required for joining." }]);
        const [answer] = await ask(ana, "message", type1("lobby"));
        assert.deepEqual(answer, { success: false, error: "roomId must be a UUID" });
    });

    // --- E03 ------------------------------------------------------------------------------------

    it("E03 sends by type 2: others, sender, ack, agent, end of the turn", async () => {
        const [ana, ben] = [await somebody(), await somebody()];
        const { id: channelId } = await newDm(ana.entityId);
        await enter(ana, channelId);
        await enter(ben, channelId);
        const [atAna, atBen] = [inbox(ana, "messageBroadcast"), inbox(ben, "messageBroadcast")];
        const [acks, ends] = [inbox(ana, "messageAck"), inbox(ana, "messageComplete")];
        const controls = inbox(ana, "controlMessage");
        const messageId = randomUUID();
        ana.emit("message", type2(ana, channelId, "I am sad 😀", {
            messageId, source: "client_chat", attachments: [{ id: "a1", url: "/x.png" }],
            metadata: { isDm: true, channelType: "DM" },
        }));
        const [own] = await atAna.next();
        const [other] = await atBen.next();
        const { clientMessageId, ...same } = own;
        assert.deepEqual(same, other);
        assert.equal(clientMessageId, messageId);
        assert.equal(other.senderId, ana.entityId);
        assert.equal(other.senderName, "Ana");
        assert.equal(other.text, "I am sad 😀");
        assert.equal(other.source, "client_chat");
        assert.equal(typeof other.createdAt, "number");
        assert.deepEqual([other.channelId, other.roomId], [channelId, channelId]);
        assert.deepEqual([other.messageServerId, other.serverId], [defaultServer, defaultServer]);
        assert.deepEqual(other.attachments, [{ id: "a1", url: "/x.png" }]);
        assert.deepEqual(await acks.next(), [{
            clientMessageId: messageId, messageId: own.id,
            status: "received_by_server_and_processing", channelId, roomId: channelId,
        }]);
        const [reply] = await atBen.next();
        assert.equal(reply.senderId, agent.id);
        assert.equal(reply.senderName, "Eliza");
        assert.equal(reply.source, "agent_response");
        assert.match(reply.text, /sad/);
        assert.deepEqual(reply.actions, ["REPLY"]);
        assert.deepEqual(await ends.next(),
            [{ channelId, roomId: channelId, serverId: defaultServer }]);
        assert.deepEqual((await controls.take(2)).map(([notice]) => notice.action),
            ["disable_input", "enable_input"]);
    });

    it("E03 makes unknown channels, and takes a message sent again once", async () => {
        const ana = await somebody();
        const channelId = randomUUID();
        const acks = inbox(ana, "messageAck");
        const message = type2(ana, channelId, "hello", { messageId: "again" });
        ana.emit("message", message);
        const [first] = await acks.next();
        ana.emit("2", message.payload);
        const [second] = await acks.next();
        assert.equal(second.messageId, first.messageId);
        const channel = await data("GET", `${messages}/${channelId}/details`);
        assert.equal(channel.name, `Chat ${channelId.slice(0, 8)}`);
        assert.equal(channel.type, "GROUP");
        const { messages: kept } = await data("GET", `${messages}/${channelId}/messages`);
        assert.equal(kept.filter((each) => each.authorId === ana.entityId).length, 1);
        const dm = randomUUID();
        ana.emit("message", type2(ana, dm, "hi", { metadata: { isDm: true, targetUserId: agent.id } }));
        await until(async () => (await data("GET", `${messages}/${dm}/participants`))?.length === 2, "dm");
        assert.equal((await data("GET", `${messages}/${dm}/details`)).name, `DM ${dm.slice(0, 8)}`);
    });

    it("E03 is answered in a group only where the agent is a member", async () => {
        const ana = await somebody();
        const make = (participants) => data("POST", messages,
            { name: "Group", participantCentralUserIds: [ana.entityId, ...participants] });
        for (const [participants, answers] of [[[], 0], [[agent.id], 1]]) {
            const { id, type } = await make(participants);
            assert.equal(type, "GROUP");
            await enter(ana, id);
            const heard = [];
            const note = (broadcast) => heard.push(broadcast);
            ana.on("messageBroadcast", note);
            const end = once(ana, "messageComplete");
            ana.emit("message", type2(ana, id, "hello"));
            await end;
            ana.off("messageBroadcast", note);
            assert.equal(heard.filter((each) => each.senderId === agent.id).length, answers);
        }
    });

    it("E03 says what a message lacks", async () => {
        const ana = await somebody();
        const required = "For SEND_MESSAGE: channelId, messageServerId (message_server_id), " +
            "senderId (author_id), and message are required.";
        for (const payload of [{}, { message: "x" }, type2(ana, randomUUID(), "").payload,
            { ...type2(ana, randomUUID(), "x").payload, senderId: "ana" }]) {
            assert.deepEqual(await ask(ana, "message", { type: 2, payload }),
                [{ success: false, error: required }]);
        }
        const unknown = randomUUID();
        const errors = inbox(ana, "messageError");
        ana.emit("message", type2(ana, randomUUID(), "x", { messageServerId: unknown }));
        assert.deepEqual(await errors.next(), [{ error: `Server ${unknown} does not exist` }]);
        ana.emit("message", { type: 99, payload: {} });
        assert.deepEqual(await errors.next(), [{ error: "Unknown message type" }]);
    });

    // --- E04, E05: REST -------------------------------------------------------------------------

    it("E04 answers what the web UI asks at its start", async () => {
        const version = (await rest("GET", "/api/system/version")).body;
        assert.deepEqual(Object.keys(version).sort(),
            ["environment", "source", "timestamp", "uptime", "version"]);
        assert.deepEqual((await rest("GET", "/api/system/config")).body,
            { success: true, data: { requiresAuth: false } });
        assert.equal(agent.name, "Eliza");
        assert.equal(agent.characterName, "Eliza");
        assert.equal(agent.status, "active");
        const character = await data("GET", `/api/agents/${agent.id}`);
        for (const list of ["bio", "plugins", "topics", "adjectives", "messageExamples"]) {
            assert.ok(Array.isArray(character[list]), list);
        }
        assert.deepEqual(Object.keys(character.style), ["all", "chat", "post"]);
        assert.equal(character.enabled, true);
        assert.deepEqual(await data("GET", `/api/agents/${agent.id}/panels`), []);
        assert.deepEqual(await data("GET", "/api/messaging/message-server/current"),
            { messageServerId: defaultServer });
        const { messageServers } = await data("GET", "/api/messaging/message-servers");
        assert.equal(messageServers[0].name, "Default Server");
        const { agents } = await data("GET", `/api/messaging/message-servers/${defaultServer}/agents`);
        assert.deepEqual(agents, [agent.id]);
        assert.equal((await rest("GET", "/api/server/ping")).body.pong, true);
        for (const path of ["/health", "/healthz"]) {
            assert.equal((await rest("GET", path)).body.status, "ok");
        }
        const missing = await rest("GET", "/api/nothing");
        assert.equal(missing.status, 404);
        assert.equal(missing.body.success, false);
        assert.equal(missing.body.error.code, 404);
    });

    it("E04 stops and starts an agent", async () => {
        const ana = await somebody();
        const path = `/api/agents/${agent.id}`;
        assert.equal((await data("POST", `${path}/stop`)).status, "inactive");
        const end = once(ana, "messageComplete");
        const channelId = randomUUID();
        ana.emit("message", type2(ana, channelId, "hello?"));
        await end;
        const { messages: kept } = await data("GET", `${messages}/${channelId}/messages`);
        assert.equal(kept.length, 1);
        assert.equal((await data("POST", `${path}/start`)).status, "active");
        assert.equal((await rest("POST", `/api/agents/${randomUUID()}/stop`)).status, 404);
    });

    it("E04 sends by REST and pages through the history", async () => {
        const ana = await somebody();
        const made = await rest("POST", messages,
            { name: "History", participantCentralUserIds: [ana.entityId] });
        assert.equal(made.status, 201);
        const { id } = made.body.data;
        await enter(ana, id);
        const heard = inbox(ana, "messageBroadcast");
        for (let i = 0; i < 3; ++i) {
            const sent = await rest("POST", `${messages}/${id}/messages`,
                { content: `m${i}`, metadata: { k: i } }, { "X-Entity-Id": ana.entityId });
            assert.equal(sent.status, 201);
            assert.equal((await heard.next())[0].text, `m${i}`);
        }
        const page = async (query) => (await data("GET", `${messages}/${id}/messages?${query}`)).messages;
        const [newest, ...others] = await page("limit=30");
        assert.equal(others.length, 2);
        assert.equal(newest.content, "m2");
        assert.equal(newest.authorId, ana.entityId);
        assert.equal(newest.channelId, id);
        assert.deepEqual(newest.metadata, { k: 2 });
        assert.equal(Date.parse(newest.createdAt), newest.created_at);
        assert.equal((await page("limit=1")).length, 1);
        const older = await page(`before=${encodeURIComponent(newest.createdAt)}`);
        assert.ok(older.every((each) => each.created_at < newest.created_at));
        const title = await data("POST", `${messages}/${id}/generate-title`, { agentId: agent.id });
        assert.deepEqual(title, { title: "m0", channelId: id });
        const old = await data("GET", `/api/messaging/central-channels/${id}/messages`);
        assert.equal(old.messages.length, 3);
    });

    it("E04 finds the one direct channel of two", async () => {
        const [user, path] = [randomUUID(), "/api/messaging/dm-channel"];
        const query = `?currentUserId=${user}&targetUserId=${agent.id}&dmServerId=${defaultServer}`;
        const first = await data("GET", path + query);
        assert.equal(first.type, "DM");
        assert.equal((await data("GET", path + query)).id, first.id);
        const { channels } = await data("GET",
            `/api/messaging/message-servers/${defaultServer}/channels`);
        assert.ok(channels.some((each) => each.id === first.id));
    });

    it("E04 lets an agent outside speak", async () => {
        const ana = await somebody();
        const { id } = await newDm(ana.entityId);
        await enter(ana, id);
        const [heard, ends] = [inbox(ana, "messageBroadcast"), inbox(ana, "messageComplete")];
        const sent = await rest("POST", "/api/messaging/submit", {
            channel_id: id, message_server_id: defaultServer, author_id: agent.id,
            content: "from outside", source_type: "agent_response", metadata: { thought: "hm" },
        });
        assert.equal(sent.status, 201);
        const [broadcast] = await heard.next();
        assert.equal(broadcast.senderName, "Eliza");
        assert.equal(broadcast.thought, "hm");
        await rest("POST", "/api/messaging/complete", { channel_id: id, server_id: defaultServer });
        assert.equal((await ends.next())[0].channelId, id);
    });

    it("E05 tells channels what REST did to them", async () => {
        const ana = await somebody();
        const { id } = await newDm(ana.entityId);
        await enter(ana, id);
        const sent = await data("POST", `${messages}/${id}/messages`,
            { content: "x", author_id: ana.entityId });
        const told = async (event, method, path, body) => {
            const notice = once(ana, event);
            const answer = await rest(method, path, body);
            assert.equal(answer.status, body ? 200 : 204);
            return (await notice)[0];
        };
        const channel = `${messages}/${id}`;
        assert.deepEqual(await told("messageDeleted", "DELETE", `${channel}/messages/${sent.id}`),
            { messageId: sent.id, channelId: id });
        assert.deepEqual(await told("channelCleared", "DELETE", `${channel}/messages`), { channelId: id });
        assert.deepEqual(await told("channelUpdated", "PATCH", channel, { name: "New" }),
            { channelId: id, updates: { name: "New" } });
        assert.equal((await data("GET", `${channel}/details`)).name, "New");
        assert.deepEqual(await told("channelDeleted", "DELETE", channel), { channelId: id });
        assert.equal((await rest("GET", `${channel}/details`)).status, 404);
    });

    // --- E06: the log ---------------------------------------------------------------------------

    it("E06 streams the log to those who ask, through their filter", async () => {
        const ana = await somebody();
        const confirmed = inbox(ana, "log_subscription_confirmed");
        const updated = inbox(ana, "log_filters_updated");
        const stream = inbox(ana, "log_stream");
        ana.emit("update_log_filters", { level: "info" });
        assert.equal((await updated.next())[0].success, false);
        ana.emit("subscribe_logs");
        assert.equal((await confirmed.next())[0].subscribed, true);
        const channelId = randomUUID();
        await enter(ana, channelId);
        const [entry] = await stream.next();
        assert.equal(entry.type, "log_entry");
        assert.equal(entry.payload.level, 30);
        assert.equal(entry.payload.agentName, "Eliza");
        assert.equal(entry.payload.channelId, channelId);
        assert.equal(typeof entry.payload.time, "number");
        ana.emit("update_log_filters", { agentName: "Nobody" });
        assert.deepEqual((await updated.next())[0],
            { success: true, filters: { agentName: "Nobody", level: 0 } });
        await enter(ana, channelId);
        ana.emit("update_log_filters", { agentName: "Eliza", level: "warn" });
        await updated.next();
        await enter(ana, channelId);
        ana.emit("update_log_filters", { level: "loud" });
        assert.equal((await updated.next())[0].success, false);
        assert.equal(stream.size, 0);
        ana.emit("unsubscribe_logs");
        assert.equal((await confirmed.next())[0].subscribed, false);
    });

    it("E06 lists the log by REST, without what people said", async () => {
        const ana = await somebody();
        const end = once(ana, "messageComplete");
        ana.emit("message", type2(ana, randomUUID(), "very private words"));
        await end;
        const list = (await rest("GET", "/api/server/logs?level=info")).body;
        assert.deepEqual([list.levels[0], list.levels[1], list.levels.at(-1)], ["all", "trace", "fatal"]);
        assert.ok(list.count > 0 && list.total >= list.count);
        assert.ok(list.logs.some((line) => line.msg === "Server started"));
        assert.ok(!JSON.stringify(list).includes("private"));
        const search = async (body) => (await rest("POST", "/api/server/logs", body)).body;
        assert.equal((await search({ level: "fatal" })).count, 0);
        assert.equal((await search({ agentName: "Nobody" })).count, 0);
        assert.equal((await search({ limit: 1 })).count, 1);
        assert.equal((await rest("DELETE", "/api/server/logs")).status, 200);
        assert.equal((await search({})).total, 0);
    });

    // --- E07: the seed's own events, its samples and its snippet ---------------------------------

    it("E07 serves the document's client snippet", async () => {
        const { io } = await import("socket.io-client");
        const socket = io(server.url);
        try {
            await Promise.all([once(socket, "connect"), once(socket, "connection_established")]);
            assert.equal(socket.connected, true);
        } finally {
            socket.close();
        }
    });

    it("E07 takes the document's join, message, request-world-state and leave", async () => {
        const ana = await connect(server.port);
        const ben = await connect(server.port);
        const [roomId, userId] = [randomUUID(), randomUUID()];
        const logged = inbox(ben, "logEntry");
        ben.emit("leave", { roomId, agentId: agent.id });  // makes it a client of the seed, see error
        const [error] = await once(ben, "error");
        assert.deepEqual(error, { error: "Not in this room", details: { field: "roomId", value: roomId } });
        assert.deepEqual(await ask(ben, "join", { roomId, agentId: randomUUID() }), [{ success: true }]);
        assert.deepEqual(await ask(ana, "join", { roomId, agentId: agent.id }), [{ success: true }]);
        const [log] = await logged.next();
        assert.deepEqual([log.level, log.agentId, log.agentName], [30, agent.id, "Eliza"]);
        assert.equal(typeof log.time, "number");
        assert.equal(typeof log.msg, "string");

        const heard = inbox(ben, "messageBroadcast");
        const complete = once(ben, "messageComplete");
        assert.deepEqual(await ask(ana, "message", { text: "Hello", roomId, userId, name: "Ana" }),
            [{ success: true }]);
        const [[line], [reply]] = await heard.take(2);
        const sample = ["senderId", "senderName", "text", "roomId", "serverId", "createdAt", "source",
            "id", "thought", "actions", "attachments"];
        for (const field of sample) assert.ok(field in line && field in reply, field);
        assert.deepEqual([line.senderId, line.senderName, line.text], [userId, "Ana", "Hello"]);
        assert.equal(reply.senderId, agent.id);
        const [end] = await complete;
        assert.deepEqual([end.channelId, end.serverId], [roomId, defaultServer]);

        ana.emit("request-world-state", { roomId });
        const [world] = await once(ana, "world-state");
        assert.deepEqual(Object.keys(world), ["agents", "users", "channels", "messages"]);
        assert.equal(world.agents[agent.id].name, "Eliza");
        assert.equal(world.users[userId].name, "Ana");
        assert.deepEqual(Object.keys(world.channels), [roomId]);
        assert.deepEqual(world.channels[roomId].agents, [agent.id]);
        assert.deepEqual(world.messages[roomId].map((each) => each.text), ["Hello", reply.text]);
        ana.emit("request-world-state", {});
        assert.ok(Object.keys((await once(ana, "world-state"))[0].channels).length > 1);

        assert.deepEqual(await ask(ben, "leave", { roomId, agentId: agent.id }), [{ success: true }]);
        await ask(ana, "message", { text: "Gone?", roomId, userId, name: "Ana" });
        assert.ok(await heard.silent(30));
    });

    it("E07 takes the community's flat message, and answers somebody alone", async () => {
        const ana = await connect(server.port);
        const heard = inbox(ana, "messageBroadcast");
        ana.emit("message", { roomId: randomUUID(), senderId: randomUUID(), message: "hello" });
        const [[own], [reply]] = await heard.take(2);
        assert.deepEqual([own.text, own.senderName, own.source], ["hello", "User", "client_chat"]);
        assert.equal(reply.source, "agent_response");
    });

    it("E07 gives malformed events the document's error, and others no such event", async () => {
        const [seed, current] = [await connect(server.port), await somebody()];
        const [errors, none] = [inbox(seed, "error"), inbox(current, "error")];
        for (const event of [["message", {}], ["message", "text"], ["join", { roomId: 7 }], ["join"],
            ["request-world-state", { roomId: "lobby" }], ["message", { text: "x", roomId: "lobby" }]]) {
            seed.emit(...event);
            const [error] = await errors.next();
            assert.equal(typeof error.error, "string");
            assert.equal(typeof error.details, "object");
        }
        assert.equal((await ask(current, "message", type1("lobby")))[0].success, false);
        assert.ok(await none.silent(0));
    });

    it("E07 keeps rooms apart, and counts them", async () => {
        const [ana, ben] = [await connect(server.port), await connect(server.port)];
        const heard = inbox(ben, "messageBroadcast");
        await ask(ben, "join", { roomId: randomUUID(), agentId: randomUUID() });
        await ask(ana, "message", { text: "x", roomId: randomUUID(), userId: randomUUID(), name: "A" });
        assert.ok(await heard.silent(30));
        let answer = { success: true };
        for (let i = 0; answer.success && i < 100; ++i) {
            [answer] = await ask(ana, "join", { roomId: randomUUID(), agentId: agent.id });
        }
        assert.deepEqual(answer, { success: false, error: "Too many rooms joined" });
    });

    // --- E08 ------------------------------------------------------------------------------------

    it("E08 asks for the key on sockets and REST, and for an entity if told so", async () => {
        const open = server;
        process.env.HUBBUB_ELIZA_API_KEY = randomUUID();
        const apiKey = process.env.HUBBUB_ELIZA_API_KEY;
        server = await startSystem("eliza", { args: ["--eliza-needs-entity"] });
        delete process.env.HUBBUB_ELIZA_API_KEY;
        try {
            const entityId = randomUUID();
            const missing = "Invalid or missing API Key";
            assert.equal(await refusal({ auth: { entityId } }), missing);
            assert.equal(await refusal({ auth: { entityId, apiKey: `${apiKey}x` } }), missing);
            assert.equal(await refusal({ auth: { apiKey } }), "Valid entityId required");
            assert.equal(await refusal({ auth: { apiKey, entityId: "me" } }), "Valid entityId required");
            await connect(server.port, { auth: { apiKey, entityId } });
            await connect(server.port, { auth: { entityId }, extraHeaders: { "x-api-key": apiKey } });
            assert.deepEqual((await rest("GET", "/api/system/config")).body.data, { requiresAuth: true });
            const denied = await rest("GET", "/api/agents");
            assert.equal(denied.status, 401);
            assert.equal(denied.body.error.code, 401);
            const key = { "X-API-KEY": apiKey };
            assert.equal((await rest("GET", "/api/agents", undefined, key)).status, 200);
            assert.ok(!server.output.join("\n").includes(apiKey));
        } finally {
            closeAll();
            await server.stop();
            server = open;
        }
    });

    it("E08 isolates the data of those who do not take part", async () => {
        const open = server;
        server = await startSystem("eliza", { args: ["--eliza-isolation"] });
        try {
            const [ana, eve] = [await somebody(), await somebody()];
            const channelId = randomUUID();
            assert.deepEqual(await ask(ana, "message", type2(ana, channelId, "secret")), [{ success: true }]);
            const denied = "Access denied: You don't have permission to";
            const [join] = await ask(eve, "message", type1(channelId));
            assert.equal(join.error, `${denied} join this channel`);
            const [send] = await ask(eve, "message", type2(eve, channelId, "x"));
            assert.ok(send.error.startsWith(denied));
            const [forged] = await ask(eve, "message", type2(ana, channelId, "x"));
            assert.ok(forged.error.startsWith(denied));
            eve.emit("request-world-state", {});
            assert.deepEqual((await once(eve, "world-state"))[0].channels, {});
            const read = (entity) => rest("GET", `${messages}/${channelId}/messages`, undefined,
                { "X-Entity-Id": entity });
            assert.equal((await read(eve.entityId)).status, 403);
            assert.equal((await read(ana.entityId)).status, 200);
            const [early] = await ask(eve, "message", type1(randomUUID()));  // of a channel to come
            assert.equal(early.error, `${denied} join this channel`);
            const complete = (entity) => rest("POST", "/api/messaging/complete",
                { channel_id: channelId }, { "X-Entity-Id": entity });
            assert.equal((await complete(eve.entityId)).status, 403);
            const completed = once(ana, "messageComplete");
            assert.equal((await complete(ana.entityId)).status, 200);
            await completed;
        } finally {
            closeAll();
            await server.stop();
            server = open;
        }
    });
});
