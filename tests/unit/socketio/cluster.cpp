// Several servers behind one adapter: what of the API crosses to the others.

#include "socketio/adapter.hpp"

#include "engineio/net/log.hpp"
#include "socketio/socketio.hpp"
#include "tests/rig/fake_bus.hpp"
#include "tests/rig/server_rig.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace cluster_test {

using rig::FakeBus;
using rig::World;
using socketio::Args;
using socketio::Json;
using socketio::ServerReply;
using socketio::Socket;
using socketio::Task;
using namespace std::chrono_literals;

namespace {

// Two servers, each with one client: "a" on the first, "b" on the second.
struct Cluster {
    explicit Cluster(unsigned shards = 1) {
        for (auto* const world : {&one, &two}) {
            auto adapter = bus.join();
            adapters.push_back(adapter);
            socketio::ServerOptions options;
            options.adapter = std::move(adapter);
            *world = std::make_unique<World>(std::move(options), shards);
            (*world)->io().on_connection(
                [w = world->get()](Socket& socket) { w->note("+" + socket.id()); });
        }
    }
    void open() {
        for (auto* const world : {one.get(), two.get()}) {
            world->core().open();
            auto const name = world == one.get() ? "a" : "b";
            world->open(name);
            world->say(name, {"40"});
            world->settle();
            world->gets(name, "40*");
            world->notes.clear();
        }
    }
    void on_one(std::function<void(World&)> const& action) {
        one->turn(0, [&] { action(*one); });
        settle();
    }
    void settle() {
        for (int round = 0; round < 4; ++round) {
            one->settle();
            two->settle();
        }
    }
    void advance(std::chrono::milliseconds time) {
        one->advance(time);
        two->advance(time);
        settle();
    }

    FakeBus bus;
    std::vector<std::shared_ptr<FakeBus::Member>> adapters;
    std::unique_ptr<World> one, two;
};

}  // namespace

TEST_CASE("cluster: broadcasts cross, in order, unless local") {
    for (unsigned const shards : {1u, 3u}) {
        Cluster cluster(shards);
        cluster.open();
        cluster.on_one([&](World& w) {
            w.io().emit("e", 1, socketio::Binary{"xy"});
            w.io().local().emit("e", 2);
            w.io().to(cluster.two->peer("b").sid).emit("e", 3);
            w.io().except(w.peer("a").sid).emit("e", 4);
        });
        cluster.one->gets("a", R"(451-["e",1,{"_placeholder":true,"num":0}]|b:xy)");
        cluster.one->gets("a", R"(42["e",2])");
        CHECK_FALSE(cluster.one->take("a"));
        cluster.two->gets("b", R"(451-["e",1,{"_placeholder":true,"num":0}]|b:xy)");
        cluster.two->gets("b", R"(42["e",3])");
        cluster.two->gets("b", R"(42["e",4])");
        CHECK_FALSE(cluster.two->take("b"));
    }
}

TEST_CASE("cluster: requests are carried out in the order in which they came") {
    Cluster cluster(2);
    cluster.open();
    auto& two = *cluster.two;
    two.open("c", 1);
    two.say("c", {"40"});
    two.settle();
    two.gets("c", "40*");
    cluster.on_one([](World& w) {
        w.io().sockets_join("room");
        socketio::spawn([](World& world) -> Task<void> {
            co_await world.io().to("room").emit_with_ack("last words");
        }(w));
        w.io().disconnect_sockets();
    });
    for (auto const* const name : {"b", "c"}) {
        two.gets(name, R"(420["last words"])");
        two.gets(name, "41");
    }
    cluster.advance(5s);  // nobody answers any more
}

TEST_CASE("cluster: what a later version asks for is answered, and no client hears of it") {
    engineio::net::set_level(engineio::net::Level::off);
    Cluster cluster;
    cluster.open();
    for (auto const* const event : {"news", "connect"}) {
        std::vector<std::string> replies;
        cluster.two->turn(0, [&] {
            socketio::ClusterRequest request{static_cast<socketio::ClusterRequest::Kind>(42), "/"};
            request.event = event;
            cluster.two->core().on_request(
                request, [&](Json const& reply) { replies.push_back(reply.dump()); });
        });
        cluster.settle();
        CHECK(replies == std::vector<std::string>{"[]"});
        CHECK_FALSE(cluster.two->take("b"));
    }
    engineio::net::set_level(engineio::net::Level::info);
}

TEST_CASE("cluster: a server that is torn down without close() leaves it") {
    FakeBus bus;
    auto const member = bus.join();
    {
        socketio::ServerOptions options;
        options.adapter = member;
        World world(options);
        world.core().open();
        CHECK(member->server_count() == 1);
    }
    CHECK(member->server_count() == 0);
    CHECK(member->closes == 1);
}

