// Too many unfinished coroutine handlers: reading pauses, and beyond that the connection ends.

#include "engineio/limits.hpp"
#include "socketio/socketio.hpp"
#include "tests/rig/met_limits.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace backpressure_test {

using rig::hits;
using rig::Quiet;
using rig::ServerRig;
using rig::World;
using socketio::Admission;
using socketio::Event;
using socketio::Json;
using socketio::ServerOptions;
using socketio::Socket;
using socketio::Task;
using namespace std::chrono_literals;
namespace limits = engineio::limits;

namespace {

// Met limits are told to the log.
std::vector<std::string> many(std::size_t count, std::string const& packet) {
    return std::vector<std::string>(count, packet);
}

void serve_slowly(World& world) {
    world.io().on("slow", [](Socket&) -> Task<void> { co_await socketio::sleep_for(1s); });
    world.io().on("slower", [](Socket&) -> Task<void> { co_await socketio::sleep_for(2s); });
    world.io().on("asks", [](Socket& socket) -> Task<void> {
        static_cast<void>(co_await socket.emit_with_ack("q"));
    });
    world.io().on("quick", [] { return 1; });
}

bool paused(World& world, std::string const& name) {
    return world.peer(name).transport->reading_paused();
}

// Handlers such as subscriptions, which go on until their client leaves.
void serve_while_connected(World& world) {
    world.io().on("slow", [](Socket& socket) -> Task<void> {
        while (socket.connected()) {
            co_await socketio::sleep_for(1s);
        }
    });
}

}  // namespace

