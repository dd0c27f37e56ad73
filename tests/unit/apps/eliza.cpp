#include "apps/eliza/eliza.hpp"

#include "apps/eliza/doctor.hpp"

#include "tests/unit/apps/outcome.hpp"

#include <doctest/doctest.h>

using namespace apps::eliza;

namespace {

std::string uuid(int number) {
    auto const digits = std::to_string(100000000000 + number);
    return "00000000-0000-4000-8000-" + digits;
}

std::vector<std::unique_ptr<Agent>> staff() {
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<DoctorAgent>());
    return agents;
}

struct Lobby {
    int next_id = 500;
    std::int64_t now = 1000;
    Eliza eliza;
    std::string const agent = DoctorAgent().id();
    std::string const room = uuid(1);
    std::string const ana = uuid(11);
    std::string const ben = uuid(12);

    explicit Lobby(Limits limits = {})
        : eliza([this] { return now++; }, [this] { return uuid(next_id++); }, staff(), limits) {}

    Statement line(std::string const& sender, std::string text) const {
        Statement statement;
        statement.room = room;
        statement.sender = sender;
        statement.name = "N";
        statement.text = std::move(text);
        return statement;
    }
};

}  // namespace

TEST_CASE("joining needs UUIDs") {
    Lobby lobby;
    CHECK(lobby.eliza.join("c1", {"lobby", "", "", ""}).error().field == "roomId");
    CHECK(lobby.eliza.join("c1", {lobby.room, "", "", "eliza"}).error().field == "agentId");
    CHECK(lobby.eliza.join("c1", {lobby.room, "me", "", ""}).error().field == "userId");
    CHECK(lobby.eliza.join("c1", {"", "", "", ""}).error().error == "roomId must be a UUID");
    CHECK(lobby.eliza.join("c1", {lobby.room, "", "", ""}));
}

TEST_CASE("joining twice is one membership, leaving ends it") {
    Lobby lobby;
    REQUIRE(lobby.eliza.join("c1", {lobby.room, lobby.ana, "Ana", ""}));
    REQUIRE(lobby.eliza.join("c1", {lobby.room, lobby.ana, "Ana", ""}));
    auto const world = lobby.eliza.world(lobby.room);
    REQUIRE(world);
    REQUIRE(world->rooms.size() == 1);
    CHECK(world->rooms[0].participants == std::vector<std::string>{lobby.ana});
    CHECK(world->users.at(lobby.ana) == "Ana");
    CHECK(lobby.eliza.leave("c1", lobby.room));
    CHECK(lobby.eliza.leave("c1", lobby.room).error().error == "Not in this room");
    CHECK(lobby.eliza.world(lobby.room)->rooms[0].participants.empty());
    CHECK_FALSE(lobby.eliza.leave("c1", "lobby"));
}

TEST_CASE("a line carries everything the broadcast needs") {
    Lobby lobby;
    REQUIRE(lobby.eliza.join("c1", {lobby.room, lobby.ana, "Ana", ""}));
    REQUIRE(lobby.eliza.join("c2", {lobby.room, lobby.ben, "Ben", ""}));
    auto const exchange = lobby.eliza.say("c1", lobby.line(lobby.ana, "hello"));
    REQUIRE(exchange);
    CHECK(exchange->line.id == uuid(500));
    CHECK(exchange->line.room == lobby.room);
    CHECK(exchange->line.sender_id == lobby.ana);
    CHECK(exchange->line.text == "hello");
    CHECK(exchange->line.source == "client_chat");
    CHECK(exchange->line.created_at > 0);
    CHECK(exchange->answers.empty());  // two people, no agent among them
    CHECK(exchange->log.message.find("hello") == std::string::npos);
}

