// What every socket of the contract's profiles answers, on the Node packages.
const engineKeys = new Set(["EIO", "transport", "t", "sid", "b64", "j"]);
const ended = new Map(); // tag -> the ends of the sockets that carried it

const list = (value) =>
    Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
const callable = (value) => (typeof value === "function" ? value : () => {});
const plain = (args) => args.filter((value) => typeof value !== "function");
const inRooms = (nsp, rooms) => (list(rooms).length ? nsp.in(list(rooms)) : nsp);

function tagOf(socket) {
    const tag = socket.handshake.auth?.tag ?? socket.handshake.query?.tag;
    return typeof tag === "string" ? tag : undefined;
}

function otherRooms(socket) {
    return [...socket.rooms].filter((room) => room !== socket.id).sort();
}

function refusal(message, data) {
    const error = new Error(message);
    if (data !== undefined) error.data = data;
    return error;
}

export function adler32(bytes) {
    let a = 1;
    let b = 0;
    for (const byte of bytes) {
        a = (a + byte) % 65521;
        b = (b + a) % 65521;
    }
    return (b * 65536 + a) >>> 0;
}

export function pattern(size) {
    return Buffer.from(Array.from({ length: size }, (_, i) => i % 251));
}

export function shapeOf(value) {
    if (value === null || value === undefined) return "null";
    if (value instanceof ArrayBuffer) return shapeOf(Buffer.from(value));
    if (ArrayBuffer.isView(value)) {
        const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
        return { bin: bytes.length, adler: adler32(bytes) };
    }
    if (Array.isArray(value)) return { arr: value.map(shapeOf) };
    if (typeof value === "object") {
        return { obj: Object.keys(value).sort().map((key) => [key, shapeOf(value[key])]) };
    }
    return typeof value === "string" ? { str: Buffer.byteLength(value) } : typeof value;
}

function recordEnds(socket) {
    const tag = tagOf(socket);
    let rooms = [];
    socket.on("disconnecting", () => { rooms = otherRooms(socket); });
    socket.on("disconnect", (reason) => {
        if (tag === undefined) return;
        const ends = ended.get(tag) ?? [];
        ends.push({ nsp: socket.nsp.name, reason, rooms, left: socket.rooms.size });
        ended.set(tag, ends.slice(-50));
    });
    socket.on("reasons", (wanted, ack) => callable(ack)(ended.get(wanted) ?? []));
}

function addMiddleware(socket) {
    socket.use((event, next) => {
        if (event[0] === "forbidden") {
            next(refusal("forbidden event", { code: 77, args: event.length - 1 }));
        } else if (event[0] === "delayed") {
            setTimeout(next, 50);
        } else if (event[0] === "rewritten") {
            event[0] = "echo";
            event[1] = { was: event[1] };
            event.push("added");
            next();
        } else {
            next();
        }
    });
    socket.on("error", (error) => {
        socket.emit("middleware-error", { message: error.message, data: error.data ?? null });
    });
    socket.onAny((event, ...args) => {
        if (typeof event !== "string" || !event.startsWith("any:")) return;
        socket.emit("any-seen", event, plain(args).length, typeof args.at(-1) === "function");
    });
}

function answerEchoes(socket) {
    socket.on("echo", (...args) => socket.emit("echo-back", ...plain(args)));
    socket.on("delayed", (...args) => socket.emit("delayed-back", ...plain(args)));
    socket.on("message", (...args) => socket.send(...plain(args)));
    socket.on("echo-ack", (...args) => callable(args.pop())(...args));
    socket.on("describe", (...args) => callable(args.pop())(args.map(shapeOf)));
    socket.on("no-ack", () => {});
    socket.on("late-ack", (ms, ack) => {
        setTimeout(() => callable(ack)("late"), Number(ms) || 0);
    });
    socket.on("double-ack", (ack) => {
        callable(ack)(1);
        callable(ack)(2);
    });
}

function askBack(socket) {
    const report = (failed, values) => socket.emit("answer-report", { failed, values });
    socket.on("ask-me", (ms, ...args) => {
        socket.timeout(Number(ms)).emit("question", ...args, (error, ...values) => {
            report(Boolean(error), error ? [] : values);
        });
    });
    socket.on("ask-me-forever", (...args) => {
        socket.emit("question", ...args, (...values) => report(false, values));
    });
    socket.on("ask-all", (rooms, ms, value) => {
        const asked = inRooms(socket.nsp.timeout(Number(ms)), rooms);
        asked.emit("question", value, (error, responses) => {
            const texts = (responses ?? []).map((response) => JSON.stringify(response)).sort();
            socket.emit("answers", { failed: Boolean(error), responses: texts });
        });
    });
}

function keepRooms(socket) {
    const nsp = socket.nsp;
    socket.on("join", async (rooms, ack) => {
        await socket.join(list(rooms));
        callable(ack)(otherRooms(socket));
    });
    socket.on("leave", async (room, ack) => {
        await socket.leave(room);
        callable(ack)(otherRooms(socket));
    });
    socket.on("rooms", (ack) => callable(ack)(otherRooms(socket), socket.rooms.has(socket.id)));
    socket.on("nsp-join", (from, to) => inRooms(nsp, from).socketsJoin(list(to)));
    socket.on("nsp-leave", (from, rooms) => inRooms(nsp, from).socketsLeave(list(rooms)));
    socket.on("who", async (rooms, ack) => {
        const found = await inRooms(nsp, rooms).fetchSockets();
        const rows = found.map((one) => ({ tag: tagOf(one) ?? null, rooms: otherRooms(one) }));
        callable(ack)(rows.sort((a, b) => String(a.tag).localeCompare(String(b.tag))));
    });
}

