// The limits of HTTP and of connections, on the wire: each at its number, one below and one above,
// what is answered beyond, what is counted, and that an ordinary client is served before and after.

#include "tests/loopback/met_limits.hpp"
#include "tests/loopback/test_server.hpp"
#include "tests/loopback/tls_client.hpp"
#include "tests/rig/test_certificate.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace limits_loopback_test {

using namespace engineio::net;
using namespace loopback;

namespace {

// /hello answers, /count says how many header fields came, /park waits, /move goes to shard 1.
struct Limited : TestServer {
    explicit Limited(HttpOptions options, Endpoint const& endpoint = {.host = "127.0.0.1"},
                     unsigned threads = 1)
        : TestServer(threads, endpoint, std::move(options)) {
        for (unsigned i = 0; i < threads; ++i) {
            add_routes(router(i), i);
        }
        run();
        hello();
    }
    ~Limited() {
        hello();
        stop();
    }
    void add_routes(Router& router, unsigned shard) {
        router.add_path("/hello", [](Request, Responder responder) {
            responder.respond({200, {}, "hello", false});
        });
        router.add_path("/count", [](Request request, Responder responder) {
            responder.respond({200, {}, std::to_string(request.headers.size()), false});
        });
        router.add_path("/body", [](Request, Responder responder) {
            auto shared = std::make_shared<Responder>(std::move(responder));
            shared->read_body(1000, [shared](BodyResult, std::string body) {
                shared->respond({200, {}, std::move(body), false});
            });
        });
        router.add_path("/park", [this](Request, Responder responder) {
            parked = std::make_unique<Responder>(std::move(responder));
            note("parked");
        });
        router.add_path("/move", [shard](Request, Responder responder) {
            shard == 1 ? responder.respond({200, {}, "moved", false}) : responder.hand_over(1);
        });
    }
    // What an ordinary client gets. It may have to come again: how soon a server notices that
    // somebody has left is not promised.
    void hello() {
        std::string answer;
        for (int i = 0; i < 500 && answer.empty(); ++i) {
            RawClient client(host, port());
            client.send(get("/hello", "Connection: close\r\n"));
            answer = client.read_all();
        }
        CHECK(answer.ends_with("hello"));
    }
    Hits hits() { return metrics_of(http()).limit_hits; }

    std::string host = "127.0.0.1";
    std::unique_ptr<Responder> parked;
};

// A client that has got its answer and stays.
struct Guest : RawClient {
    explicit Guest(Limited& server) : RawClient(server.port()) { send(get("/hello")); }
    bool served() { return read_answer().ends_with("hello"); }
    bool served_again() {
        send(get("/hello"));
        return served();
    }
};

// One that was served: before, it may have to come again, until the end of another is noticed.
std::unique_ptr<Guest> admitted(Limited& server) {
    std::unique_ptr<Guest> guest;
    wait_until("somebody new is served", [&] {
        guest = std::make_unique<Guest>(server);
        return guest->served();
    });
    return guest;
}

}  // namespace

// --- HTTP --------------------------------------------------------------------------------------

TEST_CASE("limits: header bytes") {
    HttpOptions options;
    options.max_header_size = 200;
    Limited server(options);
    auto const answer_to = [&](std::size_t bytes) {
        auto const bare = get("/hello", "Connection: close\r\nX: \r\n").size();
        RawClient client(server.port());
        client.send(
            get("/hello", "Connection: close\r\nX: " + std::string(bytes - bare, 'x') + "\r\n"));
        return client.read_all();
    };
    CHECK(status_of(answer_to(199)) == "200");
    CHECK(status_of(answer_to(200)) == "200");
    CHECK(answer_to(201) ==
          "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n");
    CHECK(server.hits() == Hits{{"max_header_size", 1}});
}

