// The document's table: message, handler, who hears of it.

#include "apps/fuse/hub.hpp"

namespace apps::fuse {

void events(common::JsonEndpoint& endpoint, Hub& hub) {
    using common::Peer;
    endpoint.on("joinRoom", &Hub::join_room, &hub);      // joinRoom with the members to the caller
    endpoint.on("leaveRoom", &Hub::leave_room, &hub);    // leaveRoom to the caller
    endpoint.on("message", &Hub::message, &hub);         // message to the other members of the
                                                         // room, messageReceived to all; stored
    endpoint.on("taskUpdate", &Hub::task_update, &hub);  // taskUpdate to creator, assignee and
                                                         // room; stored
    endpoint.on("taskAssign", &Hub::task_assign, &hub);  // taskAssign to the assignee, taskUpdate
                                                         // to all who watch; stored
    endpoint.on("ping", [](Peer& peer, socketio::Json const& payload) {
        peer.send("pong", payload);  // to the caller; the document does not have it, its guide does
    });
    endpoint.on_invalid([&hub](Peer& peer, auto const& what) { hub.reply_error(peer, what); });
    endpoint.on_flood([&hub](Peer& peer, auto refused) { hub.flooded(peer, refused); });
    endpoint.on_connection([&hub](Peer& peer, auto const&) { hub.connected(peer); });
    endpoint.on_disconnect([&hub](Peer& peer, auto) { hub.disconnected(peer); });
}

}  // namespace apps::fuse