TEST_CASE_FIXTURE(Quiet, "backpressure: reading pauses above the limit and goes on at half of it") {
    ServerRig()
        .serves(serve_slowly)
        .connects("a")
        .connects("neighbour")
        .says("a", many(limits::max_unfinished_handlers / 2, R"(42["slower"])"))
        .says("a", many(limits::max_unfinished_handlers / 2, R"(42["slow"])"))
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .says("a", {R"(42["slow"])"})
        .checks([](World& world) {
            CHECK(paused(world, "a"));
            CHECK_FALSE(paused(world, "neighbour"));
        })
        .says("neighbour", {R"(420["quick"])"})
        .gets("neighbour", "430[1]")
        .advance(1s)
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .advance(1s)
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: no pause while an answer of this client is awaited") {
    ServerRig()
        .serves(serve_slowly)
        .connects("a")
        .says("a", {R"(42["asks"])"})
        .says("a", many(limits::max_unfinished_handlers + 10, R"(42["slow"])"))
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .gets("a", R"(420["q"])")
        .says("a", {"430[]"})
        .checks([](World& world) { CHECK(paused(world, "a")); })
        .advance(1s)
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: asking the client from elsewhere ends the pause") {
    ServerRig()
        .serves(serve_slowly)
        .connects("a")
        .says("a", many(limits::max_unfinished_handlers + 1, R"(42["slow"])"))
        .checks([](World& world) { CHECK(paused(world, "a")); })
        .does([](World& world) {
            socketio::spawn([](World& w) -> Task<void> {
                auto const votes = co_await w.io().timeout(500ms).emit_with_ack("vote");
                w.note("missing " + std::to_string(votes.missing));
            }(world));
        })
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .advance(500ms)
        .notes("missing 1")
        .checks([](World& world) { CHECK(paused(world, "a")); })
        .advance(1s)
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: middlewares that wait count, too") {
    ServerRig()
        .serves([](World& world) {
            world.io().use_event([](Socket&, Event const&) -> Task<Admission> {
                co_await socketio::sleep_for(1s);
                co_return Admission{};
            });
        })
        .connects("a")
        .says("a", many(limits::max_unfinished_handlers + 1, R"(42["e"])"))
        .checks([](World& world) { CHECK(paused(world, "a")); })
        .advance(1s)
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: an event with two waiting middlewares counts once") {
    auto const wait = [](Socket&, Event const&) -> Task<Admission> {
        co_await socketio::sleep_for(1s);
        co_return Admission{};
    };
    ServerRig()
        .serves([=](World& world) { world.io().use_event(wait).use_event(wait); })
        .connects("a")
        .says("a", many(limits::max_unfinished_handlers, R"(42["e"])"))
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .advance(1s)
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .says("a", {R"(42["e"])"})
        .checks([](World& world) { CHECK(paused(world, "a")); })
        .advance(1s)
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .advance(1s)
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: events whose middleware has not called next count, too") {
    constexpr auto most = limits::max_unfinished_handlers;
    std::vector<socketio::Next> undecided;
    ServerRig()
        .serves([&undecided](World& world) {
            undecided.clear();
            world.io().use_event([&undecided](Socket&, Event const&, socketio::Next next) {
                undecided.push_back(std::move(next));
            });
            world.io().on("e", [&world] { world.note("handled"); });
            world.io().on_disconnect([&undecided](Socket&) { undecided.clear(); });
        })
        .connects("a")
        .says("a", many(most, R"(42["e"])"))
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .says("a", {R"(42["e"])"})
        .checks([](World& world) { CHECK(paused(world, "a")); })
        .does([&undecided](World& world) {
            undecided[0](std::nullopt);
            undecided[0](std::nullopt);  // counts once
            undecided[1](socketio::EventError{"no"});
            CHECK(world.notes.size() == 1);
            CHECK(paused(world, "a"));
            undecided.resize(most / 2);  // who drops them will not call them any more
            CHECK_FALSE(paused(world, "a"));
        })
        .notes("handled")
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: handlers of a namespace that was left still count") {
    ServerRig()
        .serves(serve_slowly)
        .connects("a")
        .says("a", many(limits::max_unfinished_handlers, R"(42["slow"])"))
        .says("a", {"41"})
        .says("a", {"40"})
        .says("a", {R"(42["slow"])"})
        .checks([](World& world) { CHECK(paused(world, "a")); })
        .advance(1s)
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: a pause is not taken for the client's death") {
    ServerRig()
        .serves([](World& world) {
            world.io().on("slow",
                          [](Socket&) -> Task<void> { co_await socketio::sleep_for(100s); });
        })
        .connects("a")
        .says("a", many(limits::max_unfinished_handlers + 1, R"(42["slow"])"))
        // A client that hears no ping for 45 s leaves.
        .advance(25s)
        .gets("a", "2")
        .advance(20s)
        .gets("a", "2")
        .advance(25s)
        .gets("a", "2")
        .advance(25s)
        .gets("a", "2")
        .stays_open("a")
        .advance(6s)
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .stays_open("a")
        .advance(20s)
        .ended("a")
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: a client that left during a pause is noticed in the end") {
    ServerRig()
        .serves(serve_while_connected)
        .connects("a")
        .says("a", many(limits::max_unfinished_handlers + 1, R"(42["slow"])"))
        .advance(25s)
        .advance(20s)
        .advance(25s)
        .advance(25s)
        .advance(25s)
        .stays_open("a")
        .advance(25s)
        .ended("a")
        .advance(1s)
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: a close during a pause ends by its heartbeat") {
    ServerRig()
        .serves(serve_while_connected)
        .opens_polling("a")
        .polls("a")
        .says("a", {"40"})
        .gets("a", "40*")
        .says("a", many(limits::max_unfinished_handlers + 1, R"(42["slow"])"))
        .does([](World& world) { world.io().disconnect_sockets(true); })
        .advance(25s)
        .advance(20s)
        .ended("a")
        .advance(1s)
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: far too many handlers end the connection") {
    World world;
    serve_slowly(world);
    world.core().open();
    for (auto const* const name : {"a", "neighbour"}) {
        world.open(name);
        world.say(name, {"40"});
        world.settle();
        world.gets(name, "40*");
    }
    world.say("a", many(limits::max_unfinished_handlers_closing - 1, R"(42["slow"])"));
    CHECK(world.peer("a").session != nullptr);
    world.say("a", {R"(42["slow"])"});
    CHECK(world.peer("a").session == nullptr);
    world.say("neighbour", {R"(420["quick"])"});
    world.gets("neighbour", "430[1]");
    world.cut_all();
    world.advance(2s);
    world.check_clean();
}

// The memory of one such event's argument, and the packet. Reading pauses above four of them and
// the connection ends above ten.
struct Heavy {
    static constexpr std::size_t bytes = sizeof(Json) + 100;
    static ServerOptions options() {
        ServerOptions options;
        options.limits.max_unfinished_bytes = 4 * bytes;
        options.limits.max_unfinished_bytes_closing = 10 * bytes;
        return options;
    }
    static std::string packet(std::string const& event, std::size_t more = 0) {
        return "42[\"" + event + "\",\"" + std::string(100 + more, 'x') + "\"]";
    }
};

void serve_heavy(World& world) {
    serve_slowly(world);
    world.io().on("keep",
                  [](Socket&, std::string) -> Task<void> { co_await socketio::sleep_for(1s); });
    world.io().on("keep longer", [](Socket&, socketio::RawJson) -> Task<void> {
        co_await socketio::sleep_for(2s);
    });
    world.io().on("at once", [](Socket&, std::string text) { return text.size(); });
}

