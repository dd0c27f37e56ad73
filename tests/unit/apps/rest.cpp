#include "apps/common/rest.hpp"
#include "apps/common/rest_limits.hpp"
#include "apps/common/worker.hpp"
#include "apps/store/database.hpp"

#include "engineio/net/shard.hpp"

#include <doctest/doctest.h>

namespace rest_test {

using namespace apps::common;
using socketio::Json;
using socketio::Task;
namespace net = engineio::net;

namespace {

struct Login {
    std::string name;
    std::optional<int> tries;
    SIO_JSON(Login, name, tries)
};

struct Page {
    std::optional<int> limit;
    std::optional<std::string> before;
    SIO_JSON(Page, limit, before)
};

class Exchange final : public RestExchange {
public:
    using RestExchange::RestExchange;
    std::optional<net::Response> sent;

private:
    void send(net::Response response) override { sent = std::move(response); }
};

class QuietShard final : public net::Shard {
public:
    QuietShard() : Shard(0, {}) {}
    void wake() override {}
};

net::Response ask(Rest const& rest, std::string method, std::string target,
                  std::optional<Json> body = {}) {
    QuietShard shard;
    net::Shard::Turn const turn(shard, {});
    net::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    auto const exchange = std::make_shared<Exchange>(rest, std::move(request));
    exchange->call.body = std::move(body);
    if (rest.admit(*exchange)) {
        rest.run(exchange);
    }
    REQUIRE(exchange->sent);
    return *exchange->sent;
}

}  // namespace

TEST_CASE("path parameters come first, in order, decoded") {
    Rest rest;
    rest.get("/api/rooms/:room/seats/:seat", [](std::string room, int seat) {
        return Json::array({room, seat});
    });
    CHECK(ask(rest, "GET", "/api/rooms/a%20b/seats/7").body == R"(["a b",7])");
    CHECK(ask(rest, "GET", "/api/rooms/a/seats/7/?x=1").body == R"(["a",7])");
    CHECK(ask(rest, "GET", "/api/rooms/a/seats/x").status == 400);
    CHECK(ask(rest, "GET", "/api/rooms//seats/7").status == 404);
    CHECK(ask(rest, "HEAD", "/api/rooms/a/seats/7").status == 200);
}

TEST_CASE("the input is the body, or the query where there can be no body") {
    Rest rest;
    rest.post("/api/login", [](Login login) { return Json(login.name); });
    rest.get("/api/list/:id", [](std::string id, Page page) {
        return Json::array({id, page.limit.value_or(-1), page.before.value_or("")});
    });
    rest.put("/api/maybe", [](std::optional<Login> login) { return Json(login.has_value()); });
    CHECK(ask(rest, "POST", "/api/login", Json::object({{"name", "ana"}})).body == R"("ana")");
    CHECK(ask(rest, "POST", "/api/login", Json::object({{"name", 1}})).status == 400);
    CHECK(ask(rest, "POST", "/api/login").status == 400);
    CHECK(ask(rest, "GET", "/api/list/q?limit=5&before=x").body == R"(["q",5,"x"])");
    CHECK(ask(rest, "GET", "/api/list/q").body == R"(["q",-1,""])");
    CHECK(ask(rest, "GET", "/api/list/q?limit=many").status == 400);
    CHECK(ask(rest, "PUT", "/api/maybe").body == "false");
}

TEST_CASE("what a handler got of the body is not kept besides, however long it takes") {
    Rest rest;
    rest.post("/login", [](RestCall& call, Login) { return Json(call.body.has_value()); });
    rest.post("/any", [](RestCall& call, Json any) {
        return Json::array({call.body.has_value(), any});
    });
    CHECK(ask(rest, "POST", "/login", Json::object({{"name", "ana"}})).body == "false");
    CHECK(ask(rest, "POST", "/any", Json(1)).body == "[false,1]");
}

TEST_CASE("handlers answer by value, Reply, nothing, or later") {
    Rest rest;
    rest.get("/v", [] { return Login{"x", 3}; });
    rest.post("/created", [] { return Reply::created(Json(1)); });
    rest.remove("/gone", [] {});
    rest.get("/later", [](RestCall& call) -> Task<Reply> {
        co_return Reply(call.request.target).cookie({.name = "c", .value = "a;b", .max_age = {}});
    });
    CHECK(ask(rest, "GET", "/v").body == R"({"name":"x","tries":3})");
    CHECK(ask(rest, "POST", "/created").status == 201);
    auto const gone = ask(rest, "DELETE", "/gone");
    CHECK(gone.status == 204);
    CHECK(gone.body.empty());
    auto const later = ask(rest, "GET", "/later");
    CHECK(later.body == R"("/later")");
    CHECK(*net::find_header(later.headers, "set-cookie") ==
          "c=a%3Bb; Path=/; HttpOnly; SameSite=Lax");
}

TEST_CASE("refusals take the system's form, mistakes of the program tell nothing") {
    Rest rest{{.error_form = [](RestError const& error) {
        return Json::object({{"code", error.code}, {"message", error.message}});
    }}};
    rest.get("/refused", []() -> Reply { return RestError(403, "FORBIDDEN", "not you"); });
    rest.get("/thrown", []() -> Task<Json> {
        throw RestError(409, "CONFLICT", "later");
        co_return Json();
    });
    rest.get("/broken", []() -> Json { throw std::runtime_error("password=1"); });
    rest.get("/full", []() -> Json {
        using apps::store::StoreUnavailable;
        throw StoreUnavailable(StoreUnavailable::Kind::full, "disk full");
    });
    CHECK(ask(rest, "GET", "/refused").body == R"({"code":"FORBIDDEN","message":"not you"})");
    CHECK(ask(rest, "GET", "/thrown").status == 409);
    auto const broken = ask(rest, "GET", "/broken");
    CHECK(broken.status == 500);
    CHECK(broken.body == R"({"code":"INTERNAL_ERROR","message":"Internal server error"})");
    rest.get("/busy", []() -> Json { throw apps::common::Worker::Overloaded(); });
    CHECK(ask(rest, "GET", "/busy").status == 503);
    CHECK(ask(rest, "GET", "/full").status == 503);
    CHECK(ask(rest, "GET", "/full").body.find("disk") == std::string::npos);
    CHECK(ask(rest, "POST", "/refused").status == 405);
    CHECK(ask(rest, "GET", "/api/unknown").body == R"({"code":"NOT_FOUND","message":"Not found"})");
}

TEST_CASE("hooks run before the handlers and may answer") {
    Rest rest;
    rest.get("/x", [] { return Json(1); });
    rest.before([](RestCall const& call) -> std::optional<Reply> {
        if (call.query.get("key") == "k") {
            return std::nullopt;
        }
        return RestError(401, "UNAUTHORIZED", "no key");
    });
    CHECK(ask(rest, "GET", "/x").status == 401);
    CHECK(ask(rest, "GET", "/x?key=k").status == 200);
}

TEST_CASE("a table serves its routes and what is below its prefixes") {
    Rest rest;
    rest.get("/healthz", [] { return Json(1); });
    auto const serves = [&](std::string target) {
        net::Request request;
        request.target = std::move(target);
        return rest.serves(request);
    };
    CHECK(serves("/healthz?x"));
    CHECK(serves("/api/none"));
    CHECK_FALSE(serves("/apiary"));
    CHECK_FALSE(serves("/index.html"));
}

TEST_CASE("a handler with more parameters than the path can fill is a mistake") {
    Rest rest;
    CHECK_THROWS_AS(rest.get("/x/:id", [](std::string, std::string, Json) { return 1; }),
                    std::logic_error);
}

TEST_CASE("each address has its own number of logins, writes and reads a minute") {
    auto now = TokenBucket::TimePoint();
    RestLimits limits({.logins = 2, .writes = 3, .reads = 4}, [&] { return now; });
    auto const passed = [&](std::string method, std::string target, std::string address) {
        RestCall call;
        call.request.method = std::move(method);
        call.request.target = std::move(target);
        call.request.remote_address = std::move(address);
        int count = 0;
        while (count < 10 && !limits.check(call)) {
            ++count;
        }
        return count;
    };
    CHECK(passed("POST", "/api/auth/login?x", "10.0.0.1") == 2);
    CHECK(passed("POST", "/api/auth/register", "10.0.0.1") == 0);
    CHECK(passed("POST", "/api/auth/login", "10.0.0.2") == 2);
    CHECK(passed("POST", "/api/auth/login/", "10.0.0.1") == 0);  // the same route
    CHECK(passed("PUT", "/api/x", "10.0.0.1") == 3);
    CHECK(passed("GET", "/api/auth/login", "10.0.0.1") == 4);
    now += std::chrono::seconds(30);
    CHECK(passed("POST", "/api/auth/login", "10.0.0.1") == 1);
    RestCall call;
    call.request.method = "POST";
    call.request.target = "/api/auth/login";
    call.request.remote_address = "10.0.0.1";
    auto reply = limits.check(call);
    REQUIRE(reply);
    CHECK(reply->status() == 429);
    CHECK(*net::find_header(reply->headers(), "retry-after") == "30");
}

TEST_CASE("pages of foreign origins may read, as far as CORS lets them, and change nothing") {
    auto const hook = refuse_foreign_changes(Origins("https://game.example"));
    auto const admits = [&](std::string method, std::string origin) {
        RestCall call;
        call.request.method = std::move(method);
        call.request.headers = {{"host", "api.example:80"}};
        if (!origin.empty()) {
            call.request.headers.push_back({"origin", std::move(origin)});
        }
        auto const reply = hook(call);
        return !reply || reply->status() != 403;
    };
    for (auto const* method : {"POST", "PUT", "PATCH", "DELETE"}) {
        CHECK(admits(method, ""));
        CHECK(admits(method, "https://game.example"));
        CHECK(admits(method, "http://api.example:80"));
        CHECK_FALSE(admits(method, "http://api.example:81"));
        CHECK_FALSE(admits(method, "https://evil.example"));
        CHECK_FALSE(admits(method, "null"));
    }
    CHECK(admits("GET", "https://evil.example"));
    CHECK(admits("HEAD", "https://evil.example"));
}

TEST_CASE("an IPv6 network is one address, a Unix socket none") {
    RestLimits limits({.writes = 1}, [] { return TokenBucket::TimePoint(); });
    auto const passes = [&](std::string address) {
        RestCall call;
        call.request.method = "POST";
        call.request.remote_address = std::move(address);
        return !limits.check(call);
    };
    CHECK(passes("2001:db8::1"));
    CHECK_FALSE(passes("2001:db8::2"));
    CHECK_FALSE(passes("2001:db8:0:0:ffff::1"));
    CHECK(passes("2001:db8:0:1::1"));
    CHECK(passes(""));
    CHECK(passes(""));
}

}  // namespace rest_test
