#!/usr/bin/env python3
"""Compiles each program of this folder, which must fail saying what its first line expects.

Usage: run.py COMPILER SOURCE_ROOT [FLAG...]
"""

import pathlib
import re
import subprocess
import sys

MARK = "// expect: "


def compile_output(compiler, root, flags, source):
    command = [*compiler.split(), "-std=c++20", "-fsyntax-only", f"-I{root}", *flags, str(source)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    # A message is matched as one line: string literals may be shown with line breaks.
    return result.returncode, re.sub(r"\s+", " ", result.stderr)


def check(compiler, root, flags, source):
    expected = source.read_text().splitlines()[0].removeprefix(MARK)
    status, output = compile_output(compiler, root, flags, source)
    if expected.startswith("nothing"):
        return None if status == 0 else f"does not compile: {output[:500]}"
    if status == 0:
        return "compiles"
    return None if expected in output else f'fails without saying "{expected}": {output[:500]}'


def main():
    compiler, root, *flags = sys.argv[1:]
    sources = sorted(pathlib.Path(__file__).parent.glob("*.cpp"))
    failures = 0
    for number, source in enumerate(sources, 1):
        problem = check(compiler, root, flags, source)
        failures += problem is not None
        print(f"{'not ok' if problem else 'ok'} {number} - {source.stem}")
        if problem:
            print(f"# {problem}")
    print(f"1..{len(sources)}")
    return 1 if failures or not sources else 0


sys.exit(main())
