#include "apps/common/json_endpoint.hpp"

#include "engineio/limits.hpp"
#include "tests/rig/fake_websocket.hpp"
#include "tests/rig/session_rig.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace json_endpoint_test {

using namespace apps::common;
using namespace std::chrono_literals;
using engineio::net::Request;
using rig::FakeWebSocket;
using socketio::Json;

namespace {

using Texts = std::vector<std::string>;

struct Join {
    std::string roomId;
    SIO_JSON(Join, roomId)
};

// An endpoint on hand-driven shards.
struct Stage {
    explicit Stage(Envelope envelope = Envelope::flat(), EndpointOptions options = {},
                   unsigned count = 1) {
        options.clock = [] { return 1700; };
        std::vector<engineio::net::Shard*> pointers;
        for (unsigned i = 0; i < count; ++i) {
            shards.push_back(std::make_unique<rig::TestShard>(i));
            pointers.push_back(shards.back().get());
        }
        endpoint = std::make_unique<JsonEndpoint>(pointers, std::move(envelope), options);
    }

    std::unique_ptr<FakeWebSocket> connect(unsigned shard = 0, std::string target = "/ws") {
        std::unique_ptr<FakeWebSocket> socket;
        Request request;
        request.target = std::move(target);
        shards[shard]->turn([&] {
            socket = std::make_unique<FakeWebSocket>(
                endpoint->admit(*shards[shard], std::move(request)));
        });
        return socket;
    }
    void say(FakeWebSocket& socket, std::string_view text, unsigned shard = 0) {
        shards[shard]->turn([&] { socket.say(text); });
    }
    // Lets every shard do what others have posted to it.
    void settle() {
        for (auto const& shard : shards) {
            shard->turn([&] { shard->run_posted(); });
        }
    }

    std::vector<std::unique_ptr<rig::TestShard>> shards;
    std::unique_ptr<JsonEndpoint> endpoint;
};

void joining(JsonEndpoint& endpoint) {
    endpoint.on("join", [](Peer& peer, Join const& join) { peer.join(join.roomId); });
    endpoint.on("leave", [](Peer& peer, Join const& join) { peer.leave(join.roomId); });
}

}  // namespace

TEST_CASE("handlers get what they ask for: the peer, the payload as a type, the envelope") {
    Stage stage(Envelope::nested("payload").with_message_id());
    Texts calls;
    stage.endpoint->on("all", [&](Peer&, Join join, Inbound const& message) {
        calls.push_back(join.roomId + " " + message.message_id);
    });
    stage.endpoint->on("json", [&](Json const& payload) { calls.push_back(payload.dump()); });
    stage.endpoint->on("nothing", [&] { calls.push_back("nothing"); });
    auto const client = stage.connect();
    stage.say(*client, R"({"type":"all","payload":{"roomId":"r"},"messageId":"m"})");
    stage.say(*client, R"({"type":"json","payload":[1,{"a":null}]})");
    stage.say(*client, R"({"type":"nothing"})");
    CHECK(calls == Texts{"r m", R"([1,{"a":null}])", "nothing"});
}

TEST_CASE("a peer keeps the application's data and answers in its envelope") {
    Stage stage(Envelope::nested("payload").with_timestamp().with_message_id().with_priority(2));
    stage.endpoint->on("count", [](Peer& peer, Inbound const& message) {
        peer.send("counted", ++peer.data<int>(),
                  {.priority = 1, .message_id = message.message_id, .timestamp = 5});
    });
    auto const client = stage.connect();
    stage.say(*client, R"({"type":"count","messageId":"a"})");
    stage.say(*client, R"({"type":"count","messageId":"b"})");
    CHECK(client->take() ==
          Texts{R"({"type":"counted","payload":1,"timestamp":5,"messageId":"a","priority":1})",
                R"({"type":"counted","payload":2,"timestamp":5,"messageId":"b","priority":1})"});
}

