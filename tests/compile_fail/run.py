#!/usr/bin/env python3
"""Compiles each program of this folder, which must fail saying what its first line expects, and
what must not: the C++ program of the README and the page for people from Node.

Usage: run.py COMPILER SOURCE_ROOT [FLAG...]
"""

import concurrent.futures
import os
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


PAGE = "socketio/coming-from-node.md"
PAGE_HEAD = """#include "socketio/socketio.hpp"
#include <memory>
#include <regex>
#include <string>
#include <vector>
using namespace socketio;
using namespace std::chrono_literals;
"""


def check_page(compiler, root, flags):
    """Every piece of C++ on the page, each in a function of its own."""
    blocks = re.findall(r"```cpp\n(.*?)```", (root / PAGE).read_text(), re.S)
    if not blocks:
        return f"{PAGE} shows no C++"
    functions = [f"void piece_{i}({'' if 'Server io{' in block else 'Server& io'}) {{\n{block}}}\n"
                 for i, block in enumerate(blocks)]
    with tempfile.NamedTemporaryFile("w", suffix=".cpp") as source:
        source.write(PAGE_HEAD + "".join(functions))
        source.flush()
        status, output = compile_output(compiler, root, flags, source.name)
    return None if status == 0 else f"does not compile: {output[:500]}"


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
    root = pathlib.Path(root)
    sources = sorted(pathlib.Path(__file__).parent.glob("*.cpp"))
    checks = [(source.stem, check, source) for source in sources]
    checks.append(("the README's program", lambda *args: check_readme(*args[:3]), None))
    checks.append(("coming from Node", lambda *args: check_page(*args[:3]), None))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [(name, pool.submit(run, compiler, root, flags, what))
                   for name, run, what in checks]
        results = [(name, future.result()) for name, future in running]
    for number, (name, problem) in enumerate(results, 1):
        print(f"{'not ok' if problem else 'ok'} {number} - {name}")
        if problem:
            print(f"# {problem}")
    print(f"1..{len(results)}")
    return 1 if not sources or any(problem for _, problem in results) else 0


sys.exit(main())