function castAbout(socket) {
    socket.on("cast", (spec, ...args) => {
        const { mode = "others", to, except, volatile = false, compress, event = "cast" } =
            spec ?? {};
        let operator = mode === "all" ? socket.nsp : socket.broadcast;
        if (list(to).length) operator = operator.to(list(to));
        if (list(except).length) operator = operator.except(list(except));
        if (volatile) operator = operator.volatile;
        if (compress !== undefined) operator = operator.compress(Boolean(compress));
        operator.emit(event, ...plain(args));
    });
    socket.on("cast-to-socket", (id, ...args) => socket.to(id).emit("cast", ...plain(args)));
}

function endOnRequest(socket) {
    socket.on("kick", (close) => socket.disconnect(Boolean(close)));
    socket.on("kick-room", (room, close) => {
        socket.nsp.in(room).disconnectSockets(Boolean(close));
    });
    socket.on("emit-then-kick", (close) => {
        socket.emit("last-words", "bye");
        socket.disconnect(Boolean(close));
    });
}

function sendMuch(socket) {
    const repeat = (count, send) => {
        for (let i = 0; i < Math.min(count, 10_000); ++i) send(i);
    };
    socket.on("burst", (n, size) => {
        repeat(n, (i) => socket.emit("burst-item", i, "x".repeat(size)));
    });
    socket.on("binary-burst", (n, size) => {
        repeat(n, (i) => socket.emit("burst-item", i, pattern(size)));
    });
    socket.on("volatile-burst", (n) => {
        repeat(n, (i) => socket.volatile.emit("volatile-item", i));
        socket.emit("volatile-done");
    });
    socket.on("volatile-one", () => socket.volatile.emit("volatile-item", "single"));
    socket.on("after", (ms, event, ...args) => {
        setTimeout(() => socket.emit(event, ...plain(args)), Number(ms) || 0);
    });
}

function giveSamples(socket) {
    socket.on("give-binary", (size) => socket.emit("blob", pattern(size)));
    socket.on("give-nested", (ack) => {
        callable(ack)({
            a: [pattern(3), { b: pattern(0), c: "txt" }], d: null, e: pattern(300),
        });
    });
    socket.on("give-types", () => {
        socket.emit("types", null, true, false, 0, -1, 1.5, -2.25e-7, 1e21, 9007199254740991, "",
            "h\u00e9llo \u20ac \ud83d\ude00", "\u0000\u001f\"\\/\u2028", [], {}, [[[]]],
            { "": 0, "a b": [1, { c: null }] });
    });
}

function describeSelf(socket) {
    socket.on("whoami", (ack) => {
        const { auth, query, secure, xdomain, headers } = socket.handshake;
        const own = Object.keys(query).filter((key) => !engineKeys.has(key)).sort();
        callable(ack)({
            id: socket.id,
            nsp: socket.nsp.name,
            auth: auth ?? {},
            query: Object.fromEntries(own.map((key) => [key, query[key]])),
            transport: socket.conn.transport.name,
            secure: Boolean(secure),
            xdomain: Boolean(xdomain),
            recovered: Boolean(socket.recovered),
            protocol: socket.conn.protocol,
            header: headers["x-probe"] ?? null,
        });
    });
    socket.on("set-data", (value, ack) => {
        socket.data.value = value;
        callable(ack)();
    });
    socket.on("get-data", (ack) => callable(ack)(socket.data.value ?? null));
}

const parts = [recordEnds, addMiddleware, answerEchoes, askBack, keepRooms, castAbout,
    endOnRequest, sendMuch, giveSamples, describeSelf];

function serve(nsp, { welcome = false } = {}) {
    nsp.on("connection", (socket) => {
        for (const part of parts) part(socket);
        if (welcome) socket.emit("welcome", { auth: socket.handshake.auth ?? {} });
    });
}

export function installNamespaces(io) {
    for (const name of ["/", "/chat"]) serve(io.of(name));
    serve(io.of("/hello"), { welcome: true });
    serve(io.of(/^\/dyn-\d+$/));
    serve(io.of((name, auth, next) => next(null, name.startsWith("/fn-") && auth?.ok === true)));

    const deny = { code: 4001, hint: "no way", list: [1, null] };
    serve(io.of("/deny").use((socket, next) => next(refusal("denied", deny))));
    serve(io.of("/deny-plain").use((socket, next) => next(refusal("denied without data"))));

    const token = io.of("/token");
    token.use((socket, next) => {
        const got = socket.handshake.auth?.token ?? socket.handshake.query?.token;
        if (got === "slow") {
            setTimeout(next, 150);
        } else {
            next(got === "letmein" ? undefined : refusal("bad token", { got: got ?? null }));
        }
    });
    token.use((socket, next) => {
        socket.data.value = "passed";
        socket.join("token-holders");
        next();
    });
    serve(token, { welcome: true });
}

export function installBenchmark(io) {
    io.on("connection", (socket) => {
        socket.on("echo", (...args) => {
            const ack = typeof args.at(-1) === "function" ? args.pop() : undefined;
            if (ack) ack(...args); else socket.emit("echo", ...args);
        });
        socket.on("join", async (room, ack) => {
            await socket.join(room);
            callable(ack)();
        });
        socket.on("broadcast", (room, payload) => io.to(room).emit("broadcast", payload));
    });
}