TEST_CASE("message ids are made where the sender gives none, each another") {
    Stage stage(Envelope::nested("payload").with_message_id());
    auto const client = stage.connect();
    stage.shards[0]->turn([&] {
        stage.endpoint->all().send("a", 1);
        stage.endpoint->all().send("a", 1);
    });
    auto const texts = client->take();
    REQUIRE(texts.size() == 2);
    CHECK(texts[0] != texts[1]);
    CHECK((*Json::parse(texts[0]))["messageId"].string()->size() > 12);
}

TEST_CASE("rooms reach their members once, over all shards, from one encoding per shard") {
    Stage stage(Envelope::flat(), {}, 2);
    joining(*stage.endpoint);
    auto const here = stage.connect(0);
    auto const mate = stage.connect(0);
    auto const away = stage.connect(1);
    auto const stranger = stage.connect(1);
    for (auto const* room : {"a", "b"}) {
        auto const text = R"({"type":"join","roomId":")" + std::string(room) + "\"}";
        stage.say(*here, text);
        stage.say(*mate, text);
        stage.say(*away, text, 1);
    }
    stage.shards[0]->turn([&] {
        stage.endpoint->to("a").to("b").send("hello", Json::object({{"n", 1}}));
    });
    stage.settle();
    Texts const once{R"({"type":"hello","n":1})"};
    CHECK(here->take() == once);
    CHECK(mate->take() == once);
    CHECK(away->take() == once);
    CHECK(stranger->take().empty());
    CHECK(here->last().same(mate->last()));

    stage.say(*away, R"({"type":"leave","roomId":"a"})", 1);
    stage.say(*away, R"({"type":"leave","roomId":"b"})", 1);
    stage.shards[1]->turn([&] { stage.endpoint->all().except("a").send("b", Json::object()); });
    stage.settle();
    CHECK(here->take().empty());
    CHECK(away->take() == Texts{R"({"type":"b"})"});
    CHECK(stranger->take() == Texts{R"({"type":"b"})"});
}

TEST_CASE("those of a room can be put into another, on every shard") {
    Stage stage(Envelope::flat(), {}, 2);
    joining(*stage.endpoint);
    auto const here = stage.connect(0);
    auto const mate = stage.connect(0);
    auto const away = stage.connect(1);
    stage.say(*here, R"({"type":"join","roomId":"a"})");
    stage.say(*away, R"({"type":"join","roomId":"a"})", 1);
    stage.shards[0]->turn([&] {
        stage.endpoint->to("a").join("a");  // which they are in
        stage.endpoint->to("a").join("b");
        stage.endpoint->to("b").send("hello", Json::object({{"n", 1}}), {.ordered = true});
    });
    stage.settle();
    Texts const once{R"({"type":"hello","n":1})"};
    CHECK(here->take() == once);
    CHECK(away->take() == once);
    CHECK(mate->take().empty());
}

TEST_CASE("one peer is reached or spared by itself, from any shard") {
    Stage stage(Envelope::flat(), {}, 2);
    std::uint64_t id = 0;
    stage.endpoint->on("me", [&](Peer& peer) {
        id = peer.id();
        stage.endpoint->all().except(peer).send_bare("others");
    });
    auto const first = stage.connect(0);
    auto const second = stage.connect(1);
    stage.say(*second, R"({"type":"me"})", 1);
    stage.settle();
    CHECK(first->take() == Texts{"\"others\""});
    CHECK(second->take().empty());
    stage.shards[0]->turn([&] { stage.endpoint->peer(id).send_bare("you"); });
    stage.settle();
    CHECK(first->take().empty());
    CHECK(second->take() == Texts{"\"you\""});
    stage.shards[1]->turn([&] { second->end(1000); });
    stage.shards[0]->turn([&] { stage.endpoint->peer(id).send_bare("gone"); });
    stage.settle();
    CHECK(stage.endpoint->peers_count() == 1);
}

TEST_CASE("ordered messages reach every shard in the order they were sent in") {
    Stage stage(Envelope::flat(), {}, 2);
    auto const first = stage.connect(0);
    auto const second = stage.connect(1);
    // Sent under one lock, say, by two shards; neither has run the other's task yet.
    stage.shards[0]->turn([&] { stage.endpoint->all().send_bare(1, {.ordered = true}); });
    stage.shards[1]->turn([&] { stage.endpoint->all().send_bare(2, {.ordered = true}); });
    stage.settle();
    CHECK(first->take() == Texts{"1", "2"});
    CHECK(second->take() == Texts{"1", "2"});
}

