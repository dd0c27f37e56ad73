#!/usr/bin/env python3
"""Does the simulation notice? `mutants.py BUILD_DIR [NAME...]` breaks the product in one way after
the other, builds the simulation, and runs it until it complains; every file is restored. Run it in
a tree without changes of your own in the files named below. Those of THREADS want a BUILD_DIR with
-Db_sanitize=thread; without names they are tried there, and in any other the rest."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUDGET = ["--seeds", "40", "--steps", "10000"]

# name: (file, what stands there once, what a careless hand would make of it)
MUTANTS = {
    "tasks of another shard in reverse": (
        "engineio/net/shard.cpp",
        "    taken_.swap(posted_);\n",
        "    taken_.swap(posted_);\n    std::reverse(taken_.begin(), taken_.end());\n"),
    "an acknowledgement dropped": (
        "socketio/socket.cpp",
        "    if (!client_) {\n        return;\n    }\n    auto const payload",
        "    if (!client_ || id % 10 == 9) {\n        return;\n    }\n    auto const payload"),
    "sockets_leave forgets a shard": (
        "socketio/broadcast_operator.cpp",
        "            socket.leave(room);",
        "            if (&room == &rooms.names.back() && socket.id()[0] < 'b') {\n"
        "                continue;\n            }\n            socket.leave(room);"),
    "live and brought back": (
        "socketio/namespace_broadcast.cpp",
        "if (sent.position == 0 || socket.log_position_ < sent.position) {",
        "if (sent.position == 0 || socket.log_position_ <= sent.position + 1) {"),
    "recovery forgets the third event": (
        "socketio/recovery_missed.cpp",
        "        missed.packets.push_back(packet);",
        "        if (at - first != 2) {\n"
        "            missed.packets.push_back(packet);\n        }"),
    "recovery ignores except": (
        "socketio/recovery_missed.cpp",
        "std::ranges::none_of(selection.except, member)",
        "(selection.except.empty() || !session.sid.empty())"),
    "recovery without end": (
        "socketio/recovery.cpp",
        "void Recovery::forget_old(TimePoint now) {\n",
        "void Recovery::forget_old(TimePoint now) {\n    now -= 9 * bounds_.max_age;\n"),
    "events dated by the wall clock": (
        "socketio/namespace_broadcast.cpp",
        "    return shard ? shard->now() : engineio::net::Shard::Clock::now();",
        "    return shard ? Recovery::TimePoint(std::chrono::system_clock::now()"
        ".time_since_epoch())\n"
        "                 : engineio::net::Shard::Clock::now();"),
    "a disconnect not told": (
        "socketio/client.cpp",
        "    for (auto const& socket : sockets) {\n        socket->leave_namespace(reason",
        "    for (auto const& socket : sockets) {\n"
        "        if (sockets.size() == 4 && socket == sockets.back()) {\n"
        "            continue;\n        }\n        socket->leave_namespace(reason"),
    "waiting for answers of the gone": (
        "socketio/socket.cpp", "    fail_acks();\n    client_ = nullptr;", "    client_ = nullptr;"),
    "no timeout of answers": (
        "socketio/socket.cpp", "            settle_ack(id, AckError::timeout);\n", ""),
    "what waited is lost by an upgrade": (
        "engineio/session_upgrade.cpp",
        "    flush();\n    if (state_ == State::closing",
        "    queue_.clear();\n    flush();\n    if (state_ == State::closing"),
    "a body lost on its way to another shard": (
        "engineio/net/http_hand_over.cpp",
        "connection_.release(std::exchange(input_, {}))",
        "connection_.release(std::exchange(input_, {}).substr(0, scanned_))"),
    "a byte too many of a partial write": (
        "engineio/net/connection_output.cpp",
        "    first_offset_ += bytes;", "    first_offset_ += bytes + 1;"),
    "a gauge that only grows": (
        "socketio/namespace.cpp", "    --socket.shard_.metrics().sockets;\n", ""),
    "an answer counted twice": (
        "socketio/namespace_ack.cpp",
        "            take(reply->empty() ? Json() : std::move(reply->front()));",
        "            if (settled == 2 && !reply->empty()) {\n"
        "                take(reply->front());\n            }\n"
        "            take(reply->empty() ? Json() : std::move(reply->front()));"),
}


# What only threads that run at the same time show.
THREADS = {
    "logged without the lock": (
        "socketio/recovery.cpp",
        "    Change const change(*this);\n    auto packet = push(",
        "    auto packet = push("),
    "answers gathered on any shard": (
        "socketio/namespace_ack.cpp",
        "    if (&shard == &gather->origin) {",
        "    if (&shard == &gather->origin || gather->settled == 1) {"),
    "a namespace looked up without the lock": (
        "socketio/core_namespaces.cpp",
        "        std::lock_guard const lock(namespaces_mutex_);\n"
        "        if (auto const found =",
        "        if (auto const found ="),
}


def run(build, threads):
    subprocess.run(["ninja", "-C", build, "tests/simulation"], check=True,
                   stdout=subprocess.DEVNULL)
    program = pathlib.Path(build, "tests", "simulation").resolve()
    # TSan of GCC 12 does not start where addresses are randomised much.
    command = ["setarch", "-R", program, "--threads"] if threads else [program]
    return subprocess.run([*command, *BUDGET], capture_output=True, text=True, check=False)


def try_one(build, name):
    path, old, new = (MUTANTS | THREADS)[name]
    file = ROOT / path
    text = file.read_text()
    if text.count(old) != 1:
        return f"{path} has changed"
    try:
        file.write_text(text.replace(old, new))
        result = run(build, name in THREADS)
    finally:
        file.write_text(text)
    if result.returncode == 0:
        return "NOT NOTICED"
    lines = result.stderr.splitlines() or [f"killed by signal {-result.returncode}"]
    told = ("seed ", "SUMMARY: ")
    return next((line for line in lines if line.startswith(told)), lines[0])


def main():
    build = sys.argv[1]
    missed = 0
    flags = subprocess.run(["meson", "configure", build], capture_output=True, text=True,
                           check=True).stdout
    tsan = any(line.split()[:2] == ["b_sanitize", "thread"] for line in flags.splitlines())
    for name in sys.argv[2:] or (THREADS if tsan else MUTANTS):
        verdict = try_one(build, name)
        missed += not verdict.startswith(("seed ", "SUMMARY: ", "killed"))
        print(f"{name}: {verdict}", flush=True)
    run(build, False)  # of the restored tree
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
