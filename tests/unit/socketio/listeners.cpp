// Listeners of one socket: Socket::on, once, off, use, on_any and their kin.

#include "socketio/socketio.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace listeners_test {

using rig::ServerRig;
using rig::World;
using socketio::Ack;
using socketio::Admission;
using socketio::Args;
using socketio::DisconnectReason;
using socketio::Event;
using socketio::EventError;
using socketio::Json;
using socketio::ListenerId;
using socketio::Socket;
using socketio::Task;
using namespace std::chrono_literals;

namespace {

// What a Node program does: everything inside the connection handler.
ServerRig on_connection(std::function<void(World&, Socket&)> set_up) {
    ServerRig rig;
    rig.serves([set_up](World& world) {
        world.io().on_connection([&world, set_up](Socket& socket) { set_up(world, socket); });
    });
    return rig;
}

}  // namespace

TEST_CASE("socket.on: typed handlers of one socket, after those of the namespace") {
    ServerRig()
        .serves([](World& world) {
            world.io().on("e", [&world](int n) { world.note("table " + std::to_string(n)); });
            world.io().on_connection([&world](Socket& socket) {
                if (socket.handshake().query("user") == "b") {
                    return;
                }
                socket.on("e", [&world](Socket& self, int n, Ack<std::string> ack) {
                    world.note("socket " + std::to_string(n) + (self.connected() ? "" : "?"));
                    ack("done");
                });
                CHECK_THROWS_AS(socket.on("disconnect", [] {}), std::invalid_argument);
            });
        })
        .connects("a")
        .connects("b")
        .says("a", {R"(427["e",1])"})
        .notes("table 1")
        .notes("socket 1")
        .gets("a", R"(437["done"])")
        .says("b", {R"(428["e",2])"})
        .notes("table 2")
        .notes_nothing()
        .gets_nothing("b")
        .run();
}

TEST_CASE("socket.once, socket.off, listener lists") {
    auto rig = on_connection([](World& world, Socket& socket) {
        auto const first = socket.on("e", [&world] { world.note("first"); });
        auto const second = socket.once("e", [&world] { world.note("once"); });
        CHECK(socket.listeners("e") == std::vector{first, second});
        CHECK(socket.listeners("f").empty());
        socket.on("stop", [first](Socket& self) {
            CHECK(self.off(first));
            CHECK_FALSE(self.off(first));
            CHECK(self.event_names() == std::vector<std::string>{"all", "stop"});
        });
        socket.on("all", [](Socket& self) {
            self.off();
            CHECK(self.event_names().empty());
        });
        socket.on("gone", [] {});
        socket.off("gone");
        socket.off("never there");
    });
    rig.connects("a")
        .says("a", {R"(42["e"])", R"(42["e"])"})
        .notes("first")
        .notes("once")
        .notes("first")
        .notes_nothing()
        .says("a", {R"(42["stop"])", R"(42["e"])"})
        .notes_nothing()
        .says("a", {R"(42["all"])", R"(42["stop"])"})
        .run();
}

TEST_CASE("socket.off inside a handler does not change the present round") {
    auto rig = on_connection([](World& world, Socket& socket) {
        auto const second = std::make_shared<ListenerId>();
        socket.on("e", [&world, second](Socket& self) {
            world.note("first");
            self.off(*second);
            self.on("e", [&world] { world.note("late"); });
        });
        *second = socket.on("e", [&world] { world.note("second"); });
    });
    rig.connects("a")
        .says("a", {R"(42["e"])"})
        .notes("first")
        .notes("second")
        .notes_nothing()
        .says("a", {R"(42["e"])"})
        .notes("first")
        .notes("late")
        .notes_nothing()
        .run();
}

TEST_CASE("socket.on: a coroutine outlives its registration and its socket") {
    auto rig = on_connection([](World& world, Socket& socket) {
        auto const text = std::make_shared<std::string>("captured");
        socket.once("e", [&world, text](Socket& self) -> Task<int> {
            co_await socketio::sleep_for(100ms);
            world.note(*text + (self.connected() ? "" : " gone"));
            co_return 5;
        });
    });
    rig.connects("a")
        .says("a", {R"(420["e"])", R"(42["e"])"})
        .does([](World& world) {
            for (auto const& socket : world.io().local_sockets()) {
                CHECK(socket->listeners("e").empty());
                socket->off();
            }
        })
        .advance(100ms)
        .notes("captured")
        .gets("a", R"(430[5])")
        .run();
}

