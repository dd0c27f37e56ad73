// The request list of the Engine.IO layer, played by the transcript to both servers: routing, the
// order of checks, polling to the byte, JSONP, b64, revision 3, the WebSocket handshake, upgrades.
// The names quote the part of reference-behaviour they cover.
import { sleep as wait } from "./inbox.mjs";
import { patience } from "./patience.mjs";
import { frame, opcodes } from "./raw-ws.mjs";

// What was sent before has arrived: nothing on the wire says so of a parked GET.
const sleep = (ms) => wait(ms * patience);
const RS = "\x1e";
const base = "/engine.io/";
const poll = `${base}?EIO=4&transport=polling`;
const socket = `${base}?EIO=4&transport=websocket`;
const origin = { origin: "http://page.test" };
const upgradeHead = (target, more = {}) => {
    const fields = {
        Host: "x", Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", ...more,
    };
    const lines = Object.entries(fields).filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}: ${value}`);
    return `${more.method ?? "GET"} ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
};
const post = (target, body, more = "") =>
    `POST ${target} HTTP/1.1\r\nHost: x\r\n${more}` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const chunked = (target, ...chunks) =>
    `POST ${target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n` +
    [...chunks, ""].map((c) => `${Buffer.byteLength(c).toString(16)}\r\n${c}\r\n`).join("");
const form = { "content-type": "application/x-www-form-urlencoded" };

