// Requests in every shape, as bytes: what is answered, and whether the connection can go on. What
// Node does otherwise stands beside it; a difference is always towards the standard.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { until } from "./lib/inbox.mjs";
import { HttpConnection, PollingSession } from "./lib/raw-http.mjs";
import { againstNode, startServer } from "./lib/server.mjs";

let server;
before(async () => { server = await startServer("main"); });
after(() => server?.stop());

const open = "open";
const closed = "closed";
const lines = (...all) => `${all.join("\r\n")}\r\n\r\n`;
const get = (...fields) => lines("GET /plain HTTP/1.1", "Host: x", ...fields);
const post = (...fields) => lines("POST /plain HTTP/1.1", "Host: x", ...fields);
const line = (first) => lines(first, "Host: x");
const chunked = (body) => post("Transfer-Encoding: chunked") + body;
const refused = [[400], closed];
const served = [[200], open];

// name: [bytes, [statuses], state of the connection, what Node does otherwise]
const groups = {
    "targets": {
        "a path": [get(), ...served],
        "a long query": [line(`GET /plain?${"x".repeat(15_000)} HTTP/1.1`), ...served],
        "a query longer than 16 KiB": [line(`GET /plain?${"x".repeat(20_000)} HTTP/1.1`),
            [431], closed],
        "absolute-form": [line("GET http://other:80/plain HTTP/1.1"), ...served, [[404], open]],
        "absolute-form in capitals": [line("GET HTTPS://other/plain?x HTTP/1.1"), ...served,
            [[404], open]],
        "absolute-form without a path": [line("GET http://other HTTP/1.1"), [404], open],
        "absolute-form without a host": [line("GET http:///plain HTTP/1.1"), ...refused,
            [[404], open]],
        "an unknown scheme": [line("GET ftp://other/plain HTTP/1.1"), ...refused, [[404], open]],
        "asterisk-form": [line("OPTIONS * HTTP/1.1"), [404], open],
        "asterisk-form of a GET": [line("GET * HTTP/1.1"), ...refused, [[404], open]],
        "no slash": [line("GET plain HTTP/1.1"), ...refused],
        "a space": [line("GET /pl ain HTTP/1.1"), ...refused],
        "a control character": [line("GET /plain\x01 HTTP/1.1"), ...refused],
        "no ASCII": [line("GET /plain?\xe9 HTTP/1.1"), ...refused],
    },
    "methods": {
        "in small letters": [line("get /plain HTTP/1.1"), ...refused],
        "that nobody knows": [line("FROB /plain HTTP/1.1"), ...refused],
        "of WebDAV": [line("PROPFIND /nowhere HTTP/1.1"), [404], open],
        "with a dash": [line("M-SEARCH /nowhere HTTP/1.1"), [404], open],
        "QUERY": [line("QUERY /nowhere HTTP/1.1"), [404], open],
    },
    "versions": {
        "HTTP/1.0": [lines("GET /plain HTTP/1.0"), [200], closed],
        "HTTP/1.2": [line("GET /plain HTTP/1.2"), ...refused],
        "HTTP/2.0": [line("GET /plain HTTP/2.0"), ...refused, [[200], closed]],
        "HTTP/0.9": [lines("GET /plain"), ...refused, [[200], closed]],
        "the preface of HTTP/2": [lines("PRI * HTTP/2.0", "", "SM"), ...refused],
        "small letters": [line("GET /plain http/1.1"), ...refused],
    },
    "fields": {
        "blank lines before the request": [`\r\n\r\n${get()}`, ...served],
        "a folded one": [get("X-A: a", " b"), ...refused],
        "one folded with a tab": [get("X-A: a", "\tb"), ...refused],
        "a folded length": [post("Content-Length:", " 1") + "x", ...refused],
        "a fold before the first": [lines("GET /plain HTTP/1.1", " X: y", "Host: x"), ...refused],
        "a blank before the colon": [get("X-A : a"), ...refused],
        "no colon": [get("nocolon"), ...refused],
        "no name": [get(": value"), ...refused],
        "a NUL": [get("X-A: a\0b"), ...refused],
        "a control character": [get("X-A: a\x01b"), ...refused],
        "a lone CR": [get("X-A: a\rb"), ...refused],
        "a lone LF": ["GET /plain HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", ...refused],
        "Latin-1": [get("X-A: \xe9"), ...served],
        "two hosts": [get("Host: y"), ...refused, served],
        "an empty host": [lines("GET /plain HTTP/1.1", "Host:"), ...served],
        "2500 of them": [get(...Array(2500).fill("a:b")), ...served],
        "16 KiB in one": [get(`X: ${"x".repeat(16_400)}`), [431], closed],
        "a little less": [get(`X: ${"x".repeat(16_300)}`), ...served],
    },
    "lengths": {
        "and chunks": [post("Content-Length: 1", "Transfer-Encoding: chunked") + "0\r\n\r\n",
            ...refused],
        "after chunks": [post("Transfer-Encoding: chunked", "Content-Length: 1") + "0\r\n\r\n",
            ...refused],
        "twice the same": [post("Content-Length: 1", "Content-Length: 1") + "x", ...refused],
        "a list": [post("Content-Length: 1, 1") + "x", ...refused],
        "two in one": [post("Content-Length: 1 1") + "x", ...refused],
        "a plus": [post("Content-Length: +1") + "x", ...refused],
        "hexadecimal": [post("Content-Length: 0x1") + "x", ...refused],
        "negative": [post("Content-Length: -1") + "x", ...refused],
        "empty": [post("Content-Length:"), ...refused],
        "beyond 64 bits": [post("Content-Length: 99999999999999999999999"), ...refused],
        "leading zeros": [post("Content-Length: 0001") + "x", ...served],
        "of a GET": [get("Content-Length: 3") + "abc", ...served],
    },
    "transfer codings": {
        "chunked": [chunked("1\r\nx\r\n0\r\n\r\n"), ...served],
        "in capitals": [post("Transfer-Encoding: CHUNKED") + "0\r\n\r\n", ...served],
        "after a tab": [post("Transfer-Encoding:\tchunked") + "0\r\n\r\n", ...served],
        "after a vertical tab": [post("Transfer-Encoding: \vchunked") + "0\r\n\r\n", ...refused],
        "before a form feed": [post("Transfer-Encoding: chunked\f") + "0\r\n\r\n", ...refused],
        "with quotes": [post('Transfer-Encoding: "chunked"') + "0\r\n\r\n", ...refused,
            [[200], closed]],
        "twice": [post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") +
            "0\r\n\r\n", ...refused],
        "not at the end": [post("Transfer-Encoding: chunked, gzip") + "0\r\n\r\n", ...refused],
        "gzip": [post("Transfer-Encoding: gzip") + "x", ...refused, [[200], closed]],
        "gzip in chunks": [post("Transfer-Encoding: gzip, chunked") + "0\r\n\r\n", ...refused,
            served],
        "identity": [post("Transfer-Encoding: identity", "Content-Length: 1") + "x", ...refused],
        "unknown": [post("Transfer-Encoding: xchunked") + "0\r\n\r\n", ...refused,
            [[200], closed]],
        "in HTTP/1.0": [lines("POST /plain HTTP/1.0", "Transfer-Encoding: chunked") +
            "0\r\n\r\n", ...refused, [[200], closed]],
    },
    "chunks": {
        "with extensions": [chunked('1;a=b;c="d"\r\nx\r\n0\r\n\r\n'), ...served],
        "with an extension of nearly 16 KiB": [chunked(`1;${"e".repeat(16_000)}\r\nx\r\n` +
            "0\r\n\r\n"), ...served],
        "with a longer one": [chunked(`1;${"e".repeat(20_000)}\r\nx\r\n0\r\n\r\n`),
            [200], closed],
        "with many that are longer together": [chunked(
            `1;${"e".repeat(200)}\r\nx\r\n`.repeat(100) + "0\r\n\r\n"), [200], closed, served],
        "with trailers": [chunked("0\r\nX-T: 1\r\n\r\n"), ...served],
        "with a length among the trailers": [chunked("0\r\nContent-Length: 5\r\n\r\n"),
            [200], closed],
        "of no number": [chunked("zz\r\nx\r\n0\r\n\r\n"), [200], closed],
        "of a negative size": [chunked("-1\r\nx\r\n0\r\n\r\n"), [200], closed],
        "of a size beyond 64 bits": [chunked("fffffffffffffffff\r\nx\r\n0\r\n\r\n"),
            [200], closed],
        "with a CR in an extension": [chunked("1;a=\rb\r\nx\r\n0\r\n\r\n"), [200], closed],
        "with a LF in an extension": [chunked("1;a=\nb\r\nx\r\n0\r\n\r\n"), [200], closed],
        "with a blank after the size": [chunked("1 \r\nx\r\n0\r\n\r\n"), [200], closed],
        "longer than announced": [chunked("1\r\nxy\r\n0\r\n\r\n"), [200], closed,
            [[200, 400], closed]],
    },
    "expectations": {
        "100-continue with the body at once": [post("Expect: 100-continue",
            "Content-Length: 1") + "x", ...served, [[100, 200], open]],
        "100-continue of a GET": [get("Expect: 100-continue"), ...served, [[100, 200], open]],
        "anything else": [post("Expect: 200-ok", "Content-Length: 1") + "x", [417], open],
        "anything else in HTTP/1.0": [lines("GET /plain HTTP/1.0", "Expect: 200-ok"),
            [200], closed],
    },
    "connections": {
        "close": [get("Connection: close"), [200], closed],
        "close among others": [get("Connection: Foo, CLOSE"), [200], closed],
        "close and keep-alive": [get("Connection: close, keep-alive"), [200], closed],
        "close in a second field": [get("Connection: foo", "Connection: close"), [200], closed],
        "a request after close": [get("Connection: close") + get(), [200], closed],
        "a request behind a body": [get("Content-Length: 3") + "abc" + get(), [200, 200], open],
        "a request behind chunks": [chunked("1\r\nx\r\n0\r\n\r\n") + get(), [200, 200], open],
        "keep-alive in HTTP/1.0": [lines("GET /plain HTTP/1.0", "Connection: keep-alive"),
            ...served, [[200], closed]],
        "an upgrade without the connection option": [get("Upgrade: websocket"), ...served],
        "the connection option upgrade alone": [get("Connection: upgrade"), ...served],
        "the same of a path nobody serves": [lines("POST /nowhere HTTP/1.1", "Host: x",
            "Connection: upgrade", "Upgrade:", "Content-Length: 1") + "x", [404], open],
        "the same of a POST": [post("Connection: upgrade", "Content-Length: 1") + "x", ...served],
        "the same with an empty upgrade": [get("Connection: upgrade", "Upgrade:"), ...served],
        "the same of a POST with a blank one": [post("Connection: keep-alive, Upgrade",
            "Upgrade: \t", "Content-Length: 1") + "x", ...served],
    },
};

