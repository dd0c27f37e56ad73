#include "apps/casys/table.hpp"

#include "apps/casys/state.hpp"
#include "apps/common/unavailable.hpp"
#include "engineio/net/address_group.hpp"

#include <utility>

namespace apps::casys {

using common::Fault;
using common::Reply;
using common::RestError;
using socketio::Task;

namespace {

// The way of everything that is sent: one order for each player, and for all.
constexpr common::SendOptions in_order{.ordered = true};
// Longer sequences of refused messages are an attack.
constexpr std::uint32_t refusals_before_close = 200;
constexpr std::uint16_t policy_violation = 1008;
constexpr std::size_t max_timestamp_bytes = 128;  // of a ping

struct Seat {
    std::string game;  // the one the connection named; empty: the shared one
};

std::string room_of(Game const& game) {
    return game.shared ? std::string("shared") : "game:" + game.game_id;
}

RestError detail(int status, std::string const& message) {
    return {status, {}, message};
}

}  // namespace

Table::Table(common::JsonEndpoint& endpoint, Casys rules, SqliteGameStore& games,
             common::Clock clock)
    : endpoint_(endpoint), store_(games), story_(rules.story()), kept_(rules.games()),
      rules_(std::move(rules)), clock_(std::move(clock)) {
    store_.watch([this](std::string const& id, Game const* game) { changed(id, game); });
}

// --- what is said ------------------------------------------------------------------------------

// On the database's thread: it has this now. A new game is shown to those who ask for it.
void Table::changed(std::string const& game_id, Game const* game) {
    kept_.with([&](Games& kept) {
        if (game == nullptr) {
            kept.erase(game_id);
            return;
        }
        kept.put(*game);
        if (game->version > 0) {
            endpoint_.to(room_of(*game)).send_bare(state_of(*story_, *game), in_order);
        }
    });
}

// Nothing if no game runs.
void Table::show(common::Audience const& to, std::string const& game_id) {
    kept_.with([&](Games const& kept) {
        if (auto const* const game = kept.find(game_id)) {
            to.send_bare(state_of(*story_, *game), in_order);
        }
    });
}

void Table::refuse(Peer& peer, std::string message, bool of_choice, bool show_state) {
    ErrorFrame error{std::move(message), "error", of_choice ? "choice_error" : "message_error"};
    store_.in_turn([this, to = endpoint_.peer(peer.id()), game = peer.data<Seat>().game,
                    error = std::move(error), show_state] {
        to.send_bare(error, in_order);
        if (show_state) {
            show(to, game);
        }
    });
}

// --- events ------------------------------------------------------------------------------------

void Table::connected(Peer& peer, engineio::net::Request const& request) {
    auto const named = std::string(request.query().get("game_id"));
    kept_.with([&](Games const& kept) {
        // A name of nothing is a left-over of an earlier game: it plays the shared one.
        auto const* const game = kept.find_exact(named);
        bool const own = game != nullptr && !game->shared;
        peer.data<Seat>().game = own ? named : std::string();
        peer.join(own ? room_of(*game) : "shared");
        if (auto const* const seen = own ? game : kept.shared()) {
            peer.send_bare(state_of(*story_, *seen), in_order);
        }
    });
}

void Table::get_state(Peer& peer) {
    store_.in_turn(
        [this, to = endpoint_.peer(peer.id()), game = peer.data<Seat>().game] { show(to, game); });
}

void Table::choice(Peer& peer, ChoiceMessage const& message) {
    auto const& choice = message.choice;
    Wish const wish{choice.game_id.value_or(""), choice.choice_id.value_or(""),
                    choice.choice_text.value_or("")};
    auto const& seat = peer.data<Seat>();
    try {
        auto const taken = rules_.with([&](Casys& rules) { return rules.choose(seat.game, wish); });
        if (!taken) {
            refuse(peer, taken.error().message, true, taken.error().stale);
        }
    } catch (common::Unavailable const&) {
        refuse(peer, "The game cannot be saved at present, try again later", true);
    }
}

// A number or a text: what else it could be may take many times its text while it waits.
void Table::ping(Peer& peer, PingMessage const& message) {
    auto time = message.timestamp.value_or(socketio::Json());
    auto const* const text = time.string();
    if (time.is_array() || time.is_object() ||
        (text != nullptr && text->size() > max_timestamp_bytes)) {
        return refuse(peer, std::string(common::fault_text(Fault::invalid_payload)));
    }
    store_.in_turn([to = endpoint_.peer(peer.id()), pong = PongMessage{std::move(time)}] {
        to.send("pong", pong, in_order);
    });
}

void Table::reply_error(Peer& peer, common::Invalid const& invalid) {
    refuse(peer, std::string(common::fault_text(invalid.fault)), invalid.message.type == "choice");
}

void Table::flooded(Peer& peer, std::uint32_t refused) {
    if (refused == 1) {
        refuse(peer, "Too many messages");
    } else if (refused == refusals_before_close) {
        peer.close(policy_violation, "Too many messages");
    }
}

// --- REST --------------------------------------------------------------------------------------

Task<Reply> Table::initialize(common::RestCall& call, std::optional<InitializeRequest> request) {
    auto const wish = std::move(request).value_or(InitializeRequest());
    auto const maker = engineio::net::address_group(call.request.remote_address);
    auto const game = rules_.with([&](Casys& rules) {
        return rules.initialize(wish.game_id.value_or(""), wish.session_id.value_or(""),
                                wish.section_number, maker);
    });
    if (!game) {
        co_return detail(400, game.error().message);
    }
    co_await store_.thread().kept();
    co_return GameAnswer{true, "Game initialized", game->game_id, state_of(*story_, *game)};
}

Reply Table::state(GameQuery const& query) {
    if (query.game_id.value_or("").empty()) {
        return detail(400, "game_id is required");
    }
    return kept_.with([&](Games const& kept) -> Reply {
        auto const* const game = kept.find_exact(*query.game_id);
        if (game == nullptr) {
            return detail(404, "Game state not found");
        }
        return GameAnswer{true, "Game state", game->game_id, state_of(*story_, *game)};
    });
}

Task<Reply> Table::reset(std::optional<GameQuery> request) {
    return end(request.value_or(GameQuery()).game_id.value_or(""), "Game reset");
}

Task<Reply> Table::stop(std::optional<GameQuery> request) {
    return end(request.value_or(GameQuery()).game_id.value_or(""), "Game stopped");
}

Task<Reply> Table::end(std::string game_id, std::string message) {
    bool const ended = rules_.with([&](Casys& rules) { return rules.end(game_id); });
    if (!ended && !game_id.empty()) {
        co_return detail(404, "Game state not found");
    }
    co_await store_.thread().kept();
    co_return SimpleAnswer{true, message};  // without a game there is nothing left to do
}

Reply Table::health() const {
    return HealthAnswer{"ok", "The game server is running", python_time(clock_()), "0.1.0", "game"};
}

Reply Table::dice(std::string const& type) {
    auto const result = rules_.with([&](Casys& rules) { return rules.roll(type); });
    if (!result) {
        return detail(400, "Unknown dice type");
    }
    return DiceAnswer{type, *result, "success"};
}

Task<Reply> Table::feedback(socketio::Json body) {
    bool const taken = body.is_object() && body.size() > 0 &&
                       rules_.with([&](Casys& rules) { return rules.feedback(body.dump()); });
    if (!taken) {
        co_return detail(400, "Feedback is empty or too long");
    }
    co_await store_.thread().kept();
    co_return SimpleAnswer{true, "Thank you"};
}

}  // namespace apps::casys
