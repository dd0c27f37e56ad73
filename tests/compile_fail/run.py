#!/usr/bin/env python3
"""Compiles each program of this folder, which must fail saying what its first line expects, and
what must not: every piece of C++ in the README, the guide and the page for people from Node.

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


PAGES = ["README.md", "socketio/README.md", "socketio/coming-from-node.md"]
PAGES_HEAD = """#include "socketio/socketio.hpp"
#include <algorithm>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <thread>
#include <vector>
using namespace socketio;
using namespace std::chrono_literals;
"""


def pieces_of(page, text):
    """Every piece of C++ on a page: a program in a namespace of its own, anything else as the body
    of a function that is given a server."""
    for number, found in enumerate(re.finditer(r"```cpp\n(.*?)```", text, re.S)):
        block = re.sub(r"^#include.*$", "", found.group(1), flags=re.M)
        name = re.sub(r"\W", "_", page) + f"_{number}"
        if "int main(" in block:
            head = f"namespace {name} {{"
        else:
            head = f"void {name}({'' if 'Server io{' in block else 'Server& io'}) {{"
        line = text.count("\n", 0, found.start(1)) + 1
        yield f'{head}\n#line {line} "{page}"\n{block}}}\n'


def check_pages(compiler, root, flags):
    program = PAGES_HEAD
    for page in PAGES:
        pieces = list(pieces_of(page, (root / page).read_text()))
        if not pieces:
            return f"{page} shows no C++"
        program += "".join(pieces)
    with tempfile.NamedTemporaryFile("w", suffix=".cpp") as source:
        source.write(program)
        source.flush()
        status, output = compile_output(compiler, root, flags, source.name)
    return None if status == 0 else f"does not compile: {output[:1500]}"


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
    checks.append(("the C++ of the pages", lambda *args: check_pages(*args[:3]), None))
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
