// The client bundles that the server hands out: names, types, ETags, encodings.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { fetchRaw } from "./lib/raw-http.mjs";
import { againstNode, startServer } from "./lib/server.mjs";

const require = createRequire(import.meta.url);
const bundles = join(dirname(require.resolve("socket.io")), "..", "client-dist");
const names = ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js",
    "socket.io.msgpack.min.js"];
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

let server;
let port;
before(async () => {
    server = await startServer("main");
    port = server.port;
});
after(() => server?.stop());

const get = (name, headers = {}, method = "GET") =>
    fetchRaw(port, `/socket.io/${name}`, { headers, method });

describe("client bundles", () => {
    for (const name of [...names, ...names.map((one) => `${one}.map`)]) {
        it(name, async () => {
            const answer = await get(name);
            assert.equal(answer.status, 200);
            const type = name.endsWith(".map") ? "application/json" : "application/javascript";
            assert.equal(answer.header("content-type"), `${type}; charset=utf-8`);
            assert.equal(answer.header("cache-control"), "public, max-age=0");
            assert.equal(answer.header("etag"), '"4.8.4"');
            assert.equal(answer.header("content-encoding"), undefined);
            assert.equal(digest(answer.bytes), digest(readFileSync(join(bundles, name))));
        });
    }

    it("a query makes no difference", async () => {
        assert.equal((await get("socket.io.js?v=1&EIO=4&transport=polling")).status, 200);
    });

    for (const tag of ['"4.8.4"', 'W/"4.8.4"']) {
        it(`304 for ${tag}`, async () => {
            const answer = await get("socket.io.min.js", { "if-none-match": tag });
            assert.equal(answer.status, 304);
            assert.equal(answer.text, "");
        });
    }

    for (const tag of ['"4.8.3"', "*", '"x", "4.8.4"', "4.8.4"]) {
        it(`200 for ${tag}`, async () => {
            const answer = await get("socket.io.min.js", { "if-none-match": tag });
            assert.equal(answer.status, 200);
        });
    }

    const unpack = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync };
    const rows = [["gzip", "gzip"], ["deflate", "deflate"], ["gzip, deflate, br", "gzip"],
        ["br;q=0.1, deflate;q=0.2", "deflate"], ["identity", undefined], ["gzip;q=0", undefined],
        ["br", "br"], ["*", "br"]];
    for (const [accepted, encoding] of rows) {
        it(`Accept-Encoding ${accepted}`, async () => {
            const answer = await get("socket.io.min.js", { "accept-encoding": accepted });
            const used = answer.header("content-encoding");
            // Brotli is optional for a server: a client that offers it takes plain bytes as well.
            const allowed = encoding === "br" && !againstNode ? ["br", "gzip", undefined] : [encoding];
            assert.ok(allowed.includes(used), String(used));
            const bytes = used ? unpack[used](answer.bytes) : answer.bytes;
            assert.equal(digest(bytes), digest(readFileSync(join(bundles, "socket.io.min.js"))));
        });
    }

    it("HEAD has no body", async () => {
        const answer = await get("socket.io.js", {}, "HEAD");
        assert.equal(answer.status, 200);
        assert.equal(answer.text, "");
        assert.equal(answer.header("etag"), '"4.8.4"');
    });

    it("carry CORS headers", async () => {
        const answer = await get("socket.io.js", { origin: "http://page.test" });
        assert.equal(answer.header("access-control-allow-origin"), "http://page.test");
        const preflight = await get("socket.io.js", {
            origin: "http://page.test", "access-control-request-method": "GET",
        }, "OPTIONS");
        assert.equal(preflight.status, 204);
    });

    for (const name of ["socket.io.esm.js", "socket.io.js.mapx", "package.json",
        "../socket.io/socket.io.js", "%73ocket.io.js", "socket.io.js/"]) {
        it(`${name} is no file but a bad engine request`, async () => {
            const answer = await get(name);
            assert.equal(answer.status, 400);
            assert.equal(answer.text, '{"code":0,"message":"Transport unknown"}');
        });
    }
});
