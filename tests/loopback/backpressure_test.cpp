// Clients that cause more coroutine work than gets done, or read less than they are sent, over real
// connections.

#include "engineio/limits.hpp"
#include "engineio/net/log.hpp"
#include "engineio/net/shard.hpp"
#include "socketio/socketio.hpp"
#include "tests/loopback/running_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <tuple>

namespace backpressure_test {

using namespace socketio;
using namespace std::chrono_literals;
using loopback::Peer;
using loopback::RawClient;
using loopback::RunningServer;

namespace {

struct SlowServer : RunningServer {
    SlowServer() {
        io.on("slow", [this](std::string) -> Task<void> {
            ++started;
            while (!released) {
                co_await sleep_for(5ms);
            }
            ++done;
        });
        io.on("asks", [this](Socket& socket) -> Task<void> {
            auto const answer = co_await socket.emit_with_ack<int>("q");
            done += answer && *answer == 1;
        });
        io.on("count", [this] { return done.load(); });
        run();
    }

    std::atomic<int> started{0};
    std::atomic<int> done{0};
    std::atomic<bool> released{false};
};

// Gives the server many turns to do what it should not do.
void let_it_run(Peer& neighbour, int rounds = 200) {
    for (int i = 0; i < rounds; ++i) {
        neighbour.say(R"(421["count"])");
        CHECK(neighbour.read().starts_with("431["));
    }
}

std::string count_when(Peer& peer, std::string const& expected) {
    std::string got;
    for (int i = 0; i < 2000 && got != expected; ++i) {
        peer.say(R"(421["count"])");
        got = peer.read();
        std::this_thread::sleep_for(1ms);
    }
    return got;
}

}  // namespace

TEST_CASE("a WebSocket is not read while too many of its handlers are unfinished") {
    SlowServer server;
    Peer flood(server);
    Peer neighbour(server);
    flood.read();
    neighbour.read();
    constexpr int events = 1500;
    std::string const event = R"(42["slow",")" + std::string(10'000, 'x') + "\"]";
    std::thread sender([&] {
        for (int i = 0; i < events; ++i) {
            flood.say(event);
        }
    });
    while (server.started <= static_cast<int>(engineio::limits::max_unfinished_handlers)) {
        let_it_run(neighbour, 1);
    }
    let_it_run(neighbour);
    CHECK(server.started < 1000);
    CHECK(server.done == 0);
    server.released = true;
    sender.join();
    CHECK(count_when(neighbour, "431[1500]") == "431[1500]");
    CHECK(count_when(flood, "431[1500]") == "431[1500]");
}

