#include "apps/dungeonlab/documents.hpp"
#include "apps/dungeonlab/states.hpp"

#include "tests/unit/apps/dungeonlab_world.hpp"
#include "tests/unit/apps/outcome.hpp"

#include <doctest/doctest.h>

namespace dungeonlab_store_test {

TEST_CASE("a state changes as a whole, against its version") {
    World world;
    auto const before = *states::of_campaign(world.database, world.campaign);
    auto const good = patch(R"([{"op":"add","path":"/pluginData/x","value":0.1}])");
    auto const after = states::update(world.database, before.id, "1", good);
    REQUIRE(after);
    CHECK(after->version == 2);
    CHECK(after->hash == states::hash_of(tree(*after)));
    CHECK(after->hash != before.hash);
    auto const late = states::update(world.database, before.id, "1", good);
    REQUIRE_FALSE(late);
    CHECK(late.error().code == "VERSION_CONFLICT");
    CHECK(late.error().current_version == "2");
    CHECK(late.error().current_hash == after->hash);
    auto const broken =
        patch(R"([{"op":"remove","path":"/pluginData/x"},{"op":"remove","path":"/none"}])");
    CHECK(states::update(world.database, before.id, "2", broken).error().code ==
          "TRANSACTION_FAILED");
    CHECK(states::find(world.database, before.id)->text == after->text);
    CHECK(states::update(world.database, "none", "2", good).error().code == "GAMESTATE_NOT_FOUND");
    CHECK(states::update(world.database, before.id, "2", Json()).error().code ==
          "VALIDATION_ERROR");
}

TEST_CASE("a conflict is answered without reading the state") {
    World world;
    auto const state = *states::of_campaign(world.database, world.campaign);
    world.database.run("ALTER TABLE dungeonlab_states RENAME COLUMN state_json TO hidden");
    auto const good = patch(R"([{"op":"add","path":"/pluginData/x","value":1}])");
    auto const late = states::update(world.database, state.id, "7", good);
    REQUIRE_FALSE(late);
    CHECK(late.error().code == "VERSION_CONFLICT");
    CHECK(late.error().current_version == "1");
    CHECK(late.error().current_hash == state.hash);
}

TEST_CASE("a state is handed out as it is kept, and kept as JavaScript prints it") {
    World world;
    auto const before = *states::of_campaign(world.database, world.campaign);
    auto const change = patch(R"([{"op":"add","path":"/pluginData","value":
        {"b": 1.50, "a": [1e21, "\u00e9\/"], "7": null}}])");
    auto const after = states::update(world.database, before.id, "1", change);
    REQUIRE(after);
    CHECK(after->text.find(R"("pluginData":{"7":null,"b":1.5,"a":[1e+21,"é/"]})") !=
          after->text.npos);
    CHECK(states::of_campaign(world.database, world.campaign)->text == after->text);
    CHECK(tree(*after).dump() == after->text);
    world.database.run("UPDATE dungeonlab_states SET state_json = 'not looked at'");
    CHECK(states::of_campaign(world.database, world.campaign)->text == "not looked at");
}

TEST_CASE("a state's hash is looked at, and mended") {
    World world;
    auto const made = *states::of_campaign(world.database, world.campaign);
    CHECK(states::check(world.database, world.campaign)->calculated == made.hash);
    world.database.run("UPDATE dungeonlab_states SET hash = 'wrong'");
    auto const wrong = *states::check(world.database, world.campaign);
    CHECK(wrong.stored == "wrong");
    CHECK(wrong.calculated == made.hash);
    CHECK(states::reset_hash(world.database, world.campaign)->hash == made.hash);
    CHECK(states::check(world.database, world.campaign)->stored == made.hash);
    CHECK(states::find(world.database, made.id)->text == made.text);
    CHECK_FALSE(states::check(world.database, "none"));
}

TEST_CASE("a hash is that of json-stable-stringify") {
    // node -e 'crypto.createHash("sha256").update(`{"10":1e+21,"9":0.1,"a":{"b":null,"é":[]}}`)'
    auto const state = patch(R"({"a":{"é":[],"b":null},"9":0.10,"10":1e21})");
    CHECK(state.canonical() == R"({"10":1e+21,"9":0.1,"a":{"b":null,"é":[]}})");
    CHECK(states::hash_of(state) ==
          "e7b4ff495914cf00f151b0353372c43fc0c0fbcd82b77515bae0ab6edcc6bdd0");
}

TEST_CASE("the state goes back to its documents, and is made anew from them") {
    World world;
    auto const made = states::reinitialize(world.database, world.campaign);
    REQUIRE(made);
    CHECK(made->version == 2);
    CHECK(tree(*made)["documents"].size() == 2);
    auto const rill = documents::search(world.database, {.ownerId = world.ana}).at(0).id;
    auto const operation = Json::object(
        {{"op", "replace"}, {"path", "/documents/" + rill + "/pluginData/level"}, {"value", 4}});
    REQUIRE(states::update(world.database, made->id, "2", Json::array({operation})));
    CHECK(states::sync(world.database, world.campaign, 7)->characters == 2);
    CHECK(documents::find(world.database, rill)->pluginData["level"] == Json(4));
    CHECK_FALSE(states::sync(world.database, "none", 7));
}

