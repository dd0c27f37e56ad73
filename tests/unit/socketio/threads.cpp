// Which thread may call what: Synchronized, and the assertions against calls from the wrong one.

#include "socketio/socketio.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace threads_test {

using rig::World;
using socketio::Ack;
using socketio::Json;
using socketio::Next;
using socketio::Socket;
using socketio::SocketPtr;
using socketio::Synchronized;
using socketio::Task;

namespace {

// True if `action` ends a process of its own by an assertion. The thread that calls this does not
// change; the action makes its own.
bool aborts(std::function<void()> const& action) {
    auto const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);  // doctest would report it
        std::freopen("/dev/null", "w", stderr);
        action();
        _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

// What a handler may do and another thread may not.
struct Held {
    SocketPtr socket;
    std::optional<Ack<int>> ack;
    std::optional<Next> next;
    std::optional<Next> event_next;
    socketio::Connection connection;
};

using Calls = std::vector<std::pair<char const*, std::function<void()>>>;

Calls shard_only(World& world, Held& held) {
    auto& socket = *held.socket;
    return {
        {"emit", [&world, &held, &socket] { socket.emit("x"); }},
        {"emit_with_ack",
         [&world, &held, &socket] { static_cast<void>(socket.emit_with_ack("x")); }},
        {"volatile emit", [&world, &held, &socket] { socket.volatile_().emit("x"); }},
        {"join", [&world, &held, &socket] { socket.join("r"); }},
        {"leave", [&world, &held, &socket] { socket.leave("r"); }},
        {"rooms", [&world, &held, &socket] { socket.rooms(); }},
        {"in_room", [&world, &held, &socket] { socket.in_room("r"); }},
        {"disconnect", [&world, &held, &socket] { socket.disconnect(); }},
        {"data", [&world, &held, &socket] { socket.data(); }},
        {"typed data", [&world, &held, &socket] { socket.data<int>(); }},
        {"transport", [&world, &held, &socket] { socket.transport(); }},
        {"protocol", [&world, &held, &socket] { socket.protocol(); }},
        {"writable", [&world, &held, &socket] { socket.writable(); }},
        {"broadcast", [&world, &held, &socket] { socket.broadcast(); }},
        {"to", [&world, &held, &socket] { socket.to("r").emit("x"); }},
        {"conn", [&world, &held, &socket] { socket.conn(); }},
        {"conn().writable", [&world, &held, &socket] { held.connection.writable(); }},
        {"conn().ready_state", [&world, &held, &socket] { held.connection.ready_state(); }},
        {"conn().request", [&world, &held, &socket] { held.connection.request(); }},
        {"conn().on_packet",
         [&world, &held, &socket] { held.connection.on_packet([](auto, auto) {}); }},
        {"conn().close", [&world, &held, &socket] { held.connection.close(); }},
        {"on", [&world, &held, &socket] { socket.on("x", [] {}); }},
        {"off", [&world, &held, &socket] { socket.off(); }},
        {"on_any", [&world, &held, &socket] { socket.on_any([](socketio::Event const&) {}); }},
        {"listeners", [&world, &held, &socket] { socket.listeners("x"); }},
        {"Ack", [&world, &held, &socket] { (*held.ack)(1); }},
        {"Next", [&world, &held, &socket] { (*held.next)(std::nullopt); }},
        {"Next of an event", [&world, &held, &socket] { (*held.event_next)(std::nullopt); }},
        {"emit_with_ack of an operator",
         [&world, &held, &socket] { static_cast<void>(world.io().to("r").emit_with_ack("x")); }},
        {"local_sockets", [&world, &held, &socket] { world.io().local_sockets(); }},
        {"room_count", [&world, &held, &socket] { world.io().room_count(); }},
        {"spawn",
         [&world, &held, &socket] { socketio::spawn([]() -> Task<void> { co_return; }()); }},
        {"sleep_for",
         [&world, &held, &socket] {
             static_cast<void>(socketio::sleep_for(std::chrono::milliseconds(1))
                                   .await_suspend(std::noop_coroutine()));
         }},
    };
}

Calls any_thread(World& world) {
    return {
        {"emit", [&world] { world.io().emit("x", 1); }},
        {"emit to a room", [&world] { world.io().to("r").except("s").volatile_().emit("x"); }},
        {"emit to a socket", [&world] { world.io().to(world.peer("a").sid).emit("x"); }},
        {"sockets_join", [&world] { world.io().sockets_join("r"); }},
        {"sockets_leave", [&world] { world.io().sockets_leave("r"); }},
        {"disconnect_sockets", [&world] { world.io().disconnect_sockets(); }},
        {"of", [&world] { world.of("/"); }},
        {"of with set-up", [&world] { world.core().of("/late", [](socketio::Namespace&) {}); }},
        {"socket_count", [&world] { world.io().socket_count(); }},
        {"close", [&world] { world.core().close(); }},
    };
}

}  // namespace

