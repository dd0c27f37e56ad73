#include "apps/dungeonlab/events.hpp"

#include "apps/dungeonlab/safely.hpp"

namespace apps::dungeonlab {

// Event, handler, who hears of it.

// Dialect S, kebab-case.
void seed_events(socketio::Namespace& nsp, Parts& p) {
    Events on(nsp);
    on("join-session", &Sessions::join_seed, &p.sessions);       // room hears user-joined
    on("leave-session", &Sessions::leave_seed, &p.sessions);     // others hear user-left
    on("chat-message", &Talk::chat_seed, &p.talk);               // room except sender
    on("message", &Talk::message, &p.talk);                      // all, gm, or one user
    on("actor-update", &Talk::actor_update, &p.talk);            // room except sender, unchanged
    on("map-update", &Talk::map_update, &p.talk);                // the same, kept for newcomers
    on("initiative-update", &Talk::initiative_update, &p.talk);  // the same, kept too
    on("get-user-data", &Sessions::user_data, &p.sessions);      // ack or user-data, caller only
    on("validate-action", &Sessions::validate, &p.sessions);     // ack, caller only
}

// Dialect B, camel case.
void camel_events(socketio::Namespace& nsp, Parts& p) {
    Events on(nsp);
    on("joinSession", &Sessions::join_camel, &p.sessions);    // others: userJoinedSession
    on("leaveSession", &Sessions::leave_camel, &p.sessions);  // others: userLeftSession
    on("diceRoll", &Rolls::dice_roll, &p.rolls);              // room and sender
    on("move", &Talk::move, &p.talk);                         // room except sender
    on("pluginAction", &Talk::plugin_action, &p.talk);        // ack
    on("encounter:start", &Talk::start_encounter, &p.talk);   // room and sender, from the GM
    on("encounter:stop", &Talk::stop_encounter, &p.talk);     // the same
}

// Dialect C, with areas.
void current_events(socketio::Namespace& nsp, Parts& p) {
    Events on(nsp);
    on("gameSession:join", &Sessions::join_current, &p.sessions);    // others: …:joined
    on("gameSession:leave", &Sessions::leave_current, &p.sessions);  // others: …:left
    on("gameSession:end", &Sessions::end, &p.sessions);              // room: …:ended, by the GM

    // All sessions of the campaign hear …:updated and, from the GM, …:reinitialized.
    on.in_turn("gameState:requestFull", &StateKeeper::request_full, &p.states);   // ack
    on.in_turn("gameState:update", &StateKeeper::update, &p.states);              // ack
    on.in_turn("gameState:resetHash", &StateKeeper::reset_hash, &p.states);       // ack, GM
    on.in_turn("gameState:reinitialize", &StateKeeper::reinitialize, &p.states);  // ack, GM
    on.in_turn("gameState:checkStatus", &StateKeeper::check, &p.states);          // ack, GM
    on.in_turn("gameState:sync", &StateKeeper::sync, &p.states);                  // ack, GM

    on("gameAction:request", &ActionRouter::request, &p.actions);   // one GM socket: …:forward
    on("gameAction:response", &ActionRouter::respond, &p.actions);  // the player's ack
    on("gameAction:approve", &ActionRouter::approve, &p.actions);   // the player: …:approved
    on("gameAction:deny", &ActionRouter::deny, &p.actions);         // the player: …:denied

    on("roll:request", &Rolls::request, &p.rolls);  // the player, from the GM

    on("document:get", &Library::get, &p.library);                // ack
    on.in_turn("document:search", &Library::search, &p.library);  // ack
    on("document:create", &Library::create, &p.library);  // others who may see it: document:changed
    on("document:update", &Library::update, &p.library);  // the same
    on("document:delete", &Library::remove, &p.library);  // the same

    for (auto const* event : {"map:generate", "map:edit", "map:detect-features"}) {
        nsp.on(event, &no_map_service);  // ack
    }
}

void shared_events(socketio::Namespace& nsp, Parts& p) {
    Events on(nsp);
    on("chat", &Talk::chat, &p.talk);    // B: room except sender; C: room; or one user
    on("roll", &Rolls::roll, &p.rolls);  // B: roll-result; C: roll:result

    nsp.use_event([&p](Socket& s, socketio::Event const& event) -> socketio::Admission {
        if (p.game.may_send(s, event.name)) {
            return {};
        }
        event.answer(failure("Rate limit exceeded"));
        return socketio::ConnectError{"Rate limit exceeded", std::nullopt};
    });
    nsp.on_connection([&p](Socket& s) { p.game.connected(s); });
    nsp.on_disconnect([&p](Socket& s) { p.game.disconnected(s); });  // as leaving
    nsp.on_invalid([&p](Socket& s, socketio::InvalidEvent const& event) {
        p.game.reply_invalid(s, event);  // ack, or error, caller only
    });
}

}  // namespace apps::dungeonlab
