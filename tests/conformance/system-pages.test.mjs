// Our own small pages of the systems, used by two people in Chromium. HUBBUB_SYSTEMS is the
// command; HUBBUB_SCREENSHOTS a folder to look at them.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Browser, screenshot, sees } from "./lib/browser.mjs";
import { until } from "./lib/inbox.mjs";
import { skip, startAllSystems, startSystem, systemNames } from "./lib/systems.mjs";

describe("the page that links the systems", { skip }, () => {
    let server;
    let browser;

    before(async () => {
        server = await startAllSystems();
        browser = await Browser.start();
    });
    after(async () => {
        await browser?.stop();
        await server?.stop();
    });

    it("leads to the page of each", async () => {
        const index = await browser.open(`${server.url}/`);
        await index.waitForSelector("#systems a");
        const cards = await index.locator("#systems a").all();
        assert.equal(cards.length, systemNames.length);
        const titles = new Set();
        for (const card of cards) {
            const page = await browser.open(await card.getAttribute("href"));
            await page.waitForSelector("h1");
            titles.add(await page.title());
            await page.close();
        }
        assert.equal(titles.size, systemNames.length, [...titles].join(", "));
        assert.deepEqual(index.complaints, []);
        await screenshot(index, "index");
    });
});

describe("the pages of the systems", { skip }, () => {
    let browser;
    const servers = [];

    async function start(name) {
        servers.push(await startSystem(name));
        return servers.at(-1);
    }

    before(async () => {
        browser = await Browser.start();
    });
    after(async () => {
        await browser?.stop();
        await Promise.all(servers.map((server) => server.stop()));
    });

    const textOf = (page, selector) => page.locator(selector).innerText();

    it("C02: an adventure that two play together", async () => {
        const server = await start("casys");
        const [ana, ben] = [await browser.open(`${server.url}/`), await browser.open(server.url)];
        for (const page of [ana, ben]) await sees(page, "#status", "connected");
        await ana.click("#begin");
        await sees(ana, "#section", "1");
        await ben.click("#begin"); // the same game
        await sees(ben, "#narrative", "Skerry Point");
        await screenshot(ana, "casys-begin");
        await ben.locator("#choices button").nth(1).click();
        for (const page of [ana, ben]) await sees(page, "#section", "3");
        await sees(ana, "#items", "storm lantern");
        await ana.click("[data-dice=d20]");
        await until(async () => /\d/.test(await textOf(ana, "#dice")), "a number");
        await ana.locator("#choices button").first().click();
        await sees(ben, "#way", "dinghy");
        await screenshot(ben, "casys-way");
        await ana.reload(); // and is where the game is
        await sees(ana, "#section", "7");
        assert.deepEqual([...ana.complaints, ...ben.complaints], []);
        await Promise.all([ana.close(), ben.close()]);
    });

    it("N02: rooms, tasks and health", async () => {
        const server = await start("fuse");
        const enter = async (name) => {
            const page = await browser.open(`${server.url}/`);
            await page.fill("#login-name", name);
            await page.fill("#login-password", "hubbub-demo");
            await page.click("#login-button");
            await sees(page, "#health", "connected");
            await page.click("#join-button");
            await sees(page, "#members", name);
            return page;
        };
        const [ana, ben] = [await enter("ana"), await enter("ben")];
        await ana.click("#join-button"); // asks again who is there
        await sees(ana, "#members", "ben");
        await ana.fill("#say-text", "Hello <b>Ben</b> 😀");
        await ana.selectOption("#say-priority", "0");
        await ana.click("#say-button");
        for (const page of [ana, ben]) await sees(page, "#log", "Hello <b>Ben</b> 😀");
        await until(async () => await ana.locator("#log .sent").count() === 0, "the receipt");
        await ana.fill("#task-title", "Mend the fuse");
        await ana.click("#task-button");
        await ana.locator("#tasks button", { hasText: "Give to ben" }).click();
        await sees(ben, "#tasks", "Mend the fuse");
        await ben.locator("#tasks button", { hasText: "25 %" }).click();
        await sees(ana, "#tasks", "active · 25 %");
        await sees(ana, "#metrics", "1 rooms"); // the next health update
        await ben.fill("#say-text", "Nearly done");
        await ben.click("#say-button");
        await sees(ana, "#log", "Nearly done");
        await screenshot(ana, "fuse-ana");
        await screenshot(ben, "fuse-ben");
        await ben.reload(); // history and tasks are there
        await sees(ben, "#tasks", "Mend the fuse");
        await ben.click("#join-button");
        await sees(ben, "#log", "Hello <b>Ben</b> 😀");
        assert.deepEqual([...ana.complaints, ...ben.complaints], []);
        await Promise.all([ana.close(), ben.close()]);
    });

    it("K05/K06: channels, typing, presence and a voice room", async () => {
        const server = await start("kaiku");
        const enter = async (name) => {
            const page = await browser.open(`${server.url}/`);
            await page.fill("#login-name", name);
            await page.fill("#login-password", "hubbub-demo");
            await page.press("#login-password", "Enter");
            await sees(page, "#connection", "connected");
            await sees(page, "#channel", "general");
            return page;
        };
        // Everything can be done with the keyboard alone.
        const [ana, gm] = [await enter("ana"), await enter("gm")]; // no friends: the same guild
        await sees(ana, "#people .online:nth-child(2)", "Mo");
        await ana.locator("#say-text").pressSequentially("Hello ");
        await sees(gm, "#typing", "Ana is typing");
        await ana.fill("#say-text", "Hello <b>Mo</b> 😀");
        await ana.press("#say-button", "Enter");
        for (const page of [ana, gm]) await sees(page, "#log", "Hello <b>Mo</b> 😀");
        assert.equal(await textOf(gm, "#typing"), "");
        await gm.fill("#say-text", "Ahoy");
        await gm.press("#say-text", "Enter");
        await sees(ana, "#log", "Ahoy");
        await gm.locator("#guilds button", { hasText: "random" }).press("Enter");
        await sees(gm, "#channel", "random");
        await gm.fill("#say-text", "over here");
        await gm.press("#say-text", "Enter");
        await sees(ana, "#guilds .unread", "1");

        for (const page of [ana, gm]) {
            await page.locator("#guilds button", { hasText: "lounge" }).press("Enter");
            await sees(page, "#voice-people", "you");
        }
        await sees(ana, "#voice-people", "Mo");
        // Who came last has called, the other one has answered, and their browsers have met.
        for (const page of [ana, gm]) await sees(page, "#voice-people", "linked");
        await gm.press("#mute", "Enter");
        for (const page of [ana, gm]) await sees(page, "#voice-people", "muted");
        await gm.selectOption("#status", "busy");
        await sees(ana, "#people .busy", "Mo");
        await screenshot(ana, "kaiku-ana");
        await screenshot(gm, "kaiku-gm");
        await gm.press("#leave", "Enter");
        await until(async () => !(await textOf(ana, "#voice-people")).includes("Mo"), "Mo's going");

        await ana.locator("#guilds button", { hasText: "random" }).press("Enter");
        await sees(ana, "#log", "over here");
        assert.equal(await ana.locator("#guilds .unread").count(), 0);
        await gm.press("#log .remove", "Enter");
        await until(async () => await ana.locator("#log li").count() === 0, "nothing left");
        await ana.reload(); // the history is there, the voice room is left
        await sees(ana, "#log", "Ahoy");
        assert.equal(await ana.locator("#voice").isVisible(), false);
        await gm.close();
        await sees(ana, "#people .offline:last-child", "Mo"); // behind Ben
        assert.deepEqual(ana.complaints, []);
        assert.deepEqual(gm.complaints, []);
        await ana.press("#logout", "Enter");
        await ana.locator("#login").waitFor();
        await ana.close();
    });

    it("N01: a wrong password stays outside", async () => {
        const server = await start("fuse");
        const page = await browser.open(`${server.url}/`);
        await page.fill("#login-name", "ana");
        await page.fill("#login-password", "wrong");
        await page.click("#login-button");
        await sees(page, "#notice", "Invalid username or password");
        assert.equal(await page.locator("#desk").isVisible(), false);
        await page.close();
    });
});
