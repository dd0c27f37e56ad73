#include "apps/common/fair_die.hpp"
#include "apps/dungeonlab/dice.hpp"
#include "apps/dungeonlab/documents.hpp"
#include "apps/dungeonlab/pending_actions.hpp"
#include "apps/dungeonlab/states.hpp"

#include "tests/unit/apps/dungeonlab_world.hpp"
#include "tests/unit/apps/outcome.hpp"

#include <doctest/doctest.h>

#include <set>

namespace dungeonlab_store_test {

TEST_CASE("demo data comes once") {
    World world;
    add_demo_data(world.database, "other", 2000);
    CHECK(users::find_for_login(world.database, "gm@example.com")->second == "$y$hash");
    CHECK(campaigns::of_user(world.database, world.gm).size() == 1);
    auto const found = documents::search(world.database, {});
    REQUIRE(found.size() == 2);
    CHECK(found[0].name == "Rill");
    CHECK(found[0].ownerId == world.ana);
    auto const state = states::of_campaign(world.database, world.campaign);
    REQUIRE(state);
    CHECK(state->version == 1);
    CHECK(tree(*state)["documents"] == Json::object());
}

TEST_CASE("names and addresses are taken once, in any case") {
    World world;
    CHECK_FALSE(users::add(world.database, {"GM", "other@example.com", "h", "x"}));
    CHECK_FALSE(users::add(world.database, {"other", "Gm@Example.com", "h", "x"}));
    CHECK(users::add(world.database, {"other", "other@example.com", "h", "x"}));
}

TEST_CASE("who leads or plays may join, nobody else, and nobody after the end") {
    World world;
    auto const facts = world.directory();
    CHECK_FALSE(facts.objection({world.gm, ""}, world.session));
    CHECK_FALSE(facts.objection({world.ana, ""}, world.session));
    CHECK_FALSE(facts.objection({"admin", "", "", true}, world.session));
    CHECK(facts.objection({"cat", ""}, world.session) ==
          "Access denied: not a participant in this session");
    CHECK(facts.objection({world.gm, ""}, "none") == "Session not found");
    CHECK(facts.leads({world.gm, ""}, world.session));
    CHECK_FALSE(facts.leads({world.ana, ""}, world.session));
    campaigns::set_status(world.database, world.session, "ended");
    CHECK(world.directory().objection({world.gm, ""}, world.session));
}

TEST_CASE("members of a campaign are its game master and its players, each once") {
    World world;
    auto facts = world.directory();
    using Ids = std::multiset<std::string>;
    auto const members = [&] {
        auto const list = facts.members_of(world.campaign);
        return Ids(list.begin(), list.end());
    };
    CHECK(members() == Ids{world.gm, world.ana, world.ben});
    facts.put_character("second", {"Second", world.campaign, world.ana});
    facts.put_character("second", {"Renamed", world.campaign, world.ana});
    facts.put_character("own", {"Own", world.campaign, world.gm});
    CHECK(members() == Ids{world.gm, world.ana, world.ben});
    facts.remove_document(documents::search(world.database, {.ownerId = world.ana}).at(0).id);
    CHECK(facts.is_player(world.ana, world.campaign));
    facts.remove_document("second");
    facts.remove_document("second");
    CHECK_FALSE(facts.is_player(world.ana, world.campaign));
    CHECK(members() == Ids{world.gm, world.ben});
    CHECK(facts.members_of("none").empty());
}

TEST_CASE("who plays a character is found by its name, in its campaign only") {
    World world;
    auto facts = world.directory();
    CHECK(facts.plays(world.ana, world.campaign, "Rill"));
    CHECK_FALSE(facts.plays(world.ana, world.campaign, "rill"));
    CHECK_FALSE(facts.plays(world.ana, world.campaign, "Tove"));
    CHECK_FALSE(facts.plays(world.gm, world.campaign, "Rill"));
    CHECK_FALSE(facts.plays(world.ana, "none", "Rill"));
    facts.put_character("second", {"Second", world.campaign, world.ana});
    CHECK(facts.plays(world.ana, world.campaign, "Second"));
    facts.put_character("second", {"Renamed", world.campaign, world.ana});
    CHECK_FALSE(facts.plays(world.ana, world.campaign, "Second"));
    facts.remove_document("second");
    CHECK_FALSE(facts.plays(world.ana, world.campaign, "Renamed"));
    CHECK(facts.plays(world.ana, world.campaign, "Rill"));
}

TEST_CASE("names of people and documents have no control characters") {
    World world;
    auto const named = [&](char const* name) {
        return users::change(world.database, world.ana, Json::object({{"displayName", name}}))
            ->displayName;
    };
    CHECK(named("Ana B") == "Ana B");
    CHECK(named("Mo\u202E") == "Ana B");
    CHECK(documents::is_name(std::string(documents::max_name_bytes, 'x')));
    CHECK_FALSE(documents::is_name(std::string(documents::max_name_bytes + 1, 'x')));
    CHECK_FALSE(documents::is_name(""));
    CHECK_FALSE(documents::is_name("Rill\n"));
    auto const rill = documents::search(world.database, {.ownerId = world.ana}).at(0).id;
    auto const renamed =
        documents::change(world.database, rill, Json::object({{"name", "Ril\u2066l"}}), 7);
    CHECK(renamed.error().message == "Invalid document");
    CHECK(documents::change(world.database, rill, Json::object({{"name", ""}}), 7)->name == "Rill");
}

TEST_CASE("who loses their character loses the table") {
    World world;
    auto facts = world.directory();
    auto const found = documents::search(world.database, {.ownerId = world.ana});
    facts.remove_document(found.at(0).id);
    CHECK(facts.objection({world.ana, ""}, world.session));
    documents::remove(world.database, found.at(0).id);
    CHECK(campaigns::of_user(world.database, world.ana).empty());
}

TEST_CASE("documents are found by their fields, and LIKE's signs are ordinary") {
    World world;
    documents::NewDocument item{"100% _\\", "item", "p", "gear", {}, {}, {}, {}};
    auto const made = *documents::add(world.database, item, world.ana, 5);
    CHECK(made.slug == "100-");
    CHECK(documents::search(world.database, {.name = "% _\\"}).size() == 1);
    CHECK(documents::search(world.database, {.name = "%l"}).empty());
    CHECK(documents::search(world.database, {.name = "rIL"}).size() == 1);
    CHECK(documents::search(world.database, {.limit = 1, .offset = 1}).size() == 1);
    CHECK(documents::search(world.database, {.limit = -5}).empty());
    auto const data = Json::object(
        {{"pluginData", Json::object({{"x", 0.1}})}, {"ownerId", world.ben}, {"name", ""}});
    auto const changed = documents::change(world.database, made.id, data, 9);
    CHECK(changed->pluginData["x"] == Json(0.1));
    CHECK(changed->ownerId == world.ana);
    CHECK(changed->name == "100% _\\");
    item.documentType = "spy";
    CHECK_THROWS_AS(documents::add(world.database, item, world.ana, 5), apps::store::StoreError);
}

TEST_CASE("a search reads in the order of its answers, and passes by so many documents at most") {
    World world;
    auto query = world.database.query(std::string("EXPLAIN QUERY PLAN ") + documents::search_sql);
    bool in_order = false;
    while (query.step()) {
        auto const step = query.text(3);
        CHECK_MESSAGE(step.find("TEMP B-TREE") == step.npos, step);
        in_order |= step.find("USING COVERING INDEX dungeonlab_documents_order") != step.npos;
    }
    CHECK(in_order);
    world.database.run("WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT ?) "
                       "INSERT INTO dungeonlab_documents SELECT i, slug, 'z', document_type, "
                       "plugin_id, plugin_document_type, '{}', '{}', '{}', '{}', owner_id, "
                       "created_by, campaign_id, 1, 1 FROM n, dungeonlab_documents WHERE name = ?",
                       documents::max_offset, "Rill");
    auto const behind = [&](int offset) {
        return documents::search(world.database, {.offset = offset}).size();
    };
    CHECK(behind(documents::max_offset) == 2);
    CHECK(behind(documents::max_offset + 1) == 0);
}

TEST_CASE("a document stays below its bytes, however it is changed") {
    World world;
    auto const id = documents::search(world.database, {.ownerId = world.ana}).at(0).id;
    auto const text = [](std::size_t bytes) {
        return Json::object({{"t", std::string(bytes, 'x')}});
    };
    auto const change = [&](Json data) {
        auto const changed = documents::change(world.database, id, data, 9);
        return changed ? std::string() : changed.error().message;
    };
    constexpr auto half = documents::max_data_bytes / 2;
    CHECK(change(Json::object({{"pluginData", text(half)}})) == "");
    CHECK(change(Json::object({{"state", text(half)}})) == "The document would become too large");
    CHECK(change(Json::object({{"state", text(half)}, {"pluginData", text(9)}})) == "");
    CHECK(change(Json::object({{"itemState", text(half - 500)}})) == "");
    CHECK(change(Json::object({{"userData", text(500)}, {"name", "unseen"}})) ==
          "The document would become too large");
    CHECK(documents::find(world.database, id)->name == "Rill");
    // What was stored before there was the limit may shrink.
    world.database.run("UPDATE dungeonlab_documents SET user_data_json = ? WHERE id = ?",
                       text(4 * half).dump(), id);
    CHECK(change(Json::object({{"userData", text(3 * half)}})) == "");
    CHECK(change(Json::object({{"userData", text(3 * half + 1)}})) ==
          "The document would become too large");
    std::string const longest(documents::max_name_bytes, 'n');
    CHECK(change(Json::object({{"name", longest}, {"slug", longest}})) == "");
    CHECK(change(Json::object({{"name", longest + "n"}})) == "Invalid document");
    CHECK(change(Json::object({{"slug", longest + "n"}})) == "Invalid document");
    CHECK(documents::change(world.database, "none", text(1), 9).error().message ==
          "Document not found");
}

TEST_CASE("a person owns so many documents, and so many characters in a campaign") {
    World world;
    documents::NewDocument wanted{"x", "character", "p", "c", {}, {}, world.campaign, {}};
    auto const fill = [&](std::size_t from, std::size_t to) {
        while (from < to) {
            from += documents::add(world.database, wanted, world.ana, 5) ? 1 : to;
        }
        return from == to;
    };
    auto const refusal = [&] {
        auto const made = documents::add(world.database, wanted, world.ana, 5);
        return made ? std::string() : made.error().message;
    };
    CHECK(fill(1, documents::max_characters));  // Rill is the first
    CHECK(refusal() == "Too many characters");
    wanted.documentType = "item";
    CHECK(fill(documents::max_characters, documents::max_of_owner));
    CHECK(refusal() == "Too many documents");
    wanted.ownerId = world.ben;  // whoever makes them
    CHECK(refusal() == "");
    documents::remove(world.database,
                      documents::search(world.database, {.ownerId = world.ana}).at(0).id);
    wanted.ownerId = world.ana;
    CHECK(refusal() == "");
}

TEST_CASE("a campaign has so many sessions; the oldest that has ended makes place") {
    World world;
    auto const open = [&](std::int64_t now) {
        return campaigns::add_session(world.database, world.campaign, world.gm, "x", "active", now);
    };
    auto const is_there = [&](std::string const& id) {
        return campaigns::find_session(world.database, id).has_value();
    };
    std::vector<std::string> made{world.session};
    while (made.size() < campaigns::max_sessions) {
        auto const opening = open(2000 + static_cast<std::int64_t>(made.size()));
        REQUIRE(opening.made);
        CHECK_FALSE(opening.gone);
        made.push_back(opening.made->id);
    }
    CHECK_FALSE(open(3000).made);  // all are open
    for (std::size_t const i : {7, 5, 9}) {
        campaigns::set_status(world.database, made[i], "ended");
    }
    campaigns::add_line(world.database, {made[5], world.ana, "session", made[5], "hi", "{}", 1});
    auto const opening = open(3001);
    CHECK(opening.made);
    CHECK(opening.gone == made[5]);
    CHECK_FALSE(is_there(made[5]));
    CHECK(is_there(made[7]));
    CHECK(campaigns::history(world.database, made[5], 9) == Json::array());
    CHECK(open(3002).gone == made[7]);
    CHECK(open(3003).gone == made[9]);
    auto const full = open(3004);
    CHECK_FALSE(full.made);
    CHECK_FALSE(full.gone);
    CHECK(campaigns::sessions_of_user(world.database, world.gm, {}, {}).size() ==
          campaigns::max_sessions);
}

TEST_CASE("an answer's characters are shared out among their owners") {
    World world;
    documents::NewDocument pc{"", "character", "p", "c", {}, {}, world.campaign, world.ana};
    auto const add = [&](std::string const& name, std::size_t bytes) {
        pc.name = name;
        pc.pluginData = Json::object({{"t", std::string(bytes, 'x')}});
        REQUIRE(documents::add(world.database, pc, world.gm, 5));
    };
    auto const names = [&](std::size_t bytes) {
        std::string list;
        for (auto const& one : documents::characters(world.database, world.campaign, bytes)) {
            list += one.name + " ";
        }
        return list;
    };
    for (auto const* name : {"A", "B", "C", "D", "E", "F"}) {
        add(name, 200 * 1024);  // of Ana, all before her Rill
    }
    CHECK(names(documents::max_found_bytes) == "A B C D E Tove ");
    pc.ownerId = world.ben;
    for (auto const* name : {"Za", "Zb", "Zc"}) {
        add(name, 100 * 1024);
    }
    CHECK(names(documents::max_found_bytes) == "A B C Tove Za Zb Zc ");
    CHECK(names(3000) == "Tove ");
    CHECK(names(0) == "Tove ");  // never none
    CHECK(names(100 * documents::max_found_bytes) == "A B C D E F Rill Tove Za Zb Zc ");
    CHECK(documents::characters(world.database, "none").empty());
    // Exactly what both have, and a byte less.
    auto sizes = world.database.query(
        "SELECT SUM(512 + bytes) FROM dungeonlab_documents WHERE name = 'Tove' OR name = 'Za'");
    sizes.step();
    auto const both = static_cast<std::size_t>(sizes.integer(0));
    CHECK(names(both) == "Tove Za ");
    CHECK(names(both - 1) == "Tove ");
}

TEST_CASE("all sessions of a list have no more of characters than one alone") {
    World world;
    documents::NewDocument pc{"Big", "character", "p", "c", {}, {}, world.campaign, world.ben};
    pc.pluginData = Json::object({{"t", std::string(documents::max_data_bytes / 2, 'x')}});
    while (documents::characters(world.database, world.campaign).size() < 6) {
        REQUIRE(documents::add(world.database, pc, world.gm, 5));
    }
    auto const session = *campaigns::find_session(world.database, world.session);
    auto const one = campaigns::full_sessions(world.database, {{session, {world.ana, "none"}}});
    REQUIRE(one.size() == 1);
    CHECK(one[0]["characters"].size() == 6);
    CHECK(one[0]["participants"].size() == 1);
    CHECK(one[0]["campaign"]["name"] == Json("The Amber Road"));
    std::vector<campaigns::Seated> const many(20, {session, {}});
    auto const list = campaigns::full_sessions(world.database, many);
    REQUIRE(list.size() == 20);
    CHECK(list[19]["characters"].size() == 1);
    CHECK(list[19]["characters"][0]["name"] == Json("Rill"));
    CHECK(campaigns::full_sessions(world.database, {}).empty());
}

TEST_CASE("of a session so many lines are kept") {
    World world;
    auto const other =
        *campaigns::add_session(world.database, world.campaign, world.gm, "x", "active", 5).made;
    auto const say = [&](std::string const& session, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            campaigns::add_line(world.database,
                                {session, world.ana, i % 2 == 0 ? "session" : "user", session,
                                 std::to_string(i), "{}", 5});
        }
    };
    auto const kept = [&](std::string const& session) {
        auto query = world.database.query("SELECT COUNT(*), MIN(CAST(text AS INTEGER)) "
                                          "FROM dungeonlab_messages WHERE session_id = ?");
        query.bind(session).step();
        return std::pair(query.integer(0), query.integer(1));
    };
    constexpr std::int64_t most = campaigns::max_lines;
    say(other.id, 2);
    say(world.session, campaigns::max_lines);
    CHECK(kept(world.session) == std::pair(most, std::int64_t{0}));
    say(other.id, 1);
    CHECK(kept(world.session).first == most);
    say(world.session, campaigns::max_lines);
    CHECK(kept(world.session) == std::pair(most, std::int64_t{0}));
    campaigns::add_line(world.database,
                        {world.session, world.ana, "user", world.ben, "9999", "{}", 5});
    CHECK(kept(world.session) == std::pair(most, std::int64_t{1}));
    CHECK(kept(other.id).first == 3);
}

