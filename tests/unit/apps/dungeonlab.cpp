#include "apps/dungeonlab/dungeonlab.hpp"

#include "tests/unit/apps/outcome.hpp"

#include <doctest/doctest.h>

#include <set>

namespace dungeonlab_test {

using namespace apps::dungeonlab;

namespace {

// A game of three users; time stands still unless moved, access is open unless taken away.
struct Table {
    std::int64_t now = 1000;
    std::set<std::string> banned;
    DungeonLab game;

    explicit Table(Limits limits = {})
        : game([this] { return now; },
               [this](User const& user, std::string_view) {
                   return banned.count(user.id) == 0 ? std::nullopt
                                                     : std::optional<std::string>("banned");
               },
               limits) {
        game.connect("c-ana", {"ana", "Ana"});
        game.connect("c-ben", {"ben", "Ben"});
        game.connect("c-gm", {"gm", "Mo"});
    }
};

std::vector<std::string> ids(std::vector<User> const& users) {
    std::vector<std::string> out;
    for (auto const& user : users) {
        out.push_back(user.id);
    }
    return out;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("joining makes a member and names everybody present") {
    Table table;
    REQUIRE(table.game.join("c-ana", "s1"));
    auto const arrival = table.game.join("c-ben", "s1");
    REQUIRE(arrival);
    CHECK(arrival->session == "s1");
    CHECK(arrival->user.name == "Ben");
    CHECK(arrival->timestamp == 1001);  // one more than the arrival before: stamps never repeat
    CHECK(ids(arrival->members) == Ids{"ana", "ben"});
    CHECK_FALSE(arrival->left);
    CHECK(ids(table.game.members("s1")) == Ids{"ana", "ben"});
}

TEST_CASE("joining again is an arrival without a departure") {
    Table table;
    REQUIRE(table.game.join("c-ana", "s1"));
    auto const again = table.game.join("c-ana", "s1");
    REQUIRE(again);
    CHECK_FALSE(again->left);
    CHECK(ids(again->members) == Ids{"ana"});
}

TEST_CASE("a user is in one session at a time") {
    Table table;
    REQUIRE(table.game.join("c-ana", "s1"));
    REQUIRE(table.game.join("c-ben", "s1"));
    auto const arrival = table.game.join("c-ana", "s2");
    REQUIRE(arrival);
    REQUIRE(arrival->left);
    CHECK(arrival->left->session == "s1");
    CHECK(arrival->left->user.id == "ana");
    CHECK(ids(arrival->left->members) == Ids{"ben"});
    CHECK(ids(table.game.members("s1")) == Ids{"ben"});
    CHECK_FALSE(table.game.authorise("c-ana", "s1"));
    CHECK(table.game.authorise("c-ana", "s2"));
}

TEST_CASE("a second connection of a user pulls the first out of another session") {
    Table table;
    table.game.connect("c-ana-2", {"ana", "Ana"});
    REQUIRE(table.game.join("c-ana", "s1"));
    auto const arrival = table.game.join("c-ana-2", "s2");
    REQUIRE(arrival);
    CHECK(arrival->left);
    CHECK_FALSE(table.game.authorise("c-ana", std::nullopt));
}

TEST_CASE("a user with two connections departs with the last one") {
    Table table;
    table.game.connect("c-ana-2", {"ana", "Ana"});
    REQUIRE(table.game.join("c-ana", "s1"));
    REQUIRE(table.game.join("c-ana-2", "s1"));
    CHECK_FALSE(table.game.disconnect("c-ana"));
    auto const departure = table.game.disconnect("c-ana-2");
    REQUIRE(departure);
    CHECK(departure->user.id == "ana");
    CHECK(departure->members.empty());
}

TEST_CASE("leaving") {
    Table table;
    SUBCASE("the current session") {
        REQUIRE(table.game.join("c-ana", "s1"));
        auto const left = table.game.leave("c-ana", std::nullopt);
        REQUIRE(left);
        REQUIRE(*left);
        CHECK((*left)->session == "s1");
        CHECK(table.game.members("s1").empty());
    }
    SUBCASE("none") {
        CHECK(table.game.leave("c-ana", "s1").error().message == "Not in a game session");
    }
    SUBCASE("another one") {
        REQUIRE(table.game.join("c-ana", "s1"));
        auto const left = table.game.leave("c-ana", "s2");
        CHECK(left.error().room == "s2");
        CHECK(ids(table.game.members("s1")) == Ids{"ana"});
    }
}

TEST_CASE("room operations need membership") {
    Table table;
    SUBCASE("of any session") {
        auto const ticket = table.game.authorise("c-ana", "s1");
        REQUIRE_FALSE(ticket);
        CHECK(ticket.error().message == "Not in a game session");
        CHECK(ticket.error().room == "s1");
    }
    SUBCASE("of the named session; the own one is kept") {
        REQUIRE(table.game.join("c-ana", "s1"));
        auto const ticket = table.game.authorise("c-ana", "s2");
        REQUIRE_FALSE(ticket);
        CHECK(ticket.error().message == "Not a member of this session");
        CHECK_FALSE(ticket.error().departure);
        CHECK(table.game.authorise("c-ana", "s1"));
    }
    SUBCASE("and no name means the current one") {
        REQUIRE(table.game.join("c-ana", "s1"));
        auto const ticket = table.game.authorise("c-ana", std::nullopt);
        REQUIRE(ticket);
        CHECK(ticket->session == "s1");
        CHECK(ticket->user.id == "ana");
    }
    SUBCASE("of a connection that exists") {
        CHECK_FALSE(table.game.authorise("nobody", "s1"));
        CHECK_FALSE(table.game.join("nobody", "s1"));
    }
}

TEST_CASE("losing the permission ends the membership at the next operation") {
    Table table;
    REQUIRE(table.game.join("c-ana", "s1"));
    REQUIRE(table.game.join("c-ben", "s1"));
    table.banned.insert("ana");
    auto const ticket = table.game.authorise("c-ana", "s1");
    REQUIRE_FALSE(ticket);
    CHECK(ticket.error().room == "s1");
    REQUIRE(ticket.error().departure);
    CHECK(ids(ticket.error().departure->members) == Ids{"ben"});
    CHECK(ids(table.game.members("s1")) == Ids{"ben"});
    CHECK(table.game.join("c-ana", "s1").error().room == "s1");
}

TEST_CASE("losing the permission ends the membership at once where somebody says so") {
    Table table;
    table.game.connect("c-ana-2", {"ana", "Ana"});
    REQUIRE(table.game.join("c-ana", "s1"));
    REQUIRE(table.game.join("c-ana-2", "s1", "rill"));
    REQUIRE(table.game.join("c-ben", "s1"));
    CHECK_FALSE(table.game.recheck("ana"));
    CHECK_FALSE(table.game.recheck("gm"));  // in no session
    CHECK_FALSE(table.game.recheck("nobody"));
    table.banned.insert("ana");
    auto const departure = table.game.recheck("ana");
    REQUIRE(departure);
    CHECK(departure->session == "s1");
    CHECK(departure->user.name == "Ana");
    CHECK(departure->actor == "rill");
    CHECK(ids(departure->members) == Ids{"ben"});
    CHECK(table.game.session_of("c-ana").empty());
    CHECK(table.game.session_of("c-ana-2").empty());
    CHECK_FALSE(table.game.recheck("ana"));
}

TEST_CASE("joining again without permission ends the membership too") {
    Table table;
    REQUIRE(table.game.join("c-ana", "s1"));
    table.banned.insert("ana");
    auto const again = table.game.join("c-ana", "s1");
    REQUIRE_FALSE(again);
    CHECK(again.error().departure);
    CHECK(table.game.members("s1").empty());
}

TEST_CASE("disconnect removes from the session") {
    Table table;
    REQUIRE(table.game.join("c-ana", "s1"));
    REQUIRE(table.game.join("c-ben", "s1"));
    auto const departure = table.game.disconnect("c-ana");
    REQUIRE(departure);
    CHECK(departure->session == "s1");
    CHECK(ids(departure->members) == Ids{"ben"});
    CHECK_FALSE(table.game.disconnect("c-ana"));
    CHECK_FALSE(table.game.join("c-ana", "s1"));
}

TEST_CASE("session ids are bounded and printable") {
    Table table;
    CHECK_FALSE(table.game.join("c-ana", ""));
    CHECK_FALSE(table.game.join("c-ana", std::string(129, 'x')));
    CHECK_FALSE(table.game.join("c-ana", "a\nb"));
    CHECK(table.game.join("c-ana", std::string(128, 'x')));
}

TEST_CASE("chat") {
    Table table;
    REQUIRE(table.game.join("c-ana", "s1"));
    CHECK(table.game.chat("c-ana", "s1", "hello"));
    CHECK(table.game.chat("c-ana", "s1", "").error().message == "Chat message is empty");
    CHECK(table.game.chat("c-ana", "s1", std::string(4001, 'x')).error().room.empty());
    CHECK(table.game.chat("c-ana", "s1", "hello", 8 * 1024));
    CHECK(table.game.chat("c-ana", "s1", "hello", 8 * 1024 + 1).error().message ==
          "Chat metadata is too long");
    CHECK_FALSE(table.game.chat("c-ben", "s1", "hello"));
}

TEST_CASE("a newcomer gets the last map and initiative") {
    Table table;
    REQUIRE(table.game.join("c-ana", "s1"));
    auto const first = table.game.authorise("c-ana", "s1");
    auto const second = table.game.authorise("c-ana", "s1");
    REQUIRE(second->timestamp > first->timestamp);
    table.game.remember(*second, StateKind::map, "{\"v\":2}");
    SUBCASE("the later stamp wins") {
        table.game.remember(*first, StateKind::map, "{\"v\":1}");
        auto const arrival = table.game.join("c-ben", "s1");
        CHECK(arrival->map == "{\"v\":2}");
        CHECK_FALSE(arrival->initiative);
    }
    SUBCASE("too large a state is not kept, nor the outdated one") {
        auto const third = table.game.authorise("c-ana", "s1");
        table.game.remember(*third, StateKind::map, std::string(64 * 1024 + 1, ' '));
        CHECK_FALSE(table.game.join("c-ben", "s1")->map);
    }
    SUBCASE("it survives an empty table for a reconnect") {
        table.game.disconnect("c-ana");
        CHECK(table.game.join("c-ben", "s1")->map == "{\"v\":2}");
    }
}

TEST_CASE("memory of empty sessions and the number of sessions are bounded") {
    Limits limits;
    limits.idle_sessions = 1;
    limits.sessions = 2;
    Table table(limits);
    REQUIRE(table.game.join("c-ana", "s1"));
    table.game.remember(*table.game.authorise("c-ana", "s1"), StateKind::map, "{}");
    REQUIRE(table.game.join("c-ana", "s2"));
    REQUIRE(table.game.join("c-ana", "s3"));  // s2 is the idle one now, s1 is forgotten
    CHECK_FALSE(table.game.join("c-ana", "s1")->map);
    REQUIRE(table.game.join("c-ben", "s4"));
    CHECK(table.game.join("c-gm", "s5").error().message == "Too many active sessions");
    CHECK(table.game.join("c-gm", "s4"));
}

TEST_CASE("profiles") {
    Table table;
    CHECK(table.game.profile("c-ana", std::nullopt)->user.name == "Ana");
    CHECK_FALSE(table.game.profile("c-ana", std::nullopt)->session);
    CHECK_FALSE(table.game.profile("c-ana", "ben"));
    REQUIRE(table.game.join("c-ana", "s1"));
    REQUIRE(table.game.join("c-ben", "s1"));
    CHECK(table.game.profile("c-ana", "ben")->user.name == "Ben");
    CHECK(table.game.profile("c-ana", "ana")->session == "s1");
    CHECK_FALSE(table.game.profile("c-gm", "ben"));
}

}  // namespace dungeonlab_test
