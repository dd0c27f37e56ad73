// The chat of Socket.IO's get-started tutorial: its page, unchanged, against our chat example.
// HUBBUB_TUTORIAL is the command of the example; it takes a port and a folder with index.html.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Browser, screenshot, sees } from "./lib/browser.mjs";
import { startCommand } from "./lib/server.mjs";

const command = process.env.HUBBUB_TUTORIAL;
const skip = command ? false : "HUBBUB_TUTORIAL names no command";

describe("the get-started chat", { skip }, () => {
    let folder;
    let server;
    let browser;

    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "hubbub-tutorial-"));
        copyFileSync(fileURLToPath(new URL("tutorial.html", import.meta.url)),
            join(folder, "index.html"));
        server = await startCommand(command, ["0", folder]);
        browser = await Browser.start();
    });
    after(async () => {
        await browser?.stop();
        await server?.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    it("works with its client page unchanged", async () => {
        const pages = [await browser.open(`${server.url}/`), await browser.open(`${server.url}/`)];
        for (const [i, page] of pages.entries()) {
            await page.fill("#input", `message ${i} <i>é</i>`);
            await page.press("#input", "Enter");
            for (const one of pages) await sees(one, "#messages", `message ${i} <i>é</i>`);
        }
        for (const page of pages) {
            assert.equal(await page.locator("#messages li").count(), 2);
            assert.deepEqual(page.complaints, []);
        }
        await screenshot(pages[0], "tutorial");
    });
});
