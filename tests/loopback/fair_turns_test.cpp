// Who makes much work of little input waits for it, and the others do not.

#include "engineio/limits.hpp"
#include "tests/loopback/met_limits.hpp"
#include "tests/loopback/running_server.hpp"
#include "tests/loopback/test_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <string>

namespace fair_turns_test {

using namespace loopback;
using engineio::net::Request;
using engineio::net::Responder;
using engineio::net::Response;
using engineio::net::Shard;

namespace {

constexpr auto a_turn = engineio::limits::max_packets_per_turn;

// A server that notes in which turns the events of a POST are handled, and how much of what they
// say waits in memory.
struct Fair : RunningServer {
    explicit Fair(socketio::ServerOptions options = {}) : RunningServer(std::move(options)) {
        io.on("say", [this](socketio::Socket& socket) {
            if (++handled == 1) {
                Shard::current()->post([this] { handled_before_others = handled.load(); });
            }
            socket.broadcast().emit("t");
            most_buffered =
                std::max(most_buffered.load(), Shard::current()->metrics().buffered_bytes);
        });
        io.on("leave", [](socketio::Socket& socket) { socket.disconnect(true); });
        run();
    }

    std::string answer_to(std::string const& request) {
        RawClient client(port);
        client.send(request);
        return client.read_answer();
    }
    // The status of a POST to a session; the first one of it connects a socket.
    std::string post(std::string const& body) {
        return status_of(answer_to("POST " + path +
                                   " HTTP/1.1\r\nHost: h\r\nContent-Type: "
                                   "text/plain;charset=UTF-8\r\nContent-Length: " +
                                   std::to_string(body.size()) + "\r\n\r\n" + body));
    }
    void open(std::string const& revision) {
        auto const query = "/socket.io/?EIO=" + revision + "&transport=polling";
        auto const opened = answer_to(get(query));
        auto const from = opened.find("\"sid\":\"") + 7;
        path = query + "&sid=" + opened.substr(from, opened.find('"', from) - from);
    }

    std::string path;
    std::atomic<std::size_t> handled = 0;
    std::atomic<std::size_t> handled_before_others = 0;
    std::atomic<std::uint64_t> most_buffered = 0;
};

std::string repeated(std::string const& packet, std::string const& separator, std::size_t count) {
    std::string body = packet;
    while (--count > 0) {
        body += separator + packet;
    }
    return body;
}

}  // namespace

TEST_CASE("a POST of very many packets takes turns with everybody else") {
    constexpr auto count = 3 * a_turn + 1;
    socketio::ServerOptions options;
    options.allow_eio3 = true;
    Fair server(options);
    SUBCASE("of revision 4") {
        server.open("4");
        CHECK(server.post("40") == "200");
        CHECK(server.post(repeated(R"(42["say"])", "\x1e", count)) == "200");
    }
    SUBCASE("of revision 3") {
        server.open("3");
        CHECK(server.post(repeated(R"(9:42["say"])", "", count)) == "200");
    }
    CHECK(server.handled == count);  // all before the answer
    CHECK(server.handled_before_others >= a_turn);
    CHECK(server.handled_before_others < count);
    CHECK(server.handled_before_others % a_turn == 0);
}

TEST_CASE("a POST is answered as ever when it ends its session on its way") {
    Fair server;
    server.open("4");
    CHECK(server.post("40") == "200");
    CHECK(status_of(server.answer_to(get(server.path))) == "200");
    auto const body = R"(42["leave"])"
                      "\x1e" +
                      repeated(R"(42["say"])", "\x1e", 2 * a_turn);
    CHECK(server.post(body) == "200");
    CHECK(server.handled == 0);
    CHECK(server.answer_to(get(server.path)).ends_with("\r\n\r\n41"));
    CHECK(status_of(server.answer_to(get(server.path))) == "200");  // the close packet
    CHECK(server.post("6") == "400");
}

TEST_CASE("what a turn says does not wait in memory for its end") {
    Fair server;
    Peer member(server);
    CHECK(member.read().starts_with("40"));
    server.open("4");
    CHECK(server.post("40") == "200");
    CHECK(server.post(repeated(R"(42["say"])", "\x1e", a_turn)) == "200");
    constexpr std::size_t frame_bytes = 2 + std::string_view(R"(42["t"])").size();
    constexpr std::size_t answer_bytes = 300;  // of the POST
    CHECK(server.most_buffered.load() <=
          engineio::limits::max_messages_per_flush * frame_bytes + answer_bytes);
    for (std::size_t i = 0; i < a_turn; ++i) {
        CHECK(member.read() == R"(42["t"])");
    }
}

TEST_CASE("a shard reads nothing while another is behind with its tasks") {
    TestServer server(2);
    for (unsigned shard : {0U, 1U}) {
        server.router(shard).add_path("/where", [shard](Request const&, Responder responder) {
            Response response;
            response.body = std::to_string(shard);
            responder.respond(std::move(response));
        });
    }
    server.run();
    auto const ask = [](RawClient& client) {
        client.send(get("/where"));
        return client.read_answer();
    };
    std::array<std::unique_ptr<RawClient>, 2> on;  // a client of each shard
    while (!on[0] || !on[1]) {
        auto client = std::make_unique<RawClient>(server.port());
        auto& place = on[ask(*client).ends_with("1") ? 1 : 0];
        place = place ? std::move(place) : std::move(client);
    }
    std::promise<void> gate;
    auto& slow = server.http().shard(1);
    slow.post([&] { gate.get_future().wait(); });
    CHECK(ask(*on[0]).ends_with("0"));
    std::atomic<int> done = 0;
    constexpr auto half = engineio::limits::posted_high_water_bytes / 2;
    slow.post([&] { ++done; }, half);
    CHECK(ask(*on[0]).ends_with("0"));
    slow.post([&] { ++done; }, half);
    on[0]->send(get("/where"));
    wait_until("it has put off reading", [&] {
        return metrics_of(server.http()).limit_hits.contains("posted_high_water_bytes");
    });
    auto const requests = metrics_of(server.http()).http_requests;
    gate.set_value();
    CHECK(on[0]->read_answer().ends_with("0"));
    CHECK(metrics_of(server.http()).http_requests == requests + 1);
    CHECK(ask(*on[1]).ends_with("1"));
    CHECK(done == 2);
    server.stop();
}

}  // namespace fair_turns_test
