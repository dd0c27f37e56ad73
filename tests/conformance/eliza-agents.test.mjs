// ElizaOS's agents and what must hold beyond single events: an agent behind an HTTP endpoint,
// restarts, many people at once. The ids are rows of the feature table (app-contracts 6).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { Authority } from "./lib/certificates.mjs";
import { ask, closeAll, connect, connected, inbox, makeClient, once, ways } from "./lib/clients.mjs";
import { until } from "./lib/inbox.mjs";
import { patience } from "./lib/patience.mjs";
import { api, skip, startSystem, temporaryDatabase } from "./lib/systems.mjs";

const defaultServer = "00000000-0000-0000-0000-000000000000";

async function somebody(server, entityId = randomUUID()) {
    const socket = await connect(server.port, { auth: { entityId } });
    return Object.assign(socket, { entityId });
}

const line = (socket, channelId, message, more = {}) => ({
    type: 2,
    payload: {
        senderId: socket.entityId, senderName: "Ana", message, channelId,
        messageServerId: defaultServer, ...more,
    },
});

// Starts with the settings as environment: keys do not belong on a command line.
async function startWith(settings, options) {
    const names = Object.keys(settings).map((key) => `HUBBUB_ELIZA_${key.toUpperCase()}`);
    Object.values(settings).forEach((value, i) => { process.env[names[i]] = value; });
    try {
        return await startSystem("eliza", options);
    } finally {
        for (const name of names) delete process.env[name];
    }
}

