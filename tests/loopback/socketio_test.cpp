// Whole servers against hostile or unlucky clients: what only shows with real connections and,
// mostly, only under a sanitizer.

#include "socketio/client.hpp"
#include "tests/loopback/running_server.hpp"
#include "tests/loopback/tls_client.hpp"
#include "tests/rig/test_certificate.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace socketio_test {

using namespace socketio;
using namespace loopback;

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

TEST_CASE("a packet hook hears what a client of revision 3 is sent while it connects") {
    ServerOptions options;
    options.allow_eio3 = true;
    RunningServer server(std::move(options));
    std::string heard;
    auto const hear = [&](engineio::PacketType, std::string_view data) {
        heard += std::string(data) + ";";
    };
    SUBCASE("registered with the connection") {
        server.io.on_engine_connection(
            [&](Connection connection) { connection.on_packet_create(hear); });
        server.io.use([](Socket& socket, Next const& next) {
            socket.emit("early");
            next({});
        });
    }
    SUBCASE("registered by a middleware") {
        server.io.use([&](Socket& socket, Next const& next) {
            socket.conn().on_packet_create(hear);
            socket.emit("early");
            next({});
        });
    }
    server.run();
    RawClient client(server.port);
    client.send("GET /socket.io/?EIO=3&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n");
    auto const answer = client.read_answer();
    CHECK(answer.starts_with("HTTP/1.1 200 "));
    server.stop();
    CHECK(heard.find(R"(2["early"];)") != std::string::npos);
    CHECK(heard.find("0;") != std::string::npos);
}

TEST_CASE("one server listens on several endpoints, with and without TLS") {
    rig::TestCertificate const certificate("several");
    Endpoint secure;
    secure.host = "127.0.0.1";
    secure.tls = TlsOptions{certificate.certificate_file(), certificate.key_file()};
    RunningServer server;
    auto const secure_port = server.io.listen(secure);
    server.run();
    auto const late_port = server.io.listen({.host = "127.0.0.1"});
    std::string const request =
        "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n";
    TlsClient encrypted(secure_port);
    encrypted.send(request);
    CHECK(encrypted.read_answer().find("0{\"sid\"") != std::string::npos);
    for (auto const port : {server.port, late_port}) {
        RawClient plain(port);
        plain.send(request);
        CHECK(plain.read_answer().find("0{\"sid\"") != std::string::npos);
    }
    CHECK(server.io.clients_count() == 3);
    CHECK(server.io.reload_certificates().has_value());
}

TEST_CASE("behind a trusted proxy everybody sees the client's address") {
    ServerOptions options;
    std::atomic<int> asked = 0;
    options.allow_request = [&](Request const& request, auto decide) {
        asked += request.remote_address == "203.0.113.9" ? 1 : 0;
        decide({});
    };
    std::string seen = "203.0.113.9";
    SUBCASE("trusted") {
        options.http.trust_proxy = {"loopback"};
    }
    SUBCASE("trusted, by the standard's header") {
        options.http.trust_proxy = {"loopback"};
        options.http.forwarded_header = ForwardedHeader::forwarded;
    }
    SUBCASE("nobody is trusted by default") {
        seen = "127.0.0.1";
    }
    RunningServer server(std::move(options));
    server.io.on("address", [](Socket& socket) { return socket.handshake().address(); });
    server.run();
    Peer peer(server, "40",
              "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\nForwarded: for=203.0.113.9\r\n");
    peer.read();
    peer.say(R"(421["address"])");
    CHECK(peer.read() == "431[\"" + seen + "\"]");
    CHECK(asked == (seen == "127.0.0.1" ? 0 : 1));
}

TEST_CASE("a proxy list with a mistake does not start") {
    RunningServer server([] {
        ServerOptions options;
        options.http.trust_proxy = {"10.0.0.0/99"};
        return options;
    }());
    CHECK_THROWS_AS(server.io.listen(), std::invalid_argument);
}

TEST_CASE("a connection gets only so many sockets") {
    RunningServer server;
    std::atomic<std::size_t> connections = 0;
    server.io.of_matching([](std::string const&, Json const&) { return true; })
        .on_connection([&](Socket&) { ++connections; });
    server.run();
    Peer peer(server, "40/first,");
    // The end comes as a close frame, perhaps after the answers to some of these.
    for (std::size_t i = 0; i < engineio::limits::max_sockets_per_connection; ++i) {
        peer.say("40/n" + std::to_string(i) + ",");
    }
    int first = 0;
    while (first != close_frame && first != -1) {
        peer.client.read_frame(first);
    }
    CHECK(first == close_frame);
    CHECK(connections <= engineio::limits::max_sockets_per_connection);
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

TEST_CASE("a handler of on_http may be a coroutine; one that does not answer is cut") {
    RunningServer server;
    server.io.on_http([](Request request, Responder responder) -> Task<> {
        co_await sleep_for(std::chrono::milliseconds(1));
        if (request.path() == "/answer") {
            responder.respond({.status = 200, .headers = {}, .body = "late"});
        }
    });
    server.run();
    RawClient client(server.port);
    client.send("GET /answer HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(client.read_answer().ends_with("\r\n\r\nlate"));
    client.send("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(client.read_all().empty());
}

TEST_CASE("what is counted is added up over the shards, for a handler and for any other thread") {
    ServerOptions options;
    options.threads = 3;
    RunningServer server(std::move(options));
    server.io.on_http([&io = server.io](Request, Responder responder) -> Task<> {
        auto const sum = co_await io.metrics();
        responder.respond({.status = 200, .headers = {}, .body = prometheus_text(sum)});
    });
    server.run();
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 4; ++i) {
        peers.push_back(std::make_unique<Peer>(server));
        peers.back()->read();
    }
    RawClient client(server.port);
    client.send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(client.read_answer().find("\nhubbub_sockets 4\n") != std::string::npos);

    std::promise<Metrics> gathered;
    server.io.runtime().gather_metrics([&](Metrics const& sum) { gathered.set_value(sum); });
    auto const sum = gathered.get_future().get();
    CHECK(sum.sockets == 4);
    CHECK(sum.websockets == 4);
    CHECK(sum.timers >= 4);  // each session's heartbeat
}

}  // namespace socketio_test
