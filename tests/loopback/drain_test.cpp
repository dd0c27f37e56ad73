// The orderly end of a server with clients: Server::drain().
#include "tests/loopback/running_server.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace drain_test {

using namespace loopback;
using namespace socketio;
using namespace std::chrono_literals;

namespace {

std::string const get_sid_request =
    "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n";

std::string body_of(std::string const& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

std::string request(std::string const& method, std::string const& query, std::string const& body) {
    return method + " /socket.io/?EIO=4&transport=polling" + query + " HTTP/1.1\r\nHost: h\r\n" +
           (method == "POST" ? "Content-Length: " + std::to_string(body.size()) + "\r\n" : "") +
           "\r\n" + body;
}

// A polling client in "/" on one kept-alive connection.
struct Poller {
    explicit Poller(RunningServer& server) : client(server.port) {
        client.send(get_sid_request);
        auto const answer = body_of(client.read_answer());
        sid = answer.substr(9, 20);
        say("40");
        CHECK(poll().starts_with("40{"));
    }
    void say(std::string const& packets) {
        client.send(request("POST", "&sid=" + sid, packets));
        CHECK(body_of(client.read_answer()) == "ok");
    }
    void park() { client.send(request("GET", "&sid=" + sid, {})); }
    std::string poll() {
        park();
        return body_of(client.read_answer());
    }

    RawClient client;
    std::string sid;
};

// Waits for the end of run().
struct Drained : RunningServer {
    using RunningServer::RunningServer;
    void drain(DrainOptions const& options = {}) {
        auto told = std::make_shared<std::promise<void>>();
        told_ = told->get_future();
        io.drain(options, [told] { told->set_value(); });
    }
    void wait_told() { told_.get(); }

private:
    std::future<void> told_;
};

}  // namespace

TEST_CASE("drained clients get what was queued, then their end; run() returns") {
    Drained server({.threads = 2});
    std::mutex mutex;
    std::vector<std::string> reasons;
    server.io.on_disconnect([&](Socket&, DisconnectReason reason) {
        std::lock_guard const lock(mutex);
        reasons.emplace_back(to_string(reason));
    });
    server.run();
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 6; ++i) {
        peers.push_back(std::make_unique<Peer>(server));
        CHECK(peers.back()->read().starts_with("40{"));
    }
    server.io.emit("last", std::string(100'000, 'x'));
    server.drain({.batch = 1, .interval = 4ms});
    for (auto& peer : peers) {
        CHECK(peer->read().size() > 100'000);
        CHECK(peer->read().empty());
        CHECK(peer->first == close_frame);
        peer->client.send_frame(close_frame, "");
        CHECK(peer->client.read_all().empty());
        peer.reset();
    }
    server.wait();
    CHECK(reasons == std::vector<std::string>(6, "server shutting down"));
}

TEST_CASE("polling clients are told in the poll that waits, or in their next one") {
    Drained server;
    server.run();
    Poller waiting(server);
    Poller between(server);
    waiting.park();
    // Answered behind what the server has read before.
    RawClient other(server.port);
    other.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    other.read_answer();
    server.drain({.goodbye = 60s, .deadline = 120s});
    CHECK(body_of(waiting.client.read_answer()) == "1");
    CHECK(between.poll() == "6\x1e"
                            "1");
    server.wait();
}

TEST_CASE("while it drains nobody new is let in, and answers under way are finished") {
    Drained server;
    std::promise<Responder> held;
    server.io.on_http([&](Request, Responder responder) { held.set_value(std::move(responder)); });
    server.run();
    Poller stays(server);
    RawClient slow(server.port);
    slow.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    auto responder = held.get_future().get();  // which keeps it from ending
    auto late = std::make_unique<RawClient>(server.port);
    late->send("GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: h\r\n\r\n");
    late->read_answer();
    server.drain({.goodbye = 60s, .deadline = 120s});
    CHECK(stays.poll() == "6\x1e"
                          "1");
    server.wait_told();
    CHECK(server.io.draining());
    CHECK_FALSE(RawClient::reaches("127.0.0.1", server.port));
    late->send(get_sid_request);
    auto const refusal = late->read_all();
    CHECK(refusal.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(refusal.find("Connection: close\r\n") != std::string::npos);
    late.reset();
    server.io.runtime().shard(0).post(
        [&] { responder.respond({.status = 200, .headers = {}, .body = "at last"}); });
    CHECK(body_of(slow.read_answer()) == "at last");
    server.wait();
}

TEST_CASE("an id that comes when its server drains opens no session") {
    using Answer = std::function<void(std::optional<std::string>)>;
    std::promise<Answer> asked;
    ServerOptions options;
    options.generate_id = [&](Request const&, Answer answer) {
        asked.set_value(std::move(answer));
    };
    Drained server(std::move(options));
    server.run();
    std::string request = get_sid_request;
    std::string refusal = "HTTP/1.1 503 Service Unavailable\r\n";
    SUBCASE("by polling") {}
    SUBCASE("on a WebSocket") {
        request = websocket_session();
    }
    {
        RawClient late(server.port);
        late.send(request);
        auto const answer = asked.get_future().get();
        server.drain({.goodbye = 60s, .deadline = 120s});
        server.wait_told();
        answer("an id");
        CHECK(late.read_answer().starts_with(refusal));
    }
    server.wait();  // for the one client to go
}

TEST_CASE("during the notice everything goes on") {
    Drained server;
    server.run();
    server.drain({.notice = 60s, .deadline = 120s});
    CHECK(server.io.draining());
    Poller fresh(server);
    CHECK(fresh.sid.size() == 20);
    server.stop();
}

TEST_CASE("who reads nothing holds it up until the deadline at most") {
    Drained server;
    server.io.on("flood", [](Socket& socket) { socket.emit("much", std::string(8'000'000, 'x')); });
    server.run();
    Peer deaf(server);
    CHECK(deaf.read().starts_with("40{"));
    deaf.say(R"(42["flood"])");
    CHECK(deaf.client.read_exactly(1000).size() == 1000);  // it is on its way, and stays there
    server.drain({.goodbye = 60s, .deadline = 300ms});
    server.wait();
}

TEST_CASE("close() ends a drain at once, and the second signal does so") {
    Drained server;
    server.io.drain_on_signals({.notice = 60s, .deadline = 120s});
    server.run();
    Peer peer(server);
    CHECK(peer.read().starts_with("40{"));
    ::raise(SIGTERM);
    while (!server.io.draining()) {
        std::this_thread::yield();
    }
    peer.say("2");  // not heard by now, but by the session
    ::raise(SIGTERM);
    while (peer.read() == "3") {
    }
    CHECK(peer.first == close_frame);
    server.wait();
}

}  // namespace drain_test
