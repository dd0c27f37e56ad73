// Namespaces that come and go, their rooms' events, and the connection under a socket.

#include "engineio/limits.hpp"
#include "engineio/net/log.hpp"
#include "socketio/socketio.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace namespaces_test {

using rig::ServerRig;
using rig::World;
using socketio::Admission;
using socketio::ConnectError;
using socketio::Connection;
using socketio::Json;
using socketio::Namespace;
using socketio::Socket;
using socketio::SocketPtr;
using namespace std::chrono_literals;
namespace limits = engineio::limits;

namespace {

socketio::ParentNamespace& dynamic(World& world) {
    return world.core().of_matching(
        [](std::string const& name, Json const&) { return name.starts_with("/d"); }, true);
}

socketio::ServerOptions with_cleanup() {
    socketio::ServerOptions options;
    options.cleanup_empty_child_namespaces = true;
    return options;
}

}  // namespace

TEST_CASE("dynamic namespaces: new_namespace, children, broadcasts of the parent") {
    for (unsigned const shards : {1u, 2u}) {
        socketio::ParentNamespace* parent = nullptr;
        ServerRig({}, shards)
            .serves([&parent](World& world) {
                parent = &dynamic(world);
                parent->on_connection([](Socket& socket) { socket.join("r"); });
                world.watch(*parent);
                world.core().on_new_namespace(
                    [&world](Namespace& nsp) { world.note("new " + nsp.name()); });
                world.of("/static");
            })
            .notes("new /static")
            .opens("a")
            .opens("b", shards - 1)
            .says("a", {"40/d1,"})
            .notes("new /d1")
            .gets("a", "40/d1,*")
            .says("b", {"40/d1,", "40/d2,"})
            .notes("new /d2")
            .gets("b", "40/d1,*")
            .gets("b", "40/d2,*")
            .does([&parent](World&) {
                parent->emit("e", 1);
                parent->to("r").volatile_().compress(false).local().emit("r");
                parent->except("r").emit("nobody");
                CHECK(parent->children().size() == 2);
                CHECK_THROWS_AS(parent->emit("connect"), std::invalid_argument);
            })
            .gets("a", R"(42/d1,["e",1])")
            .gets("a", R"(42/d1,["r"])")
            .gets_nothing("a")
            .gets("b", R"(42/d1,["e",1])")
            .gets("b", R"(42/d2,["e",1])")
            .gets("b", R"(42/d1,["r"])")
            .gets("b", R"(42/d2,["r"])")
            .notes_nothing()
            .run();
    }
}

TEST_CASE("dynamic namespaces: of(name) that matches a parent is its child") {
    ServerRig()
        .serves([](World& world) {
            dynamic(world).on("who", [](Socket& socket) { return socket.nsp().name(); });
            world.of("/d-mine").on("extra", [] { return "for all children"; });
        })
        .opens("a")
        .says("a", {"40/d-mine,"})
        .gets("a", "40/d-mine,*")
        .says("a", {R"(42/d-mine,0["who"])", R"(42/d-mine,1["extra"])"})
        .gets("a", R"(43/d-mine,0["/d-mine"])")
        .gets("a", R"(43/d-mine,1["for all children"])")
        .run();
}

TEST_CASE("cleanup_empty_child_namespaces: a child goes with its last socket") {
    for (unsigned const shards : {1u, 2u}) {
        SocketPtr kept;
        ServerRig(with_cleanup(), shards)
            .serves([&kept](World& world) {
                auto& parent = dynamic(world);
                world.watch(parent);
                parent.use([](Socket& socket) -> Admission {
                    socket.join("waiting room");
                    if (socket.handshake().auth("no")) {
                        return ConnectError{"refused"};
                    }
                    return {};
                });
                parent.on("keep", [&kept](Socket& socket) { kept = &socket; });
                world.of("/d-pinned");
            })
            .opens("a")
            .opens("b", shards - 1)
            .says("a", {"40/d1,"})
            .says("b", {"40/d1,"})
            .checks([](World& world) { CHECK(world.core().namespace_count() == 3); })
            .says("a", {"41/d1,"})
            .checks([](World& world) { CHECK(world.core().namespace_count() == 3); })
            .says("b", {R"(42/d1,["keep"])", "41/d1,"})
            .checks([](World& world) { CHECK(world.core().namespace_count() == 2); })
            .does(
                [&kept](World&) {
                    if (!kept) {
                        return;  // cut before its event was handled
                    }
                    CHECK(kept->nsp().name() == "/d1");
                    kept->to("r").emit("to nobody");
                    kept = nullptr;
                },
                shards - 1)
            .says("a", {R"(40/d2,{"no":"1"})"})
            .checks([](World& world) { CHECK(world.core().namespace_count() == 2); })
            .says("a", {"40/d-pinned,", "40/d1,"})
            .cuts("a")
            .checks([](World& world) { CHECK(world.core().namespace_count() == 2); })
            .checks([&kept](World&) { kept = nullptr; })
            .run();
        kept = nullptr;
    }
}