TEST_CASE_FIXTURE(Quiet, "backpressure: reading pauses above so many bytes until half are free") {
    ServerRig(Heavy::options())
        .serves(serve_heavy)
        .connects("a")
        .connects("neighbour")
        .says("a", many(2, Heavy::packet("keep")))
        .advance(500ms)
        .says("a", many(2, Heavy::packet("keep")))
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .says("a", many(20, Heavy::packet("at once")))  // keeps nothing
        .checks([](World& world) {
            CHECK_FALSE(paused(world, "a"));
            CHECK(hits(world, "max_unfinished_bytes") == 0);
        })
        .says("a", {R"(42["keep",""])"})
        .checks([](World& world) {
            CHECK(paused(world, "a"));
            CHECK_FALSE(paused(world, "neighbour"));
            CHECK(hits(world, "max_unfinished_bytes") == 1);
            CHECK(hits(world, "max_unfinished_handlers") == 0);
        })
        .advance(500ms)
        .checks([](World& world) { CHECK(paused(world, "a")); })  // two and the empty one are left
        .advance(500ms)
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: far too many bytes end the connection, whatever it owes") {
    ServerRig(Heavy::options())
        .serves(serve_heavy)
        .connects("a")
        .connects("neighbour")
        .says("a", {R"(42["asks"])"})
        .gets("a", R"(420["q"])")
        .says("a", many(10, Heavy::packet("keep")))
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .stays_open("a")
        .says("a", {R"(42["keep",""])"})  // with which it is too much, for the next one
        .stays_open("a")
        .checks([](World& world) { CHECK(hits(world, "max_unfinished_bytes_closing") == 0); })
        .says("a", {R"(42["keep",""])"})
        .ended("a")
        .checks([](World& world) { CHECK(hits(world, "max_unfinished_bytes_closing") == 1); })
        .says("neighbour", {R"(420["quick"])"})
        .gets("neighbour", "430[1]")
        .advance(1s)
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: one event alone may be heavier than all that") {
    ServerRig(Heavy::options())
        .serves(serve_heavy)
        .connects("a")
        .says("a", {Heavy::packet("keep", 20 * Heavy::bytes)})
        .checks([](World& world) { CHECK(paused(world, "a")); })
        .advance(1s)
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .says("a", {R"(42["keep",""])"})  // also beside others
        .says("a", {Heavy::packet("keep", 20 * Heavy::bytes)})
        .checks([](World& world) { CHECK(paused(world, "a")); })
        .advance(1s)
        .stays_open("a")
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: one event is no heavier for the number of its handlers") {
    ServerRig(Heavy::options())
        .serves([](World& world) {
            serve_heavy(world);
            for (int i = 0; i < 3; ++i) {
                world.io().on("kept thrice", [](Socket&, std::string) -> Task<void> {
                    co_await socketio::sleep_for(1s);
                });
            }
        })
        .connects("a")
        .says("a", {Heavy::packet("kept thrice", 20 * Heavy::bytes)})
        .stays_open("a")
        .checks([](World& world) { CHECK(paused(world, "a")); })
        .says("a", {R"(42["keep",""])"})  // the next one is weighed against it
        .ended("a")
        .checks([](World& world) { CHECK(hits(world, "max_unfinished_bytes_closing") == 1); })
        .advance(1s)
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: the bytes of text, and of what middlewares hold, count") {
    ServerRig(Heavy::options())
        .serves([](World& world) {
            serve_heavy(world);
            world.of("/checked").use_event([](Socket&, Event const&) -> Task<Admission> {
                co_await socketio::sleep_for(1s);
                co_return Admission{};
            });
        })
        .connects("a")
        .says("a", {"40/checked,"})
        .gets("a", "40/checked,*")
        .says("a", {Heavy::packet("keep longer", 4 * Heavy::bytes)})
        .checks([](World& world) { CHECK(paused(world, "a")); })
        .advance(2s)
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .says("a", {"42/checked," + Heavy::packet("nobody's", 4 * Heavy::bytes).substr(2)})
        .checks([](World& world) { CHECK(paused(world, "a")); })
        .advance(1s)
        .checks([](World& world) { CHECK_FALSE(paused(world, "a")); })
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: without a number the bytes follow the largest message") {
    ServerOptions options;
    options.max_http_buffer_size = 1000;
    CHECK(socketio::unfinished_bytes(options) == 4 * 1000);
    CHECK(socketio::unfinished_bytes_closing(options) == 16 * 1000);
    options.limits.max_unfinished_bytes = 16'000;
    CHECK_THROWS_WITH(World{options}, "limits.max_unfinished_bytes_closing: must be more than "
                                      "limits.max_unfinished_bytes");
    options.limits.max_unfinished_bytes_closing = 16'001;
    CHECK_NOTHROW(World{options});
}

