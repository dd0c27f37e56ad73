// Connection state recovery: what was missed arrives after a cut, with the same id and rooms.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { ask, closeAll, connect, connected, inbox, once, ways } from "./lib/clients.mjs";
import { arrived, sleep } from "./lib/inbox.mjs";
import { openSession } from "./lib/raw-ws.mjs";
import { startServer } from "./lib/server.mjs";

let server;
let port;
let names = 0;

before(async () => {
    server = await startServer("recovery");
    port = server.port;
});
after(() => server?.stop());
afterEach(closeAll);

const fresh = (prefix) => `${prefix}-${++names}`;
const body = (text) => JSON.parse(text.slice(text.indexOf("{")));

// A client that has heard one event, so that it knows an offset.
async function listener(room, way = ways[1]) {
    const socket = await connect(port, { way });
    await ask(socket, "join", room);
    socket.emit("echo", "first");
    await once(socket, "echo-back");
    return socket;
}

function cut(socket) {
    socket.io.engine.close();
}

describe("connection state recovery", () => {
    for (const way of ways) {
        it(`gives back what was missed over ${way.name}`, async () => {
            const room = fresh("room");
            const [sender, socket] = [await connect(port), await listener(room, way)];
            await ask(socket, "set-data", { kept: 1 });
            const id = socket.id;
            const heard = inbox(socket, "cast");
            cut(socket);
            await sleep(50);
            sender.emit("cast", { to: room }, "missed", Buffer.from([1, 2]));
            sender.emit("cast", { to: fresh("other") }, "not for you");
            sender.emit("cast", { to: room, except: [room] }, "not for you either");
            sender.emit("cast", { to: room, volatile: true }, "volatile");
            sender.emit("cast", { mode: "all" }, "for all");
            await ask(sender, "echo-ack");
            socket.connect();
            await connected(socket);
            assert.equal(socket.recovered, true);
            assert.equal(socket.id, id);
            const [text, blob] = await heard.next();
            assert.equal(text, "missed");
            assert.deepEqual([...blob], [1, 2]);
            assert.deepEqual((await heard.next()).slice(0, 1), ["for all"]);
            assert.ok(await heard.silent());
            assert.deepEqual(await ask(socket, "rooms"), [[room], true]);
            assert.deepEqual(await ask(socket, "get-data"), [{ kept: 1 }]);
            assert.equal((await ask(socket, "whoami"))[0].recovered, true);
            sender.emit("cast", { to: room }, "live again");
            assert.equal((await heard.next())[0], "live again");
        });
    }

    it("is over after a disconnect that was meant", async () => {
        const socket = await listener(fresh("room"));
        const id = socket.id;
        socket.disconnect();
        await sleep(30);
        socket.connect();
        await connected(socket);
        assert.equal(socket.recovered, false);
        assert.notEqual(socket.id, id);
    });

    it("is over after the time limit", async () => {
        const socket = await listener(fresh("room"));
        cut(socket);
        await sleep(2300);
        socket.connect();
        await connected(socket);
        assert.equal(socket.recovered, false);
        assert.deepEqual(await ask(socket, "rooms"), [[], true]);
    });

    it("keeps what is emitted to the cut socket meanwhile", async () => {
        const socket = await listener(fresh("room"));
        const heard = inbox(socket, "later");
        socket.emit("after", 40, "later", "kept");
        await ask(socket, "echo-ack");
        cut(socket);
        await sleep(100);
        socket.connect();
        await connected(socket);
        assert.equal(socket.recovered, true);
        assert.equal((await heard.next())[0], "kept");
    });

    it("on the wire: pid, offsets, missed packets before the answer", async () => {
        const first = await openSession(port);
        const { sid, pid } = body(first.joined);
        assert.match(pid, /^[A-Za-z0-9_-]{20}$/);
        first.text('42["echo",1]');
        assert.equal(typeof JSON.parse((await first.nextText()).slice(2))[2], "string");
        first.text('42["volatile-one"]');
        assert.equal(await first.nextText(), '42["volatile-item","single"]');
        first.text('42["ask-me",1000,"x"]');
        assert.equal(await first.nextText(), '420["question","x"]');
        first.text('430["y"]');
        const offset = JSON.parse((await first.nextText()).slice(2)).at(-1);
        first.destroy();
        await arrived();
        const other = await openSession(port);
        other.text('42["cast",{"mode":"all"},"missed"]');
        await other.nextText();
        const back = await openSession(port, { join: false });
        back.text(`40${JSON.stringify({ pid, offset })}`);
        assert.match(await back.nextText(), /^42\["cast","missed","[^"]+"\]$/);
        assert.deepEqual(body(await back.nextText()), { sid, pid });
        for (const ws of [other, back]) ws.destroy();
    });

    it("ignores credentials of the wrong kind", async () => {
        const first = await openSession(port);
        const { sid, pid } = body(first.joined);
        first.text('42["echo",1]');
        const [, , offset] = JSON.parse((await first.nextText()).slice(2));
        first.destroy();
        await sleep(30);
        const rows = [{ pid }, { pid, offset: 1 }, { pid: [pid], offset }, { pid: "x", offset },
            { pid, offset: "no such offset" }, { pid: "__proto__", offset }];
        for (const auth of rows) {
            const ws = await openSession(port, { join: false });
            ws.text(`40${JSON.stringify(auth)}`);
            const answer = body(await ws.nextText());
            assert.notEqual(answer.sid, sid);
            assert.notEqual(answer.pid, pid);
            ws.destroy();
        }
    });

    it("does not follow a parse error", async () => {
        const first = await openSession(port);
        const { sid, pid } = body(first.joined);
        first.text('42["echo",1]');
        const [, , offset] = JSON.parse((await first.nextText()).slice(2));
        first.text("9");
        await first.closeCode();
        await sleep(30);
        const back = await openSession(port, { join: false });
        back.text(`40${JSON.stringify({ pid, offset })}`);
        assert.notEqual(body(await back.nextText()).sid, sid);
        back.destroy();
    });

});
