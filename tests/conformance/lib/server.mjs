// Starts the server under test and the Node server: one process per test group, on a free port.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { patience } from "./patience.mjs";

const here = dirname(dirname(fileURLToPath(import.meta.url)));

export const nodeServer = `${process.execPath} ${join(here, "node-server.mjs")}`;
export const serverUnderTest = process.env.HUBBUB_SERVER || nodeServer;
// Where a behaviour of the reference is deliberately not copied, tests ask who answers.
export const againstNode = serverUnderTest.includes("node-server.mjs");

// Programs for people name their address instead of printing READY.
const announced = /https?:\/\/[\w.[\]:]+?:(\d+)/;

class Server {
    constructor(child, port, output) {
        this.child = child;
        this.port = port;
        this.output = output;
        this.url = `http://127.0.0.1:${port}`;
        this.gone = new Promise((resolve) => {
            child.once("exit", (code, signal) => resolve({ code, signal }));
        });
    }

    // What an operator's SIGTERM does; the second one in a hurry.
    terminate() {
        this.asked = true;
        this.child.kill("SIGTERM");
    }

    // Ends the server, if it was not asked to yet, and complains about anything but a clean exit.
    async stop() {
        if (!this.asked) this.terminate();
        const late = setTimeout(() => this.child.kill("SIGKILL"), 5000 * patience);
        const { code, signal } = await this.gone;
        clearTimeout(late);
        if (code !== 0) {
            const how = signal ?? `exit code ${code}`;
            throw new Error(`server did not end cleanly (${how})\n${this.output.join("\n")}`);
        }
    }

    // Ends the server as a crash would: no close frames, no answers.
    async kill() {
        this.child.kill("SIGKILL");
        await this.gone;
    }
}

export async function startCommand(command, args = [], { quiet = true, cwd } = {}) {
    const [program, ...fixed] = command.split(/\s+/);
    const child = spawn(program, [...fixed, ...args], { stdio: ["ignore", "pipe", "pipe"], cwd });
    const output = [];
    const keep = (line) => {
        output.push(line);
        if (output.length > 400) output.shift();
        if (!quiet) console.error(line);
    };
    createInterface({ input: child.stderr }).on("line", keep);
    const port = await new Promise((resolve, reject) => {
        const timer = setTimeout(() => fail("no READY line"), 15_000 * patience);
        const fail = (why) => {
            clearTimeout(timer);
            child.kill("SIGKILL");  // else it would keep the tests from ending
            reject(new Error(`${command}: ${why}\n${output.join("\n")}`));
        };
        child.once("error", (error) => fail(error.message));
        child.once("exit", (code) => fail(`ended early with exit code ${code}`));
        createInterface({ input: child.stdout }).on("line", (line) => {
            keep(line);
            const ready = /^READY (\d+)$/.exec(line) ?? announced.exec(line);
            if (!ready) return;
            clearTimeout(timer);
            child.removeAllListeners("exit");
            resolve(Number(ready[1]));
        });
    });
    return new Server(child, port, output);
}

// `options` are Engine.IO options in words that fit into JSON, for the profile eio-options.
export function startServer(profile, {
    port = 0, command = serverUnderTest, options, args = [],
} = {}) {
    const more = options ? ["--options", JSON.stringify(options), ...args] : args;
    return startCommand(command, ["--profile", profile, "--port", String(port), ...more]);
}

// Starts eio-options, runs `body(port)` and demands a clean end.
export async function withEngine(options, body) {
    const server = await startServer("eio-options", { options });
    try {
        await body(server.port);
    } finally {
        await server.stop();
    }
}
