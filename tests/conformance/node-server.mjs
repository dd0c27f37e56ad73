// The conformance contract on the official Node packages: what this program shows on the wire is
// what hubbub-conformance has to show. Same command line as the C++ program:
//   node node-server.mjs --profile NAME --port N [--host 127.0.0.1] [--threads N]
//       [--tls-cert FILE --tls-key FILE]    SIGHUP reads both again
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createRequire } from "node:module";
import { installApi } from "./node-api.mjs";
import { installBenchmark, installNamespaces } from "./node-handlers.mjs";
import { startEngineOptions } from "./node-engine-options.mjs";
import { installClientSuite, startEngineClientSuite } from "./node-suites.mjs";

const require = createRequire(import.meta.url);
const { WebSocketServer } = require("ws");
const { Server } = require("socket.io");
const engineio = require("engine.io");

function option(name, fallback) {
    const at = process.argv.indexOf(`--${name}`);
    return at > 1 ? process.argv[at + 1] : fallback;
}

// A query `reject=text` is how a test asks to be refused; an empty value leaves the default words.
function allowRequest(request, answer) {
    const query = new URL(request.url, "http://localhost").searchParams;
    if (query.has("reject")) {
        answer(query.get("reject") || undefined, false);
    } else {
        answer(null, true);
    }
}

const main = {
    path: "/socket.io",
    allowEIO3: true,
    serveClient: true,
    maxHttpBufferSize: 100_000,
    cors: { origin: true, credentials: true },
    allowRequest,
};
const modern = { ...main, allowEIO3: false };

const contractProfiles = {
    main,
    recovery: { ...modern, connectionStateRecovery: { maxDisconnectionDuration: 2000 } },
    fast: { ...main, pingInterval: 300, pingTimeout: 200, connectTimeout: 500, upgradeTimeout: 400 },
    strict: { path: "/rt", serveClient: false, maxHttpBufferSize: 1000 },
    msgpack: { ...modern, parser: require("socket.io-msgpack-parser") },
    deflate: { ...main, perMessageDeflate: { threshold: 128 }, httpCompression: { threshold: 128 } },
    wsonly: { ...main, transports: ["websocket"] },
    pollonly: {
        ...main,
        transports: ["polling"],
        cookie: true,
        cors: {
            origin: ["http://one.test", "http://two.test"],
            methods: ["GET", "POST"],
            allowedHeaders: ["x-probe"],
            maxAge: 600,
        },
    },
};

const quick = { pingInterval: 300, pingTimeout: 200, maxHttpBufferSize: 1e6, cors: { origin: "*" } };

const otherProfiles = {
    "sio-suite": (http) => {
        const io = new Server(http, { ...quick, connectTimeout: 1000 });
        const greet = (socket) => socket.emit("auth", socket.handshake.auth);
        io.on("connection", (socket) => {
            greet(socket);
            socket.on("message", (...args) => socket.emit("message-back", ...args));
            socket.on("message-with-ack", (...args) => args.pop()(...args));
        });
        io.of("/custom").on("connection", greet);
        return io;
    },
    "eio-suite": (http) => echoEngine(http, quick),
    "eio-echo": (http) =>
        echoEngine(http, { maxHttpBufferSize: 1e6, allowEIO3: true, cors: { origin: "*" } }),
    "ws-echo": (http) => {
        const { perMessageDeflate = false, maxHttpBufferSize = 1e6 } =
            JSON.parse(option("options", "{}"));
        const sockets = new WebSocketServer(
            { server: http, maxPayload: maxHttpBufferSize, perMessageDeflate });
        sockets.on("connection", (socket) => {
            socket.on("error", () => {});
            socket.on("message", (data, binary) => socket.send(data, { binary }));
        });
        return sockets;
    },
    "eio-client-suite": (http) => startEngineClientSuite(engineio, http),
    "eio-options": (http) => {
        const started = startEngineOptions(engineio, http, JSON.parse(option("options", "{}")));
        Object.assign(plainPaths, started.plain);
        return started;
    },
    "sio-client-suite": (http) => {
        const io = new Server(http, {
            pingInterval: 2000,
            connectionStateRecovery: {},
            allowRequest: (request, answer) => void setTimeout(() => answer(null, true), 10),
        });
        installClientSuite(io);
        return io;
    },
    api: (http) => {
        const io = new Server(http, { cleanupEmptyChildNamespaces: true });
        installApi(io);
        return io;
    },
    bench: (http) => {
        const io = new Server(http);
        installBenchmark(io);
        return io;
    },
};

function echoEngine(http, options) {
    const engine = engineio.attach(http, options);
    engine.on("connection", (socket) => socket.on("data", (data) => socket.send(data)));
    return engine;
}

function contractServer(http, options) {
    const io = new Server(http, options);
    io.engine.on("initial_headers", (headers) => { headers["x-contract-first"] = "1"; });
    io.engine.on("headers", (headers) => { headers["x-contract-every"] = "1"; });
    installNamespaces(io);
    return io;
}

const plainPaths = { "/plain": () => "plain ok" };

function answerPlainPaths(request, response) {
    const found = plainPaths[request.url.split("?")[0]];
    response.writeHead(found ? 200 : 404, { "content-type": "text/plain" });
    response.end(found ? found() : "not found");
}

function start(http, profile) {
    if (Object.hasOwn(contractProfiles, profile)) {
        return contractServer(http, contractProfiles[profile]);
    }
    if (Object.hasOwn(otherProfiles, profile)) return otherProfiles[profile](http);
    console.error(`unknown profile: ${profile}`);
    process.exit(2);
}

function certificate() {
    const [cert, key] = [option("tls-cert"), option("tls-key")];
    return cert && { cert: readFileSync(cert), key: readFileSync(key) };
}

const secure = certificate();
const http = secure ? createSecureServer(secure, answerPlainPaths) : createServer(answerPlainPaths);
if (secure) {
    process.on("SIGHUP", () => {
        try {
            http.setSecureContext(certificate());
        } catch (error) {
            console.error(`certificates not reloaded: ${error.message}`);
        }
    });
}
http.maxHeadersCount = 2000;
const server = start(http, option("profile", "main"));
const host = option("host", "127.0.0.1");
const place = host.startsWith("unix:") ? { path: host.slice(5) } :
    { port: Number(option("port", "0")), host: host || undefined };
http.listen(place, () => {
    console.log(`READY ${http.address().port ?? 0}`);
});

function stop() {
    server.close();
    http.close();
    http.closeAllConnections?.();
    // Close frames get a moment to leave; clients that do not answer them must not hold us up.
    setTimeout(() => process.exit(0), 100).unref();
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
