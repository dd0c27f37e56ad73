#include "engineio/limits.hpp"
#include "tests/loopback/met_limits.hpp"
#include "tests/loopback/raw_client.hpp"
#include "tests/loopback/test_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <sys/resource.h>
#include <sys/socket.h>
#include <vector>

namespace http_test {

using namespace engineio::net;
using namespace loopback;

namespace {

// Routes every case uses: /hello answers at once, /post echoes the body (limit 1000), /park waits
// until its peer goes.
struct HttpFixture {
    explicit HttpFixture(unsigned threads = 1) : server(threads) {
        for (unsigned i = 0; i < threads; ++i) {
            add_routes(server.router(i));
        }
        server.run();
    }

    void add_routes(Router& router) {
        router.add_path("/hello", [](Request request, Responder responder) {
            responder.respond({200, {{"X-Path", request.target}}, "hello", false});
        });
        router.add_path("/post", [](Request, Responder responder) {
            auto shared = std::make_shared<Responder>(std::move(responder));
            shared->read_body(1000, [shared](BodyResult result, std::string body) {
                bool const fits = result == BodyResult::complete;
                shared->respond({fits ? 200 : 413, {}, std::move(body), false});
            });
        });
        router.add_path("/park", [this](Request, Responder responder) {
            responder.on_abort([this] { server.note("aborted"); });
            parked = std::make_unique<Responder>(std::move(responder));
            server.note("parked");
        });
        router.add_path("/drop", [](Request, Responder) {});
    }

