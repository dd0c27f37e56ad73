#include "socketio/handler.hpp"

#include "socketio/socket.hpp"

#include "engineio/net/log.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace handler_test {

using rig::ServerRig;
using rig::World;
using socketio::Ack;
using socketio::Args;
using socketio::Binary;
using socketio::Json;
using socketio::Socket;
using socketio::Task;
using namespace std::chrono_literals;

namespace {

struct Point {
    int x = 0;
    std::optional<int> y;
    SIO_JSON(Point, x, y)
};

struct Counter {
    int total = 0;
    int add(int amount) { return total += amount; }
    std::string name(Socket& socket, std::string const& prefix) const {
        return prefix + socket.handshake().query("user").value_or("");
    }
};

std::string free_function(std::string text) {
    return text + "!";
}

// One peer says events to a server with these handlers.
struct Conversation {
    template <class F>
    explicit Conversation(F handler) {
        world.io().on("e", std::move(handler));
        world.io().on_invalid([this](Socket&, socketio::InvalidEvent const& event) {
            invalid += std::string(event.name) + "/" + std::to_string(event.args.size()) +
                       (event.wants_ack ? "? " : " ");
        });
        world.core().open();
        world.open("a");
        world.say("a", {"40"});
        world.gets("a", "40{*");
    }
    // The arguments of event "e", and what comes back.
    std::string says(std::string const& args, bool with_ack = true) {
        auto const comma = args.empty() ? "" : ",";
        world.say("a", {std::string(with_ack ? "427" : "42") + "[\"e\"" + comma + args + "]"});
        return world.take("a").value_or("");
    }

    World world;
    std::string invalid;
};

}  // namespace

TEST_CASE("handler: every form of parameter") {
    SUBCASE("none") {
        Conversation talk([] { return 1; });
        CHECK(talk.says("") == "437[1]");
        CHECK(talk.says("1,2,3") == "437[1]");  // more than it takes is fine
    }
    SUBCASE("Socket& first") {
        Conversation talk([](Socket& socket, int n) { return socket.connected() ? n : -1; });
        CHECK(talk.says("5") == "437[5]");
    }
    SUBCASE("by const reference") {
        Conversation talk(
            [](std::string const& text, Json const& more) { return text + more.dump(); });
        CHECK(talk.says(R"("x",{"a":1})") == R"(437["x{\"a\":1}"])");
    }
    SUBCASE("string_view") {
        Conversation talk(
            [](std::string_view text) { return std::string(text.rbegin(), text.rend()); });
        CHECK(talk.says(R"("abc")") == R"(437["cba"])");
        CHECK(talk.says("1") == "");
    }
    SUBCASE("a missing optional is empty, a missing Json is null") {
        Conversation talk([](std::optional<int> n, Json json, std::optional<std::string> s) {
            return std::to_string(n.value_or(-1)) + json.dump() + s.value_or("none");
        });
        CHECK(talk.says("") == R"(437["-1nullnone"])");
        CHECK(talk.says("null") == R"(437["-1nullnone"])");
        CHECK(talk.says(R"(2,[],"s")") == R"(437["2[]s"])");
        CHECK(talk.says(R"("2")") == "");
    }
    SUBCASE("Args takes the rest") {
        Conversation talk(
            [](int first, Args rest) { return first + static_cast<int>(rest.size()); });
        CHECK(talk.says("10") == "437[10]");
        CHECK(talk.says("10,1,null,[2]") == "437[13]");
        CHECK(talk.says("") == "");
    }
    SUBCASE("Args before Ack") {
        Conversation talk([](Args all, Ack<Args> ack) { ack(all); });
        CHECK(talk.says(R"(1,"two",[3])") == R"(437[1,"two",[3]])");
        CHECK(talk.says("") == "437[]");
    }
    SUBCASE("structs") {
        Conversation talk([](Point p) { return Point{p.y.value_or(0), p.x}; });
        CHECK(talk.says(R"({"x":1,"y":2,"z":3})") == R"(437[{"x":2,"y":1}])");
        CHECK(talk.says(R"({"x":1})") == R"(437[{"x":0,"y":1}])");
        CHECK(talk.says(R"({"y":1})") == "");
        CHECK(talk.says(R"({"x":1.5})") == "");
        CHECK(talk.says("[1,2]") == "");
    }
    SUBCASE("containers") {
        Conversation talk([](std::vector<int> const& list) {
            int sum = 0;
            for (int n : list) {
                sum += n;
            }
            return sum;
        });
        CHECK(talk.says("[1,2,3]") == "437[6]");
        CHECK(talk.says(R"([1,"2"])") == "");
    }
}

