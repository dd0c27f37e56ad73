// ElizaOS and a disk that fails: nobody hears of what the database does not have.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { after, afterEach, describe, it } from "node:test";
import { ask, closeAll, connect } from "./lib/clients.mjs";
import { fillDisk, freeDisk, holdDatabase, startOnSmallDisk } from "./lib/disk.mjs";
import { Inbox, until } from "./lib/inbox.mjs";
import { api, skip, startSystem, temporaryDatabase } from "./lib/systems.mjs";

const messageServerId = "00000000-0000-0000-0000-000000000000";
const refusal = "The server cannot keep or read this now";

describe("ElizaOS and its disk", { skip }, () => {
    let server;
    let release = () => {};
    let endpoint;  // of an agent outside
    const { file, remove } = temporaryDatabase();
    afterEach(async () => {
        release();
        closeAll();
        endpoint?.closeAllConnections();
        endpoint?.close();
        await server?.stop();
    });
    after(remove);

    const rest = (...request) => api(server, ...request);
    const path = (channelId) => `/api/messaging/channels/${channelId}/messages`;
    // What is kept of a channel, the oldest first.
    const kept = async (channelId) => (await rest("GET", `${path(channelId)}?limit=200`))
        .body.data.messages.map(({ content }) => content).reverse();
    const texts = (heard) => heard.filter(([event]) => event === "messageBroadcast")
        .map(([, { text }]) => text);

    // Somebody who keeps what they hear as [event, data].
    async function somebody(name) {
        const entityId = randomUUID();
        const socket = await connect(server.port, { auth: { entityId } });
        const heard = new Inbox();
        socket.onAny((event, data) => heard.push([event, data]));
        const line = (channelId, message, more) => ({ type: 2, payload: { channelId, message,
            messageServerId, senderId: entityId, senderName: name, ...more } });
        return {
            socket, heard, entityId,
            enter: (channelId) => ask(socket, "message", { type: 1, payload: { channelId } }),
            // Without the time limit of others: it may never be answered.
            say: (...what) => new Promise((resolve) => {
                socket.emit("message", line(...what), resolve);
            }),
            // All up to a refusal that needs no database, so what is under way is not part of it.
            async settled() {
                const [{ success }] = await ask(socket, "message", { type: 99, payload: {} });
                assert.equal(success, false);
                const all = await heard.take(heard.size);
                return all.filter(([, data]) => data.error !== "Unknown message type");
            },
        };
    }

    // People in a channel; without an agent in it nobody answers.
    async function company(names, more = {}, agents = []) {
        const people = await Promise.all(names.map(somebody));
        const { body } = await rest("POST", "/api/messaging/channels", { name: "Company",
            participantCentralUserIds: [...people.map((one) => one.entityId), ...agents], ...more });
        for (const one of people) {
            assert.deepEqual(await one.enter(body.data.id), [{ success: true }]);
            await one.settled();
        }
        return { people, id: body.data.id };
    }

    it("acknowledges and tells nothing before it is kept, then all of it once", async () => {
        server = await startOnSmallDisk("eliza", file);
        const { people: [ana, ben], id } = await company(["Ana", "Ben"]);
        release = await holdDatabase(file);
        let answered = 0;
        const answers = [
            ana.say(id, "one", { messageId: "m1" }),
            ana.say(id, "one", { messageId: "m1" }),  // as a client does that hears nothing
            ana.say(id, "two", { messageId: "m2" }),
            ben.say(id, "three", { messageId: "m3" }),
            ana.enter(randomUUID()).then(([answer]) => answer),
        ].map((answer) => answer.finally(() => { ++answered; }));
        assert.deepEqual([await ana.settled(), await ben.settled()], [[], []]);
        const posted = rest("POST", path(id), { content: "four", author_id: ben.entityId })
            .finally(() => { ++answered; });
        assert.equal((await rest("GET", "/healthz")).status, 200);
        for (const one of [ana, ben]) assert.deepEqual(await one.settled(), []);
        assert.equal(answered, 0);
        release();
        assert.deepEqual(await Promise.all(answers), Array(5).fill({ success: true }));
        assert.equal((await posted).status, 201);
        const all = await kept(id);
        assert.deepEqual([...all].sort(), ["four", "one", "three", "two"]);
        assert.ok(all.indexOf("one") < all.indexOf("two"));

        // After a line of each nothing of before is on its way to anybody.
        const heard = { ana: [], ben: [] };
        for (const [who, text] of [[ana, "last of Ana"], [ben, "last of Ben"]]) {
            assert.deepEqual(await who.say(id, text), { success: true });
        }
        for (const [name, { heard: box }] of [["ana", ana], ["ben", ben]]) {
            while (!["last of Ana", "last of Ben"].every((t) => texts(heard[name]).includes(t))) {
                heard[name].push(await box.next());
            }
        }
        const others = (name, who) => texts(heard[name].filter(([, data]) =>
            data.senderId !== who.entityId));
        assert.deepEqual(others("ana", ana).sort(), ["four", "last of Ben", "three"]);
        assert.deepEqual(others("ben", ben), ["one", "two", "last of Ana"], "in order, and once");
        const acks = heard.ana.filter(([event]) => event === "messageAck").map(([, ack]) => ack);
        assert.deepEqual(acks.slice(0, 3).map((ack) => ack.clientMessageId), ["m1", "m1", "m2"]);
        assert.equal(acks[0].messageId, acks[1].messageId);
    });

    it("lets an agent answer after the question is kept", async () => {
        server = await startOnSmallDisk("eliza", file);
        const agent = (await rest("GET", "/api/agents")).body.data.agents[0].id;
        const { people: [ana], id } = await company(["Ana"], { type: "DM" }, [agent]);
        release = await holdDatabase(file);
        const said = ana.say(id, "I am sad");
        assert.deepEqual(await ana.settled(), []);
        release();
        assert.deepEqual(await said, { success: true });
        const heard = [];
        while (heard.at(-1)?.[0] !== "messageComplete") heard.push(await ana.heard.next());
        assert.deepEqual(heard.map(([event, { action }]) => action ?? event), ["messageBroadcast",
            "messageAck", "disable_input", "messageBroadcast", "enable_input", "messageComplete"]);
        assert.deepEqual(await kept(id), texts(heard));
        assert.deepEqual(await ana.settled(), []);
    });

    it("refuses while the disk is full, and serves again when there is space", async () => {
        server = await startOnSmallDisk("eliza", file);
        const { people: [ana, ben], id } = await company(["Ana", "Ben"]);
        fillDisk(server, file);
        const before = [];
        const long = "x".repeat(8000);
        let answer;
        while ((answer = await ana.say(id, `${before.length} ${long}`)).success) {
            before.push(`${before.length} ${long}`);
        }
        assert.deepEqual(answer, { success: false, error: refusal });
        assert.match(server.output.join("\n"), /\[error\] store: transaction/);
        assert.deepEqual((await ana.settled()).at(-1), ["messageError", { error: refusal }]);
        const posted = await rest("POST", path(id), { content: long, author_id: ben.entityId });
        assert.deepEqual([posted.status, posted.body],
            [503, { success: false, error: { message: refusal, code: 503 } }]);
        const made = await rest("POST", "/api/messaging/channels", { name: "Not now",
            participantCentralUserIds: [ana.entityId], metadata: { filler: long.slice(0, 5000) } });
        assert.equal(made.status, 503);
        assert.deepEqual(await kept(id), before, "what can be read is");
        assert.deepEqual(texts(await ben.settled()), before);

        freeDisk(server);
        assert.deepEqual(await ana.say(id, "after"), { success: true });
        const [event, { text }] = await ben.heard.next();
        assert.deepEqual([event, text], ["messageBroadcast", "after"]);
        assert.deepEqual(await kept(id), [...before, "after"], "what was refused is not there");
        const { channels } = (await rest("GET",
            `/api/messaging/message-servers/${messageServerId}/channels`)).body.data;
        assert.ok(!channels.some(({ name }) => name === "Not now"));
    });

    it("says that an agent's answer could not be kept, and takes the next question", async () => {
        let answer;
        endpoint = createServer((request, response) => {
            request.resume().on("end", async () => {
                const text = await answer();
                response.setHeader("Content-Type", "application/json");
                response.end(JSON.stringify({ text }));
            });
        });
        await new Promise((resolve) => { endpoint.listen(0, "127.0.0.1", resolve); });
        process.env.HUBBUB_ELIZA_AGENT_URL = `http://127.0.0.1:${endpoint.address().port}/`;
        server = await startOnSmallDisk("eliza", file)
            .finally(() => { delete process.env.HUBBUB_ELIZA_AGENT_URL; });
        const agent = (await rest("GET", "/api/agents")).body.data.agents
            .find(({ name }) => name === "Assistant").id;
        const { people: [ana], id } = await company(["Ana"], { type: "DM" }, [agent]);
        const turn = async (text) => {
            const heard = [];
            assert.deepEqual(await ana.say(id, text), { success: true });
            while (heard.at(-1)?.[0] !== "messageComplete") heard.push(await ana.heard.next());
            return heard;
        };
        const other = await company([]);
        answer = async () => {
            fillDisk(server, file);
            const line = { content: "x".repeat(8000), author_id: ana.entityId };
            while ((await rest("POST", path(other.id), line)).status === 201) { /* some space */ }
            return "x".repeat(60_000);
        };
        const heard = await turn("lost?");
        assert.deepEqual(heard.map(([event, { action }]) => action ?? event), ["messageBroadcast",
            "messageAck", "disable_input", "messageStreamError", "enable_input",
            "messageComplete"]);
        assert.equal(heard[3][1].error, refusal);
        freeDisk(server);
        answer = async () => "found";
        assert.deepEqual(texts(await turn("again")), ["again", "found"]);
        assert.deepEqual(await kept(id), ["lost?", "again", "found"]);
    });

    it("has all that it acknowledged, and that was heard, when it is killed at work", async () => {
        const names = ["Ana", "Ben", "Cleo"];
        const acked = names.map(() => []);
        const heard = new Set();
        const speak = (people, id, begin, end) => {
            for (let i = begin; i < end; ++i) {
                people.forEach(({ say }, who) => void say(id, `${who} ${i}`).then(({ success }) => {
                    assert.equal(success, true);
                    acked[who].push(`${who} ${i}`);
                }));
            }
        };
        const check = async (id) => {
            const all = await kept(id);
            assert.equal(new Set(all).size, all.length, "once");
            for (const text of heard) assert.ok(all.includes(text), `heard, not kept: ${text}`);
            for (const [who, own] of acked.entries()) {
                const lines = all.filter((text) => text.startsWith(`${who} `));
                assert.deepEqual(lines.slice(0, own.length), own);
            }
            return all;
        };
        server = await startSystem("eliza", { database: file });
        const { people, id } = await company(names);
        for (const { socket } of people) {
            socket.on("messageBroadcast", ({ text }) => heard.add(text));
        }
        speak(people, id, 0, 50);
        await until(() => acked.flat().length > 30, "some work");
        await server.kill();
        closeAll();

        // What is sent while the database is held is all under way when the process ends.
        server = await startSystem("eliza", { database: file });
        const before = await check(id);
        const again = await Promise.all(names.map(somebody));
        for (const one of again) assert.deepEqual(await one.enter(id), [{ success: true }]);
        const count = acked.flat().length;
        release = await holdDatabase(file);
        speak(again, id, 50, 60);
        for (const one of again) assert.deepEqual(texts(await one.settled()), []);
        await server.kill();
        release();
        assert.equal(acked.flat().length, count);
        server = await startSystem("eliza", { database: file });
        assert.deepEqual(await check(id), before);
        const dora = await somebody("Dora");
        assert.deepEqual(await dora.say(id, "later"), { success: true });
    });
});
