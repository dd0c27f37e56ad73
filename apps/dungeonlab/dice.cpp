#include "apps/dungeonlab/dice.hpp"

#include <charconv>

namespace apps::dungeonlab {

namespace {

// Reads a number in [1, limit] from the front of the text and removes it.
std::optional<int> take_number(std::string_view& text, int limit) {
    int value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 1 || value > limit) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

}  // namespace

std::optional<Formula> parse_formula(std::string_view text) {
    Formula formula;
    if (text.empty() || text.front() != 'd') {
        auto const quantity = take_number(text, max_dice);
        if (!quantity) {
            return std::nullopt;
        }
        formula.quantity = *quantity;
    }
    if (text.empty() || text.front() != 'd') {
        return std::nullopt;
    }
    text.remove_prefix(1);
    auto const sides = take_number(text, max_sides);
    if (!sides) {
        return std::nullopt;
    }
    formula.sides = *sides;
    if (text.empty()) {
        return formula;
    }
    bool const minus = text.front() == '-';
    if (!minus && text.front() != '+') {
        return std::nullopt;
    }
    text.remove_prefix(1);
    auto const modifier = take_number(text, max_sides);
    if (!modifier || !text.empty()) {
        return std::nullopt;
    }
    formula.modifier = minus ? -*modifier : *modifier;
    return formula;
}

bool can_roll(Dice const& dice) {
    return dice.sides >= 1 && dice.sides <= max_sides && dice.quantity >= 1 &&
           dice.quantity <= max_dice;
}

Rolled roll(Dice const& dice, Random const& random) {
    Rolled rolled{dice.sides, dice.quantity, {}};
    for (int i = 0; i < dice.quantity; ++i) {
        rolled.results.push_back(random(dice.sides));
    }
    return rolled;
}

}  // namespace apps::dungeonlab
