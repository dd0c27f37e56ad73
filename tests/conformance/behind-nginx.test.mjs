// Clients as they come through nginx with the settings of Socket.IO's own guide:
//   proxy_set_header Upgrade $http_upgrade;
//   proxy_set_header Connection "upgrade";
// so every request says "Connection: upgrade", and one without an Upgrade still has none (nginx
// leaves fields out that are empty).
import assert from "node:assert/strict";
import http from "node:http";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect, inbox, libraries, ways } from "./lib/clients.mjs";
import { startServer } from "./lib/server.mjs";

const wire = (fields) => {
    const lines = [];
    for (let i = 0; i < fields.length; i += 2) lines.push(`${fields[i]}: ${fields[i + 1]}\r\n`);
    return `${lines.join("")}\r\n`;
};

// Forwards to `port`. `seen` are the methods of the requests that were no upgrades, and "upgrade".
class Nginx {
    seen = [];
    #sockets = new Set();

    async start(port) {
        const forward = ({ method, url, headers }) => http.request({
            host: "127.0.0.1", port, method, path: url, agent: false,
            headers: { ...headers, connection: "upgrade" },
        });
        this.http = http.createServer((request, response) => {
            this.seen.push(request.method);
            const upstream = forward(request);
            upstream.on("response", (answer) => {
                response.writeHead(answer.statusCode, answer.headers);
                answer.pipe(response);
            });
            upstream.on("error", () => response.destroy());
            response.on("close", () => upstream.destroy());
            request.pipe(upstream);
        });
        this.http.on("connection", (socket) => this.#sockets.add(socket));
        this.http.on("upgrade", (request, client) => {
            this.seen.push("upgrade");
            const upstream = forward(request);
            const head = (answer) => client.write(`HTTP/1.1 ${answer.statusCode} ` +
                `${answer.statusMessage}\r\n${wire(answer.rawHeaders)}`);
            upstream.on("upgrade", (answer, server, first) => {
                head(answer);
                client.write(first);
                server.pipe(client).pipe(server);
                for (const one of [server, client]) {
                    one.on("error", () => {});
                    one.on("close", () => { server.destroy(); client.destroy(); });
                }
            });
            upstream.on("response", (answer) => { head(answer); answer.pipe(client); });
            upstream.on("error", () => client.destroy());
            upstream.end();
        });
        await new Promise((resolve) => this.http.listen(0, "127.0.0.1", resolve));
        return this.http.address().port;
    }

    stop() {
        this.http?.close();
        for (const socket of this.#sockets) socket.destroy();
    }
}

describe("clients behind nginx", () => {
    let server;
    before(async () => { server = await startServer("main"); });
    after(() => server?.stop());
    afterEach(closeAll);

    for (const library of libraries) {
        for (const way of ways) {
            it(`${library.name} over ${way.name}`, async () => {
                const nginx = new Nginx();
                try {
                    const port = await nginx.start(server.port);
                    const socket = await connect(port, { library, way });
                    const echoes = inbox(socket, "echo-back");
                    socket.emit("echo", "through", Buffer.from([1, 2, 3]));
                    assert.deepEqual(await echoes.next(), ["through", Buffer.from([1, 2, 3])]);
                    const polled = nginx.seen.includes("GET");
                    assert.equal(polled, way.name !== "websocket");
                    assert.equal(nginx.seen.includes("upgrade"), way.name !== "polling");
                } finally {
                    nginx.stop();
                }
            });
        }
    }
});
