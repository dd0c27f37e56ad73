// Mixed load with faults for N minutes, and a verdict; README.md of this folder says what is
// checked.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeClient, ways } from "../lib/clients.mjs";
import { descriptorsOf, memoryOf } from "../lib/footprint.mjs";
import { startServer } from "../lib/server.mjs";
import { plague } from "./faults.mjs";
import { Worker } from "./worker.mjs";

const workerCount = 45;
const lanes = 6;
const settleSeconds = 75;  // the heartbeat of who vanished, and what is left of its requests
const quietSeconds = 20;  // recovery forgets in 2 s; a look at what can be handed back is 5 s later,
const mostQuietSeconds = 120;  // or longer if looking takes long
const tolerated = 1.05;

const { values: options } = parseArgs({
    options: { minutes: { type: "string", default: "10" }, server: { type: "string" } },
});
const minutes = Number(options.minutes);
const warmUpMinutes = Math.min(1, minutes / 2);

function findServer() {
    const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
    const found = ["release", "rel", "bench", "test", "dev"]
        .map((name) => join(root, "build", name, "apps/hubbub-conformance")).find(existsSync);
    if (!found) throw new Error("no build has hubbub-conformance: name one with --server");
    return found;
}

class Report {
    counts = new Map();
    losses = [];
    confirmed = new Map();  // sender -> last number whose cast the server has handled

    count(what, by = 1) { this.counts.set(what, (this.counts.get(what) ?? 0) + by); }
    loss(what) {
        this.count("losses");
        if (this.losses.length >= 50) return;
        this.losses.push(what);
        console.log(`${new Date().toISOString()} LOSS: ${what}`);
    }
    confirm(sender, number) {
        this.count("casts confirmed");
        this.confirmed.set(sender, number);
    }
    text(names) { return names.map((name) => `${this.counts.get(name) ?? 0} ${name}`).join(", "); }
}

const report = new Report();

const measure = (server) => ({ kib: memoryOf(server), descriptors: descriptorsOf(server) });

// An ordinary client is served at once, whatever else is going on.
async function probe(port) {
    const began = Date.now();
    const socket = makeClient(port, { way: ways[1] });
    const answer = await Promise.race([
        new Promise((resolve) => { socket.emit("echo-ack", "hello", resolve); }),
        sleep(5000, null),
    ]);
    const others = answer && await Promise.race([
        new Promise((resolve) => { socket.emit("who", [], resolve); }), sleep(5000, null),
    ]);
    socket.disconnect();
    if (!others) report.loss("an ordinary client was not served within 5 s");
    return { ms: Date.now() - began, others: others ?? [] };
}

// What must be as before once nobody is there, from /metrics.
const gauges = ["sessions", "sockets", "websockets", "unfinished_upgrades", "pending_acks",
    "buffered_bytes", "timers"];

async function readGauges(port) {
    const headers = { connection: "close" };
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
    return new Map(gauges.map((name) =>
        [name, Number(new RegExp(`^hubbub_${name} (\\d+)$`, "m").exec(text)[1])]));
}

function checkWitnesses(witnesses) {
    for (const witness of witnesses) {
        for (const [sender, number] of report.confirmed) {
            if (!witness.ledger.has(sender, number)) {
                report.loss(`${witness.name} has not heard ${sender} ${number}`);
            }
        }
    }
}

async function watch(server, until) {
    let nextLine = Date.now() + 60_000;
    let mostKiB = 0;
    while (Date.now() < until) {
        await sleep(Math.min(2000, Math.max(1, until - Date.now())));
        const now = measure(server);
        mostKiB = Math.max(mostKiB, now.kib);
        if (Date.now() < nextLine && Date.now() < until) continue;
        nextLine += 60_000;
        const { ms } = await probe(server.port);
        console.log(`${new Date().toISOString()} ${now.kib} KiB (at most ${mostKiB}), ` +
            `${now.descriptors} descriptors, a new client served in ${ms} ms; ` +
            report.text(["answers", "casts confirmed", "casts received", "recovered", "cuts",
                "losses"]));
    }
}

