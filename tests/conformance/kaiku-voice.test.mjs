// Kaiku (seed 003) as clients of both dialects use it: voice channels, the document's correlation
// of requests, bad messages and floods. Rows of the feature table by their ids.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Harbor, answer, nowhere, settle, types } from "./lib/kaiku-client.mjs";
import { sleep, until } from "./lib/inbox.mjs";
import { skip } from "./lib/systems.mjs";

describe("Kaiku, voice and faults", { skip }, () => {
    const harbor = new Harbor();
    const { people, channels } = harbor;
    const connect = (...all) => harbor.connect(...all);
    const subscribe = (...all) => harbor.subscribe(...all);
    const joinVoice = (client) => harbor.joinVoice(client);

    before(() => harbor.start());
    after(() => harbor.stop());
    afterEach(() => harbor.clear());

    // --- K06 -----------------------------------------------------------------------------------

    it("K06: joining gives the room's state, the others hear of it", async () => {
        const [ana, ben] = [await connect("ana"), await connect("ben", "R")];
        const channel_id = channels.lounge;
        await joinVoice(ana);
        ana.send({ type: "voice_mute", channel_id });
        await ana.nextOf("voice_user_muted");
        assert.deepEqual(await joinVoice(ben), { type: "voice_room_state", channel_id,
            participants: [["ana", "Ana", true], ["ben", "Ben", false]]
                .map(([username, display_name, muted]) => ({ user_id: people[username].id,
                    username, display_name, muted, screen_sharing: false, webcam_active: false }))
                .sort((a, b) => (a.user_id < b.user_id ? -1 : 1)),
            screen_shares: [], webcams: [] });
        const joined = await ana.nextOf("voice_user_joined");
        assert.deepEqual([joined.user_id, joined.username, joined.user.id],
            [people.ben.id, "ben", people.ben.id]);
        // Once more is the same as once.
        ben.send({ type: "voice_join", channel_id });
        assert.deepEqual(await types(ben), ["voice_room_state"]);
        assert.deepEqual(await types(ana), []);
        ben.send({ type: "voice_leave", channel_id });
        assert.deepEqual(await ana.nextOf("voice_user_left"),
            { type: "voice_user_left", channel_id, user_id: people.ben.id });
        await settle(ben);
        ben.send({ type: "voice_leave", channel_id }); // no mistake
        assert.deepEqual(await types(ben), ["voice_user_left"]);
        assert.deepEqual(await types(ana), []);
    });

    it("K06: offer, answer and candidates are relayed to the others, in their words", async () => {
        const [ana, ben, gm] =
            [await connect("ana"), await connect("ben"), await connect("gm", "R")];
        for (const client of [ana, ben, gm]) await joinVoice(client);
        for (const client of [ana, ben, gm]) await settle(client);
        const channel_id = channels.lounge;
        const from = { channel_id, user_id: people.ana.id };
        for (const type of ["voice_offer", "voice_answer"]) {
            ana.send({ type, channel_id, sdp: "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n" });
            for (const client of [ben, gm]) {
                assert.deepEqual(await client.next(), { type, ...from,
                    sdp: "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n" });
            }
        }
        const candidate = JSON.stringify({ candidate: "candidate:1 1 udp 1 127.0.0.1 9 typ host" });
        for (const type of ["voice_ice", "voice_ice_candidate"]) {
            ana.send({ type, channel_id, candidate });
            await settle(ana);
            assert.deepEqual(await settle(ben), ["voice_ice", "voice_ice_candidate"]
                .map((name) => ({ type: name, ...from, candidate })));
            assert.deepEqual(await settle(gm),
                [{ type: "voice_ice_candidate", ...from, candidate }]);
        }
        ana.send({ type: "voice_offer", channel_id, sdp: "for Ben",
            target_user_id: people.ben.id });
        assert.equal((await ben.nextOf("voice_offer")).sdp, "for Ben");
        assert.deepEqual(await types(gm), []);
        assert.deepEqual(await types(ana), []); // nothing comes back
    });

    it("K06: mute, speaking, screens and webcams are told to the room", async () => {
        const [ana, ben] = [await connect("ana", "R"), await connect("ben", "R")];
        for (const client of [ana, ben]) await joinVoice(client);
        await settle(ana);
        const channel_id = channels.lounge;
        const who = { channel_id, user_id: people.ben.id };
        const tell = async (message) => {
            ben.send({ channel_id, ...message });
            const own = await settle(ben);
            assert.deepEqual(await settle(ana), own);
            return own;
        };
        assert.deepEqual(await tell({ type: "voice_speaking", speaking: true }),
            [{ type: "voice_speaking", ...who, speaking: true }]);
        assert.deepEqual(await tell({ type: "voice_speaking", speaking: true }), []);
        assert.deepEqual(await tell({ type: "voice_mute" }), [{ type: "voice_user_muted", ...who },
            { type: "voice_speaking", ...who, speaking: false }]);
        assert.deepEqual(await tell({ type: "voice_speaking", speaking: true }), []); // is muted
        assert.deepEqual(await tell({ type: "voice_unmute" }),
            [{ type: "voice_user_unmuted", ...who }]);
        const [screen] = await tell({ type: "voice_screen_share_start", quality: "high",
            has_audio: true, source_label: "Bildschirm ä" });
        assert.deepEqual([screen.type, screen.quality, screen.source_label],
            ["screen_share_started", "high", "Bildschirm ä"]);
        assert.equal((await tell({ type: "voice_webcam_start", quality: "low" }))[0].type,
            "webcam_started");
        const gm = await connect("gm");
        const state = await joinVoice(gm);
        assert.equal(state.screen_shares[0].stream_id, screen.stream_id);
        assert.equal(state.webcams[0].user_id, people.ben.id);
        await gm.close();
        await ana.nextOf("voice_user_left");
        await ben.nextOf("voice_user_left");
        const [end] = await tell({ type: "voice_screen_share_stop" });
        assert.deepEqual([end.type, end.stream_id], ["screen_share_stopped", screen.stream_id]);
        assert.equal((await tell({ type: "voice_webcam_stop" }))[0].type, "webcam_stopped");
        assert.deepEqual(await tell({ type: "voice_webcam_stop" }), []);
    });

    it("K06: a lost connection leaves the room", async () => {
        const [ana, ben] = [await connect("ana"), await connect("ben")];
        for (const client of [ana, ben]) await joinVoice(client);
        ben.socket.terminate();
        assert.equal((await ana.nextOf("voice_user_left")).user_id, people.ben.id);
        const again = await connect("ben", "R");
        assert.equal((await joinVoice(again)).participants.length, 2);
    });

    it("K06: who may not or is not there is refused", async () => {
        const [eve, ana] = [await connect("eve", "R"), await connect("ana")];
        const channel_id = channels.lounge;
        for (const type of ["voice_join", "voice_mute", "voice_unmute"]) {
            const { type: kind, code } = await answer(eve, { type, channel_id });
            assert.deepEqual([kind, code], ["voice_error", "voice_error"]);
        }
        for (const message of [{ type: "voice_offer", sdp: "v=0" },
            { type: "voice_ice", candidate: "" }, { type: "voice_speaking", speaking: true },
            { type: "voice_screen_share_start" }]) {
            assert.equal((await answer(ana, { channel_id, ...message })).code,
                "PERMISSION_DENIED");
        }
        const text = await answer(ana, { type: "voice_join", channel_id: channels.general });
        assert.equal(text.code, "VALIDATION_ERROR");
        await joinVoice(ana);
        const second = await connect("ana", "R");
        assert.deepEqual(await answer(second, { type: "voice_join", channel_id }),
            { type: "voice_error", code: "voice_error", message: "Already in voice channel" });
        // As the frontend does then: it leaves and joins again.
        second.send({ type: "voice_leave", channel_id });
        await second.nextOf("voice_user_left");
        await joinVoice(second);
        assert.equal((await answer(ana, { type: "voice_mute", channel_id })).code,
            "PERMISSION_DENIED");
    });

    // --- K07 -----------------------------------------------------------------------------------

    it("K07: an id comes back with the direct answer, never with what others hear", async () => {
        const [ben, ana] = [await connect("ben"), await connect("ana")];
        await subscribe(ben);
        const channel_id = channels.general;
        const direct = async (message, type) => {
            const id = `req-${Math.random()}`;
            const got = await answer(ana, { id, ...message });
            assert.deepEqual([got.type, got.id], [type, id]);
        };
        await direct({ type: "ping" }, "pong");
        await direct({ type: "subscribe", channel_id }, "subscribed");
        await direct({ type: "unsubscribe", channel_id }, "unsubscribed");
        await direct({ type: "subscribe", channel_id: nowhere }, "error");
        await direct({ type: "dance" }, "error");
        await direct({ type: "subscribe" }, "error");
        await direct({ type: "voice_join", channel_id: channels.lounge }, "voice_room_state");
        assert.equal((await ana.nextOf("voice_user_joined")).id, undefined);
        ana.send({ type: "typing", channel_id, id: "secret" });
        assert.equal((await ben.nextOf("typing_start")).id, undefined);
        const wrong = await answer(ana, { type: "ping", id: 5 });
        assert.equal(wrong.code, "VALIDATION_ERROR");
    });

    // --- K08 -----------------------------------------------------------------------------------

    it("K08: bad messages are answered and harm nothing", async () => {
        const bad = ["{", "[]", "5", "{}", '{"type":5}', '{"type":"dance"}',
            '{"type":"subscribe"}', '{"type":"subscribe","channel_id":5}',
            '{"type":"voice_offer","channel_id":"x"}'];
        for (const [dialect, code] of [["P", "VALIDATION_ERROR"], ["R", "message_error"]]) {
            const client = await connect("ana", dialect);
            for (const text of bad) {
                const error = await answer(client, text);
                assert.deepEqual([error.type, error.code], ["error", code], text);
                assert.match(error.message, /\w/);
            }
            assert.deepEqual(await answer(client, { type: "ping" }), { type: "pong" });
        }
        const client = await connect("ana");
        client.raw(Buffer.from("{}"));
        assert.equal((await client.closed).code, 1003);
    });

    it("K08: the browser client's VoiceStats are no mistake, wherever they come", async () => {
        const [ben, ana] = [await connect("ben", "R"), await connect("ana", "R")];
        const stats = { channel_id: channels.lounge, session_id: nowhere, latency: 12.5,
            packet_loss: 0, jitter: 1, quality: 3, timestamp: 1 };
        ana.send({ type: "VoiceStats", ...stats });
        ana.send({ type: "VoiceStats" });
        assert.deepEqual(await types(ana), []);
        for (const client of [ana, ben]) await joinVoice(client);
        await settle(ana);
        for (const type of ["VoiceStats", "voice_stats"]) {
            ana.send({ type, ...stats });
            assert.deepEqual(await ben.nextOf("voice_user_stats"), { type: "voice_user_stats",
                channel_id: channels.lounge, user_id: people.ana.id, latency: 12.5,
                packet_loss: 0, jitter: 1, quality: 3 });
        }
    });

    for (const [dialect, code] of [["P", "RATE_LIMITED"], ["R", "rate_limited"]]) {
        it(`K08: every event counts for the rate: ${code}, then the end`, async () => {
            const client = await connect("gm", dialect);
            const kinds = ["ping", "typing", "nonsense"];
            for (let i = 0; i < 150; ++i) {
                client.send({ type: kinds[i % 3], channel_id: nowhere });
            }
            await until(async () => (await client.nextOf("error")).code === code, code);
            while (client.socket.readyState === 1) {
                for (let i = 0; i < 300; ++i) client.send({ type: "ping" });
                await sleep(20);
            }
            assert.equal((await client.closed).code, 1008);
        });
    }

    it("K08: 256 KiB are a message, more close with 1009", async () => {
        const client = await connect("ana");
        const frame = { type: "ping", id: "big", padding: "" };
        frame.padding = "x".repeat(256 * 1024 - JSON.stringify(frame).length);
        assert.equal((await answer(client, frame)).id, "big");
        frame.padding += "x";
        client.send(frame);
        assert.equal((await client.closed).code, 1009);
    });
});
