// The Engine.IO options whose answers come from elsewhere: later, from other threads, or never.

#include "tests/loopback/met_limits.hpp"
#include "tests/loopback/running_server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace engine_test {

using namespace socketio;
using namespace loopback;

namespace {

constexpr auto poll = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n";

std::string answer_to(RunningServer& server, std::string const& request) {
    RawClient client(server.port);
    client.send(request);
    return client.read_answer();
}

// Threads that do one thing each; gone with the test.
class Threads {
public:
    ~Threads() {
        for (auto& thread : threads_) {
            thread.join();
        }
    }
    void run(std::function<void()> task) {
        std::lock_guard lock(mutex_);
        threads_.emplace_back(std::move(task));
    }

private:
    std::mutex mutex_;  // guards threads_
    std::vector<std::thread> threads_;
};

std::string sid_of(std::string const& open) {
    auto const from = open.find("\"sid\":\"") + 7;
    return open.substr(from, open.find('"', from) - from);
}

}  // namespace

TEST_CASE("engine: allow_request may answer on another thread, and twice") {
    Threads threads;
    ServerOptions options;
    options.threads = 2;
    options.allow_request = [&](Request const& request,
                                std::function<void(engineio::Verdict)> answer) {
        bool const denied = request.query().has("deny");
        threads.run([denied, answer = std::move(answer)] {
            answer(denied ? engineio::Verdict("no") : std::nullopt);
            answer(denied ? std::nullopt : engineio::Verdict("too late"));
        });
    };
    RunningServer server(std::move(options));
    server.run();
    for (int i = 0; i < 10; ++i) {
        CHECK(answer_to(server, poll).starts_with("HTTP/1.1 200"));
        CHECK(answer_to(server, "GET /socket.io/?EIO=4&transport=polling&deny HTTP/1.1\r\n"
                                "Host: h\r\n\r\n")
                  .ends_with(R"({"code":4,"message":"no"})"));
        Peer peer(server);
        CHECK(peer.read().starts_with("40{"));
    }
}

