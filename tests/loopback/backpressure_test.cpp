// A client that causes more coroutine work than gets done, over real connections.

#include "engineio/limits.hpp"
#include "socketio/socketio.hpp"
#include "tests/loopback/running_server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>

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

}  // namespace backpressure_test
