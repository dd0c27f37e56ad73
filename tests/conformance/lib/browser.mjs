// Headless Chromium as a person's browser: Debian's own, never a downloaded one.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { patience } from "./patience.mjs";

// Nothing but the pages under test is loaded: no updates, no sync, no first-run pages.
const flags = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--no-default-browser-check"];

export class Browser {
    static async start() {
        const browser = new Browser();
        browser.folder = mkdtempSync(join(tmpdir(), "hubbub-browser-"));
        browser.context = await chromium.launchPersistentContext(browser.folder, {
            executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
            headless: true,
            chromiumSandbox: false,
            args: flags,
            viewport: { width: 1200, height: 900 },
        });
        browser.context.setDefaultTimeout(15_000 * patience);
        return browser;
    }

    // A tab; what it complains about is kept in `complaints`.
    async open(url) {
        const page = await this.context.newPage();
        page.complaints = [];
        page.on("pageerror", (error) => page.complaints.push(error.message));
        page.on("console", (message) => {
            if (message.type() === "error") page.complaints.push(message.text());
        });
        await page.goto(url);
        return page;
    }

    async stop() {
        await this.context.close();
        rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    }
}

export async function screenshot(page, name) {
    const folder = process.env.HUBBUB_SCREENSHOTS;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

// Waits until the text of `selector` contains `text`. Looks for it by a timer, since a tab in the
// background has hardly any animation frames.
export function sees(page, selector, text) {
    return page.waitForFunction(
        ([where, what]) => document.querySelector(where)?.textContent.includes(what),
        [selector, text], { polling: 20 });
}
