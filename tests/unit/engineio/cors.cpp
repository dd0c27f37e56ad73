#include "engineio/cors.hpp"

#include "engineio/cookie.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace engineio;

namespace {

// The headers as "name=value" lines, "204" first for a preflight.
std::string headers(CorsOptions const& options, std::string method, std::string origin = {},
                    std::string requested = {}) {
    net::Request request;
    request.method = std::move(method);
    if (!origin.empty()) {
        request.headers.push_back({"origin", std::move(origin)});
    }
    if (!requested.empty()) {
        request.headers.push_back({"access-control-request-headers", std::move(requested)});
    }
    net::Headers out;
    bool const preflight = add_cors_headers(options, request, out) == CorsResult::preflight;
    std::string text = preflight ? "204\n" : "";
    for (auto const& header : out) {
        text += header.name + "=" + header.value + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("cors: any origin") {
    CorsOptions const options;
    CHECK(headers(options, "GET") == "Access-Control-Allow-Origin=*\n");
    CHECK(headers(options, "OPTIONS", "http://a", "X-One") ==
          "204\nAccess-Control-Allow-Origin=*\n"
          "Access-Control-Allow-Methods=GET,HEAD,PUT,PATCH,POST,DELETE\n"
          "Access-Control-Allow-Headers=X-One\nVary=Access-Control-Request-Headers\n"
          "Content-Length=0\n");
}

TEST_CASE("cors: fixed origin and the other options") {
    CorsOptions options;
    options.origin = "http://a";
    options.credentials = true;
    options.exposed_headers = {"X", "Y"};
    options.allowed_headers = {"P", "Q"};
    options.methods = {"GET"};
    options.max_age = std::chrono::seconds(5);
    CHECK(headers(options, "GET", "http://b") ==
          "Access-Control-Allow-Origin=http://a\nAccess-Control-Allow-Credentials=true\n"
          "Vary=Origin\nAccess-Control-Expose-Headers=X,Y\n");
    CHECK(headers(options, "OPTIONS", "http://b") ==
          "204\nAccess-Control-Allow-Origin=http://a\nAccess-Control-Allow-Credentials=true\n"
          "Access-Control-Allow-Methods=GET\nAccess-Control-Allow-Headers=P,Q\n"
          "Access-Control-Max-Age=5\nVary=Origin\nAccess-Control-Expose-Headers=X,Y\n"
          "Content-Length=0\n");
    options = {};
    options.origin = "";
    CHECK(headers(options, "OPTIONS", "http://a") == "");
}

TEST_CASE("cors: lists, predicates, reflection") {
    CorsOptions options;
    options.origin = std::vector<std::string>{"http://a", "http://b"};
    CHECK(headers(options, "GET", "http://b") ==
          "Access-Control-Allow-Origin=http://b\nVary=Origin\n");
    CHECK(headers(options, "GET", "http://c") == "Vary=Origin\n");
    CHECK(headers(options, "OPTIONS", "http://c") ==
          "204\nAccess-Control-Allow-Methods=GET,HEAD,PUT,PATCH,POST,DELETE\n"
          "Vary=Origin, Access-Control-Request-Headers\nContent-Length=0\n");
    options.origin = CorsOptions::Reflect{};
    CHECK(headers(options, "GET", "http://x") ==
          "Access-Control-Allow-Origin=http://x\nVary=Origin\n");
    CHECK(headers(options, "GET") == "Vary=Origin\n");
    options.origin = [](std::string const& origin) { return origin == "http://x"; };
    CHECK(headers(options, "GET", "http://x") ==
          "Access-Control-Allow-Origin=http://x\nVary=Origin\n");
    CHECK(headers(options, "OPTIONS", "http://y") == "");
}

TEST_CASE("cookie: attributes in the reference's order") {
    CHECK(session_cookie({}, "abc") == "io=abc; Path=/; HttpOnly; SameSite=Lax");
    CookieOptions options;
    options.name = "my";
    options.max_age = std::chrono::seconds(86400);
    options.domain = "d.com";
    options.path = "/p";
    options.http_only = false;
    options.secure = true;
    options.same_site = "strict";
    CHECK(session_cookie(options, "abc") ==
          "my=abc; Max-Age=86400; Domain=d.com; Path=/p; Secure; SameSite=Strict");
}
