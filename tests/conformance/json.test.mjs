// JSON as JavaScript reads and writes it: random and awkward texts go to the server, which parses
// them and prints what it understood; the oracle is this process's JSON.stringify(JSON.parse(text)).
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openSession } from "./lib/raw-ws.mjs";
import { startServer } from "./lib/server.mjs";

const seed = 20261121;
const perPacket = 250;

let server;
let ws;

before(async () => {
    server = await startServer("main");
    ws = await openSession(server.port);
});
after(async () => {
    ws?.destroy();
    await server?.stop();
});

// mulberry32: the same numbers in every run.
function generator(state) {
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return (t ^ (t >>> 14)) >>> 0;
    };
}

// Sends the texts as arguments of one event and compares its answer byte by byte.
async function same(texts) {
    for (let i = 0; i < texts.length; i += perPacket) {
        const part = texts.slice(i, i + perPacket);
        ws.text(`420["echo-ack",${part.join(",")}]`);
        const got = await ws.nextText();
        const expected = `430${JSON.stringify(part.map((text) => JSON.parse(text)))}`;
        if (got !== expected) {
            for (const text of part) {
                ws.text(`421["echo-ack",${text}]`);
                assert.equal(await ws.nextText(), `431${JSON.stringify([JSON.parse(text)])}`, text);
            }
        }
        assert.equal(got, expected);
    }
}

const many = (count, make) => {
    const random = generator(seed);
    return Array.from({ length: count }, () => make(random));
};

describe("numbers", () => {
    it("of every bit pattern", async () => {
        const view = new DataView(new ArrayBuffer(8));
        await same(many(40_000, (random) => {
            view.setUint32(0, random());
            view.setUint32(4, random());
            const value = view.getFloat64(0);
            return Number.isFinite(value) ? String(value) : "0";
        }));
    });

    it("of every size, near powers of two and of ten", async () => {
        await same(many(20_000, (random) => {
            const base = random() % 2 ? 2 ** ((random() % 2040) - 1020) : 10 ** ((random() % 600) - 300);
            return String(base * (1 + ((random() % 9) - 4) * Number.EPSILON) * (random() % 2 ? 1 : -1));
        }));
    });

    it("written in every way", async () => {
        const digits = (random, most) => {
            let text = "";
            for (let i = random() % most; i >= 0; --i) text += random() % 10;
            return text;
        };
        await same(many(40_000, (random) => {
            const whole = random() % 3 ? String(random() % 10 || 7) + digits(random, 24) : "0";
            const fraction = random() % 2 ? `.${digits(random, 24)}` : "";
            const sign = ["", "+", "-"][random() % 3];
            const exponent = random() % 2 ? `${"eE"[random() % 2]}${sign}${random() % 420}` : "";
            return `${random() % 2 ? "-" : ""}${whole}${fraction}${exponent}`;
        }));
    });

    it("at the edges", async () => {
        const integers = [53, 54, 63, 64].flatMap((power) => [-2n, -1n, 0n, 1n, 2n, 3n].flatMap(
            (near) => [`${2n ** BigInt(power) + near}`, `-${2n ** BigInt(power) + near}`]));
        await same([...integers, "-0", "-0.0", "0e5", "-0e-5", "1e400", "-1e400", "1e-400", "5e-324",
            "2.4703282292062327e-324", "2.4703282292062328e-324", "1.7976931348623157e308",
            "1.7976931348623159e308", "1e21", "1e20", "999999999999999900000", "1e-6", "1e-7",
            "123456789012345680000", "0.1", "100", "1E2", "1e+2", "4.35", "0.000001", "9e999999999",
            "1e-999999999", `1${"0".repeat(400)}`, `0.${"0".repeat(400)}1`,
            `0.${"0".repeat(300)}1e300`]);
    });
});

describe("strings", () => {
    it("with every escape, surrogate and control character", async () => {
        const short = ["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"];
        const hex = (n) => n.toString(16).padStart(4, "0");
        await same(many(20_000, (random) => {
            let text = "";
            for (let i = random() % 8; i > 0; --i) {
                text += [
                    () => short[random() % short.length],
                    () => `\\u${hex(random() % 0x10000)}`,
                    () => `\\u${hex(0xd800 + random() % 0x800).toUpperCase()}`,
                    () => `\\u${hex(random() % 0x20)}`,
                    () => String.fromCodePoint(0x20 + random() % 0xd7e0).replace(/["\\]/g, "x"),
                    () => String.fromCodePoint(0x10000 + random() % 0x100000),
                    () => "\u2028\u2029\u007f\ufeff\uffff",
                ][random() % 7]();
            }
            return `"${text}"`;
        }));
    });
});

describe("objects and arrays", () => {
    it("keep the order of JavaScript, duplicate keys and odd names", async () => {
        await same(['{"b":1,"a":2,"b":3}', '{"2":1,"1":2,"a":3,"01":4,"-1":5,"1.5":6,"0":7}',
            '{"4294967294":1,"4294967295":2,"4294967296":3,"7":4}', '{"__proto__":1}',
            '{"__proto__":{"x":1},"a":{"__proto__":null}}', '{"__proto__":1,"__proto__":2}',
            '{"constructor":1,"toString":2,"hasOwnProperty":3,"length":4}', '{"":0,"\\u0000":1}',
            '{"\\ud800":1,"\\ud800":2,"\\udc00":3}', '{"a\\u0062":1,"ab":2}', '{"toJSON":1}',
            '{"_placeholder":false,"num":0}', "[]", "{}", "[[],{}]", " [ 1 , { } ] ",
            "\t{\r\n\"a\" :\t1 }\n"]);
    });

    it("at random", async () => {
        const keys = ["a", "b", "0", "10", "9", "__proto__", "\\u00e9", "é", "x y", ""];
        const value = (random, depth) => {
            const kind = random() % (depth > 0 ? 7 : 5);
            if (kind === 0) return String((random() % 2000) / 8 - 100);
            if (kind === 1) return `"${keys[random() % keys.length]}"`;
            if (kind < 5) return ["true", "false", "null"][kind - 2];
            const parts = Array.from({ length: random() % 5 }, () => value(random, depth - 1));
            return kind === 5 ? `[${parts.join(",")}]` :
                `{${parts.map((part) => `"${keys[random() % keys.length]}":${part}`).join(",")}}`;
        };
        await same(many(10_000, (random) => value(random, 4)));
    });
});

describe("texts that are no JSON", () => {
    const texts = ["01", "1.", ".5", "+1", "1e", "-", "NaN", "Infinity", "undefined", "'a'", "[1,]",
        "{\"a\":1,}", "{a:1}", "\"\t\"", "\"\\x41\"", "\"\\u12\"", "tru", "1 2", "\u00a01",
        "\ufeff1", "/**/1", "\"", "[", "{\"a\"}"];
    for (const text of texts) {
        it(JSON.stringify(text), async () => {
            assert.throws(() => JSON.parse(text));
            const one = await openSession(server.port);
            one.text(`420["echo-ack",${text}]`);
            assert.equal(await one.closeCode(), 1005);
            one.destroy();
        });
    }
});
