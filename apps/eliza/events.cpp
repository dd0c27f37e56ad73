#include "apps/eliza/lounge.hpp"

namespace apps::eliza {

using socketio::ConnectError;
using socketio::Result;
using socketio::Socket;

// Event, handler, who hears of it.
void lounge_events(socketio::Namespace& nsp, Lounge& lounge, Journal& journal) {
    // The seed.
    nsp.on("join", &Lounge::join, &lounge);                        // *_joined, caller; logEntry
    nsp.on("leave", &Lounge::leave, &lounge);                      // logEntry
    nsp.on("message", &Lounge::message, &lounge);                  // room: messageBroadcast,
                                                                   // then messageComplete
    nsp.on("request-world-state", &Lounge::world_state, &lounge);  // world-state, caller only

    // Today's, as "message" {type, payload} or by these names.
    nsp.on("1", &Lounge::enter_channel, &lounge);             // *_joined, caller
    nsp.on("join_channel", &Lounge::enter_channel, &lounge);  // the same by another document
    nsp.on("2", &Lounge::send_message, &lounge);              // messageBroadcast, messageAck

    // The log.
    nsp.on("subscribe_logs", &Journal::subscribe, &journal);       // caller only, then log_stream
    nsp.on("unsubscribe_logs", &Journal::unsubscribe, &journal);   // caller only
    nsp.on("update_log_filters", &Journal::set_filter, &journal);  // caller only

    nsp.use([&lounge](Socket& socket) -> Result<void, ConnectError> {
        if (auto reason = lounge.refused(socket)) {
            return ConnectError{*std::move(reason)};
        }
        return {};
    });
    nsp.on_connection([&lounge](Socket& socket) { lounge.connected(socket); });
    nsp.on_disconnect([&lounge](Socket& socket) { lounge.disconnected(socket); });
    nsp.on_invalid([&lounge](Socket& socket, socketio::InvalidEvent const& event) {
        lounge.reply_error(socket, event);  // messageError, error, caller only
    });
}

}  // namespace apps::eliza