TEST_CASE("handler: functions and mutable lambdas") {
    SUBCASE("free function") {
        Conversation talk(&free_function);
        CHECK(talk.says(R"("hey")") == R"(437["hey!"])");
    }
    SUBCASE("mutable lambda keeps its state") {
        Conversation talk([n = 0]() mutable { return ++n; });
        CHECK(talk.says("") == "437[1]");
        CHECK(talk.says("") == "437[2]");
    }
}

TEST_CASE("handler: member functions") {
    Counter counter;
    ServerRig()
        .serves([&](World& world) {
            counter.total = 0;
            world.io().on("add", &Counter::add, &counter);
            world.io().on("name", &Counter::name, &counter);
        })
        .connects("a")
        .says("a", {R"(421["add",4])", R"(422["add",5])", R"(423["name","I am "])"})
        .gets("a", "431[4]")
        .gets("a", "432[9]")
        .gets("a", R"(433["I am a"])")
        .run();
}

TEST_CASE("handler: wrong shapes reach on_invalid instead of the handler") {
    int calls = 0;
    Conversation talk([&calls](int, std::string) { ++calls; });
    for (auto const* args : {"", "1", R"("1","x")", "1,2", "null,null", "1.5,\"x\"", "[1,\"x\"]",
                             "99999999999,\"x\"", "true,\"x\""}) {
        CAPTURE(args);
        CHECK(talk.says(args) == "");
    }
    CHECK(calls == 0);
    CHECK(talk.invalid == "e/0? e/1? e/2? e/2? e/2? e/2? e/1? e/2? e/2? ");
    CHECK(talk.world.metrics().invalid_events == 9);
    CHECK(talk.says(R"(1,"x")", false) == "");
    CHECK(calls == 1);
}

TEST_CASE("handler: the first acknowledgement counts") {
    SUBCASE("called twice") {
        Conversation talk([](Ack<int, std::string> ack) {
            ack(1, "one");
            ack(2, "two");
        });
        CHECK(talk.says("") == R"(437[1,"one"])");
        CHECK_FALSE(talk.world.take("a"));
    }
    SUBCASE("nobody asked") {
        bool asked = true;
        Conversation talk([&](Ack<> ack) {
            asked = static_cast<bool>(ack);
            ack();
        });
        CHECK(talk.says("", false) == "");
        CHECK_FALSE(asked);
        CHECK(talk.says("") == "437[]");
        CHECK(asked);
    }
    SUBCASE("kept and called after the event, and after the end") {
        Ack<std::string> kept;
        Conversation talk([&](Ack<std::string> ack) { kept = ack; });
        CHECK(talk.says("") == "");
        talk.world.turn(0, [&] { kept("late"); });
        CHECK(talk.world.take("a") == R"(437["late"])");
        CHECK(talk.says("") == "");
        talk.world.cut("a");
        talk.world.turn(0, [&] { kept("too late"); });
        CHECK_FALSE(talk.world.take("a"));
        talk.world.turn(0, [&] { kept = {}; });
    }
}

