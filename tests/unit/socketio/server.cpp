// Dialogues of one client with a whole server: connecting, events, acknowledgements, leaving.

#include "engineio/limits.hpp"
#include "engineio/net/log.hpp"
#include "socketio/socketio.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <regex>
#include <string>
#include <vector>

namespace server_test {

using rig::ServerRig;
using rig::World;
using socketio::Args;
using socketio::Binary;
using socketio::DisconnectReason;
using socketio::Json;
using socketio::Socket;
using socketio::SocketPtr;
using socketio::Task;
using namespace std::chrono_literals;

namespace {

// Notes both ends of every socket of "/": the reason, and the rooms it sees.
void note_ends(World& world) {
    world.io().on_connection([](Socket& socket) { socket.join({"r1", "r2"}); });
    world.io().on_disconnecting([&world](Socket& socket, DisconnectReason) {
        world.note("leaving " + std::to_string(socket.rooms().size()));
    });
    world.io().on_disconnect([&world](Socket&, DisconnectReason reason, std::string_view) {
        world.note(std::string(to_string(reason)));
    });
}

// "ask" makes the server ask back and note the answer.
void ask_back(World& world) {
    world.io().on("ask", [&world](Socket& socket) -> Task<void> {
        auto const answer = co_await socket.timeout(1s).emit_with_ack<int>("q", "how many?");
        world.note(answer ? std::to_string(*answer) : std::string(to_string(answer.error())));
    });
    world.io().on("wait", [&world](Socket& socket) -> Task<void> {
        auto const answer = co_await socket.emit_with_ack<Args>("q");
        world.note(answer ? std::to_string(answer->size()) + " values"
                          : std::string(to_string(answer.error())));
    });
}

socketio::ServerOptions quick_connect_timeout() {
    socketio::ServerOptions options;
    options.connect_timeout = 10s;
    return options;
}

}  // namespace

TEST_CASE("server: a client connects, talks and leaves") {
    ServerRig()
        .serves([](World& world) {
            note_ends(world);
            world.io().on("hi",
                          [](Socket& socket, std::string text) { socket.emit("ho", text, 1); });
        })
        .opens("a")
        .says("a", {"40"})
        .gets("a", R"(40{"sid":"*)")
        .says("a", {R"(42["hi","there"])", R"(42["unknown"])"})
        .gets("a", R"(42["ho","there",1])")
        .says("a", {"41"})
        .notes("leaving 3")
        .notes("client namespace disconnect")
        .stays_open("a")
        .says("a", {"40"})
        .gets("a", "40*")
        .cuts("a")
        .notes("leaving 3")
        .notes("transport close")
        .ended("a")
        .run();
}

TEST_CASE("server: the sid in the answer is the socket's") {
    ServerRig()
        .serves([](World& world) {
            world.io().on_connection([&world](Socket& socket) { world.note(socket.id()); });
        })
        .connects("a")
        .notes("{sid:a}")
        .checks([](World& world) { CHECK(world.peer("a").sid.size() == 20); })
        .run();
}

TEST_CASE("server: unknown namespaces are refused, the connection stays") {
    ServerRig()
        .serves([](World& world) { world.watch(world.of("/known")); })
        .opens("a")
        .says("a", {"40/nope,"})
        .gets("a", R"(44/nope,{"message":"Invalid namespace"})")
        .says("a", {"40/known,"})
        .gets("a", R"(40/known,{"sid":*)")
        .stays_open("a")
        .run();
}

TEST_CASE("server: dynamic namespaces") {
    engineio::net::set_level(engineio::net::Level::off);
    ServerRig()
        .serves([](World& world) {
            auto& family = world.core().of_matching(
                [](std::string const& name, Json const& auth) {
                    if (name == "/throws") {
                        throw 1;
                    }
                    return name.starts_with("/room-") && !auth.contains("no");
                },
                false);
            family.on("who", [](Socket& socket) { return socket.nsp().name(); });
            world.watch(family);
        })
        .opens("a")
        .says("a", {R"(40/room-1,{"no":1})"})
        .gets("a", R"(44/room-1,{"message":"Invalid namespace"})")
        .says("a", {"40/throws,"})
        .gets("a", R"(44/throws,{"message":"Invalid namespace"})")
        .says("a", {"40/room-1,"})
        .gets("a", "40/room-1,{*")
        .says("a", {"40/room-2,"})
        .gets("a", "40/room-2,{*")
        .says("a", {R"(42/room-1,0["who"])", R"(42/room-2,1["who"])"})
        .gets("a", R"(43/room-1,0["/room-1"])")
        .gets("a", R"(43/room-2,1["/room-2"])")
        .run();
    engineio::net::set_level(engineio::net::Level::info);
}

TEST_CASE("server: packets a connection does not allow close it") {
    SUBCASE("an event before CONNECT") {
        ServerRig().opens("a").says("a", {R"(42["hi"])"}).ended("a").run();
    }
    SUBCASE("an event in the turn of its CONNECT") {
        ServerRig().opens("a").says("a", {"40", R"(42["hi"])"}).ended("a").run();
    }
    SUBCASE("a second CONNECT") {
        ServerRig()
            .serves(note_ends)
            .connects("a")
            .says("a", {"40"})
            .notes("leaving 3")
            .notes("forced close")
            .ended("a")
            .run();
    }
    SUBCASE("CONNECT_ERROR") {
        ServerRig().connects("a").says("a", {R"(44{"message":"x"})"}).ended("a").run();
    }
    SUBCASE("no packet at all") {
        ServerRig()
            .serves([](World& world) {
                note_ends(world);
                world.io().on_error([&world](Socket&, socketio::EventError const& error) {
                    world.note(error.message.empty() ? "?" : "error");
                });
            })
            .connects("a")
            .says("a", {"4nonsense"})
            .notes("error")
            .notes("leaving 3")
            .notes("forced close")
            .ended("a")
            .run();
    }
}

namespace {

// The stock parser, but its decoders throw at the sight of "boom".
class TouchyParser final : public socketio::Parser {
    class Decoder final : public socketio::Decoder {
    public:
        socketio::DecodeResult on_text(std::string_view text) override {
            if (text.find("boom") != text.npos) {
                throw std::runtime_error("boom!");
            }
            return stock_->on_text(text);
        }
        socketio::DecodeResult on_binary(std::string_view) override { throw 1; }