TEST_CASE("cluster: answers that come when the server is gone are ignored") {
    FakeBus bus;
    std::unique_ptr<World> silent;  // never answers: its shards take no turns
    for (bool const answers : {false, true}) {
        CAPTURE(answers);
        socketio::ServerOptions options;
        options.adapter = bus.join();
        silent = std::make_unique<World>(options);
        silent->core().open();
        {
            options.adapter = bus.join();
            World asking(options);
            asking.core().open();
            asking.turn(0, [&asking] {
                socketio::spawn(
                    [](World& w) -> Task<void> { co_await w.io().fetch_sockets(); }(asking));
                socketio::spawn([](World& w) -> Task<void> {
                    co_await w.io().timeout(5s).emit_with_ack("q");
                }(asking));
                socketio::spawn([](World& w) -> Task<void> {
                    co_await w.io().server_side_emit_with_ack("q");
                }(asking));
            });
        }
        if (answers) {
            silent->settle();
        }
        bus.expire();
        silent.reset();
    }
}

TEST_CASE("cluster: another server cannot make this one send a reserved event") {
    Cluster cluster;
    cluster.open();
    engineio::net::set_level(engineio::net::Level::off);
    std::vector<std::string> replies;
    for (auto const kind : {socketio::ClusterRequest::Kind::broadcast,
                            socketio::ClusterRequest::Kind::broadcast_with_ack}) {
        socketio::ClusterRequest request;
        request.kind = kind;
        request.nsp = "/";
        request.event = "disconnect";
        cluster.one->core().on_request(request,
                                       [&replies](Json reply) { replies.push_back(reply.dump()); });
    }
    cluster.settle();
    engineio::net::set_level(engineio::net::Level::info);
    CHECK_FALSE(cluster.one->take("a").has_value());
    CHECK(replies.back() == R"({"asked":0,"answers":[]})");
}

TEST_CASE("cluster: sockets of other servers join, leave and are disconnected") {
    Cluster cluster;
    cluster.open();
    cluster.on_one([](World& w) { w.io().sockets_join("r"); });
    cluster.on_one([](World& w) { w.io().to("r").emit("e"); });
    cluster.two->gets("b", R"(42["e"])");
    cluster.on_one([](World& w) { w.io().sockets_leave("r"); });
    cluster.on_one([](World& w) { w.io().to("r").emit("e"); });
    CHECK_FALSE(cluster.two->take("b"));
    cluster.on_one([](World& w) { w.io().local().disconnect_sockets(); });
    CHECK(cluster.two->connected.size() == 1);
    cluster.on_one([](World& w) { w.io().disconnect_sockets(true); });
    CHECK(cluster.two->connected.empty());
    CHECK(cluster.two->peer("b").session == nullptr);
}

TEST_CASE("cluster: fetch_sockets finds everybody, and one can act on them") {
    Cluster cluster;
    cluster.open();
    cluster.two->turn(0, [&] {
        for (auto const& socket : cluster.two->io().local_sockets()) {
            socket->join("r");
            socket->data().set("name", "bee");
        }
    });
    cluster.on_one([](World& w) {
        socketio::spawn([](World& world) -> Task<void> {
            auto const sockets = co_await world.io().fetch_sockets();
            CHECK(sockets.size() == 2);
            auto const& other = sockets.back();
            CHECK(other.rooms == std::vector<std::string>{other.id, "r"});
            CHECK(other.data == Json::object({{"name", "bee"}}));
            CHECK(other.handshake->query("user") == "b");
            CHECK(other.handshake->address() == "127.0.0.1");
            other.emit("direct", 1);
            other.join("s");
            world.io().to("s").emit("joined");
            other.leave("s");
            world.io().to("s").emit("left");
            auto const answer = co_await other.timeout(1s).emit_with_ack<int>("q");
            world.note(answer ? std::to_string(*answer) : "none");
            auto const local = co_await world.io().local().fetch_sockets();
            world.note(std::to_string(local.size()));
            other.disconnect();
        }(w));
    });
    cluster.two->gets("b", R"(42["direct",1])");
    cluster.two->gets("b", R"(42["joined"])");
    cluster.two->gets("b", R"(420["q"])");
    cluster.two->say("b", {"430[7]"});
    cluster.settle();
    cluster.two->gets("b", "41");
    CHECK(cluster.one->notes == std::vector<std::string>{"7", "1"});
}

TEST_CASE("cluster: what another server says of its clients may be wrong") {
    struct Liar final : socketio::Adapter {
        void open(socketio::ClusterMember&) override {}
        void close() override {}
        std::size_t server_count() const override { return 2; }
        void publish(socketio::ClusterRequest) override {}
        void ask(socketio::ClusterRequest, std::chrono::milliseconds,
                 std::function<void(socketio::ClusterReplies)> done) override {
            done({{*socketio::Json::parse(answer)}, 0});
        }
        std::string answer;
    };
    for (auto const* const answer :
         {R"({"asked":0,"answers":[1,2]})", R"({"asked":-1,"answers":[1,2]})",
          R"({"asked":9007199254740991,"answers":[1,2]})", R"({"answers":[1,2]})"}) {
        auto const liar = std::make_shared<Liar>();
        liar->answer = answer;
        socketio::ServerOptions options;
        options.adapter = liar;
        World world(options);
        world.core().open();
        world.turn(0, [&world] {
            socketio::spawn([](World& w) -> Task<void> {
                auto const votes = co_await w.io().timeout(1s).emit_with_ack<int>("vote");
                w.note(std::to_string(votes.replies.size()) + " missing " +
                       std::to_string(votes.missing));
            }(world));
        });
        world.settle();
        CHECK(world.notes == std::vector<std::string>{"2 missing 0"});
    }
}

