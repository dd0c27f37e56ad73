// The example programs do what their first lines say. HUBBUB_EXAMPLES is the folder they are in.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { EventEmitter } from "node:events";
import { join } from "node:path";
import { ask, closeAll, connect, inbox, once, ways } from "./lib/clients.mjs";
import { openSession } from "./lib/raw-ws.mjs";
import { startCommand } from "./lib/server.mjs";

const folder = process.env.HUBBUB_EXAMPLES;
const skip = folder ? false : "HUBBUB_EXAMPLES names no folder";

function withExample(name, tests) {
    describe(name, { skip }, () => {
        let server;
        before(async () => { server = await startCommand(join(folder, name), ["0"]); });
        after(() => server?.stop());
        afterEach(closeAll);
        tests((more) => connect(server.port, more), () => server.port);
    });
}

withExample("example-acks", (join) => {
    it("acknowledges by value, by Ack and from a coroutine", async () => {
        const socket = await join();
        assert.deepEqual(await ask(socket, "add", 1.5, 2), [3.5]);
        assert.deepEqual(await ask(socket, "divide", 17, 5), [3, 2]);
        socket.on("which greeting?", (answer) => answer("Ahoy"));
        assert.deepEqual(await ask(socket, "greet", "Ada"), ["Ahoy, Ada"]);
    });
});

withExample("example-game-loop", (join) => {
    it("broadcasts from the loop's thread", async () => {
        const [a, b] = [await join(), await join()];
        const states = [inbox(a, "state"), inbox(b, "state")];
        a.emit("steer", 1, -2);
        for (const heard of states) {
            let state;
            do [state] = await heard.next(); while (!(state.ships[a.id]?.x >= 2));
            assert.equal(state.ships[a.id].y, -2 * state.ships[a.id].x);
            assert.deepEqual(state.ships[b.id], { x: 0, y: 0 });
            const [later] = await heard.next();
            assert.ok(later.tick > state.tick);
        }
        const id = b.id;
        b.disconnect();
        let state;
        do [state] = await states[0].next(); while (state.ships[id]);
    });

    it("answers from the database's thread, to the one who asked", async () => {
        const [a, b] = [await join(), await join()];
        const other = inbox(b, "score");
        a.emit("score", "Ada");
        assert.deepEqual(await once(a, "score"), ["Ada", 300]);
        assert.equal(other.size, 0);
    });
});

// The client's half of apps/examples/json_parser.cpp.
class Encoder {
    encode({ type, nsp, id, data }) { return [JSON.stringify({ type, nsp, id, data })]; }
}
class Decoder extends EventEmitter {
    add(text) { this.emit("decoded", JSON.parse(text)); }
    destroy() {}
}
const parser = { Encoder, Decoder };

withExample("example-json-parser", (join, port) => {
    for (const way of ways) {
        it(`talks to clients with its parser over ${way.name}`, async () => {
            const [a, b] = [await join({ way, parser }), await join({ way, parser })];
            assert.deepEqual(await ask(a, "echo", "grüße", { n: [1.5, null] }),
                ["grüße", { n: [1.5, null] }]);
            const heard = [once(a, "shout"), once(b, "shout")];
            a.emit("shout", "hey");
            assert.deepEqual(await Promise.all(heard), [["hey"], ["hey"]]);
            const gone = once(b, "disconnect");
            b.disconnect();
            assert.deepEqual((await gone)[0], "io client disconnect");
        });
    }

    for (const nonsense of ["no JSON", "{}", '{"type":7,"nsp":"/"}', '{"type":2,"nsp":"/"}',
        '{"type":2,"nsp":"/","data":["disconnect"]}', '{"type":2,"nsp":"x","data":["echo"]}',
        '{"type":2,"nsp":"/","data":["echo"],"id":-1}']) {
        it(`ends the connection that says ${nonsense}`, async () => {
            const session = await openSession(port(), { join: false });
            session.text('4{"type":0,"nsp":"/"}');
            assert.match(await session.nextText(), /^4\{"type":0,"nsp":"\/","data":\{"sid":/);
            session.text(`4${nonsense}`);
            assert.equal(await session.closeCode(), 1005);
        });
    }
});