TEST_CASE("a player changes the plugins' bookkeeping and their own documents, nothing else") {
    World world;
    auto const state = *states::reinitialize(world.database, world.campaign);
    auto const character = [&](std::string const& owner) {
        return "/documents/" + documents::search(world.database, {.ownerId = owner}).at(0).id;
    };
    auto const hers = character(world.ana);
    auto const his = character(world.ben);
    auto version = state.version;
    auto const attempt = [&](Json operation) {
        auto const done =
            states::update(world.database, state.id, std::to_string(version),
                           Json::array({patch(R"({"op":"add","path":"/pluginData/n","value":1})"),
                                        std::move(operation)}),
                           world.ana);
        version = done ? done->version : version;
        return done ? "done" : done.error().code;
    };
    auto const add = [&](std::string const& path) {
        return attempt(Json::object({{"op", "add"}, {"path", path}, {"value", Json::object()}}));
    };
    auto const transfer = [&](char const* op, std::string const& from, std::string const& path) {
        return attempt(Json::object({{"op", op}, {"from", from}, {"path", path}}));
    };
    CHECK(add("/pluginData/log") == "done");
    CHECK(add(hers + "/pluginData") == "done");
    CHECK(transfer("copy", hers, "/pluginData/copy") == "done");
    for (auto const& path : {his, his + "/pluginData", std::string(), std::string("/documents"),
                             std::string("/pluginData"), std::string("/campaign/name"),
                             std::string("/currentEncounter"), std::string("/documents/made-here"),
                             std::string("/new")}) {
        CHECK_MESSAGE(add(path) == "PERMISSION_DENIED", path);
        CHECK_MESSAGE(transfer("move", path, "/pluginData/x") == "PERMISSION_DENIED", path);
        CHECK_MESSAGE(transfer("copy", path, "/pluginData/x") == "PERMISSION_DENIED", path);
        CHECK_MESSAGE(transfer("copy", hers, path) == "PERMISSION_DENIED", path);
    }
    CHECK(states::find(world.database, state.id)->version == version);
    CHECK(transfer("move", hers, "/pluginData/moved") == "done");
}

TEST_CASE("a player's documents of another campaign are not theirs here, and stay as they are") {
    World world;
    world.database.run("INSERT INTO dungeonlab_campaigns SELECT 'other', name, description, "
                       "plugin_id, game_master_id, owner_id, status, plugin_data_json, created_at "
                       "FROM dungeonlab_campaigns WHERE id = ?",
                       world.campaign);
    auto const state = *states::of_campaign(world.database, world.campaign);
    auto const place = [&](std::optional<std::string> const& campaign,
                           std::optional<std::string> const& player, std::string const& version) {
        documents::NewDocument lamp{"Lamp", "item", "p", "gear", {}, {}, campaign, {}};
        auto const id = documents::add(world.database, lamp, world.ana, 5)->id;
        auto const operation = Json::object({{"op", "add"},
                                             {"path", "/documents/" + id},
                                             {"value", Json::object({{"name", "Changed"}})}});
        auto const done =
            states::update(world.database, state.id, version, Json::array({operation}), player);
        states::sync(world.database, world.campaign, 7);
        return std::pair(done ? "done" : done.error().code,
                         documents::find(world.database, id)->name);
    };
    CHECK(place("other", world.ana, "1") ==
          std::pair<std::string, std::string>("PERMISSION_DENIED", "Lamp"));
    CHECK(place("other", {}, "1") == std::pair<std::string, std::string>("done", "Lamp"));
    CHECK(place({}, world.ana, "2") == std::pair<std::string, std::string>("done", "Lamp"));
    CHECK(place(world.campaign, world.ana, "3") ==
          std::pair<std::string, std::string>("done", "Changed"));
}

TEST_CASE("what does not fit into a document stays in the state") {
    World world;
    auto const made = *states::reinitialize(world.database, world.campaign);
    auto const rill = documents::search(world.database, {.ownerId = world.ana}).at(0).id;
    auto const grow = Json::object({{"op", "add"},
                                    {"path", "/documents/" + rill + "/pluginData/notes"},
                                    {"value", std::string(documents::max_data_bytes, 'x')}});
    REQUIRE(states::update(world.database, made.id, "2", Json::array({grow})));
    CHECK(states::sync(world.database, world.campaign, 7)->characters == 1);
    CHECK(documents::find(world.database, rill)->pluginData["notes"].is_null());
}

}  // namespace dungeonlab_store_test
