#include "socketio/middleware.hpp"

#include "engineio/net/log.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace middleware_test {

using rig::ServerRig;
using rig::World;
using socketio::Admission;
using socketio::ConnectError;
using socketio::Event;
using socketio::EventError;
using socketio::Json;
using socketio::Next;
using socketio::Socket;
using socketio::Task;
using namespace std::chrono_literals;

TEST_CASE("middleware: all forms, in order, then the connection handler") {
    ServerRig()
        .serves([](World& world) {
            world.io()
                .use([&world](Socket& socket) {
                    world.note(socket.connected() ? "connected already" : "void");
                })
                .use([&world](Socket&) -> Admission {
                    world.note("result");
                    return {};
                })
                .use([&world](Socket&) -> Task<Admission> {
                    co_await socketio::sleep_for(100ms);
                    world.note("coroutine");
                    co_return Admission{};
                })
                .use([&world](Socket&, Next next) {
                    world.note("next");
                    next(std::nullopt);
                })
                .on_connection([&world](Socket&) { world.note("connection"); });
        })
        .opens("a")
        .says("a", {"40"})
        .notes("void")
        .notes("result")
        .notes_nothing()
        .gets_nothing("a")
        .advance(100ms)
        .notes("coroutine")
        .notes("next")
        .notes("connection")
        .gets("a", "40{\"sid\":*")
        .run();
}

TEST_CASE("middleware: a refusal reaches the client and ends the chain") {
    ServerRig()
        .serves([](World& world) {
            world.io().use([](Socket& socket) -> Admission {
                auto const how = socket.handshake().auth("how").value_or("");
                if (how == "plain") {
                    return ConnectError{"not \"you\"", std::nullopt};
                }
                if (how == "data") {
                    return ConnectError{"no", Json::object({{"code", 7}})};
                }
                return {};
            });
            world.io().use([&world](Socket&) { world.note("second"); });
        })
        .opens("a")
        .says("a", {R"(40{"how":"plain"})"})
        .gets("a", R"(44{"message":"not \"you\""})")
        .says("a", {R"(40{"how":"data"})"})
        .gets("a", R"(44{"message":"no","data":{"code":7}})")
        .notes_nothing()
        .says("a", {R"(40{"how":1})"})  // not a string: as if absent
        .notes("second")
        .gets("a", "40{*")
        .run();
}

TEST_CASE("middleware: coroutines refuse and fail like the others") {
    engineio::net::set_level(engineio::net::Level::off);
    ServerRig()
        .serves([](World& world) {
            world.io().use([](Socket& socket) -> Task<Admission> {
                auto const how = socket.handshake().auth("how").value_or("");
                co_await socketio::sleep_for(10ms);
                if (how == "throw") {
                    throw std::runtime_error("expected by the test");
                }
                co_return ConnectError{"later no", std::nullopt};
            });
            world.of("/sync").use(
                [](Socket&) { throw std::runtime_error("expected by the test"); });
        })
        .opens("a")
        .says("a", {R"(40{"how":"throw"})"})
        .advance(10ms)
        .gets("a", R"(44{"message":"Internal server error"})")
        .says("a", {"40"})
        .advance(10ms)
        .gets("a", R"(44{"message":"later no"})")
        .says("a", {"40/sync,"})
        .gets("a", R"(44/sync,{"message":"Internal server error"})")
        .checks([](World& world) { CHECK(world.metrics().handler_exceptions == 2); })
        .run();
    engineio::net::set_level(engineio::net::Level::info);
}

TEST_CASE("middleware: the first call of next counts, of all its copies") {
    engineio::net::set_level(engineio::net::Level::off);
    ServerRig()
        .serves([](World& world) {
            world.io().use([](Socket&, Next next) {
                auto const copy = next;
                next(std::nullopt);
                copy(std::nullopt);
                copy(ConnectError{"too late", std::nullopt});
                throw std::runtime_error("too late, too");
            });
        })
        .opens("a")
        .says("a", {"40"})
        .gets("a", "40{*")
        .gets_nothing("a")
        .checks([](World& world) { CHECK(world.connects == 1); })
        .run();
    engineio::net::set_level(engineio::net::Level::info);
}

TEST_CASE("middleware: rooms joined while connecting are kept, and freed after a refusal") {
    ServerRig()
        .serves([](World& world) {
            world.io().use([](Socket& socket) -> Admission {
                socket.join("lobby");
                if (socket.handshake().auth("go")) {
                    return ConnectError{"go", std::nullopt};
                }
                return {};
            });
        })
        .opens("a")
        .says("a", {R"(40{"go":"y"})"})
        .gets("a", "44*")
        .does([](World& world) { CHECK(world.io().room_count() == 0); })
        .says("a", {"40"})
        .gets("a", "40*")
        .does([](World& world) { world.io().to("lobby").emit("hi"); })
        .gets("a", R"(42["hi"])")
        .run();
}

TEST_CASE("middleware: a client that leaves meanwhile is admitted nowhere") {
    std::vector<Next> waiting;
    ServerRig()
        .serves([&](World& world) {
            waiting.clear();
            world.io().use([&waiting](Socket&, Next next) { waiting.push_back(std::move(next)); });
        })
        .opens("a")
        .says("a", {"40"})
        .cuts("a")
        .does([&](World&) {
            for (auto const& next : waiting) {
                next(std::nullopt);
            }
            waiting.clear();
        })
        .checks([](World& world) { CHECK(world.connects == 0); })
        .run();
    // Those left by the broken replays hold sockets of worlds that are gone.
    CHECK(waiting.size() <= 1);
}