    private:
        std::unique_ptr<socketio::Decoder> stock_ = socketio::text_parser()->make_decoder();
    };

    socketio::EncodedPacket encode(socketio::PacketType type, std::string_view nsp,
                                   std::optional<std::uint64_t> id,
                                   socketio::PayloadRef data) const override {
        return socketio::text_parser()->encode(type, nsp, id, data);
    }
    std::unique_ptr<socketio::Decoder> make_decoder() const override {
        return std::make_unique<Decoder>();
    }
};

}  // namespace

TEST_CASE("server: an exception of the application's decoder ends that connection only") {
    socketio::ServerOptions options;
    options.parser = std::make_shared<TouchyParser>();
    auto const serve = [](World& world) {
        world.io().on("hi", [] { return "ho"; });
        world.io().on_error(
            [&world](Socket&, socketio::EventError const& error) { world.note(error.message); });
    };
    ServerRig(options)
        .serves(serve)
        .connects("a")
        .connects("b")
        .connects("c")
        .says("a", {R"(42["boom"])"})
        .notes("boom!")
        .ended("a")
        .says("b", {"bAQ=="})
        .notes("the decoder threw")
        .ended("b")
        .says("c", {R"(420["hi"])"})
        .gets("c", R"(430["ho"])")
        .run();
}

TEST_CASE("server: two CONNECTs in flight make two sockets, of which the later one is spoken to") {
    ServerRig()
        .serves(
            [](World& world) { world.io().on("who", [](Socket& socket) { return socket.id(); }); })
        .opens("a")
        .says("a", {"40", "40"})
        .gets("a", "40*")
        .gets("a", "40*")
        .says("a", {R"(420["who"])"})
        .gets("a", R"(430["{sid:a}"])")
        .says("a", {"41"})
        .stays_open("a")
        .does([](World& world) { world.io().emit("to the other"); })
        .gets("a", R"(42["to the other"])")
        .says("a", {R"(421["who"])"})
        .ended("a")
        .run();
}

TEST_CASE("server: a connection has few sockets of one namespace, superseded ones included") {
    auto const hits = [](World& world) {
        auto const all = world.metrics().limit_hits;
        auto const found = all.find("max_sockets_per_namespace");
        return found == all.end() ? 0 : found->second;
    };
    std::vector<std::string> const most(engineio::limits::max_sockets_per_namespace, "40");
    auto one_over = most;
    one_over.push_back("40");
    ServerRig rig;
    rig.serves([](World& world) { world.watch(world.of("/other")); }).opens("a").says("a", most);
    for (std::size_t i = 0; i < most.size(); ++i) {
        rig.gets("a", "40*");
    }
    rig.says("a", {"40/other,"})  // which has its own count
        .gets("a", "40/other,*")
        .says("a", {"41"})
        .says("a", {"40"})  // three are left, and this is the fourth
        .gets("a", "40*")
        .does([](World& world) { world.io().emit("x"); });
    for (std::size_t i = 0; i < most.size(); ++i) {
        rig.gets("a", R"(42["x"])");
    }
    rig.checks([=](World& world) { CHECK(hits(world) == 0); })
        .opens("b")
        .says("b", one_over)
        .ended("b")
        .checks([=](World& world) { CHECK(hits(world) == 1); })
        .stays_open("a")
        .run();
}

TEST_CASE("server: of two sockets of a namespace only the later one is recovered") {
    socketio::ServerOptions options;
    options.connection_state_recovery = socketio::RecoveryOptions{};
    std::string earlier;
    ServerRig(options)
        .opens("a")
        .says("a", {"40", "40"})
        .gets("a", "40*")
        .does([&](World& world) { earlier = world.peer("a").pid; })
        .gets("a", "40*")
        .does([](World& world) { world.io().emit("e"); })
        .gets("a", R"(42["e",*)")
        .gets("a", R"(42["e",*)")
        .cuts("a")
        .opens("b")
        .does([&](World& world) {
            auto const offset = world.filled(R"(","offset":"{offset:a}"})");
            world.say("b", {R"(40{"pid":")" + earlier + offset});
        })
        .gets("b", "40*")
        .checks([&](World& world) { CHECK(world.peer("b").pid != earlier); })
        .opens("c")
        .says("c", {R"(40{"pid":"{pid:a}","offset":"{offset:a}"})"})
        .gets("c", R"(40{"sid":"{sid:a}"*)")
        .run();
}

TEST_CASE("server: who enters no namespace is closed after the connect timeout") {
    ServerRig(quick_connect_timeout())
        .opens("idle")
        .connects("good")
        .opens("refused")
        .says("refused", {"40/nope,"})
        .gets("refused", "44/nope,*")
        .advance(9'900ms)
        .stays_open("idle")
        .advance(200ms)
        .ended("idle")
        .ended("refused")
        .stays_open("good")
        .run();
}

TEST_CASE("server: events around a DISCONNECT of the same turn find no handler") {
    ServerRig()
        .serves([](World& world) {
            world.io().on("e", [&world] { world.note("handled"); });
            world.io().on_any([&world](Socket&, socketio::Event const&) { world.note("any"); });
        })
        .connects("a")
        .says("a", {"41", R"(42["e"])"})
        .notes("any")
        .notes_nothing()
        .stays_open("a")
        .says("a", {"40"})
        .gets("a", "40*")
        .says("a", {R"(42["e"])"})
        .notes("any")
        .notes("handled")
        .run();
}

TEST_CASE("server: acknowledgements from the client") {
    ServerRig()
        .serves(ask_back)
        .connects("a")
        .says("a", {R"(42["ask"])"})
        .gets("a", R"(420["q","how many?"])")
        .says("a", {"430[5]"})
        .notes("5")
        .says("a", {"430[6]", "4399[1]"})  // answered before, never asked
        .notes_nothing()
        .says("a", {R"(42["ask"])", "431[1]", "43[1]"})  // answered before it was asked
        .gets("a", R"(421["q","how many?"])")
        .notes_nothing()
        .says("a", {R"(431["five"])"})
        .notes("the acknowledgement has another shape")
        .says("a", {R"(42["ask"])"})
        .gets("a", R"(422["q","how many?"])")
        .advance(1s)
        .notes("operation has timed out")
        .says("a", {"432[7]"})
        .notes_nothing()
        .says("a", {R"(42["wait"])"})
        .gets("a", R"(423["q"])")
        .advance(10s)
        .says("a", {R"(433[1,"2",null])"})
        .notes("3 values")
        .says("a", {R"(42["wait"])"})
        .cuts("a")
        .notes("socket has been disconnected")
        .checks([](World&) { CHECK(socketio::spawned_count() == 0); })
        .run();
}

TEST_CASE("server: asking a socket that has left fails at once") {
    ServerRig()
        .serves([](World& world) {
            world.io().on_connection([](Socket& socket) { socket.join("r"); });
            world.io().on_disconnect([&world](Socket& socket) {
                socketio::spawn([](World& w, SocketPtr keep) -> Task<void> {
                    co_await socketio::sleep_for(1ms);
                    keep->emit("to nobody");
                    keep->join("nowhere");
                    keep->disconnect(true);
                    CHECK(w.io().room_count() == 0);  // "r" was left, though the socket lives
                    auto const answer = co_await keep->emit_with_ack<int>("q");
                    w.note(std::string(to_string(answer.error())));
                }(world, SocketPtr(&socket)));
            });
        })
        .connects("a")
        .cuts("a")
        .advance(10ms)
        .notes("socket has been disconnected")
        .run();
}

TEST_CASE("server: binary both ways") {
    ServerRig()
        .serves([](World& world) {
            world.io().on("b", [](Socket& socket, Binary one, Json more) {
                socket.emit("back", one.bytes + "1", more);
                return Binary{"ack"};
            });
        })
        .connects("a")
        .says("a",
              {R"(452-9["b",{"_placeholder":true,"num":0},{"x":{"_placeholder":true,"num":1}}])",
               "b:one"})
        .gets_nothing("a")
        .says("a", {"b:two"})
        .gets("a", R"(451-["back","one1",{"x":{"_placeholder":true,"num":0}}]|b:two)")
        .gets("a", R"(461-9[{"_placeholder":true,"num":0}]|b:ack)")
        .says("a", {R"(451-["b",{"_placeholder":true,"num":0}])", R"(42["e"])"})
        .ended("a")  // text where a binary was due
        .run();
}

TEST_CASE("server: volatile events are dropped for who can't take them") {
    ServerRig()
        .serves([](World& world) {
            world.io().on("go", [&world](Socket& socket) {
                socket.volatile_().emit("v", 1);
                socket.emit("r", 2);
                world.io().volatile_().emit("v", 3);
            });
        })
        .opens_polling("a")
        .says("a", {"40"})
        .polls("a")
        .gets("a", "40*")
        .says("a", {R"(42["go"])"})
        .polls("a")
        .gets("a", R"(42["r",2])")
        .checks([](World& world) { CHECK(world.metrics().volatile_dropped == 2); })
        .polls("a")
        .says("a", {R"(42["go"])"})
        .gets("a", R"(42["v",1])")
        .polls("a")
        .gets("a", R"(42["r",2])")
        .run();
}

TEST_CASE("server: disconnects by the server") {
    auto const serve = [](World& world) {
        note_ends(world);
        world.io().on("leave", [](Socket& socket, bool close) {
            socket.disconnect(close);
            socket.disconnect(close);
            socket.emit("after the end");
        });
        auto& chat = world.of("/chat");
        world.watch(chat);
        chat.on_disconnect([&world](Socket&, DisconnectReason reason) {
            world.note("chat: " + std::string(to_string(reason)));
        });
    };
    SUBCASE("of one namespace") {
        ServerRig()
            .serves(serve)
            .connects("a")
            .says("a", {R"(42["leave",false])"})
            .gets("a", "41")
            .gets_nothing("a")
            .notes("leaving 3")
            .notes("server namespace disconnect")
            .stays_open("a")
            .run();
    }
    SUBCASE("of the connection") {
        ServerRig()
            .serves(serve)
            .connects("a")
            .says("a", {"40/chat,"})
            .gets("a", "40/chat,*")
            .says("a", {R"(42["leave",true])"})
            .gets("a", "41")
            .gets("a", "41/chat,")
            .notes("leaving 3")
            .notes("server namespace disconnect")
            .notes("chat: server namespace disconnect")
            .ended("a")
            .run();
    }
    SUBCASE("from the connection handler") {
        ServerRig()
            .serves([](World& world) {
                world.io().on_connection([](Socket& socket) { socket.disconnect(true); });
            })
            .opens("a")
            .says("a", {"40"})
            .gets("a", "40*")
            .gets("a", "41")
            .ended("a")
            .run();
    }
}

TEST_CASE("server: a silent client ends with ping timeout") {
    ServerRig()
        .serves(note_ends)
        .connects("a")
        .advance(25s)
        .gets("a", "2")
        .says("a", {"3"})
        .advance(25s)
        .gets("a", "2")
        .advance(20s)
        .notes("leaving 3")
        .notes("ping timeout")
        .ended("a")
        .run();
}

TEST_CASE("server: close() ends sockets without a DISCONNECT packet") {
    ServerRig({}, 2)
        .serves(note_ends)
        .connects("a", 0)
        .connects("b", 1)
        .opens("c", 1)
        .does([](World& world) { world.core().close(); })
        .notes("leaving 3")
        .notes("server shutting down")
        .notes("leaving 3")
        .notes("server shutting down")
        .gets_nothing("a")
        .gets_nothing("b")
        .run();
}

TEST_CASE("server: handlers are fixed once it is open") {
    World world;
    auto& family = world.core().of_matching([](auto const&, auto const&) { return true; }, false);
    world.core().open();
    CHECK_THROWS_AS(world.io().on("e", [] {}), std::logic_error);
    CHECK_THROWS_AS(world.io().use([](Socket&) {}), std::logic_error);
    CHECK_THROWS_AS(family.on("e", [] {}), std::logic_error);
    CHECK_THROWS_AS(world.of("/new"), std::logic_error);
    CHECK_NOTHROW(world.of(""));
    CHECK_THROWS_AS(world.core().open(), std::logic_error);
}

TEST_CASE("server: typed and JSON data of a socket") {
    struct Visits {
        int count = 0;
    };
    ServerRig()
        .serves([](World& world) {
            world.io().on("count", [](Socket& socket) {
                socket.data().set("n", ++socket.data<Visits>().count);
                return socket.data();
            });
        })
        .connects("a")
        .says("a", {R"(420["count"])", R"(421["count"])"})
        .gets("a", R"(430[{"n":1}])")
        .gets("a", R"(431[{"n":2}])")
        .run();
}

}  // namespace server_test
