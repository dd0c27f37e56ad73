// Pages of foreign origins, which browsers do not keep from opening WebSockets.
#include "tests/loopback/running_server.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace origin_test {

using namespace loopback;
using namespace socketio;

namespace {

std::string polling(RunningServer& server, std::string const& origin) {
    RawClient client(server.port);
    client.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\n" +
                (origin.empty() ? "" : "Origin: " + origin + "\r\n") + "\r\n");
    auto const answer = client.read_answer();
    return answer.substr(9, 3) + " " + answer.substr(answer.find("\r\n\r\n") + 4, 34);
}

std::string websocket(RunningServer& server, std::string const& origin,
                      std::string const& query = {}) {
    RawClient client(server.port);
    client.send(websocket_session(query, origin.empty() ? "" : "Origin: " + origin + "\r\n"));
    auto const answer = client.read_answer();
    return answer.substr(9, 3) + " " + answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace

TEST_CASE("where cors names origins, others' handshakes and upgrades are refused") {
    ServerOptions options;
    options.cors = CorsOptions{.origin = std::vector<std::string>{"https://a.example"}};
    std::string context;
    options.connection_error = [&](Request const&, engineio::ConnectionError const& error) {
        context =
            std::string(error.in_context("name")) + " " + std::string(error.in_context("origin"));
    };
    RunningServer server(std::move(options));
    server.run();
    for (auto const* const fine : {"", "https://a.example", "http://h"}) {
        CHECK(polling(server, fine).starts_with("200 0{"));
        CHECK(websocket(server, fine) == "101 ");
    }
    CHECK(polling(server, "https://evil.example") == R"(403 {"code":4,"message":"Forbidden"})");
    CHECK(context == "ORIGIN_NOT_ALLOWED https://evil.example");
    CHECK(websocket(server, "https://evil.example") == "400 Forbidden");
    CHECK(websocket(server, "null") == "400 Forbidden");
    // Whoever has stolen a session id does not get it upgraded, either.
    auto const open = polling(server, "");
    auto const sid = open.substr(13, 20);
    CHECK(websocket(server, "https://evil.example", "&sid=" + sid) == "400 Forbidden");
    CHECK(websocket(server, "", "&sid=" + sid) == "101 ");
}

TEST_CASE("where cors names origins, a foreign page gets no session by JSONP, nor into another's") {
    ServerOptions options;
    options.cors = CorsOptions{.origin = std::vector<std::string>{"https://a.example"}};
    RunningServer server(std::move(options));
    server.run();
    auto const ask = [&](std::string const& method, std::string const& query,
                         std::string const& fields, std::string const& body = {}) {
        RawClient client(server.port);
        client.send(method + " /socket.io/?EIO=4&transport=polling" + query +
                    " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n" + fields + "\r\n" + body);
        auto const answer = client.read_answer();
        return answer.substr(9, 3) + " " + answer.substr(answer.find("\r\n\r\n") + 4, 34);
    };
    constexpr auto refused = R"(403 {"code":4,"message":"Forbidden"})";
    auto const script = [&](std::string const& fields) { return ask("GET", "&j=0", fields); };
    CHECK(script("Sec-Fetch-Site: cross-site\r\n") == refused);
    CHECK(script("Referer: https://evil.example/\r\n") == refused);
    CHECK(script("") == refused);
    CHECK(script("Sec-Fetch-Site: same-origin\r\n").starts_with("200 ___eio[0]("));
    CHECK(script("Referer: http://h/page\r\n").starts_with("200 ___eio[0]("));
    CHECK(script("Referer: https://a.example/\r\n").starts_with("200 ___eio[0]("));
    auto const sid = "&sid=" + polling(server, "").substr(13, 20);
    auto const form = [&](std::string const& origin) {
        return ask("POST", sid, "Origin: " + origin + "\r\n", "40");
    };
    CHECK(form("https://evil.example") == refused);
    CHECK(form("null") == refused);
    CHECK(ask("GET", sid, "Origin: https://evil.example\r\n") == refused);
    CHECK(form("https://a.example") == "200 ok");
    CHECK(ask("GET", sid, "").starts_with("200 40"));  // whose session goes on
}

TEST_CASE("a predicate that throws admits nobody") {
    ServerOptions options;
    options.allowed_origins =
        CorsOptions::Predicate([](std::string const&) -> bool { throw std::runtime_error("no"); });
    RunningServer server(std::move(options));
    server.run();
    CHECK(websocket(server, "https://a.example") == "400 Forbidden");
    CHECK(websocket(server, "") == "101 ");
}

TEST_CASE("without names nobody is refused, as in Node") {
    RunningServer server({.cors = CorsOptions{.origin = "*"}});
    server.run();
    CHECK(websocket(server, "https://evil.example") == "101 ");
}

}  // namespace origin_test
