#include "engineio/net/log.hpp"
#include "tests/loopback/raw_client.hpp"
#include "tests/loopback/socket_folder.hpp"
#include "tests/loopback/test_server.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace listen_test {

using namespace engineio::net;
using namespace loopback;

namespace {

namespace fs = std::filesystem;

// A machine without IPv6 has no ::1; what needs it is not tested there.
bool has_ipv6() {
    try {
        TestServer server(1, {.host = "::1"});
        return true;
    } catch (std::system_error const&) {
        MESSAGE("no IPv6 here");
        return false;
    }
}

std::string get(std::string const& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

std::string body(RawClient& client, std::string const& target) {
    client.send(get(target));
    auto const answer = client.read_answer();
    return answer.substr(std::min(answer.size(), answer.find("\r\n\r\n") + 4));
}

// Two shards; /who tells the peer's address, /at/<n> is answered by shard n.
struct Listening : TestServer {
    explicit Listening(Endpoint const& endpoint, HttpOptions options = {})
        : TestServer(2, endpoint, std::move(options)) {
        for (unsigned here = 0; here < 2; ++here) {
            router(here).add_path("/who", [](Request request, Responder responder) {
                responder.respond({200, {}, "<" + request.remote_address + ">", false});
            });
            router(here).add_prefix("/at/", [here](Request request, Responder responder) {
                unsigned const wanted = request.target[4] == '1' ? 1 : 0;
                if (wanted != here) {
                    return responder.hand_over(wanted);
                }
                responder.respond({200, {}, request.target, false});
            });
        }
        serve_echo();
        run();
    }
};

void check_moves_and_websocket(RawClient& client) {
    for (auto const* target : {"/at/0", "/at/1", "/at/0", "/at/1"}) {
        CHECK(body(client, target) == target);
    }
    client.send(websocket_request());
    client.read_until("\r\n\r\n");
    client.send_frame(0x81, "hello");
    int first = 0;
    CHECK(client.read_frame(first) == "hello");
}

std::string complaint(Endpoint const& endpoint) {
    try {
        TestServer server(1, endpoint);
        return "none";
    } catch (std::system_error const& error) {
        return error.what();
    }
}

// While it lasts, no descriptor is left for the server but one that the next client takes.
struct Scarce {
    rlimit before;
    Level level_before;

    void restore() const {
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
        set_level(level_before);
    }
};

Scarce limit_descriptors(RawClient const& client) {
    Scarce scarce{{}, level()};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &scarce.before) == 0);
    int const last = ::dup(client.descriptor());
    ::close(last);
    rlimit const few{static_cast<rlim_t>(last) + 1, scarce.before.rlim_max};
    // Without descriptors UBSan takes the objects of a log line for broken ones.
    set_level(Level::off);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    return scarce;
}

}  // namespace

TEST_CASE("listen: no host, :: and 0.0.0.0 take every address of their families") {
    bool const v6 = has_ipv6();
    for (std::string const host : {"", "::", "0.0.0.0"}) {
        CAPTURE(host);
        if (host == "::" && !v6) {
            continue;
        }
        Listening server({.host = host});
        RawClient client("127.0.0.1", server.port());
        CHECK(body(client, "/who") == "<127.0.0.1>");
        bool const both = v6 && host != "0.0.0.0";
        CHECK(RawClient::reaches("::1", server.port()) == both);
        if (both) {
            RawClient other("::1", server.port());
            CHECK(body(other, "/who") == "<::1>");
        }
    }
}

TEST_CASE("listen: an IPv6 address, with and without brackets") {
    if (!has_ipv6()) {
        return;
    }
    for (std::string const host : {"::1", "[::1]"}) {
        Listening server({.host = host});
        CHECK_FALSE(RawClient::reaches("127.0.0.1", server.port()));
        RawClient client("::1", server.port());
        CHECK(body(client, "/who") == "<::1>");
        check_moves_and_websocket(client);
        auto const text = "can't listen on [::1]:" + std::to_string(server.port());
        CHECK(complaint({.host = host, .port = server.port()}) ==
              text + ": Address already in use");
    }
}

TEST_CASE("listen: :: can leave IPv4 to another listener") {
    if (!has_ipv6()) {
        return;
    }
    Listening server({.host = "::", .ipv6_only = true});
    CHECK_FALSE(RawClient::reaches("127.0.0.1", server.port()));
    server.listen({.host = "0.0.0.0", .port = server.port()});
    CHECK(RawClient::reaches("127.0.0.1", server.port()));
    CHECK(RawClient::reaches("::1", server.port()));
}

TEST_CASE("listen: a name is resolved, an unknown one reported") {
    Listening server({.host = "localhost"});
    bool const v4 = RawClient::reaches("127.0.0.1", server.port());
    CHECK((v4 || RawClient::reaches("::1", server.port())));
    CHECK(complaint({.host = "no.such.host.invalid"})
              .starts_with("can't listen on no.such.host.invalid:0 ("));
}

