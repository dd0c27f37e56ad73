// Accounts of the systems with tokens: what a token is worth where its account is not, be it gone
// or another server's with the same secret.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { JsonClient, api, skip, startSystem } from "./lib/systems.mjs";

const systems = {
    fuse: {
        auth: "/api/auth", token: "accessToken", socket: "/api/ws", code: 4000,
        reads: ["/api/tasks", "/api/rooms/r/messages"],
        writes: [["POST", "/api/tasks", { title: "x" }], ["PUT", "/api/tasks/t", { title: "x" }]],
        errorOf: (body) => body.error.code,
    },
    kaiku: {
        auth: "/auth", token: "access_token", socket: "/ws", code: 401,
        reads: ["/auth/me", "/api/guilds", "/api/friends", "/api/me/preferences"],
        writes: [["POST", "/api/guilds", { name: "Ghosts" }],
            ["PUT", "/api/me/preferences", { preferences: {} }]],
        errorOf: (body) => body.error,
    },
};

describe("Accounts", { skip }, () => {
    for (const [name, system] of Object.entries(systems)) {
        it(`${name}: a good token of an account that is not there opens nothing`, async () => {
            const under = `env HUBBUB_${name.toUpperCase()}_SECRETS=0123456789abcdef-shared`;
            // With accounts of their own.
            const both = await Promise.all([1, 2].map(() => startSystem(name, { under })));
            try {
                await check(system, ...both);
            } finally {
                await Promise.all(both.map((server) => server.stop()));
            }
        });
    }

    async function check({ auth, token, socket, code, reads, writes, errorOf }, home, elsewhere) {
        const { body } = await api(home, "POST", `${auth}/login`,
            { username: "ana", password: "hubbub-demo" });
        const bearer = { Authorization: `Bearer ${body[token]}` };
        const ask = (at, method, path, form) => api(at, method, path, form, bearer);
        assert.equal((await ask(home, "GET", reads[0])).status, 200);
        for (const [method, path, form] of [...reads.map((read) => ["GET", read]), ...writes]) {
            const answer = await ask(elsewhere, method, path, form);
            assert.deepEqual([answer.status, errorOf(answer.body)], [401, "UNAUTHORIZED"], path);
        }
        const opened = JsonClient.open(
            `ws://127.0.0.1:${elsewhere.port}${socket}?token=${body[token]}`);
        if (code === 401) {
            await assert.rejects(opened, /401/);
        } else {
            assert.equal((await (await opened).closed).code, code);
        }
    }
});
