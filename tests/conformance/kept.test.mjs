// Kaiku and The New Fuse tell nobody of a change that is not on the disk: while the database is
// held, while the disk is full, and when the process is killed.
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { fillDisk, freeDisk, holdDatabase, startOnSmallDisk } from "./lib/disk.mjs";
import { until } from "./lib/inbox.mjs";
import { Harbor, login, settle } from "./lib/kaiku-client.mjs";
import { JsonClient, api, skip, startSystem, temporaryDatabase } from "./lib/systems.mjs";

const ofMessages = (seen) => seen.filter(({ type }) => type === "message_new")
    .map(({ message }) => message.content);

describe("Kaiku and its disk", { skip }, () => {
    const harbor = new Harbor();
    const { file, remove } = temporaryDatabase();
    const rest = (...all) => harbor.rest(...all);
    const say = (content) => rest("ana", "POST",
        `/api/messages/channel/${harbor.channels.general}`, { content });
    const contents = async () => (await rest("ben", "GET",
        `/api/messages/channel/${harbor.channels.general}`)).body.items.map((m) => m.content);
    after(async () => {
        await harbor.stop();
        remove();
    });

    it("answers and tells after the commit, refuses without one, and loses nothing", async () => {
        await harbor.start(startOnSmallDisk("kaiku", file));
        const ben = await harbor.connect("ben", "R");
        await harbor.subscribe(ben);

        const letGo = await holdDatabase(file);
        let answered = false;
        const held = say("held").finally(() => { answered = true; });
        const status = await harbor.connect("ana"); // presence and reading need no disk
        assert.equal((await rest("ben", "GET", "/api/guilds")).status, 200);
        status.send({ type: "set_status", status: "busy" });
        await settle(status);
        assert.deepEqual((await settle(ben)).map(({ type }) => type), ["presence_update"]);
        assert.equal(answered, false);
        letGo();
        assert.equal((await held).status, 201);
        assert.equal((await ben.next()).message.content, "held");
        assert.equal((await ben.next()).status, "busy");

        fillDisk(harbor.server, file);
        const long = "x".repeat(3900);
        let said = 0;
        let refused;
        while ((refused = await say(`${long} ${said}`)).status === 201) ++said;
        assert.equal(refused.status, 503, JSON.stringify(refused.body));
        assert.equal(refused.body.error, "SERVICE_UNAVAILABLE");
        assert.doesNotMatch(JSON.stringify(refused.body), /disk|sqlite|database/i);
        for (let i = 0; i < 3; ++i) assert.equal((await say("not now")).status, 503);
        const made = await rest("ana", "POST", "/api/guilds", { name: "Not now" });
        assert.equal(made.status, 503);
        status.send({ type: "set_status", status: "away" });
        assert.equal((await status.nextOf("error")).code, "SERVICE_UNAVAILABLE");
        const before = ["held", ...Array.from({ length: said }, (_, i) => `${long} ${i}`)];
        assert.deepEqual(ofMessages(await settle(ben)), before.slice(1));
        assert.deepEqual((await contents()).reverse(), before.slice(-50));

        // What was under way comes when there is space, once; what was refused, never.
        freeDisk(harbor.server);
        assert.equal((await ben.nextOf("message_new")).message.content, `${long} ${said}`);
        await until(async () => (await say("after")).status === 201, "space is used");
        assert.deepEqual(ofMessages(await settle(ben)), ["after"]);
        assert.deepEqual((await contents()).slice(0, 3),
            ["after", `${long} ${said}`, before.at(-1)]);
        assert.ok(harbor.server.output.join("\n").match(/store: transaction/g).length < 10);

        // Two at once: one removes it, and nobody hears of it twice or of a change after that.
        const { id } = (await say("twice")).body;
        const path = `/api/messages/${id}`;
        await ben.nextOf("message_new");
        const letGoOf = await holdDatabase(file);
        const all = [...[1, 2].map(() => rest("ana", "DELETE", path)),
            rest("ana", "PATCH", path, { content: "new" })];
        for (let i = 0; i < 5; ++i) await rest("ana", "GET", "/api/guilds"); // all are asked for
        letGoOf();
        const [one, two, edit] = (await Promise.all(all)).map((answer) => answer.status);
        assert.deepEqual([one, two].sort(), [204, 404]);
        const heard = (await settle(ben)).map(({ type }) => type);
        assert.deepEqual(heard, [...edit === 200 ? ["message_edit"] : [], "message_delete"]);

        // The answer is the last thing the process does.
        const last = await say("the last");
        await harbor.server.kill();
        harbor.server = await startSystem("kaiku", { database: file });
        harbor.people.ben = await login("ben", harbor.server);
        assert.equal((await contents())[0], "the last", JSON.stringify(last.body));
        const guilds = (await rest("ben", "GET", "/api/guilds")).body;
        assert.deepEqual(guilds.map(({ name }) => name), ["Harbor"]);
    });
});

