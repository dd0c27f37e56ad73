#!/usr/bin/env python3
"""The countable rules of the project, checked: `tidy.py ROOT` prints every violation as
file:line: text and exits with 1 if there is one. Nothing beyond Python 3 is needed."""

import os
import re
import sys

LAYERS = ("engineio", "socketio", "apps")
FOLDERS = LAYERS + ("tests",)
SUFFIXES = (".hpp", ".cpp")
MAX_SOURCE_LINES = 400
MAX_TEST_LINES = 600
MAX_FUNCTION_LINES = 70
MAX_MUTEXES = 14  # members of engineio and socketio together, one of them (Shard) on a hot path
MAX_BYTES_LOOKED_AT = 1 << 20

TOP_LEVEL = {"README.md", "LICENSE", "meson.build", "meson_options.txt", "engineio", "socketio",
             "apps", "tests", "subprojects", ".ci", ".clang-format", ".editorconfig", ".gitignore",
             ".git"}
TOP_LEVEL_IGNORED = re.compile(r"build.*|.*\.swp|__pycache__")
SKIPPED_FOLDERS = {"node_modules", "__pycache__", ".git"}

# Who may see a library. A new name here is a decision, not a repair: I/O and foreign types stay
# where a reader expects them.
NET = "engineio/net/"
LIBRARIES = {
    r"boost/asio": {"apps/common/http_client.cpp", NET + "http_parse.cpp",
                    NET + "http_server.cpp",
                    NET + "io_shard.cpp", NET + "io_shard.hpp", NET + "listener.hpp"},
    r"boost/beast": {"apps/common/http_client.cpp", NET + "http_parse.cpp",
                     NET + "http_write.cpp"},
    r"openssl/": {"apps/auth/digest.cpp", NET + "tls_certificates.hpp", NET + "tls_context.cpp",
                  NET + "tls_filter.cpp", NET + "ws_handshake.cpp"},
    r"crypt\.h": {"apps/auth/password.cpp"},
    r"zlib\.h": {NET + "deflate.cpp"},
    r"rapidjson/": {"socketio/json_parse.cpp"},
    r"sqlite3": {"apps/store/database.cpp"},
    r"sys/socket\.h|sys/epoll\.h|netdb\.h": {NET + "connection.cpp",
                                             NET + "connection_output.cpp", NET + "listener.cpp",
                                             NET + "listening_socket.cpp",
                                             NET + "poller.cpp"},
    r"spdlog/": {NET + "log.cpp"},
}
# The time of day jumps when somebody sets it: deadlines use steady_clock. Who may ask for it, to show
# it or to compare it with what was written down.
WALL_CLOCK = re.compile(r"\bsystem_clock::now|\bstd::time\s*\(|\bgettimeofday\b|\bclock_gettime\b")
WALL_CLOCK_FILES = {"apps/common/clock.hpp", NET + "http_write.cpp", "socketio/client.cpp",
                    "socketio/core_namespaces.cpp", "socketio/recovery.cpp"}
WALL_CLOCK_FREE = ("apps/conformance/", "tests/")
# Ids and secrets come from the kernel (net::random_bytes), and nothing else here needs chance.
WEAK_RANDOM = re.compile(r"\b(random_device|mt19937(_64)?|minstd_rand0?|default_random_engine|s?rand)\b"
                         r"\s*[({;\w]")
# `co_await a ? b() : c()`: GCC 12 destroys an object that comes of it twice.
AWAITING_CHOICE = re.compile(r"\bco_await\b[^;{}?]*\?[^;{}]*[({]|\?[^;{}]*\bco_await\b")
# An option may be the longest time there is: deadlines are made by TimerWheel::arm_after and after, or
# by later() of engineio/net/clock.hpp, where they do not wrap around into the past.
WRAPPING_DEADLINE = re.compile(r"\bnow\(\)\s*\+|\barm\([^;]*\+")
# The one header of the root that `net` may see: a leaf with numbers.
NET_MAY_INCLUDE = {"engineio/limits.hpp"}
NOT_BUILT = "tests/compile_fail/"  # compiled by a test of its own
SHARED_APPS = {"common", "store", "auth"}
COMPOSING_APPS = {"server"}  # wires the systems together, hence sees them

TOKEN = re.compile(r"""
    (?P<comment> //[^\n]* | /\*.*?\*/ )
  | (?P<raw> R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)" )
  | (?P<string> "(?:\\.|[^"\\\n])*" )
  | (?P<char> (?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+' )
""", re.S | re.X)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.M)
# A type that is declared or forward declared, an alias, a template parameter.
TYPE = re.compile(r"\b(?:class|struct|union|enum(?: class| struct)?|using|typename)\s+([A-Z]\w+)")
NOTE = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(work|home|root|Users)/[\w.-]")
MUTEX = re.compile(r"\bstd::(?:recursive_|shared_|timed_)*mutex\s+\w+\s*;")
# A block that is not a function although it has parentheses before its brace.
NOT_FUNCTION = re.compile(r"(namespace|class|struct|union|enum|extern|requires|concept)\b")

