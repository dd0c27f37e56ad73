#pragma once

#include "socketio/listeners.hpp"
#include "socketio/namespace.hpp"

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace socketio {

/// How many sockets of all shards are in each room. Rooms are kept per shard, so only this knows
/// whether one is new to the server; it exists only if the application listens to create-room or
/// delete-room.
class RoomCensus {
public:
    /// True for the first one in.
    bool enter(std::string_view room) {
        std::lock_guard const lock(mutex_);
        auto found = members_.find(room);
        if (found == members_.end()) {
            found = members_.emplace(std::string(room), 0).first;
        }
        return ++found->second == 1;
    }
    /// True for the last one out.
    bool leave(std::string_view room) {
        std::lock_guard const lock(mutex_);
        auto const found = members_.find(room);
        if (found == members_.end() || --found->second > 0) {
            return false;
        }
        members_.erase(found);
        return true;
    }

private:
    std::mutex mutex_;  // guards members_
    std::unordered_map<std::string, std::size_t, detail::NameHash, std::equal_to<>> members_;
};

}  // namespace socketio
