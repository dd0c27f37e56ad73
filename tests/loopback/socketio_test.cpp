// Whole servers against hostile or unlucky clients: what only shows with real connections and,
// mostly, only under a sanitizer.

#include "socketio/client.hpp"
#include "socketio/socketio.hpp"
#include "tests/loopback/raw_client.hpp"
#include "tests/loopback/running_server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

using namespace socketio;
using loopback::close_frame;
using loopback::Peer;
using loopback::RawClient;
using loopback::RunningServer;
using loopback::text_frame;

namespace {

// The value of `key` in a flat JSON text.
std::string field(std::string const& text, std::string const& key) {
    auto const from = text.find("\"" + key + "\":\"") + key.size() + 4;
    return text.substr(from, text.find('"', from) - from);
}

}  // namespace

TEST_CASE("a handler of on_disconnecting may disconnect the socket and its room") {
    RunningServer server;
    std::atomic<int> calls = 0;
    server.io.on_connection([](Socket& socket) { socket.join("table"); });
    server.io.sockets().on_disconnecting([&](Socket& socket) {
        ++calls;
        socket.disconnect();
        socket.nsp().in("table").disconnect_sockets();
    });
    server.run();
    Peer other(server);
    other.read();
    Peer host(server);
    host.read();
    host.say("41");
    CHECK(other.read() == "41");
    CHECK(calls == 2);
}

TEST_CASE("a connection gets only so many sockets") {
    RunningServer server;
    std::atomic<std::size_t> connections = 0;
    server.io.of_matching([](std::string const&, Json const&) { return true; })
        .on_connection([&](Socket&) { ++connections; });
    server.run();
    Peer peer(server, "40/first,");
    // The end comes as a close frame, perhaps after the answers to some of these.
    for (std::size_t i = 0; i < max_sockets_per_client; ++i) {
        peer.say("40/n" + std::to_string(i) + ",");
    }
    int first = 0;
    while (first != close_frame) {
        peer.client.read_frame(first);
    }
    CHECK(connections <= max_sockets_per_client);
}

TEST_CASE("two connections may recover one session, and either may end first") {
    ServerOptions options;
    options.connection_state_recovery.emplace();
    RunningServer server(std::move(options));
    server.io.on("leave", [](Socket& socket) { socket.disconnect(true); });
    server.run();
    std::string resume;
    std::string sid;
    {
        Peer lost(server);
        auto const answer = lost.read();
        sid = field(answer, "sid");
        server.io.emit("news");
        auto const news = lost.read();
        auto const offset = news.substr(11, news.size() - 13);
        resume = R"(40{"pid":")" + field(answer, "pid") + R"(","offset":")" + offset + "\"}";
        lost.client.end_output();
        lost.client.read_all();
    }
    auto first = std::make_unique<Peer>(server, resume);
    CHECK(field(first->read(), "sid") == sid);
    Peer second(server, resume);
    CHECK(field(second.read(), "sid") == sid);
    first->say(R"(42["leave"])");
    CHECK(first->read() == "41");
    first->client.end_output();
    first->client.read_all();
    server.io.to(sid).emit("still here");
    CHECK(second.read().starts_with(R"(42["still here")"));
}

TEST_CASE("a server may be torn down with polling sessions left") {
    RunningServer server;
    server.io.sockets().use([](Socket& socket) -> Admission {
        socket.join("table");
        return {};
    });
    server.run();
    RawClient client(server.port);
    client.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n");
    auto const open = client.read_answer();
    client.send("POST /socket.io/?EIO=4&transport=polling&sid=" + field(open, "sid") +
                " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n40");
    CHECK(client.read_answer().ends_with("ok"));
    CHECK(server.io.clients_count() == 1);
    server.abandon();
}