violations = []


def complain(path, line, text):
    violations.append((path, line, text))


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def blanked(text):
    """The text without comments and literals, of the same length and lines."""
    def hide(match):
        return re.sub(r"[^\n]", " " if match.lastgroup == "comment" else "_", match.group(0))
    return TOKEN.sub(hide, text)


def without_directives(code):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
                  lambda match: re.sub(r"[^\n]", " ", match.group(0)), code, flags=re.M)


def functions(code):
    """(first line, last line) of every outermost function body with its head. Lambdas and local
    types count inside the function that contains them."""
    found = []
    head = 0             # where the present declaration begins
    blocks = []          # for each open brace: start of a function's head, or None
    inside = 0           # open function bodies
    parentheses = []     # open parentheses where the present block began
    depth = 0
    for match in re.finditer(r"[(){};]", code):
        sign = match.group(0)
        at = match.start()
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth = max(0, depth - 1)
        elif sign == ";":
            if depth == 0 and inside == 0:
                head = at + 1
        elif sign == "{":
            words = code[head:at].strip()
            start = None
            if inside == 0 and depth == 0 and "(" in words:
                plain = re.sub(r"^(template\s*<[^{}]*?>\s*|\[\[.*?\]\]\s*|inline\s+)*", "", words,
                               flags=re.S)
                initialiser = re.search(r"\)[^()]*:(?!:).*[\w>]$", plain, re.S)
                if not NOT_FUNCTION.match(plain) and not initialiser:
                    start = at - len(code[head:at].lstrip())
                    inside += 1
            blocks.append(start)
            parentheses.append(depth)
            depth = 0
            if inside == 0 and "(" not in words:
                head = at + 1
        elif sign == "}" and blocks:
            start = blocks.pop()
            depth = parentheses.pop()
            if start is not None:
                inside -= 1
                found.append((line_of(code, start), line_of(code, at)))
            if inside == 0 and depth == 0 and not re.match(r"\s*[,{]", code[at + 1:]):
                head = at + 1
    return found


def check_sizes(path, text, code):
    limit = MAX_TEST_LINES if path.startswith("tests/") else MAX_SOURCE_LINES
    lines = text.count("\n")
    if lines > limit:
        complain(path, lines, f"{lines} lines, more than {limit}")
    for first, last in functions(without_directives(code)):
        if last - first + 1 > MAX_FUNCTION_LINES:
            complain(path, first,
                     f"a function of {last - first + 1} lines, more than {MAX_FUNCTION_LINES}")


def app_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "apps" and len(parts) > 2 else None


def check_direction(path, line, included):
    def upward(what):
        complain(path, line, f"includes {included}: {what}")
    if path.startswith("tests/"):
        return
    if path.startswith(NET) and included.startswith("engineio/") \
            and not included.startswith(NET) and included not in NET_MAY_INCLUDE:
        upward("engineio/net knows nothing of Engine.IO")
    if path.startswith("engineio/") and included.startswith(("socketio/", "apps/")):
        upward("engineio knows nothing of the layers above")
    if path.startswith("socketio/") and included.startswith("apps/"):
        upward("socketio knows nothing of applications")
    if included.startswith("tests/"):
        upward("only tests include tests")
    own, other = app_of(path), app_of(included)
    if other and other != own and other not in SHARED_APPS and own not in COMPOSING_APPS:
        upward("no application includes another")


def check_includes(path, text, graph):
    graph[path] = []
    for match in INCLUDE.finditer(text):
        line, included = line_of(text, match.start(1)), match.group(1)
        graph[path].append((included, line))
        check_direction(path, line, included)
        if path.startswith("tests/"):
            continue
        for library, allowed in LIBRARIES.items():
            if re.match(library, included) and path not in allowed:
                complain(path, line, f"includes <{included}>, which is not for this file")


def check_cycles(graph):
    state = {}
    def walk(path, trail):
        state[path] = "open"
        for included, line in graph[path]:
            if state.get(included) == "open":
                circle = trail[trail.index(included):] + [included]
                complain(path, line, "include cycle: " + " -> ".join(circle))
            elif included in graph and included not in state:
                walk(included, trail + [included])
        state[path] = "done"
    for path in sorted(graph):
        if path not in state:
            walk(path, [path])


