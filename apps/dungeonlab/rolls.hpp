#pragma once

#include "apps/dungeonlab/game.hpp"

#include <string>

namespace apps::dungeonlab {

/// Dice. They are thrown by the server, so that nobody has to be believed.
class Rolls {
public:
    explicit Rolls(Game& game) : game_(game) {}

    /// Dialects B (`formula`) and C (`dice`), told apart by these fields.
    Json roll(Socket& socket, Json request);
    void dice_roll(Socket& socket, Json request);  // B
    void request(Socket& socket, Json request);    // C, from the game master

private:
    Json roll_formula(Socket& socket, Json const& request);
    Json roll_dice(Socket& socket, Json request);

    Game& game_;
};

}  // namespace apps::dungeonlab