TEST_CASE("engine: a client that leaves before the verdict, and a verdict that never comes") {
    Threads threads;
    ServerOptions options;
    std::atomic<int> asked = 0;
    options.allow_request = [&](Request const& request,
                                std::function<void(engineio::Verdict)> answer) {
        ++asked;
        if (!request.query().has("never")) {
            threads.run([answer = std::move(answer)] {
                std::this_thread::sleep_for(std::chrono::milliseconds(50));
                answer(std::nullopt);
            });
        }
    };
    RunningServer server(std::move(options));
    server.run();
    for (int i = 0; i < 20; ++i) {
        RawClient client(server.port);
        int const before = asked;
        client.send(i % 2 ? std::string(poll) : websocket_session());
        if (i >= 10) {  // these leave while the verdict is under way, the others perhaps earlier
            wait_until("it is asked", [&] { return asked > before; });
        }
        client.reset();
    }
    RawClient forgotten(server.port);
    forgotten.send("GET /socket.io/?EIO=4&transport=polling&never HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(forgotten.read_all().empty());
    CHECK(answer_to(server, poll).starts_with("HTTP/1.1 200"));
    CHECK(asked >= 12);
}

TEST_CASE("engine: functions that throw refuse, and the server goes on") {
    ServerOptions options;
    options.allow_request = [](Request const& request) -> engineio::Verdict {
        if (request.query().has("throw")) {
            throw std::runtime_error("allow_request");
        }
        return std::nullopt;
    };
    options.generate_id = [](Request const& request) -> std::optional<std::string> {
        if (request.query().has("noid")) {
            throw std::runtime_error("generate_id");
        }
        return "an id";
    };
    RunningServer server(std::move(options));
    server.run();
    auto const with = [&](std::string const& query) {
        return answer_to(server, "GET /socket.io/?EIO=4&transport=polling&" + query +
                                     " HTTP/1.1\r\nHost: h\r\n\r\n");
    };
    CHECK(with("throw").starts_with("HTTP/1.1 403"));
    CHECK(with("noid").ends_with(R"({"code":3,"message":"Bad request"})"));
    CHECK(with("fine").find(R"("sid":"an id")") != std::string::npos);
    CHECK(with("again").ends_with(R"({"code":3,"message":"Bad request"})"));
}

TEST_CASE("engine: hooks, middlewares and encoders that throw harm their request at most") {
    auto const fail = [](auto&&...) { throw std::runtime_error("hook"); };
    ServerOptions options;
    options.allow_request = [](Request const&) -> engineio::Verdict { return std::nullopt; };
    options.generate_id = [](Request const&) -> std::optional<std::string> { return "id"; };
    options.cors = [](Request const& request) -> std::optional<CorsOptions> {
        if (request.query().has("cors")) {
            throw std::runtime_error("cors");
        }
        return std::nullopt;
    };
    options.initial_headers = fail;
    options.headers = fail;
    options.connection_error = fail;
    options.cookie = CookieOptions{.encode = [](std::string_view) -> std::string {
        static std::atomic<int> calls = 0;
        if (calls++ == 0) {
            throw std::runtime_error("encode");
        }
        return "cookie";
    }};
    RunningServer server(std::move(options));
    for (int i = 0; i < 2; ++i) {
        server.io.engine().use(
            [](Request& request, engineio::net::Headers&, engineio::Next const& next) {
                if (request.query().has("middleware")) {
                    throw std::runtime_error("middleware");
                }
                next();
            });
    }
    server.run();
    auto const with = [&](std::string const& query) {
        return answer_to(server, "GET /socket.io/?EIO=4&transport=polling&" + query +
                                     " HTTP/1.1\r\nHost: h\r\n\r\n");
    };
    CHECK(with("cors").ends_with(R"({"code":3,"message":"Bad request"})"));
    CHECK(with("middleware").ends_with(R"({"code":3,"message":"Bad request"})"));
    RawClient unlucky(server.port);
    unlucky.send(poll);
    CHECK(unlucky.read_all().empty());
    // The id of the failed attempt is free again.
    CHECK(with("fine").find("Set-Cookie: io=cookie;") != std::string::npos);
    CHECK(with("again").ends_with(R"({"code":3,"message":"Bad request"})"));
    server.io.engine().close();
}

TEST_CASE("engine: ids made on other threads find their sessions on every shard") {
    Threads threads;
    std::atomic<int> count = 0;
    ServerOptions options;
    options.threads = 3;
    options.generate_id = [&](Request const&,
                              std::function<void(std::optional<std::string>)> answer) {
        threads.run(
            [&count, answer = std::move(answer)] { answer("session-" + std::to_string(count++)); });
    };
    RunningServer server(std::move(options));
    server.run();
    for (int i = 0; i < 12; ++i) {
        auto const sid = sid_of(answer_to(server, poll));
        CHECK(sid == "session-" + std::to_string(i));
        for (int k = 0; k < 3; ++k) {
            CHECK(answer_to(server, "POST /socket.io/?EIO=4&transport=polling&sid=" + sid +
                                        " HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n3")
                      .ends_with("ok"));
        }
    }
    CHECK(server.io.engine().clients_count() == 12);
}

TEST_CASE("engine: a middleware that forgets its request cuts that connection alone") {
    Threads threads;
    RunningServer server;
    server.io.engine().use(
        [&](Request& request, engineio::net::Headers& answer, engineio::Next next) {
            if (request.query().has("forget")) {
                return;
            }
            answer.push_back({"X-Seen", "1"});
            threads.run([next = std::move(next)] {
                next();
                next.refuse("too late");
            });
        });
    server.run();
    CHECK_THROWS_AS(server.io.engine().use({}), std::logic_error);
    RawClient forgotten(server.port);
    forgotten.send("GET /socket.io/?forget HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(forgotten.read_all().empty());
    CHECK(answer_to(server, poll).find("X-Seen: 1\r\n") != std::string::npos);
}

TEST_CASE("engine: close() on any thread ends every session and refuses new ones") {
    ServerOptions options;
    options.threads = 2;
    RunningServer server(std::move(options));
    server.run();
    Peer one(server);
    Peer two(server);
    one.read();
    two.read();
    CHECK(server.io.engine().clients_count() == 2);
    server.io.engine().close();
    one.read();
    two.read();
    CHECK(one.first == close_frame);
    CHECK(two.first == close_frame);
    wait_until("both have gone", [&] { return server.io.engine().clients_count() == 0; });
    CHECK(answer_to(server, poll).starts_with("HTTP/1.1 503"));
}

TEST_CASE("engine: a broadcast is compressed once for all who share their terms") {
    ServerOptions options;
    options.per_message_deflate = {.enabled = true};
    RunningServer server(std::move(options));
    server.run();
    std::string const bare = "Sec-WebSocket-Extensions: permessage-deflate; "
                             "server_no_context_takeover";
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 4; ++i) {
        peers.push_back(std::make_unique<Peer>(server, "40", bare + "\r\n"));
    }
    for (int i = 0; i < 2; ++i) {
        peers.push_back(
            std::make_unique<Peer>(server, "40", bare + "; server_max_window_bits=9\r\n"));
    }
    for (auto& peer : peers) {
        CHECK(peer->read().starts_with("40{"));
    }
    server.io.emit("news", std::string(5000, 'x'));
    std::vector<std::string> frames;
    for (auto& peer : peers) {
        frames.push_back(peer->read());
        CHECK(peer->first == 0xC1);
    }
    CHECK(frames[0] == frames[3]);
    CHECK(frames[4] == frames[5]);
    server.stop();
    CHECK(server.io.runtime().shard(0).metrics().messages_deflated == 2);
}

}  // namespace engine_test