TEST_CASE("socket.on: listeners that hold their own socket do not keep it") {
    auto const alive = std::make_shared<int>(0);
    auto rig = on_connection([alive](World&, Socket& socket) {
        socket.on("e", [self = socketio::SocketPtr(&socket), alive] {});
        socket.on_any([self = socketio::SocketPtr(&socket), alive](Event const&) {});
    });
    rig.connects("a").says("a", {"41"}).run();
    CHECK(alive.use_count() == 2);  // this one, and the connection handler's in `rig`
}

TEST_CASE("once on the namespace: the first such event of each socket") {
    ServerRig()
        .serves([](World& world) {
            world.io().once("ready", [&world](Socket& socket) {
                world.note(*socket.handshake().query("user"));
            });
        })
        .connects("a")
        .connects("b")
        .says("a", {R"(42["ready"])", R"(42["ready"])"})
        .notes("a")
        .notes_nothing()
        .says("b", {R"(42["ready"])"})
        .notes("b")
        .says("a", {R"(42["ready"])"})
        .notes_nothing()
        .run();
}

TEST_CASE("on_any and prepend_any see every event, middlewares or not") {
    auto rig = on_connection([](World& world, Socket& socket) {
        auto const heard = [&world](std::string who) {
            return [&world, who](Event const& event) {
                world.note(who + " " + std::string(event.name) + " " +
                           std::to_string(event.args.size()) + (event.wants_ack ? " ack" : ""));
            };
        };
        socket.use([](Socket&, Event const& event) -> Admission {
            if (event.name == "no") {
                return EventError{"refused"};
            }
            return {};
        });
        socket.on_error([&world](Socket&, EventError const& error) { world.note(error.message); });
        auto const second = socket.on_any(heard("second"));
        auto const first = socket.prepend_any(heard("first"));
        CHECK(socket.listeners_any() == std::vector{first, second});
        socket.on("yes", [&world] { world.note("handled"); });
        socket.on("quiet", [](Socket& self, std::string which) {
            which == "all" ? self.off_any() : void(self.off(self.listeners_any().front()));
        });
    });
    rig.connects("a")
        .says("a", {R"(421["no",1,2])"})
        .notes("first no 2 ack")
        .notes("second no 2 ack")
        .notes("refused")
        .says("a", {R"(42["yes"])"})
        .notes("first yes 0")
        .notes("second yes 0")
        .notes("handled")
        .says("a", {R"(42["quiet","one"])", R"(42["yes"])"})
        .notes("first quiet 1")
        .notes("second quiet 1")
        .notes("second yes 0")
        .notes("handled")
        .says("a", {R"(42["quiet","all"])", R"(42["yes"])"})
        .notes("second quiet 1")
        .notes("handled")
        .notes_nothing()
        .run();
}

TEST_CASE("socket.use runs after the namespace's middlewares, and may wait") {
    ServerRig()
        .serves([](World& world) {
            world.io().use_event([&world](Socket&, Event const&) { world.note("table"); });
            world.io().on_connection([&world](Socket& socket) {
                socket.use([&world](Socket&, Event const& event) -> Task<Admission> {
                    co_await socketio::sleep_for(50ms);
                    world.note("waited for " + std::string(event.name));
                    co_return Admission{};
                });
                auto const id = socket.use(
                    [](Socket&, Event const&) -> Admission { return EventError{"never"}; });
                CHECK(socket.off(id));
            });
            world.io().on("e", [&world] { world.note("handled"); });
        })
        .connects("a")
        .says("a", {R"(42["e"])"})
        .notes("table")
        .notes_nothing()
        .advance(50ms)
        .notes("waited for e")
        .notes("handled")
        .run();
}

