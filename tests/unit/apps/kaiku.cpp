#include "apps/kaiku/guilds.hpp"
#include "apps/kaiku/people.hpp"
#include "apps/kaiku/voice.hpp"

#include "tests/unit/apps/outcome.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

namespace kaiku_test {

using namespace apps::kaiku;
using socketio::Json;

namespace {

using Names = std::vector<std::string>;
using NameSet = std::set<std::string>;
using namespace std::chrono_literals;

constexpr std::int64_t hour = 3'600'000;

class KaikuJournal final : public Journal {
public:
    void status(std::string const& user, std::string const& status) override {
        log.push_back(user + " is " + status);
    }
    void guild(Guild const& guild) override { state.guilds.push_back(guild); }
    void member(Member const& member) override { state.members.push_back(member); }
    void invite(Invite const& invite) override { state.invites.push_back(invite); }
    void invite_gone(std::string const& code) override {
        std::erase_if(state.invites, [&](auto const& other) { return other.code == code; });
    }
    void channel(Channel const& channel) override { state.channels.push_back(channel); }
    void friendship(Friendship const& tie) override {
        std::erase_if(state.friendships, [&](auto const& other) { return other.id == tie.id; });
        state.friendships.push_back(tie);
    }
    void friendship_gone(std::string const& id) override {
        std::erase_if(state.friendships, [&](auto const& other) { return other.id == id; });
    }
    void said(Message const& message) override { log.push_back("said " + message.content); }

    State state;
    Names log;
};

// gm owns guild "g" with text channel "t" and voice channel "v"; ana is in it, eve is not.
struct Harbor {
    Harbor() {
        auto& state = journal.state;
        for (auto const* name : {"gm", "ana", "ben", "eve"}) {
            User user;
            user.id = name;
            user.username = name;
            state.users.push_back(user);
        }
        state.guilds = {{"g", "Harbor", "gm", 1}};
        state.members = {{"g", "gm", 1}, {"g", "ana", 1}, {"g", "ben", 1}};
        state.channels = {{"v", "g", "lounge", "voice", "", 1, 1},
                          {"t", "g", "general", "text", "", 0, 1}};
        state.friendships = {{"f", "ana", "ben", "accepted", 1, 1}};
    }

