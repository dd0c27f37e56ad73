#include "apps/casys/casys.hpp"

#include "apps/casys/game_store.hpp"
#include "apps/casys/state.hpp"
#include "apps/common/unavailable.hpp"
#include "apps/store/migrations.hpp"
#include "casys_schema.hpp"
#include "casys_story.hpp"
#include "tests/unit/apps/outcome.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace casys_test {

using namespace apps::casys;

namespace {

// Sections of `{"number": n, "content": "…", "choices": [...]}`.
std::string book(std::string const& sections) {
    return R"({"title":"T","character":{"name":"N","endurance":5,"chance":7,"skill":5,"items":["hat"],
        "capacity":2,"gold":1},"sections":[)" +
           sections + "]}";
}

std::string section(int number, std::string const& choices, std::string const& more = {}) {
    return R"({"number":)" + std::to_string(number) + R"(,"content":"<p>page</p>",)" + more +
           R"("choices":[)" + choices + "]}";
}

// 1 → 2 (straight), 1 → 3 (a key is needed) ; 2 → 4 or 5 by chance ; 3 gives the key, 3 → 2.
std::string const small =
    book(section(1, R"({"text":"two","to":2},{"text":"three","to":3})") + "," +
         section(2, R"({"text":"jump","test":{"dice":"chance","success":4,"failure":5,"wound":9}},
               {"text":"fight","test":{"dice":"combat","against":12,"success":4,"failure":5}},
               {"text":"unlock","needs":["key"],"to":6})") +
         "," + section(3, R"({"text":"on","to":2})", R"("gives":["key","anvil"],"gold":4,)") + "," +
         section(4, "") + "," + section(5, "") + "," + section(6, ""));

struct Full : std::runtime_error, apps::common::Unavailable {
    Full() : std::runtime_error("full") {}
};

class MemoryStore final : public GameStore {
public:
    void require() const override {
        if (full) {
            throw Full();
        }
    }
    std::vector<Game> load() override {
        std::vector<Game> all;
        for (auto const& [id, game] : games) {
            all.push_back(game);
        }
        return all;
    }
    void save(Game const& game) override { games[game.game_id] = game; }
    void remove(std::string const& id) override { games.erase(id); }
    void feedback(std::string const& text, std::int64_t) override { texts.push_back(text); }

    std::map<std::string, Game> games;
    std::vector<std::string> texts;
    bool full = false;
};

// A game with dice that show what the test wants and ids that count.
struct Play {
    explicit Play(std::string const& story = small, Limits limits = {})
        : rules(
              Story::parse(story), store, [this] { return now; },
              [this] { return "id-" + std::to_string(++ids); },
              [this](int) {
                  auto const face = dice.front();
                  dice.pop_front();
                  return face;
              },
              limits) {}

    Game start() { return *rules.initialize({}, {}, {}); }
    Outcome<Game> choose(std::string const& id, std::string const& text = {}) {
        return rules.choose({}, {{}, id, text});
    }

    std::int64_t now = 1'000;
    int ids = 0;
    std::deque<int> dice;
    MemoryStore store;
    Casys rules;
};

std::string refusal(Outcome<Game> const& outcome) {
    return outcome ? "none" : outcome.error().message + (outcome.error().stale ? " (stale)" : "");
}