TEST_CASE("a search ends after so many bytes, and passes by what one may not see") {
    World world;
    auto const data = Json::object({{"t", std::string(200 * 1024, 'x')}});
    documents::NewDocument item{"a", "item", "p", "gear", data, {}, {}, {}};
    for (int i = 0; i < 7; ++i) {
        REQUIRE(documents::add(world.database, item, world.ana, 5));
    }
    documents::Search wanted{.documentType = "item"};
    CHECK(documents::search(world.database, wanted).size() == 5);
    wanted.offset = 5;
    CHECK(documents::search(world.database, wanted).size() == 2);
    world.database.run("UPDATE dungeonlab_documents SET campaign_id = ? WHERE name = 'a'",
                       world.campaign);
    item.name = "b";
    REQUIRE(documents::add(world.database, item, world.ben, 5));
    auto const eve = users::add(world.database, {"eve", "eve@example.com", "h", "Eve"})->id;
    auto const seen = documents::search(world.database, {}, eve);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].name == "b");
    for (auto const& member : {world.gm, world.ben}) {
        CHECK(documents::search(world.database, {.documentType = "item"}, member).size() == 5);
    }
    // One that is larger than a whole answer is found all the same.
    world.database.run("UPDATE dungeonlab_documents SET state_json = ? WHERE name = 'b'",
                       Json::object({{"t", std::string(2'000'000, 'x')}}).dump());
    CHECK(documents::search(world.database, {.name = "b"}, eve).size() == 1);
}

