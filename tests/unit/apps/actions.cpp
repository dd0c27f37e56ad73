#include "apps/dungeonlab/dungeonlab.hpp"

#include "tests/unit/apps/outcome.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace actions_test {

using namespace apps::dungeonlab;

namespace {

DungeonLab table() {
    DungeonLab game([] { return 1; }, [](User const&, std::string_view) { return std::nullopt; });
    game.connect("c", {"ana", "Ana"});
    return game;
}

bool rolls(DungeonLab const& game, std::string const& formula) {
    Action action;
    action.type = "roll-dice";
    action.formula = formula;
    return !game.objection("c", action);
}

}  // namespace

TEST_CASE("actions need a session and a type") {
    auto game = table();
    Action action;
    action.type = "wave";
    CHECK(game.objection("c", action) == "Not in a game session");
    CHECK(game.objection("nobody", action) == "Not in a game session");
    REQUIRE(game.join("c", "s1"));
    CHECK_FALSE(game.objection("c", action));
    action.session = "s2";
    CHECK(game.objection("c", action) == "Not a member of this session");
    action.session = "s1";
    action.type = "";
    CHECK(game.objection("c", action) == "Action type is required");
}

TEST_CASE("dice formulas") {
    auto game = table();
    REQUIRE(game.join("c", "s1"));
    for (auto const* good : {"d20", "2d6", "1d8+3", "100d1000-1"}) {
        CHECK_MESSAGE(rolls(game, good), good);
    }
    for (auto const* bad : {"", "d", "2", "0d6", "101d6", "2d0", "2d6+", "2d6+0", "2d6x", "-1d6",
                            "99999999999999999999d6", "2d6+1+1"}) {
        CHECK_MESSAGE(!rolls(game, bad), bad);
    }
}

TEST_CASE("moves need a sane position") {
    auto game = table();
    REQUIRE(game.join("c", "s1"));
    Action action;
    action.type = "move-token";
    CHECK(game.objection("c", action) == "Invalid position");
    action.x = 1.5;
    action.y = -3;
    CHECK_FALSE(game.objection("c", action));
    action.y = std::numeric_limits<double>::infinity();
    CHECK(game.objection("c", action) == "Invalid position");
    action.y = 1e9;
    CHECK(game.objection("c", action) == "Invalid position");
}

TEST_CASE("chat as an action needs content") {
    auto game = table();
    REQUIRE(game.join("c", "s1"));
    Action action;
    action.type = "chat";
    CHECK(game.objection("c", action) == "Chat message is empty");
    action.content = "hello";
    CHECK_FALSE(game.objection("c", action));
}

}  // namespace actions_test
