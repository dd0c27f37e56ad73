#include "engineio/handshake_check.hpp"

#include <doctest/doctest.h>

#include <string>

namespace handshake_check_test {

using namespace engineio;

namespace {

// "code context" of the refusal, the context's values joined with commas, or "ok".
std::string check(std::string_view query, std::string method = "GET", bool upgrade = false,
                  KnownSession const* session = nullptr, Options const& options = {},
                  std::string origin = {}) {
    net::Request request;
    request.method = std::move(method);
    if (!origin.empty()) {
        request.headers.push_back({"origin", std::move(origin)});
    }
    auto const error = check_request(options, request, net::Query::parse(query), upgrade, session);
    if (!error) {
        return "ok";
    }
    std::string text;
    for (auto const& [key, value] : error->context) {
        text += (text.empty() ? "" : ",") + value;
        CHECK(error->in_context(key) == value);
    }
    CHECK(error->in_context("nothing").empty());
    return std::to_string(error->code) + " " + text;
}

}  // namespace

TEST_CASE("handshake_check: new sessions") {
    CHECK(check("EIO=4&transport=polling") == "ok");
    CHECK(check("EI%4F=4&transport=polli%6Eg&sid=") == "ok");
    CHECK(check("EIO=4&transport=websocket", "GET", true) == "ok");
    CHECK(check("EIO=4&transport=polling", "GET", true) == "ok");
    CHECK(check("EIO=4") == "0 ");
    CHECK(check("transport=webtransport") == "0 webtransport");
    CHECK(check("transport=__proto__") == "0 __proto__");
    CHECK(check("transport=polling&transport=x") == "0 x");
    CHECK(check("EIO=4&transport=polling", "POST") == "2 POST");
    CHECK(check("EIO=4&transport=polling", "HEAD") == "2 HEAD");
    CHECK(check("EIO=4&transport=websocket") == "3 TRANSPORT_HANDSHAKE_ERROR");
    CHECK(check("EIO=4&transport=polling", "GET", false, nullptr, {}, "\x7f") ==
          "3 INVALID_ORIGIN,\x7f");
    CHECK(check("EIO=4&transport=polling", "GET", false, nullptr, {}, "http://\xe9") == "ok");
    Options options;
    options.transports = {"websocket", "webtransport"};
    CHECK(check("transport=polling", "GET", false, nullptr, options) == "0 polling");
    CHECK(check("transport=webtransport", "GET", false, nullptr, options) == "0 webtransport");
}

TEST_CASE("handshake_check: known sessions") {
    KnownSession const polling{TransportName::polling, 4};
    KnownSession const websocket{TransportName::websocket, 4};
    CHECK(check("EIO=4&transport=polling&sid=x") == "1 x");
    CHECK(check("EIO=4&transport=polling&sid=x", "PUT", false, &polling) == "ok");
    CHECK(check("EIO=4&transport=websocket&sid=x", "GET", true, &polling) == "ok");
    CHECK(check("EIO=4&transport=websocket&sid=x", "GET", false, &polling) ==
          "3 TRANSPORT_MISMATCH,websocket,polling");
    CHECK(check("EIO=4&transport=polling&sid=x", "GET", false, &websocket) ==
          "3 TRANSPORT_MISMATCH,polling,websocket");
    CHECK(check("EIO=4&transport=websocket&sid=x", "GET", false, &websocket) ==
          "3 TRANSPORT_MISMATCH,websocket,websocket");
    CHECK(check("EIO=3&transport=polling&sid=x", "GET", false, &polling) ==
          "3 PROTOCOL_MISMATCH,3,4");
    CHECK(check("transport=websocket&sid=x", "GET", true, &polling) == "3 PROTOCOL_MISMATCH,3,4");
}

TEST_CASE("handshake_check: the revision is 4 only by that very text") {
    CHECK(protocol_of(net::Query::parse("EIO=4")) == 4);
    for (auto const* other : {"", "EIO=", "EIO=3", "EIO=5", "EIO=04", "EIO=4&EIO=3", "eio=4"}) {
        CHECK(protocol_of(net::Query::parse(other)) == 3);
    }
}

TEST_CASE("handshake_check: answers") {
    auto const polling = error_response(error_code::forbidden, "no \"entry\"\n", false);
    CHECK(polling.status == 403);
    CHECK(polling.body == R"({"code":4,"message":"no \"entry\"\n"})");
    CHECK(polling.headers.front().value == "application/json");
    CHECK_FALSE(polling.close);
    CHECK(error_response(error_code::session_unknown, "", false).body ==
          R"({"code":1,"message":"Session ID unknown"})");
    auto const upgrade = error_response(error_code::forbidden, "", true);
    CHECK(upgrade.status == 400);
    CHECK(upgrade.body == "Forbidden");
    CHECK(upgrade.close);
}

}  // namespace handshake_check_test