export const engineScenarios = [
    ["eio-echo", "1.1 routing: whose request is it", async (r) => {
        for (const path of ["/engine.io/", "/engine.io/x", "/engine.io//", "/engine.io",
            "/engine.iox",
            "//engine.io/", "/engine.io/../plain", "/ENGINE.IO/", "/engine%2Eio/", "/",
                "/engine.io/%zz"]) {
            await r.http("a", `${path}?EIO=4&transport=polling`);
        }
    }],
    ["eio-echo", "1.1 routing: how a query is read", async (r) => {
        for (const query of ["EI%4F=4&transport=polli%6Eg", "EIO=4&transport=polling&transport=x",
            "EIO=4&transport=x&transport=polling", "transport=polling&EIO=4&EIO=3",
                "EIO=4&transport=polling&sid=",
            "EIO=4&transport=polling&x=%zz&=&&", "EIO=4;transport=polling",
                "EIO=4&transport=polling#x",
            "EIO=+4&transport=polling", "EIO=4&Transport=polling", "?EIO=4&transport=polling"]) {
            await r.http("a", `${base}?${query}`);
        }
    }],
    ["eio-echo", "1.1 routing: what proxies say of every connection", async (r) => {
        for (const fields of [{ connection: "upgrade" }, { connection: "upgrade", upgrade: "" },
            { connection: "keep-alive, Upgrade", upgrade: " \t" }]) {
            const headers = { ...fields, ...origin };
            const one = await r.http("open", poll, { headers });
            const own = `${poll}&sid=${/"sid":"([\w-]{20})"/.exec(one.text)?.[1]}`;
            await r.http("post", own, { method: "POST", body: "4hello", headers });
            await r.http("get", own, { headers });
            await r.http("ws", socket, { headers });
            await r.http("plain", "/plain", { headers });
            await r.http("other", "/other", { method: "POST", body: "x", headers });
        }
    }],
    ["eio-echo", "1.2 1.3 the order of checks and their answers", async (r) => {
        const one = await r.poll("s", "", base);
        const sid = `&sid=${r.sid(one)}`;
        for (const method of ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH"]) {
            for (const query of ["", "?transport=x", "?EIO=4&transport=polling&sid=none",
                "?EIO=4&transport=websocket", "?EIO=4&transport=webtransport",
                    "?EIO=4&transport=polling&sid=__proto__"]) {
                const headers = { ...origin, "content-length": 0 };
                await r.http("a", `${base}${query}`, { method, headers });
            }
        }
        for (const query of [`?EIO=4&transport=websocket${sid}`, `?EIO=3&transport=polling${sid}`,
            `?transport=polling${sid}`, `?EIO=04&transport=polling${sid}`]) {
            await r.http("a", `${base}${query}`, { headers: origin });
        }
        for (const method of ["POST", "PUT", "DELETE"]) {
            await r.http("a", poll, { method, headers: { "content-length": 0 } });
        }
        await one.post("4still there");
        await one.get();
    }],
    ["eio-options", "1.2 1.3 protocols where the third is off", async (r) => {
        for (const protocol of ["3", "5", "04", "", "4.0", "x"]) {
            await r.http("a", `${base}?EIO=${protocol}&transport=polling`);
        }
        await r.http("a", `${base}?transport=polling`);
    }],
    ["eio-echo", "1.3 refused upgrades", async (r) => {
        const one = await r.poll("s", "", base);
        for (const target of [base, `${base}?EIO=4&transport=x`, `${socket}&sid=none`,
            `${socket}&sid=constructor`,
            `${base}?EIO=3&transport=websocket&sid=${r.sid(one)}`]) {
            await r.raw("w", upgradeHead(target, origin));
        }
        await one.post("4still there");
        await one.get();
    }],
    ["eio-echo", "1.4 b64 in revision 4 and 3", async (r) => {
        for (const b64 of ["1", "0", "false", ""]) {
            const ws = await r.ws("w", { target: `${socket}&b64=${b64}` });
            await ws.hear();
            ws.give(Buffer.from([1, 2, 3]));
            await ws.hear();
        }
        for (const b64 of ["1", ""]) {
            const old = await r.poll("p", `&b64=${b64}`, base, 3);
            await old.post("10:b4AQIDBA==");
            await old.get();
        }
    }],
    ["eio-echo", "1.6 polling: what is queued comes at once, or a GET waits", async (r) => {
        const a = await r.poll("a", "", base);
        for (const body of ["4x", "4", "4é\u{1f600}", "b", "bAQI", "bAQID/w==", "b_-8", "b!A Q\nI",
            "3", "3x", "0", "0{}", "5", "6"]) {
            await a.post(`${body}${RS}4end`);
            await sleep(15);
            await a.get();
        }
        const parked = a.park();
        await sleep(40);
        await a.post("4late");
        await parked.answer();
        for (const type of ["text/html", "application/octet-stream; charset=x",
            "application/OCTET-stream", ""]) {
            await a.post("4typed", { "content-type": type });
            await a.get();
        }
    }],
    ["eio-echo", "1.6 polling: bodies that end the session", async (r) => {
        for (const body of ["", "abc", RS, "7", "2", "2probe", "1", `1${RS}4x`, `4x${RS}1`,
            `4x${RS}`, `${RS}4x`, `4x${RS}${RS}4y`]) {
            const a = await r.poll("a", "", base);
            await a.post(body);
            await sleep(15);
            await a.get();
            await a.get();
        }
    }],
    ["eio-echo", "1.6 polling: those with a GET pending", async (r) => {
        for (const body of ["", "abc", "7", "2", "1", `1${RS}4x`]) {
            const a = await r.poll("a", "", base);
            const parked = a.park();
            await sleep(40);
            await a.post(body);
            await parked.answer();
            await a.get();
        }
    }],
    ["main", "1.6 polling: POSTs while the server's close waits for a GET", async (r) => {
        const a = await r.poll("a");
        await a.post("40");
        await a.get();
        await a.post('42["emit-then-kick",true]');
        await a.post('42["echo","ignored"]');
        await a.get();
        await a.post('42["echo","ignored too"]');
        await a.get();
        await a.post("4x");
    }],
    ["eio-echo", "1.6 polling: octet-stream is no text in revision 4", async (r) => {
        const a = await r.poll("a", "", base);
        const parked = a.park();
        await sleep(40);
        await a.post("4x", { "content-type": "application/octet-stream" });
        await parked.answer();
        await a.post("4x", { "content-type": "application/octet-stream" });
    }],
    ["eio-echo", "1.6 polling: overlapping requests", async (r) => {
        const a = await r.poll("a", "", base);
        const parked = a.park();
        await sleep(40);
        await a.get();
        await parked.answer();
        await a.get();
        const b = await r.poll("b", "", base);
        const half = r.start("b first POST",
            `POST ${b.target} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n4`);
        await sleep(40);
        await b.post("4y");
        await half.end();
        await b.get();
    }],
    ["eio-options", "1.6 polling: too long, but the session stays", async (r) => {
        const a = await r.poll("a", "", base);
        const parked = a.park();
        await sleep(40);
        await a.post("4".repeat(1001));
        await a.post(`4${"é".repeat(500)}`);
        await r.raw("chunked", chunked(a.target, "4".repeat(600), "4".repeat(600)));
        await a.post(`4${"é".repeat(499)}x`);
        await parked.answer();
    }, { maxHttpBufferSize: 1000 }],
    ["eio-echo", "1.6 polling: other methods of a session", async (r) => {
        const a = await r.poll("a", "", base);
        for (const method of ["PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]) {
            await r.http("a", a.target, { method, headers: { "content-length": 0, ...origin } });
        }
        await a.post("4x");
        await a.get();
    }],
    ["eio-options", "1.6 polling: OPTIONS and HEAD without CORS", async (r) => {
        const a = await r.poll("a", "", base);
        for (const method of ["HEAD", "OPTIONS"]) {
            for (const target of [poll, a.target, base, "/elsewhere", "/plain"]) {
                await r.http("a", target, { method });
            }
        }
    }],
    ["eio-echo", "1.6 polling: chunked, empty and pipelined bodies", async (r) => {
        const a = await r.poll("a", "", base);
        await r.raw("chunked", chunked(a.target, "4", "\u{1f600}".slice(0, 2), "x"));
        await a.get();
        await r.raw("no body", `POST ${a.target} HTTP/1.1\r\nHost: x\r\n\r\n`);
        await a.get();
        const b = await r.poll("b", "", base);
        await r.raw("pipelined", post(b.target,
            "4x") + `GET ${b.target} HTTP/1.1\r\nHost: x\r\n\r\n` +
            "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n", { answers: 3 });
        await r.raw("GET with a body",
            `GET ${poll} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc` +
            "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n", { answers: 2 });
    }],
    ["eio-echo", "1.6 polling: Connection and HTTP versions", async (r) => {
        const a = await r.poll("a", "", base);
        for (const head of [`GET ${poll} HTTP/1.0\r\n\r\n`,
            `GET ${poll} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`,
            `GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
            `GET /plain HTTP/1.1\r\nHost: x\r\nConnection: Close, x\r\n\r\n`,
            post(a.target, "4x", "Connection: close\r\n")]) {
            await r.raw("a", head, { ends: true });
        }
    }],
    ["eio-echo", "1.6 polling: old browsers", async (r) => {
        const agents = ["Mozilla/4.0 (compatible;MSIE 8.0)", "x Trident/7.0", "MSIE",
            "Mozilla/5.0"];
        for (const agent of agents) {
            const headers = { "user-agent": agent };
            const first = await r.http("a", poll, { headers });
            const own = `${poll}&sid=${/"sid":"([\w-]{20})"/.exec(first.text)[1]}`;
            await r.http("a", own, { method: "POST", body: "4x", headers });
            await r.http("a", own, { headers });
        }
    }],
    ["eio-echo", "1.11 JSONP: the index", async (r) => {
        for (const index of ["0", "12", "abc1", "1x2y", "", "-1", "%22"]) {
            const first = await r.http("a", `${poll}&j=${index}`);
            const own = `${poll}&j=7&sid=${/sid\\":\\"([\w-]{20})/.exec(first.text)[1]}`;
            await r.http("a", own, { method: "POST", body: "d=4x", headers: form });
            await r.http("a", own);
        }
    }],
    ["eio-echo", "1.11 JSONP: escaping both ways", async (r) => {
        const first = await r.http("a", `${poll}&j=1`);
        const own = `${poll}&j=1&sid=${/sid\\":\\"([\w-]{20})/.exec(first.text)[1]}`;
        for (const text of ["4a\nb", "4a\\nb", "4a\\\\nb", "4a\\\\\\nb", "4\\", "4\\\\",
            '4"</script>', "4\u2028\u2029é\u{1f600}",
            "4\u0000\u0001\u001f\u007f", "4\t\b\f\r", "4+ %", "bAQID"]) {
            await r.http("a", own, { method: "POST", body: `d=${encodeURIComponent(text)}`,
                headers: form });
            await r.http("a", own);
        }
        for (const body of ["", "x=4a", "d", "e=1&d=4b", "d=4a&d=4b", "d=4a+b%zz%2", "4plain"]) {
            await r.http("a", own, { method: "POST", body, headers: form });
            await r.http("a", own, { method: "POST", body: "d=4end", headers: form });
            await sleep(10);
            await r.http("a", own);
        }
    }],
    ["eio-echo", "3 revision 3: text payloads", async (r) => {
        for (const body of ["2:4x", "3:4xy2:4z", "3:4é\n", "3:4\u{1f600}", "2:4\u{1f600}",
            "10:b4AQIDBA==", "1:4", "2:2x", "1:2", "1:3", "1:1",
            "1:5", "1:6", "0:2:4x", "2:4", "3:4x", "x", "4x", ":4x", "02:4x", "-1:4",
                "1e1:4", "2:7x", "2:4x2", "99999999999999999999:4x", ""]) {
            const a = await r.poll("a", "", base, 3);
            await a.post(body);
            await sleep(15);
            await a.post("5:4last");
            await sleep(15);
            await a.get();
        }
    }],
    ["eio-echo", "3 revision 3: binary payloads", async (r) => {
        const packet = (kind, data) => Buffer.from([kind,
            ...String(data.length).split("").map(Number), 255, ...data]);
        const x = Buffer.from("4x");
        for (const body of [packet(0, x), packet(1, [4, 1, 2, 3]), Buffer.concat([packet(0, x),
            packet(1, [4, 9]), packet(0, x)]),
            packet(0, Buffer.from("4é\u{1f600}")), packet(0, Buffer.from([0x34, 0xff])), packet(1,
                [4])]) {
            const a = await r.poll("a", "", base, 3);
            await a.post(body, { "content-type": "application/octet-stream" });
            await sleep(15);
            await a.get();
        }
    }],
    ["eio-echo", "3 revision 3: heartbeat, probe and upgrade", async (r) => {
        const ws = await r.ws("w", { target: `${base}?EIO=3&transport=websocket` });
        await ws.hear();
        for (const text of ["2", "2x", "2probe", "4x", "b4AQI="]) await ws.ask(text);
        ws.give(Buffer.from([4, 1, 2]));
        await ws.hear();
        ws.say("3");
        await ws.end();
        const a = await r.poll("a", "", base, 3);
        const parked = a.park();
        await sleep(40);
        const probe = await r.ws("v", { target: a.target.replace("polling", "websocket") });
        await probe.ask("2probe");
        await parked.answer();
        await a.post("2:4x");
        probe.say("5");
        await probe.hear();
        await a.get();
    }],
    ["eio-echo", "3.1 upgrade: noops, the queue, the end of polling", async (r) => {
        const a = await r.poll("a", "", base);
        const ws = await r.ws("w", { target: a.target.replace("polling", "websocket") });
        await ws.ask("2probe");
        await a.get();
        await a.get();
        await a.post("4one");
        await a.post("4two");
        ws.say("5");
        await ws.hear(2);
        await ws.ask("4three");
        await a.get();
        await a.post("4x");
        const again = await r.ws("v", { target: a.target.replace("polling", "websocket") });
        await again.end();
        await ws.ask("4four");
    }],
    ["eio-echo", "3.1 upgrade: what makes a probe fail", async (r) => {
        for (const words of ["garbage", "2foo", "2", "3probe", "4x", "1", "6", "", "0"]) {
            const a = await r.poll("a", "", base);
            const ws = await r.ws("w", { target: a.target.replace("polling", "websocket") });
            ws.say(words);
            await ws.end();
            await a.post("4polling goes on");
            await a.get();
            const next = await r.ws("v", { target: a.target.replace("polling", "websocket") });
            await next.ask("2probe");
            next.say("5");
            await next.ask("4second try");
        }
    }],
    ["eio-echo", "3.1 upgrade: the switch with a GET pending, a second probe, the end",
        async (r) => {
        const a = await r.poll("a", "", base);
        const parked = a.park();
        await sleep(40);
        const ws = await r.ws("w", { target: a.target.replace("polling", "websocket") });
        ws.say("5");
        await parked.answer();
        await ws.ask("4x");
        const b = await r.poll("b", "", base);
        const first = await r.ws("v", { target: b.target.replace("polling", "websocket") });
        await first.ask("2probe");
        const second = await r.ws("u", { target: b.target.replace("polling", "websocket") });
        await second.end();
        await b.post("1");
        await first.end();
        await b.get();
    }],
    ["eio-echo", "4 WebSocket handshake: refusals of RFC 6455", async (r) => {
        for (const [what, more] of Object.entries({
            version: { "Sec-WebSocket-Version": "7" },
                "no version": { "Sec-WebSocket-Version": undefined },
            "version 8": { "Sec-WebSocket-Version": "8" }, key: { "Sec-WebSocket-Key": "x" },
            "no key": { "Sec-WebSocket-Key": undefined },
                "long key": { "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAAA==" },
            "another upgrade": { Upgrade: "h2c" }, "mixed case": { Upgrade: "WebSocket",
                Connection: "keep-alive, upGrade" },
            "protocols twice": { "Sec-WebSocket-Protocol": "a, a" },
                "empty protocol": { "Sec-WebSocket-Protocol": "a,, b" },
            "trailing comma": { "Sec-WebSocket-Protocol": "a," },
            "spaces": { "Sec-WebSocket-Protocol": `b${" ".repeat(3000)}x` },
                "quoted": { "Sec-WebSocket-Protocol": '"a"' },
            "first of three": { "Sec-WebSocket-Protocol": "c , b,a" },
            "any extension": { "Sec-WebSocket-Extensions": ";;;" },
        })) {
            await r.handshake(what, upgradeHead(socket, more));
        }
        await r.raw("POST", upgradeHead(socket, { method: "POST", "Content-Length": "0" }));
        await r.raw("polling by upgrade, nobody", upgradeHead(`${poll}&sid=none`));
        const ws = await r.ws("polling by upgrade", { target: poll });
        await ws.end();
    }],
    ["eio-options", "4 WebSocket handshake: extensions", async (r) => {
        const pmd = "permessage-deflate";
        for (const offer of [pmd, `${pmd}; client_max_window_bits`,
            `${pmd}; server_max_window_bits=9; client_max_window_bits=11`,
            `${pmd};client_no_context_takeover;server_no_context_takeover`, `foo, ${pmd}`,
                `${pmd}; x`, `${pmd}, ${pmd}; x`, "foo", ",",
            `${pmd}; server_max_window_bits`, `${pmd}; server_max_window_bits="12"`,
                `${pmd}; client_max_window_bits=7`, `x-webkit-${pmd}`]) {
            await r.handshake(offer, upgradeHead(socket, { "Sec-WebSocket-Extensions": offer }));
        }
    }, { perMessageDeflate: {} }],
    ["eio-echo", "4 frames: the ends of a WebSocket", async (r) => {
        const close = (...bytes) => frame(opcodes.close, Buffer.from(bytes));
        for (const [what, bytes] of Object.entries({
            "1000": close(3, 232), "1001 bye": close(3, 233, 0x62), empty: close(),
                "3000": close(11, 184), "4999": close(19, 135),
            "1014": close(3, 246), "1015": close(3, 247), "1016": close(3, 248), "2999": close(11,
                183), "5000": close(19, 136),
            "1004": close(3, 236), "1006": close(3, 238), "one byte": close(3),
                "bad reason": close(3, 232, 0xc0, 0x80),
            "unmasked": frame(opcodes.text, "4x", { masked: false }),
                "packet 7": frame(opcodes.text, "7"),
            "empty text": frame(opcodes.text, ""), "a ping packet": frame(opcodes.text, "2"),
        })) {
            const ws = await r.ws("w", { target: socket });
            await ws.hear();
            r.note("w", `> ${what}`);
            ws.raw.socket.write(bytes);
            await ws.hear();
            await ws.gone();
        }
    }],
    ["eio-echo", "4 frames: what leaves it open", async (r) => {
        const ws = await r.ws("w", { target: socket });
        await ws.hear();
        for (const text of ["1", "3", "3x", "0", "5", "6"]) {
            ws.say(text);
            await ws.ask("4x");
        }
        for (const bytes of ["", "00", "34", "ff00"]) {
            ws.give(Buffer.from(bytes, "hex"));
            await ws.hear();
        }
        for (const text of ["b", "bAQI", "b!!", "4", "4\u{1f600}\u0000"]) await ws.ask(text);
        ws.send(opcodes.pong, "unasked");
        ws.send(opcodes.ping, "x".repeat(125));
        await ws.hear();
    }],
    ["eio-options", "2.1 heartbeat of revision 4", async (r) => {
        const a = await r.ws("w", { target: socket });
        await a.hear(2);
        await a.ask("3");
        a.say("3probe");
        await a.hear();
        await a.end();
        const b = await r.poll("b", "", base);
        await b.get();
        await b.post("3");
        await b.get();
        await b.get();
        await b.get();
    }, { pingInterval: 500, pingTimeout: 500 }],
    ["eio-options", "2.2 heartbeat of revision 3", async (r) => {
        const a = await r.ws("w", { target: `${base}?EIO=3&transport=websocket` });
        await a.hear();
        for (let i = 0; i < 3; ++i) {
            await wait(400);
            await a.ask("2");
        }
        await a.end();
        const b = await r.poll("b", "", base, 3);
        await b.get();
        await b.get();
    }, { pingInterval: 500, pingTimeout: 500, allowEIO3: true }],
];
