// DungeonLab and a disk that fails: full, locked by somebody else, and a process killed at work.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { statSync } from "node:fs";
import { after, afterEach, describe, it } from "node:test";
import { closeAll } from "./lib/clients.mjs";
import { hashOf, sit, startTable, Table, tableOne, login } from "./lib/dungeonlab.mjs";
import { until } from "./lib/inbox.mjs";
import { startCommand } from "./lib/server.mjs";
import { skip, startSystem, temporaryDatabase } from "./lib/systems.mjs";

// A limit of the size of files stands in for a full disk; the signal that comes with it is ignored.
const withoutSignal = `trap "" XFSZ; exec "$@"`;

async function startOnSmallDisk(database) {
    const [program, ...fixed] = process.env.HUBBUB_SYSTEMS.split(/\s+/);
    return startCommand("sh", ["-c", withoutSignal, "sh", program, ...fixed, "--demo", "--only",
        "dungeonlab", "--dungeonlab-port", "0", "--database", database]);
}
const allowFiles = (server, bytes) => execFileSync("prlimit",
    ["--pid", String(server.child.pid), `--fsize=${bytes}:`]);

// Without the time limit of others: it may never be answered.
const asked = (socket, ...args) => new Promise((resolve) => { socket.emit(...args, resolve); });

describe("DungeonLab and its disk", { skip }, () => {
    let server;
    const { file, remove } = temporaryDatabase();
    afterEach(async () => {
        closeAll();
        await server?.stop();
    });
    after(remove);

    const change = (socket, id, version, value) => socket.ask("gameState:update", { id,
        source: "gm", gameStateId: socket.stateId, version,
        operations: [{ op: "add", path: "/pluginData/text", value }] });

    async function seat(name) {
        const socket = await sit(server, name);
        const session = await tableOne(server, socket.cookie);
        await socket.ask("gameSession:join", session.id);
        const { data } = await socket.ask("gameState:requestFull", session.id);
        socket.stateId = data.gameStateId;
        return { socket, session, version: data.gameStateVersion };
    }

    it("refuses in its own words while the disk is full, and goes on when there is space", async () => {
        server = await startOnSmallDisk(file);
        const { socket: gm, session, version } = await seat("gm");
        const first = await change(gm, "before", version, "before");
        assert.equal(first.success, true);
        allowFiles(server, statSync(`${file}-wal`).size);
        const refused = await change(gm, "full", first.newVersion, "x".repeat(50_000));
        assert.equal(refused.success, false, JSON.stringify(refused).slice(0, 200));
        assert.doesNotMatch(JSON.stringify(refused), /disk|sqlite|database/i);
        const during = (await gm.ask("gameState:requestFull", session.id)).data;
        assert.equal(during.gameState.pluginData.text, "before", "what was refused is not there");
        assert.equal(during.gameStateVersion, first.newVersion);
        assert.match(server.output.join("\n"), /\[error\] store: transaction/);
        allowFiles(server, "unlimited");
        const second = await change(gm, "after", first.newVersion, "after");
        assert.equal(second.success, true, JSON.stringify(second));
        await server.stop();
        server = await startTable(file);
        const again = await seat("ana");
        const state = (await again.socket.ask("gameState:requestFull", again.session.id)).data;
        assert.equal(state.gameState.pluginData.text, "after");
        assert.equal(hashOf(state.gameState), second.newHash);
    });

    it("waits for somebody who holds the database for a moment, and serves what needs none", async () => {
        server = await startTable(file);
        const { socket: gm, version } = await seat("gm");
        const holder = spawn("python3", ["-u", "-c", "import sqlite3, sys\n"
            + "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            + "db.execute('BEGIN IMMEDIATE')\nprint('held')\nsys.stdin.read()\n", file]);
        await new Promise((resolve) => { holder.stdout.once("data", resolve); });
        const answer = change(gm, "locked", version, "locked");
        assert.equal((await fetch(`${server.url}/health`)).status, 200);
        holder.stdin.end();
        assert.equal((await answer).success, true);
    });

    it("keeps all that it has acknowledged when it is killed at work, and all come back", async () => {
        const t = await Table.open(file);
        server = t.server;
        const port = server.port;
        const names = ["gm", "ana", "ben"];
        const acked = [];
        const workers = await Promise.all(names.map((name) => sit(server, name, { ...t.people[name],
            reconnection: true, reconnectionDelay: 30, reconnectionDelayMax: 60 })));
        for (const worker of workers) await worker.ask("gameSession:join", t.session.id);
        const gone = workers.map((worker) => new Promise((resolve) => {
            worker.once("disconnect", resolve);
        }));
        const work = workers.map(async (worker, who) => {
            for (let i = 0; ; ++i) {
                const name = `made ${who} ${i}`;
                const made = await Promise.race([gone[who].then(() => undefined),
                    asked(worker, "document:create", { name, documentType: "item", pluginId: "p",
                        pluginDocumentType: "gear" })]);
                if (!made) return;
                if (made.success) acked.push([made.data.id, name]);
            }
        });
        await until(() => acked.length > 60, "some work");
        await server.kill();
        await Promise.all(work);
        assert.deepEqual(await Promise.all(gone), names.map(() => "transport close"));
        server = await startSystem("dungeonlab", { database: file, port });
        await until(() => workers.every((worker) => worker.connected), "everybody back");
        await workers[0].ask("gameSession:join", t.session.id);
        for (const [id, name] of acked) {
            const found = await workers[0].ask("document:get", { id });
            assert.equal(found.data?.name, name);
        }
        assert.equal((await login(server, "ana")).user.id, t.people.ana.user.id);
    });
});
