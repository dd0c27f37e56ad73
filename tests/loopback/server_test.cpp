#include "tests/loopback/raw_client.hpp"
#include "tests/loopback/test_server.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <system_error>

namespace server_test {

using namespace engineio::net;
using namespace loopback;

TEST_CASE("a port in use is reported with address and port") {
    TestServer server;
    auto const address = "127.0.0.1:" + std::to_string(server.port());
    Router router;
    try {
        server.http().listen({.host = "127.0.0.1", .port = server.port()}, {},
                             [&](unsigned) -> HttpHandler& { return router; });
        FAIL("listened twice");
    } catch (std::system_error const& error) {
        CHECK(std::string(error.what()) ==
              "can't listen on " + address + ": Address already in use");
    }
}

TEST_CASE("listening may begin while the server runs, and end before it") {
    TestServer server;
    server.run();
    Router router;
    auto const port = server.http().listen({.host = "127.0.0.1"}, {},
                                           [&](unsigned) -> HttpHandler& { return router; });
    RawClient client(port);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(client.read_answer().starts_with("HTTP/1.1 404 Not Found\r\n"));
    server.http().stop_listening();
    server.stop();
}

TEST_CASE("connections are dealt out to all shards") {
    TestServer server(3);
    for (unsigned i = 0; i < 3; ++i) {
        server.router(i).set_fallback([i](Request, Responder responder) {
            responder.respond({200, {}, std::to_string(i), false});
        });
    }
    server.run();
    std::string seen;
    for (int i = 0; i < 3; ++i) {
        RawClient client(server.port());
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        seen += client.read_answer().back();
    }
    CHECK(seen == "012");
}

TEST_CASE("signals call back on shard 0 instead of ending the process") {
    TestServer server;
    server.http().on_termination([&] {
        server.note(Shard::current() == &server.http().shard(0) ? "signal" : "elsewhere");
        server.http().stop();
    });
    server.run();
    ::raise(SIGTERM);
    CHECK(server.wait_for_note("signal") == "signal");
}

TEST_CASE("stopping before, twice and without running is harmless") {
    { TestServer never_run(2); }
    TestServer server(2);
    server.http().stop();
    server.run();
    server.stop();
    server.http().stop();
}

}  // namespace server_test