TEST_CASE("on_any_outgoing: unicasts and broadcasts, per recipient, no acknowledgements") {
    for (unsigned const shards : {1u, 2u}) {
        ServerRig({}, shards)
            .serves([](World& world) {
                world.io().on_connection([&world](Socket& socket) {
                    auto const who = *socket.handshake().query("user");
                    if (who == "deaf") {
                        return;
                    }
                    auto const second = socket.on_any_outgoing([&world, who](Event const& event) {
                        world.note(who + " " + std::string(event.name) + " " +
                                   Json(Json::Array(event.args.begin(), event.args.end())).dump() +
                                   (event.wants_ack ? " ack" : ""));
                    });
                    auto const first =
                        socket.prepend_any_outgoing([&world](Socket& self, Event const&) {
                            world.note(self.connected() ? "first" : "gone");
                        });
                    CHECK(socket.listeners_any_outgoing() == std::vector{first, second});
                });
                world.io().on("answer", [] { return 1; });
                world.io().on("quiet", [](Socket& socket) { socket.off_any_outgoing(); });
            })
            .connects("a")
            .connects("deaf", shards - 1)
            .says("a", {R"(420["answer"])"})
            .gets("a", "430[1]")
            .notes_nothing()
            .does([](World& world) {
                world.io().to(world.peer("a").sid).emit("u", 1, socketio::Binary{"x"});
            })
            .notes("first")
            .notes(R"(a u [1,{"type":"Buffer","data":[120]}])")
            .does([](World& world) { world.io().emit("b", "all"); }, shards - 1)
            .notes("first")
            .notes(R"(a b ["all"])")
            .notes_nothing()
            .does([](World& world) {
                for (auto const& socket : world.io().local_sockets()) {
                    if (socket->id() == world.peer("a").sid) {
                        socket->volatile_().emit("v");
                        auto const reply = socket->emit_with_ack("q", "?");
                    }
                }
            })
            .notes("first")
            .notes("a v []")
            .notes("first")
            .notes(R"(a q ["?"] ack)")
            .says("a", {R"(42["quiet"])"})
            .does([](World& world) { world.io().emit("b", 2); })
            .notes_nothing()
            .run();
    }
}

TEST_CASE("on_any_outgoing of the namespace hears every socket's") {
    ServerRig()
        .serves([](World& world) {
            world.io().on_any_outgoing([&world](Socket& socket, Event const& event) {
                world.note(*socket.handshake().query("user") + " " + std::string(event.name));
            });
            world.io().prepend_any_outgoing([&world](Event const&) { world.note("before"); });
            world.io().on_any([&world](Event const&) { world.note("any"); });
            world.io().prepend_any([&world](Event const&) { world.note("any before"); });
        })
        .connects("a")
        .connects("b")
        .says("a", {R"(42["x"])"})
        .notes("any before")
        .notes("any")
        .does([](World& world) { world.io().emit("b"); })
        .notes("before")
        .notes("a b")
        .notes("before")
        .notes("b b")
        .notes_nothing()
        .run();
}

TEST_CASE("socket.on_disconnecting and on_disconnect: rooms, reason, and what may still be sent") {
    auto rig = on_connection([](World& world, Socket& socket) {
        socket.join("r");
        socket.on_disconnecting([&world](Socket& self) {
            world.note("disconnecting " + std::to_string(self.rooms().size()));
            self.emit("last", "words");
            self.to("r").emit("leaves");
        });
        socket.on_disconnect([&world](Socket& self, DisconnectReason reason) {
            world.note(std::string(to_string(reason)) + " " + std::to_string(self.rooms().size()));
            self.emit("too", "late?");
            CHECK(self.disconnected());
        });
    });
    SUBCASE("by the client: as in Node the packets are written while the connection is open") {
        rig.connects("a")
            .connects("b")
            .says("a", {"41"})
            .notes("disconnecting 2")
            .notes("client namespace disconnect 0")
            .gets("a", R"(42["last","words"])")
            .gets("a", R"(42["too","late?"])")
            .gets("b", R"(42["leaves"])")
            .run();
    }
    SUBCASE("by the server: behind the DISCONNECT") {
        rig.connects("a")
            .does([](World& world) { world.io().disconnect_sockets(); })
            .gets("a", "41")
            .gets("a", R"(42["last","words"])")
            .gets("a", R"(42["too","late?"])")
            .notes("disconnecting 2")
            .notes("server namespace disconnect 0")
            .run();
    }
    SUBCASE("with the connection gone nothing is written") {
        rig.connects("a").cuts("a").notes("disconnecting 2").notes("transport close 0").run();
    }
}

