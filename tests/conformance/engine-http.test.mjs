// The Engine.IO handshake and HTTP long-polling, byte for byte.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assertEmpty, assertError, assertOk, errors } from "./lib/engine-answers.mjs";
import { arrived } from "./lib/inbox.mjs";
import { fetchRaw, HttpConnection, PollingSession } from "./lib/raw-http.mjs";
import { againstNode, startServer } from "./lib/server.mjs";

const RS = "\x1e";
const sidPattern = /^[A-Za-z0-9_-]{20}$/;

describe("engine over HTTP, profile main", () => {
    let server;
    let port;
    before(async () => {
        server = await startServer("main");
        port = server.port;
    });
    after(() => server?.stop());
    const session = (options) => new PollingSession(port, options).open();
    const gone = async (one) => assertError(await one.get(), 1);

    it("1.5 opens a polling session", async () => {
        const answer = await fetchRaw(port, "/socket.io/?EIO=4&transport=polling&t=abc");
        assert.equal(answer.status, 200);
        assert.equal(answer.header("content-type"), "text/plain; charset=UTF-8");
        assert.equal(answer.header("content-length"), String(answer.bytes.length));
        assert.equal(answer.header("cache-control"), "no-store");
        assert.equal(answer.header("x-contract-first"), "1");
        assert.equal(answer.header("x-contract-every"), "1");
        assert.equal(answer.header("set-cookie"), undefined);
        const { sid } = JSON.parse(answer.text.slice(1));
        assert.match(sid, sidPattern);
        assert.equal(answer.text, `0{"sid":"${sid}","upgrades":["websocket"],` +
            `"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}`);
    });

    describe("1.1 which targets are the engine's", () => {
        const rows = [
            ["/socket.io/foo?EIO=4&transport=polling", 200],
            ["/socket.io//?EIO=4&transport=polling", 200],
            ["/socket.io?EIO=4&transport=polling", 404],
            ["/socket.iofoo?EIO=4&transport=polling", 404],
            ["//socket.io/?EIO=4&transport=polling", 404],
            ["/other", 404],
            ["/plain?x=1", 200],
            ["/socket.io/?EI%4F=4&transport=polli%6Eg", 200],
            ["/socket.io/?EIO=4&transport=websocket&transport=polling", 200],
            ["/socket.io/?EIO=4&transport=polling&sid=", 200],
            ["/socket.io/?EIO=4&transport=polling&x=%zz", 200],
        ];
        for (const [target, status] of rows) {
            it(`${status} for ${target}`, async () => {
                assert.equal((await fetchRaw(port, target)).status, status);
            });
        }
    });

    describe("1.2 1.3 which error is answered", () => {
        const poll = "/socket.io/?EIO=4&transport=polling";
        const rows = [
            ["/socket.io/", 0],
            ["/socket.io/?EIO=4", 0],
            ["/socket.io/?EIO=4&transport=", 0],
            ["/socket.io/?EIO=4&transport=tobi", 0],
            ["/socket.io/?EIO=4&transport=__proto__", 0],
            ["/socket.io/?EIO=4&transport=constructor", 0],
            ["/socket.io/?EIO=4&transport=webtransport", 0],
            ["/socket.io/?EIO=4&transport=polling&transport=x", 0],
            ["/socket.io/socket.io.esm.js", 0],
            [`${poll}&sid=unknown`, 1],
            [`${poll}&sid=__proto__`, 1],
            [`${poll}&sid=constructor`, 1],
            [poll, 2, "POST"], [poll, 2, "PUT"], [poll, 2, "DELETE"],
            ["/socket.io/?EIO=4&transport=websocket", 3],
            [`${poll}&reject=`, 4],
            [`${poll}&reject=go+away`, 4, "GET", "go away"],
        ];
        for (const [target, code, method = "GET", message = errors[code]] of rows) {
            it(`${code} for ${method} ${target}`, async () => {
                const headers = method === "POST" ? { "content-length": 0 } : {};
                assertError(await fetchRaw(port, target, { method, headers }), code, message);
            });
        }

        it("a HEAD gets the status alone", async () => {
            assertEmpty(await fetchRaw(port, poll, { method: "HEAD" }), 400);
        });

        it("another transport than the session's", async () => {
            const one = await session();
            const target = one.target.replace("=polling", "=websocket");
            assertError(await fetchRaw(port, target), 3);
        });

        it("another protocol than the session's", async () => {
            const one = await session();
            assertError(await fetchRaw(port, one.target.replace("EIO=4", "EIO=3")), 3);
            assertError(await fetchRaw(port, one.target.replace("EIO=4&", "")), 3);
            assert.equal((await one.post("40")).status, 200);
        });

        it("allowRequest is asked once per session", async () => {
            const one = await session();
            assertOk(await fetchRaw(port, `${one.target}&reject=no`, { method: "POST", body: "3" }));
        });

        it("the connection stays usable", async () => {
            const connection = new HttpConnection(port);
            assertError(await connection.request("/socket.io/"), 0);
            assert.equal((await connection.request("/plain")).text, "plain ok");
            connection.destroy();
        });
    });

    describe("1.6 requests of a session", () => {
        it("answers a GET with everything that is queued", async () => {
            const one = await session();
            assertOk(await one.post("40"));
            const answer = await one.get();
            assert.match(answer.text, /^40\{"sid":"[A-Za-z0-9_-]{20}"\}$/);
            assert.equal(answer.header("content-type"), "text/plain; charset=UTF-8");
            assert.equal(answer.header("cache-control"), "no-store");
            assert.equal(answer.header("x-contract-first"), undefined);
            assert.equal(answer.header("x-contract-every"), "1");
            assertOk(await one.post(`42["echo",1]${RS}42["echo","é"]`));
            assert.equal((await one.get()).text, `42["echo-back",1]${RS}42["echo-back","é"]`);
        });

        it("holds a GET until something is sent", async () => {
            const one = await session();
            await one.join();
            const parked = one.park();
            assert.ok(await parked.answers.silent(100));
            await one.post('42["echo","late"]');
            assert.equal((await parked.answers.next()).text, '42["echo-back","late"]');
            parked.destroy();
        });

        it("carries binary as base64", async () => {
            const one = await session();
            await one.join();
            await one.post(`451-["echo",{"_placeholder":true,"num":0}]${RS}bAQID/w==`);
            assert.equal((await one.get()).text,
                `451-["echo-back",{"_placeholder":true,"num":0}]${RS}bAQID/w==`);
        });

        it("decodes base64 leniently", async () => {
            const one = await session();
            await one.join();
            await one.post(`451-["echo",{"_placeholder":true,"num":0}]${RS}b_-8`);
            assert.match((await one.get()).text, /\x1eb\/\+8=$/);
        });

        it("replaces invalid UTF-8", async () => {
            const one = await session();
            await one.join();
            await one.post(Buffer.from('42["echo","\xff"]', "latin1"));
            assert.equal((await one.get()).text, '42["echo-back","\ufffd"]');
        });

        it("closes on an overlapping GET", async () => {
            const one = await session();
            const first = one.park();
            await arrived();
            assertEmpty(await one.get(), 400);
            const answer = await first.answers.next();
            assert.equal(answer.status, 200);
            assert.equal(answer.text, "1");
            await gone(one);
            first.destroy();
        });

        it("closes on an overlapping POST", async () => {
            const one = await session();
            const first = new HttpConnection(port);
            first.send(one.target, { method: "POST", headers: { "content-length": 10 } });
            await arrived();
            assertEmpty(await one.post("3"), 400);
            await first.closed;
            await gone(one);
        });

        it("closes when a GET is aborted", async () => {
            const one = await session();
            const parked = one.park();
            await arrived();
            parked.destroy();
            await arrived();
            await gone(one);
        });

        it("closes when a POST is aborted", async () => {
            const one = await session();
            const half = new HttpConnection(port);
            half.send(one.target, { method: "POST", headers: { "content-length": 10 } });
            half.socket.write("40");
            await arrived();
            half.destroy();
            await arrived();
            await gone(one);
        });

        it("refuses an octet-stream POST and closes", async () => {
            const one = await session();
            const parked = one.park();
            await arrived();
            assertEmpty(await one.post("40", { "content-type": "application/octet-stream" }), 400);
            assert.equal((await parked.answers.next()).text, "1");
            await gone(one);
            parked.destroy();
        });

        for (const type of ["application/octet-stream; charset=x", "text/html", undefined]) {
            it(`takes a POST of type ${type} as text`, async () => {
                const one = await session();
                assertOk(await one.post("40", type ? { "content-type": type } : {}));
            });
        }

        it("takes a body of exactly the limit", async () => {
            const one = await session();
            await one.join();
            const body = `42["describe","${"x".repeat(100_000 - 17)}"]`;
            assert.equal(body.length, 100_000);
            assertOk(await one.post(body));
            assertOk(await one.post('420["describe"]'));
            assert.equal((await one.get()).text, "430[[]]");
        });

        it("refuses a longer body but keeps the session", async () => {
            const one = await session();
            await one.join();
            const parked = one.park();
            await arrived();
            assertEmpty(await one.post("4".repeat(100_001)), 413);
            assert.ok(await parked.answers.silent(50));
            await one.post('42["echo","alive"]');
            assert.equal((await parked.answers.next()).text, '42["echo-back","alive"]');
            parked.destroy();
        });

        it("counts a chunked body while it arrives", async () => {
            const one = await session();
            const connection = new HttpConnection(port);
            connection.send(one.target, {
                method: "POST", headers: { "transfer-encoding": "chunked" },
            });
            const chunk = "4".repeat(20_000);
            for (let i = 0; i < 6; ++i) connection.socket.write(`4e20\r\n${chunk}\r\n`);
            assertEmpty(await connection.answers.next(), 413);
            connection.destroy();
            assertOk(await one.post("3"));
        });

        it("takes a chunked body", async () => {
            const one = await session();
            const connection = new HttpConnection(port);
            connection.send(one.target, {
                method: "POST", headers: { "transfer-encoding": "chunked" },
            });
            connection.socket.write("1\r\n4\r\n1\r\n0\r\n0\r\n\r\n");
            assertOk(await connection.answers.next());
            assert.match((await one.get()).text, /^40\{/);
            connection.destroy();
        });

        for (const body of ["", "abc", RS, "7"]) {
            it(`closes after the body ${JSON.stringify(body)}`, async () => {
                const one = await session();
                const parked = one.park();
                await arrived();
                assertOk(await one.post(body));
                assert.equal((await parked.answers.next()).text, "1");
                await gone(one);
                parked.destroy();
            });
        }

        it("ends with the client's close packet", async () => {
            const one = await session();
            const parked = one.park();
            await arrived();
            assertOk(await one.post(`1${RS}42["echo"]`));
            assert.equal((await parked.answers.next()).text, "6");
            await gone(one);
            parked.destroy();
        });

        it("closes on a ping from the client", async () => {
            const one = await session();
            assertOk(await one.post("2"));
            await gone(one);
        });

        for (const packet of ["3", "3data", "0", "5", "6"]) {
            it(`ignores the packet ${packet}`, async () => {
                const one = await session();
                assertOk(await one.post(packet));
                assert.match(await one.join(), /^40/);
            });
        }

        for (const method of ["PUT", "DELETE", "HEAD"]) {
            it(`answers 500 to ${method}`, async () => {
                const one = await session();
                assertEmpty(await fetchRaw(port, one.target, { method }), 500);
                assertOk(await one.post("40"));
            });
        }

        it("delivers what is queued before the server closes", async () => {
            const one = await session();
            await one.join();
            await one.post('42["emit-then-kick",true]');
            assert.equal((await one.get()).text, `42["last-words","bye"]${RS}41`);
            assert.equal((await one.get()).text, `6${RS}1`);
            await gone(one);
        });

        it("sends X-XSS-Protection to old browsers", async () => {
            const one = await session();
            const headers = { "user-agent": "Mozilla/5.0 (Windows NT; Trident/7.0)" };
            assert.equal((await one.post("40", headers)).header("x-xss-protection"), "0");
        });

        it("honours Expect: 100-continue", async () => {
            const one = await session();
            const connection = new HttpConnection(port);
            connection.send(one.target, {
                method: "POST", headers: { "content-length": 2, expect: "100-continue" },
            });
            assert.equal((await connection.answers.next()).status, 100);
            connection.socket.write("40");
            assertOk(await connection.answers.next());
            connection.destroy();
        });
    });

    describe("1.10 CORS", () => {
        const poll = "/socket.io/?EIO=4&transport=polling";
        const headers = { origin: "http://page.test" };

        it("reflects the origin", async () => {
            const answer = await fetchRaw(port, poll, { headers });
            assert.equal(answer.header("access-control-allow-origin"), "http://page.test");
            assert.equal(answer.header("access-control-allow-credentials"), "true");
            assert.equal(answer.header("vary"), "Origin");
        });

        it("adds its headers to errors", async () => {
            const answer = await fetchRaw(port, "/socket.io/", { headers });
            assertError(answer, 0);
            assert.equal(answer.header("access-control-allow-origin"), "http://page.test");
        });

        it("answers a preflight", async () => {
            const answer = await fetchRaw(port, poll, {
                method: "OPTIONS", headers: {
                    ...headers, "access-control-request-method": "POST",
                    "access-control-request-headers": "x-one, x-two",
                },
            });
            assertEmpty(answer, 204);
            assert.equal(answer.header("content-length"), "0");
            assert.equal(answer.header("access-control-allow-methods"),
                "GET,HEAD,PUT,PATCH,POST,DELETE");
            assert.equal(answer.header("access-control-allow-headers"), "x-one, x-two");
            assert.equal(answer.header("vary"), "Origin, Access-Control-Request-Headers");
        });
    });

    describe("1.11 JSONP", () => {
        it("wraps answers and unwraps posts", async () => {
            const one = new PollingSession(port, { query: "&j=abc1" });
            const first = await fetchRaw(port, one.base);
            const wrapped = /^___eio\[1\]\((".*")\);$/.exec(first.text);
            assert.ok(wrapped, first.text);
            one.info = JSON.parse(JSON.parse(wrapped[1]).slice(1));
            one.target = `${one.base}&sid=${one.info.sid}`;
            const form = (text) => one.post(`d=${encodeURIComponent(text)}`,
                { "content-type": "application/x-www-form-urlencoded" });
            assertOk(await form("40"));
            assert.match((await one.get()).text, /^___eio\[1\]\("40\{/);
            assertOk(await form('42["echo","a\\\\nb","\u2028"]'));
            const answer = (await one.get()).text;
            assert.ok(answer.includes("\\u2028"), answer);
            assert.equal(JSON.parse(answer.slice(10, -2)), '42["echo-back","a\\nb","\u2028"]');
        });
    });

    describe("1.12 the HTTP layer", () => {
        it("serves pipelined requests in order", async () => {
            const connection = new HttpConnection(port);
            connection.send("/plain");
            connection.send("/socket.io/?EIO=4&transport=polling");
            connection.send("/nothing");
            const [plain, open, nothing] = await connection.answers.take(3);
            assert.equal(plain.text, "plain ok");
            assert.equal(open.text[0], "0");
            assert.equal(nothing.status, 404);
            assert.equal(nothing.text, "not found");
            connection.destroy();
        });

        const bad = {
            "no HTTP at all": "garbage\r\n\r\n",
            "no Host": "GET /plain HTTP/1.1\r\n\r\n",
            "two lengths": "POST /plain HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n" +
                "Content-Length: 2\r\n\r\nab",
            "length and chunks": "POST /plain HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n" +
                "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        };
        for (const [what, text] of Object.entries(bad)) {
            // Node demands a Host header since version 20 only.
            const early = againstNode && parseInt(process.versions.node, 10) < 20;
            const skip = early && what === "no Host" ? "this Node answers without Host" : false;
            it(`answers 400 and closes: ${what}`, { skip }, async () => {
                const connection = new HttpConnection(port);
                connection.raw(text);
                assert.equal((await connection.answers.next()).status, 400);
                await connection.closed;
            });
        }

        it("answers 431 to a huge header", async () => {
            const connection = new HttpConnection(port);
            connection.send("/plain", { headers: { "x-huge": "h".repeat(40_000) } });
            assert.equal((await connection.answers.next()).status, 431);
            connection.destroy();
        });

        it("closes after Connection: close", async () => {
            const connection = new HttpConnection(port);
            const answer = await connection.request("/plain", { headers: { connection: "close" } });
            assert.equal(answer.text, "plain ok");
            await connection.closed;
        });
    });
});
