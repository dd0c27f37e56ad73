// Plays the scenarios to Node's server and to ours and compares what both sent, line by line.
//   node transcript.mjs [part of a scenario's name]      the server is named by HUBBUB_SERVER
import { pathToFileURL } from "node:url";
import { Recorder } from "./lib/recorder.mjs";
import { engineScenarios } from "./lib/engine-scenarios.mjs";
import { scenarios } from "./lib/scenarios.mjs";
import { nodeServer, serverUnderTest, startServer } from "./lib/server.mjs";

export async function play(command, profile, scenario, options) {
    const server = await startServer(profile, { command, options });
    const recorder = new Recorder(server.port);
    try {
        await scenario(recorder);
    } catch (error) {
        recorder.note("!", error.message);
    }
    recorder.close();
    await server.stop();
    return recorder.lines;
}

// The first line that differs, with the lines before it; undefined if there is none.
export function firstDifference(expected, actual) {
    const at = expected.findIndex((line, i) => line !== actual[i]);
    if (at < 0 && expected.length === actual.length) return undefined;
    const place = at < 0 ? expected.length : at;
    const before = expected.slice(Math.max(0, place - 3), place).map((line) => `    ${line}`);
    const shown = (line) => line ?? "(end of the transcript)";
    return [...before, `Node: ${shown(expected[place])}`, `ours: ${shown(actual[place])}`].join("\n");
}

export async function compare(profile, scenario, options) {
    const expected = await play(nodeServer, profile, scenario, options);
    const actual = await play(serverUnderTest, profile, scenario, options);
    return { expected, difference: firstDifference(expected, actual) };
}

async function main() {
    const wanted = process.argv[2] ?? "";
    let different = 0;
    for (const [profile, name, scenario, options] of [...scenarios, ...engineScenarios]) {
        if (!name.includes(wanted)) continue;
        const { expected, difference } = await compare(profile, scenario, options);
        if (process.env.HUBBUB_VERBOSE) console.log(expected.join("\n"));
        console.log(`${difference ? "different" : "same"}: ${name} (${expected.length} lines)`);
        if (difference) {
            console.log(difference);
            ++different;
        }
    }
    process.exitCode = different ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
