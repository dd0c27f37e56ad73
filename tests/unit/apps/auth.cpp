#include "apps/auth/accounts.hpp"
#include "apps/auth/control_characters.hpp"
#include "apps/auth/digest.hpp"
#include "apps/auth/express_cookie.hpp"
#include "apps/auth/login_table.hpp"
#include "apps/auth/password.hpp"
#include "apps/auth/tokens.hpp"
#include "apps/store/migrations.hpp"
#include "dungeonlab_schema.hpp"
#include "engineio/net/text.hpp"
#include "fuse_schema.hpp"
#include "kaiku_schema.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace auth_test {

using namespace apps::auth;
using namespace std::chrono_literals;
using socketio::Json;

namespace {

std::pair<std::unique_ptr<apps::store::Database>, LoginTable> login_table() {
    auto database = std::make_unique<apps::store::Database>(":memory:");
    database->script("CREATE TABLE logins (id_hash TEXT PRIMARY KEY, user_id TEXT, "
                     "expires_at INTEGER)");
    return {std::move(database), LoginTable("logins")};
}

}  // namespace

TEST_CASE("digests are the published ones") {
    // FIPS 180-2 appendix B.1, RFC 4231 test case 2.
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(engineio::net::base64_encode(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
    CHECK(equal_in_constant_time("abc", "abc"));
    CHECK_FALSE(equal_in_constant_time("abc", "abd"));
    CHECK_FALSE(equal_in_constant_time("abc", "ab"));
}

TEST_CASE("a password is known by its hash only") {
    auto const hash = hash_password("correct horse");
    CHECK(hash.starts_with("$y$"));
    CHECK(hash != hash_password("correct horse"));
    CHECK(verify_password("correct horse", hash));
    CHECK_FALSE(verify_password("correct horsf", hash));
    CHECK_FALSE(verify_password("", hash));
    CHECK_FALSE(verify_password("nobody", ""));
    CHECK_FALSE(verify_password("x", "no hash"));
    CHECK_FALSE(verify_password(std::string(600, 'x'), hash));
    CHECK_THROWS(hash_password(std::string("a\0b", 3)));
}

TEST_CASE("hashes of Node's bcrypt are understood") {
    // A test vector of Openwall's crypt_blowfish.
    std::string const bcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    CHECK(verify_password("U*U", bcrypt));
    CHECK_FALSE(verify_password("U*V", bcrypt));
}

TEST_CASE("cookies are those of express-session") {
    // cookie-signature 1.0.7: sign("hello", "tobiiscool")
    ExpressCookie const cookie({"tobiiscool"});
    CHECK(cookie.sign("hello") == "s:hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI");
    CHECK(cookie.unsign("s:hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI") == "hello");
    for (auto const* forged :
         {"s:hellp.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI",
          "hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI", "s:hello.", "s:.x", "s:hello", "",
          "s:hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI="}) {
        CHECK_FALSE(cookie.unsign(forged));
    }
}

TEST_CASE("secrets can be rotated") {
    ExpressCookie const before({"old secret"});
    ExpressCookie const during({"new secret", "old secret"});
    ExpressCookie const after({"new secret"});
    CHECK(during.unsign(before.sign("id")) == "id");
    CHECK(after.unsign(during.sign("id")) == "id");
    CHECK_FALSE(after.unsign(before.sign("id")));
}

TEST_CASE("tokens name their user until they expire") {
    std::int64_t now = 1'000'000;
    auto const tokens_of = [&](std::vector<std::string> secrets, std::string audience) {
        return Tokens({std::move(secrets), std::move(audience), 900s, [&] { return now; }});
    };
    auto const tokens = tokens_of({"new", "old"}, "here");
    auto const token = tokens.issue("u1", Json::object({{"role", "gm"}}));
    CHECK(tokens.user(token) == "u1");
    CHECK((*tokens.verify(token))["role"] == Json("gm"));
    CHECK(tokens.issue("u1") != tokens.issue("u1"));
    auto const old = tokens_of({"old"}, "here");
    CHECK(tokens.user(old.issue("u2")) == "u2");
    CHECK_FALSE(old.user(token));
    CHECK_FALSE(tokens_of({"new"}, "elsewhere").user(token));
    now += 899'999;
    CHECK(tokens.user(token));
    now += 1;
    CHECK_FALSE(tokens.user(token));
}

TEST_CASE("no other algorithm and no changed claim is believed") {
    Tokens const tokens({{"secret"}, "here", 900s, [] { return 1'000'000; }});
    auto const token = tokens.issue("u1");
    auto const dot = token.find('.');
    auto const none = engineio::net::base64url_encode(R"({"alg":"none","typ":"JWT"})");
    CHECK_FALSE(tokens.verify(none + token.substr(dot)));
    CHECK_FALSE(tokens.verify(none + token.substr(dot, token.rfind('.') - dot + 1)));
    auto forged = token;
    forged[dot + 5] = forged[dot + 5] == 'A' ? 'B' : 'A';
    CHECK_FALSE(tokens.verify(forged));
    for (auto const* text : {"", ".", "..", "a.b", "a.b.c"}) {
        CHECK_FALSE(tokens.verify(text));
    }
    CHECK_FALSE(tokens.verify(std::string(5000, '.')));
}

TEST_CASE("logins are kept as hashes, expire and can be ended") {
    auto const [kept, logins] = login_table();
    auto& database = *kept;
    auto const id = logins.create(database, "u1", 1000, 2000).id;
    auto const other = logins.create(database, "u1", 1000, 5000).id;
    CHECK(id.size() == 32);
    CHECK(id != other);
    CHECK_FALSE(database.query("SELECT 1 FROM logins WHERE id_hash = ?").bind(id).step());
    CHECK(logins.user(database, id, 1999) == "u1");
    CHECK_FALSE(logins.user(database, id, 2000));
    CHECK_FALSE(logins.user(database, "unknown", 1));
    logins.create(database, "u2", 3000, 4000);  // clears the expired one away
    auto count = database.query("SELECT count(*) FROM logins");
    REQUIRE(count.step());
    CHECK(count.integer(0) == 2);
    logins.remove(database, other);
    CHECK_FALSE(logins.user(database, other, 3000));
}

TEST_CASE("a user's logins are so many at most, and the oldest go") {
    auto const [kept, logins] = login_table();
    auto& database = *kept;
    auto const others = logins.create(database, "u2", 1, 100).id;
    std::vector<std::string> ids;
    for (int i = 0; i < LoginTable::max_of_user; ++i) {
        auto const login = logins.create(database, "u1", 1, 1000 + i);
        CHECK(login.ended.empty());
        ids.push_back(login.id);
    }
    CHECK(logins.user(database, ids[0], 1));
    auto const last = logins.create(database, "u1", 1, 5000);
    CHECK(last.ended == std::vector{apps::auth::sha256_hex(ids[0])});
    CHECK_FALSE(logins.user(database, ids[0], 1));
    CHECK(logins.user(database, ids[1], 1));
    CHECK(logins.user(database, others, 1));
}

TEST_CASE("no login looks through those of everybody") {
    apps::store::Database database(":memory:");
    for (auto const& schema : {apps::fuse::schema, apps::kaiku::schema, apps::dungeonlab::schema}) {
        apps::store::migrate(database, schema);
        auto const table = std::string(schema.system) + "_logins";
        for (std::string const condition :
             {"expires_at <= 5", "user_id = 'u' ORDER BY expires_at DESC"}) {
            auto plan = database.query("EXPLAIN QUERY PLAN SELECT id_hash FROM " + table +
                                       " WHERE " + condition);
            while (plan.step()) {
                CHECK_MESSAGE(plan.text(3).starts_with("SEARCH"), table, ": ", plan.text(3));
            }
        }
    }
}

TEST_CASE("what a registration may name has bounds, since it is sent to everybody") {
    auto const is_refused = [](auto change) {
        RegisterRequest request{"ana", "correct horse", "ana@example.com", "Ana"};
        change(request);
        auto const fault = registration_fault(request);
        CHECK((!fault || fault->status == 400));
        return fault.has_value();
    };
    CHECK_FALSE(is_refused([](auto&) {}));
    CHECK_FALSE(is_refused([](auto& r) { r.email = r.display_name = std::nullopt; }));
    CHECK_FALSE(is_refused([](auto& r) { r.username = std::string(64, 'x'); }));
    CHECK(is_refused([](auto& r) { r.username = std::string(65, 'x'); }));
    CHECK(is_refused([](auto& r) { r.username = ""; }));
    CHECK_FALSE(is_refused([](auto& r) { r.display_name = std::string(128, 'x'); }));
    CHECK(is_refused([](auto& r) { r.display_name = std::string(129, 'x'); }));
    CHECK_FALSE(is_refused([](auto& r) { r.email = std::string(254, 'x'); }));
    CHECK(is_refused([](auto& r) { r.email = std::string(255, 'x'); }));
    CHECK(is_refused([](auto& r) { r.password = "seven77"; }));
    CHECK(is_refused([](auto& r) { r.password += '\0'; }));  // no hash has one
    CHECK_FALSE(is_refused([](auto& r) { r.username = "Anaïs \xE2\x9B\xB5\xC2\xA0"; }));
    for (std::string const bad : {"a\nb", "\x1B[2J", "\x7F", "\xC2\x9B", "ana\u202E"}) {
        CHECK(is_refused([&](auto& r) { r.username = bad; }));
        CHECK(is_refused([&](auto& r) { r.display_name = bad; }));
        CHECK(is_refused([&](auto& r) { r.email = bad; }));
    }
}

TEST_CASE("control characters are those of terminals, of lines and of the writing direction") {
    for (std::string const bad :
         {"\x01", "\x1F", "\x7F", "\u0080", "\u009F", "\u061C", "\u200E", "\u200F", "\u2028",
          "\u2029", "\u202A", "\u202E", "\u2066", "\u2069"}) {
        CHECK_MESSAGE(has_control_characters(bad), bad);
        CHECK_MESSAGE(has_control_characters("Ana " + bad + "a"), bad);
    }
    CHECK(has_control_characters(std::string_view("\0", 1)));
    for (std::string const good :
         {"", " ~", "\u00A0", "\u061B", "\u061D", "\u200D", "\u2010", "\u2027", "\u202F", "\u2065",
          "\u206A", "Ana\u00EFs \u26F5", "\xC2", "\xE2\x80"}) {
        CHECK_FALSE_MESSAGE(has_control_characters(good), good);
    }
}

}  // namespace auth_test
