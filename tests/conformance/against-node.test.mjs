// Both servers are played the same script and have to send the same.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { engineScenarios } from "./lib/engine-scenarios.mjs";
import { scenarios } from "./lib/scenarios.mjs";
import { compare } from "./transcript.mjs";

describe("transcripts", () => {
    for (const [profile, name, scenario, options] of [...scenarios, ...engineScenarios]) {
        it(`${name} (${profile})`, async () => {
            const { expected, difference } = await compare(profile, scenario, options);
            assert.ok(expected.length > 0);
            assert.ok(!expected.some((line) => line.startsWith("!")), expected.at(-1));
            if (difference) assert.fail(difference);
        });
    }
});