    std::int64_t now = 1'000'000;
    std::chrono::steady_clock::time_point steady_now;
    int ids = 0;
    apps::common::Clock clock = [this] { return now; };
    apps::common::SteadyClock steady = [this] { return steady_now; };
    apps::common::IdSource fresh = [this] { return "id-" + std::to_string(++ids); };
    KaikuJournal journal;
    People people() { return {journal, clock, fresh, journal.state, steady}; }
    Guilds guilds() { return {journal, clock, fresh, journal.state}; }
};

template <class T>
Reason reason(Outcome<T> const& outcome) {
    REQUIRE(!outcome);
    return outcome.error().reason;
}

}  // namespace

TEST_CASE("K05: one is seen as long as a connection is open, as what one has chosen") {
    Harbor harbor;
    auto people = harbor.people();
    CHECK(people.status_of("ana") == "offline");
    CHECK(people.connected("ana"));
    CHECK(!people.connected("ana"));  // a second window is no news
    CHECK(people.status_of("ana") == "online");
    CHECK(*people.set_status("ana", "busy"));
    CHECK(!*people.set_status("ana", "busy"));
    CHECK(people.status_of("ana") == "busy");
    CHECK(reason(people.set_status("ana", "dancing")) == Reason::invalid);
    CHECK(!people.disconnected("ana"));
    CHECK(people.disconnected("ana"));
    CHECK(people.status_of("ana") == "offline");
    CHECK(!people.disconnected("ana"));
    CHECK(harbor.journal.log == Names{"ana is busy"});
    CHECK(!people.connected("nobody"));
}

TEST_CASE("K05: who wants to be offline comes and goes unseen") {
    Harbor harbor;
    auto people = harbor.people();
    CHECK(*people.set_status("ana", "offline"));
    CHECK(!people.connected("ana"));
    CHECK(!people.online("ana"));
    CHECK(!people.disconnected("ana"));
}

TEST_CASE("K05: activities are told when they change, ten seconds apart") {
    Harbor harbor;
    auto people = harbor.people();
    auto const game = Json::object({{"type", "game"}, {"name", "Go"}, {"started_at", "2026"}});
    CHECK(*people.set_activity("ana", game));
    CHECK(!*people.set_activity("ana", game));  // unchanged is ignored, not refused
    CHECK(reason(people.set_activity("ana", Json())) == Reason::rate_limited);
    harbor.now -= 3 * hour;  // somebody sets the clock back
    harbor.steady_now += People::activity_pause;
    CHECK(*people.set_activity("ana", Json()));
    auto const half = Json::object({{"type", "game"}});
    CHECK(reason(people.set_activity("ana", half)) == Reason::invalid);
    auto long_one = game;
    long_one.set("details", std::string(People::max_activity_bytes, 'x'));
    CHECK(reason(people.set_activity("ana", long_one)) == Reason::invalid);
    auto heavy = game;  // in memory, for so short a text
    heavy.set("details", std::string(People::max_activity_bytes / 2, 'x'));
    harbor.steady_now += People::activity_pause;
    CHECK(people.set_activity("ana", heavy));
    heavy.set("buttons", Json(Json::Array(100, Json(1))));
    CHECK(heavy.dump().size() <= People::max_activity_bytes);
    CHECK(reason(people.set_activity("ana", heavy)) == Reason::invalid);
}

TEST_CASE("K05: friends are made by request and acceptance") {
    Harbor harbor;
    auto people = harbor.people();
    CHECK(people.friends("ana") == Names{"ben"});
    CHECK(reason(people.request("ana", "nobody")) == Reason::not_found);
    CHECK(reason(people.request("ana", "ana")) == Reason::invalid);
    CHECK(reason(people.request("ben", "ANA")) == Reason::conflict);
    auto const asked = *people.request("ana", "Eve");  // names know no case
    CHECK(asked.status == "pending");
    CHECK(reason(people.request("eve", "ana")) == Reason::conflict);
    CHECK(reason(people.accept("ana", asked.id)) == Reason::not_found);  // not one's own
    CHECK(people.accept("eve", asked.id)->status == "accepted");
    CHECK(reason(people.accept("eve", asked.id)) == Reason::not_found);
    CHECK(people.friends("eve") == Names{"ana"});
    CHECK(reason(people.part("gm", asked.id)) == Reason::not_found);
    CHECK(people.part("ana", asked.id));
    CHECK(people.friends("eve").empty());
    CHECK(harbor.journal.state.friendships.size() == 1);
}

TEST_CASE("K05: a block parts both sides and ends their friendship") {
    Harbor harbor;
    auto people = harbor.people();
    auto const block = *people.block("ana", "ben");
    CHECK(people.block("ana", "ben")->id == block.id);  // once more is the same
    CHECK(people.friends("ben").empty());
    CHECK(people.strangers("ana") == NameSet{"ben"});
    CHECK(people.strangers("ben") == NameSet{"ana"});
    CHECK(people.ties("ana", "blocked").size() == 1);
    CHECK(people.ties("ben", "blocked").empty());  // the other one does not see it
    CHECK(reason(people.request("ben", "ana")) == Reason::not_found);
    CHECK(reason(people.part("ben", block.id)) == Reason::not_found);
    CHECK(reason(people.unblock("ben", "ana")) == Reason::not_found);
    CHECK(people.block("ben", "ana"));
    CHECK(people.unblock("ana", "ben"));
    CHECK(people.strangers("ana") == NameSet{"ben"});  // ben's own block stands
    CHECK(people.unblock("ben", "ana"));
    CHECK(people.strangers("ana").empty());
    CHECK(reason(people.block("ana", "ana")) == Reason::invalid);
    CHECK(reason(people.block("ana", "nobody")) == Reason::not_found);
    // As it was kept, so it is after a restart.
    CHECK(people.block("ben", "ana"));
    CHECK(harbor.people().strangers("ana") == NameSet{"ben"});
}

TEST_CASE("K05: only what one did oneself counts among one's friends and blocks") {
    Harbor harbor;
    for (std::size_t i = 0; i <= People::max_waiting; ++i) {
        User user;
        user.id = user.username = "crowd-" + std::to_string(i);
        harbor.journal.state.users.push_back(user);
    }
    auto people = harbor.people();
    std::string last;
    auto const one = [](std::size_t i) { return "crowd-" + std::to_string(i); };
    for (std::size_t i = 0; i < People::max_ties; ++i) {
        CHECK(people.block(one(i), "ana"));
        last = people.request(one(i), "gm")->id;
    }
    CHECK(people.request("ana", "eve"));
    CHECK(people.block("ana", "ben"));
    CHECK(people.unblock("ana", "ben"));
    // So many requests are to be answered first, but whoever got them is free.
    CHECK(reason(people.request("eve", "gm")) == Reason::forbidden);
    CHECK(people.request("gm", "ana"));
    for (std::size_t i = 0; i < People::max_ties - 1; ++i) {
        CHECK(people.block("gm", one(i)));
    }
    CHECK(reason(people.accept("gm", last)) == Reason::forbidden);
    CHECK(reason(people.request("gm", "eve")) == Reason::forbidden);
    CHECK(reason(people.block("gm", "eve")) == Reason::forbidden);
    CHECK(people.block("gm", "ana"));  // in place of the request
}

TEST_CASE("K03: invitations that have expired make room for others, also in the store") {
    Harbor harbor;
    auto guilds = harbor.guilds();
    for (std::size_t i = 0; i < Guilds::max_invites; ++i) {
        CHECK(guilds.invite("gm", "g", "30m"));
    }
    CHECK(reason(guilds.invite("gm", "g", "never")) == Reason::forbidden);
    harbor.now += hour;
    auto const fresh = *guilds.invite("gm", "g", "30m");
    CHECK(harbor.journal.state.invites.size() == 1);
    CHECK(guilds.join("eve", fresh.code));
    CHECK(harbor.guilds().join("eve", fresh.code));
}

TEST_CASE("K03: of invitations that never expire, the oldest gives way") {
    Harbor harbor;
    auto guilds = harbor.guilds();
    auto const passing = *guilds.invite("gm", "g", "7d");
    std::vector<std::string> codes;
    for (std::size_t i = 0; i < Guilds::max_invites + 1; ++i) {
        ++harbor.now;
        codes.push_back(guilds.invite("gm", "g", "never")->code);
    }
    CHECK(harbor.journal.state.invites.size() == Guilds::max_invites);
    CHECK(reason(guilds.join("eve", codes[0])) == Reason::not_found);
    CHECK(reason(guilds.join("eve", codes[1])) == Reason::not_found);
    CHECK(guilds.join("eve", codes[2]));
    CHECK(guilds.join("eve", passing.code));
}

TEST_CASE("K03: channels are for the members of their guild") {
    Harbor harbor;
    auto guilds = harbor.guilds();
    CHECK((*guilds.view("ana", "t"))->name == "general");
    CHECK(reason(guilds.view("ana", "nowhere")) == Reason::channel_not_found);
    CHECK(reason(guilds.view("eve", "t")) == Reason::forbidden);
    CHECK(reason(guilds.guild("eve", "g")) == Reason::not_found);
    CHECK(guilds.guilds_of("eve").empty());
    CHECK(guilds.channels_of("g").front()->id == "t");  // by position
    CHECK(guilds.members_of("g").size() == 3);
}

TEST_CASE("K03: a guild begins with its owner and a channel, and grows by invitations") {
    Harbor harbor;
    auto guilds = harbor.guilds();
    auto const guild = *guilds.create("eve", "Reef");
    CHECK(guilds.channels_of(guild.id).front()->name == "general");
    CHECK(reason(guilds.create("eve", "")) == Reason::invalid);
    CHECK(guilds.add_channel("eve", guild.id, "talk", "voice", ""));
    CHECK(reason(guilds.add_channel("eve", guild.id, "x", "dm", "")) == Reason::invalid);
    CHECK(reason(guilds.add_channel("ana", guild.id, "x", "text", "")) == Reason::not_found);
    CHECK(reason(guilds.add_channel("ana", "g", "x", "text", "")) == Reason::forbidden);
    std::string topic;  // of the longest characters
    for (std::size_t i = 0; i < Guilds::max_topic; ++i) {
        topic += "😀";
    }
    CHECK(guilds.add_channel("eve", guild.id, "x", "text", topic));
    CHECK(reason(guilds.add_channel("eve", guild.id, "x", "text", topic + "x")) == Reason::invalid);
    CHECK(reason(guilds.invite("ana", "g", "1h")) == Reason::forbidden);
    CHECK(reason(guilds.invite("eve", guild.id, "soon")) == Reason::invalid);
    auto const an_hour = *guilds.invite("eve", guild.id, "1h");
    auto const ever = *guilds.invite("eve", guild.id, "never");
    CHECK(guilds.join("ana", an_hour.code)->uses == 1);
    CHECK(guilds.join("ana", an_hour.code)->uses == 1);  // is a member already
    harbor.now += hour;
    CHECK(reason(guilds.join("ben", an_hour.code)) == Reason::not_found);
    CHECK(guilds.join("ben", ever.code));
    CHECK(reason(guilds.join("gm", "guessed")) == Reason::not_found);
    CHECK(harbor.guilds().members_of(guild.id).size() == 3);  // after a restart
}

TEST_CASE("K03: a guild has so many channels, and so have all that one has made") {
    Harbor harbor;
    auto guilds = harbor.guilds();
    std::size_t made = 0;
    std::string guild;
    auto const add = [&](Guilds& to) { return to.add_channel("eve", guild, "x", "text", ""); };
    while (made + Guilds::max_channels <= Guilds::max_channels_made) {
        guild = guilds.create("eve", "Reef")->id;
        for (std::size_t i = 1; i < Guilds::max_channels; ++i) {
            CHECK(add(guilds));
        }
        CHECK(reason(add(guilds)) == Reason::forbidden);
        made += Guilds::max_channels;
    }
    CHECK(made == Guilds::max_channels_made);
    CHECK(reason(guilds.create("eve", "One more")) == Reason::forbidden);
    CHECK(guilds.create("ben", "His first"));
    auto again = harbor.guilds();  // after a restart
    CHECK(reason(again.create("eve", "One more")) == Reason::forbidden);
}

TEST_CASE("K04: members write, authors change, authors and owners remove") {
    Harbor harbor;
    auto guilds = harbor.guilds();
    CHECK(reason(guilds.say("eve", "t", {"hi", false, ""})) == Reason::forbidden);
    CHECK(reason(guilds.say("ana", "t", {"", false, ""})) == Reason::invalid);
    auto const too_long = std::string(Guilds::max_content + 1, 'x');
    CHECK(reason(guilds.say("ana", "t", {too_long, false, ""})) == Reason::invalid);
    CHECK(reason(guilds.say("ana", "t", {"a", false, "no id"})) == Reason::invalid);
    auto const message = *guilds.say("ana", "t", {"hi", false, ""});
    CHECK(message.edited == 0);
    harbor.now += 5;
    auto const edited = *guilds.edited("ana", message, "hello");
    CHECK(edited.content == "hello");
    CHECK(edited.edited == harbor.now);
    CHECK(reason(guilds.edited("gm", message, "no")) == Reason::forbidden);
    CHECK(reason(guilds.edited("eve", message, "no")) == Reason::not_found);
    CHECK(reason(guilds.edited("ana", message, "")) == Reason::invalid);
    CHECK(reason(guilds.may_remove("ben", message)) == Reason::forbidden);
    CHECK(reason(guilds.may_remove("eve", message)) == Reason::not_found);
    CHECK(guilds.may_remove("gm", message));
    CHECK(harbor.journal.log == Names{"said hi"});
}

TEST_CASE("K06: a user is in one voice channel, on one connection") {
    Harbor harbor;
    Voice voice({100, 60s}, harbor.steady);
    CHECK(*voice.join("ana", 1, "v"));
    CHECK(!*voice.join("ana", 1, "v"));  // once more is the same
    CHECK(reason(voice.join("ana", 2, "v")) == Reason::conflict);
    CHECK(reason(voice.join("ana", 1, "w")) == Reason::conflict);
    CHECK(*voice.join("ben", 3, "v"));
    CHECK(voice.room("v").size() == 2);
    CHECK(voice.participant("ana", 1, "v"));
    CHECK(reason(voice.participant("ana", 2, "v")) == Reason::forbidden);
    CHECK(reason(voice.participant("ana", 1, "w")) == Reason::forbidden);
    CHECK(reason(voice.participant("gm", 4, "v")) == Reason::forbidden);
    CHECK(!voice.disconnect("ana", 2));
    CHECK(voice.disconnect("ana", 1) == "v");
    CHECK(!voice.disconnect("ana", 1));
    CHECK(voice.leave("ben", "v"));
    CHECK(!voice.leave("ben", "v"));
    CHECK(voice.room("v").empty());
    CHECK(*voice.join("ana", 2, "w"));
    CHECK(voice.leave("ana", "w"));  // whatever the connection: a lost one may linger
}

TEST_CASE("K06: who joins again starts anew, and a full channel is full") {
    Harbor harbor;
    Voice voice({100, 60s}, harbor.steady);
    CHECK(*voice.join("ana", 1, "v"));
    (*voice.participant("ana", 1, "v"))->muted = true;
    CHECK(voice.leave("ana", "v"));
    CHECK(*voice.join("ana", 1, "v"));
    CHECK(!voice.room("v").at("ana").muted);
    for (std::size_t i = 1; i < Voice::max_participants; ++i) {
        CHECK(voice.join("u" + std::to_string(i), 10 + i, "v"));
    }
    CHECK(reason(voice.join("late", 99, "v")) == Reason::forbidden);
}

TEST_CASE("K08: voice channels are joined so often and no more") {
    Harbor harbor;
    Voice voice({2, 60s}, harbor.steady);
    CHECK(voice.join("ana", 1, "v"));
    CHECK(voice.join("ana", 1, "v"));
    CHECK(reason(voice.join("ana", 1, "v")) == Reason::rate_limited);
    CHECK(voice.join("ben", 2, "v"));
    harbor.now -= 3 * hour;
    harbor.steady_now += 30s;
    CHECK(voice.join("ana", 1, "v"));
}

}  // namespace kaiku_test
