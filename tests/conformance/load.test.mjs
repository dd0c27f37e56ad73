// Twenty clients send a thousand mixed messages each: none is lost, none comes out of order.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect, connected, makeClient, onTransport, ways } from "./lib/clients.mjs";
import { until } from "./lib/inbox.mjs";
import { patience } from "./lib/patience.mjs";
import { startServer } from "./lib/server.mjs";

const clients = 20;
// Under TSan a thousand would keep the server busy for longer than an upgrade may take (10 s).
const messages = patience < 8 ? 1000 : 200;

let server;
before(async () => { server = await startServer("main"); });
after(() => server?.stop());
afterEach(closeAll);

const payload = (i) => (i % 3 === 0 ? Buffer.from([i & 255, i >> 8, 7]) : `text ${i}`);

function matches(value, i) {
    const sent = payload(i);
    return typeof sent === "string" ? value === sent : sent.equals(Buffer.from(value));
}

// Sends from `from` to `to`; the ack of each message is checked against its place in line.
function send(socket, state, from, to) {
    for (let i = from; i < to; ++i) {
        socket.emit("echo-ack", i, payload(i), (place, value) => {
            if (place !== state.acks++ || !matches(value, i)) state.wrong.push(`ack ${place}`);
        });
        if (i % 10 === 0) socket.emit("echo", i, payload(i));
    }
}

function watch(socket) {
    const state = { acks: 0, echoes: 0, wrong: [] };
    socket.on("echo-back", (place, value) => {
        if (place !== state.echoes * 10 || !matches(value, place)) state.wrong.push(`echo ${place}`);
        ++state.echoes;
    });
    socket.on("disconnect", (reason) => state.wrong.push(reason));
    return state;
}

async function finished(states) {
    const all = () => states.every(
        ({ acks, echoes }) => acks === messages && echoes === messages / 10);
    const counts = () => states.map(({ acks, echoes }) => `${acks}/${echoes}`).join(" ");
    await until(() => all() || states.some(({ wrong }) => wrong.length > 0), "every answer",
        120_000).catch((error) => { throw new Error(`${error.message}: ${counts()}`); });
    for (const { wrong } of states) assert.deepEqual(wrong.slice(0, 5), []);
    assert.ok(all(), counts());
}

describe(`${clients} clients with ${messages} messages each`, () => {
    for (const way of ways.slice(0, 2)) {
        it(`over ${way.name}`, async () => {
            const sockets = await Promise.all(
                Array.from({ length: clients }, () => connect(server.port, { way })));
            const states = sockets.map(watch);
            // A polling body may not exceed the limit, so messages go in portions.
            for (let from = 0; from < messages; from += 100) {
                sockets.forEach((socket, i) => send(socket, states[i], from, from + 100));
                await until(() => states.every(({ acks, wrong }) =>
                    acks >= from + 50 || wrong.length > 0), "half of a portion", 60_000);
            }
            await finished(states);
        });
    }

    it("across an upgrade in the middle", async () => {
        const sockets = Array.from({ length: clients }, () =>
            makeClient(server.port, { way: ways[2] }));
        const states = sockets.map(watch);
        await Promise.all(sockets.map(async (socket, i) => {
            await connected(socket);
            let sent = 0;
            const portion = () => {
                if (sent >= messages) return;
                send(socket, states[i], sent, sent += 50);
                setTimeout(portion, 2);
            };
            // The probe runs while portions leave every other millisecond.
            portion();
            await onTransport(socket, "websocket");
            assert.equal(socket.io.engine.transport.name, "websocket");
        }));
        await finished(states);
    });
});
