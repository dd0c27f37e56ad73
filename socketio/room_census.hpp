#pragma once

#include "engineio/net/keyed_hash.hpp"
#include "engineio/net/table_room.hpp"
#include "socketio/synchronized.hpp"

#include <cstddef>
#include <functional>
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
        return members_.with([room](Counts& counts) {
            auto found = counts.find(room);
            if (found == counts.end()) {
                found = counts.emplace(std::string(room), 0).first;
            }
            return ++found->second == 1;
        });
    }
    /// True for the last one out.
    bool leave(std::string_view room) {
        return members_.with([room](Counts& counts) {
            auto const found = counts.find(room);
            if (found == counts.end() || --found->second > 0) {
                return false;
            }
            counts.erase(found);
            engineio::net::give_back_room(counts);
            return true;
        });
    }

private:
    using Counts =
        std::unordered_map<std::string, std::size_t, engineio::net::KeyedHash, std::equal_to<>>;
    Synchronized<Counts> members_;
};

}  // namespace socketio
