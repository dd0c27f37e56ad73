#pragma once

#include "socketio/describe.hpp"

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace apps::dungeonlab {

inline constexpr int max_dice = 100;    ///< of one kind in one roll
inline constexpr int max_sides = 1000;  ///< of a die, and the size of a modifier

/// A number from 1 to `sides`; tests inject their own.
using Random = std::function<int(int sides)>;

/// "2d6", "d20", "1d8+3", "4d6-1"; nothing for anything else.
struct Formula {
    int quantity = 1;
    int sides = 0;
    int modifier = 0;
};
std::optional<Formula> parse_formula(std::string_view text);

/// Dice of one kind and what they showed.
struct Dice {
    int sides = 0;
    int quantity = 0;
    SIO_JSON(Dice, sides, quantity)
};
struct Rolled {
    int sides = 0;
    int quantity = 0;
    std::vector<int> results;
    SIO_JSON(Rolled, sides, quantity, results)
};
bool can_roll(Dice const& dice);
Rolled roll(Dice const& dice, Random const& random);

}  // namespace apps::dungeonlab