describe("an agent behind an HTTP endpoint", { skip }, () => {
    const key = randomUUID();
    let endpoint;  // the operator's program
    let behave;    // what it does with a request
    let server;
    let agent;

    const listen = (made) => new Promise((resolve) => {
        made.listen(0, "127.0.0.1", () => resolve(made));
    });
    const answering = (request, response) => {
        let body = "";
        request.on("data", (piece) => { body += piece; });
        request.on("end", () => behave(response, request, JSON.parse(body)));
    };

    before(async () => {
        endpoint = await listen(createServer(answering));
        server = await startWith({
            agent_url: `http://127.0.0.1:${endpoint.address().port}/ask?x=1`, agent_key: key,
            agent_name: "Oracle", agent_timeout_ms: String(300 * patience),
        });
        const { body } = await api(server, "GET", "/api/agents");
        assert.deepEqual(body.data.agents.map((each) => each.name), ["Eliza", "Oracle"]);
        agent = body.data.agents[1];
    });
    after(async () => {
        closeAll();
        await server?.stop();
        endpoint?.closeAllConnections();
        endpoint?.close();
    });

    // Somebody in a direct channel with the agent, and all they hear.
    async function talk(target = server, partner = agent) {
        const socket = await somebody(target);
        const { body } = await api(target, "POST", "/api/messaging/channels", {
            name: "Talk", type: "DM", participantCentralUserIds: [socket.entityId, partner.id],
        });
        const heard = [];
        socket.onAny((event, data) => heard.push([event, data]));
        const channelId = body.data.id;
        return {
            socket, channelId,
            // Says something and waits for the end of the turn.
            async say(text) {
                heard.length = 0;
                const end = once(socket, "messageComplete");
                socket.emit("message", line(socket, channelId, text));
                await end;
                return (event) => heard.filter(([name]) => name === event).map(([, data]) => data);
            },
        };
    }

    it("E09 asks the endpoint with what was said before, and shows its answer", async () => {
        const asked = [];
        behave = (response, request, question) => {
            asked.push([request.method, request.url, request.headers.authorization, question]);
            response.setHeader("Content-Type", "application/json");
            response.end(JSON.stringify({ text: `You said ${question.text}`, thought: "hm", actions: ["A"] }));
        };
        const talking = await talk();
        await talking.say("one");
        const heard = await talking.say("two 😀");
        const [own, reply] = heard("messageBroadcast");
        assert.equal(own.text, "two 😀");
        assert.deepEqual([reply.senderId, reply.senderName, reply.text, reply.thought, reply.actions],
            [agent.id, "Oracle", "You said two 😀", "hm", ["A"]]);
        assert.deepEqual(heard("controlMessage").map((each) => each.action),
            ["disable_input", "enable_input"]);
        const [method, url, authorization, question] = asked[1];
        assert.deepEqual([method, url, authorization], ["POST", "/ask?x=1", `Bearer ${key}`]);
        assert.deepEqual(question.history.map((each) => [each.senderName, each.text]),
            [["Ana", "one"], ["Oracle", "You said one"]]);
        assert.deepEqual([question.agentId, question.channelId, question.senderId],
            [agent.id, talking.channelId, talking.socket.entityId]);
    });

    it("E09 shows a plain answer piece by piece, never half a character", async () => {
        behave = (response) => {
            response.setHeader("Content-Type", "text/plain; charset=utf-8");
            const bytes = Buffer.from("Grüße 😀!");
            response.write(bytes.subarray(0, 3));  // half of the ü
            setTimeout(() => response.write(bytes.subarray(3, 10)), 20);  // half of the face
            setTimeout(() => response.end(bytes.subarray(10)), 40);
        };
        const heard = await (await talk()).say("hello");
        const chunks = heard("messageStreamChunk");
        assert.equal(chunks.map((each) => each.chunk).join(""), "Grüße 😀!");
        assert.deepEqual(chunks.map((each) => each.index), chunks.map((_, i) => i));
        assert.ok(chunks.every((each) => !each.chunk.includes("\ufffd")));
        const reply = heard("messageBroadcast").at(-1);
        assert.equal(reply.text, "Grüße 😀!");
        assert.ok(chunks.every((each) => each.messageId === reply.id && each.agentId === agent.id));
    });

    const failures = {
        "a refusal": [(response) => response.writeHead(503).end("secret detail"),
            "The agent answered with status 503"],
        "an answer that is no JSON": [(response) => response.end("oops"),
            "The agent's answer could not be read"],
        "an answer without text": [(response) => response.end('{"texts":1}'),
            "The agent's answer could not be read"],
        "no answer": [() => {}, "The agent did not answer in time"],
        "a cut": [(response) => response.destroy(), "The agent cannot be reached"],
        "too much": [(response) => response.end("x".repeat(2_000_000)),
            "The agent's answer is too long"],
    };
    for (const [name, [what, error]] of Object.entries(failures)) {
        it(`E09 tells the channel of ${name}, and ends the turn`, async () => {
            behave = what;
            const talking = await talk();
            const heard = await talking.say("hello");
            const [failure] = heard("messageStreamError");
            assert.deepEqual([failure.error, failure.agentId, failure.channelId],
                [error, agent.id, talking.channelId]);
            assert.equal(typeof failure.messageId, "string");
            assert.equal(heard("messageBroadcast").length, 1, "the question only");
            assert.equal(heard("controlMessage").at(-1).action, "enable_input");
        });
    }

    it("E09 says what was said before an answer broke", async () => {
        behave = (response) => {
            response.setHeader("Content-Type", "text/plain");
            response.write("Well, ", () => setTimeout(() => response.destroy(), 20));
        };
        const [failure] = (await (await talk()).say("hello"))("messageStreamError");
        assert.equal(failure.partialText, "Well, ");
    });

    it("E09 tells nobody where the endpoint is, nor its key", async () => {
        behave = (response) => response.destroy();
        const talking = await talk();
        const everything = [];
        talking.socket.onAny((...event) => everything.push(event));
        await talking.say("hello");
        const log = (await api(server, "GET", "/api/server/logs")).body;
        assert.ok(log.logs.some((each) => each.level === 50 && each.agentName === "Oracle"));
        const seen = JSON.stringify([everything, log, server.output,
            (await api(server, "GET", `/api/agents/${agent.id}`)).body]);
        for (const secret of [key, String(endpoint.address().port)]) assert.ok(!seen.includes(secret));
    });

    it("E09 trusts an https endpoint by its certificate only", async () => {
        const authority = new Authority();
        const secure = await listen(createTlsServer({
            cert: readFileSync(authority.certificateFile), key: readFileSync(authority.keyFile),
        }, answering));
        behave = (response) => response.end('{"text":"safe"}');
        try {
            for (const expected of ["safe", undefined]) {
                const settings = { agent_url: `https://localhost:${secure.address().port}/` };
                if (expected) process.env.SSL_CERT_FILE = join(authority.folder, "ca.pem");
                const made = await startWith(settings).finally(() => delete process.env.SSL_CERT_FILE);
                try {
                    const { body } = await api(made, "GET", "/api/agents");
                    const partner = body.data.agents.find((each) => each.name === "Assistant");
                    const heard = await (await talk(made, partner)).say("hello");
                    assert.equal(heard("messageBroadcast")[1]?.text, expected);
                    if (!expected) {
                        assert.equal(heard("messageStreamError")[0].error, "The agent cannot be reached");
                    }
                } finally {
                    closeAll();
                    await made.stop();
                }
            }
        } finally {
            secure.closeAllConnections();
            secure.close();
            authority.remove();
        }
    });

    it("E09 does not start with an endpoint that is none", async () => {
        for (const agent_url of ["ftp://example.test", "http://user:word@example.test/", "http://"]) {
            await assert.rejects(startWith({ agent_url }), /agent_url: not an http/);
        }
    });
});