TEST_CASE("operators and namespaces may be kept beyond their server") {
    std::optional<socketio::BroadcastOperator> permanent;
    std::optional<socketio::BroadcastOperator> child;
    SocketPtr socket;
    {
        World world;
        dynamic(world).use([&socket](Socket& s, socketio::Next) { socket = &s; });
        world.core().open();
        world.open("a");
        world.say("a", {"40", "40/d1,"});
        world.settle();
        permanent = world.io().to("r");
        child = world.core().find("/d1")->to("r");
        auto const copy = child;
    }
    CHECK_FALSE(socket->connected());
    CHECK(socket->nsp().name() == "/d1");
    child.reset();
    permanent.reset();
    socket = nullptr;
}

TEST_CASE("a server torn down with its clients frees what their listeners hold") {
    auto const token = std::make_shared<int>();
    SocketPtr kept;
    {
        World world;
        world.io().on_connection([&kept, &token](Socket& socket) {
            SocketPtr const self(&socket);
            auto connection = socket.conn();
            socket.join("r");
            socket.on("e", [self, token] {});
            socket.conn().on_close([connection, token](auto, auto) {});
            socketio::spawn([](SocketPtr waiting, std::shared_ptr<int>) -> socketio::Task<void> {
                co_await waiting->timeout(std::chrono::hours(1)).emit_with_ack("q");
            }(self, token));
            kept = self;
        });
        world.core().open();
        world.open("a");
        world.say("a", {"40"});
    }
    CHECK(token.use_count() == 1);
    CHECK_FALSE(kept->connected());
    kept = nullptr;
}

TEST_CASE("without the option children stay") {
    ServerRig()
        .serves([](World& world) { world.watch(dynamic(world)); })
        .opens("a")
        .says("a", {"40/d1,"})
        .says("a", {"41/d1,"})
        .checks([](World& world) { CHECK(world.core().namespace_count() == 2); })
        .run();
}

TEST_CASE("dynamic namespaces are limited in number and length") {
    World world;
    dynamic(world);
    world.core().open();
    for (std::size_t i = 0; i < limits::max_dynamic_namespaces; ++i) {
        REQUIRE(world.core().resolve("/d" + std::to_string(i), Json::object()));
    }
    CHECK_FALSE(world.core().resolve("/d-one-more", Json::object()));
    CHECK(world.core().resolve("/d0", Json::object()));
    world.open("a");
    world.say("a", {"40/d-one-more,"});
    world.settle();
    world.gets("a", R"(44/d-one-more,{"message":"Invalid namespace"})");
    world.cut("a");
    world.settle();

    World other;
    dynamic(other);
    other.core().open();
    std::string const longest = "/d" + std::string(limits::max_dynamic_name_bytes - 2, 'x');
    CHECK(other.core().resolve(longest, Json::object()));
    CHECK_FALSE(other.core().resolve(longest + "x", Json::object()));
}

TEST_CASE("of(name, set_up) makes a namespace while the server runs") {
    ServerRig()
        .opens("a")
        .says("a", {"40/late,"})
        .gets("a", R"(44/late,{"message":"Invalid namespace"})")
        .does([](World& world) {
            auto& nsp = world.core().of("late", [](Namespace& made) {
                made.on("hi", [](Socket& socket) { return socket.nsp().name(); });
            });
            CHECK(nsp.name() == "/late");
            CHECK_THROWS_AS(nsp.on("more", [] {}), std::logic_error);
            CHECK_THROWS_AS(world.core().of("late", [](Namespace& n) { n.on("more", [] {}); }),
                            std::logic_error);
            CHECK(&world.of("/late") == &nsp);
        })
        .says("a", {"40/late,"})
        .gets("a", "40/late,*")
        .says("a", {R"(42/late,0["hi"])"})
        .gets("a", R"(43/late,0["/late"])")
        .run();
}

