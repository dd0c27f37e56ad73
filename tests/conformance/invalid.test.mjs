// Bad input of every kind ends the connection it came on, and nobody else notices.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, closeAll, connect, once } from "./lib/clients.mjs";
import { sleep, until } from "./lib/inbox.mjs";
import { fetchRaw, HttpConnection, PollingSession } from "./lib/raw-http.mjs";
import { openSession, RawWs } from "./lib/raw-ws.mjs";
import { startServer } from "./lib/server.mjs";

let server;
let port;
let witness;

before(async () => {
    server = await startServer("main");
    port = server.port;
    witness = await connect(port, { tag: "witness" });
    witness.once("disconnect", (reason) => { witness.lost = reason; });
});
after(async () => {
    closeAll();
    await server?.stop();
});

async function assertUnharmed() {
    assert.equal(witness.lost, undefined);
    assert.deepEqual(await ask(witness, "echo-ack", "here"), ["here"]);
}

const deep = (levels) => "[".repeat(levels) + "]".repeat(levels);

describe("packets that end a WebSocket session", () => {
    const packets = {
        "an empty message": "4",
        "an unknown type": "47",
        "a letter": "4x",
        "no JSON": "42[",
        "JSON with something behind": '42["echo"]x',
        "an object as event": '42{"a":1}',
        "an array as event name": '42[["echo"]]',
        "null as event name": "42[null]",
        "an object as event name": '42[{"toString":"x"}]',
        "the name connect": '42["connect"]',
        "the name disconnect": '42["disconnect"]',
        "the name disconnecting": '42["disconnecting"]',
        "the name connect_error": '42["connect_error"]',
        "the name newListener": '42["newListener"]',
        "no attachment count": "45",
        "a count without end": "451",
        "zero attachments": '450-["echo"]',
        "eleven attachments": '4511-["echo"]',
        "a huge count": '4599999999999-["echo"]',
        "a negative count": '45-1-["echo"]',
        "a million digits": `45${"1".repeat(90_000)}`,
        "a CONNECT with an array": "40[]",
        "a CONNECT with a text": '40"x"',
        "a CONNECT with null": "40null",
        "a second CONNECT": "40",
        "a CONNECT_ERROR": '44{"message":"x"}',
        "a namespace never joined": '42/chat,["echo"]',
        "an ack for a namespace never joined": "43/chat,1[]",
        "leaving a namespace never joined": "41/chat,",
        "a text between attachments": '451-["echo",{"_placeholder":true,"num":0}]\n42["echo"]',
        "a DISCONNECT with data": '41{"x":1}',
        "an ack that is an object": '431{"x":1}',
        "a fractional id": '421.5["echo"]',
        "a negative id": '42-1["echo"]',
    };
    for (const [what, text] of Object.entries(packets)) {
        it(what, async () => {
            const ws = await openSession(port);
            for (const line of text.split("\n")) ws.text(line);
            assert.equal(await ws.closeCode(), 1005);
            ws.destroy();
            await assertUnharmed();
        });
    }

    const binaries = {
        "a binary nobody announced": ["", Buffer.from([1, 2])],
        "an index beyond the attachments":
            ['451-["echo",{"_placeholder":true,"num":1}]', Buffer.from([1])],
        "a negative index": ['451-["echo",{"_placeholder":true,"num":-1}]', Buffer.from([1])],
        "a text as index": ['451-["echo",{"_placeholder":true,"num":"splice"}]', Buffer.from([1])],
    };
    for (const [what, [text, bytes]] of Object.entries(binaries)) {
        it(what, async () => {
            const ws = await openSession(port);
            if (text) ws.text(text);
            ws.binary(bytes);
            assert.equal(await ws.closeCode(), 1005);
            ws.destroy();
            await assertUnharmed();
        });
    }

    it("an event before the namespace is joined", async () => {
        const ws = await openSession(port, { join: false });
        ws.text('42["echo"]');
        assert.equal(await ws.closeCode(), 1005);
        ws.destroy();
    });
});

describe("packets that look odd and are harmless", () => {
    const packets = {
        "an event without data": "42",
        "an ack without data": "43",
        "an ack nobody waits for": "43999[1]",
        "an empty event name": '42[""]',
        "a number as event name": "42[17,1]",
        "the name __proto__": '42["__proto__","x"]',
        "the name constructor": '42["constructor",{}]',
        "the name toString": '42["toString"]',
        "a placeholder in a plain packet": '42["no-ack",{"_placeholder":true,"num":0}]',
        "blanks around the JSON": '42["no-ack" , 1 ] ',
        "an unknown event": '42["nobody listens to this"]',
        "an unknown event that wants an ack": '425["nobody listens to this"]',
    };
    for (const [what, text] of Object.entries(packets)) {
        it(what, async () => {
            const ws = await openSession(port);
            ws.text(text);
            ws.text('42["echo","alive"]');
            assert.equal(await ws.nextText(), '42["echo-back","alive"]');
            ws.destroy();
        });
    }

    it("the name error reaches at most the error listener", async () => {
        const ws = await openSession(port);
        ws.text('42["error","x"]');
        ws.text('42["echo","alive"]');
        const first = await ws.nextText();
        // The contract's listener reports whatever it is given; a typed server may have nothing.
        if (first.startsWith('42["middleware-error"')) {
            assert.equal(await ws.nextText(), '42["echo-back","alive"]');
        } else {
            assert.equal(first, '42["echo-back","alive"]');
        }
        ws.destroy();
    });

    // Node matches it; we try no name over 512 bytes, because the expression's matcher recurses.
    it("a name of 80,000 digits that a pattern would match", async () => {
        const ws = await openSession(port);
        ws.text(`40/dyn-${"7".repeat(80_000)},`);
        assert.match(await ws.nextText(), /^4[04]\/dyn-7+,/);
        ws.destroy();
        await assertUnharmed();
    });

    it("one namespace does not exist, the others go on", async () => {
        const ws = await openSession(port);
        for (const name of ["/nope", "/admin?x=1", "/__proto__"]) {
            ws.text(`40${name},`);
            assert.equal(await ws.nextText(), `44${name},{"message":"Invalid namespace"}`);
        }
        ws.text('42["echo","alive"]');
        assert.equal(await ws.nextText(), '42["echo-back","alive"]');
        ws.destroy();
    });

    // Ids beyond 2^53 and JSON nested without end: the reference takes them, a server may refuse;
    // none may crash or stall.
    const extremes = {
        "an id of many digits": `42${"9".repeat(90_000)}["no-ack"]`,
        "deep arrays": `42["no-ack",${deep(45_000)}]`,
        "deep arrays with an attachment": `451-["no-ack",${deep(45_000)}]`,
        "a long namespace": `40/${"n".repeat(90_000)},`,
        "a long event name": `42["${"e".repeat(90_000)}"]`,
        "many keys": `42["no-ack",{${Array.from({ length: 9000 }, (_, i) => `"k${i}":1`)}}]`,
    };
    for (const [what, text] of Object.entries(extremes)) {
        it(what, async () => {
            const ws = await openSession(port);
            ws.text(text);
            ws.binary("x");
            await ws.closeCode().catch(() => {});
            ws.destroy();
            await assertUnharmed();
        });
    }
});

