// The section [limits] of hubbub.toml: what an operator sets is what strangers meet, on systems with
// Socket.IO and on those with plain WebSockets.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { HttpConnection } from "./lib/raw-http.mjs";
import { RawWs, opcodes } from "./lib/raw-ws.mjs";
import { JsonClient, skip, startSystem } from "./lib/systems.mjs";

const sample = fileURLToPath(new URL("../../apps/hubbub.toml", import.meta.url));

describe("hubbub's settings of limits", { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), "hubbub-limits-"));
    after(() => rmSync(folder, { recursive: true }));

    function file(text) {
        const path = join(folder, "limits.toml");
        writeFileSync(path, text);
        return path;
    }

    // What it prints and its exit code; in a folder without a hubbub.toml, without the flags and
    // variables of the other tests.
    function run(...args) {
        const words = process.env.HUBBUB_SYSTEMS.split(/\s+/);
        const [program, ...wrapped] = words.slice(0, 1 + words.findIndex((w) => /hubbub$/.test(w)));
        const env = Object.fromEntries(
            Object.entries(process.env).filter(([name]) => !name.startsWith("HUBBUB_")));
        try {
            const stdio = ["ignore", "pipe", "pipe"];
            return {
                text: execFileSync(program, [...wrapped, ...args],
                    { cwd: folder, encoding: "utf8", env, stdio }),
                code: 0,
            };
        } catch (error) {
            return { text: error.stderr || error.stdout, code: error.status };
        }
    }

    it("are met by whoever connects too often", async () => {
        const config = file("[limits]\nmax_connections_per_address = 3\n"
            + "handshake_rate_per_address = 2\nhandshake_rate_per_address_interval_ms = 3600000\n");
        const server = await startSystem("eliza", { args: ["--config", config] });
        try {
            const guests = [1, 2, 3].map(() => new HttpConnection(server.port));
            const statuses = [];
            for (const guest of guests) {
                const answer = await guest.request("/socket.io/?EIO=4&transport=polling");
                statuses.push(answer.status);
                if (answer.status === 429) assert.match(answer.header("retry-after"), /^\d+$/);
            }
            assert.deepEqual(statuses, [200, 200, 429]);
            const fourth = new HttpConnection(server.port);
            await fourth.closed;
            assert.equal(guests[0].socket.destroyed, false);
            guests.forEach((guest) => guest.destroy());
        } finally {
            await server.stop();
        }
    });

    it("hold for plain WebSockets, too", async () => {
        const server = await startSystem("casys", { args: ["--max-fragments", "2"] });
        try {
            const closes = async (continuations) => {
                const ws = await RawWs.open(server.port, "/ws/game");
                ws.send(opcodes.text, "{", { fin: false });
                for (let i = 1; i < continuations; i += 1) {
                    ws.send(opcodes.continuation, " ", { fin: false });
                }
                ws.send(opcodes.continuation, "}");
                ws.send(opcodes.close, Buffer.from([0x03, 0xe8]));
                return ws.closeCode();
            };
            assert.equal(await closes(1), 1000);
            assert.equal(await closes(2), 1008);
        } finally {
            await server.stop();
        }
    });

    it("are not those of the shell: it takes all the descriptors that it may have", async () => {
        const server = await startSystem("casys", { under: "prlimit --nofile=50:" });
        const guests = [];
        try {
            for (let i = 0; i < 60; i += 1) {
                guests.push(await JsonClient.open(`ws://127.0.0.1:${server.port}/ws/game`));
            }
            guests.at(-1).send({ type: "ping", timestamp: 1 });
            assert.equal((await guests.at(-1).nextOf("pong")).timestamp, 1);
        } finally {
            guests.forEach((guest) => guest.socket.terminate());
            await server.stop();
        }
    });

    it("are printed, and all in the sample file with their defaults", () => {
        const printed = run("--max-rooms", "7", "--print-config").text;
        assert.match(printed, /^max_rooms = 7$/m);
        const rows = (text) => text.replaceAll("'", '"').split("\n")
            .filter((line) => line && !line.startsWith("#"));
        const defaults = rows(run("--print-config").text);
        assert.ok(defaults.includes("max_rooms = 10000"));
        assert.deepEqual(rows(run("--config", sample, "--print-config").text), defaults);
        assert.deepEqual(rows(readFileSync(sample, "utf8")), defaults);
    });

    it("are refused with the place and what is allowed", () => {
        const config = file("[limits]\nmax_connections = 10\nmax_json_depth = 513\n");
        const refused = run("--config", config);
        assert.equal(refused.code, 2);
        assert.ok(refused.text.includes(":3: max_json_depth must be between 1 and 512"), refused.text);
        assert.equal(run("--max-json-depth", "513").code, 2);
        const contradicting = run("--demo", "--high-water-bytes", "17000000");
        assert.equal(contradicting.code, 1);
        assert.match(contradicting.text, /high_water_bytes: more than max_buffered_bytes/);
    });
});