TEST_CASE("room events: create-room, join-room, leave-room, delete-room") {
    for (unsigned const shards : {1u, 2u}) {
        CAPTURE(shards);
        ServerRig({}, shards)
            .serves([](World& world) {
                auto const note = [&world](char const* what) {
                    return [&world, what](std::string_view room) {
                        world.note(std::string(what) + " " + std::string(room));
                    };
                };
                auto const note_member = [&world](char const* what) {
                    return [&world, what](std::string_view room, std::string_view id) {
                        world.note(std::string(what) + " " + std::string(room) + " " +
                                   std::string(id));
                    };
                };
                world.io()
                    .on_create_room(note("create"))
                    .on_delete_room(note("delete"))
                    .on_join_room(note_member("join"))
                    .on_leave_room(note_member("leave"));
                world.io().on("join", [](Socket& s, std::string room) { s.join(room); });
                world.io().on("leave", [](Socket& s, std::string room) { s.leave(room); });
            })
            .connects("a")
            .notes("create {sid:a}")
            .notes("join {sid:a} {sid:a}")
            .connects("b", shards - 1)
            .notes("create {sid:b}")
            .notes("join {sid:b} {sid:b}")
            .says("a", {R"(42["join","r"])", R"(42["join","r"])"})
            .notes("create r")
            .notes("join r {sid:a}")
            .notes_nothing()
            .says("b", {R"(42["join","r"])", R"(42["leave","never joined"])"})
            .notes("join r {sid:b}")
            .notes_nothing()
            .says("a", {R"(42["leave","r"])"})
            .notes("leave r {sid:a}")
            .notes_nothing()
            .cuts("b")
            .notes("leave {sid:b} {sid:b}")
            .notes("delete {sid:b}")
            .notes("leave r {sid:b}")
            .notes("delete r")
            .notes_nothing()
            .run();
    }
}

TEST_CASE("room events of sockets that are refused") {
    ServerRig()
        .serves([](World& world) {
            world.io().use([](Socket& socket) -> Admission {
                socket.join("early");
                return ConnectError{"no"};
            });
            world.io().on_create_room([&world](auto room) { world.note("+" + std::string(room)); });
            world.io().on_delete_room([&world](auto room) { world.note("-" + std::string(room)); });
        })
        .opens("a")
        .says("a", {"40"})
        .gets("a", R"(44{"message":"no"})")
        .notes("+early")
        .notes("-early")
        .notes_nothing()
        .run();
}

TEST_CASE("socket.conn: what it says and its hooks") {
    std::optional<Connection> kept;
    ServerRig()
        .serves([&kept](World& world) {
            world.io().on_connection([&world, &kept](Socket& socket) {
                auto connection = socket.conn();
                kept = connection;
                CHECK(connection.id() == "engine-a");
                CHECK(connection.protocol() == 4);
                CHECK(connection.transport() == engineio::TransportName::websocket);
                CHECK(connection.ready_state() == socketio::ReadyState::open);
                CHECK_FALSE(connection.upgraded());
                CHECK_FALSE(connection.upgrading());
                CHECK(connection.remote_address() == "127.0.0.1");
                CHECK(connection.request()->target == socket.request().target);
                CHECK(socket.request().query().get("user") == "a");
                connection.on_packet([&world](engineio::PacketType type, std::string_view data) {
                    world.note("in " + std::to_string(static_cast<int>(type)) + std::string(data));
                });
                connection.on_packet_create([&world](engineio::PacketType type,
                                                     std::string_view data) {
                    world.note("out " + std::to_string(static_cast<int>(type)) + std::string(data));
                });
                connection.on_close([&world](engineio::CloseReason reason, std::string_view) {
                    world.note(std::string(to_string(reason)));
                });
            });
            world.io().on_disconnect([&world](Socket& socket) {
                world.note("disconnect");
                CHECK(socket.conn().ready_state() == socketio::ReadyState::closed);
            });
            world.io().on("hi", [](Socket& socket) { socket.emit("ho", socketio::Binary{"x"}); });
        })
        .connects("a")
        .says("a", {R"(42["hi"])"})
        .notes(R"(in 42["hi"])")
        .notes(R"(out 451-["ho",{"_placeholder":true,"num":0}])")
        .notes("out 4x")
        .says("a", {"3"})
        .notes("in 3")
        .cuts("a")
        .notes("disconnect")
        .notes("transport close")
        .checks([&kept](World&) {
            CHECK(kept->ready_state() == socketio::ReadyState::closed);
            CHECK(kept->id() == "engine-a");
            CHECK(kept->request() == std::nullopt);
            kept->close();
            kept->on_drain([] {});
        })
        .run();
}

