#include "apps/casys/casys.hpp"

#include "engineio/net/log.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace apps::casys {

namespace {

// Ids come from clients and are shown again, so control characters are kept out.
bool is_printable(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

bool is_number(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<int> sides_of(std::string_view dice) {
    int sides = 0;
    if (!dice.starts_with('d')) {
        return std::nullopt;
    }
    auto const* const last = dice.data() + dice.size();
    auto const [end, error] = std::from_chars(dice.data() + 1, last, sides);
    constexpr int most = 100;
    if (error != std::errc() || end != last || sides < 2 || sides > most) {
        return std::nullopt;
    }
    return sides;
}

}  // namespace

// --- games -------------------------------------------------------------------------------------

Game const* Games::find_exact(std::string_view game_id) const {
    if (shared_ && shared_->game_id == game_id) {
        return &*shared_;
    }
    auto const found = named_.find(game_id);
    return found == named_.end() ? nullptr : &found->second;
}

Game const* Games::find(std::string_view game_id) const {
    auto const* const exact = find_exact(game_id);
    return exact != nullptr ? exact : shared();
}

void Games::put(Game game) {
    if (game.shared) {
        shared_ = std::move(game);
    } else {
        auto& place = named_[game.game_id];
        place = std::move(game);
    }
}

void Games::erase(std::string_view game_id) {
    if (shared_ && shared_->game_id == game_id) {
        shared_.reset();
    } else if (auto const found = named_.find(game_id); found != named_.end()) {
        named_.erase(found);
    }
}

// --- rules -------------------------------------------------------------------------------------

Casys::Casys(Story story, GameStore& store, common::Clock clock, common::IdSource ids, Die die,
             Limits limits)
    : story_(std::make_shared<Story const>(std::move(story))), store_(store),
      clock_(std::move(clock)), ids_(std::move(ids)), die_(std::move(die)), limits_(limits) {
    for (auto& game : store_.load()) {
        if (!is_valid(game)) {
            engineio::net::log_warn("casys", "a kept game does not fit the story book: given up");
            store_.remove(game.game_id);
        } else {
            games_.put(std::move(game));
        }
    }
}

Outcome<Game> Casys::initialize(std::string const& game_id, std::string const& session_id,
                                std::optional<int> section, std::string const& maker) {
    if (game_id.size() > limits_.id_bytes || session_id.size() > limits_.id_bytes ||
        !is_printable(game_id) || !is_printable(session_id)) {
        return Refusal{"Invalid game_id or session_id"};
    }
    auto const first = section.value_or(Story::first_section);
    if (story_->find(first) == nullptr) {
        return Refusal{"Unknown section_number"};
    }
    if (auto const* const running = find_exact(game_id)) {
        return *running;
    }
    auto const* const shared = games_.shared();
    if (game_id.empty() && shared != nullptr && !has_ended(*shared)) {
        return *shared;
    }
    store_.require();
    if (game_id.empty()) {
        end({});
    } else if (auto const refusal = make_room(maker)) {
        return *refusal;
    }
    auto game = fresh(game_id.empty() ? ids_() : game_id, session_id, game_id.empty(), first);
    game.maker = maker;
    store_.save(game);
    games_.put(game);
    return game;
}

Game Casys::fresh(std::string game_id, std::string session_id, bool shared, int section) {
    auto const& hero = story_->character();
    Game game;
    game.game_id = std::move(game_id);
    game.session_id = session_id.empty() ? ids_() : std::move(session_id);
    game.shared = shared;
    game.started = game.updated = clock_();
    game.endurance = hero.endurance;
    game.gold = hero.gold;
    game.items = hero.items;
    enter(game, section);
    return game;
}

std::optional<Refusal> Casys::make_room(std::string const& maker) {
    auto const own = [&](auto const& entry) { return entry.second.maker == maker; };
    auto const& named = games_.named();
    auto const made = std::count_if(named.begin(), named.end(), own);
    if (!maker.empty() && static_cast<std::size_t>(made) >= limits_.games_per_address &&
        !give_up_one(&maker)) {
        return Refusal{"Too many games of yours are being played, end one or try again later"};
    }
    while (named.size() >= limits_.named_games) {
        if (!give_up_one(nullptr)) {
            return Refusal{"Too many games are being played, try again later"};
        }
    }
    return std::nullopt;
}

// The one whose time is over the longest, of that maker or of all. False: all are being played.
bool Casys::give_up_one(std::string const* maker) {
    auto const end_of = [&](Game const& game) {
        return game.updated + (game.version == 0 ? limits_.unplayed_ms : limits_.untouched_ms);
    };
    Game const* last = nullptr;
    for (auto const& [id, game] : games_.named()) {
        bool const may_go = maker == nullptr || game.maker == *maker;
        if (may_go && (last == nullptr || end_of(game) < end_of(*last))) {
            last = &game;
        }
    }
    if (last == nullptr || clock_() < end_of(*last)) {
        return false;
    }
    give_up(last->game_id);
    return true;
}

void Casys::give_up(std::string game_id) {
    store_.remove(game_id);
    games_.erase(game_id);
}

bool Casys::end(std::string const& game_id) {
    auto const* const game = game_id.empty() ? games_.shared() : games_.find_exact(game_id);
    if (game == nullptr) {
        return false;
    }
    store_.require();
    give_up(game->game_id);
    return true;
}

// --- choices -----------------------------------------------------------------------------------

bool has_ended(Story const& story, Game const& game) {
    return story.find(game.section)->choices.empty();
}

std::vector<Choice> offered(Story const& story, Game const& game) {
    std::vector<Choice> open;
    for (auto const& choice : story.find(game.section)->choices) {
        auto const has = [&](std::string const& item) {
            return std::find(game.items.begin(), game.items.end(), item) != game.items.end();
        };
        if (!choice.needs || std::all_of(choice.needs->begin(), choice.needs->end(), has)) {
            open.push_back(choice);
        }
    }
    return open;
}

Outcome<Game> Casys::choose(std::string const& game_id, Wish const& wish) {
    auto const* const game = find(game_id);
    if (game == nullptr) {
        return Refusal{"No game is running"};
    }
    store_.require();  // before it is judged: players do not see what is not saved
    if (!wish.game_id.empty() && wish.game_id != game->game_id) {
        return Refusal{"That game is over", true};
    }
    if (wish.choice_id.empty() && wish.text.empty()) {
        return Refusal{"choice_id or choice_text is required"};
    }
    auto const choice = resolve(*game, wish);
    if (!choice) {
        return Refusal{"choice not available", true};
    }
    auto next = *game;
    take(next, *choice);
    if (!is_valid(next)) {
        throw std::logic_error("a choice leads out of the story");  // and changes nothing
    }
    store_.save(next);
    games_.put(next);
    return next;
}

std::optional<Choice> Casys::resolve(Game const& game, Wish const& wish) const {
    auto const open = offered(game);
    for (auto const& choice : open) {
        if (choice.to && std::to_string(*choice.to) == wish.choice_id) {
            return choice;
        }
    }
    // The number of another section means a choice that is gone, whatever its text.
    bool const names_section = is_number(wish.choice_id);
    for (auto const& choice : open) {
        if ((!names_section || !choice.to) && choice.text == wish.text) {
            return choice;
        }
    }
    return std::nullopt;
}

void Casys::take(Game& game, Choice const& choice) {
    Step step{game.section, choice.text, 0, {}, clock_()};
    step.next = choice.test ? test(game, *choice.test, step.outcome) : *choice.to;
    game.updated = step.time;
    ++game.version;
    enter(game, step.next);
    game.history.push_back(std::move(step));
}

int Casys::test(Game& game, Test const& test, std::string& outcome) {
    constexpr int sides = 6;
    auto const rolled = die_(sides) + die_(sides);
    auto const& hero = story_->character();
    bool const lucky = test.dice == "chance" ? rolled <= hero.chance
                                             : rolled + hero.skill >= test.against.value_or(0);
    outcome = test.dice + " " + std::to_string(rolled) + (lucky ? ": success" : ": failure");
    if (!lucky) {
        game.endurance = std::max(0, game.endurance - test.wound.value_or(0));
    }
    return lucky ? test.success : test.failure;
}

void Casys::enter(Game& game, int number) const {
    game.section = number;
    auto const& section = *story_->find(number);
    game.gold += section.gold.value_or(0);
    for (auto const& item : section.gives.value_or(std::vector<std::string>())) {
        auto const capacity = static_cast<std::size_t>(story_->character().capacity);
        if (game.items.size() < capacity) {
            game.items.push_back(item);
        }
    }
}

bool Casys::is_valid(Game const& game) const {
    return story_->find(game.section) != nullptr && !game.game_id.empty() &&
           !game.session_id.empty() && game.endurance >= 0 && game.gold >= 0 &&
           game.history.size() == static_cast<std::size_t>(game.version);
}

std::optional<int> Casys::roll(std::string_view dice) {
    if (dice == "chance" || dice == "combat") {
        constexpr int sides = 6;
        return die_(sides) + die_(sides);
    }
    auto const sides = sides_of(dice);
    return sides ? std::optional(die_(*sides)) : std::nullopt;
}

bool Casys::feedback(std::string const& text) {
    if (text.empty() || text.size() > limits_.feedback_bytes) {
        return false;
    }
    store_.require();
    store_.feedback(text, clock_());
    return true;
}

}  // namespace apps::casys