describe("ElizaOS over time and in a crowd", { skip }, () => {
    after(closeAll);

    it("F03 E04 keeps history, channels and stopped agents over a restart", async () => {
        const store = temporaryDatabase();
        let server = await startSystem("eliza", { database: store.file });
        try {
            const agent = (await api(server, "GET", "/api/agents")).body.data.agents[0];
            const ana = await somebody(server);
            const channelId = randomUUID();
            const end = once(ana, "messageComplete");
            ana.emit("message", line(ana, channelId, "before", { messageId: "m1" }));
            await end;
            await api(server, "POST", `/api/agents/${agent.id}/stop`);
            const messages = `/api/messaging/channels/${channelId}/messages`;
            const kept = (await api(server, "GET", messages)).body;
            assert.equal(kept.data.messages.length, 2);
            // In the middle of things: no goodbye, and an acknowledged message is there.
            await ask(ana, "message", line(ana, channelId, "last"));
            await server.kill();
            server = await startSystem("eliza", { database: store.file });
            const after = (await api(server, "GET", messages)).body.data.messages;
            assert.equal(after[0].content, "last");
            assert.deepEqual(after.slice(1), kept.data.messages);
            assert.equal((await api(server, "GET", `/api/agents/${agent.id}`)).body.data.status, "inactive");
            // Ana comes back to her room by her own means; what she sends again is not doubled.
            const again = await somebody(server, ana.entityId);
            const acks = inbox(again, "messageAck");
            again.emit("message", { type: 1, payload: { channelId } });
            again.emit("message", line(again, channelId, "before", { messageId: "m1" }));
            const [ack] = await acks.next();
            assert.ok(kept.data.messages.some((each) => each.id === ack.messageId));
            again.emit("request-world-state", { roomId: channelId });
            const [world] = await once(again, "world-state");
            assert.deepEqual(world.messages[channelId].map((each) => each.text).at(-1), "last");
            assert.equal(world.messages[channelId].length, 3);
        } finally {
            closeAll();
            await server.kill().catch(() => {});
            store.remove();
        }
    });

    it("F04 lets nobody flood the server, and its neighbours be", async () => {
        const server = await startSystem("eliza", { args: ["--eliza-rate", "10"] });
        try {
            const [ana, ben] = [await somebody(server), await somebody(server)];
            const errors = inbox(ana, "messageError");
            const answers = await Promise.all(Array.from({ length: 30 },
                () => ask(ana, "message", line(ana, randomUUID(), "flood"))));
            const refused = answers.filter(([answer]) => !answer.success);
            assert.ok(answers.slice(0, 10).every(([answer]) => answer.success));
            assert.ok(refused.length > 0);
            assert.deepEqual(refused[0], [{ success: false, error: "Rate limit exceeded" }]);
            assert.deepEqual(await errors.next(), [{ error: "Rate limit exceeded" }]);
            assert.deepEqual(await ask(ben, "message", line(ben, randomUUID(), "hi")), [{ success: true }]);
        } finally {
            closeAll();
            await server.stop();
        }
    });

    it("E03 serves two hundred people, nothing lost, nothing doubled, nothing astray", async () => {
        const server = await startSystem("eliza");
        try {
            const rooms = await Promise.all(Array.from({ length: 20 }, async (_, i) =>
                (await api(server, "POST", "/api/messaging/channels", { name: `g${i}` })).body.data.id));
            // One of each room speaks as the document has it and hears the whole log, too.
            const people = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
                const socket = await somebody(server);
                const room = rooms[i % rooms.length];
                if (i < rooms.length) await ask(socket, "join", { roomId: room, userId: socket.entityId });
                else await ask(socket, "message", { type: 1, payload: { channelId: room } });
                const heard = inbox(socket, "messageBroadcast");
                return { socket, room, heard, name: `p${i}` };
            }));
            const perRoom = people.length / rooms.length;
            await Promise.all(people.map(async ({ socket, room, name }, i) => {
                if (i < rooms.length) socket.emit("request-world-state", { roomId: room });
                await ask(socket, "message", line(socket, room, name));
                socket.emit("message", { type: 1, payload: { channelId: room } });
            }));
            for (const { room, heard } of people) {
                const texts = (await heard.take(perRoom)).map(([each]) => each.text).sort();
                const expected = people.filter((each) => each.room === room).map((each) => each.name);
                assert.deepEqual(texts, expected.sort());
            }
            assert.ok(people.every(({ heard }) => heard.size === 0));
        } finally {
            closeAll();
            await server.stop();
        }
    });
});

