// ElizaOS's own web UI, as published on npm, in Chromium against our server (app-contracts 3.9).
// HUBBUB_FRONTENDS is the folder with the packages of tests/frontends.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Browser, screenshot } from "./lib/browser.mjs";
import { until } from "./lib/inbox.mjs";
import { api, skip as noProgram, startSystem, temporaryDatabase } from "./lib/systems.mjs";

const page = join(process.env.HUBBUB_FRONTENDS ?? "", "@elizaos/client/dist");
const answer = "What made you happy just now?";
const skip = noProgram || (!existsSync(page) && `@elizaos/client is not installed in ${page}`);

describe("the web UI of ElizaOS", { skip }, () => {
    const store = temporaryDatabase();
    let server;
    let browser;
    let agent;
    let tab;

    async function start(port = 0) {
        server = await startSystem("eliza",
            { database: store.file, port, args: ["--eliza-frontend", page] });
    }

    before(async () => {
        await start();
        agent = (await api(server, "GET", "/api/agents")).body.data.agents[0];
        browser = await Browser.start();
        await browser.context.addInitScript(() => {
            localStorage.setItem("eliza-onboarding-completed", "true");
        });
    });
    after(async () => {
        await browser?.stop();
        await server?.stop();
        store.remove();
    });

    const text = () => tab.locator("body").innerText();
    const shows = (what) => until(async () => (await text()).includes(what), `the page shows ${what}`, 30_000);

    async function say(words) {
        const field = tab.locator("textarea").first();
        await field.waitFor();
        await until(() => field.isEnabled(), "the field is open");
        await field.fill(words);
        await field.press("Enter");
        await shows(words);
    }

    it("E01 opens and lists the agent", async () => {
        tab = await browser.open(server.url);
        await shows("Eliza");
        await screenshot(tab, "eliza-ui-home");
    });

    it("E02 E03 opens a chat, sends, and shows the answer", async () => {
        await tab.goto(`${server.url}/chat/${agent.id}`);
        await say("I am happy about harbours");
        await shows(answer);
        await screenshot(tab, "eliza-ui-chat");
        assert.equal((await text()).split(answer).length, 2, "the answer is there once");
    });

    it("E04 shows the history after a reload, also of the server", async () => {
        await server.stop();
        await start(server.port);
        await tab.reload();
        await shows("I am happy about harbours");
        await shows(answer);
        await say("I remember the sea");
        await shows("Do you often think of the sea?");
    });

    it("E06 shows the log", async () => {
        await tab.goto(`${server.url}/logs`);
        await shows("Message handled");
        await screenshot(tab, "eliza-ui-logs");
    });
});
