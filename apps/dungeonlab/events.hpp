#pragma once

#include "apps/dungeonlab/action_router.hpp"
#include "apps/dungeonlab/library.hpp"
#include "apps/dungeonlab/rolls.hpp"
#include "apps/dungeonlab/sessions.hpp"
#include "apps/dungeonlab/state_keeper.hpp"
#include "apps/dungeonlab/talk.hpp"

#include <chrono>

namespace apps::dungeonlab {

/// All parts of the socket side. Made by wiring, outlives the server.
struct Parts {
    Parts(Game& game, std::chrono::milliseconds action_timeout)
        : game(game), sessions(game), talk(game), rolls(game), states(game),
          actions(game, action_timeout), library(game) {}

    Game& game;
    Sessions sessions;
    Talk talk;
    Rolls rolls;
    StateKeeper states;
    ActionRouter actions;
    Library library;
};

/// Registers the events of each dialect on the namespace.
void seed_events(socketio::Namespace& nsp, Parts& parts);
void camel_events(socketio::Namespace& nsp, Parts& parts);
void current_events(socketio::Namespace& nsp, Parts& parts);
/// Those of two dialects or of none.
void shared_events(socketio::Namespace& nsp, Parts& parts);

}  // namespace apps::dungeonlab
