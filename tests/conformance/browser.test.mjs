// Two people at the demo page that `hubbub` serves. HUBBUB_DEMO is the command that serves it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Browser, screenshot, sees } from "./lib/browser.mjs";
import { sleep, until } from "./lib/inbox.mjs";
import { startCommand } from "./lib/server.mjs";

const command = process.env.HUBBUB_DEMO;
const skip = command ? false : "HUBBUB_DEMO names no command";

describe("the demo page", { skip }, () => {
    let server;
    let browser;
    let ana;
    let ben;

    before(async () => {
        server = await startCommand(command);
        browser = await Browser.start();
    });
    after(async () => {
        await browser?.stop();
        await server?.stop();
    });

    async function join(name) {
        const page = await browser.open(`${server.url}/`);
        await page.fill("#join-name", name);
        await page.fill("#join-session", "Table One");
        await page.click("#join-button");
        await sees(page, "#presence", name);
        return page;
    }

    async function say(page, text) {
        await page.fill("#chat-input", text);
        await page.click("#chat-send");
    }

    const transform = (page) => page.locator("#map .token").first().getAttribute("transform");

    it("lets two people join", async () => {
        ana = await join("Ana");
        ben = await join("Ben");
        await sees(ana, "#presence", "Ben");
        await sees(ben, "#presence", "Ana");
    });

    it("tells load balancers that it is well", async () => {
        const answer = await fetch(`${server.url}/health`);
        assert.equal(answer.status, 200);
        const { status, connections } = await answer.json();
        assert.equal(status, "ok");
        assert.equal(connections, 2);
        assert.equal((await fetch(`${server.url}/nowhere`)).status, 404);
    });

    it("serves a frontend with routes of its own", async () => {
        const folder = fileURLToPath(new URL("../../apps/web/dungeonlab", import.meta.url));
        const spa = await startCommand(command, ["--dungeonlab-frontend", folder]);
        try {
            const answer = await fetch(`${spa.url}/some/route`);
            assert.equal(answer.status, 200);
            assert.match(await answer.text(), /<html/i);
            assert.equal((await fetch(`${spa.url}/missing.js`)).status, 404);
        } finally {
            await spa.stop();
        }
    });

    it("says that it uses WebSocket", async () => {
        for (const page of [ana, ben]) await sees(page, "#transport", "websocket");
    });

    it("carries chat to the other one, as text", async () => {
        await say(ana, "Hello <b>Ben</b> 😀");
        await sees(ben, "#chat-log", "Hello <b>Ben</b> 😀");
        await sees(ana, "#chat-log", "Hello <b>Ben</b> 😀");
        await say(ben, "Hello Ana");
        await sees(ana, "#chat-log", "Hello Ana");
    });

    it("shows a token where the other one put it", async () => {
        await ana.bringToFront();
        const before = await transform(ben);
        const box = await ana.locator("#map .token").first().boundingBox();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        await ana.mouse.move(x, y);
        await ana.mouse.down();
        for (let step = 1; step <= 8; ++step) {
            await ana.mouse.move(x + 12 * step, y + 6 * step);
            await sleep(20);
        }
        await ana.mouse.up();
        const moved = await until(async () => {
            const now = await transform(ana);
            return now !== before && now;
        }, "the token moves on its own page");
        await until(async () => (await transform(ben)) === moved, "the token moves at Ben's");
    });

    it("shows the initiative to both", async () => {
        await ana.click("#turn-roll");
        const text = () => ana.locator("#initiative").innerText();
        await until(async () => (await text()).trim().length > 0, "an order of turns");
        const order = await text();
        await until(async () => (await ben.locator("#initiative").innerText()) === order,
            "the same order at Ben's");
    });

    it("measures the ping", async () => {
        await until(async () => /\d/.test(await ana.locator("#ping").innerText()), "a ping time",
            15_000);
    });

    it("looks as it should", async () => {
        await screenshot(ana, "demo-ana");
        await screenshot(ben, "demo-ben");
        assert.deepEqual([...ana.complaints, ...ben.complaints], []);
    });

    it("notices when somebody leaves", async () => {
        await ben.close();
        await until(async () => !(await ana.locator("#presence").innerText()).includes("Ben"),
            "Ben is gone");
    });
});