TEST_CASE("middleware: one that awaits an answer hears that its client has left") {
    ServerRig()
        .serves([](World& world) {
            world.io().use([&world](Socket& socket) -> Task<Admission> {
                auto const answer = co_await socket.emit_with_ack<int>("who are you?");
                world.note(answer ? "answered" : "left");
                co_return Admission{};
            });
        })
        .opens("a")
        .says("a", {"40"})
        .gets("a", R"(420["who are you?"])")
        .cuts("a")
        .checks([](World& world) {
            CHECK(socketio::spawned_count() == 0);
            CHECK(world.metrics().pending_acks == 0);
        })
        .notes("left")
        .run();
}

TEST_CASE("middleware: events may be changed, for middlewares and handlers that follow") {
    ServerRig()
        .serves([](World& world) {
            world.io()
                .use_event([](Socket&, Json::Array& packet) {
                    packet[0] = "new";
                    packet.resize(1);
                    for (int i = 0; i < 100; ++i) {
                        packet.emplace_back(i);
                    }
                })
                .use_event([&world](Socket&, Event const& event) {
                    world.note("sees " + std::string(event.name) + " " +
                               std::to_string(event.args.size()));
                })
                .use_event([](Socket&, Json::Array& packet, Next next) {
                    packet.erase(packet.begin() + 1, packet.end() - 1);
                    next(std::nullopt);
                })
                .use_event([](Socket&, Json::Array& packet) -> Task<Admission> {
                    co_await socketio::sleep_for(10ms);
                    packet[1] = Json::object({{"was", packet[1]}});
                    co_return Admission{};
                })
                .on_any([&world](Socket&, Event const& event) {
                    world.note("any " + std::string(event.name));
                })
                .on("new", [](Json what) { return what; });
        })
        .connects("a")
        .says("a", {R"(421["old"])"})
        .notes("any old")
        .notes("sees new 100")
        .advance(10ms)
        .gets("a", R"(431[{"was":99}])")
        .run();
}

TEST_CASE("middleware: an event without anything left finds no handler") {
    ServerRig()
        .serves([](World& world) {
            world.io()
                .use_event([](Socket&, Json::Array& packet) {
                    CHECK(packet.size() >= 1);
                    packet.clear();
                })
                .use_event([](Socket&, Event const& event) {
                    CHECK((event.name.empty() && event.args.empty()));
                })
                .on("e", [&world] { world.note("handled"); });
        })
        .connects("a")
        .says("a", {R"(42["e",1])", "42"})
        .notes_nothing()
        .stays_open("a")
        .run();
}

TEST_CASE("middleware: events are passed, refused and delayed") {
    ServerRig()
        .serves([](World& world) {
            world.io()
                .use_event([&world](Socket&, Event const& event) {
                    world.note("sees " + std::string(event.name));
                })
                .use_event([](Socket&, Event const& event) -> Admission {
                    if (event.name == "bad") {
                        return EventError{"refused", event.args[0]};
                    }
                    return {};
                })
                .use_event([](Socket&, Event const& event) -> Task<Admission> {
                    co_await socketio::sleep_for(10ms);
                    if (event.name == "a name too long for a small string") {
                        co_return EventError{std::string(event.name), event.args[0]};
                    }
                    co_return Admission{};
                })
                .use_event([](Socket&, Event const&, Next next) {
                    auto const copy = next;
                    next(std::nullopt);
                    copy(std::nullopt);
                })
                .on("good", [](int n) { return n; })
                .on("bad", [&world] { world.note("handled"); })
                .on_any([&world](Socket&, Event const& event) {
                    world.note("any " + std::string(event.name));
                })
                .on_error([&world](Socket&, EventError const& error) {
                    world.note(error.message + (error.data ? error.data->dump() : ""));
                });
        })
        .connects("a")
        .says("a", {R"(421["good",5])"})
        .notes("any good")
        .notes("sees good")
        .advance(10ms)
        .gets("a", "431[5]")
        .gets_nothing("a")
        .says("a", {R"(42["bad",{"x":1}])"})
        .notes("any bad")
        .notes("sees bad")
        .notes(R"(refused{"x":1})")
        .says("a", {R"(42["a name too long for a small string",[1]])"})
        .notes("any a name too long for a small string")
        .notes("sees a name too long for a small string")
        .advance(10ms)
        .notes("a name too long for a small string[1]")
        .notes_nothing()
        .stays_open("a")
        .run();
}

TEST_CASE("middleware: an event that is refused, or fits no handler, may be answered") {
    ServerRig()
        .serves([](World& world) {
            world.io().use_event([](Socket&, Event const& event) -> Admission {
                if (event.name == "no") {
                    event.answer("refused", 1);
                    event.answer("refused again");
                    return EventError{"not now"};
                }
                return {};
            });
            world.io().use_event([](Socket&, Event const event) -> Task<Admission> {
                co_await socketio::sleep_for(1s);
                if (event.name == "late") {
                    event.answer("late");
                }
                co_return Admission{};
            });
            world.io().on("late", [] { return "too late"; });
            world.io().on("number", [](int n) { return n; });
            world.io().on("number", [](Socket&, std::string) {});
            world.io().on_invalid([](Socket&, socketio::InvalidEvent const& event) {
                event.answer("wrong arguments");
            });
            world.io().on_any([](Socket&, Event const& event) { event.answer("nothing"); });
        })
        .connects("a")
        .says("a", {R"(421["no"])", R"(42["no"])"})
        .gets("a", R"(431["refused",1])")
        .gets_nothing("a")
        .says("a",
              {R"(422["late"])", R"(423["number",{}])", R"(424["number",4])", R"(42["number",{}])"})
        .gets_nothing("a")
        .advance(1s)
        .gets("a", R"(432["late"])")
        .gets("a", R"(433["wrong arguments"])")
        .gets("a", "434[4]")
        .gets_nothing("a")
        .run();
}

}  // namespace middleware_test