TEST_CASE("what a listener has captured may call its socket when it is taken off") {
    using Off = std::function<void(Socket&, ListenerId any, ListenerId named)>;
    std::vector<Off> const ways = {
        [](Socket& socket, ListenerId, ListenerId) { socket.off(); },
        [](Socket& socket, ListenerId, ListenerId) { socket.off("e"), socket.off_any_outgoing(); },
        [](Socket& socket, ListenerId, ListenerId) { socket.off_any_outgoing(), socket.off("e"); },
        [](Socket& socket, ListenerId any, ListenerId) { socket.off(any), socket.off("e"); },
        [](Socket& socket, ListenerId any, ListenerId named) {
            socket.off(named), socket.off(any);
        },
        [](Socket& socket, ListenerId, ListenerId) { socket.off_any(), socket.off("e"); },
    };
    for (bool const leaves : {true, false}) {
        for (Off const& off : ways) {
            auto rig = on_connection([&](World& world, Socket& socket) {
                // Called when the last listener that holds it goes.
                auto const last = [&world, &socket, leaves] {
                    auto const bye = [&world, leaves, self = socketio::SocketPtr(&socket)](void*) {
                        if (leaves) {
                            self->disconnect();
                        }
                        for (int i = 0; i < 20; ++i) {  // the lists move
                            self->on("e", [] {});
                            self->on_any([](Event const&) {});
                            self->on_any_outgoing([](Event const&) {});
                        }
                        world.note("bye");
                    };
                    return std::shared_ptr<void>(nullptr, bye);
                };
                auto const named = socket.on("e", [held = last()] {});
                socket.on("e", [] {});
                socket.on("f", [] {});
                socket.on_any([held = last()](Event const&) {});
                auto const any = socket.on_any_outgoing([held = last()](Event const&) {});
                off(socket, any, named);
                CHECK(socket.connected() != leaves);
                CHECK(socket.listeners("e").empty() == leaves);
                socket.disconnect();
            });
            rig.connects("a").gets("a", "41").notes("bye").notes("bye").notes("bye").run();
        }
    }
}

TEST_CASE("what a hook of the connection has captured may call it when the connection has gone") {
    auto rig = on_connection([](World& world, Socket& socket) {
        auto const bye = [&world, self = socketio::SocketPtr(&socket),
                          conn = socket.conn()](void*) mutable {
            self->disconnect(true);
            conn.close();
            conn.on_close([](engineio::CloseReason, std::string_view) {});
            world.note(conn.ready_state() == socketio::ReadyState::closed ? "bye" : "open?");
        };
        socket.conn().on_drain([held = std::shared_ptr<void>(nullptr, bye)] {});
        socket.conn().on_close([held = std::shared_ptr<void>(nullptr, bye)](engineio::CloseReason,
                                                                            std::string_view) {});
    });
    rig.connects("a").cuts("a").notes("bye").notes("bye").run();
}

TEST_CASE("on_disconnecting and on_disconnect may be coroutines, which outlive their socket") {
    ServerRig rig;
    rig.serves([](World& world) {
        world.io().on_disconnecting([&world](Socket& socket) -> Task<> {
            world.note("rooms " + std::to_string(socket.rooms().size()));
            co_await socketio::sleep_for(100ms);
            world.note("rooms later " + std::to_string(socket.rooms().size()));
        });
        world.io().on_disconnect([&world](Socket& socket, DisconnectReason reason) -> Task<> {
            co_await socketio::sleep_for(200ms);
            world.note(*socket.handshake().query("user") + " " + std::string(to_string(reason)));
        });
        world.io().on_connection([&world](Socket& socket) {
            auto const text = std::make_shared<std::string>("captured");
            socket.on_disconnect([&world, text](Socket& self) -> Task<int> {
                co_await socketio::sleep_for(300ms);
                world.note(*text + " " + *self.handshake().query("user"));
                throw std::runtime_error("expected by the test");
                co_return 1;
            });
        });
    });
    rig.connects("a")
        .cuts("a")
        .notes("rooms 1")
        .notes_nothing()
        .advance(100ms)
        .notes("rooms later 0")
        .advance(100ms)
        .notes("a transport close")
        .advance(100ms)
        .notes("captured a")
        .notes_nothing()
        .does([](World& world) { CHECK(world.metrics().handler_exceptions == 1); })
        .run();
}

TEST_CASE("a coroutine that its shard cuts off goes before its socket and what was captured") {
    std::vector<std::string> gone;
    struct Witness {
        std::vector<std::string>& gone;
        char const* name;
        ~Witness() { gone.emplace_back(name); }
    };
    World world;
    world.io().on_connection([&gone](Socket& socket) {
        std::shared_ptr<Witness> const held(new Witness{gone, "captured"});
        socket.data<std::shared_ptr<Witness>>().reset(new Witness{gone, "socket"});
        socket.on("e", [held](Socket&) -> Task<> {
            Witness const local{held->gone, "local"};
            co_await socketio::sleep_for(1h);
        });
    });
    world.core().open();
    world.open("a");
    world.say("a", {"40"});
    world.settle();
    world.say("a", {R"(42["e"])"});
    world.settle();
    world.cut("a");
    world.settle();
    CHECK(gone.empty());
    world.turn(0, [] { socketio::destroy_spawned(); });
    REQUIRE(gone.size() == 3);
    CHECK(gone.front() == "local");  // the others as the compiler likes
}

}  // namespace listeners_test