for (const [group, rows] of Object.entries(groups)) {
    describe(`requests: ${group}`, () => {
        for (const [name, [bytes, statuses, state, node]] of Object.entries(rows)) {
            it(name, async () => {
                const expected = againstNode && node ? node : [statuses, state];
                const connection = new HttpConnection(server.port);
                connection.raw(Buffer.from(bytes, "latin1"));
                const answers = await connection.answers.take(expected[0].length);
                assert.deepEqual(answers.map(({ status }) => status), expected[0]);
                if (expected[1] === closed) {
                    // At once, and not because it was idle for long (5 s).
                    let ended = false;
                    connection.closed.then(() => { ended = true; });
                    await until(() => ended, "its end", 3000);
                    assert.equal(connection.answers.size, 0);
                } else {
                    assert.equal((await connection.request("/plain")).text, "plain ok");
                    connection.destroy();
                }
            });
        }
    });
}

describe("extensions of chunks of a body that is read", () => {
    const answer = async (extension, chunks) => {
        const session = await new PollingSession(server.port).open();
        const connection = new HttpConnection(server.port);
        connection.raw(lines(`POST ${session.target} HTTP/1.1`, "Host: x",
            "Transfer-Encoding: chunked") + `1;${"e".repeat(extension)}\r\n3\r\n` +
            `2;${"e".repeat(extension)}\r\n\x1e3\r\n`.repeat(chunks - 1) + "0\r\n\r\n");
        const { status } = await connection.answers.next();
        if (status !== 200) await connection.closed;
        connection.destroy();
        return status;
    };

    it("up to 16 KiB are taken", async () => {
        assert.equal(await answer(16_000, 1), 200);
        assert.equal(await answer(160, 100), 200);
    });

    it("more are refused", async () => assert.equal(await answer(20_000, 1), 413));

    // Node counts those of one chunk only.
    it("more of many chunks as well", async () => {
        assert.equal(await answer(200, 100), againstNode ? 200 : 413);
    });
});

