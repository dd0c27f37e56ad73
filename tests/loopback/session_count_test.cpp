// How many sessions there may be at a time, over however few connections: at the number, one over,
// what is answered beyond, and that every way of ending makes room again.

#include "engineio/limits.hpp"
#include "tests/loopback/met_limits.hpp"
#include "tests/loopback/running_server.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

namespace session_count_test {

using namespace loopback;
using namespace std::chrono_literals;
using socketio::ServerOptions;

namespace {

constexpr auto handshake = "/socket.io/?EIO=4&transport=polling";

struct Counted : RunningServer {
    explicit Counted(ServerOptions options) : RunningServer(std::move(options)) { run(); }
    ~Counted() { stop(); }

    std::string answer_to(std::string const& request) {
        RawClient client(port);
        client.send(request);
        return client.read_answer();
    }
    std::string open_from(std::string const& address) {
        return status_of(answer_to(get(handshake, "X-Forwarded-For: " + address + "\r\n")));
    }
    // The id of a new polling session.
    std::string polling() {
        auto const open = answer_to(get(handshake));
        REQUIRE(status_of(open) == "200");
        auto const from = open.find("\"sid\":\"") + 7;
        return open.substr(from, open.find('"', from) - from);
    }
    std::string post(std::string const& sid, std::string const& body) {
        return answer_to("POST " + std::string(handshake) + "&sid=" + sid +
                         " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                         "\r\n\r\n" + body);
    }
    std::size_t taken() { return io.engine().seats()->taken(); }
    // Waits until so many are left.
    bool empties(std::size_t left = 0) {
        for (int i = 0; i < 5'000 && taken() != left; ++i) {
            std::this_thread::sleep_for(1ms);
        }
        return taken() == left;
    }
    Hits hits() { return metrics_of(io.runtime()).limit_hits; }
};

ServerOptions at_most(std::size_t count) {
    ServerOptions options;
    options.limits.session.max_sessions = count;
    return options;
}

}  // namespace

TEST_CASE("limits: sessions at a time, over one connection, too") {
    auto options = at_most(3);
    std::string seen;
    options.connection_error = [&](auto const&, engineio::ConnectionError const& error) {
        seen = error.in_context("name");
    };
    Counted server(options);
    RawClient client(server.port);  // keeps its connection alive
    for (int i = 0; i < 2; ++i) {
        client.send(get(handshake));
        CHECK(status_of(client.read_answer()) == "200");
    }
    Peer peer(server);
    CHECK(peer.read().starts_with("40"));
    CHECK(server.taken() == 3);
    CHECK(server.hits().empty());
    client.send(get(handshake));
    auto const refusal = client.read_answer();
    CHECK(refusal.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(refusal.find("\r\nRetry-After: 5\r\n") != std::string::npos);
    CHECK(refusal.ends_with(R"({"code":4,"message":"Too many sessions"})"));
    auto const upgrade = server.answer_to(websocket_session());
    CHECK(upgrade.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(upgrade.ends_with("\r\n\r\nToo many sessions"));
    CHECK(server.hits() == Hits{{"max_sessions", 2}});
    peer.client.send_frame(close_frame, "");
    REQUIRE(server.empties(2));
    server.polling();
    CHECK(status_of(server.answer_to(get(handshake))) == "503");
    server.stop();
    CHECK(seen == "max_sessions");
}

TEST_CASE("limits: sessions of a client at a time") {
    ServerOptions options;
    options.limits.session.max_sessions_per_address = 2;
    options.http.trust_proxy = {"loopback"};
    Counted server(options);
    CHECK(server.open_from("203.0.113.1") == "200");
    CHECK(server.open_from("203.0.113.1") == "200");
    CHECK(server.open_from("203.0.113.1") == "429");
    CHECK(server.open_from("203.0.113.2") == "200");
    CHECK(server.open_from("2001:db8:1:2::1") == "200");
    CHECK(server.open_from("2001:db8:1:2::2") == "200");
    CHECK(server.open_from("2001:db8:1:2::3") == "429");
    CHECK(server.open_from("2001:db8:1:3::3") == "200");
    CHECK(server.hits() == Hits{{"max_sessions_per_address", 2}});
}

TEST_CASE("limits: any number of sessions, if that is wanted") {
    Counted server(at_most(0));
    CHECK(server.io.engine().seats() == nullptr);
    server.polling();
    CHECK(engineio::SessionLimits().max_sessions == engineio::limits::max_sessions);
    CHECK(engineio::SessionLimits().max_sessions_per_address == 0);
}

TEST_CASE("limits: who finds no seat takes nothing from the rate of those who do") {
    auto options = at_most(1);
    options.limits.session.handshake_rate = {2, 1h};
    Counted server(options);
    auto const sid = server.polling();
    for (int i = 0; i < 10; ++i) {
        CHECK(status_of(server.answer_to(get(handshake))) == "503");
    }
    CHECK(server.hits() == Hits{{"max_sessions", 10}});
    server.post(sid, "1");
    REQUIRE(server.empties());
    server.polling();
    CHECK(server.taken() == 1);
}

TEST_CASE("limits: a session refused for another reason takes no seat") {
    auto options = at_most(1);
    bool throws = false;
    options.allow_request = engineio::AllowRequest([&](engineio::net::Request const&) {
        if (throws) {
            throw std::runtime_error("no");
        }
        return engineio::Verdict("no");
    });
    Counted server(options);
    for (int i = 0; i < 3; ++i) {
        CHECK(status_of(server.answer_to(get(handshake))) == "403");
        CHECK(status_of(server.answer_to(websocket_session())) == "400");
        throws = true;
    }
    CHECK(server.empties());
    CHECK(server.hits().empty());
}

TEST_CASE("limits: a seat is kept while its session is moved, and free when it is over") {
    auto options = at_most(1);
    SUBCASE("the client closes it") {
        Counted server(options);
        server.post(server.polling(), "1");
        CHECK(server.empties());
    }
    SUBCASE("the server closes it, with its connection") {
        Counted server(options);
        Peer peer(server);
        CHECK(peer.read().starts_with("40"));
        server.io.disconnect_sockets(true);
        CHECK(server.empties());
    }
    SUBCASE("its connection is cut") {
        Counted server(options);
        Peer peer(server);
        CHECK(server.taken() == 1);
        peer.client.reset();
        CHECK(server.empties());
    }
    SUBCASE("nobody answers the heartbeat") {
        options.ping_interval = 20ms;
        options.ping_timeout = 20ms;
        Counted server(options);
        server.polling();
        CHECK(server.empties());
    }
    SUBCASE("it was moved to a WebSocket") {
        Counted server(options);
        auto const sid = server.polling();
        RawClient probe(server.port);
        int first = 0;
        probe.send(websocket_session("&sid=" + sid));
        probe.read_until("\r\n\r\n");
        probe.send_frame(text_frame, "2probe");
        CHECK(probe.read_frame(first) == "3probe");
        probe.send_frame(text_frame, "5");
        probe.send_frame(text_frame, "40");
        CHECK(probe.read_frame(first).starts_with("40"));
        CHECK(server.taken() == 1);
        CHECK(status_of(server.answer_to(get(handshake))) == "503");
        probe.reset();
        CHECK(server.empties());
    }
    SUBCASE("the server is drained") {
        Counted server(options);
        Peer peer(server);
        CHECK(peer.read().starts_with("40"));
        server.io.drain({.deadline = 10s});
        while (peer.first != close_frame && !peer.client.stuck()) {
            peer.read();
        }
        CHECK(server.empties());
        peer.client.send_frame(close_frame, "");
    }
}

}  // namespace session_count_test
