// Dialogues with several clients: rooms, broadcasts, gathers over shards, state recovery.

#include "socketio/socketio.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace broadcast_test {

using rig::ServerRig;
using rig::World;
using socketio::Json;
using socketio::Socket;
using socketio::Task;
using namespace std::chrono_literals;

namespace {

void join_and_say(World& world) {
    world.io().on("join",
                  [](Socket& socket, std::vector<std::string> rooms) { socket.join(rooms); });
    world.io().on("leave", [](Socket& socket, std::string room) { socket.leave(room); });
    world.io().on("to", [](Socket& socket, std::string room) { socket.to(room).emit("e", room); });
    world.io().on("all but me", [](Socket& socket) { socket.broadcast().emit("e", "others"); });
    world.io().on("except", [](Socket& socket, std::string room) {
        socket.except(room).emit("e", "not " + room);
    });
    world.io().on("rooms", [](Socket& socket) { return socket.rooms(); });
}

std::string text_of(Json const& list) {
    return list.dump();
}

// Asks everybody and notes what came.
Task<void> ask_all(World& world, std::chrono::milliseconds limit) {
    auto const replies = co_await world.io().timeout(limit).emit_with_ack<int>("q");
    int sum = 0;
    for (int const n : replies.replies) {
        sum += n;
    }
    world.note(std::to_string(sum) + " missing " + std::to_string(replies.missing));
}

Task<void> fetch(World& world, std::string room) {
    auto const found = co_await world.io().in(room).fetch_sockets();
    std::map<std::string, std::string> sorted;
    for (auto const& socket : found) {
        CHECK(socket.rooms.front() == socket.id);
        auto const rooms = std::vector<std::string>(socket.rooms.begin() + 1, socket.rooms.end());
        sorted[*socket.handshake->query("user")] = text_of(socketio::to_json(rooms));
    }
    std::string line;
    for (auto const& [user, rooms] : sorted) {
        line += user + rooms + " ";
    }
    world.note(line);
}

socketio::ServerOptions with_recovery() {
    socketio::ServerOptions options;
    options.connection_state_recovery =
        socketio::RecoveryOptions{.max_disconnection_duration = 60s};
    return options;
}

}  // namespace

TEST_CASE("broadcast: rooms, unions and exceptions") {
    for (unsigned const shards : {1u, 2u}) {
        CAPTURE(shards);
        ServerRig({}, shards)
            .serves(join_and_say)
            .connects("a")
            .connects("b", shards - 1)
            .connects("c", shards - 1)
            .says("a", {R"(42["join",["x"]])"})
            .says("b", {R"(42["join",["x","y"]])"})
            .says("a", {R"(42["to","x"])"})
            .gets("b", R"(42["e","x"])")
            .does([](World& world) {
                world.io().to({"x", "y"}).emit("e", "once each");
            })
            .gets("a", R"(42["e","once each"])")
            .gets("b", R"(42["e","once each"])")
            .says("c", {R"(42["except","y"])"})
            .gets("a", R"(42["e","not y"])")
            .says("b", {R"(42["all but me"])"})
            .gets("a", R"(42["e","others"])")
            .gets("c", R"(42["e","others"])")
            .does([](World& world) { world.io().to("x").except("y").emit("e", "x-y"); })
            .gets("a", R"(42["e","x-y"])")
            .does([](World& world) { world.io().to(world.peer("c").sid).emit("e", "own room"); })
            .gets("c", R"(42["e","own room"])")
            .does([](World& world) { world.io().except(world.peer("c").sid).emit("e", "!c"); })
            .gets("a", R"(42["e","!c"])")
            .gets("b", R"(42["e","!c"])")
            .says("b", {R"(42["leave","x"])", R"(421["rooms"])"})
            .gets("b", R"(431[["{sid:b}","y"]])")
            .does([](World& world) { world.io().local().emit("e", "all"); })
            .gets("a", R"(42["e","all"])")
            .gets("b", R"(42["e","all"])")
            .gets("c", R"(42["e","all"])")
            .does([](World& world) { world.io().to("nobody").emit("e"); })
            .gets_nothing("a")
            .gets_nothing("b")
            .gets_nothing("c")
            .run();
    }
}

TEST_CASE("broadcast: binary goes to everybody whole") {
    ServerRig({}, 2)
        .connects("a", 0)
        .connects("b", 1)
        .does([](World& world) { world.io().emit("e", socketio::Binary{"xyz"}); })
        .gets("a", R"(451-["e",{"_placeholder":true,"num":0}]|b:xyz)")
        .gets("b", R"(451-["e",{"_placeholder":true,"num":0}]|b:xyz)")
        .run();
}