namespace {

// Runs `action` once, within the sending of the first packet that holds "go" to `whose` connection.
void on_first_go(World& world, std::string const& whose, std::function<void(World&)> action) {
    auto const pending = std::make_shared<std::function<void(World&)>>(std::move(action));
    world.io().on_connection([&world, whose, pending](Socket& socket) {
        if (socket.request().query().get("user") != whose) {
            return;
        }
        socket.conn().on_packet_create(
            [&world, pending](engineio::PacketType, std::string_view data) {
                if (data.find("go") != std::string_view::npos && *pending) {
                    std::exchange(*pending, nullptr)(world);
                }
            });
    });
}

// Four clients; "a", first in the list, has the hook. "c" is in room "r".
ServerRig four(std::function<void(World&)> const& action) {
    ServerRig rig;
    rig.serves([action](World& world) {
        on_first_go(world, "a", action);
        world.io().on("join", [](Socket& socket, std::string room) { socket.join(room); });
    });
    for (auto const* name : {"a", "b", "c", "d"}) {
        rig.connects(name);
    }
    return rig.says("c", {R"(42["join","r"])"});
}

}  // namespace

TEST_CASE("socket.conn: hooks within a broadcast may disconnect anybody") {
    SUBCASE("the next one") {
        four([](World& world) { world.io().in(world.peer("b").sid).disconnect_sockets(); })
            .does([](World& world) { world.io().emit("go"); })
            .gets("a", R"(42["go"])")
            .gets("b", "41")
            .gets_nothing("b")
            .gets("c", R"(42["go"])")
            .gets("d", R"(42["go"])")
            .run();
    }
    SUBCASE("everybody with the connection") {
        four([](World& world) { world.io().disconnect_sockets(true); })
            .does([](World& world) { world.io().emit("go"); })
            .ended("a")
            .ended("d")
            .run();
    }
    SUBCASE("among those who are asked") {
        four([](World& world) { world.io().in(world.peer("b").sid).disconnect_sockets(); })
            .does([](World& world) {
                socketio::spawn([](World& w) -> socketio::Task<void> {
                    auto const replies =
                        co_await w.io().timeout(std::chrono::seconds(1)).emit_with_ack("go");
                    w.note(std::to_string(replies.missing) + " missing");
                }(world));
            })
            .gets("b", "41")
            .gets_nothing("b")
            .gets("d", R"(420["go"])")
            .advance(std::chrono::seconds(2))
            .notes("3 missing")
            .run();
    }
    SUBCASE("its own socket, again and again") {
        ServerRig()
            .serves([](World& world) {
                world.io().on_connection([](Socket& socket) {
                    socketio::SocketPtr const self(&socket);
                    socket.conn().on_packet_create(
                        [self](engineio::PacketType, std::string_view) { self->disconnect(); });
                });
            })
            .connects("a")
            .does([](World& world) { world.io().emit("go"); })
            .gets("a", "41")
            .gets("a", R"(42["go"])")  // was made already
            .gets_nothing("a")
            .run();
    }
    SUBCASE("by closing the server") {
        four([](World& world) { world.core().close(); })
            .does([](World& world) { world.io().except("r").emit("go"); })
            .gets_nothing("c")
            .gets_nothing("d")
            .run();
    }
}