TEST_CASE("cluster: acknowledgements of everybody") {
    Cluster cluster;
    cluster.open();
    auto const ask = [](World& w) {
        socketio::spawn([](World& world) -> Task<void> {
            auto const votes = co_await world.io().timeout(1s).emit_with_ack<int>("vote");
            int sum = 0;
            for (int const n : votes.replies) {
                sum += n;
            }
            world.note(std::to_string(sum) + " missing " + std::to_string(votes.missing));
        }(w));
    };
    cluster.on_one(ask);
    cluster.one->gets("a", R"(420["vote"])");
    cluster.two->gets("b", R"(420["vote"])");
    cluster.two->say("b", {"430[20]"});
    cluster.settle();
    cluster.one->say("a", {"430[1]"});
    cluster.settle();
    CHECK(cluster.one->notes == std::vector<std::string>{"21 missing 0"});
    cluster.one->notes.clear();

    SUBCASE("a client of the other server stays silent") {
        cluster.on_one(ask);
        cluster.one->say("a", {"431[1]"});
        cluster.advance(1100ms);
        CHECK(cluster.one->notes == std::vector<std::string>{"1 missing 1"});
    }
    SUBCASE("the other server stays silent") {
        cluster.on_one(ask);
        cluster.one->say("a", {"431[1]"});
        cluster.bus.expire();
        cluster.settle();
        CHECK(cluster.one->notes == std::vector<std::string>{"1 missing 1"});
    }
    cluster.advance(2s);
}

TEST_CASE("server_side_emit reaches the handlers of the other servers only") {
    Cluster cluster;
    for (auto* const world : {cluster.one.get(), cluster.two.get()}) {
        world->io()
            .on_server_side("hello",
                            [world](Args const& args) {
                                world->note("hello " +
                                            Json(Json::Array(args.begin(), args.end())).dump());
                            })
            .on_server_side("ask", [](Args const& args, ServerReply const& reply) {
                reply(args.empty() ? Json() : args.front());
                reply("twice");
            });
    }
    CHECK_THROWS_AS(cluster.one->io().on_server_side("connection", [](Args const&) {}),
                    std::invalid_argument);
    cluster.open();
    cluster.on_one([](World& w) {
        w.io().server_side_emit("hello", 1, "two");
        w.io().server_side_emit("nobody listens");
        CHECK_THROWS_AS(w.io().server_side_emit("new_namespace"), std::invalid_argument);
        socketio::spawn([](World& world) -> Task<void> {
            auto const answers = co_await world.io().server_side_emit_with_ack<int>("ask", 7);
            world.note(std::to_string(answers.replies.at(0)) +
                       (answers.complete() ? " complete" : ""));
            auto const none = co_await world.io().server_side_emit_with_ack("nobody");
            world.note("missing " + std::to_string(none.missing));
        }(w));
    });
    CHECK(cluster.two->notes == std::vector<std::string>{R"(hello [1,"two"])"});
    cluster.bus.expire();
    cluster.settle();
    CHECK(cluster.one->notes == std::vector<std::string>{"7 complete", "missing 1"});
}

TEST_CASE("server_side_emit without an adapter answers nothing, at once") {
    engineio::net::set_level(engineio::net::Level::off);
    rig::ServerRig()
        .does([](World& world) {
            world.io().server_side_emit("hello");
            socketio::spawn([](World& w) -> Task<void> {
                auto const answers = co_await w.io().server_side_emit_with_ack("ask");
                w.note(std::to_string(answers.replies.size() + answers.missing));
            }(world));
        })
        .notes("0")
        .run();
    engineio::net::set_level(engineio::net::Level::info);
}

TEST_CASE("cluster: requests for namespaces that are not here") {
    Cluster cluster;
    cluster.one->of("/only").on_connection([](Socket&) {});
    cluster.open();
    cluster.on_one([](World& w) {
        w.of("/only").emit("e");
        w.of("/only").server_side_emit("e");
        socketio::spawn([](World& world) -> Task<void> {
            auto const sockets = co_await world.of("/only").fetch_sockets();
            auto const votes = co_await world.of("/only").timeout(1s).emit_with_ack("vote");
            world.note(std::to_string(sockets.size()) + std::to_string(votes.missing));
        }(w));
    });
    CHECK(cluster.one->notes == std::vector<std::string>{"00"});
}

TEST_CASE("cluster: close() leaves it, once") {
    Cluster cluster;
    cluster.open();
    CHECK(cluster.adapters[0]->server_count() == 2);
    cluster.on_one([](World& w) {
        w.core().close();
        w.core().close();
    });
    CHECK(cluster.adapters[0]->closes == 1);
    CHECK(cluster.adapters[1]->server_count() == 1);
}

}  // namespace cluster_test
