// One ordinary client that does a bit of everything and checks all it is told. What it finds wrong
// goes to `report.loss`.
import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { makeClient } from "../lib/clients.mjs";

export const roomCount = 6;
const patience = 15_000;
const roomOf = (number) => `room${number % roomCount}`;

// Numbers of each sender in order, none twice, none missing. A sender that was cut in between goes
// on under another name, so that a gap is always a loss.
class Ledger {
    #last = new Map();

    reset() { this.#last.clear(); }
    forget(room) {
        for (const sender of this.#last.keys()) {
            if (sender.startsWith(`${room}/`)) this.#last.delete(sender);
        }
    }
    note(sender, number) {
        const last = this.#last.get(sender);
        this.#last.set(sender, number);
        if (last === undefined || number === last + 1) return null;
        return number <= last ? `${sender} ${number} again or late after ${last}`
            : `${sender} ${last + 1} to ${number - 1} missing`;
    }
    has(sender, number) { return (this.#last.get(sender) ?? -1) >= number; }
    size() { return this.#last.size; }
}

export class Worker {
    // A witness is in all rooms and never cut: it must see everything.
    constructor(port, number, way, report, { witness = false } = {}) {
        Object.assign(this, { number, report, witness, epoch: 0, sent: 0, lifeline: 0 });
        this.name = `${witness ? "witness" : "worker"} ${number} (${way.name})`;
        this.ledger = new Ledger();
        this.rooms = new Set();
        this.socket = makeClient(port, {
            way, reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 500,
            timeout: patience,
        });
        this.settled = new Promise((resolve) => { this.isSettled = resolve; });
        this.socket.on("connect", () => this.#onConnect());
        this.socket.on("disconnect", (reason) => this.#onDisconnect(reason));
        // What came before a CONNECT answer that never came, or in the same moment as the end of
        // its connection, the client keeps, and would show it again with what recovery brings.
        this.socket.io.on("open", () => {
            this.report.count("stale buffers of clients", this.socket.receiveBuffer.length && 1);
            this.socket.receiveBuffer = [];
        });
        this.socket.on("sum", (sender, seen) => this.#onCast(sender, seen));
        this.socket.on("question", (value, answer) => answer(value));
    }

    get confirmed() { return { sender: this.sender, number: this.sent - 1 }; }
    get sender() { return `${roomOf(this.number)}/${this.number}.${this.epoch}`; }

    #onConnect() {
        this.lifeline += 1;
        this.report.count(this.socket.recovered ? "recovered" : "connected anew");
        if (!this.socket.recovered) {
            this.ledger.reset();
            const all = Array.from({ length: roomCount }, (_, i) => roomOf(i));
            this.rooms = new Set(this.witness ? all : [roomOf(this.number + 1)]);
            this.unsure = false;
            this.socket.emit("join", [...this.rooms], this.isSettled);
        } else if (this.unsure) {
            this.socket.emit("rooms", (rooms) => {
                this.rooms = new Set(rooms);
                this.ledger.reset();
                this.unsure = false;
            });
        }
    }

    #onDisconnect(reason) {
        this.epoch += 1;
        this.sent = 0;
        this.report.count("disconnected");
        if (this.witness && !this.stopping) {
            this.report.loss(`${this.name} was disconnected: ${reason}`);
        }
    }

    #onCast(sender, number) {
        this.report.count("casts received");
        const room = sender.slice(0, sender.indexOf("/"));
        if (this.unsure) return;
        const wrong = this.rooms.has(room) ? this.ledger.note(sender, number)
            : this.left === room ? null : `a cast of ${room}, where it is not`;
        if (wrong) this.report.loss(`${this.name}: ${wrong}`);
    }

    // The answer, or null if the connection broke meanwhile.
    async #ask(event, ...args) {
        const lifeline = this.lifeline;
        try {
            return await this.socket.timeout(patience).emitWithAck(event, ...args);
        } catch {
            if (this.socket.connected && this.lifeline === lifeline && !this.stopping) {
                this.report.loss(`${this.name}: no answer to ${event}`);
            }
            return null;
        }
    }

    async #echo() {
        const value = { n: randomInt(1e9), text: "ä".repeat(randomInt(30) ? randomInt(50) : 20_000) };
        const answer = await this.#ask("echo-ack", value);
        if (answer === null) return;
        this.report.count("answers");
        const [got] = Array.isArray(answer) ? answer : [answer];
        if (JSON.stringify(got) !== JSON.stringify(value)) {
            this.report.loss(`${this.name}: another answer`);
        }
    }

    async #echoBinary() {
        const bytes = randomBytes(randomInt(3000));
        const answer = await this.#ask("echo-ack", bytes);
        if (!answer) return;
        this.report.count("binary answers");
        const got = Array.isArray(answer) ? answer[0] : answer;
        if (!bytes.equals(Buffer.from(got))) this.report.loss(`${this.name}: other bytes`);
    }

    // The answer behind it says that it was cast.
    async #cast() {
        const { sender } = this;
        const number = this.sent;
        this.sent += 1;
        this.socket.emit("cast", { to: [roomOf(this.number)], mode: "all", event: "sum" },
            sender, number);
        if (await this.#ask("echo-ack", 0) !== null && this.sender === sender) {
            this.report.confirm(sender, number);
        }
    }

    async #question() {
        const lifeline = this.lifeline;
        const value = randomInt(1e9);
        const wait = new Promise((resolve) => { this.socket.once("answer-report", resolve); });
        this.socket.emit("ask-me", patience, value);
        const answer = await Promise.race([wait, sleep(patience)]);
        if (this.lifeline !== lifeline || !this.socket.connected) return;
        this.report.count("questions answered");
        if (!answer || answer.failed || answer.values[0] !== value) {
            this.report.loss(`${this.name}: its answer did not arrive`);
        }
    }

    async #move() {
        if (this.witness) return;
        const room = roomOf(randomInt(roomCount));
        if (this.rooms.has(room)) {
            this.left = room;  // what is on its way still comes
            this.rooms.delete(room);
            if (await this.#ask("leave", room) === null) this.unsure = true;
            this.ledger.forget(room);
            this.left = null;
        } else {
            this.rooms.add(room);
            this.ledger.forget(room);
            if (await this.#ask("join", [room]) === null) this.unsure = true;
        }
    }

    async #cut() {
        if (this.witness) return;
        const { engine } = this.socket.io;
        const raw = engine?.transport?.ws?._socket;
        this.report.count("cuts");
        if (raw && randomInt(2)) raw.resetAndDestroy();
        else engine?.close();
        await sleep(randomInt(200));
    }

    async run(stopped) {
        const usual = [this.#echo, this.#echo, this.#echoBinary, this.#cast, this.#cast,
            this.#question, this.#move];
        while (!stopped()) {
            await sleep(randomInt(20, 150));
            if (!this.socket.connected) continue;
            const action = randomInt(60) === 0 ? this.#cut : usual[randomInt(usual.length)];
            await action.call(this);
        }
    }

    stop() {
        this.stopping = true;
        this.socket.disconnect();
    }
}