TEST_CASE("listen: several listeners share the shards") {
    SocketFolder const folder;
    Listening server({.host = "127.0.0.1"});
    auto const second = server.listen({.host = "127.0.0.1"});
    CHECK(server.listen({.host = folder.host()}) == 0);
    CHECK(second != server.port());
    for (auto const& [host, port] : {std::pair<std::string, std::uint16_t>{"127.0.0.1", second},
                                     {"127.0.0.1", server.port()},
                                     {folder.host(), std::uint16_t{0}}}) {
        CAPTURE(host);
        RawClient client(host, port);
        check_moves_and_websocket(client);
    }
    server.http().stop_listening();
    server.stop();
    CHECK_FALSE(RawClient::reaches("127.0.0.1", second));
}

TEST_CASE("listen: a Unix socket serves, and its file goes with the listener") {
    SocketFolder const folder;
    {
        Listening server({.host = folder.host()});
        RawClient client(folder.host(), 0);
        CHECK(body(client, "/who") == "<>");
        check_moves_and_websocket(client);
        SUBCASE("stopped") {
            server.stop();
            CHECK_FALSE(fs::exists(folder.file()));
        }
        SUBCASE("destroyed") {}
    }
    CHECK_FALSE(fs::exists(folder.file()));
    { TestServer never_run(1, {.host = folder.host()}); }
    CHECK_FALSE(fs::exists(folder.file()));
}

TEST_CASE("listen: the socket file of a crashed process is replaced") {
    SocketFolder const folder;
    {
        Listening server({.host = folder.host()});
        fs::create_hard_link(folder.file(), folder.path + "/left");
    }
    fs::rename(folder.path + "/left", folder.file());
    REQUIRE_FALSE(RawClient::reaches(folder.host(), 0));
    Listening server({.host = folder.host()});
    RawClient client(folder.host(), 0);
    CHECK(body(client, "/who") == "<>");
}

TEST_CASE("listen: a Unix socket in use and other files are left alone") {
    SocketFolder const folder;
    auto const text = "can't listen on " + folder.host() + ": Address already in use";
    SUBCASE("in use") {
        Listening server({.host = folder.host()});
        CHECK(complaint({.host = folder.host()}) == text);
        RawClient client(folder.host(), 0);
        CHECK(body(client, "/who") == "<>");
    }
    SUBCASE("no socket") {
        std::ofstream(folder.file()) << "precious";
        CHECK(complaint({.host = folder.host()}) == text);
        CHECK(fs::file_size(folder.file()) == 8);
    }
    SUBCASE("replaced by another") {
        Listening first({.host = folder.host()});
        fs::remove(folder.file());
        Listening second({.host = folder.host()});
        first.stop();
        CHECK(RawClient::reaches(folder.host(), 0));
    }
    SUBCASE("too long, empty, or nowhere") {
        CHECK(complaint({.host = "unix:/" + std::string(200, 'x')}).ends_with("name too long"));
        CHECK(complaint({.host = "unix:"}).ends_with("Invalid argument"));
        CHECK(complaint({.host = folder.host() + "/x/y"}).ends_with("No such file or directory"));
    }
}

TEST_CASE("listen: out of descriptors, new connections wait and are served later") {
    Listening server({.host = "127.0.0.1"});
    RawClient first(server.port());
    CHECK(body(first, "/who") == "<127.0.0.1>");
    auto const before = limit_descriptors(first);
    RawClient waiting(server.port());
    waiting.send(get("/who"));
    CHECK(body(first, "/at/1") == "/at/1");  // those served do not notice
    before.restore();
    CHECK(waiting.read_answer().ends_with("<127.0.0.1>"));
}

TEST_CASE("listen: out of descriptors, those who say nothing make room") {
    HttpOptions options;
    SUBCASE("where their number is limited") {}
    SUBCASE("where it is not") {
        options.max_half_open_connections = 0;
    }
    Listening server({.host = "127.0.0.1"}, options);
    auto const other = server.listen({.host = "127.0.0.1"});
    RawClient silent(other);  // nor may those of another listener keep anybody out
    RawClient later(other);
    CHECK(body(later, "/who") == "<127.0.0.1>");  // so the first was accepted, too
    RawClient first(server.port());
    CHECK(body(first, "/who") == "<127.0.0.1>");
    auto const before = limit_descriptors(first);
    RawClient waiting(server.port());
    waiting.send(get("/who"));
    auto const answer = waiting.read_answer();
    CHECK(body(first, "/at/1") == "/at/1");
    before.restore();
    CHECK(answer.ends_with("<127.0.0.1>"));
    CHECK(silent.read_all().empty());
}

}  // namespace listen_test
