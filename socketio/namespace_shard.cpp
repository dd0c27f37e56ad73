#include "socketio/namespace_shard.hpp"

#include "engineio/net/table_room.hpp"

namespace socketio {

void NamespaceShard::add(Socket& socket) {
    // A recovered socket takes over the id of one still connected; a mere assignment would leave a
    // key that lives in the old socket.
    by_id.erase(socket.id());
    by_id.emplace(socket.id(), &socket);
    socket.previous_ = last;
    (last ? last->next_ : first) = &socket;
    last = &socket;
    count.fetch_add(1, std::memory_order_relaxed);
}

void NamespaceShard::remove(Socket& socket) {
    // A recovered connection replaces the entry of one that has not noticed its end yet.
    if (auto const found = by_id.find(socket.id());
        found != by_id.end() && found->second == &socket) {
        by_id.erase(found);
        engineio::net::give_back_room(by_id);
    }
    (socket.previous_ ? socket.previous_->next_ : first) = socket.next_;
    (socket.next_ ? socket.next_->previous_ : last) = socket.previous_;
    socket.previous_ = socket.next_ = nullptr;
    count.fetch_sub(1, std::memory_order_relaxed);
}

Socket* NamespaceShard::find(std::string_view id) const {
    auto const found = by_id.find(id);
    return found == by_id.end() ? nullptr : found->second;
}

}  // namespace socketio
