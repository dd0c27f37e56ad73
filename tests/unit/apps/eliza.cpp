#include "apps/eliza/log_book.hpp"
#include "apps/eliza/statements.hpp"
#include "apps/eliza/times.hpp"
#include "apps/eliza/views.hpp"
#include "tests/unit/apps/eliza_lobby.hpp"
#include "tests/unit/apps/outcome.hpp"

#include <doctest/doctest.h>

namespace eliza_test {

TEST_CASE("joining needs UUIDs") {
    Lobby lobby;
    auto const field = [&](Entrance const& entrance) {
        return lobby.rules().join(entrance).error().field;
    };
    auto entrance = lobby.seed_join("me");
    CHECK(field(entrance) == "userId");
    CHECK(field(lobby.seed_join("", "eliza")) == "agentId");
    entrance = lobby.seed_join("");
    CHECK(lobby.rules().join(entrance));
    entrance.channel = "lobby";
    CHECK(lobby.rules().join(entrance).error().error == "roomId must be a UUID");
}

TEST_CASE("joining as the seed has it makes a room and members of those who come, once") {
    Lobby lobby;
    REQUIRE(lobby.rules().join(lobby.seed_join(lobby.ana, lobby.agent)));
    REQUIRE(lobby.rules().join(lobby.seed_join(lobby.ana, lobby.agent)));
    CHECK(*lobby.rules().participants(lobby.room, "") ==
          std::vector<std::string>{lobby.ana, lobby.agent});
    auto const world = lobby.rules().world(lobby.room, "");
    REQUIRE(world->rooms.size() == 1);
    CHECK(world->users.at(lobby.ana) == "Somebody");
    CHECK(world->users.size() == 1);
}

TEST_CASE("joining as today makes no channel") {
    Lobby lobby;
    auto entrance = lobby.seed_join(lobby.ana, lobby.agent);
    entrance.makes_channel = false;
    CHECK(lobby.rules().join(entrance)->agent.name == "Eliza");
    CHECK(lobby.rules().world(std::nullopt, "")->rooms.empty());
}

TEST_CASE("a message carries everything the broadcast needs and is kept") {
    Lobby lobby;
    auto statement = lobby.line(lobby.ana, "hello");
    statement.client_id = "mine";
    auto const said = lobby.rules().say(statement);
    REQUIRE(said);
    auto const& message = said->message;
    CHECK(message.id == uuid(500));
    CHECK(message.channel_id == lobby.room);
    CHECK(message.server_id == default_server_id);
    CHECK(message.author_name == "N");
    CHECK(message.source_type == "client_chat");
    auto const kept = lobby.rules().message(message.id, "");
    REQUIRE(kept);
    CHECK(kept->content == "hello");
    CHECK(kept->created_at == message.created_at);
    CHECK(kept->client_id == "mine");
}

TEST_CASE("a message sent again under the client's id is the same message") {
    Lobby lobby;
    auto statement = lobby.line(lobby.ana, "hello");
    statement.client_id = "c1";
    auto const first = lobby.rules().say(statement);
    auto const second = lobby.rules().say(statement);
    REQUIRE(second);
    CHECK(second->repeated);
    CHECK(second->audience.empty());
    CHECK(second->message.id == first->message.id);
    statement.sender = statement.self = lobby.ben;
    CHECK_FALSE(lobby.rules().say(statement)->repeated);
    CHECK(lobby.rules().messages(lobby.room, {}, "")->size() == 2);
}

TEST_CASE("unknown channels come into being by a message") {
    Lobby lobby;
    auto statement = lobby.line(lobby.ana, "hello");
    SUBCASE("as a group") {
        REQUIRE(lobby.rules().say(statement));
        auto const channel = lobby.rules().channel(lobby.room, "");
        CHECK(channel->type == ChannelType::group);
        CHECK(channel->name == "Chat 00000000");
        CHECK(lobby.rules().participants(lobby.room, "")->size() == 1);
    }
    SUBCASE("as a direct channel with the other one in it") {
        statement.type = ChannelType::dm;
        statement.target = lobby.agent;
        REQUIRE(lobby.rules().say(statement));
        CHECK(lobby.rules().channel(lobby.room, "")->name == "DM 00000000");
        CHECK(*lobby.rules().participants(lobby.room, "") ==
              std::vector<std::string>{lobby.ana, lobby.agent});
    }
    SUBCASE("but on a known server only") {
        statement.server = uuid(77);
        CHECK(lobby.rules().say(statement).error().error ==
              "Server " + uuid(77) + " does not exist");
    }
}

TEST_CASE("who is answered by the agent") {
    Lobby lobby;
    auto statement = lobby.line(lobby.ana, "hello");
    SUBCASE("somebody alone in a room nobody made") {
        CHECK(lobby.answers(statement) == 1);
        CHECK(lobby.answers(statement) == 1);
        CHECK(lobby.answers(lobby.line(lobby.ben, "hello")) == 0);
    }
    SUBCASE("not in what the client calls a group") {
        statement.type = ChannelType::group;
        CHECK(lobby.answers(statement) == 0);
        CHECK(lobby.answers(lobby.line(lobby.ana, "hello")) == 0);
    }
    SUBCASE("a group the agent came to with somebody") {
        REQUIRE(lobby.rules().join(lobby.seed_join(lobby.ana)));
        REQUIRE(lobby.rules().join(lobby.seed_join(lobby.ben)));
        CHECK(lobby.answers(statement) == 0);
        REQUIRE(lobby.rules().join(lobby.seed_join(lobby.ben, lobby.agent)));
        CHECK(lobby.answers(statement) == 1);
    }
    SUBCASE("a direct message") {
        REQUIRE(lobby.rules().join(lobby.seed_join(lobby.ben)));
        statement.type = ChannelType::dm;
        CHECK(lobby.answers(statement) == 1);
    }
    SUBCASE("in a group as member only") {
        auto const group = lobby.group({lobby.ana});
        statement.channel = group.id;
        CHECK(lobby.answers(statement) == 0);
        REQUIRE(lobby.rules().set_channel_agent(group.id, lobby.agent, true, ""));
        CHECK(lobby.answers(statement) == 1);
        REQUIRE(lobby.rules().set_channel_agent(group.id, lobby.agent, false, ""));
        CHECK(lobby.answers(statement) == 0);
    }
    SUBCASE("not by an agent that is stopped, nor one by itself") {
        REQUIRE(lobby.rules().set_active(lobby.agent, false));
        CHECK(lobby.answers(statement) == 0);
        REQUIRE(lobby.rules().set_active(lobby.agent, true));
        CHECK(lobby.answers(lobby.line(lobby.agent, "hello")) == 0);
    }
}

TEST_CASE("an agent sees what was said before, not what is said now") {
    Lobby lobby;
    REQUIRE(lobby.rules().say(lobby.line(lobby.ana, "first")));
    auto const said = lobby.rules().say(lobby.line(lobby.ana, "second"));
    REQUIRE(said->history.size() == 1);
    CHECK(said->history[0].content == "first");
}

TEST_CASE("bad messages are refused and leave nothing") {
    Lobby lobby;
    auto const field = [&](Statement const& statement) {
        return lobby.rules().say(statement).error().field;
    };
    CHECK(field(lobby.line("ana", "hello")) == "userId");
    CHECK(field(lobby.line(lobby.ana, "")) == "text");
    CHECK(field(lobby.line(lobby.ana, std::string(64 * 1024 + 1, 'x'))) == "text");
    auto statement = lobby.line(lobby.ana, "hello");
    statement.metadata = Json::object({{"x", std::string(8 * 1024, 'x')}});
    CHECK(field(statement) == "metadata");
    statement = lobby.line(lobby.ana, "hello");
    statement.channel = "lobby";
    CHECK(field(statement) == "roomId");
    CHECK(lobby.rules().world(std::nullopt, "")->rooms.empty());
}

TEST_CASE("the world keeps the last 50 messages of a channel, oldest first") {
    Lobby lobby;
    for (int i = 0; i < 60; ++i) {
        REQUIRE(lobby.rules().say(lobby.line(lobby.ana, std::to_string(i))));
    }
    auto const world = lobby.rules().world(lobby.room, "");
    REQUIRE(world->rooms[0].messages.size() == 50);
    CHECK(world->rooms[0].messages.front().content == "10");
    CHECK(world->agents.size() == 1);
    CHECK(lobby.rules().world(uuid(2), "")->rooms.empty());
    CHECK_FALSE(lobby.rules().world("lobby", ""));
}

TEST_CASE("pages of messages, newest first") {
    Lobby lobby;
    std::int64_t middle = 0;
    for (int i = 0; i < 5; ++i) {
        auto const said = lobby.rules().say(lobby.line(lobby.ana, std::to_string(i)));
        middle = i == 2 ? said->message.created_at : middle;
    }
    auto const texts = [&](PageRequest const& page) {
        std::string all;
        for (auto const& message : *lobby.rules().messages(lobby.room, page, "")) {
            all += message.content;
        }
        return all;
    };
    CHECK(texts({}) == "43210");
    CHECK(texts({2, {}, {}}) == "43");
    CHECK(texts({{}, middle, {}}) == "10");
    CHECK(texts({{}, {}, middle}) == "43");
    CHECK(texts({-7, {}, {}}) == "4");
    CHECK_FALSE(lobby.rules().messages(uuid(2), {}, ""));
}

TEST_CASE("what is said after the clock was set back is the newest all the same") {
    Policy policy;
    policy.limits.messages_per_channel = 3;
    Lobby lobby(policy);
    lobby.now = 1'000'000;
    for (auto const* text : {"a", "b", "c"}) {
        REQUIRE(lobby.rules().say(lobby.line(lobby.ana, text)));
    }
    lobby.now = 5000;
    auto const said = lobby.rules().say(lobby.line(lobby.ana, "d"));
    REQUIRE(said);
    CHECK(said->history.back().content == "c");
    CHECK(lobby.rules().message(said->message.id, ""));
    Message answer;
    answer.id = uuid(400);
    answer.channel_id = lobby.room;
    answer.author_id = lobby.agent;
    answer.content = "e";
    REQUIRE(lobby.rules().answered(answer));
    std::string texts;
    for (auto const& message : *lobby.rules().messages(lobby.room, {}, "")) {
        texts += message.content;
    }
    CHECK(texts == "edc");
    auto const older = lobby.rules().messages(lobby.room, {{}, said->message.created_at, {}}, "");
    REQUIRE(older->size() == 1);
    CHECK(older->front().content == "c");
    // Elsewhere the clock counts, and here again when it is later.
    auto elsewhere = lobby.line(lobby.ana, "x");
    elsewhere.channel = uuid(2);
    CHECK(lobby.rules().say(elsewhere)->message.created_at < 6000);
    lobby.now = 2'000'000;
    CHECK(lobby.rules().say(lobby.line(lobby.ana, "f"))->message.created_at >= 2'000'000);
}

TEST_CASE("channels are made, changed, cleared and removed") {
    Lobby lobby;
    auto const group = lobby.group({lobby.ana, lobby.agent});
    CHECK(lobby.rules().channels(default_server_id, "")->size() == 1);
    ChannelChange change;
    change.name = "Friends";
    change.participants = {lobby.ben};
    auto const changed = lobby.rules().change_channel(group.id, change, "");
    CHECK(changed->channel.name == "Friends");
    CHECK(changed->removed == std::vector{lobby.ana, lobby.agent});
    CHECK(*lobby.rules().participants(group.id, "") == std::vector{lobby.ben});
    auto statement = lobby.line(lobby.ben, "What a long first sentence this is, said by Ben today");
    statement.channel = group.id;
    auto const said = lobby.rules().say(statement);
    CHECK(*lobby.rules().title(group.id, "") == "What a long first sentence this is, said by Ben…");
    CHECK(lobby.rules().remove_message(lobby.room, said->message.id, "").error().status == 404);
    CHECK(lobby.rules().remove_message(group.id, said->message.id, ""));
    REQUIRE(lobby.rules().say(statement));
    CHECK(*lobby.rules().clear(group.id, "") == 1);
    CHECK(lobby.rules().remove_channel(group.id, ""));
    CHECK(lobby.rules().remove_channel(group.id, "").error().status == 404);
    Message late;
    late.channel_id = group.id;
    CHECK_FALSE(lobby.rules().answered(late));
    CHECK_FALSE(lobby.rules().make_channel({}, ""));
}

TEST_CASE("two people have one direct channel") {
    Lobby lobby;
    auto const first = lobby.rules().dm_channel(default_server_id, lobby.ana, lobby.agent, "");
    REQUIRE(first);
    CHECK(first->type == ChannelType::dm);
    CHECK(lobby.rules().dm_channel(default_server_id, lobby.agent, lobby.ana, "")->id == first->id);
    CHECK(lobby.rules().dm_channel(default_server_id, lobby.ben, lobby.agent, "")->id != first->id);
    CHECK_FALSE(lobby.rules().dm_channel(default_server_id, lobby.ana, lobby.ana, ""));
}

TEST_CASE("servers and the agents in them") {
    Lobby lobby;
    auto const server = lobby.rules().make_server("Second", "test", Json::object());
    REQUIRE(server);
    CHECK(lobby.rules().agents_of_server(server->id)->empty());
    REQUIRE(lobby.rules().set_server_agent(server->id, lobby.agent, true));
    CHECK(lobby.rules().servers_of_agent(lobby.agent).size() == 2);
    CHECK_FALSE(lobby.rules().set_server_agent(server->id, uuid(5), true));
    CHECK(lobby.rules().remove_server(default_server_id).error().status == 403);
    CHECK(lobby.rules().remove_server(server->id));
    CHECK(lobby.rules().servers_of_agent(lobby.agent).size() == 1);
    // A stopped agent stays stopped over a restart, a channel's participants keep their names.
    REQUIRE(lobby.rules().say(lobby.line(lobby.ana, "x")));
    REQUIRE(lobby.rules().set_active(lobby.agent, false));
    lobby.rules().begin({{lobby.agent, "Eliza", "listens"}});
    CHECK_FALSE(lobby.rules().agent(lobby.agent)->active);
    CHECK(lobby.rules().world(lobby.room, "")->users.at(lobby.ana) == "N");
}

TEST_CASE("with isolation only participants see a channel, and nobody speaks for others") {
    Policy policy;
    policy.isolation = true;
    Lobby lobby(policy);
    REQUIRE(lobby.rules().say(lobby.line(lobby.ana, "secret")));
    auto const denied = [&](auto const& outcome) { return outcome.error().status == 403; };
    auto entrance = lobby.seed_join(lobby.ben);
    entrance.self = lobby.ben;
    CHECK(denied(lobby.rules().join(entrance)));
    CHECK(lobby.rules().join(entrance).error().error ==
          "Access denied: You don't have permission to join this channel");
    entrance.channel = uuid(2);  // to come
    entrance.makes_channel = false;
    CHECK(denied(lobby.rules().join(entrance)));
    entrance.makes_channel = true;
    CHECK(lobby.rules().join(entrance));
    CHECK(denied(lobby.rules().say(lobby.line(lobby.ben, "me too"))));
    auto forged = lobby.line(lobby.ana, "me too");
    forged.self = lobby.ben;
    CHECK(denied(lobby.rules().say(forged)));
    CHECK(denied(lobby.rules().world(lobby.room, lobby.ben)));
    CHECK(lobby.rules().world(std::nullopt, lobby.ben)->rooms.size() == 1);  // its own
    CHECK(denied(lobby.rules().messages(lobby.room, {}, lobby.ben)));
    CHECK(lobby.rules().channels(default_server_id, lobby.ben)->size() == 1);
    CHECK(lobby.rules().channels(default_server_id, lobby.ana)->size() == 1);
    CHECK(lobby.rules().world(std::nullopt, lobby.ana)->rooms.size() == 1);
    CHECK(lobby.rules().messages(lobby.room, {}, lobby.ana)->size() == 1);
    Message forged_answer;
    forged_answer.channel_id = lobby.room;
    forged_answer.author_id = lobby.agent;
    forged_answer.content = "x";
    CHECK(denied(lobby.rules().submit(forged_answer, lobby.ana)));
}

TEST_CASE("messages of all ages are read alike") {
    auto const read = [](char const* text) { return flat_statement(*Json::parse(text)); };
    auto const seed = read(R"({"text":"a","roomId":"r","userId":"u","name":"n"})");
    CHECK(seed.text == "a");
    CHECK(seed.channel == "r");
    CHECK(seed.sender == "u");
    CHECK(seed.name == "n");
    CHECK(seed.server == default_server_id);
    auto const community = read(R"({"roomId":"r","senderId":"u","message":"a","messageId":"m"})");
    CHECK(community.text == "a");
    CHECK(community.sender == "u");
    CHECK(community.client_id == "m");
    auto const today = statement_of(*Json::parse(
        R"({"channelId":"c","serverId":"s","senderId":"u","message":"a","source":"x",
            "metadata":{"isDm":true,"targetUserId":"t","k":1},"attachments":[{"id":"1"}]})"));
    CHECK(today.server == "s");
    CHECK(today.type == ChannelType::dm);
    CHECK(today.target == "t");
    CHECK(today.metadata["k"] == Json(1));
    CHECK(today.metadata["attachments"].size() == 1);
}

TEST_CASE("the log is kept in bounds and filtered") {
    LogBook book;
    for (int i = 0; i < 1200; ++i) {
        LogLine line;
        line.level = i % 2 == 0 ? 30 : 50;
        line.agent_name = i % 4 == 0 ? "Eliza" : "Other";
        book.add(line);
    }
    CHECK(book.size() == LogBook::max_lines);
    CHECK(book.list({0, "all"}, 5000).size() == 1000);
    CHECK(book.list({50, "all"}, 5000).size() == 500);
    CHECK(book.list({0, "Eliza"}, 5000).size() == 250);
    CHECK(book.list({0, "Eliza"}, 10).size() == 10);
    LogLine line;
    line.agent_name = "Eliza";
    book.listen({40, "all"});
    book.listen({30, "Eliza"});
    book.listen({30, "Eliza"});
    CHECK(book.rooms_for(line) == std::vector<std::string>{"logs:30:Eliza"});
    book.unlisten({30, "Eliza"});
    CHECK(book.rooms_for(line).size() == 1);
    book.unlisten({30, "Eliza"});
    CHECK(book.rooms_for(line).empty());
    CHECK(log_level(Json("warn")) == 40);
    CHECK(log_level(Json(35)) == 35);
    CHECK_FALSE(log_level(Json("loud")));
}

TEST_CASE("times are read and written as JavaScript does") {
    CHECK(iso_time(1'700'000'000'123) == "2023-11-14T22:13:20.123Z");
    CHECK(time_of("2023-11-14T22:13:20.123Z") == 1'700'000'000'123);
    CHECK(time_of("2023-11-14T22:13:20Z") == 1'700'000'000'000);
    CHECK(time_of("1700000000123") == 1'700'000'000'123);
    for (auto const* text : {"", "x", "2023-11-14", "2023-11-14T22:13:20.123", "2023-11-14T22"}) {
        CHECK_FALSE(time_of(text));
    }
}

}  // namespace eliza_test