TEST_CASE("a POST is not answered while too many handlers are unfinished") {
    SlowServer server;
    Peer neighbour(server);
    neighbour.read();
    RawClient polls(server.port);
    polls.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n");
    auto const answer = polls.read_answer();
    auto const at = answer.find(R"("sid":")") + 7;
    auto const target = "/socket.io/?EIO=4&transport=polling&sid=" + answer.substr(at, 20);
    auto const post = [&](RawClient& client, std::string const& body) {
        client.send("POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
    };
    post(polls, "40");
    CHECK(polls.read_answer().ends_with("ok"));
    std::string body = R"(42["slow",""])";
    for (std::size_t i = 0; i < engineio::limits::max_unfinished_handlers; ++i) {
        body += "\x1e";
        body += R"(42["slow",""])";
    }
    post(polls, body);
    CHECK(polls.read_answer().ends_with("ok"));
    CHECK(server.started == 257);
    post(polls, R"(42["slow","one more"])");
    let_it_run(neighbour);
    CHECK(server.started == 257);
    server.released = true;
    CHECK(polls.read_answer().ends_with("ok"));
    CHECK(count_when(neighbour, "431[258]") == "431[258]");
}

TEST_CASE("handlers that wait for their own client do not block it") {
    SlowServer server;
    Peer peer(server);
    peer.read();
    constexpr int events = 600;
    for (int i = 0; i < events; ++i) {
        peer.say(R"(42["asks"])");
    }
    for (int i = 0; i < events; ++i) {
        auto const question = peer.read();
        auto const id = question.substr(2, question.find('[') - 2);
        peer.say("43" + id + "[1]");
    }
    CHECK(count_when(peer, "431[600]") == "431[600]");
}

// --- clients that do not read -----------------------------------------------------------------

namespace {

constexpr std::size_t enough = 256 * 1024;  // what the export lets wait
constexpr int rows = 200;
constexpr std::size_t row_bytes = 50'000;  // 10 MB in all, more than kernel and server may hold

// Sends rows only as fast as they are read.
struct ExportServer : RunningServer {
    ExportServer() {
        io.on("export", [this](Socket& socket) -> Task<void> {
            std::string const row(row_bytes, 'r');
            for (int i = 0; i < rows && socket.connected(); ++i) {
                socket.emit("row", i, row);
                auto const waiting = socket.conn().buffered_bytes();
                most = std::max(most.load(), waiting);
                if (waiting > enough) {
                    ++waits;
                    socket.volatile_().emit("never");  // something is unsent
                    CHECK_FALSE(socket.writable());
                    co_await socket.conn().drained();
                }
            }
            ended = true;
        });
        io.on("flood", [](Socket& socket) {
            for (int i = 0; i < 30; ++i) {
                socket.emit("row", std::string(1'000'000, 'x'));
            }
        });
        io.on_disconnect([this](Socket&, DisconnectReason why) { reason = why; });
        io.on("count", [] { return 0; });
        io.on("state", [this] {
            auto const& metrics = io.runtime().shard(0).metrics();
            return std::tuple(waits.load(), ended.load(), metrics.buffered_bytes,
                              metrics.slow_readers_closed, metrics.volatile_dropped);
        });
        run();
    }

    std::atomic<std::size_t> most{0};
    std::atomic<int> waits{0};
    std::atomic<bool> ended{false};
    std::atomic<DisconnectReason> reason{};
};

// A WebSocket client whose kernel takes little.
struct SlowReader {
    explicit SlowReader(RunningServer& server) : client(server.port, 4096) {
        client.send(loopback::websocket_session());
        client.read_until("\r\n\r\n");
        client.read_frame(first);
        client.send_frame(loopback::text_frame, "40");
        client.read_frame(first);
    }
    RawClient client;
    int first = 0;
};

// The neighbour's view of the server, once it is as told.
template <class F>
bool comes_to(Peer& neighbour, F&& as_expected) {
    for (int i = 0; i < 5000; ++i) {
        neighbour.say(R"(421["state"])");
        auto const answer = Json::parse(neighbour.read().substr(3));
        if (as_expected((*answer)[0])) {
            return true;
        }
    }
    return false;
}

}  // namespace

TEST_CASE("drained() keeps what a slow reader costs small, and loses nothing") {
    ExportServer server;
    SlowReader slow(server);
    Peer neighbour(server);
    neighbour.read();
    slow.client.send_frame(loopback::text_frame, R"(42["export"])");
    CHECK(comes_to(neighbour, [](Json const& state) { return *state[0].integer() > 0; }));
    let_it_run(neighbour);
    CHECK_FALSE(server.ended);
    for (int i = 0; i < rows; ++i) {
        auto const row = slow.client.read_frame(slow.first);
        REQUIRE(row.starts_with("42[\"row\"," + std::to_string(i) + ","));
    }
    CHECK(comes_to(neighbour, [](Json const& state) { return *state[1].boolean(); }));
    CHECK(server.most <= enough + row_bytes + 100);
    CHECK(comes_to(neighbour, [](Json const& state) {
        return *state[2].integer() == 0 && state[4] == state[0];
    }));
}

TEST_CASE("a WebSocket that reads nothing is cut, and what it was sent is freed") {
    engineio::net::set_level(engineio::net::Level::off);
    ExportServer server;
    SlowReader slow(server);
    Peer neighbour(server);
    neighbour.read();
    slow.client.send_frame(loopback::text_frame, R"(42["flood"])");
    CHECK(comes_to(neighbour, [](Json const& state) { return *state[3].integer() == 1; }));
    CHECK(comes_to(neighbour, [](Json const& state) { return *state[2].integer() == 0; }));
    CHECK(server.reason.load() == DisconnectReason::transport_error);
    engineio::net::set_level(engineio::net::Level::info);
}

}  // namespace backpressure_test
