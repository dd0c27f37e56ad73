#include "apps/eliza/lounge.hpp"

namespace apps::eliza {

// Event, handler, who hears of it.
void lounge_events(socketio::Namespace& nsp, Lounge& lounge) {
    nsp.on("join", &Lounge::join, &lounge);                          // *_joined, caller; logEntry
    nsp.on("leave", &Lounge::leave, &lounge);                        // logEntry
    nsp.on("message", &Lounge::message, &lounge);                    // room: messageBroadcast,
                                                                     // then messageComplete
    nsp.on("request-world-state", &Lounge::world_state, &lounge);    // world-state, caller only
    nsp.on("subscribe_logs", &Lounge::subscribe_logs, &lounge);      // caller only
    nsp.on("unsubscribe_logs", &Lounge::unsubscribe_logs, &lounge);  // caller only

    nsp.on_connection([&lounge](socketio::Socket& s) { lounge.connected(s); });
    nsp.on_disconnect([&lounge](socketio::Socket& s) { lounge.disconnected(s); });
    nsp.on_invalid([&lounge](socketio::Socket& s, socketio::InvalidEvent const& event) {
        lounge.reply_error(s, event);  // error, caller only
    });
}

}  // namespace apps::eliza
