// The two profiles that the official client test-suites are run against.
const binary = (value) =>
    Buffer.isBuffer(value) || value instanceof ArrayBuffer || ArrayBuffer.isView(value);

export function startEngineClientSuite(engineio, http) {
    const engine = engineio.attach(http, {
        pingInterval: 500,
        maxHttpBufferSize: 100,
        allowRequest: (request, answer) =>
            answer(null, !new URL(request.url, "http://localhost").searchParams.has("deny")),
    });
    engine.on("initial_headers", (headers) => {
        headers["set-cookie"] = [
            "1=1; Max-Age=86400",
            "2=2; Path=/; HttpOnly; Secure; SameSite=Strict",
            "3=3; Max-Age=0",
            `4=4; Expires=${new Date().toUTCString()}`,
        ];
    });
    engine.on("connection", (socket) => {
        socket.send("hi");
        socket.on("message", (data) => {
            if (data === "give binary") {
                socket.send(Buffer.from([0, 1, 2, 3, 4]));
            } else if (data === "give utf8") {
                socket.send("пойду спать всем спокойной ночи");
            } else if (data === "sendHeaders") {
                socket.send(JSON.stringify(socket.transport?.dataReq?.headers));
            } else {
                socket.send(data);
            }
        });
    });
    return engine;
}

function answerDates(socket) {
    socket.on("getAckDate", (value, ack) => ack(new Date()));
    socket.on("getDate", () => socket.emit("takeDate", new Date()));
    socket.on("getDateObj", () => socket.emit("takeDateObj", { date: new Date() }));
}

function answerBinaries(socket) {
    socket.on("doge", () => socket.emit("doge", Buffer.from("asdfasdf")));
    socket.on("getbin", () => socket.emit("takebin", Buffer.from("asdfasdf")));
    socket.on("buffa", (value) => { if (binary(value)) socket.emit("buffack"); });
    socket.on("jsonbuff", (value) => {
        if (value?.hello === "lol" && binary(value.message) && value.goodbye === "gotcha") {
            socket.emit("jsonbuff-ack");
        }
    });
    let first = false;
    socket.on("abuff1", (value) => { first = binary(value); });
    socket.on("abuff2", () => { if (first) socket.emit("abuff2-ack"); });
}

function answerTexts(socket) {
    const texts = ["てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"];
    socket.on("hi", () => socket.emit("hi"));
    socket.on("echo", (value, ack) => ack(value));
    socket.on("ack", () => {
        socket.emit("ack", (a, b) => { if (a === 5 && b?.test) socket.emit("got it"); });
    });
    socket.on("getUtf8", () => texts.forEach((text) => socket.emit("takeUtf8", text)));
    socket.on("false", () => socket.emit("false", false));
    socket.on("getHandshake", (ack) => ack(socket.handshake));
    socket.on("getId", (ack) => ack(socket.id));
}

export function installClientSuite(io) {
    for (const name of ["/timeout_socket", "/valid", "/asd"]) io.of(name).on("connection", () => {});
    io.of("/foo").on("connection", (socket) => socket.on("getId", (ack) => ack(socket.id)));
    io.of("/abc").on("connection", (socket) => socket.emit("handshake", socket.handshake));
    io.of("/no").use((socket, next) => next(new Error("Auth failed (custom namespace)")));
    io.use((socket, next) => {
        const refused = socket.request._query.fail;
        next(refused ? new Error("Auth failed (main namespace)") : undefined);
    });
    io.on("connection", (socket) => {
        answerTexts(socket);
        answerDates(socket);
        answerBinaries(socket);
    });
}