describe("what becomes of fields", () => {
    let suite;
    before(async () => { suite = await startServer("eio-client-suite"); });
    after(() => suite?.stop());

    // The headers of a POST as the application sees them.
    async function seen(...fields) {
        const session = await new PollingSession(suite.port, { path: "/engine.io/" }).open();
        await session.get();
        const connection = new HttpConnection(suite.port);
        connection.raw(lines(`POST ${session.target} HTTP/1.1`, "Host: x",
            "Content-Length: 12", ...fields) + "4sendHeaders");
        await connection.answers.next();
        connection.destroy();
        for (;;) {  // a ping may come before or with it
            const packets = (await session.get()).text.split("\x1e");
            const answer = packets.find((packet) => packet.startsWith("4"));
            if (answer) return JSON.parse(answer.slice(1));
        }
    }

    it("duplicates are joined, or the first one counts", async () => {
        const headers = await seen("X-Two: a", "x-two: b", "Cookie: a=1", "cookie: b=2",
            "Content-Type: text/plain", "Content-Type: text/html", "User-Agent: one",
            "User-Agent: two", "Authorization: one", "Authorization: two", "Referer: one",
            "Referer: two", "X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 2.2.2.2",
            "Accept: a", "Accept: b", "Origin: http://a", "If-Modified-Since: one",
            "If-Modified-Since: two");
        assert.deepEqual(headers, {
            host: "x", "content-length": "12", "x-two": "a, b", cookie: "a=1; b=2",
            "content-type": "text/plain", "user-agent": "one", authorization: "one",
            referer: "one", "x-forwarded-for": "1.1.1.1, 2.2.2.2", accept: "a, b",
            origin: "http://a", "if-modified-since": "one",
        });
    });

    it("duplicates far apart are joined as well", async () => {
        const between = Array.from({ length: 100 }, (_, i) => `between-${i}: ${i}`);
        const headers = await seen("X-Two: a", ...between, "X-Two: b", "Between-99: again");
        assert.equal(headers["x-two"], "a, b");
        assert.equal(headers["between-7"], "7");
        assert.equal(headers["between-99"], "99, again");
    });

    it("blanks around values go, those inside stay", async () => {
        const headers = await seen("X-A: \t a  b \t ", "X-B:c", "X-Empty:");
        assert.equal(headers["x-a"], "a  b");
        assert.equal(headers["x-b"], "c");
        assert.equal(headers["x-empty"], "");
    });

    it("those beyond the two thousandth are dropped", async () => {
        const many = Array.from({ length: 2100 }, (_, i) => `n${i.toString(36)}:`);
        const headers = await seen(...many);
        const names = Object.keys(headers);
        assert.ok(names.length >= 1998 && names.length <= 2000, String(names.length));
        assert.equal(headers.nzz, "");
        assert.equal(headers[`n${(2050).toString(36)}`], undefined);
    });
});
