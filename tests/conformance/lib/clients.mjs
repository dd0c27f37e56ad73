// The client libraries that people have in the field, and how each one is told the same thing.
import { createRequire } from "node:module";
import { Inbox } from "./inbox.mjs";
import { usual } from "./patience.mjs";

const require = createRequire(import.meta.url);

export const libraries = [
    { name: "client 4", io: require("socket.io-client"), major: 4 },
    { name: "client 4.0", io: require("socket.io-client-40"), major: 4 },
    { name: "client 3.1", io: require("socket.io-client-3"), major: 3 },
    { name: "client 2", io: require("socket.io-client-2"), major: 2 },
];
export const newest = libraries[0];

export const ways = [
    { name: "polling", transports: ["polling"] },
    { name: "websocket", transports: ["websocket"] },
    { name: "upgrade", transports: ["polling", "websocket"] },
];

const opened = new Set();

// A client that is not connected yet. `nsp` is a namespace, `tag` names the client at the server.
export function makeClient(port, {
    library = newest, way = ways[1], nsp = "/", tag, auth = {}, query = {},
    origin = `http://127.0.0.1:${port}`, ...more
} = {}) {
    const named = tag === undefined ? {} : { tag };
    const socket = library.io(`${origin}${nsp}`, {
        transports: way.transports,
        forceNew: true,
        reconnection: false,
        ...(library.major >= 3 ? { auth: { ...named, ...auth }, query } :
            { query: { ...named, ...query } }),
        ...more,
    });
    opened.add(socket);
    return socket;
}

export const errorEvent = (library) => (library.major >= 3 ? "connect_error" : "error");

export function connected(socket, ms = usual) {
    if (socket.connected) return Promise.resolve(socket);
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no connect within ${ms} ms`)), ms);
        socket.once("connect", () => { clearTimeout(timer); resolve(socket); });
        for (const event of ["connect_error", "error"]) {
            socket.once(event, (error) => { clearTimeout(timer); reject(wrap(error)); });
        }
    });
}

function wrap(error) {
    return error instanceof Error ? error : new Error(JSON.stringify(error));
}

// Resolves once the client's engine speaks `transport`.
export function onTransport(socket, transport) {
    const engine = socket.io.engine;
    if (engine.transport.name === transport) return Promise.resolve();
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no upgrade to ${transport}`)), usual);
        engine.once("upgrade", () => { clearTimeout(timer); resolve(); });
    });
}

// Connects and, where the way is an upgrade, waits for its end.
export async function connect(port, options = {}) {
    const socket = await connected(makeClient(port, options));
    if (options.way?.name === "upgrade") await onTransport(socket, "websocket");
    return socket;
}

export function inbox(socket, event) {
    const arrived = new Inbox();
    socket.on(event, (...args) => arrived.push(args));
    return arrived;
}

// The arguments of the next `event`.
export function once(socket, event, ms = usual) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ${event} within ${ms} ms`)), ms);
        socket.once(event, (...args) => { clearTimeout(timer); resolve(args); });
    });
}

// Emits and resolves with the list of the ack's arguments.
export function ask(socket, ...args) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ack for ${args[0]}`)), usual);
        socket.emit(...args, (...values) => { clearTimeout(timer); resolve(values); });
    });
}

// Closes every client that a test left open.
export function closeAll() {
    for (const socket of opened) {
        socket.io.reconnection(false);
        socket.close();
        socket.io.engine?.close();
    }
    opened.clear();
}
