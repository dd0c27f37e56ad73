// The demo's people on a Kaiku server, and clients of both dialects: "P" is the document's
// (?token=), "R" that of the project's present frontend (the token as a subprotocol).
import assert from "node:assert/strict";
import { until } from "./inbox.mjs";
import { JsonClient, api, startSystem } from "./systems.mjs";

export const password = "hubbub-demo";
export const nowhere = "01936e9a-4b7e-7f3c-8d5a-2f1e3c4b5a6d"; // the document's example

async function known({ status, body, headers }, at) {
    assert.ok(status === 200 || status === 201, `${status}`);
    const cookie = headers.get("set-cookie").split(";")[0];
    const me = await api(at, "GET", "/auth/me", undefined,
        { Authorization: `Bearer ${body.access_token}` });
    return { id: me.body.id, me: me.body, token: body.access_token, cookie };
}

export async function login(username, at) {
    return known(await api(at, "POST", "/auth/login", { username, password }), at);
}

// Everything the client was sent so far, in order.
let settled = 0;
export async function settle(client) {
    const seen = [];
    const id = `settle-${++settled}`;
    // Its answer comes through the queues, behind what others have caused already.
    client.send({ type: "unsubscribe", channel_id: nowhere, id });
    for (;;) {
        const message = await client.next();
        if (message.id === id) return seen;
        seen.push(message);
    }
}
export const types = async (client) => (await settle(client)).map(({ type }) => type);

export async function answer(client, message) {
    typeof message === "string" ? client.raw(message) : client.send(message);
    return client.next();
}

export class Harbor {
    people = {};
    channels = {};
    clients = [];

    async start(server = startSystem("kaiku")) {
        this.server = await server;
        for (const name of ["ana", "ben", "gm"]) this.people[name] = await login(name, this.server);
        const username = "eve"; // in no guild
        this.people.eve = await known(
            await api(this.server, "POST", "/auth/register", { username, password }), this.server);
        this.guild = (await this.rest("ana", "GET", "/api/guilds")).body[0].id;
        const list = await this.rest("ana", "GET", `/api/guilds/${this.guild}/channels`);
        for (const { name, id } of list.body) this.channels[name] = id;
    }
    async stop() {
        await this.server?.stop();
    }
    // Between two tests: nobody is left whose going a next test could hear.
    async clear() {
        await Promise.all(this.clients.splice(0).map((client) => client.close()));
        await until(async () =>
            (await api(this.server, "GET", "/health")).body.connections === 0, "all are gone");
    }

    rest(name, method, path, body) {
        return api(this.server, method, path, body,
            { Authorization: `Bearer ${this.people[name].token}` });
    }
    async say(name, content, channel = "general") {
        const path = `/api/messages/channel/${this.channels[channel]}`;
        return (await this.rest(name, "POST", path, { content })).body;
    }

    // What comes at the beginning is left out, but `ready`.
    async connect(name, dialect = "P", at = this.server) {
        const token = typeof name === "string" ? this.people[name].token : name.token;
        const url = `ws://127.0.0.1:${at.port}/ws`;
        const client = await (dialect === "P" ? JsonClient.open(`${url}?token=${token}`)
            : JsonClient.open(url, [`access_token.${token}`, "access_token"]));
        this.clients.push(client);
        client.ready = await client.next();
        await settle(client);
        return client;
    }
    async subscribe(client, name = "general") {
        client.send({ type: "subscribe", channel_id: this.channels[name] });
        assert.equal((await client.nextOf("subscribed")).channel_id, this.channels[name]);
    }
    async joinVoice(client) {
        client.send({ type: "voice_join", channel_id: this.channels.lounge });
        const state = await client.nextOf("voice_room_state");
        await client.nextOf("voice_user_joined");
        return state;
    }
}
