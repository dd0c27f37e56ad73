// What the network and bad clients do to a server, one function each. All of them end by
// themselves; none of them expects an answer.
import { randomBytes, randomInt } from "node:crypto";
import { spawn } from "node:child_process";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { frame, opcodes } from "../lib/raw-ws.mjs";

const chance = (list) => list[randomInt(list.length)];
const path = "/socket.io/?EIO=4&transport=";
const upgradeHead = (sid = "") => `GET ${path}websocket${sid && `&sid=${sid}`} HTTP/1.1\r\n` +
    "Host: soak\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

function connect(port) {
    const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
    socket.on("error", () => {});
    return socket;
}

const connected = (socket) => new Promise((resolve) => {
    socket.once("connect", resolve);
    socket.once("close", resolve);
});

// A WebSocket with a session in "/", which reads unless told not to.
async function websocket(port) {
    const socket = connect(port);
    socket.write(upgradeHead());
    await Promise.race([new Promise((resolve) => { socket.once("data", resolve); }), sleep(2000)]);
    socket.write(frame(opcodes.text, "40"));
    socket.resume();
    await sleep(50);
    return socket;
}

async function pollingSession(port) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}polling`);
    return JSON.parse((await answer.text()).slice(1)).sid;
}

async function halfRequest(port) {
    const request = `POST ${path}polling HTTP/1.1\r\nHost: soak\r\nContent-Length: 500\r\n\r\n` +
        randomBytes(400).toString("hex");
    const socket = connect(port);
    socket.write(request.slice(0, randomInt(1, request.length)));
    await sleep(randomInt(10, 3000));
    socket.resetAndDestroy();
}

async function garbage(port) {
    const socket = connect(port);
    socket.write(randomBytes(randomInt(1, 5000)));
    await sleep(randomInt(10, 500));
    socket.destroy();
}

async function malformedFrames(port) {
    const socket = await websocket(port);
    socket.write(chance([
        () => frame(opcodes.text, "42[\"echo\",1]", { masked: false }),
        () => frame(11, "reserved"),
        () => frame(opcodes.text, "4", { claim: 2 ** 40 }),
        () => frame(opcodes.continuation, "of nothing"),
        () => frame(opcodes.ping, "x".repeat(126)),
        () => frame(opcodes.text, Buffer.from([0xff, 0xfe])),
        () => frame(opcodes.text, "42[\"echo\",{\"__proto__\":"),
        () => frame(opcodes.text, "451-[\"echo\",{\"_placeholder\":true,\"num\":7}]"),
        () => frame(opcodes.text, `42${"[".repeat(50_000)}`),
        () => randomBytes(2000),
    ])());
    await sleep(randomInt(10, 500));
    socket.destroy();
}

async function slowReader(port) {
    const socket = await websocket(port);
    socket.pause();
    socket.write(frame(opcodes.text, "42[\"burst\",3000,4000]"));
    await sleep(randomInt(500, 4000));
    socket.resetAndDestroy();
}

async function flood(port) {
    const socket = await websocket(port);
    const message = frame(opcodes.text, "42[\"echo\",\"flood\"]");
    const many = Buffer.concat(Array(500).fill(message));
    for (let i = 0; i < 10; ++i) {
        socket.write(many);
        await sleep(20);
    }
    await sleep(300);
    socket.destroy();
}

async function vanish(port) {
    await pollingSession(port);  // and never a poll: the heartbeat must end it
}

async function storm(port) {
    const sockets = Array.from({ length: 50 }, () => connect(port));
    await Promise.race([Promise.all(sockets.map(connected)), sleep(2000)]);
    for (const socket of sockets) socket.resetAndDestroy();
}

async function abandonedUpgrade(port) {
    const sid = await pollingSession(port);
    const socket = connect(port);
    socket.write(upgradeHead(sid));
    socket.resume();
    await sleep(100);
    if (randomInt(2)) socket.write(frame(opcodes.text, "2probe"));
    await sleep(randomInt(10, 1000));
    socket.resetAndDestroy();
}

// A process full of clients, killed in the middle of its work.
async function killedProcess(port) {
    const script = fileURLToPath(new URL("./victims.mjs", import.meta.url));
    const child = spawn(process.execPath, [script, String(port)], { stdio: "ignore" });
    const gone = new Promise((resolve) => { child.once("exit", resolve); });
    await sleep(randomInt(1500, 3000));
    child.kill("SIGKILL");
    await gone;
}

const faults = [halfRequest, halfRequest, garbage, malformedFrames, malformedFrames,
    malformedFrames, slowReader, flood, vanish, storm, abandonedUpgrade, abandonedUpgrade];
const rare = [killedProcess];

// One after the other in `lanes` lanes, until `stopped()`.
export async function plague(port, lanes, stopped, count) {
    const lane = async () => {
        while (!stopped()) {
            const fault = randomInt(60) === 0 ? chance(rare) : chance(faults);
            try {
                await fault(port);
            } catch (error) {
                if (!stopped()) count(`${fault.name} failed: ${error.cause ?? error}`);
            }
            count(fault.name);
            await sleep(randomInt(20, 300));
        }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
}
