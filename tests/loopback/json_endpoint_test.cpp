// Raw JSON endpoints over real sockets: the upgrade and its refusals, the close handshake, pings.

#include "apps/common/json_endpoint.hpp"

#include "tests/loopback/raw_client.hpp"
#include "tests/loopback/test_server.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace json_endpoint_test {

using namespace apps::common;
using apps::common::Peer;  // not the one of running_server.hpp
using namespace loopback;
using namespace std::chrono_literals;

namespace {

constexpr int text_frame = 0x81;
constexpr int close_frame = 0x88;
constexpr int ping_frame = 0x89;

struct Say {
    std::string text;
    SIO_JSON(Say, text)
};

// A server with an endpoint at /ws, on two shards.
struct Chat {
    explicit Chat(EndpointOptions options = {})
        : server(2), endpoint(server.http(), Envelope::flat(), std::move(options)) {
        endpoint.on("say", [this](Say const& say) { endpoint.all().send("said", say); });
        for (unsigned i = 0; i < 2; ++i) {
            server.router(i).add_path("/ws", [this](auto request, auto responder) {
                endpoint.accept(std::move(request), std::move(responder));
            });
        }
        endpoint.on_disconnect(
            [this](Peer&, std::uint16_t code) { server.note("gone " + std::to_string(code)); });
        endpoint.on_connection([this](Peer&, auto const&) { server.note("come"); });
    }
    ~Chat() { server.stop(); }

    TestServer server;
    JsonEndpoint endpoint;
};

// A client that has got its 101.
struct Guest : RawClient {
    explicit Guest(Chat& chat) : RawClient(chat.server.port()) {
        send(websocket_request());
        head = read_until("\r\n\r\n");
    }
    std::string head;
    int first = 0;
};

}  // namespace

TEST_CASE("peers of two shards hear each other and see the server go") {
    Chat chat;
    chat.server.run();
    Guest ana(chat);
    Guest ben(chat);
    CHECK(ana.head.starts_with("HTTP/1.1 101 "));
    for (auto* const speaker : {&ana, &ben}) {
        speaker->send_frame(text_frame, R"({"type":"say","text":"hé"})");
        for (auto* const guest : {&ana, &ben}) {
            CHECK(guest->read_frame(guest->first) == R"({"type":"said","text":"hé"})");
        }
    }
    ana.send_frame(close_frame, "\x03\xe8");
    CHECK(ana.read_frame(ana.first) == "\x03\xe8");
    CHECK(chat.server.wait_for_note("gone ") == "gone 1000");
    chat.endpoint.close();
    CHECK(ben.read_frame(ben.first) == "\x03\xe9Server shutting down");
    CHECK(ben.first == close_frame);
    RawClient late(chat.server.port());
    late.send(websocket_request());
    CHECK(late.read_answer().starts_with("HTTP/1.1 503 "));
}

TEST_CASE("C03: a client whose message makes the server fail is told 1011") {
    Chat chat;
    chat.endpoint.on("fail", [] { throw std::runtime_error("out of luck"); });
    chat.server.run();
    Guest ana(chat);
    Guest ben(chat);
    ana.send_frame(text_frame, R"({"type":"fail"})");
    CHECK(ana.read_frame(ana.first) == "\x03\xf3Internal error");
    CHECK(ana.first == close_frame);
    ben.send_frame(text_frame, R"({"type":"say","text":"still here"})");
    CHECK(ben.read_frame(ben.first) == R"({"type":"said","text":"still here"})");
}

TEST_CASE("an endpoint refuses what is no upgrade, foreign origins and strangers") {
    Chat chat;
    chat.endpoint.allow_origin(
        [](auto const& request) { return request.header("origin") != "http://theirs"; });
    chat.endpoint.authenticate(
        [](engineio::net::Request const& request) -> std::optional<int> {
            return request.header("authorization") == "yes" ? std::optional(1) : std::nullopt;
        },
        {.reason = "Who are you?\n", .http_status = 401});
    chat.endpoint.choose_subprotocol([](auto const& offered) { return offered.back(); });
    chat.server.run();
    auto const answer = [&](std::string const& request) {
        RawClient client(chat.server.port());
        client.send(request);
        return client.read_until("\r\n\r\n");
    };
    CHECK(answer("GET /ws HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 426 "));
    CHECK(answer(websocket_request("Origin: http://theirs\r\n")).starts_with("HTTP/1.1 403 "));
    CHECK(answer(websocket_request("Origin: http://ours\r\n")).starts_with("HTTP/1.1 401 "));
    auto const open = answer(websocket_request("Origin: http://ours\r\nAuthorization: yes\r\n"
                                               "Sec-WebSocket-Protocol: secret.abc, secret\r\n"));
    CHECK(open.starts_with("HTTP/1.1 101 "));
    CHECK(open.find("Sec-WebSocket-Protocol: secret\r\n") != std::string::npos);
}

TEST_CASE("a client that answers no ping is given up, one that answers stays") {
    EndpointOptions options;
    options.ping_interval = 250ms;
    Chat chat(options);
    chat.server.run();
    Guest dead(chat);
    Guest alive(chat);
    // Three pings are more than a dead client is granted.
    for (int i = 0; i < 4; ++i) {
        CHECK(alive.read_frame(alive.first).empty());
        CHECK(alive.first == ping_frame);
        alive.send_frame(0x8A, "");
    }
    CHECK(chat.server.wait_for_note("gone ") == "gone 1006");
    CHECK(chat.endpoint.peers_count() == 1);
}

}  // namespace json_endpoint_test
