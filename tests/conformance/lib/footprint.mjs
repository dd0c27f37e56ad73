// What a server takes of its machine, as /proc has it.
import { readdirSync, readFileSync } from "node:fs";
import { sleep, until } from "./inbox.mjs";
import { patience } from "./patience.mjs";
import { HttpConnection } from "./raw-http.mjs";

// A server looks 5 s after something has happened whether there is memory to hand back.
const look = 5000;

const of = (server, file) => `/proc/${server.child.pid}/${file}`;

export const descriptorsOf = (server) => readdirSync(of(server, "fd")).length;

// As many as it has without connections. READY comes before the last of them, so ask something.
export async function idleDescriptors(server) {
    const connection = new HttpConnection(server.port);
    await connection.request("/plain");
    const count = descriptorsOf(server) - 1;
    connection.destroy();
    return count;
}

const statusOf = (server, field) =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(of(server, "status"), "utf8"))[1]);

// Resident, in KiB, now and at most so far.
export const memoryOf = (server) => statusOf(server, "VmRSS");
export const peakOf = (server) => statusOf(server, "VmHWM");

// Once it has not changed for longer than that, or after half a minute.
export async function quietMemory(server) {
    let memory = memoryOf(server);
    const begin = Date.now();
    for (let since = begin; Date.now() - since < look * 1.4 && Date.now() - begin < 30_000;) {
        await sleep(100);
        const now = memoryOf(server);
        if (now !== memory) since = Date.now();
        memory = now;
    }
    return memory;
}

// Waits until it is at most `most`, which takes a look or two.
export function shrinksTo(server, most) {
    return until(() => memoryOf(server) <= most, `at most ${most} KiB`, 30_000 * patience)
        .catch((error) => { throw new Error(`${error.message}, but ${memoryOf(server)}`); });
}