TEST_CASE("who is answered by the agent") {
    Lobby lobby;
    SUBCASE("somebody alone") {
        CHECK(lobby.eliza.say("c1", lobby.line(lobby.ana, "hello"))->answers.size() == 1);
    }
    SUBCASE("two tabs of one person") {
        REQUIRE(lobby.eliza.say("c1", lobby.line(lobby.ana, "hello")));
        CHECK(lobby.eliza.say("c2", lobby.line(lobby.ana, "hello"))->answers.size() == 1);
    }
    SUBCASE("a group the agent is a member of") {
        REQUIRE(lobby.eliza.join("c2", {lobby.room, lobby.ben, "Ben", ""}));
        REQUIRE(lobby.eliza.join("c1", {lobby.room, lobby.ana, "Ana", lobby.agent}));
        auto const exchange = lobby.eliza.say("c1", lobby.line(lobby.ana, "hello"));
        REQUIRE(exchange->answers.size() == 1);
        CHECK(exchange->answers[0].sender_id == lobby.agent);
        CHECK(exchange->answers[0].sender_name == "Eliza");
        CHECK(exchange->answers[0].source == "agent_response");
        CHECK(exchange->answers[0].created_at > exchange->line.created_at);
    }
    SUBCASE("a direct line") {
        REQUIRE(lobby.eliza.join("c2", {lobby.room, lobby.ben, "Ben", ""}));
        auto statement = lobby.line(lobby.ana, "hello");
        statement.direct = true;
        CHECK(lobby.eliza.say("c1", statement)->answers.size() == 1);
    }
}

TEST_CASE("bad lines are refused") {
    Lobby lobby;
    CHECK(lobby.eliza.say("c1", lobby.line("ana", "hello")).error().field == "userId");
    CHECK(lobby.eliza.say("c1", lobby.line(lobby.ana, "")).error().field == "text");
    CHECK(lobby.eliza.say("c1", lobby.line(lobby.ana, std::string(4001, 'x'))).error().error ==
          "text is too long");
    auto statement = lobby.line(lobby.ana, "hello");
    statement.room = "lobby";
    CHECK(lobby.eliza.say("c1", statement).error().field == "roomId");
    CHECK(lobby.eliza.world(std::nullopt)->rooms.empty());
}

TEST_CASE("a client's own message id is kept only if it is a UUID") {
    Lobby lobby;
    auto statement = lobby.line(lobby.ana, "hello");
    statement.message_id = uuid(77);
    CHECK(lobby.eliza.say("c1", statement)->line.id == uuid(77));
    statement.message_id = "77";
    CHECK(lobby.eliza.say("c1", statement)->line.id != "77");
}

TEST_CASE("a long name is cut between characters") {
    Lobby lobby;
    auto statement = lobby.line(lobby.ana, "hello");
    statement.name = std::string(127, 'x') + "\xC3\xA9";
    CHECK(lobby.eliza.say("c1", statement)->line.sender_name == std::string(127, 'x'));
}

TEST_CASE("the world keeps the last 50 lines of a room") {
    Lobby lobby;
    REQUIRE(lobby.eliza.join("c2", {lobby.room, lobby.ben, "Ben", ""}));
    for (int i = 0; i < 60; ++i) {
        REQUIRE(lobby.eliza.say("c1", lobby.line(lobby.ana, std::to_string(i))));
    }
    auto const world = lobby.eliza.world(lobby.room);
    REQUIRE(world->rooms[0].lines.size() == 50);
    CHECK(world->rooms[0].lines.front().text == "10");
    CHECK(world->agents.size() == 1);
    CHECK(lobby.eliza.world(uuid(2))->rooms.empty());
    CHECK_FALSE(lobby.eliza.world("lobby"));
}

TEST_CASE("rooms are bounded; empty ones make place") {
    Limits limits;
    limits.rooms = 2;
    Lobby lobby(limits);
    REQUIRE(lobby.eliza.join("c1", {uuid(1), "", "", ""}));
    REQUIRE(lobby.eliza.join("c2", {uuid(2), "", "", ""}));
    CHECK_FALSE(lobby.eliza.join("c3", {uuid(3), "", "", ""}));
    lobby.eliza.disconnect("c1");
    CHECK(lobby.eliza.join("c3", {uuid(3), "", "", ""}));
    CHECK(lobby.eliza.world(uuid(1))->rooms.empty());
}

TEST_CASE("one connection joins a bounded number of rooms") {
    Limits limits;
    limits.rooms_per_connection = 1;
    Lobby lobby(limits);
    REQUIRE(lobby.eliza.join("c1", {uuid(1), "", "", ""}));
    CHECK_FALSE(lobby.eliza.join("c1", {uuid(2), "", "", ""}));
    CHECK(lobby.eliza.join("c1", {uuid(1), "", "", ""}));
}