TEST_CASE("a person is known without their preferences") {
    World world;
    world.database.run("ALTER TABLE dungeonlab_users RENAME COLUMN preferences_json TO hidden");
    world.database.run("ALTER TABLE dungeonlab_users RENAME COLUMN profile_json TO hidden_too");
    auto const ana = users::find_user(world.database, world.ana);
    REQUIRE(ana);
    CHECK(ana->name == "Ana");
    CHECK(ana->username == "ana");
    CHECK_FALSE(ana->is_admin);
    CHECK_FALSE(users::find_user(world.database, "none"));
}

TEST_CASE("history ends after so many bytes") {
    World world;
    auto const metadata = Json::object({{"t", std::string(300 * 1024, 'x')}}).dump();
    for (int i = 0; i < 5; ++i) {
        campaigns::add_line(world.database, {world.session, world.ana, "session", world.session,
                                             std::to_string(i), metadata, i});
    }
    auto const lines = campaigns::history(world.database, world.session, 200);
    REQUIRE(lines.size() == 3);
    CHECK(lines[2]["message"] == Json("4"));
}

TEST_CASE("history is what was said to all, oldest first") {
    World world;
    for (int i = 0; i < 3; ++i) {
        campaigns::add_line(world.database, {world.session, world.ana, "session", world.session,
                                             std::to_string(i), "{}", i});
    }
    campaigns::add_line(world.database,
                        {world.session, world.ana, "user", world.ben, "psst", "{}", 4});
    auto const lines = campaigns::history(world.database, world.session, 2);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0]["message"] == Json("1"));
    CHECK(lines[1]["message"] == Json("2"));
}