TEST_CASE("broadcast: namespaces do not hear each other") {
    ServerRig()
        .serves([](World& world) { world.watch(world.of("/n")); })
        .connects("a")
        .says("a", {"40/n,"})
        .gets("a", "40/n,*")
        .does([](World& world) { world.of("/n").emit("e", 1); })
        .gets("a", R"(42/n,["e",1])")
        .gets_nothing("a")
        .run();
}

TEST_CASE("broadcast: acknowledgements of all, partial results after the timeout") {
    ServerRig({}, 2)
        .connects("a", 0)
        .connects("b", 1)
        .connects("c", 1)
        .does([](World& world) { socketio::spawn(ask_all(world, 1s)); })
        .gets("a", R"(420["q"])")
        .gets("b", R"(420["q"])")
        .gets("c", R"(420["q"])")
        .says("b", {"430[10]"})
        .says("a", {"430[1]"})
        .notes_nothing()
        .says("c", {"430[100]"})
        .notes("111 missing 0")
        .does([](World& world) { socketio::spawn(ask_all(world, 1s)); }, 1)
        .gets("a", R"(421["q"])")
        .says("a", {"431[2]"})
        .says("b", {R"(431["no number"])"})
        .advance(900ms)
        .notes_nothing()
        .advance(200ms)
        .notes("2 missing 2")
        .says("c", {"431[4]"})
        .does([](World& world) { socketio::spawn(ask_all(world, 1s)); })
        .says("a", {"432[3]"})
        .cuts("b")
        .cuts("c")
        .notes("3 missing 2")
        .run();
}

TEST_CASE("broadcast: asking nobody answers at once") {
    ServerRig({}, 2)
        .does([](World& world) { socketio::spawn(ask_all(world, 1s)); })
        .notes("0 missing 0")
        .does([](World& world) { socketio::spawn(fetch(world, "x")); })
        .notes("")
        .run();
}

TEST_CASE("broadcast: fetch_sockets, sockets_join, sockets_leave, disconnect_sockets") {
    ServerRig({}, 2)
        .connects("a", 0)
        .connects("b", 1)
        .connects("c", 1)
        .does([](World& world) {
            world.io().sockets_join({"all", "some"});
        })
        .does([](World& world) { world.io().in(world.peer("b").sid).sockets_leave("some"); })
        .does([](World& world) { socketio::spawn(fetch(world, "all")); })
        .notes(R"(a["all","some"] b["all"] c["all","some"] )")
        .does([](World& world) { socketio::spawn(fetch(world, "some")); }, 1)
        .notes(R"(a["all","some"] c["all","some"] )")
        .does([](World& world) { world.io().in("some").disconnect_sockets(); })
        .gets("a", "41")
        .gets("c", "41")
        .stays_open("a")
        .does([](World& world) { world.io().disconnect_sockets(true); })
        .gets("b", "41")
        .ended("b")
        .stays_open("c")
        .run();
}

TEST_CASE("broadcast: events of one sender stay in order, whatever order the shards run in") {
    for (unsigned seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        constexpr unsigned shards = 3;
        World world({}, shards, seed);
        world.io().on("say", [&world](int from, int n) { world.io().emit("e", from, n); });
        world.core().open();
        for (unsigned i = 0; i < shards; ++i) {
            auto const name = std::to_string(i);
            world.open(name, i);
            world.say(name, {"40"});
            world.gets(name, "40*");
        }
        std::mt19937 random(seed);
        std::vector<int> sent(shards);
        for (int i = 0; i < 60; ++i) {
            auto const from = random() % shards;
            world.say(std::to_string(from), {"42[\"say\"," + std::to_string(from) + "," +
                                             std::to_string(sent[from]++) + "]"});
            world.step(random() % shards);
        }
        world.settle();
        for (unsigned i = 0; i < shards; ++i) {
            std::vector<int> heard(shards);
            while (auto const text = world.take(std::to_string(i))) {
                auto const event = Json::parse(std::string_view(*text).substr(2));
                REQUIRE(event);
                auto const from = static_cast<std::size_t>((*event)[1].integer().value());
                CHECK((*event)[2].integer() == heard[from]++);
            }
            CHECK(heard == sent);
        }
        world.cut_all();
        world.advance(1s);
        world.check_clean();
    }
}

