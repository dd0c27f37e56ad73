// A queue that a test reads with a deadline: what arrives is kept until it is asked for.
import { patience, usual } from "./patience.mjs";

export class Inbox {
    #items = [];
    #waiting = [];
    #ended;

    push(item) {
        const waiter = this.#waiting.shift();
        if (waiter) waiter.resolve(item); else this.#items.push(item);
    }

    // No more items will come; those who wait learn why.
    end(reason) {
        this.#ended ??= reason;
        for (const waiter of this.#waiting.splice(0)) waiter.reject(new Error(this.#ended));
    }

    get size() {
        return this.#items.length;
    }

    async next(ms = usual) {
        if (this.#items.length > 0) return this.#items.shift();
        if (this.#ended !== undefined) throw new Error(this.#ended);
        return new Promise((resolve, reject) => {
            const waiter = {
                resolve: (item) => { clearTimeout(timer); resolve(item); },
                reject: (error) => { clearTimeout(timer); reject(error); },
            };
            const timer = setTimeout(() => {
                this.#waiting = this.#waiting.filter((one) => one !== waiter);
                reject(new Error(`nothing arrived within ${ms} ms`));
            }, ms);
            this.#waiting.push(waiter);
        });
    }

    async take(count, ms = usual) {
        const items = [];
        for (let i = 0; i < count; ++i) items.push(await this.next(ms));
        return items;
    }

    // True if nothing arrives (or has arrived) for `ms`.
    async silent(ms = 150) {
        await sleep(ms);
        return this.#items.length === 0;
    }
}

export function sleep(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}

// What was sent before has arrived by then, where nothing on the wire tells so.
export const arrived = (ms = 50) => sleep(ms * patience);

// Waits until `check` returns something truthy and returns it.
export async function until(check, what, ms = usual) {
    const end = Date.now() + ms;
    for (;;) {
        const value = await check();
        if (value) return value;
        if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
        await sleep(10);
    }
}
