// Joining and leaving, with the room events that applications may listen to (Node's adapter
// events).

#include "socketio/core.hpp"
#include "socketio/guard.hpp"
#include "socketio/namespace.hpp"
#include "socketio/namespace_shard.hpp"
#include "socketio/room_census.hpp"

#include <utility>

namespace socketio {

void Namespace::freeze() {
    table_->frozen = true;
    core_.note_raw_handlers(*table_);
    if (!table_->create_room.empty() || !table_->delete_room.empty()) {
        census_ = std::make_unique<RoomCensus>();
    }
}

// Whether it is in it now.
bool Namespace::join_room(Socket& socket, std::string_view room) {
    if (room.size() > core_.options().limits.max_room_bytes) {
        socket.shard_.limit_hit("max_room_bytes", socket.id());
        return false;
    }
    auto& rooms = shard(socket.shard_.index()).rooms;
    if (socket.room_count() >= core_.options().limits.max_rooms) {
        if (rooms.contains(socket, room)) {
            return true;
        }
        socket.shard_.limit_hit("max_rooms", socket.id());
        return false;
    }
    if (rooms.join(socket, room) && table_->hears_rooms()) {
        announce_join(socket, room);
    }
    return true;
}

void Namespace::leave_room(Socket& socket, std::string_view room) {
    bool const left = shard(socket.shard_.index()).rooms.leave(socket, room);
    if (left && table_->hears_rooms()) {
        announce_leave(socket, room);
    }
}

void Namespace::leave_all_rooms(Socket& socket) {
    if (socket.room_count() == 0) {
        return;
    }
    auto& rooms = shard(socket.shard_.index()).rooms;
    if (!table_->hears_rooms()) {
        return rooms.leave_all(socket);
    }
    auto const names = rooms.rooms_of(socket);
    rooms.leave_all(socket);
    for (auto const& room : names) {
        announce_leave(socket, room);
    }
}

void Namespace::announce_join(Socket& socket, std::string_view room) {
    auto& shard = socket.shard_;
    if (census_ && census_->enter(room)) {
        for (auto const& listener : table_->create_room) {
            guarded(shard, "create-room", [&] { listener(room); });
        }
    }
    for (auto const& listener : table_->join_room) {
        guarded(shard, "join-room", [&] { listener(room, socket.id()); });
    }
}

void Namespace::announce_leave(Socket& socket, std::string_view room) {
    auto& shard = socket.shard_;
    for (auto const& listener : table_->leave_room) {
        guarded(shard, "leave-room", [&] { listener(room, socket.id()); });
    }
    if (census_ && census_->leave(room)) {
        for (auto const& listener : table_->delete_room) {
            guarded(shard, "delete-room", [&] { listener(room); });
        }
    }
}

}  // namespace socketio