TEST_CASE("handler: several handlers run in order; each gets unmoved arguments") {
    ServerRig()
        .serves([](World& world) {
            for (auto const* name : {"first ", "second ", "third "}) {
                world.io().on("e", [&world, name](std::string text, Json json) {
                    world.note(name + text + json.dump());
                    return name;
                });
            }
        })
        .connects("a")
        .says("a", {R"(420["e","x",["a long text that lives on the heap"]])"})
        .notes(R"(first x["a long text that lives on the heap"])")
        .notes(R"(second x["a long text that lives on the heap"])")
        .notes(R"(third x["a long text that lives on the heap"])")
        .gets("a", R"(430["first "])")
        .gets_nothing("a")
        .run();
}

TEST_CASE("handler: returned values become the acknowledgement") {
    SUBCASE("vector") {
        Conversation talk([] { return std::vector{1, 2}; });
        CHECK(talk.says("") == "437[[1,2]]");
        CHECK(talk.says("", false) == "");
    }
    SUBCASE("Args are spread") {
        Conversation talk([] { return Args{1, "b"}; });
        CHECK(talk.says("") == R"(437[1,"b"])");
    }
    SUBCASE("binary") {
        Conversation talk([](Binary bytes) { return Binary{bytes.bytes + "!"}; });
        talk.world.say("a", {R"(451-7["e",{"_placeholder":true,"num":0}])", "b:abc"});
        CHECK(talk.world.take("a") == R"(461-7[{"_placeholder":true,"num":0}]|b:abc!)");
    }
    SUBCASE("nothing") {
        Conversation talk([](int) {});
        CHECK(talk.says("1") == "");
    }
}

TEST_CASE("handler: coroutines") {
    ServerRig()
        .serves([](World& world) {
            world.io().on("slow", [&world](Socket& socket, std::string text) -> Task<std::string> {
                co_await socketio::sleep_for(1s);
                world.note(socket.connected() ? "still here" : "gone");
                co_return text + "!";
            });
            world.io().on("acks", [](int n, Ack<int> ack) -> Task<void> {
                co_await socketio::sleep_for(500ms);
                ack(n);
            });
        })
        .connects("a")
        .says("a", {R"(421["slow","a text too long for the small string"])", R"(422["acks",3])"})
        .gets_nothing("a")
        .advance(600ms)
        .gets("a", "432[3]")
        .gets_nothing("a")
        .advance(400ms)
        .notes("still here")
        .gets("a", R"(431["a text too long for the small string!"])")
        .run();
}

TEST_CASE("handler: exceptions are caught and counted, and the socket lives") {
    engineio::net::set_level(engineio::net::Level::off);
    ServerRig()
        .serves([](World& world) {
            world.io().on("std", [] { throw std::runtime_error("expected by the test"); });
            world.io().on("std", [&world] { world.note("the next handler runs"); });
            world.io().on("int", []() -> int { throw 1; });
            world.io().on("task", []() -> Task<int> {
                co_await socketio::sleep_for(1ms);
                throw std::runtime_error("expected by the test");
            });
            world.io().on("fine", [] { return "fine"; });
        })
        .connects("a")
        .says("a", {R"(42["std"])", R"(421["int"])", R"(422["task"])", R"(423["fine"])"})
        .notes("the next handler runs")
        .advance(10ms)
        .gets("a", R"(433["fine"])")
        .gets_nothing("a")
        .checks([](World& world) { CHECK(world.metrics().handler_exceptions == 3); })
        .run();
    engineio::net::set_level(engineio::net::Level::info);
}

TEST_CASE("handler: names") {
    SUBCASE("numbers are looked up by their text") {
        ServerRig()
            .serves([](World& world) { world.io().on("5", [](int n) { return n; }); })
            .connects("a")
            .says("a", {"421[5,6]"})
            .gets("a", "431[6]")
            .run();
    }
    SUBCASE("reserved ones are refused") {
        World world;
        for (auto const* name : {"connect", "disconnect", "connect_error", "disconnecting",
                                 "newListener", "removeListener"}) {
            CHECK_THROWS_AS(world.io().on(name, [] {}), std::invalid_argument);
            CHECK_THROWS_AS(world.io().emit(name), std::invalid_argument);
        }
    }
}

}  // namespace handler_test