TEST_CASE("ordered messages keep that order on a single shard, too, if another thread sends some") {
    Stage stage;
    auto const client = stage.connect();
    stage.endpoint->all().send_bare(1, {.ordered = true});  // on no shard, as the store's thread
    stage.shards[0]->turn([&] { stage.endpoint->all().send_bare(2, {.ordered = true}); });
    stage.settle();
    CHECK(client->take() == Texts{"1", "2"});
}

TEST_CASE("every fault ends in on_invalid, with what could be read") {
    Stage stage(Envelope::nested("payload").with_message_id());
    std::vector<std::pair<Fault, std::string>> faults;
    joining(*stage.endpoint);
    stage.endpoint->on_invalid([&](Peer&, Invalid const& invalid) {
        faults.emplace_back(invalid.fault, invalid.message.message_id);
    });
    auto const client = stage.connect();
    stage.say(*client, "nonsense");
    stage.say(*client, "[]");
    stage.say(*client, R"({"messageId":"a"})");
    stage.say(*client, R"({"messageId":"b","type":"dance"})");
    stage.say(*client, R"({"messageId":"c","type":"join","payload":{"roomId":7}})");
    stage.say(*client, R"({"messageId":"d","type":"join"})");
    stage.shards[0]->turn([&] { client->say_binary("\x01"); });
    using Pair = std::pair<Fault, std::string>;
    CHECK(faults == std::vector<Pair>{{Fault::not_json, ""},
                                      {Fault::not_an_object, ""},
                                      {Fault::no_type, "a"},
                                      {Fault::unknown_type, "b"},
                                      {Fault::invalid_payload, "c"},
                                      {Fault::invalid_payload, "d"},
                                      {Fault::binary, ""}});
    CHECK(client->closed.empty());
}

TEST_CASE("without on_invalid only binary frames matter") {
    Stage stage;
    auto const client = stage.connect();
    stage.say(*client, "nonsense");
    stage.say(*client, R"({"type":"dance"})");
    CHECK(client->closed.empty());
    stage.shards[0]->turn([&] { client->say_binary("x"); });
    CHECK(client->closed == "1003 Binary messages are not supported");
}

TEST_CASE("an exception of a handler or hook closes its peer with 1011 and no other") {
    Stage stage;
    stage.endpoint->on("fail", [] { throw std::runtime_error("secret detail"); });
    stage.endpoint->on_connection([](Peer&, Request const& request) {
        if (request.target == "/bad") {
            throw std::runtime_error("no");
        }
    });
    auto const client = stage.connect();
    auto const other = stage.connect();
    stage.say(*client, R"({"type":"fail"})");
    CHECK(client->closed == "1011 Internal error");
    CHECK(other->closed.empty());
    CHECK(stage.connect(0, "/bad")->closed == "1011 Internal error");
}

TEST_CASE("who is not verified is closed with the code; who is brings the identity along") {
    Stage stage;
    stage.endpoint->authenticate(
        [](Request const& request) -> std::optional<std::string> {
            auto const token = std::string(request.query().get("token"));
            return token == "good" ? std::optional("ana") : std::nullopt;
        },
        {.close_code = 4000, .reason = "Invalid authentication"});
    Texts names;
    stage.endpoint->on_connection(
        [&](Peer& peer, Request const&) { names.push_back(peer.data<std::string>()); });
    CHECK(stage.connect(0, "/ws?token=bad")->closed == "4000 Invalid authentication");
    auto const client = stage.connect(0, "/ws?token=good");
    CHECK(client->closed.empty());
    CHECK(names == Texts{"ana"});
    CHECK(stage.endpoint->peers_count() == 1);
}

