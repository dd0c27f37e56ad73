#pragma once

#include "socketio/rooms.hpp"
#include "socketio/selection.hpp"
#include "socketio/socket.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace socketio {

/// One shard's part of a namespace: its connected sockets and their rooms. Used on that shard only,
/// but for `count`, which tells other shards whether a broadcast is worth a task.
struct NamespaceShard {
    Rooms rooms;
    std::unordered_map<std::string_view, Socket*> by_id;  // keys live in the sockets
    Socket* first = nullptr;                              // in order of connecting
    Socket* last = nullptr;
    std::uint64_t epoch = 0;
    bool delivering = false;  // a broadcast, in which functions of the application may run
    std::atomic<std::size_t> count{0};

    void add(Socket& socket);
    void remove(Socket& socket);
    Socket* find(std::string_view id) const;

    /// Calls `visit(Socket&)` once per selected connected socket. `visit` must not connect,
    /// disconnect, join or leave; collect the sockets first for that.
    template <class F>
    void for_each(Selection const& selection, F&& visit) {
        ++epoch;
        for (auto const& room : selection.except) {
            each_in(room, [this](Socket& socket) { socket.mark_ = epoch; });
        }
        auto const once = [&](Socket& socket) {
            if (socket.mark_ != epoch && socket.connected_) {
                socket.mark_ = epoch;
                visit(socket);
            }
        };
        if (selection.rooms.empty()) {
            for (Socket* socket = first; socket != nullptr; socket = socket->next_) {
                once(*socket);
            }
            return;
        }
        for (auto const& room : selection.rooms) {
            each_in(room, once);
        }
    }

    std::vector<SocketPtr> collect(Selection const& selection) {
        std::vector<SocketPtr> found;
        for_each(selection, [&](Socket& socket) { found.emplace_back(&socket); });
        return found;
    }

private:
    // A socket's own id is a room nobody has to store.
    template <class F>
    void each_in(std::string_view room, F&& visit) {
        if (Socket* const owner = find(room)) {
            visit(*owner);
        }
        rooms.for_each(room, [&](RoomMember& member) { visit(static_cast<Socket&>(member)); });
    }
};

}  // namespace socketio
