// Options at the largest value of their type, on the wire: they say "without limit", and a client
// is served by either transport.

#include "engineio/net/drain.hpp"
#include "tests/loopback/met_limits.hpp"
#include "tests/loopback/running_server.hpp"
#include "tests/loopback/test_server.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace extremes_loopback_test {

using namespace loopback;
using engineio::net::Request;
using engineio::net::Responder;
using socketio::ServerOptions;

namespace {

constexpr auto ever = std::chrono::milliseconds::max();
constexpr auto any = std::numeric_limits<std::size_t>::max();
constexpr std::size_t any32 = std::numeric_limits<std::uint32_t>::max();
constexpr auto echo = R"(42["echo","x"])";

using Change = std::function<void(ServerOptions&)>;
using Changes = std::vector<std::pair<std::string, Change>>;

Changes changes() {
    Changes all = {
        {"headers_timeout", [](auto& o) { o.http.headers_timeout = ever; }},
        {"request_timeout", [](auto& o) { o.http.request_timeout = ever; }},
        {"keep_alive_timeout", [](auto& o) { o.http.keep_alive_timeout = ever; }},
        {"max_header_size", [](auto& o) { o.http.max_header_size = 16 << 20; }},  // refused above
        {"max_headers_count", [](auto& o) { o.http.max_headers_count = any; }},
        {"max_pipelined_bytes", [](auto& o) { o.http.max_pipelined_bytes = any; }},
        {"high_water_bytes", [](auto& o) { o.http.high_water_bytes = any; }},
        {"max_connections", [](auto& o) { o.http.max_connections = any; }},
        {"max_connections_per_address", [](auto& o) { o.http.max_connections_per_address = any; }},
        {"max_half_open_connections", [](auto& o) { o.http.max_half_open_connections = any; }},
        {"connect_timeout", [](auto& o) { o.connect_timeout = ever; }},
        {"upgrade_timeout", [](auto& o) { o.upgrade_timeout = ever; }},
        {"ping_interval", [](auto& o) { o.ping_interval = ever; }},
        {"ping_timeout", [](auto& o) { o.ping_timeout = ever; }},
        {"max_http_buffer_size", [](auto& o) { o.max_http_buffer_size = any; }},
        {"max_sessions", [](auto& o) { o.limits.session.max_sessions = any; }},
        {"max_buffered_bytes", [](auto& o) { o.limits.session.max_buffered_bytes = any32; }},
        {"per_message_deflate", [](auto& o) { o.per_message_deflate.threshold = any; }},
        {"http_compression", [](auto& o) { o.http_compression->threshold = any; }}};
    all.push_back({"all of them", [changes = all](auto& o) {
                       for (auto const& [name, change] : changes) {
                           change(o);
                       }
                   }});
    return all;
}

std::string post(std::string const& sid, std::string const& body) {
    return "POST /socket.io/?EIO=4&transport=polling&sid=" + sid +
           " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

// A client that polls, on one connection.
void polls(RunningServer& server) {
    RawClient client(server.port);
    client.send(get("/socket.io/?EIO=4&transport=polling"));
    auto const open = client.read_answer();
    REQUIRE(status_of(open) == "200");
    auto const from = open.find("\"sid\":\"") + 7;
    auto const sid = open.substr(from, open.find('"', from) - from);
    auto const poll = get("/socket.io/?EIO=4&transport=polling&sid=" + sid);
    client.send(post(sid, "40"));
    CHECK(status_of(client.read_answer()) == "200");
    client.send(poll);
    CHECK(client.read_answer().find("\r\n\r\n40{") != std::string::npos);
    client.send(post(sid, echo));
    CHECK(status_of(client.read_answer()) == "200");
    client.send(poll);
    CHECK(client.read_answer().ends_with(echo));
}

}  // namespace

TEST_CASE("extremes: with every option at its largest, clients of both transports are served") {
    for (auto const& [name, change] : changes()) {
        CAPTURE(name);
        ServerOptions options;
        options.threads = 2;
        change(options);
        RunningServer server(options);
        server.io.on("echo",
                     [](socketio::Socket& socket, std::string text) { socket.emit("echo", text); });
        server.run();
        polls(server);
        Peer peer(server);
        CHECK(peer.read().starts_with("40"));
        peer.say(echo);
        CHECK(peer.read() == echo);
        CHECK(metrics_of(server.io.runtime()).limit_hits.empty());
    }
}

TEST_CASE("extremes: a drain that has all the time there is ends with the last client") {
    RunningServer server;
    server.run();
    Peer peer(server);
    CHECK(peer.read().starts_with("40"));
    server.io.drain({.goodbye = ever, .deadline = ever});
    while (peer.first != close_frame) {
        peer.read();
        REQUIRE_FALSE(peer.client.stuck());
    }
    peer.client.send_frame(close_frame, "");
    peer.client.read_all();
    server.wait();
}

TEST_CASE("extremes: a WebSocket that is never pinged is not pinged all the time") {
    TestServer server;
    server.router().add_path("/ws", [](Request request, Responder responder) {
        struct Echo final : engineio::net::WsHandler {
            void on_open(engineio::net::WsConnection& connection) override { ws = &connection; }
            void on_text(std::string_view text) override {
                ws->send(engineio::net::Message::make(engineio::net::MessageKind::text, text));
            }
            void on_binary(std::string_view) override {}
            void on_drain() override {}
            void on_close(std::uint16_t, std::string_view) override {}
            engineio::net::WsConnection* ws = nullptr;
        };
        engineio::net::WsOptions options;
        options.ping_interval = ever;
        options.key = request.header("sec-websocket-key");
        responder.accept_websocket(std::make_unique<Echo>(), options, {});
    });
    server.run();
    RawClient client(server.port());
    client.send(websocket_request());
    client.read_until("\r\n\r\n");
    for (int i = 0; i < 20; ++i) {
        int first = 0;
        client.send_frame(text_frame, "x");
        CHECK(client.read_frame(first) == "x");
        CHECK(first == text_frame);
        // A wheel's tick: that a timer is due at once would show.
        std::this_thread::sleep_for(engineio::limits::timer_tick);
    }
}

}  // namespace extremes_loopback_test