TEST_CASE("recovery: a cut connection comes back with its rooms, data and missed events") {
    for (unsigned const shards : {1u, 2u}) {
        CAPTURE(shards);
        ServerRig(with_recovery(), shards)
            .serves([](World& world) {
                join_and_say(world);
                world.io().on_connection([&world](Socket& socket) {
                    world.note(std::string(socket.recovered() ? "recovered " : "new ") +
                               socket.data()["name"].dump());
                    socket.data().set("name", "ann");
                });
            })
            .connects("a")
            .notes("new null")
            .says("a", {R"(42["join",["x"]])"})
            .does([](World& world) { world.io().emit("e", "seen"); })
            .gets("a", R"(42["e","seen","*)")
            .cuts("a")
            .does([](World& world) { world.io().to("x").emit("e", 1); }, shards - 1)
            .does([](World& world) { world.io().to("y").emit("e", 2); }, shards - 1)
            .does([](World& world) { world.io().to(world.peer("a").sid).emit("e", 3); })
            .does([](World& world) { world.io().volatile_().emit("e", 4); })
            .does([](World& world) { world.io().except("x").emit("e", 5); })
            .checks([](World& world) {
                auto const sid = world.peer("a").sid;
                auto const pid = world.peer("a").pid;
                auto const offset = world.peer("a").offset;
                REQUIRE(pid.size() == 20);
                world.open("a", world.core().shard_count() - 1);
                world.say("a", {R"(40{"pid":")" + pid + R"(","offset":")" + offset + "\"}"});
                world.gets("a", R"(42["e",1,"*)");
                world.gets("a", R"(42["e",3,"*)");
                world.gets("a", "40*");
                CHECK(world.peer("a").sid == sid);
                CHECK(world.peer("a").pid == pid);
            })
            .notes("recovered \"ann\"")
            .does([](World& world) { world.io().to("x").emit("e", "again"); })
            .gets("a", R"(42["e","again","*)")
            .run();
    }
}

TEST_CASE("recovery: one state may be restored twice at the same time") {
    ServerRig(with_recovery())
        .connects("a")
        .does([](World& world) { world.io().emit("e"); })
        .gets("a", R"(42["e","*)")
        .cuts("a")
        .opens("b")
        .says("b", {R"(40{"pid":"{pid:a}","offset":"{offset:a}"})"})
        .gets("b", R"(40{"sid":"{sid:a}*)")
        .opens("c")
        .says("c", {R"(40{"pid":"{pid:a}","offset":"{offset:a}"})"})
        .gets("c", R"(40{"sid":"{sid:a}*)")
        .cuts("b")
        .checks([](World& world) { CHECK(world.metrics().sockets == 1); })
        .does([](World& world) { world.io().to(world.peer("a").sid).emit("e", "to c"); })
        .gets("c", R"(42["e","to c","*)")
        .run();
}

TEST_CASE("recovery: who was sent away does not come back as it was at an earlier cut") {
    ServerRig(with_recovery(), 2)
        .serves([](World& w) { w.io().on("kick me", [](Socket& s) { s.disconnect(); }); })
        .connects("a")
        .does([](World& world) { world.io().emit("e"); })
        .gets("a", R"(42["e","*)")
        .cuts("a")
        .opens("b", 1)
        .says("b", {R"(40{"pid":"{pid:a}","offset":"{offset:a}"})"})
        .gets("b", R"(40{"sid":"{sid:a}*)")
        .says("b", {R"(42["kick me"])"})
        .gets("b", "41")
        .opens("c")
        .says("c", {R"(40{"pid":"{pid:a}","offset":"{offset:a}"})"})
        .gets("c", "40*")
        .checks([](World& world) { CHECK(world.peer("c").sid != world.peer("a").sid); })
        .run();
}

TEST_CASE("recovery: what can't be restored connects anew") {
    ServerRig(with_recovery())
        .connects("a")
        .does([](World& world) { world.io().emit("e"); })
        .gets("a", R"(42["e","*)")
        .opens("b")
        .says("b", {R"(40{"pid":"{pid:a}","offset":"{offset:a}"})"})  // still connected: not saved
        .gets("b", "40*")
        .checks([](World& world) { CHECK(world.peer("a").sid != world.peer("b").sid); })
        .says("a", {"41"})  // left by itself: not saved either
        .opens("c")
        .says("c", {R"(40{"pid":"{pid:a}","offset":"{offset:a}"})"})
        .gets("c", "40*")
        .checks([](World& world) { CHECK(world.peer("a").sid != world.peer("c").sid); })
        .says("c", {R"(42["x"])"})
        .does([](World& world) { world.io().emit("e"); })
        .gets("c", R"(42["e","*)")
        .cuts("c")
        .cuts("b")
        .advance(61s)
        .opens("d")
        .says("d", {R"(40{"pid":"{pid:c}","offset":"{offset:c}"})"})
        .gets("d", "40*")
        .checks([](World& world) { CHECK(world.peer("c").sid != world.peer("d").sid); })
        .run();
}

