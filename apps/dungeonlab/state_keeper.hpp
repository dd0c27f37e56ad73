#pragma once

#include "apps/dungeonlab/game.hpp"
#include "apps/dungeonlab/messages.hpp"
#include "apps/dungeonlab/states.hpp"

#include <string>
#include <string_view>

namespace apps::dungeonlab {

/// The shared game state on the socket: reading, patching, repairing. Changes are announced from
/// the database's thread, right after their commit, so every client hears them in order. A state
/// may have megabytes: it is parsed on the database's thread, and not at all where it is only
/// handed out. To be called in_turn().
class StateKeeper {
public:
    explicit StateKeeper(Game& game) : game_(game) {}

    Task<FullStateAnswer> request_full(Socket& socket, Json session);
    Task<Json> update(Socket& socket, Json change);
    // Of the game master:
    Task<Json> reset_hash(Socket& socket, Json session);
    Task<Json> reinitialize(Socket& socket, Json session);
    Task<Json> check(Socket& socket, Json session);
    Task<Json> sync(Socket& socket, Json session);

private:
    /// The campaign of a session the socket leads, or why not.
    Outcome<std::string> led_campaign(Socket& socket, Json const& session);
    enum class Reach { nothing, their_own, all };  // of a change of the state
    Reach reach_of(Socket& socket, std::string const& campaign, std::string const& source);
    void announce_change(StateRecord const& made, Json const& change);
    template <class Notice>
    void announce(std::string const& campaign, std::string_view event, Notice const& notice);

    Game& game_;
};

}  // namespace apps::dungeonlab
