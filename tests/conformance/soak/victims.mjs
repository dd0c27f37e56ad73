// Ten busy clients, until somebody kills this process.
import { makeClient, ways } from "../lib/clients.mjs";

const port = Number(process.argv[2]);
for (let i = 0; i < 10; ++i) {
    const socket = makeClient(port, { way: ways[i % ways.length] });
    socket.on("connect", () => {
        socket.emit("join", ["victims", `room${i % 6}`]);
        setInterval(() => {
            socket.emit("echo", "x".repeat(i * 200), Buffer.alloc(i * 100));
            socket.emit("cast", { to: ["victims"], mode: "all", event: "noise" }, i);
            socket.emit("ask-me-forever", i);
        }, 20);
    });
}
