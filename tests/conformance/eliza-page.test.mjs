// Our own small page for ElizaOS: two people and the agent in one room.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Browser, screenshot, sees } from "./lib/browser.mjs";
import { until } from "./lib/inbox.mjs";
import { skip, startSystem } from "./lib/systems.mjs";

describe("our page for ElizaOS", { skip }, () => {
    let server;
    let browser;
    let ana;
    let ben;

    before(async () => {
        server = await startSystem("eliza");
        browser = await Browser.start();
    });
    after(async () => {
        await browser?.stop();
        await server?.stop();
    });

    async function enter(name, withAgent) {
        const page = await browser.open(`${server.url}/?name=${name}`);
        await sees(page, "#world-agents", "Eliza · active");
        await page.fill("#join-room", "quay");
        await page.setChecked("#join-agent", withAgent);
        await page.click("#join-button");
        await sees(page, "#room-name", "quay");
        return page;
    }

    async function say(page, text) {
        await page.fill("#chat-input", text);
        await page.click("#chat-send");
    }

    it("answers somebody in a room, and shows the world", async () => {
        ana = await enter("Ana", true);
        await say(ana, "I am happy <b>today</b>");
        await sees(ana, "#chat-log .mine", "I am happy <b>today</b>");
        await sees(ana, "#chat-log .agent", "What made you happy just now?");
        await sees(ana, "#world-users", "Ana");
        await sees(ana, "#world-channels .here", "2 taking part, 2 messages");
        await sees(ana, "#log", "Message handled");
        await sees(ana, "#transport", "websocket");
    });

    it("shows a second person what was said before and what is said now", async () => {
        ben = await enter("Ben", false);
        await sees(ben, "#chat-log", "I am happy <b>today</b>");
        await say(ben, "Hello from Ben");
        await sees(ana, "#chat-log", "Hello from Ben");
        await until(async () => await ana.locator("#chat-log .agent").count() === 2, "a second answer");
        assert.equal(await ana.locator("#chat-log li").count(), 4);
    });

    it("keeps the room over a reload", async () => {
        await ana.reload();
        await sees(ana, "#world-agents", "Eliza");
        await ana.click("#join-button");
        await until(async () => await ana.locator("#chat-log li").count() === 4, "the lines");
        await sees(ana, "#chat-log .mine", "I am happy");
    });

    it("looks as it should", async () => {
        await screenshot(ana, "eliza-page");
        assert.deepEqual([...ana.complaints, ...ben.complaints], []);
    });
});
