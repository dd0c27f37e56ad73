// The client class of The New Fuse's document, without its types. Three things differ: handlers are
// bound to the client (the document's would lose `this`), it tells its owner what happens, and the
// time between attempts can be made shorter.
import WebSocket from "ws";

export class WebSocketClient {
    reconnectAttempts = 0;
    maxReconnectAttempts = 5;
    delays = [];

    constructor(url, token, { onMessage = () => {}, onClose = () => {}, pace = 1 } = {}) {
        Object.assign(this, { url, token, onMessage, onClose, pace });
        this.failed = new Promise((resolve) => { this.fail = resolve; });
        this.connect();
    }

    connect() {
        this.ws = new WebSocket(`${this.url}?token=${this.token}`);
        this.setupEventHandlers();
    }

    setupEventHandlers() {
        this.ws.onmessage = this.handleMessage.bind(this);
        this.ws.onclose = this.handleClose.bind(this);
        this.ws.onerror = () => {};
    }

    handleMessage(event) {
        const message = JSON.parse(event.data);
        this.onMessage(message);
    }

    handleClose(event) {
        this.onClose(event.code);
        if (event.code !== 1000) {
            this.reconnect().catch(this.fail);
        }
    }

    async reconnect() {
        if (this.reconnectAttempts >= this.maxReconnectAttempts) {
            throw new Error("Max reconnection attempts reached");
        }
        const delay = Math.min(1000 * Math.pow(1.5, this.reconnectAttempts), 30000);
        this.delays.push(delay);
        await new Promise((resolve) => setTimeout(resolve, delay * this.pace));
        this.reconnectAttempts++;
        this.connect();
    }
}
