// Who makes much work of little input waits for it, and the others do not.

#include "engineio/limits.hpp"
#include "tests/loopback/met_limits.hpp"
#include "tests/loopback/running_server.hpp"
#include "tests/loopback/test_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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
        io.on("burden", [this](socketio::Socket&) {
            ++handled;
            io.runtime().shard(1).post([] {});
        });
        io.on("leave", [](socketio::Socket& socket) { socket.disconnect(true); });
        run();
    }

    std::string answer_to(std::string const& request) {
        RawClient client(port);
        client.send(request);
        return client.read_answer();
    }
    // A POST to the session; the first one of it connects a socket.
    std::string post_of(std::string const& body) const {
        return "POST " + path +
               " HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain;charset=UTF-8\r\n"
               "Content-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    std::string post(std::string const& body) { return status_of(answer_to(post_of(body))); }
    void open(std::string const& revision) {
        RawClient client(port);
        open(revision, client);
    }
    void open(std::string const& revision, RawClient& client) {
        auto const query = "/socket.io/?EIO=" + revision + "&transport=polling";
        client.send(get(query));
        auto const opened = client.read_answer();
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

TEST_CASE("what one WebSocket says at once takes turns with everybody else") {
    Fair server;
    Peer peer(server);
    CHECK(peer.read().starts_with("40"));
    constexpr auto count = 3 * a_turn + 1;
    std::string frames;
    for (std::size_t i = 0; i < count; ++i) {
        frames += std::string("\x81\x89\0\0\0\0", 6) + R"(42["say"])";
    }
    peer.client.send(frames);
    wait_until("all is handled", [&] { return server.handled == count; });
    CHECK(server.handled_before_others > 0);
    CHECK(server.handled_before_others <= 2 * a_turn);  // whose turn it is next is in line before
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

TEST_CASE("the rest of a POST waits while what came before it is too much for another shard") {
    socketio::ServerOptions options;
    options.threads = 2;
    Fair server(options);
    RawClient client(server.port);  // the first one, on the first shard
    server.open("4", client);
    client.send(server.post_of("40"));
    CHECK(status_of(client.read_answer()) == "200");
    auto& slow = server.io.runtime().shard(1);
    std::promise<void> gate;
    slow.post([&] { gate.get_future().wait(); });
    client.send(server.post_of(repeated(R"(42["burden"])", "\x1e", 2 * a_turn)));
    auto const limit_hits = [&] { return metrics_of(server.io.runtime()).limit_hits; };
    wait_until("the first turn is over",
               [&] { return limit_hits().contains("posted_high_water_bytes"); });
    std::this_thread::sleep_for(5 * engineio::limits::timer_tick);
    CHECK(server.handled == a_turn);
    gate.set_value();
    CHECK(status_of(client.read_answer()) == "200");
    CHECK(server.handled == 2 * a_turn);
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

namespace {

constexpr auto high = engineio::limits::posted_high_water_bytes;

// Two shards, of which the second does nothing until let_go(). Requests to the first may post to
// it.
struct TwoShards {
    explicit TwoShards(std::chrono::milliseconds keep_alive = {})
        : server(2, {.host = "127.0.0.1"}, with(keep_alive)) {
        for (unsigned shard : {0U, 1U}) {
            server.router(shard).add_path("/where", [shard](Request const&, Responder responder) {
                Response response;
                response.body = std::to_string(shard);
                responder.respond(std::move(response));
            });
            server.router(shard).add_path("/post", [this](Request const&, Responder responder) {
                post(0);
                responder.respond({});
            });
        }
        server.run();
        while (first.size() < 3 || second.empty()) {
            auto client = std::make_unique<RawClient>(server.port());
            (where(*client) == "0" ? first : second).push_back(std::move(client));
        }
        slow().post([this] { gate.get_future().wait(); });
    }
    ~TwoShards() {
        let_go();
        server.stop();
    }

    Shard& slow() { return server.http().shard(1); }
    void post(std::size_t bytes) {
        slow().post([this] { ++done; }, bytes);
    }
    void let_go() {
        if (!std::exchange(gone, true)) {
            gate.set_value();
        }
    }
    // The number of the client's shard.
    static std::string where(RawClient& client) {
        client.send(get("/where"));
        auto const answer = client.read_answer();
        return answer.empty() ? answer : answer.substr(answer.size() - 1);
    }
    auto metrics() { return metrics_of(server.http()); }
    bool met(char const* limit) { return metrics().limit_hits.contains(limit); }

    std::vector<std::unique_ptr<RawClient>> first;   // clients of the one shard
    std::vector<std::unique_ptr<RawClient>> second;  // and of the other
    std::promise<void> gate;
    bool gone = false;
    std::atomic<int> done = 0;
    TestServer server;

private:
    static engineio::net::HttpOptions with(std::chrono::milliseconds keep_alive) {
        engineio::net::HttpOptions options;
        options.keep_alive_timeout = keep_alive;
        return options;
    }
};

}  // namespace

TEST_CASE("who posts to a shard that is behind is not read until it is not, and others are") {
    TwoShards shards;
    auto& poster = *shards.first[0];
    auto& bystander = *shards.first[1];
    shards.post(high - 3 * engineio::limits::posted_task_bytes - 1);
    poster.send(get("/post"));
    CHECK(status_of(poster.read_answer()) == "200");
    CHECK(shards.where(poster) == "0");  // it was not behind
    CHECK_FALSE(shards.met("posted_high_water_bytes"));
    poster.send(get("/post"));
    CHECK(status_of(poster.read_answer()) == "200");
    CHECK(shards.met("posted_high_water_bytes"));
    auto const requests = shards.metrics().http_requests;
    poster.send(get("/post"));
    for (int i = 0; i < 3; ++i) {
        CHECK(shards.where(bystander) == "0");
    }
    CHECK(shards.metrics().http_requests == requests + 3);
    SUBCASE("and goes on") {
        shards.let_go();
        CHECK(status_of(poster.read_answer()) == "200");
        CHECK(shards.where(*shards.second[0]) == "1");
        CHECK(shards.done == 4);
        CHECK(shards.where(poster) == "0");
    }
    SUBCASE("and may be gone by then") {
        poster.reset();
        shards.let_go();
        wait_until("it is missed",
                   [&] { return shards.metrics().connections == shards.first.size() - 1; });
        CHECK(shards.where(bystander) == "0");
    }
}

TEST_CASE("who is not read for others is not given up for its silence") {
    constexpr auto keep_alive = std::chrono::milliseconds(1500);
    TwoShards shards(keep_alive);
    auto& poster = *shards.first.back();
    shards.post(high);
    poster.send(get("/post"));
    CHECK(status_of(poster.read_answer()) == "200");
    CHECK(shards.met("posted_high_water_bytes"));
    poster.send(get("/where"));
    std::this_thread::sleep_for(keep_alive + std::chrono::milliseconds(500));
    shards.let_go();
    CHECK(poster.read_answer().ends_with("0"));
}

TEST_CASE("a shard reads nothing while another is far behind with its tasks") {
    TwoShards shards;
    shards.post(engineio::limits::max_posted_bytes);
    auto& client = *shards.first[0];
    client.send(get("/where"));
    wait_until("it has put off reading", [&] { return shards.met("max_posted_bytes"); });
    auto const requests = shards.metrics().http_requests;
    shards.let_go();
    CHECK(client.read_answer().ends_with("0"));
    CHECK(shards.metrics().http_requests == requests + 1);
    CHECK(shards.where(*shards.second[0]) == "1");
    CHECK(shards.done == 1);
    CHECK_FALSE(shards.met("posted_high_water_bytes"));
}

}  // namespace fair_turns_test
