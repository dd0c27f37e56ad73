#pragma once

#include "apps/common/json_endpoint.hpp"
#include "engineio/net/drain.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace apps::common {

/// One shard's part of a JsonEndpoint: its peers and their rooms. Used on that shard only, but for
/// `count`, which tells others whether a message is worth a task.
class EndpointShard {
public:
    explicit EndpointShard(engineio::net::Shard& shard) : shard(shard) {}

    void add(Peer& peer);
    void remove(Peer& peer);

    /// Calls `visit(Peer&)` once for each one meant. `visit` may close them, which tells nobody at
    /// once, but must not let them join or leave.
    template <class F>
    void for_each(Audience const& audience, F&& visit) {
        if (audience.only_ != 0) {
            if (auto const found = peers.find(audience.only_); found != peers.end()) {
                visit(*found->second);
            }
            return;
        }
        ++epoch_;
        for (auto const& room : audience.selection_.except) {
            rooms.for_each(room, [this](auto& member) { as_peer(member).mark_ = epoch_; });
        }
        auto const once = [&](Peer& peer) {
            if (peer.mark_ != epoch_ && peer.id() != audience.except_) {
                peer.mark_ = epoch_;
                visit(peer);
            }
        };
        if (audience.selection_.rooms.empty()) {
            for (auto const& [id, peer] : peers) {
                once(*peer);
            }
        }
        for (auto const& room : audience.selection_.rooms) {
            rooms.for_each(room, [&](auto& member) { once(as_peer(member)); });
        }
    }

    /// Sends away at most so many, who still get what waits for them. Returns about how many are
    /// left.
    std::size_t close_some(std::size_t most, std::uint16_t code, std::string_view reason);

    engineio::net::Shard& shard;
    std::unique_ptr<engineio::net::Drainer> drainer;
    socketio::Rooms rooms;
    std::unordered_map<std::uint64_t, Peer*> peers;
    std::atomic<std::size_t> count{0};
    std::atomic<bool> closed{false};
    std::uint64_t next_peer = 1;

private:
    static Peer& as_peer(socketio::RoomMember& member) { return static_cast<Peer&>(member); }

    std::uint64_t epoch_ = 0;
};

}  // namespace apps::common
