// Profile "api" on the Node packages: what apps/conformance/api.cpp is here.
const callable = (value) => (typeof value === "function" ? value : () => {});
const plain = (args) => args.filter((value) => typeof value !== "function");

const trace = [];
const tagOf = (socket) => socket.handshake.auth?.tag ?? "";

function registerOnRequest(socket) {
    let log = [];
    const heardBy = (who) => (event, ...args) => {
        if (event.startsWith("x")) log.push(`${who} ${event} ${plain(args).length}`);
    };
    socket.on("on", (event) => {
        socket.on(event, (...args) => socket.emit("heard", "on", event, ...plain(args)));
    });
    socket.on("once", (event) => {
        socket.once(event, (...args) => socket.emit("heard", "once", event, ...plain(args)));
    });
    socket.on("off", (event) => socket.removeAllListeners(event));
    socket.on("any", (who) => socket.onAny(heardBy(who)));
    socket.on("any-first", (who) => socket.prependAny(heardBy(who)));
    socket.on("any-off", () => socket.offAny());
    socket.on("out", (who) => socket.onAnyOutgoing(heardBy(who)));
    socket.on("out-first", (who) => socket.prependAnyOutgoing(heardBy(who)));
    socket.on("out-off", () => socket.offAnyOutgoing());
    socket.on("refuse", (refused) => {
        socket.use(([event], next) => {
            next(event === refused ? new Error(`refused ${refused}`) : undefined);
        });
    });
    socket.on("error", (error) => socket.emit("middleware-error", error.message));
    socket.on("log", (ack) => {
        callable(ack)(log);
        log = [];
    });
    socket.on("count", (event, ack) => {
        callable(ack)(socket.listeners(event).length, socket.listenersAny().length,
            socket.listenersAnyOutgoing().length);
    });
}

function serveRooms(socket) {
    socket.on("join", (room, ack) => { socket.join(room); callable(ack)(); });
    socket.on("leave", (room, ack) => { socket.leave(room); callable(ack)(); });
    socket.on("broadcast", (event, ...args) => socket.broadcast.emit(event, ...plain(args)));
    socket.on("emit", (event, ...args) => socket.emit(event, ...plain(args)));
    socket.on("end", (close) => socket.disconnect(close));
}

function noteRooms(adapter) {
    for (const what of ["create", "delete"]) {
        adapter.on(`${what}-room`, (room) => trace.push(`${what} ${room}`));
    }
    for (const what of ["join", "leave"]) {
        adapter.on(`${what}-room`, (room, id) => {
            trace.push(`${what} ${room}${room === id ? " own" : ""}`);
        });
    }
}

export function installApi(io) {
    const serve = (socket) => {
        registerOnRequest(socket);
        serveRooms(socket);
        socket.on("trace", (needle, ack) => {
            callable(ack)(trace.filter((line) => line.includes(needle)));
        });
        socket.on("late-namespace", (name, ack) => {
            io.of(name).on("connection", (late) => late.emit("hello", late.nsp.name));
            callable(ack)();
        });
        socket.on("conn", (ack) => {
            callable(ack)({
                transport: socket.conn.transport.name,
                protocol: socket.conn.protocol,
                path: socket.request.url.split("?")[0],
                clients: io.engine.clientsCount > 0,
                server: socket.server === io,
            });
        });
        socket.conn.on("upgrade", () => socket.emit("moved", socket.conn.transport.name));
        socket.conn.on("close", (reason) => trace.push(`conn ${tagOf(socket)} ${reason}`));
        socket.on("disconnecting", () => {
            socket.broadcast.emit("leaving", tagOf(socket), socket.rooms.size);
            socket.emit("x-last", "words");
        });
        socket.on("disconnect", (reason) => {
            trace.push(`left ${tagOf(socket)} ${reason} ${socket.rooms.size}`);
        });
    };
    noteRooms(io.of("/").adapter);
    io.on("new_namespace", (nsp) => trace.push(`new ${nsp.name}`));
    io.on("connection", serve);
    const parent = io.of(/^\/child-/);
    parent.use((socket, next) => next(socket.handshake.auth.no ? new Error("no") : undefined));
    parent.on("connection", serve);
    io.on("connection", (socket) => {
        socket.on("parent-emit", (...args) => parent.emit("to-all", ...plain(args)));
    });
}