// Load and faults for some minutes, then everybody goes.
async function round(server, minutes) {
    const until = Date.now() + minutes * 60_000;
    const stopped = () => Date.now() >= until;
    report.confirmed.clear();
    const witnesses = ways.map((way, i) => new Worker(server.port, 1000 + i, way, report,
        { witness: true }));
    await Promise.all(witnesses.map((witness) => witness.settled));
    const workers = Array.from({ length: workerCount }, (_, i) =>
        new Worker(server.port, i, ways[i % ways.length], report));
    await Promise.all([
        ...[...witnesses, ...workers].map((worker) => worker.run(stopped)),
        plague(server.port, lanes, stopped, (what) => report.count(what)),
        watch(server, until),
    ]);
    await sleep(2000);
    checkWitnesses(witnesses);
    for (const worker of [...witnesses, ...workers]) worker.stop();
}

// The memory of a server in which nothing happens, once it changes no more.
async function measureQuiet(server) {
    let now = measure(server);
    const begin = Date.now();
    for (let changed = begin; Date.now() - changed < quietSeconds * 1000;) {
        await sleep(500);
        const before = now.kib;
        now = measure(server);
        if (now.kib !== before) changed = Date.now();
        if (Date.now() - begin > mostQuietSeconds * 1000) break;
    }
    return now;
}

// Nobody may be left; then the memory of a server in which nothing happens any more.
async function settle(server, before) {
    const until = Date.now() + settleSeconds * 1000;
    let now = measure(server);
    while (Date.now() < until && now.descriptors > before.descriptors) {
        await sleep(500);
        now = measure(server);
    }
    if (now.descriptors > before.descriptors) {
        report.loss(`${now.descriptors} descriptors instead of ${before.descriptors}`);
    }
    // Long polling that just vanished holds no descriptor; its heartbeat ends it.
    let others = [];
    do {
        ({ others } = await probe(server.port));
        if (others.length > 1) await sleep(2000);
    } while (others.length > 1 && Date.now() < until);
    if (others.length !== 1) report.loss(`${others.length - 1} sockets are left behind`);
    if (others.some(({ rooms }) => rooms.length > 0)) report.loss("rooms are left behind");
    const readMore = async () => [...await readGauges(server.port)]
        .filter(([name, number]) => number > before.gauges.get(name));
    let more = await readMore();
    while (more.length > 0 && Date.now() < until) {  // sessions without a socket, too
        await sleep(2000);
        more = await readMore();
    }
    for (const [name, number] of more) {
        report.loss(`${number} ${name} instead of ${before.gauges.get(name)}`);
    }
    now = await measureQuiet(server);
    console.log(`${new Date().toISOString()} nobody there: ${now.kib} KiB, ` +
        `${now.descriptors} descriptors`);
    return now;
}

function compare(warm, now) {
    const growth = (now.kib / warm.kib - 1) * 100;
    console.log(`memory: ${warm.kib} KiB after the warm-up, ${now.kib} KiB at the end, ` +
        `${growth.toFixed(1)} % more`);
    if (now.kib > warm.kib * tolerated) report.loss("memory did not return");
}

// However this script ends, what it has started ends with it.
function endChildrenAtExit() {
    process.once("exit", () => {
        const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
        for (const pid of children.split(" ").filter(Boolean)) process.kill(pid, "SIGKILL");
    });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
        process.once(signal, () => process.exit(1));
    }
}

async function main() {
    endChildrenAtExit();
    const command = options.server ?? `${findServer()} --threads 2`;
    console.log(`${command}, ${minutes} minutes, ${warmUpMinutes} before for the warm-up`);
    const server = await startServer("recovery", { command });
    let ending = false;
    server.gone.then(({ code, signal }) => {
        if (!ending) report.loss(`the server ended: ${signal ?? code}`);
    });
    await probe(server.port);
    await sleep(500);
    const before = { ...measure(server), gauges: await readGauges(server.port) };
    await round(server, warmUpMinutes);
    const warm = await settle(server, before);
    await round(server, minutes);
    compare(warm, await settle(server, before));
    ending = true;
    await server.stop();
    const lost = report.losses;
    for (const [what, count] of [...report.counts].sort()) console.log(`  ${count} ${what}`);
    console.log(lost.length ? "soak: FAILED" : "soak: nothing was lost");
    process.exit(lost.length ? 1 : 0);
}

await main();
