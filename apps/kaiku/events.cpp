// The document's table and that of the present server: event, handler, who hears of it.

#include "apps/kaiku/hub.hpp"

namespace apps::kaiku {

void events(common::JsonEndpoint& endpoint, Hub& hub) {
    using common::Peer;
    // Connection
    endpoint.on("ping", &Hub::ping, &hub);  // pong
    // Subscriptions
    endpoint.on("subscribe", &Hub::subscribe, &hub);      // subscribed
    endpoint.on("unsubscribe", &Hub::unsubscribe, &hub);  // unsubscribed
    // Typing
    endpoint.on("typing", &Hub::typing, &hub);            // typing_start: other subscribers
    endpoint.on("stop_typing", &Hub::stop_typing, &hub);  // typing_stop: other subscribers
    // Presence (R)
    endpoint.on("set_status", &Hub::set_status, &hub);      // presence_update: friends; stored
    endpoint.on("set_activity", &Hub::set_activity, &hub);  // rich_presence_update: friends
    // Voice signalling
    endpoint.on("voice_join", &Hub::voice_join, &hub);  // voice_room_state; voice_user_joined: room
    endpoint.on("voice_leave", &Hub::voice_leave, &hub);  // voice_user_left: room
    endpoint.on("voice_offer", &Hub::voice_sdp, &hub);    // voice_offer: others of the room
    endpoint.on("voice_answer", &Hub::voice_sdp, &hub);   // voice_answer: others of the room
    endpoint.on("voice_ice", &Hub::voice_ice, &hub);      // voice_ice and voice_ice_candidate:
    endpoint.on("voice_ice_candidate", &Hub::voice_ice, &hub);  // others of the room
    // Voice control
    endpoint.on("voice_mute", &Hub::voice_mute, &hub);          // voice_user_muted: room
    endpoint.on("voice_unmute", &Hub::voice_unmute, &hub);      // voice_user_unmuted: room
    endpoint.on("voice_speaking", &Hub::voice_speaking, &hub);  // voice_speaking: room
    // Voice, R only
    endpoint.on("voice_stats", &Hub::voice_stats, &hub);  // voice_user_stats: room
    endpoint.on("VoiceStats", &Hub::voice_stats, &hub);   // the browser client's name for it
    endpoint.on("voice_screen_share_start", &Hub::share_screen, &hub);  // screen_share_started
    endpoint.on("voice_screen_share_stop", &Hub::end_screen, &hub);     // screen_share_stopped
    endpoint.on("voice_webcam_start", &Hub::share_webcam, &hub);        // webcam_started
    endpoint.on("voice_webcam_stop", &Hub::end_webcam, &hub);           // webcam_stopped: room
    // Administration (R)
    endpoint.on("admin_subscribe", &Hub::refuse_admin, &hub);    // error
    endpoint.on("admin_unsubscribe", &Hub::refuse_admin, &hub);  // error

    endpoint.on_invalid([&hub](Peer& peer, auto const& what) { hub.reply_error(peer, what); });
    endpoint.on_flood([&hub](Peer& peer, auto refused) { hub.flooded(peer, refused); });
    // ready and the friends' presence_update; presence_update: friends
    endpoint.on_connection([&hub](Peer& peer, auto const&) { hub.connected(peer); });
    // presence_update: friends; voice_user_left: room
    endpoint.on_disconnect([&hub](Peer& peer, auto) { hub.disconnected(peer); });
}

}  // namespace apps::kaiku
