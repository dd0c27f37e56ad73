// The example programs do what their first lines say. HUBBUB_EXAMPLES is the folder they are in.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { join } from "node:path";
import { ask, closeAll, connect, inbox, once } from "./lib/clients.mjs";
import { startCommand } from "./lib/server.mjs";

const folder = process.env.HUBBUB_EXAMPLES;
const skip = folder ? false : "HUBBUB_EXAMPLES names no folder";

function withExample(name, tests) {
    describe(name, { skip }, () => {
        let server;
        before(async () => { server = await startCommand(join(folder, name), ["0"]); });
        after(() => server?.stop());
        afterEach(closeAll);
        tests(() => connect(server.port));
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
