// A disk that is full, and a database that somebody else holds.
import { execFileSync, spawn } from "node:child_process";
import { statSync } from "node:fs";
import { startCommand } from "./server.mjs";

// A limit of the size of files stands in for a full disk; the signal that comes with it is ignored.
const withoutSignal = `trap "" XFSZ; exec "$@"`;

export function startOnSmallDisk(name, database) {
    const [program, ...fixed] = process.env.HUBBUB_SYSTEMS.split(/\s+/);
    return startCommand("sh", ["-c", withoutSignal, "sh", program, ...fixed, "--demo", "--only",
        name, `--${name}-port`, "0", "--database", database]);
}

const allowFiles = (server, bytes) => execFileSync("prlimit",
    ["--pid", String(server.child.pid), `--fsize=${bytes}:`]);
export const fillDisk = (server, database) => allowFiles(server, statSync(`${database}-wal`).size);
export const freeDisk = (server) => allowFiles(server, "unlimited");

// Holds the database until the function it returns is called.
export async function holdDatabase(file) {
    const holder = spawn("python3", ["-u", "-c", "import sqlite3, sys\n"
        + "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        + "db.execute('BEGIN IMMEDIATE')\nprint('held')\nsys.stdin.read()\n", file]);
    await new Promise((resolve, reject) => {
        holder.stdout.once("data", resolve);
        holder.once("error", reject);
        holder.once("exit", (code) => reject(new Error(`nobody holds the database: ${code}`)));
    });
    for (const one of [holder, holder.stdin, holder.stdout]) one.unref();  // of a test that failed
    return () => holder.stdin.end();
}
