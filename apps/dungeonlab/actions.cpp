// The rules behind `validate-action`: what a player may do at this moment, judged without doing it.
// The seed names the event but no actions; the types are those of the system's message envelope.

#include "apps/dungeonlab/dungeonlab.hpp"

#include <charconv>
#include <cmath>

namespace apps::dungeonlab {

namespace {

constexpr int max_dice = 100;
constexpr int max_sides = 1000;
constexpr double max_coordinate = 100'000;

// Reads a number in [1, limit] from the front of the text and removes it.
bool take_number(std::string_view& text, int limit) {
    int value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 1 || value > limit) {
        return false;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

// "2d6", "d20", "1d8+3", "4d6-1".
bool is_dice_formula(std::string_view text) {
    if (text.empty() || (text.front() != 'd' && !take_number(text, max_dice))) {
        return false;
    }
    if (text.empty() || text.front() != 'd') {
        return false;
    }
    text.remove_prefix(1);
    if (!take_number(text, max_sides)) {
        return false;
    }
    if (text.empty()) {
        return true;
    }
    if (text.front() != '+' && text.front() != '-') {
        return false;
    }
    text.remove_prefix(1);
    return take_number(text, max_sides) && text.empty();
}

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
    if (action.type == "roll-dice" && !is_dice_formula(action.formula.value_or(""))) {
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