TEST_CASE("limits: bytes of the extensions of chunks") {
    HttpOptions options;
    options.max_header_size = 200;
    Limited server(options);
    auto const answer_to = [&](std::string const& target, int chunks, std::size_t bytes) {
        std::string body;
        for (int i = 0; i < chunks; ++i) {
            body += "1;" + std::string(bytes - 1, 'e') + "\r\nx\r\n";
        }
        RawClient client(server.port());
        client.send("POST " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" +
                    "Transfer-Encoding: chunked\r\n\r\n" + body + "0\r\n\r\n");
        return client.read_all();
    };
    CHECK(answer_to("/body", 1, 199).ends_with("\r\n\r\nx"));
    CHECK(answer_to("/body", 10, 20).ends_with("\r\n\r\nxxxxxxxxxx"));
    CHECK(server.hits().empty());
    auto const refusal = "HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\n\r\n";
    CHECK(answer_to("/body", 1, 201) == refusal);
    CHECK(answer_to("/body", 11, 20) == refusal);
    CHECK(server.hits() == Hits{{"max_header_size", 2}});
    // Held back until it is whole, which it never is.
    RawClient endless(server.port());
    endless.send("POST /body HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                 std::string(300, 'e'));
    CHECK(endless.read_all() == refusal);
    CHECK(server.hits() == Hits{{"max_header_size", 3}});
    // Nobody wants this body.
    RawClient answered(server.port());
    answered.send("POST /hello HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                  std::string(300, 'e') + "\r\n");
    CHECK(answered.read_all().ends_with("hello"));
    CHECK(server.hits() == Hits{{"max_header_size", 4}});
}

TEST_CASE("limits: more header bytes than usual, if wanted") {
    HttpOptions options;
    options.max_header_size = 100'000;
    Limited server(options);
    RawClient client(server.port());
    client.send(get("/hello", "X: " + std::string(90'000, 'x') + "\r\n"));
    CHECK(status_of(client.read_answer()) == "200");
}

TEST_CASE("limits: header fields") {
    HttpOptions options;
    options.max_headers_count = 3;
    Limited server(options);
    RawClient client(server.port());
    auto const taken = [&](std::string const& fields) {
        client.send(get("/count", fields));
        return client.read_answer().back();
    };
    CHECK(taken("A: 1\r\n") == '2');
    CHECK(taken("A: 1\r\nB: 2\r\n") == '3');
    CHECK(server.hits().empty());
    CHECK(taken("A: 1\r\nB: 2\r\nC: 3\r\n") == '3');
    CHECK(server.hits() == Hits{{"max_headers_count", 1}});
}

TEST_CASE("limits: requests for a host that is not named") {
    HttpOptions options;
    options.allowed_hosts = {"h"};
    Limited server(options);
    RawClient client(server.port());
    auto const answer_for = [&](std::string const& host) {
        client.send("GET /hello HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        return client.read_answer();
    };
    CHECK(status_of(answer_for("h")) == "200");
    CHECK(server.hits().empty());
    auto const refusal = answer_for("rebound.example");
    CHECK(status_of(refusal) == "421");
    CHECK(refusal.ends_with("Not for this Host: allowed_hosts does not name it\n"));
    CHECK(server.hits() == Hits{{"allowed_hosts", 1}});
    CHECK(status_of(answer_for("hh")) == "421");
    CHECK(status_of(answer_for("h:80")) == "200");  // by the same connection
    CHECK(server.hits() == Hits{{"allowed_hosts", 2}});
}

TEST_CASE("limits: header fields that hide what a proxy says of its client") {
    HttpOptions options;
    options.max_headers_count = 3;
    bool believed = true;
    SUBCASE("of a proxy that is believed") {
        options.trust_proxy = {"loopback"};
    }
    SUBCASE("of anybody else, whose word does not count") {
        options.trust_proxy = {"192.0.2.1"};
        believed = false;
    }
    Limited server(options);
    RawClient client(server.port());
    auto const answer_to = [&](std::string const& fields) {
        client.send(get("/count", "X-Forwarded-For: 6.6.6.6\r\n" + fields));
        return client.read_answer();
    };
    auto const word = std::string("X-Forwarded-For: 7.7.7.7\r\n");
    CHECK(status_of(answer_to(word)) == "200");
    CHECK(server.hits().empty());
    CHECK(status_of(answer_to("A: \r\n" + word)) == (believed ? "431" : "200"));
    CHECK(server.hits() == Hits{{"max_headers_count", 1}});
    CHECK(status_of(answer_to(word)) == "200");  // others come by the same connection
}

TEST_CASE("limits: bytes of requests behind one that is being answered") {
    HttpOptions options;
    options.max_header_size = 500;
    options.max_pipelined_bytes = 500;
    Limited server(options);
    RawClient client(server.port());
    auto const park = get("/park");
    auto const room = options.max_header_size + options.max_pipelined_bytes;
    client.send(park + std::string(room - park.size(), 'x'));
    REQUIRE(server.wait_for_note("parked") == "parked");
    // How much is read, after as many turns as an ordinary client takes.
    auto const read_after = [&](std::string const& bytes) {
        auto const before = metrics_of(server.http()).bytes_in;
        client.send(bytes);
        auto const ordinary = get("/hello", "Connection: close\r\n").size();
        for (int i = 0; i < 5; ++i) {
            server.hello();
        }
        return metrics_of(server.http()).bytes_in - before - 5 * ordinary;
    };
    CHECK(read_after("y") == 1);  // one too many: reading pauses
    CHECK(read_after("z") == 0);
    server.http().shard(0).post([&] { server.parked->respond({200, {}, "at last", false}); });
    CHECK(client.read_answer().ends_with("at last"));
}

// --- connections -------------------------------------------------------------------------------

TEST_CASE("limits: connections of a listener") {
    HttpOptions options;
    options.max_connections = 3;
    Limited server(options);
    {
        Guest first(server);
        CHECK(first.served());
        Guest second(server);
        CHECK(second.served());
        server.hello();  // the third
        auto const third = admitted(server);
        auto const before = server.hits()["max_connections"];
        RawClient fourth(server.port());
        CHECK(fourth.read_all().empty());  // without a word
        CHECK(server.hits()["max_connections"] == before + 1);
        CHECK(first.served_again());
        CHECK(second.served_again());
        CHECK(third->served_again());
    }
    CHECK(server.hits().size() == 1);
}

TEST_CASE("limits: a connection that moves between shards counts once") {
    HttpOptions options;
    options.max_connections = 2;
    Limited server(options, {.host = "127.0.0.1"}, 2);
    for (int i = 0; i < 10; ++i) {
        RawClient client(server.port());
        client.send(get("/move", "Connection: close\r\n"));
        auto const answer = client.read_all();
        if (!answer.empty()) {
            CHECK(answer.ends_with("moved"));
        }
    }
}

TEST_CASE("limits: connections of an address") {
    HttpOptions options;
    options.max_connections_per_address = 2;
    Limited server(options);
    auto const first = admitted(server);
    auto const second = admitted(server);
    auto const before = server.hits()["max_connections_per_address"];
    RawClient third(server.port());
    CHECK(third.read_all().empty());
    CHECK(server.hits()["max_connections_per_address"] == before + 1);
    CHECK(first->served_again());
    CHECK(second->served_again());
}

TEST_CASE("limits: who has not sent a head yet makes room, the oldest first") {
    HttpOptions options;
    options.max_half_open_connections = 2;
    Limited server(options);
    Guest guest(server);
    REQUIRE(guest.served());
    auto const opened = [&] {
        return heard(server.http(), server.port(), "GET /hel", &Metrics::bytes_in);
    };
    auto const first = opened();
    auto const second = opened();
    CHECK(server.hits().empty());
    auto const third = opened();
    CHECK(first->read_all().empty());
    CHECK(server.hits() == Hits{{"max_half_open_connections", 1}});
    for (auto const* client : {&second, &third}) {
        (*client)->send("lo HTTP/1.1\r\nHost: h\r\n\r\n");
        CHECK((*client)->read_answer().ends_with("hello"));
    }
    // Whoever has sent one head is not half-open any more, whatever the next one takes.
    guest.send("GET /hel");
    auto const fourth = opened();
    auto const fifth = opened();
    guest.send("lo HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(guest.served());
    CHECK(server.hits() == Hits{{"max_half_open_connections", 1}});
}

TEST_CASE("limits: an unfinished TLS handshake is half-open, too") {
    rig::TestCertificate const certificate("localhost");
    HttpOptions options;
    options.max_half_open_connections = 1;
    TlsOptions tls;
    tls.certificate_file = certificate.certificate_file();
    tls.key_file = certificate.key_file();
    TestServer server(1, {.host = "127.0.0.1", .tls = tls}, options);
    server.router().add_path("/hello", [](Request, Responder responder) {
        responder.respond({200, {}, "hello", false});
    });
    server.run();
    RawClient silent(server.port());
    TlsClient client(server.port());
    client.send(get("/hello"));
    CHECK(client.read_answer().ends_with("hello"));
    CHECK(silent.read_all().empty());
    CHECK(metrics_of(server.http()).limit_hits == Hits{{"max_half_open_connections", 1}});
    server.stop();
}

}  // namespace limits_loopback_test
