#!/usr/bin/env python3
"""Compiles each program of this folder, which must fail saying what its first line expects, and
the C++ program of the README, which must not.

Usage: run.py COMPILER SOURCE_ROOT [FLAG...]
"""

import pathlib
import re
import subprocess
import sys
import tempfile

MARK = "// expect: "


def compile_output(compiler, root, flags, source):
    command = [*compiler.split(), "-std=c++20", "-fsyntax-only", f"-I{root}", *flags, str(source)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    # A message is matched as one line: string literals may be shown with line breaks.
    return result.returncode, re.sub(r"\s+", " ", result.stderr)


def check_readme(compiler, root, flags):
    blocks = re.findall(r"```cpp\n(.*?)```", (root / "README.md").read_text(), re.S)
    if not blocks:
        return "README.md shows no C++"
    for block in blocks:
        with tempfile.NamedTemporaryFile("w", suffix=".cpp") as source:
            source.write(block)
            source.flush()
            status, output = compile_output(compiler, root, flags, source.name)
        if status != 0:
            return f"does not compile: {output[:500]}"
    return None


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
    results = [(source.stem, check(compiler, root, flags, source)) for source in sources]
    results.append(("the README's program", check_readme(compiler, pathlib.Path(root), flags)))
    for number, (name, problem) in enumerate(results, 1):
        print(f"{'not ok' if problem else 'ok'} {number} - {name}")
        if problem:
            print(f"# {problem}")
    print(f"1..{len(results)}")
    return 1 if not sources or any(problem for _, problem in results) else 0


sys.exit(main())
