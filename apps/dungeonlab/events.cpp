#include "apps/dungeonlab/game.hpp"

namespace apps::dungeonlab {

// Dialect S, kebab-case: event, handler, who hears of it.
void seed_events(socketio::Namespace& nsp, Game& game) {
    nsp.on("join-session", &Game::join_session, &game);            // room hears user-joined
    nsp.on("leave-session", &Game::leave_session, &game);          // others hear user-left
    nsp.on("chat-message", &Game::chat, &game);                    // room except sender
    nsp.on("actor-update", &Game::actor_update, &game);            // room except sender, unchanged
    nsp.on("map-update", &Game::map_update, &game);                // the same, kept for newcomers
    nsp.on("initiative-update", &Game::initiative_update, &game);  // the same, kept for newcomers
    nsp.on("get-user-data", &Game::user_data, &game);              // ack or user-data, caller only
    nsp.on("validate-action", &Game::validate, &game);             // ack, caller only

    nsp.on_connection([&game](socketio::Socket& s) { game.connected(s); });
    nsp.on_disconnect([&game](socketio::Socket& s) { game.disconnected(s); });  // user-left
    nsp.on_invalid([&game](socketio::Socket& s, socketio::InvalidEvent const& event) {
        game.reply_error(s, event);  // error, caller only
    });
}

}  // namespace apps::dungeonlab
