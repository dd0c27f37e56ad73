// What the transcript plays to both servers. Each scenario gets a Recorder with a server of the
// profile behind it; whatever the server answers becomes a line.
import { opcodes } from "./raw-ws.mjs";
import { arrived } from "./inbox.mjs";

const RS = "\x1e";
const chat = "/chat,";

async function each(recorder, texts, play) {
    for (const text of texts) {
        const peer = await recorder.joined("a");
        await play(peer, text);
        peer.raw.destroy();
    }
}

export const scenarios = [
    ["main", "connect and echo", async (r) => {
        const a = await r.joined("a");
        await a.ask('42["echo"]');
        await a.ask('42["echo",1,2.50,-0,1e3,"\\u00e9",null,true,[],{}]');
        await a.ask('42["echo",{"b":1,"a":{"2":0,"1":0}},"\\ud83d\\ude00 \\u2028 \\u0001 \\/"]');
        await a.ask('42["give-types"]');
        await a.ask('42["message","x",1]');
        await a.ask('42["any:one",1]');
        await a.ask('4212["any:two",1]');
    }],
    ["main", "numbers and strings in every spelling", async (r) => {
        const a = await r.joined("a");
        for (const text of ["1E5", "1e21", "1e-7", "123456789012345678", "0.1", "1e400", "-1.0",
            "5e-324", "0.000001", "1234567890.125", '"\\ud800"', '"\\b\\f\\n\\r\\t"', '"\\u007f"']) {
            await a.ask(`42["echo",${text}]`);
        }
    }],
    ["main", "acks both ways", async (r) => {
        const a = await r.joined("a");
        await a.ask('420["echo-ack"]');
        await a.ask('4277["echo-ack",1,"two",{"three":[3]}]');
        await a.ask('425["double-ack"]');
        await a.ask('426["late-ack",20]');
        await a.ask('429["describe",null,1,"é",true,[1,{}],{"b":"x","a":[]}]');
        await a.ask('42["ask-me",1000,"q",{"x":1}]');
        await a.ask('430["answer",[2]]');
        await a.ask('42["ask-me",30,"nobody"]', 2);
        await a.ask('42["ask-me-forever","q"]');
        a.say("4399[]");
        await a.ask("432[]");
        await a.ask('42["ask-all",[],1000,"v"]');
        await a.ask('433["all"]');
    }],
    ["main", "binary", async (r) => {
        const a = await r.joined("a");
        await a.ask('42["give-binary",5]', 2);
        await a.ask('42["give-binary",0]', 2);
        await a.ask('421["give-nested"]', 4);
        a.say('452-["echo",{"_placeholder":true,"num":1},{"k":{"num":0,"_placeholder":true}}]');
        a.give(Buffer.from("00ff", "hex"));
        a.give(Buffer.from("aa", "hex"));
        await a.hear(3);
        a.say('452-8["echo-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]');
        a.give(Buffer.from("01", "hex"));
        a.give(Buffer.from("02", "hex"));
        await a.hear(3);
        await a.ask('42["echo",{"_placeholder":true,"num":0}]');
        a.say('451-["describe",{"_placeholder":true,"num":0}]');
        a.say("2x".replace("2x", "3"));
        a.give(Buffer.alloc(10));
        await a.ask('420["echo-ack"]');
        a.say('42["ask-me",1000]');
        await a.hear();
        a.say('461-0[{"_placeholder":true,"num":0}]');
        a.give(Buffer.from("09", "hex"));
        await a.hear(2);
    }],
    ["main", "rooms", async (r) => {
        const [a, b, c] = [await r.joined("a"), await r.joined("b"), await r.joined("c")];
        await a.ask('420["join",["one","two"]]');
        await b.ask('420["join","one"]');
        await c.ask('420["rooms"]');
        await a.ask('421["rooms"]');
        a.say('42["cast",{"to":"one"},"to one"]');
        await b.hear();
        a.say('42["cast",{"mode":"all","to":["one","two"]},"all of both"]');
        await a.hear();
        await b.hear();
        a.say('42["cast",{"mode":"all","except":["two"],"event":"named"},1,2]');
        await b.hear();
        await c.hear();
        b.say('42["cast",{},"others"]');
        await a.hear();
        await c.hear();
        b.say('451-["cast",{"to":"two"},{"_placeholder":true,"num":0}]');
        b.give(Buffer.from("0102", "hex"));
        await a.hear(2);
        a.say('42["nsp-join","one","three"]');
        await a.ask('422["rooms"]');
        a.say('42["nsp-leave","one",["one"]]');
        await arrived(); // b may live on another thread, and no order binds two connections
        await b.ask('423["rooms"]');
        await b.ask('424["leave","three"]');
        await a.ask('425["who",["three"]]');
        a.say('42["kick-room","three",false]');
        await a.hear();
        await b.ask('426["echo-ack"]');
    }],
    ["main", "namespaces and refusals", async (r) => {
        const a = await r.joined("a");
        await a.ask(`40${chat}`);
        await a.ask(`42${chat}["echo",1]`);
        await a.ask(`42${chat}7["echo-ack",2]`);
        await a.ask('40/hello,{"who":"me"}', 2);
        await a.ask("40/dyn-1,");
        await a.ask("40/dyn-x,");
        await a.ask('40/fn-a,{"ok":true}');
        await a.ask('40/fn-b,{"ok":"true"}');
        await a.ask("40/deny,");
        await a.ask("40/deny-plain,");
        await a.ask("40/token,");
        await a.ask('40/token,{"token":5}');
        await a.ask('40/token,{"token":"slow"}', 2);
        await a.ask('42/token,1["get-data"]');
        await a.ask("40/nope");
        await a.ask("40/admin?x=1,");
        a.say(`41${chat}`);
        await arrived(20);
        await a.ask(`40${chat}`);
        await a.ask(`42${chat}["kick",false]`);
        await a.ask('42["echo","still here"]');
        await a.ask('42["emit-then-kick",true]', 5);
        await a.end();
    }],
    ["main", "middleware", async (r) => {
        const a = await r.joined("a");
        await a.ask('42["forbidden",1,2]');
        await a.ask('421["forbidden"]');
        a.say('42["delayed","later"]');
        await a.ask('42["echo","first"]', 2);
        await a.ask('42["after",10,"soon",1]');
        await a.ask('42["volatile-one"]');
    }],
    ["main", "packets that end the session", (r) => each(r, [
        "4", "47", "4a", "42[", "42{}", "42[null]", "42[{}]", '42["connect"]', '42["disconnect"]',
        "45", "45-", '450-["x"]', '4511-["x"]', "40", "40[]", '44{"message":"x"}', `42${chat}["x"]`,
        "9", "", "2", '421.5["x"]', '42-1["x"]', '41{"x":1}',
    ], async (a, text) => {
        a.say(text);
        await a.end();
    })],
    ["main", "packets that do not", (r) => each(r, [
        "1", "3", "3x", "5", "6", "0", "42", "43", "4399[1]", '42[""]', "42[5]", '42["__proto__"]',
        '42["no-ack", 1 ]', '42 ["no-ack"]', '422["unknown"]',
    ], async (a, text) => {
        a.say(text);
        await a.ask('42["echo","alive"]');
    })],
    ["main", "attachments that end the session", (r) => each(r, [
        '451-["echo",{"_placeholder":true,"num":1}]', '451-["echo",{"_placeholder":true,"num":-1}]',
        '451-["echo",{"_placeholder":true,"num":"0"}]', '451-["echo",{"_placeholder":true}]',
    ], async (a, text) => {
        a.say(text);
        a.give(Buffer.from("01", "hex"));
        await a.end();
    })],
    ["main", "frames that end the session", (r) => each(r, [
        [3, "x", {}], [opcodes.text, "x", { rsv: 1 }], [opcodes.continuation, "x", {}],
        [opcodes.ping, "x".repeat(126), {}], [opcodes.text, Buffer.from([0x34, 0xff]), {}],
        [opcodes.close, Buffer.from([3, 232]), {}], [opcodes.close, Buffer.from([0]), {}],
        [opcodes.close, "", {}], [opcodes.text, "x".repeat(100_001), {}],
    ], async (a, args) => {
        a.send(...args);
        await a.end();
    })],
    ["main", "polling", async (r) => {
        const a = await r.poll("a");
        await a.post("40");
        await a.get();
        await a.post(`42["echo",1]${RS}42["echo","é"]${RS}420["echo-ack"]`);
        await arrived(20);
        await a.get();
        await a.post(`451-["echo",{"_placeholder":true,"num":0}]${RS}bAQID`);
        await a.get();
        const parked = a.park();
        await arrived(30);
        // One packet only: whether a second one still catches this GET is a matter of timing.
        await a.post('42["echo","parked"]');
        await parked.answer();
        await a.post("40/deny,");
        await a.get();
        await a.post('42["emit-then-kick",true]');
        await a.get();
        await a.get();
        await a.get();
    }],
    ["main", "polling that goes wrong", async (r) => {
        for (const body of ["", "abc", RS, "7", "2", "1", "42[", "45x"]) {
            const a = await r.poll("a");
            const parked = a.park();
            await arrived(30);
            await a.post(body);
            await parked.answer();
            await a.get();
        }
        const b = await r.poll("b");
        await b.post("40", { "content-type": "application/octet-stream" });
        await b.get();
        const c = await r.poll("c");
        const parked = c.park();
        await arrived(30);
        await c.get();
        await parked.answer();
        await c.get();
        const d = await r.poll("d");
        await d.post("x".repeat(100_001));
        for (const method of ["PUT", "DELETE", "HEAD"]) await r.http("d", d.target, { method });
        await d.post("40");
    }],
    ["main", "requests that start nothing", async (r) => {
        const poll = "/socket.io/?EIO=4&transport=polling";
        for (const target of ["/socket.io/", "/socket.io", "/socket.iox", "/plain", "/none",
            "/socket.io/?EIO=4&transport=x", `${poll}&sid=none`, `${poll}&reject=`,
            `${poll}&reject=so`, "/socket.io/?EIO=4&transport=websocket"]) {
            await r.http("a", target, { headers: { origin: "http://page.test" } });
        }
        for (const method of ["POST", "PUT", "HEAD"]) {
            await r.http("a", poll, { method, headers: { "content-length": 0 } });
        }
        await r.http("a", poll, { method: "OPTIONS", headers: {
            origin: "http://page.test", "access-control-request-method": "POST",
            "access-control-request-headers": "x-a",
        } });
        for (const query of ["x", "websocket&sid=none", "websocket&reject=so"]) {
            await r.ws("w", { target: `/socket.io/?EIO=4&transport=${query}` });
        }
    }],
    ["main", "the old protocol", async (r) => {
        const a = await r.ws("a", { target: "/socket.io/?EIO=3&transport=websocket" });
        await a.hear(2);
        await a.ask('42["echo",1]');
        await a.ask("2");
        await a.ask("2probe");
        a.say('451-["echo",{"_placeholder":true,"num":0}]');
        a.give(Buffer.from("040102", "hex"));
        await a.hear(2);
        await a.ask("40/chat?tag=x");
        await a.ask("40/deny,");
        await a.ask("40/deny-plain,");
        await a.ask("40/nope");
        a.say("3");
        await a.end();
    }],
    ["main", "an upgrade", async (r) => {
        const a = await r.poll("a");
        await a.post("40");
        await a.get();
        const parked = a.park();
        await arrived(30);
        const ws = await r.ws("w", { target: a.target.replace("=polling", "=websocket") });
        await ws.ask("2probe");
        await parked.answer();
        await a.post('42["echo","queued"]');
        ws.say("5");
        await ws.hear();
        await ws.ask('42["echo","direct"]');
        await a.get();
        const second = await r.ws("v", { target: a.target.replace("=polling", "=websocket") });
        await second.end();
        await ws.ask('42["kick",true]');
        await ws.end();
    }],
    ["pollonly", "cookies and listed origins", async (r) => {
        const poll = "/socket.io/?EIO=4&transport=polling";
        for (const origin of ["http://one.test", "http://two.test", "http://no.test"]) {
            await r.http("a", poll, { headers: { origin } });
            await r.http("a", poll, { method: "OPTIONS", headers: {
                origin, "access-control-request-method": "POST",
            } });
        }
        await r.poll("b");
    }],
    ["strict", "another path", async (r) => {
        for (const target of ["/rt/?EIO=4&transport=polling", "/rt/?EIO=3&transport=polling",
            "/rt/socket.io.js", "/rt", "/socket.io/?EIO=4&transport=polling"]) {
            await r.http("a", target, { headers: { origin: "http://page.test" } });
        }
        await r.http("a", "/rt/?EIO=4&transport=polling", { method: "OPTIONS" });
    }],
    ["msgpack", "msgpack refuses text", async (r) => {
        const a = await r.ws("a");
        await a.hear();
        a.say("40");
        await a.end();
    }],
];
