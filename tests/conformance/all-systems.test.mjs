// All application systems in one process: F01, and nothing that one says is heard in another.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { closeAll, connect } from "./lib/clients.mjs";
import { login, sit, tableOne } from "./lib/dungeonlab.mjs";
import { until } from "./lib/inbox.mjs";
import { JsonClient, api, skip, startAllSystems, systemNames } from "./lib/systems.mjs";

const password = "hubbub-demo";

describe("all systems in one process", { skip }, () => {
    let server;
    const at = {};  // by name: {url, port}
    const heard = {};  // by name: everything that its clients were sent, as text
    const open = [];

    before(async () => {
        server = await startAllSystems();
        const { body } = await api(server, "GET", "/systems.json");
        for (const { name, port } of body) at[name] = { port, url: `http://127.0.0.1:${port}` };
        for (const name of systemNames) heard[name] = [];
    });
    after(async () => {
        closeAll();
        await Promise.all(open.map((client) => client.close()));
        await server?.stop();
    });

    it("F01: each has a listener of its own with its page, its health and its routes", async () => {
        assert.deepEqual(Object.keys(at).sort(), [...systemNames].sort());
        const titles = new Set();
        for (const name of systemNames) {
            const page = await fetch(`${at[name].url}/`);
            assert.equal(page.status, 200);
            titles.add(/<title>(.*?)<\/title>/.exec(await page.text())[1]);
            assert.deepEqual((await api(at[name], "GET", "/health")).body,
                { status: "ok", connections: 0 });
            assert.equal((await fetch(`${at[name].url}/no/such/page`)).status, 404);
        }
        assert.equal(titles.size, systemNames.length, [...titles].join(", "));
    });

    function recorded(name, socket) {
        socket.onAny((...event) => heard[name].push(JSON.stringify(event)));
        return socket;
    }
    async function rawClient(name, path) {
        const client = await JsonClient.open(`ws://127.0.0.1:${at[name].port}${path}`);
        client.socket.on("message", (data) => heard[name].push(data.toString()));
        open.push(client);
        return client;
    }

    // Each lets somebody say `word` to somebody else of the same system.
    const talks = {
        async dungeonlab(word) {
            const session = await tableOne(at.dungeonlab, (await login(at.dungeonlab, "gm")).cookie);
            const [ana, ben] = await Promise.all(["ana", "ben"].map((who) => sit(at.dungeonlab, who)));
            for (const socket of [ana, ben]) {
                recorded("dungeonlab", socket);
                assert.ok((await socket.ask("gameSession:join", session.id)).success);
            }
            ana.emit("chat", {
                sender: { type: "user", id: ana.user.id },
                recipient: { type: "session", id: session.id },
            }, word);
        },
        async eliza(word) {
            const channelId = randomUUID();
            const sockets = await Promise.all([0, 1].map(() => connect(at.eliza.port)));
            for (const socket of sockets) {
                recorded("eliza", socket);
                const joined = new Promise((resolve) => socket.once("channel_joined", resolve));
                socket.emit("message", { type: 1, payload: { channelId } });
                await joined;
            }
            sockets[0].emit("message", {
                type: 2,
                payload: {
                    senderId: randomUUID(), senderName: "Ana", message: word, channelId,
                    messageServerId: "00000000-0000-0000-0000-000000000000",
                },
            });
        },
        async casys(word) {
            const client = await rawClient("casys", "/ws/game");
            client.send({ type: "ping", timestamp: word });
        },
        async fuse(word) {
            const clients = await Promise.all(["ana", "ben"].map(async (username) => {
                const { body } = await api(at.fuse, "POST", "/api/auth/login", { username, password });
                return rawClient("fuse", `/api/ws?token=${body.accessToken}`);
            }));
            for (const client of clients) {
                client.send({ type: "joinRoom", payload: { roomId: "lobby" } });
                await client.nextOf("joinRoom");
            }
            clients[0].send({ type: "message", payload: { roomId: "lobby", content: word } });
        },
        async kaiku(word) {
            const { body } = await api(at.kaiku, "POST", "/auth/login", { username: "ana", password });
            const headers = { Authorization: `Bearer ${body.access_token}` };
            const rest = async (method, path, form) =>
                (await api(at.kaiku, method, path, form, headers)).body;
            const [guild] = await rest("GET", "/api/guilds");
            const [channel] = await rest("GET", `/api/guilds/${guild.id}/channels`);
            const client = await rawClient("kaiku", `/ws?token=${body.access_token}`);
            client.send({ type: "subscribe", channel_id: channel.id });
            await client.nextOf("subscribed");
            await rest("POST", `/api/messages/channel/${channel.id}`, { content: word });
        },
    };

    it("what is said in one is heard in that one only", async () => {
        const words = Object.fromEntries(systemNames.map((name) => [name, `word-${randomUUID()}`]));
        await Promise.all(systemNames.map((name) => talks[name](words[name])));
        for (const name of systemNames) {
            await until(() => heard[name].some((text) => text.includes(words[name])), name);
        }
        for (const name of systemNames) {
            for (const other of systemNames.filter((one) => one !== name)) {
                assert.ok(!heard[other].some((text) => text.includes(words[name])),
                    `${other} heard ${name}`);
            }
        }
    });
});