TEST_CASE("threads: calls from a foreign thread are assertions") {
    World world;
    Held held;
    world.of("/slow").use([&held](Socket&, Next next) { held.next = next; });
    world.io().use_event([&held](Socket&, socketio::Event const& event, Next next) {
        if (event.name == "held") {
            held.event_next = next;
        } else {
            next(std::nullopt);
        }
    });
    world.io().on("e", [&held](Socket& socket, Ack<int> ack) {
        held.socket = &socket;
        held.ack = ack;
        held.connection = socket.conn();
    });
    world.core().open();
    world.open("a");
    world.say("a", {"40"});
    world.say("a", {"40/slow,", R"(420["e"])", R"(42["held"])"});
    world.settle();
    REQUIRE((held.socket && held.ack && held.next && held.event_next));
    for (auto const& [name, call] : shard_only(world, held)) {
        CAPTURE(name);
        CHECK(aborts([&call = call] { std::thread(call).join(); }));
        CHECK_FALSE(aborts([&world, &call = call] { world.turn(0, call); }));
    }
    for (auto const& [name, call] : any_thread(world)) {
        CAPTURE(name);
        CHECK_FALSE(aborts([&call = call] { std::thread(call).join(); }));
    }
    world.turn(0, [&held] { held = {}; });
    world.cut("a");
    world.settle();
}

TEST_CASE("threads: the shard of another server is a foreign thread, too") {
    World one;
    World two({}, 2);
    CHECK(aborts([&] { two.turn(0, [&one] { one.io().local_sockets(); }); }));
    CHECK(aborts([&] { two.turn(1, [&one] { one.io().room_count(); }); }));
    CHECK_FALSE(aborts([&] { two.turn(1, [&two] { two.io().room_count(); }); }));
}

TEST_CASE("threads: what is fixed before listening") {
    World world;
    world.core().open();
    CHECK_THROWS_AS(world.core().on_http({}), std::logic_error);
    CHECK_THROWS_AS(world.core().on_engine_connection({}), std::logic_error);
    CHECK_THROWS_AS(world.core().on_new_namespace({}), std::logic_error);
}

TEST_CASE("Synchronized: one at a time, results by value") {
    Synchronized<std::vector<int>> list;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&list] {
            for (int i = 0; i < 1000; ++i) {
                list.with([i](std::vector<int>& values) { values.push_back(i); });
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    auto const& shared = list;
    CHECK(shared.with([](std::vector<int> const& values) { return values.size(); }) == 4000);
    Synchronized<std::string> text("abc");
    CHECK(text.with([](std::string& value) { return value; }) == "abc");
    CHECK_THROWS_AS(text.with([](std::string& value) { return value.at(9); }), std::out_of_range);
    CHECK(text.with([](std::string& value) { return value.size(); }) == 3);
    CHECK(aborts([&text] {
        text.with([&text](std::string&) { return text.with([](std::string&) { return 1; }); });
    }));
}

}  // namespace threads_test
