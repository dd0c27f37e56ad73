#pragma once

#include "engineio/net/timer_wheel.hpp"
#include "socketio/messages.hpp"

#include <memory>
#include <unordered_map>

namespace engineio::net {
class Shard;
}

namespace socketio {

/// The messages of logged packets that one shard sends to clients that come back: as long as one of
/// those has yet to read them, the next that has missed the same shares them. On that shard only.
class MissedMessages {
public:
    Messages of(std::shared_ptr<EncodedPacket const> const& packet, engineio::net::Shard& shard);

private:
    struct Sent {
        std::shared_ptr<EncodedPacket const> packet;  // so that no other one has its address
        Messages messages;
    };

    void forget_read(engineio::net::Shard& shard);
    void watch(engineio::net::Shard& shard);

    std::unordered_map<EncodedPacket const*, Sent> sent_;
    engineio::net::OneShot timer_;
};

}  // namespace socketio
