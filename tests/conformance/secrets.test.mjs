// Nothing that opens a door is ever written down: passwords, tokens, cookies and keys, right ones and
// wrong ones, at the most talkative level.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import WebSocket from "ws";
import { closeAll, connected, makeClient } from "./lib/clients.mjs";
import { api, skip, startSystem } from "./lib/systems.mjs";

const [program, ...fixed] = (process.env.HUBBUB_SYSTEMS ?? "").split(/\s+/);
const password = "hubbub-demo";
const wrong = "wrong-pass-4711";

// The secret parts of what the server has handed out: values of cookies, tokens and their pieces.
function pieces({ headers, body }) {
    const cookies = headers.getSetCookie().map((line) => line.split(";")[0].split("=")[1]);
    const texts = [...cookies, ...cookies.map(decodeURIComponent)];
    const walk = (value) => {
        if (typeof value === "string" && value.split(".").length === 3) texts.push(value);
        else if (value && typeof value === "object") Object.values(value).forEach(walk);
    };
    walk(body);
    return texts.flatMap((text) => [text, ...text.split(".")]).filter((text) => text.length > 15);
}

function upgrade(server, path, options) {
    return new Promise((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, ...options);
        socket.on("error", () => {});
        socket.on("close", resolve);
        socket.on("open", () => setTimeout(() => socket.terminate(), 20));
    });
}

// Logs in rightly and wrongly, and uses what it got in every place where it may be given.
const drives = {
    async dungeonlab(server) {
        const login = (body) => api(server, "POST", "/api/auth/login", body);
        await login({ email: "ana@example.com", password: wrong });
        const right = await login({ email: "ana@example.com", password });
        const cookie = right.headers.getSetCookie()[0].split(";")[0];
        await api(server, "GET", "/api/auth/me", undefined, { cookie });
        await connected(makeClient(server.port, { extraHeaders: { cookie } }));
        await connected(makeClient(server.port, { extraHeaders: { cookie: `${cookie}x` } }))
            .catch(() => {});
        return pieces(right);
    },
    async fuse(server) {
        const login = (body) => api(server, "POST", "/api/auth/login", body);
        await login({ username: "ana", password: wrong });
        const right = await login({ username: "ana", password });
        const secrets = pieces(right);
        const token = secrets.find((text) => text.split(".").length === 3);
        await upgrade(server, `/api/ws?token=${token}`, []);
        await upgrade(server, `/api/ws?token=${token}x`, []);
        return secrets;
    },
    async kaiku(server) {
        const login = (body) => api(server, "POST", "/auth/login", body);
        await login({ username: "ana", password: wrong });
        const right = await login({ username: "ana", password });
        const token = right.body.access_token;
        const cookie = right.headers.getSetCookie()[0].split(";")[0];
        await api(server, "POST", "/auth/refresh", undefined, { cookie });
        await upgrade(server, `/ws?token=${token}`, []);
        await upgrade(server, "/ws", [["access_token." + token]]);
        await upgrade(server, `/ws?token=${token}x`, []);
        return pieces(right);
    },
    async eliza(server) {
        const key = "key-of-eliza-0815";
        await api(server, "GET", "/api/agents", undefined, { "x-api-key": key });
        await api(server, "GET", "/api/agents", undefined, { "x-api-key": wrong });
        await connected(makeClient(server.port, { auth: { apiKey: key } })).catch(() => {});
        await connected(makeClient(server.port, { auth: { apiKey: wrong } })).catch(() => {});
        return [key];
    },
};

describe("the log", { skip }, () => {
    for (const [name, drive] of Object.entries(drives)) {
        it(`of ${name} holds no password, token, cookie or key`, async () => {
            process.env.HUBBUB_ELIZA_API_KEY = "key-of-eliza-0815";
            const server = await startSystem(name, { args: ["--log-level", "trace"] });
            delete process.env.HUBBUB_ELIZA_API_KEY;
            const secrets = [password, wrong, ...await drive(server)];
            closeAll();
            await server.stop();
            assert.ok(secrets.length > 2);
            const log = server.output.join("\n").replace(/^.*their password is.*$/m, "");
            for (const secret of secrets) assert.ok(!log.includes(secret), secret);
        });
    }

    it("and --print-config hide what they are given", () => {
        const secret = "0123456789abcdef-hidden";
        const text = execFileSync(program, [...fixed, "--print-config"], { env: { ...process.env,
            HUBBUB_KAIKU_SECRETS: secret, HUBBUB_ELIZA_API_KEY: secret } }).toString();
        assert.match(text, /given, not shown/);
        assert.ok(!text.includes(secret));
    });
});