TEST_CASE("socket.conn: hooks within a broadcast may change rooms and broadcast themselves") {
    SUBCASE("recipients are those of the beginning") {
        four([](World& world) {
            world.io().in(world.peer("d").sid).sockets_join("r");
            world.io().in(world.peer("c").sid).sockets_leave("r");
        })
            .does([](World& world) { world.io().except("r").emit("go"); })
            .gets("a", R"(42["go"])")
            .gets("b", R"(42["go"])")
            .gets_nothing("c")
            .gets("d", R"(42["go"])")
            .run();
    }
    SUBCASE("everybody hears both, in one order, and nobody twice") {
        four([](World& world) { world.io().emit("other"); })
            .does([](World& world) { world.io().except("r").emit("go"); })
            .gets("a", R"(42["go"])")
            .gets("a", R"(42["other"])")
            .gets_nothing("a")
            .gets("c", R"(42["other"])")
            .gets_nothing("c")
            .gets("d", R"(42["go"])")
            .gets("d", R"(42["other"])")
            .gets_nothing("d")
            .run();
    }
}

TEST_CASE("listeners to outgoing events may disconnect anybody") {
    ServerRig()
        .serves([](World& world) {
            world.io().on_any_outgoing([&world](Socket& socket, socketio::Event const&) {
                auto const user = *socket.handshake().query("user");
                world.note("to " + std::string(user));
                if (user == "a") {
                    world.io().except(socket.id()).disconnect_sockets();
                }
            });
        })
        .connects("a")
        .connects("b")
        .does([](World& world) { world.io().emit("go"); })
        .notes("to a")
        .notes_nothing()
        .gets("a", R"(42["go"])")
        .gets("b", "41")
        .gets_nothing("b")
        .run();
}

TEST_CASE("room events: a listener may send away who is coming") {
    ServerRig()
        .serves([](World& world) {
            world.io().on_join_room([&world](std::string_view, std::string_view id) {
                world.io().in(std::string(id)).disconnect_sockets();
            });
        })
        .opens("a")
        .says("a", {"40"})
        .gets("a", "41")
        .run();
}

TEST_CASE("room events: a listener cannot bring back who is leaving") {
    ServerRig()
        .serves([](World& world) {
            world.io().on_leave_room([&world](std::string_view room, std::string_view id) {
                if (room == "r") {
                    world.io().in(std::string(id)).sockets_join("again");
                }
            });
            world.io().on("join", [](Socket& socket, std::string room) { socket.join(room); });
        })
        .connects("a")
        .says("a", {R"(42["join","r"])"})
        .says("a", {"41"})
        .checks(
            [](World& world) { world.turn(0, [&world] { CHECK(world.io().room_count() == 0); }); })
        .run();
}

TEST_CASE("socket.conn: drain, once everything queued was taken") {
    ServerRig()
        .serves([](World& world) {
            world.io().on_connection([&world](Socket& socket) {
                socket.conn().on_drain([&world] { world.note("drain"); });
            });
        })
        .opens_polling("a")
        .says("a", {"40"})
        .polls("a")
        .notes("drain")
        .gets("a", "40*")
        .does([](World& world) { world.io().emit("e"); })
        .notes_nothing()
        .polls("a")
        .notes("drain")
        .gets("a", R"(42["e"])")
        .run();
}

TEST_CASE("socket.conn: close ends all namespaces of the connection") {
    ServerRig()
        .serves([](World& world) {
            world.watch(world.of("/n"));
            world.io().on("end", [](Socket& socket) { socket.conn().close(); });
            world.io().on_disconnect([&world](Socket&, socketio::DisconnectReason reason) {
                world.note(std::string(to_string(reason)));
            });
        })
        .connects("a")
        .says("a", {"40/n,", R"(42["end"])"})
        .notes("forced close")
        .ended("a")
        .run();
}

TEST_CASE("engine connections are announced before their sockets") {
    ServerRig()
        .serves([](World& world) {
            world.core().on_engine_connection(
                [&world](Connection connection) { world.note("engine " + connection.id()); });
        })
        .opens("a")
        .notes("engine engine-a")
        .checks([](World& world) {
            CHECK(world.core().clients_count() == 1);
            CHECK_THROWS_AS(world.core().on_engine_connection([](Connection) {}), std::logic_error);
        })
        .run();
}

}  // namespace namespaces_test
