"""Counts what a test run did and prints its failures and skips in a few lines each.

    results.py tap FILE       output of node --test --test-reporter=tap
    results.py meson FILE     meson-logs/testlog.json; doctest programs count by test case

The last line is `PASSED FAILED SKIPPED`.
"""

import json
import re
import sys

EXCERPT_LINES = 25


def read_tap(path):
    lines = open(path, encoding="utf-8", errors="replace").read().splitlines()
    counts = {"pass": 0, "fail": 0, "cancelled": 0, "skipped": 0, "todo": 0}
    complete = False
    skips = 0
    for index, line in enumerate(lines):
        found = re.match(r"^# (pass|fail|cancelled|skipped|todo) (\d+)$", line)
        if found:
            counts[found[1]] = int(found[2])
            complete = True
        skip = re.match(r"^\s*ok \d+ - (.*) # SKIP ?(.*)$", line)
        if skip:
            skips += 1
            print(f"   skipped: {skip[1]}: {skip[2] or 'no reason given'}")
        if re.match(r"^\s*not ok ", line):
            show_tap_failure(lines, index)
    failed = counts["fail"] + counts["cancelled"]
    # Node does not count a group that is skipped as a whole.
    skipped = max(skips, counts["skipped"] + counts["todo"])
    if not complete or counts["pass"] + failed + skipped == 0:
        print("   the test runner ended without a result; its last lines:")
        show(lines[-EXCERPT_LINES:])
        failed += 1
    return counts["pass"], failed, skipped


def show_tap_failure(lines, index):
    """A group that failed only repeats its members, so it is left out."""
    indent = len(lines[index]) - len(lines[index].lstrip())
    block = []
    for line in lines[index + 1:]:
        if line.strip() == "...":
            break
        block.append(line)
    if any("failureType: 'subtestsFailed'" in line for line in block):
        return
    print("   " + lines[index].strip())
    useless = re.compile(r"^\s*(---|duration_ms|type:|failureType|code:|name:|stack:)")
    show([line[indent:] for line in block if not useless.match(line)][:EXCERPT_LINES])


def show(lines):
    for line in lines:
        print("      " + line.rstrip()[:200])


def read_meson(path):
    passed = failed = skipped = 0
    for line in open(path, encoding="utf-8", errors="replace"):
        test = json.loads(line)
        output = (test.get("stdout") or "") + (test.get("stderr") or "")
        cases = re.findall(
            r"test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped", output)
        good = test["result"] in ("OK", "EXPECTEDFAIL")
        if test["result"] == "SKIP":
            print(f"   skipped: {test['name']}: {output.strip()[:200] or 'no reason given'}")
            skipped += 1
            continue
        for _, ok, bad, _ in cases:
            passed += int(ok)
            failed += int(bad)
        if not cases and good:
            passed += 1
        if good:
            continue
        # A sanitizer's report or a crash fails a program whose cases all passed.
        if not any(int(case[2]) for case in cases):
            failed += 1
        print(f"   not ok: {test['name']} ({test['result']})")
        show(failure_excerpt(output))
    return passed, failed, skipped


def failure_excerpt(output):
    lines = output.splitlines()
    marks = [i for i, line in enumerate(lines)
             if re.search(r"ERROR:|runtime error|WARNING: ThreadSanitizer|Assertion", line)]
    start = max(0, marks[0] - 6) if marks else max(0, len(lines) - EXCERPT_LINES)
    return lines[start:start + 2 * EXCERPT_LINES]


def main():
    kind, path = sys.argv[1:3]
    try:
        print(*(read_tap(path) if kind == "tap" else read_meson(path)))
    except OSError as error:
        print(f"   no result: {error}")
        print(0, 1, 0)


main()
