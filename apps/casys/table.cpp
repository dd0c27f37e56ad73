#include "apps/casys/table.hpp"

#include "apps/casys/state.hpp"
#include "engineio/net/address_group.hpp"

#include <utility>

namespace apps::casys {

using common::Fault;
using common::Reply;
using common::RestError;

namespace {

// The way of everything that is sent: one order for each player, and for all.
constexpr common::SendOptions in_order{.ordered = true};
// Longer sequences of refused messages are an attack.
constexpr std::uint32_t refusals_before_close = 200;
constexpr std::uint16_t policy_violation = 1008;

struct Seat {
    std::string game;  // the one the connection named; empty: the shared one
};

std::string room_of(Game const& game) {
    return game.shared ? std::string("shared") : "game:" + game.game_id;
}

void send_error(common::Peer& peer, std::string message, char const* type = "message_error") {
    peer.send_bare(ErrorFrame{std::move(message), "error", type}, in_order);
}

RestError detail(int status, std::string const& message) {
    return {status, {}, message};
}

}  // namespace

Table::Table(common::JsonEndpoint& endpoint, Casys rules, common::Clock clock)
    : endpoint_(endpoint), rules_(std::move(rules)), clock_(std::move(clock)) {}

// --- events ------------------------------------------------------------------------------------

void Table::connected(Peer& peer, engineio::net::Request const& request) {
    auto const named = std::string(request.query().get("game_id"));
    rules_.with([&](Casys& rules) {
        // A name of nothing is a left-over of an earlier game: it plays the shared one.
        auto const* const game = rules.find_exact(named);
        bool const own = game != nullptr && !game->shared;
        peer.data<Seat>().game = own ? named : std::string();
        peer.join(own ? room_of(*game) : "shared");
        show(peer, rules);
    });
}

void Table::get_state(Peer& peer) {
    rules_.with([&](Casys& rules) { show(peer, rules); });
}

// Nothing if no game runs.
void Table::show(Peer& peer, Casys const& rules) {
    if (auto const* const game = rules.find(peer.data<Seat>().game)) {
        peer.send_bare(state_of(rules, *game), in_order);
    }
}

void Table::choice(Peer& peer, ChoiceMessage const& message) {
    auto const& choice = message.choice;
    Wish const wish{choice.game_id.value_or(""), choice.choice_id.value_or(""),
                    choice.choice_text.value_or("")};
    rules_.with([&](Casys& rules) {
        auto const game = rules.choose(peer.data<Seat>().game, wish);
        if (game) {
            endpoint_.to(room_of(*game)).send_bare(state_of(rules, *game), in_order);
            return;
        }
        send_error(peer, game.error().message, "choice_error");
        if (game.error().stale) {
            show(peer, rules);
        }
    });
}

void Table::ping(Peer& peer, PingMessage const& message) {
    peer.send("pong", PongMessage{message.timestamp.value_or(socketio::Json())}, in_order);
}

void Table::reply_error(Peer& peer, common::Invalid const& invalid) {
    bool const choice = invalid.message.type == "choice";
    send_error(peer, std::string(common::fault_text(invalid.fault)),
               choice ? "choice_error" : "message_error");
}

void Table::flooded(Peer& peer, std::uint32_t refused) {
    if (refused == 1) {
        send_error(peer, "Too many messages");
    } else if (refused == refusals_before_close) {
        peer.close(policy_violation, "Too many messages");
    }
}

// --- REST --------------------------------------------------------------------------------------

Reply Table::initialize(common::RestCall& call, std::optional<InitializeRequest> request) {
    auto const wish = std::move(request).value_or(InitializeRequest());
    auto const maker = engineio::net::address_group(call.request.remote_address);
    return rules_.with([&](Casys& rules) -> Reply {
        auto const game = rules.initialize(wish.game_id.value_or(""), wish.session_id.value_or(""),
                                           wish.section_number, maker);
        if (!game) {
            return detail(400, game.error().message);
        }
        return GameAnswer{true, "Game initialized", game->game_id, state_of(rules, *game)};
    });
}

Reply Table::state(GameQuery const& query) {
    if (query.game_id.value_or("").empty()) {
        return detail(400, "game_id is required");
    }
    return rules_.with([&](Casys& rules) -> Reply {
        auto const* const game = rules.find_exact(*query.game_id);
        if (game == nullptr) {
            return detail(404, "Game state not found");
        }
        return GameAnswer{true, "Game state", game->game_id, state_of(rules, *game)};
    });
}

Reply Table::reset(std::optional<GameQuery> request) {
    return end(request, "Game reset");
}

Reply Table::stop(std::optional<GameQuery> request) {
    return end(request, "Game stopped");
}

Reply Table::end(std::optional<GameQuery> const& request, std::string const& message) {
    auto const id = request ? request->game_id.value_or("") : std::string();
    bool const ended = rules_.with([&](Casys& rules) { return rules.end(id); });
    if (!ended && !id.empty()) {
        return detail(404, "Game state not found");
    }
    return SimpleAnswer{true, message};  // without a game there is nothing left to do
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

Reply Table::feedback(socketio::Json const& body) {
    bool const kept = body.is_object() && body.size() > 0 &&
                      rules_.with([&](Casys& rules) { return rules.feedback(body.dump()); });
    if (!kept) {
        return detail(400, "Feedback is empty or too long");
    }
    return SimpleAnswer{true, "Thank you"};
}

}  // namespace apps::casys
