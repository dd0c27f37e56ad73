// The New Fuse (seed 004) as clients written after its document use it. Rows of the feature table
// by their ids.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { until } from "./lib/inbox.mjs";
import { WebSocketClient } from "./lib/fuse-client.mjs";
import { JsonClient, api, skip, startSystem, temporaryDatabase } from "./lib/systems.mjs";

const password = "hubbub-demo";
let messages = 0;
const newId = () => `m-${++messages}`;

describe("The New Fuse", { skip }, () => {
    let server;
    const people = {};
    const clients = [];
    let rooms = 0;

    before(async () => {
        server = await startSystem("fuse");
        for (const name of ["ana", "ben", "gm"]) people[name] = await login(name);
    });
    after(async () => {
        await server?.stop();
    });
    afterEach(async () => {
        await Promise.all(clients.splice(0).map((client) => client.close()));
    });

    async function login(username, at = server) {
        const { status, body } = await api(at, "POST", "/api/auth/login", { username, password });
        assert.equal(status, 200);
        return { id: body.userId, token: body.accessToken };
    }
    async function connect(name, at = server) {
        const token = typeof name === "string" ? people[name].token : name.token;
        const client = await JsonClient.open(`ws://127.0.0.1:${at.port}/api/ws?token=${token}`,
            { perMessageDeflate: name === "ana" }); // both ways are of use
        clients.push(client);
        return client;
    }
    async function enter(client, roomId) {
        client.send({ type: "joinRoom", payload: { roomId } });
        return (await client.nextOf("joinRoom")).payload;
    }
    // Those people, each with a client in one new room.
    async function meet(...names) {
        const roomId = `room-${++rooms}`;
        const guests = [];
        for (const name of names) {
            guests.push(await connect(name));
            await enter(guests.at(-1), roomId);
        }
        return [roomId, ...guests];
    }
    const bearer = (name) => ({ Authorization: `Bearer ${people[name].token}` });
    const makeTask = async (name, form) =>
        (await api(server, "POST", "/api/tasks", form, bearer(name))).body;

    const envelope = (message) => {
        assert.equal(typeof message.timestamp, "number");
        assert.ok(Math.abs(message.timestamp - Date.now()) < 60_000);
        assert.match(message.messageId, /.+/);
        return message.payload;
    };

    it("N01: a good token opens, a missing or bad one closes with 4000", async () => {
        await connect("ana");
        const forged = people.ana.token.replace(/(.)(.{9})$/,
            (_, one, rest) => (one === "A" ? "B" : "A") + rest);
        for (const query of ["", "?token=", "?token=nonsense", `?token=${forged}`]) {
            const client = await JsonClient.open(`ws://127.0.0.1:${server.port}/api/ws${query}`);
            assert.deepEqual(await client.closed,
                { code: 4000, reason: "Invalid authentication" });
        }
    });

    it("N01: register, login, refresh and logout", async () => {
        const call = (path, body, cookie) => api(server, "POST", `/api/auth/${path}`, body,
            cookie ? { Cookie: cookie } : {});
        const form = { username: "nina", email: "nina@example.com", password: "long enough" };
        const made = await call("register", form);
        assert.equal(made.status, 201);
        assert.deepEqual(Object.keys(made.body).sort(),
            ["accessToken", "tokenType", "userId", "username"]);
        assert.equal(made.body.tokenType, "Bearer");
        const again = await call("register", { ...form, username: "NINA" });
        assert.equal(again.status, 409);
        assert.deepEqual(Object.keys(again.body.error), ["code", "message", "details"]);

        const wrong = await call("login", { username: "nina", password: "wrong" });
        assert.equal(wrong.status, 401);
        assert.equal(wrong.headers.get("set-cookie"), null);
        const unknown = await call("login", { username: "nobody", password: "wrong" });
        assert.deepEqual([unknown.status, unknown.body], [wrong.status, wrong.body]);

        const right = await call("login", { username: "nina", password: "long enough" });
        const setCookie = right.headers.get("set-cookie");
        assert.match(setCookie, /^refreshToken=[\w-]+; .*HttpOnly/);
        const cookie = setCookie.split(";")[0];
        const fresh = await call("refresh", undefined, cookie);
        assert.equal(fresh.status, 200);
        await connect({ token: fresh.body.accessToken });
        assert.equal((await call("refresh", undefined, cookie)).status, 401); // used up
        const second = fresh.headers.get("set-cookie").split(";")[0];
        assert.equal((await call("logout", undefined, second)).status, 204);
        assert.equal((await call("refresh", undefined, second)).status, 401);
        assert.equal((await call("register", { username: "x", password: "short" })).status, 400);
    });

    it("N01: the document's own client connects, and gives up after five refusals", async () => {
        const url = `ws://127.0.0.1:${server.port}/api/ws`;
        const seen = [];
        const client = new WebSocketClient(url, people.ana.token,
            { onMessage: (message) => seen.push(message) });
        await until(() => client.ws.readyState === 1, "it is open");
        client.ws.send(JSON.stringify({ type: "joinRoom", payload: { roomId: "class" } }));
        await until(() => seen.some(({ type }) => type === "joinRoom"), "the answer");
        client.ws.close(1000);

        const codes = [];
        const stranger = new WebSocketClient(url, "nonsense",
            { onClose: (code) => codes.push(code), pace: 0.005 });
        assert.equal((await stranger.failed).message, "Max reconnection attempts reached");
        assert.deepEqual(codes, Array(6).fill(4000));
        assert.deepEqual(stranger.delays, [1000, 1500, 2250, 3375, 5062.5]);
    });

    it("N02: joinRoom and leaveRoom as the document writes them", async () => {
        const [roomId, ana, ben] = await meet("ana", "ben");
        ana.send({ type: "joinRoom", payload: { roomId }, messageId: "j-1" });
        const joined = await ana.nextOf("joinRoom");
        assert.equal(joined.messageId, "j-1");
        const answer = envelope(joined);
        assert.equal(answer.roomId, roomId);
        assert.equal(answer.success, true);
        assert.deepEqual([...answer.members].sort(), [people.ana.id, people.ben.id].sort());
        assert.equal(answer.names[people.ben.id], "ben");
        ben.send({ type: "leaveRoom", payload: { roomId } });
        assert.deepEqual(envelope(await ben.nextOf("leaveRoom")), { roomId, success: true });
        assert.deepEqual((await enter(ana, roomId)).members, [people.ana.id]);
        // With its last member a room goes, and what was said in it.
        ana.send({ type: "message", payload: { roomId, content: "for nobody" } });
        await ana.nextOf("messageReceived");
        const history = async () => (await api(server, "GET", `/api/rooms/${roomId}/messages`,
            undefined, bearer("ana"))).body.messages.map(({ content }) => content);
        assert.deepEqual(await history(), ["for nobody"]);
        ana.send({ type: "leaveRoom", payload: { roomId } });
        await ana.nextOf("leaveRoom");
        await enter(ana, roomId);
        assert.deepEqual(await history(), []);
    });

    it("N02: a message reaches the others, its receipt all of the room", async () => {
        const [roomId, ana, ben] = await meet("ana", "ben");
        const [, stranger] = await meet("gm");
        const metadata = { type: "file", fileUrl: "https://example.com/a.txt", fileName: "ä.txt" };
        ana.send({ type: "message", payload: { roomId, content: "Hello 😀", metadata },
            timestamp: Date.now(), messageId: "m-hello", priority: 1 });
        const received = await ana.nextOf("messageReceived");
        const { timestamp, ...payload } = envelope(received);
        assert.deepEqual(payload, { messageId: "m-hello", roomId, senderId: people.ana.id,
            senderName: "ana", content: "Hello 😀", metadata });
        assert.equal(typeof timestamp, "number");
        const relayed = await ben.nextOf("message");
        assert.equal(relayed.priority, 1);
        assert.equal(relayed.messageId, "m-hello");
        assert.deepEqual(envelope(relayed), received.payload);
        assert.deepEqual((await ben.nextOf("messageReceived")).payload, received.payload);
        // Neither the sender nor another room got the message itself.
        for (const [client, room] of [[ana, roomId], [stranger, "elsewhere"]]) {
            client.send({ type: "leaveRoom", payload: { roomId: room } });
            const next = await until(async () => {
                const message = await client.next();
                return message.type !== "healthUpdate" && message;
            }, "an answer");
            assert.ok(["leaveRoom", "error"].includes(next.type), next.type);
        }
    });

    it("N02: a message without envelope fields gets them", async () => {
        const [roomId, ana, ben] = await meet("ana", "ben");
        ana.send({ type: "message", payload: { roomId, content: "plain" } });
        const message = await ben.nextOf("message");
        const payload = envelope(message);
        assert.equal(payload.messageId, message.messageId);
        assert.equal(payload.metadata, undefined);
        assert.equal(message.priority, undefined);
    });

    it("N03: tasks by REST", async () => {
        const none = await api(server, "GET", "/api/tasks");
        assert.equal(none.status, 401);
        assert.equal(none.body.error.code, "UNAUTHORIZED");
        const made = await api(server, "POST", "/api/tasks",
            { title: "Write", description: "a test" }, bearer("ana"));
        assert.equal(made.status, 201);
        const { id, createdAt, updatedAt, ...task } = made.body;
        assert.deepEqual(task, { title: "Write", description: "a test", status: "pending",
            priority: 2, progress: 0, assigneeId: null, creatorId: people.ana.id, metadata: {} });
        const list = async (name) =>
            (await api(server, "GET", "/api/tasks", undefined, bearer(name))).body.tasks;
        assert.ok((await list("ana")).some((each) => each.id === id));
        assert.ok(!(await list("ben")).some((each) => each.id === id));
        const foreign = await api(server, "PUT", `/api/tasks/${id}`, { status: "x" },
            bearer("ben"));
        assert.equal(foreign.status, 404);
        const bad = await api(server, "PUT", `/api/tasks/${id}`, { progress: 101 },
            bearer("ana"));
        assert.equal(bad.status, 400);
        assert.deepEqual(bad.body.error.details, { field: "progress" });

        const ana = await connect("ana");
        const put = await api(server, "PUT", `/api/tasks/${id}`,
            { status: "active", progress: 50 }, bearer("ana"));
        assert.equal(put.body.progress, 50);
        const heard = envelope(await ana.nextOf("taskUpdate"));
        assert.equal(heard.taskId, id);
        assert.equal(heard.status, "active");
    });

    it("lists no more tasks and messages at once than an answer should hold", async () => {
        const form = { title: "Large", description: "\u0001".repeat(9_000) };
        const made = [];
        for (let i = 0; i < 150; ++i) made.push((await makeTask("gm", form)).id);
        const listed = [];
        let before = "";
        let pages = 0;
        for (let more = true; more; ++pages) {
            const { body } = await api(server, "GET", `/api/tasks?before=${before}`, undefined,
                bearer("gm"));
            assert.ok(JSON.stringify(body).length < 7 * 1024 * 1024);
            listed.unshift(...body.tasks.filter(({ title }) => title === "Large").map(({ id }) => id));
            more = body.hasMore;
            before = body.tasks[0].id;
        }
        assert.deepEqual(listed.sort(), made.sort());
        assert.equal(pages, 2);

        const [roomId, ana] = await meet("ana");
        const content = "x".repeat(64 * 1024);
        for (let i = 0; i < 20; ++i) {
            ana.send({ type: "message", payload: { roomId, content } });
            await ana.nextOf("messageReceived");
        }
        const { body } = await api(server, "GET", `/api/rooms/${roomId}/messages`, undefined,
            bearer("ana"));
        assert.equal(body.messages.length, 15);
    });

    it("N03: taskUpdate goes to creator, assignee and room, and is kept", async () => {
        const [roomId, ana, ben, gm] = await meet("ana", "ben", "gm");
        const task = await makeTask("ana",
            { title: "Plan", assigneeId: people.ben.id, metadata: { roomId } });
        assert.deepEqual(envelope(await ben.nextOf("taskAssign")),
            { taskId: task.id, assigneeId: people.ben.id, priority: 2 });
        for (const client of [ana, ben, gm]) await client.nextOf("taskUpdate");
        const metadata = { roomId, note: "half" };
        ben.send({ type: "taskUpdate",
            payload: { taskId: task.id, status: "active", progress: 50.5, metadata } });
        for (const client of [ana, ben, gm]) {
            const update = envelope(await client.nextOf("taskUpdate"));
            assert.deepEqual(update, { taskId: task.id, status: "active", progress: 50.5,
                metadata, priority: 2, assigneeId: people.ben.id });
        }
        const { body } = await api(server, "GET", "/api/tasks", undefined, bearer("ben"));
        assert.equal(body.tasks.find(({ id }) => id === task.id).progress, 50.5);
        gm.send({ type: "taskUpdate", payload: { taskId: task.id, status: "mine" } });
        assert.equal((await gm.nextOf("error")).payload.code, "4004");
    });

    it("N03: taskAssign is told to the new assignee, whose task it is then", async () => {
        const task = await makeTask("ana", { title: "Pass on" });
        const [ana, ben] = [await connect("ana"), await connect("ben")];
        ana.send({ type: "taskAssign",
            payload: { taskId: task.id, assigneeId: people.ben.id, priority: 0 } });
        const assign = await ben.nextOf("taskAssign");
        assert.deepEqual(envelope(assign),
            { taskId: task.id, assigneeId: people.ben.id, priority: 0 });
        assert.equal(assign.priority, 0);
        const update = envelope(await ana.nextOf("taskUpdate"));
        assert.equal(update.assigneeId, people.ben.id);
        ben.send({ type: "taskUpdate", payload: { taskId: task.id, progress: 100 } });
        const done = await until(async () => {
            const { payload } = await ana.nextOf("taskUpdate");
            return payload.progress === 100 && payload;
        }, "the update of the assignee");
        assert.equal(done.taskId, task.id);
        ana.send({ type: "taskAssign", payload: { taskId: task.id, assigneeId: "nobody" } });
        const { code, details } = (await ana.nextOf("error")).payload;
        assert.deepEqual([code, details],
            ["4002", { type: "taskAssign", field: "assigneeId" }]);
    });

    it("N04: healthUpdate comes by itself, with the lowest priority", async () => {
        const client = await connect("ana");
        const health = await client.inbox.next(12_000);
        assert.equal(health.type, "healthUpdate");
        assert.equal(health.priority, 4);
        const { status, metrics } = envelope(health);
        assert.equal(status, "healthy");
        assert.equal(metrics.connections, 1);
    });

    // What a slow reader gets of `count` big messages and two later ones, by their names; nothing
    // if the server gave it up.
    async function readSlowly(count) {
        const [roomId, ben, ...speakers] =
            await meet("ben", ...Array(Math.ceil(count / 100)).fill("ana"));
        const heard = Promise.all(speakers.map(async (speaker) => {
            for (let i = 0; i < count; ++i) await speaker.nextOf("messageReceived");
        }));
        ben.socket.pause();
        const content = "x".repeat(60_000); // twice, with the receipt
        for (let i = 0; i < count; ++i) {
            speakers[i % speakers.length].send({ type: "message", payload: { roomId, content } });
        }
        await heard;
        speakers[0].send({ type: "message", payload: { roomId, content: "later" }, priority: 4 });
        speakers[0].send({ type: "message", payload: { roomId, content: "fire!" }, priority: 0 });
        for (let i = 0; i < 2; ++i) await speakers[0].nextOf("messageReceived");
        ben.socket.resume();
        const order = [];
        try {
            while (order.length < count + 2) {
                const { content: text } = (await ben.nextOf("message")).payload;
                order.push(text.length < 10 ? text : "bulk");
            }
        } catch {
            assert.equal((await ben.closed).code, 1013);
            return undefined;
        }
        return order;
    }

    it("N05: what is urgent overtakes what waits for a slow reader", async () => {
        // How much the system's socket buffers take before anything has to wait is its business.
        for (const count of [60, 100, 150, 200]) {
            const order = await readSlowly(count);
            const [fire, later] = [order?.indexOf("fire!"), order?.indexOf("later")];
            if (order === undefined || fire > count - 20) continue;
            assert.ok(later > fire, `fire ${fire}, later ${later}`);
            return;
        }
        assert.fail("nothing overtook anything");
    });

    it("N06: errors have the document's codes and name what they answer", async () => {
        const [roomId, ana] = await meet("ana");
        const refusal = async (message) => {
            typeof message === "string" ? ana.raw(message) : ana.send(message);
            const error = await ana.nextOf("error");
            const { code, message: text, details } = envelope(error);
            assert.match(text, /\w/);
            await enter(ana, roomId); // a good message in between
            return [code, details];
        };
        const say = (payload, more) => ({ type: "message", payload, ...more });
        assert.deepEqual(await refusal("{"), ["4002", {}]);
        assert.deepEqual(await refusal("[]"), ["4002", {}]);
        assert.deepEqual(await refusal({ payload: {} }), ["4002", {}]);
        assert.deepEqual(await refusal({ type: "dance", messageId: "d" }),
            ["4002", { type: "dance", messageId: "d" }]);
        assert.deepEqual(await refusal(say({ roomId })), ["4002", { type: "message" }]);
        assert.deepEqual(await refusal(say({ roomId, content: "a" }, { priority: 9 })),
            ["4002", { type: "message" }]);
        assert.deepEqual(await refusal(say({ roomId, content: "" })),
            ["4002", { type: "message", field: "content" }]);
        assert.deepEqual(await refusal(say({ roomId: "nowhere", content: "a" })),
            ["4003", { type: "message", field: "roomId" }]);
        const [other] = await meet("ben");
        assert.deepEqual(await refusal(say({ roomId: other, content: "a" })),
            ["4004", { type: "message", field: "roomId" }]);
        assert.deepEqual(await refusal({ type: "taskUpdate", payload: { taskId: "none" } }),
            ["4004", { type: "taskUpdate", field: "taskId" }]);
    });

    it("N06: three bad messages in a row close with 4002, ten refusals with 4004", async () => {
        const bad = await connect("ana");
        for (let i = 0; i < 3; ++i) {
            bad.raw("nonsense");
            assert.equal((await bad.nextOf("error")).payload.code, "4002");
        }
        assert.equal((await bad.closed).code, 4002);
        const stubborn = await connect("ana");
        for (let i = 0; i < 10; ++i) {
            stubborn.send({ type: "taskUpdate", payload: { taskId: "none" } });
            assert.equal((await stubborn.nextOf("error")).payload.code, "4004");
        }
        assert.equal((await stubborn.closed).code, 4004);
    });

    it("N06: a frontend's keep-alive is no mistake", async () => {
        const client = await connect("ana");
        for (let i = 0; i < 5; ++i) client.raw("ping");
        client.send({ type: "ping", payload: { at: 1 } });
        const { type, payload } = await client.next();
        assert.deepEqual([type, payload], ["pong", { at: 1 }]);
    });

    it("N06: a binary frame closes with 1003", async () => {
        const client = await connect("ana");
        client.raw(Buffer.from("{}"));
        assert.equal((await client.closed).code, 1003);
    });

    it("N06: a message id that comes again is acknowledged and not relayed again", async () => {
        const [roomId, ana, ben] = await meet("ana", "ben");
        const messageId = newId();
        const first = { type: "message", payload: { roomId, content: "once" }, messageId };
        ana.send(first);
        const receipt = (await ana.nextOf("messageReceived")).payload;
        ana.send(first);
        assert.deepEqual((await ana.nextOf("messageReceived")).payload, receipt);
        ben.send({ ...first, payload: { roomId, content: "mine" } }); // another sender's id
        assert.equal((await ana.nextOf("message")).payload.content, "mine");
        ana.send({ type: "message", payload: { roomId, content: "twice" } });
        assert.equal((await ben.nextOf("message")).payload.content, "once");
        assert.equal((await ben.nextOf("message")).payload.content, "twice");
    });

    it("F04: who floods hears 4001 once, and is closed with it for going on", async () => {
        const client = await connect("gm");
        for (let i = 0; i < 200; ++i) client.send({ type: "joinRoom", payload: { roomId: "f" } });
        assert.equal((await client.nextOf("error")).payload.code, "4001");
        for (let i = 0; i < 300; ++i) client.send({ type: "joinRoom", payload: { roomId: "f" } });
        assert.equal((await client.closed).code, 4001);
    });

    it("F05: who is gone is no member any more", async () => {
        const [roomId, ana, ben] = await meet("ana", "ben");
        ben.socket.terminate();
        await until(async () => (await enter(ana, roomId)).members.length === 1, "Ben is gone");
    });

    it("two hundred clients talk at once: nothing lost, nothing twice, no other room", async () => {
        const names = ["ana", "ben", "gm"];
        const guests = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
            const client = await connect(names[i % 3]);
            const roomId = `crowd-${i % 10}`;
            await enter(client, roomId);
            return { client, roomId, i };
        }));
        for (const { client, roomId, i } of guests) {
            for (let n = 0; n < 3; ++n) {
                client.send({ type: "message", payload: { roomId, content: `${i}/${n}` } });
            }
        }
        await Promise.all(guests.map(async ({ client, roomId, i }) => {
            const heard = [];
            while (heard.length < 60) {
                const { payload } = await client.nextOf("messageReceived");
                assert.equal(payload.roomId, roomId);
                heard.push(payload.content);
            }
            const expected = [];
            for (let other = i % 10; other < 200; other += 10) {
                for (let n = 0; n < 3; ++n) expected.push(`${other}/${n}`);
            }
            assert.deepEqual([...heard].sort(), expected.sort());
            for (let other = i % 10; other < 200; other += 10) {
                const own = heard.filter((text) => text.startsWith(`${other}/`));
                assert.deepEqual(own, [0, 1, 2].map((n) => `${other}/${n}`)); // in order
            }
        }));
    });

    it("F03: tokens, rooms, messages and tasks outlive a restart; clients come back", async () => {
        const database = temporaryDatabase();
        let second;
        const first = await startSystem("fuse", { database: database.file });
        try {
            const ana = await login("ana", first);
            const headers = { Authorization: `Bearer ${ana.token}` };
            const client = await connect(ana, first);
            await enter(client, "kept");
            client.send({ type: "message",
                payload: { roomId: "kept", content: "still here", metadata: { type: "text" } } });
            const { payload } = await client.nextOf("messageReceived");
            const made = await api(first, "POST", "/api/tasks", { title: "Keep" }, headers);
            const [end] = await Promise.all([client.closed, first.stop()]);
            assert.equal(end.code, 1001);

            second = await startSystem("fuse", { database: database.file });
            assert.equal((await login("ana", second)).id, ana.id);
            const { body } = await api(second, "GET", "/api/tasks", undefined, headers);
            assert.deepEqual(body.tasks, [made.body]);
            const history = await api(second, "GET", "/api/rooms/kept/messages", undefined,
                headers);
            assert.deepEqual(history.body.messages, [payload]);
            const foreign = await login("ben", second);
            const refused = await api(second, "GET", "/api/rooms/kept/messages", undefined,
                { Authorization: `Bearer ${foreign.token}` });
            assert.equal(refused.status, 404);
            const back = await connect(ana, second);
            assert.deepEqual((await enter(back, "kept")).members, [ana.id]);
        } finally {
            await second?.stop();
            database.remove();
        }
    });

    it("F02: pages of other origins need permission", async () => {
        const url = `ws://127.0.0.1:${server.port}/api/ws?token=${people.ana.token}`;
        const open = (origin) => JsonClient.open(url, { origin });
        clients.push(await open("http://localhost:4000"), await open(server.url));
        await assert.rejects(open("https://elsewhere.example"), /403/);
    });
});