std::string complaint(std::string const& sections) {
    try {
        Story::parse(book(sections));
    } catch (std::runtime_error const& error) {
        return error.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("a story book is checked before it is played") {
    CHECK(complaint(section(1, "")) == "none");
    CHECK(complaint(section(2, "")) == "there is no section 1");
    CHECK(complaint(section(1, "") + "," + section(1, "")) == "section 1 is there twice");
    CHECK(complaint(section(1, R"({"text":"a","to":9})")) == "section 1: section 9 does not exist");
    CHECK(complaint(section(1, R"({"text":"a"})")) ==
          "section 1: \"a\" needs either \"to\" or \"test\"");
    CHECK(complaint(section(1, R"({"text":"","to":2})") + "," + section(2, "")) ==
          "section 1: a choice has no text");
    CHECK(complaint(section(1, R"({"text":"a","to":2},{"text":"b","to":2})") + "," +
                    section(2, "")) == "section 1: two choices with one target");
    CHECK(complaint(section(1, R"({"text":"a","to":2},{"text":"a","to":3})") + "," +
                    section(2, "") + "," + section(3, "")) ==
          "section 1: two choices with one text");
    CHECK(complaint(section(1, R"({"text":"a","to":2})") + "," +
                    section(2, R"({"text":"back","to":1})")) ==
          "section 1: can be reached twice on one way");
    CHECK(complaint(section(1, "") + "," + section(2, "")) == "some section can't be reached");
    CHECK(complaint(section(1, R"({"text":"a","test":{"dice":"coin","success":2,"failure":2}})") +
                    "," + section(2, "")) == "section 1: unknown dice \"coin\"");
    CHECK_THROWS_AS(Story::parse("{}"), std::runtime_error);
    CHECK_THROWS_AS(Story::read("there/is/no/such/book.json"), std::runtime_error);
}

TEST_CASE("our story keeps the promises of the demo") {
    auto const story = Story::parse(story_text);
    CHECK(story.size() >= 8);
    CHECK(story.longest_way() <= 10);
    auto const& first = *story.find(1);
    std::set<int> second_page;
    auto const check_plain = [](Section const& section) {
        std::set<int> direct;
        for (auto const& choice : section.choices) {
            CHECK_FALSE(choice.test);
            CHECK_FALSE(choice.needs);
            direct.insert(targets(choice).front());
        }
        CHECK(direct.size() >= 2);
    };
    check_plain(first);
    for (auto const& choice : first.choices) {
        auto const& next = *story.find(*choice.to);
        check_plain(next);
        for (auto const& other : next.choices) {
            CHECK(other.text != choice.text);
            CHECK(other.to != choice.to);
        }
    }
}

TEST_CASE("one game is shared by all who name none, until it ends") {
    Play play;
    auto const game = play.start();
    CHECK(game.section == 1);
    CHECK(play.start().game_id == game.game_id);
    CHECK(play.choose("2"));
    CHECK(play.start().section == 2);  // handed out as it stands
    play.dice = {1, 1};
    CHECK(play.choose("", "jump"));
    CHECK(play.rules.has_ended(*play.rules.find({})));
    auto const next = play.start();
    CHECK(next.section == 1);
    CHECK(next.game_id != game.game_id);
    CHECK(play.store.games.size() == 1);
    CHECK(play.rules.end({}));
    CHECK(play.rules.find({}) == nullptr);
    CHECK_FALSE(play.rules.end({}));
    CHECK(refusal(play.choose("2")) == "No game is running");
}

TEST_CASE("a named game is played apart from the shared one") {
    Play play(small, {.named_games = 2});
    auto const shared = play.start();
    auto const mine = *play.rules.initialize("mine", "s", {});
    CHECK(mine.game_id == "mine");
    CHECK(mine.session_id == "s");
    CHECK(play.rules.choose("mine", {{}, "3", {}}));
    CHECK(play.rules.find("mine")->section == 3);
    CHECK(play.rules.find({})->section == 1);
    CHECK(play.rules.find("unknown")->game_id == shared.game_id);
    CHECK(play.rules.find_exact("unknown") == nullptr);
    CHECK(play.rules.initialize("mine", {}, {})->section == 3);
    CHECK(play.rules.initialize("late", {}, 2)->section == 2);
    play.dice = {6, 6};
    CHECK(play.rules.choose("late", {{}, {}, "fight"})->section == 4);
}

TEST_CASE("named games are so many; the longest untouched goes, but none that is played") {
    Play play(small, {.named_games = 2, .untouched_ms = 100, .unplayed_ms = 100});
    CHECK(play.rules.initialize("a", {}, {}));
    play.now += 50;
    CHECK(play.rules.initialize("b", {}, {}));
    play.now += 49;
    CHECK(refusal(play.rules.initialize("c", {}, {})) ==
          "Too many games are being played, try again later");
    CHECK(play.rules.initialize("a", {}, {}));  // that runs
    CHECK(play.rules.initialize({}, {}, {}));   // the shared one always
    CHECK(play.rules.choose("a", {{}, "2", {}}));
    play.now += 1;
    CHECK_FALSE(play.rules.initialize("c", {}, {}));
    play.now += 50;
    CHECK(play.rules.initialize("c", {}, {}));
    CHECK(play.rules.find_exact("a") != nullptr);
    CHECK(play.rules.find_exact("b") == nullptr);
    CHECK(play.store.games.size() == 3);
    CHECK(refusal(play.rules.initialize(std::string(129, 'x'), {}, {})) ==
          "Invalid game_id or session_id");
    CHECK(refusal(play.rules.initialize("a\nb", {}, {})) == "Invalid game_id or session_id");
    CHECK(refusal(play.rules.initialize({}, {}, 99)) == "Unknown section_number");
    CHECK(play.rules.end("c"));
    CHECK_FALSE(play.rules.end("c"));
}

TEST_CASE("games that were never played make place long before those that are") {
    Play play(small, {.named_games = 2, .untouched_ms = 100, .unplayed_ms = 10});
    CHECK(play.rules.initialize("played", {}, {}));
    CHECK(play.rules.choose("played", {{}, "2", {}}));
    play.now += 20;
    CHECK(play.rules.initialize("fresh", {}, {}));
    play.now += 9;
    CHECK_FALSE(play.rules.initialize("new", {}, {}));
    play.now += 1;
    CHECK(play.rules.initialize("new", {}, {}));
    CHECK(play.rules.find_exact("fresh") == nullptr);
    CHECK(play.rules.choose("new", {{}, "2", {}}));
    play.now += 69;
    CHECK_FALSE(play.rules.initialize("third", {}, {}));
    play.now += 1;
    CHECK(play.rules.initialize("third", {}, {}));
    CHECK(play.rules.find_exact("played") == nullptr);
    CHECK(play.rules.find_exact("new") != nullptr);
}

TEST_CASE("one address has so many of the games, whatever it plays, and ends nobody else's") {
    Play play(small,
              {.named_games = 4, .games_per_address = 2, .untouched_ms = 100, .unplayed_ms = 10});
    auto const make = [&](std::string const& id, std::string const& maker) {
        return refusal(play.rules.initialize(id, {}, {}, maker));
    };
    auto const mine = "Too many games of yours are being played, end one or try again later";
    CHECK(make("a1", "A") == "none");
    CHECK(make("a2", "A") == "none");
    CHECK(make("a3", "A") == mine);
    CHECK(make("a1", "A") == "none");  // that runs
    CHECK(make("b1", "B") == "none");
    play.now += 10;
    CHECK(play.rules.choose("a2", {{}, "2", {}}));
    CHECK(make("a3", "A") == "none");  // for a1; b1 is as old
    CHECK(play.rules.find_exact("a1") == nullptr);
    CHECK(play.rules.find_exact("b1") != nullptr);
    CHECK(play.rules.choose("a3", {{}, "2", {}}));
    play.now += 99;
    CHECK(make("a4", "A") == mine);
    CHECK(play.rules.end("a3"));
    CHECK(make("a4", "A") == "none");
    // Who has no address has no share.
    CHECK(make("c1", "") == "none");
    CHECK(play.store.games.size() == 4);
    CHECK(make("c2", "") == "none");  // for b1
    CHECK(make("c3", "") == "Too many games are being played, try again later");
}

TEST_CASE("C05: a choice is taken by its target, or by its exact text, and only once") {
    Play play;
    play.start();
    CHECK(refusal(play.choose("")) == "choice_id or choice_text is required");
    CHECK(refusal(play.choose("4")) == "choice not available (stale)");
    CHECK(play.choose("3", "whatever"));
    CHECK(refusal(play.choose("3", "three")) == "choice not available (stale)");
    CHECK(play.choose("not-a-number", "on"));
    CHECK(play.rules.find({})->section == 2);
    // The number of a section that is not on offer is stale, even with a text that is.
    CHECK(refusal(play.choose("2", "unlock")) == "choice not available (stale)");
    CHECK(play.choose("", "unlock"));
    auto const& game = *play.rules.find({});
    CHECK(game.section == 6);
    CHECK(game.version == 3);
    CHECK(game.history.size() == 3);
}

TEST_CASE("C05: a refused choice changes nothing, in memory or in the store") {
    Play play;
    auto const before = play.start();
    CHECK_FALSE(play.choose("9"));
    CHECK(refusal(play.rules.choose({}, {"another game", "2", {}})) == "That game is over (stale)");
    CHECK(play.rules.find({})->version == 0);
    CHECK(play.store.games.at(before.game_id).version == 0);
    CHECK(play.rules.choose({}, {before.game_id, "2", {}}));
    CHECK(play.store.games.at(before.game_id).version == 1);
}

TEST_CASE("nothing changes while nothing can be saved") {
    Play play(small, {.named_games = 1, .unplayed_ms = 0});
    auto const shared = play.start();
    CHECK(play.rules.initialize("mine", {}, {}));
    play.store.full = true;
    CHECK_THROWS_AS(play.choose("2"), Full);
    CHECK_THROWS_AS(play.choose("4"), Full);
    CHECK_THROWS_AS(play.rules.initialize("other", {}, {}), Full);
    CHECK_THROWS_AS(play.rules.end("mine"), Full);
    CHECK_THROWS_AS(play.rules.end({}), Full);
    CHECK_THROWS_AS(play.rules.feedback("nice"), Full);
    // What changes nothing is answered.
    CHECK(play.start().game_id == shared.game_id);
    CHECK(play.rules.initialize("mine", {}, {}));
    CHECK_FALSE(play.rules.end("unknown"));
    CHECK(play.rules.find({})->version == 0);
    CHECK(play.rules.games().named().size() == 1);
    play.store.full = false;
    CHECK(play.choose("2")->version == 1);
    CHECK(play.rules.initialize("other", {}, {}));
    CHECK(play.store.games.size() == 2);
}

TEST_CASE("choices that need something are there only for those who have it") {
    Play play;
    play.start();
    CHECK(play.choose("2"));
    CHECK(play.rules.offered(*play.rules.find({})).size() == 2);
    play.rules.end({});
    play.start();
    CHECK(play.choose("3"));
    auto const& game = *play.rules.find({});
    CHECK(game.items == std::vector<std::string>{"hat", "key"});  // no room for an anvil
    CHECK(game.gold == 5);
    CHECK(play.choose("2"));
    CHECK(play.rules.offered(game).size() == 3);
}

TEST_CASE("dice decide: chance by two dice at most, combat with the skill at least") {
    auto const play_out = [](std::string const& text, std::deque<int> dice) {
        Play play;
        play.start();
        play.choose("2");
        play.dice = std::move(dice);
        auto const game = *play.choose("", text);
        return std::to_string(game.section) + " " + game.history.back().outcome + ", endurance " +
               std::to_string(game.endurance);
    };
    CHECK(play_out("jump", {3, 4}) == "4 chance 7: success, endurance 5");
    CHECK(play_out("jump", {4, 4}) == "5 chance 8: failure, endurance 0");
    CHECK(play_out("fight", {3, 4}) == "4 combat 7: success, endurance 5");
    CHECK(play_out("fight", {3, 3}) == "5 combat 6: failure, endurance 5");
}

TEST_CASE("F03: games stand where they stood after a restart; those that no longer fit are gone") {
    Play first;
    auto const game = first.start();
    first.choose("3");
    MemoryStore store = first.store;
    auto lost = first.store.games.at(game.game_id);
    lost.game_id = "lost";
    lost.shared = false;
    lost.section = 77;
    store.save(lost);
    Casys second(
        Story::parse(small), store, [] { return 1; }, [] { return "id"; }, [](int) { return 1; });
    REQUIRE(second.find({}) != nullptr);
    CHECK(second.find({})->game_id == game.game_id);
    CHECK(second.find({})->section == 3);
    CHECK(second.find_exact("lost") == nullptr);
    CHECK(store.games.size() == 1);
}

TEST_CASE("C02: who asks is answered at once, unless a change is on its way to the disk") {
    apps::store::StoreThread thread(":memory:");
    migrate(thread.database(), schema);
    SqliteGameStore games(thread);
    std::vector<std::string> told;
    games.watch([&](std::string const& id, Game const* game) {
        told.push_back((game == nullptr ? "gone " : "kept ") + id);
    });
    games.in_turn([&] { told.push_back("first"); });
    CHECK(told == std::vector<std::string>{"first"});  // the thread has not even started
    Game game;
    game.game_id = "g";
    games.save(game);
    games.in_turn([&] { told.push_back("second"); });
    games.remove("g");
    games.in_turn([&] { told.push_back("third"); });
    CHECK(told.size() == 1);
    thread.start();
    thread.wait([](apps::store::Database&) {});
    thread.wait([](apps::store::Database&) {});  // in a later batch, when the first is forgotten
    CHECK(told == std::vector<std::string>{"first", "kept g", "second", "gone g", "third"});
    auto const here = std::this_thread::get_id();
    games.in_turn([&] { CHECK(std::this_thread::get_id() == here); });
    thread.stop();
}

TEST_CASE("C04: dice for players, and what they tell us") {
    Play play;
    play.dice = {2, 3, 17};
    CHECK(play.rules.roll("combat") == 5);
    CHECK(play.rules.roll("d20") == 17);
    for (auto const* dice : {"", "d", "d0", "d1", "d101", "d6x", "dice", "6"}) {
        CHECK_FALSE(play.rules.roll(dice));
    }
    CHECK(play.rules.feedback("nice"));
    CHECK_FALSE(play.rules.feedback(""));
    CHECK_FALSE(play.rules.feedback(std::string(4001, 'x')));
    CHECK(play.store.texts == std::vector<std::string>{"nice"});
}

TEST_CASE("C01: the state has what frontends look for") {
    Play play;
    play.now = 1'700'000'000'123;
    play.start();
    play.choose("2");
    auto const& game = *play.rules.find({});
    auto const state = socketio::to_json(state_of(*play.rules.story(), game));
    CHECK(state["game_id"] == game.game_id);
    CHECK(state["session_id"] == game.session_id);
    CHECK(state["section_number"] == 2);
    CHECK(state["should_continue"] == true);
    CHECK(state["narrative"]["content"] == "<p>page</p>");
    CHECK(state["narrative"]["timestamp"] == "2023-11-14T22:13:20.123");
    CHECK(state["rules"]["needs_dice"] == true);
    CHECK(state["rules"]["choices"][0]["type"] == "dice");
    CHECK(state["rules"]["choices"][0]["target_section"].is_null());
    CHECK(state["rules"]["choices"][0]["dice_results"]["success"] == 4);
    CHECK(state["decision"]["next_section"] == 2);
    CHECK(state["decision"]["player_input"] == "two");
    CHECK(state["trace"]["history"].size() == 1);
    CHECK(state["character"]["inventory"]["items"][0] == "hat");
    CHECK(state["error"].is_null());
    CHECK(state.contains("error"));
}

}  // namespace casys_test
