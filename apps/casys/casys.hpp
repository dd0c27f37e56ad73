#pragma once

#include "apps/casys/story.hpp"
#include "apps/common/clock.hpp"
#include "apps/common/uuid.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apps::casys {

/// What was done in one step; the last one is the present section's "decision".
struct Step {
    int section = 0;
    std::string choice;
    int next = 0;
    std::string outcome;  ///< "" or what the dice said: "chance 5: success"
    std::int64_t time = 0;
    SIO_JSON(Step, section, choice, next, outcome, time)
};

/// One game as it is kept: everything of it that is not in the book.
struct Game {
    std::string game_id;
    std::string session_id;
    bool shared = false;  ///< the one that is played by all who name no game
    int section = Story::first_section;
    std::int64_t version = 0;  ///< choices taken
    std::int64_t started = 0;  ///< milliseconds since 1970
    std::int64_t updated = 0;
    int endurance = 0;
    int gold = 0;
    std::vector<std::string> items;
    std::vector<Step> history;
    std::string maker = {};  ///< the address it was made from; not kept over a restart
    SIO_JSON(Game, game_id, session_id, shared, section, version, started, updated, endurance, gold,
             items, history)
};

/// Running games by their ids; of those that are shared there is one. A value.
class Games {
public:
    /// The game of that id, or the shared one for an unknown or empty id; null if that does not
    /// run. Valid until the next change.
    Game const* find(std::string_view game_id) const;
    /// The game of exactly that id, or null.
    Game const* find_exact(std::string_view game_id) const;
    Game const* shared() const { return shared_ ? &*shared_ : nullptr; }
    std::map<std::string, Game, std::less<>> const& named() const { return named_; }

    void put(Game game);
    void erase(std::string_view game_id);

private:
    std::map<std::string, Game, std::less<>> named_;
    std::optional<Game> shared_;
};

/// Where games are kept over a restart. Saving returns at once; order is kept.
class GameStore {
public:
    virtual ~GameStore() = default;
    /// Asked before each change. Throws common::Unavailable if nothing can be saved now.
    virtual void require() const {}
    virtual std::vector<Game> load() = 0;
    virtual void save(Game const& game) = 0;
    virtual void remove(std::string const& game_id) = 0;
    virtual void feedback(std::string const& text, std::int64_t time) = 0;
};

/// What a player wants; fields that were not given are empty.
struct Wish {
    std::string game_id;
    std::string choice_id;
    std::string text;
};

/// Why nothing was changed. `stale`: the player does not see the present state and should be shown
/// it.
struct Refusal {
    std::string message;
    bool stale = false;
};

template <class T>
using Outcome = boost::system::result<T, Refusal>;

struct Limits {
    /// Besides the shared one, and of them made from one address (an IPv6 network of 64 bits; who
    /// has none, at a Unix socket, may make them all). Whoever has several addresses may have
    /// several shares, and behind a proxy that is not trusted all are one.
    std::size_t named_games = 64;
    std::size_t games_per_address = 16;
    /// A game makes place for another when nobody has taken a choice in it for this long, much
    /// sooner if nobody ever has: anybody may make games, and none shall end those of others.
    std::int64_t untouched_ms = 60 * 60 * 1000;
    std::int64_t unplayed_ms = 5 * 60 * 1000;
    std::size_t id_bytes = 128;
    std::size_t feedback_bytes = 4000;
};

/// Throws one die: a number from 1 to `sides`.
using Die = std::function<int(int sides)>;

/// The choices a game offers now: those whose needs are met, none at the end.
std::vector<Choice> offered(Story const& story, Game const& game);
bool has_ended(Story const& story, Game const& game);

/// The rules of the adventure: which games run, what each shows, and what a choice does to it. A
/// choice is applied as a whole or not at all. Knows no socket; not thread-safe: its owner is the
/// system's lock.
class Casys {
public:
    /// Loads what the store has; a game in a section that the book no longer has is given up.
    Casys(Story story, GameStore& store, common::Clock clock, common::IdSource ids, Die die,
          Limits limits = {});

    /// All that run, changes included that are not yet in the store.
    Games const& games() const { return games_; }
    Game const* find(std::string_view game_id) const { return games_.find(game_id); }
    Game const* find_exact(std::string_view game_id) const { return games_.find_exact(game_id); }

    /// Hands out the game of that id, made if there is none; without an id the shared game, made
    /// anew if none runs or its adventure has ended. `maker` is the address it is asked for from.
    Outcome<Game> initialize(std::string const& game_id, std::string const& session_id,
                             std::optional<int> section, std::string const& maker = {});
    /// Ends a game: that of the id, or the shared one. False if there was none.
    bool end(std::string const& game_id);

    /// Takes a choice in the game of `game_id` (as find()). An id names the target of the choice;
    /// without a match its exact text does.
    Outcome<Game> choose(std::string const& game_id, Wish const& wish);

    std::vector<Choice> offered(Game const& game) const { return casys::offered(*story_, game); }
    bool has_ended(Game const& game) const { return casys::has_ended(*story_, game); }
    std::shared_ptr<Story const> const& story() const { return story_; }

    /// A roll for the player's own use: "chance" and "combat" are two dice, "d4" to "d100" one.
    std::optional<int> roll(std::string_view dice);
    /// False: nothing to keep.
    bool feedback(std::string const& text);

private:
    Game fresh(std::string game_id, std::string session_id, bool shared, int section);
    std::optional<Choice> resolve(Game const& game, Wish const& wish) const;
    void take(Game& game, Choice const& choice);
    int test(Game& game, Test const& test, std::string& outcome);
    void enter(Game& game, int section) const;
    bool is_valid(Game const& game) const;
    std::optional<Refusal> make_room(std::string const& maker);
    bool give_up_one(std::string const* maker);
    void give_up(std::string game_id);

    std::shared_ptr<Story const> story_;
    GameStore& store_;
    common::Clock clock_;
    common::IdSource ids_;
    Die die_;
    Limits limits_;
    Games games_;
};

}  // namespace apps::casys