namespace {

// "40" of a client that comes back, as socket.io-client sends it.
std::string comeback(World& world, std::string const& name) {
    return world.filled(R"(40{"pid":"{pid:)" + name + R"(}","offset":"{offset:)" + name + "}\"}");
}

// Everything that was sent to the client, up to its CONNECT answer or all; the last argument of
// each event is its offset.
std::string names_sent(World& world, std::string const& name) {
    std::string names;
    while (auto const text = world.take(name)) {
        if (text->starts_with("40")) {
            return names + "| ";
        }
        names += *(*Json::parse(std::string_view(*text).substr(2)))[1].string() + " ";
    }
    return names;
}

// Two shards broadcast at the same time: "a" on shard 1 hears "own" before "other", which the log
// holds before it.
void race(World& world) {
    world.turn(0, [&world] { world.io().emit("e", "other"); });
    world.turn(1, [&world] { world.io().emit("e", "own"); });
}

World& prepared(World& world) {
    world.core().open();
    world.open("a", 1);
    world.say("a", {"40"});
    world.gets("a", "40*");
    world.turn(1, [&world] { world.io().emit("e", "first"); });
    world.gets("a", R"(42["e","first","*)");
    return world;
}

void end(World& world) {
    world.cut_all();
    world.advance(61s);
    world.check_clean();
}

}  // namespace

TEST_CASE("recovery: shards that broadcast at once neither lose nor repeat an event") {
    for (unsigned const back : {0u, 1u}) {
        CAPTURE(back);
        World world(with_recovery(), 2);
        prepared(world);
        race(world);
        world.gets("a", R"(42["e","own","*)");
        std::string expected = "other ";
        SUBCASE("cut before the other one") {}
        SUBCASE("cut after it") {
            world.settle();
            world.gets("a", R"(42["e","other","*)");
            expected = "";
        }
        world.cut("a");
        auto const hello = comeback(world, "a");
        SUBCASE("and settled") {
            world.settle();
        }
        world.open("a", back);
        world.say("a", {hello});
        CHECK(names_sent(world, "a") == expected + "| ");
        world.settle();
        CHECK(names_sent(world, "a") == "");
        end(world);
    }
}

TEST_CASE("recovery: no event falls between coming back and being admitted") {
    auto options = with_recovery();
    options.connection_state_recovery->skip_middlewares = false;
    for (unsigned const from : {0u, 1u}) {
        CAPTURE(from);
        World world(options, 2);
        std::vector<socketio::Next> waiting;
        world.io().use([&waiting](Socket&, socketio::Next next) { waiting.push_back(next); });
        world.core().open();
        world.open("a", 1);
        world.say("a", {"40"});
        world.turn(1, [&] { std::exchange(waiting, {})[0](std::nullopt); });
        world.gets("a", "40*");
        world.turn(1, [&world] { world.io().emit("e", "first"); });
        world.gets("a", R"(42["e","first","*)");
        world.cut("a");
        world.turn(from, [&world] { world.io().emit("e", "away"); });
        auto const hello = comeback(world, "a");
        world.open("a", 1);
        world.say("a", {hello});
        CHECK_FALSE(world.take("a").has_value());
        world.turn(from, [&world] { world.io().emit("e", "between"); });
        SUBCASE("heard of before") {
            world.settle();
        }
        SUBCASE("heard of after") {}
        SUBCASE("too long: the log has forgotten it, so the client is to come anew") {
            world.advance(61s);
            world.turn(1, [&] { std::exchange(waiting, {})[0](std::nullopt); });
            CHECK(world.peer("a").session == nullptr);
            end(world);
            continue;
        }
        world.turn(1, [&] { std::exchange(waiting, {})[0](std::nullopt); });
        world.settle();
        world.turn(from, [&world] { world.io().emit("e", "after"); });
        world.settle();
        CHECK(names_sent(world, "a") == "away between | ");
        CHECK(names_sent(world, "a") == "after ");
        end(world);
    }
}

