// The peer: the events of hubbub-bench on npm's socket.io, with Node's own WebSocket engine (ws).
// Usage: node.cjs PORT; NODE_PATH says where socket.io is.
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, { serveClient: false });

io.on("connection", (socket) => {
    socket.on("echo", (...args) => {
        const ack = args.at(-1);
        if (typeof ack === "function") {
            ack(...args.slice(0, -1));
        } else {
            socket.emit("echo", ...args);
        }
    });
    socket.on("join", (room, ack) => {
        socket.join(room);
        ack();
    });
    socket.on("broadcast", (room, what) => io.to(room).emit("broadcast", what));
});

http.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 }, () => {
    console.log(`READY ${http.address().port}`);
});
