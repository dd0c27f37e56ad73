// The limits of sessions, on the wire: each at its number, one below and one above, what is
// answered beyond, what is counted, and that an ordinary client is served before and after.

#include "engineio/limits.hpp"
#include "tests/loopback/met_limits.hpp"
#include "tests/loopback/running_server.hpp"
#include "tests/loopback/socket_folder.hpp"
#include "tests/loopback/test_server.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace session_limits_test {

using namespace loopback;
using namespace std::chrono_literals;
using socketio::ServerOptions;

namespace {

constexpr auto echo = R"(42["echo","x"])";

// A Socket.IO server that echoes, and the clients of these cases.
struct Sessions : RunningServer {
    explicit Sessions(ServerOptions options) : RunningServer(std::move(options)) {
        io.on("echo",
              [](socketio::Socket& socket, std::string text) { socket.emit("echo", text); });
        io.on("flood", [](socketio::Socket& socket) {
            for (int i = 0; i < 32; ++i) {
                socket.emit("flood", std::string(1 << 20, 'x'));
            }
        });
        io.on("much", [](socketio::Socket& socket, int bytes) {
            socket.emit("x", std::string(static_cast<std::size_t>(bytes), 'x'));
        });
        io.on("tiny", [](socketio::Socket& socket, int count) {
            for (int i = 0; i < count; ++i) {
                socket.emit("t");
            }
        });
        io.on_connection([this](socketio::Socket& socket) { ids.push_back(socket.id()); });
        io.on("same", [](socketio::Socket& socket) {
            socket.broadcast().emit("x", std::string(100'000, 'x'));
        });
        io.on("different", [this] {
            for (std::size_t i = 0; i < ids.size(); ++i) {
                io.to(ids[i]).emit("x", std::string(100'000, static_cast<char>('a' + i)));
            }
        });
        run();
    }
    Hits hits() { return metrics_of(io.runtime()).limit_hits; }

    std::string answer_to(std::string const& request) {
        RawClient client(port);
        client.send(request);
        return client.read_answer();
    }
    static std::string handshake_request(std::string const& fields = {}) {
        return get("/socket.io/?EIO=4&transport=polling", fields);
    }
    // The id of a new polling session.
    std::string polling(std::string const& query = {}) {
        auto const open = answer_to(get("/socket.io/?EIO=4&transport=polling" + query));
        if (!query.empty()) {  // in JSONP the quotes are escaped
            auto const escaped = open.find("sid\\\":\\\"") + 8;
            return open.substr(escaped, open.find('\\', escaped) - escaped);
        }
        auto const from = open.find("\"sid\":\"") + 7;
        return open.substr(from, open.find('"', from) - from);
    }
    std::string post(std::string const& sid, std::string const& body,
                     std::string const& query = {}) {
        return answer_to("POST /socket.io/?EIO=4&transport=polling&sid=" + sid + query +
                         " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                         "\r\n\r\n" + body);
    }
    // What the server answers to a POST to a session that is no more.
    bool is_gone(std::string const& sid) {
        return post(sid, "6").find("Session ID unknown") != std::string::npos;
    }
    void ordinary() {
        Peer peer(*this);
        CHECK(peer.read().starts_with("40"));
        peer.say(echo);
        CHECK(peer.read() == echo);
    }

    std::vector<std::string> ids;  // of sockets, as they came
};

// What the server closes a WebSocket with, after anything else it says.
int close_code_of(Peer& peer) {
    for (;;) {
        auto const payload = peer.read();
        if (peer.first == close_frame && payload.size() == 2) {
            return static_cast<unsigned char>(payload[0]) << 8 |
                   static_cast<unsigned char>(payload[1]);
        }
        if (peer.first == close_frame || peer.first == -1) {
            return peer.first == -1 ? -1 : 1005;
        }
    }
}

std::string several(std::string const& packet, int count) {
    std::string body = packet;
    for (int i = 1; i < count; ++i) {
        body += '\x1e' + packet;
    }
    return body;
}

}  // namespace

TEST_CASE("limits: bytes of a POST and of a message") {
    ServerOptions options;
    options.max_http_buffer_size = 100;
    Sessions server(options);
    server.ordinary();
    auto const sid = server.polling();
    auto const packet = [](std::size_t bytes) { return "4" + std::string(bytes - 1, 'x'); };
    CHECK(status_of(server.post(sid, several("6", 50))) == "200");  // 99 bytes
    CHECK(status_of(server.post(sid, several("6", 49) + "\x1e"
                                                        "66")) == "200");
    CHECK(status_of(server.post(sid, packet(101))) == "413");
    CHECK(server.hits() == Hits{{"max_http_buffer_size", 1}});
    Peer peer(server);
    peer.read();
    peer.say(R"(42["echo",")" + std::string(87, 'x') + R"("])");  // 100 bytes
    CHECK(peer.read().size() == 100);
    peer.say(packet(101));
    CHECK(close_code_of(peer) == 1009);
    CHECK(server.hits() == Hits{{"max_http_buffer_size", 2}});
    server.ordinary();
}

TEST_CASE("limits: bytes of a polling answer that is compressed") {
    Sessions server(ServerOptions{});
    auto const sid = server.polling();
    auto const fetch = [&] {
        return server.answer_to(
            get("/socket.io/?EIO=4&transport=polling&sid=" + sid, "Accept-Encoding: gzip\r\n"));
    };
    server.post(sid, "40");
    fetch();
    // `42["x",""]` around it.
    auto const coding = [&](std::size_t bytes) {
        server.post(sid, R"(42["much",)" + std::to_string(bytes - 10) + "]");
        auto const answer = fetch();
        CHECK(status_of(answer) == "200");
        return answer.find("\r\nContent-Encoding: gzip\r\n") != std::string::npos;
    };
    CHECK(coding(engineio::limits::max_http_compression_bytes - 1));
    CHECK(coding(engineio::limits::max_http_compression_bytes));
    CHECK_FALSE(coding(engineio::limits::max_http_compression_bytes + 1));
}

TEST_CASE("limits: bytes of polling answers that are compressed in a turn") {
    Sessions server(ServerOptions{});
    std::vector<std::string> sids;
    for (int i = 0; i < 4; ++i) {
        sids.push_back(server.polling());
        server.post(sids.back(), "40");
        server.answer_to(get("/socket.io/?EIO=4&transport=polling&sid=" + sids.back()));
    }
    Peer peer(server);
    CHECK(peer.read().starts_with("40"));
    // How many of the four are compressed.
    auto const compressed = [&](std::string const& event) {
        std::vector<std::unique_ptr<RawClient>> polls;
        for (auto const& sid : sids) {
            polls.push_back(heard(
                server.io.runtime(), server.port,
                get("/socket.io/?EIO=4&transport=polling&sid=" + sid, "Accept-Encoding: gzip\r\n"),
                &engineio::net::Metrics::http_requests));
        }
        peer.say("42[\"" + event + "\"]");
        int count = 0;
        for (auto const& poll : polls) {
            auto const answer = poll->read_answer();
            bool const coded = answer.find("\r\nContent-Encoding: gzip\r\n") != answer.npos;
            CHECK(coded == (answer.size() < 100'000));
            count += coded ? 1 : 0;
        }
        return count;
    };
    CHECK(compressed("same") == 4);
    CHECK(compressed("different") == 2);
    CHECK(compressed("different") == 2);  // another turn
}

TEST_CASE("limits: frames of a message") {
    ServerOptions options;
    options.limits.session.max_fragments = 3;
    Sessions server(options);
    server.ordinary();
    Peer peer(server);
    peer.read();
    auto const in_frames = [&](int count) {
        peer.client.send_frame(0x01, R"(42["echo")");
        for (int i = 2; i < count; ++i) {
            peer.client.send_frame(0x00, "");
        }
        peer.client.send_frame(0x80, R"(,"x"])");
    };
    in_frames(2);
    CHECK(peer.read() == echo);
    in_frames(3);
    CHECK(peer.read() == echo);
    CHECK(server.hits().empty());
    in_frames(4);
    CHECK(close_code_of(peer) == 1008);
    CHECK(server.hits() == Hits{{"max_fragments", 1}});
    server.ordinary();
}

TEST_CASE("limits: packets of a POST") {
    ServerOptions options;
    options.limits.session.max_payload_packets = 3;
    Sessions server(options);
    server.ordinary();
    auto const sid = server.polling();
    CHECK(status_of(server.post(sid, "40")) == "200");
    CHECK(status_of(server.post(sid, several(echo, 2))) == "200");
    CHECK(status_of(server.post(sid, several(echo, 3))) == "200");
    CHECK(server.hits().empty());
    CHECK(status_of(server.post(sid, several(echo, 4))) == "413");
    CHECK(server.is_gone(sid));
    CHECK(server.hits() == Hits{{"max_payload_packets", 1}});
    server.ordinary();
}

TEST_CASE("limits: packets of a client in a time") {
    ServerOptions options;
    options.limits.session.packet_rate = {3, 1h};
    Sessions server(options);
    server.ordinary();
    SUBCASE("on a WebSocket") {
        Peer peer(server);
        CHECK(peer.read().starts_with("40"));
        peer.say(echo);
        peer.say(echo);
        CHECK(peer.read() == echo);
        CHECK(peer.read() == echo);
        CHECK(server.hits().empty());
        peer.say(echo);
        CHECK(close_code_of(peer) == 1008);
    }
    SUBCASE("pings and pongs of the WebSocket count as well") {
        Peer peer(server);
        peer.read();
        peer.client.send_frame(0x89, "");
        peer.read();
        CHECK(peer.first == 0x8A);
        peer.client.send_frame(0x8A, "");
        CHECK(server.hits().empty());
        peer.client.send_frame(0x89, "");
        CHECK(close_code_of(peer) == 1008);
    }
    SUBCASE("by polling") {
        auto const sid = server.polling();
        CHECK(status_of(server.post(sid, "40")) == "200");
        CHECK(status_of(server.post(sid, several(echo, 2))) == "200");
        CHECK(server.hits().empty());
        CHECK(status_of(server.post(sid, echo)) == "429");
        CHECK(server.is_gone(sid));
    }
    SUBCASE("by JSONP, a form without data as well") {
        auto const sid = server.polling("&j=0");
        CHECK(status_of(server.post(sid, "d=40&a", "&j=0")) == "200");
        CHECK(status_of(server.post(sid, "a&a&a&a", "&j=0")) == "200");
        CHECK(status_of(server.post(sid, "", "&j=0")) == "200");
        CHECK(server.hits().empty());
        CHECK(status_of(server.post(sid, "a", "&j=0")) == "429");
        CHECK(server.is_gone(sid));
    }
    CHECK(server.hits() == Hits{{"packet_rate", 1}});
    server.ordinary();
}

TEST_CASE("limits: bytes of a client in a time") {
    ServerOptions options;
    options.max_http_buffer_size = 50;
    options.limits.session.byte_rate = {60, 1h};
    Sessions server(options);
    server.ordinary();
    SUBCASE("on a WebSocket, with what frames it") {
        Peer peer(server);  // 8 bytes
        peer.read();
        peer.client.send_frame(0x8A, std::string(26, 'x'));  // 32
        peer.say(echo);                                      // 20
        CHECK(peer.read() == echo);
        CHECK(server.hits().empty());
        peer.client.send_frame(0x8A, "");
        CHECK(close_code_of(peer) == 1008);
    }
    SUBCASE("by polling") {
        auto const sid = server.polling();
        CHECK(status_of(server.post(sid, several("6", 15))) == "200");  // 29
        CHECK(status_of(server.post(sid, several("6", 15))) == "200");
        CHECK(status_of(server.post(sid, "40")) == "200");
        CHECK(server.hits().empty());
        CHECK(status_of(server.post(sid, "40")) == "429");
        CHECK(server.is_gone(sid));
    }
    SUBCASE("by polling, what is too large as well") {
        auto const sid = server.polling();
        CHECK(status_of(server.post(sid, several("6", 30))) == "413");  // counts 50
        CHECK(status_of(server.post(sid, several("6", 5))) == "200");   // 9
        CHECK(server.hits() == Hits{{"max_http_buffer_size", 1}});
        CHECK(status_of(server.post(sid, several("6", 30))) == "429");
        CHECK(server.is_gone(sid));
        CHECK(server.hits() == Hits{{"byte_rate", 1}, {"max_http_buffer_size", 1}});
        server.ordinary();
        return;
    }
    CHECK(server.hits() == Hits{{"byte_rate", 1}});
    server.ordinary();
}

TEST_CASE("limits: sessions that begin in a time") {
    ServerOptions options;
    options.limits.session.handshake_rate = {3, 1h};
    std::string seen;
    options.connection_error = [&](auto const&, engineio::ConnectionError const& error) {
        seen = error.in_context("name");
    };
    Sessions server(options);
    Peer peer(server);
    CHECK(peer.read().starts_with("40"));
    auto const sid = server.polling();
    CHECK(status_of(server.answer_to(server.handshake_request())) == "200");
    CHECK(server.hits().empty());
    auto const refusal = server.answer_to(server.handshake_request());
    CHECK(refusal.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    constexpr std::string_view field = "\r\nRetry-After: ";
    auto const at = refusal.find(field);
    REQUIRE(at != std::string::npos);
    auto const seconds = std::stoi(refusal.substr(at + field.size()));
    CHECK(seconds > 1100);  // of the 1,200 some have gone since the first one
    CHECK(seconds <= 1200);
    CHECK(refusal.ends_with(R"({"code":4,"message":"Too many new sessions"})"));
    auto const upgrade = server.answer_to(websocket_session());
    CHECK(upgrade.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(upgrade.ends_with("\r\n\r\nToo many new sessions"));
    CHECK(server.hits() == Hits{{"handshake_rate", 2}});
    // Who is there already does not notice.
    peer.say(echo);
    CHECK(peer.read() == echo);
    CHECK(status_of(server.post(sid, "40")) == "200");
    server.stop();
    CHECK(seen == "handshake_rate");
}

TEST_CASE("limits: sessions that a client begins in a time") {
    ServerOptions options;
    options.limits.session.handshake_rate_per_address = {2, 1h};
    options.http.trust_proxy = {"loopback"};
    Sessions server(options);
    auto const from = [&](std::string const& address) {
        return status_of(
            server.answer_to(server.handshake_request("X-Forwarded-For: " + address + "\r\n")));
    };
    CHECK(from("203.0.113.1") == "200");
    CHECK(from("203.0.113.1") == "200");
    CHECK(from("203.0.113.1") == "429");
    CHECK(from("203.0.113.2") == "200");
    CHECK(from("2001:db8:1:2::1") == "200");
    CHECK(from("2001:db8:1:2::2") == "200");
    CHECK(from("2001:db8:1:2::3") == "429");
    CHECK(from("2001:db8:1:3::3") == "200");
    CHECK(server.hits() == Hits{{"handshake_rate_per_address", 2}});
    server.ordinary();
}

TEST_CASE("limits: upgrades under way") {
    ServerOptions options;
    options.limits.session.max_unfinished_upgrades = 2;
    Sessions server(options);
    server.ordinary();
    std::vector<std::string> sids = {server.polling(), server.polling(), server.polling()};
    std::vector<std::unique_ptr<RawClient>> probes;
    auto const probe = [&](std::string const& sid) {
        probes.push_back(std::make_unique<RawClient>(server.port));
        probes.back()->send(websocket_session("&sid=" + sid));
        return probes.back()->read_until("\r\n\r\n").substr(9, 3);
    };
    CHECK(probe(sids[0]) == "101");
    CHECK(probe(sids[1]) == "101");
    CHECK(server.hits().empty());
    CHECK(probe(sids[2]) == "503");
    CHECK(server.hits() == Hits{{"max_unfinished_upgrades", 1}});
    CHECK(status_of(server.post(sids[2], "40")) == "200");  // goes on polling
    server.ordinary();                                      // whose session is a WebSocket at once
    int first = 0;
    probes[0]->send_frame(text_frame, "2probe");
    CHECK(probes[0]->read_frame(first) == "3probe");
    probes[0]->send_frame(text_frame, "5");
    probes[0]->send_frame(text_frame, "40");
    CHECK(probes[0]->read_frame(first).starts_with("40"));
    CHECK(probe(sids[2]) == "101");
}

TEST_CASE("limits: upgrades that nobody claims") {
    ServerOptions options;
    options.limits.session.max_unclaimed_upgrades = 2;
    options.destroy_upgrade_timeout = 1h;
    Sessions server(options);
    server.ordinary();
    auto const strange = [&] {
        return heard(server.io.runtime(), server.port, websocket_request(),
                     &engineio::net::Metrics::http_requests);
    };
    auto const first = strange();
    auto const second = strange();
    CHECK(server.hits().empty());
    auto const third = strange();
    CHECK(first->read_all().empty());
    CHECK(server.hits() == Hits{{"max_unclaimed_upgrades", 1}});
    server.ordinary();
}

TEST_CASE("limits: bytes that a reader does not take") {
    // Eight times as much as the kernel takes is sent to somebody who does not read.
    auto const flood = [](std::size_t most) {
        ServerOptions options;
        options.limits.session.max_buffered_bytes = most;
        Sessions server(options);
        server.ordinary();
        Peer peer(server);
        peer.read();
        peer.say(R"(42["flood"])");
        wait_until("all is sent",
                   [&] { return metrics_of(server.io.runtime()).messages_out >= 34; });
        server.ordinary();
        return server.hits();
    };
    CHECK(flood(64 << 20).empty());
    CHECK(flood(1 << 20) == Hits{{"max_buffered_bytes", 1}});
}

TEST_CASE("limits: bytes of polling answers that a reader does not take") {
    constexpr std::size_t mega = 1 << 20;
    ServerOptions options;
    options.limits.session.max_buffered_bytes = 16 * mega;
    Sessions server(options);
    server.ordinary();
    auto const sid = server.polling();
    auto const poll = get("/socket.io/?EIO=4&transport=polling&sid=" + sid);
    server.post(sid, "40");
    server.answer_to(poll);
    auto const much = [&](std::size_t megabytes) {
        server.post(sid, R"(42["much",)" + std::to_string(megabytes * mega) + "]");
    };
    much(10);
    // The kernel takes some four megabytes of it.
    auto const first =
        heard(server.io.runtime(), server.port, poll, &engineio::net::Metrics::messages_out);
    much(5);
    auto const sent = metrics_of(server.io.runtime()).messages_out;
    auto const second =
        heard(server.io.runtime(), server.port, poll, &engineio::net::Metrics::http_requests);
    CHECK(metrics_of(server.io.runtime()).messages_out == sent);  // it waits for the first
    CHECK(server.hits().empty());
    CHECK(first->read_answer().size() > 10 * mega);
    auto const answer = second->read_answer();
    CHECK(status_of(answer) == "200");
    CHECK(answer.size() > 5 * mega);
    much(12);
    auto const third =
        heard(server.io.runtime(), server.port, poll, &engineio::net::Metrics::messages_out);
    CHECK(server.hits().empty());
    much(12);
    CHECK(server.is_gone(sid));
    CHECK(third->read_all().size() < 12 * mega);  // cut
    auto met = metrics_of(server.io.runtime());
    CHECK(met.limit_hits == Hits{{"max_buffered_bytes", 1}});
    CHECK(met.slow_readers_closed == 1);
    CHECK(met.closes["transport error"] == 1);
    CHECK(met.buffered_bytes < mega);
    server.ordinary();
}

TEST_CASE("limits: messages that a reader does not take, however small") {
    // What one client says that reads nothing; a Unix socket holds little, some 10,000 messages.
    auto const flood = [](std::string const& said, std::uint64_t answers) {
        SocketFolder const folder;
        ServerOptions options;
        options.limits.session.max_buffered_bytes = 1 << 20;  // 16,384 messages
        Sessions server(options);
        server.io.listen({.host = folder.host()});
        RawClient client(folder.host(), 0);
        client.send(websocket_session());
        client.read_until("\r\n\r\n");
        client.send_frame(text_frame, "40");
        client.read_until("40{");
        client.send(said);
        engineio::net::Metrics met;
        wait_until("all is answered, or it is closed", [&] {
            met = metrics_of(server.io.runtime());
            return met.messages_out >= answers || met.slow_readers_closed != 0;
        });
        CHECK(met.buffered_bytes < 1 << 20);
        CHECK(met.sessions == 1 - met.slow_readers_closed);
        CHECK(met.closes["transport error"] == met.slow_readers_closed);
        server.ordinary();
        return met.limit_hits;
    };
    // `42["tiny",N]`, masked with zeros.
    auto const tiny = [](std::string const& count) {
        auto const event = R"(42["tiny",)" + count + "]";
        return "\x81" + std::string(1, static_cast<char>(0x80 + event.size())) +
               std::string(4, '\0') + event;
    };
    std::string ping("\x89\x80\0\0\0\0", 6);
    std::string pings;
    for (int i = 0; i < 600'000; ++i) {  // however much the socket holds
        pings += ping;
    }
    Hits const one{{"max_buffered_bytes", 1}};
    CHECK(flood(tiny("16000"), 16'002).empty());
    CHECK(flood(tiny("600000"), 600'002) == one);
    CHECK(flood(pings.substr(0, 16'000 * ping.size()) + tiny("1"), 3).empty());
    CHECK(flood(pings + tiny("1"), 3) == one);
}

}  // namespace session_limits_test
