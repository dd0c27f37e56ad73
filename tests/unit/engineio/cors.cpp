#include "engineio/cors.hpp"

#include "engineio/cookie.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <regex>
#include <stdexcept>
#include <string>

namespace cors_test {

using namespace engineio;

namespace {

// The headers as "name=value" lines, the status first for a preflight.
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
    auto const preflight = apply_cors(options, request, out);
    std::string text = preflight ? std::to_string(preflight->status) + "\n" : "";
    if (preflight) {
        out = preflight->headers;
    }
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

TEST_CASE("cors: regular expressions, alone and in a list") {
    CorsOptions options;
    options.origin = std::regex("\\.test$");
    CHECK(headers(options, "GET", "http://a.test") ==
          "Access-Control-Allow-Origin=http://a.test\nVary=Origin\n");
    CHECK(headers(options, "GET", "http://a.test.evil") == "Vary=Origin\n");
    options.origin = std::vector<CorsOptions::Pattern>{"http://b", std::regex("^https://")};
    CHECK(headers(options, "GET", "http://b") ==
          "Access-Control-Allow-Origin=http://b\nVary=Origin\n");
    CHECK(headers(options, "GET", "https://c") ==
          "Access-Control-Allow-Origin=https://c\nVary=Origin\n");
    CHECK(headers(options, "GET", "http://b2") == "Vary=Origin\n");
}

TEST_CASE("cors: an origin of any length does no harm to a regular expression") {
    CorsOptions options;
    options.origin = std::regex("^(a|b)*$");
    CHECK(headers(options, "GET", std::string(limits::max_pattern_origin_bytes, 'a')) !=
          "Vary=Origin\n");
    CHECK(headers(options, "GET", std::string(1'000'000, 'a')) == "Vary=Origin\n");
}

TEST_CASE("cors: preflight_continue and options_success_status") {
    CorsOptions options;
    options.options_success_status = 200;
    CHECK(headers(options, "OPTIONS").starts_with("200\nAccess-Control-Allow-Origin=*\n"));
    options.preflight_continue = true;
    CHECK(headers(options, "OPTIONS") ==
          "Access-Control-Allow-Origin=*\n"
          "Access-Control-Allow-Methods=GET,HEAD,PUT,PATCH,POST,DELETE\n"
          "Vary=Access-Control-Request-Headers\n");
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

TEST_CASE("cookie: the rarer attributes, and an encoder") {
    CookieOptions options;
    options.expires = std::chrono::system_clock::from_time_t(1'700'000'000);
    options.partitioned = true;
    options.priority = "HIGH";
    options.same_site = "none";
    options.encode = [](std::string_view sid) { return "s:" + std::string(sid) + ";"; };
    CHECK(session_cookie(options, "a") ==
          "io=s:a%3B; Path=/; Expires=Tue, 14 Nov 2023 22:13:20 GMT; HttpOnly; Partitioned; "
          "Priority=High; SameSite=None");
}

TEST_CASE("cookie: what would not survive in a header is refused") {
    CookieOptions options;
    CHECK_NOTHROW(check_cookie(options));
    auto const refuses = [](auto change) {
        CookieOptions changed;
        change(changed);
        CHECK_THROWS_AS(check_cookie(changed), std::invalid_argument);
    };
    refuses([](auto& c) { c.name = ""; });
    refuses([](auto& c) { c.name = "a b"; });
    refuses([](auto& c) { c.path = "/;x"; });
    refuses([](auto& c) { c.domain = "a b"; });
    refuses([](auto& c) { c.same_site = "sometimes"; });
    refuses([](auto& c) { c.priority = "urgent"; });
}

// --- which pages may open sessions
// ----------------------------------------------------------------

namespace {

bool admits(Options const& options, std::string origin, std::string host = "game.example:3000") {
    net::Request request;
    request.method = "GET";
    request.headers = {{"host", std::move(host)}};
    return admits_origin(options, request, origin);
}

// Whether JSONP may open a session with these fields.
bool admits_script(Options const& options, net::Headers headers) {
    net::Request request;
    request.method = "GET";
    request.headers = std::move(headers);
    request.headers.push_back({"host", "game.example"});
    return admits_origin(options, request, page_origin(request, true));
}

Options with_cors(CorsOptions::Origin origin) {
    Options options;
    options.cors = CorsOptions{.origin = std::move(origin)};
    return options;
}

}  // namespace

TEST_CASE("origins that cors names are those that may open sessions") {
    std::string const listed = "https://a.example";
    CorsOptions::Predicate const predicate = [&](std::string const& origin) {
        return origin == listed;
    };
    for (CorsOptions::Origin const& named :
         {CorsOptions::Origin(listed), CorsOptions::Origin(std::vector{listed}),
          CorsOptions::Origin(std::regex("a\\.example$")),
          CorsOptions::Origin(std::vector<CorsOptions::Pattern>{listed}),
          CorsOptions::Origin(predicate)}) {
        auto const options = with_cors(named);
        CHECK(admits(options, listed));
        CHECK(admits(options, ""));
        CHECK(admits(options, "http://game.example:3000"));
        CHECK(admits(options, "https://GAME.example:3000"));
        for (auto const* const foreign :
             {"https://evil.example", "https://a.example.evil", "null", "http://game.example",
              "http://game.example:3000@evil", "game.example:3000"}) {
            CHECK_FALSE(admits(options, foreign));
        }
    }
}

TEST_CASE("over TLS our own pages are those of https") {
    net::Request request;
    request.headers = {{"host", "game.example"}};
    auto const own = [&](std::string origin) {
        return admits_origin(with_cors(std::string("https://a.example")), request, origin);
    };
    CHECK(own("http://game.example"));
    CHECK(own("https://game.example"));
    request.secure = true;
    CHECK_FALSE(own("http://game.example"));
    CHECK(own("https://game.example"));
    CHECK(own("HTTPS://game.example"));
}

TEST_CASE("what the browser says of its own page counts where a proxy has rewritten Host") {
    net::Request request;
    request.headers = {{"host", "10.0.0.1:3000"}, {"origin", "https://shop.example"}};
    auto const options = with_cors(std::string("https://a.example"));
    auto const admitted = [&] { return admits_origin(options, request, "https://shop.example"); };
    CHECK_FALSE(admitted());
    CHECK_FALSE(is_own_origin(request));
    request.headers.push_back({"sec-fetch-site", "same-origin"});
    CHECK(admitted());
    CHECK(is_own_origin(request));
    for (auto const* other : {"same-site", "cross-site", "none"}) {
        request.headers.back().value = other;
        CHECK_FALSE(admitted());
        CHECK_FALSE(is_own_origin(request));
    }
}

TEST_CASE("where cors names nobody, every page may") {
    auto const evil = "https://evil.example";
    CHECK(admits({}, evil));
    CHECK(admits(with_cors(std::string("*")), evil));
    CHECK(admits(with_cors(std::string()), evil));
    CHECK(admits(with_cors(CorsOptions::Reflect{}), evil));
    Options by_request;
    by_request.cors = Cors([](net::Request const&) -> std::optional<CorsOptions> { return {}; });
    CHECK(admits(by_request, evil));
}

TEST_CASE("allowed_origins counts more than cors") {
    auto options = with_cors(std::string("https://a.example"));
    options.allowed_origins = std::string("*");
    CHECK(admits(options, "https://evil.example"));
    options.allowed_origins = std::vector<std::string>{"https://b.example"};
    CHECK(admits(options, "https://b.example"));
    CHECK_FALSE(admits(options, "https://a.example"));
    options.allowed_origins = std::vector<std::string>{};
    CHECK(admits(options, "http://game.example:3000"));
    CHECK(admits(options, ""));
    CHECK_FALSE(admits(options, "https://a.example"));
    options.allowed_origins = std::string();
    CHECK_THROWS_WITH_AS(check_options(options), doctest::Contains("allowed_origins"),
                         std::invalid_argument);
}

TEST_CASE("a script that says no origin is known by its browser's other words") {
    auto const options = with_cors(std::vector<std::string>{"https://a.example"});
    auto const site = [&](std::string value) {
        return admits_script(options, {{"sec-fetch-site", std::move(value)}});
    };
    CHECK(site("same-origin"));
    CHECK(site("none"));
    CHECK_FALSE(site("same-site"));
    CHECK_FALSE(site("cross-site"));
    CHECK_FALSE(site(""));
    auto const page = [&](std::string address) {
        return admits_script(options,
                             {{"sec-fetch-site", "cross-site"}, {"referer", std::move(address)}});
    };
    CHECK(page("https://a.example/"));
    CHECK(page("https://a.example"));
    CHECK(page("https://a.example?x#y"));
    CHECK(page("http://game.example/play"));
    for (auto const* const foreign :
         {"https://evil.example/", "https://evil.example/https://a.example", "about:blank", "",
          "https://a.example:81/", "https://a.example@evil.example/", "/https://a.example"}) {
        CHECK_FALSE(page(foreign));
    }
    // An Origin counts alone.
    CHECK(admits_script(options,
                        {{"origin", "https://a.example"}, {"sec-fetch-site", "cross-site"}}));
    CHECK_FALSE(admits_script(options, {{"origin", "https://evil.example"},
                                        {"sec-fetch-site", "none"},
                                        {"referer", "https://a.example/"}}));
    // Who says nothing may be any page: there are browsers that can be told to say nothing.
    CHECK_FALSE(admits_script(options, {}));
    CHECK(admits_script(with_cors(std::string("*")), {}));
    CHECK(admits_script(with_cors(CorsOptions::Reflect{}), {}));
    CHECK(admits_script({}, {}));
}

TEST_CASE("requests that are no scripts need not say where they come from") {
    net::Request request;
    CHECK(page_origin(request, false).empty());
    request.headers = {{"sec-fetch-site", "cross-site"}, {"referer", "https://evil.example/"}};
    CHECK(page_origin(request, false).empty());
    request.headers.push_back({"origin", "null"});
    CHECK(page_origin(request, false) == "null");
}

}  // namespace cors_test