describe("bad polling", () => {
    it("a body of many tiny packets takes linear time", async () => {
        const one = await new PollingSession(port).open();
        const started = Date.now();
        const answer = await one.post("6\x1e".repeat(49_999) + "6");
        assert.equal(answer.text, "ok");
        assert.ok(Date.now() - started < 3000);
        await one.join();
    });

    it("garbage bodies", async () => {
        for (const body of ["\u0000", "\x1e\x1e", "b", "bb", "8", "-1", "40\x1e40\x1e", "4".repeat(9)]) {
            const one = await new PollingSession(port).open();
            assert.equal((await one.post(body)).status, 200, body);
        }
        await assertUnharmed();
    });

    it("octet-stream floods leave no request open", async () => {
        const one = await new PollingSession(port).open();
        const headers = { "content-type": "application/octet-stream" };
        const answers = await Promise.all(Array.from({ length: 20 }, () => one.post("x", headers)));
        assert.ok(answers.every(({ status }) => status === 400));
    });
});

describe("bad connections", () => {
    it("are dropped one by one while somebody else talks", async () => {
        const heard = [];
        witness.on("echo-back", (i) => heard.push(i));
        const nuisances = [
            () => { const c = new HttpConnection(port); c.raw("\u0000\u0001\u0002 nonsense"); return c; },
            () => { const c = new HttpConnection(port); c.raw("GET /"); return c; },
            () => { const c = new HttpConnection(port); c.raw("G".repeat(50_000)); return c; },
            () => new RawWs(port, "/socket.io/?EIO=4&transport=websocket",
                { "Sec-WebSocket-Extensions": "constructor; __proto__" }),
            () => new RawWs(port, "/socket.io/?EIO=4&transport=websocket&sid=constructor"),
            () => new RawWs(port, "/socket.io/?EIO=4&transport=websocket",
                Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, "1"]))),
        ];
        for (let i = 0; i < 60; ++i) {
            const nuisance = nuisances[i % nuisances.length]();
            witness.emit("echo", i);
            await sleep(5);
            nuisance.socket.resetAndDestroy?.();
            nuisance.destroy();
        }
        assert.deepEqual(await ask(witness, "echo-ack", "done"), ["done"]);
        assert.deepEqual(heard, Array.from({ length: 60 }, (_, i) => i));
        await assertUnharmed();
    });

    it("an upgrade refused and reset at once", async () => {
        for (let i = 0; i < 20; ++i) {
            const ws = new RawWs(port, "/socket.io/?EIO=4&transport=websocket&sid=none");
            ws.socket.once("connect", () => ws.socket.resetAndDestroy?.());
            await ws.opened.catch(() => {});
            ws.destroy();
        }
        assert.equal((await fetchRaw(port, "/plain")).text, "plain ok");
        await assertUnharmed();
    });

    it("2.3 5.5 ends of sockets are reported with their reason", async () => {
        const ends = async (tag, provoke) => {
            const ws = await openSession(port, { query: `&tag=${tag}` });
            await provoke(ws);
            await ws.closed;
            const [end] = await until(async () => {
                const [ends] = await ask(witness, "reasons", tag);
                return ends.length > 0 && ends;
            }, `the end of ${tag}`);
            return end.reason;
        };
        const after = async (ws, act) => {
            act(ws);
            await ws.closeCode().catch(() => {});
        };
        assert.equal(await ends("bad-json", (ws) => after(ws, () => ws.text("42["))),
            "forced close");
        assert.equal(await ends("bad-packet", (ws) => after(ws, () => ws.text("9"))),
            "parse error");
        assert.equal(await ends("bad-frame", (ws) => after(ws, () => ws.send(3, ""))),
            "transport error");
        assert.equal(await ends("bad-ping", (ws) => after(ws, () => ws.text("2"))),
            "transport error");
        assert.equal(await ends("vanished", (ws) => ws.destroy()), "transport close");
    });

    it("another client connects afterwards", async () => {
        const late = await connect(port);
        late.emit("echo", "late");
        assert.deepEqual(await once(late, "echo-back"), ["late"]);
    });
});
