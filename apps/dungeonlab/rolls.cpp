#include "apps/dungeonlab/rolls.hpp"

#include "apps/dungeonlab/ids.hpp"
#include "socketio/json_codec.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace apps::dungeonlab {

namespace {

constexpr std::size_t max_kinds = 20;  // of dice in one roll

Json result_of(Formula const& formula, std::string const& text, std::string const& user,
               Random const& random) {
    auto const rolled = roll({formula.sides, formula.quantity}, random);
    Json rolls = Json::array();
    for (int const value : rolled.results) {
        rolls.push_back(Json::object({{"die", formula.sides}, {"result", value}}));
    }
    auto const sum = std::accumulate(rolled.results.begin(), rolled.results.end(), 0);
    auto result = Json::object(
        {{"formula", text}, {"rolls", std::move(rolls)}, {"total", sum + formula.modifier}});
    if (formula.modifier != 0) {
        result.set("modifier", formula.modifier);
    }
    result.set("userId", user);
    return result;
}

}  // namespace

Json Rolls::roll(Socket& socket, Json request) {
    return request["dice"].is_array() ? roll_dice(socket, std::move(request))
                                      : roll_formula(socket, request);
}

Json Rolls::roll_formula(Socket& socket, Json const& request) {
    auto const ticket = game_.authorise(socket, text_of(request["gameSessionId"]));
    if (!ticket) {
        return failure(ticket.error().message);
    }
    auto const text = text_of(request["formula"]).value_or("");
    auto const formula = parse_formula(text);
    if (!formula) {
        return failure("Invalid dice formula");
    }
    game_.nsp()
        .to(session_room(ticket->session))
        .emit("roll-result",
              Json::object({{"type", "roll-result"},
                            {"result", result_of(*formula, text, ticket->user.id, game_.random())},
                            {"gameSessionId", ticket->session}}));
    return success();
}

void Rolls::dice_roll(Socket& socket, Json request) {
    auto const text = text_of(request["formula"]).value_or("");
    auto const formula = parse_formula(text);
    if (!formula) {
        game_.complain(socket, text.empty() ? "Formula is required" : "Invalid dice formula");
        return;
    }
    auto const ticket = game_.authorise(socket, text_of(request["gameSessionId"]));
    if (!ticket) {
        game_.complain(socket, ticket.error().message);
        return;
    }
    game_.nsp()
        .to(session_room(ticket->session))
        .emit("diceRoll",
              Json::object({{"formula", text},
                            {"gameSessionId", ticket->session},
                            {"result", result_of(*formula, text, ticket->user.id, game_.random())},
                            {"userId", ticket->user.id}}));
}

Json Rolls::roll_dice(Socket& socket, Json request) {
    std::vector<Dice> dice;
    if (!read_value(request["dice"], dice) || dice.empty() || dice.size() > max_kinds ||
        !std::all_of(dice.begin(), dice.end(), can_roll)) {
        return failure("Invalid dice");
    }
    auto const ticket = game_.authorise(socket);
    if (!ticket) {
        return failure(ticket.error().message);
    }
    std::vector<Rolled> results;
    for (auto const& kind : dice) {
        results.push_back(dungeonlab::roll(kind, game_.random()));
    }
    auto const recipients = text_of(request["recipients"]).value_or("public");
    request.set("results", socketio::to_json(results));
    request.set("userId", ticket->user.id);
    request.set("timestamp", iso_of(ticket->timestamp));
    std::string room;
    if (recipients == "public") {
        room = session_room(ticket->session);
    } else if (recipients == "private") {
        room = user_room(ticket->user.id);
    } else if (recipients == "gm") {
        room = user_room(game_.facts(ticket->session).game_master);
    } else {
        return failure("Invalid recipients");
    }
    game_.nsp().to(room).emit("roll:result", request);
    return success();
}

void Rolls::request(Socket& socket, Json request) {
    auto const refuse = [&](char const* why) {
        socket.emit("roll:request:error",
                    Json::object({{"rollId", request["rollId"]}, {"error", why}}));
    };
    auto const ticket = game_.authorise(socket);
    if (!ticket) {
        refuse("No active game session");
        return;
    }
    if (!game_.leads(ticket->user, ticket->session)) {
        refuse("Only GMs can send roll requests");
        return;
    }
    auto const player = text_of(request["playerId"]).value_or("");
    auto const connected = game_.rules(
        [&](DungeonLab& rules) { return rules.connection_of(player, ticket->session); });
    if (!connected) {
        refuse("Player not connected");
        return;
    }
    request.object_members()->erase("playerId");
    game_.nsp().to(user_room(player)).emit("roll:request", request);
}

}  // namespace apps::dungeonlab
