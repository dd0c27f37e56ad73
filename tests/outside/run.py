#!/usr/bin/env python3
"""Installs a build into a folder and uses it as a stranger would: builds and runs a small project
with each of Meson, pkg-config + make and CMake, against each kind of library that was installed;
and compiles each installed header on its own, without a foreign library behind it.

Usage: run.py BUILD_FOLDER COMPILER
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PATIENCE = 60  # seconds; only a failure takes so long
# Whatever proxy the environment names: what is asked is on this machine.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
FOREIGN = re.compile(r"\S*/(?:boost/asio|boost/beast|rapidjson|openssl|spdlog)\S*")


class Broken(Exception):
    pass


class Installation:
    """What `meson install` made, at another place than the one it was configured for."""

    def __init__(self, build, folder, compiler):
        self.folder = folder
        self.compiler = compiler
        run(["meson", "install", "-C", build, "--no-rebuild", "--quiet",
             "--destdir", folder / "installed"])
        self.pkgconfig = next((folder / "installed").rglob("socketio.pc")).parent
        self.libraries = self.pkgconfig.parent
        self.headers = next((folder / "installed").rglob("socketio.hpp")).parent.parent
        self.kinds = [kind for kind, ending in (("static", "a"), ("shared", "so"))
                      if (self.libraries / f"libsocketio.{ending}").exists()]
        self.environment = dict(os.environ, CXX=compiler, PKG_CONFIG_PATH=str(self.pkgconfig),
                                LD_LIBRARY_PATH=str(self.libraries))

    def run(self, command, folder=None):
        return run(command, cwd=folder, env=self.environment)


def run(command, **options):
    result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False, **options)
    if result.returncode != 0:
        raise Broken(f"{' '.join(map(str, command))}: {result.stdout[-2000:]}")
    return result.stdout


def build_with_meson(installation, folder):
    kinds = ",".join(installation.kinds)
    installation.run(["meson", "setup", "--buildtype=plain", folder, HERE / "meson",
                      f"-Dkinds={kinds}"])
    installation.run(["meson", "compile", "-C", folder, "-j", "1"])
    return [(folder / f"{program}-{kind}", kind)
            for program in ("echo", "http") for kind in installation.kinds]


def build_with_make(installation, folder):
    installation.run(["make", "-f", HERE / "make/Makefile", f"HERE={HERE / 'make'}",
                      f"KINDS={' '.join(installation.kinds)}"], folder)
    return [(folder / f"echo-{kind}", kind) for kind in installation.kinds]


def build_with_cmake(installation, folder):
    version = installation.run(["pkg-config", "--modversion", "socketio"]).strip()
    for kind in installation.kinds:
        installation.run(["cmake", "-S", HERE / "cmake", "-B", folder / kind,
                          f"-DHubbub_USE_STATIC_LIBS={kind == 'static'}", f"-DWANTED={version}",
                          # Named: CMake does not look into every libdir that Meson may choose.
                          f"-DCMAKE_PREFIX_PATH={installation.libraries / 'cmake/Hubbub'}"])
        installation.run(["cmake", "--build", folder / kind])
    return [(folder / kind / "echo", kind) for kind in installation.kinds]


def request(url, data=None):
    with DIRECT.open(url, data, timeout=PATIENCE) as answer:
        return answer.read().decode()


def last_request(url, data=None):
    try:
        request(url, data)
    except OSError:
        pass  # the program ends at once, perhaps before its answer


def talk_echo(address):
    """An Engine.IO client of few requests (long polling)."""
    url = f"{address}/socket.io/?EIO=4&transport=polling"
    url += "&sid=" + json.loads(request(url)[1:])["sid"]
    request(url, b"40")
    opened = request(url)
    request(url, '420["echo","grüße"]'.encode())
    echoed = request(url)
    last_request(url, b'42["stop"]')
    if not opened.startswith("40{") or echoed != '430["grüße"]':
        raise Broken(f"answers {opened} and {echoed}")


def talk_http(address):
    answer = request(f"{address}/hello")
    last_request(f"{address}/stop")
    if answer != "hello":
        raise Broken(f"answers {answer}")


def check_program(installation, program, kind):
    linked = run(["readelf", "-d", program])
    if bool(re.search(r"lib(?:engine|socket)io\.so", linked)) != (kind == "shared"):
        raise Broken(f"is not linked with the {kind} library: {linked[:500]}")
    with subprocess.Popen([program], env=installation.environment, stdout=subprocess.PIPE,
                          text=True) as server:
        try:
            port = server.stdout.readline().removeprefix("port ").strip()
            talk = talk_http if program.name.startswith("http") else talk_echo
            talk(f"http://127.0.0.1:{port}")
            rest, _ = server.communicate(timeout=PATIENCE)
        finally:
            server.kill()
    if server.returncode != 0 or rest != "stopped\n":
        raise Broken(f"ends with {server.returncode} and says {rest!r}")


def check_project(installation, tool, build):
    if not shutil.which(tool):
        return [(f"outside project with {tool} # SKIP {tool} is not installed", None)]
    folder = installation.folder / tool
    folder.mkdir()
    results = []
    try:
        programs = build(installation, folder)
    except Broken as problem:
        return [(f"outside project with {tool}", str(problem))]
    for program, kind in programs:
        name = f"outside project with {tool}: {program.name}, {kind} library"
        try:
            check_program(installation, program, kind)
            results.append((name, None))
        except (Broken, OSError, ValueError, subprocess.TimeoutExpired) as problem:
            results.append((name, repr(problem)))
    return results


def compile_headers(installation, headers):
    """The compiler's messages and the names of all included files, from what is installed."""
    with tempfile.NamedTemporaryFile("w", suffix=".cpp") as source:
        source.writelines(f"#include <{header}>\n" for header in headers)
        source.flush()
        command = [*installation.compiler.split(), "-std=c++20", "-fsyntax-only", "-H",
                   f"-I{installation.headers}", source.name]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        lines = [line for line in result.stderr.splitlines() if not line.startswith(".")]
        raise Broken("does not compile: " + " ".join(lines)[:500])
    return result.stderr


def check_headers(installation, headers):
    try:
        foreign = FOREIGN.search(compile_headers(installation, headers))
        problem = f"includes {foreign.group(0)}" if foreign else None
    except Broken as error:
        problem = str(error)
    what = headers[0] if len(headers) == 1 else "all installed headers"
    return [(f"{what}, without a foreign library behind it", problem)]


def is_included_first(header):
    """By the source of the same name, whose compilation has then shown that it stands alone."""
    source = ROOT / header.with_suffix(".cpp")
    return source.exists() and re.search(r'^#include "(.*)"', source.read_text(),
                                         re.M).group(1) == str(header)


def main():
    build, compiler = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    folder = build / "outside"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    installation = Installation(build, folder, compiler)
    checks = [(check_project, "meson", build_with_meson), (check_project, "make", build_with_make),
              (check_project, "cmake", build_with_cmake)]
    headers = [path.relative_to(installation.headers)
               for path in sorted(installation.headers.rglob("*.hpp"))]
    checks.append((check_headers, headers))
    checks += [(check_headers, [header]) for header in headers if not is_included_first(header)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(what, installation, *arguments) for what, *arguments in checks]
        results = [result for future in running for result in future.result()]
    for number, (name, problem) in enumerate(results, 1):
        print(f"{'not ok' if problem else 'ok'} {number} - {name}")
        if problem:
            print("# " + problem.replace("\n", "\n# "))
    print(f"1..{len(results)}")
    return 1 if any(problem for _, problem in results) or not installation.kinds else 0


sys.exit(main())
