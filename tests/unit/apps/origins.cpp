#include "apps/common/origins.hpp"

#include <doctest/doctest.h>

namespace origins_test {

using namespace apps::common;

namespace {

bool admits(Origins const& origins, std::string origin, std::string host = "game.example:3000") {
    engineio::net::Request request;
    request.headers = {{"host", std::move(host)}};
    if (!origin.empty()) {
        request.headers.push_back({"origin", std::move(origin)});
    }
    return origins.admits(request);
}

}  // namespace

TEST_CASE("listed origins are allowed, exactly") {
    Origins const origins("https://a.example , http://b.example:80");
    CHECK(origins.allows("https://a.example"));
    CHECK(origins.allows("http://b.example:80"));
    CHECK_FALSE(origins.allows("http://a.example"));
    CHECK_FALSE(origins.allows("https://a.example.evil"));
    CHECK_FALSE(origins.allows("http://localhost:1"));
    CHECK(Origins("*").allows("http://anything"));
}

TEST_CASE("loopback means this machine by any of its names, with any port") {
    Origins const origins("", true);
    CHECK(origins.allows("http://localhost"));
    CHECK(origins.allows("https://localhost:5173"));
    CHECK(origins.allows("http://127.0.0.1:80"));
    CHECK(origins.allows("http://[::1]:80"));
    CHECK_FALSE(origins.allows("http://localhost.evil"));
    CHECK_FALSE(origins.allows("http://localhost:80.evil"));
    CHECK_FALSE(origins.allows("http://127.0.0.1@evil"));
    CHECK_FALSE(origins.allows("null"));
}

TEST_CASE("a page's own host and programs that are no pages are always admitted") {
    Origins const none;
    CHECK(admits(none, ""));
    CHECK(admits(none, "http://game.example:3000"));
    CHECK(admits(none, "https://GAME.example:3000"));
    CHECK_FALSE(admits(none, "http://game.example"));
    CHECK_FALSE(admits(none, "null"));
    CHECK_FALSE(admits(none, "http://evil.example"));
    CHECK(admits(Origins("http://evil.example"), "http://evil.example"));
}

TEST_CASE("any origin is without credentials, listed ones are with them") {
    CHECK_FALSE(Origins("*").cors().credentials);
    CHECK(Origins("http://a").cors().credentials);
}

}  // namespace origins_test