def check_visible(sources, graph):
    """A type of ours that a file names must be declared in it or in what it includes, however
    indirectly: tests/run compiles several files at a time, where a neighbour's include hides that
    one is missing. Looked at are names that one header alone declares."""
    declared = {}
    for path, (_, code) in sources.items():
        for name in set(TYPE.findall(code)):
            declared.setdefault(name, set()).add(path)
    home = {name: next(iter(paths)) for name, paths in declared.items() if len(paths) == 1}
    home = {name: path for name, path in home.items()
            if re.search(rf"^(?:class|struct|enum class|using) {name}\b", sources[path][1], re.M)}
    reached = {}
    def reach(path):
        if path not in reached:
            reached[path] = {path}
            for included, _ in graph.get(path, ()):
                if included in sources:
                    reached[path] |= reach(included)
        return reached[path]
    for path, (_, code) in sorted(sources.items()):
        if not path.startswith(LAYERS):
            continue
        for match in re.finditer(r"\b[A-Z][a-z]\w+\b", without_directives(code)):
            where = home.get(match.group(0))
            if where and where.endswith(".hpp") and where.startswith(LAYERS) \
                    and where not in reach(path):
                complain(path, line_of(code, match.start()),
                         f"{match.group(0)} without an include that leads to {where}")
                break


def check_mutexes(sources):
    held = [(path, line_of(code, match.start())) for path, (_, code) in sorted(sources.items())
            if path.startswith(("engineio/", "socketio/")) for match in MUTEX.finditer(code)]
    for path, line in held[MAX_MUTEXES:]:
        complain(path, line, f"mutex number {len(held)}, at most {MAX_MUTEXES} are allowed")
    for path, line in held:
        if "// guards " not in sources[path][0].split("\n")[line - 1]:
            complain(path, line, "a mutex without a comment \"guards ...\"")


def check_built(sources, built):
    """A source that no meson.build names is a test that cannot fail, or dead code."""
    for path in sorted(sources):
        if path.endswith(".cpp") and not path.startswith(NOT_BUILT) and path not in built:
            complain(path, 1, "no meson.build names it")


def check_clock(path, code):
    if path in WALL_CLOCK_FILES or path.startswith(WALL_CLOCK_FREE):
        return
    for match in WALL_CLOCK.finditer(code):
        complain(path, line_of(code, match.start()), "asks for the time of day; see WALL_CLOCK")


def check_random(path, code):
    for match in WEAK_RANDOM.finditer(code):
        if not path.startswith("tests/"):
            complain(path, line_of(code, match.start()),
                     "is not the kernel's generator: " + match.group(1))


def check_awaits(path, code):
    for match in AWAITING_CHOICE.finditer(code):
        complain(path, line_of(code, match.start()), "co_await within ?:, see AWAITING_CHOICE")


def check_deadlines(path, code):
    for match in WRAPPING_DEADLINE.finditer(code):
        if not path.startswith("tests/"):
            complain(path, line_of(code, match.start()), "may wrap around, see WRAPPING_DEADLINE")


def check_words(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if NOTE.search(line):
            complain(path, number, "an unfinished note: " + NOTE.search(line).group(0))
        if MACHINE_PATH.search(line):
            complain(path, number, "a path of one machine: " + MACHINE_PATH.search(line).group(0))


def check_top_level(root):
    for name in sorted(os.listdir(root)):
        if name not in TOP_LEVEL and not TOP_LEVEL_IGNORED.fullmatch(name):
            complain(name, 1, "does not belong to the top level")


def files_of(root):
    for folder in FOLDERS + (".ci", "subprojects/packagefiles"):
        for place, folders, names in os.walk(os.path.join(root, folder)):
            folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
            for name in sorted(names):
                yield os.path.relpath(os.path.join(place, name), root)
    yield from (name for name in sorted(os.listdir(root))
                if name != ".git" and os.path.isfile(os.path.join(root, name)))


def check(root):
    check_top_level(root)
    sources, graph, built = {}, {}, set()
    for path in files_of(root):
        with open(os.path.join(root, path), "rb") as file:
            data = file.read(MAX_BYTES_LOOKED_AT)
        if b"\0" in data:
            continue  # an image or the like
        text = data.decode("utf-8", "replace")
        check_words(path, text)
        if os.path.basename(path) == "meson.build":
            built.update(os.path.normpath(os.path.join(os.path.dirname(path), name))
                         for name in re.findall(r"'([^']+\.cpp)'", text))
        if path.endswith(SUFFIXES) and path.startswith(FOLDERS):
            sources[path] = (text, blanked(text))
            check_sizes(path, *sources[path])
            check_clock(path, sources[path][1])
            check_random(path, sources[path][1])
            check_awaits(path, sources[path][1])
            check_deadlines(path, sources[path][1])
            check_includes(path, text, graph)
        elif path.startswith("tests/") and path.endswith((".mjs", ".py", ".sh")) \
                and text.count("\n") > MAX_TEST_LINES:
            complain(path, text.count("\n"), f"more than {MAX_TEST_LINES} lines")
    check_cycles(graph)
    check_visible(sources, graph)
    check_mutexes(sources)
    check_built(sources, built)
    return len(sources)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "../..")
    checked = check(os.path.abspath(root))
    for path, line, text in violations:
        print(f"{path}:{line}: {text}")
    print(f"{checked} source files, {len(violations)} violations")
    return 1 if violations or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
