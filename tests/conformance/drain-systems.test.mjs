// SIGTERM and `hubbub`: health checks fail first, clients of every kind are sent away, answers under
// way are finished and nothing that was acknowledged is lost.
import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { after, afterEach, describe, it } from "node:test";
import { closeAll, connect } from "./lib/clients.mjs";
import { holdDatabase } from "./lib/disk.mjs";
import { sit, startTable, Table } from "./lib/dungeonlab.mjs";
import { until } from "./lib/inbox.mjs";
import { patience } from "./lib/patience.mjs";
import { JsonClient, api, skip, startSystem, temporaryDatabase } from "./lib/systems.mjs";

// One kept-alive connection, as of a load balancer.
class Checker {
    #agent = new Agent({ keepAlive: true, maxSockets: 1 });
    constructor(port) {
        this.port = port;
    }

    health() {
        return new Promise((resolve, reject) => {
            const asked = request({ port: this.port, path: "/health", agent: this.#agent }, (answer) => {
                let text = "";
                answer.on("data", (part) => { text += part; });
                answer.on("end", () => resolve({ status: answer.statusCode, body: JSON.parse(text) }));
            });
            asked.on("error", reject);
            asked.end();
        });
    }

    end() {
        this.#agent.destroy();
    }
}

describe("hubbub at SIGTERM", { skip }, () => {
    const { file, remove } = temporaryDatabase();
    let server;
    afterEach(async () => {
        closeAll();
        await server?.stop();
    });
    after(remove);

    it("is unready during the notice while all goes on; the second signal ends it at once",
        async () => {
            server = await startSystem("eliza", { args: ["--drain-notice", "600000",
                "--drain-deadline", "1200000"] });
            const balancer = new Checker(server.port);
            assert.equal((await balancer.health()).status, 200);
            const socket = await connect(server.port);
            server.terminate();
            await until(async () => (await balancer.health()).status === 503, "unready");
            assert.deepEqual((await balancer.health()).body, { status: "draining", connections: 1 });
            const late = await connect(server.port);
            const ends = [socket, late].map((one) => new Promise((resolve) => {
                one.once("disconnect", resolve);
            }));
            server.terminate();
            await server.stop();
            assert.deepEqual(await Promise.all(ends), ["transport close", "transport close"]);
            balancer.end();
        });

    it("does not wait for the database, either, after the second signal", async () => {
        server = await startSystem("casys", { database: file, args: ["--drain-notice", "600000",
            "--drain-deadline", "1200000"] });
        const health = async () => (await fetch(`${server.url}/health`)).status;
        const letGo = await holdDatabase(file);
        after(letGo);
        const made = api(server, "POST", "/api/game/initialize", {}).catch(() => {});
        for (let i = 0; i < 5; ++i) await health(); // it is asked for
        server.terminate();
        await until(async () => await health() === 503, "unready");
        const since = Date.now();
        server.terminate();
        await server.stop();
        await made;
        // One wait for whoever holds the database takes five seconds, and there would be several.
        assert.ok(Date.now() - since < Math.min(4000 * patience, 9000), `${Date.now() - since} ms`);
    });

    it("sends peers of raw WebSockets away with 1001, after what was queued", async () => {
        server = await startSystem("casys");
        const clients = await Promise.all(Array.from({ length: 5 },
            () => JsonClient.open(`ws://127.0.0.1:${server.port}/ws/game`)));
        clients.forEach((client) => client.send({ type: "ping" }));
        await Promise.all(clients.map((client) => client.nextOf("pong")));
        await server.stop();
        for (const client of clients) {
            assert.deepEqual(await client.closed, { code: 1001, reason: "Server shutting down" });
        }
    });

    it("loses nothing that it has acknowledged", async () => {
        const t = await Table.open(file);
        server = t.server;
        const gm = await t.joined("gm", "gameSession:join");
        const acked = [];
        const { data } = await gm.ask("gameState:requestFull", t.session.id);
        let version = data.gameStateVersion;
        let open = true;
        // Without a time limit: the last one may never be answered.
        const asked = (...args) => new Promise((resolve) => { gm.emit(...args, resolve); });
        gm.once("disconnect", () => { open = false; });
        // One change after the other until the server goes.
        const changes = (async () => {
            for (let i = 0; open; ++i) {
                const answer = await Promise.race([
                    asked("gameState:update", { id: `u${i}`, source: "gm",
                        gameStateId: data.gameStateId, version,
                        operations: [{ op: "add", path: "/pluginData/last", value: i }] }),
                    new Promise((resolve) => { gm.once("disconnect", () => resolve(undefined)); }),
                ]);
                if (answer?.newVersion === undefined) break;
                version = answer.newVersion;
                acked.push(i);
            }
        })();
        await until(() => acked.length > 20, "some changes");
        server.terminate();
        await changes;
        await server.stop();

        server = await startTable(file);
        const again = await sit(server, "gm", t.people.gm);
        await again.ask("gameSession:join", t.session.id);
        const state = (await again.ask("gameState:requestFull", t.session.id)).data;
        assert.ok(state.gameState.pluginData.last >= acked.at(-1),
            `${state.gameState.pluginData.last} after ${acked.at(-1)}`);
    });
});
