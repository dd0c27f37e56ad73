// The rules behind `validate-action`: what a player may do at this moment, judged without doing it.
// The seed names the event but no actions; the types are those of the system's message envelope.

#include "apps/dungeonlab/dice.hpp"
#include "apps/dungeonlab/dungeonlab.hpp"

#include <cmath>

namespace apps::dungeonlab {

namespace {

constexpr double max_coordinate = 100'000;

bool is_coordinate(std::optional<double> const& value) {
    return value && std::isfinite(*value) && std::fabs(*value) <= max_coordinate;
}

}  // namespace

std::optional<std::string> DungeonLab::objection(std::string const& connection,
                                                 Action const& action) const {
    auto const found = connections_.find(connection);
    if (found == connections_.end() || found->second.session.empty()) {
        return "Not in a game session";
    }
    if (action.session && *action.session != found->second.session) {
        return "Not a member of this session";
    }
    if (action.type.empty()) {
        return "Action type is required";
    }
    if (action.type == "chat" && action.content.value_or("").empty()) {
        return "Chat message is empty";
    }
    if (action.type == "roll-dice" && !parse_formula(action.formula.value_or(""))) {
        return "Invalid dice formula";
    }
    if (action.type == "move" || action.type == "move-token") {
        if (!is_coordinate(action.x) || !is_coordinate(action.y)) {
            return "Invalid position";
        }
    }
    return std::nullopt;
}

}  // namespace apps::dungeonlab