TEST_CASE_FIXTURE(Quiet, "backpressure: drained() comes back when everything was taken") {
    ServerRig()
        .serves([](World& world) {
            world.io().on("export", [&world](Socket& socket) -> Task<void> {
                for (int row = 0; row < 3; ++row) {
                    socket.emit("row", row);
                    world.note(co_await socket.conn().drained() ? "drained" : "over");
                }
            });
            world.io().on("quick", [] { return 1; });
        })
        .connects("neighbour")
        .opens_polling("a")
        .says("a", {"40"})
        .polls("a")
        .gets("a", "40*")
        .says("a", {R"(42["export"])"})
        .checks([](World& world) { CHECK(world.peer("a").session->buffered_bytes() > 0); })
        .notes_nothing()
        .polls("a")
        .gets("a", R"(42["row",0])")
        .notes("drained")
        .says("neighbour", {R"(420["quick"])"})
        .gets("neighbour", "430[1]")
        .notes_nothing()
        .polls("a")
        .gets("a", R"(42["row",1])")
        .notes("drained")
        .cuts("a")
        .notes("over")
        .notes_nothing()
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: drained() waits for nothing where nothing waits") {
    ServerRig()
        .serves([](World& world) {
            world.io().on("hi", [&world](Socket& socket) -> Task<void> {
                auto const connection = socket.conn();
                world.note(co_await connection.drained() ? "drained" : "over");
                socket.disconnect(true);
                co_await socketio::sleep_for(1s);
                world.note(co_await connection.drained() ? "drained" : "over");
                world.note(co_await socketio::Connection().drained() ? "drained" : "over");
            });
        })
        .connects("a")
        .says("a", {R"(42["hi"])"})
        .notes("drained")
        .advance(1s)
        .notes("over")
        .notes("over")
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: a coroutine may end while it waits for the drain") {
    ServerRig()
        .serves([](World& world) {
            world.io().on("go", [](Socket& socket) -> Task<void> {
                socket.emit("x");
                // Dropped after its first look, as by a handler that gives up.
                { auto const wait = socket.conn().drained(); }
                co_await socket.conn().drained();
            });
        })
        .opens_polling("a")
        .says("a", {"40", R"(42["go"])"})
        .does([](World&) { socketio::destroy_spawned(); })
        .polls("a")
        .run();
}

TEST_CASE_FIXTURE(Quiet, "backpressure: a client that never polls costs so much and no more") {
    constexpr std::size_t whole = limits::max_buffered_bytes / 16;
    // `42["x","…"]`
    auto const send = [](World& world, std::size_t bytes) {
        world.io().to("idle").emit("x", std::string(bytes - 10, 'x'));
    };
    ServerRig()
        .serves([](World& world) {
            world.io().on("idle", [&world](Socket& socket) {
                socket.join("idle");
                socket.on_disconnect([&world](Socket&, socketio::DisconnectReason reason) {
                    world.note(std::string(to_string(reason)));
                });
            });
            world.io().on("quick", [] { return 1; });
        })
        .connects("neighbour")
        .opens_polling("a")
        .says("a", {"40"})
        .polls("a")
        .gets("a", "40*")
        .says("a", {R"(42["idle"])"})
        .does([=](World& world) {
            for (int i = 0; i < 15; ++i) {
                send(world, whole);
            }
            send(world, whole - 1);
            CHECK(world.peer("a").session->buffered_bytes() == limits::max_buffered_bytes - 1);
            world.io().to("idle").volatile_().emit("dropped");
            CHECK(world.metrics().volatile_dropped == 1);
        })
        .stays_open("a")
        .checks([](World& world) { CHECK(world.metrics().slow_readers_closed == 0); })
        .does([=](World& world) { send(world, 11); })
        .ended("a")
        .notes("transport error")
        .checks([](World& world) { CHECK(world.metrics().slow_readers_closed == 1); })
        .says("neighbour", {R"(420["quick"])"})
        .gets("neighbour", "430[1]")
        .run();
}

}  // namespace backpressure_test