TEST_CASE("on_disconnect hears the code while the rooms are still known") {
    Stage stage;
    joining(*stage.endpoint);
    Texts heard;
    stage.endpoint->on_disconnect([&](Peer& peer, std::uint16_t code) {
        heard.push_back(std::to_string(code) + " " + peer.rooms().front());
        peer.send_bare("too late");
    });
    auto const client = stage.connect();
    stage.say(*client, R"({"type":"join","roomId":"r"})");
    stage.shards[0]->turn([&] { client->end(1001); });
    CHECK(heard == Texts{"1001 r"});
    CHECK(client->take().empty());
    CHECK(stage.endpoint->peers_count() == 0);
}

TEST_CASE("messages over the rate are not read; on_flood counts them") {
    EndpointOptions options;
    options.rate = Rate{3, 1s};
    Stage stage(Envelope::flat(), options);
    Texts heard;
    stage.endpoint->on("x", [&] { heard.push_back("x"); });
    SUBCASE("with on_flood") {
        stage.endpoint->on_flood(
            [&](Peer&, std::uint32_t refused) { heard.push_back(std::to_string(refused)); });
        auto const client = stage.connect();
        for (int i = 0; i < 5; ++i) {
            stage.say(*client, R"({"type":"x"})");
        }
        stage.shards[0]->advance(1s);
        stage.say(*client, R"({"type":"x"})");
        CHECK(heard == Texts{"x", "x", "x", "1", "2", "x"});
        CHECK(client->closed.empty());
    }
    SUBCASE("by default the peer is closed") {
        auto const client = stage.connect();
        for (int i = 0; i < 4; ++i) {
            stage.say(*client, R"({"type":"x"})");
        }
        CHECK(client->closed == "1008 Rate limit exceeded");
    }
}

TEST_CASE("N05: what a slow reader has to wait for is sorted by priority") {
    Stage stage(Envelope::nested("payload").with_priority(2));
    int drained = 0;
    stage.endpoint->on_drain([&](Peer&) { ++drained; });
    auto const client = stage.connect();
    client->full = true;
    stage.shards[0]->turn([&] {
        auto const all = stage.endpoint->all();
        all.send("fill", std::string(engineio::limits::priority_window_bytes, 'x'));
        all.send("d", 1, {.priority = 4});
        all.send("c", 1);
        all.send("a", 1, {.priority = 0});
        all.send("b", 1, {.priority = 1});
    });
    CHECK(client->take().size() == 1);
    client->full = false;
    stage.shards[0]->turn([&] { client->drain(); });
    CHECK(client->take() == Texts{R"({"type":"a","payload":1,"priority":0})",
                                  R"({"type":"b","payload":1,"priority":1})",
                                  R"({"type":"c","payload":1})",
                                  R"({"type":"d","payload":1,"priority":4})"});
    CHECK(drained == 0);
    stage.shards[0]->turn([&] { client->drain(); });
    stage.shards[0]->turn([&] { client->drain(); });
    CHECK(drained == 1);
}

TEST_CASE("a reader far behind loses what may be dropped, and at last its connection") {
    Stage stage;
    auto const slow = stage.connect();
    auto const quick = stage.connect();
    slow->full = true;
    std::string const megabyte(1 << 20, 'x');
    stage.shards[0]->turn([&] {
        for (int i = 0; i < 3; ++i) {
            stage.endpoint->all().send_bare(megabyte, {.droppable = true});
        }
    });
    stage.shards[0]->turn([&] { slow->drain(); });
    CHECK(slow->take().size() == 1);  // the second and third came too early
    CHECK(quick->take().size() == 3);
    CHECK(slow->closed.empty());
    stage.shards[0]->turn([&] {
        for (int i = 0; i < 20; ++i) {
            stage.endpoint->all().send_bare(megabyte);
        }
    });
    CHECK(slow->closed == "1013 Reading too slowly");
    CHECK(slow->take().size() == 1);
    CHECK(quick->take().size() == 20);
    CHECK(quick->closed.empty());
}

TEST_CASE("close() says 1001 to everybody, on every shard") {
    Stage stage(Envelope::flat(), {}, 2);
    auto const first = stage.connect(0);
    auto const second = stage.connect(1);
    stage.shards[0]->turn([&] { stage.endpoint->close(); });
    stage.settle();
    CHECK(first->closed == "1001 Server shutting down");
    CHECK(second->closed == "1001 Server shutting down");
}

}  // namespace json_endpoint_test
