#include "apps/common/turnstile.hpp"
#include "apps/eliza/desk.hpp"
#include "apps/eliza/presence.hpp"
#include "apps/eliza/read_turns.hpp"
#include "apps/eliza/views.hpp"
#include "socketio/json_codec.hpp"
#include "socketio/task.hpp"
#include "tests/unit/apps/eliza_lobby.hpp"
#include "tests/unit/apps/outcome.hpp"

#include <doctest/doctest.h>

// What people can make ElizaOS keep, read and answer has bounds.

namespace eliza_test {

namespace {

// A shard whose turns are taken on this thread, until nothing is left to do.
class TurnTaker final : public engineio::net::Shard {
public:
    TurnTaker() : Shard(0, {}) {}
    void wake() override { awake_ = true; }
    template <class F>
    void now(F const& action) {
        {
            Turn const turn(*this, {});
            action();
        }
        while (std::exchange(awake_, false)) {
            Turn const turn(*this, {});
            run_posted();
        }
    }

private:
    bool awake_ = false;
};

}  // namespace

TEST_CASE("what is kept is bounded") {
    Policy policy;
    policy.limits.messages_per_channel = 3;
    policy.limits.channels = 2;
    Lobby lobby(policy);
    REQUIRE(lobby.rules().join(lobby.seed_join(lobby.ana)));
    auto statement = lobby.line(lobby.ana, "x");
    statement.channel = uuid(2);
    for (int i = 0; i < 5; ++i) {
        REQUIRE(lobby.rules().say(statement));
    }
    CHECK(lobby.rules().messages(uuid(2), {}, "")->size() == 3);
    // The silent room makes place for another, though it was touched last.
    statement.channel = uuid(3);
    REQUIRE(lobby.rules().join(lobby.seed_join(lobby.ben)));
    REQUIRE(lobby.rules().say(statement));
    CHECK(lobby.rules().channel(lobby.room, "").error().status == 404);
    CHECK(lobby.rules().channel(uuid(2), ""));
}

TEST_CASE("channels that nobody is in make place, the longest silent first") {
    std::string used;
    Policy policy;
    policy.limits.channels = 2;
    policy.in_use = [&](std::string const& id) { return used.find(id) != std::string::npos; };
    Lobby lobby(policy);
    auto const speak = [&](int channel, int times) {
        auto statement = lobby.line(lobby.ana, "x");
        statement.channel = uuid(channel);
        bool kept = true;
        for (int i = 0; i < times; ++i) {
            kept = kept && lobby.rules().say(statement).has_value();
        }
        return kept;
    };
    auto const has = [&](int channel) {
        return lobby.rules().channel(uuid(channel), "").has_value();
    };
    CHECK(speak(1, 3));
    CHECK(speak(2, 1));
    CHECK(speak(3, 3));  // for 2, where one line was said
    CHECK(has(1));
    CHECK_FALSE(has(2));
    used = uuid(1);
    CHECK(speak(4, 3));  // for 3, as somebody is in 1
    CHECK(has(1));
    CHECK_FALSE(has(3));
    CHECK(speak(5, 1));
    CHECK_FALSE(has(4));
    used += uuid(5);
    CHECK_FALSE(speak(6, 1));
    auto statement = lobby.line(lobby.ana, "x");
    statement.channel = uuid(6);
    CHECK(lobby.rules().say(statement).error().status == 409);
    CHECK(has(1));
    CHECK(has(5));
}

TEST_CASE("a name is kept as long as its owner takes part somewhere") {
    Policy policy;
    policy.limits.channels = 2;
    Lobby lobby(policy);
    auto const names = [&] {
        auto query = lobby.database.query("SELECT group_concat(name) FROM "
                                          "(SELECT name FROM eliza_entities ORDER BY name)");
        query.step();
        return query.text(0);
    };
    auto const come = [&](std::string const& channel, std::string const& who, char const* name) {
        auto entrance = lobby.seed_join(who);
        entrance.channel = channel;
        entrance.name = name;
        REQUIRE(lobby.rules().join(entrance));
    };
    come(uuid(1), lobby.ana, "Ana");
    come(uuid(1), lobby.ben, "Ben");
    come(uuid(2), lobby.ana, "Ana");
    come(uuid(2), uuid(13), "Cy");
    ChannelChange change;
    change.participants = {uuid(13), lobby.ana, uuid(13)};
    REQUIRE(lobby.rules().change_channel(uuid(2), change, ""));
    CHECK(*lobby.rules().participants(uuid(2), "") == std::vector{uuid(13), lobby.ana});
    CHECK(names() == "Ana,Ben,Cy");
    SUBCASE("not when it is taken out") {
        change.participants = {lobby.ana};
        REQUIRE(lobby.rules().change_channel(uuid(1), change, ""));
        CHECK(names() == "Ana,Cy");
    }
    SUBCASE("not when the channel is removed") {
        REQUIRE(lobby.rules().remove_channel(uuid(2), ""));
        lobby.sweep();
        CHECK(names() == "Ana,Ben");
    }
    SUBCASE("not when the channel makes place") {
        come(uuid(3), uuid(14), "Di");
        lobby.sweep();
        CHECK(names() == "Ana,Cy,Di");
    }
    SUBCASE("not when the server is removed") {
        auto const server = lobby.rules().make_server("S", "", Json::object());
        auto entrance = lobby.seed_join(uuid(15));
        entrance.channel = uuid(4);
        entrance.server = server->id;
        REQUIRE(lobby.rules().join(entrance));
        lobby.sweep();
        CHECK(names() == "Ana,Cy,Somebody");
        REQUIRE(lobby.rules().remove_server(server->id));
        lobby.sweep();
        CHECK(names() == "Ana,Cy");
    }
}

namespace {

// Under an id of an old message, and before the old ones are deleted.
void speak_again_and_sweep(Lobby& lobby, Statement statement) {
    auto const* const messages = "SELECT count(*) FROM eliza_messages";
    statement.client_id = "7";
    statement.sender = statement.self = lobby.ana;
    statement.text = "new";
    auto const said = lobby.rules().say(statement);
    REQUIRE(said);
    CHECK_FALSE(said->repeated);
    CHECK(lobby.rules().messages(lobby.room, {}, "")->size() == 1);
    CHECK(*lobby.rules().participants(lobby.room, "") == std::vector{lobby.ana});
    auto left = lobby.number(messages);
    int pieces = 0;
    for (; lobby.rules().sweep(); ++pieces) {
        CHECK(left - lobby.number(messages) <= 200);
        left = lobby.number(messages);
    }
    CHECK(pieces >= 3);
    CHECK(left == 1);
    CHECK(lobby.rules().messages(lobby.room, {}, "")->size() == 1);
    CHECK(lobby.number("SELECT bytes FROM eliza_total") ==
          lobby.number("SELECT sum(bytes) FROM eliza_messages") + 256);
    CHECK(lobby.number("SELECT count(*) FROM eliza_channels") == 1);
    CHECK(lobby.number("SELECT messages FROM eliza_channels") == 1);
    REQUIRE(lobby.rules().remove_channel(lobby.room, ""));
    lobby.sweep();
    CHECK(lobby.number("SELECT bytes FROM eliza_total") == 0);
}

}  // namespace

TEST_CASE("what is removed is out of sight at once, and is deleted in pieces") {
    Policy policy;
    policy.limits.channels = 3;
    Lobby lobby(policy);
    auto const server = lobby.rules().make_server("S", "", Json::object());
    auto statement = lobby.line(lobby.ana, "old");
    statement.server = server->id;
    statement.client_id = "0";
    std::string last;
    for (int i = 0; i < 500; ++i) {
        last = lobby.rules().say(statement)->message.id;
        statement.client_id = std::to_string(i + 1);
    }
    auto const kept = [&] { return lobby.number("SELECT count(*) FROM eliza_messages"); };
    auto const before = lobby.database.effort().steps;
    bool revived = true;
    SUBCASE("with its channel") {
        REQUIRE(lobby.rules().remove_channel(lobby.room, ""));
    }
    SUBCASE("with its server") {
        REQUIRE(lobby.rules().remove_server(server->id));
        statement.server = default_server_id;
        CHECK(lobby.rules().servers().size() == 1);
    }
    SUBCASE("by clearing the channel") {
        CHECK(*lobby.rules().clear(lobby.room, "") == 500);
        CHECK(*lobby.rules().clear(lobby.room, "") == 0);
        revived = false;
    }
    SUBCASE("as its channel makes place") {
        for (int i = 2; i < 5; ++i) {
            auto other = lobby.line(lobby.ben, "x");
            other.channel = uuid(i);
            for (int times = 0; times < 3; ++times) {
                REQUIRE(lobby.rules().say(other));
            }
        }
        for (int i = 2; i < 5; ++i) {
            REQUIRE(lobby.rules().remove_channel(uuid(i), ""));
        }
    }
    CHECK(lobby.database.effort().steps - before < 20'000);
    CHECK(kept() >= 500);
    CHECK(lobby.rules().message(last, "").error().status == 404);
    if (revived) {
        CHECK(lobby.rules().channel(lobby.room, "").error().status == 404);
        CHECK(lobby.rules().channels(default_server_id, "")->empty());
        CHECK(lobby.rules().world(std::nullopt, "")->rooms.empty());
    }
    speak_again_and_sweep(lobby, statement);
}

TEST_CASE("channels are not made and removed faster than they are deleted") {
    Policy policy;
    policy.limits.channels = 5;
    Lobby lobby(policy);
    for (int i = 0; i < 100; ++i) {
        lobby.group({lobby.ana});
    }
    CHECK(lobby.number("SELECT count(*) FROM eliza_channels") <= 6);
}

TEST_CASE("a file of a program that counted nothing is counted, and loses names nobody has") {
    apps::store::Database database(":memory:");
    apps::store::migrate(database, {schema.system, schema.steps.first(2)});
    database.script(
        "INSERT INTO eliza_servers VALUES ('s', 'S', '', '{}', 0, 0);"
        "INSERT INTO eliza_channels VALUES "
        "('c', 's', 'C', 'GROUP', '', '{}', 0, 0, 2), ('d', 's', 'D', 'DM', '', '{}', 0, 0, 0);"
        "INSERT INTO eliza_participants (channel_id, entity_id) VALUES ('c', 'ana');"
        "INSERT INTO eliza_entities VALUES ('ana', 'Ana'), ('ben', 'Ben');"
        "INSERT INTO eliza_messages VALUES "
        "(1, '1', 'c', 'ana', 'Ana', 'Grüße', 'x', NULL, NULL, '{}', 1, 1),"
        "(2, '2', 'c', 'ana', 'Ana', '', '', 'y', NULL, '{}', 2, 2);");
    apps::store::migrate(database, schema);
    Archive archive(database);
    CHECK(archive.bytes() == 256 + (512 + 3 + 7 + 1 + 2) + (512 + 3 + 2));
    CHECK(archive.named_participants("c")[0].name == "Ana");
    auto query = database.query("SELECT count(*) FROM eliza_entities");
    CHECK((query.step() && query.integer(0) == 1));
    auto makers = database.query("SELECT * FROM eliza_makers");
    REQUIRE(makers.step());
    CHECK(makers.text(0).empty());
    CHECK(makers.integer(1) == 2);
    CHECK(makers.integer(2) == static_cast<std::int64_t>(archive.bytes()));
    CHECK(archive.makers_of_channels(1).empty());
    CHECK(archive.clear("c") == 2);
    while (archive.sweep(1)) {
    }
    CHECK(archive.bytes() == 256);
}

TEST_CASE("leftovers are deleted by the store's thread, also those of the run before") {
    Lobby lobby;
    auto const before = lobby.group({lobby.ana});
    apps::store::StoreThread store(":memory:");
    apps::store::migrate(store.database(), schema);
    {
        Eliza rules(store.database(), lobby.clock, lobby.ids, lobby.policy);
        rules.begin({});
        for (int room = 0; room < 3; ++room) {
            auto statement = lobby.line(lobby.ana, "x");
            statement.channel = uuid(room);
            for (int i = 0; i < 300; ++i) {
                REQUIRE(rules.say(statement));
            }
        }
        REQUIRE(rules.remove_channel(uuid(0), ""));  // and the program was ended
    }
    Desk desk(store, lobby.clock, lobby.ids, lobby.policy);
    desk.begin({});
    store.start();
    auto const count = [&](std::string const& what) {
        return store.wait([&](apps::store::Database& database) {
            auto query = database.query("SELECT count(*) FROM " + what);
            return query.step() ? query.integer(0) : -1;
        });
    };
    while (count("eliza_channels") == 3) {
    }
    CHECK(count("eliza_messages") == 600);
    TurnTaker loop;
    auto const remove = [&]() -> socketio::Task<void> {
        auto work = [](Eliza& rules) { return rules.remove_channel(uuid(1), ""); };
        (void)co_await desk.ask(std::move(work));
    };
    loop.now([&] { socketio::spawn(remove()); });
    while (count("eliza_channels") == 2) {
    }
    CHECK(count("eliza_messages") == 300);
    store.stop();
    loop.now([] {});
}

TEST_CASE("all that is said has a sum, and who takes the most loses the oldest of it") {
    Policy policy;
    policy.limits.kept_bytes = 300'000;
    Lobby lobby(policy);
    auto const speak = [&](int channel, std::size_t bytes) {
        auto statement = lobby.line(lobby.ana, std::string(bytes, 'x'));
        statement.channel = uuid(channel);
        return lobby.rules().say(statement).has_value();
    };
    auto const size = [&](int channel) {
        return lobby.rules().messages(uuid(channel), {200, {}, {}}, "")->size();
    };
    auto const sum = [&] {
        return lobby.number("SELECT sum(bytes) FROM eliza_messages") +
               256 * lobby.number("SELECT count(*) FROM eliza_participants");
    };
    for (int i = 0; i < 30; ++i) {
        REQUIRE(speak(1, 100));
    }
    for (int i = 0; i < 200; ++i) {
        REQUIRE(speak(2 + i % 2, 20'000));
        REQUIRE(sum() <= 300'000);
    }
    CHECK(sum() == lobby.number("SELECT bytes FROM eliza_total"));
    CHECK(size(1) == 30);
    CHECK(size(2) + size(3) >= 1);
    CHECK(speak(4, 60'000));
    SUBCASE("people count as well") {
        std::vector<std::string> crowd;
        for (int i = 0; i < 250; ++i) {
            crowd.push_back(uuid(1000 + i));
        }
        for (int i = 0; i < 4; ++i) {
            lobby.group(crowd);
            REQUIRE(sum() <= 300'000);
        }
        NewChannel wanted;
        wanted.name = "Group";
        wanted.participants = crowd;
        CHECK(lobby.rules().make_channel(wanted, lobby.ana).error().status == 409);
        CHECK(lobby.rules().say(lobby.line(lobby.ana, std::string(60'000, 'x'))).error().status ==
              409);
        Message answer;
        answer.channel_id = lobby.room;
        answer.author_id = lobby.agent;
        answer.content = std::string(60'000, 'x');
        CHECK(lobby.rules().submit(answer, "").error().status == 409);
    }
    SUBCASE("of a file that was larger, in pieces") {
        lobby.policy.limits.kept_bytes = 70'000;
        CHECK(lobby.sweep() >= 1);
        CHECK(sum() <= 70'000);
        CHECK(speak(1, 100));
    }
}

TEST_CASE("a channel is in use as long as somebody stays") {
    Presence presence;
    auto first = presence.stay("a");
    auto second = presence.stay("a");
    first.reset();
    CHECK(presence.has("a"));
    CHECK_FALSE(presence.has("b"));
    second.reset();
    CHECK_FALSE(presence.has("a"));
}

TEST_CASE("answers are bounded in bytes, whatever people keep in messages and channels") {
    Policy policy;
    policy.limits.answer_bytes = 256 * 1024;
    Lobby lobby(policy);
    auto const metadata = Json::object({{"a", Json(Json::Array(4000, Json(0)))}});
    for (int room = 0; room < 5; ++room) {
        NewChannel wanted;
        wanted.name = "Full";
        wanted.metadata = metadata;
        auto const channel = lobby.rules().make_channel(wanted, lobby.ana);
        REQUIRE(channel);
        for (int i = 0; i < 5; ++i) {
            auto statement = lobby.line(lobby.ana, std::string(10'000, '\1'));
            statement.channel = channel->id;
            statement.metadata = metadata;
            REQUIRE(lobby.rules().say(statement));
        }
    }
    REQUIRE(lobby.rules().say(lobby.line(lobby.ben, "hello")));
    auto const most = policy.limits.answer_bytes;
    auto const world = lobby.rules().world(std::nullopt, "");
    auto const text = socketio::to_json(state_of(*world)).dump();
    CHECK(text.size() <= most);
    CHECK(world->rooms.size() == 6);
    CHECK(world->rooms[0].messages.size() == 1);
    std::size_t weight = 0;
    for (auto const& room : world->rooms) {
        for (auto const& message : room.messages) {
            weight += weight_of(message);
        }
    }
    CHECK(weight <= most);
    auto const channels = lobby.rules().channels(default_server_id, "");
    REQUIRE(channels->size() == 2);  // the small one, and one of the others
    auto const full = channels->back().id;
    CHECK(lobby.rules().world(full, "")->rooms[0].messages.size() == 3);
    CHECK(lobby.rules().messages(full, {200, {}, {}}, "")->size() == 3);
    // What people really say fits.
    for (int i = 0; i < 100; ++i) {
        REQUIRE(lobby.rules().say(lobby.line(lobby.ben, "How do you do?")));
    }
    CHECK(lobby.rules().messages(lobby.room, {200, {}, {}}, "")->size() == 101);
}

TEST_CASE("the world takes no more work than its answer is long, however much there is") {
    Lobby lobby;
    auto const runs_and_steps = [&](std::string const& viewer) {
        auto const before = lobby.database.effort();
        REQUIRE(lobby.rules().world(std::nullopt, viewer));
        auto const after = lobby.database.effort();
        return std::pair(after.runs - before.runs, after.steps - before.steps);
    };
    std::vector<std::string> crowd;
    for (int i = 0; i < 200; ++i) {
        crowd.push_back(uuid(1000 + i));
    }
    for (int i = 0; i < 60; ++i) {
        lobby.group(crowd);
    }
    SUBCASE("with many people") {
        CHECK(runs_and_steps("").first < 150);  // two for each channel, none for each person
    }
    SUBCASE("with more people than go into it") {
        lobby.policy.limits.world_participants = 450;
        auto const world = lobby.rules().world(std::nullopt, "");
        REQUIRE(world->rooms.size() == 2);
        CHECK(world->rooms[0].participants == crowd);
        CHECK(world->users.size() == crowd.size());
    }
    SUBCASE("with many channels") {
        lobby.policy.limits.world_channels = 2;
        auto const few = runs_and_steps("").second;
        for (int i = 0; i < 500; ++i) {
            lobby.group({});
        }
        lobby.group(crowd);
        lobby.group(crowd);
        CHECK(runs_and_steps("").second <= few + few / 10);
    }
    SUBCASE("with many channels of others") {
        lobby.policy.isolation = true;
        lobby.group({lobby.ben});
        auto const few = runs_and_steps(lobby.ben).second;
        for (int i = 0; i < 500; ++i) {
            lobby.group({});
        }
        CHECK(runs_and_steps(lobby.ben).second <= few + few / 10);
    }
}

TEST_CASE("long answers are made one at a time, and an address waits for its own") {
    TurnTaker loop;
    std::string passed;
    ReadTurns turns;
    std::vector<std::unique_ptr<ReadTurns::Ticket>> held;
    auto const come = [&](char who, std::string address) -> socketio::Task<void> {
        auto ticket = co_await turns.enter(address);
        passed += ticket ? who : '-';
        if (ticket) {
            held.push_back(std::move(ticket));
        }
    };
    auto const leave = [&] { loop.now([&] { held.clear(); }); };
    SUBCASE("of an address and of all") {
        for (auto const* who : {"aA", "bA", "cA", "dB", "e"}) {
            loop.now([&] { socketio::spawn(come(who[0], who + 1)); });
        }
        for (auto const* expected : {"a", "ad", "ade", "adeb", "adebc"}) {
            CHECK(passed == expected);
            leave();
        }
    }
    SUBCASE("of which not too many wait") {
        auto const most = ReadTurns::max_of_address;
        for (std::size_t i = 0; i < most; ++i) {
            loop.now([&] { socketio::spawn(come('a', "A")); });
            loop.now([&] { socketio::spawn(come('e', "")); });
        }
        CHECK(passed == "a");
        loop.now([&] { socketio::spawn(come('x', "A")); });
        CHECK(passed == "a-");
        loop.now([&] { socketio::spawn(come('b', "B")); });
        loop.now([&] { socketio::spawn(come('e', "")); });
        leave();
        loop.now([&] { socketio::spawn(come('a', "A")); });
        CHECK(passed == "a-e");
        while (!held.empty()) {
            leave();
        }
        CHECK(passed.size() == 2 * most + 4);
    }
}

TEST_CASE("a page of messages takes about the memory of its text") {
    Lobby lobby;
    auto const metadata = Json::object({{"a", Json(Json::Array(2000, Json::array()))}});
    for (int i = 0; i < 60; ++i) {
        auto statement = lobby.line(lobby.ana, "x");
        statement.metadata = metadata;
        REQUIRE(lobby.rules().say(statement));
    }
    auto const page = lobby.rules().messages(lobby.room, {200, {}, {}}, "");
    CHECK(page->size() == 60);
    CHECK(record_of(page->front()).metadata.text() == metadata.dump());
}

TEST_CASE("a turnstile lets one through at a time, and nobody waits for who has gone") {
    TurnTaker loop;
    std::string passed;
    apps::common::Turnstile turnstile;
    std::vector<apps::common::Turnstile::TicketPtr> held;
    auto const come = [&](char who) -> socketio::Task<void> {
        auto turn = turnstile.enter();
        held.push_back(co_await turn.later);
        passed += who;
    };
    loop.now([&] { socketio::spawn(come('a')); });
    loop.now([&] { socketio::spawn(come('b')); });
    loop.now([&] { (void)turnstile.enter(); });  // and does not wait
    loop.now([&] { socketio::spawn(come('c')); });
    CHECK(passed == "a");
    loop.now([&] { held.clear(); });
    CHECK(passed == "ab");
    loop.now([&] { held.clear(); });
    CHECK(passed == "abc");
    loop.now([&] { held.clear(); });
    loop.now([&] { socketio::spawn(come('d')); });
    CHECK(passed == "abcd");
}

}  // namespace eliza_test