TEST_CASE("an action is resolved once") {
    PendingActions pending;
    Json got;
    auto const resolve = [&](Json value) { got = std::move(value); };
    CHECK(pending.add("s", "r", resolve));
    CHECK_FALSE(pending.add("s", "r", resolve));
    CHECK(pending.add("t", "r", resolve));
    auto const first = pending.take("s", "r");
    REQUIRE(first);
    (*first)(Json(1));
    CHECK(got == Json(1));
    CHECK_FALSE(pending.take("s", "r"));
    for (std::size_t i = 0; i < PendingActions::max_pending; ++i) {
        pending.add("u", std::to_string(i), resolve);
    }
    CHECK_FALSE(pending.add("u", "one more", resolve));
}

TEST_CASE("dice show what they can, all of it") {
    std::set<int> seen;
    for (int i = 0; i < 500; ++i) {
        seen.insert(apps::common::fair_die(6));
    }
    CHECK(seen == std::set<int>{1, 2, 3, 4, 5, 6});
    CHECK(apps::common::fair_die(1) == 1);
    auto const rolled = roll({20, 3}, [n = 0](int) mutable { return ++n; });
    CHECK(rolled.results == std::vector<int>{1, 2, 3});
    CHECK(parse_formula("4d6-1")->modifier == -1);
    CHECK(parse_formula("d20")->quantity == 1);
    CHECK_FALSE(can_roll({0, 1}));
    CHECK_FALSE(can_roll({6, max_dice + 1}));
}

}  // namespace dungeonlab_store_test
