// Cookies that carry a login: for https only where the client came so, to us or to a proxy before us.
import assert from "node:assert/strict";
import https from "node:https";
import { after, before, describe, it } from "node:test";
import { Authority } from "./lib/certificates.mjs";
import { api, skip, startSystem } from "./lib/systems.mjs";

const password = "hubbub-demo";
const systems = {
    dungeonlab: ["/api/auth", { email: "ana@example.com", password }],
    fuse: ["/api/auth", { username: "ana", password }],
    kaiku: ["/auth", { username: "ana", password }],
};

async function serve(name, args, use) {
    const server = await startSystem(name, { args });
    try {
        return await use(server);
    } finally {
        await server.stop();
    }
}

// Whether the cookie that one gets by logging in is Secure, and the one that one then is rid of by.
async function secureAt(server, name, headers) {
    const [path, login] = systems[name];
    const said = [];
    let cookie = "";
    for (const [end, body] of [["login", login], ["logout", undefined]]) {
        const answer = await api(server, "POST", `${path}/${end}`, body, { ...headers, cookie });
        const [line] = answer.headers.getSetCookie();
        cookie = line.split(";")[0];
        said.push(line.split("; ").includes("Secure"));
    }
    return said;
}

describe("A login's cookie", { skip }, () => {
    let authority;
    before(() => { authority = new Authority(); });
    after(() => authority.remove());

    for (const name of Object.keys(systems)) {
        const proxied = (proto) => ({ "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": proto });

        it(`${name}: is Secure if a trusted proxy says https`, async () => {
            const answers = (server) => Promise.all([proxied("https"), proxied("http"), {}]
                .map((headers) => secureAt(server, name, headers)));
            assert.deepEqual(await serve(name, ["--trust-proxy", "loopback"], answers),
                [[true, true], [false, false], [false, false]]);
            assert.deepEqual(await serve(name, [], answers),
                [[false, false], [false, false], [false, false]]);
        });

        it(`${name}: is Secure over TLS`, async () => {
            const line = await serve(name, authority.args, (server) => new Promise((resolve, reject) => {
                const [path, login] = systems[name];
                https.request({ port: server.port, host: "127.0.0.1", ca: authority.ca, agent: false,
                    method: "POST", path: `${path}/login`,
                    headers: { "content-type": "application/json" } }, (answer) => {
                    answer.resume();
                    resolve(answer.headers["set-cookie"][0]);
                }).on("error", reject).end(JSON.stringify(login));
            }));
            assert.match(line, /; Secure/);
        });
    }
});