describe("ElizaOS among people one need not trust", { skip }, () => {
    const messages = "/api/messaging/channels";
    let server;

    afterEach(async () => {
        closeAll();
        await server?.stop();
    });

    it("E08 takes those out of a channel who take part no longer", async () => {
        server = await startSystem("eliza", { args: ["--eliza-isolation"] });
        const [ana, ben] = [await somebody(server), await somebody(server)];
        const asAna = { "X-Entity-Id": ana.entityId };
        const made = await api(server, "POST", messages,
            { name: "Two", participantCentralUserIds: [ana.entityId, ben.entityId] }, asAna);
        const { id } = made.body.data;
        const enter = () => ask(ben, "message", { type: 1, payload: { channelId: id } });
        assert.deepEqual(await enter(), [{ success: true }]);
        const [heard, updates] = [inbox(ben, "messageBroadcast"), inbox(ben, "channelUpdated")];
        const say = (text) => ask(ana, "message", line(ana, id, text));
        await say("before");
        assert.equal((await heard.next())[0].text, "before");
        const change = await api(server, "PATCH", `${messages}/${id}`,
            { participantCentralUserIds: [ana.entityId] }, asAna);
        assert.equal(change.status, 200);
        assert.deepEqual(await say("after"), [{ success: true }]);
        assert.equal((await enter())[0].success, false);
        assert.deepEqual([heard.size, updates.size], [0, 0]);
    });

    it("E08 believes a proxy's X-Entity-Id, and nobody who says something else", async () => {
        server = await startSystem("eliza", { args: ["--eliza-isolation"] });
        const [ana, ben] = [randomUUID(), randomUUID()];
        const as = (entity, auth = {}, way = ways[1]) => makeClient(server.port,
            { auth, way, extraHeaders: { "X-Entity-Id": entity } });
        const refusal = (socket) => connected(socket).then(() => "connected", ({ message }) => message);
        for (const way of ways) {
            for (const auth of [{}, { entityId: ana }]) {
                const [{ entityId }] = await once(as(ana, auth, way), "authenticated");
                assert.equal(entityId, ana);
            }
            assert.equal(await refusal(as(ben, { entityId: ana }, way)), "Valid entityId required");
        }
        for (const header of ["", "ana", `${ben}, ${ana}`]) {
            assert.equal(await refusal(as(header, { entityId: ana })), "Valid entityId required");
        }
        const socket = Object.assign(await connected(as(ana)), { entityId: ana });
        const channelId = randomUUID();
        assert.deepEqual(await ask(socket, "message", line(socket, channelId, "secret")), [{ success: true }]);
        const other = await connected(as(ben));
        other.emit("request-world-state", {});
        assert.deepEqual((await once(other, "world-state"))[0].channels, {});
    });

    it("E07 lets one connection wait for four answers about the world", async () => {
        server = await startSystem("eliza");
        const socket = makeClient(server.port, { way: ways[0] });
        const [worlds, errors] = [inbox(socket, "world-state"), inbox(socket, "error")];
        // What is emitted before the connection is there goes out in two requests: one, and the rest.
        for (let i = 0; i < 10; i++) socket.emit("request-world-state", {});
        await until(() => worlds.size + errors.size === 10, "ten answers");
        assert.ok(worlds.size === 4 || worlds.size === 5, `${worlds.size} answers`);
        assert.equal((await errors.take(5))[4][0].error, "Rate limit exceeded");
        await worlds.take(worlds.size);
        socket.emit("request-world-state", {});
        await worlds.next();
    });

    it("E08 knows the address a channel was made from, and who fills the server pays", async () => {
        const store = temporaryDatabase();
        const start = () => startSystem("eliza",
            { database: store.file, args: ["--trust-proxy", "loopback"] });
        const from = (address) => ({ "X-Forwarded-For": address });
        const sql = (text) => execFileSync("python3", ["-c", "import json, sqlite3, sys\n"
            + "with sqlite3.connect(sys.argv[1]) as db:\n"
            + "    print(json.dumps(db.execute(sys.argv[2]).fetchall()))", store.file, text]);
        const makers = () => JSON.parse(sql("SELECT maker, channels FROM eliza_makers "
            + "WHERE maker <> '10.0.0.9' ORDER BY maker"));
        const make = (address) => api(server, "POST", messages, { name: "Group" }, from(address));
        try {
            server = await start();
            const socket = await connect(server.port, { extraHeaders: from("2001:db8::1:2:3:4") });
            socket.entityId = randomUUID();
            await ask(socket, "message", line(socket, randomUUID(), "hi"));
            await ask(socket, "join", { roomId: randomUUID(), userId: socket.entityId });
            assert.equal((await make("192.0.2.1")).status, 201);
            await api(server, "POST", `${messages}/${randomUUID()}/messages`,
                { author_id: randomUUID(), content: "hi" }, from("192.0.2.2"));
            await api(server, "GET", `/api/messaging/dm-channel?currentUserId=${randomUUID()}`
                + `&targetUserId=${randomUUID()}`, undefined, from("192.0.2.3"));
            const made = [["192.0.2.1", 1], ["192.0.2.2", 1], ["192.0.2.3", 1],
                ["2001:db8::/64", 2]];
            assert.deepEqual(makers(), made);
            await server.stop();
            sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9995) "
                + "INSERT INTO eliza_channels (id, server_id, name, type, source_type, created_at, "
                + `updated_at, messages, maker) SELECT i, '${defaultServer}', 'x', 'GROUP', 'auto', `
                + "9e12, 9e12, 3, '10.0.0.9' FROM n");
            server = await start();
            assert.equal((await make("192.0.2.1")).status, 201);
            assert.equal((await make("10.0.0.9")).status, 201);
            assert.deepEqual(makers(), [["192.0.2.1", 2], ...made.slice(1)]);
        } finally {
            closeAll();
            await server.stop();
            server = undefined;
            store.remove();
        }
    });

    it("E08 lets one address read one page at a time, and so many wait", async () => {
        server = await startSystem("eliza");
        const { id } = (await api(server, "POST", messages, { name: "Group" })).body.data;
        const metadata = { a: Array.from({ length: 300 }, () => []) };
        for (let i = 0; i < 10; i++) {
            await api(server, "POST", `${messages}/${id}/messages`,
                { author_id: randomUUID(), content: "x", metadata });
        }
        const read = () => api(server, "GET", `${messages}/${id}/messages?limit=200`);
        const answers = await Promise.all(Array.from({ length: 400 }, read));
        const of = (status) => answers.filter((answer) => answer.status === status);
        assert.ok(of(200).length >= 256, `${of(200).length} answers`);
        assert.equal(of(200).length + of(429).length, 400);
        assert.deepEqual(of(200).at(-1).body.data.messages[0].metadata, metadata);
        if (of(429).length > 0) assert.equal(of(429)[0].body.error.code, 429);
        assert.equal((await read()).status, 200);
    });

    it("E08 bounds what one address may write by REST", async () => {
        server = await startSystem("eliza");
        const write = () => api(server, "POST", "/api/messaging/complete", {});
        let answer;
        for (let sent = 0; sent < 2000 && answer?.status !== 429; sent += 50) {
            const answers = await Promise.all(Array.from({ length: 50 }, write));
            assert.ok(answers.every(({ status }) => status === 400 || status === 429));
            answer = answers.at(-1);
            assert.ok(sent >= 500 || answer.status === 400, "ordinary use is not refused");
        }
        assert.deepEqual([answer.status, answer.body.success, answer.body.error.code],
            [429, false, 429]);
        assert.equal((await api(server, "GET", "/api/agents")).status, 200);
    });
});