    std::unique_ptr<Responder> parked;
    TestServer server;
};

constexpr auto bad_request = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";

std::string first_line_of(std::string const& answer) {
    return answer.substr(0, answer.find("\r\n"));
}

}  // namespace

TEST_CASE_FIXTURE(HttpFixture, "an answer has Node's fields in Node's order and keeps alive") {
    RawClient client(server.port());
    client.send(get("/hello?x=1"));
    auto const answer = client.read_answer();
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\nX-Path: /hello?x=1\r\nDate: "));
    CHECK(answer.ends_with(" GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n"
                           "Content-Length: 5\r\n\r\nhello"));
    client.send(get("/nowhere"));
    CHECK(first_line_of(client.read_answer()) == "HTTP/1.1 404 Not Found");
}

TEST_CASE_FIXTURE(HttpFixture, "a request may come byte by byte") {
    RawClient client(server.port());
    client.send_byte_by_byte("\r\nPOST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    CHECK(client.read_answer().ends_with("\r\n\r\nabc"));
}

TEST_CASE_FIXTURE(HttpFixture, "pipelined requests are answered in order") {
    RawClient client(server.port());
    std::string requests;
    for (int i = 0; i < 100; ++i) {
        requests += get("/hello?" + std::to_string(i));
        requests += "POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
    }
    client.send(requests);
    for (int i = 0; i < 100; ++i) {
        auto const path = "X-Path: /hello?" + std::to_string(i) + "\r\n";
        CHECK(client.read_answer().find(path) != std::string::npos);
        CHECK(client.read_answer().ends_with("body"));
    }
}

TEST_CASE_FIXTURE(HttpFixture, "a chunked body is put together, its limit is counted") {
    RawClient client(server.port());
    std::string const head = "POST /post HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(head + "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Trailer: 1\r\n\r\n" + get("/hello"));
    CHECK(client.read_answer().ends_with("abcdefg"));
    CHECK(client.read_answer().ends_with("hello"));
    client.send(head + "3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\ny\r\n0\r\n\r\n");
    CHECK(first_line_of(client.read_answer()) == "HTTP/1.1 413 Payload Too Large");
}

// Beast ends the process when the last chunk is the first one and comes in parts.
TEST_CASE_FIXTURE(HttpFixture, "a chunked body may come byte by byte") {
    RawClient client(server.port());
    auto const bytes_in = [&] { return metrics_of(server.http()).bytes_in; };
    for (std::string const body : {"0\r\n\r\n", "0\r\nX: 1\r\n\r\n", "000000;x\r\n\r\n",
                                   "1\r\n0\r\n0\r\n\r\n", "02\r\n00\r\n00\r\n\r\n"}) {
        CAPTURE(body);
        client.send("POST /post HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (char const byte : body) {
            auto const before = bytes_in();
            client.send(std::string(1, byte));
            wait_until("a byte arrives", [&] { return bytes_in() != before; });
        }
        CHECK(first_line_of(client.read_answer()) == "HTTP/1.1 200 OK");
    }
}

TEST_CASE_FIXTURE(HttpFixture, "a declared body above the limit is refused before it comes") {
    RawClient client(server.port());
    client.send("POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
    CHECK(first_line_of(client.read_answer()) == "HTTP/1.1 413 Payload Too Large");
    client.send(std::string(1001, 'x') + get("/hello"));
    CHECK(client.read_answer().ends_with("hello"));
}

TEST_CASE_FIXTURE(HttpFixture, "Expect: 100-continue is answered when the body is wanted") {
    RawClient client(server.port());
    client.send("POST /post HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                "Content-Length: 2\r\n\r\n");
    CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ok");
    CHECK(client.read_answer().ends_with("ok"));
}

TEST_CASE_FIXTURE(HttpFixture, "what is not HTTP/1.1 is refused with 400 and closed") {
    std::string const post = "POST /post HTTP/1.1\r\nHost: h\r\n";
    for (std::string const& request : {
             std::string("GET /hello HTTP/1.1\r\n\r\n"),  // no Host
             post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             post + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
             post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
             post + "Content-Length: 1x\r\n\r\nx",
             post + "Transfer-Encoding: gzip\r\n\r\nx",
             post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
             std::string("\x16\x03\x01\x02"),
             std::string("GET /hello HTTP/1.1\nHost: h\n\n"),
             std::string("GET /hello HTTP/2.7\r\nHost: h\r\n\r\n"),
         }) {
        CAPTURE(request);
        RawClient client(server.port());
        client.send(request);
        client.end_output();
        CHECK(client.read_all() == bad_request);
    }
}

TEST_CASE_FIXTURE(HttpFixture, "more than 16 KiB of head is refused with 431") {
    RawClient client(server.port());
    client.send("GET /hello HTTP/1.1\r\nHost: h\r\nX-Long: " + std::string(17 * 1024, 'x'));
    CHECK(client.read_all() ==
          "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n");
}

TEST_CASE_FIXTURE(HttpFixture, "HTTP/1.0 and Connection: close end the stream after the answer") {
    for (auto const* request : {"GET /hello HTTP/1.0\r\n\r\n",
                                "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"}) {
        RawClient client(server.port());
        client.send(request);
        auto const answer = client.read_all();
        CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
        CHECK(answer.ends_with("hello"));
    }
}

TEST_CASE_FIXTURE(HttpFixture, "HEAD gets the length without the body") {
    RawClient client(server.port());
    client.send("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n" + get("/hello"));
    CHECK(client.read_until("\r\n\r\n").find("Content-Length: 5\r\n") != std::string::npos);
    CHECK(client.read_answer().ends_with("hello"));
}

TEST_CASE_FIXTURE(HttpFixture, "a parked request is told when its peer goes") {
    RawClient client(server.port());
    client.send(get("/park"));
    SUBCASE("end of stream") {
        client.end_output();
    }
    SUBCASE("reset") {
        client.reset();
    }
    SUBCASE("end after more bytes") {
        client.send("x");
        client.end_output();
    }
    CHECK(server.wait_for_note("aborted") == "aborted");
}

TEST_CASE_FIXTURE(HttpFixture, "a dropped responder cuts the connection") {
    RawClient client(server.port());
    client.send(get("/hello") + get("/drop"));
    CHECK(client.read_all().ends_with("hello"));
}

TEST_CASE("a body that many answers carry is not copied into their queues") {
    auto const file = std::make_shared<std::string const>(8 << 20, 'f');
    TestServer server;
    server.router().add_path("/file", [&](Request, Responder responder) {
        Response response;
        response.shared_body = file;
        responder.respond(std::move(response));
    });
    server.router().add_path("/part", [&](Request, Responder responder) {
        Response response;
        response.shared_body = engineio::net::SharedBytes(file).part(8, (8 << 20) - 10);
        responder.respond(std::move(response));
    });
    server.run();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 3; ++i) {  // all but what the kernel takes waits
        clients.push_back(heard(server.http(), server.port(), get("/file"),
                                &engineio::net::Metrics::http_requests));
    }
    CHECK(file.use_count() == 4);
    for (auto& client : clients) {
        auto const answer = client->read_answer();
        CHECK(answer.find("\r\nContent-Length: 8388608\r\n") != std::string::npos);
        CHECK(answer.ends_with("\r\n\r\n" + *file));
    }
    wait_until("nobody needs it any more", [&] { return file.use_count() == 1; });
    RawClient head(server.port());
    head.send("HEAD /file HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(head.read_until("\r\n\r\n").find("\r\nContent-Length: 8388608\r\n") != std::string::npos);
    head.send(get("/file"));
    CHECK(head.read_answer().ends_with("\r\n\r\n" + *file));
    auto const client =
        heard(server.http(), server.port(), get("/part"), &engineio::net::Metrics::http_requests);
    CHECK(file.use_count() > 1);
    CHECK(client->read_answer().ends_with("\r\n\r\n" + file->substr(8, file->size() - 10)));
    server.stop();
}

TEST_CASE_FIXTURE(HttpFixture, "while a request is parked, pipelined input is bounded") {
    RawClient client(server.port());
    client.send(get("/park"));
    timeval const brief{0, 300'000};
    ::setsockopt(client.descriptor(), SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief);
    // Much more than limits::max_pipelined_bytes and all kernel buffers: the server stops reading.
    CHECK_FALSE(client.send(std::string(64 << 20, 'x')));
    CHECK(metrics_of(server.http()).bytes_in < 1 << 20);
}

TEST_CASE("a pipelining peer that takes no answers waits with its next request") {
    constexpr int requests = 8;
    HttpOptions options;
    options.high_water_bytes = 1000;
    TestServer server(1, {.host = "127.0.0.1"}, options);
    std::string const answer(4 << 20, 'a');  // kernel buffers take a part of it at once
    std::uint64_t most = 0;                  // that waited when a request was handled
    server.router().set_fallback([&](Request, Responder responder) {
        most = std::max(most, Shard::current()->metrics().buffered_bytes);
        responder.respond({200, {}, answer, false});
    });
    server.run();
    RawClient client(server.port());
    std::string asked;
    for (int i = 0; i < requests; ++i) {
        asked += get("/");
    }
    client.send(asked);
    for (int i = 0; i < requests; ++i) {
        REQUIRE(client.read_answer().ends_with("\r\n\r\n" + answer));
    }
    server.stop();
    CHECK(most <= options.high_water_bytes);
}

TEST_CASE("stop waits for the last words to more connections than one turn writes to") {
    constexpr std::size_t count = 3 * engineio::limits::max_flushes_per_turn;
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    if (descriptors.rlim_max < 2 * count + 100) {
        MESSAGE("skipped: too few descriptors are allowed here");
        return;
    }
    descriptors.rlim_cur = std::max<rlim_t>(descriptors.rlim_cur, 2 * count + 100);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &descriptors) == 0);
    std::vector<Responder> parked;
    TestServer server;
    server.router().set_fallback([&](Request, Responder responder) {
        parked.push_back(std::move(responder));
        if (parked.size() == count) {
            server.note("full");
        }
    });
    server.run();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<RawClient>(server.port()));
        clients.back()->send(get("/"));
    }
    REQUIRE(server.wait_for_note("full") == "full");
    server.http().shard(0).post([&] {
        for (auto& responder : parked) {
            responder.respond({200, {}, "bye", false});
        }
        server.http().stop();
    });
    std::size_t served = 0;
    for (auto& client : clients) {
        served += client->read_all().ends_with("bye") ? 1 : 0;
    }
    CHECK(served == count);
    server.stop();
}

TEST_CASE("stop cuts open connections after their answers were written") {
    HttpFixture fixture;
    RawClient parked(fixture.server.port());
    RawClient idle(fixture.server.port());
    idle.send(get("/hello"));
    CHECK(idle.read_answer().ends_with("hello"));
    parked.send(get("/park"));
    REQUIRE(fixture.server.wait_for_note("parked") == "parked");
    fixture.server.http().shard(0).post([&] {
        fixture.parked->respond({200, {}, "bye", false});
        fixture.server.http().stop();
    });
    CHECK(parked.read_all().ends_with("bye"));
    CHECK(idle.read_all().empty());
    fixture.server.stop();
}

}  // namespace http_test
