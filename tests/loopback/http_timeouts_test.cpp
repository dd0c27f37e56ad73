// The limits of time of HttpOptions, made short.

#include "tests/loopback/met_limits.hpp"
#include "tests/loopback/raw_client.hpp"
#include "tests/loopback/test_server.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>

namespace http_timeouts_test {

using namespace engineio::net;
using namespace loopback;
using namespace std::chrono_literals;

namespace {

constexpr auto timeout_answer = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n";
constexpr auto never = 0ms;

HttpOptions with(std::chrono::milliseconds headers, std::chrono::milliseconds request,
                 std::chrono::milliseconds keep_alive) {
    HttpOptions options;
    options.headers_timeout = headers;
    options.request_timeout = request;
    options.keep_alive_timeout = keep_alive;
    return options;
}

// /hello answers, /post echoes the body, /park answers when told, and all note aborts.
struct Impatient : TestServer {
    explicit Impatient(HttpOptions options) : TestServer(1, {.host = "127.0.0.1"}, options) {
        router().add_path("/hello", [](Request, Responder responder) {
            responder.respond({200, {}, "hello", false});
        });
        router().add_path("/post", [this](Request, Responder responder) {
            auto shared = std::make_shared<Responder>(std::move(responder));
            shared->on_abort([this] { note("aborted"); });
            shared->read_body(1000, [shared](BodyResult, std::string body) {
                shared->respond({200, {}, std::move(body), false});
            });
        });
        router().add_path("/park", [this](Request, Responder responder) {
            parked = std::make_unique<Responder>(std::move(responder));
            note("parked");
        });
        run();
    }
    ~Impatient() { stop(); }
    Hits hits() { return metrics_of(http()).limit_hits; }
    std::unique_ptr<Responder> parked;
};

// From accept() to the first byte, too, so that a client that is held up still comes in time.
constexpr auto brief = 500ms;

// Sends `piece` again and again until the server says something.
void trickle(RawClient& client, std::string const& piece) {
    char byte = 0;
    for (int i = 0; i < 500; ++i) {
        if (::recv(client.descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) {
            return;
        }
        client.send(piece);
        std::this_thread::sleep_for(10ms);
    }
    FAIL("the server waits for ever");
}

}  // namespace

TEST_CASE("timeouts: a head that does not come to its end is answered 408") {
    Impatient server(with(brief, never, never));
    RawClient client(server.port());
    client.send("GET /hello HTTP/1.1\r\nHost");
    CHECK(client.read_all() == timeout_answer);
    CHECK(server.hits() == Hits{{"headers_timeout", 1}});
}

TEST_CASE("timeouts: a head that trickles gains no time") {
    Impatient server(with(brief, never, never));
    RawClient client(server.port());
    client.send("GET /hello HTTP/1.1\r\n");
    trickle(client, "X: y\r\n");
    CHECK(client.read_until("\r\n\r\n") == timeout_answer);
}

TEST_CASE("timeouts: empty lines before a request gain no time") {
    Impatient server(with(60ms, never, never));
    RawClient client(server.port());
    trickle(client, "\r\n\r\n");
    CHECK(client.read_all().empty());
}

TEST_CASE("timeouts: a connection without a request is closed without a word") {
    Impatient server(with(60ms, never, never));
    RawClient client(server.port());
    CHECK(client.read_all().empty());
    CHECK(server.hits() == Hits{{"headers_timeout", 1}});
}

TEST_CASE("timeouts: a second head has its own time") {
    Impatient server(with(brief, never, never));
    RawClient client(server.port());
    client.send(get("/hello"));
    CHECK(client.read_answer().ends_with("hello"));
    std::this_thread::sleep_for(2 * brief);  // between requests it does not run
    client.send(get("/hello") + "GET /hel");
    CHECK(client.read_answer().ends_with("hello"));
    CHECK(client.read_all() == timeout_answer);
}

TEST_CASE("timeouts: a body that does not come to its end is answered 408 and aborted") {
    Impatient server(with(never, 60ms, never));
    RawClient client(server.port());
    std::string const post = "POST /post HTTP/1.1\r\nHost: h\r\n";
    SUBCASE("of a length") {
        client.send(post + "Content-Length: 100\r\n\r\nabc");
    }
    SUBCASE("in chunks") {
        client.send(post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    }
    SUBCASE("expected to be asked for") {
        client.send(post + "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n");
        CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    }
    CHECK(client.read_all() == timeout_answer);
    CHECK(server.hits() == Hits{{"request_timeout", 1}});
    CHECK(server.wait_for_note("aborted") == "aborted");
}

TEST_CASE("timeouts: a body that trickles gains no time") {
    Impatient server(with(never, 60ms, never));
    RawClient client(server.port());
    client.send("POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 999\r\n\r\n");
    trickle(client, "x");
    CHECK(client.read_until("\r\n\r\n") == timeout_answer);
}

TEST_CASE("timeouts: a body nobody reads is waited for no longer") {
    Impatient server(with(never, 60ms, never));
    RawClient client(server.port());
    client.send("POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
    CHECK(client.read_answer().ends_with("hello"));
    CHECK(client.read_all().empty());
    CHECK(server.hits() == Hits{{"request_timeout", 1}});
}

TEST_CASE("timeouts: an idle connection is closed without a word, as announced") {
    std::string announced;
    std::chrono::milliseconds patience{};
    SUBCASE("in a moment") {
        patience = 60ms;
        announced = "Keep-Alive: timeout=0\r\n";
    }
    SUBCASE("in a while") {
        patience = 1100ms;
        announced = "Keep-Alive: timeout=1\r\n";
    }
    Impatient server(with(never, never, patience));
    RawClient client(server.port());
    client.send(get("/hello"));
    CHECK(client.read_answer().find(announced) != std::string::npos);
    CHECK(client.read_all().empty());
    CHECK(server.hits().empty());
}

TEST_CASE("timeouts: none cuts a long poll") {
    Impatient server(with(brief, brief, brief));
    RawClient client(server.port());
    client.send(get("/park"));
    REQUIRE(server.wait_for_note("parked") == "parked");
    std::this_thread::sleep_for(2 * brief);
    server.http().shard(0).post([&] { server.parked->respond({200, {}, "at last", false}); });
    CHECK(client.read_answer().ends_with("at last"));
}

TEST_CASE("timeouts: zero is never") {
    Impatient server(with(never, never, never));
    RawClient client(server.port());
    client.send(get("/hello"));
    auto const answer = client.read_answer();
    CHECK(answer.find("Connection: keep-alive\r\nContent-Length") != std::string::npos);
    std::this_thread::sleep_for(50ms);
    client.send("GET /hello HTTP/1.1\r\n");
    std::this_thread::sleep_for(50ms);
    client.send("Host: h\r\n\r\n");
    CHECK(client.read_answer().ends_with("hello"));
}

}  // namespace http_timeouts_test