TEST_CASE("recovery: events emitted to a cut socket wait for its return") {
    World world(with_recovery(), 2);
    socketio::SocketPtr kept;
    world.io().on_connection([&kept](Socket& socket) { kept = &socket; });
    prepared(world);
    world.cut("a");
    auto const hello = comeback(world, "a");
    world.turn(1, [&kept] {
        kept->emit("e", "while away");
        kept->volatile_().emit("e", "volatile");
        kept->emit("e", "too");
        kept.reset();
    });
    world.open("a", 0);
    world.say("a", {hello});
    CHECK(names_sent(world, "a") == "while away too | ");
    world.turn(0, [&kept] { kept.reset(); });
    end(world);
}

namespace {

// Clients that are cut at any time, having received any part of what was sent; shards whose turns
// come in any order. What client `n` has received is in heard[n].
struct Storm {
    static constexpr unsigned shards = 3;
    static constexpr unsigned clients = 4;

    explicit Storm(unsigned seed) : world(with_recovery(), shards, seed), random(seed) {
        world.core().open();
        for (unsigned n = 0; n < clients; ++n) {
            open(n);
            world.say(std::to_string(n), {"40"});
            world.gets(std::to_string(n), "40*");
            emit({});
            world.settle();
            take(n, 100);
        }
    }

    unsigned any(unsigned count) { return static_cast<unsigned>(random() % count); }
    void open(unsigned n) { world.open(std::to_string(n), any(shards)); }

    // From any shard, to all, or to one by its id.
    void emit(std::optional<unsigned> to) {
        int const number = sent++;
        auto const from = any(shards);
        auto const sid = to ? world.peer(std::to_string(*to)).sid : std::string();
        world.turn(from, [&] {
            to ? world.io().to(sid).emit("e", number) : world.io().emit("e", number);
        });
        for (unsigned n = 0; n < clients; ++n) {
            if ((!to || *to == n) && started.contains(n)) {
                wanted[n].insert(number);
            }
        }
    }
    void take(unsigned n, unsigned most) {
        auto const name = std::to_string(n);
        started.insert(n);
        for (unsigned i = 0; i < most; ++i) {
            auto const text = world.take(name);
            if (!text) {
                return;
            }
            auto const data = Json::parse(std::string_view(*text).substr(2));
            if (!text->starts_with("42")) {
                CHECK((*data)["sid"] == Json(world.peer(name).sid));
                continue;
            }
            world.peer(name).offset = *(*data)[2].string();
            auto const number = static_cast<int>((*data)[1].integer().value());
            CHECK_MESSAGE(heard[n].insert(number).second, n << " heard " << number << " twice");
        }
    }
    void come_back(unsigned n) {
        auto const hello = comeback(world, std::to_string(n));
        world.cut(std::to_string(n));
        if (any(2) == 0) {
            world.step(any(shards));
        }
        auto& peer = world.peer(std::to_string(n));
        auto const [sid, pid, offset] = std::tuple(peer.sid, peer.pid, peer.offset);
        open(n);
        auto& again = world.peer(std::to_string(n));
        std::tie(again.sid, again.pid, again.offset) = std::tie(sid, pid, offset);
        world.say(std::to_string(n), {hello});
    }

    World world;
    std::mt19937 random;
    int sent = 0;
    std::set<unsigned> started;
    std::map<unsigned, std::set<int>> wanted;
    std::map<unsigned, std::set<int>> heard;
};

}  // namespace

TEST_CASE("recovery: whatever is cut when, everybody hears everything once") {
    for (unsigned seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        Storm storm(seed);
        for (int step = 0; step < 120; ++step) {
            switch (storm.any(6)) {
            case 0:
                storm.world.step(storm.any(Storm::shards));
                break;
            case 1:
                storm.take(storm.any(Storm::clients), storm.any(6));
                break;
            case 2:
                storm.come_back(storm.any(Storm::clients));
                break;
            case 3:
                storm.emit(storm.any(Storm::clients));
                break;
            default:
                storm.emit({});
            }
        }
        storm.world.settle();
        for (unsigned n = 0; n < Storm::clients; ++n) {
            storm.take(n, 1000);
            CHECK(std::ranges::includes(storm.heard[n], storm.wanted[n]));
        }
        end(storm.world);
    }
}

}  // namespace broadcast_test
