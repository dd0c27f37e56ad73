#pragma once

#include "apps/dungeonlab/game.hpp"
#include "apps/dungeonlab/pending_actions.hpp"

#include <chrono>
#include <string>

namespace apps::dungeonlab {

/// What players want to do, decided by the game master's client: the request goes to exactly one
/// socket of theirs, and the player's acknowledgement waits for its answer.
class ActionRouter {
public:
    ActionRouter(Game& game, std::chrono::milliseconds timeout) : game_(game), timeout_(timeout) {}

    Task<Json> request(Socket& socket, Json request);
    void respond(Socket& socket, Json response);  // the game master's
    void approve(Socket& socket, Json decision);
    void deny(Socket& socket, Json decision);

private:
    /// Why the request goes nowhere; nothing if it may.
    Json objection(Socket& socket, Json const& request, std::string const& session);
    void tell(Socket& socket, char const* event, Json const& decision);

    Game& game_;
    std::chrono::milliseconds timeout_;
    common::Synchronized<PendingActions> pending_;
};

}  // namespace apps::dungeonlab
