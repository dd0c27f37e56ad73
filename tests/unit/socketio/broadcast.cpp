// Dialogues with several clients: rooms, broadcasts, gathers over shards, state recovery.

#include "socketio/socketio.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

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
