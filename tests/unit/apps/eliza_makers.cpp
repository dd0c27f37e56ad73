#include "tests/unit/apps/eliza_lobby.hpp"
#include "tests/unit/apps/outcome.hpp"

#include <doctest/doctest.h>

// Where channels come from counts when ElizaOS has too many or too much.

namespace eliza_test {

namespace {

// Ten channels, of which each maker may have three or more only while there is place.
struct Town : Lobby {
    std::string used;

    static Policy limits() {
        Policy policy;
        policy.limits.channels = 10;
        policy.limits.channels_per_maker = 3;
        policy.limits.used_channels_per_maker = 4;
        return policy;
    }
    Town() : Lobby(limits()) {
        policy.in_use = [this](std::string const& id) {
            return used.find(id) != std::string::npos;
        };
        policy.gave_place = [](std::string const&) {};
    }

    // The status of the refusal; 0: said so many times.
    int speak(std::string const& maker, int channel, int times) {
        auto statement = line(ana, "x");
        statement.channel = uuid(channel);
        statement.maker = maker;
        for (int i = 0; i < times; ++i) {
            if (auto const said = rules().say(statement); !said) {
                return said.error().status;
            }
        }
        return 0;
    }
    int kept(int first, int last) {
        int found = 0;
        for (int channel = first; channel <= last; ++channel) {
            found += rules().channel(uuid(channel), "").has_value() ? 1 : 0;
        }
        return found;
    }
    std::int64_t made_by(std::string const& maker) {
        auto const count =
            number("SELECT channels FROM eliza_makers WHERE maker = '" + maker + "'");
        CHECK(count == number("SELECT count(*) FROM eliza_channels WHERE removed = 0 "
                              "AND maker = '" +
                              maker + "'"));
        return count;
    }
};

}  // namespace

TEST_CASE("who fills the server with channels pays for it") {
    Town town;
    CHECK(town.speak("victim", 1, 1) == 0);
    CHECK(town.speak("", 2, 1) == 0);  // of before
    SUBCASE("with its own, those of others stay") {
        for (int i = 100; i < 150; ++i) {
            REQUIRE(town.speak("flood", i, 3) == 0);
        }
        CHECK(town.kept(1, 2) == 2);
        CHECK(town.made_by("flood") == 8);
        CHECK(town.speak("new", 3, 1) == 0);
        CHECK(town.kept(1, 3) == 3);
        CHECK(town.made_by("flood") == 7);
        CHECK(town.kept(143, 149) == 7);
    }
    SUBCASE("also with those it stays in, but so many") {
        for (int i = 100; i < 108; ++i) {
            REQUIRE(town.speak("flood", i, 3) == 0);
            town.used += uuid(i);
        }
        auto statement = town.line(town.ben, "x");
        statement.channel = uuid(3);
        statement.maker = "new";
        auto rules = town.rules();
        CHECK(rules.say(statement));
        CHECK(rules.gave_place() == std::vector{uuid(100)});  // who is there hears of it
        CHECK(town.kept(100, 107) == 7);
        CHECK(town.kept(100, 100) == 0);
        for (int i = 4; i < 7; ++i) {
            CHECK(town.speak("new", i, 1) == 0);
        }
        CHECK(town.kept(104, 107) == 4);
        CHECK(town.kept(1, 6) == 6);
        // These are spared, and who has made many by now gives up one of its own.
        CHECK(town.speak("new", 7, 1) == 0);
        CHECK(town.kept(3, 3) == 0);
        CHECK(town.kept(104, 107) == 4);
        CHECK(town.kept(1, 7) == 6);
    }
    SUBCASE("who has fewer does not, nor who made those of before") {
        for (int i = 100; i < 108; ++i) {
            REQUIRE(town.speak(i < 102 ? "two" : "", i, i < 102 ? 1 : 3) == 0);
        }
        CHECK(town.speak("new", 3, 3) == 0);  // for the longest silent with little in it
        CHECK(town.kept(1, 1) == 0);
        CHECK(town.made_by("two") == 2);
        CHECK(town.made_by("") == 7);
    }
    CHECK(town.number("SELECT sum(channels) FROM eliza_makers") ==
          town.number("SELECT count(*) FROM eliza_channels WHERE removed = 0"));
    CHECK(town.number("SELECT sum(bytes) FROM eliza_makers") ==
          town.number("SELECT bytes FROM eliza_total"));
    for (int i = 0; i < 150; ++i) {
        (void)town.rules().remove_channel(uuid(i), "");
    }
    town.sweep();
    CHECK(town.number("SELECT count(*) FROM eliza_makers") == 0);
}

TEST_CASE("who says the most loses the oldest of it, though it is in many channels") {
    Policy policy;
    policy.limits.kept_bytes = 300'000;
    policy.limits.kept_bytes_per_maker = 150'000;
    Lobby lobby(policy);
    auto const speak = [&](std::string const& maker, int channel, std::size_t bytes) {
        auto statement = lobby.line(lobby.ana, std::string(bytes, 'x'));
        statement.channel = uuid(channel);
        statement.maker = maker;
        return lobby.rules().say(statement).has_value();
    };
    for (int i = 0; i < 10; ++i) {
        REQUIRE(speak("victim", 1, 10'000));
    }
    for (int i = 0; i < 200; ++i) {
        REQUIRE(speak("flood", 2 + i % 50, 5'000));
    }
    CHECK(lobby.rules().messages(uuid(1), {200, {}, {}}, "")->size() == 10);
    // Also if all it has kept are participants, of which none are forgotten: then as otherwise.
    std::vector<std::string> crowd;
    for (int i = 0; i < 250; ++i) {
        crowd.push_back(uuid(1000 + i));
    }
    NewChannel wanted;
    wanted.name = "Group";
    wanted.maker = "crowd";
    wanted.participants = crowd;
    for (int i = 0; i < 3; ++i) {
        REQUIRE(lobby.rules().make_channel(wanted, ""));
    }
    CHECK(speak("victim", 1, 10'000));
    CHECK(speak("victim", 1, 60'000));
}

}  // namespace eliza_test
