// hubbub's /metrics: what its shards count, on a listener of its own.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { closeAll, connect } from "./lib/clients.mjs";
import { until } from "./lib/inbox.mjs";
import { fetchRaw } from "./lib/raw-http.mjs";
import { skip, startSystem } from "./lib/systems.mjs";

describe("metrics of hubbub", { skip }, () => {
    let server;
    let port;  // of the metrics

    before(async () => {
        server = await startSystem("eliza", { args: ["--metrics-port", "0",
            "--max-header-size", "2000"] });
        const line = /Metrics +http:\/\/localhost:(\d+)\/metrics/;
        await until(() => server.output.some((text) => line.test(text)), "their address is printed");
        port = Number(server.output.map((text) => line.exec(text)).find(Boolean)[1]);
    });
    after(async () => {
        closeAll();
        await server?.stop();
    });

    const number = (text, name) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
    const scrape = async () => (await fetchRaw(port, "/metrics")).text;

    it("count who is there, on all threads", async () => {
        const sockets = await Promise.all([1, 2, 3].map(() => connect(server.port)));
        const text = await scrape();
        assert.equal(number(text, "hubbub_sockets"), 3);
        assert.equal(number(text, "hubbub_sessions"), 3);
        sockets[0].disconnect();
        await until(async () => number(await scrape(), "hubbub_sockets") === 2, "one has left");
    });

    it("count limits that were met, by name", async () => {
        const met = 'hubbub_limit_hits_total{limit="max_header_size"}';
        assert.ok(!(await scrape()).includes(met));
        const big = { "x-big": "x".repeat(3000) };
        assert.equal((await fetchRaw(server.port, "/health", { headers: big })).status, 431);
        assert.ok((await scrape()).includes(`${met} 1\n`));
    });

    it("are Prometheus' text, and not where strangers are", async () => {
        const got = await fetchRaw(port, "/metrics");
        assert.equal(got.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        for (const line of got.text.trimEnd().split("\n")) {
            assert.match(line, /^(# (HELP|TYPE) hubbub_\w+ .+|hubbub_\w+(\{\w+="[^"]+"\})? \d+)$/);
        }
        assert.equal((await fetchRaw(port, "/")).status, 404);
        const there = await fetchRaw(server.port, "/metrics");
        assert.ok(!there.text.includes("hubbub_"));
    });
});
