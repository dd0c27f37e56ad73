// What an HTTP answer of the engine has to look like, header by header.
import assert from "node:assert/strict";

export const errors = ["Transport unknown", "Session ID unknown", "Bad handshake method", "Bad request",
    "Forbidden", "Unsupported protocol version"];

export function assertError(answer, code, message = errors[code]) {
    assert.equal(answer.status, code === 4 ? 403 : 400);
    assert.equal(answer.text, JSON.stringify({ code, message }));
    assert.equal(answer.header("content-type"), "application/json");
    assert.equal(answer.header("cache-control"), undefined);
    assert.equal(answer.header("x-contract-every"), undefined);
}

export function assertOk(answer) {
    assert.equal(answer.status, 200);
    assert.equal(answer.text, "ok");
    assert.equal(answer.header("content-type"), "text/html");
    assert.equal(answer.header("content-length"), "2");
    assert.equal(answer.header("cache-control"), "no-store");
}

export function assertEmpty(answer, status) {
    assert.equal(answer.status, status);
    assert.equal(answer.text, "");
}
