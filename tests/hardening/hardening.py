#!/usr/bin/env python3
"""What the finished program has against corrupted memory: `hardening.py PROGRAM [optimised]` reads
its ELF headers with readelf and prints TAP. An optimised one must have been compiled with the stack
protector, _FORTIFY_SOURCE and the checks of the standard library, too."""

import subprocess
import sys


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], check=True, capture_output=True,
                          text=True).stdout


def checks(program, optimised):
    head = readelf("-h", program)
    segments = readelf("-l", program)
    dynamic = readelf("-d", program)
    symbols = readelf("--dyn-syms", program)
    stack = next((line for line in segments.split("\n") if "GNU_STACK" in line), "")
    yield "position independent", "DYN (" in head and "PIE" in dynamic
    yield "its tables are read-only once it runs (RELRO)", "GNU_RELRO" in segments
    yield "all of them, as it is bound at start", "BIND_NOW" in dynamic or "NOW" in dynamic
    yield "the stack is not executable", " RW " in stack and " RWE " not in stack
    yield "nothing is writable and executable", " RWE " not in segments
    if optimised:
        yield "stack protector", "__stack_chk_fail" in symbols
        yield "_GLIBCXX_ASSERTIONS", "__glibcxx_assert_fail" in symbols
        yield "_FORTIFY_SOURCE", "_chk@" in symbols.replace("__stack_chk_fail", "")


def main():
    program, optimised = sys.argv[1], "optimised" in sys.argv[2:]
    results = list(checks(program, optimised))
    print(f"1..{len(results)}")
    for number, (name, good) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
    return 0 if all(good for _, good in results) else 1


if __name__ == "__main__":
    sys.exit(main())