describe("The New Fuse and its disk", { skip }, () => {
    const { file, remove } = temporaryDatabase();
    let server;
    const people = {};
    after(async () => {
        await server?.stop();
        remove();
    });
    const call = (name, method, path, body) => api(server, method, path, body,
        { Authorization: `Bearer ${people[name]}` });
    const task = (title) => call("ana", "POST", "/api/tasks",
        { title, description: "x".repeat(9_900) });
    const titles = async () => (await call("ana", "GET", "/api/tasks")).body.tasks
        .map(({ title }) => title);
    const said = async () => (await call("ben", "GET", "/api/rooms/r/messages")).body.messages
        .map(({ content }) => content);
    async function sit(name) {
        const password = "hubbub-demo";
        const { body } = await api(server, "POST", "/api/auth/login", { username: name, password });
        people[name] = body.accessToken;
        const client = await JsonClient.open(
            `ws://127.0.0.1:${server.port}/api/ws?token=${body.accessToken}`);
        client.send({ type: "joinRoom", payload: { roomId: "r" } });
        await client.nextOf("joinRoom");
        return client;
    }
    const speak = (client, messageId, content = messageId) =>
        client.send({ type: "message", messageId, payload: { roomId: "r", content } });
    // All up to a refusal, which waits for nothing but what is on its way.
    async function heard(client) {
        const seen = [];
        client.send({ type: "leaveRoom", payload: { roomId: "none" } });
        for (;;) {
            const { type, payload } = await client.next();
            if (type === "error") return seen;
            if (type !== "healthUpdate") seen.push(type);
        }
    }

    it("answers and tells after the commit, refuses without one, and loses nothing", async () => {
        server = await startOnSmallDisk("fuse", file);
        const [ana, ben] = [await sit("ana"), await sit("ben")];

        const letGo = await holdDatabase(file);
        speak(ana, "held");
        speak(ana, "held");
        assert.deepEqual(await heard(ana), []);
        assert.deepEqual(await heard(ben), []);
        letGo();
        for (let i = 0; i < 2; ++i) {
            assert.equal((await ana.nextOf("messageReceived")).payload.messageId, "held");
        }
        assert.equal((await ben.nextOf("message")).payload.messageId, "held");
        assert.equal((await ben.nextOf("messageReceived")).payload.messageId, "held");

        fillDisk(server, file);
        let made = 0;
        let refused;
        while ((refused = await task(`t-${made}`)).status === 201) ++made;
        assert.equal(refused.status, 503, JSON.stringify(refused.body));
        assert.equal(refused.body.error.code, "SERVICE_UNAVAILABLE");
        assert.equal((await task("Not now")).status, 503);
        const refusals = 12; // and nobody is closed for them
        for (let i = 0; i < refusals; ++i) speak(ana, `no-${i}`);
        const seen = [];
        while (seen.length < made + refusals) seen.push(await ana.next());
        assert.deepEqual(seen.map(({ type, payload }) => [type, payload.code]), [
            ...Array(made).fill(["taskUpdate", undefined]),
            ...Array(refusals).fill(["error", "1013"])]);
        assert.deepEqual(await said(), ["held"]);
        assert.equal((await api(server, "GET", "/api/health")).body.status, "degraded");

        // What was under way comes when there is space, once; what was refused, never.
        freeDisk(server);
        await ana.nextOf("taskUpdate");
        await until(async () => (await task("after")).status === 201, "space is used");
        speak(ana, "last");
        const { payload } = await ana.nextOf("messageReceived");
        // The answer is the last thing the process does.
        await server.kill();
        assert.equal(payload.messageId, "last");
        assert.ok(server.output.join("\n").match(/store: transaction/g).length < 10);
        server = await startSystem("fuse", { database: file });
        assert.deepEqual(await said(), ["held", "last"]);
        const all = Array.from({ length: made + 1 }, (_, i) => `t-${i}`);
        assert.deepEqual((await titles()).sort(), ["after", ...all].sort());
    });
});
