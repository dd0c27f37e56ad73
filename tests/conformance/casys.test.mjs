// CASYS RPG (seed 001) as its frontend and the document's clients use it. Rows of the feature table
// by their ids.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { JsonClient, api, skip, startSystem, temporaryDatabase } from "./lib/systems.mjs";

const paths = ["/ws/game", "/api/ws/game"];

describe("CASYS RPG", { skip }, () => {
    let server;
    const clients = [];

    before(async () => {
        server = await startSystem("casys");
    });
    after(async () => {
        await server?.stop();
    });
    beforeEach(async () => {
        await Promise.all(clients.splice(0).map((client) => client.close()));
        await api(server, "POST", "/api/game/reset");
    });

    async function connect(path = "/ws/game", options = undefined, at = server) {
        const client = await JsonClient.open(`ws://127.0.0.1:${at.port}${path}`, options);
        clients.push(client);
        return client;
    }
    const begin = async (body = {}) =>
        (await api(server, "POST", "/api/game/initialize", body)).body.state;
    const choose = (client, state, index = 0) => client.send({
        type: "choice",
        choice: {
            game_id: state.game_id,
            choice_id: String(state.rules.choices[index].target_section),
            choice_text: state.rules.choices[index].text,
            metadata: state.rules.choices[index],
        },
    });

    it("C01: both paths give the state to a newcomer at once, if a game runs", async () => {
        const early = await connect();
        early.send({ type: "ping" });
        assert.equal((await early.next()).type, "pong"); // and no state before it
        const started = await begin();
        for (const path of [...paths, "/api/ws/game?session_id=old&game_id=old"]) {
            const state = await (await connect(path)).next();
            assert.deepEqual(state, started);
            assert.equal(state.type, undefined);
        }
    });

    it("C01: the state has every field that the frontend reads", async () => {
        const state = await begin();
        for (const key of ["game_id", "session_id", "narrative", "rules"]) assert.ok(state[key]);
        assert.equal(state.section_number, 1);
        assert.equal(state.should_continue, true);
        assert.equal(state.decision, null);
        assert.equal(state.error, null);
        assert.match(state.narrative.content, /^<p>/);
        assert.match(state.narrative.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/);
        assert.equal(state.narrative.source_type, "processed");
        for (const choice of state.rules.choices) {
            assert.equal(choice.type, "direct");
            assert.equal(typeof choice.target_section, "number");
            assert.deepEqual(choice.conditions, []);
            assert.equal(choice.dice_type, "none");
            assert.deepEqual(choice.dice_results, {});
        }
        assert.deepEqual(Object.keys(state.character.stats), ["endurance", "chance", "skill"]);
    });

    it("C02: get_state answers the caller, with nothing if no game runs", async () => {
        const client = await connect();
        client.send({ type: "get_state" });
        client.send({ type: "ping" });
        assert.equal((await client.next()).type, "pong");
        const state = await begin();
        client.send({ type: "get_state" });
        assert.deepEqual(await client.next(), state);
    });

    it("C02: a choice changes the game for all", async () => {
        const state = await begin();
        const [ana, ben] = [await connect(paths[0]), await connect(paths[1])];
        await Promise.all([ana.next(), ben.next()]);
        choose(ana, state, 1);
        const [first, second] = [await ana.next(), await ben.next()];
        assert.deepEqual(first, second);
        assert.equal(first.section_number, state.rules.choices[1].target_section);
        assert.equal(first.decision.section_number, 1);
        assert.equal(first.decision.player_input, state.rules.choices[1].text);
        assert.equal(first.trace.history.length, 1);
    });

    it("C02: a choice is found by its text alone, and an action is nobody's", async () => {
        const state = await begin();
        const client = await connect();
        await client.next();
        client.send({ type: "action", action: "dance", data: {} });
        client.send({ type: "choice", choice: { choice_text: state.rules.choices[2].text } });
        const next = await client.next();
        assert.equal(next.section_number, state.rules.choices[2].target_section);
    });

    it("C02: ping answers with the timestamp it was given", async () => {
        const client = await connect();
        for (const timestamp of ["2025-01-03T12:00:00", 1735905600000, "x".repeat(128), true]) {
            client.send({ type: "ping", timestamp });
            assert.deepEqual(await client.next(), { type: "pong", timestamp });
        }
        client.send({ type: "ping" });
        assert.deepEqual(await client.next(), { type: "pong", timestamp: null });
        for (const timestamp of [[], {}, [[[[]]]], "x".repeat(129)]) {
            client.send({ type: "ping", timestamp });
            assert.deepEqual(await client.next(), { status: "error", type: "message_error",
                error: "The fields do not fit the message type" });
        }
    });

    it("C03: a message that can't be read is a message_error and no more", async () => {
        const client = await connect();
        const errors = new Set();
        for (const text of ["", "{", "nonsense", "[]", "7", "{}", '{"type":7}',
            '{"type":"dance"}']) {
            client.raw(text);
            const { error, ...rest } = await client.next();
            assert.deepEqual(rest, { status: "error", type: "message_error" });
            errors.add(error);
        }
        client.raw(Buffer.from([1, 2, 3]));
        assert.equal((await client.next()).type, "message_error");
        assert.equal(errors.size, 4);
        client.send({ type: "ping" });
        assert.equal((await client.next()).type, "pong");
    });

    it("C03: a choice that can't be taken is a choice_error", async () => {
        const client = await connect();
        const refusal = async (choice) => {
            client.send({ type: "choice", choice });
            const { error, ...rest } = await client.next();
            assert.deepEqual(rest, { status: "error", type: "choice_error" });
            return error;
        };
        assert.equal(await refusal({ choice_id: "2" }), "No game is running");
        assert.match(await refusal(undefined), /fields/);
        assert.match(await refusal("north"), /fields/);
        assert.match(await refusal({ choice_id: 2 }), /fields/);
        await begin();
        assert.match(await refusal({ choice_id: "", choice_text: "" }), /required/);
    });

    it("C04: initialize hands out the running game until reset or stop", async () => {
        const first = await api(server, "POST", "/api/game/initialize", {});
        assert.equal(first.status, 200);
        assert.equal(first.body.success, true);
        assert.equal(typeof first.body.message, "string");
        assert.equal(first.body.game_id, first.body.state.game_id);
        const client = await connect();
        choose(client, await client.next());
        const moved = await client.next();
        const again = await begin();
        assert.deepEqual(again, moved);
        for (const end of ["reset", "stop"]) {
            const { status, body } = await api(server, "POST", `/api/game/${end}`, {});
            assert.equal(status, 200);
            assert.equal(body.success, true);
            assert.equal((await begin()).section_number, 1);
        }
    });

    it("C04: the state by REST, with FastAPI's errors", async () => {
        const state = await begin();
        const get = (query) => api(server, "GET", `/api/game/state${query}`);
        const found = await get(`?game_id=${state.game_id}`);
        assert.deepEqual(found.body.state, state);
        assert.equal(found.body.success, true);
        assert.deepEqual((({ status, body }) => ({ status, body }))(await get("")),
            { status: 400, body: { detail: "game_id is required" } });
        assert.deepEqual((({ status, body }) => ({ status, body }))(await get("?game_id=x")),
            { status: 404, body: { detail: "Game state not found" } });
        const unknown = await api(server, "GET", "/api/nothing");
        assert.equal(unknown.status, 404);
        assert.equal(typeof unknown.body.detail, "string");
    });

    it("C04: a game with a name of its own is played apart", async () => {
        const shared = await begin();
        const own = await begin({ game_id: "mine", session_id: "me" });
        assert.equal(own.game_id, "mine");
        assert.equal(own.session_id, "me");
        const [me, other] = [await connect("/ws/game?game_id=mine"), await connect()];
        assert.equal((await me.next()).game_id, "mine");
        assert.equal((await other.next()).game_id, shared.game_id);
        choose(me, own);
        assert.equal((await me.next()).trace.history.length, 1);
        other.send({ type: "get_state" });
        assert.equal((await other.next()).section_number, 1);
        await api(server, "POST", "/api/game/stop", { game_id: "mine" });
    });

    it("C04: health, dice and feedback", async () => {
        const health = await api(server, "GET", "/api/health");
        assert.equal(health.body.status, "ok");
        for (const key of ["message", "timestamp", "version"]) assert.ok(health.body[key]);
        for (const [type, low, high] of [["chance", 2, 12], ["combat", 2, 12], ["d20", 1, 20]]) {
            const { body } = await api(server, "GET", `/api/utils/dice/${type}`);
            assert.equal(body.dice_type, type);
            assert.equal(body.status, "success");
            assert.ok(body.result >= low && body.result <= high);
        }
        const coin = await api(server, "GET", "/api/utils/dice/coin");
        assert.equal(coin.status, 400);
        assert.ok(coin.body.detail);
        const thanks = await api(server, "POST", "/api/utils/feedback", { feedback: "good" });
        assert.equal(thanks.body.success, true);
        assert.equal((await api(server, "POST", "/api/utils/feedback", {})).status, 400);
    });

    it("C04: one address may have sixteen games of its own, not all of them", async () => {
        const own = Array.from({ length: 17 }, (_, i) => `own ${i}`);
        const make = (game_id) => api(server, "POST", "/api/game/initialize", { game_id });
        const end = (game_id) => api(server, "POST", "/api/game/stop", { game_id });
        for (const id of own.slice(0, 16)) assert.equal((await make(id)).status, 200);
        const { status, body } = await make(own[16]);
        assert.deepEqual({ status, body }, { status: 400, body: {
            detail: "Too many games of yours are being played, end one or try again later" } });
        assert.equal((await make(own[0])).status, 200, "it runs");
        assert.equal((await end(own[0])).status, 200);
        assert.equal((await make(own[16])).status, 200);
        await Promise.all(own.slice(1).map(end));
    });

    it("C05: of two choices at once one is taken; the other is refused and shown why", async () => {
        const state = await begin();
        const [ana, ben] = [await connect(paths[0]), await connect(paths[1])];
        await Promise.all([ana.next(), ben.next()]);
        choose(ana, state, 0);
        choose(ben, state, 1);
        const seen = { ana: [await ana.next()], ben: [await ben.next()] };
        for (const [name, client] of Object.entries({ ana, ben })) {
            client.send({ type: "ping" });
            for (let message; (message = await client.next()).type !== "pong";) {
                seen[name].push(message);
            }
        }
        const all = [...seen.ana, ...seen.ben];
        const refused = all.filter((message) => message.type === "choice_error");
        assert.deepEqual(refused,
            [{ error: "choice not available", status: "error", type: "choice_error" }]);
        const states = all.filter((message) => message.type === undefined);
        assert.equal(states.length, 3); // to both, and once more to who was refused
        for (const each of states) assert.deepEqual(each, states[0]);
        assert.equal(states[0].trace.history.length, 1);
    });

    it("C05: a choice of an earlier game is refused", async () => {
        const old = await begin();
        await api(server, "POST", "/api/game/reset");
        const state = await begin();
        const client = await connect();
        await client.next();
        choose(client, old);
        assert.equal((await client.next()).type, "choice_error");
        assert.deepEqual(await client.next(), state);
    });

    it("plays to an end on every way of dice, without a choice left there", async () => {
        let state = await begin();
        const client = await connect();
        await client.next();
        for (let steps = 0; state.should_continue; ++steps) {
            assert.ok(steps < 10);
            assert.ok(state.rules.choices.length > 0);
            const last = state.rules.choices.length - 1;
            client.send({ type: "choice", choice: {
                choice_id: String(state.rules.choices[last].target_section ?? ""),
                choice_text: state.rules.choices[last].text,
            } });
            state = await client.next();
        }
        assert.deepEqual(state.rules.choices, []);
        const again = await begin();
        assert.equal(again.section_number, 1);
        assert.notEqual(again.game_id, state.game_id);
    });

    it("two hundred players see the same game, nothing twice and nothing lost", async () => {
        let state = await begin();
        const players = await Promise.all(Array.from({ length: 200 },
            (_, i) => connect(paths[i % 2])));
        await Promise.all(players.map((player) => player.next()));
        const versions = players.map(() => []);
        while (state.should_continue) {
            // All choose at once; one wins.
            for (const player of players) choose(player, state);
            const winners = await Promise.all(players.map(async (player, i) => {
                for (;;) {
                    const message = await player.next();
                    if (message.type === "choice_error") continue;
                    versions[i].push(message.metadata.version);
                    return message;
                }
            }));
            // Late refusals show the present state once more.
            await Promise.all(players.map(async (player, i) => {
                player.send({ type: "ping" });
                for (let message; (message = await player.next()).type !== "pong";) {
                    if (message.metadata) versions[i].push(message.metadata.version);
                }
            }));
            for (const each of winners) assert.deepEqual(each, winners[0]);
            state = winners[0];
        }
        for (const seen of versions) {
            assert.deepEqual([...seen].sort((a, b) => a - b), seen); // never back
            assert.deepEqual([...new Set(seen)], Array.from(
                { length: state.metadata.version }, (_, i) => i + 1)); // none missed
        }
    });

    it("F02: the frontend's origin may use REST with credentials, and sockets; others may not",
        async () => {
            const origin = "http://localhost:5173";
            const preflight = await fetch(`${server.url}/api/game/initialize`, {
                method: "OPTIONS",
                headers: { Origin: origin, "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "content-type,x-anything" },
            });
            const header = (name) => preflight.headers.get(`access-control-allow-${name}`);
            assert.equal(header("origin"), origin);
            assert.equal(header("credentials"), "true");
            assert.equal(header("headers"), "content-type,x-anything");
            assert.match(header("methods"), /POST/);
            const answer = await api(server, "POST", "/api/game/initialize", {},
                { Origin: origin });
            assert.equal(answer.headers.get("access-control-allow-origin"), origin);
            await connect(paths[1], { origin });
            await assert.rejects(connect(paths[1], { origin: "http://elsewhere.example" }), /403/);
        });

    it("F04: who sends too much hears so once, and is read again after a while", async () => {
        const client = await connect();
        const ping = JSON.stringify({ type: "ping" });
        for (let i = 0; i < 200; ++i) client.raw(ping);
        let pongs = 0;
        let message;
        while ((message = await client.next()).type === "pong") ++pongs;
        assert.deepEqual(message,
            { error: "Too many messages", status: "error", type: "message_error" });
        assert.ok(pongs >= 120 && pongs < 200, `${pongs} pongs`);
        const again = setInterval(() => client.raw(ping), 50);
        await client.nextOf("pong");
        clearInterval(again);
        const other = await connect();
        other.raw(ping);
        assert.equal((await other.next()).type, "pong");
    });

    it("F05: an oversized message costs its sender the connection and nobody else", async () => {
        const [big, other] = [await connect(), await connect()];
        big.raw(`{"type":"ping","timestamp":"${"x".repeat(20_000)}"}`);
        assert.equal((await big.closed).code, 1009);
        other.send({ type: "ping" });
        assert.equal((await other.next()).type, "pong");
    });

    it("F03: after a restart the game stands where it stood; players were told 1001", async () => {
        const database = temporaryDatabase();
        let second;
        const first = await startSystem("casys", { database: database.file });
        try {
            await api(first, "POST", "/api/game/initialize", {});
            const client = await connect(paths[0], undefined, first);
            choose(client, await client.next());
            const moved = await client.next();
            const [end] = await Promise.all([client.closed, first.stop()]);
            assert.equal(end.code, 1001);
            second = await startSystem("casys", { database: database.file });
            const back = await connect(paths[0], undefined, second);
            const state = await back.next();
            assert.deepEqual(state, moved);
            choose(back, state);
            assert.equal((await back.next()).trace.history.length, 2);
        } finally {
            await second?.stop();
            database.remove();
        }
    });
});
