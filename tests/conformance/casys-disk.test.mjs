// CASYS and a disk that fails: nobody hears of what the database does not have.
import assert from "node:assert/strict";
import { after, afterEach, describe, it } from "node:test";
import { fillDisk, freeDisk, holdDatabase, startOnSmallDisk } from "./lib/disk.mjs";
import { until } from "./lib/inbox.mjs";
import { JsonClient, api, skip, startSystem, temporaryDatabase } from "./lib/systems.mjs";

describe("CASYS and its disk", { skip }, () => {
    let server;
    const { file, remove } = temporaryDatabase();
    const clients = [];
    afterEach(async () => {
        await Promise.all(clients.splice(0).map((client) => client.close()));
        await server?.stop();
    });
    after(remove);

    async function connect() {
        const client = await JsonClient.open(`ws://127.0.0.1:${server.port}/ws/game`);
        clients.push(client);
        return client;
    }
    const post = (what, body = {}) => api(server, "POST", `/api/game/${what}`, body);
    // Beside the messages of the game: the server has read, and said, all up to here.
    async function settled(client) {
        for (let i = 0; i < 3; ++i) {
            client.socket.ping();
            await new Promise((resolve) => { client.socket.once("pong", resolve); });
        }
    }
    const choose = (client, state, index = 0) => client.send({ type: "choice", choice: {
        game_id: state.game_id, choice_text: state.rules.choices[index].text } });
    const version = (message) => message.metadata?.version;

    async function twoAtTheTable() {
        server = await startOnSmallDisk("casys", file);
        await post("reset");
        const { state } = (await post("initialize")).body;
        const [ana, ben] = [await connect(), await connect()];
        assert.deepEqual([version(await ana.next()), version(await ben.next())], [0, 0]);
        return { ana, ben, state };
    }

    it("tells nobody of a choice, and answers no request, before it is kept", async () => {
        const { ana, ben, state } = await twoAtTheTable();
        const release = await holdDatabase(file);
        choose(ana, state);
        await settled(ana);
        choose(ben, state);
        ben.send({ type: "ping" });
        await settled(ben);
        let answered = false;
        const made = post("initialize", { game_id: "mine" }).finally(() => { answered = true; });
        const newcomer = await connect();
        assert.equal(version(await newcomer.next()), 0, "the game as it is kept");
        const read = await api(server, "GET", `/api/game/state?game_id=${state.game_id}`);
        assert.equal(version(read.body.state), 0);
        await settled(ana);
        assert.deepEqual([ana.inbox.size, ben.inbox.size, answered], [0, 0, false]);
        release();
        assert.equal((await made).status, 200);
        const heard = [await ben.next(), await ben.next(), await ben.next(), await ben.next()];
        assert.deepEqual(heard.map((message) => message.type ?? version(message)),
            [1, "choice_error", 1, "pong"], "in the order of the choices");
        for (const player of [ana, newcomer]) {
            assert.equal(version(await player.next()), 1);
            player.send({ type: "ping" });
            assert.equal((await player.next()).type, "pong", "once");
        }
    });

    it("has on the disk what was heard when it is killed", async () => {
        const { ana, ben, state } = await twoAtTheTable();
        choose(ana, state);
        const heard = await ben.next();
        await server.kill();
        clients.length = 0;
        server = await startSystem("casys", { database: file });
        assert.deepEqual(await (await connect()).next(), heard);
    });

    it("refuses changes while the disk is full, and then shows what was taken before", async () => {
        const { ana, ben, state } = await twoAtTheTable();
        fillDisk(server, file);
        choose(ana, state);
        await until(() => /new changes are refused/.test(server.output.join("\n")), "the failure");
        choose(ben, state, 1);
        assert.deepEqual(await ben.next(), { status: "error", type: "choice_error",
            error: "The game cannot be saved at present, try again later" });
        ben.send({ type: "get_state" });
        assert.equal(version(await ben.next()), 0);
        for (const [what, body] of [["initialize", { game_id: "late" }], ["stop"], ["reset"]]) {
            const refused = await post(what, body);
            assert.equal(refused.status, 503);
            assert.deepEqual(Object.keys(refused.body), ["detail"]);
        }
        const feedback = await api(server, "POST", "/api/utils/feedback", { text: "good" });
        assert.equal(feedback.status, 503);
        assert.equal(ana.inbox.size, 0);
        freeDisk(server);
        for (const player of [ana, ben]) assert.equal(version(await player.next()), 1);
        assert.equal((await post("initialize", { game_id: "late" })).status, 200);
        assert.equal(version((await post("initialize")).body.state), 1, "the game was not stopped");
        for (const player of [ana, ben]) {
            player.send({ type: "ping" });
            assert.equal((await player.next()).type, "pong", "nothing twice");
        }
    });
});
